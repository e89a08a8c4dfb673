"""Heavy-tailed patients: relative precisions of whole patients, and the degrees of freedom that fit them best.

A patient's whole vector is multivariate t (Lange, Little & Taylor, JASA 1989;84:881-896): its covariance is divided by
a precision with a gamma distribution of mean 1 and `df` degrees of freedom. Expectation-maximisation: given distances
d_i of m_i rows, precision (df + m_i) / (df + d_i); then the mixed model is fitted with those weights.

Cannot see: the uncertainty of the precisions of the cohort's patients, which are held at their expectation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.science.stats.balanced_mixed import RatioPriors
from proband.science.stats.longitudinal import Form, Longitudinal
from proband.science.stats.mixed_grid import GridPosterior, fit_grid

Floats = NDArray[np.float64]

DFS = (3.0, 4.0, 6.0, 10.0, 20.0)
_ROUNDS = 12
_NODES = {1: 15, 2: 9, 3: 7, 4: 7}


@dataclass(frozen=True, slots=True, eq=False)
class PatientWeights:
    """Precisions (patients), the df they belong to, and the log likelihood at the centre of the posterior."""

    weights: Floats
    df: float
    log_likelihood: float


def patient_weights(data: Longitudinal, form: Form, priors: RatioPriors, dfs: Sequence[float] = DFS) -> PatientWeights:
    """Precisions of t-tailed patients at the df of greatest likelihood among `dfs`.

    Raises ``ProgramError`` as `fit_grid`.

    >>> from proband.science.stats.longitudinal import longitudinal
    >>> rng = np.random.default_rng(2)
    >>> t, who = np.tile(np.arange(6.0), 20), np.repeat([f"p{i:02d}" for i in range(20)], 6)
    >>> noise = rng.normal(size=120) * np.where(np.arange(120) < 12, 9.0, 1.0)
    >>> made = patient_weights(longitudinal(who, t, noise), Form(random="intercept"), RatioPriors(3.0, 1.0))
    >>> made.df, bool(made.weights[:2].max() < made.weights[2:].min())
    (3.0, True)
    """
    found = [_at(data, form, priors, df) for df in dfs]
    return max(found, key=lambda f: f.log_likelihood)


def _at(data: Longitudinal, form: Form, priors: RatioPriors, df: float) -> PatientWeights:
    """Expectation-maximisation at one df; the factor and coefficients are the means of a small grid."""
    from proband.kernels.mixed_blocks import distances

    sizes = np.diff(data.starts).astype(float)
    weights, log = np.ones(sizes.size), -np.inf
    for _ in range(_ROUNDS):
        post = fit_grid(data, form, priors, nodes=_coarse(form), weights=weights)
        factor, phi = np.einsum("g,gij->ij", post.weights, post.nodes.factors), post.phi
        beta = post.weights @ post.beta
        products, log_r = _whitened(post, phi)
        # sigma^2 of maximum likelihood: residual sum over rows
        sigma2 = float(post.weights @ post.q) / data.values.size
        d, logs = distances(products, factor, beta)
        before, log = log, _log_likelihood(d / sigma2, logs, log_r, sizes, df, sigma2)
        weights = (df + sizes) / (df + d / sigma2)
        if abs(log - before) < 1e-3:
            break
    return PatientWeights(weights, df, log)


def _coarse(form: Form) -> int:
    return _NODES[form.effects + (form.effects == 2 and form.correlated) + (form.residual == "car1")]


def _whitened(post: GridPosterior, phi: float) -> tuple[Floats, float]:
    from proband.kernels.mixed_blocks import whitened_products

    x, z = post.form.rows(post.data.times, post.data.covariates)
    columns = np.ascontiguousarray(np.column_stack([z, x, post.data.values]))
    made: tuple[Floats, float] = whitened_products(post.data.starts, post.data.times, columns, phi)
    return made


def _log_likelihood(d: Floats, logs: Floats, log_r: float, sizes: Floats, df: float, sigma2: float) -> float:
    """Multivariate t log density of all patients."""
    from scipy.special import gammaln

    made = gammaln(0.5 * (df + sizes)) - gammaln(0.5 * df) - 0.5 * sizes * np.log(np.pi * df * sigma2)
    made = made - 0.5 * logs - 0.5 * (df + sizes) * np.log1p(d / df)
    return float(made.sum() - 0.5 * log_r)
