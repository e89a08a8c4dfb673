"""Test shapes against the full posterior, and their laws."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from proband.assess.shapes import (
    SIGNATURES,
    at_least,
    at_most,
    consistent_across,
    covers,
    differs_from,
    equivalent_to,
    matches,
    ordered,
    present,
    within,
)
from proband.core.evidence import Members
from proband.core.finding import Reason, Verdict
from proband.core.quantity import Quantity
from proband.science.stats.posterior import mean_of_replicates, proportion

YES, NO, OPEN = Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.INSUFFICIENT
counts = st.tuples(st.integers(0, 300), st.integers(0, 300)).filter(lambda x: sum(x) > 0)
confidences = st.sampled_from([0.8, 0.9, 0.95, 0.975, 0.99])


@settings(max_examples=300)
@given(counts, st.floats(0.001, 0.999), confidences)
def test_at_least_is_exactly_the_verdict_of_the_full_distributions(x, t, c):
    successes, failures = x
    p = stats.beta(successes, failures + 1).sf(t) if successes else 0.0
    most = stats.beta(successes + 1, failures).sf(t) if failures else 1.0
    expected = YES if p >= c else NO if most <= 1 - c else OPEN
    if min(abs(p - c), abs(most - (1 - c))) > 1e-7:
        assert at_least(proportion(successes, successes + failures), t, c).verdict is expected


def test_at_least_near_the_limit_in_3002_cases():
    rng = np.random.default_rng(1)
    differing = 0
    for _ in range(3002):
        n = int(rng.integers(5, 400))
        s = int(rng.integers(1, n + 1))
        c = float(rng.choice([0.9, 0.95, 0.99]))
        posterior = stats.beta(s, n - s + 1)
        t = float(posterior.ppf(1 - c)) * (1 + rng.normal() * 1e-5)
        expected = YES if posterior.sf(t) >= c else OPEN
        differing += at_least(proportion(s, n), t, c).verdict is not expected and abs(posterior.sf(t) - c) > 1e-9
    assert differing == 0


@given(counts, st.floats(0.01, 0.99), confidences)
def test_at_most_is_the_mirror_of_at_least(x, t, c):
    q = proportion(x[0], sum(x))
    turned = {YES: NO, NO: YES, OPEN: OPEN}
    assert at_most(q, t, c).verdict is turned[at_least(q, t, c).verdict]


@given(counts, st.floats(0.01, 0.98), st.floats(0.01, 0.5), confidences)
def test_within_never_claims_more_than_the_posterior(x, low, width, c):
    q = proportion(x[0], sum(x))
    b = stats.beta(x[0] + 0.5, x[1] + 0.5)  # Jeffreys lies between the pair
    p = b.cdf(low + width) - b.cdf(low)
    verdict = within(q, low, low + width, c).verdict
    if verdict is YES:
        assert p >= c - 1e-9
    if verdict is NO:
        assert p <= 1 - c + 1e-9


@given(counts, confidences)
def test_differs_from_and_equivalent_to_never_both_hold(x, c):
    q = proportion(x[0], sum(x))
    a, b = equivalent_to(q, 0.5, 0.1, c).verdict, differs_from(q, 0.5, 0.1, c).verdict
    assert (a, b) in {(YES, NO), (NO, YES), (OPEN, OPEN)}


@given(st.floats(0.0001, 0.5), st.floats(0.0001, 0.5), st.sampled_from([0.9, 0.95, 0.99]))
def test_a_bound_supports_or_is_insufficient_but_never_contradicts(limit, t, level):
    for side in ("upper", "lower"):
        q = Quantity.bound(limit, "fraction", side=side, level=level)
        for shape in (at_least, at_most):
            assert shape(q, t, 0.95).verdict in (YES, OPEN)
        assert within(q, 0.0, t, 0.95).verdict is OPEN


def test_zero_in_2000_reads_has_a_limit_and_says_so():
    q = Quantity.bound(0.0015, "fraction", side="upper", level=0.95, n=2000)
    assert at_most(q, 0.01, 0.95).verdict is YES
    assert at_most(q, 0.001, 0.95).reason is Reason.DETECTION_LIMIT_TOO_HIGH
    assert at_most(q, 0.01, 0.99).verdict is OPEN


@pytest.mark.parametrize(
    "q",
    [Quantity.point(9, "d"), Quantity.point(9, "d", low=8, high=10), Quantity.confidence(9, 8, 10, 0.95, "d")],
)
def test_without_a_defined_distribution_there_is_no_probability(q):
    for outcome in (at_least(q, 1, 0.95), at_most(q, 100, 0.95), within(q, 0, 100, 0.95)):
        assert (outcome.verdict, outcome.reason, outcome.probability) == (OPEN, Reason.IMPRECISE, None)


def test_covers_keeps_not_looked_at_apart_from_not_there():
    assert covers(Members(("a", "b")), ["a"]).verdict is YES
    assert covers(Members(("a",), unknown=("b",)), ["a", "b"]).reason is Reason.INCOMPLETE
    assert covers(Members(("a",)), ["a", "b"]).reason is Reason.INCOMPLETE
    assert covers(Members(("a",), absent=("b",)), ["a", "b"]).verdict is NO
    assert covers(Members(()), "all").verdict is OPEN


def test_categories_and_dates():
    assert present("x", ["x", "y"], ["z"]).verdict is YES
    assert present("z", ["x", "y"], ["z"]).verdict is NO
    assert present("w", ["x", "y"], ["z"]).verdict is OPEN
    assert matches("q", {"x": "supported"}).verdict is OPEN
    assert ordered(None, None).verdict is OPEN


def test_consistency_needs_two_and_uses_the_union_bound():
    a, b = proportion(50, 100), proportion(52, 100)
    assert consistent_across({"a": a, "b": b}, 0.5, 0.95).verdict is YES
    assert consistent_across({"a": a, "b": b}, 0.05, 0.95).verdict is OPEN
    assert consistent_across({"a": a, "b": proportion(95, 100)}, 0.1, 0.95).verdict is NO
    assert consistent_across({"a": a, "b": Quantity.point(0.5, "fraction")}, 0.5, 0.95).verdict is OPEN


def test_the_list_of_shapes_is_closed():
    assert set(SIGNATURES) == {
        "at_least", "at_most", "within", "differs_from", "equivalent_to", "present", "covers", "ordered",
        "matches", "consistent_across", "all_of", "any_of", "person",
    }  # fmt: skip


def test_an_open_question_prints_the_range_of_its_probability():
    outcome = differs_from(proportion(5, 10), 0.5, 0.1, 0.95)
    assert outcome.verdict is OPEN
    assert outcome.probability is None
    low, high = (float(x) for x in re.search(r"between ([\d.e-]+) and ([\d.]+)", outcome.detail).groups())
    middle = 1 - (stats.beta(5.5, 5.5).cdf(0.6) - stats.beta(5.5, 5.5).cdf(0.4))
    assert low < middle < high
    zero = at_least(proportion(0, 20), 0.1, 0.95)
    assert "between 0 and 0.12" in zero.detail
    assert at_least(proportion(90, 100), 0.5, 0.95).probability > 0.9999
    assert at_least(proportion(10, 100), 0.5, 0.95).probability < 0.0001
    assert at_least(Quantity.exact(3, "count"), 2, 0.95).probability is None


def test_within_is_contradicted_only_when_no_distribution_of_the_pair_allows_it():
    assert within(proportion(0, 3), 0.4, 0.6, 0.95).verdict is OPEN
    assert within(proportion(0, 300), 0.4, 0.6, 0.95).verdict is NO


def test_consistency_pays_for_many_members():
    near = {str(i): mean_of_replicates([10.0, 10.4, 9.6, 10.2, 9.8], "d") for i in range(2)}
    many = {str(i): mean_of_replicates([10.0, 10.4, 9.6, 10.2, 9.8], "d") for i in range(60)}
    margin = near["0"].interval(0.95)[1] - near["0"].interval(0.95)[0] + 0.35
    assert consistent_across(near, margin, 0.95).verdict is YES
    assert consistent_across(many, margin, 0.95).verdict is OPEN
