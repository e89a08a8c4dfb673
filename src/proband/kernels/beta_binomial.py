"""Beta-binomial probabilities and tails over many parameter nodes, as kernels on plain arrays.

Counts X of n reads at mean mu with intraclass correlation rho: p ~ Beta(a, c) with a = mu (1 - rho) / rho and
c = (1 - mu) (1 - rho) / rho, X | p ~ Binomial(n, p), so that Var X = n mu (1 - mu) (1 + (n - 1) rho). At
rho = 0 it is the binomial (Skellam, J R Stat Soc B 1948;10:257-261). Tails are sums of exact probabilities,
made from one probability by the ratio of neighbours, from the side with less mass.

Cannot see: whether counts are beta-binomial at all.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from proband.kernels.jit import njit

Floats = NDArray[np.float64]

_TINY = 1e-12
"""Correlations below this are the binomial: the parameters of the beta lose all digits there."""
_NOTHING = 1e-15
"""A term so small beside the sum ends it; the terms after it fall faster than a geometric series."""


@njit
def log_pmf(k: int, n: int, mu: float, rho: float) -> float:
    """Natural logarithm of P(X = k); minus infinity where it can not be."""
    if k < 0 or k > n:
        return -math.inf
    if mu <= 0.0:
        return 0.0 if k == 0 else -math.inf
    if mu >= 1.0:
        return 0.0 if k == n else -math.inf
    choose = math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)
    if rho <= _TINY:
        return choose + k * math.log(mu) + (n - k) * math.log1p(-mu)
    total = (1.0 - rho) / rho
    a = mu * total
    c = total - a
    high = math.lgamma(a + k) - math.lgamma(a)
    low = math.lgamma(c + n - k) - math.lgamma(c)
    return choose + high + low - (math.lgamma(total + n) - math.lgamma(total))


@njit
def upper_tail(t: int, n: int, mu: float, rho: float) -> float:
    """P(X >= t)."""
    if t <= 0:
        return 1.0
    if t > n or mu <= 0.0:
        return 0.0
    if mu >= 1.0:
        return 1.0
    if t > n * mu:
        return min(1.0, _sum_up(t, n, mu, rho))
    return max(0.0, 1.0 - _sum_down(t - 1, n, mu, rho))


@njit
def _sum_up(t: int, n: int, mu: float, rho: float) -> float:
    """P(X >= t), from t upward until nothing is added."""
    binomial = rho <= _TINY
    total = 0.0 if binomial else (1.0 - rho) / rho
    a, c = mu * total, (1.0 - mu) * total
    odds = mu / (1.0 - mu)
    term = math.exp(log_pmf(t, n, mu, rho))
    made = term
    if term == 0.0:
        return 0.0
    for k in range(t, n):
        ratio = odds * (n - k) / (k + 1.0) if binomial else (n - k) * (a + k) / ((k + 1.0) * (c + n - k - 1.0))
        term *= ratio
        made += term
        if ratio < 1.0 and term <= _NOTHING * made and (binomial or c >= 1.0):
            break
    return made


@njit
def _sum_down(t: int, n: int, mu: float, rho: float) -> float:
    """P(X <= t), from t downward until nothing is added."""
    binomial = rho <= _TINY
    total = 0.0 if binomial else (1.0 - rho) / rho
    a, c = mu * total, (1.0 - mu) * total
    odds = (1.0 - mu) / mu
    term = math.exp(log_pmf(t, n, mu, rho))
    made = term
    if term == 0.0:
        return 0.0
    for k in range(t, 0, -1):
        ratio = odds * k / (n - k + 1.0) if binomial else k * (c + n - k) / ((n - k + 1.0) * (a + k - 1.0))
        term *= ratio
        made += term
        if ratio < 1.0 and term <= _NOTHING * made and (binomial or a >= 1.0):
            break
    return made


@njit
def mixture_tail(t: int, n: int, mu: Floats, rho: Floats, weight: Floats) -> float:
    """Sum over nodes of weight times P(X >= t); `mu`, `rho` and `weight` are float arrays of one length."""
    made = 0.0
    for i in range(mu.size):
        made += weight[i] * upper_tail(t, n, mu[i], rho[i])
    return made


@njit
def mixture_mid_tail(x: int, n: int, mu: Floats, rho: Floats, weight: Floats) -> float:
    """Sum over nodes of weight times (P(X > x) + P(X = x) / 2): the mid-P tail."""
    made = 0.0
    for i in range(mu.size):
        half = 0.5 * math.exp(log_pmf(x, n, mu[i], rho[i]))
        made += weight[i] * (upper_tail(x + 1, n, mu[i], rho[i]) + half)
    return made


@njit
def tail_by_molecules(
    t: int,
    n: int,
    background: Floats,
    rho: Floats,
    weight: Floats,
    molecules: float,
    most: int,
    mid: bool,
) -> Floats:
    """Tail of X given 0, 1, ..., `most` edited molecules among `molecules`, averaged over nodes of background.

    With `mid` the value at t - 1 is the mid-P tail about x = t - 1, else P(X >= t). Float array of most + 1.
    """
    made = np.zeros(most + 1)
    for m in range(most + 1):
        share = min(1.0, m / molecules)
        for i in range(background.size):
            mu = background[i] + (1.0 - background[i]) * share
            tail = upper_tail(t, n, mu, rho[i])
            if mid:
                tail += 0.5 * math.exp(log_pmf(t - 1, n, mu, rho[i]))
            made[m] += weight[i] * tail
        if made[m] > 1.0 - 1e-9:
            made[m + 1 :] = 1.0
            break
    return made
