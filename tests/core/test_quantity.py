"""Quantities: the grid, exact verdicts at grid points, and what each kind refuses to say."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from proband.core.quantity import GRID, Quantity
from proband.science.stats.posterior import from_interval, mean_of_replicates, proportion, rate


def test_grid_has_279_points_and_is_symmetric():
    assert len(GRID) == 279
    assert all(math.isclose(a + b, 1, abs_tol=1e-12) for a, b in zip(GRID, reversed(GRID), strict=True))
    assert {0.025, 0.05, 0.5, 0.95, 0.975, 0.99, 0.999} <= set(GRID)


@given(st.integers(0, 500), st.integers(1, 500))
def test_proportion_has_the_clopper_pearson_limits(successes, more):
    trials = successes + more
    q = proportion(successes, trials)
    exact = stats.binomtest(successes, trials).proportion_ci(0.95, "exact")
    assert q.interval(0.95) == pytest.approx((exact.low, exact.high), rel=1e-7)
    assert q.quantile(0.999) == pytest.approx(stats.beta(successes + 1, more).ppf(0.999), rel=1e-7)


def test_rate_and_replicates_against_scipy():
    q = rate(3, 1.5, "/a")
    assert q.interval(0.95) == pytest.approx((0.618672 / 1.5, 8.767273 / 1.5), rel=1e-5)  # Garwood 1936, 3 events
    x = [63.62, 58.59, 61.40]
    expected = stats.t(2, loc=sum(x) / 3, scale=stats.sem(x))
    assert mean_of_replicates(x, "%").quantile(0.05) == pytest.approx(expected.ppf(0.05))


def test_lognormal_interval_gives_back_its_limits():
    q = from_interval(0.4, 0.25, 0.64, 0.95, "ratio", "lognormal")
    assert q.quantile(0.025) == pytest.approx(0.25)
    assert q.quantile(0.975) == pytest.approx(0.64)


@given(st.integers(0, 50), st.integers(1, 50), st.floats(0, 1))
def test_cdf_bounds_hold_the_true_probability(successes, more, t):
    q = proportion(successes, successes + more)
    low, high = q.cdf_bounds(t)
    true = stats.beta(successes + 0.5, more + 0.5).cdf(t)  # Jeffreys lies between the pair
    assert low - 1e-9 <= true <= high + 1e-9
    least, greatest = q.cdf(t)
    assert least <= greatest


def test_equal_replicates_have_no_known_spread():
    with pytest.raises(ValueError, match="spread is not known"):
        mean_of_replicates([1.0, 1.0], "d")


@pytest.mark.parametrize(
    "q",
    [
        Quantity.point(23, "umol/L", low=14, high=48),
        Quantity.bound(0.1, "fraction", side="upper", level=0.95),
    ],
)
def test_a_bracket_or_a_bound_has_no_interval_and_no_probability(q):
    assert q.interval(0.95) is None
    with pytest.raises(ValueError, match="no distribution"):
        q.cdf_bounds(0.5)


def test_a_confidence_interval_is_not_a_posterior():
    q = Quantity.confidence(5, 3, 7, 0.95, "d")
    assert q.interval(0.95) == (3, 7)
    assert q.interval(0.9) is None
    with pytest.raises(ValueError, match="no quantiles"):
        q.quantile(0.5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Quantity.posterior([1.0] * 278, "d", model="m"),
        lambda: Quantity.posterior([float("nan")] * 279, "d", model="m"),
        lambda: Quantity.posterior(list(reversed(GRID)), "d", model="m"),
        lambda: Quantity.posterior(GRID, "d", model=""),
        lambda: Quantity.confidence(9, 1, 2, 0.95, "d"),
        lambda: Quantity.exact(float("inf"), "d"),
        lambda: Quantity.bound(1, "d", side="both", level=0.95),
    ],
)
def test_nonsense_is_refused(make):
    with pytest.raises(ValueError, match=r"\w+"):
        make()
