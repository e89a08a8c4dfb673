"""Eligibility one criterion after the other, for treated and untreated alike, with three answers to each.

A criterion is met, not met, or can not be told: not measured in the window, hidden by a limit of the assay, or a time
that was not observed. Who can not be told is not counted as eligible, and the table shows how many they are.

Cannot see: criteria that were applied before the data were collected.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from proband.core.units import convert
from proband.science.clinical.series import Bound, Point
from proband.science.natural_history.cohort_file import Criterion
from proband.science.natural_history.subject_table import Group, Subject

COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


class Answer(StrEnum):
    """What can be said of one criterion and one subject."""

    MET = "met"
    NOT_MET = "not_met"
    CANNOT_TELL = "can_not_be_told"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table: of those `before`, how many met the criterion; `remaining` are the ones who met it."""

    group: str
    criterion: str
    text: str
    before: int
    met: int
    not_met: int
    cannot_tell: int
    remaining: tuple[str, ...]
    not_told: tuple[str, ...]


def answer(criterion: Criterion, subject: Subject, group: Group, index: float | None = None) -> Answer:
    """Whether a subject meets a criterion at an index day; without one, over the whole time observed.

    Without a window, measurements up to the index day count, and events from entry to it.
    Raises ``UnitError`` where the unit of the criterion and of the measurement do not convert.
    """
    if criterion.of == "covariate":
        return _covariate(criterion, subject)
    if criterion.of == "age":
        years = subject.age(subject.entry if index is None else index)
        return _number(criterion, None if years is None else convert(years, "a", criterion.unit or "a"))
    start, stop = _window(criterion, subject, index)
    if criterion.of == "event":
        return _event(criterion, subject, group, start, stop)
    return _measured(criterion, subject, group, start, stop)


def attrition(
    criteria: Sequence[Criterion], groups: Sequence[Group], index: Mapping[tuple[str, str], float] | None = None
) -> list[Step]:
    """The table of attrition: every criterion in its order, for each group.

    `index`: index day by group and subject, where there is one. A group without subjects has rows of zeros.
    """
    made = []
    for group in groups:
        left = list(group.subjects)
        for c in criteria:
            found: dict[Answer, list[str]] = {a: [] for a in Answer}
            for s in left:
                found[answer(c, s, group, (index or {}).get((group.name, s.id)))].append(s.id)
            met, unknown = tuple(found[Answer.MET]), tuple(found[Answer.CANNOT_TELL])
            counts = len(left), len(met), len(found[Answer.NOT_MET]), len(unknown)
            made.append(Step(group.name, c.id, c.text, *counts, met, unknown))
            left = [s for s in left if s.id in set(met)]
    return made


def all_of(answers: Sequence[Answer]) -> Answer:
    """Conjunction of answers: one that is not met decides; otherwise one that can not be told leaves it open.

    >>> all_of([Answer.MET, Answer.CANNOT_TELL]).value, all_of([Answer.NOT_MET, Answer.CANNOT_TELL]).value
    ('can_not_be_told', 'not_met')
    """
    return next((a for a in (Answer.NOT_MET, Answer.CANNOT_TELL) if a in answers), Answer.MET)


def any_of(answers: Sequence[Answer]) -> Answer:
    """Disjunction of answers; of none, nothing can be told."""
    order = (Answer.MET, Answer.CANNOT_TELL, Answer.NOT_MET)
    return next((a for a in order if a in answers), Answer.CANNOT_TELL)


def _said(holds: bool) -> Answer:
    return Answer.MET if holds else Answer.NOT_MET


def _covariate(c: Criterion, subject: Subject) -> Answer:
    value = subject.value(c.name)
    if value is None:
        return Answer.CANNOT_TELL
    if isinstance(c.value, list):
        return _said((str(value) in c.value) == (c.operator == "in"))
    if isinstance(c.value, str):
        return _said((str(value) == c.value) == (c.operator == "=="))
    return _number(c, value if isinstance(value, float) else None)


def _number(c: Criterion, value: float | None) -> Answer:
    if value is None or not isinstance(c.value, (int, float)):
        return Answer.CANNOT_TELL
    return _said(COMPARE[c.operator](value, float(c.value)))


def _window(c: Criterion, subject: Subject, index: float | None) -> tuple[float, float]:
    if c.window is None:
        if c.of == "event":
            return subject.entry, subject.exit if index is None else index
        return -math.inf, math.inf if index is None else index
    anchor = subject.entry if index is None else index
    return anchor + c.window[0], anchor + c.window[1]


def _measured(c: Criterion, subject: Subject, group: Group, start: float, stop: float) -> Answer:
    one = group.record.of(subject.id, c.name)
    points = [p for p in one.points if start <= p.day <= stop] if one else []
    if one is None or not points or not isinstance(c.value, (int, float)):
        return Answer.CANNOT_TELL
    if c.take == "last":
        points = points[-1:]
    limit = convert(float(c.value), c.unit or one.unit, one.unit)
    answers = [compare_bound(p, c.operator, limit) for p in points]
    return all_of(answers) if c.take == "all" else any_of(answers)


def compare_bound(point: Point, word: str, limit: float) -> Answer:
    """Whether a value meets a comparison with a limit; one beyond a limit of its assay may leave it open.

    >>> [compare_bound(Point(0, 5.0, Bound.BELOW), "<", limit).value for limit in (10.0, 3.0)]
    ['met', 'can_not_be_told']
    """
    if point.bound is Bound.MEASURED:
        return _said(COMPARE[word](point.value, limit))
    below = point.bound is Bound.BELOW
    sure = point.value <= limit if below else point.value >= limit  # the whole interval lies on one side
    if not sure:
        return Answer.CANNOT_TELL
    side = ("<", "<=") if below else (">", ">=")
    if word in ("==", "!="):
        return _said(word == "!=")
    return _said(word in side)


def _event(c: Criterion, subject: Subject, group: Group, start: float, stop: float) -> Answer:
    """Events in the window; none is 0 only where the whole window was observed and events were recorded at all."""
    found = [e for e in group.record.events if e.subject == subject.id and e.name == c.name and start <= e.day <= stop]
    number = sum(1.0 if e.count is None else e.count for e in found)
    if not isinstance(c.value, (int, float)):
        return Answer.CANNOT_TELL
    if group.record.events and subject.entry <= start and stop <= subject.exit:
        return _number(c, number)
    enough = {">": number > float(c.value), ">=": number >= float(c.value)}.get(c.operator, False)
    too_many = {"<": number >= float(c.value), "<=": number > float(c.value)}.get(c.operator, False)
    return Answer.MET if enough else Answer.NOT_MET if too_many else Answer.CANNOT_TELL
