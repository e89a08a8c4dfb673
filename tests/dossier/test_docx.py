"""The Word document: opens, has its notice on every page, is the same each time, survives hostile text."""

from __future__ import annotations

import io
import zipfile

import pytest
from docx import Document

from proband.dossier import words
from proband.dossier.formats import docx


@pytest.fixture(scope="module", params=["synthetic", "hostile"])
def dossier(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def data(dossier) -> bytes:
    return docx.render(dossier)


@pytest.fixture(scope="module")
def document(data):
    return Document(io.BytesIO(data))


def test_notice_in_the_footer(dossier, document):
    foot = document.sections[0].footer.paragraphs[0]
    assert words.notice(dossier.framework) in foot.text
    assert "PAGE" in foot._p.xml


def test_everything_is_there(dossier, document):
    said = "\n".join(t.text or "" for t in document.element.body.iter() if t.tag.endswith("}t"))
    for f in dossier.findings:
        assert f.id in said
    for label in dossier.labels.values():
        assert f"Trace of {label}" in said
    assert words.SYNTHETIC in said
    assert "reported, not recomputed" in said


def test_pictures_have_words(dossier, document):
    shapes = list(document.inline_shapes)
    drawn = [g for e in dossier.evidence for g in e.figures if g.chart != "pie"]
    assert len(shapes) == len(drawn)
    assert all(s._inline.docPr.get("descr") for s in shapes)


def test_same_bytes_twice(dossier, data):
    assert docx.render(dossier) == data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
