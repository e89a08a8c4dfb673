"""The plain chart forms as Vega-Lite: bars, points, intervals, timeline. The course of disease has forms of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from proband.core.evidence import Figure
from proband.dossier.chart_axes import (
    PALETTE,
    WIDTH,
    Undrawable,
    are_long,
    axis_of,
    colour_of,
    lay,
    limit_rules,
    type_of,
)


def bars(figure: Figure, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """One bar for each row, grouped by colour."""
    if type_of(rows, "y") != "quantitative":
        raise Undrawable("a bar needs a number")
    for r in rows:
        r["x"] = str(r["x"])
    colour = colour_of(figure, rows)
    y = axis_of(figure, rows, "y")
    y.update(scale={"zero": True, "nice": True}, stack=None)
    swap = are_long(rows, "x")
    made = lay(axis_of(figure, rows, "x", "ordinal"), y, swap, rows, "x")
    made["encoding"].update(colour)
    if colour and len({r["x"] for r in rows}) < len(rows):
        made["encoding"]["yOffset" if swap else "xOffset"] = {
            "field": "color",
            "type": "nominal",
            "sort": None,
        }
    made["mark"] = {"type": "bar", **({} if colour else {"color": PALETTE[0]})}
    return made


def points(figure: Figure, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """One mark for each row."""
    x, y = axis_of(figure, rows, "x", "ordinal" if _counted(rows) else ""), axis_of(figure, rows, "y")
    swap = x["type"] == "ordinal" and are_long(rows, "x")
    made = lay(x, y, swap, rows, "x")
    made["encoding"].update(colour_of(figure, rows, shape=True))
    mark = {"type": "point", "filled": True, "size": 46, "opacity": 0.9, "color": PALETTE[0]}
    rules = limit_rules(rows, "x" if swap else "y")
    if rules:
        made["layer"] = [{"mark": mark, "encoding": made.pop("encoding")}, *rules]
    else:
        made["mark"] = mark
    return made


def _counted(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the x values only number the points: 1, 2, 3, up to a dozen."""
    values = {r["x"] for r in rows}
    return len(values) <= 12 and values == set(range(1, len(values) + 1))


def intervals(figure: Figure, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A value with its interval for each row, lying where names are long."""
    value = next((c for c in ("y", "x") if type_of(rows, c) == "quantitative"), "")
    if not value or any(type_of(rows, c) != "quantitative" for c in ("low", "high")):
        raise Undrawable("an interval needs numbers")
    other = "x" if value == "y" else "y"
    along, across = axis_of(figure, rows, value), axis_of(figure, rows, other)
    ends = [{"v": r[c]} for r in rows for c in ("low", "high", value)]
    along["scale"] = axis_of(figure, ends, "v", title=value)["scale"]
    across_is_names = across["type"] == "ordinal"
    swap = value == "x" or (across_is_names and are_long(rows, other))
    made = lay(across, along, swap, rows, other)
    axis = "x" if swap else "y"
    low = {**along, "field": "low"}
    colour = colour_of(figure, rows)
    plain = {} if "color" in colour else {"color": PALETTE[0]}
    base = made.pop("encoding")
    made["layer"] = [
        {
            "mark": {"type": "rule", "strokeWidth": 2, **plain},
            "encoding": {**base, axis: low, f"{axis}2": {"field": "high"}, **colour},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1, **plain},
            "encoding": {**base, **colour},
        },
        *limit_rules(rows, axis),
    ]
    return made


def timeline(figure: Figure, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Bars and marks over days or dates, a lane for each name."""
    kind = type_of(rows, "start")
    for r in rows:
        r["lane"] = str(r["lane"])
        r.setdefault("end", r["start"])
    if kind == "ordinal" or type_of(rows, "end") != kind:
        raise Undrawable("a timeline needs days or dates")
    x = axis_of(figure, rows, "start", kind, title="x")
    lane = {**axis_of(figure, rows, "lane", "ordinal", title="y"), "axis": {"grid": True, "labelAngle": 0}}
    if kind == "quantitative":
        x["scale"] = {"zero": False, "nice": True}
    colour = colour_of(figure, rows)
    plain = {} if colour else {"color": PALETTE[0]}
    both = {"x": x, "y": lane}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule", "strokeWidth": 9, "opacity": 0.55, **plain},
            "encoding": {**both, "x2": {"field": "end"}, **colour},
        },
        {"mark": {"type": "tick", "thickness": 2.5, "size": 16, **plain}, "encoding": {**both, **colour}},
    ]
    if any("label" in r for r in rows):
        mark = {"type": "text", "align": "left", "dx": 3, "dy": -13, "fontSize": 10, "color": "#333"}
        layers.append({"mark": mark, "encoding": {**both, "text": {"field": "label", "type": "nominal"}}})
    lanes = len({r["lane"] for r in rows})
    return {"width": WIDTH - 60, "height": max(70, 46 * lanes), "layer": layers}
