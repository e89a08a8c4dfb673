"""What became of planned visits: for each item with names in ``clinical/``, whether a value lies in the window.

Windows that have closed without a value are missing; whether one has closed is told by the data cut alone. Items
without names in ``clinical/`` can not be followed here, and a contact by telephone leaves a trace only where it is
entered.

Cannot see: events that a register holds and nobody copied; whether a value belongs to the visit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from proband.core.evidence import Members
from proband.science.answers import members
from proband.science.follow_up.observed import Observed
from proband.science.follow_up.plan_file import FollowUp
from proband.science.follow_up.schedule import Planned
from proband.science.safety.monitoring_due import Made, made_of
from proband.science.safety.monitoring_report import SEEN


@dataclass(frozen=True, slots=True)
class Tracked:
    """One item of one visit of one patient: what became of it, the rows, or why it can not be followed."""

    subject: str
    visit: Planned
    item: str
    made: Made
    because: str
    rows: tuple[str, ...]

    @property
    def name(self) -> str:
        """Subject, visit and item, for people."""
        return f"{self.subject}: {self.item} at {self.visit.visit} {self.visit.offset}"


def track(
    plan: FollowUp, seen: Observed, subject: str, planned: Sequence[Planned], day_zero: date, last: float | None
) -> tuple[Tracked, ...]:
    """Every item of every planned visit, in the order of visits."""
    parameters = {i.id: i.parameter for i in plan.item}
    made = []
    for visit in planned:
        low, high = float((visit.first - day_zero).days), float((visit.last - day_zero).days)
        for item in visit.items:
            held = {n: seen.between(subject, n, low, high + 0.999) for n in parameters[item]}
            states = {n: made_of(rows, low, high, last) for n, rows in held.items()}
            rows = tuple(r.row for found in held.values() for r in found)
            made.append(Tracked(subject, visit, item, *_together(states, made_of([], low, high, last)), rows))
    return tuple(made)


def _together(states: Mapping[str, Made], empty: Made) -> tuple[Made, str]:
    """An item is done where every one of its names has a value; `empty`: what a window without a value would be."""
    if not states:
        return (Made.TO_COME if empty is Made.TO_COME else Made.NOT_TOLD), "no name in clinical/"
    lacking = [n for n, state in states.items() if state is not Made.DONE]
    if not lacking:
        return Made.DONE, ""
    return states[lacking[0]], f"no value of {', '.join(lacking)}"


def kept(tracked: Sequence[Tracked]) -> Members:
    """Items that were due: seen, missing (absent), or not told. Windows that are open or to come are left out."""
    return members({t.name: SEEN[t.made] for t in tracked if t.made in SEEN})
