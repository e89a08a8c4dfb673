"""A component or a process step as a flat list of fields, each of which can be held against the same field elsewhere.

A field is told or not known: an empty text, a missing number and words such as "not public" are not known. Numbers are
compared after exact conversion of their units; texts without regard to case and spaces. Some fields say nothing of what
a part is made of: those are `descriptive` (role, citation, and the name of a part that has letters of its own version),
`measured` (amounts and ratios with their method, contents of one lot) or `follows` (the mass that the letters give).

Cannot see: whether two names mean the same substance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proband.core.units import UnitError, convert
from proband.science.quality.component_model import told
from proband.science.quality.positions import positions, spelled

RNA = ("guide_rna", "pegrna", "mrna")
CHAINS = ("guide_rna", "pegrna", "oligonucleotide")
"""Kinds that carry the targeting letters."""
MEASURED = frozenset(
    ("particle.total_rna", "particle.free_rna", "particle.encapsulation_percent", "vector.full_percent",
     "vector.genome_titre", "vector.particle_titre", "cells.total", "cells.viable", "cells.viability_percent",
     "cells.weight", "cells.dose", "lipid.mass")
)  # fmt: skip
DESCRIPTIVE = ("role", "cite", "notation", "title")
EXPECTED: Mapping[str, tuple[str, ...]] = {
    "guide_rna": ("source", "grade", "sequence", "targeting", "structure"),
    "pegrna": ("source", "grade", "sequence", "targeting", "structure"),
    "oligonucleotide": ("source", "grade", "sequence", "targeting", "structure"),
    "mrna": ("source", "grade", "sequence", "mrna.cap", "mrna.uridine", "mrna.poly_a"),
    "lipid_nanoparticle": ("source", "grade", "particle.n_to_p"),
    "lipid": ("name", "source", "grade", "lipid.lipid_class", "lipid.molar_percent"),
    "viral_vector": ("source", "grade", "vector.serotype", "vector.genome_form"),
    "step": ("unit_operation", "parameter"),
}
"""What has to be told of a part before two of them can be called the same; other kinds: name, source and grade."""
OTHER = ("name", "source", "grade")
CLOSE = 1e-9
"""Relative difference up to which two numbers are one: no decimal that a person writes is finer."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One field: its value (None: not known), its unit, and its role: design, measured, descriptive or follows."""

    value: Any
    unit: str = ""
    role: str = "design"

    @property
    def shown(self) -> str:
        """The value for people."""
        if self.value is None:
            return "not known"
        if isinstance(self.value, float):
            return f"{self.value:g} {self.unit}".strip()
        if isinstance(self.value, Mapping):
            return _places(self.value)
        text = str(self.value)
        return text if len(text) <= 80 else f"{text[:60]}... ({len(text)} signs)"


def _places(held: Mapping[int, str]) -> str:
    groups: dict[str, list[int]] = {}
    for place, what in held.items():
        groups.setdefault(what, []).append(place)
    return "; ".join(f"{what or 'none'} at {spelled(tuple(at))}" for what, at in sorted(groups.items())) or "none"


def leaves(section: str, plain: Mapping[str, Any]) -> dict[str, Leaf]:
    """The fields of a part by dotted name, as overrides name them.

    >>> leaves("step", {"id": "mix", "unit_operation": "mixing"})["unit_operation"].value
    'mixing'
    """
    if section == "step":
        return dict(_step(plain))
    return dict(_component(plain))


def expected(section: str, plain: Mapping[str, Any]) -> tuple[str, ...]:
    """Fields that have to be told before this part can be called the same as another.

    >>> expected("component", {"id": "b", "kind": "buffer"})
    ('name', 'source', 'grade')
    """
    return EXPECTED.get("step" if section == "step" else str(plain.get("kind")), OTHER)


def _text(value: Any) -> str | None:
    return str(value).strip() if value is not None and told(str(value)) else None


def _step(p: Mapping[str, Any]) -> Iterator[tuple[str, Leaf]]:
    yield "unit_operation", Leaf(_text(p.get("unit_operation")))
    yield "site", Leaf(_text(p.get("site")))
    yield "title", Leaf(_text(p.get("title")), role="descriptive")
    yield from _named("parameter", p.get("parameter", ()))


def _named(key: str, entries: Any) -> Iterator[tuple[str, Leaf]]:
    for e in entries:
        value = e.get("value")
        number = float(value) if value is not None else _text(e.get("text"))
        yield f"{key}.{str(e['name']).replace(' ', '_').casefold()}", Leaf(number, str(e.get("unit", "")))


def _component(p: Mapping[str, Any]) -> Iterator[tuple[str, Leaf]]:
    versioned = bool(p.get("targeting")) or p["kind"] in (*CHAINS, "lipid_nanoparticle")
    yield "name", Leaf(_text(p.get("name")), role="descriptive" if versioned else "design")
    for key in ("kind", "part_of", "source", "grade", "step"):
        yield key, Leaf(_text(p.get(key)))
    yield "in_final_product", Leaf(p.get("in_final_product"))
    for key in ("role", "notation"):
        yield key, Leaf(_text(p.get(key)), role="descriptive")
    letters = "".join(str(p.get("sequence", "")).split()).upper()
    yield "sequence", Leaf((letters.replace("T", "U") if p["kind"] in RNA else letters) or None)
    yield "targeting", Leaf(tuple(p["targeting"]) if p.get("targeting") else None)
    length = len(letters) or p.get("length")
    yield "length", Leaf(float(length) if length else None)
    yield from _structure(p.get("structure"), p["kind"])
    mass = p.get("stated_mass")
    if mass:
        role = "follows" if versioned else "design"
        yield f"stated_mass.{mass['definition']}", Leaf(float(mass["value"]), "", role)
    yield from _amounts(p)
    yield from _named("properties", p.get("properties", ()))
    for key in ("mrna", "lipid", "particle", "vector", "cells"):
        yield from _table(key, p.get(key) or {})


def _structure(s: Mapping[str, Any] | None, kind: str) -> Iterator[tuple[str, Leaf]]:
    if s is None:
        yield "structure", Leaf(None)
        return
    # An RNA is plain where nothing else is said; of an oligonucleotide nothing is.
    whole = all(_text(s.get(k)) for k in ("sugar", "linkage")) if kind == "oligonucleotide" else bool(s)
    yield "structure", Leaf("stated" if whole else None)
    for key in ("sugar", "linkage", "base", "five_prime", "three_prime"):
        yield f"structure.{key}", Leaf(_text(s.get(key)))
    placed: dict[str, dict[int, str]] = {"sugar": {}, "linkage": {}, "base": {}}
    for m in s.get("modification", ()):
        what = next(k for k in placed if m.get(k))
        if m.get("positions") is not None:
            placed[what] |= dict.fromkeys(positions(m["positions"]), _plain(m[what]))
        else:
            yield f"structure.count_{what}.{_plain(m[what])}", Leaf(float(m["count"]))
    for what, held in placed.items():
        yield f"structure.modification_{what}", Leaf(held)


def _amounts(p: Mapping[str, Any]) -> Iterator[tuple[str, Leaf]]:
    amount = p.get("amount")
    if amount:
        role = "measured" if _text(amount.get("method")) else "design"
        yield "amount", Leaf(float(amount["value"]), amount["unit"], role)
    for r in p.get("ratio", ()):
        role = "measured" if _text(r.get("method")) else "design"
        yield f"ratio.{r['to']}.{r['basis']}", Leaf(float(r["value"]), "1", role)


def _table(key: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Leaf]]:
    for inner, value in table.items():
        name = f"{key}.{inner}"
        role = "measured" if name in MEASURED else "design"
        if isinstance(value, Mapping):
            yield name, Leaf(float(value["value"]), value["unit"], role)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield name, Leaf(float(value), "", role)
        elif isinstance(value, list):
            yield name, Leaf(tuple(value), role=role)
        else:
            yield name, Leaf(_text(value), role=role)


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def same_value(a: Leaf, b: Leaf) -> bool:
    """Whether two told fields say the same: numbers after conversion, texts without regard to case and spaces.

    >>> same_value(Leaf(0.5, "g"), Leaf(500.0, "mg")), same_value(Leaf("GMP"), Leaf("gmp "))
    (True, True)
    """
    if isinstance(a.value, float) and isinstance(b.value, float):
        try:
            x = convert(a.value, a.unit, b.unit) if a.unit != b.unit else a.value
        except UnitError:
            return False
        return abs(Fraction(x) - Fraction(b.value)) <= CLOSE * max(abs(x), abs(b.value))
    if isinstance(a.value, str) and isinstance(b.value, str):
        return _plain(a.value) == _plain(b.value)
    return bool(a.value == b.value)


def within_targeting(a: Mapping[str, Leaf], b: Mapping[str, Leaf]) -> bool | None:
    """Whether letters differ within the targeting positions alone; None where that can not be told.

    Lengths that differ, or a targeting part that lies elsewhere, are differences beyond it.
    """
    x, y = a["sequence"].value, b["sequence"].value
    if x is None or y is None:
        return None
    windows = {leaf.value for leaf in (a["targeting"], b["targeting"])} - {None}
    if len(windows) > 1 or len(x) != len(y):
        return False
    outside = outside_places(x, y, next(iter(windows), (1, 0)))
    if windows and outside:
        return False
    told_twice = a["targeting"].value is not None and b["targeting"].value is not None
    return True if told_twice else None


def outside_places(x: str, y: str, window: tuple[int, int]) -> tuple[int, ...]:
    """1-based places where two chains of one length differ outside of a window.

    >>> outside_places("ACGT", "CCGA", (1, 2))
    (4,)
    """
    first, last = window
    return tuple(i for i, (p, q) in enumerate(zip(x, y, strict=True), 1) if p != q and not first <= i <= last)


def differing_fields(
    section: str, mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Name, own and inherited value of design fields that both state and that differ."""
    a, b = leaves(section, mine), leaves(section, theirs)
    for name, leaf in a.items():
        other = b.get(name)
        if (
            leaf.role != "design"
            or other is None
            or leaf.value is None
            or other.value is None
            or same_value(leaf, other)
        ):
            continue
        if name == "length" and a["sequence"].value is not None and b["sequence"].value is not None:
            continue  # told by the letters
        field = "structure.modification" if name.startswith("structure.modification") else name
        yield field, leaf.shown, other.shown
