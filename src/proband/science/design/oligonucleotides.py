"""Antisense oligonucleotides: the results shared by all designs, and tiling over a transcript of one haplotype.

An oligonucleotide is written 5' to 3' in DNA letters and is the reverse complement of the RNA that it covers; sugars,
linkages and bases are stated apart, as a chemistry class. A template is the RNA (unspliced or spliced) as one
haplotype has it: index 0 is its 5' end. `start` and `end` of a candidate bound it on the reference plus strand,
0-based half-open.

Cannot see: other transcripts of the gene, RNA editing, and anything about potency, tolerability or delivery.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from proband.core.errors import Problem, ProgramError
from proband.science.design.haplotype import Haplotype
from proband.science.design.strands import oriented
from proband.science.sequence.alphabet import reverse_complement
from proband.science.variant.change import Change

SHORTEST, LONGEST = 8, 40  # nt, what is tiled at all; project's choice
MISSING = ("potency", "tolerability", "off-targets", "delivery")
NO_STRUCTURE = "structure of the oligonucleotide and accessibility of its site"
_BASES = frozenset("ACGT")


class OligoRejection(NamedTuple):
    """A placement or a site that is not offered: code, sentence, reference interval (0-based half-open), sequence."""

    code: str
    detail: str
    start: int
    end: int
    sequence: str


@dataclass(frozen=True, slots=True)
class OligoCandidate:
    """One oligonucleotide: place, sequence 5' to 3' in DNA letters, chemistry class ("" where none was chosen).

    `covers` names what lies under it; `detail` is a ``SpliceDetail`` or a ``GapmerDetail``.
    """

    kind: str
    start: int
    end: int
    strand: str
    sequence: str
    chemistry_class: str
    covers: tuple[str, ...]
    facts_for: tuple[str, ...]
    facts_against: tuple[str, ...]
    missing: tuple[str, ...]
    detail: Any


@dataclass(frozen=True, slots=True)
class OligoDesign:
    """All candidates for one target, in the order that the design states, and why others or all are not offered.

    `why_not` is "" when there are candidates; `strand` is that of the transcript.
    """

    kind: str
    target: str
    contig: str
    strand: str
    transcript: str
    candidates: tuple[OligoCandidate, ...]
    rejected: tuple[OligoRejection, ...]
    why_not: str
    notes: tuple[str, ...]


class TranscriptPlace(Protocol):
    """What tiling needs of a transcript; ``science.sequence.transcripts.Transcript`` has it."""

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

    def exon_of(self, position: int) -> int | None:
        """Number of the exon that holds a reference position, 1 for the first transcribed; None outside."""


def reference_positions(haplotype: Haplotype) -> list[int | None]:
    """Reference position of every base of a haplotype, None for inserted ones; bases shared by a variant stay.

    >>> from proband.science.design.haplotype import Placed, haplotype_of
    >>> reference_positions(haplotype_of("c1", 10, "ACGT", [Placed(11, "C", "CTT")]))
    [10, 11, None, None, 12, 13]
    """
    found: list[int | None] = []
    at = haplotype.start
    for v in haplotype.variants:
        own = Change("", v.position, v.ref, v.alt).trimmed()
        found += range(at, own.start)
        kept = min(len(own.deleted), len(own.inserted))
        found += range(own.start, own.start + kept)
        found += [None] * (len(own.inserted) - kept)
        at = own.end
    found += range(at, at + len(haplotype.sequence) - len(found))
    return found


@dataclass(frozen=True)
class Template:
    """An RNA of one haplotype, 5' to 3', as DNA: `indices` are those of the haplotype's bases.

    `ends` says for its 5' and its 3' end why nothing lies beyond: ``past_sequence_end`` (not given) or
    ``past_transcript_end``.
    """

    haplotype: Haplotype
    strand: str
    indices: tuple[int, ...]
    ends: tuple[str, str]

    @cached_property
    def sense(self) -> str:
        """The bases, 5' to 3'."""
        plus = "".join(self.haplotype.sequence[i] for i in sorted(self.indices))
        return oriented(plus, self.strand)

    @cached_property
    def positions(self) -> tuple[int | None, ...]:
        """Reference position of each base, None for an inserted one."""
        known = reference_positions(self.haplotype)
        return tuple(known[i] for i in self.indices)

    @cached_property
    def index_of(self) -> Mapping[int, int]:
        """Template index by index in the haplotype."""
        return {h: t for t, h in enumerate(self.indices)}

    @cached_property
    def _by_position(self) -> Mapping[int, int]:
        return {p: t for t, p in enumerate(self.positions) if p is not None}

    def at(self, position: int) -> int | None:
        """Template index of a reference position; None where this RNA does not have it."""
        return self._by_position.get(position)

    def range_of(self, start: int, end: int) -> tuple[int, int] | None:
        """Template range of the bases within a reference interval; None where there is none."""
        found = [t for p, t in self._by_position.items() if start <= p < end]
        return (min(found), max(found) + 1) if found else None

    def blocks(self, low: int, high: int) -> tuple[tuple[int, int], ...]:
        """Reference intervals, ascending, of a template range: one per stretch without a splice junction.

        Inserted bases have no place of their own; a stretch of them alone gives an empty interval.
        """
        low, high = max(low, 0), min(high, len(self.indices))
        stretches: list[list[int]] = []
        for t in range(low, high):
            if t > low and abs(self.indices[t] - self.indices[t - 1]) == 1:
                stretches[-1].append(t)
            else:
                stretches.append([t])
        return tuple(sorted(self._interval(s) for s in stretches))

    def _interval(self, stretch: list[int]) -> tuple[int, int]:
        known = [p for p in (self.positions[t] for t in stretch) if p is not None]
        if known:
            return min(known), max(known) + 1
        beside = self.haplotype.boundary(min(self.indices[t] for t in stretch))
        return beside, beside

    def span(self, low: int, high: int) -> tuple[int, int]:
        """Reference interval from the first to the last base of a template range, introns between them included."""
        blocks = self.blocks(low, high)
        if blocks:
            return blocks[0][0], blocks[-1][1]
        beside = self.haplotype.boundary(self.indices[0 if high <= 0 else -1])
        return beside, beside

    def length_note(self, low: int, high: int) -> list[str]:
        """A fact where an insertion or a deletion of this haplotype lies under a template range."""
        there = sum(end - start for start, end in self.blocks(low, high))
        if there == high - low:
            return []
        return [f"covers {high - low} bases of this allele, where the reference has {there}"]

    def oligo(self, low: int, high: int) -> str:
        """The oligonucleotide that covers a template range, 5' to 3'."""
        return reverse_complement(self.sense[low:high])

    def site_of(self, oligo: str) -> tuple[int, ...]:
        """Every template index at which the RNA is the reverse complement of an oligonucleotide, overlaps included."""
        wanted, found = reverse_complement(oligo), []
        at = self.sense.find(wanted)
        while at >= 0:
            found.append(at)
            at = self.sense.find(wanted, at + 1)
        return tuple(found)

    def problem(self, low: int, high: int) -> OligoRejection | None:
        """Why nothing can be offered at a template range, or None."""
        length = len(self.indices)
        if low < 0 or high > length:
            code = self.ends[0] if low < 0 else self.ends[1]
            return OligoRejection(code, _ENDS[code], *self.span(low, high), "")
        letters = sorted(set(self.sense[low:high]) - _BASES)
        if letters:
            detail = f"the sequence holds {' '.join(letters)}: which base is there is not known"
            return OligoRejection("ambiguous_base", detail, *self.span(low, high), self.oligo(low, high))
        return None


_ENDS = {
    "past_sequence_end": "the sequence given ends before the oligonucleotide does",
    "past_transcript_end": "the transcript ends before the oligonucleotide does",
}


def pre_mrna(haplotype: Haplotype, transcript: TranscriptPlace) -> Template:
    """The unspliced RNA of a transcript as far as the haplotype reaches.

    Raises ``ProgramError`` for a transcript elsewhere.

    >>> from proband.science.design.haplotype import haplotype_of
    >>> from proband.science.sequence.transcripts import Transcript
    >>> t = Transcript("T1", "G", "c1", "-", ((2, 4), (6, 9)), None, None, "CCGTT")
    >>> pre_mrna(haplotype_of("c1", 0, "TTAACCCGGA"), t).sense
    'CCGGGTT'
    """
    known = reference_positions(haplotype)
    first, last = transcript.exons[0][0], transcript.exons[-1][1]
    inside = [i for i, p in enumerate(known) if p is not None and first <= p < last]
    _on_it(haplotype, transcript, inside)
    low, high = inside[0], inside[-1] + 1
    whole = (known[low] == first or low > 0, known[high - 1] == last - 1 or high < len(known))
    return _template(haplotype, transcript.strand, range(low, high), whole)


def mature_rna(haplotype: Haplotype, transcript: TranscriptPlace) -> tuple[Template, tuple[str, ...]]:
    """The spliced RNA of a transcript, and notes; the haplotype must hold every exon.

    Splicing is taken as annotated. Raises ``ProgramError`` for an exon that the haplotype lacks in part.

    >>> from proband.science.design.haplotype import haplotype_of
    >>> from proband.science.sequence.transcripts import Transcript
    >>> t = Transcript("T1", "G", "c1", "-", ((2, 4), (6, 9)), None, None, "CCGTT")
    >>> mature_rna(haplotype_of("c1", 0, "TTAACCCGGA"), t)[0].sense
    'CCGTT'
    """
    chosen: list[int] = []
    problems: list[Problem] = []
    index = {p: i for i, p in enumerate(reference_positions(haplotype)) if p is not None}
    for start, end in transcript.exons:
        low, high = index.get(start), index.get(end - 1)
        if low is None or high is None:
            place = f"exon {transcript.contig}:{start + 1}-{end}"
            expected = "both of its ends in the sequence given, not deleted"
            problems.append(Problem(f"transcript {transcript.id}", place, "not there", expected, "use the pre-mRNA"))
            continue
        chosen += range(low, high + 1)
    if problems:
        raise ProgramError(problems)
    _on_it(haplotype, transcript, chosen)
    note = f"the spliced RNA is that of the annotation of {transcript.id}: what the tissue makes was not looked at"
    return _template(haplotype, transcript.strand, chosen, (True, True)), (note,)


def _on_it(haplotype: Haplotype, transcript: TranscriptPlace, inside: Sequence[int]) -> None:
    if haplotype.contig != transcript.contig or not inside:
        found = f"{haplotype.contig}:{haplotype.start + 1} and on, transcript on {transcript.contig}"
        expected = "a sequence that overlaps the transcript"
        raise ProgramError([Problem(f"transcript {transcript.id}", "", found, expected, "choose another transcript")])


def _template(haplotype: Haplotype, strand: str, indices: Iterable[int], whole: tuple[bool, bool]) -> Template:
    low, high = ("past_transcript_end" if w else "past_sequence_end" for w in whole)
    if strand == "+":
        return Template(haplotype, strand, tuple(indices), (low, high))
    return Template(haplotype, strand, tuple(reversed(list(indices))), (high, low))


def tiles(low: int, high: int, lengths: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Every template range of one of the lengths that lies whole within `low` to `high`, by start, then length.

    >>> list(tiles(0, 4, (3, 4)))
    [(0, 3), (0, 4), (1, 4)]
    """
    ordered = sorted(set(lengths))
    for start in range(low, high):
        yield from ((start, start + n) for n in ordered if start + n <= high)


def parts_of(transcript: TranscriptPlace, positions: Iterable[int | None]) -> tuple[str, ...]:
    """The exons and introns, in order of transcription, that hold any of the reference positions.

    >>> from proband.science.sequence.transcripts import Transcript
    >>> t = Transcript("T1", "G", "c1", "-", ((2, 4), (6, 9)), None, None, "CCGTT")
    >>> parts_of(t, [6, 5, None, 4])
    ('exon 1', 'intron 1')
    """
    found = set()
    for p in positions:
        if p is None:
            continue
        exon = transcript.exon_of(p)
        if exon is not None:
            found.add((exon, "exon"))
        elif transcript.exons[0][0] <= p < transcript.exons[-1][1]:
            before = sum(end <= p for _, end in transcript.exons)
            found.add((before if transcript.strand == "+" else len(transcript.exons) - before, "intron"))
    return tuple(f"{kind} {number}" for number, kind in sorted(found))


def length_problems(lengths: Sequence[int]) -> list[Problem]:
    """What is wrong with lengths that a person asked for, in nucleotides.

    >>> length_problems((18, 22)), len(length_problems((3,)))
    ([], 1)
    """
    if lengths and all(SHORTEST <= n <= LONGEST for n in lengths):
        return []
    found = ", ".join(map(str, lengths)) or "no length"
    expected = f"lengths of {SHORTEST} to {LONGEST} nucleotides"
    return [Problem("design", "lengths", found, expected, "antisense oligonucleotides mostly have 15 to 25")]


def counted(rejected: Iterable[OligoRejection]) -> str:
    """How many placements were rejected for each reason, with the first of each, as one sentence.

    >>> counted([OligoRejection("x", "because", 0, 1, "")] * 2)
    '2 rejected: because'
    """
    first: dict[str, str] = {}
    count: dict[str, int] = {}
    for r in rejected:
        first.setdefault(r.code, r.detail)
        count[r.code] = count.get(r.code, 0) + 1
    return "; ".join(f"{count[code]} rejected: {first[code]}" for code in first)
