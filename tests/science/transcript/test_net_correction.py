"""The share of wrong transcripts that treatment put right: closed forms, what is refused, and how often limits hold."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.science.transcript.net_correction import net_correction


def test_correction_is_the_fall_of_what_is_wrong():
    made = net_correction([(75, 25)] * 3, [(50, 50)] * 3)
    assert made.value == pytest.approx(1 - 25.5 / 50.5)
    one = net_correction([(7500, 2500)], [(5000, 5000)])
    assert one.value == pytest.approx(0.5)
    low, high = one.interval(0.95)
    assert 0.45 < low < 0.5 < high < 0.55
    worse = net_correction([(250, 750)] * 3, [(500, 500)] * 3)
    assert worse.interval(0.95)[1] < 0


def test_a_replicate_without_reads_holds_nothing():
    arms = [(60, 40), (55, 45), (58, 42)], [(5, 95), (4, 96)]
    assert net_correction([*arms[0], (0, 0)], arms[1]) == net_correction(*arms)


@pytest.mark.parametrize("arms", [([], [(1, 1)]), ([(0, 0)], [(1, 1)]), ([(1, 1)], []), ([(5, 5)], [(9, 0)])])
def test_nothing_comes_from_nothing(arms):
    with pytest.raises(ProgramError):
        net_correction(*arms)


def test_one_sample_says_that_its_spread_is_not_known():
    assert "one sample in an arm" in net_correction([(60, 40)], [(5, 95), (4, 96), (6, 94)]).model


@given(st.integers(1, 5), st.integers(1, 400), st.integers(1, 400))
def test_equal_arms_are_no_correction(replicates, wanted, other):
    arm = [(wanted, other)] * replicates
    q = net_correction(arm, arm)
    low, high = q.interval(0.95)
    assert q.value == pytest.approx(0, abs=1e-12)
    assert low < 0 < high


def arm(rng, count, depth, share, rho):
    shares = rng.beta(share * (1 - rho) / rho, (1 - share) * (1 - rho) / rho, count)
    return [(int(k), depth - int(k)) for k in rng.binomial(depth, shares)]


def covered(runs, count, depth, before, after, rho, seed):
    rng = np.random.default_rng(seed)
    true = 1 - (1 - after) / (1 - before)
    hits = 0
    for _ in range(runs):
        made = net_correction(arm(rng, count, depth, after, rho), arm(rng, count, depth, before, rho))
        low, high = made.interval(0.95)
        hits += low <= true <= high
    return hits / runs


@pytest.mark.parametrize(("before", "after"), [(0.02, 0.3), (0.5, 0.75), (0.02, 0.9)])
def test_limits_hold_over_replicates(before, after):
    assert covered(200, 3, 300, before, after, 0.02, 5) >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / 200)


def test_limits_of_one_sample_do_not_hold_which_is_why_it_decides_nothing():
    assert covered(60, 1, 3000, 0.5, 0.75, 0.02, 6) < 0.6
