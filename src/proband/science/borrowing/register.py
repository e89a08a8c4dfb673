"""The register of all patients, variants or trials of a platform: what is pooled, what is not, and why.

Pooling the versions that worked is the easiest way to a wrong answer, so every pooled result is built from a register
that lists all of them. A unit is ``pooled``, ``left_out`` (with the reason) or ``no_outcome`` (treated or planned, and
not yet known; with the reason). Data that were left out stay in the register, so that the result can be computed
again with them and both be shown.

Cannot see: a version that nobody entered. `closed_by` says who states that the register is whole, as of when.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from proband.core.errors import Problem, ProgramError


class Named(Protocol):
    """Whatever has the name of a version: data of a unit, counts of a product."""

    @property
    def name(self) -> str:
        """The name under which the register lists it."""


N = TypeVar("N", bound=Named)
FLAGS = ("pooled", "left_out", "no_outcome")


@dataclass(frozen=True, slots=True)
class Entry:
    """One version: its name, flag and, unless it is pooled, the reason."""

    name: str
    flag: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Omission:
    """A version that the pooled result does not rest on, why, and whether data of it exist."""

    name: str
    flag: str
    reason: str
    has_data: bool


@dataclass(frozen=True, slots=True)
class Register:
    """All versions, each once. Raises ``ProgramError`` with every entry that can not be.

    >>> Register((Entry("c.1A>G", "pooled"), Entry("c.5C>T", "left_out")))  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    proband.core.errors.ProgramError: register: c.5C>T
    """

    entries: tuple[Entry, ...]
    closed_by: str = ""

    def __post_init__(self) -> None:
        problems = []
        seen: set[str] = set()
        for e in self.entries:
            if not e.name.strip() or e.name in seen:
                found = "listed twice" if e.name in seen else "no name"
                problems.append(Problem("register", e.name or "an entry", found, "one name each", "name each once"))
            seen.add(e.name)
            if e.flag not in FLAGS:
                problems.append(Problem("register", e.name, e.flag, ", ".join(FLAGS), "write one of these flags"))
            elif e.flag != "pooled" and not e.reason.strip():
                remedy = "say why, in words a reviewer can judge"
                problems.append(Problem("register", e.name, f"{e.flag} without a reason", "a reason", remedy))
        if not self.entries:
            problems.append(Problem("register", "entries", "none", "every version of the platform", "list them"))
        if problems:
            raise ProgramError(problems)

    @classmethod
    def of_all(cls, units: Iterable[Named], closed_by: str = "") -> Register:
        """A register in which every one of `units` is pooled and nothing else exists."""
        return cls(tuple(Entry(u.name, "pooled") for u in units), closed_by)

    def split(self, units: Sequence[N]) -> tuple[tuple[N, ...], tuple[Omission, ...], tuple[N, ...]]:
        """Units to pool in the order given, what is omitted in the register's order, and omitted units with data.

        Raises ``ProgramError`` for data that the register does not list, for pooled entries without data, and when
        an entry without outcome has data.

        >>> from proband.science.borrowing.units import binomial
        >>> register = Register((Entry("a", "pooled"), Entry("b", "left_out", "other capsid")))
        >>> pooled, omitted, with_data = register.split([binomial("a", 1, 3), binomial("b", 0, 4)])
        >>> [u.name for u in pooled], omitted[0].reason, with_data[0].name
        (['a'], 'other capsid', 'b')
        """
        flags = {e.name: e.flag for e in self.entries}
        held = {u.name for u in units}
        problems = [
            Problem(
                "register", u.name, "data of a version that is not listed", "every version", "add it to the register"
            )
            for u in units
            if u.name not in flags
        ]
        for e in self.entries:
            if e.flag == "pooled" and e.name not in held:
                remedy = "give its data, or flag it no_outcome or left_out with the reason"
                problems.append(Problem("register", e.name, "pooled, without data", "data", remedy))
            if e.flag == "no_outcome" and e.name in held:
                remedy = "pool it, or leave it out with the reason"
                problems.append(Problem("register", e.name, "no_outcome, with data", "no data", remedy))
        if problems:
            raise ProgramError(problems)
        omitted = tuple(Omission(e.name, e.flag, e.reason, e.name in held) for e in self.entries if e.flag != "pooled")
        pooled = tuple(u for u in units if flags[u.name] == "pooled")
        return pooled, omitted, tuple(u for u in units if flags[u.name] == "left_out")
