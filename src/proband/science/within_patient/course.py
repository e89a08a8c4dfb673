"""One patient's series, doses and care as plain values, and the columns of a regression that they make.

Columns: the level; the effect, a sum over doses of size times a course that starts after a delay, rises over a ramp and
may fade by a half-life; a trend in weeks where asked; covariates (diet, co-medication), each carried forward from the
day on which it was set. Days count from any origin, the same for all.

Cannot see: whether a dose was given as written, and care that nobody wrote down.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem, ProgramError
from proband.science.within_patient.autoregressive import NoAnswer
from proband.science.within_patient.dependence import WEEK

Floats = NDArray[np.float64]

LEAST_PER_PHASE = 3
"""Measured values that each side of the first effect must have: fewer show no spread of their own."""


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one parameter of one patient by day; None where missing; `below` marks "< value" of the assay."""

    name: str
    unit: str
    days: tuple[float, ...]
    values: tuple[float | None, ...]
    below: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose on a day; `size` in a unit of the user's choice: effects are told per unit of it."""

    day: float
    size: float = 1.0


@dataclass(frozen=True, slots=True)
class Covariate:
    """A thing of care that changes over time: its value from each day on (protein per day, 0 or 1 for a drug)."""

    name: str
    days: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """How an effect follows a dose, fixed beforehand: days until it starts, days of rise, half-life (None: stays)."""

    delay: float = 0.0
    ramp: float = 0.0
    half_life: float | None = None

    def share(self, since: Floats) -> Floats:
        """The share of the whole effect, by days since the dose.

        >>> Course(delay=7, ramp=14).share(np.array([0.0, 7, 14, 21, 70])).tolist()
        [0.0, 0.0, 0.5, 1.0, 1.0]
        """
        after = since - self.delay
        risen = np.clip(after / self.ramp, 0, 1) if self.ramp > 0 else (after >= 0).astype(float)
        if self.half_life is None:
            return np.asarray(risen)
        return np.asarray(risen * 0.5 ** (np.maximum(after - self.ramp, 0) / self.half_life))


@dataclass(frozen=True, slots=True)
class Readings:
    """What is left of a series after checks: days in order, values, which are below a limit, and how many missing."""

    days: Floats
    values: Floats
    below: NDArray[np.bool_]
    missing: int


def readings(series: Series, log: bool = False) -> Readings:
    """Values in order of time, on the natural logarithm where asked.

    Raises ``ProgramError`` with every value that can not be: lengths that differ, days that are not numbers or come
    twice, infinite values, values of zero or less on the logarithm.

    >>> readings(Series("ammonia", "umol/L", (7, 0, 14), (50, 60, None))).days.tolist()
    [0.0, 7.0]
    """
    below = series.below or (False,) * len(series.days)
    if not len(series.days) == len(series.values) == len(below):
        found = f"{len(series.days)} days, {len(series.values)} values, {len(below)} marks"
        raise ProgramError([Problem(series.name, "", found, "as many of each", "give one value for each day")])
    problems = list(_series_problems(series, below, log))
    if problems:
        raise ProgramError(problems)
    kept = [
        (float(d), float(v), bool(b))
        for d, v, b in zip(series.days, series.values, below, strict=True)
        if v is not None and not math.isnan(v)
    ]
    kept.sort()
    values = np.array([v for _, v, _ in kept], dtype=float)
    return Readings(
        np.array([d for d, _, _ in kept], dtype=float),
        np.log(values) if log else values,
        np.array([b for _, _, b in kept], dtype=bool),
        len(series.days) - len(kept),
    )


def _series_problems(series: Series, below: Sequence[bool], log: bool) -> Iterable[Problem]:
    seen: set[float] = set()
    for i, (day, value, _) in enumerate(zip(series.days, series.values, below, strict=True), start=1):
        place = f"value {i} of {series.name}"
        if not math.isfinite(day):
            yield Problem(series.name, place, f"day {day}", "a number of days", "give the day of the sample")
            continue
        if value is None or math.isnan(value):
            continue
        if day in seen:
            remedy = "give the hour as a fraction of the day, or say which of the two counts"
            yield Problem(series.name, place, f"day {day:g} twice", "one value for each day", remedy)
        seen.add(day)
        if not math.isfinite(value):
            yield Problem(series.name, place, f"{value}", "a finite number", "leave out what was not measured")
        elif log and value <= 0:
            remedy = "mark values below the limit of the assay, or analyse without the logarithm"
            yield Problem(series.name, place, f"{value:g}", "a number above 0 on the logarithm", remedy)


def effect_column(days: Floats, doses: Sequence[Dose], course: Course) -> Floats:
    """The effect that a unit of dose would have at each day, summed over doses.

    >>> effect_column(np.array([0.0, 7, 14]), [Dose(7), Dose(14, 0.5)], Course()).tolist()
    [0.0, 1.0, 1.5]
    """
    made = np.zeros(days.size)
    for dose in doses:
        made += dose.size * course.share(days - dose.day)
    return made


def carried_forward(covariate: Covariate, days: Floats) -> Floats:
    """The value of a covariate at each day: the last that was set.

    Raises ``ProgramError`` where it is not known from the first day on, or is not a number.

    >>> carried_forward(Covariate("protein", (0, 10), (1.0, 1.5)), np.array([0.0, 9, 10, 30])).tolist()
    [1.0, 1.0, 1.5, 1.5]
    """
    problems = []
    if len(covariate.days) != len(covariate.values) or not covariate.days:
        found = f"{len(covariate.days)} days and {len(covariate.values)} values"
        problems.append(Problem(covariate.name, "", found, "one value for each day", "complete the table"))
    elif not all(math.isfinite(x) for x in (*covariate.days, *covariate.values)):
        remedy = "give a number, or leave the covariate out and say so"
        problems.append(Problem(covariate.name, "", "a value that is not a number", "numbers", remedy))
    elif len(set(covariate.days)) < len(covariate.days):
        problems.append(Problem(covariate.name, "", "a day twice", "each day once", "say which value counts"))
    elif days.size and min(covariate.days) > days.min():
        found = f"first known on day {min(covariate.days):g}"
        expected = f"known from day {days.min():g}, the first of the series"
        problems.append(Problem(covariate.name, "", found, expected, "add the value at the start of the series"))
    if problems:
        raise ProgramError(problems)
    order = np.argsort(covariate.days)
    at = np.searchsorted(np.array(covariate.days, dtype=float)[order], days, side="right") - 1
    return np.asarray(np.array(covariate.values, dtype=float)[order][at])


@dataclass(frozen=True, slots=True)
class Columns:
    """The design (times by columns), the names of its columns, and which one is the effect."""

    design: Floats
    names: tuple[str, ...]
    effect: int = 1

    @property
    def contrast(self) -> Floats:
        """The effect's coefficient among all."""
        made = np.zeros(len(self.names))
        made[self.effect] = 1.0
        return made


def columns(
    days: Floats, doses: Sequence[Dose], course: Course, covariates: Sequence[Covariate] = (), trend: bool = False
) -> Columns:
    """Level, effect, trend per week where asked (0 at the first dose) and covariates (less their first value).

    Raises `NoAnswer` without a dose or without values on both sides of the first effect, ``ProgramError`` for doses
    that are not numbers.

    >>> columns(np.arange(0.0, 84, 7), [Dose(42)], Course(), trend=True).names
    ('level', 'effect', 'trend per week')
    """
    _check_doses(doses, course)
    if not doses:
        raise NoAnswer("no dose: there is no after")
    effect = effect_column(days, doses, course)
    before, after = int((effect == 0).sum()), int((effect != 0).sum())
    start = min(d.day for d in doses)
    if min(before, after) < LEAST_PER_PHASE:
        raise NoAnswer(
            f"{before} values before and {after} after the effect may start; {LEAST_PER_PHASE} of each needed"
        )
    made, names = [np.ones(days.size), effect], ["level", "effect"]
    if trend:
        made.append((days - start) / WEEK)
        names.append("trend per week")
    for covariate in covariates:
        value = carried_forward(covariate, days)
        if np.ptp(value) > 0:
            made.append(value - value[0])
            names.append(covariate.name)
    return Columns(np.column_stack(made), tuple(names))


def _check_doses(doses: Sequence[Dose], course: Course) -> None:
    problems = [
        Problem("doses", f"dose {i}", f"day {d.day}, size {d.size}", "a day and a size above 0", "mend the dose table")
        for i, d in enumerate(doses, start=1)
        if not (math.isfinite(d.day) and math.isfinite(d.size) and d.size > 0)
    ]
    bad_half_life = course.half_life is not None and not 0 < course.half_life < math.inf
    if not (0 <= course.delay < math.inf and 0 <= course.ramp < math.inf) or bad_half_life:
        expected = "delay and ramp of 0 days or more, a half-life above 0"
        problems.append(Problem("plan", "course of the effect", f"{course}", expected, "mend the plan"))
    if problems:
        raise ProgramError(problems)
