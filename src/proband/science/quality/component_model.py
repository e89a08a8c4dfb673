"""What a components file may hold: the words of a product as its owner writes them, as strict models.

An empty text, None or an empty list is "not stated"; nothing has a default that answers a question.

Cannot see: whether what is written is true; `proband.science.quality.recompute` compares it with what can be computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict
from proband.science import told_words

COMPONENTS = "quality/components.toml"
NUCLEIC_ACIDS = ("guide_rna", "pegrna", "mrna", "oligonucleotide")
"""Kinds whose letters are nucleotides, and which may have a structure."""
KINDS = (
    *NUCLEIC_ACIDS, "lipid_nanoparticle", "lipid", "viral_vector", "plasmid", "protein", "cells", "excipient", "buffer",
    "reagent",
)  # fmt: skip

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Name = Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$")]
Text = Annotated[str, Field(max_length=2000)]
Line = Annotated[str, Field(min_length=1, max_length=300)]
Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e15, le=1e15)]
Above0 = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e15)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Place = Annotated[int, Field(ge=1, le=100_000)]
Where = Annotated[str, Field(min_length=1, max_length=2000)] | Annotated[list[Place], Field(min_length=1)]
Kind = Literal[
    "guide_rna", "pegrna", "mrna", "oligonucleotide", "lipid_nanoparticle", "lipid", "viral_vector", "plasmid",
    "protein", "cells", "excipient", "buffer", "reagent",
]  # fmt: skip


class Measure(Strict):
    """A number with its unit (UCUM)."""

    value: Number
    unit: Line


class Amount(Strict):
    """A number with its unit, and by which method it was measured, where that is told."""

    value: Above0
    unit: Line
    method: Text = ""


class Ratio(Strict):
    """How much of this component there is for one part of another one, by mass, by moles, or N to P."""

    value: Above0
    to: Id
    basis: Literal["mass", "molar", "nitrogen_to_phosphate"]
    method: Text = ""


class Property(Strict):
    """A stated property: a number with unit, or a text."""

    name: Line
    value: Number | None = None
    unit: Annotated[str, Field(max_length=80)] = ""
    text: Text = ""


class StatedMass(Strict):
    """A typed mass and what it is the mass of; `tolerance` is that of the specification, in the same unit."""

    value: Above0
    unit: Literal["Da", "kDa", "g/mol"]
    definition: Literal["residue_sum", "molecule", "average", "monoisotopic"]
    tolerance: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e6)] | None = None
    method: Text = ""


class Modification(Strict):
    """One modification: of the sugar, of the linkage after a position, or of the base; at positions, or a count."""

    sugar: Text = ""
    linkage: Text = ""
    base: Text = ""
    positions: Where | None = None
    count: Count | None = None


class Structure(Strict):
    """Chemistry of a chain: what holds where nothing else is said, then what differs, position by position.

    `five_prime` and `three_prime` are the ends: hydroxyl or phosphate.
    """

    sugar: Text = ""
    linkage: Text = ""
    base: Text = ""
    five_prime: Literal["hydroxyl", "phosphate"] | None = None
    three_prime: Literal["hydroxyl", "phosphate"] | None = None
    modification: Annotated[list[Modification], Field(max_length=2000)] = []


class Messenger(Strict):
    """A messenger RNA as stated. `cds` is first and last position of the coding sequence, stop codon included."""

    cap: Text = ""
    uridine: Text = ""
    modified_uridines: Count | None = None
    plain_uridines: Count | None = None
    poly_a: Count | None = None
    cds: Annotated[list[Place], Field(min_length=2, max_length=2)] | None = None
    cds_length: Count | None = None
    protein_length: Count | None = None
    protein: Annotated[str, Field(max_length=20_000)] = ""


class Lipid(Strict):
    """A lipid of a particle: its class, share of all lipids by moles (in percent), molar mass, ionizable amines."""

    lipid_class: Literal["ionizable", "helper", "sterol", "peg", "other"]
    molar_percent: Annotated[float, Field(allow_inf_nan=False, gt=0, le=100)] | None = None
    molar_mass: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e6)] | None = None
    ionizable_amines: Count | None = None
    mass: Amount | None = None


class Particle(Strict):
    """A lipid nanoparticle as stated: N to P, lipid mass for RNA mass, RNA in all and free, encapsulated share."""

    n_to_p: Above0 | None = None
    lipid_to_rna: Above0 | None = None
    total_rna: Measure | None = None
    free_rna: Measure | None = None
    encapsulation_percent: Annotated[float, Field(allow_inf_nan=False, ge=0, le=100)] | None = None


class Vector(Strict):
    """A viral vector as stated: serotype, form of its genome, genome length with both inverted terminal repeats."""

    serotype: Text = ""
    genome_form: Literal["single_stranded", "self_complementary"] | None = None
    genome_length: Count | None = None
    full_percent: Annotated[float, Field(allow_inf_nan=False, ge=0, le=100)] | None = None
    genome_titre: Measure | None = None
    particle_titre: Measure | None = None


class Cells(Strict):
    """Cells of a product edited outside the body, as stated; `dose` is that of the label."""

    cell_type: Text = ""
    donor: Literal["autologous", "allogeneic"] | None = None
    total: Measure | None = None
    viable: Measure | None = None
    viability_percent: Annotated[float, Field(allow_inf_nan=False, ge=0, le=100)] | None = None
    weight: Measure | None = None
    dose: Measure | None = None


class Cite(Strict):
    """Where the facts of a component were read, and how: the letters of reported results."""

    document: Line
    locator: Text = ""
    address: Text = ""
    read_level: Literal["P", "A", "T", "S", "D", "R"]
    confidence: Literal["high", "medium", "low"]
    note: Text = ""


class Component(Strict):
    """One component as written. An empty text, None or an empty list is "not stated"."""

    id: Id
    kind: Kind
    name: Text = ""
    part_of: Name = ""
    role: Text = ""
    source: Text = ""
    grade: Text = ""
    step: Name = ""
    in_final_product: bool | None = None
    sequence: Annotated[str, Field(max_length=200_000)] = ""
    notation: Annotated[str, Field(max_length=4000)] = ""
    length: Count | None = None
    targeting: Annotated[list[Place], Field(min_length=2, max_length=2)] | None = None
    structure: Structure | None = None
    stated_mass: StatedMass | None = None
    amount: Amount | None = None
    ratio: Annotated[list[Ratio], Field(max_length=50)] = []
    properties: Annotated[list[Property], Field(max_length=200)] = []
    mrna: Messenger | None = None
    lipid: Lipid | None = None
    particle: Particle | None = None
    vector: Vector | None = None
    cells: Cells | None = None
    cite: Cite | None = None

    @property
    def letters(self) -> str:
        """The sequence without white space, in capitals; U where it is RNA as written, nothing is changed.

        >>> Component(id="g", kind="guide_rna", sequence="acg u").letters
        'ACGU'
        """
        return "".join(self.sequence.split()).upper()


class Parameter(Strict):
    """A setting of a step: a number with unit, or a text."""

    name: Line
    value: Number | None = None
    unit: Annotated[str, Field(max_length=80)] = ""
    text: Text = ""


class Step(Strict):
    """One step of the process; the steps stand in their order."""

    id: Id
    title: Text = ""
    unit_operation: Text = ""
    site: Text = ""
    parameter: Annotated[list[Parameter], Field(max_length=200)] = []


class Dose(Strict):
    """Nominal dose of nucleic acid: RNA for body weight, weight, mass ratio of guide to messenger, masses as typed."""

    rna_per_weight: Measure
    weight: Measure
    guide_to_mrna: Above0 | None = None
    stated_total: Measure | None = None
    stated_guide: Measure | None = None
    stated_mrna: Measure | None = None
    cite: Cite | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """One version of a product: its components as written, its process steps in order, its nominal doses."""

    name: str
    components: tuple[Component, ...]
    steps: tuple[Step, ...]
    doses: tuple[Dose, ...] = field(default=())

    def component(self, name: str) -> Component | None:
        """The component of an id, or None."""
        return next((c for c in self.components if c.id == name), None)

    def tree(self) -> Iterator[tuple[int, Component]]:
        """Every component with its depth, parents before parts, in the order as written."""

        def below(parent: str, depth: int) -> Iterator[tuple[int, Component]]:
            for c in self.components:
                if c.part_of == parent:
                    yield depth, c
                    yield from below(c.id, depth + 1)

        yield from below("", 0)


def told(text: str) -> bool:
    """Whether a text says something: "unknown", "not public" and their like do not.

    >>> told("GMP"), told("not public"), told(" "), told("(TBD)")
    (True, False, False, False)
    """
    return bool(told_words.told(text.strip(". ()[]")))
