"""Letters of canonical alignments, many at a time, as rows of bytes that end with zeros.

Cannot see: whether the columns belong to the bases; both come from one search.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

import numpy as np

from proband.kernels.jit import Array, njit
from proband.kernels.site_alignment import DNA_BULGE, MISMATCH, NO_COLUMN, RNA_BULGE

_LETTERS = np.frombuffer(b"ACGTN", np.uint8).copy()
_DASH, _LOWER = np.uint8(45), np.uint8(32)


@njit
def site_letters(
    high: Array, low: Array, other: Array, starts: Array, ends: Array, strand: Array, columns: Array, spacer: Array,
    pam_size: int, pam_after: bool, above: Array, below: Array, pam: Array,
) -> None:  # fmt: skip
    """Fill `above` (aligned spacer), `below` (aligned protospacer, lower case for a mismatch) and `pam`, 5' to 3'.

    `spacer` holds codes; starts, ends and strand are those of footprints on the planes.
    """
    foot = np.empty(columns.shape[1] + pam_size + 64, np.uint8)
    for n in range(starts.size):
        size = ends[n] - starts[n]
        for k in range(size):
            at = starts[n] + k if strand[n] > 0 else ends[n] - 1 - k
            w, s = at >> 6, np.uint64(at & 63)
            code = np.int64((high[w] >> s) & np.uint64(1)) * 2 + np.int64((low[w] >> s) & np.uint64(1))
            if strand[n] < 0:
                code = 3 - code
            if (other[w] >> s) & np.uint64(1):
                code = 4
            foot[k] = _LETTERS[code]
        for k in range(pam_size):
            pam[n, k] = foot[size - pam_size + k] if pam_after else foot[k]
        i, j = 0, 0 if pam_after else pam_size
        for c in range(columns.shape[1]):
            kind = columns[n, c]
            if kind == NO_COLUMN:
                break
            above[n, c] = _DASH if kind == DNA_BULGE else _LETTERS[spacer[i]]
            below[n, c] = _DASH if kind == RNA_BULGE else foot[j] | (_LOWER if kind == MISMATCH else np.uint8(0))
            i += kind != DNA_BULGE
            j += kind != RNA_BULGE
