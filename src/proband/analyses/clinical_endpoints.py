"""Main and supporting endpoints of one patient side by side: sign and size of each change at the first dose.

Asks: did each declared endpoint, and each composite, move toward benefit, away from it, or can it not be told?
Cannot see: endpoints that nobody declared; whether two of them measure the same thing; which of them matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Fact, Members, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.clinical.records import ClinicalRecord
    from proband.science.outcome.declared_endpoints import Declared
    from proband.science.outcome.endpoint_directions import Directions, Endpoint


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the clinical tables and of the declared endpoints, without numerics."""
    from proband.science.outcome.declared_endpoints import read_with_record

    problems: list[Problem] = []
    read_with_record({f.relative: f.path for g in inputs.files.values() for f in g}, problems, plan_too=False)
    return problems


@analysis(
    claims=("clinical.endpoints",),
    reads={"tables": "clinical/*.csv", "doses": "clinical/dosing.csv", "plan": "plan/*.toml"},
    needs_files=("tables", "doses", "plan"),
    uses=("plan",),
    version=1,
    packages=("numpy", "scipy", "numba"),
    border=border,
)
def clinical_endpoints(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line for each dosed subject with values of any declared endpoint."""
    from proband.science.outcome.declared_endpoints import read_with_record
    from proband.science.outcome.endpoint_directions import directions, directions_figure
    from proband.science.within_patient.own_control_report import doubts

    problems: list[Problem] = []
    held = read_with_record({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    if problems:
        raise ProgramError(problems)
    if held is None:
        return
    declared, record = held
    for subject in record.subjects:
        looked = any((subject, e.parameter) in record.series for e in declared.endpoints)
        if record.first_dose(subject) is None or not looked:
            continue
        rows, reasons = _effects(subject, declared, record, inputs.seed)
        made = directions(rows)
        moved = _members(made) if len(made.rows) > 1 else None
        facts: dict[str, Fact] = {"toward_benefit": moved} if moved is not None else {}
        yield Draft(
            kind="clinical.endpoints",
            statement=f"Endpoints of {subject}: {_told(rows, made)}; {made.verdict}: {made.because}.",
            subject=Subject("patient", subject),
            scope=Scope(
                where=f"clinical tables of {subject}",
                how=f"each against no change by its 95 % interval; declared in {' and '.join(declared.files)}",
                denominator=f"{len(rows)} endpoints and composites, main one: {declared.main.parameter}",
                not_covered="; ".join(reasons),
            ),
            facts=facts,
            readout_definition="Toward benefit: the 95 % interval of the change lies wholly on the side of benefit.",
            assumptions=("each endpoint has its own own-control model, without a correction for their number",),
            concerns=doubts(program.plan, declared.files),
            figures=(directions_figure(made, f"Endpoints of {subject}"),) if _drawn(made) else (),
        )


def _effects(subject: str, declared: Declared, record: ClinicalRecord, seed: int) -> tuple[list[Endpoint], list[str]]:
    """The effect of each endpoint and composite, and why any of them has none."""
    from proband.science.outcome.endpoint_directions import Endpoint
    from proband.science.within_patient.own_control import composite_of, covariates_of, own_change

    rows, reasons = [], []
    for asked in declared.endpoints:
        names = covariates_of(declared, record) if asked is declared.main else asked.covariates
        made = own_change(record, subject, asked, names, seed)
        value, low, high = _span(made.effect)
        deviation = made.baseline.deviation if made.baseline is not None and not made.ratio else None
        unit = made.series.unit if made.series is not None else ""
        better = asked.better == "higher"
        rows.append(Endpoint(asked.parameter, value, low, high, better, made.ratio, unit, deviation or None))
        if value is None:
            reasons.append(f"{asked.parameter}: {made.reason or 'known as a limit alone'}")
    for part in declared.composites:
        answer = composite_of(record, subject, part)
        rows.append(Endpoint(part.name, *_span(answer.score), True, unit="score"))
        if answer.score is None:
            reasons.append(f"{part.name}: {answer.reason}")
    return rows, reasons


def _span(q: Quantity | None) -> tuple[float | None, float | None, float | None]:
    span = q.interval(0.95) if q is not None else None
    return (q.value, *span) if q is not None and span is not None else (None, None, None)


def _told(rows: Sequence[Endpoint], made: Directions) -> str:
    words = {"benefit": "toward benefit", "harm": "away from benefit", "unclear": "can not be told"}
    said = []
    for e, aligned in zip(rows, made.rows, strict=True):
        if e.value is None:
            said.append(f"{e.name} was not measured well enough to tell")
            continue
        unit = " times" if e.ratio else f" {e.unit}" if e.unit else ""
        said.append(f"{e.name} {e.value:.3g} ({e.low:.3g} to {e.high:.3g} at 95 %){unit}, {words[aligned.side]}")
    return "; ".join(said)


def _members(made: Directions) -> Members:
    sides = {s: tuple(r.name for r in made.rows if r.side == s) for s in ("benefit", "harm", "unclear", "not measured")}
    return Members(sides["benefit"], sides["harm"], sides["unclear"] + sides["not measured"])


def _drawn(made: Directions) -> bool:
    return any(r.benefit is not None for r in made.rows)
