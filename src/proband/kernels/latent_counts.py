"""Counts with a latent autoregression: the marginal likelihood of an effect by Laplace's approximation, on a grid.

y_t ~ Poisson(exp(o_t + b e_t + x_t g + u_t)), u a normal first-order autoregression at given gaps with standard
deviation sigma. For each (rho, sigma, b) the mode of (u, g) is found by Newton's method in a time that grows as the
length, because the precision of u is tridiagonal, and u and g are integrated by Laplace's approximation (Tierney and
Kadane, JASA 1986;81:82-86; nested as by Rue, Martino and Chopin, J R Stat Soc B 2009;71:319-392).

Cannot see: how far Laplace's approximation is off for very low counts; the calibration of the layer above shows it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from proband.kernels.jit import njit

Floats = NDArray[np.float64]

_STEPS = 40
_CLOSE = 1e-5
_LONGEST = 2.0
"""The longest step of the linear predictor: Newton from far away overshoots on the exponential."""
_WEAK = 1e-4
"""Precision of the normal prior on nuisance coefficients: standard deviation 100 on the log scale."""


@njit
def latent_precision(gaps: Floats, rho: float, sigma: float) -> tuple[Floats, Floats, float]:
    """Diagonal and lower diagonal of the precision of u, and its log determinant."""
    n = gaps.size
    diagonal, off = np.empty(n), np.zeros(n)
    scale = 1.0 / (sigma * sigma)
    determinant = n * math.log(scale)
    diagonal[0] = scale
    for t in range(1, n):
        phi = rho ** gaps[t]
        left = 1.0 - phi * phi
        diagonal[t] = scale / left
        diagonal[t - 1] += scale * phi * phi / left
        off[t] = -scale * phi / left
        determinant -= math.log(left)
    return diagonal, off, determinant


@njit
def _factor(diagonal: Floats, off: Floats, weight: Floats, pivot: Floats, ratio: Floats) -> float:
    """LDL' of the tridiagonal precision plus the diagonal of weights; returns the log determinant."""
    pivot[0] = diagonal[0] + weight[0]
    total = math.log(pivot[0])
    for t in range(1, diagonal.size):
        ratio[t] = off[t] / pivot[t - 1]
        pivot[t] = diagonal[t] + weight[t] - ratio[t] * off[t]
        total += math.log(pivot[t])
    return total


@njit
def _solve(pivot: Floats, ratio: Floats, right: Floats) -> None:
    """Solve in place."""
    n = pivot.size
    for t in range(1, n):
        right[t] -= ratio[t] * right[t - 1]
    right[n - 1] /= pivot[n - 1]
    for t in range(n - 2, -1, -1):
        right[t] = right[t] / pivot[t] - ratio[t + 1] * right[t + 1]


@njit
def _pulls(
    counts: Floats, fixed: Floats, nuisance: Floats, diagonal: Floats, off: Floats, u: Floats, g: Floats, mean: Floats,
    step: Floats,
) -> None:  # fmt: skip
    """Expected counts at (u, g) into `mean`, and the gradient with respect to u into `step`."""
    n = counts.size
    for t in range(n):
        eta = fixed[t] + u[t]
        for j in range(g.size):
            eta += nuisance[t, j] * g[j]
        mean[t] = math.exp(min(eta, 50.0))
        step[t] = counts[t] - mean[t] - diagonal[t] * u[t]
    for t in range(1, n):
        step[t] -= off[t] * u[t - 1]
        step[t - 1] -= off[t] * u[t]


@njit
def _borders(
    counts: Floats, nuisance: Floats, g: Floats, mean: Floats, pivot: Floats, ratio: Floats, step: Floats,
    gradient: Floats, columns: Floats, border: Floats,
) -> None:  # fmt: skip
    """The part of the system that belongs to g, once the solved `step` of u is taken into account."""
    n, p = nuisance.shape
    for j in range(p):
        gradient[j] = -_WEAK * g[j]
        for t in range(n):
            gradient[j] += nuisance[t, j] * (counts[t] - mean[t] - mean[t] * step[t])
            columns[j, t] = nuisance[t, j] * mean[t]
        _solve(pivot, ratio, columns[j])
    for j in range(p):
        for k in range(p):
            border[j, k] = _WEAK if j == k else 0.0
            for t in range(n):
                border[j, k] += nuisance[t, j] * mean[t] * (nuisance[t, k] - columns[k, t])


@njit
def _moved(nuisance: Floats, u: Floats, g: Floats, step: Floats, gradient: Floats) -> float:
    """Take the step, shortened where it is too long; returns the longest change asked of the linear predictor."""
    longest = 0.0
    for t in range(u.size):
        change = step[t]
        for j in range(g.size):
            change += nuisance[t, j] * gradient[j]
        longest = max(longest, abs(change))
    share = min(1.0, _LONGEST / max(longest, 1e-300))
    for t in range(u.size):
        u[t] += share * step[t]
    for j in range(g.size):
        g[j] += share * gradient[j]
    return longest


@njit
def _newton(
    counts: Floats, fixed: Floats, nuisance: Floats, diagonal: Floats, off: Floats, u: Floats, g: Floats
) -> float:
    """Move (u, g) to its mode; returns the log joint density there less half the log determinant of its curvature."""
    n, p = nuisance.shape
    pivot, ratio, mean = np.empty(n), np.zeros(n), np.empty(n)
    columns, border, gradient = np.empty((p, n)), np.empty((p, p)), np.empty(p)
    step = np.empty(n)
    half = 0.0
    for _ in range(_STEPS):
        _pulls(counts, fixed, nuisance, diagonal, off, u, g, mean, step)
        half = _factor(diagonal, off, mean, pivot, ratio)
        _solve(pivot, ratio, step)
        _borders(counts, nuisance, g, mean, pivot, ratio, step, gradient, columns, border)
        half += _spread_step(border, gradient, columns, step)
        if _moved(nuisance, u, g, step, gradient) < _CLOSE:
            break
    return _log_joint(counts, fixed, nuisance, diagonal, off, u, g) - 0.5 * half


@njit
def _spread_step(border: Floats, gradient: Floats, columns: Floats, step: Floats) -> float:
    """Solve the bordered system: `gradient` becomes the step of g, `step` that of u; returns log|border|."""
    p, n = columns.shape
    total = 0.0
    for j in range(p):
        for k in range(j):
            border[j, k] /= border[k, k]
            for m in range(k + 1, p):
                border[j, m] -= border[j, k] * border[k, m]
            gradient[j] -= border[j, k] * gradient[k]
        total += math.log(max(border[j, j], 1e-300))
    for j in range(p - 1, -1, -1):
        for k in range(j + 1, p):
            gradient[j] -= border[j, k] * gradient[k]
        gradient[j] /= border[j, j]
    for j in range(p):
        for t in range(n):
            step[t] -= columns[j, t] * gradient[j]
    return total


@njit
def _log_joint(
    counts: Floats, fixed: Floats, nuisance: Floats, diagonal: Floats, off: Floats, u: Floats, g: Floats
) -> float:
    """Log likelihood plus the exponents of both normal priors."""
    total = 0.0
    for t in range(counts.size):
        eta = fixed[t] + u[t]
        for j in range(g.size):
            eta += nuisance[t, j] * g[j]
        total += counts[t] * eta - math.exp(min(eta, 50.0)) - math.lgamma(counts[t] + 1.0)
        total -= 0.5 * diagonal[t] * u[t] * u[t]
        if t > 0:
            total -= off[t] * u[t] * u[t - 1]
    for j in range(g.size):
        total -= 0.5 * _WEAK * g[j] * g[j]
    return total


@njit
def log_marginals(
    counts: Floats, offset: Floats, effect: Floats, nuisance: Floats, gaps: Floats, rho: Floats, sigma: Floats,
    betas: Floats,
) -> Floats:  # fmt: skip
    """Log marginal likelihood (up to a constant in the data's length) at each node (rho, sigma, beta) of one series.

    `counts`, `offset`, `effect` and `gaps` have one entry per bin; `nuisance` is bins by columns, the first the level.
    """
    n, p = nuisance.shape
    made = np.empty((rho.size, sigma.size, betas.size))
    start = math.log((counts.sum() + 0.5) / np.exp(offset).sum())
    for i in range(rho.size):
        for j in range(sigma.size):
            diagonal, off, determinant = latent_precision(gaps, rho[i], sigma[j])
            u, g = np.zeros(n), np.zeros(p)
            g[0] = start
            for k in range(betas.size):
                fixed = offset + betas[k] * effect
                made[i, j, k] = _newton(counts, fixed, nuisance, diagonal, off, u, g) + 0.5 * determinant
    return made
