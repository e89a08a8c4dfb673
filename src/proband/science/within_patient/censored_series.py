"""The posterior of an effect where some values lie below a limit of the assay: integrated, never replaced.

At each node of dependence and sigma everything but the truncation is Gaussian. The values below their limits, given the
measured ones, are a Gaussian orthant: its probability and the posterior of the effect within it come from sequentially
truncated draws on a fixed lattice (`kernels.censored`; Genz, J Comput Graph Stat 1992;1:141-149; points after
Richtmyer, frac(i sqrt(prime))). No random numbers, hence equal inputs give equal results; the effective number of
points is told.

A phase without a single measured value has no lowest level: then the effect has no posterior but a one-sided bound,
found by setting one of its values at its limit, which is the least favourable place.

Cannot see: a limit that is itself wrong, and an assay that is not linear near its limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from proband.kernels.censored import truncated_draws
from proband.science.within_patient.autoregressive import NoAnswer, NormalPrior
from proband.science.within_patient.dependence import WEEK, Dependence, dependence
from proband.science.within_patient.mixture import Mixture

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

POINTS = 127
"""Points of the lattice at each node."""
LEAST_EFFECTIVE = 15.0
"""Effective points of a node, on average over the posterior, below which no answer is given."""
_NODES_RHO, _NODES_SIGMA = 12, 11
_GROUPS = 16


@dataclass(frozen=True, slots=True)
class CensoredPosterior:
    """The effect, nodes of rho and noise with weights, effective points of a node, and the row set at its limit."""

    effect: Mixture
    rho: Floats
    noise: Floats
    rho_weight: Floats
    effective: float
    at_limit: int | None


@dataclass(frozen=True, slots=True)
class _Part:
    """Components of one node: centres, scales, log weights, and how many points were effective."""

    centre: Floats
    scale: Floats
    log_weight: Floats
    effective: float


def censored_posterior(
    days: Floats,
    design: Floats,
    values: Floats,
    below: Marks,
    contrast: Floats,
    prior_name: str = "cautious",
    noise: bool = True,
    coefficients: NormalPrior | None = None,
) -> CensoredPosterior:
    """Posterior of a contrast; `values` holds the limit where `below` is set.

    Raises `NoAnswer` where too few values are measured. Source: module docstring.

    >>> weeks = np.arange(20.0)
    >>> design = np.column_stack([np.ones(20), weeks >= 10])
    >>> values = np.where(weeks >= 10, 2.0, 5.0) + np.sin(3 * weeks)
    >>> below = values < 1.8
    >>> made = censored_posterior(7 * weeks, design, np.where(below, 1.8, values), below, np.array([0.0, 1.0]))
    >>> bool(made.effect.below(0.0) > 0.99)
    True
    """
    prior = dependence(prior_name, noise, _NODES_RHO)
    coefficients = coefficients or NormalPrior(np.zeros(contrast.size), np.full(contrast.size, np.inf))
    flat = np.isinf(coefficients.deviation)
    below = below.copy()
    at_limit = _lowest_placed(design, below, contrast, flat)
    if int((~below).sum()) < int(flat.sum()) + 2:
        raise NoAnswer(f"{int((~below).sum())} values above the limit of the assay for {flat.sum()} coefficients")
    scale = _rough_scale(design[~below], values[~below])
    nodes = [_node(days, design, values, below, contrast, prior, g, coefficients, scale) for g in range(prior.rho.size)]
    parts = [part for node in nodes for part in node]
    log_weight = np.concatenate([p.log_weight for p in parts])
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    per_part = weight.reshape(len(parts), -1).sum(axis=1)
    per_node = per_part.reshape(len(nodes), -1).sum(axis=1)
    effective = float(per_part @ np.array([p.effective for p in parts]))
    if below.any() and effective < LEAST_EFFECTIVE:
        raise NoAnswer(
            f"too many values below the limit: {effective:.0f} of {POINTS} points of integration are effective"
        )
    centre, spread = np.concatenate([p.centre for p in parts]), np.concatenate([p.scale for p in parts])
    return CensoredPosterior(
        Mixture(centre, spread, weight, float("inf")), prior.rho, prior.noise, per_node, effective, at_limit
    )


def _lowest_placed(design: Floats, below: Marks, contrast: Floats, flat: Marks) -> int | None:
    """Set one value at its limit where the measured ones alone can not tell the coefficients; changes `below`."""
    if not below.any() or (~below).sum() == 0 or _determined(design[~below], flat):
        if (~below).sum() == 0:
            raise NoAnswer("every value lies below the limit of the assay")
        return None
    rows = np.flatnonzero(below)
    effect = design[:, int(np.flatnonzero(contrast)[0])]
    for phase in (rows[effect[rows] != 0], rows[effect[rows] == 0]):
        if not phase.size:
            continue
        row = int(phase[phase.size // 2])
        below[row] = False
        if _determined(design[~below], flat):
            return row
        below[row] = True
    raise NoAnswer("the values above the limit of the assay can not tell the effect from the other columns")


def _determined(design: Floats, flat: Marks) -> bool:
    free = design[:, flat]
    scaled = free / np.maximum(np.abs(free).max(axis=0), 1e-300)
    return bool(np.linalg.matrix_rank(scaled, tol=1e-6) == free.shape[1])


def _rough_scale(design: Floats, values: Floats) -> float:
    fitted, *_ = np.linalg.lstsq(design, values, rcond=None)
    rest = values - design @ fitted
    scale = float(np.sqrt(rest @ rest / max(values.size - design.shape[1], 1)))
    if scale <= 1e-9 * max(float(np.abs(values).max()), 1e-300):
        raise NoAnswer("the values above the limit do not vary beyond the model: no spread can be estimated")
    return scale


def _node(
    days: Floats, design: Floats, values: Floats, below: Marks, contrast: Floats, prior: Dependence, g: int,
    coefficients: NormalPrior, scale: float,
) -> list[_Part]:  # fmt: skip
    """The components at one node of dependence, over sigma."""
    away = np.abs(np.subtract.outer(days, days)) / WEEK
    correlation = (1 - prior.noise[g]) * prior.rho[g] ** away + prior.noise[g] * np.eye(days.size)
    inverse = np.linalg.inv(correlation)
    half_log_determinant = -0.5 * float(np.linalg.slogdet(correlation)[1])
    # With a flat level, sigma / sqrt(1 - rho) and rho are told together: the centre of the grid follows rho.
    x = design[~below]
    own = np.linalg.inv(correlation[np.ix_(~below, ~below)])
    gram = x.T @ own @ x + 1e-9 * np.eye(x.shape[1]) * np.trace(x.T @ own @ x)
    rest = values[~below] - x @ np.linalg.solve(gram, x.T @ own @ values[~below])
    free = max(int((~below).sum()) - x.shape[1], 1)
    centre = max(float(np.sqrt(rest @ own @ rest / free)), 1e-3 * scale)
    reach = min(6 / np.sqrt(2 * free), 2.0)
    precision = np.where(np.isinf(coefficients.deviation), 0.0, 1 / coefficients.deviation**2)
    return [
        _at_sigma(
            inverse / sigma**2, half_log_determinant - days.size * np.log(sigma) + prior.log_weight[g],
            design, values, below, contrast, precision, coefficients.mean,
        )
        for sigma in centre * np.exp(np.linspace(-0.8 * reach, 1.2 * reach, _NODES_SIGMA))
    ]  # fmt: skip


def _at_sigma(
    q: Floats, log_weight: float, design: Floats, values: Floats, below: Marks, contrast: Floats, precision: Floats,
    mean: Floats,
) -> _Part:  # fmt: skip
    """Components at one dependence and sigma: `q` is the precision of the errors."""
    qx = q @ design
    a = design.T @ qx + np.diag(precision)
    shift = precision * np.where(precision > 0, mean, 0.0)
    solved = np.linalg.solve(a, np.column_stack([qx.T, shift, contrast]))
    to_y, from_prior, to_contrast = solved[:, :-2], solved[:, -2], solved[:, -1]
    marginal = q - qx @ to_y
    push = qx @ from_prior
    o, c = ~below, below
    yo = values[o]
    log_weight += -0.5 * float(np.linalg.slogdet(a)[1]) - 0.5 * float(yo @ marginal[np.ix_(o, o)] @ yo) + push[o] @ yo
    scale = float(np.sqrt(contrast @ to_contrast))
    start = contrast @ from_prior
    if not c.any():
        centre = start + contrast @ to_y @ values
        return _Part(np.array([centre]), np.array([scale]), np.array([log_weight]), 1.0)
    upper = np.linalg.cholesky(marginal[np.ix_(c, c)][::-1, ::-1])[::-1, ::-1]
    pull = push[c] - marginal[np.ix_(c, o)] @ yo
    half = np.linalg.solve(upper, pull)
    log_weight += 0.5 * float(half @ half) - float(np.log(np.diag(upper)).sum())
    expected = np.linalg.solve(upper.T, half)
    factor = np.linalg.inv(upper).T
    draws, more = truncated_draws(expected, np.ascontiguousarray(factor), values[c], lattice(int(c.sum())))
    centre = start + contrast @ to_y[:, o] @ yo + draws @ (contrast @ to_y[:, c])
    return _merged(centre, scale, log_weight + more - np.log(len(draws)))


def _merged(centre: Floats, scale: float, log_weight: Floats) -> _Part:
    """Neighbouring components of one node joined into a few of the same mean and variance."""
    order = np.argsort(centre, kind="stable")
    weight = np.exp(log_weight - log_weight.max())
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    starts = np.arange(_GROUPS) * centre.size // _GROUPS
    w, c = np.maximum(weight[order], 1e-290), centre[order]
    total = np.add.reduceat(w, starts)
    mean = np.add.reduceat(w * c, starts) / total
    square = np.add.reduceat(w * c**2, starts) / total - mean**2
    return _Part(mean, np.sqrt(scale**2 + np.maximum(square, 0)), np.log(total) + log_weight.max(), effective)


@lru_cache(maxsize=64)
def lattice(dimensions: int, points: int = POINTS) -> Floats:
    """Points of a unit cube that fill it evenly: fractions of multiples of roots of primes, kept off the faces.

    >>> lattice(2, 3).round(3).tolist()
    [[0.414, 0.732], [0.828, 0.464], [0.243, 0.196]]
    """
    roots = np.sqrt(_primes(dimensions))
    made = np.mod(np.arange(1, points + 1)[:, None] * roots[None, :], 1.0)
    return np.ascontiguousarray(np.clip(made, 1e-6, 1 - 1e-6))


def _primes(count: int) -> Floats:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % p for p in found if p * p <= candidate):
            found.append(candidate)
        candidate += 1
    return np.array(found, dtype=float)
