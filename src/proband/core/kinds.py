"""The evidence kinds: names, quantities, units, facts. One table, checked from both sides.

An analysis may emit only what stands here, and a criterion may ask only for what stands here: a misspelt
name fails when it is written, instead of reading as "no data" for ever.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from proband.core.errors import Problem
from proband.core.evidence import Evidence, Fact, Members, Scope

OWNERS = ("bioinformatics", "statistics", "clinic", "quality", "regulatory")
FACT_TYPES = ("category", "text", "date", "members")


@dataclass(frozen=True, slots=True)
class QuantityName:
    """A quantity that a kind may hold: its unit and meaning, whether it may be exact, whether below 0."""

    unit: str
    meaning: str
    exact: bool
    signed: bool


@dataclass(frozen=True, slots=True)
class FactName:
    """A fact that a kind may hold: its type, its allowed values where they are closed, its meaning."""

    type: str
    values: tuple[str, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of evidence."""

    name: str
    meaning: str
    search: bool
    trait: str
    file: str
    owner: str
    quantities: Mapping[str, QuantityName]
    facts: Mapping[str, FactName]


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds by name, in the order of the table.

    >>> kinds()["editing.on_target"].quantities["corrected_alleles"].unit
    'fraction'
    """
    raw = tomllib.loads((files("proband.core") / "kinds.toml").read_text(encoding="utf-8"))
    return {name: _kind(name, block) for name, block in raw.items()}


def _kind(name: str, block: Mapping[str, object]) -> Kind:
    quantities = block.get("quantities", {})
    facts = block.get("facts", {})
    assert isinstance(quantities, Mapping)
    assert isinstance(facts, Mapping)
    return Kind(
        name,
        str(block["meaning"]),
        bool(block.get("search", False)),
        str(block.get("trait", "")),
        str(block["file"]),
        str(block["owner"]),
        {q: _quantity_name(v) for q, v in quantities.items()},
        {f: FactName(v["type"], tuple(v.get("values", ())), v["meaning"]) for f, v in facts.items()},
    )


def _quantity_name(block: Mapping[str, object]) -> QuantityName:
    unit = str(block["unit"])
    exact = unit in ("count", "d") or bool(block.get("exact", False))
    return QuantityName(unit, str(block["meaning"]), exact, bool(block.get("signed", False)))


def nearest(word: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    """A remedy for a word that is not known: the nearest known ones, or all of them.

    >>> nearest("coreccted", ("corrected", "indel"))
    'did you mean corrected?'
    """
    same = [k for k in known if k.casefold() == word.casefold()]
    close = same or get_close_matches(word, list(known), n=2, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(close)}?"
    listed = sorted(known)
    return f"use one of: {', '.join(listed[:12])}{', ...' if len(listed) > 12 else ''}"


def evidence_problems(evidence: Evidence, file: str, place: str) -> list[Problem]:
    """What is wrong with a line of evidence against the table; empty when nothing is."""
    units = {name: q.unit for name, q in evidence.quantities.items()}
    return line_problems(evidence.kind, units, evidence.facts, evidence.scope, file, place)


def line_problems(
    kind_name: str,
    units: Mapping[str, str],
    facts: Mapping[str, Fact],
    scope: Scope,
    file: str,
    place: str,
) -> list[Problem]:
    """What is wrong with the parts of a line: kind, quantity names and units, facts, scope of a search."""
    kind = kinds().get(kind_name)
    if kind is None:
        return [Problem(file, f"{place}, kind", kind_name, "a declared kind", nearest(kind_name, kinds()))]
    found: list[Problem] = []
    for name, unit in units.items():
        declared = kind.quantities.get(name)
        at = f"{place}, quantity {name}"
        if declared is None:
            remedy = nearest(name, kind.quantities)
            found.append(Problem(file, at, name, f"a quantity of {kind.name}", remedy))
        elif unit != declared.unit:
            remedy = f"give the number in {declared.unit}: {declared.meaning}"
            found.append(Problem(file, at, f"unit {unit!r}", f"unit {declared.unit!r}", remedy))
    for name, fact in facts.items():
        found.extend(_fact_problems(kind, name, fact, file, place))
    if not (scope.where and scope.how):
        remedy = "say where it was looked and how"
        found.append(Problem(file, f"{place}, scope", "no 'where' or no 'how'", "both", remedy))
    if kind.search and not (scope.denominator and scope.detection_limit):
        remedy = "give them, or write detection_limit = 'not known: ...' with the reason"
        found.append(
            Problem(file, f"{place}, scope", "a search without denominator or detection limit", "both", remedy)
        )
    return found


def _fact_problems(kind: Kind, name: str, fact: object, file: str, place: str) -> list[Problem]:
    declared = kind.facts.get(name)
    at = f"{place}, fact {name}"
    if declared is None:
        return [Problem(file, at, name, f"a fact of {kind.name}", nearest(name, kind.facts))]
    right_type = {"members": Members, "date": date}.get(declared.type, str)
    if not isinstance(fact, right_type):
        return [Problem(file, at, type(fact).__name__, declared.type, f"give {declared.meaning.lower()}")]
    if not declared.values:
        return []
    given = (*fact.present, *fact.absent, *fact.unknown) if isinstance(fact, Members) else (str(fact),)
    return [
        Problem(file, at, word, f"one of {', '.join(declared.values)}", nearest(word, declared.values))
        for word in given
        if word not in declared.values
    ]
