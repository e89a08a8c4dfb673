"""Mixed models of balanced designs for thousands of replicates: posterior of slope, and rarity of new patients.

Random intercept and slope without correlation, priors HalfNormal on (standard deviation / sigma), flat coefficients,
density 1 / sigma^2 of sigma^2; every integral by exact algebra or Gauss-Legendre nodes, no sampling. Meant for
operating characteristics; a single analysis uses ``mixed_grid``: missing visits, covariates, correlation.

Cannot see: missing visits, covariates, correlated effects, autocorrelated residuals.

Sources: see ``kernels.balanced_mixed``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem, ProgramError
from proband.science.stats.quadrature import chi_square_nodes, unit_nodes

Floats = NDArray[np.float64]

CHI_NODES = 24
"""Nodes over sigma where a normal shift is added to a Student t; the tail at 0.001 then holds to six digits."""


@dataclass(frozen=True, slots=True)
class RatioPriors:
    """Scales of the half-normal priors of random-effect standard deviations over sigma (slope: per unit of time)."""

    intercept: float = 1.0
    slope: float = 0.25

    def __post_init__(self) -> None:
        if not (self.intercept > 0 and self.slope > 0):
            raise ValueError("scales of priors must be above 0")


@dataclass(frozen=True, slots=True, eq=False)
class BalancedBatch:
    """One entry per replicate: means and standard deviations of the posterior.

    `intercept`, `slope` and their `_sd` are those of the cohort's line; `sigma` is the root of the mean of sigma^2;
    `ratio_intercept` and `ratio_slope` are means of standard deviation over sigma; `slope_above` is (replicates,
    thresholds), P(slope > threshold).
    """

    intercept: Floats
    slope: Floats
    intercept_sd: Floats
    slope_sd: Floats
    sigma: Floats
    ratio_intercept: Floats
    ratio_slope: Floats
    slope_above: Floats


def fit_balanced_batch(
    y: NDArray[np.float64],
    times: Sequence[float] | Floats,
    *,
    priors: RatioPriors = RatioPriors(),
    nodes: int = 25,
    slopes: Sequence[float] = (0.0,),
    chunk: int = 512,
) -> BalancedBatch:
    """Posterior of a random-intercept-and-slope model for each replicate of a balanced design.

    `y` is (replicates, patients, visits), `times` (visits) in the unit of slopes; `nodes` per variance ratio (625 nodes
    at 25); `slopes` are thresholds for P(slope > threshold). Work memory is that of `chunk` replicates.
    Raises ``ProgramError`` for values that are not finite, fewer than two patients, or visits that do not define a line
    with a residual. Source: Laird & Ware 1982; module docstring.

    >>> rng = np.random.default_rng(1)
    >>> t = np.arange(5.0)
    >>> y = 10 + 2 * t + rng.normal(size=(3, 8, 1)) + rng.normal(size=(3, 8, 5))
    >>> made = fit_balanced_batch(y, t)
    >>> made.slope.round(1).tolist(), bool((made.slope_above > 0.999).all())
    ([2.0, 1.8, 1.9], True)
    """
    from proband.kernels.balanced_mixed import balanced_posterior

    y, t = _checked(y, times)
    x, w = unit_nodes(nodes)
    thresholds = np.asarray(slopes, float).ravel()
    design = _design(t, y.shape[1])
    means, made = np.empty((len(y), 2)), np.empty((len(y), 5 + thresholds.size))
    for start in range(0, len(y), chunk):
        moments = balanced_moments(y[start : start + chunk], t)
        means[start : start + chunk] = moments[:, :2]
        rows = balanced_posterior(moments, design, priors.intercept, priors.slope, x, w, thresholds)
        made[start : start + chunk] = rows
    return BalancedBatch(
        means[:, 0], means[:, 1], np.sqrt(made[:, 0]), np.sqrt(made[:, 1]), np.sqrt(made[:, 2]), made[:, 3], made[:, 4],
        made[:, 5:],
    )  # fmt: skip


def predict_balanced_batch(
    y: NDArray[np.float64],
    times: Sequence[float] | Floats,
    baseline: NDArray[np.float64],
    baseline_times: Sequence[float] | Floats,
    observed: NDArray[np.float64],
    follow_up_times: Sequence[float] | Floats,
    follow_up_weights: Sequence[float] | Floats,
    *,
    shifts: Sequence[float] = (0.0,),
    higher_is_better: bool = True,
    priors: RatioPriors = RatioPriors(),
    nodes: int = 25,
    chunk: int = 512,
) -> Floats:
    """P(an untreated patient with this baseline does at least as well), for each replicate, new patient and shift.

    `y` (replicates, patients, visits) is the untreated cohort at `times`; `baseline` (replicates, new patients,
    visits) at `baseline_times`; the endpoint is sum(weight * value) over `follow_up_times`, and `observed`
    (replicates, new patients) is what was seen of it. Times of new patients are on the cohort's clock. `shifts` are
    standard deviations of the comparability term, in units of the spread of the prediction without it. Returns float
    (replicates, new patients, shifts). Raises ``ProgramError`` as `fit_balanced_batch`.
    Source: module docstring; `docs/explanation/natural-history.md`.

    >>> rng = np.random.default_rng(1)
    >>> t = np.arange(6.0)
    >>> y = rng.normal(size=(2, 20, 1)) + rng.normal(size=(2, 20, 6))
    >>> got = predict_balanced_batch(y, t, np.zeros((2, 1, 2)), [0.0, 1.0], np.full((2, 1), 3.0), [5.0], [1.0],
    ...                              shifts=(0.0, 1.0))
    >>> got.shape, bool((got[:, :, 1] > got[:, :, 0]).all())
    ((2, 1, 2), True)
    """
    from proband.kernels.balanced_mixed import balanced_rarity

    y, t = _checked(y, times)
    first, when, seen, functional = _new_patients(
        len(y), baseline, baseline_times, observed, follow_up_times, follow_up_weights
    )
    sizes = np.asarray(shifts, float).ravel()
    x, w = unit_nodes(nodes)
    design = _design(t, y.shape[1])
    chi, chi_weights = chi_square_nodes(y.shape[1] * y.shape[2] - 2.0 + when.size, CHI_NODES)
    made = np.empty((len(y), first.shape[1], sizes.size))
    for start in range(0, len(y), chunk):
        part = slice(start, start + chunk)
        moments = balanced_moments(y[part], t)
        made[part] = balanced_rarity(
            moments, design, priors.intercept, priors.slope, x, w,
            np.ascontiguousarray(first[part]), when, np.ascontiguousarray(seen[part]), functional, sizes,
            chi, chi_weights,
        )  # fmt: skip
    return made if higher_is_better else 1.0 - made


def balanced_moments(y: Floats, t: Floats) -> Floats:
    """What a replicate's data say: mean line, residual sum of squares, scatter of the patients' lines; (replicates, 6).

    >>> balanced_moments(np.array([[[0.0, 1.0, 2.0], [2.0, 3.0, 4.0]]]), np.arange(3.0)).round(12).tolist()
    [[1.0, 1.0, 0.0, 2.0, 0.0, 0.0]]
    """
    z = np.column_stack([np.ones_like(t), t])
    lines = y @ np.linalg.pinv(z).T
    residual = ((y - lines @ z.T) ** 2).sum(axis=(1, 2))
    mean = lines.mean(axis=1)
    gap = lines - mean[:, None, :]
    scatter = np.einsum("rnj,rnk->rjk", gap, gap)
    return np.column_stack([mean, residual, scatter[:, 0, 0], scatter[:, 0, 1], scatter[:, 1, 1]])


def _design(t: Floats, patients: int) -> Floats:
    z = np.column_stack([np.ones_like(t), t])
    inverse = np.linalg.inv(z.T @ z)
    return np.array([inverse[0, 0], inverse[0, 1], inverse[1, 1], float(patients), float(t.size)])


def _checked(y: NDArray[np.float64], times: Sequence[float] | Floats) -> tuple[Floats, Floats]:
    """Values and times as arrays, or every problem they have."""
    y, t = np.asarray(y, float), np.asarray(times, float).ravel()
    problems = []
    if y.ndim != 3 or y.shape[-1] != t.size:
        remedy = "give replicates, patients, visits"
        problems.append(Problem("batch", "shape of y", str(y.shape), f"three axes, the last of {t.size}", remedy))
        raise ProgramError(problems)
    if not (np.isfinite(y).all() and np.isfinite(t).all()):
        remedy = "use the grid of an unbalanced design where visits are missing"
        problems.append(Problem("batch", "values", "not a number", "finite values at every visit", remedy))
    if np.unique(t).size < 3:
        problems.append(Problem("batch", "times", f"{np.unique(t).size} distinct", "3 or more", "add visits"))
    if y.shape[1] < 2:
        problems.append(Problem("batch", "patients", str(y.shape[1]), "2 or more", "add untreated patients"))
    if not problems and len(y) and bool((np.ptp(y, axis=(1, 2)) == 0).any()):
        remedy = "leave it out: a constant series has no residual spread"
        problems.append(Problem("batch", "values", "a replicate without any spread", "values that differ", remedy))
    if problems:
        raise ProgramError(problems)
    return y, t


def _new_patients(
    replicates: int,
    baseline: NDArray[np.float64],
    baseline_times: Sequence[float] | Floats,
    observed: NDArray[np.float64],
    times: Sequence[float] | Floats,
    weights: Sequence[float] | Floats,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Arrays of the new patients, and the sums that define the endpoint."""
    first, when = np.asarray(baseline, float), np.asarray(baseline_times, float).ravel()
    seen, t, w = np.asarray(observed, float), np.asarray(times, float).ravel(), np.asarray(weights, float).ravel()
    problems = []
    if first.ndim != 3 or first.shape[0] != replicates or first.shape[-1] != when.size:
        expected = f"({replicates}, new patients, {when.size})"
        problems.append(Problem("batch", "shape of baseline", str(first.shape), expected, "match y and baseline_times"))
    elif seen.shape != first.shape[:2]:
        problems.append(Problem("batch", "shape of observed", str(seen.shape), str(first.shape[:2]), "one per patient"))
    if t.size == 0 or t.shape != w.shape or not np.any(w):
        remedy = "give a weight for each later visit"
        problems.append(Problem("batch", "endpoint", f"{t.size} times, {w.size} weights", "equal, not all 0", remedy))
    if not all(np.isfinite(a).all() for a in (first, when, seen, t, w)):
        problems.append(Problem("batch", "new patients", "not a number", "finite values", "leave the patient out"))
    if problems:
        raise ProgramError(problems)
    return first, when, seen, np.array([w.sum(), (w * t).sum(), (w**2).sum()])
