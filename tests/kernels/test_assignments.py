"""Counting kernels against itertools."""

import itertools

import numpy as np
import pytest

from proband.kernels.assignments import count_permutations, count_sums


@pytest.mark.parametrize("sizes", [[1], [4], [3, 1, 5], [2, 2, 2, 3]])
def test_count_sums_visits_every_combination_once(sizes):
    rng = np.random.default_rng(sum(sizes))
    table = np.zeros((len(sizes), max(sizes)))
    rows = []
    for i, k in enumerate(sizes):
        rows.append(rng.integers(-3, 4, k).astype(float))
        table[i, :k] = rows[-1]
    sums = np.array([sum(c) for c in itertools.product(*rows)])
    observed = float(np.median(sums))
    made = count_sums(table, np.array(sizes), observed, 1e-9)
    assert made[:2] == (len(sums), int((sums >= observed - 1e-9).sum()))
    assert made[2] == pytest.approx(sums.sum())
    assert made[3] == pytest.approx(((sums - sums.mean()) ** 2).sum())


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_count_permutations_visits_every_order_once(n):
    table = np.random.default_rng(n).integers(-3, 4, (n, n)).astype(float)
    sums = np.array([sum(table[i, j] for i, j in enumerate(p)) for p in itertools.permutations(range(n))])
    observed = float(np.sort(sums)[len(sums) // 3])
    made = count_permutations(table, observed, 1e-9)
    assert made[:2] == (len(sums), int((sums >= observed - 1e-9).sum()))
    assert made[2] == pytest.approx(sums.sum())
    assert made[3] == pytest.approx(((sums - sums.mean()) ** 2).sum(), abs=1e-9)
