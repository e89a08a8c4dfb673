"""Does the model predict this patient's own course before treatment?

Given the first visits, each further visit before treatment is predicted from all that precede it. Under the model the
predictive probabilities are independent and uniform (Rosenblatt, Ann Math Stat 1952;23:470-472), so that the sum of
their squared normal scores is chi-square: one joint P against a course that is less predictable than the model says,
and one against a drift to either side.

Cannot see: what changes with treatment; few visits can only reject a model that is grossly wrong, which is said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.science.natural_history.leave_one_out import kolmogorov_p
from proband.science.natural_history.no_answer import NoAnswer
from proband.science.stats.mixed_grid import GridPosterior
from proband.science.stats.mixed_predict import predict

Floats = NDArray[np.float64]

LEAST = 3
"""Fewer predicted visits than this give no joint P."""


@dataclass(frozen=True, slots=True)
class OwnCourse:
    """Predictions of a patient's own visits before treatment.

    `times` are those predicted, `pit` P(visit <= seen | visits before); `covered` counts inside the 50, 90 and 95 %
    intervals; `joint_p` is small where visits scatter more than the model says, `drift_p` (two-sided) where they run to
    one side, `ks_p` where PIT values are not uniform (few visits: weak). `holds` is joint and drift P both >= 0.05 / 2.
    """

    first: int
    times: tuple[float, ...]
    pit: tuple[float, ...]
    covered: tuple[int, int, int]
    joint_p: float
    drift_p: float
    ks_p: float
    holds: bool
    reason: str


def own_course(
    post: GridPosterior, times: Floats, values: Floats, *, first: int = 2, covariates: Floats | None = None
) -> OwnCourse | NoAnswer:
    """Predict a patient's later visits before treatment from its earlier ones.

    `times` and `values` of the visits before treatment, on the cohort's clock; the `first` are given, the others
    predicted one by one. `covariates` one row. The patient must not be in the cohort. Returns `NoAnswer` with too few
    visits, values that are not finite, or times that repeat. Source: module docstring.
    """
    from scipy.special import gammaincc, ndtr, ndtri

    t, y = np.asarray(times, float).ravel(), np.asarray(values, float).ravel()
    if t.size != y.size or not (np.isfinite(t).all() and np.isfinite(y).all()):
        return NoAnswer("a time or value before treatment is not a finite number")
    if first < 0 or t.size - first < LEAST:
        return NoAnswer(
            f"too few points: {t.size} visits before treatment, {first} given, {max(0, t.size - first)} left to"
            f" predict; at least {LEAST} are needed"
        )
    order = np.argsort(t)
    t, y = t[order], y[order]
    if not (np.diff(t) > 0).all():
        return NoAnswer("two visits before treatment have the same time")
    pit = np.array([_one(post, t, y, k, covariates) for k in range(first, t.size)])
    z = ndtri(np.clip(pit, 1e-15, 1 - 1e-15))
    n = pit.size
    joint = float(gammaincc(0.5 * n, 0.5 * float((z**2).sum())))
    drift = float(2 * ndtr(-abs(z.sum()) / math.sqrt(n)))
    ranked = np.sort(pit)
    ks = float(max((np.arange(1, n + 1) / n - ranked).max(), (ranked - np.arange(n) / n).max()))
    covered = tuple(int((np.abs(pit - 0.5) <= level / 2).sum()) for level in (0.5, 0.9, 0.95))
    reason = _reason(joint, drift)
    return OwnCourse(
        first, tuple(t[first:].tolist()), tuple(pit.tolist()), (covered[0], covered[1], covered[2]), joint, drift,
        kolmogorov_p(ks, n), not reason, reason,
    )  # fmt: skip


def _one(post: GridPosterior, t: Floats, y: Floats, k: int, covariates: Floats | None) -> float:
    made = predict(post, t[:k], y[:k], t[k : k + 1], covariates).linear(np.ones(1))
    return 1.0 - made.at_least(float(y[k]))


def _reason(joint: float, drift: float) -> str:
    """Why the model does not hold for the patient; empty where it does. The two P share 0.05."""
    made = []
    if joint < 0.025:
        made.append(f"visits scatter more than the model says (P = {joint:.2g})")
    if drift < 0.025:
        made.append(f"visits run to one side of what the model says (P = {drift:.2g})")
    return "; ".join(made)
