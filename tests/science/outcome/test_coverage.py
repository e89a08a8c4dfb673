"""Long: coverage of the limits of agreement and of durability on simulated truth."""

import math

import numpy as np
import pytest

from proband.science.outcome.durability import Course, durability
from proband.science.outcome.rank_agreement import rank_agreement


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_limits_of_agreement_cover_under_the_normal_copula(rho):
    rng, n, runs = np.random.default_rng(17), 6, 100
    truth, hit = 2 / math.pi * math.asin(rho), 0
    for _ in range(runs):
        z = rng.normal(size=(2, n))
        made = rank_agreement(z[0], rho * z[0] + math.sqrt(1 - rho * rho) * z[1]).tau_b
        hit += made.low <= truth <= made.high
    assert hit / runs >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)


@pytest.mark.slow
@pytest.mark.parametrize("n", [4, 10])
def test_limits_of_durability_cover(n):
    rng, runs, hit, told = np.random.default_rng(18), 500, 0, 0
    for _ in range(runs):
        loss, seen = rng.exponential(20, n), rng.uniform(6, 40, n)
        courses = [
            Course(str(i), float(min(a, b)), "lost" if a <= b else "still in effect")
            for i, (a, b) in enumerate(zip(loss, seen, strict=True))
        ]
        free = durability(courses, [12]).planned[0].free
        if free.value is not None:
            told += 1
            hit += free.low <= math.exp(-12 / 20) <= free.high
    assert hit / told >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / told)
