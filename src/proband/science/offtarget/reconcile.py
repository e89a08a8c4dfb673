"""Where a nominated site truly lies: the alignment of the spacer to the bases round the place that a list states.

Methods state the same site as a cut, a window of reads, a protospacer with or without PAM, from 0 or from 1. A site is
its contig, strand and PAM position (docs/explanation/off-target-semantics.md), so each place is looked through on both
strands and moved to the best alignment that touches it:

1. without bulges, least mismatches, where each PAM letter outside of the pattern counts as one more;
2. only where none lies within the limits, with bulges, least edits, with a PAM of the pattern and 3 mismatches less
   than the limit: with more, random sequence aligns too (docs/explanation/off-target-scores.md);
3. of equals, the stated strand, then the nearest to the middle of the stated place, then forward, then left.

Without a genome the bases that a list itself gives of the site are aligned. What has neither, or no alignment within
the limits, is kept at its stated place with the reason.

Cannot see: whether the nuclease cut at the site that aligns best; a second site inside the same window is named in
`others`, not chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from proband.core.errors import ProgramError
from proband.science.offtarget.guide import CODES, Guide, Limits
from proband.science.offtarget.liftover import Place
from proband.science.offtarget.search import codes_of, search_codes
from proband.science.offtarget.sites import Hits, footprint_codes, written
from proband.science.sequence.alphabet import IUPAC
from proband.science.sequence.genome import Genome, unknown_contig

PAD = 10
"""Bases looked at on either side of a stated place, beyond a whole footprint for places shorter than one; project's
choice: off-by-one counts, cuts and read windows all lie nearer."""
FEWER = 3
"""Mismatches by which the limit is lower for alignments with bulges; project's choice, from random places."""
BATCH = 2_000
"""Places aligned in one search, to bound memory."""


@dataclass(frozen=True, slots=True)
class PlacedSite:
    """A site in its canonical place; the alignment 5' to 3' on the guide's strand, as `sites.Written`.

    `placed_by` is ``genome``, ``sequence`` or ``as_stated``; then `reason` says why, and there is no alignment.
    Coordinates are 0-based half-open on the forward strand; `pam_start` is -1 where the PAM is not known. `others`
    counts further alignments within the limits and touching the same place, which were not chosen.
    """

    contig: str
    start: int
    end: int
    strand: str
    pam_start: int
    aligned_spacer: str = ""
    aligned_protospacer: str = ""
    pam: str = ""
    mismatches: int = -1
    dna_bulges: int = 0
    rna_bulges: int = 0
    placed_by: str = "as_stated"
    reason: str = ""
    others: int = 0

    @property
    def edits(self) -> int:
        """Mismatches and bulge bases together."""
        return self.mismatches + self.dna_bulges + self.rna_bulges


@dataclass(frozen=True, slots=True)
class _Block:
    """Bases round one place: codes on the forward strand, and where they begin."""

    place: Place
    first: int
    codes: np.ndarray


def reconcile(
    places: Sequence[tuple[Place, str]], guide: Guide, limits: Limits, genome: Genome | None
) -> list[PlacedSite]:
    """The canonical site of each place; the text beside a place is the site's bases as the list gives them, or "".

    `guide.pam` is the pattern that sites are expected to have; sites with another PAM are found too, at a penalty.
    """
    made: dict[tuple[Place, str], PlacedSite] = {}
    waiting: dict[tuple[Place, str], _Block] = {}
    for item in dict.fromkeys(places):
        block = _block(item, guide, genome)
        if isinstance(block, str):
            made[item] = _as_stated(item[0], block)
            continue
        waiting[item] = block
        if len(waiting) >= BATCH:
            made |= _both(waiting, guide, limits, genome is not None)
            waiting = {}
    made |= _both(waiting, guide, limits, genome is not None)
    return [made[item] for item in places]


def _both(
    blocks: Mapping[tuple[Place, str], _Block], guide: Guide, limits: Limits, from_genome: bool
) -> dict[tuple[Place, str], PlacedSite]:
    """Without bulges first; with bulges only those that have no such alignment."""
    made = _aligned(blocks, guide, Limits(limits.mismatches), from_genome)
    if limits.dna_bulges or limits.rna_bulges:
        left = {item: block for item, block in blocks.items() if made[item].placed_by == "as_stated"}
        fewer = replace(limits, mismatches=max(0, limits.mismatches - FEWER))
        made |= _aligned(left, guide, fewer, from_genome)
    return made


def _as_stated(place: Place, reason: str) -> PlacedSite:
    return PlacedSite(place.contig, place.start, place.end, place.strand, -1, reason=reason)


def _block(item: tuple[Place, str], guide: Guide, genome: Genome | None) -> _Block | str:
    """The bases to align, or why there are none."""
    place, sequence = item
    whole = len(guide.spacer) + len(guide.pam)
    if genome is None:
        if not sequence:
            return "no genome was given and the list gives no bases: not aligned"
        if len(sequence) < whole - 3:
            return f"the list gives {len(sequence)} bases of the site, without its PAM: not aligned"
        if not place.strand:
            return "no genome was given and the list states no strand: not aligned"
        codes = codes_of(sequence)
        return _Block(place, place.start, codes if place.strand == "+" else _turned(codes))
    if place.contig not in genome.contigs:
        problem = unknown_contig(place.contig, genome.contigs)
        return f"contig {place.contig} is not in the genome (expected {problem.expected})"[:200]
    size = genome.contigs[place.contig]
    if place.end > size:
        return f"beyond the end of {place.contig} ({size:,} bases): another build?"
    pad = PAD + max(0, whole - (place.end - place.start))
    low, high = max(0, place.start - pad), min(size, place.end + pad)
    try:
        return _Block(place, low, codes_of(genome.fetch(place.contig, low, high)))
    except ProgramError:
        return "the genome does not hold the bases round this place"


def _turned(codes: np.ndarray) -> np.ndarray:
    return np.where(codes < 4, 3 - codes, codes)[::-1].astype(np.uint8)


def _aligned(
    blocks: Mapping[tuple[Place, str], _Block], guide: Guide, limits: Limits, from_genome: bool
) -> dict[tuple[Place, str], PlacedSite]:
    """Sites of many places by one search over their bases, parted by letters that no site may hold."""
    if not blocks:
        return {}
    bulges = limits.dna_bulges or limits.rna_bulges
    any_pam = guide if bulges else Guide(guide.name, guide.spacer, "N" * len(guide.pam), guide.pam_side)
    gap = np.full(1, 4, np.uint8)
    parts, offsets, at = [], [], 0
    for block in blocks.values():
        parts += [block.codes, gap]
        offsets.append(at)
        at += len(block.codes) + 1
    hits = search_codes(np.concatenate(parts), [any_pam], limits)
    owner = np.searchsorted(np.array(offsets), hits.start, side="right") - 1
    order = np.argsort(owner, kind="stable")
    firsts = np.searchsorted(owner[order], np.arange(len(offsets) + 1))
    made = {}
    for i, (item, block) in enumerate(blocks.items()):
        mine = hits.take(order[firsts[i] : firsts[i + 1]]).moved(block.first - offsets[i])
        made[item] = _best(block, mine, guide, from_genome)
    return made


def _best(block: _Block, hits: Hits, guide: Guide, from_genome: bool) -> PlacedSite:
    place, ranked = block.place, []
    for i in range(len(hits)):
        start, end, pam_start = int(hits.start[i]), int(hits.end[i]), int(hits.pam_start[i])
        if start >= place.end or end <= place.start:
            continue
        strand = int(hits.strand[i])
        if not from_genome and strand != (1 if place.strand == "+" else -1):
            continue
        bulges = int(hits.dna_bulges[i] + hits.rna_bulges[i])
        low = pam_start - block.first
        pam = footprint_codes(block.codes, low, low + len(guide.pam), strand)
        off = sum(CODES[x] not in IUPAC[p] for x, p in zip(pam, guide.pam, strict=True))
        other = bool(place.strand) and (strand == 1) != (place.strand == "+")
        away = abs(start + end - place.start - place.end)
        ranked.append((bulges > 0, int(hits.edits[i]) + off, bulges, other, away, strand < 0, start, i))
    if not ranked:
        return _as_stated(place, "no alignment of the spacer within the limits touches this place")
    i = min(ranked)[-1]
    start, end, strand = int(hits.start[i]), int(hits.end[i]), int(hits.strand[i])
    bases = footprint_codes(block.codes, start - block.first, end - block.first, strand)
    words = written(guide, bases, hits.columns[i])
    return PlacedSite(
        place.contig, start, end, "+" if strand > 0 else "-", int(hits.pam_start[i]), words.spacer, words.protospacer,
        words.pam, int(hits.mismatches[i]), int(hits.dna_bulges[i]), int(hits.rna_bulges[i]),
        "genome" if from_genome else "sequence", "", len({int(hits.pam_start[r[-1]]) for r in ranked}) - 1,
    )  # fmt: skip
