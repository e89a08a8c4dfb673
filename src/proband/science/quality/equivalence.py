"""One attribute before and after a change: equivalence of means, range of single lots, and the power of the design.

- equivalence: the difference of means, after less before, lies within margins by two one-sided Welch tests, which is
  its 1 - 2 alpha interval lying inside (Schuirmann, J Pharmacokinet Biopharm 1987;15:657-680; Welch, Biometrika
  1947;34:28-35). Wholly outside: not equivalent. Across a margin: not told. On logarithms the difference is a ratio;
- range: the share of lots after the change within mean +- k SD of the lots before;
- power, exact but for the integration: given both sample variances the test is a normal probability; it is integrated
  over their chi-square distributions. At a difference equal to a margin it is the type I error;
- what a range tells: the probability that a lot of the very same distribution lies inside is
  P(|t_(n-1)| < k / sqrt(1 + 1/n)); that enough of several do is integrated over mean and SD of the lots before.

The degrees of freedom of Welch's test are an approximation; `worst_error` tells by how much a design exceeds its level.
One lot after the change has no spread: neither test is made. Lots are the unit: results of one lot are averaged first.

Cannot see: whether lots are independent of each other, and what a margin means for a patient.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proband.science.stats.quadrature import unit_nodes

Floats = NDArray[np.float64]
NODES = 96
LEAST_FOR_RANGE = 3
"""Lots before the change from which a range is told; with two the SD is almost unknown. A convention of this tool."""
MOST_LOTS = 200
RATIOS = (1 / 3, 0.5, 0.71, 1.0, 1.41, 2.0, 3.0)
"""SD after over SD before, over which the type I error of a design is told."""
COMPARABLE, DIFFERENT, NOT_TOLD = "comparable", "not_comparable", "not_told"


@dataclass(frozen=True, slots=True)
class Equivalence:
    """The difference of means (a ratio on logarithms), its 1 - 2 alpha interval, P of both tests together, verdict.

    `verdict`: comparable, not_comparable or not_told; `refusal` where no test is possible.
    """

    verdict: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    df: float | None = None
    n_pre: int = 0
    n_post: int = 0
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class QualityRange:
    """The range mean +- k SD of lots before, how many after lie within, verdict, and what the rule would do by chance.

    `passes_by_chance`: probability that lots of an unchanged process pass; `one_inside`: that a single one is inside.
    """

    verdict: str
    low: float | None = None
    high: float | None = None
    inside: int = 0
    n_pre: int = 0
    n_post: int = 0
    passes_unchanged: float | None = None
    one_inside: float | None = None
    refusal: str = ""


def equivalence(
    pre: Sequence[float],
    post: Sequence[float],
    margins: tuple[float, float],
    *,
    alpha: float = 0.05,
    ratio: bool = False,
) -> Equivalence:
    """Two one-sided Welch tests of the difference of means, post less pre, against `margins` (in the unit, or ratios).

    Raises ``ValueError`` for margins that do not hold no difference, values that are not finite, or not above 0 for a
    ratio. Source: module docstring.

    >>> made = equivalence([10.0, 10.2, 9.8, 10.1], [10.1, 9.9, 10.0, 10.2], (-0.5, 0.5))
    >>> made.verdict, round(made.low, 3), round(made.high, 3)
    ('comparable', -0.186, 0.236)
    >>> equivalence([10.0, 10.2], [10.1], (-0.5, 0.5)).refusal
    '1 lot after the change: no test is possible'
    """
    x, y, (low, high) = _scaled(pre, post, margins, ratio)
    if not 0 < alpha < 0.5:
        raise ValueError("alpha must be above 0 and below 0.5")
    for held, when in ((x, "before"), (y, "after")):
        if held.size < 2:
            said = f"{held.size} lot{'s' if held.size != 1 else ''} {when} the change: no test is possible"
            return Equivalence(NOT_TOLD, n_pre=x.size, n_post=y.size, refusal=said)
    v = np.array([x.var(ddof=1) / x.size, y.var(ddof=1) / y.size])
    d = float(y.mean() - x.mean())
    back = math.exp if ratio else float
    if v.sum() <= _rounding(x, y) ** 2:
        said = "no spread between lots: rounding may hide it, and no test is possible"
        return Equivalence(NOT_TOLD, back(d), n_pre=x.size, n_post=y.size, refusal=said)
    df = float(v.sum() ** 2 / (v**2 / np.array([x.size - 1, y.size - 1])).sum())
    se = math.sqrt(float(v.sum()))
    away = float(special.stdtrit(df, 1 - alpha)) * se
    ends = d - away, d + away
    p = max(float(special.stdtr(df, (low - d) / se)), float(special.stdtr(df, (d - high) / se)))
    verdict = COMPARABLE if low < ends[0] and ends[1] < high else NOT_TOLD
    if ends[0] > high or ends[1] < low:
        verdict = DIFFERENT
    return Equivalence(verdict, back(d), back(ends[0]), back(ends[1]), p, df, x.size, y.size)


def quality_range(pre: Sequence[float], post: Sequence[float], k: float = 3.0, share: float = 0.9) -> QualityRange:
    """Whether at least `share` of the lots after lie within mean +- k SD of the lots before.

    Raises ``ValueError`` for k or share out of range, or values that are not finite. Source: module docstring.

    >>> made = quality_range([9.0, 10.0, 11.0], [10.5, 12.5, 9.5], k=2.0)
    >>> made.verdict, made.inside, made.low, made.high
    ('not_comparable', 2, 8.0, 12.0)
    >>> quality_range([9.0, 10.0, 11.0], [10.5]).refusal
    '1 lot after the change: one lot does not tell how others will lie'
    """
    x, y, _ = _scaled(pre, post, (-1.0, 1.0), False)
    if not 0 < k <= 10 or not 0 < share <= 1:
        raise ValueError("k must be above 0 and at most 10, the share above 0 and at most 1")
    refusal = ""
    if x.size < LEAST_FOR_RANGE:
        refusal = f"{x.size} lot{'s' if x.size != 1 else ''} before the change: a range needs {LEAST_FOR_RANGE}"
    elif x.std(ddof=1) <= _rounding(x, y):
        refusal = "no spread between lots before the change: rounding may hide it, and there is no range"
    elif y.size < 2:
        refusal = (
            f"{y.size} lot{'s' if y.size != 1 else ''} after the change: one lot does not tell how others will lie"
        )
    if refusal:
        return QualityRange(NOT_TOLD, n_pre=x.size, n_post=y.size, refusal=refusal)
    away = k * float(x.std(ddof=1))
    low, high = float(x.mean()) - away, float(x.mean()) + away
    inside = int(((y >= low) & (y <= high)).sum())
    wanted = math.ceil(share * y.size - 1e-9)
    verdict = COMPARABLE if inside >= wanted else DIFFERENT
    chance = range_pass(x.size, y.size, k, share)
    return QualityRange(verdict, low, high, inside, x.size, y.size, chance, one_inside(x.size, k))


def one_inside(n_pre: int, k: float) -> float:
    """The probability that a lot of an unchanged process lies within mean +- k SD of `n_pre` lots.

    >>> round(one_inside(3, 3.0), 4), round(one_inside(100, 3.0), 4)
    (0.8783, 0.9964)
    """
    return float(2 * special.stdtr(n_pre - 1, k / math.sqrt(1 + 1 / n_pre)) - 1)


def range_pass(n_pre: int, n_post: int, k: float, share: float, shift: float = 0.0, spread: float = 1.0) -> float:
    """The probability that `share` of `n_post` lots lie within mean +- k SD of `n_pre`, by integration.

    The process after has a mean `shift` SDs away, and `spread` times the SD. With shift 0 and spread 1 it is unchanged.

    >>> round(range_pass(3, 1, 3.0, 1.0), 3)
    0.878
    """
    q, w = unit_nodes(NODES)
    mean = special.ndtri(q) / math.sqrt(n_pre)
    sd = np.sqrt(special.chdtri(n_pre - 1, 1 - q) / (n_pre - 1))
    m, s = mean[:, None], sd[None, :]
    inside = special.ndtr((m + k * s - shift) / spread) - special.ndtr((m - k * s - shift) / spread)
    wanted = math.ceil(share * n_post - 1e-9)
    passed = special.bdtrc(wanted - 1, n_post, np.clip(inside, 0.0, 1.0)) if wanted > 0 else np.ones_like(inside)
    return float((w[:, None] * w[None, :] * passed).sum())


@lru_cache(maxsize=512)
def power_of_equivalence(
    n_pre: int, n_post: int, sd_pre: float, sd_post: float, margins: tuple[float, float], difference: float = 0.0,
    alpha: float = 0.05,
) -> float:  # fmt: skip
    """The probability that both Welch tests reject at a true `difference`, by integration over both variances.

    SDs of lots, margins and difference in one unit (or on logarithms). At a difference equal to a margin it is the
    type I error. Raises ``ValueError`` for fewer than two lots on a side or SDs that are not above 0.

    >>> round(power_of_equivalence(6, 6, 1.0, 1.0, (-2.0, 2.0)), 3)
    0.876
    """
    if n_pre < 2 or n_post < 2:
        raise ValueError("each side needs at least two lots")
    if not (sd_pre > 0 and sd_post > 0 and math.isfinite(sd_pre) and math.isfinite(sd_post)):
        raise ValueError("standard deviations must be above 0")
    low, high = margins
    q, w = unit_nodes(2 * NODES)
    v1 = sd_pre**2 / n_pre * special.chdtri(n_pre - 1, 1 - q) / (n_pre - 1)
    v2 = sd_post**2 / n_post * special.chdtri(n_post - 1, 1 - q) / (n_post - 1)
    total = v1[:, None] + v2[None, :]
    df = total**2 / (v1[:, None] ** 2 / (n_pre - 1) + v2[None, :] ** 2 / (n_post - 1))
    away = special.stdtrit(df, 1 - alpha) * np.sqrt(total)
    tau = math.sqrt(sd_pre**2 / n_pre + sd_post**2 / n_post)
    top, bottom = special.ndtr((high - away - difference) / tau), special.ndtr((low + away - difference) / tau)
    return float((w[:, None] * w[None, :] * np.maximum(0.0, top - bottom)).sum())


def worst_error(n_pre: int, n_post: int, alpha: float = 0.05) -> float:
    """The greatest type I error of the two tests over ratios of SDs from 1/3 to 3, with margins far beyond them.

    Welch's degrees of freedom are an approximation: with two lots on one side the error exceeds its level.

    >>> round(worst_error(6, 2), 3), round(worst_error(10, 10), 3)
    (0.076, 0.05)
    """
    errors = [power_of_equivalence(n_pre, n_post, 1.0, r, (-50.0, 50.0), 50.0, alpha) for r in RATIOS]
    return max(errors)


def lots_for_power(
    n_pre: int, sd_pre: float, sd_post: float, margins: tuple[float, float], power: float = 0.8, alpha: float = 0.05
) -> int | None:
    """Lots after the change that reach `power` at no difference, with the lots before as they are; None beyond 200.

    >>> lots_for_power(6, 1.0, 1.0, (-2.0, 2.0)), lots_for_power(2, 1.0, 1.0, (-0.5, 0.5))
    (5, None)
    """

    def reached(n: int) -> float:
        return power_of_equivalence(n_pre, n, sd_pre, sd_post, margins, 0.0, alpha)

    if reached(MOST_LOTS) < power:
        return None
    low, high = 1, MOST_LOTS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) >= power else (middle, high)
    return high


def _rounding(x: Floats, y: Floats) -> float:
    """A spread that rounding of the arithmetic alone may make."""
    return 1e-9 * float(max(np.abs(x).max(initial=0.0), np.abs(y).max(initial=0.0)))


def _scaled(
    pre: Sequence[float], post: Sequence[float], margins: tuple[float, float], ratio: bool
) -> tuple[Floats, Floats, tuple[float, float]]:
    """Values and margins on the scale of the test."""
    x, y = np.asarray(pre, float), np.asarray(post, float)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("a value that is not a finite number")
    low, high = margins
    nothing = 1.0 if ratio else 0.0
    if not (math.isfinite(low) and math.isfinite(high) and low < nothing < high):
        raise ValueError(f"margins {low:g} to {high:g} do not hold {nothing:g}, no difference, between them")
    if not ratio:
        return x, y, (low, high)
    if not ((x > 0).all() and (y > 0).all() and low > 0):
        raise ValueError("a ratio needs values and margins above 0")
    return np.log(x), np.log(y), (math.log(low), math.log(high))
