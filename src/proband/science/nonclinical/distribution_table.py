"""``nonclinical/biodistribution.csv``: what was looked for in which tissue on which day, and what was found.

A row is one mean or one animal. ``below_limit`` yes says that nothing was found above ``detection_limit``; a limit that
is not known is written ``unknown``, and such a row says nothing of absence. A tissue without a row was not looked at.

Cannot see: blood in a tissue, and cells of the germline within a gonad.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from proband.border import shown
from proband.core.errors import Problem
from proband.core.units import convert, relation, unit
from proband.science.clinical.long_table import told
from proband.science.nonclinical.files import READS
from proband.science.nonclinical.open_columns import FAILED, bounded, read_open_rows, text, unit_code, whole, word_of
from proband.science.nonclinical.study_table import Study
from proband.science.nonclinical.terms import ANALYTES, EDIT, plain_tissue
from proband.science.transcript.rna_tables import Columns, Row, name, one_of, optional

FILE = READS["distribution"]
UNKNOWN = "unknown"


def _limit(cell: str) -> float | str | None:
    return cell if cell == UNKNOWN else bounded(cell, above=True) if cell else None


REQUIRED: Columns = {
    "study": (name, "a study of studies.csv"),
    "tissue": (name, "a tissue"),
    "day": (lambda c: bounded(c, most=40_000), "days after the first dose, 0 or more"),
    "analyte": (word_of(ANALYTES), "an analyte"),
    "value": (optional(lambda c: bounded(c)), "a number of 0 or more, or nothing below the limit"),
    "unit": (unit_code, "a UCUM code such as fraction, ng/g or {copies}/ug"),
}
OPTIONAL: Columns = {
    "dose": (optional(lambda c: bounded(c)), "a dose of the study, or nothing"),
    "below_limit": (one_of("", "yes", "no"), "yes, no or nothing"),
    "detection_limit": (_limit, "a number above 0, unknown, or nothing"),
    "animals": (optional(whole), "a whole number, or nothing"),
    "animals_detected": (optional(whole), "a whole number, or nothing"),
    "animal": (text, "the name of one animal, or nothing"),
    "sex": (one_of("", "male", "female", "both"), "male, female, both or nothing"),
    "source": (text, "at most 1000 characters"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One row: `value` None where nothing was found above `limit`; `limit` None where it is not known.

    `animals` and `detected`: how many were looked at, and in how many something was found; None where not told.
    """

    study: str
    tissue: str
    day: float
    analyte: str
    value: float | None
    unit: str
    limit: float | None
    dose: float | None = None
    animals: int | None = None
    detected: int | None = None
    animal: str = ""


def read_distribution(
    path: Path, studies: Mapping[str, Study | None], problems: list[Problem], file: str = FILE
) -> tuple[Finding, ...]:
    """The rows of a table; every fault is added to `problems`. Fractions of edits are turned into fractions of 1."""
    before = len(problems)
    key = ("study", "dose", "tissue", "day", "analyte", "sex", "animal")
    cited = {"study": (word_of(tuple(studies)), "a study of studies.csv")} if studies else {}
    rows = read_open_rows(path, file, {**REQUIRED, **cited}, OPTIONAL, key, problems)
    faults = [
        Problem(file, f"row {row.line}, column {at}", *rest) for row in rows for at, *rest in _faults(row, studies)
    ]
    told(faults, file, problems)
    return tuple(_finding(r) for r in rows) if len(problems) == before else ()


def _faults(row: Row, studies: Mapping[str, Study | None]) -> Iterator[tuple[str, str, str, str]]:
    study = studies.get(row["study"])
    if study and study.doses and row["dose"] is not None and row["dose"] not in study.doses:
        given = " ".join(f"{d:g}" for d in study.doses)
        yield "dose", f"{row['dose']:g}", f"a dose of the study: {given}", "correct either table"
    yield from _value_faults(row)
    yield from _count_faults(row)


def _value_faults(row: Row) -> Iterator[tuple[str, str, str, str]]:
    value, limit, below = row["value"], row["detection_limit"], row["below_limit"] == "yes"
    if {"detection_limit", "below_limit"} & row[FAILED]:
        return
    if below and limit is None:
        remedy = "give it, or write unknown: the row then says nothing of absence"
        yield "detection_limit", "nothing below a limit", "the limit", remedy
    if not below and value is None:
        yield "value", "nothing", "a number, or below_limit yes with its limit", "fill it in, or remove the row"
    elif not below and value == 0:
        yield "value", "0", "a value above 0, or below_limit yes with its limit", "what lies below a limit is not zero"
    number = limit if isinstance(limit, float) else None
    if not below and value is not None and number is not None and value < number:
        found = f"{value:g} below its detection limit {number:g}, and below_limit is not yes"
        yield "value", found, "a value at or above the limit, or below_limit yes", "correct one of the three"
    if below and value is not None and number is not None and value > number:
        yield "value", f"{value:g} above the limit {number:g}", "a value below the limit, or nothing", "correct it"
    if row["analyte"] == EDIT:
        yield from _fraction_faults(row["unit"], value, number)
    elif dict(unit(row["unit"]).powers) == {}:
        yield "unit", shown(row["unit"]), "an amount for each tissue, such as ng/g", "a share is an edit_fraction"


def _fraction_faults(code: str, value: float | None, limit: float | None) -> Iterator[tuple[str, str, str, str]]:
    if dict(unit(code).powers) or relation(code, "1") == "different":
        yield "unit", shown(code), "fraction or %", "edited alleles over all alleles looked at"
        return
    for column, number in (("value", value), ("detection_limit", limit)):
        if number is not None and convert(number, code, "1") > 1:
            yield column, f"{number:g} {code}", "at most 1, or 100 %", "correct number or unit"


def _count_faults(row: Row) -> Iterator[tuple[str, str, str, str]]:
    n, seen, below = row["animals"], row["animals_detected"], row["below_limit"] == "yes"
    if {"animals", "animals_detected"} & row[FAILED]:
        return
    if n == 0:
        yield "animals", "0", "at least one, or nothing where not known", "correct it"
    if seen is not None and (n is None or seen > n):
        found = f"{seen} of {'an unknown number' if n is None else n}"
        yield "animals_detected", found, "at most animals", "correct it"
    if below and seen:
        yield "animals_detected", f"{seen} while below_limit is yes", "0", "a row below its limit has no animal above"
    if not below and seen == 0:
        yield "animals_detected", "0 while below_limit is not yes", "at least one", "correct one of them"
    if row["animal"] and n not in (None, 1):
        yield "animals", f"{n} in a row of one animal", "1, or nothing", "correct it"


def _finding(r: Row) -> Finding:
    below = r["below_limit"] == "yes"
    limit = r["detection_limit"] if isinstance(r["detection_limit"], float) else None
    value, code = None if below else r["value"], r["unit"]
    if r["analyte"] == EDIT:
        value = None if value is None else convert(value, code, "1")
        limit, code = None if limit is None else convert(limit, code, "1"), "fraction"
    animals = 1 if r["animal"] else r["animals"]
    detected = r["animals_detected"]
    if detected is None and (below or animals == 1):
        detected = 0 if below else 1
    return Finding(
        r["study"], plain_tissue(r["tissue"]), r["day"], r["analyte"], value, code, limit, r["dose"], animals, detected,
        r["animal"],
    )  # fmt: skip
