"""Kaplan-Meier, limits, restricted mean, log-rank: published values, naive twins, refusals."""

import doctest
import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_tables import expected, table

from proband.core.errors import ProgramError
from proband.science.stats import concordance as concordance_module
from proband.science.stats import (
    estimate,
    maximise,
    model_input,
    separation,
    survival,
)
from proband.science.stats import (
    event_times as event_times_module,
)
from proband.science.stats.concordance import concordance
from proband.science.stats.estimate import Estimate, wald
from proband.science.stats.event_times import event_times
from proband.science.stats.proportions import clopper_pearson
from proband.science.stats.survival import LIMITS, beta_product, kaplan_meier, log_rank

# Acute myeloid leukaemia, maintained and not (Miller 1981; R survival `aml`)
AML = (
    ("a", [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161], [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0]),
    ("b", [5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45], [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]),
)

rows = st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=14)


@pytest.mark.parametrize(
    "module", [estimate, event_times_module, maximise, model_input, separation, survival, concordance_module]
)
def test_examples(module):
    assert doctest.testmod(module).failed == 0


def test_aml_log_rank_and_medians():
    stop, event, group = [], [], []
    for name, t, e in AML:
        stop, event, group = stop + t, event + e, group + [name] * len(t)
    made = log_rank(event_times(stop, event), group)
    assert round(made.chi_squared, 5) == 3.39639
    assert [kaplan_meier(event_times(t, e)).median().value for _, t, e in AML] == [31, 23]


def test_pbc_placebo_curve_and_restricted_mean():
    held = expected("survival", "pbc_placebo_KM")
    placebo = [r for r in table("pbc.csv") if r["trt"] == "2"]
    curve = kaplan_meier(
        event_times([float(r["time"]) / 365.25 for r in placebo], [r["status"] == "2" for r in placebo])
    )
    assert [round(curve.at(t).value, 8) for t in held["t"]] == held["S"]
    mean = curve.restricted_mean(10)
    assert (round(mean.value, 7), round(mean.se, 8)) == (held["RMST10"], held["RMST10_se"])
    assert curve.numbers_at_risk([0]) == (154,)


def naive_curve(start, stop, event, t):
    survived = 1.0
    for u in sorted({s for s, e in zip(stop, event, strict=True) if e and s <= t}):
        n = sum(a < u <= b for a, b in zip(start, stop, strict=True))
        d = sum(b == u and e for b, e in zip(stop, event, strict=True))
        survived *= 1 - d / n
    return survived


@given(rows, st.integers(0, 13))
def test_curve_equals_its_twin_with_late_entry(given_rows, t):
    stop = [s for s, _ in given_rows]
    event = [e for _, e in given_rows]
    start = [s // 2 if i % 2 else 0 for i, s in enumerate(stop)]
    made = kaplan_meier(event_times(stop, event, start)).at(t)
    if made.value is not None:
        assert made.value == pytest.approx(naive_curve(start, stop, event, t))
        assert made.low - 1e-12 <= made.value <= made.high + 1e-12
    else:
        assert made.reason


@given(rows, st.sampled_from(LIMITS))
def test_limits_hold_the_curve_and_are_numbers(given_rows, limits):
    made = kaplan_meier(event_times([s for s, _ in given_rows], [e for _, e in given_rows]), limits=limits)
    for array in (made.low, made.high, made.survival):
        assert np.isfinite(array).all()
    assert (made.low <= made.survival + 1e-12).all()
    assert (made.high >= made.survival - 1e-12).all()


@pytest.mark.parametrize("n", [1, 3, 8, 20])
def test_beta_product_without_censoring_is_clopper_pearson(n):
    times = event_times(list(range(1, n + 1)), [1] * n)
    for k in range(1, n):
        low, high = clopper_pearson(n - k, n)
        assert beta_product(times, k + 0.5) == pytest.approx((low, high), abs=1e-9)


def test_nobody_lost_gives_an_exact_lower_limit_and_no_upper():
    made = kaplan_meier(event_times([12] * 5, [0] * 5), limits="beta product").at(12)
    assert made.value == made.high == 1
    assert made.low == pytest.approx(0.025 ** (1 / 5))


def test_beyond_follow_up_nothing_is_told():
    curve = kaplan_meier(event_times([2, 4, 6], [1, 0, 0]))
    assert curve.at(7).value is None
    assert curve.restricted_mean(7).value is None
    assert curve.median().reason
    assert curve.numbers_at_risk([0, 2, 6, 7]) == (3, 2, 1, 0)


def test_restricted_mean_is_the_area():
    curve = kaplan_meier(event_times([1, 2, 3, 4], [1, 1, 1, 1]))
    assert curve.restricted_mean(4).value == pytest.approx(2.5)
    grid = np.linspace(0, 3, 300_001)[:-1]
    area = (
        np.mean([curve.survival[np.searchsorted(curve.time, g, side="right") - 1] if g >= 1 else 1 for g in grid]) * 3
    )
    assert curve.restricted_mean(3).value == pytest.approx(area, abs=1e-4)


def naive_log_rank(stop, event, group):
    difference = variance = 0.0
    for t in sorted({s for s, e in zip(stop, event, strict=True) if e}):
        risk = [i for i, s in enumerate(stop) if s >= t]
        n, n1 = len(risk), sum(group[i] == "a" for i in risk)
        d = sum(stop[i] == t and event[i] for i in risk)
        d1 = sum(stop[i] == t and event[i] and group[i] == "a" for i in risk)
        difference += d1 - d * n1 / n
        if n > 1:
            variance += d * (n1 / n) * (1 - n1 / n) * (n - d) / (n - 1)
    return difference**2 / variance


def test_log_rank_equals_its_twin_and_its_permutation_p():
    rng = np.random.default_rng(3)
    stop, event = rng.integers(1, 9, 9).tolist(), rng.integers(0, 2, 9).tolist()
    group = ["a"] * 4 + ["b"] * 5
    made = log_rank(event_times(stop, event), group)
    assert made.chi_squared == pytest.approx(naive_log_rank(stop, event, group))
    # the permutation statistic is O - E, as its variance hardly changes; twin by explicit assignment
    seen = abs(made.observed[0] - made.expected[0])
    reached = []
    for chosen in combinations(range(9), 4):
        other = ["a" if i in chosen else "b" for i in range(9)]
        told = log_rank(event_times(stop, event), other)
        k = told.groups.index("a")
        reached.append(abs(told.observed[k] - told.expected[k]) >= seen - 1e-9)
    assert made.exact_p == pytest.approx(np.mean(reached))


def test_log_rank_refuses():
    times = event_times([1, 2, 3], [1, 1, 1])
    assert "nobody to compare" in log_rank(times, ["a"] * 3).reason
    assert "no event" in log_rank(event_times([1, 2], [0, 0]), ["a", "b"]).reason
    apart = event_times([2, 5], [1, 1], [0, 3])
    assert "never at risk together" in log_rank(apart, ["a", "b"]).reason
    with pytest.raises(ProgramError):
        log_rank(times, ["a", "b"])


def test_all_faults_of_times_are_told_together():
    with pytest.raises(ProgramError) as caught:
        event_times([1, float("nan"), 3], [1, 0, 2], [2, 0, 0])
    assert len(caught.value.problems) == 1  # a time that is not finite stops before the rest can be judged
    with pytest.raises(ProgramError) as caught:
        event_times([1, 2, 3], [1, 0, 2], [2, 0, -1])
    assert len(caught.value.problems) == 3
    with pytest.raises(ProgramError, match="at least one subject"):
        event_times([], [])
    with pytest.raises(ProgramError, match="overlapping"):
        event_times([5, 6], [0, 1], [0, 4], ["p", "p"])
    with pytest.raises(ProgramError, match="after the event"):
        event_times([5, 6], [1, 0], [0, 5], ["p", "p"])
    with pytest.raises(ProgramError, match="rows"):
        event_times([5, 6], [1])
    with pytest.raises(ProgramError, match="column of numbers"):
        event_times(["soon"], [1])


def test_estimate_never_holds_a_number_from_nothing():
    with pytest.raises(ValueError, match="reason"):
        Estimate("x")
    with pytest.raises(ValueError, match="not a number"):
        Estimate("x", math.nan)
    with pytest.raises(ValueError, match="outside"):
        Estimate("x", 1.0, low=2.0, high=3.0)
    with pytest.raises(ValueError, match="standard error"):
        wald("x", 1.0, 0.0)
    assert Estimate("x", high=0.8, reason="r").quantity("ratio").limit == 0.8
    assert Estimate("x", reason="r").quantity("ratio") is None
    assert wald("x", 800.0, 1.0).ratio().value is None


def naive_concordance(stop, event, risk):
    good = pairs = 0.0
    for i, t in enumerate(stop):
        for j, u in enumerate(stop):
            if event[i] and i != j and (u > t or (u == t and not event[j])):
                pairs += 1
                good += 1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0
    return good / pairs


def test_concordance_equals_its_twin_and_refuses():
    rng = np.random.default_rng(8)
    stop, event, risk = rng.integers(1, 9, 25), rng.integers(0, 2, 25), rng.integers(0, 6, 25)
    made = concordance(event_times(stop, event), risk)
    assert made.value == pytest.approx(naive_concordance(stop, event, risk))
    assert 0 <= made.low < made.value < made.high <= 1
    assert concordance(event_times([1, 2], [0, 0]), [1, 2]).reason
    assert concordance(event_times([1, 2], [1, 0]), [2, 1]).low is None
