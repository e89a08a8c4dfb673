"""Rates of events when people differ: against naive twins, against draws, and false claims when nothing was done."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from proband.core.quantity import GRID
from proband.science.clinical.records import ClinicalRecord, Event
from proband.science.natural_history.event_rates import (
    RateCalibration,
    _log_counts,
    calibrate,
    counted,
    counts_of,
    event_ratio,
    fit_rates,
)
from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.subject_table import Group, Subject
from proband.science.stats.posterior import rate

LOOK = [3, 5, 4, 9, 2, 6, 1, 12]


def test_log_counts_is_the_negative_binomial_of_scipy():
    for y, k, b, e in ((0, 0.7, 0.2, 1.5), (4, 3.0, 1.0, 0.5), (31, 40.0, 2.0, 2.0)):
        expected = stats.nbinom.logpmf(y, k, b / (b + e))
        assert float(_log_counts(float(y), np.array([k]), np.array([b]), e)[0]) == pytest.approx(expected, rel=1e-10)


def test_posterior_of_the_grid_is_that_of_plain_integration():
    """Mean rate and spread against sums over a fine rectangle, written without any of the module's parts."""
    y, e = np.array(LOOK, float), np.full(8, 1.0)
    made = fit_rates(y, e)
    log_mean, s = np.linspace(-1, 4, 500), np.exp(np.linspace(math.log(0.003), math.log(8), 400))
    mean, spread = np.meshgrid(np.exp(log_mean), s, indexing="ij")
    shape = 1 / spread**2
    log = stats.nbinom.logpmf(y[:, None, None], shape, shape / (shape + mean)).sum(axis=0)
    log = log - 0.5 * spread**2 + np.log(spread)  # half-normal on s, on the grid of log s
    w = np.exp(log - log.max())
    assert float(made.weights @ made.mean) == pytest.approx(float((w * mean).sum() / w.sum()), rel=0.01)
    assert made.spread == pytest.approx(float((w * spread).sum() / w.sum()), rel=0.03)


def test_ratio_is_that_of_draws():
    """Quantiles of the two ends and the predicted count against a million draws from the grid."""
    fit = fit_rates(LOOK, [1.0] * 8)
    made = event_ratio(fit, 2, 0.5, before=4, before_years=1.0)
    rng = np.random.default_rng(5)
    log = np.log(fit.weights + 1e-300) + stats.nbinom.logpmf(4, fit.shape, fit.shape / (fit.shape + fit.mean))
    w = np.exp(log - log.max())
    which = rng.choice(w.size, 200_000, p=w / w.sum())
    untreated = rng.gamma(fit.shape[which] + 4) / (fit.shape[which] / fit.mean[which] + 1.0)
    assert made.expected == pytest.approx(0.5 * untreated.mean(), rel=0.01)
    assert made.as_few == pytest.approx(float((rng.poisson(0.5 * untreated) <= 2).mean()), abs=0.006)
    for k, quantiles in ((2, made.ratio.quantiles), (3, made.ratio.upper_quantiles)):
        drawn = rng.gamma(k, size=untreated.size) / 0.5 / untreated
        for p in (0.05, 0.5, 0.95):
            assert quantiles[GRID.index(p)] == pytest.approx(float(np.quantile(drawn, p)), rel=0.02)


def test_without_spread_and_with_a_known_rate_it_is_the_exact_poisson_ratio():
    """Many people for a long time at one rate: limits go to Garwood's (Biometrika 1936;28:437)."""
    fit = fit_rates([10_000] * 200, [1000.0] * 200)
    made, exact = event_ratio(fit, 3, 1.2).ratio, rate(3, 12.0, "ratio")
    for p in (0.025, 0.975):
        assert made.quantile(p) == pytest.approx(exact.quantile(p), rel=0.02)


def test_spread_between_people_widens_the_ratio():
    alike = event_ratio(fit_rates([6] * 20, [1.0] * 20), 1, 1.0)
    unlike = event_ratio(fit_rates([0, 12] * 10, [1.0] * 20), 1, 1.0)
    assert unlike.ratio.quantile(0.95) > 2 * alike.ratio.quantile(0.95)
    assert unlike.as_few > alike.as_few


def test_few_events_before_are_not_taken_for_an_effect():
    fit = fit_rates([0, 12] * 10, [1.0] * 20)
    mild, usual = event_ratio(fit, 0, 1.0, 0, 1.0), event_ratio(fit, 0, 1.0, 12, 1.0)
    assert mild.expected < 1 < 6 < usual.expected
    assert mild.ratio.quantile(0.95) > 1 > usual.ratio.quantile(0.95)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=5, max_size=20), st.integers(0, 10), st.floats(0.1, 3))
def test_more_events_never_lower_the_ratio(counts, after, years):
    fit = fit_rates(counts, [1.0] * len(counts))
    if isinstance(fit, NoAnswer):
        assert not any(counts)
        return
    low, high = event_ratio(fit, after, years).ratio, event_ratio(fit, after + 1, years).ratio
    assert np.isfinite(low.upper_quantiles).all()
    assert low.quantile(0.95) <= high.quantile(0.95) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("events", "years", "reason"),
    [
        ([], [], "at least 5"),
        ([1, 2], [1, 1], "at least 5"),
        ([0] * 9, [1] * 9, "no untreated person had the event"),
        ([1] * 9, [0] * 9, "no counts or no times"),
        ([-1] * 9, [1] * 9, "no counts or no times"),
        ([float("nan")] * 9, [1] * 9, "no counts or no times"),
    ],
)
def test_no_number_from_nothing(events, years, reason):
    assert reason in fit_rates(events, years).reason


def test_no_time_after_treatment_gives_no_ratio():
    assert "no time" in event_ratio(fit_rates(LOOK, [1.0] * 8), 0, 0.0).reason


def group_of(days_by_person, follow):
    subjects = tuple(Subject(f"p{i}", 0.0, float(follow)) for i in range(len(days_by_person)))
    events = tuple(Event(f"p{i}", float(d), "x") for i, days in enumerate(days_by_person) for d in days)
    return Group("untreated", subjects, ClinicalRecord({}, events=events))


def test_events_are_counted_inside_observation_and_with_their_number():
    s = Subject("a", 10.0, 20.0)
    events = (
        Event("a", 9, "x"),
        Event("a", 10, "x"),
        Event("a", 20, "x", count=3),
        Event("a", 15, "y"),
        Event("b", 15, "x"),
    )
    g = Group("untreated", (s,), ClinicalRecord({}, events=events))
    assert counts_of(g, "x")[0].tolist() == [4.0]
    assert counted(g, "x", s, 10, 20) == 1


def test_calibration_passes_for_its_own_model_and_fails_for_clusters():
    rng = np.random.default_rng(8)
    steady, bursts = [], []
    for _ in range(80):
        own = rng.gamma(4, 5)
        steady.append(np.sort(rng.uniform(0, 720, rng.poisson(own * 2))))
        # the same number of events, all within one of four half years that differs from person to person
        at = 180 * rng.integers(4)
        bursts.append(at + np.sort(rng.uniform(0, 180, rng.poisson(own * 2))))
    for days, expected in ((steady, "passes"), (bursts, "fails")):
        g = group_of(days, 720)
        made = calibrate(fit_rates(*counts_of(g, "x")), g, "x", 180, 180)
        assert isinstance(made, RateCalibration)
        assert made.people == 80
        assert made.verdict == expected, made
    short = group_of(steady, 200)
    assert "followed for 360 days" in calibrate(fit_rates(*counts_of(short, "x")), short, "x", 180, 180).reason


@pytest.mark.slow
def test_false_claims_where_nothing_was_done():
    """Untreated patients of the same population: P(ratio < 1) >= 0.95 in at most 0.05 + 3 SE of replicates."""
    rng, claims, n = np.random.default_rng(11), 0, 400
    for _ in range(n):
        own = rng.gamma(3, 4, 25)
        fit = fit_rates(rng.poisson(own * 1.5), [1.5] * 25)
        patient = rng.gamma(3, 4)
        made = event_ratio(fit, rng.poisson(patient * 0.5), 0.5, rng.poisson(patient * 0.5), 0.5)
        claims += made.ratio.quantile(0.95) < 1
    assert claims / n <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / n)
