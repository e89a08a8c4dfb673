"""Calendars as iCalendar text (RFC 5545): events of whole days, made the same on every machine.

Lines end in CR LF and are folded at 75 octets without cutting a letter (section 3.1); backslash, semicolon, comma and
line breaks of texts are escaped (3.3.11); DTEND of a whole day is the day after (3.6.1). UID and DTSTAMP come from what
is written and from a date of the plan, never from a clock. Days have no time and no zone: they are the same everywhere.

Cannot see: whether a calendar program keeps to the standard.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from proband.core.provenance import digest

OCTETS = 75
MAKER = "-//proband//follow-up//EN"


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One event: a key that stays the same when the text changes, its days (the last included), what is shown."""

    key: str
    first: date
    last: date
    summary: str
    description: str = ""
    category: str = ""


def calendar(name: str, events: Iterable[CalendarEvent], stamp: date) -> bytes:
    """The calendar as the bytes of an ``.ics`` file, events in order of date and key.

    `stamp`: the date of the plan, which stands as DTSTAMP. Raises ``ValueError`` for two events with one key and for
    one that ends before it starts.

    >>> day = date(2025, 2, 25)
    >>> made = calendar("plan", [CalendarEvent("a", day, day, "visit, year 1")], date(2025, 1, 1))
    >>> made.count(b"\\r\\n") == made.count(b"\\n"), b"SUMMARY:visit\\\\, year 1" in made
    (True, True)
    >>> b"DTEND;VALUE=DATE:20250226" in made
    True
    """
    ordered = sorted(events, key=lambda e: (e.first, e.key))
    keys = [e.key for e in ordered]
    twice = sorted({k for k in keys if keys.count(k) > 1})
    if twice:
        raise ValueError(f"two events have the key {twice[0]}")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{MAKER}", "CALSCALE:GREGORIAN", f"X-WR-CALNAME:{escaped(name)}"]
    for e in ordered:
        lines += _event(e, stamp)
    lines.append("END:VCALENDAR")
    return b"".join(folded(line) for line in lines)


def _event(e: CalendarEvent, stamp: date) -> Iterator[str]:
    if e.last < e.first:
        raise ValueError(f"{e.key} ends before it starts")
    yield "BEGIN:VEVENT"
    yield f"UID:{digest(e.key).split(':')[-1][:32]}@proband"
    yield f"DTSTAMP:{stamp:%Y%m%d}T000000Z"
    yield f"DTSTART;VALUE=DATE:{e.first:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{e.last + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{escaped(e.summary)}"
    if e.description:
        yield f"DESCRIPTION:{escaped(e.description)}"
    if e.category:
        yield f"CATEGORIES:{escaped(e.category)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def escaped(text: str) -> str:
    """A TEXT value: special characters escaped, other control characters left out.

    >>> escaped("a;b,c\\\\d\\ne\\x00")
    'a\\\\;b\\\\,c\\\\\\\\d\\\\ne'
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    for sign, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        plain = plain.replace(sign, written)
    return "".join(c for c in plain if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))


def folded(line: str) -> bytes:
    """A content line in pieces of at most 75 octets, each further one after a space, ended by CR LF.

    >>> [len(x) for x in folded("SUMMARY:" + "é" * 60).split(b"\\r\\n")]
    [74, 55, 0]
    """
    pieces, held = [], b""
    for letter in line:
        octets = letter.encode("utf-8")
        if len(held) + len(octets) > OCTETS:
            pieces.append(held)
            held = b" "
        held += octets
    return b"\r\n".join([*pieces, held]) + b"\r\n"
