"""How the planned trial behaves, and whether a randomised one could be run, from the plan and its simulation.

Asks: with which probability does the planned number of patients give a success at the planned effect and without one;
can the simulation be rerun, and does a part of it, repeated here, give equal numbers; would a randomised trial enrol
the patients it needs?
Cannot see: assumptions that the plan does not declare, and the blocks of the simulation that are not repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Fact, Members, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.trial.operating_file import StoredOperation
    from proband.science.trial.plan_file import ReadPlan
    from proband.science.trial.rerun import PlannedOperation, Repeated

PACKAGES = ("numpy", "scipy", "numba")


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the stored simulation, without numerics; those of the plan are told by `analysis_plan`."""
    from proband.science.trial.operating_file import read_operation

    problems: list[Problem] = []
    for file in inputs.files["operation"]:
        read_operation(file.path, file.relative, problems)
    return problems


@analysis(
    claims=("trial.operation", "trial.feasibility"),
    reads={"plan": "plan/analysis_plan.toml", "operation": "plan/operating_characteristics.json"},
    uses=("id",),
    version=1,
    packages=PACKAGES,
    border=border,
)
def trial_operation(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line on a randomised trial where the plan has ``[feasibility]``, one on the simulation where it is there."""
    from proband.science.trial.operating_file import read_operation
    from proband.science.trial.plan_file import plan_or_problems

    problems: list[Problem] = []
    read, made = None, None
    for file in inputs.files["plan"]:
        read = plan_or_problems(file.path, file.relative, problems)
    for file in inputs.files["operation"]:
        made = read_operation(file.path, file.relative, problems)
    if problems:
        raise ProgramError(problems)
    if read is not None and read.plan.feasibility is not None:
        yield _feasibility(program.id, read)
    if made is not None:
        yield _operation(program.id, read, made)


def _feasibility(program: str, read: ReadPlan) -> Draft:
    from proband.science.trial.feasibility import assess, paragraph

    stated = read.plan.feasibility
    assert stated is not None
    made = assess(stated)
    return Draft(
        kind="trial.feasibility",
        statement=paragraph(stated, made),
        subject=Subject("program", program),
        scope=Scope(
            where="plan/analysis_plan.toml, [feasibility]",
            how="two-sample t test by the non-central t distribution; gamma-Poisson accrual, summed, not drawn",
            denominator=f"{stated.prevalent[0]:g} patients known, {stated.incident_per_year[0]:g} found each year",
            not_covered="competing trials, travel, willingness to be randomised where a treatment is on offer",
            settings=stated.model_dump(mode="json"),
        ),
        quantities={
            "probability_to_enrol": Quantity.exact(made.probability, "fraction"),
            "patients_needed": Quantity.exact(made.enrol, "count"),
            "patients_expected": Quantity.exact(made.expected, "count"),
        },
        readout_definition="P(patients enrolled within the stated years is at least the number a two-arm trial needs).",
        assumptions=("Prevalence, consent, sites and rates are as the plan states them.",),
    )


def _operation(program: str, read: ReadPlan | None, made: StoredOperation) -> Draft:
    from proband.science.trial.rerun import Repeated, planned_operation, power_figure, repeat

    same = read is not None and made.plan_digest == read.digest
    repeated = repeat(read, made) if same and read is not None else Repeated(None, "its plan is not here")
    planned = planned_operation(read.plan, made) if same and read is not None else None
    figure = power_figure(read.plan, made) if same and read is not None else None
    rerun = _rerun(read, made, repeated)
    # numbers that nobody could repeat are shown; whether they keep the error is then not told, and they decide nothing
    control = planned.control if planned is not None and repeated.agrees else "not_told"
    facts: dict[str, Fact] = {"rerun": rerun, "error_control": control}
    digest = {True: "of this plan", False: "of another plan than the one in the folder"}[same]
    if read is None:
        digest = "of a plan that is not in the folder"
    said = [f"A simulation {digest}, {made.replicates:,} replicates: {repeated.said}."]
    said += _numbers(read, planned, made)
    return Draft(
        kind="trial.operation",
        statement=" ".join(said),
        subject=Subject("program", program),
        scope=Scope(
            where="plan/operating_characteristics.json",
            how="as `proband simulate` wrote it; the first block of the planned scenarios repeated here",
            denominator=f"{len(made.scenarios)} scenarios, {made.replicates:,} replicates",
            not_covered="blocks that were not repeated; assumptions outside the declared set",
            settings={"seed": made.seed, "versions": made.versions, "declared_set": made.declared_set},
        ),
        quantities=_quantities(planned, made),
        facts=facts,
        readout_definition="Successes of simulated trials, or exact where there is a closed form; the worst error is "
        "the largest over the declared set.",
        figures=(figure,) if figure is not None else (),
        assumptions=("The simulated course and the declared set are as the plan states them.",),
        concerns=tuple(_concerns(read, planned, repeated)),
    )


def _rerun(read: ReadPlan | None, made: StoredOperation, repeated: Repeated) -> Members:
    """What is there for a rerun; another version of what computes leaves unequal numbers open."""
    from importlib.metadata import version

    there: dict[str, bool | None] = {
        "plan_digest": made.plan_digest == read.digest if read is not None and made.plan_digest else None,
        "seeds": True if made.seed is not None else None,
        "versions": True if made.versions else None,
    }
    here = made.versions is not None and all(made.versions.get(p) == version(p) for p in PACKAGES)
    agrees = repeated.agrees
    there["block_repeated"] = None if agrees is False and not here else agrees
    return Members(
        tuple(n for n, x in there.items() if x), tuple(n for n, x in there.items() if x is False),
        tuple(n for n, x in there.items() if x is None),
    )  # fmt: skip


def _quantities(planned: PlannedOperation | None, made: StoredOperation) -> dict[str, Quantity]:
    from proband.science.trial.rerun import as_quantity

    if planned is None:
        return {}
    stored = {
        "power": planned.power,
        "type_one_error": planned.error,
        "type_one_error_worst": planned.worst,
        "assurance": planned.assurance,
    }
    numbers = {n: as_quantity(m) for n, m in stored.items() if m is not None}
    return {**numbers, "nominal": Quantity.exact(made.level, "fraction")}


def _numbers(read: ReadPlan | None, planned: PlannedOperation | None, made: StoredOperation) -> Iterator[str]:
    from proband.science.stated_number import stated
    from proband.science.trial.rerun import as_quantity

    if planned is None or read is None:
        yield "Its numbers say nothing of the plan as it is."
        return
    size, wanted = read.plan.design.patients, read.plan.simulation.planned_effect
    if planned.power is not None and wanted is not None:
        who = f"{size} patient{'s' if size != 1 else ''}"
        yield f"Power with {who} at the planned effect of {wanted:g}: {stated(as_quantity(planned.power))}."
    elif wanted is None:
        yield "Power is not told, for the plan names no planned effect."
    name = "Family-wise error" if planned.family else "Type I error"
    for what, m in (("all as planned", planned.error), ("worst of the declared set", planned.worst)):
        if m is not None:
            yield f"{name}, {what}: {stated(as_quantity(m))} of {made.level:g} allowed."


def _concerns(read: ReadPlan | None, planned: PlannedOperation | None, repeated: Repeated) -> Iterator[Concern]:
    if read is not None and planned is None:
        yield Concern(ConcernWord.INDIRECT, "The plan was changed since it was simulated.")
    if planned is not None and not repeated.agrees:
        word = ConcernWord.INCONSISTENT if repeated.agrees is False else ConcernWord.IMPRECISE
        yield Concern(word, "No part of the stored numbers came out again here: they are shown and decide nothing.")
    elif planned is not None and planned.control == "not_told":
        yield Concern(
            ConcernWord.IMPRECISE, "Too few replicates to tell whether the error stays within what is allowed."
        )
