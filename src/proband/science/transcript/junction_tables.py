"""Junction counts that another program wrote: three table forms, checked row by row, and one of them written.

- ``bed12``: one junction per line, two blocks (the anchors), count in the score column (UCSC BED format);
- ``star``: nine columns, first and last base of the intron 1-based, column 7 the uniquely mapped reads (STAR manual,
  section on splice junctions);
- ``csv``: header contig,start,end,strand,reads; first and last base of the intron, 1-based.

Cannot see: which rules made the table. Counts of different rules are not comparable.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from proband.border import shown
from proband.core.errors import Problem, ProgramError
from proband.science.transcript.junctions import Junction

FORMS = ("bed12", "star", "csv")
MOST_BYTES = 200_000_000
"""Bytes of text that a junction table may have; whole-transcriptome tables have about 20 million."""
MOST_PROBLEMS = 20
COLUMNS = ("contig", "start", "end", "strand", "reads")


def read_junctions(path: Path, form: str) -> tuple[Junction, ...]:
    """The junctions of a table, in its order; `form` is one of `FORMS`, gzip is recognised by its first bytes.

    Raises ``ProgramError`` with every row that is wrong (the first 20), ``ValueError`` for another form.
    """
    if form not in FORMS:
        raise ValueError(f"form {form!r} is none of {', '.join(FORMS)}")
    lines = _lines(path)
    problems: list[Problem] = []
    made: list[Junction] = []
    first = 1
    if form == "csv":
        head = tuple(next(csv.reader(lines[:1]), ()))
        if head != COLUMNS:
            raise ProgramError(
                [Problem(path.name, "line 1", shown(",".join(head)), ",".join(COLUMNS), "write these column names")]
            )
        first = 2
    parse = _PARSERS[form]
    for number, line in enumerate(lines[first - 1 :], start=first):
        if not line.strip() or line.startswith(("#", "track")):
            continue
        try:
            made.append(parse(line, len(made) + 1))
        except (ValueError, IndexError) as e:
            expected = str(e) if isinstance(e, _Wrong) else f"a row of form {form}"
            problems.append(Problem(path.name, f"line {number}", shown(line), expected, "correct or remove the row"))
        if len(problems) == MOST_PROBLEMS:
            break
    if problems:
        raise ProgramError(problems)
    return tuple(made)


def bed12(junctions: Iterable[Junction]) -> str:
    """Junctions as BED12 text: anchors as blocks, count as score.

    >>> bed12([Junction("1", 200, 300, "+", 7, 20, 30, 1)]).rstrip().split("\\t")[1:6]
    ['180', '330', 'JUNC00000001', '7', '+']
    """
    rows = []
    for j in junctions:
        begin, stop = j.start - j.left, j.end + j.right
        row = (j.contig, begin, stop, f"JUNC{j.number:08d}", j.reads, j.strand, begin, stop, "255,0,0", 2,
               f"{j.left},{j.right}", f"0,{j.end - begin}")  # fmt: skip
        rows.append("\t".join(map(str, row)) + "\n")
    return "".join(rows)


class _Wrong(ValueError):
    """A row that can be read but can not be."""


def _checked(contig: str, start: int, end: int, strand: str, reads: int, left: int, right: int, n: int) -> Junction:
    if not contig or not 0 <= start < end:
        raise _Wrong("a contig, and an intron that ends after it begins")
    if strand not in ("+", "-", "?", "."):
        raise _Wrong("strand +, - or ?")
    if reads < 0 or left < 0 or right < 0:
        raise _Wrong("counts and anchors of 0 or more")
    return Junction(contig, start, end, "?" if strand == "." else strand, reads, left, right, n)


def _bed12(line: str, number: int) -> Junction:
    x = line.rstrip("\n").split("\t")
    sizes, starts = ([int(v) for v in x[i].rstrip(",").split(",")] for i in (10, 11))
    begin, stop = int(x[1]), int(x[2])
    if len(sizes) != 2 or len(starts) != 2 or starts[0] != 0 or begin + starts[1] + sizes[1] != stop:
        raise _Wrong("two blocks that fill the row from its start to its end")
    return _checked(x[0], begin + sizes[0], begin + starts[1], x[5], int(x[4]), sizes[0], sizes[1], number)


def _star(line: str, number: int) -> Junction:
    x = line.rstrip("\n").split("\t")
    if len(x) != 9 or x[3] not in ("0", "1", "2"):
        raise _Wrong("nine columns, strand 0, 1 or 2")
    overhang = int(x[8])
    return _checked(x[0], int(x[1]) - 1, int(x[2]), "?+-"[int(x[3])], int(x[6]), overhang, overhang, number)


def _csv_row(line: str, number: int) -> Junction:
    contig, start, end, strand, reads = (v.strip() for v in next(csv.reader([line])))
    return _checked(contig, int(start) - 1, int(end), strand, int(reads), 0, 0, number)


_PARSERS: dict[str, Callable[[str, int], Junction]] = {"bed12": _bed12, "star": _star, "csv": _csv_row}


def _lines(path: Path) -> Sequence[str]:
    """The lines of a text file, plain or gzip, of bounded size."""
    try:
        with path.open("rb") as handle:
            packed = handle.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as handle:
            data = handle.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            found, expected = "a longer file", f"at most {MOST_BYTES // 1_000_000} MB of text"
            raise ProgramError([Problem(path.name, "", found, expected, "keep the region of the gene")])
        return data.decode("utf-8-sig").splitlines()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as e:
        found = (getattr(e, "strerror", "") or str(e))[:120]
        raise ProgramError([Problem(path.name, "", found, "readable UTF-8 text", "check the file")]) from e
