"""What contradicts itself in a components file: ids, the tree of parts, letters, positions, units.

Cannot see: whether what is written is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from proband.core.kinds import nearest
from proband.science.quality.component_model import (
    NUCLEIC_ACIDS,
    Component,
    Dose,
    Measure,
    Modification,
    Parameter,
    Product,
    Property,
    told,
)
from proband.science.quality.monomers import monomers
from proband.science.quality.notation import Unit, notation_fault, read_notation
from proband.science.quality.positions import position_fault, positions
from proband.science.quality.unit_codes import unit_problem

_Fault = tuple[str, str, str, str]
"""Place, found, expected, remedy."""


def component_faults(
    p: Product, names: Sequence[str] | None = None, step_names: Sequence[str] | None = None
) -> Iterator[_Fault]:
    """Place, found, expected and remedy of every fault of the blocks whose types are right.

    `names` and `step_names` are the ids of all blocks as written, so that a faulty one is not told as missing; without
    them those of the product.
    """
    ids = tuple(c.id for c in p.components) if names is None else tuple(names)
    steps = tuple(s.id for s in p.steps) if step_names is None else tuple(step_names)
    yield from _twice("component", ids)
    yield from _twice("step", steps)
    yield from _tree_faults(p.components, ids)
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


def _twice(what: str, ids: Sequence[str]) -> Iterator[_Fault]:
    for name in sorted({i for i in ids if ids.count(i) > 1}):
        yield f"{what} {name}", f"the id {ids.count(name)} times", "each id once", "rename or remove one"


def _tree_faults(components: tuple[Component, ...], ids: tuple[str, ...]) -> Iterator[_Fault]:
    parents = {c.id: c.part_of for c in components}
    for c in components:
        if c.part_of and c.part_of not in ids:
            remedy = nearest(c.part_of, ids)
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
    length = len(letters) or len(_units(c)) or c.length
    if c.targeting is not None:
        first, last = c.targeting
        if not first <= last or (length and last > length):
            span = f"1 to {length}" if length else "a first and a last position"
            yield f"{place}, key targeting", f"{first} to {last}", f"[first, last] within {span}", "mend the positions"
    if nucleic and c.notation.strip() and (fault := notation_fault(c.notation)):
        yield f"{place}, key notation", fault, "units such as mU*, A, Go", "see the reference of notations"
    elif nucleic and "N" in {u.letter for u in _units(c)} and not letters:
        yield f"{place}, key notation", "the letter N", "a sequence beside it that says which letter", "add sequence"
    yield from _word_faults(c, place)
    given = c.structure.modification if c.structure is not None else []
    yield from _overlap_faults(given, place)
    for n, m in enumerate(given, start=1):
        yield from _modification_faults(m, c, length, f"{place}, structure.modification {n}")


def _units(c: Component) -> tuple[Unit, ...]:
    return read_notation(c.notation).units if c.notation.strip() and not notation_fault(c.notation) else ()


def _word_faults(c: Component, place: str) -> Iterator[_Fault]:
    """Words for sugar, linkage, base and cap that the table of monomers does not know."""
    s = c.structure
    said = [(f"structure.{k}", k, getattr(s, k)) for k in ("sugar", "linkage", "base")] if s is not None else []
    for n, m in enumerate(s.modification if s is not None else (), start=1):
        said += [(f"structure.modification {n}, key {k}", k, getattr(m, k)) for k in ("sugar", "linkage", "base")]
    if c.mrna is not None:
        said.append(("mrna.uridine", "base", c.mrna.uridine if told(c.mrna.uridine) else ""))
        said.append(("mrna.cap", "end", c.mrna.cap if told(c.mrna.cap) else ""))
    table = monomers()
    for key, group, word in said:
        if word.strip() and not table.word(group, word):
            known = table.names(group)
            yield (
                f"{place}, key {key}",
                word[:60],
                f"a {'cap' if group == 'end' else group} of the table",
                nearest(word, known),
            )


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


def _modification_faults(m: Modification, c: Component, length: int | None, place: str) -> Iterator[_Fault]:
    what = [k for k in ("sugar", "linkage", "base") if getattr(m, k).strip()]
    if len(what) != 1:
        yield place, ", ".join(what) or "nothing", "one of sugar, linkage and base", "write one table for each"
    if (m.positions is None) == (m.count is None):
        yield place, "neither or both of positions and count", "one of them", "write positions where they are known"
    if len(what) == 1:
        yield from _count_faults(m, c, length, place)
    if m.positions is not None and (fault := position_fault(m.positions)):
        yield f"{place}, key positions", fault, 'positions such as "1-3, 98-100"', "mend it"
    elif m.positions is not None and length:
        most = length - 1 if what == ["linkage"] else length
        beyond = [x for x in positions(m.positions) if x > most]
        if not beyond and what == ["base"]:
            yield from _base_faults(m, c, place)
        if beyond:
            why = f"at most {most}: a linkage follows its position" if most < length else f"at most {most}"
            yield f"{place}, key positions", f"position {beyond[0]}", why, "mend the positions or the sequence"


def _base_faults(m: Modification, c: Component, place: str) -> Iterator[_Fault]:
    """A modified base at a position of another letter."""
    table = monomers()
    name = table.word("base", m.base)
    letters = c.letters or "".join(u.letter for u in _units(c))
    if not name or not letters or m.positions is None:
        return
    of = {table.modified[part][0] for part in table.groups.get(name, (name,))}
    of |= {"T"} if "U" in of else set()
    for at in positions(m.positions):
        if at <= len(letters) and letters[at - 1] not in (*of, "N"):
            found = f"position {at} is {letters[at - 1]}"
            yield f"{place}, key positions", found, f"{' or '.join(sorted(of))} for {name}", "mend the positions"
            return


def _count_faults(m: Modification, c: Component, length: int | None, place: str) -> Iterator[_Fault]:
    """More modifications than there are positions."""
    if m.count is None or not length:
        return
    most, of = length - (1 if m.linkage.strip() else 0), "positions"
    if m.base.strip() and monomers().word("base", m.base) in monomers().groups:
        yield (
            f"{place}, key count",
            f"a count of {m.base[:40]}",
            "a count of one modified base",
            "write one table for each",
        )
        return
    name = monomers().word("base", m.base) if m.base.strip() else ""
    if name in monomers().modified and c.letters:
        letter = monomers().modified[name][0]
        most, of = sum(c.letters.count(x) for x in ("UT" if letter == "U" else letter)), f"positions of {letter}"
    if m.count > most:
        yield f"{place}, key count", str(m.count), f"at most {most} {of}", "mend the count or the sequence"


def _overlap_faults(held: Sequence[Modification], place: str) -> Iterator[_Fault]:
    """Two modifications of one sort at one position."""
    for group in ("sugar", "linkage", "base"):
        taken: dict[int, str] = {}
        for m in held:
            word = getattr(m, group).strip()
            if not word or m.positions is None or position_fault(m.positions):
                continue
            again = next((x for x in positions(m.positions) if x in taken), None)
            if again is not None:
                found = f"position {again}: {taken[again][:30]} and {word[:30]}"
                yield f"{place}, structure.modification, key {group}", found, "one for a position", "remove one"
                break
            taken |= dict.fromkeys(positions(m.positions), word)


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


_SORTS: tuple[tuple[str, str, tuple[str, ...], bool], ...] = (
    ("particle", "total_rna", ("mg", "mg/mL"), True),
    ("particle", "free_rna", ("mg", "mg/mL"), False),
    ("lipid", "mass", ("mg", "mg/mL"), True),
    ("vector", "genome_titre", ("{vg}/mL",), False),
    ("vector", "particle_titre", ("{vp}/mL", "{capsids}/mL", "{particles}/mL"), True),
    ("cells", "total", ("{cells}", "{cells}/mL"), True),
    ("cells", "viable", ("{cells}", "{cells}/mL"), False),
    ("cells", "weight", ("kg",), True),
    ("cells", "dose", ("{cells}/kg", "{cells}"), True),
)
"""Table, key, units of the sort that is expected there, and whether 0 is no value of it."""


def _unit_faults(c: Component, place: str) -> Iterator[_Fault]:
    if c.amount is not None:
        yield from unit_problem(c.amount.unit, f"{place}, key amount.unit")
    for table, key, sort, above in _SORTS:
        held: Measure | None = getattr(getattr(c, table), key) if getattr(c, table) is not None else None
        if held is None:
            continue
        at = f"{place}, key {table}.{key}"
        yield from unit_problem(held.unit, f"{at}.unit", sort)
        if held.value < 0 or (above and held.value == 0):
            yield f"{at}.value", f"{held.value:g}", f"a number {'above' if above else 'of at least'} 0", "correct it"


def _dose_faults(d: Dose, place: str) -> Iterator[_Fault]:
    yield from unit_problem(d.rna_per_weight.unit, f"{place}, key rna_per_weight.unit", ("mg/kg",))
    yield from unit_problem(d.weight.unit, f"{place}, key weight.unit", ("kg",))
    for key in ("rna_per_weight", "weight", "stated_total", "stated_guide", "stated_mrna"):
        m: Measure | None = getattr(d, key)
        if m is not None and m.value <= 0:
            yield f"{place}, key {key}.value", f"{m.value:g}", "a number above 0", "correct the value"
        if m is not None and key.startswith("stated_"):
            yield from unit_problem(m.unit, f"{place}, key {key}.unit", ("mg",))
