"""Long reads to their way through one or several loci: segments, each a run along one strand of one locus.

Two sources give the same form: FASTQ (or BAM without alignments), where matches are chained here
(``kernels/chains.py``), and BAM or CRAM that the user aligned (`split_alignments`). A read is turned so that the first
locus is on its forward strand.

Accuracy of the chaining: on simulated reads with 3 % errors breakpoints of deletions of 50 bp to 5 kb lie within 10
bases in more than 95 % (``tests/science/structural``). It is made for loci of 1 to 20 kb.

Cannot see: a segment with fewer than about 30 matched bases; how many units of a long tandem repeat are lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from proband.kernels import anchors, chains, unique_reads
from proband.kernels.jit import Array
from proband.science.amplicon.bam_reads import is_bam, open_bam
from proband.science.amplicon.fastq import FastqText, Records, Text
from proband.science.structural.locus import Locus

SITE, REVERSE, READ_START, READ_END, START, END, MATCHED = range(7)
"""Columns of a segment. START and END are 0-based half-open on the locus's forward strand; SITE -1 is no locus."""
MOST_SEGMENTS = 8
ROOM = 8192
"""Matches that one read may have; a read with more (repeats without end) is unresolved."""
CHUNK = 256
"""Reads of one task."""
LONGEST_READ = 1_000_000
Placed = tuple[Array, Array, Array, Array]
"""Segments of some reads as the kernel gives them, how many each has, read lengths, and which were turned."""


@dataclass(frozen=True, slots=True)
class ReadRules:
    """What is asked of a read before it is placed: bases, mean quality (Phred), mapping quality of alignments.

    `umi` keeps the identifier at the end of each name (or tag RX); `reference` is what a CRAM was made with.
    """

    least_length: int = 200
    least_quality: float = 0.0
    mapping_quality: int = 20
    umi: bool = False
    threads: int = 1
    reference: Path | None = None


@dataclass(frozen=True)
class Traces:
    """Placed reads: read r has `sizes[r]` bases and the rows at[r] to at[r + 1] of `segments` (columns as above).

    `turned` marks reads whose segments are those of their reverse complement, `unresolved` reads with too many jumps
    or matches. `reads_in` less the sum of `filtered` is their number. `left_out` are records of a BAM that are no reads
    of their own. `source` says how reads were placed.
    """

    sizes: Array
    at: Array
    segments: Array
    turned: Array
    unresolved: Array
    reads_in: int
    filtered: dict[str, int]
    digest: str
    source: str
    umis: tuple[str, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)

    def of(self, r: int) -> Array:
        """The segments of read r."""
        return np.asarray(self.segments[self.at[r] : self.at[r + 1]])


def read_traces(path: Path, loci: Sequence[Locus], rules: ReadRules) -> Traces:
    """The reads of a file placed on `loci`, of which the first is the target.

    An aligned BAM or CRAM needs an index and the contig of each locus. Raises one ``ProgramError`` for a file that can
    not be used, or loci that lack what this kind of file needs.
    """
    from proband.science.structural.split_alignments import aligned_traces, is_aligned

    if is_bam(path):
        if is_aligned(path, rules.reference):
            return aligned_traces(path, loci, rules)
        texts, shared = open_bam(path, rules.reference)
        if len(texts) == 2:
            raise shared.fault("", "pairs of reads without alignments", "long reads, or aligned reads", "align them")
        made = _placed(texts[0], loci, rules)
        return replace(made, left_out={k: n for k, n in shared.skipped.items() if n})
    return _placed(FastqText(path, ahead=rules.threads > 1), loci, rules)


def tracks_of(loci: Sequence[Locus]) -> anchors.Tracks:
    """Both strands of each locus, forward first."""
    made = []
    for locus in loci:
        codes = unique_reads.letter_codes()[np.frombuffer(locus.sequence.encode("ascii"), np.uint8)]
        made += [codes, np.where(codes < 4, 3 - codes, 4)[::-1].astype(np.uint8)]
    return anchors.tracks(made)


def _placed(source: Text, loci: Sequence[Locus], rules: ReadRules) -> Traces:
    lacking = [x.name for x in loci if not x.sequence]
    if lacking:
        told = f"reads without alignments, and no sequence of {', '.join(lacking[:5])}"
        raise source.fault("", told, "a FASTA of each locus, or aligned reads", "give the column fasta")
    index = tracks_of(loci)
    filtered = dict.fromkeys(("no_bases", "too_short", "too_long", "low_mean_quality"), 0)
    umis: list[str] = []
    parts: list[Placed] = []
    records = Records(source)
    reads_in = 0
    with ThreadPoolExecutor(max(rules.threads, 1)) as pool:
        while records.load():
            reads_in += records.n
            keep = _kept(records, rules, filtered)
            if rules.umi:
                umis += _umis(records, keep)
            parts += pool.map(lambda piece: _ways(piece, index), list(_pieces(records, keep)))
    if not reads_in:
        raise source.fault("", "no record", "at least one read", "check that the right file was given")
    told = {k: n for k, n in filtered.items() if n}
    made = _joined(parts, index)
    return replace(made, reads_in=reads_in, filtered=told, digest=source.digest, umis=tuple(umis))


def _kept(records: Records, rules: ReadRules, filtered: dict[str, int]) -> Array:
    """Which records of the block are placed; the others are counted by the first reason."""
    sizes, n = records.length[: records.n], records.n
    good = np.ones(n, np.bool_)
    if rules.least_quality > 0:
        unique_reads.mean_quality_filter(
            records.text, records.quality, records.length, n, rules.least_quality, good
        )  # fmt: skip
    left = np.ones(n, np.bool_)
    for name, wrong in (
        ("no_bases", sizes == 0),
        ("too_short", sizes < rules.least_length),
        ("too_long", sizes > LONGEST_READ),
        ("low_mean_quality", ~good),
    ):
        filtered[name] += int(np.count_nonzero(left & wrong))
        left &= ~wrong
    return np.flatnonzero(left)


def _pieces(records: Records, keep: Array) -> Iterator[tuple[Array, Array, Array]]:
    """Kept reads of the block as codes, starts and sizes, some hundred at a time."""
    table = unique_reads.letter_codes()
    for first in range(0, len(keep), CHUNK):
        some = keep[first : first + CHUNK]
        sizes = records.length[some].astype(np.int64)
        arena = np.concatenate([records.text[a : a + s] for a, s in zip(records.at[some], sizes, strict=True)])
        codes = table[arena]
        starts = np.cumsum(sizes) - sizes
        bad = np.flatnonzero(codes == unique_reads.UNKNOWN)
        if len(bad):
            record = int(some[np.searchsorted(starts, bad[0], side="right") - 1])
            raise records.bad_letter(records.first + record, chr(arena[bad[0]]))
        yield codes, starts, sizes


def _umis(records: Records, keep: Array) -> list[str]:
    """The identifier of each kept read: after RX:Z: where there is one, else behind the last : or _ of its name."""
    heads = records.heads()
    made = []
    for r in keep.tolist():
        head = records.text[int(heads[r]) : int(records.at[r]) - 1].tobytes().decode("ascii", "replace").strip()
        _, tagged, rest = head.partition("RX:Z:")
        name = (head.split() or [""])[0]
        found = (rest.split() or [""])[0] if tagged else name[max(name.rfind(":"), name.rfind("_")) + 1 :]
        made.append(found if found and not set(found.upper()) - set("ACGT-+") else "")
    return made


def _ways(piece: tuple[Array, Array, Array], index: anchors.Tracks) -> Placed:
    arena, starts, sizes = piece
    turns = np.zeros(len(sizes), np.bool_)
    into = np.zeros((len(sizes), MOST_SEGMENTS, len(chains.FIELDS)), np.int64)
    counts = np.zeros(len(sizes), np.int64)
    chains.ways(arena, starts, sizes, index, anchors.MOST, ROOM, into, counts, turns)
    return into, counts, sizes, turns


def _joined(parts: Sequence[Placed], index: anchors.Tracks) -> Traces:
    """The segments of all reads in coordinates of their loci."""
    counts = np.concatenate([np.zeros(0, np.int64), *(p[1] for p in parts)])
    sizes = np.concatenate([np.zeros(0, np.int64), *(p[2] for p in parts)])
    turned = np.concatenate([np.zeros(0, np.bool_), *(p[3] for p in parts)])
    held = np.maximum(counts, 0)
    flat = [into[np.arange(MOST_SEGMENTS)[None, :] < np.maximum(c, 0)[:, None]] for into, c, _, _ in parts]
    rows = np.concatenate(flat) if flat else np.zeros((0, len(chains.FIELDS)), np.int64)
    track = rows[:, 0]
    low, high = index.bounds[track], index.bounds[track + 1]
    reverse = track % 2
    start = np.where(reverse == 1, high - rows[:, 4], rows[:, 3] - low)
    end = np.where(reverse == 1, high - rows[:, 3], rows[:, 4] - low)
    made = np.stack([track // 2, reverse, rows[:, 1], rows[:, 2], start, end, rows[:, 5]], axis=1)
    at = np.concatenate([[0], np.cumsum(held)])
    return Traces(
        sizes, at, made, turned, counts == chains.TOO_MANY, 0, {}, "", "chained exact matches of this program"
    )


def of_rows(reads: Sequence[tuple[int, Sequence[Sequence[int]]]], **told: Any) -> Traces:
    """Traces from (read length, rows of segments); for aligned reads and for tests."""
    rows = [row for _, segments in reads for row in segments]
    at = np.cumsum([0, *(len(segments) for _, segments in reads)]).astype(np.int64)
    sizes = np.array([size for size, _ in reads], np.int64)
    segments = np.array(rows, np.int64).reshape(-1, 7)
    many = np.diff(at) > MOST_SEGMENTS
    given = {"reads_in": len(reads), "filtered": {}, "digest": "", "source": ""} | told
    turned = np.array(given.pop("turned", [False] * len(reads)), np.bool_)
    return Traces(sizes, at, segments, turned, many, **given)
