"""Leave-one-patient-out calibration: the placebo arm, a model that is true, and models that must fail."""

import numpy as np
import pytest
from cohorts import pbc_placebo, simulated

from proband.science.natural_history.leave_one_out import (
    at_least_as_good,
    calibrated_rank,
    calibration,
    kolmogorov_p,
    leave_one_out,
)
from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.schedule import Endpoint, Schedule
from proband.science.stats.balanced_mixed import RatioPriors
from proband.science.stats.longitudinal import Form, longitudinal
from proband.science.stats.mixed_grid import fit_grid, weak_priors
from proband.science.stats.mixed_predict import predict
from proband.science.stats.patient_weights import patient_weights

TWO_YEARS = Schedule(1, Endpoint("value", 1.5, 2.5, "lower"))


def test_placebo_arm_keeps_its_bars():
    """First visit, value at 1.5 to 2.5 years: coverage .875; tails .045 and .080, the anchor of the design note."""
    data = pbc_placebo()
    found = leave_one_out(fit_grid(data, Form(), weak_priors(data)), TWO_YEARS)
    assert len(found.pit) == 112
    assert found.coverage[1].observed >= 0.875
    assert found.false_rare.observed <= 0.05 + 3 * found.false_rare.standard_error
    assert found.false_rare.observed == pytest.approx(0.045, abs=5e-4)
    assert found.false_worse.observed == pytest.approx(0.080, abs=5e-4)
    assert found.verdict == "fails"
    assert "not uniform" in found.reasons[0]


def test_placebo_arm_with_heavy_tailed_patients_passes():
    data = pbc_placebo()
    priors = weak_priors(data)
    heavy = patient_weights(data, Form(), priors, dfs=(4.0,))
    found = leave_one_out(fit_grid(data, Form(), priors, weights=heavy.weights, patient_df=heavy.df), TWO_YEARS)
    assert found.coverage[1].observed >= 0.875
    assert found.false_rare.observed <= 0.05 + 3 * found.false_rare.standard_error
    assert found.verdict == "passes"
    assert found.without_window == 154 - 112


def test_pit_is_that_of_a_refit():
    data = simulated(seed=5, patients=12)
    schedule = Schedule(2, Endpoint("mean", 1, 3, "higher"))
    priors = RatioPriors(4.0, 1.0)
    found = leave_one_out(fit_grid(data, Form(), priors), schedule)
    t, y, _ = data.of(4)
    again = predict(fit_grid(data.without(4), Form(), priors), t[:2], y[:2], t[2:5]).linear(np.full(3, 1 / 3))
    assert found.pit[4] == pytest.approx(again.at_least(y[2:5].mean()), abs=2e-4)


def test_a_true_model_passes_and_a_false_one_fails():
    data = simulated(seed=6, patients=150, sd=(1.0, 0.6), sigma=0.3)
    schedule = Schedule(2, Endpoint("value", 3, 4, "lower"))
    assert leave_one_out(fit_grid(data, Form(), weak_priors(data)), schedule).verdict == "passes"
    wrong = leave_one_out(fit_grid(data, Form(random="intercept"), weak_priors(data)), schedule)
    assert wrong.verdict == "fails"


def test_verdict_names_what_fails():
    pit = np.linspace(0.001, 0.999, 100)
    assert calibration(("a",) * 100, pit).verdict == "passes"
    rare = calibration(("a",) * 100, np.concatenate([np.full(20, 0.01), pit[20:]]))
    assert any("rare improvements" in r for r in rare.reasons)
    narrow = calibration(("a",) * 100, np.concatenate([np.full(25, 0.99), pit[:75]]))
    assert any("90 % interval" in r for r in narrow.reasons)
    assert narrow.false_worse.observed >= 0.25


def test_too_few_patients_are_not_judged():
    data = simulated(seed=7, patients=6)
    found = leave_one_out(fit_grid(data, Form(), weak_priors(data)), Schedule(1, Endpoint("value", 2, 3, "lower")))
    assert isinstance(found, NoAnswer)
    best = leave_one_out(fit_grid(data, Form(), weak_priors(data)), Schedule(1, Endpoint("best", 2, 3, "lower")))
    assert isinstance(best, NoAnswer)


def test_covariates_are_carried():
    data = simulated(seed=8, patients=12)
    age = np.repeat(np.linspace(-1, 1, 12), 6)
    told = longitudinal(np.repeat(data.patients, 6), data.times, data.values + 3 * age, age)
    found = leave_one_out(
        fit_grid(told, Form(covariates=1), weak_priors(told)), Schedule(1, Endpoint("value", 2, 3, "lower"))
    )
    assert len(found.pit) == 12


def test_ranks_among_left_out_patients():
    made = calibration(("a",) * 99, (np.arange(99) + 0.5) / 99)
    assert calibrated_rank(made, 0.0) == pytest.approx(0.01)
    assert calibrated_rank(made, 1.0) == pytest.approx(1.0)
    assert at_least_as_good(0.2, 1.0) == 0.2
    assert kolmogorov_p(0.5, 2) == pytest.approx(0.5, abs=0.01)
