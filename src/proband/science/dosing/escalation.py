"""Escalation between patients: decisions by events among those treated, and the wait after the first patient.

The rules are data of the protocol (``[escalation]`` of ``plan/protocol.toml``): levels in order, the days in which a
dose-limiting event counts, the days between the first patient of a level and the next, and for each number treated and
of events what is decided. Nothing is built in: a 3 + 3 table is one that a protocol can write. Patients stand in
``plan/escalation.csv``.

An event that is not known, or a window that is not over, can go either way: a decision is told where every way gives
the same, and "cannot tell" or "wait" elsewhere. Cannot see: a patient whom nobody entered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem
from proband.core.units import is_unit, nearest_unit
from proband.science.dosing.gate_file import FILE
from proband.science.dosing.redose_review import day_of_tables
from proband.science.transcript.rna_tables import Columns, Row, name, one_of, optional, read_rows
from proband.science.trial.plan_parts import Id, Line, Positive

TABLE = "plan/escalation.csv"
DECISIONS = ("escalate", "expand", "stay", "de_escalate", "stop")
WAIT, CANNOT_TELL = "wait", "cannot_tell"

Few = Annotated[int, Field(ge=0, le=100)]


class Level(Strict):
    """A dose level, in the order of the list."""

    id: Id
    value: Positive
    unit: Line


class Decision(Strict):
    """What is decided with so many treated at a level, of whom so many had a dose-limiting event."""

    treated: Annotated[int, Field(ge=1, le=100)]
    events: Few
    decision: Literal["escalate", "expand", "stay", "de_escalate", "stop"]


class Escalation(Strict):
    """The whole table. `window_days`: in which a dose-limiting event counts, from the patient's first dose."""

    window_days: Annotated[int, Field(ge=1, le=3_660)]
    sentinel_days: Annotated[int, Field(ge=0, le=3_660)]
    level: Annotated[list[Level], Field(min_length=1, max_length=50)]
    rule: Annotated[list[Decision], Field(min_length=1, max_length=1_000)]


COLUMNS: Columns = {
    "patient": (name, "a pseudonym of at most 80 characters"),
    "level": (name, "the id of a level"),
    "dosed_day": (day_of_tables, "the day of the first dose, on one axis for all patients"),
    "observed_until": (optional(day_of_tables), "the last day observed, or nothing where it is not known"),
    "dose_limiting": (optional(one_of("yes", "no")), "yes, no, or nothing where it is not known or not yet decided"),
    "source": (name, "a name of at most 80 characters"),
}


@dataclass(frozen=True, slots=True)
class LevelState:
    """One level: patients, the least and greatest number of events, the decision, when the next may be dosed."""

    level: str
    treated: int
    least: int
    most: int
    decision: str
    because: str
    next_patient_from: float | None


def read_escalation(path: Path, name: str, problems: list[Problem]) -> Escalation | None:
    """The table of a protocol; None where it has none, or with every fault added."""
    before = len(problems)
    raw = read_toml(path, name, problems)
    if raw is None or "escalation" not in raw:
        return None
    rules = parse(Escalation, raw["escalation"], name, "escalation", problems)
    if rules is not None:
        problems.extend(Problem(name, *fault) for fault in _faults(rules))
    return rules if len(problems) == before else None


def _faults(rules: Escalation) -> Iterator[tuple[str, str, str, str]]:
    ids = [x.id for x in rules.level]
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        yield f"escalation, level {twice}", "an id used twice", "each id once", "rename one"
    for level in rules.level:
        if not is_unit(level.unit):
            yield f"escalation, level {level.id}, key unit", level.unit, "a UCUM code", nearest_unit(level.unit)
    units = {x.unit for x in rules.level}
    values = [x.value for x in rules.level]
    if len(units) > 1:
        yield "escalation, levels", ", ".join(sorted(units)), "one unit for all levels", "convert them"
    elif any(a >= b for a, b in pairwise(values)):
        yield "escalation, levels", ", ".join(f"{v:g}" for v in values), "doses that rise", "put them in order"
    held = [(r.treated, r.events) for r in rules.rule]
    for treated, events in sorted({x for x in held if held.count(x) > 1}):
        yield f"escalation, {treated} treated", f"{events} events decided twice", "one decision", "remove one"
    for treated in sorted({t for t, _ in held}):
        lacking = [e for e in range(treated + 1) if (treated, e) not in held]
        beyond = [e for t, e in held if t == treated and e > treated]
        if lacking:
            found = f"no decision for {', '.join(map(str, lacking))} events"
            yield f"escalation, {treated} treated", found, f"one for 0 to {treated} events", "add the rows"
        if beyond:
            yield f"escalation, {treated} treated", f"{beyond[0]} events", f"at most {treated}", "correct the row"


def read_patients(path: Path, rules: Escalation, problems: list[Problem]) -> tuple[Row, ...] | None:
    """Patients by level, or None with every fault added."""
    before = len(problems)
    rows = read_rows(path, TABLE, COLUMNS, ("patient",), problems)
    known = [x.id for x in rules.level]
    for r in rows:
        if r["level"] not in known:
            expected = f"a level of {FILE}: {', '.join(known)}"
            problems.append(Problem(TABLE, f"row {r.line}, column level", r["level"], expected, "correct it"))
        if r["observed_until"] is not None and r["observed_until"] < r["dosed_day"]:
            found, expected = f"{r['observed_until']:g}", f"not before the dose on day {r['dosed_day']:g}"
            problems.append(Problem(TABLE, f"row {r.line}, column observed_until", found, expected, "correct a day"))
    return rows if len(problems) == before else None


def decide(rules: Escalation, rows: Sequence[Row]) -> tuple[LevelState, ...]:
    """Each level that has patients, in the order of the protocol."""
    made = []
    for level in rules.level:
        mine = sorted((r for r in rows if r["level"] == level.id), key=lambda r: (r["dosed_day"], r.line))
        if mine:
            made.append(_level(rules, level.id, mine))
    return tuple(made)


def _level(rules: Escalation, level: str, rows: Sequence[Row]) -> LevelState:
    sure = sum(r["dose_limiting"] == "yes" for r in rows)
    not_over = [r for r in rows if r["dose_limiting"] != "yes" and not _over(r, rules.window_days)]
    not_known = [r for r in rows if r["dose_limiting"] is None and r not in not_over]
    open_ = len(not_over) + len(not_known)
    table = {(d.treated, d.events): d.decision for d in rules.rule}
    ways = {table.get((len(rows), e), "") for e in range(sure, sure + open_ + 1)}
    first = rows[0]["dosed_day"]
    following = first + rules.sentinel_days if len(rows) == 1 else None
    told = f"{len(rows)} treated, {sure} with a dose-limiting event"
    if open_:
        whom = ", ".join(r["patient"] for r in (*not_over, *not_known))
        told += f", {open_} open ({whom})"
    if ways == {""}:
        known = ", ".join(str(t) for t in sorted({t for t, _ in table}))
        word, told = WAIT, f"{told}; the table decides at {known}"
    elif len(ways) == 1:
        word = next(iter(ways))
    else:
        word = WAIT if not_over and not not_known else CANNOT_TELL
        told += ": it could go either way"
    return LevelState(level, len(rows), sure, sure + open_, word, told, following)


def _over(row: Row, window: int) -> bool:
    """Whether the whole window was observed; a window whose end is not known is not over."""
    return row["observed_until"] is not None and row["observed_until"] >= row["dosed_day"] + window
