"""Raters and instruments that differ between periods: the offset from paired readings, and the drift that would tip.

An offset is the mean of (new reading - old reading) of the same patients or samples, with Student's interval; a
benefit corrected for it carries the error of both (variances add). Without paired readings only a tipping point is
told. Cannot see: an offset that depends on the value read, of which the slope against the mean is told as a warning
(Bland and Altman, Lancet 1986;327:307-310).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from proband.core.errors import Problem
from proband.science.stats.estimate import Estimate
from proband.science.stats.model_input import numbers, raise_if_any


@dataclass(frozen=True, slots=True)
class Offset:
    """Offset of new against old readings, the benefit as it was and corrected, and warnings."""

    offset: Estimate
    plain: Estimate
    corrected: Estimate
    pairs: int
    concerns: tuple[str, ...] = ()


def corrected_for_offset(
    benefit: float,
    se: float,
    old: Sequence[float],
    new: Sequence[float],
    *,
    higher_is_better: bool,
    level: float = 0.95,
) -> Offset:
    """Take the offset between two raters or instruments off a `benefit` (in the direction of benefit, same unit).

    `old` and `new` are readings of the same subjects by the earlier (control) and later (treated) method. With fewer
    than three pairs nothing is corrected. Raises ``ProgramError`` for readings that do not pair up.

    >>> made = corrected_for_offset(4.0, 1.0, [10, 12, 14, 11], [11, 13, 15.5, 12], higher_is_better=True)
    >>> made.offset.value, round(made.corrected.value, 3)
    (1.125, 2.875)
    """
    problems: list[Problem] = []
    before = numbers("old", old, problems)
    after = numbers("new", new, problems, before.size)
    if not (math.isfinite(benefit) and math.isfinite(se) and se > 0):
        found = f"{benefit} with error {se}"
        problems.append(Problem("drift", "benefit", found, "a number and an error above 0", "mend it"))
    raise_if_any(problems)
    plain = _student("benefit, as read", benefit, se, math.inf, level)
    size = before.size
    if size < 3:
        reason = f"{size} paired readings do not tell the offset and its spread"
        held = [Estimate(n, level=level, reason=reason) for n in ("offset", "benefit, corrected")]
        return Offset(held[0], plain, held[1], size)
    difference = (after - before) if higher_is_better else (before - after)
    offset, spread = float(difference.mean()), float(difference.std(ddof=1))
    if spread == 0:
        reason = "all paired readings differ by the same amount: their spread is not seen"
        told = Estimate("offset", offset, level=level, method="no interval: no spread")
        return Offset(told, plain, Estimate("benefit, corrected", level=level, reason=reason), size)
    error = spread / math.sqrt(size)
    total = math.hypot(se, error)
    # Welch and Satterthwaite, the benefit's own error taken as known
    freedom = (size - 1) * (total / error) ** 4
    corrected = _student("benefit, corrected", benefit - offset, total, freedom, level)
    told = _student("offset", offset, error, size - 1, level)
    mean = (after + before) / 2
    concerns = []
    if np.ptp(mean) > 0 and size >= 5:
        r = float(np.corrcoef(mean, difference)[0, 1])
        t = r * math.sqrt((size - 2) / max(1 - r * r, 1e-300))
        if 2 * float(special.stdtr(size - 2, -abs(t))) < 0.05:
            concerns.append("the offset changes with the value read: one number does not correct it")
    return Offset(told, plain, corrected, size, tuple(concerns))


def _student(name: str, value: float, se: float, freedom: float, level: float) -> Estimate:
    quantile = special.ndtri((1 + level) / 2) if freedom == math.inf else special.stdtrit(freedom, (1 + level) / 2)
    half = float(quantile) * se
    tail = special.ndtr(-abs(value) / se) if freedom == math.inf else special.stdtr(freedom, -abs(value) / se)
    return Estimate(name, value, se, value - half, value + half, level, float(2 * tail), "Student")


def tipping_drift(benefit: float, se: float, span: float, level: float = 0.95) -> tuple[float, float]:
    """Drift per unit of time, over `span` between control and treated readings, that undoes the benefit and its limit.

    0 or less for the limit: the interval holds no effect without any drift. Raises ``ValueError`` for numbers out of
    range.

    >>> [round(x, 3) for x in tipping_drift(6.0, 1.0, 4.0)]
    [1.5, 1.01]
    """
    if not (math.isfinite(benefit) and se > 0 and math.isfinite(se) and 0 < span < math.inf and 0 < level < 1):
        raise ValueError("a finite benefit, an error above 0 and a span of time above 0 are needed")
    limit = benefit - float(special.ndtri((1 + level) / 2)) * se
    return benefit / span, limit / span
