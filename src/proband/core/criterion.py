"""The rules as loaded: framework, criteria, sources, tests, cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from proband.core.program import Stage
from proband.core.provenance import Json, digest


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A document that rules cite: who issued it, when, its status, its address, when and how it was read."""

    key: str
    title: str
    issuer: str
    date: str
    status: str
    address: str
    docket: str
    retrieved: str
    digest: str
    note: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where one criterion comes from and how its wording was read."""

    document: str
    locator: str
    read_as: str
    reading_confidence: str
    status: str
    also: tuple[str, ...] = ()
    read_at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Test:
    """A test shape with its arguments, and whose its number is."""

    __test__ = False

    shape: str
    arguments: Mapping[str, Json]
    confidence: float | None
    basis: str
    because: str
    direct_when: Mapping[str, tuple[str, ...]]
    for_each: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A hand-written example: given this evidence, this outcome."""

    name: str
    given: tuple[Mapping[str, Json], ...]
    expect: str


@dataclass(frozen=True)
class Criterion:
    """One testable question of a framework. `stamp` is the digest of what a reviewer signs."""

    id: str
    element: str
    title: str
    asks: str
    answered_by: str
    who: str
    force: str
    executability: str
    source: Source
    needs: tuple[str, ...] = ()
    test: Test | None = None
    beyond: str = ""
    signed: bool = False
    applies_to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    due: Stage | None = None
    person_asks: str = ""
    open_question: str = ""
    cases: tuple[Case, ...] = ()
    reviewed: Mapping[str, Json] = field(default_factory=dict)

    @cached_property
    def stamp(self) -> str:
        """Digest of everything but the review record: it lapses when any of it changes."""
        return digest(replace(self, reviewed={}))

    @property
    def review_state(self) -> str:
        """``none``, ``current`` or ``lapsed``."""
        if not self.reviewed:
            return "none"
        return "current" if self.reviewed.get("stamp") == self.stamp else "lapsed"


@dataclass(frozen=True, slots=True)
class Element:
    """A group of criteria, with the question that it asks as a whole."""

    id: str
    title: str
    question: str
    core: bool


@dataclass(frozen=True)
class Framework:
    """One version of one rule set."""

    id: str
    title: str
    issuer: str
    jurisdiction: str
    status: str
    issued: date | None
    summary: str
    supersedes: str
    elements: tuple[Element, ...]
    criteria: tuple[Criterion, ...]
    sources: Mapping[str, SourceDocument]
    not_formalised: tuple[str, ...]
    disclaimer: str

    @cached_property
    def stamp(self) -> str:
        """Digest of the rules: which version of which text was applied."""
        return digest([self.id, [c.stamp for c in self.criteria]])

    def __getitem__(self, criterion: str) -> Criterion:
        for c in self.criteria:
            if c.id == criterion:
                return c
        raise KeyError(criterion)

    def __contains__(self, criterion: object) -> bool:
        return any(c.id == criterion for c in self.criteria)

    def override(self, criterion: str, *, because: str, **arguments: Json) -> Framework:
        """A copy in which some arguments of one criterion's test differ; `because` is required.

        Raises ``KeyError`` for an unknown criterion and ``ValueError`` for one without a test, an unknown
        argument or an empty reason.
        """
        old = self[criterion]
        if old.test is None:
            raise ValueError(f"{criterion} has no test whose arguments could be overridden")
        if not because.strip():
            raise ValueError("an override needs its reason")
        unknown = set(arguments) - set(old.test.arguments) - {"confidence"}
        if unknown:
            raise ValueError(f"{criterion} has no argument {', '.join(sorted(unknown))}")
        confidence = arguments.pop("confidence", old.test.confidence)
        test = replace(
            old.test,
            arguments={**old.test.arguments, **arguments},
            confidence=confidence,
            basis="project",
            because=because,
        )
        changed = replace(old, test=test)
        return replace(self, criteria=tuple(changed if c is old else c for c in self.criteria))
