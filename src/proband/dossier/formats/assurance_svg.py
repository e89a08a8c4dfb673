"""The assurance case as one drawing in goal structuring notation, one panel for each element of the rule set.

Rectangles are goals, the parallelogram is the strategy, rounded boxes are context, circles are solutions with the
labels of the evidence, and a diamond below a goal says that it is undeveloped. Text is escaped by the XML writer and
cut to its box; the outline in plain text holds it whole. Widths of letters are estimated, not measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree

from proband.core.dossier import Dossier
from proband.core.finding import Verdict
from proband.dossier import assurance, view_words, words
from proband.dossier.assurance import Kind, Node, Role
from proband.dossier.svg_canvas import Canvas, lines_of

NAME = "assurance.svg"
_COLUMNS, _WIDTH, _GAP, _EDGE = 3, 500, 34, 28
_GOAL, _INDENT, _ROW_GAP = 300, 24, 20
_RADIUS, _PITCH, _PER_ROW = 15, 36, 4
_INK, _SOFT, _RED, _GREEN, _AMBER = "#1a1a1a", "#555555", "#9b2200", "#00563f", "#6b4a00"
_BOLD = 0.86
"""How much of a width bold type may be counted on to fill."""
_TONES = {"supported": _GREEN, "contradicted": _RED, "insufficient": _AMBER}


@dataclass(frozen=True, slots=True)
class _Box:
    """A goal with its lines of text and the height that it and its solutions take."""

    node: Node
    title: tuple[str, ...]
    state: tuple[str, ...]
    height: float
    row: float


def render(dossier: Dossier) -> bytes:
    """The drawing as SVG, UTF-8; the same bytes for the same dossier."""
    top = assurance.tree(dossier)
    strategy = next(n for n in top.children if n.kind is Kind.STRATEGY)
    width = 2 * _EDGE + _COLUMNS * _WIDTH + (_COLUMNS - 1) * _GAP
    canvas = Canvas(width)
    below = _head(canvas, dossier, top, strategy)
    bottom = _panels(canvas, strategy.children, below)
    end = _foot(canvas, dossier, bottom + 26)
    title = f"Assurance case: {dossier.program.title or dossier.program.id}"
    root = canvas.finished(end + 20, title, view_words.GOAL_NOTE)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="utf-8") + b"\n"


def _head(canvas: Canvas, d: Dossier, top: Node, strategy: Node) -> float:
    """Mark, top goal between its contexts, strategy; returns where the bus to the panels runs."""
    y = float(_EDGE)
    if d.program.synthetic:
        canvas.rect(_EDGE, y, canvas.width - 2 * _EDGE, 32, _RED, fill="#fff6f2", stroke=2.5)
        canvas.text(canvas.width / 2, y + 21, (f"SYNTHETIC. {words.SYNTHETIC}",), 14, _RED, bold=True, middle=True)
        y += 46
    middle, wide = canvas.width / 2, 460.0
    goal = lines_of(f"{top.label}: {top.text}", (wide - 24) * _BOLD, 13, 5)
    contexts = [n for n in top.children if n.kind is Kind.CONTEXT and not n.text.startswith("SYNTHETIC.")]
    told = [lines_of(f"{n.label}: {n.text}", 440, 10.5, 7) for n in contexts]
    lefts, rights = told[:1], told[1:]
    height = max(len(goal) * 17 + 20, *(_stack(side) for side in (lefts, rights)))
    box_y = y + (height - len(goal) * 17 - 20) / 2
    goal_height = len(goal) * 17 + 20
    canvas.rect(middle - wide / 2, box_y, wide, goal_height, _INK, fill="#ffffff", stroke=2)
    canvas.text(middle - wide / 2 + 12, box_y + 22, goal, 13, _INK, bold=True, step=17)
    for side, x, port in ((lefts, float(_EDGE), 464.0), (rights, canvas.width - _EDGE - 464, 0.0)):
        at = y + (height - _stack(side)) / 2
        for said in side:
            tall = len(said) * 14 + 14
            canvas.rect(x, at, 464, tall, _SOFT, fill="#ffffff", radius=13)
            canvas.text(x + 14, at + 18, said, 10.5, _SOFT, step=14)
            edge = middle - wide / 2 if port else middle + wide / 2
            canvas.line(edge, box_y + goal_height / 2, x + port, at + tall / 2, _SOFT, dashed=True)
            at += tall + 8
    strategy_y = y + height + 26
    canvas.line(middle, box_y + goal_height, middle, strategy_y, _INK, arrow=True)
    canvas.parallelogram(middle - 250, strategy_y, 500, 36, _INK)
    said = lines_of(f"{strategy.label}: {strategy.text}", 470, 12, 1)
    canvas.text(middle, strategy_y + 22, said, 12, _INK, middle=True)
    canvas.line(middle, strategy_y + 36, middle, strategy_y + 56, _INK)
    return strategy_y + 56


def _stack(side: Iterable[tuple[str, ...]]) -> float:
    return sum(len(said) * 14 + 22 for said in side)


def _panels(canvas: Canvas, elements: tuple[Node, ...], bus: float) -> float:
    """Every panel in the column that is shortest so far; one spine for each column. Returns the lowest point."""
    heights = [bus + 26.0] * _COLUMNS
    spines: dict[int, float] = {}
    for element in elements:
        column = heights.index(min(heights))
        x = _EDGE + column * (_WIDTH + _GAP)
        top = heights[column]
        canvas.line(x - 14, top + 24, x, top + 24, _INK, arrow=True)
        spines[column] = top + 24
        heights[column] = _panel(canvas, element, x, top) + 34
    for column, end in spines.items():
        x = _EDGE + column * (_WIDTH + _GAP) - 14
        canvas.line(x, bus, x, end, _INK)
    if spines:
        last = _EDGE + max(spines) * (_WIDTH + _GAP) - 14
        canvas.line(_EDGE - 14, bus, max(last, canvas.width / 2), bus, _INK)
    return max(heights)


def _panel(canvas: Canvas, element: Node, x: float, y: float) -> float:
    """One element with its criterion goals; returns its lower edge."""
    head = _box(element, _WIDTH - 24, 12.5, bold=True)
    tone = _TONES.get(element.state, _INK)
    canvas.rect(x, y, _WIDTH, head.height, tone, fill="#f5f5f3", stroke=2)
    canvas.text(x + 12, y + 21, head.title, 12.5, _INK, bold=True, step=16)
    canvas.text(x + 12, y + 21 + 16 * len(head.title), head.state, 10.5, tone, step=13.5)
    if element.undeveloped:
        canvas.diamond(x + _WIDTH / 2, y + head.height + 7, 7, _INK)
    at, spine, last = y + head.height + 18, x + 10, y + head.height
    for child in element.children:
        box = _box(child, _GOAL - 20, 10.5)
        canvas.line(spine, at + 16, x + _INDENT, at + 16, _INK, arrow=True)
        last = at + 16
        _goal(canvas, box, x + _INDENT, at)
        at += box.row + _ROW_GAP
    if element.children:
        canvas.line(spine, y + head.height, spine, last, _INK)
    return at


def _box(node: Node, width: float, size: float, *, bold: bool = False) -> _Box:
    title = lines_of(f"{node.label}: {node.text}", width * (_BOLD if bold else 1), size, 4)
    sign = f"{words.SYMBOLS[node.state]} {words.spaced(node.state)}" if node.state else ""
    why = ", ".join(node.stands_for) if node.stands_for else node.why
    state = lines_of(f"{sign}: {why}" if why else sign, width, 10, 5 if node.stands_for else 3)
    height = 16 + len(title) * (size + 3.5) + len(state) * 13.5
    rows = -(-len(node.children) // _PER_ROW) if node.children and node.children[0].kind is Kind.SOLUTION else 0
    return _Box(node, title, state, height, max(height + (10 if node.undeveloped else 0), rows * _PITCH))


def _goal(canvas: Canvas, box: _Box, x: float, y: float) -> None:
    node = box.node
    against = node.state == Verdict.CONTRADICTED
    tone = _TONES.get(node.state, _SOFT)
    fill = "#fff6f2" if against else "#ffffff"
    canvas.rect(x, y, _GOAL, box.height, tone, fill=fill, stroke=3 if against else 1.4)
    canvas.text(x + 10, y + 18, box.title, 10.5, _INK, step=14)
    canvas.text(x + 10, y + 18 + 14 * len(box.title), box.state, 10, tone, step=13.5)
    if node.undeveloped:
        canvas.diamond(x + _GOAL / 2, y + box.height + 7, 7, tone)
    _solutions(canvas, node.children, x + _GOAL, y)


def _solutions(canvas: Canvas, solutions: tuple[Node, ...], x: float, y: float) -> None:
    for i, node in enumerate(solutions):
        row, place = divmod(i, _PER_ROW)
        centre, middle = x + 26 + _RADIUS + place * _PITCH, y + 17 + row * _PITCH
        if place == 0:
            canvas.line(x, middle, centre - _RADIUS, middle, _SOFT, arrow=True)
        _circle(canvas, node, centre, middle)


def _circle(canvas: Canvas, node: Node, x: float, y: float) -> None:
    tone = {Role.FOR: _GREEN, Role.AGAINST: _RED, Role.JUDGED: _INK}.get(node.role, _SOFT)
    canvas.circle(x, y, _RADIUS, tone, dashed=node.role is Role.OPEN, double=node.role is Role.JUDGED)
    sign = {Role.FOR: "+", Role.AGAINST: "−"}.get(node.role, "")
    canvas.text(x, y + 3.5, (f"{sign}{node.label}",), 9, tone, middle=True, tip=node.text)


def _foot(canvas: Canvas, d: Dossier, y: float) -> float:
    """Legend, what was left out, and the standing notice."""
    x = float(_EDGE)
    for key, text in view_words.LEGEND:
        _sample(canvas, key, x + 16, y)
        canvas.text(x + 40, y + 4, (text,), 10.5, _INK)
        x += 64 + 5.7 * len(text)
        if x > canvas.width - 330:
            x, y = float(_EDGE), y + 34
    said = f"{view_words.GOAL_NOTE} {view_words.left_out(assurance.left_out(d))} {words.notice(d.framework)}"
    told = lines_of(said, canvas.width - 2 * _EDGE, 11, 6)
    canvas.text(_EDGE, y + 40, told, 11, _SOFT, step=15)
    return y + 40 + 15 * len(told)


def _sample(canvas: Canvas, key: str, x: float, y: float) -> None:
    if key in ("goal", "undeveloped", "contradicted"):
        tone = _RED if key == "contradicted" else _SOFT
        canvas.rect(x - 14, y - 9, 28, 16, tone, fill="#ffffff", stroke=3 if key == "contradicted" else 1.4)
        if key == "undeveloped":
            canvas.diamond(x, y + 13, 6, _SOFT)
        return
    _circle(canvas, Node(Kind.SOLUTION, "J" if key == "judged" else "E1", "", role=Role(key)), x, y)
