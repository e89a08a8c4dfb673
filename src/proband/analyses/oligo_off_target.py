"""Transcripts that the oligonucleotide could pair with beside its target, from ``reference/`` and its annotation.

Asks: which sites of annotated transcripts, before and after splicing, lie within the mismatch rule; were the genes
looked up in the exposed tissue, tested in cells and given a margin (``offtarget/oligo_followup.csv``)?
Cannot see: transcripts that the annotation lacks, the patient's variants, whether a site is reached in the cell. The
annotation counts as that of a whole genome only where the program says so (`whole_annotation`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import TABLE_PREVIEW_ROWS, Column, Concern, ConcernWord, Fact, Members, Scope, Subject, Table
from proband.core.program import Candidate, Program
from proband.core.provenance import digest
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.offtarget.oligo_query import Oligo, OligoLimits
    from proband.science.offtarget.oligo_ranking import RankedHit, Setting
    from proband.science.offtarget.oligo_search import Searched
    from proband.science.offtarget.oligo_tables import FollowUp

COLUMNS = ("site", "genes", "found in", "mismatches", "mechanism", "expression")


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the table of tests, without numerics; its hits are held against the search later."""
    from proband.science.offtarget.oligo_tables import read_followup

    problems: list[Problem] = []
    for f in inputs.files["followup"]:
        read_followup(f.path, problems)
    return problems


@analysis(
    claims=("oligonucleotide.off_target",),
    reads={
        "genome": "reference/*.fa*",
        "annotation": "reference/*.gff3*",
        "followup": "offtarget/oligo_followup.csv",
        "expression": "offtarget/oligo_expression.csv",
    },
    uses=("id", "candidate", "gene"),
    version=2,
    packages=("numpy", "numba"),
    border=border,
    references=True,
)
def oligo_off_target(
    program: ProgramView,
    inputs: Inputs,
    *,
    mismatches: int = 3,
    build: str = "",
    whole_annotation: bool = False,
    tissue: str = "",
    expressed_from: float = 1.0,
    reference: str = "",
) -> Iterator[Draft]:
    """One line on the search, where the candidate is an oligonucleotide whose bases can be read.

    Searched is the genome with annotation that the program names by digest and this machine has, else that of
    ``reference/``. `reference`: its name, where the program names several.

    `mismatches`: at most, no bulge. `build`: what the FASTA is. `whole_annotation`: whether it is that of a whole
    genome. `tissue`: the exposed one, as ``offtarget/oligo_expression.csv`` writes it; `expressed_from` in TPM.
    """
    from proband.science.design.match import bare_sequence
    from proband.science.offtarget.oligo_query import OligoLimits
    from proband.science.offtarget.oligo_ranking import Setting, rank_hits
    from proband.science.offtarget.oligo_search import search_oligo
    from proband.science.offtarget.oligo_tables import read_expression, read_followup
    from proband.science.offtarget.program_genome import transcripts_of_program
    from proband.science.sequence.build import read_transcripts

    candidate: Candidate | None = program.candidate
    if candidate is None or not bare_sequence(candidate.sequence):
        return
    try:
        files = inputs.files["genome"], inputs.files["annotation"]
        chosen = transcripts_of_program(*files, inputs.references, reference)
    except ProgramError as e:
        yield _not_searched(program.id, e.problems[0])
        return
    if chosen is None:
        return
    oligo = _oligo(candidate, bare_sequence(candidate.sequence), OligoLimits(mismatches))
    build = build or chosen.build
    held, transcripts = read_transcripts(chosen.fasta, chosen.annotation, build=build)
    hits, searched = search_oligo(oligo, held, transcripts)
    problems: list[Problem] = []
    known, table = frozenset(h.id for h in hits), inputs.files["expression"] if tissue else ()
    tested = [read_followup(f.path, problems, known) for f in inputs.files["followup"]]
    levels = [read_expression(f.path, tissue, expressed_from, problems) for f in table]
    if problems:
        raise ProgramError(problems)
    setting = Setting(expression=levels[0] if levels else None, target=program.gene)
    ranked, _ = rank_hits(hits, oligo, transcripts, setting)
    where = f"{chosen.where}, build {build or 'not stated'}"
    whole = whole_annotation and not chosen.concern
    yield _line(
        program.id, (where, chosen.concern), (whole, build), oligo, ranked, searched, setting, (tested or [None])[0]
    )


def _oligo(candidate: Candidate, bases: str, limits: OligoLimits) -> Oligo:
    """The oligonucleotide; a layout says where RNase H can cut, and without one no mechanism is taken."""
    from proband.science.offtarget.oligo_query import oligo_of

    layout = candidate.chemistry.layout if candidate.chemistry is not None else ()
    if len(layout) == 3 and sum(layout) == len(bases):
        return oligo_of(bases, "rnase_h", "-".join(map(str, layout)), limits)
    return oligo_of(bases, "", "", limits)


def _line(
    program_id: str, where: tuple[str, str], stated: tuple[bool, str], oligo: Oligo, ranked: Sequence[RankedHit],
    searched: Searched, setting: Setting, followup: Sequence[FollowUp] | None,
) -> Draft:  # fmt: skip
    from proband.science.offtarget.oligo_coverage import covered, followed

    made, because = covered(searched, *stated)
    others = [r for r in ranked if r.intended != "yes" and not r.other_alignment_of]
    genes = {g for r in others for g in r.genes}
    perfect = sum(r.hit.alignment.edits == 0 for r in others)
    open_ = "; ".join(f"{k.replace('_', ' ')}: {why}" for k, why in because.items())
    facts: dict[str, Fact] = {"searched": made}
    steps = followed([r for r in ranked if not r.other_alignment_of], setting, followup)
    if steps is not None:
        facts["ranked"] = steps
    outside = f"outside {setting.target}" if setting.target else "in all, the target gene not being stated,"
    return Draft(
        kind="oligonucleotide.off_target",
        statement=f"In {searched.transcripts:,} transcripts {len(others):,} sites {outside} lie within the rule, "
        f"{perfect:,} of them perfect, in {len(genes):,} genes.{f' Not known: {open_}.' if open_ else ''}",
        subject=Subject("program", program_id),
        scope=Scope(
            where=where[0],
            how=f"sense strand of annotated transcripts, before and after splicing; {oligo.limits.words()}",
            denominator=f"{searched.transcripts:,} transcripts: {searched.spliced_bases:,} bases after splicing, "
            f"{searched.unspliced_bases:,} before; {searched.windows:,} windows",
            detection_limit=f"every site with {oligo.limits.words()}",
            not_covered=f"{searched.windows_set_aside:,} windows with unknown letters; {len(searched.not_searched):,} "
            "transcripts or their introns; sites with bulges; RNA without annotation; the patient's variants",
        ),
        quantities={
            "perfect_hits": Quantity.exact(perfect, "count"),
            "hits": Quantity.exact(len(others), "count"),
            "genes": Quantity.exact(len(genes), "count"),
        },
        facts=facts,
        readout_definition="A site is a stretch of a transcript's sense strand that pairs within the rule; those of "
        "the target gene are left out of the counts.",
        tables=(_table(others),) if others else (),
        concerns=(Concern(ConcernWord.INDIRECT, where[1][:500]),) if where[1] else (),
    )


def _not_searched(program_id: str, problem: Problem) -> Draft:
    from proband.science.offtarget.oligo_coverage import PARTS

    why = " ".join(f"{problem.file} {problem.place}: {problem.found}".split())[:400]
    nothing = "nothing was searched"
    return Draft(
        kind="oligonucleotide.off_target",
        statement=f"No transcript was searched. {why}.",
        subject=Subject("program", program_id),
        scope=Scope(problem.file, nothing, f"none: {nothing}", f"not known: {nothing}"),
        facts={"searched": Members((), (), PARTS)},
        readout_definition="Nothing was read out.",
        concerns=(Concern(ConcernWord.LOW_QUALITY, f"{why}; {problem.remedy}"[:500]),),
    )


def _table(hits: Sequence[RankedHit]) -> Table:
    rows = [
        (r.hit.id, ", ".join(r.genes), r.hit.found_in, str(r.hit.alignment.edits), r.mechanism.name, r.expression)
        for r in hits
    ]
    columns = tuple(Column(n, "", n) for n in COLUMNS)
    title = "Sites outside the target, best paired first"
    return Table("hits", title, columns, len(rows), digest(rows), "", tuple(rows[:TABLE_PREVIEW_ROWS]))
