"""Exchangeable or not (EXNEX): a unit borrows from the others only as far as its data allow.

Each unit belongs to the hierarchy with a prior probability; else its effect has a vague prior of its own
(Neuenschwander et al., Pharm Stat 2016;15:123-134). One extreme variant then hardly moves the others, and is hardly
pulled towards them: its posterior weight of exchangeability says how far.

Given mean and spread the units are independent, so the two-part mixtures multiply and the quadrature of `hierarchy` is
exact without a sum over the 2^J subsets.

Cannot see: which units differ for a reason. A weight near the prior's means that the data did not tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from proband.science.borrowing.hierarchy import Fit
from proband.science.borrowing.quadrature import Prior


@dataclass(frozen=True, slots=True)
class Exchangeability:
    """A unit's probability of belonging to the hierarchy before and after the data, and the Bayes factor for it."""

    name: str
    before: float
    after: float
    bayes_factor: float | None


def exnex_prior(
    link: str,
    expected: float,
    tau_scale: float,
    exchangeable: float = 0.5,
    mu_sd: float | None = None,
    nex_sd: float | None = None,
    sigma: float | None = None,
) -> Prior:
    """A prior centred at `expected` (a proportion, a rate or a mean) whose vague parts are worth one observation.

    On the logit scale one patient's variance is 1/p + 1/(1 - p), on the log scale that of one event is 1, on the
    identity it is `sigma` squared. `mu_sd` and `nex_sd` replace these. Raises ``ValueError`` for an expected value
    outside the link's range or means without `sigma`. Source: Neuenschwander et al. 2016, section 2.3 (recalled).

    >>> prior = exnex_prior("logit", 0.2, 1.0)
    >>> round(prior.mu_mean, 4), round(prior.nex_sd, 4)
    (-1.3863, 2.5)
    """
    if link == "logit":
        if not 0 < expected < 1:
            raise ValueError("an expected proportion lies between 0 and 1")
        centre, vague = math.log(expected / (1 - expected)), math.sqrt(1 / expected + 1 / (1 - expected))
    elif link == "log":
        if not expected > 0:
            raise ValueError("an expected rate lies above 0")
        centre, vague = math.log(expected), 1.0
    elif link == "identity" and sigma is not None:
        centre, vague = expected, sigma
    else:
        raise ValueError("the link is logit, log or identity; means need sigma, the deviation of one observation")
    return Prior(centre, mu_sd or vague, tau_scale, exchangeable, centre, nex_sd or vague)


def exchangeability(fitted: Fit) -> tuple[Exchangeability, ...]:
    """Prior and posterior probability of exchangeability of each unit, and the Bayes factor between them.

    >>> from proband.science.borrowing.hierarchy import fit
    >>> from proband.science.borrowing.units import binomial
    >>> seen = [binomial(x, 1, 10) for x in "abcd"] + [binomial("odd", 10, 10)]
    >>> table = exchangeability(fit(seen, exnex_prior("logit", 0.2, 0.5)))
    >>> table[0].after > 0.6, table[4].after < 0.1
    (True, True)
    """
    before = fitted.prior.exchangeable
    made = []
    for unit, after in zip(fitted.units, fitted.exchangeable.tolist(), strict=True):
        factor = None
        if before < 1 and after < 1:
            factor = after / (1 - after) / (before / (1 - before))
        made.append(Exchangeability(unit.name, before, after, factor))
    return tuple(made)
