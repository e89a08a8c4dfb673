"""The whitening kernel against dense linear algebra."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.kernels.autoregression import innovations, products


def dense(days, rho, noise):
    away = np.abs(np.subtract.outer(days, days))
    return (1 - noise) * rho**away + noise * np.eye(days.size)


@settings(max_examples=40)
@given(
    st.lists(st.floats(0.01, 5), min_size=2, max_size=12),
    st.floats(0.0001, 0.99),
    st.sampled_from([0.0, 0.1, 0.5]),
    st.integers(0, 10_000),
)
def test_products_are_those_of_the_inverse_matrix(gaps, rho, noise, seed):
    days = np.cumsum([0.0, *gaps])
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((days.size, 2)), rng.standard_normal((days.size, 3))
    xx, xy, yy, determinant = products(
        x, y, np.diff(days, prepend=days[0]), np.array([0.3, rho]), np.array([0.0, noise])
    )
    r = dense(days, rho, noise)
    inverse = np.linalg.inv(r)
    assert np.allclose(xx[1], x.T @ inverse @ x, rtol=1e-6, atol=1e-8)
    assert np.allclose(xy[1], x.T @ inverse @ y, rtol=1e-6, atol=1e-8)
    assert np.allclose(yy[1], np.diag(y.T @ inverse @ y), rtol=1e-6, atol=1e-8)
    assert determinant[1] == pytest.approx(np.linalg.slogdet(r)[1], rel=1e-6, abs=1e-8)


def test_innovations_of_a_weekly_series_are_the_textbook_differences():
    y = np.array([[1.0], [2.0], [0.5]])
    made, _ = innovations(y, np.array([0.0, 1.0, 1.0]), 0.6, 0.0)
    expected = [1.0, (2 - 0.6) / 0.8, (0.5 - 1.2) / 0.8]
    assert np.allclose(made[:, 0], expected)
