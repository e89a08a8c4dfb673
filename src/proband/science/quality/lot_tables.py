"""Tables of lots: results (``lots.csv`` or ``.xlsx``) and genealogy (``genealogy.csv`` or ``.xlsx``), row by row.

A result below or above a limit of quantitation is kept as that: ``<0.05`` is a value somewhere below 0.05, never 0 and
never 0.05. A number below the ``loq`` of its own row is such a bound. An empty value is a result to come. Words such
as ``not detected`` need the limit in the column ``loq``. Results carry unit and method; a row without one is refused.

Cannot see: results that were never written; whether a replicate is one preparation or one injection.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

from proband.border import hidden, shown
from proband.core.errors import Problem, ProgramError
from proband.core.kinds import nearest
from proband.science.clinical.long_table import told as tell
from proband.science.offtarget.nomination_formats import table_rows
from proband.science.quality.component_model import told
from proband.science.quality.specifications import TEXT
from proband.science.quality.unit_codes import unit_problem

RESULT_COLUMNS = ("lot", "attribute", "value", "unit", "method")
RESULT_MORE = ("replicate", "date", "loq", "left_out", "laboratory", "source")
LOT_COLUMNS = ("lot", "made_from")
LOT_MORE = ("product", "kind", "component", "made_on", "served", "decision", "decided_on", "source", "note")
USES = ("toxicology", "clinic", "stability", "development", "reference", "other")
DECISIONS = ("released", "rejected", "pending")
BELOW_WORDS = frozenset(("nd", "not detected", "blq", "bloq", "<loq", "below loq", "<lod", "below lod", "n.d."))
NO_REASON = frozenset(("yes", "no", "y", "n", "true", "false", "0", "1", "x"))
"""What a column of yes and no would hold; it is no reason to leave out a row, and a "no" would leave it out."""
MOST_ROWS = 100_000
MOST_TEXT = 500
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$")
_NUMBER = re.compile(r"^[+-]?([0-9]{1,15})(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,2})?$|^[+-]?\.[0-9]{1,20}$")
LARGEST = Fraction(10) ** 15
_BOUND = re.compile(r"^(<=|>=|<|>|≤|≥)\s*(.+)$")


@dataclass(frozen=True, slots=True)
class Result:
    """One row: a value between `low` and `high` in `unit` (equal where it was measured, None where open), or a text.

    `left_out` is the reason why a row does not count; `pending` rows have no result yet.
    """

    lot: str
    attribute: str
    unit: str
    method: str
    low: Fraction | None = None
    high: Fraction | None = None
    text: str = ""
    written: str = ""
    replicate: str = ""
    day: date | None = None
    left_out: str = ""
    laboratory: str = ""
    row: int = 0

    @property
    def pending(self) -> bool:
        """Whether the row stands for a result that is not there."""
        return self.written == ""

    @property
    def measured(self) -> bool:
        """Whether the row holds a number that was measured, not a bound."""
        return self.low is not None and self.low == self.high


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot: what it was made from, what it served, when, and the decision that was stated on it."""

    id: str
    made_from: tuple[str, ...] = ()
    product: str = ""
    kind: str = ""
    made_on: date | None = None
    served: tuple[str, ...] = ()
    decision: str = ""
    decided_on: date | None = None
    source: str = ""


def safe_name(text: str) -> bool:
    """Whether a text may name a lot: letters, digits, dot, hyphen, slash and underscore.

    >>> safe_name("L-001"), safe_name("=1+1")
    (True, False)
    """
    return bool(_NAME.match(text))


def number(text: str) -> Fraction | None:
    """A decimal number as written, exactly, or None.

    >>> number("0.20"), number("1,5"), number("1e-3"), number("inf")
    (Fraction(1, 5), None, Fraction(1, 1000), None)
    """
    if not _NUMBER.match(text):
        return None
    try:
        value = Fraction(Decimal(text))
    except (InvalidOperation, ValueError):
        return None
    return value if abs(value) <= LARGEST else None


def read_results(path: Path, name: str, problems: list[Problem], sheet: str = "") -> tuple[Result, ...]:
    """The sound rows of a table of results; faults are added to `problems`, the first 20 of a table."""
    faults: list[Problem] = []
    made: list[Result] = []
    for line, cells in _rows(path, name, RESULT_COLUMNS, RESULT_MORE, faults, sheet):
        found = list(_result_faults(cells, f"row {line}"))
        faults += [Problem(name, *f) for f in found]
        if not found:
            made.append(_result(cells, line))
    faults += [Problem(name, *f) for f in _twice(made)]
    if not made and not faults:
        faults.append(Problem(name, "", "no rows", "a row for each result", "add results, or remove the file"))
    tell(faults, name, problems)
    return tuple(made)


def read_genealogy(path: Path, name: str, problems: list[Problem], sheet: str = "") -> tuple[Lot, ...]:
    """The lots of a genealogy; faults are added to `problems`: also lots that are not there, and circles, named."""
    faults: list[Problem] = []
    made: list[Lot] = []
    for line, cells in _rows(path, name, LOT_COLUMNS, LOT_MORE, faults, sheet):
        faults += [Problem(name, *f) for f in _lot_faults(cells, f"row {line}")]
        made.append(_lot(cells))
    # Rows with a fault of their own stay in the graph: a circle through them is told, and their lots are not missed.
    faults += [Problem(name, *f) for f in _graph_faults(made)]
    if not made and not faults:
        faults.append(Problem(name, "", "no rows", "a row for each lot", "add lots, or remove the file"))
    tell(faults, name, problems)
    return () if faults else tuple(made)


_Fault = tuple[str, str, str, str]


def _rows(
    path: Path, name: str, needed: tuple[str, ...], more: tuple[str, ...], faults: list[Problem], sheet: str
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Line numbers and cells by column; reading stops at a fault of the whole table."""
    header: list[str] = []
    try:
        for line, cells in table_rows(path, sheet):
            if not header:
                header = [c.strip().casefold() for c in cells]
                wrong = list(_header_faults(header, needed, more))
                faults += [Problem(name, f"row {line}", *w) for w in wrong]
                if wrong:
                    return
                continue
            if line > MOST_ROWS:
                faults.append(Problem(name, f"row {line}", "too many rows", f"at most {MOST_ROWS:,}", "split it"))
                return
            if len(cells) > len(header):
                found = f"{len(cells)} cells"
                faults.append(
                    Problem(name, f"row {line}", found, f"{len(header)} cells", "quote cells that hold commas")
                )
                continue
            if path.suffix.lower() == ".xlsx":
                cells = [_as_shown(c) for c in cells]
            yield line, dict.fromkeys(more, "") | dict(zip(header, (*cells, *[""] * len(header)), strict=False))
    except ProgramError as e:
        faults += [Problem(name, p.place, p.found, p.expected, p.remedy) for p in e.problems]
        return
    if not header:
        faults.append(Problem(name, "", "an empty table", ", ".join(needed), "add a header and rows"))


def _as_shown(cell: str) -> str:
    """A number of a workbook at the 15 digits that a workbook has: 1.1000000000000001 is 1.1.

    >>> _as_shown("1.1000000000000001"), _as_shown("0.27"), _as_shown("L-1"), _as_shown("80")
    ('1.1', '0.27', 'L-1', '80')
    """
    if not _NUMBER.match(cell) or len(cell) < 15:
        return cell
    return f"{float(cell):.15g}"


def _header_faults(header: list[str], needed: tuple[str, ...], more: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    missing = [c for c in needed if c not in header]
    if missing:
        joined = any(";" in c or "\t" in c for c in header)
        remedy = "save it as CSV with commas" if joined else "correct the header"
        yield f"no column {', '.join(missing)}", ", ".join(needed) + ", each once", remedy
        return
    for c in sorted({c for c in header if header.count(c) > 1}):
        yield f"column {shown(c, 40)} twice", "each column once", "rename or remove one"
    for c in header:
        if c not in needed and c not in more:
            yield f"column {shown(c, 40)}", "a column that proband knows", nearest(c, (*needed, *more))


def _cell_faults(cells: Mapping[str, str], place: str) -> Iterator[_Fault]:
    for column, text in cells.items():
        broken = any(x in text for x in "\n\r\t")
        if hidden(text) or broken or len(text) > MOST_TEXT:
            what = (
                f"{len(text)} characters"
                if len(text) > MOST_TEXT
                else "a line break"
                if broken
                else "hidden characters"
            )
            yield (
                f"{place}, column {column}",
                what,
                f"plain text of at most {MOST_TEXT} characters",
                "retype it",
            )
    for column in ("date", "made_on", "decided_on"):
        if cells.get(column) and _date(cells[column]) is None:
            remedy = "correct it; in a workbook, write it into a cell of text"
            yield f"{place}, column {column}", shown(cells[column], 40), "a date such as 2025-02-25", remedy


def _result_faults(cells: Mapping[str, str], place: str) -> Iterator[_Fault]:
    yield from _cell_faults(cells, place)
    if not _NAME.match(cells["lot"]):
        yield f"{place}, column lot", shown(cells["lot"], 40), "a name of letters, digits, . _ / -", "rename the lot"
    if not _NAME.match(cells["attribute"]):
        yield f"{place}, column attribute", shown(cells["attribute"], 40), "the id of a specification", "name it"
    if not told(cells["method"]):
        yield (
            f"{place}, column method",
            cells["method"] or "nothing",
            "the method of this result",
            "name it, in every row",
        )
    if cells["left_out"] and (not told(cells["left_out"]) or cells["left_out"].casefold() in NO_REASON):
        expected = "the reason why the row does not count; nothing where it counts"
        yield f"{place}, column left_out", shown(cells["left_out"], 40), expected, "write the reason, or leave it empty"
    unit = cells["unit"]
    if unit != TEXT:
        yield from unit_problem(unit, f"{place}, column unit")
        yield from _value_faults(cells, place)


def _value_faults(cells: Mapping[str, str], place: str) -> Iterator[_Fault]:
    value, loq = cells["value"], cells["loq"]
    at = f"{place}, column value"
    if loq and number(loq) is None:
        yield f"{place}, column loq", shown(loq, 40), "a number with a decimal point", "correct it"
    if not value:
        return
    if value.casefold() in BELOW_WORDS:
        if not loq:
            yield at, value, "the limit that it lies below", "write <0.05, or fill the column loq"
        return
    bound = _BOUND.match(value)
    if number(bound[2] if bound else value) is None:
        yield (
            at,
            shown(value, 40),
            "a number, or <number, or >number",
            f"write 12.5 or <0.05; for words the unit is {TEXT}",
        )


def _result(cells: Mapping[str, str], line: int) -> Result:
    low = high = None
    value, text = cells["value"], ""
    if cells["unit"] == TEXT:
        text = value
    elif value.casefold() in BELOW_WORDS:
        high = number(cells["loq"])
    elif bound := _BOUND.match(value):
        limit = number(bound[2])
        low, high = (None, limit) if bound[1] in ("<", "<=", "≤") else (limit, None)
    elif value:
        low = high = number(value)
        least = number(cells["loq"])
        if low is not None and least is not None and 0 <= low < least:
            low, high = None, least
    return Result(
        cells["lot"], cells["attribute"], cells["unit"], cells["method"], low, high, text, value,
        cells["replicate"], _date(cells["date"]), cells["left_out"], cells["laboratory"], line,
    )  # fmt: skip


def _twice(made: list[Result]) -> Iterator[_Fault]:
    seen: dict[tuple[str, ...], int] = {}
    for r in made:
        key = (r.lot, r.attribute, r.replicate, r.left_out, r.day.isoformat() if r.day else "")
        if key in seen:
            what = f"lot {r.lot}, {r.attribute}, as in row {seen[key]}"
            remedy = "number the replicates in the column replicate, or remove one"
            yield f"row {r.row}", what, "each result once", remedy
        seen.setdefault(key, r.row)
    yield from _case([r.lot for r in made])


def _case(names: list[str]) -> Iterator[_Fault]:
    """Lots whose names differ by their case alone: one lot or two nobody can tell."""
    first: dict[str, str] = {}
    for name in dict.fromkeys(names):
        other = first.setdefault(name.casefold(), name)
        if other != name:
            yield f"lot {name}", f"also {other}", "names that differ by more than case", "write one of them throughout"


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _parts(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(x for x in (p.strip() for p in text.split(";")) if x))


def _lot_faults(cells: Mapping[str, str], place: str) -> Iterator[_Fault]:
    yield from _cell_faults(cells, place)
    for column in ("lot", "made_from"):
        for name in _parts(cells[column]) if column == "made_from" else (cells[column],):
            if not _NAME.match(name):
                yield f"{place}, column {column}", shown(name, 40), "names of lots, parted by semicolons", "rename it"
    for use in _parts(cells["served"]):
        if use not in USES:
            yield f"{place}, column served", shown(use, 40), f"one of {', '.join(USES)}", nearest(use, USES)
    if cells["decision"] and cells["decision"] not in DECISIONS:
        found, expected = shown(cells["decision"], 40), f"one of {', '.join(DECISIONS)}, or nothing"
        yield f"{place}, column decision", found, expected, nearest(cells["decision"], DECISIONS)


def _lot(cells: Mapping[str, str]) -> Lot:
    return Lot(
        cells["lot"], _parts(cells["made_from"]), cells["product"], cells["kind"], _date(cells["made_on"]),
        _parts(cells["served"]), cells["decision"], _date(cells["decided_on"]), cells["source"],
    )  # fmt: skip


def _graph_faults(made: list[Lot]) -> Iterator[_Fault]:
    ids = [x.id for x in made]
    yield from _case(ids)
    lots = {x.id: x for x in made}
    for name in sorted({i for i in ids if ids.count(i) > 1}):
        yield f"lot {name}", f"{ids.count(name)} rows", "one row for each lot", "remove or rename one"
    for x in made:
        for parent in x.made_from:
            if parent not in lots:
                yield f"lot {x.id}, column made_from", parent, "a lot that has a row", nearest(parent, tuple(lots))
            elif (born := lots[parent].made_on) and x.made_on and born > x.made_on:
                found = f"made on {x.made_on}, from {parent} of {born}"
                yield f"lot {x.id}, column made_on", found, "a lot made after what it is made from", "mend a date"
    yield from _circles(lots)


def _circles(lots: Mapping[str, Lot]) -> Iterator[_Fault]:
    """Each circle once, by the names of its lots; depth first, without recursion."""
    done: set[str] = set()
    for start in lots:
        path: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(lots[start].made_from))] if start not in done else []
        path += [start] if stack else []
        while stack:
            name, parents = stack[-1]
            parent = next((p for p in parents if p in lots and p not in done), None)
            if parent is None:
                done.add(name)
                stack.pop()
                path.pop()
            elif parent in path:
                circle = [*path[path.index(parent) :], parent]
                yield (
                    f"lot {parent}, column made_from",
                    f"a circle: {' from '.join(circle)}",
                    "no lot from itself",
                    "mend it",
                )
            else:
                stack.append((parent, iter(lots[parent].made_from)))
                path.append(parent)
