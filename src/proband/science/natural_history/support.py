"""Whether a cohort can speak of a patient: how many of its patients are near, and where nothing but a formula speaks.

Cannot see: features that are not among baseline and covariates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.schedule import Schedule, Window, windows
from proband.science.stats.longitudinal import Longitudinal

Floats = NDArray[np.float64]

LEAST = 5
"""With fewer untreated patients on the schedule a model's tail is its prior's, and none is given."""
FEW = 5
"""Fewer near patients than this are called few."""
CALIPER = 0.5
"""Near: mean baseline within this many standard deviations of the cohort's baselines."""


@dataclass(frozen=True, slots=True, eq=False)
class NewPatient:
    """A patient on the cohort's clock: baseline `times` and `values`, later ones, and covariates (one row) or None."""

    times: Floats
    values: Floats
    later_times: Floats
    later_values: Floats
    covariates: Floats | None = None


@dataclass(frozen=True, slots=True)
class Support:
    """How the cohort surrounds a patient: patients with a window, those near its baseline, and `caliper` for near.

    `few_near` is the flag of extrapolation inside the cohort's range: fewer than five near patients.
    """

    patients: int
    near: int
    caliper: float
    few_near: bool
    range_of_baseline: tuple[float, float]


def new_patient(
    times: object, values: object, later_times: object, later_values: object, covariates: object = None
) -> NewPatient | NoAnswer:
    """A patient from sequences of numbers, ordered by time; `NoAnswer` for what can not be a course.

    >>> new_patient([0.0], [float("nan")], [1.0], [2.0]).reason
    'a time, value or covariate of the patient is not a finite number'
    """
    t, y, later, seen = (np.asarray(a, float).ravel() for a in (times, values, later_times, later_values))
    c = None if covariates is None else np.atleast_2d(np.asarray(covariates, float))
    if t.size == 0 or t.size != y.size:
        return NoAnswer("the patient has no baseline visit with time and value")
    if later.size == 0 or later.size != seen.size:
        return NoAnswer("the patient has no later visit with time and value")
    everything = np.concatenate([t, y, later, seen, c.ravel() if c is not None else np.zeros(0)])
    if not np.isfinite(everything).all():
        return NoAnswer("a time, value or covariate of the patient is not a finite number")
    whole = np.concatenate([np.sort(t), np.sort(later)])
    if not (np.diff(whole) > 0).all():
        return NoAnswer("visits of the patient repeat a time, or later visits are not later than baseline")
    first, last = np.argsort(t), np.argsort(later)
    return NewPatient(t[first], y[first], later[last], seen[last], c)


def support(data: Longitudinal, patient: NewPatient, schedule: Schedule) -> Support | NoAnswer:
    """How the cohort surrounds a patient; `NoAnswer` where it does not."""
    if not data.patients:
        return NoAnswer("there are no untreated patients")
    if patient.times.size != schedule.first:
        return NoAnswer(f"the patient has {patient.times.size} baseline visits, the schedule {schedule.first}")
    if schedule.entry is not None and not schedule.entry.passes(patient.values):
        return NoAnswer("the patient's baseline does not pass the rule of entry that is applied to the cohort")
    held = list(windows(data, schedule))
    if not held:
        return NoAnswer("no untreated patient has visits of this schedule after this rule of entry")
    count = len({w.patient for w in held})
    if count < LEAST:
        return NoAnswer(
            f"{count} untreated patients have visits of this schedule after this rule of entry: at least {LEAST} are"
            f" needed for a model, and no rank could be below {1 / (count + 1):.2g}"
        )
    outside = _outside(data, patient, held)
    if outside:
        return NoAnswer(outside)
    baselines = np.array([w.baseline for w in held])
    spread = float(baselines.std(ddof=1)) if baselines.size > 1 else 0.0
    if spread == 0:
        return NoAnswer("the untreated patients' baselines do not differ: nearness can not be judged")
    gap = np.abs(baselines - patient.values.mean())
    near = len({w.patient for w, g in zip(held, gap, strict=True) if g <= CALIPER * spread})
    limits = float(baselines.min()), float(baselines.max())
    return Support(count, near, CALIPER * spread, near < FEW, limits)


def _outside(data: Longitudinal, patient: NewPatient, held: list[Window]) -> str:
    """What of the patient lies outside the cohort's range; empty where nothing does."""
    baselines = np.array([w.baseline for w in held])
    mean = float(patient.values.mean())
    if not baselines.min() <= mean <= baselines.max():
        return (
            f"the baseline {mean:g} lies outside that of untreated patients, {baselines.min():g} to {baselines.max():g}"
        )
    last = float(patient.later_times[-1])
    if not (data.times.min() <= patient.times[0] and last <= data.times.max()):
        return f"times {patient.times[0]:g} to {last:g} lie outside those of untreated patients"
    if data.covariates.shape[1]:
        if patient.covariates is None or patient.covariates.shape[1] != data.covariates.shape[1]:
            return "covariates of the patient are not those of the cohort"
        low, high = data.covariates.min(axis=0), data.covariates.max(axis=0)
        if ((patient.covariates < low) | (patient.covariates > high)).any():
            return "a covariate of the patient lies outside those of untreated patients"
    return ""
