"""Telling a fresh judgement from a stale one.

A judgement holds for exactly what was seen: the same lines of evidence, the same bytes of the files, the
same text of the rule. New evidence that the person did not see makes it stale too.
"""

from __future__ import annotations

from dataclasses import dataclass

from proband.core.criterion import Criterion
from proband.core.finding import Judgement, Statement
from proband.core.provenance import InputFile


@dataclass(frozen=True, slots=True)
class JudgementContext:
    """What is current: the framework, the relevant evidence ids, the file digests, all statements."""

    framework: str
    evidence: tuple[str, ...]
    files: tuple[InputFile, ...]
    statements: tuple[Statement, ...]


def judgement_for(criterion: Criterion, context: JudgementContext) -> Judgement | None:
    """The latest judgement on a criterion, fresh or stale; None when there is none.

    Ids are never reused, so a judgement made under another version of the framework is about the same question: it
    counts where the criterion is the same to the letter, and is stale where it is not.
    """
    mine = [s for s in context.statements if s.criterion == criterion.id]
    if not mine:
        return None
    latest = max(mine, key=lambda s: (s.signed_on, s.sequence, s.file))
    rivals = [s for s in mine if (s.signed_on, s.sequence) == (latest.signed_on, latest.sequence)]
    if len({s.verdict for s in rivals}) > 1:
        return Judgement(latest, f"{len(rivals)} judgements of the same day and number differ: renumber them")
    return Judgement(latest, stale_because(latest, criterion, context))


def stale_because(statement: Statement, criterion: Criterion, context: JudgementContext) -> str:
    """Why a judgement no longer holds, or an empty text."""
    if statement.criterion_stamp != criterion.stamp:
        return "the text or test of the criterion changed after it was signed"
    seen, current = set(statement.seen_evidence), set(context.evidence)
    gone, new = seen - current, current - seen
    if gone:
        return f"{len(gone)} of the lines that were seen changed or are gone"
    if new:
        return f"{len(new)} lines were added that the person had not seen"
    digests = {f.path: f.digest for f in context.files}
    changed = sorted(f.path for f in statement.seen_files if digests.get(f.path) != f.digest)
    if changed:
        return f"the file {changed[0]} changed or is gone"
    if statement.verdict in ("supported", "contradicted") and not seen and not statement.seen_files:
        return "it names no evidence and no file that a reader could open"
    return ""
