"""Triage of a long list of variants: read in pieces, each piece answered from short slices of the genome.

Memory follows the piece and the slice, not the list or the genome. Cannot see: proteins, bystanders outside the wide
window, and anything but single-base changes: other variants are kept in the table with the reason.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proband.core.errors import Problem, ProgramError
from proband.science.design.editors import Editor
from proband.science.design.triage import STATUS, encode, reachable
from proband.science.sequence.genome import Genome
from proband.science.variant.hgvs import Nomenclature

PIECE = 20_000
"""Variants answered at a time."""
SLICE = 2_000_000
"""Bases of the genome held at a time."""
FLANK = 200
"""Bases beyond the outermost variant of a slice."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One variant of a list: its name there, contig, 0-based position, bases, and why it can not be read, if so."""

    name: str
    contig: str
    position: int
    ref: str
    alt: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One variant answered: its status, and guides by editor for the editors that reach it."""

    variant: Listed
    status: str
    guides: Mapping[str, int]
    clean: Mapping[str, int]


def read_list(path: Path, names: Nomenclature) -> Iterator[Listed]:
    """The variants of a VCF, or of a text file with one HGVS description per line.

    A description that can not be read becomes a row with its fault; a file that is not whole raises ``ProgramError``.
    """
    opener = gzip.open if path.name.endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8") as handle:  # type: ignore[operator]
            first = handle.readline()
            lines = (line for group in ((first,), handle) for line in group)
            vcf = first.startswith("##fileformat=VCF") or first.startswith("#CHROM")
            yield from _vcf(path, lines) if vcf else _hgvs(lines, names)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as e:
        raise ProgramError([Problem(path.name, "", str(e)[:200], "a whole VCF or list", "copy it again")]) from None


def _vcf(path: Path, lines: Iterable[str]) -> Iterator[Listed]:
    for number, line in enumerate(lines, start=1):
        if line.startswith("#") or not line.strip():
            continue
        cells = line.rstrip("\r\n").split("\t")
        if len(cells) < 5 or not (cells[1].isascii() and cells[1].isdigit() and 0 < int(cells[1]) < 10**10):
            problem = Problem(
                path.name, f"line {number}", line[:40].strip(), "tab-separated VCF columns", "write it again"
            )
            raise ProgramError([problem])
        contig, position, ref = cells[0], int(cells[1]) - 1, cells[3].upper()
        for alternate in cells[4].upper().split(","):
            name = cells[2] if cells[2] not in ("", ".") else f"{contig}:{position + 1}{ref}>{alternate}"
            yield Listed(name, contig, position, ref, alternate)


def _hgvs(lines: Iterable[str], names: Nomenclature) -> Iterator[Listed]:
    for line in lines:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            change = names.read(text)
        except ProgramError as e:
            yield Listed(text, "", -1, "", "", e.problems[0].found if e.problems else str(e))
            continue
        yield Listed(text, change.contig, change.start, change.deleted, change.inserted)


def pieces(listed: Iterable[Listed], size: int = PIECE) -> Iterator[list[Listed]]:
    """The list in pieces of at most `size`.

    >>> [len(p) for p in pieces([Listed("a", "c", 1, "A", "G")] * 5, 2)]
    [2, 2, 1]
    """
    piece: list[Listed] = []
    for variant in listed:
        piece.append(variant)
        if len(piece) == size:
            yield piece
            piece = []
    if piece:
        yield piece


def answer(piece: Sequence[Listed], genome: Genome, editors: Sequence[Editor]) -> list[Row]:
    """One row per variant, in the order of the piece."""
    rows: dict[int, Row] = {}
    placed: list[int] = []
    for i, v in enumerate(piece):
        if v.fault:
            rows[i] = Row(v, f"not read: {v.fault}", {}, {})
        elif v.contig not in genome.contigs:
            rows[i] = Row(v, f"no contig {v.contig}", {}, {})
        elif not (len(v.ref) == len(v.alt) == 1 and {v.ref, v.alt} <= set("ACGT")):
            rows[i] = Row(v, "not a single-base change", {}, {})
        elif v.position >= genome.contigs[v.contig]:
            rows[i] = Row(v, "beyond the end of the contig", {}, {})
        else:
            placed.append(i)
    placed.sort(key=lambda i: (piece[i].contig, piece[i].position))
    for group in _near(placed, piece):
        _answer_slice(group, piece, genome, editors, rows)
    return [rows[i] for i in range(len(piece))]


def _near(order: Sequence[int], piece: Sequence[Listed]) -> Iterator[list[int]]:
    """Runs of variants of one contig that lie within one slice."""
    run: list[int] = []
    for i in order:
        first = piece[run[0]] if run else piece[i]
        if run and (piece[i].contig != first.contig or piece[i].position - first.position > SLICE):
            yield run
            run = []
        run.append(i)
    if run:
        yield run


def _answer_slice(
    group: Sequence[int], piece: Sequence[Listed], genome: Genome, editors: Sequence[Editor], rows: dict[int, Row]
) -> None:
    contig = piece[group[0]].contig
    start = max(0, piece[group[0]].position - FLANK)
    end = min(genome.contigs[contig], piece[group[-1]].position + FLANK)
    known = genome.known(contig, piece[group[0]].position)
    if known is not None:
        start, end = max(start, known[0]), min(end, known[1])
    bases = encode(genome.fetch(contig, start, end))
    chosen = [piece[i] for i in group]
    letters = "".join(v.ref for v in chosen), "".join(v.alt for v in chosen)
    reach = reachable(bases, start, [v.position for v in chosen], *letters, editors)
    for row, i in enumerate(group):
        guides = {n: int(c) for n, c in zip(reach.editors, reach.guides[row], strict=True) if c}
        clean = {n: int(c) for n, c in zip(reach.editors, reach.clean[row], strict=True) if c}
        rows[i] = Row(piece[i], STATUS[int(reach.status[row])], guides, clean)


def cover(patterns: Mapping[frozenset[str], int]) -> list[tuple[str, int, int]]:
    """A greedy set cover of the variants by editors: editor, variants it adds, variants covered so far.

    `patterns` counts the variants that are reached by exactly the editors of each set, so that memory follows the
    number of patterns. Ties go by name. The greedy choice needs at most ln(n) + 1 times as many editors as the
    smallest cover (Chvatal, Mathematics of Operations Research 1979;4:233-235; recalled).

    >>> cover({frozenset("a"): 1, frozenset("ab"): 1, frozenset("b"): 2, frozenset(): 5})
    [('b', 3, 3), ('a', 1, 4)]
    """
    left = {editors: count for editors, count in patterns.items() if editors}
    chosen: list[tuple[str, int, int]] = []
    done = 0
    while left:
        counts: dict[str, int] = {}
        for editors, count in left.items():
            for editor in editors:
                counts[editor] = counts.get(editor, 0) + count
        best = min(counts, key=lambda e: (-counts[e], e))
        done += counts[best]
        chosen.append((best, counts[best], done))
        left = {editors: count for editors, count in left.items() if best not in editors}
    return chosen
