"""One patient as own control: the main endpoint before and after the first dose, with and without changes of care.

Asks: by how much did the endpoint change, against the spread and the dependence of the patient's own values; does it
hold with care in the model; did the need for treatment change as a whole; which domains of care changed, and which of
them does the analysis have?
Cannot see: care that nobody wrote down; what else changed with the first dose, unless its day was drawn by lot; how
untreated people would have fared (that is ``clinical.rarity``). Indices of overlap describe and claim nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Members, Scope, Subject
from proband.core.plan_seal import PlanRecord
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.clinical.records import ClinicalRecord
    from proband.science.outcome.declared_endpoints import Declared
    from proband.science.within_patient.composites import CompositeAnswer
    from proband.science.within_patient.own_control import OwnChange
    from proband.science.within_patient.randomisation import RandomisationTest

SPREAD = "Change at the first dose over the standard deviation of the values before it; above 0 is better."


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the clinical tables and of the declared endpoints, without numerics."""
    from proband.science.outcome.declared_endpoints import read_with_record

    problems: list[Problem] = []
    read_with_record({f.relative: f.path for g in inputs.files.values() for f in g}, problems, plan_too=False)
    return problems


@analysis(
    claims=("clinical.own_control", "clinical.care"),
    reads={"tables": "clinical/*.csv", "doses": "clinical/dosing.csv", "plan": "plan/*.toml"},
    needs_files=("tables", "doses", "plan"),
    uses=("plan",),
    version=2,
    packages=("numpy", "scipy", "numba"),
    border=border,
)
def within_patient_change(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line for each dosed subject with values of the main endpoint, for each composite, and for care."""
    from proband.science.outcome.declared_endpoints import read_with_record
    from proband.science.within_patient.own_control import composite_of, covariates_of, drawn_by_lot, own_change

    problems: list[Problem] = []
    held = read_with_record({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    if problems:
        raise ProgramError(problems)
    if held is None:
        return
    declared, record = held
    found = []
    for subject in record.subjects:
        made = own_change(record, subject, declared.main, covariates_of(declared, record), inputs.seed)
        if made.series is None or record.first_dose(subject) is None:
            continue
        found.append(made)
        yield _change(made, declared, record, program.plan, drawn_by_lot([made], declared, record))
        for asked in declared.composites:
            yield _composite(subject, asked.name, composite_of(record, subject, asked), declared, program.plan)
        if any(who == subject for who, _ in record.care):
            yield _care(made, declared, record)
    together = drawn_by_lot(found, declared, record) if len(found) > 1 else None
    if together is not None:
        yield _lots(together, declared, program.plan)


def _change(
    made: OwnChange, declared: Declared, record: ClinicalRecord, plan: PlanRecord | None,
    test: RandomisationTest | str | None,
) -> Draft:  # fmt: skip
    from proband.science.within_patient import own_control_report as report

    assert made.series is not None
    days, start = made.series.days, record.first_dose(made.subject) or 0.0
    numbers, design, lot = report.told_lot(test)
    answer, rate = made.answer, made.rate
    more = {
        "change_in_spread": made.size,
        "rate_ratio": rate.ratio if rate is not None else None,
        "autocorrelation": replace(answer.rho, unit="ratio") if answer is not None and answer.rho else None,
    }
    model = rate.model if rate is not None else answer.model if answer is not None else ""
    doses = tuple(d.day for d in record.doses if d.subject == made.subject and d.amount != 0)
    return Draft(
        kind="clinical.own_control",
        statement=f"{report.told_change(made)}; {lot}.",
        subject=Subject("patient", made.subject),
        name=made.endpoint.parameter,
        scope=Scope(
            where=f"{made.endpoint.parameter} of {made.subject}, days {days[0]:g} to {days[-1]:g}",
            how=f"step at the first dose (day {start:g}), after {made.endpoint.delay_days:g} days, "
            f"over {made.endpoint.ramp_days:g} days; declared in {' and '.join(declared.files)}",
            denominator=f"{made.series.n} values, {made.series.censored} beyond a limit of the assay",
            not_covered="doses after the first have no step of their own" if len(doses) > 1 else "",
        ),
        quantities=numbers | {k: q for k, q in more.items() if q is not None},
        facts={"design": design, "plan": report.plan_word(plan), "outcome": made.endpoint.parameter},
        readout_definition=SPREAD if rate is None else "Events per day after the first dose over those before.",
        assumptions=(model,) if model else (),
        concerns=report.doubts(plan, declared.files, report.said_of(made)),
        tables=report.tables(made, start),
        figures=report.trajectory(made, doses),
    )


def _composite(
    subject: str, name: str, made: CompositeAnswer, declared: Declared, plan: PlanRecord | None
) -> Draft:  # fmt: skip
    from proband.science.within_patient import own_control_report as report

    return Draft(
        kind="clinical.own_control",
        statement=f"{report.told_composite(name, subject, made)}; {made.label}.",
        subject=Subject("patient", subject),
        name=name,
        scope=Scope(
            where=f"{name} of {subject}",
            how=f"visits compared in pairs: {made.model or 'see the statement'}; declared in {declared.files[0]}",
            denominator=f"{len(made.scores)} visits, {made.left_out} left out",
        ),
        facts={"design": "not_randomised", "plan": report.plan_word(plan), "outcome": name},
        readout_definition="A visit's score is its mean result against all other visits, from -1 to 1.",
        assumptions=(made.model,) if made.model else (),
        concerns=report.doubts(plan, declared.files),
    )


def _care(made: OwnChange, declared: Declared, record: ClinicalRecord) -> Draft:
    from proband.science.within_patient.own_control import care_domains
    from proband.science.within_patient.own_control_report import told_care

    assert made.series is not None
    window, start = (made.series.days[0], made.series.days[-1]), record.first_dose(made.subject) or 0.0
    held = care_domains(record, made.subject, declared.care_domains, made.care, window, start)
    said = [f"the domain of {n} is not stated under care_domains" for n in held.unnamed]
    said += [f"{n} is not in the model: {why}" for n, why in made.care.unusable.items()]
    return Draft(
        kind="clinical.care",
        statement=told_care(held, made.subject, made.series.parameter),
        subject=Subject("patient", made.subject),
        scope=Scope(
            where=f"clinical/care.csv, days {window[0]:g} to {window[1]:g}",
            how="rows that change level or state, against the covariates of the own-control analysis",
            denominator=f"{len({n for w, n in record.care if w == made.subject})} kinds of care with rows",
            not_covered="care that was not written down",
        ),
        quantities={"care_changes": Quantity.exact(held.after, "count")},
        facts={"care_in_analysis": Members(held.present, held.absent, held.unknown)} if held.changes else {},
        readout_definition="Domains that changed; in the analysis when each drug of it that changed is a covariate.",
        concerns=tuple(Concern(ConcernWord.BIASED, s) for s in said),
    )


def _lots(test: RandomisationTest | str, declared: Declared, plan: PlanRecord | None) -> Draft:
    from proband.science.within_patient import own_control_report as report

    numbers, design, lot = report.told_lot(test)
    name = declared.main.parameter
    return Draft(
        kind="clinical.own_control",
        statement=f"{name} over all patients whose start was drawn by lot: {lot}.",
        subject=Subject("cohort", "all treated patients"),
        name=name,
        scope=Scope(
            where=f"{name} of all dosed patients",
            how=f"mean difference over all starts that {declared.files[-1]} lets be drawn",
            denominator="all assignments of starts",
        ),
        quantities=numbers,
        facts={"design": design, "plan": report.plan_word(plan), "outcome": name},
        readout_definition="Share of the assignments that could have been drawn with a result at least as good.",
        concerns=report.doubts(plan, declared.files),
    )
