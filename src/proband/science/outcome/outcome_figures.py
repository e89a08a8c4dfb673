"""Figures of outcomes as data: survival curves with their limits and numbers at risk, forest of estimates.

A curve is told at its event times and at the planned times, where the numbers at risk stand in the axis label and in
the text. Cannot see: whether a figure is fair to its data.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from proband.core.evidence import Figure
from proband.core.provenance import Json
from proband.science.stats.estimate import Estimate
from proband.science.stats.survival import SurvivalCurve


def survival_figure(curves: Mapping[str, SurvivalCurve], planned: Sequence[float], title: str, unit: str) -> Figure:
    """Survival of each group at its event times and the planned times, and the numbers at risk at the latter."""
    rows: list[Mapping[str, Json]] = []
    for name, curve in curves.items():
        for t in sorted({0.0, *curve.time.tolist(), *(p for p in planned if p <= curve.last)}):
            made = curve.at(t)
            if made.value is not None:
                rows.append({"time": t, "survival": made.value, "low": made.low, "high": made.high, "group": name})
    risk = "; ".join(
        f"{name}: {', '.join(str(n) for n in curve.numbers_at_risk(planned))}" for name, curve in curves.items()
    )
    at = ", ".join(f"{t:g}" for t in planned)
    return Figure(
        name="survival", title=title, chart="intervals", alt=f"Survival with limits. At risk at {at}: {risk}.",
        encoding={"x": "time", "y": "survival", "low": "low", "high": "high", "color": "group"}, rows=tuple(rows),
        labels={"x": f"{unit}; at risk at {at}: {risk}", "y": "share free of the event"},
    )  # fmt: skip


def forest_figure(estimates: Sequence[Estimate], title: str, axis: str) -> Figure:
    """Estimates under each other; those without a value or with an open limit are named in the text instead."""
    shown, told = [], []
    for e in estimates:
        ends = (e.value, e.low, e.high)
        if all(v is not None and math.isfinite(v) for v in ends):
            shown.append({"name": e.name, "value": e.value, "low": e.low, "high": e.high})
        else:
            told.append(e.told())
    alt = f"{len(shown)} estimates with limits." + (f" Not drawn: {'; '.join(told)}." if told else "")
    return Figure(
        name="forest", title=title, chart="intervals", alt=alt,
        encoding={"x": "value", "y": "name", "low": "low", "high": "high"}, rows=tuple(shown),
        labels={"x": axis, "y": ""},
    )  # fmt: skip
