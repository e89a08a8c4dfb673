"""The grid posterior: published digits, refits, an independent implementation, calibration."""

import numpy as np
import pytest
from mixed_cases import cohort, pbc_placebo, sleepstudy
from scipy import stats

from proband.core.errors import ProgramError
from proband.core.quantity import GRID
from proband.science.stats.balanced_mixed import RatioPriors, predict_balanced_batch
from proband.science.stats.longitudinal import Form, longitudinal
from proband.science.stats.mixed_grid import fit_grid, leave_out, weak_priors
from proband.science.stats.mixed_model import fit_reml
from proband.science.stats.mixed_predict import predict
from proband.science.stats.patient_weights import patient_weights
from proband.science.stats.student_mixture import student_mixture

WIDE = RatioPriors(5.0, 2.0)


def test_sleepstudy_posterior_to_the_printed_digits():
    made = fit_grid(sleepstudy(), Form(correlated=False), RatioPriors(1.0, 0.25))
    slope = made.coefficient(1)
    assert slope.mean == pytest.approx(10.467286, abs=5e-7)
    assert slope.sd == pytest.approx(1.639408, abs=5e-7)
    assert made.ratio(0) == pytest.approx(0.997992, abs=1e-6)
    assert made.ratio(1) == pytest.approx(0.242215, abs=1e-6)
    assert made.sigma == pytest.approx(25.815839, abs=1e-6)


def test_nodes_are_enough_with_correlation_and_autocorrelation():
    data = pbc_placebo()
    for form in (Form(), Form(random="intercept", residual="car1")):
        priors = weak_priors(data)
        coarse, fine = fit_grid(data, form, priors), fit_grid(data, form, priors, nodes=21 if form.effects == 2 else 35)
        assert coarse.coefficient(1).sd == pytest.approx(fine.coefficient(1).sd, rel=1e-3)
        assert coarse.sigma == pytest.approx(fine.sigma, rel=1e-3)
        fit = fit_reml(data, form)
        assert coarse.coefficient(1).mean == pytest.approx(fit.coefficients[1], abs=0.1 * fit.standard_errors[1])
        assert coarse.coefficient(1).sd == pytest.approx(fit.standard_errors[1], rel=0.15)


@pytest.mark.parametrize("form", [Form(), Form(random="intercept", residual="car1"), Form(correlated=False)])
def test_leaving_out_is_refitting(form):
    data = cohort(seed=8, patients=15)
    post = fit_grid(data, form, WIDE)
    for i in (0, 7):
        left, again = leave_out(post, i), fit_grid(data.without(i), form, WIDE)
        assert left.coefficient(1).mean == pytest.approx(again.coefficient(1).mean, rel=1e-4)
        assert left.coefficient(1).sd == pytest.approx(again.coefficient(1).sd, rel=1e-3)
        t, y, _ = data.of(i)
        one = predict(left, t[:2], y[:2], t[-1:]).linear(np.ones(1))
        other = predict(again, t[:2], y[:2], t[-1:]).linear(np.ones(1))
        assert one.mean == pytest.approx(other.mean, rel=1e-4)
        assert one.sd == pytest.approx(other.sd, rel=1e-3)


def test_first_visits_update_as_those_of_any_patient():
    """Prediction given first visits is the posterior of a cohort that holds them, predicted without them."""
    data = cohort(seed=9, patients=12, missing=0.0)
    t, y, _ = data.of(3)
    outside = data.without(3)
    who = np.append(np.repeat(outside.patients, np.diff(outside.starts)), ["new", "new"])
    with_them = longitudinal(who, np.append(outside.times, t[:2]), np.append(outside.values, y[:2]))
    form = Form(random="intercept")
    direct = predict(fit_grid(outside, form, WIDE), t[:2], y[:2], t[5:6])
    held = fit_grid(with_them, form, WIDE)
    # its own line is a function of the cohort's: the mean of weights and sigma must agree
    assert float(direct.weights @ direct.variance) == pytest.approx(float(held.weights @ held.q) / held.df, rel=1e-4)


def test_rarity_agrees_with_the_balanced_implementation():
    data = cohort(seed=10, patients=14, missing=0.0)
    y = data.values.reshape(1, 14, 6)
    priors = RatioPriors(1.0, 0.25)
    first = np.array([4.0, 6.5])
    post = fit_grid(data, Form(correlated=False), priors)
    made = predict(post, np.array([0.0, 1.0]), first, np.array([4.0, 5.0])).linear(np.array([0.5, 0.5]))
    for seen in (6.0, 9.0, 11.0):
        for shift in (0.0, 1.0):
            ask = (y, np.arange(6.0), first[None, None], [0.0, 1.0], np.array([[seen]]), [4.0, 5.0], [0.5, 0.5])
            expected = predict_balanced_batch(*ask, shifts=(shift,), priors=priors)[0, 0, 0]
            assert made.at_least(seen, shift * made.sd) == pytest.approx(expected, rel=1e-5)


def test_tails_given_parameters_average_to_the_prediction():
    data = cohort(seed=11, patients=15)
    plain = fit_grid(data, Form(), WIDE)
    heavy = fit_grid(data, Form(), WIDE, weights=np.linspace(0.5, 1.5, 15), patient_df=4.0)
    for post in (plain, heavy):
        made = predict(post, np.array([0.0, 1.0]), np.array([5.0, 5.5]), np.array([3.0, 4.0]))
        w = np.array([0.3, 0.7])
        values, mass = made.tail_given_parameters(w, 9.0, 0.2)
        assert float(values @ mass) == pytest.approx(made.linear(w).at_least(9.0, 0.2), rel=1e-3)


def test_draws_have_the_mixtures_quantiles():
    data = cohort(seed=12, patients=15)
    made = predict(fit_grid(data, Form(), WIDE), np.array([0.0]), np.array([6.0]), np.array([2.0, 4.0]))
    drawn = made.draws(4_000, np.random.default_rng(1))
    w = np.array([1.0, -0.5])
    assert stats.kstest(drawn @ w, made.linear(w).cdf).pvalue > 0.001


def test_quantiles_invert_the_distribution_function():
    made = student_mixture([0.2, 0.5, 0.3], [-4.0, 0.0, 9.0], [0.1, 1.0, 3.0], 3.0)
    assert made.cdf(made.quantile(GRID)) == pytest.approx(GRID, abs=1e-8)
    assert made.quantity("u", "m").quantile(0.5) == pytest.approx(float(made.quantile([0.5])[0]))
    single = student_mixture([1.0], [2.0], [3.0], 7.0)
    assert single.at_least(5.0) == pytest.approx(stats.t.sf(1.0, 7.0), rel=1e-10)
    assert single.density(5.0)[0] == pytest.approx(stats.t.pdf(1.0, 7.0) / 3.0, rel=1e-10)
    wide = single.at_least(5.0, 4.0)
    draws = 2 + 3 * stats.t.rvs(7.0, size=400_000, random_state=1) + 4 * np.random.default_rng(2).normal(size=400_000)
    assert wide == pytest.approx((draws >= 5).mean(), abs=0.003)


def test_a_heavy_tailed_patient_is_predicted_as_a_multivariate_t():
    """With a large cohort: conditional t with df + first visits, scaled by (df + distance) / (df + first visits)."""
    data = cohort(seed=15, patients=400, missing=0.0, sd=(1.0, 0.1))
    post = fit_grid(data, Form(random="intercept"), WIDE, weights=np.ones(400), patient_df=4.0)
    first = np.array([7.5, 9.0, 7.0])
    made = predict(post, np.arange(3.0), first, np.array([4.0])).linear(np.ones(1))
    beta, s, sigma = post.weights @ post.beta, post.ratio(0), post.sigma
    v = np.eye(4) + s**2
    t = np.array([0.0, 1.0, 2.0, 4.0])
    r = first - (beta[0] + beta[1] * t[:3])
    gain = v[3, :3] @ np.linalg.inv(v[:3, :3])
    centre, spread = beta[0] + beta[1] * 4 + gain @ r, v[3, 3] - gain @ v[:3, 3]
    distance = r @ np.linalg.solve(v[:3, :3], r) / sigma**2
    scale = sigma * np.sqrt(spread * (4 + distance) / 7)
    for seen in (centre - 3 * scale, centre + scale, centre + 4 * scale):
        expected = stats.t.sf((seen - centre) / scale, 7)
        assert made.at_least(seen) == pytest.approx(expected, rel=0.06)


def test_heavy_tails_find_the_odd_patients_and_their_df():
    data = cohort(seed=13, patients=30, missing=0.0)
    values = data.values.copy()
    centre = 5 + 0.4 * data.times
    values[:12] = centre[:12] + 8 * (values[:12] - centre[:12])
    odd = longitudinal(np.repeat(data.patients, 6), data.times, values)
    made = patient_weights(odd, Form(), WIDE, dfs=(3.0, 20.0))
    assert made.df == 3.0
    assert made.weights[:2].max() < np.median(made.weights[2:])


@pytest.mark.parametrize(
    ("first", "values", "later"),
    [([0.0], [np.nan], [1.0]), ([0.0, 1.0], [1.0], [2.0]), ([0.0], [1.0], []), ([0.0], [1.0], [0.0])],
)
def test_patients_that_can_not_be_predicted_raise(first, values, later):
    post = fit_grid(cohort(patients=5), Form(random="intercept"), WIDE)
    with pytest.raises(ProgramError):
        predict(post, np.array(first), np.array(values), np.array(later))


def test_a_cohort_of_two_can_not_lose_one():
    post = fit_grid(cohort(patients=2, missing=0.0), Form(random="intercept"), WIDE)
    with pytest.raises(ProgramError):
        leave_out(post, 0)


def test_parts_that_make_no_mixture_raise():
    for parts in (([1.0], [np.nan], [1.0], 3.0), ([0.0], [0.0], [1.0], 3.0), ([1.0], [0.0], [0.0], 3.0)):
        with pytest.raises(ValueError, match=r"mixture|weights"):
            student_mixture(*parts)


def ranks(form, priors, replicates, seed):
    """Where the truth lies in the posterior, over draws of the prior and data from it (Talts et al. 2018)."""
    rng = np.random.default_rng(seed)
    t = np.array([0.0, 1.0, 2.0, 4.0])
    made = []
    for _ in range(replicates):
        s0, s1 = np.abs(rng.normal(size=2)) * (priors.intercept, priors.slope)
        rho = rng.uniform(-1, 1) if form.correlated else 0.0
        phi = rng.uniform(0, 1) if form.residual == "car1" else 0.0
        root = np.linalg.cholesky(phi ** np.abs(t[:, None] - t)) if phi else np.eye(4)
        z = rng.normal(size=(7, 2))
        u0, u1 = s0 * z[:, 0], s1 * (rho * z[:, 0] + np.sqrt(1 - rho**2) * z[:, 1])
        y = 1 + 0.5 * t + u0[:, None] + u1[:, None] * t + rng.normal(size=(7, 4)) @ root.T
        data = longitudinal(np.repeat(list("abcdefg"), 4), np.tile(t, 7), y.ravel())
        post = fit_grid(data.without(0), form, priors, nodes=11)
        held = predict(post, t[:2], y[0, :2], t[3:]).linear(np.ones(1)).cdf(y[0, 3])[0]
        f, w = post.nodes.factors, post.weights
        ratios = np.sqrt((f[:, 1, :] ** 2).sum(axis=1))
        made.append((held, post.coefficient(1).cdf(0.5)[0], w @ (f[:, 0, 0] < s0), w @ (ratios < s1)))
    return np.array(made)


@pytest.mark.parametrize("form", [Form(correlated=False), Form(), Form(residual="car1", correlated=False)])
def test_simulation_based_calibration_short(form):
    made = ranks(form, RatioPriors(1.0, 0.5), 60, 21)
    for column in made.T:
        assert stats.kstest(column, "uniform").pvalue > 0.001


@pytest.mark.slow
@pytest.mark.parametrize("form", [Form(correlated=False), Form(), Form(residual="car1", correlated=False)])
def test_simulation_based_calibration(form):
    made = ranks(form, RatioPriors(1.0, 0.5), 600, 22)
    for column in made.T:
        assert stats.kstest(column, "uniform").pvalue > 0.001
