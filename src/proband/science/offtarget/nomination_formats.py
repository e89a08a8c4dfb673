"""The forms of lists of nominated sites, as data, and the rows of a table file whatever its kind.

Known forms stand in ``reference/nomination_formats.toml`` with where their names were read; any other table is read
with a map of the user's own. Every form says whether it counts from 0 or from 1: that is never guessed.

Cannot see: whether a file is of the form that it is said to be, beyond the names of its columns.
"""

from __future__ import annotations

import csv
import gzip
import tomllib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from proband.core.errors import Problem, ProgramError
from proband.science.offtarget.xlsx import xlsx_rows

TABLE = "nomination_formats.toml"
CLASSES = ("computational", "biochemical", "cell_based")
THINGS = (
    "contig",
    "start",
    "end",
    "position",
    "place",
    "strand",
    "reads",
    "score",
    "sequence",
    "guide",
    "name",
    "replicate",
)
MOST_ROWS = 1_500_000
"""Rows of one list at most."""
LONGEST_CELL = 4_000
"""Characters of one cell at most."""


@dataclass(frozen=True, slots=True)
class NominationFormat:
    """How a list is written: `columns` gives for each thing names of columns, or one number from 1 without a header."""

    name: str
    method: str
    method_class: str
    first_base: int
    header: bool
    columns: Mapping[str, tuple[str, ...] | int]


@cache
def formats() -> Mapping[str, NominationFormat]:
    """The known forms by name.

    >>> formats()["guide_seq"].method_class, formats()["bed"].first_base
    ('cell_based', 0)
    """
    data = tomllib.loads(resources.files("proband.reference").joinpath(TABLE).read_text("utf-8"))
    return {
        name: NominationFormat(
            name, f["method"], f["method_class"], f["first_base"], f["header"],
            {k: v if isinstance(v, int) else tuple(v) for k, v in f["columns"].items()},
        )
        for name, f in data.items()
    }  # fmt: skip


def located(form: NominationFormat, header: Sequence[str], file: str, line: int) -> dict[str, int]:
    """Indices of the columns that a list has, by thing. Raises ``ProgramError`` where its place can not be read.

    >>> located(formats()["bed"], [], "a.bed", 1)["end"]
    2
    """
    names = [h.strip() for h in header]
    found: dict[str, int] = {}
    problems = []
    for thing, wanted in form.columns.items():
        if isinstance(wanted, int):
            found[thing] = wanted - 1
            continue
        there = [n for n in wanted if n in names]
        if there and names.count(there[0]) > 1:
            problems.append(Problem(file, f"row {line}", f"column {there[0]} twice", "each column once", "remove one"))
        elif there:
            found[thing] = names.index(there[0])
    if not problems and not ("place" in found or ("contig" in found and ("start" in found or "position" in found))):
        wanted_names = "; ".join(
            f"{t}: {' or '.join(c)}" for t in ("place", "contig", "start", "position")
            if not isinstance(c := form.columns.get(t, ()), int) and c
        )  # fmt: skip
        remedy = f'correct the format, or use format = "table" with a map of columns; this file has {", ".join(names)}'
        problems.append(Problem(file, f"row {line}", "no columns for a place", wanted_names, remedy[:400]))
    if problems:
        raise ProgramError(problems)
    return found


def table_rows(path: Path, sheet: str = "") -> Iterator[tuple[int, list[str]]]:
    """Line numbers from 1 and cells of a CSV, TSV, BED or TXT file (.gz too) or of a sheet of an XLSX workbook.

    Empty lines, comments (``#`` and a space, ``##``, ``track``, ``browser``) are left out. Raises ``ProgramError`` for
    a file that can not be read, at the row where that shows.
    """
    name = path.name.lower()
    if name.endswith((".xlsm", ".xls", ".xlsb", ".ods")):
        problem = Problem(
            path.name, "", "a workbook of another kind", "XLSX, CSV, TSV or BED", "save it as XLSX or CSV"
        )
        raise ProgramError([problem])
    rows = xlsx_rows(path, sheet) if name.endswith(".xlsx") else _text_rows(path)
    with closing(rows):
        for count, (line, cells) in enumerate(rows):
            if count >= MOST_ROWS:
                problem = Problem(path.name, "", f"more than {MOST_ROWS:,} rows", f"at most {MOST_ROWS:,}", "split it")
                raise ProgramError([problem])
            if cells and any(cells) and not cells[0].startswith(("# ", "##", "track ", "browser ")):
                yield line, cells


def _text_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with path.open("rb") as handle:
            start = handle.read(2)
        opened = gzip.open if start == b"\x1f\x8b" else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as text:
            stem = path.name.lower().removesuffix(".gz")
            comma, bed = stem.endswith(".csv"), stem.endswith(".bed")
            for number, cells in enumerate(csv.reader(_bounded(text, path.name), delimiter="," if comma else "\t"), 1):
                # BED lets blanks part its columns where a line has no tab (GA4GH BED 1.0).
                yield number, cells[0].split() if bed and len(cells) == 1 else [c.strip() for c in cells]
    except UnicodeDecodeError:
        problem = Problem(path.name, "", "bytes that are not UTF-8", "a text table", "save it as UTF-8")
        raise ProgramError([problem]) from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as e:
        raise ProgramError([Problem(path.name, "gzip", str(e), "a whole gzip file", "copy the file again")]) from None
    except csv.Error as e:
        raise ProgramError([Problem(path.name, "", str(e), "a table", "save it again as CSV or TSV")]) from None
    except OSError as e:
        found = (e.strerror or "unreadable").lower()
        raise ProgramError([Problem(path.name, "", found, "a readable file", "check its name and rights")]) from None


def _bounded(lines: Iterator[str], file: str) -> Iterator[str]:
    """Lines of bounded length: one endless line would fill the memory before any check."""
    while line := lines.readline(1_000_000):  # type: ignore[attr-defined]
        if len(line) >= 1_000_000 or "\x00" in line:
            raise ProgramError([Problem(file, "", "a line without end, or zero bytes", "a table", "give the table")])
        yield line
