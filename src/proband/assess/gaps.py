"""What would change a finding: what is missing, who owns it, what it costs, and the file that would hold it.

A gap closes in one of two ways: by evidence, entered in a file of its own under ``reported/`` (or in the file
that an analysis reads), or by a signed judgement under ``statements/``. Which one follows from the reason of the
finding: what was not looked at, is incomplete, imprecise or indirect wants evidence; what lines contradict, or no
rule can answer, wants a person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from proband.core.criterion import Criterion, Framework
from proband.core.finding import Cost, Finding, Findings, Gap, Reason, Verdict
from proband.core.kinds import Kind, kinds

OWNER_OF_ELEMENT = {
    "causal_abnormality": "bioinformatics",
    "targeting": "bioinformatics",
    "natural_history": "statistics",
    "target_engagement": "bioinformatics",
    "clinical_benefit": "clinic",
    "safety": "clinic",
    "product_quality": "quality",
    "platform_reuse": "regulatory",
    "trial_design": "statistics",
    "post_approval": "clinic",
    "data_sharing": "regulatory",
}

SETTLED = (Verdict.SUPPORTED, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One gap in the list of a program: the criterion, what it came out as, and the gap.

    `member` names the lot, site, variant or subject that the gap is about, where the test is made for each.
    """

    criterion: str
    title: str
    element: str
    core: bool
    outcome: str
    gap: Gap
    member: str = ""


def gap_of(criterion: Criterion, finding: Finding, traits: Collection[str] = ()) -> Gap | None:
    """The gap behind a finding; None where nothing is open (supported, does not apply, not yet due).

    `traits` are those of the program's modality: evidence about another one would not close the gap.
    """
    if finding.verdict in SETTLED or finding.reason is Reason.NOT_YET_DUE:
        return None
    kind = deciding_kind(criterion, traits)
    of = kind or (kinds()[criterion.needs[0]] if criterion.needs else None)
    owner = of.owner if of else OWNER_OF_ELEMENT.get(criterion.element, "regulatory")
    what, cost, signed = _what(criterion, finding)
    if criterion.signed and not signed:
        what += " After that, a person must sign."
    return Gap(
        what, owner, statement_file(criterion.id) if signed or kind is None else evidence_file(criterion.id), cost
    )


def evidence_file(criterion: str) -> str:
    """Where evidence for one criterion goes when it is known as reported numbers."""
    return f"reported/{criterion}.toml"


def statement_file(criterion: str) -> str:
    """Where a signed judgement of one criterion goes."""
    return f"statements/{criterion}.toml"


def deciding_kind(criterion: Criterion, traits: Collection[str] = ()) -> Kind | None:
    """The needed kind that can hold what the test reads, with the facts that let it decide; None without one."""
    test = criterion.test
    if test is None or test.shape in ("person", "all_of", "any_of"):
        return None
    quantity = test.arguments.get("quantity", [])
    names = {quantity} if isinstance(quantity, str) else set(quantity)
    names |= {str(test.arguments[k]) for k in ("fact", "first", "then") if k in test.arguments}
    for name in criterion.needs:
        kind = kinds()[name]
        if kind.trait and traits and kind.trait not in traits:
            continue
        direct = all(
            fact in kind.facts and (not kind.facts[fact].values or set(values) & set(kind.facts[fact].values))
            for fact, values in test.direct_when.items()
        )
        if names & (set(kind.quantities) | set(kind.facts)) and direct and not kind.file.startswith("("):
            return kind
    return None


def _what(c: Criterion, f: Finding) -> tuple[str, Cost, bool]:
    """What is missing, what it costs, and whether it takes a signature."""
    asked = c.person_asks or c.asks
    match f.reason:
        case Reason.NEEDS_PERSON | Reason.STALE_STATEMENT:
            return f"A signed judgement: {asked.strip()}", Cost.SIGNATURE, True
        case Reason.JUDGED:
            return "An answer to what the person who judged found lacking, and a new judgement.", Cost.SIGNATURE, True
        case Reason.BEYOND_TOOL:
            return (
                f"A signed judgement, or an analysis. {c.beyond} It would take: {c.answered_by}.",
                Cost.ANALYSIS,
                True,
            )
        case Reason.CONFLICTING:
            return "A signed account of why the lines differ, or which of them holds.", Cost.SIGNATURE, True
        case Reason.ANALYSIS_FAILED:
            return f"The analysis broke: {f.detail}. Mend its input, or enter the result.", Cost.ENTRY, False
        case Reason.NO_DATA if c.test and "threshold_by" in c.test.arguments and "No limit" in f.detail:
            return f"{f.detail} A signed judgement: {asked.strip()}", Cost.SIGNATURE, True
        case Reason.NO_DATA:
            return f"{c.answered_by.strip()}.", Cost.ENTRY, False
        case Reason.INCOMPLETE:
            return f"What is still not known: {f.detail}.", Cost.ENTRY, False
        case Reason.INDIRECT:
            direct = c.test.direct_when if c.test else {}
            where = "; ".join(f"{k} {' or '.join(v)}" for k, v in direct.items()).replace("_", " ")
            return f"Evidence that can decide ({where or f.detail}).", Cost.MEASUREMENT, False
        case Reason.DETECTION_LIMIT_TOO_HIGH:
            return "A lower detection limit: more input, depth or replicates.", Cost.MEASUREMENT, False
        case Reason.IMPRECISE | Reason.QUALITY:
            return "More observations, or an interval of known kind.", Cost.MEASUREMENT, False
        case _:
            return f"A signed answer to what speaks against it: {f.detail}.", Cost.SIGNATURE, True


def open_items(findings: Findings, framework: Framework) -> tuple[OpenItem, ...]:
    """All gaps, the most decisive and cheapest first.

    First what speaks against or conflicts; then gaps of the core elements that evidence or a signature would
    close; then those of the other elements; last what no analysis of this version can do. Within each, by cost:
    an entry of something that exists, a signature, a new measurement, an analysis.
    """
    core = {e.id for e in framework.elements if e.core}
    items = [
        OpenItem(f.id, f.title, f.element, f.element in core, f.outcome, f.gap, f.machine.member if f.machine else "")
        for f in findings
        if f.gap is not None
    ]
    order = {f.id: i for i, f in enumerate(findings)}
    by_id = {f.id: f for f in findings}
    return tuple(
        sorted(items, key=lambda i: (_tier(by_id[i.criterion], i.core), _COSTS.index(i.gap.cost), order[i.criterion]))
    )


_COSTS = list(Cost)


def _tier(finding: Finding, core: bool) -> int:
    if finding.verdict is Verdict.CONTRADICTED or finding.reason is Reason.CONFLICTING:
        return 0
    if finding.reason is Reason.BEYOND_TOOL:
        return 3
    return 1 if core else 2


def by_owner(items: Iterable[OpenItem]) -> dict[str, int]:
    """How many gaps each role owns."""
    counts: dict[str, int] = {}
    for item in items:
        counts[item.gap.owner] = counts.get(item.gap.owner, 0) + 1
    return dict(sorted(counts.items(), key=lambda x: (-x[1], x[0])))
