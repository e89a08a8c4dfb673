"""Tables of RNA results from CSV: threshold cycles, digital partitions, library counts, allele counts, doses.

Each form has fixed columns in a fixed order, so that a column is never guessed. Every fault of a table is told at once,
with its row. A well that never crossed the threshold is written ``undetermined``: it is a finding, not a gap.

Cannot see: whether replicates are biological (the sheet says so), whether wells were left out before.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proband.border import hidden_characters, read_text, shown
from proband.core.errors import Problem

ARMS = ("treated", "control")
MOST_PROBLEMS = 20
MOST_BYTES = 16_000_000
MOST_CYCLES = 60.0
"""Cycles beyond which no threshold cycle is read."""
NOT_CROSSED = "undetermined"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its line in the file (1-based, header included) and its cells, already of their type."""

    line: int
    cells: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.cells[column]


def number(text: str) -> float:
    """A finite number in plain digits; raises ``ValueError`` for anything else.

    >>> number("2.5e3")
    2500.0
    """
    value = float(text) if text.isascii() and "_" not in text else math.nan
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def above_zero(text: str) -> float:
    """A number above 0."""
    return _if(number(text), lambda v: v > 0)


def zero_or_more(text: str) -> float:
    """A number of 0 or more."""
    return _if(number(text), lambda v: v >= 0)


def count(text: str) -> int:
    """A whole number of 0 or more.

    >>> count("120")
    120
    """
    return int(_if(number(text), lambda v: v >= 0 and v == int(v)))


def share(text: str) -> float:
    """A number from 0 to 1."""
    return _if(number(text), lambda v: 0 <= v <= 1)


def name(text: str) -> str:
    """A name of at most 80 characters."""
    if not text or len(text) > 80:
        raise ValueError(text)
    return text


def one_of(*words: str) -> Callable[[str], str]:
    """A reader of one of some words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return read


def optional(reader: Callable[[str], Any]) -> Callable[[str], Any]:
    """A reader that takes an empty cell as None."""
    return lambda text: reader(text) if text else None


def _if(value: float, holds: Callable[[float], bool]) -> float:
    if not holds(value):
        raise ValueError(value)
    return value


def _cycle(text: str) -> float | None:
    return None if text == NOT_CROSSED else _if(number(text), lambda v: 0 < v <= MOST_CYCLES)


Columns = Mapping[str, tuple[Callable[[str], Any], str]]
_NAME = (name, "a name of at most 80 characters")
_ARM = (one_of(*ARMS), "treated or control")
_COUNT = (count, "a whole number of 0 or more")
_SAMPLE: Columns = {"gene": _NAME, "arm": _ARM, "replicate": _NAME}

FORMS: Mapping[str, Columns] = {
    "rt_qpcr": {**_SAMPLE, "well": _NAME, "ct": (_cycle, f"a threshold cycle from 0 to 60, or {NOT_CROSSED}")},
    "dpcr": {**_SAMPLE, "well": _NAME, "positive": _COUNT, "total": _COUNT},
    "rna_seq": {**_SAMPLE, "reads": _COUNT, "library_size": (above_zero, "a number above 0")},
    "allele": {"arm": _ARM, "replicate": _NAME, "mutant": _COUNT, "normal": _COUNT},
    "dose_response": {
        "dose": (zero_or_more, "a number of 0 or more"),
        "replicate": _NAME,
        "effect": (number, "a number with a decimal point"),
    },
}
"""Columns of each form in their order, each with its reader and with what it expects."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "rt_qpcr": ("gene", "arm", "replicate", "well"),
    "dpcr": ("gene", "arm", "replicate", "well"),
    "rna_seq": ("gene", "arm", "replicate"),
    "allele": ("arm", "replicate"),
    "dose_response": ("dose", "replicate"),
}
"""What a row stands for: no two rows of a table may agree in all of these."""


def read_table(path: Path, file: str, form: str, problems: list[Problem]) -> tuple[Row, ...]:
    """The rows of a table of one of `FORMS`; every fault is added to `problems` under the name `file`.

    A table without rows is a fault: it would say nothing, and look as if something had been measured.
    """
    rows = read_rows(path, file, FORMS[form], KEYS[form], problems)
    if form == "dpcr":
        for row in rows:
            if row["positive"] > row["total"] or row["total"] == 0:
                found = f"{row['positive']} positive of {row['total']} partitions"
                expected = "some partitions, and not more positive ones than there are"
                problems.append(Problem(file, f"row {row.line}", found, expected, "correct the counts"))
    return rows


def read_rows(
    path: Path, file: str, columns: Columns, key: tuple[str, ...], problems: list[Problem], empty: bool = False
) -> tuple[Row, ...]:
    """The sound rows of a CSV with exactly these columns; faults are added to `problems`, the first 20 of a table.

    `empty`: a table with its header alone is sound, and says that there was nothing to enter.
    """
    text = read_text(path, file, problems, MOST_BYTES)
    if text is None:
        return ()
    faults = hidden_characters(text, file)
    rows: list[Row] = []
    try:
        lines = list(csv.reader(text.splitlines(), strict=True)) if not faults else []
    except csv.Error as e:
        faults.append(Problem(file, "", str(e), "a CSV table", "save it again as CSV with a header"))
        lines = []
    if not faults:
        rows = _typed(lines, file, columns, faults, empty)
        faults += repeated(rows, file, key)
    rest = len(faults) - MOST_PROBLEMS
    problems += faults[:MOST_PROBLEMS]
    if rest > 0:
        problems.append(Problem(file, "", f"{rest} more problems of this table", "none", "mend those above first"))
    return tuple(rows)


def _typed(lines: list[list[str]], file: str, columns: Columns, faults: list[Problem], empty: bool) -> list[Row]:
    header = tuple(c.strip() for c in lines[0]) if lines else ()
    if header != tuple(columns):
        found = shown(",".join(header)) if header else "no header"
        return _add(faults, Problem(file, "row 1", found, ",".join(columns), "write these column names in this order"))
    rows = []
    for line, cells in enumerate(lines[1:], start=2):
        if not cells:
            continue
        if len(cells) != len(columns):
            found, expected = f"{len(cells)} cells", f"{len(columns)} cells"
            faults.append(Problem(file, f"row {line}", found, expected, "quote cells that hold commas"))
            continue
        made = {}
        for (column, (reader, expected)), cell in zip(columns.items(), cells, strict=True):
            try:
                made[column] = reader(cell.strip())
            except (ValueError, OverflowError):
                found = shown(cell.strip()) if cell.strip() else "nothing"
                faults.append(Problem(file, f"row {line}, column {column}", found, expected, "correct the cell"))
        if len(made) == len(columns):
            rows.append(Row(line, made))
    if not rows and not faults and not empty:
        remedy = "add the measurements, or remove the table and what names it"
        return _add(faults, Problem(file, "", "a table without rows", "rows of measurements", remedy))
    return rows


def _add(faults: list[Problem], problem: Problem) -> list[Row]:
    faults.append(problem)
    return []


def repeated(rows: Sequence[Row], file: str, key: tuple[str, ...]) -> list[Problem]:
    """Rows that agree in all columns of the key with one before them."""
    seen: dict[tuple[Any, ...], int] = {}
    faults = []
    for row in rows:
        at = tuple(row[column] for column in key)
        if at in seen:
            found = f"the same {', '.join(key)} as row {seen[at]}"
            faults.append(Problem(file, f"row {row.line}", found, "each once", "remove or rename one"))
        seen.setdefault(at, row.line)
    return faults
