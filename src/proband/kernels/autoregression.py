"""Regression with continuous-time AR(1) errors and measurement noise: what a posterior needs, per dependence node.

A series y has mean X b and covariance sigma^2 ((1 - w) rho^|s - t| + w [s = t]): a first-order autoregression seen
at irregular times (Jones, in Applied Time Series Analysis II, 1981, 651-682; recalled) with a share w of the variance
that is measurement noise. The innovations of the Kalman recursion whiten the series and the columns of X alike, in a
time that grows as the length of the series. At w = 0 it is y_t - rho^gap y_(t-1), scaled.

Cannot see: dependence that is not of this form, and noise whose size changes over time.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from proband.kernels.jit import njit

Floats = NDArray[np.float64]


@njit
def gains(gaps: Floats, rho: float, noise: float) -> tuple[Floats, Floats, Floats]:
    """Carry-over factors, gains and innovation variances (unit total variance) of each time.

    `gaps` holds the time from the one before in the unit of `rho`, its first entry unused.
    """
    n = gaps.size
    factor, gain, variance = np.empty(n), np.empty(n), np.empty(n)
    signal = 1.0 - noise
    spread = signal
    factor[0] = 0.0
    for t in range(n):
        if t > 0:
            phi = rho ** gaps[t]
            factor[t] = phi
            spread = phi * phi * spread + signal * (1.0 - phi * phi)
        variance[t] = spread + noise
        gain[t] = spread / variance[t]
        spread = spread * noise / variance[t]
    return factor, gain, variance


@njit
def innovations(columns: Floats, gaps: Floats, rho: float, noise: float) -> tuple[Floats, float]:
    """The columns (times by any number) whitened to unit variance, and the log determinant of the correlation."""
    n, k = columns.shape
    factor, gain, variance = gains(gaps, rho, noise)
    made = np.empty((n, k))
    state = np.zeros(k)
    determinant = 0.0
    for t in range(n):
        scale = 1.0 / math.sqrt(variance[t])
        determinant += math.log(variance[t])
        for j in range(k):
            expected = factor[t] * state[j]
            surprise = columns[t, j] - expected
            state[j] = expected + gain[t] * surprise
            made[t, j] = surprise * scale
    return made, determinant


@njit
def products(
    design: Floats, series: Floats, gaps: Floats, rho: Floats, noise: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """X'R⁻¹X, X'R⁻¹y, y'R⁻¹y and log|R| at each node (rho, noise), for many series of one design.

    `design` is times by p, `series` times by number of series; the results have the node first.
    """
    nodes, p, many = rho.size, design.shape[1], series.shape[1]
    xx = np.empty((nodes, p, p))
    xy = np.empty((nodes, p, many))
    yy = np.empty((nodes, many))
    determinants = np.empty(nodes)
    for g in range(nodes):
        x, determinants[g] = innovations(design, gaps, rho[g], noise[g])
        y, _ = innovations(series, gaps, rho[g], noise[g])
        xx[g] = x.T @ x
        xy[g] = x.T @ y
        for j in range(many):
            yy[g, j] = 0.0
        for t in range(y.shape[0]):
            for j in range(many):
                yy[g, j] += y[t, j] * y[t, j]
    return xx, xy, yy, determinants
