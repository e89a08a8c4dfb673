"""Where an antisense oligonucleotide can pair with RNA: all places within limits, and the canonical alignment of one.

Text and pattern are codes: 0 to 3 for A, C, G, T, 4 for any other letter, 5 between two molecules. The pattern is what
the oligonucleotide pairs with, 5' to 3' on the RNA: its reverse complement. A place is named by its *anchor*: the text
position of the base that faces the oligonucleotide's 5' base, or would face it where that base is trimmed.

Columns of an alignment are match, mismatch, target bulge (a base of the RNA without partner) and oligo bulge (a base of
the oligonucleotide without partner). The first and the last column are match or mismatch; the two kinds of bulge are
never neighbours; letters other than A, C, G, T are never paired or bulged. Up to `trim` bases of the oligonucleotide,
over both ends together, may be left out before the first and after the last column. Each limit holds for itself.

The scan keeps, for each count of mismatches and bulges, a word with one bit for each prefix of the pattern (after Wu
and Manber, Communications of the ACM 1992;35(10):83-91, recalled). It holds the trim at each end against the limit,
not their sum: `align_at` decides.

Cannot see: energy, structure of the RNA, wobble pairs (G with U counts as a mismatch).
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

import numpy as np

from proband.kernels.jit import Array, inlined, njit

MATCH, MISMATCH, TARGET_BULGE, OLIGO_BULGE = 0, 1, 2, 3
OTHER, BETWEEN = 4, 5
LANES = 16
"""Parts of a text that are read side by side where bulges are allowed: their words do not wait for each other."""
ROWS = 1 << 16
LONGEST = 60
"""Bases of a pattern at most: one bit each in a word, and one for the empty prefix."""


@njit
def _level(
    every: Array, fewer: Array, open_here: Array, open_before: Array, paired: Array, letters: Array, whole: np.uint64
) -> None:
    """One count of mismatches and bulges at one position of every lane; see `scan`. `letters` has four rows."""
    one = np.uint64(1)
    for j in range(every.size):
        now = ((every[j] << one) & letters[0, j]) | ((fewer[j] << one) & letters[1, j])
        both = now | ((paired[j] << one) & whole)
        target = open_before[j] & letters[2, j]
        paired[j] = both
        open_here[j] = now | target
        every[j] = both | target
        letters[3, j] |= now


@njit
def scan(
    text: Array, pattern: Array, limits: Array, span: int, begun: int, every: Array, open_: Array, into: Array
) -> tuple[int, int]:
    """Ends of alignments, to `into` (rows: text position of the last base, trimmed 5'), from step `begun` on.

    `limits` holds mismatches, target bulge bases, oligo bulge bases, trimmed bases. The text is read in lanes of `span`
    positions side by side, each after as many as a footprint is long. `every` (counts and one row of zeros, lanes) has
    the prefixes that end here, `open_` those after which a target bulge may follow; both go on with the next call.
    Returns the number of rows, not in order, and the step at which to go on.
    """
    same, begin, accept = _words(pattern, limits[3])
    by_t = limits[2] + 1
    by_m = (limits[1] + 1) * by_t
    none, warm = (limits[0] + 1) * by_m, pattern.size + limits[1]
    one, lanes, count = np.uint64(1), every.shape[1], 0
    whole = (one << np.uint64(pattern.size + 1)) - one
    letters = np.zeros((4, lanes), np.uint64)  # same, other, any base, found
    paired = np.zeros(lanes, np.uint64)
    for step in range(begun, warm + span):
        if count + lanes * (limits[3] + 1) > into.shape[0]:
            return count, step
        for j in range(lanes):
            at = j * span + step - warm
            letter = text[at] if 0 <= at < text.size else 5
            base = letter < 4
            letters[0, j] = same[letter]
            letters[1, j] = whole & ~same[letter] & ~one if base else np.uint64(0)
            letters[2, j] = ~np.uint64(0) if base else np.uint64(0)
            letters[3, j] = np.uint64(0)
            every[0, j] |= begin
        for m in range(limits[0], -1, -1):
            for t in range(limits[1], -1, -1):
                paired[:] = np.uint64(0)
                for o in range(by_t):
                    k = m * by_m + t * by_t + o
                    fewer, before = k - by_m if m > 0 else none, k - by_t if t > 0 else none
                    _level(every[k], every[fewer], open_[k], open_[before], paired, letters, whole)
        if step >= warm:
            count = _noted(letters[3], accept, pattern.size, limits[3], step - warm, span, into, count)
    return count, warm + span


@njit
def _noted(found: Array, accept: np.uint64, size: int, trim: int, at: int, span: int, into: Array, count: int) -> int:
    """Write the lanes in which an alignment ends; returns the number of rows."""
    any_lane, one = np.uint64(0), np.uint64(1)
    for j in range(found.size):
        any_lane |= found[j]
    if not any_lane & accept:
        return count
    for j in range(found.size):
        for a in range(trim + 1):
            if found[j] & (one << np.uint64(size - a)):
                into[count, 0], into[count, 1] = j * span + at, a
                count += 1
    return count


@njit
def scan_plain(text: Array, pattern: Array, limits: Array, start: int, into: Array) -> tuple[int, int]:
    """As `scan`, where no bulge is allowed, from a text position on: a word for each count of mismatches or fewer.

    Going on anew is sound where `start` is at least the longest footprint before that position; `every_end` does so.
    """
    same, begin, accept = _words(pattern, limits[3])
    most = limits[0]
    every = np.zeros(most + 1, np.uint64)
    count, one = 0, np.uint64(1)
    for at in range(start, text.size):
        letter = text[at]
        if letter > 3:
            every[:] = np.uint64(0)
            continue
        equal = same[letter]
        less = (every[0] | begin) << one
        every[0] = less & equal
        for m in range(1, most + 1):
            now = (every[m] << one) & equal | less
            less = (every[m] | begin) << one
            every[m] = now
        if every[most] & accept:
            if count + limits[3] + 1 > into.shape[0]:
                return count, at
            for a in range(limits[3] + 1):
                if every[most] & (one << np.uint64(pattern.size - a)):
                    into[count, 0], into[count, 1] = at, a
                    count += 1
    return count, text.size


@inlined
def _words(pattern: Array, trim: int) -> tuple[Array, np.uint64, np.uint64]:
    """For each letter the pattern's places of it (bit i + 1), the prefixes to begin with, and those that are whole."""
    one = np.uint64(1)
    same = np.zeros(6, np.uint64)
    for i in range(pattern.size):
        same[pattern[i]] |= one << np.uint64(i + 1)
    begin, accept = np.uint64(0), np.uint64(0)
    for b in range(trim + 1):
        begin |= one << np.uint64(b)
        accept |= one << np.uint64(pattern.size - b)
    return same, begin, accept


def every_end(text: Array, pattern: Array, limits: tuple[int, int, int, int]) -> Array:
    """All ends of alignments in a text, as rows (text position of the last base, bases trimmed at the 5' end).

    >>> every_end(np.array([3, 0, 1, 2, 3], np.uint8), np.array([0, 1, 2], np.uint8), (0, 0, 0, 0)).tolist()
    [[3, 0]]
    """
    if not 0 < pattern.size <= LONGEST or min(limits) < 0 or 2 * limits[3] >= pattern.size:
        raise ValueError("a pattern of 1 to 60 bases, limits from 0, and a trim below half of the pattern")
    held = np.array(limits, np.int64)
    rows = _with_bulges(text, pattern, held) if limits[1] or limits[2] else _without(text, pattern, held)
    return np.concatenate(rows) if rows else np.zeros((0, 2), np.int64)


def _without(text: Array, pattern: Array, limits: Array) -> list[Array]:
    rows, start, begun = [], 0, 0
    while start < text.size:
        into = np.empty((ROWS, 2), np.int64)
        count, end = scan_plain(text, pattern, limits, begun, into)
        found = into[:count]
        rows.append(found[found[:, 0] >= start])
        start, begun = end, max(0, end - pattern.size)
    return rows


def _with_bulges(text: Array, pattern: Array, limits: Array) -> list[Array]:
    rows, step = [], 0
    span, warm = -(-text.size // LANES), pattern.size + int(limits[1])
    every, open_ = np.zeros((2, int(np.prod(limits[:3] + 1)) + 1, LANES), np.uint64)
    while step < warm + span:
        into = np.empty((ROWS, 2), np.int64)
        count, step = scan(text, pattern, limits, span, step, every, open_, into)
        rows.append(into[:count])
    found = np.concatenate(rows)
    return [found[np.lexsort((found[:, 1], found[:, 0]))]]


@njit
def windows_with_other(text: Array, size: int) -> tuple[int, int]:
    """Windows of `size` bases within molecules: how many, and how many of them hold a letter other than A, C, G, T."""
    windows, aside = 0, 0
    length, last = 0, -1
    for at in range(text.size):
        letter = text[at]
        if letter == 5:
            length, last = 0, -1
            continue
        length += 1
        if letter == 4:
            last = at
        if length >= size:
            windows += 1
            if last > at - size:
                aside += 1
    return windows, aside


@njit
def _complete(made: Array, i: int, d: int, inside: bool, step: int) -> None:
    """Fill `_feasible` at one base and shift from those after it; `step` is 1 where base and text differ."""
    size, wide, _, more_m, more_t, more_o, more_b = made.shape
    for last in range(3):
        for m in range(more_m):
            for t in range(more_t):
                for o in range(more_o):
                    for b in range(min(more_b, size - 1 - i)):
                        yes = inside and m >= step and made[i + 1, d, 0, m - step, t, o, b]
                        if inside and last != 2 and t > 0 and d + 1 < wide:
                            yes = yes or made[i, d + 1, 1, m, t - 1, o, b]
                        if last != 1 and o > 0 and d > 0:
                            yes = yes or made[i + 1, d - 1, 2, m, t, o - 1, b]
                        if yes:
                            made[i, d, last, m, t, o, b] = True


@njit
def _feasible(text: Array, pattern: Array, limits: Array, low: int, high: int, anchor: int) -> Array:
    """What can be completed: [i, d, last, mismatches, target bulge, oligo bulge, trimmed 3'] exactly those remaining.

    `i` counts bases of the oligonucleotide from its 5' end; base i faces text position ``anchor - i - (d - most_o)``.
    """
    most_m, most_t, most_o, trim = limits[0], limits[1], limits[2], limits[3]
    size, wide = pattern.size, most_t + most_o + 1
    made = np.zeros((size + 1, wide, 3, most_m + 1, most_t + 1, most_o + 1, trim + 1), np.bool_)
    for b in range(trim + 1):
        made[size - b, :, 0, 0, 0, 0, b] = True
    for i in range(size - 1, -1, -1):
        for d in range(wide - 1, -1, -1):
            at = anchor - i - (d - most_o)
            inside = low <= at < high and text[at] < 4
            step = 1 if inside and text[at] != pattern[size - 1 - i] else 0
            _complete(made, i, d, inside, step)
    return made


@njit
def _counts(text: Array, pattern: Array, limits: Array, low: int, high: int, anchor: int, made: Array) -> Array:
    """The preferred counts of an alignment: mismatches, target and oligo bulge, trimmed 5' and 3'; -1 for none."""
    most_m, most_t, most_o, trim = limits[0], limits[1], limits[2], limits[3]
    size, base = pattern.size, 64
    best, chosen = np.int64(1) << 60, np.full(8, -1, np.int64)
    for a in range(trim + 1):
        at = anchor - a
        if not (low <= at < high and text[at] < 4):
            continue
        step = 1 if text[at] != pattern[size - 1 - a] else 0
        for b in range(trim + 1 - a):
            for m in range(step, most_m + 1):
                for t in range(most_t + 1):
                    for o in range(most_o + 1):
                        if a + b >= size or not made[a + 1, most_o, 0, m - step, t, o, b]:
                            continue
                        key = (((m + t + o + a + b) * base + t + o) * base + a + b) * base + t
                        key = key * base + a
                        if key < best:
                            best = key
                            chosen[0], chosen[1], chosen[2], chosen[3], chosen[4] = m, t, o, a, b
    return chosen


@njit
def align_at(text: Array, pattern: Array, limits: Array, low: int, high: int, anchor: int, columns: Array) -> Array:
    """The canonical alignment at an anchor within text positions `low` to `high` (not included).

    Least sum of mismatches, bulge bases and trimmed bases; then least bulge bases; then least trimmed; then least
    target bulge bases; then least trimmed at the 5' end; then the columns, told from the oligonucleotide's 5' end,
    that come first in the order match, mismatch, target bulge, oligo bulge. Kinds of columns go to `columns`. Returns
    mismatches, target bulge, oligo bulge, trimmed 5', trimmed 3', number of columns, first and last text position; the
    first is -1 where there is no alignment.
    """
    made = _feasible(text, pattern, limits, low, high, anchor)
    chosen = _counts(text, pattern, limits, low, high, anchor, made)
    if chosen[0] < 0:
        return chosen
    size, most_t, most_o = pattern.size, limits[1], limits[2]
    m, t, o, a, b = chosen[0], chosen[1], chosen[2], chosen[3], chosen[4]
    i, d, last, count = a, most_o, 0, 0
    while i < size - b or last != 0:
        at = anchor - i - (d - most_o)
        inside = low <= at < high and text[at] < 4
        step = 1 if inside and i < size and text[at] != pattern[size - 1 - i] else 0
        if inside and i < size - b and m >= step and made[i + 1, d, 0, m - step, t, o, b]:
            columns[count], i, m, last = step, i + 1, m - step, 0
        elif (
            count > 0
            and inside
            and last != 2
            and t > 0
            and d + 1 <= most_t + most_o
            and made[i, d + 1, 1, m, t - 1, o, b]
        ):
            columns[count], d, t, last = 2, d + 1, t - 1, 1
        else:
            columns[count], i, d, o, last = 3, i + 1, d - 1, o - 1, 2
        count += 1
    chosen[5], chosen[6], chosen[7] = count, anchor - (i - 1) - (d - most_o), anchor - a
    return chosen
