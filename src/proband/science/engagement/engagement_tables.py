"""``engagement/``: edited reads by day, share of target cells in a tissue, pairs of a substitute readout and tissue.

- ``course.csv``: one row for each sample and readout. `phase` says what a sample is for: ``blank`` (never treated),
  ``baseline``, ``after`` dosing, or ``later``, at a time that was planned. A person states it, and days are held
  against it.
- ``cell_fraction.toml``: share of target cells (or of all cell types with their ploidy), and how many were counted.
- ``surrogate.csv``: readout and tissue engagement (a fraction above 0 and below 1) of earlier subjects, and of this
  patient, whose tissue may be empty.

Every fault is told at once. Cannot see: whether a blank was handled like the samples, how tissue was taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml, shown
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.science.clinical_series import first_day, read_long
from proband.science.transcript.rna_assays import Id, Line
from proband.science.transcript.rna_tables import Columns, Row, count, name, number, one_of, optional
from proband.science.transcript.rna_tables import read_rows as rows_of

COURSE, CELLS, SURROGATE = "engagement/course.csv", "engagement/cell_fraction.toml", "engagement/surrogate.csv"
DOSES = "clinical/dosing.csv"
PHASES = ("blank", "baseline", "after", "later")
PLACES = ("patient_target_tissue", "patient_other_tissue", "patient_cells", "engineered_cells", "animal")
LINKS = ("other_patients", "other_variants", "animals")
OWN = "this_patient"


def _open_share(text: str) -> float:
    value = number(text)
    if not 0 < value < 1:
        raise ValueError(text)
    return value


def _positive(text: str) -> int:
    value = count(text)
    if not value:
        raise ValueError(text)
    return value


_NAME = (name, "a name of at most 80 characters")
_COURSE: Columns = {
    "sample": _NAME,
    "subject": (optional(name), "a pseudonym; empty for a blank alone"),
    "phase": (one_of(*PHASES), ", ".join(PHASES)),
    "day": (optional(number), "a day; empty for a blank alone"),
    "place": (optional(one_of(*PLACES)), f"{', '.join(PLACES)}; empty for a blank alone"),
    "readout": _NAME,
    "edited": (count, "a whole number of 0 or more"),
    "depth": (_positive, "a whole number above 0"),
    "molecules": (optional(_positive), "a whole number above 0, or nothing where it is not known"),
    "source": _NAME,
}
_SURROGATE: Columns = {
    "marker": _NAME,
    "subject": _NAME,
    "from": (one_of(*LINKS, OWN), ", ".join((*LINKS, OWN))),
    "surrogate": (number, "a number with a decimal point"),
    "tissue": (optional(_open_share), "a fraction above 0 and below 1; a pair that was not quantified is left out"),
    "source": _NAME,
}


class CellType(Strict):
    """One type of cells in a tissue: its share of cells, its mean ploidy (sets of chromosomes)."""

    type: Line
    share: Annotated[float, Field(ge=0, le=1)]
    ploidy: Annotated[float, Field(gt=0, le=64)]


class Tissue(Strict):
    """The target cells of one sample. `share`: of genomes; or `cells`: all types. `counted`: cells behind it."""

    sample: Id
    target_cells: Line
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    cells: list[CellType] = []
    counted: Annotated[int, Field(ge=1, le=1_000_000_000)]
    source: Line


class _CellFile(Strict):
    format: Literal[1]
    tissue: Annotated[list[Tissue], Field(min_length=1, max_length=1000)]


@dataclass(frozen=True)
class EngagementFiles:
    """What the folder holds: rows of the course, target cells by sample, pairs; and the first dose by subject (day)."""

    course: tuple[Row, ...]
    tissues: tuple[Tissue, ...]
    pairs: tuple[Row, ...]
    first_dose: Mapping[str, float]


def read_engagement(
    files: Mapping[str, Path], patients: frozenset[str] | None, problems: list[Problem]
) -> EngagementFiles | None:
    """The tables of ``engagement/`` (path in the folder to path), or None with problems added.

    `patients`: pseudonyms of the program, or None where they were checked before. Loads no numerical library.
    """
    before = len(problems)
    course = rows_of(files[COURSE], COURSE, _COURSE, ("sample", "readout"), problems) if COURSE in files else ()
    pairs = (
        rows_of(files[SURROGATE], SURROGATE, _SURROGATE, ("marker", "subject"), problems) if SURROGATE in files else ()
    )
    tissues = _tissues(files[CELLS], course, problems) if CELLS in files else ()
    doses = read_long(files[DOSES]) if DOSES in files else []
    days = ((s, first_day(doses, s)) for s in sorted({d.subject for d in doses}))
    first_dose = {s: day for s, day in days if day is not None}
    problems += _course_problems(course, patients, first_dose)
    problems += _pair_problems(pairs, patients)
    return EngagementFiles(course, tissues, pairs, first_dose) if len(problems) == before else None


def _tissues(path: Path, course: Sequence[Row], problems: list[Problem]) -> tuple[Tissue, ...]:
    raw = read_toml(path, CELLS, problems)
    made = parse(_CellFile, raw, CELLS, "", problems) if raw is not None else None
    if made is None:
        return ()
    samples = {r["sample"] for r in course if r["phase"] != "blank"}
    for t in made.tissue:
        at = f"tissue {t.sample}"
        if t.sample not in samples:
            remedy = nearest(t.sample, tuple(samples)) if samples else f"add its reads to {COURSE}"
            problems.append(Problem(CELLS, f"{at}, key sample", t.sample, f"a sample of {COURSE}", remedy))
        if (t.share is None) == (not t.cells):
            found = "both share and cells" if t.cells else "neither share nor cells"
            problems.append(Problem(CELLS, at, found, "one of them", "give the share of genomes, or all cell types"))
        types = [c.type for c in t.cells]
        if t.cells and (abs(sum(c.share for c in t.cells) - 1) > 1e-6 or len(set(types)) < len(types)):
            found = f"shares that add to {sum(c.share for c in t.cells):g}, of {', '.join(types)}"
            problems.append(
                Problem(CELLS, f"{at}, cells", found, "each type once, shares that add to 1", "add the rest")
            )
        if t.cells and not any(c.type == t.target_cells and c.share > 0 for c in t.cells):
            found = shown(t.target_cells)
            problems.append(Problem(CELLS, f"{at}, key target_cells", found, "a type of cells with a share", "name it"))
    twice = sorted({t.sample for t in made.tissue if [x.sample for x in made.tissue].count(t.sample) > 1})
    if twice:
        problems.append(Problem(CELLS, "tissue", f"{', '.join(twice)} more than once", "each sample once", "keep one"))
    return tuple(made.tissue)


def _course_problems(
    rows: Sequence[Row], patients: frozenset[str] | None, first_dose: Mapping[str, float]
) -> Iterator[Problem]:
    for row in rows:
        at = f"row {row.line}"
        if row["edited"] > row["depth"]:
            found = f"{row['edited']} of {row['depth']}"
            yield Problem(COURSE, f"{at}, column edited", found, "at most the depth", "correct the counts")
        if row["phase"] == "blank":
            continue
        for column in (c for c in ("subject", "day", "place") if row[c] is None):
            remedy = "fill it in, or let the phase be blank for a sample that was never treated"
            yield Problem(COURSE, f"{at}, column {column}", "nothing", _COURSE[column][1], remedy)
        subject, day = row["subject"], row["day"]
        own = str(row["place"]).startswith("patient_")
        if patients is not None and own and subject is not None and subject not in patients:
            yield Problem(
                COURSE, f"{at}, column subject", subject, "a patient of program.toml", "use the same pseudonym"
            )
        dose = first_dose.get(str(subject))
        if own and dose is not None and day is not None and (day > dose if row["phase"] == "baseline" else day < dose):
            found = f"{row['phase']} on day {day:g}, first dose on day {dose:g}"
            expected = f"a baseline up to the first dose of {DOSES}, other samples from it on"
            yield Problem(COURSE, f"{at}, column day", found, expected, "count days from one origin in all tables")
    yield from _phase_problems(rows)


def _phase_problems(rows: Sequence[Row]) -> Iterator[Problem]:
    """Days in the order of the phases, within one subject, place and readout."""
    groups: dict[tuple[str, ...], dict[str, list[float]]] = {}
    for r in (r for r in rows if r["phase"] != "blank" and r["day"] is not None):
        key = (str(r["subject"]), str(r["place"]), r["readout"])
        groups.setdefault(key, {}).setdefault(r["phase"], []).append(r["day"])
    for (subject, _, readout), days in groups.items():
        held = [(p, days[p]) for p in PHASES if p in days]
        for (first, early), (then, late) in pairwise(held):
            if max(early) >= min(late):
                found = f"{first} on day {max(early):g}, {then} on day {min(late):g}"
                remedy = "correct a day or a phase"
                yield Problem(COURSE, f"{subject}, {readout}", found, f"{first} before {then}", remedy)


def _pair_problems(rows: Sequence[Row], patients: frozenset[str] | None) -> Iterator[Problem]:
    for row in rows:
        at = f"row {row.line}"
        if row["from"] != OWN and row["tissue"] is None:
            expected = "the engagement of the tissue, a fraction above 0 and below 1"
            yield Problem(SURROGATE, f"{at}, column tissue", "nothing", expected, "leave out who has no tissue reading")
        if row["from"] == OWN and patients is not None and row["subject"] not in patients:
            expected = "a patient of program.toml"
            yield Problem(SURROGATE, f"{at}, column subject", row["subject"], expected, "use the same pseudonym")
