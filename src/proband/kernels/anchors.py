"""Exact matches between a long read and a reference of several tracks: seeds of k bases, extended to the right.

A track is one strand of one place. Tracks lie one behind the other in `bases`; a match never leaves its track. Every
seed of the read is looked up (none is sampled away), because at the scale of an amplicon that is cheap and an event
near an end is lost with the anchors beside it. A seed that occurs more than `most` times begins no match.

Seeds and chains as in Li, Bioinformatics 2018;34:3094-3100 (recalled), without sampling.

Cannot see: matches shorter than a seed; places inside of long tandem repeats of short units, whose seeds are left out.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from proband.kernels.jit import Array, njit

SEED = 13
"""Bases of a seed: by chance one occurs once in 67 million places, and 67 % are read without an error at 3 %."""
MOST = 16
"""Places of a seed from which it is left out."""
BUCKETS = 16
"""Bits by which seeds are found; 2 * SEED - BUCKETS lie below."""


class Tracks(NamedTuple):
    """The reference: codes, track bounds, the track of each base, and its sorted seeds with their places."""

    bases: Array
    bounds: Array
    track: Array
    heads: Array
    seeds: Array
    places: Array


def tracks(sequences: list[Array]) -> Tracks:
    """Index tracks given as codes (0 to 3 for A, C, G, T; 4 for N).

    >>> made = tracks([np.array([0, 1, 2, 3] * 4, np.uint8)])
    >>> made.bounds.tolist(), made.places.tolist()
    ([0, 16], [0, 1, 2, 3])
    """
    bases = np.concatenate(sequences).astype(np.uint8)
    bounds = np.cumsum([0, *(len(s) for s in sequences)]).astype(np.int64)
    track = np.repeat(np.arange(len(sequences), dtype=np.int32), np.diff(bounds))
    codes, places = [], []
    for number, sequence in enumerate(sequences):
        count = len(sequence) - SEED + 1
        if count <= 0:
            continue
        code, clean = np.zeros(count, np.int64), np.ones(count, np.bool_)
        for k in range(SEED):
            piece = sequence[k : k + count]
            code = code * 4 + piece
            clean &= piece < 4
        codes.append(code[clean])
        places.append(np.flatnonzero(clean) + bounds[number])
    every = np.concatenate(codes) if codes else np.zeros(0, np.int64)
    where = np.concatenate(places) if places else np.zeros(0, np.int64)
    order = np.lexsort((where, every))
    seeds = every[order]
    heads = np.searchsorted(seeds >> (2 * SEED - BUCKETS), np.arange((1 << BUCKETS) + 1)).astype(np.int64)
    return Tracks(bases, bounds, track, heads, seeds, where[order].astype(np.int64))


@njit
def find_anchors(read: Array, index: Tracks, most: int, into: Array) -> int:
    """Matches of a read to `into` (rows: read start, reference start, length, track), by read start and place.

    A match is told once, at its leftmost seed. Returns their number, or -1 where `into` is too short.
    """
    mask = (np.int64(1) << (2 * SEED)) - 1
    code, run, count, left_out = np.int64(0), 0, 0, True
    for end in range(read.size):
        if read[end] > 3:
            run, left_out = 0, True
            continue
        code = ((code << 2) | read[end]) & mask
        run += 1
        if run < SEED:
            continue
        i = end - SEED + 1
        head = code >> (2 * SEED - BUCKETS)
        first, stop = index.heads[head], index.heads[head + 1]
        while first < stop and index.seeds[first] < code:
            first += 1
        last = first
        while last < stop and index.seeds[last] == code:
            last += 1
        too_many = last - first > most
        for s in range(first, last if not too_many else first):
            p = index.places[s]
            same = i > 0 and p > 0 and index.track[p - 1] == index.track[p] and read[i - 1] == index.bases[p - 1]
            if same and not left_out:
                continue
            if count == into.shape[0]:
                return -1
            high = index.bounds[index.track[p] + 1]
            size = SEED
            while (
                i + size < read.size
                and p + size < high
                and read[i + size] == index.bases[p + size]
                and read[i + size] < 4
            ):
                size += 1
            into[count, 0], into[count, 1], into[count, 2], into[count, 3] = i, p, size, index.track[p]
            count += 1
        left_out = too_many
    return count
