"""Spread between replicates beyond the binomial: likelihoods and tests of one site, for reference.

- beta-binomial of each replicate with one intraclass correlation rho for both arms, bounded from below and above;
  the likelihood ratio of two means against one, on one degree of freedom (Williams, Biometrics 1975;31:949-952).
  Without the lower bound the likelihood fails numerically as rho tends to 0, and near-zero counts depend on it;
- negative binomial regression, log link, offset log depth, theta by maximum likelihood in turn with the
  coefficients (Lawless, Can J Stat 1987;15:209-225; Venables and Ripley, Modern Applied Statistics with S, 7.4).

Cannot see: that three replicates hardly tell a spread. Calls use `treated_control`, which shares it over sites.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

BOUNDS = (1e-6, 0.99)
"""Lower and upper bound of the intraclass correlation in the likelihood ratio."""


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """Statistic, P on one degree of freedom, and the correlation under two means."""

    statistic: float
    p: float
    rho: float


@dataclass(frozen=True, slots=True)
class NegativeBinomialFit:
    """Log ratio of the second group to the first, its error, z and two-sided P; theta, with variance m + m^2/theta."""

    log_ratio: float
    error: float
    z: float
    p: float
    theta: float


def beta_binomial_log(k: np.ndarray, n: np.ndarray, mean: float, rho: float) -> float:
    """Log likelihood of counts `k` of `n` at one mean and intraclass correlation (0 < both < 1).

    >>> round(beta_binomial_log(np.array([1, 0]), np.array([10, 10]), 0.1, 0.01), 4)
    -2.0034
    """
    total = (1 - rho) / rho
    a, c = mean * total, (1 - mean) * total
    choose = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return float((choose + special.betaln(k + a, n - k + c) - special.betaln(a, c)).sum())


def beta_binomial_lrt(
    treated: Sequence[int],
    depth_treated: Sequence[int],
    control: Sequence[int],
    depth_control: Sequence[int],
    bounds: tuple[float, float] = BOUNDS,
) -> LikelihoodRatio:
    """Likelihood ratio of two means against one, with one correlation for both arms, bounded.

    Counts and depths are in reads, one entry per replicate. Raises ``ValueError`` for a count above its depth.

    >>> made = beta_binomial_lrt([1, 1, 4], [77, 88, 125], [1, 0, 1], [103, 81, 91])
    >>> round(made.statistic, 2), round(made.p, 3)
    (1.91, 0.167)
    """
    kt, nt = np.asarray(treated, float), np.asarray(depth_treated, float)
    kc, nc = np.asarray(control, float), np.asarray(depth_control, float)
    if (kt > nt).any() or (kc > nc).any() or min(kt.min(), kc.min()) < 0:
        raise ValueError("each count must lie between 0 and its depth")
    low, high = math.log(bounds[0]), math.log(bounds[1])

    def profile(log_rho: float, arms: list[tuple[np.ndarray, np.ndarray]]) -> float:
        return sum(_best_mean(k, n, math.exp(log_rho)) for k, n in arms)

    def best(arms: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
        grid = np.linspace(low, high, 41)
        values = [profile(g, arms) for g in grid]
        i = int(np.argmax(values))
        around = (grid[max(0, i - 1)], grid[min(40, i + 1)])
        fine = optimize.minimize_scalar(
            lambda g: -profile(g, arms), bounds=around, method="bounded", options={"xatol": 1e-9}
        )
        return max((values[i], grid[i]), (-float(fine.fun), float(fine.x)))

    two, at = best([(kt, nt), (kc, nc)])
    one, _ = best([(np.concatenate([kt, kc]), np.concatenate([nt, nc]))])
    statistic = max(0.0, 2 * (two - one))
    return LikelihoodRatio(statistic, float(special.chdtrc(1, statistic)), math.exp(at))


def _best_mean(k: np.ndarray, n: np.ndarray, rho: float) -> float:
    """The greatest log likelihood over the mean, on the logit scale."""
    if k.sum() == 0 or k.sum() == n.sum():
        edge = 1e-12
        return beta_binomial_log(k, n, edge if k.sum() == 0 else 1 - edge, rho)
    start = special.logit(np.clip(k.sum() / n.sum(), 1e-9, 1 - 1e-9))
    fit = optimize.minimize_scalar(
        lambda v: -beta_binomial_log(k, n, float(special.expit(v)), rho),
        bounds=(start - 6, start + 6),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return -float(fit.fun)


def negative_binomial_groups(
    first: Sequence[float], size_first: Sequence[float], second: Sequence[float], size_second: Sequence[float]
) -> NegativeBinomialFit:
    """Two groups of counts by negative binomial regression with offset log size; theta by maximum likelihood.

    The standard error holds theta fixed, as is usual. Raises ``ValueError`` for counts that are not above 0: add one
    to every count first where some are 0. Source: Lawless, Can J Stat 1987;15:209-225.

    >>> fit = negative_binomial_groups([6, 2, 11, 9], [200, 950, 1200, 1100], [1, 3, 21, 4], [980, 1050, 1500, 1150])
    >>> round(fit.log_ratio, 5), round(fit.theta, 4)
    (-0.65095, 1.8163)
    """
    groups = [(np.asarray(k, float), np.asarray(n, float)) for k, n in ((first, size_first), (second, size_second))]
    if any((k <= 0).any() or (n <= 0).any() for k, n in groups):
        raise ValueError("counts and sizes must be above 0")

    def loss(log_theta: float) -> float:
        theta = math.exp(log_theta)
        return -sum(_negative_binomial_log(k, n, _group_log_rate(k, n, theta), theta) for k, n in groups)

    fit = optimize.minimize_scalar(loss, bounds=(-7.0, 16.0), method="bounded", options={"xatol": 1e-10})
    theta = math.exp(fit.x)
    rates = [_group_log_rate(k, n, theta) for k, n in groups]
    means = [math.exp(r) * n for r, (_, n) in zip(rates, groups, strict=True)]
    error = math.sqrt(sum(1 / float((m / (1 + m / theta)).sum()) for m in means))
    z = (rates[1] - rates[0]) / error
    return NegativeBinomialFit(rates[1] - rates[0], error, z, float(2 * special.ndtr(-abs(z))), theta)


def _group_log_rate(k: np.ndarray, n: np.ndarray, theta: float) -> float:
    """The log rate at which the score of one group is 0."""

    def score(v: float) -> float:
        m = math.exp(v) * n
        return float(((k - m) / (1 + m / theta)).sum())

    rates = np.log(k / n)
    return float(optimize.brentq(score, rates.min() - 1e-9, rates.max() + 1e-9, xtol=1e-13))


def _negative_binomial_log(k: np.ndarray, n: np.ndarray, log_rate: float, theta: float) -> float:
    m = math.exp(log_rate) * n
    parts = special.gammaln(k + theta) - special.gammaln(theta) - special.gammaln(k + 1)
    return float((parts + theta * np.log(theta / (theta + m)) + k * np.log(m / (theta + m))).sum())
