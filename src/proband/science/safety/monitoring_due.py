"""When tests of a monitoring plan are due for each patient, and which of them were made.

A day counted from a dose that falls on or after the next dose belongs to that dose's own schedule. Windows end with the
day of the next dose, those of a test before the dose with the day of that dose. A test that was due and has no value
in its window is missing, never normal; whether a window has closed is told by the data cut alone, and without one it
is not known.

Cannot see: values that were never entered, and whether a value in the window was taken for this purpose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import floor

from proband.core.errors import Problem, ProgramError
from proband.science.clinical.long_table import LongRow
from proband.science.follow_up.observed import Observed
from proband.science.safety.monitoring_plan import FILE, Monitoring, Test
from proband.science.told_words import result

MOST_DUE = 20_000


class Made(StrEnum):
    """What became of a test that was due."""

    DONE = "done"
    MISSING = "missing"
    OPEN = "window_open"
    TO_COME = "to_come"
    NOT_TOLD = "not_told"


@dataclass(frozen=True, slots=True)
class Due:
    """A test on a day, with its window (both ends included); `after` names what the day is counted from."""

    test: str
    subject: str
    after: str
    day: float
    low: float
    high: float
    made: Made
    rows: tuple[LongRow, ...] = ()

    @property
    def name(self) -> str:
        """Subject, test and day, for people.

        >>> Due("alt", "P1", "dose 1", 201.0, 200.0, 203.0, Made.OPEN).name
        'P1: alt on day 201 (dose 1)'
        """
        return f"{self.subject}: {self.test} on day {self.day:g} ({self.after})"


def due(
    plan: Monitoring, seen: Observed, subject: str, last: float | None, day_zero: date | None
) -> tuple[tuple[Due, ...], tuple[str, ...]]:
    """Every test of the plan that is due for a subject, in order of day, and what could not be placed.

    `last`: the last day that the tables can hold, None where it is not known; `day_zero`: the date of day 0. Raises
    ``ProgramError`` for a plan of more tests than anybody would make.
    """
    doses = seen.dose_days(subject)
    made: list[Due] = []
    not_placed: list[str] = []
    for test in plan.test:
        if test.on and day_zero is None:
            not_placed.append(f"{test.id} on dates: program.toml states no day_zero")
        for after, day, until in _days(test, doses, day_zero):
            low, high = day + test.window[0], min(day + test.window[1], until)
            rows = seen.between(subject, test.parameter, low, min(floor(high) + 0.999, until))  # up to its evening
            made.append(Due(test.id, subject, after, day, low, high, made_of(rows, low, high, last), rows))
            if len(made) > MOST_DUE:
                found = f"more than {MOST_DUE:,} tests for {subject}"
                raise ProgramError(
                    [Problem(FILE, f"test {test.id}", found, "fewer", "test less often, or for less time")]
                )
    return tuple(sorted(made, key=lambda d: (d.day, d.test, d.after))), tuple(not_placed)


def _days(test: Test, doses: tuple[float, ...], day_zero: date | None) -> Iterator[tuple[str, float, float]]:
    """What a day is counted from, the day, and the last day that still belongs to it."""
    for number, dose in enumerate(doses, start=1):
        following = doses[number] if number < len(doses) else float("inf")
        before = doses[number - 2] if number > 1 else float("-inf")
        for day in test.days_from_each_dose:
            if dose + day < following and (day >= 0 or dose + day > before):
                yield f"dose {number}", dose + day, following if day >= 0 else dose
    if test.every is not None and doses:
        for day in range(test.every.from_day, test.every.until_day + 1, test.every.days):
            yield "last dose", doses[-1] + day, float("inf")
    if day_zero is not None:
        for on in test.on:
            yield on.isoformat(), float((on - day_zero).days), float("inf")


def made_of(rows: Sequence[LongRow], low: float, high: float, last: float | None) -> Made:
    """What became of something due in a window of days, by the rows in it and the last day that the tables can hold.

    >>> made_of([], 10.0, 20.0, 15.0), made_of([], 10.0, 20.0, 20.0), made_of([], 10.0, 20.0, None)
    (<Made.OPEN: 'window_open'>, <Made.MISSING: 'missing'>, <Made.NOT_TOLD: 'not_told'>)
    """
    if any(r.value is not None or result(r.text) for r in rows):
        return Made.DONE
    if last is None:
        return Made.NOT_TOLD
    if last < low:
        return Made.TO_COME
    return Made.MISSING if last >= high else Made.OPEN
