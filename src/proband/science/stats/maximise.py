"""Maximum of a smooth log-likelihood, with exact first derivatives, second derivatives, and scores of each unit.

First derivatives come from a complex step (Squire and Trapp, SIAM Rev 1998;40:110-112): f must be written with
functions that accept complex numbers. BFGS goes near, Newton steps with differences of those derivatives finish.
Cannot see: a second maximum; the likelihoods used here are log-concave in their coefficients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.science.stats.model_input import Floats

Units = Callable[[NDArray[Any]], NDArray[Any]]
_STEP = 1e-30


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where it lies, its log-likelihood, observed information, scores (units x parameters), and if it is a maximum."""

    at: Floats
    loglik: float
    information: Floats
    scores: Floats
    converged: bool

    def covariance(self) -> Floats | None:
        """Inverse of the observed information; None where it is not positive definite."""
        try:
            np.linalg.cholesky(self.information)
        except np.linalg.LinAlgError:
            return None
        return np.linalg.inv(self.information)

    def sandwich(self, cluster: NDArray[np.int64]) -> Floats | None:
        """Covariance robust to dependence within clusters: scores are summed over each (Liang and Zeger 1986)."""
        bread = self.covariance()
        if bread is None:
            return None
        summed = np.zeros((int(cluster.max()) + 1, self.at.size))
        np.add.at(summed, cluster, self.scores)
        return bread @ (summed.T @ summed) @ bread


def unit_scores(units: Units, at: Floats) -> Floats:
    """Derivative of each unit's log-likelihood by each parameter (units x parameters), by complex steps."""
    made = []
    for k in range(at.size):
        moved = at.astype(np.complex128)
        moved[k] += 1j * _STEP
        made.append(np.imag(units(moved)) / _STEP)
    return np.column_stack(made)


def coordinates(columns: Floats, first: int, size: int, sign: float) -> Floats:
    """Map from coefficients of standardised columns to those of the columns as given (size x size).

    The coefficients stand at `first` and on; the mean of each column goes to parameter 0 with `sign` (-1 an intercept,
    +1 a threshold), so that doses of 1e13 or calendar years are fitted as well as scores from 0 to 4.

    >>> coordinates(np.array([[1.0], [3.0]]), 1, 2, -1.0).tolist()
    [[1.0, -2.0], [0.0, 1.0]]
    """
    made = np.eye(size)
    spread = columns.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    for j in range(columns.shape[1]):
        made[first + j, first + j] = 1 / spread[j]
        made[0, first + j] = sign * columns[:, j].mean() / spread[j]
    return made


def maximise(units: Units, start: Floats, inner: Floats | None = None) -> Maximum:
    """Maximise the sum of `units` (parameters to a log-likelihood per unit) from `start`.

    `inner` maps the coordinates that are searched to the parameters (`coordinates`); the result is in the parameters.
    `converged` is False where no stationary point with a positive definite information was found.

    >>> y = np.array([1.0, 2.0, 6.0])
    >>> found = maximise(lambda q: -((y - q[0]) ** 2) / 2, np.array([0.0]))
    >>> round(float(found.at[0]), 9), round(float(found.information[0, 0]), 6)
    (3.0, 3.0)
    """
    with np.errstate(all="ignore"):
        if inner is None:
            return _searched(units, start)
        found = _searched(lambda p: units(inner @ p), np.linalg.solve(inner, start))
        back = np.linalg.inv(inner)
        return Maximum(
            inner @ found.at, found.loglik, back.T @ found.information @ back, found.scores @ back, found.converged
        )


def _searched(units: Units, start: Floats, tolerance: float = 1e-9) -> Maximum:
    """BFGS, then Newton's steps."""
    from scipy.optimize import minimize

    def value(at: Floats) -> float:
        made = -float(np.sum(np.real(units(at))))
        return made if np.isfinite(made) else 1e300

    def slope(at: Floats) -> Floats:
        made = -unit_scores(units, at).sum(axis=0)
        return np.where(np.isfinite(made), made, 0.0)

    at = minimize(value, start, jac=slope, method="BFGS", options={"gtol": 1e-6, "maxiter": 500}).x
    converged = False
    for _ in range(20):
        gradient, information = slope(at), _information(slope, at)
        step = _newton_step(information, gradient)
        if step is None:
            break
        if np.all(np.abs(step) <= tolerance * (1 + np.abs(at))):
            at, converged = at + step, True
            break
        here, factor = value(at), 1.0
        while value(at + factor * step) > here + 1e-10 * (1 + abs(here)) and factor > 1e-6:
            factor /= 2
        at = at + factor * step
    return Maximum(at, -value(at), _information(slope, at), unit_scores(units, at), converged)


def _newton_step(information: Floats, gradient: Floats) -> Floats | None:
    """The Newton step, or None where the information is not positive definite."""
    try:
        np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        return None
    return -np.linalg.solve(information, gradient)


def _information(slope: Callable[[Floats], Floats], at: Floats) -> Floats:
    """Central differences of the exact gradient of minus the log-likelihood."""
    made = np.zeros((at.size, at.size))
    for k in range(at.size):
        h = 1e-5 * max(1.0, abs(at[k]))
        ahead, behind = at.copy(), at.copy()
        ahead[k] += h
        behind[k] -= h
        made[:, k] = (slope(ahead) - slope(behind)) / (2 * h)
    return (made + made.T) / 2
