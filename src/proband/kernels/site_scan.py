"""Reference search of a short sequence: every window of one strand, one after the other, with its canonical alignment.

Cannot see: codes above 3 (any letter but A, C, G, T): a footprint that holds one is never a site.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

import numpy as np

from proband.kernels.jit import Array, njit
from proband.kernels.site_alignment import align_site


@njit
def pam_fits(codes: Array, start: int, pam: Array) -> bool:
    """Whether every PAM letter, a set of bits, admits the base at its place; False beyond the ends."""
    if start < 0 or start + pam.size > codes.size:
        return False
    for k in range(pam.size):
        if codes[start + k] > 3 or not (pam[k] >> codes[start + k]) & 1:
            return False
    return True


@njit
def scan_strand(
    codes: Array, spacer: Array, pam: Array, m: int, d: int, r: int, places: Array, counts: Array, columns: Array
) -> int:
    """Sites whose PAM follows the protospacer on `codes`; how many there are, of which those that have room are kept.

    `spacer` is counted from the PAM. `places` gets the start of the PAM, `counts` (n, 3) mismatches and bulge bases,
    `columns` (n, L + d) the columns from the PAM-distal end.
    """
    found = 0
    least = np.empty((spacer.size + 1, d + 1, r + 1, 3), np.int32)
    out = np.empty(spacer.size + d, np.uint8)
    for start in range(codes.size):
        if not pam_fits(codes, start, pam):
            continue
        window = codes[max(0, start - spacer.size - d) : start][::-1]
        wrong, dna, rna = align_site(spacer, window, m, d, r, least, out)
        if wrong < 0:
            continue
        if found < places.size:
            places[found] = start
            counts[found, 0], counts[found, 1], counts[found, 2] = wrong, dna, rna
            columns[found] = out
        found += 1
    return found
