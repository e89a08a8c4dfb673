"""How an analysis declares itself, and what it is handed.

The decorator is the only registration. A module imports its science inside the function, so that every
declaration can be read without loading numerics.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from proband.core.errors import Problem
from proband.core.evidence import (
    Citation,
    Concern,
    Evidence,
    Fact,
    Figure,
    Origin,
    Scope,
    Subject,
    Table,
)
from proband.core.program import Program
from proband.core.provenance import Json, plain
from proband.core.quantity import Quantity

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Draft:
    """A line of evidence as an analysis yields it: the engine adds provenance and checks it."""

    kind: str
    statement: str
    subject: Subject
    scope: Scope
    name: str = ""
    quantities: Mapping[str, Quantity] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    origin: Origin = Origin.COMPUTED
    readout_definition: str = ""
    citation: Citation | None = None
    observed_on: date | None = None
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    assumptions: tuple[str, ...] = ()
    concerns: tuple[Concern, ...] = ()


@dataclass(frozen=True, slots=True)
class InputPath:
    """A file handed to an analysis: its path in the program folder, and where it lies on this machine."""

    relative: str
    path: Path


@dataclass(frozen=True, slots=True)
class LocalReference:
    """A genome that the program names by digest, as it lies on this machine.

    `fasta` is None where it is not here as the program names it, and `missing` says why; `gff` is its annotation.
    """

    name: str
    build: str
    digest: str
    fasta: Path | None = None
    gff: Path | None = None
    gff_digest: str = ""
    missing: str = ""

    @property
    def title(self) -> str:
        """Name, build and the first of the digest, for people."""
        return f"{self.name} ({self.build}), digest {self.digest[:12]}"


@dataclass(frozen=True)
class Inputs:
    """What an analysis is handed: its files by the names of `reads`, the evidence before it, its seed.

    `unit` is the file of this call when the analysis runs once per file. `references`: the genomes that the program
    names, where the analysis declares that it reads them.
    """

    files: Mapping[str, tuple[InputPath, ...]]
    evidence: tuple[Evidence, ...]
    seed: int
    unit: str = ""
    references: tuple[LocalReference, ...] = ()


class ProgramView:
    """The parts of the program that an analysis declared in `uses`; reading another raises ``AttributeError``.

    What is handed out here stands in the recipe key, so a change of another key of ``program.toml`` leaves
    the evidence as it is.
    """

    def __init__(self, program: Program, uses: Iterable[str]) -> None:
        self._parts = {name: getattr(program, name) for name in uses}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_parts"][name]
        except KeyError:
            raise AttributeError(f"{name!r} is not among the declared uses of this analysis") from None

    def record(self) -> dict[str, Json]:
        """The parts as plain JSON, for the recipe key."""
        return {name: plain(part) for name, part in self._parts.items()}


@dataclass(frozen=True)
class Declaration:
    """What an analysis says of itself."""

    name: str
    function: Callable[..., Iterable[Draft]]
    claims: tuple[str, ...]
    reports_any: bool
    reads: Mapping[str, str]
    needs_files: tuple[str, ...]
    uses: tuple[str, ...]
    each: str
    consumes_evidence: bool
    consumes: tuple[str, ...]
    version: int
    packages: tuple[str, ...]
    parameters: Mapping[str, Json]
    method: str
    border: Callable[[Program, Inputs], Iterable[Problem]] | None
    references: bool = False

    @property
    def stage(self) -> int:
        """When it runs: 0 before any evidence is there, 1 after the lines that it consumes, 2 after all others."""
        return 2 if self.consumes_evidence else int(bool(self.consumes))


def analysis(
    *,
    claims: tuple[str, ...] = (),
    reports_any: bool = False,
    reads: Mapping[str, str] | None = None,
    needs_files: tuple[str, ...] = (),
    uses: tuple[str, ...] = (),
    each: str = "",
    consumes_evidence: bool = False,
    consumes: tuple[str, ...] = (),
    version: int,
    packages: tuple[str, ...] = (),
    border: Callable[[Program, Inputs], Iterable[Problem]] | None = None,
    references: bool = False,
) -> Callable[[F], F]:
    """Declare an analysis.

    - `claims`: the kinds that it alone computes;  `reports_any`: it passes on reported results of any kind
    - `reads`: name to glob in the program folder; `needs_files`: those names without which it has nothing to do
    - `uses`: parts of the program record;  `each`: run once per file of this name
    - `consumes_evidence`: it runs last and reads the other lines
    - `consumes`: kinds whose lines it reads; it runs after those that make them, which read no evidence themselves
    - `version`: raised whenever the result for equal inputs could change
    - `packages`: distributions that compute; their versions enter the recipe key
    - `border`: every fault of its files, without numerics; a folder with one is refused before anything is computed
    - `references`: it reads the genomes that the program names by digest, where this machine has them

    Keyword-only parameters with plain defaults are settings: recorded, and set under ``[parameters.<name>]``.
    """

    def declare(function: F) -> F:
        settings = {
            name: p.default
            for name, p in inspect.signature(function).parameters.items()
            if p.kind is inspect.Parameter.KEYWORD_ONLY
        }
        module = inspect.getmodule(function)
        declaration = Declaration(
            function.__name__,
            function,
            claims,
            reports_any,
            dict(reads or {}),
            needs_files,
            uses,
            each,
            consumes_evidence,
            consumes,
            version,
            packages,
            settings,
            inspect.cleandoc((module.__doc__ if module else "") or ""),
            border,
            references,
        )
        function.__proband_analysis__ = declaration  # type: ignore[attr-defined]
        return function

    return declare
