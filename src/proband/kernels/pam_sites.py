"""Sites beside a PAM on one strand: where the PAM fits, bit planes of their bases, which are near enough to a guide.

Everything is said in words of 64 positions of the forward strand. `pad` words stand before and after the words that are
asked for, so that neighbours can be read; what lies outside the contig is "other" there. The bases of a site are
counted from the PAM: base k stands at PAM start + first + step * k on the forward strand (first = -1 and step = -1
where the protospacer lies before the PAM, first = PAM length and step = 1 where it lies after). Bases are not
complemented here: for the reverse strand the guides are.

Rare PAMs: the bases of the sites alone are gathered (``kernels/gathering.py``), then compared (`near_gathered`).
Common PAMs: the planes are shifted base by base and all positions compared (`near_dense`). The result is a superset of
the sites: another letter counts as A. Each is aligned afterwards, and what holds another letter falls out there.

Cannot see: what lies beyond the padding.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

import numpy as np

from proband.kernels.gathering import lowest, popcount
from proband.kernels.jit import Array, njit
from proband.kernels.wide_words import WORDS, both_step, count_rows, dna_step, pair_step, rna_step

BLOCK = 256
"""Words of which rows are made at a time. A multiple of `PART`; a row is one cache line longer, so that rows that are
read together do not fall on the same places of the cache."""
PART = 32
"""Words compared at a time with all guides: that part of all rows stays in a core's first cache."""
_ONES = np.uint64(0xFFFFFFFFFFFFFFFF)


@njit
def _narrow_words(
    h0: Array, h1: Array, v0: Array, v1: Array, x0: Array, x1: Array, s: int, sets: tuple, mask: Array
) -> None:
    """Keep positions whose base, `s` bits into the words, is in the set; slices alone make it vector code."""
    a, c, g, u = sets
    t, one = np.uint64(63) - s, np.uint64(1)
    for i in range(mask.size):
        h = (h0[i] >> s) | ((h1[i] << one) << t)
        v = (v0[i] >> s) | ((v1[i] << one) << t)
        x = (x0[i] >> s) | ((x1[i] << one) << t)
        mask[i] &= ~x & ((~h & ((~v & a) | (v & c))) | (h & ((~v & g) | (v & u))))


@njit
def _narrow(high: Array, low: Array, other: Array, letters: int, shift: int, mask: Array) -> None:
    """Keep in `mask` the positions at which the base `shift` bits into the planes is in the set `letters`."""
    w, n, none = shift >> 6, mask.size, np.uint64(0)
    sets = (
        _ONES if letters & 1 else none, _ONES if letters & 2 else none, _ONES if letters & 4 else none,
        _ONES if letters & 8 else none,
    )  # fmt: skip
    _narrow_words(
        high[w : w + n], high[w + 1 : w + 1 + n], low[w : w + n], low[w + 1 : w + 1 + n], other[w : w + n],
        other[w + 1 : w + 1 + n], np.uint64(shift & 63), sets, mask,
    )  # fmt: skip


@njit
def _widened(words: Array, after: Array, by: int, row: Array) -> None:
    """Positions at which a bit is set, or `by` (1 to 63) positions later; `after` is `words` from the second one on."""
    for i in range(row.size):
        row[i] = words[i] | (words[i] >> by) | (after[i] << (np.uint64(64) - by))


@njit
def _clear(words: Array, after: Array, s: int, mask: Array) -> None:
    t, one = np.uint64(63) - s, np.uint64(1)
    for i in range(mask.size):
        mask[i] &= ~((words[i] >> s) | ((after[i] << one) << t))


@njit
def _without_other(other: Array, start: int, run: int, now: Array, then: Array, mask: Array) -> None:
    """Keep in `mask` the positions from which on `run` bases (at most 64), `start` bits into the plane, are no others.

    The run is doubled until it is long enough. `now` and `then` are two words longer than `mask`, to work in.
    """
    w, n, wide = start >> 6, mask.size, 1
    for i in range(n + 2):
        now[i] = other[w + i]
    while wide < run:
        by = min(wide, run - wide)
        _widened(now[: n + 1], now[1 : n + 2], np.uint64(by), then[: n + 1])
        then[n + 1] = now[n + 1] | (now[n + 1] >> np.uint64(by))
        now, then = then, now
        wide += by
    _clear(now[:n], now[1 : n + 1], np.uint64(start & 63), mask)


@njit
def pam_mask(
    high: Array, low: Array, other: Array, pad: int, pam: Array, first: int, step: int, clean: int, mask: Array
) -> int:
    """Positions where the PAM (sets of bases, forward strand) fits and `clean` bases next to it are A, C, G or T."""
    now, then = np.empty(BLOCK + 2, np.uint64), np.empty(BLOCK + 2, np.uint64)
    mask[:] = _ONES
    count = 0
    for block in range(0, mask.size, BLOCK):
        size = min(BLOCK, mask.size - block)
        part = mask[block : block + size]
        dirty = np.uint64(0)
        for i in range(block, block + size + 2 * pad):
            dirty |= other[i]
        at = (pad + block) * 64
        for k in range(pam.size):
            if pam[k] != 15 or dirty:
                _narrow(high, low, other, pam[k], at + k, part)
        if dirty:
            least = at + first - (clean - 1 if step < 0 else 0)
            _without_other(other, least, clean, now, then, part)
        for i in range(size):
            count += popcount(part[i])
    return count


@njit
def _mismatch(high: Array, low: Array, letter: int, row: Array) -> None:
    """Positions whose base is not `letter`."""
    h = _ONES if letter & 2 else np.uint64(0)
    v = _ONES if letter & 1 else np.uint64(0)
    for i in range(row.size):
        row[i] = (high[i] ^ h) | (low[i] ^ v)


@njit
def _shifted_words(first: Array, second: Array, s: int, row: Array) -> None:
    t, one = np.uint64(63) - s, np.uint64(1)
    for i in range(row.size):
        row[i] = (first[i] >> s) | ((second[i] << one) << t)


@njit
def _shifted(plane: Array, shift: int, row: Array) -> None:
    """A plane from bit `shift` on."""
    w, n = shift >> 6, row.size
    _shifted_words(plane[w : w + n], plane[w + 1 : w + 1 + n], np.uint64(shift & 63), row)


@njit
def _near_plain(rows: int, shift: int, fours: int, m: int, to: int, steps: int) -> None:
    """Positions with few enough mismatches, `shift` bytes into the rows; plain addresses, which the caller keeps alive.

    Arrays would cost more here than the counting: each call counts their owners.
    """
    bits = 3 if m < 8 else 5
    start = np.int64((1 << bits) - (m + 1))
    if bits == 3:
        if fours == 5:
            count_rows((0, 0, 0, 0, 0), (0, 0, 0), rows, shift, start, to, steps)
        elif fours == 6:
            count_rows((0, 0, 0, 0, 0, 0), (0, 0, 0), rows, shift, start, to, steps)
        else:
            count_rows((0, 0, 0, 0, 0, 0, 0), (0, 0, 0), rows, shift, start, to, steps)
    elif fours == 5:
        count_rows((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), rows, shift, start, to, steps)
    elif fours == 6:
        count_rows((0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0), rows, shift, start, to, steps)
    else:
        count_rows((0, 0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0), rows, shift, start, to, steps)


@njit
def _near_bulged(
    rows: Array, place: Array, begin: int, spacer: Array, length: int, d: int, r: int, levels: int, cells: Array,
    out: Array,
) -> None:  # fmt: skip
    """Positions of a block with an alignment within the limits; `place[k, letter]` is a row, `cells` is to work in."""
    base, width = np.int64(rows.ctypes.data), np.int64(rows.shape[1] * 8)
    home = np.int64(cells.ctypes.data)
    size = np.int64(levels * WORDS * 8)
    none = np.int64(0)
    for at in range(0, out.size, WORDS):
        cells[:] = 0
        cells[0] = _ONES
        for i in range(length):
            inner = i < length - 1
            for b in range(r, -1, -1):
                for a in range(d + 1):
                    j = max(0, i + a - b)
                    row = base + place[j, spacer[i]] * width + (begin + at) * 8
                    cell = home + (a * (r + 1) + b) * size
                    dna, rna = cell - (r + 1) * size, cell - size
                    with_rna = b > 0 and inner and i > 0
                    if a > 0 and inner:
                        if with_rna:
                            both_step(levels, cell, row, dna, rna)
                        else:
                            dna_step(levels, cell, row, dna, none)
                    elif with_rna:
                        rna_step(levels, cell, row, none, rna)
                    else:
                        pair_step(levels, cell, row, none, none)
        for w in range(WORDS):
            word = np.uint64(0)
            for cell_ in range(cells.shape[0]):
                word |= cells[cell_, levels - 1, w]
            out[at + w] = word


@njit
def _addresses(rows: Array, place: Array, guides: Array, lengths: Array) -> Array:
    """(guides, 28) addresses of the rows of each guide; the last row of `rows` is clear and stands in for none."""
    made = np.empty((guides.shape[0], 28), np.int64)
    base, width = np.int64(rows.ctypes.data), np.int64(rows.shape[1] * 8)
    for g in range(guides.shape[0]):
        for k in range(28):
            row = place[k, guides[g, k]] if k < lengths[g] else rows.shape[0] - 1
            made[g, k] = base + row * width
    return made


@njit
def _asked(place: Array) -> int:
    """How many rows are asked for."""
    count = 0
    for k in range(place.shape[0]):
        for letter in range(4):
            count += place[k, letter] >= 0
    return count


@njit
def _compared(
    rows: Array, addresses: Array, place: Array, guides: Array, lengths: Array, limits: tuple, cells: Array,
    near: Array, allowed: Array, block: int, which: Array, where: Array, found: int,
) -> int:  # fmt: skip
    """Positions of one block of `allowed` that are near enough: guide and position, where there is room after `found`.

    `block` is the number of the block's first word. Returns how many were found by now.
    """
    home, to, size = np.int64(addresses.ctypes.data), np.int64(near.ctypes.data), allowed.size
    m, d, r = limits
    for turn in range(guides.shape[0] * ((size + PART - 1) // PART)):
        begin, g = turn // guides.shape[0] * PART, turn % guides.shape[0]
        words = min(PART, size - begin)
        wide = (words + WORDS - 1) // WORDS * WORDS
        if d or r:
            _near_bulged(rows, place, begin, guides[g], lengths[g], d, r, m + 1, cells, near[:wide])
        else:
            fours = 5 if lengths[g] <= 20 else 6 if lengths[g] <= 24 else 7
            _near_plain(home + g * 28 * 8, begin * 8, fours, m, to, wide // WORDS)
        for w in range(words):
            left = near[w] & allowed[begin + w]
            while left:
                if found < which.size:
                    which[found] = g
                    where[found] = (block + begin + w) * 64 + lowest(left)
                left &= left - np.uint64(1)
                found += 1
    return found


@njit
def near_gathered(
    table: Array, count: int, starts: Array, mask: Array, place: Array, guides: Array, lengths: Array, limits: tuple,
    which: Array, where: Array,
) -> int:  # fmt: skip
    """Gathered sites that are near enough to a guide: guide and position; how many, of which those with room are kept.

    `place` (bases, 4) is the row of each base and letter that any guide asks for, or -1. `guides` (n, longest) are
    letters counted from the PAM, `limits` is (m, d, r).
    """
    rows = np.zeros((_asked(place) + 1, BLOCK + WORDS), np.uint64)
    addresses = _addresses(rows, place, guides, lengths)
    cells = np.empty(((limits[1] + 1) * (limits[2] + 1), limits[0] + 1, WORDS), np.uint64)
    near, allowed = np.empty(PART, np.uint64), np.full(BLOCK, _ONES)
    words = (count + 63) >> 6
    found = np.int64(0)
    for block in range(0, words, BLOCK):
        size = min(BLOCK, words - block)
        for k in range(place.shape[0]):
            for letter in range(4):
                if place[k, letter] >= 0:
                    _mismatch(
                        table[0, k, block : block + size], table[1, k, block : block + size], letter,
                        rows[place[k, letter], :size],
                    )  # fmt: skip
        if block + size == words and count & 63:
            allowed[size - 1] = (np.uint64(1) << np.uint64(count & 63)) - np.uint64(1)
        found = _compared(
            rows, addresses, place, guides, lengths, limits, cells, near, allowed[:size], block, which, where, found
        )
    for n in range(min(found, which.size)):
        where[n] = _nth(mask, starts[where[n] >> 6], where[n] & 63)
    return found


@njit
def _nth(mask: Array, position: int, n: int) -> int:
    """The n-th set position after `position`, which is set."""
    w = position >> 6
    word = mask[w] & (_ONES << np.uint64(position & 63))
    here = popcount(word)
    while here <= n:
        n -= here
        w += 1
        word = mask[w]
        here = popcount(word)
    for _ in range(n):
        word &= word - np.uint64(1)
    return w * 64 + lowest(word)


@njit
def near_dense(
    high: Array, low: Array, pad: int, mask: Array, first: int, step: int, place: Array, guides: Array, lengths: Array,
    limits: tuple, which: Array, where: Array,
) -> int:  # fmt: skip
    """As `near_gathered`, over all positions of `mask` without gathering them."""
    rows = np.zeros((_asked(place) + 1, BLOCK + WORDS), np.uint64)
    addresses = _addresses(rows, place, guides, lengths)
    cells = np.empty(((limits[1] + 1) * (limits[2] + 1), limits[0] + 1, WORDS), np.uint64)
    near, h, v = np.empty(PART, np.uint64), np.empty(BLOCK, np.uint64), np.empty(BLOCK, np.uint64)
    found = np.int64(0)
    for block in range(0, mask.size, BLOCK):
        size = min(BLOCK, mask.size - block)
        for k in range(place.shape[0]):
            shift = (pad + block) * 64 + first + step * k
            _shifted(high, shift, h[:size])
            _shifted(low, shift, v[:size])
            for letter in range(4):
                if place[k, letter] >= 0:
                    _mismatch(h[:size], v[:size], letter, rows[place[k, letter], :size])
        found = _compared(
            rows, addresses, place, guides, lengths, limits, cells, near, mask[block : block + size], block, which,
            where, found,
        )  # fmt: skip
    return found
