"""What each of many single-base changes does to one transcript: the transcript chosen, the c. name, the protein.

One transcript is chosen for each variant by ``RULE``, the same for all, or the one that is asked for; how many more
cover the variant is counted. Terms are those of ``variant.consequence``, which answers for one variant at a time and
for other changes too; here a base is replaced, so that no placement has to be sought. Where several terms hold, the
one on the coding part is given, and `splice_distance` tells the rest.

Sources: terms, Sequence Ontology; names, HGVS Nomenclature (den Dunnen et al., Human Mutation 2016;37:564-569); MANE,
Morales et al., Nature 2022;604:310-315 (recalled).

Cannot see: what splicing really does, the other transcripts, decay of the messenger, and whether a missense change is
tolerated. A variant in an intron of the transcript that is chosen may be coding in another.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem, ProgramError
from proband.science.design.consequence import ESSENTIAL, REGION_EXON, REGION_INTRON
from proband.science.sequence.alphabet import THREE_LETTER, complement, translate
from proband.science.sequence.annotation import read_annotation
from proband.science.sequence.build import TranscriptSet, build_transcripts
from proband.science.sequence.fasta import open_fasta
from proband.science.sequence.genome import Genome
from proband.science.sequence.transcripts import Transcript
from proband.science.variant.consequence import DEEP_INTRONIC

RULE = (
    "of the transcripts that cover a variant: MANE Select, then MANE Plus Clinical, then any other coding one, then "
    "the rest; within each the longest coding part, then the longest transcript, then the first identifier"
)
OUTSIDE = "outside_of_every_transcript"
NOT_COVERED = "outside_of_the_transcript_asked_for"
UNUSABLE = "not_judged"

Span = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Effect:
    """One variant on the transcript chosen; `term` says so where there is none.

    `hgvs` is the HGVS name on the transcript and `protein` the p. description, empty where there is none to give.
    `splice_distance` is that of ``Transcript.splice_distance``; `others` counts further transcripts that cover it;
    `concerns` holds codes of what was found amiss with the transcript.
    """

    transcript: str
    gene: str
    hgvs: str
    term: str
    protein: str
    splice_distance: int | None
    others: int
    concerns: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """For each variant of a piece: index of its transcript or -1, how many more cover it, and why there is none."""

    transcripts: tuple[Transcript, ...]
    which: NDArray[np.int64]
    others: NDArray[np.int64]
    reasons: Mapping[int, str]


def rank(transcript: Transcript) -> tuple[int, int, int, str]:
    """The place of a transcript by ``RULE``; the smallest comes first.

    >>> t = Transcript("T1", "G", "c1", "+", ((0, 9),), 0, 9, "ATGCAGTAG")
    >>> rank(t)
    (2, -9, -9, 'T1')
    """
    tags = {tag.replace("_", " ").casefold() for tag in transcript.tags}
    mane = 0 if "mane select" in tags else 1 if "mane plus clinical" in tags else 2 if transcript.is_coding else 3
    return mane, -len(transcript.coding_sequence()), -len(transcript.sequence), transcript.id


class TranscriptIndex:
    """Transcripts by place, to choose one for each variant; `unusable` are intervals of those that can not be read.

    With `only`, no other transcript is chosen. Raises ``ProgramError`` when it is not there.
    """

    def __init__(self, transcripts: TranscriptSet, unusable: Iterable[Span] = (), only: str = "") -> None:
        self.only = transcripts.find(only) if only else None
        by_contig: dict[str, list[Transcript]] = defaultdict(list)
        for t in sorted(transcripts.values(), key=rank, reverse=True):
            by_contig[t.contig].append(t)
        self._by_contig = dict(by_contig)
        self._bounds = {
            contig: np.array([(t.start, t.end) for t in found], np.int64) for contig, found in by_contig.items()
        }
        self._unusable: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for contig, start, end in unusable:
            self._unusable[contig].append((start, end))

    def choose(self, places: Sequence[tuple[str, int]]) -> Chosen:
        """The transcript of each place: contig and 0-based position."""
        which, others = np.full(len(places), -1, np.int64), np.zeros(len(places), np.int64)
        reasons: dict[int, str] = {}
        used: dict[str, tuple[int, Transcript]] = {}
        rows_of: dict[str, list[int]] = defaultdict(list)
        for i, (contig, _) in enumerate(places):
            rows_of[contig].append(i)
        for contig, mine in rows_of.items():
            rows = np.array(sorted(mine, key=lambda i: places[i][1]), np.int64)
            at = np.array([places[i][1] for i in rows], np.int64)
            self._on_contig(contig, rows, at, which, others, used)
            self._without(contig, rows, at, which, reasons)
        return Chosen(tuple(t for _, t in used.values()), which, others, reasons)

    def _on_contig(
        self,
        contig: str,
        rows: NDArray[np.int64],
        at: NDArray[np.int64],
        which: NDArray[np.int64],
        others: NDArray[np.int64],
        used: dict[str, tuple[int, Transcript]],
    ) -> None:
        """Transcripts from the last rank to the first, so that the first is what stays."""
        if contig not in self._by_contig:
            return
        ends = np.searchsorted(at, self._bounds[contig], side="left")
        best = np.full(rows.size, -1, np.int64)
        for k in np.flatnonzero(ends[:, 1] > ends[:, 0]):
            low, high = ends[k]
            others[rows[low:high]] += 1
            if self.only is None or self._by_contig[contig][k].id == self.only.id:
                best[low:high] = k
        others[rows[best >= 0]] -= 1
        for k in np.unique(best[best >= 0]):
            t = self._by_contig[contig][k]
            index, _ = used.setdefault(t.id, (len(used), t))
            which[rows[best == k]] = index

    def _without(
        self,
        contig: str,
        rows: NDArray[np.int64],
        at: NDArray[np.int64],
        which: NDArray[np.int64],
        reasons: dict[int, str],
    ) -> None:
        """Why variants have no transcript; what can not be read is not the same as nothing."""
        unread = np.zeros(rows.size, np.bool_)
        for span in self._unusable.get(contig, []):
            low, high = np.searchsorted(at, span)
            unread[low:high] = True
        for k in np.flatnonzero(which[rows] < 0):
            reasons[int(rows[k])] = UNUSABLE if unread[k] else NOT_COVERED if self.only else OUTSIDE


def read_index(
    fasta: Path, annotation: Path, *, build: str = "", only: str = ""
) -> tuple[Genome, TranscriptSet, TranscriptIndex]:
    """Genome, transcripts and their index from a user's files, intervals of unusable transcripts kept.

    Raises ``ProgramError`` for faults of either file, and for a transcript asked for that is not there.
    """
    genome = open_fasta(fasta, build)
    records = list(read_annotation(annotation))
    transcripts = build_transcripts(records, genome, source=annotation.name)
    lost = [(r.contig, r.exons[0][0], r.exons[-1][1]) for r in records if r.id in transcripts.unusable]
    return genome, transcripts, TranscriptIndex(transcripts, lost, only)


def no_effect(reason: str, others: int = 0) -> Effect:
    """The effect of a variant without a transcript: never read as silent."""
    return Effect("", "", "", reason, "", None, others)


def effect_of(transcript: Transcript, position: int, ref: str, alt: str, others: int = 0) -> Effect:
    """The effect of replacing `ref` by `alt` (plus strand) at a 0-based position of a transcript.

    Raises ``ProgramError`` outside of the transcript.

    >>> t = Transcript("T1", "G", "c1", "+", ((0, 9),), 0, 9, "ATGCAGTAG")
    >>> e = effect_of(t, 3, "C", "T")
    >>> e.hgvs, e.term, e.protein
    ('T1:c.4C>T', 'stop_gained', 'p.(Gln2Ter)')
    """
    if transcript.strand == "-":
        old, new = complement(ref), complement(alt)
    else:
        old, new = ref, alt
    if not transcript.start <= position < transcript.end:
        raise ProgramError([unknown_place(transcript, position)])
    distance = transcript.splice_distance(position)
    splice = _splice_term(transcript, position, distance)
    index = transcript.transcript_index(position)
    if index is None:
        term, protein = splice, "p.?" if transcript.is_coding else ""
    elif not transcript.is_coding:
        term, protein = splice or "non_coding", ""
    else:
        term, protein = _exonic(transcript, index, new)
        term = splice if splice and term.startswith("utr") else term
    name = f"{transcript.id}:{_number(transcript, position)}{old}>{new}"
    codes = ",".join(sorted({c.code for c in transcript.concerns}))
    return Effect(transcript.id, transcript.gene, name, term, protein, distance, others, codes)


def unknown_place(transcript: Transcript, position: int) -> Problem:
    """The problem of a position outside of a transcript."""
    place = f"{transcript.contig}:{position + 1}"
    expected = f"a position in {transcript.contig}:{transcript.start + 1}-{transcript.end}"
    return Problem(f"transcript {transcript.id}", "", place, expected, "choose the transcript that covers it")


def _number(t: Transcript, position: int) -> str:
    """The position in c. numbering, or in n. where a partial coding part leaves the c. number open."""
    if t.is_coding:
        try:
            return f"c.{t.position_c(position)}"
        except ProgramError:
            pass
    return f"n.{t.position_n(position)}"


def _splice_term(t: Transcript, position: int, distance: int | None) -> str:
    if distance is None:
        return ""
    if distance > 0:
        return "splice_region" if distance <= REGION_EXON else ""
    if -distance <= ESSENTIAL:
        i = bisect_right([start for start, _ in t.exons], position) - 1
        at_left = position - t.exons[i][1] + 1 == -distance
        return "splice_donor" if at_left == (t.strand == "+") else "splice_acceptor"
    if -distance <= REGION_INTRON:
        return "splice_region"
    return "deep_intronic" if -distance > DEEP_INTRONIC else "intronic"


def _exonic(t: Transcript, index: int, new: str) -> tuple[str, str]:
    """Term and p. description of a base of an exon, in transcript direction."""
    first, last = t.coding_span
    if index < first:
        return "utr_5", "p.?"
    if index >= last:
        return "utr_3", "p.(=)"
    number, place = divmod(index - first - t.phase, 3)
    at = index - place
    codon = t.sequence[at : at + 3]
    if number < 0 or at + 3 > last:
        return "coding", "p.?"
    if number == 0 and t.start_complete:
        return "start_lost", "p.(Met1?)"
    was, made = t.residues[number], t.codon_table.residue(codon[:place] + new + codon[place + 1 :])
    if "X" in (was, made):
        return "coding", "p.?"
    term = _coding_term(was, made)
    if (not t.start_complete and not t.coding_before) or any(c.code == "internal_stop" for c in t.concerns):
        return term, "p.?"
    here = f"{THREE_LETTER[was]}{(t.coding_before + t.phase) // 3 + number + 1}"
    if was == made:
        return term, f"p.({here}=)"
    if was == "*":
        tail = t.sequence[at + 3 :]
        more = translate(tail, t.codon_table)
        end = str(more.index("*") + 1) if "*" in more else "?"
        return term, f"p.({here}{THREE_LETTER[made]}extTer{end})"
    return term, f"p.({here}{THREE_LETTER[made]})"


def _coding_term(was: str, made: str) -> str:
    if was == made:
        return "stop_retained" if was == "*" else "synonymous"
    return "stop_gained" if made == "*" else "stop_lost" if was == "*" else "missense"
