"""Is the stated variant what it says, and which alleles does the patient carry?

Asks: do the variant's build, reference base, names and zygosity hold against the sequence and the calls in the
folder, and are both alleles known and in trans?
Cannot see: a second variant that nobody found, a large deletion in trans, and anything outside of the sequence that
the folder carries: such checks stay not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.evidence import Fact, Members, Scope, Subject
from proband.core.program import Variant

if TYPE_CHECKING:
    from proband.science.variant.resolve import Resolution

CAUSAL = ("target", "other_allele")


@analysis(
    claims=("variant.resolution", "variant.identity"),
    reads={"slices": "reference/*.toml", "sequence": "reference/*.fa*", "annotation": "reference/*.g*f*"},
    uses=("variants", "patients", "slices", "gene"),
    version=1,
    packages=("hgvs-weaver",),
)
def causal_variant(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line per targeted variant, and one on the alleles of the patient."""
    from proband.science.sequence.slices import from_folder
    from proband.science.variant.hgvs import Nomenclature
    from proband.science.variant.resolve import resolve

    variants: tuple[Variant, ...] = program.variants
    targets = [v for v in variants if v.role == "target"]
    if targets:
        build = next((v.build for v in targets if v.build), "")
        sequence, annotation = (next((f.path for f in inputs.files[n]), None) for n in ("sequence", "annotation"))
        held = from_folder(program.slices, sequence, annotation, build)
        names = Nomenclature(*held) if held else None
        where = program.slices.source if program.slices else ", ".join(f.relative for f in inputs.files["sequence"])
        for v in targets:
            yield _resolution(v, resolve(v, names), where)
    causal = [v for v in variants if v.role in CAUSAL]
    if causal:
        yield _identity(causal, program.gene, program.patients[0].id if len(program.patients) == 1 else "")


def _resolution(v: Variant, found: Resolution, where: str) -> Draft:
    members = Members(*(tuple(k for k, state in found.checks.items() if state is s) for s in (True, False, None)))
    facts: dict[str, Fact] = {"checks": members}
    stated = {"spdi": found.spdi, "vrs_id": found.vrs_id, "consequence": found.consequence}
    facts.update({k: text for k, text in stated.items() if text})
    wrong = [found.because[k] for k in members.absent]
    said = (
        f"does not hold: {'; '.join(wrong)}" if wrong else f"{len(members.present)} of {len(found.checks)} checks hold"
    )
    return Draft(
        kind="variant.resolution",
        statement=f"Variant {v.id} ({v.shown}): {said}.",
        subject=Subject("variant", v.id),
        scope=Scope(
            where=where or "no reference sequence in the folder",
            how="; ".join(f"{k.replace('_', ' ')}: {text}" for k, text in found.because.items()),
            denominator=f"{len(found.checks)} checks",
            not_covered="" if found.vrs_id else "no VRS identifier: it needs the whole contig",
        ),
        facts=facts,
        readout_definition="A check holds, does not hold, or could not be made with what the folder carries.",
    )


def _identity(causal: Sequence[Variant], gene: str, patient: str) -> Draft:
    zygosity, phase, alleles, how = _alleles(causal)
    facts: dict[str, Fact] = {"alleles": alleles}
    if zygosity:
        facts["zygosity"] = zygosity
    if phase:
        facts["phase"] = phase
    shown = "; ".join(f"{v.id}: {v.shown}, {v.zygosity or 'zygosity not stated'}" for v in causal)
    return Draft(
        kind="variant.identity",
        statement=f"Causal variants: {shown}. {how}.",
        subject=Subject("patient", patient) if patient else Subject("program", gene or "variants"),
        name="alleles as stated and called",
        scope=Scope(
            where=f"{gene or 'the gene'}: variants of program.toml, calls of variants/",
            how=how,
            denominator=f"{len(causal)} causal variants stated",
            not_covered="variants that were not looked for or not found, such as large deletions",
        ),
        facts=facts,
        readout_definition="Two alleles are known when both are named; in trans by phased calls or a stated source.",
    )


def _alleles(causal: Sequence[Variant]) -> tuple[str, str, Members, str]:
    """Zygosity, phase, what is known of the two alleles, and how."""
    everything = ("first_allele", "second_allele", "in_trans")
    if len(causal) == 1:
        only = causal[0]
        if only.zygosity in ("homozygous", "hemizygous"):
            return only.zygosity, "", Members(everything), f"one variant, {only.zygosity}"
        known = Members(everything[:1], (), everything[1:])
        return only.zygosity, "", known, "one variant; a second allele is not named"
    if len(causal) > 2:
        return (
            "",
            "",
            Members((), (), everything),
            f"{len(causal)} causal variants: which make up the two alleles is not told",
        )
    one, other = causal
    if {one.zygosity, other.zygosity} != {"heterozygous"}:
        return "", "not_determined", Members(everything[:2], (), everything[2:]), "two variants, not both heterozygous"
    phase, how = _phase(one, other)
    state = {"in_trans": (everything, ()), "in_cis": (everything[:2], everything[2:])}.get(phase, (everything[:2], ()))
    unknown = everything[2:] if phase == "not_determined" else ()
    zygosity = "compound_heterozygous" if phase == "in_trans" else ""
    return zygosity, phase, Members(*state, unknown), how


def _phase(one: Variant, other: Variant) -> tuple[str, str]:
    """Phased calls of one phase set decide; else the stated phase, with its source."""
    a, b = one.genotype, other.genotype
    together = a and b and (a.file, a.phase_set, one.contig) == (b.file, b.phase_set, other.contig)
    if a and b and together and a.side is not None and b.side is not None:
        phase = "in_cis" if a.side == b.side else "in_trans"
        return phase, f"phased calls {a.call} and {b.call} of one phase set in {a.file}"
    if other.id in one.in_trans_with or one.id in other.in_trans_with:
        source = one.phase_source or other.phase_source
        if source:
            return "in_trans", f"in trans as stated: {source}"
        return "not_determined", "in trans as stated, without a source"
    return "not_determined", "no phase is stated or called"
