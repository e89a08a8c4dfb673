"""Channels of the chart forms: types, axes, colours, layout. Shared by all forms; draws nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from proband.core.evidence import Figure
from proband.dossier.words import clean

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8A7A00")
"""Okabe and Ito's colours for readers with any colour vision, the darker first; yellow darkened for print."""
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "stroke")
WIDTH = 520
_LONG = 10


class Undrawable(ValueError):
    """A figure that can not be drawn; its data are shown as a table instead."""


def scalar(value: object) -> Any:
    """A cell as a value that a chart can hold; text is cleaned and cut."""
    if isinstance(value, bool) or value is None:
        return None if value is None else ("yes" if value else "no")
    if isinstance(value, (int, float)):
        return int(value) if value == int(value) else value
    return clean(value)[:120]


def type_of(rows: Sequence[Mapping[str, Any]], channel: str) -> str:
    """``quantitative``, ``temporal`` or ``ordinal``, from the values of a channel."""
    values = [r[channel] for r in rows if channel in r]
    if values and all(isinstance(v, (int, float)) for v in values):
        return "quantitative"
    return "temporal" if values and all(_is_date(v) for v in values) else "ordinal"


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def axis_of(
    figure: Figure, rows: Sequence[Mapping[str, Any]], channel: str, kind: str = "", title: str = ""
) -> dict[str, Any]:
    """One positional channel: type, title, scale. The label ``y scale`` = ``logarithm`` asks for one, above 0."""
    kind = kind or type_of(rows, channel)
    label = figure.labels.get(title or channel, figure.encoding.get(title or channel, ""))
    made: dict[str, Any] = {"field": channel, "type": kind, "title": clean(label)[:120]}
    if kind == "ordinal":
        made.update(sort=None, axis={"grid": False, "labelAngle": 0})
    elif kind == "temporal":
        made.update(scale={"type": "utc"}, axis={"format": "%Y-%m-%d", "grid": False, "tickCount": 6})
    else:
        values = [r[channel] for r in rows if channel in r]
        if figure.labels.get(f"{title or channel} scale") == "logarithm" and min(values) > 0:
            made.update(scale={"type": "log", "nice": True}, axis={"tickCount": 6, "format": "~g"})
        else:
            made.update(
                scale={"zero": min(values) >= 0 and min(values) < max(values) / 2, "nice": True},
                axis={"tickCount": 6},
            )
    return made


def colour_of(figure: Figure, rows: Sequence[Mapping[str, Any]], *, shape: bool = False) -> dict[str, Any]:
    """Colour, and shape beside it for points; left out where there are more groups than colours."""
    groups = list(dict.fromkeys(str(r["color"]) for r in rows if "color" in r))
    if not groups or len(groups) > len(PALETTE):
        return {}
    label = clean(figure.labels.get("color", figure.encoding.get("color", "")))[:120]
    base = {"field": "color", "type": "nominal", "title": label, "sort": groups}
    made = {"color": {**base, "scale": {"domain": groups, "range": list(PALETTE[: len(groups)])}}}
    if shape:
        made["shape"] = {**base, "scale": {"domain": groups, "range": list(SHAPES[: len(groups)])}}
    return made


def are_long(rows: Sequence[Mapping[str, Any]], channel: str) -> bool:
    """Whether category names need a line of their own."""
    values = {str(r[channel]) for r in rows}
    return any(len(v) > _LONG for v in values) or len(values) * max(map(len, values)) * 7 > WIDTH


def lay(
    x: dict[str, Any], y: dict[str, Any], swap: bool, rows: Sequence[Mapping[str, Any]], channel: str
) -> dict[str, Any]:
    """Axes as they stand or turned, so that long category names stand beside their marks."""
    if not swap:
        return {"width": WIDTH, "height": 240, "encoding": {"x": x, "y": y}}
    lanes = len({str(r[channel]) for r in rows})
    return {"width": WIDTH - 140, "height": max(70, 26 * lanes), "encoding": {"x": y, "y": x}}


def limit_rules(rows: Sequence[Mapping[str, Any]], axis: str) -> list[dict[str, Any]]:
    """A dashed line for each value of ``limit``, such as a limit of detection or no effect, on the axis of values."""
    limits = sorted({float(r["limit"]) for r in rows if isinstance(r.get("limit"), (int, float))})
    if not limits:
        return []
    mark = {"type": "rule", "strokeDash": [5, 4], "color": "#555", "strokeWidth": 1.2}
    values = [{"limit": v} for v in limits]
    return [{"data": {"values": values}, "mark": mark, "encoding": {axis: {"field": "limit", "type": "quantitative"}}}]
