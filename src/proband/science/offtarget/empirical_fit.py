"""Fitting the empirical probability, and judging it with guides held out.

The fit is logistic regression with a ridge penalty on standardised features and coefficients bounded by sign. It is
judged on guides it has never seen: each guide in turn is left out (all its sites), the others give the coefficients.
Intervals resample guides, not sites, as sites of one guide are alike.

Average precision: the mean of the precision at each found site, ties taken as one step (area under the step curve of
precision over recall). AUROC by ranks with ties shared (Hanley and McNeil, Radiology 1982;143:29-36).

Features and penalty may be chosen too: then the choice is made anew for each guide left out, among the others alone.

Cannot see: guides unlike those of the data; how the list of candidates, drawn up in knowledge of the data, flatters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proband.science.offtarget.empirical_score import FEATURES, SIGNS, EmpiricalModel

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
RIDGE = 10.0
"""Penalty on the squared coefficients of standardised features; project's choice, 1 to 30 gave alike figures."""
LEAST_SPREAD = 0.05
"""Least standard deviation by which a feature is scaled, so that a rare one is not blown up; project's choice."""


def fit(values: Floats, found: Bools, ridge: float = RIDGE, names: Sequence[str] = FEATURES) -> EmpiricalModel:
    """The model of feature values (n, features) and of which sites were found (n).

    Raises ``ValueError`` where all or none were found: there is nothing to tell apart.
    """
    from scipy.optimize import minimize

    if found.all() or not found.any():
        raise ValueError("sites of both kinds are needed: found and not found")
    middle, spread = values.mean(0), np.maximum(values.std(0), LEAST_SPREAD)
    z = np.column_stack([np.ones(len(values)), (values - middle) / spread])

    def loss(b: Floats) -> tuple[float, Floats]:
        odds = z @ b
        value = float(np.sum(np.logaddexp(0, odds) - found * odds) + ridge / 2 * np.sum(b[1:] ** 2))
        slope = z.T @ (1 / (1 + np.exp(-odds)) - found) + ridge * np.concatenate([[0.0], b[1:]])
        return value, slope

    bounds = [(None, None), *((0, None) if SIGNS[n] > 0 else (None, 0) for n in names)]
    options = {"maxiter": 10_000, "maxfun": 100_000, "ftol": 1e-15, "gtol": 1e-8}
    best = minimize(loss, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    slopes = best[1:] / spread
    intercept = float(best[0] - slopes @ middle)
    return EmpiricalModel(intercept, dict(zip(names, map(float, slopes), strict=True)), {})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A set of features with a ridge penalty."""

    names: tuple[str, ...] = FEATURES
    ridge: float = RIDGE


def held_out(
    values: Floats, found: Bools, guides: npt.NDArray[np.str_], candidate: Candidate = Candidate(), folds: int = 0
) -> Floats:
    """Log odds of each site (n) from a model that has not seen any site of its guide.

    Guides are left out one by one, or in `folds` groups of guides, dealt in the order of their names.
    """
    columns = [FEATURES.index(n) for n in candidate.names]
    names = np.unique(guides)
    group = np.arange(len(names)) % (folds or len(names))
    odds = np.zeros(len(found))
    for number in np.unique(group):
        out = np.isin(guides, names[group == number])
        model = fit(values[~out][:, columns], found[~out], candidate.ridge, candidate.names)
        odds[out] = values[out][:, columns] @ np.array([*model.coefficients.values()]) + model.intercept
    return odds


def log_loss(found: Bools, odds: Floats) -> float:
    """Mean negative log probability of what was seen.

    >>> round(log_loss(np.array([True, False]), np.array([0.0, 0.0])), 4)
    0.6931
    """
    return float(np.mean(np.logaddexp(0, odds) - found * odds))


def nested(
    values: Floats, found: Bools, guides: npt.NDArray[np.str_], candidates: Sequence[Candidate], folds: int = 6
) -> tuple[Floats, list[Candidate]]:
    """As `held_out`, each guide with the candidate that does best on the others; and which one that was.

    For each guide left out the candidates are compared by `log_loss` on the other guides alone, these left out in
    `folds` groups: a measure that is neither of the two by which scores are judged.
    """
    odds, chosen = np.zeros(len(found)), []
    for guide in np.unique(guides):
        out = guides == guide
        rest = values[~out], found[~out], guides[~out]
        losses = [log_loss(rest[1], held_out(*rest, candidate, folds)) for candidate in candidates]
        best = candidates[int(np.argmin(losses))]
        columns = [FEATURES.index(n) for n in best.names]
        model = fit(rest[0][:, columns], rest[1], best.ridge, best.names)
        odds[out] = values[out][:, columns] @ np.array([*model.coefficients.values()]) + model.intercept
        chosen.append(best)
    return odds, chosen


def auroc(found: Bools, score: Floats) -> float:
    """The chance that a found site scores above one not found, ties counted half; nan without both kinds.

    >>> auroc(np.array([True, False, False]), np.array([2.0, 1.0, 2.0]))
    0.75
    """
    total, hits = len(found), int(found.sum())
    if hits in (0, total):
        return float("nan")
    _, which, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[which]
    return float((ranks[found].sum() - hits * (hits + 1) / 2) / (hits * (total - hits)))


def average_precision(found: Bools, score: Floats) -> float:
    """The area under the step curve of precision over recall, ties taken as one step; nan where none was found.

    >>> average_precision(np.array([True, False, True]), np.array([3.0, 2.0, 1.0]))
    0.8333333333333333
    """
    hits = int(found.sum())
    if not hits:
        return float("nan")
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    right, seen = np.cumsum(found[order]), np.arange(1, len(found) + 1)
    last = np.append(ranked[1:] != ranked[:-1], True)
    right, seen = right[last], seen[last]
    return float(np.sum(np.diff(right, prepend=0) / hits * (right / seen)))


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the 2.5 % and 97.5 % points over resampled guides."""

    value: float
    low: float
    high: float


def by_guides(
    statistic: Callable[[npt.NDArray[np.intp]], float], guides: npt.NDArray[np.str_], seed: int, draws: int = 1000
) -> Interval:
    """A statistic of chosen sites (indices) with its interval by resampling guides; draws without a value are left out.

    `statistic` gets the indices of the sites; `seed` fixes the draws.
    """
    names = np.unique(guides)
    groups = [np.flatnonzero(guides == g) for g in names]
    random = np.random.default_rng(seed)
    made = []
    for _ in range(draws):
        chosen = random.integers(0, len(names), len(names))
        value = statistic(np.concatenate([groups[i] for i in chosen]))
        if np.isfinite(value):
            made.append(value)
    low, high = np.quantile(made, [0.025, 0.975]) if made else (np.nan, np.nan)
    return Interval(statistic(np.arange(len(guides))), float(low), float(high))


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Sites of like predicted probability: how many, the mean that was predicted, and how many were found."""

    sites: int
    predicted: float
    found: int


def calibration(found: Bools, odds: Floats, bins: int = 8) -> tuple[CalibrationBin, ...]:
    """Predicted against found, in bins of equal numbers of sites by predicted probability."""
    p = 1 / (1 + np.exp(-odds))
    parts = np.array_split(np.argsort(p, kind="stable"), bins)
    return tuple(CalibrationBin(len(i), float(p[i].mean()), int(found[i].sum())) for i in parts if len(i))


def calibration_line(found: Bools, odds: Floats) -> tuple[float, float]:
    """Intercept and slope of found on held-out log odds; 0 and 1 where the probabilities are right on average."""
    b = np.zeros(2)
    x = np.column_stack([np.ones(len(odds)), odds])
    for _ in range(50):  # Newton's method on two parameters
        p = 1 / (1 + np.exp(-(x @ b)))
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + 1e-12 * np.eye(2), x.T @ (found - p))
        b = b + step
        if np.abs(step).max() < 1e-10:
            break
    return float(b[0]), float(b[1])
