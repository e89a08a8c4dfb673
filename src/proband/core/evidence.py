"""One line of evidence: what was seen, where it was looked for, and how it was made.

A search without a scope is not evidence: `Scope` is required, and for kinds that are searches it must hold
a denominator and a detection limit, or say that the limit is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from proband.core.provenance import Json, Provenance, digest, plain
from proband.core.quantity import Quantity

TABLE_PREVIEW_ROWS = 50
"""A table keeps its first rows; the rest stays in the file that `Table.path` names."""


class Origin(StrEnum):
    """How a line came to be: computed here from data, reported as a number elsewhere, or judged by a person."""

    COMPUTED = "computed"
    REPORTED = "reported"
    JUDGED = "judged"


class ReadLevel(StrEnum):
    """How a reported number was read. The letters are those of the shipped examples."""

    PRIMARY = "P"
    ABSTRACT = "A"
    TRANSCRIPTION = "T"
    SECONDARY = "S"
    DERIVED = "D"
    RECALLED = "R"


READ_LEVELS: Mapping[ReadLevel, str] = {
    ReadLevel.PRIMARY: "primary source, full text or table read",
    ReadLevel.ABSTRACT: "primary source, abstract only",
    ReadLevel.TRANSCRIPTION: "third-party transcription of the primary source, cross-checked",
    ReadLevel.SECONDARY: "secondary source: news, press release, review",
    ReadLevel.DERIVED: "calculated from other reported numbers",
    ReadLevel.RECALLED: "recalled, not read again at the source",
}


class ConcernWord(StrEnum):
    """The short list of reasons to trust a line less, after the evidence-grading tradition."""

    IMPRECISE = "imprecise"
    INDIRECT = "indirect"
    INCONSISTENT = "inconsistent"
    BIASED = "biased"
    SELECTIVE = "selective"
    LOW_QUALITY = "low_quality"


@dataclass(frozen=True, slots=True)
class Concern:
    """A word from the short list, with the sentence that says why."""

    word: ConcernWord
    because: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a line is about: its type (patient, sample, lot, site, variant, cohort, program) and its name."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Members:
    """A set looked up member by member: seen, looked for and absent, or not known. Never a bare list.

    >>> Members(present=("size",), absent=(), unknown=("sterility",)).unknown
    ('sterility',)
    """

    present: tuple[str, ...]
    absent: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named = [*self.present, *self.absent, *self.unknown]
        twice = sorted({m for m in named if named.count(m) > 1})
        if twice:
            raise ValueError(f"named more than once: {', '.join(twice)}")


Fact = str | date | Members
"""A thing that is not a number: a category or text, a date, or a set looked up member by member."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where it was looked, how, out of how many, down to which limit, and what was not covered."""

    where: str
    how: str
    denominator: str = ""
    detection_limit: str = ""
    not_covered: str = ""
    settings: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a reported number stands, how it was read, and how far that reading may be trusted."""

    document: str
    locator: str
    address: str
    read_level: ReadLevel
    confidence: str
    read_from: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: name, unit (empty for text) and meaning."""

    name: str
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table by schema, row count, digest and path, with its first 50 rows as text."""

    name: str
    title: str
    columns: tuple[Column, ...]
    n_rows: int
    digest: str
    path: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as data: a chart form of the closed list in ``dossier/charts.py``, rows, and what each axis shows.

    `alt` says in words what a reader should see.
    """

    name: str
    title: str
    alt: str
    chart: str
    encoding: Mapping[str, str]
    rows: tuple[Mapping[str, Json], ...]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """One line of evidence; `name` is what its source or analysis calls it.

    `id` is the digest of the content: of what is said, and of what it was made from. The versions of the
    packages that computed it stand in the recipe key alone, so that an upgrade that changes no number does not
    make a person's judgement lapse.
    """

    kind: str
    statement: str
    subject: Subject
    origin: Origin
    scope: Scope
    provenance: Provenance
    name: str = ""
    quantities: Mapping[str, Quantity] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    readout_definition: str = ""
    citation: Citation | None = None
    observed_on: date | None = None
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    assumptions: tuple[str, ...] = ()
    concerns: tuple[Concern, ...] = ()

    @cached_property
    def id(self) -> str:
        """Digest of the content: equal evidence has equal ids, on every machine."""
        content = plain(self)
        for made in ("key", "seed", "packages"):
            del content["provenance"][made]
        return digest(content)
