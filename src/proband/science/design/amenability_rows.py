"""Rule rows of the N1C VARIANT guidelines, read from data and evaluated in three-valued logic.

A row holds, does not hold, or is not known because a fact is missing. Readings of the ambiguous places are an
argument, so that one set of facts can be judged under each.

Cannot see: the guideline itself. The rows come from re-codings; each says how it was read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from proband.science.design.amenability_facts import AmenabilityFacts

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "is": lambda value, limit: value is limit,
    "one_of": lambda value, limit: value in limit,
    "none_of": lambda value, limit: value not in limit,
    "at_least": lambda value, limit: value >= limit,
    "at_most": lambda value, limit: value <= limit,
    "over": lambda value, limit: value > limit,
    "under": lambda value, limit: value < limit,
}

_COMPUTED_FROM: Mapping[str, tuple[str, ...]] = {
    "skip_in_frame": ("skip_length",),
    "exon_share": ("skip_length", "coding_length"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One rule row: what it says, how it was read, and in which outcome it results."""

    id: str
    strategy: str
    outcome: str
    says: str
    read_as: str
    sources: tuple[str, ...]
    when: Mapping[str, Mapping[str, Any]]
    only_if: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.id} ({self.read_as}): {self.says}"


@dataclass(frozen=True, slots=True)
class Question:
    """A place where the rules can be read in two ways; `chosen` is empty where nothing decides."""

    id: str
    asks: str
    readings: tuple[str, ...]
    chosen: str
    because: str


@cache
def data() -> Mapping[str, Any]:
    """The data file ``reference/n1c_variant_v1.toml`` as read."""
    return tomllib.loads(resources.files("proband.reference").joinpath("n1c_variant_v1.toml").read_text("utf-8"))


@cache
def rows() -> tuple[Row, ...]:
    """Every row, in the order of the file.

    >>> rows()[0].id
    'V-1'
    """
    return tuple(
        Row(
            r["id"],
            r["strategy"],
            r["outcome"],
            r["says"],
            r["read_as"],
            tuple(r["sources"]),
            r["when"],
            r.get("only_if", {}),
        )
        for r in data()["rule"]
    )


@cache
def questions() -> tuple[Question, ...]:
    """Every ambiguity of the rules as they were read."""
    return tuple(
        Question(q["id"], q["asks"], tuple(q["readings"]), q.get("chosen", ""), q.get("because", ""))
        for q in data()["ambiguity"]
    )


def holds(row: Row, facts: AmenabilityFacts, readings: Mapping[str, str]) -> bool | None:
    """Whether a row holds for the facts under the readings; None when a missing fact could decide it.

    Raises ``ValueError`` for a row that asks for a fact that does not exist.

    >>> holds(rows()[0], AmenabilityFacts(name="x", variant_type="inversion"), {})
    True
    """
    if any(readings[question] != reading for question, reading in row.only_if.items()):
        return False
    seen = [_condition(facts.value(fact), spec, readings) for fact, spec in row.when.items()]
    return False if False in seen else None if None in seen else True


def missing(found: Iterable[Row], facts: AmenabilityFacts) -> tuple[str, ...]:
    """Names of the facts that rows ask for and that are not known, each once, as fields of the facts.

    >>> missing([r for r in rows() if r.id == "E-13"], AmenabilityFacts(name="x", skip_length=87))
    ('coding_length',)
    """
    asked = [fact for row in found for fact in row.when if facts.value(fact) is None]
    fields = [field for fact in asked for field in _COMPUTED_FROM.get(fact, (fact,))]
    return tuple(field for field in dict.fromkeys(fields) if facts.value(field) is None)


def _condition(value: Any, spec: Mapping[str, Any], readings: Mapping[str, str]) -> bool | None:
    if value is None:
        return None
    edge = any(readings[question] == reading for question, reading in spec.get("or_equal_if", {}).items())
    return all(
        _COMPARE[word](value, limit) or (edge and word in ("over", "under") and value == limit)
        for word, limit in spec.items()
        if word != "or_equal_if"
    )
