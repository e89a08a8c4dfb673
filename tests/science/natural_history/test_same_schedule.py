"""One schedule for patient and cohort: which values are taken, units, entry rules, and what is refused."""

import math

import numpy as np
import pytest

from proband.science.clinical.records import ClinicalRecord
from proband.science.clinical.series import Bound, Point, series
from proband.science.natural_history.cohort_file import Criterion
from proband.science.natural_history.same_schedule import (
    OwnSeries,
    as_new_patient,
    entry_rule,
    own_series,
    untreated_series,
)
from proband.science.natural_history.subject_table import Group, Subject

PATIENT = Subject("p", 0.0, 400.0, birth=-365.25, treatment=200.0)


def cohort(values=(50.0, 60.0, 70.0), bound=Bound.MEASURED, logarithm=False, birth=-365.25, treatment=None):
    subject = Subject("u", 0.0, 400.0, birth=birth, treatment=treatment)
    points = [Point(28.0 * k, v, bound if k == 0 else Bound.MEASURED) for k, v in enumerate(values)]
    record = ClinicalRecord({("u", "x"): series("u", "x", "umol/L", points)})
    return untreated_series(Group("untreated", (subject,), record), "x", logarithm)


def own(days, value=60.0, unit="umol/L", made=None):
    return own_series(PATIENT, series("p", "x", unit, [Point(d, value) for d in days]), made or cohort(range(40, 54)))


def test_of_weekly_values_one_each_four_weeks_is_taken_from_the_index():
    weekly = own(range(1, 380, 7))
    assert weekly.index == 197
    assert weekly.thinned
    taken = [weekly.days[i] for i in weekly.taken()]
    assert taken == list(range(1, 380, 28))
    assert weekly.ways() == [0.0, 7.0, 14.0, 21.0]
    shifted = [weekly.days[i] for i in weekly.taken(7.0)]
    assert not set(shifted) & set(taken)


def test_all_ways_together_take_every_value():
    weekly = own(range(1, 380, 7))
    found = [i for w in weekly.ways() for i in weekly.taken(w)]
    assert set(found) == set(range(len(weekly.days)))
    assert len(found) <= len(weekly.days) + len(weekly.ways())


def test_the_choice_does_not_look_at_values():
    one, two = own(range(1, 380, 7), 60.0), own(range(1, 380, 7), 5.0)
    assert one.taken() == two.taken()


def test_a_patient_seen_as_rarely_as_the_cohort_keeps_every_value():
    sparse = own(range(1, 380, 28))
    assert not sparse.thinned
    assert len(sparse.taken()) == len(sparse.days)
    assert sparse.ways() == [0.0]


def test_values_are_converted_to_the_cohorts_unit():
    assert own([1, 100, 300], 0.06, "mmol/L").values == pytest.approx((60.0, 60.0, 60.0))


def test_baseline_and_later_values_are_on_the_cohorts_clock():
    made = cohort(range(40, 54), logarithm=True)
    weekly = own(range(1, 380, 7), made=made)
    new = as_new_patient(weekly, made, 3)
    assert (new.times + made.origin).tolist() == pytest.approx([1 + d / 365.25 for d in (141, 169, 197)])
    assert new.values == pytest.approx([math.log(60.0)] * 3)
    assert ((new.later_times - new.times[-1]) * 365.25)[0] == pytest.approx(28)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (cohort(values=(50.0,)), "two values"),
        (cohort(birth=None), "a known age"),
        (cohort(bound=Bound.BELOW), "lie beyond a limit of the assay"),
        (cohort(values=(0.0, 1.0, 2.0), logarithm=True), "no logarithm"),
    ],
)
def test_untreated_values_that_can_not_be_fitted_say_why(made, reason):
    assert reason in made.reason


def test_values_after_a_treatment_are_no_untreated_values():
    assert cohort(values=range(40, 54), treatment=100.0).data.values.size == 4


@pytest.mark.parametrize(("days", "reason"), [([300, 350], "before treatment"), ([1, 100], "after treatment")])
def test_a_patient_without_values_on_one_side_says_so(days, reason):
    assert reason in own(days).reason


def test_a_patient_without_birth_day_says_so():
    nobody = Subject("p", 0.0, 400.0, treatment=200.0)
    assert "no birth day" in own_series(nobody, series("p", "x", "umol/L", [Point(1, 2.0)]), cohort()).reason


def criterion(operator=">=", value=45.0, take="any", **more):
    return Criterion(
        id="c",
        text="words",
        of="measurement",
        name="x",
        operator=operator,
        value=value,
        unit="umol/L",
        take=take,
        **more,
    )


def test_a_criterion_on_the_parameter_is_a_rule_of_entry():
    made = cohort(values=range(40, 54))
    rule, words = entry_rule([criterion()], made, 3)
    assert words == "words"
    assert (rule.beyond, rule.needed) == ("above", 1)
    assert rule.passes(np.array([45.0, 1.0, 1.0]))
    assert not rule.passes(np.array([44.99, 1.0, 1.0]))
    assert not entry_rule([criterion(">")], made, 3)[0].passes(np.array([45.0, 1.0, 1.0]))
    strict, _ = entry_rule([criterion("<", take="all")], made, 3)
    assert (strict.beyond, strict.needed) == ("below", 3)
    assert entry_rule([criterion(take="last")], made, 3)[0] is None
    assert entry_rule([], made, 3) == (None, "none on this parameter")


def test_on_the_logarithm_the_rule_asks_the_same():
    made = cohort(values=range(40, 54), logarithm=True)
    rule, _ = entry_rule([criterion()], made, 2)
    assert rule.passes(np.log([45.0, 2.0]))
    assert not rule.passes(np.log([44.9, 2.0]))


def test_own_series_is_a_value():
    assert own([1, 100, 300]) == own([1, 100, 300])
    assert isinstance(own([1, 100, 300]), OwnSeries)
