"""The findings as a benefit-risk table: four dimensions, evidence and uncertainties, conclusions and reasons.

A view and nothing more. It sorts lines and findings into the rows that FDA's framework for drug review uses. Every
row holds its uncertainties; a row without any is printed as incomplete. Only persons conclude. All four rows are
always there, so that benefit is never shown without risk. Cannot do: weigh, add up, or say what follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from proband.core.dossier import Dossier
from proband.core.evidence import Evidence, Origin
from proband.core.finding import Finding, Reason, Verdict
from proband.dossier import view_words, words
from proband.dossier.view import Paragraph, Part, Ref, rank


@dataclass(frozen=True, slots=True)
class Dimension:
    """A row before it is filled: which kinds, elements and criteria belong to it.

    A kind or an element belongs where it is named, or begins with a name that ends in a dot or an underscore. A
    criterion belongs by its id, by its element, or because it needs a kind of the row.
    """

    key: str
    title: str
    kinds: tuple[str, ...]
    elements: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()


DIMENSIONS = (
    Dimension(
        "condition",
        "Analysis of Condition",
        ("disease.", "natural_history.", "population.size"),
        criteria=("CA-03", "CA-06"),
    ),
    Dimension("treatment", "Current Treatment Options", ("clinical.care",), criteria=("RTR-04", "RTE-02")),
    Dimension(
        "benefit",
        "Benefit",
        (
            "clinical.effect",
            "clinical.series",
            "clinical.rarity",
            "clinical.own_control",
            "clinical.endpoints",
            "clinical.heterogeneity",
            "clinical.borrowing",
            "clinical.durability",
            "engagement.",
            "endpoint.surrogate_status",
            "benefit_risk.statement",
        ),
        ("clinical_benefit", "benefit"),
        ("TG-01", "CB-12"),
    ),
    Dimension(
        "risk",
        "Risk and Risk Management",
        ("safety.", "nonclinical.", "off_target.", "quality.", "benefit_risk.statement"),
        ("safety", "product_quality", "post_approval"),
        ("CB-12",),
    ),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of evidence in a row: its label, its origin, and the paragraph with its links."""

    label: str
    id: str
    origin: Origin
    parts: Paragraph


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What is not settled in a row: an open finding, a concern on a line, or what a line did not cover."""

    source: str
    criteria: tuple[str, ...]
    line: str
    parts: Paragraph


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a person concluded on a criterion of the row, in that person's own words."""

    criterion: str
    title: str
    verdict: Verdict
    reasoning: str
    name: str
    role: str
    signed_on: date
    overrules: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One dimension, filled. `incomplete` where no uncertainty is recorded, which is itself a gap."""

    key: str
    title: str
    evidence: tuple[Shown, ...]
    uncertainties: tuple[Uncertainty, ...]
    conclusions: tuple[Conclusion, ...]

    @property
    def incomplete(self) -> bool:
        """Whether the row lacks its uncertainties."""
        return not self.uncertainties


def table(d: Dossier) -> tuple[Row, ...]:
    """The four rows, always all of them and in this order."""
    return tuple(_row(d, dimension) for dimension in DIMENSIONS)


def _row(d: Dossier, x: Dimension) -> Row:
    lines = [e for e in d.evidence if _belongs(e.kind, x.kinds)]
    findings = [f for f in d.findings if _fits(d, f, x) and f.verdict is not Verdict.NOT_APPLICABLE]
    return Row(
        x.key,
        x.title,
        tuple(_shown(d, e) for e in lines),
        (*_open(findings), *_doubts(d, lines)),
        tuple(c for f in findings for c in _concluded(f)),
    )


def _belongs(name: str, names: Iterable[str]) -> bool:
    return any(name == n or (n.endswith(".") and name.startswith(n)) for n in names)


def _fits(d: Dossier, f: Finding, x: Dimension) -> bool:
    needs = d.criterion(f.id).needs
    return f.id in x.criteria or f.element in x.elements or any(_belongs(k, x.kinds) for k in needs)


def _shown(d: Dossier, e: Evidence) -> Shown:
    label = d.labels[e.id]
    parts: tuple[Part, ...] = (
        Ref(label, label),
        f" ({words.ORIGINS[e.origin]}) {words.sentence(e.statement)} ",
        Ref(f"trace of {label}", f"trace-{label}"),
    )
    return Shown(label, e.id, e.origin, parts)


def _open(findings: Iterable[Finding]) -> list[Uncertainty]:
    """Findings that settle nothing or speak against, one by one; those that nothing looked at, as one by reason."""
    out: list[Uncertainty] = []
    silent: dict[Reason, list[Finding]] = {}
    for f in sorted((f for f in findings if f.verdict is not Verdict.SUPPORTED), key=rank):
        if f.reason in (Reason.BEYOND_TOOL, Reason.NOT_YET_DUE) and not f.judgement:
            silent.setdefault(f.reason, []).append(f)
            continue
        why = f" ({words.REASONS[f.reason]})" if f.reason else ""
        outcome = f"{words.SYMBOLS[f.verdict]} {words.spaced(f.verdict)}"
        said = f" {outcome}: “{f.title}”{why}. {words.sentence(f.detail)}"
        out.append(Uncertainty("finding", (f.id,), "", (Ref(f.id, f.id), said.rstrip())))
    for reason, group in silent.items():
        ids: list[Part] = [p for f in group for p in (Ref(f.id, f.id), ", ")]
        said = view_words.unlooked(len(group), reason)
        out.append(Uncertainty("finding", tuple(f.id for f in group), "", (f"{said}: ", *ids[:-1], ".")))
    return out


def _doubts(d: Dossier, lines: Iterable[Evidence]) -> list[Uncertainty]:
    out = []
    for e in lines:
        label = d.labels[e.id]
        for c in e.concerns:
            said = words.sentence(f"{words.CONCERNS[c.word]}: {c.because}")
            out.append(Uncertainty("concern", (), label, (Ref(label, label), said)))
        if e.scope.not_covered:
            said = words.sentence(f"{view_words.NOT_COVERED}: {e.scope.not_covered}")
            out.append(Uncertainty("not_covered", (), label, (Ref(label, label), said)))
    return out


def _concluded(f: Finding) -> list[Conclusion]:
    j = f.judgement
    if j is None or j.stale_because:
        return []
    s = j.statement
    return [Conclusion(f.id, f.title, s.verdict, s.reasoning, s.name, s.role, s.signed_on, j.overrules)]


def text(parts: Paragraph) -> str:
    """A paragraph of this view as plain text."""
    return "".join(p if isinstance(p, str) else p.text if isinstance(p, Ref) else p.address for p in parts)


def uncertain(row: Row) -> tuple[Paragraph, ...]:
    """The uncertainties of a row as paragraphs to print: one for each finding, one for all doubts on a line."""
    out = [u.parts for u in row.uncertainties if not u.line]
    for line in dict.fromkeys(u.line for u in row.uncertainties if u.line):
        doubts = [u.parts for u in row.uncertainties if u.line == line]
        out.append((doubts[0][0], ": ", " ".join(str(part) for parts in doubts for part in parts[1:])))
    return tuple(out)


def as_json(d: Dossier) -> list[dict[str, object]]:
    """The table as plain values, for ``dossier.json``."""
    return [
        {
            "dimension": row.key,
            "title": row.title,
            "evidence": [{"id": s.id, "label": s.label, "origin": s.origin.value} for s in row.evidence],
            "uncertainties": [
                {
                    "source": u.source,
                    "criteria": list(u.criteria),
                    "line": u.line,
                    "text": text(u.parts[bool(u.line) :]),
                }
                for u in row.uncertainties
            ],
            "conclusions": [
                {
                    "criterion": c.criterion,
                    "verdict": c.verdict.value,
                    "reasoning": c.reasoning,
                    "name": c.name,
                    "role": c.role,
                    "signed_on": c.signed_on.isoformat(),
                    "overrules": c.overrules,
                }
                for c in row.conclusions
            ],
            "incomplete": row.incomplete,
        }
        for row in table(d)
    ]
