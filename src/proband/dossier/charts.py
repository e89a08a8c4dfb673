"""Figures of evidence to pictures: a closed list of chart forms, drawn as Vega-Lite, returned as clean SVG.

The rows and labels of a figure come from strangers. They reach the specification as plain data under our own
field names, never as expressions, fields or addresses; the SVG is parsed, reduced to a list of harmless
elements and attributes, and written anew. Cannot see: whether a figure is fair to its data.

=========  ==============================================================================
bars       ``x`` category, ``y`` number, optional ``color``
points     ``x`` and ``y`` (number, ISO date or category), optional ``color``
lines      ``x`` and ``y`` (numbers), joined along x; optional ``low`` and ``high`` around y, optional ``color``
intervals  ``x`` and ``y``, one of them a number; ``low`` and ``high`` around it; optional ``color``
timeline   ``lane``, ``start``, optional ``end``, ``label``, ``color``
=========  ==============================================================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from xml.etree import ElementTree

from proband.core.evidence import Figure
from proband.core.provenance import digest
from proband.dossier.words import clean

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8A7A00")
"""Okabe and Ito's colours for readers with any colour vision, the darker first; yellow darkened for print."""
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "stroke")
WIDTH = 520
_LONG = 10
_SVG = "http://www.w3.org/2000/svg"
_ELEMENTS = frozenset({"svg", "g", "path", "rect", "line", "text", "tspan", "defs", "clipPath", "circle"})
_ATTRIBUTES = frozenset(
    [
        "class",
        "d",
        "fill",
        "fill-opacity",
        "stroke",
        "stroke-width",
        "stroke-opacity",
        "stroke-dasharray",
        "stroke-miterlimit",
        "opacity",
        "transform",
        "x",
        "y",
        "x1",
        "x2",
        "y1",
        "y2",
        "cx",
        "cy",
        "r",
        "dx",
        "dy",
        "width",
        "height",
        "viewBox",
        "text-anchor",
        "font-family",
        "font-size",
        "font-weight",
        "font-style",
        "clip-path",
        "display",
        "id",
    ]
)
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "bars": ("x", "y"),
    "points": ("x", "y"),
    "lines": ("x", "y"),
    "intervals": ("x", "y", "low", "high"),
    "timeline": ("lane", "start"),
}


class Undrawable(ValueError):
    """A figure that can not be drawn; its data are shown as a table instead."""


def spec(figure: Figure) -> dict[str, Any]:
    """The Vega-Lite specification of a figure. Raises `Undrawable` with a sentence that says why."""
    if figure.chart not in _REQUIRED:
        raise Undrawable(f"no chart form {figure.chart!r}")
    missing = [c for c in _REQUIRED[figure.chart] if c not in figure.encoding]
    if missing:
        raise Undrawable(f"the encoding lacks {', '.join(missing)}")
    rows = _rows(figure)
    if not rows:
        raise Undrawable("no row holds all that the chart needs")
    forms = {"bars": _bars, "points": _points, "lines": _lines, "intervals": _intervals, "timeline": _timeline}
    build = forms[figure.chart]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "config": _CONFIG,
        "data": {"values": rows},
        **build(figure, rows),
    }


def svg(figure: Figure, uid: str = "") -> str:
    """A figure as SVG to be set inside a page; `uid` keeps its ids apart from those of other figures.

    Raises `Undrawable` when it can not be drawn, whatever the cause.
    """
    import vl_convert

    made = spec(figure)
    try:
        drawn = vl_convert.vegalite_to_svg(made, allowed_base_urls=[])
        return _sanitised(drawn, figure, uid or f"f{digest(figure)[:10]}")
    except Exception as e:
        raise Undrawable(f"the drawing library could not draw it ({type(e).__name__})") from e


def png(figure: Figure) -> bytes:
    """A figure as a bitmap at twice the size of the page. Raises `Undrawable` as `svg` does."""
    import vl_convert

    made = spec(figure)
    try:
        return bytes(vl_convert.vegalite_to_png(made, scale=2, allowed_base_urls=[]))
    except Exception as e:
        raise Undrawable(f"the drawing library could not draw it ({type(e).__name__})") from e


def left_out(figure: Figure) -> int:
    """How many rows lack a value that the chart needs, and so are not drawn."""
    return len(figure.rows) - len(_rows(figure)) if figure.chart in _REQUIRED else 0


_CONFIG: dict[str, Any] = {
    "font": "Helvetica, Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "labelColor": "#333",
        "titleColor": "#111",
        "gridColor": "#e4e4e4",
        "domainColor": "#666",
        "tickColor": "#666",
        "labelLimit": 240,
        "titlePadding": 8,
    },
    "legend": {
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "orient": "bottom",
        "columns": 4,
    },
}


def _rows(figure: Figure) -> list[dict[str, Any]]:
    """The rows under our own field names, scalars only, without those that lack a needed value."""
    needed = _REQUIRED[figure.chart]
    kept = []
    for row in figure.rows:
        mine = {c: _scalar(row.get(f)) for c, f in figure.encoding.items() if c in _CHANNELS}
        if all(mine.get(c) not in (None, "") for c in needed):
            kept.append({c: v for c, v in mine.items() if v is not None})
    return kept


_CHANNELS = ("x", "y", "color", "low", "high", "start", "end", "lane", "label")


def _scalar(value: object) -> Any:
    if isinstance(value, bool) or value is None:
        return None if value is None else ("yes" if value else "no")
    if isinstance(value, (int, float)):
        return int(value) if value == int(value) else value
    return clean(value)[:120]


def _type(rows: Sequence[Mapping[str, Any]], channel: str) -> str:
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


def _axis(
    figure: Figure, rows: Sequence[Mapping[str, Any]], channel: str, kind: str = "", title: str = ""
) -> dict[str, Any]:
    """One positional channel: type, title, scale."""
    kind = kind or _type(rows, channel)
    label = figure.labels.get(title or channel, figure.encoding.get(title or channel, ""))
    made: dict[str, Any] = {"field": channel, "type": kind, "title": clean(label)[:120]}
    if kind == "ordinal":
        made.update(sort=None, axis={"grid": False, "labelAngle": 0})
    elif kind == "temporal":
        made.update(scale={"type": "utc"}, axis={"format": "%Y-%m-%d", "grid": False, "tickCount": 6})
    else:
        values = [r[channel] for r in rows if channel in r]
        made.update(
            scale={"zero": min(values) >= 0 and min(values) < max(values) / 2, "nice": True},
            axis={"tickCount": 6},
        )
    return made


def _colour(figure: Figure, rows: Sequence[Mapping[str, Any]], *, shape: bool = False) -> dict[str, Any]:
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


def _long(rows: Sequence[Mapping[str, Any]], channel: str) -> bool:
    values = {str(r[channel]) for r in rows}
    return any(len(v) > _LONG for v in values) or len(values) * max(map(len, values)) * 7 > WIDTH


def _lay(
    x: dict[str, Any], y: dict[str, Any], swap: bool, rows: Sequence[Mapping[str, Any]], channel: str
) -> dict[str, Any]:
    """Axes as they stand or turned, so that long category names stand beside their marks."""
    if not swap:
        return {"width": WIDTH, "height": 240, "encoding": {"x": x, "y": y}}
    lanes = len({str(r[channel]) for r in rows})
    return {"width": WIDTH - 140, "height": max(70, 26 * lanes), "encoding": {"x": y, "y": x}}


def _bars(figure: Figure, rows: list[dict[str, Any]]) -> dict[str, Any]:
    if _type(rows, "y") != "quantitative":
        raise Undrawable("a bar needs a number")
    for r in rows:
        r["x"] = str(r["x"])
    colour = _colour(figure, rows)
    y = _axis(figure, rows, "y")
    y.update(scale={"zero": True, "nice": True}, stack=None)
    swap = _long(rows, "x")
    made = _lay(_axis(figure, rows, "x", "ordinal"), y, swap, rows, "x")
    made["encoding"].update(colour)
    if colour and len({r["x"] for r in rows}) < len(rows):
        made["encoding"]["yOffset" if swap else "xOffset"] = {
            "field": "color",
            "type": "nominal",
            "sort": None,
        }
    made["mark"] = {"type": "bar", **({} if colour else {"color": PALETTE[0]})}
    return made


def _points(figure: Figure, rows: list[dict[str, Any]]) -> dict[str, Any]:
    x, y = _axis(figure, rows, "x", "ordinal" if _counted(rows) else ""), _axis(figure, rows, "y")
    swap = x["type"] == "ordinal" and _long(rows, "x")
    made = _lay(x, y, swap, rows, "x")
    made["encoding"].update(_colour(figure, rows, shape=True))
    made["mark"] = {"type": "point", "filled": True, "size": 46, "opacity": 0.9, "color": PALETTE[0]}
    return made


def _lines(figure: Figure, rows: list[dict[str, Any]]) -> dict[str, Any]:
    if any(_type(rows, c) != "quantitative" for c in ("x", "y")):
        raise Undrawable("a line needs numbers")
    made = _points(figure, rows) | {"height": 280}
    base, mark = made.pop("encoding"), made.pop("mark")
    base["x"] = _axis(figure, rows, "x")
    plain = {c: v for c, v in base.items() if c != "shape"}
    layers = [{"mark": {"type": "line", "strokeWidth": 1.5, "color": PALETTE[0]}, "encoding": plain}]
    if all(isinstance(r.get(c), (int, float)) for r in rows for c in ("low", "high")):
        ends = {**plain, "y": {**base["y"], "field": "low"}, "y2": {"field": "high"}}
        layers.append({"mark": {"type": "rule", "strokeWidth": 1.5, "color": PALETTE[0]}, "encoding": ends})
    made["layer"] = [*layers, {"mark": mark, "encoding": base}]
    return made


def _counted(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the x values only number the points: 1, 2, 3, up to a dozen."""
    values = {r["x"] for r in rows}
    return len(values) <= 12 and values == set(range(1, len(values) + 1))


def _intervals(figure: Figure, rows: list[dict[str, Any]]) -> dict[str, Any]:
    value = next((c for c in ("y", "x") if _type(rows, c) == "quantitative"), "")
    if not value or any(_type(rows, c) != "quantitative" for c in ("low", "high")):
        raise Undrawable("an interval needs numbers")
    other = "x" if value == "y" else "y"
    along, across = _axis(figure, rows, value), _axis(figure, rows, other)
    ends = [{"v": r[c]} for r in rows for c in ("low", "high", value)]
    along["scale"] = _axis(figure, ends, "v", title=value)["scale"]
    across_is_names = across["type"] == "ordinal"
    swap = value == "x" or (across_is_names and _long(rows, other))
    made = _lay(across, along, swap, rows, other)
    axis = "x" if swap else "y"
    low = {**along, "field": "low"}
    colour = _colour(figure, rows)
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
    ]
    return made


def _timeline(figure: Figure, rows: list[dict[str, Any]]) -> dict[str, Any]:
    kind = _type(rows, "start")
    for r in rows:
        r["lane"] = str(r["lane"])
        r.setdefault("end", r["start"])
    if kind == "ordinal" or _type(rows, "end") != kind:
        raise Undrawable("a timeline needs days or dates")
    x = _axis(figure, rows, "start", kind, title="x")
    lane = {**_axis(figure, rows, "lane", "ordinal", title="y"), "axis": {"grid": True, "labelAngle": 0}}
    if kind == "quantitative":
        x["scale"] = {"zero": False, "nice": True}
    colour = _colour(figure, rows)
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


def _sanitised(drawn: str, figure: Figure, uid: str) -> str:
    """The drawing with harmless elements and attributes alone, its own ids, a title and a description."""
    root = ElementTree.fromstring(clean(drawn))
    ids: dict[str, str] = {}
    for element in root.iter():
        if "id" in element.attrib:
            ids[element.attrib["id"]] = f"{uid}-{len(ids) + 1}"
    made = _copy(root, ids)
    made.set("role", "img")
    made.set("aria-labelledby", f"{uid}-t {uid}-d")
    title = ElementTree.Element("title", {"id": f"{uid}-t"})
    title.text = clean(figure.title)
    desc = ElementTree.Element("desc", {"id": f"{uid}-d"})
    desc.text = clean(figure.alt)
    made.insert(0, title)
    made.insert(1, desc)
    return ElementTree.tostring(made, encoding="unicode")


def _copy(element: ElementTree.Element, ids: Mapping[str, str]) -> ElementTree.Element:
    made = ElementTree.Element(element.tag.removeprefix(f"{{{_SVG}}}"))
    for name, value in element.attrib.items():
        if name in _ATTRIBUTES:
            made.set(name, _own_ids(name, value, ids))
    made.text, made.tail = element.text, element.tail
    for child in element:
        if child.tag.removeprefix(f"{{{_SVG}}}") in _ELEMENTS:
            made.append(_copy(child, ids))
    return made


def _own_ids(name: str, value: str, ids: Mapping[str, str]) -> str:
    if name == "id":
        return ids[value]
    if "url(" not in value:
        return value
    inside = re.fullmatch(r"url\(#([^)]+)\)", value.strip())
    return f"url(#{ids[inside.group(1)]})" if inside and inside.group(1) in ids else "none"
