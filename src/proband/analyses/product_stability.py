"""Stability of the product, attribute by attribute: own lots and platform lots kept apart, real time and accelerated.

Asks: for how long do values of the product's own primary lots, in real time, show each attribute within its limits, and
does that cover the period of use; what do platform lots and accelerated conditions add?
Cannot see: attributes that were not tested, lots that were never stored, and what happens after the last value: nothing
that is proven here is extrapolated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.quality.method_range import Ranged
    from proband.science.quality.stability_evaluation import Evaluated
    from proband.science.quality.stability_file import Stability

PLAN, TABLE, METHODS = "quality/stability.toml", "quality/stability.csv", "quality/methods.toml"


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of plan and table, without numerics; those of the methods are told by `method_validation`."""
    problems: list[Problem] = []
    _read(program.candidate.id if program.candidate is not None else "", inputs, problems)
    return problems


@analysis(
    claims=("quality.stability",),
    reads={"plan": PLAN, "table": TABLE, "methods": METHODS, "genealogy": "quality/genealogy.*"},
    uses=("id", "candidate"),
    version=1,
    packages=("numpy", "scipy"),
    border=border,
)
def product_stability(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line for each attribute, of own and of platform lots, in each condition."""
    from proband.science.quality.method_file import read_methods
    from proband.science.quality.method_range import Reported, in_range
    from proband.science.quality.stability_evaluation import evaluate

    if not inputs.files["plan"] and not inputs.files["table"]:
        return
    problems: list[Problem] = []
    held = _read(program.candidate.id if program.candidate is not None else "", inputs, problems)
    if held is None:
        raise ProgramError(problems)
    record = next((read_methods(f.path, []) for f in inputs.files["methods"]), None)
    methods = {m.id: m for m in record.method} if record is not None else {}
    ranged: dict[tuple[str, str], list[Ranged]] = {}
    for r in held.rows:
        if r["method"]:
            at = f"lot {r['lot']} at {r['time']:g} {r['time_unit']}"
            one = in_range(Reported(at, r["attribute"], r["method"], r["value"], r["unit"], r["censored"]), methods)
            ranged.setdefault((r["attribute"], r["condition"]), []).append(one)
    for e in evaluate(held):
        yield _line(program.id, e, held, ranged.get((e.attribute.name, e.condition.name), []))


def _read(own: str, inputs: Inputs, problems: list[Problem]) -> Stability | None:
    from proband.science.quality.lot_versions import lot_versions, other_lot
    from proband.science.quality.stability_file import read_stability

    plan = next((f.path for f in inputs.files["plan"]), None)
    table = next((f.path for f in inputs.files["table"]), None)
    if plan is None:
        if table is not None:
            remedy = "write the plan: lots, conditions, limits, period of use"
            problems.append(Problem(TABLE, "", "a table without a plan", PLAN, remedy))
        return None
    held = read_stability(plan, table, problems, own)
    versions = lot_versions({f.relative: f.path for f in inputs.files["genealogy"]})
    for lot in held.plan.lot if held is not None else ():
        faults = other_lot(f"lot {lot.id}, key product", lot.id, lot.product, versions)
        problems.extend(Problem(PLAN, *f) for f in faults)
    return held if not problems else None


def _line(program: str, e: Evaluated, held: Stability, ranged: list[Ranged]) -> Draft:
    from proband.science.quality.stability_evaluation import figure, paragraph

    drawn = figure(e)
    low_quality = [f"{r.reported.name}: {r.because}" for r in ranged if r.state == "outside"]
    concerns = [Concern(ConcernWord.LOW_QUALITY, w) for w in low_quality[:5]]
    concerns += [Concern(ConcernWord.IMPRECISE, c) for c in e.cautions]
    if e.of == "platform":
        concerns.append(Concern(ConcernWord.INDIRECT, "lots of another version: they support, and prove nothing here"))
    return Draft(
        kind="quality.stability",
        statement=paragraph(e),
        subject=Subject("attribute", e.attribute.name),
        name=f"{e.attribute.name} of {e.of} lots, {e.condition.name}",
        scope=Scope(
            where=f"{TABLE}: {e.condition.name}, lots {', '.join((*e.lots, *e.supporting)) or 'none'}",
            how="regression on time with a test at 0.25 whether lots share a line (ICH Q1E); the proven period ends "
            "with the data of primary lots, with the line's confidence limit or before the first failure",
            denominator=f"{sum(len(s.times) for s in e.series)} values of {len(e.series)} lots",
            not_covered="the time after the last value"
            + (f"; supporting lots {', '.join(e.supporting)} are shown and not fitted" if e.supporting else ""),
            settings={"lower": e.attribute.lower, "upper": e.attribute.upper, "moves": e.attribute.moves},
        ),
        quantities=_quantities(e),
        facts={"lots_are": e.of, "condition": e.condition.kind},
        readout_definition="Proven: the shortest of shelf life by regression, last time of every primary lot, and "
        "last time before a value outside the limits.",
        figures=(drawn,) if drawn is not None else (),
        assumptions=(f"Period of use {e.period:.4g} months: {held.plan.period_of_use.because}.", "A mean on a line."),
        concerns=tuple(concerns),
    )


def _quantities(e: Evaluated) -> dict[str, Quantity]:
    """In real time alone a share of the period of use is told: a point where no period could be proven."""
    made = {"period_of_use": Quantity.exact(e.period, "mo")}
    if e.condition.kind != "real_time":
        return made
    points = sum(len(s.times) for s in e.series)
    if e.proven is not None and e.covered_share is not None:
        made["proven_period"] = Quantity.exact(e.proven, "mo", n=points)
        made["covered_share"] = Quantity.exact(e.covered_share, "ratio", n=points)
    elif e.observed is not None:
        made["covered_share"] = Quantity.point(e.observed / e.period, "ratio", n=points)
    return made
