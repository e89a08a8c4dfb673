"""Harm that was seen and the exposure over which it was sought, and whether every exposed patient is counted.

Asks: how many serious events in how many days of how many patients, within which exact limits; what could not have
been seen; is everybody exposed to the platform in the safety set, with a reason for pooling?
Cannot see: events that nobody sought or wrote down; a patient of another sponsor; whether pooling is justified.
No event in one patient is no information on safety, and the line says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Members, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.safety.adverse_events import AdverseEvent
    from proband.science.safety.exposure import Exposed, ExposureRegister
    from proband.science.safety.safety_tables import SafetyTables
    from proband.science.transcript.rna_tables import Row

SILENT = "; nobody says how events were sought, so that what is not in the table may have happened"


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the tables, without numerics."""
    from proband.science.safety.safety_tables import read_safety

    problems: list[Problem] = []
    read_safety({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    return problems


@analysis(
    claims=("safety.events", "safety.register"),
    reads={"safety": "safety/*.csv", "doses": "clinical/dosing.csv"},
    needs_files=("safety",),
    uses=("id", "patients"),
    version=1,
    packages=("numpy", "scipy"),
    border=border,
)
def safety_signals(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line for each exposed patient of the program, for each class with several patients, and for the register."""
    from proband.science.safety.exposure import ExposureRegister, groups
    from proband.science.safety.safety_tables import events_of, read_safety, register_of

    problems: list[Problem] = []
    tables = read_safety({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    if problems:
        raise ProgramError(problems)
    if tables is None:
        return
    register, events = register_of(tables.exposure), events_of(tables)
    own = {p.id for p in program.patients}
    for patient in (p for p in register.patients if p.subject in own):
        alone = ExposureRegister((patient,))
        yield from _harm(alone, events, tables, Subject("patient", patient.subject), patient.subject)
    for name, members in groups(register, "platform_class").items():
        if len(members) > 1:
            said = f"{len(members)} patients of the class {name}"
            yield from _harm(ExposureRegister(tuple(members)), events, tables, Subject("cohort", name), said)
    yield _register(tables, register.patients, program.id)


def _harm(
    register: ExposureRegister, events: Sequence[AdverseEvent], tables: SafetyTables, subject: Subject, who: str
) -> Iterator[Draft]:
    from proband.science.safety import safety_report as report

    held = {p.subject for p in register.patients}
    rows = [r for r in tables.exposure if r["subject"] in held]
    mine = [e for e in events if e.subject in held]
    silent = [r["subject"] for r in rows if not r["events_sought"]]
    if len(silent) == len(rows) and not mine:
        return  # nobody says that anybody looked
    if not tables.written:
        yield _untold(register, rows, subject, who)
        return
    made, until = report.serious_harm(register, mine), max((p.last_day or 0.0 for p in register.patients), default=0.0)
    numbers = report.quantities(made)
    if silent:  # a count of what was written down is no count of what a search found
        numbers = {"exposure_days": numbers["exposure_days"]}
    few = made.proportion is not None and not made.proportion.informative
    concerns = [Concern(ConcernWord.IMPRECISE, made.proportion.text)] if few and made.proportion else []
    concerns += [Concern(ConcernWord.SELECTIVE, f"nobody says how events of {s} were sought") for s in silent]
    concerns += [Concern(ConcernWord.SELECTIVE, f"{p.subject} gives no time: {p.reason}") for p in register.left_out]
    yield Draft(
        kind="safety.events",
        statement=f"{report.told(made, who)}{SILENT if silent else ''}.",
        subject=subject,
        name="adverse events",
        scope=Scope(
            where=f"{who}, to day {until:g} after the first dose",
            how="; ".join(dict.fromkeys(r["events_sought"] for r in rows if r["events_sought"])) or "not stated",
            denominator=f"{made.patients} followed of {len(rows)} exposed, {made.days:g} days",
            detection_limit=report.limit(made, [r["events_sought"] for r in rows]),
            not_covered=report.unseen(made),
        ),
        quantities=numbers,
        readout_definition="Serious adverse events from the first dose to the last contact, related or not.",
        assumptions=("events follow a Poisson process of one rate, the same in all patients",),
        concerns=tuple(concerns),
        tables=(report.windows_table(made),),
        figures=(report.swimmer(register, mine),),
    )


def _untold(register: ExposureRegister, rows: Sequence[Row], subject: Subject, who: str) -> Draft:
    """Exposure alone: it is said how events were sought, and what was found is not in the folder."""
    days = sum(p.last_day or 0.0 for p in register.patients)
    return Draft(
        kind="safety.events",
        statement=f"Nothing is said of harm in {days:g} days after the first dose of {who}: there is no table of it.",
        subject=subject,
        name="adverse events",
        scope=Scope(
            where=f"{who}, safety/exposure.csv",
            how="; ".join(dict.fromkeys(r["events_sought"] for r in rows if r["events_sought"])),
            denominator=f"{len(rows)} exposed, {days:g} days",
            detection_limit="not known: what was found is not in the folder",
        ),
        quantities={"exposure_days": Quantity.exact(days, "d")},
        readout_definition="Serious adverse events from the first dose to the last contact, related or not.",
        concerns=(
            Concern(ConcernWord.SELECTIVE, "events were sought, and no safety/adverse_events.csv says what was found"),
        ),
    )


def _register(tables: SafetyTables, patients: Sequence[Exposed], program: str) -> Draft:
    """Every exposed patient: in the safety set with a reason, left out, or not decided."""
    rows = {r["subject"]: r for r in tables.exposure}
    present = tuple(s for s, r in rows.items() if r["in_safety_set"] == "yes" and r["reason"])
    absent = tuple(s for s, r in rows.items() if r["in_safety_set"] == "no") + tables.not_entered
    unknown = tuple(s for s in rows if s not in present and s not in absent)
    days = sum(p.last_day or 0.0 for p in patients)
    why = {s: rows[s]["reason"] if s in rows else "dosed, and not in safety/exposure.csv" for s in (*present, *absent)}
    words = ((present, "in the set"), (absent, "left out"), (unknown, "without a decision or a reason"))
    said = "; ".join(f"{len(names)} {word}" for names, word in words if names)
    reasons = "; ".join(f"{s}: {r}" for s, r in why.items())
    return Draft(
        kind="safety.register",
        statement=f"Of {len(rows) + len(tables.not_entered)} patients exposed to the platform {said}.",
        subject=Subject("program", program),
        scope=Scope(
            where="safety/exposure.csv, with dosed patients of clinical/dosing.csv",
            how=f"as entered; reasons: {reasons or 'none'}",
            denominator=f"{len(rows)} rows of exposure",
            not_covered="patients of other sponsors whom nobody entered",
        ),
        quantities={
            "exposed": Quantity.exact(len(rows) + len(tables.not_entered), "count"),
            "exposure_days": Quantity.exact(days, "d"),
        },
        facts={"accounted": Members(present, absent, unknown)},
        readout_definition="In the set: entered with yes and a reason for pooling.",
    )
