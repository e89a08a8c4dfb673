"""Chains with a boundary: against sums over all paths in plain Python, and against each other."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from proband.kernels.absorbing_chains import binomial_chain, poisson_chain, polya_chain


def naive_poisson(times, limits, rate):
    """P(signal in each interval) by explicit counts in each interval."""
    states, made, before = {0: 1.0}, [], 0.0
    for t, limit in zip(times, limits, strict=True):
        mean, new = rate * (t - before), {}
        for j, p in states.items():
            for k in range(limit - j + 1):
                new[j + k] = new.get(j + k, 0.0) + p * math.exp(-mean) * mean**k / math.factorial(k)
        made.append(math.fsum(states.values()) - math.fsum(new.values()))
        states, before = new, t
    return made


boundaries = st.integers(1, 5).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(0.1, 2.0), min_size=n, max_size=n).map(lambda x: np.cumsum(x)),
        st.lists(st.integers(0, 2), min_size=n, max_size=n).map(lambda x: np.cumsum(x)),
    )
)


@settings(deadline=None, max_examples=60)
@given(boundary=boundaries, rate=st.floats(0.0, 4.0))
def test_poisson_chain_is_its_naive_twin(boundary, rate):
    times, limits = boundary
    out = np.empty((times.size, 2))
    poisson_chain(times, limits, rate, out)
    assert out[:, 0] == pytest.approx(naive_poisson(times, limits, rate), abs=1e-12)
    if rate > 0:
        assert (out[:, 1] <= out[:, 0] * times + 1e-12).all()
        assert (out[:, 1] >= out[:, 0] * np.concatenate([[0], times[:-1]]) - 1e-12).all()


def test_signal_time_of_one_interval_is_that_of_a_gamma():
    out = np.empty((1, 2))
    poisson_chain(np.array([3.0]), np.array([1]), 0.7, out)
    second = stats.gamma(2, scale=1 / 0.7)
    assert out[0, 0] == pytest.approx(second.cdf(3))
    assert out[0, 1] == pytest.approx(integrate.quad(lambda t: t * second.pdf(t), 0, 3)[0])


@settings(deadline=None, max_examples=25)
@given(boundary=boundaries, history=st.integers(1, 30))
def test_polya_chain_is_the_poisson_chain_averaged_over_the_rate(boundary, history):
    times, limits = boundary
    times = times / history
    got, one = np.empty(times.size), np.empty((times.size, 2))
    polya_chain(times, limits, float(history), got)
    x, w = np.polynomial.legendre.leggauss(80)
    ends = stats.gamma(history).ppf([1e-12, 1 - 1e-12])
    rates = ends[0] + (ends[1] - ends[0]) * (x + 1) / 2
    mass = w * (ends[1] - ends[0]) / 2 * stats.gamma(history).pdf(rates)
    total = np.zeros(times.size)
    for rate, m in zip(rates, mass, strict=True):
        poisson_chain(times, limits, rate, one)
        total += m * one[:, 0]
    assert got == pytest.approx(total, abs=1e-8)


@settings(deadline=None, max_examples=60)
@given(
    least=st.lists(st.integers(1, 7), min_size=1, max_size=6),
    p=st.floats(0, 1),
)
def test_binomial_chain_is_the_sum_over_all_sequences(least, p):
    n = len(least)
    expected = np.zeros(n)
    for path in itertools.product((0, 1), repeat=n):
        chance, total = 1.0, 0
        for i, x in enumerate(path):
            chance *= p if x else 1 - p
            total += x
            if total >= least[i]:
                # the rest of the path has total chance 1, and this prefix comes up 2^(n - i - 1) times
                rest = math.prod(p if y else 1 - p for y in path[i + 1 :])
                expected[i] += chance * rest
                break
    out = np.empty(n)
    binomial_chain(np.array(least), np.full(n, p), out)
    assert out == pytest.approx(expected, abs=1e-12)
