"""Rarity, the rule of entry and a patient's own course: closed forms, draws, calibration and hostile inputs."""

import math

import numpy as np
import pytest
from cohorts import pbc_placebo, simulated
from scipy import special, stats

from proband.science.natural_history.leave_one_out import leave_one_out
from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.own_course import own_course
from proband.science.natural_history.rarity import Rarity, rarity, tipping_point
from proband.science.natural_history.regression_to_mean import expected_under_entry, rarity_given_worst
from proband.science.natural_history.schedule import Endpoint, EntryRule, Schedule
from proband.science.natural_history.support import new_patient
from proband.science.stats.longitudinal import Form, longitudinal
from proband.science.stats.mixed_grid import fit_grid, weak_priors

LAST = Endpoint("value", 2, 3, "lower")
SCHEDULE = Schedule(2, LAST)


@pytest.fixture(scope="module")
def post():
    data = simulated(seed=11)
    return fit_grid(data, Form(), weak_priors(data))


def patient(values=(6.0, 6.2), later=(5.0, 4.0, 3.0)):
    return new_patient([0.0, 1.0], values, [2.0, 3.0, 4.0][: len(later)], later)


def test_a_course_that_is_rare(post):
    found = rarity(post, patient(), SCHEDULE, unit="mg/dL")
    assert found.score == 3.0
    assert [a.shift for a in found.at] == [0, 0.25, 0.5, 1]
    p = [a.probability for a in found.at]
    assert p == sorted(p)
    assert p[0] < 0.01
    assert all(a.upper >= a.probability for a in found.at)
    assert all(a.posterior.value == pytest.approx(a.probability, rel=1e-3) for a in found.at)
    assert found.rank.floor == pytest.approx(1 / 41)
    assert found.rank.p >= found.rank.floor
    assert "lower is better" in found.question
    low, high = found.predicted.interval(0.95)
    assert high - low == pytest.approx(2 * 1.96 * found.spread, rel=0.05)
    assert found.calibration == "calibration was not looked at"


def test_the_tipping_point_is_where_the_rarity_is_five_percent(post):
    found = rarity(post, patient(), SCHEDULE, unit="u")
    again = rarity(post, patient(), SCHEDULE, unit="u", shifts=(found.tipping,))
    assert again.at[0].probability == pytest.approx(0.05, abs=1e-8)
    usual = rarity(post, patient(later=(6.0, 6.0, 6.2)), SCHEDULE, unit="u")
    assert usual.tipping == 0.0
    assert tipping_point(lambda s: 0.01) is None


def test_shift_is_a_normal_of_its_size(post):
    found = rarity(post, patient(later=(6.0, 6.0, 5.6)), SCHEDULE, unit="u", shifts=(0.0, 2.0))
    z0, z2 = (special.ndtri(a.probability) for a in found.at)
    assert z2 / z0 == pytest.approx(1 / math.sqrt(5), rel=0.04)
    assert found.at[1].shift_in_units == pytest.approx(2 * found.spread)


def test_direction_is_that_of_the_endpoint(post):
    up = rarity(post, patient(), Schedule(2, Endpoint("value", 2, 3, "higher")), unit="u")
    down = rarity(post, patient(), SCHEDULE, unit="u")
    assert up.at[0].probability == pytest.approx(1 - down.at[0].probability, abs=1e-9)


@pytest.mark.parametrize("change", ["mean", "last", "worst"])
def test_taking_the_baseline_off_changes_the_number_not_the_rarity(post, change):
    plain = rarity(post, patient(), SCHEDULE, unit="u")
    found = rarity(post, patient(), Schedule(2, Endpoint("value", 2, 3, "lower", change)), unit="u")
    assert found.at[0].probability == pytest.approx(plain.at[0].probability, rel=1e-12)
    assert found.regression == pytest.approx(plain.regression, rel=1e-9)
    assert found.score != plain.score


def test_best_of_one_visit_is_that_visit(post):
    one = new_patient([0.0, 1.0], [6.0, 6.2], [3.0], [4.5])
    exact = rarity(post, one, Schedule(2, Endpoint("value", 1, 3, "lower")), unit="u")
    drawn = rarity(post, one, Schedule(2, Endpoint("best", 1, 3, "lower")), unit="u", seed=3)
    for a, b in zip(exact.at, drawn.at, strict=True):
        assert b.standard_error > 0
        assert abs(a.probability - b.probability) < 4 * b.standard_error + 0.002
    assert drawn.predicted is None
    assert drawn.at[0].upper is None


def test_heavy_tails_are_beside(post):
    heavy = fit_grid(post.data, Form(), post.priors, weights=np.ones(40), patient_df=4.0)
    found = rarity(post, patient(), SCHEDULE, unit="u", heavy=heavy)
    assert found.heavy_tails > found.at[0].probability
    assert rarity(heavy, patient(), SCHEDULE, unit="u").at[0].probability == pytest.approx(found.heavy_tails, rel=1e-9)


def test_calibration_goes_with_its_model(post):
    loo = leave_one_out(post, SCHEDULE)
    found = rarity(post, patient(), SCHEDULE, unit="u", calibration=loo)
    assert loo.verdict in found.calibration
    assert 1 / 41 <= found.model_rank < 0.1
    other = fit_grid(post.data, Form(random="intercept"), post.priors)
    with pytest.raises(ValueError, match="another form"):
        rarity(other, patient(), SCHEDULE, unit="u", calibration=loo)
    unjudged = rarity(post, patient(), SCHEDULE, unit="u", calibration=NoAnswer("few"))
    assert unjudged.calibration == "calibration could not be judged: few"
    assert unjudged.model_rank is None


@pytest.mark.parametrize(
    ("given", "schedule", "reason"),
    [
        (patient(values=(60.0, 62.0)), SCHEDULE, "baseline 61 lies outside"),
        (new_patient([0.0, 1.0], [6, 6], [2.0, 40.0], [5, 5]), SCHEDULE, "times 0 to 40"),
        (new_patient([-9.0, 1.0], [6, 6], [2.0, 4.0], [5, 5]), SCHEDULE, "times -9"),
        (new_patient([0.0], [6], [2.0, 4.0], [5, 5]), SCHEDULE, "1 baseline visits"),
        (patient(), Schedule(2, LAST, EntryRule("above", 6.1, 2)), "does not pass the rule"),
        (patient(), Schedule(2, Endpoint("slope", 2, 3, "lower")), "no untreated patient|do not define"),
        (patient(values=(6.0, 6.2), later=(5.0,)), SCHEDULE, "do not define"),
        (patient(), Schedule(2, Endpoint("value", 30, 31, "lower")), "no untreated patient"),
    ],
)
def test_no_number_outside_what_the_cohort_has(post, given, schedule, reason):
    found = rarity(post, given, schedule, unit="u")
    assert isinstance(found, NoAnswer)
    assert any(part in found.reason for part in reason.split("|"))


@pytest.mark.parametrize(
    "values",
    [
        ([], [], [1.0], [1.0]),
        ([0.0], [np.nan], [1.0], [1.0]),
        ([0.0], [1.0], [], []),
        ([0.0], [1.0], [1.0], [np.inf]),
        ([0.0, 0.0], [1.0, 1.0], [1.0], [1.0]),
        ([2.0], [1.0], [1.0], [1.0]),
        ([0.0, 1.0], [1.0], [2.0], [1.0]),
    ],
)
def test_what_is_no_course_gives_a_reason(values):
    assert isinstance(new_patient(*values), NoAnswer)


def test_few_untreated_patients_give_no_tail():
    data = simulated(seed=16, patients=4)
    found = rarity(fit_grid(data, Form(random="intercept"), weak_priors(data)), patient(), SCHEDULE, unit="u")
    assert found == NoAnswer(
        "4 untreated patients have visits of this schedule after this rule of entry: at least 5 are needed for a model,"
        " and no rank could be below 0.2"
    )


def test_covariates_outside_the_cohort_give_a_reason():
    data = simulated(seed=12, patients=20)
    age = np.repeat(np.linspace(1, 9, 20), 6)
    told = longitudinal(np.repeat(data.patients, 6), data.times, data.values, age)
    made = fit_grid(told, Form(covariates=1), weak_priors(told))
    for years, expected in ((5.0, Rarity), (40.0, NoAnswer), (None, NoAnswer)):
        given = new_patient([0.0, 1.0], [6.0, 6.2], [3.0, 4.0], [5.0, 4.0], None if years is None else [years])
        assert isinstance(rarity(made, given, SCHEDULE, unit="u"), expected)


def test_rarity_of_untreated_patients_is_uniform():
    """Over new cohorts and new patients of the model; also when both baseline values had to pass a rule of entry."""
    plain, entered = [], []
    for seed in range(120):
        data = simulated(seed=seed, patients=16)
        made = fit_grid(data.only(range(15)), Form(correlated=False), weak_priors(data), nodes=9)
        t, y, _ = data.of(15)
        found = rarity(made, new_patient(t[:2], y[:2], t[2:], y[2:]), SCHEDULE, unit="u", shifts=(0.0,))
        if isinstance(found, Rarity):
            plain.append(found.at[0].probability)
            if (y[:2] > 5.0).all():
                entered.append(found.at[0].probability)
    assert len(plain) > 80
    assert stats.kstest(plain, "uniform").pvalue > 0.001
    assert stats.kstest(entered, "uniform").pvalue > 0.001


def test_regression_to_the_mean_is_that_of_a_truncated_normal():
    """Random intercept, one screening value above a limit: E[later | first > x] = rho * E[first - mean | first > x]."""
    data = simulated(seed=13, patients=400, sd=(1.0, 0.0), sigma=1.0, slope=0.0)
    made = fit_grid(data, Form(random="intercept"), weak_priors(data))
    schedule = Schedule(1, Endpoint("value", 1, 3, "lower", "last"), EntryRule("above", 6.0))
    found = expected_under_entry(made, schedule, np.array([0.0]), np.array([3.0]), -2.0, seed=1)
    centre, total = made.coefficient(0).mean, 1.0 + made.ratio(0) ** 2
    sd, rho = made.sigma * math.sqrt(total), made.ratio(0) ** 2 / total
    limit = (6.0 - centre) / sd
    hazard = stats.norm.pdf(limit) / stats.norm.sf(limit)
    assert found.passing == pytest.approx(stats.norm.sf(limit), abs=0.01)
    drift = 3 * made.coefficient(1).mean
    assert found.mean == pytest.approx(drift - (1 - rho) * sd * hazard, abs=4 * found.mean_error + 0.02)
    assert found.unselected == pytest.approx(drift, abs=0.03)
    assert found.as_good > 0.05


def test_selection_without_a_rule_or_without_draws_has_no_number(post):
    ask = (np.array([0.0, 1.0]), np.array([3.0]), -1.0)
    assert isinstance(expected_under_entry(post, SCHEDULE, *ask), NoAnswer)
    far = Schedule(2, LAST, EntryRule("above", 1e6))
    assert isinstance(expected_under_entry(post, far, *ask), NoAnswer)
    rule = EntryRule("above", 5.0)
    assert isinstance(expected_under_entry(post, Schedule(1, LAST, rule), *ask), NoAnswer)
    late = Schedule(2, Endpoint("value", 30, 31, "lower"), rule)
    assert isinstance(expected_under_entry(post, late, *ask), NoAnswer)
    best = Schedule(2, Endpoint("best", 1, 3, "lower", "worst"), rule)
    found = expected_under_entry(post, best, np.array([0.0, 1.0]), np.array([3.0, 4.0]), -1.0, draws=5000)
    assert found.mean < found.unselected


def test_worst_of_three_is_that_of_rejection():
    data = simulated(seed=14, patients=60)
    made = fit_grid(data, Form(correlated=False), weak_priors(data), nodes=11)
    times, later = np.array([0.0, 1.0, 2.0]), np.array([4.0])
    schedule = Schedule(3, Endpoint("value", 1, 2, "lower"))
    found = rarity_given_worst(made, schedule, 7.0, times, later, 6.0, draws=30_000, seed=2)
    from proband.science.stats.mixed_predict import predict

    drawn = predict(made, np.zeros(0), np.zeros(0), np.append(times, later)).draws(400_000, np.random.default_rng(3))
    near = np.abs(drawn[:, :3].max(axis=1) - 7.0) < 0.05
    expected = (drawn[near, 3] <= 6.0).mean()
    error = math.sqrt(expected * (1 - expected) / near.sum())
    assert found.probability == pytest.approx(expected, abs=4 * (error + found.standard_error))
    naive = rarity(made, new_patient([2.0], [7.0], [4.0], [6.0]), Schedule(1, schedule.endpoint), unit="u")
    assert naive.at[0].probability != pytest.approx(found.probability, rel=0.05)


def test_worst_of_what_can_not_be_has_no_number(post):
    schedule, later = Schedule(3, LAST), np.array([4.0])
    screening = np.array([0.0, 1.0, 2.0])
    assert isinstance(rarity_given_worst(post, schedule, np.nan, screening, later, 5.0), NoAnswer)
    assert isinstance(rarity_given_worst(post, schedule, 6.0, screening[:1], later, 5.0), NoAnswer)
    assert isinstance(rarity_given_worst(post, schedule, 6.0, screening, np.array([40.0]), 5.0), NoAnswer)
    assert isinstance(rarity_given_worst(post, schedule, -30.0, screening, later, 5.0), NoAnswer)


def test_own_course_of_untreated_patients_is_uniform():
    joint, drift = [], []
    for seed in range(150):
        data = simulated(seed=1000 + seed, patients=13)
        made = fit_grid(data.only(range(12)), Form(correlated=False), weak_priors(data), nodes=9)
        t, y, _ = data.of(12)
        found = own_course(made, t, y, first=1)
        joint.append(found.joint_p)
        drift.append(found.drift_p)
    assert stats.kstest(joint, "uniform").pvalue > 0.001
    assert stats.kstest(drift, "uniform").pvalue > 0.001


def test_a_course_that_the_model_does_not_predict_is_told(post):
    t = np.arange(6.0)
    drift = own_course(post, t, 5 + 3.0 * t**1.5)
    wild = own_course(post, t, np.array([5.0, 5.2, 9.0, 1.0, 9.0, 1.0]))
    assert not drift.holds
    assert "one side" in drift.reason
    assert not wild.holds
    assert "scatter" in wild.reason
    plain = own_course(post, t[::-1], (5 + 0.3 * t)[::-1])
    assert plain.holds
    assert plain.times == (2.0, 3.0, 4.0, 5.0)
    assert plain.covered[1] == 4


@pytest.mark.parametrize(
    ("times", "values", "word"),
    [
        ([0.0, 1.0, 2.0, 3.0], [5.0] * 4, "too few points"),
        ([], [], "too few points"),
        ([0, 1, 2, 3, 3], [5.0] * 5, "same time"),
        ([0, 1, 2, 3, 4], [5.0, 5, 5, 5, np.nan], "finite"),
        ([0, 1, 2, 3, 4], [5.0] * 4, "finite"),
    ],
)
def test_own_course_without_enough_has_a_reason(post, times, values, word):
    found = own_course(post, np.array(times), np.array(values))
    assert isinstance(found, NoAnswer)
    assert word in found.reason


def test_placebo_patient_end_to_end():
    data = pbc_placebo()
    made = fit_grid(data, Form(), weak_priors(data), nodes=11)
    given = new_patient([0, 0.5], [1.6, 1.5], [1.0, 1.5, 2.2], [1.2, 0.7, 0.4])
    schedule = Schedule(2, Endpoint("value", 1.5, 2.5, "lower"), EntryRule("above", 1.0, 2))
    found = rarity(made, given, schedule, unit="log(mg/dL)")
    assert found.at[0].probability == pytest.approx(0.00214, abs=2e-4)
    assert found.rank.p == found.rank.floor == pytest.approx(1 / 30)
    assert found.support.near == 20
    assert found.regression < 0
