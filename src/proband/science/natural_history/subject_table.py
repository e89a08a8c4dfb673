"""Who is observed from when to when: one row for each subject, treated or not, in the same columns.

``natural_history/subjects.csv`` holds the untreated, ``clinical/subjects.csv`` the treated. Observation runs from
`entry_day` to `exit_day`: what happened before the entry is known only of those who lived to enter, and is not time at
risk. Further columns are baseline covariates; an empty cell is not known.

Cannot see: who was never enrolled; whether a covariate was measured before the index date (its name should say so).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from proband.border import hidden_characters, read_text, shown
from proband.core.errors import Problem
from proband.science.clinical.long_table import MOST_DAYS, finite, told
from proband.science.clinical.records import ClinicalRecord

FIXED = ("subject", "birth_day", "sex", "genotype_class", "era", "region", "entry_day", "exit_day", "death")
"""Columns that the table begins with, in any order; `treatment_day` may follow, and any baseline covariates."""
CLASSES = ("sex", "genotype_class", "era", "region")
YEAR = 365.25
MOST_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject: days of birth, entry and exit, whether the exit is death (None: not told), and what is known of it.

    `classes`: sex, genotype class, era, region, empty where not known. `covariates`: numbers, words, or None.
    """

    id: str
    entry: float
    exit: float
    birth: float | None = None
    death: bool | None = None
    treatment: float | None = None
    classes: Mapping[str, str] = field(default_factory=dict)
    covariates: Mapping[str, float | str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not math.isfinite(self.entry) or not math.isfinite(self.exit) or self.exit < self.entry:
            raise ValueError(f"{self.id}: observed from day {self.entry} to day {self.exit}")

    def age(self, day: float) -> float | None:
        """Age in years on a day, None where the birth day is not known.

        >>> Subject("a", 0, 730.5, birth=-365.25).age(0)
        1.0
        """
        return None if self.birth is None else (day - self.birth) / YEAR

    @property
    def years(self) -> float:
        """Years observed, from entry to exit."""
        return (self.exit - self.entry) / YEAR

    def value(self, name: str) -> float | str | None:
        """A class or covariate by name, None where it is not known."""
        return (self.classes.get(name) or None) if name in CLASSES else self.covariates.get(name)


@dataclass(frozen=True, slots=True)
class Group:
    """Subjects under one description (untreated, or treated) with their clinical record."""

    name: str
    subjects: tuple[Subject, ...]
    record: ClinicalRecord

    @property
    def covariates(self) -> tuple[str, ...]:
        """Names of classes and covariates that any subject has."""
        names = {n for s in self.subjects for n, v in s.covariates.items() if v is not None}
        return (*(c for c in CLASSES if any(s.classes.get(c) for s in self.subjects)), *sorted(names))

    def visit_days(self, subject: Subject) -> tuple[float, ...]:
        """Days under observation on which the subject was seen: any measurement, or a visit that was held."""
        record = self.record
        days = {p.day for (s, _), one in record.series.items() if s == subject.id for p in one.points}
        days |= {v.day for v in record.visits if v.subject == subject.id and v.held}
        return tuple(sorted(d for d in days if subject.entry <= d <= subject.exit))


def read_subjects(path: Path, name: str, problems: list[Problem]) -> tuple[Subject, ...]:
    """The subjects of a table; every fault is added to `problems` under `name`. Loads no numerical library."""
    faults: list[Problem] = []
    text = read_text(path, name, faults, MOST_BYTES)
    made: list[Subject] = []
    if text is not None and not (found := hidden_characters(text, name)):
        try:
            made = _subjects(list(csv.reader(text.splitlines(), strict=True)), name, faults)
        except csv.Error as e:
            faults.append(Problem(name, "", str(e), "a CSV table", "save it again as CSV with a header"))
    elif text is not None:
        faults += found
    told(faults, name, problems)
    return tuple(made) if not faults else ()


def _subjects(lines: list[list[str]], name: str, faults: list[Problem]) -> list[Subject]:
    header = [c.strip() for c in lines[0]] if lines else []
    missing = [c for c in FIXED if c not in header]
    twice = sorted({c for c in header if header.count(c) > 1 or not c})
    if missing or twice:
        found = f"no column {', '.join(missing)}" if missing else f"columns twice or without name: {', '.join(twice)}"
        faults.append(Problem(name, "row 1", found, ", ".join(FIXED) + ", each once", "correct the header"))
        return []
    rows: list[tuple[int, dict[str, str]]] = []
    for line, cells in enumerate(lines[1:], start=2):
        if cells and len(cells) != len(header):
            found, expected = f"{len(cells)} cells", f"{len(header)} cells"
            faults.append(Problem(name, f"row {line}", found, expected, "quote cells that hold commas"))
        elif cells:
            rows.append((line, {c: x.strip() for c, x in zip(header, cells, strict=True)}))
    if not rows and not faults:
        remedy = "add the subjects, or remove the table"
        faults.append(Problem(name, "", "a table without rows", "one row for each subject", remedy))
    extra = [c for c in header if c not in (*FIXED, "treatment_day")]
    numeric = {c: all(finite(r[c]) is not None for _, r in rows if r[c]) for c in extra}
    made, seen = [], dict[str, int]()
    for line, row in rows:
        one = _subject(row, numeric, name, line, faults)
        if row["subject"] in seen:
            found = f"{row['subject'][:60]}, as in row {seen[row['subject']]}"
            faults.append(Problem(name, f"row {line}", found, "each subject once", "keep one row"))
        seen.setdefault(row["subject"], line)
        made += [one] if one else []
    return made


def _subject(
    row: Mapping[str, str], numeric: Mapping[str, bool], name: str, line: int, faults: list[Problem]
) -> Subject | None:
    before = len(faults)

    def fault(column: str, expected: str, remedy: str) -> None:
        found = shown(row.get(column, "")) if row.get(column) else "nothing"
        faults.append(Problem(name, f"row {line}, column {column}", found, expected, remedy))

    days = {c: finite(row.get(c, "")) for c in ("birth_day", "entry_day", "exit_day", "treatment_day")}
    for column, day in days.items():
        needed = column in ("entry_day", "exit_day")
        if (day is None and (needed or row.get(column))) or (day is not None and abs(day) > MOST_DAYS):
            fault(column, "a number of days within 200 years", "count days from the origin of the tables")
    if not row["subject"]:
        fault("subject", "a pseudonym", "name the subject")
    if row["death"] not in ("", "yes", "no"):
        fault("death", "yes (on exit_day), no, or empty where it is not known", "correct it")
    entry, leave, birth, treated = (days[c] for c in ("entry_day", "exit_day", "birth_day", "treatment_day"))
    if entry is not None and leave is not None and leave < entry:
        fault("exit_day", f"a day not before the entry on day {entry:g}", "correct one of them")
    if birth is not None and entry is not None and entry < birth:
        fault("entry_day", f"a day not before birth on day {birth:g}", "correct one of them")
    if treated is not None and leave is not None and treated > leave:
        fault("treatment_day", f"a day not after the exit on day {leave:g}", "correct one of them")
    if len(faults) > before or entry is None or leave is None:
        return None
    death = {"yes": True, "no": False}.get(row["death"])
    covariates = {c: (finite(row[c]) if n else row[c]) if row[c] else None for c, n in numeric.items()}
    classes = {c: row[c] for c in CLASSES}
    return Subject(row["subject"], entry, leave, birth, death, treated, classes, covariates)


def possible_days(subjects: Sequence[Subject]) -> dict[str, tuple[float, float]]:
    """First and last day on which a row of a subject can lie: birth where known, and exit. For `Wanted.possible`."""
    return {s.id: (-math.inf if s.birth is None else s.birth, s.exit) for s in subjects}
