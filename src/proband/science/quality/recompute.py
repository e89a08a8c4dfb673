"""Everything of a product that can be recomputed, beside what was typed; and how completely it is described.

Cannot see: the product. What agrees here agrees with itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from proband.core.evidence import Members
from proband.science.quality.component_model import NUCLEIC_ACIDS, Component, Product, told
from proband.science.quality.notation import notation_fault, read_notation
from proband.science.quality.positions import spelled
from proband.science.quality.recompute_chain import nucleic
from proband.science.quality.recompute_particle import cells, dose, particle, ratios, vector
from proband.science.quality.recomputed import Recomputed, Status

DESCRIBED_BY = ("source", "grade", "role")
"""What a component is described by: the criterion asks for source, quality and role."""
NONE = frozenset(("none", "no grade", "not controlled"))
"""Texts by which a writer says that there is none: looked at, and not there."""


def recompute(product: Product) -> tuple[Recomputed, ...]:
    """Every comparison of a product, component by component in the order of the tree, then its doses."""
    return tuple(_all(product))


def _all(product: Product) -> Iterator[Recomputed]:
    for _, c in product.tree():
        if c.kind in NUCLEIC_ACIDS:
            yield from nucleic(c)
        elif c.kind == "lipid_nanoparticle":
            yield from particle(c, product)
        elif c.kind == "viral_vector":
            yield from vector(c)
        elif c.kind == "cells":
            yield from cells(c)
        yield from ratios(c, product)
    for n, d in enumerate(product.doses, start=1):
        yield from dose(d, n)


def described(components: Iterable[Component]) -> Members:
    """Components described with source, grade and role; one of them said to be none (absent); or not told (unknown).

    >>> one = Component(id="a", kind="lipid", source="x", grade="GMP", role="helper")
    >>> described([one, one.model_copy(update={"id": "b", "grade": ""})])
    Members(present=('a',), absent=(), unknown=('b',))
    """
    present, absent, unknown = [], [], []
    for c in components:
        texts = [getattr(c, key) for key in DESCRIBED_BY]
        if any(t.strip().strip(".").casefold() in NONE for t in texts):
            absent.append(c.id)
        else:
            (present if all(told(t) for t in texts) else unknown).append(c.id)
    return Members(tuple(present), tuple(absent), tuple(unknown))


def agreement(made: Iterable[Recomputed]) -> Members:
    """What was typed: agrees with what is computed, disagrees (absent), or could not be checked.

    >>> agreement([Recomputed("g", "length", Status.AGREES), Recomputed("g", "mass", Status.COMPUTED)])
    Members(present=('g: length',), absent=(), unknown=())
    """
    held: dict[Status, list[str]] = {s: [] for s in Status}
    for r in made:
        held[r.status].append(f"{r.component}: {r.what}")
    there = [tuple(dict.fromkeys(held[s])) for s in (Status.AGREES, Status.DISAGREES, Status.NOT_CHECKABLE)]
    absent = there[1]
    unknown = tuple(x for x in there[2] if x not in absent)
    return Members(tuple(x for x in there[0] if x not in (*absent, *unknown)), absent, unknown)


def against_candidate(
    product: Product, spacer: str = "", extension: str = "", sequence: str = ""
) -> tuple[Recomputed, ...]:
    """The program's candidate beside the product: spacer and extension of its guides, sequence of its oligonucleotide.

    Letters alone are compared, U as T. What either side does not state is not compared.

    >>> guide = Component(id="g", kind="guide_rna", sequence="ACGUUUU", targeting=[1, 3])
    >>> [str(r.status) for r in against_candidate(Product("p", (guide,), ()), spacer="ACG")]
    ['agrees']
    """
    made = []
    for c in product.components:
        letters = _letters(c)
        if c.kind in ("guide_rna", "pegrna") and spacer and letters and c.targeting is not None:
            mine = letters[c.targeting[0] - 1 : c.targeting[1]]
            made.append(_same(c.id, "targeting part against the candidate's spacer", spacer, mine))
        if c.kind == "pegrna" and extension and letters:
            mine = letters[-len(extension) :]
            made.append(_same(c.id, "3' end against the candidate's extension", extension, mine))
        if c.kind == "oligonucleotide" and sequence and letters:
            stated = sequence
            if not notation_fault(sequence):
                stated = "".join(u.letter for u in read_notation(sequence).units)
            made.append(_same(c.id, "sequence against the candidate's", stated, letters))
    return tuple(made)


def _letters(c: Component) -> str:
    if c.letters or not c.notation.strip():
        return c.letters
    return "".join(u.letter for u in read_notation(c.notation).units)


def _same(component: str, what: str, typed: str, mine: str) -> Recomputed:
    a, b = ("".join(x.split()).upper().replace("U", "T") for x in (typed, mine))
    if a == b:
        return Recomputed(component, what, Status.AGREES, typed, mine)
    other = [n for n, (x, y) in enumerate(zip(a, b, strict=False), start=1) if x != y]
    why = f"{len(a)} and {len(b)} letters" if len(a) != len(b) else f"they differ at positions {spelled(tuple(other))}"
    return Recomputed(component, what, Status.DISAGREES, typed, mine, why=why)
