"""The array layer: closed forms, agreement with direct integration, invariances, and series that can not tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from proband.science.within_patient.autoregressive import (
    NoAnswer,
    NormalPrior,
    effect_posteriors,
    ljung_box,
    standardised_innovations,
)
from proband.science.within_patient.censored_series import censored_posterior
from proband.science.within_patient.dependence import BETAS, dependence, fixed
from proband.science.within_patient.mixture import Mixture

DAYS = 7 * np.arange(24.0)
DESIGN = np.column_stack([np.ones(24), np.arange(24) >= 12])
CONTRAST = np.array([0.0, 1.0])


def series(seed, rho=0.5, effect=0.0):
    rng = np.random.default_rng(seed)
    y = rng.standard_normal(24)
    for t in range(1, 24):
        y[t] = rho * y[t - 1] + np.sqrt(1 - rho**2) * y[t]
    return y + effect * DESIGN[:, 1]


def test_with_rho_known_to_be_0_it_is_the_t_test():
    y = series(1)
    p = effect_posteriors(DAYS, DESIGN, y[:, None], CONTRAST, fixed(0.0))
    assert 2 * min(p.below()[0], 1 - p.below()[0]) == pytest.approx(stats.ttest_ind(y[12:], y[:12]).pvalue, abs=1e-12)


@pytest.mark.parametrize("noise", [False, True])
def test_agrees_with_brute_integration(noise):
    """Sums over a fine grid of rho, noise and sigma with dense matrices, and over the normal for the effect."""
    y = series(2, 0.6, -1.0)
    shares, weights = ((0.0, 0.15, 0.3, 0.5), (0.5, 0.2, 0.2, 0.1)) if noise else ((0.0,), (1.0,))
    total = below = 0.0
    for v in (np.arange(120) + 0.5) / 120:
        rho = 1 - (1 - v) ** 2
        for share, weight in zip(shares, weights, strict=True):
            r = (1 - share) * rho ** (np.abs(np.subtract.outer(DAYS, DAYS)) / 7) + share * np.eye(24)
            inverse = np.linalg.inv(r)
            a = DESIGN.T @ inverse @ DESIGN
            b = np.linalg.solve(a, DESIGN.T @ inverse @ y)
            rest = y @ inverse @ y - b @ a @ b
            log = -0.5 * np.linalg.slogdet(r)[1] - 0.5 * np.linalg.slogdet(a)[1] - 11 * np.log(rest)
            w = weight * rho * np.exp(log)  # Beta(2, 1/2) is 2 rho in the scale of v
            scale = np.sqrt(rest / 22 * np.linalg.inv(a)[1, 1])
            total += w
            below += w * stats.t(22).cdf(-b[1] / scale)
    made = effect_posteriors(DAYS, DESIGN, y[:, None], CONTRAST, dependence("cautious", noise)).below()[0]
    assert made == pytest.approx(below / total, abs=2e-4)


def test_a_wide_normal_prior_gives_what_the_flat_one_gives():
    y = np.column_stack([series(s, 0.7) for s in range(5)])
    flat = effect_posteriors(DAYS, DESIGN, y, CONTRAST)
    wide = effect_posteriors(DAYS, DESIGN, y, CONTRAST, None, NormalPrior(np.zeros(2), np.full(2, 1e4)))
    assert np.allclose(flat.below(), wide.below(), atol=2e-4)
    assert np.allclose(flat.deviation(), wide.deviation(), rtol=2e-3)


def test_a_tight_prior_is_taken_over():
    y = series(3)[:, None]
    prior = NormalPrior(np.array([0.0, -2.0]), np.array([np.inf, 1e-3]))
    made = effect_posteriors(DAYS, DESIGN, y, CONTRAST, None, prior)
    assert made.mean()[0] == pytest.approx(-2.0, abs=1e-3)


@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e4), st.floats(-50, 50))
def test_shift_scale_and_step_move_the_posterior_alike(shift, scale, effect):
    y = series(4)
    base = effect_posteriors(DAYS, DESIGN, y[:, None], CONTRAST)
    moved = effect_posteriors(DAYS, DESIGN, (shift + scale * (y + effect * DESIGN[:, 1]))[:, None], CONTRAST)
    assert moved.mean()[0] == pytest.approx(scale * (base.mean()[0] + effect), rel=1e-6, abs=1e-5 * scale)
    assert moved.deviation()[0] == pytest.approx(scale * base.deviation()[0], rel=1e-5)


def test_time_reversed_is_the_same_with_the_sign_turned():
    y = series(5, 0.8, 1.0)
    forward = effect_posteriors(DAYS, DESIGN, y[:, None], CONTRAST).below()[0]
    backward = effect_posteriors(DAYS, DESIGN, y[::-1][:, None], CONTRAST).below()[0]
    assert forward == pytest.approx(1 - backward, abs=1e-9)


def test_many_series_at_once_are_those_one_by_one():
    y = np.column_stack([series(s) for s in range(4)])
    many = effect_posteriors(DAYS, DESIGN, y, CONTRAST).below()
    one = [effect_posteriors(DAYS, DESIGN, y[:, [j]], CONTRAST).below()[0] for j in range(4)]
    assert np.allclose(many, one, atol=1e-12)


def test_a_constant_series_and_a_confounded_effect_give_no_number():
    with pytest.raises(NoAnswer, match="do not vary"):
        effect_posteriors(DAYS, DESIGN, np.full((24, 1), 3.0), CONTRAST)
    with pytest.raises(NoAnswer, match="do not vary"):
        effect_posteriors(DAYS, DESIGN, 5 + 2 * DESIGN[:, 1:], CONTRAST)
    twice = np.column_stack([DESIGN, DESIGN[:, 1] * 3])
    with pytest.raises(NoAnswer, match="told apart"):
        effect_posteriors(DAYS, twice, series(1)[:, None], np.array([0.0, 1.0, 0.0]))
    prior = NormalPrior(np.zeros(4), np.array([np.inf, np.inf, np.inf, 0.1]))
    with_trend = np.column_stack([twice, np.arange(24.0)])
    with pytest.raises(NoAnswer, match="told apart"):
        effect_posteriors(DAYS, with_trend, series(1)[:, None], np.array([0.0, 1.0, 0.0, 0.0]), None, prior)
    with pytest.raises(NoAnswer, match="3 measurements for 2"):
        effect_posteriors(DAYS[:3], DESIGN[10:13], series(1)[10:13, None], CONTRAST)


def test_without_values_below_a_limit_the_integrated_way_gives_the_closed_form():
    y = series(6, 0.5, -1.0)
    closed = effect_posteriors(DAYS, DESIGN, y[:, None], CONTRAST)
    made = censored_posterior(DAYS, DESIGN, y, np.zeros(24, bool), CONTRAST)
    assert float(made.effect.below(0.0)) == pytest.approx(closed.below()[0], abs=2e-4)
    assert made.effect.deviation() == pytest.approx(closed.deviation()[0], rel=3e-3)


def test_one_value_below_a_limit_is_its_average_over_all_lower_values():
    """Posterior given y < limit is the average over its values, each weighted by its marginal likelihood."""
    y = series(7, 0.5)
    limit, row = -0.2, 15
    made = censored_posterior(DAYS, DESIGN, np.where(np.arange(24) == row, limit, y), np.arange(24) == row, CONTRAST)
    total = below = 0.0
    from proband.kernels.autoregression import products

    nodes = dependence()
    for v in limit - (np.arange(400) + 0.5) * 0.02:
        z = np.where(np.arange(24) == row, v, y)[:, None]
        xx, xy, yy, determinant = products(DESIGN, z, np.diff(DAYS, prepend=0) / 7, nodes.rho, nodes.noise)
        rest = yy[:, 0] - np.einsum("gp,gp->g", np.linalg.solve(xx, xy)[:, :, 0], xy[:, :, 0])
        log = nodes.log_weight - 0.5 * determinant - 0.5 * np.linalg.slogdet(xx)[1] - 11 * np.log(rest)
        weight = np.exp(log).sum()
        total += weight
        below += weight * effect_posteriors(DAYS, DESIGN, z, CONTRAST).below()[0]
    assert float(made.effect.below(0.0)) == pytest.approx(below / total, abs=2e-3)


def test_a_lower_limit_that_was_passed_pulls_the_effect_down():
    y = series(8)
    below = (np.arange(24) >= 12) & (y < 0.3)
    lower = censored_posterior(DAYS, DESIGN, np.where(below, -1.0, y), below, CONTRAST)
    upper = censored_posterior(DAYS, DESIGN, np.where(below, 0.3, y), below, CONTRAST)
    assert lower.effect.mean() < upper.effect.mean()


def test_every_value_below_the_limit_gives_no_number():
    with pytest.raises(NoAnswer, match="every value"):
        censored_posterior(DAYS, DESIGN, np.ones(24), np.ones(24, bool), CONTRAST)
    almost = np.ones(24, bool)
    almost[3] = False
    with pytest.raises(NoAnswer):
        censored_posterior(DAYS, DESIGN, series(9), almost, CONTRAST)


def test_quantiles_of_a_mixture_invert_its_distribution():
    mixed = Mixture(np.array([-50.0, 0.0, 3.0]), np.array([0.01, 1.0, 20.0]), np.array([0.2, 0.5, 0.3]), 5.0)
    p = np.array([0.001, 0.1, 0.4, 0.6, 0.97])
    assert np.allclose(mixed.below(mixed.quantiles(p)), p, atol=2e-5)


def test_ljung_box_against_its_definition_and_on_white_noise():
    e = np.random.default_rng(1).standard_normal(60)
    c = e - e.mean()
    r = [np.sum(c[k:] * c[:-k]) / np.sum(c * c) for k in range(1, 11)]
    expected = 60 * 62 * sum(x * x / (60 - k) for k, x in enumerate(r, start=1))
    statistic, lags, p = ljung_box(e)
    assert (statistic, lags) == (pytest.approx(expected), 10)
    assert p == pytest.approx(stats.chi2(9).sf(expected))


def test_innovations_at_the_true_rho_are_white_and_at_0_are_not():
    y = np.random.default_rng(2).standard_normal(400)
    for t in range(1, 400):
        y[t] = 0.8 * y[t - 1] + 0.6 * y[t]
    level, days = np.ones((400, 1)), 7 * np.arange(400.0)
    assert ljung_box(standardised_innovations(days, level, y, 0.8)[0])[2] > 0.01
    assert ljung_box(standardised_innovations(days, level, y, 0.0)[0])[2] < 1e-6


def test_priors_are_proper_and_unknown_names_are_told():
    for name in BETAS:
        for noise in (False, True):
            assert np.exp(dependence(name, noise).log_weight).sum() == pytest.approx(1.0)
    with pytest.raises(ValueError, match="none of"):
        dependence("flat")
