"""The limit of detection as the dose with a 95 % hit rate on a probit line, with its interval, or why there is none.

P(hit) = Phi(z95 + b (x - theta)), x = log10 dose, theta the log10 of the wanted dose. The interval holds all theta that
a likelihood ratio does not tell from the best one (profile over b). Where hits separate the doses (every dose
below some point without a hit, every one above with nothing but hits) the likelihood has no maximum: the limit lies
between two doses and has no estimate. Where the slope can not be told from 0 an end of the interval is open.

Sources: CLSI EP17-A2, 2012, sec. 5.5 (recalled); Finney, Probit Analysis, 1971; separation by Albert and Anderson,
Biometrika 1984;71:1-10.
Cannot see: whether log dose is the right scale (the fit's P warns where it is not), hits at dose 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

Floats = NDArray[np.float64]
WANTED_RATES = 3
"""Doses with hit rates from 10 to 90 % that EP17-A2 asks for."""
POOR_FIT = 0.05


@dataclass(frozen=True, slots=True)
class ProbitLimit:
    """The dose with the wanted hit rate and its interval; an end that is None is open. `value` None: see `refusal`."""

    value: float | None
    low: float | None = None
    high: float | None = None
    slope: float | None = None
    p_fit: float | None = None
    level: float = 0.95
    between: tuple[float, float] | None = None
    caveats: tuple[str, ...] = ()
    refusal: str = ""


def probit_detection(
    doses: Sequence[float], hits: Sequence[int], runs: Sequence[int], *, rate: float = 0.95, level: float = 0.95
) -> ProbitLimit:
    """The dose at which `rate` of runs are hits, with the interval at `level`.

    Doses above 0, in one unit; equal doses are joined. Raises ``ValueError`` for lists that can not be, a rate that is
    not from 0.5 to 1, or a level that is none.

    >>> made = probit_detection([1, 2, 4, 8], [2, 10, 17, 20], [20, 20, 20, 20])
    >>> round(made.value, 2), round(made.low, 2), round(made.high, 2)
    (5.26, 3.81, 8.63)
    >>> probit_detection([1, 2, 4], [0, 20, 20], [20, 20, 20]).between
    (1.0, 2.0)
    """
    x, k, n = _joined(doses, hits, runs, rate, level)
    if len(x) < 2:
        return ProbitLimit(None, refusal="one dose: a line needs two", level=level)
    no_maximum = _separated(x, k, n)
    if no_maximum is not None:
        return no_maximum
    z = float(special.ndtri(rate))
    fit = _fit(x, k, n)
    if fit is None or fit[1] <= 0:
        return ProbitLimit(None, refusal="hits do not rise with dose", level=level)
    best, slope = fit[0], fit[1]
    theta = (z - best) / slope
    top = _log_likelihood(best, slope, x, k, n)
    low, high = (_end(theta, side, x, k, n, z, top, level) for side in (-1.0, 1.0))
    expected = special.ndtr(best + slope * x)
    p_fit = _pearson(k, n, expected)
    caveats = []
    rates = k / n
    inside = int(((rates >= 0.1) & (rates <= 0.9)).sum())
    if inside < WANTED_RATES:
        caveats.append(f"{inside} doses with hit rates from 10 to 90 %: {WANTED_RATES} are asked for")
    if p_fit is not None and p_fit < POOR_FIT:
        caveats.append(f"a probit line on log dose fits poorly (P {p_fit:.2g})")
    if 10**theta > 10 ** x.max() or 10**theta < 10 ** x.min():
        caveats.append("the limit lies beyond the doses tested")
    if low is None or high is None:
        caveats.append("the interval is open: the slope is not told from 0")
    made = [None if e is None else float(10**e) for e in (low, high)]
    return ProbitLimit(float(10**theta), made[0], made[1], slope, p_fit, level, None, tuple(caveats))


def _joined(
    doses: Sequence[float], hits: Sequence[int], runs: Sequence[int], rate: float, level: float
) -> tuple[Floats, Floats, Floats]:
    """log10 doses in order, hits and runs of each."""
    if not len(doses) == len(hits) == len(runs) or not doses:
        raise ValueError("doses, hits and runs must be of one length, and not empty")
    if not 0.5 <= rate < 1 or not 0.5 < level < 1:
        raise ValueError("the rate must be from 0.5 to below 1, the level above 0.5 and below 1")
    joined: dict[float, list[int]] = {}
    for d, h, r in zip(doses, hits, runs, strict=True):
        if not (math.isfinite(d) and d > 0) or r < 1 or not 0 <= h <= r:
            raise ValueError(f"dose {d}: {h} hits of {r} runs can not be")
        held = joined.setdefault(float(d), [0, 0])
        held[0] += h
        held[1] += r
    ordered = sorted(joined.items())
    return (
        np.log10([d for d, _ in ordered]),
        np.array([h for _, (h, _) in ordered], float),
        np.array([r for _, (_, r) in ordered], float),
    )


def _separated(x: Floats, k: Floats, n: Floats) -> ProbitLimit | None:
    """Why the likelihood has no maximum, or None: no dose with a hit lies below one with a miss."""
    if k.sum() == 0 or (k == n).all():
        said = "no hit at any dose" if k.sum() == 0 else "a hit in every run at every dose"
        return ProbitLimit(None, refusal=f"{said}: the limit lies beyond the doses tested")
    missed, seen = x[k < n].max(), x[k > 0].min()
    if missed <= seen:
        between = (float(10**missed), float(10**seen))
        said = "hits separate the doses: the line has no slope that fits best, and the limit has no interval"
        if missed == seen:
            above = x[x > seen]
            between = (float(10**seen), float(10 ** above.min()) if above.size else math.inf)
        return ProbitLimit(None, between=between, refusal=said)
    if x[k > 0].max() <= x[k < n].min():
        return ProbitLimit(None, refusal="hits do not rise with dose")
    return None


def _log_likelihood(a: float, b: float, x: Floats, k: Floats, n: Floats) -> float:
    line = a + b * x
    return float((k * special.log_ndtr(line) + (n - k) * special.log_ndtr(-line)).sum())


def _fit(x: Floats, k: Floats, n: Floats) -> tuple[float, float] | None:
    """Intercept and slope of greatest likelihood; the log-likelihood is concave in both."""
    middle, scale = float(x.mean()), float(np.ptp(x)) or 1.0
    u = (x - middle) / scale
    at = np.array([special.ndtri((k.sum() + 0.5) / (n.sum() + 1)), 1.0])
    done = optimize.minimize(lambda v: -_log_likelihood(v[0], v[1], u, k, n), at, method="BFGS")
    done = optimize.minimize(
        lambda v: -_log_likelihood(v[0], v[1], u, k, n), done.x, method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000},
    )  # fmt: skip
    if not np.isfinite(done.x).all():
        return None
    b = float(done.x[1]) / scale
    return float(done.x[0]) - b * middle, b


def _profile(theta: float, x: Floats, k: Floats, n: Floats, z: float) -> float:
    """The greatest log-likelihood with the wanted dose at 10^theta: over the slope, from 0 on."""
    away = x - theta

    def loss(log_slope: Floats) -> Floats:
        line = z + np.exp(np.atleast_1d(log_slope))[:, None] * away[None, :]
        return -np.asarray((k * special.log_ndtr(line) + (n - k) * special.log_ndtr(-line)).sum(axis=1))

    grid = np.linspace(-9.0, 7.0, 65)
    for _ in range(4):
        values = loss(grid)
        i = int(np.argmin(values))
        grid = np.linspace(grid[max(0, i - 1)], grid[min(len(grid) - 1, i + 1)], 65)
    return -float(values.min())


def _end(
    theta: float, side: float, x: Floats, k: Floats, n: Floats, z: float, top: float, level: float
) -> float | None:  # fmt: skip
    """An end of the interval on log10 dose; None where it is open."""
    drop = float(special.chdtri(1, 1 - level)) / 2

    def short(t: float) -> float:
        return top - _profile(t, x, k, n, z) - drop

    step = 0.05 * (float(np.ptp(x)) or 1.0)
    inner, outer = theta, theta + side * step
    for _ in range(60):
        if short(outer) > 0:
            return float(optimize.brentq(short, *sorted((inner, outer)), xtol=1e-10))
        inner, step = outer, step * 1.3
        outer = outer + side * step
        if abs(outer - theta) > 12:
            break
    return None


def _pearson(k: Floats, n: Floats, p: Floats) -> float | None:
    """P of Pearson's chi-square of the fit; None with two doses."""
    if len(k) < 3:
        return None
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return float(stats.chi2.sf(float(((k - n * p) ** 2 / (n * p * (1 - p))).sum()), len(k) - 2))
