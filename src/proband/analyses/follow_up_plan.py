"""How long treated people are followed, in which visits, what these look for, and whether children's growth is tracked.

Asks: how many years lie between the last dose and the planned end; does each year hold the examination or contact that
is asked for; are late effects, cancer included, looked for in every year; what became of visits that were due; do
draws of blood keep their limits for the child's weight; are height, weight and milestones followed after the dose?
Cannot see: whether the visits will be kept and the money is there, what a register holds that nobody copied, and
whether the items are the right ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Members, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity
from proband.science.follow_up import READS

if TYPE_CHECKING:
    from proband.science.follow_up.folder import FollowUpFolder, PatientCalendar
    from proband.science.follow_up.plan_file import FollowUp


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the plan and its tables, without numerics."""
    problems: list[Problem] = []
    _read(inputs, problems)
    return problems


def _read(inputs: Inputs, problems: list[Problem]) -> FollowUpFolder | None:
    from proband.science.follow_up.folder import read_follow_up_folder, unit_problems

    held = read_follow_up_folder({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    if held is not None:
        problems += unit_problems(held)
    return held


@analysis(
    claims=("follow_up.plan", "follow_up.late_effects", "follow_up.growth"),
    reads=READS,
    uses=("id", "patients", "children", "day_zero", "data_cut"),
    version=1,
    border=border,
)
def follow_up_plan(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line on the plan and one on late effects where there is a plan, one on growth of each dosed child."""
    from proband.science.follow_up.folder import dose_dates, patient_calendar

    problems: list[Problem] = []
    held = _read(inputs, problems)
    if problems or held is None:
        raise ProgramError(problems)
    own = [p.id for p in program.patients]
    doses = dose_dates(held, program.day_zero, own)
    if held.plan is not None:
        calendars = [patient_calendar(held, s, d, program.day_zero, program.data_cut) for s, d in doses.items()]
        undated = sorted(s for s in own if held.seen.dose_days(s) and s not in doses)
        yield _plan(program.id, held.plan, calendars, undated)
        yield _late_effects(program.id, held.plan, calendars, undated)
    if program.children is not False:
        for patient in program.patients:
            if held.seen.dose_days(patient.id):
                yield from _growth(held, patient.id, patient.sex)


def _plan(program: str, plan: FollowUp, calendars: list[PatientCalendar], undated: list[str]) -> Draft:
    from proband.science.follow_up import calendar_tables as tables
    from proband.science.follow_up.custody import custody
    from proband.science.follow_up.plan_words import plan_words
    from proband.science.follow_up.schedule import calendar_members, shorter, years_planned
    from proband.science.follow_up.tracking import kept

    doses = [(c.first_dose, c.last_dose) for c in calendars]
    years = None if undated else years_planned(plan, doses)
    members, why = calendar_members(plan, doses)
    if undated:
        members = Members((), (), (*members.present, *members.absent, *members.unknown))
        why = dict.fromkeys(why, "not told: program.toml states no day_zero")
    tracked = kept([t for c in calendars for t in c.tracked])
    figure = tables.figure(calendars)
    made = [tables.table("years", "What is due in each year", tables.YEARS, tables.year_rows(plan, calendars))]
    made.append(tables.table("visits", "Planned visits", tables.VISITS, tables.visit_rows(plan, calendars)))
    tracking = tables.tracking_rows(plan, calendars)
    made.append(tables.table("late events", "Durability and late events, visit by visit", tables.TRACKING, tracking))
    if any(c.draws for c in calendars):
        made.append(tables.table("blood", "Planned draws of blood", tables.DRAWS, tables.draw_rows(calendars)))
    concerns = [Concern(ConcernWord.SELECTIVE, f"{s} was dosed, and program.toml states no day_zero") for s in undated]
    return Draft(
        kind="follow_up.plan",
        statement=" ".join(plan_words(plan, years, why, tracked, calendars)),
        subject=Subject("program", program),
        name="planned follow-up",
        scope=Scope(
            where="plan/follow_up.toml, with doses of clinical/dosing.csv",
            how="dates by the calendar from the dose; years counted from the last dose of each patient",
            denominator=f"{len(calendars)} dosed patients with a date, {sum(len(c.visits) for c in calendars)} visits",
            not_covered="whether visits will be kept and paid for; reports owed outside the IND",
            settings={"product_class": plan.product_class, "counts_from": plan.counts_from},
        ),
        quantities={"years": Quantity.exact(years, "a")} if years is not None else {},
        facts={
            "calendar": members, "kept": tracked, "draws": tables.draw_members(calendars), "custody": custody(plan),
            **({"shorter_term": shorter(plan, years)} if shorter(plan, years) else {}),
        },
        readout_definition="Years: from the last dose to the planned end, the least over patients. Calendar: each year "
        "after the last dose holds an examination (1 to 5), an examination or contact (6 to 15).",
        concerns=tuple(concerns),
        tables=tuple(t for t in made if t.n_rows),
        figures=(figure,) if figure is not None else (),
    )  # fmt: skip


def _late_effects(program: str, plan: FollowUp, calendars: list[PatientCalendar], undated: list[str]) -> Draft:
    from proband.science.follow_up.schedule import looked_for

    wanted = ("off_target_effects", "cancer")
    doses = [(c.first_dose, c.last_dose) for c in calendars]
    members, why = looked_for(plan, doses, wanted)
    if undated:
        members = Members((), (), wanted)
        why = dict.fromkeys(wanted, "program.toml states no day_zero")
    said = "; ".join(f"{k.replace('_', ' ')}: {v}" for k, v in why.items())
    return Draft(
        kind="follow_up.late_effects",
        statement=f"Late effects that planned visits look for: {said}.",
        subject=Subject("program", program),
        name="late effects",
        scope=Scope(
            where="plan/follow_up.toml",
            how="items of visits by what they look for, in each year after the last dose",
            denominator=f"{len(plan.item)} items, {len(calendars)} dosed patients with a date",
            not_covered="whether the items would find what they look for",
        ),
        facts={"looked_for": members},
        readout_definition="Looked for: an item of a visit in every year of the planned term looks for it.",
    )


def _growth(held: FollowUpFolder, subject: str, sex: str) -> Iterator[Draft]:
    from proband.science.follow_up.growth import growth
    from proband.science.follow_up.growth_lines import changes, growth_members, growth_table

    names = held.plan.growth if held.plan is not None else None
    planned = sorted({x for i in held.plan.item for x in i.looks_for}) if held.plan is not None else None
    found = growth(names, held.seen, subject, sex, held.reference, planned)
    if held.plan is None and not any(t.state or t.scores or "values" in t.because for t in found):
        return  # nobody says that growth is followed, and nothing of it is here
    first = min(held.seen.dose_days(subject))
    table = growth_table(found)
    yield Draft(
        kind="follow_up.growth",
        statement=f"{subject}: {'; '.join(f'{t.what}: {t.because}' for t in found)}.",
        subject=Subject("patient", subject),
        name="growth and milestones",
        scope=Scope(
            where="clinical/*.csv",
            how="values standardised in the folder, or by the L, M and S of plan/growth_reference.csv",
            denominator=f"{sum(len(t.scores) for t in found)} standardised values",
            not_covered="how height and weight were measured",
        ),
        quantities=changes(found, first),
        facts={"tracked": growth_members(found)},
        readout_definition="Tracked: height and weight with two values standardised for age, one of them after the "
        "first dose; milestones with an entry after it. Not (absent): no value, and the plan has no item for it.",
        tables=(table,) if table.n_rows else (),
    )
