"""Baselines, composites, unreversed declines and figures of one patient."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.dossier.charts import spec
from proband.science.within_patient.baseline_period import (
    baseline_period,
    effect_without_last,
    negative_control,
    peak_start_rejection,
)
from proband.science.within_patient.biomarker import SeriesPlan
from proband.science.within_patient.composites import Component, composite_effect, pairwise
from proband.science.within_patient.course import Covariate, Dose, Series
from proband.science.within_patient.decline_events import unreversed_decline
from proband.science.within_patient.trajectory import trajectory_figures

DAYS = tuple(7.0 * w for w in range(24))
NOISE = np.random.default_rng(5).standard_normal(24)


def series(values, name="ammonia", days=DAYS, below=()):
    return Series(name, "umol/L", tuple(days), tuple(values), tuple(below))


def test_baseline_counts_span_and_reliability():
    made = baseline_period(series(60 + 5 * NOISE), 84.0)
    assert (made.values, made.span, made.longest_gap) == (12, 77.0, 7.0)
    assert 0 <= made.reliability <= 1
    assert made.mean_error > made.deviation / math.sqrt(12)
    assert any("shorter than 84" in c for c in made.concerns)


def test_a_dependent_baseline_is_worth_fewer_values():
    walk = np.cumsum(NOISE)
    assert (
        baseline_period(series(walk), 200.0).effective_values < baseline_period(series(NOISE), 200.0).effective_values
    )


def test_drift_and_a_peak_at_the_end_are_told():
    drifting = baseline_period(series(60 + 3 * np.arange(24) + NOISE), 200.0)
    assert any("drifts" in c for c in drifting.concerns)
    peak = np.append(NOISE[:11], 5.0)
    made = baseline_period(series(60 + peak, days=DAYS[:12]), 200.0)
    assert made.last_in_deviations > 3
    assert any("last value before treatment" in c for c in made.concerns)


@pytest.mark.parametrize(
    ("values", "below", "reason"),
    [
        ([60.0] * 24, (), "do not vary"),
        ([60.0, 61, 62, 60] + [None] * 20, (), "4 values"),
        ([None] * 24, (), "no value before"),
        (60 + NOISE, [True] * 12 + [False] * 12, "12 of 12 values lie below"),
    ],
)
def test_baselines_that_can_not_tell(values, below, reason):
    made = baseline_period(series(values, below=below), 84.0)
    assert reason in made.reason
    assert made.mean is None
    assert made.slope is None


def test_the_effect_without_the_last_baseline_values():
    values = 60 + NOISE
    values[11] += 30
    rows = effect_without_last(series(values), [Dose(84.0)], SeriesPlan("decrease"), left_out=(0, 1, 11))
    assert rows[0].mean < rows[1].mean
    assert rows[2].mean is None
    assert "1 values before" in rows[2].reason


def test_a_start_after_a_peak_does_more_harm_with_dependence():
    share, error = peak_start_rejection(0.6, 12, 12, replicates=600, seed=1)
    none, _ = peak_start_rejection(0.6, 12, 12, skipped=2, replicates=600, seed=1)
    assert share == peak_start_rejection(0.6, 12, 12, replicates=600, seed=1)[0]
    assert none < share < 0.107 + 3 * error


def test_a_negative_control_that_moved_is_told():
    moved = negative_control(series(60 + NOISE - 20 * (np.arange(24) >= 12)), [Dose(84.0)], SeriesPlan("decrease"))
    assert moved.moved is True
    assert negative_control(series([1.0] * 24), [Dose(84.0)], SeriesPlan("decrease")).moved is None


def test_a_flat_biomarker_on_half_the_drug_is_a_benefit_that_the_biomarker_does_not_show():
    flat = series(60 + 5 * NOISE)
    drug = Series("scavenger", "g/d", (0.0, 84.0), (10.0, 5.0))
    parts = [Component(flat, "decrease", margin=5.0), Component(drug, "decrease", carried=True)]
    made = composite_effect(parts, [Dose(84.0)], "dominance")
    alone = dict(made.components)
    assert made.benefit > 0.975
    assert 0.05 < alone["ammonia"].benefit < 0.95
    assert made.losses == 0
    assert made.win_ratio is None
    assert "descriptive" in made.label
    assert alone["scavenger"].effect is None


def test_more_of_the_drug_is_not_a_benefit():
    flat = series(60 + 5 * NOISE)
    drug = Series("scavenger", "g/d", (0.0, 84.0), (5.0, 10.0))
    parts = [Component(flat, "decrease", margin=5.0), Component(drug, "decrease", carried=True)]
    assert composite_effect(parts, [Dose(84.0)], "dominance").benefit < 0.025


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=7),
    st.sampled_from(["hierarchy", "dominance", "rank_sum"]),
    st.integers(0, 3),
)
def test_pairwise_results_are_antisymmetric_and_follow_the_rule(rows, rule, margin):
    values = np.array(rows, float)
    made = pairwise(values, np.zeros(values.shape, bool), ["decrease", "increase"], [margin, 0.0], rule)
    assert np.array_equal(made, -made.T)
    for i, (a, b) in enumerate(rows):
        for j, (c, d) in enumerate(rows):
            one = (c - a > margin) * 1 - (a - c > margin) * 1
            two = (b > d) * 1 - (b < d) * 1
            expected = {
                "hierarchy": one if one else two,
                "rank_sum": (one + two) / 2,
                "dominance": int(max(one, two) > 0 and min(one, two) >= 0)
                - int(min(one, two) < 0 and max(one, two) <= 0),
            }[rule]
            assert made[i, j] == expected


def test_values_below_a_limit_are_compared_only_where_the_limit_tells():
    values = np.array([[5.0], [5.0], [8.0], [3.0]])
    below = np.array([[True], [True], [False], [False]])
    made = pairwise(values, below, ["decrease"], [0.0], "hierarchy")
    assert made[0].tolist() == [0, 0, 1, 0]
    assert made[3, 2] == 1


def test_composites_that_can_not_be_or_can_not_tell():
    part = Component(series(60 + NOISE), "decrease")
    with pytest.raises(ValueError, match="rule is one of"):
        composite_effect([part], [Dose(84.0)], "sum")
    with pytest.raises(ProgramError, match="each once"):
        composite_effect([part, part], [Dose(84.0)], "dominance")
    late = Component(Series("drug", "g", (900.0,), (1.0,)), "decrease", carried=True)
    made = composite_effect([part, late], [Dose(84.0)], "dominance")
    assert made.score is None
    assert made.left_out == 24
    flat = composite_effect([Component(series([5.0] * 24), "decrease")], [Dose(84.0)], "dominance")
    assert "do not vary" in flat.reason


@pytest.mark.parametrize(
    ("days", "scores", "state"),
    [
        ([0, 90, 180, 270], [6, 5, 4, 4], "declined"),
        ([0, 90, 180, 270], [6, 4, 5, 4], "unconfirmed"),
        ([0, 90, 180, 270], [6, 3, 3, 6], "not_declined"),
        ([0, 90, 180], [6, 5, 5], "not_declined"),
        ([270, 180, 90, 0], [4, 4, 5, 6], "declined"),
        ([0, 90], [6, None], "insufficient"),
        ([0], [6], "insufficient"),
        ([], [], "insufficient"),
        ([10, 20], [6, 1], "insufficient"),
    ],
)
def test_unreversed_declines(days, scores, state):
    made = unreversed_decline(days, scores, 0, 2)
    assert made.state == state
    assert (made.by_day is None) == (state in ("not_declined", "insufficient"))


def test_declines_confirmation_direction_and_faults():
    assert unreversed_decline([0, 90, 100], [6, 4, 4], 0, 2, confirm_days=30).state == "unconfirmed"
    assert unreversed_decline([0, 90, 200], [1, 3, 3], 0, 2, worse="higher").state == "declined"
    with pytest.raises(ProgramError) as caught:
        unreversed_decline([0, 0, math.nan], [6, 5, math.inf], 0, 0)
    assert len(caught.value.problems) == 4
    with pytest.raises(ProgramError, match="as many of each"):
        unreversed_decline([0, 1], [6], 0, 2)
    with pytest.raises(ValueError, match="lower or higher"):
        unreversed_decline([0], [6], 0, 2, worse="down")


def test_trajectory_figures_are_drawable_and_keep_values_below_the_limit_apart():
    below = [w == 20 for w in range(24)]
    values, line = trajectory_figures(
        series(60 + NOISE, below=below), [Dose(84.0)], [Covariate("protein", (0.0, 50.0), (1.0, 1.2))]
    )
    assert [r["phase"] for r in values.rows].count("below the limit of the assay") == 1
    assert spec(values)
    assert spec(line)
    assert [r["end"] for r in line.rows if r["lane"] == "protein"] == [50.0, 161.0]
    empty, nothing = trajectory_figures(series([], days=[]), [])
    assert (empty.rows, nothing) == ((), None)
