"""Sequences of bases from a Markov model of a fixed order, by a fixed seed: for genomes that are made, not read.

The generator is the 64-bit linear congruential one of Knuth (MMIX: 6364136223846793005, 1442695040888963407).

Cannot see: anything but the letters before a letter; repeats are pasted in afterwards.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

import numpy as np

from proband.kernels.jit import Array, njit


@njit
def count_contexts(codes: Array, order: int, counts: Array) -> None:
    """Add to `counts` (4^order, 4) how often each base follows each context; other letters begin anew."""
    context, known, mask = 0, 0, (1 << (2 * order)) - 1
    for i in range(codes.size):
        if codes[i] > 3:
            known = 0
            continue
        if known >= order:
            counts[context, codes[i]] += 1
        context = ((context << 2) | codes[i]) & mask
        known += 1


@njit
def draw_sequence(cumulative: Array, order: int, state: int, codes: Array) -> int:
    """Fill `codes` by the model; `cumulative` (4^order, 3) are bounds of 32-bit numbers. The generator's new state."""
    context, mask = 0, (1 << (2 * order)) - 1
    state = np.uint64(state)
    for i in range(codes.size):
        state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        drawn = np.int64(state >> np.uint64(32))
        row = cumulative[context]
        code = (drawn >= row[0]) + (drawn >= row[1]) + (drawn >= row[2])
        codes[i] = code
        context = ((context << 2) | code) & mask
    return state
