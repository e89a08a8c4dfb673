"""Terms of follow-up by class of product: ``reference/follow_up_terms.toml``, each with how it was read.

Cannot see: what a regulator agreed for one product.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Term:
    """What is asked of a class: years in all, of examinations, of contact; None where nothing was read."""

    title: str
    paper: str
    read_as: str
    note: str
    years: int | None = None
    examination_years: int | None = None
    contact_years: int | None = None


@cache
def terms() -> Mapping[str, Term]:
    """All classes by name.

    >>> terms()["genome_editing"].years, terms()["oligonucleotide"].years
    (15, None)
    """
    text = (resources.files("proband.reference") / "follow_up_terms.toml").read_text(encoding="utf-8")
    return {name: Term(**block) for name, block in tomllib.loads(text)["class"].items()}
