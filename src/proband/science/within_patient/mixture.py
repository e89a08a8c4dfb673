"""Posteriors that are finite mixtures of Student or normal distributions: probabilities, quantiles, moments.

Cannot see: whether the nodes of the mixture cover what they stand for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from proband.core.quantity import GRID, Quantity

Floats = NDArray[np.float64]

_P = np.array(GRID)
_NEGLIGIBLE = 1e-8
"""Components of less weight are left out: together they weigh less than the last digit told."""
_POINTS = 160
_TURNS = 50
_CLOSE = 1e-6
"""Error of a quantile, as a probability, that is left."""
_TABLE = 32_768
"""Points of a tabulated distribution, even in asinh(z): linear between them it is right to 1e-7."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """Centres, scales and weights of components; `degrees` of freedom alike for all, infinite for normals."""

    centre: Floats
    scale: Floats
    weight: Floats
    degrees: float

    def below(self, value: float | Floats) -> Floats:
        """P(number < value), of the shape of `value`.

        >>> float(Mixture(np.zeros(1), np.ones(1), np.ones(1), np.inf).below(0.0))
        0.5
        """
        at = np.asarray(value, dtype=float)
        z = (at[..., None] - self.centre) / self.scale
        held = ndtr(z) if np.isinf(self.degrees) else stdtr(self.degrees, z)
        return np.asarray(held @ self.weight)

    def mean(self) -> float:
        """The mean; of a single degree of freedom, the centre."""
        return float(self.weight @ self.centre)

    def deviation(self) -> float:
        """The standard deviation; infinite with two degrees of freedom or fewer."""
        if self.degrees <= 2:
            return float("inf")
        wider = 1.0 if np.isinf(self.degrees) else self.degrees / (self.degrees - 2)
        spread = self.weight @ (self.scale**2 * wider + (self.centre - self.mean()) ** 2)
        return float(np.sqrt(spread))

    def quantiles(self, probabilities: Floats = _P) -> Floats:
        """Quantiles, by interpolation between many points, then steps kept within their bracket.

        >>> m = Mixture(np.zeros(1), np.ones(1), np.ones(1), np.inf)
        >>> bool(abs(m.quantiles(np.array([0.025]))[0] + 1.959963985) < 1e-4)
        True
        """
        kept = self.weight > _NEGLIGIBLE
        thin = Mixture(self.centre[kept], self.scale[kept], self.weight[kept] / self.weight[kept].sum(), self.degrees)
        points = thin._points(probabilities)
        held = np.maximum.accumulate(thin._nearly_below(points))
        right = np.clip(np.searchsorted(held, probabilities), 1, points.size - 1)
        low, high = points[right - 1].copy(), points[right].copy()
        below, above = held[right - 1], held[right]
        share = np.where(above > below, (probabilities - below) / np.maximum(above - below, 1e-300), 0.5)
        at = low + np.clip(share, 0, 1) * (high - low)
        density = np.maximum((above - below) / np.maximum(points[right] - points[right - 1], 1e-300), 1e-300)
        for turn in range(_TURNS):
            gap = thin._nearly_below(at) - probabilities
            if np.abs(gap).max() < _CLOSE:
                break
            low, high = np.where(gap < 0, at, low), np.where(gap >= 0, at, high)
            # Newton's step where the density is even; halving where a narrow component makes it useless.
            at = np.clip(at - gap / density, low, high) if turn < 2 else (low + high) / 2
        return np.maximum.accumulate(at)

    def _nearly_below(self, at: Floats) -> Floats:
        """As `below`, from a table."""
        low, step, table = _tabulated(self.degrees)
        place = (np.arcsinh((at[:, None] - self.centre) / self.scale) - low) / step
        place = np.clip(place, 0, _TABLE - 1.000001)
        left = place.astype(np.int64)
        return np.asarray((table[left] + (place - left) * (table[left + 1] - table[left])) @ self.weight)

    def _points(self, probabilities: Floats) -> Floats:
        """Where the mixture is looked at: a core by deciles of its spread and tails wide enough for all quantiles."""
        reach = 9.0 if np.isinf(self.degrees) else float(-_student_quantile(self.degrees, probabilities.min() / 4))
        low = (self.centre - reach * self.scale).min()
        high = (self.centre + reach * self.scale).max()
        middle = float(self.weight @ self.centre)
        typical = float(self.weight @ self.scale) + float(np.sqrt(self.weight @ (self.centre - middle) ** 2))
        u = np.sinh(np.linspace(-1, 1, _POINTS) * np.arcsinh(max(high - middle, middle - low) / typical * 1.01))
        return np.asarray(middle + typical * u)

    def quantity(self, unit: str, model: str, n: float) -> Quantity:
        """The posterior as a number with its unit and the model under which it holds."""
        return Quantity.posterior(self.quantiles(), unit, model=model, n=n)


@lru_cache(maxsize=64)
def _tabulated(degrees: float) -> tuple[float, float, Floats]:
    u = np.linspace(-30.0, 30.0, _TABLE)
    table = ndtr(np.sinh(u)) if np.isinf(degrees) else stdtr(degrees, np.sinh(u))
    return float(u[0]), float(u[1] - u[0]), table


def _student_quantile(degrees: float, p: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, p))
