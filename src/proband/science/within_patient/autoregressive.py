"""Regression of one patient's series with autocorrelated errors: the dependence is integrated, never fixed.

y = X b + e, e an autoregression in continuous time with an optional share of measurement noise
(`kernels.autoregression`), flat priors on b and on log sigma, a proper prior on the dependence (`dependence`). At each
node the posterior of a contrast of b is Student's t in closed form (Zellner, An Introduction to Bayesian Inference in
Econometrics, 1971, ch. 3; recalled); the node's weight is its prior times its marginal likelihood, b and sigma
integrated out, which is the restricted likelihood (Harville, Biometrika 1974;61:383-385). With a normal prior on some b
(a natural trend known from untreated patients) sigma is a further dimension of the grid and components are normal.

This is the layer of arrays, meant to be called many thousand times by simulations. `biomarker` is the layer of records.
Why not a t-test, a Newey-West error or a fitted rho: see the table of error rates in docs/explanation/own-control.md.

Cannot see: a change of care at the same time as the dose, drift that no column describes, a start chosen because of
the values (see `baseline_period`), spread that changes with the level (use the logarithm).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from proband.kernels.autoregression import innovations, products
from proband.science.within_patient.dependence import WEEK, Dependence, dependence
from proband.science.within_patient.mixture import Mixture

Floats = NDArray[np.float64]

_SIGMA_STEP = 0.12
"""Step of log sigma where it is a dimension of the grid: less than its posterior spread up to 30 measurements."""
_SINGULAR = 1e-9
_FLAT = 1e-9
"""Residuals of less than this share of the values are rounding, not spread."""


class NoAnswer(ValueError):
    """The series can not tell the effect; the text says why, for the reader of a dossier."""


@dataclass(frozen=True, slots=True)
class NormalPrior:
    """Normal prior on coefficients: mean and standard deviation per column, infinite where flat."""

    mean: Floats
    deviation: Floats


@dataclass(frozen=True, slots=True)
class EffectPosteriors:
    """Posteriors of one contrast for many series: components by series, and what was learnt of rho.

    `centre`, `scale`, `weight` have the component first and the series second; `rho` is that of each component.
    """

    centre: Floats
    scale: Floats
    weight: Floats
    degrees: float
    rho: Floats
    noise: Floats

    def below(self, value: float | Floats = 0.0) -> Floats:
        """P(effect < value) of each series; one value for all, or one for each."""
        z = (value - self.centre) / self.scale
        held = ndtr(z) if np.isinf(self.degrees) else stdtr(self.degrees, z)
        return np.asarray((self.weight * held).sum(axis=0))

    def mean(self) -> Floats:
        """Posterior mean of each series."""
        return np.asarray((self.weight * self.centre).sum(axis=0))

    def deviation(self) -> Floats:
        """Posterior standard deviation of each series."""
        wider = 1.0 if np.isinf(self.degrees) else self.degrees / max(self.degrees - 2, 1e-9)
        spread = self.weight * (self.scale**2 * wider + (self.centre - self.mean()) ** 2)
        return np.asarray(np.sqrt(spread.sum(axis=0)))

    def rho_mean(self) -> Floats:
        """Posterior mean of rho per week of each series."""
        return np.asarray(self.rho @ self.weight)

    def of(self, index: int) -> Mixture:
        """The posterior of one series as a mixture."""
        return Mixture(self.centre[:, index], self.scale[:, index], self.weight[:, index], self.degrees)


def effect_posteriors(
    days: Floats,
    design: Floats,
    series: Floats,
    contrast: Floats,
    prior: Dependence | None = None,
    coefficients: NormalPrior | None = None,
) -> EffectPosteriors:
    """Posterior of a contrast of the coefficients for each of many series that share days and design.

    `days` (n,), increasing; `design` (n, p); `series` (n, many); `contrast` (p,). Ten thousand series of 24 weeks take
    well under a second. Raises `NoAnswer` where the design can not tell the contrast or a series does not vary.
    Source: module docstring.

    >>> weeks = np.arange(24.0)
    >>> design = np.column_stack([np.ones(24), weeks >= 12])
    >>> made = effect_posteriors(7 * weeks, design, np.sin(weeks)[:, None] - 5 * design[:, 1:], np.array([0.0, 1.0]))
    >>> bool(made.below(0.0)[0] > 0.99)
    True
    """
    prior = prior or dependence()
    n, p = design.shape
    _check_design(design, contrast, coefficients)
    gaps = np.diff(days, prepend=days[0]) / WEEK
    design, series = np.ascontiguousarray(design, dtype=float), np.ascontiguousarray(series, dtype=float)
    # What least squares explains is taken off and added again, so that a far level costs no digits.
    explained, *_ = np.linalg.lstsq(design, series, rcond=None)
    rest = series - design @ explained
    if (np.abs(rest).max(axis=0) <= _FLAT * np.maximum(np.abs(series).max(axis=0), 1e-300)).any():
        raise NoAnswer("the values do not vary beyond the model: no spread can be estimated")
    made = products(design, np.ascontiguousarray(rest), gaps, prior.rho, prior.noise)
    if coefficients is None:
        return _flat(*made, n - p, contrast, prior, contrast @ explained)
    return _informed(*made, n, contrast, prior, coefficients, explained)


def _check_design(design: Floats, contrast: Floats, coefficients: NormalPrior | None) -> None:
    n, p = design.shape
    if n < p + 2:
        raise NoAnswer(f"{n} measurements for {p} coefficients: their spread can not be seen")
    if coefficients is not None:
        known = np.isfinite(coefficients.deviation)
        design = np.vstack([design, np.diag(known * np.maximum(np.abs(design).max(axis=0), 1.0))])
    scaled = design / np.maximum(np.abs(design).max(axis=0), 1e-300)
    values, vectors = np.linalg.eigh(scaled.T @ scaled)
    lost = vectors[:, values < _SINGULAR * values.max()]
    if lost.size and np.abs(lost.T @ (contrast * np.abs(design).max(axis=0))).max() > 0:
        raise NoAnswer("the effect can not be told apart from the level, the trend or a covariate")
    if lost.size:
        raise NoAnswer("two columns of the design say the same: leave one out")


def _flat(
    xx: Floats, xy: Floats, yy: Floats, determinants: Floats, free: int, contrast: Floats, prior: Dependence,
    start: Floats,
) -> EffectPosteriors:  # fmt: skip
    """Closed form at each node: Student's t with n - p degrees of freedom; `start` is added to the contrast."""
    lower = np.linalg.cholesky(xx)
    solved = np.linalg.solve(xx, xy)
    rest = yy - np.einsum("gpr,gpr->gr", solved, xy)
    along = np.linalg.solve(xx, np.broadcast_to(contrast[:, None], (*xx.shape[:1], contrast.size, 1)))
    factor = np.einsum("p,gpo->g", contrast, along)
    log_weight = (
        prior.log_weight[:, None]
        - 0.5 * determinants[:, None]
        - np.log(np.einsum("gpp->gp", lower)).sum(axis=1)[:, None]
        - 0.5 * free * np.log(rest)
    )
    centre = start + np.einsum("p,gpr->gr", contrast, solved)
    scale = np.sqrt(factor[:, None] * rest / free)
    return EffectPosteriors(centre, scale, _normalised(log_weight), float(free), prior.rho, prior.noise)


def _informed(
    xx: Floats, xy: Floats, yy: Floats, determinants: Floats, n: int, contrast: Floats, prior: Dependence,
    coefficients: NormalPrior, explained: Floats,
) -> EffectPosteriors:  # fmt: skip
    """Sigma on a grid around its rough estimate at each node; components are normal."""
    precision = np.where(np.isinf(coefficients.deviation), 0.0, 1 / coefficients.deviation**2)
    ridge = np.diag(np.maximum(precision, 1e-12) * 1e-6 + 1e-12)
    rest = yy - np.einsum("gpr,gpr->gr", np.linalg.solve(xx + ridge, xy), xy)
    rest = np.maximum(rest, 1e-9 * np.maximum(yy, 1e-300))
    free = max(n - int((precision == 0).sum()), 1)
    rough = 0.5 * np.log(rest / free)
    reach = 6 / np.sqrt(2 * free) + 0.25
    nodes = max(8, int((np.ptp(rough, axis=1).max() + 2 * reach) / _SIGMA_STEP) + 1)
    span = np.linspace(-reach, reach + np.ptp(rough, axis=1).max(), nodes)
    log_sigma = rough.min(axis=1)[:, None] + span[None, :]
    inverse = np.exp(-2 * log_sigma)
    mean = np.where(precision > 0, coefficients.mean, 0.0)
    away = (precision[:, None] * (mean[:, None] - explained) ** 2).sum(axis=0)
    a = xx[:, None] * inverse[:, :, None, None] + np.diag(precision)
    b = xy[:, None] * inverse[:, :, None, None] + precision[:, None] * (mean[:, None] - explained)
    solved = np.linalg.solve(a, b)
    along = np.linalg.solve(a, np.broadcast_to(contrast[:, None], (*a.shape[:2], contrast.size, 1)))
    fit = np.einsum("gspr,gspr->gsr", solved, b)
    log_weight = (
        (prior.log_weight - 0.5 * determinants)[:, None, None]
        - n * log_sigma[:, :, None]
        - 0.5 * np.linalg.slogdet(a)[1][:, :, None]
        - 0.5 * (yy[:, None] * inverse[:, :, None] + away - fit)
    )
    many = yy.shape[1]
    centre = contrast @ explained + np.einsum("p,gspr->gsr", contrast, solved).reshape(-1, many)
    scale = np.sqrt(np.einsum("p,gspo->gs", contrast, along)).reshape(-1, 1)
    weight = _normalised(log_weight.reshape(-1, many))
    scale = np.broadcast_to(scale, centre.shape)
    return EffectPosteriors(
        centre, scale, weight, float("inf"), np.repeat(prior.rho, nodes), np.repeat(prior.noise, nodes)
    )


def _normalised(log_weight: Floats) -> Floats:
    weight = np.exp(log_weight - log_weight.max(axis=0))
    return np.asarray(weight / weight.sum(axis=0))


def standardised_innovations(
    days: Floats, design: Floats, values: Floats, rho: float, noise: float = 0.0
) -> tuple[Floats, Floats]:
    """Innovations of unit variance at one rho, and the coefficients that give them (generalised least squares).

    >>> e, b = standardised_innovations(np.arange(4.0), np.ones((4, 1)), np.array([1.0, 2, 3, 2]), 0.0)
    >>> float(b[0]), e.round(3).tolist()
    (2.0, [-1.225, 0.0, 1.225, 0.0])
    """
    gaps = np.diff(days, prepend=days[0]) / WEEK
    x, _ = innovations(np.ascontiguousarray(design, dtype=float), gaps, rho, noise)
    y, _ = innovations(np.ascontiguousarray(values[:, None], dtype=float), gaps, rho, noise)
    fitted, *_ = np.linalg.lstsq(x, y[:, 0], rcond=None)
    rest = y[:, 0] - x @ fitted
    spread = np.sqrt((rest @ rest) / max(rest.size - design.shape[1], 1))
    return rest / spread if spread > 0 else rest, fitted


def ljung_box(innovation: Floats, lags: int | None = None) -> tuple[float, int, float]:
    """Ljung and Box's statistic of the first lags (a fifth of the length, at most 10), lags, and P with one taken off.

    Source: Ljung and Box, Biometrika 1978;65:297-303.

    >>> statistic, lags, p = ljung_box(np.array([1.0, -1, 1, -1, 1, -1, 1, -1, 1, -1]))
    >>> lags, p < 0.01
    (2, True)
    """
    from scipy.special import chdtrc

    n = innovation.size
    h = min(max(2, min(10, n // 5)) if lags is None else lags, n - 2)
    if h < 2:
        raise NoAnswer(f"{n} measurements are too few for a test of the residuals")
    centred = innovation - innovation.mean()
    total = centred @ centred
    if total <= 0:
        raise NoAnswer("the residuals do not vary")
    shares = np.array([(centred[k:] @ centred[:-k]) / total for k in range(1, h + 1)])
    statistic = float(n * (n + 2) * (shares**2 / (n - np.arange(1, h + 1))).sum())
    return statistic, h, float(chdtrc(h - 1, statistic))
