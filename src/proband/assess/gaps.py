"""What would change a finding: what is missing, who owns it, and the file that would hold it."""

from __future__ import annotations

from proband.core.criterion import Criterion
from proband.core.finding import Finding, Gap, Reason, Verdict
from proband.core.kinds import kinds

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


def gap_of(criterion: Criterion, finding: Finding) -> Gap | None:
    """The gap behind a finding; None where nothing is open (supported, does not apply, not yet due)."""
    settled = (Verdict.SUPPORTED, Verdict.NOT_APPLICABLE)
    if finding.verdict in settled or finding.reason is Reason.NOT_YET_DUE:
        return None
    kind = kinds().get(criterion.needs[0]) if criterion.needs else None
    owner = kind.owner if kind else OWNER_OF_ELEMENT.get(criterion.element, "regulatory")
    file = kind.file if kind else "reported/*.toml"
    judged = Gap(f"A signed judgement. {criterion.person_asks}".strip(), owner, "statements/")
    match finding.reason:
        case Reason.NEEDS_PERSON | Reason.STALE_STATEMENT | Reason.JUDGED:
            return judged
        case Reason.BEYOND_TOOL:
            return Gap(f"{criterion.beyond} What would answer it: {criterion.answered_by}", owner, "statements/")
        case Reason.ANALYSIS_FAILED:
            return Gap("The analysis broke: mend its input or report the fault.", "bioinformatics", file)
        case Reason.NO_DATA:
            return Gap(criterion.answered_by, owner, file)
        case Reason.INDIRECT:
            wanted = criterion.test.direct_when if criterion.test else {}
            where = "; ".join(f"{f.replace('_', ' ')}: {' or '.join(v).replace('_', ' ')}" for f, v in wanted.items())
            return Gap(f"Evidence that can decide ({where or 'direct evidence'}).", owner, file)
        case Reason.CONFLICTING:
            return Gap("An account of why the lines differ, or data that settle it.", owner, file)
        case Reason.INCOMPLETE:
            return Gap(f"What is still not known: {finding.detail}", owner, file)
        case Reason.DETECTION_LIMIT_TOO_HIGH:
            return Gap("A lower detection limit: more input, depth or replicates.", owner, file)
        case Reason.IMPRECISE | Reason.QUALITY:
            return Gap("More observations, or an interval of known kind.", owner, file)
        case _:
            return Gap("Evidence or a change of the program that answers what was found against it.", owner, file)
