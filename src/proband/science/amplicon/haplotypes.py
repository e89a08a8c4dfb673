"""The two haplotypes of a heterozygous patient at one amplicon: markers, and which haplotype a read is of.

A marker is a substitution between the haplotypes that editing can not make: not where the expected allele differs, and
for base editors no pair of the editor's own conversion in the protospacer or its wide window. A read is of the
haplotype whose bases all its readable markers show; a read without one, or with both, is undetermined and in neither
count. Each haplotype is then counted by itself, on its own sequence, so that the normal allele is never taken for a
corrected one.

Where the haplotypes differ at no marker, a corrected read and a read of the normal allele are the same sequence: no
count of reads can part them, and only insertions and deletions are told (`Haplotypes.blurred`).

Cannot see: phase (it is taken as given); errors of sequencing at the only marker, which put about one read in a
thousand into the other haplotype; markers that a deletion removed, whose reads are undetermined, so that fractions of
that haplotype are bounded from both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from proband.science.amplicon.amplicon import Amplicon
from proband.science.amplicon.fastq import UniqueReads
from proband.science.amplicon.locus_events import changes_between
from proband.science.amplicon.locus_reads import LETTERS, Array, LocusReads, bases_at
from proband.science.amplicon.quantify import Quantified
from proband.science.amplicon.targets import Target, places_of
from proband.science.sequence.alphabet import complement

FIRST, SECOND, UNDETERMINED = 1, 2, 0
SUFFIX = ".haplotype2"
"""What is added to the name of a site for its other haplotype."""
Change = tuple[int, str, str]
"""0-based place on the amplicon, its base, and the base of the other haplotype."""


@dataclass(frozen=True, slots=True)
class Haplotypes:
    """How the other haplotype differs from the amplicon, and which of the differences are markers.

    `blurred` says that a corrected read can not be told from one of the other haplotype.
    """

    variants: tuple[Change, ...]
    markers: tuple[Change, ...]

    @property
    def blurred(self) -> bool:
        """Whether no marker parts the haplotypes."""
        return not self.markers


def haplotypes_of(variants: Sequence[Change], target: Target, amplicons: Sequence[Amplicon]) -> Haplotypes:
    """Which variants of the other haplotype are markers of a target whose amplicons are given (reference first).

    Raises ``ValueError`` for variants that are no substitutions of one base, or two at one place.

    >>> a = Amplicon("a", "ACGTACGTACGT")
    >>> haplotypes_of([(2, "G", "T")], Target("a", a.sequence), [a]).markers
    ((2, 'G', 'T'),)
    """
    if any(len(before) != 1 or len(after) != 1 or before == after for _, before, after in variants):
        raise ValueError("in a panel the haplotypes are told by substitutions of one base, such as 45C>T")
    if len({p for p, _, _ in variants}) < len(variants):
        raise ValueError("two variants at one base")
    written = _written(target, amplicons)
    made = tuple(sorted(variants))
    return Haplotypes(made, tuple(v for v in made if v[0] not in written and not _converts(v, target, amplicons[0])))


def _written(target: Target, amplicons: Sequence[Amplicon]) -> set[int]:
    """Bases of the reference amplicon that the expected allele changes, and those beside its gaps."""
    first = amplicons[0]
    others = [a.sequence for a in amplicons[1:] if not a.parent]
    if target.expected:
        others.append(target.expected.upper())
    found: set[int] = set()
    for other in others:
        for s in changes_between(0, first, other, first.cuts):
            span = range(s.start, s.start + s.length) if s.kind != "insertion" else range(s.start - 1, s.start + 1)
            found.update(span)
    return found


def _converts(variant: Change, target: Target, first: Amplicon) -> bool:
    """Whether the two bases of a variant are the pair of the base editor's conversion, where it converts."""
    editor = target.editor
    if editor is None or editor.kind != "base" or editor.conversion is None or not first.sites:
        return False
    place, before, after = variant
    for site in first.sites:
        position = place - site.start + 1 if site.strand == "+" else site.end - place
        low, high = editor.wide_window
        if not min(low, 1) <= position <= max(high, site.end - site.start):
            continue
        pair = {before, after} if site.strand == "+" else {complement(before), complement(after)}
        if pair == set(editor.conversion):
            return True
    return False


def haplotype_of_reads(reads: LocusReads, markers: Sequence[Change]) -> Array:
    """`FIRST`, `SECOND` or `UNDETERMINED` for each unique read of a locus counted on the first haplotype."""
    made = np.full(len(reads.rows), UNDETERMINED, np.int8)
    reference = reads.q.amplicons[reads.members[0]]
    for k in reads.members:
        amplicon = reads.q.amplicons[k]
        mine = np.flatnonzero(reads.amplicon == k)
        place = places_of(amplicon.sequence, reference, "compatible") if k != reads.members[0] else None
        positions = [place[p][0] if place else p for p, _, _ in markers]
        shown = bases_at(reads.q, reads.rows[mine], positions)
        one = np.array([LETTERS.index(before) for _, before, _ in markers])
        two = np.array([LETTERS.index(after) for _, _, after in markers])
        first, second = (shown == one).any(axis=1), (shown == two).any(axis=1)
        made[mine] = np.where(first & ~second, FIRST, np.where(second & ~first, SECOND, UNDETERMINED))
    return made


def chosen_reads(q: Quantified, rows: Array) -> UniqueReads:
    """Some unique reads of a quantification, to be counted by themselves."""
    counts = q.reads.counts[rows]
    return replace(
        q.reads, starts=q.reads.starts[rows], sizes=q.reads.sizes[rows], counts=counts, reads_in=int(counts.sum()),
        filtered={}, skipped={}, umi=None,
    )  # fmt: skip
