"""Long clinical tables as plain values: which observations lie before a first dose, and how they spread.

Cannot see: whether observations are comparable in method or setting; that is in the table's source column.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Observation:
    """One row of a long table; `value` is None where the cell is empty or text."""

    subject: str
    day: float
    parameter: str
    value: float | None
    unit: str
    below_limit: bool


def read_long(path: Path) -> list[Observation]:
    """The rows of a long table that has passed the folder's checks.

    Raises ``ValueError`` where a day is not a number.
    """
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle)
        columns = [name.strip() for name in next(reader, [])]
        return [_observation(dict(zip(columns, row, strict=True))) for row in reader if row]


def _observation(row: dict[str, str]) -> Observation:
    cell = row["value"].strip()
    numeric = bool(cell) and row["unit"].strip() != "{text}"
    return Observation(
        row["subject"].strip(),
        float(row["day"]),
        row["parameter"].strip(),
        float(cell) if numeric else None,
        row["unit"].strip(),
        row["below_limit"].strip() == "yes",
    )


def first_day(doses: Sequence[Observation], subject: str) -> float | None:
    """The day of a subject's first dose, or None.

    >>> first_day([Observation("a", 208.0, "x", 0.1, "mg/kg", False)], "a")
    208.0
    """
    days = [d.day for d in doses if d.subject == subject and d.value is not None and d.value > 0]
    return min(days) if days else None


def before(observations: Sequence[Observation], subject: str, parameter: str, day: float) -> list[Observation]:
    """A subject's observations of a parameter before a day, in order of time; values below the limit count."""
    chosen = [
        o
        for o in observations
        if o.subject == subject and o.parameter == parameter and o.day < day and o.value is not None
    ]
    return sorted(chosen, key=lambda o: o.day)
