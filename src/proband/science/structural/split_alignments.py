"""Segments of reads from a sorted, indexed BAM or CRAM: gaps within an alignment, and the parts of split reads.

A record that touches the target is read once per read: its own alignment and those that its tag SA lists (primary and
supplementary) are cut at deletions and skips (D, N) and at insertions (I) of `JOIN` bases or more, and put in the
order of the read. Secondary records are left out. Records marked as duplicates are set aside, and so are reads of
which no part on the target has the mapping quality asked for; other parts below it are dropped from the read.

An aligner writes the second copy of a tandem duplication as an insertion anywhere along the first (the form is not
unique). So inserted bases on the target are aligned to what follows and to what precedes their place, as reads without
alignments are at a jump, and a copy becomes two segments that overlap on the locus.

Source of the format: SAM/BAM specification v1 and its optional fields (samtools/hts-specs).

Cannot see: a copy beside the place of an insertion where the locus has no sequence, or the record lacks those bases; a
part that the aligner did not report, or only as a secondary record; pairs of reads that are discordant
without a split read.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from proband.core.errors import Problem, ProgramError
from proband.core.kinds import nearest
from proband.kernels import chains, unique_reads
from proband.kernels.chains import JOIN
from proband.kernels.jit import Array
from proband.science.structural.locus import Locus
from proband.science.structural.traces import (
    END,
    READ_END,
    READ_START,
    REVERSE,
    SITE,
    START,
    ReadRules,
    Traces,
    of_rows,
)

if TYPE_CHECKING:
    import pysam

LEAST_PART = 20
"""Aligned bases of a part below which it is dropped."""
_CIGAR = re.compile(r"([0-9]+)([MIDNSHP=X])")
_WORDS = {"M": 0, "I": 1, "D": 2, "N": 3, "S": 4, "H": 5, "P": 6, "=": 7, "X": 8}
Part = tuple[str, int, int, int, int, int, int]
"""Contig, reverse, read start and end (as sequenced), reference start and end, matched bases."""


@contextmanager
def _opened(path: Path, reference: Path | None) -> Iterator[pysam.AlignmentFile]:
    """The file; every way in which reading fails becomes a problem. No reference is asked of a server."""
    import pysam

    quiet, before = pysam.set_verbosity(0), os.environ.get("REF_PATH")
    if before is None:
        os.environ["REF_PATH"] = os.devnull
    try:
        named = str(reference) if reference is not None else None
        with pysam.AlignmentFile(str(path), "r", check_sq=False, reference_filename=named) as handle:
            yield handle
    except (OSError, ValueError) as e:
        found = " ".join(str(e).split()).replace(str(path), path.name)[:120]
        if isinstance(e, FileNotFoundError):
            found = "records that can not be decoded" if path.exists() else "no such file"
        remedy = "copy the file again and compare its checksum; for a CRAM name its reference with --reference"
        raise _fault(path, "", found, "a whole BAM or CRAM file", remedy) from None
    finally:
        pysam.set_verbosity(quiet)
        if before is None:
            os.environ.pop("REF_PATH", None)


def _fault(path: Path, place: str, found: str, expected: str, remedy: str) -> ProgramError:
    return ProgramError([Problem(path.name, place, found, expected, remedy)])


def is_aligned(path: Path, reference: Path | None = None) -> bool:
    """Whether a BAM or CRAM names contigs; one without is a file of reads."""
    with _opened(path, reference) as handle:
        return bool(handle.nreferences)


def aligned_traces(path: Path, loci: Sequence[Locus], rules: ReadRules) -> Traces:
    """The reads of the target `loci[0]` in an aligned file, with their parts at all loci.

    Raises one ``ProgramError`` for a file that is cut off, not sorted by coordinate or not indexed, and for loci whose
    contig is not there.
    """
    reads: list[tuple[int, list[list[int]]]] = []
    umis: list[str] = []
    turned: list[bool] = []
    filtered = dict.fromkeys(("duplicate", "low_mapping_quality", "too_short"), 0)
    left_out = {"secondary": 0}
    with _opened(path, rules.reference) as handle:
        target = _checked(path, handle, loci)
        seen: set[tuple[str, bool]] = set()
        for record in handle.fetch(target.contig, target.start, (target.start or 0) + target.length):
            if record.is_secondary:
                left_out["secondary"] += 1
                continue
            key = (str(record.query_name), bool(record.is_read2))
            if key in seen:
                continue
            seen.add(key)
            size, parts = _parts(record, rules.mapping_quality)
            reason = _reason(record, size, parts, target, rules)
            if reason:
                filtered[reason] += 1
                continue
            turn, rows = _rows(size, parts, loci)
            _find_copies(rows, record, turn, target)
            reads.append((size, rows))
            turned.append(turn)
            if rules.umi:
                umis.append(str(record.get_tag("RX")) if record.has_tag("RX") else "")
    with path.open("rb") as raw:
        digest = hashlib.file_digest(raw, "sha256").hexdigest()
    if not reads and not any(filtered.values()):
        where = f"{target.contig}:{(target.start or 0) + 1}"
        raise _fault(path, where, "no record", "reads at the target", "check contig and start of the locus")
    return of_rows(
        reads, reads_in=len(reads) + sum(filtered.values()), filtered={k: n for k, n in filtered.items() if n},
        digest=digest, source="alignments of the file", turned=turned, umis=tuple(umis),
        left_out={k: n for k, n in left_out.items() if n},
    )  # fmt: skip


def _checked(path: Path, handle: Any, loci: Sequence[Locus]) -> Locus:
    """The target, where file and loci fit together; raises with every problem."""
    problems = []
    names = list(handle.references)
    order = handle.header.to_dict().get("HD", {}).get("SO", "")
    if order not in ("coordinate", ""):
        found, remedy = f"records in the order {order[:30]}", "sort it (samtools sort), then index it"
        problems.append(Problem(path.name, "", found, "records sorted by coordinate", remedy))
    elif not handle.has_index():
        remedy = "sort it by coordinate and index it (samtools sort, samtools index)"
        problems.append(Problem(path.name, "", "no index beside it", "a .bai, .csi or .crai file", remedy))
    for locus in loci:
        if locus.start is None:
            told = "no contig and start"
            remedy = "give the columns contig and start"
            problems.append(Problem(f"locus {locus.name}", "", told, "its place, for aligned reads", remedy))
        elif locus.contig not in names:
            other = locus.contig.removeprefix("chr") if locus.contig.startswith("chr") else f"chr{locus.contig}"
            remedy = f"the file calls it {other}" if other in names else nearest(locus.contig, tuple(names))
            found = f"no contig {locus.contig}"
            problems.append(Problem(path.name, f"locus {locus.name}", found, "a contig of the file", remedy))
        elif locus.start + locus.length > handle.get_reference_length(locus.contig):
            size = handle.get_reference_length(locus.contig)
            found = f"a locus that ends behind base {size} of {locus.contig}"
            problems.append(Problem(path.name, f"locus {locus.name}", found, "a place on it", "correct start"))
    if problems:
        raise ProgramError(problems)
    return loci[0]


def _reason(record: Any, size: int, parts: Sequence[Part], target: Locus, rules: ReadRules) -> str:
    """Why a read is set aside, or ""."""
    if record.is_duplicate:
        return "duplicate"
    if size < rules.least_length:
        return "too_short"
    at = target.start or 0
    here = [p for p in parts if p[0] == target.contig and p[4] < at + target.length and p[5] > at]
    return "" if here else "low_mapping_quality"


def _parts(record: Any, least_quality: int) -> tuple[int, list[Part]]:
    """Length of the read, and its parts in the order in which it was sequenced."""
    size = record.infer_read_length() or 0
    given = [
        (record.reference_name, record.reference_start, record.is_reverse, record.cigartuples or [],
         record.mapping_quality)
    ]  # fmt: skip
    if record.has_tag("SA"):
        for text in str(record.get_tag("SA")).split(";"):
            fields = text.split(",")
            if len(fields) != 6 or not (fields[1].isdecimal() and fields[4].isdecimal()):
                continue
            cigar = [(_WORDS[word], int(n)) for n, word in _CIGAR.findall(fields[3])]
            given.append((fields[0], int(fields[1]) - 1, fields[2] == "-", cigar, int(fields[4])))
    parts: list[Part] = []
    for contig, start, reverse, cigar, quality in given:
        if quality >= least_quality:
            parts += _cut(contig, start, bool(reverse), cigar, size)
    return size, _apart(sorted(parts, key=lambda p: (p[2], -p[3])))


def _cut(contig: str, start: int, reverse: bool, cigar: Sequence[tuple[int, int]], size: int) -> list[Part]:
    """The parts of one alignment, cut at large gaps; read positions as sequenced."""
    made: list[Part] = []
    read, place = 0, start
    first_read, first, matched = 0, start, 0

    def close() -> None:
        if matched >= LEAST_PART:
            a, b = (size - read, size - first_read) if reverse else (first_read, read)
            made.append((contig, int(reverse), a, b, first, place, matched))

    for word, n in cigar:
        large = (word in (1, 2, 3) and n >= JOIN) or word in (4, 5)
        if large:
            close()
        read += n if word in (0, 1, 4, 5, 7, 8) else 0
        place += n if word in (0, 2, 3, 7, 8) else 0
        if large:
            first_read, first, matched = read, place, 0
        elif word in (0, 7, 8):
            matched += n
    close()
    return made[::-1] if reverse else made


def _apart(parts: Sequence[Part]) -> list[Part]:
    """Parts that do not share bases of the read: what two share stays with the first."""
    made: list[Part] = []
    for contig, reverse, a, b, start, end, matched in parts:
        over = max(made[-1][3] - a, 0) if made else 0
        if matched - over < LEAST_PART:
            continue
        start, end = (start, end - over) if reverse else (start + over, end)
        made.append((contig, reverse, a + over, b, start, end, matched - over))
    return made


def _rows(size: int, parts: Sequence[Part], loci: Sequence[Locus]) -> tuple[bool, list[list[int]]]:
    """Segments of a read, turned (and whether) so that most of it lies forward on the target."""
    rows = []
    for contig, reverse, a, b, start, end, matched in parts:
        site = -1
        for number, locus in enumerate(loci):
            at = locus.start or 0
            if contig == locus.contig and start < at + locus.length and end > at:
                site = number
                break
        at = (loci[site].start or 0) if site >= 0 else 0
        rows.append([site, reverse, a, b, start - at, end - at, matched])
    forward = sum((1 - 2 * row[1]) * row[6] for row in rows if row[0] == 0)
    if forward < 0:
        rows = [[s, 1 - rev, size - b, size - a, start, end, m] for s, rev, a, b, start, end, m in rows[::-1]]
    return forward < 0, rows


def _find_copies(rows: list[list[int]], record: Any, turned: bool, target: Locus) -> None:
    """Let segments overlap on the target where the bases inserted between them copy what stands beside; in place."""
    wide = [
        (left, right)
        for left, right in pairwise(rows)
        if left[SITE] == right[SITE] == left[REVERSE] == right[REVERSE] == 0
        and right[READ_START] - left[READ_END] >= JOIN
        and abs(right[START] - left[END]) < JOIN
    ]
    if not wide or not target.sequence or record.query_sequence is None:
        return
    read, locus = _bases(record, turned), _codes(target.sequence)
    for left, right in wide:
        inserted = read[left[READ_END] : right[READ_START]]
        n = len(inserted)
        scratch = np.zeros((4, n + 1), np.int64)
        room = np.zeros((2, 2 * chains.WIDEST + 3), np.int64)
        behind = locus[max(left[END], 0) : max(left[END], 0) + n + chains.WIDEST]
        before = locus[max(right[START] - n - chains.WIDEST, 0) : max(right[START], 0)]
        chains.ends_of(inserted, behind, True, scratch[0], scratch[1], room)
        chains.ends_of(inserted, before, False, scratch[2], scratch[3], room)
        used, first = chains.split(scratch[0], scratch[2], n)
        right[READ_START] = left[READ_END] + int(first)
        left[READ_END] += int(used)
        left[END] += int(scratch[1][used])
        right[START] -= int(scratch[3][n - first])


def _bases(record: Any, turned: bool) -> Array:
    """The bases of a read as codes, in the direction of its segments; those that were cut off the record are N."""
    cigar = record.cigartuples
    ends = [n if word == 5 else 0 for word, n in (cigar[0], cigar[-1])]
    text = "N" * ends[0] + str(record.query_sequence) + "N" * ends[1]
    codes = _codes(text.upper())
    if bool(record.is_reverse) == turned:
        return codes
    return np.asarray(np.where(codes < 4, 3 - codes, 4)[::-1], np.uint8)


def _codes(text: str) -> Array:
    made = unique_reads.letter_codes()[np.frombuffer(text.encode("ascii"), np.uint8)]
    return np.asarray(np.minimum(made, 4), np.uint8)
