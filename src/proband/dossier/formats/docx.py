"""The dossier as a plain Word document: the same content in the same order, to be commented on.

Same bytes for the same dossier: properties and dates are fixed, and the archive is written anew. Characters
that XML does not know are shown as U+FFFD. Cannot do: links inside the document are plain text here.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from proband.core.dossier import Dossier
from proband.core.evidence import TABLE_PREVIEW_ROWS, Figure, Table
from proband.core.finding import Finding
from proband.dossier import charts, words
from proband.dossier.view import Block, ElementPart, Field, Line, Paragraph, Ref, View, Web, view

NAME = "docx"
_FIXED = datetime(1980, 1, 1)
_TEXT_WIDTH = 6.3
"""Inches between the margins of A4."""
_ELEMENT_WIDTHS = (1.2, 1.0, 1.3, 2.8)
_NUMBER_WIDTHS = (1.0, 0.7, 0.65, 1.35, 0.5, 1.0, 1.1)


def render(dossier: Dossier) -> bytes:
    """The dossier as DOCX."""
    v = view(dossier)
    page = _Page()
    page.set_up(v)
    _front(page, v)
    _overview(page, v)
    _program(page, v)
    for section in v.sections:
        page.heading(section.part.element.title, 1)
        page.text(section.part.element.question, italic=True)
        page.text(f"{_sign(section.part.summary.state)}. {words.sentence(section.part.summary.detail)}")
        for block in section.full:
            _criterion(page, v, block)
        _short(page, section.short)
    _evidence(page, v)
    _back(page, v)
    return _same_bytes(page.bytes())


class _Page:
    """A document being written: headings, paragraphs, tables, pictures."""

    def __init__(self) -> None:
        from docx import Document

        self.document = Document()

    def set_up(self, v: View) -> None:
        """Paper, fonts, properties, and the notice with the page number at the foot of every page."""
        from docx.shared import Mm, Pt, RGBColor

        d, section = self.document, self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(25)
        d.styles["Normal"].font.name, d.styles["Normal"].font.size = "Cambria", Pt(10)
        d.styles["Normal"].paragraph_format.space_after = Pt(4)
        for level in range(5):
            style = d.styles[f"Heading {level}" if level else "Title"]
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for name in [k for k in fonts.attrib if k.endswith("Theme")]:
                del fonts.attrib[name]
            style.font.name, style.font.color.rgb = "Cambria", RGBColor(0x1A, 0x1A, 0x1A)
            style.font.size = Pt((22, 16, 12.5, 11, 10.5)[level])
        p = d.core_properties
        title = v.d.program.title or v.d.program.id
        p.author, p.title, p.comments = "proband", words.clean(title)[:250], ""
        p.last_modified_by, p.revision, p.created, p.modified = "proband", 1, _FIXED, _FIXED
        foot = section.footer.paragraphs[0]
        mark = "SYNTHETIC. " if v.d.program.synthetic else ""
        foot.add_run(f"{mark}{words.clean(v.notice)}  Page ").font.size = Pt(7.5)
        _page_number(foot.add_run())

    def heading(self, text: str, level: int) -> None:
        """A heading."""
        self.document.add_heading(words.clean(text), level)

    def text(self, text: str, *, bold: bool = False, italic: bool = False, style: str | None = None) -> None:
        """A paragraph of plain text."""
        run = self.document.add_paragraph(style=style).add_run(words.clean(text))
        run.bold, run.italic = bold, italic

    def fields(self, fields: Iterable[Field]) -> None:
        """Fields as paragraphs, each with its label in bold."""
        for f in fields:
            for i, paragraph in enumerate(f.paragraphs):
                p = self.document.add_paragraph()
                if i == 0:
                    p.add_run(words.clean(f"{f.label}: ")).bold = True
                p.add_run(words.clean(plain(paragraph)))

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[object]], caption: str, widths: Sequence[float] = ()
    ) -> None:
        """A table with a repeated head and its caption above it; `widths` in inches, else all alike."""
        from docx.oxml import OxmlElement
        from docx.shared import Inches, Pt

        above = self.document.add_paragraph()
        above.add_run(words.clean(caption)).italic = True
        above.paragraph_format.keep_with_next = True
        made = self.document.add_table(rows=0, cols=len(columns), style="Table Grid")
        made.autofit = False
        across = widths or [_TEXT_WIDTH / len(columns)] * len(columns)
        for column, width in zip(made.columns, across, strict=True):
            column.width = Inches(width)
        for i, row in enumerate([columns, *rows]):
            for cell, value, width in zip(made.add_row().cells, row, across, strict=True):
                cell.width = Inches(width)
                paragraph = cell.paragraphs[0]
                paragraph.paragraph_format.space_after = Pt(1)
                run = paragraph.add_run(words.clean(value))
                run.bold, run.font.size = i == 0, Pt(8.5)
            properties = made.rows[-1]._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            if i == 0:
                properties.append(OxmlElement("w:tblHeader"))
        self.document.add_paragraph()

    def picture(self, data: bytes, title: str, alt: str) -> None:
        """A picture with its words for those who can not see it."""
        from docx.shared import Inches

        shape = self.document.add_picture(io.BytesIO(data))
        if shape.width > Inches(_TEXT_WIDTH):
            shape.height = int(shape.height * Inches(_TEXT_WIDTH) / shape.width)
            shape.width = Inches(_TEXT_WIDTH)
        about = shape._inline.docPr
        about.set("title", words.clean(title))
        about.set("descr", words.clean(alt))

    def bytes(self) -> bytes:
        """The document as python-docx writes it."""
        out = io.BytesIO()
        self.document.save(out)
        return out.getvalue()


def plain(paragraph: Paragraph) -> str:
    """A paragraph without its links."""
    return "".join(p.text if isinstance(p, Ref) else p.address if isinstance(p, Web) else p for p in paragraph)


def _page_number(run: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    run.font.size = Pt(7.5)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        element.text = text or None
        run._r.append(element)


def _same_bytes(data: bytes) -> bytes:
    """The archive written anew, each entry with one fixed date."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            new.writestr(entry, old.read(name))
    return out.getvalue()


def _sign(word: str) -> str:
    return f"{words.SYMBOLS[word]} {words.spaced(word)}"


def _said(f: Finding) -> str:
    return f"{_sign(f.verdict)}{': ' + words.REASONS[f.reason] if f.reason else ''}"


def _front(page: _Page, v: View) -> None:
    p, fw = v.d.program, v.d.framework
    page.heading(p.title or p.id, 0)
    if p.synthetic:
        page.text(f"SYNTHETIC. {words.SYNTHETIC}", bold=True)
    page.text(v.notice, bold=True)
    if p.notice:
        page.text(p.notice)
    rows = [
        ("Program", p.id),
        ("Condition", p.condition),
        ("Gene", p.gene),
        ("Modality", v.d.modality_title or words.spaced(p.modality) or "not stated"),
        ("Stage", words.spaced(p.stage)),
        ("Data cut", p.data_cut or "not stated"),
        ("Rule set", f"{fw.title} ({fw.issuer}). Status: {words.STATUSES.get(fw.status, fw.status)}"),
    ]
    page.table(("", "What the program states"), rows, "The program in short", (1.2, 5.1))


def _overview(page: _Page, v: View) -> None:
    page.heading("Overview", 1)
    page.text(v.origins)
    for title, parts, absent in (
        ("Benefit", v.benefit, words.NO_BENEFIT),
        ("Safety", v.safety, words.NO_SAFETY),
    ):
        page.heading(title, 2)
        for part in parts:
            page.text(f"{part.element.title}: {_sign(part.summary.state)}; {words.counts(part.summary)}")
            page.text(_weak(part))
        if not parts:
            page.text(absent)
    head = ("Element", "State", "Counts", "Weakest criteria")
    page.table(head, [_element(x) for x in v.core], "The core elements", _ELEMENT_WIDTHS)
    page.table(head, [_element(x) for x in v.others], "The other elements", _ELEMENT_WIDTHS)
    page.text(words.reviewed(v.d.framework))
    page.heading("The weakest links", 2)
    rows = [(f"{f.id} {f.title}", _said(f), words.sentence(f.detail)) for f in v.weakest]
    page.table(("Criterion", "Finding", "Detail"), rows, words.WEAKEST, (2.3, 1.6, 2.4))
    _not_done(page, v)
    page.heading("What this document does not say", 2)
    for text in (*words.NOT_SAID, v.d.framework.disclaimer):
        page.text(text)
    page.heading("How to read a finding", 2)
    for verdict, text in words.VERDICTS.items():
        page.text(f"{_sign(verdict)}. {text}")


def _element(part: ElementPart) -> tuple[str, ...]:
    s = part.summary
    return part.element.title, _sign(s.state), words.counts(s), _weak(part)


def _weak(part: ElementPart) -> str:
    return " ".join(f"{f.id} {_said(f)}. {f.title}." for f in part.weakest) or "No open criterion."


def _not_done(page: _Page, v: View) -> None:
    d = v.d
    page.heading("What was not done", 2)
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


def _program(page: _Page, v: View) -> None:
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


def _criterion(page: _Page, v: View, block: Block) -> None:
    f = block.finding
    page.heading(f"{f.id} {f.title}", 2)
    page.text(f"{_said(f)}. {words.sentence(f.detail)}", bold=True)
    page.fields(block.result)
    page.fields(block.question)


def _short(page: _Page, blocks: Sequence[Block]) -> None:
    if not blocks:
        return
    rows = []
    for b in blocks:
        source = next((plain(x.paragraphs[0]) for x in b.question if x.label == "Source"), "")
        rows.append((b.finding.id, b.finding.title, f"{_said(b.finding)}. {b.finding.detail}", source))
    page.table(("Id", "Criterion", "Finding", "Source"), rows, words.SHORT, (0.6, 1.5, 2.0, 2.2))


def _evidence(page: _Page, v: View) -> None:
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


def _line(page: _Page, line: Line) -> None:
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


def _figure(page: _Page, figure: Figure, label: str) -> None:
    try:
        page.picture(charts.png(figure), figure.title, figure.alt)
    except charts.Undrawable:
        page.text(words.UNDRAWN, italic=True)
        columns = list(figure.rows[0]) if figure.rows else []
        rows = [[words.shown(r.get(c)) for c in columns] for r in figure.rows[:TABLE_PREVIEW_ROWS]]
        if columns:
            page.table(columns, rows, f"Data of figure {label}")
    page.text(f"Figure {label}. {words.sentence(figure.title)} {figure.alt}", italic=True)


def _table(page: _Page, table: Table, label: str) -> None:
    head = [f"{words.spaced(c.name)}{f' ({c.unit})' if c.unit else ''}" for c in table.columns]
    how_many = f"{len(table.rows)} of {table.n_rows} rows; {table.path}; digest {table.digest}"
    page.table(head, table.rows, f"Table {label}. {table.title}. {how_many}")


def _back(page: _Page, v: View) -> None:
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
