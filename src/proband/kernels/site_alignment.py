"""The one canonical alignment of a spacer to the genome beside a PAM: mismatches, DNA bulges, RNA bulges.

Columns are counted from the PAM here. `least[i, a, b, k]` is the least number of mismatches with which the i spacer
bases next to the PAM align to the i + a - b genome bases next to it, with a bases of DNA bulge, b of RNA bulge, and a
last column (the one farthest from the PAM) of kind k: 0 match or mismatch, 1 DNA bulge, 2 RNA bulge. The first and the
last column of a whole alignment are of kind 0, and kinds 1 and 2 are never neighbours.

Among the alignments within the limits the canonical one has the least edits, then the least bulge bases, then the
least DNA bulge bases, then the lexicographically smallest tuple of bulge columns counted from the PAM-distal end, then
a DNA bulge before an RNA bulge at the first column where two kinds are possible. Found by walking from the PAM-distal
end through the states that can still reach the optimum: once to settle which columns are bulges, once for their kinds.

Cannot see: bases beyond the window that it is given; a code above 3 is never part of an alignment.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

import numpy as np

from proband.kernels.jit import Array, njit

NEVER = 1 << 20
"""More mismatches than any alignment has."""
MATCH, MISMATCH, DNA_BULGE, RNA_BULGE, NO_COLUMN = 0, 1, 2, 3, 255
"""Kinds of a column of an alignment, and the value after its last column."""


@njit
def _cost(spacer: Array, window: Array, i: int, j: int) -> int:
    """Mismatches of spacer base i against genome base j, both counted from the PAM."""
    if j < 0 or j >= window.size or window[j] > 3:
        return NEVER
    return 0 if window[j] == spacer[i] else 1


@njit
def fill_least(spacer: Array, window: Array, d: int, r: int, least: Array) -> None:
    """Fill `least` (L + 1, d + 1, r + 1, 3), see above; spacer and window are counted from the PAM."""
    least[0] = NEVER
    least[0, 0, 0, 0] = 0
    for i in range(1, spacer.size + 1):
        for a in range(d + 1):
            for b in range(r + 1):
                pair, dna, rna = NEVER, NEVER, NEVER
                before = min(least[i - 1, a, b, 0], least[i - 1, a, b, 1], least[i - 1, a, b, 2])
                if before < NEVER:
                    pair = min(NEVER, before + _cost(spacer, window, i - 1, i - 1 + a - b))
                j = i + a - b - 1
                if a > 0 and 0 <= j < window.size and window[j] <= 3:
                    dna = min(least[i, a - 1, b, 0], least[i, a - 1, b, 1])
                if b > 0 and i > 1:
                    rna = min(least[i - 1, a, b - 1, 0], least[i - 1, a, b - 1, 2])
                least[i, a, b, 0], least[i, a, b, 1], least[i, a, b, 2] = pair, dna, rna


@njit
def _left(least: Array, spacer: Array, window: Array, i: int, a: int, b: int, now: int, kind: int, new: int) -> int:
    """Mismatches left after a column of kind `new` whose distal neighbour is of `kind` (3: none); -1 where none can.

    (i, a, b) counts what is left, this column included; `now` is what is left of the optimum.
    """
    if i < 1 or least[i, a, b, new] != now:
        return -1
    if new == 0:
        return now - _cost(spacer, window, i - 1, i - 1 + a - b)
    return -1 if kind == 3 or kind == 3 - new else now


@njit
def _walk(spacer: Array, window: Array, least: Array, best: int, pattern: Array, live: Array) -> None:
    """Which columns from the PAM-distal end are bulges; `live[c, a, b, kind]` is mismatches left + 1, 0: no state."""
    columns, d, r = pattern.size, live.shape[1] - 1, live.shape[2] - 1
    live[:] = 0
    live[0, d, r, 3] = best + 1
    for c in range(columns):
        pattern[c] = 0
        for sought in range(2):
            if pattern[c]:
                continue
            for a in range(d + 1):
                i = spacer.size - (c - (d - a))
                for b in range(r + 1):
                    for kind in range(4):
                        now = live[c, a, b, kind] - 1
                        if now >= 0:
                            pattern[c] |= _spread(least, spacer, window, i, a, b, now, kind, sought, live[c + 1])


@njit
def _spread(
    least: Array, spacer: Array, window: Array, i: int, a: int, b: int, now: int, kind: int, sought: int, after: Array
) -> int:
    """Mark the states behind one column, bulges for `sought` 0 and pairs for 1; whether a bulge was possible."""
    if sought:
        left = _left(least, spacer, window, i, a, b, now, kind, 0)
        if left >= 0:
            after[a, b, 0] = left + 1
        return 0
    found = 0
    if a > 0 and _left(least, spacer, window, i, a, b, now, kind, 1) >= 0:
        after[a - 1, b, 1] = now + 1
        found = 1
    if b > 0 and _left(least, spacer, window, i, a, b, now, kind, 2) >= 0:
        after[a, b - 1, 2] = now + 1
        found = 1
    return found


@njit
def _kinds(spacer: Array, window: Array, least: Array, pattern: Array, live: Array, ends: Array, out: Array) -> None:
    """Columns from the PAM-distal end: of the states that reach the end by `pattern`, a DNA bulge where one can be."""
    columns, d, r = pattern.size, live.shape[1] - 1, live.shape[2] - 1
    ends[:] = 0
    for kind in range(4):
        ends[columns, 0, 0, kind] = live[columns, 0, 0, kind]
    for c in range(columns - 1, -1, -1):
        for a in range(d + 1):
            i = spacer.size - (c - (d - a))
            for b in range(r + 1):
                for kind in range(4):
                    now = live[c, a, b, kind] - 1
                    if now >= 0 and _choice(spacer, window, least, i, a, b, now, kind, pattern[c], ends[c + 1]) >= 0:
                        ends[c, a, b, kind] = now + 1
    a, b, kind, now = d, r, 3, ends[0, d, r, 3] - 1
    for c in range(columns):
        i = spacer.size - (c - (d - a))
        kind = _choice(spacer, window, least, i, a, b, now, kind, pattern[c], ends[c + 1])
        if kind == 0:
            cost = _cost(spacer, window, i - 1, i - 1 + a - b)
            now -= cost
            out[c] = MISMATCH if cost else MATCH
        elif kind == 1:
            a -= 1
            out[c] = DNA_BULGE
        else:
            b -= 1
            out[c] = RNA_BULGE


@njit
def _choice(
    spacer: Array, window: Array, least: Array, i: int, a: int, b: int, now: int, kind: int, bulge: int, after: Array
) -> int:
    """The kind of the next column, DNA bulge before RNA bulge, such that the end is reached; -1 where none is."""
    if not bulge:
        left = _left(least, spacer, window, i, a, b, now, kind, 0)
        return 0 if left >= 0 and after[a, b, 0] == left + 1 else -1
    if a > 0 and _left(least, spacer, window, i, a, b, now, kind, 1) >= 0 and after[a - 1, b, 1] == now + 1:
        return 1
    if b > 0 and _left(least, spacer, window, i, a, b, now, kind, 2) >= 0 and after[a, b - 1, 2] == now + 1:
        return 2
    return -1


@njit
def align_site(spacer: Array, window: Array, m: int, d: int, r: int, least: Array, out: Array) -> tuple:
    """Canonical alignment within the limits; (mismatches, DNA bulge bases, RNA bulge bases), mismatches -1 for none.

    Spacer and window are counted from the PAM. `least` is (L + 1, d + 1, r + 1, 3) of int32 to work in; `out` gets the
    kind of each column from the PAM-distal end, then `NO_COLUMN`.
    """
    length = spacer.size
    out[:] = NO_COLUMN
    plain = 0
    for i in range(length):
        plain += _cost(spacer, window, i, i)
    if plain == 0 or (d == 0 and r == 0):
        if plain > m:
            return -1, 0, 0
        for i in range(length):
            out[length - 1 - i] = _cost(spacer, window, i, i)
        return plain, 0, 0
    fill_least(spacer, window, d, r, least)
    best, bulges, dna = NEVER, NEVER, NEVER
    for a in range(d + 1):
        for b in range(r + 1):
            found = least[length, a, b, 0]
            if found <= m and (found + a + b, a + b, a) < (best, bulges, dna):
                best, bulges, dna = found + a + b, a + b, a
    if best == NEVER:
        return -1, 0, 0
    rna, wrong = bulges - dna, best - bulges
    pattern = np.zeros(length + dna, np.uint8)
    live = np.zeros((length + dna + 1, dna + 1, rna + 1, 4), np.int32)
    _walk(spacer, window, least, wrong, pattern, live)
    _kinds(spacer, window, least, pattern, live, np.zeros_like(live), out)
    return wrong, dna, rna
