"""The meta-analytic predictive (MAP) prior: what earlier trials say about the next one's parameter.

The predictive distribution of a new unit of the hierarchy (Neuenschwander et al., Clin Trials 2010;7:5-18; Schmidli et
al., Biometrics 2014;70:1023-1032) for proportions (logit), rates (log) and means (identity), tau half-normal, by
quadrature. The nearest conjugate mixture stands in for it in calculations (`mixture_fit`), with its divergence printed.

Cannot see: earlier trials that were not given. They are asked for in a register (`register`), with the reason where
one is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proband.core.quantity import Quantity
from proband.science.borrowing.effective_sample_size import EffectiveSize, elir, moment, morita
from proband.science.borrowing.grids import Array
from proband.science.borrowing.hierarchy import Fit, fit
from proband.science.borrowing.mixture_fit import MixtureFit, fit_mixture
from proband.science.borrowing.mixtures import Mixture, robustify
from proband.science.borrowing.quadrature import Prior
from proband.science.borrowing.register import Omission, Register
from proband.science.borrowing.units import Unit, natural

FIT_POINTS = 200
"""Points on which the mixture is fitted; the density is smooth, and more change the divergence below 2e-6."""
FAMILY_OF_LINK = {"logit": "beta", "log": "gamma", "identity": "normal"}


@dataclass(frozen=True, slots=True)
class MapPrior:
    """A MAP prior: its exact distribution, the mixture that stands for it, sizes, and what was left out.

    `mean` and `sd` are None for rates, where they need not exist; `effective_sizes` are ELIR, moment and Morita of the
    mixture (of one observation of `sigma` for means).
    """

    fit: Fit
    quantity: Quantity
    mean: float | None
    sd: float | None
    mixture_fit: MixtureFit
    effective_sizes: tuple[EffectiveSize, ...]
    omitted: tuple[Omission, ...]

    @property
    def mixture(self) -> Mixture:
        """The conjugate mixture."""
        return self.mixture_fit.mixture

    def robust(self, weight: float, mean: float | None = None, n: float = 1.0, sigma: float | None = None) -> Mixture:
        """The mixture with a vague component of `weight`; see `mixtures.robustify`."""
        return robustify(self.mixture, weight, mean, n, sigma)


def map_prior(
    units: list[Unit] | tuple[Unit, ...],
    register: Register,
    prior: Prior,
    unit: str,
    sigma: float | None = None,
    tolerance: float = 1e-3,
    most: int = 4,
) -> MapPrior:
    """The MAP prior from earlier `units`, which the `register` says are all there are but those it leaves out.

    `unit` is the unit of measurement; `sigma` the standard deviation of one observation (means alone). Raises
    ``ProgramError`` as `Register.split` and `hierarchy.fit` do. Source: module docstring.

    >>> from proband.science.borrowing.register import Register
    >>> from proband.science.borrowing.units import binomial
    >>> trials = [binomial("trial 1", 23, 107), binomial("trial 2", 12, 44), binomial("trial 3", 19, 51)]
    >>> got = map_prior(trials, Register.of_all(trials), Prior(0.0, 2.0, 1.0), "fraction")
    >>> round(got.mean, 3), round(got.mixture.mean, 3), got.mixture_fit.reached
    (0.299, 0.299, True)
    """
    pooled, omitted, _ = register.split(units)
    fitted = fit(pooled, prior, without=False)
    mean, sd = (None, None) if fitted.link == "log" else fitted.mean_sd(fitted.new)
    values, density = _on_natural_scale(fitted)
    near = fit_mixture(FAMILY_OF_LINK[fitted.link], values, density, tolerance, most)
    sizes: tuple[EffectiveSize, ...] = ()
    if fitted.link != "identity" or sigma is not None:
        sizes = tuple(rule(near.mixture, sigma) for rule in (elir, moment, morita))
    return MapPrior(fitted, fitted.quantity(fitted.new, unit), mean, sd, near, sizes, omitted)


def _on_natural_scale(fitted: Fit) -> tuple[Array, Array]:
    """Values and density of a new unit on the scale that people read, on about `FIT_POINTS` points that carry mass."""
    held = np.flatnonzero(fitted.new > 1e-11 * fitted.new.sum())
    chosen = held[:: max(1, held.size // FIT_POINTS)]
    values = natural(fitted.link, fitted.nodes.eta[chosen])
    slope = {"logit": values * (1 - values), "log": values, "identity": np.ones_like(values)}[fitted.link]
    return values, fitted.new[chosen] / slope
