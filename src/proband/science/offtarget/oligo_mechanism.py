"""What a hit could do, by the chemistry's mechanism: a rule on places, not a prediction. Every hit stays in the list.

RNase H cuts RNA that pairs with DNA: a hit is ``cleavable`` where the gap of the oligonucleotide pairs without mismatch
or bulge over at least `gap_run` bases. Five is taken, the shortest stretch of deoxynucleotides for which cleavage was
seen (Monia et al., J Biol Chem 1993;268:14514-14522, recalled): the rule then calls too much cleavable, not too little.

A steric block acts where it covers what others must bind. A hit is ``splice_element`` where it lies within
`near_splice` bases of a splice junction of unspliced RNA, and ``start_codon`` where it lies within `near_start` bases
of the start codon. Both distances are the project's choice (100 and 50 bases), to be stated anew by who knows better.
Else the hit ``binds``: it is listed, and by this rule has no mechanism. ``not_told`` stands where the mechanism was
not stated, or where the start codon of a coding transcript is not known.

Cannot see: splice enhancers, microRNA sites or structure further away; whether RNase H reaches the place; effects on
proteins that bind the oligonucleotide itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proband.science.offtarget.oligo_hits import OligoHit
from proband.science.offtarget.oligo_query import Oligo
from proband.science.sequence.transcripts import Transcript

CLEAVABLE, SPLICE, START, BINDS, NOT_TOLD = "cleavable", "splice_element", "start_codon", "binds", "not_told"
MECHANISMS = {
    CLEAVABLE: "RNase H could cut: enough of the gap pairs",
    SPLICE: "could cover a splice element: near a splice junction of unspliced RNA",
    START: "could cover the start codon",
    BINDS: "binds, no mechanism by this rule",
    NOT_TOLD: "not told: the mechanism, or where the start codon is, was not stated",
}


@dataclass(frozen=True, slots=True)
class MechanismRule:
    """The numbers of the rule, in bases."""

    gap_run: int = 5
    near_splice: int = 100
    near_start: int = 50

    def words(self, mechanism: str) -> str:
        """The rule in words.

        >>> MechanismRule().words("rnase_h")
        'RNase H: cleavable where at least 5 bases of the gap in a row pair'
        """
        if mechanism == "rnase_h":
            return f"RNase H: cleavable where at least {self.gap_run} bases of the gap in a row pair"
        if mechanism == "steric_block":
            return (
                f"steric block: within {self.near_splice} bases of a splice junction (unspliced RNA) or "
                f"{self.near_start} bases of the start codon"
            )
        return "mechanism not stated: no rule was applied"


@dataclass(frozen=True, slots=True)
class Mechanism:
    """What a hit could do, and the numbers behind it; None where there is none.

    `gap_run`: base pairs in a row within the gap. `to_splice` and `to_start`: bases between the hit and the nearest
    splice junction or the start codon, 0 where it touches or covers it.
    """

    name: str
    gap_run: int | None = None
    to_splice: int | None = None
    to_start: int | None = None


def mechanism_of(hit: OligoHit, oligo: Oligo, rule: MechanismRule, transcripts: Mapping[str, Transcript]) -> Mechanism:
    """What a hit could do by the rule.

    >>> from proband.science.offtarget.oligo_hits import OligoAlignment
    >>> from proband.science.offtarget.oligo_query import OligoLimits, oligo_of
    >>> gapmer = oligo_of("ACGTACGTACGTACGT", "rnase_h", "3-10-3", OligoLimits(1))
    >>> pairs = OligoAlignment(1, 0, 0, 0, 0, (0,) * 7 + (1,) + (0,) * 8, "A" * 16)
    >>> mechanism_of(OligoHit("c1", "+", ((0, 16),), pairs, ("T",), ()), gapmer, MechanismRule(), {})
    Mechanism(name='cleavable', gap_run=5, to_splice=None, to_start=None)
    """
    if oligo.mechanism == "rnase_h" and oligo.gap is not None:
        run = hit.alignment.paired_run(*oligo.gap)
        return Mechanism(CLEAVABLE if run >= rule.gap_run else BINDS, run)
    if oligo.mechanism != "steric_block":
        return Mechanism(NOT_TOLD)
    before = [transcripts[t] for t in hit.unspliced]
    every = [transcripts[t] for t in dict.fromkeys((*hit.unspliced, *hit.spliced))]
    splice = _least([_to_splice(hit, t) for t in before])
    start = _least([_to_start(hit, t) for t in every])
    if splice is not None and splice <= rule.near_splice:
        return Mechanism(SPLICE, None, splice, start)
    if start is not None and start <= rule.near_start:
        return Mechanism(START, None, splice, start)
    unknown = any(t.is_coding and not t.start_complete for t in every)
    return Mechanism(NOT_TOLD if unknown else BINDS, None, splice, start)


def _least(values: list[int | None]) -> int | None:
    return min((v for v in values if v is not None), default=None)


def _to_splice(hit: OligoHit, t: Transcript) -> int | None:
    """Bases between the hit and the nearest junction, on the genome: introns of unspliced RNA are there."""
    junctions = [x for (_, a), (b, _) in zip(t.exons, t.exons[1:], strict=False) for x in (a, b)]
    low, high = hit.blocks[0][0], hit.blocks[-1][1]
    return _least([max(low - j, j - high, 0) for j in junctions])


def _to_start(hit: OligoHit, t: Transcript) -> int | None:
    """Bases of the molecule between the hit and the start codon."""
    if not t.is_coding or not t.start_complete:
        return None
    first, _ = t.coding_span
    codon = [t.genomic_position(i) for i in range(first, min(first + 3, len(t.sequence)))]
    if t.id in hit.spliced:
        inside = [t.transcript_index(p) for s, e in hit.blocks for p in (s, e - 1)]
        held = [i for i in inside if i is not None]
        return max(min(held) - (first + 3), first - (max(held) + 1), 0)
    low, high = hit.blocks[0][0], hit.blocks[-1][1]
    return max(low - (max(codon) + 1), min(codon) - high, 0)
