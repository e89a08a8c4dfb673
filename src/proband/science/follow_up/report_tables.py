"""Clocks of expedited reports as a table.

Cannot see: what the clocks can not see.
"""

from __future__ import annotations

from collections.abc import Sequence

from proband.core.evidence import Table
from proband.science.follow_up.calendar_tables import table
from proband.science.follow_up.reports import Clock

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
