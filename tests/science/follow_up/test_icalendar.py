"""The calendar is read back by a strict parser of RFC 5545, whatever stands in it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ics_parser import parse

from proband.science.follow_up.icalendar import CalendarEvent, calendar, folded

STAMP = date(2025, 5, 12)
DAYS = st.dates(date(1950, 1, 1), date(2190, 1, 1))


def event(key="a", first=date(2025, 2, 25), days=0, summary="visit", description=""):
    return CalendarEvent(key, first, first + timedelta(days=days), summary, description, "visit")


def test_an_event_of_one_day_ends_on_the_day_after():
    _, (made,) = parse(calendar("plan", [event()], STAMP))
    assert (made["start"], made["end"]) == (date(2025, 2, 25), date(2025, 2, 26))
    assert made["stamp"].date() == STAMP


@given(st.text(max_size=200), st.text(max_size=300), DAYS, st.integers(0, 400))
def test_any_text_comes_back_but_for_characters_that_show_nothing(summary, description, first, days):
    import unicodedata

    _, (made,) = parse(calendar("plan", [event("k", first, days, summary, description)], STAMP))

    def plain(text):
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        hidden = ("Cc", "Cf", "Cs", "Zl", "Zp")
        return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in hidden)

    assert made["summary"] == plain(summary)
    assert made["description"] == plain(description)
    assert made["end"] - made["start"] == timedelta(days=days + 1)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=300))
def test_folds_never_cut_a_letter_and_unfold_to_the_line(line):
    data = folded(line)
    assert data.endswith(b"\r\n")
    pieces = data[:-2].split(b"\r\n")
    assert all(len(p) <= 75 for p in pieces)
    assert b"".join([pieces[0], *(p[1:] for p in pieces[1:])]).decode() == line
    assert all(p[:1] == b" " for p in pieces[1:])


def test_the_same_plan_gives_the_same_bytes_in_any_order_and_keys_stand_once():
    events = [event("b"), event("a"), event("c", date(2024, 2, 29))]
    assert calendar("plan", events, STAMP) == calendar("plan", events[::-1], STAMP)
    with pytest.raises(ValueError, match="two events"):
        calendar("plan", [event(), event()], STAMP)
    with pytest.raises(ValueError, match="ends before"):
        calendar("plan", [event(days=-1)], STAMP)


def test_another_text_of_an_event_keeps_its_uid():
    one, other = (parse(calendar("plan", [event(summary=s)], STAMP))[1][0]["uid"] for s in ("visit", "call"))
    assert one == other


def test_a_text_can_not_add_a_line():
    data = calendar("plan", [event(summary="x\r\nEND:VEVENT\r\nBEGIN:VALARM")], STAMP)
    assert data.count(b"\r\nEND:VEVENT") == 1
    parse(data)
