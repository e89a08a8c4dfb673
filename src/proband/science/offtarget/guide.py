"""Guides and limits of an off-target search: spacer, PAM pattern and its side, and how much may differ.

A guide is a spacer of 17 to 25 letters A, C, G, T and a PAM pattern of IUPAC letters on its 3' side (Cas9) or its 5'
side (Cas12a, Cas12b), both written 5' to 3' on the guide's strand. What a site is:
docs/explanation/off-target-semantics.md.

Cannot see: whether the guide works, and which PAMs its nuclease cuts in truth; the pattern is taken as written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proband.core.errors import Problem, ProgramError
from proband.science.sequence.alphabet import IUPAC

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SHORTEST, LONGEST = 17, 25
"""Lengths of a spacer that are searched."""
LONGEST_PAM = 12
"""Letters of a PAM pattern at most."""
CODES = "ACGT"
"""Bases by their code, 0 to 3; 4 is any other letter."""

_BITS = {letter: sum(1 << CODES.index(b) for b in bases) for letter, bases in IUPAC.items()}


@dataclass(frozen=True, slots=True)
class Guide:
    """A spacer with its PAM, both 5' to 3' on the guide's strand; made by `guide_of`, which checks."""

    name: str
    spacer: str
    pam: str
    pam_side: int
    """3 where the PAM follows the protospacer, 5 where it precedes it."""

    @property
    def spacer_codes(self) -> npt.NDArray[np.uint8]:
        """Codes 0 to 3 of the spacer's letters, 5' to 3'."""
        import numpy as np

        return np.array([CODES.index(x) for x in self.spacer], np.uint8)

    @property
    def pam_bits(self) -> npt.NDArray[np.uint8]:
        """The admitted bases of each PAM letter, as a set of bits: 1 A, 2 C, 4 G, 8 T."""
        import numpy as np

        return np.array([_BITS[x] for x in self.pam], np.uint8)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may differ, each limit for itself: mismatches, DNA bulge bases, RNA bulge bases.

    >>> Limits(4)
    Limits(mismatches=4, dna_bulges=0, rna_bulges=0)
    """

    mismatches: int
    dna_bulges: int = 0
    rna_bulges: int = 0

    def __post_init__(self) -> None:
        named = (
            ("mismatches", self.mismatches), ("DNA bulge bases", self.dna_bulges), ("RNA bulge bases", self.rna_bulges)
        )  # fmt: skip
        wrong = [
            Problem("limits", what, str(n), "a whole number from 0", "give a number of bases")
            for what, n in named
            if isinstance(n, bool) or not isinstance(n, int) or n < 0
        ]
        if wrong:
            raise ProgramError(wrong)


def guide_of(spacer: str, pam: str, pam_side: int = 3, name: str = "", file: str = "guide") -> Guide:
    """A checked guide; U is read as T, lower case as capitals. Raises ``ProgramError`` with every fault.

    >>> guide_of("cuaacaguugcuuuuaucac", "NGG").spacer
    'CTAACAGTTGCTTTTATCAC'
    """
    made, problems = read_guide(spacer, pam, pam_side, name, file)
    if problems:
        raise ProgramError(problems)
    return made


def read_guide(spacer: str, pam: str, pam_side: int, name: str, file: str) -> tuple[Guide, list[Problem]]:
    """The guide as written, and what is wrong with it."""
    letters, pattern = spacer.strip().upper().replace("U", "T"), pam.strip().upper().replace("U", "T")
    place = f"guide {name[:40]!r}" if name else "guide"
    problems = []
    foreign = sorted(set(letters) - set(CODES))
    if foreign:
        remedy = "write the spacer alone, 5' to 3', without its PAM; an ambiguous spacer is several guides"
        found = f"{spacer[:40]!r} with {', '.join(foreign)[:40]}"
        problems.append(Problem(file, place, found, "a spacer of A, C, G, T", remedy))
    if not SHORTEST <= len(letters) <= LONGEST:
        expected = f"a spacer of {SHORTEST} to {LONGEST} letters"
        problems.append(Problem(file, place, f"{len(letters)} letters", expected, "give the spacer without PAM"))
    if not pattern or len(pattern) > LONGEST_PAM or set(pattern) - set(IUPAC):
        expected = f"a PAM of 1 to {LONGEST_PAM} IUPAC letters such as NGG, NRG, TTTV, NNGRRT or NNN"
        problems.append(Problem(file, f"{place}, PAM", repr(pam[:40]), expected, "mend the PAM"))
    if pam_side not in (3, 5):
        problems.append(Problem(file, f"{place}, PAM side", str(pam_side), "3 (Cas9) or 5 (Cas12)", "say 3 or 5"))
    return Guide(name or letters, letters, pattern, pam_side), problems


def check_guides(guides: Sequence[Guide], file: str = "guides") -> None:
    """Raise ``ProgramError`` where there is no guide, a name twice, or a guide that was not checked."""
    problems = []
    if not guides:
        problems.append(Problem(file, "", "no guide", "one guide at least", "give --spacer and --pam, or --guides"))
    for guide in guides:
        problems += read_guide(guide.spacer, guide.pam, guide.pam_side, guide.name, file)[1]
    problems += _repeated(guides, file)
    if problems:
        raise ProgramError(problems)


def _repeated(guides: Iterable[Guide], file: str) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for guide in guides:
        if guide.name in seen:
            found = f"the name {guide.name[:40]!r} twice"
            problems.append(Problem(file, "name", found, "each name once", "rename one, or remove a repeated guide"))
        seen.add(guide.name)
    return problems
