"""Growth curves of an untreated cohort and of treated patients: simulated and analysed, one trial after another.

Model of visit j of patient i at scaled time t in [0, 1]: y = b0 + b1 t + delta t [treated] + u0 + u1 t + e, with
u0 ~ N(0, r0^2 s^2), u1 ~ N(0, r1^2 s^2), e ~ N(0, s^2), independent. Flat prior on b0, b1, delta; 1/s^2 on s^2;
half-normal on r0 and r1, on a grid. Given (r0, r1) everything else is integrated exactly (Lindley and Smith, J R Stat
Soc B 1972;34:1-41): delta has a t distribution, and the grid point has weight |V|^-1/2 |X'V^-1X|^-1/2 RSS^(-nu/2). A
comparability term adds tau^2 times the variance of an untreated change, s^2 (r1^2 + 2), to delta. By Woodbury only
Z'Z, Z'y and y'y of each patient are needed; patients with equally many visits share Z, so that the work of a grid
point does not grow with the number of patients.

`balanced_mixed` has the same model for one arm whose visits are all there, and asks for its slope; here two arms lose
visits at the end and the effect with its comparability term is asked for.

Cannot see: anything that is not in these sums; visits that are missing within a course.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from proband.kernels.jit import njit
from proband.kernels.student import student_cdf

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SUMS = 7
"""Sums of an arm's patients with equally many visits: patients, s0, s1, s0^2, s0 s1, s1^2, y'y (s = Z'y)."""
TERMS = 8
"""Of a grid point and a number of visits: log|V|, W00, W01, W11, M00, M01, M11, visits (W = Z'V^-1Z)."""


@njit
def arm_sums(
    normal: Floats, last: Integers, times: Floats, level: Floats, slope: Floats, spread: Floats, rho: float, out: Floats
) -> None:
    """Add one arm's patients to `out` [visits, SUMS].

    `normal` [patient, 2 + visits] are standard normal; `last` [patient] is the number of visits made; `level` and
    `slope` [patient] are what is expected; `spread` holds the SDs of level, slope (per scaled time) and residual.
    """
    keep = math.sqrt(1.0 - rho * rho)
    for i in range(normal.shape[0]):
        u0, u1 = level[i] + spread[0] * normal[i, 0], slope[i] + spread[1] * normal[i, 1]
        s0 = s1 = yy = 0.0
        residual = 0.0
        for j in range(last[i]):
            z = normal[i, 2 + j]
            residual = z if j == 0 else rho * residual + keep * z
            y = u0 + u1 * times[j] + spread[2] * residual
            s0 += y
            s1 += y * times[j]
            yy += y * y
        row = out[last[i] - 1]
        row[0] += 1.0
        row[1] += s0
        row[2] += s1
        row[3] += s0 * s0
        row[4] += s0 * s1
        row[5] += s1 * s1
        row[6] += yy


@njit
def node_terms(ratios: Floats, times: Floats) -> Floats:
    """[grid point, visits, TERMS] of `ratios` [grid point, (r0, r1)]: what does not depend on the data."""
    made = np.empty((ratios.shape[0], times.shape[0], TERMS))
    for k in range(ratios.shape[0]):
        d0, d1 = ratios[k, 0] ** 2, ratios[k, 1] ** 2
        a00 = a01 = a11 = 0.0
        for j in range(times.shape[0]):
            a00 += 1.0
            a01 += times[j]
            a11 += times[j] * times[j]
            # |V| = |I + A D|; M = (D^-1 + A)^-1; W = A - A M A
            determinant = (1.0 + a00 * d0) * (1.0 + a11 * d1) - a01 * a01 * d0 * d1
            m00 = d0 * (1.0 + a11 * d1) / determinant
            m11 = d1 * (1.0 + a00 * d0) / determinant
            m01 = -d0 * d1 * a01 / determinant
            p00, p01 = a00 * m00 + a01 * m01, a00 * m01 + a01 * m11
            p10, p11 = a01 * m00 + a11 * m01, a01 * m01 + a11 * m11
            row = made[k, j]
            row[0] = math.log(determinant)
            row[1] = a00 - (p00 * a00 + p01 * a01)
            row[2] = a01 - (p00 * a01 + p01 * a11)
            row[3] = a11 - (p10 * a01 + p11 * a11)
            row[4], row[5], row[6], row[7] = m00, m01, m11, j + 1.0
    return made


@njit
def _node(sums: Floats, terms: Floats, moments: Floats, out: Floats) -> None:
    """delta, its variance over s^2, RSS, and the log weight but for the prior: into `out` [4].

    With b1' = b1 + delta the two arms share b0 alone, so that X'V^-1X is solved by elimination.
    """
    w = np.zeros((2, 3))
    v = np.zeros((2, 2))
    yy = determinants = total = 0.0
    for arm in range(2):
        for j in range(moments.shape[0]):
            s, q = sums[arm, j], terms[j]
            n = s[0]
            if n == 0.0:
                continue
            a00, a01, a11 = moments[j, 0], moments[j, 1], moments[j, 2]
            for c in range(3):
                w[arm, c] += n * q[1 + c]
            f0, f1 = q[4] * s[1] + q[5] * s[2], q[5] * s[1] + q[6] * s[2]
            v[arm, 0] += s[1] - (a00 * f0 + a01 * f1)
            v[arm, 1] += s[2] - (a01 * f0 + a11 * f1)
            yy += s[6] - (q[4] * s[3] + 2.0 * q[5] * s[4] + q[6] * s[5])
            determinants += n * q[0]
            total += n * q[7]
    g = w[0, 0] + w[1, 0] - w[0, 1] ** 2 / w[0, 2] - w[1, 1] ** 2 / w[1, 2]
    h = v[0, 0] + v[1, 0] - w[0, 1] * v[0, 1] / w[0, 2] - w[1, 1] * v[1, 1] / w[1, 2]
    b0 = h / g
    untreated = (v[0, 1] - w[0, 1] * b0) / w[0, 2]
    treated = (v[1, 1] - w[1, 1] * b0) / w[1, 2]
    lean = w[0, 1] / w[0, 2] - w[1, 1] / w[1, 2]
    fitted = b0 * (v[0, 0] + v[1, 0]) + untreated * v[0, 1] + treated * v[1, 1]
    nu = total - 3.0
    out[0] = treated - untreated
    out[1] = 1.0 / w[0, 2] + 1.0 / w[1, 2] + lean * lean / g
    out[2] = max(yy - fitted, 1e-300)
    out[3] = -0.5 * (determinants + math.log(g * w[0, 2] * w[1, 2]) + nu * math.log(out[2]))


@njit
def posterior_of_effect(
    sums: Floats, terms: Floats, times: Floats, change: Floats, log_prior: Floats, tau: float, points: Floats
) -> Floats:
    """Posterior mean of delta, and its distribution function at `points`.

    `sums` [arm, visits, SUMS], cohort first; `terms` from `node_terms`; `change` [grid point] is the variance of an
    untreated change over s^2. Both arms need a second visit by somebody: else the result is NaN.
    """
    made = np.full(1 + points.shape[0], np.nan)
    seen = np.zeros(2)
    total = 0.0
    for arm in range(2):
        for j in range(times.shape[0]):
            total += sums[arm, j, 0] * (j + 1.0)
            if j > 0:
                seen[arm] += sums[arm, j, 0]
    if seen[0] == 0.0 or seen[1] == 0.0 or total <= 4.0:
        return made
    nodes = terms.shape[0]
    found = np.empty((nodes, 4))
    moments = np.zeros((times.shape[0], 3))
    for j in range(times.shape[0]):
        for i in range(j + 1):
            moments[j, 0] += 1.0
            moments[j, 1] += times[i]
            moments[j, 2] += times[i] * times[i]
    for k in range(nodes):
        _node(sums, terms[k], moments, found[k])
        found[k, 3] += log_prior[k]
    top = found[:, 3].max()
    made[:] = 0.0
    mass, nu = 0.0, total - 3.0
    for k in range(nodes):
        weight = math.exp(found[k, 3] - top)
        if weight < 1e-9:
            continue
        mass += weight
        made[0] += weight * found[k, 0]
        scale = math.sqrt(found[k, 2] / nu * (found[k, 1] + tau * tau * change[k]))
        for p in range(points.shape[0]):
            made[1 + p] += weight * student_cdf((points[p] - found[k, 0]) / scale, nu)
    return made / mass


@njit
def analysed_trials(
    cohort: Floats,
    treated: Floats,
    last_cohort: Integers,
    last_treated: Integers,
    expected: Floats,
    times: Floats,
    spread: Floats,
    rho: float,
    terms: Floats,
    change: Floats,
    log_prior: Floats,
    tau: float,
    points: Floats,
) -> Floats:
    """[trial, 1 + points]: each trial simulated from its normals and analysed by `posterior_of_effect`.

    `cohort` and `treated` [trial, patient, 2 + visits] are standard normal; `last_*` [trial, patient] visits made;
    `expected` [trial, 4]: level and slope of the cohort, level and slope of the treated; `points` [trial, points].
    """
    trials = cohort.shape[0]
    made = np.empty((trials, 1 + points.shape[1]))
    for r in range(trials):
        sums = np.zeros((2, times.shape[0], SUMS))
        few, many = np.full(treated.shape[1], 1.0), np.full(cohort.shape[1], 1.0)
        arm_sums(cohort[r], last_cohort[r], times, many * expected[r, 0], many * expected[r, 1], spread, rho, sums[0])
        arm_sums(treated[r], last_treated[r], times, few * expected[r, 2], few * expected[r, 3], spread, rho, sums[1])
        made[r] = posterior_of_effect(sums, terms, times, change, log_prior, tau, points[r])
    return made
