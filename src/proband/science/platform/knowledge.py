"""What kinds of evidence may be leaned on and by which kinds of right, from ``reference/prior_knowledge_2026_06.toml``.

Cannot see: the text of the draft; the table says of each row how it was read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Category:
    """A category of evidence: its nature (product_specific, reusable, exposure), why, and how that was read."""

    id: str
    title: str
    nature: str
    because: str
    read_as: str


@cache
def _table() -> Mapping[str, Mapping[str, Mapping[str, object]]]:
    text = (files("proband.reference") / "prior_knowledge_2026_06.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def categories() -> Mapping[str, Category]:
    """All categories by id.

    >>> categories()["potency"].nature, categories()["toxicity"].nature
    ('product_specific', 'exposure')
    """
    return {
        name: Category(name, str(c["title"]), str(c["nature"]), str(c["because"]), str(c["read_as"]))
        for name, c in _table()["category"].items()
    }


def needs_letter(right: str) -> bool:
    """Whether a kind of right rests on somebody else's letter or file.

    >>> needs_letter("master_file"), needs_letter("public")
    (True, False)
    """
    return bool(_table()["right"][right]["letter"])


def right_title(right: str) -> str:
    """A kind of right as people name it.

    >>> right_title("master_file")
    'third-party master file'
    """
    return str(_table()["right"][right]["title"])
