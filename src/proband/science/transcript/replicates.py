"""Shares of several categories over few biological replicates: a Dirichlet-multinomial with honest limits.

Counts of a replicate are Dirichlet-multinomial: the shares of replicates scatter about common ones, and rho (0 to 1)
is the correlation of two reads of one replicate. With n reads the variance is that of a multinomial times
1 + (n - 1) rho (Mosimann, Biometrika 1962;49:65-82). rho comes from the Pearson statistic, which over R replicates
and K categories has expectation (K - 1) sum_r (1 - n_r/N) (1 + (n_r - 1) rho), and is held at 0 or above.

Limits: Clopper-Pearson on the effective number of reads, sum_r n_r / (1 + (n_r - 1) rho), which is further cut by
(z / t)^2 because rho is known from few replicates only (Korn and Graubard, Survey Methodology 1998;24:193-201). The
t of a category has R - 1 degrees of freedom and its rho is its own, against all others; so no category's scatter is
taken for that of another. One replicate gives the limits of its counts and says so.

Cannot see: replicates that are not independent (wells of one culture are one replicate), systematic bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proband.core.quantity import GRID, Quantity

MOST_RHO = 0.99
_P = np.array(GRID)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of K categories (fractions that add to 1), `rho` of the whole, and what the limits rest on.

    `effective` is the effective number of reads of each category against the rest; `replicates` how many held reads;
    `given` says that rho was given, not estimated here.
    """

    shares: tuple[float, ...]
    rho: float
    effective: tuple[float, ...]
    replicates: int
    reads: int
    given: bool = False

    def quantity(self, category: int, unit: str = "fraction") -> Quantity:
        """The share of a category as a pair of distributions with the limits above."""
        low, high = limits(self.shares[category], self.effective[category], self.degrees)
        return Quantity.posterior(
            low.tolist(), unit, upper=high.tolist(), model=self.model, n=self.replicates, value=self.shares[category]
        )

    @property
    def degrees(self) -> int:
        """Degrees of freedom of rho; 0 when it is not estimated."""
        return 0 if self.given else self.replicates - 1

    @property
    def model(self) -> str:
        """The assumption behind the limits."""
        if self.given:
            return f"Dirichlet-multinomial with rho {self.rho:.3g} as given, exact limits on the effective count"
        if self.replicates == 1:
            return "one replicate: reads taken as independent draws, spread between replicates not known"
        return f"Dirichlet-multinomial over {self.replicates} replicates, exact limits on the effective count"


def shares_of(counts: Sequence[Sequence[float]], rho: float | None = None) -> Shares:
    """Fit counts (replicates x categories). Replicates without reads hold no information and are left out.

    `rho` may be given, from other events of the same experiment; the limits then take it as known.
    Raises ``ValueError`` when no replicate has reads, or rows differ in length, or a count is negative.

    >>> fit = shares_of([[40, 20], [38, 25], [52, 30]])
    >>> round(fit.shares[0], 3), fit.rho, [round(x, 3) for x in fit.quantity(0).interval(0.95)]
    (0.634, 0.0, [0.473, 0.776])
    """
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 2 or not np.isfinite(table).all() or (table < 0).any():
        raise ValueError("counts are replicates x categories, at least two categories, none negative")
    table = table[table.sum(axis=1) > 0]
    if not table.size:
        raise ValueError("no replicate has reads")
    if rho is not None:
        if not 0 <= rho <= MOST_RHO:
            raise ValueError(f"rho must lie between 0 and {MOST_RHO}")
        size, shares = _weighted(table, rho)
        count = table.shape[1]
        return Shares(tuple(shares.tolist()), rho, (size,) * count, table.shape[0], int(table.sum()), given=True)
    found, shares, _ = _fit(table)
    effective = []
    for k in range(table.shape[1]):
        one = np.stack([table[:, k], table.sum(axis=1) - table[:, k]], axis=1)
        effective.append(_fit(one)[2])
    return Shares(tuple(shares.tolist()), found, tuple(effective), table.shape[0], int(table.sum()))


def _fit(table: Floats) -> tuple[float, Floats, float]:
    """rho, shares and effective number of reads."""
    depth = table.sum(axis=1)
    pooled = table.sum(axis=0) / depth.sum()
    held = pooled > 0
    rho = 0.0
    if depth.size > 1 and held.sum() > 1:
        expected = depth[:, None] * pooled[None, held]
        pearson = float(((table[:, held] - expected) ** 2 / expected).sum() / (held.sum() - 1))
        left = 1 - depth / depth.sum()
        room = float((left * (depth - 1)).sum())
        rho = float(np.clip((pearson - left.sum()) / room, 0.0, MOST_RHO)) if room > 0 else 0.0
    size, shares = _weighted(table, rho)
    return rho, shares, size


def _weighted(table: Floats, rho: float) -> tuple[float, Floats]:
    """Effective number of reads, and shares weighted by what each replicate adds to it."""
    depth = table.sum(axis=1)
    weight = depth / (1 + (depth - 1) * rho)
    return float(weight.sum()), (weight[:, None] * table / depth[:, None]).sum(axis=0) / weight.sum()


def limits(share: float, effective: float, degrees: int, at: Floats = _P) -> tuple[Floats, Floats]:
    """Lower and upper quantiles at probabilities; `degrees` of freedom of rho, 0 when it is taken as known."""
    size = np.full(at.size, float(effective))
    if degrees > 0:
        z, t = special.ndtri(at), special.stdtrit(degrees, at)
        # At the median both are 0; the ratio tends to that of the densities there.
        middle = np.exp(special.gammaln((degrees + 1) / 2) - special.gammaln(degrees / 2)) * np.sqrt(2 / degrees)
        is_middle = np.abs(at - 0.5) < 1e-9
        size *= np.where(is_middle, middle, z / np.where(is_middle, 1.0, t)) ** 2
    hits, misses = share * size, (1 - share) * size
    low = special.betaincinv(hits, misses + 1, at) if share > 0 else np.zeros_like(at)
    high = special.betaincinv(hits + 1, misses, at) if share < 1 else np.ones_like(at)
    # The effective number depends on the probability, so the order is enforced.
    low = np.maximum.accumulate(low)
    return low, np.maximum(low, np.maximum.accumulate(high))
