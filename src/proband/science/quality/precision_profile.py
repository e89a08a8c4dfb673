"""The limit of quantitation: the least level at which an assay meets a stated goal, from its precision at many levels.

- by precision: CV = a x^b is fitted on logarithms, weighted by degrees of freedom; the limit is the level at which the
  line meets the goal, never below the limit of detection, never beyond the levels measured (CLSI EP17-A2, 2012,
  sec. 6 and appendix D; recalled);
- by total error: |bias| + 2 SD against the assigned value (Westgard); the limit is the least level from which on every
  level measured meets the goal.

A limit by precision has an upper confidence limit, where the upper limit of the fitted line meets the goal. Cannot see:
whether the levels were made in the matrix of the product, and bias, where no assigned values are given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
LEAST_LEVELS = 3


@dataclass(frozen=True, slots=True)
class Level:
    """Results at one level: mean, standard deviation (one unit), degrees of freedom, assigned value where known."""

    name: str
    mean: float
    sd: float
    df: int
    assigned: float | None = None

    @property
    def cv(self) -> float:
        """Coefficient of variation, a fraction."""
        return self.sd / self.mean


@dataclass(frozen=True, slots=True)
class Quantitation:
    """A limit of quantitation, its upper confidence limit, and the fitted profile CV = exp(a) x^b; or a refusal."""

    value: float | None
    upper: float | None = None
    log_a: float | None = None
    b: float | None = None
    goal: float = 0.0
    caveats: tuple[str, ...] = ()
    refusal: str = ""


def level_of(name: str, results: Sequence[float], assigned: float | None = None) -> Level:
    """A level from its raw results; raises ``ValueError`` for fewer than two or one that is not finite.

    >>> level_of("L1", [9.0, 10.0, 11.0]).cv
    0.1
    """
    x = np.asarray(results, float)
    if x.size < 2 or not np.isfinite(x).all():
        raise ValueError(f"level {name}: at least two finite results are needed")
    return Level(name, float(x.mean()), float(x.std(ddof=1)), x.size - 1, assigned)


def by_precision(levels: Sequence[Level], goal: float, lod: float | None = None) -> Quantitation:
    """The level at which the fitted CV meets `goal` (a fraction).

    `lod` in the unit of the levels: the limit is at least that. Raises ``ValueError`` for a goal that is not above 0.

    >>> made = by_precision([Level(str(m), m, 0.02, 39) for m in (0.05, 0.1, 0.2, 0.4)], 0.2)
    >>> round(made.value, 3), round(made.b, 6)
    (0.1, -1.0)
    """
    if not 0 < goal < math.inf:
        raise ValueError("the goal must be a fraction above 0")
    usable = [x for x in levels if x.mean > 0 and x.sd > 0 and x.df > 0]
    if len(usable) < LEAST_LEVELS:
        said = f"{len(usable)} levels with a mean and a spread above 0: a profile needs {LEAST_LEVELS}"
        return Quantitation(None, goal=goal, refusal=said)
    fit = _Fit(usable)
    if fit.b >= 0:
        said = "the coefficient of variation does not fall with the level: no level is the least that meets the goal"
        return Quantitation(None, None, fit.a, fit.b, goal, (), said)
    at = math.exp((math.log(goal) - fit.a) / fit.b)
    least, most = min(x.mean for x in usable), max(x.mean for x in usable)
    if at > most:
        said = f"the goal is not met at the highest level measured, {most:g}"
        return Quantitation(None, None, fit.a, fit.b, goal, (), said)
    caveats = []
    if at < least:
        caveats.append(f"the goal is met at the least level measured, {least:g}; below it nothing was measured")
        at = least
    if lod is not None and at < lod:
        caveats.append(f"the goal is met at {at:g}, below the limit of detection: that is the limit")
        at = lod
    upper = fit.upper(goal, at, most)
    if upper is None:
        caveats.append("the upper limit lies beyond the levels measured")
    return Quantitation(at, upper, fit.a, fit.b, goal, tuple(caveats))


def by_total_error(levels: Sequence[Level], goal: float) -> Quantitation:
    """The least level from which on |bias| + 2 SD is within `goal` times the assigned value, at every level measured.

    >>> made = by_total_error([Level("a", 1.1, 0.3, 9, 1.0), Level("b", 2.0, 0.1, 9, 2.0)], 0.3)
    >>> made.value
    2.0
    """
    if not 0 < goal < math.inf:
        raise ValueError("the goal must be a fraction above 0")
    known = sorted((x.assigned, x) for x in levels if x.assigned is not None and x.assigned > 0 and x.df > 0)
    if not known:
        return Quantitation(None, goal=goal, refusal="no level with an assigned value and a spread")
    least = None
    for assigned, x in sorted(known, key=lambda k: -k[0]):
        if abs(x.mean - assigned) + 2 * x.sd > goal * assigned:
            break
        least = assigned
    if least is None:
        return Quantitation(None, goal=goal, refusal="the goal is not met at the highest level measured")
    return Quantitation(least, goal=goal)


class _Fit:
    """log CV on log level, weighted by degrees of freedom: the variance of a log CV goes with 1 / (2 df)."""

    def __init__(self, levels: Sequence[Level]) -> None:
        x = np.log([v.mean for v in levels])
        y = np.log([v.cv for v in levels])
        w = np.array([v.df for v in levels], float)
        self.middle = float((w * x).sum() / w.sum())
        self.sxx = float((w * (x - self.middle) ** 2).sum())
        self.weight = float(w.sum())
        self.b = float((w * (x - self.middle) * y).sum() / self.sxx) if self.sxx > 0 else 0.0
        self.a = float((w * y).sum() / w.sum()) - self.b * self.middle
        self.df = len(levels) - 2
        rest = float((w * (y - self.a - self.b * x) ** 2).sum())
        # never less than what sampling of standard deviations alone gives: weighted residuals of variance 1/2
        self.s2 = max(rest / self.df, 0.5) if self.df > 0 else 0.5

    def upper(self, goal: float, start: float, most: float, level: float = 0.95) -> float | None:
        """The least level from `start` on at which the upper limit of the fitted CV is within the goal."""
        t = float(special.stdtrit(max(self.df, 1), level))

        def over(v: float) -> float:
            u = math.log(v)
            spread = math.sqrt(self.s2 * (1 / self.weight + (u - self.middle) ** 2 / self.sxx))
            return self.a + self.b * u + t * spread - math.log(goal)

        if over(most) > 0:
            return None
        low, high = start, most
        if over(low) <= 0:
            return low
        for _ in range(100):
            middle = math.sqrt(low * high)
            low, high = (middle, high) if over(middle) > 0 else (low, middle)
        return high
