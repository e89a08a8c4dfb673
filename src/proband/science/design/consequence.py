"""What a set of single-base changes does to a protein, and whether it lies at a splice site.

Terms are those of the Sequence Ontology: the essential splice bases are the two outermost of an intron, the splice
region is the three outermost of an exon and positions three to eight of an intron (SO:0001574, SO:0001575,
SO:0001630).

Cannot see: exonic splice enhancers, cryptic sites, regulatory sequence, RNA stability, and whether a missense change
is tolerated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

ESSENTIAL = 2  # bases of the intron, Sequence Ontology SO:0001574 and SO:0001575
REGION_INTRON = 8  # bases of the intron, Sequence Ontology SO:0001630
REGION_EXON = 3  # bases of the exon, Sequence Ontology SO:0001630


class ProteinContext(Protocol):
    """What is needed of a transcript; ``science.sequence.transcripts.Transcript`` has it."""

    @property
    def id(self) -> str:
        """Name of the transcript."""

    @property
    def contig(self) -> str:
        """Contig on which the exons lie."""

    @property
    def strand(self) -> str:
        """Strand of the gene."""

    @property
    def exons(self) -> tuple[tuple[int, int], ...]:
        """Exons ascending on the plus strand, 0-based half-open."""

    def coding_index(self, position: int) -> int | None:
        """Index in the coding sequence of a reference position; None outside."""

    def protein(self) -> str:
        """Residues of the reference."""

    def protein_with(self, edits: Mapping[int, str]) -> str:
        """Residues after changes given as reference position to plus-strand base."""


@dataclass(frozen=True, slots=True)
class SpliceFlag:
    """A base near a splice site: `site` is donor or acceptor, `offset` its distance: negative in the exon."""

    position: int
    site: str
    offset: int

    @property
    def essential(self) -> bool:
        """Whether it is one of the two outermost bases of the intron."""
        return 1 <= self.offset <= ESSENTIAL

    def __str__(self) -> str:
        where = f"{self.offset} into the intron" if self.offset > 0 else f"{-self.offset} from the end of the exon"
        return f"{self.site}, {where}"


@dataclass(frozen=True, slots=True)
class ProteinEffect:
    """A protein held against the one that is wanted: `kind` and the changes in one-letter form, such as D341G.

    `kind` is ``exact``, ``missense``, ``stop_gained``, ``stop_lost`` or ``start_lost``.
    """

    kind: str
    changes: tuple[str, ...]


def splice_flag(context: ProteinContext, position: int) -> SpliceFlag | None:
    """The nearest splice site of a reference position, if it lies within its region; None elsewhere.

    The outer ends of the first and last exon are no splice sites. Source: Sequence Ontology, as in the module.

    >>> from proband.science.sequence.transcripts import Transcript
    >>> t = Transcript("T1", "G", "c1", "-", ((0, 6), (16, 22)), 0, 22, "ATGCAGTAGAAA")
    >>> [str(splice_flag(t, p)) for p in (14, 16, 6)]
    ['donor, 2 into the intron', 'donor, 1 from the end of the exon', 'acceptor, 1 into the intron']
    """
    found = []
    pairs = zip(context.exons, context.exons[1:], strict=False)
    left, right = ("donor", "acceptor") if context.strand == "+" else ("acceptor", "donor")
    for (_, end), (start, _) in pairs:
        into = position - end + 1
        found.append(SpliceFlag(position, left, into if into > 0 else into - 1))
        into = start - position
        found.append(SpliceFlag(position, right, into if into > 0 else into - 1))
    near = [f for f in found if -REGION_EXON <= f.offset <= REGION_INTRON and f.offset != 0]
    return min(near, key=lambda f: (abs(f.offset), f.site), default=None)


def protein_effect(wanted: str, made: str) -> ProteinEffect:
    """Compare two proteins, each up to its first stop.

    >>> protein_effect("MKD", "MKG"), protein_effect("MKDL", "MK").kind, protein_effect("MK", "MKQL").kind
    (ProteinEffect(kind='missense', changes=('D3G',)), 'stop_gained', 'stop_lost')
    """
    wanted, made = wanted.partition("*")[0], made.partition("*")[0]
    if wanted == made:
        return ProteinEffect("exact", ())
    if not made or (wanted[:1] == "M" and made[0] != "M"):
        return ProteinEffect("start_lost", (f"{wanted[:1]}1?",))
    changes = [f"{a}{i}{b}" for i, (a, b) in enumerate(zip(wanted, made, strict=False), 1) if a != b]
    if len(made) < len(wanted):
        return ProteinEffect("stop_gained", (*changes, f"{wanted[len(made)]}{len(made) + 1}*"))
    if len(made) > len(wanted):
        return ProteinEffect("stop_lost", (*changes, f"*{len(wanted) + 1}{made[len(wanted)]}"))
    return ProteinEffect("missense", tuple(changes))
