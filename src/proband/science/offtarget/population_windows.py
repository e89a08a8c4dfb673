"""One piece of a panel: every distinct local haplotype searched once, its sites with all haplotypes that carry it.

For each edit as the first one that a footprint touches, the haplotypes that carry it are told apart by the edits within
reach; equal ones are one sequence. Haplotypes with a state that is not known within reach, or with edits that exclude
each other, are not searched there and are counted as not known for the sites concerned.

Cannot see: what `panel` could not place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proband.kernels.haplotype_pieces import GAP
from proband.science.offtarget.edits import ALWAYS, Edits, exclude
from proband.science.offtarget.gain_and_loss import ReferenceSite, admitted, near_edits, place_key, reference_site
from proband.science.offtarget.guide import Guide, Limits
from proband.science.offtarget.haplotypes import Batch, CopySite, longest_footprints
from proband.science.offtarget.population_panel import CARRIED, UNKNOWN, PanelEdits
from proband.science.offtarget.search import codes_of, search_codes
from proband.science.offtarget.variant_windows import Pieces

Mask = npt.NDArray[np.bool_]
CHANGES = ("unchanged", "altered", "created", "pam_gained", "lost")


@dataclass(frozen=True, slots=True)
class PanelPiece:
    """What one worker needs: edits, the reference bases around them, guides, and the group of each haplotype."""

    edits: PanelEdits
    offset: int
    codes: npt.NDArray[np.uint8]
    """Codes of the reference from base `offset` on, a reach beyond the edits on either side."""
    length: int
    reach: int
    guides: tuple[Guide, ...]
    limits: Limits
    group: npt.NDArray[np.int64]
    groups: int


@dataclass(frozen=True, slots=True)
class PanelSite:
    """A site in one state, with the haplotypes that have it: (groups,) how many, and how many are known there."""

    change: str
    copy: CopySite | None
    reference: ReferenceSite | None
    variants: tuple[str, ...]
    carriers: tuple[int, ...]
    known: tuple[int, ...]

    @property
    def key(self) -> tuple[int, int, int, int]:
        """Guide, PAM start (reference base, inserted bases), strand turned for order."""
        return place_key(self.copy, self.reference)


@dataclass(frozen=True, slots=True)
class PieceResult:
    """Sites of a piece, and what was searched for them."""

    contig: str
    sites: tuple[PanelSite, ...]
    haplotypes: int
    """Distinct local haplotypes that were searched."""
    bases: int
    set_aside: int
    unknown: int
    """Haplotypes not searched around an edit, summed over edits: a state that is not known."""
    excluded: int
    """The same for edits that exclude each other on one haplotype."""
    left_out: tuple[tuple[str, int], ...]
    """Edits around which some carriers were not searched, and how many."""


class _Slice:
    """The piece's part of the reference as a genome."""

    def __init__(self, piece: PanelPiece) -> None:
        self.piece = piece
        self.names = (piece.edits.contig,)

    def length(self, contig: str) -> int:
        return self.piece.length

    def codes(self, contig: str, start: int, end: int) -> npt.NDArray[np.uint8]:
        return self.piece.codes[start - self.piece.offset : end - self.piece.offset]


def search_panel_piece(piece: PanelPiece) -> PieceResult:
    """All sites of a piece that an edit touches, on every haplotype that is known there."""
    contexts = _Contexts(piece)
    pieces, carriers = contexts.found()
    edits, genome = edits_of(piece.edits), _Slice(piece)
    found: dict[tuple[object, ...], tuple[CopySite, Mask]] = {}
    aside = size = 0
    if len(pieces):  # else no haplotype has an edit and is known around it
        batch = Batch.written(range(len(pieces)), pieces, edits, genome)
        hits = search_codes(batch.buffer, piece.guides, piece.limits)
        for key, site, which in batch.sites(hits, piece.guides, piece.limits):
            mask = found.setdefault(key, (site, np.zeros(len(piece.group), np.bool_)))[1]
            mask[carriers[which[0][0][0]]] = True
        aside = int(np.count_nonzero(batch.buffer == GAP)) - len(pieces) - 1
        size = int(batch.sizes.sum())
    sites = _Account(piece, contexts, list(found.values())).sites()
    out = contexts.left_out.sum(1)
    left = tuple((piece.edits.label[i], int(out[i])) for i in np.flatnonzero(out))
    return PieceResult(
        piece.edits.contig, tuple(sites), len(pieces), size, aside, contexts.unknown, contexts.excluded, left
    )  # fmt: skip


def edits_of(panel: PanelEdits) -> Edits:
    """The edits of a piece, without units: which haplotype has them stands in the states."""
    n = len(panel.start)
    at = np.concatenate(([0], np.cumsum([len(x) for x in panel.new], dtype=np.int64)))
    none = np.zeros(n, np.int64)
    return Edits(
        panel.contig, np.array(panel.start, np.int64), np.array(panel.end, np.int64), at, codes_of("".join(panel.new)),
        np.full(n, ALWAYS, np.int64), none, np.zeros(n, np.uint8), np.zeros(0, np.int64), (), panel.label,
    )  # fmt: skip


class _Contexts:
    """Distinct local haplotypes around each edit."""

    def __init__(self, piece: PanelPiece) -> None:
        e = piece.edits
        self.piece, self.states = piece, e.states
        self.start, self.end, self.size = e.start, e.end, [len(x) for x in e.new]
        self.reach_end = np.maximum.accumulate(np.array(e.end, np.int64))
        self.left_out = np.zeros(e.states.shape, np.bool_)
        self.unknown = self.excluded = 0

    def found(self) -> tuple[Pieces, list[npt.NDArray[np.intp]]]:
        """The sequences to search, and the haplotypes that hold each."""
        made: dict[tuple[int, int, tuple[int, ...]], list[npt.NDArray[np.intp]]] = {}
        for lead in range(len(self.start)):
            self._around(lead, made)
        keys = sorted(made)
        ptr = np.concatenate(([0], np.cumsum([len(k[2]) for k in keys], dtype=np.int64)))
        raw = np.array([k[:2] for k in keys], np.int64).reshape(-1, 2)
        ends = np.stack([raw[:, 0] < 0, raw[:, 1] > self.piece.length], 1)
        which = np.array([e for k in keys for e in k[2]], np.int64)
        low, high = np.maximum(raw[:, 0], 0), np.minimum(raw[:, 1], self.piece.length)
        # The reading of a panel's piece is its number: it leads to the haplotypes.
        readings = [(((n, 0),),) for n in range(len(keys))]
        pieces = Pieces(low, high, ptr, which, readings, np.ones(len(keys), np.bool_), ends, ())
        return pieces, [np.concatenate(made[k]) for k in keys]

    def _around(self, lead: int, made: dict[tuple[int, int, tuple[int, ...]], list[npt.NDArray[np.intp]]]) -> None:
        carriers = np.flatnonzero(self.states[lead] == CARRIED)
        if not len(carriers):
            return
        near = self._near(lead)
        patterns, index = _distinct(self.states[near][:, carriers])
        for n, column in enumerate(patterns):
            who = carriers[index == n]
            state = dict(zip(near, column.tolist(), strict=True))
            walked = self._walk(lead, near, state)
            if isinstance(walked, tuple):
                made.setdefault(walked, []).append(who)
                continue
            self.left_out[lead, who] = True
            if walked == UNKNOWN:
                self.unknown += len(who)
            else:
                self.excluded += len(who)

    def _near(self, lead: int) -> list[int]:
        """Edits that may lie within reach of an edit on some haplotype."""
        floor = self.start[lead] - self.piece.reach
        first = lead
        while first > 0 and self.reach_end[first - 1] > floor:
            first -= 1
        last, far = lead + 1, self.end[lead] + self.piece.reach
        while last < len(self.start) and self.start[last] <= far:
            far += max(0, self.end[last] - self.start[last] - self.size[last])
            last += 1
        return [q for q in range(first, last) if q >= lead or self.end[q] > floor]

    def _walk(self, lead: int, near: list[int], state: dict[int, int]) -> tuple[int, int, tuple[int, ...]] | int:
        """The sequence of a haplotype around an edit; else UNKNOWN, or CARRIED where its edits exclude each other."""
        low = self.start[lead] - self.piece.reach
        for q in sorted((q for q in near if q < lead), key=lambda q: self.end[q], reverse=True):
            if self._excludes(q, lead):
                if state[q]:
                    return state[q]
            elif self.end[q] > low and state[q]:
                if state[q] == UNKNOWN:
                    return UNKNOWN
                low = self.end[q]
        base, need, which = self.end[lead], self.piece.reach, [lead]
        for q in near:
            if q <= lead or not state[q]:
                continue
            if self.start[q] >= base and self.start[q] - base >= need:
                break
            if state[q] == UNKNOWN or self.start[q] < base or self._excludes(which[-1], q):
                return state[q]
            need -= self.start[q] - base + self.size[q]
            base = self.end[q]
            which.append(q)
            if need <= 0:
                return low, base, tuple(which)
        return low, base + need, tuple(which)

    def _excludes(self, a: int, b: int) -> bool:
        return exclude(self.start[a], self.end[a], self.start[b], self.end[b])


def _distinct(columns: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.intp]]:
    """Distinct columns, as rows, and which of them each column is."""
    if len(columns) == 1 and columns.min() == columns.max():
        return columns[:, :1], np.zeros(columns.shape[1], np.intp)
    turned = np.ascontiguousarray(columns.T)
    whole = turned.view(np.dtype((np.void, turned.shape[1]))).ravel()
    _, first, index = np.unique(whole, return_index=True, return_inverse=True)
    return turned[first], index


class _Account:
    """Sites of the haplotypes held against the sites of the reference."""

    def __init__(self, piece: PanelPiece, contexts: _Contexts, found: list[tuple[CopySite, Mask]]) -> None:
        self.piece, self.contexts, self.found = piece, contexts, found
        self.edits, self.genome = edits_of(piece.edits), _Slice(piece)

    def sites(self) -> list[PanelSite]:
        """All sites that an edit touches, in order."""
        at: dict[tuple[int, int, int], list[int]] = {}
        for n, (site, _) in enumerate(self.found):
            if not site.pam_start.inserted:
                at.setdefault((site.guide, site.strand, site.pam_start.reference), []).append(n)
        made, told = [], set()
        for site, near in self._reference():
            there = at.get((site.guide, site.strand, site.pam_start), [])
            told |= set(there)
            made += self._states(site, near, [self.found[n] for n in there])
        for n, (copy, mask) in enumerate(self.found):
            if n not in told:
                made.append(self._row(self._gain(copy), copy, None, copy.edits, mask, self._span(copy)))
        return sorted(made, key=lambda r: (*r.key, CHANGES.index(r.change), r.variants))

    def _reference(self) -> Iterator[tuple[ReferenceSite, list[int]]]:
        piece = self.piece
        hits = search_codes(piece.codes, piece.guides, piece.limits).moved(piece.offset)
        low, high = longest_footprints(hits, piece.guides, piece.limits)
        for h in range(len(hits)):
            near = near_edits(self.edits, self.contexts.reach_end, int(low[h]), int(high[h]))
            if near:
                yield reference_site(hits, h, piece.edits.contig, self.genome, piece.guides), near

    def _states(
        self, site: ReferenceSite, near: list[int], there: Sequence[tuple[CopySite, Mask]]
    ) -> Iterator[PanelSite]:
        states = self.piece.edits.states[near]
        known = ~((states == UNKNOWN).any(0) | self.contexts.left_out[near].any(0))
        touched = (states == CARRIED).any(0)
        same = known & ~touched
        left = known & touched
        for copy, mask in there:
            left &= ~mask
            if copy.alignment == site.alignment:
                same |= mask
            else:
                inside = near_edits(self.edits, self.contexts.reach_end, site.start, site.end)
                always = [i for i in inside if (self.piece.edits.states[i][mask] == CARRIED).all()]
                edits = tuple(sorted({*copy.edits, *always}))
                yield self._row("altered", copy, site, edits, mask, self._span(copy))
        yield self._row("unchanged", None, site, (), same, near)
        if left.any():
            lost = tuple(i for i in near if (states[near.index(i)][left] == CARRIED).any())
            yield self._row("lost", None, site, lost, left, near)

    def _span(self, copy: CopySite) -> list[int]:
        low, high = copy.start.reference + (copy.start.inserted > 0), copy.last.reference + 1
        return sorted({*copy.edits, *near_edits(self.edits, self.contexts.reach_end, low, high)})

    def _row(
        self, change: str, copy: CopySite | None, site: ReferenceSite | None, edits: tuple[int, ...], mask: Mask,
        near: list[int],
    ) -> PanelSite:  # fmt: skip
        piece = self.piece
        known = ~((piece.edits.states[near] == UNKNOWN).any(0) | self.contexts.left_out[near].any(0)) | mask

        def counted(which: Mask) -> tuple[int, ...]:
            return tuple(np.bincount(piece.group[which], minlength=piece.groups).tolist())

        labels = tuple(piece.edits.label[i] for i in edits)
        return PanelSite(change, copy, site, labels, counted(mask), counted(known))

    def _gain(self, copy: CopySite) -> str:
        guide, base = self.piece.guides[copy.guide], copy.pam_start.reference
        if copy.pam_start.inserted:
            return "created"
        held = self.genome.codes(copy.contig, base, min(self.piece.length, base + len(guide.pam))).tolist()
        return "created" if admitted(guide, held, copy.strand) else "pam_gained"
