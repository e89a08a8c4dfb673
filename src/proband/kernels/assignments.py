"""Counting over all combinations of one choice per patient: the null distribution of a randomisation test.

Sums of one entry of each row of a table are visited in mixed-radix order; only counts and moments are kept, so that
memory does not grow with the number of combinations.

Cannot see: whether the choices were drawn alike and independently.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.kernels.jit import njit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit
def count_sums(table: Floats, sizes: Ints, observed: float, tolerance: float) -> tuple[int, int, float, float]:
    """Combinations, those whose sum is at least `observed` less `tolerance`, and the sum and sum of squares.

    Row i of `table` holds `sizes[i]` statistics; squares are of deviations from the mean of the sums.
    """
    rows = sizes.size
    place = np.zeros(rows, dtype=np.int64)
    partial = np.zeros(rows + 1)
    for i in range(rows):
        partial[i + 1] = partial[i] + table[i, 0]
    mean = 0.0
    for i in range(rows):
        mean += table[i, : sizes[i]].mean()
    combinations, reached = 0, 0
    total, squares = 0.0, 0.0
    while True:
        value = partial[rows]
        combinations += 1
        total += value
        squares += (value - mean) * (value - mean)
        if value >= observed - tolerance:
            reached += 1
        i = rows - 1
        while i >= 0 and place[i] == sizes[i] - 1:
            place[i] = 0
            i -= 1
        if i < 0:
            return combinations, reached, total, squares
        place[i] += 1
        for j in range(i, rows):
            partial[j + 1] = partial[j] + table[j, place[j]]


@njit
def count_permutations(table: Floats, observed: float, tolerance: float) -> tuple[int, int, float, float]:
    """As `count_sums`, over all permutations of the columns of a square table (Heap's order): start j to patient i."""
    n = table.shape[0]
    order, counter = np.arange(n), np.zeros(n, dtype=np.int64)
    mean = table.mean() * n
    combinations, reached = 0, 0
    total, squares = 0.0, 0.0
    i = 0
    first = True
    while first or i < n:
        if not first:
            if counter[i] >= i:
                counter[i] = 0
                i += 1
                continue
            other = 0 if i % 2 == 0 else counter[i]
            order[i], order[other] = order[other], order[i]
            counter[i] += 1
            i = 0
        first = False
        value = 0.0
        for k in range(n):
            value += table[k, order[k]]
        combinations += 1
        total += value
        squares += (value - mean) * (value - mean)
        if value >= observed - tolerance:
            reached += 1
    return combinations, reached, total, squares
