"""Exact limits of safety counts, and what "no event" can not exclude.

Events among patients have Clopper-Pearson limits (`stats.proportions`), events in person-time Garwood's (Biometrika
1936;28:437-442). With no event among n patients the 95 % upper limit is 1 - 0.05^(1/n), about 3/n (Hanley and
Lippman-Hand, JAMA 1983;249:1743-1745): 0.95 for one patient, which says nothing about safety, and the text says so.

Cannot see: events that were not asked for, not yet due, or not reported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from proband.core.errors import Problem, ProgramError
from proband.science.borrowing.units import whole
from proband.science.stats.proportions import lower_bound, upper_bound

UNINFORMATIVE = 0.5
"""An upper limit above this does not exclude that most patients are harmed: it is called no safety information."""


@dataclass(frozen=True, slots=True)
class ExactLimits:
    """A count with its exact limits. `denominator` is patients (limits of a proportion) or person-time (of a rate).

    `level` is that of the two-sided interval `low` to `high`; `upper` is the one-sided upper limit at the same level.
    `text` says it in words.
    """

    events: int
    denominator: float
    low: float
    high: float
    upper: float
    level: float
    informative: bool
    text: str

    @property
    def estimate(self) -> float:
        """Events over the denominator."""
        return self.events / self.denominator


def patients_limits(events: int, patients: int, level: float = 0.95) -> ExactLimits:
    """Exact limits of the proportion of patients with an event.

    Raises ``ProgramError`` for no patients or more events than patients. Source: Clopper and Pearson 1934.

    >>> patients_limits(0, 1).text
    'no event among 1 patient: up to 95 % of patients may have it (upper 95 % limit); no safety information'
    >>> round(patients_limits(0, 20).upper, 4)
    0.1391
    """
    if not (whole(events) and whole(patients) and events <= patients and patients > 0):
        raise _bad(f"{events} among {patients} patients", "whole numbers, 0 <= events <= patients, patients above 0")
    _level(level)
    tail = (1 - level) / 2
    upper = upper_bound(events, patients, level)
    informative = upper <= UNINFORMATIVE
    who = f"{patients} patient{'s' if patients > 1 else ''}"
    what = "no event" if events == 0 else f"{events} with an event"
    text = f"{what} among {who}: up to {_percent(upper)} of patients may have it (upper {100 * level:g} % limit)"
    low, high = lower_bound(events, patients, 1 - tail), upper_bound(events, patients, 1 - tail)
    return ExactLimits(
        events, float(patients), low, high, upper, level, informative,
        text if informative else f"{text}; {'too few patients to bound harm' if events else 'no safety information'}",
    )  # fmt: skip


def rate_limits(events: int, person_time: float, unit: str, level: float = 0.95) -> ExactLimits:
    """Exact limits of an event rate in `person_time` (of the time unit `unit`). Source: Garwood 1936.

    A rate of a few patients is always called informative for its person-time alone: how far one rate holds for all
    is not seen here. Raises ``ProgramError`` for negative events or person-time that is not above 0.

    >>> round(rate_limits(0, 1.0, "a").upper, 4), round(rate_limits(1, 1.0, "a").upper, 4)
    (2.9957, 4.7439)
    """
    if not whole(events) or not (person_time > 0 and math.isfinite(person_time)):
        raise _bad(f"{events} events in {person_time}", "whole events, not negative, in person-time above 0")
    _level(level)
    tail = (1 - level) / 2
    low = 0.0 if events == 0 else float(special.gammaincinv(events, tail)) / person_time
    high, upper = (float(special.gammaincinv(events + 1, q)) / person_time for q in (1 - tail, level))
    what = "no event" if events == 0 else f"{events} event{'s' if events > 1 else ''}"
    text = f"{what} in {person_time:.4g} {unit}: at most {upper:.3g} per {unit} (upper {100 * level:g} % limit)"
    return ExactLimits(events, person_time, low, high, upper, level, True, text)


def patients_to_exclude(proportion: float, level: float = 0.95) -> int:
    """How many patients without an event put the upper limit at or below `proportion`.

    Raises ``ValueError`` for a proportion outside 0 to 1.

    >>> patients_to_exclude(0.10), patients_to_exclude(0.01)
    (29, 299)
    """
    if not 0 < proportion < 1:
        raise ValueError("the proportion lies between 0 and 1")
    _level(level)
    return max(1, math.ceil(math.log1p(-level) / math.log1p(-proportion) - 1e-9))


def _percent(fraction: float) -> str:
    """A limit in percent, rounded up at the third figure."""
    scale = 10 ** (2 - math.floor(math.log10(100 * fraction)))
    return f"{math.ceil(100 * fraction * scale - 1e-9) / scale:g} %"


def _level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError("a level lies between 0 and 1")


def _bad(found: str, expected: str) -> ProgramError:
    return ProgramError([Problem("safety", "counts", found, expected, "correct the count or its denominator")])
