"""CSV tables with columns that must be there and columns that may: read by name, every fault with its row.

A column that may be left out and is, is as if all its cells were empty: not known. A name that belongs to neither is a
fault, for a misspelt column would read as not known for ever.

Cannot see: a value in the wrong column that is sound there.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from proband.border import hidden_characters, read_text, shown
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.units import is_unit, nearest_unit
from proband.science import told_words
from proband.science.clinical.long_table import told
from proband.science.transcript.rna_tables import Columns, Row, number, repeated

MOST_BYTES, MOST_TEXT = 16_000_000, 1000
MOST_NUMBER = 1e18
FAILED = "failed"
"""Key of a row under which the names of its faulty columns stand: nothing else is to be said of those."""
WORDS = frozenset({"study", "species", "route"})
"""Columns with a word: a fault of it does not keep the numbers of its row from being checked."""


class Refused(ValueError):
    """A cell that can not be read, with what was expected and what to do."""

    def __init__(self, expected: str, remedy: str) -> None:
        super().__init__(expected)
        self.expected, self.remedy = expected, remedy


def text(cell: str) -> str:
    """Text of at most 1000 characters; nothing, and words such as "unknown", are nothing."""
    if len(cell) > MOST_TEXT:
        raise ValueError(cell[:60])
    return told_words.told(cell)


def day(cell: str) -> date:
    """A date as year, month and day, not in the future."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell):
        raise ValueError(cell)
    made = date.fromisoformat(cell)
    if made > date.today():
        raise ValueError(cell)
    return made


def bounded(cell: str, least: float = 0.0, most: float = MOST_NUMBER, above: bool = False) -> float:
    """A finite number within limits; `above`: the least itself is refused.

    >>> bounded("0.5"), bounded("3", most=10)
    (0.5, 3.0)
    """
    value = number(cell)
    if not least <= value <= most or (above and value == least):
        raise ValueError(cell)
    return value


def several(one: Callable[[str], Any], most: int = 60) -> Callable[[str], tuple[Any, ...]]:
    """A reader of values apart by spaces; nothing is an empty tuple."""

    def read(cell: str) -> tuple[Any, ...]:
        parts = cell.split()
        if len(parts) > most:
            raise ValueError(cell[:60])
        return tuple(one(part) for part in parts)

    return read


def unit_code(cell: str) -> str:
    """A UCUM code."""
    if not is_unit(cell):
        raise Refused("a UCUM code", nearest_unit(cell) if cell else "write the unit")
    return cell


def word_of(words: Sequence[str]) -> Callable[[str], str]:
    """A reader of one word of a closed list; the remedy names the nearest."""

    def read(cell: str) -> str:
        if cell not in words:
            expected = ", ".join(words[:6]) + (", ..." if len(words) > 6 else "")
            raise Refused(f"one of {expected}", nearest(cell, tuple(words)) if cell else "fill it in")
        return cell

    return read


def whole(cell: str) -> int:
    """A whole number from 0 to 10,000."""
    value = bounded(cell, most=10_000)
    if value != int(value):
        raise ValueError(cell)
    return int(value)


def one_or_more(cell: str) -> int:
    """A whole number from 1 to 10,000."""
    if whole(cell) == 0:
        raise ValueError(cell)
    return whole(cell)


def names_in(path: Path, column: str) -> tuple[str, ...]:
    """The cells of one column of a table that may have faults, for what refers to it."""
    content = read_text(path, "", [], MOST_BYTES)
    try:
        lines = list(csv.reader((content or "").splitlines(), strict=True))
    except csv.Error:
        return ()
    header = [c.strip() for c in lines[0]] if lines else []
    if column not in header:
        return ()
    at = header.index(column)
    return tuple(dict.fromkeys(r[at].strip() for r in lines[1:] if len(r) > at and r[at].strip()))


def read_open_rows(
    path: Path, file: str, required: Columns, optional: Columns, key: tuple[str, ...], problems: list[Problem]
) -> tuple[Row, ...]:
    """The sound rows of a table; faults are added to `problems` under the name `file`, the first 20 of a table.

    `key`: columns in which no two rows may agree. A table with a header alone is a fault: it says nothing. A cell that
    may be empty and has a fault is given back as empty, so that the rest of its row can be checked; where there are
    problems, the rows are for nothing else.
    """
    content = read_text(path, file, problems, MOST_BYTES)
    if content is None:
        return ()
    faults = hidden_characters(content, file)
    rows: list[Row] = []
    if not faults:
        try:
            lines = list(csv.reader(content.splitlines(), strict=True))
            rows = _rows(lines, file, required, optional, faults)
        except csv.Error as e:
            faults.append(Problem(file, "", str(e), "a CSV table", "save it again as CSV with a header"))
    faults += repeated(rows, file, key)
    told(faults, file, problems)
    return tuple(rows)


def _rows(lines: list[list[str]], file: str, required: Columns, optional: Columns, faults: list[Problem]) -> list[Row]:
    header = [c.strip() for c in lines[0]] if lines else []
    faults += _header_faults(header, file, required, optional)
    if faults:
        return []
    columns = {**required, **optional}
    made = []
    for line, cells in enumerate(lines[1:], start=2):
        if not any(c.strip() for c in cells):
            continue
        if len(cells) != len(header):
            found, expected = f"{len(cells)} cells", f"{len(header)} cells"
            faults.append(Problem(file, f"row {line}", found, expected, "quote cells that hold commas"))
            continue
        held = {c: x.strip() for c, x in zip(header, cells, strict=True)}
        runs = [c for c, x in held.items() if _runs(x)]
        if runs:
            remedy = "write it so that it does not begin with = + - or @"
            at = [f"row {line}, column {c}" for c in runs]
            faults += [Problem(file, place, "a spreadsheet formula", "a value", remedy) for place in at]
            continue
        row: dict[str, Any] = {FAILED: set()}
        for column, (reader, expected) in columns.items():
            cell = held.get(column, "")
            try:
                row[column] = reader(cell)
            except (ValueError, OverflowError) as e:
                found, remedy = shown(cell, 60) if cell else "nothing", "correct the cell"
                if isinstance(e, Refused):
                    expected, remedy = e.expected, e.remedy
                faults.append(Problem(file, f"row {line}, column {column}", found, expected, remedy))
                row[FAILED].add(column)
                row |= {column: reader("")} if column in optional else {column: ""} if column in WORDS else {}
        if len(row) == len(columns) + 1:
            made.append(Row(line, row))
    if not made and not faults:
        faults.append(Problem(file, "", "a table without rows", "at least one row", "fill it, or remove it"))
    return made


def _runs(cell: str) -> bool:
    """Whether a spreadsheet would run the cell."""
    if not cell or cell[0] not in "=+-@" or cell == "-":
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


def _header_faults(header: list[str], file: str, required: Columns, optional: Columns) -> list[Problem]:
    known = (*required, *optional)
    missing = [c for c in required if c not in header]
    if len(header) == 1 and ";" in header[0]:
        return [Problem(file, "row 1", "cells apart by semicolons", "commas", "save it as CSV with commas")]
    if not header or len(missing) == len(required):
        found = shown(",".join(header), 80) if header else "no header"
        return [Problem(file, "row 1", found, ",".join(required), "begin with the column names")]
    faults = [
        Problem(file, "row 1", f"no column {c}", "this column", "add it; leave cells empty where not known")
        for c in missing
    ]
    for c in sorted({c for c in header if header.count(c) > 1}):
        faults.append(Problem(file, "row 1", f"column {shown(c, 60)} twice", "each once", "remove one"))
    for c in header:
        if c not in known:
            faults.append(Problem(file, "row 1", f"column {shown(c, 60)}", "a column of this table", nearest(c, known)))
    return faults
