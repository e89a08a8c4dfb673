"""A Word document being written: headings, paragraphs, fields, tables, pictures; the same bytes each time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from proband.dossier import words
from proband.dossier.view import Field, Paragraph, Ref, View, Web

_FIXED = datetime(1980, 1, 1)
_TEXT_WIDTH = 6.3
"""Inches between the margins of A4."""


class Page:
    """A document being written: headings, paragraphs, tables, pictures."""

    def __init__(self) -> None:
        from docx import Document

        self.document = Document()

    def set_up(self, v: View) -> None:
        """Paper, fonts, properties, and the notice with the page number at the foot of every page."""
        from docx.shared import Mm, Pt, RGBColor

        d, section = self.document, self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(22)
        section.top_margin, section.bottom_margin = Mm(14), Mm(14)
        d.styles["Normal"].font.name, d.styles["Normal"].font.size = "Cambria", Pt(10)
        d.styles["Normal"].paragraph_format.space_after = Pt(4)
        for level in range(5):
            style = d.styles[f"Heading {level}" if level else "Title"]
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for name in [k for k in fonts.attrib if k.endswith("Theme")]:
                del fonts.attrib[name]
            style.font.name, style.font.color.rgb = "Cambria", RGBColor(0x1A, 0x1A, 0x1A)
            style.font.size = Pt((16, 14, 12, 11, 10.5)[level])
            style.paragraph_format.space_before = Pt((0, 10, 7, 7, 6)[level])
            style.paragraph_format.space_after = Pt((4, 2, 2, 2, 2)[level])
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

    def small(self, text: str, *, bold: bool = False, label: str = "") -> None:
        """A short paragraph in small type, with a label in bold before it where one is given."""
        from docx.shared import Pt

        p = self.document.add_paragraph()
        p.paragraph_format.space_after = Pt(2)
        for said, strong in ((f"{label} " if label else "", True), (text, bold)):
            run = p.add_run(words.clean(said))
            run.bold, run.font.size = strong, Pt(8.5 if len(text) < 400 else 8)

    def new_page(self) -> None:
        """What follows begins on a new page."""
        self.document.add_page_break()

    def fields(self, fields: Iterable[Field]) -> None:
        """Fields as paragraphs, each with its label in bold."""
        for f in fields:
            for i, paragraph in enumerate(f.paragraphs):
                p = self.document.add_paragraph()
                if i == 0:
                    p.add_run(words.clean(f"{f.label}: ")).bold = True
                p.add_run(words.clean(plain(paragraph)))

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        caption: str,
        widths: Sequence[float] = (),
        *,
        long_rows: bool = False,
    ) -> None:
        """A table with a repeated head and its caption above it; `widths` in inches, else all alike.

        Rows stay on one page, but for `long_rows`.
        """
        from docx.oxml import OxmlElement
        from docx.shared import Inches, Pt

        above = self.document.add_paragraph()
        told = above.add_run(words.clean(caption))
        told.italic, told.font.size = True, Pt(8.5)
        above.paragraph_format.space_after = Pt(1)
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
            if not long_rows:
                properties.append(OxmlElement("w:cantSplit"))
            if i == 0:
                properties.append(OxmlElement("w:tblHeader"))
        below = self.document.add_paragraph()
        below.paragraph_format.space_after = Pt(0)
        below.paragraph_format.line_spacing = Pt(6)

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


def same_bytes(data: bytes) -> bytes:
    """The archive written anew, each entry with one fixed date."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            new.writestr(entry, old.read(name))
    return out.getvalue()
