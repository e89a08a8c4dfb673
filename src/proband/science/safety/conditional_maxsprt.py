"""MaxSPRT when the background rate is itself estimated from a limited history.

The known-background test signals too often when the "known" rate rests on few events. Here c events in historical
exposure V and k events in the exposure P under surveillance are compared by their likelihood ratio (Li and Kulldorff,
Stat Med 2010;29:284-295). Under the null V divided by the mean time between events is Gamma(c, 1), so the count under
surveillance is a Polya process in P / V, and critical values come from its exact chain instead of simulation. Power is
that of the Poisson chain averaged over the gamma distribution.

What is assumed: history ended at its c-th event, or c is not small (at a window of fixed length c is itself random, and
this is an approximation); one rate in both periods, no trend, no difference in how events are found. With c growing,
the test becomes the Poisson one.

Cannot see: drift of the background, the commonest reason for a false signal with historical controls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from proband.kernels.absorbing_chains import poisson_chain, polya_chain
from proband.science.borrowing.grids import Array
from proband.science.safety.maxsprt import Performance, falling_root, performance_of

NODES = 120
"""Quadrature nodes of the background rate in power."""


@dataclass(frozen=True, slots=True)
class ConditionalTest:
    """A conditional MaxSPRT: critical value, and for each number of events the greatest P / V at which it signals."""

    alpha: float
    history: int
    limit: float
    least: int
    critical: float
    events: tuple[int, ...]
    ratios: tuple[float, ...]


def conditional_ratio(history: int, events: int, ratio: float) -> float:
    """The log likelihood ratio of `events` at P / V = `ratio` after `history` events in V; 0 unless the rate is higher.

    Raises ``ValueError`` for counts that can not be or a ratio that is not above 0.

    >>> round(conditional_ratio(10, 5, 0.1), 4)
    3.3949
    """
    if history < 1 or events < 0 or not (ratio > 0 and math.isfinite(ratio)):
        raise ValueError("history has at least one event, events are not negative, the ratio is above 0")
    if events <= history * ratio:
        return 0.0
    both = history + events
    return history * math.log(history * (1 + ratio) / both) + events * math.log(events * (1 + ratio) / (ratio * both))


def conditional_test(alpha: float, history: int, limit: float, least: int = 1) -> ConditionalTest | None:
    """The conditional MaxSPRT up to P / V = `limit`, after `history` events in V; None where none exists.

    Raises ``ValueError`` for values out of range. Source: module docstring.

    >>> from proband.science.safety.maxsprt import poisson_test
    >>> known = poisson_test(0.05, 5.0).critical
    >>> abs(conditional_test(0.05, 20_000, 5.0 / 20_000).critical - known) < 0.01
    True
    """
    if not 0 < alpha < 0.5 or history < 1 or not 0 < limit * history <= 2000 or least < 1:
        raise ValueError("alpha lies between 0 and 0.5, history has events, and the limit is above 0 and not vast")
    if _signal(1e-9, history, limit, least) < alpha:
        return None
    critical = falling_root(lambda c: _signal(c, history, limit, least) - alpha)
    times, limits = _boundary(critical, history, limit, least)
    return ConditionalTest(alpha, history, limit, least, critical, tuple((limits + 1).tolist()), tuple(times.tolist()))


def conditional_performance(test: ConditionalTest, rate_ratio: float) -> Performance:
    """Power and times (in P / V) at a true `rate_ratio`, averaged over what history tells of the background.

    >>> test = conditional_test(0.05, 20, 0.5)
    >>> round(conditional_performance(test, 1.0).power, 6)
    0.05
    """
    if not (rate_ratio >= 0 and math.isfinite(rate_ratio)):
        raise ValueError("a rate ratio is not negative")
    ends = np.log(special.gammaincinv(test.history, 1e-13)), np.log(special.gammainccinv(test.history, 1e-13))
    logs = np.linspace(*ends, NODES)
    weights = np.exp(test.history * (logs - math.log(test.history)) - np.exp(logs) + test.history)
    weights /= weights.sum()
    times, limits = np.array(test.ratios), np.array(test.events) - 1
    power = late = 0.0
    out = np.empty((times.size, 2))
    for rate, weight in zip(np.exp(logs).tolist(), weights.tolist(), strict=True):
        poisson_chain(times, limits, rate_ratio * rate, out)
        power += weight * float(out[:, 0].sum())
        late += weight * float(out[:, 1].sum())
    return performance_of(rate_ratio, power, late, test.limit)


def _boundary(critical: float, history: int, limit: float, least: int) -> tuple[Array, Array]:
    """Greatest ratio at which each count signals, by bisection on its logarithm; cut at the limit."""
    expected = history * limit
    scale = 1 + limit
    most = least + math.ceil(expected + 8 * scale * (critical + math.sqrt(expected * critical)) + 20)
    while True:
        k = np.arange(least, most + 1.0)
        low, high = np.full_like(k, -700.0), np.log(k / history)
        for _ in range(64):
            middle = 0.5 * (low + high)
            x = np.exp(middle)
            both = history + k
            value = history * np.log(history * (1 + x) / both) + k * (np.log(k * (1 + x) / both) - middle)
            low, high = np.where(value > critical, middle, low), np.where(value > critical, high, middle)
        t = np.exp(low)
        stop = int(np.searchsorted(t, limit))
        if stop < t.size:
            return np.append(t[:stop], limit), np.arange(least - 1, least + stop)
        most *= 2


def _signal(critical: float, history: int, limit: float, least: int) -> float:
    times, limits = _boundary(critical, history, limit, least)
    out = np.empty(times.size)
    polya_chain(times, limits, float(history), out)
    return float(out.sum())
