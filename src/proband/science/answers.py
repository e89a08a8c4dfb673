"""Answers with three values as members of a set: yes, no, and not known are never taken for each other.

Cannot see: how an answer was found.
"""

from __future__ import annotations

from collections.abc import Mapping

from proband.core.evidence import Members


def members(answers: Mapping[str, bool | None]) -> Members:
    """Answers by name as members: there, not there, not told.

    >>> members({"a": True, "b": False, "c": None})
    Members(present=('a',), absent=('b',), unknown=('c',))
    """
    held: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for name, answer in answers.items():
        held[answer].append(name)
    return Members(tuple(held[True]), tuple(held[False]), tuple(held[None]))
