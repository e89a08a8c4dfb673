"""Bystanders: what each combination of editable bases under a guide makes of the protein.

The exact-correction set holds the combinations after which the protein is letter by letter the one that is wanted
and no essential splice base other than the target's is changed. A combination without the target can only be in it
when the target is coding.

Cannot see: how often each combination occurs (that is a prediction or a measurement of others), conversions that
the editor is not made for (a cytosine deaminated by an adenine editor), indels, and the concerns of
``consequence``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from proband.science.design.consequence import ProteinContext, SpliceFlag, protein_effect, splice_flag
from proband.science.design.haplotype import Change, Haplotype, edited
from proband.science.design.spacers import EditableBase, Guide

MOST_BASES = 8  # editable bases: 256 combinations; above, single bases and pairs alone (project's choice)


@dataclass(frozen=True, slots=True)
class Combination:
    """One set of converted bases: positions in the protospacer, the protein made, and its flags.

    `effect` is the kind of ``consequence.ProteinEffect`` against the protein that is wanted; `changes` are written
    against that protein; `restores` says whether the combination is in the exact-correction set.
    """

    positions: tuple[int, ...]
    has_target: bool
    effect: str
    changes: tuple[str, ...]
    splice: tuple[SpliceFlag, ...]
    restores: bool


@dataclass(frozen=True, slots=True)
class BystanderTable:
    """All combinations under one guide, or why none could be told.

    `complete` is False where there were too many editable bases for all combinations; `missing` then says what was
    left out, and likewise where no protein could be told.
    """

    guide: Guide
    combinations: tuple[Combination, ...]
    complete: bool
    missing: str

    @property
    def exact(self) -> tuple[tuple[int, ...], ...]:
        """The exact-correction set: positions edited in each combination that restores the exact protein."""
        return tuple(c.positions for c in self.combinations if c.restores)

    @property
    def target_alone(self) -> Combination | None:
        """The combination of the target without any bystander; None where no protein could be told."""
        return next((c for c in self.combinations if c.has_target and len(c.positions) == 1), None)

    @property
    def target_alone_suffices(self) -> bool | None:
        """Whether the target without bystanders gives the exact protein; None where that could not be told."""
        return None if self.target_alone is None else self.target_alone.restores

    @property
    def harmless(self) -> tuple[int, ...]:
        """Bystander positions that, edited along with the target alone, still give the exact protein."""
        pairs = [c for c in self.combinations if c.has_target and len(c.positions) == 2 and c.restores]
        return tuple(sorted({p for c in pairs for p in c.positions if p != self.guide.position}))


def bystander_table(
    haplotype: Haplotype, change: Change, guide: Guide, context: ProteinContext | None, most_bases: int = MOST_BASES
) -> BystanderTable:
    """The protein that each combination of editable bases makes.

    `most_bases` bounds the work: up to it all 2^k combinations are made, above it single bases and pairs.
    Raises ``ValueError`` for a transcript on another contig.

    Without a transcript, or on a haplotype with a variant that changes the length, there are no combinations and
    `missing` says why.

    >>> from proband.science.design.editors import load_editors
    >>> from proband.science.design.haplotype import change_at, haplotype_of
    >>> from proband.science.design.spacers import enumerate_guides
    >>> from proband.science.sequence.transcripts import Transcript
    >>> bases = "ATGTAGTCTCTATCTCTCTCAGGCTAA"
    >>> h, t = haplotype_of("c1", 0, bases), Transcript("T1", "G", "c1", "+", ((0, 27),), 0, 27, bases)
    >>> change = change_at(h, 4, "A", "G")
    >>> guide = enumerate_guides(h, change, load_editors()["ABE8e/SpCas9"]).guides[0]
    >>> guide.target, bystander_table(h, change, guide, t).exact
    ('A5', ((5,),))
    """
    if context is None:
        return BystanderTable(guide, (), False, "no transcript was given: what bystanders do to a protein is not known")
    if context.contig != haplotype.contig:
        raise ValueError(f"transcript {context.id} lies on {context.contig}, the haplotype on {haplotype.contig}")
    now, after = haplotype.substitutions(), edited(haplotype, change).substitutions()
    if now is None or after is None:
        return BystanderTable(guide, (), False, "a variant of this haplotype changes the length: proteins not told")
    wanted = context.protein_with(after)
    if not wanted:
        return BystanderTable(guide, (), False, f"{context.id} makes no protein to hold the combinations against")
    count = len(guide.editable)
    largest = count if count <= most_bases else min(2, count)
    missing = "" if largest == count else f"{count} editable bases: single bases and pairs alone, of 2^{count}"
    flags = {e.position: splice_flag(context, _reference(e)) for e in guide.editable}
    target = next(e for e in guide.editable if e.is_target)
    target_is_coding = context.coding_index(_reference(target)) is not None
    rows = []
    for chosen in _chosen(guide, largest):
        effect = protein_effect(wanted, context.protein_with({**now, **{_reference(e): e.plus_edited for e in chosen}}))
        has_target = target in chosen
        splice = tuple(f for e in chosen if e is not target and (f := flags[e.position]) is not None)
        restores = effect.kind == "exact" and not any(f.essential for f in splice) and (has_target or target_is_coding)
        positions = tuple(e.position for e in chosen)
        rows.append(Combination(positions, has_target, effect.kind, effect.changes, splice, restores))
    return BystanderTable(guide, tuple(rows), largest == count, missing)


def _chosen(guide: Guide, largest: int) -> Iterator[tuple[EditableBase, ...]]:
    for size in range(1, largest + 1):
        yield from combinations(guide.editable, size)


def _reference(base: EditableBase) -> int:
    assert base.reference_position is not None  # no variant changes the length
    return base.reference_position
