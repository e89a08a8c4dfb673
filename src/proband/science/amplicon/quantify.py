"""Reads to counts: reads in, unique reads, alignments, events, and one class for every read.

Every read ends in exactly one class: filtered, unaligned, ambiguous or assigned; the sum is checked. Counts are exact
and do not depend on the number of threads.

An ambiguous read fits two alleles of a locus equally well, often because an edit removed what tells them apart. It is
in no allele's counts. `bounds` says how many of the reads of a locus are modified at least and at most: a read that
is modified against every allele it fits is modified, whichever it came from.

Cannot see: molecules, unless reads carry identifiers (`umi`): then what is counted are families, and "read" in this
module means the consensus read of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from proband.kernels import assign
from proband.kernels import events as kernel
from proband.kernels.jit import Array
from proband.science.amplicon.alignment import Aligned, align_reads, pack, with_gaps
from proband.science.amplicon.amplicon import Amplicon
from proband.science.amplicon.events import Classified, Event, classify_reads, window_flags
from proband.science.amplicon.fastq import Filters, UniqueReads
from proband.science.amplicon.merge import MergeRule
from proband.science.amplicon.sources import unique_in
from proband.science.amplicon.umi import UmiRule

IGNORABLE = ("insertions", "deletions", "substitutions")
_BITS = dict(zip(IGNORABLE, (kernel.HAS_INSERTION, kernel.HAS_DELETION, kernel.HAS_SUBSTITUTION), strict=True))


@dataclass(frozen=True, slots=True)
class Settings:
    """How reads are counted. `ignore` names the kinds of events that do not make a read modified.

    `anchored` counts an indel at the place, among equal ones, that is nearest to a cut; the published behaviour is to
    count it where the alignment put it. With `covering` a read whose end lies before or inside of the window is not
    assigned, because what it lacks is not known; the published behaviour is to count a deletion. With `umi`, families
    are counted; `reference` is what a CRAM was made with.
    """

    anchored: bool = True
    covering: bool = True
    ignore: frozenset[str] = frozenset()
    filters: Filters = field(default_factory=Filters)
    merge: MergeRule = field(default_factory=MergeRule)
    threads: int = 1
    umi: UmiRule | None = None
    reference: Path | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Reads of one amplicon by what they show in its window; the seven last fields exclude each other."""

    amplicon: str
    reads: int
    unmodified: int
    modified: int
    insertions: int
    deletions: int
    substitutions: int
    only_insertions: int = 0
    only_deletions: int = 0
    only_substitutions: int = 0
    insertions_and_deletions: int = 0
    insertions_and_substitutions: int = 0
    deletions_and_substitutions: int = 0
    all_three: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """Reads of one locus with the ambiguous ones: how many are modified at least and at most."""

    locus: str
    reads: int
    ambiguous: int
    modified_least: int
    modified_most: int


@dataclass(frozen=True, slots=True)
class Allele:
    """One unique read on its amplicon: the alignment as text, its reads, and its events."""

    aligned_read: str
    aligned_amplicon: str
    amplicon: str
    count: int
    modified: bool
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Quantified:
    """Everything that was counted. Arrays have one row per unique read, in the order of first reads.

    `reads` are turned to the amplicon's strand; `aligned` says where each lies; `flags` (bits: insertion 1, deletion
    2, substitution 4) and `modified` are those of the window that decides, 0 where a read is not assigned.
    """

    amplicons: tuple[Amplicon, ...]
    settings: Settings
    reads: UniqueReads
    aligned: Aligned
    classified: Classified
    flags: Array
    modified: Array
    reads_in: int
    filtered: int
    unaligned: int
    ambiguous: int
    assigned: int
    unaligned_by_reason: dict[str, int]
    counts: tuple[Counts, ...]
    bounds: tuple[Bounds, ...] = field(default_factory=tuple)

    @property
    def target(self) -> Array:
        """Index of the amplicon of each assigned unique read, -1 for the others."""
        status, amplicon = self.aligned.field("status"), self.aligned.field("amplicon")
        return np.where(status == assign.ASSIGNED, amplicon, -1)

    def order(self) -> Array:
        """Indices of the assigned unique reads, the most frequent first, equal ones in the order of first reads."""
        assigned = np.flatnonzero(self.target >= 0)
        return assigned[np.argsort(-self.reads.counts[assigned], kind="stable")]

    def sequence(self, r: int) -> str:
        """The bases of unique read r, on the amplicon's strand where it is aligned."""
        start = self.reads.starts[r]
        return kernel.letter_names()[self.reads.arena[start : start + self.reads.sizes[r]]].tobytes().decode("ascii")

    def allele(self, r: int) -> Allele:
        """Unique read r as an allele; raises ``ValueError`` where it is not assigned."""
        a = int(self.target[r])
        if a < 0:
            raise ValueError(f"unique read {r} is not assigned to an amplicon")
        first = self.aligned.gap_at[r]
        gaps = self.aligned.gap_list[first : first + self.aligned.field("gaps")[r]]
        read = self.sequence(r)
        upper, lower = with_gaps(read, self.amplicons[a].sequence, gaps)
        return Allele(
            upper, lower, self.amplicons[a].name, int(self.reads.counts[r]), bool(self.modified[r]),
            self.classified.events_of(r, read),
        )  # fmt: skip

    def alleles(self) -> Iterator[Allele]:
        """All alleles, the most frequent first."""
        return (self.allele(int(r)) for r in self.order())

    def modified_in(self, name: str) -> dict[str, int]:
        """Modified reads of each amplicon that has a window of this name, with that window deciding."""
        found, target = {}, self.target
        for a, amplicon in enumerate(self.amplicons):
            if name not in amplicon.windows:
                continue
            mine = np.flatnonzero(target == a)
            flags = window_flags(
                self.classified, mine, amplicon.windows[name], len(amplicon.sequence), self.settings.anchored
            )
            hit = is_modified(flags, self.settings, amplicon)
            found[amplicon.name] = int(self.reads.counts[mine][hit].sum())
        return found


def quantify(reads: Sequence[Path], amplicons: Sequence[Amplicon], settings: Settings | None = None) -> Quantified:
    """Count what the reads of one FASTQ, BAM or CRAM file, or of a pair of FASTQ files, show on the amplicons.

    Raises ``ProgramError`` for files that can not be used, ``ValueError`` for a number of files other than 1 or 2.
    """
    settings = settings or Settings()
    if len(reads) not in (1, 2):
        raise ValueError("one file of reads, or two of pairs")
    s = settings
    unique = unique_in(reads, amplicons, s.filters, s.merge, s.umi, s.reference, s.threads)
    return count_unique(unique, amplicons, settings)


def count_unique(unique: UniqueReads, amplicons: Sequence[Amplicon], settings: Settings) -> Quantified:
    """Align and classify unique reads; see `quantify`. Reads aligned as reverse complements are turned."""
    refs = pack(amplicons)
    aligned = align_reads(unique.arena, unique.starts, unique.sizes, refs, settings.threads)
    short = falls_short(aligned, amplicons) if settings.covering else np.zeros(len(unique.starts), np.bool_)
    aligned.field("status")[short] = assign.UNALIGNED
    status = aligned.field("status")
    turn = (aligned.field("reverse") == 1) & (status != assign.UNALIGNED)
    kernel.turn_reads(unique.arena, unique.starts, unique.sizes, turn)
    target = np.where(status == assign.ASSIGNED, aligned.field("amplicon"), -1)
    classified = classify_reads(unique, aligned, target, amplicons, refs, settings.anchored, settings.threads)
    flags = shown(classified.summary[:, 0], settings)
    modified = np.zeros(len(flags), np.bool_)
    for a, amplicon in enumerate(amplicons):
        mine = target == a
        modified[mine] = is_modified(flags[mine], settings, amplicon)
    per_class = [int(unique.counts[status == s].sum()) for s in (assign.UNALIGNED, assign.AMBIGUOUS, assign.ASSIGNED)]
    filtered = sum(unique.filtered.values())
    if filtered + sum(per_class) != unique.reads_in:
        raise AssertionError(f"{unique.reads_in} reads came in, {filtered + sum(per_class)} were classified")
    counts = tuple(
        _counts(x.name, flags[target == a], modified[target == a], unique.counts[target == a])
        for a, x in enumerate(amplicons)
    )
    lost = int(unique.counts[short].sum())
    reasons = {"no_amplicon_fits": per_class[0] - lost, "does_not_cover_window": lost}
    made = Quantified(
        tuple(amplicons), settings, unique, aligned, classified, flags, modified, unique.reads_in, filtered,
        per_class[0], per_class[1], per_class[2], reasons, counts,
    )  # fmt: skip
    return replace(made, bounds=_bounds(made))


def falls_short(aligned: Aligned, amplicons: Sequence[Amplicon]) -> Array:
    """Which aligned reads begin or end inside of the deciding window, or beyond it."""
    gaps, count, target = aligned.gap_list, aligned.field("gaps"), aligned.field("amplicon")
    with_gaps = np.flatnonzero((count > 0) & (aligned.field("status") != assign.UNALIGNED))
    first = np.array([min(a.window, default=len(a.sequence)) for a in amplicons])[target[with_gaps]]
    last = np.array([max(a.window, default=-1) for a in amplicons])[target[with_gaps]]
    size = np.array([len(a.sequence) for a in amplicons])[target[with_gaps]]
    head = gaps[aligned.gap_at[with_gaps]]
    tail = gaps[aligned.gap_at[with_gaps] + count[with_gaps] - 1]
    missing = (head[:, 0] == kernel.DELETION) & (head[:, 1] == 0) & (head[:, 2] > first)
    missing |= (tail[:, 0] == kernel.DELETION) & (tail[:, 1] + tail[:, 2] == size) & (tail[:, 1] <= last)
    made = np.zeros(len(count), np.bool_)
    made[with_gaps] = missing
    return made


def shown(flags: Array, settings: Settings) -> Array:
    """Flags without the kinds that are ignored."""
    ignored = sum(_BITS[kind] for kind in settings.ignore)
    return flags & ~ignored


def is_modified(flags: Array, settings: Settings, amplicon: Amplicon) -> Array:
    """Which reads are modified; a read of a scaffold amplicon always is."""
    if amplicon.parent:
        return np.ones(len(flags), np.bool_)
    return np.asarray(shown(flags, settings) != 0)


def _counts(name: str, flags: Array, modified: Array, weights: Array) -> Counts:
    """Counts of one amplicon from the flags of its unique reads."""
    by_flags = np.bincount(flags, weights=weights, minlength=8).astype(np.int64).tolist()
    with_bit = [sum(n for f, n in enumerate(by_flags) if f & bit) for bit in (1, 2, 4)]
    total, changed = int(weights.sum()), int(weights[modified].sum())
    return Counts(
        name, total, total - changed, changed, with_bit[0], with_bit[1], with_bit[2],
        by_flags[1], by_flags[2], by_flags[4], by_flags[3], by_flags[5], by_flags[6], by_flags[7],
    )  # fmt: skip


def _bounds(q: Quantified) -> tuple[Bounds, ...]:
    """Bounds per locus; ambiguous reads are classified against every allele that they fit."""
    made = []
    status, amplicon = q.aligned.field("status"), q.aligned.field("amplicon")
    loci = list(dict.fromkeys(a.locus for a in q.amplicons))
    for locus in loci:
        members = [k for k, a in enumerate(q.amplicons) if a.locus == locus]
        unclear = np.flatnonzero((status == assign.AMBIGUOUS) & np.isin(amplicon, members))
        assigned = np.flatnonzero((status == assign.ASSIGNED) & np.isin(amplicon, members))
        weights = q.reads.counts
        sure = int(weights[assigned][q.modified[assigned]].sum())
        least = most = 0
        if len(unclear):
            always, ever = _against_each(q, unclear, [k for k in members if not q.amplicons[k].parent])
            least, most = int(weights[unclear][always].sum()), int(weights[unclear][ever].sum())
        total = int(weights[assigned].sum() + weights[unclear].sum())
        made.append(Bounds(locus, total, int(weights[unclear].sum()), sure + least, sure + most))
    return tuple(made)


def _against_each(q: Quantified, rows: Array, members: Sequence[int]) -> tuple[Array, Array]:
    """For ambiguous reads: modified against every allele that they fit best, and against any of them."""
    always, ever = np.ones(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
    best = q.aligned.field("homology")[rows]
    starts, sizes = q.reads.starts[rows], q.reads.sizes[rows]
    some = replace(q.reads, starts=starts, sizes=sizes, counts=q.reads.counts[rows])
    for k in members:
        refs = pack([q.amplicons[k]])
        aligned = align_reads(q.reads.arena, starts, sizes, refs, 1)
        fits = (aligned.field("homology") == best) & (aligned.field("reverse") == 0)
        target = np.where(fits, 0, -1)
        flags = classify_reads(some, aligned, target, [q.amplicons[k]], refs, q.settings.anchored, 1).summary[:, 0]
        changed = shown(flags, q.settings) != 0
        always &= changed | ~fits
        ever |= changed & fits
    return always, ever
