"""Responders in one arm against a prior of the control rate made of beta densities: enumerated exactly.

Treated responders y ~ Binomial(N, p_t), p_t ~ Beta; control rate p_c ~ mixture of betas (such as a meta-analytic
predictive prior), made robust by a share of a vague beta (Schmidli et al., Biometrics 2014;70:1023-1032), updated by
concurrent controls where there are any: a mixture of betas is conjugate, and each weight is multiplied by the
beta-binomial probability of what was seen. The tail is P(p_t <= p_c + margin | data). Every outcome of the trial is
enumerated with its binomial probability, so that no measure has Monte Carlo error.

Cannot see: whether the prior comes from all sources; drift of the control rate is an axis of the simulation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from proband.science.trial.closed_forms import averaged
from proband.science.trial.grid import Scenario
from proband.science.trial.measures import Measure
from proband.science.trial.plan_designs import BinaryPlan
from proband.science.trial.plan_file import level

Floats = NDArray[np.float64]
NODES = 400
"""Nodes of the integral over the treated rate; with the substitution p = sin^2 no density is infinite at its ends."""
PRIOR_NODES = 41


@dataclass(frozen=True, slots=True)
class BetaMixture:
    """A mixture of betas: weights that sum to 1, and the two parameters of each component."""

    weights: tuple[float, ...]
    a: tuple[float, ...]
    b: tuple[float, ...]

    def robust(self, weight: float, mean: float) -> BetaMixture:
        """The mixture with a share `weight` of the beta with this mean and a + b = 2 (mean 1/2: uniform)."""
        if weight == 0.0:
            return self
        kept = tuple(w * (1 - weight) for w in self.weights)
        return BetaMixture((*kept, weight), (*self.a, 2 * mean), (*self.b, 2 * (1 - mean)))

    def updated(self, successes: int, of: int) -> BetaMixture:
        """The posterior after `successes` of `of`.

        >>> prior = BetaMixture((0.62, 0.38), (19.2, 3.5), (57.8, 9.4)).robust(0.2, 0.5)
        >>> [round(w, 6) for w in prior.updated(6, 6).weights]
        [0.006806, 0.028666, 0.964528]
        """
        if of == 0:
            return self
        logs = [
            math.log(w) + _log_beta(a + successes, b + of - successes) - _log_beta(a, b)
            for w, a, b in zip(self.weights, self.a, self.b, strict=True)
        ]
        top = max(logs)
        raw = [math.exp(x - top) for x in logs]
        weights = tuple(r / math.fsum(raw) for r in raw)
        return BetaMixture(weights, tuple(a + successes for a in self.a), tuple(b + of - successes for b in self.b))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def prior_of(plan: BinaryPlan) -> BetaMixture:
    """The control prior of a plan, made robust as it says."""
    parts = plan.priors.control
    total = math.fsum(c.weight for c in parts)
    mixture = BetaMixture(
        tuple(c.weight / total for c in parts), tuple(c.a for c in parts), tuple(c.b for c in parts)
    )  # fmt: skip
    return mixture.robust(plan.priors.robust_weight, plan.priors.robust_mean)


def tail_not_better(treated: tuple[float, float], control: BetaMixture, margin: float) -> float:
    """P(p_t <= p_c + margin) with p_t ~ Beta(`treated`) and p_c from the mixture, independent.

    >>> control = BetaMixture((1.0,), (1.0,), (1.0,))
    >>> round(tail_not_better((1.0, 1.0), control, 0.0), 9)
    0.5
    """
    return float(_tails(np.array([treated]), control, margin)[0])


def _tails(treated: Floats, control: BetaMixture, margin: float) -> Floats:
    """`tail_not_better` for many treated betas [k, 2]: treated density times P(p_c >= p - margin), integrated."""
    from scipy.special import betainc, betaln

    x, w = _legendre(NODES)
    angle = 0.25 * math.pi * (x + 1)
    p, jacobian = np.sin(angle) ** 2, 2 * np.sin(angle) * np.cos(angle) * 0.25 * math.pi * w
    a, b = treated[:, :1], treated[:, 1:]
    density = np.exp((a - 1) * np.log(p) + (b - 1) * np.log1p(-p) - betaln(a, b)) * jacobian
    below = np.zeros(NODES)
    at = np.clip(p - margin, 0.0, 1.0)
    for weight, ca, cb in zip(control.weights, control.a, control.b, strict=True):
        below += weight * betainc(ca, cb, at)
    total = density.sum(axis=1)
    return np.asarray((density * (1.0 - below)).sum(axis=1) / total)


@lru_cache(maxsize=2)
def _legendre(nodes: int) -> tuple[Floats, Floats]:
    x, w = np.polynomial.legendre.leggauss(nodes)
    return x, w


def decisions(
    treated: tuple[float, float], control: BetaMixture, patients: int, controls: int, margin: float
) -> Floats:
    """The tail of every outcome: [responders among patients, responders among concurrent controls]."""
    y = np.arange(patients + 1)
    posterior = np.column_stack([treated[0] + y, treated[1] + patients - y])
    return np.column_stack([_tails(posterior, control.updated(r, controls), margin) for r in range(controls + 1)])


def binomial(n: int, p: float) -> Floats:
    """Probabilities of 0 to n successes.

    >>> binomial(2, 0.5).tolist()
    [0.25, 0.5, 0.25]
    """
    return np.array([math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])


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
    expected = math.fsum(
        p * math.fsum(w * x / (x + z) for w, x, z in zip(m.weights, m.a, m.b, strict=True))
        for p, m in ((float(p), control.updated(r, plan.design.controls)) for r, p in enumerate(seen))
    )
    return [
        *made,
        Measure("bias", mean / some - expected - s["effect"], 0.0, 0),
        Measure("coverage", cover / some, 0.0, 0),
        Measure("analysed", some, 0.0, 0),
        Measure("expected_evaluable", patients * (1 - s["dropout"]), 0.0, 0),
    ]
