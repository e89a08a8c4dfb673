"""Which siblings an identity method can tell from this version, computed from letters or masses.

- mass: two versions are told apart where their masses differ by more than the acceptance window and the accuracy
  together (the window is the accuracy where it is not stated). Letters of one length and chemistry differ in mass by
  their bases alone; versions of equal composition have equal mass, and no mass method tells them apart;
- sequence: told apart where the letters that are read differ;
- length: where lengths differ by more than the resolution;
- hybridisation: where the probe's stretch differs in at least as many places as prevent a signal;
- shown: as an experiment showed, with its source.

Masses of bases from the formulas and the standard atomic weights (IUPAC 2021, abridged: C 12.011, H 1.008, N 14.007,
O 15.999); the rest of a nucleotide is the same in both and drops out, modified or not, as long as chemistry goes by
position.

Cannot see: whether a method works as described, and chemistry that goes by the base (5-methylcytosine for every C).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from proband.core.evidence import Members
from proband.science.quality.method_file import Identity, Method, Own, Sibling

ATOMS = {"C": 12.011, "H": 1.008, "N": 14.007, "O": 15.999}
BASES = {
    "A": {"C": 5, "H": 5, "N": 5}, "C": {"C": 4, "H": 5, "N": 3, "O": 1}, "G": {"C": 5, "H": 5, "N": 5, "O": 1},
    "U": {"C": 4, "H": 4, "N": 2, "O": 2}, "T": {"C": 5, "H": 6, "N": 2, "O": 2},
}  # fmt: skip
"""Atoms of each base (C, H, N, O)."""
STATED_EQUAL = 0.05
"""Da within which two stated masses of one composition count as equal: they are rounded."""
TOLD, NOT_TOLD, NOT_KNOWN = "told_apart", "not_told_apart", "not_known"


@dataclass(frozen=True, slots=True)
class Compared:
    """What one method says of one sibling, and why."""

    method: str
    sibling: str
    state: str
    because: str


def base_mass(letter: str) -> float:
    """The average mass of a base, in g/mol.

    >>> round(base_mass("A"), 2), round(base_mass("U"), 2)
    (135.13, 112.09)
    """
    return sum(ATOMS[a] * n for a, n in BASES[letter].items())


def mass_difference(own: str, other: str) -> float | None:
    """Mass of `other` less `own`, g/mol, for letters of one length and chemistry; None for unequal lengths.

    >>> round(mass_difference("ACGU", "ACGC"), 3), mass_difference("ACGU", "UGCA"), mass_difference("A", "AC")
    (-0.984, 0.0, None)
    """
    if len(own) != len(other):
        return None
    a, b = Counter(own), Counter(other)
    change = {x: b[x] - a[x] for x in sorted({*a, *b}) if b[x] != a[x]}
    return sum((n * base_mass(x) for x, n in change.items()), 0.0)


def letters(sequence: str, like: str = "") -> str:
    """A sequence in capitals; U and T are written as the other sequence writes them.

    >>> letters("acgt", "ACGU"), letters("acgu")
    ('ACGU', 'ACGU')
    """
    made = sequence.strip().upper()
    if "U" in like and "T" not in like:
        return made.replace("T", "U")
    return made.replace("U", "T") if "T" in like and "U" not in like else made


def compare(m: Method, own: Own | None, s: Sibling) -> Compared:
    """Whether a method tells this version from a sibling.

    >>> mass = Method(id="ms", attribute="identity", technique="LC-MS", identity=Identity(by="mass", accuracy=20.0,
    ...     unit="ppm"))
    >>> made = compare(mass, Own(sequence="ACGUACGU"), Sibling(name="b", sequence="AGCUACGU"))
    >>> made.state, made.because
    ('not_told_apart', 'equal composition, equal mass: no mass method tells them apart')
    """
    assert m.identity is not None
    mine = letters(own.sequence) if own is not None else ""
    other = letters(s.sequence, mine)
    if m.identity.by == "shown":
        return _shown(m.id, m.identity, s)
    if mine and mine == other:
        return Compared(m.id, s.name, NOT_TOLD, "every letter is the same: the two are one sequence")
    if m.identity.by == "mass":
        return _by_mass(m.id, m.identity, own, mine, s, other)
    if not mine or not other:
        whose = "this version" if not mine else s.name
        return Compared(m.id, s.name, NOT_KNOWN, f"the letters of {whose} are not stated")
    by = {"sequence": _by_sequence, "length": _by_length, "hybridisation": _by_hybridisation}
    return by[m.identity.by](m.id, m.identity, mine, s.name, other)


def told_apart(methods: Sequence[Method], own: Own | None, siblings: Sequence[Sibling]) -> list[Compared]:
    """Every identity method against every sibling."""
    return [compare(m, own, s) for m in methods if m.identity is not None for s in siblings]


def members(compared: Iterable[Compared], siblings: Sequence[Sibling]) -> Members:
    """Siblings: told apart by a method (present), by none of them (absent), or not known.

    >>> members([Compared("ms", "b", "not_told_apart", "")], [Sibling(name="b"), Sibling(name="c")])
    Members(present=(), absent=('b',), unknown=('c',))
    """
    states: dict[str, set[str]] = {s.name: set() for s in siblings}
    for c in compared:
        states[c.sibling].add(c.state)
    return Members(
        tuple(n for n, s in states.items() if TOLD in s),
        tuple(n for n, s in states.items() if s == {NOT_TOLD}),
        tuple(n for n, s in states.items() if TOLD not in s and s != {NOT_TOLD}),
    )


def nearest(own: Own | None, siblings: Sequence[Sibling]) -> tuple[str, int] | None:
    """The sibling of the same length that differs in the fewest places, and in how many; None without letters.

    >>> nearest(Own(sequence="ACGU"), [Sibling(name="b", sequence="UGCA"), Sibling(name="c", sequence="ACGA")])
    ('c', 1)
    """
    mine = letters(own.sequence) if own is not None else ""
    held = [(s.name, letters(s.sequence, mine)) for s in siblings if s.sequence]
    found = [(_differ(mine, other), name) for name, other in held if mine and len(other) == len(mine)]
    return (min(found)[1], min(found)[0]) if found else None


def _differ(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def _shown(method: str, x: Identity, s: Sibling) -> Compared:
    if s.name in x.told_apart:
        return Compared(method, s.name, TOLD, f"shown: {x.source.strip()}")
    if s.name in x.not_told_apart:
        return Compared(method, s.name, NOT_TOLD, f"shown: {x.source.strip()}")
    return Compared(method, s.name, NOT_KNOWN, "not among the siblings that were tried")


def _by_mass(method: str, x: Identity, own: Own | None, mine: str, s: Sibling, other: str) -> Compared:
    mass = own.mass if own is not None else None
    difference: float | None
    if mass is not None and s.mass is not None:
        difference = s.mass - mass
    else:
        difference = mass_difference(mine, other) if mine and other else None
    if difference is None:
        unequal = mine and other and len(mine) != len(other)
        said = "lengths differ: state both masses" if unequal else "neither masses nor letters of both are stated"
        return Compared(method, s.name, NOT_KNOWN, said)
    if mine and other and sorted(mine) == sorted(other):
        if abs(difference) > STATED_EQUAL:
            said = f"equal composition, so equal mass, but the stated masses differ by {abs(difference):.3f} Da"
            return Compared(method, s.name, NOT_KNOWN, said)
        return Compared(method, s.name, NOT_TOLD, "equal composition, equal mass: no mass method tells them apart")
    shown = f"masses differ by {abs(difference):.3f} Da"
    if x.accuracy is None:
        return Compared(method, s.name, NOT_KNOWN, f"{shown}; the accuracy of the method is not stated")
    if x.unit == "ppm" and mass is None:
        return Compared(method, s.name, NOT_KNOWN, f"{shown}; an accuracy in ppm needs the mass of this version")
    scale = (mass or 0.0) * 1e-6 if x.unit == "ppm" else 1.0
    needed = (x.accuracy + (x.window if x.window is not None else x.accuracy)) * scale
    state = TOLD if abs(difference) > needed else NOT_TOLD
    words = "more than" if state == TOLD else "not more than"
    return Compared(method, s.name, state, f"{shown}, {words} accuracy and window together, {needed:.3f} Da")


def _by_sequence(method: str, x: Identity, mine: str, name: str, other: str) -> Compared:
    first, last = x.reads or (1, max(len(mine), len(other)))
    if last > len(mine) and x.reads:
        return Compared(method, name, NOT_KNOWN, f"positions {first} to {last} go beyond the {len(mine)} letters")
    one, two = mine[first - 1 : last], other[first - 1 : last]
    if one == two:
        return Compared(method, name, NOT_TOLD, f"the letters at {first} to {last}, which are read, are the same")
    count = _differ(one, two) if len(one) == len(two) else None
    said = f"{count} of the letters that are read differ" if count else "the letters that are read differ in length"
    return Compared(method, name, TOLD, said)


def _by_length(method: str, x: Identity, mine: str, name: str, other: str) -> Compared:
    gap = abs(len(mine) - len(other))
    if x.resolution_nt is None and gap:
        return Compared(method, name, NOT_KNOWN, "the resolution of the method is not stated")
    state = TOLD if gap > (x.resolution_nt or 0) else NOT_TOLD
    return Compared(method, name, state, f"lengths differ by {gap} nt")


def _by_hybridisation(method: str, x: Identity, mine: str, name: str, other: str) -> Compared:
    if x.mismatches is None:
        return Compared(method, name, NOT_KNOWN, "it is not stated how many mismatches prevent a signal")
    if x.reads is None:
        return Compared(method, name, NOT_KNOWN, "the stretch under the probe is not stated (reads)")
    first, last = x.reads
    if last > len(mine):
        return Compared(method, name, NOT_KNOWN, f"positions {first} to {last} go beyond the {len(mine)} letters")
    one, two = mine[first - 1 : last], other[first - 1 : last]
    if len(one) != len(two):
        return Compared(method, name, NOT_KNOWN, "the stretch of the probe differs in length")
    count = _differ(one, two)
    state = TOLD if count >= x.mismatches else NOT_TOLD
    return Compared(method, name, state, f"{count} mismatches under the probe, {x.mismatches} prevent a signal")
