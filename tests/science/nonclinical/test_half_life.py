"""Half-life with values below a limit: against the regression without any, and its coverage with some."""

import math

import numpy as np
import pytest
from scipy import stats

from proband.science.nonclinical.half_life import half_life


def test_without_values_below_a_limit_it_is_the_t_interval_of_the_regression():
    days, values = [1.0, 3.0, 7.0, 14.0, 14.0], [80.0, 52.0, 19.0, 3.9, 5.2]
    made = half_life(days, values, [False] * 5)
    line = stats.linregress(days, np.log(values))
    t = stats.t.ppf(0.975, 3)
    expected = [math.log(2) / -(line.slope + side * t * line.stderr) for side in (-1, 0, 1)]
    assert [made.low, made.days, made.high] == pytest.approx(expected, rel=1e-6)


def test_the_interval_covers_the_truth_about_95_times_in_100():
    random = np.random.default_rng(11)
    days, rate, limit = np.repeat([1.0, 3.0, 7.0, 14.0, 28.0], 3), math.log(2) / 4, 2.0
    covered = tried = 0
    for _ in range(200):
        values = np.exp(5 - rate * days + random.normal(0, 0.5, days.size))
        below = values < limit
        made = half_life(days, np.where(below, limit, values), below)
        tried += not made.why
        covered += (made.low or 0) <= 4 <= (made.high or math.inf)
    assert tried == 200
    assert 0.90 <= covered / tried <= 0.99


def test_a_value_below_its_limit_pulls_and_is_no_number():
    days, values = [1.0, 3.0, 7.0, 28.0], [100.0, 48.0, 13.0, 5.0]
    measured = half_life(days, values, [False] * 4)
    below = half_life(days, values, [False, False, False, True])
    assert below.days < measured.days
    assert (below.values, below.above_limit) == (4, 3)


def test_a_rise_has_no_half_life_and_the_decline_begins_at_the_peak():
    made = half_life([1.0, 3.0, 7.0, 14.0, 28.0], [5.0, 90.0, 41.0, 13.0, 0.9], [False] * 5)
    assert made.from_day == 3
    flat = half_life([1.0, 7.0, 14.0, 28.0], [10.0, 9.0, 9.8, 9.9], [False] * 4)
    assert flat.high is None
    assert flat.low > 0


@pytest.mark.parametrize(
    ("days", "values", "below", "why"),
    [([1, 3], [2.0, 1.0], [False, False], "fewer than 3 days"),
     ([1, 3, 7], [2.0, 1.0, 1.0], [False, False, True], "fewer than 3 values"),
     ([1, 3, 7], [1.0, 1.0, 1.0], [True, True, True], "fewer than 3 values"),
     ([1, 2, 3], [8.0, 4.0, 2.0], [False] * 3, "do not vary")],
)  # fmt: skip
def test_why_there_is_none(days, values, below, why):
    made = half_life(days, values, below)
    assert why in made.why
    assert made.days is made.low is made.high is None


def test_values_that_can_not_be():
    for values in ([1.0, 0.0, 2.0], [1.0, math.nan, 2.0]):
        with pytest.raises(ValueError, match="above 0"):
            half_life([1, 2, 3], values, [False] * 3)
