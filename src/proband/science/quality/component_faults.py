"""What contradicts itself in a components file: ids, the tree of parts, letters, positions, units.

Cannot see: whether what is written is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from proband.core.kinds import nearest
from proband.science.quality.component_model import (
    NUCLEIC_ACIDS,
    Amount,
    Component,
    Dose,
    Measure,
    Modification,
    Parameter,
    Product,
    Property,
)
from proband.science.quality.positions import position_fault, positions
from proband.science.quality.unit_codes import unit_problem

_Fault = tuple[str, str, str, str]
"""Place, found, expected, remedy."""


def component_faults(p: Product) -> Iterator[_Fault]:
    """Place, found, expected and remedy of every fault of a product whose types are right."""
    yield from _twice("component", [c.id for c in p.components])
    yield from _twice("step", [s.id for s in p.steps])
    yield from _tree_faults(p.components)
    ids, steps = tuple(c.id for c in p.components), tuple(s.id for s in p.steps)
    for c in p.components:
        place = f"component {c.id}"
        if c.step and c.step not in steps:
            yield f"{place}, key step", c.step, "the id of a [[step]]", nearest(c.step, steps) if steps else "add it"
        for r in c.ratio:
            if r.to not in ids or r.to == c.id:
                yield f"{place}, key ratio.to", r.to, "the id of another component", nearest(r.to, ids)
        yield from _named(f"{place}, key properties", c.properties)
        yield from _chain_faults(c, place)
        yield from _table_faults(c, place)
        yield from _unit_faults(c, place)
    for s in p.steps:
        yield from _named(f"step {s.id}, key parameter", s.parameter)
    for n, d in enumerate(p.doses, start=1):
        yield from _dose_faults(d, f"dose {n}")


def _twice(what: str, ids: list[str]) -> Iterator[_Fault]:
    for name in sorted({i for i in ids if ids.count(i) > 1}):
        yield f"{what} {name}", f"the id {ids.count(name)} times", "each id once", "rename or remove one"


def _tree_faults(components: tuple[Component, ...]) -> Iterator[_Fault]:
    parents = {c.id: c.part_of for c in components}
    for c in components:
        if c.part_of and c.part_of not in parents:
            remedy = nearest(c.part_of, tuple(parents))
            yield f"component {c.id}, key part_of", c.part_of, "the id of a component", remedy
    told_of: set[str] = set()
    for start in parents:
        chain = [start]
        while (up := parents.get(chain[-1], "")) and up not in chain:
            chain.append(up)
        if up == start and not told_of & set(chain):
            told_of |= set(chain)
            cycle = " in ".join([*chain, start])
            yield (
                f"component {start}, key part_of",
                f"a circle: {cycle}",
                "a tree of parts",
                "break it at one component",
            )


def _named(place: str, values: Iterable[Property | Parameter]) -> Iterator[_Fault]:
    seen: set[str] = set()
    for v in values:
        at = f"{place} {v.name[:60]}"
        if v.name.casefold() in seen:
            yield at, "the name twice", "each name once", "rename or remove one"
        seen.add(v.name.casefold())
        if (v.value is None) == (not v.text.strip()):
            yield at, "neither or both of value and text", "a value with its unit, or a text", "keep one of them"
        elif v.value is not None:
            yield from unit_problem(v.unit, at)
        elif v.unit:
            yield (
                at,
                f"the unit {v.unit} of a text",
                "a unit beside a value alone",
                "write value, or leave out the unit",
            )


def _chain_faults(c: Component, place: str) -> Iterator[_Fault]:
    nucleic = c.kind in NUCLEIC_ACIDS
    letters = c.letters
    if letters:
        yield from _letter_faults(c, place)
    for key, there in (("notation", bool(c.notation.strip())), ("structure", c.structure is not None)):
        if there and not nucleic:
            yield f"{place}, key {key}", f"a {key} of kind {c.kind}", f"one of {', '.join(NUCLEIC_ACIDS)}", "remove it"
    length = len(letters) or c.length
    if c.targeting is not None:
        first, last = c.targeting
        if not first <= last or (length and last > length):
            span = f"1 to {length}" if length else "a first and a last position"
            yield f"{place}, key targeting", f"{first} to {last}", f"[first, last] within {span}", "mend the positions"
    for n, m in enumerate(c.structure.modification if c.structure is not None else (), start=1):
        yield from _modification_faults(m, length, f"{place}, structure.modification {n}")


def _letter_faults(c: Component, place: str) -> Iterator[_Fault]:
    alphabet = "ACDEFGHIKLMNPQRSTUVWY*" if c.kind == "protein" else "ACGTU"
    if c.kind in ("lipid", "lipid_nanoparticle", "cells", "excipient", "buffer", "reagent"):
        yield f"{place}, key sequence", f"letters of kind {c.kind}", "a kind that has a sequence", "remove it"
        return
    wrong = sorted({x for x in c.letters if x not in alphabet})
    if wrong:
        shown = " ".join(f"U+{ord(x):04X}" if not x.isascii() else x for x in wrong[:8])
        yield (
            f"{place}, key sequence",
            f"letters {shown}",
            f"letters of {alphabet} alone",
            "write modifications in structure",
        )
    elif c.kind != "protein" and {"T", "U"} <= set(c.letters):
        yield f"{place}, key sequence", "both T and U", "one alphabet", "write U for RNA, T for DNA, all along"


def _modification_faults(m: Modification, length: int | None, place: str) -> Iterator[_Fault]:
    what = [k for k in ("sugar", "linkage", "base") if getattr(m, k).strip()]
    if len(what) != 1:
        yield place, ", ".join(what) or "nothing", "one of sugar, linkage and base", "write one table for each"
    if (m.positions is None) == (m.count is None):
        yield place, "neither or both of positions and count", "one of them", "write positions where they are known"
    if m.positions is not None and (fault := position_fault(m.positions)):
        yield f"{place}, key positions", fault, 'positions such as "1-3, 98-100"', "mend it"
    elif m.positions is not None and length:
        most = length - 1 if what == ["linkage"] else length
        beyond = [x for x in positions(m.positions) if x > most]
        if beyond:
            why = f"at most {most}: a linkage follows its position" if most < length else f"at most {most}"
            yield f"{place}, key positions", f"position {beyond[0]}", why, "mend the positions or the sequence"


_TABLES = {
    "mrna": ("mrna",), "lipid": ("lipid",), "particle": ("lipid_nanoparticle",), "vector": ("viral_vector",),
    "cells": ("cells",),
}  # fmt: skip


def _table_faults(c: Component, place: str) -> Iterator[_Fault]:
    for key, allowed in _TABLES.items():
        if getattr(c, key) is not None and c.kind not in allowed:
            yield (
                f"{place}, table {key}",
                f"kind {c.kind}",
                f"kind {' or '.join(allowed)}",
                "mend the kind, or remove it",
            )
    cds = c.mrna.cds if c.mrna is not None else None
    if cds is not None:
        length = len(c.letters) or c.length
        if cds[0] >= cds[1] or (length and cds[1] > length):
            span = f"within 1 to {length}" if length else "in this order"
            yield f"{place}, key mrna.cds", f"{cds[0]} to {cds[1]}", f"[first, last] {span}", "mend the positions"


def _measures(c: Component) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Key, unit, and units of the sort that is expected there; none where any unit will do."""
    held: list[tuple[str, Measure | Amount | None, tuple[str, ...]]] = [("amount", c.amount, ())]
    if c.lipid is not None:
        held.append(("lipid.mass", c.lipid.mass, ("mg", "mg/mL")))
    if c.particle is not None:
        held += [(f"particle.{k}", getattr(c.particle, k), ("mg", "mg/mL")) for k in ("total_rna", "free_rna")]
    if c.vector is not None:
        held.append(("vector.genome_titre", c.vector.genome_titre, ("{vg}/mL",)))
        held.append(("vector.particle_titre", c.vector.particle_titre, ("{vp}/mL", "{capsids}/mL", "{particles}/mL")))
    if c.cells is not None:
        held += [(f"cells.{k}", getattr(c.cells, k), ("{cells}", "{cells}/mL")) for k in ("total", "viable")]
        held += [("cells.weight", c.cells.weight, ("kg",)), ("cells.dose", c.cells.dose, ("{cells}/kg", "{cells}"))]
    return ((key, m.unit, sort) for key, m, sort in held if m is not None)


def _unit_faults(c: Component, place: str) -> Iterator[_Fault]:
    for key, code, sort in _measures(c):
        yield from unit_problem(code, f"{place}, key {key}.unit", sort)


def _dose_faults(d: Dose, place: str) -> Iterator[_Fault]:
    yield from unit_problem(d.rna_per_weight.unit, f"{place}, key rna_per_weight.unit", ("mg/kg",))
    yield from unit_problem(d.weight.unit, f"{place}, key weight.unit", ("kg",))
    for key in ("rna_per_weight", "weight", "stated_total", "stated_guide", "stated_mrna"):
        m: Measure | None = getattr(d, key)
        if m is not None and m.value <= 0:
            yield f"{place}, key {key}.value", f"{m.value:g}", "a number above 0", "correct the value"
        if m is not None and key.startswith("stated_"):
            yield from unit_problem(m.unit, f"{place}, key {key}.unit", ("mg",))
