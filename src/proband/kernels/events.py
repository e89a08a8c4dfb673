"""From alignments to events: insertions, deletions and substitutions of each read, in a window or not.

Counting (the published behaviour of amplicon sequencing tools, Clement et al., Nature Biotechnology 2019;37:224-226): a
deletion counts if a deleted base lies in the window, an insertion if both its neighbours do, a substitution if its
base does; N is never a substitution; bases before the first or behind the last amplicon base are no insertion.

Equal places: an indel in a repeat can be written in several places. `left` is the leftmost (Tan, Abecasis and Kang,
Bioinformatics 2015;31:2202-2204), `anchored` the one nearest to the nearest cut, each taken against the amplicon.

Cannot see: which equal place is the true one; two events of one read are shifted independently.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

import numpy as np

from proband.kernels import align
from proband.kernels.jit import Array, njit

INSERTION, DELETION, SUBSTITUTION = align.INSERTION, align.DELETION, 3
HAS_INSERTION, HAS_DELETION, HAS_SUBSTITUTION = 1, 2, 4
VECTORS = ("insertions", "insertions_left", "deletions", "substitutions")
COLUMNS = ("kind", "start", "end", "length", "read_start", "left", "anchored", "counted")
KIND, START, END, LENGTH, READ_START, LEFT, ANCHORED, COUNTED = range(8)


@njit
def deletion_places(bases: Array, start: int, end: int) -> tuple[int, int]:
    """Leftmost and rightmost start of an equal deletion."""
    left = right = start
    while left > 0 and bases[left - 1] == bases[left - 1 + end - start]:
        left -= 1
    while right + end - start < bases.size and bases[right] == bases[right + end - start]:
        right += 1
    return left, right


@njit
def insertion_places(bases: Array, place: int, read: Array, at: int, length: int) -> tuple[int, int]:
    """Leftmost and rightmost boundary of an equal insertion of read[at:at + length]."""
    left, k = place, 0
    while left > 0 and bases[left - 1] == read[at + (length - 1 - k) % length]:
        left -= 1
        k += 1
    right, k = place, 0
    while right < bases.size and bases[right] == read[at + k % length]:
        right += 1
        k += 1
    return left, right


@njit
def nearest_cut(cuts: Array, start: int, end: int) -> int:
    """The cut with the least distance to the bases start to end, the first of equals; -1 without a cut."""
    best, least = -1, 10**9
    for cut in cuts:
        away = max(start - cut, cut - end, 0)
        if away < least:
            best, least = cut, away
    return best


@njit
def in_window(kind: int, start: int, end: int, window: Array) -> bool:
    """Whether an event counts: see the module's text."""
    if kind == INSERTION:
        return 0 < start < window.size and window[start - 1] and window[start]
    touched = False
    for j in range(start, end):
        touched |= window[j]
    return touched


@njit
def indel_event(read, bases, cuts, window, anchor, kind, place, length, i, row):
    """Write an insertion or a deletion to a row of `COLUMNS`; whether it counts."""
    end = place + length if kind == DELETION else place
    if kind == DELETION:
        left, right = deletion_places(bases, place, end)
    else:
        left, right = insertion_places(bases, place, read, i, length)
    cut = nearest_cut(cuts, place, end)
    anchored = min(max(cut, left), right) if cut >= 0 else place
    row[KIND], row[START], row[END], row[LENGTH], row[READ_START] = kind, place, end, length, i
    row[LEFT], row[ANCHORED] = left, anchored
    shift = anchored - place if anchor else 0
    counted = in_window(kind, place + shift, end + shift, window)
    row[COUNTED] = counted
    return counted


@njit
def count_events(read: Array, bases: Array, gaps: Array) -> int:
    """Number of events of an alignment; gaps is (gaps, 3)."""
    found = i = j = k = 0
    while j < bases.size:
        if k < gaps.shape[0] and gaps[k, 1] == j:
            if gaps[k, 0] == DELETION:
                j += gaps[k, 2]
                found += 1
            else:
                found += j > 0
                i += gaps[k, 2]
            k += 1
            continue
        found += read[i] != bases[j] and read[i] < 4 and bases[j] < 4
        i += 1
        j += 1
    return found


@njit
def read_events(read, bases, gaps, cuts, window, anchor, events):
    """Write the events of one alignment; returns (events, flags, deleted, inserted, substituted bases that count)."""
    found = flags = deleted = inserted = changed = 0
    i = j = k = 0
    while j < bases.size:
        if k < gaps.shape[0] and gaps[k, 1] == j:
            kind, length = gaps[k, 0], gaps[k, 2]
            k += 1
            if kind == DELETION:
                if indel_event(read, bases, cuts, window, anchor, kind, j, length, i, events[found]):
                    flags |= HAS_DELETION
                    deleted += length
                found += 1
                j += length
                continue
            if j > 0:
                if indel_event(read, bases, cuts, window, anchor, kind, j, length, i, events[found]):
                    flags |= HAS_INSERTION
                    inserted += length
                found += 1
            i += length
            continue
        if read[i] != bases[j] and read[i] < 4 and bases[j] < 4:
            row = events[found]
            row[KIND], row[START], row[END], row[LENGTH], row[READ_START] = SUBSTITUTION, j, j + 1, 1, i
            row[LEFT] = row[ANCHORED] = j
            row[COUNTED] = window[j]
            if window[j]:
                flags |= HAS_SUBSTITUTION
                changed += 1
            found += 1
        i += 1
        j += 1
    return found, flags, deleted, inserted, changed


@njit
def add_nucleotides(read: Array, gaps: Array, size: int, weight: int, table: Array) -> None:
    """Add a read to (6, size): how often each amplicon base is read as A, C, G, T, N or is missing."""
    i = j = k = 0
    while j < size:
        if k < gaps.shape[0] and gaps[k, 1] == j:
            if gaps[k, 0] == DELETION:
                for p in range(j, j + gaps[k, 2]):
                    table[5, p] += weight
                j += gaps[k, 2]
            else:
                i += gaps[k, 2]
            k += 1
            continue
        table[read[i], j] += weight
        i += 1
        j += 1


@njit
def add_vectors(events: Array, weight: int, whole: Array, window: Array) -> None:
    """Add a read's events to (4, size) vectors in the order of `VECTORS`, for all and for counted events."""
    for e in range(events.shape[0]):
        for vector in range(2 if events[e, COUNTED] else 1):
            table = window if vector else whole
            if events[e, KIND] == INSERTION:
                table[0, events[e, START] - 1] += weight
                table[0, events[e, START]] += weight
                table[1, events[e, START] - 1] += weight
                continue
            row = 2 if events[e, KIND] == DELETION else 3
            for j in range(events[e, START], events[e, END]):
                table[row, j] += weight


@njit
def size_events(arena, starts, sizes, target, refs, gap_at, gap_count, gap_list, first, stop, found):
    """Number of events of the reads first to stop, to `found`; reads with a negative target have none."""
    for r in range(first, stop):
        found[r] = 0
        if target[r] >= 0:
            bases = refs.bases[refs.offsets[target[r]] : refs.offsets[target[r] + 1]]
            read = arena[starts[r] : starts[r] + sizes[r]]
            found[r] = count_events(read, bases, gap_list[gap_at[r] : gap_at[r] + gap_count[r]])


@njit
def classify(
    arena, starts, sizes, counts, target, refs, gap_at, gap_count, gap_list, cuts, cut_at, windows, anchor,
    first, stop, event_at, events, summary, nucleotides, whole, window
):  # fmt: skip
    """Events, flags and per-position counts of the reads first to stop.

    `windows` is a mask laid out as the amplicons' bases, `cuts` of amplicon a are cuts[cut_at[a]:cut_at[a + 1]],
    `event_at` (reads + 1,) where each read's events begin, `summary` (reads, 4) gets flags, deleted, inserted and
    substituted bases that count; `nucleotides` (6, bases), `whole` and `window` (4, bases) are added to.
    """
    for r in range(first, stop):
        a = target[r]
        if a < 0:
            continue
        low, high = refs.offsets[a], refs.offsets[a + 1]
        read, gaps = arena[starts[r] : starts[r] + sizes[r]], gap_list[gap_at[r] : gap_at[r] + gap_count[r]]
        mine = events[event_at[r] : event_at[r + 1]]
        here = cuts[cut_at[a] : cut_at[a + 1]]
        _, flags, deleted, inserted, changed = read_events(
            read, refs.bases[low:high], gaps, here, windows[low:high], anchor, mine
        )
        summary[r, 0], summary[r, 1], summary[r, 2], summary[r, 3] = flags, deleted, inserted, changed
        add_nucleotides(read, gaps, high - low, counts[r], nucleotides[:, low:high])
        add_vectors(mine, counts[r], whole[:, low:high], window[:, low:high])


@njit
def turn_reads(arena: Array, starts: Array, sizes: Array, reverse: Array) -> None:
    """Replace each read that was aligned as its reverse complement by that, in place."""
    for r in range(starts.size):
        if not reverse[r]:
            continue
        read = arena[starts[r] : starts[r] + sizes[r]]
        copy = read.copy()
        for i in range(read.size):
            code = copy[read.size - 1 - i]
            read[i] = 3 - code if code < 4 else 4


def letter_names() -> Array:
    """The letters of codes 0 to 5.

    >>> letter_names().tobytes()
    b'ACGTN-'
    """
    return np.frombuffer(b"ACGTN-", np.uint8)
