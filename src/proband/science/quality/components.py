"""The product as a tree of components and process steps, read from ``quality/components.toml``.

What is written is compared elsewhere with what can be computed (`proband.science.quality.recompute`); this module
reads, and tells every fault at once. The words of the file are those of `proband.science.quality.component_model`.

Cannot see: whether what is written is true.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem
from proband.science.quality.blocks import read_blocks
from proband.science.quality.component_faults import component_faults
from proband.science.quality.component_model import COMPONENTS, Component, Dose, Id, Product, Step, told

__all__ = ["COMPONENTS", "Component", "Dose", "Product", "Step", "read_components", "told"]


class _Head(Strict):
    format: Literal[1]
    product: Id


def read_components(path: Path, problems: list[Problem], name: str = COMPONENTS) -> Product | None:
    """The product of a components file, or None; every fault is added to `problems`, all at once."""
    raw = read_toml(path, name, problems)
    if raw is None:
        return None
    before = len(problems)
    lists = ("component", "step", "dose")
    head = parse(_Head, {k: v for k, v in raw.items() if k not in lists}, name, "", problems)
    components, ids = read_blocks(Component, raw, "component", name, problems)
    steps, step_ids = read_blocks(Step, raw, "step", name, problems)
    doses, _ = read_blocks(Dose, raw, "dose", name, problems, 50)
    if not ids and len(problems) == before:
        problems.append(Problem(name, "", "no component", "at least one [[component]]", "describe the product"))
    product = Product(head.product if head is not None else "", tuple(components), tuple(steps), tuple(doses))
    problems += [Problem(name, *p) for p in component_faults(product, ids, step_ids)]
    return product if len(problems) == before else None
