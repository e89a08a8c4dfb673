"""Posteriors of balanced random-intercept-and-slope models for many replicates at once, as kernels on plain arrays.

Patient i has least-squares coefficients b_i of its own m visits, b_i ~ N(beta, sigma^2 M) with M = (Z'Z)^-1 +
diag(s0^2, s1^2), where s are standard deviations of the random effects over sigma; within-patient residuals are
independent of them (Laird & Ware, Biometrics 1982;38:963-974). With a flat beta and density 1 / sigma^2 for sigma^2,
beta and sigma are integrated exactly:

    log p(s | y) = log prior - (n - 1) / 2 log|M| - (n m - 2) / 2 log Q,   Q = residual + tr(M^-1 scatter)

The two s are integrated by Gauss-Legendre nodes in u = s / (s + scale), on a range found in two coarser passes.

Cannot see: correlated random effects, missing visits (see ``mixed_model`` and ``grid_mixed``).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from proband.kernels.jit import inlined, njit
from proband.kernels.student import normal_cdf, student_cdf

Floats = NDArray[np.float64]

_CUT = 18.0
"""Log density below the greatest where a grid ends: 1.5e-8 of it."""
_PASSES = 3


@inlined
def _ratio(u: float, scale: float) -> float:
    return scale * u / (1.0 - u)


@njit
def _log_posterior(s0: float, s1: float, moments: Floats, design: Floats, scale0: float, scale1: float) -> float:
    """Log density of the two ratios, up to a constant; the Jacobian of u is added by the caller."""
    a, b, c = design[0] + s0 * s0, design[1], design[2] + s1 * s1
    n, m = design[3], design[4]
    determinant = a * c - b * b
    q = moments[2] + (c * moments[3] - 2.0 * b * moments[4] + a * moments[5]) / determinant
    prior = -0.5 * (s0 / scale0) ** 2 - 0.5 * (s1 / scale1) ** 2
    return prior - 0.5 * (n - 1.0) * math.log(determinant) - 0.5 * (n * m - 2.0) * math.log(q)


@njit
def _grid(moments: Floats, design: Floats, scale0: float, scale1: float, nodes: Floats, weights: Floats) -> Floats:
    """Nodes and weights that carry the posterior of the two ratios: float (k * k, 3), weights sum to 1."""
    k = nodes.size
    low, high = np.zeros(2), np.ones(2)
    made = np.empty((k * k, 3))
    best = np.empty((2, k))
    for step in range(_PASSES):
        best[:] = -math.inf
        top = -math.inf
        for i in range(k):
            u0 = low[0] + (high[0] - low[0]) * nodes[i]
            for j in range(k):
                u1 = low[1] + (high[1] - low[1]) * nodes[j]
                s0, s1 = _ratio(u0, scale0), _ratio(u1, scale1)
                value = _log_posterior(s0, s1, moments, design, scale0, scale1)
                value -= 2.0 * (math.log1p(-u0) + math.log1p(-u1))
                made[i * k + j, 0], made[i * k + j, 1], made[i * k + j, 2] = s0, s1, value
                best[0, i], best[1, j] = max(best[0, i], value), max(best[1, j], value)
                top = max(top, value)
        if step < _PASSES - 1:
            _narrow(low, high, best, nodes, top)
    total = 0.0
    for i in range(k):
        for j in range(k):
            made[i * k + j, 2] = math.exp(made[i * k + j, 2] - top) * weights[i] * weights[j]
            total += made[i * k + j, 2]
    made[:, 2] /= total
    return made


@njit
def _narrow(low: Floats, high: Floats, best: Floats, nodes: Floats, top: float) -> None:
    """Shrink the range of each axis to the nodes that matter and one on either side."""
    k = nodes.size
    for axis in range(2):
        width, start = high[axis] - low[axis], low[axis]
        first, last = 0, k - 1
        while best[axis, first] < top - _CUT:
            first += 1
        while best[axis, last] < top - _CUT:
            last -= 1
        if first > 0:
            low[axis] = start + width * nodes[first - 1]
        if last < k - 1:
            high[axis] = start + width * nodes[last + 1]


@njit
def balanced_posterior(
    moments: Floats, design: Floats, scale0: float, scale1: float, nodes: Floats, weights: Floats, slopes: Floats
) -> Floats:
    """Means of the posterior, one row per replicate.

    `moments` is (replicates, 6): mean intercept and slope, residual sum of squares, and the sums of squares and
    products of the patients' coefficients (intercept, product, slope). `design` is (Z'Z)^-1 as three numbers,
    patients, visits. Returned columns: variance of intercept, variance of slope, mean of sigma^2, means of the two
    ratios, then P(slope > x) for each of `slopes`.
    """
    made = np.zeros((moments.shape[0], 5 + slopes.size))
    n, m = design[3], design[4]
    df = n * m - 2.0
    for r in range(moments.shape[0]):
        grid = _grid(moments[r], design, scale0, scale1, nodes, weights)
        for g in range(grid.shape[0]):
            s0, s1, w = grid[g, 0], grid[g, 1], grid[g, 2]
            a, b, c = design[0] + s0 * s0, design[1], design[2] + s1 * s1
            q = moments[r, 2] + (c * moments[r, 3] - 2.0 * b * moments[r, 4] + a * moments[r, 5]) / (a * c - b * b)
            made[r, 0] += w * q * a / n / (df - 2.0)
            made[r, 1] += w * q * c / n / (df - 2.0)
            made[r, 2] += w * q / (df - 2.0)
            made[r, 3] += w * s0
            made[r, 4] += w * s1
            if w > 1e-13:
                spread = math.sqrt(q * c / n / df)
                for x in range(slopes.size):
                    made[r, 5 + x] += w * student_cdf((moments[r, 1] - slopes[x]) / spread, df)
    return made


@njit
def balanced_rarity(
    moments: Floats,
    design: Floats,
    scale0: float,
    scale1: float,
    nodes: Floats,
    weights: Floats,
    baseline: Floats,
    baseline_times: Floats,
    observed: Floats,
    functional: Floats,
    shifts: Floats,
    chi: Floats,
    chi_weights: Floats,
) -> Floats:
    """P(endpoint of an untreated patient with this baseline >= observed): (replicates, patients, shifts).

    `baseline` is (replicates, new patients, visits), `observed` (replicates, new patients). The endpoint is a weighted
    sum of later visits: `functional` holds its sum of weights, of weights times time, and of squared weights. `shifts`
    are standard deviations of a common shift between source and patient, in the spread of the prediction; `chi` and
    `chi_weights` are nodes of (chi-square / df) at df = n m - 2 + baseline visits.
    """
    made = np.zeros((moments.shape[0], baseline.shape[1], shifts.size))
    count = baseline_times.size
    t1, t2 = baseline_times.sum(), (baseline_times**2).sum()
    for r in range(moments.shape[0]):
        grid = _grid(moments[r], design, scale0, scale1, nodes, weights)
        for p in range(baseline.shape[1]):
            residual = baseline[r, p] - moments[r, 0] - moments[r, 1] * baseline_times
            sums = np.array([residual.sum(), (residual * baseline_times).sum(), (residual**2).sum()])
            lines = _predict(moments[r], design, grid, count, t1, t2, sums, functional)
            _tails(lines, design[3] * design[4] - 2.0 + count, observed[r, p], shifts, chi, chi_weights, made[r, p])
    return made


@njit
def _predict(
    moments: Floats, design: Floats, grid: Floats, count: float, t1: float, t2: float, sums: Floats, functional: Floats
) -> Floats:
    """Location, scale and weight of the t mixture that predicts the endpoint: float (nodes, 3)."""
    n, m = design[3], design[4]
    df = n * m - 2.0
    made = np.empty((grid.shape[0], 3))
    top = -math.inf
    for g in range(grid.shape[0]):
        d0, d1 = grid[g, 0] ** 2, grid[g, 1] ** 2
        a, b, c = design[0] + d0, design[1], design[2] + d1
        q = moments[2] + (c * moments[3] - 2.0 * b * moments[4] + a * moments[5]) / (a * c - b * b)
        # a new patient's own line given the cohort: mean beta, covariance sigma^2 (D + M / n), and what baseline adds
        v0, v01, v1 = d0 + a / n, b / n, d1 + c / n
        before = v0 * v1 - v01 * v01
        p0, p01, p1 = v1 / before + count, -v01 / before + t1, v0 / before + t2
        after = p0 * p1 - p01 * p01
        k0, k1 = (p1 * sums[0] - p01 * sums[1]) / after, (p0 * sums[1] - p01 * sums[0]) / after
        more = q + sums[2] - k0 * sums[0] - k1 * sums[1]
        x0, x1 = functional[0], functional[1]
        made[g, 0] = x0 * (moments[0] + k0) + x1 * (moments[1] + k1)
        spread = (p1 * x0 * x0 - 2.0 * p01 * x0 * x1 + p0 * x1 * x1) / after + functional[2]
        made[g, 1] = math.sqrt(more / (df + count) * spread)
        # the cohort's weight holds Q^(-df/2): the baseline of the new patient makes it Q'^(-(df + count)/2)
        value = math.log(grid[g, 2] + 1e-300) + 0.5 * df * math.log(q) - 0.5 * (df + count) * math.log(more)
        made[g, 2] = value - 0.5 * math.log(before * after)
        top = max(top, made[g, 2])
    made[:, 2] = np.exp(made[:, 2] - top)
    made[:, 2] /= made[:, 2].sum()
    return made


@njit
def _tails(
    lines: Floats, df: float, observed: float, shifts: Floats, chi: Floats, chi_weights: Floats, out: Floats
) -> None:
    """P(endpoint >= observed) at each shift, added into `out`."""
    mean = (lines[:, 0] * lines[:, 2]).sum()
    inner = (lines[:, 1] ** 2 * lines[:, 2]).sum() * df / (df - 2.0)
    variance = inner + ((lines[:, 0] - mean) ** 2 * lines[:, 2]).sum()
    for k in range(shifts.size):
        shift = shifts[k] ** 2 * variance
        for g in range(lines.shape[0]):
            if lines[g, 2] < 1e-10:
                continue
            gap = lines[g, 0] - observed
            if shifts[k] == 0.0:
                out[k] += lines[g, 2] * student_cdf(gap / lines[g, 1], df)
                continue
            for c in range(chi.size):
                spread = math.sqrt(lines[g, 1] ** 2 / chi[c] + shift)
                out[k] += lines[g, 2] * chi_weights[c] * normal_cdf(gap / spread)
