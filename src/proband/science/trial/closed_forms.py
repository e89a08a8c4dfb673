"""Averages that need no simulation: over patients who are lost, and over a normal prior of the effect.

Cannot see: losses that depend on the outcome.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from proband.science.trial.plan_parts import EffectPrior


def over_losses(patients: int, lost: float, of: Callable[[int], float]) -> float:
    """Sum over k = 1 to `patients` kept, of their binomial probability times `of(k)`; nobody kept adds 0.

    >>> round(over_losses(2, 0.5, lambda k: 1.0), 3)
    0.75
    """
    if lost == 0.0:
        return of(patients)
    kept = range(1, patients + 1)
    return math.fsum(math.comb(patients, k) * (1 - lost) ** k * lost ** (patients - k) * of(k) for k in kept)


def averaged(of: Callable[[float], float], prior: EffectPrior, nodes: int) -> float:
    """Mean of `of(effect)` over a normal prior, by Gauss-Hermite quadrature.

    >>> round(averaged(lambda d: d * d, EffectPrior(mean=1.0, sd=2.0, source="example"), 9), 6)
    5.0
    """
    if prior.sd == 0.0:
        return of(prior.mean)
    at, weight = np.polynomial.hermite_e.hermegauss(nodes)
    total = math.fsum(weight)
    return math.fsum(w * of(prior.mean + prior.sd * x) for x, w in zip(at, weight, strict=True)) / total
