"""Long clinical tables as plain values: which observations lie before a first dose, and how they spread.

Cannot see: whether observations are comparable in method or setting; that is in the table's source column.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from proband.core.units import convert


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
    """The rows of a long table that has passed the folder's checks, each parameter in the unit of its first row.

    Raises ``ValueError`` where a day is not a number, and where units of one parameter do not convert.
    """
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle)
        columns = [name.strip() for name in next(reader, [])]
        rows = [_observation(dict(zip(columns, row, strict=True))) for row in reader if row]
    return in_one_unit(rows)


def in_one_unit(rows: Sequence[Observation]) -> list[Observation]:
    """Each parameter in the unit of its first row that has a number, converted exactly; text rows as they are.

    Raises ``UnitError`` (a ``ValueError``) where units do not convert.

    >>> rows = [Observation("a", d, "nh3", v, u, False) for d, v, u in ((1, 20.0, "umol/L"), (2, 0.03, "mmol/L"))]
    >>> [o.value for o in in_one_unit(rows)]
    [20.0, 30.0]
    """
    units: dict[str, str] = {}
    made = []
    for o in rows:
        if o.value is not None:
            unit = units.setdefault(o.parameter, o.unit)
            if unit != o.unit:
                o = replace(o, value=convert(o.value, o.unit, unit), unit=unit)
        made.append(o)
    return made


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
