"""One place where an oligonucleotide can pair: genomic blocks, transcripts, and the canonical alignment in letters.

Coordinates are 0-based half-open on the forward strand; a place across a splice junction has several blocks. What a
place is and which alignment is told: docs/how-to/search-oligonucleotide-off-targets.md.

Cannot see: whether the RNA is made, folded there, or covered by proteins.
"""

from __future__ import annotations

from dataclasses import dataclass

from proband.kernels.oligo_scan import MATCH, MISMATCH, OLIGO_BULGE, TARGET_BULGE

Blocks = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class OligoAlignment:
    """A canonical alignment, told from the oligonucleotide's 5' end.

    `columns` are kinds: 0 match, 1 mismatch, 2 target bulge, 3 oligo bulge; `site` is the paired stretch of RNA, 5' to
    3', as DNA letters.
    """

    mismatches: int
    target_bulges: int
    oligo_bulges: int
    trimmed_5: int
    trimmed_3: int
    columns: tuple[int, ...]
    site: str

    @property
    def edits(self) -> int:
        """Mismatches, bulged bases and unpaired end bases together."""
        return self.mismatches + self.target_bulges + self.oligo_bulges + self.trimmed_5 + self.trimmed_3

    @property
    def key(self) -> tuple[int | tuple[int, ...], ...]:
        """The order in which alignments are preferred."""
        bulged, trimmed = self.target_bulges + self.oligo_bulges, self.trimmed_5 + self.trimmed_3
        return self.edits, bulged, trimmed, self.target_bulges, self.trimmed_5, self.columns

    @property
    def longest_run(self) -> int:
        """Base pairs of the longest stretch without mismatch or bulge.

        >>> OligoAlignment(1, 0, 0, 0, 0, (0, 1, 0, 0), "ACGT").longest_run
        2
        """
        return _longest(self.columns)

    def paired_run(self, low: int, high: int) -> int:
        """Base pairs of the longest stretch that lies within bases `low` to `high` of the oligonucleotide."""
        kept, i = [], self.trimmed_5
        for kind in self.columns:
            inside = low <= i < high
            kept.append(kind if inside else MISMATCH)
            i += kind != TARGET_BULGE
        return _longest(kept)

    def letters(self, oligo: str) -> tuple[str, str]:
        """The oligonucleotide 5' to 3', and the RNA that faces it, 3' to 5', column by column.

        A mismatched base of the RNA is in lower case; ``-`` is the missing partner in a bulge; ``.`` faces an end that
        is left unpaired.

        >>> OligoAlignment(1, 0, 0, 1, 0, (0, 1, 0), "TGG").letters("ACAA")
        ('ACAA', '.GgT')
        """
        above, below = [oligo[: self.trimmed_5]], ["." * self.trimmed_5]
        i, facing = self.trimmed_5, iter(reversed(self.site))
        for kind in self.columns:
            above.append("-" if kind == TARGET_BULGE else oligo[i])
            base = "-" if kind == OLIGO_BULGE else next(facing)
            below.append(base.lower() if kind == MISMATCH else base)
            i += kind != TARGET_BULGE
        return "".join(above) + oligo[i:], "".join(below) + "." * (len(oligo) - i)


def _longest(columns: list[int] | tuple[int, ...]) -> int:
    best = run = 0
    for kind in columns:
        run = run + 1 if kind == MATCH else 0
        best = max(best, run)
    return best


@dataclass(frozen=True, slots=True)
class OligoHit:
    """A place with the transcripts in which it lies, before and after splicing (ids, in the annotation's order)."""

    contig: str
    strand: str
    blocks: Blocks
    alignment: OligoAlignment
    unspliced: tuple[str, ...]
    spliced: tuple[str, ...]

    @property
    def id(self) -> str:
        """The place for people, 1-based and inclusive.

        >>> OligoHit("c1", "+", ((4, 9), (20, 23)), OligoAlignment(0, 0, 0, 0, 0, (0,), "A"), (), ("T1",)).id
        'c1:5-9,21-23(+)'
        """
        parts = ",".join(f"{s + 1}-{e}" for s, e in self.blocks)
        return f"{self.contig}:{parts}({self.strand})"

    @property
    def found_in(self) -> str:
        """``both``, ``unspliced`` (an intron in part or whole) or ``spliced`` (across a junction)."""
        return "both" if self.spliced and self.unspliced else "spliced" if self.spliced else "unspliced"

    @property
    def anchor(self) -> int:
        """The genomic end at which the oligonucleotide's 5' base pairs, trimmed bases not counted."""
        return self.blocks[-1][1] if self.strand == "+" else self.blocks[0][0]
