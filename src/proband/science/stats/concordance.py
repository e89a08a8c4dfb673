"""Concordance of a risk score with times to event (Harrell's C), late entry and ties included, with its interval.

At each event the subject is compared with all others then at risk who outlive it; a pair counts 1 where the earlier
event has the greater risk, one half where risks are tied (Harrell, Lee and Mark, Stat Med 1996;15:361-387). The error
is that of the infinitesimal jackknife over subjects, limits on the logit scale. Cannot see: calibration of the score,
and that C depends on the censoring. With few patients use `outcome.rank_agreement`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from proband.core.errors import Problem
from proband.science.stats.estimate import Estimate, normal_quantile
from proband.science.stats.event_times import EventTimes
from proband.science.stats.model_input import numbers, raise_if_any


def concordance(times: EventTimes, risk: Any, level: float = 0.95) -> Estimate:
    """C of `risk` (a number per row, greater for an earlier event).

    Raises ``ProgramError`` for risks that do not fit the rows.

    >>> from proband.science.stats.event_times import event_times
    >>> concordance(event_times([1, 2, 3, 4], [1, 1, 1, 0]), [3, 4, 2, 1]).value
    0.8333333333333334
    """
    problems: list[Problem] = []
    score = numbers("risk", risk, problems, times.size)
    raise_if_any(problems)
    good, pairs = np.zeros(times.size), np.zeros(times.size)
    for i in np.flatnonzero(times.event):
        t = times.stop[i]
        later = (times.start < t) & ((times.stop > t) | ((times.stop == t) & ~times.event))
        later[i] = False
        won = np.where(score[i] > score, 1.0, np.where(score[i] == score, 0.5, 0.0)) * later
        good += won
        pairs += later
        good[i] += won.sum()
        pairs[i] += later.sum()
    total = pairs.sum() / 2
    name = "concordance"
    if total == 0:
        return Estimate(name, level=level, reason="no two subjects whose order of events is known")
    c = float(good.sum() / 2 / total)
    influence = np.zeros(int(times.subject.max()) + 1)
    np.add.at(influence, times.subject, (good - c * pairs) / total)
    se = math.sqrt(float((influence**2).sum()))
    if se == 0 or c in (0.0, 1.0):
        return Estimate(name, c, level=level, method="no interval: the order is complete")
    half = normal_quantile(level) * se / (c * (1 - c))
    centre = math.log(c / (1 - c))
    low, high = (float(special.expit(centre + s * half)) for s in (-1, 1))
    p = float(2 * special.ndtr(-abs(c - 0.5) / se))
    return Estimate(name, c, se, low, high, level, p, "infinitesimal jackknife, logit limits")
