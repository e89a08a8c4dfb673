"""Response rates of several variants of one platform, pooled by a logit hierarchy, on a quadrature grid.

Model: y_j ~ Binomial(n_j, p_j), logit p_j ~ N(mu, tau^2), mu ~ N(m, s^2), tau half-normal (Berry et al., Clin Trials
2013;10:720-734). For every node of (mu, tau), the integrals over logit p_j of the likelihood, of its part at or below
the null rate, and of the likelihood times p_j, depend on y_j alone: they are tabulated once, by a fine midpoint rule,
and a trial is a sum over nodes. A trial succeeds for a basket when
P(p_j <= null rate + margin | all data) is at or below the level; the false-positive rates count baskets whose true rate
is the control rate.

`borrowing.hierarchy.fit` has the same model, and more (EXNEX, unequal sizes, other families), by adaptive quadrature in
some 20 ms for one data set; tables by number of responders take 1 ms for hundreds of trials, because all baskets are of
one size. The mean and the tail of a data set agree within 0.002, which a test holds.

Cannot see: a variant that does not belong to the platform; an exchangeability mixture (EXNEX) is not in this model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from proband.science.trial.grid import Scenario
from proband.science.trial.measures import Trials
from proband.science.trial.plan_designs import BasketPlan
from proband.science.trial.plan_file import level

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MU_NODES, TAU_NODES, THETA_NODES = 61, 30, 400
REACH = 6.0
"""SDs of a normal over which it is integrated."""
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Tables:
    """By node and number of responders: integrals of the likelihood, of its part at or below the cut, and times p."""

    log_prior: Floats
    whole: Floats
    below: Floats
    mean: Floats


@lru_cache(maxsize=64)
def tables(
    patients: int, cut: float, mu_mean: float, mu_sd: float, tau_scale: float, mu_low: float, mu_high: float
) -> Tables:
    """The tables [node, responders] for baskets of `patients`; `cut` is the rate at which the tail is taken.

    mu is a midpoint grid from `mu_low` to `mu_high` (logit), tau one from 0 to five scales.
    """
    mu = mu_low + (np.arange(MU_NODES) + 0.5) * (mu_high - mu_low) / MU_NODES
    # Squared spacing: the likelihood is steepest in tau near 0.
    unit = (np.arange(TAU_NODES) + 0.5) / TAU_NODES
    tau = 5 * tau_scale * unit**2
    log_tau = -0.5 * (tau / tau_scale) ** 2 + np.log(unit)
    log_mu = -0.5 * ((mu - mu_mean) / mu_sd) ** 2
    log_prior = (log_mu[:, None] + log_tau[None, :]).ravel()
    y = np.arange(patients + 1)
    z = REACH * (2 * (np.arange(THETA_NODES) + 0.5) / THETA_NODES - 1)
    density = np.exp(-0.5 * z * z)
    density /= density.sum()
    whole, below, mean = [], [], []
    edge = math.log(cut / (1 - cut)) if 0 < cut < 1 else math.copysign(math.inf, cut - 0.5)
    half = REACH / THETA_NODES
    for m in mu:
        for t in tau:
            theta = m + t * z
            p = 1 / (1 + np.exp(-theta))
            like = np.exp(-np.logaddexp(0, -theta) * y[:, None] - np.logaddexp(0, theta) * (patients - y)[:, None])
            like *= density
            # The cell that holds the cut counts by the part of it that lies below.
            share = np.clip(((edge - m) / t - z + half) / (2 * half), 0.0, 1.0)
            whole.append(like.sum(axis=1))
            below.append(like @ share)
            mean.append(like @ p)
    return Tables(log_prior, np.array(whole), np.array(below), np.array(mean))


def posterior(responders: Integers, t: Tables) -> tuple[Floats, Floats]:
    """P(p_j <= cut) and the posterior mean of p_j for `responders` [trial, basket], all baskets of one size.

    >>> made = tables_of(10, 0.2, 0.2, 2.0, 1.0)
    >>> tail, mean = posterior(np.array([[0, 2, 8]]), made)
    >>> tail.round(2).tolist(), bool(mean[0, 0] > 0.02)
    ([[0.91, 0.5, 0.0]], True)
    """
    counts = np.stack([(responders == y).sum(axis=1) for y in range(t.whole.shape[1])])
    log_weight = t.log_prior[:, None] + np.log(t.whole) @ counts
    w = np.exp(log_weight - log_weight.max(axis=0))
    w /= w.sum(axis=0)
    tail, mean = w.T @ (t.below / t.whole), w.T @ (t.mean / t.whole)
    return np.take_along_axis(tail, responders, axis=1), np.take_along_axis(mean, responders, axis=1)


def tables_of(patients: int, cut: float, mu_rate: float, mu_sd: float, tau_scale: float) -> Tables:
    """Tables with mu over four prior SDs, no wider than logits of -8 to 8: rates of 0.03 % to 99.97 %."""
    centre = math.log(mu_rate / (1 - mu_rate))
    low, high = max(-8.0, centre - 4 * mu_sd), min(8.0, centre + 4 * mu_sd)
    return tables(patients, cut, centre, mu_sd, tau_scale, low, high)


def simulate(plan: BasketPlan, s: Scenario, generator: np.random.Generator, trials: int) -> Trials:
    """Trials of a basket design: success is the fraction of the asked baskets that succeed.

    With effect 0, or with no active basket, the asked baskets are all; else they are the active ones. The estimate is
    the mean over them of the posterior mean less the null rate, the truth their true mean less it.
    """
    d, pr = plan.design, plan.priors
    active = int(s["active"])
    truth_of_active = np.full(trials, s["effect"])
    belief = plan.simulation.effect_prior
    if s.prior and belief is not None:
        truth_of_active = belief.mean + belief.sd * generator.standard_normal(trials)
    rates = np.full((trials, d.baskets), s["control_rate"])
    rates[:, :active] = np.clip(d.null_rate + truth_of_active, 0.0, 1.0)[:, None]
    patients = max(1, round(int(s["patients"]) * (1 - s["dropout"])))
    responders = generator.binomial(patients, rates)
    cut = min(1 - 1e-9, d.null_rate + plan.success.margin)
    made = tables_of(patients, cut, pr.mu_rate, pr.mu_sd, pr.tau_scale)
    at_null = made if plan.success.margin == 0 else tables_of(patients, d.null_rate, pr.mu_rate, pr.mu_sd, pr.tau_scale)
    tails, zeros, means = [], [], []
    for first in range(0, trials, CHUNK):
        part = responders[first : first + CHUNK]
        tail, mean = posterior(part, made)
        tails.append(tail)
        means.append(mean)
        zeros.append(tail if at_null is made else posterior(part, at_null)[0])
    tail, mean, zero = np.concatenate(tails), np.concatenate(means), np.concatenate(zeros)
    asked = slice(0, active) if active and (s["effect"] or s.prior) else slice(None)
    null = rates <= d.null_rate + plan.success.margin
    hit = tail <= level(plan) + 1e-12
    truth = rates[:, asked].mean(axis=1) - d.null_rate
    return Trials(
        mean[:, asked].mean(axis=1) - d.null_rate,
        tail[:, asked].min(axis=1),
        zero[:, asked].min(axis=1),
        None,
        np.full(trials, float(patients * d.baskets)),
        truth,
        (hit & null).any(axis=1),
        hit[:, asked].mean(axis=1),
    )
