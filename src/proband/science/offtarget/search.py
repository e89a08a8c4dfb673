"""Exact search of sequences for sites of guides, on both strands, by the written semantics.

Cannot see: sequence that it is not given; letters other than A, C, G, T (windows with them are set aside).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from proband.kernels.site_scan import scan_strand
from proband.science.offtarget.guide import Guide, Limits, check_guides
from proband.science.offtarget.sites import Hits, joined, ordered

_LETTERS = np.full(256, 4, np.uint8)
for _code, _pair in enumerate((b"Aa", b"Cc", b"Gg", b"TtUu")):
    for _letter in _pair:
        _LETTERS[_letter] = _code


def codes_of(text: str | bytes) -> npt.NDArray[np.uint8]:
    """Base codes of letters: A 0, C 1, G 2, T or U 3, anything else 4; lower case counts as capitals.

    >>> codes_of("ACgtN").tolist()
    [0, 1, 2, 3, 4]
    """
    data = text.encode("latin-1", "replace") if isinstance(text, str) else text
    return _LETTERS[np.frombuffer(data, np.uint8)]


def search_codes(codes: npt.NDArray[np.uint8], guides: Sequence[Guide], limits: Limits) -> Hits:
    """All sites of the guides on both strands of a sequence of base codes (0 to 3, 4 for anything else).

    Each site (strand, place of the PAM) once per guide, with its canonical alignment. Coordinates count from the
    sequence's first base. Raises ``ProgramError`` for guides that were not checked.

    >>> g = Guide("g", "ACGTTGCAACGTTGCATTTT", "NGG", 3)
    >>> hits = search_codes(codes_of("CCC" + g.spacer + "AGG"), [g], Limits(0))
    >>> hits.start.tolist(), hits.end.tolist(), hits.pam_start.tolist(), hits.strand.tolist()
    ([3], [26], [23], [1])
    """
    check_guides(guides)
    codes = np.ascontiguousarray(codes, np.uint8)
    turned = np.where(codes < 4, 3 - codes, codes)[::-1].astype(np.uint8)
    parts = []
    width = max(len(g.spacer) for g in guides) + limits.dna_bulges
    for number, guide in enumerate(guides):
        for strand in (1, -1):
            parts.append(_strand(codes if strand == 1 else turned, number, guide, strand, limits, width))
    return ordered(joined(parts, width))


def _strand(codes: npt.NDArray[np.uint8], number: int, guide: Guide, strand: int, limits: Limits, width: int) -> Hits:
    """Sites on one strand, whose bases are `codes` 5' to 3'; coordinates on the forward strand."""
    spacer, pam = guide.spacer_codes[::-1], guide.pam_bits
    flipped = guide.pam_side == 5
    if flipped:  # read backwards without complement, a PAM on the 5' side is one on the 3' side
        codes, spacer, pam = codes[::-1], spacer[::-1], pam[::-1]
    arrays = (np.ascontiguousarray(codes), np.ascontiguousarray(spacer), np.ascontiguousarray(pam))
    limit = (limits.mismatches, limits.dna_bulges, limits.rna_bulges)
    size, room = len(guide.spacer), 0
    while True:
        places, counts = np.empty(room, np.int64), np.empty((room, 3), np.int64)
        columns = np.empty((room, size + limits.dna_bulges), np.uint8)
        found = scan_strand(*arrays, *limit, places, counts, columns)
        if found <= room:
            break
        room = found
    places, counts, columns = places[:found], counts[:found], columns[:found]
    low = places - (size + counts[:, 1] - counts[:, 2])
    high, length = places + len(pam), len(codes)
    pam_low, pam_high = places, high
    if flipped != (strand == -1):
        low, high, pam_low = length - high, length - low, length - pam_high
    if flipped:
        columns = _turned(columns)
    wide = np.full((found, width), 255, np.uint8)
    wide[:, : columns.shape[1]] = columns
    number_, strand_ = np.full(found, number, np.int64), np.full(found, strand, np.int64)
    return Hits(number_, strand_, pam_low, low, high, counts[:, 0], counts[:, 1], counts[:, 2], wide)


def _turned(columns: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Columns counted from the other end."""
    used = (columns != 255).sum(1)
    at = used[:, None] - 1 - np.arange(columns.shape[1])
    return np.where(at >= 0, np.take_along_axis(columns, np.maximum(at, 0), 1), 255).astype(np.uint8)
