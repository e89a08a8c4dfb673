"""Tables, figures and sentences of an own-control result: what stands beside the one number.

The overlap indices of single-case research stand in a table that says what they are: descriptions that take values as
independent. Cannot see: anything that `own_control` can not see.
"""

from __future__ import annotations

from collections.abc import Iterable

from proband.core.evidence import Column, Concern, ConcernWord, Figure, Table
from proband.core.plan_seal import FACTS, PlanRecord, SealState
from proband.core.provenance import digest
from proband.core.quantity import Quantity
from proband.science.stated_number import stated
from proband.science.within_patient.biomarker import EffectRow
from proband.science.within_patient.course import Dose
from proband.science.within_patient.overlap import LABEL, overlap_indices
from proband.science.within_patient.own_control import BENEFIT, CareDomains, CompositeAnswer, OwnChange, plain_series
from proband.science.within_patient.randomisation import RandomisationTest
from proband.science.within_patient.trajectory import trajectory_figures


def plan_word(plan: PlanRecord | None) -> str:
    """The state of the plan as a line of evidence says it."""
    return FACTS[plan.state if plan is not None else SealState.NO_PLAN]


def plan_doubt(plan: PlanRecord | None, declared_in: tuple[str, ...]) -> str:
    """What a reader must know of when this was fixed, or nothing.

    >>> plan_doubt(None, ("plan/endpoints.toml",))
    'no sealed analysis plan fixed this before the results were known'
    """
    word = plan_word(plan)
    if word == "no_plan":
        return "no sealed analysis plan fixed this before the results were known"
    if word not in ("sealed", "resealed_before_outcome"):
        return f"the state of the analysis plan is: {word.replace('_', ' ')}"
    if "plan/endpoints.toml" in declared_in:
        return "the seal covers the plan; scale, course and covariates in plan/endpoints.toml are not under it"
    return ""


def told_change(made: OwnChange) -> str:
    """The change as a sentence without its end: with care, without it, size, and what it may not claim."""
    who = f"{made.endpoint.parameter} of {made.subject}"
    if made.effect is None:
        return f"a change of {who} at the first dose can not be told: {made.reason}"
    if made.rate is not None:
        said = f"the rate of {who} after the first dose is {stated(made.effect)} times that before"
        return f"{said}, with {made.rate.events[0]} events before and {made.rate.events[1]} after"
    answer = made.answer
    assert answer is not None
    verb = "is multiplied by" if made.ratio else "changes by"
    said = f"{who} {verb} {stated(made.effect)} at the first dose"
    names = ", ".join(c.name for c in made.care.covariates)
    if names:
        said += f" with {names} in the model"
        other = next((r for r in answer.rows if r.assumption == "without covariates"), None)
        if other is not None and other.mean is not None:
            said += f", {_span(other)} without"
    if made.size is not None:
        said += f"; that is {stated(made.size)} of the own standard deviation toward benefit"
    return f"{said}; P of benefit {answer.benefit:.3f}"


def told_care(held: CareDomains, subject: str, parameter: str) -> str:
    """What changed of care while an endpoint was measured, and what the analysis has of it, as a sentence."""
    if not held.changes:
        return f"No change of care of {subject} is recorded while {parameter} was measured."
    changes = "; ".join(f"{name} on day {day:g} ({domain.replace('_', ' ')})" for name, day, domain in held.changes)
    words = (("in the analysis", held.present), ("left out", held.absent), ("not known", held.unknown))
    sorted_out = ", ".join(f"{word}: {' and '.join(d).replace('_', ' ')}" for word, d in words if d)
    return f"Care of {subject} changed while {parameter} was measured: {changes}; {sorted_out}."


def doubts(plan: PlanRecord | None, declared_in: tuple[str, ...], said: Iterable[str] = ()) -> tuple[Concern, ...]:
    """What a reader must know of when it was fixed, and what else, as concerns of a line."""
    doubt = plan_doubt(plan, declared_in)
    first = (Concern(ConcernWord.SELECTIVE, doubt),) if doubt else ()
    return (*first, *(Concern(ConcernWord.BIASED, s) for s in dict.fromkeys(said)))


def said_of(made: OwnChange) -> list[str]:
    """Concerns of the model, of the time before treatment, and of care that could not be taken in."""
    told = made.rate or made.answer
    said = [*(told.concerns if told is not None else ()), *(made.baseline.concerns if made.baseline else ())]
    return said + [f"{n} is not in the model: {why}" for n, why in made.care.unusable.items()]


def told_lot(test: RandomisationTest | str | None) -> tuple[dict[str, Quantity], str, str]:
    """Of a randomisation test: its quantities, the word for the design, a sentence. None: no lot in the plan.

    Text is the reason why there is no test: then nothing shows that the start was drawn, whatever the plan says.

    >>> told_lot(None)[1]
    'not_randomised'
    >>> told_lot("P1: day 3 could not be drawn")[1]
    'not_randomised'
    """
    if test is None:
        return {}, "not_randomised", "the day of the first dose was not drawn by lot, so the numbers describe"
    if isinstance(test, str):
        return {}, "not_randomised", f"no randomisation test, so the numbers describe: {test}"
    numbers = {"randomisation_p": test.p, "randomisation_floor": test.floor}
    return {k: Quantity.exact(v, "fraction") for k, v in numbers.items() if v is not None}, "randomised", test.sentence


def _span(row: EffectRow) -> str:
    return f"{row.mean:.3g} ({row.low:.3g} to {row.high:.3g})"


def told_composite(name: str, subject: str, made: CompositeAnswer) -> str:
    """A composite as a sentence without its end."""
    if made.score is None or made.benefit is None:
        return f"{name} of {subject} can not be told: {made.reason}"
    return (
        f"{name} of {subject} scores {stated(made.score)} after the first dose less before, P of benefit "
        f"{made.benefit:.3f}; of pairs of visits {made.wins} are better after, {made.losses} worse, {made.ties} neither"
    )


_ROWS = (
    Column("assumption", "", "What differs from the planned analysis"),
    Column("effect", "", "Effect in the unit of the endpoint, or ratio"),
    Column("low", "", "Lower end of the 95 % interval"),
    Column("high", "", "Upper end"),
    Column("benefit", "", "Posterior probability of benefit, or why there is no effect"),
)
_INDICES = (
    Column("index", "", "Name of the index"),
    Column("value", "", "Value, better when higher; or why there is none"),
    Column("low", "", "Lower end of the 95 % interval that takes values as independent"),
    Column("high", "", "Upper end"),
)


def tables(made: OwnChange, start: float) -> tuple[Table, ...]:
    """The effect with one assumption changed at a time, and the descriptive indices of overlap."""
    if made.answer is None or made.series is None:
        return ()
    rows = tuple(_cells(r) for r in made.answer.rows)
    first = Table("assumptions", "The effect under other assumptions", _ROWS, len(rows), digest(rows), "", rows)
    points = made.series.points
    before, after = ([p.value for p in points if (p.day >= start) == late] for late in (False, True))
    found = overlap_indices(before, after, BENEFIT[made.endpoint.better])
    held = tuple(
        (i.name, i.reason or _number(i.value), *(_number(x) for x in i.interval or (None, None)))
        for i in found.values()
    )
    title = f"Overlap of values before and after; {LABEL}"
    return (first, Table("overlap", title, _INDICES, len(held), digest(held), "", held)) if rows else ()


def _cells(r: EffectRow) -> tuple[str, ...]:
    return (r.assumption, *(_number(x) for x in (r.mean, r.low, r.high)), r.reason or _number(r.benefit))


def _number(x: float | None) -> str:
    return "" if x is None else f"{x:.4g}"


FAN = {
    "x": "x", "y": "y", "color": "phase", "lane": "lane", "start": "start", "end": "end", "label": "label",
}  # fmt: skip


def trajectory(made: OwnChange, doses: tuple[float, ...]) -> tuple[Figure, ...]:
    """The patient's course with doses and care below it on one axis of time; none for values above a limit."""
    if made.series is None:
        return ()
    try:
        plain = plain_series(made.series)
    except ValueError:
        return ()
    values, care = trajectory_figures(plain, [Dose(d) for d in doses], made.care.covariates)
    lanes = [{k: v for k, v in r.items() if r["lane"] != "dose" or k != "label"} for r in care.rows] if care else []
    rows = [{"x": r["day"], "y": r["value"], "phase": r["phase"]} for r in values.rows]
    names = ", ".join(c.name for c in made.care.covariates)
    days = ", ".join(f"{d:g}" for d in doses)
    return (
        Figure(
            name=f"trajectory-{made.subject}", title=f"{plain.name} of {made.subject} over time, doses on day {days}",
            alt=f"{len(rows)} values; doses on day {days}; care below: {names or 'none in the model'}.",
            chart="fan", encoding=FAN, rows=(*rows, *_merged(lanes)),
            labels={"x": "day", "y": f"{plain.name} ({plain.unit})", "color": ""},
        ),
    )  # fmt: skip


def _merged(lanes: list[dict[str, str | float]]) -> list[dict[str, str | float]]:
    """Spans of one level that touch, as one: a covariate is known at each visit, and drawn by its changes."""
    made: list[dict[str, str | float]] = []
    for r in lanes:
        last = made[-1] if made else {}
        same = [last.get(k) for k in ("lane", "label")] == [r.get(k) for k in ("lane", "label")]
        if "end" in r and same and last.get("end") == r["start"]:
            last["end"] = r["end"]
        else:
            made.append(dict(r))
    return made
