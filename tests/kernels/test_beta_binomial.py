"""The beta-binomial kernels against a naive twin in exact or plain Python."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from proband.kernels.beta_binomial import (
    log_pmf,
    mixture_mid_tail,
    mixture_tail,
    tail_by_molecules,
    upper_tail,
)


def naive(n, mu, rho):
    """Every probability by the product of draws from the urn, without any gamma function."""
    if mu in (0.0, 1.0):
        return [1.0 if k == n * mu else 0.0 for k in range(n + 1)]
    made = []
    for k in range(n + 1):
        p = float(math.comb(n, k))
        for i in range(k):
            p *= (mu * (1 - rho) + i * rho) / (1 - rho + i * rho)
        for i in range(n - k):
            p *= ((1 - mu) * (1 - rho) + i * rho) / (1 - rho + (k + i) * rho)
        made.append(p)
    return made


cases = st.tuples(
    st.integers(1, 40), st.sampled_from([0.0, 1e-4, 0.02, 0.5, 0.97, 1.0]), st.sampled_from([0.0, 1e-5, 0.01, 0.4])
)


@settings(deadline=None, max_examples=150)
@given(cases)
def test_probabilities_and_tails(case):
    n, mu, rho = case
    p = naive(n, mu, rho)
    assert sum(p) == pytest.approx(1, abs=1e-9)
    for k in range(n + 1):
        assert math.exp(log_pmf(k, n, mu, rho)) == pytest.approx(p[k], rel=1e-7, abs=1e-13)
    for t in range(-1, n + 2):
        assert upper_tail(t, n, mu, rho) == pytest.approx(sum(p[max(t, 0) :]), rel=1e-7, abs=1e-10)


@pytest.mark.parametrize(("n", "mu", "rho"), [(150_000, 1e-5, 1e-3), (150_000, 0.02, 0), (30_000, 0.6, 1e-4)])
def test_large_depths_as_scipy(n, mu, rho):
    size = (1 - rho) / rho if rho else 0
    law = stats.betabinom(n, mu * size, (1 - mu) * size) if rho else stats.binom(n, mu)
    counts = np.arange(n + 1)
    p = law.pmf(counts)
    for t in sorted({1, int(n * mu), int(n * mu * 1.1) + 3, int(n * mu * 0.9)}):
        assert upper_tail(t, n, mu, rho) == pytest.approx(p[counts >= t].sum(), rel=1e-5, abs=1e-9)


def test_far_tails_are_nothing_and_cost_nothing():
    assert upper_tail(180_000, 300_000, 1e-5, 0.0) == 0.0
    assert upper_tail(10, 300_000, 0.6, 0.0) == 1.0
    assert 0 < upper_tail(30, 150_000, 1e-5, 0.0) < 1e-20


def test_mixtures_and_molecules():
    mu, rho, w = np.array([0.1, 0.2]), np.array([0.0, 0.05]), np.array([0.3, 0.7])
    tail = sum(wi * sum(naive(12, m, r)[4:]) for m, r, wi in zip(mu, rho, w, strict=True))
    at = sum(wi * naive(12, m, r)[3] for m, r, wi in zip(mu, rho, w, strict=True))
    assert mixture_tail(4, 12, mu, rho, w) == pytest.approx(tail, rel=1e-9)
    assert mixture_mid_tail(3, 12, mu, rho, w) == pytest.approx(tail + at / 2, rel=1e-9)
    for mid in (False, True):
        table = tail_by_molecules(4, 12, mu, rho, w, 6.0, 6, mid)
        for m in range(7):
            means = [b + (1 - b) * m / 6 for b in mu]
            p = [naive(12, x, r) for x, r in zip(means, rho, strict=True)]
            expected = sum(wi * (sum(q[4:]) + (q[3] / 2 if mid else 0)) for wi, q in zip(w, p, strict=True))
            assert table[m] == pytest.approx(expected, rel=1e-7, abs=1e-9)
