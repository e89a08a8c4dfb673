"""Engagement and clinical change over patients and versions: do those with more of one have more of the other?

Asks: how far do the orders of engagement and of benefit agree over patients, within versions and between them?
Cannot see: that a milder disease engages more; patients without both numbers, who are listed; the shape of a relation.
With three or four patients not even a perfect order can show it, and the line says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Figure, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proband.science.stats.estimate import Estimate
    from proband.science.transcript.rna_tables import Row


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the table, without numerics."""
    from proband.science.outcome.engagement_table import read_outcomes

    problems: list[Problem] = []
    read_outcomes(inputs.files["outcomes"][0].path, problems)
    return problems


@analysis(
    claims=("engagement.outcome",),
    reads={"outcomes": "engagement/outcome.csv"},
    needs_files=("outcomes",),
    uses=("id",),
    version=1,
    packages=("numpy", "scipy"),
    border=border,
)
def engagement_outcome(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line over all patients of the table."""
    from proband.science.outcome.engagement_outcome import Patient, engagement_against_outcome
    from proband.science.outcome.engagement_table import FILE, read_outcomes

    problems: list[Problem] = []
    rows = read_outcomes(inputs.files["outcomes"][0].path, problems)
    if rows is None:
        raise ProgramError(problems)
    patients = [
        Patient(r["subject"], r["version"], r["engagement"], r["outcome"], r["below_limit"] == "yes") for r in rows
    ]
    better = rows[0]["better"] == "higher"
    made = engagement_against_outcome(patients, higher_is_better=better, seed=inputs.seed)
    agreement = _limit(made.overall.tau_b, made.overall.n)
    used = [r for r in rows if r["subject"] in made.used]
    places = {r["place"] for r in used}
    few = made.overall.too_few or made.overall.reason
    concerns = [Concern(ConcernWord.IMPRECISE, few)] if few else []
    concerns += [Concern(ConcernWord.IMPRECISE, c) for c in made.concerns]
    concerns += [Concern(ConcernWord.SELECTIVE, f"{who} is left out: {why}") for who, why in made.left_out]
    yield Draft(
        kind="engagement.outcome",
        statement=f"Engagement against {rows[0]['outcome_name']}: {made.told()}.",
        subject=Subject("program", program.id),
        name=rows[0]["outcome_name"],
        scope=Scope(
            where=f"{FILE}, {len(made.variants)} versions",
            how="Kendall's tau-b, limits by a normal copula, more engagement with more benefit above 0",
            denominator=f"{len(used)} patients with both of {len(rows)} listed",
            not_covered="; ".join(f"{who}: {why}" for who, why in made.left_out),
        ),
        quantities={
            **({"concordance": agreement} if agreement is not None else {}),
            "patients": Quantity.exact(len(used), "count"),
        },
        facts={"place": next(iter(places)) if len(places) == 1 else "mixed"} if places else {},
        readout_definition=f"Order of engagement against order of benefit; {rows[0]['better']} is better.",
        assumptions=("patients are independent of each other",),
        concerns=tuple(concerns),
        figures=(_figure(used, rows[0]["outcome_name"]),) if used else (),
    )


def _limit(tau: Estimate, n: int) -> Quantity | None:
    """The lower limit of the agreement, one-sided: a confidence interval gives no probability, its limit may decide."""
    if tau.value is None or tau.low is None:
        return None
    level = (1 + tau.level) / 2
    return Quantity.bound(tau.low, "ratio", side="lower", level=level, n=n, value=tau.value, model="normal copula")


def _figure(rows: Sequence[Row], outcome: str) -> Figure:
    drawn = [{"engagement": r["engagement"], "outcome": r["outcome"], "version": r["version"]} for r in rows]
    return Figure(
        name="engagement-outcome",
        title=f"Engagement against {outcome}",
        alt=f"{len(drawn)} patients by engagement and {outcome}.",
        chart="points",
        encoding={"x": "engagement", "y": "outcome", "color": "version"},
        rows=tuple(drawn),
        labels={"x": "engagement", "y": outcome},
    )
