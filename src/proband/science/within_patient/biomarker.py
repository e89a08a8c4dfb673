"""A biomarker of one patient before and after doses: the effect, how it stands without each assumption, and checks.

The records layer over `autoregressive` and `censored_series`: from a series, doses, care and a plan to an answer or to
the reason why there is none. Beside the planned effect the same number stands without covariates, with a free trend,
under the other priors on dependence, and with noise of measurement, so that a reader sees what it rests on.

P of benefit is the posterior probability that the effect lies in the direction that the plan calls benefit; the
two-sided number is twice the lesser tail. How often either passes 0.975 without an effect is in
docs/explanation/own-control.md.

Cannot see: what `autoregressive` can not see. A start that was not drawn by lot leaves open whether something else
changed with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from proband.core.quantity import GRID, Quantity
from proband.science.within_patient.autoregressive import (
    NoAnswer,
    NormalPrior,
    effect_posteriors,
    ljung_box,
    standardised_innovations,
)
from proband.science.within_patient.censored_series import POINTS, censored_posterior
from proband.science.within_patient.course import Columns, Course, Covariate, Dose, Readings, Series, columns, readings
from proband.science.within_patient.dependence import BETAS, dependence
from proband.science.within_patient.mixture import Mixture

Floats = NDArray[np.float64]

_P = np.array(GRID)
_LJUNG_BOX_CONCERN = 0.05


@dataclass(frozen=True, slots=True)
class Trend:
    """Natural trend per week on the scale of analysis: mean and standard deviation among untreated patients."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class SeriesPlan:
    """What is fixed before the values are seen.

    `benefit` is "decrease" or "increase"; `trend` is None (no trend), "free" (flat prior) or a `Trend` from untreated
    patients; `log` analyses the natural logarithm and tells a ratio; `prior` names the prior on rho; `noise` lets a
    share of the variance be noise of measurement. Raises ``ValueError`` for other words.
    """

    benefit: str
    course: Course = field(default_factory=Course)
    trend: Trend | str | None = None
    log: bool = False
    prior: str = "cautious"
    noise: bool = True

    def __post_init__(self) -> None:
        if self.benefit not in ("decrease", "increase") or self.prior not in BETAS:
            raise ValueError("benefit is decrease or increase; prior is one of " + ", ".join(BETAS))
        if isinstance(self.trend, Trend):
            if not (math.isfinite(self.trend.mean) and 0 < self.trend.deviation < math.inf):
                raise ValueError("a trend needs a mean and a standard deviation above 0")
        elif self.trend not in (None, "free"):
            raise ValueError("trend is None, 'free' or a Trend")


@dataclass(frozen=True, slots=True)
class EffectRow:
    """The effect under one set of assumptions: mean, 95 % interval, P of benefit, or the reason why there is none."""

    assumption: str
    mean: float | None
    low: float | None
    high: float | None
    benefit: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SeriesAnswer:
    """The planned effect, or `reason` where there is none; rows of sensitivity; checks; what a reader should know."""

    reason: str
    effect: Quantity | None = None
    benefit: float | None = None
    two_sided: float | None = None
    rho: Quantity | None = None
    rows: tuple[EffectRow, ...] = ()
    ljung_box: tuple[float, int, float] | None = None
    before: int = 0
    after: int = 0
    censored: int = 0
    missing: int = 0
    model: str = ""
    concerns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Fit:
    effect: Mixture
    rho: Floats
    noise: Floats
    rho_weight: Floats
    at_limit: int | None
    effective: float


def biomarker_effect(
    series: Series, doses: Sequence[Dose], plan: SeriesPlan, covariates: Sequence[Covariate] = ()
) -> SeriesAnswer:
    """The effect of doses on one patient's series by a plan fixed beforehand.

    Raises ``ProgramError`` with every value that can not be; a series that can not tell gives its reason.
    Source: module docstring.

    >>> days = tuple(7.0 * w for w in range(24))
    >>> values = tuple(80.0 + 3 * math.sin(2.1 * w) - 20 * (w >= 12) for w in range(24))
    >>> made = biomarker_effect(Series("ammonia", "umol/L", days, values), [Dose(84)], SeriesPlan("decrease"))
    >>> round(made.effect.value), made.benefit > 0.999
    (-20, True)
    >>> biomarker_effect(Series("ammonia", "umol/L", days, values), [Dose(500)], SeriesPlan("decrease")).reason
    '24 values before and 0 after the effect may start; 3 of each needed'
    """
    held = readings(series, plan.log)
    try:
        made = columns(held.days, doses, plan.course, covariates, plan.trend is not None)
        fit = _fit(held, made, plan)
    except NoAnswer as e:
        return SeriesAnswer(str(e), censored=int(held.below.sum()), missing=held.missing)
    rows = _rows(held, doses, plan, covariates, fit)
    innovation = _innovation(held, made, fit)
    checks = _checked(innovation)
    below = float(fit.effect.below(0.0))
    benefit = below if plan.benefit == "decrease" else 1 - below
    after = int((made.design[:, made.effect] != 0).sum())
    n = int(held.days.size)
    model = _model(plan, made)
    return SeriesAnswer(
        "",
        _told(fit, plan, series.unit, model, n),
        benefit,
        2 * min(below, 1 - below) if fit.at_limit is None else None,
        Quantity.posterior(_rho_quantiles(fit.rho, fit.rho_weight), "correlation over one week", model=model, n=n),
        rows,
        checks,
        n - after,
        after,
        int(held.below.sum()),
        held.missing,
        model,
        _concerns(held, plan, covariates, fit, checks, rows),
    )


def _fit(held: Readings, made: Columns, plan: SeriesPlan) -> _Fit:
    coefficients = None
    if isinstance(plan.trend, Trend):
        mean, deviation = np.zeros(len(made.names)), np.full(len(made.names), np.inf)
        where = made.names.index("trend per week")
        mean[where], deviation[where] = plan.trend.mean, plan.trend.deviation
        coefficients = NormalPrior(mean, deviation)
    if held.below.any():
        c = censored_posterior(
            held.days, made.design, held.values, held.below, made.contrast, plan.prior, plan.noise, coefficients
        )
        return _Fit(c.effect, c.rho, c.noise, c.rho_weight, c.at_limit, c.effective)
    p = effect_posteriors(
        held.days, made.design, held.values[:, None], made.contrast, dependence(plan.prior, plan.noise), coefficients
    )
    return _Fit(p.of(0), p.rho, p.noise, p.weight[:, 0], None, float("inf"))


def _told(fit: _Fit, plan: SeriesPlan, unit: str, model: str, n: int) -> Quantity:
    """The effect as a posterior, or as a bound where a phase has no measured value; a ratio on the logarithm."""
    unit = "ratio" if plan.log else unit
    if fit.at_limit is None:
        quantiles = fit.effect.quantiles()
        return Quantity.posterior(np.exp(quantiles) if plan.log else quantiles, unit, model=model, n=n)
    falls = float(fit.effect.below(0.0)) > 0.5
    limit = float(fit.effect.quantiles(np.array([0.975 if falls else 0.025]))[0])
    return Quantity.bound(
        math.exp(limit) if plan.log else limit,
        unit,
        side="upper" if falls else "lower",
        level=0.975,
        n=n,
        model=model + "; a phase without a value above the limit of the assay: one value set at the limit",
    )


def _rho_quantiles(rho: Floats, weight: Floats) -> Floats:
    """Quantiles of rho between its nodes, linear in the scale in which nodes are even."""
    nodes, where = np.unique(rho, return_inverse=True)
    mass = np.bincount(where, weights=weight)
    v = 1 - np.sqrt(1 - nodes)
    edges = np.concatenate([[0.0], (v[1:] + v[:-1]) / 2, [1.0]])
    held = np.concatenate([[0.0], np.cumsum(mass)])
    at = np.interp(_P, held / held[-1], edges)
    return np.maximum.accumulate(1 - (1 - at) ** 2)


def _row(assumption: str, held: Readings, made: Columns | None, plan: SeriesPlan, fit: _Fit | None = None) -> EffectRow:
    try:
        if fit is None:
            assert made is not None
            fit = _fit(held, made, plan)
    except NoAnswer as e:
        return EffectRow(assumption, None, None, None, None, str(e))
    low, middle, high = fit.effect.quantiles(np.array([0.025, 0.5, 0.975]))
    below = float(fit.effect.below(0.0))
    told = [math.exp(x) if plan.log else float(x) for x in (middle, low, high)]
    return EffectRow(assumption, *told, below if plan.benefit == "decrease" else 1 - below)


def _rows(
    held: Readings, doses: Sequence[Dose], plan: SeriesPlan, covariates: Sequence[Covariate], fit: _Fit
) -> tuple[EffectRow, ...]:
    """The effect as planned and with one assumption changed at a time."""
    from dataclasses import replace

    def changed(name: str, other: SeriesPlan, with_care: Sequence[Covariate]) -> EffectRow:
        try:
            made = columns(held.days, doses, other.course, with_care, other.trend is not None)
        except NoAnswer as e:
            return EffectRow(name, None, None, None, None, str(e))
        return _row(name, held, made, other)

    rows = [_row("as planned", held, None, plan, fit)]
    if covariates:
        rows.append(changed("without covariates", plan, ()))
    if plan.trend != "free":
        rows.append(changed("with a free trend", replace(plan, trend="free"), covariates))
    if plan.trend is not None:
        rows.append(changed("without a trend", replace(plan, trend=None), covariates))
    for prior in BETAS:
        if prior != plan.prior:
            rows.append(changed(f"prior on rho: {prior}", replace(plan, prior=prior), covariates))
    other = "without" if plan.noise else "with"
    rows.append(changed(f"{other} noise of measurement", replace(plan, noise=not plan.noise), covariates))
    return tuple(rows)


def _innovation(held: Readings, made: Columns, fit: _Fit) -> Floats:
    """Standardised innovations at the posterior means of rho and noise, of the measured values."""
    kept = ~held.below
    rho, noise = float(fit.rho @ fit.rho_weight), float(fit.noise @ fit.rho_weight)
    return standardised_innovations(held.days[kept], made.design[kept], held.values[kept], rho, noise)[0]


def _checked(innovation: Floats) -> tuple[float, int, float] | None:
    try:
        return ljung_box(innovation)
    except NoAnswer:
        return None


def _model(plan: SeriesPlan, made: Columns) -> str:
    """The model in words."""
    trend = f", trend prior {plan.trend.mean:g} ± {plan.trend.deviation:g}" if isinstance(plan.trend, Trend) else ""
    scale = "natural logarithm; " if plan.log else ""
    return (
        f"{scale}{' + '.join(made.names)}{trend}; autoregressive errors in continuous time, "
        f"prior on rho {dependence(plan.prior, plan.noise).name}, integrated with the variance"
    )


def _concerns(
    held: Readings, plan: SeriesPlan, covariates: Sequence[Covariate], fit: _Fit, checks: object,
    rows: tuple[EffectRow, ...],
) -> tuple[str, ...]:  # fmt: skip
    """What a reader of this effect should know."""
    made = []
    if plan.trend is None:
        made.append("no natural trend in the model: drift in the direction of benefit would pass as an effect")
    if isinstance(checks, tuple) and checks[2] < _LJUNG_BOX_CONCERN:
        made.append(f"the residuals still depend on each other (Ljung-Box P = {checks[2]:.2g})")
    if checks is None:
        made.append("too few values for a test of the residuals")
    if held.below.any():
        share = "" if fit.at_limit is None else "; a phase holds no measured value, so the effect is a bound"
        made.append(
            f"{int(held.below.sum())} of {held.days.size} values lie below the limit and are integrated "
            f"({fit.effective:.0f} of {POINTS} points effective){share}"
        )
    decided = [r.benefit >= 0.975 for r in rows if r.benefit is not None]
    if any(decided) and not all(decided):
        made.append("whether P of benefit passes 0.975 depends on the assumptions: see the rows")
    unmoved = [c.name for c in covariates if len(set(c.values)) == 1]
    if unmoved:
        made.append(f"never changed in this series and so not in the model: {', '.join(unmoved)}")
    return tuple(made)
