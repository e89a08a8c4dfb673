"""Carry-over into mock samples, measured from the alleles that editing makes at the on-target site.

Reads of a treated sample that turn up in a mock of the same run (index hopping, pipetting) bring the on-target
alleles with them, and those are not made by sequencing errors. Their fraction in the mock, above the background of
such alleles, over their fraction in treated, is the share of the mock's reads that came over. It is shown, never
subtracted in silence: subtraction would hide a true signal in the mock.

Limits are the exact ones of the mock's count (Clopper and Pearson, Biometrika 1934;26:404-413), divided by the treated
fraction.

Cannot see: from which treated sample reads came, or carry-over at sites whose treated sample has no such alleles.
"""

from __future__ import annotations

from dataclasses import dataclass

from proband.science.stats.proportions import Interval, clopper_pearson, lower_bound
from proband.science.stats.treated_control import percent


@dataclass(frozen=True, slots=True)
class CarryOver:
    """Share of the mock's reads that came from treated, with its interval and a flag.

    `flagged` is True where the mock holds more on-target alleles than background at one-sided confidence `level`.
    """

    mock_edited: int
    mock_depth: int
    fraction: float
    interval: Interval
    level: float
    flagged: bool
    sentence: str

    def expected_at(self, treated_fraction: float) -> Interval:
        """Interval of what carry-over adds to the mock at a site with so high a treated fraction.

        >>> [f"{x:.1e}" for x in carry_over(0.5, 10, 100_000).expected_at(0.01)]
        ['9.6e-07', '3.7e-06']
        """
        return self.interval[0] * treated_fraction, self.interval[1] * treated_fraction


def carry_over(
    on_target_treated_fraction: float,
    mock_edited: int,
    mock_depth: int,
    *,
    background: float = 0.0,
    level: float = 0.95,
) -> CarryOver:
    """Share of a mock's reads that came from treated samples of the run, from on-target alleles in the mock.

    `on_target_treated_fraction` is the fraction of exactly those alleles in treated, pooled over the samples of the
    run; `background` the fraction in which errors make them. Raises ``ValueError`` for a fraction that is not above
    0, or counts that can not be. Source: module docstring.

    >>> made = carry_over(0.5, 10, 100_000)
    >>> f"{made.fraction:.1e}", made.flagged
    ('2.0e-04', True)
    """
    if not 0 < on_target_treated_fraction <= 1 or not 0 <= background < 1:
        raise ValueError("the treated fraction must lie above 0 and at most 1, the background from 0 to below 1")
    low, high = clopper_pearson(mock_edited, mock_depth, level)

    def share(p: float) -> float:
        return min(1.0, max(0.0, p - background) / on_target_treated_fraction)

    made = share(mock_edited / mock_depth)
    interval = share(low), share(high)
    flagged = lower_bound(mock_edited, mock_depth, level) > background
    if flagged:
        sentence = (
            f"carry-over: {percent(made)} % of the mock's reads came from treated samples "
            f"({level:.0%} interval {percent(interval[0])} to {percent(interval[1])} %)"
        )
    else:
        sentence = f"no carry-over seen; it is below {percent(interval[1])} % of the mock's reads ({level:.0%})"
    return CarryOver(mock_edited, mock_depth, made, interval, level, flagged, sentence)
