"""A CSV table of a panel, read as text from a stranger: known columns, whole rows, no hidden characters, no formulas.

Faults are added to the caller's list, so that a sheet is mended in one round. The same reader serves the sheet of
samples and the table of sites.

Cannot see: whether a value is true; meaning is checked by `sheet` and `sheet_sites`.
"""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proband.border import hidden_characters, read_text, shown
from proband.core.errors import Problem
from proband.core.kinds import nearest

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+:-]{0,79}\Z")
"""Names of samples and sites: they stand in tables, figures and the header of a VCF."""
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `cells` by column, stripped, "" where a column is not there; `at` names it for a message."""

    file: str
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def problem(self, column: str, expected: str, remedy: str, found: str = "") -> Problem:
        """A problem of a cell of this row."""
        place = f"row {self.line}" + (f", column {column}" if column else "")
        return Problem(self.file, place, found or shown(self[column]), expected, remedy)

    def number(self, column: str, least: float, problems: list[Problem], whole: bool = False) -> float | None:
        """The number of a cell, at least `least`; None where it is empty, or is no such number (then a problem)."""
        text = self[column]
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or value < least or (whole and value != int(value)):
            kind = "a whole number" if whole else "a number with a decimal point"
            problems.append(self.problem(column, f"{kind}, {least:g} or more", "correct it, or leave the cell empty"))
            return None
        return value


def read_rows(
    path: Path,
    known: Sequence[str],
    needed: Sequence[str],
    problems: list[Problem],
    twin: Mapping[str, str] | None = None,
) -> tuple[list[Row], str]:
    """The rows of a CSV and the SHA-256 digest of its bytes; faults are added to `problems`.

    `twin` gives other names of columns, such as guide for spacer.
    """
    text = read_text(path, path.name, problems)
    if text is None:
        return [], ""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    unseen = hidden_characters(text, path.name)
    if unseen:
        problems.extend(unseen)
        return [], digest
    try:
        lines = list(csv.reader(text.splitlines(), strict=True))
    except csv.Error as e:
        problems.append(Problem(path.name, "", str(e), "a CSV table", "save it again as CSV"))
        return [], digest
    header = [(twin or {}).get(c.strip(), c.strip()) for c in lines[0]] if lines else []
    faults = _header_faults(path.name, header, known, needed)
    problems.extend(faults)
    if faults:
        return [], digest
    return _rows(path.name, header, lines[1:], problems), digest


def _header_faults(file: str, header: Sequence[str], known: Sequence[str], needed: Sequence[str]) -> list[Problem]:
    if not any(header):
        return [Problem(file, "row 1", "no header", "a row of column names", f"begin with {','.join(needed)}")]
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return [Problem(file, "row 1", "cells that commas do not part", "commas", "save it as CSV with commas")]
    found = [
        Problem(
            file,
            f"column {c or '(empty)'}",
            "an unknown column",
            "a column that proband knows",
            nearest(c, tuple(known)),
        )
        for c in header
        if c not in known
    ]
    twice = sorted({c for c in header if header.count(c) > 1})
    found += [Problem(file, f"column {c}", "twice", "each column once", "rename or remove one") for c in twice]
    lacking = [c for c in needed if c not in header]
    found += [Problem(file, f"column {c}", "not there", "this column", "add it") for c in lacking]
    return found


def _rows(file: str, header: Sequence[str], lines: Sequence[Sequence[str]], problems: list[Problem]) -> list[Row]:
    made = []
    if len(lines) > MOST_ROWS:
        problems.append(Problem(file, "", f"{len(lines)} rows", f"at most {MOST_ROWS:,}", "split the panel"))
        return []
    for line, cells in enumerate(lines, start=2):
        if not any(c.strip() for c in cells):
            continue
        if len(cells) != len(header):
            found = f"{len(cells)} cells"
            remedy = "quote cells that hold commas, fill up short rows"
            problems.append(Problem(file, f"row {line}", found, f"{len(header)} cells", remedy))
            continue
        made.append(Row(file, line, {c: " ".join(cell.split()) for c, cell in zip(header, cells, strict=True)}))
    if not made and not problems:
        problems.append(Problem(file, "", "no row below the header", "at least one row", "add rows"))
    return made


def named(row: Row, column: str, problems: list[Problem]) -> str:
    """The name in a cell, or "" with a problem added."""
    if NAME.match(row[column]):
        return row[column]
    expected = "a name of letters, digits, dot, hyphen, underscore, plus and colon, beginning with a letter or digit"
    problems.append(row.problem(column, expected, "leave out spaces and other signs", "" if row[column] else "nothing"))
    return ""


def chosen(row: Row, column: str, words: Sequence[str], problems: list[Problem]) -> str:
    """The word in a cell that is one of `words`; "" with a problem added for another one."""
    if row[column] in words:
        return row[column]
    expected = ", ".join(w or "nothing" for w in words)
    remedy = nearest(row[column], tuple(w for w in words if w))
    problems.append(row.problem(column, expected, remedy, "" if row[column] else "nothing"))
    return ""
