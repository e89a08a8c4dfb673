"""The mean of few normal observations whose standard deviation is not known, under a normal mixture prior.

With the prior 1/sigma^2 on the variance, or a scaled inverse chi-square one worth `prior_df` observations, sigma
integrates out and leaves a Student likelihood of the mean (Gelman et al., Bayesian Data Analysis, 3rd ed., sections
3.2 and 3.3). Times a normal mixture it is not conjugate; one dimension is left, which is summed on a fine grid.

Cannot see: observations that depend on each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import Quantity
from proband.science.borrowing.grids import grid_quantity
from proband.science.borrowing.mixtures import Array, Mixture

POINTS = 4001
"""Nodes around the data and around each component of the prior."""
REACH = 40.0
"""Widths of the data and of every component that the nodes cover."""


@dataclass(frozen=True, slots=True)
class MeanPosterior:
    """The posterior of a mean: its quantity, mean, standard deviation and the posterior weights of the prior."""

    quantity: Quantity
    mean: float
    sd: float
    weights: tuple[float, ...]
    degrees_of_freedom: float


def student_likelihood(theta: Array, values: Sequence[float], prior_df: float = 0.0, prior_sd: float = 0.0) -> Array:
    """Log likelihood of each mean in `theta` after `values`, sigma integrated out; up to a constant.

    Raises ``ProgramError`` when nothing tells sigma: fewer than two values (or all equal) and no prior on it.

    >>> student_likelihood(np.array([1.0, 2.0]), [1.0, 3.0]).round(4).tolist()
    [-0.6931, -0.0]
    """
    y = np.asarray(values, np.float64)
    if y.size == 0 or not np.isfinite(y).all():
        raise ProgramError([Problem("values", "patients", str(list(values)), "numbers", "give what was measured")])
    df = y.size - 1 + prior_df
    squares = float(((y - y.mean()) ** 2).sum()) + prior_df * prior_sd**2
    if df <= 0 or squares <= 0:
        found = "one value" if y.size == 1 else "values without spread"
        expected = "two values that differ, or a prior on their spread"
        raise ProgramError([Problem("values", "spread", found, expected, "give sigma from a stated source")])
    return np.asarray(-0.5 * (df + 1) * np.log1p(y.size * (theta - y.mean()) ** 2 / squares))


def mean_posterior(
    prior: Mixture, values: Sequence[float], unit: str, prior_df: float = 0.0, prior_sd: float = 0.0
) -> MeanPosterior:
    """The posterior of the mean of `values` under a normal mixture `prior`, sigma integrated out.

    Raises ``ProgramError`` as `student_likelihood` does. Source: module docstring.

    >>> from proband.science.borrowing.mixtures import normal_mixture
    >>> got = mean_posterior(normal_mixture([1.0], [0.0], [1000.0]), [4.0, 5.0, 9.0], "d")
    >>> round(got.mean, 2), got.degrees_of_freedom
    (6.0, 2.0)
    """
    if prior.family != "normal":
        raise ValueError("a normal mixture is needed")
    y = np.asarray(values, np.float64)
    student_likelihood(np.zeros(1), values, prior_df, prior_sd)
    df = y.size - 1 + prior_df
    scale = math.sqrt((float(((y - y.mean()) ** 2).sum()) + prior_df * prior_sd**2) / df / y.size)
    w, m, s = prior.arrays
    nodes = _nodes(float(y.mean()), scale, m, s)
    width = np.gradient(nodes)
    log_t = student_likelihood(nodes, values, prior_df, prior_sd)
    log_prior = -0.5 * ((nodes[:, None] - m) / s) ** 2 - np.log(s) + np.log(np.maximum(w, 1e-300))
    joint = log_prior + log_t[:, None]
    density = np.exp(joint - joint.max()) * width[:, None]
    weights = density.sum(0) / density.sum()
    mass = density.sum(1) / density.sum()
    mean = float(mass @ nodes)
    sd = math.sqrt(float(mass @ (nodes - mean) ** 2))
    model = f"normal mixture prior, Student likelihood with {df:g} degrees of freedom"
    return MeanPosterior(
        grid_quantity(nodes, mass, unit, model, float(y.size), mean), mean, sd, tuple(weights.tolist()), df
    )


def _nodes(centre: float, scale: float, m: Array, s: Array) -> Array:
    """Nodes that are dense around the data and around every component, and reach `REACH` widths of each."""
    centres, widths = np.append(m, centre), np.append(s, scale)
    low, high = float((centres - REACH * widths).min()), float((centres + REACH * widths).max())
    parts = []
    for c, width in zip(centres.tolist(), widths.tolist(), strict=True):
        ends = math.asinh((low - c) / width), math.asinh((high - c) / width)
        parts.append(c + width * np.sinh(np.linspace(*ends, POINTS)))
    return np.unique(np.concatenate(parts))
