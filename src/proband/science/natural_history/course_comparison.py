"""One patient against untreated people: what is asked, and every number of the answer, together.

What is asked comes from the analysis plan where there is one (parameter, direction, windows, tau_c), else from
settings; both say so. The windows of a plan count in days from the index day, which is the last value up to treatment.

Cannot see: what its parts can not see: ``rarity``, ``own_course``, ``untreated_windows``, ``same_schedule``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from proband.core.quantity import Quantity
from proband.science.natural_history.cohort_folder import CohortFolder
from proband.science.natural_history.leave_one_out import LeaveOneOut
from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.own_course import OwnCourse, own_course
from proband.science.natural_history.rarity import SHIFTS, Rarity, rarity
from proband.science.natural_history.same_schedule import (
    OwnSeries,
    UntreatedSeries,
    as_new_patient,
    entry_rule,
    on_clock,
    own_series,
    untreated_series,
)
from proband.science.natural_history.schedule import Endpoint, Schedule
from proband.science.natural_history.subject_table import YEAR, Subject
from proband.science.natural_history.support import NewPatient
from proband.science.natural_history.untreated_model import UntreatedModel, untreated_model

if TYPE_CHECKING:
    from proband.science.trial.plan_designs import Plan

TAU_C = 0.5
"""Comparability where no plan declares one, in standard deviations of the prediction."""
HALF_DAY = 0.5
"""Windows in days are widened by it on either side, so that a visit on their first or last day lies within."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: parameter, which way is better, the endpoint's windows in days from the index, and tau_c.

    `baseline_days` is the length of the baseline window; `by` says where these come from.
    """

    parameter: str
    better: str
    logarithm: bool
    kind: str
    start_days: float
    end_days: float
    baseline_visits: int
    baseline_days: float
    tau_c: float
    by: str

    @property
    def lacking(self) -> str:
        """Why nothing is asked, in words; empty where something is."""
        if not self.parameter:
            return "neither a plan nor a setting names a parameter"
        if self.better not in ("lower", "higher"):
            return "neither a plan nor a setting says which direction is better"
        if self.kind not in ("mean", "value", "slope") or not 0 <= self.start_days <= self.end_days:
            return "the endpoint is no mean, value or slope of a window after the index"
        if self.baseline_visits < 1 or not self.tau_c >= 0:
            return "baseline visits or tau_c are out of range"
        return ""


def asked_of(plan: Plan | None, settings: Asked) -> Asked:
    """What a plan asks, with settings for what it leaves open."""
    if plan is None:
        return settings
    tau_c = getattr(plan.model, "tau_c", None)
    baseline, outcome = plan.data.baseline_window, plan.data.outcome_window
    told = "tau_c" if tau_c is not None else "no tau_c"
    return replace(
        settings,
        parameter=plan.estimand.endpoint.parameter,
        better=plan.estimand.endpoint.better,
        start_days=max(0.0, float(outcome[0])),
        end_days=float(outcome[1]),
        baseline_days=float(baseline[1] - baseline[0]),
        tau_c=settings.tau_c if tau_c is None else float(tau_c),
        by=f"parameter, direction, windows and {told} from plan/analysis_plan.toml",
    )


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """The untreated side of a comparison: series, schedule, model; `entry` is the rule of entry in words."""

    asked: Asked
    series: UntreatedSeries
    schedule: Schedule
    entry: str
    model: UntreatedModel

    @property
    def unit(self) -> str:
        """The unit of the endpoint: that of the values, or ln of them."""
        return "1" if self.series.logarithm else self.series.unit


def cohort_of(held: CohortFolder, asked: Asked) -> Cohort | NoAnswer:
    """The untreated side: eligible people, the schedule with its rule of entry, and the model with its calibration."""
    if asked.lacking:
        return NoAnswer(asked.lacking)
    group = held.eligible()
    if group is None:
        return NoAnswer("the cohort has no records of people")
    series = untreated_series(group, asked.parameter, asked.logarithm)
    if isinstance(series, NoAnswer):
        return series
    entry, words = entry_rule(held.cohort.criterion, series, asked.baseline_visits)
    change = "none" if asked.kind == "slope" else "mean"
    start, end = max(0.0, asked.start_days - HALF_DAY), asked.end_days + HALF_DAY
    endpoint = Endpoint(asked.kind, start / YEAR, end / YEAR, asked.better, change)
    within = max(asked.baseline_days, (asked.baseline_visits - 1) * series.every) + series.every / 2
    schedule = Schedule(asked.baseline_visits, endpoint, entry, within / YEAR)
    model = untreated_model(series.data, schedule)
    return model if isinstance(model, NoAnswer) else Cohort(asked, series, schedule, words, model)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """One patient against the cohort. `ways`: rarity at the declared tau_c for each way to take the later values."""

    own: OwnSeries
    patient: NewPatient
    answer: Rarity
    ways: tuple[float, ...]
    declared: Quantity
    no_shift: Quantity
    tipping_shift: float


def compared(held: CohortFolder, cohort: Cohort, patient: Subject) -> Compared | NoAnswer:
    """A treated patient against the cohort; `NoAnswer` with the reason."""
    own = own_of(held, cohort, patient)
    if isinstance(own, NoAnswer):
        return own
    shifts = tuple(sorted({*SHIFTS, cohort.asked.tau_c}))
    made = []
    for shift in own.ways():
        new = as_new_patient(own, cohort.series, cohort.asked.baseline_visits, shift)
        answer = new if isinstance(new, NoAnswer) else _rarity(cohort, new, shifts, first=not made)
        if not made and isinstance(answer, NoAnswer):
            return answer
        if not isinstance(answer, NoAnswer):
            made.append((new, answer))
    new, answer = made[0]
    assert isinstance(new, NewPatient)
    by = {a.shift: a for a in answer.at}
    declared, none = by[cohort.asked.tau_c], by[0.0]
    if declared.posterior is None or none.posterior is None or answer.predicted is None:
        return NoAnswer("this endpoint has no distribution over the parameters")
    ways = tuple(next(a.probability for a in r.at if a.shift == cohort.asked.tau_c) for _, r in made)
    sign = cohort.schedule.endpoint.sign
    rare = answer.predicted.quantile(0.95 if sign > 0 else 0.05)
    return Compared(
        own, new, answer, ways, replace(declared.posterior, unit="fraction"), replace(none.posterior, unit="fraction"),
        sign * (answer.score - rare) / answer.spread,
    )  # fmt: skip


def own_of(held: CohortFolder, cohort: Cohort, patient: Subject) -> OwnSeries | NoAnswer:
    """The patient's series in the unit and on the scale of the cohort."""
    assert held.treated is not None
    return own_series(patient, held.treated.record.of(patient.id, cohort.asked.parameter), cohort.series)


def _rarity(cohort: Cohort, new: NewPatient, shifts: Sequence[float], first: bool) -> Rarity | NoAnswer:
    """With the other model and the calibration for the first way alone: the rest is asked for one number."""
    model = cohort.model
    extra = {"heavy": model.other, "calibration": model.calibration} if first else {}
    return rarity(model.post, new, cohort.schedule, unit=cohort.unit, shifts=shifts, **extra)  # type: ignore[arg-type]


def forecast(cohort: Cohort, own: OwnSeries) -> OwnCourse | NoAnswer:
    """The forecast of the patient's values before treatment, of the schedule, from the first two of them."""
    which = [i for i in own.taken() if own.days[i] <= own.index]
    t, y = on_clock(own, cohort.series, which)
    data = cohort.series.data
    if t.size and not (data.times.min() <= t[0] and t[-1] <= data.times.max()):
        return NoAnswer("ages before treatment lie outside those of untreated people")
    return own_course(cohort.model.post, t, y)


def own_course_p(made: OwnCourse) -> float:
    """One P of a course that scatters or drifts at least as much: twice the lesser of both (Bonferroni), at most 1."""
    return min(1.0, 2 * min(made.joint_p, made.drift_p))


def coverage(calibration: LeaveOneOut | NoAnswer) -> tuple[int, int] | None:
    """People left out that lie in their 90 % interval, and all of them; None where calibration was not judged."""
    if isinstance(calibration, NoAnswer):
        return None
    n = len(calibration.pit)
    return round(calibration.coverage[1].observed * n), n
