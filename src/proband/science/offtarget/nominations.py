"""One list of nominated sites: its rows as places in the build of the file, and the rows that were refused, with why.

Every row of a list becomes a nomination or a refusal; none goes missing. Places are 0-based half-open from here on.

Cannot see: whether a nomination is true, and whether the build that was stated is the right one (aligning to the
spacer, in `reconcile`, shows that afterwards where a genome is given).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proband.border import hidden
from proband.core.errors import Problem, ProgramError
from proband.science.offtarget.guide import Guide
from proband.science.offtarget.liftover import Place
from proband.science.offtarget.nomination_formats import NominationFormat, located, table_rows

LONGEST_PLACE = 2_000
"""Bases of the longest interval that is looked through for a site."""
CONTIG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._*:-]{0,63}\Z")
_PLACE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._*]{0,63}):([0-9][0-9,]*)(?:-|\.\.)([0-9][0-9,]*)(?::([+-]))?\Z")
_STRANDS = {"+": "+", "-": "-", "1": "+", "-1": "-", "−": "-", "": "", ".": "", "*": "", "NA": "", "na": ""}
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class NominationList:
    """One file: what it is called, its form, and the guide's names in it."""

    label: str
    path: Path
    form: NominationFormat
    build: str
    replicate: str = "1"
    sheet: str = ""
    guide_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Nomination:
    """One row: where it says the site is, and how strongly; `sequence` is the site as the list writes it, or ""."""

    source: int
    line: int
    place: Place
    reads: float | None
    score: float | None
    sequence: str
    replicate: str = "1"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that is not merged: which one, what it says, at which step it fell out, and why."""

    source: int
    line: int
    said: str
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class ListRows:
    """All rows of a list: nominations and refusals; together they are the rows below the header."""

    rows: int
    nominations: tuple[Nomination, ...]
    refusals: tuple[Refusal, ...]


class _Unreadable(ValueError):
    """What is wrong with a row."""

    step = "read"


class _OtherGuide(_Unreadable):
    """A sound row that speaks of another guide."""

    step = "guide"


def read_list(source: int, described: NominationList, guide: Guide) -> ListRows:
    """The rows of a list, `source` being its number among the lists.

    Raises ``ProgramError`` for a file that can not be read at all: its rows are then not known.
    """
    form, columns, width = described.form, None, 0
    rows, made, refused = 0, list[Nomination](), list[Refusal]()
    for line, cells in table_rows(described.path, described.sheet):
        if form.header and columns is None:
            columns, width = located(form, cells, described.path.name, line), len(cells)
            continue
        if not form.header and cells[0].startswith("#"):
            continue
        if columns is None:
            columns = located(form, [], described.path.name, line)
        rows += 1
        try:
            if width and len(cells) > width:
                raise _Unreadable(f"{len(cells)} cells under {width} columns")
            made.append(_nomination(source, line, _Cells(cells, columns), described, guide))
        except _Unreadable as e:
            said = " ".join(cells)[:_SHOWN]
            refused.append(Refusal(source, line, "" if hidden(said) else said, e.step, str(e)))
    if columns is None:
        remedy = "give a list with rows, or leave the file out"
        raise ProgramError([Problem(described.path.name, "", "no rows", "a list of sites", remedy)])
    return ListRows(rows, tuple(made), tuple(refused))


@dataclass(frozen=True, slots=True)
class _Cells:
    cells: Sequence[str]
    columns: Mapping[str, int]

    def __getitem__(self, thing: str) -> str:
        at = self.columns.get(thing, -1)
        return self.cells[at] if 0 <= at < len(self.cells) else ""


def _nomination(source: int, line: int, row: _Cells, described: NominationList, guide: Guide) -> Nomination:
    if row["guide"] and not _same_guide(row["guide"], row["name"], described, guide):
        raise _OtherGuide(f"of another guide: {row['guide'][:40]}")
    place = _interval(row, described.form.first_base)
    if not CONTIG.match(place.contig):
        raise _Unreadable("a contig that is no name")
    if place.end - place.start > LONGEST_PLACE:
        raise _Unreadable(
            f"an interval of {place.end - place.start:,} bases; at most {LONGEST_PLACE:,} are looked through"
        )
    sequence = re.sub(r"[-\s]", "", row["sequence"]).upper().replace("U", "T")
    if set(sequence) - set("ACGT") or len(sequence) > LONGEST_PLACE:
        sequence = ""
    reads, score = _number(row["reads"], "reads"), _number(row["score"], "score")
    own = row["replicate"][:20]
    replicate = f"{described.replicate}/{own}" if own else described.replicate
    return Nomination(source, line, place, reads, score, sequence, replicate)


def _same_guide(cell: str, name: str, described: NominationList, guide: Guide) -> bool:
    known = {guide.name, *described.guide_names}
    letters = re.sub(r"[-\s]", "", cell).upper().replace("U", "T")
    tail = letters.removeprefix(guide.spacer) if guide.pam_side == 3 else letters.removesuffix(guide.spacer)
    same_letters = len(tail) < len(letters) and len(tail) <= len(guide.pam)
    return same_letters or cell in known or (bool(name) and name in described.guide_names)


def _interval(row: _Cells, first_base: int) -> Place:
    """The place of a row, from one cell or several; with one base, that base."""
    strand = _STRANDS.get(row["strand"])
    if strand is None:
        raise _Unreadable(f"a strand that is no strand: {row['strand'][:20]}")
    if "place" in row.columns:
        found = _PLACE.match(row["place"])
        if not found:
            raise _Unreadable("a place that is not of the form chr1:100-123")
        contig, start, end = found[1], _base(found[2].replace(",", "")), _base(found[3].replace(",", ""))
        strand = found[4] or strand
    else:
        contig = row["contig"]
        start = _base(row["position"] if "position" in row.columns else row["start"])
        alone = "position" in row.columns or "end" not in row.columns
        end = start + 1 - first_base if alone else _base(row["end"])
    start -= first_base
    if start < 0 or end <= start:
        said = "counted from 1, ends included" if first_base else "counted from 0, ends not included"
        raise _Unreadable(f"an interval that holds no base, {said}")
    return Place(contig, start, end, strand)


def _base(text: str) -> int:
    """A whole number, also as spreadsheets write it (1.0E6 is refused: digits are lost there)."""
    digits = text.removesuffix(".0")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 12:
        raise _Unreadable(f"a position that is no whole number: {text[:20]!r}" if text else "no position")
    return int(digits)


def _number(text: str, what: str) -> float | None:
    if text in ("", "NA", "na", ".", "-", "nan", "NaN"):
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (what == "reads" and value < 0):
        raise _Unreadable(f"{what} that are no number: {text[:20]!r}")
    return value
