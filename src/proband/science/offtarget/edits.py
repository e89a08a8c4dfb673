"""Edits: what the alleles of a person change in the reference, as arrays per contig, and what could not be placed.

An edit replaces reference bases [start, end) by other bases; bases that REF and ALT share at their ends are trimmed,
so that an insertion has start == end and a deletion has no new bases. A **unit** is a set of alleles whose copies are
known together: a phase set, or one unphased call. A unit has options (two haplotypes, or the alleles of the call), and
`mask` says under which options an edit is there. Unit -1: on every copy.

Two edits **exclude** each other on one copy where their reference bases overlap, an insertion lies inside the bases of
the other, or both are insertions at one place. An insertion directly before other changed bases excludes nothing.

Cannot see: whether two records write one change in two ways (an indel in a repeat, not left-aligned); give
normalised records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
ALWAYS = -1
"""The unit of edits that lie on every copy."""
HETEROZYGOUS, HOMOZYGOUS, HEMIZYGOUS = 0, 1, 2
KINDS = ("SNV", "MNV", "insertion", "deletion", "insertion and deletion")


class Bases(Protocol):
    """A genome as the search of haplotypes needs it."""

    @property
    def names(self) -> Sequence[str]:
        """Contigs in their order."""
        ...

    def length(self, contig: str) -> int:
        """Bases of a contig."""
        ...

    def codes(self, contig: str, start: int, end: int) -> npt.NDArray[np.uint8]:
        """Base codes of [start, end): 0 to 3, 4 for any other letter."""
        ...


@dataclass(frozen=True, slots=True)
class Unplaced:
    """An allele or call that no haplotype holds: where (1-based), what was written, and why."""

    contig: str
    position: int
    written: str
    reason: str


@dataclass(frozen=True, slots=True)
class Edits:
    """Edits of one contig, ordered by start, end, record; arrays of one length n."""

    contig: str
    start: Ints
    end: Ints
    alt_from: Ints
    """(n + 1,) where an edit's new bases begin in `alt`."""
    alt: npt.NDArray[np.uint8]
    unit: Ints
    mask: Ints
    zygosity: npt.NDArray[np.uint8]
    options: Ints
    """(units,) number of options of each unit."""
    phase: tuple[str | None, ...]
    """(units,) the phase set, "" where the file names none; None for an unphased call."""
    label: Sequence[str]
    """Each edit as the file writes it: contig:position:REF>ALT."""

    def __len__(self) -> int:
        return len(self.start)

    def new_bases(self, i: int) -> npt.NDArray[np.uint8]:
        """Codes that edit i puts in place of its reference bases."""
        return self.alt[self.alt_from[i] : self.alt_from[i + 1]]

    def kind(self, i: int) -> str:
        """SNV, MNV, insertion, deletion, or insertion and deletion."""
        return kind_of(int(self.end[i] - self.start[i]), int(self.alt_from[i + 1] - self.alt_from[i]))


def kind_of(removed: int, added: int) -> str:
    """The kind of an edit by how many bases it removes and adds.

    >>> kind_of(1, 1), kind_of(0, 3)
    ('SNV', 'insertion')
    """
    if removed == added:
        return "SNV" if added == 1 else "MNV"
    if not removed or not added:
        return "insertion" if added else "deletion"
    return "insertion and deletion"


@dataclass(slots=True)
class EditList:
    """Edits of one contig while they are gathered."""

    contig: str
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    alt: list[str] = field(default_factory=list)
    unit: list[int] = field(default_factory=list)
    mask: list[int] = field(default_factory=list)
    zygosity: list[int] = field(default_factory=list)
    label: list[str] = field(default_factory=list)
    options: list[int] = field(default_factory=list)
    phase: list[str | None] = field(default_factory=list)
    phase_unit: dict[str, int] = field(default_factory=dict)

    def new_unit(self, options: int, phase: str | None) -> int:
        """A new unit; a phase set has one unit however often it is named."""
        if phase is not None and phase in self.phase_unit:
            return self.phase_unit[phase]
        self.options.append(options)
        self.phase.append(phase)
        if phase is not None:
            self.phase_unit[phase] = len(self.options) - 1
        return len(self.options) - 1

    def add(self, start: int, end: int, alt: str, unit: int, mask: int, zygosity: int, label: str) -> None:
        """One more edit."""
        self.start.append(start)
        self.end.append(end)
        self.alt.append(alt)
        self.unit.append(unit)
        self.mask.append(mask)
        self.zygosity.append(zygosity)
        self.label.append(label)


def trimmed(start: int, ref: str, alt: str) -> tuple[int, int, str]:
    """Start, end and new bases without what REF and ALT share: an indel's first base, then the ends, then beginnings.

    >>> trimmed(10, "CTA", "CA"), trimmed(10, "A", "ATT"), trimmed(10, "AAA", "AA")
    ((11, 12, ''), (11, 11, 'TT'), (11, 12, ''))
    """
    if len(ref) != len(alt) and ref[:1] == alt[:1]:  # the base before an indel, which VCF writes along, stays
        start, ref, alt = start + 1, ref[1:], alt[1:]
    shared = 0
    while shared < min(len(ref), len(alt)) and ref[-1 - shared] == alt[-1 - shared]:
        shared += 1
    ref, alt = ref[: len(ref) - shared], alt[: len(alt) - shared]
    first = 0
    while first < min(len(ref), len(alt)) and ref[first] == alt[first]:
        first += 1
    return start + first, start + len(ref), alt[first:]


def exclude(a_start: int, a_end: int, b_start: int, b_end: int) -> bool:
    """Whether two edits can not lie on one copy; the first one comes no later in the order of start and end.

    >>> exclude(5, 8, 6, 7), exclude(5, 5, 5, 6), exclude(5, 5, 5, 5), exclude(5, 8, 8, 8)
    (True, False, True, False)
    """
    if a_start == a_end and b_start == b_end:
        return a_start == b_start
    return b_start < a_end
