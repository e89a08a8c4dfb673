"""How long an effect lasts: loss of effect over time, with the numbers at risk at the planned times.

Kaplan-Meier of freedom from loss with limits that hold for few patients (beta product; `stats.survival`). A loss is
found at a visit: it may have come any time after the last visit with effect, so the curve is told with losses as late
and as early as that allows. Who dies or is dosed again before a loss is censored, which asks what would have been;
the share that lost effect and had neither is told beside it (Aalen and Johansen, Scand J Stat 1978;5:141-150).

Cannot see: loss after the last visit, and patients who stay away because the effect is lost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from proband.core.errors import Problem
from proband.core.evidence import Figure
from proband.science.stats.estimate import Estimate
from proband.science.stats.event_times import event_times
from proband.science.stats.model_input import raise_if_any
from proband.science.stats.survival import SurvivalCurve, kaplan_meier, known_free

ENDS = ("lost", "still in effect", "left", "died", "dosed again")
COMPETING = ("died", "dosed again")


@dataclass(frozen=True, slots=True)
class Course:
    """One patient: last visit with effect, end of observation, how it ended (`ENDS`), in time since dosing.

    Where `end` is "lost", `until` is the visit at which the loss was found; else it is the last day seen, and
    `last_with_effect` may be left out.
    """

    patient: str
    until: float
    end: str
    last_with_effect: float | None = None


@dataclass(frozen=True, slots=True)
class PlannedTime:
    """A planned time: patients at risk, losses so far, share free of loss (losses late, early), competing ends."""

    time: float
    at_risk: int
    losses: int
    free: Estimate
    free_if_early: Estimate
    lost_share: float | None
    competing: int


@dataclass(frozen=True, slots=True)
class Durability:
    """Planned times, patients with loss (and when it was found), how all ended, curve, median; or the reason."""

    planned: tuple[PlannedTime, ...]
    lost: tuple[tuple[str, float], ...]
    ends: tuple[tuple[str, int], ...]
    median: Estimate
    curve: SurvivalCurve | None
    longest: float
    concerns: tuple[str, ...]
    reason: str = ""

    def told(self) -> str:
        """What a reader must know first."""
        if self.reason:
            return f"durability not told: {self.reason}"
        at = "; ".join(f"{p.free.told()}, {p.at_risk} at risk" for p in self.planned)
        lost = ", ".join(f"{n} at {t:g}" for n, t in self.lost) or "none"
        return f"lost the effect: {lost}; {at}; nobody was followed beyond {self.longest:g}"


def durability(courses: Sequence[Course], planned: Sequence[float], level: float = 0.95) -> Durability:
    """Freedom from loss of effect at `planned` times (unit of the courses).

    Raises ``ProgramError`` with every course that can not be, a patient named twice, and planned times below 0.

    >>> made = durability([Course("p1", 12, "lost", 6), Course("p2", 24, "still in effect"), Course("p3", 18, "left")],
    ...     [6, 12, 36])
    >>> [(p.at_risk, p.losses) for p in made.planned], made.planned[2].free.reason
    ([(3, 0), (2, 1), (0, 1)], 'nobody was under observation at 36')
    """
    _check(courses, planned)
    if not courses:
        reason = "no patient was followed"
        return Durability((), (), (), Estimate("median time", level=level, reason=reason), None, 0.0, (), reason)
    lost = [c.end == "lost" for c in courses]
    late = event_times([c.until for c in courses], lost)
    early = event_times([_early(c) for c in courses], lost)
    curve, sooner = (kaplan_meier(t, level, "beta product") for t in (late, early))
    rows = tuple(
        PlannedTime(
            t, known_free(late, t), sum(c.end == "lost" and c.until <= t for c in courses), curve.at(t), sooner.at(t),
            _lost_share(courses, t), sum(c.end in COMPETING and c.until <= t for c in courses),
        )
        for t in planned
    )  # fmt: skip
    names = tuple(sorted(((c.patient, c.until) for c in courses if c.end == "lost"), key=lambda x: (x[1], x[0])))
    ends = tuple((e, sum(c.end == e for c in courses)) for e in ENDS)
    return Durability(rows, names, ends, curve.median(), curve, float(late.stop.max()), _concerns(courses))


def _early(c: Course) -> float:
    """The soonest the loss can have come: just after the last visit with effect."""
    if c.end != "lost":
        return c.until
    return max(c.last_with_effect or 0.0, 0.0) + 1e-9 * c.until


def _lost_share(courses: Sequence[Course], time: float) -> float | None:
    """Aalen and Johansen's share with loss by `time`, death and new doses being ends of their own."""
    until = np.array([c.until for c in courses])
    kind = np.array([1 if c.end == "lost" else 2 if c.end in COMPETING else 0 for c in courses])
    if time > until.max():
        return None
    free, share = 1.0, 0.0
    for t in np.unique(until[(kind > 0) & (until <= time)]):
        risk = float((until >= t).sum())
        losses = float(((until == t) & (kind == 1)).sum())
        others = float(((until == t) & (kind == 2)).sum())
        share += free * losses / risk
        free *= 1 - (losses + others) / risk
    return share


def _concerns(courses: Sequence[Course]) -> tuple[str, ...]:
    made = []
    unknown = [c.patient for c in courses if c.end == "lost" and c.last_with_effect is None]
    if unknown:
        made.append(f"last visit with effect not known for {', '.join(unknown)}: the loss may be as early as dosing")
    left = [c.patient for c in courses if c.end == "left"]
    if left:
        made.append(f"{', '.join(left)} left: censored as if leaving had nothing to do with the effect")
    competing = [f"{c.patient} ({c.end})" for c in courses if c.end in COMPETING]
    if competing:
        made.append(f"censored by another end: {', '.join(competing)}")
    return tuple(made)


def _check(courses: Sequence[Course], planned: Sequence[float]) -> None:
    problems: list[Problem] = []
    seen: set[str] = set()
    for c in courses:
        place = f"patient {c.patient[:80]}"
        if c.patient in seen:
            problems.append(Problem("durability", place, "twice", "one course per patient", "keep one"))
        seen.add(c.patient)
        if c.end not in ENDS:
            problems.append(Problem("durability", place, c.end[:80], f"one of {', '.join(ENDS)}", "say how it ended"))
        if not 0 < c.until < math.inf:
            problems.append(Problem("durability", place, str(c.until), "a time after dosing", "mend the dates"))
        if c.last_with_effect is not None and not 0 <= c.last_with_effect <= c.until:
            found = f"effect last seen at {c.last_with_effect:g}, observation until {c.until:g}"
            problems.append(Problem("durability", place, found, "0 <= last with effect <= end", "mend the dates"))
        if c.end == "lost" and c.last_with_effect == c.until:
            found = f"effect and its loss both at {c.until:g}"
            problems.append(Problem("durability", place, found, "a loss after the last effect", "mend the dates"))
    for t in planned:
        if not 0 <= t < math.inf:
            problems.append(Problem("durability", "planned times", str(t), "0 or later", "mend the plan"))
    raise_if_any(problems)


def durability_figure(made: Durability, title: str, unit: str) -> Figure:
    """Share free of loss at the planned times with limits, each labelled with its number at risk."""
    rows = [
        {"time": p.time, "free": p.free.value, "low": p.free.low, "high": p.free.high, "at risk": p.at_risk}
        for p in made.planned
        if p.free.value is not None and p.free.low is not None and p.free.high is not None
    ]
    risk = ", ".join(f"{p.at_risk} at {p.time:g}" for p in made.planned)
    return Figure(
        name="durability", title=title, chart="intervals", alt=f"{made.told()}. At risk: {risk}.",
        encoding={"x": "time", "y": "free", "low": "low", "high": "high"}, rows=tuple(rows),
        labels={"x": f"{unit} since dosing; at risk: {risk}", "y": "share free of loss"},
    )  # fmt: skip
