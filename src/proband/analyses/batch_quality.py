"""Each lot against its limits, which lot served what, and how attributes run over lots, from ``quality/``.

Asks: does every attribute of every lot lie within a justified limit, recomputed from the results; which lots served
toxicology, clinic and stability; what can few lots say?
Cannot see: results that were never written, whether a limit is right, whether a method measures what it should. One lot
gives no tolerance interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Fact, Members, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.quality.quality_folder import Lots
    from proband.science.quality.release import LotReport
    from proband.science.quality.trend import Trend

ROUNDING = "results are converted, made one value, rounded half up to the decimals of the limit, and compared"


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of specifications, results and genealogy, without numerics."""
    from proband.science.quality.quality_folder import read_lots

    problems: list[Problem] = []
    read_lots({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    return problems


@analysis(
    claims=("quality.attributes", "quality.genealogy", "quality.trend"),
    reads={
        "components": "quality/components.toml",
        "specifications": "quality/specifications.toml",
        "results": "quality/lots.*",
        "genealogy": "quality/genealogy.*",
    },
    uses=("id",),
    version=1,
    packages=("numpy", "scipy"),
    border=border,
)
def batch_quality(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line for each lot, one on genealogy, one for each trend."""
    from proband.science.quality.lot_facts import judged_lots, without_specification
    from proband.science.quality.quality_folder import read_lots
    from proband.science.quality.release import report
    from proband.science.quality.trend import trends

    problems: list[Problem] = []
    held = read_lots({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    if problems:
        raise ProgramError(problems)
    if held is None:
        return
    if held.genealogy:
        yield _genealogy(program.id, held)
    if held.specifications is None:
        for lot, known in without_specification(held).items():
            yield _no_limits(lot, known)
        return
    reports = report(held.specifications, held.results, held.by_id)
    for one in judged_lots(reports, held):
        yield _lot(one, held)
    for t in trends(held.specifications, reports, held.by_id, held.results):
        yield _trend(program.id, t)


def _lot(r: LotReport, held: Lots) -> Draft:
    from proband.science.quality.lot_facts import lot_numbers, stated_against, within_limits

    specifications = held.specifications
    assert specifications is not None
    found = within_limits(r, specifications)
    words = {
        "meets": "every result lies within its limits",
        "fails": "out of specification",
        "open": "not all is known",
    }
    text = f"Lot {r.lot}: {words[r.decision]}"
    if r.outside:
        text += f" for {', '.join(f'{j.specification.id} ({j.why})' for j in r.outside)}"
    if r.open:
        text += f"; not known: {', '.join(f'{j.specification.id} ({j.why})' for j in r.open)}"
    concerns = [Concern(ConcernWord.INCONSISTENT, r.disagreement)] if r.disagreement else []
    concerns += [Concern(ConcernWord.SELECTIVE, note) for note in r.left_out]
    reasons = [j.specification.id for j in r.judged if j.specification.has_limit and not j.specification.justification]
    if reasons:
        concerns.append(Concern(ConcernWord.LOW_QUALITY, f"limits without a written reason: {', '.join(reasons)}"))
    left = f"; results without a specification: {', '.join(r.without_specification)}" if r.without_specification else ""
    facts: dict[str, Fact] = {"within_limits": found, "decision": str(r.decision), "stated_decision": stated_against(r)}
    return Draft(
        kind="quality.attributes",
        statement=f"{text}. Stated decision: {r.stated or 'none'}{f' ({r.disagreement})' if r.disagreement else ''}.",
        subject=Subject("lot", r.lot),
        name=r.lot,
        scope=Scope(
            where="quality/specifications.toml, quality/lots",
            how=ROUNDING,
            denominator=f"{len(r.judged)} specifications in force",
            not_covered=f"attributes of the family without a specification: {', '.join(found.unknown) or 'none'}{left}",
            settings={"family": specifications.family.id, "stage": specifications.stage or "not stated"},
        ),
        quantities=lot_numbers(r),
        facts=facts,
        readout_definition="Within: inside a limit that has a written reason. A missing result, another method than "
        "that of the specification, and a bound that does not tell on which side of a limit it lies are not known.",
        concerns=tuple(concerns),
    )


def _no_limits(lot: str, known: tuple[str, ...]) -> Draft:
    return Draft(
        kind="quality.attributes",
        statement=f"Lot {lot} has results, and there is no specification: nothing can be said to lie within a limit.",
        subject=Subject("lot", lot),
        name=lot,
        scope=Scope(
            "quality/lots", "results without limits", "no specification", not_covered="limits of every attribute"
        ),
        facts={"within_limits": Members((), (), known), "decision": "open", "stated_decision": "not_stated"},
        readout_definition="Within: inside a limit that has a written reason; without limits nothing is.",
    )


def _genealogy(program_id: str, held: Lots) -> Draft:
    from proband.science.quality.genealogy import served
    from proband.science.quality.lot_facts import unused

    product = held.specifications.product if held.specifications is not None else ""
    made = served(held.genealogy, product)
    aside = unused(held)
    others = "; ".join(f"{u} {', '.join(x)}" for u, x in made.of_others.items() if x)
    return Draft(
        kind="quality.genealogy",
        statement=made.sentence + (f" Rejected and not used: {', '.join(aside)}." if aside else ""),
        subject=Subject("program", program_id),
        scope=Scope(
            where="quality/genealogy",
            how="uses as stated of each lot; ancestry is followed to the first lots",
            denominator=f"{len(held.genealogy)} lots",
            not_covered=f"uses that nobody wrote; lots of other products: {others or 'none'}",
        ),
        facts={"served": made.members, "same_lot": made.same_lot},
        readout_definition="Served: a lot of this product is stated to have served the use. Same lot: one lot served "
        "toxicology and clinic; lots of one parent are not the same lot.",
    )


def _trend(program_id: str, t: Trend) -> Draft:
    from proband.science.quality.trend_figure import trend_figure

    figure = trend_figure(t)
    made = t.tolerance
    return Draft(
        kind="quality.trend",
        statement=f"{t.specification.title or t.specification.id}: {' '.join(t.words)}",
        subject=Subject("program", program_id),
        name=t.specification.id,
        scope=Scope(
            where=f"lots {', '.join(p.lot for p in t.points)}",
            how="one value for each lot; normal tolerance interval, exact factor",
            denominator=f"{len(t.points)} lots",
            not_covered="whether lots are independent and normal",
        ),
        quantities={"lots": Quantity.exact(len(t.points), "count")},
        facts={"interval": "given" if made is not None else "one_lot" if len(t.points) == 1 else "not_given"},
        readout_definition="An interval that holds 95 % of lots at 95 % confidence, for normal and independent lots.",
        figures=(figure,) if figure is not None else (),
    )
