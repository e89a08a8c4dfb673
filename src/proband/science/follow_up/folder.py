"""What a program folder holds of follow-up, read together, and the calendar of each patient made from it.

Cannot see: what its parts can not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from proband.core.errors import Problem
from proband.core.units import convert
from proband.science.clinical.series import Bound
from proband.science.follow_up.blood import BloodLimits, Draw, Weight, draws, limits
from proband.science.follow_up.calendar_dates import dated
from proband.science.follow_up.growth import DAYS_PER_MONTH, read_reference
from proband.science.follow_up.growth import FILE as REFERENCE
from proband.science.follow_up.observed import Observed, last_day, read_observed
from proband.science.follow_up.plan_file import FILE, FollowUp, read_follow_up
from proband.science.follow_up.schedule import Planned, end_of, visits
from proband.science.follow_up.tracking import Tracked, track
from proband.science.safety.monitoring_due import due
from proband.science.safety.monitoring_plan import FILE as MONITORING
from proband.science.safety.monitoring_plan import Monitoring, read_monitoring
from proband.science.transcript.rna_tables import Row


@dataclass(frozen=True, slots=True)
class FollowUpFolder:
    """The plan (None: there is none), the monitoring plan, clinical rows, the table of L, M and S."""

    plan: FollowUp | None
    monitoring: Monitoring | None
    seen: Observed
    reference: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class PatientCalendar:
    """One patient: first and last dose, end of the plan, visits, what became of them, draws, the date of birth."""

    subject: str
    first_dose: date
    last_dose: date
    end: date
    visits: tuple[Planned, ...]
    tracked: tuple[Tracked, ...]
    draws: tuple[Draw, ...]
    born: date | None


def read_follow_up_folder(files: Mapping[str, Path], problems: list[Problem]) -> FollowUpFolder | None:
    """The folder's files (path in the folder to path), or None with every fault added. Loads no numerical library."""
    before = len(problems)
    plan = read_follow_up(files[FILE], FILE, problems) if FILE in files else None
    monitoring = read_monitoring(files[MONITORING], MONITORING, problems) if MONITORING in files else None
    seen = read_observed(files, problems)
    reference = read_reference(files[REFERENCE], problems) if REFERENCE in files else ()
    if len(problems) > before or seen is None or reference is None:
        return None
    return FollowUpFolder(plan, monitoring, seen, reference)


def dose_dates(held: FollowUpFolder, day_zero: date | None, own: Sequence[str]) -> dict[str, tuple[date, date]]:
    """First and last dose of each of the program's patients, where the date of day 0 is stated."""
    made = {}
    for subject in sorted(own):
        days = held.seen.dose_days(subject)
        first, last = (dated(day_zero, days[0]), dated(day_zero, days[-1])) if days else (None, None)
        if first is not None and last is not None:
            made[subject] = (first, last)
    return made


def patient_calendar(
    held: FollowUpFolder, subject: str, doses: tuple[date, date], day_zero: date, data_cut: date | None
) -> PatientCalendar:
    """The calendar of one patient. Raises ``ProgramError`` for a plan of more tests than anybody would make."""
    assert held.plan is not None
    last = last_day(day_zero, data_cut)
    planned = visits(held.plan, *doses)
    birth = held.seen.births.get(subject)
    return PatientCalendar(
        subject, *doses, end_of(held.plan, *doses), planned,
        track(held.plan, held.seen, subject, planned, day_zero, last),
        _draws(held, subject, planned, day_zero), dated(day_zero, birth) if birth is not None else None,
    )  # fmt: skip


def _draws(held: FollowUpFolder, subject: str, planned: Sequence[Planned], day_zero: date) -> tuple[Draw, ...]:
    """Blood of follow-up and monitoring together, against the plan's limits; nothing where it states none."""
    assert held.plan is not None
    rule = held.plan.blood
    if rule is None:
        return ()
    asked: list[tuple[float, str, float]] = []
    volumes = {i.id: convert(i.blood.value, i.blood.unit, "mL") for i in held.plan.item if i.blood is not None}
    for p in planned:
        asked += [(float((p.on - day_zero).days), i, volumes[i]) for i in p.items if i in volumes]
    if held.monitoring is not None:
        tests = {t.id: convert(t.blood.value, t.blood.unit, "mL") for t in held.monitoring.test if t.blood is not None}
        made, _ = due(held.monitoring, held.seen, subject, None, day_zero)
        asked += [(float(d.day // 1), d.test, tests[d.test]) for d in made if d.test in tests]
    birth = held.seen.births.get(subject)
    return draws(asked, limits_of(held.plan), _weights(held, subject, birth), birth, rule.ml_per_kg)


def limits_of(plan: FollowUp) -> BloodLimits:
    """The limits on draws that the plan names, or its own."""
    rule = plan.blood
    assert rule is not None
    if rule.limits is not None:
        return limits()[rule.limits]
    assert rule.single_percent is not None
    assert rule.window_percent is not None
    assert rule.window_days is not None
    title = f"limits of the program: {rule.because}"
    return BloodLimits(title, rule.single_percent, rule.window_percent, rule.window_days, FILE, "stated")


def _weights(held: FollowUpFolder, subject: str, birth: float | None) -> list[Weight]:
    """Weights as measured, and those that the plan expects at ages after the last of them."""
    assert held.plan is not None
    name = held.plan.growth.weight if held.plan.growth is not None else None
    seen = held.seen.of(subject, name) if name else ()
    rows = [r for r in seen if r.value is not None and r.value > 0 and r.bound is Bound.MEASURED]
    made = [Weight(r.day, convert(r.value, r.unit, "kg"), r.row) for r in rows if r.value is not None]
    last = max((w.day for w in made), default=float("-inf"))
    if birth is not None:
        expected = [
            (birth + w.age_months * DAYS_PER_MONTH, w) for w in held.plan.expected_weight if w.patient == subject
        ]
        made += [Weight(day, w.kg, f"expected, {w.source}") for day, w in expected if day > last]
    return made


def unit_problems(held: FollowUpFolder) -> list[Problem]:
    """Weights whose unit is no unit of mass."""
    name = held.plan.growth.weight if held.plan is not None and held.plan.growth is not None else None
    problems = []
    for (_, parameter), rows in sorted(held.seen.rows.items()):
        for r in rows if parameter == name and name is not None else ():
            try:
                convert(r.value if r.value is not None else 1.0, r.unit, "kg")
            except ValueError as e:
                problems.append(Problem(r.file, f"row {r.line}, column unit", r.unit, "a unit of mass", str(e)))
    return problems[:20]
