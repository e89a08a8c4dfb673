"""Pieces of haplotypes: reference bases with edits applied, and places in a piece led back to the reference.

A piece covers reference bases [low, high) and carries edits in order, each of which replaces [start, end) by the codes
alt[alt_from[e]:alt_from[e + 1]]. All pieces of a batch lie in one buffer, with one N between neighbours.

Cannot see: whether edits overlap; who calls has seen to that.
"""

from __future__ import annotations

from proband.kernels.jit import Array, njit

GAP = 4
"""The code between two pieces: no footprint crosses it."""


@njit
def piece_sizes(low: Array, high: Array, ptr: Array, edits: Array, start: Array, end: Array, alt_from: Array) -> Array:
    """Bases of each piece: `edits[ptr[p]:ptr[p + 1]]` are the edits of piece p."""
    sizes = high - low
    for p in range(len(low)):
        for k in range(ptr[p], ptr[p + 1]):
            e = edits[k]
            sizes[p] += (alt_from[e + 1] - alt_from[e]) - (end[e] - start[e])
    return sizes


@njit
def write_pieces(
    genome: Array,
    offset: int,
    low: Array,
    high: Array,
    ptr: Array,
    edits: Array,
    start: Array,
    end: Array,
    alt_from: Array,
    alt: Array,
    begins: Array,
    buffer: Array,
    edit_at: Array,
) -> None:
    """Write each piece at begins[p] of `buffer`; `edit_at[k]` becomes the place of the new bases of edits[k].

    `genome` holds the codes from reference base `offset` on. The buffer is filled with GAP by the caller.
    """
    for p in range(len(low)):
        at, base = begins[p], low[p]
        for k in range(ptr[p], ptr[p + 1]):
            e = edits[k]
            for x in range(base, start[e]):
                buffer[at] = genome[x - offset]
                at += 1
            edit_at[k] = at
            for x in range(alt_from[e], alt_from[e + 1]):
                buffer[at] = alt[x]
                at += 1
            base = end[e]
        for x in range(base, high[p]):
            buffer[at] = genome[x - offset]
            at += 1


@njit
def lift_places(
    places: Array,
    pieces: Array,
    begins: Array,
    low: Array,
    ptr: Array,
    edits: Array,
    start: Array,
    end: Array,
    alt_from: Array,
    edit_at: Array,
    reference: Array,
    inserted: Array,
) -> None:
    """The reference base of each place in the buffer; in bases beyond the replaced ones, the last base before and how
    many bases after it (`inserted`, else 0)."""
    for h in range(len(places)):
        p, place = pieces[h], places[h]
        base, at = low[p], begins[p]
        inserted[h] = 0
        found = False
        for k in range(ptr[p], ptr[p + 1]):
            if place < edit_at[k]:
                break
            e = edits[k]
            size, removed = alt_from[e + 1] - alt_from[e], end[e] - start[e]
            if place < edit_at[k] + size:
                within = place - edit_at[k]
                reference[h] = start[e] + within if within < removed else end[e] - 1
                inserted[h] = 0 if within < removed else within - removed + 1
                found = True
                break
            base, at = end[e], edit_at[k] + size
        if not found:
            reference[h] = base + (place - at)


@njit
def touched_edits(
    first: Array,
    last: Array,
    pieces: Array,
    ptr: Array,
    edits: Array,
    alt_from: Array,
    edit_at: Array,
    from_: Array,
    to: Array,
) -> None:
    """The range of edits (places in `edits`) that buffer bases [first, last) hold: a new base, or both sides of a
    place where bases are gone. Empty where from_ == to."""
    for h in range(len(first)):
        p = pieces[h]
        low, high = ptr[p + 1], ptr[p + 1]
        for k in range(ptr[p], ptr[p + 1]):
            size = alt_from[edits[k] + 1] - alt_from[edits[k]]
            inside = edit_at[k] < last[h] and edit_at[k] + size > first[h]
            if inside and low == ptr[p + 1]:
                low = k
            if inside:
                high = k + 1
        from_[h], to[h] = low, max(low, high)
