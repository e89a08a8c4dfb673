"""Weekly counts with more spread than Poisson and with memory from week to week: simulated, and their rate ratio.

A count is Poisson around a gamma intensity whose normal score is an AR(1) series (a Gaussian copula), so that each week
is negative binomial with variance over mean `dispersion`; the counts themselves are less correlated than the scores.

Cannot see: seasons, clusters and diaries that are filled in late.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def weekly_counts(generator: np.random.Generator, rate: Floats, score: Floats, dispersion: float) -> Floats:
    """Counts [series, weeks] of expectation `rate`, intensity scores `score` (standard normal, same shape).

    `dispersion` above 1 is variance over mean: the intensity is gamma with shape rate / (dispersion - 1).

    >>> made = weekly_counts(np.random.default_rng(1), np.full((1, 40000), 5.0), np.random.default_rng(2)
    ...     .standard_normal((1, 40000)), 2.4)
    >>> round(float(made.mean()), 1), round(float(made.var() / made.mean()), 1)
    (5.0, 2.4)
    """
    from scipy.special import gammaincinv, ndtr

    over = dispersion - 1.0
    shape = rate / over
    intensity = gammaincinv(shape, np.clip(ndtr(score), 1e-12, 1 - 1e-12)) * over
    return generator.poisson(intensity).astype(float)


def estimate_on_log(counts: Floats, before: int) -> Floats:
    """Log of the mean after over the mean before, each with half an event added in all: finite with no events.

    >>> estimate_on_log(np.array([[4.0, 4.0, 2.0, 2.0]]), 2).round(3).tolist()
    [-0.636]
    """
    after = counts.shape[1] - before
    first = (counts[:, :before].sum(axis=1) + 0.5) / before
    second = (counts[:, before:].sum(axis=1) + 0.5) / after
    return np.asarray(np.log(second / first))
