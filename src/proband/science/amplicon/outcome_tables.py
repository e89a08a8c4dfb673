"""Outcomes as rows: reads with an outcome, of how many, with an exact interval and bounds for what is not known.

The interval is the exact one of independent draws (Clopper and Pearson, Biometrika 1934;26:404-413) over reads whose
state is known. Reads that are ambiguous between alleles, or that do not show a needed base, are no answer: `least` and
`most` are the fractions if none or all of them had the outcome. `least_unaligned` and `most_unaligned` do the same
with the reads that fit no amplicon; they are empty where a file holds several amplicons, because such reads
belong to none of them.

Cannot see: molecules. `READS` says so wherever an interval is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars

from proband.science.stats.proportions import Interval, clopper_pearson

READS = (
    "Intervals are of reads, as if each came from a molecule of its own: copies of one molecule make them too narrow, "
    "and the spread between replicates is not in them."
)
"""What must be said beside every interval of an outcome table of reads."""
FAMILIES = (
    "Intervals of samples with UMIs are of UMI families, each of which stands for one molecule as far as identifiers "
    "tell; the spread between replicates is not in them."
)
"""The same where UMI families are counted."""

COLUMNS: Mapping[str, Any] = {
    "class": polars.String, "outcome": polars.String, "item": polars.String, "reads": polars.Int64, "of": polars.Int64,
    "fraction": polars.Float64, "low": polars.Float64, "high": polars.Float64, "undetermined": polars.Int64,
    "least": polars.Float64, "most": polars.Float64, "least_unaligned": polars.Float64,
    "most_unaligned": polars.Float64, "meaning": polars.String,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unknown:
    """Reads whose outcome is not known: ambiguous in the locus, and unaligned (None where they can not be its own)."""

    ambiguous: int = 0
    unaligned: int | None = None


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One outcome of a locus: `reads` of `of` reads whose state is known; `undetermined` do not show it.

    Fractions are None where no read is known.

    >>> row = OutcomeRow("base", "conversion", "A6", 30, 90, 0, Unknown(10, 100), "A6 reads as G")
    >>> round(row.fraction, 3), [round(x, 3) for x in row.bounds], [round(x, 3) for x in row.bounds_unaligned]
    (0.333, [0.3, 0.4], [0.15, 0.7])
    """

    editor_class: str
    outcome: str
    item: str
    reads: int
    of: int
    undetermined: int
    unknown: Unknown
    meaning: str

    @property
    def fraction(self) -> float | None:
        """Share of the reads whose state is known."""
        return self.reads / self.of if self.of else None

    @property
    def interval(self) -> Interval | None:
        """Exact 95 % interval over reads; see `READS`."""
        return clopper_pearson(self.reads, self.of) if self.of else None

    @property
    def bounds(self) -> Interval | None:
        """Fractions if none, or all, of the undetermined and ambiguous reads had the outcome."""
        return self._bounds(self.undetermined + self.unknown.ambiguous)

    @property
    def bounds_unaligned(self) -> Interval | None:
        """The same with the unaligned reads too; None where they can not be of this locus alone."""
        if self.unknown.unaligned is None:
            return None
        return self._bounds(self.undetermined + self.unknown.ambiguous + self.unknown.unaligned)

    def _bounds(self, open_reads: int) -> Interval | None:
        total = self.of + open_reads
        return (self.reads / total, (self.reads + open_reads) / total) if total else None

    def cells(self) -> tuple[Any, ...]:
        """The values of `COLUMNS`."""
        low, high = self.interval or (None, None)
        least, most = self.bounds or (None, None)
        with_least, with_most = self.bounds_unaligned or (None, None)
        return (
            self.editor_class, self.outcome, self.item, self.reads, self.of, self.fraction, low, high,
            self.undetermined, least, most, with_least, with_most, self.meaning,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlleleRow:
    """One frequent allele: what differs from the amplicon in words for people, and its reads."""

    shown: str
    reads: int
    of: int
    protein: str = ""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What editing did at one locus: class, rows, the most frequent alleles, and what was not said and why."""

    locus: str
    editor_class: str
    rows: tuple[OutcomeRow, ...]
    alleles: tuple[AlleleRow, ...]
    missing: tuple[str, ...] = ()

    def row(self, outcome: str, item: str = "") -> OutcomeRow:
        """The row of an outcome; raises ``KeyError`` where there is none."""
        for row in self.rows:
            if (row.outcome, row.item) == (outcome, item):
                return row
        raise KeyError(f"no outcome {outcome} {item}".rstrip())


def table(groups: Iterable[tuple[Mapping[str, str], Outcomes]]) -> polars.DataFrame:
    """All rows of several loci, each with the cells of its mapping in front (the same keys in all).

    >>> row = OutcomeRow("base", "indel", "", 1, 9, 0, Unknown(), "")
    >>> table([({"sample": "a"}, Outcomes("ON", "base", (row,), ()))]).columns[:4]
    ['sample', 'locus', 'class', 'outcome']
    """
    made = []
    heads: list[str] = []
    for head, outcomes in groups:
        heads = list(head)
        made += [(*head.values(), outcomes.locus, *row.cells()) for row in outcomes.rows]
    schema = {**dict.fromkeys([*heads, "locus"], polars.String), **COLUMNS}
    return polars.DataFrame(made, schema=schema, orient="row")
