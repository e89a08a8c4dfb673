"""How rare a course is without treatment, from the records of untreated people.

Asks: how probable is a course at least as good without treatment for this baseline, by a model and without one; how
unlike may the cohort be before that changes; how often do untreated people improve as much; does the model forecast
this patient's own course before treatment, and people it has not seen; how strong would a confounder have to be?
Cannot see: differences in care or measurement other than as tau_c; later visits missing because of the disease; whether
age is the right clock. Values beyond a limit of the assay are left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.program import Program

if TYPE_CHECKING:
    from proband.science.natural_history.cohort_folder import CohortFolder
    from proband.science.trial.plan_designs import Plan

PLAN = "plan/analysis_plan.toml"


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the cohort's file and of both groups' tables; those of the plan are told by its own analysis."""
    problems: list[Problem] = []
    _read(inputs, problems)
    return problems


def _read(inputs: Inputs, problems: list[Problem]) -> CohortFolder | None:
    from proband.science.natural_history.cohort_folder import read_cohort_folder

    return read_cohort_folder({f.relative: f.path for n, g in inputs.files.items() if n != "plan" for f in g}, problems)


def _plan(inputs: Inputs, problems: list[Problem]) -> Plan | None:
    from proband.science.trial.plan_file import plan_or_problems

    files = inputs.files.get("plan", ())
    read = plan_or_problems(files[0].path, PLAN, problems) if files else None
    return read.plan if read is not None else None


@analysis(
    claims=(
        "clinical.rarity",
        "natural_history.untreated_change",
        "natural_history.own_course",
        "natural_history.bias",
    ),
    reads={
        "cohort": "natural_history/cohort.toml",
        "untreated": "natural_history/*.csv",
        "treated": "clinical/*.csv",
        "plan": PLAN,
    },
    needs_files=("cohort", "untreated", "treated"),
    uses=("plan",),
    version=1,
    packages=("numpy", "scipy", "numba"),
    border=border,
)
def untreated_course(
    program: ProgramView,
    inputs: Inputs,
    *,
    parameter: str = "",
    better: str = "",
    logarithm: bool = False,
    endpoint: str = "mean",
    start_days: float = 28.0,
    end_days: float = 365.0,
    baseline_visits: int = 3,
    tau_c: float = 0.5,
) -> Iterator[Draft]:
    """Lines for each treated patient with values of the endpoint. Settings answer where no plan does.

    `endpoint`: mean, value or slope from `start_days` to `end_days` after the index day; `better`: lower or higher;
    `logarithm`: model the logarithm of the values; `tau_c`: SD of the comparability term, in SD of the prediction.
    """
    from proband.science.natural_history.course_comparison import Asked, asked_of, cohort_of, compared
    from proband.science.natural_history.course_lines import Told, bias_line, change_line, own_line, rarity_line
    from proband.science.natural_history.no_answer import NoAnswer

    problems: list[Problem] = []
    held, plan = _read(inputs, problems), _plan(inputs, problems)
    if held is None or problems:
        raise ProgramError(problems)
    by = f"settings of this analysis, tau_c {tau_c:g}: no plan declares them"
    asked = asked_of(
        plan,
        Asked(parameter, better, logarithm, endpoint, start_days, end_days, baseline_visits, 0.0, tau_c, by),
    )
    if not asked.parameter:
        return
    cohort = cohort_of(held, asked)
    for patient in held.patients:
        told = Told(held, asked, patient, program.plan)
        if isinstance(cohort, NoAnswer):
            yield rarity_line(told, cohort, cohort)
            continue
        made = compared(held, cohort, patient)
        yield rarity_line(told, cohort, made)
        yield own_line(told, cohort)
        if not isinstance(made, NoAnswer):
            yield change_line(told, cohort, made)
            yield bias_line(told, cohort, made)
