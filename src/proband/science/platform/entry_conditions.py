"""Conditions of entry rules as data: a field against a number with unit, a word, or conditions joined by any, all, not.

One table of a rule is one condition, and holds one operator:

- ``{ field = "weight", above = 3.5, unit = "kg" }``; also ``at_least``, ``at_most``, ``below``. Values are converted
  exactly, as fractions; ``molar_mass`` in g/mol takes mass to moles. A value given as a bound (``>500``, ``<400``)
  answers only what it settles.
- ``{ field = "severe", is = "yes" }``, ``{ field = "gene", in = ["CPS1", "OTC"] }``. ``open = ["hemizygous"]`` are
  words of which the rule, as it was read, does not tell: they answer nothing.
- ``{ any = [...] }``, ``{ all = [...] }``, ``{ not = {...} }``.

Cannot see: whether the condition says what the protocol says; the rule keeps the protocol's words beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proband.border import shown
from proband.core.errors import Problem
from proband.core.units import UnitError, conversion, is_unit, nearest_unit
from proband.science.platform.three_valued import Answer, all_of, any_of, not_of, told

COMPARISONS = {"at_least": ">=", "above": ">", "at_most": "<=", "below": "<"}
JOINS = ("any", "all", "not")
COUNT = "{count}"
"""The unit of whole numbers of things; a rule may write "count"."""
RESERVED = ("applicant", "note", "source")
"""Columns of the table of applicants that are no fields."""
DEEPEST = 8
"""Levels of conditions inside conditions."""
MOST = 100
"""Conditions joined by one operator."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of an applicant: a word, or a number with unit. `bound` is ``<`` or ``>`` where only a limit is known.

    `number` is the decimal as written, exactly; None for a word.
    """

    text: str
    number: Fraction | None = None
    unit: str = ""
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """The answer of one condition, and how it came about, in words."""

    answer: Answer
    because: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A number of a field against a limit."""

    field: str
    word: str
    limit: Fraction
    unit: str
    molar_mass: Fraction | None

    def ask(self, values: Mapping[str, Value]) -> Said:
        """The answer for one applicant; exact, so that a value on the limit is on its right side."""
        value = values.get(self.field)
        wanted = f"{COMPARISONS[self.word]} {decimal(self.limit)} {_shown(self.unit)}".rstrip()
        if value is None or value.number is None:
            return Said(Answer.UNKNOWN, f"{spaced(self.field)} is not known, asked is {wanted}")
        slope, offset = conversion(value.unit, self.unit, self.molar_mass)
        number = value.number * slope + offset
        converted = f" = {decimal(number)} {self.unit}" if value.unit != self.unit else ""
        stated = f"{spaced(self.field)} {value.bound}{decimal(value.number)} {_shown(value.unit)}".rstrip() + converted
        answer = self._answer(number, value.bound)
        verb = {Answer.YES: "is", Answer.NO: "is not", Answer.UNKNOWN: "does not settle"}[answer]
        return Said(answer, f"{stated} {verb} {wanted}")

    def _answer(self, x: Fraction, bound: str) -> Answer:
        holds = {
            "at_least": x >= self.limit,
            "above": x > self.limit,
            "at_most": x <= self.limit,
            "below": x < self.limit,
        }
        upward = self.word in ("at_least", "above")
        if not bound:
            return told(holds[self.word])
        if bound == ">":  # the true value lies above x
            settled = x >= self.limit
            return (Answer.YES if upward else Answer.NO) if settled else Answer.UNKNOWN
        settled = x <= self.limit  # the true value lies below x
        return (Answer.NO if upward else Answer.YES) if settled else Answer.UNKNOWN


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a field against those that hold; words in `open` answer nothing."""

    field: str
    among: tuple[str, ...]
    open: tuple[str, ...] = ()

    def ask(self, values: Mapping[str, Value]) -> Said:
        """The answer for one applicant."""
        value = values.get(self.field)
        if value is None:
            return Said(Answer.UNKNOWN, f"{spaced(self.field)} is not known")
        if value.text in self.open:
            return Said(Answer.UNKNOWN, f"{spaced(self.field)} is {spaced(value.text)}, of which the words do not tell")
        holds = value.text in self.among
        wanted = "" if holds else f", not {' or '.join(map(spaced, self.among))}"
        return Said(told(holds), f"{spaced(self.field)} is {spaced(value.text)}{wanted}")


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions joined by any, all or not."""

    join: str
    parts: tuple[Condition, ...]

    def ask(self, values: Mapping[str, Value]) -> Said:
        """The answer for one applicant, with what its parts say."""
        said = [p.ask(values) for p in self.parts]
        answers = [s.answer for s in said]
        if self.join == "not":
            return Said(not_of(answers[0]), f"not: {said[0].because}")
        answer = all_of(answers) if self.join == "all" else any_of(answers)
        return Said(answer, f"{self.join} of ({'; '.join(s.because for s in said)})")


Condition = Comparison | Word | Joined


def decimal(x: Fraction) -> str:
    """An exact number for people: every digit where the decimal ends, else nine significant ones after an "about".

    >>> decimal(Fraction("3.50")), decimal(Fraction(400)), decimal(Fraction(1, 3))
    ('3.5', '400', 'about 0.333333333')
    """
    rest = x.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1 or x.denominator > 10**12:
        return f"about {float(x):.9g}"
    text = f"{float(x):.15g}"
    return text if Fraction(text) == x and "e" not in text else f"about {float(x):.9g}"


def _shown(unit: str) -> str:
    return "" if unit == COUNT else unit


def spaced(field: str) -> str:
    """A field as people read it.

    >>> spaced("ammonia_before_12_months")
    'ammonia before 12 months'
    """
    return field.replace("_", " ")


def fields_of(condition: Condition) -> Iterator[Comparison | Word]:
    """All conditions on a field inside a condition."""
    if isinstance(condition, Joined):
        for part in condition.parts:
            yield from fields_of(part)
    else:
        yield condition


def read_condition(raw: Any, file: str, place: str, problems: list[Problem], depth: int = 0) -> Condition | None:
    """One condition from its table, or None with every problem added."""
    if depth > DEEPEST:
        problems.append(Problem(file, place, "conditions too deep", f"at most {DEEPEST} levels", "split the rule"))
        return None
    if not isinstance(raw, Mapping):
        problems.append(
            Problem(file, place, shown(raw), "a table with one operator", 'write { field = "x", is = "yes" }')
        )
        return None
    operators = [k for k in raw if k in (*COMPARISONS, *JOINS, "is", "in")]
    if len(operators) != 1:
        found = ", ".join(operators) or "no operator"
        expected = "one of " + ", ".join((*COMPARISONS, "is", "in", *JOINS))
        problems.append(Problem(file, place, found, expected, "keep one"))
        return None
    word = operators[0]
    allowed = {word} if word in JOINS else {word, "field"}
    allowed |= {"unit", "molar_mass"} if word in COMPARISONS else {"open"} if word in ("is", "in") else set()
    extra = sorted(set(raw) - allowed)
    if extra:
        problems.append(
            Problem(
                file, place, f"unknown keys {', '.join(map(str, extra))}", ", ".join(sorted(allowed)), "remove them"
            )
        )
        return None
    if word in JOINS:
        return _joined(word, raw[word], file, place, problems, depth)
    field = raw.get("field")
    if not isinstance(field, str) or not field.isidentifier() or not field.isascii() or len(field) > 80:
        problems.append(Problem(file, f"{place}, key field", shown(field), "a name such as weight", "name the field"))
        return None
    if field.endswith("_unit") or field in RESERVED:
        expected = f"no name that ends in _unit, and none of {', '.join(RESERVED)}: the table needs them"
        problems.append(Problem(file, f"{place}, key field", field, expected, "rename the field"))
        return None
    return (
        _comparison(field, word, raw, file, place, problems)
        if word in COMPARISONS
        else _word(field, word, raw, file, place, problems)
    )


def _joined(join: str, raw: Any, file: str, place: str, problems: list[Problem], depth: int) -> Condition | None:
    parts = [raw] if join == "not" else raw
    if not isinstance(parts, Sequence) or isinstance(parts, str) or not 1 <= len(parts) <= MOST:
        problems.append(Problem(file, f"{place}, key {join}", shown(raw), f"1 to {MOST} conditions", "write a list"))
        return None
    read = [read_condition(p, file, f"{place}, {join} {i + 1}", problems, depth + 1) for i, p in enumerate(parts)]
    made = tuple(c for c in read if c is not None)
    return Joined(join, made) if len(made) == len(read) else None


def _exact(raw: Any) -> Fraction | None:
    """A TOML number as the decimal that was written; None for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not math.isfinite(raw) or abs(raw) > 1e12:
        return None
    return Fraction(repr(raw))


def _comparison(
    field: str, word: str, raw: Mapping[str, Any], file: str, place: str, problems: list[Problem]
) -> Condition | None:
    before = len(problems)
    limit, unit, mass = _exact(raw[word]), raw.get("unit"), raw.get("molar_mass")
    unit = COUNT if unit == "count" else unit
    if limit is None:
        problems.append(Problem(file, f"{place}, key {word}", shown(raw[word]), "a finite number", "correct it"))
    if not isinstance(unit, str) or not is_unit(unit):
        remedy = nearest_unit(unit) if isinstance(unit, str) and unit else "add it; counts have the unit count"
        problems.append(Problem(file, f"{place}, key unit", shown(unit), "a UCUM code", remedy))
    molar = _exact(mass) if mass is not None else None
    if mass is not None and (molar is None or molar <= 0):
        problems.append(Problem(file, f"{place}, key molar_mass", shown(mass), "g/mol, above 0", "correct it"))
    if len(problems) > before or limit is None:
        return None
    return Comparison(field, word, limit, str(unit), molar)


def _word(
    field: str, word: str, raw: Mapping[str, Any], file: str, place: str, problems: list[Problem]
) -> Condition | None:
    among, left = ([raw["is"]] if word == "is" else raw["in"]), raw.get("open", [])
    faults = False
    for key, held, least in ((word, among, 1), ("open", left, 0)):
        texts = isinstance(held, list) and all(isinstance(x, str) and 0 < len(x) <= 200 for x in held)
        if not texts or not least <= len(held) <= 1000:
            faults = True
            remedy = 'write "yes" in quotes' if isinstance(raw.get(key), bool) else "write texts"
            problems.append(
                Problem(file, f"{place}, key {key}", shown(raw.get(key)), "text, or a list of texts", remedy)
            )
    if faults:
        return None
    both = sorted(set(among) & set(left))
    if both:
        problems.append(
            Problem(file, f"{place}, key open", ", ".join(both), "words that the rule does not hold", "remove them")
        )
        return None
    return Word(field, tuple(among), tuple(left))


def unit_fault(value: Value, condition: Comparison) -> str:
    """Why a value does not convert to the unit of a condition; empty where it does.

    >>> unit_fault(Value("3", Fraction(3), "mmol/L"), Comparison("weight", "above", Fraction(3), "kg", None))
    'mmol/L and kg measure different things'
    """
    try:
        conversion(value.unit, condition.unit, condition.molar_mass)
    except UnitError as e:
        return str(e)
    return ""
