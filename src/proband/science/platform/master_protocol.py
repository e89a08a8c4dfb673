"""The umbrella part of ``plan/protocol.toml``: cohorts, shared endpoints, how a variant is added, entry rules as data.

Read are ``[umbrella]``, ``[[cohort]]``, ``[[entry_rule]]`` and ``[[field]]``; everything else of the file is for people
or for other readers. `not_written` names parts that the protocol was read for and does not hold, so that they are told
apart from parts that nobody read.

Cannot see: whether a rule as data says what the protocol says; the words stand beside it in `says`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem
from proband.core.evidence import Members
from proband.core.kinds import nearest
from proband.core.units import is_unit, nearest_unit, relation, why_different
from proband.science.platform.entry_conditions import Comparison, Condition, Word, fields_of, read_condition
from proband.science.platform.record import Id, Line, Text
from proband.science.quality.component_model import told

FILE = "plan/protocol.toml"
PARTS = ("cohort_rules", "shared_endpoints", "procedure_for_adding_a_variant", "biological_reason")
YES_NO = ("yes", "no")
_Part = Literal["cohort_rules", "shared_endpoints", "procedure_for_adding_a_variant", "biological_reason"]


class Umbrella(Strict):
    """Title, family of products, endpoints that all cohorts share, steps by which a variant is added."""

    title: Text = ""
    family: Text = ""
    shared_endpoints: Annotated[list[Line], Field(max_length=100)] = []
    adding_a_variant: Annotated[list[Annotated[str, Field(min_length=1, max_length=4000)]], Field(max_length=100)] = []
    not_written: Annotated[list[_Part], Field(max_length=4)] = []


class Cohort(Strict):
    """One cohort and the biological reason why it stands under the protocol; an empty reason is not known."""

    id: Id
    gene: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,40}$")] = ""
    condition: Text = ""
    reason: Text = ""


class Plausible(Strict):
    """From where to where a number can be taken for what it says; beyond it, it is a fault of the table."""

    low: Annotated[float, Field(allow_inf_nan=False)]
    high: Annotated[float, Field(allow_inf_nan=False)]
    unit: Line


class FieldOf(Strict):
    """What a field of the applicants means, which words it may hold, or which numbers are plausible."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
    meaning: Text = ""
    values: Annotated[list[Line], Field(max_length=1000)] = []
    plausible: Plausible | None = None


class _Rule(Strict):
    id: Id
    kind: Literal["inclusion", "exclusion"]
    says: Line
    reading: Text = ""
    condition: dict[str, Any]


class _Parts(Strict):
    umbrella: Umbrella
    cohort: Annotated[list[Cohort], Field(max_length=500)] = []
    entry_rule: Annotated[list[_Rule], Field(max_length=200)] = []
    field: Annotated[list[FieldOf], Field(max_length=500)] = []


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry rule: its kind, the words of the protocol, how they were read, and the condition as data."""

    id: str
    kind: str
    says: str
    reading: str
    condition: Condition


@dataclass(frozen=True)
class MasterProtocol:
    """The umbrella part of a protocol; `words` are the words that a field may hold, `limits` those of numbers."""

    umbrella: Umbrella
    cohorts: tuple[Cohort, ...]
    rules: tuple[Rule, ...]
    words: dict[str, tuple[str, ...]]
    comparisons: dict[str, tuple[Comparison, ...]]
    plausible: dict[str, tuple[Fraction, Fraction, str]]

    @property
    def written(self) -> Members:
        """Which of the four parts are written, were looked for and are not there, or are not known."""
        there = {
            "cohort_rules": any(r.kind == "inclusion" for r in self.rules),
            "shared_endpoints": any(told(x) for x in self.umbrella.shared_endpoints),
            "procedure_for_adding_a_variant": any(told(x) for x in self.umbrella.adding_a_variant),
            "biological_reason": bool(self.cohorts) and all(told(c.reason) for c in self.cohorts),
        }
        absent = tuple(p for p in PARTS if p in self.umbrella.not_written)
        present = tuple(p for p in PARTS if there[p] and p not in absent)
        return Members(present, absent, tuple(p for p in PARTS if p not in (*present, *absent)))


def read_master_protocol(path: Path, file: str, problems: list[Problem]) -> MasterProtocol | None:
    """The umbrella part, or None: where the file has none, and where it has faults, which are added to `problems`."""
    raw = read_toml(path, file, problems)
    if raw is None or not {"umbrella", "cohort", "entry_rule", "field"} & set(raw):
        return None
    if "umbrella" not in raw:
        problems.append(Problem(file, "", "cohorts or rules without [umbrella]", "[umbrella]", "add the table"))
        return None
    parts = {k: raw[k] for k in ("umbrella", "cohort", "entry_rule", "field") if k in raw}
    made = parse(_Parts, parts, file, "", problems)
    if made is None:
        return None
    before = len(problems)
    rules = []
    for r in made.entry_rule:
        condition = read_condition(r.condition, file, f"entry_rule {r.id}, condition", problems)
        if condition is not None:
            rules.append(Rule(r.id, r.kind, r.says, r.reading, condition))
    problems += [Problem(file, *f) for f in _faults(made, rules)]
    if len(problems) > before:
        return None
    words, comparisons = _fields(made, rules)
    limits = {
        f.name: (Fraction(repr(f.plausible.low)), Fraction(repr(f.plausible.high)), f.plausible.unit)
        for f in made.field
        if f.plausible
    }
    return MasterProtocol(made.umbrella, tuple(made.cohort), tuple(rules), words, comparisons, limits)


def _fields(made: _Parts, rules: list[Rule]) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[Comparison, ...]]]:
    declared = {f.name: tuple(f.values) for f in made.field}
    words: dict[str, tuple[str, ...]] = {}
    numbers: dict[str, tuple[Comparison, ...]] = {}
    for part in (c for r in rules for c in fields_of(r.condition)):
        if isinstance(part, Comparison):
            numbers[part.field] = (*numbers.get(part.field, ()), part)
        else:
            words[part.field] = declared.get(part.field) or YES_NO
    return words, numbers


_Fault = tuple[str, str, str, str]


def _faults(made: _Parts, rules: list[Rule]) -> Iterator[_Fault]:
    groups = {
        "cohort": [c.id for c in made.cohort],
        "entry_rule": [r.id for r in made.entry_rule],
        "field": [f.name for f in made.field],
    }
    for what, ids in groups.items():
        for twice in sorted({i for i in ids if ids.count(i) > 1}):
            yield f"{what} {twice}", f"{ids.count(twice)} times", "each once", "rename or remove one"
    for part, there in (
        ("cohort_rules", made.entry_rule),
        ("shared_endpoints", made.umbrella.shared_endpoints),
        ("procedure_for_adding_a_variant", made.umbrella.adding_a_variant),
    ):
        if part in made.umbrella.not_written and there:
            yield "umbrella, key not_written", f"{part}, which is written too", "one of the two", "remove one"
    yield from _field_faults(made, rules)


def _field_faults(made: _Parts, rules: list[Rule]) -> Iterator[_Fault]:
    declared = {f.name: f for f in made.field}
    words, numbers = _fields(made, rules)
    for name in sorted(set(words) & set(numbers)):
        yield f"field {name}", "a word in one rule and a number in another", "one of the two", "rename one"
    for r in rules:
        for part in fields_of(r.condition):
            if isinstance(part, Word):
                allowed = words[part.field]
                for word in (w for w in (*part.among, *part.open) if w not in allowed):
                    at = f"entry_rule {r.id}, field {part.field}"
                    remedy = nearest(word, allowed) + "; or list it under values of [[field]]"
                    yield at, word, f"one of {', '.join(allowed)}", remedy
    for name in sorted(set(declared) - set(words) - set(numbers)):
        yield f"field {name}", "no rule that asks for it", "a field of a rule", nearest(name, (*words, *numbers))
    for name, f in declared.items():
        if f.values and name in numbers:
            yield f"field {name}, key values", "words of a number", "plausible", "remove values"
        if f.plausible is not None:
            yield from _plausible_faults(name, f.plausible, numbers.get(name, ()))


def _plausible_faults(name: str, p: Plausible, comparisons: tuple[Comparison, ...]) -> Iterator[_Fault]:
    place = f"field {name}, key plausible"
    if not is_unit(p.unit):
        yield f"{place}.unit", p.unit, "a UCUM code", nearest_unit(p.unit)
        return
    if p.low >= p.high:
        yield f"{place}.low", f"{p.low:g}", f"below {p.high:g}", "exchange the two"
    for c in comparisons:
        if relation(p.unit, c.unit) == "different":
            yield f"{place}.unit", p.unit, f"a unit of {c.unit}", why_different(p.unit, c.unit)
            return
