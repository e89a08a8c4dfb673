"""``nonclinical/studies.csv``: one row for each study, with its dose groups.

Columns that may be left out, and empty cells, are not known, never zero. `doses` are the dose groups apart by spaces, 0
for a control. `no_effect_dose` is the highest dose without an effect, or ``none`` where the lowest dose had one;
`effect_dose` is the lowest with an effect, or ``none`` where no dose had one.

Cannot see: whether an effect was adverse (`determined_by` says who held it so), and studies that nobody entered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path

from proband.border import shown
from proband.core.errors import Problem
from proband.core.units import convert, relation
from proband.science.clinical.long_table import told
from proband.science.nonclinical.amounts import per_of
from proband.science.nonclinical.files import READS
from proband.science.nonclinical.open_columns import (
    FAILED,
    Refused,
    bounded,
    day,
    one_or_more,
    read_open_rows,
    several,
    text,
    unit_code,
    whole,
    word_of,
)
from proband.science.nonclinical.scaling import scaling
from proband.science.nonclinical.terms import ENDPOINTS, PURPOSES, ROUTES
from proband.science.transcript.rna_tables import Columns, Row, name, one_of, optional

FILE = READS["studies"]
NONE = "none"
MOST_STUDIES = 200
READ_LEVELS = ("P", "A", "T", "S", "D", "R")


def _effect(cell: str) -> float | str | None:
    return cell if cell == NONE else bounded(cell, above=True) if cell else None


def _species(cell: str) -> str:
    """A species: of the table, or another one whose name is not near one of the table."""
    table = scaling()
    made = table.canonical(name(cell))
    if made not in table.species and made not in table.others:
        close = get_close_matches(made.replace("_", " "), list(table.names), 1, 0.66)
        if close:
            raise Refused("a species", f"did you mean {close[0]}?")
    return made


_TEXT = (text, "at most 1000 characters")
_DAYS = (optional(lambda c: bounded(c, most=40_000, above=True)), "a number of days above 0, or nothing")
_DATE = (optional(day), "a past date as 2025-03-11, or nothing")
_EFFECT = (_effect, "a dose of the study, none, or nothing where it is not known")
_NUMBERS = (several(whole), "whole numbers apart by spaces, or nothing")
REQUIRED: Columns = {
    "study": (name, "a name of at most 80 characters"),
    "species": (_species, "a species"),
    "route": (word_of(ROUTES), "a route"),
}
OPTIONAL: Columns = {
    "doses": (several(bounded, 20), "doses of 0 or more, apart by spaces, or nothing"),
    "dose_unit": (optional(unit_code), "a UCUM code such as mg/kg, mg or {vg}/kg"),
    "strain": _TEXT,
    "purpose": (several(word_of(PURPOSES)), "words apart by spaces"),
    "product": _TEXT,
    "lot": _TEXT,
    "dose_of": _TEXT,
    "regimen": _TEXT,
    "number_of_doses": (optional(one_or_more), "a whole number above 0, or nothing"),
    "duration_days": _DAYS,
    "in_life_days": _DAYS,
    "started_on": _DATE,
    "in_life_to": _DATE,
    "glp": (one_of("", "yes", "no", "unknown"), "yes, no or unknown"),
    "males": _NUMBERS,
    "females": _NUMBERS,
    "recovery_days": (optional(lambda c: bounded(c, most=40_000)), "a number of days, or nothing"),
    "no_effect_dose": _EFFECT,
    "effect_dose": _EFFECT,
    "determined_by": _TEXT,
    "body_weight": (optional(lambda c: bounded(c, above=True)), "a number above 0, or nothing"),
    "body_weight_unit": (optional(unit_code), "a UCUM code such as g or kg"),
    "lipid_per_rna": (optional(lambda c: bounded(c, most=1e4, above=True)), "mass of lipid over mass of RNA"),
    "endpoints": (several(word_of(ENDPOINTS)), "words apart by spaces"),
    "source": _TEXT,
    "read_level": (one_of("", *READ_LEVELS), "P, A, T, S, D or R"),
    "note": _TEXT,
}


@dataclass(frozen=True, slots=True)
class Study:
    """A study. None, an empty text and an empty tuple are not known. `males`, `females`: animals of each dose group.

    `doses` rise, 0 for a control. `no_effect`: the highest dose without an effect. `all_had_effect`: the lowest dose
    above 0 had one.
    """

    id: str
    species: str
    route: str
    doses: tuple[float, ...] = ()
    dose_unit: str = ""
    purpose: tuple[str, ...] = ()
    product: str = ""
    lot: str = ""
    dose_of: str = ""
    regimen: str = ""
    number_of_doses: int | None = None
    duration_days: float | None = None
    in_life_days: float | None = None
    started_on: date | None = None
    in_life_to: date | None = None
    glp: str = "unknown"
    males: tuple[int, ...] = ()
    females: tuple[int, ...] = ()
    recovery_days: float | None = None
    no_effect: float | None = None
    all_had_effect: bool = False
    effect: float | None = None
    determined_by: str = ""
    weight_kg: float | None = None
    lipid_per_rna: float | None = None
    endpoints: tuple[str, ...] = ()
    strain: str = ""
    source: str = ""
    read_level: str = ""

    @property
    def given(self) -> tuple[float, ...]:
        """The doses above 0, the lowest first; empty where they are not known."""
        return tuple(d for d in self.doses if d > 0)

    def animals(self) -> int | None:
        """Animals of all groups; None where either sex is not told."""
        if not self.males or not self.females:
            return None
        return sum(self.males) + sum(self.females)

    def looked_at(self, endpoint: str) -> bool | None:
        """Whether the study looked at something; None where it does not say what it looked at."""
        return None if not self.endpoints else endpoint in self.endpoints


def read_studies(path: Path, problems: list[Problem], file: str = FILE) -> tuple[Study, ...]:
    """The studies of a table; every fault is added to `problems`. Loads no numerics."""
    before = len(problems)
    rows = read_open_rows(path, file, REQUIRED, OPTIONAL, ("study",), problems)
    if len(rows) > MOST_STUDIES:
        remedy = "keep those of this product and of what it leans on"
        problems.append(Problem(file, "", f"{len(rows)} studies", f"at most {MOST_STUDIES}", remedy))
    faults = [Problem(file, f"row {row.line}{at}", *rest) for row in rows[:MOST_STUDIES] for at, *rest in _faults(row)]
    told(faults, file, problems)
    return tuple(_study(r) for r in rows) if len(problems) == before else ()


Fault = tuple[str, str, str, str]


def _faults(row: Row) -> Iterator[Fault]:
    yield from _word_faults(row)
    yield from _dose_faults(row)
    yield from _time_faults(row)
    weight, unit = row["body_weight"], row["body_weight_unit"]
    if {"body_weight", "body_weight_unit"} & row[FAILED]:
        return
    if (weight is None) != (unit is None):
        yield ", column body_weight", "a weight without unit, or a unit alone", "both or none", "fill in the other"
    elif unit is not None and relation(unit, "kg") not in ("same", "convertible"):
        yield ", column body_weight_unit", shown(unit), "a unit of mass", "write g or kg"
    elif unit is not None and not 0.001 <= convert(weight, unit, "kg") <= 2000:
        found = f"{weight:g} {unit}"
        yield ", column body_weight", found, "the weight of an animal, 1 g to 2000 kg", "correct number or unit"


def _word_faults(row: Row) -> Iterator[Fault]:
    for column in ("purpose", "endpoints"):
        if len(set(row[column])) < len(row[column]):
            yield f", column {column}", "a word twice", "each once", "remove one"


def _dose_faults(row: Row) -> Iterator[Fault]:
    doses, unit = row["doses"], row["dose_unit"]
    none, effect = row["no_effect_dose"], row["effect_dose"]
    if {"doses", "dose_unit"} & row[FAILED]:
        return
    if bool(doses) != bool(unit):
        yield ", column dose_unit", "doses without unit, or a unit alone", "both or none", "fill in the other"
    if not doses:
        if none is not None or effect is not None:
            yield ", column doses", "nothing beside no_effect_dose or effect_dose", "the doses given", "fill them in"
        return
    if unit and per_of(unit) is None:
        remedy = "write mg, mg/kg, mg/m2, {vg}/kg or {cells}/kg; number_of_doses and regimen hold the schedule"
        yield ", column dose_unit", shown(unit), "the unit of one dose", remedy
    if doses[-1] == 0 or any(a >= b for a, b in pairwise(doses)):
        remedy = "write each group once, lowest first"
        yield ", column doses", _shown(doses), "doses that rise, one of them above 0", remedy
        return
    yield from _effect_faults(doses, none, effect)
    for column in ("males", "females"):
        if len(row[column]) not in (0, 1, len(doses)):
            found, expected = f"{len(row[column])} numbers", f"one, or one for each of {len(doses)} doses"
            yield f", column {column}", found, expected, "correct it"


def _effect_faults(doses: tuple[float, ...], none: float | str | None, effect: float | str | None) -> Iterator[Fault]:
    for column, dose in (("no_effect_dose", none), ("effect_dose", effect)):
        if isinstance(dose, float) and dose not in doses:
            beyond = f", above the highest dose {doses[-1]:g}" if dose > doses[-1] else ""
            remedy = "write a dose that was given"
            yield f", column {column}", f"{dose:g}{beyond}", f"a dose of the study: {_shown(doses)}", remedy
    if none == effect == NONE:
        yield ", column effect_dose", "none, as no_effect_dose", "not both", "either a dose had an effect or none had"
    elif isinstance(none, float) and isinstance(effect, float) and effect <= none:
        found, expected = f"{effect:g}", f"a dose above no_effect_dose, {none:g}"
        yield ", column effect_dose", found, expected, "correct one of them"
    elif effect == NONE and isinstance(none, float) and none < doses[-1]:
        found, expected = f"{none:g} while no dose had an effect", f"the highest dose, {doses[-1]:g}"
        yield ", column no_effect_dose", found, expected, "correct one of them"
    elif none == NONE and isinstance(effect, float) and effect > next(d for d in doses if d > 0):
        found = f"{effect:g} while the lowest dose had an effect"
        yield ", column effect_dose", found, "the lowest dose above 0", "correct one of them"


def _shown(doses: tuple[float, ...]) -> str:
    return " ".join(f"{d:g}" for d in doses)


def _time_faults(row: Row) -> Iterator[Fault]:
    start, end, days = row["started_on"], row["in_life_to"], row["in_life_days"]
    if "started_on" in row[FAILED]:
        return
    if end is not None and start is None:
        yield ", column started_on", "nothing", "the first day, for in_life_to is given", "add it"
    elif start is not None and end is not None and end < start:
        yield ", column in_life_to", f"{end}, before started_on {start}", "a later day", "correct either date"
    elif start and end and days is not None and days not in ((end - start).days, (end - start).days + 1):
        found, expected = f"{days:g}", f"{(end - start).days}, the days from {start} to {end}"
        yield ", column in_life_days", found, expected, "leave it out, or correct the dates"
    planned, recovery = row["duration_days"], row["recovery_days"] or 0.0
    if planned is not None and days is not None and days > planned + recovery:
        found = f"{days:g} of {planned + recovery:g} days of dosing and recovery"
        yield ", column in_life_days", found, "at most the duration", "correct either"


def _study(row: Row) -> Study:
    doses = row["doses"]
    none, effect = row["no_effect_dose"], row["effect_dose"]
    lowest = next((d for d in doses if d > 0), None)
    no_effect = none if isinstance(none, float) else doses[-1] if effect == NONE else None
    first = effect if isinstance(effect, float) else lowest if none == NONE else None
    start, end, days = row["started_on"], row["in_life_to"], row["in_life_days"]
    if days is None and start is not None and end is not None:
        days = float((end - start).days)
    weight = None if row["body_weight"] is None else convert(row["body_weight"], row["body_weight_unit"], "kg")
    groups = {c: row[c] * len(doses) if len(row[c]) == 1 else row[c] for c in ("males", "females")}
    same = ("purpose", "product", "lot", "dose_of", "regimen", "number_of_doses", "duration_days", "recovery_days")
    return Study(
        row["study"], row["species"], row["route"], doses, row["dose_unit"] or "",
        in_life_days=days, started_on=start, in_life_to=end, glp=row["glp"] or "unknown",
        males=groups["males"], females=groups["females"], no_effect=no_effect, effect=first,
        all_had_effect=first is not None and first == lowest, determined_by=row["determined_by"], weight_kg=weight,
        lipid_per_rna=row["lipid_per_rna"], endpoints=row["endpoints"], strain=row["strain"], source=row["source"],
        read_level=row["read_level"], **{c: row[c] for c in same},
    )  # fmt: skip
