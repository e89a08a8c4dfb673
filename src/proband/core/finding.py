"""What the rules say of the evidence: verdicts, closed reasons, findings.

Five verdicts. Not looked at, looked and could not tell, and looked and no, are three different things.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from proband.core.provenance import InputFile


class Verdict(StrEnum):
    """What the evidence says of one criterion."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    INSUFFICIENT = "insufficient"
    NOT_ASSESSED = "not_assessed"
    NOT_APPLICABLE = "not_applicable"


class Reason(StrEnum):
    """Why a verdict is what it is: a closed list. `NONE` goes with supported and contradicted alone."""

    NONE = ""
    IMPRECISE = "imprecise"
    CONFLICTING = "conflicting"
    INDIRECT = "indirect"
    INCOMPLETE = "incomplete"
    DETECTION_LIMIT_TOO_HIGH = "detection_limit_too_high"
    QUALITY = "quality"
    JUDGED = "judged"
    NO_DATA = "no_data"
    ANALYSIS_FAILED = "analysis_failed"
    NEEDS_PERSON = "needs_person"
    STALE_STATEMENT = "stale_statement"
    BEYOND_TOOL = "beyond_tool"
    NOT_YET_DUE = "not_yet_due"
    EXCLUDED = "excluded"


REASONS: dict[Verdict, frozenset[Reason]] = {
    Verdict.SUPPORTED: frozenset({Reason.NONE, Reason.JUDGED}),
    Verdict.CONTRADICTED: frozenset({Reason.NONE, Reason.JUDGED}),
    Verdict.INSUFFICIENT: frozenset(
        {
            Reason.IMPRECISE,
            Reason.CONFLICTING,
            Reason.INDIRECT,
            Reason.INCOMPLETE,
            Reason.DETECTION_LIMIT_TOO_HIGH,
            Reason.QUALITY,
            Reason.JUDGED,
        }
    ),
    Verdict.NOT_ASSESSED: frozenset(
        {
            Reason.NO_DATA,
            Reason.ANALYSIS_FAILED,
            Reason.NEEDS_PERSON,
            Reason.STALE_STATEMENT,
            Reason.BEYOND_TOOL,
            Reason.NOT_YET_DUE,
        }
    ),
    Verdict.NOT_APPLICABLE: frozenset({Reason.EXCLUDED, Reason.JUDGED}),
}


@dataclass(frozen=True, slots=True)
class MachineResult:
    """What the rule alone says, before any person's judgement."""

    verdict: Verdict
    reason: Reason
    detail: str
    probability: float | None = None
    member: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A person's judgement, bound to the evidence and files that were seen by their digests."""

    file: str
    criterion: str
    criterion_stamp: str
    framework: str
    verdict: Verdict
    reasoning: str
    name: str
    role: str
    signed_on: date
    sequence: int
    seen_evidence: tuple[str, ...]
    seen_files: tuple[InputFile, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A statement as it counts today: fresh, or stale with the reason why."""

    statement: Statement
    stale_because: str = ""
    overrules: bool = False


class Cost(StrEnum):
    """What closing a gap takes, cheapest first."""

    ENTRY = "entry"
    SIGNATURE = "signature"
    MEASUREMENT = "measurement"
    ANALYSIS = "analysis"


@dataclass(frozen=True, slots=True)
class Gap:
    """What would change a finding: what is missing, who owns it, which file would hold it, what it takes."""

    what: str
    owner: str
    file: str
    cost: Cost


@dataclass(frozen=True, slots=True)
class ThresholdUsed:
    """The number a test was held against, whose it is, and why."""

    quantity: str
    value: float
    unit: str
    confidence: float | None
    basis: str
    because: str
    set_on: date | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is concluded on one criterion.

    Raises ``ValueError`` when the reason is not among those of the verdict.
    """

    id: str
    element: str
    title: str
    stamp: str
    verdict: Verdict
    reason: Reason
    detail: str
    probability: float | None = None
    evidence_for: tuple[str, ...] = ()
    evidence_against: tuple[str, ...] = ()
    evidence_neutral: tuple[str, ...] = ()
    machine: MachineResult | None = None
    judgement: Judgement | None = None
    threshold: ThresholdUsed | None = None
    flags: tuple[str, ...] = ()
    gap: Gap | None = None

    def __post_init__(self) -> None:
        if self.reason not in REASONS[self.verdict]:
            raise ValueError(f"{self.id}: {self.verdict} can not have the reason {self.reason!r}")

    @property
    def outcome(self) -> str:
        """Verdict and reason in one word pair, as cases and goldens write it.

        >>> Finding("X-01", "e", "t", "s", Verdict.INSUFFICIENT, Reason.IMPRECISE, "").outcome
        'insufficient: imprecise'
        """
        return f"{self.verdict}: {self.reason}" if self.reason else str(self.verdict)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two lines on the same quantity of the same subject that can not both hold."""

    kind: str
    subject: str
    quantity: str
    evidence: tuple[str, str]
    detail: str


@dataclass(frozen=True, slots=True)
class ElementSummary:
    """Counts of one element and its state: supported, contradicted or open. Never a score."""

    element: str
    title: str
    state: str
    detail: str
    counts: dict[str, int] = field(hash=False)
    required: int = 0


@dataclass(frozen=True)
class Findings:
    """All findings under one framework, in its order, with the roll-up of each element."""

    framework: str
    framework_stamp: str
    items: tuple[Finding, ...]
    elements: tuple[ElementSummary, ...]
    disagreements: tuple[Disagreement, ...] = ()

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, criterion: str) -> Finding:
        for finding in self.items:
            if finding.id == criterion:
                return finding
        raise KeyError(criterion)

    def of(self, verdict: Verdict) -> tuple[Finding, ...]:
        """The findings with one verdict."""
        return tuple(f for f in self.items if f.verdict is verdict)

    def table(self) -> list[dict[str, str]]:
        """One row per criterion, open ones first, as plain text."""
        order = [
            Verdict.CONTRADICTED,
            Verdict.INSUFFICIENT,
            Verdict.NOT_ASSESSED,
            Verdict.SUPPORTED,
            Verdict.NOT_APPLICABLE,
        ]
        rows: Iterable[Finding] = sorted(self.items, key=lambda f: order.index(f.verdict))
        return [
            {"id": f.id, "title": f.title, "verdict": f.verdict, "reason": f.reason, "detail": f.detail} for f in rows
        ]
