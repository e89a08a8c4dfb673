"""A trend as a figure: one mark for each lot, the tolerance interval of lots where there is one, limits as lines.

Cannot see: whether an axis that holds a wide interval still shows the lots apart.
"""

from __future__ import annotations

from proband.core.evidence import Figure
from proband.core.provenance import Json
from proband.science.quality.trend import Trend, figure


def trend_figure(t: Trend) -> Figure | None:
    """The figure of a trend, or None where no lot has a number."""
    s = t.specification
    rows: list[dict[str, Json]] = []
    for p in t.points:
        if p.value is not None:
            kind = "another product" if p.own is False else "lot"
            rows.append({"lot": p.lot, "value": p.value, "low": p.value, "high": p.value, "what": kind})
    if not rows:
        return None
    made = t.tolerance
    if made is not None:
        # A one-sided interval is drawn from the mean to its one end; the words beside it say which side is open.
        low = made.low if made.low is not None else made.mean
        high = made.high if made.high is not None else made.mean
        name = f"{made.share:.0%} of lots at {made.confidence:.0%}".replace("%", " %")
        rows.append({"lot": name, "value": made.mean, "low": low, "high": high, "what": "tolerance interval"})
    limits = [float(x) for x in (s.lower, s.upper) if x is not None]
    while len(rows) < len(limits):
        rows.append(dict(rows[0]))
    for row, limit in zip(rows, limits, strict=False):
        row["limit"] = limit
    unit = "" if s.unit == "1" else f" ({s.unit})"
    values = ", ".join(f"{p.lot} {figure(p.value)}" for p in t.points if p.value is not None)
    return Figure(
        name=f"trend-{s.id}",
        title=f"{s.title or s.id} over lots, limits {s.shown}",
        alt=f"{values}. {' '.join(t.words)}",
        chart="intervals",
        encoding={"x": "lot", "y": "value", "low": "low", "high": "high", "color": "what", "limit": "limit"},
        rows=tuple(rows),
        labels={"x": "lot", "y": f"{s.title or s.id}{unit}", "color": ""},
    )
