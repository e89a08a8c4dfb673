"""Declines on an ordinal scale that did not come back, from raw visits of one patient.

An event is a score worse than baseline by a number of points from one visit on, at every later visit, with at least one
later visit that confirms it after enough days (as the two-point unreversed decline of the CLN2 scale is defined:
Schulz and others, N Engl J Med 2018;378:1898-1907; recalled). It happened between the last visit without and the first
visit with the decline.

A proportional-odds model for a single patient is not offered: a few dozen visits do not tell cut points and dependence
at once, and its errors would rest on their priors. Ordinal scores of one patient go through `composites` with one
component (ranks with dependence integrated) or through `randomisation`.

Cannot see: a change of rater, and declines between visits that recovered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from proband.core.errors import Problem, ProgramError

STATES = ("declined", "not_declined", "unconfirmed", "insufficient")


@dataclass(frozen=True, slots=True)
class Decline:
    """What the visits say: state, the days between which it happened, last day seen, and why where not decided."""

    state: str
    after_day: float | None = None
    by_day: float | None = None
    last_day: float | None = None
    reason: str = ""


def unreversed_decline(
    days: Sequence[float],
    scores: Sequence[float | None],
    baseline_day: float,
    points: float,
    *,
    worse: str = "lower",
    confirm_days: float = 0.0,
) -> Decline:
    """The first decline of at least `points` from the last score up to `baseline_day` that no later visit reverses.

    Raises ``ProgramError`` for unequal lengths, a day twice or numbers that can not be; ``ValueError`` for `worse`
    other than "lower" or "higher".

    >>> unreversed_decline([0, 90, 180, 270], [6, 4, 5, 4], 0, 2)
    Decline(state='unconfirmed', after_day=180.0, by_day=270.0, last_day=270.0, reason='no later visit confirms it')
    >>> unreversed_decline([0, 90, 180, 270], [6, 5, 4, 4], 0, 2).state
    'declined'
    >>> unreversed_decline([90], [4], 0, 2).reason
    'no score on or before the baseline day'
    """
    if worse not in ("lower", "higher"):
        raise ValueError("worse is lower or higher")
    visits = _checked(days, scores, points)
    before = [v for v in visits if v[0] <= baseline_day]
    later = [v for v in visits if v[0] > baseline_day]
    if not before:
        return Decline("insufficient", reason="no score on or before the baseline day")
    if not later:
        return Decline("insufficient", last_day=before[-1][0], reason="no score after the baseline day")
    sign = 1.0 if worse == "lower" else -1.0
    declined = [sign * (before[-1][1] - score) >= points - 1e-9 for _, score in later]
    last = later[-1][0]
    if not declined[-1]:
        return Decline("not_declined", last_day=last)
    first = len(declined)
    while first > 0 and declined[first - 1]:
        first -= 1
    since = later[first - 1][0] if first else before[-1][0]
    by = later[first][0]
    if first == len(later) - 1 or last - by < confirm_days:
        reason = "no later visit confirms it" if first == len(later) - 1 else f"confirmed over {last - by:g} days only"
        return Decline("unconfirmed", since, by, last, reason)
    return Decline("declined", since, by, last)


def _checked(days: Sequence[float], scores: Sequence[float | None], points: float) -> list[tuple[float, float]]:
    problems = []
    if len(days) != len(scores):
        found = f"{len(days)} days, {len(scores)} scores"
        problems.append(Problem("visits", "", found, "as many of each", "give one score for each day"))
    if not 0 < points < math.inf:
        problems.append(Problem("visits", "points", f"{points}", "a number above 0", "state it in the plan"))
    seen: set[float] = set()
    for i, (day, score) in enumerate(zip(days, scores, strict=False), start=1):
        if not math.isfinite(day) or day in seen:
            found = f"day {day}" + (" twice" if day in seen else "")
            problems.append(Problem("visits", f"visit {i}", found, "each day once", "say which score counts"))
        seen.add(day)
        if score is not None and math.isinf(score):
            problems.append(Problem("visits", f"visit {i}", f"{score}", "a score", "leave it out where not rated"))
    if problems:
        raise ProgramError(problems)
    return sorted(
        (float(d), float(s)) for d, s in zip(days, scores, strict=True) if s is not None and not math.isnan(s)
    )
