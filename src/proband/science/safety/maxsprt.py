"""MaxSPRT: has the rate of an event risen above its background, tested continuously as events come.

The log likelihood ratio against the best rate above the background is watched after each event; the null is rejected
when it reaches a critical value, and surveillance ends without a signal at an upper limit (Kulldorff et al.,
Sequential Analysis 2011;30:58-78). Critical values, power and time to signal are exact: the boundary is turned into
latest times of the c-th event, and a chain of counts is stepped from one to the next (`kernels.absorbing_chains`).

- Poisson: c events where t were expected from a background that is known; `conditional_maxsprt` where it is not;
- binomial: of n events, c in exposed time, each with chance 1 / (1 + z) when control time (or matched controls) is z
  times the exposed.

Signals need at least `least` events: 2 to 4 keep one early event from being a signal.

Cannot see: a background that is wrong, delayed entry of events, or reporting that changes during surveillance.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from proband.kernels.absorbing_chains import binomial_chain, poisson_chain
from proband.science.borrowing.grids import Array

LARGEST = 2_000.0
"""Longest surveillance, in expected events."""


@dataclass(frozen=True, slots=True)
class PoissonTest:
    """A Poisson MaxSPRT: critical value, and for each number of events the latest time at which it signals.

    `events` and `times` (expected events) are the boundary, `spent` the type I error spent up to each time.
    """

    alpha: float
    limit: float
    least: int
    critical: float
    events: tuple[int, ...]
    times: tuple[float, ...]
    spent: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Performance:
    """At one true rate ratio: power, mean time to signal among those that signal, and mean time of surveillance.

    Times are expected events under the background (Poisson), or events (binomial); None without any signal.
    """

    rate_ratio: float
    power: float
    mean_signal_time: float | None
    mean_length: float


def poisson_test(alpha: float, limit: float, least: int = 1) -> PoissonTest | None:
    """The Poisson MaxSPRT of type I error `alpha` up to `limit` expected events; None where none exists.

    None: even a signal at every `least`-th event would be rarer than alpha. Raises ``ValueError`` for values out of
    range. Source: Kulldorff et al. 2011.

    >>> round(poisson_test(0.05, 10.0).critical, 6)
    3.467952
    >>> poisson_test(0.05, 1.0, least=4) is None
    True
    """
    if not 0 < alpha < 0.5 or not 0 < limit <= LARGEST or least < 1:
        raise ValueError("alpha lies between 0 and 0.5, the limit above 0, and a signal needs at least one event")
    if float(_poisson_run(1e-9, limit, least, 1.0)[:, 0].sum()) < alpha:
        return None
    critical = falling_root(lambda c: float(_poisson_run(c, limit, least, 1.0)[:, 0].sum()) - alpha)
    times, limits = _poisson_boundary(critical, limit, least)
    spent = np.cumsum(_poisson_run(critical, limit, least, 1.0)[:, 0])
    events = tuple((limits + 1).tolist())
    return PoissonTest(alpha, limit, least, critical, events, tuple(times.tolist()), tuple(spent.tolist()))


def falling_root(function: Callable[[float], float]) -> float:
    """Where a falling function of a critical value is 0: false position with halved weights (Illinois).

    >>> round(falling_root(lambda c: 9.0 - c * c), 9)
    3.0
    """
    low, high = 1.0, 4.0
    at_low, at_high = function(low), function(high)
    while at_low < 0 and low > 1e-9:
        low = low / 8
        at_low = function(low)
    while at_high > 0:
        low, at_low, high = high, at_high, 2 * high
        at_high = function(high)
    for _ in range(200):
        if high - low < 1e-12 * high:
            break
        middle = high - at_high * (high - low) / (at_high - at_low)
        middle = min(max(middle, low + 1e-13 * high), high - 1e-13 * high)
        value = function(middle)
        if abs(value) < 1e-14:
            return middle
        if value > 0:
            low, at_low, at_high = middle, value, at_high / 2
        else:
            high, at_high, at_low = middle, value, at_low / 2
    return 0.5 * (low + high)


def poisson_ratio(events: int, expected: float) -> float:
    """The log likelihood ratio of `events` where `expected` are known; 0 at or below expectation.

    Raises ``ValueError`` for negative events or an expectation that is not above 0.

    >>> round(poisson_ratio(6, 2.0), 4)
    2.5917
    """
    if events < 0 or not (expected > 0 and math.isfinite(expected)):
        raise ValueError("events are not negative, and some are expected")
    return events * math.log(events / expected) - events + expected if events > expected else 0.0


def poisson_performance(test: PoissonTest, rate_ratio: float) -> Performance:
    """Power, mean time to signal and mean length of surveillance at a true `rate_ratio`.

    >>> got = poisson_performance(poisson_test(0.05, 10.0), 2.0)
    >>> round(got.power, 6), round(got.mean_signal_time, 6), round(got.mean_length, 5)
    (0.685063, 4.130985, 5.97935)
    """
    if not (rate_ratio >= 0 and math.isfinite(rate_ratio)):
        raise ValueError("a rate ratio is not negative")
    run = _poisson_run(test.critical, test.limit, test.least, rate_ratio)
    return performance_of(rate_ratio, float(run[:, 0].sum()), float(run[:, 1].sum()), test.limit)


def performance_of(rate_ratio: float, power: float, late: float, limit: float) -> Performance:
    """Means from the probability of a signal and the sum of signal times over it."""
    power = min(power, 1.0)
    return Performance(rate_ratio, power, late / power if power > 0 else None, late + (1 - power) * limit)


def _poisson_boundary(critical: float, limit: float, least: int) -> tuple[Array, Array]:
    """Ends of the intervals and the greatest count without a signal in each.

    c events at t signal when c ln(c/t) - c + t >= critical, so t = -c W(-exp(-1 - critical / c)), W the principal
    branch of Lambert's function.
    """
    most = least + math.ceil(limit + 4 * critical + 4 * math.sqrt(limit * critical) + 10)
    c = np.arange(least, most + 1)
    t = -c * special.lambertw(-np.exp(-1 - critical / c)).real
    stop = int(np.searchsorted(t, limit))
    times = np.append(t[:stop], limit)
    return times, np.arange(least - 1, least + stop)


def _poisson_run(critical: float, limit: float, least: int, rate: float) -> Array:
    times, limits = _poisson_boundary(critical, limit, least)
    out = np.empty((times.size, 2))
    poisson_chain(times, limits, rate, out)
    return out


@dataclass(frozen=True, slots=True)
class BinomialTest:
    """A binomial MaxSPRT: critical value, type I error reached, and the least exposed events that signal after each n.

    ``boundary[n - 1]`` is None where no number of n events signals.
    """

    alpha: float
    limit: int
    ratio: float
    least: int
    critical: float
    reached: float
    boundary: tuple[int | None, ...]


def binomial_test(alpha: float, limit: int, ratio: float, least: int = 1) -> BinomialTest | None:
    """The binomial MaxSPRT up to `limit` events, with `ratio` z of control to exposed time (or controls per case).

    Type I error is a step function of the critical value; the least value that keeps it at most `alpha` is taken, and
    what it reaches is told. None where no boundary keeps alpha. Raises ``ValueError`` for values out of range.
    Source: Kulldorff et al. 2011.

    >>> test = binomial_test(0.05, 20, 1.0)
    >>> test.boundary[:6], round(test.reached, 4)
    ((None, None, None, None, 5, 6), 0.0461)
    """
    if not 0 < alpha < 0.5 or not 1 <= limit <= 2000 or not (ratio > 0 and math.isfinite(ratio)) or least < 1:
        raise ValueError("alpha lies between 0 and 0.5, 1 to 2000 events, the ratio and least events above 0")
    values = _binomial_ratios(limit, ratio)
    levels = np.unique(np.round(values[values > 0], 9))
    low, high = -1, levels.size - 1
    if levels.size == 0 or _reached(values, levels[-1], ratio, least) > alpha:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _reached(values, levels[middle], ratio, least) > alpha:
            low = middle
        else:
            high = middle
    bounds = _binomial_boundary(values, levels[high], least)
    reached = _reached(values, levels[high], ratio, least)
    if reached == 0.0:
        return None
    shown = tuple(int(b) if b <= n else None for n, b in enumerate(bounds, start=1))
    return BinomialTest(alpha, limit, ratio, least, float(levels[high]), reached, shown)


def binomial_performance(test: BinomialTest, rate_ratio: float) -> Performance:
    """Power, mean number of events at the signal, and mean number at the end, at a true `rate_ratio`.

    >>> binomial_performance(binomial_test(0.05, 20, 1.0), 1.0).power <= 0.05
    True
    """
    if not (rate_ratio >= 0 and math.isfinite(rate_ratio)):
        raise ValueError("a rate ratio is not negative")
    bounds = np.array([test.limit + 1 if b is None else b for b in test.boundary])
    out = np.empty(test.limit)
    binomial_chain(bounds, np.full(test.limit, rate_ratio / (rate_ratio + test.ratio)), out)
    late = float(out @ np.arange(1, test.limit + 1))
    return performance_of(rate_ratio, float(out.sum()), late, test.limit)


def _binomial_ratios(limit: int, ratio: float) -> Array:
    """Log likelihood ratios of c exposed of n events, shape (limit, limit + 1); -1 where c > n or none is above."""
    n = np.arange(1, limit + 1)[:, None]
    c = np.arange(limit + 1)[None, :]
    null = 1 / (1 + ratio)
    share = np.minimum(c / n, 1.0)
    made = special.xlogy(c, share / null) + special.xlogy(n - np.minimum(c, n), (1 - share) / (1 - null))
    return np.where((c <= n) & (share > null), made, -1.0)


def _binomial_boundary(values: Array, critical: float, least: int) -> Array:
    reaches = values >= critical - 1e-9
    reaches[:, :least] = False
    limit = values.shape[0]
    return np.where(reaches.any(1), reaches.argmax(1), limit + 1)


def _reached(values: Array, critical: float, ratio: float, least: int) -> float:
    out = np.empty(values.shape[0])
    chances = np.full(values.shape[0], 1 / (1 + ratio))
    binomial_chain(_binomial_boundary(values, critical, least), chances, out)
    return float(out.sum())
