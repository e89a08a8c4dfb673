"""Responders in one arm against a prior of the control rate made of beta densities: enumerated exactly.

Treated responders y ~ Binomial(N, p_t), p_t ~ Beta; control rate p_c ~ mixture of betas (such as a meta-analytic
predictive prior), made robust by a share of a vague beta (Schmidli et al., Biometrics 2014;70:1023-1032), updated by
concurrent controls where there are any: a mixture of betas is conjugate, and each weight is multiplied by the
beta-binomial probability of what was seen. The tail is P(p_t <= p_c + margin | data). Every outcome of the trial is
enumerated with its binomial probability, so that no measure has Monte Carlo error.

Mixtures and their updates are those of `borrowing.mixtures`. The tail is integrated here, by 400 nodes in 1 ms for an
arm; `borrowing.two_sample.difference_above`, made for far tails, takes 50 to 100 times as long, and a plan with losses
asks for it once for every number of patients who are left. A test holds the two together to ten digits.

Cannot see: whether the prior comes from all sources; drift of the control rate is an axis of the simulation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from proband.science.borrowing.mixtures import Mixture, beta_mixture, binomial_posterior, robustify
from proband.science.borrowing.two_sample import binomial_pmf
from proband.science.trial.closed_forms import averaged
from proband.science.trial.grid import Scenario
from proband.science.trial.measures import Measure
from proband.science.trial.plan_designs import BinaryPlan
from proband.science.trial.plan_file import level

Floats = NDArray[np.float64]
NODES = 400
"""Nodes of the integral over the treated rate; with the substitution p = sin^2 no density is infinite at its ends."""
PRIOR_NODES = 41


def prior_of(plan: BinaryPlan) -> Mixture:
    """The control prior of a plan, made robust as it says."""
    parts = plan.priors.control
    total = math.fsum(c.weight for c in parts)
    mixture = beta_mixture([c.weight / total for c in parts], [c.a for c in parts], [c.b for c in parts])
    weight = plan.priors.robust_weight
    return robustify(mixture, weight, plan.priors.robust_mean) if weight else mixture


def tail_not_better(treated: tuple[float, float], control: Mixture, margin: float) -> float:
    """P(p_t <= p_c + margin) with p_t ~ Beta(`treated`) and p_c from the mixture, independent.

    >>> control = beta_mixture([1.0], [1.0], [1.0])
    >>> round(tail_not_better((1.0, 1.0), control, 0.0), 9)
    0.5
    """
    return float(_tails(np.array([treated]), control, margin)[0])


def _tails(treated: Floats, control: Mixture, margin: float) -> Floats:
    """`tail_not_better` for many treated betas [k, 2]: treated density times P(p_c >= p - margin), integrated.

    Below the margin every treated rate is no better, above 1 + margin none is: the integral is over what is between.
    """
    from scipy.special import betainc, betaln

    low, high = min(1.0, max(0.0, margin)), max(0.0, min(1.0, 1.0 + margin))
    a, b = treated[:, :1], treated[:, 1:]
    surely = betainc(a, b, low)[:, 0]
    if high <= low:
        return np.asarray(surely)
    x, w = _legendre(NODES)
    angle = 0.25 * math.pi * (x + 1)
    p = low + (high - low) * np.sin(angle) ** 2
    rest = (1.0 - high) + (high - low) * np.cos(angle) ** 2
    jacobian = (high - low) * 2 * np.sin(angle) * np.cos(angle) * 0.25 * math.pi * w
    density = np.exp((a - 1) * np.log(p) + (b - 1) * np.log(rest) - betaln(a, b)) * jacobian
    below = np.zeros(NODES)
    at = np.clip(p - margin, 0.0, 1.0)
    for weight, ca, cb in zip(control.weights, control.first, control.second, strict=True):
        below += weight * betainc(ca, cb, at)
    return np.asarray(surely + (density * (1.0 - below)).sum(axis=1))


@lru_cache(maxsize=2)
def _legendre(nodes: int) -> tuple[Floats, Floats]:
    x, w = np.polynomial.legendre.leggauss(nodes)
    return x, w


def decisions(treated: tuple[float, float], control: Mixture, patients: int, controls: int, margin: float) -> Floats:
    """The tail of every outcome: [responders among patients, responders among concurrent controls]."""
    y = np.arange(patients + 1)
    posterior = np.column_stack([treated[0] + y, treated[1] + patients - y])
    after = [binomial_posterior(control, r, controls) for r in range(controls + 1)]
    return np.column_stack([_tails(posterior, c, margin) for c in after])


def binomial(n: int, p: float) -> Floats:
    """Probabilities of 0 to n successes.

    >>> binomial(2, 0.5).round(12).tolist()
    [0.25, 0.5, 0.25]
    """
    return np.asarray(binomial_pmf(np.array([p]), n)[0])


def _losses(patients: int, lost: float) -> Sequence[tuple[int, float]]:
    return [(k, float(q)) for k, q in enumerate(binomial(patients, 1 - lost)) if q > 0 and k > 0]


def exact(plan: BinaryPlan, s: Scenario) -> list[Measure]:
    """The measures of a scenario, all outcomes enumerated; patients who are lost are left out at random.

    Coverage is that of the treated rate's 95 % posterior interval; bias is that of its posterior mean less the control
    prior's mean against the true difference.
    """
    from scipy.special import betainc

    prior, control = plan.priors, prior_of(plan)
    patients, base = int(s["patients"]), s["control_rate"]
    a0, b0 = prior.treated
    seen = binomial(plan.design.controls, base)
    won: dict[float, list[tuple[int, float, Floats]]] = {}
    for margin, cut in {(plan.success.margin, level(plan)), (0.0, plan.success.rare)}:
        won.setdefault(cut, [])
        for n, q in _losses(patients, s["dropout"]):
            tails = decisions((a0, b0), control, n, plan.design.controls, margin)
            won[cut].append((n, q, (tails <= cut + 1e-12).astype(float) @ seen))

    def probability(effect: float, cut: float) -> float:
        rate = min(1.0, max(0.0, base + effect))
        return math.fsum(q * float(binomial(n, rate) @ hit) for n, q, hit in won[cut])

    belief = plan.simulation.effect_prior
    at, kept = level(plan), _losses(patients, s["dropout"])
    if s.prior and belief is not None:
        return [Measure("assurance", averaged(lambda d: probability(d, at), belief, PRIOR_NODES), 0.0, 0)]
    made = [Measure("power" if s["effect"] else "type_i_error", probability(s["effect"], at), 0.0, 0)]
    if not s["effect"]:
        made.append(Measure("false_rare", probability(0.0, plan.success.rare), 0.0, 0))
    rate = base + s["effect"]
    some = math.fsum(q for _, q in kept)
    mean = cover = 0.0
    for n, q in kept:
        y = np.arange(n + 1)
        chance = binomial(n, rate)
        below = betainc(a0 + y, b0 + n - y, rate)
        mean += q * float(chance @ ((a0 + y) / (a0 + b0 + n)))
        cover += q * float(chance @ ((below >= 0.025) & (below <= 0.975)))
    controls = plan.design.controls
    expected = math.fsum(float(p) * binomial_posterior(control, r, controls).mean for r, p in enumerate(seen))
    return [
        *made,
        Measure("bias", mean / some - expected - s["effect"], 0.0, 0),
        Measure("coverage", cover / some, 0.0, 0),
        Measure("analysed", some, 0.0, 0),
        Measure("expected_evaluable", patients * (1 - s["dropout"]), 0.0, 0),
    ]
