"""Which items of an initial IND are written for an antisense oligonucleotide, from ``quality/dossier_items.toml``.

Eight items, each at the level of drug substance, drug product, or both: description, maker, method of manufacture,
characterisation, control, stability for the substance; composition, maker, method, control, stability, label for the
product. The list is that of a secondary source on the FDA draft of December 2021; the draft was not opened.

Cannot see: what stands in a document, and whether it is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem
from proband.core.evidence import Members
from proband.science.quality.blocks import read_blocks
from proband.science.quality.component_model import told

DOSSIER_ITEMS = "quality/dossier_items.toml"
LEVELS: dict[str, tuple[str, ...]] = {
    "description": ("drug_substance",),
    "maker": ("drug_substance", "drug_product"),
    "method": ("drug_substance", "drug_product"),
    "characterisation": ("drug_substance",),
    "control": ("drug_substance", "drug_product"),
    "stability": ("drug_substance", "drug_product"),
    "composition": ("drug_product",),
    "label": ("drug_product",),
}
"""At which levels an item is asked for; the split by level is this tool's reading of the list."""


class Item(Strict):
    """One item at one level: the document that holds it, or why there is none."""

    item: Literal[
        "description", "maker", "method", "characterisation", "control", "stability", "composition", "label"
    ]  # fmt: skip
    level: Literal["drug_substance", "drug_product"]
    state: Literal["written", "not_there"]
    document: Annotated[str, Field(max_length=500)] = ""
    because: Annotated[str, Field(max_length=2000)] = ""


class _Head(Strict):
    format: Literal[1]


@dataclass(frozen=True, slots=True)
class DossierItems:
    """The items as stated."""

    held: tuple[Item, ...]

    def state(self, item: str, level: str) -> str:
        """written, not_there or unknown."""
        return next((i.state for i in self.held if (i.item, i.level) == (item, level)), "unknown")

    @property
    def members(self) -> Members:
        """Items written at every level that asks for them, said not to be there at one (absent), or not known."""
        states = {item: [self.state(item, x) for x in levels] for item, levels in LEVELS.items()}
        absent = tuple(i for i, x in states.items() if "not_there" in x)
        present = tuple(i for i, x in states.items() if all(y == "written" for y in x))
        return Members(present, absent, tuple(i for i in LEVELS if i not in (*absent, *present)))


def read_dossier_items(path: Path, problems: list[Problem], name: str = DOSSIER_ITEMS) -> DossierItems | None:
    """The items of a file, or None; every fault is added to `problems`."""
    raw = read_toml(path, name, problems)
    if raw is None:
        return None
    before = len(problems)
    parse(_Head, {k: v for k, v in raw.items() if k != "item"}, name, "", problems)
    held, _ = read_blocks(Item, raw, "item", name, problems, 100)
    problems += [Problem(name, *f) for f in _faults(held)]
    if not raw.get("item") and len(problems) == before:
        problems.append(Problem(name, "", "no item", "at least one [[item]]", "write items, or remove the file"))
    return DossierItems(tuple(held)) if len(problems) == before else None


def _faults(held: list[Item]) -> Iterator[tuple[str, str, str, str]]:
    seen: set[tuple[str, str]] = set()
    for i in held:
        place = f"item {i.item}, {i.level.replace('_', ' ')}"
        if (i.item, i.level) in seen:
            yield place, "the item twice at one level", "each once", "remove one"
        seen.add((i.item, i.level))
        if i.level not in LEVELS[i.item]:
            expected = " or ".join(x.replace("_", " ") for x in LEVELS[i.item])
            yield f"{place}, key level", i.level.replace("_", " "), expected, "mend the level"
        if i.state == "written" and not told(i.document):
            yield f"{place}, key document", i.document[:60] or "nothing", "the document that holds it", "name it"
        if i.state == "not_there" and not told(i.because):
            yield f"{place}, key because", i.because[:60] or "nothing", "why it is not there", "write the reason"
