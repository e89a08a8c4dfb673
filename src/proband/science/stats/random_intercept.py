"""Likelihood of a model with one normal random intercept per group, by adaptive Gauss-Hermite quadrature.

For each group the mode of its intercept is found, and the integral taken on nodes placed around it; one node is
Laplace's approximation (Liu and Pierce, Biometrika 1994;81:624-629; Pinheiro and Bates, J Comput Graph Stat
1995;4:12-35). Written for complex numbers, so that `maximise` has exact derivatives. Cannot see: random slopes, and
intercepts that are not normal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.science.stats.model_input import Codes

Row = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]
Slopes = Callable[[NDArray[Any], NDArray[Any]], tuple[NDArray[Any], NDArray[Any]]]


@dataclass(frozen=True, slots=True)
class Terms:
    """Of linear predictor (rows) and further parameters: log probability by row, and its first two derivatives."""

    log_probability: Row
    slopes: Slopes


def marginal(terms: Terms, eta: NDArray[Any], sd: Any, further: NDArray[Any], group: Codes, nodes: int) -> NDArray[Any]:
    """Log-likelihood of each group, the intercept N(0, `sd`^2) integrated out on `nodes` points.

    Raises ``ValueError`` for fewer than one node.

    >>> normal = Terms(lambda e, _: -(e**2) / 2 - 0.918938533204673, lambda e, _: (-e, -np.ones_like(e)))
    >>> found = marginal(normal, np.array([1.0]), 1.0, np.zeros(0), np.array([0]), 5)
    >>> round(float(found[0]), 6), round(-0.5 * float(np.log(4 * np.pi)) - 0.25, 6)
    (-1.515512, -1.515512)
    """
    if nodes < 1:
        raise ValueError("at least one node is needed")
    groups = int(group.max()) + 1
    mode = _modes(terms, eta, sd, further, group, groups)
    _, second = terms.slopes(eta + sd * mode[group], further)
    curve = 1 - sd * sd * _sum(second, group, groups)
    spread = curve**-0.5
    points, weights = np.polynomial.hermite.hermgauss(nodes)
    total = np.zeros((nodes, groups), dtype=spread.dtype)
    for q, point in enumerate(points):
        b = mode + np.sqrt(2.0) * spread * point
        logs = terms.log_probability(eta + sd * b[group], further)
        total[q] = _sum(logs, group, groups) - b * b / 2 + np.log(weights[q]) + point * point
    top = np.real(total).max(axis=0)
    made: NDArray[Any] = np.log(np.exp(total - top).sum(axis=0)) + top + np.log(spread) - 0.5 * np.log(np.pi)
    return made


def _sum(values: NDArray[Any], group: Codes, groups: int) -> NDArray[Any]:
    real = np.bincount(group, weights=np.real(values), minlength=groups)
    if not np.iscomplexobj(values):
        return real
    made: NDArray[Any] = real + 1j * np.bincount(group, weights=np.imag(values), minlength=groups)
    return made


def _modes(terms: Terms, eta: NDArray[Any], sd: Any, further: NDArray[Any], group: Codes, groups: int) -> NDArray[Any]:
    """Most probable intercept of each group, in units of `sd`.

    Newton's steps run on the real parts first; two more carry the derivative in the imaginary part.
    """
    plain = (np.real(eta), float(np.real(sd)), np.real(further))
    mode: NDArray[Any] = np.zeros(groups)
    for _ in range(100):
        first, second = terms.slopes(plain[0] + plain[1] * mode[group], plain[2])
        step = (plain[1] * _sum(first, group, groups) - mode) / (1 - plain[1] ** 2 * _sum(second, group, groups))
        mode = mode + np.clip(step, -2.0, 2.0)
        if np.all(np.abs(step) < 1e-13 * (1 + np.abs(mode))):
            break
    if not (np.iscomplexobj(eta) or np.iscomplexobj(sd) or np.iscomplexobj(further)):
        return mode
    for _ in range(2):
        first, second = terms.slopes(eta + sd * mode[group], further)
        mode = mode + (sd * _sum(first, group, groups) - mode) / (1 - sd * sd * _sum(second, group, groups))
    return mode
