"""Calendars of follow-up as tables, a figure and events: by date, by the child's age, by year.

The iCalendar file holds pseudonyms and no age: with a date, an age would tell the birthday. Cannot see: what the plan
does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from proband.core.evidence import TABLE_PREVIEW_ROWS, Column, Figure, Members, Table
from proband.core.provenance import digest
from proband.science.answers import members
from proband.science.follow_up.calendar_dates import age, plus_months
from proband.science.follow_up.folder import PatientCalendar
from proband.science.follow_up.icalendar import CalendarEvent
from proband.science.follow_up.plan_file import FollowUp
from proband.science.follow_up.reports import yearly
from proband.science.follow_up.schedule import year_of
from proband.science.safety.monitoring_due import Made

VISITS = (
    ("subject", "", "Pseudonym"), ("visit", "", "Name in the plan"), ("kind", "", "examination or contact"),
    ("offset", "", "As planned"), ("date", "", "Of the visit"), ("from", "", "First day of its window"),
    ("to", "", "Last day of its window"), ("year", "", "After the last dose"), ("age", "", "Of the patient then"),
    ("items", "", "What is done"), ("looks for", "", "What the items look for"), ("blood_mL", "mL", "At the visit"),
    ("made", "", "Items seen, missing, open, to come, or not told"),
)  # fmt: skip
DRAWS = (
    ("subject", "", "Pseudonym"), ("day", "d", "Of the program's tables"), ("what", "", "Tests and items"),
    ("mL", "mL", "Of the day"), ("window_mL", "mL", "Of the window that ends then"), ("kg", "kg", "Body weight"),
    ("single_percent", "%", "Of total blood volume"), ("window_percent", "%", "Of total blood volume"),
    ("within", "", "yes, no, or cannot tell"), ("least_kg", "kg", "Least weight that keeps both limits"),
    ("because", "", "Weight and its source, mL/kg"),
)  # fmt: skip
TRACKING = (
    ("subject", "", "Pseudonym"), ("visit", "", "Name in the plan"), ("date", "", "Of the visit"),
    ("item", "", "In the plan"), ("looks for", "", "Durability and late effects"),
    ("made", "", "done, missing, window open, to come, or not told"), ("because", "", "What is missing"),
    ("rows", "", "Where the values stand"), ("register", "", "To which it is linked"),
)  # fmt: skip
YEARS = (
    ("subject", "", "Pseudonym"), ("year", "", "After the last dose"), ("from", "", "First day"),
    ("to", "", "Last day"), ("age at the end", "", "Of the patient"), ("examinations", "", "Planned"),
    ("contacts", "", "Planned"), ("items", "", "Due in the year"), ("blood_mL", "mL", "Drawn for follow-up"),
    ("reports", "", "Reports of the IND that fall due in the year"),
)  # fmt: skip


def visit_rows(plan: FollowUp, calendars: Sequence[PatientCalendar]) -> list[tuple[str, ...]]:
    """One row for each planned visit of each patient."""
    items = {i.id: i for i in plan.item}
    made = []
    for c in calendars:
        for p in c.visits:
            looks = sorted({x for i in p.items for x in items[i].looks_for})
            states = [(t.item, t.made) for t in c.tracked if t.visit == p]
            told = "; ".join(f"{i}: {m.replace('_', ' ')}" for i, m in states if m is not Made.TO_COME)
            made.append(
                (
                    c.subject, p.visit, p.kind, p.offset, p.on.isoformat(), p.first.isoformat(), p.last.isoformat(),
                    str(year_of(p.on, c.last_dose)), age(c.born, p.on) if c.born and p.on >= c.born else "",
                    " ".join(p.items), " ".join(looks), _ml(plan, p.items), told or ("to come" if states else ""),
                )
            )  # fmt: skip
    return made


def _ml(plan: FollowUp, items: Sequence[str]) -> str:
    from proband.core.units import convert

    held = {i.id: i.blood for i in plan.item}
    volumes = [convert(b.value, b.unit, "mL") for b in (held[i] for i in items) if b is not None]
    return f"{sum(volumes):g}" if volumes else ""


LATE = ("durability", "off_target_effects", "cancer", "delayed_events")


def tracking_rows(plan: FollowUp, calendars: Sequence[PatientCalendar]) -> list[tuple[str, ...]]:
    """One row for each item of a visit that looks for durability or late effects, with the register it is linked to."""
    looks = {i.id: [x for x in LATE if x in i.looks_for] for i in plan.item}
    register = f"{plan.registry.name}, {plan.registry.identifier}" if plan.registry is not None else ""
    return [
        (
            t.subject, f"{t.visit.visit} {t.visit.offset}", t.visit.on.isoformat(), t.item, " ".join(looks[t.item]),
            t.made.replace("_", " "), t.because if t.made is not Made.TO_COME else "", "; ".join(t.rows), register,
        )
        for c in calendars for t in c.tracked if looks[t.item]
    ]  # fmt: skip


def draw_rows(calendars: Sequence[PatientCalendar]) -> list[tuple[str, ...]]:
    """One row for each day with a planned draw."""
    said = {True: "yes", False: "no", None: "cannot tell"}

    def shown(x: float | None) -> str:
        return "" if x is None else f"{x:.3g}"

    return [
        (
            c.subject, f"{d.day:g}", " ".join(d.what), f"{d.ml:g}", f"{d.window_ml:g}", shown(d.kg),
            shown(d.single_percent), shown(d.window_percent), said[d.within], f"{d.least_kg:.3g}", d.because,
        )
        for c in calendars for d in c.draws
    ]  # fmt: skip


def draw_members(calendars: Sequence[PatientCalendar]) -> Members:
    """Days with a draw: within the limits, beyond one (absent), or the weight is not known."""
    return members({f"{c.subject}: day {d.day:g}": d.within for c in calendars for d in c.draws})


def year_rows(plan: FollowUp, calendars: Sequence[PatientCalendar]) -> list[tuple[str, ...]]:
    """One row for each year after the last dose: what is due in it. Year 0 holds visits up to the last dose."""
    made = []
    for c in calendars:
        last = max([year_of(c.end, c.last_dose), *(year_of(p.on, c.last_dose) for p in c.visits)], default=0)
        for year in range(0 if any(year_of(p.on, c.last_dose) == 0 for p in c.visits) else 1, last + 1):
            start = plus_months(c.last_dose, 12 * (year - 1)) + timedelta(days=1) if year else c.first_dose
            end = plus_months(c.last_dose, 12 * year)
            mine = [p for p in c.visits if year_of(p.on, c.last_dose) == year]
            done = [i for p in mine for i in p.items]
            counted = ", ".join(f"{i} x {done.count(i)}" for i in dict.fromkeys(done))
            reports = [f"by {by}" for _, by in _reports(plan, c.end) if start <= by <= end]
            made.append(
                (
                    c.subject, str(year), start.isoformat(), end.isoformat(),
                    age(c.born, end) if c.born and end >= c.born else "",
                    str(sum(p.kind == "examination" for p in mine)), str(sum(p.kind == "contact" for p in mine)),
                    counted, _ml(plan, done), "; ".join(reports),
                )
            )  # fmt: skip
    return made


def _reports(plan: FollowUp, until: date) -> list[tuple[date, date]]:
    return list(yearly(plan.reporting.ind_in_effect_on, until)) if plan.reporting is not None else []


def table(name: str, title: str, columns: Sequence[tuple[str, str, str]], rows: Sequence[tuple[str, ...]]) -> Table:
    """Rows as a table of evidence."""
    held = tuple(rows)
    shown = held[:TABLE_PREVIEW_ROWS]
    return Table(name, title, tuple(Column(*c) for c in columns), len(held), digest(held), "", shown)


def events(plan: FollowUp, program: str, calendars: Sequence[PatientCalendar]) -> Iterator[CalendarEvent]:
    """Visits with their windows in words, yearly reports, and the end of each patient's plan."""
    how = {i.id: i.how for i in plan.item}
    for c in calendars:
        for p in c.visits:
            done = "\n".join(f"{i}: {how[i]}" for i in p.items)
            key, what = f"{program}/{c.subject}/{p.visit}/{p.offset}", f"{c.subject}: {p.kind}, {p.visit} {p.offset}"
            said = f"Window {p.first} to {p.last}.\n{done}".strip()
            yield CalendarEvent(key, p.on, p.on, what, said, p.kind)
        what = f"{c.subject}: planned end of follow-up"
        yield CalendarEvent(f"{program}/{c.subject}/end", c.end, c.end, what, "", "end")
    until = max((c.end for c in calendars), default=None)
    for on, by in _reports(plan, until) if until is not None else ():
        said = f"Anniversary {on} of the day on which the IND went into effect; 21 CFR 312.33: within 60 days."
        yield CalendarEvent(f"{program}/yearly/{on}", by, by, "Yearly report of the IND: last day", said, "report")


def figure(calendars: Sequence[PatientCalendar]) -> Figure | None:
    """Visits by date, two lanes for each patient; None without a patient."""
    if not calendars:
        return None
    rows: list[dict[str, str]] = []
    for c in calendars:
        for kind in ("examination", "contact"):
            rows += [
                {"lane": f"{c.subject}: {kind}s", "start": p.on.isoformat(), "row": kind}
                for p in c.visits
                if p.kind == kind
            ]
        doses = dict.fromkeys((c.first_dose, c.last_dose))
        rows += [{"lane": f"{c.subject}: doses and end", "start": d.isoformat(), "row": "dose"} for d in doses]
        rows.append({"lane": f"{c.subject}: doses and end", "start": c.end.isoformat(), "row": "planned end"})
    said = "; ".join(f"{c.subject}: {len(c.visits)} visits to {c.end}" for c in calendars)
    return Figure(
        name="follow_up", title="Planned follow-up", chart="timeline", alt=f"Visits by date. {said}.",
        encoding={"lane": "lane", "start": "start", "color": "row"}, rows=tuple(rows), labels={"start": "date"},
    )  # fmt: skip
