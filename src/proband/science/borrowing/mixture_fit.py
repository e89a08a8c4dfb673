"""The conjugate mixture that lies closest to a distribution known on a grid, by deterministic EM.

A MAP prior is not conjugate; a mixture of conjugate components comes as close as wanted (Dalal and Hall, J R Stat
Soc B 1983;45:278-286). EM minimises the Kullback-Leibler divergence from the exact distribution to the mixture, with
masses on the grid in place of a sample, so there is no Monte Carlo error. Components start at equal shares of the
mass and, from the second on, also at the previous fit with one component split; the better end is kept.

The number of components is the smallest whose divergence is at most `tolerance` (nats), up to `most`; when none
reaches it, the best is returned and its divergence says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from proband.science.borrowing.grids import Array
from proband.science.borrowing.mixtures import Mixture

ROUNDS = 300
STILL = 1e-8
"""Gain per round of three steps below which EM stops."""


@dataclass(frozen=True, slots=True)
class MixtureFit:
    """A mixture, its divergence (nats) from the distribution that it stands for, and that of every size tried."""

    mixture: Mixture
    divergence: float
    tried: tuple[float, ...]
    reached: bool


def fit_mixture(family: str, values: Array, density: Array, tolerance: float = 1e-3, most: int = 4) -> MixtureFit:
    """The mixture of `family` closest to masses ``density * cell width`` at `values` (both of shape (points,)).

    `density` is the density on the scale of `values`. Raises ``ValueError`` for values outside the family's range.
    Source: module docstring.

    >>> x = np.linspace(0.0005, 0.9995, 1000)
    >>> got = fit_mixture("beta", x, x**3 * (1 - x) ** 5)
    >>> len(got.mixture.weights), [round(float(p[0]), 2) for p in (got.mixture.first, got.mixture.second)]
    (1, [4.0, 6.0])
    """
    cells = np.gradient(values)
    mass = density * cells
    mass = mass / mass.sum()
    keep = mass > 1e-14
    x, mass = values[keep], mass[keep] / mass[keep].sum()
    if (family != "normal" and (x <= 0).any()) or (family == "beta" and (x >= 1).any()):
        raise ValueError(f"values lie outside the range of a {family} distribution")
    log_density = np.log(mass / cells[keep])
    tried: list[float] = []
    best: tuple[float, Mixture] | None = None
    for size in range(1, most + 1):
        starts = [_shares(mass, size)]
        if best is not None:
            starts.append(_split(family, x, mass, best[1]))
        ends = [_expectation_maximisation(family, x, mass, log_density, s) for s in starts]
        end = min(ends, key=lambda e: e[0])
        tried.append(end[0])
        best = end if best is None or end[0] < best[0] else best
        if best[0] <= tolerance:
            break
    assert best is not None
    return MixtureFit(best[1], best[0], tuple(tried), best[0] <= tolerance)


def _expectation_maximisation(
    family: str, x: Array, mass: Array, log_density: Array, share: Array
) -> tuple[float, Mixture]:
    """From responsibilities `share` (points, components) to the fixed point: divergence and mixture.

    Two steps of EM are extrapolated to a third point, which is kept where it is better (SQUAREM: Varadhan and Roland,
    Scand J Stat 2008;35:335-353, recalled).
    """

    def step(at: Array) -> tuple[float, Array]:
        w, a, b = _unpacked(family, at)
        logs = _log_components(family, x, a, b) + np.log(w)
        top = logs.max(1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(logs - top).sum(1))
        held = np.exp(logs - total[:, None])
        return float(mass @ (log_density - total)), _packed(family, *_maximise(family, x, mass, held, (a, b)))

    here = _packed(family, *_maximise(family, x, mass, share, None))
    divergence = np.inf
    for _ in range(ROUNDS):
        before, first = step(here)
        _, second = step(first)
        move, bend = first - here, second - 2 * first + here
        length = -min(float(np.linalg.norm(move)) / max(float(np.linalg.norm(bend)), 1e-300), 1e6)
        far = here - 2 * length * move + length**2 * bend
        last = step(second)
        choice = [(last[0], second)]
        if length < -1 and np.abs(far - here).max() < 3:
            choice.append((step(far)[0], far))
        divergence, here = min(choice, key=lambda c: c[0] if np.isfinite(c[0]) else np.inf)
        if before - divergence < STILL:
            break
    w, a, b = _unpacked(family, here)
    order = np.argsort(-w, kind="stable")
    made = Mixture(family, tuple((w / w.sum())[order].tolist()), tuple(a[order].tolist()), tuple(b[order].tolist()))
    return max(divergence, 0.0), made


def _packed(family: str, w: Array, a: Array, b: Array) -> Array:
    return np.stack([np.log(w), a if family == "normal" else np.log(a), np.log(b)])


def _unpacked(family: str, at: Array) -> tuple[Array, Array, Array]:
    w = np.exp(at[0] - at[0].max())
    return w / w.sum(), at[1] if family == "normal" else np.exp(at[1]), np.exp(at[2])


def _maximise(
    family: str, x: Array, mass: Array, share: Array, last: tuple[Array, Array] | None
) -> tuple[Array, Array, Array]:
    """Weights and parameters of each component from its share of the mass."""
    held = share * mass[:, None]
    w = np.maximum(held.sum(0), 1e-12)
    mean = held.T @ x / w
    variance = np.maximum((held * (x[:, None] - mean) ** 2).sum(0) / w, 1e-12 * (1 + mean**2))
    if family == "normal":
        return w / w.sum(), mean, np.sqrt(variance)
    if family == "gamma":
        start = mean**2 / variance if last is None else last[0]
        shape = _gamma_shape(np.log(mean) - held.T @ np.log(x) / w, start)
        return w / w.sum(), shape, shape / mean
    size = np.maximum(mean * (1 - mean) / variance - 1, 0.1)
    a, b = (mean * size, (1 - mean) * size) if last is None else last
    a, b = _beta_parameters(held.T @ np.log(x) / w, held.T @ np.log1p(-x) / w, a, b)
    return w / w.sum(), a, b


def _gamma_shape(gap: Array, shape: Array) -> Array:
    """Solve log(shape) - digamma(shape) = gap by Newton on the log scale."""
    for _ in range(30):
        value = np.log(shape) - special.digamma(shape) - gap
        slope = 1 - shape * special.polygamma(1, shape)
        shape = shape * np.exp(np.clip(-value / slope, -1, 1))
    return shape


def _beta_parameters(log_mean: Array, log_rest: Array, a: Array, b: Array) -> tuple[Array, Array]:
    """Solve digamma(a) - digamma(a + b) = E log x and its mirror by damped Newton (Minka 2000, recalled)."""
    for _ in range(12):
        joint, of_sum = special.digamma(a + b), special.polygamma(1, a + b)
        f, g = special.digamma(a) - joint - log_mean, special.digamma(b) - joint - log_rest
        faa, gbb = special.polygamma(1, a) - of_sum, special.polygamma(1, b) - of_sum
        determinant = faa * gbb - of_sum**2
        da, db = (gbb * f + of_sum * g) / determinant, (of_sum * f + faa * g) / determinant
        a, b = np.maximum(a - da, 0.2 * a), np.maximum(b - db, 0.2 * b)
        if max(np.abs(da / a).max(), np.abs(db / b).max()) < 1e-10:
            break
    return a, b


def _log_components(family: str, x: Array, a: Array, b: Array) -> Array:
    t = x[:, None]
    if family == "beta":
        return np.asarray((a - 1) * np.log(t) + (b - 1) * np.log1p(-t) - special.betaln(a, b))
    if family == "gamma":
        return np.asarray(a * np.log(b) + (a - 1) * np.log(t) - b * t - special.gammaln(a))
    return np.asarray(-0.5 * ((t - a) / b) ** 2 - np.log(b * np.sqrt(2 * np.pi)))


def _shares(mass: Array, size: int) -> Array:
    """Soft shares of the mass in order of rank."""
    rank = np.cumsum(mass) - 0.5 * mass
    centres = (np.arange(size) + 0.5) / size
    share = np.exp(-0.5 * ((rank[:, None] - centres) * 2 * size) ** 2)
    return np.asarray(share / share.sum(1, keepdims=True))


def _split(family: str, x: Array, mass: Array, last: Mixture) -> Array:
    """Shares of the last mixture with its heaviest component parted into a core and its flanks."""
    w, a, b = last.arrays
    logs = _log_components(family, x, a, b) + np.log(np.maximum(w, 1e-300))
    share = np.exp(logs - logs.max(1, keepdims=True))
    share /= share.sum(1, keepdims=True)
    heavy = int(np.argmax(w))
    held = share[:, heavy] * mass
    rank = np.cumsum(held) / held.sum()
    core = np.exp(-0.5 * ((rank - 0.5) / 0.2) ** 2)
    parts = np.stack([share[:, heavy] * core, share[:, heavy] * (1 - core)], axis=1)
    return np.concatenate([np.delete(share, heavy, axis=1), parts], axis=1)
