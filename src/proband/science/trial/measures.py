"""What is counted over simulated trials, or computed exactly: the measures of a design, with their Monte Carlo error.

An analysis of any design gives, for one trial: an estimate of the effect, the tail P(no effect beyond the margin) on
which the success rule rests, the tail at 0 for calling a course rare, and whether the 95 % interval holds the truth.

Monte Carlo standard errors: sqrt(p (1 - p) / n) for a proportion, with p = (x + 1) / (n + 2) where none or all of n
succeeded; s / sqrt(n) for a mean.

Cannot see: error that comes from assumptions rather than from the number of replicates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
CLOSE = 1e-12
"""A tail this close to the level counts as at the level: exact tests have tails such as 1/20."""


@dataclass(frozen=True, slots=True)
class Trials:
    """Simulated trials, one entry each; a trial that could not be analysed has a tail of NaN and is no success.

    `covered` is None where there is no interval. `family` says whether any test of a true null succeeded, where a trial
    holds several; `evaluable` counts patients.
    """

    estimate: Floats
    tail: Floats
    tail_at_zero: Floats
    covered: Bools | None
    evaluable: Floats
    truth: Floats
    family: Bools | None = None
    success: Floats | None = None
    """Fraction of the tests of a trial that succeeded, where it holds several; else made from `tail`."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over trials: equal however they were cut. `covered` is -1 where there is no interval."""

    trials: int
    analysed: int
    success: float
    success_squared: float
    rare: int
    covered: int
    error: float
    error_squared: float
    evaluable: float
    evaluable_squared: float
    family: int

    @staticmethod
    def of(t: Trials, level: float, rare: float) -> Tally:
        """The sums of trials whose success is a tail at or below `level`."""
        sound = np.isfinite(t.tail) & np.isfinite(t.estimate)
        hit = (sound & (np.nan_to_num(t.tail, nan=1.0) <= level + CLOSE)).astype(float)
        won = hit if t.success is None else np.where(sound, t.success, 0.0)
        off = np.where(sound, t.estimate - t.truth, 0.0)
        scarce = sound & (np.nan_to_num(t.tail_at_zero, nan=1.0) <= rare + CLOSE)
        family = int(np.count_nonzero(t.family)) if t.family is not None else 0
        held = int((t.covered & sound).sum()) if t.covered is not None else -1
        return Tally(
            len(t.tail), int(sound.sum()), math.fsum(won), math.fsum(won * won), int(scarce.sum()), held,
            math.fsum(off), math.fsum(off * off), math.fsum(t.evaluable), math.fsum(t.evaluable**2), family,
        )  # fmt: skip

    @staticmethod
    def total(tallies: Iterable[Tally]) -> Tally:
        """The sums of several blocks; exact sums, so that their order does not matter."""
        kept = list(tallies)

        def add(name: str) -> float:
            return math.fsum(getattr(t, name) for t in kept)

        held = int(add("covered")) if all(t.covered >= 0 for t in kept) else -1
        return Tally(
            int(add("trials")), int(add("analysed")), add("success"), add("success_squared"), int(add("rare")), held,
            add("error"), add("error_squared"), add("evaluable"), add("evaluable_squared"), int(add("family")),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of one scenario. `mc_se` is 0 and `replicates` is 0 where it was computed exactly."""

    metric: str
    value: float
    mc_se: float
    replicates: int

    def times(self, factor: float) -> Measure:
        """The measure times an exact factor.

        >>> Measure("power", 0.8, 0.01, 100).times(0.5)
        Measure(metric='power', value=0.4, mc_se=0.005, replicates=100)
        """
        return Measure(self.metric, self.value * factor, self.mc_se * factor, self.replicates)

    def named(self, metric: str) -> Measure:
        """The measure under another name."""
        return Measure(metric, self.value, self.mc_se, self.replicates)


def proportion(metric: str, x: float, n: int, squared: float | None = None) -> list[Measure]:
    """A proportion of trials, or a mean of fractions where `squared` is the sum of their squares; nothing from none.

    >>> proportion("power", 25, 100)
    [Measure(metric='power', value=0.25, mc_se=0.04330127018922193, replicates=100)]
    >>> proportion("power", 0, 0)
    []
    """
    if n == 0:
        return []
    p = x / n
    spread = max(0.0, squared / n - p * p) if squared is not None else p * (1 - p)
    if spread <= 1e-15:
        smoothed = (x + 1) / (n + 2)
        spread = smoothed * (1 - smoothed)
    return [Measure(metric, p, math.sqrt(spread / n), n)]


def measures(t: Tally, no_effect: bool, prior: bool, family: bool) -> list[Measure]:
    """The measures of a scenario from its sums; `family`: whether a trial holds several tests."""
    name = "assurance" if prior else ("type_i_error" if no_effect else "power")
    made = proportion(name, t.success, t.trials, t.success_squared)
    if no_effect and not prior:
        made += proportion("false_rare", t.rare, t.trials)
    if family:
        made += proportion("family_wise_error", t.family, t.trials)
    if t.analysed:
        made += _mean("bias", t.error, t.error_squared, t.analysed)
        made += proportion("coverage", t.covered, t.analysed) if t.covered >= 0 else []
    made += proportion("analysed", t.analysed, t.trials)
    made += _mean("expected_evaluable", t.evaluable, t.evaluable_squared, t.trials)
    return made


def _mean(metric: str, total: float, squared: float, n: int) -> list[Measure]:
    mean = total / n
    return [Measure(metric, mean, math.sqrt(max(0.0, squared / n - mean * mean) / n), n)]


def harm_acceptable(patients: int, rate: float, prior: tuple[float, float], limit: float, threshold: float) -> float:
    """P(the harm part of a benefit-risk rule holds) with `patients` and a true probability of harm `rate`, exactly.

    The rule: P(probability of harm < `limit` | events) >= `threshold` under a beta prior.

    >>> round(harm_acceptable(3, 0.0, (1.0, 1.0), 0.5, 0.9), 3), harm_acceptable(3, 1.0, (1.0, 1.0), 0.5, 0.9)
    (1.0, 0.0)
    """
    from scipy.special import bdtr, betainc

    most = -1
    for events in range(patients + 1):
        if betainc(prior[0] + events, prior[1] + patients - events, limit) >= threshold:
            most = events
    return float(bdtr(most, patients, rate)) if most >= 0 else 0.0
