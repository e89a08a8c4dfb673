"""Tables of quality results from CSV: replicates of an assay, hits by dose, values over time, values around a change.

Columns are fixed and in a fixed order, so that none is guessed. Units are UCUM and convert within an attribute to the
first one. A value below a limit is marked ``below`` and holds the limit; it is never a number by itself.

Cannot see: whether a row is one reportable result, or one of several of one run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem
from proband.core.units import convert, relation, why_different
from proband.science.quality.unit_codes import unit_problem
from proband.science.transcript.rna_tables import Columns, Row, count, name, number, one_of, optional, read_rows

MOST = 1e15
CENSORED = ("below", "above")
TIME_UNITS = ("mo", "wk", "d", "h", "a")


def _bounded(text: str) -> float:
    value = number(text)
    if abs(value) > MOST:
        raise ValueError(text)
    return value


def _within(low: float, high: float, reader: Callable[[str], Any] = number) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        value = reader(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return read


def _unit(text: str) -> str:
    if not text or len(text) > 80:
        raise ValueError(text)
    return text


def _mark(text: str) -> str:
    return one_of(*CENSORED)(text) if text else ""


def _plain(text: str) -> str:
    """A name that no spreadsheet would run as a formula."""
    if name(text)[0] in "=+-@":
        raise ValueError(text)
    return text


_NAME = (_plain, "a name of at most 80 characters that does not begin with = + - @")
_VALUE = (_bounded, "a finite number with a decimal point, at most 1e15")
_UNIT = (_unit, "a UCUM code; 1 for a pure number")
_MARK = (_mark, "nothing, below or above (the value then is the limit)")
_METHOD = (lambda text: optional(_plain)(text) or "", "the id of a method, or nothing")

REPLICATES: Columns = {
    "sample": _NAME,
    "kind": (one_of("blank", "low"), "blank or low"),
    "assigned": (optional(_within(0.0, MOST)), "the assigned value, or nothing"),
    "reagent_lot": _NAME,
    "run": _NAME,
    "replicate": _NAME,
    "value": _VALUE,
    "unit": _UNIT,
}
HITS: Columns = {
    "dose": (_within(1e-15, MOST), "a number above 0"),
    "unit": _UNIT,
    "reagent_lot": _NAME,
    "hits": (_within(0, 1e6, count), "a whole number of 0 or more"),
    "runs": (_within(1, 1e6, count), "a whole number of 1 or more"),
}
STABILITY: Columns = {
    "lot": _NAME,
    "condition": _NAME,
    "time": (_within(0.0, 1e6), "a number of 0 or more"),
    "time_unit": (one_of(*TIME_UNITS), f"one of {', '.join(TIME_UNITS)}"),
    "attribute": _NAME,
    "value": _VALUE,
    "unit": _UNIT,
    "censored": _MARK,
    "method": _METHOD,
}
COMPARABILITY: Columns = {
    "change": _NAME,
    "lot": _NAME,
    "side": (one_of("pre", "post"), "pre or post"),
    "attribute": _NAME,
    "value": _VALUE,
    "unit": _UNIT,
    "censored": _MARK,
    "method": _METHOD,
}
KEYS: Mapping[int, tuple[str, ...]] = {
    id(REPLICATES): ("sample", "reagent_lot", "run", "replicate"),
    id(HITS): ("dose", "unit", "reagent_lot"),
    id(STABILITY): ("lot", "condition", "time", "time_unit", "attribute"),
    id(COMPARABILITY): ("change", "lot", "attribute"),
}


def read_quality(path: Path, file: str, columns: Columns, problems: list[Problem]) -> tuple[Row, ...]:
    """The rows of one of the tables of this module; every fault is added to `problems` under the name `file`."""
    before = len(problems)
    rows = read_rows(path, file, columns, KEYS[id(columns)], problems)
    faults = list(_unit_faults(rows, file, "attribute" if "attribute" in columns else ""))
    if columns is HITS:
        faults += [
            Problem(
                file, f"row {r.line}", f"{r['hits']} hits of {r['runs']} runs", "at most one for each run", "mend it"
            )
            for r in rows
            if r["hits"] > r["runs"]
        ]
    problems.extend(faults[:20])
    return rows if len(problems) == before else ()


def in_unit(rows: Sequence[Row], unit: str, column: str = "value") -> list[float]:
    """A column of rows in one unit; the table was read, so that units convert."""
    return [convert(r[column], r["unit"], unit) for r in rows]


def months(row: Row) -> float:
    """The time of a row in months (UCUM ``mo``, 30.4375 d)."""
    return convert(row["time"], row["time_unit"], "mo")


def _unit_faults(rows: Sequence[Row], file: str, by: str) -> Iterator[Problem]:
    first: dict[str, Row] = {}
    seen: set[str] = set()
    for r in rows:
        told = list(unit_problem(r["unit"], f"row {r.line}, column unit"))
        if told:
            if r["unit"] not in seen:
                yield Problem(file, *told[0])
            seen.add(r["unit"])
            continue
        held = first.setdefault(r[by] if by else "", r)
        if relation(r["unit"], held["unit"]) not in ("same", "convertible"):
            expected = f"a unit that converts to {held['unit']}, as in row {held.line}"
            yield Problem(
                file, f"row {r.line}, column unit", r["unit"], expected, why_different(r["unit"], held["unit"])
            )


Fault = tuple[str, str, str, str]
"""Place, found, expected, remedy."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a plan in TOML speaks of: its model, the columns of its table, and the faults of each."""

    model: type[Strict]
    columns: Columns
    faults: Callable[..., Iterable[Fault]]
    row_faults: Callable[..., Iterable[Fault]]


def read_plan(
    kind: Spoken, plan: Path, table: Path | None, problems: list[Problem], product: str, names: tuple[str, str]
) -> tuple[Any, tuple[Row, ...]] | None:
    """Plan and rows, or None; every fault of both is added to `problems`. A plan without a table has no rows."""
    before = len(problems)
    raw = read_toml(plan, names[0], problems)
    made = None if raw is None else parse(kind.model, raw, names[0], "", problems)
    if made is not None:
        problems.extend(Problem(names[0], *f) for f in kind.faults(made, product))
    rows = read_quality(table, names[1], kind.columns, problems) if table is not None else ()
    if made is None or len(problems) > before:
        return None
    problems.extend(Problem(names[1], *f) for f in kind.row_faults(made, rows))
    return (made, rows) if len(problems) == before else None
