"""Bayesian linear mixed models on a grid of variance ratios: unbalanced data, every other parameter integrated exactly.

Model and data are those of ``mixed_model``. Priors: half-normal on (standard deviation of a random effect / sigma),
uniform on the correlation of intercept and slope, uniform on the autocorrelation at the median distance of neighbouring
visits, flat coefficients, density 1 / sigma^2 of sigma^2. Given the ratios, coefficients and sigma have a closed form;
the ratios are integrated by Gauss-Legendre nodes on a range found in coarser passes. A new patient given its first
visits, or a cohort without one of its patients, are further exact updates of the same sums.

Heavy tails: with `weights` each patient has its own relative precision, and a new patient's is gamma distributed with
the same df (multivariate t of a whole patient: Lange, Little & Taylor, JASA 1989;84:881-896); see ``patient_weights``.

Cannot see: whether priors suit the units of time; they are stated in the result and are the caller's to set.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem, ProgramError
from proband.science.stats.balanced_mixed import RatioPriors
from proband.science.stats.longitudinal import Form, Longitudinal
from proband.science.stats.mixed_model import design_columns
from proband.science.stats.quadrature import unit_nodes
from proband.science.stats.student_mixture import StudentMixture, student_mixture

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CUT = 18.0
_PASSES = 4
_LIGHT = 1e-12
"""Nodes below this share of the posterior are dropped once the grid is final."""
_NODES = {1: 41, 2: 25, 3: 15, 4: 11}
"""Nodes per axis by number of axes."""


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """Grid nodes: factors L (nodes, effects, effects), the autocorrelation each uses, and log prior with weight."""

    factors: Floats
    which: Ints
    phis: Floats
    log_prior: Floats


@dataclass(frozen=True, slots=True, eq=False)
class GridPosterior:
    """Posterior of a mixed model over grid nodes: everything that predictions and leave-one-out need.

    `weights` (nodes) sum to 1; `beta` (nodes, coefficients) and `cov` (nodes, coefficients, coefficients, over
    sigma^2); `q` the generalised residual sum of squares with `df`. `patient_df` is that of t-tailed patients, None for
    normal.
    """

    data: Longitudinal
    form: Form
    priors: RatioPriors
    nodes: Nodes
    products: Floats
    log_r: Floats
    logs: Floats
    sums: Floats
    weights: Floats
    beta: Floats
    cov: Floats
    q: Floats
    df: float
    precision: Floats
    patient_df: float | None = None

    def coefficient(self, j: int) -> StudentMixture:
        """Posterior of one fixed coefficient, in the order of `Form.rows`."""
        scale = np.sqrt(self.q / self.df * self.cov[:, j, j])
        return student_mixture(self.weights, self.beta[:, j], scale, self.df)

    def ratio(self, effect: int) -> float:
        """Posterior mean of a random effect's standard deviation over sigma: 0 the intercept, 1 the slope."""
        return float(self.weights @ np.sqrt((self.nodes.factors[:, effect, :] ** 2).sum(axis=1)))

    @property
    def correlation(self) -> float:
        """Posterior mean of the correlation of intercept and slope; 0 where the form has none."""
        f = self.nodes.factors
        if self.form.effects < 2:
            return 0.0
        return float(self.weights @ (f[:, 1, 0] / np.sqrt((f[:, 1, :] ** 2).sum(axis=1))))

    @property
    def sigma(self) -> float:
        """Root of the posterior mean of sigma^2."""
        return math.sqrt(float(self.weights @ self.q) / (self.df - 2.0))

    @property
    def phi(self) -> float:
        """Posterior mean of the autocorrelation at distance 1; 0 where residuals are independent."""
        return float(self.weights @ self.nodes.phis[self.nodes.which])


def weak_priors(data: Longitudinal) -> RatioPriors:
    """Half-normal scales of 5 sigma for intercepts and for the change of slopes over one standard deviation of time.

    Raises ``ProgramError`` where all times are equal.
    """
    spread = float(np.std(data.times)) if data.times.size else 0.0
    if spread == 0.0:
        problem = Problem("mixed model", "times", "all equal", "times that differ", "a course needs two times")
        raise ProgramError([problem])
    return RatioPriors(5.0, 5.0 / spread)


def fit_grid(
    data: Longitudinal,
    form: Form,
    priors: RatioPriors,
    *,
    nodes: int | None = None,
    weights: Floats | None = None,
    patient_df: float | None = None,
) -> GridPosterior:
    """Posterior of a mixed model over a grid of its variance ratios.

    `nodes` per axis (by default 25 on two axes, 15 on three, 11 on four); `weights` (patients) with `patient_df` from
    `patient_weights`. Raises ``ProgramError`` as `fit_reml`. Source: module docstring.

    >>> from proband.science.stats.longitudinal import longitudinal
    >>> rng = np.random.default_rng(2)
    >>> t, who = np.tile(np.arange(6.0), 20), np.repeat([f"p{i:02d}" for i in range(20)], 6)
    >>> y = 5 + 0.5 * t + np.repeat(rng.normal(size=20), 6) + 0.3 * rng.normal(size=120)
    >>> made = fit_grid(longitudinal(who, t, y), Form(random="intercept"), RatioPriors(3.0, 1.0))
    >>> slope = made.coefficient(1)
    >>> round(slope.mean, 2), round(slope.sd, 3), round(made.sigma, 1)
    (0.48, 0.016, 0.3)
    """
    columns, _ = design_columns(data, form)
    precision = np.ones(len(data.patients)) if weights is None else np.asarray(weights, float)
    gaps = np.diff(data.times)
    gap = float(np.median(gaps[gaps > 0])) if form.residual == "car1" else 1.0
    axes = form.effects + (form.effects == 2 and form.correlated) + (form.residual == "car1")
    x, w = unit_nodes(nodes or _NODES[axes])
    low, high = np.zeros(axes), np.ones(axes)
    for step in range(_PASSES):
        made = _nodes(form, priors, gap, low, high, x, w)
        post = _posterior(data, form, priors, made, _products(data, form, columns, made), precision, patient_df)
        if step < _PASSES - 1:
            volume = np.log(np.array([float(np.prod(v)) for v in itertools.product(w, repeat=axes)]))
            low, high = _narrow(low, high, np.log(post.weights + 1e-300) - volume, x)
    return _pruned(post)


def _products(data: Longitudinal, form: Form, columns: Floats, nodes: Nodes) -> tuple[Floats, Floats]:
    """Products of whitened columns and log|R|, for each autocorrelation."""
    from proband.kernels.mixed_blocks import whitened_products

    parts = [whitened_products(data.starts, data.times, columns, float(phi)) for phi in nodes.phis]
    return np.stack([p for p, _ in parts]), np.array([log for _, log in parts])


def _nodes(
    form: Form, priors: RatioPriors, gap: float, low: Floats, high: Floats, x: Floats, w: Floats
) -> Nodes:  # fmt: skip
    """Nodes of the product of all axes, each on (low, high) within (0, 1)."""
    axes, k = low.size, x.size
    u = low[:, None] + (high - low)[:, None] * x
    scales = (priors.intercept, priors.slope)[: form.effects]
    shape = (k,) * axes
    mesh = np.meshgrid(*u, indexing="ij")
    log = np.zeros(shape)
    for part in np.meshgrid(*([np.log(w)] * axes), indexing="ij"):
        log = log + part
    deviations = []
    for axis, scale in enumerate(scales):
        s = scale * mesh[axis] / (1.0 - mesh[axis])
        log = log - 0.5 * (s / scale) ** 2 - 2.0 * np.log1p(-mesh[axis])
        deviations.append(s.ravel())
    factors = np.zeros((k**axes, form.effects, form.effects))
    factors[:, 0, 0] = deviations[0]
    if form.effects == 2:
        rho = (2.0 * mesh[2] - 1.0).ravel() if form.correlated else np.zeros(k**axes)
        factors[:, 1, 0] = rho * deviations[1]
        factors[:, 1, 1] = np.sqrt(1.0 - rho**2) * deviations[1]
    phis, which = np.zeros(1), np.zeros(k**axes, np.int64)
    if form.residual == "car1":
        phis = u[-1] ** (1.0 / gap)
        which = np.indices(shape)[-1].ravel().astype(np.int64)
    return Nodes(factors, which, phis, log.ravel())


def _narrow(low: Floats, high: Floats, log: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Each axis's range shrunk to the nodes that matter and one on either side."""
    axes, k = low.size, x.size
    cube = log.reshape((k,) * axes)
    made_low, made_high = low.copy(), high.copy()
    for axis in range(axes):
        best = cube.max(axis=tuple(a for a in range(axes) if a != axis))
        held = np.flatnonzero(best > cube.max() - _CUT)
        width = high[axis] - low[axis]
        if held[0] > 0:
            made_low[axis] = low[axis] + width * x[held[0] - 1]
        if held[-1] < k - 1:
            made_high[axis] = low[axis] + width * x[held[-1] + 1]
    return made_low, made_high


def _posterior(
    data: Longitudinal,
    form: Form,
    priors: RatioPriors,
    nodes: Nodes,
    products: tuple[Floats, Floats],
    precision: Floats,
    patient_df: float | None,
) -> GridPosterior:
    """Posterior at given nodes from the patients' products."""
    from proband.kernels.mixed_blocks import profile

    logs, sums = profile(products[0], nodes.factors, nodes.which, precision)
    solved = _solve(nodes, products[1], logs, sums, data.values.size)
    return GridPosterior(data, form, priors, nodes, *products, logs, sums, *solved, precision, patient_df)


def _solve(
    nodes: Nodes, log_r: Floats, logs: Floats, sums: Floats, rows: int
) -> tuple[Floats, Floats, Floats, Floats, float]:
    """Weights, coefficients, their covariance, residual sums of squares and df, from sums over patients."""
    p = sums.shape[1] - 1
    cov = np.linalg.inv(sums[:, :p, :p])
    beta = np.einsum("gij,gj->gi", cov, sums[:, :p, p])
    q = sums[:, p, p] - np.einsum("gj,gj->g", sums[:, :p, p], beta)
    df = float(rows - p)
    log = nodes.log_prior - 0.5 * (logs + log_r[nodes.which])
    log = log + 0.5 * np.linalg.slogdet(cov)[1] - 0.5 * df * np.log(np.maximum(q, 1e-300))
    weights = np.exp(log - log.max())
    return weights / weights.sum(), beta, cov, q, df


def _pruned(post: GridPosterior) -> GridPosterior:
    """Without the nodes that carry nothing."""
    kept = post.weights > _LIGHT
    n = post.nodes
    nodes = Nodes(n.factors[kept], n.which[kept], n.phis, n.log_prior[kept])
    weights = post.weights[kept] / post.weights[kept].sum()
    return replace(
        post, nodes=nodes, logs=post.logs[kept], sums=post.sums[kept], weights=weights, beta=post.beta[kept],
        cov=post.cov[kept], q=post.q[kept],
    )  # fmt: skip


def leave_out(post: GridPosterior, i: int) -> GridPosterior:
    """The posterior without the patient at position `i`: exact on the same nodes, at the cost of one patient.

    Precisions of t-tailed patients are those of the whole cohort. Raises ``ProgramError`` where fewer than two patients
    would stay.
    """
    from proband.kernels.mixed_blocks import profile, whitened_products

    if len(post.data.patients) < 3:
        problem = Problem(
            "mixed model", "patients", f"{len(post.data.patients)}", "3 or more", "nobody to compare with"
        )
        raise ProgramError([problem])
    alone = post.data.only([i])
    x, z = post.form.rows(alone.times, alone.covariates)
    columns = np.ascontiguousarray(np.column_stack([z, x, alone.values]))
    parts = [whitened_products(alone.starts, alone.times, columns, float(phi)) for phi in post.nodes.phis]
    own, own_r = np.stack([p for p, _ in parts]), np.array([log for _, log in parts])
    logs, sums = profile(own, post.nodes.factors, post.nodes.which, post.precision[i : i + 1])
    rest = post.data.without(i)
    logs, sums, log_r = post.logs - logs, post.sums - sums, post.log_r - own_r
    solved = _solve(post.nodes, log_r, logs, sums, rest.values.size)
    kept = np.arange(len(post.data.patients)) != i
    return GridPosterior(
        rest, post.form, post.priors, post.nodes, post.products[:, kept], log_r, logs, sums, *solved,
        post.precision[kept], post.patient_df,
    )  # fmt: skip
