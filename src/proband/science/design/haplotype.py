"""The sequence to be edited: a piece of one haplotype with its variants in place, and the change that is wanted.

Indices count in the haplotype's own sequence; positions are those of the reference, 0-based. The two differ after
an insertion or a deletion, so both are kept and the way between them is explicit.

Cannot see: variants that were not given, the other haplotype, and whether the variants given are in phase.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from proband.science.sequence.alphabet import IUPAC

BASES = frozenset("ACGT")


@dataclass(frozen=True, slots=True, order=True)
class Placed:
    """A variant in place: 0-based reference position, reference and alternate bases on the plus strand."""

    position: int
    ref: str
    alt: str


@dataclass(frozen=True, slots=True)
class Haplotype:
    """A piece of one haplotype on the plus strand; `start` is the reference position of its first base.

    >>> h = haplotype_of("c1", 100, "AACCGGTT", [Placed(103, "C", "CTT")])
    >>> h.sequence, [h.reference_position(i) for i in (3, 4, 6)], h.index_of(104)
    ('AACCTTGGTT', [103, None, 104], 6)
    """

    contig: str
    start: int
    sequence: str
    variants: tuple[Placed, ...] = ()

    def reference_position(self, index: int) -> int | None:
        """Reference position of the base at `index`; None for an inserted base."""
        shift = 0
        for v in self.variants:
            at = v.position - self.start + shift
            if index < at:
                break
            if index < at + len(v.alt):
                inside = index - at
                return v.position + inside if inside < len(v.ref) else None
            shift += len(v.alt) - len(v.ref)
        return self.start + index - shift

    def index_of(self, position: int) -> int | None:
        """Index of the base at a reference position; None for a deleted base or outside of the piece."""
        shift = 0
        for v in self.variants:
            if position < v.position:
                break
            if position < v.position + len(v.ref):
                inside = position - v.position
                return v.position - self.start + shift + inside if inside < len(v.alt) else None
            shift += len(v.alt) - len(v.ref)
        index = position - self.start + shift
        return index if 0 <= index < len(self.sequence) else None

    def boundary(self, index: int) -> int:
        """Reference position of the boundary before `index`: the next base that the reference has."""
        for i in range(index, len(self.sequence)):
            position = self.reference_position(i)
            if position is not None:
                return position
        return self.start + len(self.sequence) - sum(len(v.alt) - len(v.ref) for v in self.variants)

    def substitutions(self) -> Mapping[int, str] | None:
        """The variants as reference position to base; None when one changes the length."""
        if any(len(v.ref) != len(v.alt) for v in self.variants):
            return None
        return {v.position + i: base for v in self.variants for i, base in enumerate(v.alt) if base != v.ref[i]}


@dataclass(frozen=True, slots=True)
class Change:
    """A change to make in a haplotype: at `index`, from the bases `present` to the bases `wanted` (plus strand)."""

    index: int
    present: str
    wanted: str

    @property
    def is_substitution(self) -> bool:
        """Whether one base is to be replaced by one other."""
        return len(self.present) == len(self.wanted) == 1 and self.present != self.wanted


def haplotype_of(contig: str, start: int, reference: str, variants: Iterable[Placed] = ()) -> Haplotype:
    """Put variants into a piece of reference sequence that begins at the 0-based position `start`.

    Raises ``ValueError`` for a letter that is not an IUPAC code, a reference base that differs, variants outside of
    the piece, overlapping ones, and alternate bases other than A, C, G, T.

    >>> haplotype_of("c1", 10, "ACGT", [Placed(12, "G", "A")]).sequence
    'ACAT'
    """
    sequence = reference.upper()
    strange = sorted(set(sequence) - set(IUPAC))
    if strange:
        raise ValueError(f"{contig}: the sequence has letters that are no IUPAC codes: {' '.join(strange)}")
    pieces, done = [], 0
    placed = tuple(sorted(Placed(v.position, v.ref.upper(), v.alt.upper()) for v in variants))
    for v in placed:
        at = v.position - start
        _check(contig, start, sequence, v, done)
        pieces += [sequence[done:at], v.alt]
        done = at + len(v.ref)
    return Haplotype(contig, start, "".join([*pieces, sequence[done:]]), placed)


def _check(contig: str, start: int, sequence: str, v: Placed, done: int) -> None:
    at, name = v.position - start, f"{contig}:{v.position + 1} {v.ref or '-'}>{v.alt or '-'}"
    if at < 0 or at + len(v.ref) > len(sequence):
        raise ValueError(f"{name} lies outside of the sequence given, {contig}:{start + 1}-{start + len(sequence)}")
    if at < done:
        raise ValueError(f"{name} overlaps the variant before it")
    if not set(v.alt) <= BASES or not set(v.ref) <= BASES or v.ref == v.alt:
        raise ValueError(f"{name} is not a change between bases A, C, G, T (symbolic alleles can not be designed for)")
    found = sequence[at : at + len(v.ref)]
    if found != v.ref:
        raise ValueError(f"{name}: the sequence given has {found} there: wrong build, position or strand")


def correction(haplotype: Haplotype, variant: Placed) -> Change:
    """The change that puts the reference back where `variant` stands.

    Raises ``ValueError`` when the haplotype does not carry the variant.

    >>> h = haplotype_of("c1", 10, "ACGT", [Placed(12, "G", "A")])
    >>> correction(h, Placed(12, "G", "A"))
    Change(index=2, present='A', wanted='G')
    """
    if variant not in haplotype.variants:
        raise ValueError(f"the haplotype does not carry {variant}")
    before = sum(len(v.alt) - len(v.ref) for v in haplotype.variants if v < variant)
    return Change(variant.position - haplotype.start + before, variant.alt, variant.ref)


def change_at(haplotype: Haplotype, position: int, present: str, wanted: str) -> Change:
    """A change at a reference position, for an edit that is not the correction of a variant.

    Raises ``ValueError`` when the bases present differ, or the position is not in the haplotype.

    >>> change_at(haplotype_of("c1", 10, "ACGT"), 11, "C", "T")
    Change(index=1, present='C', wanted='T')
    """
    index = haplotype.index_of(position)
    if index is None:
        raise ValueError(f"{haplotype.contig}:{position + 1} is not in the sequence given")
    found = haplotype.sequence[index : index + len(present)]
    if found != present:
        raise ValueError(f"{haplotype.contig}:{position + 1} has {found} on this haplotype, not {present}")
    if not set(present) | set(wanted) <= BASES or present == wanted:
        raise ValueError(f"{present or '-'}>{wanted or '-'} is not a change between bases A, C, G, T")
    return Change(index, present, wanted)


def edited(haplotype: Haplotype, change: Change) -> Haplotype:
    """The haplotype after the change: a variant put back is gone, another change is a variant more.

    Raises ``ValueError`` when the bases present differ, and for a change that lies within a variant without undoing it.

    >>> h = haplotype_of("c1", 10, "ACGT", [Placed(12, "G", "A")])
    >>> edited(h, correction(h, Placed(12, "G", "A")))
    Haplotype(contig='c1', start=10, sequence='ACGT', variants=())
    """
    end = change.index + len(change.present)
    if haplotype.sequence[change.index : end] != change.present:
        raise ValueError("the haplotype does not have the bases that the change expects")
    sequence = haplotype.sequence[: change.index] + change.wanted + haplotype.sequence[end:]
    for v in haplotype.variants:
        if correction(haplotype, v) == change:
            kept = tuple(o for o in haplotype.variants if o != v)
            return Haplotype(haplotype.contig, haplotype.start, sequence, kept)
    positions = [haplotype.reference_position(i) for i in range(change.index, end)]
    start = haplotype.boundary(change.index)
    if positions != list(range(start, start + len(positions))) or _touches(haplotype, start, len(positions)):
        raise ValueError("the change lies within a variant of the haplotype and does not undo it")
    new = Placed(start, change.present, change.wanted)
    return Haplotype(haplotype.contig, haplotype.start, sequence, tuple(sorted((*haplotype.variants, new))))


def _touches(haplotype: Haplotype, start: int, length: int) -> bool:
    return any(v.position < start + length and start < v.position + len(v.ref) for v in haplotype.variants)
