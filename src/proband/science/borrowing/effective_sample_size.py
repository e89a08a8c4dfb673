"""How many observations a prior is worth: three definitions, because they differ where a prior has a heavy tail.

- *moment*: the observations that the conjugate distribution of the same mean and variance stands for;
- *ELIR*: the expected ratio of the prior's local information to the Fisher information of one observation
  (Neuenschwander et al., Biometrics 2020;76:578-587). Predictively consistent, the one to quote;
- *Morita*: the size at which the posterior of a vague prior is as informative as the prior, at the prior's mode
  (Morita, Thall and Mueller, Biometrics 2008;64:595-602; there at the mean). Optimistic for mixtures.

For a mixture of conjugate components with sizes n_k and scores s_k, ELIR on the logit (log) scale is
sum_k w_k n_k - E[Var(s_k | theta) / I(theta)] and so never above the weighted mean of the sizes. On the scale of
the proportion (rate) the mass at a boundary is taken off; both agree when the density is 0 there. Where a component
has infinite density at a boundary, that integral does not exist, and a negative value is no number of observations:
such results are None with the reason, never a negative size.

The unit is patients for a beta, observations of standard deviation sigma for a normal, person-time for a gamma mixture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from proband.science.borrowing.grids import Array
from proband.science.borrowing.mixtures import Mixture, component_quantiles

STEPS = 6001
"""Points of the grid of ELIR; with 12,001 the reference mixtures change below 1e-9."""


@dataclass(frozen=True, slots=True)
class EffectiveSize:
    """An effective sample size, or None with the `reason` why it is not defined."""

    method: str
    size: float | None
    reason: str = ""


def moment(prior: Mixture, sigma: float | None = None) -> EffectiveSize:
    """The size of the conjugate distribution with the mean and variance of `prior`.

    A normal mixture needs `sigma`, the standard deviation of one observation (``ValueError`` without).

    >>> from proband.science.borrowing.mixtures import beta_mixture
    >>> round(moment(beta_mixture([0.62, 0.38], [19.2, 3.5], [57.8, 9.4])).size, 8)
    26.30230735
    """
    variance = prior.sd**2
    if prior.family == "beta":
        return EffectiveSize("moment", prior.mean * (1 - prior.mean) / variance - 1)
    if prior.family == "gamma":
        return EffectiveSize("moment", prior.mean / variance)
    return EffectiveSize("moment", _needed(sigma) ** 2 / variance)


def elir(prior: Mixture, sigma: float | None = None) -> EffectiveSize:
    """The expected local-information-ratio size; None with its reason where it is not defined.

    Raises ``ValueError`` for a normal mixture without `sigma`. Source: Neuenschwander et al. 2020.

    >>> from proband.science.borrowing.mixtures import beta_mixture
    >>> round(elir(beta_mixture([0.62, 0.38], [19.2, 3.5], [57.8, 9.4])).size, 5)
    37.02703
    >>> elir(beta_mixture([0.5, 0.5], [0.3, 0.6], [1.0, 1.0])).size is None
    True
    """
    w, a, b = prior.arrays
    keep = w > 0
    w, a, b = w[keep], a[keep], b[keep]
    if prior.family == "normal":
        return EffectiveSize("elir", _normal_elir(w, a, b, _needed(sigma)))
    sizes = a + b if prior.family == "beta" else b
    if w.size == 1 or (np.ptp(a) == 0 and np.ptp(b) == 0):
        return EffectiveSize("elir", float(w @ sizes))
    edges = (a, b) if prior.family == "beta" else (a,)
    if any((e < 1).any() for e in edges):
        reason = "a component has infinite density at a boundary: local information is not defined there"
        return EffectiveSize("elir", None, reason)
    size = _bounded_elir(prior.family, w, a, b, sizes)
    if size < 0:
        return EffectiveSize("elir", None, "the expected local information is negative: this prior has no such size")
    return EffectiveSize("elir", size)


def _bounded_elir(family: str, w: Array, a: Array, b: Array, sizes: Array) -> float:
    """Weighted size, less the information lost between components, less the mass at a boundary."""
    low, high = _span(family, a, b)
    eta = np.linspace(low, high, STEPS)[:, None]
    if family == "beta":
        to_one, to_zero = -np.logaddexp(0, -eta), -np.logaddexp(0, eta)
        logs = np.log(w) + a * to_one + b * to_zero - special.betaln(a, b)
        score, log_information = a - sizes * special.expit(eta), (to_one + to_zero)[:, 0]
    else:
        rate = np.exp(eta)
        logs = np.log(w) + a * (eta + np.log(b)) - b * rate - special.gammaln(a)
        score, log_information = a - b * rate, eta[:, 0]
    total = np.logaddexp.reduce(logs, axis=1)
    share = np.exp(logs - total[:, None])
    centre = (share * score).sum(1, keepdims=True)
    lost = (share * (score - centre) ** 2).sum(1) * np.exp(total - log_information)
    inside = float(w @ sizes) - float(lost.sum()) * float(eta[1, 0] - eta[0, 0])
    if family == "gamma":
        return inside - float((w * b)[a == 1].sum())
    return inside - float((w * b)[a == 1].sum()) - float((w * a)[b == 1].sum())


def _span(family: str, a: Array, b: Array) -> tuple[float, float]:
    """Ends of the grid on the logit or log scale; the integrand falls at least as exp(-|eta| / 2) beyond the modes."""
    if family == "beta":
        centre, width = np.log(a / b), np.sqrt(1 / a + 1 / b)
        return float((centre - 12 * width - 36).min()), float((centre + 12 * width + 36).max())
    centre, width = np.log(a / b), 1 / np.sqrt(a)
    return float((centre - 12 * width - 36).min()), float((centre + np.minimum(8 * width, 6) + 2).max())


def _normal_elir(w: Array, m: Array, s: Array, sigma: float) -> float:
    """sigma^2 times the expected squared score, by parts; never negative.

    A trapezoid sum over each component's own range with its share of the density as weight.
    """
    z = np.linspace(-9, 9, 2001)
    inner = np.exp(-0.5 * z * z)
    inner /= inner.sum()
    total = 0.0
    for k in range(w.size):
        x = (m[k] + s[k] * z)[:, None]
        logs = np.log(w / s) - 0.5 * ((x - m) / s) ** 2
        share = np.exp(logs - logs.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)
        score = (share * (m - x) / s**2).sum(1)
        total += w[k] * float(inner @ score**2)
    return float(sigma**2 * total)


def morita(prior: Mixture, sigma: float | None = None) -> EffectiveSize:
    """The size by Morita's definition, with information compared at the mode of `prior`.

    None where the mode lies at a boundary. Raises ``ValueError`` for a normal mixture without `sigma`.
    Source: Morita et al. 2008; the limit of an infinitely vague comparator is taken.

    >>> from proband.science.borrowing.mixtures import gamma_mixture
    >>> round(morita(gamma_mixture([0.8, 0.2], [4, 1], [8, 1])).size, 3)
    6.205
    """
    if prior.family == "normal":
        mode = _mode(prior)
        return EffectiveSize("morita", _needed(sigma) ** 2 * _information(prior, mode))
    if any(x < 1 for x in prior.first) or (prior.family == "beta" and any(x < 1 for x in prior.second)):
        return EffectiveSize("morita", None, "a component has infinite density at a boundary: there is no mode inside")
    mode = _mode(prior)
    edge = 1e-9 * (1.0 if prior.family == "beta" else prior.mean)
    if mode <= edge or (prior.family == "beta" and mode >= 1 - edge):
        return EffectiveSize("morita", None, "the mode lies at a boundary")
    information = _information(prior, mode)
    if prior.family == "gamma":
        size = (information * mode**2 + 1) / prior.mean
    else:
        vague = 1 / mode**2 + 1 / (1 - mode) ** 2
        size = (information + vague) / (prior.mean / mode**2 + (1 - prior.mean) / (1 - mode) ** 2)
    return EffectiveSize("morita", size)


def _mode(prior: Mixture) -> float:
    """The highest point of the density: a grid over the central mass, then golden-section steps."""
    points = np.unique(component_quantiles(prior, np.linspace(1e-4, 1 - 1e-4, 801)))
    at = int(np.argmax(prior.pdf(points)))
    low, high = float(points[max(at - 1, 0)]), float(points[min(at + 1, points.size - 1)])
    if at == 0 and prior.family != "normal":
        low = 0.0
    if at == points.size - 1 and prior.family == "beta":
        high = 1.0
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(200):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if float(prior.pdf(left)) >= float(prior.pdf(right)):
            high = right
        else:
            low = left
    mode = 0.5 * (low + high)
    for _ in range(3):
        score, information = _local(prior, mode)
        step = score / information if information > 0 else 0.0
        if abs(step) < 1e-5 * max(abs(mode), prior.sd):
            mode += step
    return mode


def _information(prior: Mixture, x: float) -> float:
    return _local(prior, x)[1]


def _local(prior: Mixture, x: float) -> tuple[float, float]:
    """First derivative of the log density at `x`, and minus its second: mean curvature less variance of the score."""
    w, a, b = prior.arrays
    if prior.family == "beta":
        logs = (a - 1) * math.log(x) + (b - 1) * math.log1p(-x) - special.betaln(a, b)
        score, curvature = (a - 1) / x - (b - 1) / (1 - x), (a - 1) / x**2 + (b - 1) / (1 - x) ** 2
    elif prior.family == "gamma":
        logs = a * np.log(b) + (a - 1) * math.log(x) - b * x - special.gammaln(a)
        score, curvature = (a - 1) / x - b, (a - 1) / x**2
    else:
        logs, score, curvature = -0.5 * ((x - a) / b) ** 2 - np.log(b), (a - x) / b**2, 1 / b**2
    share = w * np.exp(logs - logs.max())
    share /= share.sum()
    mean = float(share @ score)
    return mean, float(share @ curvature - share @ (score - mean) ** 2)


def _needed(sigma: float | None) -> float:
    if sigma is None or not (sigma > 0 and math.isfinite(sigma)):
        raise ValueError("a normal prior needs sigma above 0, the standard deviation of one observation")
    return sigma
