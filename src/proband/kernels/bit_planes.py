"""Base codes as bit planes: two planes for A 0, C 1, G 2, T 3, and one for every other letter; 64 positions a word.

Position p is bit p % 64 of word p / 64. Where the third plane is set the first two are clear. Bits after the last base
are set in the third plane, as if other letters followed.

Cannot see: which other letter it was (N or an ambiguity code), and the case of a letter.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

import numpy as np

from proband.kernels.jit import Array, inlined, njit

_ONES = np.uint64(0xFFFFFFFFFFFFFFFF)


@inlined
def _eight(bytes_: int) -> int:
    """Bit i is the lowest bit of byte i, by one multiplication that moves byte i to bit 56 + i."""
    return ((bytes_ & np.uint64(0x0101010101010101)) * np.uint64(0x0102040810204080)) >> np.uint64(56)


@njit
def _pack_whole(eights: Array, high: Array, low: Array, other: Array) -> None:
    for w in range(high.size):
        a, b, c = np.uint64(0), np.uint64(0), np.uint64(0)
        for k in range(8):
            x, by = eights[w * 8 + k], np.uint64(8 * k)
            b |= _eight(x) << by
            a |= _eight(x >> np.uint64(1)) << by
            c |= _eight(x >> np.uint64(2)) << by
        high[w], low[w], other[w] = a & ~c, b & ~c, c


@njit
def pack(codes: Array, high: Array, low: Array, other: Array) -> None:
    """Fill the planes of codes 0 to 3, and 4 for another letter; planes hold (n + 63) / 64 words."""
    whole = codes.size >> 6
    _pack_whole(codes[: whole * 64].view(np.uint64), high[:whole], low[:whole], other[:whole])
    if codes.size & 63:
        rest = np.full(64, 4, np.uint8)
        for k in range(codes.size & 63):
            rest[k] = codes[whole * 64 + k]
        _pack_whole(rest.view(np.uint64), high[whole:], low[whole:], other[whole:])


@njit
def unpack(high: Array, low: Array, other: Array, start: int, codes: Array) -> None:
    """Codes of the positions from `start` on, 4 for another letter."""
    for i in range(codes.size):
        w, s = (start + i) >> 6, np.uint64((start + i) & 63)
        if (other[w] >> s) & np.uint64(1):
            codes[i] = 4
        else:
            codes[i] = ((high[w] >> s) & np.uint64(1)) * np.uint64(2) + ((low[w] >> s) & np.uint64(1))


@njit
def other_runs(other: Array, length: int, starts: Array, ends: Array) -> int:
    """Runs of other letters within `length` positions, half-open; how many there are; those with room are kept."""
    found, inside = 0, False
    for w in range((length + 63) >> 6):
        word = other[w]
        if (not inside and word == 0) or (inside and word == _ONES and w * 64 + 64 <= length):
            continue
        for k in range(min(64, length - w * 64)):
            bit = (word >> np.uint64(k)) & np.uint64(1)
            if bit and not inside:
                if found < starts.size:
                    starts[found] = w * 64 + k
                inside = True
            elif not bit and inside:
                if found < starts.size:
                    ends[found] = w * 64 + k
                found += 1
                inside = False
    if inside:
        if found < starts.size:
            ends[found] = length
        found += 1
    return found


@njit
def two_bit_codes(packed: Array, codes: Array) -> None:
    """Codes of bases packed as in a .2bit file: T 0, C 1, A 2, G 3, four a byte, the first in the high bits."""
    for i in range(codes.size):
        x = (packed[i >> 2] >> np.uint8(6 - 2 * (i & 3))) & np.uint8(3)
        codes[i] = 3 if x == 0 else 1 if x == 1 else 0 if x == 2 else 2
