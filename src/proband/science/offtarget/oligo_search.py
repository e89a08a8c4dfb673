"""Search of an oligonucleotide's antisense sites over spliced and unspliced transcripts, on their sense strand alone.

Every molecule (each transcript, before and after splicing) is answered for itself: at each of its anchors at most one
canonical alignment (`kernels.oligo_scan`). Alignments that cover the same genomic bases are then one hit with all its
transcripts. Unspliced RNA is read once for all transcripts that overlap; where one of them begins or ends near an
anchor, its own limits are kept.

Windows of the oligonucleotide's length that hold a letter other than A, C, G, T are set aside and counted.

Cannot see: transcripts that the annotation lacks or that are unusable (listed), the patient's variants, RNA editing,
antisense and intergenic RNA without annotation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from proband.core.errors import Problem, ProgramError
from proband.kernels.oligo_scan import BETWEEN, OTHER, align_at, every_end, windows_with_other
from proband.science.offtarget.oligo_hits import Blocks, OligoAlignment, OligoHit
from proband.science.offtarget.oligo_query import CODES, Oligo
from proband.science.sequence.build import TranscriptSet
from proband.science.sequence.genome import Genome
from proband.science.sequence.transcripts import Transcript

Codes = npt.NDArray[np.uint8]
_TABLE = np.full(256, OTHER, np.uint8)
for _code, _letter in enumerate(CODES):
    _TABLE[ord(_letter)] = _TABLE[ord(_letter.lower())] = _code
BATCH = 1 << 24
"""Bases that are read in one pass; memory follows it, and the longest stretch of overlapping transcripts."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What was read: transcripts, bases and windows of each kind of RNA, and what was not, with the reason."""

    transcripts: int
    spliced_bases: int
    unspliced_bases: int
    windows: int
    windows_set_aside: int
    not_searched: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Found:
    """The preferred alignment of some genomic bases, and its transcripts."""

    alignment: OligoAlignment
    unspliced: dict[str, None] = field(default_factory=dict)
    spliced: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Gathered:
    found: dict[tuple[str, str, Blocks], _Found] = field(default_factory=dict)
    bases: dict[str, int] = field(default_factory=lambda: {"spliced": 0, "unspliced": 0})
    windows: int = 0
    aside: int = 0

    def add(self, place: tuple[str, str, Blocks], made: OligoAlignment, kind: str, ids: Iterable[str]) -> None:
        held = self.found.setdefault(place, _Found(made))
        if made.key < held.alignment.key:
            held.alignment = made
        (held.spliced if kind == "spliced" else held.unspliced).update(dict.fromkeys(ids))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of a strand that overlapping transcripts cover; `starts` and `ends` are theirs, in sense direction."""

    contig: str
    strand: str
    start: int
    end: int
    ids: tuple[str, ...]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


def search_oligo(oligo: Oligo, genome: Genome, transcripts: TranscriptSet) -> tuple[tuple[OligoHit, ...], Searched]:
    """All hits, by contig of the genome, first base and strand, and what was searched.

    Raises ``ProgramError`` where there is no usable transcript: nothing was then looked at.

    >>> from proband.science.offtarget.oligo_query import OligoLimits, oligo_of
    >>> from proband.science.sequence.genome import genome_of
    >>> from proband.science.sequence.annotation import TranscriptRecord
    >>> from proband.science.sequence.build import build_transcripts
    >>> g = genome_of({"c1": "TTTTTACGATTACAGGATTTTTTTTT"})
    >>> known = build_transcripts([TranscriptRecord("T1", "c1", "+", ((0, 26),))], g)
    >>> hits, searched = search_oligo(oligo_of("CCTGTAATCG", "", "", OligoLimits(0)), g, known)
    >>> [(h.id, h.found_in, h.alignment.site) for h in hits], searched.windows
    ([('c1:7-16(+)', 'both', 'CGATTACAGG')], 34)
    """
    if not transcripts:
        reasons = [p for faults in list(transcripts.unusable.values())[:5] for p in faults[:1]]
        remedy = "give an annotation with exons that fits the genome"
        raise ProgramError([Problem(transcripts.source, "", "no usable transcript", "one at least", remedy), *reasons])
    gathered, skipped = _Gathered(), {t: faults[0].found for t, faults in transcripts.unusable.items()}
    _spliced(oligo, transcripts.usable.values(), gathered)
    stretches, unknown = _stretches(genome, transcripts.usable.values())
    _unspliced(oligo, genome, stretches, gathered)
    skipped |= {f"{t}, unspliced": "not all bases of its introns are known" for t in unknown}
    order = {name: i for i, name in enumerate(genome.contigs)}
    place_of = {name: i for i, name in enumerate(transcripts)}
    hits = (
        OligoHit(
            *place, f.alignment, *(tuple(sorted(ids, key=place_of.__getitem__)) for ids in (f.unspliced, f.spliced))
        )
        for place, f in gathered.found.items()
    )
    ranked = sorted(hits, key=lambda h: (order[h.contig], h.blocks, h.strand))
    searched = Searched(
        len(transcripts),
        gathered.bases["spliced"],
        gathered.bases["unspliced"],
        gathered.windows,
        gathered.aside,
        tuple(skipped.items()),
    )
    return tuple(ranked), searched


def encoded(text: str) -> Codes:
    """Codes of letters: 0 to 3 for A, C, G, T, 4 for any other.

    >>> encoded("acgtN").tolist()
    [0, 1, 2, 3, 4]
    """
    return _TABLE[np.frombuffer(text.encode("latin-1", "replace"), np.uint8)]


def _flipped(codes: Codes) -> Codes:
    return np.where(codes < 4, 3 - codes, codes)[::-1].astype(np.uint8)


def _candidates(
    oligo: Oligo, pieces: Iterable[tuple[int, Codes]], gathered: _Gathered, kind: str
) -> Iterator[tuple[int, Codes, npt.NDArray[np.int64]]]:
    """Each piece with its anchors at which an alignment may exist."""
    held: list[tuple[int, Codes]] = []
    waiting = 0
    for number, codes in pieces:
        held.append((number, codes))
        waiting += len(codes)
        if waiting >= BATCH:
            yield from _scanned(oligo, held, gathered, kind)
            held, waiting = [], 0
    if held:
        yield from _scanned(oligo, held, gathered, kind)


def _scanned(
    oligo: Oligo, held: list[tuple[int, Codes]], gathered: _Gathered, kind: str
) -> Iterator[tuple[int, Codes, npt.NDArray[np.int64]]]:
    between = np.array([BETWEEN], np.uint8)
    text = np.concatenate([part for _, codes in held for part in (codes, between)])
    windows, aside = windows_with_other(text, len(oligo.sequence))
    gathered.windows += windows
    gathered.aside += aside
    gathered.bases[kind] += len(text) - len(held)
    rows = every_end(text, oligo.target, oligo.limits.counts())
    bounds = np.cumsum([0, *(len(codes) + 1 for _, codes in held)])
    cuts = np.searchsorted(rows[:, 0], bounds)
    for i, (number, codes) in enumerate(held):
        mine = rows[cuts[i] : cuts[i + 1]]
        if len(mine):
            yield number, codes, np.unique(mine[:, 0] + mine[:, 1] - bounds[i])


class _Aligner:
    """Canonical alignments of one oligonucleotide."""

    def __init__(self, oligo: Oligo) -> None:
        self.pattern, self.limits = oligo.target, np.array(oligo.limits.counts(), np.int64)
        self.columns = np.zeros(2 * len(oligo.sequence) + 16, np.uint8)

    def at(self, codes: Codes, low: int, high: int, anchor: int) -> tuple[OligoAlignment, int, int] | None:
        """The alignment at an anchor with its first position and the one after its last; None where there is none."""
        m, t, o, a, b, count, first, last = align_at(
            codes, self.pattern, self.limits, low, high, anchor, self.columns
        ).tolist()
        if m < 0:
            return None
        site = "".join(CODES[x] for x in codes[first : last + 1])
        return OligoAlignment(m, t, o, a, b, tuple(self.columns[:count].tolist()), site), first, last + 1


def _spliced(oligo: Oligo, transcripts: Iterable[Transcript], gathered: _Gathered) -> None:
    held, aligner = list(transcripts), _Aligner(oligo)
    pieces = ((i, encoded(t.sequence)) for i, t in enumerate(held))
    for i, codes, anchors in _candidates(oligo, pieces, gathered, "spliced"):
        t = held[i]
        for anchor in anchors.tolist():
            made = aligner.at(codes, 0, len(codes), anchor)
            if made is not None:
                place = (t.contig, t.strand, _blocks(t, made[1], made[2]))
                gathered.add(place, made[0], "spliced", [t.id])


def _blocks(t: Transcript, first: int, end: int) -> Blocks:
    """Genomic intervals of spliced indices `first` to `end`, ascending."""
    size = len(t.sequence)
    low, high = (first, end) if t.strand == "+" else (size - end, size - first)
    made, before = [], 0
    for s, e in t.exons:
        left, right = max(low - before, 0), min(high - before, e - s)
        if left < right:
            made.append((s + left, s + right))
        before += e - s
    return tuple(made)


def _stretches(genome: Genome, transcripts: Iterable[Transcript]) -> tuple[list[_Stretch], list[str]]:
    """Stretches of each strand that transcripts cover, and the transcripts of which not all bases are known."""
    groups: dict[tuple[str, str], list[Transcript]] = {}
    unknown = []
    for t in transcripts:
        known = genome.known(t.contig, t.start)
        if known is None or known[1] < t.end:
            unknown.append(t.id)
        else:
            groups.setdefault((t.contig, t.strand), []).append(t)
    made = []
    for (contig, strand), members in groups.items():
        run: list[Transcript] = []
        end = 0
        for t in [*sorted(members, key=lambda t: t.start), None]:
            if run and (t is None or t.start >= end):
                made.append(_stretch(contig, strand, run, end))
                run, end = [], 0
            if t is not None:
                run.append(t)
                end = max(end, t.end)
    return made, unknown


def _stretch(contig: str, strand: str, members: list[Transcript], end: int) -> _Stretch:
    start = members[0].start
    starts, ends = (np.array([getattr(t, side) for t in members], np.int64) for side in ("start", "end"))
    starts, ends = (starts - start, ends - start) if strand == "+" else (end - ends, end - starts)
    return _Stretch(contig, strand, start, end, tuple(t.id for t in members), starts, ends)


def _unspliced(oligo: Oligo, genome: Genome, stretches: list[_Stretch], gathered: _Gathered) -> None:
    aligner = _Aligner(oligo)
    reach = len(oligo.sequence) + oligo.limits.target_bulges
    pieces = ((i, _read(genome, s)) for i, s in enumerate(stretches))
    for i, codes, anchors in _candidates(oligo, pieces, gathered, "unspliced"):
        s = stretches[i]
        for anchor in anchors.tolist():
            for low, high, ids in _own_limits(s, anchor, reach, oligo.limits.trimmed):
                made = aligner.at(codes, low, high, anchor)
                if made is not None:
                    gathered.add((s.contig, s.strand, (_forward(s, made[1], made[2]),)), made[0], "unspliced", ids)


def _read(genome: Genome, s: _Stretch) -> Codes:
    codes = encoded(genome.fetch(s.contig, s.start, s.end))
    return codes if s.strand == "+" else _flipped(codes)


def _forward(s: _Stretch, first: int, end: int) -> tuple[int, int]:
    return (s.start + first, s.start + end) if s.strand == "+" else (s.end - end, s.end - first)


def _own_limits(s: _Stretch, anchor: int, reach: int, trimmed: int) -> Iterator[tuple[int, int, list[str]]]:
    """Transcripts that may hold an alignment at an anchor, grouped by where they end in its reach."""
    groups: dict[tuple[int, int], list[str]] = {}
    for k in np.flatnonzero((s.starts <= anchor) & (s.ends > anchor - trimmed - 1)).tolist():
        limits = max(int(s.starts[k]), anchor - reach - 1), min(int(s.ends[k]), anchor + 1)
        groups.setdefault(limits, []).append(s.ids[k])
    for (low, high), ids in groups.items():
        yield low, high, ids
