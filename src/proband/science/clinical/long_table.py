"""Rows of the folder's long tables with typed cells; every fault with its row and column.

Cannot see: spreadsheet formulas and unknown patients (the folder's check tells those).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from proband.border import hidden_characters, read_text, shown
from proband.core.errors import Problem
from proband.core.units import is_unit, nearest_unit
from proband.science.clinical.series import Bound

COLUMNS = ("subject", "day", "parameter", "value", "unit", "below_limit", "source")
"""Columns that every table has; `above_limit` and others may follow."""
TEXT = "{text}"
MOST_BYTES = 32_000_000
MOST_PROBLEMS = 20
MOST_DAYS = 200 * 366.0
"""Days, either way, beyond which a day is a date or a typing error."""


@dataclass(frozen=True, slots=True)
class LongRow:
    """One row: `value` None where the cell is empty or text; `text` where the unit is {text}; `more`: other columns."""

    file: str
    line: int
    subject: str
    day: float
    parameter: str
    value: float | None
    text: str
    unit: str
    bound: Bound
    source: str
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def row(self) -> str:
        """File and row, for people."""
        return f"{self.file} row {self.line}"


def read_long_rows(path: Path, name: str, problems: list[Problem]) -> list[LongRow]:
    """The sound rows of a long table; faults are added to `problems` under `name`, the first 20 of a table."""
    faults: list[Problem] = []
    text = read_text(path, name, faults, MOST_BYTES)
    rows: list[LongRow] = []
    if text is not None:
        faults += hidden_characters(text, name)
    if text is not None and not faults:
        try:
            rows = _rows(list(csv.reader(text.splitlines(), strict=True)), name, faults)
        except csv.Error as e:
            faults.append(Problem(name, "", str(e), "a CSV table", "save it again as CSV with a header"))
    told(faults, name, problems)
    return rows


def told(faults: Sequence[Problem], name: str, problems: list[Problem]) -> None:
    """Add the first faults of a table to the problems, and a count of the rest."""
    problems += faults[:MOST_PROBLEMS]
    rest = len(faults) - MOST_PROBLEMS
    if rest > 0:
        problems.append(Problem(name, "", f"{rest} more problems of this table", "none", "mend those above first"))


def finite(text: str) -> float | None:
    """A finite number in plain digits, or None.

    >>> finite("12.5"), finite("12,5"), finite("nan")
    (12.5, None, None)
    """
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _rows(lines: list[list[str]], name: str, faults: list[Problem]) -> list[LongRow]:
    header = [c.strip() for c in lines[0]] if lines else []
    missing = [c for c in COLUMNS if c not in header]
    twice = sorted({c for c in header if header.count(c) > 1})
    if missing or twice:
        found = f"no column {', '.join(missing)}" if missing else f"columns twice: {', '.join(twice)}"
        faults.append(Problem(name, "row 1", found, ", ".join(COLUMNS) + ", each once", "correct the header"))
        return []
    made = []
    for line, cells in enumerate(lines[1:], start=2):
        if not cells:
            continue
        if len(cells) != len(header):
            found, expected = f"{len(cells)} cells", f"{len(header)} cells"
            faults.append(Problem(name, f"row {line}", found, expected, "quote cells that hold commas"))
            continue
        row = _row({c: x.strip() for c, x in zip(header, cells, strict=True)}, name, line, faults)
        made += [row] if row else []
    return made


def _row(cells: Mapping[str, str], name: str, line: int, faults: list[Problem]) -> LongRow | None:
    before = len(faults)

    def fault(column: str, expected: str, remedy: str) -> None:
        found = shown(cells.get(column, "")) if cells.get(column) else "nothing"
        faults.append(Problem(name, f"row {line}, column {column}", found, expected, remedy))

    day, value, unit = finite(cells["day"]), finite(cells["value"]), cells["unit"]
    for column in ("subject", "parameter"):
        if not cells[column]:
            fault(column, "a name", "fill it in")
    if day is None or abs(day) > MOST_DAYS:
        fault("day", "a number of days within 200 years", "count days from the origin of the program's tables")
    if not is_unit(unit):
        fault("unit", "a UCUM code", nearest_unit(unit))
    if unit != TEXT and cells["value"] and value is None:
        fault("value", "a finite number with a decimal point", "write 12.5; text has the unit {text}")
    bound = _bound(cells, value, fault)
    if len(faults) > before or day is None:
        return None
    text = cells["value"] if unit == TEXT else ""
    more = {c: x for c, x in cells.items() if c not in COLUMNS and x}
    number = None if unit == TEXT else value
    return LongRow(
        name, line, cells["subject"], day, cells["parameter"], number, text, unit, bound, cells["source"], more
    )


def _bound(cells: Mapping[str, str], value: float | None, fault) -> Bound:  # type: ignore[no-untyped-def]
    below, above = cells["below_limit"], cells.get("above_limit", "")
    for column, word in (("below_limit", below), ("above_limit", above)):
        if word not in ("", "yes", "no"):
            fault(column, "yes, no or empty", "write yes when the value is the limit of the assay")
    if "yes" not in (below, above):
        return Bound.MEASURED
    if below == above:
        fault("above_limit", "yes in at most one of below_limit and above_limit", "clear one")
    if cells["unit"] == TEXT or value is None:
        fault("value", "the limit of the assay, a number", "write the limit as the value")
    elif below == "yes" and value == 0:
        fault("value", "the limit of the assay, not 0", "write the limit: what lies below it is not zero")
    return Bound.BELOW if below == "yes" else Bound.ABOVE
