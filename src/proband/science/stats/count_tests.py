"""Tests of treated against control counts at one site, their exact power, and corrections over many sites.

- Fisher's exact test, one-sided: the hypergeometric tail (Fisher, J R Stat Soc 1935;98:39-82);
- its power by enumeration of both binomials, without approximation;
- the count that a two-hypothesis classifier needs (hypergeometric without an edit against binomial with one),
  to show how such a rule behaves: the count hardly grows with depth, so deeper sequencing raises no threshold;
- Holm (Scand J Stat 1979;6:65-70), and Benjamini and Hochberg (J R Stat Soc B 1995;57:289-300).

Cannot see: spread between replicates. Fisher's test on pooled replicates is for reference; calls come from
`treated_control`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import special, stats


def fisher_greater(treated: int, depth_treated: int, control: int, depth_control: int) -> float:
    """P of Fisher's exact test that treated is above control: P(X >= treated | total), hypergeometric.

    Raises ``ValueError`` for counts that do not lie between 0 and their depth.

    >>> round(fisher_greater(6, 290, 2, 275), 3)
    0.161
    """
    if not (0 <= treated <= depth_treated and 0 <= control <= depth_control):
        raise ValueError("each count must lie between 0 and its depth")
    total = treated + control
    return float(stats.hypergeom.sf(treated - 1, depth_treated + depth_control, total, depth_treated))


def fisher_power(treated: float, control: float, depth_treated: int, depth_control: int, alpha: float = 0.05) -> float:
    """Exact power of the one-sided Fisher test at true fractions `treated` and `control`.

    Every control count with a probability above 1e-12 is enumerated, and the smallest treated count that is
    significant beside it. Raises ``ValueError`` for fractions outside 0 to 1.

    >>> round(fisher_power(0.001, 0.0, 5000, 5000), 3)
    0.56
    """
    if not (0 <= treated <= 1 and 0 <= control <= 1):
        raise ValueError("fractions must lie between 0 and 1")
    law = stats.binom(depth_control, control)
    most = int(law.isf(1e-12)) + 1
    power, needed = 0.0, 0
    for y in range(min(most, depth_control) + 1):
        while needed <= depth_treated and fisher_greater(needed, depth_treated, y, depth_control) > alpha:
            needed += 1
        power += float(law.pmf(y) * stats.binom.sf(needed - 1, depth_treated, treated))
    return power


def smallest_called(control: int, depth_treated: int, depth_control: int, share: float, prior: float) -> int:
    """The smallest treated count that a two-hypothesis classifier calls an edit beside `control` reads.

    Without an edit the treated share of t + m reads is hypergeometric; with one, t is Binomial(t + m, `share`); the
    edit is called where its prior probability times its likelihood is greater. Shown to say what such a rule asks
    for, and not used for calls. Returns depth_treated + 1 where no count is called.

    >>> [smallest_called(m, 5000, 5000, 0.93, 1e-4) for m in range(3)]
    [15, 18, 22]
    """
    for t in range(depth_treated + 1):
        null = stats.hypergeom.logpmf(t, depth_treated + depth_control, t + control, depth_treated)
        edit = stats.binom.logpmf(t, t + control, share)
        if math.log(prior) + edit > math.log1p(-prior) + null and t > 0:
            return t
    return depth_treated + 1


def holm(p: Sequence[float]) -> list[float]:
    """Family-wise adjusted P of each test, in the order given (Holm's step-down).

    >>> [round(x, 3) for x in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(values.size, 0, -1)) if values.size else values
    made = np.empty_like(values)
    made[order] = np.minimum(stepped, 1.0)
    return [float(x) for x in made]


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """False discovery rate at which each test would be called, in the order given.

    >>> [round(x, 3) for x in benjamini_hochberg([0.01, 0.04, 0.03])]
    [0.03, 0.04, 0.04]
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")[::-1]
    ranks = np.arange(values.size, 0, -1)
    stepped = np.minimum.accumulate(values[order] * values.size / ranks) if values.size else values
    made = np.empty_like(values)
    made[order] = np.minimum(stepped, 1.0)
    return [float(x) for x in made]


def welch(treated: Sequence[float], control: Sequence[float]) -> float:
    """Two-sided P of Welch's t test on the fractions of replicates (Biometrika 1947;34:28-35). For reference.

    Raises ``ValueError`` for an arm with fewer than two replicates, or no spread in both.

    >>> round(welch([29/148, 27/121, 36/141], [1/153, 0, 0]), 4)
    0.0053
    """
    a, b = np.asarray(treated, dtype=np.float64), np.asarray(control, dtype=np.float64)
    if a.size < 2 or b.size < 2:
        raise ValueError("each arm needs two replicates")
    part = np.array([a.var(ddof=1) / a.size, b.var(ddof=1) / b.size])
    if part.sum() == 0:
        raise ValueError("neither arm has any spread")
    freedom = part.sum() ** 2 / (part**2 / [a.size - 1, b.size - 1]).sum()
    t = (a.mean() - b.mean()) / math.sqrt(part.sum())
    return float(2 * special.stdtr(freedom, -abs(t)))
