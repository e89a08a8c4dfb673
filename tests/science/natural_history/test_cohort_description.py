"""Reading the cohort, describing it, eligibility in three values, index dates alike for both, missingness."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from small_cohort import COHORT, TREATED, UNTREATED, read_small_cohort

from proband.science.clinical.records import ClinicalRecord, Visit
from proband.science.clinical.series import Bound, Point
from proband.science.natural_history.attrition import Answer, answer, attrition, compare_bound
from proband.science.natural_history.cohort_facts import planned_visits
from proband.science.natural_history.cohort_file import Criterion, IndexRule
from proband.science.natural_history.comparability import Same, era, instruments, provenance_lines, schedules
from proband.science.natural_history.description import binomial_interval, describe, poisson_rate
from proband.science.natural_history.index_date import clocks, immortal_time, index_dates
from proband.science.natural_history.missingness import missingness
from proband.science.natural_history.subject_table import Group


@pytest.fixture
def cohort(tmp_path):
    """Reads the small cohort, with files replaced."""
    return lambda **changed: read_small_cohort(tmp_path, **changed)


def test_person_time_runs_from_entry_and_events_before_it_stand_apart(cohort):
    _, untreated, _, told = cohort()
    assert told == ""
    d = describe(untreated)
    years = (1461 - 365.25 + 365.25 + 730.5 + 365.25) / 365.25
    assert (d.size, d.person_years) == (4, pytest.approx(years))
    crisis = dict(d.events)["crisis"]
    assert (crisis.events, crisis.before_entry, crisis.subjects) == (4.0, 1.0, 2)
    assert crisis.rate == pytest.approx(4 / years)
    assert (d.deaths.deaths, d.deaths.told, d.deaths.not_told) == (1, 3, 1)
    assert (d.age_at_entry.n, d.age_at_entry.of) == (3, 4)
    assert d.genotypes == (("null", 2), ("missense", 1), ("not known", 1))
    assert d.visits.median == 1.5
    assert d.described == ("size", "person_time", "ages", "genotypes", "outcomes")


def test_no_untreated_patients_and_nothing_known_give_no_number():
    empty = Group("untreated", (), ClinicalRecord({}))
    d = describe(empty)
    assert (d.lacking, d.described, d.deaths) == ("no untreated patients", (), None)
    assert missingness([empty]).lacking == "no untreated patients"
    assert immortal_time([], []).lacking == "no treated patients"
    assert index_dates(empty, IndexRule(rule="all_eligible")).lacking


def test_two_people_describe_no_course(cohort):
    _, untreated, _, _ = cohort()
    d = describe(replace(untreated, subjects=untreated.subjects[:2]))
    assert d.described == ("size",)
    assert any(t.startswith("2 people: fewer than 3") for t in d.not_told)


def test_what_fewer_than_half_have_does_not_describe_a_group(cohort):
    few = UNTREATED.replace("u2,0,m,null", "u2,,m,").replace("u3,,f,missense", "u3,,f,")
    _, untreated, _, told = cohort(**{"natural_history/subjects.csv": few.replace("u4,-100", "u4,")})
    assert told == ""
    d = describe(untreated)
    assert d.described == ("size", "person_time", "outcomes")
    assert "a birth day is given of 1 of 4 people only" in d.not_told
    assert "a genotype class is given of 1 of 4 people only" in d.not_told


def test_a_table_of_visits_that_lacks_people_counts_nothing(cohort):
    _, untreated, _, _ = cohort()
    held = [Visit(s.id, s.entry, "yearly", held=s.id != "u3") for s in untreated.subjects]
    every = replace(untreated, record=replace(untreated.record, visits=tuple(held)))
    assert (planned_visits(every, "nh3", None).planned, planned_visits(every, "nh3", None).missing) == (4, 1)
    part = replace(untreated, record=replace(untreated.record, visits=tuple(held[:1])))
    made = planned_visits(part, "nh3", None)
    assert not made.told
    assert "nothing of 3 people" in made.by
    assert planned_visits(part, "nh3", 365.25).by.startswith("one value of nh3 every")


def test_an_index_day_that_can_not_be_told_is_not_one_that_the_rule_refuses(cohort):
    _, untreated, _, _ = cohort()
    u1, u2, _, u4 = untreated.subjects
    rule = IndexRule(rule="severity", parameter="nh3", operator=">=", value=0.1, unit="mmol/L")

    def complete(*subjects):
        return index_dates(replace(untreated, subjects=subjects), rule).complete

    assert (complete(u1), complete(u1, u4), complete(u1, u2), complete(u1, u2, u4)) == (True, None, False, False)


def test_events_that_nobody_recorded_are_not_zero(cohort):
    _, untreated, _, _ = cohort(**{"natural_history/events.csv": None})
    d = describe(untreated)
    assert d.events == ()
    assert any("no event is recorded" in t for t in d.not_told)


@given(st.integers(0, 40), st.floats(0.1, 500))
def test_exact_intervals_against_scipy(events, exposure):
    _, low, high = poisson_rate(events, exposure)
    assert stats.poisson.sf(events - 1, low * exposure) == pytest.approx(0.025 if events else 1.0)
    assert stats.poisson.cdf(events, high * exposure) == pytest.approx(0.025)
    n = events + 7
    assert binomial_interval(events, n) == pytest.approx(
        tuple(stats.binomtest(events, n).proportion_ci(method="exact"))
    )


def test_rule_of_three_and_no_exposure():
    assert poisson_rate(0, 1.0)[2] == pytest.approx(3.6889, abs=1e-4)
    with pytest.raises(ValueError, match="in 0"):
        poisson_rate(0, 0.0)
    with pytest.raises(ValueError, match="0 of 0"):
        binomial_interval(0, 0)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("u1,0,f", "u2,0,f", "u2, as in row 2"),
        ("365.25,1461,yes", "1500,1461,yes", "a day not before the entry"),
        ("u1,0,f", "u1,400,f", "not before birth"),
        ("1461,yes", "1461,dead", "column death"),
        ("u1,0,f", ",0,f", "a pseudonym"),
        ("u1,0,f", "u1,x,f", "column birth_day"),
        ("subject,birth_day", "subject,birth", "no column birth_day"),
        ("365.25,1461", "365.25,nan", "column exit_day"),
        ("u1,0,f", "u9,0,f", "a known subject"),
        ("365.25,1461,yes", "365.25,700,yes", "not after the end of the record"),
    ],
)
def test_faults_of_the_table_of_subjects(cohort, old, new, words):
    _, untreated, _, told = cohort(**{"natural_history/subjects.csv": UNTREATED.replace(old, new)})
    assert untreated is None
    assert words in told


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('match = "same_gene"', 'match = "similar"', "match"),
        ("held_since = 2012-05-01", 'held_since = "2012"', "held_since"),
        ('rule = "first_eligible_visit"', 'rule = "severity"', "parameter, operator, value and unit"),
        ('rule = "first_eligible_visit"', 'rule = "fixed_age"', "add age_years"),
        ('rule = "first_eligible_visit"', 'rule = "all_eligible"\nage_years = 2.0', "remove it"),
        ('unit = "umol/L"', 'unit = "umol/LL"', "did you mean umol/L"),
        ('value = ["null"]', 'value = "null"', "a list of words"),
        ('id = "nh3"\ntext', 'id = "genotype"\ntext', "genotype more than once"),
        ("[2010-01-01, 2019-12-31]", "[2019-12-31, 2010-01-01]", "exchange them"),
        ('value = 100.0\nunit = "umol/L"', "value = 100.0", "add unit"),
        ("value = 100.0", "value = nan", "finite"),
        ('population = "Children with the condition, any genotype"\n', "", "add population"),
    ],
)
def test_faults_of_the_cohort_file(cohort, old, new, words):
    assert old in COHORT
    made, _, _, told = cohort(**{"natural_history/cohort.toml": COHORT.replace(old, new)})
    assert made is None
    assert words in told


def test_attrition_counts_who_can_not_be_told_apart(cohort):
    file, untreated, treated, _ = cohort()
    steps = {(s.group, s.criterion): s for s in attrition(file.criterion, [untreated, treated])}
    first, second = steps["untreated", "genotype"], steps["untreated", "nh3"]
    assert (first.before, first.met, first.not_met, first.cannot_tell) == (4, 2, 1, 1)
    assert first.not_told == ("u4",)
    assert (second.before, second.remaining, second.not_met) == (2, ("u1",), 1)
    assert steps["treated", "nh3"].remaining == ("t1",)


@pytest.mark.parametrize("word", ["<", "<=", ">", ">=", "==", "!="])
@given(limit=st.integers(-5, 5), at=st.integers(-5, 5), below=st.booleans())
def test_a_censored_value_is_answered_as_every_value_it_may_be(word, limit, at, below):
    from proband.science.natural_history.attrition import COMPARE

    point = Point(0, at, Bound.BELOW if below else Bound.ABOVE)
    step = -0.25 if below else 0.25
    possible = {COMPARE[word](at + step * k, limit) for k in range(1, 80)}
    expected = Answer.CANNOT_TELL if len(possible) == 2 else Answer.MET if possible == {True} else Answer.NOT_MET
    assert compare_bound(point, word, float(limit)) is expected


def criterion(**values):
    return Criterion.model_validate({"id": "c", "text": "t", "name": "crisis", "operator": ">=", "value": 1, **values})


def test_events_outside_the_observed_time_can_not_be_told(cohort):
    _, untreated, _, _ = cohort()
    u2 = untreated.subjects[1]
    within, beyond = criterion(of="event", window=[0, 50]), criterion(of="event", window=[0, 5000])
    assert answer(within, u2, untreated, 800.0) is Answer.MET
    assert answer(within, u2, untreated, 850.0) is Answer.NOT_MET
    assert answer(beyond, u2, untreated, 801.0) is Answer.CANNOT_TELL
    assert answer(beyond, u2, untreated, 800.0) is Answer.MET


def test_index_dates_by_one_rule_for_both_groups(cohort):
    file, untreated, treated, _ = cohort()
    a, b = index_dates(untreated, file.index, file.criterion), index_dates(treated, file.index, file.criterion)
    assert [(d.subject, d.day, d.prevalent) for d in a.dates] == [("u1", 400.0, True)]
    assert a.without["u2"] == "not eligible at any visit"
    assert a.without["u4"] == "no visit while observed"
    assert [d.day for d in b.dates] == [380.0]
    every = IndexRule(rule="all_eligible")
    assert [d.day for d in index_dates(untreated, every, file.criterion).dates] == [400.0, 800.0]
    assert index_dates(untreated, every, file.criterion).clustered
    assert [d.day for d in index_dates(treated, every, file.criterion).dates] == [380.0, 450.0]  # none after treatment


def test_severity_hidden_by_a_limit_and_left_truncation(cohort):
    _, untreated, _, _ = cohort()
    rule = IndexRule(rule="severity", parameter="nh3", operator=">=", value=0.1, unit="mmol/L")
    made = index_dates(untreated, rule)
    assert [(d.subject, d.day) for d in made.dates] == [("u1", 400.0)]
    assert made.without["u2"] == "never reached while observed"
    hidden = index_dates(untreated, rule.model_copy(update={"value": 0.05}))
    assert hidden.without["u3"] == "can not be told beyond a limit of the assay"
    assert hidden.without["u4"] == "nh3 was not measured"
    age = index_dates(untreated, IndexRule(rule="fixed_age", age_years=1.0))
    assert {d.subject: (d.at_risk_from, d.late) for d in age.dates}["u2"] == (730.5, True)
    assert age.without["u3"] == "the birth day is not known"


def test_immortal_time_between_eligibility_and_treatment_is_detected(cohort):
    file, untreated, treated, _ = cohort()
    a = clocks(treated, index_dates(treated, file.index, file.criterion), from_treatment=False)
    b = clocks(untreated, index_dates(untreated, file.index, file.criterion), from_treatment=False)
    found = immortal_time(a, b)
    assert found.inside_detected
    assert found.treated.inside == 120.0
    late = clocks(treated, index_dates(treated, file.index, file.criterion), from_treatment=True)
    other = immortal_time(late, b)
    assert (other.inside_detected, other.unequal_selection, other.treated.before) == (False, True, 120.0)
    assert "no untreated" in immortal_time(a, []).lacking


def test_instruments_era_schedule_and_provenance(cohort):
    file, untreated, treated, _ = cohort()
    lines = {x.what: x.same for x in instruments(file)}
    assert lines == {
        "instrument": Same.SAME, "version": Same.DIFFERS, "rater": Same.SAME, "blinded": Same.NOT_TOLD,
    }  # fmt: skip
    assert era(file).same is Same.DIFFERS
    rows = {(s.parameter, s.group): s for s in schedules([untreated, treated])}
    assert (rows["nh3", "untreated"].subjects, rows["nh3", "untreated"].values) == (3, 5)
    assert rows["nh3", "treated"].median_gap == 160.0
    assert dict(provenance_lines(file))["held by"] == "A hospital, since 2012-05-01"


def test_missing_values_between_after_and_never(cohort):
    _, untreated, treated, _ = cohort()
    made = missingness([untreated, treated])
    rows = {(m.group, m.parameter): m for m in made.measurements}
    one = rows["untreated", "nh3"]
    assert (one.values, one.intermittent, one.after_last, one.never, one.rows_of_never) == (5, 1, 0, 1, 1)
    gaps = {(c.group, c.name): c.missing for c in made.covariates}
    assert gaps["untreated", "severity"] == 1
    assert gaps["untreated", "birth_day"] == 1
    assert any("followed" in u or "missing" in u for u in made.unequal)


def test_treated_without_a_table_are_not_described(cohort):
    _, untreated, treated, told = cohort(**{"clinical/subjects.csv": None})
    assert treated is None
    assert untreated is not None
    assert told == ""
    assert "column treatment_day" in cohort(**{"clinical/subjects.csv": TREATED.replace(",500,", ",5000,")})[3]
