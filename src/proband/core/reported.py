"""Results known only as reported numbers, as read from ``reported/*.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from proband.core.evidence import Citation, Concern, Fact, Figure, Scope, Subject, Table
from proband.core.number_spec import NumberSpec


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """Two or more places of the sources that can not all be right: what each says, and where it stands."""

    file: str
    what: str
    says: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReportedResult:
    """One reported result: where it stands, what its readout means, and its numbers as printed.

    `files` are the tables that it cites, beside its own file.
    """

    file: str
    files: tuple[str, ...]
    id: str
    kind: str
    statement: str
    subject: Subject
    readout_definition: str
    citation: Citation
    scope: Scope
    quantities: Mapping[str, NumberSpec]
    facts: Mapping[str, Fact]
    observed_on: date | None
    assumptions: tuple[str, ...]
    concerns: tuple[Concern, ...]
    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]
