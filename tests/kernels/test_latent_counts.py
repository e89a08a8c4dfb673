"""Laplace's approximation of the latent counts against a dense twin and against numerical integration."""

import numpy as np
import pytest
from scipy import integrate, optimize
from scipy.special import gammaln

from proband.kernels.latent_counts import latent_precision, log_marginals


def twin(counts, offset, effect, x, gaps, rho, sigma, beta):
    """The same quantity by a general optimiser and dense matrices."""
    t = np.cumsum(gaps) - gaps[0]
    covariance = sigma**2 * rho ** np.abs(np.subtract.outer(t, t))
    precision = np.linalg.inv(covariance)
    n, p = x.shape
    fixed = offset + beta * effect

    def log_joint(v):
        eta = fixed + v[:n] + x @ v[n:]
        prior = -0.5 * v[:n] @ precision @ v[:n] - 0.5e-4 * v[n:] @ v[n:]
        return (counts * eta - np.exp(eta) - gammaln(counts + 1)).sum() + prior

    start = np.zeros(n + p)
    start[n] = np.log(counts.mean() + 0.5)
    v = optimize.minimize(lambda v: -log_joint(v), start, method="BFGS", options={"gtol": 1e-8}).x
    w = np.exp(fixed + v[:n] + x @ v[n:])
    z = np.hstack([np.eye(n), x])
    prior = np.zeros((n + p, n + p))
    prior[:n, :n] = precision
    prior[n:, n:] = 1e-4 * np.eye(p)
    curvature = z.T @ (w[:, None] * z) + prior
    return log_joint(v) + 0.5 * np.linalg.slogdet(precision)[1] - 0.5 * np.linalg.slogdet(curvature)[1]


@pytest.mark.parametrize("counts", [[0, 3, 2, 9, 1, 0, 0, 2], [5, 5, 5, 5, 0, 0, 0, 0], [40, 2, 33, 8, 1, 0, 3, 90]])
@pytest.mark.parametrize("columns", [1, 2])
def test_log_marginals_are_those_of_the_dense_twin(counts, columns):
    counts = np.array(counts, dtype=float)
    n = counts.size
    gaps = np.array([0, 1, 1, 2.5, 1, 1, 0.5, 1])
    effect = (np.arange(n) >= 4).astype(float)
    x = np.column_stack([np.ones(n), np.linspace(-1, 1, n)])[:, :columns]
    offset = np.log(np.linspace(0.5, 1.5, n))
    rho, sigma, beta = np.array([0.1, 0.8]), np.array([0.3, 1.2]), np.array([-1.5, 0.0, 0.7])
    made = log_marginals(counts, offset, effect, np.ascontiguousarray(x), gaps, rho, sigma, beta)
    for i in range(2):
        for j in range(2):
            for k in range(3):
                expected = twin(counts, offset, effect, x, gaps, rho[i], sigma[j], beta[k])
                assert made[i, j, k] == pytest.approx(expected, abs=2e-4)


def test_precision_is_the_inverse_of_the_covariance():
    gaps = np.array([0.0, 1.0, 0.4, 3.0])
    t = np.cumsum(gaps)
    covariance = 0.7**2 * 0.6 ** np.abs(np.subtract.outer(t, t))
    diagonal, off, determinant = latent_precision(gaps, 0.6, 0.7)
    dense = np.diag(diagonal) + np.diag(off[1:], -1) + np.diag(off[1:], 1)
    assert np.allclose(dense, np.linalg.inv(covariance))
    assert determinant == pytest.approx(-np.linalg.slogdet(covariance)[1])


def test_one_bin_is_near_the_numerical_integral():
    """With one bin, and the level in the offset, only u is integrated: Laplace is within a few percent."""
    sigma = 0.8
    for k in (0.0, 1.0, 4.0):
        made = log_marginals(
            np.array([k]), np.array([0.7]), np.zeros(1), np.zeros((1, 1)), np.zeros(1), np.array([0.5]),
            np.array([sigma]), np.zeros(1),
        )[0, 0, 0]  # fmt: skip

        def density(u, k=k):
            eta = 0.7 + u
            poisson = np.exp(k * eta - np.exp(eta) - gammaln(k + 1))
            return poisson * np.exp(-0.5 * (u / sigma) ** 2) / sigma / np.sqrt(2 * np.pi)

        # The unused coefficient adds its prior's half log curvature, and Laplace's two pi is left out of both.
        exact = np.log(integrate.quad(density, -8, 8)[0])
        assert made - (-0.5 * np.log(1e-4)) == pytest.approx(exact, abs=0.03)
