"""Clocks of reports: 7 and 15 calendar days, 60 days after an anniversary, and what is not entered."""

from datetime import date

import pytest

from proband.science.follow_up.reports import clocks, in_time, read_reports, yearly
from proband.science.transcript.rna_tables import Row

CUT = date(2025, 7, 1)


def event(serious="yes", related="possible", grade="3"):
    return Row(
        2,
        {
            "subject": "P1",
            "day": 210.0,
            "term": "sepsis",
            "grade": grade,
            "related": related,
            "serious": serious,
            "source": "x",
        },
    )


def report(**cells):
    held = {
        "subject": "P1", "day": 210.0, "term": "sepsis", "expected": "no", "fatal_or_life_threatening": "no",
        "received_on": date(2025, 6, 1), "determined_on": date(2025, 6, 3), "reported_on": None, "source": "x",
    }  # fmt: skip
    return Row(2, {**held, **cells})


@pytest.mark.parametrize(
    ("severe", "on", "clock", "due", "state"),
    [
        ("no", date(2025, 6, 18), "15 d", date(2025, 6, 18), "in_time"),
        ("no", date(2025, 6, 19), "15 d", date(2025, 6, 18), "late"),
        ("yes", date(2025, 6, 8), "7 d", date(2025, 6, 8), "in_time"),
        ("yes", date(2025, 6, 9), "7 d", date(2025, 6, 8), "late"),
        ("yes", "not_reported", "7 d", date(2025, 6, 8), "late"),
        ("yes", None, "7 d", date(2025, 6, 8), "cannot_tell"),
    ],
)
def test_seven_days_from_receipt_and_fifteen_from_the_determination(severe, on, clock, due, state):
    (made,) = clocks([event()], [report(fatal_or_life_threatening=severe, reported_on=on)], CUT)
    assert (made.clock, made.due, made.state) == (clock, due, state)


@pytest.mark.parametrize(
    ("given", "row", "clock"),
    [
        ({"serious": "no"}, {}, "none"), ({"related": "unrelated"}, {}, "none"), ({}, {"expected": "yes"}, "none"),
        ({"serious": None}, {}, "cannot_tell"), ({"related": "not_assessed"}, {}, "cannot_tell"),
        ({}, {"expected": None}, "cannot_tell"), ({}, {"fatal_or_life_threatening": None}, "cannot_tell"),
        ({"serious": None, "related": "unrelated"}, {}, "none"),  # one known ground excludes it
        ({"serious": None}, {"expected": "yes"}, "none"),
    ],
)  # fmt: skip
def test_which_clock_runs(given, row, clock):
    (made,) = clocks([event(**given)], [report(**row)], CUT)
    assert (made.clock, made.due) == (clock, None)


def test_a_missing_start_is_never_made_up():
    (made,) = clocks([event()], [report(determined_on=None)], CUT)
    assert (made.clock, made.due, made.state) == ("15 d", None, "cannot_tell")
    assert "determined_on" in made.because
    (made,) = clocks([event()], [report(fatal_or_life_threatening="yes", received_on=None)], CUT)
    assert (made.clock, made.due, made.state) == ("7 d", None, "cannot_tell")
    (made,) = clocks([event()], [], CUT)
    assert made.state == "cannot_tell"
    assert "no row" in made.because


def test_a_clock_that_still_runs_and_one_without_a_data_cut():
    (made,) = clocks([event()], [report()], date(2025, 6, 18))
    assert made.state == "open"
    assert in_time([made]).unknown == ()
    (made,) = clocks([event()], [report()], None)
    assert made.state == "cannot_tell"


def test_members():
    rows = [report(reported_on=date(2025, 6, 10))]
    assert in_time(clocks([event()], rows, CUT)).present == ("P1: sepsis on day 210",)
    assert in_time(clocks([event()], [report(reported_on="not_reported")], CUT)).absent == ("P1: sepsis on day 210",)
    assert in_time(clocks([event(serious="no")], rows, CUT)).present == ()


def test_yearly_reports_of_an_ind_that_went_into_effect_on_a_leap_day():
    made = list(yearly(date(2024, 2, 29), date(2028, 2, 29)))
    assert [on for on, _ in made] == [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]
    assert made[0][1] == date(2025, 4, 29)
    assert list(yearly(date(2024, 2, 29), date(2024, 12, 31))) == []


HEAD = "subject,day,term,expected,fatal_or_life_threatening,received_on,determined_on,reported_on,source\n"


@pytest.mark.parametrize(
    "row",
    [
        "P1,210,rash,no,no,,,,x", "P2,210,sepsis,no,no,,,,x", "P1,210,sepsis,maybe,no,,,,x",
        "P1,210,sepsis,no,no,2025-06-01T00:00:00Z,,,x", "P1,210,sepsis,no,no,01.06.2025,,,x",
        "P1,210,sepsis,no,no,2025-02-30,,,x", "P1,210,sepsis,no,no,2025-06-03,2025-06-01,,x",
        "P1,210,sepsis,no,no,2025-06-03,2025-06-04,2025-06-01,x", "P1,210,sepsis,no,no,1025-06-03,,,x",
        "P1,inf,sepsis,no,no,,,,x", "P1,210,sepsis,no,no,,,later,x",
    ],
)  # fmt: skip
def test_rows_that_can_not_be(tmp_path, row):
    path = tmp_path / "reports.csv"
    path.write_text(HEAD + row + "\n")
    assert read_reports(path, [event()], problems := []) is None
    assert problems


def test_a_death_is_fatal_and_events_have_to_be_there(tmp_path):
    path = tmp_path / "reports.csv"
    path.write_text(HEAD + "P1,210,sepsis,no,no,,,,x\n")
    assert read_reports(path, [event(grade="5")], problems := []) is None
    assert "grade 5" in problems[0].expected
    assert read_reports(path, None, problems := []) is None
    assert "adverse_events" in problems[0].expected
    path.write_text(HEAD)
    assert read_reports(path, None, problems := []) == ()
    assert problems == []


def test_what_threatens_life_is_serious(tmp_path):
    path = tmp_path / "reports.csv"
    path.write_text(HEAD + "P1,210,sepsis,no,yes,,,,x\n")
    assert read_reports(path, [event(serious="no")], problems := []) is None
    assert "serious" in problems[0].expected
    assert read_reports(path, [event()], problems := []) is not None


def test_a_report_that_is_dated_after_the_data_cut_was_not_seen():
    (made,) = clocks([event()], [report(reported_on=date(2025, 6, 17))], date(2025, 6, 10))
    assert made.state == "open"
    (made,) = clocks([event()], [report(reported_on=date(2025, 6, 17))], date(2025, 6, 17))
    assert made.state == "in_time"
