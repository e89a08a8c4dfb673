"""FASTQ text to unique sequences: where each record lies, and a table that counts equal sequences.

The table is open addressing with linear probing on a 64-bit hash; equal hashes are settled by comparing every base,
so that the counts are exact. Sequences are kept in the order in which they were first seen, which does not depend on
threads, first as letters, at the end as codes (A 0, C 1, G 2, T 3, N 4).

Format: Cock et al., Nucleic Acids Research 2010;38:1767-1771, with the four-line form alone. Mixing function:
Steele, Lea and Flood, OOPSLA 2014 (the finaliser of SplitMix64).

Cannot see: whether equal sequences come from one molecule or from many.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

import numpy as np

from proband.kernels.jit import Array, njit

NO_AT, NO_PLUS, UNEQUAL = 1, 2, 3
UNKNOWN = 255


def letter_codes() -> np.ndarray:
    """The code of each byte: A 0, C 1, G 2, T or U 3, N, a dot or another IUPAC letter 4, all else 255.

    >>> letter_codes()[list(b"acgtN.R*")].tolist()
    [0, 1, 2, 3, 4, 4, 4, 255]
    """
    codes = np.full(256, UNKNOWN, np.uint8)
    for letters, code in (("Aa", 0), ("Cc", 1), ("Gg", 2), ("TtUu", 3), ("Nn.RYSWKMBDHVryswkmbdhv", 4)):
        for letter in letters:
            codes[ord(letter)] = code
    return codes


@njit
def line_end(text: Array, words: Array, start: int, stop: int) -> int:
    """Index of the next line feed, or -1 where the line has no end before `stop`; `words` is `text` as 64-bit words.

    Eight bytes are asked at once whether one of them is zero after a line feed was subtracted (Knuth, The Art of
    Computer Programming 4A, section 7.1.3).
    """
    i = start
    while i < stop and i % 8:
        if text[i] == 10:
            return i
        i += 1
    while i + 8 <= stop:
        x = words[i // 8] ^ np.uint64(0x0A0A0A0A0A0A0A0A)
        if (x - np.uint64(0x0101010101010101)) & ~x & np.uint64(0x8080808080808080):
            break
        i += 8
    while i < stop:
        if text[i] == 10:
            return i
        i += 1
    return -1


@njit
def scan(text, words, stop, final, at, length, quality):
    """Find the records in text[0:stop]: where bases begin, how many, and where qualities begin.

    `final` says that no more text follows, so that a last line may lack its line feed. Returns (records, bytes
    used, fault); a record that is cut off by `stop` is left for the next call.
    """
    n = 0
    i = 0
    while n < at.size:
        while i < stop and (text[i] == 10 or text[i] == 13):
            i += 1
        if i >= stop:
            break
        if text[i] != 64:
            return n, i, NO_AT
        bases = line_end(text, words, i, stop) + 1
        last = line_end(text, words, bases, stop) if bases else -1
        plus = last + 1
        scores = line_end(text, words, plus, stop) + 1 if plus else 0
        if plus and plus < stop and text[plus] != 43:
            return n, i, NO_PLUS
        if not scores:
            break
        size = last - bases
        if size and text[last - 1] == 13:
            size -= 1
        end = scores + size
        if end > stop or (end == stop and not final):
            break
        if end < stop and text[end] != 10 and text[end] != 13:
            return n, i, UNEQUAL
        at[n] = bases
        length[n] = size
        quality[n] = scores
        n += 1
        i = end
    return n, i, 0


@njit
def mean_quality_filter(text: Array, quality: Array, length: Array, n: int, least: float, keep: Array) -> None:
    """Mark the records whose mean Phred quality is at least `least` (offset 33) and that hold a base."""
    for r in range(n):
        total = 0
        for i in range(quality[r], quality[r] + length[r]):
            total += text[i]
        keep[r] = length[r] > 0 and total - 33 * length[r] >= least * length[r]


@njit
def _mixed(h: int) -> int:
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


def multipliers(size: int) -> Array:
    """Odd 64-bit numbers, one for each place of a read: a sum of products with them is the hash of a read."""
    numbers = np.arange(1, size + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (numbers ^ (numbers >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9) | np.uint64(1)


@njit
def _hash(read: Array, multiplier: Array) -> int:
    h = np.uint64(read.size)
    for i in range(read.size):
        h += np.uint64(read[i]) * multiplier[i]
    return _mixed(h)


@njit
def _equal(a: Array, b: Array) -> bool:
    different = np.uint8(0)
    for i in range(a.size):
        different |= a[i] ^ b[i]
    return different == 0


@njit
def count(
    text, at, length, keep, first, stop, multiplier, weights, slots, hashes, starts, sizes, counts, origin, arena, state
):  # fmt: skip
    """Add the records first to stop, as they are written, to the table; returns the next record.

    `weights` has one number, or one per record. `state` holds (unique sequences, bases in the arena, records so far);
    `origin` gets the first record of each. Where the returned record is below `stop`, room is for the caller to
    make: twice as many slots as sequences, and space in the arena for the next read.
    """
    mask = np.uint64(slots.size - 1)
    unique, used = state[0], state[1]
    for r in range(first, stop):
        if not keep[r]:
            continue
        size = length[r]
        if used + size > arena.size or unique == starts.size or 2 * unique >= slots.size:
            state[0], state[1] = unique, used
            return r
        weight = weights[r] if weights.size > 1 else weights[0]
        read = text[at[r] : at[r] + size]
        h = _hash(read, multiplier)
        slot = h & mask
        while True:
            known = slots[slot]
            if known < 0:
                slots[slot] = unique
                hashes[unique], starts[unique], sizes[unique], counts[unique] = h, used, size, weight
                origin[unique] = state[2] + r
                arena[used : used + size] = read
                unique += 1
                used += size
                break
            if hashes[known] == h and sizes[known] == size:
                begin = starts[known]
                if _equal(read, arena[begin : begin + size]):
                    counts[known] += weight
                    break
            slot = (slot + np.uint64(1)) & mask
    state[0], state[1] = unique, used
    return stop


@njit
def refill(slots: Array, hashes: Array, unique: int) -> None:
    """Enter the hashes of all sequences into a larger, empty list of slots."""
    mask = np.uint64(slots.size - 1)
    for u in range(unique):
        slot = hashes[u] & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = u


@njit
def encode(arena: Array, starts: Array, sizes: Array, codes: Array) -> tuple[int, int, bool]:
    """Letters to codes, in place: (sequence, letter) of the first that is none, or -1; whether one was rewritten.

    A rewritten letter (a small one, U, a dot) means that two sequences may now be equal.
    """
    rewritten = False
    for u in range(starts.size):
        read = arena[starts[u] : starts[u] + sizes[u]]
        for i in range(read.size):
            letter = read[i]
            code = codes[letter]
            if code > 4:
                return u, letter, rewritten
            rewritten |= not (letter == 65 or letter == 67 or letter == 71 or letter == 84 or letter == 78)
            read[i] = code
    return -1, 0, rewritten
