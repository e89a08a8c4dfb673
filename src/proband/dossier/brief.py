"""What stands on the first page, for a reader with little time: the few weakest links, and what is left for later."""

from __future__ import annotations

from proband.core.dossier import Dossier
from proband.core.evidence import Evidence
from proband.core.finding import Finding
from proband.core.quantity import QuantityKind
from proband.dossier.view import View, rank

MOST_HARM = 3
"""How many lines on harm the first page prints."""
LEAST, MOST = 3, 5
"""How many weakest links the first page names."""


def harm(d: Dossier) -> tuple[tuple[str, str], ...]:
    """What the lines on harm say, each with its label: harm stands on the first page, whatever the rules made of it.

    Lines without a serious event come last, so that a search that found none hides no line that saw harm.
    """
    found = sorted(_harm_lines(d), key=_without_serious)
    return tuple((d.labels[e.id], e.statement) for e in found[:MOST_HARM])


def harm_left(d: Dossier) -> int:
    """How many lines on harm the first page has no room for."""
    return max(len(_harm_lines(d)) - MOST_HARM, 0)


def _harm_lines(d: Dossier) -> list[Evidence]:
    return [e for e in d.evidence if e.kind == "safety.events"]


def _without_serious(e: Evidence) -> bool:
    """Whether a line counts no serious event for certain; one without a count is not such a line."""
    count = e.quantities.get("serious_events")
    return count is not None and count.kind is QuantityKind.EXACT and count.value == 0


def links(v: View) -> tuple[Finding, ...]:
    """The weakest criteria, weakest first: at most five; where fewer than three stand out, the next ones fill up."""
    shown = v.weakest[:MOST]
    if len(shown) >= LEAST:
        return shown
    core = {part.element.id for part in (*v.core, *v.safety)}
    open_ones = [f for f in v.d.findings if rank(f) < 8 and f not in shown]
    ordered = sorted(open_ones, key=lambda f: (f.element not in core, rank(f)))
    return (*shown, *ordered[: LEAST - len(shown)])


def more(v: View) -> tuple[Finding, ...]:
    """The weak criteria that the first page counts without naming them."""
    return v.weakest[MOST:]
