"""The sentences of the first page and of the two views on the findings, apart from ``words.py`` by length alone.

The same rule holds: nothing promises, recommends, weighs or scores, and a test reads this file for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from proband.core.dossier import Dossier
from proband.core.finding import ElementSummary, Finding, Reason, Verdict
from proband.dossier import words

OPEN = "Open means not settled either way; nothing is added up."
NO_LINKS = "No criterion is open."
NO_WEAKEST = (
    "No criterion is contradicted, and none of the core elements is insufficient. "
    "That is no sign of strength where most were not assessed: see below."
)
BENEFIT_RISK = (
    "The same lines and findings, sorted into the four dimensions that FDA uses in its benefit-risk framework. "
    "No dimension is set off against another and no total is drawn. Only persons conclude, in their own words."
)
NO_LINE = "No line of evidence in the folder speaks to this dimension."
NO_UNCERTAINTY = (
    "No uncertainty is recorded for this dimension, so it is incomplete. That is no sign that there is none."
)
NO_CONCLUSION = "No person has concluded."
NOT_COVERED = "not covered"
STRATEGY = "Argue over the elements of the rule set, each by its criteria."
GOAL_NOTE = (
    "A goal says what would have to be shown, not that it was shown. An undeveloped goal was not settled. "
    "Solutions are lines of evidence and judgements of persons; those that do not decide are drawn with a broken line."
)
NONE_APPLIES = "no criterion applies"
ROLES = {"for": "speaks for", "against": "speaks against", "open": "looked at, does not decide", "judged": "judged"}
LEGEND = (
    ("goal", "goal: what would have to be shown"),
    ("undeveloped", "undeveloped: not settled, with the reason"),
    ("contradicted", "contradicted: evidence speaks against"),
    ("for", "line of evidence that speaks for"),
    ("against", "line of evidence that speaks against"),
    ("open", "looked at, does not decide"),
    ("judged", "judgement of a person"),
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


def unlooked(n: int, reason: Reason) -> str:
    """How many criteria nothing looked at, and why."""
    return f"{plural(n, 'criterion', 'criteria')} not assessed, {words.REASONS[reason]}"


def concluded(verdict: Verdict, name: str, role: str, signed_on: date, overrules: bool) -> str:
    """Who concluded what on a criterion, and when."""
    said = f"{words.spaced(verdict)}, as judged by {name}, {role}, on {signed_on}."
    return f"{said} {words.OVERRULED}" if overrules else said


def top_goal(d: Dossier) -> str:
    """What would have to be shown for the whole program."""
    name = d.program.title or d.program.id
    return words.sentence(f"Goal: the evidence answers what the rule set asks of the program: {name}")


def context(d: Dossier) -> str:
    """Which rule set, of which status, and at which stage the program is."""
    fw = d.framework
    status = words.STATUSES.get(fw.status, fw.status)
    stage = words.spaced(d.program.stage)
    cut = d.program.data_cut or "not stated"
    return f"Rule set: {fw.title} ({fw.issuer}). Status: {status}. Stage: {stage}. Data cut: {cut}."


def element_state(summary: ElementSummary, left_out: int) -> str:
    """The counts of an element, with those left out because they do not apply."""
    counted = {v: n for v, n in summary.counts.items() if v != Verdict.NOT_APPLICABLE}
    said = ", ".join(f"{n} {words.spaced(v)}" for v, n in counted.items() if n) or NONE_APPLIES
    return f"{said}; {left_out} left out, not applicable" if left_out else said


def left_out(n: int) -> str:
    """How many criteria are no goals because they do not apply."""
    return f"{plural(n, 'criterion', 'criteria')} left out: not applicable to this program."


HARM = "On harm,"
MORE_HARM = "more lines on harm stand in the table of benefit and risk."
NO_HARM = "No line of evidence speaks of harm: that nobody looked is not that nothing happened."
"""What the first page says of harm beside the rules on safety."""
