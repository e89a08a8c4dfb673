"""Untreated people and one patient on one schedule: eligible people, one clock, visits of one distance.

A patient is often measured more often than the cohort. A mean of many values scatters less than one of few, so that
both sides must have the same number of visits: of the patient's values, the one nearest to each day of the cohort's
schedule is taken, counted from the index day (the last value up to treatment). Which are taken does not depend on the
values; the other ways to take them are kept, and say how much the answer hangs on it.

Cannot see: values beyond a limit of the assay, which are left out and counted; whether age is the clock of a disease.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np

from proband.core.units import convert
from proband.science.clinical.series import Bound, Series
from proband.science.natural_history.cohort_file import Criterion
from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.schedule import EntryRule
from proband.science.natural_history.subject_table import YEAR, Group, Subject
from proband.science.natural_history.support import NewPatient, new_patient
from proband.science.stats.longitudinal import Longitudinal, longitudinal

MOST_CENSORED = 0.05
"""Share of values beyond a limit above which no course is fitted: leaving them out would move the level."""
FINER = 0.75
"""A patient whose values lie nearer than this share of the cohort's distance is thinned to it."""


@dataclass(frozen=True, slots=True, eq=False)
class UntreatedSeries:
    """Values of eligible untreated people: years of age less `origin`, on the logarithm where `logarithm`.

    `every`: median distance of their visits in days; `censored`: values left out, of `values`.
    """

    data: Longitudinal
    parameter: str
    unit: str
    logarithm: bool
    origin: float
    every: float
    censored: int
    values: int


@dataclass(frozen=True, slots=True)
class OwnSeries:
    """A patient's values up to and after treatment in the cohort's unit: days, and values as measured.

    `index`: day of the last value up to treatment. `step`: distance of visits that are compared, in days.
    """

    subject: Subject
    days: tuple[float, ...]
    values: tuple[float, ...]
    index: float
    step: float
    thinned: bool
    censored: int

    def taken(self, shift: float = 0.0) -> list[int]:
        """Positions of the values nearest to the index day plus `shift` and whole steps from it, one for each step.

        A value half a step off belongs to neither side and is not taken.
        """
        if not self.thinned:
            return list(range(len(self.days)))
        best: dict[int, tuple[float, int]] = {}
        for i, day in enumerate(self.days):
            k = math.floor((day - self.index - shift) / self.step + 0.5)
            gap = abs(day - self.index - shift - k * self.step)
            if gap < 0.5 * self.step:
                best[k] = min(best.get(k, (math.inf, -1)), (gap, i))
        return sorted(i for _, i in best.values())

    def ways(self) -> list[float]:
        """Shifts of the later values, in days: one for each way to take one value a step, the first 0."""
        gaps = [b - a for a, b in pairwise(self.days)]
        count = max(1, round(self.step / median(gaps))) if self.thinned and gaps else 1
        return [k * self.step / count for k in range(count)]


def untreated_series(group: Group, parameter: str, logarithm: bool) -> UntreatedSeries | NoAnswer:
    """Values of a parameter of untreated people, under observation and before any treatment, by age.

    `NoAnswer` where nobody has a value or an age, where too many lie beyond a limit of the assay, or for the logarithm
    of a value that has none.
    """
    who, times, values, gaps, censored = [], list[float](), list[float](), list[float](), 0
    unit = ""
    for s in group.subjects:
        one, until = group.record.of(s.id, parameter), s.exit if s.treatment is None else min(s.exit, s.treatment)
        if one is None or s.birth is None:
            continue
        unit = one.unit
        points = [p for p in one.points if s.entry <= p.day <= until]
        censored += sum(p.bound is not Bound.MEASURED for p in points)
        kept = [p for p in points if p.bound is Bound.MEASURED]
        who += [s.id] * len(kept)
        times += [s.age(p.day) or 0.0 for p in kept]
        values += [p.value for p in kept]
        gaps += [b.day - a.day for a, b in pairwise(kept)]
    total = len(values) + censored
    if not gaps:
        return NoAnswer(f"no eligible untreated person has two values of {parameter} and a known age")
    if censored > MOST_CENSORED * total:
        return NoAnswer(f"{censored} of {total} untreated values of {parameter} lie beyond a limit of the assay")
    if logarithm and min(values) <= 0:
        return NoAnswer(f"a value of {parameter} is not above 0: it has no logarithm")
    origin = float(np.mean(times))
    made = longitudinal(who, np.array(times) - origin, np.log(values) if logarithm else values)
    return UntreatedSeries(made, parameter, unit, logarithm, origin, float(median(gaps)), censored, total)


def own_series(patient: Subject, series: Series | None, cohort: UntreatedSeries) -> OwnSeries | NoAnswer:
    """A treated patient's values in the cohort's unit; `NoAnswer` where there is none before or after treatment."""
    if series is None or patient.birth is None or patient.treatment is None:
        return NoAnswer(f"no values of {cohort.parameter}, no birth day or no day of treatment of {patient.id}")
    kept = [p for p in series.points if p.bound is Bound.MEASURED and patient.entry <= p.day <= patient.exit]
    censored = sum(p.bound is not Bound.MEASURED for p in series.points)
    days = tuple(p.day for p in kept)
    values = tuple(convert(p.value, series.unit, cohort.unit) for p in kept)
    before = [d for d in days if d <= patient.treatment]
    if not before or len(before) == len(days):
        missing = "before" if not before else "after"
        return NoAnswer(f"{patient.id} has no measured value of {cohort.parameter} {missing} treatment")
    if censored > MOST_CENSORED * series.n:
        return NoAnswer(f"{censored} of {series.n} values of {patient.id} lie beyond a limit of the assay")
    if cohort.logarithm and min(values) <= 0:
        return NoAnswer(f"a value of {patient.id} is not above 0: it has no logarithm")
    own = median([b - a for a, b in pairwise(days)])
    return OwnSeries(patient, days, values, before[-1], cohort.every, own < FINER * cohort.every, censored)


def on_clock(own: OwnSeries, cohort: UntreatedSeries, which: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Times and values of some of a patient's values on the clock and the scale of the cohort."""
    t = np.array([(own.subject.age(own.days[i]) or 0.0) - cohort.origin for i in which])
    y = np.array([own.values[i] for i in which])
    return t, np.log(y) if cohort.logarithm else y


def as_new_patient(own: OwnSeries, cohort: UntreatedSeries, first: int, shift: float = 0.0) -> NewPatient | NoAnswer:
    """The patient with its last `first` baseline visits; `shift` (days) takes other values after the index day."""
    before = [i for i in own.taken() if own.days[i] <= own.index][-first:]
    after = [i for i in own.taken(shift) if own.days[i] > own.index]
    t, y = on_clock(own, cohort, before)
    later, seen = on_clock(own, cohort, after)
    return new_patient(t, y, later, seen)


def entry_rule(criteria: Sequence[Criterion], cohort: UntreatedSeries, first: int) -> tuple[EntryRule | None, str]:
    """The criterion on the parameter as a rule of entry for windows, and in words; of several the last one.

    `any` asks for one of the baseline values, `all` for each, `last` can not be asked of windows and is left to the
    baseline values, on which the prediction is conditioned.
    """
    said = [c for c in criteria if c.of == "measurement" and c.name == cohort.parameter]
    if not said:
        return None, "none on this parameter"
    c = said[-1]
    if not isinstance(c.value, (int, float)) or c.operator not in ("<", "<=", ">", ">=") or c.take == "last":
        return None, f"{c.text} (can not be asked of windows)"
    limit = convert(float(c.value), c.unit or cohort.unit, cohort.unit)
    if cohort.logarithm:
        if limit <= 0:
            return None, f"{c.text} (a threshold without a logarithm)"
        limit = math.log(limit)
    above = c.operator.startswith(">")
    if c.operator.endswith("="):
        limit = float(np.nextafter(limit, -math.inf if above else math.inf))
    return EntryRule("above" if above else "below", limit, first if c.take == "all" else 1), c.text


def calendar(own: OwnSeries, age: float, cohort: UntreatedSeries) -> float:
    """The patient's day at a time of the cohort's clock."""
    return (age + cohort.origin) * YEAR + (own.subject.birth or 0.0)
