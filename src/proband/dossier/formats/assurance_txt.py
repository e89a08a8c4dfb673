"""The assurance case as an outline in plain text, in the style of LTAC: one line for each claim and its evidence.

Two spaces of indent for each level; claims that are not settled are marked needsSupport, contradicted ones
defeated. A line of evidence that stands under several claims has one name under each. Line breaks and braces of
strangers' texts are replaced, so that no text can become an element or a mark.
"""

from __future__ import annotations

from collections.abc import Iterator

from proband.core.dossier import Dossier
from proband.core.finding import Verdict
from proband.dossier import assurance, view_words, words
from proband.dossier.assurance import Kind, Node

NAME = "assurance.txt"
_TYPES = {Kind.GOAL: "Claim", Kind.STRATEGY: "Strategy", Kind.SOLUTION: "Evidence", Kind.CONTEXT: "Context"}


def render(dossier: Dossier) -> bytes:
    """The outline, UTF-8."""
    top = assurance.tree(dossier)
    title = dossier.program.title or dossier.program.id
    head = [
        f"Assurance case: {title}",
        words.notice(dossier.framework),
        view_words.GOAL_NOTE,
        view_words.left_out(assurance.left_out(dossier)),
    ]
    if dossier.program.synthetic:
        head.insert(1, f"SYNTHETIC. {words.SYNTHETIC}")
    lines = [f"# {_plain(text)}" for text in head]
    return ("\n".join([*lines, "", *_lines(top, 0, "")]) + "\n").encode("utf-8", errors="backslashreplace")


def _lines(node: Node, depth: int, above: str) -> Iterator[str]:
    label = f"{above}/{node.label}" if node.kind is Kind.SOLUTION else node.label
    yield f"{'  ' * depth}- {_TYPES[node.kind]} {label}: {_plain(_said(node))}{_mark(node)}"
    for child in node.children:
        yield from _lines(child, depth + 1, node.label)


def _said(node: Node) -> str:
    if node.kind is Kind.SOLUTION:
        return words.sentence(f"{view_words.ROLES[node.role]}: {node.text}")
    state = f" [{words.SYMBOLS[node.state]} {words.spaced(node.state)}]" if node.state else ""
    group = f" Criteria: {', '.join(node.stands_for)}." if node.stands_for else ""
    why = words.sentence(node.why) if node.state else ""
    return words.sentence(f"{node.text}{state} {why}{group}")


def _mark(node: Node) -> str:
    if node.kind is not Kind.GOAL:
        return ""
    if node.state == Verdict.CONTRADICTED:
        return " {defeated}"
    return " {needsSupport}" if node.undeveloped else ""


def _plain(text: str) -> str:
    """A text on one line, without the characters that this form reads as marks."""
    one = " ".join(words.clean(text).split())
    return one.replace("{", "[").replace("}", "]")
