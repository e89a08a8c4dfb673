"""Chance that a count of events crosses a boundary, by exact chains: Poisson, Polya and binomial counts.

A boundary is a row of intervals: in interval i, which ends at ``times[i]``, reaching ``limits[i] + 1`` events is a
signal. Chains keep the probability of every count that has not signalled; nothing is simulated.

Cannot see: looks between events that are not continuous. The caller gives the intervals.
"""

from __future__ import annotations

import math

import numpy as np

from proband.kernels.jit import Array, inlined, njit

NOTHING = 1e-22
"""Probability of a step beyond the mode below which longer steps are left out."""


@inlined
def _tail(mean: float, need: int, first: float, below: float) -> float:
    """P(Poisson >= need) from that at `need` and the sum below: as a series where a difference loses digits."""
    if mean >= need:
        return max(0.0, 1.0 - below)
    total, term, k = first, first, need
    while term > 1e-17 * total:
        k += 1
        term *= mean / k
        total += term
    return total


@njit
def poisson_chain(times: Array, limits: Array, rate: float, out: Array) -> None:
    """Fill ``out[i]`` with (P(signal in interval i), sum of signal time over it) for events at constant `rate`.

    `times` rising, `limits` not falling, `out` (intervals, 2).
    """
    size = limits[-1] + 2
    held = np.zeros(size)
    held[0] = 1.0
    pmf = np.empty(size + 3)
    top = 0
    start = 0.0
    for i in range(times.size):
        mean = rate * (times[i] - start)
        limit = limits[i]
        pmf[0] = math.exp(-mean)
        for k in range(1, limit + 3):
            pmf[k] = pmf[k - 1] * mean / k
        signal, late = 0.0, 0.0
        new = np.zeros(size)
        for j in range(top + 1):
            p = held[j]
            below = 0.0
            need = limit - j + 1
            for k in range(need):
                if pmf[k] < NOTHING and k > mean:
                    break
                new[j + k] += p * pmf[k]
                below += pmf[k]
            tail = _tail(mean, need, pmf[need], below)
            signal += p * tail
            if rate > 1e-200:
                after = _tail(mean, need + 1, pmf[need + 1], below + pmf[need])
                late += p * (start * tail + need / rate * after)
        out[i, 0], out[i, 1] = signal, late
        held, top, start = new, limit, times[i]


@njit
def polya_chain(times: Array, limits: Array, history: float, out: Array) -> None:
    """As `poisson_chain` for a rate that is Gamma(history, 1): ``out[i]`` is P(signal in interval i).

    Between times s and t the count moves from j by a negative binomial of size history + j and probability
    (1 + s) / (1 + t).
    """
    size = limits[-1] + 2
    held = np.zeros(size)
    held[0] = 1.0
    top = 0
    start = 0.0
    for i in range(times.size):
        stay = (1.0 + start) / (1.0 + times[i])
        limit = limits[i]
        signal = 0.0
        new = np.zeros(size)
        for j in range(top + 1):
            p = held[j]
            shape = history + j
            pmf = stay**shape
            below = 0.0
            middle = shape * (1.0 - stay) / stay
            for k in range(limit - j + 1):
                if pmf < NOTHING and k > middle:
                    break
                new[j + k] += p * pmf
                below += pmf
                pmf *= (shape + k) / (k + 1) * (1.0 - stay)
            signal += p * max(0.0, 1.0 - below)
        out[i] = signal
        held, top, start = new, limit, times[i]


@njit
def binomial_chain(least: Array, chances: Array, out: Array) -> None:
    """Fill ``out[i]`` with P(signal at trial i + 1) when trial i succeeds with ``chances[i]``.

    ``least[i]`` is the least number of successes that signals after trial i + 1 (more than i + 1: none can).
    """
    trials = least.size
    held = np.zeros(trials + 2)
    held[0] = 1.0
    for i in range(trials):
        p = chances[i]
        signal = 0.0
        for j in range(i + 1, -1, -1):
            moved = held[j] * (1.0 - p)
            if j > 0:
                moved += held[j - 1] * p
            if j >= least[i]:
                signal += moved
                held[j] = 0.0
            else:
                held[j] = moved
        out[i] = signal
