"""Panels of counts with known truth: 20 sites, replicates that spread, few genomes, homopolymer backgrounds.

Not reads: each replicate draws its edited genomes, its own mean from a beta about edit and background, and its reads.
"""

from dataclasses import dataclass

import numpy as np

from proband.science.stats.detection_limit import count_limit
from proband.science.stats.treated_control import CallRule, SiteCounts, panel_calls

LOW = np.geomspace(1e-5, 1e-4, 8)
MIDDLE = np.geomspace(1.5e-4, 1e-3, 6)
HOMOPOLYMER = np.array([5e-3, 5e-3, 1e-2, 1e-2, 2e-2, 2e-2])
BACKGROUND = np.concatenate([LOW, MIDDLE, HOMOPOLYMER])
EDIT = np.array([0, 0, 0, 1e-4, 1e-3, 1e-2, 0.6, 0, 0, 0, 3e-4, 3e-3, 0.03, 0, 0, 0, 3e-3, 0, 0.1, 0.3])
NULL = EDIT == 0
RULE = CallRule(alpha=0.05, beta=0.05)


@dataclass(frozen=True)
class Setting:
    """Spread, genomes per replicate (None: never the limit), whether they are told, replicates, range of depth.

    `controls` are the control's replicates where they are other ones.
    """

    rho: float = 0.0
    genomes: int | None = None
    told: bool = True
    replicates: int = 3
    depth: tuple[int, int] = (2_000, 100_000)
    relative: float = 0.0
    controls: int | None = None


def arm(rng, setting, edit, background, depth, treated):
    """One arm: (edited, depth, genomes) of each replicate."""
    made = []
    for _ in range(setting.replicates if treated else setting.controls or setting.replicates):
        n = int(depth * np.exp(rng.normal(0, 0.2)))
        share = float(np.clip(edit * (1 + setting.relative * rng.normal()), 0, 1))
        if setting.genomes and treated:
            share = rng.binomial(setting.genomes, share) / setting.genomes
        mean = share + (1 - share) * background
        if setting.rho and 0 < mean < 1:
            size = 1 / setting.rho - 1
            mean = rng.beta(mean * size, (1 - mean) * size)
        told = setting.genomes if treated and setting.told else None
        made.append((int(rng.binomial(n, mean)), n, told))
    return tuple(made)


def panel(rng, setting, edit=EDIT, background=BACKGROUND):
    """The sites of one run."""
    depths = np.exp(rng.uniform(*np.log(setting.depth), len(edit)))
    return [
        SiteCounts(
            f"site {i}",
            "indel",
            arm(rng, setting, e, b, d, True),
            arm(rng, setting, 0.0, b, d, False),
            homopolymer=bool(b >= 5e-3),
        )
        for i, (e, b, d) in enumerate(zip(edit, background, depths, strict=True))
    ]


@dataclass(frozen=True)
class Measured:
    """By panel and site: called, interval covers, detected at the site's own LoD, LoD over the formula, molecules."""

    called: np.ndarray
    covers: np.ndarray
    found: np.ndarray
    ratio: np.ndarray
    molecules: np.ndarray


def measure(setting, panels, seed):
    """Calls of simulated panels against their truth; the treated arm is drawn again at each site's own LoD."""
    rng = np.random.default_rng(seed)
    made = {name: np.zeros((panels, EDIT.size)) for name in ("called", "covers", "found", "ratio", "molecules")}
    for r in range(panels):
        for i, x in enumerate(panel_calls(panel(rng, setting), RULE).results):
            b, reads = BACKGROUND[i], sum(n for _, n, _ in x.treated)
            draws = min(reads, setting.replicates * setting.genomes) if setting.genomes else reads
            truth = EDIT[i] * (1 - b)
            again = arm(rng, setting, x.lod, b, reads / setting.replicates, True)
            made["called"][r, i] = x.call == "detected"
            made["covers"][r, i] = x.interval[0] <= truth <= x.interval[1]
            made["found"][r, i] = sum(k for k, _, _ in again) / sum(n for _, n, _ in again) * reads > x.critical
            pooled = setting.rho / setting.replicates
            made["ratio"][r, i] = x.lod / count_limit(draws, b, rho=pooled).lod
            made["molecules"][r, i] = EDIT[i] * draws
    return Measured(**made)
