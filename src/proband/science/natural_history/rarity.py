"""How rare is this course without treatment?

Estimand: the probability that an untreated patient of the cohort's population, with this baseline (its values, age,
genotype class and other covariates), does at least as well on the same schedule. It is a prediction of a mixed model
given the patient's own baseline visits (``mixed_predict``), and always stands beside the model-free rank among
untreated patients with its floor 1 / (n + 1).

Comparability: the patient may differ from the cohort by b ~ N(0, tau_c^2), added to the endpoint. tau_c is
given in standard deviations of the prediction without it; the tipping point is the tau_c at which the rarity is 0.05.

Regression to the mean: the baseline values are conditioned on, and a rule of entry that is a function of those values
adds nothing to them, so that the prediction holds exactly under the rule. Where the rule used values that are not given
(the worst of several, of which one was kept), ``regression_to_mean`` conditions on the rule itself.

Cannot see: differences in care, in the way of measuring, or in why the patient was chosen, but as tau_c.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.core.quantity import GRID, Quantity
from proband.science.natural_history.leave_one_out import LeaveOneOut, at_least_as_good, calibrated_rank
from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.schedule import Schedule
from proband.science.natural_history.support import NewPatient, Support, support
from proband.science.natural_history.untreated_windows import (
    RankFloor,
    WindowRate,
    comparable,
    improvement_rate,
    rank_floor,
)
from proband.science.stats.mixed_grid import GridPosterior
from proband.science.stats.mixed_predict import Prediction, predict

Floats = NDArray[np.float64]

SHIFTS = (0.0, 0.25, 0.5, 1.0)
RARE = 0.05


@dataclass(frozen=True, slots=True)
class RarityAtShift:
    """Rarity at one tau_c.

    `shift` in standard deviations of the prediction, `shift_in_units` in those of the endpoint; `probability` the
    posterior mean, `upper` its 95 % upper limit over parameters (None where simulated),
    `posterior` the whole distribution on the fixed grid, `standard_error` that of simulation (0 where exact).
    """

    shift: float
    shift_in_units: float
    probability: float
    upper: float | None
    posterior: Quantity | None
    standard_error: float = 0.0


@dataclass(frozen=True, slots=True)
class Rarity:
    """Rarity of one patient's course, never without the rank.

    `question` states endpoint and direction; `score` is what the patient had; `predicted` the endpoint of an untreated
    patient with this baseline (None where simulated), `spread` its standard deviation. `at` has one entry per tau_c;
    `tipping` is the tau_c (in spreads) at which the rarity reaches 0.05: 0 where it is not rare without any, None where
    it was not looked for. `heavy_tails` is the rarity with t-tailed patients at tau_c = 0. `rank` and `near_rank` are
    the ranks among all, and among near, untreated patients; `model_rank` is the rank among left-out predictions.
    `regression` is what an untreated patient with this baseline is expected to gain by itself: predicted mean less the
    baseline's mean, positive where better (None for slopes).
    """

    question: str
    score: float
    predicted: Quantity | None
    spread: float
    at: tuple[RarityAtShift, ...]
    tipping: float | None
    heavy_tails: float | None
    rank: RankFloor | NoAnswer
    near_rank: RankFloor | NoAnswer
    rate: WindowRate | NoAnswer
    model_rank: float | None
    regression: float | None
    support: Support
    calibration: str


def rarity(
    post: GridPosterior,
    patient: NewPatient,
    schedule: Schedule,
    *,
    unit: str,
    shifts: Sequence[float] = SHIFTS,
    heavy: GridPosterior | None = None,
    calibration: LeaveOneOut | NoAnswer | None = None,
    draws: int = 20_000,
    seed: int = 0,
) -> Rarity | NoAnswer:
    """How rare a patient's course is without treatment.

    `post` from `fit_grid` on untreated patients; `heavy` the same with t-tailed patients (sensitivity); `calibration`
    from `leave_one_out`; `shifts` tau_c in spreads of the prediction. `draws` and `seed` serve the endpoint "best"
    alone. Returns `NoAnswer` where the patient's baseline, covariates or times lie outside what the cohort has, where
    the patient's baseline does not pass the rule of entry, or where its visits do not define the endpoint.
    Source: module docstring.
    """
    _same_model(post, schedule, calibration)
    found = support(post.data, patient, schedule)
    if isinstance(found, NoAnswer):
        return found
    since = patient.later_times - patient.times[-1]
    inside = schedule.endpoint.visits(since)
    score = schedule.endpoint.score(patient.values, since, patient.later_values)
    if score is None or not inside.any():
        return NoAnswer("the patient's visits do not define the endpoint")
    known = _Known(patient, schedule, since, inside, score)
    if schedule.endpoint.kind == "best":
        at, spread, predicted, tipping = _simulated(known.predict(post), known, shifts, draws, seed)
    else:
        at, spread, predicted, tipping = _exact(known.predict(post), known, shifts, unit, len(post.data.patients))
    sign = schedule.endpoint.sign
    baseline = float(patient.values.mean())
    tails = None if heavy is None or schedule.endpoint.kind == "best" else known.tail(heavy)
    gain = None if predicted is None or schedule.endpoint.kind == "slope" else _gain(predicted, known, baseline)
    near = comparable(post.data, schedule, baseline, found.caliper)
    judged = calibration if isinstance(calibration, LeaveOneOut) else None
    return Rarity(
        schedule.endpoint.words(), score, predicted, spread, at, tipping, tails,
        rank_floor(comparable(post.data, schedule), score, sign), rank_floor(near, score, sign),
        improvement_rate(post.data, schedule, score),
        None if judged is None else calibrated_rank(judged, at[0].probability if at[0].shift == 0 else
        known.tail(post)), gain, found, _told(calibration),
    )  # fmt: skip


def _same_model(post: GridPosterior, schedule: Schedule, calibration: LeaveOneOut | NoAnswer | None) -> None:
    if not isinstance(calibration, LeaveOneOut) or calibration.of is None:
        return
    if calibration.of != (post.form, post.patient_df, schedule.endpoint):
        raise ValueError("the calibration is that of another form, tail or endpoint")


def _told(calibration: LeaveOneOut | NoAnswer | None) -> str:
    if calibration is None:
        return "calibration was not looked at"
    if isinstance(calibration, NoAnswer):
        return f"calibration could not be judged: {calibration.reason}"
    reasons = f" ({'; '.join(calibration.reasons)})" if calibration.reasons else ""
    return f"the model {calibration.verdict} leave-one-patient-out calibration{reasons}"


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """A new patient on a schedule."""

    patient: NewPatient
    schedule: Schedule
    since: Floats
    inside: NDArray[np.bool_]
    score: float

    def predict(self, post: GridPosterior) -> Prediction:
        """Prediction of the visits of the endpoint's window."""
        p = self.patient
        return predict(post, p.times, p.values, p.later_times[self.inside], p.covariates)

    @property
    def weights(self) -> Floats:
        """Weights of the visits of the window."""
        made = self.schedule.endpoint.weights(self.since)
        assert made is not None
        return made[self.inside]

    @property
    def observed(self) -> float:
        """The endpoint before a baseline is taken off."""
        return self.score + self.schedule.endpoint.reference(self.patient.values)

    def tail(self, post: GridPosterior) -> float:
        """P(at least as good) under another posterior, without a shift."""
        above = self.predict(post).linear(self.weights).at_least(self.observed)
        return at_least_as_good(above, self.schedule.endpoint.sign)


def _gain(predicted: Quantity, known: _Known, baseline: float) -> float:
    """Expected change of an untreated patient from the mean of its baseline, positive where better."""
    assert predicted.value is not None
    mean = predicted.value + known.schedule.endpoint.reference(known.patient.values)
    return known.schedule.endpoint.sign * (mean - baseline)


def _exact(
    prediction: Prediction, known: _Known, shifts: Sequence[float], unit: str, n: int
) -> tuple[tuple[RarityAtShift, ...], float, Quantity, float | None]:
    """Rarity of a weighted sum of visits at each shift, its spread, its distribution, and the tipping point."""
    weights, observed, sign = known.weights, known.observed, known.schedule.endpoint.sign
    made = prediction.linear(weights)
    spread = made.sd
    at = []
    for shift in shifts:
        size = shift * spread
        p = at_least_as_good(made.at_least(observed, size), sign)
        posterior = _over_parameters(prediction, weights, observed, size, sign, n)
        at.append(RarityAtShift(float(shift), size, p, posterior.quantile(0.95), posterior))

    def tail(shift: float) -> float:
        return at_least_as_good(made.at_least(observed, shift * spread), sign)

    shown = made.plus(-known.schedule.endpoint.reference(known.patient.values))
    model = "mixed model given the patient's baseline"
    return tuple(at), spread, shown.quantity(unit, model, float(n)), tipping_point(tail)


def tipping_point(tail: Callable[[float], float], rare: float = RARE) -> float | None:
    """The shift at which a rarity that grows with it reaches `rare`; 0 where it is not below it without any.

    `tail` is a function of the shift. None where no shift up to a million reaches it.

    >>> round(tipping_point(lambda s: 0.01 + 0.1 * s), 6)
    0.4
    """
    from scipy.optimize import brentq

    if tail(0.0) >= rare:
        return 0.0
    high = 1.0
    while tail(high) < rare:
        high *= 2.0
        if high > 1e6:
            return None
    return float(brentq(lambda s: tail(s) - rare, 0.0, high, xtol=1e-10))


def _over_parameters(
    prediction: Prediction, weights: Floats, observed: float, shift: float, sign: float, n: int
) -> Quantity:
    """Distribution of the rarity over the parameters, as quantiles on the fixed grid."""
    values, mass = prediction.tail_given_parameters(weights, observed, shift)
    values = values if sign > 0 else 1.0 - values
    order = np.argsort(values, kind="stable")
    values, cumulative = values[order], np.cumsum(mass[order]) - 0.5 * mass[order]
    quantiles = np.maximum.accumulate(np.interp(GRID, cumulative, values))
    mean = float(values @ mass[order])
    model = "rarity over the parameters of the mixed model"
    return Quantity.posterior(quantiles.tolist(), "probability", model=model, n=float(n), value=mean)


def _simulated(
    prediction: Prediction, known: _Known, shifts: Sequence[float], draws: int, seed: int
) -> tuple[tuple[RarityAtShift, ...], float, None, float | None]:
    """Rarity of the best of several visits, by draws of their joint prediction; shifts are integrated exactly."""
    from scipy.special import ndtr

    visits = prediction.draws(draws, np.random.default_rng(seed))
    sign = known.schedule.endpoint.sign
    gap = (sign * visits).max(axis=1) - sign * known.observed
    spread = float(gap.std())

    def each(shift: float) -> Floats:
        return np.asarray(ndtr(gap / (shift * spread)) if shift > 0 else (gap >= 0).astype(float))

    at = []
    for shift in shifts:
        p = each(float(shift))
        error = float(p.std() / np.sqrt(draws))
        at.append(RarityAtShift(float(shift), shift * spread, float(p.mean()), None, None, error))
    return tuple(at), spread, None, tipping_point(lambda s: float(each(s).mean()))
