"""A place at which large events or junctions are looked for: its sequence, its cuts, and where it lies on a genome.

Positions are 0-based on the locus; a cut is a boundary, the index of the base right of it. The arm of the chromosome
says which side of a cut holds the centromere: on the short arm (p) the bases of higher coordinates, on the long arm
(q) those of lower ones.

Cannot see: whether a sequence is the patient's, and whether it lies where `start` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from proband.border import read_text
from proband.core.errors import Problem

SHORTEST, LONGEST = 300, 200_000
"""Bases of a locus; more than an amplicon of 20 kb is read, slower."""
REACH = 200
"""Bases from a cut within which a breakpoint of a junction lies."""
LEAST_SIDE = 50
"""Bases of a nominated site that must lie on each side of its cut."""


@dataclass(frozen=True, slots=True)
class Locus:
    """One place: name, sequence in capitals ("" where only aligned reads are used), length, cuts, place on a genome.

    `start` is the 0-based first base on `contig`, None where it is not known; `arm` is "p", "q" or "" (not known).
    Raises ``ValueError`` for a cut that does not lie inside, or letters that are no bases.

    >>> Locus("t", 400, (200,)).side(1), Locus("t", 400, (200,), arm="q").centromere
    ((200, 400), 'left')
    """

    name: str
    length: int
    cuts: tuple[int, ...]
    sequence: str = ""
    contig: str = ""
    start: int | None = None
    arm: str = ""
    on_target: bool = False

    def __post_init__(self) -> None:
        if self.sequence and (len(self.sequence) != self.length or set(self.sequence) - set("ACGTN")):
            raise ValueError(f"locus {self.name}: {self.length} bases of A, C, G, T, N")
        if not self.cuts or any(not 0 < cut < self.length for cut in self.cuts):
            raise ValueError(f"locus {self.name}: every cut lies inside of the sequence")

    def side(self, number: int) -> tuple[int, int]:
        """The bases left (0) of the first cut, or right (1) of the last one."""
        return (0, min(self.cuts)) if number == 0 else (max(self.cuts), self.length)

    @property
    def centromere(self) -> str:
        """The side of the cut that holds the centromere: left, right, or "" where the arm is not known."""
        return {"p": "right", "q": "left"}.get(self.arm, "")

    def shown(self, position: int) -> str:
        """A boundary for people: the base left of it, 1-based, on the contig where it is known."""
        if self.start is None:
            return str(position)
        return f"{self.contig}:{self.start + position}"


def read_fasta(path: Path, name: str, problems: list[Problem]) -> dict[str, str]:
    """The sequences of a FASTA file by name, in capitals; faults are added to `problems`.

    Raises nothing. Lower case (soft masking) is read as capitals, U as T; letters other than A, C, G, T become N.
    """
    text = read_text(path, name, problems)
    if text is None:
        return {}
    made: dict[str, list[str]] = {}
    current: list[str] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(">"):
            title = (line[1:].split() or [""])[0]
            if not title or title in made:
                found = "no name" if not title else f"{title[:60]} twice"
                problems.append(Problem(name, f"line {number}", found, "a name of its own", "name each sequence once"))
            current = made.setdefault(title, [])
        elif line.strip():
            if current is None:
                problems.append(Problem(name, f"line {number}", "a line before the first >", "FASTA", "give a FASTA"))
                return {}
            current.append("".join(line.split()).upper().replace("U", "T"))
    found = {}
    for title, parts in made.items():
        sequence = "".join(parts)
        strange = sorted(set(sequence) - set("ACGTNRYSWKMBDHV"))
        if strange or not sequence:
            told = f"the letters {' '.join(strange[:8])}" if strange else "no bases"
            problems.append(Problem(name, title[:60], told, "bases of A, C, G, T, N", "correct it"))
        found[title] = "".join(c if c in "ACGT" else "N" for c in sequence)
    if not made:
        problems.append(Problem(name, "", "no sequence", "a FASTA file", "give the sequence of the locus"))
    return found
