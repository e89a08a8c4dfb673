"""The checks of one gate before one dose, with three values: met, not met, cannot tell.

A value counts where it was taken before the day of the dose that was given, or up to the day asked about for one that
is not given yet, and is not older than the gate says. A missing, older or undecidable value never opens a gate, and
never closes one: it can not be told. "No event" holds where somebody says how events were sought, the patient was
followed until then, and no event of that kind stands in the table; an event whose grade, seriousness or relation is
not known leaves it open.

Cannot see: events that nobody entered; whether a value is what the protocol had in mind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proband.core.units import UnitError, convert
from proband.science.clinical.care import given_of
from proband.science.clinical.long_table import LongRow, finite
from proband.science.clinical.series import Bound
from proband.science.dosing.gate_file import COMPARE, Check
from proband.science.follow_up.observed import Observed

if TYPE_CHECKING:
    from proband.science.safety.safety_tables import SafetyTables
    from proband.science.transcript.rna_tables import Row

MET, NOT_MET, CANNOT_TELL = "met", "not_met", "cannot_tell"
CARE = "clinical/care.csv"


@dataclass(frozen=True, slots=True)
class Before:
    """The dose that a gate stands before: its number and day, the day of the dose before it, whether it was given."""

    subject: str
    number: int
    day: float
    previous: float | None
    given: bool

    def counts(self, day: float) -> bool:
        """Whether what was seen on a day was known before the dose."""
        return day < self.day if self.given else day <= self.day


@dataclass(frozen=True, slots=True)
class Said:
    """What a check or a gate says, in one of three words, why, and the rows that it rests on."""

    state: str
    because: str
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sources:
    """What checks look into: clinical tables, safety tables (None: there are none), rows of the review."""

    seen: Observed
    safety: SafetyTables | None = None
    review: Sequence[Row] = field(default=())


def together(parts: Sequence[Said], need: str) -> Said:
    """Several checks as one: all of them, or any, in Kleene's three-valued logic.

    >>> together([Said("met", "a"), Said("cannot_tell", "b")], "all").state
    'cannot_tell'
    >>> together([Said("met", "a"), Said("cannot_tell", "b")], "any").state
    'met'
    """
    states = [p.state for p in parts]
    deciding, other = (NOT_MET, MET) if need == "all" else (MET, NOT_MET)
    state = deciding if deciding in states else CANNOT_TELL if CANNOT_TELL in states or not states else other
    rows = tuple(dict.fromkeys(r for p in parts for r in p.rows))
    return Said(state, "; ".join(p.because for p in parts) or "no check", rows)


def said_of(check: Check, gate: str, at: Before, sources: Sources) -> Said:
    """What one check says before one dose."""
    if check.kind == "value":
        return _value(check, at, sources.seen)
    if check.kind == "no_event":
        return _no_event(check, at, sources.safety)
    return recorded(gate, at, sources.review)


def _value(check: Check, at: Before, seen: Observed) -> Said:
    assert check.parameter is not None
    assert check.within_days is not None
    held = seen.between(at.subject, check.parameter, float("-inf"), at.day)
    rows = [r for r in held if at.counts(r.day)]
    if not rows:
        return Said(CANNOT_TELL, f"no row of {check.parameter} before day {at.day:g}")
    undated = [r for r in rows if not at.counts(_latest(r))]
    if undated:
        because = f"{check.parameter} of day {undated[0].day:g} to {_latest(undated[0]):g} may have come after the dose"
        return Said(CANNOT_TELL, because, tuple(r.row for r in undated[:20]))
    last = [r for r in rows if r.day == rows[-1].day]
    age = at.day - last[-1].day
    named = tuple(r.row for r in last[:20])
    if age > check.within_days:
        because = f"{check.parameter} was last seen on day {last[-1].day:g}, {age:g} days before"
        return Said(CANNOT_TELL, f"{because}; at most {check.within_days:g} asked for", named)
    parts = [_compared(check, r) for r in last]
    if len({p.state for p in parts}) > 1:
        return Said(CANNOT_TELL, f"several rows of day {last[-1].day:g} do not agree: {parts[0].because}", named)
    return Said(parts[-1].state, parts[-1].because, named)


def _latest(row: LongRow) -> float:
    """The last day on which a row may lie: its ``day_latest`` where the table has that column, else its day."""
    latest = finite(row.more.get("day_latest", ""))
    return row.day if latest is None else max(row.day, latest)


def _compared(check: Check, row: LongRow) -> Said:
    assert check.unit is not None
    word = next(w for w in COMPARE if getattr(check, w) is not None)
    edge: float = getattr(check, word)
    asked = f"{word.replace('_', ' ')} {edge:g} {check.unit} asked for"
    value, unit = row.value, row.unit
    if value is None and row.file == CARE and given_of(row.text) is False:
        value, unit = 0.0, check.unit  # care that was stopped is given at a level of 0
    if value is None:
        return Said(CANNOT_TELL, f"{row.parameter} on day {row.day:g} has no number; {asked}")
    sign = {Bound.MEASURED: "", Bound.BELOW: "below ", Bound.ABOVE: "above "}[row.bound]
    shown = f"{row.parameter} {sign}{value:g} {unit} on day {row.day:g}; {asked}"
    try:
        number = convert(value, unit, check.unit)
    except UnitError as e:
        return Said(CANNOT_TELL, f"{shown}: {e}")
    holds = _holds(number, row.bound, word, edge)
    return Said({True: MET, False: NOT_MET, None: CANNOT_TELL}[holds], shown)


def _holds(value: float, bound: Bound, word: str, edge: float) -> bool | None:
    """Whether a value compares as asked; None where it is known on one side of its assay's limit alone."""
    upward = word in ("above", "at_least")
    if bound is Bound.MEASURED:
        return {"above": value > edge, "at_least": value >= edge, "below": value < edge, "at_most": value <= edge}[word]
    if bound is Bound.BELOW:
        return (False if value <= edge else None) if upward else (True if value <= edge else None)
    return (True if value >= edge else None) if upward else (False if value >= edge else None)


def _no_event(check: Check, at: Before, safety: SafetyTables | None) -> Said:
    from proband.science.safety.adverse_events import AdverseEvent, Selection

    if at.previous is None:
        return Said(CANNOT_TELL, "there is no dose before this one")
    if safety is None or not safety.written:
        return Said(CANNOT_TELL, "no safety/adverse_events.csv with safety/exposure.csv")
    chosen = Selection(check.least_grade or 1, bool(check.serious), bool(check.related))
    said = {"yes": True, "no": False, None: None}
    certain, possible = [], []
    for row in safety.events:
        same_day = at.given and row["day"] == at.day  # it may have come before the dose
        if row["subject"] != at.subject or row["day"] < at.previous or not (at.counts(row["day"]) or same_day):
            continue
        grade = None if row["grade"] is None else int(row["grade"])
        event = AdverseEvent(at.subject, row["term"], row["day"], grade, row["related"], said[row["serious"]])
        holds = chosen.holds(event)
        if holds is not False:
            (certain if holds and not same_day else possible).append(row)

    def named(rows: Sequence[Row]) -> tuple[str, ...]:
        return tuple(f"safety/adverse_events.csv row {r.line}" for r in rows)

    if certain:
        first = certain[0]
        return Said(NOT_MET, f"{len(certain)} such events since day {at.previous:g}: {first['term']}", named(certain))
    if possible:
        because = "what decides whether it counts, or whether it came before the dose, is not known"
        return Said(CANNOT_TELL, f"{possible[0]['term']}: {because}", named(possible))
    return _followed(at, safety)


def _followed(at: Before, safety: SafetyTables) -> Said:
    """No event in the table: whether anybody looked for one until the dose."""
    held = next((r for r in safety.exposure if r["subject"] == at.subject), None)
    if held is None:
        return Said(CANNOT_TELL, f"{at.subject} does not stand in safety/exposure.csv")
    row = (f"safety/exposure.csv row {held.line}",)
    if not held["events_sought"]:
        return Said(CANNOT_TELL, "nobody says how events were sought", row)
    if held["last_day"] is None or held["last_day"] < at.day - 1:
        until = "not known" if held["last_day"] is None else f"day {held['last_day']:g}"
        return Said(CANNOT_TELL, f"followed until {until}, the dose is on day {at.day:g}", row)
    return Said(MET, f"no such event from day {at.previous:g} on; sought: {held['events_sought']}", row)


def recorded(gate: str, at: Before, review: Sequence[Row]) -> Said:
    """What a person recorded of a gate before a dose; a record of the day itself, or a later one, does not open it."""
    row = next((r for r in review if (r["subject"], r["dose"], r["item"]) == (at.subject, at.number, gate)), None)
    if row is None:
        return Said(CANNOT_TELL, f"a person records it, and safety/redose_review.csv has no row for dose {at.number}")
    named = (f"safety/redose_review.csv row {row.line}",)
    if row["finding"] == "not_reviewed":
        return Said(CANNOT_TELL, "entered as not reviewed", named)
    if row["day"] is None or not at.counts(row["day"]):
        when = (
            "without a day" if row["day"] is None else f"on day {row['day']:g}, not before the dose on day {at.day:g}"
        )
        return Said(CANNOT_TELL, f"recorded {when}", named)
    if at.previous is not None and row["day"] <= at.previous:
        return Said(
            CANNOT_TELL, f"recorded on day {row['day']:g}, not after the dose before on day {at.previous:g}", named
        )
    who = f" by {row['by']}" if row["by"] else ""
    value = f": {row['value']} {row['unit'] if row['unit'] != '{text}' else ''}".rstrip() if row["value"] else ""
    state = MET if row["finding"] == "met" else NOT_MET
    return Said(state, f"recorded as {row['finding'].replace('_', ' ')}{who} on day {row['day']:g}{value}", named)
