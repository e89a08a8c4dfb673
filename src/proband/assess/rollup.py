"""The state of an element: contradicted, supported or open, always with the counts. No score."""

from __future__ import annotations

from collections.abc import Sequence

from proband.core.criterion import Framework
from proband.core.finding import ElementSummary, Finding, Verdict

REQUIRED = ("law", "should")
"""A criterion is called required only where the document's own verb was read."""


def summaries(framework: Framework, findings: Sequence[Finding]) -> tuple[ElementSummary, ...]:
    """One summary per element, in the framework's order.

    Contradicted if any required criterion is; supported only if there are required criteria, all that apply
    are supported, and nothing else in the element is contradicted; otherwise open.
    """
    force = {c.id: c.force for c in framework.criteria}
    return tuple(_summary(e.id, e.title, [f for f in findings if f.element == e.id], force) for e in framework.elements)


def _summary(element: str, title: str, findings: Sequence[Finding], force: dict[str, str]) -> ElementSummary:
    counts = {str(v): sum(f.verdict is v for f in findings) for v in Verdict}
    required = [f for f in findings if force[f.id] in REQUIRED and f.verdict is not Verdict.NOT_APPLICABLE]
    contradicted = [f for f in findings if f.verdict is Verdict.CONTRADICTED]
    if any(f.verdict is Verdict.CONTRADICTED for f in required):
        state = "contradicted"
    elif required and all(f.verdict is Verdict.SUPPORTED for f in required) and not contradicted:
        state = "supported"
    else:
        state = "open"
    applicable = len(findings) - counts["not_applicable"]
    detail = f"{counts['supported']} of {applicable} applicable criteria supported"
    if contradicted:
        detail += f", {len(contradicted)} contradicted ({', '.join(f.id for f in contradicted)})"
    if not required:
        detail += "; which of them the document requires was not read"
    return ElementSummary(element, title, state, detail, counts, len(required))
