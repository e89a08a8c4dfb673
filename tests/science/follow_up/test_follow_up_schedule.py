"""Dates of planned visits, years after the last dose, terms, late effects: leap days, several doses, no dose."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.follow_up.calendar_dates import age, age_in_months, dated, plus_months, years_between
from proband.science.follow_up.plan_file import FollowUp, read_follow_up
from proband.science.follow_up.schedule import (
    CONTACTS,
    EXAMINATIONS,
    calendar_members,
    looked_for,
    shorter,
    visits,
    year_of,
    years_planned,
)

HEAD = """format = 1
product_class = "genome_editing"
counts_from = "last_dose"
years = 15
[source]
document = "plan 1"
on = 2025-01-01
[[item]]
id = "exam"
looks_for = ["delayed_events"]
how = "x"
who = "x"
[[item]]
id = "cancer"
looks_for = ["cancer", "off_target_effects"]
how = "x"
who = "x"
"""
FULL = (
    HEAD
    + """[[visit]]
id = "exams"
kind = "examination"
years = [1, 2, 3, 4, 5]
window = [-30, 30]
items = ["exam", "cancer"]
[[visit]]
id = "calls"
kind = "contact"
years = [6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
window = [-45, 45]
items = ["cancer"]
"""
)
DOSES = [(date(2025, 2, 25), date(2025, 3, 19))]


def plan(tmp_path, text=FULL) -> FollowUp:
    path = tmp_path / "follow_up.toml"
    path.write_text(text)
    problems = []
    made = read_follow_up(path, "plan/follow_up.toml", problems)
    assert problems == [], problems
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)), (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)), (date(2023, 12, 31), 2, date(2024, 2, 29)),
        (date(2025, 3, 19), 180, date(2040, 3, 19)), (date(2024, 3, 31), -1, date(2024, 2, 29)),
    ],
)  # fmt: skip
def test_months_go_by_the_calendar(start, months, end):
    assert plus_months(start, months) == end


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.integers(0, 60 * 365))
def test_years_between_rise_with_days_and_are_whole_on_anniversaries(start, days):
    end = start + timedelta(days=days)
    years = years_between(start, end)
    assert abs(years - days / 365.2425) < 0.02
    assert years_between(start, end + timedelta(days=1)) > years
    whole = int(years)
    assert years_between(start, plus_months(start, 12 * whole)) == whole
    assert plus_months(start, 12 * whole) <= end < plus_months(start, 12 * (whole + 1))


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.integers(0, 40 * 366))
def test_ages_in_completed_months(birth, days):
    on = birth + timedelta(days=days)
    months = age_in_months(birth, on)
    assert plus_months(birth, months) <= on < plus_months(birth, months + 1)


def test_ages_of_a_child_born_on_29_february():
    birth = date(2024, 2, 29)
    days = (birth, date(2025, 2, 27), date(2025, 2, 28), date(2028, 2, 29))
    assert [age(birth, d) for d in days] == ["0 d", "11 mo 29 d", "1 a", "4 a"]
    with pytest.raises(ValueError, match="before birth"):
        age(birth, date(2024, 2, 28))


def test_day_208_of_the_published_case_is_25_february_2025():
    assert dated(date(2024, 8, 1), 208.0) == date(2025, 2, 25)
    assert dated(date(2024, 8, 1), 208.9) == date(2025, 2, 25)
    assert dated(date(2024, 8, 1), -0.5) == date(2024, 7, 31)
    assert dated(None, 1.0) is None


def test_a_full_calendar(tmp_path):
    made = plan(tmp_path)
    planned = visits(made, *DOSES[0])
    assert len(planned) == 15
    assert planned[-1].on == date(2040, 3, 19)
    assert planned[-1].first == date(2040, 2, 3)
    assert years_planned(made, DOSES) == 15.0
    assert calendar_members(made, DOSES)[0].present == (EXAMINATIONS, CONTACTS)
    assert looked_for(made, DOSES, ["cancer"])[0].present == ("cancer",)
    assert shorter(made, 15.0) == "not_shorter"


def test_a_term_counted_from_the_first_of_two_doses_lacks_the_days_between_them(tmp_path):
    made = plan(tmp_path, FULL.replace('"last_dose"', '"first_dose"'))
    years = years_planned(made, DOSES)
    assert 14.9 < years < 15
    assert shorter(made, years) == "without_reason"
    assert calendar_members(made, DOSES)[0].present == (EXAMINATIONS, CONTACTS)  # each year still holds its visit


@pytest.mark.parametrize(
    ("change", "present", "absent"),
    [
        ({"[1, 2, 3, 4, 5]": "[1, 2, 4, 5]"}, (CONTACTS,), (EXAMINATIONS,)),
        ({"15]": "14]", "13, 14, 14]": "13, 14]"}, (EXAMINATIONS,), (CONTACTS,)),
        ({'kind = "examination"': 'kind = "contact"'}, (CONTACTS,), (EXAMINATIONS,)),
        ({'kind = "contact"': 'kind = "examination"'}, (EXAMINATIONS, CONTACTS), ()),  # more than asked
        ({"years = [1, 2, 3, 4, 5]": "months = [6, 18, 30, 42, 54]"}, (EXAMINATIONS, CONTACTS), ()),
        ({"years = [1, 2, 3, 4, 5]": "months = [13, 25, 37, 49, 60]"}, (CONTACTS,), (EXAMINATIONS,)),
    ],
)
def test_years_without_a_visit(tmp_path, change, present, absent):
    text = FULL
    for old, new in change.items():
        text = text.replace(old, new)
    members, why = calendar_members(plan(tmp_path, text), DOSES)
    assert (members.present, members.absent) == (present, absent)
    assert all(why.values())


def test_a_term_without_visits_says_nothing_of_the_calendar(tmp_path):
    made = plan(tmp_path, HEAD)
    assert calendar_members(made, DOSES)[0].unknown == (EXAMINATIONS, CONTACTS)
    assert looked_for(made, DOSES, ["cancer"])[0].unknown == ("cancer",)
    assert years_planned(made, DOSES) == 15.0


def test_a_late_effect_has_to_be_looked_for_in_every_year(tmp_path):
    text = FULL.replace('items = ["cancer"]', "items = []")
    members, why = looked_for(plan(tmp_path, text), DOSES, ["cancer", "off_target_effects"])
    assert members.absent == ("cancer", "off_target_effects")
    assert why["cancer"] == "not in year 6 to 15"


def test_before_the_first_dose(tmp_path):
    made = plan(tmp_path)
    assert years_planned(made, []) == 15.0
    assert calendar_members(made, [])[0].present == (EXAMINATIONS, CONTACTS)
    assert looked_for(made, [], ["cancer"])[0].present == ("cancer",)
    dated_end = plan(tmp_path, FULL.replace("years = 15\n", "end_on = 2040-01-01\n"))
    assert years_planned(dated_end, []) is None
    assert looked_for(dated_end, [], ["cancer"])[0].unknown == ("cancer",)
    first = plan(tmp_path, FULL.replace('"last_dose"', '"first_dose"'))
    assert years_planned(first, []) is None  # how far apart the doses will lie is not known


def test_an_end_before_the_dose_is_no_follow_up(tmp_path):
    made = plan(tmp_path, FULL.replace("years = 15\n", "end_on = 2025-01-01\n"))
    assert years_planned(made, DOSES) == 0.0
    assert looked_for(made, DOSES, ["cancer"])[0].absent == ("cancer",)


def test_the_least_term_over_patients_counts(tmp_path):
    made = plan(tmp_path, FULL.replace("years = 15\n", "end_on = 2040-03-19\n"))
    later = (date(2025, 3, 19), date(2026, 3, 19))
    assert years_planned(made, [*DOSES, later]) == 14.0


@pytest.mark.parametrize(
    ("product", "years", "reason", "word"),
    [
        ("genome_editing", 15, "", "not_shorter"), ("genome_editing", 10, "", "without_reason"),
        ("genome_editing", 10, "x", "with_reason"), ("aav", 5, "", "not_shorter"),
        ("oligonucleotide", 2, "", "class_has_no_term"), ("integrating_vector", 14, "", "without_reason"),
    ],
)  # fmt: skip
def test_terms_by_class(tmp_path, product, years, reason, word):
    text = HEAD.replace("genome_editing", product).replace("years = 15", f"years = {years}")
    text = text.replace("[source]", f'shorter_because = "{reason}"\n[source]') if reason else text
    assert shorter(plan(tmp_path, text), float(years)) == word


@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.integers(1, 20))
def test_a_visit_on_an_anniversary_belongs_to_the_year_that_it_closes(start, year):
    on = plus_months(start, 12 * year)
    assert year_of(on, start) == year
    assert year_of(on + timedelta(days=1), start) == year + 1
    assert year_of(start, start) == 0
