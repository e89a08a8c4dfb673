"""The patient's two haplotypes searched for sites of the candidate's spacer: sites that the reference lacks, or loses.

Asks: which sites within the limits does the patient have and the reference lack, over which sequence, with which kinds
of variants, on both copies, in every combination of unphased alleles?
Cannot see: sequence that was not called or that the reference lacks, structural variants, sites beyond the limits, and
whether a site is cut. The reference is the genome that the program names by digest, if this machine has it, else the
FASTA of ``reference/``; it counts as a whole genome only where the program says so (`whole_genome`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, InputPath, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import TABLE_PREVIEW_ROWS, Column, Concern, ConcernWord, Members, Scope, Subject, Table
from proband.core.provenance import digest
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.offtarget.guide import Guide, Limits
    from proband.science.offtarget.patient_coverage import PatientCoverage
    from proband.science.offtarget.patient_search import PatientSearch
    from proband.science.offtarget.program_genome import ProgramGenome

COLUMNS = ("PAM at", "strand", "protospacer", "PAM", "differences", "haplotype", "alleles")


@analysis(
    claims=("off_target.personal",),
    reads={"reference": "reference/*.fa*", "calls": "variants/*.vcf*"},
    needs_files=("calls",),
    uses=("id", "candidate", "patients"),
    version=2,
    packages=("numpy", "numba", "isal"),
    references=True,
)
def off_target_search(
    program: ProgramView,
    inputs: Inputs,
    *,
    whole_genome: bool = False,
    mismatches: int = 6,
    dna_bulges: int = 0,
    rna_bulges: int = 0,
    pam_side: int = 3,
    most_combinations: int = 10,
    reference: str = "",
) -> Iterator[Draft]:
    """A line for each sample of a patient; without a fitting reference it says why nothing was searched.

    `whole_genome`: whether the reference is one. `mismatches`, `dna_bulges`, `rna_bulges`: how far a site may differ.
    `most_combinations`: 2 to this power of readings near a variant. `reference`: the name of the program's genome by
    digest, where it names several.
    """
    from proband.science.offtarget.guide import Limits, guide_of
    from proband.science.offtarget.program_genome import genome_of_program

    candidate = program.candidate
    if candidate is None or not candidate.spacer or not (inputs.references or inputs.files["reference"]):
        return
    known = [p.id for p in program.patients]
    for calls in inputs.files["calls"]:
        for sample in _samples(calls, known):
            try:
                limits = Limits(mismatches, dna_bulges, rna_bulges)
                guide = guide_of(candidate.spacer, candidate.pam, pam_side, candidate.id, "program.toml")
                genome = genome_of_program(inputs.files["reference"], inputs.references, reference)
                assert genome is not None
                k, whole = min(max(most_combinations, 0), 16), whole_genome and not genome.concern
                yield _searched(program.id, calls, sample, genome, guide, limits, k, whole)
            except ProgramError as e:
                yield _not_searched(program.id, calls, sample, e.problems)


def _samples(calls: InputPath, known: Sequence[str]) -> list[str]:
    """Samples to search: the only one, else those that are patients of the program."""
    from proband.science.offtarget.variant_file import VariantFile

    try:
        held = VariantFile(calls.path).samples
    except ProgramError:
        return [""]
    return list(held) if len(held) == 1 else [s for s in held if s in known] or [""]


def _searched(
    program_id: str, calls: InputPath, sample: str, genome: ProgramGenome, guide: Guide, limits: Limits, k: int,
    whole_genome: bool,
) -> Draft:  # fmt: skip
    from proband.science.offtarget.completeness import contig_coverage
    from proband.science.offtarget.patient_coverage import coverage_of
    from proband.science.offtarget.patient_search import search_patient
    from proband.science.offtarget.patient_variants import read_patient

    bases = genome.bases
    variants = read_patient(calls.path, sample, bases)
    search = search_patient(bases, variants, [guide], limits, None, k)
    parts = [contig_coverage(bases.planes(n), [guide], limits, [0]) for n in bases.names]
    aside = sum(p["guides"][0]["windows_set_aside"] for p in parts)
    return _line(program_id, calls, genome, search, coverage_of(search, whole_genome), aside)


def _line(
    program_id: str, calls: InputPath, genome: ProgramGenome, search: PatientSearch, made: PatientCoverage, aside: int
) -> Draft:
    from proband.science.offtarget.completeness import recall_ceilings

    guide, m, facts = search.guides[0], search.limits, search.facts()
    ceiling = next(v for k, v in recall_ceilings([guide], m).items() if k not in ("source", "meaning"))
    recall = (
        f"; recall ceiling {ceiling}"
        if isinstance(ceiling, str)
        else f"; recall ceiling {ceiling['GUIDE-seq'][0]:.1%} of sites of GUIDE-seq"
    )
    limit = (
        f"every site within {m.mismatches} mismatches, {m.dna_bulges} DNA and {m.rna_bulges} RNA bulge bases{recall}"
    )
    open_ = "; ".join(f"{k.replace('_', ' ')}: {why}" for k, why in made.because.items())
    left = [f"{n:,} calls not placed ({why})" for why, n in search.variants.reasons.items()]
    left += [f"{facts['contigs_without_records']:,} contigs without a call, searched as the reference"] * bool(
        facts["contigs_without_records"]
    )
    rows = made.created
    return Draft(
        kind="off_target.personal",
        statement=f"In {facts['bases_reference']:,} bases of reference and both copies of {facts['sample']}, "
        f"{len(rows):,} sites are there that the reference lacks and {made.lost:,} of the reference on no copy."
        + (f" Not known: {open_}." if open_ else ""),
        subject=Subject("patient", str(facts["sample"])),
        name=calls.relative,
        scope=Scope(
            where=f"{genome.where}, {facts['bases_reference']:,} bases; {calls.relative}",
            how=f"every reading of the copies around {facts['edits']:,} edits, unphased ones in up to "
            f"{facts['most_combinations']:,} combinations, held against the reference's sites",
            denominator=f"{facts['bases_reference']:,} bases of the reference, {facts['bases_added']:,} of its copies",
            detection_limit=limit,
            not_covered="; ".join(["sequence that was not called; structural variants", *left]),
            settings={"spacer": guide.spacer, "pam": guide.pam},
        ),
        quantities={
            "created_sites": Quantity.exact(len(rows), "count"),
            "lost_sites": Quantity.exact(made.lost, "count"),
            "windows_set_aside": Quantity.exact(aside, "count"),
        },
        facts={"searched": made.searched},
        readout_definition="A site is a place of the PAM and a strand within the limits. Created: on a copy and not in "
        "the reference; lost: in the reference and on no copy.",
        assumptions=("Where nothing was called, the patient has the bases of the reference.",),
        tables=(_table(rows),) if rows else (),
        concerns=(Concern(ConcernWord.INDIRECT, genome.concern[:500]),) if genome.concern else (),
    )


def _table(rows: Sequence[tuple[str, ...]]) -> Table:
    columns = tuple(Column(n, "", n) for n in COLUMNS)
    shown = tuple(rows[:TABLE_PREVIEW_ROWS])
    return Table("created", "Sites that the reference lacks", columns, len(rows), digest(list(rows)), "", shown)


def _not_searched(program_id: str, calls: InputPath, sample: str, problems: Sequence[Problem]) -> Draft:
    from proband.science.offtarget.patient_coverage import PARTS

    first = problems[0]
    why = " ".join(f"{first.file} {first.place}: {first.found}; asked for: {first.expected}".split())[:400]
    return Draft(
        kind="off_target.personal",
        statement=f"The patient's own sequence was not searched. {why}.",
        subject=Subject("patient", sample) if sample else Subject("program", program_id),
        name=calls.relative,
        scope=Scope(
            where=calls.relative,
            how="nothing was searched",
            denominator="none: nothing was searched",
            detection_limit="not known: nothing was searched",
        ),
        facts={"searched": Members((), (), PARTS)},
        readout_definition="Nothing was read out.",
        concerns=(Concern(ConcernWord.LOW_QUALITY, f"{why}; {first.remedy}"[:500]),),
    )
