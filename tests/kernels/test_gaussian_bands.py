"""Sums against normal bands: the kernel against plain loops, weights, and the transpose."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.kernels.gaussian_bands import NARROW, REACH, band_weights, gather, scatter


def naive_weights(width):
    """The same numbers by their definition."""
    if width < NARROW:
        v = width**2
        one, two = (4 * v - 3 * v**2) / 6, (3 * v**2 - v) / 24
        return {0: 1 - 2 * one - 2 * two, 1: one, -1: one, 2: two, -2: two}
    size = math.ceil(REACH * width)
    raw = {d: math.exp(-0.5 * (d / width) ** 2) for d in range(-size, size + 1)}
    total = math.fsum(raw.values())
    return {d: w / total for d, w in raw.items()}


def naive_gather(values, widths, first, counts, centres):
    out = np.zeros((len(widths), values.shape[0], centres))
    for t, width in enumerate(widths):
        for j in range(values.shape[0]):
            for m in range(counts[t][0], counts[t][1]):
                out[t, j, m] = math.fsum(w * values[j, first + m + d] for d, w in naive_weights(width).items())
    return out


def layout(widths):
    bands = [band_weights(w) for w in widths]
    return np.concatenate(bands), np.cumsum([0, *(b.size for b in bands)])


cases = st.lists(st.floats(0.01, 5.0), min_size=1, max_size=4)


@settings(deadline=None, max_examples=40)
@given(widths=cases, seed=st.integers(0, 1000))
def test_the_kernel_is_its_naive_twin(widths, seed):
    rng = np.random.default_rng(seed)
    first, centres = 33, 12
    values = rng.uniform(0, 1, (3, first + centres + 33))
    counts = np.sort(rng.integers(0, centres + 1, (len(widths), 2)), axis=1)
    flat, starts = layout(widths)
    got = np.zeros((len(widths), 3, centres))
    gather(values, flat, starts, first, counts, got)
    assert got == pytest.approx(naive_gather(values, widths, first, counts, centres), abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(widths=cases, seed=st.integers(0, 1000))
def test_scatter_is_the_transpose_of_gather(widths, seed):
    rng = np.random.default_rng(seed)
    first, centres = 33, 12
    values = rng.normal(size=(2, first + centres + 33))
    amounts = rng.normal(size=(len(widths), 2, centres))
    counts = np.tile([0, centres], (len(widths), 1))
    flat, starts = layout(widths)
    up, down = np.zeros_like(amounts), np.zeros_like(values)
    gather(values, flat, starts, first, counts, up)
    scatter(amounts, flat, starts, first, counts, down)
    assert float((up * amounts).sum()) == pytest.approx(float((down * values).sum()), abs=1e-10)


@given(width=st.floats(0.001, 30.0))
def test_weights_have_the_moments_of_the_normal(width):
    w = band_weights(width)
    d = np.arange(w.size)
    assert w[0] + 2 * w[1:].sum() == pytest.approx(1, abs=1e-12)
    assert 2 * (w * d**2).sum() == pytest.approx(width**2, rel=2e-4, abs=1e-12)
    assert 2 * (w * d**4).sum() == pytest.approx(3 * width**4, rel=5e-3, abs=1e-12)
