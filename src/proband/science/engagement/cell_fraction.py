"""Editing in the cells that matter, from editing in bulk tissue: e_target = e_bulk / h.

h is the share of the tissue's genomes that come from target cells, weighted by ploidy: many hepatocytes are tetraploid
or more (Duncan et al. 2010, Nature 467:707-710). Both numbers are uncertain, and the distribution of their quotient
takes both in; it is computed on a fine table of probabilities, without random draws.

Under the assumption that only target cells are edited. If others are too, the result is too high. A quotient above 1
can not be, so probability above 1 tells that h, the bulk value or the assumption is wrong; it is stated, not cut off.

Cannot see: how h varies between pieces of tissue, edits in other cells, cells that died.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import GRID, Quantity
from proband.science.stats.posterior import proportion

_P = np.array(GRID)
STEPS = 800
"""Equal steps of probability of each of the two distributions."""

MUCH_ABOVE_ONE = 0.025
"""Probability above 1 from which the result carries a warning (the upper limit of a 95 % interval passes 1)."""


@dataclass(frozen=True, slots=True)
class InCells:
    """Share of target-cell alleles that are edited, and the least and greatest probability that it exceeds 1."""

    quantity: Quantity
    above_one: tuple[float, float]

    @property
    def warning(self) -> str:
        """Why the number can not stand as it is, or ""."""
        if self.above_one[1] < MUCH_ABOVE_ONE:
            return ""
        return (
            f"up to {self.above_one[1]:.0%} of the probability lies above 1: the share of target cells is too low, "
            "the bulk value too high, or other cells are edited too"
        )


def genome_share(cells: Mapping[str, tuple[float, float]], target: str) -> float:
    """h from the share of cells and mean ploidy of each cell type: share x ploidy over the sum of all.

    Raises ``ValueError`` for an unknown target, or shares that do not add to 1.

    >>> round(genome_share({"hepatocyte": (0.6, 3.0), "other": (0.4, 2.0)}, "hepatocyte"), 3)
    0.692
    """
    if target not in cells:
        raise ValueError(f"{target!r} is none of {', '.join(cells)}")
    if abs(sum(share for share, _ in cells.values()) - 1) > 1e-6 or any(s < 0 or p <= 0 for s, p in cells.values()):
        raise ValueError("shares of cells must not be negative and must add to 1; ploidies are above 0")
    return cells[target][0] * cells[target][1] / sum(share * ploidy for share, ploidy in cells.values())


def known_share(share: float, effective: float) -> Quantity:
    """h known as well as from counting `effective` genomes, with exact limits.

    >>> [round(x, 3) for x in known_share(0.65, 200).interval(0.95)]
    [0.58, 0.716]
    """
    return proportion(share * effective, effective)


def in_target_cells(bulk: Quantity, share: Quantity, source: str = "") -> InCells:
    """e_bulk / h with the uncertainty of both, as a pair with outer limits.

    `share` is a posterior, or exact. Raises ``ProgramError`` when bulk has no distribution, or h may be 0.

    >>> made = in_target_cells(proportion(2100, 10_000), known_share(0.65, 200))
    >>> round(made.quantity.value, 3), [round(x, 3) for x in made.quantity.interval(0.95)], made.above_one
    (0.323, [0.291, 0.365], (0.0, 0.0))
    """
    numerator = _pair(bulk, "the bulk value", source)
    denominator = _pair(share, "the share of target cells", source)
    if min(d[0] for d in denominator) <= 0 or not share.value:
        found = "a share of target cells that may be 0"
        raise ProgramError([Problem(source, "", found, "a share above 0", "count more cells: it is not known")])
    low, high = (_quotient(n, d) for n, d in zip(numerator, reversed(denominator), strict=True))
    high = np.maximum(low, high)
    model = f"only target cells edited; quotient of: {bulk.model or bulk.kind}; {share.model or share.kind}"
    assert bulk.value is not None
    made = Quantity.posterior(
        low.tolist(), bulk.unit, upper=high.tolist(), model=model, n=bulk.n, value=bulk.value / share.value
    )
    below = made.cdf(1.0)
    return InCells(made, (1 - below[1], 1 - below[0]))


def jeffreys_in_cells(
    edited: int, reads: int, share: float, effective: float, level: float = 0.95
) -> tuple[float, float, float]:
    """e_bulk / h with Jeffreys posteriors of both, for comparison; claims rest on `in_target_cells`, not on this.

    >>> [round(x, 3) for x in jeffreys_in_cells(2100, 10_000, 0.65, 200)]
    [0.323, 0.292, 0.363]
    """
    at = (np.arange(STEPS) + 0.5) / STEPS
    above = special.betaincinv(edited + 0.5, reads - edited + 0.5, at)
    below = special.betaincinv(share * effective + 0.5, (1 - share) * effective + 0.5, at)
    low, high = np.quantile((above[:, None] / below[None, :]).ravel(), [(1 - level) / 2, (1 + level) / 2])
    return edited / reads / share, float(low), float(high)


def _pair(q: Quantity, what: str, source: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper distribution at equal steps of probability."""
    at = (np.arange(STEPS) + 0.5) / STEPS
    if q.quantiles:
        first, second = (np.interp(at, _P, x) for x in (q.quantiles, q.upper_quantiles or q.quantiles))
        return first, second
    if q.kind == "exact" and q.value is not None:
        same = np.full(STEPS, q.value)
        return same, same
    found = f"{what} without a distribution"
    raise ProgramError([Problem(source, "", found, "counts or replicates", "give the numbers behind the value")])


def _quotient(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    ordered = np.sort((above[:, None] / below[None, :]).ravel())
    found: NDArray[np.float64] = np.interp(_P, (np.arange(ordered.size) + 0.5) / ordered.size, ordered)
    return found
