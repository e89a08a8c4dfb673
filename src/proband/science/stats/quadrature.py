"""Nodes and weights of deterministic integration, as used by the mixed models.

Cannot see: whether a range of integration holds the whole of a distribution; callers find ranges from the density.

Sources: Gauss-Legendre from numpy; the nodes of a chi-square by Golub & Welsch, Math Comp 1969;23:221-230 (eigenvalues
of the Jacobi matrix of the Laguerre polynomials), which stays stable at hundreds of degrees of freedom.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def unit_nodes(count: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights on (0, 1).

    >>> x, w = unit_nodes(5)
    >>> round(float((w * x**4).sum()), 12)
    0.2
    """
    x, w = np.polynomial.legendre.leggauss(count)
    return 0.5 * (x + 1.0), 0.5 * w


def normal_nodes(count: int) -> tuple[Floats, Floats]:
    """Gauss-Hermite nodes and weights of a standard normal.

    >>> z, w = normal_nodes(7)
    >>> round(float((w * z**4).sum()), 10)
    3.0
    """
    z, w = np.polynomial.hermite_e.hermegauss(count)
    return z, w / w.sum()


def chi_square_nodes(df: float, count: int) -> tuple[Floats, Floats]:
    """Nodes and weights of chi-square / df: a Student t is a normal over the root of it. `df` above 0.

    >>> c, w = chi_square_nodes(10.0, 8)
    >>> round(float((w * c).sum()), 12), round(float((w * c**2).sum()), 12)
    (1.0, 1.2)
    """
    alpha = 0.5 * df - 1.0
    i = np.arange(count)
    beside = np.sqrt((i[1:]) * (i[1:] + alpha))
    matrix = np.diag(2.0 * i + alpha + 1.0) + np.diag(beside, 1) + np.diag(beside, -1)
    values, vectors = np.linalg.eigh(matrix)
    weights = vectors[0] ** 2
    return values / (0.5 * df), weights / weights.sum()
