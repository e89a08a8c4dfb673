"""How long benefit has lasted, in how many patients, and any loss of it, by a rule that was declared.

Asks: from the first value with benefit, how long was it kept, how many were still watched at each planned time, who
lost it and when?
Cannot see: benefit between two values; loss after the last; whether the declared value means anything to a patient.
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
    from proband.science.outcome.benefit_course import Followed
    from proband.science.outcome.declared_endpoints import Benefit
    from proband.science.outcome.durability import Durability

SUBJECTS = "clinical/subjects.csv"


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the clinical tables and of the declared endpoints, without numerics."""
    from proband.science.natural_history.subject_table import read_subjects
    from proband.science.outcome.declared_endpoints import read_with_record

    problems: list[Problem] = []
    files = {f.relative: f.path for g in inputs.files.values() for f in g}
    read_with_record(files, problems, plan_too=False)
    if SUBJECTS in files:
        read_subjects(files[SUBJECTS], SUBJECTS, problems)
    return problems


@analysis(
    claims=("clinical.durability",),
    reads={"tables": "clinical/*.csv", "doses": "clinical/dosing.csv", "plan": "plan/*.toml"},
    needs_files=("tables", "doses", "plan"),
    uses=("id", "plan"),
    version=1,
    packages=("numpy", "scipy"),
    border=border,
)
def durability(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line over all dosed patients with values of the endpoint; none where no rule of benefit is declared."""
    from proband.science.natural_history.subject_table import read_subjects
    from proband.science.outcome.benefit_course import followed, steps_figure, swimmer
    from proband.science.outcome.declared_endpoints import read_with_record
    from proband.science.outcome.durability import durability as kept
    from proband.science.within_patient.own_control_report import doubts

    problems: list[Problem] = []
    files = {f.relative: f.path for g in inputs.files.values() for f in g}
    held = read_with_record(files, problems)
    dead = {s.id for s in read_subjects(files[SUBJECTS], SUBJECTS, problems) if s.death} if SUBJECTS in files else set()
    if problems:
        raise ProgramError(problems)
    if held is None or held[0].benefit is None:
        return
    declared, record = held
    asked = declared.benefit
    assert asked is not None
    better = next(e.better for e in declared.endpoints if e.parameter == asked.parameter)
    starts = {s: d for s in record.subjects if (d := record.first_dose(s)) is not None}
    series = [(s, record.of(s, asked.parameter)) for s in starts]
    rows = [followed(one, starts[s], asked, better, s in dead) for s, one in series if one is not None]
    if not rows:
        return
    made = kept([r.course for r in rows if r.course is not None], asked.planned_days)
    curve = steps_figure(made, asked.planned_days)
    drawn = (swimmer(rows, starts, record.doses), *((curve,) if curve is not None else ()))
    concerns = [Concern(ConcernWord.IMPRECISE, c) for c in made.concerns]
    concerns += [
        Concern(ConcernWord.BIASED, f"{r.before[0]} of {r.before[1]} values of {r.subject} met it before treatment")
        for r in rows
        if r.before[0]
    ]
    yield Draft(
        kind="clinical.durability",
        statement=_told(rows, made, asked, better),
        subject=Subject("program", program.id),
        name=asked.parameter,
        scope=Scope(
            where=f"{asked.parameter} of {', '.join(r.subject for r in rows)} after the first dose",
            how=f"benefit: {'at most' if better == 'lower' else 'at least'} {asked.value:g} {asked.unit}; lost: "
            f"{asked.consecutive} values in a row without it; declared in plan/endpoints.toml: {asked.because}",
            denominator=f"{len(rows)} dosed patients with values, {sum(r.values for r in rows)} values that can tell",
            not_covered="; ".join(f"{r.subject}: {r.reason}" for r in rows if r.reason),
        ),
        quantities=_numbers(made),
        facts={"shown": _shown(made, rows)},
        readout_definition="Time from the first value with benefit to the first of the values that make its loss.",
        assumptions=("Kaplan and Meier with limits of the beta product; death ends observation and is no loss",),
        concerns=(*doubts(program.plan, declared.files), *concerns),
        figures=drawn,
    )


def _told(rows: Sequence[Followed], made: Durability, asked: Benefit, better: str) -> str:
    gained = [r for r in rows if r.course is not None]
    word = "at most" if better == "lower" else "at least"
    said = f"{len(gained)} of {len(rows)} patients had {asked.parameter} of {word} {asked.value:g} {asked.unit}"
    if not gained:
        return f"{said} with a value after it, so that no duration of benefit can be shown."
    began = ", ".join(f"{r.subject} from day {r.began:g} after the first dose" for r in gained)
    lost = ", ".join(f"{name} after {t:g} days" for name, t in made.lost) or "nobody"
    risk = ", ".join(f"{p.at_risk} at {p.time:g}" for p in made.planned)
    return (
        f"{said} ({began}); longest with benefit or watched for it: {made.longest:g} days; lost it: {lost}; "
        f"at risk by days since benefit began: {risk}."
    )


def _numbers(made: Durability) -> dict[str, Quantity]:
    if made.curve is None:
        return {}
    found = {
        "longest_follow_up": Quantity.exact(made.longest, "d"),
        "patients": Quantity.exact(sum(n for _, n in made.ends), "count"),
        "losses": Quantity.exact(len(made.lost), "count"),
    }
    told = [p for p in made.planned if p.free.value is not None]
    kept = told[-1].free.quantity("fraction", float(sum(n for _, n in made.ends))) if told else None
    return found | ({"benefit_kept": kept} if kept is not None else {})


def _shown(made: Durability, rows: Sequence[Followed]) -> Members:
    """What the line shows. Not there where every patient has values that tell no benefit; else it can not be told."""
    names = ("duration", "numbers_at_risk", "loss_of_effect")
    if made.curve is not None:
        return Members(names, (), ())
    looked = all(r.values and not r.untold and r.began is None for r in rows)
    return Members((), names, ()) if looked else Members((), (), names)
