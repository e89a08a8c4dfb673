"""Doses, events, visits and missed measurements as typed values, and the record of all subjects together.

Cannot see: doses, events or visits that were not written down. An empty list of events means that none is recorded,
not that none happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from proband.science.clinical.care import CareCourse
from proband.science.clinical.series import Series


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose as given: day, product, amount in `unit`. ``amount`` None: given, and how much is not a number; 0: not."""

    subject: str
    day: float
    product: str
    amount: float | None
    unit: str
    text: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """An event: its day, its name, what the table says of it; `end`, `grade` and `serious` where given."""

    subject: str
    day: float
    name: str
    text: str = ""
    end: float | None = None
    grade: int | None = None
    serious: bool | None = None
    count: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit: its day, its name, whether it was held (None: the table does not say), the day that was planned."""

    subject: str
    day: float
    name: str
    held: bool | None = None
    planned: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """A row of a measurement without a value: somebody looked, or should have, and there is no result."""

    subject: str
    day: float
    parameter: str
    reason: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A measurement that the table gives as text alone: kept to be shown, never a number."""

    subject: str
    day: float
    parameter: str
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class ClinicalRecord:
    """Everything that clinical tables hold, in order of subject, parameter and day.

    `series` by subject and parameter; `care` by subject and what was given.
    """

    series: Mapping[tuple[str, str], Series]
    doses: tuple[Dose, ...] = ()
    care: Mapping[tuple[str, str], CareCourse] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    visits: tuple[Visit, ...] = ()
    missed: tuple[Missed, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def subjects(self) -> tuple[str, ...]:
        """Every subject that any table names."""
        rows = (*self.doses, *self.events, *self.visits, *self.missed, *self.notes)
        return tuple(sorted({s for s, _ in (*self.series, *self.care)} | {r.subject for r in rows}))

    def of(self, subject: str, parameter: str) -> Series | None:
        """A subject's series of a parameter, or None where there is no value."""
        return self.series.get((subject, parameter))

    def first_dose(self, subject: str) -> float | None:
        """The day of a subject's first dose that is not 0, or None."""
        return min((d.day for d in self.doses if d.subject == subject and d.amount != 0), default=None)
