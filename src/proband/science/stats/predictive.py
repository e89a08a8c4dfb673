"""What treated reads are expected without an edit, given the control: tail, critical count, limits of one site.

The control's reads give the background b a posterior under Jeffreys' prior (flat in the arcsine of its square root),
at each value of the spread rho of the site's posterior; the treated total without an edit is beta-binomial, averaged
over both. So the limit of blank carries what is not known of background and spread (Bayesian predictive
probability: Rubin, Ann Stat 1984;12:1151-1172). Replicates of one arm are summed: the sum of beta-binomials is taken as
the beta-binomial of the same mean and variance, exact in the limit of small fractions and equal depth.

Edited molecules are few where DNA is little: the number m of edited among G genomes is binomial, and reads
follow m / G. Where few are at stake they are summed over one by one, otherwise 1/G joins the correlation.

Interval of one arm: the fractions at which the mid-P tails are (1 - level) / 2 (Lancaster, J Am Stat Assoc
1961;56:223-234; Berry and Armitage, Statistician 1995;44:417-423), averaged over the spread.

Cannot see: a background of treated samples that differs from that of the control.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from proband.kernels.beta_binomial import mixture_mid_tail, mixture_tail, tail_by_molecules
from proband.science.stats.shared_dispersion import Arm, SiteSpread, edit_correlation, edited_share

_NODES = 25
_MANY = 60.0
"""Edited molecules above which their binomial is taken into the correlation."""


@dataclass(frozen=True)
class Blank:
    """The treated total without an edit: nodes of background, of its correlation for the sum, and weights."""

    depth: int
    background: np.ndarray
    rho: np.ndarray
    weight: np.ndarray

    def tail(self, count: int) -> float:
        """P that the treated total without an edit is `count` or more."""
        return float(mixture_tail(count, self.depth, self.background, self.rho, self.weight))

    def critical(self, alpha: float) -> int:
        """The smallest count that is exceeded with probability at most `alpha`."""
        mean = float((self.weight * self.background).sum()) * self.depth
        low, high = -1, max(4, int(2 * mean) + 4)
        while high < self.depth and self.tail(high + 1) > alpha:
            low, high = high, min(2 * high, self.depth)
        while high - low > 1:
            middle = (low + high) // 2
            if self.tail(middle + 1) <= alpha:
                high = middle
            else:
                low = middle
        return high


def blank(control: Arm, treated: Arm, spread: SiteSpread) -> Blank:
    """The predictive distribution of the treated total without an edit.

    >>> three = Arm(np.array([0, 0, 0]), np.array([5000, 5000, 5000]), np.zeros(3))
    >>> calm = SiteSpread(np.array([1e-7]), np.zeros(1), np.ones(1))
    >>> blank(three, three, calm).critical(0.05)
    2
    """
    spread = spread.by_rho()
    made = [background_nodes(control.total, control.reads, float(r) * control.pooling) for r in spread.rho]
    return Blank(
        treated.reads,
        np.concatenate([b for b, _ in made]),
        np.repeat(spread.rho * treated.pooling, [b.size for b, _ in made]),
        np.concatenate([w * v for (_, v), w in zip(made, spread.weight, strict=True)]),
    )


def background_nodes(count: int, depth: int, rho: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of the background's posterior, `count` of `depth` reads at correlation `rho` of the sum.

    >>> b, w = background_nodes(0, 10_000, 1e-9)
    >>> f"{(b * w).sum():.1e}"
    '5.0e-05'
    """
    spread = 0.5 * math.sqrt((1 + (depth - 1) * rho) / depth)
    centre = math.asin(math.sqrt((count + 0.25) / (depth + 0.5)))
    low, high = max(0.0, centre - 7 * spread), min(math.pi / 2, centre + 7 * spread)
    u = low + (np.arange(_NODES) + 0.5) * (high - low) / _NODES
    b = np.sin(u) ** 2
    size = (1 - rho) / rho
    a, c = b * size, (1 - b) * size
    log = special.betaln(a + count, c + depth - count) - special.betaln(a, c)
    weight = np.exp(log - log.max())
    kept = weight > 1e-7 * weight.max()
    return b[kept], weight[kept] / weight[kept].sum()


def lod(blank: Blank, critical: int, treated: Arm, spread: SiteSpread, beta: float, relative: bool) -> float:
    """The smallest edited fraction, net of background, that exceeds `critical` with probability 1 - beta.

    1.0 where no fraction does. Editing takes the place of background: reads are edited, or else show background. Power
    is averaged over backgrounds under the prior 1/b, whose mean is what the control shows: under Jeffreys' prior, whose
    mean is half a read more, power fell below its nominal value at sites with few reads of background.

    >>> three = Arm(np.array([0, 0, 0]), np.array([5000, 5000, 5000]), np.zeros(3))
    >>> calm = SiteSpread(np.array([1e-7]), np.zeros(1), np.ones(1))
    >>> round(100 * lod(blank(three, three, calm), 2, three, calm, 0.05, False), 3)
    0.041
    """
    spread = spread.by_rho()
    theta = np.repeat(spread.theta, [int((blank.rho == r * treated.pooling).sum()) for r in spread.rho])
    genomes, per_genome = genomes_of(treated, spread, relative)
    weight = blank.weight / np.sqrt(np.maximum(blank.background, 1e-12))
    weight /= weight.sum()

    def power(edit: float) -> float:
        mean = blank.background + (1 - blank.background) * edit
        share = np.minimum(1.0, edit * (1 - edit) / np.maximum(mean * (1 - mean), 1e-300))
        own = edit_correlation(theta, edit, relative) * treated.pooling + per_genome
        rho = np.minimum(blank.rho + share * own, 0.5)
        return float(mixture_tail(critical + 1, blank.depth, mean, rho, weight))

    found = reach(power, 1 - beta)
    if genomes is None or found * genomes > _MANY:
        return found
    most = int(min(genomes, 20 * _MANY))
    table = tail_by_molecules(critical + 1, blank.depth, blank.background, blank.rho, weight, genomes, most, False)
    return reach(lambda e: over_molecules(table, genomes, e), 1 - beta)


def genomes_of(treated: Arm, spread: SiteSpread, relative: bool) -> tuple[float | None, float]:
    """Genomes behind the sum, and 1/genomes where they are known; from theta where they are not.

    >>> one = Arm(np.array([1]), np.array([10]), np.array([0.01]))
    >>> genomes_of(one, SiteSpread(np.array([1e-7]), np.zeros(1), np.ones(1)), True)
    (100.0, 0.01)
    """
    if treated.genomes is not None:
        return treated.genomes, 1 / treated.genomes
    order = np.argsort(spread.theta)
    reached = np.searchsorted(np.cumsum(spread.weight[order]), 0.5)
    theta = 0.0 if relative else float(spread.theta[order][min(int(reached), order.size - 1)])
    few = theta * treated.pooling
    return (1 / few if few * treated.reads > 1 else None), 0.0


def over_molecules(table: np.ndarray, genomes: float, edit: float) -> float:
    """The tail averaged over the number of edited molecules; `table` gives it for 0, 1, ... and is 1 beyond.

    >>> round(over_molecules(np.array([0.0, 1.0]), 3030, 0.001), 3)
    0.952
    """
    if edit <= 0:
        return float(table[0])
    m = np.arange(table.size)
    log = special.gammaln(genomes + 1) - special.gammaln(m + 1) - special.gammaln(genomes - m + 1)
    p = np.exp(log + m * math.log(edit) + (genomes - m) * math.log1p(-min(edit, 1 - 1e-12)))
    return float((p * table).sum() + max(0.0, 1 - p.sum()))


def reach(power: Callable[[float], float], wanted: float) -> float:
    """The least fraction with the wanted power, on the logit scale; 1.0 where there is none, `power` must rise.

    >>> round(reach(lambda e: e, 0.25), 3)
    0.25
    """
    if power(1 - 1e-9) < wanted:
        return 1.0
    if power(1e-12) >= wanted:
        return 1e-12
    at = optimize.brentq(lambda v: power(float(special.expit(v))) - wanted, -27.0, 20.0, xtol=1e-4)
    return float(special.expit(at))


def control_limits(control: Arm, spread: SiteSpread, level: float) -> tuple[float, float]:
    """Mid-P limits of the control's fraction, averaged over the spread.

    >>> calm = SiteSpread(np.array([1e-7]), np.zeros(1), np.ones(1))
    >>> one = Arm(np.array([0, 0]), np.array([2500, 2500]), np.zeros(2))
    >>> [round(100 * x, 4) for x in control_limits(one, calm, 0.95)]
    [0.0, 0.0599]
    """
    spread = spread.by_rho()
    rho = spread.rho * control.pooling

    def tail(mean: float) -> float:
        return float(mixture_mid_tail(control.total, control.reads, np.full(rho.size, mean), rho, spread.weight))

    return _limits(tail, control.total, control.reads, level)


def treated_limits(
    treated: Arm, background: float, spread: SiteSpread, level: float, relative: bool
) -> tuple[float, float]:
    """Mid-P limits of the treated fraction, edit and background together; `background` is the control's fraction.

    >>> calm = SiteSpread(np.array([1e-7]), np.zeros(1), np.ones(1))
    >>> few = Arm(np.array([33, 33]), np.array([50_000, 50_000]), np.full(2, 3.3e-4))
    >>> [round(100 * x, 3) for x in treated_limits(few, 0.0, calm, 0.95, True)]
    [0.021, 0.161]
    """
    split = [(1.0, spread)] if relative or treated.genomes is not None else spread.by_theta(1 / treated.reads)
    parts = [(w, _treated_tail(treated, background, s, relative)) for w, s in split]

    def tail(mean: float) -> float:
        return sum(w * part(mean) for w, part in parts)

    return _limits(tail, treated.total, treated.reads, level)


def _treated_tail(treated: Arm, background: float, spread: SiteSpread, relative: bool) -> Callable[[float], float]:
    """The mid-P tail of the treated total as a function of the fraction, for nodes with the same genomes."""
    genomes, per_genome = genomes_of(treated, spread, relative)
    count, depth = treated.total, treated.reads
    edit_now = max(0.0, count / depth - background)
    rho0 = spread.rho * treated.pooling
    table = None
    if genomes is not None and edit_now * genomes <= _MANY:
        base = np.full(rho0.size, background)
        most = int(min(genomes, 20 * _MANY))
        table = tail_by_molecules(count + 1, depth, base, rho0, spread.weight, genomes, most, True)

    def tail(mean: float) -> float:
        edit = max(0.0, (mean - background) / (1 - background)) if background < 1 else 0.0
        if table is not None and genomes is not None and edit > 0:
            return over_molecules(table, genomes, edit)
        share = edited_share(mean, edit)
        own = edit_correlation(spread.theta, edit, relative) * treated.pooling + per_genome
        rho = np.minimum(rho0 + share * own, 0.5)
        return float(mixture_mid_tail(count, depth, np.full(rho.size, mean), rho, spread.weight))

    return tail


def _limits(tail: Callable[[float], float], count: int, depth: int, level: float) -> tuple[float, float]:
    """Fractions at which the mid-P tail is (1 - level) / 2 and (1 + level) / 2."""
    risk = (1 - level) / 2
    low = 0.0 if count == 0 else reach(tail, risk)
    high = 1.0 if count == depth else reach(tail, 1 - risk)
    return min(low, count / depth), max(high, count / depth)
