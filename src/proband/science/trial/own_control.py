"""A patient as own control: level, step and AR(1) residuals, autocorrelation integrated; counts on a root scale.

Model of week t: y_t = x_t b + e_t, e stationary AR(1) with correlation rho, uniform on the range that the plan states
(`within_patient.autoregressive`, which analyses all simulated series at once). x has a level, a step at the recorded
start, and where the plan says so a trend and a second step for other drugs. A prior on rho that is wider than what a
plan states, with noise of measurement, is that of `within_patient.biomarker` for data; a plan states its own.

Counts: weekly negative binomial counts are analysed as sqrt(y + 3/8), which has a nearly constant variance (Anscombe,
Biometrika 1948;35:246-254), by the same model: the tail is that of the step on the root scale. The estimate is the log
ratio of mean rates, each with half an event added, before over after. Its interval takes its width from the root scale.
The analysis of counts as data (`within_patient.event_counts`, a latent AR(1)) takes seconds for one series, too long
for many thousand trials; this is why the plan's analysis is the simpler one.

Several patients: one-sided normal scores of their tails are added (Stouffer), over sqrt of their number; the estimate
is the mean over patients, and its interval rests on the normal form of the mean of their posteriors.

Cannot see: other forms of autocorrelation, and a change that happens for another reason at the same time.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from proband.science.trial.grid import Scenario
from proband.science.trial.measures import Trials
from proband.science.trial.plan_designs import OwnPlan
from proband.science.within_patient.autoregressive import NoAnswer, effect_posteriors
from proband.science.within_patient.dependence import WEEK, uniform_between

Floats = NDArray[np.float64]
SETTLED = 1e-8
"""Residuals of less than this share of the values are rounding, not spread."""


def design(before: int, after: int, trend: bool, comedication: bool) -> Floats:
    """The matrix [weeks, terms]: level, step, then trend and the second step of other drugs where asked for.

    >>> design(2, 2, False, False).tolist()
    [[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]]
    """
    week = np.arange(before + after)
    columns = [np.ones(len(week)), (week >= before).astype(float)]
    if trend:
        columns.append((week - week.mean()) / len(week))
    if comedication:
        columns.append((week >= before + (after + 1) // 2).astype(float))
    return np.column_stack(columns)


def posterior_of_step(
    y: Floats, before: int, trend: bool, comedication: bool, low: float, high: float, points: Floats
) -> tuple[Floats, Floats, Floats]:
    """Posterior mean and SD of the step [series], and its distribution function at `points` [series, points].

    `y` [series, weeks]: series of equal length, all with the step after `before` weeks; `low` and `high` bound rho. A
    series without any spread beyond the model, with no week before or after, or with fewer than two residual degrees of
    freedom, gives NaN.

    >>> y = np.array([[1.0, 3.0, 2.0, 1.0, 3.0, 5.0, 7.0, 6.0, 5.0, 7.0]])
    >>> mean, sd, below = posterior_of_step(y, 5, False, False, 0.0, 0.95, np.array([[0.0]]))
    >>> round(float(mean[0]), 1), bool(below[0, 0] < 0.025)
    (3.6, True)
    """
    series, weeks = y.shape
    mean, sd = np.full(series, np.nan), np.full(series, np.nan)
    below = np.full((series, points.shape[1]), np.nan)
    terms = 2 + trend + comedication
    if not 0 < before < weeks or weeks < terms + 2 or (comedication and weeks - before < 2):
        return mean, sd, below
    x = design(before, weeks - before, trend, comedication)
    rest = y - (x @ (np.linalg.pinv(x) @ y.T)).T
    varies = np.abs(rest).max(axis=1) > SETTLED * np.maximum(np.abs(y).max(axis=1), 1e-300)
    if not varies.any():
        return mean, sd, below
    step = np.zeros(terms)
    step[1] = 1.0
    try:
        made = effect_posteriors(WEEK * np.arange(weeks), x, y[varies].T, step, uniform_between(low, high))
    except NoAnswer:
        return mean, sd, below
    mean[varies], sd[varies] = made.mean(), made.deviation()
    for p in range(points.shape[1]):
        below[varies, p] = made.below(points[varies, p])
    return mean, sd, below


def ar1(generator: np.random.Generator, shape: tuple[int, int], rho: float) -> Floats:
    """Standard normal AR(1) series [series, weeks], stationary from the first week."""
    made = generator.standard_normal(shape)
    keep = math.sqrt(1 - rho * rho)
    for t in range(1, shape[1]):
        made[:, t] = rho * made[:, t - 1] + keep * made[:, t]
    return made


def benefit(plan: OwnPlan, s: Scenario, weeks_after: int, effect: Floats) -> Floats:
    """Expected benefit of every week [trials, weeks]: effect from the true start, drift, other drugs."""
    before = plan.design.weeks_before
    week = np.arange(before + weeks_after)
    treated = (week >= before + s["index_error"]).astype(float)
    other = (week >= before + (plan.design.weeks_after + 1) // 2).astype(float)
    natural = s["drift"] * week + s["comedication_shift"] * other
    return effect[:, None] * treated + natural


def simulate(plan: OwnPlan, s: Scenario, generator: np.random.Generator, trials: int) -> Trials:
    """Trials of an own-control design in one scenario: a positive effect is a benefit."""
    patients = int(s["patients"])
    after = max(1, round(plan.design.weeks_after * (1 - s["dropout"])))
    truth = np.full(trials, s["effect"])
    prior = plan.simulation.effect_prior
    if s.prior and prior is not None:
        truth = prior.mean + prior.sd * generator.standard_normal(trials)
    means, spreads, tails, zeros = [], [], [], []
    for _ in range(patients):
        mean, sd, below = _patient(plan, s, generator, after, truth)
        means.append(mean)
        spreads.append(sd)
        tails.append(below[:, 0])
        zeros.append(below[:, 1])
    estimate = np.mean(means, axis=0)
    if patients == 1:
        held = (below[:, 2] >= 0.025) & (below[:, 2] <= 0.975)
    else:
        width = 1.959963984540054 * np.sqrt(np.sum(np.square(spreads), axis=0)) / patients
        held = np.abs(estimate - truth) <= width
    return Trials(
        estimate, _together(tails), _together(zeros), held, np.full(trials, float(patients)), truth,
    )  # fmt: skip


def _together(tails: list[Floats]) -> Floats:
    from scipy.special import ndtr, ndtri

    if len(tails) == 1:
        return tails[0]
    scores = ndtri(np.clip(tails, 1e-300, 1 - 1e-16)).sum(axis=0)
    return np.asarray(ndtr(scores / math.sqrt(len(tails))))


def _patient(
    plan: OwnPlan, s: Scenario, generator: np.random.Generator, after: int, truth: Floats
) -> tuple[Floats, Floats, Floats]:
    """Estimate, SD, and distribution function at margin, 0 and truth, of one patient in every trial."""
    before, m, p = plan.design.weeks_before, plan.model, plan.priors
    noise = ar1(generator, (len(truth), before + after), s["rho"])
    margin = np.full(len(truth), plan.success.margin)
    points = np.column_stack([margin, np.zeros(len(truth)), truth])
    if plan.design.kind == "own_control_biomarker":
        y = benefit(plan, s, after, truth) + noise
        return posterior_of_step(y, before, m.trend, m.comedication, p.rho_low, p.rho_high, points)
    from proband.science.trial.weekly_counts import estimate_on_log, weekly_counts

    sign = 1.0 if plan.estimand.endpoint.better == "higher" else -1.0
    rate = (plan.simulation.rate or 1.0) * np.exp(sign * benefit(plan, s, after, truth))
    counts = weekly_counts(generator, rate, noise, s["dispersion"])
    root = sign * np.sqrt(counts + 0.375)
    # On the root scale a log rate ratio d multiplies the root of the mean by exp(d / 2).
    level = np.sqrt(counts[:, :before].mean(axis=1) + 0.375)
    on_root = sign * level[:, None] * np.expm1(sign * points / 2.0)
    _, sd, below = posterior_of_step(root, before, m.trend, m.comedication, p.rho_low, p.rho_high, on_root)
    estimate = sign * estimate_on_log(counts, before)
    return estimate, 2.0 * sd / np.maximum(level, 0.1), below
