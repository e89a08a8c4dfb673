"""Which simplest change of a chain would explain a mass that is not its own.

Tried are: another definition of mass; a linkage for another one; one modification less or more; a nucleotide less or
more; one base for another; a base lost; the ends; and the changes of ``reference/oligonucleotide_monomers.toml``
(sodium, potassium, oxygen, water, what synthesis leaves). One kind of change at a time, a few times over; where none
explains the mass, two different ones. All that fit within the tolerance are told: mass alone does not choose.

Cannot see: which of them is true; changes that are not tried; changes that leave the mass as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from proband.science.quality.chain import Chain
from proband.science.quality.chain_mass import masses
from proband.science.quality.monomers import Atoms, added, monomers, times

MOST_OF_ONE = 3
MOST_TOLD = 12
_WORDS = {"PO": "phosphodiester (PO)", "PS": "phosphorothioate (PS)"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A change that gives the stated mass within the tolerance: in words, the mass with it, what is left, its size."""

    what: str
    mass: Decimal
    shift: Decimal
    left: Decimal
    changes: int


@dataclass(frozen=True, slots=True)
class _Step:
    what: str
    atoms: Atoms
    most: int
    order: int


def explain(chain: Chain, stated: Decimal, definition: str, tolerance: Decimal) -> tuple[Explanation, ...]:
    """The changes that give `stated` (Da) within `tolerance` (Da), the fewest changes first; empty where none does.

    >>> chain = Chain(("T", "T"), ("DNA", "DNA"), ("PS",), "hydroxyl", "hydroxyl")
    >>> [e.what for e in explain(chain, Decimal("546.4"), "molecule", Decimal("0.1"))]
    ['1 phosphodiester (PO) in place of 1 phosphorothioate (PS)']
    """
    own = masses(chain).by(definition)
    gap = stated - own
    mono = definition == "monoisotopic"
    weigh = monomers().monoisotopic if mono else monomers().average
    steps = [s for s in _steps(chain) if s.atoms]
    found: list[tuple[int, int, Decimal, Explanation]] = []

    def tell(what: str, shift: Decimal, changes: int, order: int) -> None:
        left = gap - shift
        if abs(left) <= tolerance:
            found.append((changes, order, abs(left), Explanation(what, own + shift, shift, left, changes)))

    for what, mass in _definitions(chain, definition):
        tell(what, mass - own, 1, 0)
    for s in steps:
        for n in range(1, s.most + 1):
            tell(s.what.format(n=n), n * weigh(s.atoms), n, s.order)
    if not found:
        for a, b in combinations(steps, 2):
            tell(
                f"{a.what.format(n=1)}, and {b.what.format(n=1)}", weigh(a.atoms) + weigh(b.atoms), 2, a.order + b.order
            )
    return tuple(x[3] for x in sorted(found, key=lambda x: (x[0], x[1], x[2], x[3].what)))[:MOST_TOLD]


def _definitions(chain: Chain, definition: str) -> Iterator[tuple[str, Decimal]]:
    """The other definitions of the mass of the same chain, and its full sodium salt."""
    m = masses(chain)
    words = {
        "residue_sum": "the sum of residues",
        "molecule": "the molecule with its ends",
        "monoisotopic": "the monoisotopic mass",
    }
    for name, text in words.items():
        if name != definition and not (name == "molecule" and definition == "average"):
            yield f"the number is {text}, not the {definition.replace('_', ' ')}", m.by(name)
    if definition != "monoisotopic":
        yield f"the number is that of the full sodium salt ({m.acids} Na)", m.sodium_salt


def _steps(chain: Chain) -> Iterator[_Step]:
    yield from _linkage_steps(chain)
    yield from _sugar_steps(chain)
    yield from _base_steps(chain)
    for n, c in enumerate(monomers().changes):
        yield _Step(c.what, c.atoms, c.most, 5 + n)
    yield from _length_steps(chain)
    yield from _letter_steps(chain)


def _linkage_steps(chain: Chain) -> Iterator[_Step]:
    table = monomers().linkage
    there = {x: chain.count("linkage", x) for x in dict.fromkeys(chain.linkages)}
    for old, n in there.items():
        for new in ("PO", "PS"):
            if new != old and n > 0:
                atoms = added(table[new], times(table[old], -1))
                what = f"{{n}} {_WORDS.get(new, new)} in place of {{n}} {_WORDS.get(old, old)}"
                yield _Step(what, atoms, min(n, MOST_OF_ONE), 1)


def _sugar_steps(chain: Chain) -> Iterator[_Step]:
    table = monomers().sugar
    names = dict.fromkeys([*chain.sugars, *(u.name for u in chain.unplaced if u.group == "sugar")])
    plain = ("RNA", "DNA", "2'-OMe", "2'-MOE")
    for old in names:
        for new in dict.fromkeys([*names, *plain]):
            n = chain.count("sugar", old)
            if new != old and n > 0:
                what = "{n} sugar " + new + " in place of {n} " + old
                yield _Step(
                    what, added(table[new], times(table[old], -1)), min(n, MOST_OF_ONE), 2 if new in names else 3
                )


def _base_steps(chain: Chain) -> Iterator[_Step]:
    table = monomers()
    for name in dict.fromkeys(b for b in chain.bases if b in table.modified):
        letter, atoms = table.modified[name]
        n = chain.bases.count(name)
        less = added(table.base[letter], times(atoms, -1))
        yield _Step("{n} " + name + " less (plain " + letter + ")", less, n, 2)
    for letter, modified in (("C", "5-methylcytosine"), ("U", "5-methyluracil")):
        n = chain.bases.count(letter)
        if n:
            more = added(table.modified[modified][1], times(table.base[letter], -1))
            yield _Step("{n} " + modified + " more", more, min(n, MOST_OF_ONE), 2)


def _length_steps(chain: Chain) -> Iterator[_Step]:
    table = monomers()
    if len(chain.bases) < 2:
        return
    links = Counter(chain.linkages)
    linkage = links.most_common(1)[0][0]
    seen = dict.fromkeys(zip(chain.bases, chain.sugars, (*chain.linkages, chain.linkages[-1]), strict=True))
    for base, sugar, link in seen:
        atoms = added(table.nucleoside(base, sugar), table.linkage[link])
        yield _Step(f"one nucleotide less ({base}, {sugar}, {link})", times(atoms, -1), 1, 12)
    for base, sugar in dict.fromkeys(zip(chain.bases, chain.sugars, strict=True)):
        atoms = added(table.nucleoside(base, sugar), table.linkage[linkage])
        yield _Step(f"one nucleotide more ({base}, {sugar}, {linkage})", atoms, 1, 12)
    for letter in ("A", "G"):
        if letter in chain.bases:
            lost = added({"H": 2, "O": 1}, times(table.base[letter], -1))
            yield _Step(f"one {letter} lost from its sugar (depurination)", lost, 1, 11)


def _letter_steps(chain: Chain) -> Iterator[_Step]:
    table = monomers()
    held = {**table.base, **{n: a for n, (_, a) in table.modified.items()}}
    names = list(dict.fromkeys(chain.bases))
    for old in names:
        for new in names:
            if new != old:
                yield _Step(f"one {new} in place of one {old}", added(held[new], times(held[old], -1)), 1, 13)
    for old, new in (("C", "U"), ("5-methylcytosine", "T"), ("A", "inosine")):
        if old in names and new not in names:
            yield _Step(f"one {old} deaminated", added(held[new], times(held[old], -1)), 1, 10)
