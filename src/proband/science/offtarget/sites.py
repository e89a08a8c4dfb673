"""Sites found by a search: arrays, one entry per site, and the words of their canonical alignments.

Coordinates are 0-based half-open on the forward strand; `columns` are in the guide's 5' to 3' direction.
What a site is and which alignment is canonical: docs/explanation/off-target-semantics.md.

Cannot see: the sequence itself; the bases of a footprint are handed over where an alignment is written out.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from proband.kernels.site_alignment import DNA_BULGE, MATCH, NO_COLUMN, RNA_BULGE
from proband.science.offtarget.guide import CODES, Guide

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hits:
    """Sites on one sequence, ordered by guide, PAM start and strand (forward first); arrays of one length n."""

    guide: Ints
    """Index into the guides that were searched."""
    strand: Ints
    """1 where the guide's strand is the forward strand, else -1."""
    pam_start: Ints
    """First base of the PAM on the forward strand."""
    start: Ints
    """First base of the footprint (protospacer and PAM) on the forward strand."""
    end: Ints
    """End of the footprint, not included."""
    mismatches: Ints
    dna_bulges: Ints
    rna_bulges: Ints
    columns: npt.NDArray[np.uint8]
    """(n, longest) kinds of the alignment's columns, the spacer's 5' end first: 0 match, 1 mismatch, 2 DNA bulge, 3 RNA
    bulge, 255 after the last."""

    def __len__(self) -> int:
        return len(self.guide)

    @property
    def edits(self) -> Ints:
        """Mismatches and bulge bases together."""
        return self.mismatches + self.dna_bulges + self.rna_bulges

    def take(self, which: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Hits:
        """The chosen sites, by index or mask."""
        return Hits(*(getattr(self, f.name)[which] for f in fields(Hits)))

    def moved(self, by: int) -> Hits:
        """The same sites on a sequence in which this one begins at `by`."""
        return Hits(
            self.guide, self.strand, self.pam_start + by, self.start + by, self.end + by, self.mismatches,
            self.dna_bulges, self.rna_bulges, self.columns,
        )  # fmt: skip


def ordered(hits: Hits) -> Hits:
    """Sites in the order of `Hits`."""
    return hits.take(np.lexsort((-hits.strand, hits.pam_start, hits.guide)))


def joined(parts: list[Hits], width: int) -> Hits:
    """Several groups of sites as one, in the order given; `width` is the length of the longest alignment."""
    if not parts:
        none = np.zeros(0, np.int64)
        return Hits(none, none, none, none, none, none, none, none, np.zeros((0, width), np.uint8))
    return Hits(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Hits)))


@dataclass(frozen=True, slots=True)
class Written:
    """A canonical alignment in letters, 5' to 3' on the guide's strand; lower case is a mismatch, - a bulge."""

    spacer: str
    protospacer: str
    pam: str


def footprint_codes(codes: npt.NDArray[np.uint8], start: int, end: int, strand: int) -> npt.NDArray[np.uint8]:
    """The footprint's codes 5' to 3' on the guide's strand."""
    part = codes[start:end]
    return part if strand > 0 else np.where(part < 4, 3 - part, part)[::-1].astype(np.uint8)


def written(guide: Guide, footprint: npt.NDArray[np.uint8], columns: npt.NDArray[np.uint8]) -> Written:
    """The letters of a canonical alignment from the footprint's codes on the guide's strand.

    >>> g = Guide("g", "ACGT", "NGG", 3)
    >>> written(g, np.array([0, 1, 1, 3, 0, 2, 2], np.uint8), np.array([0, 0, 1, 0], np.uint8))
    Written(spacer='ACGT', protospacer='ACcT', pam='AGG')
    """
    letters = "".join((CODES + "N")[x] for x in footprint)
    size = len(guide.pam)
    pam, genome = (letters[-size:], letters[:-size]) if guide.pam_side == 3 else (letters[:size], letters[size:])
    above, below, i, j = [], [], 0, 0
    for kind in columns:
        if kind == NO_COLUMN:
            break
        above.append("-" if kind == DNA_BULGE else guide.spacer[i])
        below.append("-" if kind == RNA_BULGE else genome[j] if kind in (MATCH, DNA_BULGE) else genome[j].lower())
        i += kind != DNA_BULGE
        j += kind != RNA_BULGE
    return Written("".join(above), "".join(below), pam)
