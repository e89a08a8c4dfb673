"""Calibration on simulated or enumerated truth: false claims at the limit stay under 1 - c, intervals cover.

Counts are enumerated, not sampled, so these figures have no Monte Carlo error. The figures of the slow run
are recorded in docs/explanation/uncertainty.md.
"""

import numpy as np
import pytest
from scipy import stats

from proband.assess.shapes import at_least, at_most
from proband.core.finding import Verdict
from proband.science.stats.posterior import mean_of_replicates, proportion, rate

SMALL = ((5, 10, 20, 50), (0.01, 0.05, 0.1, 0.3, 0.5, 0.9))
LARGE = (
    (3, 5, 8, 10, 15, 20, 30, 50, 100, 200, 400),
    (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.99),
)


def false_claims(n, t, c):
    """Probability, at the true value t, of each false claim about t."""
    weights = stats.binom(n, t).pmf(np.arange(n + 1))
    made = [proportion(int(s), n) for s in range(n + 1)]
    above = sum(w for w, q in zip(weights, made, strict=True) if at_least(q, t, c).verdict is Verdict.SUPPORTED)
    below = sum(w for w, q in zip(weights, made, strict=True) if at_most(q, t, c).verdict is Verdict.SUPPORTED)
    return above, below


def worst_false_claim(sizes, limits):
    return max(max(false_claims(n, t, c)) - (1 - c) for n in sizes for t in limits for c in (0.9, 0.95, 0.99))


def coverage(n, t, level=0.95):
    weights = stats.binom(n, t).pmf(np.arange(n + 1))
    intervals = [proportion(int(s), n).interval(level) for s in range(n + 1)]
    return sum(w for w, (a, b) in zip(weights, intervals, strict=True) if a <= t <= b)


def test_false_claims_at_the_limit():
    assert worst_false_claim(*SMALL) <= 1e-9


def test_intervals_of_proportions_cover():
    assert min(coverage(n, t) for n in SMALL[0] for t in SMALL[1]) >= 0.95 - 1e-9


@pytest.mark.parametrize("mean", [0.3, 1.0, 3.0, 12.0])
def test_intervals_of_rates_cover(mean):
    k = np.arange(0, 80)
    weights = stats.poisson(mean).pmf(k)
    inside = [a <= 1.0 <= b for a, b in (rate(int(x), mean, "ratio").interval(0.95) for x in k)]
    assert weights[inside].sum() >= 0.95 - 1e-9


@pytest.mark.parametrize("n", [2, 3, 6])
def test_intervals_of_replicates_cover(n):
    rng = np.random.default_rng(7)
    runs = 4000
    hits = sum(
        a <= 5.0 <= b for a, b in (mean_of_replicates(x, "d").interval(0.95) for x in rng.normal(5, 2, (runs, n)))
    )
    assert abs(hits / runs - 0.95) <= 3 * np.sqrt(0.95 * 0.05 / runs)


@pytest.mark.slow
def test_false_claims_and_coverage_over_the_large_grid():
    assert worst_false_claim(*LARGE) <= 1e-9
    covered = [coverage(n, t) for n in LARGE[0] for t in LARGE[1]]
    print(f"coverage of 95 % intervals: least {min(covered):.4f}, mean {np.mean(covered):.4f}")
    assert min(covered) >= 0.95 - 1e-9
