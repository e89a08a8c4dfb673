"""``safety/exposure.csv`` and ``safety/adverse_events.csv``: who was exposed, how events were sought, what was seen.

One row of exposure for every patient who got a dose of the platform, those of other programs too, with days counted
as in the program's other tables. `events_sought` says how events were looked for; where it is empty nobody says that
they were, and an empty table of events then says nothing. A table of events with its header alone says that none was
found; without the table nothing is said of harm. Days are turned into days from each patient's first dose.

Cannot see: a patient whom nobody entered (patients with a dose in ``clinical/dosing.csv`` are looked for), and events
that nobody wrote down. Loads no numerics while reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.science.clinical.care import given_of
from proband.science.clinical.long_table import read_long_rows
from proband.science.told_words import result
from proband.science.transcript.rna_tables import Columns, Row, name, number, one_of, optional, read_rows

if TYPE_CHECKING:
    from proband.science.safety.adverse_events import AdverseEvent
    from proband.science.safety.exposure import ExposureRegister

EXPOSURE, EVENTS, DOSES = "safety/exposure.csv", "safety/adverse_events.csv", "clinical/dosing.csv"
RELATEDNESS = ("related", "possible", "unrelated", "not_assessed")


def _days(text: str) -> tuple[float, ...]:
    held = tuple(number(part) for part in text.split())
    if not held or any(a >= b for a, b in pairwise(held)):
        raise ValueError(text)
    return held


def _line(text: str) -> str:
    if len(text) > 1000:
        raise ValueError(text)
    return text


def _sought(text: str) -> str:
    """How events were sought; nothing where the cell says that they were not, or that it is not known."""
    plain = result(_line(text))
    return "" if plain.casefold().rstrip(".") in ("no", "none", "nobody", "not sought", "nothing") else plain


_NAME = (name, "a name of at most 80 characters")
_TEXT = (_line, "at most 1000 characters")
_EXPOSURE: Columns = {
    "subject": _NAME,
    "product": _NAME,
    "platform_class": _NAME,
    "dose_days": (_days, "days that rise, apart by spaces: 200 228"),
    "last_day": (optional(number), "the day of the last contact, or nothing where it is not known"),
    "events_sought": (_sought, "at most 1000 characters"),
    "in_safety_set": (optional(one_of("yes", "no")), "yes, no, or nothing where it is not decided"),
    "reason": _TEXT,
    "source": _NAME,
}
_EVENTS: Columns = {
    "subject": _NAME,
    "day": (number, "a number of days"),
    "term": _NAME,
    "grade": (optional(one_of("1", "2", "3", "4", "5")), "1 to 5 (CTCAE), or nothing where it is not known"),
    "related": (one_of(*RELATEDNESS), ", ".join(RELATEDNESS)),
    "serious": (optional(one_of("yes", "no")), "yes, no, or nothing where it is not known"),
    "source": _NAME,
}


@dataclass(frozen=True, slots=True)
class SafetyTables:
    """Rows of exposure and of events, and dosed patients of the program whom the exposure table lacks.

    `written`: whether there is a table of events, be it empty.
    """

    exposure: tuple[Row, ...]
    events: tuple[Row, ...]
    not_entered: tuple[str, ...]
    written: bool


def read_safety(files: Mapping[str, Path], problems: list[Problem]) -> SafetyTables | None:
    """The tables of exposure and events among `files` (path in the folder to path).

    None with problems added, and None without any where the folder has neither table.
    """
    before = len(problems)
    exposure = read_rows(files[EXPOSURE], EXPOSURE, _EXPOSURE, ("subject",), problems) if EXPOSURE in files else ()
    written = EVENTS in files
    key = ("subject", "day", "term")
    events = read_rows(files[EVENTS], EVENTS, _EVENTS, key, problems, empty=True) if written else ()
    if EXPOSURE not in files and written:
        remedy = "list every exposed patient: without exposure events have no denominator"
        problems.append(Problem(EXPOSURE, "", "no such file beside the events", "this table", remedy))
    if len(problems) > before or EXPOSURE not in files:
        return None
    dosed = _dosed(files[DOSES], problems) if DOSES in files else {}
    if len(problems) > before:
        return None
    problems += _exposure_faults(exposure, dosed)
    problems += _event_faults(events, exposure)
    held = {r["subject"] for r in exposure}
    missed = tuple(sorted(set(dosed) - held))
    return SafetyTables(exposure, events, missed, written) if len(problems) == before else None


def _dosed(path: Path, problems: list[Problem]) -> dict[str, list[float]]:
    made: dict[str, set[float]] = {}
    for row in read_long_rows(path, DOSES, problems):
        if (row.value is None or row.value > 0) and given_of(row.text) is not False:
            made.setdefault(row.subject, set()).add(row.day)
    return {s: sorted(d) for s, d in made.items()}


def _exposure_faults(rows: Sequence[Row], dosed: Mapping[str, list[float]]) -> Iterator[Problem]:
    for r in rows:
        at, days = f"row {r.line}", r["dose_days"]
        if r["subject"] in dosed and list(days) != dosed[r["subject"]]:
            found = " ".join(f"{d:g}" for d in days)
            expected = f"those of {DOSES}: {' '.join(f'{d:g}' for d in dosed[r['subject']])}"
            yield Problem(EXPOSURE, f"{at}, column dose_days", found, expected, "let both tables say the same")
        if r["last_day"] is None and not r["reason"].strip():
            remedy = "give it, or say under reason why the patient was not followed"
            yield Problem(EXPOSURE, f"{at}, column last_day", "nothing", "a day, or a reason", remedy)
        if r["last_day"] is not None and r["last_day"] < days[-1]:
            found, expected = f"{r['last_day']:g}", f"not before the last dose, day {days[-1]:g}"
            yield Problem(EXPOSURE, f"{at}, column last_day", found, expected, "correct either day")
        if r["in_safety_set"] == "no" and not r["reason"].strip():
            remedy = "say why the patient is left out of the safety set"
            yield Problem(EXPOSURE, f"{at}, column reason", "nothing", "a reason", remedy)


def _event_faults(events: Sequence[Row], exposure: Sequence[Row]) -> Iterator[Problem]:
    held = {r["subject"]: r for r in exposure}
    for e in events:
        at, patient = f"row {e.line}", held.get(e["subject"])
        if patient is None:
            remedy = nearest(e["subject"], tuple(held))
            yield Problem(EVENTS, f"{at}, column subject", e["subject"], f"a patient of {EXPOSURE}", remedy)
        elif patient["last_day"] is not None and e["day"] > patient["last_day"]:
            found, expected = f"{e['day']:g}", f"up to the last contact, day {patient['last_day']:g} of {EXPOSURE}"
            yield Problem(EVENTS, f"{at}, column day", found, expected, "correct either day: an event is a contact")
        if e["grade"] == "5" and e["serious"] != "yes":
            remedy = "a death is serious by definition (ICH E2A): correct the grade or the cell"
            yield Problem(EVENTS, f"{at}, column serious", e["serious"] or "nothing", "yes with grade 5", remedy)


def register_of(rows: Sequence[Row]) -> ExposureRegister:
    """The exposure as days from each first dose; a patient without follow-up is in it with the reason."""
    from proband.science.safety.exposure import Exposed, ExposureRegister

    made = []
    for r in rows:
        first = r["dose_days"][0]
        last = None if r["last_day"] is None else r["last_day"] - first
        why = r["reason"] if last is None else ""
        days = tuple(d - first for d in r["dose_days"])
        made.append(Exposed(r["subject"], r["product"], r["platform_class"], days, last, why))
    return ExposureRegister(tuple(made))


def events_of(tables: SafetyTables) -> list[AdverseEvent]:
    """The events with days from each patient's first dose."""
    from proband.science.safety.adverse_events import AdverseEvent

    first = {r["subject"]: r["dose_days"][0] for r in tables.exposure}
    said = {"yes": True, "no": False, None: None}
    return [
        AdverseEvent(
            e["subject"], e["term"], e["day"] - first[e["subject"]],
            None if e["grade"] is None else int(e["grade"]), e["related"], said[e["serious"]],
        )
        for e in tables.events
    ]  # fmt: skip
