"""The ratio of two arms of few biological replicates, on the log scale, with Student's t.

Welch's t with the Welch-Satterthwaite degrees of freedom (Welch, Biometrika 1947;34:28-35): the arms may differ in
spread. Each arm's variance is held at or above a floor, the part that counting alone explains, because two or three
replicates agree by chance more closely than counts can.

Cannot see: replicates that are not independent (technical repeats belong to one replicate), bias of an assay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import GRID, Quantity

_P = np.array(GRID)
LARGEST = 690.0
"""Greatest natural logarithm that is stored (about the largest number of a machine)."""


@dataclass(frozen=True, slots=True)
class LogRatio:
    """ln(treated / control): estimate, standard error, degrees of freedom, replicates of each arm."""

    estimate: float
    error: float
    degrees: float
    treated: int
    control: int

    @property
    def model(self) -> str:
        """The assumption behind the limits."""
        return (
            f"log-normal spread between {self.treated} treated and {self.control} control replicates, "
            f"Welch t with {self.degrees:.3g} degrees of freedom"
        )

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Limits of the ratio.

        >>> [round(x, 3) for x in LogRatio(-1.0, 0.2, 4, 3, 3).interval()]
        [0.211, 0.641]
        """
        t = float(special.stdtrit(self.degrees, (1 + level) / 2))
        low, high = self.estimate - t * self.error, self.estimate + t * self.error
        return float(np.exp(max(low, -LARGEST))), float(np.exp(min(high, LARGEST)))

    def ratio(self, unit: str = "ratio") -> Quantity:
        """The ratio itself."""
        q = self._quantiles()
        value = float(np.exp(self.estimate))
        return Quantity.posterior(q.tolist(), unit, model=self.model, n=self.treated + self.control, value=value)

    def fall(self, unit: str = "fraction") -> Quantity:
        """1 - ratio: the knock-down, negative for a rise."""
        q = 1 - self._quantiles()[::-1]
        value = 1 - float(np.exp(self.estimate))
        return Quantity.posterior(q.tolist(), unit, model=self.model, n=self.treated + self.control, value=value)

    def _quantiles(self) -> np.ndarray:
        logs = self.estimate + self.error * special.stdtrit(self.degrees, _P)
        found: np.ndarray = np.exp(np.clip(logs, -LARGEST, LARGEST))
        return found


def welch(
    treated: Sequence[float],
    control: Sequence[float],
    floors: tuple[float, float] = (0.0, 0.0),
    further: float = 0.0,
    source: str = "",
) -> LogRatio:
    """Compare logarithms (natural, one per biological replicate) of two arms.

    `floors`: least variance of a replicate in each arm; `further`: variance of the difference that comes from
    elsewhere and is taken as known. Raises ``ProgramError`` for fewer than two replicates in an arm, or none of
    whose values differ without a floor.

    >>> made = welch([0.1, 0.3, 0.2], [1.1, 1.0, 1.3])
    >>> round(made.estimate, 3), round(made.degrees, 2)
    (-0.933, 3.45)
    """
    arms = [np.asarray(x, dtype=np.float64) for x in (treated, control)]
    few = [name for name, x in zip(("treated", "control"), arms, strict=True) if x.size < 2]
    if few:
        found = f"fewer than two biological replicates in {' and '.join(few)}"
        remedy = "give more replicates, or report the values as single measurements"
        raise ProgramError([Problem(source, "", found, "at least two in each arm", remedy)])
    if not all(np.isfinite(x).all() for x in arms):
        raise ValueError("logarithms must be finite")
    parts = [max(float(x.var(ddof=1)), floor) / x.size for x, floor in zip(arms, floors, strict=True)]
    own = sum(parts)
    if own == 0:
        found = "all replicates of each arm are equal"
        raise ProgramError([Problem(source, "", found, "replicates that show their spread", "give unrounded values")])
    degrees = own**2 / sum(v**2 / (x.size - 1) for v, x in zip(parts, arms, strict=True))
    estimate = float(arms[0].mean() - arms[1].mean())
    return LogRatio(estimate, float(np.sqrt(own + further)), float(degrees), arms[0].size, arms[1].size)


def paired(treated: Sequence[float], control: Sequence[float], floor: float = 0.0, source: str = "") -> LogRatio:
    """Compare logarithms of pairs (same donor, same animal before and after): t with pairs - 1 degrees of freedom.

    >>> round(paired([0.1, 0.6, 0.2], [1.1, 1.5, 1.3]).error, 3)
    0.058
    """
    if len(treated) != len(control):
        raise ValueError("pairs need as many treated as control values")
    steps = np.asarray(treated, dtype=np.float64) - np.asarray(control, dtype=np.float64)
    if steps.size < 2:
        raise ProgramError([Problem(source, "", "fewer than two pairs", "at least two", "give more pairs")])
    variance = max(float(steps.var(ddof=1)), floor)
    if variance == 0:
        found = "all pairs differ equally"
        raise ProgramError([Problem(source, "", found, "pairs that show their spread", "give unrounded values")])
    error = float(np.sqrt(variance / steps.size))
    return LogRatio(float(steps.mean()), error, steps.size - 1.0, steps.size, steps.size)
