"""Adverse events by term and grade: how many patients, how often, within which limits, and in which window of time.

Each event is data: patient, term, grade (1 to 5, CTCAE), relatedness, seriousness, day. An event whose grade,
relatedness or seriousness is not known may or may not belong to a selection: lower limits count what is certain, upper
limits also what is possible. Terms that nobody had are rows too, with the limit that the exposure allows, because "no
event" without a limit says nothing.

Proportions have Clopper-Pearson limits over patients, rates Garwood limits over person-time. A patient may have an
event twice: events count in rates, patients in proportions. Events that a table does not count (before the first dose
or the lag, of a patient without follow-up) stand in it with the reason.

Cannot see: coding that differs between sites (terms are compared as written), and dependence of events in a patient,
for which Garwood limits are too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from proband.core.errors import Problem, ProgramError
from proband.science.safety.exposure import (
    DAYS_PER_YEAR,
    Exposed,
    ExposureRegister,
    LeftOut,
    days_within,
    groups,
    last_day,
)
from proband.science.safety.limits import ExactLimits, patients_limits, rate_limits

RELATED = {"related": True, "possible": True, "unrelated": False, "not_assessed": None}


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """One event; `grade` and `serious` are None where they are not known, `day` counts from the first dose."""

    subject: str
    term: str
    day: float
    grade: int | None
    related: str
    serious: bool | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events count: at least this grade, serious ones alone, related ones alone. All, as it stands."""

    least_grade: int = 1
    serious: bool = False
    related: bool = False

    def holds(self, e: AdverseEvent) -> bool | None:
        """True, False, or None where what decides is not known.

        >>> Selection(least_grade=3).holds(AdverseEvent("P1", "fever", 2.0, None, "related", False)) is None
        True
        """
        asked: list[bool | None] = []
        if self.least_grade > 1:
            asked.append(None if e.grade is None else e.grade >= self.least_grade)
        if self.serious:
            asked.append(e.serious)
        if self.related:
            asked.append(RELATED[e.related])
        if False in asked:
            return False
        return None if None in asked else True


@dataclass(frozen=True, slots=True)
class Incidence:
    """One term in one group: patients and events for certain, and those that are possible on top.

    `proportion` and `rate` are limits for the certain counts; `upper_proportion` and `upper_rate` are one-sided upper
    limits with the possible ones. All None in a group without follow-up.
    """

    group: str
    term: str
    patients: int
    patients_with: int
    patients_possible: int
    events: int
    events_possible: int
    worst_grade: int | None
    proportion: ExactLimits | None
    rate: ExactLimits | None
    upper_proportion: float | None
    upper_rate: float | None
    text: str


@dataclass(frozen=True, slots=True)
class IncidenceTable:
    """Rows by group and term, the selection and lag, every patient that gives no person-time, and the events that no
    row counts though they belong or may belong to the selection, each with the reason.
    """

    rows: tuple[Incidence, ...]
    selection: Selection
    lag: float
    left_out: tuple[LeftOut, ...]
    uncounted: tuple[tuple[AdverseEvent, str], ...]


@dataclass(frozen=True, slots=True)
class WindowRate:
    """Events in one window of days; `rate` per person-year is None where nobody was followed into it."""

    start: float
    end: float
    patients_at_risk: int
    years: float
    events: int
    events_possible: int
    rate: ExactLimits | None
    upper_rate: float | None


def check_events(register: ExposureRegister, events: Sequence[AdverseEvent]) -> None:
    """Raise one ``ProgramError`` with every event that can not be.

    >>> register = ExposureRegister((Exposed("P1", "x1", "AAV", (0.0,), 100.0),))
    >>> check_events(register, [AdverseEvent("P1", "fever", 3.0, 2, "related", False)])
    """
    held = {p.subject: p for p in register.patients}
    problems = []
    for i, e in enumerate(events, start=1):
        place = f"event {i}, {e.subject}, {e.term}"
        if e.subject not in held:
            problems.append(_problem(place, "a patient that the register lacks", "a listed patient", "add the patient"))
        elif not math.isfinite(e.day) or (held[e.subject].last_day is not None and e.day > last_day(held[e.subject])):
            problems.append(_problem(place, f"day {e.day}", "a day up to the last contact", "correct either day"))
        if not e.term.strip():
            problems.append(_problem(place, "no term", "a term", "write what happened"))
        if e.grade is not None and e.grade not in range(1, 6):
            problems.append(_problem(place, f"grade {e.grade}", "1 to 5", "leave it out where it is not known"))
        if e.related not in RELATED:
            problems.append(_problem(place, e.related, ", ".join(RELATED), "write one of these"))
    if problems:
        raise ProgramError(problems)


def incidence(
    register: ExposureRegister,
    events: Sequence[AdverseEvent],
    selection: Selection | None = None,
    by: str = "platform_class",
    asked: Sequence[str] = (),
    lag: float = 0.0,
    level: float = 0.95,
) -> IncidenceTable:
    """Every term (and every term `asked` for) in every group, events after the first dose and from `lag` days on.

    With a lag, patients and person-time before it do not count, as they could not show the event. Raises as
    `check_events`, and ``ValueError`` for another grouping.

    >>> seen = (Exposed("P1", "x1", "AAV", (0.0,), 100.0), Exposed("P2", "x2", "ASO", (0.0,), 700.0))
    >>> register = ExposureRegister(seen)
    >>> table = incidence(register, [AdverseEvent("P1", "fever", 3.0, 2, "related", False)])
    >>> [(r.group, r.patients_with, r.patients, round(r.upper_proportion, 2)) for r in table.rows]
    [('AAV', 1, 1, 1.0), ('ASO', 0, 1, 0.95)]
    """
    check_events(register, events)
    if not (lag >= 0 and math.isfinite(lag)):
        raise ValueError("a lag is not negative")
    chosen = selection or Selection()
    terms = list(dict.fromkeys([*sorted({e.term for e in events}), *asked]))
    rows = []
    for group, members in groups(register, by).items():
        followed = {p.subject: p for p in members if not p.left_out and (last_day(p) > lag or lag == 0)}
        years = math.fsum(max(0.0, last_day(p) - lag) for p in followed.values()) / DAYS_PER_YEAR
        inside = [e for e in events if e.subject in followed and e.day >= lag]
        rows += [_row(group, t, [e for e in inside if e.term == t], chosen, len(followed), years, level) for t in terms]
    return IncidenceTable(tuple(rows), chosen, lag, register.left_out, _uncounted(register, events, chosen, lag))


def _uncounted(
    register: ExposureRegister, events: Sequence[AdverseEvent], selection: Selection, lag: float
) -> tuple[tuple[AdverseEvent, str], ...]:
    """Events of the selection that no row counts, and why."""
    reasons = {p.subject: p.left_out for p in register.patients}
    made = []
    for e in events:
        if selection.holds(e) is False:
            continue
        if reasons[e.subject]:
            made.append((e, f"the patient gives no person-time: {reasons[e.subject]}"))
        elif e.day < 0:
            made.append((e, "before the first dose"))
        elif e.day < lag or (lag > 0 and last_day(_patient(register, e.subject)) <= lag):
            made.append((e, f"before the lag of {lag:g} days"))
    return tuple(made)


def _patient(register: ExposureRegister, subject: str) -> Exposed:
    return next(p for p in register.patients if p.subject == subject)


def _row(
    group: str, term: str, events: list[AdverseEvent], selection: Selection, patients: int, years: float, level: float
) -> Incidence:
    held = [(e, selection.holds(e)) for e in events]
    certain = [e for e, yes in held if yes]
    possible = [e for e, yes in held if yes is None]
    who = {e.subject for e in certain}
    maybe = {e.subject for e in possible} - who
    worst = max((e.grade for e in certain if e.grade is not None), default=None)
    proportion = patients_limits(len(who), patients, level) if patients else None
    upper = patients_limits(len(who | maybe), patients, level).upper if patients else None
    rate = rate_limits(len(certain), years, "a", level) if years > 0 else None
    upper_rate = rate_limits(len(certain) + len(possible), years, "a", level).upper if years > 0 else None
    text = "nobody was followed: nothing is known" if proportion is None else proportion.text
    if maybe and proportion is not None:
        text += f"; {len(maybe)} more may count, what decides is not known: up to {100 * (upper or 0):.3g} %"
    return Incidence(
        group, term, patients, len(who), len(maybe), len(certain), len(possible), worst, proportion, rate,
        upper, upper_rate, text,
    )  # fmt: skip


def window_rates(
    register: ExposureRegister,
    events: Sequence[AdverseEvent],
    edges: Sequence[float],
    selection: Selection | None = None,
    level: float = 0.95,
) -> tuple[WindowRate, ...]:
    """Rates within windows of days from the first dose: edges e0 < e1 < ..., each window from e_i to before e_(i+1).

    A window into which nobody was followed has no rate. Raises as `check_events`, ``ValueError`` for edges that do not
    rise from 0 or above.

    >>> register = ExposureRegister((Exposed("P1", "x1", "AAV", (0.0,), 60.0),))
    >>> early, late, never = window_rates(register, [], [0.0, 30.0, 90.0, 365.0])
    >>> early.patients_at_risk, round(late.upper_rate, 1), never.rate is None
    (1, 36.5, True)
    """
    check_events(register, events)
    if len(edges) < 2 or edges[0] < 0 or any(a >= b for a, b in pairwise(edges)):
        raise ValueError("edges of windows rise from 0 or above")
    chosen = selection or Selection()
    followed = {p.subject: p for p in register.followed}
    made = []
    for start, end in pairwise(edges):
        years = math.fsum(days_within(p, start, end) for p in followed.values()) / DAYS_PER_YEAR
        at_risk = sum(last_day(p) > start for p in followed.values())
        held = [chosen.holds(e) for e in events if e.subject in followed and start <= e.day < end]
        certain, possible = sum(h is True for h in held), sum(h is None for h in held)
        rate = rate_limits(certain, years, "a", level) if years > 0 else None
        upper = rate_limits(certain + possible, years, "a", level).upper if years > 0 else None
        made.append(WindowRate(start, end, at_risk, years, certain, possible, rate, upper))
    return tuple(made)


def _problem(place: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem("adverse events", place, found, expected, remedy)
