"""Limits of blank and of detection, from blanks and low samples or from counts, and what molecules allow.

- classical: LoB = mean + z SD of blanks, or the blank at rank 0.5 + (1 - alpha) B; LoD = LoB + c SD of low
  samples, with c = z / (1 - 1 / (4 (L - J))) for L results over J samples; or the dose with a 95 % hit rate on a
  probit line (CLSI EP17-A2, 2012; Linnet and Kondratovich, Clin Chem 2004;50:732-740);
- counts: at depth n and background b, the critical count k* is the smallest k with P(X <= k | b) >= 1 - alpha;
  LoB = k*/n; LoD, net of background, is the smallest p with P(X > k* | b + p) >= 1 - beta (Currie, Anal Chem
  1968;40:586-593, with exact tails). X is binomial, or beta-binomial with intraclass correlation rho: as n grows
  the spread of X/n tends to sqrt(b (1 - b) rho), so rho sets a floor that depth can not lower;
- molecules: of G haploid genomes at least one edited is seen with probability 1 - (1 - p)^G; 3.3 pg each
  (Dolezel et al., Cytometry A 2003;51:127-128: 1 pg = 978 Mbp; 3.2 Gbp).

Cannot see: whether the background of a treated sample is that of the control, or loss in library preparation:
molecules are those that go in, and fewer may be copied.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from proband.kernels.beta_binomial import upper_tail
from proband.science.stats.proportions import upper_bound

PICOGRAMS_PER_GENOME = 3.3
"""Mass of one haploid human genome in pg (Dolezel et al., Cytometry A 2003;51:127-128)."""


@dataclass(frozen=True, slots=True)
class CountLimit:
    """Critical count (a call needs more), limit of blank, and limit of detection net of background (fractions)."""

    critical: int
    lob: float
    lod: float


def limit_of_blank(blanks: Sequence[float], alpha: float = 0.05) -> float:
    """The classical LoB: mean of the blanks plus z(1 - alpha) standard deviations.

    Raises ``ValueError`` for fewer than two blanks. Source: CLSI EP17-A2.

    >>> round(limit_of_blank([1.0, 2.0, 3.0]), 3)
    3.645
    """
    x = _at_least_two(blanks)
    return float(x.mean() + special.ndtri(1 - alpha) * x.std(ddof=1))


def limit_of_blank_by_rank(blanks: Sequence[float], alpha: float = 0.05) -> float:
    """The LoB without a distribution: the blank at rank 0.5 + (1 - alpha) B, between neighbours linearly.

    Raises ``ValueError`` where that rank lies beyond the blanks (fewer than 10 at alpha 0.05). Source: EP17-A2.

    >>> limit_of_blank_by_rank(range(1, 61))
    57.5
    """
    x = np.sort(_at_least_two(blanks))
    rank = 0.5 + (1 - alpha) * x.size
    if rank > x.size:
        raise ValueError(f"{x.size} blanks are too few for alpha {alpha}: at least {math.ceil(0.5 / alpha)}")
    return float(np.interp(rank, np.arange(1, x.size + 1), x))


def limit_of_detection(lob: float, low_samples: Sequence[Sequence[float]], beta: float = 0.05) -> float:
    """The classical LoD: LoB plus c times the pooled standard deviation of the low samples' results.

    Raises ``ValueError`` where no sample has two results. Source: CLSI EP17-A2.

    >>> round(limit_of_detection(1.0, [[2.0, 3.0, 4.0], [3.0, 4.0, 5.0]]), 3)
    2.755
    """
    samples = [np.asarray(s, dtype=np.float64) for s in low_samples]
    freedom = sum(s.size - 1 for s in samples)
    if freedom < 1:
        raise ValueError("a low sample needs at least two results")
    pooled = math.sqrt(sum(float(((s - s.mean()) ** 2).sum()) for s in samples) / freedom)
    return lob + float(special.ndtri(1 - beta)) / (1 - 1 / (4 * freedom)) * pooled


def probit_limit(doses: Sequence[float], hits: Sequence[int], runs: Sequence[int], rate: float = 0.95) -> float:
    """The dose with the hit rate `rate`, from maximum likelihood of a probit line on log10 dose.

    Raises ``ValueError`` where the line is not identified: fewer than two doses with a rate between 0 and 1 and no
    overlap, or no rise with dose. Source: CLSI EP17-A2; Finney, Probit Analysis, 1971.

    >>> round(probit_limit([1, 2, 4, 8], [2, 10, 17, 20], [20, 20, 20, 20]), 2)
    5.26
    """
    x, k, n = np.log10(np.asarray(doses, float)), np.asarray(hits, float), np.asarray(runs, float)
    if not (x.size == k.size == n.size) or (k < 0).any() or (k > n).any():
        raise ValueError("doses, hits and runs must be of one length, and hits at most runs")
    if ((k > 0) & (k < n)).sum() == 0:
        raise ValueError("no dose has a hit rate between 0 and 1: the line is not identified")

    def loss(v: np.ndarray) -> float:
        line = v[0] + v[1] * (x - x.mean())
        return -float((k * special.log_ndtr(line) + (n - k) * special.log_ndtr(-line)).sum())

    fit = optimize.minimize(loss, np.array([0.0, 1.0]), method="BFGS")
    if not np.isfinite(fit.x).all() or fit.x[1] <= 1e-6 or fit.x[1] > 1e3:
        raise ValueError("hits do not rise with dose: the line is not identified")
    return float(10 ** (x.mean() + (special.ndtri(rate) - fit.x[0]) / fit.x[1]))


def critical_count(depth: int, background: float, alpha: float = 0.05, rho: float = 0.0) -> int:
    """The smallest k with P(X <= k) >= 1 - alpha without an edit; a call needs more reads than k.

    >>> critical_count(50_000, 1e-4)
    9
    """
    _checked(depth, background, alpha, rho)
    low, high = -1, depth
    while high - low > 1:
        middle = (low + high) // 2
        if upper_tail(middle + 1, depth, background, rho) <= alpha:
            high = middle
        else:
            low = middle
    return high


def count_limit(
    depth: int, background: float, alpha: float = 0.05, beta: float = 0.05, *, rho: float = 0.0, sites: int = 1
) -> CountLimit:
    """LoB and LoD of one site from depth (reads) and a known background (fraction).

    `rho` is the intraclass correlation (0 is the binomial); with `sites` above 1 alpha is shared among them.
    LoD is 1 less the background where no fraction reaches the power. Raises ``ValueError`` for a value out of
    range. Source: Currie, Anal Chem 1968;40:586-593, with exact tails.

    >>> made = count_limit(10_000, 1e-4)
    >>> made.critical, round(100 * made.lod, 4)
    (3, 0.0675)
    """
    if sites < 1:
        raise ValueError("sites must be at least 1")
    _checked(depth, background, beta, rho)
    k = critical_count(depth, background, alpha / sites, rho)
    if upper_tail(k + 1, depth, 1.0, rho) < 1 - beta:
        return CountLimit(k, k / depth, 1 - background)

    def short(p: float) -> float:
        return float(upper_tail(k + 1, depth, background + p, rho)) - (1 - beta)

    lod = optimize.brentq(short, 0.0, 1 - background, xtol=1e-12, rtol=1e-10)
    return CountLimit(k, k / depth, float(lod))


def count_limit_from_control(
    depth: int, control: int, control_depth: int, alpha: float = 0.05, beta: float = 0.05, *, level: float = 0.95
) -> CountLimit:
    """LoB and LoD with the background at its one-sided upper exact bound from the control; LoD net of that bound.

    Safe and wide; `treated_control` gives the limit that carries the control's uncertainty without the worst case.

    >>> made = count_limit_from_control(5000, 0, 5000)
    >>> made.critical, round(100 * made.lod, 3)
    (6, 0.177)
    """
    return count_limit(depth, upper_bound(control, control_depth, level), alpha, beta)


def genomes_in(nanograms: float) -> float:
    """Haploid genomes in a mass of human DNA.

    >>> round(genomes_in(10))
    3030
    """
    if not nanograms > 0:
        raise ValueError("the mass must be above 0 ng")
    return 1000 * nanograms / PICOGRAMS_PER_GENOME


def nanograms_for(genomes: float) -> float:
    """The mass of human DNA that holds so many haploid genomes.

    >>> nanograms_for(1000)
    3.3
    """
    return genomes * PICOGRAMS_PER_GENOME / 1000


def molecule_limit(genomes: float, beta: float = 0.05) -> float:
    """The fraction at which at least one of `genomes` is edited with probability 1 - beta: 1 - beta^(1/G).

    >>> round(100 * molecule_limit(genomes_in(10)), 3)
    0.099
    """
    if not genomes > 0:
        raise ValueError("genomes must be above 0")
    return -math.expm1(math.log(beta) / genomes)


def effective_depth(reads: int, genomes: float | None) -> int:
    """Independent draws at most: reads, or genomes put in where they are fewer. UMI families count as reads.

    >>> effective_depth(50_000, genomes_in(10))
    3030
    """
    return reads if genomes is None else max(1, min(reads, math.floor(genomes)))


def consensus_error(error: float, members: int) -> float:
    """P that more than half of a family's `members` reads share one wrong base, at `error` per read and base.

    A bound on what a consensus removes: errors of the first copies and damage stay, so that the floor is taken
    from the control's consensus reads, not from here. One third of errors is taken to be each wrong base.

    >>> f"{consensus_error(1e-3, 3):.2e}"
    '1.00e-06'
    """
    return float(3 * stats.binom.sf(members // 2, members, error / 3)) if members > 1 else error


def _at_least_two(values: Sequence[float]) -> np.ndarray:
    x = np.asarray(values, dtype=np.float64)
    if x.size < 2:
        raise ValueError("at least two results are needed")
    return x


def _checked(depth: int, background: float, risk: float, rho: float) -> None:
    if depth < 1 or not 0 <= background < 1 or not 0 < risk < 1 or not 0 <= rho < 1:
        raise ValueError("needs depth >= 1, 0 <= background < 1, 0 < alpha, beta < 1 and 0 <= rho < 1")
