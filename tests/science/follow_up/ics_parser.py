"""A strict reader of iCalendar by the rules of RFC 5545, written for tests: it refuses what the RFC forbids."""

import re
from datetime import date, datetime

NAME = re.compile(r"[A-Za-z0-9-]+\Z")
PARAMETER = re.compile(r"[A-Za-z0-9-]+=[^\",;:]*\Z")


def content_lines(data):
    """Unfolded content lines; raises AssertionError for a bare CR or LF, a long line, bytes that are not UTF-8."""
    assert data.endswith(b"\r\n")
    raw = data[:-2].split(b"\r\n")
    for line in raw:
        assert b"\n" not in line
        assert b"\r" not in line
        assert len(line) <= 75, line
        line.decode("utf-8")  # no letter is cut by a fold
        assert line
    unfolded = []
    for line in raw:
        if line[:1] in (b" ", b"\t"):
            assert unfolded, "a fold without a line before it"
            unfolded[-1] += line[1:]
        else:
            unfolded.append(line)
    return [u.decode("utf-8") for u in unfolded]


def split(line):
    head, sign, value = line.partition(":")
    assert sign, line
    name, *parameters = head.split(";")
    assert NAME.match(name), name
    assert all(PARAMETER.match(p) for p in parameters), parameters
    return name.upper(), dict(p.split("=", 1) for p in parameters), value


def text(value):
    """A TEXT value: only \\\\ \\; \\, \\n \\N are escapes; a bare comma, semicolon or control character is refused."""
    out, i = [], 0
    while i < len(value):
        c = value[i]
        if c == "\\":
            out.append({"\\": "\\", ";": ";", ",": ",", "n": "\n", "N": "\n"}[value[i + 1]])
            i += 2
            continue
        assert c not in ",;", value
        assert ord(c) >= 32, repr(c)
        assert ord(c) != 127, repr(c)
        out.append(c)
        i += 1
    return "".join(out)


def parse(data):
    """Properties of the calendar and of each event: name to list of (parameters, value)."""
    lines = content_lines(data)
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == "END:VCALENDAR"
    head, events, current = {}, [], None
    for line in lines[1:-1]:
        name, parameters, value = split(line)
        if name == "BEGIN":
            assert value == "VEVENT"
            assert current is None
            current = {}
        elif name == "END":
            assert value == "VEVENT"
            events.append(_event(current))
            current = None
        elif current is None:
            assert not events, "a property of the calendar after its first event"
            head.setdefault(name, []).append(value)
        else:
            current.setdefault(name, []).append((parameters, value))
    assert current is None
    assert head["VERSION"] == ["2.0"]
    assert len(head["PRODID"]) == 1
    assert events, "a calendar holds at least one component"
    uids = [e["uid"] for e in events]
    assert len(set(uids)) == len(uids)
    return head, events


def _event(held):
    """An event of whole days, checked: what must stand once stands once, the end lies after the start."""
    for name in ("UID", "DTSTAMP", "DTSTART"):
        assert len(held[name]) == 1, name
    for name in ("DTEND", "SUMMARY", "DESCRIPTION", "TRANSP"):
        assert len(held.get(name, [])) <= 1, name
    assert re.fullmatch(r"\d{8}T\d{6}Z", held["DTSTAMP"][0][1])
    stamp = datetime.strptime(held["DTSTAMP"][0][1], "%Y%m%dT%H%M%SZ")
    start, end = (_day(held[n][0]) for n in ("DTSTART", "DTEND"))
    assert end > start
    assert held["TRANSP"][0][1] in ("OPAQUE", "TRANSPARENT")
    return {
        "uid": held["UID"][0][1], "stamp": stamp, "start": start, "end": end,
        "summary": text(held["SUMMARY"][0][1]), "description": text(held.get("DESCRIPTION", [({}, "")])[0][1]),
    }  # fmt: skip


def _day(found):
    parameters, value = found
    assert parameters == {"VALUE": "DATE"}
    assert re.fullmatch(r"\d{8}", value)
    return date(int(value[:4]), int(value[4:6]), int(value[6:]))
