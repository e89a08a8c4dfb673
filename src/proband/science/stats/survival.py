"""Survival of one group and the comparison of groups: Kaplan-Meier with late entry, its limits, and the log-rank test.

- Kaplan and Meier (J Am Stat Assoc 1958;53:457-481), the risk set being those who have entered and not yet left;
  Greenwood's variance (Rep Public Health Med Subj 1926;33:1-26);
- limits on the log(-log) scale (Kalbfleisch and Prentice, recalled), on the log scale, or by the beta product
  confidence procedure (Fay, Brittain and Proschan, Biostatistics 2013;14:723-736, recalled; method of moments), which
  without censoring is Clopper and Pearson's interval and is the one to use below about 20 patients;
- median by inversion of the limits (Brookmeyer and Crowley, Biometrics 1982;38:29-41); it is the first time at which
  the curve is at 0.5 or below, where some programs give the middle of a flat stretch at exactly 0.5;
- restricted mean: area under the curve, variance by Greenwood's terms;
- log-rank test (Mantel, Cancer Chemother Rep 1966;50:163-170), and for few patients its exact permutation form.

Cannot see: whether leaving was independent of the event. Beyond the last follow-up nothing is told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proband.core.errors import Problem
from proband.science.stats.estimate import Estimate, normal_quantile
from proband.science.stats.event_times import EventTimes
from proband.science.stats.model_input import Codes, Floats, codes, raise_if_any

LIMITS = ("log-log", "log", "beta product")
MOST_ASSIGNMENTS = 500_000


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """The curve at each time with an event: at risk, events, survival, standard error, limits at `level`."""

    time: Floats
    at_risk: Floats
    events: Floats
    survival: Floats
    se: Floats
    low: Floats
    high: Floats
    level: float
    limits: str
    last: float
    concerns: tuple[str, ...]
    times: EventTimes = field(repr=False)

    def at(self, time: float) -> Estimate:
        """Survival at `time`, with limits; a reason in its place after the last follow-up.

        Before the first event the lower limit is that of the beta product: all who were watched are free of the event.
        """
        name = f"survival at {time:g}"
        if not 0 <= time < math.inf:
            raise ValueError(f"{time} is not a time")
        i = int(np.searchsorted(self.time, time, side="right")) - 1
        value = 1.0 if i < 0 else float(self.survival[i])
        if value > 0 and (time > self.last or known_free(self.times, time) == 0):
            return Estimate(name, level=self.level, reason=f"nobody was under observation at {time:g}")
        if self.limits != "beta product" and i >= 0:
            low, high = float(self.low[i]), float(self.high[i])
            return Estimate(name, value, float(self.se[i]), low, high, self.level, None, self.limits)
        low, high = beta_product(self.times, time, self.level)
        se = None if i < 0 else float(self.se[i])
        return Estimate(name, value, se, min(low, value), max(high, value), self.level, None, "beta product")

    def median(self) -> Estimate:
        """The first time at which survival is 0.5 or less; where it is not reached, the lower limit alone."""
        low, high = self._first(self.low), self._first(self.high)
        value = self._first(self.survival)
        if value == math.inf:
            limit = low if low < math.inf else None
            reason = "more than half were still free of the event when observation ended"
            return Estimate("median time", None, None, limit, math.inf, self.level, None, self.limits, reason)
        return Estimate("median time", value, None, low, high, self.level, None, f"inversion of {self.limits} limits")

    def _first(self, curve: Floats) -> float:
        reached = np.flatnonzero(curve <= 0.5 + 1e-12)
        return float(self.time[reached[0]]) if reached.size else math.inf

    def restricted_mean(self, until: float) -> Estimate:
        """Mean time free of the event up to `until`, with Greenwood's standard error and normal limits."""
        name = f"mean time free of the event up to {until:g}"
        if not 0 < until < math.inf:
            raise ValueError(f"{until} is not a time above 0")
        ended = self.survival.size and self.survival[-1] == 0
        if until > self.last and not ended:
            return Estimate(name, level=self.level, reason=f"observation ended at {self.last:g}")
        inside = self.time < until
        knots = np.concatenate([[0.0], self.time[inside], [until]])
        height = np.concatenate([[1.0], self.survival[inside]])
        pieces = np.diff(knots) * height
        left = pieces[::-1].cumsum()[::-1][1:]
        n, d = self.at_risk[inside], self.events[inside]
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(n > d, left**2 * d / (n * (n - d)), 0.0)
        value, se = float(pieces.sum()), math.sqrt(float(terms.sum()))
        if se == 0:
            return Estimate(name, value, None, None, value, self.level, None, "no event before: no spread is seen")
        half = normal_quantile(self.level) * se
        low, high = max(0.0, value - half), min(until, value + half)
        return Estimate(name, value, se, low, high, self.level, None, "Greenwood")

    def numbers_at_risk(self, planned: Sequence[float]) -> tuple[int, ...]:
        """How many are under observation and free of the event at each planned time, those who leave then included."""
        return tuple(known_free(self.times, t) if t > 0 else self.times.at_risk(1e-300) for t in planned)


def kaplan_meier(times: EventTimes, level: float = 0.95, limits: str = "log-log") -> SurvivalCurve:
    """The Kaplan-Meier curve of one group; late entry is taken from the rows' starts.

    Raises ``ValueError`` for unknown limits or level, and ``ProgramError`` where a subject has several events.

    >>> from proband.science.stats.event_times import event_times
    >>> made = kaplan_meier(event_times([2, 3, 3, 5], [1, 1, 0, 0]))
    >>> [round(float(x), 4) for x in made.survival], made.at(6).reason
    ([0.75, 0.5], 'nobody was under observation at 6')
    """
    if limits not in LIMITS:
        raise ValueError(f"limits {limits!r} are none of {', '.join(LIMITS)}")
    z = normal_quantile(level)
    _once(times)
    time, n, d = _risk_table(times)
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1 - d / n)
        relative = np.sqrt(np.cumsum(np.where(n > d, d / (n * (n - d)), 0.0)))
        se = survival * relative
        if limits == "log":
            low, high = survival * np.exp(-z * relative), np.minimum(1.0, survival * np.exp(z * relative))
        else:
            spread = z * relative / np.abs(np.log(survival))
            low, high = survival ** np.exp(spread), survival ** np.exp(-spread)
    for i, t in enumerate(time):
        if limits == "beta product" or survival[i] == 0:
            low[i], high[i] = beta_product(times, float(t), level)
            low[i], high[i] = min(low[i], survival[i]), max(high[i], survival[i])
    last = float(times.stop.max())
    return SurvivalCurve(
        time, n, d, survival, se, low, high, level, limits, last, _concerns(times, time, survival, n), times
    )


def _risk_table(times: EventTimes) -> tuple[Floats, Floats, Floats]:
    """Distinct event times, rows at risk just before each, and events."""
    time, counts = np.unique(times.stop[times.event], return_counts=True)
    starts, stops = np.sort(times.start), np.sort(times.stop)
    entered = np.searchsorted(starts, time, side="left")
    left = np.searchsorted(stops, time, side="left")
    return time, (entered - left).astype(np.float64), counts.astype(np.float64)


def _once(times: EventTimes) -> None:
    events = np.bincount(times.subject[times.event]) if times.event.any() else np.zeros(1)
    if events.max(initial=0) > 1:
        remedy = "use `recurrent_events` for events that recur"
        raise_if_any([Problem("times", "subject", "several events", "one event per subject", remedy)])


def _concerns(times: EventTimes, time: Floats, survival: Floats, n: Floats) -> tuple[str, ...]:
    made = []
    if times.truncated and n.size and n[0] < 5:
        made.append(f"{n[0]:g} at risk at the first event, because of late entry: the curve starts from few")
    if survival.size and survival[-1] == 0 and (times.stop > time[-1]).any():
        made.append(f"all who were at risk at {time[-1]:g} had the event; patients who entered later are not shown")
    return tuple(made)


def known_free(times: EventTimes, time: float) -> int:
    """How many are known to be free of the event just after `time`: still watched, or left at that time without it."""
    free = (times.stop > time) | ((times.stop == time) & ~times.event)
    inside = np.where(times.stop == time, times.start < time, times.start <= time)
    # a subject whose rows meet at `time` is counted in the later one alone
    both = set(times.subject[free & inside].tolist())
    return len(both)


def beta_product(times: EventTimes, time: float, level: float = 0.95) -> tuple[float, float]:
    """Limits of survival at `time` by the beta product confidence procedure.

    Source: Fay, Brittain and Proschan 2013 (recalled). Without censoring: Clopper and Pearson.

    >>> from proband.science.stats.event_times import event_times
    >>> [round(float(x), 4) for x in beta_product(event_times([2, 3, 9, 9], [1, 1, 0, 0]), 5)]
    [0.0676, 0.9324]
    """
    tail = (1 - level) / 2
    t, n, d = _risk_table(times)
    n, d = n[t <= time], d[t <= time]
    first = float(np.prod((n - d + 1) / (n + 1)))
    second = float(np.prod((n - d + 1) * (n - d + 2) / ((n + 1) * (n + 2))))
    high = 1.0 if not n.size else _beta_quantile(first, second, 1 - tail)
    free = known_free(times, time)
    if free == 0:
        return 0.0, high
    low = _beta_quantile(first * free / (free + 1), second * free / (free + 2), tail)
    return low, high


def _beta_quantile(first: float, second: float, p: float) -> float:
    """Quantile of the beta distribution with these first two moments."""
    size = first * (1 - first) / (second - first * first) - 1
    return float(special.betaincinv(first * size, (1 - first) * size, p))


@dataclass(frozen=True, slots=True)
class LogRank:
    """Log-rank test: chi-squared, degrees of freedom, P, observed and expected events of each group; or the reason.

    `exact_p` is the permutation P of two groups where it could be enumerated, else None.
    """

    groups: tuple[str, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]
    chi_squared: float | None = None
    degrees: int = 0
    p: float | None = None
    exact_p: float | None = None
    reason: str = ""
    concerns: tuple[str, ...] = ()


def log_rank(times: EventTimes, group: Sequence[object] | NDArray[np.generic]) -> LogRank:
    """Compare survival of the groups that `group` names, a label per row.

    Raises ``ProgramError`` for a label missing, and for several events of one subject.

    >>> from proband.science.stats.event_times import event_times
    >>> made = log_rank(event_times([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 0]), ["a", "a", "a", "b", "b", "b"])
    >>> round(made.chi_squared, 4), made.exact_p
    (5.0517, 0.1)
    """
    problems: list[Problem] = []
    code = codes("group", group, times.size, problems)
    raise_if_any(problems)
    _once(times)
    labels = tuple(dict.fromkeys(str(g) for g in group))
    k = len(labels)
    observed, expected, variance = _tallies(times, code, k)
    told = LogRank(labels, tuple(observed.tolist()), tuple(expected.tolist()))
    if k < 2:
        return _without(told, f"everybody is in {labels[0]}: there is nobody to compare with")
    if not times.event.any():
        return _without(told, "no event was seen in any group")
    difference, block = (observed - expected)[:-1], variance[:-1, :-1]
    if np.linalg.matrix_rank(block) < k - 1:
        return _without(told, "the groups were never at risk together at an event")
    chi = float(difference @ np.linalg.solve(block, difference))
    low = [f"{name} ({e:.2g})" for name, e in zip(labels, expected, strict=True) if e < 5]
    concerns = (f"fewer than 5 events expected in {', '.join(low)}: P of chi-squared is rough",) if low else ()
    exact = _permuted(times, code) if k == 2 else None
    p = float(special.gammaincc((k - 1) / 2, chi / 2))
    return LogRank(labels, told.observed, told.expected, chi, k - 1, p, exact, "", concerns)


def _without(told: LogRank, reason: str) -> LogRank:
    return LogRank(told.groups, told.observed, told.expected, reason=reason)


def _tallies(times: EventTimes, code: Codes, k: int) -> tuple[Floats, Floats, Floats]:
    """Observed and expected events of each group, and their hypergeometric covariance."""
    observed, expected, variance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    for t in np.unique(times.stop[times.event]):
        risk = (times.start < t) & (times.stop >= t)
        dead = times.event & (times.stop == t)
        n = np.bincount(code[risk], minlength=k).astype(np.float64)
        total, d = n.sum(), float(dead.sum())
        share = n / total
        observed += np.bincount(code[dead], minlength=k)
        expected += d * share
        if total > 1:
            variance += d * (total - d) / (total - 1) * (np.diag(share) - np.outer(share, share))
    return observed, expected, variance


def _permuted(times: EventTimes, code: Codes) -> float | None:
    """P over all assignments of the subjects to two groups of these sizes; None where it can not be enumerated."""
    n, k = times.size, int((code == 0).sum())
    if times.subjects != n or times.start.max() > 0 or math.comb(n, k) > MOST_ASSIGNMENTS:
        return None
    time, at_risk, d = _risk_table(times)
    hazard = np.concatenate([[0.0], np.cumsum(d / at_risk)])
    scores = times.event - hazard[np.searchsorted(time, times.stop, side="right")]
    seen = abs(float(scores[code == 0].sum()))
    chosen = np.array(list(combinations(range(n), k)), dtype=np.int64)
    sums = np.abs(scores[chosen].sum(axis=1))
    return float((sums >= seen - 1e-9).mean())
