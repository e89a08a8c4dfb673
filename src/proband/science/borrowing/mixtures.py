"""Mixtures of beta, normal and gamma distributions as priors: density, quantiles, posterior, prediction.

A mixture of conjugate components stays one: each component is updated by itself, and its weight is multiplied with
the probability of the data under it (Dalal and Hall, J R Stat Soc B 1983;45:278-286; Schmidli et al., Biometrics
2014;70:1023-1032). `robustify` adds a vague component, so that data in conflict with the prior move the weight away
from it (Schmidli et al. 2014).

Components are (a, b) of a beta, (mean, standard deviation) of a normal, (shape, rate) of a gamma distribution. The
standard deviation sigma of one observation is known here; `unknown_sigma` integrates over it.

Cannot see: whether the prior was written down before the data, and whether its sources are all there were.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import GRID, Quantity

Array = npt.NDArray[np.float64]
FAMILIES = {"beta": ("a", "b"), "normal": ("mean", "standard deviation"), "gamma": ("shape", "rate")}
BISECTIONS = 70
"""Halvings of the bracket of a quantile: below the spacing of doubles."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """A mixture of distributions of one `family`; weights sum to 1.

    Build it with `beta_mixture`, `normal_mixture` or `gamma_mixture`.

    >>> prior = beta_mixture([0.62, 0.38], [19.2, 3.5], [57.8, 9.4])
    >>> round(prior.mean, 4), round(prior.sd, 4)
    (0.2577, 0.0837)
    """

    family: str
    weights: tuple[float, ...]
    first: tuple[float, ...]
    second: tuple[float, ...]

    def __post_init__(self) -> None:
        problems = _problems(self)
        if problems:
            raise ProgramError(problems)

    @property
    def arrays(self) -> tuple[Array, Array, Array]:
        """Weights, first and second parameters as arrays of shape (components,)."""
        return np.array(self.weights), np.array(self.first), np.array(self.second)

    @property
    def mean(self) -> float:
        """The mean of the mixture."""
        w, a, b = self.arrays
        return float(w @ _means(self.family, a, b))

    @property
    def sd(self) -> float:
        """The standard deviation of the mixture."""
        w, a, b = self.arrays
        centre = _means(self.family, a, b)
        return math.sqrt(float(w @ (_variances(self.family, a, b) + (centre - w @ centre) ** 2)))

    def pdf(self, x: npt.ArrayLike) -> Array:
        """Density at `x`, of the shape of `x`."""
        w, a, b = self.arrays
        return np.asarray(_pdf(self.family, np.asarray(x, np.float64)[..., None], a, b) @ w)

    def cdf(self, x: npt.ArrayLike) -> Array:
        """P(value <= x), of the shape of `x`."""
        w, a, b = self.arrays
        return np.asarray(_cdf(self.family, np.asarray(x, np.float64)[..., None], a, b) @ w)

    def quantile(self, p: npt.ArrayLike) -> Array:
        """The quantile at each of `p`; it lies between those of the components, which bracket the bisection.

        Raises ``ValueError`` for a probability outside 0 to 1.
        """
        wanted = np.asarray(p, np.float64)
        if not np.all((wanted > 0) & (wanted < 1)):
            raise ValueError("quantiles are for probabilities between 0 and 1")
        _, a, b = self.arrays
        each = _ppf(self.family, wanted[..., None], a, b)
        low, high = each.min(-1), each.max(-1)
        for _ in range(BISECTIONS if len(self.weights) > 1 else 0):
            middle = 0.5 * (low + high)
            below = self.cdf(middle) < wanted
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.asarray(0.5 * (low + high))

    def quantity(self, unit: str, model: str = "", n: float | None = None) -> Quantity:
        """The mixture as quantiles on the grid that a finding stores."""
        q = np.maximum.accumulate(self.quantile(np.array(GRID)))
        return Quantity.posterior(q.tolist(), unit, model=model or f"{self.family} mixture", n=n, value=self.mean)


def beta_mixture(weights: Sequence[float], a: Sequence[float], b: Sequence[float]) -> Mixture:
    """A mixture of Beta(a, b); for proportions. Raises ``ProgramError`` with every parameter that can not be.

    >>> beta_mixture([1.0], [1.0], [1.0]).quantile(0.25).item()
    0.25
    """
    return Mixture("beta", tuple(map(float, weights)), tuple(map(float, a)), tuple(map(float, b)))


def normal_mixture(weights: Sequence[float], mean: Sequence[float], sd: Sequence[float]) -> Mixture:
    """A mixture of normal distributions; for means. Raises ``ProgramError`` with every parameter that can not be.

    >>> normal_mixture([0.5, 0.5], [-1.0, 1.0], [1.0, 1.0]).mean
    0.0
    """
    return Mixture("normal", tuple(map(float, weights)), tuple(map(float, mean)), tuple(map(float, sd)))


def gamma_mixture(weights: Sequence[float], shape: Sequence[float], rate: Sequence[float]) -> Mixture:
    """A mixture of Gamma(shape, rate); for event rates. Raises ``ProgramError`` with every parameter that can not be.

    >>> gamma_mixture([1.0], [2.0], [4.0]).mean
    0.5
    """
    return Mixture("gamma", tuple(map(float, weights)), tuple(map(float, shape)), tuple(map(float, rate)))


def binomial_posteriors(prior: Mixture, r: npt.ArrayLike, n: npt.ArrayLike) -> tuple[Array, Array, Array]:
    """Weights, a and b after `r` of `n` events, for any shape of r and n: each result has shape (..., components).

    Counts are not checked here (`binomial_posterior` does): this is the function for many replicates.

    >>> w, a, b = binomial_posteriors(beta_mixture([1.0], [0.5], [1.0]), [0, 3], 10)
    >>> a.ravel().tolist(), b.ravel().tolist()
    ([0.5, 3.5], [11.0, 8.0])
    """
    w, a, b = prior.arrays
    events, trials = (np.asarray(x, np.float64)[..., None] for x in (r, n))
    a1, b1 = a + events, b + trials - events
    return _normalised(np.log(w) + special.betaln(a1, b1) - special.betaln(a, b)), a1, b1


def poisson_posteriors(prior: Mixture, events: npt.ArrayLike, exposure: npt.ArrayLike) -> tuple[Array, Array, Array]:
    """Weights, shape and rate after `events` in `exposure`; shapes as for `binomial_posteriors`.

    >>> w, a, b = poisson_posteriors(gamma_mixture([0.8, 0.2], [4, 1], [8, 1]), 3, 2.5)
    >>> w.round(8).tolist(), a.tolist(), b.tolist()
    ([0.77751061, 0.22248939], [7.0, 4.0], [10.5, 3.5])
    """
    w, a, b = prior.arrays
    k, e = (np.asarray(x, np.float64)[..., None] for x in (events, exposure))
    a1, b1 = a + k, b + e
    log_marginal = special.gammaln(a1) - special.gammaln(a) + a * np.log(b) - a1 * np.log(b1)
    return _normalised(np.log(w) + log_marginal), a1, b1


def normal_posteriors(prior: Mixture, mean: npt.ArrayLike, standard_error: npt.ArrayLike) -> tuple[Array, Array, Array]:
    """Weights, means and standard deviations after an observed `mean`; shapes as for `binomial_posteriors`.

    >>> prior = normal_mixture([0.8, 0.2], [-50, -50], [6, 88])
    >>> [x.round(4).tolist() for x in normal_posteriors(prior, -20, 88 / 20**0.5)]
    [[0.8648, 0.1352], [-47.448, -21.4286], [5.7391, 19.2032]]
    """
    w, m, s = prior.arrays
    y, v = np.asarray(mean, np.float64)[..., None], np.asarray(standard_error, np.float64)[..., None] ** 2
    total = s * s + v
    log_marginal = -0.5 * ((y - m) ** 2 / total + np.log(total))
    return _normalised(np.log(w) + log_marginal), (m * v + y * s * s) / total, np.sqrt(s * s * v / total)


def binomial_posterior(prior: Mixture, r: int, n: int) -> Mixture:
    """The posterior of a beta mixture after `r` events in `n` independent trials.

    Raises ``ProgramError`` for counts that can not be, ``ValueError`` for a prior of another family.

    >>> prior = robustify(beta_mixture([0.62, 0.38], [19.2, 3.5], [57.8, 9.4]), 0.2, 0.5)
    >>> [round(w, 6) for w in binomial_posterior(prior, 6, 6).weights]
    [0.006806, 0.028666, 0.964528]
    """
    _same(prior, "beta")
    if not (math.isfinite(n) and 0 <= r <= n) or r != int(r) or n != int(n):
        raise ProgramError([_count_problem(f"{r} of {n}", "whole numbers with 0 <= r <= n")])
    return _made("beta", binomial_posteriors(prior, r, n))


def poisson_posterior(prior: Mixture, events: float, exposure: float) -> Mixture:
    """The posterior of a gamma mixture after `events` in `exposure` (person-time). Raises as `binomial_posterior`.

    >>> poisson_posterior(gamma_mixture([1], [2], [4]), 0, 6.0).second
    (10.0,)
    """
    _same(prior, "gamma")
    if not (events >= 0 and exposure >= 0 and math.isfinite(events + exposure)) or (events > 0 and exposure == 0):
        raise ProgramError([_count_problem(f"{events} events in {exposure}", "events >= 0 in an exposure above 0")])
    return _made("gamma", poisson_posteriors(prior, events, exposure))


def normal_posterior(prior: Mixture, mean: float, n: int, sigma: float) -> Mixture:
    """The posterior of a normal mixture after the `mean` of `n` observations of known `sigma`. Raises as above.

    >>> normal_posterior(normal_mixture([1], [0], [1]), 1.0, 1, 1.0).mean
    0.5
    """
    _same(prior, "normal")
    if n < 0 or not (sigma > 0 and math.isfinite(sigma) and math.isfinite(mean)):
        raise ProgramError([_count_problem(f"n {n}, sigma {sigma}, mean {mean}", "n >= 0, sigma above 0, a mean")])
    if n == 0:
        return prior
    return _made("normal", normal_posteriors(prior, mean, sigma / math.sqrt(n)))


def predictive_binomial(prior: Mixture, n: int) -> Array:
    """P(r events in `n` new trials) for r = 0..n: a mixture of beta-binomials.

    >>> predictive_binomial(beta_mixture([1], [1], [1]), 3).round(12).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    _same(prior, "beta")
    w, a, b = prior.arrays
    r = np.arange(n + 1.0)[:, None]
    log_choose = special.gammaln(n + 1) - special.gammaln(r + 1) - special.gammaln(n - r + 1)
    return np.asarray(np.exp(log_choose + special.betaln(a + r, b + n - r) - special.betaln(a, b)) @ w)


def predictive_poisson(prior: Mixture, exposure: float, counts: npt.ArrayLike) -> Array:
    """P(k events in a new `exposure`) for each k of `counts`: a mixture of negative binomials.

    >>> predictive_poisson(gamma_mixture([1], [1], [1]), 1.0, [0, 1, 2]).round(12).tolist()
    [0.5, 0.25, 0.125]
    """
    _same(prior, "gamma")
    w, a, b = prior.arrays
    k = np.asarray(counts, np.float64)[..., None]
    log_pmf = special.gammaln(a + k) - special.gammaln(a) - special.gammaln(k + 1)
    return np.asarray(np.exp(log_pmf + a * np.log(b / (b + exposure)) + k * np.log(exposure / (b + exposure))) @ w)


def predictive_normal(prior: Mixture, n: int, sigma: float) -> Mixture:
    """The distribution of the mean of `n` new observations of known `sigma`.

    >>> predictive_normal(normal_mixture([1], [0], [3]), 1, 4.0).second
    (5.0,)
    """
    _same(prior, "normal")
    spread = np.hypot(np.array(prior.second), sigma / math.sqrt(n))
    return Mixture("normal", prior.weights, prior.first, tuple(spread.tolist()))


def robustify(
    prior: Mixture, weight: float, mean: float | None = None, n: float = 1.0, sigma: float | None = None
) -> Mixture:
    """Add a vague component of `weight` that is worth `n` observations and centred at `mean`.

    The component is Beta(mean (n + 1), (1 - mean)(n + 1)), N(mean, sigma / sqrt(n)) or Gamma(mean n, n). `mean` is 1/2
    for a beta where none is given, else the prior's own. Raises ``ValueError`` for a weight outside 0 to 1, or a
    normal prior without the `sigma` of one observation. Source: Schmidli et al. 2014.

    >>> robustify(beta_mixture([1.0], [4.0], [12.0]), 0.2).weights
    (0.8, 0.2)
    """
    if not 0 < weight < 1 or n <= 0:
        raise ValueError("the weight of the vague component must lie between 0 and 1, and its worth above 0")
    centre = (0.5 if prior.family == "beta" else prior.mean) if mean is None else mean
    if prior.family == "normal":
        if sigma is None:
            raise ValueError("a vague normal component needs sigma, the standard deviation of one observation")
        vague = (centre, sigma / math.sqrt(n))
    else:
        vague = (centre * (n + 1), (1 - centre) * (n + 1)) if prior.family == "beta" else (centre * n, n)
    weights = (*((1 - weight) * w for w in prior.weights), weight)
    return Mixture(prior.family, weights, (*prior.first, vague[0]), (*prior.second, vague[1]))


def component_quantiles(mixture: Mixture, p: npt.ArrayLike) -> Array:
    """Quantiles of each component at `p`, shape (..., components).

    >>> component_quantiles(normal_mixture([0.5, 0.5], [0, 3], [1, 1]), 0.5).tolist()
    [0.0, 3.0]
    """
    _, a, b = mixture.arrays
    return _ppf(mixture.family, np.asarray(p, np.float64)[..., None], a, b)


def _made(family: str, arrays: tuple[Array, Array, Array]) -> Mixture:
    w, a, b = (tuple(x.tolist()) for x in arrays)
    return Mixture(family, w, a, b)


def _normalised(log_weights: Array) -> Array:
    scaled = np.exp(log_weights - log_weights.max(-1, keepdims=True))
    return np.asarray(scaled / scaled.sum(-1, keepdims=True))


def _means(family: str, a: Array, b: Array) -> Array:
    return a / (a + b) if family == "beta" else (a if family == "normal" else a / b)


def _variances(family: str, a: Array, b: Array) -> Array:
    if family == "beta":
        return np.asarray(a * b / ((a + b) ** 2 * (a + b + 1)))
    return np.asarray(b * b if family == "normal" else a / (b * b))


def _pdf(family: str, x: Array, a: Array, b: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        if family == "beta":
            logs = special.xlogy(a - 1, x) + special.xlog1py(b - 1, -x) - special.betaln(a, b)
            return np.where((x >= 0) & (x <= 1), np.exp(logs), 0.0)
        if family == "gamma":
            logs = a * np.log(b) + special.xlogy(a - 1, x) - b * x - special.gammaln(a)
            return np.where(x >= 0, np.exp(logs), 0.0)
    return np.asarray(np.exp(-0.5 * ((x - a) / b) ** 2) / (b * math.sqrt(2 * math.pi)))


def _cdf(family: str, x: Array, a: Array, b: Array) -> Array:
    if family == "beta":
        return np.asarray(special.betainc(a, b, np.clip(x, 0, 1)))
    return np.asarray(special.gammainc(a, b * np.maximum(x, 0)) if family == "gamma" else special.ndtr((x - a) / b))


def _ppf(family: str, p: Array, a: Array, b: Array) -> Array:
    if family == "beta":
        return np.asarray(special.betaincinv(a, b, p))
    return np.asarray(special.gammaincinv(a, p) / b if family == "gamma" else a + b * special.ndtri(p))


def _same(prior: Mixture, family: str) -> None:
    if prior.family != family:
        raise ValueError(f"a {family} mixture is needed, not {prior.family}")


def _count_problem(found: str, expected: str) -> Problem:
    return Problem("counts", "observed data", found, expected, "correct the counts")


def _problems(m: Mixture) -> list[Problem]:
    """Every parameter that can not be."""
    made = []
    if m.family not in FAMILIES:
        raise ValueError(f"family {m.family!r} is none of {', '.join(FAMILIES)}")
    if not len(m.weights) == len(m.first) == len(m.second) or not m.weights:
        found = f"{len(m.weights)} weights for {len(m.first)} and {len(m.second)} parameters"
        made.append(Problem("prior", "components", found, "as many of each, at least one", "list each component once"))
    if not all(0 <= w <= 1 for w in m.weights) or abs(math.fsum(m.weights) - 1) > 1e-6:
        made.append(Problem("prior", "weights", str(m.weights), "between 0 and 1, with sum 1", "correct the weights"))
    names = FAMILIES[m.family]
    for name, values, free in ((names[0], m.first, m.family == "normal"), (names[1], m.second, False)):
        if not all(math.isfinite(x) and (free or x > 0) for x in values):
            expected = "a number" if free else "a number above 0"
            made.append(Problem("prior", name, str(values), expected, "correct the component"))
    return made
