"""Events of all unique reads: kinds, places, equal places, and counts per amplicon position.

The rules are those of ``kernels/events.py``. Chunks of reads are classified on their own and added up in integers, so
that threads change nothing.

Cannot see: events outside of the reads, such as a deletion of a primer's place.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from proband.kernels import assign
from proband.kernels import events as kernel
from proband.kernels.jit import Array
from proband.science.amplicon.alignment import Aligned
from proband.science.amplicon.amplicon import Amplicon
from proband.science.amplicon.fastq import UniqueReads

KINDS = {kernel.INSERTION: "insertion", kernel.DELETION: "deletion", kernel.SUBSTITUTION: "substitution"}
CHUNK = 1 << 14


@dataclass(frozen=True, slots=True)
class Event:
    """One event on an amplicon: kind, the bases start to end of the amplicon, and the read's own bases there.

    For an insertion start and end are the boundary. `left` is the start of the leftmost equal event, `anchored` that
    of the equal event nearest to a cut. `counted` says whether it lies in the window that decides.
    """

    kind: str
    start: int
    end: int
    bases: str
    left: int
    anchored: int
    counted: bool


@dataclass(frozen=True, slots=True)
class Classified:
    """Events of unique reads: read r has rows at[r] to at[r + 1] of `rows` (columns as in ``kernels/events.py``).

    `summary` (reads, 4): flags, deleted, inserted and substituted bases that count. `nucleotides` (6, bases), `whole`
    and `window` (4, bases) hold reads per position; amplicon a has the bases offsets[a] to offsets[a + 1].
    """

    at: Array
    rows: Array
    summary: Array
    nucleotides: Array
    whole: Array
    window: Array
    offsets: Array

    def events_of(self, r: int, read: str) -> tuple[Event, ...]:
        """The events of unique read r, whose bases are `read`."""
        made = []
        for row in self.rows[self.at[r] : self.at[r + 1]].tolist():
            kind, start, end, length, begin, left, anchored, counted = row
            bases = "" if kind == kernel.DELETION else read[begin : begin + length]
            made.append(Event(KINDS[kind], start, end, bases, left, anchored, bool(counted)))
        return tuple(made)


def classify_reads(
    reads: UniqueReads,
    aligned: Aligned,
    target: Array,
    amplicons: Sequence[Amplicon],
    refs: assign.References,
    anchored: bool,
    threads: int = 1,
) -> Classified:
    """Events of every unique read with an amplicon in `target` (index, or -1); reads lie on the amplicon's strand."""
    n, size = len(reads.starts), int(refs.offsets[-1])
    gaps = (aligned.gap_at, np.ascontiguousarray(aligned.field("gaps")), aligned.gap_list)
    found = np.zeros(n, np.int64)
    kernel.size_events(reads.arena, reads.starts, reads.sizes, target, refs, *gaps, 0, n, found)
    at = np.concatenate([np.zeros(1, np.int64), np.cumsum(found)])
    rows, summary = np.zeros((int(at[-1]), len(kernel.COLUMNS)), np.int32), np.zeros((n, 4), np.int32)
    cuts = np.array([c for a in amplicons for c in a.cuts], np.int64)
    cut_at = np.cumsum([0, *(len(a.cuts) for a in amplicons)]).astype(np.int64)
    windows = window_mask(amplicons, refs.offsets)

    def task(first: int) -> tuple[Array, Array, Array]:
        tables = (np.zeros((6, size), np.int64), np.zeros((4, size), np.int64), np.zeros((4, size), np.int64))
        kernel.classify(
            reads.arena, reads.starts, reads.sizes, reads.counts, target, refs, *gaps, cuts, cut_at, windows, anchored,
            first, min(first + CHUNK, n), at, rows, summary, *tables,
        )  # fmt: skip
        return tables

    sums: Any = [np.zeros((6, size), np.int64), np.zeros((4, size), np.int64), np.zeros((4, size), np.int64)]
    with ThreadPoolExecutor(threads) as pool:
        for tables in pool.map(task, range(0, n, CHUNK)):
            for total, part in zip(sums, tables, strict=True):
                total += part
    return Classified(at, rows, summary, sums[0], sums[1], sums[2], refs.offsets)


def window_mask(amplicons: Sequence[Amplicon], offsets: Array) -> Array:
    """The deciding windows of all amplicons, laid out like their bases."""
    mask = np.zeros(int(offsets[-1]), np.bool_)
    for a, amplicon in enumerate(amplicons):
        mask[np.array(amplicon.window, np.int64) + offsets[a]] = True
    return mask


def window_flags(c: Classified, reads: Array, window: Sequence[int], size: int, anchored: bool) -> Array:
    """Flags of some unique reads of one amplicon with another window deciding."""
    inside = np.zeros(size + 2, np.int64)
    inside[np.array(window, np.int64) + 1] = 1
    before = np.cumsum(inside)
    owner = np.repeat(np.arange(len(reads)), c.at[reads + 1] - c.at[reads])
    first = np.repeat(c.at[reads], c.at[reads + 1] - c.at[reads])
    begin = np.cumsum(c.at[reads + 1] - c.at[reads]) - (c.at[reads + 1] - c.at[reads])
    rows = c.rows[first + np.arange(len(first)) - begin[owner]]
    shift = np.where(anchored, rows[:, kernel.ANCHORED] - rows[:, kernel.START], 0)
    start, end = rows[:, kernel.START] + shift, rows[:, kernel.END] + shift
    insertion = rows[:, kernel.KIND] == kernel.INSERTION
    touched = np.where(insertion, inside[start] & inside[start + 1], before[end] > before[start])
    bits = np.array([0, kernel.HAS_INSERTION, kernel.HAS_DELETION, kernel.HAS_SUBSTITUTION])[rows[:, kernel.KIND]]
    flags = np.zeros(len(reads), np.int32)
    np.bitwise_or.at(flags, owner, np.where(touched, bits, 0).astype(np.int32))
    return flags
