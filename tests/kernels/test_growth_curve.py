"""Student's t against scipy, and growth curves against a dense twin that inverts every covariance matrix."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtr

from proband.kernels.growth_curve import SUMS, arm_sums, node_terms, posterior_of_effect
from proband.kernels.student import student_cdf


@given(st.floats(-40, 40), st.floats(0.5, 2000))
def test_student_t_is_that_of_scipy(t, df):
    assert student_cdf(t, df) == pytest.approx(float(stdtr(df, t)), rel=1e-9, abs=1e-13)


def series(rng, visits, times):
    """Values of every patient, and the sums of one arm."""
    kept = [rng.normal(2, 3) + rng.normal(1, 2) * times[:v] + rng.normal(0, 1, v) for v in visits]
    sums = np.zeros((len(times), SUMS))
    for y in kept:
        t = times[: len(y)]
        s0, s1 = y.sum(), (y * t).sum()
        sums[len(y) - 1] += [1, s0, s1, s0 * s0, s0 * s1, s1 * s1, (y * y).sum()]
    return kept, sums


def dense(cohort, treated, times, ratios, log_prior, tau, points):
    """The posterior by definition: one covariance matrix per patient and grid point."""
    weights, means, scales = [], [], []
    for (r0, r1), prior in zip(ratios, log_prior, strict=True):
        xvx, xvy, yvy, log_v, n = np.zeros((3, 3)), np.zeros(3), 0.0, 0.0, 0
        for arm, patients in enumerate((cohort, treated)):
            for y in patients:
                t = times[: len(y)]
                x = np.column_stack([np.ones_like(t), t, arm * t])
                v = np.eye(len(y)) + r0**2 + r1**2 * np.outer(t, t)
                i = np.linalg.inv(v)
                xvx, xvy, yvy = xvx + x.T @ i @ x, xvy + x.T @ i @ y, yvy + y @ i @ y
                log_v, n = log_v + np.linalg.slogdet(v)[1], n + len(y)
        b = np.linalg.solve(xvx, xvy)
        rss, nu = yvy - b @ xvy, n - 3
        weights.append(prior - 0.5 * (log_v + np.linalg.slogdet(xvx)[1] + nu * math.log(rss)))
        means.append(b[2])
        scales.append(math.sqrt(rss / nu * (np.linalg.inv(xvx)[2, 2] + tau**2 * (r1**2 + 2))))
    w = np.exp(np.array(weights) - max(weights))
    w /= w.sum()
    below = [w @ stdtr(nu, (p - np.array(means)) / scales) for p in points]
    return np.array([w @ np.array(means), *below])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tau", [0.0, 0.5])
def test_the_posterior_is_that_of_the_dense_twin(seed, tau):
    rng = np.random.default_rng(seed)
    times = np.array([0.0, 0.3, 0.5, 1.0])
    cohort, a = series(rng, rng.integers(1, 5, 9), times)
    treated, b = series(rng, [4, 2, 1], times)
    ratios = np.array([(r0, r1) for r0 in (0.1, 1.0, 3.0) for r1 in (0.2, 1.5)])
    prior = rng.normal(size=len(ratios))
    points = np.array([-1.0, 0.0, 2.0])
    made = posterior_of_effect(
        np.stack([a, b]), node_terms(ratios, times), times, ratios[:, 1] ** 2 + 2, prior, tau, points
    )  # fmt: skip
    assert made == pytest.approx(dense(cohort, treated, times, ratios, prior, tau, points), rel=1e-7, abs=1e-9)


def test_nobody_with_a_second_visit_gives_no_number():
    rng, times = np.random.default_rng(1), np.array([0.0, 1.0])
    _, a = series(rng, [2, 2, 2], times)
    _, b = series(rng, [1, 1], times)
    ratios = np.array([[1.0, 1.0]])
    terms = node_terms(ratios, times)
    for sums in (np.stack([a, b]), np.stack([b, a]), np.stack([a, 0 * a])):
        assert np.isnan(posterior_of_effect(sums, terms, times, np.ones(1), np.zeros(1), 0.0, np.zeros(1))).all()


def test_arm_sums_are_those_of_the_series():
    rng, times = np.random.default_rng(3), np.array([0.0, 0.5, 1.0])
    normal, last = rng.normal(size=(5, 5)), np.array([1, 3, 2, 3, 1])
    level, slope, spread, rho = rng.normal(size=5), rng.normal(size=5), np.array([2.0, 0.5, 0.7]), 0.4
    made = np.zeros((3, SUMS))
    arm_sums(normal, last, times, level, slope, spread, rho, made)
    expected = np.zeros((3, SUMS))
    for i in range(5):
        e = [normal[i, 2]]
        for j in range(1, last[i]):
            e.append(rho * e[-1] + math.sqrt(1 - rho**2) * normal[i, 2 + j])
        t = times[: last[i]]
        y = level[i] + 2.0 * normal[i, 0] + (slope[i] + 0.5 * normal[i, 1]) * t + 0.7 * np.array(e)
        s0, s1 = y.sum(), (y * t).sum()
        expected[last[i] - 1] += [1, s0, s1, s0 * s0, s0 * s1, s1 * s1, y @ y]
    assert made == pytest.approx(expected)
