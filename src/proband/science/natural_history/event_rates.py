"""How often an event happens without treatment when people differ, and what that says of one patient's rate.

Counts of untreated people are Poisson at a rate of each person's own, gamma distributed between people: negative
binomial (Greenwood and Yule, J R Stat Soc 1920;83:255, recalled). The mean rate has a flat prior on its logarithm, the
standard deviation of relative rates a half-normal one of scale 1; both are integrated on a grid. A new patient's
untreated rate is then gamma distributed, narrowed by events that were counted before treatment: a patient with few
events before is expected to have few after, whatever was done.

The ratio of the rate after treatment to the untreated rate of the same patient has no probability that depends on no
prior; given is the pair of distributions whose ends enclose it, Gamma(y) and Gamma(y + 1) for y events after treatment,
as in the exact limits for counts (Garwood, Biometrika 1936;28:437, recalled).

Calibration: each untreated person is left out, the events of a first stretch as long as the patient's are given, and
those of the next are predicted. It fails where too few events are called improbable in more than 0.05 + 3 SE of people,
or the 90 % interval holds less than 0.90 - 3 SE.

Cannot see: events of one person that come in clusters, beyond what calibration shows; a change of rate with age;
events that were not recorded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.core.quantity import GRID, Quantity
from proband.science.natural_history.leave_one_out import LEAST_PATIENTS, Rate
from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.subject_table import YEAR, Group, Subject

Floats = NDArray[np.float64]

LEAST = 5
"""With fewer untreated people the spread between them is not known, and no ratio is given."""
_MEANS, _SPREADS, _WIDTH = 61, 41, 6.0


@dataclass(frozen=True, slots=True, eq=False)
class EventRates:
    """Posterior over the mean rate and the gamma shape: `weights` (nodes) sum to 1, `each` (nodes, people) is log P."""

    mean: Floats
    shape: Floats
    prior: Floats
    each: Floats
    weights: Floats
    events: float
    years: float
    people: int

    @property
    def spread(self) -> float:
        """Posterior mean of the standard deviation of relative rates between people; 0 where all are alike."""
        return float(self.weights @ (1 / np.sqrt(self.shape)))

    def mean_rate(self) -> Quantity:
        """Posterior of the mean rate over people, in events a year."""
        order = np.argsort(self.mean, kind="stable")
        rates, mass = self.mean[order], self.weights[order]
        quantiles = np.interp(GRID, np.cumsum(mass) - 0.5 * mass, rates)
        model = "Poisson events at rates that are gamma distributed between people"
        return Quantity.posterior(
            quantiles.tolist(), "/a", model=model, n=float(self.people), value=float(self.weights @ self.mean)
        )


@dataclass(frozen=True, slots=True)
class RateCalibration:
    """Calibration over `people` left out: verdict "passes" or "fails", with its two rates and the reasons."""

    people: int
    coverage: Rate
    false_few: Rate
    verdict: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventRatio:
    """Events after treatment against those expected of this patient without it, and the ratio of the rates."""

    before: float | None
    before_years: float
    after: float
    after_years: float
    expected: float
    expected_interval: tuple[float, float]
    as_few: float
    ratio: Quantity


def counted(group: Group, event: str, subject: Subject, start: float, stop: float) -> float:
    """Events of a subject with ``start <= day < stop``; an event without a number is one."""
    found = (e for e in group.record.events if (e.subject, e.name) == (subject.id, event) and start <= e.day < stop)
    return sum(1.0 if e.count is None else e.count for e in found)


def counts_of(group: Group, event: str) -> tuple[Floats, Floats]:
    """Events and years under observation of each subject, (people,) each; the day of exit counts."""
    y = [counted(group, event, s, s.entry, s.exit + 1) for s in group.subjects]
    return np.array(y, float), np.array([(s.exit - s.entry + 1) / YEAR for s in group.subjects], float)


def fit_rates(events: Sequence[float] | Floats, years: Sequence[float] | Floats) -> EventRates | NoAnswer:
    """Posterior of mean rate and spread from events and years of each person.

    Returns `NoAnswer` for fewer than five people, no event, or numbers that can not be. Source: module docstring.

    >>> made = fit_rates([3, 5, 4, 9, 2, 6], [1.0] * 6)
    >>> round(made.mean_rate().value, 1), 0.2 < made.spread < 0.6
    (5.0, True)
    """
    y, e = np.asarray(events, float).ravel(), np.asarray(years, float).ravel()
    if y.size != e.size or not (np.isfinite(y).all() and np.isfinite(e).all()) or (y < 0).any() or (e <= 0).any():
        return NoAnswer("events or years of untreated people are no counts or no times")
    if y.size < LEAST:
        return NoAnswer(f"{y.size} untreated people: at least {LEAST} are needed to see how rates differ between them")
    if not y.any():
        return NoAnswer("no untreated person had the event: a ratio to their rate can not be told")
    s = np.exp(np.linspace(math.log(0.01), math.log(4.0), _SPREADS))
    u = np.linspace(-_WIDTH, _WIDTH, _MEANS)
    width = np.sqrt(1 / y.sum() + s**2 / y.size)
    mean = np.exp(math.log(y.sum() / e.sum()) + width[:, None] * u).ravel()
    shape = np.repeat(1 / s**2, u.size)
    prior = np.repeat(np.log(width * s) - 0.5 * s**2, u.size)
    each = _log_counts(y, shape[:, None], (shape / mean)[:, None], e)
    return _weighted(mean, shape, prior, each, float(y.sum()), float(e.sum()))


def _weighted(mean: Floats, shape: Floats, prior: Floats, each: Floats, events: float, years: float) -> EventRates:
    return EventRates(mean, shape, prior, each, _normal(prior + each.sum(axis=1)), events, years, each.shape[1])


def _normal(log: Floats) -> Floats:
    made = np.exp(log - log.max())
    return np.asarray(made / made.sum())


def _log_counts(y: Floats | float, shape: Floats, rate: Floats, years: Floats | float) -> Floats:
    """Log probability of y events in some years at a rate with Gamma(shape, rate)."""
    from scipy.special import gammaln

    y = np.asarray(y, float)
    made = gammaln(y + shape) - gammaln(shape) - gammaln(y + 1)
    return np.asarray(made + shape * np.log(rate / (rate + years)) + y * np.log(years / (rate + years)))


def event_ratio(
    fit: EventRates, after: float, after_years: float, before: float | None = None, before_years: float = 0.0
) -> EventRatio | NoAnswer:
    """The rate after treatment over this patient's untreated rate.

    `before` events in `before_years` before treatment narrow the untreated rate; None where nobody counted. Returns
    `NoAnswer` without time after treatment. Source: module docstring.

    >>> made = event_ratio(fit_rates([3, 5, 4, 9, 2, 6], [1.0] * 6), 0, 1.0)
    >>> round(made.expected, 1), made.ratio.quantile(0.95) < 1
    (5.0, True)
    """
    if not (after_years > 0 and math.isfinite(after_years) and after >= 0 and (before is None or before >= 0)):
        return NoAnswer("no time was observed after treatment")
    if before is not None and not before_years > 0:
        before = None
    log = np.log(fit.weights + 1e-300)
    shape, rate = fit.shape, fit.shape / fit.mean
    if before is not None:
        log = log + _log_counts(before, shape, rate, before_years)
        shape, rate = shape + before, rate + before_years
    weights = _normal(log)
    kept = weights > 1e-6
    weights, shape, rate = weights[kept] / weights[kept].sum(), shape[kept], rate[kept]
    expected = after_years * float(weights @ (shape / rate))
    most = int(expected + 12 * math.sqrt(expected * (1 + expected * float((weights / shape).sum()))) + 30)
    cdf = _predicted(weights, shape, rate, after_years, np.arange(most + 1.0))
    ends = [int(np.searchsorted(cdf, q)) for q in (0.05, 0.95)]
    as_few = float(_predicted(weights, shape, rate, after_years, np.array([after]))[0])
    low = _quantiles(after, weights, shape, rate, after_years) if after else np.zeros(len(GRID))
    high = _quantiles(after + 1, weights, shape, rate, after_years)
    ratio = Quantity.posterior(
        low.tolist(), "ratio", upper=np.maximum(low, high).tolist(), value=after / expected, n=float(fit.people),
        model="events at a constant rate over an untreated rate that is gamma distributed between people",
    )  # fmt: skip
    return EventRatio(
        before, before_years, after, after_years, expected, (float(ends[0]), float(ends[1])), as_few, ratio
    )


def _predicted(weights: Floats, shape: Floats, rate: Floats, years: float, counts: Floats) -> Floats:
    """P(as few events or fewer) for each of `counts`."""
    from scipy.special import betainc

    p = rate / (rate + years)
    return np.asarray(weights @ betainc(shape[:, None], np.floor(counts) + 1.0, p[:, None]))


def _quantiles(a: float, weights: Floats, shape: Floats, rate: Floats, years: float) -> Floats:
    """Quantiles of Gamma(a) / years over the mixture of untreated rates, on the fixed grid.

    Gamma(a) over Gamma(b) lies below x with the probability betainc(a, b, x / (1 + x)).
    """
    from scipy.special import betainc

    centre = a / years / float(weights @ (shape / rate))
    r = centre * np.exp(np.linspace(-14.0, 9.0, 801))
    x = r * years / rate[:, None]
    cdf = weights @ betainc(a, shape[:, None], x / (1 + x))
    return np.interp(GRID, np.maximum.accumulate(cdf), r)


def calibrate(
    fit: EventRates, group: Group, event: str, before_days: float, after_days: float
) -> RateCalibration | NoAnswer:
    """Leave-one-person-out calibration of the prediction for stretches of these lengths.

    `group` in the order of `counts_of`. Returns `NoAnswer` where fewer than ten people were followed so long.
    """
    few, many = [], []
    for i, s in enumerate(group.subjects):
        middle = s.entry + before_days
        if s.exit + 1 < middle + after_days:
            continue
        first, later = counted(group, event, s, s.entry, middle), counted(group, event, s, middle, middle + after_days)
        shape, rate, years = fit.shape, fit.shape / fit.mean, before_days / YEAR
        log = fit.prior + fit.each.sum(axis=1) - fit.each[:, i]
        if before_days > 0:
            log = log + _log_counts(first, shape, rate, years)
            shape, rate = shape + first, rate + years
        low, high = _predicted(_normal(log), shape, rate, after_days / YEAR, np.array([later, later - 1.0]))
        few.append(low <= 0.05)
        many.append(1 - (high if later > 0 else 0.0) <= 0.05)
    n = len(few)
    if n < LEAST_PATIENTS:
        return NoAnswer(f"{n} untreated people were followed for {before_days + after_days:g} days")
    false = Rate(0.05, float(np.mean(few)), math.sqrt(0.05 * 0.95 / n))
    held = Rate(0.9, 1 - float(np.mean(np.array(few) | np.array(many))), math.sqrt(0.9 * 0.1 / n))
    reasons = []
    if false.observed > 0.05 + 3 * false.standard_error:
        reasons.append(f"{false.observed:.3f} of untreated people have improbably few events at 0.05")
    if held.observed < 0.9 - 3 * held.standard_error:
        reasons.append(f"the 90 % interval holds {held.observed:.3f} of untreated people")
    return RateCalibration(n, held, false, "fails" if reasons else "passes", tuple(reasons))
