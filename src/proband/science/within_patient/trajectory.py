"""Figure data of one patient's course: values by day, and below them doses and care as a timeline.

Values below a limit are drawn at the limit as a group of their own, never as measurements. Two figures, because the
chart forms have no layer of lines, dose marks and bands on one axis.

Cannot see: what was not entered.
"""

from __future__ import annotations

from collections.abc import Sequence

from proband.core.evidence import Figure
from proband.science.within_patient.course import Covariate, Dose, Series, readings

_GROUPS = ("before", "after", "below the limit of the assay")


def trajectory_figures(
    series: Series, doses: Sequence[Dose], covariates: Sequence[Covariate] = (), until: float | None = None
) -> tuple[Figure, Figure | None]:
    """The values as points in groups, and a timeline of doses and care (None where there is nothing to show).

    >>> made, line = trajectory_figures(Series("ammonia", "umol/L", (0, 7), (60, 40)), [Dose(5)])
    >>> [r["phase"] for r in made.rows], len(line.rows)
    (['before', 'after'], 1)
    """
    held = readings(series)
    start = min((d.day for d in doses), default=float("inf"))
    rows = []
    for day, value, below in zip(held.days.tolist(), held.values.tolist(), held.below.tolist(), strict=True):
        group = _GROUPS[2] if below else _GROUPS[int(day >= start)]
        rows.append({"day": day, "value": value, "phase": group})
    values = Figure(
        "trajectory",
        f"{series.name} over time",
        f"{len(rows)} values of {series.name}; first dose on day {start:g}"
        if doses
        else f"{len(rows)} values, no dose",
        "points",
        {"x": "day", "y": "value", "color": "phase"},
        tuple(rows),
        {"x": "day", "y": f"{series.name} ({series.unit})", "color": "phase"},
    )
    end = max([*held.days.tolist(), *(d.day for d in doses)], default=0.0) if until is None else until
    events = _care(doses, covariates, end)
    if not events:
        return values, None
    line = Figure(
        "trajectory_care",
        f"Doses and care beside {series.name}",
        "Each dose as a mark; each covariate as spans of constant value",
        "timeline",
        {"lane": "lane", "start": "start", "end": "end", "label": "label"},
        tuple(events),
        {"start": "day"},
    )
    return values, line


def _care(doses: Sequence[Dose], covariates: Sequence[Covariate], end: float) -> list[dict[str, str | float]]:
    made: list[dict[str, str | float]] = [
        {"lane": "dose", "start": d.day, "label": f"{d.size:g}"} for d in sorted(doses, key=lambda d: d.day)
    ]
    for c in covariates:
        steps = sorted(zip(c.days, c.values, strict=True))
        for i, (day, value) in enumerate(steps):
            until = steps[i + 1][0] if i + 1 < len(steps) else max(end, day)
            made.append({"lane": c.name, "start": day, "end": until, "label": f"{value:g}"})
    return made
