"""Stop when harm is probably too frequent: Bayesian boundaries, and how they behave, enumerated exactly.

Dosing stops when P(rate > limit | data) > probability, under a conjugate mixture prior: proportions of patients with an
event (Thall and Simon, Biometrics 1994;50:337-349), or events in person-time. The boundary is a table that can be
written into a protocol; its behaviour at any true rate is summed over all paths by an exact chain, so there is no
simulation error. What is enumerated is the rule alone: every patient's outcome is known before the next is treated, or
at the looks given.

Cannot see: events that come after the next patient was already treated. Stagger dosing, or look after the lag.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from proband.kernels.absorbing_chains import binomial_chain
from proband.science.borrowing.grids import Array
from proband.science.borrowing.mixtures import Mixture, binomial_posteriors, poisson_posteriors

MOST_EVENTS = 5_000


@dataclass(frozen=True, slots=True)
class StoppingRule:
    """A boundary: after ``sizes[i]`` (patients, or cumulative person-time) stop at ``least[i]`` events or more.

    ``least[i]`` is None where no count stops. `limit` is the rate that must not be exceeded, `probability` what the
    posterior must exceed.
    """

    kind: str
    prior: Mixture
    limit: float
    probability: float
    sizes: tuple[float, ...]
    least: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class StoppingBehaviour:
    """At one true rate: P(stop), means at the end over all paths, and P(stop) up to each look."""

    rate: float
    stops: float
    mean_size: float
    mean_events: float
    stopped_by: tuple[float, ...]


def patient_rule(
    prior: Mixture, limit: float, probability: float, patients: int, first: int = 1, every: int = 1
) -> StoppingRule:
    """The boundary for up to `patients` patients, looked at from `first` on, after `every` patients and at the end.

    Raises ``ValueError`` for values out of range or a prior that is no beta mixture.

    >>> from proband.science.borrowing.mixtures import beta_mixture
    >>> rule = patient_rule(beta_mixture([1.0], [0.5], [0.5]), 0.2, 0.9, 6)
    >>> rule.least
    (1, 2, 2, 2, 3, 3)
    """
    _checked(prior, "beta", limit, probability)
    if limit >= 1 or patients < 1 or not 1 <= first <= patients or every < 1:
        raise ValueError(
            "the limit lies below 1, and looks are at whole numbers of patients from the first to the last"
        )
    looks = sorted({*range(first, patients + 1, every), patients})
    least: list[int | None] = []
    for n in looks:
        w, a, b = binomial_posteriors(prior, np.arange(n + 1), n)
        least.append(_first((w * special.betaincc(a, b, limit)).sum(-1) > probability))
    return StoppingRule("patients", prior, limit, probability, tuple(float(n) for n in looks), tuple(least))


def rate_rule(prior: Mixture, limit: float, probability: float, looks: Sequence[float]) -> StoppingRule:
    """The boundary for events in person-time, looked at when the cumulative person-time reaches each of `looks`.

    Raises ``ValueError`` for looks that do not rise from above 0, or a prior that is no gamma mixture.

    >>> from proband.science.borrowing.mixtures import gamma_mixture
    >>> rate_rule(gamma_mixture([1.0], [0.5], [0.5]), 1.0, 0.9, [1.0, 2.0, 4.0]).least
    (4, 5, 8)
    """
    _checked(prior, "gamma", limit, probability)
    times = np.asarray(looks, np.float64)
    if times.size == 0 or not np.isfinite(times).all() or (np.diff(times, prepend=0.0) <= 0).any():
        raise ValueError("looks are at cumulative person-times that rise from above 0")
    counts = np.arange(MOST_EVENTS)
    least: list[int | None] = []
    for t in times.tolist():
        w, a, b = poisson_posteriors(prior, counts, t)
        least.append(_first((w * special.gammaincc(a, b * limit)).sum(-1) > probability))
    return StoppingRule("person-time", prior, limit, probability, tuple(times.tolist()), tuple(least))


def behaviour(rule: StoppingRule, rate: float) -> StoppingBehaviour:
    """What the rule does at a true `rate`, summed over all paths.

    `mean_size` is patients (or person-time) until the stop or the end; events are counted up to the look that stops.
    Raises ``ValueError`` for a rate that can not be.

    >>> from proband.science.borrowing.mixtures import beta_mixture
    >>> got = behaviour(patient_rule(beta_mixture([1.0], [0.5], [0.5]), 0.2, 0.9, 2), 0.5)
    >>> got.stops, got.mean_size, got.mean_events
    (0.5, 1.5, 0.75)
    """
    if not (rate >= 0 and math.isfinite(rate)) or (rule.kind == "patients" and rate > 1):
        raise ValueError("a true rate is not negative, and a proportion not above 1")
    stopped = _patient_stops(rule, rate) if rule.kind == "patients" else _rate_stops(rule, rate)
    share = float(stopped.sum())
    size = float(stopped @ np.array(rule.sizes)) + max(0.0, 1 - share) * rule.sizes[-1]
    # Wald's identity: patients are treated until a stopping time, so events are the rate times the mean size
    return StoppingBehaviour(rate, min(share, 1.0), size, rate * size, tuple(np.cumsum(stopped).tolist()))


def _patient_stops(rule: StoppingRule, rate: float) -> Array:
    """P(stop at each look), one patient at a time."""
    last = int(rule.sizes[-1])
    least = np.full(last, last + 1)
    looks = np.array(rule.sizes, dtype=np.int64) - 1
    least[looks] = [last + 1 if k is None else k for k in rule.least]
    out = np.empty(last)
    binomial_chain(least, np.full(last, rate), out)
    return out[looks]


def _rate_stops(rule: StoppingRule, rate: float) -> Array:
    """P(stop at each look): Poisson counts between looks."""
    top = max([k for k in rule.least if k is not None], default=0)
    held = np.zeros(top + 1)
    held[0] = 1.0
    out = np.zeros(len(rule.sizes))
    before = 0.0
    counts = np.arange(top + 1)
    for i, (t, least) in enumerate(zip(rule.sizes, rule.least, strict=True)):
        mean = rate * (t - before)
        pmf = np.exp(special.xlogy(counts, mean) - mean - special.gammaln(counts + 1))
        moved = np.convolve(held, pmf)[: top + 1]
        over = float(held.sum()) - float(moved.sum())
        edge = top + 1 if least is None else least
        out[i] = float(moved[edge:].sum()) + (max(over, 0.0) if least is not None else 0.0)
        if least is None and over > 0:
            moved[top] += over
        moved[edge:] = 0.0
        held, before = moved, t
    return out


def _first(stops: Array) -> int | None:
    """The least count from which on every count stops."""
    if not bool(stops[-1]):
        return None
    calm = np.flatnonzero(~stops)
    return int(calm[-1]) + 1 if calm.size else 0


def _checked(prior: Mixture, family: str, limit: float, probability: float) -> None:
    if prior.family != family:
        raise ValueError(f"the prior must be a {family} mixture")
    if not 0 < limit < math.inf or not 0 < probability < 1:
        raise ValueError("the limit lies above 0 and the probability between 0 and 1")
