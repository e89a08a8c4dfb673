"""A threshold fixed beforehand against a measured interval.

Says how probable it is that the number reaches the threshold, and whether the threshold was fixed before the
observation; the verdict is the rule's. A threshold set on the day of the observation or later was not fixed beforehand.

Cannot see: whether the threshold is the right one, and whether its date is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from proband.core.quantity import Quantity, QuantityKind


@dataclass(frozen=True, slots=True)
class AgainstThreshold:
    """The least and greatest probability that the number is at least the threshold (None: it has no distribution).

    `fixed_beforehand` is ``yes``, ``no`` or ``not stated``; `sentence` tells all of it to a person.
    """

    probability: tuple[float, float] | None
    fixed_beforehand: str
    sentence: str


def against_threshold(
    number: Quantity, threshold: float, set_on: date | None, observed_on: date | None, level: float = 0.95
) -> AgainstThreshold:
    """Compare a number with a threshold in the same unit.

    >>> from proband.science.stats.posterior import proportion
    >>> made = against_threshold(proportion(420, 1000), 0.15, date(2025, 1, 20), date(2025, 9, 1))
    >>> made.sentence
    '0.42 fraction (95 % interval 0.389 to 0.451) against 0.15, which was fixed beforehand'
    """
    fixed = "not stated"
    if set_on is not None and observed_on is not None:
        fixed = "yes" if set_on < observed_on else "no"
    probability = None
    if number.kind is QuantityKind.POSTERIOR:
        below = number.cdf(threshold)
        probability = (1 - below[1], 1 - below[0])
    words = {
        "yes": "which was fixed beforehand",
        "no": "which was not fixed before the observation",
        "not stated": "of which it is not stated whether it was fixed beforehand",
    }
    return AgainstThreshold(probability, fixed, f"{_told(number, level)} against {threshold:g}, {words[fixed]}")


def _told(number: Quantity, level: float) -> str:
    if number.kind is QuantityKind.BOUND:
        word = "at most" if number.side == "upper" else "at least"
        return f"{word} {number.limit:.3g} {number.unit} at {number.level:.0%} confidence"
    span = number.interval(level)
    limits = f"{level * 100:g} % interval {span[0]:.3g} to {span[1]:.3g}" if span else "no defined interval"
    return f"{number.value:.3g} {number.unit} ({limits})"
