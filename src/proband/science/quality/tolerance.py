"""Normal tolerance intervals for few lots, and what few lots can say without a distribution.

Two-sided factor k: mean +- k s holds at least a share p of a normal population at confidence c. It solves

    sqrt(2 n / pi) * integral over x > 0 of P(chi2(n - 1) > (n - 1) r(x)^2 / k^2) exp(-n x^2 / 2) dx = c,

where r(x) is the half width with Phi(x + r) - Phi(x - r) = p (Odeh and Owen 1980; the numerical form of ISO 16269-6;
both recalled). Solved here by Gauss-Legendre quadrature; tables of Howe 1969 or of Wald and Wolfowitz 1946 are
approximations and differ by some percent below n = 5. One-sided: k = t(c; n - 1, z_p sqrt(n)) / sqrt(n), noncentral t.

One lot gives no interval. Without a distribution: the range of n lots holds a share p with confidence
1 - n p^(n-1) + (n - 1) p^n (Wilks 1941).

Cannot see: whether lots are independent and normal; with five lots nobody can. Replicates of one lot are not lots.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import optimize, special, stats

SHARE = 0.95
CONFIDENCE = 0.95
FEWEST = 2


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A tolerance interval: sides that are not asked for are None; `k` is its factor, `n` the number of lots."""

    n: int
    mean: float
    sd: float
    k: float
    low: float | None
    high: float | None
    share: float
    confidence: float


@lru_cache(maxsize=512)
def two_sided_k(n: int, share: float = SHARE, confidence: float = CONFIDENCE) -> float:
    """The exact two-sided factor for `n` lots; raises ``ValueError`` below 2 and for shares outside 0 to 1.

    >>> [round(two_sided_k(n), 3) for n in (2, 3, 5, 10)]
    [36.519, 9.789, 5.077, 3.393]
    """
    _check(n, share, confidence)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    # exp(-n x^2 / 2) is below 1e-16 beyond 8.6 / sqrt(n).
    top = 8.6 / math.sqrt(n)
    x, w = top * (nodes + 1) / 2, top * weights / 2
    r = _half_width(x, share)
    density = math.sqrt(2 * n / math.pi) * np.exp(-n * x * x / 2)

    def short(log_k: float) -> float:
        tail = special.chdtrc(n - 1, (n - 1) * r * r / math.exp(2 * log_k))
        return float((w * density * tail).sum()) - confidence

    return math.exp(optimize.brentq(short, math.log(0.05), math.log(1e7), xtol=1e-12))


@lru_cache(maxsize=512)
def one_sided_k(n: int, share: float = SHARE, confidence: float = CONFIDENCE) -> float:
    """The one-sided factor for `n` lots.

    >>> [round(one_sided_k(n), 3) for n in (2, 3, 5, 10)]
    [26.26, 7.656, 4.203, 2.911]
    """
    _check(n, share, confidence)
    root = math.sqrt(n)
    return float(stats.nct.ppf(confidence, n - 1, stats.norm.ppf(share) * root) / root)


def table_k(n: int, share: float = SHARE, confidence: float = CONFIDENCE) -> float:
    """The two-sided factor of Wald and Wolfowitz, as in many printed tables: an approximation, kept to compare with.

    >>> [round(table_k(n), 3) for n in (2, 3, 5, 10)]
    [37.674, 9.916, 5.079, 3.379]
    """
    _check(n, share, confidence)
    r = float(_half_width(np.array([1 / math.sqrt(n)]), share)[0])
    return r * math.sqrt((n - 1) / float(stats.chi2.ppf(1 - confidence, n - 1)))


def _check(n: int, share: float, confidence: float) -> None:
    if n < FEWEST:
        raise ValueError(f"{n} lot gives no tolerance interval: nothing tells how lots differ")
    if not (0 < share < 1 and 0 < confidence < 1):
        raise ValueError("share and confidence lie between 0 and 1")


def _half_width(x: np.ndarray, share: float) -> np.ndarray:
    """r with Phi(x + r) - Phi(x - r) = share, for each x at least 0; bisection, to 1e-14."""
    low, high = np.zeros_like(x), x + special.ndtri(0.5 + share / 2) + 1
    for _ in range(60):
        middle = (low + high) / 2
        enough = special.ndtr(x + middle) - special.ndtr(x - middle) >= share
        high, low = np.where(enough, middle, high), np.where(enough, low, middle)
    return (low + high) / 2


def tolerance(
    values: tuple[float, ...], sides: str = "both", share: float = SHARE, confidence: float = CONFIDENCE
) -> Tolerance | None:
    """The interval of one value for each lot; None for fewer than two lots, where there is none.

    `sides` is both, lower or upper.

    >>> tolerance((98.2,)) is None
    True
    >>> made = tolerance((70.0, 74.0), "both")
    >>> round(made.low, 1), round(made.high, 1)
    (-31.3, 175.3)
    """
    n = len(values)
    if n < FEWEST:
        return None
    if not all(math.isfinite(v) for v in values):
        raise ValueError("a value is not finite")
    mean = math.fsum(values) / n
    sd = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1))
    k = two_sided_k(n, share, confidence) if sides == "both" else one_sided_k(n, share, confidence)
    low = mean - k * sd if sides in ("both", "lower") else None
    high = mean + k * sd if sides in ("both", "upper") else None
    return Tolerance(n, mean, sd, k, low, high, share, confidence)


def range_confidence(n: int, share: float = SHARE) -> float:
    """Confidence that the range of `n` lots holds at least a share of all lots, whatever their distribution.

    >>> [round(range_confidence(n), 3) for n in (1, 2, 5, 93)]
    [0.0, 0.003, 0.023, 0.95]
    """
    return 1 - n * share ** (n - 1) + (n - 1) * share**n if n > 1 else 0.0


def lots_needed(share: float = SHARE, confidence: float = CONFIDENCE) -> int:
    """Lots whose range holds a share at a confidence, without a distribution.

    >>> lots_needed()
    93
    """
    n = 2
    while range_confidence(n, share) < confidence:
        n += 1
    return n


def least_share_within(n: int, confidence: float = CONFIDENCE) -> float:
    """The least share of all lots that lie within limits, where `n` of `n` did: Clopper and Pearson, one-sided.

    >>> [round(least_share_within(n), 3) for n in (1, 3, 5)]
    [0.05, 0.368, 0.549]
    """
    if n < 1:
        return 0.0
    return float((1 - confidence) ** (1 / n))
