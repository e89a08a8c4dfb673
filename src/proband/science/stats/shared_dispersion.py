"""Spread between replicates, shared over the sites of a panel by empirical Bayes, within bounds.

Two spreads are told apart, both as intraclass correlations of a beta-binomial:

- rho, of the background: every arm of every site. It varies between sites as a lognormal about a shared median, cut at
  the bounds; median and width have priors, so that sites with few reads borrow and sites with many speak for themselves
  (empirical Bayes as in Robinson and Smyth, Biostatistics 2007;8:321-332, here for the beta-binomial on a grid);
- theta, of editing, in treated arms and in proportion to the edited share of the variance: where DNA input is given for
  all, the sampling of genomes is known (1/genomes) and theta is the squared relative spread of editing between
  replicates; otherwise theta is read as few genomes, an intraclass correlation like rho.

Each arm speaks by how its total splits over its replicates, given the total: the ratio of the beta-binomial
probability of the replicates to that of their sum, at the pooled fraction (conditional likelihood, Smyth and Verbyla,
J R Stat Soc B 1996;58:565-572). So the means cost nothing, and the total, which is tested, is not used twice. Without
information the prior holds, flat in log rho between its bounds, which makes limits wide; the panel says so.

Cannot see: spread common to all replicates of an arm; arms with few edited molecules, which are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

RHO: Floats = np.geomspace(1e-7, 2e-2, 25)
"""Grid and bounds of rho; the least is the binomial at any depth in use."""
_WIDTHS = (0.0, 0.7, 1.5)
_WIDTH_PRIOR = (0.8, 0.15, 0.05)
_CORRELATION = np.concatenate([[0.0], np.geomspace(1e-6, 3e-2, 12)])
_RELATIVE = np.concatenate([[0.0], np.geomspace(1e-5, 0.25, 12)])
_CLEAR = 3.0
"""Standard errors that are taken from a difference before its spread may be that of editing."""
_FEW = 10
"""Edited molecules per replicate below which an arm's spread is that of single molecules, not of a beta."""


@dataclass(frozen=True)
class Arm:
    """Replicates of one arm: edited reads, depth, and 1/genomes of each (0 where the input is not known)."""

    edited: Floats
    depth: Floats
    per_genome: Floats

    @property
    def total(self) -> int:
        """Edited reads of all replicates."""
        return int(self.edited.sum())

    @property
    def reads(self) -> int:
        """Depth of all replicates."""
        return int(self.depth.sum())

    @property
    def pooling(self) -> float:
        """Factor from the correlation within replicates to that of their sum, about 1 / replicates.

        It would be 0 where no replicate has two reads; a small number in its place keeps the sum a beta-binomial.
        """
        n = self.depth.astype(np.float64)
        reads = n.sum()
        return max(float((n * (n - 1)).sum() / (reads * (reads - 1))), 1e-3) if reads > 1 else 1.0

    @property
    def genomes(self) -> float | None:
        """Genomes that would give the sum its molecule sampling; None where any replicate's input is not known."""
        if not (self.per_genome > 0).all():
            return None
        weight = (self.depth / self.reads) ** 2
        return float(1 / (weight * self.per_genome).sum())


@dataclass(frozen=True)
class SiteSpread:
    """Nodes of a site's posterior: pairs of rho and theta in order of rho, and weights that sum to 1."""

    rho: Floats
    theta: Floats
    weight: Floats

    @property
    def median(self) -> float:
        """The posterior median of rho."""
        return _quantile(self.rho, self.weight, 0.5)

    def by_rho(self) -> SiteSpread:
        """One node for each rho, with the mean of its thetas."""
        rho, at = np.unique(self.rho, return_inverse=True)
        weight: Floats = np.bincount(at, self.weight).astype(np.float64)
        return SiteSpread(rho, np.bincount(at, self.weight * self.theta) / weight, weight)

    def by_theta(self, least: float) -> list[tuple[float, SiteSpread]]:
        """The weight of each theta, and the nodes that have it; thetas below `least` are one."""
        made = []
        label = np.where(self.theta < least, 0.0, self.theta)
        for theta in np.unique(label):
            own = label == theta
            total = float(self.weight[own].sum())
            made.append((total, SiteSpread(self.rho[own], self.theta[own], self.weight[own] / total)))
        return made


@dataclass(frozen=True)
class SharedSpread:
    """The panel's spread: median rho with a 95 % interval, theta, and how it was told; a posterior for each site.

    `informed` is False where the data hardly moved the prior. Where no arm has two replicates the counts are taken
    as binomial, an assumption, and the interval of rho is the whole of its bounds.
    """

    rho: float
    low: float
    high: float
    theta: float
    relative: bool
    informed: bool
    sites: tuple[SiteSpread, ...]


def share_dispersion(arms: Sequence[tuple[Arm | None, Arm | None]]) -> SharedSpread:
    """The spread shared by the sites of a panel, and each site's own; treated and control arm per site.

    An arm without reads is None. Any number of sites; arms with one replicate tell nothing. Source: module docstring.

    >>> one = Arm(np.array([0, 1, 0]), np.array([1000, 1000, 1000]), np.zeros(3))
    >>> share_dispersion([(one, one)]).informed
    False
    """
    held = [a for pair in arms for a in pair if a is not None]
    if all(a.edited.size < 2 for a in held):
        alone = SiteSpread(RHO[:1], np.zeros(1), np.ones(1))
        return SharedSpread(float(RHO[0]), float(RHO[0]), float(RHO[-1]), 0.0, False, False, (alone,) * len(arms))
    depth = float(np.median(np.concatenate([a.depth for a in held]))) if held else 1.0
    treated = [t for t, _ in arms if t is not None]
    relative = bool(treated) and all(t.genomes is not None for t in treated)
    thetas = _RELATIVE if relative else _CORRELATION
    likelihood = [_site_log(t, c, thetas, relative) for t, c in arms]
    mix = _lognormals()
    prior = _prior(100 * thetas if relative else depth * thetas)
    with np.errstate(divide="ignore"):
        log_post = np.log(prior)
    marginal = []
    for each in likelihood:
        made = np.einsum("hk,kq->hq", mix, np.exp(each - each.max()))
        marginal.append(made)
        log_post = log_post + np.log(np.maximum(made, 1e-300))
    post = np.exp(log_post - log_post.max())
    post /= post.sum()
    sites = []
    for each, made in zip(likelihood, marginal, strict=True):
        joint = np.einsum("hq,hk->kq", post / np.maximum(made, 1e-300), mix) * np.exp(each - each.max())
        sites.append(_nodes(joint / joint.sum(), thetas))
    shared = np.einsum("hq,hk->k", post, mix)
    before = np.einsum("hq,hk->k", prior / prior.sum(), mix)
    low, middle, high = (_quantile(RHO, shared, q) for q in (0.025, 0.5, 0.975))
    above = RHO * depth > 1
    moved = 0.5 * float(np.abs(shared - before).sum()) > 0.2
    informed = moved or float(shared[above].sum()) < 0.2 * float(before[above].sum())
    theta = _quantile(thetas, post.sum(axis=0), 0.5)
    return SharedSpread(middle, low, high, theta, relative, informed, tuple(sites))


def edited_share(mean: float, edit: float) -> float:
    """Share of a treated arm's variance of means that is the edit's: e (1 - e) / (mu (1 - mu)), at most 1.

    >>> edited_share(0.5, 0.5)
    1.0
    """
    if edit <= 0 or mean <= 0:
        return 0.0
    return 1.0 if mean >= 1 else min(1.0, edit * (1 - edit) / (mean * (1 - mean)))


def edit_correlation(theta: Floats, edit: float, relative: bool) -> Floats:
    """Theta as an intraclass correlation at edited fraction `edit`.

    >>> edit_correlation(np.array([0.01]), 0.5, True)
    array([0.01])
    """
    return theta * (edit / max(1 - edit, 1e-6)) if relative else theta


def split_log(arm: Arm, rho: Floats) -> Floats:
    """Log likelihood of each of `rho` from how the arm's total splits over its replicates.

    >>> tight = Arm(np.array([50, 50]), np.array([1000, 1000]), np.zeros(2))
    >>> bool(np.diff(split_log(tight, np.array([1e-6, 1e-2])))[0] < 0)
    True
    """
    total, reads = arm.total, arm.reads
    if arm.edited.size < 2 or total < 2 or total == reads:
        return np.zeros_like(rho)
    mean = total / reads
    rho = np.minimum(rho, 0.5)
    each = _log(arm.edited[:, None], arm.depth[:, None], mean, rho[None, :]).sum(axis=0)
    together: Floats = _log(np.array(total), np.array(reads), mean, rho * arm.pooling)
    made: Floats = each - together
    return made


def _log(k: Floats, n: Floats, mean: float, rho: Floats) -> Floats:
    """Beta-binomial log probabilities without the binomial coefficient, which does not depend on rho."""
    size = (1 - rho) / rho
    a, c = mean * size, (1 - mean) * size
    made: Floats = special.gammaln(a + k) - special.gammaln(a) + special.gammaln(c + n - k) - special.gammaln(c)
    made += special.gammaln(size) - special.gammaln(size + n)
    return made


def _site_log(treated: Arm | None, control: Arm | None, thetas: Floats, relative: bool) -> Floats:
    """Log likelihood of a site on the grid of rho by theta."""
    made = np.zeros((RHO.size, thetas.size))
    if control is not None:
        made += split_log(control, RHO)[:, None]
    if treated is None:
        return made
    mean = treated.total / treated.reads
    base = control.total / control.reads if control is not None else 0.0
    error = np.sqrt(mean / treated.reads + (base / control.reads if control is not None else 0.0))
    edit = mean - base
    clear = edit - _CLEAR * error
    per_genome = treated.per_genome
    if clear <= 0:
        return made + split_log(treated, RHO)[:, None]
    if (per_genome > 0).any() and edit / per_genome.max() < _FEW:
        return made
    extra = edited_share(mean, edit) * per_genome.mean()
    extra = extra + edited_share(mean, clear) * edit_correlation(thetas, edit, relative)
    grid = (RHO[:, None] + extra[None, :]).ravel()
    return made + split_log(treated, grid).reshape(made.shape)


def _lognormals() -> Floats:
    """Weights over the grid of rho for every median and width: (medians x widths) by rho."""
    x = np.log(RHO)
    rows = [np.eye(RHO.size)]
    for width in _WIDTHS[1:]:
        w = np.exp(-0.5 * ((x[None, :] - x[:, None]) / width) ** 2)
        rows.append(w / w.sum(axis=1, keepdims=True))
    return np.concatenate(rows)


def _prior(theta: Floats) -> Floats:
    """Prior over (medians x widths) by theta, in units where 1 begins to matter.

    Flat in log rho: priors that fall above 1 / depth were measured at 8 to 13 % false calls at nominal 5 % on panels of
    one site. Half of the weight lies at theta 0, and the rest falls as its root.
    """
    by_rho = np.concatenate([np.full(RHO.size, p) for p in _WIDTH_PRIOR])
    by_theta = (1 + theta) ** -0.5
    by_theta[0] = by_theta[1:].sum()
    return by_rho[:, None] * by_theta[None, :]


def _nodes(joint: Floats, thetas: Floats, least: float = 2e-3) -> SiteSpread:
    """The posterior as few nodes: pairs of rho and theta that have weight."""
    i, j = np.nonzero(joint >= least)
    weight = joint[i, j]
    return SiteSpread(RHO[i], thetas[j], weight / weight.sum())


def _quantile(values: Floats, weight: Floats, q: float) -> float:
    """The least grid value with so much weight at or below it."""
    return float(values[min(int(np.searchsorted(np.cumsum(weight) / weight.sum(), q)), values.size - 1)])
