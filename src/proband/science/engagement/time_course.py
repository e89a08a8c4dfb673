"""How long an effect lasts: its rate of decline on the log scale, half-life, and what is left at a later time.

    ln value = a_subject + slope x time

by least squares with one slope and a level for each subject; limits are Student's t (Draper and Smith, Applied
Regression Analysis, 3rd ed., chapter 1). Half-life = ln 2 / -slope. When the slope may be 0 or above, the half-life has
no upper limit and is a lower bound only.

Cannot see: a decline that is not exponential, values below a limit of quantification (they are refused, for they
would bend the line), what happens beyond the last time: that is marked as extrapolated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import GRID, Quantity

_P = np.array(GRID)
LEAST_TIMES = 3
LARGEST = 690.0


@dataclass(frozen=True, slots=True)
class Persistence:
    """The slope of ln value by time (per unit of time), its standard error, and the times it rests on."""

    slope_value: float
    error: float
    degrees: int
    first: float
    last: float
    points: int
    time_unit: str

    @property
    def model(self) -> str:
        """The assumption behind the limits."""
        return f"exponential course with normal errors of ln value, t with {self.degrees} degrees of freedom"

    def _quantiles(self) -> np.ndarray:
        found: np.ndarray = self.slope_value + self.error * special.stdtrit(self.degrees, _P)
        return found

    def slope(self) -> Quantity:
        """Change of ln value per unit of time."""
        q = self._quantiles().tolist()
        return Quantity.posterior(q, f"per {self.time_unit}", model=self.model, n=self.points, value=self.slope_value)

    def half_life(self, level: float = 0.95) -> Quantity:
        """Half-life: a posterior when all quantiles of the slope are below 0, an interval when that at `level` is.

        Otherwise it is a lower bound at `level`. Raises ``ProgramError`` when even that says that values rise.
        """
        q = self._quantiles()
        if q[-1] < 0:
            lives = (math.log(2) / -q).tolist()
            return Quantity.posterior(
                lives, self.time_unit, model=self.model, n=self.points, value=math.log(2) / -self.slope_value
            )
        tails = np.interp([(1 - level) / 2, (1 + level) / 2], _P, q)
        if tails[1] < 0:
            low, high = (math.log(2) / -float(x) for x in tails)
            middle = math.log(2) / -self.slope_value
            return Quantity.confidence(middle, low, high, level, self.time_unit, n=self.points)
        steepest = float(np.interp(1 - level, _P, q))
        if steepest >= 0:
            raise ProgramError(
                [
                    Problem(
                        "", "", f"a rise with confidence {level:.0%}", "a decline", "report the slope, not a half-life"
                    )
                ]
            )
        value = math.log(2) / -self.slope_value if self.slope_value < 0 else None
        limit = math.log(2) / -steepest
        return Quantity.bound(
            limit, self.time_unit, side="lower", level=level, n=self.points, value=value, model=self.model
        )

    def remaining(self, after: float) -> Remaining:
        """The ratio of the level `after` a stretch of time to the level at its beginning."""
        q = np.exp(np.clip(self._quantiles() * after, -LARGEST, LARGEST))
        value = math.exp(self.slope_value * after)
        made = Quantity.posterior(q.tolist(), "ratio", model=self.model, n=self.points, value=value)
        return Remaining(made, after > self.last - self.first)


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left after a stretch of time, and whether the stretch is longer than the one observed."""

    quantity: Quantity
    extrapolated: bool


def persistence(
    times: Sequence[float],
    values: Sequence[float],
    time_unit: str,
    subjects: Sequence[str] = (),
    source: str = "",
) -> Persistence:
    """Fit the course of one subject, or of several with a common slope.

    Raises ``ProgramError`` for fewer than three distinct times, a value of 0 or less, too few points to see their
    spread, or points on one line exactly; ``ValueError`` for columns of unequal length.

    >>> made = persistence([0, 90, 180, 365], [0.42, 0.40, 0.41, 0.38], "d")
    >>> round(made.slope_value * 365, 3), made.half_life().side
    (-0.089, 'lower')
    """
    if len(times) != len(values) or (subjects and len(subjects) != len(times)):
        raise ValueError("a time, a value and, if any, a subject for each point")
    t, v = np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64)
    groups = np.unique(np.array(subjects or [""] * len(times)), return_inverse=True)[1]
    _check(t, v, groups, source)
    logs = np.log(v)
    count = np.bincount(groups)
    dt = t - (np.bincount(groups, t) / count)[groups]
    dy = logs - (np.bincount(groups, logs) / count)[groups]
    moment = float(dt @ dt)
    slope = float(dt @ dy) / moment if moment else 0.0
    degrees = t.size - count.size - 1
    left = float(((dy - slope * dt) ** 2).sum())
    if moment == 0 or left <= 1e-24:
        found = "no subject with two times" if moment == 0 else "points that lie on one line exactly"
        raise ProgramError([Problem(source, "", found, "repeated values that scatter", "give unrounded values")])
    error = math.sqrt(left / degrees / moment)
    return Persistence(slope, error, degrees, float(t.min()), float(t.max()), t.size, time_unit)


def _check(t: np.ndarray, v: np.ndarray, groups: np.ndarray, source: str) -> None:
    problems = []
    distinct = np.unique(t).size
    if distinct < LEAST_TIMES:
        expected = f"at least {LEAST_TIMES}"
        problems.append(Problem(source, "", f"{distinct} distinct times", expected, "follow up longer"))
    elif t.size - np.unique(groups).size - 1 < 1:
        problems.append(Problem(source, "", "too few points for their subjects", "more points", "follow up longer"))
    if not (np.isfinite(t).all() and np.isfinite(v).all()):
        problems.append(Problem(source, "", "a time or value that is not a number", "numbers", "correct it"))
    elif (v <= 0).any():
        remedy = "leave out what was not quantified and say so, or report the limit"
        problems.append(Problem(source, "", "a value of 0 or less", "quantified values above 0", remedy))
    if problems:
        raise ProgramError(problems)
