"""Allele selectivity at a heterozygous site: what is left of the normal allele over what is left of the mutant one.

    selectivity = (normal_t / mutant_t) / (normal_c / mutant_c)

from reads (or molecules) of either allele in treated (t) and control (c) samples. Above 1 the mutant transcript falls
more than the normal one. The control arm takes out the allelic imbalance and mapping bias that both arms share
(Degner et al. 2009, Bioinformatics 25:3207-3212, on that bias). With a total knock-down R, the mutant transcript left
is R f_t / f_c, where f is the mutant share of reads.

Cannot see: bias that treatment itself changes; which of two sites on one molecule a read shows; the fall of the
normal allele in cells that were not sampled. It is selectivity at the doses and times of these samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import Quantity
from proband.science.stats.posterior import proportion
from proband.science.transcript.log_ratio import welch
from proband.science.transcript.mover import odds_ratio
from proband.science.transcript.replicates import shares_of


@dataclass(frozen=True, slots=True)
class AlleleReads:
    """Reads of the mutant and of the normal allele at the site in one biological replicate (counts)."""

    mutant: int
    normal: int

    def __post_init__(self) -> None:
        if self.mutant < 0 or self.normal < 0:
            raise ValueError("reads must not be negative")


@dataclass(frozen=True, slots=True)
class Selectivity:
    """Mutant share of reads in each arm (fraction) and the selectivity (ratio), with their intervals."""

    treated: Quantity
    control: Quantity
    selectivity: Quantity


def selectivity(treated: Sequence[AlleleReads], control: Sequence[AlleleReads], source: str = "") -> Selectivity:
    """Selectivity over biological replicates, or from counts alone where an arm has one, which its model then says.

    Raises ``ProgramError`` when a sample has no read at the site, or the control lacks an allele in all samples: the
    site is then not heterozygous in these data and selectivity is unknown.

    >>> made = selectivity([AlleleReads(60, 180), AlleleReads(50, 170)], [AlleleReads(150, 155), AlleleReads(120, 118)])
    >>> round(made.selectivity.value, 2), round(made.treated.value, 3)
    (3.15, 0.239)
    """
    _check(treated, control, source)
    shares = [shares_of([[r.mutant, r.normal] for r in arm]).quantity(0) for arm in (treated, control)]
    if min(len(treated), len(control)) > 1:
        logs = [[math.log((r.normal + 0.5) / (r.mutant + 0.5)) for r in arm] for arm in (treated, control)]
        floors = [
            float(np.mean([1 / (r.normal + 0.5) + 1 / (r.mutant + 0.5) for r in arm])) for arm in (treated, control)
        ]
        found = welch(logs[0], logs[1], (floors[0], floors[1]), source=source).ratio()
    else:
        normal = [proportion(sum(r.normal for r in a), sum(r.normal + r.mutant for r in a)) for a in (treated, control)]
        made = odds_ratio(normal[0], normal[1])
        model = f"reads taken as independent draws, spread between samples not known; {made.model}"
        found = Quantity.posterior(made.quantiles, "ratio", model=model, value=made.value)
    return Selectivity(shares[0], shares[1], found)


def _check(treated: Sequence[AlleleReads], control: Sequence[AlleleReads], source: str) -> None:
    problems = []
    for arm, members in (("treated", treated), ("control", control)):
        if not members:
            problems.append(Problem(source, arm, "no sample", "at least one", "give the samples of both arms"))
        for number, one in enumerate(members, start=1):
            if not one.mutant + one.normal:
                place = f"{arm} replicate {number}"
                problems.append(Problem(source, place, "no read at the site", "reads of it", "leave the sample out"))
    lacking = [n for n in ("mutant", "normal") if control and not sum(getattr(r, n) for r in control)]
    if lacking and not problems:
        found = f"no read of the {lacking[0]} allele in the control"
        problems.append(Problem(source, "control", found, "both alleles", "use a site that is heterozygous"))
    if problems:
        raise ProgramError(problems)
