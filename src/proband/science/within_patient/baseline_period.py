"""What the time before treatment can bear: length, stability, how well it tells the level, and the start's own bias.

A patient is often treated when things are worst, and falls back towards the own mean without any treatment. The checks:
how far the last baseline values lie from the rest, the effect when they are left out, and how often an ineffective
treatment that starts right after a peak passes the test (by simulation at the patient's own dependence). The remedy is
in the design: a start fixed before the values, or a baseline that ends before the decision.

Cannot see: why the start was chosen. Of the bias of a start chosen on another variable it sees nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.core.quantity import Quantity
from proband.science.within_patient.autoregressive import NoAnswer, effect_posteriors, standardised_innovations
from proband.science.within_patient.biomarker import EffectRow, SeriesAnswer, SeriesPlan, biomarker_effect
from proband.science.within_patient.course import LEAST_PER_PHASE, Covariate, Dose, Series, readings
from proband.science.within_patient.dependence import WEEK, dependence

Floats = NDArray[np.float64]

LONG_ENOUGH = 12 * WEEK
"""Days of baseline from which a start after a peak does little harm at moderate dependence (see the docs)."""
_PEAK = 1.5


@dataclass(frozen=True, slots=True)
class Baseline:
    """The time before the first dose, or `reason`; numbers on the scale of analysis, times in days.

    `slope` is per week. `reliability` is the share of the spread of single values that the mean does not share:
    1 less the variance of the mean over that of a value. `last_in_deviations` is where the last value lies.
    """

    reason: str
    values: int = 0
    censored: int = 0
    span: float = 0.0
    longest_gap: float = 0.0
    mean: float | None = None
    deviation: float | None = None
    mean_error: float | None = None
    effective_values: float | None = None
    reliability: float | None = None
    slope: Quantity | None = None
    rho_mean: float | None = None
    last_in_deviations: float | None = None
    concerns: tuple[str, ...] = ()

    @property
    def slope_in_spread(self) -> Quantity:
        """The slope in standard deviations of a single value per week. Raises ``ValueError`` where there is none."""
        if self.slope is None or not self.deviation:
            raise ValueError(self.reason or "the values do not vary")
        held = [x / self.deviation for x in self.slope.quantiles]
        return Quantity.posterior(held, "/wk", model=self.slope.model, n=self.slope.n)


def baseline_period(series: Series, start: float, log: bool = False, prior: str = "cautious") -> Baseline:
    """The values before `start` (a day), their stability and reliability with the dependence integrated.

    Values below a limit are counted at their limit here; more than a fifth of them are a reason not to answer.

    >>> days = tuple(7.0 * w for w in range(14))
    >>> made = baseline_period(Series("ammonia", "umol/L", days, tuple(60 + math.sin(2 * w) for w in range(14))), 98.0)
    >>> made.values, made.span, made.slope.interval(0.95)[0] < 0 < made.slope.interval(0.95)[1]
    (14, 91.0, True)
    """
    held = readings(series, log)
    kept = held.days < start
    days, values, below = held.days[kept], held.values[kept], held.below[kept]
    censored = int(below.sum())
    if days.size == 0:
        return Baseline("no value before the first dose")
    span = float(days[-1] - days[0])
    gap = float(np.diff(days).max()) if days.size > 1 else 0.0
    if censored > 0.2 * days.size:
        reason = f"{censored} of {days.size} values lie below the limit of the assay"
        return Baseline(reason, int(days.size), censored, span, gap)
    try:
        if days.size < LEAST_PER_PHASE + 2:
            raise NoAnswer(
                f"{days.size} values before the first dose; {LEAST_PER_PHASE + 2} needed to see their spread"
            )
        return _summary(days, values, censored, span, gap, prior)
    except NoAnswer as e:
        return Baseline(str(e), int(days.size), censored, span, gap)


def _summary(days: Floats, values: Floats, censored: int, span: float, gap: float, prior: str) -> Baseline:
    level = np.ones((days.size, 1))
    weeks = (days - days.mean()) / WEEK
    nodes = dependence(prior)
    mean = effect_posteriors(days, level, values[:, None], np.ones(1), nodes)
    slope = effect_posteriors(days, np.column_stack([level, weeks]), values[:, None], np.array([0.0, 1.0]), nodes)
    rho = float(mean.rho_mean()[0])
    middle = _median_error(mean.of(0).quantiles(np.array([0.16, 0.84])))
    deviation = float(values.std(ddof=1))
    effective = min(float(days.size), (deviation / middle) ** 2)
    last = (float(values[-1]) - float(values[:-1].mean())) / float(values[:-1].std(ddof=1))
    told = slope.of(0).quantity(
        "per week", "straight line with autoregressive errors, dependence integrated", days.size
    )
    low, high = told.quantile(0.025), told.quantile(0.975)
    concerns = []
    if span < LONG_ENOUGH:
        concerns.append(f"baseline of {span:.0f} days is shorter than {LONG_ENOUGH:.0f}")
    if not low <= 0 <= high:
        concerns.append("the baseline drifts: its slope's 95 % interval leaves out 0")
    if abs(last) > _PEAK:
        concerns.append(f"the last value before treatment lies {last:+.1f} standard deviations from those before it")
    return Baseline(
        "", int(days.size), censored, span, gap, float(values.mean()), deviation, middle, effective,
        max(0.0, 1 - (middle / deviation) ** 2), told, rho, last, tuple(concerns),
    )  # fmt: skip


def _median_error(quantiles: Floats) -> float:
    """Half the central 68 %: an error that heavy tails of few values do not make infinite."""
    return float(quantiles[1] - quantiles[0]) / 2


def effect_without_last(
    series: Series,
    doses: Sequence[Dose],
    plan: SeriesPlan,
    covariates: Sequence[Covariate] = (),
    left_out: Sequence[int] = (1, 2, 4),
) -> tuple[EffectRow, ...]:
    """The planned effect when the last k values before the first dose are left out, for each k.

    >>> days = tuple(7.0 * w for w in range(24))
    >>> s = Series("x", "1", days, tuple(math.sin(2.1 * w) - 9 * (w >= 12) for w in range(24)))
    >>> [r.assumption for r in effect_without_last(s, [Dose(84)], SeriesPlan("decrease"), left_out=(1, 20))]
    ['without the last 1 before treatment', 'without the last 20 before treatment']
    """
    held = readings(series, plan.log)
    start = min((d.day for d in doses), default=math.inf)
    before = [float(d) for d in held.days if d < start]
    made = []
    for k in left_out:
        name = f"without the last {k} before treatment"
        gone = set(before[max(0, len(before) - k) :])
        kept = [i for i, d in enumerate(series.days) if float(d) not in gone]
        marks = tuple(series.below[i] for i in kept) if series.below else ()
        part = Series(
            series.name, series.unit, tuple(series.days[i] for i in kept), tuple(series.values[i] for i in kept), marks
        )
        answer = biomarker_effect(part, doses, plan, covariates)
        row = answer.rows[0] if answer.rows else EffectRow(name, None, None, None, None, answer.reason)
        made.append(EffectRow(name, row.mean, row.low, row.high, row.benefit, row.reason))
    return tuple(made)


def peak_start_rejection(
    rho: float, before: int, after: int, *, peak: float = _PEAK, skipped: int = 0, replicates: int = 2000, seed: int,
    prior: str = "cautious",
) -> tuple[float, float]:  # fmt: skip
    """How often P of benefit passes 0.975 without an effect when treatment starts right after a peak, and its error.

    Weekly autoregression of unit variance; the first value of at least `peak` after `before` - 1 others is the last of
    the baseline; the `skipped` last baseline values are left out of the analysis. Returns the share and its Monte Carlo
    standard error.

    >>> share, error = peak_start_rejection(0.3, 12, 12, replicates=200, seed=1)
    >>> 0 <= share < 0.2, error < 0.03
    (True, True)
    """
    rng = np.random.default_rng(seed)
    y = np.empty((before + after, replicates))
    for i in range(replicates):
        y[:, i] = _peaked(rng, rho, before, after, peak)
    kept = np.r_[0 : before - skipped, before : before + after]
    days = WEEK * kept.astype(float)
    design = np.column_stack([np.ones(kept.size), (kept >= before).astype(float)])
    share = float(
        (effect_posteriors(days, design, y[kept], np.array([0.0, 1.0]), dependence(prior)).below() > 0.975).mean()
    )
    return share, math.sqrt(share * (1 - share) / replicates)


def _peaked(rng: np.random.Generator, rho: float, before: int, after: int, peak: float) -> Floats:
    """A series whose first peak after enough baseline is the last value before treatment."""
    noise = math.sqrt(1 - rho**2)
    path = [float(rng.standard_normal())]
    while len(path) < before or path[-1] < peak:
        path.append(rho * path[-1] + noise * float(rng.standard_normal()))
    for _ in range(after):
        path.append(rho * path[-1] + noise * float(rng.standard_normal()))
    return np.array(path[-(before + after) :])


@dataclass(frozen=True, slots=True)
class NegativeControl:
    """The same analysis of an outcome that the treatment can not change; `moved` is None where it can not tell."""

    answer: SeriesAnswer
    moved: bool | None
    sentence: str


def negative_control(
    series: Series, doses: Sequence[Dose], plan: SeriesPlan, covariates: Sequence[Covariate] = ()
) -> NegativeControl:
    """Whether an outcome that treatment can not change moved all the same: then something else changed with it.

    >>> days = tuple(7.0 * w for w in range(24))
    >>> s = Series("height", "cm", days, tuple(math.sin(2.1 * w) for w in range(24)))
    >>> negative_control(s, [Dose(84)], SeriesPlan("decrease")).moved
    False
    """
    answer = biomarker_effect(series, doses, plan, covariates)
    if answer.reason or answer.two_sided is None:
        return NegativeControl(answer, None, f"{series.name} can not tell: {answer.reason or 'only a bound'}")
    moved = answer.two_sided < 0.05
    told = "moved with the start: something else changed at the same time" if moved else "shows no movement"
    return NegativeControl(answer, moved, f"{series.name}, which treatment can not change, {told}")


def last_innovation(days: Floats, values: Floats, rho: float) -> float:
    """How surprising the last of a baseline is given the one before it, in standard deviations.

    >>> round(last_innovation(np.arange(5.0), np.array([0.0, 1, 0, -1, 5]), 0.0), 2)
    1.71
    """
    return float(standardised_innovations(days, np.ones((days.size, 1)), values, rho)[0][-1])
