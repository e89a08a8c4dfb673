"""Comparability as evidence: the table of attrition, time zero of both groups, a difference, a patient's place.

Cannot see: what its parts can not see: ``attrition``, ``index_date``, ``differences``, ``matching``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, stdev

from proband.core.evidence import Column, Table
from proband.core.provenance import digest
from proband.core.quantity import GRID, Quantity
from proband.science.natural_history.attrition import Step
from proband.science.natural_history.cohort_folder import CohortFolder
from proband.science.natural_history.differences import NORMAL_975, Difference
from proband.science.natural_history.index_date import Clock, IndexDates, immortal_time
from proband.science.natural_history.matching import matched, places
from proband.science.natural_history.subject_table import CLASSES, Group


def attrition_table(steps: Sequence[Step]) -> Table:
    """The steps as a table: group, criterion, people before, met, not met, can not be told."""
    columns = (
        Column("group", "", "treated or untreated"),
        Column("criterion", "", "condition of eligibility"),
        Column("before", "1", "people before it"),
        Column("met", "1", "people who meet it"),
        Column("not_met", "1", "people who do not"),
        Column("not_told", "1", "people of whom it can not be told"),
    )
    rows = tuple((s.group, s.text, str(s.before), str(s.met), str(s.not_met), str(s.cannot_tell)) for s in steps)
    return Table("attrition", "Eligibility, one criterion after the other", columns, len(rows), digest(rows), "", rows)


@dataclass(frozen=True, slots=True)
class TimeZero:
    """What holds of the index rule, in words, and the guaranteed days of each group; None where not told."""

    answers: Mapping[str, bool | None]
    statement: str
    treated_days: float | None
    untreated_days: float | None
    because: tuple[str, ...]


def time_zero(held: CohortFolder, untreated: Group) -> TimeZero:
    """The index rule applied to both groups, with the time in which by design nobody could have an event.

    Treated people count from their last index day up to treatment under `all_eligible` (each eligible visit of an
    untreated person is one as well), and from the first under any other rule. Index days lie on visits, so that days up
    to the median distance of treated visits are not told apart from none.
    """
    rule = held.cohort.index.rule
    of_untreated = held.index_of(untreated)
    if held.treated is None or not held.patients:
        said = f"The rule is {rule}; the treated are not described, so that their time zero can not be told."
        answers = {"stated": True, "same_rule_for_both": None, "no_guaranteed_event_free_time": None}
        return TimeZero({**answers, "late_entry_accounted": _late(of_untreated)}, said, None, None, ())
    of_treated = held.index_of(held.treated)
    made = immortal_time(_clocks(held.treated, of_treated, True), _clocks(untreated, of_untreated, False))
    missing = [f"{len(d.without)} {d.group}" for d in (of_treated, of_untreated) if d.without]
    said = (
        f"The rule {rule} gives {len(of_treated.first())} treated and {len(of_untreated.first())} untreated a time zero"
    )
    said += f"; without one: {', '.join(missing)}" if missing else ""
    if made.treated is None or made.untreated is None:
        answers = {"stated": True, "same_rule_for_both": None, "no_guaranteed_event_free_time": None}
        words = f"{said}; {of_treated.lacking or of_untreated.lacking or made.lacking}."
        return TimeZero({**answers, "late_entry_accounted": None}, words, None, None, ())
    days = made.treated.median_inside, made.untreated.median_inside
    visits = _visit_gap(held.treated)
    free = max(days) <= visits
    said += (
        f"; by design free of events are {days[0]:g} days of the treated (median) and {days[1]:g} of the untreated,"
        f" {'within' if free else 'beyond'} one visit interval of {visits:g} days."
    )
    answers = {"stated": True, "same_rule_for_both": of_treated.complete, "no_guaranteed_event_free_time": free}
    late = [_late(of_treated), _late(of_untreated)]
    return TimeZero({**answers, "late_entry_accounted": all(late)}, said, *days, () if free else made.because)


def _late(dates: IndexDates) -> bool | None:
    """Whether nobody counts from before entry: whoever entered late is at risk from it. None without an index day."""
    return all(d.at_risk_from >= d.day for d in dates.dates) if dates.dates else None


def _clocks(group: Group, dates: IndexDates, last: bool) -> list[Clock]:
    """A clock for each subject, from its last or first index day; the untreated never are treated."""
    days: dict[str, float] = {}
    for d in dates.dates:
        days[d.subject] = (
            d.at_risk_from
            if last and dates.rule == "all_eligible"
            else min(d.at_risk_from, days.get(d.subject, d.at_risk_from))
        )
    return [
        Clock(s.id, days[s.id], days[s.id], s.exit, s.treatment, bool(s.death))
        for s in group.subjects
        if s.id in days and days[s.id] <= s.exit and (s.treatment is None or s.treatment >= days[s.id])
    ]


def _visit_gap(group: Group) -> float:
    gaps = [b - a for s in group.subjects for a, b in pairwise(group.visit_days(s))]
    return median(gaps) if gaps else 0.0


def difference_quantity(row: Difference, treated: Group, untreated: Group) -> Quantity | None:
    """The standardised difference as a normal distribution; a value alone where there is no interval, None for none.

    For one treated patient the difference is held against the SD of the untreated alone.
    """
    if row.smd is None:
        return lone_difference(treated, untreated, row.name)
    if row.low is None or row.high is None or row.high == row.low:
        return Quantity.point(row.smd, "ratio")
    error = (row.high - row.low) / (2 * NORMAL_975)
    return _normal(row.smd, error, row.treated_n + row.untreated_n)


def _normal(value: float, error: float, n: int) -> Quantity:
    from scipy.special import ndtri

    quantiles = (value + error * ndtri(GRID)).tolist()
    return Quantity.posterior(quantiles, "ratio", model="normal, large samples", n=float(n), value=value)


def lone_difference(treated: Group, untreated: Group, name: str) -> Quantity | None:
    """Difference of one treated patient from the untreated over their SD, as a normal distribution.

    Its variance is 1 + 1/n + d^2 / (2 (n - 1)): the patient stands for the people who would be treated, so that balance
    can not be shown with one. A word of two is counted as 0 or 1. None for several patients or words, fewer than three
    known untreated, or a factor in which these do not differ. Source: Glass's difference, Hedges and Olkin 1985
    (recalled).
    """
    if len(treated.subjects) != 1:
        return None
    own, others = (
        [s.age(s.entry) if name == "age" else s.value(name) for s in g.subjects] for g in (treated, untreated)
    )
    known: list[float | str] = [v for v in others if v is not None]
    if own[0] is None or len(known) < 3:
        return None
    words = sorted({str(v) for v in (own[0], *known) if not isinstance(v, float)})
    if words and (len(words) != 2 or any(isinstance(v, float) for v in (own[0], *known))):
        return None
    x, *y = [float(v == words[1]) if words else float(v) for v in (own[0], *known)]
    spread = stdev(y)
    if spread <= 1e-12 * max(1.0, abs(x)):
        return None
    n = len(y)
    d = (x - sum(y) / n) / spread
    return _normal(d, math.sqrt(1 + 1 / n + d * d / (2 * (n - 1))), n + 1)


@dataclass(frozen=True, slots=True)
class PlaceOf:
    """A patient's place in one factor as numbers, and in words that follow the statement."""

    quantities: Mapping[str, Quantity]
    told: str


def place_of(treated: Group, untreated: Group, name: str, near: float) -> PlaceOf:
    """Where one treated patient lies in one factor; with several treated, the untreated that are near any of them."""
    numbers = [s.age(s.entry) if name == "age" else s.value(name) for s in untreated.subjects]
    known = [v for v in numbers if isinstance(v, float)]
    words = name in CLASSES or not known
    spread = stdev(known) if len(known) > 1 else 0.0
    if not words and spread == 0.0:
        return PlaceOf({}, "; the untreated do not differ in it")
    found = matched(treated, untreated, {name: None if words else near * spread})
    quantities, told = dict[str, Quantity](), ""
    if len(treated.subjects) == 1:
        place = places(treated.subjects[0], untreated, [name])[0]
        if place.below is not None and place.equal is not None:
            quantities["percentile"] = Quantity.point(place.below + place.equal / 2, "fraction", n=float(place.n))
            told += f"; {place.below:.0%} of the untreated lie below the patient" + (
                ", who lies beyond all of them" if place.outside else ""
            )
        share = found.neighbours[0].share
        if share is not None:
            quantities["overlap"] = Quantity.point(share, "fraction")
            told += f"; {share:.0%} are near"
    if not found.lacking:
        quantities["effective_matched_n"] = Quantity.point(found.effective_n, "count")
        told += f"; they amount to {found.effective_n:.3g} people"
    elif not told:
        told = f"; {found.lacking}"
    return PlaceOf(quantities, told.replace("%", " %"))
