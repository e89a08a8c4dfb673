"""A dossier arranged for reading: what stands where, in which order, in which words. Shared by all pages.

Nothing is computed: findings are sorted and counted, names are put into words. Each paragraph is a tuple of
parts, so that a page can link them and a plain document can print them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from proband.core.criterion import Criterion, Element, SourceDocument
from proband.core.dossier import Dossier
from proband.core.evidence import Evidence
from proband.core.finding import ElementSummary, Finding, Reason, Verdict
from proband.dossier import words
from proband.dossier.words import number, spaced


@dataclass(frozen=True, slots=True)
class Ref:
    """A link inside the document."""

    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Web:
    """An address outside. It becomes a link only where its scheme is http or https."""

    address: str

    @property
    def safe(self) -> bool:
        """Whether the address may become a link."""
        plain = not any(c.isspace() or ord(c) < 32 for c in self.address)
        return plain and self.address.lower().startswith(("https://", "http://"))


Part = str | Ref | Web
Paragraph = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A heading with its paragraphs."""

    label: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of evidence with the rows of its quantities, facts, scope and trace."""

    label: str
    evidence: Evidence
    origin: str
    used_by: tuple[Ref, ...]
    quantities: tuple[tuple[str, ...], ...]
    fields: tuple[Field, ...]
    trace: tuple[Field, ...]

    @property
    def trace_anchor(self) -> str:
        """Where the trace of this line stands."""
        return f"trace-{self.label}"


@dataclass(frozen=True, slots=True)
class Block:
    """One criterion with its finding; not `full` where nothing looked at it and no person is waited for."""

    finding: Finding
    criterion: Criterion
    result: tuple[Field, ...]
    question: tuple[Field, ...]
    full: bool


@dataclass(frozen=True, slots=True)
class ElementPart:
    """An element on the first page: its summary and its weakest findings."""

    element: Element
    summary: ElementSummary
    weakest: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """An element with all its blocks: those told in full, then those told in short."""

    part: ElementPart
    full: tuple[Block, ...]
    short: tuple[Block, ...]


@dataclass(frozen=True)
class View:
    """All that a page shows, in its order."""

    d: Dossier
    notice: str
    origins: str
    core: tuple[ElementPart, ...]
    others: tuple[ElementPart, ...]
    benefit: tuple[ElementPart, ...]
    safety: tuple[ElementPart, ...]
    weakest: tuple[Finding, ...]
    overruled: tuple[Finding, ...]
    flagged: tuple[Finding, ...]
    not_done: tuple[tuple[str, tuple[Finding, ...]], ...]
    facts: tuple[Field, ...]
    sections: tuple[Section, ...]
    kinds: tuple[tuple[str, tuple[Line, ...]], ...]
    unused: tuple[Line, ...]
    sources: tuple[tuple[SourceDocument, int], ...]


_RANK = (
    (Verdict.CONTRADICTED, None),
    (Verdict.INSUFFICIENT, Reason.CONFLICTING),
    (Verdict.INSUFFICIENT, None),
    (Verdict.NOT_ASSESSED, Reason.ANALYSIS_FAILED),
    (Verdict.NOT_ASSESSED, Reason.STALE_STATEMENT),
    (Verdict.NOT_ASSESSED, Reason.NO_DATA),
    (Verdict.NOT_ASSESSED, Reason.NEEDS_PERSON),
    (Verdict.NOT_ASSESSED, None),
)


def view(d: Dossier) -> View:
    """The dossier arranged for reading."""
    parts = tuple(_part(d, e) for e in d.framework.elements)
    lines = {e.id: _line(d, e) for e in d.evidence}
    core = {e.id for e in d.framework.elements if e.core}
    ordered = sorted(d.findings, key=rank)
    results = [e for e in d.evidence if e.provenance.inputs]  # the others are records of the rest, or declarations
    origins = {o: sum(e.origin is o for e in results) for o in words.ORIGINS}
    return View(
        d=d,
        notice=words.notice(d.framework),
        origins=words.origins(origins, len(results)),
        core=tuple(p for p in parts if p.element.core),
        others=tuple(p for p in parts if not p.element.core),
        benefit=tuple(p for p in parts if "benefit" in p.element.id),
        safety=tuple(p for p in parts if "safety" in p.element.id),
        weakest=tuple(f for f in ordered if rank(f) < 2 or (rank(f) == 2 and f.element in core)),
        overruled=tuple(f for f in d.findings if f.judgement and f.judgement.overrules),
        flagged=tuple(f for f in d.findings if f.flags),
        not_done=_not_done(d),
        facts=_program_facts(d),
        sections=tuple(_section(d, p) for p in parts),
        kinds=_by_kind(d, lines.values()),
        unused=tuple(lines[i] for i in d.unused),
        sources=_sources(d),
    )


def rank(f: Finding) -> int:
    """How weak: 0 contradicted, 1 conflicting, 2 insufficient, 3 to 7 not assessed, 8 the rest."""
    for i, (verdict, reason) in enumerate(_RANK):
        if f.verdict is verdict and reason in (None, f.reason):
            return i
    return len(_RANK)


def _part(d: Dossier, e: Element) -> ElementPart:
    summary = next(s for s in d.findings.elements if s.element == e.id)
    weak = [f for f in d.findings if f.element == e.id and rank(f) < len(_RANK)]
    return ElementPart(e, summary, tuple(sorted(weak, key=rank)[:2]))


def _not_done(d: Dossier) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
    groups = []
    for reason in Reason:
        found = tuple(f for f in d.findings.of(Verdict.NOT_ASSESSED) if f.reason is reason)
        if found:
            groups.append((words.REASONS[reason], found))
    return tuple(groups)


def _section(d: Dossier, part: ElementPart) -> Section:
    blocks = [_block(d, f) for f in d.findings if f.element == part.element.id]
    return Section(part, tuple(b for b in blocks if b.full), tuple(b for b in blocks if not b.full))


def _by_kind(d: Dossier, lines: Iterable[Line]) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    listed = list(lines)
    kinds = dict.fromkeys(line.evidence.kind for line in listed)
    return tuple((k, tuple(x for x in listed if x.evidence.kind == k)) for k in kinds)


def _sources(d: Dossier) -> tuple[tuple[SourceDocument, int], ...]:
    cited = [c.source.document for c in d.framework.criteria]
    also = {a for c in d.framework.criteria for a in c.source.also}
    return tuple((s, cited.count(key)) for key, s in d.framework.sources.items() if key in cited or key in also)


def _f(label: str, *paragraphs: Sequence[Part] | str) -> list[Field]:
    """A field, or nothing where all its paragraphs are empty."""
    kept = tuple((p,) if isinstance(p, str) else tuple(p) for p in paragraphs if p)
    return [Field(label, kept)] if kept else []


def _program_facts(d: Dossier) -> tuple[Field, ...]:
    p = d.program
    variants = [words.variant(v) for v in p.variants]
    patients = [words.patient(x) for x in p.patients]
    stated = [("Inheritance", p.inheritance), ("Mechanism", p.mechanism), ("Design", p.design)]
    out = _f("Condition", f"{p.condition}{f' ({p.condition_id})' if p.condition_id else ''}") + _f("Gene", p.gene)
    out += _f("Variants", *variants) + _f("Patients", *patients)
    for label, text in stated:
        out += _f(label, spaced(text))
    out += _f("Routes", ", ".join(map(spaced, p.routes))) + _f("Claims", ", ".join(map(spaced, p.claims)))
    out += _f("Candidate", *_candidate(d))
    out += _f("References", *(f"{r.name} ({r.build}), digest {r.digest}" for r in p.references))
    return tuple(out)


def _candidate(d: Dossier) -> list[str]:
    c = d.program.candidate
    if c is None:
        return ["No candidate is named."]
    target = next((v.shown for v in d.program.variants if v.id == c.target_variant), c.target_variant)
    template = {True: "yes", False: "no", None: ""}[c.dna_template]
    rows = [
        ("name", c.name or c.id),
        ("acts on", target),
        ("delivery", spaced(c.delivery)),
        ("editor", c.editor),
    ]
    rows += [
        ("edited", spaced(c.editing_site)),
        ("spacer", c.spacer),
        ("PAM", c.pam),
        ("sequence", c.sequence),
    ]
    rows += [("DNA template", template), *((spaced(k), words.shown(v)) for k, v in sorted(c.details.items()))]
    return [f"{label}: {text}" for label, text in rows if text]


def _block(d: Dossier, f: Finding) -> Block:
    c = d.criterion(f.id)
    document = d.framework.sources.get(c.source.document)
    short = f.verdict is Verdict.NOT_APPLICABLE or f.reason in (Reason.BEYOND_TOOL, Reason.NOT_YET_DUE)
    touched = f.evidence_for or f.evidence_against or f.evidence_neutral or f.judgement or f.flags
    if short and not touched:
        return Block(f, c, (), _short(c, f, document), False)
    return Block(f, c, _result(d, f, c), _question(c, document), True)


def _result(d: Dossier, f: Finding, c: Criterion) -> tuple[Field, ...]:
    out = _f("Probability", words.probability(f))
    if f.threshold:
        own = c.test is not None and f.threshold.because == c.test.because
        why = "" if own else f"Why this number: {f.threshold.because}"
        out += _f("Number in force", words.sentence(words.threshold(f.threshold)), why)
    for label, ids in (
        ("Evidence for", f.evidence_for),
        ("Evidence against", f.evidence_against),
        ("Looked at, not deciding", f.evidence_neutral),
    ):
        out += _f(label, *(_cited(d, i, c) for i in ids))
    m, j = f.machine, f.judgement
    if m and j:
        out += _f("The rule alone says", f"{words.outcome(m.verdict, m.reason)}. {m.detail}")
    if j:
        s = j.statement
        stale = f"Lapsed: {j.stale_because}. It does not count." if j.stale_because else ""
        signed = f"{spaced(s.verdict)}, by {s.name}, {s.role}, signed on {s.signed_on} ({s.file})"
        out += _f("Judgement", signed, s.reasoning, stale, words.OVERRULED if j.overrules else "")
    out += _f("Flags", *f.flags)
    if f.gap:
        gap = f.gap
        out += _f(
            "What would change it", gap.what, f"It takes {words.COSTS[gap.cost]}. Owner: {gap.owner}. File: {gap.file}"
        )
    return tuple(out)


def _cited(d: Dossier, evidence_id: str, c: Criterion) -> Paragraph:
    """A line under a criterion: label, statement, origin, and the numbers that the test reads."""
    e, label = d.line(evidence_id), d.labels[evidence_id]
    parts: list[Part] = [Ref(label, label), f" ({words.ORIGINS[e.origin]}) {e.statement}"]
    wanted = c.test.arguments.get("quantity", ()) if c.test else ()
    for name in [wanted] if isinstance(wanted, str) else wanted:
        if name in e.quantities:
            q = e.quantities[name]
            parts += [
                f" {spaced(name)}: ",
                Ref(f"{words.value(q)} {q.unit}", f"trace-{label}"),
                f" ({words.uncertainty(q)}).",
            ]
    return (*parts, " ", Ref(f"trace of {label}", f"trace-{label}"))


def _question(c: Criterion, document: SourceDocument | None) -> tuple[Field, ...]:
    t = c.test
    out = _f("Asks", c.asks) + _f("Test", words.asked(c))
    if t:
        out += _f("Whose test", f"{words.sentence(words.BASES.get(t.basis, t.basis))} {t.because}")
    out += _f("A person is asked", c.person_asks) + _f("Open question", c.open_question)
    out += _f("How far the test goes", words.EXECUTABILITY.get(c.executability, c.executability))
    if c.review_state != "none":
        out += _f("Review of the rule", words.REVIEWS[c.review_state])
    return (*out, *_source(c, document))


def _short(c: Criterion, f: Finding, document: SourceDocument | None) -> tuple[Field, ...]:
    """What is told of a criterion that nothing looked at: its question, what would answer it, its source."""
    out = _f("Asks", c.asks)
    if f.gap:
        out += _f("What would answer it", f"{words.sentence(c.answered_by)} Owner: {f.gap.owner}.")
    return (*out, *_f("Open question", c.open_question), *_source(c, document))


def _source(c: Criterion, document: SourceDocument | None) -> list[Field]:
    """Where a criterion comes from, the status of the document, and how its wording was read."""
    s = c.source
    name: Part = Ref(words.document(document), f"source-{s.document}") if document else s.document
    read = f"{words.sentence(words.READINGS.get(s.read_as, s.read_as))} Confidence: {s.reading_confidence}."
    status = f"Status: {words.STATUSES.get(s.status, s.status)}."
    force = words.sentence(words.FORCES.get(c.force, c.force))
    at: list[Part] = [x for a in s.read_at for x in (" ", Web(a))]
    said: Paragraph = (name, f"; {words.sentence(s.locator, capital=False)} {status} {read} {force}")
    return _f("Source", said) + _f("Read at", at[1:])


def _line(d: Dossier, e: Evidence) -> Line:
    used = []
    for f in d.findings:
        for ids, how in (
            (f.evidence_for, "for"),
            (f.evidence_against, "against"),
            (f.evidence_neutral, "not deciding"),
        ):
            if e.id in ids:
                used.append(Ref(f"{f.id} ({how})", f.id))
    rows = tuple(
        (
            spaced(n),
            words.value(q),
            q.unit,
            words.uncertainty(q),
            number(q.n) if q.n is not None else "",
            q.as_printed,
            q.model,
        )
        for n, q in e.quantities.items()
    )
    return Line(d.labels[e.id], e, words.ORIGINS[e.origin], tuple(used), rows, _line_fields(e), _trace(e))


def _line_fields(e: Evidence) -> tuple[Field, ...]:
    out = _f(
        "About",
        f"{spaced(e.subject.type)} {e.subject.id}{f', observed on {e.observed_on}' if e.observed_on else ''}",
    )
    out += _f("What the readout means", e.readout_definition)
    for name, fact in e.facts.items():
        out += _f(spaced(name).capitalize(), *words.fact(fact))
    s = e.scope
    out += _f("Where and how it was looked", f"{s.where}; {s.how}") + _f("Out of", s.denominator)
    out += _f("Detection limit", s.detection_limit) + _f("Not covered", s.not_covered)
    out += _f("Settings", "; ".join(f"{spaced(k)}: {words.shown(v)}" for k, v in sorted(s.settings.items())))
    out += _f("Assumptions", *e.assumptions)
    out += _f("Concerns", *(f"{words.CONCERNS[c.word]}: {c.because}" for c in e.concerns))
    c = e.citation
    if c:
        how = f"Read at level {c.read_level}: {words.read_level(c.read_level)}. Confidence: {c.confidence}."
        via = f"Read from: {c.read_from}" if c.read_from else ""
        out += _f(
            "Reported in",
            f"{c.document}; {c.locator}",
            (Web(c.address),) if c.address else "",
            how,
            via,
            c.note,
        )
    return tuple(out)


def _trace(e: Evidence) -> tuple[Field, ...]:
    p = e.provenance
    out = (
        _f("Evidence", e.id) + _f("Recipe", p.key) + _f("Analysis", f"{p.analysis}, version {p.version}; seed {p.seed}")
    )
    out += _f("Files", *(f"{x.path}  {x.digest}" for x in p.inputs)) + _f(
        "References", *(f"{x.path}  {x.digest}" for x in p.references)
    )
    out += _f("Parameters", *(f"{k} = {words.shown(v)}" for k, v in sorted(p.parameters.items())))
    out += _f("Program record read", *(f"{k} = {words.shown(v)}" for k, v in sorted(p.uses.items())))
    return tuple(out + _f("Packages", ", ".join(f"{k} {v}" for k, v in sorted(p.packages.items()))))
