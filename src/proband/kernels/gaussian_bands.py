"""Sums of a function on an even grid against normal densities of many widths, centred on many grid points.

For each width t and centre m: ``out[t, j, m] = sum_d g_t[d] f_j[c_m + d]``, which is the integral of f_j against
N(eta_m, tau_t) by the trapezoid rule, and its transpose. Weights of a width below 0.8 spacings are a five-point
stencil with the variance and fourth moment of the normal, because the trapezoid rule no longer sees it; the others are
normal ordinates normalised to sum 1, cut at `REACH` widths.

Cannot see: a function that changes within one spacing. Errors then are not told; the caller chooses the spacing.
"""

from __future__ import annotations

import math

import numpy as np

from proband.kernels.jit import Array, njit

REACH = 6.0
"""Half-width of the band in standard deviations; 2e-9 of the mass lies beyond."""
NARROW = 0.8
"""Width in spacings below which the stencil is used."""


def band_weights(width: float) -> Array:
    """Weights at offsets 0, 1, 2, ... of a normal whose standard deviation is `width` spacings; symmetric, sum 1.

    >>> w = band_weights(0.5)
    >>> round(float(w[0] + 2 * w[1:].sum()), 12), round(float(2 * (w[1] + 4 * w[2])), 12)
    (1.0, 0.25)
    """
    v = width * width
    if width < NARROW:
        near, far = (4 * v - 3 * v * v) / 6, (3 * v * v - v) / 24
        return np.array([1 - 2 * (near + far), near, far])
    offsets = np.arange(math.ceil(REACH * width) + 1)
    w = np.exp(-0.5 * (offsets / width) ** 2)
    return np.asarray(w / (w[0] + 2 * w[1:].sum()))


@njit
def gather(values: Array, weights: Array, starts: Array, first: int, counts: Array, out: Array) -> None:
    """Fill ``out[t, j, m]`` for m in ``counts[t, 0]..counts[t, 1]``; the centre of m is grid point first + m.

    `values` (units, grid), `weights` the bands of all widths one after the other, that of t at
    ``starts[t]..starts[t + 1]``, `counts` (widths, 2), `out` (widths, units, centres) zero at the start. Bands must
    stay inside the grid.
    """
    for t in range(starts.size - 1):
        low, high = counts[t, 0], counts[t, 1]
        for j in range(values.shape[0]):
            line, into = values[j], out[t, j]
            for d in range(starts[t + 1] - starts[t]):
                w = weights[starts[t] + d]
                if d == 0:
                    for m in range(low, high):
                        into[m] += w * line[first + m]
                else:
                    for m in range(low, high):
                        into[m] += w * (line[first + m - d] + line[first + m + d])


@njit
def scatter(amounts: Array, weights: Array, starts: Array, first: int, counts: Array, out: Array) -> None:
    """The transpose: add ``amounts[t, j, m]`` to the grid by its band; `out` (units, grid) zero at the start."""
    for t in range(starts.size - 1):
        low, high = counts[t, 0], counts[t, 1]
        for j in range(out.shape[0]):
            line, into = amounts[t, j], out[j]
            for d in range(starts[t + 1] - starts[t]):
                w = weights[starts[t] + d]
                for m in range(low, high):
                    into[first + m + d] += w * line[m]
                if d > 0:
                    for m in range(low, high):
                        into[first + m - d] += w * line[m]
