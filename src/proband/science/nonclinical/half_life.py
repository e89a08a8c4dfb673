"""Half-life of a component in a tissue, from values some of which lie below the limit of the assay.

ln(value) = a - lambda t + error, normal errors of one spread; a value below its limit enters as the probability to lie
there, never as a number (Tobin, Econometrica 1958;26:24-36). The interval of lambda are the values whose profile
deviance is at most m ln(1 + t^2 / (m - 2)), with m the values above their limits and t the quantile of Student's t with
m - 2 degrees of freedom: without values below a limit that is the t interval of the regression. One mono-exponential
decline is assumed from the day of the highest mean on.

Cannot see: a second, slower phase, repeated doses, and animals that differ more than the assay.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Floats = NDArray[np.float64]
LEAST_DAYS, LEAST_VALUES = 3, 3
_FAR = 1e3


@dataclass(frozen=True, slots=True)
class HalfLife:
    """Half-life in days with its interval: None for a side that has no limit, and for an estimate without decline.

    `why` says why there is none at all. `from_day`: the day on which the decline is taken to begin.
    """

    days: float | None
    low: float | None
    high: float | None
    values: int
    above_limit: int
    from_day: float
    why: str = ""


def half_life(days: Sequence[float], values: Sequence[float], below: Sequence[bool], level: float = 0.95) -> HalfLife:
    """The half-life from `values` on `days`; where `below` is set, the value is the limit of the assay.

    Raises ``ValueError`` unless all values are above 0 and of one length. Source: module docstring.

    >>> made = half_life([1, 3, 7, 14], [80.0, 52.0, 19.0, 3.9], [False] * 4)
    >>> round(made.days, 1), made.low < made.days < made.high
    (3.0, True)
    >>> half_life([1, 3], [2.0, 1.0], [False, False]).why
    'fewer than 3 days'
    """
    t, y, c = np.asarray(days, float), np.asarray(values, float), np.asarray(below, bool)
    if not t.size == y.size == c.size or (y <= 0).any() or not np.isfinite(y).all():
        raise ValueError("days, values above 0 and marks of one length")
    start = _peak(t, y, c)
    kept = t >= start
    t, y, c = t[kept], np.log(y[kept]), c[kept]
    seen = int((~c).sum())
    why = _why_not(t, y, c)
    if why:
        return HalfLife(None, None, None, t.size, seen, start, why)
    at = t - t[~c].mean()
    free = seen - 2
    ratio = float(special.stdtrit(free, 0.5 + level / 2)) ** 2 / free
    allowed = seen * math.log1p(ratio)
    best, most = _best(at, y, c)
    low = _edge(at, y, c, best, most - allowed / 2, -1)
    high = _edge(at, y, c, best, most - allowed / 2, +1)
    ln2 = math.log(2)
    return HalfLife(
        ln2 / best if best > 0 else None, ln2 / high if high > 0 else None, ln2 / low if low > 0 else None,
        t.size, seen, start,
    )  # fmt: skip


def _peak(t: Floats, y: Floats, c: NDArray[np.bool_]) -> float:
    """The day of the highest mean of values above their limits, else the first day."""
    held = [(float(np.log(y[(t == d) & ~c]).mean()), -float(d)) for d in np.unique(t) if ((t == d) & ~c).any()]
    return -max(held)[1] if held else float(t.min()) if t.size else 0.0


def _why_not(t: Floats, y: Floats, c: NDArray[np.bool_]) -> str:
    if np.unique(t).size < LEAST_DAYS:
        return f"fewer than {LEAST_DAYS} days"
    if int((~c).sum()) < LEAST_VALUES or np.unique(t[~c]).size < 2:
        return f"fewer than {LEAST_VALUES} values above the limit on at least two days"
    x = t[~c] - t[~c].mean()
    rest = y[~c] - y[~c].mean() - x * float(x @ y[~c]) / float(x @ x)
    if float(rest @ rest) <= 1e-16 * max(1.0, float(y[~c] @ y[~c])):
        return "the values above the limit do not vary about their line: no spread can be estimated"
    return ""


def _profile(rate: float, t: Floats, y: Floats, c: NDArray[np.bool_]) -> float:
    """The log likelihood at a rate, over level and spread; concave in level / spread and 1 / spread (Newton steps)."""
    z = y + rate * t
    zo, zc = z[~c], z[c]
    spread = max(float(zo.std()), 1e-9)
    if not zc.size:
        return -zo.size * (math.log(spread) + 0.5)
    level, inverse = float(zo.mean()) / spread, 1.0 / spread
    value = _negative(level, inverse, zo, zc)
    for _ in range(100):
        residual, cut = inverse * zo - level, inverse * zc - level
        hazard = np.exp(-0.5 * cut**2 - 0.5 * math.log(2 * math.pi) - special.log_ndtr(cut))
        weight = hazard * (hazard + cut)
        g = np.array(
            [hazard.sum() - residual.sum(), float(residual @ zo) - zo.size / inverse - float(hazard @ zc)]
        )  # fmt: skip
        across = -zo.sum() - float(weight @ zc)
        corner = float(zo @ zo) + zo.size / inverse**2 + float(weight @ zc**2)
        step = np.linalg.solve(np.array([[zo.size + weight.sum(), across], [across, corner]]), g)
        size = 1.0
        while (tried := _negative(level - size * step[0], inverse - size * step[1], zo, zc)) > value:
            size /= 2
            if size < 1e-10:
                return -value
        level, inverse = level - size * float(step[0]), inverse - size * float(step[1])
        before, value = value, tried
        if before - value < 1e-12 * (1 + abs(value)):
            break
    return -value


def _negative(level: float, inverse: float, zo: Floats, zc: Floats) -> float:
    """Less the log likelihood; infinite where the spread would not be above 0."""
    if inverse <= 0:
        return math.inf
    residual = inverse * zo - level
    beneath = float(special.log_ndtr(inverse * zc - level).sum())
    return 0.5 * float(residual @ residual) - zo.size * math.log(inverse) - beneath


def _best(t: Floats, y: Floats, c: NDArray[np.bool_]) -> tuple[float, float]:
    """The rate of the highest likelihood, and that likelihood."""
    x, yo = t[~c], y[~c]
    slope = -float(x @ (yo - yo.mean())) / float(x @ x)
    span = float(t.max() - t.min())
    width = max(abs(slope), 1.0 / span)
    bracket = (slope - width, slope, slope + 2 * width)
    made = optimize.minimize_scalar(lambda r: -_profile(float(r), t, y, c), bracket=bracket[::2], tol=1e-10)
    return float(made.x), -float(made.fun)


def _edge(t: Floats, y: Floats, c: NDArray[np.bool_], best: float, cut: float, side: int) -> float:
    """The rate on one side at which the profile has fallen to `cut`; infinite where it does not fall."""
    step = max(abs(best), 1.0 / float(t.max() - t.min())) * 0.1
    inner = best
    for _ in range(60):
        outer = best + side * step
        if _profile(outer, t, y, c) < cut:
            return float(optimize.brentq(lambda r: _profile(r, t, y, c) - cut, inner, outer, xtol=1e-12, rtol=1e-10))
        if step > _FAR * max(abs(best), 1.0):
            break
        inner, step = outer, step * 2
    return side * math.inf
