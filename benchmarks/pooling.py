"""Ten baskets pooled, MAP priors, designs and MaxSPRT critical values, each beside a plain way in the same run.

    python benchmarks/pooling.py

Prints median milliseconds on the clock and of the processor (compiled kernels at hand), processor milliseconds of the
plain way, their ratio, and the largest difference of the two answers. Plain ways: a dense Gauss-Hermite grid of 81
means, 60 spreads and 41 nodes in numpy; ``scipy.integrate.dblquad`` over mean and spread, for one basket; one posterior
pair at a time by ``scipy.integrate.quad``; and a chain with ``scipy.stats.poisson`` under bisection. Targets: ten
baskets under 20 ms, a critical value under 10 ms.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable

import numpy as np
from scipy import integrate, special, stats

from proband.science.borrowing.hierarchy import fit
from proband.science.borrowing.mixtures import beta_mixture, binomial_posterior, robustify
from proband.science.borrowing.quadrature import Prior
from proband.science.borrowing.two_sample import difference_above
from proband.science.borrowing.units import binomial
from proband.science.safety.maxsprt import poisson_test

COUNTS = ((2, 15), (0, 13), (1, 12), (6, 28), (7, 29), (3, 29), (5, 26), (1, 5), (0, 2), (3, 20))
"""Responders and patients of the ten sarcoma baskets (Chugh et al., J Clin Oncol 2009;27:3148-3153, recalled)."""
MU, MU_SD = math.log(0.25), 10.0


def baskets() -> np.ndarray:
    got = fit([binomial(str(i), r, n) for i, (r, n) in enumerate(COUNTS)], Prior(MU, MU_SD, 1.0))
    return np.array([got.mean_sd(d)[0] for d in got.densities])


def dense() -> np.ndarray:
    mu, tau = np.linspace(-5.5, 1.5, 81), (np.arange(60) + 0.5) / 12
    z, w = np.polynomial.hermite_e.hermegauss(41)
    eta = mu[:, None, None] + tau[None, :, None] * z
    p, rest = special.expit(eta), special.expit(-eta)
    inside = [np.exp(special.xlogy(r, p) + special.xlogy(n - r, rest)) * w for r, n in COUNTS]
    each = [i.sum(-1) for i in inside]
    joint = np.prod(each, axis=0) * np.exp(-0.5 * ((mu[:, None] - MU) / MU_SD) ** 2 - 0.5 * tau**2)
    return np.array([(joint * (i * p).sum(-1) / e).sum() / joint.sum() for i, e in zip(inside, each, strict=True)])


def adaptive() -> np.ndarray:
    """The first basket alone: two double integrals."""
    z, w = np.polynomial.hermite_e.hermegauss(41)

    def value(mu: float, tau: float, top: bool) -> float:
        p = special.expit(mu + tau * z)
        total = math.exp(-0.5 * ((mu - MU) / MU_SD) ** 2 - 0.5 * tau**2)
        for i, (r, n) in enumerate(COUNTS):
            terms = w * p**r * (1 - p) ** (n - r) * 1e4
            total *= float(terms @ p if top and i == 0 else terms.sum())
        return total

    above, below = (
        integrate.dblquad(lambda mu, tau, t=top: value(mu, tau, t), 0, 5, -5.5, 1.5, epsrel=1e-4)[0]
        for top in (True, False)
    )
    return np.array([above / below])


FLAT, ROBUST = (
    beta_mixture([1], [0.5], [1]),
    robustify(beta_mixture([0.62, 0.38], [19.2, 3.5], [57.8, 9.4]), 0.2, 0.5),
)


def pairs() -> np.ndarray:
    return difference_above(FLAT, 24, ROBUST, 6, 0.0)


def pair_by_pair() -> np.ndarray:
    made = np.empty((25, 7))
    for j in range(7):
        two = binomial_posterior(ROBUST, j, 6)
        for i in range(25):
            one = binomial_posterior(FLAT, i, 24)
            made[i, j] = integrate.quad(
                lambda y, a=one, b=two: float(b.pdf(y)) * float(1 - a.cdf(y)), 0, 1, points=[0.3], limit=200
            )[0]
    return made


def critical() -> np.ndarray:
    test = poisson_test(0.05, 10.0)
    assert test is not None
    return np.array([test.critical])


def plain_chain() -> np.ndarray:
    def reached(value: float) -> float:
        held, before, survive = {0: 1.0}, 0.0, 1.0
        for c in range(1, 80):
            t = min(-c * special.lambertw(-math.exp(-1 - value / c)).real, 10.0)
            new: dict[int, float] = {}
            for j, p in held.items():
                for k, chance in enumerate(stats.poisson.pmf(np.arange(c - j), t - before)):
                    new[j + k] = new.get(j + k, 0.0) + p * chance
            held, before, survive = new, t, sum(new.values())
            if t == 10.0:
                break
        return 1 - survive

    low, high = 1.0, 8.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if reached(middle) > 0.05 else (low, middle)
    return np.array([high])


def milliseconds(function: Callable[[], np.ndarray], runs: int) -> tuple[float, float, np.ndarray]:
    """Median milliseconds on the clock and of the processor, and the answer."""
    clock, processor, got = [], [], function()
    for _ in range(runs):
        start, busy = time.perf_counter(), time.process_time()
        got = function()
        clock.append(1e3 * (time.perf_counter() - start))
        processor.append(1e3 * (time.process_time() - busy))
    return statistics.median(clock), statistics.median(processor), got


def main() -> None:
    """Measure and print one row per pair."""
    rows = [
        ("ten baskets", baskets, dense, "dense grid", 31, 31, 20.0),
        ("ten baskets", baskets, adaptive, "dblquad, one basket", 31, 1, 20.0),
        ("175 two-arm outcomes", pairs, pair_by_pair, "quad, pair by pair", 15, 1, math.nan),
        ("MaxSPRT, T = 10", critical, plain_chain, "scipy.stats chain", 31, 1, 10.0),
    ]
    heads = f"{'what':<22}{'clock ms':>9}{'cpu ms':>8}{'target':>8}  {'beside':<20}{'cpu ms':>9}{'ratio':>8}"
    print(heads + f"{'difference':>12}")
    for name, ours, plain, beside, runs, plain_runs, target in rows:
        clock, busy, got = milliseconds(ours, runs)
        _, other, want = milliseconds(plain, plain_runs)
        gap = float(np.abs(got[: want.size] - want if want.ndim == 1 else got - want).max())
        line = f"{name:<22}{clock:>9.2f}{busy:>8.2f}{target:>8.0f}  {beside:<20}{other:>9.1f}{other / busy:>8.1f}"
        print(line + f"{gap:>12.1e}")


if __name__ == "__main__":
    main()
