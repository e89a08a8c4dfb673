"""Specifications of a product: attribute, method, unit, limits, stage, justification, plan, from a TOML file.

A limit is a decimal as it is written: ``0.20`` has two decimals, and results are rounded to them before they are
compared. Values equal to a limit are permitted (USP General Notices 7.10). A limit without a unit, a specification
without a method, and a unit that is none are refused; pure numbers have the unit ``1``.

Cannot see: whether a limit is right. ICH Q6A and Q6B call a list of tests, references to procedures and acceptance
criteria a specification (recalled); that is what is read here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from proband.border import Strict, hidden_characters, parse, read_text
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.science.quality.attributes import Family, families
from proband.science.quality.blocks import read_blocks
from proband.science.quality.component_model import told
from proband.science.quality.unit_codes import unit_problem

SPECIFICATIONS = "quality/specifications.toml"
STAGES = ("first_in_human", "clinical", "pivotal", "application", "commercial")
"""Stages of a specification, in order."""
TEXT = "{text}"
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Line = Annotated[str, Field(min_length=1, max_length=300)]
Text = Annotated[str, Field(max_length=2000)]


def _exact(value: object) -> object:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


Limit = Annotated[Decimal, BeforeValidator(_exact), Field(allow_inf_nan=False, ge=Decimal("-1e15"), le=Decimal("1e15"))]


class Specification(Strict):
    """One attribute of a specification at one stage; "" and None are "not stated".

    `accepted` are the texts that a result of a text attribute may have; `reportable` says how replicates become the
    value that is compared.
    """

    id: Id
    attribute: Text = ""
    title: Text = ""
    method: Text = ""
    unit: Annotated[str, Field(max_length=80)] = ""
    lower: Limit | None = None
    upper: Limit | None = None
    accepted: Annotated[list[Line], Field(max_length=20)] = []
    reportable: Literal["mean", "each"] | None = None
    stage: Literal["first_in_human", "clinical", "pivotal", "application", "commercial"] | None = None
    set_on: date | None = None
    justification: Text = ""
    tighten: Text = ""

    @property
    def is_text(self) -> bool:
        """Whether results are words."""
        return self.unit == TEXT

    @property
    def has_limit(self) -> bool:
        """Whether there is anything to compare a result with; without, results are reported alone."""
        return self.lower is not None or self.upper is not None or bool(self.accepted)

    @property
    def shown(self) -> str:
        """The limits for people.

        >>> Specification(id="a", method="m", unit="nm", lower=60, upper=Decimal("100.0")).shown
        '60 to 100.0 nm'
        """
        unit = "" if self.unit in ("", "1", TEXT) else f" {self.unit}"
        if self.accepted:
            return " or ".join(self.accepted)
        if self.lower is not None and self.upper is not None:
            return f"{self.lower} to {self.upper}{unit}"
        if self.lower is not None:
            return f"at least {self.lower}{unit}"
        return f"at most {self.upper}{unit}" if self.upper is not None else "no limit"


class NotTested(Strict):
    """An attribute of the family that is not tested, and why."""

    attribute: Line
    because: Line


class _Head(Strict):
    format: Literal[1]
    product: Id
    family: Line
    stage: Literal["first_in_human", "clinical", "pivotal", "application", "commercial"] | None = None


@dataclass(frozen=True, slots=True)
class Specifications:
    """The specification of a product: those in force, all of any stage, and what is said not to be tested."""

    product: str
    family: Family
    stage: str
    held: tuple[Specification, ...]
    not_tested: dict[str, str]

    @property
    def in_force(self) -> tuple[Specification, ...]:
        """The specifications of the current stage: by id, that stage or the only one there is."""
        made = []
        for name in dict.fromkeys(s.id for s in self.held):
            mine = [s for s in self.held if s.id == name]
            made += [s for s in mine if s.stage == self.stage] if len(mine) > 1 else mine
        return tuple(made)

    def attribute(self, s: Specification) -> str:
        """The attribute of the family that a specification is about; its own name where the family has none."""
        return self.family.known(s.attribute or s.id) or (s.attribute or s.id)

    def later(self, s: Specification) -> tuple[Specification, ...]:
        """Specifications of the same id at a later stage."""
        at = STAGES.index(s.stage) if s.stage is not None else -1
        return tuple(x for x in self.held if x.id == s.id and x.stage is not None and STAGES.index(x.stage) > at >= 0)


def read_specifications(path: Path, problems: list[Problem], name: str = SPECIFICATIONS) -> Specifications | None:
    """The specifications of a file, or None; every fault is added to `problems`."""
    raw = _decimals(path, name, problems)
    if raw is None:
        return None
    before = len(problems)
    lists = ("specification", "not_tested")
    head = parse(_Head, {k: v for k, v in raw.items() if k not in lists}, name, "", problems)
    held, ids = read_blocks(Specification, raw, "specification", name, problems, 300)
    left, _ = read_blocks(NotTested, raw, "not_tested", name, problems, 100)
    if not ids and len(problems) == before:
        problems.append(Problem(name, "", "no specification", "at least one [[specification]]", "write what is tested"))
    problems += [Problem(name, *f) for f in _faults(head, held, left)]
    if head is None or len(problems) > before:
        return None
    family = families()[head.family]
    not_tested = {family.known(n.attribute) or n.attribute: n.because for n in left}
    return Specifications(head.product, family, head.stage or "", tuple(held), not_tested)


def _decimals(path: Path, name: str, problems: list[Problem]) -> dict[str, Any] | None:
    """TOML whose numbers keep their digits as written."""
    text = read_text(path, name, problems)
    if text is None:
        return None
    try:
        read = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as e:
        problems.append(Problem(name, "", str(e)[:200], "valid TOML", "correct the line that is named"))
        return None
    found = hidden_characters(text, name)
    problems.extend(found)
    return None if found else read


_Fault = tuple[str, str, str, str]


def _faults(head: _Head | None, held: list[Specification], left: list[NotTested]) -> Iterator[_Fault]:
    if head is not None and head.family not in families():
        yield "key family", head.family, "a family of attributes", nearest(head.family, tuple(families()))
    seen: set[tuple[str, str | None]] = set()
    for s in held:
        place = f"specification {s.id}"
        if (s.id, s.stage) in seen:
            yield (
                place,
                "the id twice at one stage",
                "each id once for a stage",
                "rename or remove one, or give a stage",
            )
        seen.add((s.id, s.stage))
        yield from _one(s, place)
    for name in dict.fromkeys(s.id for s in held):
        stages = [s.stage for s in held if s.id == name]
        if len(stages) > 1 and head is not None and head.stage not in stages:
            expected = f"one of its stages: {', '.join(x or 'not stated' for x in stages)}"
            yield f"key stage, for specification {name}", head.stage or "nothing", expected, "say which is in force"
    named = [n.attribute for n in left]
    for n in sorted({x for x in named if named.count(x) > 1}):
        yield f"not_tested {n[:40]}", "the attribute twice", "each attribute once", "remove one"
    for n in sorted({x for x in named if any(x in (s.id, s.attribute) for s in held)}):
        yield f"not_tested {n[:40]}", "an attribute that has a specification", "one or the other", "remove one"


def _one(s: Specification, place: str) -> Iterator[_Fault]:
    if not told(s.method):
        yield f"{place}, key method", s.method[:60] or "nothing", "the method by which it is tested", "name the method"
    if not s.unit.strip():
        what = f"the limit {s.shown} without a unit" if s.has_limit else "no unit"
        remedy = f"add it; 1 for a pure number, {TEXT} for words"
        yield f"{place}, key unit", what, "a UCUM code", remedy
    elif s.is_text and (s.lower is not None or s.upper is not None):
        yield f"{place}, key unit", TEXT, "the unit of its limits", "give the unit, or write accepted texts"
    elif not s.is_text:
        yield from unit_problem(s.unit, f"{place}, key unit")
        if s.accepted:
            yield f"{place}, key accepted", f"texts beside the unit {s.unit}", f"the unit {TEXT}", "keep one of them"
    for text in (x for x in s.accepted if not told(x)):
        yield (
            f"{place}, key accepted",
            text[:60],
            "words that a result may have",
            "a result that is not known is no pass",
        )
    if s.lower is not None and s.upper is not None and s.lower > s.upper:
        yield f"{place}, key lower", f"{s.lower} above {s.upper}", "lower at most upper", "exchange them, or mend one"
