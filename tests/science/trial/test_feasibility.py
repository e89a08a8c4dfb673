"""Feasibility of a randomised trial: published sample sizes, and enrolment against simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.trial.feasibility import assess, paragraph, patients_per_arm, power_of_two_arms
from proband.science.trial.plan_parts import Feasibility

STATED = {
    "prevalent": [30, 20, 42], "incident_per_year": [3, 2, 5], "eligible_fraction": 0.6, "consent_fraction": 0.7,
    "sites": 4, "accrual_per_site_year": 2, "years": 3, "effect": 1.0, "power": 0.8, "alpha": 0.025, "dropout": 0.1,
}  # fmt: skip


# Cohen, Statistical Power Analysis, table 2.4.1 (two-sided .05, power .80): d = .20, .50, .80, 1.00
@pytest.mark.parametrize(("effect", "n"), [(0.2, 393), (0.5, 64), (0.8, 26), (1.0, 17)])
def test_published_sample_sizes(effect, n):
    assert patients_per_arm(effect, 0.025, 0.8) == pytest.approx(n, abs=1)


@given(st.floats(0.3, 3), st.floats(0.5, 0.95))
def test_the_number_is_the_smallest(effect, power):
    n = patients_per_arm(effect, 0.025, power)
    assert power_of_two_arms(n, effect, 0.025) >= power
    assert n == 2 or power_of_two_arms(n - 1, effect, 0.025) < power


def test_enrolment_agrees_with_simulation():
    f = Feasibility(**{**STATED, "prevalent": [60, 60, 60], "incident_per_year": [10, 10, 10], "effect": 1.2})
    made = assess(f)
    rng = np.random.default_rng(1)
    mean = (60 + 30) * 0.42
    enrolled = np.minimum(rng.poisson(mean, 100_000), rng.poisson(24, 100_000))
    assert made.enrol == 2 * math.ceil(made.per_arm / 0.9)
    assert made.expected == pytest.approx(enrolled.mean(), abs=0.06)
    p = np.mean(enrolled >= made.enrol)
    assert 0.05 < p < 0.95
    assert made.probability == pytest.approx(p, abs=3 * math.sqrt(p * (1 - p) / 100_000))
    assert made.interval == tuple(np.quantile(enrolled, [0.05, 0.95]).astype(int))
    assert made.limited_by == "sites"


def test_uncertainty_of_prevalence_widens_the_interval():
    known = assess(Feasibility(**{**STATED, "prevalent": [30, 30, 30]}))
    guessed = assess(Feasibility(**{**STATED, "prevalent": [30, 10, 60]}))
    assert guessed.interval[1] - guessed.interval[0] > known.interval[1] - known.interval[0]


@pytest.mark.parametrize("none", [{"eligible_fraction": 0.0}, {"accrual_per_site_year": 0.0},
                                  {"prevalent": [0, 0, 0], "incident_per_year": [0, 0, 0]}])  # fmt: skip
def test_nobody_to_enrol_is_no_trial(none):
    f = Feasibility(**{**STATED, **none})
    made = assess(f)
    assert (made.expected, made.probability, made.interval) == (0.0, 0.0, (0, 0))
    assert "below 0.001" in paragraph(f, made)
