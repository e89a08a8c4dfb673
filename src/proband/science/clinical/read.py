"""Long tables of one folder as a `ClinicalRecord`: one unit per parameter, days that can be, no value twice.

Four tables have a meaning by their name: ``dosing.csv``, ``care.csv``, ``events.csv``, ``visits.csv``. Every other one
holds measurements; ``subjects.csv`` is no long table and is left aside. All faults of all tables are told at once.

Cannot see: whether a row is true; rows that were never written.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from proband.core.errors import Problem
from proband.core.units import UnitError, convert, relation, why_different
from proband.science.clinical.care import CareCourse, CareRow, course, given_of
from proband.science.clinical.long_table import TEXT, LongRow, finite, read_long_rows, told
from proband.science.clinical.records import ClinicalRecord, Dose, Event, Missed, Note, Visit
from proband.science.clinical.series import Bound, Point, Series, series

TABLES = ("dosing", "care", "events", "visits")
HELD = {"held": True, "attended": True, "yes": True, "missed": False, "not held": False, "no": False}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader needs beside the tables.

    `units`: the unit of a parameter, where not that of its first row. `molar_masses`: g/mol by parameter.
    `possible`: first and last possible day by subject (birth, and data cut or end of observation), in days.
    `subjects`: who may occur, None for anybody.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    molar_masses: Mapping[str, Fraction] = field(default_factory=dict)
    possible: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    subjects: frozenset[str] | None = None


def read_clinical(
    files: Mapping[str, Path], problems: list[Problem], wanted: Wanted | None = None
) -> ClinicalRecord | None:
    """The record that tables hold (path in the folder to path), or None with problems added. Loads no numerics."""
    before, wanted = len(problems), wanted or Wanted()
    kinds: dict[str, list[LongRow]] = defaultdict(list)
    for name in sorted(n for n in files if Path(n).name != "subjects.csv"):
        rows = read_long_rows(files[name], name, problems)
        told(list(_impossible(rows, wanted)), name, problems)
        stem = Path(name).stem
        kinds[stem if stem in TABLES else "measurements"] += rows
    if len(problems) > before:
        return None
    faults: list[Problem] = []
    measured = kinds["measurements"]
    made = ClinicalRecord(
        series=_all_series(measured, wanted, faults),
        doses=tuple(_doses(kinds["dosing"], wanted, faults)),
        care=_all_care(kinds["care"], wanted, faults),
        events=tuple(_events(kinds["events"], faults)),
        visits=tuple(_visits(kinds["visits"], faults)),
        missed=tuple(
            Missed(r.subject, r.day, r.parameter, r.more.get("missing_reason", ""), r.source)
            for r in _ordered(measured)
            if r.value is None and not r.text
        ),
        notes=tuple(Note(r.subject, r.day, r.parameter, r.text, r.source) for r in _ordered(measured) if r.text),
    )
    told(faults, "clinical tables", problems)
    return made if not faults else None


def _ordered(rows: Iterable[LongRow]) -> list[LongRow]:
    return sorted(rows, key=lambda r: (r.subject, r.parameter, r.day, r.file, r.line))


def _impossible(rows: Sequence[LongRow], wanted: Wanted) -> Iterable[Problem]:
    """Days before birth or after the end of the record, and subjects that nobody knows."""
    for r in rows:
        first, last = wanted.possible.get(r.subject, (-math.inf, math.inf))
        at = f"row {r.line}, column day"
        if r.day < first:
            expected = f"not before birth, day {first:g} of {r.subject}"
            yield Problem(r.file, at, f"{r.day:g}", expected, "correct the day, or the birth day")
        if r.day > last:
            expected = f"not after the end of the record, day {last:g} of {r.subject}"
            yield Problem(r.file, at, f"{r.day:g}", expected, "correct the day, or the end of the record")
        if wanted.subjects is not None and r.subject not in wanted.subjects:
            yield Problem(r.file, f"row {r.line}, column subject", r.subject, "a known subject", "use one pseudonym")


def _in_one_unit(rows: Sequence[LongRow], wanted: Wanted, faults: list[Problem]) -> list[tuple[LongRow, float, str]]:
    """Rows with a number, their value in the unit of their parameter, and that unit."""
    units = dict(wanted.units)
    made = []
    for r in (r for r in rows if r.value is not None):
        unit = units.setdefault(r.parameter, r.unit)
        try:
            value = convert(r.value or 0.0, r.unit, unit, wanted.molar_masses.get(r.parameter))
        except UnitError:
            remedy = "state the molar mass" if relation(r.unit, unit) == "molar_mass" else "correct the unit"
            why = why_different(r.unit, unit)
            faults.append(Problem(r.file, f"row {r.line}, column unit", r.unit, f"a unit that converts: {why}", remedy))
            continue
        made.append((r, value, unit))
    return made


def _all_series(rows: Sequence[LongRow], wanted: Wanted, faults: list[Problem]) -> dict[tuple[str, str], Series]:
    groups: dict[tuple[str, str], list[tuple[LongRow, float, str]]] = defaultdict(list)
    for r, value, unit in _in_one_unit(rows, wanted, faults):
        groups[r.subject, r.parameter].append((r, value, unit))
    made = {}
    for (subject, parameter), found in sorted(groups.items()):
        seen: dict[float, LongRow] = {}
        for r, _, _ in found:
            other = seen.setdefault(r.day, r)
            if other is not r:
                what = f"a second value of {parameter} of {subject} on day {r.day:g}, as in {other.row}"
                remedy = "give the time as a fraction of the day, or keep the value that counts"
                faults.append(Problem(r.file, f"row {r.line}", what, "one value for each day", remedy))
        if len(seen) == len(found):
            points = [Point(r.day, v, r.bound, r.source, r.row) for r, v, _ in found]
            converted = sum(r.unit != u for r, _, u in found)
            made[subject, parameter] = series(subject, parameter, found[0][2], points, converted)
    return made


def _doses(rows: Sequence[LongRow], wanted: Wanted, faults: list[Problem]) -> Iterable[Dose]:
    amounts = {(r.file, r.line): (v, u) for r, v, u in _in_one_unit(rows, wanted, faults)}
    for r in _ordered(rows):
        amount, unit = amounts.get((r.file, r.line), (None, "" if r.unit == TEXT else r.unit))
        if amount is not None and amount < 0:
            faults.append(Problem(r.file, f"row {r.line}, column value", f"{amount:g}", "0 or more", "correct it"))
        if r.bound is not Bound.MEASURED:
            remedy = "clear below_limit and above_limit"
            faults.append(Problem(r.file, f"row {r.line}", "a dose beyond a limit", "a dose as given", remedy))
        yield Dose(r.subject, r.day, r.parameter, amount, unit, r.text, r.source)


def _end(r: LongRow, faults: list[Problem]) -> float | None:
    cell = r.more.get("day_end", "")
    end = finite(cell)
    if cell and (end is None or end < r.day):
        remedy = "correct it, or leave it empty while it lasts"
        faults.append(Problem(r.file, f"row {r.line}, column day_end", cell[:40], "a day not before day", remedy))
    return end


def _all_care(rows: Sequence[LongRow], wanted: Wanted, faults: list[Problem]) -> dict[tuple[str, str], CareCourse]:
    numbers = {(r.file, r.line): (v, u) for r, v, u in _in_one_unit(rows, wanted, faults)}
    units = {r.parameter: numbers[r.file, r.line][1] for r in rows if (r.file, r.line) in numbers}
    groups: dict[tuple[str, str], list[CareRow]] = defaultdict(list)
    for r in _ordered(rows):
        level = numbers.get((r.file, r.line), (None, ""))[0]
        given = level > 0 if level is not None else given_of(r.text)
        groups[r.subject, r.parameter].append(CareRow(r.day, given, level, r.text, _end(r, faults), r.source))
    made = {}
    for (subject, name), found in sorted(groups.items()):
        until = wanted.possible.get(subject, (-math.inf, math.inf))[1]
        try:
            made[subject, name] = course(subject, name, units.get(name, ""), found, until)
        except ValueError as e:
            expected = "one row for each day, and care that ends after it began and before the next row"
            faults.append(Problem("care.csv", f"{subject}, {name}", str(e), expected, "correct the rows"))
    return made


def _events(rows: Sequence[LongRow], faults: list[Problem]) -> Iterable[Event]:
    for r in _ordered(rows):
        grade, serious = r.more.get("grade", ""), r.more.get("serious", "")
        if grade not in ("", "1", "2", "3", "4", "5"):
            faults.append(Problem(r.file, f"row {r.line}, column grade", grade[:40], "1 to 5 or empty", "correct it"))
            grade = ""
        if serious not in ("", "yes", "no"):
            faults.append(Problem(r.file, f"row {r.line}, column serious", serious[:40], "yes, no or empty", "correct"))
        if r.value is not None and (r.value < 0 or r.value != int(r.value)):
            expected = "a whole number of events, 0 or more"
            faults.append(Problem(r.file, f"row {r.line}, column value", f"{r.value:g}", expected, "correct it"))
        said = {"yes": True, "no": False}.get(serious)
        yield Event(
            r.subject,
            r.day,
            r.parameter,
            r.text,
            _end(r, faults),
            int(grade) if grade else None,
            said,
            r.value,
            r.source,
        )


def _visits(rows: Sequence[LongRow], faults: list[Problem]) -> Iterable[Visit]:
    for r in _ordered(rows):
        planned = finite(r.more.get("planned_day", ""))
        if r.more.get("planned_day") and planned is None:
            found = r.more["planned_day"][:40]
            faults.append(Problem(r.file, f"row {r.line}, column planned_day", found, "a day", "correct it"))
        yield Visit(r.subject, r.day, r.parameter, HELD.get(r.text.casefold()), planned, r.source)
