"""The protein that each allele of an amplicon makes, as far as the amplicon shows it.

The coding bases of a read are those between the edges of the coding intervals, with insertions inside of them. They
are translated from the first whole codon to the first stop. An allele is

- ``exact`` where those residues are letter by letter the wanted ones and the frame is kept;
- ``still_mutant`` where they are those of the amplicon itself, and these are not the wanted ones;
- ``open`` where the frame is kept and no stop comes before the wanted one, but a residue differs;
- ``stop`` where a stop comes early; ``frameshift`` where the frame is lost and no stop comes within the amplicon;
- ``unknown`` where a base is N, the read lacks coding bases at its ends, or the two intronic bases beside a splice
  site, or the boundary itself, are changed: what is spliced then is not known.

"Open reading frame" counts ``exact`` and ``open``, and ``still_mutant`` where the amplicon has no early stop.
Codon tables: NCBI, "The Genetic Codes". Essential splice bases: the outer two of an intron (Richards et al., Genetics
in Medicine 2015;17:405-424).

Cannot see: codons cut by the ends of the amplicon, the rest of the protein, splicing effects of exonic bases, decay of
RNA with a stop, whether two edits lie on one molecule beyond the read.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from proband.kernels import align
from proband.science.amplicon.alignment import align_pair
from proband.science.amplicon.locus_reads import LETTERS, Array, LocusReads
from proband.science.amplicon.outcome_tables import OutcomeRow
from proband.science.sequence.alphabet import STANDARD, CodonTable, reverse_complement, translate
from proband.science.sequence.transcripts import Transcript

STATES = ("exact", "still_mutant", "open", "stop", "frameshift", "unknown")
ESSENTIAL = 2
"""Intronic bases beside a splice site whose change leaves the protein open."""
MOST_PROTEINS = 30


@dataclass(frozen=True)
class CodingFrame:
    """Where an amplicon codes and what its protein should be.

    `intervals`: coding bases, 0-based half-open, ascending. `strand`: of translation. `phase`: coding bases, 5' to 3',
    before the first whole codon. `wanted` and `present`: residues of the wild type and of the amplicon, stop as ``*``.
    `first_residue`: number of the first whole codon. `splice`: edges of intervals where an intron begins or ends.
    """

    intervals: tuple[tuple[int, int], ...]
    strand: str
    phase: int
    wanted: str
    present: str
    first_residue: int = 1
    splice: tuple[int, ...] = ()
    table: CodonTable = STANDARD


def coding_frame(
    sequence: str,
    intervals: tuple[tuple[int, int], ...],
    strand: str = "+",
    phase: int = 0,
    wild_type: str = "",
    first_residue: int = 1,
) -> CodingFrame:
    """The frame of an amplicon; `wild_type` is the amplicon's sequence without the patient's variant.

    Intervals may differ from the wild type's only by what an alignment shows. Every edge of an interval that lies
    inside of the amplicon is taken for a splice site. Raises ``ValueError`` with what does not fit.

    >>> f = coding_frame("ATGTAGTCC", ((0, 9),), wild_type="ATGCAGTCC")
    >>> f.wanted, f.present
    ('MQS', 'M*S')
    """
    ends = [p for pair in intervals for p in pair]
    if not intervals or ends != sorted(set(ends)) or ends[0] < 0 or ends[-1] > len(sequence):
        raise ValueError("coding intervals ascend, do not touch, and lie in the amplicon")
    if strand not in ("+", "-") or phase not in (0, 1, 2):
        raise ValueError("strand is + or -, phase 0, 1 or 2")
    splice = tuple(p for p in ends if 0 < p < len(sequence))
    present = _residues(sequence, _no_gaps(), intervals, strand, phase, STANDARD)
    wanted = present
    if wild_type:
        upper, lower, _ = align_pair(wild_type, sequence)
        wanted = _residues(wild_type, _gaps_of(upper, lower), intervals, strand, phase, STANDARD)
    if not wanted or "X" in wanted + present:
        raise ValueError("the coding intervals hold a whole codon, and no N")
    return CodingFrame(intervals, strand, phase, wanted, present, first_residue, splice)


def frame_from_transcript(sequence: str, transcript: Transcript, start: int, strand: str = "+") -> CodingFrame:
    """The frame of an amplicon that lies on a transcript; the transcript's own bases say what is wanted.

    `start` is the 0-based genomic position of the amplicon's leftmost base on the plus strand, `strand` that on which
    the amplicon is written; it must have the length of the reference there. Raises ``ValueError`` where no whole codon
    lies in it.

    >>> t = Transcript("T1", "G", "c1", "+", ((100, 112),), 100, 112, "ATGCAGTCCTAA")
    >>> f = frame_from_transcript("TGTAGTCC", t, 101)
    >>> f.wanted, f.present, f.first_residue, f.phase
    ('QS', '*S', 2, 2)
    """
    size = len(sequence)
    where = [start + i if strand == "+" else start + size - 1 - i for i in range(size)]
    index = [transcript.coding_index(p) for p in where]
    coding = [i for i, at in enumerate(index) if at is not None]
    if not coding:
        raise ValueError(f"no coding base of {transcript.id} lies in the amplicon")
    breaks = [i for i, (a, b) in enumerate(pairwise(coding)) if b != a + 1]
    firsts, lasts = [coding[0], *(coding[i + 1] for i in breaks)], [*(coding[i] for i in breaks), coding[-1]]
    intervals = tuple((a, b + 1) for a, b in zip(firsts, lasts, strict=True))
    turned = "+" if strand == transcript.strand else "-"
    held = sorted(at for at in index if at is not None)
    from_start = held[0] - transcript.phase
    phase = -from_start % 3
    splice = tuple(p for pair in intervals for p in pair if 0 < p < size and _is_junction(transcript, where, p))
    wanted = translate(transcript.coding_sequence()[held[0] + phase : held[-1] + 1], transcript.codon_table)
    present = _residues(sequence, _no_gaps(), intervals, turned, phase, transcript.codon_table)
    if not wanted:
        raise ValueError(f"no whole codon of {transcript.id} lies in the amplicon")
    before = held[0] + phase + transcript.coding_before
    return CodingFrame(
        intervals, turned, phase, wanted, present, before // 3 + 1, splice, transcript.codon_table
    )  # fmt: skip


def _is_junction(transcript: Transcript, where: list[int], edge: int) -> bool:
    """Whether an intron begins or ends at an edge, and not the coding part or the transcript alone."""
    if not all(transcript.start <= where[i] < transcript.end for i in (edge - 1, edge)):
        return False
    return (transcript.transcript_index(where[edge - 1]) is None) != (transcript.transcript_index(where[edge]) is None)


def _no_gaps() -> Array:
    return np.empty((0, 3), np.int32)


def _gaps_of(upper: str, lower: str) -> Array:
    """The gaps (kind, amplicon index, length) of an alignment given as text."""
    gaps: list[list[int]] = []
    j = 0
    for c, (a, b) in enumerate(zip(upper, lower, strict=True)):
        kind = align.INSERTION if b == "-" else (align.DELETION if a == "-" else 0)
        if kind and c and gaps and _same_gap(kind, upper, lower, c):
            gaps[-1][2] += 1
        elif kind:
            gaps.append([kind, j, 1])
        j += b != "-"
    return np.array(gaps, np.int32).reshape(-1, 3)


def _same_gap(kind: int, upper: str, lower: str, c: int) -> bool:
    row = lower if kind == align.INSERTION else upper
    return row[c - 1] == "-"


def coding_bases(read: str, gaps: Array, intervals: tuple[tuple[int, int], ...], strand: str) -> str:
    """The spliced coding bases of a read, 5' to 3', from its gaps (kind, amplicon index, length).

    >>> coding_bases("ACGTTT", np.array([[1, 3, 1]]), ((1, 4),), "+")
    'CGTT'
    """
    parts = []
    for start, end in intervals:
        low, high = start, end
        for kind, place, length in gaps.tolist():
            if kind == align.INSERTION:
                low += length if place <= start else 0
                high += length if place < end else 0
            else:
                low -= max(0, min(place + length, start) - place)
                high -= max(0, min(place + length, end) - place)
        parts.append(read[low:high])
    bases = "".join(parts)
    return bases if strand == "+" else reverse_complement(bases)


def _residues(
    read: str, gaps: Array, intervals: tuple[tuple[int, int], ...], strand: str, phase: int, table: CodonTable
) -> str:
    return translate(coding_bases(read, gaps, intervals, strand)[phase:], table)


@dataclass(frozen=True)
class Proteins:
    """State of each unique read of a locus (index in `STATES`) and its residues up to the first stop."""

    frame: CodingFrame
    state: Array
    residues: tuple[str, ...]

    def shown(self, r: int) -> str:
        """The protein of unique read r in words."""
        return described(self.frame, STATES[int(self.state[r])], self.residues[r])


def proteins_of(reads: LocusReads, frame: CodingFrame) -> Proteins:
    """The protein of every unique read of a locus; reads of other alleles than the first are put on the first.

    Raises ``ValueError`` where the intervals do not fit the amplicon.
    """
    first = reads.q.amplicons[reads.members[0]]
    if frame.intervals[-1][1] > len(first.sequence):
        raise ValueError(f"the coding intervals reach beyond amplicon {first.name}")
    kept: dict[str, tuple[int, str]] = {}
    states, residues = np.empty(len(reads.rows), np.int8), []
    q = reads.q
    count = q.aligned.field("gaps")
    for n, r in enumerate(reads.rows.tolist()):
        start = q.reads.starts[r]
        text = "".join(map(LETTERS.__getitem__, q.reads.arena[start : start + q.reads.sizes[r]].tolist()))
        gaps = q.aligned.gap_list[q.aligned.gap_at[r] : q.aligned.gap_at[r] + count[r]]
        if reads.amplicon[n] != reads.members[0]:
            upper, lower, _ = align_pair(text, first.sequence, first.cuts)
            gaps = _gaps_of(upper, lower)
        if unclear(text, gaps, first.sequence, frame):
            states[n] = STATES.index("unknown")
            residues.append("")
            continue
        bases = coding_bases(text, gaps, frame.intervals, frame.strand)
        if bases not in kept:
            kept[bases] = _state(bases, frame)
        states[n], made = kept[bases]
        residues.append(made)
    return Proteins(frame, states, tuple(residues))


def unclear(read: str, gaps: Array, amplicon: str, frame: CodingFrame) -> bool:
    """Whether a read leaves open what is coded: coding ends not covered, or a splice site changed."""
    first, last = frame.intervals[0][0], frame.intervals[-1][1]
    moved, size = 0, len(amplicon)
    sites = [(max(s - ESSENTIAL, 0), s) if _opens(s, frame) else (s, min(s + ESSENTIAL, size)) for s in frame.splice]
    shifts = []
    for kind, place, length in gaps.tolist():
        if kind == align.INSERTION:
            if any(low < place < high or place == s for (low, high), s in zip(sites, frame.splice, strict=True)):
                return True
            moved += length
            shifts.append((place, moved))
            continue
        end = place + length
        if (place == 0 and end > first) or (end == size and place < last):
            return True
        if any(place < high and end > low for low, high in sites):
            return True
        moved -= length
        shifts.append((end, moved))
    for low, high in sites:
        by = next((m for at, m in reversed(shifts) if at <= low), 0)
        if read[low + by : high + by] != amplicon[low:high]:
            return True
    return False


def _opens(edge: int, frame: CodingFrame) -> bool:
    return any(edge == start for start, _ in frame.intervals)


def _state(bases: str, frame: CodingFrame) -> tuple[int, str]:
    """State and residues of coding bases."""
    residues, stop, _ = translate(bases[frame.phase :], frame.table).partition("*")
    wanted, wanted_stop, _ = frame.wanted.partition("*")
    present = frame.present.partition("*")[0]
    shift = len(bases) - sum(b - a for a, b in frame.intervals)
    kept = shift % 3 == 0
    early = bool(stop) and not (wanted_stop and kept and len(residues) == len(wanted) + shift // 3)
    if "X" in residues:
        name = "unknown"
    elif kept and residues == wanted and not early:
        name = "exact"
    elif residues == present and (stop or kept):
        name = "exact" if frame.present == frame.wanted else "still_mutant"
    elif early:
        name = "stop"
    else:
        name = "open" if kept else "frameshift"
    return STATES.index(name), residues + stop


def described(frame: CodingFrame, state: str, residues: str) -> str:
    """A protein in words: residues against the wanted ones, numbered from `first_residue`.

    >>> f = coding_frame("ATGTAGTCC", ((0, 9),), wild_type="ATGCAGTCC", first_residue=334)
    >>> described(f, "open", "MHS"), described(f, "still_mutant", "M*"), described(f, "exact", "MQS")
    ('Q335H', 'Q335*', 'exact')
    """
    if state in ("exact", "unknown", "frameshift"):
        return state
    wanted = frame.wanted
    if state == "open" and len(residues) != len(wanted):
        return f"in frame, {len(residues) - len(wanted):+d} residues"
    changes = [
        f"{a}{frame.first_residue + i}{b}" for i, (a, b) in enumerate(zip(wanted, residues, strict=False)) if a != b
    ]
    return " ".join(changes[:3]) + (" and more" if len(changes) > 3 else "")


def protein_rows(reads: LocusReads, made: Proteins, kind: str) -> list[OutcomeRow]:
    """Rows of the proteins: exact, open reading frame, still mutant, and the most frequent proteins."""
    frame = made.frame
    known = made.state != STATES.index("unknown")
    of = reads.reads(known)
    mutant_is_open = "*" not in frame.present or frame.present.index("*") >= frame.wanted.find("*") >= 0
    open_states = ["exact", "open"] + (["still_mutant"] if mutant_is_open else [])
    stops = ["stop"] + ([] if mutant_is_open else ["still_mutant"])
    tests = [
        ("exact_protein", ["exact"], "the wanted residues, silent changes allowed"),
        ("open_reading_frame", open_states, "frame kept and no early stop, whatever residues"),
        ("still_mutant", ["still_mutant"], "the residues that the amplicon makes"),
        ("early_stop", stops, "a stop before the wanted one"),
        ("frameshift", ["frameshift"], "frame lost, no stop within the amplicon"),
    ]
    if frame.wanted == frame.present:
        tests = [t for t in tests if t[0] != "still_mutant"]
    rows = []
    for name, states, meaning in tests:
        hit = np.isin(made.state, [STATES.index(s) for s in states])
        rows.append(
            OutcomeRow(kind, name, "", reads.reads(hit), of, reads.total - of, reads.unknown, meaning)
        )  # fmt: skip
    counts: dict[str, int] = {}
    for r in np.flatnonzero(known).tolist():
        counts[made.shown(r)] = counts.get(made.shown(r), 0) + int(reads.weights[r])
    for item, n in sorted(counts.items(), key=lambda x: (-x[1], x[0]))[:MOST_PROTEINS]:
        told = "this protein within the amplicon"
        rows.append(OutcomeRow(kind, "protein", item, n, of, reads.total - of, reads.unknown, told))
    return rows
