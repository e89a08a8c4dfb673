"""Negative-control outcomes: what the design finds where nothing is to be found, and a result calibrated by it.

Estimates of outcomes that treatment can not change have errors N(m, s^2) beside their sampling errors; a calibrated P
asks how extreme the result is among such errors (Schuemie, Ryan, DuMouchel, Suchard and Madigan, Stat Med
2014;33:209-218), a calibrated interval takes the same errors off (Schuemie, Hripcsak, Ryan, Madigan and Suchard, PNAS
2018;115:2571-2577). Here m and s are not plugged in: m is integrated exactly and s on a grid under a half-normal
prior.

One control is a check and calibrates nothing; fewer than five are told without calibration. Cannot see: errors that
the negative controls do not share with the outcome.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from proband.core.errors import Problem
from proband.science.stats.estimate import Estimate, wald
from proband.science.stats.model_input import Floats, raise_if_any

LEAST_CONTROLS = 5
_GRID = 400


@dataclass(frozen=True, slots=True)
class Control:
    """A negative-control outcome: name, estimate (0 is the truth) and standard error, on the scale of the result."""

    name: str
    value: float
    se: float


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The result as it was, calibrated (or the reason), systematic error (mean and SD), and each control's own P."""

    plain: Estimate
    calibrated: Estimate
    error_mean: float | None
    error_sd: float | None
    controls: tuple[Estimate, ...]
    concerns: tuple[str, ...] = ()


def calibrate(
    value: float, se: float, controls: Sequence[Control], *, level: float = 0.95, error_scale: float = 1.0
) -> Calibrated:
    """Calibrate an estimate (a log ratio or a difference; 0 is no effect) by its negative controls.

    `error_scale` is the scale of the half-normal prior of the spread of systematic error, in the estimate's units.
    Raises ``ProgramError`` with every control that can not be.

    >>> calibrate(-0.9, 0.3, [Control("fractures", -0.6, 0.25)]).calibrated.reason
    '1 negative control is a check: 5 are needed to calibrate'
    """
    _check(value, se, controls, error_scale)
    plain = wald("effect", value, se, level)
    own = tuple(wald(c.name, c.value, c.se, level, "negative control") for c in controls)
    off = [e.name for e in own if e.p is not None and e.p < 0.05]
    concerns = [f"negative control {n} shows an effect where none can be" for n in off]
    if len(controls) < LEAST_CONTROLS:
        count = len(controls)
        word = (
            "no negative control" if not count else f"{count} negative control{'s are' if count > 1 else ' is'} a check"
        )
        reason = f"{word}: {LEAST_CONTROLS} are needed to calibrate"
        held = Estimate("effect, calibrated", level=level, reason=reason)
        return Calibrated(plain, held, None, None, own, tuple(concerns))
    weight, mean, variance, spread = _errors(controls, error_scale)
    total = np.sqrt(variance + spread**2 + se**2)

    def below(x: float) -> float:
        """P(effect <= x) = P(systematic error >= value - x)."""
        return float(weight @ special.ndtr((x - value + mean) / total))

    p = 2 * min(below(0.0), 1 - below(0.0))
    tail = (1 - level) / 2
    low, high = (_solve(below, q, value) for q in (tail, 1 - tail))
    middle = value - float(weight @ mean)
    calibrated = Estimate(
        "effect, calibrated", min(max(middle, low), high), None, low, high, level, p, "negative controls, integrated"
    )
    sd = math.sqrt(float(weight @ (spread**2 + mean**2)) - float(weight @ mean) ** 2)
    return Calibrated(plain, calibrated, float(weight @ mean), sd, own, tuple(concerns))


def _errors(controls: Sequence[Control], scale: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Grid over the spread s: weights, mean and variance of m given s, and s. Flat prior of m."""
    value, variance = np.array([c.value for c in controls]), np.array([c.se**2 for c in controls])
    spread = (np.arange(_GRID) + 0.5) / _GRID * 5 * scale
    total = variance + spread[:, None] ** 2
    precision = (1 / total).sum(axis=1)
    mean = (value / total).sum(axis=1) / precision
    logs = -0.5 * np.log(total).sum(axis=1) - 0.5 * np.log(precision) - 0.5 * (spread / scale) ** 2
    logs -= 0.5 * ((value - mean[:, None]) ** 2 / total).sum(axis=1)
    weight = np.exp(logs - logs.max())
    return weight / weight.sum(), mean, 1 / precision, spread


def _solve(below: object, q: float, centre: float) -> float:
    from scipy.optimize import brentq

    step = 1.0
    while below(centre - step) > q or below(centre + step) < q:  # type: ignore[operator]
        step *= 2
    return float(brentq(lambda x: below(x) - q, centre - step, centre + step, xtol=1e-12))  # type: ignore[operator]


def _check(value: float, se: float, controls: Sequence[Control], scale: float) -> None:
    problems: list[Problem] = []
    pairs = [("result", value, se), *((c.name, c.value, c.se) for c in controls)]
    for name, v, s in pairs:
        if not (math.isfinite(v) and math.isfinite(s) and s > 0):
            found = f"{v} with error {s}"
            problems.append(Problem("negative controls", name, found, "a number and an error above 0", "mend it"))
    names = [c.name for c in controls]
    for name in sorted({n for n in names if names.count(n) > 1}):
        problems.append(Problem("negative controls", name, "twice", "each control once", "name each once"))
    if not (math.isfinite(scale) and scale > 0):
        problems.append(Problem("negative controls", "error scale", str(scale), "a number above 0", "give one"))
    raise_if_any(problems)
