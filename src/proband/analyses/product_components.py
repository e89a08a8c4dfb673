"""What the product is made of, from ``quality/components.toml``, and whether what was typed can be recomputed.

Asks: is every component described with its source, grade and role; do length, modifications, mass, coding sequence,
molar shares and doses as typed agree with what their own letters and numbers give, and if not, by how much?
Cannot see: components that nobody lists, the vial itself, and whether what is written is true. Equal numbers show that
a description agrees with itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Members, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.quality.component_model import Product
    from proband.science.quality.recomputed import Recomputed


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the components file."""
    from proband.science.quality.components import read_components

    problems: list[Problem] = []
    for file in inputs.files["components"]:
        read_components(file.path, problems, file.relative)
    return problems


@analysis(
    claims=("product.components",),
    reads={"components": "quality/components.toml"},
    uses=("id", "candidate"),
    version=1,
    border=border,
)
def product_components(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line on the inventory of components and what was recomputed of it."""
    from proband.science.quality.components import read_components
    from proband.science.quality.recompute import against_candidate, agreement, described, recompute
    from proband.science.quality.recomputed import Status

    problems: list[Problem] = []
    for file in inputs.files["components"]:
        product = read_components(file.path, problems, file.relative)
        if product is None:
            raise ProgramError(problems)
        made = recompute(product)
        if (own := program.candidate) is not None:
            made += against_candidate(product, own.spacer, own.extension, own.sequence)
        told, agreed = described(product.components), agreement(made)
        wrong = [r for r in made if r.status is Status.DISAGREES]
        concerns = [Concern(ConcernWord.INCONSISTENT, _because(r)) for r in wrong]
        if agreed.unknown:
            concerns.append(Concern(ConcernWord.IMPRECISE, f"could not be checked: {'; '.join(agreed.unknown)}"))
        removed = sum(c.in_final_product is False for c in product.components)
        unsaid = [c.id for c in product.components if c.in_final_product is None]
        yield Draft(
            kind="product.components",
            statement=_statement(product, told, agreed),
            subject=Subject("program", program.id),
            name=product.name,
            scope=Scope(
                where=file.relative,
                how="lengths, masses, coding sequences, shares and doses are computed from letters and numbers",
                denominator=f"{len(product.components)} components, {len(product.steps)} process steps",
                not_covered="components that are not listed; whether they are in the final product is not stated of "
                + (", ".join(unsaid) or "none"),
                settings={"removed_before_the_end": removed},
            ),
            quantities={
                "component_count": Quantity.exact(len(product.components), "count"),
                "disagreement_count": Quantity.exact(len(agreed.absent), "count"),
            },
            facts={"described": told, "agreement": agreed},
            readout_definition="Described: source, grade and role are all told; words such as 'unknown' tell nothing. "
            "Agrees: typed and computed lie within the stated tolerance, or that of the convention that is told.",
            concerns=tuple(concerns),
        )


def _statement(product: Product, told: Members, agreed: Members) -> str:
    count = len(product.components)
    text = f"{len(told.present)} of {count} components of {product.name} are described with source, grade and role"
    if told.unknown:
        text += f"; not told for {', '.join(told.unknown)}"
    if told.absent:
        text += f"; said to have none: {', '.join(told.absent)}"
    checked = len(agreed.present) + len(agreed.absent)
    text += f". Of {checked} typed numbers that could be recomputed, {len(agreed.absent)} disagree"
    return text + (f": {'; '.join(agreed.absent)}." if agreed.absent else ".")


def _because(r: Recomputed) -> str:
    text = f"{r.component}, {r.sentence}"
    return f"{text}; would be explained by {r.explained_by[0]}" if r.explained_by else text
