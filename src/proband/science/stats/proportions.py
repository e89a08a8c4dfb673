"""Intervals of one proportion, and of the difference of two, from counts of independent draws.

- Clopper-Pearson: the exact limits (Biometrika 1934;26:404-413);
- Wilson: the score interval (J Am Stat Assoc 1927;22:209-212);
- Jeffreys: quantiles of Beta(k + 1/2, n - k + 1/2), with the limit 0 at k = 0 and 1 at k = n
  (Brown, Cai and DasGupta, Stat Sci 2001;16:101-133);
- Newcombe: the difference of two independent proportions from their Wilson limits, method 10
  (Newcombe, Stat Med 1998;17:873-890).

Cannot see: dependence between the reads. Where replicates spread more than the binomial, use `treated_control`.
"""

from __future__ import annotations

import math

from scipy import special

Interval = tuple[float, float]


def clopper_pearson(k: int, n: int, level: float = 0.95) -> Interval:
    """The exact interval of a proportion: `k` of `n` draws, at two-sided confidence `level` (fractions).

    Raises ``ValueError`` unless 0 <= k <= n, n > 0 and 0 < level < 1.
    Source: Clopper and Pearson, Biometrika 1934;26:404-413.

    >>> [round(100 * x, 4) for x in clopper_pearson(3, 5000)]
    [0.0124, 0.1752]
    """
    _checked(k, n, level)
    tail = (1 - level) / 2
    return lower_bound(k, n, 1 - tail), upper_bound(k, n, 1 - tail)


def upper_bound(k: int, n: int, level: float = 0.95) -> float:
    """The exact one-sided upper bound of a proportion; at k = 0 it is 1 - (1 - level)^(1/n), about 3/n at 95 %.

    Raises ``ValueError`` as `clopper_pearson` does. Source: Clopper and Pearson 1934.

    >>> round(100 * upper_bound(0, 5000), 4)
    0.0599
    """
    _checked(k, n, level)
    return 1.0 if k == n else float(special.betaincinv(k + 1, n - k, level))


def lower_bound(k: int, n: int, level: float = 0.95) -> float:
    """The exact one-sided lower bound of a proportion; 0 at k = 0.

    Raises ``ValueError`` as `clopper_pearson` does. Source: Clopper and Pearson 1934.

    >>> lower_bound(0, 5000)
    0.0
    """
    _checked(k, n, level)
    return 0.0 if k == 0 else float(special.betaincinv(k, n - k + 1, 1 - level))


def wilson(k: int, n: int, level: float = 0.95) -> Interval:
    """The score interval of a proportion, without continuity correction.

    Raises ``ValueError`` as `clopper_pearson` does. Source: Wilson, J Am Stat Assoc 1927;22:209-212.

    >>> [round(100 * x, 4) for x in wilson(3, 5000)]
    [0.0204, 0.1763]
    """
    _checked(k, n, level)
    z = _z(level)
    p = k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return (0.0 if k == 0 else centre - half), (1.0 if k == n else centre + half)


def jeffreys(k: int, n: int, level: float = 0.95) -> Interval:
    """The equal-tailed interval of Beta(k + 1/2, n - k + 1/2), with 0 at k = 0 and 1 at k = n.

    Raises ``ValueError`` as `clopper_pearson` does. Source: Brown, Cai and DasGupta, Stat Sci 2001;16:101-133.

    >>> [round(100 * x, 4) for x in jeffreys(3, 5000)]
    [0.0169, 0.16]
    """
    _checked(k, n, level)
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(special.betaincinv(k + 0.5, n - k + 0.5, tail))
    high = 1.0 if k == n else float(special.betaincinv(k + 0.5, n - k + 0.5, 1 - tail))
    return low, high


def wald(k: int, n: int, level: float = 0.95) -> Interval:
    """The interval that other tools print: estimate -/+ z standard errors, cut at 0 and 1. For comparison alone.

    At k = 0 it has no width, which is not an answer about a limit. Raises ``ValueError`` as `clopper_pearson` does.

    >>> wald(0, 5000)
    (0.0, 0.0)
    """
    _checked(k, n, level)
    p = k / n
    half = _z(level) * math.sqrt(p * (1 - p) / n)
    return max(0.0, p - half), min(1.0, p + half)


def newcombe(k1: int, n1: int, k2: int, n2: int, level: float = 0.95) -> Interval:
    """The interval of p1 - p2 for independent counts, from the Wilson limits of each.

    Raises ``ValueError`` as `clopper_pearson` does. Source: Newcombe, Stat Med 1998;17:873-890, method 10;
    its example 56/70 - 48/80 gives 0.0524 to 0.3339.

    >>> [round(x, 4) for x in newcombe(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    low1, high1 = wilson(k1, n1, level)
    low2, high2 = wilson(k2, n2, level)
    return combine_limits(k1 / n1, (low1, high1), k2 / n2, (low2, high2))


def combine_limits(p1: float, limits1: Interval, p2: float, limits2: Interval) -> Interval:
    """Limits of p1 - p2 from the limits of each of two independent estimates.

    Recovers the variance of each estimate near the limit at which it matters.
    Source: Zou and Donner, Stat Med 2008;27:1693-1702.

    >>> [round(x, 3) for x in combine_limits(0.5, (0.4, 0.6), 0.2, (0.1, 0.3))]
    [0.159, 0.441]
    """
    down = math.hypot(p1 - limits1[0], limits2[1] - p2)
    up = math.hypot(limits1[1] - p1, p2 - limits2[0])
    return p1 - p2 - down, p1 - p2 + up


def _z(level: float) -> float:
    return float(special.ndtri((1 + level) / 2))


def _checked(k: int, n: int, level: float) -> None:
    if not 0 <= k <= n or n <= 0 or not 0 < level < 1:
        raise ValueError("needs 0 <= k <= n, n > 0 and a level between 0 and 1")
