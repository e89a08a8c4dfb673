"""The dossier as a plain Word document: the same content in the same order, to be commented on.

Same bytes for the same dossier: properties and dates are fixed, and the archive is written anew. Characters
that XML does not know are shown as U+FFFD. Cannot do: links inside the document are plain text here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from proband.core.dossier import Dossier
from proband.core.evidence import TABLE_PREVIEW_ROWS, Figure, Table
from proband.core.finding import Finding
from proband.dossier import benefit_risk, brief, charts, view_words, words
from proband.dossier.docx_page import Page, plain, same_bytes
from proband.dossier.view import Block, ElementPart, Field, Line, View, view

NAME = "docx"
_ELEMENT_WIDTHS = (1.2, 1.7, 3.4)
_NUMBER_WIDTHS = (1.0, 0.7, 0.65, 1.35, 0.5, 1.0, 1.1)


def render(dossier: Dossier) -> bytes:
    """The dossier as DOCX."""
    v = view(dossier)
    page = Page()
    page.set_up(v)
    _front(page, v)
    _overview(page, v)
    _continued(page, v)
    _program(page, v)
    _benefit_risk(page, v)
    for section in v.sections:
        page.heading(section.part.element.title, 1)
        page.text(section.part.element.question, italic=True)
        page.text(f"{_sign(section.part.summary.state)}. {words.sentence(section.part.summary.detail)}")
        for block in section.full:
            _criterion(page, v, block)
        _short(page, section.short)
    _evidence(page, v)
    _back(page, v)
    return same_bytes(page.bytes())


def _sign(word: str) -> str:
    return f"{words.SYMBOLS[word]} {words.spaced(word)}"


def _said(f: Finding) -> str:
    return f"{_sign(f.verdict)}{': ' + words.REASONS[f.reason] if f.reason else ''}"


def _told(f: Finding) -> str:
    """A finding in one line: the verdict, the claim in quotes, the reason."""
    return f"{_sign(f.verdict)}: “{f.title}”{f' ({words.REASONS[f.reason]})' if f.reason else ''}."


def _front(page: Page, v: View) -> None:
    p, fw = v.d.program, v.d.framework
    page.heading(p.title or p.id, 0)
    if p.synthetic:
        page.text(f"SYNTHETIC. {words.SYNTHETIC}", bold=True)
    page.small(v.notice, bold=True)
    if p.notice:
        page.small(p.notice)
    facts = [
        ("Program", p.id),
        ("Condition", p.condition),
        ("Gene", p.gene),
        ("Modality", v.d.modality_title or words.spaced(p.modality) or "not stated"),
        ("Stage", words.spaced(p.stage)),
        ("Data cut", p.data_cut or "not stated"),
        ("Rule set", f"{fw.title} ({fw.issuer}). Status: {words.STATUSES.get(fw.status, fw.status)}"),
    ]
    page.small("; ".join(f"{label}: {text}" for label, text in facts) + ".")


def _overview(page: Page, v: View) -> None:
    page.heading("Overview", 1)
    page.small(v.origins)
    for label, text in _alarms(v):
        page.small(text, label=label)
    pair = [_side(v.benefit, words.NO_BENEFIT), _side(v.safety, words.NO_SAFETY)]
    page.table(("Benefit", "Safety"), [pair], "Benefit and safety, side by side")
    for label, said in brief.harm(v.d) or (("", view_words.NO_HARM),):
        page.small(f"{label}: {said}" if label else said, label=view_words.HARM if label else "")
    if brief.harm_left(v.d):
        page.small(f"{brief.harm_left(v.d)} {view_words.MORE_HARM}")
    head = ("Element", "State and counts", "Weakest criterion")
    caption = f"The core elements, each with its weakest criterion. {view_words.OPEN}"
    page.table(head, [_element(x) for x in v.core], caption, _ELEMENT_WIDTHS)
    page.heading("The weakest links", 2)
    for f in brief.links(v):
        page.small(_told(f), label=f.id)
    if brief.more(v):
        page.small(view_words.further(brief.more(v)))
    page.heading("What was not done", 2)
    page.small(f"{view_words.not_done(v.not_done)} {view_words.loose_ends(v.d)}".strip())
    page.new_page()


def _alarms(v: View) -> list[tuple[str, str]]:
    """What must stand on the first page whenever there is any: broken analyses, changed and overruled rules."""
    out = [
        ("An analysis broke:", f"{x.analysis} {x.unit}: {x.message} (meant to make {', '.join(x.kinds)}).")
        for x in v.d.failures
    ]
    out += [
        ("Rule changed by the program:", f"{o.criterion}: {o.argument} set to {o.value}. {o.because}")
        for o in v.d.program.overrides
    ]
    return out + [("Rule overruled by a person:", f"{f.id}: {words.OVERRULED}") for f in v.overruled]


def _side(parts: Sequence[ElementPart], absent: str) -> str:
    said = [f"{x.element.title}: {_sign(x.summary.state)}; {words.counts(x.summary)}. {_weak(x)}" for x in parts]
    return " ".join(said) or absent


def _continued(page: Page, v: View) -> None:
    """Everything longer than the first page allows."""
    page.heading("Overview, continued", 1)
    page.text(words.reviewed(v.d.framework))
    head = ("Element", "State and counts", "Weakest criterion")
    page.table(head, [_element(x) for x in v.others], "The other elements", _ELEMENT_WIDTHS)
    page.heading("The weakest links in full", 2)
    if v.weakest:
        rows = [(f"{f.id} {f.title}", _said(f), words.sentence(f.detail)) for f in v.weakest]
        page.table(("Criterion", "Finding", "Detail"), rows, words.WEAKEST, (2.3, 1.6, 2.4))
    else:
        page.text(view_words.NO_WEAKEST)
    _not_done(page, v)
    page.heading("What this document does not say", 2)
    for text in (*words.NOT_SAID, v.d.framework.disclaimer):
        page.text(text)
    page.heading("How to read a finding", 2)
    for verdict, text in words.VERDICTS.items():
        page.text(f"{_sign(verdict)}. {text}")


def _element(part: ElementPart) -> tuple[str, ...]:
    s = part.summary
    return part.element.title, f"{_sign(s.state)}: {words.counts(s)}", _weak(part, 1)


def _weak(part: ElementPart, most: int = 2) -> str:
    return " ".join(f"{f.id} {_told(f)}" for f in part.weakest[:most]) or "No open criterion."


def _not_done(page: Page, v: View) -> None:
    d = v.d
    page.heading("What was not done, by criterion", 2)
    rows = [(reason, len(found), ", ".join(f.id for f in found)) for reason, found in v.not_done]
    page.table(("Reason", "Criteria", "Which"), rows, "Criteria not assessed, by reason", (1.8, 0.7, 3.8))
    broken = [f"{x.analysis} {x.unit}: {x.message}" for x in d.failures] or ["None."]
    files = [", ".join(d.unknown_files) or "None."]
    changed = [f"{o.criterion}: {o.argument} set to {o.value}. {o.because}" for o in d.program.overrides]
    apart = [
        f"{words.spaced(x.quantity)} of {x.subject} ({_labels(v, x.evidence)}): {x.detail}."
        for x in d.findings.disagreements
    ]
    sources = [words.inconsistency(x) for x in d.program.inconsistencies]
    overruled = [f"{f.id}: {words.OVERRULED}" for f in v.overruled]
    flags = [f"{f.id}: {' '.join(f.flags)}" for f in v.flagged]
    for label, texts in (
        ("Analyses that broke", broken),
        ("Files not read", files),
        ("Rules changed by the program", changed or ["None."]),
        ("Lines that do not agree", apart or ["None found."]),
        ("Sources that contradict themselves", sources or ["None stated."]),
        ("Rules overruled by a person", overruled or ["None."]),
        ("Criteria with a flag", flags or ["None."]),
    ):
        page.fields([Field(label, tuple((t,) for t in texts))])


def _labels(v: View, ids: Iterable[str]) -> str:
    return ", ".join(v.d.labels[i] for i in ids)


def _program(page: Page, v: View) -> None:
    page.heading("The program", 1)
    page.fields(v.facts)
    page.heading("Thresholds fixed by the program", 2)
    rows = [
        (t.criterion, words.spaced(t.quantity), f"{words.number(t.value)} {t.unit}", t.set_on, t.because)
        for t in v.d.program.thresholds
    ]
    if rows:
        head = ("Criterion", "Quantity", "Number", "Fixed on", "Reason")
        page.table(head, rows, "Numbers that the program fixed, with date and reason")
    else:
        page.text("None.")


def _benefit_risk(page: Page, v: View) -> None:
    page.heading("Benefit and risk", 1)
    page.text(view_words.BENEFIT_RISK)
    rows = []
    for row in benefit_risk.table(v.d):
        lines = [benefit_risk.text(s.parts) for s in row.evidence] or [view_words.NO_LINE]
        doubts = [benefit_risk.text(u) for u in benefit_risk.uncertain(row)] or [view_words.NO_UNCERTAINTY]
        said = [
            f"{c.criterion} “{c.title}”: "
            f"{view_words.concluded(c.verdict, c.name, c.role, c.signed_on, c.overrules)} {c.reasoning}"
            for c in row.conclusions
        ]
        both = ["EVIDENCE", *lines, "UNCERTAINTIES", *doubts]
        rows.append((row.title, "\n".join(both), "\n".join(said or [view_words.NO_CONCLUSION])))
    head = ("Dimension", "Evidence and Uncertainties", "Conclusions and Reasons")
    caption = "Benefit-risk table: a view of the findings, not a judgement of its own"
    page.table(head, rows, caption, (1.0, 4.0, 1.3), long_rows=True)


def _criterion(page: Page, v: View, block: Block) -> None:
    f = block.finding
    page.heading(f"{f.id} {f.title}", 2)
    page.text(f"{_said(f)}. {words.sentence(f.detail)}", bold=True)
    page.fields(block.result)
    page.fields(block.question)


def _short(page: Page, blocks: Sequence[Block]) -> None:
    if not blocks:
        return
    rows = []
    for b in blocks:
        source = next((plain(x.paragraphs[0]) for x in b.question if x.label == "Source"), "")
        rows.append((b.finding.id, b.finding.title, f"{_said(b.finding)}. {b.finding.detail}", source))
    page.table(("Id", "Criterion", "Finding", "Source"), rows, words.SHORT, (0.6, 1.5, 2.0, 2.2))


def _evidence(page: Page, v: View) -> None:
    page.heading("Evidence", 1)
    page.text(v.origins)
    for kind, lines in v.kinds:
        page.heading(words.spaced(kind.replace(".", ": ")), 2)
        for line in lines:
            _line(page, line)
    page.heading("Evidence that no criterion used", 1)
    for line in v.unused:
        page.text(f"{line.label} ({line.origin}) {line.evidence.statement}")
    if not v.unused:
        page.text("None.")


def _line(page: Page, line: Line) -> None:
    e = line.evidence
    page.heading(f"{line.label} {e.statement}", 3)
    used = ", ".join(r.text for r in line.used_by)
    page.text(f"{words.sentence(line.origin)} {'Used by ' + used if used else 'No criterion used this line'}.")
    if line.quantities:
        head = ("Quantity", "Value", "Unit", "Uncertainty", "n", "As printed", "Model")
        page.table(head, line.quantities, f"Numbers of {line.label}: {line.origin}", _NUMBER_WIDTHS)
    page.fields(line.fields)
    for i, figure in enumerate(e.figures, start=1):
        _figure(page, figure, f"{line.label}.{i}")
    for i, table in enumerate(e.tables, start=1):
        _table(page, table, f"{line.label}.{i}")
    page.text(f"Trace of {line.label}", bold=True)
    page.fields(line.trace)


def _figure(page: Page, figure: Figure, label: str) -> None:
    try:
        page.picture(charts.png(figure), figure.title, figure.alt)
    except charts.Undrawable:
        page.text(words.UNDRAWN, italic=True)
        columns = list(figure.rows[0]) if figure.rows else []
        rows = [[words.shown(r.get(c)) for c in columns] for r in figure.rows[:TABLE_PREVIEW_ROWS]]
        if columns:
            page.table(columns, rows, f"Data of figure {label}")
    page.text(f"Figure {label}. {words.sentence(figure.title)} {figure.alt}", italic=True)


def _table(page: Page, table: Table, label: str) -> None:
    head = [f"{words.spaced(c.name)}{f' ({c.unit})' if c.unit else ''}" for c in table.columns]
    where = f"{table.path}; " if table.path else ""
    how_many = f"{len(table.rows)} of {table.n_rows} rows; {where}digest {table.digest}"
    page.table(head, table.rows, f"Table {label}. {table.title}. {how_many}")


def _back(page: Page, v: View) -> None:
    d = v.d
    page.heading("Documents cited by the rules", 1)
    for s, n in v.sources:
        page.text(words.document(s), bold=True)
        status = words.STATUSES.get(s.status, s.status)
        page.text(f"Status: {status}. Criteria that rest on it: {n}. {s.note} {s.address}".strip())
    page.heading("Passages not turned into rules", 1)
    for text in d.framework.not_formalised:
        page.text(text, style="List Bullet")
    page.heading("Methods", 1)
    for name, text in sorted(d.methods.items()):
        page.heading(words.spaced(name), 2)
        page.text(text)
    page.heading("Provenance", 1)
    page.text(f"Rule set {d.framework.id}, {d.framework.stamp}. Made with proband {d.version}.")
    files = [(i.path, i.digest) for i in d.program.inputs]
    page.table(("File", "Digest"), files, "Files of the program folder", (2.0, 4.3))
    page.text(v.notice, bold=True)
