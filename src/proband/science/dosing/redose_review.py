"""``safety/redose_review.csv``: what was looked at before each further dose, with values and days.

One row for each item of each dose: subject, dose (its number), item, day, value, unit, finding, by, source. Items are
the three of the review before a redose (immune_status, cumulative_editing, added_off_target_exposure) and the ids of
gates that a person records. An item counts as reviewed where it has a value and a day before that dose and not before
the one that went before. A review on the day of the dose leaves the order open; one after it does not count.

Cannot see: whether who signed looked at the value, and a review that nobody wrote down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from proband.core.errors import Problem
from proband.core.evidence import Members
from proband.core.units import is_unit, nearest_unit
from proband.science.answers import members
from proband.science.told_words import result
from proband.science.transcript.rna_tables import Columns, Row, count, name, number, one_of, optional, read_rows

FILE = "safety/redose_review.csv"
ITEMS = ("immune_status", "cumulative_editing", "added_off_target_exposure")
FINDINGS = ("reviewed", "not_reviewed", "met", "not_met")
MOST_DAYS = 73_200.0


def _dose(text: str) -> int:
    made = count(text)
    if not 1 <= made <= 1000:
        raise ValueError(text)
    return made


def day_of_tables(text: str) -> float:
    """A day of the program's tables, within 200 years; raises ``ValueError`` for anything else."""
    made = number(text)
    if abs(made) > MOST_DAYS:
        raise ValueError(text)
    return made


def _text(text: str) -> str:
    if len(text) > 1000:
        raise ValueError(text)
    return text


_NAME, _FREE = (name, "a name of at most 80 characters"), (_text, "at most 1000 characters")
COLUMNS: Columns = {
    "subject": _NAME,
    "dose": (_dose, "the number of the dose that the review stands before, from 1"),
    "item": _NAME,
    "day": (optional(day_of_tables), "a day of the program's tables, or nothing where it is not known"),
    "value": _FREE,
    "unit": _FREE,
    "finding": (one_of(*FINDINGS), ", ".join(FINDINGS)),
    "by": _FREE,
    "source": _NAME,
}


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One item before one dose: True, False (not reviewed, or too late), or None; why; the row."""

    dose: int
    item: str
    state: bool | None
    because: str
    row: Row | None = None


def read_review(path: Path, problems: list[Problem], gates: Sequence[str] = ()) -> tuple[Row, ...] | None:
    """The rows, or None with every fault added. `gates`: ids of gates that a person may record."""
    before = len(problems)
    rows = read_rows(path, FILE, COLUMNS, ("subject", "dose", "item"), problems, empty=True)
    if len(problems) == before:
        problems.extend(_faults(rows, gates))
    return rows if len(problems) == before else None


def _faults(rows: Sequence[Row], gates: Sequence[str]) -> Iterator[Problem]:
    known = (*ITEMS, *gates)
    for r in rows:
        at = f"row {r.line}, column "
        if r["item"] not in known:
            expected = f"one of {', '.join(known)}"
            yield Problem(FILE, f"{at}item", r["item"], expected, "use the id of a gate of plan/protocol.toml")
        allowed = FINDINGS[:2] if r["item"] in ITEMS else FINDINGS[1:]
        if r["finding"] not in allowed:
            yield Problem(FILE, f"{at}finding", r["finding"], f"for {r['item']}: {', '.join(allowed)}", "correct it")
        if r["unit"] and not is_unit(r["unit"]):
            yield Problem(FILE, f"{at}unit", r["unit"], "a UCUM code, {text} for text", nearest_unit(r["unit"]))
        if r["value"] and not r["unit"]:
            yield Problem(FILE, f"{at}unit", "nothing", "the unit of the value", "add a UCUM code, {text} for text")
        if r["value"] and r["unit"] not in ("", "{text}") and not _is_number(r["value"]):
            remedy = "write 12.5; text has the unit {text}"
            yield Problem(FILE, f"{at}value", r["value"][:60], "a number with a decimal point", remedy)


def _is_number(text: str) -> bool:
    try:
        number(text)
    except ValueError:
        return False
    return True


def reviewed(rows: Sequence[Row], subject: str, doses: Sequence[float], items: Sequence[str] = ITEMS) -> list[Reviewed]:
    """Each item before each dose after the first; `doses` are the days of the subject's doses, in order.

    >>> [r.state for r in reviewed([], "P1", [0.0, 28.0])]
    [None, None, None]
    """
    held = {(r["dose"], r["item"]): r for r in rows if r["subject"] == subject}
    return [
        _state(held.get((n, item)), n, item, doses[n - 2], doses[n - 1])
        for n in range(2, len(doses) + 1)
        for item in items
    ]


def _state(row: Row | None, dose: int, item: str, before: float, on: float) -> Reviewed:
    if row is None:
        return Reviewed(dose, item, None, "no row")
    if row["finding"] == "not_reviewed":
        return Reviewed(dose, item, False, "entered as not reviewed", row)
    if row["day"] is None:
        return Reviewed(dose, item, None, "without a day", row)
    if row["day"] > on:
        return Reviewed(dose, item, False, f"on day {row['day']:g}, after the dose on day {on:g}", row)
    if row["day"] == on:
        return Reviewed(dose, item, None, f"on the day of the dose, {on:g}: which came first is not told", row)
    if row["day"] == before:
        return Reviewed(
            dose, item, None, f"on day {before:g}, that of the dose before: which came first is not told", row
        )
    if row["day"] < before:
        return Reviewed(dose, item, False, f"on day {row['day']:g}, before the dose on day {before:g}", row)
    if not result(row["value"]):
        return Reviewed(dose, item, None, f"on day {row['day']:g}, without a value", row)
    value = row["value"] if row["unit"] == "{text}" else f"{row['value']} {row['unit']}"
    return Reviewed(dose, item, True, f"{value} on day {row['day']:g}", row)


def over_doses(found: Sequence[Reviewed], items: Sequence[str] = ITEMS) -> Members:
    """An item is reviewed where it was before every further dose, not where it was not before one of them.

    >>> over_doses([Reviewed(2, "immune_status", True, ""), Reviewed(3, "immune_status", None, "")]).unknown
    ('immune_status', 'cumulative_editing', 'added_off_target_exposure')
    """
    answers: dict[str, bool | None] = {}
    for item in items:
        said = [r.state for r in found if r.item == item]
        answers[item] = False if False in said else True if said and None not in said else None
    return members(answers)
