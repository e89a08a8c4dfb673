"""What became of the transcript and of the protein, from the measurements in ``rna/``.

Asks: which share of the transcripts that were wrong without treatment is right with it, how far did a transcript fall,
is the normal allele spared, did protein or function move as hoped, and what does a proof of concept in cells hold?
Cannot see: whether arms are comparable, samples that are not listed in the sheet, decay of a form, and anything in
the tissue when only cells were measured. One sample in an arm decides nothing, and what lies beyond a limit of
quantification gives a one-sided limit or no number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Fact, Scope, Subject
from proband.core.program import Program
from proband.core.provenance import Json
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.transcript.rna_assays import Assay
    from proband.science.transcript.rna_effects import Effect
    from proband.science.transcript.rna_proof import Measured, Proof
    from proband.science.transcript.rna_splicing import SplicingEffect


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the sheet and of its tables, without numerics."""
    from proband.science.transcript.rna_sheet import read_rna

    problems: list[Problem] = []
    read_rna({f.relative: f.path for f in inputs.files["rna"]}, frozenset(p.id for p in program.patients), problems)
    return problems


@analysis(
    claims=("transcript.effect", "engagement.selectivity", "engagement.downstream", "proof_of_concept.cells"),
    reads={"rna": "rna/*"},
    needs_files=("rna",),
    version=1,
    packages=("numpy", "scipy", "pysam"),
    border=border,
)
def transcript_effect(
    program: ProgramView, inputs: Inputs, *, least_effect: float = 0.01, least_change: float = 1.1
) -> Iterator[Draft]:
    """A line for each assay, and one for each kind of cells.

    `least_effect` (fraction) and `least_change` (ratio): below these an element of a proof of concept is not there.
    """
    from proband.science.transcript import rna_assays as block
    from proband.science.transcript.rna_effects import dose_effect, knockdown_effect, protein_effect, selectivity_effect
    from proband.science.transcript.rna_proof import proofs
    from proband.science.transcript.rna_sheet import read_rna
    from proband.science.transcript.rna_splicing import splicing_effect

    problems: list[Problem] = []
    sheet = read_rna({f.relative: f.path for f in inputs.files["rna"]}, None, problems)
    if sheet is None:
        raise ProgramError(problems)
    measured: list[Measured] = []
    for a in sheet.assays:
        if isinstance(a, block.Splicing):
            found = splicing_effect(a, sheet.paths, sheet.junctions)
            effect = found.effect
            yield _splicing(a, found)
        elif isinstance(a, block.Knockdown):
            effect = knockdown_effect(a, sheet.rows[a.file])
            how = f"{_METHODS[a.method]}, target {a.target}, references {', '.join(a.references) or 'none'}"
            yield _line(a, effect, "transcript.effect", "knockdown", f"Fall of {a.target} against control", how)
        elif isinstance(a, block.Allele):
            effect = selectivity_effect(a, sheet.rows[a.file])
            how = f"reads of either allele at {a.site}; exposure {a.exposure.replace('_', ' ')}"
            said = "Normal over mutant transcript, treated over control"
            yield _line(a, effect, "engagement.selectivity", "selectivity_ratio", said, how, exposure=a.exposure)
        elif isinstance(a, block.Protein):
            effect = protein_effect(a, sheet.plates[a.file])
            how = f"{a.curve} standard curve, {a.spread} spread of wells; expected to {a.expected}"
            said = f"{a.readout}, turned so that above 1 is the expected {a.expected}"
            names = {"readout": a.readout, "place": a.place}
            yield _line(a, effect, "engagement.downstream", "oriented_ratio", said, how, **names)
        else:
            assert isinstance(a, block.DoseResponse)
            effect = dose_effect(a, sheet.rows[a.file])
        measured.append((a, effect))
    for proof in proofs(measured, least_effect, least_change):
        yield _proof(proof, least_effect, least_change)


_METHODS: Mapping[str, str] = {
    "rt_qpcr": "RT-qPCR, efficiency-corrected ratio",
    "dpcr": "digital PCR, Poisson copies",
    "rna_seq": "RNA-seq counts over library size",
}


def _line(a: Assay, e: Effect, kind: str, name: str, said: str, how: str, **facts: Fact) -> Draft:
    from proband.science.stated_number import stated
    from proband.science.transcript.rna_effects import assumptions_of, concerns_of

    told = stated(e.quantity) if e.quantity is not None else f"not told, for {e.reason}"
    if kind == "transcript.effect":
        facts = {"place": a.place, **({"sample_day": f"{a.day:g}"} if a.day is not None else {})}
    return Draft(
        kind=kind,
        statement=f"{said}: {told}.",
        subject=Subject("patient", a.patient) if a.patient else Subject("sample", a.id),
        name=a.id,
        scope=_scope(a, how, e.counted, e.limit),
        quantities={name: e.quantity} if e.quantity is not None else {},
        facts=facts,
        readout_definition=_DEFINITIONS[name],
        assumptions=assumptions_of(e),
        concerns=concerns_of(a, e),
    )


_DEFINITIONS: Mapping[str, str] = {
    "knockdown": "1 less the normalised abundance in treated over that in control samples.",
    "selectivity_ratio": "What remains of the normal allele's transcript over what remains of the mutant's.",
    "oriented_ratio": "Treated over control, or its inverse where a fall is expected.",
    "corrected_transcripts": "Of the transcripts that are wrong without treatment, the share that is right with it.",
}


def _scope(a: Assay, how: str, counted: str, limit: str, not_covered: str = "") -> Scope:
    when = f", day {a.day:g} after the first dose" if a.day is not None else ", day not stated"
    dose = f", {a.dose}" if a.dose else ""
    where = f"{a.place.replace('_', ' ')}{f' ({a.cells})' if a.cells else ''}{when}{dose}; {a.source}"
    return Scope(where, how, counted, limit, not_covered)


def _splicing(a: Assay, found: SplicingEffect) -> Draft:
    from proband.science.stated_number import stated
    from proband.science.transcript.rna_assays import Splicing
    from proband.science.transcript.rna_splicing import forms_table

    assert isinstance(a, Splicing)
    first, last = a.event.exon
    how = f"reads across the event, anchors of {a.anchor} bases, shares of forms over replicates"
    said = f"Transcripts put right to {a.expected_form} of {a.event.contig}:{first}-{last}"
    draft = _line(a, found.effect, "transcript.effect", "corrected_transcripts", said, how)
    quantities = dict(draft.quantities)
    extra = ""
    if found.share is not None:
        quantities["wanted_form_share"] = found.share
        extra = f" {a.expected_form.capitalize()} makes up {stated(found.share)} of all forms seen in treated samples."
    forms = sorted({s.form for s in a.sample})
    mixed = f"counts of {' and '.join(forms)} follow different rules"
    concerns = (*draft.concerns, *([Concern(ConcernWord.INCONSISTENT, mixed)] if len(forms) > 1 else ()))
    settings: dict[str, Json] = {"library": a.library} if a.library else {}
    limit = "; ".join(x for x in (found.limit, found.effect.limit) if x)
    return replace(
        draft,
        statement=draft.statement + extra,
        quantities=quantities,
        scope=replace(draft.scope, detection_limit=limit, not_covered=found.not_covered, settings=settings),
        tables=(forms_table(found.table),) if found.table else (),
        concerns=concerns,
    )


def _proof(p: Proof, least_effect: float, least_change: float) -> Draft:
    from proband.science.stated_number import stated
    from proband.science.transcript.rna_effects import assumptions_of, concerns_of
    from proband.science.transcript.rna_proof import curve_figure, curve_sentence

    quantities: dict[str, Quantity] = {"replicates": Quantity.exact(p.replicates, "count")}
    facts: dict[str, Fact] = {"elements": p.elements}
    if p.function is not None:
        quantities["functional_ratio"] = p.function
    if p.greatest is not None:
        quantities["maximum_effect"] = p.greatest
    if p.curves:
        facts["dose_response"] = "; ".join(curve_sentence(m) for m in p.curves)
    said = "; ".join(f"{k.replace('_', ' ')}: {because}" for k, because in p.because.items())
    refused = [f"{a.id}: {e.reason}" for a, e in p.measured if e.reason]
    function = f" Function changed by a factor of {stated(p.function)}." if p.function is not None else ""
    return Draft(
        kind="proof_of_concept.cells",
        statement=f"In {p.cells} ({p.place.replace('_', ' ')}): {said}.{function}",
        subject=Subject("sample", p.cells),
        name=p.cells,
        scope=Scope(
            where=f"{p.place.replace('_', ' ')}: {p.cells}",
            how=f"one-sided 95 % limits against no effect; not there below {least_effect:g} or {least_change:g}-fold",
            denominator="; ".join(f"{a.id}: {e.counted}" for a, e in p.measured),
            not_covered="; ".join(refused),
        ),
        quantities=quantities,
        facts=facts,
        readout_definition="An element is shown, lacks, or is not known; function is that of assays stated to read it.",
        assumptions=tuple(dict.fromkeys(x for _, e in p.measured for x in assumptions_of(e))),
        concerns=tuple(dict.fromkeys(c for a, e in p.measured for c in concerns_of(a, e))),
        figures=tuple(curve_figure(m) for m in p.curves),
    )
