"""A model of the untreated course with its calibration, chosen by rule: normal patients, or t-tailed where that fails.

The normal model comes first. Where it fails leave-one-patient-out calibration, the model with t-tailed patients is the
primary one, whatever its own calibration says; where that fails as well, the result says so. The other of the two
stands beside it. Nothing is chosen by the treated patient's result.

Cannot see: forms other than a line with own level and slope for each person, or own level alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proband.core.errors import ProgramError
from proband.science.natural_history.leave_one_out import LeaveOneOut, leave_one_out
from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.schedule import Schedule
from proband.science.natural_history.support import LEAST
from proband.science.stats.longitudinal import Form, Longitudinal
from proband.science.stats.mixed_grid import GridPosterior, fit_grid, weak_priors
from proband.science.stats.patient_weights import patient_weights

MOST_PEOPLE = 400
"""With more untreated people than this the t-tailed model is fitted only where the normal one fails."""


@dataclass(frozen=True, slots=True, eq=False)
class UntreatedModel:
    """The primary posterior, the other one where it was fitted, and the calibration of the primary one.

    `tails`: "normal" or "t"; `first`: the verdict of the normal model where it was not kept.
    """

    post: GridPosterior
    other: GridPosterior | None
    calibration: LeaveOneOut | NoAnswer
    tails: str
    first: str = ""

    @property
    def word(self) -> str:
        """holds, fails or too_few."""
        if isinstance(self.calibration, NoAnswer):
            return "too_few"
        return "holds" if self.calibration.verdict == "passes" else "fails"

    def told(self) -> str:
        """The model and its calibration in words."""
        people = f"{self.tails}-tailed people" if self.tails == "t" else "normal people"
        df = f" with {self.post.patient_df:g} degrees of freedom" if self.post.patient_df is not None else ""
        level = "own level and slope" if self.post.form.random == "slope" else "own level"
        return f"linear mixed model, {level}, {people}{df}{self.first}"


def untreated_model(data: Longitudinal, schedule: Schedule) -> UntreatedModel | NoAnswer:
    """Fit, calibrate and choose. `NoAnswer` for fewer than five people, or where the model can not be fitted."""
    if len(data.patients) < LEAST:
        return NoAnswer(f"{len(data.patients)} eligible untreated people have values: at least {LEAST} are needed")
    visits = np.diff(data.starts)
    form = Form(random="slope" if int((visits > 2).sum()) >= LEAST else "intercept", correlated=False)
    try:
        priors = weak_priors(data)
        post = fit_grid(data, form, priors)
        calibration = leave_one_out(post, schedule)
        failed = isinstance(calibration, LeaveOneOut) and calibration.verdict == "fails"
        if not failed and len(data.patients) > MOST_PEOPLE:
            return UntreatedModel(post, None, calibration, "normal")
        weighted = patient_weights(data, form, priors)
        heavy = fit_grid(data, form, priors, weights=weighted.weights, patient_df=weighted.df)
    except ProgramError as e:
        return NoAnswer("; ".join(f"{p.place}: {p.found}" for p in e.problems))
    if not failed:
        return UntreatedModel(post, heavy, calibration, "normal")
    assert isinstance(calibration, LeaveOneOut)
    why = f"; normal people failed calibration: {'; '.join(calibration.reasons)}"
    return UntreatedModel(heavy, post, leave_one_out(heavy, schedule), "t", why)
