"""Lines that can not both hold: the same quantity of the same subject, computed here and reported elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from proband.core.evidence import Evidence, Origin
from proband.core.finding import Disagreement
from proband.core.quantity import Quantity, QuantityKind

LEVEL = 0.99


def disagreements(lines: Sequence[Evidence]) -> tuple[Disagreement, ...]:
    """Pairs of a computed and a reported line whose 99 % intervals, or exact values, do not meet."""
    found = []
    for a, b in combinations(lines, 2):
        if (a.kind, a.subject) != (b.kind, b.subject) or {a.origin, b.origin} != {Origin.COMPUTED, Origin.REPORTED}:
            continue
        for name in sorted(set(a.quantities) & set(b.quantities)):
            apart = _apart(a.quantities[name], b.quantities[name])
            if apart:
                found.append(Disagreement(a.kind, a.subject.id, name, (a.id, b.id), apart))
    return tuple(found)


def _apart(a: Quantity, b: Quantity) -> str:
    """How two quantities exclude each other, or an empty text when they may both hold."""
    spans = [_span(q) for q in (a, b)]
    if spans[0] is None or spans[1] is None:
        return ""
    (low_a, high_a), (low_b, high_b) = spans[0], spans[1]
    if high_a < low_b or high_b < low_a:
        return f"{low_a:.4g} to {high_a:.4g} and {low_b:.4g} to {high_b:.4g} {a.unit} do not meet"
    return ""


def _span(q: Quantity) -> tuple[float, float] | None:
    if q.kind is QuantityKind.POINT and q.value is not None:
        return q.value, q.value
    if q.kind is QuantityKind.CONFIDENCE:
        return (q.low, q.high) if q.low is not None and q.high is not None else None
    return q.interval(LEVEL)
