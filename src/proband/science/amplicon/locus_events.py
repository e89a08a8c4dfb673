"""Distinct events of a locus and the alleles that they make, for tables, carry-over and variant records.

An event is named by its amplicon, kind, leftmost place and bases (Tan, Abecasis and Kang, Bioinformatics
2015;31:2202-2204), so that one change written in two places is one event. Only events in the deciding window are kept.
An allele is the set of a read's events: reads with equal sets are one allele here, whatever lies outside the window.

Cannot see: which of several equal places is the true one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from proband.kernels import events as kernel
from proband.science.amplicon.alignment import align_pair
from proband.science.amplicon.amplicon import Amplicon
from proband.science.amplicon.locus_reads import LETTERS, Array, LocusReads, events_of
from proband.science.amplicon.outputs import left_bases

KINDS = {kernel.INSERTION: "insertion", kernel.DELETION: "deletion", kernel.SUBSTITUTION: "substitution"}


@dataclass(frozen=True, slots=True, order=True)
class Signature:
    """One change of an amplicon: kind, leftmost start (0-based; of an insertion the boundary), length, bases gained."""

    amplicon: int
    kind: str
    start: int
    length: int
    bases: str

    def shown(self, sequence: str) -> str:
        """The change in words for people, 1-based on the amplicon.

        >>> Signature(0, "deletion", 4, 2, "").shown("ACGTACGT"), Signature(0, "substitution", 0, 1, "G").shown("ACGT")
        ('del5-6', '1A>G')
        """
        if self.kind == "substitution":
            return f"{self.start + 1}{sequence[self.start]}>{self.bases}"
        if self.kind == "insertion":
            return f"ins{self.start}_{self.start + 1}{self.bases if self.length <= 20 else self.length}"
        end = self.start + self.length
        return f"del{self.start + 1}" + (f"-{end}" if self.length > 1 else "")


@dataclass(frozen=True)
class LocusEvents:
    """Distinct events, and for each event of each unique read its owner (index into ``LocusReads.rows``) and number."""

    signatures: tuple[Signature, ...]
    owner: Array
    number: Array

    def alleles(self, size: int) -> list[tuple[int, ...]]:
        """The set of event numbers of each of `size` unique reads, ascending."""
        made: list[tuple[int, ...]] = [()] * size
        if not len(self.number):
            return made
        order = np.lexsort((self.number, self.owner))
        owner, number = self.owner[order], self.number[order]
        held, first = np.unique(owner, return_index=True)
        for r, numbers in zip(held.tolist(), np.split(number, first[1:]), strict=True):
            made[r] = tuple(numbers.tolist())
        return made


def locus_events(reads: LocusReads) -> LocusEvents:
    """The events of a locus that lie in the deciding windows."""
    found = events_of(reads.q, reads.rows)
    keep = found.column(kernel.COUNTED) > 0
    owner, rows = found.owner[keep], found.rows[keep]
    kind = rows[:, kernel.KIND]
    begin = reads.q.reads.starts[reads.rows[owner]] + rows[:, kernel.READ_START]
    arena = reads.q.reads.arena
    texts: dict[str, int] = {"": 0}
    code = np.zeros(len(rows), np.int64)
    changed = kind == kernel.SUBSTITUTION
    code[changed] = arena[begin[changed]]
    for i in np.flatnonzero(kind == kernel.INSERTION).tolist():
        bases = "".join(LETTERS[c] for c in arena[begin[i] : begin[i] + rows[i, kernel.LENGTH]])
        written = left_bases(bases, int(rows[i, kernel.START] - rows[i, kernel.LEFT]))
        code[i] = texts.setdefault(written, len(texts))
    columns = [reads.amplicon[owner], kind, rows[:, kernel.LEFT], rows[:, kernel.LENGTH], code]
    table = np.stack([np.asarray(c, np.int64) for c in columns], axis=1)
    distinct, number = np.unique(table, axis=0, return_inverse=True)
    words = list(texts)
    signatures = []
    for k, what, left, length, c in distinct.tolist():
        bases = words[c] if what == kernel.INSERTION else (LETTERS[c] if what == kernel.SUBSTITUTION else "")
        signatures.append(Signature(k, KINDS[what], left, length, bases))
    return LocusEvents(tuple(signatures), owner, number.reshape(-1))


def repeat_length(sequence: str, start: int, length: int) -> int:
    """Bases of direct repeat at the ends of a deletion whose leftmost start is given, at most its length.

    The repeat is what the bases behind the deletion share with its first ones: the microhomology of an end joining
    (McVey and Lee, Trends in Genetics 2008;24:529-538). A deletion as long as its repeat takes units of a tandem
    repeat, which slippage makes too.

    >>> repeat_length("TTACGGGACGTT", 2, 5), repeat_length("AAAACCTTGG", 4, 2)
    (3, 0)
    """
    shared = 0
    while shared < length and start + length + shared < len(sequence):
        if sequence[start + shared] != sequence[start + length + shared]:
            break
        shared += 1
    return shared


def changes_between(amplicon: int, reference: Amplicon, other: str, cuts: Sequence[int]) -> tuple[Signature, ...]:
    """The changes that make another sequence of an amplicon, named as events of reads are.

    >>> a = Amplicon("a", "ACGTTGCATTGACCTG")
    >>> [s.shown(a.sequence) for s in changes_between(0, a, "ACGTTGCAATGACCTG", ())]
    ['9T>A']
    """
    upper, lower, _ = align_pair(other, reference.sequence, cuts)
    made: list[Signature] = []
    j = c = 0
    while c < len(lower):
        end = c + 1
        if lower[c] == "-":
            while end < len(lower) and lower[end] == "-":
                end += 1
            bases = upper[c:end]
            left = _left_insertion(reference.sequence, j, bases)
            made.append(Signature(amplicon, "insertion", left, len(bases), left_bases(bases, j - left)))
        elif upper[c] == "-":
            while end < len(upper) and upper[end] == "-":
                end += 1
            left = _left_deletion(reference.sequence, j, end - c)
            made.append(Signature(amplicon, "deletion", left, end - c, ""))
        elif upper[c] != lower[c]:
            made.append(Signature(amplicon, "substitution", j, 1, upper[c]))
        j += sum(b != "-" for b in lower[c:end])
        c = end
    return tuple(made)


def _left_deletion(sequence: str, start: int, length: int) -> int:
    while start > 0 and sequence[start - 1] == sequence[start - 1 + length]:
        start -= 1
    return start


def _left_insertion(sequence: str, place: int, bases: str) -> int:
    moved = 0
    while place > 0 and sequence[place - 1] == bases[(len(bases) - 1 - moved) % len(bases)]:
        place -= 1
        moved += 1
    return place
