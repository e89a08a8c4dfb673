"""Doses as amounts: what is counted, per animal, per kg or per m2, in base units (g, mol, or what an annotation names).

{vg}/kg, {cells}/kg and mg/kg are three things and never compared. Moles and mass compare with a stated molar mass.

Cannot see: what of the product a mass counts (RNA, lipids); `dose_of` beside it says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from proband.core.units import UnitError, unit

Per = Literal["subject", "kg", "m2"]
PER_WORDS = {"subject": "in all", "kg": "per kg", "m2": "per m2"}


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of `what` (g, mol, {vg}, ...) per subject, kg or m2."""

    what: str
    per: Per
    value: float


def per_of(code: str) -> Per | None:
    """What a unit of dose is per; None where the code is no unit of dose.

    >>> per_of("mg"), per_of("mg/kg"), per_of("{vg}/kg"), per_of("mg/m2"), per_of("mL"), per_of("mg/kg/d")
    ('subject', 'kg', 'kg', 'm2', None, None)
    """
    try:
        return _parts(code)[1]
    except (UnitError, ValueError):
        return None


def amount(value: float, code: str, molar_mass: float | None = None) -> Amount:
    """A dose in a unit as an amount; `molar_mass` in g/mol turns moles into mass.

    Raises ``ValueError`` where the code is no unit of dose.

    >>> amount(0.5, "mg/kg"), amount(2, "umol", 7000.0)
    (Amount(what='g', per='kg', value=0.0005), Amount(what='g', per='subject', value=0.014))
    """
    what, per, factor = _parts(code)
    exact = Fraction(repr(float(value))) * factor
    if what == "mol" and molar_mass is not None:
        exact, what = exact * Fraction(repr(float(molar_mass))), "g"
    return Amount(what, per, float(exact))


def _parts(code: str) -> tuple[str, Per, Fraction]:
    held = unit(code)
    if held.zero:
        raise ValueError(code)
    powers = dict(held.powers)
    if powers == {"g/g": 1}:
        return "g", "kg", held.factor * 1000
    counted = [n for n, p in powers.items() if p == 1 and (n in ("g", "mol", "[iU]") or n.startswith("{"))]
    if len(counted) != 1 or "/" in counted[0]:
        raise ValueError(code)
    rest = {n: p for n, p in powers.items() if n != counted[0]}
    if not rest:
        return counted[0], "subject", held.factor
    if rest == {"g": -1}:
        return counted[0], "kg", held.factor * 1000
    if rest == {"m": -2}:
        return counted[0], "m2", held.factor
    raise ValueError(code)


def why_apart(animal: Amount, human: Amount) -> str:
    """Why two amounts can not be compared, or nothing.

    >>> why_apart(Amount("{vg}", "kg", 1), Amount("g", "kg", 1))
    '{vg} and mass (g) count different things'
    """
    if animal.what == human.what:
        return ""
    if {animal.what, human.what} == {"g", "mol"}:
        return "moles and mass compare only with a stated molar mass"
    named = {"g": "mass (g)", "mol": "moles"}
    one, two = (named.get(a.what, a.what) for a in (animal, human))
    return f"{one} and {two} count different things"
