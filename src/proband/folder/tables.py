"""CSV tables from strangers: read row by row, every fault with its row and column.

A cell that a spreadsheet would run as a formula is refused: such a table would be passed on.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from proband.border import hidden, shown
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.units import is_unit, nearest_unit, relation, why_different
from proband.folder.layout import LONG_COLUMNS

MOST_PROBLEMS = 20
"""Problems listed of one table; the rest are counted."""
MOST_CELL = 10_000
MOST_ROWS = 200_000
SEVERAL_A_DAY = ("dosing.csv", "care.csv", "events.csv", "visits.csv")
"""Tables in which one name may stand several times on a day."""


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row by column name; `line` is its 1-based number in the file, header included."""

    line: int
    cells: Mapping[str, str]


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would run the cell.

    >>> is_formula("=1+1"), is_formula("-3.5"), is_formula("@cmd")
    (True, False, True)
    """
    text = cell.lstrip(" ")
    if not text or text[0] not in "=+-@\t\r":
        return False
    try:
        float(text)
    except ValueError:
        return text not in ("-", "+")
    return False


def _unfit(cell: str) -> bool:
    return is_formula(cell) or len(cell) > MOST_CELL or bool(hidden(cell)) or any(ord(x) < 32 for x in cell)


def read_csv(path: Path, name: str, problems: list[Problem]) -> list[CsvRow]:
    """All sound rows of a CSV with a header; faults are added to `problems`."""
    faults: list[Problem] = []
    rows: list[CsvRow] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = list(_rows(csv.reader(handle, strict=True), name, faults))
    except UnicodeDecodeError as e:
        faults.append(
            Problem(name, f"byte {e.start + 1}", "bytes that are not UTF-8", "UTF-8 text", "save the file as UTF-8")
        )
    except (csv.Error, OSError) as e:
        faults.append(Problem(name, "", str(e), "a CSV table", "save it again as CSV with a header"))
    problems.extend(shortened(faults, name))
    return rows


def shortened(faults: list[Problem], name: str) -> list[Problem]:
    """The first faults of a table, and a count of the rest."""
    if len(faults) <= MOST_PROBLEMS:
        return faults
    rest = len(faults) - MOST_PROBLEMS
    return [
        *faults[:MOST_PROBLEMS],
        Problem(name, "", f"{rest} more problems of this table", "none", "mend those above first"),
    ]


def _rows(reader: Iterator[list[str]], name: str, faults: list[Problem]) -> Iterator[CsvRow]:
    header = next(reader, None)
    if not header or not any(h.strip() for h in header):
        faults.append(Problem(name, "row 1", "no header", "a row of column names", "add the column names"))
        return
    columns = [h.strip() for h in header]
    unfit = [h for h in columns if _unfit(h)]
    if unfit:
        faults.append(Problem(name, "row 1", shown(unfit[0]), "plain column names", "rename the column"))
        return
    if len(columns) == 1 and ";" in columns[0]:
        faults.append(Problem(name, "row 1", "cells apart by semicolons", "commas", "save it as CSV with commas"))
        return
    twice = sorted({c for c in columns if columns.count(c) > 1})
    if twice:
        faults.append(Problem(name, "row 1", f"columns twice: {', '.join(twice)}", "each once", "rename one"))
        return
    for number, row in enumerate(reader, start=2):
        if not row:
            continue
        if number > MOST_ROWS:
            faults.append(Problem(name, f"row {number}", "more rows", f"at most {MOST_ROWS:,}", "split the table"))
            return
        at = f"row {number}"
        if len(row) != len(columns):
            faults.append(
                Problem(name, at, f"{len(row)} cells", f"{len(columns)} cells", "quote cells that hold commas")
            )
            continue
        bad = [c for c, cell in zip(columns, row, strict=True) if _unfit(cell)]
        for column in bad:
            faults.append(
                Problem(
                    name,
                    f"{at}, column {column}",
                    "a spreadsheet formula, a control character or an overlong cell",
                    "a plain value",
                    "paste the value, not the formula",
                )
            )
        if not bad:
            yield CsvRow(number, {c: cell.strip() for c, cell in zip(columns, row, strict=True)})


def check_long(
    rows: list[CsvRow],
    name: str,
    subjects: frozenset[str] | None,
    problems: list[Problem],
    units: dict[str, tuple[str, str]] | None = None,
) -> None:
    """Check a long table: columns, known subjects, days, values, units that convert, no row and no value twice.

    `units`: the first unit of each parameter and where it stood, shared by tables of one kind; filled here.
    """
    if not rows:
        return
    missing = [c for c in LONG_COLUMNS if c not in rows[0].cells]
    if missing:
        problems.append(
            Problem(
                name,
                "row 1",
                f"no column {', '.join(missing)}",
                ", ".join(LONG_COLUMNS),
                "add the columns; leave cells empty where not known",
            )
        )
        return
    faults: list[Problem] = []
    units = {} if units is None else units
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        at = f"row {row.line}"
        faults += [
            Problem(name, f"{at}, column {c}", f, e, r)
            for c, f, e, r in _cell_faults(row, subjects, name.endswith("dosing.csv"))
        ]
        faults += _unit_faults(row, name, units)
        key = tuple(row.cells.values())
        if key in seen:
            faults.append(Problem(name, at, f"the same row as row {seen[key]}", "each row once", "remove it"))
        seen.setdefault(key, row.line)
    if not name.endswith(SEVERAL_A_DAY):
        faults += _values_twice(rows, name)
    problems.extend(shortened(faults, name))


def _unit_faults(row: CsvRow, name: str, units: dict[str, tuple[str, str]]) -> Iterator[Problem]:
    """A unit that does not convert to the first one of its parameter. Text beside numbers is no other unit."""
    parameter, unit = row.cells["parameter"], row.cells["unit"]
    if not is_unit(unit) or unit == "{text}":
        return
    first, where = units.setdefault(parameter, (unit, f"{name} row {row.line}"))
    if relation(unit, first) in ("different", "molar_mass"):
        yield Problem(
            name,
            f"row {row.line}, column unit",
            unit,
            f"a unit that converts to {first}, as in {where} for {parameter}",
            f"convert the values to one unit: {why_different(unit, first)}",
        )


def _values_twice(rows: list[CsvRow], name: str) -> Iterator[Problem]:
    """Two numbers of one parameter of one subject on one day: which of them counts is for a person to say."""
    seen: dict[tuple[str, float, str], CsvRow] = {}
    for row in rows:
        day, value = _number(row.cells["day"]), _number(row.cells["value"])
        if day is None or value is None or row.cells["unit"] == "{text}":
            continue
        first = seen.setdefault((row.cells["subject"], day, row.cells["parameter"]), row)
        if first is not row and first.cells != row.cells:
            yield Problem(
                name,
                f"row {row.line}",
                f"a second value of {row.cells['parameter']} on day {day:g}, as in row {first.line}",
                "one value for each subject, day and parameter",
                "give the time as a fraction of the day, or keep the value that counts",
            )


def _cell_faults(row: CsvRow, subjects: frozenset[str] | None, doses: bool) -> Iterator[tuple[str, str, str, str]]:
    cells = row.cells
    if subjects is not None and cells["subject"] not in subjects:
        yield (
            "subject",
            cells["subject"] or "nothing",
            "a patient of program.toml",
            nearest(cells["subject"], tuple(subjects)),
        )
    if not cells["subject"]:
        yield "subject", "nothing", "a pseudonym", "name the subject"
    if _number(cells["day"]) is None:
        yield "day", cells["day"] or "nothing", "a number of days", "give the day relative to one origin"
    if not cells["parameter"]:
        yield "parameter", "nothing", "what was measured", "name it"
    numeric = cells["unit"] != "{text}"
    if numeric and cells["value"] and _number(cells["value"]) is None:
        yield "value", cells["value"], "a number with a decimal point", "write 12.5, not 12,5; text has unit {text}"
    if doses and (_number(cells["value"]) or 0.0) < 0:
        yield "value", cells["value"], "a dose of 0 or more", "correct the value"
    if not is_unit(cells["unit"]):
        yield "unit", cells["unit"] or "nothing", "a UCUM code", nearest_unit(cells["unit"])
    for column in ("below_limit", "above_limit"):
        word = cells.get(column, "")
        if word not in ("", "yes", "no"):
            yield column, word, "yes, no or empty", "write yes when the value is the limit of the assay"
        if word == "yes" and numeric and not cells["value"]:
            yield "value", "nothing", "the limit of the assay", "write the limit as the value"
    if cells["below_limit"] == "yes" and cells.get("above_limit") == "yes":
        yield "above_limit", "yes, and below_limit yes", "at most one of them", "clear one"


def plain_number(text: str) -> float:
    """A number in plain ASCII digits; raises ``ValueError`` for anything else.

    >>> plain_number("1e3")
    1000.0
    """
    value = float(text) if text.isascii() and "_" not in text else math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a number")
    return value


def _number(text: str) -> float | None:
    try:
        return plain_number(text)
    except ValueError:
        return None
