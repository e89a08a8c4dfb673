"""Clocks of expedited reports as a table.

Cannot see: what the clocks can not see.
"""

from __future__ import annotations

from collections.abc import Sequence

from proband.core.evidence import Table
from proband.science.follow_up.calendar_tables import table
from proband.science.follow_up.folder import PatientCalendar
from proband.science.follow_up.plan_file import FollowUp
from proband.science.follow_up.reports import Clock, yearly

COLUMNS = (
    ("event", "", "Subject, term and day"), ("clock", "", "7 d, 15 d, none, or cannot tell"),
    ("due", "", "Last day"), ("state", "", "in time, late, open, none, or cannot tell"),
    ("because", "", "Dates and rule"),
)  # fmt: skip


def clock_rows(found: Sequence[Clock]) -> list[tuple[str, ...]]:
    """One row for each event."""
    return [
        (
            c.event,
            c.clock.replace("_", " "),
            c.due.isoformat() if c.due else "",
            c.state.replace("_", " "),
            c.because,
        )
        for c in found
    ]


def clock_table(found: Sequence[Clock]) -> Table:
    """The rows as a table of evidence."""
    return table("expedited reports", "Clocks of expedited reports", COLUMNS, clock_rows(found))


DUE = (
    ("report", "", "Yearly report of the IND, or expedited report of an event"),
    ("of", "", "Anniversary, or the event"), ("due", "", "Last day"), ("state", "", "Of an expedited report"),
    ("because", "", "Dates and rule"),
)  # fmt: skip


def due_rows(
    plan: FollowUp, calendars: Sequence[PatientCalendar], clocks: Sequence[tuple[str, ...]]
) -> list[tuple[str, ...]]:
    """Yearly reports to the last planned end, then expedited ones."""
    until = max((c.end for c in calendars), default=None)
    made: list[tuple[str, ...]] = []
    if plan.reporting is not None and until is not None:
        rule = "within 60 days of the anniversary of the day on which the IND went into effect (21 CFR 312.33)"
        for on, by in yearly(plan.reporting.ind_in_effect_on, until):
            made.append(("yearly report", on.isoformat(), by.isoformat(), "", rule))
    return made + [(f"expedited: {clock}", event, due, state, because) for event, clock, due, state, because in clocks]
