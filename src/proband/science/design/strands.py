"""Placing a protospacer and its PAM on either strand of a haplotype, with no ambiguous base taken for a match.

Oriented coordinates: index 0 is the first base of the strand read 5' to 3'. For "+" they are the haplotype's
indices; for "-" index i is the base that pairs with the haplotype's base at length - 1 - i.

Cannot see: what lies beyond the sequence that was given; a placement there is reported as past its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from proband.science.design.editors import Editor
from proband.science.sequence.alphabet import IUPAC, complement, reverse_complement

STRANDS = ("+", "-")
_ACGT = frozenset("ACGT")
_SETS = {code: frozenset(bases) for code, bases in IUPAC.items()}


@dataclass(frozen=True, slots=True)
class Placement:
    """A protospacer placed in an oriented sequence: its start there, its bases and those of its PAM.

    `problem` is "" where the PAM fits; else ``past_sequence_end``, ``ambiguous_base`` or ``no_pam``.
    """

    start: int
    spacer: str
    pam: str
    problem: str


def oriented(sequence: str, strand: str) -> str:
    """The sequence of a strand read 5' to 3'."""
    return sequence if strand == "+" else reverse_complement(sequence)


def flip(index: int, length: int, strand: str) -> int:
    """Between a haplotype's index of a base and the oriented one; its own inverse."""
    return index if strand == "+" else length - 1 - index


def pam_fits(pattern: str, pam: str) -> bool:
    """Whether bases A, C, G, T fit an IUPAC pattern of the same length; any other letter fits nothing, not even N.

    >>> pam_fits("NGG", "AGG"), pam_fits("NGG", "AGC"), pam_fits("NGG", "NGG")
    (True, False, False)
    """
    return len(pam) == len(pattern) and all(b in _ACGT and b in _SETS[p] for p, b in zip(pattern, pam, strict=True))


def place(sequence: str, start: int, editor: Editor) -> Placement:
    """Place the editor's protospacer at `start` of an oriented sequence and say whether it is a target."""
    end, n = start + editor.spacer_length, len(editor.pam)
    low, high = (start, end + n) if editor.pam_after else (start - n, end)
    if low < 0 or high > len(sequence):
        return Placement(start, "", "", "past_sequence_end")
    spacer = sequence[start:end]
    pam = sequence[end:high] if editor.pam_after else sequence[low:start]
    if not _ACGT.issuperset(spacer) or not _ACGT.issuperset(pam):
        return Placement(start, spacer, pam, "ambiguous_base")
    return Placement(start, spacer, pam, "" if pam_fits(editor.pam, pam) else "no_pam")


def targets(sequence: str, editor: Editor, first: int, last: int) -> Iterator[Placement]:
    """Every protospacer with a fitting PAM that starts from `first` to `last` of an oriented sequence."""
    for start in range(max(first, 0), min(last, len(sequence) - 1) + 1):
        found = place(sequence, start, editor)
        if not found.problem:
            yield found


def cut_index(start: int, editor: Editor) -> int:
    """Oriented index of the first base after the cut in the strand that carries the PAM."""
    return start + editor.spacer_length - editor.cut[0] if editor.pam_after else start + editor.cut[0]


def other_cut_index(start: int, editor: Editor) -> int:
    """The same for the strand that pairs with the guide, in the coordinates of the strand that carries the PAM."""
    return start + editor.spacer_length - editor.cut[1] if editor.pam_after else start + editor.cut[1]


def on_strand(base: str, strand: str) -> str:
    """A base of the plus strand as read on `strand`."""
    return base if strand == "+" else complement(base)


def gc_fraction(sequence: str) -> float:
    """Share of G and C; raises ``ValueError`` for an empty sequence.

    >>> gc_fraction("ACGT")
    0.5
    """
    if not sequence:
        raise ValueError("an empty sequence has no GC share")
    return (sequence.count("G") + sequence.count("C")) / len(sequence)


def longest_run(sequence: str, base: str) -> int:
    """Length of the longest run of one base.

    >>> longest_run("ATTTTGT", "T")
    4
    """
    best = run = 0
    for b in sequence:
        run = run + 1 if b == base else 0
        best = max(best, run)
    return best
