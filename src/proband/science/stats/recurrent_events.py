"""Events that recur in a patient: rate ratios by Andersen and Gill with robust errors, and the mean number over time.

- rates: Cox's partial likelihood over rows (start, stop], errors from score residuals summed over patients (Lin, Wei,
  Yang and Ying, J R Stat Soc B 2000;62:711-730);
- mean cumulative number: sum of events over those at risk, with its robust error (Lawless and Nadeau, Technometrics
  1995;37:158-168).

Cannot see: death as an end of the chance to have events; with it the mean number is that of patients still watched.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from proband.science.stats.cox import CoxFit, cox
from proband.science.stats.estimate import Estimate, normal_quantile
from proband.science.stats.event_times import EventTimes
from proband.science.stats.model_input import Floats

LEAST_SUBJECTS = 5


def andersen_gill(times: EventTimes, columns: Mapping[str, Any], *, level: float = 0.95) -> CoxFit:
    """Log rate ratios of events that may recur; errors are always robust over subjects.

    Raises as `cox` does.

    >>> from proband.science.stats.event_times import event_times
    >>> times = event_times([2, 5, 9, 4, 9, 9, 9], [1, 1, 0, 1, 0, 0, 0], [0, 2, 5, 0, 4, 0, 0], list("aaabbcd"),
    ...     recurrent=True)
    >>> andersen_gill(times, {"treated": [0, 0, 0, 1, 1, 1, 0]}).coefficients[0].method
    'robust over subjects, efron ties'
    """
    return cox(times, columns, robust=True, level=level)


@dataclass(frozen=True, slots=True)
class MeanNumber:
    """Mean number of events per patient at each event time, with robust standard errors."""

    time: Floats
    mean: Floats
    se: Floats
    last: float
    subjects: int
    level: float
    times: EventTimes = field(repr=False)

    def at(self, time: float) -> Estimate:
        """Mean number of events by `time`, limits on the log scale; a reason after the last follow-up."""
        name = f"mean number of events by {time:g}"
        if not 0 <= time < math.inf:
            raise ValueError(f"{time} is not a time")
        if time > self.last or (time > 0 and self.times.at_risk(time) == 0):
            return Estimate(name, level=self.level, reason=f"nobody was under observation at {time:g}")
        i = int(np.searchsorted(self.time, time, side="right")) - 1
        if i < 0:
            watched = float((np.minimum(self.times.stop, time) - np.minimum(self.times.start, time)).sum())
            if watched == 0:
                return Estimate(name, level=self.level, reason="no time was observed")
            # no event in `watched`: the exact Poisson limit of the rate, over a span of `time`
            limit = -math.log((1 - self.level) / 2) / watched * time
            return Estimate(name, 0.0, None, 0.0, limit, self.level, None, "exact Poisson, constant rate")
        value, se = float(self.mean[i]), float(self.se[i])
        if self.subjects < LEAST_SUBJECTS or se == 0:
            method = f"no interval: {self.subjects} patients do not tell the spread between patients"
            return Estimate(name, value, None, level=self.level, method=method)
        half = normal_quantile(self.level) * se / value
        low, high = value * math.exp(-half), value * math.exp(half)
        return Estimate(name, value, se, low, high, self.level, None, "robust, log limits")


def mean_number(times: EventTimes, level: float = 0.95) -> MeanNumber:
    """The mean cumulative number of events of one group.

    >>> from proband.science.stats.event_times import event_times
    >>> made = mean_number(event_times([2, 9, 9], [1, 0, 0], [0, 2, 0], ["a", "a", "b"], recurrent=True))
    >>> made.mean.tolist()
    [0.5]
    """
    time = np.unique(times.stop[times.event])
    mean, influence = np.zeros(time.size), np.zeros(int(times.subject.max()) + 1)
    se, total = np.zeros(time.size), 0.0
    for i, t in enumerate(time):
        risk = (times.start < t) & (times.stop >= t)
        happened = times.event & (times.stop == t)
        n = float(risk.sum())
        step = float(happened.sum()) / n
        total += step
        np.add.at(influence, times.subject[risk], -step / n)
        np.add.at(influence, times.subject[happened], 1 / n)
        mean[i], se[i] = total, math.sqrt(float((influence**2).sum()))
    return MeanNumber(time, mean, se, float(times.stop.max()), times.subjects, level, times)
