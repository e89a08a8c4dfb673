"""Endpoints, rules of entry, windows, ranks and rates, against counts by hand and a naive twin."""

import numpy as np
import pytest
from cohorts import simulated
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.schedule import Endpoint, EntryRule, Schedule, first_windows, windows
from proband.science.natural_history.untreated_windows import (
    comparable,
    exact_interval,
    improvement_rate,
    rank_floor,
)
from proband.science.stats.longitudinal import longitudinal

SINCE, LATER, FIRST = np.array([1.0, 2.0, 3.0, 4.0]), np.array([4.0, 3.0, 1.0, 2.0]), np.array([6.0, 5.0])


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        (Endpoint("value", 1, 3, "lower"), 1.0),
        (Endpoint("value", 1, 3, "lower", "last"), -4.0),
        (Endpoint("mean", 2, 4, "lower", "mean"), 2.0 - 5.5),
        (Endpoint("best", 1, 4, "lower", "worst"), 1.0 - 6.0),
        (Endpoint("best", 1, 4, "higher", "worst"), 4.0 - 5.0),
        (Endpoint("slope", 1, 4, "lower"), np.polyfit(SINCE, LATER, 1)[0]),
        (Endpoint("value", 5, 9, "lower"), None),
        (Endpoint("slope", 1, 2, "lower"), None),
        (Endpoint("best", 5, 9, "lower"), None),
    ],
)
def test_endpoints_by_hand(endpoint, expected):
    found = endpoint.score(FIRST, SINCE, LATER)
    assert found is None if expected is None else found == pytest.approx(expected)
    assert endpoint.better in endpoint.words()


@pytest.mark.parametrize(
    "values",
    [
        ("median", 1, 2, "lower"),
        ("value", 2, 1, "lower"),
        ("value", -1, 1, "lower"),
        ("value", 1, 2, "good"),
        ("value", 1, 2, "lower", "first"),
        ("slope", 1, 2, "lower", "last"),
    ],
)
def test_endpoints_that_do_not_exist_raise(values):
    with pytest.raises(ValueError, match=r"must|window"):
        Endpoint(*values)


def test_rules_of_entry_by_hand():
    assert EntryRule("below", 3.0, 2).passes([2.0, 4.0, 1.0])
    assert not EntryRule("above", 3.0, 2).passes([3.0, 4.0, 3.0])
    for bad in (("over", 1.0), ("above", float("nan")), ("above", 1.0, 0)):
        with pytest.raises(ValueError, match="beyond"):
            EntryRule(*bad)
    with pytest.raises(ValueError, match="baseline"):
        Schedule(0, Endpoint("value", 1, 2, "lower"))


def naive_windows(data, schedule):
    """Windows by trying every index of every patient."""
    made = []
    for i in range(len(data.patients)):
        t, y, _ = data.of(i)
        for k in range(t.size):
            if k + 1 < schedule.first:
                continue
            base = y[k + 1 - schedule.first : k + 1]
            if sum(v > schedule.entry.threshold for v in base) < schedule.entry.needed:
                continue
            seen = [
                v for s, v in zip(t, y, strict=True) if schedule.endpoint.start <= s - t[k] <= schedule.endpoint.end
            ]
            seen = seen if schedule.endpoint.start > 0 else seen[1:]
            if seen:
                made.append((i, k, seen[-1] - base[-1]))
    return made


@given(st.integers(0, 50), st.integers(1, 3), st.integers(1, 2), st.floats(3, 7))
def test_windows_are_those_of_the_naive_twin(seed, first, needed, threshold):
    data = simulated(seed=seed, patients=4)
    rule = EntryRule("above", threshold, min(needed, first))
    schedule = Schedule(first, Endpoint("value", 1.5, 3, "lower", "last"), rule)
    found = [(w.patient, w.index, w.score) for w in windows(data, schedule)]
    assert found == naive_windows(data, schedule)
    firsts = first_windows(data, schedule)
    assert [w.patient for w in firsts] == sorted({i for i, *_ in found})


def test_rank_is_exact_and_has_its_floor():
    data = simulated(seed=2, patients=19)
    schedule = Schedule(1, Endpoint("value", 3, 3, "lower", "last"))
    held = comparable(data, schedule)
    found = rank_floor(held, -100.0, -1.0)
    assert (found.n, found.p, found.floor) == (19, 0.05, 0.05)
    middle = float(np.median([w.score for w in held]))
    assert rank_floor(held, middle, -1.0).p == pytest.approx(11 / 20)
    assert isinstance(rank_floor([], 1.0, 1.0), NoAnswer)
    near = comparable(data, schedule, 5.0, 0.5)
    assert 0 < len(near) < 19
    assert all(abs(w.baseline - 5.0) <= 0.5 for w in near)


def test_rates_count_patients_not_windows():
    data = simulated(seed=3, patients=25)
    schedule = Schedule(1, Endpoint("value", 1, 1, "lower", "last"))
    found = improvement_rate(data, schedule, -0.3)
    assert (found.patients, found.windows) == (25, 125)
    assert 25 <= found.effective <= 125
    scores = [w.score <= -0.3 for w in windows(data, schedule)]
    assert found.all_rate == pytest.approx(np.mean(scores))
    test = stats.binomtest(found.first_as_good, 25).proportion_ci(0.95, "exact")
    assert found.first_interval == pytest.approx((test.low, test.high), abs=1e-9)
    none = improvement_rate(data, schedule, -50.0)
    assert none.effective == 25
    assert none.all_interval == pytest.approx((0.0, 1 - 0.025 ** (1 / 25)))


def test_windows_of_one_patient_that_agree_count_once():
    who = np.repeat([f"p{i}" for i in range(10)], 21)
    steps = np.where(np.repeat(np.arange(10), 21) < 5, -1.0, 1.0)
    data = longitudinal(who, np.tile(np.arange(21.0), 10), steps * np.tile(np.arange(21.0), 10))
    found = improvement_rate(data, Schedule(1, Endpoint("value", 1, 1, "lower", "last")), -0.5)
    assert found.all_rate == 0.5
    assert found.effective == pytest.approx(10.0)
    assert found.all_interval == pytest.approx(exact_interval(5, 10, 0.95))


def test_no_window_is_no_number():
    data = simulated(seed=4, patients=3)
    schedule = Schedule(1, Endpoint("value", 50, 60, "lower", "last"))
    assert isinstance(improvement_rate(data, schedule, -1.0), NoAnswer)
    with pytest.raises(ValueError, match="level"):
        improvement_rate(data, schedule, -1.0, level=0.2)
