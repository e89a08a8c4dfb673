"""Units as UCUM codes: read exactly, compared with their annotations, converted as fractions.

A unit is a product of powers of dimensions times an exact factor. **An annotation in braces is a dimension of its
own**: UCUM says that it does not change the meaning, but {vg}/kg and {cells}/kg are two things, and to take one for the
other would be an error nobody sees. So units with different annotations never convert. **A ratio keeps what it is a
ratio of**: mmol/mol, mg/g and % are all numbers to UCUM, and do not convert here. Arbitrary units such as ``[IU]``
convert to themselves alone. Moles and grams convert with a molar mass that the caller states.

Cannot see: whether the code is the one that the laboratory meant. Source of the grammar and values: The Unified Code
for Units of Measure (ucum.org), case-sensitive form; what differs is told in `proband.core.unit_atoms`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import cache, lru_cache
from typing import Literal

from proband.core.unit_atoms import (
    ARBITRARY,
    ARBITRARY_PLAIN,
    HOUSE,
    METRIC,
    MISTAKEN,
    PLAIN,
    PREFIXES,
    SPECIAL,
    TRAPS,
)

LONGEST = 80
"""Characters of the longest code that is read."""
MOST_EXPONENT = 30
USUAL = tuple(
    (
        "1 % a d h min s wk mo kg g mg ug ng pg kg/m2 m cm mm L mL uL dL mol mmol umol nmol pmol "
        "mol/L mmol/L umol/L nmol/L pmol/L g/L mg/L ug/L ng/L g/dL mg/dL ug/mL ng/mL mg/mL mmol/mol umol/mol "
        "mg/kg mg/kg/d g/kg/d g/d mg/d mL/m2/d mL/kg/d mL/h mg/m2 mg/m2/d ug/kg kcal/kg/d Cel mm[Hg] "
        "/min /d /wk /a U/L [IU] [IU]/L k[IU]/L 10*9/L 10*12/L 10*3/uL fraction ratio "
        "{score} {count} {events} {seizures} {falls} {percentile} {vg}/kg {cells}/kg {text}"
    ).split()
)
"""Codes that clinical tables mostly use: from these a mistaken one is told what may be meant."""


class UnitError(ValueError):
    """A code that is not UCUM, or two units between which there is no conversion. The message is for people."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: powers by dimension (annotations in braces and arbitrary units included), factor, and own zero.

    In units of its dimensions (g, m, s, mol, ...), a value is ``value * factor + zero``. A dimension that stands above
    and below the line is kept as such: ``g/g`` of mg/kg.
    """

    code: str
    powers: tuple[tuple[str, int], ...]
    factor: Fraction
    zero: Fraction = Fraction(0)

    @property
    def annotations(self) -> tuple[str, ...]:
        """The annotations that are part of what is counted, in order.

        >>> unit("{vg}/kg").annotations
        ('{vg}',)
        """
        return tuple(name for name, _ in self.powers if name.startswith("{"))


Relation = Literal["same", "convertible", "molar_mass", "different"]


@lru_cache(maxsize=4096)
def unit(code: str) -> Unit:
    """A UCUM code as a unit.

    Raises ``UnitError`` where the code is not valid or stands for something that no clinical table holds.

    >>> unit("mg/dL").factor == unit("g/L").factor / 100
    True
    >>> unit("10*9/L").powers, unit("[IU]/mL").powers
    ((('m', -3),), (('[iU]', 1), ('m', -3)))
    """
    if code in TRAPS:
        raise UnitError(f"{code} means {_MEANING[code]} in UCUM; {MISTAKEN[code]} is meant in a clinical table")
    if code in HOUSE:
        code_read = HOUSE[code]
    elif code in SPECIAL:
        slope, zero = SPECIAL[code]
        return Unit(code, (("K", 1),), slope, zero)
    else:
        code_read = code
    if not code_read or len(code_read) > LONGEST or not code_read.isascii():
        raise UnitError("nothing is no unit" if not code_read else f"{code_read[:LONGEST]!r} is not a UCUM code")
    powers, factor = _Reader(code_read).whole()
    return Unit(code, _kept(powers), factor)


def _kept(sides: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Net powers of the dimensions, and those that cancel: powers above the line by name, below it by /name."""
    kept = []
    for name in {n.removeprefix("/") for n in sides}:
        above, below = sides.get(name, 0), sides.get("/" + name, 0)
        kept += [(name, above - below)] if above != below else []
        kept += [(f"{name}/{name}", min(above, below))] if min(above, below) else []
    return tuple(sorted(kept))


_MEANING = {
    "C": "coulomb", "F": "farad", "pH": "picohenry", "K/uL": "kelvin per microlitre", "G/L": "gauss per litre",
    "T/L": "tesla per litre",
}  # fmt: skip


def is_unit(code: str) -> bool:
    """Whether a code is valid here.

    >>> [is_unit(c) for c in ("umol/L", "10*9/L", "{vg}/kg", "mmHg", "umol/LL")]
    [True, True, True, False, False]
    """
    try:
        unit(code)
    except UnitError:
        return False
    return True


def nearest_unit(code: str) -> str:
    """What to write instead of a code that is not valid, as a remedy for a person.

    >>> nearest_unit("mmHg"), nearest_unit("µmol/L"), nearest_unit("umol/LL")
    ('write mm[Hg]', 'write umol/L', 'did you mean umol/L?')
    """
    plain = code.strip().replace("µ", "u").replace("μ", "u").replace("°", "deg").replace("×", "x").replace("²", "2")
    plain = MISTAKEN.get(plain, plain)
    if plain != code and is_unit(plain):
        return f"write {plain}"
    folded = {u.casefold(): u for u in (*USUAL, *MISTAKEN)}
    found = folded.get(plain.casefold()) or next(iter(get_close_matches(plain, USUAL, 1, 0.6)), "")
    if found:
        return f"did you mean {MISTAKEN.get(found, found)}?"
    return "write a UCUM code such as " + ", ".join(USUAL[24:28]) + "; what is counted stands in braces: {falls}"


def relation(first: str, second: str) -> Relation:
    """How two codes stand to each other: the same, convertible, convertible with a molar mass, or different.

    >>> relation("mg/dL", "g/L"), relation("mg/dL", "mmol/L"), relation("{vg}/kg", "{cells}/kg")
    ('convertible', 'molar_mass', 'different')
    """
    a, b = unit(first), unit(second)
    if a.powers == b.powers:
        return "same" if (a.factor, a.zero) == (b.factor, b.zero) else "convertible"
    return "molar_mass" if _moles(a, b) else "different"


def why_different(first: str, second: str) -> str:
    """Why two units do not convert, in words; empty where they do.

    >>> why_different("{vg}/kg", "{cells}/kg")
    '{vg}/kg and {cells}/kg count different things: {vg} and {cells}'
    """
    how = relation(first, second)
    a, b = unit(first), unit(second)
    if how in ("same", "convertible"):
        return ""
    if how == "molar_mass":
        return f"{first} and {second} convert only with a stated molar mass"
    if a.annotations != b.annotations:
        one, two = ", ".join(a.annotations) or "nothing named", ", ".join(b.annotations) or "nothing named"
        return f"{first} and {second} count different things: {one} and {two}"
    arbitrary = sorted({n for n, _ in {*a.powers} ^ {*b.powers} if n == "[iU]" or n in ARBITRARY})
    if arbitrary:
        return f"{first} and {second}: {', '.join(arbitrary)} is arbitrary and converts to itself alone"
    return f"{first} and {second} measure different things"


def conversion(first: str, second: str, molar_mass: Fraction | None = None) -> tuple[Fraction, Fraction]:
    """Slope and offset, exact, that take a value in the first unit to the second.

    `molar_mass` in g/mol, for moles against mass. Raises ``UnitError`` where there is no conversion.

    >>> conversion("mg/dL", "g/L")
    (Fraction(1, 100), Fraction(0, 1))
    >>> conversion("mmol/L", "mg/dL", Fraction("180.156"))[0] == Fraction("18.0156")
    True
    """
    a, b = unit(first), unit(second)
    factor = a.factor
    if a.powers != b.powers:
        moles = _moles(a, b)
        if not moles or molar_mass is None:
            raise UnitError(why_different(first, second))
        if molar_mass <= 0:
            raise UnitError(f"a molar mass of {molar_mass} g/mol is not above 0")
        factor *= Fraction(molar_mass) ** moles
    return factor / b.factor, (a.zero - b.zero) / b.factor


def convert(value: float, first: str, second: str, molar_mass: Fraction | None = None) -> float:
    """A value in another unit: the decimal as written times the exact factor, rounded once.

    `value` is finite; `molar_mass` in g/mol. Raises ``UnitError`` where there is no conversion.

    >>> convert(37.0, "Cel", "[degF]"), convert(0.1, "g", "mg"), convert(2.0, "wk", "d")
    (98.6, 100.0, 14.0)
    """
    if first == second and is_unit(first):
        return value
    slope, offset = conversion(first, second, molar_mass)
    return float(Fraction(repr(float(value))) * slope + offset)


def _moles(a: Unit, b: Unit) -> int:
    """The power of the molar mass that takes `a` to `b`: moles against grams on one side of the line; else 0."""
    gaps = [{n: p for n, p in _gap(a, b, side).items() if p} for side in (1, -1)]
    if bool(gaps[0]) == bool(gaps[1]):
        return 0
    gap, sign = (gaps[0], 1) if gaps[0] else (gaps[1], -1)
    moles = gap.get("mol", 0)
    return sign * moles if set(gap) == {"mol", "g"} and gap["g"] == -moles else 0


def _gap(a: Unit, b: Unit, side: int) -> dict[str, int]:
    """Powers above (1) or below (-1) the line, of `a` less of `b`."""
    gap: dict[str, int] = {}
    for one, sign in ((a, 1), (b, -1)):
        for name, power in one.powers:
            ratio = not name.startswith("{") and "/" in name
            whole = name.split("/")[0] if ratio else name
            if ratio or power * side > 0:
                gap[whole] = gap.get(whole, 0) + sign * abs(power)
    return gap


_Value = tuple[dict[str, int], Fraction]
"""Powers above the line by name and below it by /name, all above 0; and the factor."""


class _Reader:
    """Recursive descent over one code: term = component (('.' | '/') component)*, from left to right."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.at = 0

    def whole(self) -> _Value:
        value = self._term(leading=True)
        if self.at < len(self.code):
            raise self._error()
        return value

    def _error(self) -> UnitError:
        return UnitError(f"{self.code!r} is not a UCUM code: {self.code[self.at :][:20]!r} can not be read")

    def _next(self) -> str:
        return self.code[self.at : self.at + 1]

    def _term(self, leading: bool = False) -> _Value:
        value: _Value = ({}, Fraction(1))
        if leading and self._next() == "/":
            sign = -1
            self.at += 1
        else:
            sign = 1
        while True:
            value = _times(value, self._component(), sign)
            mark = self._next()
            if mark not in (".", "/") or not mark:
                return value
            sign = 1 if mark == "." else -1
            self.at += 1

    def _component(self) -> _Value:
        if self._next() == "(":
            self.at += 1
            value = self._term(leading=True)
            if self._next() != ")":
                raise self._error()
            self.at += 1
            return value
        if self._next() == "{":
            return {self._annotation(): 1}, Fraction(1)
        number = re.compile(r"\d{1,9}(?![\d*^])").match(self.code, self.at)
        if number:
            self.at = number.end()
            if int(number[0]) == 0:
                raise UnitError(f"{self.code!r} is not a UCUM code: it multiplies by 0")
            return self._annotated({}, Fraction(int(number[0])))
        return self._simple()

    def _simple(self) -> _Value:
        """A unit with prefix, its exponent, and its annotation, which takes the same exponent."""
        name = re.compile(r"10[*^]|(?:[A-Za-z_%']|\[[^\[\]{}\s]*\])+").match(self.code, self.at)
        if not name:
            raise self._error()
        try:
            powers, factor = _atom(name[0])
        except KeyError:
            raise self._error() from None
        self.at = name.end()
        exponent = re.compile(r"[+-]?\d{1,3}").match(self.code, self.at)
        power = int(exponent[0]) if exponent else 1
        if exponent:
            self.at = exponent.end()
        if power == 0 or abs(power) > MOST_EXPONENT:
            raise UnitError(f"{self.code!r}: an exponent of {power}")
        return self._annotated(*_raised((powers, factor), power))

    def _annotated(self, powers: dict[str, int], factor: Fraction) -> _Value:
        if self._next() == "{":
            return _times((powers, factor), ({self._annotation(): 1}, Fraction(1)), 1)
        return powers, factor

    def _annotation(self) -> str:
        found = re.compile(r"\{[\x21-\x7e]+?\}").match(self.code, self.at)
        if not found or "{" in found[0][1:]:
            raise self._error()
        self.at = found.end()
        return found[0]


def _times(a: _Value, b: _Value, sign: int) -> _Value:
    powers = dict(a[0])
    for name, power in _raised(b, sign)[0].items():
        powers[name] = powers.get(name, 0) + power
    return powers, a[1] * b[1] ** sign


def _raised(a: _Value, power: int) -> _Value:
    """A power of a value: a negative one takes what is above the line below it."""
    turned = {(n if power > 0 else n[1:] if n.startswith("/") else "/" + n): p * abs(power) for n, p in a[0].items()}
    return turned, a[1] ** power


def _net(a: _Value) -> _Value:
    """The value of an atom: what cancels inside its definition is no ratio."""
    net: dict[str, int] = {}
    for name, power in a[0].items():
        whole = name.removeprefix("/")
        net[whole] = net.get(whole, 0) + (power if whole == name else -power)
    return {(n if p > 0 else "/" + n): abs(p) for n, p in net.items() if p}, a[1]


def _atom(name: str) -> _Value:
    """An atom, or a prefix and a metric atom; raises ``KeyError`` for anything else."""
    known, metric = _atoms()
    if name in known:
        return known[name]
    for prefix, factor in PREFIXES.items():
        rest = name[len(prefix) :]
        if name.startswith(prefix) and rest in metric:
            powers, own = known[rest]
            return powers, own * factor
    raise KeyError(name)


@cache
def _atoms() -> tuple[Mapping[str, _Value], frozenset[str]]:
    """Every atom as powers and factor, and which of them take prefixes."""
    known: dict[str, _Value] = {"10*": ({}, Fraction(10)), "10^": ({}, Fraction(10))}
    known |= {name: ({name: 1}, Fraction(1)) for name in ARBITRARY}
    metric = {name for name, _, _ in METRIC} | (ARBITRARY - ARBITRARY_PLAIN)
    defined = {name: (of, multiple) for name, of, multiple in (*METRIC, *PLAIN)}

    def value(name: str) -> _Value:
        if name not in known:
            of, multiple = defined[name]
            powers, factor = _net(expression(of)) if of else ({name: 1}, Fraction(1))
            known[name] = (powers, factor * Fraction(multiple))
        return known[name]

    def expression(text: str) -> _Value:
        made: _Value = ({}, Fraction(1))
        for mark, word in re.findall(r"(^|[./])([^./]+)", text):
            made = _times(made, part(word), -1 if mark == "/" else 1)
        return made

    def part(word: str) -> _Value:
        found = re.fullmatch(r"(.*?)(-?\d+)?", word)
        name, power = (found[1], int(found[2] or 1)) if found else (word, 1)
        if not name:
            return {}, Fraction(power)
        if name in defined:
            return _raised(value(name), power)
        prefix = next(p for p in PREFIXES if name.startswith(p) and name[len(p) :] in metric)
        powers, own = value(name[len(prefix) :])
        return _raised((powers, own * PREFIXES[prefix]), power)

    for name in defined:
        value(name)
    return known, frozenset(metric)
