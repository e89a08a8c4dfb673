"""Which toxicities are known of a class of product, by modality and route: ``reference/class_toxicities.toml``.

A route that is not stated leaves open what belongs to it, and so does a class of which the table knows nothing: each is
a member of its own, never nothing.

Cannot see: toxicities that the table lacks; those of one sequence or one patient; whether a toxicity of the class will
show in this product.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

NOT_STATED = "those_of_a_route_that_is_not_stated"
NOT_IN_TABLE = "those_of_a_class_that_the_table_lacks"


@dataclass(frozen=True, slots=True)
class ClassToxicity:
    """A toxicity of a class: what was seen, tests that people use for it, where it was read and how."""

    id: str
    modality: tuple[str, ...]
    delivery: tuple[str, ...]
    what: str
    examples: str
    paper: str
    read_as: str


@cache
def table() -> tuple[ClassToxicity, ...]:
    """All rows of the table.

    >>> sorted({t.read_as for t in table()})
    ['abstract', 'criterion', 'recalled', 'text']
    """
    text = (resources.files("proband.reference") / "class_toxicities.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["toxicity"]
    return tuple(ClassToxicity(**{k: tuple(v) if isinstance(v, list) else v for k, v in r.items()}) for r in rows)


def known_of(modality: str, delivery: str) -> tuple[ClassToxicity, ...]:
    """The toxicities known of a modality by a route; an empty word is "not stated" and matches nothing of its own.

    >>> [t.id for t in known_of("base_editor", "lnp")]
    ['infusion_reaction', 'liver']
    >>> [t.id for t in known_of("gapmer", "intrathecal")]
    ['platelets', 'kidney', 'liver', 'cns_inflammation']
    >>> known_of("base_editor", "")
    ()
    """
    return tuple(
        t for t in table() if (not t.modality or modality in t.modality) and (not t.delivery or delivery in t.delivery)
    )


def names() -> tuple[str, ...]:
    """The names of all toxicities of the table, each once."""
    return tuple(dict.fromkeys(t.id for t in table()))
