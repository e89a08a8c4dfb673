"""The guide over its sites, base by base, as SVG and as plain text.

Each guide has a panel: the guide with its PAM pattern in the first row, then its sites in the order given. A dot is a
base that matches, a letter in a coloured box a mismatch, ``-`` in a box a base of the guide without partner (RNA
bulge), and a framed letter in a column of its own a base of the genome without partner (DNA bulge). The form follows
the picture of GUIDE-seq sites (Tsai et al., Nature Biotechnology 2015;33:187-197, Figure 2; recalled).

Cannot see: whether a site is cut. At most `most` sites are drawn for each guide, and the rest is counted.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from proband.dossier.svg_canvas import Canvas, lines_of
from proband.dossier.words import clean

_CELL, _ROW, _LEFT, _SIDE = 18.0, 20.0, 20.0, 340.0
_GAP = 6.0
_INK, _SOFT = "#1a1a1a", "#555555"
_KEY = (
    "Dot: match. Box: mismatch. Hyphen: base of the guide without partner. Frame: base of the genome without partner."
)
BASES = {"A": "#a9d5a0", "C": "#9fc3e8", "G": "#f4d58a", "T": "#f0a59a", "-": "#d9d9d9"}
"""Backgrounds of letters; the letter itself tells the base, the colour only helps the eye."""


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One site: aligned letters 5' to 3' on the guide's strand (lower case is a mismatch), PAM, and words beside it."""

    spacer: str
    protospacer: str
    pam: str
    words: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A guide with its sites; `pattern` is the PAM as asked for, `pam_first` that it lies on the 5' side."""

    guide: str
    spacer: str
    pattern: str
    pam_first: bool
    sites: tuple[SiteLine, ...]


Columns = list[tuple[str, int]]
"""What a column of a panel holds: ("base", index of the spacer), ("bulge", index after which), ("pam", index)."""


def columns_of(panel: Panel, shown: Sequence[SiteLine]) -> Columns:
    """Columns of a panel, wide enough for the longest DNA bulge at each place.

    >>> columns_of(Panel("g", "AC", "NG", False, ()), [SiteLine("A-C", "ATC", "AG", "")])
    [('base', 0), ('bulge', 0), ('base', 1), ('pam', 0), ('pam', 1)]
    """
    widest: dict[int, int] = {}
    for site in shown:
        for index, run in _bulges(site.spacer).items():
            widest[index] = max(widest.get(index, 0), run)
    middle: Columns = []
    for i in range(len(panel.spacer)):
        middle.append(("base", i))
        middle += [("bulge", i)] * widest.get(i, 0)
    pam: Columns = [("pam", i) for i in range(len(panel.pattern))]
    return pam + middle if panel.pam_first else middle + pam


def _bulges(spacer: str) -> dict[int, int]:
    """For each index of the spacer, DNA bulge bases right after it."""
    made: dict[int, int] = {}
    index = -1
    for letter in spacer:
        if letter == "-":
            made[index] = made.get(index, 0) + 1
        else:
            index += 1
    return made


def cells_of(site: SiteLine, columns: Columns) -> list[str]:
    """What a site shows in each column: ``.`` match, lower case mismatch, ``-`` RNA bulge, capital DNA bulge, ``" "``.

    >>> cells_of(SiteLine("A-CG", "ATt-", "AG", ""), [("base", 0), ("bulge", 0), ("base", 1), ("base", 2), ("pam", 0)])
    ['.', 'T', 't', '-', 'A']
    """
    bases: dict[int, str] = {}
    extra: dict[int, list[str]] = {}
    index = -1
    for above, below in zip(site.spacer, site.protospacer, strict=True):
        if above == "-":
            extra.setdefault(index, []).append(below.upper())
            continue
        index += 1
        bases[index] = below if below == "-" or below.islower() else "."
    made = []
    for kind, i in columns:
        if kind == "pam":
            made.append(site.pam[i].upper() if i < len(site.pam) else " ")
        elif kind == "base":
            made.append(bases.get(i, " "))
        else:
            waiting = extra.get(i, [])
            made.append(waiting.pop(0) if waiting else " ")
    return made


def _guide_cells(panel: Panel, columns: Columns) -> list[str]:
    letters = {"base": panel.spacer, "pam": panel.pattern}
    return [letters[kind][i] if kind in letters else " " for kind, i in columns]


def alignments_svg(panels: Sequence[Panel], title: str, most: int = 40) -> str:
    """The drawing as SVG text.

    >>> "</svg>" in alignments_svg([Panel("g", "AC", "NG", False, (SiteLine("AC", "At", "AG", "c1:1"),))], "Sites")
    True
    """
    widths = [len(columns_of(p, p.sites[:most])) for p in panels]
    canvas = Canvas(2 * _LEFT + max(widths, default=20) * _CELL + _GAP + 10 + _SIDE)
    canvas.text(_LEFT, 28, lines_of(title, canvas.width - 2 * _LEFT, 15, 1), 15, _INK, bold=True)
    canvas.text(_LEFT, 46, (_KEY,), 11, _SOFT)
    y = 62.0
    for panel in panels:
        y = _panel(canvas, panel, panel.sites[:most], y)
    number = sum(len(p.sites) for p in panels)
    about = f"{number} sites of {len(panels)} guides, each aligned with its guide."
    return ElementTree.tostring(canvas.finished(y + 6, title, about), encoding="unicode") + "\n"


def _panel(canvas: Canvas, panel: Panel, shown: Sequence[SiteLine], y: float) -> float:
    columns = columns_of(panel, shown)
    right = _LEFT + len(columns) * _CELL + _GAP + 10
    at = _places(columns)
    canvas.text(_LEFT, y + 14, lines_of(panel.guide, right + _SIDE - 2 * _LEFT, 12, 1), 12, _INK, bold=True)
    y += 22
    for k, letter in enumerate(_guide_cells(panel, columns)):
        if letter != " ":
            fill = BASES.get(letter, "#ffffff")
            canvas.rect(at[k], y, _CELL, _ROW, "#ffffff", fill=fill, stroke=0.8)
            canvas.text(at[k] + _CELL / 2, y + 15, (letter,), 13, _INK, bold=True, middle=True)
    y += _ROW + 4
    for site in shown:
        for k, (cell, (kind, _)) in enumerate(zip(cells_of(site, columns), columns, strict=True)):
            _cell(canvas, cell, kind, at[k], y)
        said = lines_of(site.words, _SIDE - 10, 11, 1)
        canvas.text(right, y + 14, said, 11, _SOFT, tip=site.words if said != (clean(site.words),) else "")
        y += _ROW
    left = len(panel.sites) - len(shown)
    if left or not panel.sites:
        words = f"{left:,} more sites are not drawn." if left else "No site within the limits of the search."
        canvas.text(_LEFT, y + 14, (words,), 11, _SOFT)
        y += _ROW
    return y + 14


def _places(columns: Columns) -> list[float]:
    """Where each column begins; a gap stands between protospacer and PAM."""
    made, x = [], _LEFT
    for k, (kind, _) in enumerate(columns):
        x += _GAP if k and (kind == "pam") != (columns[k - 1][0] == "pam") else 0
        made.append(x)
        x += _CELL
    return made


def _cell(canvas: Canvas, cell: str, kind: str, x: float, y: float) -> None:
    if cell == " ":
        return
    if kind == "bulge":
        canvas.rect(x + 1.5, y + 1.5, _CELL - 3, _ROW - 3, _INK, fill="#ffffff", stroke=1.4)
    elif cell == "-" or cell.islower():
        canvas.rect(x, y, _CELL, _ROW, "#ffffff", fill=BASES[cell.upper()], stroke=0.8)
    canvas.text(x + _CELL / 2, y + (12 if cell == "." else 15), (cell.upper(),), 13, _INK, middle=True)


def alignments_text(panels: Sequence[Panel], most: int = 40) -> str:
    """The same as lines of text in which nothing can become markup: for the inside of an HTML ``pre`` element.

    >>> print(alignments_text([Panel("g", "ACG", "NG", False, (SiteLine("ACG", "AtG", "AG", "<c1>"),))]), end="")
    g
      ACG NG
      .t. AG  &lt;c1&gt;
    """
    lines = []
    for panel in panels:
        shown = panel.sites[:most]
        columns = columns_of(panel, shown)
        lines += [clean(panel.guide), f"  {_joined(_guide_cells(panel, columns), columns)}"]
        lines += [f"  {_joined(cells_of(s, columns), columns)}  {clean(s.words)}" for s in shown]
        if len(panel.sites) > len(shown):
            lines.append(f"  {len(panel.sites) - len(shown):,} more sites are not shown")
        if not panel.sites:
            lines.append("  no site within the limits of the search")
    return "".join(html.escape(" ".join(line.splitlines())) + "\n" for line in lines)


def _joined(cells: Sequence[str], columns: Columns) -> str:
    made = ""
    for k, cell in enumerate(cells):
        turns = k > 0 and (columns[k][0] == "pam") != (columns[k - 1][0] == "pam")
        made += (" " if turns else "") + cell
    return made
