"""Junction counts from spliced alignments: how many reads join which two places of the genome.

A junction is an intron (0-based half-open) with a strand. Each alignment gives one count to each of its introns
(CIGAR operation N; SAM/BAM format specification v1). The anchor of a read is the stretch of aligned bases that
borders the intron, up to the next insertion, deletion or intron. A junction is reported when its longest anchor on
each side reaches `anchor`; reads with shorter anchors still count for it, as is usual for junction extraction.

Strand: from a tag that the aligner wrote (XS, Dobin et al. 2013, Bioinformatics 29:15-21), or from the library:
``RF`` (read 1 is antisense, as with dUTP) or ``FR``. A read whose mate lies on the same strand has none ("?").

Cannot see: whether an alignment is right, transcripts that no read crosses, molecules behind PCR copies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proband.core.errors import Problem, ProgramError

SECONDARY, FAILED, DUPLICATE, SUPPLEMENTARY = 0x100, 0x200, 0x400, 0x800
"""Bits of the SAM flag (SAM specification, section 1.4)."""

_MATCH, _INSERTION, _DELETION, _INTRON = (0, 7, 8), 1, 2, 3


@dataclass(frozen=True, slots=True)
class JunctionRules:
    """Which alignments count and which junctions are reported.

    `anchor`: bases that the longest anchor must have on each side; `shortest`, `longest`: intron length (bases);
    `strand`: ``XS`` (tag), ``RF`` or ``FR`` (library); `exclude`: SAM flag bits; `mapping_quality`: least MAPQ.
    """

    anchor: int = 8
    shortest: int = 70
    longest: int = 500_000
    strand: str = "XS"
    exclude: int = SECONDARY | FAILED | SUPPLEMENTARY
    mapping_quality: int = 0

    def __post_init__(self) -> None:
        if self.strand not in ("XS", "RF", "FR"):
            raise ValueError("strand is XS, RF or FR")
        if self.anchor < 1 or not 0 < self.shortest <= self.longest:
            raise ValueError("anchor at least 1, and shortest intron not above the longest")


EVERY_ALIGNMENT = JunctionRules(exclude=0)
"""Counts each alignment, also secondary ones and duplicates, as common extractors do."""


@dataclass(frozen=True, slots=True)
class Junction:
    """An intron with the reads that cross it; `left` and `right` are its longest anchors (bases).

    `number` tells the order in which junctions were first met, from 1.
    """

    contig: str
    start: int
    end: int
    strand: str
    reads: int
    left: int
    right: int
    number: int = 0


@dataclass(slots=True)
class _Tally:
    number: int
    reads: int = 0
    left: int = 0
    right: int = 0


@dataclass(frozen=True, slots=True)
class BoundaryCount:
    """Reads that run unspliced over the left and over the right end of an intron."""

    left: int
    right: int


@dataclass(frozen=True, slots=True)
class _Crossing:
    """One intron of one alignment: ends of the bordering anchors and of the intron."""

    first: int
    start: int
    end: int
    last: int


def crossings(start: int, cigar: Iterable[tuple[int, int]]) -> list[_Crossing]:
    """The introns of an alignment that begins at `start`, with the anchors that border them.

    >>> [(c.first, c.start, c.end, c.last) for c in crossings(100, [(0, 10), (3, 90), (0, 5), (2, 1), (0, 9)])]
    [(100, 110, 200, 205)]
    """
    found: list[_Crossing] = []
    position = first = start
    open_intron: tuple[int, int, int] | None = None

    def close() -> None:
        if open_intron:
            found.append(_Crossing(*open_intron, position))

    for operation, length in cigar:
        if operation in _MATCH:
            position += length
        elif operation == _INTRON:
            close()
            open_intron = (first, position, position + length)
            position = first = position + length
        elif operation in (_INSERTION, _DELETION):
            close()
            open_intron = None
            position = first = position + (length if operation == _DELETION else 0)
    close()
    return found


def junctions_of(
    path: Path, rules: JunctionRules | None = None, region: tuple[str, int, int] | None = None
) -> tuple[Junction, ...]:
    """Junctions of a BAM, ordered by where their anchors begin and end, then as first met.

    `region`: contig, start and end (0-based half-open) that alignments must overlap; it needs an index.
    Raises ``ProgramError`` when the file can not be read to its end, or the region is not in it.
    """
    rules = rules or JunctionRules()
    tallies: dict[tuple[str, int, int, str], _Tally] = {}
    for read in _alignments(path, region):
        if read.flag & (rules.exclude | 4) or read.mapping_quality < rules.mapping_quality:
            continue
        cigar = read.cigartuples or ()
        if not any(operation == _INTRON for operation, _ in cigar):
            continue
        strand = _strand(read, rules.strand)
        for c in crossings(read.reference_start, cigar):
            if not rules.shortest <= c.end - c.start <= rules.longest:
                continue
            key = (str(read.reference_name), c.start, c.end, strand)
            tally = tallies.setdefault(key, _Tally(len(tallies) + 1))
            tally.reads += 1
            tally.left = max(tally.left, c.start - c.first)
            tally.right = max(tally.right, c.last - c.end)
    made = [
        Junction(*key, t.reads, t.left, t.right, t.number)
        for key, t in tallies.items()
        if min(t.left, t.right) >= rules.anchor
    ]
    return tuple(sorted(made, key=lambda j: (j.contig, j.start - j.left, j.end + j.right, j.number)))


def boundary_reads(path: Path, contig: str, start: int, end: int, rules: JunctionRules | None = None) -> BoundaryCount:
    """Reads that run on from exon to intron at either end of an intron (0-based half-open), for its retention.

    A read counts at an end when it has at least `rules.anchor` aligned bases on both sides without a gap.
    Raises ``ProgramError`` as `junctions_of` does.
    """
    rules = rules or JunctionRules()
    counts = [0, 0]
    for read in _alignments(path, (contig, start - 1, end + 1)):
        if read.flag & (rules.exclude | 4) or read.mapping_quality < rules.mapping_quality:
            continue
        blocks = read.get_blocks()
        for side, boundary in enumerate((start, end)):
            counts[side] += any(a + rules.anchor <= boundary <= b - rules.anchor for a, b in blocks)
    return BoundaryCount(*counts)


def _strand(read: Any, how: str) -> str:
    if how == "XS":
        return str(read.get_tag("XS")) if read.has_tag("XS") else "?"
    if not read.is_paired:
        return "+" if read.is_reverse == (how == "RF") else "-"
    if read.is_reverse == read.mate_is_reverse:
        return "?"
    sense = read.is_read1 == read.is_reverse
    return "+" if sense == (how == "RF") else "-"


def _alignments(path: Path, region: tuple[str, int, int] | None) -> Iterator[Any]:
    """Alignments of a BAM; every way in which reading fails becomes a problem with the file."""
    import pysam

    quiet = pysam.set_verbosity(0)
    try:
        with pysam.AlignmentFile(str(path), "rb") as handle:
            if region is None:
                yield from handle.fetch(until_eof=True)
                return
            contig, start, end = region
            if contig not in handle.references:
                raise ProgramError(
                    [Problem(path.name, "", f"no contig {contig}", "a contig of this file", "check the build's naming")]
                )
            if not handle.has_index():
                raise ProgramError([Problem(path.name, "", "no index", "an index (.bai)", "index the file")])
            yield from handle.fetch(contig, max(start, 0), end)
    except (OSError, ValueError) as e:
        found = " ".join(str(e).split())[:120]
        raise ProgramError([Problem(path.name, "", found, "a complete BAM file", "copy or make the file again")]) from e
    finally:
        pysam.set_verbosity(quiet)
