"""The reads of one locus on its amplicons: which they are, what bases they show, and which events they carry.

A locus has a reference amplicon and perhaps other alleles (expected, edited, another haplotype, scaffold class).
Everything is read from the arrays of a ``Quantified``; nothing is aligned again.

Cannot see: reads that were not assigned; how many are ambiguous within the locus is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.kernels import align, assign
from proband.kernels import events as kernel
from proband.science.amplicon.outcome_tables import Unknown
from proband.science.amplicon.quantify import Quantified

Array = NDArray[Any]
MISSING = 5
"""Code of an amplicon base that a read lacks; 0 to 3 are A, C, G, T and 4 is N."""
_BLOCK = 1 << 14
LETTERS = "ACGTN-"


@dataclass(frozen=True)
class LocusReads:
    """Assigned unique reads of a locus: `rows` index the arrays of `q`, `amplicon` and `weights` go with them."""

    q: Quantified
    locus: str
    members: tuple[int, ...]
    rows: Array
    amplicon: Array
    weights: Array
    unknown: Unknown

    @property
    def total(self) -> int:
        """Assigned reads of the locus."""
        return int(self.weights.sum())

    @property
    def flags(self) -> Array:
        """Kinds of events in the deciding window, nothing ignored: insertion 1, deletion 2, substitution 4."""
        return np.asarray(self.q.classified.summary[self.rows, 0])

    def reads(self, chosen: Array) -> int:
        """Reads of the chosen unique reads (a mask over `rows`)."""
        return int(self.weights[chosen].sum())

    def indel(self) -> Array:
        """Which unique reads have an insertion or deletion in the deciding window."""
        return np.asarray((self.flags & (kernel.HAS_INSERTION | kernel.HAS_DELETION)) != 0)


def locus_reads(q: Quantified, locus: str) -> LocusReads:
    """The reads of a locus; raises ``ValueError`` for a locus that no amplicon has."""
    members = tuple(k for k, a in enumerate(q.amplicons) if a.locus == locus)
    if not members:
        raise ValueError(f"no amplicon of locus {locus!r}")
    target = q.target
    rows = np.flatnonzero(np.isin(target, members))
    status, amplicon = q.aligned.field("status"), q.aligned.field("amplicon")
    unclear = (status == assign.AMBIGUOUS) & np.isin(amplicon, members)
    alone = len({a.locus for a in q.amplicons}) == 1
    unknown = Unknown(int(q.reads.counts[unclear].sum()), q.unaligned if alone else None)
    return LocusReads(q, locus, members, rows, target[rows], q.reads.counts[rows], unknown)


def bases_at(q: Quantified, rows: Array, positions: Sequence[int]) -> Array:
    """What each unique read shows at amplicon positions: codes (reads, positions), `MISSING` where it has no base.

    `rows` are unique reads that are assigned to amplicons on which the positions lie.
    """
    wanted = np.asarray(positions, np.int64)
    made = np.empty((len(rows), len(wanted)), np.uint8)
    for first in range(0, len(rows), _BLOCK):
        made[first : first + _BLOCK] = _bases_of_block(q, rows[first : first + _BLOCK], wanted)
    return made


def _bases_of_block(q: Quantified, rows: Array, wanted: Array) -> Array:
    count = q.aligned.field("gaps")[rows].astype(np.int64)
    owner = np.repeat(np.arange(len(rows)), count)
    along = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    gaps = q.aligned.gap_list[np.repeat(q.aligned.gap_at[rows], count) + along]
    kind, place, length = gaps[:, 0:1], gaps[:, 1:2], gaps[:, 2:3]
    deletion = kind == align.DELETION
    shift = np.where(deletion, -length * (place + length <= wanted), length * (place <= wanted))
    moved = np.zeros((len(rows), len(wanted)), np.int64)
    np.add.at(moved, owner, shift)
    lost = np.zeros((len(rows), len(wanted)), np.bool_)
    np.logical_or.at(lost, owner, deletion & (place <= wanted) & (wanted < place + length))
    at = np.where(lost, 0, q.reads.starts[rows][:, None] + wanted + moved)
    return np.where(lost, MISSING, q.reads.arena[at]).astype(np.uint8)


@dataclass(frozen=True)
class EventRows:
    """Events of chosen unique reads: row i is of the unique read `rows[owner[i]]`; columns as in the kernel."""

    owner: Array
    rows: Array

    def column(self, name: int) -> Array:
        """A column by its kernel number, such as ``kernel.START``."""
        return np.asarray(self.rows[:, name])


def events_of(q: Quantified, rows: Array) -> EventRows:
    """All events of some unique reads."""
    at = q.classified.at
    count = at[rows + 1] - at[rows]
    owner = np.repeat(np.arange(len(rows)), count)
    along = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    return EventRows(owner, q.classified.rows[np.repeat(at[rows], count) + along])


def any_of(owner: Array, hit: Array, size: int) -> Array:
    """Which owners have at least one event that is hit.

    >>> any_of(np.array([0, 0, 2]), np.array([False, True, False]), 3).tolist()
    [True, False, False]
    """
    made = np.zeros(size, np.bool_)
    made[owner[hit]] = True
    return made
