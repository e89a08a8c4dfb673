"""One parameter of one subject over time, with what is known of each value: measured, below or above a limit.

A value below the limit of its assay is never a number: it is an interval, from the least possible value to the limit.
Whoever fits a model reads `bounds` (or `Arrays.low` and `Arrays.high`); whoever needs a plain number for each value
finds none, on purpose. A series that can not carry a conclusion is not empty but flagged, with the reason.

Cannot see: whether two laboratories or two methods gave the values; that is in the source of each row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


class Bound(StrEnum):
    """What a stored number says of the value: it is the value, or the value lies below or above it."""

    MEASURED = "measured"
    BELOW = "below"
    ABOVE = "above"


class Flag(StrEnum):
    """Why a series can not carry what a series usually carries. Closed; each has its sentence in `FLAGS`."""

    ALL_CENSORED = "all_censored"
    ONE_OBSERVATION = "one_observation"
    ONE_DAY = "one_day"
    CONSTANT = "constant"
    SEVERAL_LIMITS = "several_limits"
    SEVERAL_SOURCES = "several_sources"
    CONVERTED = "converted"


FLAGS = {
    Flag.ALL_CENSORED: "every value lies beyond a limit of its assay: a level or a change can only be bounded",
    Flag.ONE_OBSERVATION: "there is one value: neither change nor spread can be told",
    Flag.ONE_DAY: "all values are of one day: change can not be told",
    Flag.CONSTANT: "all measured values are equal: their spread is not known to be zero",
    Flag.SEVERAL_LIMITS: "the limit of the assay changed: values near it are not all alike",
    Flag.SEVERAL_SOURCES: "the values come from more than one source: a change may be one of method",
    Flag.CONVERTED: "some values were converted from another unit",
}
NOT_A_SERIES = (Flag.ALL_CENSORED, Flag.ONE_OBSERVATION, Flag.ONE_DAY)
"""Flags with which no change over time may be estimated."""


@dataclass(frozen=True, slots=True)
class Point:
    """A value on a day. With `bound` BELOW or ABOVE, `value` is the limit and the value itself is not known.

    `source`: as the table states it, document before the first semicolon; `row`: file and row, for tracing.
    """

    day: float
    value: float
    bound: Bound = Bound.MEASURED
    source: str = ""
    row: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.day) or not math.isfinite(self.value):
            raise ValueError(f"day {self.day}, value {self.value}: not finite")


@dataclass(frozen=True, slots=True)
class Arrays:
    """A series as arrays of one length: days, limits of each value, and whether it was measured.

    ``low == high`` where measured; ``low = floor`` below a limit; ``high = inf`` above one.
    """

    day: np.ndarray
    low: np.ndarray
    high: np.ndarray
    measured: np.ndarray


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one parameter of one subject, in one unit, in order of time, at most one per day given.

    Build it with `series`, which orders and checks. `converted`: how many values came in another unit.
    """

    subject: str
    parameter: str
    unit: str
    points: tuple[Point, ...]
    converted: int = 0

    @property
    def n(self) -> int:
        """Values, censored ones included."""
        return len(self.points)

    @property
    def censored(self) -> int:
        """Values that lie beyond a limit."""
        return sum(p.bound is not Bound.MEASURED for p in self.points)

    @property
    def span(self) -> float:
        """Days from the first to the last value; 0 for fewer than two."""
        return self.points[-1].day - self.points[0].day if self.points else 0.0

    @property
    def days(self) -> tuple[float, ...]:
        """The day of each value."""
        return tuple(p.day for p in self.points)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What is to be said of the series wherever it is used; see `FLAGS` for the sentences."""
        return tuple(_flags(self))

    def lacking(self, least: int = 2) -> str:
        """Why no change over time may be estimated from the series, in words; empty where it may.

        `least`: measured values that the caller needs.

        >>> series("a", "x", "g/L", [Point(0, 1.0, Bound.BELOW), Point(7, 1.0, Bound.BELOW)]).lacking()
        'every value lies beyond a limit of its assay: a level or a change can only be bounded'
        """
        if not self.points:
            return "there is no value"
        for flag in self.flags:
            if flag in NOT_A_SERIES:
                return FLAGS[flag]
        measured = self.n - self.censored
        return f"{measured} measured values, {least} are needed" if measured < least else ""

    def part(self, start: float = -math.inf, stop: float = math.inf) -> Series:
        """The values with ``start <= day < stop`` (days): parts before and after a day never overlap.

        >>> s = series("a", "x", "g/L", [Point(0, 1.0), Point(7, 2.0)])
        >>> s.part(stop=7).n, s.part(start=7).n
        (1, 1)
        """
        chosen = tuple(p for p in self.points if start <= p.day < stop)
        return Series(self.subject, self.parameter, self.unit, chosen, min(self.converted, len(chosen)))

    def arrays(self, floor: float = -math.inf) -> Arrays:
        """The series as arrays (n,); `floor` is the least possible value, 0 for a concentration.

        >>> a = series("a", "x", "g/L", [Point(0, 1.0, Bound.BELOW), Point(7, 2.0)]).arrays(floor=0.0)
        >>> a.low.tolist(), a.high.tolist()
        ([0.0, 2.0], [1.0, 2.0])
        """
        import numpy as np

        value = np.array([p.value for p in self.points], dtype=float)
        below = np.array([p.bound is Bound.BELOW for p in self.points], dtype=bool)
        above = np.array([p.bound is Bound.ABOVE for p in self.points], dtype=bool)
        if np.any(below & (value <= floor)):
            raise ValueError(
                f"{self.subject}, {self.parameter}: a limit at or below the least possible value {floor:g}"
            )
        low, high = np.where(below, floor, value), np.where(above, np.inf, value)
        return Arrays(np.array(self.days, dtype=float), low, high, ~(below | above))


def series(subject: str, parameter: str, unit: str, points: Sequence[Point], converted: int = 0) -> Series:
    """A series in order of time.

    Raises ``ValueError`` where a day holds two values: which of them counts is for a person to say.

    >>> series("a", "x", "g/L", [Point(7, 2.0), Point(0, 1.0)]).days
    (0, 7)
    """
    ordered = tuple(sorted(points, key=lambda p: p.day))
    for a, b in pairwise(ordered):
        if a.day == b.day:
            raise ValueError(f"{subject}, {parameter}: two values on day {a.day:g}")
    return Series(subject, parameter, unit, ordered, converted)


def _flags(one: Series) -> list[Flag]:
    points = one.points
    measured = [p for p in points if p.bound is Bound.MEASURED]
    limits = {(p.bound, p.value) for p in points if p.bound is not Bound.MEASURED}
    found = {
        Flag.ALL_CENSORED: bool(points) and not measured,
        Flag.ONE_OBSERVATION: len(points) == 1,
        Flag.ONE_DAY: len(points) > 1 and math.floor(points[0].day) == math.floor(points[-1].day),
        Flag.CONSTANT: len(measured) > 1 and len({p.value for p in measured}) == 1,
        Flag.SEVERAL_LIMITS: len(limits) > len({b for b, _ in limits}),
        Flag.SEVERAL_SOURCES: len({p.source.split(";")[0] for p in points}) > 1,
        Flag.CONVERTED: one.converted > 0,
    }
    return [flag for flag, holds in found.items() if holds]
