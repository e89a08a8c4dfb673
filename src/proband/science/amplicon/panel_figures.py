"""Figures of a panel as Vega-Lite specifications: replicates with their limit of detection, indel sizes, nucleotides.

Names that reach a figure are those of sites and samples, which the sheet's reader restricts to plain signs; they are
data values, never expressions. Positions are 1-based.

Cannot see: whether a figure is drawn; that is for whoever writes it. The data are in the tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from proband.science.amplicon.amplicon import Amplicon
from proband.science.amplicon.figures import LARGEST, size_axis, spec_of
from proband.science.amplicon.panel import PanelResult
from proband.science.amplicon.sheet_sites import PanelTarget
from proband.science.sequence.alphabet import complement

COLOURS = {"treated": "#D55E00", "control": "#0072B2"}
"""Okabe and Ito's vermilion and blue, told apart with any colour vision."""
WIDTH = 460
MOST_ON_TARGET = 4
"""On-target sites that get figures of their own."""
BESIDE = 10
"""Bases shown on each side of the protospacer, or of the cut."""
_BASES = ("A", "C", "G", "T", "N", "missing")


def figures(made: PanelResult) -> dict[str, dict[str, Any]]:
    """Specifications by the name of the figure."""
    drawn: dict[str, dict[str, Any]] = {}
    for event in dict.fromkeys(r.event for r in made.panel.results):
        drawn[f"replicates-{event.replace('_', '-')}"] = replicates(made, event)
    on_target = [t for t in made.sheet.targets if t.on_target][:MOST_ON_TARGET]
    for n, target in enumerate(on_target, start=1):
        for name, spec in (("sizes", sizes(made, target)), ("quilt", quilt(made, target))):
            if spec is not None:
                drawn[f"{name}-{n}"] = spec
    return drawn


def replicates(made: PanelResult, event: str) -> dict[str, Any]:
    """Each replicate as a dot by site and arm, the limit of detection as a line, and the call beside it."""
    results = [r for r in made.panel.results if r.event == event]
    dots: list[dict[str, Any]] = []
    limits: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    for r in results:
        for arm, replicates_ in (("treated", r.treated), ("control", r.control)):
            dots += [{"site": r.site, "arm": arm, "percent": 100 * k / n} for k, n, _ in replicates_ if n]
        if r.lod is not None and r.background is not None and r.lod < 1:
            limits.append({"site": r.site, "limit": 100 * (r.background + r.lod)})
        calls.append({"site": r.site, "call": r.call.replace("_", " ")})
    order = [r.site for r in results]
    y = {"field": "site", "type": "nominal", "sort": order, "title": None, "axis": {"grid": True, "labelLimit": 200}}
    what = made.counted(made.sheet.samples)
    x = {
        "field": "percent", "type": "quantitative", "title": f"{what} with the event (%), linear below 0.01",
        "scale": {"type": "symlog", "constant": 0.01, "domain": [0, 100]},
        "axis": {"values": [0, 0.01, 0.1, 1, 10, 100], "format": ",.2~f"},
    }  # fmt: skip
    colour = {"field": "arm", "type": "nominal", "scale": _scale(COLOURS)}
    line = {"type": "tick", "color": "black", "thickness": 2, "size": 18}
    word = {"type": "text", "align": "left", "dx": 6, "fontSize": 10, "color": "#333"}
    layers = [
        {
            "data": {"values": limits},
            "mark": line,
            "encoding": {"x": {**x, "field": "limit"}, "y": y},
        },
        *(
            {
                "data": {"values": [d for d in dots if d["arm"] == arm]},
                "mark": {"type": "point", "filled": True, "size": 34, "opacity": 0.8, "yOffset": beside},
                "encoding": {"x": x, "y": y, "color": colour},
            }
            for arm, beside in (("treated", -4), ("control", 4))
        ),
        {
            "data": {"values": calls},
            "mark": word,
            "encoding": {"x": {"value": WIDTH}, "y": y, "text": {"field": "call", "type": "nominal"}},
        },
    ]
    title = f"{event.replace('_', ' ').capitalize()}: replicates, and background plus limit of detection (black line)"
    return spec_of(title, width=WIDTH, height={"step": 22}, layer=layers)


def _scale(colours: Mapping[str, str]) -> dict[str, Any]:
    return {"domain": list(colours), "range": list(colours.values())}


def sizes(made: PanelResult, target: PanelTarget) -> dict[str, Any] | None:
    """Bars of reads by indel size at an on-target site, treated beside control; None where no read has one."""
    rows: list[dict[str, Any]] = []
    for arm in COLOURS:
        held = [h for _, h in made.rows_of(target.name, arm) if h is not None]
        depth = sum(h.reads for h in held)
        summed: dict[int, int] = {}
        for h in held:
            for size, n in h.sizes.items():
                shown = max(-LARGEST, min(LARGEST, size))
                summed[shown] = summed.get(shown, 0) + n
        rows += [{"size": s, "arm": arm, "percent": 100 * n / depth} for s, n in sorted(summed.items())]
    if not rows:
        return None
    encoding = {
        "x": size_axis(min(r["size"] for r in rows), max(r["size"] for r in rows)),
        "y": {"field": "percent", "type": "quantitative", "title": f"{made.counted(made.sheet.samples)} (%)"},
        "color": {"field": "arm", "type": "nominal", "scale": _scale(COLOURS)},
        "xOffset": {"field": "arm", "type": "nominal", "sort": ["treated", "control"]},
    }  # fmt: skip
    title = f"Insertions and deletions at {target.name} by size"
    return spec_of(title, width=WIDTH + 100, height=220, data={"values": rows}, mark="bar", encoding=encoding)


def quilt(made: PanelResult, target: PanelTarget) -> dict[str, Any] | None:
    """Share of each nucleotide at each base around the protospacer or cut, in both arms; None without reads."""
    amplicon = target.amplicons[0]
    positions = _shown(amplicon)
    names = [_label(amplicon, p) for p in positions]
    rows: list[dict[str, Any]] = []
    for arm in COLOURS:
        held = [h.bases for _, h in made.rows_of(target.name, arm) if h is not None and h.bases]
        for p, name in zip(positions, names, strict=True):
            counts = [sum(bases[i][p] for bases in held) for i in _order(amplicon)]
            depth = sum(counts)
            rows += _cells(arm, name, amplicon.sequence[p], counts, depth)
    if not rows:
        return None
    x = {
        "field": "base", "type": "ordinal", "sort": names, "title": _axis_title(amplicon),
        "axis": {"labelAngle": 0, "labelExpr": "split(datum.label, ' ')", "labelFontSize": 10},
    }  # fmt: skip
    y = {"field": "read", "type": "ordinal", "sort": list(_BASES), "title": None}
    what = made.counted(made.sheet.samples)
    shade = {
        "field": "percent", "type": "quantitative", "title": f"{what} (%)",
        "scale": {
            "type": "pow", "exponent": 0.4, "domain": [0, 100], "range": ["#ffffff", "#08306b"], "interpolate": "rgb",
        },
        "legend": {"title": f"{what} (%)", "gradientLength": 200},
    }  # fmt: skip
    text = {
        "mark": {"type": "text", "fontSize": 8},
        "encoding": {
            "text": {"field": "shown"},
            "color": {"condition": {"test": "datum.percent > 25", "value": "white"}, "value": "#222"},
        },
    }  # fmt: skip
    cells = {"mark": {"type": "rect", "stroke": "#ddd", "strokeWidth": 0.5}, "encoding": {"color": shade}}
    inner = {
        "width": {"step": 25}, "height": {"step": 17}, "layer": [cells, text], "encoding": {"x": x, "y": y}
    }  # fmt: skip
    facet = {"field": "arm", "type": "nominal", "sort": list(COLOURS), "title": None}
    title = f"Nucleotides at {target.name}, % of {what}; the amplicon's own base in the label"
    return spec_of(title, data={"values": rows}, facet={"row": facet}, spec=inner)


def _order(amplicon: Amplicon) -> tuple[int, ...]:
    """Which count stands for which letter: complements where the guide lies on the other strand."""
    turned = amplicon.sites and amplicon.sites[0].strand == "-"
    return (3, 2, 1, 0, 4, 5) if turned else (0, 1, 2, 3, 4, 5)


def _cells(arm: str, name: str, own: str, counts: Sequence[int], depth: int) -> list[dict[str, Any]]:
    made = []
    for base, n in zip(_BASES, counts, strict=True):
        if not depth or (base == "N" and not n):
            continue
        percent = 100 * n / depth
        shown = "" if percent < 0.05 else (f"{percent:.1f}" if percent < 99.95 else "100")
        made.append({"arm": arm, "base": name, "read": base, "percent": percent, "shown": shown, "own": own})
    return made


def _shown(amplicon: Amplicon) -> list[int]:
    """Amplicon positions of the quilt, in the direction of the guide."""
    size = len(amplicon.sequence)
    if amplicon.sites:
        site = amplicon.sites[0]
        found = range(max(site.start - BESIDE // 2, 0), min(site.end + BESIDE // 2, size))
        return list(found) if site.strand == "+" else list(reversed(found))
    cut = amplicon.cuts[0] if amplicon.cuts else size // 2
    return list(range(max(cut - 2 * BESIDE, 0), min(cut + 2 * BESIDE, size)))


def _label(amplicon: Amplicon, p: int) -> str:
    """Base and position: of the protospacer where there is one (its strand), else of the amplicon."""
    if not amplicon.sites:
        return f"{amplicon.sequence[p]} {p + 1}"
    site = amplicon.sites[0]
    position = p - site.start + 1 if site.strand == "+" else site.end - p
    base = amplicon.sequence[p] if site.strand == "+" else complement(amplicon.sequence[p])
    shown = position if position > 0 else position - 1
    return f"{base} {shown}"


def _axis_title(amplicon: Amplicon) -> str:
    if not amplicon.sites:
        return "base of the amplicon"
    other = ", on the strand opposite to the amplicon as given" if amplicon.sites[0].strand == "-" else ""
    return f"base of the protospacer and beside it{other}"
