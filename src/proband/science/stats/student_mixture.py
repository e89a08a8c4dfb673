"""Finite mixtures of Student t distributions with one df: the exact posteriors and predictions of the grid models.

Quantiles are those of the mixture itself, found from its distribution function, never from draws.

Cannot see: whether the mixture's nodes cover the posterior that they stand for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.core.quantity import GRID, Quantity
from proband.science.stats.quadrature import chi_square_nodes

Floats = NDArray[np.float64]

_NEGLIGIBLE = 1e-10
"""Nodes of less weight than this are left out of distribution functions."""
CHI_NODES = 24


@dataclass(frozen=True, slots=True, eq=False)
class StudentMixture:
    """Weights (sum 1), locations and scales of t distributions with `df`; build it with `student_mixture`."""

    weights: Floats
    locations: Floats
    scales: Floats
    df: float

    @property
    def mean(self) -> float:
        """Mean (df above 1)."""
        return float(self.weights @ self.locations)

    @property
    def sd(self) -> float:
        """Standard deviation (df above 2; infinite else)."""
        if self.df <= 2:
            return float("inf")
        inner = self.weights @ self.scales**2 * self.df / (self.df - 2.0)
        return float(np.sqrt(inner + self.weights @ (self.locations - self.mean) ** 2))

    def cdf(self, x: float | Floats) -> Floats:
        """P(number <= x) for each x.

        >>> student_mixture([1.0], [0.0], [1.0], 5.0).cdf(0.0).tolist()
        [0.5]
        """
        from scipy.special import stdtr

        z = (np.atleast_1d(np.asarray(x, float))[:, None] - self.locations) / self.scales
        return np.asarray(stdtr(self.df, z) @ self.weights)

    def density(self, x: float | Floats) -> Floats:
        """Density at each x."""
        from scipy.special import gammaln

        z = (np.atleast_1d(np.asarray(x, float))[:, None] - self.locations) / self.scales
        top = gammaln(0.5 * (self.df + 1)) - gammaln(0.5 * self.df) - 0.5 * np.log(self.df * np.pi)
        return np.asarray(np.exp(top - 0.5 * (self.df + 1) * np.log1p(z**2 / self.df)) @ (self.weights / self.scales))

    def quantile(self, p: Sequence[float] | Floats) -> Floats:
        """Quantiles at probabilities inside (0, 1), not decreasing with p.

        >>> student_mixture([0.5, 0.5], [-1.0, 1.0], [0.1, 0.1], 30.0).quantile([0.25, 0.75]).round(6).tolist()
        [-1.0, 1.0]
        """
        from scipy.special import stdtrit

        wanted = np.asarray(p, float).ravel()
        ends = self.locations + self.scales * np.asarray(stdtrit(self.df, wanted))[:, None]
        low, high = ends.min(axis=1), ends.max(axis=1)
        at = np.clip(self.mean + (ends - self.locations).mean(axis=1), low, high)
        moving = np.arange(wanted.size)
        for _ in range(100):
            # Newton's step where it stays inside the bracket, else its middle; points that stand still are left alone
            now = at[moving]
            gap = self._cdf_fast(now) - wanted[moving]
            low[moving] = np.where(gap < 0, now, low[moving])
            high[moving] = np.where(gap < 0, high[moving], now)
            with np.errstate(divide="ignore", invalid="ignore"):
                step = now - gap / self.density(now)
            inside = (step > low[moving]) & (step < high[moving])
            at[moving] = np.where(inside, step, 0.5 * (low[moving] + high[moving]))
            moving = moving[np.abs(at[moving] - now) > 1e-10 * (np.abs(now) + self.scales.min())]
            if not moving.size:
                break
        return np.maximum.accumulate(at)

    def _cdf_fast(self, x: Floats) -> Floats:
        from proband.kernels.student import mixture_cdf

        return np.asarray(mixture_cdf(x, self.weights, self.locations, self.scales, self.df))

    def at_least(self, x: float, shift_sd: float = 0.0) -> float:
        """P(number + shift >= x), the shift normal with mean 0 and standard deviation `shift_sd`."""
        if shift_sd == 0.0:
            from scipy.special import stdtr

            return float(stdtr(self.df, (self.locations - x) / self.scales) @ self.weights)
        from scipy.special import ndtr

        chi, w = chi_square_nodes(self.df, CHI_NODES)
        spread = np.sqrt(self.scales[:, None] ** 2 / chi + shift_sd**2)
        return float(self.weights @ ndtr((self.locations - x)[:, None] / spread) @ w)

    def plus(self, constant: float, times: float = 1.0) -> StudentMixture:
        """The distribution of constant + times * number, `times` above 0."""
        return StudentMixture(self.weights, constant + times * self.locations, times * self.scales, self.df)

    def quantity(self, unit: str, model: str, n: float | None = None) -> Quantity:
        """The mixture as a posterior on the fixed grid of probabilities."""
        return Quantity.posterior(self.quantile(GRID).tolist(), unit, model=model, n=n)


def student_mixture(
    weights: Sequence[float] | Floats, locations: Sequence[float] | Floats, scales: Sequence[float] | Floats, df: float
) -> StudentMixture:
    """A mixture from its parts; weights are made to sum to 1, those without effect are left out.

    Raises ``ValueError`` for parts that are not finite, scales not above 0 or no weight at all.

    >>> student_mixture([2.0, 2.0], [0.0, 1.0], [1.0, 1.0], 9.0).mean
    0.5
    """
    w, m, s = (np.asarray(a, float).ravel() for a in (weights, locations, scales))
    if not (w.size == m.size == s.size > 0) or not all(np.isfinite(a).all() for a in (w, m, s)):
        raise ValueError("a mixture needs finite weights, locations and scales, one of each per part")
    if (w < 0).any() or w.sum() <= 0 or (s <= 0).any() or not df > 0:
        raise ValueError("weights must not be negative, scales and df above 0")
    kept = w > _NEGLIGIBLE * w.sum()
    return StudentMixture(w[kept] / w[kept].sum(), m[kept], s[kept], float(df))
