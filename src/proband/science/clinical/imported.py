"""What an import makes: rows of long tables, rows of subjects, and every record that was refused, with its reason.

Records in are rows out plus refusals, always. Nothing is chosen for the user: of two values of one parameter on one day
both are refused, a date without a day is refused, a unit that is not UCUM is refused unless it was stated.

Cannot see: whether the source is right.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from proband.border import hidden
from proband.core.unit_atoms import MISTAKEN
from proband.core.units import is_unit, nearest_unit
from proband.science.clinical.long_table import COLUMNS, MOST_DAYS, TEXT, finite

Origin = date | Literal["reference-start", "birth"]
SUBJECT_COLUMNS = (
    "subject", "birth_day", "sex", "genotype_class", "era", "region", "entry_day", "exit_day", "death", "treatment_day",
)  # fmt: skip
SEVERAL_A_DAY = ("dosing", "events")


@dataclass(frozen=True, slots=True)
class Cell:
    """A record as a row of a long table: `table` is its file's stem, `record` names it within `file`."""

    table: str
    file: str
    record: str
    subject: str
    day: float
    parameter: str
    value: str
    unit: str
    below: bool = False
    above: bool = False
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that is in no table, and why."""

    file: str
    record: str
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user states. `origin`: day 0. `units`: code by parameter. `subjects`: pseudonym by the source's name."""

    origin: Origin
    units: Mapping[str, str] = field(default_factory=dict)
    subjects: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Collected:
    """Where readers put what they find: rows, subjects, refusals, how many records came in, and notes."""

    records: int = 0
    cells: list[Cell] = field(default_factory=list)
    subjects: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def refuse(self, file: str, record: str, reason: str) -> None:
        """Add a record that no table can take."""
        self.refused.append(Refusal(file, record, reason))


def day_of(text: str, origin: date) -> float | str:
    """The day of an ISO 8601 date or date and time, the origin being day 0; or why it can not be told.

    The time of day, where given, is a fraction of the day as the clock showed it; a time zone is left aside.

    >>> day_of("2024-03-02T12:00", date(2024, 3, 1)), day_of("2024-03", date(2024, 3, 1))
    (1.5, 'the date 2024-03 has no day')
    """
    if not text:
        return "no date"
    if len(text) < 10 and text[:4].isdigit():
        return f"the date {text[:10]} has no day"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return f"the date {text[:30]!r} is not a date of ISO 8601"
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return (moment.date() - origin).days + round(seconds / 86400, 5)


def whole_date(text: str) -> date | None:
    """The date of a complete ISO 8601 date, or None."""
    try:
        return datetime.fromisoformat(text).date() if len(text) >= 10 else None
    except ValueError:
        return None


def unit_of(parameter: str, stated: str, asked: Asked, into: Collected) -> str | None:
    """The UCUM code of a unit as stated: as it is, as it is usually mistaken for, or as the user says; or None."""
    if parameter in asked.units:
        return asked.units[parameter]
    if is_unit(stated):
        return stated
    meant = MISTAKEN.get(stated)
    if meant is not None:
        into.notes[f"the unit {stated} was read as {meant}"] += 1
    return meant


def why_no_unit(parameter: str, stated: str) -> str:
    """Why a record has no unit, with the remedy."""
    state = f"state it with --unit {parameter}=CODE"
    return f"the unit {stated[:40]} is not UCUM ({nearest_unit(stated)}): {state}" if stated else f"no unit: {state}"


def finished(into: Collected, asked: Asked) -> Collected:
    """Pseudonyms put in; unfit cells refused, and values that stand twice on a day: the same one is kept once."""
    made = Collected(into.records, [], list(into.subjects), list(into.refused), into.notes)
    groups: dict[tuple[str, str, str, float], list[Cell]] = defaultdict(list)
    for c in into.cells:
        named = replace(c, subject=asked.subjects.get(c.subject, c.subject))
        reason = unfit(named)
        if reason:
            made.refuse(c.file, c.record, reason)
        elif c.table in SEVERAL_A_DAY:
            made.cells.append(named)
        else:
            groups[_key(named)].append(named)
    for cells in groups.values():
        _one_of(cells, made)
    return made


def _one_of(cells: Sequence[Cell], made: Collected) -> None:
    first = cells[0]
    if all(replace(c, file=first.file, record=first.record) == first for c in cells):
        made.cells.append(first)
        for c in cells[1:]:
            made.refuse(c.file, c.record, f"the same as {first.file} {first.record}")
        return
    for c in cells:
        what = f"{len(cells)} records of {c.parameter} of {c.subject} on day {c.day:g}"
        made.refuse(c.file, c.record, f"{what}: which counts is not told")


def _key(c: Cell) -> tuple[str, str, str, float]:
    return c.table, c.subject, c.parameter, c.day


def unfit(c: Cell) -> str:
    """Why a row can not stand in a table, or nothing: hidden characters, formulas, impossible days, no name."""
    texts = {"subject": c.subject, "parameter": c.parameter, "value": c.value, "unit": c.unit, **c.more}
    for name, text in texts.items():
        if hidden(text) or any(ord(x) < 32 for x in text):
            return f"hidden characters in {name}"
        if text[:1] in ("=", "+", "-", "@") and text and finite(text) is None:
            return f"{name} would be run as a formula by a spreadsheet"
    if not c.subject or not c.parameter:
        return "no subject" if not c.subject else "no name of what was measured"
    if abs(c.day) > MOST_DAYS:
        return f"day {c.day:g} lies more than 200 years from the origin"
    if c.below and finite(c.value) == 0:
        return "below a limit of 0"
    if c.unit != TEXT and c.value and finite(c.value) is None:
        return f"{c.value[:40]!r} is not a finite number"
    return ""


def tables(into: Collected) -> dict[str, str]:
    """File name to CSV text, rows in order of subject, parameter and day; and ``refused.csv`` where there are any."""
    groups: dict[str, list[Cell]] = defaultdict(list)
    for c in into.cells:
        groups[c.table].append(c)
    made = {f"{name}.csv": _long(cells) for name, cells in sorted(groups.items())}
    if into.subjects:
        rows = [[row.get(c, "") for c in SUBJECT_COLUMNS] for _, _, row in into.subjects]
        made["subjects.csv"] = _csv(SUBJECT_COLUMNS, sorted(rows))
    if into.refused:
        listed = [[r.file, r.record, r.reason] for r in into.refused]
        made["refused.csv"] = _csv(("file", "record", "reason"), [[_harmless(x) for x in row] for row in listed])
    return made


def _harmless(text: str) -> str:
    plain = "".join(x if ord(x) >= 32 and not hidden(x) else "?" for x in text)
    return f"'{plain}" if plain[:1] in ("=", "+", "-", "@") else plain


def _long(cells: Sequence[Cell]) -> str:
    more = sorted({name for c in cells for name, text in c.more.items() if text})
    above = ["above_limit"] if any(c.above for c in cells) else []
    rows = []
    for c in sorted(cells, key=lambda c: (c.subject, c.parameter, c.day, c.file, c.record)):
        source = f"{c.file}; {c.record}"
        row = [c.subject, number(c.day), c.parameter, c.value, c.unit, "yes" if c.below else "", source]
        rows.append([*row, *(["yes" if c.above else ""] if above else []), *(c.more.get(m, "") for m in more)])
    return _csv((*COLUMNS, *above, *more), rows)


def number(value: float) -> str:
    """A number as text, without a trailing .0.

    >>> number(3.0), number(0.1)
    ('3', '0.1')
    """
    return repr(float(value)).removesuffix(".0")


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
