"""Maximum likelihood of mixed models: published fits, dense matrices, edges and hostile data."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed_cases import cohort, pbc_placebo, sleepstudy
from scipy import stats

from proband.core.errors import ProgramError
from proband.science.stats.balanced_mixed import RatioPriors
from proband.science.stats.longitudinal import Form, longitudinal, natural_spline
from proband.science.stats.mixed_grid import fit_grid
from proband.science.stats.mixed_model import fit_ml, fit_reml

# lme4's fit of sleepstudy and nlme's of the placebo arm, as stored in expected_results.json
SLEEP = {"beta": (251.40510485, 10.46728596), "se": (6.824596695, 1.545789644), "criterion": 1743.628272}
SLEEP_VARIANCES = (612.100158, 35.07171445, 9.604408951, 654.94000826)
PBC = {"beta": (0.5655422492, 0.1770781717), "se": (0.08833147436, 0.01735618658), "log": -788.0441438}
PBC_VARIANCES = (1.14664117, 0.02767666888, 0.452, 0.12888583)


def dense_reml(data, var0, var1, covariance, sigma2):
    """Restricted log likelihood, coefficients and standard errors with whole covariance matrices."""
    a, b, c, log = np.zeros((2, 2)), np.zeros(2), 0.0, 0.0
    for i in range(len(data.patients)):
        t, y, _ = data.of(i)
        x = np.column_stack([np.ones_like(t), t])
        v = sigma2 * np.eye(t.size) + x @ np.array([[var0, covariance], [covariance, var1]]) @ x.T
        a, b, c = a + x.T @ np.linalg.solve(v, x), b + x.T @ np.linalg.solve(v, y), c + y @ np.linalg.solve(v, y)
        log += np.linalg.slogdet(v)[1]
    beta = np.linalg.solve(a, b)
    n = data.values.size - 2
    total = n * math.log(2 * math.pi) + log + np.linalg.slogdet(a)[1] + c - b @ beta
    return -0.5 * total, beta, np.sqrt(np.diag(np.linalg.inv(a)))


def test_sleepstudy_is_lme4s_fit():
    fit = fit_reml(sleepstudy(), Form())
    assert fit.converged
    assert not fit.singular
    assert -2 * fit.log_likelihood == pytest.approx(SLEEP["criterion"], abs=5e-7)
    assert fit.coefficients == pytest.approx(SLEEP["beta"], abs=1e-8)
    assert fit.standard_errors == pytest.approx(SLEEP["se"], rel=1e-5)
    found = (fit.covariance[0, 0], fit.covariance[1, 1], fit.covariance[0, 1], fit.sigma**2)
    assert found == pytest.approx(SLEEP_VARIANCES, rel=2e-5)
    assert -2 * fit_ml(sleepstudy(), Form()).log_likelihood == pytest.approx(1751.939344, abs=5e-7)


def test_at_lme4s_variances_every_printed_digit_is_there_and_our_optimum_is_not_lower():
    log, beta, se = dense_reml(sleepstudy(), *SLEEP_VARIANCES)
    assert -2 * log == pytest.approx(SLEEP["criterion"], abs=5e-7)
    assert beta == pytest.approx(SLEEP["beta"], abs=5e-9)
    assert se == pytest.approx(SLEEP["se"], abs=5e-9)
    assert fit_reml(sleepstudy(), Form()).log_likelihood >= log


def test_pbc_placebo_is_nlmes_fit():
    fit = fit_reml(pbc_placebo(), Form())
    assert fit.converged
    assert (fit.rows, fit.patients) == (967, 154)
    assert fit.log_likelihood == pytest.approx(-788.0441, abs=5e-5)
    assert fit.coefficients == pytest.approx(PBC["beta"], rel=1e-5)
    assert fit.standard_errors == pytest.approx(PBC["se"], rel=3e-4)
    assert fit.standard_deviations == pytest.approx((1.070813, 0.166363), rel=3e-4)
    assert fit.correlation == pytest.approx(0.452, abs=1e-3)
    assert fit.sigma == pytest.approx(0.359007, rel=1e-4)


def test_at_nlmes_variances_every_printed_digit_is_there_and_our_optimum_is_higher():
    """nlme prints the correlation to three digits: within them one value gives all its other numbers."""
    var0, var1, _, sigma2 = PBC_VARIANCES
    log, beta, se = dense_reml(pbc_placebo(), var0, var1, 0.451579 * math.sqrt(var0 * var1), sigma2)
    assert log == pytest.approx(PBC["log"], abs=2e-7)
    assert beta == pytest.approx(PBC["beta"], abs=5e-8)
    assert se == pytest.approx(PBC["se"], abs=5e-9)
    assert fit_reml(pbc_placebo(), Form()).log_likelihood > log


def test_pbc_placebo_with_autocorrelation():
    fit = fit_ml(pbc_placebo(), Form(random="intercept", residual="car1"))
    assert fit.log_likelihood == pytest.approx(-843.198, abs=5e-4)
    assert fit.phi == pytest.approx(0.5467, abs=5e-5)
    assert fit.converged


def test_likelihood_is_that_of_dense_normal_densities():
    data = cohort(seed=3, patients=8)
    fit = fit_ml(data, Form(random="slope", residual="car1"))
    made = 0.0
    for i in range(len(data.patients)):
        t, y, _ = data.of(i)
        x = np.column_stack([np.ones_like(t), t])
        r = fit.phi ** np.abs(t[:, None] - t)
        v = x @ fit.covariance @ x.T + fit.sigma**2 * r
        made += stats.multivariate_normal(x @ fit.coefficients, v).logpdf(y)
    assert fit.log_likelihood == pytest.approx(made, rel=1e-9)


def test_spline_and_covariates_are_found_again():
    data = cohort(seed=4, patients=60, missing=0.0)
    bent = data.values + 0.5 * natural_spline(data.times, (0.0, 2.0, 5.0))[:, 1]
    age = np.repeat(np.linspace(-1, 1, 60), 6)
    who = np.repeat(data.patients, 6)
    fit = fit_reml(longitudinal(who, data.times, bent + 2 * age, age), Form(knots=(0.0, 2.0, 5.0), covariates=1))
    assert abs(fit.coefficients[2] - 0.5) < 4 * fit.standard_errors[2]
    assert abs(fit.coefficients[3] - 2.0) < 4 * fit.standard_errors[3]


def test_a_spread_at_zero_is_told():
    rng = np.random.default_rng(5)
    t, who = np.tile(np.arange(6.0), 12), np.repeat(list("abcdefghijkl"), 6)
    y = rng.normal(size=72)
    y -= np.repeat(y.reshape(12, 6).mean(axis=1), 6)
    fit = fit_reml(longitudinal(who, t, y), Form(random="intercept"))
    assert fit.singular == ("the spread of intercepts is at zero",)
    assert fit.covariance[0, 0] == pytest.approx(0, abs=1e-6)


@settings(deadline=None, max_examples=5)
@given(st.floats(-50, 50), st.floats(0.01, 100), st.integers(0, 1000))
def test_units_and_order_of_rows_do_not_matter(shift, factor, seed):
    data = cohort(seed=6, patients=10)
    who = np.repeat(data.patients, np.diff(data.starts))
    order = np.random.default_rng(seed).permutation(who.size)
    one = fit_reml(data, Form())
    moved = longitudinal(who[order], data.times[order], shift + factor * data.values[order])
    other = fit_reml(moved, Form())
    assert other.coefficients[1] == pytest.approx(factor * one.coefficients[1], rel=1e-5)
    assert other.sigma == pytest.approx(factor * one.sigma, rel=1e-4)
    change = (data.values.size - 2) * math.log(factor)
    assert other.log_likelihood == pytest.approx(one.log_likelihood - change, abs=1e-4)


@pytest.mark.parametrize(
    ("who", "t", "y"),
    [
        ([], [], []),
        (["a"], [0], [1.0]),
        (["a"] * 6, range(6), [1.0, 2, 3, 1, 2, 3]),
        (["a", "a", "b", "b"], [0, 1, 0, 1], [3.0] * 4),
        (list("abcdef"), [0] * 6, [1.0, 2, 3, 4, 5, 6]),
        (["a", "a", "b", "b"], [1, 2, 1, 2], [1.0, 2.0, 2.0, 5.0][:4]),
        (["a"] * 3 + ["b"] * 3, [0, 1, 2] * 2, [0.0, 1, 2] * 2),
    ],
)
def test_data_that_can_not_carry_the_model_raise(who, t, y):
    data = longitudinal(who, t, y)
    form = Form(knots=(0.0, 1.0, 2.0)) if len(who) == 4 and t[0] == 1 else Form()
    with pytest.raises(ProgramError):
        fit_reml(data, form)


def test_lines_without_any_residual_raise_for_both_fits():
    who, t = np.repeat(list("abcd"), 5), np.tile(np.arange(5.0), 4)
    data = longitudinal(who, t, np.repeat([1.0, 2.0, 4.0, 3.0], 5) + np.repeat([0.5, 1.0, -1.0, 2.0], 5) * t)
    for fit in (fit_reml, lambda d, f: fit_grid(d, f, RatioPriors())):
        with pytest.raises(ProgramError, match="no residual"):
            fit(data, Form())


def test_as_many_effects_as_rows_raise():
    data = longitudinal(np.repeat(list("abcd"), 2), np.tile([0.0, 1.0], 4), [1.0, 3, 2, 2, 4, 1, 5, 9])
    with pytest.raises(ProgramError, match="8 random effects"):
        fit_reml(data, Form())
    assert fit_reml(data, Form(random="intercept")).rows == 8


def test_every_bad_row_is_told_at_once():
    with pytest.raises(ProgramError) as caught:
        longitudinal(["a", "a", "b", "b"], [0, 1, 2, 2], [1.0, math.nan, 1.0, 2.0])
    assert len(caught.value.problems) == 2
    with pytest.raises(ProgramError):
        longitudinal(["a"], [0, 1], [1.0])


def test_forms_that_do_not_exist_raise():
    for bad in ({"random": "x"}, {"residual": "ar2"}, {"knots": (0.0, 1.0)}, {"knots": (0.0, 2.0, 1.0)}):
        with pytest.raises(ValueError, match=r"must be|needs"):
            Form(**bad)
