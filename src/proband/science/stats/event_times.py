"""Times to event with late entry and several rows per subject: checked, and laid out as intervals (start, stop].

A row is at risk after `start` and up to `stop`; `event` says whether it ended with the event. Late entry (left
truncation) and covariates that change are both rows with a start above 0. Cannot see: an event before entry, which
nobody in the data can have had; immortal time, which is for `bias.immortal_time`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem
from proband.science.stats.model_input import Codes, Floats, codes, numbers, raise_if_any


@dataclass(frozen=True, slots=True)
class EventTimes:
    """Rows at risk: start and stop (one unit of time for all), event (bool), subject (codes). Made by `event_times`."""

    start: Floats
    stop: Floats
    event: NDArray[np.bool_]
    subject: Codes

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self.stop.size)

    @property
    def subjects(self) -> int:
        """Number of subjects."""
        return int(np.unique(self.subject).size)

    @property
    def truncated(self) -> bool:
        """Whether a subject comes under observation after time 0."""
        first = np.full(int(self.subject.max()) + 1, np.inf)
        np.minimum.at(first, self.subject, self.start)
        return bool((first[np.unique(self.subject)] > 0).any())

    def at_risk(self, time: float) -> int:
        """Rows at risk just before `time`."""
        return int(((self.start < time) & (self.stop >= time)).sum())

    def where(self, kept: NDArray[np.bool_]) -> EventTimes:
        """The rows that are kept."""
        return EventTimes(self.start[kept], self.stop[kept], self.event[kept], self.subject[kept])


def event_times(
    stop: Any,
    event: Any,
    start: Any = None,
    subject: Sequence[object] | NDArray[Any] | None = None,
    *,
    recurrent: bool = False,
) -> EventTimes:
    """Check rows and lay them out; without `subject` every row is one subject.

    `recurrent`: a subject may have several events. Raises ``ProgramError`` with every fault: no rows, lengths that
    differ, times that are negative or not finite, a stop not after its start, events that are neither 0 nor 1, rows of
    one subject that overlap, and rows after a subject's event where it can happen once.

    >>> event_times([5, 8], [1, 0], start=[0, 2]).at_risk(2)
    1
    """
    problems: list[Problem] = []
    ends = numbers("stop", stop, problems)
    if not ends.size and not problems:
        problems.append(
            Problem("times", "rows", "none", "at least one subject", "nothing can be told from no patients")
        )
    happened = numbers("event", event, problems, ends.size)
    starts = np.zeros(ends.size) if start is None else numbers("start", start, problems, ends.size)
    label = list(range(ends.size)) if subject is None else subject
    code = codes("subject", label, ends.size, problems)
    if not problems:
        _check_rows(starts, ends, happened, problems)
    if not problems:
        _check_subjects(starts, ends, happened > 0, code, [str(x) for x in label], recurrent, problems)
    raise_if_any(problems)
    return EventTimes(starts, ends, happened > 0, code)


def _check_rows(start: Floats, stop: Floats, event: Floats, problems: list[Problem]) -> None:
    for i in np.flatnonzero(~((start >= 0) & (stop > start)))[:20]:
        found = f"from {start[i]:g} to {stop[i]:g}"
        remedy = "count the day of entry as a day, or mend the dates"
        problems.append(Problem("times", f"row {i + 1}", found, "0 or later, and a stop after its start", remedy))
    for i in np.flatnonzero((event != 0) & (event != 1))[:20]:
        remedy = "write 1 where the event was seen, else 0"
        problems.append(Problem("times", f"row {i + 1}, event", f"{event[i]:g}", "0 or 1", remedy))


def _check_subjects(
    start: Floats, stop: Floats, event: NDArray[np.bool_], code: Codes, label: list[str], recurrent: bool,
    problems: list[Problem],
) -> None:  # fmt: skip
    order = np.lexsort((stop, start, code))
    for before, after in itertools.pairwise(order):
        if code[before] != code[after]:
            continue
        place = f"subject {label[before]}, rows {before + 1} and {after + 1}"
        if start[after] < stop[before]:
            remedy = "give each stretch of time once"
            problems.append(Problem("times", place, "overlapping times", "rows one after another", remedy))
        elif event[before] and not recurrent:
            remedy = "say that the event recurs, or end the subject at the event"
            problems.append(Problem("times", place, "time at risk after the event", "no more rows", remedy))
