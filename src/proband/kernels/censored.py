"""Sequentially truncated normal draws with their weights, for values below a limit of an assay.

Genz, Hajivassiliou and Keane's decomposition of a Gaussian orthant (Genz, J Comput Graph Stat 1992;1:141-149): with the
Cholesky factor L of the covariance, values are drawn one after another, each from its normal truncated at its limit,
and the product of the truncation probabilities is the weight. Points of the unit cube come from outside, so that a
lattice gives a deterministic result.

Cannot see: how well the points fill the cube; the caller reports the effective number.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from proband.kernels.jit import njit

Floats = NDArray[np.float64]

_A = np.array(
    [-3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.383577518672690e2, -3.066479806614716e1,
     2.506628277459239]
)  # fmt: skip
_B = np.array(
    [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1]
)
_C = np.array(
    [-7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
     2.938163982698783]
)  # fmt: skip
_D = np.array([7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416])


@njit
def normal_quantile(p: float) -> float:
    """The normal quantile by Acklam's rational approximation (recalled), relative error below 1.2e-9."""
    if p < 0.02425:
        q = math.sqrt(-2.0 * math.log(max(p, 1e-300)))
        top = ((((_C[0] * q + _C[1]) * q + _C[2]) * q + _C[3]) * q + _C[4]) * q + _C[5]
        return top / ((((_D[0] * q + _D[1]) * q + _D[2]) * q + _D[3]) * q + 1.0)
    if p > 1.0 - 0.02425:
        return -normal_quantile(1.0 - p)
    q = p - 0.5
    r = q * q
    top = (((((_A[0] * r + _A[1]) * r + _A[2]) * r + _A[3]) * r + _A[4]) * r + _A[5]) * q
    return top / (((((_B[0] * r + _B[1]) * r + _B[2]) * r + _B[3]) * r + _B[4]) * r + 1.0)


@njit
def truncated_draws(mean: Floats, lower: Floats, limit: Floats, points: Floats) -> tuple[Floats, Floats]:
    """Draws (points by values) of N(mean, L L') below `limit`, and the logarithm of each draw's weight."""
    many, k = points.shape
    draws, log_weight = np.empty((many, k)), np.zeros(many)
    z = np.empty(k)
    for i in range(many):
        for j in range(k):
            at = mean[j]
            for m in range(j):
                at += lower[j, m] * z[m]
            share = 0.5 * math.erfc(-(limit[j] - at) / lower[j, j] / math.sqrt(2.0))
            share = max(share, 1e-300)
            log_weight[i] += math.log(share)
            z[j] = normal_quantile(share * points[i, j])
            draws[i, j] = at + lower[j, j] * z[j]
    return draws, log_weight
