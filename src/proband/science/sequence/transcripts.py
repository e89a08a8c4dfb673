"""A transcript on a genome: exons, coding part, and the way between genomic, n. and c. positions.

Positions are 0-based on the plus strand of the genome; intervals are half-open. What is written for people
(c.-5, c.88+2) follows the numbering of the HGVS Nomenclature, chapter "Numbering" (den Dunnen et al., Human
Mutation 2016;37:564-569): no zero, ``*`` after the stop codon, an intron's positions are counted from the nearer
exon, and the middle base of an odd intron from the exon before it.

Cannot see: whether the transcript is the one that matters in the tissue, RNA editing, selenocysteine, programmed
frameshifts, and anything outside the exons that the annotation gives.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from proband.core.errors import Problem, ProgramError
from proband.science.sequence.alphabet import STANDARD, CodonTable, complement, translate

_WRITTEN = re.compile(r"(?:[cn]\.)?(?P<mark>[-*]?)(?P<number>[1-9]\d*)(?P<offset>[+-][1-9]\d*)?\Z")


@dataclass(frozen=True, slots=True)
class TranscriptConcern:
    """Something about a transcript that a check did not find as expected; the transcript stays usable."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Position:
    """A position in c. or n. numbering: `mark` is "", "-" or "*", `offset` counts into an intron.

    >>> str(Position("", 88, 2)), str(Position("*", 7)), str(Position("-", 5))
    ('88+2', '*7', '-5')
    """

    mark: str
    number: int
    offset: int = 0

    def __str__(self) -> str:
        return f"{self.mark}{self.number}" + (f"{self.offset:+d}" if self.offset else "")

    @staticmethod
    def read(text: str) -> Position:
        """The position written as in HGVS, with or without ``c.`` or ``n.``.

        Raises ``ProgramError`` for anything else, c.0 included.

        >>> Position.read("c.*7-3")
        Position(mark='*', number=7, offset=-3)
        """
        found = _WRITTEN.match(text)
        if not found:
            remedy = "write one position, without the change"
            raise ProgramError([Problem("HGVS position", "", text, "such as c.88, c.-5, c.*7 or c.88+2", remedy)])
        return Position(found["mark"], int(found["number"]), int(found["offset"] or 0))


@dataclass(frozen=True)
class Transcript:
    """A spliced transcript with its sequence; made by ``build.build_transcript``.

    `exons` ascend on the plus strand; `cds_start` and `cds_end` bound the coding part on the genome, stop codon
    included, None when non-coding. `sequence` is the spliced RNA as DNA, 5' to 3'. `phase` is the number of coding
    bases before the first whole codon (0 unless the 5' end is incomplete). `coding_before` is the number of coding
    bases that a partial transcript lacks at its 5' end, so that c. numbers stay those of the whole one.

    >>> t = Transcript("T1", "G", "c1", "-", ((0, 6), (9, 15)), 1, 15, "ATGCAGTAGAAA", gene_id="G1")
    >>> t.coding_sequence(), t.protein(), t.coding_index(14), t.coding_index(7)
    ('ATGCAGTAGAA', 'MQ', 0, None)
    """

    id: str
    gene: str
    contig: str
    strand: str
    exons: tuple[tuple[int, int], ...]
    cds_start: int | None
    cds_end: int | None
    sequence: str
    gene_id: str = ""
    build: str = ""
    protein_id: str = ""
    phase: int = 0
    coding_before: int = 0
    start_complete: bool = True
    stop_complete: bool = True
    tags: tuple[str, ...] = ()
    codon_table: CodonTable = STANDARD
    concerns: tuple[TranscriptConcern, ...] = ()

    @property
    def start(self) -> int:
        """First genomic position of the transcript."""
        return self.exons[0][0]

    @property
    def end(self) -> int:
        """Genomic position after the last of the transcript."""
        return self.exons[-1][1]

    @property
    def is_coding(self) -> bool:
        """Whether the annotation gives a coding part."""
        return self.cds_start is not None

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(start for start, _ in self.exons)

    @cached_property
    def _before(self) -> tuple[int, ...]:
        """For each exon, ascending: transcript bases that lie before it in genomic order."""
        sums, total = [], 0
        for start, end in self.exons:
            sums.append(total)
            total += end - start
        return tuple(sums)

    @cached_property
    def coding_span(self) -> tuple[int, int]:
        """The coding part as 0-based half-open n. indices; raises ``ProgramError`` when there is none."""
        if self.cds_start is None or self.cds_end is None:
            raise ProgramError([self._problem("no coding part", "a coding transcript", "use n. numbering")])
        first, last = self.transcript_index(self.cds_start), self.transcript_index(self.cds_end - 1)
        if first is None or last is None:
            raise ProgramError([self._problem("the coding part ends outside the exons", "inside", "mend the exons")])
        return min(first, last), max(first, last) + 1

    @cached_property
    def _coding(self) -> str:
        if not self.is_coding:
            return ""
        first, last = self.coding_span
        return self.sequence[first:last]

    @cached_property
    def residues(self) -> str:
        """Residues of all whole codons of the coding part, stop included; the start codon is read as Met."""
        residues = translate(self._coding[self.phase :], self.codon_table)
        return "M" + residues[1:] if self.start_complete and residues else residues

    @cached_property
    def _protein(self) -> str:
        return self.residues.partition("*")[0]

    def _problem(self, found: str, expected: str, remedy: str) -> Problem:
        return Problem(f"transcript {self.id}", "", found, expected, remedy)

    # ---- genomic <-> n.

    def transcript_index(self, position: int) -> int | None:
        """0-based index in the spliced transcript of a genomic position; None outside the exons.

        >>> t = Transcript("T1", "G", "c1", "-", ((0, 6), (9, 15)), None, None, "ATGCAGTAGAAA")
        >>> t.transcript_index(14), t.transcript_index(0), t.transcript_index(8)
        (0, 11, None)
        """
        i = bisect_right(self._starts, position) - 1
        if i < 0 or position >= self.exons[i][1]:
            return None
        along = self._before[i] + position - self._starts[i]
        return along if self.strand == "+" else len(self.sequence) - 1 - along

    def genomic_position(self, index: int) -> int:
        """Genomic position of a 0-based index in the spliced transcript; raises ``IndexError`` outside it."""
        if not 0 <= index < len(self.sequence):
            raise IndexError(f"{self.id} has {len(self.sequence)} bases, no index {index}")
        along = index if self.strand == "+" else len(self.sequence) - 1 - index
        i = bisect_right(self._before, along) - 1
        return self._starts[i] + along - self._before[i]

    def exon_of(self, position: int) -> int | None:
        """Number of the exon that holds a genomic position, 1 for the first transcribed; None outside."""
        i = bisect_right(self._starts, position) - 1
        if i < 0 or position >= self.exons[i][1]:
            return None
        return i + 1 if self.strand == "+" else len(self.exons) - i

    # ---- coding part and protein

    def coding_sequence(self) -> str:
        """The coding part, 5' to 3', stop codon included; empty for a non-coding transcript."""
        return self._coding

    def coding_index(self, position: int) -> int | None:
        """0-based index in `coding_sequence()` of a genomic position; None outside the coding part."""
        index = self.transcript_index(position)
        if index is None or not self.is_coding:
            return None
        first, last = self.coding_span
        return index - first if first <= index < last else None

    def protein(self) -> str:
        """Residues up to the first stop, which is left out. The first is M where the start codon is known."""
        return self._protein

    def protein_with(self, edits: Mapping[int, str]) -> str:
        """The protein after single-base changes, given as genomic position to base on the plus strand.

        Changes outside the coding part alter nothing, unless the stop codon is lost: the reading then goes on into
        the 3' UTR (changed too) up to a stop or the end of the transcript. A changed start codon gives ``""``:
        what is then made can not be said. Splicing is taken as unchanged: ask ``splice_distance``.

        Raises ``ValueError`` for anything but A, C, G, T.

        >>> t = Transcript("T1", "G", "c1", "+", ((0, 12),), 0, 9, "ATGCAGTAGAAA")
        >>> t.protein_with({3: "T"}), t.protein_with({6: "C"}), t.protein_with({0: "G"}), t.protein_with({5: "A"})
        ('M', 'MQQK', '', 'MQ')
        """
        if not self.is_coding:
            return ""
        changed = {}
        for position, base in edits.items():
            if base not in ("A", "C", "G", "T"):
                raise ValueError(f"{base!r} is not a base to change to: A, C, G or T")
            index = self.transcript_index(position)
            if index is not None:
                changed[index] = base if self.strand == "+" else complement(base)
        return self._reread(changed)

    def _reread(self, changed: Mapping[int, str]) -> str:
        first, last = self.coding_span
        frame, sequence, residues = first + self.phase, self.sequence, self.residues
        codons = sorted({(i - frame) // 3 for i in changed if frame <= i < last})
        new = residues
        for number in codons:
            at = frame + 3 * number
            old = sequence[at : at + 3]
            codon = "".join([changed.get(at + k, base) for k, base in enumerate(old)])
            if len(codon) < 3 or codon == old:
                continue
            if number == 0 and self.start_complete:
                return ""
            new = new[:number] + self.codon_table.residue(codon) + new[number + 1 :]
        protein, stop, _ = new.partition("*")
        if stop or "*" not in residues or not self.stop_complete:
            return protein
        return protein + self._extension(frame + 3 * len(residues), changed)

    def _extension(self, index: int, changed: Mapping[int, str]) -> str:
        tail = "".join([changed.get(index + k, base) for k, base in enumerate(self.sequence[index:])])
        return translate(tail, self.codon_table, to_stop=True)

    # ---- splice sites

    def splice_distance(self, position: int) -> int | None:
        """Signed distance to the nearest splice junction: positive in an exon, negative in an intron, never 0.

        1 is the exonic base beside an intron, -1 and -2 are the intron's outer two. The outer ends of the first
        and the last exon are no splice sites. None where there is no junction: outside, or a single exon.

        >>> t = Transcript("T1", "G", "c1", "+", ((0, 6), (16, 22)), None, None, "ATGCAGTAGAAA")
        >>> [t.splice_distance(p) for p in (0, 5, 6, 7, 15, 16, 30)]
        [6, 1, -1, -2, -1, 1, None]
        """
        i = bisect_right(self._starts, position) - 1
        if i < 0 or position >= self.end or len(self.exons) == 1:
            return None
        start, end = self.exons[i]
        if position >= end:
            return -min(position - end + 1, self._starts[i + 1] - position)
        sides = [position - start + 1] if i else []
        if i < len(self.exons) - 1:
            sides.append(end - position)
        return min(sides)

    # ---- c. and n. numbering

    def position_c(self, position: int) -> Position:
        """The c. position of a genomic one, introns and UTRs included.

        Raises ``ProgramError`` outside the transcript, for a non-coding one, and where the number can not be
        known because the coding part lacks the end from which it counts.

        >>> t = Transcript("T1", "G", "c1", "+", ((0, 6), (9, 15)), 2, 11, "AAATGCAGTAGA")
        >>> [str(t.position_c(p)) for p in (0, 2, 6, 7, 8, 9, 11)]
        ['-2', '1', '4+1', '4+2', '5-1', '5', '*1']
        """
        index, offset = self._anchor(position)
        first, last = self.coding_span
        if index < first:
            return Position("-", self._counted_from(first - index, "start"), offset)
        if index >= last:
            return Position("*", self._counted_from(index - last + 1, "stop"), offset)
        return Position("", self._counted_from(index - first + 1 + self.coding_before, "frame"), offset)

    def position_n(self, position: int) -> Position:
        """The n. position of a genomic one: counted from the first transcribed base."""
        index, offset = self._anchor(position)
        return Position("", index + 1, offset)

    def _counted_from(self, number: int, end: str) -> int:
        if end == "start" and not self.start_complete:
            lacking = "a c.- number, but the coding part is incomplete at its 5' end"
        elif end == "stop" and not self.stop_complete:
            lacking = "a c.* number, but the coding part is incomplete at its 3' end"
        elif end == "frame" and not self.start_complete and not self.coding_before:
            lacking = "a c. number, but how much is missing before the coding part is not stated"
        else:
            return number
        raise ProgramError([self._problem(lacking, "a known end to count from", "use g. or n., or a whole transcript")])

    def _anchor(self, position: int) -> tuple[int, int]:
        """The nearest exonic n. index and the offset from it in transcript direction."""
        index = self.transcript_index(position)
        if index is not None:
            return index, 0
        i = bisect_right(self._starts, position) - 1
        if i < 0 or position >= self.end:
            place = f"{self.contig}:{position + 1}"
            expected = f"a position in {self.contig}:{self.start + 1}-{self.end}"
            raise ProgramError([self._problem(place, expected, "use g. numbering outside of the transcript")])
        left, right = self.exons[i][1] - 1, self._starts[i + 1]
        after, before = position - left, right - position
        from_left = after < before or (after == before and self.strand == "+")
        anchor, offset = (left, after) if from_left else (right, -before)
        index = self.transcript_index(anchor)
        assert index is not None
        return index, offset if self.strand == "+" else -offset

    def position_g(self, position: Position | str, *, coding: bool = True) -> int:
        """The genomic position of a c. (or, with ``coding=False``, n.) position.

        Raises ``ProgramError`` for a number outside of the transcript, an offset from a base that is not next to an
        intron, or one longer than the intron.

        >>> t = Transcript("T1", "G", "c1", "-", ((0, 6), (9, 15)), 1, 13, "AAATGCAGTAGA")
        >>> [t.position_g(x) for x in ("c.-2", "c.1", "c.4+1", "c.5-1", "c.*1")]
        [14, 12, 8, 6, 0]
        """
        p = Position.read(position) if isinstance(position, str) else position
        index = self._index_c(p) if coding else p.number - 1
        if not 0 <= index < len(self.sequence) or (not coding and p.mark):
            raise ProgramError([self._problem(str(p), "a position of the transcript", "check number and transcript")])
        at = self.genomic_position(index)
        if not p.offset:
            return at
        step = p.offset if self.strand == "+" else -p.offset
        i = bisect_right(self._starts, at) - 1
        if step > 0:
            beside, room = at == self.exons[i][1] - 1, self._starts[i + 1 : i + 2] and self._starts[i + 1] - at - 1
        else:
            beside, room = at == self._starts[i], at - self.exons[i - 1][1] if i else 0
        if not beside or not room or abs(step) > room:
            expected = f"a base beside an intron, and an offset of at most {room or 0}"
            raise ProgramError([self._problem(str(p), expected, "check position and transcript version")])
        return at + step

    def _index_c(self, p: Position) -> int:
        first, last = self.coding_span
        if p.mark == "-":
            return first - self._counted_from(p.number, "start")
        if p.mark == "*":
            return last + self._counted_from(p.number, "stop") - 1
        index = first + self._counted_from(p.number, "frame") - 1 - self.coding_before
        if not first <= index < last:
            expected = f"c.{self.coding_before + 1} to c.{self.coding_before + last - first}"
            raise ProgramError([self._problem(f"c.{p}", expected, "past the coding part, count with * or -")])
        return index
