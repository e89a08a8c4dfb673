"""What the rule of entry alone does: regression to the mean, and rarity when only the worst of several values was kept.

`expected_under_entry` draws untreated patients of the model, keeps those whose baseline passes the rule, and asks how
they do afterwards: the change to expect from the selection itself (Davis, Am J Epidemiol 1976;104:493-498; recalled).
`rarity_given_worst` conditions on the worst of the screening values being the one recorded, the others unseen but
milder: for each screening visit the density of that value there, times the draws of the others that are milder.
Both are seeded and print their Monte Carlo error.

Cannot see: selection by anything but the series.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.schedule import Schedule
from proband.science.stats.mixed_grid import GridPosterior
from proband.science.stats.mixed_predict import predict

Floats = NDArray[np.float64]

LEAST = 100
"""With fewer accepted draws than this no number is given."""


@dataclass(frozen=True, slots=True)
class RegressionToMean:
    """Untreated patients of the model who pass the rule of entry.

    `passing` is the share that passes; `mean` the mean endpoint of those (a change, where the endpoint takes its
    baseline off), `unselected` that of all; `as_good` P(at least as good as the score). Errors are Monte Carlo standard
    errors.
    """

    passing: float
    mean: float
    mean_error: float
    unselected: float
    as_good: float
    as_good_error: float
    draws: int
    accepted: int
    seed: int


@dataclass(frozen=True, slots=True)
class RarityGivenWorst:
    """P(at least as good) given that the recorded value was the worst of several, with its Monte Carlo error."""

    probability: float
    standard_error: float
    effective_draws: float
    draws: int
    seed: int


def expected_under_entry(
    post: GridPosterior,
    schedule: Schedule,
    baseline_times: Floats,
    later_times: Floats,
    score: float,
    *,
    covariates: Floats | None = None,
    draws: int = 50_000,
    seed: int = 0,
) -> RegressionToMean | NoAnswer:
    """How untreated patients do whose baseline passes the rule of entry, whatever their values.

    `score` is the treated patient's endpoint as `Endpoint.score` gives it. Times on the cohort's clock. Returns
    `NoAnswer` without a rule, where the visits do not define the endpoint, or where fewer than 100 draws pass. Source:
    module docstring.
    """
    if schedule.entry is None:
        return NoAnswer("no rule of entry is stated: selection can not be taken into account")
    first, later = np.asarray(baseline_times, float).ravel(), np.asarray(later_times, float).ravel()
    if first.size != schedule.first:
        return NoAnswer(f"{first.size} baseline times, {schedule.first} in the schedule")
    inside = schedule.endpoint.visits(later - first[-1])
    if not inside.any():
        return NoAnswer("no later visit lies in the endpoint's window")
    later = later[inside]
    times = np.concatenate([first, later])
    drawn = predict(post, np.zeros(0), np.zeros(0), times, covariates).draws(draws, np.random.default_rng(seed))
    scores = _scores(schedule, drawn[:, : first.size], later - first[-1], drawn[:, first.size :])
    if scores is None:
        return NoAnswer("the visits do not define the endpoint")
    passed = schedule.entry.all_pass(drawn[:, : first.size])
    kept = scores[passed]
    if kept.size < LEAST:
        return NoAnswer(f"{kept.size} of {draws} drawn patients pass the rule of entry: too few to say what follows")
    good = schedule.endpoint.sign * kept >= schedule.endpoint.sign * score
    return RegressionToMean(
        float(passed.mean()), float(kept.mean()), float(kept.std() / math.sqrt(kept.size)), float(scores.mean()),
        float(good.mean()), _binomial_error(int(good.sum()), good.size), draws, kept.size, seed,
    )  # fmt: skip


def _binomial_error(hits: int, n: int) -> float:
    """Standard error of a share of draws, not 0 where none or all are hits."""
    p = (hits + 0.5) / (n + 1)
    return math.sqrt(p * (1 - p) / n)


def _scores(schedule: Schedule, baseline: Floats, since: Floats, later: Floats) -> Floats | None:
    """Endpoints of drawn patients (rows)."""
    endpoint = schedule.endpoint
    reference = np.zeros(len(baseline))
    if endpoint.change_from == "mean":
        reference = baseline.mean(axis=1)
    elif endpoint.change_from == "last":
        reference = baseline[:, -1]
    elif endpoint.change_from == "worst":
        reference = baseline.min(axis=1) if endpoint.better == "higher" else baseline.max(axis=1)
    weights = endpoint.weights(since)
    if weights is not None:
        return np.asarray(later @ weights - reference)
    if endpoint.kind != "best":
        return None
    best = later.max(axis=1) if endpoint.better == "higher" else later.min(axis=1)
    return np.asarray(best - reference)


def rarity_given_worst(
    post: GridPosterior,
    schedule: Schedule,
    worst: float,
    screening_times: Floats,
    later_times: Floats,
    observed: float,
    *,
    covariates: Floats | None = None,
    draws: int = 20_000,
    seed: int = 0,
) -> RarityGivenWorst | NoAnswer:
    """P(at least as good) when `worst` is the worst of values at `screening_times`, and which visit it was is not
    known.

    `observed` is the endpoint before any baseline is taken off; worst is the highest value where lower is better.
    Returns `NoAnswer` for values that are not finite or fewer than 100 effective draws. Source: module docstring.
    """
    first, later = np.asarray(screening_times, float).ravel(), np.asarray(later_times, float).ravel()
    if not (np.isfinite(worst) and np.isfinite(observed) and np.isfinite(first).all() and np.isfinite(later).all()):
        return NoAnswer("a time or value is not a finite number")
    if first.size < 2:
        return NoAnswer("the worst of one value is that value: give it as baseline")
    inside = schedule.endpoint.visits(later - first.max())
    if not inside.any() or (weights := schedule.endpoint.weights((later - first.max())[inside])) is None:
        return NoAnswer("the visits do not define the endpoint")
    sign, rng = schedule.endpoint.sign, np.random.default_rng(seed)
    each = max(1, draws // first.size)
    mass, good = [], []
    for j in range(first.size):
        others = np.delete(first, j)
        density = float(
            predict(post, np.zeros(0), np.zeros(0), first[j : j + 1], covariates).linear(np.ones(1)).density(worst)[0]
        )
        given = predict(post, first[j : j + 1], np.array([worst]), np.concatenate([others, later[inside]]), covariates)
        drawn = given.draws(each, rng)
        milder = (sign * drawn[:, : others.size] >= sign * worst).all(axis=1)
        mass.append(density * milder)
        good.append(sign * (drawn[:, others.size :] @ weights) >= sign * observed)
    w, hit = np.concatenate(mass), np.concatenate(good).astype(float)
    effective = float(w.sum() ** 2 / (w**2).sum()) if w.sum() > 0 else 0.0
    if effective < LEAST:
        return NoAnswer(f"{effective:.0f} effective draws agree with the rule of entry: too few for a number")
    p = float((w * hit).sum() / w.sum())
    error = float(np.sqrt((w**2 * (hit - p) ** 2).sum()) / w.sum())
    return RarityGivenWorst(p, max(error, _binomial_error(0, int(effective))), effective, draws, seed)
