"""Truncated draws: their weights are orthant probabilities, their moments those of truncated normals."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtri

from proband.kernels.censored import normal_quantile, truncated_draws
from proband.science.within_patient.censored_series import lattice


@pytest.mark.parametrize("p", [1e-280, 1e-12, 0.001, 0.02425, 0.3, 0.5, 0.9, 0.99, 1 - 1e-9])
def test_normal_quantile(p):
    assert normal_quantile(p) == pytest.approx(ndtri(p), rel=2e-9, abs=2e-9)


def test_weights_add_up_to_the_orthant_probability():
    t = np.arange(5)
    covariance = 0.7 ** np.abs(np.subtract.outer(t, t))
    mean, limit = np.array([0.2, 0, -0.3, 0.5, 0]), np.array([0, 0.5, -0.5, 0.2, 1.0])
    draws, log_weight = truncated_draws(mean, np.linalg.cholesky(covariance), limit, lattice(5, 8191))
    expected = stats.multivariate_normal(mean, covariance).cdf(limit)
    assert np.exp(log_weight).mean() == pytest.approx(expected, rel=3e-3)
    assert (draws <= limit + 1e-9).all()


def test_one_dimension_has_the_mean_of_a_truncated_normal():
    draws, log_weight = truncated_draws(np.zeros(1), np.ones((1, 1)), np.array([-1.0]), lattice(1, 4001))
    assert draws.mean() == pytest.approx(stats.truncnorm(-np.inf, -1).mean(), abs=2e-3)
    assert np.allclose(np.exp(log_weight), stats.norm.cdf(-1))
