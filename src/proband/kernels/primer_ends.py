"""Where words of k bases occur in a sequence, exactly: one pass with a rolling code and a filter of its first bits.

Words hold A, C, G, T alone; a word over any other letter is not looked up. Both strands are looked at by handing in
reverse complements as words of their own.

Cannot see: places with a mismatch.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

import numpy as np

from proband.kernels.jit import Array, njit

FILTER_BITS = 22
"""Bits of a word's code by which the filter knows it: half a megabyte, which stays in cache."""


def word_filter(words: Array, size: int) -> Array:
    """The filter of sorted word codes (m, int64) of `size` bases: one bit for each value of their last bits."""
    bits = np.zeros(1 << (FILTER_BITS - 3), np.uint8)
    low = words & ((1 << min(FILTER_BITS, 2 * size)) - 1)
    np.bitwise_or.at(bits, low >> 3, (1 << (low & 7)).astype(np.uint8))
    return bits


@njit
def occurrences(codes, size, words, bits, counts, most, which, where):
    """Counts the places of each word (`counts`, m) and writes the first `most` of each; returns how many were written.

    `codes` (n, uint8) 0 to 3, 4 for other letters; `words` (m, int64) sorted and unique; `which` and `where` (int64)
    get the word's index and the 0-based first base. Where they are full, writing stops and counting goes on.
    """
    mask = (np.int64(1) << np.int64(2 * size)) - 1
    narrow = mask & ((np.int64(1) << np.int64(FILTER_BITS)) - 1)
    code, held, written = np.int64(0), 0, 0
    for i in range(len(codes)):
        base = codes[i]
        if base > 3:
            held, code = 0, np.int64(0)
            continue
        code = ((code << 2) | base) & mask
        held += 1
        if held < size:
            continue
        low = code & narrow
        if not (bits[low >> 3] >> (low & 7)) & 1:
            continue
        at = np.searchsorted(words, code)
        if at < len(words) and words[at] == code:
            counts[at] += 1
            if counts[at] <= most and written < len(which):
                which[written], where[written] = at, i - size + 1
                written += 1
    return written
