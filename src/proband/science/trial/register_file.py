"""``plan/register.csv``: every patient that was screened, in order, and what became of each. Read strictly.

Columns: order (1, 2, 3, ... without a gap), screened_on, patient (pseudonym), decision (``screened_out``, ``enrolled``
or ``withdrawn``), reason, variant, enrolled_on, treated_on, outcome. A cell that is not known stays empty; what can not
be (a date before the one that must come first, two rows for one place or patient, a screened-out patient who was
treated) is refused. A place is accounted for with a screening date, a decision, the reason of a patient who was not
enrolled or withdrew, and, where somebody was treated, an outcome ("not yet due" is one). A number that is missing
between 1 and the last is a gap; a patient who was dosed and does not stand in the register is one too.

Cannot see: a patient whom nobody entered and who was not dosed; whether it was written at the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from proband.core.errors import Problem
from proband.core.evidence import Members
from proband.science.transcript.rna_tables import Columns, Row, count, name, one_of, optional, read_rows

FILE = "plan/register.csv"
DECISIONS = ("screened_out", "enrolled", "withdrawn")
MOST_PLACES = 10_000
MOST_TEXT = 400


def _date(text: str) -> date:
    made = date.fromisoformat(text)
    if len(text) != 10 or made > date.today():
        raise ValueError(text)
    return made


def _place(text: str) -> int:
    made = count(text)
    if not 1 <= made <= MOST_PLACES:
        raise ValueError(text)
    return made


def _text(text: str) -> str:
    if len(text) > MOST_TEXT:
        raise ValueError(text)
    return text


_ON = (optional(_date), "a date such as 2025-03-11, not in the future; empty where not known or not so")
_FREE = (_text, f"text of at most {MOST_TEXT} characters")
COLUMNS: Columns = {
    "order": (_place, f"a whole number from 1 to {MOST_PLACES:,}"),
    "screened_on": _ON,
    "patient": (name, "a pseudonym of at most 80 characters"),
    "decision": (optional(one_of(*DECISIONS)), f"{', '.join(DECISIONS)}; empty where not known"),
    "reason": _FREE,
    "variant": _FREE,
    "enrolled_on": _ON,
    "treated_on": _ON,
    "outcome": _FREE,
}


@dataclass(frozen=True, slots=True)
class Accounted:
    """What the register accounts for: places by member, and for every open or absent one the reason."""

    members: Members
    because: tuple[str, ...]
    screened: int
    enrolled: int
    treated: int
    last: date | None


def read_register(path: Path, file: str, problems: list[Problem]) -> tuple[Row, ...] | None:
    """The rows in order, or None with every problem added. Loads no numerical library."""
    before = len(problems)
    rows = read_rows(path, file, COLUMNS, ("order",), problems)
    if len(problems) == before:
        problems.extend(_faults(rows, file))
    return tuple(sorted(rows, key=lambda r: int(r["order"]))) if len(problems) == before else None


def _faults(rows: Sequence[Row], file: str) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for r in rows:
        first = seen.setdefault(r["patient"], r.line)
        if first != r.line:
            found = f"{r['patient']}, as in row {first}"
            yield Problem(file, f"row {r.line}, column patient", found, "each patient once", "join the two rows")
        yield from (Problem(file, f"row {r.line}, column {c}", *f) for c, *f in _contradictions(r))
    by_order = sorted((r for r in rows if r["screened_on"]), key=lambda r: int(r["order"]))
    latest: Row | None = None
    for r in by_order:
        if latest is not None and r["screened_on"] < latest["screened_on"]:
            found = f"{r['screened_on']}, before {latest['screened_on']} of place {latest['order']}"
            yield Problem(
                file, f"row {r.line}, column screened_on", found, "the order of screening", "correct order or date"
            )
        else:
            latest = r


def _contradictions(r: Row) -> Iterator[tuple[str, str, str, str]]:
    for early, late in (("screened_on", "enrolled_on"), ("enrolled_on", "treated_on"), ("screened_on", "treated_on")):
        if r[early] and r[late] and r[late] < r[early]:
            yield (late, f"{r[late]}, before {early} {r[early]}", "dates in order", "correct one of them")
    if r["decision"] == "screened_out":
        for column in ("enrolled_on", "treated_on"):
            if r[column]:
                yield (column, str(r[column]), "nothing for a patient who was screened out", "correct the decision")


def accounted(rows: Sequence[Row], dosed: Mapping[str, date | None]) -> Accounted:
    """What the rows account for; `dosed` are the subjects with a dose in the folder, with its date where known.

    >>> accounted([], {"P1": None}).members.absent
    ('patient P1',)
    """
    present, absent, unknown, because = [], [], [], []
    held = {int(r["order"]): r for r in rows}
    for place in range(1, max(held, default=0) + 1):
        row = held.get(place)
        if row is None:
            absent.append(str(place))
            because.append(f"place {place} is missing")
            continue
        lacks = _lacks(row, dosed)
        (unknown if lacks else present).append(str(place))
        if lacks:
            because.append(f"place {place} ({row['patient']}): {', '.join(lacks)}")
    listed = {r["patient"] for r in rows}
    for subject in sorted(set(dosed) - listed):
        absent.append(f"patient {subject}")
        because.append(f"{subject} has doses in clinical/dosing.csv and does not stand in the register")
    treated = [r for r in rows if _treated(r, dosed)]
    enrolled = [r for r in rows if r["enrolled_on"] or r["decision"] == "enrolled" or r in treated]
    dates = [r[c] for r in rows for c in ("screened_on", "enrolled_on", "treated_on") if r[c]]
    return Accounted(
        Members(tuple(present), tuple(absent), tuple(unknown)), tuple(because), len(rows), len(enrolled), len(treated),
        max(dates, default=None),
    )  # fmt: skip


def _treated(row: Row, dosed: Mapping[str, date | None]) -> bool:
    return bool(row["treated_on"]) or row["patient"] in dosed


def _lacks(row: Row, dosed: Mapping[str, date | None]) -> list[str]:
    lacks = []
    if not row["screened_on"]:
        lacks.append("no screening date")
    if not row["decision"]:
        lacks.append("no decision")
    if row["decision"] in ("screened_out", "withdrawn") and not row["reason"]:
        lacks.append(f"no reason why {row['decision'].replace('_', ' ')}")
    if row["decision"] == "enrolled" and not row["enrolled_on"]:
        lacks.append("no date of enrolment")
    treated = _treated(row, dosed)
    if treated and not row["treated_on"]:
        lacks.append("dosed, and no date of treatment")
    if (treated or row["decision"] == "enrolled") and not row["outcome"]:
        lacks.append("no outcome")
    return lacks


def disagreements(rows: Sequence[Row], dosed: Mapping[str, date | None]) -> list[str]:
    """Where the register and the doses in the folder do not say the same.

    >>> disagreements([], {})
    []
    """
    said = []
    for r in rows:
        on = dosed.get(r["patient"])
        if on is not None and r["treated_on"] and on != r["treated_on"]:
            said.append(f"{r['patient']} was first dosed on {on} by clinical/dosing.csv, {r['treated_on']} here")
        if r["decision"] == "screened_out" and r["patient"] in dosed:
            said.append(f"{r['patient']} was screened out here, and has doses in clinical/dosing.csv")
    return said
