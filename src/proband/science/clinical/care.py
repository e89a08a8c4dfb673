"""Concomitant care over time: diet, rescue drugs, transplant, as levels or as on and off, at any day.

A level holds from its row until the next row of the same name. **Before the first row nothing is known**: care that
was not written down is not care that was not given. A level after the last row holds only until `until`, where the
record ends. Text that is neither a start nor a stop is shown, and gives no number.

Cannot see: changes between two rows; how a drug was taken.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

STARTS = frozenset({"started", "start", "on", "given", "restarted", "transplanted"})
STOPS = frozenset({"stopped", "stop", "off", "none", "not given"})
"""Words of a text row that say that care is given, or not, from that day on."""


@dataclass(frozen=True, slots=True)
class CareRow:
    """What holds from a day on: `given` (None: not said), `level` in the course's unit (None: not a number).

    `end`: the day on which it stopped, where the row itself says so.
    """

    day: float
    given: bool | None
    level: float | None = None
    text: str = ""
    end: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class CareState:
    """What is known of one kind of care on one day. ``given is None``: not known, which is not "no"."""

    given: bool | None
    level: float | None
    because: str


@dataclass(frozen=True, slots=True)
class CareCourse:
    """The rows of one kind of care of one subject, in order of time; `unit` is empty for on and off.

    `until`: the day at which the record ends, inf where it is not stated.
    """

    subject: str
    name: str
    unit: str
    rows: tuple[CareRow, ...]
    until: float = math.inf

    def at(self, day: float) -> CareState:
        """What is known on a day. A day on which a row lies has what that row says.

        >>> c = course("a", "scavenger", "mL/m2/d", [CareRow(1, True, 8.0), CareRow(242, True, 10.8)])
        >>> c.at(200).level, c.at(242).level, c.at(0).given is None
        (8.0, 10.8, True)
        """
        if day > self.until:
            return CareState(None, None, "after the end of the record")
        k = bisect_right([r.day for r in self.rows], day) - 1
        if k < 0:
            return CareState(None, None, "before the first row")
        row = self._lasting(k, day)
        if row.end is not None and day >= row.end:
            return CareState(False, 0.0 if self.unit else None, f"ended on day {row.end:g}")
        level = 0.0 if row.given is False and self.unit else row.level
        return CareState(row.given, level, row.text or f"since day {row.day:g}")

    def _lasting(self, k: int, day: float) -> CareRow:
        """The last row that began, or an earlier one that still lasts where the last one ended (on and off alone)."""
        if self.rows[k].end is None or day < (self.rows[k].end or 0.0):
            return self.rows[k]
        return next((r for r in self.rows[:k][::-1] if r.end is not None and r.end > day), self.rows[k])

    def levels(self, days: Sequence[float]) -> np.ndarray:
        """The covariate at each day (len(days),): the level, or 1 and 0 for on and off; nan where it is not known.

        >>> course("a", "diet", "", [CareRow(5, True)]).levels([4, 5]).tolist()
        [nan, 1.0]
        """
        import numpy as np

        return np.array([self._number(self.at(d)) for d in days], dtype=float)

    def _number(self, state: CareState) -> float:
        value = state.level if self.unit else None if state.given is None else float(state.given)
        return math.nan if value is None else value

    def changes(self, after: float = -math.inf) -> tuple[float, ...]:
        """Days later than `after` on which level or state differs from what held before; a first row is a change.

        >>> course("a", "d", "mg", [CareRow(1, True, 2.0), CareRow(9, True, 2.0), CareRow(12, False)]).changes()
        (1, 12)
        """
        days = sorted({r.day for r in self.rows} | {r.end for r in self.rows if r.end is not None})
        found, before = [], CareState(None, None, "")
        for day in days:
            now = self.at(day)
            if (now.given, now.level) != (before.given, before.level):
                found.append(day)
            before = now
        return tuple(d for d in found if d > after)


def course(subject: str, name: str, unit: str, rows: Sequence[CareRow], until: float = math.inf) -> CareCourse:
    """A course of care in order of time.

    Raises ``ValueError`` for two rows of one day, where care ends before it began, and for levels that overlap.
    """
    ordered = tuple(sorted(rows, key=lambda r: r.day))
    for k, row in enumerate(ordered):
        following = ordered[k + 1].day if k + 1 < len(ordered) else math.inf
        if following == row.day:
            raise ValueError(f"{subject}, {name}: two rows for day {row.day:g}")
        if row.end is not None and (row.end <= row.day or (unit and row.end > following)):
            raise ValueError(f"{subject}, {name}: day {row.day:g} to {row.end:g} ends before it begins or overlaps")
    return CareCourse(subject, name, unit, ordered, until)


def given_of(text: str) -> bool | None:
    """Whether a text row says that care is given from its day on; None where it says neither.

    >>> given_of("started"), given_of("Stopped"), given_of("72 mg twice a day")
    (True, False, None)
    """
    word = text.strip().casefold()
    return True if word in STARTS else False if word in STOPS else None
