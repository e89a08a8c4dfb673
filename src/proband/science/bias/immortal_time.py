"""Immortal time: what treatment seems to do when the wait for it counts as treated time, and what it does when not.

Three hazard ratios are always computed and told together:

- naive: ever treated against never. Whoever was treated had to live until then, so it favours treatment;
- landmark: among those still free of the event at a day fixed beforehand, treated by then against not (Anderson, Cain
  and Gelber, J Clin Oncol 1983;1:710-719);
- time-varying: untreated until the treatment, treated after it (Mantel and Byar, J Am Stat Assoc 1974;69:81-86).

The naive ratio has no place of its own: no attribute, function or item gives it without the other two, and where they
can not be told, it is not told either. Cannot see: why some were treated earlier, which is confounding (`e_values`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from proband.core.errors import Problem
from proband.core.evidence import Figure
from proband.science.stats.cox import cox
from proband.science.stats.estimate import Estimate
from proband.science.stats.event_times import EventTimes, event_times
from proband.science.stats.model_input import Floats, numbers, raise_if_any

NAMES = ("naive (ever treated, counts the wait as treated time)", "landmark", "time-varying")


@dataclass(frozen=True, slots=True)
class Together:
    """The three hazard ratios, side by side; telling it tells all three. It can not be taken apart by item."""

    _rows: Callable[[], tuple[Estimate, Estimate, Estimate]]

    def __str__(self) -> str:
        return "; ".join(e.told() for e in self._rows())

    __repr__ = __str__

    def __format__(self, specification: str) -> str:
        return str(self)

    def __getitem__(self, item: object) -> NoReturn:
        raise TypeError("the three hazard ratios are told together; use figure() or str()")

    def __iter__(self) -> NoReturn:
        raise TypeError("the three hazard ratios are told together; use figure() or str()")

    def table(self) -> str:
        """Header and three rows of text, separated by tabs."""
        lines = ["analysis\thazard ratio\tlow\thigh\tP\treason"]
        for e in self._rows():
            cells = ["" if v is None else f"{v:.6g}" for v in (e.value, e.low, e.high, e.p)]
            lines.append("\t".join([e.name, *cells, e.reason]))
        return "\n".join(lines)

    def figure(self, title: str) -> Figure:
        """Three intervals under each other."""
        rows = [
            {"analysis": e.name, "ratio": e.value, "low": e.low, "high": e.high}
            for e in self._rows()
            if e.value is not None and e.low is not None and e.high is not None
        ]
        return Figure(
            name="immortal-time", title=title, chart="intervals",
            alt=f"Hazard ratios of treatment. {self}",
            encoding={"x": "ratio", "y": "analysis", "low": "low", "high": "high"},
            rows=tuple(rows), labels={"x": "hazard ratio", "y": "how treated time is counted"},
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImmortalTime:
    """The two valid estimates as themselves, and all three `together`; the share of follow-up that was waiting.

    `landmark_n` counts those free of the event and watched after the landmark; `left_out` those who were not.
    """

    landmark: Estimate
    time_varying: Estimate
    together: Together
    landmark_day: float
    landmark_n: int
    left_out: int
    waiting_share: float
    treated: int
    subjects: int
    reason: str = ""

    def __str__(self) -> str:
        head = (
            f"{self.treated} of {self.subjects} treated; waiting is {self.waiting_share:.0%} of the time of the treated"
        )
        return f"{head}; {self.together}"

    def __repr__(self) -> str:
        return f"ImmortalTime({self})"


def immortal_time(
    treated_on: Any,
    last_day: Any,
    event: Any,
    *,
    landmark: float,
    level: float = 0.95,
) -> ImmortalTime:
    """Compare treated and untreated, days counted from eligibility (day 0), in the three ways.

    `treated_on`: day of treatment, None for never; `last_day`: day of event or last contact; `event`: 1 or 0. The day
    of entry counts as a day at risk, and a treatment on the last day counts half a day before it. `landmark` is the
    day fixed beforehand. Raises ``ProgramError`` with every fault, a treatment after the last day included.

    >>> made = immortal_time([2, None, 3, None, 5, None, None], [30, 1, 40, 4, 20, 35, 6], [1, 1, 0, 1, 1, 0, 1],
    ...     landmark=4)
    >>> made.landmark_n, made.left_out
    (5, 2)
    """
    problems: list[Problem] = []
    last = numbers("last_day", last_day, problems)
    happened = numbers("event", event, problems, last.size)
    given = [np.nan if t is None else t for t in treated_on]
    ever = np.array([t is not None for t in treated_on], dtype=bool)
    day = numbers("treated_on", [0.0 if t is None else t for t in treated_on], problems, last.size)
    if not problems:
        _check(given, ever, last, happened, landmark, problems)
    raise_if_any(problems)
    naive, valid = _estimates(day, ever, last, happened, landmark, level)
    start, end = np.where(ever, day + 1, 0.0), last + 1
    waiting = float(start[ever].sum() / end[ever].sum()) if ever.any() else 0.0
    kept = last > landmark
    missing = [e.name for e in valid if e.value is None]
    reason = f"the naive ratio is not told, for {' and '.join(missing)} can not be" if missing else ""
    if reason:
        naive = Estimate(NAMES[0], level=level, reason=f"not told without {' and '.join(missing)}")
    shown = (naive, *valid)
    return ImmortalTime(
        valid[0], valid[1], Together(lambda: shown), landmark, int(kept.sum()), int((~kept).sum()), waiting,
        int(ever.sum()), last.size, reason,
    )  # fmt: skip


def _check(
    given: list[float], ever: np.ndarray, last: Floats, event: Floats, landmark: float, problems: list[Problem]
) -> None:
    if not last.size:
        problems.append(Problem("immortal time", "rows", "none", "at least one patient", "give patients"))
    if not (np.isfinite(landmark) and landmark >= 0):
        found = f"{landmark}"
        problems.append(Problem("immortal time", "landmark", found, "a day, 0 or later", "fix it beforehand"))
    for i in np.flatnonzero(ever):
        if not 0 <= given[i] <= last[i]:
            found = f"treated on day {given[i]:g}, last seen on day {last[i]:g}"
            remedy = "mend the days; count from eligibility"
            problems.append(Problem("immortal time", f"row {i + 1}", found, "0 <= treated <= last day", remedy))
    for i in np.flatnonzero((last < 0) | ((event != 0) & (event != 1))):
        found = f"last day {last[i]:g}, event {event[i]:g}"
        problems.append(Problem("immortal time", f"row {i + 1}", found, "a day from 0, and 0 or 1", "mend the row"))


def _estimates(
    day: Floats, ever: np.ndarray, last: Floats, happened: Floats, landmark: float, level: float
) -> tuple[Estimate, tuple[Estimate, Estimate]]:
    """The three hazard ratios of treatment."""
    naive = _ratio(event_times(last + 1, happened), ever.astype(np.float64), NAMES[0], level)
    kept = last > landmark
    name = f"{NAMES[1]} (day {landmark:g}, n = {int(kept.sum())})"
    if kept.any():
        by_then = (ever & (day <= landmark))[kept].astype(np.float64)
        marked = _ratio(event_times(last[kept] + 1, happened[kept]), by_then, name, level)
    else:
        marked = Estimate(name, level=level, reason=f"nobody was watched after day {landmark:g}")
    times, treated = _stretches(day, ever, last, happened)
    return naive, (marked, _ratio(times, treated, NAMES[2], level))


def _stretches(day: Floats, ever: np.ndarray, last: Floats, happened: Floats) -> tuple[EventTimes, Floats]:
    """One row untreated, and one treated for those who were."""
    rows: list[tuple[float, float, float, int, float]] = []
    for i in range(last.size):
        end = last[i] + 1
        if not ever[i]:
            rows.append((0.0, end, happened[i], i, 0.0))
            continue
        change = min(day[i] + 1, end - 0.5)
        rows.append((0.0, change, 0.0, i, 0.0))
        rows.append((change, end, happened[i], i, 1.0))
    start, stop, event, subject, treated = zip(*rows, strict=True)
    return event_times(stop, event, start, subject), np.array(treated)


def _ratio(times: EventTimes, treated: Floats, name: str, level: float) -> Estimate:
    made = cox(times, {"treated": treated}, level=level).hazard_ratio("treated")
    return Estimate(name, made.value, None, made.low, made.high, level, made.p, made.method, made.reason)
