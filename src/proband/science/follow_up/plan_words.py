"""A plan of follow-up in sentences.

Cannot see: what the plan does not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from proband.core.evidence import Members
from proband.science.follow_up.folder import PatientCalendar, limits_of
from proband.science.follow_up.plan_file import FollowUp
from proband.science.follow_up.schedule import beyond_end, shorter
from proband.science.follow_up.terms import terms


def plan_words(
    plan: FollowUp, years: float | None, why: Mapping[str, str], tracked: Members, calendars: Sequence[PatientCalendar]
) -> Iterator[str]:
    """What the plan says: the term and that of its class, the calendar, visits kept, blood, custody."""
    asked = terms()[plan.product_class]
    if years is None:
        yield "The term from the last dose is not known: the date of a dose is missing."
    else:
        yield f"Follow-up is planned for {years:.4g} years from the last dose."
    of_class = f"{asked.years} years are asked of it" if asked.years else "no document read states a term"
    yield f"{asked.title}: {of_class} (read as: {asked.read_as})."
    if plan.shorter_because and shorter(plan, years) in ("with_reason", "class_has_no_term"):
        yield f"Reason given for the term: {plan.shorter_because.rstrip('.')}."
    elif shorter(plan, years) == "without_reason":
        yield "No reason is given for a shorter term."
    yield from (f"{v[0].upper()}{v[1:]}." for v in why.values())
    for c in calendars:
        late = list(beyond_end(plan, c.first_dose, c.last_dose))
        if late:
            yield f"{c.subject}: {len(late)} visits lie after the planned end on {c.end}."
    if tracked.present or tracked.absent or tracked.unknown:
        yield (
            f"Of items whose window has closed {len(tracked.present)} have a value, {len(tracked.absent)} have none, "
            f"and of {len(tracked.unknown)} that is not told."
        )
    yield from _blood(plan, calendars)
    yield from _custody(plan)


def _blood(plan: FollowUp, calendars: Sequence[PatientCalendar]) -> Iterator[str]:
    every = [d for c in calendars for d in c.draws]
    if plan.blood is None:
        if any(i.blood is not None for i in plan.item):
            yield "Blood is drawn, and the plan names no limits for it."
        return
    rule = limits_of(plan)
    beyond, open_ = [d for d in every if d.within is False], [d for d in every if d.within is None]
    yield (
        f"Of {len(every)} days with a draw {len(beyond)} exceed {rule.single_percent:g} % of blood volume at one time "
        f"or {rule.window_percent:g} % in {rule.window_days} days (limits read as: {rule.read_as}); of {len(open_)} no "
        "weight is known."
    )
    if beyond:
        worst = max(beyond, key=lambda d: d.single_percent or 0.0)
        yield (
            f"The largest is {worst.single_percent:.2g} % on day {worst.day:g}; it would need {worst.least_kg:.3g} kg "
            f"({worst.because})."
        )


def _custody(plan: FollowUp) -> Iterator[str]:
    c = plan.custody
    if c is None:
        yield "Who holds the data, pays and takes over is not stated."
        return
    parts = [f"data are held by {c.holder_of_data}" if c.holder_of_data else "who holds the data is not stated"]
    until = f" until {c.funded_until}" if c.funded_until else ""
    parts.append(f"funding: {c.funding}{until}" if c.funding else "funding is not stated")
    parts.append(f"if the sponsor leaves: {c.successor}" if c.successor else "who takes over is not stated")
    yield f"Custody: {'; '.join(p.rstrip('.') for p in parts)}."
    if plan.registry is not None:
        yield f"Linked to {plan.registry.name} as {plan.registry.identifier}: {plan.registry.link.rstrip('.')}."
