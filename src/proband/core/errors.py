"""Exceptions, by who must act, and the form of every message to a person.

A message names the place, what was found, what was expected and what to do. Problems are collected and
raised once, so that a user mends a folder in one round.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with an input: where, what was found, what was expected, what to do.

    >>> print(Problem("labs.csv", "row 3, column value", "12,5", "a number with a decimal point", "write 12.5"))
    labs.csv: row 3, column value
      found:    12,5
      expected: a number with a decimal point
      remedy:   write 12.5
    """

    file: str
    place: str
    found: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        head = f"{self.file}: {self.place}" if self.place else self.file
        return f"{head}\n  found:    {self.found}\n  expected: {self.expected}\n  remedy:   {self.remedy}"


class ProbandError(Exception):
    """Root of every error that proband raises on purpose.

    >>> str(ProgramError([Problem("program.toml", "key id", "nothing", "an identifier", "add id")]))[:12]
    'program.toml'
    """

    def __init__(self, problems: Iterable[Problem] | str) -> None:
        self.problems: tuple[Problem, ...] = () if isinstance(problems, str) else tuple(problems)
        text = problems if isinstance(problems, str) else "\n".join(str(p) for p in self.problems)
        super().__init__(text)


class ProgramError(ProbandError):
    """The program folder is wrong: its owner must act."""


class FrameworkError(ProbandError):
    """A rule set is wrong: its author must act."""


class AnalysisError(ProbandError):
    """An analysis or another part of the code is wrong: a developer must act."""


class ReferenceMissing(ProbandError):
    """A reference is not on this machine: whoever set the machine up must act."""
