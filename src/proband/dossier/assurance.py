"""The findings as an assurance case: a tree of goals, one strategy, and the solutions they rest on.

The words are those of the goal structuring notation. A goal says what would have to be shown; that it stands here
does not say that it was shown. Goals that nothing settles stay in the tree, marked as undeveloped, with the reason.
Criteria that do not apply are left out and counted. Cannot do: argue; the strategy is the order of the rule set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from proband.core.dossier import Dossier
from proband.core.finding import Finding, Reason, Verdict
from proband.dossier import view_words, words
from proband.dossier.view import ElementPart, View, view


class Kind(StrEnum):
    """What a node is in the notation."""

    GOAL = "goal"
    STRATEGY = "strategy"
    SOLUTION = "solution"
    CONTEXT = "context"


class Role(StrEnum):
    """How a solution bears on its goal."""

    NONE = ""
    FOR = "for"
    AGAINST = "against"
    OPEN = "open"
    JUDGED = "judged"


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its label, its text, the state of a goal with the reason, and what stands below it.

    `stands_for` names the criteria that were drawn together into one node.
    """

    kind: Kind
    label: str
    text: str
    children: tuple[Node, ...] = ()
    state: str = ""
    why: str = ""
    undeveloped: bool = False
    role: Role = Role.NONE
    stands_for: tuple[str, ...] = ()

    def walk(self) -> Iterator[Node]:
        """This node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


_SILENT = (Reason.BEYOND_TOOL, Reason.NOT_YET_DUE)


def tree(d: Dossier) -> Node:
    """The whole case: top goal, its context, the strategy, and one goal for each element."""
    v = view(d)
    parts = sorted((s.part for s in v.sections), key=lambda p: not p.element.core)
    elements = tuple(_element(d, part, i) for i, part in enumerate(parts, start=1))
    strategy = Node(Kind.STRATEGY, "S1", view_words.STRATEGY, elements)
    goal = view_words.top_goal(d)
    return Node(Kind.GOAL, "G0", goal, (*_context(v), strategy), "", view_words.GOAL_NOTE)


def left_out(d: Dossier) -> int:
    """How many criteria do not apply, and so are no goals."""
    return len(d.findings.of(Verdict.NOT_APPLICABLE))


def _context(v: View) -> tuple[Node, ...]:
    said = [v.notice, view_words.context(v.d), v.origins]
    if v.d.program.synthetic:
        said.insert(0, f"SYNTHETIC. {words.SYNTHETIC}")
    return tuple(Node(Kind.CONTEXT, f"C{i}", text) for i, text in enumerate(said, start=1))


def _element(d: Dossier, part: ElementPart, number: int) -> Node:
    findings = [f for f in d.findings if f.element == part.element.id]
    applicable = [f for f in findings if f.verdict is not Verdict.NOT_APPLICABLE]
    alone = [f for f in applicable if f.reason not in _SILENT or f.judgement]
    label = f"G{number}"
    children = [_goal(d, f) for f in alone]
    for reason in _SILENT:
        group = [f for f in applicable if f.reason is reason and not f.judgement]
        if group:
            children.append(_together(f"{label}-{len(children) + 1}", group, reason))
    missing = len(findings) - len(applicable)
    return Node(
        Kind.GOAL,
        label,
        f"{part.element.title}. {part.element.question}",
        tuple(children),
        part.summary.state,
        view_words.element_state(part.summary, missing),
        undeveloped=not children,
    )


def _goal(d: Dossier, f: Finding) -> Node:
    settled = f.verdict in (Verdict.SUPPORTED, Verdict.CONTRADICTED)
    said = f.reason and f.reason is not Reason.NEEDS_PERSON
    why = words.sentence(f"{words.REASONS[f.reason]}: {f.detail}" if said else f.detail)
    return Node(
        Kind.GOAL, f.id, words.sentence(f.title), _solutions(d, f), f.verdict.value, why, undeveloped=not settled
    )


def _together(label: str, group: Sequence[Finding], reason: Reason) -> Node:
    ids = tuple(f.id for f in group)
    said = words.sentence(view_words.unlooked(len(group), reason))
    return Node(Kind.GOAL, label, said, (), Verdict.NOT_ASSESSED.value, "", undeveloped=True, stands_for=ids)


def _solutions(d: Dossier, f: Finding) -> tuple[Node, ...]:
    out = []
    for role, ids in (
        (Role.FOR, f.evidence_for),
        (Role.AGAINST, f.evidence_against),
        (Role.OPEN, f.evidence_neutral),
    ):
        for i in ids:
            e = d.line(i)
            said = f"{words.ORIGINS[e.origin]}: {e.statement}"
            out.append(Node(Kind.SOLUTION, d.labels[i], said, role=role))
    if f.judgement and not f.judgement.stale_because:
        s = f.judgement.statement
        said = view_words.concluded(s.verdict, s.name, s.role, s.signed_on, f.judgement.overrules)
        out.append(Node(Kind.SOLUTION, "J", f"{said} {s.reasoning}", role=Role.JUDGED))
    return tuple(out)
