"""Quality attributes that are usually asked of each family of product, as data with how each list was read.

Four families: RNA in lipid nanoparticles, antisense oligonucleotides, AAV, cells edited outside the body. An attribute
is known by its id or by another name of it. What a specification leaves out of its family is told as not known.

Cannot see: what a regulator will ask of one product; attributes that a family list does not hold.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: id, title, sort by ICH Q6 words, a usual unit ("" for a text), other names."""

    id: str
    title: str
    sort: str
    unit: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """A family of products with its attributes, by id."""

    id: str
    title: str
    attributes: Mapping[str, Attribute]
    cite: str
    read_as: str

    def known(self, name: str) -> str:
        """The id of an attribute by its id or another name; empty where the family has none of it.

        >>> families()["lnp_rna"].known("PDI"), families()["lnp_rna"].known("colour")
        ('polydispersity', '')
        """
        plain = name.strip().casefold().replace(" ", "_").replace("-", "_")
        if plain in self.attributes:
            return plain
        return next((a.id for a in self.attributes.values() if plain in a.also), "")


@lru_cache(maxsize=1)
def families() -> Mapping[str, Family]:
    """The shipped families by id.

    >>> list(families())
    ['lnp_rna', 'oligonucleotide', 'aav', 'ex_vivo_cells']
    """
    raw = tomllib.loads((files("proband.reference") / "quality_attributes.toml").read_text(encoding="utf-8"))
    made = {}
    for f in raw["family"]:
        held = [
            Attribute(a["id"], a["title"], a["sort"], a.get("unit", ""), tuple(a.get("also", ())))
            for a in f["attribute"]
        ]
        made[f["id"]] = Family(f["id"], f["title"], {a.id: a for a in held}, f["cite"], f["read_as"])
    return made
