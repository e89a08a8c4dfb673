"""What clinical tables hold of each subject: rows by parameter, doses in order, the day of birth.

Rows keep their file and line, so that whatever rests on them can name it. Doses are rows of ``dosing.csv`` whose value
is not 0 and whose text does not say that none was given; a dose without a number was given, and how much is not
known.

Cannot see: what was never written down, and doses that somebody else gave.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from proband.core.errors import Problem
from proband.science.clinical.care import given_of
from proband.science.clinical.long_table import LongRow, read_long_rows

DOSES, SUBJECTS = "clinical/dosing.csv", "clinical/subjects.csv"


def _day(row: LongRow) -> float:
    return row.day


@dataclass(frozen=True, slots=True)
class Observed:
    """Rows by subject and parameter in order of day, doses by subject, days of birth."""

    rows: Mapping[tuple[str, str], tuple[LongRow, ...]] = field(default_factory=dict)
    doses: Mapping[str, tuple[LongRow, ...]] = field(default_factory=dict)
    births: Mapping[str, float] = field(default_factory=dict)

    def of(self, subject: str, parameter: str) -> tuple[LongRow, ...]:
        """A subject's rows of a parameter, in order of day; empty where there is none."""
        return self.rows.get((subject, parameter), ())

    def between(self, subject: str, parameter: str, low: float, high: float) -> tuple[LongRow, ...]:
        """Those of them from one day to another, both included."""
        held = self.of(subject, parameter)
        return held[bisect_left(held, low, key=_day) : bisect_right(held, high, key=_day)]

    def dose_days(self, subject: str) -> tuple[float, ...]:
        """The days on which a subject got a dose, each once, in order."""
        return tuple(sorted({r.day for r in self.doses.get(subject, ())}))


def read_observed(files: Mapping[str, Path], problems: list[Problem]) -> Observed | None:
    """The tables of ``clinical/`` among `files` (path in the folder to path), or None with problems added."""
    from proband.science.natural_history.subject_table import read_subjects

    before = len(problems)
    rows: dict[tuple[str, str], list[LongRow]] = defaultdict(list)
    doses: dict[str, list[LongRow]] = defaultdict(list)
    births: dict[str, float] = {}
    for name in sorted(n for n in files if n.startswith("clinical/")):
        if name == SUBJECTS:
            births = {s.id: s.birth for s in read_subjects(files[name], name, problems) if s.birth is not None}
            continue
        for row in read_long_rows(files[name], name, problems):
            if name == DOSES and row.value != 0 and given_of(row.text) is not False:
                doses[row.subject].append(row)
            elif name != DOSES:
                rows[row.subject, row.parameter].append(row)
    if len(problems) > before:
        return None

    def ordered(held: list[LongRow]) -> tuple[LongRow, ...]:
        return tuple(sorted(held, key=lambda r: (r.day, r.file, r.line)))

    return Observed({k: ordered(v) for k, v in rows.items()}, {k: ordered(v) for k, v in doses.items()}, births)


def last_day(day_zero: date | None, data_cut: date | None) -> float | None:
    """The last day that the tables can hold: that of the data cut; None where either date is not stated.

    >>> last_day(date(2024, 8, 1), date(2025, 4, 14))
    256.0
    """
    return None if day_zero is None or data_cut is None else float((data_cut - day_zero).days)
