"""A chain as one compact text: ``mU*mG*mA*UUCU``, ``5'-AUoGoUoACATT-3'``, ``mN*{3}N{94}mN*{2}mN``.

A unit is a letter (A, C, G, T, U; N for "the letter of the sequence"), before it at most one sign of its sugar, after
it at most one sign of the linkage that follows, after that how often it comes in braces. Sugars: m 2'-O-methyl, e MOE,
f 2'-fluoro, r RNA, d DNA, k constrained ethyl, + LNA. Linkages: * or s phosphorothioate, o phosphodiester. What has no
sign is as the component's structure says. Codes of the form ``/i2MOErA/`` and ``/5Phos/`` are read for MOE,
5-methyl-C and phosphates alone.

Cannot see: lower-case letters as modified bases (laboratories mean different things by them): they are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SUGARS = {"m": "2'-OMe", "e": "2'-MOE", "f": "2'-F", "r": "RNA", "d": "DNA", "k": "cEt", "+": "LNA"}
LINKAGES = {"*": "PS", "s": "PS", "o": "PO"}
LONGEST = 20_000
_UNIT = re.compile(r"([mefrdk+]?)([ACGTUN])([*so]?)(?:\{([0-9]{1,5})\})?")
_CODE = re.compile(r"/([35i])(?:2MOEr([ACGTU])|(Me-dC)|(Phos))/([*so]?)")
_BETWEEN = re.compile(r"[\s.·-]+")


@dataclass(frozen=True, slots=True)
class Unit:
    """One nucleotide as written: its letter, sugar and the linkage after it ("" where no sign says), its base."""

    letter: str
    sugar: str = ""
    linkage: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Notation:
    """A chain as written, 5' to 3', and whether a phosphate stands at each end."""

    units: tuple[Unit, ...]
    five_phosphate: bool = False
    three_phosphate: bool = False

    @property
    def marks(self) -> frozenset[str]:
        """The linkages that a sign names."""
        return frozenset(u.linkage for u in self.units if u.linkage)


def notation_fault(text: str) -> str:
    """What is wrong with a notation, for a person; empty where nothing is.

    >>> notation_fault("mU*mG*A"), notation_fault("mUxG"), notation_fault("UG*")
    ('', "'xG' at character 3", 'a linkage after the last nucleotide')
    """
    try:
        read_notation(text)
    except ValueError as e:
        return str(e)
    return ""


def read_notation(text: str) -> Notation:
    """The units of a notation; raises ``ValueError`` with what can not be read and where.

    >>> [u.sugar + u.linkage for u in read_notation("mN*{2}N").units]
    ["2'-OMePS", "2'-OMePS", '']
    """
    body = text.strip().replace("\u2032", "'").replace("\u2019", "'")
    start = 3 if body.startswith("5'-") else 0
    end = len(body) - 3 if body.endswith("-3'") else len(body)
    units: list[Unit] = []
    phosphates = {"5": False, "3": False}
    at = start
    while at < end:
        if gap := _BETWEEN.match(body, at, end):
            at = gap.end()
            continue
        if code := _CODE.match(body, at, end):
            _take_code(code, units, phosphates)
            at = code.end()
            continue
        unit = _UNIT.match(body, at, end)
        if unit is None:
            raise ValueError(f"{body[at : at + 6]!r} at character {at + 1}")
        sugar, letter, mark, count = unit.groups()
        n = int(count or 1)
        if n < 1 or len(units) + n > LONGEST:
            raise ValueError(f"{n} nucleotides at character {at + 1}; 1 to {LONGEST} in all")
        units += [Unit(letter, SUGARS.get(sugar, ""), LINKAGES.get(mark, ""))] * n
        at = unit.end()
    if not units:
        raise ValueError("no nucleotide")
    if units[-1].linkage:
        raise ValueError("a linkage after the last nucleotide")
    return Notation(tuple(units), phosphates["5"], phosphates["3"])


def _take_code(code: re.Match[str], units: list[Unit], phosphates: dict[str, bool]) -> None:
    end, moe, methyl, phosphate, mark = code.groups()
    if phosphate:
        if end == "i":
            raise ValueError("/iPhos/: a phosphate inside a chain")
        phosphates[end] = True
        return
    # A T of this code is 5-methyl-U: the letter itself says so.
    units.append(
        Unit(moe or "C", "2'-MOE" if moe else "DNA", LINKAGES.get(mark, ""), "5-methylcytosine" if methyl else "")
    )
