"""Comparability of the product after a change of its process, attribute by attribute, potency included.

Asks: was each attribute that matters to a change judged, by equivalence of means, by a range of lots or by a person who
signed; what was found; could the design have told?
Cannot see: attributes that nobody listed, and whether a margin is small enough for the patient. One lot after a change
allows no test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Scope, Subject
from proband.core.program import Program

if TYPE_CHECKING:
    from proband.science.quality.comparability_evaluation import Outcome
    from proband.science.quality.comparability_file import Comparability

PLAN, TABLE, METHODS = "quality/comparability.toml", "quality/comparability.csv", "quality/methods.toml"


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of plan and table, without numerics; those of the methods are told by `method_validation`."""
    problems: list[Problem] = []
    _read(program.candidate.id if program.candidate is not None else "", inputs, problems)
    return problems


@analysis(
    claims=("quality.comparability",),
    reads={"plan": PLAN, "table": TABLE, "methods": METHODS},
    uses=("id", "candidate"),
    version=1,
    packages=("numpy", "scipy"),
    border=border,
)
def product_comparability(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line over all changes and their attributes."""
    from proband.science.quality.comparability_evaluation import evaluate

    if not inputs.files["plan"] and not inputs.files["table"]:
        return
    problems: list[Problem] = []
    held = _read(program.candidate.id if program.candidate is not None else "", inputs, problems)
    if held is None:
        raise ProgramError(problems)
    yield _line(program.id, held, evaluate(held), _outside(inputs, held))


def _read(own: str, inputs: Inputs, problems: list[Problem]) -> Comparability | None:
    from proband.science.quality.comparability_file import read_comparability

    plan = next((f.path for f in inputs.files["plan"]), None)
    table = next((f.path for f in inputs.files["table"]), None)
    if plan is None:
        if table is not None:
            remedy = "write the plan: changes, attributes, tiers, margins"
            problems.append(Problem(TABLE, "", "a table without a plan", PLAN, remedy))
        return None
    return read_comparability(plan, table, problems, own)


def _outside(inputs: Inputs, held: Comparability) -> list[str]:
    """Values outside the validated range of the method that they name, in words."""
    from proband.science.quality.method_file import read_methods
    from proband.science.quality.method_range import Reported, in_range

    record = next((read_methods(f.path, []) for f in inputs.files["methods"]), None)
    methods = {m.id: m for m in record.method} if record is not None else {}
    made = []
    for r in held.rows:
        at = f"{r['attribute']} of lot {r['lot']}"
        one = in_range(Reported(at, r["attribute"], r["method"], r["value"], r["unit"], r["censored"]), methods)
        if one.state == "outside":
            made.append(f"{at}: {one.because}")
    return made


def _line(program: str, held: Comparability, outcomes: list[Outcome], outside: list[str]) -> Draft:
    from proband.science.quality.comparability_evaluation import figure, found, members, paragraph

    judged, comparable = members(held, outcomes), found(outcomes)
    drawn = figure(outcomes)
    changes = "; ".join(f"{c.id}: {c.title}{f' ({c.on})' if c.on else ''}" for c in held.plan.change)
    head = f"Changes: {changes}. Of {len(outcomes)} attributes {len(judged.present)} were judged: "
    head += f"{len(comparable.present)} comparable, {len(comparable.absent)} not comparable."
    concerns = [Concern(ConcernWord.LOW_QUALITY, w) for w in outside[:5]]
    concerns += [Concern(ConcernWord.IMPRECISE, f"{o.name}: {c}") for o in outcomes for c in o.cautions]
    if comparable.absent:
        concerns.append(Concern(ConcernWord.INCONSISTENT, f"not comparable: {', '.join(comparable.absent)}"))
    return Draft(
        kind="quality.comparability",
        statement=" ".join([head, *(paragraph(o) for o in outcomes)]),
        subject=Subject("program", program),
        name="comparability",
        scope=Scope(
            where=TABLE,
            how="means by two one-sided Welch tests at 5 %, lots by mean +- k SD of those before, or side by side",
            denominator=f"{len(held.rows)} values of {len({r['lot'] for r in held.rows})} lots",
            not_covered="attributes that the plan does not list",
        ),
        facts={"judged": judged, "comparable": comparable},
        readout_definition="Judged: its tier gave an answer, comparable or not. One lot after the change gives none.",
        figures=(drawn,) if drawn is not None else (),
        assumptions=("Lots are independent of each other; a margin is as the plan states it.",),
        concerns=tuple(concerns),
    )
