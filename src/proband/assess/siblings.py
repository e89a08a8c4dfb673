"""Evidence made with another version of the platform: it is shown, and never decides for this one.

A line is about another version where its subject is a version, or its scope says with which version it was made, and
that is not the version that the program is. What a sibling showed may be leaned on through ``platform/reuse.toml``
alone, where its right of use, its difference and its bridging stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from proband.assess.combine import Combined
from proband.assess.shapes import Outcome
from proband.core.evidence import Evidence
from proband.core.finding import Reason, Verdict
from proband.core.program import PlatformLink

MADE_WITH = "version"
"""Key of a scope's settings that names the version with which a line was made."""


def made_with(line: Evidence) -> str:
    """The version that a line states it was made with; "" where it states none."""
    stated = line.scope.settings.get(MADE_WITH)
    if isinstance(stated, str) and stated:
        return stated
    return line.subject.id if line.subject.type == "version" else ""


def apart(lines: Iterable[Evidence], link: PlatformLink | None) -> tuple[tuple[Evidence, ...], tuple[Evidence, ...]]:
    """Lines about this program, and lines made with another version, by its link to its platform.

    Where the program does not say which version it is, a line that names one can not be taken for its own. A line about
    the program of a sibling is a sibling's too.
    """
    own, others = (link.version, link.siblings) if link else ("", ())
    held = tuple(lines)
    siblings = tuple(
        e
        for e in held
        if made_with(e) not in ("", own) or (e.subject.type in ("program", "version") and e.subject.id in others)
    )
    return tuple(e for e in held if e not in siblings), siblings


def with_siblings(combined: Combined, siblings: Sequence[Evidence]) -> Combined:
    """What own lines say, with the lines of siblings beside them; these alone leave the question open."""
    if not siblings:
        return combined
    combined = replace(combined, neutral=(*combined.neutral, *(e.id for e in siblings)))
    if combined.outcome is not None:
        return combined
    said = f"{said_of(siblings)}, and no line of this version"
    return replace(combined, outcome=Outcome(Verdict.INSUFFICIENT, Reason.INDIRECT, said, answers=False))


def said_of(siblings: Sequence[Evidence]) -> str:
    """How many lines were made with which other versions."""
    names = ", ".join(sorted({made_with(e) or e.subject.id for e in siblings}))
    return f"{len(siblings)} line{'s' if len(siblings) != 1 else ''} made with another version ({names})"
