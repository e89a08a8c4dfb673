"""Differences and ratios of two independent quantities from the limits of each (MOVER).

For a difference the distance of a limit from the estimate is the root of the summed squares of the distances of the
two limits that push the same way (Zou and Donner, Statistics in Medicine 2008;27:1693-1702; Donner and Zou,
Statistical Methods in Medical Research 2012;21:347-359). Ratios are differences of logarithms, odds ratios of logits.
It keeps the asymmetry of exact limits, and holds at zero counts.

Cannot see: dependence between the two.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proband.core.quantity import GRID, Quantity

_P = np.array(GRID)
Floats = NDArray[np.float64]
_Scale = Callable[[Floats], Floats]

LARGEST = 690.0
"""Greatest natural logarithm of a ratio that is stored (about the largest number of a machine)."""


def _outer(q: Quantity) -> tuple[Floats, Floats]:
    """Outer quantiles and the middle of the two medians: for counts of 0 it is not at the border."""
    low = np.array(q.quantiles)
    high = np.array(q.upper_quantiles or q.quantiles)
    return np.where(_P < 0.5, low, high), np.array([(np.interp(0.5, _P, low) + np.interp(0.5, _P, high)) / 2])


def combine(a: Quantity, b: Quantity, scale: _Scale) -> Floats:
    """Quantiles of scale(a) - scale(b) on the grid, for two posteriors and an increasing scale."""
    with np.errstate(divide="ignore", invalid="ignore"):
        (qa, ma), (qb, mb) = ((scale(x) for x in _outer(q)) for q in (a, b))
        centre = ma - mb
        side = np.where(_P < 0.5, -1.0, 1.0)
        mine = np.maximum(side * (qa - ma), 0.0)
        other = np.maximum(side * (mb - qb[::-1]), 0.0)
        found: Floats = centre + side * np.sqrt(mine**2 + other**2)
    found[_P == 0.5] = centre
    ordered: Floats = np.maximum.accumulate(found)
    return ordered


def difference(a: Quantity, b: Quantity, unit: str) -> Quantity:
    """The quantity a - b.

    >>> from proband.science.stats.posterior import proportion
    >>> d = difference(proportion(40, 100), proportion(10, 100), "fraction")
    >>> round(d.value, 2), [round(x, 3) for x in d.interval(0.95)]
    (0.3, [0.176, 0.414])
    """
    q = combine(a, b, lambda x: x)
    return Quantity.posterior(q.tolist(), unit, model=_model(a, b), value=_value(a) - _value(b))


def ratio(a: Quantity, b: Quantity, unit: str = "ratio") -> Quantity:
    """The quantity a / b of two that are not negative. Raises ``ValueError`` when b may be 0 by its limits.

    >>> from proband.science.stats.posterior import rate
    >>> [round(x, 3) for x in ratio(rate(20, 1, "r"), rate(40, 1, "r")).interval(0.95)]
    [0.279, 0.866]
    """
    if b.quantiles[0] <= 0:
        raise ValueError("the denominator may be 0 by its limits: the ratio has no upper limit")
    q = np.exp(np.minimum(combine(a, b, np.log), LARGEST))
    return Quantity.posterior(q.tolist(), unit, model=_model(a, b), value=_value(a) / _value(b))


def odds_ratio(a: Quantity, b: Quantity, unit: str = "ratio") -> Quantity:
    """The quantity [a / (1 - a)] / [b / (1 - b)] of two fractions; limits that are unbounded stop at e^690."""
    q = np.exp(np.clip(combine(a, b, special.logit), -LARGEST, LARGEST))
    va, vb = _value(a), _value(b)
    above, below = va * (1 - vb), vb * (1 - va)
    return Quantity.posterior(q.tolist(), unit, model=_model(a, b), value=above / below if below else None)


def _value(q: Quantity) -> float:
    assert q.value is not None
    return q.value


def _model(a: Quantity, b: Quantity) -> str:
    own = a.model if a.model == b.model else f"{a.model}; {b.model}"
    return f"limits recovered from two independent quantities (MOVER); {own}"
