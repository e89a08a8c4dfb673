"""The cohort of a program folder as one thing: its file, untreated and treated people, and the digest of its tables.

Strict and without numerics, so that `check` reads what the analyses read. A folder with ``cohort.toml`` alone holds no
records; one without ``clinical/subjects.csv`` does not describe the treated. Neither is an error.

Cannot see: whether the tables are those of the source that the file names; the stated digest can say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from proband.core.errors import Problem
from proband.core.units import UnitError, why_different
from proband.science.natural_history.attrition import attrition
from proband.science.natural_history.cohort_file import (
    COHORT,
    TREATED,
    UNTREATED,
    CohortFile,
    data_digest,
    read_cohort_file,
    read_groups,
)
from proband.science.natural_history.index_date import IndexDates, index_dates
from proband.science.natural_history.subject_table import Group, Subject


@dataclass(frozen=True, slots=True)
class CohortFolder:
    """A cohort with its people; `untreated` and `treated` None where no table of subjects describes them."""

    cohort: CohortFile
    untreated: Group | None
    treated: Group | None
    digest: str
    tables: tuple[str, ...]

    @property
    def patients(self) -> tuple[Subject, ...]:
        """Treated subjects whose day of treatment is stated."""
        return tuple(s for s in self.treated.subjects if s.treatment is not None) if self.treated else ()

    def index_of(self, group: Group) -> IndexDates:
        """Index days of a group under the rule and the criteria of the file."""
        return index_dates(group, self.cohort.index, self.cohort.criterion)

    def eligible(self) -> Group | None:
        """The untreated who have an index day; None without a table of subjects."""
        if self.untreated is None:
            return None
        held = {d.subject for d in self.index_of(self.untreated).dates}
        kept = tuple(s for s in self.untreated.subjects if s.id in held)
        return Group(self.untreated.name, kept, self.untreated.record)


def read_cohort_folder(files: Mapping[str, Path], problems: list[Problem]) -> CohortFolder | None:
    """The cohort that files (path in the folder to path) hold; None where there is none, or with problems added."""
    before = len(problems)
    if COHORT not in files:
        return None
    cohort = read_cohort_file(files[COHORT], problems)
    untreated, treated = read_groups(files, problems)
    if cohort is None or len(problems) > before:
        return None
    groups = [g for g in (untreated, treated) if g is not None]
    problems += [*_units_between(groups), *_criterion_units(cohort, groups), *_stray(files)]
    if len(problems) > before:
        return None
    tables = tuple(sorted(n for n in files if n.startswith("natural_history/") and n.endswith(".csv")))
    return CohortFolder(cohort, untreated, treated, data_digest(files) if tables else "", tables)


def after_data_cut(held: CohortFolder, day_zero: date, data_cut: date) -> list[Problem]:
    """Treated subjects who are observed beyond the day of the data cut: nobody can have looked by then."""
    last = (data_cut - day_zero).days
    expected = f"a day up to the data cut, day {last} ({data_cut.isoformat()})"
    remedy = "correct exit_day, day_zero or data_cut"
    late = [s for s in (held.treated.subjects if held.treated else ()) if s.exit > last]
    return [Problem(TREATED, f"subject {s.id[:60]}, column exit_day", f"{s.exit:g}", expected, remedy) for s in late]


def _stray(files: Mapping[str, Path]) -> list[Problem]:
    """Tables of untreated people without a table of who they are: nothing could be said of their time at risk."""
    loose = sorted(n for n in files if n.startswith("natural_history/") and n.endswith(".csv"))
    if UNTREATED in files or not loose:
        return []
    return [Problem(UNTREATED, "", f"none, beside {', '.join(loose)}", "one row for each subject", "add the table")]


def _units_between(groups: Sequence[Group]) -> list[Problem]:
    """Parameters that the two groups give in units that do not convert."""
    units: dict[str, str] = {}
    found = []
    for group in groups:
        for parameter, unit in {p: one.unit for (_, p), one in group.record.series.items()}.items():
            first = units.setdefault(parameter, unit)
            why = why_different(first, unit)
            if why:
                place = f"{parameter} of the {group.name}"
                expected = f"a unit that converts to {first}: {why}"
                found.append(Problem("clinical tables", place, unit, expected, "correct the unit"))
    return found


def _criterion_units(cohort: CohortFile, groups: Sequence[Group]) -> list[Problem]:
    """Criteria whose unit is not that of what they ask about, found by asking them."""
    found = []
    for c in cohort.criterion:
        try:
            attrition([c], groups)
        except UnitError as e:
            place = f"criterion {c.id}, key unit"
            found.append(Problem(COHORT, place, str(e)[:120], "a unit that converts", "correct the unit"))
    if found:
        return found
    try:
        for g in groups:
            index_dates(g, cohort.index, cohort.criterion)
    except UnitError as e:
        found.append(Problem(COHORT, "index, key unit", str(e)[:120], "a unit that converts", "correct the unit"))
    return found
