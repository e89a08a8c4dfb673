"""Linear mixed models by maximum likelihood, restricted or not, for unbalanced data.

    y_i ~ N(X_i beta, sigma^2 (Z_i L L' Z_i' + R_i)),   R_i the identity or phi^|t - s|

beta and sigma are profiled out exactly; L (and phi) are found from several starts, polished by Newton steps on
differences of fourth order. A standard deviation at zero or a correlation at one is reported as singular, not hidden.

Cannot see: whether effects and residuals are normal; standard errors are those of beta at the estimated variances.

Sources: Laird & Ware, Biometrics 1982;38:963-974; profile criterion: Bates et al., J Stat Softw 2015;67(1) (recalled);
continuous autoregression: Jones & Boadi-Boateng, Biometrics 1991;47:161-175.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem, ProgramError
from proband.science.stats.longitudinal import Form, Longitudinal

Floats = NDArray[np.float64]
Products = Callable[[float], tuple[Floats, float]]

_SINGULAR = 1e-4
"""A standard deviation below this share of sigma (or of the scale of the data) counts as zero."""
_LARGEST = 1e12


@dataclass(frozen=True, slots=True, eq=False)
class MixedFit:
    """Estimates of a mixed model.

    `coefficients` and `standard_errors` in the order of `Form.rows`; `covariance` is that of the random effects,
    `sigma` the residual standard deviation, `phi` the correlation at distance 1 (None where residuals are independent);
    `log_likelihood` is restricted where `restricted`. `singular` names what lies on the edge of the parameters;
    `converged` is False where the gradient is not zero away from an edge.
    """

    coefficients: Floats
    standard_errors: Floats
    covariance: Floats
    sigma: float
    phi: float | None
    log_likelihood: float
    restricted: bool
    rows: int
    patients: int
    converged: bool
    singular: tuple[str, ...]

    @property
    def standard_deviations(self) -> Floats:
        """Standard deviations of the random effects."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def correlation(self) -> float | None:
        """Correlation of intercept and slope; None with one effect or where a standard deviation is zero."""
        s = self.standard_deviations
        return float(self.covariance[0, 1] / (s[0] * s[1])) if s.size == 2 and (s > 0).all() else None


def fit_reml(data: Longitudinal, form: Form) -> MixedFit:
    """Fit by restricted maximum likelihood.

    `data` from `longitudinal`, with as many covariates as the form names. Raises ``ProgramError`` where the data can
    not carry the model: fewer than two patients, no patient with two visits, a constant series, columns that depend on
    one another. Source: module docstring.

    >>> from proband.science.stats.longitudinal import longitudinal
    >>> rng = np.random.default_rng(2)
    >>> t, who = np.tile(np.arange(6.0), 20), np.repeat([f"p{i:02d}" for i in range(20)], 6)
    >>> y = 5 + 0.5 * t + np.repeat(rng.normal(size=20), 6) + 0.3 * rng.normal(size=120)
    >>> fit = fit_reml(longitudinal(who, t, y), Form(random="intercept"))
    >>> fit.converged, round(float(fit.coefficients[1]), 1), round(fit.sigma, 1)
    (True, 0.5, 0.3)
    """
    return _fit(data, form, True)


def fit_ml(data: Longitudinal, form: Form) -> MixedFit:
    """As `fit_reml`, by maximum likelihood: its log likelihoods may be compared between fixed designs."""
    return _fit(data, form, False)


def design_columns(data: Longitudinal, form: Form) -> tuple[Floats, Floats]:
    """Columns [Z X y] and X of checked data, (rows, effects + coefficients + 1) and (rows, coefficients).

    Raises ``ProgramError`` where the data can not carry the model.
    """
    problems = []

    def problem(place: str, found: str, expected: str, remedy: str) -> None:
        problems.append(Problem("mixed model", place, found, expected, remedy))

    if data.covariates.shape[1] != form.covariates:
        problem("covariates", str(data.covariates.shape[1]), str(form.covariates), "name as many as the form has")
        raise ProgramError(problems)
    if len(data.patients) < 2:
        problem("patients", str(len(data.patients)), "2 or more", "add untreated patients")
    elif np.diff(data.starts).max() < 2:
        remedy = "spread within and between patients can not be told apart"
        problem("visits", "one per patient", "two or more of some patients", remedy)
    if data.values.size and np.ptp(data.values) == 0:
        problem("values", "a constant series", "values that differ", "no model of spread can be fitted")
    if not problems:
        x, z = form.rows(data.times, data.covariates)
        if data.values.size <= x.shape[1] + 1:
            problem("rows", str(data.values.size), f"more than {x.shape[1] + 1}", "use a simpler form or more data")
        elif np.linalg.matrix_rank(x) < x.shape[1]:
            problem("fixed design", "columns that depend on one another", "independent", "drop a covariate or a knot")
        elif _no_residual(data, z, x):
            problem("values", "no residual within patients", "values with spread", "no model of spread can be fitted")
    if problems:
        raise ProgramError(problems)
    return np.ascontiguousarray(np.column_stack([z, x, data.values])), x


def _fit(data: Longitudinal, form: Form, restricted: bool) -> MixedFit:
    columns, _ = design_columns(data, form)
    count = len(data.patients) * form.effects
    if count >= data.values.size:
        found = f"{count} random effects, {data.values.size} rows"
        problem = Problem("mixed model", "rows", found, "more rows than effects", "use a random intercept alone")
        raise ProgramError([problem])
    gap = float(np.median(np.diff(data.times)[np.diff(data.times) > 0])) if form.residual == "car1" else 1.0
    search = _Search(data, form, columns, restricted, gap)
    best = None
    for start in search.starts():
        found = search.minimise(start)
        if best is None or search.deviance(found) < search.deviance(best) - 1e-9:
            best = found
    assert best is not None
    return search.result(*search.polish(best))


def _no_residual(data: Longitudinal, z: Floats, x: Floats) -> bool:
    """Whether the fixed design, or the patients' own lines where they leave rows over, fit every value exactly."""
    least = 1e-12 * float(np.abs(data.values).max())
    beta = np.linalg.lstsq(x, data.values, rcond=None)[0]
    if float(np.abs(data.values - x @ beta).max()) <= least:
        return True
    left, spare = 0.0, 0
    for i in range(len(data.patients)):
        part = slice(data.starts[i], data.starts[i + 1])
        own, _, rank, _ = np.linalg.lstsq(z[part], data.values[part], rcond=None)
        left = max(left, float(np.abs(data.values[part] - z[part] @ own).max()))
        spare += data.starts[i + 1] - data.starts[i] - rank
    return bool(spare > 0 and left <= least)


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """The profile deviance of the free parameters: entries of L, and log of the range of the autoregression."""

    data: Longitudinal
    form: Form
    columns: Floats
    restricted: bool
    gap: float

    def factor(self, theta: Floats) -> Floats:
        """L from its free entries; diagonal entries are taken by size."""
        made = np.zeros((self.form.effects, self.form.effects))
        made[0, 0] = abs(theta[0])
        if self.form.effects == 2:
            made[1, 1] = abs(theta[1])
            made[1, 0] = theta[2] * (1 if theta[0] >= 0 else -1) if self.form.correlated else 0.0
        return made

    def phi(self, theta: Floats) -> float:
        """Correlation at distance 1; 0 where residuals are independent."""
        return math.exp(-math.exp(-theta[-1]) / self.gap) if self.form.residual == "car1" else 0.0

    def sums(self, theta: Floats) -> tuple[float, Floats]:
        """log|V| and [X y]' V^-1 [X y]."""
        from proband.kernels.mixed_blocks import profile, whitened_products

        products, log = whitened_products(self.data.starts, self.data.times, self.columns, self.phi(theta))
        ones, zero = np.ones(len(self.data.patients)), np.zeros(1, np.int64)
        logs, made = profile(products[None], self.factor(theta)[None], zero, ones)
        return float(logs[0]) + log, made[0]

    def deviance(self, theta: Floats) -> float:
        """Minus twice the profile log likelihood."""
        if np.abs(theta).max() > 1e6 or (self.form.residual == "car1" and not 0.0 <= self.phi(theta) < 1 - 1e-12):
            return _LARGEST
        log, a = self.sums(theta)
        p, n = a.shape[0] - 1, self.data.values.size
        try:
            root = np.linalg.cholesky(a)
        except np.linalg.LinAlgError:
            return _LARGEST
        q = root[p, p] ** 2
        if not (q > 0 and math.isfinite(log)):
            return _LARGEST
        df = n - p if self.restricted else n
        more = 2 * float(np.log(np.diag(root)[:p]).sum()) if self.restricted else 0.0
        return log + more + df * (1 + math.log(2 * math.pi * q / df))

    def starts(self) -> list[Floats]:
        """Starts of small, middle and large random effects, in the scale of time."""
        unit = 1.0 / max(float(np.std(self.data.times)), 1e-12)
        made = []
        for s in (0.3, 1.0, 3.0):
            theta = [s]
            if self.form.effects == 2:
                theta += [s * unit] + ([0.0] if self.form.correlated else [])
            made.append(np.array(theta + ([0.0] if self.form.residual == "car1" else [])))
        return made

    def scale(self) -> Floats:
        """Unit of each parameter for the search."""
        unit = 1.0 / max(float(np.std(self.data.times)), 1e-12)
        made = [1.0]
        if self.form.effects == 2:
            made += [unit] + ([unit] if self.form.correlated else [])
        return np.array(made + ([1.0] if self.form.residual == "car1" else []))

    def minimise(self, start: Floats) -> Floats:
        """Nelder-Mead, restarted once from where it ended."""
        from scipy.optimize import minimize

        scale = self.scale()
        at = start / scale
        for _ in range(2):
            options = {"xatol": 1e-7, "fatol": 1e-9, "maxiter": 3000, "maxfev": 3000}
            at = minimize(lambda v: self.deviance(v * scale), at, method="Nelder-Mead", options=options).x
        return at * scale

    def polish(self, theta: Floats) -> tuple[Floats, float]:
        """Newton steps on differences of fourth order; the last gradient, in the search's units, comes back with it."""
        scale = self.scale()

        def value(v: Floats) -> float:
            return self.deviance(v * scale)

        at = np.abs(theta / scale) if self.form.effects == 1 and self.form.residual != "car1" else theta / scale
        gradient = _gradient(value, at)
        for _ in range(8):
            hessian = _hessian(value, at)
            try:
                step = np.linalg.solve(hessian, gradient)
            except np.linalg.LinAlgError:
                break
            if not np.isfinite(step).all() or np.abs(step).max() > 0.1:
                break
            if value(at - step) > value(at) + 1e-9:
                break
            at = at - step
            gradient = _gradient(value, at)
            if np.abs(step).max() < 1e-10:
                break
        return at * scale, float(np.abs(gradient).max())

    def result(self, theta: Floats, gradient: float) -> MixedFit:
        """Estimates at the optimum, with what is singular."""
        deviance = self.deviance(theta)
        _, a = self.sums(theta)
        p, n = a.shape[0] - 1, self.data.values.size
        inverse = np.linalg.inv(a[:p, :p])
        beta = inverse @ a[:p, p]
        df = n - p if self.restricted else n
        sigma2 = float(a[p, p] - a[:p, p] @ beta) / df
        root = self.factor(theta)
        car1 = self.form.residual == "car1"
        phi = self.phi(theta) if car1 else None
        singular = self._singular(root, phi)
        return MixedFit(
            beta, np.sqrt(sigma2 * np.diag(inverse)), sigma2 * root @ root.T, math.sqrt(sigma2), phi, -0.5 * deviance,
            self.restricted, n, len(self.data.patients), bool(gradient < 1e-3 or singular) and deviance < _LARGEST / 2,
            singular,
        )  # fmt: skip

    def _singular(self, root: Floats, phi: float | None) -> tuple[str, ...]:
        made = []
        unit = self.scale()
        if root[0, 0] < _SINGULAR:
            made.append("the spread of intercepts is at zero")
        if self.form.effects == 2 and math.hypot(root[1, 0], root[1, 1]) < _SINGULAR * unit[1]:
            made.append("the spread of slopes is at zero")
        elif self.form.effects == 2 and root[1, 1] < _SINGULAR * unit[1]:
            made.append("the correlation of intercept and slope is at one")
        if phi is not None and phi**self.gap < 1e-6:
            made.append("the autocorrelation is at zero")
        if phi is not None and phi**self.gap > 1 - 1e-6:
            made.append("the autocorrelation is at one")
        return tuple(made)


def _gradient(value: Callable[[Floats], float], at: Floats, h: float = 1e-3) -> Floats:
    """Gradient by differences of fourth order."""
    made = np.empty(at.size)
    for i in range(at.size):
        e = np.zeros(at.size)
        e[i] = h
        near, far = value(at + e) - value(at - e), value(at + 2 * e) - value(at - 2 * e)
        made[i] = (8 * near - far) / (12 * h)
    return made


def _hessian(value: Callable[[Floats], float], at: Floats, h: float = 1e-3) -> Floats:
    """Hessian by differences of the gradient."""
    made = np.empty((at.size, at.size))
    for i in range(at.size):
        e = np.zeros(at.size)
        e[i] = h
        made[i] = (_gradient(value, at + e) - _gradient(value, at - e)) / (2 * h)
    return 0.5 * (made + made.T)
