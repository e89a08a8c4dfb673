"""XLSX sheets: what is read, and everything that is refused."""

from __future__ import annotations

import zipfile

import pytest
from workbooks import MAIN, book, sheet

from proband.core.errors import ProgramError
from proband.science.offtarget.xlsx import xlsx_rows


def test_texts_numbers_gaps_and_named_sheets(tmp_path):
    shared = f'<sst xmlns="{MAIN}"><si><t>chr1</t></si><si><r><t>a</t></r><r><t>b</t></r></si></sst>'
    second = (
        f'<worksheet xmlns="{MAIN}"><sheetData><row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c>'
        '<c r="D2"><v>12.0</v></c></row><row><c t="b"><v>1</v></c></row></sheetData></worksheet>'
    )
    path = book(
        tmp_path / "a.xlsx", {"one": sheet([["x", 5], ["", 0.25]]), "two": second}, {"xl/sharedStrings.xml": shared}
    )
    assert list(xlsx_rows(path)) == [(1, ["x", "5"]), (2, ["", "0.25"])]
    assert list(xlsx_rows(path, "two")) == [(2, ["chr1", "", "ab", "12"]), (3, ["1"])]


def cell(inner: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{inner}</row></sheetData></worksheet>'


@pytest.mark.parametrize(
    ("xml", "found"),
    [
        (cell('<c r="A1"><f>1+1</f><v>2</v></c>'), "a formula"),
        (cell('<c r="A1" t="str"><f>HYPERLINK("x")</f><v>x</v></c>'), "a formula"),
        (cell('<c r="A1" t="e"><v>#REF!</v></c>'), "#REF!"),
        (cell('<c r="A1" t="s"><v>7</v></c>'), "a text that is not there"),
        (cell('<c r="B1"><v>1</v></c><c r="A1"><v>2</v></c>'), "cells out of order"),
        (cell('<c r="ZZZ1"><v>1</v></c>'), "cells out of order"),
        (
            cell("<c><v>1</v></c>").replace('r="1"', 'r="3"').replace("</row>", '</row><row r="2"/>'),
            "a row out of order",
        ),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + cell("<c><v>&a;</v></c>"), "a document type"),
        ("<worksheet", "XML"),
    ],
)
def test_cells_that_are_refused(tmp_path, xml, found):
    with pytest.raises(ProgramError) as told:
        list(xlsx_rows(book(tmp_path / "a.xlsx", {"one": xml})))
    assert found in str(told.value)


def test_macros_links_encryption_and_missing_sheets(tmp_path):
    plain = {"one": sheet([["x"]])}
    for part in ("xl/vbaProject.bin", "xl/externalLinks/externalLink1.xml", "xl/macrosheets/s.xml"):
        with pytest.raises(ProgramError, match="macros"):
            list(xlsx_rows(book(tmp_path / "m.xlsx", plain, {part: b"x"})))
    with pytest.raises(ProgramError, match="one of one"):
        list(xlsx_rows(book(tmp_path / "n.xlsx", plain), "two"))
    (tmp_path / "t.xlsx").write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(ProgramError, match="whole XLSX"):
        list(xlsx_rows(tmp_path / "t.xlsx"))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    many = sheet([["x"]]).replace("<sheetData>", "<sheetData>" + " " * 30_000_000)
    path = book(tmp_path / "b.xlsx", {"one": many})
    assert path.stat().st_size < 100_000
    with pytest.raises(ProgramError, match="times its size"):
        list(xlsx_rows(path))


def test_a_header_that_lies_about_its_size_is_found(tmp_path):
    path = book(tmp_path / "l.xlsx", {"one": sheet([["x" * 50_000]])})
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"worksheets/s1.xml"))
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(ProgramError):
        list(xlsx_rows(path))


def test_a_truncated_workbook_is_told(tmp_path):
    path = book(tmp_path / "c.xlsx", {"one": sheet([["x"]] * 200)})
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(ProgramError, match="whole XLSX"):
        list(xlsx_rows(path))
    assert zipfile.is_zipfile(path) is False
