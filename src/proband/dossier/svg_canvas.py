"""A small drawing surface for SVG: boxes, lines, circles and wrapped text, in the order they are drawn.

Everything is made as XML elements and never as text, so that no string can become markup. Widths of letters are
estimated from the size of the type, on the wide side.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from xml.etree import ElementTree

from proband.dossier.words import clean

_FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
_NARROW, _BROAD = "iljtf.,:;'|!()[] I", "mwMW%@—"


def lines_of(text: str, width: float, size: float, most: int) -> tuple[str, ...]:
    """A text in lines that fit a width, at most so many; a cut text ends in an ellipsis.

    >>> lines_of("one two three", 45, 10, 2)
    ('one two', 'three')
    >>> lines_of("one two three", 45, 10, 1)
    ('one tw…',)
    """
    out: list[str] = []
    for word in clean(text).split():
        joined = f"{out[-1]} {word}" if out else word
        if out and _wide(joined, size) <= width:
            out[-1] = joined
            continue
        while _wide(word, size) > width:
            cut = max(1, next(n for n in range(len(word), 0, -1) if n == 1 or _wide(word[:n], size) <= width))
            out.append(word[:cut])
            word = word[cut:]
            if len(out) > most:
                break
        if word:
            out.append(word)
        if len(out) > most:
            break
    if len(out) <= most:
        return tuple(out)
    last = out[most - 1]
    while last and _wide(f"{last}…", size) > width:
        last = last[:-1]
    return (*out[: most - 1], f"{last.rstrip()}…" if len(last) < len(out[most - 1]) else f"{last}…")


def _wide(text: str, size: float) -> float:
    return sum(_letter(c) for c in text) * size


def _letter(c: str) -> float:
    if c in _NARROW:
        return 0.36
    if c in _BROAD or unicodedata.east_asian_width(c) in "WF" or ord(c) > 0x2100:
        return 1.0
    return 0.74 if c.isupper() else 0.61


class Canvas:
    """Elements being drawn, on a sheet of fixed width."""

    def __init__(self, width: float) -> None:
        self.width = width
        self._drawn: list[ElementTree.Element] = []

    def finished(self, height: float, title: str, about: str) -> ElementTree.Element:
        """The whole drawing with its title and its words for those who can not see it."""
        size = {"width": _n(self.width), "height": _n(height), "viewBox": f"0 0 {_n(self.width)} {_n(height)}"}
        plain = {"role": "img", "aria-labelledby": "t d", "font-family": _FONT}
        root = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, **plain})
        for tag, text in (("title", title), ("desc", about)):
            ElementTree.SubElement(root, tag, {"id": tag[0]}).text = clean(text)
        sheet = {"x": "0", "y": "0", "width": _n(self.width), "height": _n(height), "fill": "#ffffff"}
        ElementTree.SubElement(root, "rect", sheet)
        root.extend(self._drawn)
        return root

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        colour: str,
        *,
        fill: str,
        stroke: float = 1.2,
        radius: float = 0,
    ) -> None:
        """A box; rounded where a radius is given."""
        place = {"x": _n(x), "y": _n(y), "width": _n(width), "height": _n(height), "rx": _n(radius)}
        self._add("rect", {**place, "fill": fill, "stroke": colour, "stroke-width": _n(stroke)})

    def parallelogram(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """The shape of a strategy."""
        points = [(x + 16, y), (x + width + 16, y), (x + width - 16, y + height), (x - 16, y + height)]
        self._polygon(points, colour, "#ffffff")

    def diamond(self, x: float, y: float, r: float, colour: str) -> None:
        """The mark of an undeveloped goal."""
        self._polygon([(x, y - r), (x + r, y), (x, y + r), (x - r, y)], colour, "#ffffff")

    def circle(self, x: float, y: float, r: float, colour: str, *, dashed: bool = False, double: bool = False) -> None:
        """The shape of a solution; with a broken line, or a double one."""
        for radius in (r, r - 3) if double else (r,):
            attributes = {"cx": _n(x), "cy": _n(y), "r": _n(radius), "fill": "#ffffff", "stroke": colour}
            self._add("circle", {**attributes, **({"stroke-dasharray": "3 2.5"} if dashed else {})})

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str, *, arrow: bool = False, dashed: bool = False
    ) -> None:
        """A straight line, with an arrow head at its end where asked."""
        ends = {"x1": _n(x1), "y1": _n(y1), "x2": _n(x2), "y2": _n(y2), "stroke": colour}
        self._add("line", {**ends, **({"stroke-dasharray": "4 3"} if dashed else {})})
        if arrow and x1 == x2:
            self._polygon([(x2, y2), (x2 - 3.5, y2 - 7), (x2 + 3.5, y2 - 7)], colour, colour)
        elif arrow:
            self._polygon([(x2, y2), (x2 - 7, y2 - 3.5), (x2 - 7, y2 + 3.5)], colour, colour)

    def text(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        size: float,
        colour: str,
        *,
        bold: bool = False,
        middle: bool = False,
        step: float = 14,
        tip: str = "",
    ) -> None:
        """Lines of text below each other; `tip` is told when a pointer rests on them."""
        weight = {"font-weight": "bold"} if bold else {}
        anchor = {"text-anchor": "middle"} if middle else {}
        for i, said in enumerate(lines):
            place = {"x": _n(x), "y": _n(y + i * step), "font-size": _n(size), "fill": colour}
            made = self._add("text", {**place, **weight, **anchor})
            made.text = clean(said)
            if tip:
                ElementTree.SubElement(made, "title").text = clean(tip)

    def _polygon(self, points: Sequence[tuple[float, float]], colour: str, fill: str) -> None:
        joined = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._add("polygon", {"points": joined, "fill": fill, "stroke": colour, "stroke-width": "1.2"})

    def _add(self, tag: str, attributes: dict[str, str]) -> ElementTree.Element:
        made = ElementTree.Element(tag, attributes)
        self._drawn.append(made)
        return made


def _n(x: float) -> str:
    """A length to one decimal, without a needless one."""
    return f"{x:.1f}".removesuffix(".0")
