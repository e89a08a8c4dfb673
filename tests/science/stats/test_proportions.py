"""Intervals of proportions: published values, exact coverage, and the order of the limits."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from proband.science.stats import proportions
from proband.science.stats.proportions import (
    clopper_pearson,
    combine_limits,
    jeffreys,
    newcombe,
    upper_bound,
    wald,
    wilson,
)

# k, n: Wald, Clopper-Pearson, Wilson, Jeffreys and one-sided 95 % upper limit, in percent, as tabulated in advance
TABLE = [
    (0, 5000, (0, 0), (0, 0.0738), (0, 0.0768), (0, 0.0502), 0.0599),
    (3, 5000, (0, 0.1279), (0.0124, 0.1752), (0.0204, 0.1763), (0.0169, 0.1600), 0.1550),
    (7, 5000, (0.0364, 0.2436), (0.0563, 0.2882), (0.0678, 0.2887), (0.0626, 0.2747), 0.2628),
    (30, 5000, (0.3859, 0.8141), (0.4052, 0.8554), (0.4206, 0.8552), (0.4134, 0.8437), 0.8129),
    (0, 50000, (0, 0), (0, 0.0074), (0, 0.0077), (0, 0.0050), 0.0060),
]

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_examples():
    assert doctest.testmod(proportions).failed == 0


@pytest.mark.parametrize("row", TABLE, ids=lambda r: f"{r[0]}/{r[1]}")
def test_tabulated_limits(row):
    k, n, *expected, upper = row
    for made, limits in zip((wald, clopper_pearson, wilson, jeffreys), expected, strict=True):
        assert [round(100 * x, 4) for x in made(k, n)] == pytest.approx(list(limits), abs=1e-9)
    assert round(100 * upper_bound(k, n), 4) == upper


# Newcombe, Stat Med 1998;17:873-890, table II, method 10
@pytest.mark.parametrize(
    ("cells", "limits"),
    [
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ],
)
def test_newcombe_published(cells, limits):
    assert newcombe(*cells) == pytest.approx(limits, abs=6e-5)


@given(counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_limits_hold_the_estimate_and_mirror(kn, level):
    k, n = kn
    for made in (clopper_pearson, wilson, jeffreys):
        low, high = made(k, n, level)
        assert -1e-12 <= low <= k / n + 1e-12
        assert k / n - 1e-12 <= high <= 1 + 1e-12
        other = made(n - k, n, level)
        assert (1 - other[1], 1 - other[0]) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize("n", [5, 30, 200])
def test_clopper_pearson_never_covers_less(n):
    k = np.arange(n + 1)
    limits = np.array([clopper_pearson(int(x), n) for x in k])
    for p in np.linspace(0.001, 0.999, 97):
        inside = (limits[:, 0] <= p) & (p <= limits[:, 1])
        assert stats.binom(n, p).pmf(k)[inside].sum() >= 0.95 - 1e-12


@given(counts, counts)
def test_the_difference_turns_its_sign(a, b):
    low, high = newcombe(*a, *b)
    back = newcombe(*b, *a)
    assert (-back[1], -back[0]) == pytest.approx((low, high), abs=1e-12)
    assert low <= a[0] / a[1] - b[0] / b[1] <= high


def test_one_known_side_leaves_the_limits_of_the_other():
    assert combine_limits(0.3, (0.2, 0.5), 0.1, (0.1, 0.1)) == pytest.approx((0.1, 0.4))


@pytest.mark.parametrize("bad", [(-1, 5, 0.95), (6, 5, 0.95), (0, 0, 0.95), (1, 5, 1.0)])
def test_counts_that_can_not_be(bad):
    with pytest.raises(ValueError, match="needs"):
        clopper_pearson(*bad)
