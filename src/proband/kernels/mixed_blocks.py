"""Mixed models of unbalanced data patient by patient, as kernels on plain arrays.

Patient i has y_i ~ N(X_i beta, sigma^2 (Z_i L L' Z_i' + R_i)), L lower triangular (standard deviations over sigma), R_i
the identity or a continuous autoregression phi^|t - s|. R is removed by a recursion over visits (Jones & Boadi-Boateng,
Biometrics 1991;47:161-175); what is left of a patient is the small matrix of products of [Z X y], from which each L
gives its part of the likelihood by the matrix determinant lemma and Woodbury's identity. Work per L and patient does
not grow with visits.

Cannot see: dependence between patients.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from proband.kernels.jit import njit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit
def whitened_products(starts: Ints, times: Floats, columns: Floats, phi: float) -> tuple[Floats, float]:
    """Products W'W of each patient's columns with R removed, (patients, k, k), and the sum of log|R|.

    `starts` (patients + 1) delimits the rows of patients, times increase within one; `columns` is (rows, k).
    """
    patients, k = starts.size - 1, columns.shape[1]
    made = np.zeros((patients, k, k))
    row = np.empty(k)
    log = 0.0
    for i in range(patients):
        for j in range(starts[i], starts[i + 1]):
            row[:] = columns[j]
            if j > starts[i] and phi > 0.0:
                kept = phi ** (times[j] - times[j - 1])
                rest = 1.0 - kept * kept
                row[:] = (columns[j] - kept * columns[j - 1]) / math.sqrt(rest)
                log += math.log(rest)
            for a in range(k):
                for b in range(a + 1):
                    made[i, a, b] += row[a] * row[b]
        for a in range(k):
            for b in range(a):
                made[i, b, a] = made[i, a, b]
    return made, log


@njit
def cholesky(a: Floats) -> bool:
    """Replace a symmetric matrix by its lower Cholesky factor, in place; False when it is not positive definite."""
    n = a.shape[0]
    for j in range(n):
        value = a[j, j]
        for k in range(j):
            value -= a[j, k] * a[j, k]
        if not value > 0.0:
            return False
        a[j, j] = math.sqrt(value)
        for i in range(j + 1, n):
            value = a[i, j]
            for k in range(j):
                value -= a[i, k] * a[j, k]
            a[i, j] = value / a[j, j]
    return True


@njit
def forward(factor: Floats, b: Floats) -> None:
    """Solve factor x = b in place for the columns of b, factor lower triangular."""
    for c in range(b.shape[1]):
        for i in range(factor.shape[0]):
            value = b[i, c]
            for k in range(i):
                value -= factor[i, k] * b[k, c]
            b[i, c] = value / factor[i, i]


@njit
def _add_patient(products: Floats, factor: Floats, weight: float, total: Floats) -> float:
    """Add [X y]' V^-1 [X y] of one patient to `total`, times its weight; return log|Z L L' Z' + R| - log|R|."""
    q = factor.shape[0]
    k = products.shape[0] - q
    middle, side = np.zeros((q, q)), np.zeros((q, k))
    for a in range(q):
        middle[a, a] = 1.0
        for r in range(a, q):
            for b in range(q):
                for t in range(b, q):
                    middle[a, b] += factor[r, a] * products[r, t] * factor[t, b]
            for b in range(k):
                side[a, b] += factor[r, a] * products[r, q + b]
    cholesky(middle)
    forward(middle, side)
    for a in range(k):
        for b in range(k):
            value = products[q + a, q + b]
            for c in range(q):
                value -= side[c, a] * side[c, b]
            total[a, b] += weight * value
    log = 0.0
    for a in range(q):
        log += 2.0 * math.log(middle[a, a])
    return log


@njit
def profile(products: Floats, factors: Floats, which: Ints, weights: Floats) -> tuple[Floats, Floats]:
    """Sums over patients for each of many L: log determinants (nodes), and [X y]' V^-1 [X y] (nodes, p + 1, p + 1).

    `products` is (autocorrelations, patients, k, k), `factors` (nodes, q, q), `which` the autocorrelation of each node,
    `weights` the patients' relative precision. log|R| is not in the log determinants.
    """
    nodes, q = factors.shape[0], factors.shape[1]
    k = products.shape[2] - q
    logs, sums = np.zeros(nodes), np.zeros((nodes, k, k))
    for g in range(nodes):
        for i in range(products.shape[1]):
            logs[g] += _add_patient(products[which[g], i], factors[g], weights[i], sums[g])
    return logs, sums


@njit
def distances(products: Floats, factor: Floats, beta: Floats) -> tuple[Floats, Floats]:
    """Each patient's (y - X beta)' V^-1 (y - X beta) and log|V| - log|R| at one L; `products` is (patients, k, k)."""
    p = beta.size
    made, logs = np.zeros(products.shape[0]), np.zeros(products.shape[0])
    line = np.empty(p + 1)
    line[:p] = -beta
    line[p] = 1.0
    for i in range(products.shape[0]):
        total = np.zeros((p + 1, p + 1))
        logs[i] = _add_patient(products[i], factor, 1.0, total)
        for a in range(p + 1):
            for b in range(p + 1):
                made[i] += line[a] * total[a, b] * line[b]
    return made, logs


@njit
def _covariance(x: Floats, z: Floats, times: Floats, factor: Floats, phi: float, scale: float, c: Floats) -> Floats:
    """Covariance of one patient's visits over sigma^2, with (or, with c all 0, without) that of the coefficients."""
    n, p, q = times.size, c.shape[0], factor.shape[0]
    random, fixed, made = np.zeros((n, q)), np.zeros((n, p)), np.zeros((n, n))
    for a in range(n):
        for k in range(q):
            for j in range(k, q):
                random[a, k] += z[a, j] * factor[j, k]
        for k in range(p):
            for j in range(p):
                fixed[a, k] += x[a, j] * c[j, k]
    for a in range(n):
        for b in range(n):
            for k in range(p):
                made[a, b] += fixed[a, k] * x[b, k]
            value = 0.0
            for k in range(q):
                value += random[a, k] * random[b, k]
            if a == b:
                value += 1.0
            elif phi > 0.0:
                value += phi ** abs(times[a] - times[b])
            made[a, b] += value * scale
    return made


@njit
def _condition(full: Floats, first: int, residual: Floats) -> tuple[Floats, Floats, float, float]:
    """Shift of mean and covariance of the later rows given the first; distance and log determinant of the first."""
    later = full.shape[0] - first
    head = full[:first, :first].copy()
    side = np.empty((first, later + 1))
    for k in range(first):
        for n in range(later):
            side[k, n] = full[k, first + n]
    side[:, later] = residual
    cholesky(head)
    forward(head, side)
    shift, rest = np.zeros(later), full[first:, first:].copy()
    distance, log = 0.0, 0.0
    for k in range(first):
        distance += side[k, later] ** 2
        log += 2.0 * math.log(head[k, k])
        for a in range(later):
            shift[a] += side[k, a] * side[k, later]
            for b in range(later):
                rest[a, b] -= side[k, a] * side[k, b]
    return shift, rest, distance, log


@njit
def predict_nodes(
    x: Floats,
    z: Floats,
    times: Floats,
    y_first: Floats,
    factors: Floats,
    phis: Floats,
    scales: Floats,
    beta: Floats,
    cov: Floats,
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Later visits of a new patient given its first ones, for each node.

    Rows of `x`, `z`, `times` are first and then later visits, `y_first` the values of the first. `factors` (nodes, q,
    q), `phis`, `scales` (nodes; variance of the new patient over that of the cohort), `beta` (nodes, p) and `cov`
    (nodes, p, p), over sigma^2, are what the cohort says. Returned per node: mean (nodes, later), covariance over
    sigma^2 with and without the uncertainty of the coefficients, distance of the first visits, and their log
    determinant.
    """
    nodes, first = factors.shape[0], y_first.size
    later = times.size - first
    mean, total = np.empty((nodes, later)), np.empty((nodes, later, later))
    within, distance, log = np.empty((nodes, later, later)), np.empty(nodes), np.empty(nodes)
    nothing = np.zeros_like(cov[0])
    for g in range(nodes):
        line = x @ beta[g]
        residual = y_first - line[:first]
        full = _covariance(x, z, times, factors[g], phis[g], scales[g], cov[g])
        shift, rest, distance[g], log[g] = _condition(full, first, residual)
        mean[g] = line[first:] + shift
        total[g] = rest
        alone = _covariance(x, z, times, factors[g], phis[g], scales[g], nothing)
        within[g] = _condition(alone, first, residual)[1]
    return mean, total, within, distance, log
