"""The oligonucleotide and the limits of its off-target search: bases, mechanism, gap, and how much may differ.

Bases are written 5' to 3' with A, C, G, T or U (U is read as T). Notations that put sugars, linkages or modified bases
into the sequence are refused: the chemistry is stated apart, as a class of ``reference/oligonucleotide_chemistry.toml``
or as ``rnase_h`` or ``steric_block`` alone.

Cannot see: whether the chemistry works as its class does; conjugates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proband.border import hidden, shown
from proband.core.errors import Problem, ProgramError
from proband.core.kinds import nearest
from proband.science.design.oligo_chemistry import MECHANISMS, load_chemistry

SHORTEST, LONGEST = 10, 40
"""Bases of an oligonucleotide that is searched for; project's choice."""
MOST_MISMATCHES, MOST_BULGE, MOST_TRIM = 6, 3, 6
CORE = 8
"""Bases that must be left to pair after every limit is used up: below, every transcript would be a hit."""
CODES = "ACGT"
_REMEDY = (
    "write the bases alone, 5' to 3', with A, C, G, T or U; sugars, linkages and modified bases (m, +, *, [], //, d, "
    "r) are stated with --chemistry and --layout"
)


@dataclass(frozen=True, slots=True)
class OligoLimits:
    """How much may differ, each limit for itself: mismatches, bulged bases of the target, of the oligonucleotide, trim.

    `trimmed` counts bases of the oligonucleotide that are left unpaired at its ends, both ends together.

    >>> OligoLimits(2).words()
    'at most 2 mismatches, no bulge, no unpaired end'
    """

    mismatches: int
    target_bulges: int = 0
    oligo_bulges: int = 0
    trimmed: int = 0

    def words(self) -> str:
        """The rule in words."""
        bulges = [
            f"{n} bulged base{'s' * (n > 1)} of the {what}"
            for n, what in ((self.target_bulges, "target"), (self.oligo_bulges, "oligonucleotide"))
            if n
        ]
        ends = (
            f"{self.trimmed} unpaired base{'s' * (self.trimmed > 1)} at the ends" if self.trimmed else "no unpaired end"
        )
        mismatch = f"at most {self.mismatches} mismatch{'es' * (self.mismatches != 1)}"
        return ", ".join([mismatch, *(bulges or ["no bulge"]), ends])

    def counts(self) -> tuple[int, int, int, int]:
        """The limits in the order of the kernels."""
        return self.mismatches, self.target_bulges, self.oligo_bulges, self.trimmed


@dataclass(frozen=True, slots=True)
class Oligo:
    """An oligonucleotide to search for; made by `oligo_of`, which checks.

    `mechanism` is ``rnase_h``, ``steric_block`` or "" (not stated); `layout` is (wing, gap, wing) in bases, 5' to 3',
    () where there is no gap; `chemistry` is what was stated.
    """

    sequence: str
    mechanism: str
    layout: tuple[int, ...]
    chemistry: str
    limits: OligoLimits

    @property
    def target(self) -> npt.NDArray[np.uint8]:
        """Codes 0 to 3 of what it pairs with, 5' to 3' on the RNA."""
        return np.array([3 - CODES.index(x) for x in reversed(self.sequence)], np.uint8)

    @property
    def gap(self) -> tuple[int, int] | None:
        """The gap as bases of the oligonucleotide, 0-based half-open from its 5' end; None without one."""
        return (self.layout[0], self.layout[0] + self.layout[1]) if self.layout else None


def oligo_of(sequence: str, chemistry: str, layout: str, limits: OligoLimits) -> Oligo:
    """A checked oligonucleotide; raises ``ProgramError`` with every fault.

    >>> made = oligo_of("GCUAGCUAGGCTAGCTAGCA", "moe_ps_gapmer", "", OligoLimits(2))
    >>> made.sequence, made.mechanism, made.layout
    ('GCTAGCTAGGCTAGCTAGCA', 'rnase_h', (5, 10, 5))
    """
    letters = sequence.strip().upper().replace("U", "T")
    problems = _sequence_problems(sequence, letters)
    mechanism, layouts = _mechanism(chemistry, problems)
    held = _layout(layout, layouts, mechanism, len(letters), problems) if not problems else ()
    problems += _limit_problems(limits, len(letters))
    if problems:
        raise ProgramError(problems)
    return Oligo(letters, mechanism, held, chemistry, limits)


def _sequence_problems(written: str, letters: str) -> list[Problem]:
    foreign = sorted(set(letters) - set(CODES))
    if not letters:
        return [Problem("oligonucleotide", "sequence", "nothing", "bases, 5' to 3'", "give --sequence")]
    if foreign:
        told = ", ".join(hidden(x)[0] if hidden(x) else x for x in foreign[:8])
        found = f"{shown(written[:60])} with {told}"
        return [Problem("oligonucleotide", "sequence", found, "A, C, G, T or U", _REMEDY)]
    if not SHORTEST <= len(letters) <= LONGEST:
        expected = f"{SHORTEST} to {LONGEST} bases"
        return [Problem("oligonucleotide", "sequence", f"{len(letters)} bases", expected, "give the whole sequence")]
    return []


def _mechanism(chemistry: str, problems: list[Problem]) -> tuple[str, tuple[tuple[int, int, int], ...]]:
    if chemistry in ("", *MECHANISMS):
        return chemistry, ()
    classes = load_chemistry().classes
    if chemistry not in classes:
        known = (*MECHANISMS, *classes)
        problems.append(
            Problem("oligonucleotide", "chemistry", shown(chemistry), ", ".join(known), nearest(chemistry, known))
        )
        return "", ()
    return classes[chemistry].mechanism, classes[chemistry].layouts


def _layout(
    text: str, layouts: tuple[tuple[int, int, int], ...], mechanism: str, size: int, problems: list[Problem]
) -> tuple[int, ...]:
    if mechanism != "rnase_h":
        if text:
            problems.append(
                Problem("oligonucleotide", "layout", shown(text), "no layout", "a layout is that of a gapmer (rnase_h)")
            )
        return ()
    expected = f"wing-gap-wing that adds to {size} bases, such as 5-10-5"
    if text:
        parts = text.split("-")
        if len(parts) == 3 and all(p.isascii() and p.isdigit() and len(p) < 3 for p in parts):
            held = tuple(int(p) for p in parts)
            if sum(held) == size and held[1] > 0:
                return held
        problems.append(Problem("oligonucleotide", "layout", shown(text), expected, "correct the layout"))
        return ()
    fitting = [x for x in layouts if sum(x) == size]
    if len(fitting) == 1:
        return fitting[0]
    found = f"{len(fitting)} layouts of {size} bases in this class" if layouts else "nothing"
    problems.append(Problem("oligonucleotide", "layout", found, expected, "give --layout: where RNase H can cut"))
    return ()


def _limit_problems(limits: OligoLimits, size: int) -> list[Problem]:
    named = (
        ("mismatches", limits.mismatches, MOST_MISMATCHES),
        ("bulged bases of the target", limits.target_bulges, MOST_BULGE),
        ("bulged bases of the oligonucleotide", limits.oligo_bulges, MOST_BULGE),
        ("unpaired bases at the ends", limits.trimmed, MOST_TRIM),
    )
    problems = [
        Problem("limits", what, str(n), f"a whole number from 0 to {most}", "choose one")
        for what, n, most in named
        if isinstance(n, bool) or not isinstance(n, int) or not 0 <= n <= most
    ]
    if problems or not size:
        return problems
    left = size - limits.mismatches - limits.oligo_bulges - limits.trimmed
    if left < CORE:
        found = f"{left} bases that must pair"
        expected = f"at least {CORE} after mismatches, bulged bases of the oligonucleotide and unpaired ends"
        problems.append(Problem("limits", "", found, expected, "allow less: nearly every transcript would be a hit"))
    return problems
