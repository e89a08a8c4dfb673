"""The analysis plan: what it fixes, when that was sealed, and whether it has stood unchanged since.

Asks: from which day have endpoint, comparison, and protocol with plan stood unchanged; when were the first dose and the
first outcome after it; of which kind is the success rule; what does the plan hold of its priors?
Cannot see: outcomes that people knew and did not enter; a seal is a digest with a date and no trusted time stamp. A
date that is not known stays out. Where one of the two documents was final only after the first dose, so were both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Fact, Members, Scope, Subject
from proband.core.plan_seal import FACTS, PlanRecord, SealState, unchanged_since
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.trial.plan_designs import Plan
    from proband.science.trial.protocol_file import Protocol

ENDPOINT = ("estimand.endpoint", "data.baseline_window", "data.outcome_window")
COMPARISON = (
    "estimand", "population", "index", "data", "design", "model", "priors", "success", "multiplicity", "sensitivity",
    "covariates",
)  # fmt: skip
"""Parts of a plan that say what is compared with what, and how; the rest is the title and what is simulated."""


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of plan and protocol, without numerics."""
    from proband.science.trial.plan_file import plan_or_problems
    from proband.science.trial.protocol_file import read_protocol

    problems: list[Problem] = []
    for file in inputs.files["plan"]:
        plan_or_problems(file.path, file.relative, problems)
    for file in inputs.files["protocol"]:
        read_protocol(file.path, file.relative, problems)
    return problems


@analysis(
    claims=("plan.analysis",),
    reads={"plan": "plan/analysis_plan.toml", "seal": "plan/seal.toml", "protocol": "plan/protocol.toml"},
    uses=("id", "plan"),
    version=1,
    border=border,
)
def analysis_plan(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line where there is a plan, a seal, or a protocol that states from when it is final."""
    from proband.border import read_toml
    from proband.science.trial.plan_file import FILE, plan_of
    from proband.science.trial.protocol_file import read_protocol

    problems: list[Problem] = []
    record: PlanRecord = program.plan
    protocol = None
    for file in inputs.files["protocol"]:
        protocol = read_protocol(file.path, file.relative, problems)
    raw = read_toml(inputs.files["plan"][0].path, FILE, problems) if inputs.files["plan"] else None
    plan = plan_of(raw, FILE, problems) if raw is not None else None
    if problems:
        raise ProgramError(problems)
    if plan is None and not record.seals and (protocol is None or protocol.final_on is None):
        return
    days = _days(record, raw, protocol)
    facts: dict[str, Fact] = {**days}
    if plan is not None or record.seals:
        facts["seal"] = FACTS[record.state]
    if plan is not None:
        facts |= _stated(plan)
    files = [f.relative for name in ("plan", "seal", "protocol") for f in inputs.files[name]]
    yield Draft(
        kind="plan.analysis",
        statement=" ".join([*record.sentences, *_said(record, days, protocol)]),
        subject=Subject("program", program.id),
        scope=Scope(
            where=", ".join(files) + (f"; protocol: {protocol.document}" if protocol and protocol.document else ""),
            how="seals compared with the plan as it is, part by part; dates of doses and outcomes from clinical/ and "
            "the date of day 0",
            denominator=f"{len(record.seals)} seals, {record.outcomes.rows} outcomes after treatment",
            not_covered="outcomes that were known and are not in the folder",
        ),
        quantities={"seals": Quantity.exact(len(record.seals), "count")},
        facts=facts,
        readout_definition="Fixed: the day of the first seal from which on every seal and the plan agree in that part.",
        assumptions=("Whoever sealed wrote the date of that day: a seal is no trusted time stamp.",) * bool(files),
        concerns=tuple(_concerns(record, protocol)),
    )


def _days(record: PlanRecord, raw: Mapping[str, object] | None, protocol: Protocol | None) -> dict[str, date]:
    """The dates that are known, by the name of their fact."""
    outcomes, whole = record.outcomes, None
    known: dict[str, date | None] = {"first_dose_on": outcomes.first_dose_on}
    if outcomes.rows and not outcomes.undated:
        known["first_outcome_on"] = outcomes.on
    if raw is not None and not record.fault and not _dates_differ(record):
        known["endpoint_fixed_on"] = unchanged_since(record.seals, raw, ENDPOINT)
        known["comparison_fixed_on"] = unchanged_since(record.seals, raw, COMPARISON)
        whole = unchanged_since(record.seals, raw)
    of_protocol = protocol.final_on if protocol is not None else None
    known["documents_final_on"] = _both(whole, of_protocol, outcomes.first_dose_on)
    return {name: day for name, day in known.items() if day is not None}


def _dates_differ(record: PlanRecord) -> bool:
    """Whether a seal counted outcomes in the folder and is dated before the first of them: then no date is known."""
    on = record.outcomes.on
    return on is not None and any(s.treated_outcomes > 0 and s.sealed_on < on for s in record.seals)


def _both(plan: date | None, protocol: date | None, dose: date | None) -> date | None:
    """The later of both; of one alone only where it lies after the first dose, for then the later of both does too."""
    days = [d for d in (plan, protocol) if d is not None]
    if len(days) == 2:
        return max(days)
    return days[0] if days and dose is not None and days[0] > dose else None


def _stated(plan: Plan) -> dict[str, Fact]:
    e = plan.estimand.endpoint
    why = f"; {e.rationale}" if e.rationale else "; why it matters to the patient is not written"
    facts: dict[str, Fact] = {
        "success_rule": plan.success.kind,
        "endpoint": f"{e.parameter} ({e.unit}), {e.better} is better: {plan.estimand.summary_measure}{why}",
    }
    if getattr(plan, "priors", None) is not None:
        facts["priors"] = _priors(plan)
    return facts


def _priors(plan: Plan) -> Members:
    data = plan.prior_data
    answers = {
        "data_inventory": data.inventory if data else None,
        "selection_rule": data.selection if data else None,
        "unfavourable_data": data.unfavourable if data else None,
        "influence_measured": data.influence if data else None,
        "prior_varied": data.varied if data else None,
    }
    return Members(
        tuple(n for n, a in answers.items() if a),
        tuple(n for n, a in answers.items() if a is False),
        tuple(n for n, a in answers.items() if a is None),
    )


def _said(record: PlanRecord, days: Mapping[str, date], protocol: Protocol | None) -> Iterator[str]:
    if protocol is not None and protocol.final_on is not None:
        yield f"The protocol is final since {protocol.final_on}."
    for name, what in (("first_dose_on", "first dose"), ("first_outcome_on", "first outcome after it")):
        if name in days:
            yield f"The {what} was on {days[name]}."
    if record.outcomes.doses and "first_dose_on" not in days:
        yield "The date of the first dose is not known: program.toml does not state day_zero."


def _concerns(record: PlanRecord, protocol: Protocol | None) -> Iterator[Concern]:
    if record.state is SealState.NO_PLAN:
        yield Concern(ConcernWord.SELECTIVE, "There is no analysis plan in the folder.")
    elif record.fixed_before_outcomes is not True:
        yield Concern(ConcernWord.SELECTIVE, "Nothing shows that the plan as it is was fixed before the outcomes.")
    if _dates_differ(record):
        yield Concern(
            ConcernWord.INCONSISTENT,
            "A seal counted outcomes after treatment and is dated before the first of them: either date is wrong.",
        )
    if protocol is not None and protocol.final_on is not None and protocol.read_level not in ("", "P"):
        yield Concern(
            ConcernWord.LOW_QUALITY,
            f"The protocol was not read itself (read level {protocol.read_level}): what an earlier version held, and "
            "why it was changed, is not known.",
        )
