"""Overlap and level indices of two phases of one patient, as single-case research reports them: never the claim.

All indices ignore that neighbouring values depend on each other, so that their errors are too small where they do; they
describe, and stand beside the model or the randomisation test. `improvement` fixes the sign: positive is better.

Sources (recalled): NAP, Parker and Vannest, Behav Ther 2009;40:357-367, errors after Hanley and McNeil, Radiology
1982;143:29-36, and Sen (Sankhya A 1967;29:95-102), limits after Newcombe, Stat Med 2006;25:559-573, method 5; Tau-U,
Parker, Vannest, Davis and Sauber, Behav Ther 2011;42:284-299; Tau-BC, Tarlow, Behav Modif 2017;41:427-467; PAND and
IRD, Parker, Vannest and Brown, Except Child 2009;75:135-150; log response ratio, Pustejovsky, J Sch Psychol
2018;68:99-112; log ratio of medians, Bonett and Price, J Educ Behav Stat 2020;45:750-770; percent of goal obtained,
Ferron and others, J Behav Educ 2020.

Cannot see: dependence, trend (but for Tau-U and Tau-BC), and how values were chosen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtri

Floats = NDArray[np.float64]

LABEL = "descriptive: takes values as independent; not a claim"


@dataclass(frozen=True, slots=True)
class Index:
    """One index: value, standard error and interval where defined, or the reason why it has no value."""

    name: str
    value: float | None
    error: float | None = None
    interval: tuple[float, float] | None = None
    reason: str = ""
    label: str = LABEL


def overlap_indices(
    before: Sequence[float], after: Sequence[float], improvement: str, *, goal: float | None = None, level: float = 0.95
) -> dict[str, Index]:
    """All indices by name; those that can not be have a reason in place of a value.

    `goal` is that of PoGO. Raises ``ValueError`` for another `improvement` than "increase" or "decrease".

    >>> made = overlap_indices([20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29], "increase", goal=30)
    >>> round(made["NAP"].value, 6), round(made["Tau-U"].value, 6), round(made["PoGO"].value, 4)
    (0.916667, 0.738095, 66.8831)
    """
    if improvement not in ("increase", "decrease"):
        raise ValueError("improvement is increase or decrease")
    raw_a, raw_b = (
        np.array([x for x in v if x is not None and math.isfinite(x)], dtype=float) for v in (before, after)
    )
    if not raw_a.size or not raw_b.size:
        which = "before" if not raw_a.size else "after"
        return {name: Index(name, None, reason=f"no value {which}") for name in NAMES}
    sign = 1.0 if improvement == "increase" else -1.0
    a, b = sign * raw_a, sign * raw_b
    made = {
        "NAP": nap(a, b, level),
        "Tau": _tau("Tau", a, b, level),
        "Tau-BC": _tau_bc(a, b, level),
        "Tau-U": _tau_u(a, b),
        "PND": Index("PND", float((b > a.max()).mean())),
        "PEM": Index("PEM", float((b > np.median(a)).mean() + 0.5 * (b == np.median(a)).mean())),
        "PAND": Index("PAND", _pand(a, b)),
        "IRD": Index("IRD", _ird(a, b)),
        "SMD": _guarded("SMD", lambda: _smd(a, b, pooled=False)),
        "SMD pooled": _guarded("SMD pooled", lambda: _smd(a, b, pooled=True)),
        "LRRi": _guarded("LRRi", lambda: _log_ratio(raw_a, raw_b, sign)),
        "LRRd": _guarded("LRRd", lambda: _log_ratio(raw_a, raw_b, -sign)),
        "LRM": _guarded("LRM", lambda: _log_median_ratio(raw_a, raw_b, sign)),
        "PoGO": _guarded("PoGO", lambda: _goal_share(raw_a, raw_b, goal)),
    }
    return {name: _with_interval(index, level) for name, index in made.items()}


NAMES = (
    "NAP", "Tau", "Tau-BC", "Tau-U", "PND", "PEM", "PAND", "IRD", "SMD", "SMD pooled", "LRRi", "LRRd", "LRM", "PoGO",
)  # fmt: skip


class _Undefined(ValueError):
    """An index that these values do not define."""


def _guarded(name: str, make: Callable[[], tuple[float, float]]) -> Index:
    try:
        value, error = make()
    except _Undefined as e:
        return Index(name, None, reason=str(e))
    return Index(name, value, error if math.isfinite(error) else None)


def _with_interval(index: Index, level: float) -> Index:
    if index.value is None or index.error is None or index.interval is not None:
        return index
    reach = float(ndtri((1 + level) / 2)) * index.error
    return Index(index.name, index.value, index.error, (index.value - reach, index.value + reach))


def _pairs(a: Floats, b: Floats) -> Floats:
    """1 where the later value (column) is better than the earlier (row), 0.5 where equal."""
    return np.asarray((b[None, :] > a[:, None]) + 0.5 * (b[None, :] == a[:, None]))


def nap(a: Floats, b: Floats, level: float = 0.95) -> Index:
    """Non-overlap of all pairs with its unbiased error; higher is better.

    >>> nap(np.array([20.0, 20, 26, 25, 22, 23]), np.array([28.0, 25, 24, 27, 30, 30, 29])).interval[0].__round__(4)
    0.5973
    """
    value = float(_pairs(a, b).mean())
    error = nap_error(a, b) if min(a.size, b.size) > 1 else None
    return Index("NAP", value, error, _newcombe(value, a.size, b.size, level))


def nap_error(a: Floats, b: Floats, method: str = "unbiased") -> float:
    """Standard error of NAP: "unbiased" (Sen), "Hanley" or "null" (exact without ties and without effect).

    >>> round(nap_error(np.arange(6.0), np.arange(7.0), "null"), 6)
    0.166667
    """
    m, n = a.size, b.size
    if method == "null":
        return math.sqrt((m + n + 1) / (12 * m * n))
    q = _pairs(a, b)
    value = float(q.mean())
    q1, q2 = float((q.mean(axis=1) ** 2).mean()), float((q.mean(axis=0) ** 2).mean())
    if method == "Hanley":
        spread = value * (1 - value) + (n - 1) * (q1 - value**2) + (m - 1) * (q2 - value**2)
        return math.sqrt(max(spread, 0.0) / (m * n))
    # Of a complete separation no spread would be left: NAP is held half a pair away from 0 and 1.
    least = 0.5 / (m * n)
    kept = min(max(value, least), 1 - least)
    spread = kept - (m + n - 1) * kept**2 + n * q1 + m * q2 - 2 * float((q**2).mean())
    return math.sqrt(max(spread, 0.0) / ((m - 1) * (n - 1)))


def _newcombe(value: float, m: int, n: int, level: float) -> tuple[float, float]:
    """Limits where the value lies z errors away, the error taken at the limit (Newcombe's method 5)."""
    z = float(ndtri((1 + level) / 2))
    h = (m + n) / 2 - 1

    def gap(t: float) -> float:
        spread = t * (1 - t) * (1 + h * (1 - t) / (2 - t) + h * t / (1 + t)) / (m * n)
        return (value - t) ** 2 - z**2 * spread

    return _root(gap, 0.0, value), _root(gap, 1.0, value)


def _root(gap: Callable[[float], float], outer: float, inner: float) -> float:
    """Where the gap, not negative at `outer` and not positive at `inner`, changes sign."""
    if gap(outer) <= 0:
        return outer
    for _ in range(200):
        middle = (outer + inner) / 2
        outer, inner = (middle, inner) if gap(middle) > 0 else (outer, middle)
    return (outer + inner) / 2


def _tau(name: str, a: Floats, b: Floats, level: float) -> Index:
    one = nap(a, b, level)
    assert one.value is not None
    assert one.interval is not None
    error = None if one.error is None else 2 * one.error
    return Index(name, 2 * one.value - 1, error, (2 * one.interval[0] - 1, 2 * one.interval[1] - 1))


def _tau_bc(a: Floats, b: Floats, level: float) -> Index:
    """Tau of what is left when the Theil-Sen slope of the baseline is taken off all values."""
    if a.size < 3:
        return Index("Tau-BC", None, reason=f"{a.size} values before: a baseline trend needs 3")
    i, j = np.triu_indices(a.size, 1)
    slope = float(np.median((a[j] - a[i]) / (j - i)))
    left = np.concatenate([a, b]) - slope * np.arange(a.size + b.size)
    left = np.round(left, 12)
    return _tau("Tau-BC", left[: a.size], left[a.size :], level)


def _tau_u(a: Floats, b: Floats) -> Index:
    """Pairs won less pairs lost, less those that the baseline's own trend wins, over the pairs between phases."""
    i, j = np.triu_indices(a.size, 1)
    own = float(np.sign(a[j] - a[i]).sum())
    return Index("Tau-U", (float((2 * _pairs(a, b) - 1).sum()) - own) / (a.size * b.size))


def _pand(a: Floats, b: Floats) -> float:
    """The largest share of values that can be kept so that every kept later value is better than every earlier."""
    low, high = np.sort(a), np.sort(b)[::-1]
    best = max(a.size, b.size)
    for i in range(1, a.size + 1):
        best = max(best, i + int((high > low[i - 1]).sum()))
    return best / (a.size + b.size)


def _ird(a: Floats, b: Floats) -> float:
    m, n = a.size, b.size
    return ((m + n) ** 2 * _pand(a, b) - m**2 - n**2) / (2 * m * n)


def _smd(a: Floats, b: Floats, pooled: bool) -> tuple[float, float]:
    m, n = a.size, b.size
    if m < 3 or n < 2:
        raise _Undefined("fewer than 3 values before or 2 after: no spread")
    va, vb = float(a.var(ddof=1)), float(b.var(ddof=1))
    free = m + n - 2 if pooled else m - 1
    spread = ((m - 1) * va + (n - 1) * vb) / free if pooled else va
    if spread <= 0:
        raise _Undefined("values do not vary")
    small = 1 - 3 / (4 * free - 1)
    value = small * float(b.mean() - a.mean()) / math.sqrt(spread)
    between = 1 / m + 1 / n if pooled else 1 / m + vb / (n * va)
    return value, small * math.sqrt(between + value**2 / (2 * free))


def _log_ratio(a: Floats, b: Floats, sign: float) -> tuple[float, float]:
    """Log of the ratio of means, corrected for the bias of small samples (to second order)."""
    if min(a.size, b.size) < 2 or a.mean() <= 0 or b.mean() <= 0 or min(a.min(), b.min()) < 0:
        raise _Undefined("a log ratio needs values of 0 or more, means above 0 and two values in each phase")
    ra, rb = (float(v.var(ddof=1) / (v.size * v.mean() ** 2)) for v in (a, b))
    return sign * (math.log(b.mean() / a.mean()) + rb / 2 - ra / 2), math.sqrt(ra + rb)


def _log_median_ratio(a: Floats, b: Floats, sign: float) -> tuple[float, float]:
    if min(a.size, b.size) < 3 or min(a.min(), b.min()) <= 0:
        raise _Undefined("a log ratio of medians needs 3 values above 0 in each phase")
    value = sign * math.log(np.median(b) / np.median(a))
    return value, math.sqrt(_log_median_variance(a) + _log_median_variance(b))


def _log_median_variance(values: Floats) -> float:
    """From the distance of two order statistics around the median (Bonett and Price)."""
    n = values.size
    rank = max(1, round((n + 1) / 2 - math.sqrt(n)))
    outside = 2 * float(bdtr(rank - 1, n, 0.5))
    z = float(ndtri(1 - outside / 2))
    ordered = np.sort(np.log(values))
    return float(((ordered[n - rank] - ordered[rank - 1]) / (2 * z)) ** 2)


def _goal_share(a: Floats, b: Floats, goal: float | None) -> tuple[float, float]:
    """Percent of the way from the baseline mean to a goal, with its error by the delta method."""
    if goal is None or not math.isfinite(goal):
        raise _Undefined("no goal was stated")
    if goal == a.mean():
        raise _Undefined("the goal is the baseline mean")
    way = goal - float(a.mean())
    value = float(b.mean() - a.mean()) / way
    if min(a.size, b.size) < 2:
        return 100 * value, math.nan
    va, vb = float(a.var(ddof=1)) / a.size, float(b.var(ddof=1)) / b.size
    return 100 * value, 100 * math.sqrt(vb / way**2 + (value - 1) ** 2 * va / way**2)
