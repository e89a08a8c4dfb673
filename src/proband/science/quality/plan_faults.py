"""Faults that the records of assays, stability and changes share: a name twice, another version's file, a day to come.

Each yields place, found, expected and remedy, as a `Problem` holds them. Cannot see: whether a date is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

Fault = tuple[str, str, str, str]


def twice(what: str, names: Iterable[str]) -> Iterator[Fault]:
    """A fault for each name that occurs more than once.

    >>> [f[0] for f in twice("lot", ["A", "B", "A"])]
    ['lot A']
    """
    held = list(names)
    for name in sorted({n for n in held if held.count(n) > 1}):
        yield f"{what} {name}", "the name twice", "each once", "rename or remove one"


def other_version(stated: str, own: str) -> Iterator[Fault]:
    """A fault where a file is that of another version of the product; none where the program names no version.

    >>> [f[1] for f in other_version("v1", "v2")], list(other_version("v1", ""))
    (['v1'], [])
    """
    if own and stated != own:
        yield "key product", stated, own, "a file of another version says nothing of this one: mend the id"


def to_come(place: str, day: date | None) -> Iterator[Fault]:
    """A fault for a day that has not come.

    >>> list(to_come("key on", date(2020, 1, 1)))
    []
    """
    if day is not None and day > date.today():
        yield place, day.isoformat(), "today or an earlier day", "correct the date"
