"""Draws of blood against limits as shares of blood volume: sums, windows, weights that are not known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.follow_up.blood import BloodLimits, Weight, draws, limits, ml_per_kg, weight_on

EU = limits()["eu_paediatric"]


@pytest.mark.parametrize(("days", "ml"), [(0, 80), (28, 80), (29, 70), (365, 70), (366, 70), (None, 70)])
def test_blood_volume_by_age_takes_the_low_end(days, ml):
    assert ml_per_kg(days) == ml


def test_a_newborn_of_3_5_kg_may_give_2_8_ml_at_once_and_8_4_ml_in_four_weeks():
    """3.5 kg times 80 mL/kg is 280 mL: 1 % and 3 % of it."""
    weight = [Weight(0.0, 3.5, "x")]
    one = [(0.0, "a", 2.8)]
    assert draws(one, EU, weight, 0.0)[0].within is True
    assert draws([(0.0, "a", 2.81)], EU, weight, 0.0)[0].within is False
    four = [(float(d), "a", 2.8) for d in (0, 7, 14, 21)]
    assert [d.within for d in draws(four, EU, weight, 0.0)] == [True, True, True, False]  # 11.2 mL in 28 days
    apart = [(float(d), "a", 2.8) for d in (0, 9, 18, 28)]
    assert [round(d.window_ml, 1) for d in draws(apart, EU, weight, 0.0)] == [2.8, 5.6, 8.4, 8.4]


def test_without_a_weight_nothing_is_said_but_the_least_weight_is():
    (made,) = draws([(400.0, "a", 7.0)], EU, [], 0.0)
    assert (made.within, made.kg, made.single_percent) == (None, None, None)
    assert made.least_kg == pytest.approx(10.0)  # 7 mL are 1 % of 700 mL
    (old,) = draws([(400.0, "a", 1.0)], EU, [Weight(300.0, 8.0, "x")], 0.0)
    assert old.within is None


def test_weights_are_interpolated_never_extrapolated():
    known = [Weight(0.0, 4.0, "a"), Weight(100.0, 6.0, "b")]
    assert weight_on(50.0, known, 0.0).kg == 5.0
    assert weight_on(-1.0, known, 100.0) is None
    assert weight_on(101.0, known, 0.0) is None
    assert weight_on(101.0, known, 1.0).kg == 6.0


def test_own_limits_and_own_blood_volume():
    own = BloodLimits("ours", 2.0, 5.0, 56, "x", "stated")
    (made,) = draws([(0.0, "a", 8.0)], own, [Weight(0.0, 5.0, "x")], None, own_ml_per_kg=80.0)
    assert (made.within, made.single_percent) == (True, 2.0)


@given(st.lists(st.tuples(st.integers(0, 200), st.floats(0.1, 20)), min_size=1, max_size=40), st.floats(2, 60))
def test_the_window_holds_the_draws_of_its_days_and_the_least_weight_just_keeps_the_limits(rows, kg):
    planned = [(float(d), "a", ml) for d, ml in rows]
    for d in draws(planned, EU, [Weight(0.0, kg, "x"), Weight(200.0, kg, "x")], -400.0):
        assert d.window_ml == pytest.approx(sum(ml for day, _, ml in planned if d.day - 28 < day <= d.day))
        assert d.ml == pytest.approx(sum(ml for day, _, ml in planned if day == d.day))
        at_least = draws(planned, EU, [Weight(d.day, d.least_kg, "x")], -400.0)
        assert next(x for x in at_least if x.day == d.day).within is True
        assert d.within is (d.single_percent <= 1 + 1e-9 and d.window_percent <= 3 + 1e-9)


def test_every_table_of_limits_says_how_it_was_read():
    assert all(row.paper and row.read_as in ("abstract", "recalled", "secondary") for row in limits().values())
    assert limits()["minimal_risk_upper"].window_days == 56
