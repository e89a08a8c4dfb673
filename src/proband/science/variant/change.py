"""A change of the genome by its parts, like SPDI: contig, 0-based position, bases removed, bases put in.

The same change in a repeat can be placed at several positions. `span` finds them all; the placement furthest 3' on
a strand is the one that HGVS names (HGVS Nomenclature, "General recommendations", 3' rule), and the whole span is the
one that SPDI and VRS compare (Holmes et al., Bioinformatics 2020;36:1902-1907).

Cannot see: changes whose bases or ends are not stated, and rearrangements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from proband.core.errors import Problem, ProgramError
from proband.science.sequence.alphabet import complement, reverse_complement
from proband.science.sequence.genome import Genome

_STEP = 256
"""Bases of the genome read at a time while a change is moved along a repeat."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """Bases `deleted` at 0-based `start` of the plus strand are replaced by `inserted`.

    >>> str(Change("c1", 9, "C", "T")), Change("c1", 9, "CA", "CAA").trimmed()
    ('c1:9:C:T', Change(contig='c1', start=11, deleted='', inserted='A'))
    """

    contig: str
    start: int
    deleted: str
    inserted: str

    def __str__(self) -> str:
        return f"{self.contig}:{self.start}:{self.deleted}:{self.inserted}"

    @property
    def end(self) -> int:
        """Position after the last base removed."""
        return self.start + len(self.deleted)

    def trimmed(self) -> Change:
        """Without the bases that both sides share, at the front first, then at the back."""
        old, new, front = self.deleted, self.inserted, 0
        while front < min(len(old), len(new)) and old[front] == new[front]:
            front += 1
        old, new = old[front:], new[front:]
        while old and new and old[-1] == new[-1]:
            old, new = old[:-1], new[:-1]
        return Change(self.contig, self.start + front, old, new)


@dataclass(frozen=True, slots=True)
class Span:
    """All placements of one change: the one furthest left and the one furthest right on the plus strand."""

    left: Change
    right: Change

    def towards(self, strand: str) -> Change:
        """The placement furthest 3' on a strand."""
        return self.right if strand == "+" else self.left

    def covering(self, genome: Genome) -> Change:
        """The change written over all its placements, the same for every way to write it."""
        left, right = self.left, self.right
        if left == right:
            return left
        tail = genome.fetch(left.contig, left.end, right.end)
        return Change(left.contig, left.start, left.deleted + tail, left.inserted + tail)


def check_reference(genome: Genome, change: Change) -> None:
    """Raise ``ProgramError`` unless the genome has the bases that the change removes, and all letters are A, C, G, T.

    >>> from proband.science.sequence.genome import genome_of
    >>> check_reference(genome_of({"c1": "ACGT"}), Change("c1", 1, "C", "T"))
    """
    place = f"{change.contig}:{change.start + 1}"
    if change.inserted.strip("ACGT"):
        remedy = "state the bases; one change at a time"
        raise ProgramError([Problem("variant", place, change.inserted, "A, C, G or T put in", remedy)])
    has = genome.fetch(change.contig, change.start, change.end)
    if has != change.deleted:
        remedy = "check build, strand and position; the variant may belong to another build"
        raise ProgramError(
            [Problem("variant", place, f"reference {change.deleted}", f"{has}, as the genome has", remedy)]
        )
    if has.strip("ACGT"):
        remedy = "the reference does not say what is there: no consequence can be computed"
        raise ProgramError([Problem("variant", place, f"{has} in the reference", "A, C, G or T", remedy)])


def span(genome: Genome, change: Change) -> Span:
    """All placements of a change whose bases have been checked.

    Raises ``ProgramError`` when the known bases of a slice end before the repeat does: where it ends is not known.

    >>> from proband.science.sequence.genome import genome_of
    >>> s = span(genome_of({"c1": "GCAAAAT"}), Change("c1", 3, "A", ""))
    >>> str(s.left), str(s.right)
    ('c1:2:A:', 'c1:5:A:')
    """
    change = change.trimmed()
    unit = change.deleted or change.inserted
    if not unit or (change.deleted and change.inserted):
        return Span(change, change)
    right = _roll(genome, change, unit, 1)
    left = _roll(genome, change, unit, -1)
    return Span(_moved(change, unit, -left), _moved(change, unit, right))


def _roll(genome: Genome, change: Change, unit: str, direction: int) -> int:
    steps = 0
    letters = unit if direction > 0 else unit[::-1]
    for base in _walk(genome, change, direction):
        if base != letters[steps % len(letters)]:
            return steps
        steps += 1
    low, high = genome.known(change.contig, change.start) or genome.known(change.contig, change.start - 1) or (0, 0)
    if not (genome.whole or (direction < 0 and low == 0)):
        found = f"a repeat that reaches the end of the known bases, {change.contig}:{low + 1}-{high}"
        remedy = "give more of the contig: the place of the change can not be normalised"
        raise ProgramError([Problem("variant", f"{change.contig}:{change.start + 1}", found, "its end", remedy)])
    return steps


def _walk(genome: Genome, change: Change, direction: int) -> Iterator[str]:
    """Bases of the genome from the edge of the change outwards, up to the end of what is known."""
    known = genome.known(change.contig, change.start) or genome.known(change.contig, change.start - 1)
    if known is None:
        return
    at = change.end if direction > 0 else change.start
    while known[0] <= at <= known[1]:
        low, high = (at, min(at + _STEP, known[1])) if direction > 0 else (max(at - _STEP, known[0]), at)
        if low == high:
            return
        yield from genome.fetch(change.contig, low, high)[::direction]
        at = high if direction > 0 else low


def _moved(change: Change, unit: str, steps: int) -> Change:
    turn = steps % len(unit)
    turned = unit[turn:] + unit[:turn]
    old, new = (turned, "") if change.deleted else ("", turned)
    return Change(change.contig, change.start + steps, old, new)


def written(genome: Genome, change: Change, strand: str, number: Callable[[int], str]) -> str:
    """The change as HGVS writes it after the ``g.``, ``c.`` or ``n.``, on one strand and as placed.

    `number` gives the number of a genomic position in the numbering wanted.

    >>> from proband.science.sequence.genome import genome_of
    >>> g = genome_of({"c1": "GCAAAAT"})
    >>> written(g, Change("c1", 6, "", "AA"), "+", lambda p: str(p + 1))
    '5_6dup'
    """
    old, new = change.deleted, change.inserted
    if strand == "-":
        old, new = reverse_complement(old), reverse_complement(new)

    def over(start: int, end: int) -> str:
        first, last = (start, end - 1) if strand == "+" else (end - 1, start)
        return number(first) if first == last else f"{number(first)}_{number(last)}"

    if not old:
        size = len(new)
        start = change.start - size if strand == "+" else change.start
        if _holds(genome, change.contig, start, change.inserted):
            return f"{over(start, start + size)}dup"
        return f"{over(change.start - 1, change.start + 1)}ins{new}"
    where = over(change.start, change.end)
    if old == new:
        return f"{where}="
    if not new:
        return f"{where}del"
    if len(old) == len(new) == 1:
        return f"{where}{old}>{new}"
    if len(old) == len(new) and old == "".join(complement(b) for b in reversed(new)):
        return f"{where}inv"
    return f"{where}delins{new}"


def _holds(genome: Genome, contig: str, start: int, bases: str) -> bool:
    known = genome.known(contig, start)
    return (
        known is not None
        and start + len(bases) <= known[1]
        and genome.fetch(contig, start, start + len(bases)) == bases
    )
