"""Exact search of a person's copies: every site that touches an edit, with the readings of the calls that hold it.

The pieces of `variant_windows` are written one after the other into a buffer, searched as any sequence is, and the
sites that touch an edit are led back to the reference. A base in an insertion has no place there: it gets the last
reference base before it and how many bases after it (`inserted`).

A site touches an edit where the longest footprint that the limits allow at its PAM holds a new base of the edit, or
both sides of bases that are gone. `edits` of a site are those that its canonical footprint touches.

Cannot see: sites without an edit in reach (the search of the reference finds them), and what `variant_windows` lists as
not completely searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proband.kernels.haplotype_pieces import GAP, lift_places, piece_sizes, touched_edits, write_pieces
from proband.science.offtarget.edits import Bases, Edits, Ints
from proband.science.offtarget.guide import Guide, Limits
from proband.science.offtarget.search import search_codes
from proband.science.offtarget.sites import Hits, footprint_codes, written
from proband.science.offtarget.variant_windows import Pieces, Reading, pieces_of

Search = Callable[[npt.NDArray[np.uint8], Sequence[Guide], Limits], Hits]
ROOM = 1 << 22
"""Bases of one buffer."""
SPAN = 1 << 24
"""Reference bases under one buffer."""


@dataclass(frozen=True, slots=True)
class Place:
    """A base: its reference base (0-based), or the last one before it and its number among the inserted bases."""

    reference: int
    inserted: int = 0


@dataclass(frozen=True, slots=True)
class CopySite:
    """A site on a copy that touches edits, with its canonical alignment there; coordinates of the reference."""

    guide: int
    contig: str
    strand: int
    pam_start: Place
    start: Place
    last: Place
    """The last base of the footprint (included)."""
    spacer: str
    protospacer: str
    pam: str
    mismatches: int
    dna_bulges: int
    rna_bulges: int
    edits: tuple[int, ...]
    """Edits that the canonical footprint touches, in order."""
    readings: frozenset[Reading]
    """Readings of the calls that hold it, as short as can be: the empty one where every copy does."""

    @property
    def alignment(self) -> tuple[str, str, str]:
        """Aligned spacer, aligned protospacer, PAM."""
        return self.spacer, self.protospacer, self.pam


@dataclass(frozen=True, slots=True)
class CopySearch:
    """Sites of one contig's copies, and what was searched for them."""

    sites: tuple[CopySite, ...]
    pieces: Pieces
    bases: int
    """Bases that were searched."""
    set_aside: int
    """Bases among them that are no A, C, G, T: footprints that hold one are set aside."""


def reach_of(guides: Iterable[Guide], limits: Limits) -> int:
    """Longest footprint of the guides less 1, in bases."""
    return max(len(g.spacer) + len(g.pam) for g in guides) + limits.dna_bulges - 1


def search_copies(
    edits: Edits, genome: Bases, guides: Sequence[Guide], limits: Limits, k: int = 10, search: Search = search_codes
) -> CopySearch:
    """All sites that touch an edit, on every copy that some reading of the calls allows.

    `k`: at most 2 ** k readings around one edit. The result does not depend on how the work is cut.
    """
    pieces = pieces_of(edits, genome.length(edits.contig), reach_of(guides, limits), k)
    found: dict[tuple[object, ...], tuple[CopySite, set[Reading]]] = {}
    bases = aside = 0
    for part in batches(pieces, edits):
        batch = Batch.written(part, pieces, edits, genome)
        bases += int(batch.sizes.sum())
        aside += int(np.count_nonzero(batch.buffer == GAP)) - len(part) - 1
        for key, site, readings in batch.sites(search(batch.buffer, guides, limits), guides, limits):
            found.setdefault(key, (site, set()))[1].update(readings)
    sites = [_with(site, shortest(readings, edits.options)) for site, readings in found.values()]
    sites.sort(key=lambda s: (s.guide, s.pam_start.reference, s.pam_start.inserted, -s.strand, s.edits, s.protospacer))
    return CopySearch(tuple(sites), pieces, bases, aside)


def shortest(readings: Iterable[Reading], options: Ints) -> frozenset[Reading]:
    """Readings without the units that do not matter: all options of a unit with equal others become one reading.

    A reading that asks for more than another one asks adds nothing, and is left out.

    >>> sorted(shortest([((0, 0),), ((0, 1), (1, 0)), ((0, 1), (1, 1))], np.array([2, 2])))
    [()]
    >>> sorted(shortest([((0, 1),), ((0, 1), (1, 0))], np.array([2, 2])))
    [((0, 1),)]
    """
    left = set(readings)
    while True:
        left = _unimplied(left)
        grouped: dict[tuple[int, Reading], set[Reading]] = {}
        for reading in left:
            for n, (unit, _) in enumerate(reading):
                grouped.setdefault((unit, reading[:n] + reading[n + 1 :]), set()).add(reading)
        whole = [(rest, group) for (unit, rest), group in grouped.items() if len(group) == options[unit]]
        if not whole:
            return frozenset(left)
        for rest, group in whole:
            left = (left - group) | {rest}


def _unimplied(readings: set[Reading]) -> set[Reading]:
    """Readings of which no other is a part."""
    if len({len(r) for r in readings}) < 2:
        return readings
    kept: list[frozenset[tuple[int, int]]] = []
    made: set[Reading] = set()
    for reading in sorted(readings, key=lambda r: (len(r), r)):
        pairs = frozenset(reading)
        if not any(k <= pairs for k in kept):
            kept.append(pairs)
            made.add(reading)
    return made


def _with(site: CopySite, readings: frozenset[Reading]) -> CopySite:
    values = {name: getattr(site, name) for name in CopySite.__slots__}
    return CopySite(**{**values, "readings": readings})


def batches(pieces: Pieces, edits: Edits) -> Iterator[range]:
    """Pieces cut into runs that fit one buffer."""
    sizes = piece_sizes(pieces.low, pieces.high, pieces.ptr, pieces.edits, edits.start, edits.end, edits.alt_from)
    first = room = 0
    for p in range(len(pieces)):
        size = int(sizes[p]) + 1
        if p > first and (room + size > ROOM or int(pieces.high[p]) - int(pieces.low[first]) > SPAN):
            yield range(first, p)
            first, room = p, 0
        room += size
    if len(pieces):
        yield range(first, len(pieces))


@dataclass(frozen=True, slots=True)
class Batch:
    """Some pieces in a buffer."""

    edits: Edits
    pieces: Pieces
    first: int
    low: Ints
    ptr: Ints
    which: Ints
    sizes: Ints
    begins: Ints
    buffer: npt.NDArray[np.uint8]
    edit_at: Ints
    reach: Ints
    """The largest end of the edits up to each."""

    @classmethod
    def written(cls, part: range, pieces: Pieces, e: Edits, genome: Bases) -> Batch:
        """The chosen pieces, one after the other."""
        a, b = part.start, part.stop
        low, high = pieces.low[a:b], pieces.high[a:b]
        ptr = pieces.ptr[a : b + 1] - pieces.ptr[a]
        which = pieces.edits[pieces.ptr[a] : pieces.ptr[b]]
        sizes = piece_sizes(low, high, ptr, which, e.start, e.end, e.alt_from)
        begins = np.cumsum(sizes + 1) - sizes
        buffer = np.full(int(sizes.sum()) + len(sizes) + 1, GAP, np.uint8)
        edit_at = np.zeros(len(which), np.int64)
        offset = int(low.min())
        codes = genome.codes(e.contig, offset, int(high.max()))
        write_pieces(
            codes, offset, low, high, ptr, which, e.start, e.end, e.alt_from, e.alt, begins, buffer, edit_at
        )  # fmt: skip
        reach = np.maximum.accumulate(e.end) if len(e) else e.end
        return cls(e, pieces, a, low, ptr, which, sizes, begins, buffer, edit_at, reach)

    def sites(
        self, hits: Hits, guides: Sequence[Guide], limits: Limits
    ) -> Iterator[tuple[tuple[object, ...], CopySite, tuple[Reading, ...]]]:
        """Sites that touch an edit, with a key that is equal for one site in several pieces, and their readings."""
        piece = np.searchsorted(self.begins, hits.start, "right") - 1
        whole_low, whole_high = longest_footprints(hits, guides, limits)
        low, high = self._within(piece, whole_low, whole_high)
        from_, to = self._touched(low, high, piece)
        # A walked piece begins where another edit may end. Its own are the footprints that touch its first edit and lie
        # in it as long as they can be; any other is judged in the piece of the edit that it touches first.
        inside = (low == whole_low) & (high == whole_high) & (from_ == self.ptr[piece])
        own = ~self.pieces.walked[self.first + piece] | inside
        chosen = np.flatnonzero((to > from_) & own)
        hits, piece, wide = hits.take(chosen), piece[chosen], (from_[chosen], to[chosen])
        begins, ends = self.begins[piece], (self.begins + self.sizes)[piece] - 1
        window = [self._lifted(np.clip(at[chosen], begins, ends), piece) for at in (whole_low, whole_high - 1)]
        places = [self._lifted(at, piece) for at in (hits.pam_start, hits.start, hits.end - 1)]
        from_, to = self._touched(hits.start, hits.end, piece)
        for h in range(len(hits)):
            guide = guides[int(hits.guide[h])]
            start, end, strand = int(hits.start[h]), int(hits.end[h]), int(hits.strand[h])
            text = written(guide, footprint_codes(self.buffer, start, end, strand), hits.columns[h])
            edits = tuple(self.which[from_[h] : to[h]].tolist())
            pam, begin, last = (Place(int(r[h]), int(i[h])) for r, i in places)
            counts = int(hits.mismatches[h]), int(hits.dna_bulges[h]), int(hits.rna_bulges[h])
            words = text.spacer, text.protospacer, text.pam
            number = int(hits.guide[h])
            # What is inserted at one anchor by different alleles are different places: the edits are part of the key.
            key = (number, strand, pam, begin, last, edits, words)
            site = CopySite(number, self.edits.contig, strand, pam, begin, last, *words, *counts, edits, frozenset())
            readings = self.pieces.readings[self.first + int(piece[h])]
            if max(map(len, readings), default=0) > 1:
                low, high = int(window[0][0][h] + (window[0][1][h] > 0)), int(window[1][0][h]) + 1
                held = self.which[wide[0][h] : wide[1][h]].tolist()
                readings = self._near(readings, low, high, held)
            yield key, site, readings

    def _near(self, readings: tuple[Reading, ...], low: int, high: int, held: list[int]) -> tuple[Reading, ...]:
        """Readings without units that have no edit in a footprint, there or not."""
        e = self.edits
        last = int(np.searchsorted(e.start, high, "left"))
        first = int(np.searchsorted(self.reach[:last], low, "right"))
        near = [i for i in range(first, last) if e.end[i] > low]
        units = {int(e.unit[i]) for i in (*near, *held)}
        return tuple(dict.fromkeys(tuple(pair for pair in r if pair[0] in units) for r in readings))

    def _within(self, piece: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints]:
        """Footprints cut at their piece, unless the contig ends there: bases gone at its end count as touched."""
        begins, ends = self.begins[piece], (self.begins + self.sizes)[piece]
        open_ = self.pieces.ends[self.first + piece]
        return np.where(open_[:, 0], low, np.maximum(low, begins)), np.where(open_[:, 1], high, np.minimum(high, ends))

    def _touched(self, first: Ints, last: Ints, piece: Ints) -> tuple[Ints, Ints]:
        from_, to = np.zeros(len(first), np.int64), np.zeros(len(first), np.int64)
        touched_edits(first, last, piece, self.ptr, self.which, self.edits.alt_from, self.edit_at, from_, to)
        return from_, to

    def _lifted(self, places: Ints, piece: Ints) -> tuple[Ints, Ints]:
        e = self.edits
        reference, inserted = np.zeros(len(places), np.int64), np.zeros(len(places), np.int64)
        lift_places(
            places, piece, self.begins, self.low, self.ptr, self.which, e.start, e.end, e.alt_from, self.edit_at,
            reference, inserted,
        )  # fmt: skip
        return reference, inserted


def longest_footprints(hits: Hits, guides: Sequence[Guide], limits: Limits) -> tuple[Ints, Ints]:
    """Start and end of the longest footprint that the limits allow at the PAM of each site."""
    size = np.array([len(g.spacer) + limits.dna_bulges for g in guides], np.int64)[hits.guide]
    pam = np.array([len(g.pam) for g in guides], np.int64)[hits.guide]
    side = np.array([1 if g.pam_side == 3 else -1 for g in guides], np.int64)[hits.guide]
    after = side * hits.strand > 0  # the PAM lies after its protospacer on the forward strand
    low = np.where(after, hits.pam_start - size, hits.pam_start)
    high = np.where(after, hits.pam_start + pam, hits.pam_start + pam + size)
    return low, high
