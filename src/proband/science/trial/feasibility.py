"""Could a randomised trial be run? How many patients it needs, and how probable it is to enrol them in time.

Needed: two equal arms, difference d in SD, one-sided alpha, power by the non-central t distribution, the smallest n per
arm that reaches it (exact for small n; the normal formula 2 ((z_a + z_b) / d)^2 is its large-n limit), divided by one
less the dropout and rounded up.

Enrolled: patients who live in the area now and those found each year are gamma-distributed around the stated values
(the gamma whose 5 % and 95 % points lie nearest to the stated limits on the log scale, with the stated value as mean);
eligible and consenting fractions thin them; counts are Poisson given that. Sites enrol at most their rate: the number
is the smaller of what is found and what the sites can take, each Poisson (Anisimov and Fedorov, Stat Med
2007;26:4958-4975, recalled, for the Poisson-gamma model of accrual). Everything is summed on a grid; nothing is drawn.

Cannot see: families' travel, competing trials, willingness to be randomised where a treatment is on offer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.science.trial.plan_parts import Feasibility

Floats = NDArray[np.float64]
MOST_PER_ARM = 100_000
QUANTILES = 20
LIMITS = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Feasible:
    """What a randomised trial needs and gets. `interval` is the 90 % prediction interval of patients enrolled."""

    per_arm: int
    evaluable: int
    enrol: int
    power: float
    expected: float
    median: int
    interval: tuple[int, int]
    probability: float
    limited_by: str


def power_of_two_arms(per_arm: int, effect: float, alpha: float) -> float:
    """Power of the two-sample t test, one-sided, with `effect` in SD.

    >>> round(power_of_two_arms(17, 1.0, 0.025), 3)
    0.807
    """
    from scipy.special import nctdtr, stdtrit

    df = 2 * per_arm - 2
    power = 1.0 - float(nctdtr(df, effect * math.sqrt(per_arm / 2), -float(stdtrit(df, alpha))))
    return 1.0 if math.isnan(power) else power


def patients_per_arm(effect: float, alpha: float, power: float) -> int:
    """The smallest number per arm that reaches `power`; raises ``ValueError`` beyond 100,000.

    >>> patients_per_arm(1.0, 0.025, 0.8)
    17
    """
    low, high = 2, 4
    while power_of_two_arms(high, effect, alpha) < power:
        low, high = high, high * 2
        if high > MOST_PER_ARM:
            raise ValueError(f"an effect of {effect:g} SD needs more than {MOST_PER_ARM:,} patients per arm")
    while low < high:
        middle = (low + high) // 2
        if power_of_two_arms(middle, effect, alpha) >= power:
            high = middle
        else:
            low = middle + 1
    return low


def gamma_shape(value: float, low: float, high: float) -> float:
    """Shape of the gamma with mean `value` whose 90 % limits come nearest to `low` and `high`; infinite for a point.

    >>> gamma_shape(30.0, 30.0, 30.0)
    inf
    >>> round(gamma_shape(30.0, 20.0, 42.0))
    20
    """
    from scipy.special import gammaincinv

    if value == 0.0 or high <= low:
        return math.inf

    def off(shape: float) -> float:
        ends = [float(gammaincinv(shape, q)) / shape * value for q in LIMITS]
        return sum(
            (math.log(max(e, 1e-12)) - math.log(max(x, 1e-12, value * 1e-3))) ** 2
            for e, x in zip(ends, (low, high), strict=True)
        )

    tried = np.geomspace(0.1, 1e5, 400)
    return float(tried[int(np.argmin([off(float(s)) for s in tried]))])


def assess(f: Feasibility) -> Feasible:
    """Numbers for a randomised trial as the plan states it; raises ``ValueError`` where no trial is large enough."""
    per_arm = patients_per_arm(f.effect, f.alpha, f.power)
    evaluable = 2 * per_arm
    enrol = 2 * math.ceil(per_arm / (1 - f.dropout) - 1e-9)
    thinned = f.eligible_fraction * f.consent_fraction
    people = _means(f.prevalent, thinned), _means(f.incident_per_year, thinned * f.years)
    both = (people[0][:, None] + people[1][None, :]).ravel()
    taken = f.sites * f.accrual_per_site_year * f.years
    top = int(max(float(both.max()), taken, enrol) + 12 * math.sqrt(max(float(both.max()), taken, enrol)) + 20)
    at_least = np.array([_at_least(np.arange(top + 1), m) for m in both]).mean(axis=0)
    by_sites = _at_least(np.arange(top + 1), taken)
    survival = at_least * by_sites
    return Feasible(
        per_arm,
        evaluable,
        enrol,
        power_of_two_arms(per_arm, f.effect, f.alpha),
        float(survival[1:].sum()),
        _quantile(survival, 0.5),
        (_quantile(survival, LIMITS[0]), _quantile(survival, LIMITS[1])),
        float(survival[enrol]),
        "sites" if taken < float(both.mean()) else "patients",
    )


def _means(stated: Sequence[float], by: float) -> Floats:
    """Expected numbers at equally probable quantiles of the stated gamma."""
    from scipy.special import gammaincinv

    shape = gamma_shape(stated[0], stated[1], stated[2])
    if math.isinf(shape):
        return np.array([stated[0] * by])
    q = (np.arange(QUANTILES) + 0.5) / QUANTILES
    return np.asarray(gammaincinv(shape, q)) / shape * stated[0] * by


def _at_least(k: NDArray[np.int64], mean: float) -> Floats:
    """P(Poisson >= k)."""
    from scipy.special import gammainc

    if mean == 0.0:
        return (k == 0).astype(float)
    return np.where(k == 0, 1.0, gammainc(np.maximum(k, 1), mean))


def _quantile(survival: Floats, q: float) -> int:
    """Smallest k with P(X <= k) >= q."""
    below = 1.0 - np.append(survival[1:], 0.0)
    return int(np.argmax(below >= q - 1e-12))


def paragraph(f: Feasibility, made: Feasible) -> str:
    """The numbers as a paragraph for a document."""
    found, new = f.prevalent, f.incident_per_year
    low, high = made.interval
    return " ".join(
        [
            f"A randomised trial with two equal arms, a difference of {f.effect:g} SD, one-sided alpha {f.alpha:g} and",
            f"power {f.power:g} needs {made.per_arm} evaluable patients per arm (power {made.power:.3f} by the",
            f"non-central t distribution), {made.enrol} enrolled in all with a dropout of {100 * f.dropout:g} %.",
            f"From {found[0]:g} patients known ({found[1]:g} to {found[2]:g}) and {new[0]:g} found each year",
            f"({new[1]:g} to {new[2]:g}), of whom {100 * f.eligible_fraction:g} % are eligible and",
            f"{100 * f.consent_fraction:g} % consent, {f.sites} sites that enrol at most {f.accrual_per_site_year:g}",
            f"each a year would have {made.expected:.1f} patients after {f.years:g} years (median {made.median}, 90 %",
            f"prediction interval {low} to {high}), limited by {made.limited_by}. The probability to enrol",
            f"{made.enrol} in that time is {_chance(made.probability)}.",
        ]
    )


def _chance(p: float) -> str:
    return "below 0.001" if p < 0.001 else ("above 0.999" if p > 0.999 else f"{p:.3f}")
