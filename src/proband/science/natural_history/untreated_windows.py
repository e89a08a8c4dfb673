"""Without a model: how often untreated patients do as well over windows of the same length under the same entry rule.

Rank: one window per patient (the first eligible), rank of the treated patient among them; under exchangeability
P = (1 + as good) / (n + 1) is exact, and never below the floor 1 / (n + 1).
Rate of improvement: share of windows that do at least as well. One window per patient gives an exact binomial interval
(Clopper & Pearson, Biometrika 1934;26:404-413); all windows give more numbers but not more patients, so that the
interval uses their effective number (Korn & Graubard, Surv Methodol 1998;24:193-201; recalled) between patients and
windows.

Cannot see: whether the treated patient would have been in the cohort.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.schedule import Schedule, Window, first_windows, windows
from proband.science.stats.longitudinal import Longitudinal


@dataclass(frozen=True, slots=True)
class RankFloor:
    """Exact rank of a patient among n untreated patients, one window each: `p` is at least `floor` = 1 / (n + 1)."""

    n: int
    as_good: int
    p: float
    floor: float


@dataclass(frozen=True, slots=True)
class WindowRate:
    """Share of untreated windows that do at least as well.

    `first_*`: one window per patient with its exact interval; `all_*`: every window, with the interval of their
    effective number `effective`. Intervals are at `level`.
    """

    patients: int
    first_as_good: int
    first_rate: float
    first_interval: tuple[float, float]
    windows: int
    all_as_good: int
    all_rate: float
    effective: float
    all_interval: tuple[float, float]
    level: float


def comparable(
    data: Longitudinal, schedule: Schedule, baseline: float | None = None, caliper: float | None = None
) -> list[Window]:
    """First windows of untreated patients, those whose mean baseline is within `caliper` of `baseline` where given."""
    if baseline is None or caliper is None:
        return first_windows(data, schedule)
    made: dict[int, Window] = {}
    for window in windows(data, schedule):
        if abs(window.baseline - baseline) <= caliper:
            made.setdefault(window.patient, window)
    return list(made.values())


def rank_floor(held: list[Window], score: float, sign: float) -> RankFloor | NoAnswer:
    """Rank of `score` among windows of one per patient; `sign` 1 where higher is better, -1 where lower is.

    >>> rank_floor([Window(i, 0, 0, 1, 0.0, float(i)) for i in range(19)], 30.0, 1.0)
    RankFloor(n=19, as_good=0, p=0.05, floor=0.05)
    """
    if not held:
        return NoAnswer("no untreated patient has visits of this schedule after this rule of entry")
    good = sum(sign * w.score >= sign * score for w in held)
    return RankFloor(len(held), good, (1 + good) / (len(held) + 1), 1 / (len(held) + 1))


def improvement_rate(
    data: Longitudinal, schedule: Schedule, score: float, level: float = 0.95
) -> WindowRate | NoAnswer:  # fmt: skip
    """How often untreated windows do at least as well as `score`.

    `score` is the endpoint (a change, where the endpoint takes its baseline off). Returns `NoAnswer` without any
    window. Source: module docstring.
    """
    if not 0.5 < level < 1:
        raise ValueError("level must lie between 0.5 and 1")
    held = list(windows(data, schedule))
    if not held:
        return NoAnswer("no untreated patient has visits of this schedule after this rule of entry")
    sign = schedule.endpoint.sign
    good = np.array([sign * w.score >= sign * score for w in held])
    who = np.array([w.patient for w in held])
    patients = np.unique(who)
    first = np.array([good[np.flatnonzero(who == i)[0]] for i in patients])
    effective = _effective(good, who, patients)
    rate = float(good.mean())
    return WindowRate(
        patients.size, int(first.sum()), float(first.mean()), exact_interval(int(first.sum()), first.size, level),
        good.size, int(good.sum()), rate, effective, exact_interval(rate * effective, effective, level), level,
    )  # fmt: skip


def _effective(good: np.ndarray, who: np.ndarray, patients: np.ndarray) -> float:
    """Effective number of windows: binomial variance over the variance between patients, from patients to windows."""
    rate, count, n = float(good.mean()), patients.size, good.size
    if rate in (0.0, 1.0) or count < 2:
        return float(count)
    gaps = np.array([(good[who == i] - rate).sum() for i in patients])
    variance = count / (count - 1) * float((gaps**2).sum()) / n**2
    if variance == 0:
        return float(count)
    return float(np.clip(rate * (1 - rate) / variance, min(count, n), n))


def exact_interval(hits: float, n: float, level: float) -> tuple[float, float]:
    """Clopper-Pearson limits of a share, also for numbers that are not whole.

    >>> [round(x, 4) for x in exact_interval(0, 19, 0.9)]
    [0.0, 0.1459]
    """
    from scipy.special import betaincinv

    tail = 0.5 * (1 - level)
    low = 0.0 if hits <= 0 else float(betaincinv(hits, n - hits + 1, tail))
    high = 1.0 if hits >= n else float(betaincinv(hits + 1, n - hits, 1 - tail))
    return low, high
