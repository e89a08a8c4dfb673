"""A nucleic acid of a components file, position by position: base, sugar and the linkage after it.

What nothing says of a position is not known. Two conventions are used, and told whenever they are: a guide RNA or a
messenger RNA is ribose and phosphodiester where nothing else is said, because that is what its kind means; a notation
whose only signs are phosphorothioates leaves the other linkages phosphodiester, because that is how it is written.

Cannot see: conjugates, which way a stereocentre lies.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from proband.science.quality.component_model import Component, Modification, told
from proband.science.quality.monomers import Monomers, monomers
from proband.science.quality.notation import Notation, read_notation
from proband.science.quality.positions import positions, spelled

RNA_KINDS = ("guide_rna", "pegrna", "mrna")


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A number of modifications whose positions are not told: `name` in place of `instead`."""

    group: str
    name: str
    instead: str
    count: int


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain, 5' to 3': one base and sugar for each position, one linkage after each but the last; "" is not known."""

    bases: tuple[str, ...]
    sugars: tuple[str, ...]
    linkages: tuple[str, ...]
    five_prime: str
    three_prime: str
    unplaced: tuple[Unplaced, ...] = ()
    notes: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """What a mass needs and nobody stated."""
        made = [
            f"{what} of {'positions' if what != 'linkage' else 'the linkages after positions'} {spelled(places)}"
            for what, held in (("sugar", self.sugars), ("linkage", self.linkages))
            if (places := tuple(n for n, x in enumerate(held, start=1) if not x))
        ]
        return (*made, *self.unsaid)

    def count(self, group: str, name: str) -> int:
        """How many positions or linkages are of one kind, those without a position included."""
        held: tuple[str, ...] = {"sugar": self.sugars, "linkage": self.linkages, "base": self.bases}[group]
        more = sum(u.count for u in self.unplaced if u.group == group and u.name == name)
        less = sum(u.count for u in self.unplaced if u.group == group and u.instead == name)
        return held.count(name) + more - less

    def summary(self) -> dict[str, dict[str, str]]:
        """For each sugar, linkage and modified base: how many, and where."""
        made: dict[str, dict[str, str]] = {}
        for group, held in (("sugar", self.sugars), ("linkage", self.linkages), ("base", self.bases)):
            names = dict.fromkeys([*held, *(u.name for u in self.unplaced if u.group == group)])
            made[group] = {n or "not stated": self._told(group, n, held) for n in names}
        return made

    def _told(self, group: str, name: str, held: tuple[str, ...]) -> str:
        places = spelled(tuple(n for n, x in enumerate(held, start=1) if x == name))
        loose = sum(u.count for u in self.unplaced if u.group == group and u.name == name)
        taken = sum(u.count for u in self.unplaced if u.group == group and u.instead == name)
        where = f"positions {places}" if places != "none" else ""
        if taken:
            where = f"among {where}; {taken} of these are modified, positions not stated"
        if loose:
            where = "; ".join(x for x in (where, f"{loose} at positions that are not stated") if x)
        return f"{self.count(group, name)} ({where})"


def read_chain(c: Component) -> Chain | None:
    """The chain of a component, or None where neither notation nor sequence is given.

    >>> from proband.science.quality.component_model import Structure
    >>> c = Component(id="a", kind="oligonucleotide", notation="TCoG", structure=Structure(sugar="DNA", linkage="PS"))
    >>> chain = read_chain(c)
    >>> chain.linkages, chain.missing
    (('PS', 'PO'), ())
    """
    table = monomers()
    written = read_notation(c.notation) if c.notation.strip() else None
    letters = c.letters or ("".join(u.letter for u in written.units) if written is not None else "")
    if not letters or (written is not None and "N" in letters):
        return None
    notes: list[str] = []
    rna = c.kind in RNA_KINDS
    if rna and "T" in letters:
        letters = letters.replace("T", "U")
        notes.append("letters T are read as U, because the kind is an RNA")
    if written is not None and len(written.units) != len(letters):
        notes.append(
            f"the notation has {len(written.units)} nucleotides, the sequence {len(letters)}; the sequence is used"
        )
        written = None
    bases, sugars, links = list(letters), [""] * len(letters), [""] * (len(letters) - 1)
    if written is not None:
        _take_notation(written, bases, sugars, links, notes)
    s = c.structure
    unplaced = _modify(s.modification if s is not None else [], bases, sugars, links, table)
    _fill(c, written, sugars, links, table, notes)
    bases = _based(s.base if s is not None else "", bases, table)
    ends = _ends(c, written, notes)
    bases, more, unsaid = _uridines(c, bases, table)
    unplaced += more
    placed = tuple(_instead(u, sugars, links, bases) for u in unplaced)
    unsaid = (*unsaid, *_nowhere(placed, {"sugar": sugars, "linkage": links, "base": bases}))
    return Chain(tuple(bases), tuple(sugars), tuple(links), ends[0], ends[1], placed, tuple(notes), unsaid)


def _take_notation(written: Notation, bases: list[str], sugars: list[str], links: list[str], notes: list[str]) -> None:
    other = []
    for n, unit in enumerate(written.units):
        if unit.letter not in ("N", bases[n]) and {unit.letter, bases[n]} != {"T", "U"}:
            other.append(n + 1)
        sugars[n] = unit.sugar
        if unit.base:
            bases[n] = unit.base
        if n < len(links):
            links[n] = unit.linkage
    if other:
        notes.append(f"notation and sequence differ at positions {spelled(tuple(other))}; the sequence is used")


def _modify(
    given: list[Modification], bases: list[str], sugars: list[str], links: list[str], table: Monomers
) -> list[Unplaced]:
    unplaced = []
    for m in given:
        group = next(k for k in ("sugar", "linkage", "base") if getattr(m, k).strip())
        name = table.word(group, getattr(m, group))
        if m.positions is None:
            unplaced.append(Unplaced(group, name, "", m.count or 0))
            continue
        held = {"sugar": sugars, "linkage": links, "base": bases}[group]
        for place in positions(m.positions):
            if place <= len(held):
                held[place - 1] = name if group != "base" else _one_base(name, bases[place - 1], table)
    return unplaced


def _one_base(name: str, letter: str, table: Monomers) -> str:
    """The modified base of a letter; a group such as the 5-methyl pyrimidines holds one for each of its letters."""
    for part in table.groups.get(name, (name,)):
        if table.modified[part][0] == letter or (table.modified[part][0] == "U" and letter == "T"):
            return part
    return letter


def _based(word: str, bases: list[str], table: Monomers) -> list[str]:
    name = table.word("base", word) if word.strip() else ""
    return [_one_base(name, b, table) if name and len(b) == 1 and b != "T" else b for b in bases]


def _fill(
    c: Component, written: Notation | None, sugars: list[str], links: list[str], table: Monomers, notes: list[str]
) -> None:
    s = c.structure
    rna = c.kind in RNA_KINDS
    sugar = table.word("sugar", s.sugar) if s is not None and s.sugar.strip() else ""
    linkage = table.word("linkage", s.linkage) if s is not None and s.linkage.strip() else ""
    if not sugar and rna and "" in sugars:
        sugar = "RNA"
        notes.append("sugars that nothing is said of are ribose, as the kind says")
    if not linkage and "" in links and written is not None and written.marks == {"PS"}:
        linkage = "PO"
        notes.append("linkages without a sign are phosphodiesters: the notation marks phosphorothioates alone")
    elif not linkage and rna and "" in links:
        linkage = "PO"
        notes.append("linkages that nothing is said of are phosphodiesters, as the kind says")
    sugars[:] = [x or sugar for x in sugars]
    links[:] = [x or linkage for x in links]


def _uridines(c: Component, bases: list[str], table: Monomers) -> tuple[list[str], list[Unplaced], tuple[str, ...]]:
    """A messenger's letters U as the nucleoside that is stated for them; what its mass lacks where cap or it is not."""
    if c.kind != "mrna":
        return bases, [], ()
    m = c.mrna
    unsaid = () if m is not None and told(m.cap) else ("the cap",)
    name = table.word("base", m.uridine) if m is not None and told(m.uridine) else ""
    if not name or m is None:
        return bases, [], (*unsaid, "the nucleoside of its uridines") if "U" in bases else unsaid
    if not m.plain_uridines:
        return [_one_base(name, b, table) if b == "U" else b for b in bases], [], unsaid
    if m.modified_uridines is None:
        return bases, [], (*unsaid, "how many uridines are modified")
    return bases, [Unplaced("base", name, "", min(m.modified_uridines, bases.count("U")))], unsaid


def _ends(c: Component, written: Notation | None, notes: list[str]) -> tuple[str, str]:
    five = c.structure.five_prime if c.structure is not None else None
    three = c.structure.three_prime if c.structure is not None else None
    if written is not None:
        five = five or ("phosphate" if written.five_phosphate else None)
        three = three or ("phosphate" if written.three_phosphate else None)
    if c.mrna is not None and (cap := monomers().word("end", c.mrna.cap)):
        five = cap  # type: ignore[assignment]
    unsaid = [n for n, x in (("5'", five), ("3'", three)) if x is None]
    if unsaid:
        notes.append(f"{' and '.join(unsaid)} end not stated: taken as hydroxyl")
    return five or "hydroxyl", three or "hydroxyl"


def _instead(u: Unplaced, sugars: list[str], links: list[str], bases: list[str]) -> Unplaced:
    """What a modification without position stands in place of: the commonest part that is not modified."""
    if u.group == "base":
        parts = monomers().modified
        return Unplaced(u.group, u.name, parts[u.name][0] if u.name in parts else "", u.count)
    held = Counter(x for x in (sugars if u.group == "sugar" else links) if x != u.name)
    return Unplaced(u.group, u.name, held.most_common(1)[0][0] if held else "", u.count)


def _nowhere(placed: tuple[Unplaced, ...], held: dict[str, list[str]]) -> list[str]:
    """Modifications without a position for which there is no room left."""
    room = {g: Counter(x) for g, x in held.items()}
    made = []
    for u in placed:
        if u.count and (not u.instead or room[u.group][u.instead] < u.count):
            made.append(f"where {u.count} of {u.name} are")
        room[u.group][u.instead] -= u.count
    return made
