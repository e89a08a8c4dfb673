"""From when a subject counts: one rule, applied alike to treated and untreated, with left truncation; immortal time.

Each rule gives the index day, and the day from which the subject is at risk: nobody is at risk before entry into
observation. Whoever entered after the index day is a late entry (left-truncated), and whoever was already past a
threshold at the first measurement is prevalent: when it was crossed is not known, and the index day is then a bound.

**Immortal time** is time in which, by design, a subject can not have had the event: a treated patient lived, free of
the event, from the index day to treatment. Counted as treated time it makes any treatment look good. It is told for
both groups, as days inside the clock and days before it.

Cannot see: eligibility that nobody measured between two visits; why a treated patient was treated when they were.
Source: Suissa, Am J Epidemiol 2008;167:492 (recalled); Hernan and others, J Clin Epidemiol 2016;79:70, aligning
eligibility, treatment and start of follow-up (recalled).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from proband.core.units import convert
from proband.science.natural_history.attrition import Answer, all_of, answer, compare_bound
from proband.science.natural_history.cohort_file import Criterion, IndexRule
from proband.science.natural_history.subject_table import YEAR, Group, Subject

TOLD_NO = ("before that age", "never reached while observed", "not eligible at any visit")
"""Ends of the reasons that say no; every other reason for having no index day is that it can not be told."""


@dataclass(frozen=True, slots=True)
class IndexDate:
    """An index day of a subject; `at_risk_from`: the later of it and entry; `until`: exit.

    `prevalent`: the rule held at the first look already, so that the true day is this one or an earlier one.
    `late`: entry was after the index day.
    """

    subject: str
    day: float
    at_risk_from: float
    until: float
    prevalent: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class IndexDates:
    """Index days of a group under one rule. `without`: subjects that have none, and why.

    `clustered`: a subject has several, so that rows of one subject are not independent; analyse by subject.
    """

    group: str
    rule: str
    dates: tuple[IndexDate, ...]
    without: Mapping[str, str]
    clustered: bool

    @property
    def complete(self) -> bool | None:
        """Whether the rule gives every subject an index day; None where of some it can not be told."""
        if any(why.endswith(TOLD_NO) for why in self.without.values()):
            return False
        return None if self.without else True

    @property
    def lacking(self) -> str:
        """Why nothing can be compared from here, in words; empty where there is an index day."""
        return "" if self.dates else f"no {self.group} subject has an index day under the rule {self.rule}"

    def first(self) -> dict[tuple[str, str], float]:
        """The first index day by group and subject, as `attrition` wants it."""
        found: dict[tuple[str, str], float] = {}
        for d in self.dates:
            found.setdefault((self.group, d.subject), d.day)
        return found


def index_dates(group: Group, rule: IndexRule, criteria: Sequence[Criterion] = ()) -> IndexDates:
    """Index days of every subject of a group under a rule; the same function serves treated and untreated.

    A treated subject has index days up to the day of treatment alone. `criteria` are asked at each visit, with that
    visit as the index day. Raises ``UnitError`` where a threshold and a measurement do not convert.
    """
    dates: list[IndexDate] = []
    without: dict[str, str] = {}
    for subject in group.subjects:
        last = subject.exit if subject.treatment is None else subject.treatment
        if rule.rule == "fixed_age":
            found, why = _at_age(subject, rule, last)
        elif rule.rule == "severity":
            found, why = _at_severity(subject, group, rule, last)
        else:
            found, why = _at_visits(subject, group, criteria, last)
            found = found if rule.rule == "all_eligible" else found[:1]
        dates += found
        if not found:
            without[subject.id] = why
    several = len({d.subject for d in dates}) < len(dates)
    return IndexDates(group.name, rule.rule, tuple(dates), without, several)


def _dated(subject: Subject, day: float, prevalent: bool = False) -> IndexDate:
    return IndexDate(subject.id, day, max(day, subject.entry), subject.exit, prevalent, day < subject.entry)


def _at_age(subject: Subject, rule: IndexRule, last: float) -> tuple[list[IndexDate], str]:
    if subject.birth is None:
        return [], "the birth day is not known"
    day = subject.birth + (rule.age_years or 0.0) * YEAR
    if day > last:
        what = "observation ended" if subject.treatment is None else "was treated"
        return [], f"{what} before that age"
    return [_dated(subject, day)], ""


def _at_severity(subject: Subject, group: Group, rule: IndexRule, last: float) -> tuple[list[IndexDate], str]:
    one = group.record.of(subject.id, rule.parameter or "")
    points = [p for p in one.points if p.day <= last] if one else []
    if one is None or not points:
        return [], f"{rule.parameter} was not measured"
    limit = convert(rule.value or 0.0, rule.unit or one.unit, one.unit)
    answers = [compare_bound(p, rule.operator or ">=", limit) for p in points]
    if Answer.MET not in answers:
        open_ = Answer.CANNOT_TELL in answers
        return [], "can not be told beyond a limit of the assay" if open_ else "never reached while observed"
    k = answers.index(Answer.MET)
    if Answer.CANNOT_TELL in answers[:k]:
        return [], "may have been reached before, beyond a limit of the assay"
    return [_dated(subject, points[k].day, prevalent=k == 0)], ""


def _at_visits(
    subject: Subject, group: Group, criteria: Sequence[Criterion], last: float
) -> tuple[list[IndexDate], str]:
    days = [d for d in group.visit_days(subject) if d <= last]
    if not days:
        return [], "no visit while observed"
    answers = [all_of([answer(c, subject, group, d) for c in criteria]) for d in days]
    found = [_dated(subject, d, prevalent=k == 0) for k, d in enumerate(days) if answers[k] is Answer.MET]
    open_ = Answer.CANNOT_TELL in answers
    return found, "eligibility can not be told at any visit" if open_ else "not eligible at any visit"


@dataclass(frozen=True, slots=True)
class Clock:
    """How a subject's time is counted: eligible on a day, counted from `start` to `end`, treated from a day or never.

    All in days of one origin; `event`: whether the time ended with it.
    """

    subject: str
    eligible: float
    start: float
    end: float
    treated_from: float | None = None
    event: bool = False

    def __post_init__(self) -> None:
        days = [self.eligible, self.start, self.end, *([] if self.treated_from is None else [self.treated_from])]
        if not all(math.isfinite(d) for d in days) or self.end < self.start or self.start < self.eligible:
            raise ValueError(f"{self.subject}: eligible {self.eligible}, counted from {self.start} to {self.end}")
        if self.treated_from is not None and not self.eligible <= self.treated_from <= self.end:
            raise ValueError(
                f"{self.subject}: treated from day {self.treated_from}, eligible {self.eligible} to {self.end}"
            )


@dataclass(frozen=True, slots=True)
class Guaranteed:
    """Guaranteed event-free days of one group: `inside` the clock before treatment, `before` the clock began.

    Each as total and median over `n` subjects; `counted`: days on the clock.
    """

    n: int
    counted: float
    inside: float
    median_inside: float
    before: float
    median_before: float


@dataclass(frozen=True, slots=True)
class ImmortalTime:
    """Guaranteed time of treated and untreated, whether it differs, and what that means, in words."""

    treated: Guaranteed | None
    untreated: Guaranteed | None
    inside_detected: bool
    unequal_selection: bool
    because: tuple[str, ...]
    lacking: str = ""


def immortal_time(treated: Sequence[Clock], untreated: Sequence[Clock]) -> ImmortalTime:
    """Whether treated and untreated had guaranteed event-free time by design, and how much.

    >>> one = immortal_time([Clock("a", 0, 0, 400, treated_from=90)], [Clock("b", 0, 0, 50, event=True)])
    >>> one.inside_detected, one.treated.inside
    (True, 90)
    """
    if not treated or not untreated:
        lacking = "no treated patients" if not treated else "no untreated patients"
        return ImmortalTime(_sum(treated), _sum(untreated), False, False, (), lacking)
    a, b = _guaranteed(treated), _guaranteed(untreated)
    because = []
    if a.inside > 0:
        share = a.inside / a.counted if a.counted else 1.0
        because.append(
            f"treated subjects could not have had the event in {a.inside:g} of the {a.counted:g} days counted for them "
            f"({share:.0%}; median {a.median_inside:g} days each): count them as untreated until treatment"
        )
    unequal = a.median_before != b.median_before
    if unequal:
        because.append(
            f"from eligibility to the start of the clock, {a.median_before:g} days (median) of treated and "
            f"{b.median_before:g} of untreated subjects were free of the event by design: align or enter them late"
        )
    return ImmortalTime(a, b, a.inside > 0, unequal, tuple(because))


def _sum(clocks: Sequence[Clock]) -> Guaranteed | None:
    return _guaranteed(clocks) if clocks else None


def _guaranteed(clocks: Sequence[Clock]) -> Guaranteed:
    inside = [max(0.0, c.treated_from - c.start) if c.treated_from is not None else 0.0 for c in clocks]
    before = [c.start - c.eligible for c in clocks]
    counted = sum(c.end - c.start for c in clocks)
    return Guaranteed(len(clocks), counted, sum(inside), median(inside), sum(before), median(before))


def clocks(group: Group, dates: IndexDates, from_treatment: bool) -> tuple[Clock, ...]:
    """Clocks of a group from its first index days, with death as the event.

    `from_treatment`: the clock of a treated subject starts with treatment, otherwise at the index day.
    """
    first = dates.first()
    made = []
    for s in group.subjects:
        day = first.get((group.name, s.id))
        if day is None:
            continue
        start = max(day, s.entry)
        if from_treatment and s.treatment is not None:
            start = max(start, s.treatment)
        if start <= s.exit:
            made.append(Clock(s.id, day, start, s.exit, s.treatment, bool(s.death)))
    return tuple(made)
