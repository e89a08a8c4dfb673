"""``plan/protocol.toml``: the date from which the protocol has stood unchanged, and how that was read.

Read are ``final_on`` at the top and ``[source]`` (document, read_level); everything else of the file is for people and
for reported lines.

Cannot see: what changed between versions of the protocol, and whether an amendment was for safety.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from proband.border import read_toml, shown
from proband.core.errors import Problem

FILE = "plan/protocol.toml"
MOST = 500


@dataclass(frozen=True, slots=True)
class Protocol:
    """`final_on`: None where the file does not state it. `document` and `read_level` are empty where not stated."""

    final_on: date | None
    document: str = ""
    read_level: str = ""


def read_protocol(path: Path, name: str, problems: list[Problem]) -> Protocol | None:
    """The protocol's date, or None with problems added: a date that is none, or that has not come."""
    before = len(problems)
    raw = read_toml(path, name, problems)
    if raw is None:
        return None
    on = raw.get("final_on")
    if on is not None and (not isinstance(on, date) or isinstance(on, datetime)):
        problems.append(Problem(name, "key final_on", shown(on), "a date", "write 2025-03-11 without quotes or time"))
    elif on is not None and on > date.today():
        problems.append(Problem(name, "key final_on", on.isoformat(), "today or an earlier day", "correct the date"))
    source = raw.get("source")
    stated = {"document": "", "read_level": ""}
    if source is not None and not isinstance(source, dict):
        problems.append(Problem(name, "key source", shown(source), "a table", "write [source]"))
    elif source is not None:
        for key in stated:
            value = source.get(key, "")
            if not isinstance(value, str) or len(value) > MOST:
                expected = f"text of at most {MOST} characters"
                problems.append(Problem(name, f"key source.{key}", shown(value), expected, "correct it"))
            else:
                stated[key] = value.strip()
    return Protocol(on, **stated) if len(problems) == before else None
