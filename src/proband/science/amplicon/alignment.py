"""Unique reads to amplicons: packs the amplicons for the kernels, runs them over the reads, and keeps the gaps.

The rule and the proofs are in ``kernels/align.py`` and ``kernels/assign.py``. Reads are dealt in chunks of fixed size,
whose results do not depend on each other, so that any number of threads gives the same arrays.

Cannot see: reads longer than `LONGEST`; they are set aside before.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from proband.kernels import align, assign, shortcuts
from proband.kernels.jit import Array
from proband.kernels.unique_reads import letter_codes
from proband.science.amplicon.amplicon import Amplicon

CHUNK = 8192
"""Reads of one task; small enough that two threads end together."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """One row per unique read: `lines` (reads, 8) as in ``kernels/assign.py``, its gaps at `gap_at` in `gap_list`."""

    lines: Array
    gap_at: Array
    gap_list: Array

    def field(self, name: str) -> Array:
        """A column of `lines` by its name.

        >>> Aligned(np.arange(8)[None, :], np.zeros(1), np.zeros((0, 3))).field("score").tolist()
        [4]
        """
        return self.lines[:, assign.FIELDS.index(name)]


def encoded(sequence: str) -> Array:
    """The codes of a sequence of A, C, G, T, N.

    >>> encoded("ACGTN").tolist()
    [0, 1, 2, 3, 4]
    """
    return letter_codes()[np.frombuffer(sequence.encode("ascii"), np.uint8)]


def losses() -> Array:
    """What a column loses against a match, in half points; see ``kernels/align.py``.

    >>> losses()[0, [0, 1, 4]].tolist()
    [0, 18, 14]
    """
    return (10 - 2 * align.letter_scores()).astype(np.int32)


def pack(amplicons: Sequence[Amplicon]) -> assign.References:
    """The amplicons as flat arrays for the kernels; raises ``ValueError`` for a parent that is not among them."""
    codes = [encoded(a.sequence) for a in amplicons]
    names, loci = [a.name for a in amplicons], sorted({a.locus for a in amplicons})
    words = np.empty((len(codes), 4**shortcuts.WORD), np.int16)
    for k, bases in enumerate(codes):
        shortcuts.index_words(bases, words[k])
    back = [np.where(c < 4, 3 - c, 4)[::-1].astype(np.uint8) for c in codes]
    lcs = assign.longest_common_subsequence
    incentive = [np.isin(np.arange(len(c) + 1), a.cuts).astype(np.int32) for a, c in zip(amplicons, codes, strict=True)]
    tails = [encoded(a.tail) for a in amplicons]
    return assign.References(
        bases=np.concatenate(codes),
        offsets=np.cumsum([0, *(len(c) for c in codes)]).astype(np.int64),
        incentive=np.concatenate(incentive),
        words=words,
        least=np.array([round(1000 * a.least_identity) for a in amplicons], np.int32),
        locus=np.array([loci.index(a.locus) for a in amplicons], np.int32),
        same=np.array([[lcs(a, b) for b in codes] for a in codes], np.int32),
        cross=np.array([[lcs(a, b) for b in codes] for a in back], np.int32),
        parent=np.array([names.index(a.parent) if a.parent else -1 for a in amplicons], np.int32),
        behind=np.array([a.behind for a in amplicons], np.int32),
        ahead=np.array([a.ahead for a in amplicons], np.int32),
        tail=np.concatenate([*tails, np.zeros(1, np.uint8)]),
        tail_at=np.cumsum([0, *(len(t) for t in tails)]).astype(np.int64),
        profile=np.concatenate([align.letter_scores()[:, c].ravel() for c in codes]),
    )


def align_reads(arena: Array, starts: Array, sizes: Array, refs: assign.References, threads: int = 1) -> Aligned:
    """Align every read of a table of unique reads: `arena` codes, read r at starts[r], of sizes[r] bases."""
    reads = len(starts)
    lines, gap_at = np.zeros((reads, len(assign.FIELDS)), np.int32), np.zeros(reads, np.int64)
    longest = int(sizes.max(initial=1))
    loss = losses()

    def task(first: int) -> Array:
        stop, used, here = min(first + CHUNK, reads), 0, first
        room = np.empty((2 * CHUNK + assign.ROOM, 3), np.int32)
        while here < stop:
            here, used = assign.assign(arena, starts, sizes, here, stop, refs, loss, longest, lines, gap_at, room, used)
            if here < stop:
                room = np.concatenate([room, np.empty_like(room)])
        return room[:used].copy()

    found = in_order(task, range(0, reads, CHUNK), threads)
    base = 0
    for first, gaps in zip(range(0, reads, CHUNK), found, strict=True):
        gap_at[first : first + CHUNK] += base
        base += len(gaps)
    return Aligned(lines, gap_at, np.concatenate([np.empty((0, 3), np.int32), *found]))


def in_order(task, firsts, threads: int) -> list:  # type: ignore[no-untyped-def,type-arg]
    """Results of a task for each first index, in order, on one thread or several."""
    if threads == 1:
        return [task(first) for first in firsts]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(task, firsts))


def align_pair(read: str, amplicon: str, cuts: Sequence[int] = ()) -> tuple[str, str, int]:
    """One alignment as text: the read and the amplicon with gaps, and the score.

    >>> align_pair("ACGTTTGCATT", "ACGTTGCATT", [4])
    ('ACGTTTGCATT', 'ACGT-TGCATT', 31)
    """
    refs = pack([Amplicon("a", amplicon, cuts=tuple(cuts))])
    codes, loss = encoded(read), losses()
    n, m = len(read), len(amplicon)
    rows, trace = np.empty((5, n + m + 4), np.int32), np.empty((n + 1) * 64, np.uint8)
    runs, line = np.empty((n + m + 1, 3), np.int32), np.empty(len(assign.FIELDS), np.int32)
    profile = refs.profile.reshape(5, m)
    assign.align_one(codes, refs.bases, profile, refs.incentive, refs.words[0], loss, rows, trace, runs, line)
    upper, lower = with_gaps(read, amplicon, runs[: line[assign.GAPS]])
    return upper, lower, int(line[assign.SCORE])


def with_gaps(read: str, amplicon: str, gaps: Array) -> tuple[str, str]:
    """The two rows of an alignment from its gaps (kind, amplicon index, length).

    >>> with_gaps("ACT", "ACGT", np.array([[2, 2, 1]]))
    ('AC-T', 'ACGT')
    """
    upper, lower, i, j = [], [], 0, 0
    for kind, place, length in [*gaps.tolist(), (0, len(amplicon), 0)]:
        upper.append(read[i : i + place - j])
        lower.append(amplicon[j:place])
        i, j = i + place - j, place
        if kind == align.INSERTION:
            upper.append(read[i : i + length])
            lower.append("-" * length)
            i += length
        else:
            upper.append("-" * length)
            lower.append(amplicon[j : j + length])
            j += length
    return "".join(upper), "".join(lower)
