"""The sentences of the first page and of the two views on the findings, apart from ``words.py`` by length alone.

The same rule holds: nothing promises, recommends, weighs or scores, and a test reads this file for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from proband.core.dossier import Dossier
from proband.core.finding import Finding, Verdict

OPEN = "Open means not settled either way; nothing is added up."
NO_LINKS = "No criterion is open."
NO_WEAKEST = (
    "No criterion is contradicted, and none of the core elements is insufficient. "
    "That is no sign of strength where most were not assessed: see below."
)


def plural(n: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> plural(1, "file"), plural(2, "criterion", "criteria")
    ('1 file', '2 criteria')
    """
    return f"{n} {one if n == 1 else many or one + 's'}"


def further(left: Sequence[Finding]) -> str:
    """How many weak links are not named on the first page, and how many of them are contradicted."""
    against = sum(f.verdict is Verdict.CONTRADICTED for f in left)
    return f"Further weak links not named here: {len(left)}, {against} of them contradicted."


def not_done(groups: Sequence[tuple[str, Sequence[Finding]]]) -> str:
    """What was not assessed, as counts by reason."""
    total = sum(len(found) for _, found in groups)
    if not total:
        return "Every criterion that applies was assessed."
    said = "; ".join(f"{len(found)} {reason}" for reason, found in groups)
    return f"{plural(total, 'criterion', 'criteria')} not assessed: {said}."


def loose_ends(d: Dossier) -> str:
    """How many lines, sources and files stand in dispute or were left unread; empty where there are none."""
    counts = (
        (len(d.findings.disagreements), "pair of lines does not agree", "pairs of lines do not agree"),
        (len(d.program.inconsistencies), "place where the sources contradict themselves",
         "places where the sources contradict themselves"),
        (len(d.unknown_files), "file that no analysis reads", "files that no analysis reads"),
    )  # fmt: skip
    said = "; ".join(plural(n, one, many) for n, one, many in counts if n)
    return f"Also: {said}." if said else ""
