"""Masses of nucleic acid chains from the atoms of their parts: bases, sugars, linkages and ends, as data.

A nucleoside is base + sugar - H2O; a chain is its nucleosides, its linkages (each less the two hydrogens that go) and
its ends. The parts stand in ``reference/oligonucleotide_monomers.toml`` with where each number was read; the average
mass uses abridged standard atomic weights, the monoisotopic mass the lightest common isotopes. Sums are exact decimals.

Cannot see: isomers (Rp and Sp of a phosphorothioate, uridine and pseudouridine), conjugates that are not in the table,
and the counter-ions of a sample: all masses are of the free acid.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files

Atoms = Mapping[str, int]
WATER: Atoms = {"H": 2, "O": 1}


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a molecule that its mass may show, and how many of it are tried."""

    what: str
    atoms: Atoms
    most: int


@dataclass(frozen=True)
class Monomers:
    """The table: atoms by name for bases, sugars, linkages and ends, other names of each, and two tables of masses."""

    base: Mapping[str, Atoms]
    modified: Mapping[str, tuple[str, Atoms]]
    groups: Mapping[str, tuple[str, ...]]
    sugar: Mapping[str, Atoms]
    linkage: Mapping[str, Atoms]
    end: Mapping[str, Atoms]
    acids: Mapping[str, int]
    words: Mapping[str, Mapping[str, str]]
    changes: tuple[Change, ...]
    weights: Mapping[str, Decimal]
    isotopes: Mapping[str, Decimal]
    cite: str

    def word(self, group: str, text: str) -> str:
        """The name that the table uses for a sugar, linkage, base or end; empty where it knows none.

        >>> m = monomers()
        >>> m.word("sugar", "moe"), m.word("linkage", "phosphorothioate"), m.word("sugar", "xyz")
        ("2'-MOE", 'PS', '')
        """
        plain = " ".join(text.replace("\u2032", "'").replace("\u2019", "'").split())
        known = self.words[group]
        # One letter is a word of its own: m is no M.
        return known.get(plain if len(plain) == 1 else plain.casefold(), "")

    def names(self, group: str) -> tuple[str, ...]:
        """All names of a group, for a remedy."""
        return tuple(dict.fromkeys(self.words[group].values()))

    def nucleoside(self, base: str, sugar: str) -> Counter[str]:
        """Atoms of a nucleoside: base + sugar - water."""
        atoms = self.modified[base][1] if base in self.modified else self.base[base]
        return added(atoms, self.sugar[sugar], {k: -n for k, n in WATER.items()})

    def average(self, atoms: Atoms) -> Decimal:
        """Average mass in Da, from abridged standard atomic weights.

        >>> m = monomers()
        >>> [str(m.average(m.nucleoside(b, "2'-MOE"))) for b in ("A", "G", "5-methyluracil", "5-methylcytosine")]
        ['325.325', '341.324', '316.310', '315.326']
        """
        return sum((self.weights[e] * n for e, n in atoms.items()), Decimal(0))

    def monoisotopic(self, atoms: Atoms) -> Decimal:
        """Mass in Da of the molecule made of the lightest common isotopes alone."""
        return sum((self.isotopes[e] * n for e, n in atoms.items()), Decimal(0))


def added(*parts: Atoms) -> Counter[str]:
    """Atoms of several parts together; elements that cancel are left out.

    >>> dict(added({"H": 2, "O": 1}, {"O": -1}))
    {'H': 2}
    """
    total: Counter[str] = Counter()
    for part in parts:
        for element, n in part.items():
            total[element] += n
    return Counter({e: n for e, n in total.items() if n})


def times(atoms: Atoms, n: int) -> dict[str, int]:
    """Atoms of a part taken `n` times; `n` may be below 0."""
    return {e: n * k for e, k in atoms.items()}


def formula(atoms: Atoms) -> str:
    """Atoms as a formula, carbon and hydrogen first (Hill).

    >>> formula({"H": 2, "O": 1}), formula({"O": 1, "C": 2, "H": 6})
    ('H2O', 'C2H6O')
    """
    order = sorted(atoms, key=lambda e: (e != "C", e != "H", e) if "C" in atoms else (False, False, e))
    return "".join(f"{e}{atoms[e] if atoms[e] != 1 else ''}" for e in order if atoms[e])


@lru_cache(maxsize=1)
def monomers() -> Monomers:
    """The shipped table.

    >>> m = monomers()
    >>> str(m.average(m.linkage["PO"])), str(m.average(m.linkage["PS"]))
    ('61.964', '78.025')
    """
    raw = tomllib.loads((files("proband.reference") / "oligonucleotide_monomers.toml").read_text(encoding="utf-8"))
    words: dict[str, dict[str, str]] = {g: {} for g in ("sugar", "linkage", "end", "modified_base", "base_group")}
    for group, known in words.items():
        for name, entry in raw[group].items():
            known.update({(w if len(w) == 1 else w.casefold()): name for w in (name, *entry.get("also", ()))})
    words["base"] = words["modified_base"] | words["base_group"]
    held = {g: {n: e["atoms"] for n, e in raw[g].items()} for g in ("base", "sugar", "linkage", "end")}
    return Monomers(
        base=held["base"],
        modified={n: (e["of"], e["atoms"]) for n, e in raw["modified_base"].items()},
        groups={n: tuple(e["parts"]) for n, e in raw["base_group"].items()},
        sugar=held["sugar"],
        linkage=held["linkage"],
        end=held["end"],
        acids={n: e["acids"] for g in ("linkage", "end") for n, e in raw[g].items()},
        words=words,
        changes=tuple(Change(c["what"], c["atoms"], c["most"]) for c in raw["change"]),
        weights={e: Decimal(v) for e, v in raw["weights"]["values"].items()},
        isotopes={e: Decimal(v) for e, v in raw["isotopes"]["values"].items()},
        cite=raw["weights"]["cite"],
    )
