"""How the nomination of off-target sites covers human variation, from ``offtarget/variation.toml`` and panel searches.

Asks: are database, populations, frequency cut-off and ancestry relevance chosen with a reason, and what
did a search of a panel (``offtarget/population/``) find that the reference lacks?
Cannot see: whether a reason is good, variants that a panel lacks, and what the patient alone carries: that is asked of
the patient's own calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Column, Concern, ConcernWord, Scope, Subject, Table
from proband.core.program import Program
from proband.core.provenance import digest
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.offtarget.variation import PanelStatement, Variation


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the choices and of the statements of searches."""
    problems: list[Problem] = []
    _read(inputs, problems)
    return problems


def _read(inputs: Inputs, problems: list[Problem]) -> tuple[Variation | None, tuple[PanelStatement, ...]]:
    from proband.science.offtarget.variation import read_statement, read_variation

    stated = [read_variation(f.path, problems) for f in inputs.files["stated"]]
    searches = [read_statement(f.path, f.relative, problems) for f in inputs.files["searches"]]
    return (stated or [None])[0], tuple(s for s in searches if s is not None)


@analysis(
    claims=("off_target.variation",),
    reads={"stated": "offtarget/variation.toml", "searches": "offtarget/population/*.statement.json"},
    uses=("id", "candidate"),
    version=1,
    border=border,
)
def off_target_variation(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line on the choices and on the searches of panels that were made with this product's own spacer."""
    from proband.science.offtarget.assays import bases

    problems: list[Problem] = []
    stated, searches = _read(inputs, problems)
    if problems:
        raise ProgramError(problems)
    own = bases(program.candidate.spacer) if program.candidate else ""
    mine = tuple(s for s in searches if own and own in map(bases, s.spacers))
    if stated is not None or searches:
        yield _line(program.id, stated, mine, [s for s in searches if s not in mine])


def _line(
    program_id: str, stated: Variation | None, searches: Sequence[PanelStatement], foreign: Sequence[PanelStatement]
) -> Draft:
    from proband.science.offtarget.variation import PARTS, covered

    made, because = covered(stated, searches)
    open_ = "; ".join(f"{p.replace('_', ' ')}: {why}" for p, why in because.items())
    chosen = stated.chosen if stated is not None else {}
    told = "; ".join(f"{p.replace('_', ' ')} {chosen[p][0]} ({chosen[p][1].rstrip('.')})" for p in made.present)
    found = "".join(
        f" In {s.file} {s.created:,} rows are of sites that the reference lacks, in {s.people:,} people."
        for s in searches
    )
    concerns = [
        Concern(ConcernWord.INDIRECT, f"{s.file} searched other spacers than the program's: it counts for nothing here")
        for s in foreign
    ]
    if not searches:
        concerns.append(Concern(ConcernWord.INDIRECT, "No search of a panel with this spacer is in the folder"))
    limits = [f"{g}: {x:.2%}" for s in searches for g, x in s.limits.items()]
    left = sum(s.not_searched for s in searches)
    quantities = {}
    if len(searches) == 1:  # two panels may hold the same people and the same sites
        quantities = {
            "variant_sites": Quantity.exact(searches[0].created, "count"),
            "people": Quantity.exact(searches[0].people, "count"),
        }
    return Draft(
        kind="off_target.variation",
        statement=f"{len(made.present)} of {len(PARTS)} choices on human variation are stated with a reason"
        f"{f': {told}' if told else ''}.{f' Not so: {open_}.' if open_ else ''}{found}",
        subject=Subject("program", program_id),
        scope=Scope(
            where="; ".join([f"{s.file}, {s.region}" for s in searches] or [stated.source if stated else "no source"]),
            how="choices as the program states them; searches as their statements say",
            denominator="; ".join(f"{s.people:,} people" for s in searches) or "not known: no search is in the folder",
            detection_limit=f"frequency that is seen with probability 0.95 in {', '.join(limits)}"
            if limits
            else "not known: no search of a panel is in the folder",
            not_covered="variants that no panel holds" + (f"; {left:,} alleles not searched" if left else ""),
        ),
        quantities=quantities,
        facts={"covered": made},
        readout_definition="Present: stated with a reason; absent: left out, or without a reason; else unknown.",
        concerns=tuple(concerns),
        tables=(_groups(searches),) if searches else (),
    )


def _groups(searches: Sequence[PanelStatement]) -> Table:
    rows = tuple(
        (s.file, g, f"{n:,}", f"{s.limits[g]:.3%}" if g in s.limits else "no sample")
        for s in searches
        for g, n in s.groups.items()
    )
    names = ("search", "group", "people", "seen from a frequency of")
    columns = tuple(Column(n, "", n) for n in names)
    return Table("groups", "Whom the panels cover", columns, len(rows), digest(rows), "", rows)
