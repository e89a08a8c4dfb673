"""The way of a long read through a reference: a chain of exact matches, and where it leaves and enters at each jump.

Chain: matches in the order of the read; each new base of the read that a match covers gains 1. A step along one track
whose diagonal moves by d costs min(2 d, 16 + 2 floor(log2 d)), a step to another track (other strand, other place)
`SWITCH`. So a stray match of a seed's length is never worth two jumps, and a true jump needs about 30 matched bases
behind it. Among equal chains the nearest predecessor wins.

Junction: between the last match before a jump and the first behind it the read is aligned to what follows on the left
side and to what precedes on the right, each by edit distance in a band, and split where both together cost least; an
edit costs 4, an inserted stretch that fits neither 8 and 1 a base. Random sequence costs about 2 a base when it is
aligned, reads with errors of up to 15 % well below 1, so a stretch of foreign bases becomes an insertion and errors do
not. Chaining after Li, Bioinformatics 2018;34:3094-3100; the costs are ours.

Cannot see: how many units of a tandem repeat are lost where the repeat is longer than the read's matches reach; a jump
with fewer than about 30 matched bases behind it.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

import numpy as np

from proband.kernels.anchors import Tracks, find_anchors
from proband.kernels.jit import Array, njit

SWITCH = 40
JOIN = 20
"""Bases by which a diagonal may move within one segment: smaller indels are no jump."""
EDIT, OPEN_STRETCH, STRETCH = 4, 8, 1
WIDEST = 96
FIELDS = ("track", "read_start", "read_end", "start", "end", "matched")
"""Columns of a segment; start and end are places in the reference's tracks."""
TOO_MANY = -1
"""Number of segments of a read with more matches or jumps than there is room for."""


@njit
def step_cost(d: int) -> int:
    """Cost of a diagonal that moves by d bases along one track.

    >>> [step_cost(d) for d in (0, 3, 50, -1000)]
    [0, 6, 26, 34]
    """
    a = abs(d)
    bits = 0
    while (a >> (bits + 1)) > 0:
        bits += 1
    return min(2 * a, 16 + 2 * bits)


@njit
def chain(anchors: Array, n: int, score: Array, before: Array, gain: Array) -> int:
    """Best chain over n anchors: fills `score`, `before` (-1 at its start) and `gain`; returns its last anchor."""
    best = -1
    for j in range(n):
        start, end, place, track = anchors[j, 0], anchors[j, 0] + anchors[j, 2], anchors[j, 1], anchors[j, 3]
        score[j], before[j], gain[j] = anchors[j, 2], -1, anchors[j, 2]
        for i in range(j - 1, -1, -1):
            ended = anchors[i, 0] + anchors[i, 2]
            if anchors[i, 0] >= start or ended >= end:
                continue
            overlap = max(ended - start, 0)
            cost = SWITCH
            if anchors[i, 3] == track:
                d = (place - start) - (anchors[i, 1] - anchors[i, 0])
                cost = step_cost(d)
                if -JOIN < d < JOIN:
                    overlap = max(overlap, anchors[i, 1] + anchors[i, 2] - place)
            more = anchors[j, 2] - overlap
            if more <= 0:
                continue
            if score[i] + more - cost > score[j]:
                score[j], before[j], gain[j] = score[i] + more - cost, i, more
        if best < 0 or score[j] > score[best]:
            best = j
    return best


@njit
def ends_of(read: Array, bases: Array, forward: bool, costs: Array, reach: Array, rows: Array) -> None:
    """Least edits of each prefix of `read` against any prefix of `bases` (forward), or of suffixes (not forward).

    `costs` and `reach` get read.size + 1 numbers: edits times `EDIT`, and the length of the fitting part of `bases`,
    the one nearest to the prefix's own among equals. `rows` is at least (2, 2 * WIDEST + 3).
    """
    n, m = read.size, bases.size
    w = min(8 + n // 4, WIDEST)
    wide, far = 2 * w + 1, 1 << 28
    now, old = rows[0], rows[1]
    for b in range(wide + 2):
        old[b] = far
    for b in range(wide):
        j = b - w
        if 0 <= j <= m:
            old[b + 1] = j
    costs[0], reach[0] = 0, 0
    for i in range(1, n + 1):
        now[0] = now[wide + 1] = far
        best, at, close = far, 0, far
        letter = read[i - 1] if forward else read[n - i]
        for b in range(wide):
            j = i + b - w
            value = far
            if 0 <= j <= m:
                value = min(old[b + 2] + 1, now[b] + 1)
                if j > 0:
                    other = bases[j - 1] if forward else bases[m - j]
                    wrong = 1 if (letter != other or letter > 3) else 0
                    value = min(value, old[b + 1] + wrong)
                if value < best or (value == best and abs(j - i) < close):
                    best, at, close = value, j, abs(j - i)
            now[b + 1] = value
        costs[i], reach[i] = best * EDIT if best < far else far, at
        now, old = old, now


@njit
def split(left: Array, right: Array, n: int) -> tuple[int, int]:
    """Where a read of n bases is split: bases of the left side, and first base of the right side, at least cost."""
    kept, best, cut_left, cut_right = 0, 1 << 30, 0, n
    for k in range(n + 1):
        if left[k] - STRETCH * k <= left[kept] - STRETCH * kept:
            kept = k
        direct = left[k] + right[n - k]
        apart = left[kept] + right[n - k] + OPEN_STRETCH + STRETCH * (k - kept)
        if direct < best:
            best, cut_left, cut_right = direct, k, k
        if kept < k and apart < best:
            best, cut_left, cut_right = apart, kept, k
    return cut_left, cut_right


@njit
def way_of(
    read: Array, index: Tracks, most: int, anchors: Array, score: Array, before: Array, gain: Array, scratch: Array,
    rows: Array, into: Array,
) -> int:  # fmt: skip
    """The segments of a read (already turned to the strand wanted) to `into`; their number, or `TOO_MANY`.

    `scratch` is at least (4, read.size + 1). Columns of `into` are `FIELDS`.
    """
    n = find_anchors(read, index, most, anchors)
    if n < 0:
        return TOO_MANY
    if n == 0:
        return 0
    j = chain(anchors, n, score, before, gain)
    length = 0
    while j >= 0:
        scratch[0, length] = j
        length += 1
        j = before[j]
    count = 0
    for k in range(length - 1, -1, -1):
        j = scratch[0, k]
        start, place, size, track = anchors[j, 0], anchors[j, 1], anchors[j, 2], anchors[j, 3]
        if count > 0:
            i = scratch[0, k + 1]
            moved = (place - start) - (anchors[i, 1] - anchors[i, 0])
            if into[count - 1, 0] == track and -JOIN < moved < JOIN:
                into[count - 1, 2], into[count - 1, 4] = start + size, place + size
                into[count - 1, 5] += gain[j]
                continue
            if count == into.shape[0]:
                return TOO_MANY
        into[count, 0], into[count, 1], into[count, 2] = track, start, start + size
        into[count, 3], into[count, 4], into[count, 5] = place, place + size, gain[j]
        count += 1
    for k in range(count - 1):
        _join(read, index, into, k, scratch, rows)
    return count


@njit
def _join(read, index, into, k, scratch, rows):
    """Move the ends of segments k and k + 1 to the junction that costs least."""
    left, right = into[k], into[k + 1]
    a, b = left[2], right[1]
    if b <= a:
        right[1] += a - b
        right[3] += a - b
        return
    n = b - a
    room = n + WIDEST
    high = min(index.bounds[left[0] + 1], left[4] + room)
    low = max(index.bounds[right[0]], right[3] - room)
    ends_of(read[a:b], index.bases[left[4] : high], True, scratch[0], scratch[1], rows)
    ends_of(read[a:b], index.bases[low : right[3]], False, scratch[2], scratch[3], rows)
    used, first = split(scratch[0], scratch[2], n)
    left[2], left[4] = a + used, left[4] + scratch[1][used]
    right[1], right[3] = a + first, right[3] - scratch[3][n - first]


@njit
def covered(anchors: Array, n: int, track: int) -> int:
    """Matched bases of one track, overlapping ones counted again."""
    total = 0
    for i in range(n):
        if anchors[i, 3] == track:
            total += anchors[i, 2]
    return total


@njit
def ways(
    arena: Array,
    starts: Array,
    sizes: Array,
    index: Tracks,
    most: int,
    room: int,
    into: Array,
    counts: Array,
    turns: Array,
) -> None:
    """Segments of all reads: `into` (reads, segments, 6) and `counts`; `turns` says which reads were turned.

    A read is turned where it fits track 1 (the first place, other strand) better than track 0. `room` is the number
    of matches that one read may have. Places of segments are of the turned read.
    """
    longest = 1
    for r in range(sizes.size):
        longest = max(longest, sizes[r])
    anchors = np.empty((room, 4), np.int64)
    score, before, gain = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    scratch = np.empty((4, max(longest, room) + 1), np.int64)
    rows = np.empty((2, 2 * WIDEST + 3), np.int64)
    other = np.empty(longest, np.uint8)
    for r in range(sizes.size):
        read = arena[starts[r] : starts[r] + sizes[r]]
        n = find_anchors(read, index, most, anchors)
        if n < 0:
            counts[r] = TOO_MANY
            continue
        if covered(anchors, n, 1) > covered(anchors, n, 0):
            turns[r] = True
            for i in range(sizes[r]):
                base = read[sizes[r] - 1 - i]
                other[i] = 3 - base if base < 4 else base
            read = other[: sizes[r]]
        counts[r] = way_of(read, index, most, anchors, score, before, gain, scratch, rows, into[r])
