"""Records to answers: effects found, covariates, limits of the assay, and every way in which there is no answer."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.core.quantity import QuantityKind
from proband.science.within_patient.biomarker import SeriesPlan, Trend, biomarker_effect
from proband.science.within_patient.course import Course, Covariate, Dose, Series, columns

DAYS = tuple(7.0 * w for w in range(24))
NOISE = np.random.default_rng(7).standard_normal(24)


def ammonia(values, below=(), days=DAYS):
    return Series("ammonia", "umol/L", tuple(days), tuple(values), tuple(below))


def stepped(effect=-20.0, spread=5.0):
    return [80 + spread * e + effect * (w >= 12) for w, e in enumerate(NOISE)]


DOSE = [Dose(84.0)]
DECREASE = SeriesPlan("decrease")


def test_a_clear_fall_is_found_and_told_with_its_model():
    made = biomarker_effect(ammonia(stepped()), DOSE, DECREASE)
    low, high = made.effect.interval(0.95)
    assert made.effect.kind is QuantityKind.POSTERIOR
    assert low < -20 < high < 0
    assert made.benefit > 0.999
    assert made.two_sided == pytest.approx(2 * (1 - made.benefit))
    assert (made.before, made.after, made.missing, made.censored) == (12, 12, 0, 0)
    assert "autoregressive" in made.model
    assert {r.assumption for r in made.rows} == {
        "as planned",
        "with a free trend",
        "prior on rho: moderate",
        "prior on rho: uniform",
        "without noise of measurement",
    }


def test_the_opposite_direction_has_the_opposite_probability():
    down = biomarker_effect(ammonia(stepped()), DOSE, DECREASE).benefit
    up = biomarker_effect(ammonia(stepped()), DOSE, SeriesPlan("increase")).benefit
    assert up == pytest.approx(1 - down)


def test_a_change_of_diet_explains_what_it_explains():
    """Protein fell with the dose: with the covariate the effect is less sure."""
    protein = Covariate("protein", (0.0, 77.0), (1.5, 0.5))
    made = biomarker_effect(ammonia(stepped(-20)), DOSE, DECREASE, [protein])
    rows = {r.assumption: r for r in made.rows}
    assert rows["without covariates"].benefit > 0.999
    assert rows["as planned"].high - rows["as planned"].low > 1.3 * (
        rows["without covariates"].high - rows["without covariates"].low
    )


def test_a_covariate_that_changed_on_the_day_of_the_dose_leaves_no_answer():
    made = biomarker_effect(ammonia(stepped()), DOSE, DECREASE, [Covariate("protein", (0.0, 84.0), (1.5, 0.5))])
    assert made.effect is None
    assert "told apart" in made.reason


def test_a_covariate_that_never_changed_is_told():
    made = biomarker_effect(ammonia(stepped()), DOSE, DECREASE, [Covariate("protein", (0.0,), (1.5,))])
    assert any("never changed" in c for c in made.concerns)


def test_logarithm_tells_a_ratio():
    values = [math.exp(4 + 0.1 * e - math.log(2) * (w >= 12)) for w, e in enumerate(NOISE)]
    made = biomarker_effect(ammonia(values), DOSE, SeriesPlan("decrease", log=True))
    assert made.effect.unit == "ratio"
    assert made.effect.value == pytest.approx(0.5, abs=0.06)


def test_a_known_trend_is_taken_off():
    values = [80 + 2 * e - 1.0 * w for w, e in enumerate(NOISE)]
    without = biomarker_effect(ammonia(values), DOSE, DECREASE)
    known = biomarker_effect(ammonia(values), DOSE, SeriesPlan("decrease", trend=Trend(-1.0, 0.05)))
    assert any("drift" in c for c in without.concerns)
    assert abs(known.effect.value) < abs(without.effect.value)
    (a, b), (c, d) = known.effect.interval(0.95), without.effect.interval(0.95)
    assert a < 0 < b
    assert b - a < (d - c) / 2


def test_a_ramp_and_two_doses():
    course = Course(delay=7, ramp=14)
    made = columns(np.array(DAYS), [Dose(70.0, 0.5), Dose(119.0, 0.5)], course)
    assert made.design[:, 1].max() == 1.0
    assert np.all(np.diff(made.design[:, 1]) >= 0)
    fading = Course(half_life=28).share(np.array([0.0, 28.0, 56.0]))
    assert fading.tolist() == [1.0, 0.5, 0.25]


def test_values_below_the_limit_are_integrated_and_told():
    values = stepped(-20)
    below = [v < 60 for v in values]
    held = [max(v, 60) for v in values]
    made = biomarker_effect(ammonia(held, below), DOSE, DECREASE)
    assert made.censored == sum(below) > 3
    assert made.benefit > 0.99
    assert made.effect.value < np.mean(held[12:]) - np.mean(held[:12])
    assert any("below the limit" in c for c in made.concerns)


def test_a_phase_below_the_limit_gives_a_bound_only():
    values = [v if w < 12 else 40.0 for w, v in enumerate(stepped(0))]
    made = biomarker_effect(ammonia(values, [w >= 12 for w in range(24)]), DOSE, DECREASE)
    assert made.effect.kind is QuantityKind.BOUND
    assert made.effect.side == "upper"
    assert -45 < made.effect.limit < -35
    assert made.two_sided is None


@pytest.mark.parametrize(
    ("series", "doses", "reason"),
    [
        (ammonia([], days=[]), DOSE, "0 values before"),
        (ammonia([5.0], days=[0.0]), DOSE, "1 values before"),
        (ammonia([None] * 24), DOSE, "0 values before"),
        (ammonia([math.nan] * 24), DOSE, "0 values before"),
        (ammonia([7.0] * 24), DOSE, "do not vary"),
        (ammonia(stepped()), [], "no dose"),
        (ammonia(stepped()), [Dose(900.0)], "24 values before and 0 after"),
        (ammonia(stepped()), [Dose(-900.0)], "0 values before and 24 after"),
        (ammonia([9.0] * 24, [True] * 24), DOSE, "every value"),
        (ammonia([60.0 + 20 * (w >= 12) for w in range(24)]), DOSE, "do not vary"),
    ],
)
def test_a_series_that_can_not_tell_says_why(series, doses, reason):
    made = biomarker_effect(series, doses, DECREASE)
    assert reason in made.reason
    assert made.effect is None
    assert made.benefit is None
    assert made.rows == ()


def test_assumptions_that_decide_are_told():
    made = biomarker_effect(ammonia(stepped(-5)), DOSE, DECREASE)
    passed = {r.benefit >= 0.975 for r in made.rows}
    assert any("depends on the assumptions" in c for c in made.concerns) == (passed == {True, False})
    assert passed == {True, False}


def test_every_impossible_value_is_told_at_once():
    series = Series("x", "1", (0.0, 7.0, 7.0, math.nan, 21.0), (1.0, -2.0, 3.0, 4.0, math.inf))
    with pytest.raises(ProgramError) as caught:
        biomarker_effect(series, DOSE, SeriesPlan("decrease", log=True))
    text = str(caught.value)
    assert len(caught.value.problems) == 4
    assert "day 7 twice" in text
    assert "above 0 on the logarithm" in text


@pytest.mark.parametrize(
    "covariate",
    [
        Covariate("p", (), ()),
        Covariate("p", (0.0,), (1.0, 2.0)),
        Covariate("p", (0.0, 0.0), (1.0, 2.0)),
        Covariate("p", (50.0,), (1.0,)),
        Covariate("p", (0.0, 50.0), (1.0, math.nan)),
    ],
)
def test_covariates_that_can_not_be(covariate):
    with pytest.raises(ProgramError, match="p"):
        biomarker_effect(ammonia(stepped()), DOSE, DECREASE, [covariate])


@pytest.mark.parametrize("dose", [Dose(math.nan), Dose(84.0, 0.0), Dose(84.0, -1.0), Dose(math.inf)])
def test_doses_that_can_not_be(dose):
    with pytest.raises(ProgramError, match="dose 1"):
        biomarker_effect(ammonia(stepped()), [dose], DECREASE)


def test_words_of_the_plan_are_checked():
    for wrong in (
        {"benefit": "better"},
        {"benefit": "decrease", "prior": "none"},
        {"benefit": "increase", "trend": "x"},
    ):
        with pytest.raises(ValueError, match="is"):
            SeriesPlan(**wrong)
    with pytest.raises(ValueError, match="deviation above 0"):
        SeriesPlan("decrease", trend=Trend(0.0, 0.0))


@settings(max_examples=15)
@given(st.permutations(range(24)), st.lists(st.integers(0, 23), max_size=6, unique=True))
def test_order_of_rows_does_not_matter_and_missing_weeks_are_counted(order, gone):
    values = [None if w in gone else v for w, v in enumerate(stepped())]
    plan = SeriesPlan("decrease", noise=False)
    a = biomarker_effect(ammonia(values), DOSE, plan)
    b = biomarker_effect(ammonia([values[i] for i in order], days=[DAYS[i] for i in order]), DOSE, plan)
    assert a.effect == b.effect
    assert a.missing == b.missing == len(gone)
