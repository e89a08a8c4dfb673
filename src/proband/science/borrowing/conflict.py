"""Is a unit's outcome surprising in the light of the others? Prior predictive tails, unit by unit.

The unit's data are compared with their predictive distribution from all other units: the probability of an outcome at
most as high, at least as high, and at most as probable (Box, J R Stat Soc A 1980;143:383-430). Counts are enumerated;
estimates are compared on a grid.

Cannot see: a conflict when the others are few and their spread unknown: the predictive distribution is then wide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from proband.science.borrowing.grids import Array
from proband.science.borrowing.hierarchy import Fit
from proband.science.borrowing.units import Unit, estimate

MOST = 20_000
"""Events above which the estimate on the link scale is compared instead of counts."""
TAIL = 2_000
"""Rates: counts this far beyond the one seen are not enumerated; their mass counts as less probable than it."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Probabilities of an outcome at most as high, at least as high, and at most as probable as the one seen."""

    low: float
    high: float
    box: float


def conflict(fitted: Fit, index: int) -> Conflict | None:
    """The predictive tails of unit `index` given all others; None where there is no other unit.

    Raises ``ValueError`` when the fit was made without the predictions of each unit from the others.

    >>> from proband.science.borrowing.hierarchy import fit
    >>> from proband.science.borrowing.quadrature import Prior
    >>> from proband.science.borrowing.units import binomial
    >>> got = conflict(fit([binomial("a", 9, 10), binomial("b", 8, 10), binomial("c", 0, 10)], Prior(0, 2, 0.5)), 2)
    >>> got.low == got.box < 0.05 and got.high == 1.0
    True
    """
    if len(fitted.units) < 2:
        return None
    if fitted.without.shape[0] != len(fitted.units):
        raise ValueError("the fit lacks the predictions of each unit from the others")
    unit, mass = fitted.units[index], fitted.without[index] / fitted.without[index].sum()
    counts = _counts(unit, fitted.nodes.eta, mass)
    if counts is None:
        return _of_estimate(unit, fitted.nodes.eta, mass)
    pmf, seen = counts
    box = float(pmf[pmf <= pmf[seen] * (1 + 1e-9)].sum())
    high = 1.0 if seen == 0 else max(0.0, 1.0 - float(pmf[:seen].sum()))
    beyond = max(0.0, 1.0 - float(pmf.sum())) if unit.kind == "poisson" else 0.0
    return Conflict(min(float(pmf[: seen + 1].sum()), 1.0), high, min(box + beyond, 1.0))


def _counts(unit: Unit, eta: Array, mass: Array) -> tuple[Array, int] | None:
    """Predictive probabilities of each count and the count seen; None for estimates and for very many counts."""
    seen, size = unit.values[0], unit.values[1]
    if unit.kind == "binomial" and size <= MOST:
        r = np.arange(size + 1)[:, None]
        choose = special.gammaln(size + 1) - special.gammaln(r + 1) - special.gammaln(size - r + 1)
        logs = choose + r * special.log_expit(eta) + (size - r) * special.log_expit(-eta)
        return np.exp(logs) @ mass, int(seen)
    if unit.kind == "poisson" and seen <= MOST:
        mean = np.exp(np.minimum(eta, 300.0)) * size
        top = float(mean[np.searchsorted(np.cumsum(mass), 1 - 1e-9).clip(max=mass.size - 1)])
        most = math.ceil(min(max(top + 8 * math.sqrt(top) + 10, 2 * seen), 2 * seen + TAIL))
        logs = [special.xlogy(r, mean) - mean - special.gammaln(r + 1) for r in range(most + 1)]
        return np.array([float(np.exp(line) @ mass) for line in logs]), int(seen)
    return None


def _of_estimate(unit: Unit, eta: Array, mass: Array) -> Conflict:
    """Tails of the estimate, normal around the unit's effect with its own standard error."""
    seen, error = estimate(unit)
    low = float(mass @ special.ndtr((seen - eta) / error))
    held = eta[mass > 1e-12 * mass.max()]
    y = np.linspace(held[0] - 8 * error, held[-1] + 8 * error, 4001)
    density = np.exp(-0.5 * ((y[:, None] - eta[None, :]) / error) ** 2) @ mass
    here = float(np.exp(-0.5 * ((seen - eta) / error) ** 2) @ mass)
    box = float(density[density <= here].sum() / density.sum())
    return Conflict(low, 1 - low, box)
