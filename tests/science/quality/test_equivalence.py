"""Equivalence, ranges and power: by hand, against closed forms and draws, at the edges."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from proband.science.quality.equivalence import (
    equivalence,
    lots_for_power,
    one_inside,
    power_of_equivalence,
    quality_range,
    range_pass,
)

PRE, POST = [10.0, 10.2, 9.8, 10.1], [10.1, 9.9, 10.0, 10.2]


def test_welch_by_hand():
    # means 10.025 and 10.05; variances 0.0291667 and 0.0166667 over 4: 0.00729167 + 0.00416667 = 0.01145833
    # df = 0.01145833^2 / (0.00729167^2 / 3 + 0.00416667^2 / 3) = 5.5847
    made = equivalence(PRE, POST, (-0.5, 0.5))
    assert made.estimate == pytest.approx(0.025)
    assert made.df == pytest.approx(0.01145833**2 / ((0.00729167**2 + 0.00416667**2) / 3), rel=1e-5)
    half = stats.t.ppf(0.95, made.df) * math.sqrt(0.01145833)
    assert (made.low, made.high) == (pytest.approx(0.025 - half, rel=1e-6), pytest.approx(0.025 + half, rel=1e-6))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(8, 12), min_size=2, max_size=8),
    st.lists(st.floats(8, 12), min_size=2, max_size=8),
    st.floats(0.1, 3),
)
def test_two_tests_and_the_interval_say_the_same(pre, post, margin):
    if np.ptp(pre) < 1e-3 or np.ptp(post) < 1e-3:
        return
    made = equivalence(pre, post, (-margin, margin))
    lower = stats.ttest_ind(np.array(post) + margin, pre, equal_var=False, alternative="greater").pvalue
    upper = stats.ttest_ind(np.array(post) - margin, pre, equal_var=False, alternative="less").pvalue
    assert made.p == pytest.approx(max(lower, upper), rel=1e-6, abs=1e-9)
    if abs(made.p - 0.05) > 1e-9:
        assert (made.verdict == "comparable") == (made.p < 0.05)
    back = equivalence(post, pre, (-margin, margin))
    assert (back.verdict, back.estimate) == (made.verdict, pytest.approx(-made.estimate))


def test_three_verdicts():
    assert equivalence(PRE, POST, (-0.5, 0.5)).verdict == "comparable"
    assert equivalence(PRE, POST, (-0.1, 0.1)).verdict == "not_told"
    assert equivalence(PRE, [x + 2 for x in POST], (-0.5, 0.5)).verdict == "not_comparable"
    assert equivalence(PRE, [x - 2 for x in POST], (-0.5, 0.5)).verdict == "not_comparable"
    # the difference lies beyond the margin, its interval does not: not told
    wide = equivalence(PRE, [9.0, 12.5], (-0.5, 0.5))
    assert wide.estimate > 0.5
    assert wide.verdict == "not_told"


def test_ratio_is_the_difference_of_logarithms():
    made = equivalence(PRE, POST, (0.8, 1.25), ratio=True)
    plain = equivalence(np.log(PRE), np.log(POST), (math.log(0.8), math.log(1.25)))
    assert made.verdict == plain.verdict
    assert (made.estimate, made.low) == (pytest.approx(math.exp(plain.estimate)), pytest.approx(math.exp(plain.low)))


def test_no_test_without_lots_or_spread():
    assert equivalence(PRE, [10.0], (-1, 1)).refusal == "1 lot after the change: no test is possible"
    assert equivalence([10.0], PRE, (-1, 1)).refusal == "1 lot before the change: no test is possible"
    assert equivalence(PRE, [], (-1, 1)).refusal.startswith("0 lots after")
    assert "no spread" in equivalence([10.0, 10.0], [10.0, 10.0], (-1, 1)).refusal
    assert "no spread" in equivalence([80.0, 80.0 + 1e-13], [80.0, 80.0 - 1e-13], (-1, 1)).refusal
    assert equivalence([80.0, 80.0], [80.1, 79.9], (-2, 2)).refusal == ""
    assert "no spread" in quality_range([80.0, 80.0 + 1e-13, 80.0], PRE).refusal
    assert "needs 3" in quality_range([1.0, 2.0], PRE).refusal
    assert "one lot does not tell" in quality_range(PRE, [10.0]).refusal
    assert "no spread" in quality_range([1.0] * 4, PRE).refusal
    for bad in ((0.1, 0.5), (-0.5, -0.1), (math.nan, 1.0), (-math.inf, 1.0)):
        with pytest.raises(ValueError, match="margins"):
            equivalence(PRE, POST, bad)
    with pytest.raises(ValueError, match="above 0"):
        equivalence([0.0, 1.0], [1.0, 2.0], (0.8, 1.25), ratio=True)
    with pytest.raises(ValueError, match="finite"):
        equivalence([math.nan, 1.0], POST, (-1, 1))
    with pytest.raises(ValueError, match="k must"):
        quality_range(PRE, POST, k=0.0)
    with pytest.raises(ValueError, match="two lots"):
        power_of_equivalence(1, 5, 1.0, 1.0, (-1.0, 1.0))


def test_range_by_hand():
    # 9, 10, 11: mean 10, SD 1; k 3: 7 to 13. 0.9 of 10 lots is 9
    after = [10.0] * 9 + [14.0]
    assert quality_range([9.0, 10.0, 11.0], after, 3.0, 0.9).verdict == "comparable"
    assert quality_range([9.0, 10.0, 11.0], [*after[1:], 14.0], 3.0, 0.9).verdict == "not_comparable"


def test_what_a_range_does_by_chance():
    # one lot: closed form by t
    for n, k in ((3, 3.0), (6, 2.0), (20, 3.0)):
        assert range_pass(n, 1, k, 1.0) == pytest.approx(one_inside(n, k), abs=2e-3)
        assert one_inside(n, k) == pytest.approx(1 - 2 * stats.t.sf(k / math.sqrt(1 + 1 / n), n - 1))
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(40_000, 5)), rng.normal(1.0, 1.5, size=(40_000, 4))
    m, s = x.mean(axis=1)[:, None], 2 * x.std(axis=1, ddof=1)[:, None]
    drawn = ((np.abs(y - m) <= s).sum(axis=1) >= 4).mean()
    assert range_pass(5, 4, 2.0, 0.9, shift=1.0, spread=1.5) == pytest.approx(drawn, abs=0.012)


def test_power_against_the_non_central_t():
    # with a side that has no spread left Welch's test is that of one sample, and one margin far away one t test
    made = power_of_equivalence(6, 200, 1.0, 1e-6, (-1.0, 1e6))
    assert made == pytest.approx(1 - special.nctdtr(5, math.sqrt(6), stats.t.ppf(0.95, 5)), abs=2e-4)


@pytest.mark.parametrize(
    ("n", "m", "sd", "delta"), [(3, 3, (1.0, 1.0), 0.0), (6, 4, (1.0, 2.0), 0.5), (5, 10, (1, 1), 2.0)]
)
def test_power_against_draws(n, m, sd, delta):
    rng = np.random.default_rng(11)
    runs = 60_000
    x, y = rng.normal(0, sd[0], (runs, n)), rng.normal(delta, sd[1], (runs, m))
    v1, v2 = x.var(axis=1, ddof=1) / n, y.var(axis=1, ddof=1) / m
    df = (v1 + v2) ** 2 / (v1**2 / (n - 1) + v2**2 / (m - 1))
    d, away = y.mean(axis=1) - x.mean(axis=1), special.stdtrit(df, 0.95) * np.sqrt(v1 + v2)
    drawn = ((d - away > -2) & (d + away < 2)).mean()
    made = power_of_equivalence(n, m, float(sd[0]), float(sd[1]), (-2.0, 2.0), delta)
    assert made == pytest.approx(drawn, abs=4 * math.sqrt(drawn * (1 - drawn) / runs) + 5e-4)


@pytest.mark.parametrize("spread", [0.5, 1.0, 2.0])
def test_type_one_error_is_held(spread):
    for n, m in ((2, 2), (3, 3), (6, 3), (10, 10)):
        # Welch's test lies a little above its level where the smaller group spreads more: at most 5.7 % here
        assert power_of_equivalence(n, m, 1.0, spread, (-4.0, 4.0), 4.0) < 0.057


def test_lots_needed():
    assert lots_for_power(6, 1.0, 1.0, (-2.0, 2.0)) == 5
    assert power_of_equivalence(6, 5, 1.0, 1.0, (-2.0, 2.0)) >= 0.8 > power_of_equivalence(6, 4, 1.0, 1.0, (-2.0, 2.0))
    assert lots_for_power(2, 1.0, 1.0, (-0.5, 0.5)) is None
