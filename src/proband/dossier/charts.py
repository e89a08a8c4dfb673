"""Figures of evidence to pictures: a closed list of chart forms, drawn as Vega-Lite, returned as clean SVG.

The rows and labels of a figure come from strangers. They reach the specification as plain data under our own
field names, never as expressions, fields or addresses; the SVG is parsed, reduced to a list of harmless
elements and attributes, and written anew. Cannot see: whether a figure is fair to its data.

=========  ==============================================================================
bars       ``x`` category, ``y`` number, optional ``color``
points     ``x`` and ``y`` (number, ISO date or category), optional ``color``, ``limit``
intervals  ``x`` and ``y``, one of them a number; ``low`` and ``high`` around it; optional ``color``, ``limit``
timeline   ``lane``, ``start``, optional ``end``, ``label``, ``color``
lines      ``x`` and ``y`` numbers or dates, optional ``low`` and ``high``, ``color``, ``limit``
steps      the same as a step curve; rows with ``risk`` at an ``x`` give the numbers at risk below it
fan        rows of a band (``x``, ``low``, ``high``, optional ``inner_low``, ``inner_high``, ``middle``), rows of the
           patient (``x``, ``y``, optional ``color``), rows of doses and care (``lane``, ``start``, ``end``, ``label``)
=========  ==============================================================================

A label ``x scale`` or ``y scale`` with the word ``logarithm`` asks for a logarithmic axis; numbers must lie above 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree

from proband.core.evidence import Figure
from proband.core.provenance import digest
from proband.dossier.chart_axes import Undrawable, scalar
from proband.dossier.course_charts import fan, lines, steps
from proband.dossier.plain_charts import bars, intervals, points, timeline
from proband.dossier.words import clean

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
_FORMS: Mapping[str, Callable[[Figure, list[dict[str, Any]]], dict[str, Any]]] = {
    "bars": bars,
    "points": points,
    "intervals": intervals,
    "timeline": timeline,
    "lines": lines,
    "steps": steps,
    "fan": fan,
}
_REQUIRED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "bars": (("x", "y"),),
    "points": (("x", "y"),),
    "intervals": (("x", "y", "low", "high"),),
    "timeline": (("lane", "start"),),
    "lines": (("x", "y"),),
    "steps": (("x", "y"), ("x", "risk")),
    "fan": (("x", "y"), ("x", "low", "high"), ("lane", "start")),
}
"""By form, what a row needs: one of these sets. The first is what the encoding must name."""


def spec(figure: Figure) -> dict[str, Any]:
    """The Vega-Lite specification of a figure. Raises `Undrawable` with a sentence that says why."""
    if figure.chart not in _REQUIRED:
        raise Undrawable(f"no chart form {figure.chart!r}")
    missing = [c for c in _REQUIRED[figure.chart][0] if c not in figure.encoding]
    if missing:
        raise Undrawable(f"the encoding lacks {', '.join(missing)}")
    rows = _rows(figure)
    if not rows:
        raise Undrawable("no row holds all that the chart needs")
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "config": _CONFIG,
        "data": {"values": rows},
        **_FORMS[figure.chart](figure, rows),
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
        mine = {c: scalar(row.get(f)) for c, f in figure.encoding.items() if c in _CHANNELS}
        if any(all(mine.get(c) not in (None, "") for c in alternative) for alternative in needed):
            kept.append({c: v for c, v in mine.items() if v is not None})
    return kept


_CHANNELS = (
    *("x", "y", "color", "low", "high", "start", "end", "lane", "label"),
    *("limit", "risk", "inner_low", "inner_high", "middle"),
)


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
