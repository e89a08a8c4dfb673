"""Alignment of the sites that the comparison of many positions let through, one after the other.

Cannot see: what was not let through.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

import numpy as np

from proband.kernels.jit import Array, njit
from proband.kernels.site_alignment import NO_COLUMN, align_site


@njit
def align_found(
    high: Array, low: Array, other: Array, pad: int, first: int, step: int, which: Array, where: Array, guides: Array,
    lengths: Array, limits: tuple, counts: Array, columns: Array,
) -> int:  # fmt: skip
    """Canonical alignments of what was found; what has none is left out, the rest moved up. How many are left.

    `limits` is (m, d, r). `which` and `where` are changed in place; `counts` (n, 3) gets mismatches and bulge bases,
    `columns` (n, longest + d) the columns from the PAM-distal end.
    """
    m, d, r = limits
    longest = guides.shape[1]
    least = np.empty((longest + 1, d + 1, r + 1, 3), np.int32)
    window = np.empty(longest + d, np.uint8)
    kept = 0
    for n in range(which.size):
        g, q = which[n], where[n]
        length = lengths[g]
        for k in range(length + d):
            at = pad * 64 + q + first + step * k
            w, s = at >> 6, np.uint64(at & 63)
            code = ((high[w] >> s) & np.uint64(1)) * np.uint64(2) + ((low[w] >> s) & np.uint64(1))
            window[k] = np.uint8(4) if (other[w] >> s) & np.uint64(1) else np.uint8(code)
        columns[kept] = NO_COLUMN
        wrong, dna, rna = align_site(
            guides[g, :length], window[: length + d], m, d, r, least[: length + 1], columns[kept, : length + d]
        )
        if wrong >= 0:
            which[kept], where[kept] = g, q
            counts[kept, 0], counts[kept, 1], counts[kept, 2] = wrong, dna, rna
            kept += 1
    return kept
