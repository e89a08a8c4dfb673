"""Normal and Student t distribution functions for use inside kernels.

The t function is the incomplete beta function by its continued fraction (NIST Digital Library of Mathematical Functions
8.17.22, evaluated by the modified Lentz method).

Cannot see: tails below about 1e-300, which are 0.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from proband.kernels.jit import njit

Floats = NDArray[np.float64]

_TINY = 1e-300
_ENOUGH = 1e-15
_STEPS = 500


@njit
def normal_cdf(x: float) -> float:
    """P(Z <= x) of a standard normal."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


@njit
def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, for x below (a + 1) / (a + b + 2)."""
    c = 1.0
    d = 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    made = d
    for k in range(1, _STEPS):
        for odd in range(2):
            if odd == 0:
                step = k * (b - k) * x / ((a + 2 * k - 1.0) * (a + 2 * k))
            else:
                step = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1.0))
            d = 1.0 + step * d
            d = 1.0 / (d if abs(d) > _TINY else _TINY)
            c = 1.0 + step / c
            c = c if abs(c) > _TINY else _TINY
            made *= d * c
        if abs(d * c - 1.0) < _ENOUGH:
            break
    return made


@njit
def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )  # fmt: skip
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _fraction(a, b, x) / a
    return 1.0 - front * _fraction(b, a, 1.0 - x) / b


@njit
def student_cdf(x: float, df: float) -> float:
    """P(T <= x) of Student's t with `df` degrees of freedom."""
    if x == 0.0:
        return 0.5
    square = x * x
    if square < df:
        tail = 0.5 * (1.0 - beta_cdf(square / (df + square), 0.5, 0.5 * df))
    else:
        tail = 0.5 * beta_cdf(df / (df + square), 0.5 * df, 0.5)
    return tail if x < 0.0 else 1.0 - tail


@njit
def mixture_cdf(x: Floats, weights: Floats, locations: Floats, scales: Floats, df: float) -> Floats:
    """P(number <= x) of a mixture of t distributions, for each x; all float arrays."""
    made = np.zeros(x.size)
    for i in range(x.size):
        for g in range(weights.size):
            made[i] += weights[g] * student_cdf((x[i] - locations[g]) / scales[g], df)
    return made
