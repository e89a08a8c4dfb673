"""Figures of a quantification as Vega-Lite specifications: classes, what was seen at each position, indel sizes.

Names that reach a figure are data values or titles, never expressions. Positions are 1-based.

Cannot see: whether a figure is drawn; that is for whoever writes it. The data are in the tables.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from proband.science.amplicon.outputs import indel_sizes, runs
from proband.science.amplicon.quantify import Quantified

MOST = 6
"""Amplicons that get figures of their own; tables have all of them."""
LARGEST = 30
"""Indel sizes shown to each side; larger ones are added to the last."""
WIDTH = 560
COLOURS = {"deletions": "#0072B2", "insertions": "#D55E00", "substitutions": "#009E73"}
"""Okabe and Ito's colours, told apart with any colour vision."""
_ROWS = {"deletions": 2, "insertions": 0, "substitutions": 3}
_CONFIG = {
    "font": "Helvetica, Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {"labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal", "gridColor": "#e4e4e4"},
    "legend": {"orient": "bottom", "labelFontSize": 11, "title": None},
    "title": {"anchor": "start", "fontSize": 13, "fontWeight": "normal"},
}


def spec_of(title: str, **parts: Any) -> dict[str, Any]:
    """A specification with the look of all figures of reads.

    >>> spec_of("Sizes", mark="bar")["title"]
    'Sizes'
    """
    schema = "https://vega.github.io/schema/vega-lite/v5.json"
    return {"$schema": schema, "background": "white", "config": _CONFIG, "title": title, "padding": 8, **parts}


def figures(q: Quantified) -> dict[str, dict[str, Any]]:
    """Specifications by name: the classes of all reads; events by position and indel sizes of amplicons with reads."""
    made = {"reads": _classes(q)}
    sizes = list(indel_sizes(q).iter_rows())
    drawn = [k for k, c in enumerate(q.counts) if c.reads][:MOST]
    for k in drawn:
        made[f"positions-{k + 1}"] = _positions(q, k)
        rows = [(size, n) for name, size, n in sizes if name == q.amplicons[k].name and size]
        if rows:
            made[f"sizes-{k + 1}"] = _sizes(q, k, rows)
    return made


def _counted(q: Quantified) -> tuple[str, str]:
    """What is counted: many, and one."""
    return ("UMI families", "UMI family") if q.reads.umi else ("reads", "read")


def _classes(q: Quantified) -> dict[str, Any]:
    what, one = _counted(q)
    rows = [{"class": name, "reads": getattr(q, name)} for name in ("filtered", "unaligned", "ambiguous")]
    for c in q.counts:
        rows.append({"class": f"{c.amplicon}: unmodified", "reads": c.unmodified})
        rows.append({"class": f"{c.amplicon}: modified", "reads": c.modified})
    for r in rows:
        r["told"] = f"{r['reads']:,} ({100 * r['reads'] / max(q.reads_in, 1):.2f} %)"
    y = {"field": "class", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 260}}
    x = {"field": "reads", "type": "quantitative", "title": what, "axis": {"tickCount": 5}}
    layers = [
        {"mark": {"type": "bar", "color": "#0072B2"}, "encoding": {"x": x, "y": y}},
        {
            "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 10, "color": "#333"},
            "encoding": {"x": x, "y": y, "text": {"field": "told", "type": "nominal"}},
        },
    ]
    title = f"Where every {one} went: {q.reads_in:,} {what}"
    return spec_of(title, width=WIDTH - 140, height={"step": 24}, data={"values": rows}, layer=layers)


def _positions(q: Quantified, k: int) -> dict[str, Any]:
    low, high = q.classified.offsets[k], q.classified.offsets[k + 1]
    amplicon, reads, what = q.amplicons[k], q.counts[k].reads, _counted(q)[0]
    rows = [
        {"position": p + 1, "percent": round(100 * int(counts[p]) / reads, 4), "kind": kind}
        for kind, counts in ((kind, q.classified.whole[row, low:high]) for kind, row in _ROWS.items())
        for p in np.flatnonzero(counts).tolist()
    ]
    x = {
        "field": "position", "type": "quantitative", "title": "base of the amplicon",
        "scale": {"domain": [1, len(amplicon.sequence)], "nice": False}, "axis": {"grid": False, "tickCount": 10},
    }  # fmt: skip
    y = {
        "field": "percent", "type": "quantitative", "title": f"% of {what}, linear below 0.1",
        "scale": {"type": "symlog", "constant": 0.1, "domain": [0, 100]},
        "axis": {"values": [0, 0.1, 1, 10, 100], "format": ",.2~f"},
    }  # fmt: skip
    colour = {"field": "kind", "type": "nominal", "scale": {"domain": list(COLOURS), "range": list(COLOURS.values())}}
    shape = {"field": "kind", "type": "nominal", "scale": {"domain": list(COLOURS)}}
    window = [{"first": a - 0.5, "last": b + 0.5} for a, b in runs(amplicon.window)]
    layers = [
        {
            "data": {"values": window},
            "mark": {"type": "rect", "color": "#f0e6c8"},
            "encoding": {"x": {**x, "field": "first"}, "x2": {"field": "last"}},
        },
        {
            "data": {"values": [{"cut": c + 0.5} for c in amplicon.cuts]},
            "mark": {"type": "rule", "strokeDash": [4, 3], "color": "#555"},
            "encoding": {"x": {**x, "field": "cut"}},
        },
        {
            "data": {"values": rows},
            "mark": {"type": "point", "filled": True, "size": 16, "opacity": 0.85},
            "encoding": {"x": x, "y": y, "color": colour, "shape": shape},
        },
    ]
    title = f"Events at each base of {amplicon.name}; shaded: the window that counts, dashed: cut"
    return spec_of(title, width=WIDTH, height=240, layer=layers)


def _sizes(q: Quantified, k: int, found: list[tuple[int, int]]) -> dict[str, Any]:
    reads, what = q.counts[k].reads, _counted(q)[0]
    by_size: dict[int, int] = {}
    for size, n in found:
        shown = max(-LARGEST, min(LARGEST, size))
        by_size[shown] = by_size.get(shown, 0) + n
    rows = [{"size": size, "percent": round(100 * n / reads, 4)} for size, n in sorted(by_size.items())]
    encoding = {
        "x": size_axis(min(by_size), max(by_size)),
        "y": {"field": "percent", "type": "quantitative", "title": f"% of {what}"},
    }
    title = f"Insertions and deletions of {q.amplicons[k].name} that count, by size"
    mark = {"type": "bar", "color": "#0072B2"}
    return spec_of(title, width=WIDTH, height=220, data={"values": rows}, mark=mark, encoding=encoding)


def size_axis(low: int, high: int) -> dict[str, Any]:
    """The axis of indel sizes from `low` to `high`, signed, with few labels where there are many sizes.

    >>> size_axis(-3, 1)["axis"]["values"]
    [-3, -2, -1, 0, 1]
    """
    low, high = min(low, -1), max(high, 1)
    return {
        "field": "size", "type": "ordinal", "scale": {"domain": list(range(low, high + 1))},
        "title": f"bases gained or lost ({LARGEST} and more together)",
        "axis": {
            "labelAngle": 0, "values": [s for s in range(low, high + 1) if not s % 5 or high - low < 20],
            "labelExpr": "datum.value > 0 ? '+' + datum.value : '' + datum.value",
        },
    }  # fmt: skip
