"""Growth as members, changes of scores and a table.

Cannot see: what `growth` can not see.
"""

from __future__ import annotations

from collections.abc import Sequence

from proband.core.evidence import Members, Table
from proband.core.quantity import Quantity
from proband.science.answers import members
from proband.science.follow_up.calendar_tables import table
from proband.science.follow_up.growth import UNITS, Tracking

COLUMNS = (
    ("measure", "", "Height or weight"), ("day", "d", "Of the program's tables"),
    ("score", "", "For age, in the unit beside it"), ("unit", "", "Score by L, M and S, or as the folder holds it"),
    ("row", "", "Where it stands"),
)  # fmt: skip


def growth_members(found: Sequence[Tracking]) -> Members:
    """Height, weight and milestones: tracked, not (absent), or not known."""
    return members({t.what: t.state for t in found})


def changes(found: Sequence[Tracking], first_dose: float) -> dict[str, Quantity]:
    """Change of each score from the last value up to the first dose to the last one, where both are scores."""
    made = {}
    for t in (t for t in found if t.what in UNITS):
        scores = [s for s in t.scores if s.unit == "{score}"]
        before, after = [s for s in scores if s.day <= first_dose], [s for s in scores if s.day > first_dose]
        if before and after:
            made[f"{t.what}_change"] = Quantity.exact(round(after[-1].value - before[-1].value, 9), "{score}")
    return made


def growth_table(found: Sequence[Tracking]) -> Table:
    """Every standardised value."""
    rows = [(t.what, f"{s.day:g}", f"{s.value:.4g}", s.unit, s.row) for t in found for s in t.scores]
    return table("growth", "Values standardised for age", COLUMNS, rows)
