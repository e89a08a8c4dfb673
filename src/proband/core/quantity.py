"""A number with its uncertainty and unit.

Five kinds, because they license different statements:

- ``posterior``: quantiles of a probability distribution, on the fixed grid below. Gives probabilities. It may be
  a pair of distributions, the one that puts the number lowest and the one that puts it highest (as exact
  methods for counts give); a probability is then the one that favours the claim least.
- ``confidence``: a confidence interval. It is not read as a posterior: it gives no probability.
- ``exact``: a count or a setting that is known. Compared directly.
- ``bound``: a one-sided limit with its level. It can support, never contradict.
- ``point``: a value without a defined interval. Decides nothing.

Quantiles are stored instead of draws: at a confidence that is a grid point the verdict is exactly that of
the full posterior, and whoever reads an evidence file needs no numerical library.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

GRID: tuple[float, ...] = tuple(
    sorted(
        {round(k / 10_000, 4) for k in range(1, 41)}
        | {round(k / 200, 4) for k in range(1, 200)}
        | {round(1 - k / 10_000, 4) for k in range(1, 41)}
    )
)
"""279 probabilities: steps of 0.005, and of 0.0001 in the outer 0.004 on either side."""

_INDEX = {p: i for i, p in enumerate(GRID)}


class QuantityKind(StrEnum):
    """What the uncertainty of a number is, and so what may be said with it."""

    POSTERIOR = "posterior"
    CONFIDENCE = "confidence"
    EXACT = "exact"
    BOUND = "bound"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, its unit, its uncertainty, how many observations it rests on, and under which model.

    Build it with `posterior`, `confidence`, `exact`, `bound` or `point`; each validates its arguments and
    raises ``ValueError``.

    >>> Quantity.exact(3, "count").value
    3
    >>> Quantity.bound(0.0015, "fraction", side="upper", level=0.95, n=2000).limit
    0.0015
    """

    unit: str
    kind: QuantityKind
    value: float | None = None
    n: float | None = None
    quantiles: tuple[float, ...] = ()
    upper_quantiles: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    side: str = ""
    level: float | None = None
    model: str = ""
    as_printed: str = ""

    @classmethod
    def posterior(
        cls,
        quantiles: Sequence[float],
        unit: str,
        *,
        model: str,
        upper: Sequence[float] = (),
        n: float | None = None,
        value: float | None = None,
        as_printed: str = "",
    ) -> Quantity:
        """A distribution by its quantiles at `GRID` (279 numbers, not decreasing).

        `upper` is the second of a pair: its quantiles are nowhere below those of the first.
        """
        q, u = tuple(float(x) for x in quantiles), tuple(float(x) for x in upper)
        for one in (q, u) if u else (q,):
            if len(one) != len(GRID):
                raise ValueError(f"{len(one)} quantiles given, {len(GRID)} expected")
            if not all(math.isfinite(x) for x in one) or any(a > b for a, b in pairwise(one)):
                raise ValueError("quantiles must be finite and must not decrease")
        if u and any(a > b for a, b in zip(q, u, strict=True)):
            raise ValueError("the upper quantiles must not lie below the others")
        if not model:
            raise ValueError("a posterior needs the model under which it holds")
        centre = q[_INDEX[0.5]] if value is None else float(value)
        return cls(unit, QuantityKind.POSTERIOR, centre, n, q, u, model=model, as_printed=as_printed)

    @classmethod
    def confidence(
        cls,
        value: float,
        low: float,
        high: float,
        level: float,
        unit: str,
        *,
        n: float | None = None,
        as_printed: str = "",
    ) -> Quantity:
        """An estimate with a two-sided confidence interval at `level` (0 to 1)."""
        if not low <= value <= high:
            raise ValueError(f"{value} lies outside its interval {low} to {high}")
        if not 0 < level < 1:
            raise ValueError(f"level {level} is not between 0 and 1")
        return cls(unit, QuantityKind.CONFIDENCE, value, n, low=low, high=high, level=level, as_printed=as_printed)

    @classmethod
    def exact(cls, value: float, unit: str, *, n: float | None = None, as_printed: str = "") -> Quantity:
        """A number that is known: a count, a date difference, a setting."""
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a number")
        return cls(unit, QuantityKind.EXACT, value, n, as_printed=as_printed)

    @classmethod
    def bound(
        cls,
        limit: float,
        unit: str,
        *,
        side: str,
        level: float,
        n: float | None = None,
        value: float | None = None,
        model: str = "",
        as_printed: str = "",
    ) -> Quantity:
        """A one-sided limit: the number lies below (``upper``) or above (``lower``) `limit` at `level`."""
        if side not in ("upper", "lower"):
            raise ValueError(f"side {side!r} is neither 'upper' nor 'lower'")
        if not 0 < level < 1:
            raise ValueError(f"level {level} is not between 0 and 1")
        return cls(
            unit,
            QuantityKind.BOUND,
            value,
            n,
            limit=limit,
            side=side,
            level=level,
            model=model,
            as_printed=as_printed,
        )

    @classmethod
    def point(
        cls,
        value: float,
        unit: str,
        *,
        n: float | None = None,
        low: float | None = None,
        high: float | None = None,
        as_printed: str = "",
    ) -> Quantity:
        """A value whose interval, if any was printed, is of unknown kind: it gives no probability."""
        return cls(unit, QuantityKind.POINT, value, n, low=low, high=high, as_printed=as_printed)

    def quantile(self, p: float) -> float:
        """The quantile of a posterior at `p`: exact at grid points, linear between them.

        Of a pair, the lower one answers below 0.5 and the upper one from 0.5 on: the outer limits.
        Raises ``ValueError`` for other kinds and outside the grid.
        """
        if self.kind is not QuantityKind.POSTERIOR:
            raise ValueError(f"a {self.kind} has no quantiles")
        p = round(p, 10)
        held = self.upper_quantiles if self.upper_quantiles and p >= 0.5 else self.quantiles
        if p in _INDEX:
            return held[_INDEX[p]]
        if not GRID[0] < p < GRID[-1]:
            raise ValueError(f"{p} lies outside the grid {GRID[0]} to {GRID[-1]}")
        i = bisect_left(GRID, p)
        left, right = GRID[i - 1], GRID[i]
        share = (p - left) / (right - left)
        return held[i - 1] + share * (held[i] - held[i - 1])

    def cdf_bounds(self, t: float) -> tuple[float, float]:
        """Lower and upper bound of P(number <= t): the grid points on either side of `t`, over a pair if any.

        >>> q = Quantity.posterior(GRID, "fraction", model="uniform")
        >>> q.cdf_bounds(0.5012)
        (0.5, 0.505)
        """
        if not self.quantiles:
            raise ValueError(f"a {self.kind} has no distribution")
        least = _bracket(self.upper_quantiles or self.quantiles, t)[0]
        return least, _bracket(self.quantiles, t)[1]

    def cdf(self, t: float) -> tuple[float, float]:
        """P(number <= t), linear between grid points, as the least and the greatest value over a pair.

        For display; verdicts compare quantiles.

        >>> Quantity.posterior(GRID, "fraction", model="uniform").cdf(0.25)
        (0.25, 0.25)
        """
        if not self.quantiles:
            raise ValueError(f"a {self.kind} has no distribution")
        return _cdf(self.upper_quantiles or self.quantiles, t), _cdf(self.quantiles, t)

    def interval(self, level: float) -> tuple[float, float] | None:
        """The central interval at `level`, or None when this kind of number defines none at that level.

        >>> Quantity.posterior(GRID, "fraction", model="uniform").interval(0.9)
        (0.05, 0.95)
        >>> Quantity.point(23, "umol/L", low=14, high=48).interval(0.95) is None
        True
        """
        if self.kind is QuantityKind.POSTERIOR:
            return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)
        if self.kind is QuantityKind.CONFIDENCE and self.level == level:
            assert self.low is not None
            assert self.high is not None
            return self.low, self.high
        if self.kind is QuantityKind.EXACT:
            assert self.value is not None
            return self.value, self.value
        return None


def _bracket(q: Sequence[float], t: float) -> tuple[float, float]:
    """The grid probabilities on either side of P(number <= t)."""
    if t < q[0]:
        return 0.0, GRID[0]
    if t >= q[-1]:
        return GRID[-1], 1.0
    below = bisect_right(q, t) - 1
    return GRID[below], GRID[below] if q[below] == t else GRID[below + 1]


def _cdf(q: Sequence[float], t: float) -> float:
    """P(number <= t), linear between grid points; 0 or 1 beyond them."""
    if t < q[0]:
        return 0.0
    if t >= q[-1]:
        return 1.0
    low, high = _bracket(q, t)
    a, b = q[_INDEX[low]], q[_INDEX[high]]
    return high if b == a else low + (high - low) * (t - a) / (b - a)
