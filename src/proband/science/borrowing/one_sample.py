"""One arm: success rules on a proportion, a rate or a mean, and their exact operating characteristics.

The rule is `two_sample.Rule` with theta_2 = 0: P(theta > limit | data) > probability. Outcomes are enumerated; as each
posterior rises with the count, the rule is a boundary. Where a mixture prior makes the posterior fall (strong conflict
moves the weight), the table still holds every outcome, and `boundary` is None.

Cannot see: patients that depend on each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from proband.science.borrowing.grids import Array
from proband.science.borrowing.mixtures import (
    Mixture,
    binomial_posteriors,
    normal_posteriors,
    poisson_posteriors,
    predictive_binomial,
)
from proband.science.borrowing.two_sample import Rule, binomial_pmf


@dataclass(frozen=True, slots=True)
class CountDesign:
    """A design of one arm of counts: `success` of each count 0, 1, ..., and the posterior probability behind it.

    `boundary` is the greatest count that is no success (least count, for a rule of the lower tail: success at or
    below it); None where success does not have one boundary.
    """

    prior: Mixture
    size: float
    rule: Rule
    success: npt.NDArray[np.bool_]
    boundary: int | None

    def probability(self, truth: npt.ArrayLike) -> Array:
        """P(success) at true proportions or rates. Raises ``ValueError`` where they can not be."""
        rates = np.atleast_1d(np.asarray(truth, np.float64))
        if (rates < 0).any() or (self.prior.family == "beta" and (rates > 1).any()):
            raise ValueError("true proportions lie between 0 and 1, rates are not negative")
        if self.prior.family == "beta":
            return np.asarray(binomial_pmf(rates, int(self.size)) @ self.success)
        counts = np.arange(self.success.size)
        mean = rates[:, None] * self.size
        pmf = np.exp(special.xlogy(counts, mean) - mean - special.gammaln(counts + 1))
        beyond = special.gammainc(self.success.size, mean[:, 0]) * bool(self.success[-1])
        return np.asarray(pmf @ self.success + beyond)

    def assurance(self, belief: Mixture | None = None) -> float:
        """P(success) averaged over a belief about the proportion; the prior where none is given. Proportions only."""
        return float(predictive_binomial(belief or self.prior, int(self.size)) @ self.success)


def binomial_design(prior: Mixture, n: int, rule: Rule) -> CountDesign:
    """Decide every count of `n` patients under a beta mixture. Raises ``ValueError`` for a negative n.

    >>> from proband.science.borrowing.mixtures import beta_mixture
    >>> design = binomial_design(beta_mixture([1.0], [1.0], [1.0]), 8, Rule((0.975,), (0.3,)))
    >>> design.boundary, design.probability([0.3, 0.7]).round(8).tolist()
    (5, [0.01129221, 0.55177381])
    """
    if n < 0 or prior.family != "beta":
        raise ValueError("a size that is not negative and a beta mixture are needed")
    w, a, b = binomial_posteriors(prior, np.arange(n + 1), n)
    above = [(w * special.betaincc(a, b, min(max(m, 0.0), 1.0))).sum(-1) for m in rule.margins]
    success = rule.met(above)
    return CountDesign(prior, n, rule, success, _boundary(success, rule.lower))


def poisson_design(prior: Mixture, exposure: float, rule: Rule, most: int) -> CountDesign:
    """Decide every count 0..`most` in an `exposure` under a gamma mixture; counts above are decided as `most`.

    >>> from proband.science.borrowing.mixtures import gamma_mixture
    >>> design = poisson_design(gamma_mixture([1.0], [0.5], [0.5]), 10.0, Rule((0.9,), (0.5,), lower=True), 40)
    >>> design.boundary
    2
    """
    if not (exposure > 0 and math.isfinite(exposure)) or most < 1 or prior.family != "gamma":
        raise ValueError("an exposure above 0, at least one count and a gamma mixture are needed")
    w, a, b = poisson_posteriors(prior, np.arange(most + 1), exposure)
    above = [(w * special.gammaincc(a, b * max(m, 0.0))).sum(-1) for m in rule.margins]
    success = rule.met(above)
    return CountDesign(prior, exposure, rule, success, _boundary(success, rule.lower))


def _boundary(success: npt.NDArray[np.bool_], lower: bool) -> int | None:
    """The one count where success changes; None where it changes more than once."""
    ordered = success if lower else ~success
    edge = int(ordered.sum()) - 1
    return edge if bool(ordered[: edge + 1].all()) else None


def normal_boundary(prior: Mixture, n: int, sigma: float, rule: Rule) -> float:
    """The observed mean at which the rule is just met, sigma known (success above it; below, for the lower tail).

    Raises ``ValueError`` for n below 1 or sigma not above 0.

    >>> from proband.science.borrowing.mixtures import normal_mixture
    >>> round(normal_boundary(normal_mixture([1.0], [0.0], [1e6]), 4, 1.0, Rule((0.975,), (0.0,))), 5)
    0.97998
    """
    if n < 1 or not (sigma > 0 and math.isfinite(sigma)) or prior.family != "normal":
        raise ValueError("at least one patient, sigma above 0 and a normal mixture are needed")
    error = sigma / math.sqrt(n)
    reach = 40 * error + 10 * prior.sd + max(abs(m - prior.mean) for m in (*rule.margins, *prior.first))
    low, high = prior.mean - 10 * reach, prior.mean + 10 * reach
    for _ in range(200):
        middle = 0.5 * (low + high)
        w, m, s = normal_posteriors(prior, middle, error)
        above = [np.asarray(w @ special.ndtr((m - t) / s)) for t in rule.margins]
        if bool(rule.met(above)) != rule.lower:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


def normal_probability(prior: Mixture, n: int, sigma: float, rule: Rule, truth: npt.ArrayLike) -> Array:
    """P(success) of one arm of means at true means, sigma known. Raises as `normal_boundary` does.

    >>> from proband.science.borrowing.mixtures import normal_mixture
    >>> wide = normal_mixture([1.0], [0.0], [1e6])
    >>> normal_probability(wide, 4, 1.0, Rule((0.975,), (0.0,)), [0.0]).round(6).tolist()
    [0.025]
    """
    error = sigma / math.sqrt(n) if n >= 1 else math.nan
    z = (normal_boundary(prior, n, sigma, rule) - np.asarray(truth, np.float64)) / error
    return np.asarray(special.ndtr(z) if rule.lower else special.ndtr(-z))
