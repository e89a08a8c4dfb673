"""The rows of one sheet of an XLSX workbook, as text, read without running or expanding anything.

An XLSX file is a zip of XML parts (ECMA-376, Office Open XML, "SpreadsheetML"). Refused are: macros, encryption, parts
that unpack to more than a stated size, entities and document types, links to other files, formulas (their stored value
may be stale; save the sheet as values) and error cells. Numbers are taken as written in the file; a date is a number.

Cannot see: hidden rows and columns as hidden (they are read), formats, comments, merged cells beyond their first.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

from proband.core.errors import Problem, ProgramError

MOST_BYTES = 512_000_000
"""Bytes to which the parts that are read may unpack in all."""
MOST_RATIO = 200
"""Times its packed size to which a part of more than a megabyte may unpack."""
MOST_PARTS = 2_000
MOST_TEXTS = 5_000_000
"""Shared texts of a workbook at most."""
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})\Z")
_MOST_COLUMNS = 16_384


class _Refused(Exception):
    """A workbook that is not read: place, what was found, what was expected, what to do."""


def xlsx_rows(path: Path, sheet: str = "") -> Iterator[tuple[int, list[str]]]:
    """Row numbers from 1 and cells, trailing empty cells left out; the first sheet where none is named.

    Raises ``ProgramError`` for anything that is refused, at the row where it stands.
    """
    try:
        with zipfile.ZipFile(path) as book:
            _check(book)
            texts = _texts(book)
            yield from _rows(book, _part(book, sheet), texts)
    except _Refused as e:
        place, found, expected, remedy = e.args
        raise ProgramError([Problem(path.name, place, found, expected, remedy)]) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError) as e:
        found = str(e)[:120] or type(e).__name__
        problem = Problem(path.name, "", found, "a whole XLSX workbook", "save it again as XLSX, or as CSV")
        raise ProgramError([problem]) from None
    except ET.ParseError as e:
        problem = Problem(path.name, "", f"XML: {e}"[:120], "a sound XLSX workbook", "save it again as XLSX, or as CSV")
        raise ProgramError([problem]) from None
    except OSError as e:
        found = (e.strerror or "unreadable").lower()
        raise ProgramError([Problem(path.name, "", found, "a readable file", "check its name and rights")]) from None


def _check(book: zipfile.ZipFile) -> None:
    parts = book.infolist()
    if len(parts) > MOST_PARTS:
        raise _Refused("", f"{len(parts)} parts", f"at most {MOST_PARTS}", "save the one sheet as CSV")
    names = [p.filename for p in parts]
    if len(set(names)) < len(names):
        raise _Refused("", "a part that occurs twice", "each part once", "save it again as XLSX")
    for name in names:
        if "vbaproject" in name.lower() or name.lower().startswith(("xl/macrosheets", "xl/externallinks")):
            raise _Refused("", f"{name[:60]}", "no macros and no links to other files", "save the sheet as CSV")
    read = [p for p in parts if p.filename.startswith("xl/") and p.filename.endswith((".xml", ".rels"))]
    total = sum(p.file_size for p in read)
    if total > MOST_BYTES:
        raise _Refused("", f"{total / 1e6:.0f} MB unpacked", f"at most {MOST_BYTES / 1e6:.0f} MB", "split the table")
    for p in read:
        if p.flag_bits & 1:
            raise _Refused("", "an encrypted workbook", "an open one", "save it without a password")
        if p.file_size > 1_000_000 and p.file_size > MOST_RATIO * max(1, p.compress_size):
            found = f"{p.filename[:60]} unpacks to {p.file_size / max(1, p.compress_size):.0f} times its size"
            raise _Refused("", found, f"at most {MOST_RATIO} times", "save the sheet as CSV")


class _Guard:
    """A part as a file that refuses document types and more bytes than its header says."""

    def __init__(self, book: zipfile.ZipFile, part: str) -> None:
        self.part, self.handle, self.left = part, book.open(part), book.getinfo(part).file_size
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes of the part."""
        data = self.handle.read(65_536 if size < 0 else size)
        self.left -= len(data)
        if b"<!DOCTYPE" in self.tail + data or b"<!ENTITY" in self.tail + data:
            raise _Refused(self.part, "a document type", "plain XML", "save it again as XLSX, or as CSV")
        if self.left < 0:
            raise _Refused(self.part, "more bytes than stated", "an honest zip", "save it again as XLSX, or as CSV")
        self.tail = data[-10:]
        return data

    def close(self) -> None:
        """Close the part."""
        self.handle.close()


def _elements(book: zipfile.ZipFile, part: str, tag: str) -> Iterator[ET.Element]:
    """Elements of one kind, each forgotten once it was used, so that memory stays bounded."""
    with closing(_Guard(book, part)) as guard:
        above: list[ET.Element] = []
        for event, element in ET.iterparse(guard, events=("start", "end")):
            if event == "start":
                above.append(element)
                continue
            above.pop()
            if element.tag == tag:
                yield element
                del above[-1][:]


def _texts(book: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    made: list[str] = []
    for item in _elements(book, "xl/sharedStrings.xml", f"{_MAIN}si"):
        made.append(_text(item))
        if len(made) > MOST_TEXTS:
            raise _Refused("xl/sharedStrings.xml", "too many texts", f"at most {MOST_TEXTS:,}", "split the table")
    return made


def _text(item: ET.Element) -> str:
    """Plain and rich text of an item; phonetic hints are left out."""
    parts = [item.findtext(f"{_MAIN}t") or ""]
    parts += [run.findtext(f"{_MAIN}t") or "" for run in item.findall(f"{_MAIN}r")]
    return "".join(parts)


def _part(book: zipfile.ZipFile, sheet: str) -> str:
    sheets = {s.get("name", ""): s.get(_LINK, "") for s in _whole(book, "xl/workbook.xml").iter(f"{_MAIN}sheet")}
    if not sheets:
        raise _Refused("xl/workbook.xml", "no sheet", "a workbook with a sheet", "save it again as XLSX, or as CSV")
    if sheet and sheet not in sheets:
        expected = "one of " + ", ".join(list(sheets)[:20])
        raise _Refused("sheet", sheet[:60], expected[:300], "name a sheet that is there")
    wanted = sheets[sheet] if sheet else next(iter(sheets.values()))
    for r in _whole(book, "xl/_rels/workbook.xml.rels"):
        if r.get("Id") == wanted and r.get("TargetMode") != "External":
            target = r.get("Target", "").lstrip("/")
            return target if target.startswith("xl/") else f"xl/{target}"
    raise _Refused(
        "xl/workbook.xml", "a sheet without its part", "a sound workbook", "save it again as XLSX, or as CSV"
    )


def _whole(book: zipfile.ZipFile, part: str) -> ET.Element:
    if book.getinfo(part).file_size > 4_000_000:
        raise _Refused(part, "more than 4 MB", "a list of sheets", "save the sheet as CSV")
    with closing(_Guard(book, part)) as guard:
        return ET.parse(guard).getroot()


def _rows(book: zipfile.ZipFile, part: str, texts: list[str]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    for row in _elements(book, part, f"{_MAIN}row"):
        stated = row.get("r", "")
        after = int(stated) if stated.isdigit() and len(stated) < 8 else number + 1
        if after <= number:
            raise _Refused(f"row {after}", "a row out of order", "ascending rows", "save it again as XLSX, or as CSV")
        number = after
        cells: list[str] = []
        for cell in row.iter(f"{_MAIN}c"):
            at = _column(cell, number, len(cells))
            cells.extend([""] * (at - len(cells)))
            cells.append(_value(cell, f"cell {cell.get('r', f'{at + 1} of row {number}')}"[:30], texts))
        while cells and not cells[-1]:
            cells.pop()
        yield number, cells


def _column(cell: ET.Element, row: int, filled: int) -> int:
    found = _CELL.match(cell.get("r", ""))
    if not found:
        return filled
    column = 0
    for letter in found[1]:
        column = 26 * column + ord(letter) - 64
    if not filled < column <= _MOST_COLUMNS:
        raise _Refused(f"row {row}", "cells out of order", "ascending columns", "save it again as XLSX, or as CSV")
    return column - 1


def _value(cell: ET.Element, place: str, texts: list[str]) -> str:
    if cell.find(f"{_MAIN}f") is not None:
        remedy = "copy the sheet and paste it as values, or save it as CSV"
        raise _Refused(place, "a formula", "a value", remedy)
    kind, value = cell.get("t", "n"), cell.findtext(f"{_MAIN}v") or ""
    if kind == "inlineStr":
        item = cell.find(f"{_MAIN}is")
        return "" if item is None else _text(item).strip()
    if kind == "e":
        raise _Refused(place, f"the error {value[:20]}", "a value", "mend the cell")
    if kind == "s":
        if not value.isdigit() or len(value) > 9 or int(value) >= len(texts):
            raise _Refused(place, "a text that is not there", "a sound workbook", "save it again as XLSX, or as CSV")
        return texts[int(value)].strip()
    if kind == "n":
        return value.removesuffix(".0")
    return value.strip()
