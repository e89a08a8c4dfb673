"""Quantiles and moments of a density known on a grid.

On an even grid the distribution function at cell edges is the midpoint sum with its second-order correction (Euler and
Maclaurin), joined by cubic Hermite pieces whose slope is the density: errors are of the fourth order in the spacing.

Cannot see: mass beyond the ends of the grid.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from proband.core.quantity import GRID, Quantity

Array = npt.NDArray[np.float64]
PIECES = 16
"""Linear pieces that stand for one cell of the cubic."""


def even_quantiles(nodes: Array, density: Array, p: npt.ArrayLike) -> Array:
    """Quantiles at `p` of a `density` (any scale) at evenly spaced `nodes`.

    >>> x = np.linspace(-8, 8, 65)
    >>> even_quantiles(x, np.exp(-x * x / 2), [0.025, 0.8]).round(4).tolist()
    [-1.96, 0.8416]
    """
    x, cumulative = even_cdf(nodes, density)
    return np.asarray(np.interp(np.asarray(p, np.float64), cumulative, x))


def even_cdf(nodes: Array, density: Array) -> tuple[Array, Array]:
    """The distribution function of `density` on a grid `PIECES` times as fine: points, and values that rise to 1."""
    h = nodes[1] - nodes[0]
    mass = np.concatenate([[0.0, 0.0], density / density.sum(), [0.0, 0.0]])
    left = nodes[0] - h / 2 + h * np.arange(nodes.size + 1)
    edge = np.concatenate([[0.0], np.cumsum(mass[2:-2])]) + (mass[2:-1] - mass[1:-2]) / 24
    slope = np.maximum((9 * (mass[1:-2] + mass[2:-1]) - (mass[:-3] + mass[3:])) / 16, 0.0)
    u = np.arange(PIECES) / PIECES
    a, b, sa, sb = edge[:-1, None], edge[1:, None], slope[:-1, None], slope[1:, None]
    cubic = (2 * u**3 - 3 * u**2 + 1) * a + (u**3 - 2 * u**2 + u) * sa + (3 * u**2 - 2 * u**3) * b + (u**3 - u**2) * sb
    x = left[:-1, None] + h * u
    return x.ravel(), np.maximum.accumulate(np.clip(cubic.ravel(), 0.0, 1.0))


def even_quantity(nodes: Array, density: Array, unit: str, model: str, n: float | None, value: float) -> Quantity:
    """The distribution as a `Quantity`, for a density on even nodes."""
    q = np.maximum.accumulate(even_quantiles(nodes, density, GRID))
    return Quantity.posterior(q.tolist(), unit, model=model, n=n, value=value)


def grid_quantity(nodes: Array, mass: Array, unit: str, model: str, n: float | None, value: float) -> Quantity:
    """The distribution as a `Quantity`, from trapezoid masses at nodes that need not be even."""
    cumulative = np.cumsum(mass) - 0.5 * mass
    q = np.maximum.accumulate(np.interp(GRID, cumulative / mass.sum(), nodes))
    return Quantity.posterior(q.tolist(), unit, model=model, n=n, value=value)


def moments(nodes: Array, density: Array) -> tuple[float, float]:
    """Mean and standard deviation of a density on even nodes.

    >>> x = np.linspace(-8, 8, 65)
    >>> [round(v, 6) + 0.0 for v in moments(x, np.exp(-x * x / 2))]
    [0.0, 1.0]
    """
    mass = density / density.sum()
    mean = float(mass @ nodes)
    return mean, float(np.sqrt(mass @ (nodes - mean) ** 2))
