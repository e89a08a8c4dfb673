"""Chart forms of the course of disease: curves, step curves with numbers at risk, and a patient over an untreated fan.

Each layer holds its own rows, so that a band, a patient and the doses below share one axis of time. Cannot see:
whether the band is the one that this patient should be held against; the figure's title says whose it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from proband.core.evidence import Figure
from proband.dossier.chart_axes import PALETTE, WIDTH, Undrawable, axis_of, colour_of, limit_rules, type_of

Rows = Sequence[Mapping[str, Any]]
BAND = "#56B4E9"


def lines(figure: Figure, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Curves with their points, and a band where rows hold ``low`` and ``high``."""
    return _curves(figure, rows, "linear")


def steps(figure: Figure, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Step curves, such as Kaplan-Meier's, with the numbers at risk below."""
    top = _curves(figure, [r for r in rows if "y" in r], "step-after")
    risk = [r for r in rows if "risk" in r]
    if not risk:
        return top
    x = dict(top["layer"][0]["encoding"]["x"])
    lane = {"field": "color", "type": "ordinal", "title": None, "sort": None} if any("color" in r for r in risk) else {}
    encoding: dict[str, Any] = {"x": {**x, "title": "at risk"}, "text": {"field": "risk", "type": "quantitative"}}
    if lane:
        encoding["y"] = {
            **lane,
            "axis": {"grid": False, "labelAngle": 0, "domain": False, "ticks": False, "labelPadding": 14},
        }
    below = {
        "data": {"values": risk},
        "width": WIDTH - 60,
        "height": max(22, 18 * len({str(r.get("color", "")) for r in risk})),
        "mark": {"type": "text", "fontSize": 11, "color": "#222"},
        "encoding": encoding,
    }
    return {"vconcat": [top, below], "resolve": {"scale": {"x": "shared", "color": "independent"}}, "spacing": 6}


def _curves(figure: Figure, rows: list[dict[str, Any]], interpolate: str) -> dict[str, Any]:
    if not rows or type_of(rows, "y") != "quantitative" or type_of(rows, "x") == "ordinal":
        raise Undrawable("a curve needs numbers, over numbers or dates")
    ends = [{"y": r[c]} for r in rows for c in ("y", "low", "high", "limit") if isinstance(r.get(c), (int, float))]
    x, y = axis_of(figure, rows, "x"), axis_of(figure, rows, "y")
    y["scale"] = axis_of(figure, ends, "y")["scale"]
    if x["type"] == "quantitative":
        x["scale"] = {"zero": False, "nice": True}
    colour = colour_of(figure, rows)
    plain = {} if colour else {"color": PALETTE[0]}
    layers: list[dict[str, Any]] = []
    banded = [r for r in rows if "low" in r and "high" in r]
    if banded:
        mark = {"type": "area", "opacity": 0.18, "interpolate": interpolate, **plain}
        # The legend shows the curves' colours, not the pale ones of the bands.
        shown = {k: {**c, "legend": {**(c.get("legend") or {}), "symbolOpacity": 1}} for k, c in colour.items()}
        band = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, **shown}
        layers.append({"data": {"values": banded}, "mark": mark, "encoding": band})
    point = {"filled": True, "size": 34} if interpolate == "linear" and len(rows) <= 60 else False
    line = {"type": "line", "strokeWidth": 2, "interpolate": interpolate, "point": point, **plain}
    layers.append({"data": {"values": rows}, "mark": line, "encoding": {"x": x, "y": y, **colour}})
    return {"width": WIDTH - 60, "height": 240, "layer": [*layers, *limit_rules(rows, "y")]}


def fan(figure: Figure, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A patient's values over the band of untreated people, with doses and care below on the same axis of time."""
    band = [r for r in rows if "low" in r and "high" in r]
    own = [r for r in rows if "y" in r]
    events = [r for r in rows if "lane" in r]
    days = [r[c] for r in (*band, *own) for c in ("x",)] + [r[c] for r in events for c in ("start", "end") if c in r]
    if not (band or own) or any(not isinstance(d, (int, float)) for d in days):
        raise Undrawable("a course needs days as numbers")
    span = {"domain": [min(days), max(days)], "nice": False, "zero": False}
    x = {**axis_of(figure, [*band, *own], "x", "quantitative"), "scale": span}
    top = {"width": WIDTH - 60, "height": 250, "layer": _course(figure, x, band, own, events)}
    if not events:
        return top
    below = _lanes(figure, x, events)
    return {
        "vconcat": [top, below],
        "resolve": {"scale": {"x": "shared", "color": "independent", "shape": "independent"}},
        "spacing": 8,
    }


def _course(figure: Figure, x: dict[str, Any], band: Rows, own: Rows, events: Rows) -> list[dict[str, Any]]:
    values = [{"y": r[c]} for r in (*band, *own) for c in ("y", "low", "high") if isinstance(r.get(c), (int, float))]
    y = axis_of(figure, values, "y", "quantitative")
    layers: list[dict[str, Any]] = []
    for low, high, opacity in (("low", "high", 0.25), ("inner_low", "inner_high", 0.4)):
        held = [r for r in band if low in r and high in r]
        if held:
            mark = {"type": "area", "opacity": opacity, "color": BAND}
            encoding = {"x": x, "y": {**y, "field": low}, "y2": {"field": high}}
            layers.append({"data": {"values": held}, "mark": mark, "encoding": encoding})
    middle = [r for r in band if "middle" in r]
    if middle:
        mark = {"type": "line", "color": PALETTE[0], "strokeDash": [4, 3], "strokeWidth": 1.5}
        layers.append({"data": {"values": middle}, "mark": mark, "encoding": {"x": x, "y": {**y, "field": "middle"}}})
    doses = [r for r in events if "end" not in r]
    if doses:
        mark = {"type": "rule", "color": "#888", "strokeWidth": 1, "strokeDash": [2, 3]}
        layers.append({"data": {"values": doses}, "mark": mark, "encoding": {"x": {**x, "field": "start"}}})
    if own:
        mark = {"type": "line", "color": "#444", "strokeWidth": 1, "opacity": 0.7}
        layers.append({"data": {"values": own}, "mark": mark, "encoding": {"x": x, "y": y}})
        colour = colour_of(figure, own, shape=True)
        mark = {"type": "point", "filled": True, "size": 36, **({} if colour else {"color": PALETTE[1]})}
        layers.append({"data": {"values": own}, "mark": mark, "encoding": {"x": x, "y": y, **colour}})
    return layers


def _lanes(figure: Figure, x: dict[str, Any], events: Rows) -> dict[str, Any]:
    lanes = list(dict.fromkeys(str(r["lane"]) for r in events))
    axis = {"grid": True, "labelAngle": 0, "domain": False, "ticks": False, "labelLimit": 120}
    y = {"field": "lane", "type": "ordinal", "sort": lanes, "title": None, "axis": axis}
    place = {"x": {**x, "field": "start", "title": None}, "y": y}
    bars = [r for r in events if "end" in r]
    layers: list[dict[str, Any]] = []
    if bars:
        mark = {"type": "rule", "strokeWidth": 8, "opacity": 0.5, "color": PALETTE[2]}
        layers.append({"data": {"values": bars}, "mark": mark, "encoding": {**place, "x2": {"field": "end"}}})
    mark = {"type": "tick", "thickness": 2.5, "size": 14, "color": PALETTE[1]}
    layers.append({"data": {"values": list(events)}, "mark": mark, "encoding": place})
    for part, dy in ((0, -9), (1, 10)):
        held = [r for lane in lanes for r in [e for e in events if str(e["lane"]) == lane][part::2] if "label" in r]
        if held:
            mark = {"type": "text", "align": "left", "dx": 4, "dy": dy, "fontSize": 9, "color": "#333"}
            text = {**place, "text": {"field": "label", "type": "nominal"}}
            layers.append({"data": {"values": held}, "mark": mark, "encoding": text})
    return {"width": WIDTH - 60, "height": max(44, 32 * len(lanes)), "layer": layers}
