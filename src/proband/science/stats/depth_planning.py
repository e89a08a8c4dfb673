"""Planning an off-target assay: depth, DNA input and replicates for a limit of detection and power, both ways.

The plan is for the rule that `treated_control` will apply: the control's reads are drawn at the stated background, the
critical count follows from them, and power is the chance that treated reads exceed it, summed exactly over the
control's counts (over 41 of its quantiles where they are many). So a shallow control costs what it costs. The
background and the spread (intraclass correlation) are taken as stated.

Floors: as depth grows the fraction of a replicate tends to a beta of correlation rho, so the limit tends to that of
betas alone, background known (Skellam 1948; `overdispersion_floor`); and of G genomes one must be edited
(`detection_limit.molecule_limit`). No depth goes below either.

Cannot see: whether background and spread are those of the assay: take them from its own blanks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import special, stats

from proband.kernels.beta_binomial import tail_by_molecules, upper_tail
from proband.science.stats.detection_limit import (
    count_limit,
    effective_depth,
    genomes_in,
    molecule_limit,
    nanograms_for,
)
from proband.science.stats.predictive import Blank, background_nodes, over_molecules, reach

MOST_READS = 1_000_000
"""Reads per replicate beyond which no plan looks."""
MOST_REPLICATES = 24
_COUNTS = 60
_QUANTILES = 41
_MANY = 60.0


@dataclass(frozen=True, slots=True)
class Assay:
    """What is planned, per replicate: reads of both arms, background, spread, DNA; replicates per arm, risks, sites.

    `control_depth` None means as deep as treated; 0 means a background that is known without a control. `nanograms`
    None means that genomes are never the limit. Raises ``ValueError`` for values out of range.
    """

    depth: int
    background: float
    alpha: float
    beta: float
    replicates: int = 3
    rho: float = 0.0
    control_depth: int | None = None
    nanograms: float | None = None
    sites: int = 1

    def __post_init__(self) -> None:
        if not (0 <= self.background < 0.5 and 0 <= self.rho < 0.1 and 0 < self.alpha < 0.5 and 0 < self.beta < 0.5):
            raise ValueError("needs background < 0.5, rho < 0.1, and alpha and beta between 0 and 0.5")
        if not (1 <= self.depth <= MOST_READS and self.replicates >= 1 and self.sites >= 1):
            raise ValueError("needs depth from 1 to a million, and at least one replicate and site")
        if (self.control_depth or 0) < 0 or (self.nanograms is not None and not self.nanograms > 0):
            raise ValueError("needs a control depth of at least 0, and DNA above 0 ng")

    @property
    def genomes(self) -> float | None:
        """Haploid genomes in all treated replicates together."""
        return None if self.nanograms is None else self.replicates * genomes_in(self.nanograms)


@dataclass(frozen=True, slots=True)
class Plan:
    """Limits of an assay (fractions net of background) and what sets them."""

    assay: Assay
    lod: float
    lod_background_known: float
    overdispersion_floor: float
    molecule_floor: float | None


@dataclass(frozen=True, slots=True)
class Search:
    """The plan that reaches a wanted limit, or None and the sentence that says why none does."""

    wanted: float
    plan: Plan | None
    reason: str


class _Power:
    """Chance of a call at an edited fraction, over the control's counts."""

    def __init__(self, assay: Assay) -> None:
        self.assay = assay
        self.reads = assay.depth * assay.replicates
        self.rho = assay.rho * pooling(assay.depth, assay.replicates)
        self.criticals, self.weights = _criticals(assay, self.reads, self.rho)
        self.table: np.ndarray | None = None

    def at(self, edit: float) -> float:
        """Chance of a call at edited fraction `edit`."""
        genomes = self.assay.genomes
        if genomes is not None and edit * genomes <= _MANY:
            if self.table is None:
                self.table = self._by_molecules(genomes)
            return over_molecules(self.table, genomes, edit)
        b = self.assay.background
        mean = b + (1 - b) * edit
        share = min(1.0, edit * (1 - edit) / max(mean * (1 - mean), 1e-300))
        rho = min(0.5, self.rho + (share / genomes if genomes is not None else 0.0))
        tails = [upper_tail(int(k) + 1, self.reads, mean, rho) for k in self.criticals]
        return float(np.dot(self.weights, tails))

    def _by_molecules(self, genomes: float) -> np.ndarray:
        base, rho, one = np.array([self.assay.background]), np.array([self.rho]), np.ones(1)
        most = int(min(genomes, 20 * _MANY))
        made = np.zeros(most + 1)
        for k, w in zip(self.criticals, self.weights, strict=True):
            made += w * tail_by_molecules(int(k) + 1, self.reads, base, rho, one, genomes, most, False)
        return made


def pooling(depth: int, replicates: int) -> float:
    """Factor from the correlation in a replicate to that of the sum of equal replicates: (n - 1) / (J n - 1).

    >>> round(pooling(10_000, 3), 4)
    0.3333
    """
    total = depth * replicates
    return (depth - 1) / (total - 1) if total > 1 else 1.0


def _criticals(assay: Assay, reads: int, rho: float) -> tuple[np.ndarray, np.ndarray]:
    """Critical counts over the control's counts, and the probability of each."""
    alpha = assay.alpha / assay.sites
    depth = assay.depth if assay.control_depth is None else assay.control_depth
    if depth == 0:
        known = count_limit(reads, assay.background, alpha, assay.beta, rho=rho).critical
        return np.array([known]), np.ones(1)
    total = depth * assay.replicates
    rho_control = assay.rho * pooling(depth, assay.replicates)
    counts, weights = _control_counts(total, assay.background, rho_control)
    made = []
    for y in counts:
        b, w = background_nodes(int(y), total, max(rho_control, 1e-9))
        made.append(Blank(reads, b, np.full(b.size, rho), w).critical(alpha))
    return np.array(made), weights


def _control_counts(total: int, background: float, rho: float) -> tuple[np.ndarray, np.ndarray]:
    """Counts of the control and their probabilities: all, or as many quantiles where they are many."""
    if background == 0:
        return np.zeros(1, dtype=np.int64), np.ones(1)
    mean = total * background
    spread = math.sqrt(mean * (1 + total * rho))
    k = np.arange(min(total, int(mean + 12 * spread + 30)) + 1)
    size = (1 - rho) / rho if rho > 1e-12 else 0.0
    law = stats.betabinom(total, background * size, (1 - background) * size) if size else stats.binom(total, background)
    p = law.pmf(k)
    kept = p > 1e-7
    if kept.sum() <= _COUNTS:
        return k[kept], p[kept] / p[kept].sum()
    cumulative = np.cumsum(p) / p.sum()
    at = np.searchsorted(cumulative, (np.arange(_QUANTILES) + 0.5) / _QUANTILES)
    return k[at], np.full(_QUANTILES, 1 / _QUANTILES)


def power_of(assay: Assay, edit: float) -> float:
    """The chance that `treated_control` calls an edited fraction `edit`, net of background.

    Source: module docstring.

    >>> round(power_of(Assay(10_000, 1e-4, 0.05, 0.05), 0.0006), 3)
    0.989
    """
    return _Power(assay).at(edit)


def plan_assay(assay: Assay) -> Plan:
    """The limit of detection that an assay will have, and its floors.

    Source: module docstring.

    >>> made = plan_assay(Assay(10_000, 1e-4, 0.05, 0.05))
    >>> round(100 * made.lod, 3), round(100 * made.lod_background_known, 3)
    (0.047, 0.029)
    """
    molecules = None if assay.genomes is None else molecule_limit(assay.genomes, assay.beta)
    floor = overdispersion_floor(assay.background, assay.rho, assay.replicates, assay.alpha / assay.sites, assay.beta)
    known = reach(_Power(replace(assay, control_depth=0)).at, 1 - assay.beta)
    lod = reach(_Power(assay).at, 1 - assay.beta)
    return Plan(assay, lod, known, floor, molecules)


def overdispersion_floor(background: float, rho: float, replicates: int, alpha: float, beta: float) -> float:
    """The limit that no depth goes below: replicates as betas of correlation `rho`, background known.

    0 without spread or background. Source: Skellam, J R Stat Soc B 1948;10:257-261, as depth grows.

    >>> round(100 * overdispersion_floor(1e-3, 1e-4, 1, 0.05, 0.05), 2)
    0.13
    """
    if rho <= 1e-12 or background == 0:
        return 0.0
    size = replicates / rho - 1
    blank = float(special.betaincinv(background * size, (1 - background) * size, 1 - alpha))

    def power(edit: float) -> float:
        mean = background + (1 - background) * edit
        return 1 - float(special.betainc(mean * size, (1 - mean) * size, blank))

    return reach(power, 1 - beta)


def depth_for(wanted: float, assay: Assay) -> Search:
    """The fewest reads per replicate with a limit of detection at or below `wanted`; `assay.depth` is not used.

    Rounded up to two significant figures and checked there. Where floors or a million reads do not allow it, the
    plan is None and the reason says which. Raises ``ValueError`` for a limit outside 0 to 1.

    >>> depth_for(0.001, Assay(1, 1e-4, 0.05, 0.05)).plan.assay.depth
    3700
    """
    if not 0 < wanted < 1:
        raise ValueError("the wanted limit must be a fraction between 0 and 1")
    refused = _refusal(wanted, assay)
    if refused:
        return Search(wanted, None, refused)

    def reaches(depth: int) -> bool:
        return _Power(replace(assay, depth=depth)).at(wanted) >= 1 - assay.beta

    if not reaches(MOST_READS):
        at = plan_assay(replace(assay, depth=MOST_READS)).lod
        return Search(
            wanted, None,
            f"not reachable: {MOST_READS:,} reads per replicate would give {100 * at:.3g} %; the floor that spread "
            f"between replicates sets is {100 * _floor(assay):.3g} %, and the control is part of it",
        )  # fmt: skip
    low, high = 1, MOST_READS
    while high > low + 1 and high / low > 1.01:
        middle = max(low + 1, int(math.sqrt(low * high)))
        low, high = (low, middle) if reaches(middle) else (middle, high)
    depth = _round_up(high)
    while not reaches(depth):
        depth = _round_up(depth + 1)
    return Search(wanted, plan_assay(replace(assay, depth=depth)), "reached")


def replicates_for(wanted: float, assay: Assay) -> Search:
    """The fewest replicates per arm at the assay's depth with a limit at or below `wanted`, up to 24.

    >>> replicates_for(0.0005, Assay(10_000, 1e-4, 0.05, 0.05)).plan.assay.replicates
    3
    """
    for count in range(1, MOST_REPLICATES + 1):
        tried = replace(assay, replicates=count)
        if _Power(tried).at(wanted) >= 1 - assay.beta:
            return Search(wanted, plan_assay(tried), "reached")
    return Search(wanted, None, f"not reachable with {MOST_REPLICATES} replicates of {assay.depth:,} reads")


def nanograms_needed(wanted: float, replicates: int, beta: float) -> float:
    """The least DNA per replicate (ng) with an edited genome in it at fraction `wanted`, all replicates together.

    >>> round(nanograms_needed(0.001, 1, 0.05), 1)
    9.9
    """
    return nanograms_for(math.log(beta) / math.log1p(-wanted)) / replicates


def effective_reads(assay: Assay) -> int:
    """Independent draws in all treated replicates: reads, or genomes where they are fewer.

    >>> effective_reads(Assay(50_000, 1e-4, 0.05, 0.05, nanograms=10))
    9090
    """
    return effective_depth(assay.depth * assay.replicates, assay.genomes)


def _floor(assay: Assay) -> float:
    return overdispersion_floor(assay.background, assay.rho, assay.replicates, assay.alpha / assay.sites, assay.beta)


def _refusal(wanted: float, assay: Assay) -> str:
    """Why no depth reaches the wanted limit, from the floors alone; empty where they allow it."""
    if assay.genomes is not None and wanted < molecule_limit(assay.genomes, assay.beta):
        least = nanograms_needed(wanted, assay.replicates, assay.beta)
        return (
            f"not reachable: {assay.nanograms:g} ng per replicate hold {assay.genomes:,.0f} genomes in all, which "
            f"allow {100 * molecule_limit(assay.genomes, assay.beta):.3g} % at best; at least {least:.3g} ng are needed"
        )
    if wanted < _floor(assay):
        return (
            f"not reachable: the spread between replicates (correlation {assay.rho:g}) sets a floor of "
            f"{100 * _floor(assay):.3g} % that no depth goes below; more replicates or a cleaner site are needed"
        )
    return ""


def _round_up(depth: int) -> int:
    """Up to two significant figures.

    >>> _round_up(4011), _round_up(99)
    (4100, 99)
    """
    step: int = 10 ** max(0, len(str(depth)) - 2)
    return min(MOST_READS, math.ceil(depth / step) * step)
