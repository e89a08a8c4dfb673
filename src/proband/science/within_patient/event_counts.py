"""Events of one patient counted in bins: rate ratio after against before, with spread and dependence integrated.

Counts are Poisson around a rate that itself wanders as a lognormal autoregression (`kernels.latent_counts`), which is
overdispersed and dependent as diaries are. Its standard deviation (half-normal(2)) and its correlation over one week
(`dependence`) are integrated over a grid, the level and covariates by Laplace's approximation; the log rate ratio has a
normal prior with standard deviation 2 (95 % of it between 1/50 and 50), so that a patient without any event after
treatment gets a posterior that the data and not the prior bound from above.

An exact Poisson test is not offered: on realistic seizure diaries it rejects without an effect in 16 % at a nominal
2.5 % (two independent Poisson streams are what diaries are not).

Cannot see: days on which nobody kept the diary unless `exposure` says so; events that were counted another way after
the dose; a start chosen because of a bad spell (`baseline_period`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import GRID, Quantity
from proband.kernels.latent_counts import log_marginals
from proband.science.within_patient.autoregressive import NoAnswer
from proband.science.within_patient.course import LEAST_PER_PHASE
from proband.science.within_patient.dependence import WEEK, dependence

Floats = NDArray[np.float64]

RATIO_SD = 2.0
"""Standard deviation of the normal prior on the log rate ratio."""
SIGMA_SCALE = 2.0
"""Scale of the half-normal prior on the standard deviation of the log rate."""
_P = np.array(GRID)
_NODES_RHO, _NODES_SIGMA, _NODES_BETA = 6, 8, 23
_WIDEST_SIGMA = 4.0
_FINE = 24
"""Points between two nodes of beta when the posterior is cumulated."""


@dataclass(frozen=True, slots=True)
class RatePosterior:
    """Log rate ratio: nodes and log density; marginal posteriors of rho and sigma at their nodes."""

    beta: Floats
    log_density: Floats
    rho: Floats
    rho_weight: Floats
    sigma: Floats
    sigma_weight: Floats

    def cumulated(self) -> tuple[Floats, Floats]:
        """Points of the log rate ratio and P(below) at each."""
        x, y = _smoothed(self.beta, self.log_density)
        density = np.exp(y - y.max())
        held = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(x))])
        return x, held / held[-1]

    def below(self, log_ratio: float = 0.0) -> float:
        """P(log rate ratio < value)."""
        x, held = self.cumulated()
        return float(np.interp(log_ratio, x, held))

    def quantiles(self, probabilities: Floats = _P) -> Floats:
        """Quantiles of the log rate ratio."""
        x, held = self.cumulated()
        return np.asarray(np.interp(probabilities, held, x))


def rate_posterior(
    counts: Floats,
    exposure: Floats,
    effect: Floats,
    days: Floats,
    nuisance: Floats | None = None,
    prior: str = "cautious",
) -> RatePosterior:
    """Posterior of the log rate ratio per unit of the effect column, for one series of bins.

    All (n,): `counts`, `exposure` in days observed, `effect` 0 before, `days` the middle of each bin; `nuisance`
    (n, p) further columns without the level. Raises `NoAnswer` without events or without both phases.
    Source: module docstring.

    >>> n = np.arange(16.0)
    >>> counts = np.where(n < 8, 6.0, 2.0) + np.mod(n, 3)
    >>> made = rate_posterior(counts, np.full(16, 7.0), (n >= 8).astype(float), 7 * n)
    >>> bool(made.below(0.0) > 0.975)
    True
    """
    _check(counts, effect)
    level = np.ones((counts.size, 1))
    columns = level if nuisance is None else np.column_stack([level, nuisance])
    offset = np.log(exposure / WEEK)
    rho = dependence(prior, False, _NODES_RHO)
    sigma, sigma_log_weight = _sigma_nodes()
    beta = _beta_nodes(counts, exposure, effect)
    gaps = np.diff(days, prepend=days[0]) / WEEK
    made = log_marginals(counts.astype(float), offset, effect.astype(float), columns, gaps, rho.rho, sigma, beta)
    made += rho.log_weight[:, None, None] + sigma_log_weight[None, :, None] - 0.5 * (beta / RATIO_SD) ** 2
    top = made.max()
    weight = np.exp(made - top)
    density = weight.sum(axis=(0, 1))
    nodes = weight.sum(axis=2)
    return RatePosterior(
        beta, np.log(np.maximum(density, 1e-300)), rho.rho, nodes.sum(axis=1) / nodes.sum(),
        sigma, nodes.sum(axis=0) / nodes.sum(),
    )  # fmt: skip


def rate_decrease_probabilities(counts: Floats, exposure: Floats, effect: Floats, days: Floats, **more: str) -> Floats:
    """P(rate ratio < 1) for many series (series by bins) that share bins: what a simulation asks.

    A series without any event gives nan: it can not tell.

    >>> days = 7 * np.arange(12.0)
    >>> made = rate_decrease_probabilities(np.zeros((1, 12)), np.full(12, 7.0), (days > 40).astype(float), days)
    >>> bool(np.isnan(made[0]))
    True
    """
    made = np.full(len(counts), np.nan)
    for i, row in enumerate(counts):
        if row.sum() > 0:
            made[i] = rate_posterior(row, exposure, effect, days, **more).below()
    return made


def _check(counts: Floats, effect: Floats) -> None:
    before, after = int((effect == 0).sum()), int((effect != 0).sum())
    if min(before, after) < LEAST_PER_PHASE:
        raise NoAnswer(f"{before} bins before and {after} after the effect may start; {LEAST_PER_PHASE} of each needed")
    if counts.sum() == 0:
        raise NoAnswer("no event before or after: a rate ratio has nothing to rest on")


def _sigma_nodes() -> tuple[Floats, Floats]:
    x, w = np.polynomial.legendre.leggauss(_NODES_SIGMA)
    v = (x + 1) / 2
    sigma = _WIDEST_SIGMA * v**2
    return sigma, np.log(w * v) - 0.5 * (sigma / SIGMA_SCALE) ** 2


def _beta_nodes(counts: Floats, exposure: Floats, effect: Floats) -> Floats:
    """Even nodes around the crude log ratio, wide enough for overdispersed and dependent counts."""
    unit = float(np.abs(effect).max())
    after = effect != 0
    a, b = float(counts[~after].sum()), float(counts[after].sum())
    crude = math.log((b + 0.5) / exposure[after].sum()) - math.log((a + 0.5) / exposure[~after].sum())
    error = math.sqrt(1 / (a + 0.5) + 1 / (b + 0.5))
    reach = min(max(6 * error, 1.5 + 2.5 * error), 7.0)
    low, high = min(crude - reach, -0.5), max(crude + 0.8 * reach, 0.5)
    return np.linspace(low, high, _NODES_BETA) / unit


def _smoothed(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Cubic Hermite interpolation of even nodes with slopes of fourth order where they are known."""
    step = x[1] - x[0]
    slope = np.gradient(y, step)
    slope[2:-2] = (y[:-4] - 8 * y[1:-3] + 8 * y[3:-1] - y[4:]) / (12 * step)
    s = np.arange(_FINE)[None, :] / _FINE
    left, right, d0, d1 = (v[:, None] for v in (y[:-1], y[1:], slope[:-1] * step, slope[1:] * step))
    made = left * (1 + 2 * s) * (1 - s) ** 2 + d0 * s * (1 - s) ** 2 + right * s**2 * (3 - 2 * s) + d1 * s**2 * (s - 1)
    fine = np.linspace(x[0], x[-1], made.size + 1)
    return fine, np.append(made.ravel(), y[-1])


@dataclass(frozen=True, slots=True)
class CountSeries:
    """Events of one patient by bin: first day and last day (half-open), events, and days observed within the bin."""

    name: str
    starts: tuple[float, ...]
    ends: tuple[float, ...]
    events: tuple[int | None, ...]
    observed: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RateAnswer:
    """Rate ratio, or `reason`; probabilities of a decrease and of a halving; dispersion; what chance alone gives."""

    reason: str
    ratio: Quantity | None = None
    decrease: float | None = None
    halved: float | None = None
    halved_by_chance: float | None = None
    variance_to_mean: float | None = None
    rho_mean: float | None = None
    events: tuple[int, int] = (0, 0)
    days: tuple[float, float] = (0.0, 0.0)
    missing: int = 0
    model: str = ""
    concerns: tuple[str, ...] = ()


def rate_ratio(
    series: CountSeries, start: float, *, delay: float = 0.0, seed: int, prior: str = "cautious"
) -> RateAnswer:
    """Rate after `start` + `delay` over the rate before `start`; bins that overlap the time between are left out.

    `seed` draws the diaries that show how often chance alone halves the rate. Raises ``ProgramError`` with every bin
    that can not be.

    >>> bins = tuple(7.0 * w for w in range(16))
    >>> events = (6, 7, 5, 9, 6, 4, 8, 7, 2, 1, 3, 2, 1, 0, 2, 3)
    >>> diary = CountSeries("seizures", bins, tuple(b + 7 for b in bins), events, (7.0,) * 16)
    >>> made = rate_ratio(diary, 56.0, seed=1)
    >>> made.ratio.value < 0.5, made.decrease > 0.975, made.events
    (True, True, (52, 14))
    """
    _check_bins(series)
    rows = [
        (s, e, float(k), d)
        for s, e, k, d in zip(series.starts, series.ends, series.events, series.observed, strict=True)
        if k is not None and d > 0 and (e <= start or s >= start + delay)
    ]
    missing = len(series.starts) - len(rows)
    rows.sort()
    counts, exposure = np.array([r[2] for r in rows]), np.array([r[3] for r in rows])
    effect = np.array([float(r[0] >= start + delay) for r in rows])
    days = np.array([(r[0] + r[1]) / 2 for r in rows])
    try:
        made = rate_posterior(counts, exposure, effect, days, prior=prior)
    except NoAnswer as e:
        return RateAnswer(str(e), missing=missing)
    before, after = effect == 0, effect != 0
    sigma = float(made.sigma @ made.sigma_weight)
    rho = float(made.rho @ made.rho_weight)
    model = (
        "Poisson around a lognormal autoregression, spread and dependence integrated; normal(0, 2) prior on the log "
        f"rate ratio; prior on rho {prior}"
    )
    return RateAnswer(
        "",
        Quantity.posterior(np.exp(made.quantiles()), "ratio", model=model, n=counts.size),
        made.below(),
        made.below(math.log(0.5)),
        halving_by_chance(made, counts, exposure, effect, days, seed),
        _variance_to_mean(counts[before], exposure[before]),
        rho,
        (int(counts[before].sum()), int(counts[after].sum())),
        (float(exposure[before].sum()), float(exposure[after].sum())),
        missing,
        model,
        _concerns(counts, effect, missing, sigma),
    )


def _check_bins(series: CountSeries) -> None:
    problems = []
    sizes = {len(series.starts), len(series.ends), len(series.events), len(series.observed)}
    if len(sizes) > 1:
        raise ProgramError([Problem(series.name, "", "columns of unequal length", "as many of each", "mend the table")])
    for i, (s, e, k, d) in enumerate(
        zip(series.starts, series.ends, series.events, series.observed, strict=True), start=1
    ):
        place = f"bin {i}"
        if not (math.isfinite(s) and math.isfinite(e) and s < e):
            problems.append(Problem(series.name, place, f"{s} to {e}", "a start before an end", "mend the bin"))
        if k is not None and (not math.isfinite(k) or k < 0 or k != int(k)):
            problems.append(Problem(series.name, place, f"{k} events", "a whole number", "count the events"))
        if not 0 <= d <= e - s + 1e-9:
            expected = "from 0 days to the length of the bin"
            problems.append(Problem(series.name, place, f"{d} days observed", expected, "count the diary days"))
    order = sorted(zip(series.starts, series.ends, strict=True))
    for (_, end), (next_start, _) in pairwise(order):
        if next_start < end - 1e-9:
            found = f"a bin from day {next_start:g} before day {end:g}"
            problems.append(Problem(series.name, "bins", found, "bins that do not overlap", "mend the bins"))
    if problems:
        raise ProgramError(problems)


def _variance_to_mean(counts: Floats, exposure: Floats) -> float | None:
    """Pearson's dispersion of the bins before the effect; None with fewer than three bins or no event."""
    expected = counts.sum() / exposure.sum() * exposure
    if counts.size < LEAST_PER_PHASE or counts.sum() == 0:
        return None
    return float(((counts - expected) ** 2 / expected).sum() / (counts.size - 1))


def halving_by_chance(
    made: RatePosterior, counts: Floats, exposure: Floats, effect: Floats, days: Floats, seed: int, draws: int = 2000
) -> float:
    """How often counts like these without an effect show half the rate or less after as before.

    Diaries are drawn at the patient's own rate with spread and dependence drawn from their posterior; a diary without
    an event before does not count.
    """
    rng = np.random.default_rng(seed)
    rho = rng.choice(made.rho, draws, p=made.rho_weight)[:, None]
    sigma = rng.choice(made.sigma, draws, p=made.sigma_weight)[:, None]
    gaps = np.diff(days, prepend=days[0]) / WEEK
    u = np.empty((draws, days.size))
    u[:, :1] = rng.standard_normal((draws, 1))
    for t in range(1, days.size):
        phi = rho ** gaps[t]
        u[:, t : t + 1] = phi * u[:, t - 1 : t] + np.sqrt(1 - phi**2) * rng.standard_normal((draws, 1))
    rate = counts.sum() / exposure.sum() * exposure
    drawn = rng.poisson(rate * np.exp(sigma * u - sigma**2 / 2))
    before = drawn[:, effect == 0].sum(axis=1) / exposure[effect == 0].sum()
    after = drawn[:, effect != 0].sum(axis=1) / exposure[effect != 0].sum()
    kept = before > 0
    return float((after[kept] <= 0.5 * before[kept]).mean()) if kept.any() else float("nan")


def _concerns(counts: Floats, effect: Floats, missing: int, sigma: float) -> tuple[str, ...]:
    made: list[str] = []
    if counts[effect != 0].sum() == 0:
        made.append("no event after: the lower end of the interval is that of the prior")
    if counts[effect == 0].sum() == 0:
        made.append("no event before: the upper end of the interval is that of the prior")
    if missing:
        made.append(f"{missing} bins without a diary, or between start and delay, are left out")
    if sigma > 0.6 * _WIDEST_SIGMA:
        made.append("the spread of the rate reaches the end of its grid")
    return tuple(made)


def bins_of(days: Sequence[float], first: float, last: float, width: float = WEEK) -> tuple[Floats, Floats, Floats]:
    """Starts, ends and events of whole bins of `width` days from `first` on, for event days within [first, last).

    >>> [x.tolist() for x in bins_of([1.0, 2.0, 8.0, 30.0], 0.0, 15.0)]
    [[0.0, 7.0], [7.0, 14.0], [2.0, 1.0]]
    """
    many = int((last - first + 1e-9) // width)
    edges = first + width * np.arange(many + 1)
    events, _ = np.histogram([d for d in days if first <= d < edges[-1]], edges) if many else (np.zeros(0), None)
    return edges[:-1], edges[1:], events.astype(float)
