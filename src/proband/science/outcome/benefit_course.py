"""From a patient's values to the course of benefit: when it was there, when it was lost, how observation ended.

Benefit is a value at or beyond a stated value in the direction that is better. It begins with the first such value
after the first dose: one is enough. `consecutive` values without benefit in a row end it, and the loss is dated at the
first of these. A value below the limit
of its assay has benefit where lower is better and the limit lies at or below the stated value; where the limit lies
above it, the value can not tell and is left out.

Cannot see: benefit between two values, and a loss after the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from proband.core.evidence import Figure
from proband.science.clinical.records import Dose
from proband.science.clinical.series import Bound, Point, Series
from proband.science.outcome.declared_endpoints import Benefit
from proband.science.outcome.durability import Course, Durability


@dataclass(frozen=True, slots=True)
class Followed:
    """One patient: the course in days since benefit began, its first day (since the first dose), or why there is none.

    `untold` counts values of which it can not be told whether they have benefit; `before` how many values before the
    first dose had it already, of how many.
    """

    subject: str
    course: Course | None
    began: float | None
    values: int
    untold: int
    reason: str = ""
    before: tuple[int, int] = (0, 0)


def has_benefit(p: Point, asked: Benefit, better: str) -> bool | None:
    """Whether a value has benefit; None where its limit leaves that open.

    >>> asked = Benefit(parameter="x", value=60.0, unit="1", consecutive=2, planned_days=[90], because="normal")
    >>> has_benefit(Point(1, 60.0), asked, "lower"), has_benefit(Point(1, 70.0, Bound.BELOW), asked, "lower")
    (True, None)
    """
    inside = p.value <= asked.value if better == "lower" else p.value >= asked.value
    if p.bound is Bound.MEASURED:
        return inside
    toward = p.bound is (Bound.BELOW if better == "lower" else Bound.ABOVE)
    if toward:
        return True if inside else None
    # the value lies beyond its limit, away from benefit
    past = p.value >= asked.value if better == "lower" else p.value <= asked.value
    return False if past else None


def followed(one: Series, start: float, asked: Benefit, better: str, died: bool = False) -> Followed:
    """The course of benefit of one patient after `start` (day of the first dose).

    `died`: observation ended by death, which is an end of its own and no loss.

    >>> from proband.science.clinical.series import series
    >>> asked = Benefit(parameter="x", value=60.0, unit="1", consecutive=2, planned_days=[90], because="normal")
    >>> s = series("a", "x", "1", [Point(d, v) for d, v in ((0, 80), (7, 50), (14, 90), (21, 40), (28, 90), (35, 90))])
    >>> made = followed(s, 1.0, asked, "lower").course
    >>> made.end, made.last_with_effect, made.until
    ('lost', 14, 21)
    """
    early = [has_benefit(p, asked, better) for p in one.points if p.day < start]
    made = _followed(one, start, asked, better, died)
    return replace(made, before=(sum(s is True for s in early), len(early)))


def _followed(one: Series, start: float, asked: Benefit, better: str, died: bool) -> Followed:
    after = [p for p in one.points if p.day > start]
    said = [(p.day, has_benefit(p, asked, better)) for p in after]
    told = [(d, s) for d, s in said if s is not None]
    untold = len(said) - len(told)
    first = next((d for d, s in told if s), None)
    if first is None:
        reason = "no value with benefit after the first dose" if told else "no value that can tell after the first dose"
        return Followed(one.subject, None, None, len(told), untold, reason)
    rest = [(d - first, s) for d, s in told if d >= first]
    lost = next((i for i in range(len(rest)) if _run(rest, i, asked.consecutive)), None)
    if lost is not None:
        course = Course(one.subject, rest[lost][0], "lost", rest[lost - 1][0])
    elif rest[-1][0] <= 0:
        return Followed(one.subject, None, first - start, len(told), untold, "no value after the first with benefit")
    else:
        course = Course(one.subject, rest[-1][0], "died" if died else "still in effect")
    return Followed(one.subject, course, first - start, len(told), untold)


def _run(rest: Sequence[tuple[float, bool]], i: int, length: int) -> bool:
    """Whether as many values as a loss takes, from the i-th on, are without benefit."""
    part = rest[i : i + length]
    return len(part) == length and not any(s for _, s in part)


def swimmer(rows: Sequence[Followed], starts: Mapping[str, float], doses: Sequence[Dose]) -> Figure:
    """Each patient as a lane in days since the first dose: time with benefit, doses, loss."""
    made: list[dict[str, str | float]] = []
    for r in rows:
        begins = starts[r.subject]
        if r.course is not None and r.began is not None:
            made.append(
                {"lane": r.subject, "start": r.began, "end": r.began + r.course.until, "label": "", "row": "benefit"}
            )
            if r.course.end == "lost":
                made.append({"lane": r.subject, "start": r.began + r.course.until, "label": "lost", "row": "loss"})
        given = [d for d in doses if d.subject == r.subject and d.amount != 0]
        made += [{"lane": r.subject, "start": d.day - begins, "label": "", "row": "dose"} for d in given]
    return Figure(
        name="swimmer", title="Time with benefit and doses", chart="timeline",
        alt=f"{len(rows)} patients; {sum(r.course is not None for r in rows)} with benefit at some time.",
        encoding={"lane": "lane", "start": "start", "end": "end", "label": "label", "color": "row"}, rows=tuple(made),
        labels={"start": "days since the first dose"},
    )  # fmt: skip


def steps_figure(made: Durability, at_risk_at: Sequence[float]) -> Figure | None:
    """The share that keeps benefit as a step curve with its limits and the numbers at risk below it."""
    curve = made.curve
    if curve is None:
        return None
    planned = {p.time: p.at_risk for p in made.planned}
    rows: list[dict[str, float | int]] = []
    for t in sorted({0.0, *curve.time.tolist(), *(t for t in at_risk_at if t <= curve.last), curve.last}):
        at = curve.at(t)
        if at.value is not None:
            limits = {k: v for k, v in (("low", at.low), ("high", at.high)) if v is not None}
            rows.append({"x": t, "y": at.value, **limits})
    risk = [{"x": t, "risk": planned[t]} for t in at_risk_at if t in planned]
    said = ", ".join(f"{r['risk']} at {r['x']:g}" for r in risk)
    return Figure(
        name="benefit-kept", title="Share that keeps benefit", chart="steps", alt=f"{made.told()}. At risk: {said}.",
        encoding={"x": "x", "y": "y", "low": "low", "high": "high", "risk": "risk"}, rows=(*rows, *risk),
        labels={"x": "days since benefit began", "y": "share that keeps benefit"},
    )  # fmt: skip
