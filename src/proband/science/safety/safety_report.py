"""Serious harm among some exposed patients: counts, exact limits, what could not have been seen, and the swimmer plot.

Serious events for certain, and those whose seriousness is not known on top; patients with one (Clopper and Pearson);
the rate per patient-year (Garwood); windows of time with their own limits, and windows into which nobody was followed.
Sources: `limits`, `adverse_events`. Events before the first dose are listed and not counted.

Cannot see: events that nobody sought or wrote down; harm that comes after the last contact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proband.core.evidence import Column, Figure, Table
from proband.core.provenance import digest
from proband.core.quantity import Quantity
from proband.science.safety.adverse_events import AdverseEvent, Selection, WindowRate, incidence, window_rates
from proband.science.safety.exposure import DAYS_PER_YEAR, ExposureRegister, last_day
from proband.science.safety.limits import ExactLimits, patients_limits, rate_limits

SERIOUS = Selection(serious=True)
WINDOWS = (0.0, 30.0, 90.0, 365.25, 5 * 365.25, 15 * 365.25)
"""Days from the first dose: acute, early, first year, to five and to fifteen years of follow-up."""
MOST_TERMS = 6


@dataclass(frozen=True, slots=True)
class SeriousHarm:
    """Serious events of followed patients: certain and possible, patients with one, limits, windows, exposure (days).

    `proportion` and `rate` are None where nobody was followed; `before` are events before the first dose.
    """

    patients: int
    days: float
    certain: int
    possible: int
    patients_with: int
    proportion: ExactLimits | None
    rate: ExactLimits | None
    windows: tuple[WindowRate, ...]
    events: tuple[AdverseEvent, ...]
    uncounted: tuple[tuple[AdverseEvent, str], ...]


def serious_harm(register: ExposureRegister, events: Sequence[AdverseEvent]) -> SeriousHarm:
    """Serious harm in a register. Raises ``ProgramError`` for events that can not be.

    >>> from proband.science.safety.exposure import Exposed
    >>> one = ExposureRegister((Exposed("P1", "x", "LNP", (0.0,), 182.0),))
    >>> made = serious_harm(one, [])
    >>> made.certain, made.proportion.informative, round(made.rate.upper, 2)
    (0, False, 6.01)
    """
    table = incidence(register, events, SERIOUS, by="all")
    held = {p.subject for p in register.followed}
    counted = [e for e in events if e.subject in held and e.day >= 0]
    said = [(e, SERIOUS.holds(e)) for e in counted]
    certain, possible = sum(s is True for _, s in said), sum(s is None for _, s in said)
    who = {e.subject for e, s in said if s}
    days = sum(last_day(p) for p in register.followed)
    n = len(held)
    return SeriousHarm(
        n, days, certain, possible, len(who),
        patients_limits(len(who), n) if n else None,
        rate_limits(certain, days / DAYS_PER_YEAR, "a") if days > 0 else None,
        window_rates(register, events, WINDOWS, SERIOUS), tuple(counted), table.uncounted,
    )  # fmt: skip


def quantities(made: SeriousHarm) -> dict[str, Quantity]:
    """Exposure, serious events and their rate: a count is exact only where the seriousness of every event is known."""
    found = {"exposure_days": Quantity.exact(made.days, "d", n=made.patients)}
    if not made.patients:
        return found
    if made.possible:
        total = made.certain + made.possible
        found["serious_events"] = Quantity.point(made.certain, "count", low=made.certain, high=total)
        return found
    found["serious_events"] = Quantity.exact(made.certain, "count", n=made.patients)
    if made.rate is not None:
        r = made.rate
        if made.certain:
            rate = Quantity.confidence(r.estimate, r.low, r.high, r.level, "/a", n=made.patients)
        else:
            model = "Poisson, exact (Garwood)"
            rate = Quantity.bound(r.upper, "/a", side="upper", level=r.level, n=made.patients, model=model)
        found["serious_event_rate"] = rate
    return found


def told(made: SeriousHarm, who: str) -> str:
    """What was seen, with its limits, and whether that is any information, without an end."""
    if not made.patients:
        return f"Nobody of {who} was followed after a dose: nothing is known of harm"
    count = f"{made.certain} serious event{'' if made.certain == 1 else 's'}" if made.certain else "No serious event"
    more = f" and {made.possible} whose seriousness is not known" if made.possible else ""
    said = f"{count}{more} in {made.days:g} days after the first dose of {who}"
    if made.proportion is not None:
        said += f"; {made.proportion.text}"
    if made.rate is not None:
        rate, unit = made.rate, "per patient-year"
        said += f"; rate {_figure(rate.estimate)} ({_figure(rate.low)} to {_figure(rate.high)} at 95 %) {unit}"
    names = list(dict.fromkeys(_named(e) for e in made.events))
    rest = f" and {len(names) - MOST_TERMS} more" if len(names) > MOST_TERMS else ""
    return f"{said}; events: {', '.join(names[:MOST_TERMS]) + rest}" if names else f"{said}; no event of any kind"


def _named(e: AdverseEvent) -> str:
    grade = f"grade {e.grade}" if e.grade is not None else "grade not known"
    serious = {True: ", serious", False: "", None: ", seriousness not known"}[e.serious]
    return f"{e.term} ({grade}{serious}, day {e.day:g} after the first dose)"


def unseen(made: SeriousHarm) -> str:
    """What could not have been seen: windows into which nobody was followed, and events that are not counted.

    >>> from proband.science.safety.exposure import Exposed
    >>> unseen(serious_harm(ExposureRegister((Exposed("P1", "x", "LNP", (0.0,), 60.0),)), []))
    'nobody was followed into days 90 to 365, 365 to 1826, 1826 to 5479 after the first dose'
    """
    empty = [w for w in made.windows if not w.patients_at_risk]
    spans = ", ".join(f"{w.start:.0f} to {w.end:.0f}" for w in empty)
    said = [f"nobody was followed into days {spans} after the first dose"] if empty else []
    said += [f"not counted: {e.term} of {e.subject}, {why}" for e, why in made.uncounted]
    return "; ".join(said)


def limit(made: SeriousHarm, sought: Sequence[str]) -> str:
    """The detection limit of the search: what the exposure can exclude, and how events were sought."""
    how = "; ".join(dict.fromkeys(s for s in sought if s)) or "not known: nobody says how events were sought"
    if made.rate is None:
        return f"not known: nobody was followed; {how}"
    return f"rates below {_figure(made.rate.upper)} per patient-year are not excluded (95 %, one-sided); {how}"


_COLUMNS = (
    Column("window", "d", "Days from the first dose"),
    Column("patients", "", "Patients followed into the window"),
    Column("years", "a", "Patient-years in it"),
    Column("serious events", "", "Serious events, and those whose seriousness is not known"),
    Column("rate at most", "/a", "One-sided upper 95 % limit, all of these counted"),
)


def windows_table(made: SeriousHarm) -> Table:
    """Serious events by window of time, each with its own limit."""
    rows = tuple(
        (
            f"{w.start:.0f} to {w.end:.0f}", str(w.patients_at_risk), f"{w.years:.3g}",
            f"{w.events}" + (f" + {w.events_possible} not known" if w.events_possible else ""),
            "nobody was followed" if w.upper_rate is None else _figure(w.upper_rate),
        )
        for w in made.windows
    )  # fmt: skip
    return Table("windows", "Serious events by time since the first dose", _COLUMNS, len(rows), digest(rows), "", rows)


def swimmer(register: ExposureRegister, events: Sequence[AdverseEvent]) -> Figure:
    """Each patient as a lane: time under observation, doses and events, in days from the first dose."""
    rows: list[dict[str, str | float]] = []
    for p in register.patients:
        lane = f"{p.subject} ({p.product})"
        rows.append({"lane": lane, "start": 0.0, "end": last_day(p), "label": "", "row": "observed"})
        rows += [{"lane": lane, "start": d, "label": "", "row": "dose"} for d in p.dose_days]
        rows += [
            {"lane": lane, "start": e.day, "label": e.term, "row": "serious event" if e.serious else "event"}
            for e in events
            if e.subject == p.subject
        ]
    return Figure(
        name="exposure", title="Exposure, doses and adverse events", chart="timeline",
        alt=f"{len(register.patients)} patients by time under observation; {len(events)} adverse events.",
        encoding={"lane": "lane", "start": "start", "end": "end", "label": "label", "color": "row"}, rows=tuple(rows),
        labels={"start": "days since the first dose"},
    )  # fmt: skip


def _figure(x: float) -> str:
    return f"{x:.3g}"
