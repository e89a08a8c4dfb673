"""Cell fractions, dose response, time course, surrogates, thresholds: figures, closed forms, refusals."""

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from proband.core.errors import ProgramError
from proband.core.quantity import Quantity
from proband.science.engagement.cell_fraction import genome_share, in_target_cells, jeffreys_in_cells, known_share
from proband.science.engagement.dose_response import fit_dose_response
from proband.science.engagement.surrogate import engagement, predict, relation
from proband.science.engagement.threshold import against_threshold
from proband.science.engagement.time_course import persistence
from proband.science.stats.posterior import proportion

# ---- cell fraction


def test_hepatocytes_as_printed():
    # 2,100 of 10,000 in bulk, h = 0.65 known as from 200: 0.323, 0.292 to 0.363.
    assert [round(x, 3) for x in jeffreys_in_cells(2100, 10_000, 0.65, 200)] == [0.323, 0.292, 0.363]
    low, high = in_target_cells(proportion(2100, 10_000), known_share(0.65, 200)).quantity.interval(0.95)
    assert 0.288 < low < 0.292
    assert 0.363 < high < 0.367


def test_a_known_share_divides_the_limits():
    bulk = proportion(2100, 10_000)
    made = in_target_cells(bulk, Quantity.exact(0.5, "fraction")).quantity
    for p in (0.01, 0.025, 0.5, 0.975):
        assert made.quantile(p) == pytest.approx(2 * bulk.quantile(p), rel=2e-3)


def test_above_one_is_stated_and_not_cut_off():
    made = in_target_cells(proportion(600, 1000), known_share(0.6, 100))
    assert made.above_one[0] <= 0.5 <= made.above_one[1]
    assert made.quantity.interval(0.95)[1] > 1
    assert "above 1" in made.warning
    assert not in_target_cells(proportion(100, 1000), known_share(0.6, 100)).warning


def test_the_quotient_covers():
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(120):
        k, cells = rng.binomial(2000, 0.21), rng.binomial(200, 0.65)
        low, high = in_target_cells(proportion(int(k), 2000), proportion(int(cells), 200)).quantity.interval(0.95)
        hits += low <= 0.21 / 0.65 <= high
    assert hits / 120 >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / 120)


def test_ploidy_weights_genomes():
    assert genome_share({"a": (0.5, 4.0), "b": (0.5, 2.0)}, "a") == pytest.approx(2 / 3)
    for wrong in ({"a": (0.5, 2.0)}, {"a": (1.0, 0.0)}):
        with pytest.raises(ValueError, match="shares of cells"):
            genome_share(wrong, "a")
    with pytest.raises(ValueError, match="none of"):
        genome_share({"a": (1.0, 2.0)}, "b")


def test_numbers_without_a_distribution_make_no_claim():
    with pytest.raises(ProgramError, match="without a distribution"):
        in_target_cells(Quantity.point(0.2, "fraction"), known_share(0.6, 100))
    with pytest.raises(ProgramError, match="may be 0"):
        in_target_cells(proportion(1, 10), proportion(0, 10))


# ---- dose response

DOSES = np.repeat([0, 0.3, 1, 3, 10, 30], 2)
NOISE = np.array([0.02, -0.03, 0.01, 0.0, -0.02, 0.03, 0.04, -0.01, -0.02, 0.01, 0.0, 0.02])


def curve(x, steep=1.0):
    return 0.05 + 0.6 * x**steep / (3.0**steep + x**steep)


@pytest.mark.parametrize(("form", "steep"), [("emax", 1.0), ("hill", 2.0)])
def test_curves_are_recovered_with_limits_that_hold_them(form, steep):
    fit = fit_dose_response(DOSES, curve(DOSES, steep) + NOISE, form)
    truth = ((fit.baseline, 0.05), (fit.emax, 0.6), (fit.ed50, 3.0), (fit.hill, steep))
    for found, true in truth:
        assert found.low <= true <= found.high
        assert found.low <= found.value <= found.high
    assert fit.open == ()
    middle = fit.effect(3.0)
    assert middle.low <= 0.35 <= middle.high
    assert middle.high - middle.low < fit.emax.high - fit.emax.low
    assert fit.ed50.quantity("mg/kg", fit.points).interval(0.95) == (fit.ed50.low, fit.ed50.high)


def test_the_least_squares_are_those_of_a_general_optimiser():
    from scipy.optimize import curve_fit

    y = curve(DOSES, 1.7) + NOISE
    fit = fit_dose_response(DOSES, y, "hill")

    def hill(x, a, b, log_c, h):
        return a + b * x**h / (np.exp(log_c) ** h + x**h)

    best, _ = curve_fit(hill, DOSES, y, p0=[0, 0.5, 1.0, 1.0])
    assert (fit.baseline.value, fit.emax.value) == pytest.approx(best[:2], rel=1e-3)
    assert (fit.ed50.value, fit.hill.value) == pytest.approx((math.exp(best[2]), best[3]), rel=1e-3)


def test_limits_lie_where_the_profile_crosses():
    y = curve(DOSES) + NOISE
    fit = fit_dose_response(DOSES, y, "emax")
    t = stats.t(fit.degrees).ppf(0.975)
    threshold = fit.spread**2 * fit.degrees * (1 + t**2 / fit.degrees)
    for end in (fit.ed50.low, fit.ed50.high):
        g = DOSES / (end + DOSES)
        design = np.stack([np.ones_like(g), g], axis=1)
        left = np.linalg.lstsq(design, y, rcond=None)[1][0]
        assert left == pytest.approx(threshold, rel=1e-4)


def test_doses_that_do_not_reach_the_plateau_say_so():
    x = np.repeat([0, 0.05, 0.1, 0.2, 0.4], 2)
    fit = fit_dose_response(x, curve(x) + NOISE[:10])
    assert fit.emax.high is None or fit.ed50.high is None
    assert any("not identified" in s for s in fit.open)
    with pytest.raises(ProgramError, match="beyond its doses"):
        fit.effect(10.0)


def test_too_few_doses_are_refused():
    with pytest.raises(ProgramError, match="3 distinct doses"):
        fit_dose_response([0, 0, 1, 1, 10, 10], [0, 0, 1, 1, 2, 2.1])
    with pytest.raises(ProgramError, match="hill curve"):
        fit_dose_response([0, 1, 2, 4, 4, 4], [0, 1, 2, 3, 3.1, 2.9], "hill")
    with pytest.raises(ProgramError, match="all equal"):
        fit_dose_response([0, 1, 2, 4, 8], [1.0] * 5)
    with pytest.raises(ProgramError, match="can not be"):
        fit_dose_response([-1, 1, 2, 4, 8], [1.0, 2, 3, 4, math.nan])
    with pytest.raises(ValueError, match="emax or hill"):
        fit_dose_response([0], [1], "line")


# ---- time course


@given(st.lists(st.floats(0.05, 0.9), min_size=4, max_size=8))
@settings(max_examples=30)
def test_one_subject_is_ordinary_regression(values):
    if np.ptp(values) < 1e-3:
        return
    times = np.arange(len(values)) * 30.0
    made = persistence(times, values, "d")
    fit = stats.linregress(times, np.log(values))
    assert (made.slope_value, made.error) == pytest.approx((fit.slope, fit.stderr), rel=1e-6)
    t = stats.t(len(values) - 2).ppf(0.975)
    low, high = made.slope().interval(0.95)
    assert (low, high) == pytest.approx((fit.slope - t * fit.stderr, fit.slope + t * fit.stderr), rel=1e-6)


def test_subjects_have_levels_of_their_own():
    t = [0, 30, 60] * 2
    wobble = [0.01, -0.02, 0.01, -0.01, 0.02, -0.01]
    v = [math.exp(-0.01 * x + e) * (5 if i >= 3 else 1) for i, (x, e) in enumerate(zip(t, wobble, strict=True))]
    made = persistence(t, v, "d", ["a"] * 3 + ["b"] * 3)
    assert made.slope_value == pytest.approx(-0.01, abs=1e-6)
    assert made.degrees == 3


def test_half_life_is_as_much_as_the_slope_allows():
    t = np.linspace(0, 100, 12)
    wobble = 0.01 * np.array([1, -1, 0, 1, -1, 0, 1, -1, 0, 1, -1, 0])
    fast = persistence(t, np.exp(-0.05 * t + wobble), "d")
    life = fast.half_life()
    assert life.kind == "posterior"
    assert life.value == pytest.approx(math.log(2) / 0.05, rel=0.01)
    low, high = fast.slope().interval(0.95)
    assert life.interval(0.95) == pytest.approx((math.log(2) / -low, math.log(2) / -high))
    some = persistence(t[:5], np.exp(-0.002 * t[:5] + wobble[:5]), "d").half_life()
    flat = persistence(t, np.exp(5 * wobble), "d").half_life()
    assert {some.kind, flat.kind} <= {"confidence", "bound"}
    assert flat.side == "lower"
    with pytest.raises(ProgramError, match="report the slope"):
        persistence(t, np.exp(0.05 * t + wobble), "d").half_life()


def test_what_remains_beyond_the_last_time_is_marked():
    made = persistence([0, 90, 180, 365], [0.42, 0.40, 0.41, 0.38], "d")
    assert not made.remaining(300).extrapolated
    assert made.remaining(700).extrapolated
    assert made.remaining(300).quantity.value == pytest.approx(math.exp(300 * made.slope_value))


def test_courses_that_can_not_tell_are_refused():
    for times, values, what in (
        ([0, 10], [0.4, 0.3], "2 distinct times"),
        ([0, 10, 20], [0.4, 0.0, 0.3], "0 or less"),
        ([0, 10, 20], [1.0, 1.0, 1.0], "one line exactly"),
        ([0, 10, math.inf], [1.0, 2.0, 1.0], "not a number"),
    ):
        with pytest.raises(ProgramError, match=what):
            persistence(times, values, "d")
    with pytest.raises(ProgramError, match="too few points"):
        persistence([0, 10, 20], [1.0, 2.0, 3.0], "d", ["a", "b", "c"])


# ---- surrogate and threshold

X, Y = [1, 2, 3, 4, 5, 6], [1.1, 1.9, 3.3, 3.8, 5.4, 5.7]


def test_correlation_and_prediction_in_closed_form():
    link = relation(X, Y, ("identity", "identity"))
    assert link.r == pytest.approx(stats.pearsonr(X, Y).statistic)
    assert link.correlation().interval(0.95) == pytest.approx(tuple(stats.pearsonr(X, Y).confidence_interval(0.95)))
    fit = stats.linregress(X, Y)
    residual = np.array(Y) - fit.intercept - fit.slope * np.array(X)
    s = math.sqrt((residual**2).sum() / 4)
    half = stats.t(4).ppf(0.975) * s * math.sqrt(1 + 1 / 6 + (4.2 - 3.5) ** 2 / 17.5)
    middle = fit.intercept + fit.slope * 4.2
    assert predict(link, 4.2).interval(0.95) == pytest.approx((middle - half, middle + half))


def test_fractions_stay_fractions_and_nothing_is_inferred_beyond_the_pairs():
    link = relation(X, [0.02, 0.1, 0.2, 0.5, 0.7, 0.97])
    assert all(0 <= q <= 1 for q in predict(link, 6).quantiles)
    for beyond in (0.9, 6.1):
        with pytest.raises(ProgramError, match="range of the pairs"):
            predict(link, beyond)


def test_relations_that_can_not_tell_are_refused():
    for x, y, what in (
        ([1, 2, 3], [0.1, 0.2, 0.3], "3 pairs"),
        ([1, 1, 1, 1], [0.1, 0.2, 0.3, 0.4], "does not vary"),
        ([1, 2, 3, 4], [0.1, 0.2, 0.3, 1.0], "outside of its scale"),
    ):
        with pytest.raises(ProgramError, match=what):
            relation(x, y)
    with pytest.raises(ProgramError, match="exactly"):
        relation([1, 2, 3, 4], [1, 2, 3, 4], ("identity", "identity"))


def test_the_word_follows_the_source():
    shown, inferred = proportion(40, 100), predict(relation(X, Y, ("identity", "identity")), 3)
    assert engagement(shown, inferred).word == "shown"
    made = engagement(None, inferred)
    assert (made.word, made.quantity) == ("inferred", inferred)
    assert "no tissue was read" in made.reason
    assert engagement(None, None).quantity is None


def test_a_threshold_is_fixed_beforehand_or_it_is_not():
    number = proportion(420, 1000)
    day = date(2025, 9, 1)
    for set_on, word in ((date(2025, 1, 1), "yes"), (day, "no"), (date(2026, 1, 1), "no"), (None, "not stated")):
        made = against_threshold(number, 0.42, set_on, day)
        assert made.fixed_beforehand == word
        assert made.probability[0] < 0.5 < made.probability[1]
    sure = against_threshold(number, 0.3, None, None).probability
    assert sure[0] > 0.999
    bound = Quantity.bound(0.001, "fraction", side="upper", level=0.95)
    made = against_threshold(bound, 0.15, None, None)
    assert made.probability is None
    assert "at most 0.001 fraction at 95 % confidence" in made.sentence.replace("95%", "95 %")
