"""The product as a tree of components and process steps, read from ``quality/components.toml``.

What is written is compared elsewhere with what can be computed (`proband.science.quality.recompute`); this module
reads, and tells every fault at once. The words of the file are those of `proband.science.quality.component_model`.

Cannot see: whether what is written is true.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem
from proband.science.quality.component_faults import component_faults
from proband.science.quality.component_model import COMPONENTS, Component, Dose, Id, Product, Step, told

__all__ = ["COMPONENTS", "Component", "Dose", "Product", "Step", "read_components", "told"]


class _File(Strict):
    format: Literal[1]
    product: Id
    component: Annotated[list[Component], Field(min_length=1, max_length=500)]
    step: Annotated[list[Step], Field(max_length=500)] = []
    dose: Annotated[list[Dose], Field(max_length=50)] = []


def read_components(path: Path, problems: list[Problem], name: str = COMPONENTS) -> Product | None:
    """The product of a components file, or None; every fault is added to `problems`, all at once."""
    raw = read_toml(path, name, problems)
    made = None if raw is None else parse(_File, raw, name, "", problems)
    if made is None:
        return None
    product = Product(made.product, tuple(made.component), tuple(made.step), tuple(made.dose))
    found = [Problem(name, *p) for p in component_faults(product)]
    problems += found
    return None if found else product
