"""One estimate of a model: a value with its limits, or no value with the reason. Never a number from nothing.

An estimate without a value may still have one limit: where no event was seen in an arm, the likelihood bounds a ratio
from one side only. Cannot see: whether the model holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from scipy import special

from proband.core.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Estimate:
    """A named number: value, standard error, limits at `level`, two-sided P, method; or a `reason` in place of a value.

    Limits may be infinite where the likelihood does not bound that side. Raises ``ValueError`` for a value that is not
    finite, for limits that do not hold it, and where neither a value nor a reason is given.
    """

    name: str
    value: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    p: float | None = None
    method: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if self.value is None:
            if not self.reason:
                raise ValueError(f"{self.name}: without a value a reason is needed")
            return
        if not math.isfinite(self.value):
            raise ValueError(f"{self.name}: {self.value} is not a number")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            raise ValueError(f"{self.name}: {self.value} lies outside {self.low} to {self.high}")

    def ratio(self) -> Estimate:
        """The exponential of value and limits; the standard error stays on the log scale and is left out.

        >>> made = wald("x", 0.0, 0.5).ratio()
        >>> round(made.low, 3), made.value, round(made.high, 3)
        (0.375, 1.0, 2.664)
        """
        turned = [None if x is None else _exp(x) for x in (self.value, self.low, self.high)]
        if self.value is None and self.low == -math.inf:
            turned[1] = None  # a ratio is above 0 by itself: that is no limit
        if self.value is not None and turned[0] == math.inf:
            return replace(self, value=None, se=None, low=turned[1], high=math.inf, reason="its ratio is not finite")
        return replace(self, value=turned[0], se=None, low=turned[1], high=turned[2])

    def told(self) -> str:
        """The estimate in words, at three significant figures.

        >>> Estimate("hazard ratio", 0.5, low=0.2, high=1.3, p=0.16).told()
        'hazard ratio 0.5 (95 % interval 0.2 to 1.3, P = 0.16)'
        >>> Estimate("hazard ratio", high=0.8, reason="no event in treated").told()
        'hazard ratio not told: no event in treated; at most 0.8 at 95 %'
        """
        level = f"{self.level * 100:g} %"
        low = self.low if self.low is not None and self.low > -math.inf else None
        high = self.high if self.high is not None and self.high < math.inf else None
        if self.value is None:
            bounded = [f"{w} {x:.3g} at {level}" for w, x in (("at least", low), ("at most", high)) if x is not None]
            return f"{self.name} not told: {'; '.join([self.reason, *bounded])}"
        parts = []
        if self.low is not None and self.high is not None:
            first = "no lower limit" if low is None else f"{low:.3g}"
            last = "no upper limit" if high is None else f"{high:.3g}"
            parts.append(f"{level} interval {first} to {last}")
        if self.p is not None:
            parts.append(f"P = {self.p:.2g}" if self.p > 0 else "P < 1e-300")
        inside = ", ".join(parts)
        return f"{self.name} {self.value:.3g} ({inside})" if parts else f"{self.name} {self.value:.3g}"

    def quantity(self, unit: str, n: float | None = None) -> Quantity | None:
        """As a quantity of evidence: an interval, a bound from one side, or None where there is neither.

        >>> Estimate("x", 0.5, low=0.2, high=1.3).quantity("ratio").low
        0.2
        """
        low = self.low if self.low is not None and math.isfinite(self.low) else None
        high = self.high if self.high is not None and math.isfinite(self.high) else None
        if self.value is not None and low is not None and high is not None:
            return Quantity.confidence(self.value, low, high, self.level, unit, n=n)
        # a limit of a two-sided interval leaves half of the risk on its side
        one_sided = (1 + self.level) / 2
        if low is None and high is not None:
            return Quantity.bound(high, unit, side="upper", level=one_sided, n=n, value=self.value, model=self.method)
        if high is None and low is not None:
            return Quantity.bound(low, unit, side="lower", level=one_sided, n=n, value=self.value, model=self.method)
        return None


def wald(name: str, value: float, se: float, level: float = 0.95, method: str = "Wald") -> Estimate:
    """Value with limits `value` -+ z `se`, and the two-sided P against 0.

    Raises ``ValueError`` for a standard error that is not a positive number.

    >>> round(wald("x", 1.0, 0.5).low, 2)
    0.02
    """
    if not (math.isfinite(se) and se > 0):
        raise ValueError(f"{name}: {se} is not a standard error")
    half = normal_quantile(level) * se
    p = float(2 * special.ndtr(-abs(value / se)))
    return Estimate(name, float(value), float(se), float(value - half), float(value + half), level, p, method)


def normal_quantile(level: float) -> float:
    """The normal deviate of a two-sided interval at `level`. Raises ``ValueError`` unless 0 < level < 1.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    if not 0 < level < 1:
        raise ValueError(f"level {level} is not between 0 and 1")
    return float(special.ndtri((1 + level) / 2))


def _exp(x: float) -> float:
    return math.exp(x) if x < 709 else math.inf
