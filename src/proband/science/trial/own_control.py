"""A patient as own control: level, step and AR(1) residuals, autocorrelation integrated; counts on a root scale.

Model of week t: y_t = x_t b + e_t, e stationary AR(1) with correlation rho. Flat prior on b, 1/s^2 on s^2, uniform on
rho over a grid. Given rho, b has a t distribution; rho has weight |V|^-1/2 |X'V^-1X|^-1/2 RSS^(-(n - p)/2), the
restricted likelihood (Harville, Biometrika 1974;61:383-385, recalled). x has a level, a step at the recorded start, and
where the plan says so a trend and a second step for other drugs.

Counts: weekly negative binomial counts are analysed as sqrt(y + 3/8), which has a nearly constant variance (Anscombe,
Biometrika 1948;35:246-254), by the same model: the tail is that of the step on the root scale. The estimate is the log
ratio of mean rates, each with half an event added, before over after. Its interval takes its width from the root scale.

Several patients: one-sided normal scores of their tails are added (Stouffer), over sqrt of their number; the estimate
is the mean over patients, and its interval rests on the normal form of the mean of their posteriors.

`posterior_of_step` is the one analysis of a series here; anything with the same arguments may stand in its place.
Cannot see: other forms of autocorrelation, and a change that happens for another reason at the same time.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from proband.science.trial.grid import Scenario
from proband.science.trial.measures import Trials
from proband.science.trial.plan_designs import OwnPlan

Floats = NDArray[np.float64]
RHO_NODES = 40
SETTLED = 1e-12


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


@lru_cache(maxsize=64)
def _solved(before: int, after: int, trend: bool, comedication: bool, low: float, high: float) -> tuple[Floats, ...]:
    """By rho: rows that give the step, matrices that give RSS, variance of the step over s^2, log weight but RSS."""
    x = design(before, after, trend, comedication)
    weeks = len(x)
    step, residual, variance, weight = [], [], [], []
    width = (high - low) / RHO_NODES
    for k in range(RHO_NODES):
        rho = low + (k + 0.5) * width
        keep = math.sqrt(1 - rho * rho)
        # Rows of L with L V L' = (1 - rho^2) I: the first value scaled, then innovations.
        whiten = np.eye(weeks) - rho * np.eye(weeks, k=-1)
        whiten[0, 0] = keep
        wx = whiten @ x / keep
        inverse = np.linalg.inv(wx.T @ wx)
        solve = inverse @ wx.T @ whiten / keep
        step.append(solve[1])
        residual.append(whiten / keep - wx @ solve)
        variance.append(inverse[1, 1])
        log_v = (weeks - 1) * math.log(1 - rho * rho)
        weight.append(-0.5 * log_v + 0.5 * math.log(np.linalg.det(inverse)))
    return np.array(step), np.array(residual), np.array(variance), np.array(weight)


def posterior_of_step(
    y: Floats, before: int, trend: bool, comedication: bool, low: float, high: float, points: Floats
) -> tuple[Floats, Floats, Floats]:
    """Posterior mean and SD of the step [series], and its distribution function at `points` [series, points].

    `y` [series, weeks]: series of equal length, all with the step after `before` weeks; `low` and `high` bound rho. A
    series without any spread, or with no week before or after, gives NaN. The SD is that of the mixture, infinite with
    fewer than three residual degrees of freedom.

    >>> y = np.array([[1.0, 3.0, 2.0, 1.0, 3.0, 5.0, 7.0, 6.0, 5.0, 7.0]])
    >>> mean, sd, below = posterior_of_step(y, 5, False, False, 0.0, 0.95, np.array([[0.0]]))
    >>> round(mean[0], 1), below[0, 0] < 0.025
    (4.0, True)
    """
    from scipy.special import stdtr

    series, weeks = y.shape
    made = np.full((series, points.shape[1]), np.nan)
    empty = np.full(series, np.nan)
    terms = 2 + trend + comedication
    if not 0 < before < weeks or weeks - terms < 1 or (comedication and weeks - before < 2):
        return empty, empty, made
    step, residual, variance, weight = _solved(before, weeks - before, trend, comedication, low, high)
    centred = y - y.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=1))
    flat = spread <= SETTLED * np.maximum(1.0, np.abs(y).max(axis=1))
    scaled = centred / np.where(flat, 1.0, spread)[:, None]
    df = weeks - terms
    at = scaled @ step.T
    rss = np.stack([((scaled @ r.T) ** 2).sum(axis=1) for r in residual], axis=1)
    exactly = rss.min(axis=1) <= SETTLED
    rss = np.maximum(rss, SETTLED)
    log_weight = weight - 0.5 * df * np.log(rss)
    w = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    w /= w.sum(axis=1, keepdims=True)
    scale = np.sqrt(rss / df * variance)
    mean = (w * at).sum(axis=1)
    inside = scale**2 * (df / (df - 2.0) if df > 2 else np.inf)
    sd = np.sqrt((w * (inside + (at - mean[:, None]) ** 2)).sum(axis=1))
    for p in range(points.shape[1]):
        z = (points[:, p, None] / np.where(flat, 1.0, spread)[:, None] - at) / scale
        made[:, p] = (w * stdtr(df, z)).sum(axis=1)
    unusable = flat | exactly
    made[unusable] = np.nan
    return np.where(unusable, np.nan, mean * spread), np.where(unusable, np.nan, sd * spread), made


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
