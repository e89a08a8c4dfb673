"""Two arms: success rules on a difference, and their exact operating characteristics by enumeration.

The rule is P(theta_1 - theta_2 > margin | data) > probability (or, with `lower`, P(... <= margin)), for one or several
pairs at once. Priors are conjugate mixtures, so each posterior is closed; the probability of a difference of two
proportions is one integral on a logit scale, where the trapezoid rule converges fastest; a difference of two normal
mixtures is a normal mixture. Every outcome is enumerated for proportions; for means the boundary in arm 1 is solved at
nodes of arm 2. No simulation.

Cannot see: what the enumeration assumes, that patients are independent and rates constant during the trial.
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
    predictive_binomial,
)

LEAST_STEP = 0.5
"""Widest step of the logit grid; it is a third of the narrowest posterior where that is less."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Success when P(theta_1 - theta_2 > margin) > probability, for every pair; with `lower`, P(... <= margin).

    For one arm theta_2 is 0 and the margin a limit of theta. Raises ``ValueError`` for no pair, or a probability
    that does not lie between 0 and 1.

    >>> Rule((0.95,), (0.0,)).lower
    False
    """

    probabilities: tuple[float, ...]
    margins: tuple[float, ...]
    lower: bool = False

    def __post_init__(self) -> None:
        if not self.probabilities or len(self.probabilities) != len(self.margins):
            raise ValueError("a rule needs one margin for each probability, and at least one")
        if not all(0 < p < 1 for p in self.probabilities) or not all(math.isfinite(m) for m in self.margins):
            raise ValueError("probabilities of a rule lie between 0 and 1, margins are finite")

    def met(self, above: list[Array]) -> npt.NDArray[np.bool_]:
        """Whether each outcome is a success, from P(difference > margin) for each margin."""
        parts = [((1 - a) if self.lower else a) > p for a, p in zip(above, self.probabilities, strict=True)]
        return np.asarray(np.logical_and.reduce(parts))


@dataclass(frozen=True, slots=True)
class BinomialDesign:
    """A design of two arms of proportions: the priors, sizes, rule, and `success` (n1 + 1, n2 + 1) of each outcome."""

    prior_1: Mixture
    n_1: int
    prior_2: Mixture
    n_2: int
    rule: Rule
    success: npt.NDArray[np.bool_]

    def probability(self, rate_1: npt.ArrayLike, rate_2: npt.ArrayLike) -> Array:
        """P(success) at true rates, which broadcast; at equal rates this is the type I error.

        Raises ``ValueError`` for rates outside 0 to 1.
        """
        p1, p2 = np.broadcast_arrays(np.asarray(rate_1, np.float64), np.asarray(rate_2, np.float64))
        if not (np.all((p1 >= 0) & (p1 <= 1)) and np.all((p2 >= 0) & (p2 <= 1))):
            raise ValueError("rates lie between 0 and 1")
        made = binomial_pmf(p1.ravel(), self.n_1) @ self.success.astype(np.float64)
        return np.asarray((made * binomial_pmf(p2.ravel(), self.n_2)).sum(-1).reshape(p1.shape))

    def assurance(self, belief_1: Mixture | None = None, belief_2: Mixture | None = None) -> float:
        """P(success) averaged over what is believed of both rates before the trial; the priors where not given."""
        one = predictive_binomial(belief_1 or self.prior_1, self.n_1)
        two = predictive_binomial(belief_2 or self.prior_2, self.n_2)
        return float(one @ self.success @ two)

    def difference_for_power(self, rate_2: float, power: float = 0.8) -> float | None:
        """The difference rate_1 - rate_2 at which P(success) is `power`; None where no rate reaches it."""
        low, high = (0.0, rate_2) if self.rule.lower else (rate_2, 1.0)
        ends = (high, low) if self.rule.lower else (low, high)
        if float(self.probability(ends[1], rate_2)) < power:
            return None
        near, far = ends
        for _ in range(60):
            middle = 0.5 * (near + far)
            if float(self.probability(middle, rate_2)) < power:
                near = middle
            else:
                far = middle
        return 0.5 * (near + far) - rate_2


def binomial_design(prior_1: Mixture, n_1: int, prior_2: Mixture, n_2: int, rule: Rule) -> BinomialDesign:
    """Decide every outcome of two arms of `n_1` and `n_2` patients.

    Raises ``ValueError`` for negative sizes or priors that are not beta mixtures. Source: module docstring.

    >>> from proband.science.borrowing.mixtures import beta_mixture
    >>> flat = beta_mixture([1.0], [1.0], [1.0])
    >>> round(float(binomial_design(flat, 24, flat, 6, Rule((0.95,), (0.0,))).probability(0.3, 0.3)), 6)
    0.019076
    """
    above = [difference_above(prior_1, n_1, prior_2, n_2, m) for m in rule.margins]
    return BinomialDesign(prior_1, n_1, prior_2, n_2, rule, rule.met(above))


def difference_above(prior_1: Mixture, n_1: int, prior_2: Mixture, n_2: int, margin: float) -> Array:
    """P(theta_1 - theta_2 > margin) after each outcome: shape (n_1 + 1, n_2 + 1).

    >>> from proband.science.borrowing.mixtures import beta_mixture
    >>> flat = beta_mixture([1.0], [1.0], [1.0])
    >>> difference_above(flat, 1, flat, 1, 0.0).round(6).tolist()
    [[0.5, 0.166667], [0.833333, 0.5]]
    """
    if n_1 < 0 or n_2 < 0 or prior_1.family != "beta" or prior_2.family != "beta":
        raise ValueError("arms of no negative size and beta mixtures are needed")
    if abs(margin) >= 1:
        return np.full((n_1 + 1, n_2 + 1), 0.0 if margin >= 1 else 1.0)
    one = binomial_posteriors(prior_1, np.arange(n_1 + 1), n_1)
    two = binomial_posteriors(prior_2, np.arange(n_2 + 1), n_2)
    low, high = max(0.0, -margin), min(1.0, 1.0 - margin)
    spread = min(_narrowest(one), _narrowest(two))
    eta = np.arange(-75.0, 75.0, min(LEAST_STEP, spread / 3))
    rest = special.expit(-eta)
    inner = special.expit(eta)
    y, to_high = low + (high - low) * inner, (high - low) * rest
    slope = (high - low) * inner * rest * (eta[1] - eta[0])
    density = _density(two, y, (1 - high) + to_high) * slope
    survival = _survival(one, y + margin, (1 - high - margin) + to_high)
    certain = _cdf(two, low) if margin < 0 else np.zeros(n_2 + 1)
    return np.asarray(np.clip(survival @ density.T + certain, 0, 1))


def _narrowest(posterior: tuple[Array, Array, Array]) -> float:
    """The least standard deviation of a component on the logit scale."""
    _, a, b = posterior
    return float(np.sqrt(special.polygamma(1, a) + special.polygamma(1, b)).min())


def _density(posterior: tuple[Array, Array, Array], y: Array, rest: Array) -> Array:
    """Density at y = 1 - rest for each outcome: (outcomes, points). `rest` is given apart to keep its digits."""
    w, a, b = (x[..., None] for x in posterior)
    logs = (a - 1) * np.log(np.maximum(y, 1e-300)) + (b - 1) * np.log(np.maximum(rest, 1e-300)) - special.betaln(a, b)
    return np.asarray((w * np.exp(logs)).sum(1))


def _survival(posterior: tuple[Array, Array, Array], x: Array, rest: Array) -> Array:
    """P(theta > x) for each outcome, by the lower tail of 1 - theta."""
    w, a, b = (v[..., None] for v in posterior)
    tail = np.where(rest < 0.5, special.betainc(b, a, np.clip(rest, 0, 1)), special.betaincc(a, b, np.clip(x, 0, 1)))
    return np.asarray((w * tail).sum(1))


def _cdf(posterior: tuple[Array, Array, Array], x: float) -> Array:
    w, a, b = posterior
    return np.asarray((w * special.betainc(a, b, x)).sum(1))


def binomial_pmf(rates: Array, n: int) -> Array:
    """P(r events) for r = 0..n at each of `rates`: shape (rates, n + 1).

    >>> binomial_pmf(np.array([0.5]), 2).tolist()
    [[0.25, 0.5, 0.25]]
    """
    r = np.arange(n + 1.0)
    p = np.asarray(rates, np.float64)[:, None]
    choose = special.gammaln(n + 1) - special.gammaln(r + 1) - special.gammaln(n - r + 1)
    return np.asarray(np.exp(choose + special.xlogy(r, p) + special.xlog1py(n - r, -p)))


def normal_difference_above(
    prior_1: Mixture, prior_2: Mixture, means_1: npt.ArrayLike, means_2: npt.ArrayLike,
    errors: tuple[float, float], margin: float = 0.0,
) -> Array:  # fmt: skip
    """P(theta_1 - theta_2 > margin) after observed means (any shape, broadcast) with known standard errors.

    >>> from proband.science.borrowing.mixtures import normal_mixture
    >>> wide = normal_mixture([1.0], [0.0], [1e6])
    >>> normal_difference_above(wide, wide, 2.0, 0.0, (1.0, 1.0)).round(4).item()
    0.9214
    """
    one = normal_posteriors(prior_1, means_1, errors[0])
    two = normal_posteriors(prior_2, means_2, errors[1])
    w = one[0][..., :, None] * two[0][..., None, :]
    gap = one[1][..., :, None] - two[1][..., None, :] - margin
    spread = np.hypot(one[2][..., :, None], two[2][..., None, :])
    return np.asarray((w * special.ndtr(gap / spread)).sum((-2, -1)))


def normal_probability(
    prior_1: Mixture, n_1: int, prior_2: Mixture, n_2: int, sigma: float, rule: Rule, truth_1: float, truth_2: float
) -> float:
    """P(success) of two arms of means at true means, sigma known: the boundary of arm 1 at 201 nodes of arm 2.

    Raises ``ValueError`` for sizes below 1, sigma not above 0, or priors that are not normal mixtures.

    >>> from proband.science.borrowing.mixtures import normal_mixture
    >>> wide = normal_mixture([1.0], [0.0], [1e6])
    >>> round(normal_probability(wide, 10, wide, 10, 1.0, Rule((0.975,), (0.0,)), 0.0, 0.0), 6)
    0.025
    """
    if n_1 < 1 or n_2 < 1 or not sigma > 0 or prior_1.family != "normal" or prior_2.family != "normal":
        raise ValueError("arms of at least one patient, sigma above 0 and normal mixtures are needed")
    errors = (sigma / math.sqrt(n_1), sigma / math.sqrt(n_2))
    z = np.linspace(-8, 8, 201)
    mass = np.exp(-0.5 * z * z)
    y2 = truth_2 + errors[1] * z
    reach = 40 * (errors[0] + errors[1]) + 10 * max(prior_1.sd + prior_2.sd, abs(prior_1.mean - prior_2.mean))
    centre = np.full_like(y2, truth_1)
    low, high = centre - reach, centre + reach
    for _ in range(80):
        middle = 0.5 * (low + high)
        above = [normal_difference_above(prior_1, prior_2, middle, y2, errors, m) for m in rule.margins]
        up = rule.met(above) != rule.lower
        low, high = np.where(up, low, middle), np.where(up, middle, high)
    boundary = (0.5 * (low + high) - truth_1) / errors[0]
    inside = special.ndtr(boundary) if rule.lower else special.ndtr(-boundary)
    return float(mass @ inside / mass.sum())
