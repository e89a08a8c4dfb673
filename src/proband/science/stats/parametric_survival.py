"""Weibull and exponential accelerated failure time models, with censoring and late entry.

log T = x b + s W, W the standard extreme value; an observation at risk from `start` on counts given survival to it
(Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 2002, ch. 3, recalled). A coefficient above
0 lengthens the time: exp(b) is a ratio of times; -b / s is the log hazard ratio of the Weibull. Where a column has no
event on one side the likelihood has no maximum, and the reason is told.

Cannot see: whether the shape holds. An extrapolation beyond the follow-up rests on the shape alone, and says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem
from proband.science.stats.estimate import Estimate, normal_quantile, wald
from proband.science.stats.event_times import EventTimes
from proband.science.stats.maximise import coordinates, maximise
from proband.science.stats.model_input import INTERCEPT, Floats, dependent, design, raise_if_any
from proband.science.stats.separation import unbounded

SHAPES = ("weibull", "exponential")


@dataclass(frozen=True, slots=True)
class TimesFit:
    """Coefficients of log time, log scale, log-likelihood; `covariance` is of both together; or the `reason`."""

    coefficients: tuple[Estimate, ...]
    log_scale: Estimate
    loglik: float | None
    rows: int
    events: int
    method: str
    last: float
    covariance: Floats | None = None
    reason: str = ""

    def survival(self, time: float, columns: Mapping[str, float]) -> Estimate:
        """Survival at `time` of a subject with these columns, limits on the log(-log) scale by the delta method.

        Raises ``ValueError`` for columns other than the fit's, and for a time not above 0.
        """
        name = f"survival at {time:g}"
        names = [c.name for c in self.coefficients if c.name != INTERCEPT]
        if set(names) != set(columns) or not 0 < time < math.inf:
            raise ValueError(f"a time above 0 and the columns {', '.join(names)} are needed")
        if self.covariance is None:
            return Estimate(name, reason=self.reason or "no covariance")
        x = np.array([1.0, *(columns[n] for n in names)])
        b = np.array([c.value for c in self.coefficients], dtype=np.float64)
        s = math.exp(self.log_scale.value or 0.0)
        z = (math.log(time) - float(x @ b)) / s
        # log(-log S) = z; its derivatives are -x / s, and -z by log s
        gradient = np.append(-x / s, -z)[: self.covariance.shape[0]]
        half = normal_quantile(self.coefficients[0].level) * math.sqrt(float(gradient @ self.covariance @ gradient))
        value, low, high = (math.exp(-math.exp(min(q, 700.0))) for q in (z, z + half, z - half))
        beyond = f"; extrapolated beyond {self.last:g}" if time > self.last else ""
        level = self.coefficients[0].level
        return Estimate(name, value, None, low, high, level, None, f"{self.method}{beyond}")


def accelerated_failure(
    times: EventTimes, columns: Mapping[str, Any], *, shape: str = "weibull", level: float = 0.95
) -> TimesFit:
    """Fit log time on `columns` (name to a number per row), an intercept included.

    Raises ``ProgramError`` for columns that do not fit the rows, ``ValueError`` for an unknown shape.

    >>> from proband.science.stats.event_times import event_times
    >>> fit = accelerated_failure(event_times([1, 2, 4, 8], [1, 1, 1, 0]), {}, shape="exponential")
    >>> round(fit.coefficients[0].value, 6), round(math.log(15 / 3), 6)
    (1.609438, 1.609438)
    """
    if shape not in SHAPES:
        raise ValueError(f"shape {shape!r} is none of {', '.join(SHAPES)}")
    problems: list[Problem] = []
    x, names = design(columns, times.size, problems, intercept=True)
    raise_if_any(problems)
    reason = _refused(times, x, names, shape)
    if reason:
        return _nothing(times, names, shape, level, reason)
    entry = times.start > 0
    logs, entries = np.log(times.stop), np.log(times.start, where=entry, out=np.zeros(times.size))

    def units(at: NDArray[Any]) -> NDArray[Any]:
        b = at[: x.shape[1]]
        scale = at[-1] if shape == "weibull" else 0.0
        z = (logs - x @ b) * np.exp(-scale)
        before = np.where(entry, np.exp((entries - x @ b) * np.exp(-scale)), 0.0)
        return np.where(times.event, z - scale - logs, 0.0) - np.exp(z) + before

    start = np.zeros(x.shape[1])
    start[0] = math.log(float((times.stop - times.start).sum()) / float(times.event.sum()))
    begun = np.append(start, 0.0) if shape == "weibull" else start
    found = maximise(units, begun, coordinates(x[:, 1:], 1, begun.size, -1.0))
    covariance = found.covariance()
    if not found.converged or covariance is None:
        return _nothing(times, names, shape, level, "the fit did not converge")
    errors = np.sqrt(np.diag(covariance))
    made = [wald(n, float(b), float(e), level) for n, b, e in zip(names, found.at, errors, strict=False)]
    told = Estimate("log scale", 0.0, None, 0.0, 0.0, level, None, "fixed by the exponential shape")
    if shape == "weibull":
        told = wald("log scale", float(found.at[-1]), float(errors[-1]), level)
    return TimesFit(
        tuple(made), told, found.loglik, times.size, int(times.event.sum()), shape, float(times.stop.max()), covariance
    )


def _refused(times: EventTimes, x: Floats, names: list[str], shape: str) -> str:
    """Why nothing can be fitted, or an empty text."""
    events = int(times.event.sum())
    if events == 0:
        return "no event was seen: times are bounded from below alone, see the survival curve"
    if shape == "weibull" and np.unique(times.stop[times.event]).size < 2:
        return "events at one time alone do not tell the shape"
    reason = dependent(x, names)
    if reason:
        return reason
    signs = unbounded(x[~times.event], x[times.event])
    if any(signs):
        bad = [n for n, s in zip(names, signs, strict=True) if s]
        return f"no finite maximum: no event on one side of {', '.join(bad)}"
    if shape == "weibull" and events <= x.shape[1]:
        return f"{events} events do not tell {x.shape[1] + 1} numbers"
    return ""


def _nothing(times: EventTimes, names: list[str], shape: str, level: float, reason: str) -> TimesFit:
    held = tuple(Estimate(n, level=level, method=shape, reason=reason) for n in names)
    scale = Estimate("log scale", level=level, method=shape, reason=reason)
    last = float(times.stop.max())
    return TimesFit(held, scale, None, times.size, int(times.event.sum()), shape, last, None, reason)
