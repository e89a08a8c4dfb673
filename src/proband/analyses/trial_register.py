"""All patients screened, in order, and what became of each, from ``plan/register.csv``.

Asks: does every place of the register hold a decision, its reason and an outcome, without a gap, and does everybody who
was dosed stand in it?
Cannot see: a patient whom nobody entered and who was not dosed, and whether the register was written at the time: it
has dates, and no time stamp.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the register, without numerics."""
    from proband.science.trial.register_file import read_register

    problems: list[Problem] = []
    for file in inputs.files["register"]:
        read_register(file.path, file.relative, problems)
    return problems


@analysis(
    claims=("trial.register",),
    reads={"register": "plan/register.csv", "doses": "clinical/dosing.csv"},
    needs_files=("register",),
    uses=("id", "day_zero"),
    version=1,
    border=border,
)
def trial_register(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line for the register."""
    from proband.science.trial.register_file import FILE, accounted, disagreements, read_register

    problems: list[Problem] = []
    rows = read_register(inputs.files["register"][0].path, FILE, problems)
    if rows is None:
        raise ProgramError(problems)
    dosed = _dosed([f.path for f in inputs.files["doses"]], program.day_zero)
    made = accounted(rows, dosed)
    members = made.members
    open_places = f" Not all: {'; '.join(made.because)}." if made.because else ""
    yield Draft(
        kind="trial.register",
        statement=f"The register holds {made.screened} screened, {made.enrolled} enrolled and {made.treated} treated; "
        f"{len(members.present)} of {len(members.present) + len(members.absent) + len(members.unknown)} are accounted "
        f"for.{open_places}",
        subject=Subject("program", program.id),
        scope=Scope(
            where=FILE,
            how="each place in order needs a screening date, a decision, its reason where the patient was not enrolled "
            "or withdrew, and an outcome where enrolled; subjects of clinical/dosing.csv have to stand in it",
            denominator=f"{made.screened} rows, {len(dosed)} dosed subjects",
            not_covered="patients whom nobody entered",
        ),
        quantities={
            "screened": Quantity.exact(made.screened, "count"),
            "enrolled": Quantity.exact(made.enrolled, "count"),
            "treated": Quantity.exact(made.treated, "count"),
        },
        facts={"accounted": members},
        readout_definition="Places of the register with all that became of the patient, over all places.",
        observed_on=made.last,
        concerns=tuple(Concern(ConcernWord.INCONSISTENT, said) for said in disagreements(rows, dosed)),
    )


def _dosed(tables: list[Path], day_zero: date | None) -> dict[str, date | None]:
    """Subjects with a dose, with the date of the first where day 0 is known."""
    from proband.science.clinical_series import first_day, read_long

    rows = [o for path in tables for o in read_long(path)]
    days = {s: first_day(rows, s) for s in sorted({o.subject for o in rows})}
    return {
        s: day_zero + timedelta(days=int(day // 1)) if day_zero is not None else None
        for s, day in days.items()
        if day is not None
    }
