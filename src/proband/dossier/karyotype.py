"""Where off-target sites lie: contigs as bars to scale, sites as ticks, as SVG.

Sites that fall on one step of a bar (two units wide) are one tick: its height grows with the logarithm of their number,
its colour is that of the fewest edits among them. At most `MOST` contigs have a bar, in the order of the genome, the
first ones with sites before those without; what the others hold is said in a line. Forward strand above the bar,
reverse strand below.

Cannot see: what a site does; a tick is a place that was found, not a place that is cut.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree

from proband.dossier.svg_canvas import Canvas, lines_of

MOST = 30
STEP = 2.0
_LEFT, _RIGHT, _TOP, _PITCH, _BAR, _TICK = 130.0, 150.0, 92.0, 34.0, 8.0, 10.0
_WIDE = 720.0
_INK, _SOFT = "#1a1a1a", "#555555"
COLOURS = ("#7a0403", "#c4361c", "#e58a2e", "#7f9a35", "#3b7ea1", "#5a5f8f", "#8a8a8a")
"""By edits, 0 to 6 and more; each differs from its neighbours also in lightness."""

Place = tuple[str, int, str, int]
"""Contig, 0-based position, strand, edits."""


def karyotype_svg(places: Iterable[Place], contigs: Mapping[str, int], title: str) -> str:
    """The drawing as SVG text; `contigs` are name and length in bases, in the order of the genome.

    Sites on contigs that are not named, or beyond their ends, are counted in the last line and not drawn.

    >>> karyotype_svg([("c1", 5, "+", 0)], {"c1": 10}, "Sites").count("<rect")
    10
    """
    held: dict[str, list[tuple[int, str, int]]] = {name: [] for name in contigs}
    outside = 0
    for contig, at, strand, edits in places:
        if contig in held and 0 <= at < contigs[contig]:
            held[contig].append((at, strand, edits))
        else:
            outside += 1
    total = sum(map(len, held.values()))
    drawn = set(sorted(contigs, key=lambda c: not held[c])[:MOST])
    bars = [c for c in contigs if c in drawn]
    canvas = Canvas(_LEFT + _WIDE + _RIGHT)
    _head(canvas, title, total)
    longest = max((contigs[c] for c in bars), default=1) or 1
    y = _TOP
    for contig in bars:
        _bar(canvas, contig, contigs[contig], held[contig], y, _WIDE / longest)
        y += _PITCH
    y = _scale(canvas, longest, y)
    for line in _left_out([c for c in contigs if c not in drawn], held, outside):
        canvas.text(_LEFT, y, (line,), 12, _SOFT)
        y += 16
    about = f"{total} sites on {len(contigs)} contigs; colour by edits, height by number of sites."
    return ElementTree.tostring(canvas.finished(y + 8, title, about), encoding="unicode") + "\n"


def _head(canvas: Canvas, title: str, total: int) -> None:
    canvas.text(_LEFT, 26, lines_of(title, _WIDE + _RIGHT - 10, 15, 1), 15, _INK, bold=True)
    said = f"{total:,} sites. Above the bar: forward strand; below: reverse. Taller: more sites at one place (log)."
    canvas.text(_LEFT, 46, (said,), 12, _SOFT)
    canvas.text(_LEFT, 68, ("Fewest edits:",), 12, _SOFT)
    for i, colour in enumerate(COLOURS):
        x = _LEFT + 92 + i * 48
        canvas.rect(x, 58, 12, 12, colour, fill=colour, stroke=0)
        canvas.text(x + 17, 68, (f"{i}" if i < len(COLOURS) - 1 else f"{i} or more",), 12, _INK)


def _bar(canvas: Canvas, contig: str, length: int, sites: list[tuple[int, str, int]], y: float, unit: float) -> None:
    middle = y + _PITCH / 2
    name = lines_of(contig, _LEFT - 20, 12, 1)
    canvas.text(12, middle + 4, name, 12, _INK, tip=contig if name != (contig,) else "")
    bins: dict[tuple[int, str], tuple[int, int]] = {}
    for at, strand, edits in sites:
        key = int(at * unit / STEP), strand
        number, least = bins.get(key, (0, edits))
        bins[key] = number + 1, min(least, edits)
    width = max(length * unit, STEP)
    canvas.rect(_LEFT, middle - _BAR / 2, width, _BAR, "#9a9a9a", fill="#e9e9e9", stroke=0.8, radius=3)
    for (step, strand), (number, least) in sorted(bins.items()):
        height = _TICK * min(1.0, 0.5 + 0.25 * math.log10(number))
        top = middle - _BAR / 2 - height if strand == "+" else middle + _BAR / 2
        colour = COLOURS[min(least, len(COLOURS) - 1)]
        canvas.rect(_LEFT + step * STEP, top, STEP, height, colour, fill=colour, stroke=0)
    canvas.text(_LEFT + width + 8, middle + 4, (f"{len(sites):,}",), 11, _SOFT)


def _scale(canvas: Canvas, longest: int, y: float) -> float:
    """A scale bar of a round length, about a fifth of the longest contig; returns where to go on."""
    rough = max(longest / 5, 1)
    power = 10 ** math.floor(math.log10(rough))
    size = int(max(k * power for k in (1, 2, 5) if k * power <= rough))
    words = next((f"{size // n} {u}" for n, u in ((10**6, "Mb"), (10**3, "kb")) if size >= n), f"{size} bases")
    width = size * _WIDE / longest
    canvas.line(_LEFT, y + 8, _LEFT + width, y + 8, _INK)
    canvas.text(_LEFT + width + 8, y + 12, (words,), 11, _INK)
    return y + 34


def _left_out(others: list[str], held: Mapping[str, list[tuple[int, str, int]]], outside: int) -> list[str]:
    made = []
    if others:
        number = sum(len(held[c]) for c in others)
        made.append(f"Not drawn: {len(others):,} more contigs with {number:,} sites.")
    if outside:
        made.append(f"Not drawn: {outside:,} sites on contigs that are not among those given, or beyond their ends.")
    return made
