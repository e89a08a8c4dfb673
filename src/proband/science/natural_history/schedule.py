"""What is compared: baseline visits, the rule of entry, and the endpoint, applied alike to treated and untreated.

The index is the last of the baseline visits. Endpoint windows are times since the index, in the unit of the data.

Cannot see: entry criteria that are not in the series, such as a decision by the patient or the physician.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.science.stats.longitudinal import Longitudinal

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One number from the visits of a window after the index, and which direction is better.

    `kind`: "value" (last visit of the window), "mean", "slope" (least squares per unit of time; three visits or more)
    or "best". `change_from`: "none", or the baseline's "mean", "last" or "worst" value, which is taken off (not of
    slopes). Raises ``ValueError`` for other words or an empty window.

    >>> Endpoint("mean", 1.0, 3.0, better="lower").weights(np.array([0.5, 1.0, 2.0])).tolist()
    [0.0, 0.5, 0.5]
    """

    kind: str
    start: float
    end: float
    better: str
    change_from: str = "none"

    def __post_init__(self) -> None:
        if self.kind not in ("value", "mean", "slope", "best") or self.better not in ("higher", "lower"):
            raise ValueError("kind must be value, mean, slope or best, and better higher or lower")
        if self.change_from not in ("none", "mean", "last", "worst"):
            raise ValueError("change_from must be none, mean, last or worst")
        if not 0 <= self.start <= self.end or (self.kind == "slope" and self.change_from != "none"):
            raise ValueError("a window must not be empty, and a slope has no baseline to take off")

    @property
    def sign(self) -> float:
        """1 where higher is better, -1 where lower is."""
        return 1.0 if self.better == "higher" else -1.0

    def visits(self, since_index: Floats) -> NDArray[np.bool_]:
        """Which later visits lie in the window."""
        t = np.asarray(since_index, float)
        return np.asarray((t >= self.start) & (t <= self.end) & (t > 0))

    def weights(self, since_index: Floats) -> Floats | None:
        """Weights of the later visits in the endpoint; None where there are too few, and for "best".

        A value's weights are 1 at the last visit of the window.
        """
        inside = np.flatnonzero(self.visits(since_index))
        made = np.zeros(np.asarray(since_index).size)
        if self.kind == "best" or inside.size < (3 if self.kind == "slope" else 1):
            return None
        if self.kind == "value":
            made[inside[-1]] = 1.0
        elif self.kind == "mean":
            made[inside] = 1.0 / inside.size
        else:
            gap = np.asarray(since_index, float)[inside] - np.mean(np.asarray(since_index, float)[inside])
            made[inside] = gap / (gap**2).sum()
        return made

    def reference(self, baseline: Floats) -> float:
        """What is taken off: 0, or the mean, last or worst of the baseline values."""
        if self.change_from == "none":
            return 0.0
        if self.change_from == "mean":
            return float(np.mean(baseline))
        if self.change_from == "last":
            return float(baseline[-1])
        return float(baseline.min() if self.better == "higher" else baseline.max())

    def score(self, baseline: Floats, since_index: Floats, later: Floats) -> float | None:
        """The endpoint of a patient; None where its visits do not define it."""
        weights = self.weights(since_index)
        if weights is not None:
            return float(weights @ later) - self.reference(baseline)
        inside = self.visits(since_index)
        if self.kind != "best" or not inside.any():
            return None
        best = later[inside].max() if self.better == "higher" else later[inside].min()
        return float(best) - self.reference(baseline)

    def words(self) -> str:
        """The endpoint in words."""
        what = {"value": "last value", "mean": "mean value", "slope": "slope", "best": "best value"}[self.kind]
        less = "" if self.change_from == "none" else f" less the baseline's {self.change_from}"
        return f"{what} {self.start:g} to {self.end:g} after the index{less}; {self.better} is better"


@dataclass(frozen=True, slots=True)
class EntryRule:
    """At least `needed` of the baseline values lie beyond `threshold`, on the side `beyond` ("above" or "below").

    Two values above 3 is ``EntryRule("above", 3.0, 2)``; the worst of k above 3 is ``EntryRule("above", 3.0, 1)`` with
    k baseline visits.

    >>> EntryRule("above", 3.0, 2).passes(np.array([3.5, 2.0, 4.0]))
    True
    """

    beyond: str
    threshold: float
    needed: int = 1

    def __post_init__(self) -> None:
        if self.beyond not in ("above", "below") or self.needed < 1 or not np.isfinite(self.threshold):
            raise ValueError("beyond must be above or below, needed 1 or more, threshold a number")

    def passes(self, baseline: Sequence[float] | Floats) -> bool:
        """Whether one baseline passes."""
        return bool(self.all_pass(np.asarray(baseline, float)[None])[0])

    def all_pass(self, baselines: Floats) -> NDArray[np.bool_]:
        """Whether each row of baselines passes, (rows,)."""
        beyond = baselines > self.threshold if self.beyond == "above" else baselines < self.threshold
        return np.asarray(beyond.sum(axis=1) >= self.needed)


@dataclass(frozen=True, slots=True)
class Schedule:
    """`first` baseline visits, the endpoint, and the rule of entry if there was one.

    `within` is the greatest time between the first and the last baseline visit. Raises ``ValueError`` for less than one
    baseline visit.
    """

    first: int
    endpoint: Endpoint
    entry: EntryRule | None = None
    within: float = float("inf")

    def __post_init__(self) -> None:
        if self.first < 1 or not self.within > 0:
            raise ValueError("one baseline visit at least, within a time above 0")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of an untreated patient that meets a schedule: rows of baseline and later visits, and the endpoint."""

    patient: int
    begin: int
    index: int
    end: int
    baseline: float
    score: float


def windows(data: Longitudinal, schedule: Schedule) -> Iterator[Window]:
    """Every window of every patient, in order of patient and time; `begin`, `index`, `end` are rows within the patient.

    Baseline is rows begin to index (included), later visits index + 1 to end (excluded).

    >>> from proband.science.stats.longitudinal import longitudinal
    >>> data = longitudinal(["a"] * 4, [0, 1, 2, 3], [5.0, 4.0, 3.0, 1.0])
    >>> made = windows(data, Schedule(1, Endpoint("value", 1, 1, "lower", "last"), EntryRule("above", 2.5)))
    >>> [(w.index, w.score) for w in made]
    [(0, -1.0), (1, -1.0), (2, -2.0)]
    """
    for i in range(len(data.patients)):
        t, y, _ = data.of(i)
        for index in range(schedule.first - 1, t.size - 1):
            begin = index - schedule.first + 1
            baseline = y[begin : index + 1]
            if t[index] - t[begin] > schedule.within:
                continue
            if schedule.entry is not None and not schedule.entry.passes(baseline):
                continue
            end = int(np.searchsorted(t, t[index] + schedule.endpoint.end, side="right"))
            score = schedule.endpoint.score(baseline, t[index + 1 : end] - t[index], y[index + 1 : end])
            if score is not None:
                yield Window(i, begin, index, end, float(baseline.mean()), score)


def first_windows(data: Longitudinal, schedule: Schedule) -> list[Window]:
    """The first window of each patient that has one: the first eligible index, one per patient."""
    made: dict[int, Window] = {}
    for window in windows(data, schedule):
        made.setdefault(window.patient, window)
    return list(made.values())
