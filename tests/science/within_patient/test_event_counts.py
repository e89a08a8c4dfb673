"""Rate ratios: direction, agreement with a finer grid, chance halvings, and diaries that can not tell."""

import math

import numpy as np
import pytest

from proband.core.errors import ProgramError
from proband.science.within_patient import event_counts
from proband.science.within_patient.autoregressive import NoAnswer
from proband.science.within_patient.event_counts import (
    CountSeries,
    bins_of,
    rate_decrease_probabilities,
    rate_posterior,
    rate_ratio,
)

DAYS = 7 * np.arange(16.0)
EXPOSURE = np.full(16, 7.0)
EFFECT = (np.arange(16) >= 8).astype(float)
COUNTS = np.array([6, 7, 2, 9, 6, 4, 12, 7, 2, 1, 3, 0, 1, 0, 2, 3.0])


def diary(events=COUNTS, observed=None, starts=DAYS):
    whole = tuple(None if e is None else int(e) for e in events)
    return CountSeries(
        "seizures", tuple(starts), tuple(s + 7 for s in starts), whole,
        tuple(observed or [7.0] * len(starts)),
    )  # fmt: skip


def test_a_clear_fall_and_the_numbers_beside_it():
    made = rate_ratio(diary(), 56.0, seed=1)
    low, high = made.ratio.interval(0.95)
    assert low < 12 / 53 < high < 1
    assert made.decrease > 0.99
    assert made.halved <= made.decrease
    assert (made.events, made.days) == ((53, 12), (56.0, 56.0))
    before = COUNTS[:8]
    assert made.variance_to_mean == pytest.approx(before.var(ddof=1) / before.mean())
    assert 0 < made.halved_by_chance < 0.3
    assert made == rate_ratio(diary(), 56.0, seed=1)


def test_the_mirror_image_has_the_mirrored_probability():
    a = rate_posterior(COUNTS, EXPOSURE, EFFECT, DAYS).below()
    b = rate_posterior(COUNTS[::-1].copy(), EXPOSURE, EFFECT, DAYS).below()
    assert a == pytest.approx(1 - b, abs=3e-3)


def test_a_finer_grid_says_the_same(monkeypatch):
    rng = np.random.default_rng(1)
    rows = [COUNTS, rng.negative_binomial(2, 0.4, 16).astype(float), np.where(EFFECT > 0, 0.0, COUNTS)]
    p = np.array([0.025, 0.5, 0.975])
    coarse = [rate_posterior(y, EXPOSURE, EFFECT, DAYS) for y in rows]
    monkeypatch.setattr(event_counts, "_NODES_RHO", 14)
    monkeypatch.setattr(event_counts, "_NODES_SIGMA", 18)
    monkeypatch.setattr(event_counts, "_NODES_BETA", 81)
    fine = [rate_posterior(y, EXPOSURE, EFFECT, DAYS) for y in rows]
    for a, b in zip(coarse, fine, strict=True):
        assert a.below() == pytest.approx(b.below(), abs=6e-3)
        assert np.allclose(a.quantiles(p), b.quantiles(p), atol=0.03)


def test_less_exposure_is_not_a_lower_rate():
    half = np.where(EFFECT > 0, 3.5, 7.0)
    counts = np.where(EFFECT > 0, 3.0, 6.0) + np.mod(np.arange(16), 2)
    fair = rate_posterior(counts, half, EFFECT, DAYS)
    naive = rate_posterior(counts, EXPOSURE, EFFECT, DAYS)
    assert fair.below() < 0.6 < naive.below()


def test_bursts_are_less_sure_than_even_counts_with_the_same_totals():
    even = np.where(EFFECT > 0, 2.0, 6.0)
    bursts = np.array([0, 24, 0, 0, 24, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0.0])
    assert rate_posterior(bursts, EXPOSURE, EFFECT, DAYS).below() < 0.9
    assert rate_posterior(even, EXPOSURE, EFFECT, DAYS).below() > 0.99


def test_no_event_after_is_an_answer_and_tells_its_prior():
    made = rate_ratio(diary(np.where(EFFECT > 0, 0, COUNTS)), 56.0, seed=1)
    assert made.decrease > 0.98
    assert made.ratio.interval(0.95)[1] < 1
    assert any("that of the prior" in c for c in made.concerns)


@pytest.mark.parametrize(
    ("series", "start", "reason"),
    [
        (diary(np.zeros(16)), 56.0, "no event before or after"),
        (diary(), 500.0, "16 bins before and 0 after"),
        (diary(), -5.0, "0 bins before"),
        (diary([None] * 16), 56.0, "0 bins before"),
        (diary([], starts=[], observed=[]), 56.0, "0 bins before"),
        (diary(observed=[0.0] * 16), 56.0, "0 bins before"),
    ],
)
def test_diaries_that_can_not_tell(series, start, reason):
    made = rate_ratio(series, start, seed=1)
    assert reason in made.reason
    assert made.ratio is None
    assert made.decrease is None


def test_a_delay_and_missing_bins_are_left_out_and_counted():
    events = [None if i == 2 else e for i, e in enumerate(COUNTS)]
    made = rate_ratio(diary(events), 56.0, delay=14.0, seed=1)
    assert made.missing == 3
    assert made.events == (51, 9)


def test_bins_that_can_not_be_are_told_at_once():
    wrong = CountSeries("s", (0.0, 3.0, 20.0), (7.0, 10.0, 15.0), (1, -2, 3), (7.0, 7.0, 9.0))
    with pytest.raises(ProgramError) as caught:
        rate_ratio(wrong, 5.0, seed=1)
    text = str(caught.value)
    for part in ("-2 events", "a start before an end", "9.0 days observed", "do not overlap"):
        assert part in text
    with pytest.raises(ProgramError, match="unequal length"):
        rate_ratio(CountSeries("s", (0.0,), (7.0,), (1, 2), (7.0,)), 5.0, seed=1)


def test_events_to_bins():
    starts, ends, events = bins_of([0.0, 6.99, 7.0, 21.0, -3.0], 0.0, 21.0)
    assert (starts.tolist(), ends.tolist(), events.tolist()) == ([0, 7, 14], [7, 14, 21], [2, 1, 0])
    assert bins_of([1.0], 0.0, 3.0)[2].size == 0


def test_many_series_are_those_one_by_one():
    many = rate_decrease_probabilities(np.array([COUNTS, np.zeros(16)]), EXPOSURE, EFFECT, DAYS)
    assert many[0] == rate_posterior(COUNTS, EXPOSURE, EFFECT, DAYS).below()
    assert math.isnan(many[1])
    with pytest.raises(NoAnswer):
        rate_posterior(np.zeros(16), EXPOSURE, EFFECT, DAYS)
