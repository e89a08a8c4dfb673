"""Planned visits of one patient by date and age, and what the calendar holds in each year after the last dose.

Offsets in months and years go by the calendar, offsets in days by days. Years of the calendar are counted from the last
dose, whatever the plan counts from: the last dose is the last exposure. Year k runs from after its start to its
anniversary, so that a visit on the anniversary belongs to the year that it closes.

Cannot see: whether a visit will be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from proband.core.evidence import Members
from proband.science.follow_up.calendar_dates import plus_months, years_between
from proband.science.follow_up.plan_file import FollowUp, Visit
from proband.science.follow_up.terms import terms
from proband.science.told_words import told

ANY_DATE = date(2001, 1, 1)
"""Stands in for a dose that was not given yet: a calendar of offsets alone. No leap day lies in its first years."""
EXAMINATIONS, CONTACTS = "yearly_examinations_for_five_years", "yearly_contact_to_fifteen_years"


@dataclass(frozen=True, slots=True)
class Planned:
    """A visit of a patient: form, offset as planned, date, first and last day of its window, items."""

    visit: str
    kind: str
    offset: str
    on: date
    first: date
    last: date
    items: tuple[str, ...]


def offsets(visit: Visit) -> tuple[tuple[int, str], ...]:
    """The offsets of a visit with their unit: d, mo or a."""
    held = (("d", visit.days), ("mo", visit.months), ("a", visit.years))
    return tuple((n, unit) for unit, numbers in held for n in numbers)


def visits(plan: FollowUp, first_dose: date, last_dose: date) -> tuple[Planned, ...]:
    """All planned visits in order of date.

    >>> from proband.science.follow_up.plan_file import Source
    >>> yearly = Visit(id="year", kind="examination", years=[1, 2], window=[-30, 30], items=[])
    >>> plan = FollowUp(format=1, product_class="other", counts_from="last_dose", years=2, visit=[yearly],
    ...     source=Source(document="x", on=date(2025, 1, 1)))
    >>> [v.on.isoformat() for v in visits(plan, date(2024, 2, 1), date(2024, 2, 29))]
    ['2025-02-28', '2026-02-28']
    """
    start = first_dose if plan.counts_from == "first_dose" else last_dose
    made = []
    for v in plan.visit:
        for number, unit in offsets(v):
            months = number * (12 if unit == "a" else 1)
            on = start + timedelta(days=number) if unit == "d" else plus_months(start, months)
            low, high = (on + timedelta(days=d) for d in v.window)
            made.append(Planned(v.id, v.kind, f"{number} {unit}", on, low, high, tuple(v.items)))
    return tuple(sorted(made, key=lambda p: (p.on, p.visit, p.offset)))


def end_of(plan: FollowUp, first_dose: date, last_dose: date) -> date:
    """The planned end of follow-up."""
    if plan.end_on is not None:
        return plan.end_on
    assert plan.years is not None
    return plus_months(first_dose if plan.counts_from == "first_dose" else last_dose, 12 * plan.years)


def years_planned(plan: FollowUp, doses: Sequence[tuple[date, date]]) -> float | None:
    """Years from the last dose to the planned end: the least over patients (first and last dose of each).

    Without a dose it is the stated number where the plan counts from the last dose; else it is not known yet. An end
    before the last dose gives 0.
    """
    if not doses:
        return float(plan.years) if plan.years is not None and plan.counts_from == "last_dose" else None
    ends = [(last, end_of(plan, first, last)) for first, last in doses]
    return min(years_between(last, end) if end >= last else 0.0 for last, end in ends)


def shorter(plan: FollowUp, years: float | None) -> str:
    """Whether the term is shorter than what is asked of the class, as a word of the kind table; empty where not known.

    >>> from proband.science.follow_up.plan_file import Source
    >>> plan = FollowUp(format=1, product_class="genome_editing", counts_from="last_dose", years=10,
    ...     source=Source(document="x", on=date(2025, 1, 1)))
    >>> shorter(plan, 10.0)
    'without_reason'
    """
    asked = terms()[plan.product_class].years
    if asked is None:
        return "class_has_no_term"
    if years is None:
        return ""
    if years >= asked:
        return "not_shorter"
    return "with_reason" if told(plan.shorter_because or "") else "without_reason"


def year_of(on: date, start: date) -> int:
    """In which year after a date another lies: 1 from the day after to the first anniversary; 0 up to the date itself.

    >>> year_of(date(2026, 3, 19), date(2025, 3, 19)), year_of(date(2026, 3, 20), date(2025, 3, 19))
    (1, 2)
    """
    if on <= start:
        return 0
    exact = years_between(start, on)
    return int(exact) + (exact > int(exact))


def calendar_members(plan: FollowUp, doses: Sequence[tuple[date, date]]) -> tuple[Members, dict[str, str]]:
    """Whether each of the years after the last dose holds what is asked for, over all patients; and why.

    Without a visit in the plan nothing is told. Years of contact are those that follow the years of examinations; a
    visit of either kind counts as contact.
    """
    if not plan.visit:
        why = dict.fromkeys((EXAMINATIONS, CONTACTS), "the plan states no visit")
        return Members((), (), (EXAMINATIONS, CONTACTS)), why
    lacking: dict[str, set[int]] = {EXAMINATIONS: set(), CONTACTS: set()}
    for first, last in doses or ((ANY_DATE, ANY_DATE),):
        planned = visits(plan, first, last)
        examined = {year_of(p.on, last) for p in planned if p.kind == "examination"}
        met = {year_of(p.on, last) for p in planned}
        lacking[EXAMINATIONS] |= set(range(1, 6)) - examined
        lacking[CONTACTS] |= set(range(6, 16)) - met
    why = {
        EXAMINATIONS: _told(lacking[EXAMINATIONS], "an examination in each of years 1 to 5", "no examination in year"),
        CONTACTS: _told(lacking[CONTACTS], "contact in each of years 6 to 15", "no contact in year"),
    }
    present = tuple(k for k, years in lacking.items() if not years)
    absent = tuple(k for k, years in lacking.items() if years)
    return Members(present, absent), why


def _told(lacking: set[int], good: str, bad: str) -> str:
    return f"{bad} {ranges(lacking)}" if lacking else good


def ranges(numbers: Iterable[int]) -> str:
    """Whole numbers in words, neighbours together.

    >>> ranges([6, 7, 8, 3, 1])
    '1, 3, 6 to 8'
    """
    runs: list[list[int]] = []
    for n in sorted(set(numbers)):
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in runs)


def looked_for(
    plan: FollowUp, doses: Sequence[tuple[date, date]], what: Sequence[str]
) -> tuple[Members, dict[str, str]]:
    """Whether each late effect is looked for at a visit of every year of the planned term; and in which years not."""
    if not plan.visit:
        return Members((), (), tuple(what)), dict.fromkeys(what, "the plan states no visit")
    if not doses and plan.years is None:
        return Members((), (), tuple(what)), dict.fromkeys(what, "no dose was given, and the plan ends on a date")
    of_item = {i.id: i.looks_for for i in plan.item}
    why: dict[str, str] = {}
    groups: dict[str, list[str]] = {"present": [], "absent": []}
    for one in what:
        years = set[int]()
        for first, last in doses or ((ANY_DATE, ANY_DATE),):
            wanted = set(range(1, year_of(end_of(plan, first, last), last) + 1))
            planned = visits(plan, first, last)
            years |= wanted - {year_of(p.on, last) for p in planned if any(one in of_item[i] for i in p.items)}
            years |= set() if wanted else {1}
        why[one] = f"not in year {ranges(years)}" if years else "in every year of the plan"
        groups["absent" if years else "present"].append(one)
    return Members(tuple(groups["present"]), tuple(groups["absent"])), why


def beyond_end(plan: FollowUp, first_dose: date, last_dose: date) -> Iterator[Planned]:
    """Visits that are planned after the plan's own end."""
    end = end_of(plan, first_dose, last_dose)
    yield from (p for p in visits(plan, first_dose, last_dose) if p.on > end)
