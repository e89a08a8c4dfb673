"""Where to put the nodes of a hierarchy's quadrature: the range of mean and spread, the spacing, the widths.

A coarse pass over a wide, uneven set of means (Gauss-Hermite over the units) finds where the posterior, and each
posterior without one unit, has mass; the fine pass then covers that range evenly in the mean and by two Gauss-Legendre
panels in the spread tau.

Cannot see: mass below `NEGLIGIBLE` of the peak in the coarse pass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from proband.science.borrowing.grids import Array
from proband.science.borrowing.units import Unit, estimate, log_likelihoods

NEGLIGIBLE = 1e-8
"""Share of the peak density below which the fine pass does not go."""
COARSE_WIDTHS, COARSE_MEANS, HERMITE = 15, 101, 11
PANEL = 12
"""Gauss-Legendre nodes of each of the two panels in tau."""
CELLS = 20_000
"""Longest grid; a longer one says that a unit is far more precise than the prior is wide."""


@dataclass(frozen=True, slots=True)
class Prior:
    """mu ~ N(`mu_mean`, `mu_sd`), tau ~ half-normal(`tau_scale`); with `nex`, units may stand outside the hierarchy.

    `exchangeable` is the prior probability that a unit belongs to the hierarchy (1: always); otherwise its effect is
    N(`nex_mean`, `nex_sd`) by itself (Neuenschwander et al., Pharm Stat 2016;15:123-134). All on the link scale.
    Raises ``ValueError`` for values out of range.

    >>> Prior(0.0, 2.0, 1.0).exchangeable
    1.0
    """

    mu_mean: float
    mu_sd: float
    tau_scale: float
    exchangeable: float = 1.0
    nex_mean: float = 0.0
    nex_sd: float = 0.0

    def __post_init__(self) -> None:
        positive = (self.mu_sd, self.tau_scale) + ((self.nex_sd,) if self.exchangeable < 1 else ())
        if not all(math.isfinite(x) and x > 0 for x in positive):
            raise ValueError("standard deviations of a prior must be finite and above 0")
        if not 0 < self.exchangeable <= 1 or not math.isfinite(self.mu_mean + self.nex_mean):
            raise ValueError("the probability of exchangeability lies above 0 and at most at 1; means are finite")


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes of the fine pass.

    `eta` is the even grid; means are ``eta[first : first + counts.max()]``; `tau` and `tau_weights` have shape
    (widths,), `counts` (widths, 2) the range of means used at each width.
    """

    eta: Array
    first: int
    tau: Array
    tau_weights: Array
    counts: Array

    @property
    def spacing(self) -> float:
        """Distance of two grid points."""
        return float(self.eta[1] - self.eta[0])

    @property
    def mu(self) -> Array:
        """The means, shape (means,)."""
        return self.eta[self.first : self.first + int(self.counts.max())]


@cache
def _hermite() -> tuple[Array, Array]:
    x, w = np.polynomial.hermite_e.hermegauss(HERMITE)
    return x, w / w.sum()


@cache
def _legendre(count: int) -> tuple[Array, Array]:
    x, w = np.polynomial.legendre.leggauss(count)
    return x, w


def half_normal(tau: Array, scale: float) -> Array:
    """Density of a half-normal.

    >>> half_normal(np.array([0.0]), 1.0).round(4).tolist()
    [0.7979]
    """
    return np.asarray(math.sqrt(2 / math.pi) / scale * np.exp(-0.5 * (tau / scale) ** 2))


def place_nodes(units: Sequence[Unit], prior: Prior, panel: int = PANEL, fineness: float = 1.0) -> Nodes:
    """Nodes that cover the posterior of mean and spread, and every posterior without one unit.

    Raises ``ValueError`` when the grid would pass `CELLS` points.

    >>> from proband.science.borrowing.units import binomial
    >>> nodes = place_nodes([binomial("a", 2, 10), binomial("b", 3, 12)], Prior(0.0, 2.0, 1.0))
    >>> nodes.tau.size, bool(nodes.mu[0] < -1.2 < nodes.mu[-1])
    (24, True)
    """
    centres = np.array([estimate(u) for u in units])
    pooled = 1 / math.sqrt(float((centres[:, 1] ** -2).sum()) + prior.mu_sd**-2)
    log_density, mu, tau = _coarse(units, prior, pooled)
    log_density = log_density - log_density.max((1, 2), keepdims=True)
    seen = (log_density > math.log(NEGLIGIBLE)).any(0)
    top = np.flatnonzero(seen.any(1)).max()
    end = float(tau[min(top + 1, tau.size - 1)])
    weight = np.exp(log_density[0]).sum(1)
    cumulative = np.cumsum(np.concatenate([[0.0], 0.5 * (weight[1:] + weight[:-1]) * np.diff(tau)]))
    middle = float(np.interp(0.8 * cumulative[-1], cumulative, tau))
    middle = min(max(middle, 0.15 * end), 0.6 * end)
    widths, weights = _panels(middle, end, panel)
    spacing = min(float(centres[:, 1].min()) / 3, pooled / 1.3, prior.mu_sd / 3) / fineness
    if prior.exchangeable < 1:
        spacing = min(spacing, prior.nex_sd / 2)
    low, high = _mean_range(seen, mu, tau, widths)
    return _grid(low, high, widths, weights, spacing, prior)


def _grid(low: Array, high: Array, widths: Array, weights: Array, spacing: float, prior: Prior) -> Nodes:
    """The even grid with room for every band."""
    start, stop = float(low.min()), float(high.max())
    count = math.ceil((stop - start) / spacing) + 1
    reach = np.maximum(np.ceil(6.0 * widths / spacing) + 2, 3)
    from_start, to_stop = np.floor((low - start) / spacing), np.ceil((high - start) / spacing) + 1
    counts = np.stack([from_start, np.minimum(to_stop, count)], axis=1).astype(np.int64)
    before, after = int((reach - counts[:, 0]).max()), int((counts[:, 1] + reach).max()) - count
    if prior.exchangeable < 1:
        before = max(before, math.ceil((start - prior.nex_mean + 7 * prior.nex_sd) / spacing))
        after = max(after, math.ceil((prior.nex_mean + 7 * prior.nex_sd - stop) / spacing))
    before, after = max(before, 3), max(after, 3)
    if before + count + after > CELLS:
        raise ValueError("one unit is far more precise than the priors are wide: use `normal_closed_form` instead")
    eta = start + spacing * np.arange(-before, count + after)
    return Nodes(eta, before, widths, weights, counts)


def _panels(middle: float, end: float, panel: int) -> tuple[Array, Array]:
    x, w = _legendre(panel)
    parts = [(0.0, middle), (middle, end)]
    nodes = np.concatenate([a + (b - a) * (x + 1) / 2 for a, b in parts])
    return nodes, np.concatenate([(b - a) / 2 * w for a, b in parts])


def _coarse(units: Sequence[Unit], prior: Prior, pooled: float) -> tuple[Array, Array, Array]:
    """Log densities of (tau, mu): that of all units first, then each without one unit; and the nodes."""
    tau = 6.5 * prior.tau_scale * np.linspace(0, 1, COARSE_WIDTHS) ** 2
    centres = np.array([estimate(u) for u in units])
    precision = centres[:, 1] ** -2.0
    centre = float((precision @ centres[:, 0] + prior.mu_mean / prior.mu_sd**2) * pooled**2)
    reach = abs(centre - prior.mu_mean) + 7 * prior.mu_sd
    stretch = max(math.asinh(reach / pooled), 1.0)
    u = np.linspace(-1, 1, COARSE_MEANS)
    mu = centre + reach * np.sinh(stretch * u) / math.sinh(stretch)
    z, w = _hermite()
    eta = mu[None, :, None] + tau[:, None, None] * z
    inside = np.log(np.maximum(np.exp(log_likelihoods(units, eta)) @ w, 1e-290))
    # few nodes miss a likelihood that is narrow beside tau: its normal approximation does not
    total = centres[:, 1, None, None] ** 2 + tau[:, None] ** 2
    peaks = np.array(
        [float(log_likelihoods([u], np.array([c]))[0, 0]) for u, c in zip(units, centres[:, 0], strict=True)]
    )
    laplace = peaks[:, None, None] + 0.5 * np.log(centres[:, 1, None, None] ** 2 / total)
    laplace = laplace - 0.5 * (mu - centres[:, 0, None, None]) ** 2 / total
    logs = np.logaddexp(np.log(prior.exchangeable) + np.maximum(inside, laplace), _outside(units, prior))
    base = -0.5 * ((mu - prior.mu_mean) / prior.mu_sd) ** 2 - 0.5 * (tau[:, None] / prior.tau_scale) ** 2
    full = base + logs.sum(0)
    without = full - logs if len(units) > 1 else base[None]
    return np.concatenate([full[None], without]), mu, tau


def _outside(units: Sequence[Unit], prior: Prior) -> Array:
    """Log of what a unit that stands by itself adds to its probability, shape (units, 1, 1)."""
    if prior.exchangeable == 1:
        return np.full((len(units), 1, 1), -np.inf)
    z, w = _hermite()
    own = np.exp(log_likelihoods(units, prior.nex_mean + prior.nex_sd * z)) @ w
    return np.asarray(np.log((1 - prior.exchangeable) * np.maximum(own, 1e-290)))[:, None, None]


def _mean_range(seen: Array, mu: Array, tau: Array, widths: Array) -> tuple[Array, Array]:
    """Lowest and highest mean with mass at each width, one coarse cell wider; ranges grow with the width."""
    rows = np.flatnonzero(seen.any(1))
    lows = np.full(tau.size, np.inf)
    highs = np.full(tau.size, -np.inf)
    for t in rows:
        held = np.flatnonzero(seen[t])
        lows[t], highs[t] = mu[max(held[0] - 1, 0)], mu[min(held[-1] + 1, mu.size - 1)]
    lows, highs = np.minimum.accumulate(lows), np.maximum.accumulate(highs)
    first = rows[0]
    lows[:first], highs[:first] = lows[first], highs[first]
    above = np.minimum(np.searchsorted(tau, widths), tau.size - 1)
    return lows[above], highs[above]
