"""Series: censoring is an interval, order and duplicates, flags; care: unknown before the first row is not zero."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.clinical.care import CareRow, course
from proband.science.clinical.series import FLAGS, Bound, Flag, Point, series


def made(*points, **more):
    return series("p1", "ammonia", "umol/L", [Point(*p) for p in points], **more)


def test_a_value_below_the_limit_is_an_interval_and_never_zero():
    a = made((0, 5.0, Bound.BELOW), (7, 20.0), (14, 500.0, Bound.ABOVE)).arrays(floor=0.0)
    assert a.low.tolist() == [0.0, 20.0, 500.0]
    assert a.high.tolist() == [5.0, 20.0, math.inf]
    assert a.measured.tolist() == [False, True, False]
    assert made((0, 5.0, Bound.BELOW)).arrays().low[0] == -math.inf


def test_a_limit_at_the_floor_is_refused():
    with pytest.raises(ValueError, match="least possible value"):
        made((0, 0.0, Bound.BELOW)).arrays(floor=0.0)


@pytest.mark.parametrize("bad", [(math.nan, 1.0), (0.0, math.inf)])
def test_what_is_not_finite_is_refused(bad):
    with pytest.raises(ValueError, match="not finite"):
        Point(*bad)


def test_two_values_of_one_day_are_refused():
    with pytest.raises(ValueError, match="two values on day 7"):
        made((7, 1.0), (7, 2.0))


@pytest.mark.parametrize(
    ("points", "flags", "lacking"),
    [
        ([], [], "there is no value"),
        ([(0, 1.0)], [Flag.ONE_OBSERVATION], FLAGS[Flag.ONE_OBSERVATION]),
        ([(0, 1.0, Bound.BELOW), (7, 1.0, Bound.BELOW)], [Flag.ALL_CENSORED], FLAGS[Flag.ALL_CENSORED]),
        ([(3.2, 1.0), (3.7, 2.0)], [Flag.ONE_DAY], FLAGS[Flag.ONE_DAY]),
        ([(0, 1.0), (7, 1.0)], [Flag.CONSTANT], ""),
        ([(0, 1.0, Bound.BELOW), (7, 2.0, Bound.BELOW), (9, 4.0)], [Flag.SEVERAL_LIMITS], "1 measured values, 2"),
        ([(0, 1.0), (7, 2.0)], [], ""),
    ],
)
def test_flags_and_what_a_series_lacks(points, flags, lacking):
    one = made(*points)
    assert list(one.flags) == flags
    assert one.lacking().startswith(lacking)
    assert bool(one.lacking()) == bool(lacking)


@given(st.lists(st.floats(-1000, 1000), unique=True, max_size=12), st.floats(-1000, 1000))
def test_parts_before_and_after_a_day_are_the_whole(days, cut):
    one = made(*((d, 1.0) for d in days))
    assert one.part(stop=cut).points + one.part(start=cut).points == one.points
    assert list(one.days) == sorted(days)


def test_care_is_unknown_before_the_first_row_and_after_the_record():
    c = course("p1", "scavenger", "mL/m2/d", [CareRow(242, True, 10.8), CareRow(1, True, 8.0)], until=300)
    got = c.levels([0, 1, 241, 242, 300, 301])
    assert np.array_equal(got, [math.nan, 8.0, 8.0, 10.8, 10.8, math.nan], equal_nan=True)
    assert c.at(0).given is None
    assert c.changes(after=1) == (242,)


def test_care_that_was_stopped_is_zero_and_text_without_a_number_is_unknown():
    c = course(
        "p1", "drug", "mg", [CareRow(1, True, 5.0, end=4.0), CareRow(6, None, text="as needed"), CareRow(9, False)]
    )
    assert np.array_equal(c.levels([3, 4, 6, 9]), [5.0, 0.0, math.nan, 0.0], equal_nan=True)
    on = course("p1", "transplant", "", [CareRow(10, True)])
    assert np.array_equal(on.levels([9, 10, 99]), [math.nan, 1.0, 1.0], equal_nan=True)


@pytest.mark.parametrize(
    "rows",
    [
        [CareRow(1, True), CareRow(1, False)],
        [CareRow(5, True, end=5)],
        [CareRow(1, True, 2.0, end=9), CareRow(5, True, 3.0)],
    ],
)
def test_care_that_contradicts_itself_is_refused(rows):
    with pytest.raises(ValueError, match="p1, d"):
        course("p1", "d", "mg", rows)


def test_two_spans_of_one_drug_that_overlap_are_one():
    c = course("p1", "d", "", [CareRow(1, True, end=20), CareRow(5, True, end=9)])
    assert c.levels([4, 8, 9, 19, 20]).tolist() == [1.0, 1.0, 1.0, 1.0, 0.0]
