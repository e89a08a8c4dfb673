"""Reports that fall due: the yearly report of an IND, and expedited reports of adverse events.

Yearly: within 60 days of each anniversary of the day on which the IND went into effect (21 CFR 312.33). Expedited (21
CFR 312.32(c)): an unexpected fatal or life-threatening suspected adverse reaction within 7 calendar days of the
sponsor's first receipt of it; a serious and unexpected suspected adverse reaction within 15 calendar days of the day
on which the sponsor determined that it qualifies. Both were read in summaries that quote them, not in the regulation.
A suspected reaction is one entered as related or possible.

What decides is missing where it is not entered: the clock is then not known, and no date is made up. Cannot see:
reports owed elsewhere (other countries, boards, cumulative findings), and whether the report was complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from proband.core.errors import Problem
from proband.core.evidence import Members
from proband.science.answers import members
from proband.science.dosing.redose_review import day_of_tables
from proband.science.follow_up.calendar_dates import FIRST, LAST, plus_months
from proband.science.safety.safety_tables import EVENTS
from proband.science.transcript.rna_tables import Columns, Row, name, one_of, optional, read_rows

FILE = "safety/reports.csv"
YEARLY_DAYS, SEVEN, FIFTEEN = 60, 7, 15


def _date(text: str) -> date:
    made = date.fromisoformat(text)
    if len(text) != 10 or not FIRST <= made <= LAST:
        raise ValueError(text)
    return made


def _reported(text: str) -> date | str:
    return text if text == "not_reported" else _date(text)


_NAME = (name, "a name of at most 80 characters")
_YES_NO = (optional(one_of("yes", "no")), "yes, no, or nothing where it is not known")
_ON = (optional(_date), "a date such as 2025-03-11, or nothing where it is not known")
COLUMNS: Columns = {
    "subject": _NAME,
    "day": (day_of_tables, "the day of the event, as in safety/adverse_events.csv"),
    "term": _NAME,
    "expected": _YES_NO,
    "fatal_or_life_threatening": _YES_NO,
    "received_on": _ON,
    "determined_on": _ON,
    "reported_on": (optional(_reported), "a date, not_reported, or nothing where it is not known"),
    "source": _NAME,
}


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one event: which one (7 d, 15 d, none, cannot_tell), until when, what became of it, and why."""

    subject: str
    day: float
    term: str
    clock: str
    due: date | None
    state: str
    because: str

    @property
    def event(self) -> str:
        """Subject, term and day, for people."""
        return f"{self.subject}: {self.term} on day {self.day:g}"


def read_reports(path: Path, events: Sequence[Row] | None, problems: list[Problem]) -> tuple[Row, ...] | None:
    """The rows, or None with every fault added. `events`: rows of the table of events, None where it is not there."""
    before = len(problems)
    rows = read_rows(path, FILE, COLUMNS, ("subject", "day", "term"), problems, empty=True)
    known = {(e["subject"], e["day"], e["term"]): e for e in events or ()}
    for r in rows:
        event = known.get((r["subject"], r["day"], r["term"]))
        if event is None:
            found = f"{r['subject']}, day {r['day']:g}, {r['term']}"
            problems.append(Problem(FILE, f"row {r.line}", found, f"an event of {EVENTS}", "enter it there, alike"))
        elif event["grade"] == "5" and r["fatal_or_life_threatening"] != "yes":
            at, found = f"row {r.line}, column fatal_or_life_threatening", r["fatal_or_life_threatening"] or "nothing"
            problems.append(Problem(FILE, at, found, "yes: the event has grade 5", "correct one of them"))
        elif event["serious"] == "no" and r["fatal_or_life_threatening"] == "yes":
            at, expected = f"row {r.line}, column fatal_or_life_threatening", f"a serious event in {EVENTS}"
            remedy = "what is fatal or life-threatening is serious (21 CFR 312.32(a)): correct one of them"
            problems.append(Problem(FILE, at, "yes, of an event that is not serious", expected, remedy))
        order = [(c, r[c]) for c in ("received_on", "determined_on", "reported_on") if isinstance(r[c], date)]
        for (one, a), (two, b) in pairwise(order):
            if b < a:
                found, expected = f"{b}, before {one} {a}", "dates in order"
                problems.append(Problem(FILE, f"row {r.line}, column {two}", found, expected, "correct one of them"))
    return rows if len(problems) == before else None


def clocks(events: Sequence[Row], reports: Sequence[Row], today: date | None) -> tuple[Clock, ...]:
    """The clock of every event, in the order of the table. `today`: the data cut, None where it is not stated."""
    held = {(r["subject"], r["day"], r["term"]): r for r in reports}
    return tuple(_clock(e, held.get((e["subject"], e["day"], e["term"])), today) for e in events)


def _clock(event: Row, report: Row | None, today: date | None) -> Clock:
    at = (event["subject"], event["day"], event["term"])
    which, because = _which(event, report)
    if which in ("none", "cannot_tell"):
        return Clock(*at, which, None, which, because)
    assert report is not None
    start, column, days = (
        (report["received_on"], "received_on", SEVEN)
        if which == "7 d"
        else (report["determined_on"], "determined_on", FIFTEEN)
    )
    if start is None:
        return Clock(*at, which, None, "cannot_tell", f"{column} is not entered: the clock has no start")
    due = start + timedelta(days=days)
    told = f"{days} calendar days from {column} {start}"
    done = report["reported_on"]
    if isinstance(done, date) and today is not None and done > today and done <= due:
        return Clock(*at, which, due, "open", f"{told}; the report is dated {done}, after the data cut {today}")
    if isinstance(done, date):
        return Clock(*at, which, due, "in_time" if done <= due else "late", f"{told}; reported on {done}")
    if today is None:
        return Clock(*at, which, due, "cannot_tell", f"{told}; the data cut is not stated")
    if today <= due:
        return Clock(*at, which, due, "open", f"{told}; the data cut is {today}")
    state = "late" if done == "not_reported" else "cannot_tell"
    return Clock(
        *at, which, due, state, f"{told}; {'not reported' if done else 'whether it was reported is not entered'}"
    )


def _which(event: Row, report: Row | None) -> tuple[str, str]:
    """Which clock runs. What is known to exclude a clock does so whatever else is not known."""
    serious = {"yes": True, "no": False, None: None}[event["serious"]]
    suspected = {"related": True, "possible": True, "unrelated": False}.get(event["related"])
    expected = {"yes": True, "no": False, None: None}[report["expected"] if report is not None else None]
    if serious is False:
        return "none", "not serious"
    if suspected is False:
        return "none", "not suspected: entered as unrelated"
    if expected is True:
        return "none", "expected"
    open_ = [n for n, x in (("seriousness", serious), ("relation", suspected), ("expectedness", expected)) if x is None]
    if report is None:
        open_ = [*open_, f"no row in {FILE}"]
    if open_:
        return "cannot_tell", f"not known: {', '.join(open_)}"
    assert report is not None
    severe = report["fatal_or_life_threatening"]
    if severe is None:
        return "cannot_tell", "not known: whether it was fatal or life-threatening"
    return ("7 d", "") if severe == "yes" else ("15 d", "")


def in_time(found: Sequence[Clock]) -> Members:
    """Events with a clock, or whose clock is not known; one whose time is not over is left out."""
    words = {"in_time": True, "late": False, "cannot_tell": None}
    return members({c.event: words[c.state] for c in found if c.state in words})


def yearly(in_effect: date, until: date) -> Iterator[tuple[date, date]]:
    """Anniversaries of the day on which the IND went into effect, up to a date, each with the last day of its report.

    >>> list(yearly(date(2024, 2, 29), date(2026, 3, 1)))[0]
    (datetime.date(2025, 2, 28), datetime.date(2025, 4, 29))
    """
    years = 1
    while (on := plus_months(in_effect, 12 * years)) <= until:
        yield on, on + timedelta(days=YEARLY_DAYS)
        years += 1
