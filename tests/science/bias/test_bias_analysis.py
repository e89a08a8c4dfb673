"""E-values, tipping points, probabilistic bias, negative controls, missing outcomes, drift: values, twins, refusals."""

import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from proband.core.errors import ProgramError
from proband.science.bias import e_values, measurement_drift, missing_outcomes, negative_controls, probabilistic_bias
from proband.science.bias.e_values import (
    bounding_factor,
    confounder_bias,
    e_value,
    e_value_figure,
    tipping_bias,
    tipping_confounder,
)
from proband.science.bias.measurement_drift import corrected_for_offset, tipping_drift
from proband.science.bias.missing_outcomes import delta_adjusted, missing_responses
from proband.science.bias.negative_controls import Control, calibrate
from proband.science.bias.probabilistic_bias import BiasPriors, Prior, conventional_ratio
from proband.science.bias.probabilistic_bias import probabilistic_bias as corrected_ratio
from proband.science.stats.count_tests import fisher_greater


@pytest.mark.parametrize(
    "module", [e_values, measurement_drift, missing_outcomes, negative_controls, probabilistic_bias]
)
def test_examples(module):
    assert doctest.testmod(module).failed == 0


def test_published_e_values():
    # the first example of the EValue package; cerliponase (Schulz 2018: .08, .02 to .23), lonafarnib (Gordon 2018)
    made = e_value("risk ratio", 10.73, 8.02, 14.36, common=False)
    assert (round(made.estimate, 5), round(made.limit, 5)) == (20.94777, 15.52336)
    cerliponase = e_value("hazard ratio", 0.08, 0.02, 0.23, common=False)
    assert (round(cerliponase.estimate, 1), round(cerliponase.limit, 1)) == (24.5, 8.2)
    lonafarnib = e_value("hazard ratio", 0.12, 0.01, 0.93, common=False)
    assert lonafarnib.estimate == pytest.approx(16.1, abs=0.06)
    assert round(lonafarnib.limit, 2) == 1.36


def test_conversions():
    assert e_value("odds ratio", 4.0, 2.25, 9.0, common=True).ratio == 2.0
    assert e_value("odds ratio", 4.0, 2.25, 9.0, common=True).limit_ratio == 1.5
    hazard = e_value("hazard ratio", 0.5, 0.3, 0.8, common=True)
    assert hazard.ratio == pytest.approx((1 - 0.5 ** math.sqrt(0.5)) / (1 - 0.5 ** math.sqrt(2)))
    difference = e_value("standardised difference", 0.5, None, None, common=None, se=0.1)
    assert difference.ratio == pytest.approx(math.exp(0.455))
    assert difference.limit_ratio == pytest.approx(math.exp(0.455 - 0.178))
    assert e_value("risk ratio", 1.5, 0.9, 2.5, common=None).limit == 1
    assert e_value("risk ratio", 0.4, 0.0, 1.0, common=None).limit == 1
    assert e_value("hazard ratio", 0.4, 0.0, math.inf, common=True).limit == 1


@given(st.floats(1.01, 50))
def test_e_value_is_where_equal_associations_bound_the_ratio(ratio):
    e = e_value("risk ratio", ratio, ratio, ratio, common=None).estimate
    assert bounding_factor(e, e) == pytest.approx(ratio)
    turned = e_value("risk ratio", 1 / ratio, 1 / ratio, 1 / ratio, common=None).estimate
    assert turned == pytest.approx(e)


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98), st.floats(0.05, 20))
def test_tipping_confounder_undoes_the_ratio(p1, p0, ratio):
    made = tipping_confounder(ratio, p1, p0)
    if made.with_outcome is not None and ratio != 1:
        assert ratio / confounder_bias(p1, p0, made.with_outcome) == pytest.approx(1)
    else:
        for strength in (1e-9, 0.1, 10, 1e9):
            bias = confounder_bias(p1, p0, strength)
            assert bias < ratio * (1 + 1e-6) if ratio > 1 else bias > ratio * (1 - 1e-6)


def test_e_value_figure_lies_on_the_bound():
    made = e_value("risk ratio", 4.0, 2.0, 8.0, common=None)
    figure = e_value_figure(made, "E-value")
    for row in figure.rows:
        bound = 4.0 if row["of"] == "estimate" else 2.0
        assert bounding_factor(row["with_treatment"], row["with_outcome"]) == pytest.approx(bound)
    assert {r["of"] for r in figure.rows} == {"estimate", "limit"}
    assert e_value_figure(e_value("risk ratio", 1.0, 0.5, 2.0, common=None), "none").rows == ()


def test_tipping_bias():
    made = tipping_bias(3.0, 1.0)
    z = stats.norm.ppf(0.975)
    assert made.of_limit == pytest.approx(3 - z)
    assert 3 / math.sqrt(1 + made.spread**2) == pytest.approx(z)
    assert tipping_bias(1.0, 1.0).spread is None


@pytest.mark.parametrize(
    "call",
    [
        lambda: e_value("rate", 2, 1, 3, common=False),
        lambda: e_value("odds ratio", 2, 1, 3, common=None),
        lambda: e_value("risk ratio", 2, 3, 4, common=None),
        lambda: e_value("risk ratio", 0.0, 0.0, 4, common=None),
        lambda: e_value("risk ratio", math.nan, 1, 4, common=None),
        lambda: e_value("standardised difference", 1.0, None, None, common=None),
        lambda: bounding_factor(0.5, 2),
        lambda: confounder_bias(1.2, 0.5, 2),
        lambda: tipping_confounder(0, 0.5, 0.2),
        lambda: tipping_bias(math.inf, 1),
        lambda: tipping_drift(1, 0, 1),
    ],
)
def test_numbers_that_can_not_be(call):
    with pytest.raises(ValueError, match=r"\w"):
        call()


def test_without_bias_nothing_is_corrected_and_the_law_is_beta():
    made = corrected_ratio((3, 20), (30, 60), BiasPriors(), seed=2, draws=200_000)
    for a, b in zip(made.conventional, made.corrected, strict=True):
        assert a.value == pytest.approx(b.value, rel=1e-9)
    # P(ratio < 1) by integration of both Jeffreys posteriors
    t, c = stats.beta(3.5, 17.5), stats.beta(30.5, 30.5)
    exact = integrate.quad(lambda p: c.pdf(p) * t.cdf(p), 0, 1)[0]
    assert made.below_one == pytest.approx(exact, abs=4 * made.below_one_error + 1e-6)


def test_fixed_biases_equal_the_formulas():
    priors = BiasPriors(
        sensitivity_treated=Prior("fixed", 0.8), specificity_treated=Prior("fixed", 0.95),
        sensitivity_control=Prior("fixed", 0.9), specificity_control=Prior("fixed", 0.98),
        selection_ratio=Prior("fixed", 0.7), factor_in_treated=Prior("fixed", 0.2),
        factor_in_control=Prior("fixed", 0.5), factor_with_outcome=Prior("fixed", 2.0),
    )  # fmt: skip
    big = 4_000_000
    made = corrected_ratio((int(0.3 * big), big), (int(0.5 * big), big), priors, seed=1, draws=20_000)
    risk1, risk0 = (0.3 - 0.05) / 0.75, (0.5 - 0.02) / 0.88
    odds = risk1 / (1 - risk1) / 0.7
    expected = odds / (1 + odds) / risk0 / ((1 + 0.2) / (1 + 0.5))
    assert made.corrected[1].value == pytest.approx(expected, rel=2e-3)


def test_draws_are_seeded_and_their_error_is_that_of_repeats():
    priors = BiasPriors(
        factor_with_outcome=Prior("lognormal", 1.0001, 4.0),
        factor_in_treated=Prior("uniform", 0.1, 0.3),
        factor_in_control=Prior("triangular", 0.2, 0.8, 0.5),
    )
    one = corrected_ratio((2, 15), (20, 40), priors, seed=5, draws=10_000)
    assert one == corrected_ratio((2, 15), (20, 40), priors, seed=5, draws=10_000)
    repeats = [corrected_ratio((2, 15), (20, 40), priors, seed=s, draws=10_000).corrected[1].value for s in range(40)]
    assert one.corrected[1].error == pytest.approx(np.std(repeats), rel=0.5)


def test_contradictory_priors_give_a_reason_and_no_number():
    made = corrected_ratio((0, 20), (2, 60), BiasPriors(specificity_treated=Prior("fixed", 0.7)), seed=1)
    assert made.corrected == ()
    assert "contradict" in made.told()
    assert conventional_ratio((1, 2), (0, 5)) is None


def test_every_bad_prior_is_told():
    bad = BiasPriors(
        sensitivity_treated=Prior("uniform", 0.9, 1.2), specificity_control=Prior("gauss", 1, 1),
        factor_with_outcome=Prior("lognormal", 3, 2), selection_ratio=Prior("fixed", math.nan),
        factor_in_treated=Prior("lognormal", 1, 2),
    )  # fmt: skip
    with pytest.raises(ProgramError) as caught:
        corrected_ratio((5, 3), (1, 2), bad, seed=-1, draws=10)
    assert len(caught.value.problems) == 7


def test_calibration_by_many_exact_controls_is_the_plain_normal():
    """Controls with no sampling error and a known spread: the calibrated interval takes mean and spread off."""
    rng = np.random.default_rng(3)
    errors = rng.normal(0.3, 0.2, 400)
    made = calibrate(1.0, 0.1, [Control(str(i), e, 1e-4) for i, e in enumerate(errors)])
    spread = math.hypot(0.1, errors.std())
    assert made.calibrated.value == pytest.approx(1.0 - errors.mean(), abs=0.01)
    assert made.calibrated.low == pytest.approx(1.0 - errors.mean() - 1.96 * spread, abs=0.02)
    p = 2 * stats.norm.sf((1.0 - errors.mean()) / spread)
    assert made.calibrated.p == pytest.approx(p, rel=0.2)


def test_calibration_equals_double_integration():
    controls = [Control("a", 0.2, 0.3), Control("b", -0.1, 0.2), Control("c", 0.5, 0.4), Control("d", 0.1, 0.25),
                Control("e", 0.3, 0.3)]  # fmt: skip
    made = calibrate(0.9, 0.2, controls)
    m, s = np.meshgrid(np.linspace(-3, 3, 1201), np.linspace(0.002, 5, 1200), indexing="ij")
    logs = -0.5 * s**2 + sum(stats.norm.logpdf(c.value, m, np.sqrt(c.se**2 + s**2)) for c in controls)
    weight = np.exp(logs - logs.max())
    below = (weight * stats.norm.cdf(0, 0.9 - m, np.sqrt(s**2 + 0.04))).sum() / weight.sum()
    assert made.calibrated.p == pytest.approx(2 * below, rel=2e-2)
    assert made.error_mean == pytest.approx((weight * m).sum() / weight.sum(), abs=1e-3)


def test_few_controls_check_and_do_not_calibrate():
    one = calibrate(-0.9, 0.3, [Control("fractures", -0.9, 0.25)])
    assert one.calibrated.value is None
    assert one.concerns == ("negative control fractures shows an effect where none can be",)
    assert "no negative control" in calibrate(1, 1, []).calibrated.reason
    assert "4 negative controls are" in calibrate(1, 1, [Control(c, 0, 1) for c in "abcd"]).calibrated.reason
    with pytest.raises(ProgramError) as caught:
        calibrate(math.nan, 0, [Control("a", 0, 1), Control("a", 0, -1)], error_scale=0)
    assert len(caught.value.problems) == 4


def test_tipping_delta_tips():
    treated, control = [5.0, 6.5, 7, None, None], [1.0, 2, 3, 2.5]
    made = delta_adjusted(treated, control, higher_is_better=True, deltas=[-1.0])
    at = delta_adjusted(treated, control, higher_is_better=True, deltas=[made.tips_estimate, made.tips_interval])
    assert at.curve[0][1].value == pytest.approx(0)
    assert at.curve[1][1].low == pytest.approx(0)
    assert made.seen.low == pytest.approx(
        stats.ttest_ind([5.0, 6.5, 7], control, equal_var=False).confidence_interval()[0]
    )
    assert made.seen.p == pytest.approx(stats.ttest_ind([5.0, 6.5, 7], control, equal_var=False).pvalue)
    flipped = delta_adjusted([-v if v is not None else None for v in treated], [-v for v in control],
                             higher_is_better=False, deltas=[-1.0])  # fmt: skip
    assert flipped == made


def test_missing_outcomes_refuse():
    assert delta_adjusted([1.0], [2.0, 3.0], higher_is_better=True).seen.value is None
    assert delta_adjusted([None, None], [2.0, 3.0], higher_is_better=True).reason
    assert delta_adjusted([1.0, 1.0], [2.0, 2.0], higher_is_better=True).reason
    complete = delta_adjusted([5.0, 6], [1.0, 2], higher_is_better=True)
    assert complete.tips_estimate is None
    with pytest.raises(ProgramError) as caught:
        delta_adjusted([math.inf], [], higher_is_better=True, deltas=[math.nan])
    assert len(caught.value.problems) == 3
    with pytest.raises(ProgramError):
        missing_responses((-1, 0, 0), (0, 0, 0))


def test_missing_responses_enumerate_every_split():
    made = missing_responses((4, 1, 2), (2, 6, 1))
    for i in range(3):
        for j in range(2):
            assert made.table[i][j] == fisher_greater(4 + i, 7, 2 + j, 9)
    assert made.worst == made.table[0][1]
    assert made.best == made.table[2][0]
    assert (0, 1) in made.tipping


def test_offset_from_paired_readings():
    old, new = [10.0, 12, 14, 11, 9], [11.0, 13, 15.5, 12, 9.5]
    made = corrected_for_offset(4.0, 1.0, old, new, higher_is_better=True)
    paired = stats.ttest_rel(new, old)
    assert made.offset.p == pytest.approx(paired.pvalue)
    assert made.corrected.se == pytest.approx(math.hypot(1.0, made.offset.se))
    down = corrected_for_offset(4.0, 1.0, old, new, higher_is_better=False)
    assert down.corrected.value == pytest.approx(4.0 + made.offset.value)
    assert corrected_for_offset(4.0, 1.0, [1.0, 2], [2.0, 2], higher_is_better=True).corrected.value is None
    assert corrected_for_offset(4.0, 1.0, [1.0, 2, 3], [2.0, 3, 4], higher_is_better=True).corrected.value is None
    bent = corrected_for_offset(4.0, 1.0, [1.0, 2, 3, 4, 5, 6], [1.0, 2.5, 4, 5.4, 7, 8.5], higher_is_better=True)
    assert bent.concerns
    with pytest.raises(ProgramError) as caught:
        corrected_for_offset(math.nan, 1, [1.0, 2], [1.0], higher_is_better=True)
    assert len(caught.value.problems) == 2
