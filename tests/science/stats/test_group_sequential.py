"""Group-sequential boundaries and exact designs: published values, brute force, refusals."""

import doctest
import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_tables import expected
from scipy import stats

from proband.science.stats import exact_designs, group_sequential
from proband.science.stats.exact_designs import (
    cohort_shift_error,
    design_of,
    rank_floor,
    rank_sum,
    single_stage,
)
from proband.science.stats.group_sequential import boundaries, crossings

THIRDS = [1 / 3, 2 / 3, 1]


@pytest.mark.parametrize("module", [exact_designs, group_sequential])
def test_examples(module):
    assert doctest.testmod(module).failed == 0


def test_published_boundaries():
    held = expected("group_sequential")
    assert boundaries("obrien-fleming", THIRDS).critical == pytest.approx(held["OF3_.025"], abs=3e-9)
    assert boundaries("pocock", THIRDS).critical[0] == pytest.approx(held["P3"], abs=3e-9)
    # the reference's own quadrature ends at its eighth digit; ours is unchanged when nodes are doubled
    spent = boundaries("spending obrien-fleming", [0.2, 0.4, 0.6, 0.8, 1])
    assert spent.critical == pytest.approx(held["asOF5"], abs=3e-8)
    assert spent.spent[-1] == pytest.approx(0.025, abs=1e-13)


def test_quadrature_is_converged(monkeypatch):
    one = boundaries("spending obrien-fleming", [0.2, 0.4, 0.6, 0.8, 1]).critical
    monkeypatch.setattr(group_sequential, "_NODES", 400)
    assert boundaries("spending obrien-fleming", [0.2, 0.4, 0.6, 0.8, 1]).critical == pytest.approx(one, abs=1e-12)


@given(st.lists(st.floats(0.01, 0.97), min_size=1, max_size=4, unique=True), st.floats(-1, 3))
def test_crossings_equal_the_multivariate_normal(fractions, drift):
    times = [*sorted(fractions), 1.0]
    if min(np.diff(times)) < 0.02:
        return
    critical = [2.2] * len(times)
    made = crossings(times, critical, drift)
    t = np.array(times)
    correlation = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    mean = drift * np.sqrt(t)
    stay = stats.multivariate_normal(mean, correlation, allow_singular=True, seed=1).cdf(np.full(t.size, 2.2))
    assert 1 - sum(made) == pytest.approx(stay, abs=2e-4)


def test_spending_at_uneven_looks_keeps_alpha():
    for kind in ("spending obrien-fleming", "spending pocock"):
        made = boundaries(kind, [0.05, 0.5, 0.55, 1])
        assert sum(crossings(made.fractions, made.critical, 0.0)) == pytest.approx(0.025, abs=1e-12)


@pytest.mark.parametrize("fractions", [[], [0.5], [0.5, 0.4, 1], [0, 1], [0.5, 1.2]])
def test_bad_looks_are_refused(fractions):
    with pytest.raises(ValueError, match="fractions"):
        boundaries("pocock", fractions)


def test_exact_designs_and_floors():
    for held in expected("exact_small_n", "single_stage_binomial"):
        made = design_of(held["n"], held["p0"], held["p1"])
        assert made.r == held["r"]
        assert round(made.alpha, 10) == held["alpha"]
        assert made.power == held["power"]
    smallest = single_stage(0.05, 0.5)
    assert (smallest.n, smallest.r) == (5, 2)
    assert single_stage(0.5, 0.51, most=20) is None
    assert rank_floor(2, 8) == pytest.approx(1 / 45)
    grid = expected("exact_small_n", "typeI_cohort_shift_tau(0,.1,.25,.5,1) N=1,2,3,5,10,20 n_ctrl=40")
    for tau, row in zip((0, 0.1, 0.25, 0.5, 1), grid, strict=True):
        assert [round(cohort_shift_error(n, 40, tau), 4) for n in (1, 2, 3, 5, 10, 20)] == row


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), st.lists(st.integers(0, 4), min_size=1, max_size=4))
def test_rank_sum_equals_enumeration_by_pairs(treated, controls):
    made = rank_sum(treated, controls, higher_is_better=True)
    values = treated + controls

    def wins(chosen):
        rest = [i for i in range(len(values)) if i not in chosen]
        return sum((values[i] > values[j]) + 0.5 * (values[i] == values[j]) for i in chosen for j in rest)

    seen = wins(range(len(treated)))
    every = [wins(c) for c in combinations(range(len(values)), len(treated))]
    assert made.one_sided == pytest.approx(np.mean([w >= seen - 1e-9 for w in every]))
    assert made.one_sided >= made.floor - 1e-12
    turned = rank_sum([-v for v in treated], [-v for v in controls], higher_is_better=False)
    assert turned == made


def test_exact_designs_refuse():
    for call in (
        lambda: rank_floor(0, 5),
        lambda: rank_sum([], [1.0], True),
        lambda: rank_sum([math.nan], [1.0], True),
        lambda: rank_sum([1.0] * 15, [2.0] * 15, True),
        lambda: single_stage(0.5, 0.2),
        lambda: cohort_shift_error(1, 40, -1),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            call()
