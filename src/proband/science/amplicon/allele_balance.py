"""Share of the first haplotype among reads of an amplicon, treated against control: a flag, never a number of events.

An allele that lost a primer site, or was lost whole, gives no read: what is left is the other allele, and its share
grows. The shift is told with an interval over replicates (per arm the larger of the binomial variance and the one seen
between replicates, with Student's t). A shift flags the site: possible are a large deletion, loss of a primer site, or
loss of heterozygosity on one allele; which it is, and in how many cells, is not told. Reads whose marker was not read
(small deletions take it away too) are given to the lost allele as a test: if the shift goes away then, it is unclear.

Cannot see: events on both alleles alike; a loss below the width of the interval; events without a heterozygous marker.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

LEAST_SHIFT = 0.02
"""Shift of the share below which no flag is raised, whatever the interval: amplification favours alleles by as much."""

Replicate = tuple[int, int, int]
"""Reads of the first haplotype, of the second, and undetermined ones."""


@dataclass(frozen=True, slots=True)
class AlleleBalance:
    """One site: shares of the first haplotype by replicate and arm, their shift with its interval, and what it means.

    `state` is "steady", "shifted", "unclear" (undetermined reads could make the shift) or "unknown" (an arm lacks
    reads, or replicates are too few to tell the spread).
    """

    site: str
    treated: tuple[Replicate, ...]
    control: tuple[Replicate, ...]
    state: str
    shift: float | None
    interval: tuple[float, float] | None
    sentence: str


def allele_balance(
    site: str, treated: Sequence[Replicate], control: Sequence[Replicate], level: float = 0.95
) -> AlleleBalance:
    """The balance of a site; replicates without a read of either haplotype are left out.

    >>> steady = allele_balance("s", [(500, 510, 0), (495, 500, 2)], [(505, 500, 0), (490, 500, 1)])
    >>> lost = allele_balance("s", [(300, 500, 0), (310, 505, 2)], [(505, 500, 0), (490, 500, 1)])
    >>> steady.state, lost.state
    ('steady', 'shifted')
    """
    one, two = (tuple(r for r in arm if r[0] + r[1]) for arm in (treated, control))
    if len(one) < 2 or len(two) < 2:
        told = "allele balance is not known: two replicates with reads are needed in each arm"
        return AlleleBalance(site, one, two, "unknown", None, None, told)
    shift, (low, high) = _shift(one, two, level)
    ends = f"{100 * low:+.2g} to {100 * high:+.2g} points"
    shown = f"share of the first haplotype moves by {100 * shift:+.2g} points ({level:.0%} interval {ends})"
    if (low <= 0 <= high) or abs(shift) < LEAST_SHIFT:
        told = f"{shown}: no shift is shown, which does not exclude one within the interval"
        return AlleleBalance(site, one, two, "steady", shift, (low, high), told)
    filled = _filled(one, lost_first=shift < 0)
    rest, (rest_low, rest_high) = _shift(filled, two, level)
    if rest_low <= 0 <= rest_high or rest * shift < 0:
        told = f"{shown}, but treated reads without a readable marker could make that"
        return AlleleBalance(site, one, two, "unclear", shift, (low, high), told)
    lost = "first" if shift < 0 else "second"
    told = (
        f"{shown}: possible large deletion, loss of a primer site or loss of heterozygosity on the {lost} haplotype; "
        f"how many alleles are concerned is not told by it"
    )
    return AlleleBalance(site, one, two, "shifted", shift, (low, high), told)


def _shift(one: Sequence[Replicate], two: Sequence[Replicate], level: float) -> tuple[float, tuple[float, float]]:
    (p1, v1), (p2, v2) = _arm(one), _arm(two)
    t = float(special.stdtrit(len(one) + len(two) - 2, (1 + level) / 2))
    half = t * math.sqrt(v1 + v2)
    return p1 - p2, (p1 - p2 - half, p1 - p2 + half)


def _arm(replicates: Sequence[Replicate]) -> tuple[float, float]:
    """Mean share over replicates, and the variance of that mean."""
    shares = [a / (a + b) for a, b, _ in replicates]
    mean, n = sum(shares) / len(shares), len(shares)
    between = sum((s - mean) ** 2 for s in shares) / (n - 1) / n
    # One read more of each kind, so that a share of 0 or 1 keeps a variance.
    binomial = sum((a + 1) * (b + 1) / (a + b + 2) ** 2 / (a + b) for a, b, _ in replicates) / n**2
    return mean, max(between, binomial)


def _filled(replicates: Sequence[Replicate], lost_first: bool) -> list[Replicate]:
    """Undetermined reads given to the haplotype that has become rarer."""
    return [(a + u, b, 0) if lost_first else (a, b + u, 0) for a, b, u in replicates]
