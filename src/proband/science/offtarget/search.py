"""Exact search of a sequence for sites of guides, on both strands, by the written semantics.

The sequence is searched in pieces of about a million positions, each with all guides; pieces go to threads, and the
result depends neither on threads nor on the size of the pieces. The kernels find a superset by bit-parallel counting
(``kernels/pam_sites.py``); each site found is then aligned by itself (``kernels/site_alignment.py``).

Cannot see: sequence that it is not given; letters other than A, C, G, T (windows with them are set aside).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proband.kernels.bit_planes import pack
from proband.kernels.found_sites import align_found
from proband.kernels.gathering import SITES, gather
from proband.kernels.pam_sites import near_dense, near_gathered, pam_mask
from proband.science.offtarget.guide import Guide, Limits, check_guides
from proband.science.offtarget.sites import Hits, joined, ordered
from proband.science.offtarget.strand_guides import StrandGuides, strand_guides

Words = npt.NDArray[np.uint64]

PIECE = 1 << 14
"""Words of 64 positions searched at a time."""
_LETTERS = np.full(256, 4, np.uint8)
for _code, _pair in enumerate((b"Aa", b"Cc", b"Gg", b"TtUu")):
    for _letter in _pair:
        _LETTERS[_letter] = _code


@dataclass(frozen=True, slots=True)
class Planes:
    """A sequence as bit planes (``kernels/bit_planes.py``), in memory or mapped from a file."""

    high: Words
    low: Words
    other: Words
    length: int


@dataclass(frozen=True, slots=True)
class Found:
    """Sites of one sequence, and how many positions with a fitting PAM were compared, by guide."""

    hits: Hits
    pam_sites: npt.NDArray[np.int64]


def codes_of(text: str | bytes) -> npt.NDArray[np.uint8]:
    """Base codes of letters: A 0, C 1, G 2, T or U 3, anything else 4; lower case counts as capitals.

    >>> codes_of("ACgtN").tolist()
    [0, 1, 2, 3, 4]
    """
    data = text.encode("latin-1", "replace") if isinstance(text, str) else text
    return _LETTERS[np.frombuffer(data, np.uint8)]


def planes_of(codes: npt.NDArray[np.uint8]) -> Planes:
    """Bit planes of base codes, 0 to 3 and anything above for another letter."""
    codes = np.minimum(np.ascontiguousarray(codes, np.uint8), 4)
    words = (len(codes) + 63) // 64
    planes = Planes(*(np.zeros(words, np.uint64) for _ in range(3)), len(codes))
    pack(codes, planes.high, planes.low, planes.other)
    return planes


def search_codes(codes: npt.NDArray[np.uint8], guides: Sequence[Guide], limits: Limits) -> Hits:
    """All sites of the guides on both strands of a sequence of base codes (0 to 3, 4 for anything else).

    Each site (strand, place of the PAM) once per guide, with its canonical alignment. Coordinates count from the
    sequence's first base. Many short sequences are searched faster as one, with another letter (4) between them.
    Raises ``ProgramError`` for guides that were not checked.

    >>> g = Guide("g", "ACGTTGCAACGTTGCATTTT", "NGG", 3)
    >>> hits = search_codes(codes_of("CCC" + g.spacer + "AGG"), [g], Limits(0))
    >>> hits.start.tolist(), hits.end.tolist(), hits.pam_start.tolist(), hits.strand.tolist()
    ([3], [26], [23], [1])
    """
    return search_planes(planes_of(codes), guides, limits).hits


def search_planes(planes: Planes, guides: Sequence[Guide], limits: Limits, threads: int = 1) -> Found:
    """As `search_codes`, for bit planes; pieces are searched by `threads` threads."""
    check_guides(guides)
    groups = strand_guides(guides, limits)
    width = max(len(g.spacer) for g in guides) + limits.dna_bulges
    parts, counts = [], np.zeros(len(guides), np.int64)
    for hits, compared in _pieces(planes, groups, width, threads):
        parts.append(hits)
        counts += compared
    return Found(ordered(joined(parts, width)), counts)


def _pieces(
    planes: Planes, groups: Sequence[StrandGuides], width: int, threads: int
) -> Iterator[tuple[Hits, npt.NDArray[np.int64]]]:
    """What each piece holds, in their order."""
    total = sum(len(g.numbers) for g in groups) // 2
    starts = range(0, len(planes.high), PIECE)

    def one(start: int) -> tuple[Hits, npt.NDArray[np.int64]]:
        piece, compared = _piece(planes, start, groups), np.zeros(total, np.int64)
        parts = []
        for group in groups:
            hits, sites = search_piece(piece, group, width)
            parts.append(hits.moved(start * 64))
            compared[group.numbers] += sites
        return joined(parts, width), compared

    if threads == 1 or len(starts) == 1:
        yield from map(one, starts)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(one, starts)


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of the planes with `pad` words on both sides, other letters where the sequence ends."""

    high: Words
    low: Words
    other: Words
    pad: int

    @property
    def words(self) -> int:
        """Words without the padding."""
        return len(self.high) - 2 * self.pad


def _piece(planes: Planes, start: int, groups: Sequence[StrandGuides]) -> Piece:
    reach = max(len(g.pam) + g.bases for g in groups)
    pad = reach // 64 + 3
    end = min(start + PIECE, len(planes.high))
    size = end - start + 2 * pad
    # a block of the kernels is a multiple of eight words, and is read one word beyond
    made = [np.zeros(size + 8, np.uint64) for _ in range(2)] + [np.full(size + 8, ~np.uint64(0))]
    low, high = max(0, start - pad), min(len(planes.high), end + pad)
    at = low - (start - pad)
    for target, plane in zip(made, (planes.high, planes.low, planes.other), strict=True):
        target[at : at + high - low] = plane[low:high]
    return Piece(*(x[:size] for x in made), pad)


def search_piece(piece: Piece, group: StrandGuides, width: int) -> tuple[Hits, int]:
    """Sites of one strand in a piece, positions from its first word, and the number of positions with a PAM."""
    mask = np.empty(piece.words, np.uint64)
    sites = pam_mask(
        piece.high, piece.low, piece.other, piece.pad, group.pam, group.first, group.step, group.clean, mask
    )
    if not sites:
        return joined([], width), 0
    if group.gathers:
        which, where = near_table(*site_table(piece, group, mask, sites), mask, group)
    else:
        which, where = _grown(near_dense, (piece.high, piece.low, piece.pad, mask, group.first, group.step), group)
    return _aligned(piece, group, which, where, width), sites


def site_table(piece: Piece, group: StrandGuides, mask: Words, sites: int) -> tuple[Words, int, npt.NDArray[np.int64]]:
    """Planes of the bases of the sites in `mask`, how many sites, and where each 64th stands."""
    words = (sites + SITES - 1) // SITES * (SITES // 64)
    table, starts = np.empty((2, group.bases, words), np.uint64), np.empty(words, np.int64)
    gather(piece.high, piece.low, piece.pad, mask, group.first, group.step, table, starts)
    return table, sites, starts


def near_table(
    table: Words, sites: int, starts: npt.NDArray[np.int64], mask: Words, group: StrandGuides
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Guide (within the group) and position of the gathered sites that are near enough."""
    return _grown(near_gathered, (table, sites, starts, mask), group)


def _grown(kernel, first: tuple, group: StrandGuides) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """What a kernel finds, called again with more room where there was too little."""
    room = 1024
    while True:
        which, where = np.empty(room, np.int64), np.empty(room, np.int64)
        found = kernel(*first, group.place, group.letters, group.lengths, group.limits, which, where)
        if found <= room:
            return which[:found], where[:found]
        room = found


def _aligned(
    piece: Piece, group: StrandGuides, which: npt.NDArray[np.int64], where: npt.NDArray[np.int64], width: int
) -> Hits:
    """Sites with their alignments; what the kernels let through in excess is dropped."""
    found, d = len(which), group.limits[1]
    if not found:
        return joined([], width)
    counts = np.empty((found, 3), np.int64)
    columns = np.empty((found, group.letters.shape[1] + d), np.uint8)
    kept = align_found(
        piece.high, piece.low, piece.other, piece.pad, group.first, group.step, which, where, group.letters,
        group.lengths, group.limits, counts, columns,
    )  # fmt: skip
    which, where, counts, columns = which[:kept], where[:kept], counts[:kept], columns[:kept]
    size = group.lengths[which] + counts[:, 1] - counts[:, 2]
    start = where - size if group.step < 0 else where
    end = where + len(group.pam) + (size if group.step > 0 else 0)
    wide = np.full((kept, width), 255, np.uint8)
    wide[:, : columns.shape[1]] = columns if group.distal_first else _turned(columns)
    return Hits(
        group.numbers[which], np.full(kept, group.strand, np.int64), where, start, end, counts[:, 0], counts[:, 1],
        counts[:, 2], wide,
    )  # fmt: skip


def _turned(columns: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Columns counted from the other end."""
    used = (columns != 255).sum(1)
    at = used[:, None] - 1 - np.arange(columns.shape[1])
    return np.where(at >= 0, np.take_along_axis(columns, np.maximum(at, 0), 1), 255).astype(np.uint8)
