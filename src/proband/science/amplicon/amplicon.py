"""What a read is compared with: an amplicon, its cuts, and the windows in which an event counts.

Positions are 0-based indices of the amplicon; a cut is a boundary, the index of the base right of it. A window of
size w at a cut holds the w bases left and the w bases right of it. The outer 15 bases are never part of a window that
is made from a guide, because primers lie there.

Cannot see: whether the sequence given is the patient's; variants beside the guide are for `targets.with_variants`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from proband.science.sequence.alphabet import reverse_complement

EDGE = 15
"""Bases at each end of an amplicon that no window made from a guide holds; the published default."""
LONGEST = 4000
"""Bases of the longest amplicon and read; alignment takes memory with its square."""
LEAST_IDENTITY = 60.0
"""Percent of equal columns that an assigned read exceeds; the published default."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a spacer lies in an amplicon: strand, first index, index behind the last base, and its cut."""

    name: str
    strand: str
    start: int
    end: int
    cut: int


@dataclass(frozen=True, slots=True)
class Amplicon:
    """A sequence that reads are aligned to.

    `locus` groups the alleles of one place (reference, expected allele, haplotypes): homology decides within a
    locus, the alignment score between loci. `cuts` carry the gap incentive. `windows` are named sets of positions; the
    first is the one that decides what is modified. A read of a scaffold amplicon (`parent` is then the name of the
    amplicon that it is aligned to) shows `tail` right behind index `behind` - 1, or right before index `ahead`.

    Raises ``ValueError`` for a cut that does not lie inside, or a window position outside of the sequence.

    >>> Amplicon("a", "ACGTACGTAC", cuts=(5,), windows={"cut": (4, 5)}).window
    (4, 5)
    """

    name: str
    sequence: str
    locus: str = ""
    cuts: tuple[int, ...] = ()
    windows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    sites: tuple[Site, ...] = ()
    least_identity: float = LEAST_IDENTITY
    parent: str = ""
    behind: int = -1
    ahead: int = -1
    tail: str = ""

    def __post_init__(self) -> None:
        size = len(self.sequence)
        if not 0 < size <= LONGEST or set(self.sequence) - set("ACGTN"):
            raise ValueError(f"amplicon {self.name}: 1 to {LONGEST} bases of A, C, G, T, N")
        if any(not 0 < cut < size for cut in self.cuts):
            raise ValueError(f"amplicon {self.name}: a cut lies inside of the sequence")
        if any(not 0 <= p < size for positions in self.windows.values() for p in positions):
            raise ValueError(f"amplicon {self.name}: a window position lies outside of the sequence")

    @property
    def window(self) -> tuple[int, ...]:
        """The positions that decide; the whole amplicon without its ends where no window is named."""
        return next(iter(self.windows.values()), whole_window(len(self.sequence)))


def find_sites(sequence: str, spacer: str, from_end: int, name: str = "") -> list[Site]:
    """Every place of a spacer on either strand; `from_end` is the cut's distance from the spacer's 3' end.

    -3 is a cut three bases before the end. Raises nothing: no place is an empty list.

    >>> [(s.strand, s.start, s.cut) for s in find_sites("TTACGTGGAAACCACG", "ACGTGG", -3)]
    [('+', 2, 5)]
    >>> [(s.strand, s.start, s.cut) for s in find_sites("TTACGTGGAAACCACG", "CGTGGT", -3)]
    [('-', 10, 13)]
    """
    found = []
    for strand, bases in (("+", spacer), ("-", reverse_complement(spacer))):
        start = sequence.find(bases)
        while start >= 0:
            end = start + len(bases)
            cut = end + from_end if strand == "+" else start - from_end
            if 0 < cut < len(sequence):
                found.append(Site(name or spacer, strand, start, end, cut))
            start = sequence.find(bases, start + 1)
    return found


def whole_window(size: int, edge: int = EDGE) -> tuple[int, ...]:
    """All positions but the outer ones; all of them where nothing else would be left.

    >>> len(whole_window(100)), len(whole_window(20))
    (70, 20)
    """
    return tuple(range(edge, size - edge)) or tuple(range(size))


def around(boundaries: Iterable[int], width: int, size: int, edge: int = EDGE) -> tuple[int, ...]:
    """Positions of the `width` bases on each side of each boundary, without the amplicon's ends.

    >>> around([50], 1, 100)
    (49, 50)
    """
    wanted = {p for b in boundaries for p in range(b - width, b + width)}
    return tuple(sorted(wanted & set(range(edge, size - edge))))


def read_coordinates(text: str, size: int) -> tuple[int, ...]:
    """Window positions from text such as ``20-30_45-50``: 0-based, both ends included.

    Raises ``ValueError`` with what is wrong.

    >>> read_coordinates("2-4_7-7", 10)
    (2, 3, 4, 7)
    """
    found: set[int] = set()
    for part in text.split("_"):
        low, dash, high = part.strip().partition("-")
        if not (dash and low.isdecimal() and high.isdecimal() and len(low + high) < 12):
            raise ValueError(f"{part!r} is not a range such as 20-30")
        if not int(low) <= int(high) < size:
            raise ValueError(f"{part!r} does not lie in 0 to {size - 1}")
        found.update(range(int(low), int(high) + 1))
    return tuple(sorted(found))
