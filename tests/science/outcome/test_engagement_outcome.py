"""Agreement in order, slopes, variants: exact laws, enumeration, refusals."""

import doctest
import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from proband.core.errors import ProgramError
from proband.science.outcome import engagement_outcome
from proband.science.outcome import rank_agreement as agreement_module
from proband.science.outcome import theil_sen as slope_module
from proband.science.outcome.engagement_outcome import Patient, engagement_against_outcome
from proband.science.outcome.rank_agreement import any_distribution_limits, rank_agreement
from proband.science.outcome.theil_sen import kendall_law, theil_sen

small = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=6)


@pytest.mark.parametrize("module", [engagement_outcome, agreement_module, slope_module])
def test_examples(module):
    assert doctest.testmod(module).failed == 0


@given(small)
@settings(max_examples=15, deadline=None)
def test_agreement_equals_enumeration(pairs):
    x, y = [a for a, _ in pairs], [b for _, b in pairs]
    made = rank_agreement(x, y)
    if made.reason:
        assert len(set(x)) == 1 or len(set(y)) == 1
        return
    assert made.tau_b.value == pytest.approx(stats.kendalltau(x, y).statistic)
    untied = sum(y[i] != y[j] for i in range(len(y)) for j in range(i))
    assert made.somers_d.value == pytest.approx((made.concordant - made.discordant) / untied)

    def score(v):
        return sum(np.sign(x[i] - x[j]) * np.sign(v[i] - v[j]) for i in range(len(x)) for j in range(i))

    every = [abs(score(p)) for p in permutations(y)]
    assert made.tau_b.p == pytest.approx(np.mean([e >= abs(score(y)) for e in every]))
    assert made.floor == pytest.approx(np.mean([e == max(every) for e in every]))
    assert made.c.low <= made.c.value <= made.c.high


@pytest.mark.parametrize(("n", "floor", "few"), [(3, 1 / 3, True), (4, 1 / 12, True), (5, 1 / 60, False)])
def test_too_few_is_said(n, floor, few):
    made = rank_agreement(range(n), range(n))
    assert made.tau_b.p == pytest.approx(floor)
    assert bool(made.too_few) is few
    assert (made.c.low > 0.5) is not few


def test_a_rare_outcome_among_many_is_too_few_as_well():
    made = rank_agreement(range(12), [0] * 11 + [1])
    assert made.floor == pytest.approx(2 / 12, abs=0.02)
    assert "no order gives P" in made.too_few


def test_limits_exclude_independence_where_the_permutation_test_does():
    rng = np.random.default_rng(2)
    for _ in range(12):
        n = int(rng.integers(5, 9))
        x, y = rng.normal(size=n), rng.normal(size=n)
        y = y + 1.5 * x
        made = rank_agreement(x, y)
        excludes = made.tau_b.low > 0 or made.tau_b.high < 0
        if abs(made.tau_b.p - 0.05) > 0.01:
            assert excludes == (made.tau_b.p < 0.05)


def test_agreement_turns_with_its_measurements_and_with_seeds_not_at_all():
    x, y = [1, 4, 2, 8, 5, 7], [0.3, 0.1, 0.4, 0.2, 0.9, 0.8]
    one, other = rank_agreement(x, y), rank_agreement(x, [-v for v in y])
    assert other.tau_b.value == pytest.approx(-one.tau_b.value)
    assert other.tau_b.low == pytest.approx(-one.tau_b.high, abs=0.06)
    assert rank_agreement(x, y) == one
    assert rank_agreement([math.exp(v) for v in x], y) == one


def test_limits_for_any_distribution():
    """At C = 1 the exponent is -log q: the limit is (alpha / 2)^(1 / floor(n / 2)), that of as many successes."""
    for n in (4, 9, 20):
        low, high = any_distribution_limits(1.0, n)
        assert low == pytest.approx(0.025 ** (1 / (n // 2)))
        assert high == 1
        assert any_distribution_limits(0.0, n) == pytest.approx((0.0, 1 - low))
    with pytest.raises(ValueError, match="C from 0 to 1"):
        any_distribution_limits(1.2, 5)


def test_agreement_refuses():
    assert "fewest" in rank_agreement([1, 2], [1, 2]).reason
    assert rank_agreement([1, 1, 1], [1, 2, 3]).tau_b.value is None
    with pytest.raises(ProgramError) as caught:
        rank_agreement([1, math.nan, 3], [1, 2])
    assert len(caught.value.problems) == 2
    with pytest.raises(ProgramError):
        rank_agreement(range(300), range(300))


@pytest.mark.parametrize("n", [2, 4, 6])
def test_kendall_law_is_the_count_of_orders(n):
    counts = np.zeros(n * (n - 1) // 2 + 1)
    for p in permutations(range(n)):
        counts[sum(p[j] > p[i] for i in range(n) for j in range(i))] += 1
    assert kendall_law(n) == pytest.approx(counts / counts.sum())


def test_slope_limits_hold_by_every_order_of_the_residuals():
    """Over all orders of distinct residuals the limits leave the true slope out as often as the law says."""
    x, residual = np.arange(6.0), np.array([0.3, -1.1, 0.7, 2.2, -0.4, 1.3])
    missed = [
        not (m.low <= 2 <= m.high) for m in (theil_sen(x, 2 * x + residual[list(p)]) for p in permutations(range(6)))
    ]
    # two of the fifteen slopes are cut at either end: orders with 0 or 1 pairs turned, 6 of 720 on each side
    assert np.mean(missed) == pytest.approx(12 / 720)


def test_slope_refuses():
    assert theil_sen([1, 1, 1], [1, 2, 3]).reason
    assert theil_sen([1, 2, 3, 4], [1, 2, 3, 5]).low == -math.inf
    assert "ties" in theil_sen([1, 1, 1, 2, 2, 2], [1, 2, 3, 4, 5, 6]).method
    with pytest.raises(ProgramError):
        theil_sen([1, 2], [1, 2, 3])


def test_a_difference_between_variants_is_not_agreement_within_them():
    """Two variants apart in both numbers, no agreement inside either."""
    patients = [Patient(f"a{i}", "a", 0.1 + e, 1 + o) for i, (e, o) in enumerate([(0.01, 3), (0.02, 1), (0.03, 2)])]
    patients += [Patient(f"b{i}", "b", 0.6 + e, 11 + o) for i, (e, o) in enumerate([(0.01, 2), (0.02, 3), (0.03, 1)])]
    made = engagement_against_outcome(patients, higher_is_better=True)
    assert made.overall.tau_b.value > 0.4
    assert made.within_variants.value < 0
    assert made.between_variants.reason
    assert engagement_against_outcome(patients, higher_is_better=False).overall.tau_b.value == -made.overall.tau_b.value


def test_who_is_left_out_is_said():
    patients = [
        Patient("p1", "a", 0.2, 1.0), Patient("p2", "a", None, 2.0), Patient("p3", "a", 0.4, None),
        Patient("p4", "a", 0.05, 0.5, True), Patient("p5", "a", 0.3, 2.0, True), Patient("p6", "a", 0.6, 3.0),
    ]  # fmt: skip
    made = engagement_against_outcome(patients, higher_is_better=True)
    assert [i for i, _ in made.left_out] == ["p2", "p3", "p5"]
    assert made.used == ("p1", "p4", "p6")
    assert made.slope.value is None
    assert made.overall.tau_b.value == 1
    assert "p5 (below a limit" in made.told()


def test_no_patients_and_wrong_patients():
    none = engagement_against_outcome([], higher_is_better=True)
    assert none.overall.reason
    assert none.within_variants.value is None
    with pytest.raises(ProgramError) as caught:
        engagement_against_outcome(
            [Patient("p", "a", math.inf, 1.0), Patient("p", "a", None, 1.0, True)], higher_is_better=True
        )
    assert len(caught.value.problems) == 3
