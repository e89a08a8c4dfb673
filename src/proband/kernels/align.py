"""Exact global alignment of a read to an amplicon, with affine gaps and a gap incentive at expected cuts.

Scores (the published rule of amplicon sequencing tools, Clement et al., Nature Biotechnology 2019;37:224-226;
letters by EDNAFULL): match +5, mismatch -4, against N -2, N against N -1; the first base of a gap -20, each further
-2; a gap at an end of the amplicon or of the read -2 a base. At a boundary with an incentive an inserted base gains 1,
and a deletion whose first base lies right of it gains 1 once. An insertion never touches a deletion. Three states as
in Gotoh, Journal of Molecular Biology 1982;162:705-708.

Ties: to extend a gap wins over to open it; before a column the state "paired" is taken only if strictly better than
both gaps, "deletion" only if strictly better than "insertion". The end state is picked by the same order.

Why a band is exact. Let loss = 5 (n + m) - 2 score for n read and m amplicon bases. A matched column loses 0, a
mismatch 18 (N: 14 or 12), a gap of L bases inside 36 + 9 L, at an end 9 L; the incentive lowers an insertion to
36 + 7 L and a deletion by 2, also one at the end of the amplicon. A path that reaches diagonal h (amplicon minus read
index; it ends on d = m - n) deletes at least h and inserts at least h - d bases, so that it loses at least
9 h + g(h - d) - 2 with g(x) = min(9 x, 36 + 7 x); a path that reaches diagonal l <= 0 loses at least
9 (d - l) + g(-l) - 2. With the loss U of any alignment at hand, no diagonal whose bound is above U lies on an optimal
path; inside of the others every state on an optimal path has its exact value, and every tie among them is seen as
in the full matrix. So the alignment is the one of the full matrix, ties included.

Cannot see: which of several equally good places of a gap is the true one.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

import numpy as np

from proband.kernels.jit import Array, inlined, njit

OPEN, EXTEND = -20, -2
NONE = -(10**8)
PAIRED, INSERTION, DELETION = 0, 1, 2


def letter_scores() -> Array:
    """Scores of read code (rows) against amplicon code (columns), for A, C, G, T, N.

    >>> letter_scores()[[0, 0, 0, 4], [0, 1, 4, 4]].tolist()
    [5, -4, -2, -1]
    """
    scores = np.full((5, 5), -4, np.int32)
    np.fill_diagonal(scores, 5)
    scores[4, :] = scores[:, 4] = -2
    scores[4, 4] = -1
    return scores


@njit
def gain_bound(x: int) -> int:
    """The least that x inserted bases can lose: at an end, or inside with the incentive."""
    return min(9 * x, 36 + 7 * x) if x > 0 else 0


@njit
def proven_band(loss: int, n: int, m: int) -> tuple[int, int]:
    """Lowest and highest diagonal that a path with at most this loss can reach; see the module's text."""
    d = m - n
    high = max(d, 0)
    while high < m and 9 * (high + 1) + gain_bound(high + 1 - d) - 2 <= loss:
        high += 1
    low = min(d, 0)
    while low > -n and 9 * (d - low + 1) + gain_bound(1 - low) - 2 <= loss:
        low -= 1
    return low, high


@inlined
def pair_or_insert(
    scores, incentive, paired, inserted, deleted, now_paired, now_inserted, trace, first, last, diagonal, row, opening
):  # fmt: skip
    """One row of the states "paired" and "insertion", for all diagonals at once; no cell needs its neighbour's."""
    one, at, there, here = np.uint64(1), np.uint64(diagonal), np.uint64(diagonal - 1), np.uint64(row)
    for b in range(np.uint64(first), np.uint64(last + 1)):
        x, y, z = paired[b], inserted[b], deleted[b]
        gap = max(y, z)
        before = np.uint8(PAIRED) if x > gap else (np.uint8(DELETION) if z > y else np.uint8(INSERTION))
        now_paired[b] = max(x, gap) + scores[b + there]
        more = inserted[b + one] + EXTEND + incentive[b + at]
        start = paired[b + one] + opening + incentive[b + at]
        now_inserted[b] = max(more, start)
        trace[b + here] = before | (np.uint8(4) if start > more else np.uint8(0))


@inlined
def delete(incentive, paired, deleted, trace, first, last, diagonal, row, opening):
    """One row of the state "deletion", from left to right."""
    there, here = np.uint64(diagonal - 1), np.uint64(row)
    left, gap = np.int64(paired[first - 1]), np.int64(deleted[first - 1])
    for b in range(np.uint64(first), np.uint64(last + 1)):
        start = left + opening + incentive[b + there]
        gap += EXTEND
        if start > gap:
            gap = start
            trace[b + here] |= np.uint8(8)
        deleted[b] = gap
        left = np.int64(paired[b])


@njit
def fill(read: Array, profile: Array, incentive: Array, low: int, high: int, space: Array, trace: Array) -> int:
    """Fill the band of diagonals low to high; returns 4 x score + end state.

    `read` (n,) holds codes, `profile` (5, m) the score of each code at each amplicon base, `incentive` (m + 1,) is 1 at
    boundaries with one, `space` is at least (5, high - low + 3), `trace` (at least (n + 1) (high - low + 3),) gets
    the way back: bits 0-1 the state before a pair, bit 2 an insertion opens, bit 3 a deletion opens. Column b of a
    row is diagonal low + b - 1; the first and the last column stay empty.
    """
    n, m, width = read.size, profile.shape[1], high - low + 3
    paired, inserted, deleted, now_paired, now_inserted = space[0], space[1], space[2], space[3], space[4]
    for b in range(width):
        paired[b] = inserted[b] = deleted[b] = now_paired[b] = now_inserted[b] = NONE
    for k in range(max(low, 1), min(high, m) + 1):
        deleted[k - low + 1] = EXTEND * k
        trace[k - low + 1] = 0
    paired[1 - low] = 0
    for i in range(1, n + 1):
        first, last = max(low, -i) - low + 1, min(high, m - i) - low + 1
        row, diagonal = i * width, i + low - 1
        opening = EXTEND if i == n else OPEN
        if first + diagonal == 0:
            now_paired[first] = deleted[first] = NONE
            now_inserted[first] = EXTEND * i
            trace[row + first] = 0
            first += 1
        pair_or_insert(
            profile[read[i - 1]], incentive, paired, inserted, deleted, now_paired, now_inserted, trace,
            first, last, diagonal, row, opening,
        )  # fmt: skip
        delete(incentive, now_paired, deleted, trace, first, last, diagonal, row, opening)
        if last + diagonal == m and i < n and last >= first:
            opening = EXTEND
            more, start = inserted[last + 1] + EXTEND, paired[last + 1] + opening
            now_inserted[last] = max(more, start) + incentive[m]
            trace[row + last] = (trace[row + last] & 3) | (4 if start > more else 0)
            delete(incentive, now_paired, deleted, trace, last, last, diagonal, row, opening)
        now_paired[last + 1] = now_inserted[last + 1] = deleted[last + 1] = NONE
        paired, inserted, now_paired, now_inserted = now_paired, now_inserted, paired, inserted
    b = m - n - low + 1
    x, y, z = paired[b], inserted[b], deleted[b]
    if x > y and x > z:
        return 4 * x + PAIRED
    return 4 * z + DELETION if z > y else 4 * y + INSERTION


@njit
def walk_back(
    read: Array, bases: Array, low: int, high: int, end: int, trace: Array, runs: Array
) -> tuple[int, int, int]:
    """Follow the trace: gaps to `runs` (kind, amplicon index, length), in order; (gaps, columns, equal columns).

    The amplicon index is the first deleted base, or the base after an insertion. Where `runs` is too short the
    first number is negative.
    """
    i, j, width = read.size, bases.size, high - low + 3
    state, columns, equal, gaps, open_kind = end, 0, 0, 0, PAIRED
    while i > 0 or j > 0:
        columns += 1
        way = trace[i * width + j - i - low + 1]
        if state == PAIRED:
            i -= 1
            j -= 1
            equal += read[i] == bases[j]
            state, open_kind = way & 3, PAIRED
            continue
        if open_kind != state:
            if gaps == runs.shape[0]:
                return -1, 0, 0
            open_kind = state
            runs[gaps, 0], runs[gaps, 2] = state, 0
            gaps += 1
        if state == INSERTION:
            i -= 1
            if way & 4:
                state = PAIRED
        else:
            j -= 1
            if way & 8:
                state = PAIRED
        runs[gaps - 1, 1] = j
        runs[gaps - 1, 2] += 1
    for k in range(gaps // 2):
        for part in range(3):
            runs[k, part], runs[gaps - 1 - k, part] = runs[gaps - 1 - k, part], runs[k, part]
    return gaps, columns, equal
