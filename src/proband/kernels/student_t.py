"""Distribution function of Student's t, as a kernel on plain numbers.

P(T <= t) from the regularised incomplete beta function, by its continued fraction (DLMF 8.17.22, evaluated after Lentz;
Abramowitz and Stegun 26.5.27 for the relation to t).

Cannot see: whether what it is handed has a t distribution.
"""

from __future__ import annotations

import math

from proband.kernels.jit import njit

_SMALL = 1e-300
_STEPS = 300


@njit
def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function; converges fast for x < (a + 1) / (a + b + 2)."""
    c = 1.0
    d = 1.0 - (a + b) * x / (a + 1.0)
    if abs(d) < _SMALL:
        d = _SMALL
    d = 1.0 / d
    h = d
    for m in range(1, _STEPS):
        for odd in range(2):
            if odd == 0:
                step = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
            else:
                step = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
            d = 1.0 + step * d
            c = 1.0 + step / c
            if abs(d) < _SMALL:
                d = _SMALL
            if abs(c) < _SMALL:
                c = _SMALL
            d = 1.0 / d
            h *= d * c
        if abs(d * c - 1.0) < 1e-15:
            break
    return h


@njit
def student_t_cdf(t: float, df: float) -> float:
    """P(T <= t) with `df` degrees of freedom above 0."""
    ratio = t * t / df
    x, rest = 1.0 / (1.0 + ratio), ratio / (1.0 + ratio)
    a, b = 0.5 * df, 0.5
    if rest < 1e-300:
        return 0.5
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) - a * math.log1p(ratio) + b * math.log(rest)
    front = math.exp(log_front)
    far = x < (a + 1.0) / (a + b + 2.0)
    both = front * _fraction(a, b, x) / a if far else 1.0 - front * _fraction(b, a, rest) / b
    return 1.0 - 0.5 * both if t > 0.0 else 0.5 * both
