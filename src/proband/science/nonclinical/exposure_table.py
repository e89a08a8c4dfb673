"""``nonclinical/exposure.csv``: what was measured in animals after a dose, in a matrix such as plasma.

A value below the limit of the assay has ``below_limit`` yes and the limit as its value, as in the other tables.

Cannot see: how an area under a curve was cut off, and binding to proteins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from proband.border import shown
from proband.core.errors import Problem
from proband.core.units import unit
from proband.science.clinical.long_table import told
from proband.science.nonclinical.files import READS
from proband.science.nonclinical.open_columns import bounded, read_open_rows, text, unit_code, whole, word_of
from proband.science.nonclinical.study_table import Study
from proband.science.nonclinical.terms import PARAMETERS, plain_tissue
from proband.science.transcript.rna_tables import Columns, Row, name, one_of, optional

FILE = READS["exposure"]
REQUIRED: Columns = {
    "study": (name, "a study of studies.csv"),
    "dose": (lambda c: bounded(c, above=True), "a dose of the study above 0"),
    "matrix": (name, "plasma, cerebrospinal fluid, or a tissue"),
    "parameter": (word_of(PARAMETERS), "a parameter"),
    "value": (lambda c: bounded(c), "a number of 0 or more"),
    "unit": (unit_code, "a UCUM code such as ng/mL or ng.h/mL"),
}
OPTIONAL: Columns = {
    "below_limit": (one_of("", "yes", "no"), "yes, no or nothing"),
    "day": (optional(lambda c: bounded(c, most=40_000)), "a number of days, or nothing"),
    "sex": (one_of("", "male", "female", "both"), "male, female, both or nothing"),
    "animals": (optional(whole), "a whole number, or nothing"),
    "source": (text, "at most 1000 characters"),
}


@dataclass(frozen=True, slots=True)
class Exposure:
    """One measured exposure; `below`: it lies below `value`, the limit of the assay."""

    study: str
    dose: float
    matrix: str
    parameter: str
    value: float
    unit: str
    below: bool
    day: float | None = None


def read_exposure(
    path: Path, studies: Mapping[str, Study | None], problems: list[Problem], file: str = FILE
) -> tuple[Exposure, ...]:
    """The exposures of a table; every fault is added to `problems`, also a study or a dose that is not there."""
    before = len(problems)
    key = ("study", "dose", "matrix", "parameter", "day", "sex")
    cited = {"study": (word_of(tuple(studies)), "a study of studies.csv")} if studies else {}
    rows = read_open_rows(path, file, {**REQUIRED, **cited}, OPTIONAL, key, problems)
    faults = [
        Problem(file, f"row {row.line}, column {at}", *rest) for row in rows for at, *rest in _faults(row, studies)
    ]
    told(faults, file, problems)
    if len(problems) > before:
        return ()
    return tuple(
        Exposure(
            r["study"], r["dose"], plain_tissue(r["matrix"]), r["parameter"], r["value"], r["unit"],
            r["below_limit"] == "yes", r["day"],
        )
        for r in rows
    )  # fmt: skip


def _faults(row: Row, studies: Mapping[str, Study | None]) -> Iterator[tuple[str, str, str, str]]:
    study = studies.get(row["study"])
    if study and study.doses and row["dose"] not in study.doses:
        given = " ".join(f"{d:g}" for d in study.doses)
        yield "dose", f"{row['dose']:g}", f"a dose of the study: {given}", "correct either table"
    if fault := parameter_fault(row["parameter"], row["unit"]):
        yield "unit", shown(row["unit"]), fault, "correct unit or parameter"
    if row["value"] == 0:
        expected = "a value above 0, or below_limit yes with the limit as the value"
        yield "value", "0", expected, "what lies below a limit is not zero"


def parameter_fault(parameter: str, code: str) -> str:
    """What a unit of a parameter should be, where it is not; else nothing.

    >>> parameter_fault("AUC", "ng.h/mL"), parameter_fault("AUC", "ng/mL")
    ('', 'concentration times time')
    """
    powers = dict(unit(code).powers)
    time = powers.pop("s", 0)
    amount = powers and all(p in (1, -1, -3) for p in powers.values())
    if parameter == "AUC":
        return "" if time == 1 and amount else "concentration times time"
    return "" if time == 0 and amount else "a concentration"
