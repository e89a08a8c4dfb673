"""What a grid posterior says of a new patient's later visits, given the patient's first ones.

The new patient's first visits enter the posterior as those of any other patient (they move weights, coefficients and
sigma), so that a prediction is exact for the model: per grid node a multivariate t with df = rows - coefficients +
first visits. With t-tailed patients the new patient's own precision is integrated over nodes of its gamma distribution,
given its first visits.

Cannot see: why a patient's later visits are missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem, ProgramError
from proband.science.stats.mixed_grid import GridPosterior
from proband.science.stats.quadrature import chi_square_nodes, normal_nodes
from proband.science.stats.student_mixture import StudentMixture, student_mixture

Floats = NDArray[np.float64]

PRECISION_NODES = 12
"""Nodes over the relative precision of a t-tailed new patient."""
_LIGHT = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Mixture that predicts a vector of later visits.

    `weights` (nodes); `mean` (nodes, visits); `total` and `within` (nodes, visits, visits) covariances over sigma^2
    with and without the uncertainty of coefficients; `variance` (nodes) the estimate of sigma^2; `df`.
    Nodes are grid nodes, each with the `precisions` of a t-tailed patient (1 where patients are normal).
    """

    weights: Floats
    mean: Floats
    total: Floats
    within: Floats
    variance: Floats
    df: float
    precisions: int

    def linear(self, weights: Floats) -> StudentMixture:
        """Distribution of a weighted sum of the later visits; `weights` (visits), not all 0."""
        w = np.asarray(weights, float)
        spread = np.einsum("i,gij,j->g", w, self.total, w)
        return student_mixture(self.weights, self.mean @ w, np.sqrt(self.variance * spread), self.df)

    def tail_given_parameters(self, weights: Floats, observed: float, shift_sd: float) -> tuple[Floats, Floats]:
        """P(weighted sum + shift >= observed | parameters) and the weight of each set of parameters.

        Parameters are grid node, sigma, and the coefficients' part of the sum. The precision of a t-tailed patient is
        no parameter: it is averaged over, with its posterior at the grid node.
        """
        from scipy.special import ndtr

        w = np.asarray(weights, float)
        total, within = np.einsum("i,gij,j->g", w, self.total, w), np.einsum("i,gij,j->g", w, self.within, w)
        chi, chi_weights = chi_square_nodes(self.df, 16)
        z, z_weights = normal_nodes(15)
        each = self.weights.reshape(-1, self.precisions)
        heavy = each.sum(axis=1) > 1e-6 * each.sum(axis=1).max()
        kept, share = np.repeat(heavy, self.precisions), each[heavy]
        sigma2 = self.variance[kept, None] / chi
        move = np.sqrt(sigma2 * np.maximum(total - within, 0.0)[kept, None])
        centre = (self.mean[kept] @ w)[:, None, None] + move[:, :, None] * z
        spread = np.sqrt(sigma2 * within[kept, None] + shift_sd**2)[:, :, None]
        tails = ndtr((centre - observed) / spread).reshape(-1, self.precisions, chi.size, z.size)
        made = np.einsum("gp,gpcz->gcz", share / share.sum(axis=1, keepdims=True), tails)
        mass = share.sum(axis=1)[:, None, None] * chi_weights[:, None] * z_weights
        return made.ravel(), (mass / mass.sum()).ravel()

    def draws(self, count: int, rng: np.random.Generator) -> Floats:
        """Draws of the later visits, (count, visits)."""
        which = rng.choice(self.weights.size, count, p=self.weights / self.weights.sum())
        roots = np.linalg.cholesky(self.total)
        chi = rng.chisquare(self.df, count) / self.df
        z = rng.standard_normal((count, self.mean.shape[1]))
        scale = np.sqrt(self.variance[which] / chi)
        return np.asarray(self.mean[which] + scale[:, None] * np.einsum("rij,rj->ri", roots[which], z))


def predict(
    post: GridPosterior,
    first_times: Floats,
    first_values: Floats,
    later_times: Floats,
    covariates: Floats | None = None,
) -> Prediction:
    """Prediction of a new patient's later visits, given its first ones (possibly none).

    Times in the cohort's unit and clock; `covariates` one row for all visits, or one per visit (first, then later).
    Raises ``ProgramError`` for values that are not finite, times that repeat, or no later visit.
    Source: module docstring.

    >>> from proband.science.stats.longitudinal import Form, longitudinal
    >>> from proband.science.stats.mixed_grid import RatioPriors, fit_grid
    >>> rng = np.random.default_rng(2)
    >>> t, who = np.tile(np.arange(6.0), 20), np.repeat([f"p{i:02d}" for i in range(20)], 6)
    >>> y = 5 + 0.5 * t + np.repeat(rng.normal(size=20), 6) + 0.3 * rng.normal(size=120)
    >>> post = fit_grid(longitudinal(who, t, y), Form(random="intercept"), RatioPriors(3.0, 1.0))
    >>> seen = predict(post, np.array([0.0, 1.0]), np.array([6.5, 7.1]), np.array([5.0])).linear(np.array([1.0]))
    >>> round(seen.mean, 1), round(seen.sd, 1)
    (8.9, 0.4)
    """
    from proband.kernels.mixed_blocks import predict_nodes

    first, y, later = (np.asarray(a, float).ravel() for a in (first_times, first_values, later_times))
    times = np.concatenate([first, later])
    _check(first, y, later, times)
    x, z = post.form.rows(times, covariates)
    kept = np.flatnonzero(post.weights > _LIGHT * post.weights.max())
    scales, precision_weights = np.ones(1), np.ones(1)
    if post.patient_df is not None:
        precision, precision_weights = chi_square_nodes(post.patient_df, PRECISION_NODES)
        scales = 1.0 / precision
    which = np.repeat(kept, scales.size)
    factors = np.ascontiguousarray(post.nodes.factors[which])
    mean, total, within, distance, log = predict_nodes(
        np.ascontiguousarray(x), z, times, y, factors, post.nodes.phis[post.nodes.which[which]],
        np.tile(scales, kept.size), post.beta[which], post.cov[which],
    )  # fmt: skip
    q, df = post.q[which] + distance, post.df + y.size
    weight = np.log(post.weights[which]) + np.log(np.tile(precision_weights, kept.size))
    weight = weight + 0.5 * post.df * np.log(post.q[which]) - 0.5 * df * np.log(q) - 0.5 * log
    made = np.exp(weight - weight.max())
    return Prediction(made / made.sum(), mean, total, within, q / df, df, scales.size)


def _check(first: Floats, y: Floats, later: Floats, times: Floats) -> None:
    problems = []
    if first.size != y.size:
        problems.append(Problem("new patient", "first visits", f"{first.size} times, {y.size} values", "equal", ""))
    if later.size == 0:
        problems.append(Problem("new patient", "later visits", "none", "one or more", "nothing to predict"))
    if not (np.isfinite(times).all() and np.isfinite(y).all()):
        problems.append(Problem("new patient", "visits", "not a number", "finite times and values", "leave them out"))
    elif np.unique(times).size < times.size:
        problems.append(Problem("new patient", "visits", "two at one time", "one per time", "keep one by a rule"))
    if problems:
        raise ProgramError(problems)
