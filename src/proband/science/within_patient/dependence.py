"""Priors on how strongly neighbouring measurements of one patient agree, as nodes and weights.

`rho` is the correlation of two measurements one week apart without noise of measurement: rho ** (days / 7) at other
distances. Nodes are Gauss-Legendre in v with rho = 1 - (1 - v)^2, so that they crowd near 1, where a wrong rho does the
most harm, and so that a Beta(a, 1/2) density is smooth.

The default, Beta(2, 1/2) with a share of the variance that may be noise of measurement, was chosen by its error rates,
not by taste (docs/explanation/own-control.md has the table). At 12 + 12 weeks and rho 0.8 a uniform prior without noise
lets an ineffective treatment through in 7.8 % of series for a nominal 5 %; Beta(2, 1/2) without noise holds 5 %, but
gives away much power where values hardly depend on each other and lets 10 % through at 26 + 26 weeks when 30 % of the
variance is noise; the default lies between on the first count and holds on the others.

Cannot see: negative dependence (a value high because the last was low); it makes these priors cautious.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WEEK = 7.0
"""Days of the unit in which rho is told."""
BETAS = {"cautious": (2.0, 0.5), "moderate": (1.0, 0.5), "uniform": (1.0, 1.0)}
"""Beta parameters of the priors on rho by name."""
NOISE_SHARES = (0.0, 0.15, 0.3, 0.5)
"""Shares of the variance that may be noise of measurement, where noise is part of the model."""
NOISE_WEIGHTS = (0.5, 0.2, 0.2, 0.1)
"""Their prior weights."""
_NODES = 24


@dataclass(frozen=True, slots=True)
class Dependence:
    """Nodes of rho per week and of the noise share, with the logarithm of their prior weights, and the name."""

    rho: Floats
    noise: Floats
    log_weight: Floats
    name: str


@lru_cache(maxsize=32)
def dependence(prior: str = "cautious", noise: bool = True, nodes: int = _NODES) -> Dependence:
    """The nodes of a named prior on rho; with noise of measurement as a second dimension where asked.

    Raises ``ValueError`` for an unknown name.

    >>> d = dependence("uniform", noise=False)
    >>> float(round((d.rho * np.exp(d.log_weight)).sum(), 6))
    0.5
    """
    if prior not in BETAS:
        raise ValueError(f"prior {prior!r} is none of {', '.join(BETAS)}")
    a, b = BETAS[prior]
    x, w = np.polynomial.legendre.leggauss(nodes)
    v, w = (x + 1) / 2, w / 2
    rho = 1 - (1 - v) ** 2
    log_weight = np.log(w) + (a - 1) * np.log(rho) + (2 * b - 1) * np.log1p(-v)
    shares = np.array(NOISE_SHARES if noise else (0.0,))
    share_weight = np.log(NOISE_WEIGHTS if noise else (1.0,))
    all_rho, all_noise = np.repeat(rho, shares.size), np.tile(shares, rho.size)
    joint = (log_weight[:, None] + share_weight[None, :]).ravel()
    return _made(all_rho, all_noise, joint, prior + (" with noise" if noise else ""))


@lru_cache(maxsize=32)
def uniform_between(low: float, high: float, nodes: int = _NODES) -> Dependence:
    """A uniform prior on rho from `low` to `high` (-1 < low < high < 1) without noise of measurement.

    Below 0 it has a meaning for measurements that are whole weeks apart alone. Raises ``ValueError`` for other bounds.

    >>> d = uniform_between(0.2, 0.6)
    >>> float(round((d.rho * np.exp(d.log_weight)).sum(), 6))
    0.4
    """
    if not -1 < low < high < 1:
        raise ValueError(f"bounds {low:g} and {high:g} of rho: -1 < low < high < 1")
    x, w = np.polynomial.legendre.leggauss(nodes)
    rho = low + (high - low) * (x + 1) / 2
    return _made(rho, np.zeros(nodes), np.log(w), f"uniform from {low:g} to {high:g}")


def fixed(rho: float) -> Dependence:
    """A single node: for comparison with a method that knows rho, never for a result.

    >>> fixed(0.6).name
    'rho known to be 0.6'
    """
    return _made(np.array([rho]), np.zeros(1), np.zeros(1), f"rho known to be {rho:g}")


def _made(rho: Floats, noise: Floats, log_weight: Floats, name: str) -> Dependence:
    log_weight = log_weight - np.log(np.exp(log_weight - log_weight.max()).sum()) - log_weight.max()
    return Dependence(rho, noise, log_weight, name)
