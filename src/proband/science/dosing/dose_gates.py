"""Gates of a protocol before each dose that was given and before the next one, with values, days and rows.

Number of doses, days since the dose before, stated options and the protocol's conditions are each met, not met, or can
not be told. A dose may be given where all are met; what can not be told never opens a gate. The earliest day of the
next dose is that of the last one plus the days between doses.

Nominal mass of a dose: dose per kg times body weight; split by the mass ratio of guide to messenger, total = guide +
messenger. The weight has to be as fresh as the protocol says.

Cannot see: whether somebody decided otherwise with good reason, and doses that are not in the table.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from proband.core.units import UnitError, convert
from proband.science.clinical.long_table import LongRow
from proband.science.clinical.series import Bound
from proband.science.dosing.gate_checks import CANNOT_TELL, MET, NOT_MET, Before, Said, Sources, said_of, together
from proband.science.dosing.gate_file import Check, Dosing, GateRules

_RECORDED = Check(kind="recorded")
MOST_NAMED = 20
"""Rows of earlier doses that are named beside a gate, the last ones."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate before one dose: its id, what it asks, and what was found."""

    id: str
    asks: str
    said: Said


@dataclass(frozen=True, slots=True)
class DoseMass:
    """Nominal mass of a dose in mg, with its parts where the ratio is stated, or why it is not told."""

    total: float | None
    guide: float | None
    messenger: float | None
    because: str


@dataclass(frozen=True, slots=True)
class DoseGates:
    """All gates before one dose. `typed`: what the protocol's own earliest day says against the computed one."""

    subject: str
    product: str
    number: int
    day: float
    given: bool
    gates: tuple[Gate, ...]
    dose: str = ""
    mass: DoseMass | None = None
    earliest: float | None = None
    typed: str = ""

    @property
    def state(self) -> str:
        """met where every gate is, not_met where one is not, else cannot_tell."""
        return together([g.said for g in self.gates], "all").state


def evaluate(
    rules: GateRules, sources: Sources, subject: str, on: float | None, *, planned: float | None = None
) -> tuple[DoseGates, ...]:
    """Gates before each dose of a subject, and before a next one on the day `on` (None: it is left out).

    The next one comes after the doses given before that day: asked about a day in the past, it is answered as of then.
    `planned`: its amount in mg/kg, for the gate on options. Doses of each product are counted apart; rows of one day
    are doses of their own. Before the first dose the product has no name.
    """
    made: list[DoseGates] = []
    rows = sources.seen.doses.get(subject, ())
    for product in dict.fromkeys(r.parameter for r in rows) or (("",) if on is not None else ()):
        mine = [r for r in rows if r.parameter == product]
        for n, row in enumerate(mine, start=1):
            at = Before(subject, n, row.day, mine[n - 2].day if n > 1 else None, True)
            made.append(_before(rules, sources, product, mine, at, row, None))
        if on is not None:
            earlier = [r for r in mine if r.day < on]
            at = Before(subject, len(earlier) + 1, on, earlier[-1].day if earlier else None, False)
            made.append(_before(rules, sources, product, earlier, at, None, planned))
    return tuple(made)


def next_dose(rules: GateRules, sources: Sources, subject: str) -> tuple[tuple[int, float, str], ...]:
    """Number and earliest day of the next dose of each product by the days between doses, and the typed day beside it.

    A dose beyond the greatest number is left out.
    """
    made = []
    rows, between = sources.seen.doses.get(subject, ()), rules.dosing.minimum_days_between_doses
    for product in dict.fromkeys(r.parameter for r in rows):
        mine = [r for r in rows if r.parameter == product]
        number, most = len(mine) + 1, rules.dosing.maximum_doses
        if between is not None and (most is None or number <= most):
            day = mine[-1].day + between
            made.append((number, day, _typed(rules, number, day)))
    return tuple(made)


def _before(
    rules: GateRules,
    sources: Sources,
    product: str,
    doses: list[LongRow],
    at: Before,
    row: LongRow | None,
    planned: float | None,
) -> DoseGates:
    gates = list(_counted(rules, doses, at, row, planned))
    for c in (c for c in rules.conditions if c.stands_before(at.number)):
        parts = [said_of(check, c.id, at, sources) for check in c.check]
        said = together(parts, c.needs or "all") if parts else said_of(_RECORDED, c.id, at, sources)
        gates.append(Gate(c.id, c.condition, said))
    between = rules.dosing.minimum_days_between_doses
    earliest = at.previous + between if at.previous is not None and between is not None else None
    dose, mass = "", None
    if row is not None:
        dose = f"{row.value:g} {row.unit}" if row.value is not None else row.text or "amount not known"
        mass = _mass(rules.dosing, sources, at, _per_kg(row))
    elif planned is not None:
        mass = _mass(rules.dosing, sources, at, planned)
    typed = _typed(rules, at.number, earliest)
    return DoseGates(at.subject, product, at.number, at.day, at.given, tuple(gates), dose, mass, earliest, typed)


def _counted(
    rules: GateRules, doses: list[LongRow], at: Before, row: LongRow | None, planned: float | None
) -> Iterator[Gate]:
    """The gates of ``[dosing]``: how many, how far apart, which amounts."""
    most, between = rules.dosing.maximum_doses, rules.dosing.minimum_days_between_doses
    if most is not None:
        state = MET if at.number <= most else NOT_MET
        rows = tuple(r.row for r in doses[max(0, at.number - 1 - MOST_NAMED) : at.number - 1])
        yield Gate("maximum_doses", f"at most {most} doses", Said(state, f"this is dose {at.number}", rows))
    if between is not None and at.previous is not None:
        gap = at.day - at.previous
        because = f"day {at.day:g}, {gap:g} days after dose {at.number - 1} on day {at.previous:g}"
        state = MET if gap >= between else NOT_MET
        asks = f"at least {between:g} days since the dose before"
        yield Gate("minimum_days_between_doses", asks, Said(state, because, (doses[at.number - 2].row,)))
    options = rules.options.get(at.number)
    if options is not None:
        asks = f"one of {', '.join(f'{o:g}' for o in options)} mg/kg"
        yield Gate("dose_options", asks, _option(options, row, planned))


def _option(options: tuple[float, ...], row: LongRow | None, planned: float | None) -> Said:
    if row is None and planned is None:
        return Said(CANNOT_TELL, "the amount of the next dose is not stated")
    amount, named = planned, ()
    if row is not None:
        named = (row.row,)
        if row.value is None or row.bound is not Bound.MEASURED:
            return Said(CANNOT_TELL, "the amount given is not a number", named)
        try:
            amount = convert(row.value, row.unit, "mg/kg")
        except UnitError as e:
            return Said(CANNOT_TELL, str(e), named)
    assert amount is not None
    held = any(math.isclose(amount, o, rel_tol=1e-9) for o in options)
    return Said(MET if held else NOT_MET, f"{amount:g} mg/kg", named)


def _typed(rules: GateRules, number: int, earliest: float | None) -> str:
    """The protocol's own earliest day of a dose beside the computed one."""
    stated = rules.earliest.get(number)
    if stated is None or earliest is None:
        return ""
    if stated == earliest:
        return f"the protocol states day {stated:g}, and the doses give the same"
    return f"the protocol states day {stated:g}, the doses give day {earliest:g}: they do not agree"


def _per_kg(row: LongRow) -> float | None:
    """The amount of a dose in mg/kg; None where it is not a number of that."""
    if row.value is None or row.bound is not Bound.MEASURED:
        return None
    try:
        return convert(row.value, row.unit, "mg/kg")
    except UnitError:
        return None


def _mass(dosing: Dosing, sources: Sources, at: Before, amount: float | None) -> DoseMass | None:
    if dosing.weight_parameter is None:
        return None
    if amount is None:
        return DoseMass(None, None, None, "the dose is not a number of mg/kg")
    weights = [r for r in sources.seen.of(at.subject, dosing.weight_parameter) if r.day <= at.day and r.value]
    weights = [r for r in weights if r.bound is Bound.MEASURED and (r.value or 0) > 0]
    if not weights:
        return DoseMass(None, None, None, f"no {dosing.weight_parameter} up to day {at.day:g}")
    last, most = weights[-1], dosing.weight_at_most_days_old
    age = at.day - last.day
    shown = f"{last.value:g} {last.unit} on day {last.day:g} ({last.row})"
    if most is None:
        return DoseMass(None, None, None, f"the protocol does not say how old a weight may be; last {shown}")
    if age > most:
        return DoseMass(None, None, None, f"last weight {shown}, {age:g} days old; at most {most:g}")
    assert last.value is not None
    try:
        total = amount * convert(last.value, last.unit, "kg")
    except UnitError as e:
        return DoseMass(None, None, None, str(e))
    ratio = dosing.guide_to_messenger_mass_ratio
    guide = total * ratio / (1 + ratio) if ratio is not None else None
    return DoseMass(total, guide, total - guide if guide is not None else None, f"{amount:g} mg/kg times {shown}")
