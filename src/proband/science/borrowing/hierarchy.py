"""Hierarchies over patients, variants or trials by deterministic quadrature: who borrows how much from whom.

theta_j ~ N(mu, tau) on the link scale (logit for proportions, log for rates, identity for means), mu normal, tau
half-normal (Gelman, Bayesian Anal 2006;1:515-534). The likelihood of each unit is summed against N(mu, tau) on one
even grid for all nodes of (mu, tau) (`kernels.gaussian_bands`), so nothing is drawn and equal inputs give equal digits.
With ``Prior.exchangeable`` below 1 each unit may stand by itself (EXNEX, Neuenschwander et al., Pharm Stat
2016;15:123-134): given (mu, tau) the units are independent, so their two-part mixtures multiply and no sum over
subsets is needed.

`normal_closed_form` does many normal-normal data sets at once: mu integrated in closed form, tau alone on nodes.

Cannot see: why units differ. Exchangeability is an assumption about knowledge before the data, not a result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from proband.core.quantity import Quantity
from proband.kernels.gaussian_bands import band_weights, gather, scatter
from proband.science.borrowing.grids import Array, even_cdf, even_quantiles, even_quantity, moments
from proband.science.borrowing.quadrature import PANEL, Nodes, Prior, half_normal, place_nodes
from proband.science.borrowing.units import Unit, checked, log_likelihoods, natural

TINY = 1e-290


@dataclass(frozen=True, slots=True)
class Fit:
    """The posterior of a hierarchy on its nodes.

    `weights` (widths, means) sums to 1; `densities` (units, grid), `new` (grid) and `without` (units, grid) are
    densities on ``nodes.eta``: of each unit, of a unit not yet seen, and of each unit predicted from the others.
    `exchangeable` is the posterior probability that each unit belongs to the hierarchy; `log_evidence` that of the
    data.
    """

    units: tuple[Unit, ...]
    prior: Prior
    link: str
    nodes: Nodes
    weights: Array
    densities: Array
    new: Array
    without: Array
    exchangeable: Array
    log_evidence: float

    def mean_sd(self, density: Array) -> tuple[float, float]:
        """Mean and standard deviation on the scale that people read, of a density on the grid."""
        values = natural(self.link, self.nodes.eta)
        mass = density / density.sum()
        mean = float(mass @ values)
        return mean, math.sqrt(max(float(mass @ (values - mean) ** 2), 0.0))

    def centre(self, density: Array) -> float:
        """The mean; for rates the median, because the mean of a new unit's rate need not exist."""
        return float(self.quantiles(density, 0.5)) if self.link == "log" else self.mean_sd(density)[0]

    def quantiles(self, density: Array, p: npt.ArrayLike) -> Array:
        """Quantiles on the scale that people read, of a density on the grid."""
        return natural(self.link, even_quantiles(self.nodes.eta, density, p))

    def quantity(self, density: Array, unit: str) -> Quantity:
        """A density on the grid as the `Quantity` that a finding stores; its value is `centre`."""
        q = natural(self.link, np.array(even_quantity(self.nodes.eta, density, unit, "-", None, 0.0).quantiles))
        model = (
            f"hierarchy of {len(self.units)} units on the {self.link} scale, tau half-normal({self.prior.tau_scale:g})"
        )
        n = sum(u.n for u in self.units)
        return Quantity.posterior(q.tolist(), unit, model=model, n=n, value=self.centre(density))

    def above(self, density: Array, threshold: float) -> float:
        """P(value > threshold), the threshold on the scale that people read."""
        if self.link != "identity" and threshold <= 0:
            return 1.0
        if self.link == "logit" and threshold >= 1:
            return 0.0
        at = {"logit": special.logit, "log": math.log, "identity": float}[self.link](threshold)
        x, cumulative = even_cdf(self.nodes.eta, density)
        return float(1 - np.interp(at, x, cumulative, left=0.0, right=1.0))

    @property
    def tau(self) -> tuple[float, float]:
        """Posterior mean and standard deviation of tau."""
        mass = self.weights.sum(1)
        mean = float(mass @ self.nodes.tau)
        return mean, math.sqrt(float(mass @ (self.nodes.tau - mean) ** 2))

    @property
    def mu(self) -> tuple[float, float]:
        """Posterior mean and standard deviation of mu, on the link scale."""
        return moments(self.nodes.mu, self.weights.sum(0))

    def tau_quantiles(self, p: Sequence[float]) -> Array:
        """Quantiles of the posterior of tau; the density is a polynomial on each panel."""
        half = self.nodes.tau.size // 2
        share = self.weights.sum(1)
        x, cumulative, reached, start = [np.zeros(1)], [np.zeros(1)], 0.0, 0.0
        gauss, w = np.polynomial.legendre.leggauss(half)
        basis = np.polynomial.legendre.legvander(gauss, half - 1)
        fine = np.linspace(-1, 1, 401)[1:]
        for part in (slice(0, half), slice(half, None)):
            scaled = share[part] / w
            coefficients = (basis * (w * scaled)[:, None]).sum(0) * (np.arange(half) + 0.5)
            integral = np.polynomial.legendre.legval(fine, np.polynomial.legendre.legint(coefficients, lbnd=-1))
            width = 2 * (self.nodes.tau[part][0] - start) / (gauss[0] + 1)
            x.append(start + width * (fine + 1) / 2)
            cumulative.append(reached + integral)
            reached, start = reached + float(share[part].sum()), start + width
        rising = np.maximum.accumulate(np.clip(np.concatenate(cumulative), 0, 1))
        return np.interp(np.asarray(p), rising, np.concatenate(x))


def fit(units: Sequence[Unit], prior: Prior, panel: int = PANEL, fineness: float = 1.0, without: bool = True) -> Fit:
    """Fit a hierarchy to `units`; with `without`, also the prediction of each unit from the others.

    Raises ``ProgramError`` for no unit, two of one name or of two links; ``ValueError`` when the grid would be too
    long. Source: module docstring.

    >>> from proband.science.borrowing.units import binomial
    >>> got = fit([binomial("a", 2, 10), binomial("b", 8, 10)], Prior(0.0, 2.0, 1.0))
    >>> [round(got.mean_sd(d)[0], 3) for d in got.densities]
    [0.302, 0.698]
    """
    link = checked(units)
    nodes = place_nodes(units, prior, panel, fineness)
    bands = [band_weights(t / nodes.spacing) for t in nodes.tau]
    starts = np.cumsum([0, *(b.size for b in bands)])
    flat = np.concatenate(bands)
    logs = log_likelihoods(units, nodes.eta)
    peaks = logs.max(1)
    likelihood = np.exp(logs - peaks[:, None])
    inside = np.zeros((nodes.tau.size, len(units), nodes.mu.size))
    gather(likelihood, flat, starts, nodes.first, nodes.counts, inside)
    own = _own(likelihood, nodes, prior)
    mixed = np.maximum(prior.exchangeable * inside + (1 - prior.exchangeable) * own[:, None], TINY)
    log_mixed = np.log(mixed)
    log_prior = _log_prior(nodes, prior)
    log_joint = log_prior + log_mixed.sum(1)
    weights, log_total = _normalised(log_joint)
    shares = weights[:, None] / mixed
    amounts = [prior.exchangeable * shares, weights[:, None]]
    if without:
        amounts.append(np.stack([_normalised(log_joint - log_mixed[:, j])[0] for j in range(len(units))], axis=1))
    spread = np.zeros((sum(a.shape[1] for a in amounts), nodes.eta.size))
    scatter(np.ascontiguousarray(np.concatenate(amounts, axis=1)), flat, starts, nodes.first, nodes.counts, spread)
    size = len(units)
    densities = likelihood * spread[:size]
    belongs = densities.sum(1)
    outside = np.zeros((1, nodes.eta.size))
    if prior.exchangeable < 1:
        outside = _nex(nodes, prior)[None]
        densities += (1 - prior.exchangeable) * shares.sum((0, 2))[:, None] * likelihood * outside
    mixture = prior.exchangeable * spread[size:] + (1 - prior.exchangeable) * outside
    evidence = log_total + float(peaks.sum()) + math.log(nodes.spacing)
    return Fit(
        tuple(units), prior, link, nodes, weights, densities, mixture[0], mixture[1:],
        np.minimum(belongs / densities.sum(1), 1.0), evidence,
    )  # fmt: skip


def _log_prior(nodes: Nodes, prior: Prior) -> Array:
    """Log of prior times quadrature weight at (widths, means); minus infinity outside the range of a width."""
    with np.errstate(divide="ignore"):
        tau = np.log(half_normal(nodes.tau, prior.tau_scale) * nodes.tau_weights)
    mu = -0.5 * ((nodes.mu - prior.mu_mean) / prior.mu_sd) ** 2 - math.log(prior.mu_sd * math.sqrt(2 * math.pi))
    index = np.arange(nodes.mu.size)
    used = (index >= nodes.counts[:, :1]) & (index < nodes.counts[:, 1:])
    return np.where(used, tau[:, None] + mu, -np.inf)


def _nex(nodes: Nodes, prior: Prior) -> Array:
    """Masses of the distribution of a unit that stands by itself."""
    mass = np.exp(-0.5 * ((nodes.eta - prior.nex_mean) / prior.nex_sd) ** 2)
    return np.asarray(mass / mass.sum())


def _own(likelihood: Array, nodes: Nodes, prior: Prior) -> Array:
    """Probability of each unit's data when it stands by itself."""
    return np.asarray(likelihood @ _nex(nodes, prior)) if prior.exchangeable < 1 else np.zeros(likelihood.shape[0])


def _normalised(log_values: Array) -> tuple[Array, float]:
    top = float(log_values.max())
    values = np.exp(log_values - top)
    total = float(values.sum())
    return values / total, top + math.log(total)


@dataclass(frozen=True, slots=True)
class NormalMoments:
    """Normal-normal hierarchies of many data sets: arrays of shape (replicates, units) or (replicates,)."""

    mean: Array
    sd: Array
    new_mean: Array
    new_sd: Array
    tau_mean: Array
    above: Array
    new_above: Array


def normal_closed_form(
    estimates: npt.ArrayLike, standard_errors: npt.ArrayLike, prior: Prior, threshold: float = 0.0, panel: int = 24
) -> NormalMoments:
    """Posterior moments of each unit and of a new one, for many data sets of normal estimates at once.

    `estimates` (replicates, units), `standard_errors` broadcast to it. `above` is P(effect > threshold). mu is
    integrated in closed form given tau; tau by Gauss-Legendre on two panels. All units are exchangeable here.
    Raises ``ValueError`` for an empty array, values that are not finite, or errors that are not above 0.

    >>> got = normal_closed_form([[1.0, 2.0, 3.0]], 0.5, Prior(0.0, 10.0, 0.5))
    >>> got.mean.round(3).tolist(), got.new_mean.round(3).tolist()
    ([[1.517, 1.998, 2.48]], [1.996])
    """
    y = np.atleast_2d(np.asarray(estimates, np.float64))
    v = np.broadcast_to(np.asarray(standard_errors, np.float64), y.shape) ** 2
    if y.size == 0 or not np.isfinite(y).all() or not (np.isfinite(v).all() and (v > 0).all()):
        raise ValueError("estimates must be finite, at least one, and standard errors above 0")
    tau, tau_weights = _spread_nodes(prior.tau_scale, panel)
    total = v[:, None, :] + (tau**2)[:, None]
    precision = (1 / total).sum(-1) + prior.mu_sd**-2
    centre = ((y[:, None, :] / total).sum(-1) + prior.mu_mean / prior.mu_sd**2) / precision
    gap = y[:, None, :] - centre[..., None]
    quadratic = (gap**2 / total).sum(-1) + ((centre - prior.mu_mean) / prior.mu_sd) ** 2
    logs = np.log(half_normal(tau, prior.tau_scale) * tau_weights)
    logs = logs - 0.5 * (np.log(total).sum(-1) + np.log(precision) + quadratic)
    w = np.exp(logs - logs.max(1, keepdims=True))
    w /= w.sum(1, keepdims=True)
    keep = v[:, None, :] / total
    means = y[:, None, :] - keep * gap
    variances = (1 - keep) * v[:, None, :] + keep**2 / precision[..., None]
    mean = (w[..., None] * means).sum(1)
    sd = np.sqrt((w[..., None] * (variances + (means - mean[:, None]) ** 2)).sum(1))
    new_variances = 1 / precision + tau**2
    new_mean = (w * centre).sum(1)
    new_sd = np.sqrt((w * (new_variances + (centre - new_mean[:, None]) ** 2)).sum(1))
    above = (w[..., None] * special.ndtr((means - threshold) / np.sqrt(variances))).sum(1)
    new_above = (w * special.ndtr((centre - threshold) / np.sqrt(new_variances))).sum(1)
    return NormalMoments(mean, sd, new_mean, new_sd, (w * tau).sum(1), above, new_above)


def _spread_nodes(scale: float, panel: int) -> tuple[Array, Array]:
    """Nodes and weights of tau over the whole of its prior, denser near 0."""
    x, w = np.polynomial.legendre.leggauss(panel)
    parts = [(0.0, 0.8 * scale), (0.8 * scale, 6.5 * scale)]
    nodes = np.concatenate([a + (b - a) * (x + 1) / 2 for a, b in parts])
    return nodes, np.concatenate([(b - a) / 2 * w for a, b in parts])
