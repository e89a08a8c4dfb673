"""How long and dense the observation before treatment was, and how well it tells a level and a slope.

Asks: how many values of the main outcome lie before the first dose, over how many days; how well do they tell the
level when neighbouring values depend on each other; did it drift?
Cannot see: whether the values are comparable, and why treatment began when it did; an outcome that is neither in the
plan nor under ``[parameters.clinical_baseline]`` is not counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Fact, Figure, Scope, Subject
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.clinical.records import Dose
    from proband.science.clinical.series import Series
    from proband.science.within_patient.baseline_period import Baseline


@analysis(
    claims=("clinical.baseline",),
    reads={"measurements": "clinical/*.csv", "doses": "clinical/dosing.csv", "plan": "plan/*.toml"},
    needs_files=("measurements", "doses"),
    version=2,
    packages=("numpy", "scipy"),
)
def clinical_baseline(program: ProgramView, inputs: Inputs, *, parameter: str = "") -> Iterator[Draft]:
    """One line per dosed subject with values of `parameter`, or of the main endpoint where that is declared."""
    from proband.science.clinical.read import read_clinical
    from proband.science.outcome.declared_endpoints import read_declared

    problems: list[Problem] = []
    files = {f.relative: f.path for group in inputs.files.values() for f in group}
    declared = read_declared(files, problems)
    record = read_clinical({n: p for n, p in files.items() if n.startswith("clinical/")}, problems)
    if problems or record is None:
        raise ProgramError(problems)
    name = declared.main.parameter if declared is not None else parameter
    log = declared is not None and declared.main.scale == "logarithm"
    for subject in sorted({d.subject for d in record.doses}) if name else ():
        day, one = record.first_dose(subject), record.of(subject, name)
        if day is not None and one is not None:
            doses = tuple(d for d in record.doses if d.subject == subject and d.amount != 0)
            yield _line(one, day, doses, log, [f for f in files if f.startswith("clinical/")])


def _line(one: Series, day: float, doses: tuple[Dose, ...], log: bool, files: list[str]) -> Draft:
    early = one.part(stop=day)
    made, reason = _period(one, day, log)
    numbers: dict[str, Quantity] = {
        "baseline_observations": Quantity.exact(early.n, "count"),
        "baseline_days": Quantity.exact(early.span, "d"),
    }
    slope, said = "not_told", f"level and slope are not told: {reason}"
    if made is not None and made.slope is not None and made.deviation and made.reliability is not None:
        numbers["longest_gap"] = Quantity.exact(made.longest_gap, "d")
        numbers["effective_values"] = Quantity.point(made.effective_values or 0.0, "count", n=early.n)
        numbers["reliability"] = Quantity.point(made.reliability, "fraction", n=early.n)
        numbers["slope_in_spread"] = made.slope_in_spread
        low, high = made.slope_in_spread.interval(0.95) or (0.0, 0.0)
        slope = "no_drift_seen" if low <= 0 <= high else "drifts"
        said = (
            f"they tell the level like {made.effective_values:.1f} independent values (reliability "
            f"{made.reliability:.2f}) and a slope of {made.slope_in_spread.value:.3f} ({low:.3f} to {high:.3f} at "
            "95 %) standard deviations per week"
        )
    facts: dict[str, Fact] = {"parameter": one.parameter, "slope": slope}
    return Draft(
        kind="clinical.baseline",
        statement=f"{early.n} values of {one.parameter} lie before the first dose of {one.subject}, over "
        f"{early.span:g} days; {said}.",
        subject=Subject("patient", one.subject),
        scope=Scope(
            where=", ".join(f for f in files if not f.endswith(("dosing.csv", "care.csv", "events.csv", "visits.csv"))),
            how=f"rows of {one.parameter} with a day before the first dose (day {day:g})",
            denominator=f"{one.n} values in all",
        ),
        quantities=numbers,
        facts=facts,
        readout_definition="Values with a day strictly before the first dose; values below the limit count. "
        "Reliability: one less the variance of the level over that of a single value, dependence integrated.",
        assumptions=(made.slope_in_spread.model,) if "slope_in_spread" in numbers and made is not None else (),
        concerns=tuple(Concern(ConcernWord.BIASED, c) for c in made.concerns) if made is not None else (),
        figures=(_figure(one, doses),),
    )


def _period(one: Series, day: float, log: bool) -> tuple[Baseline | None, str]:
    """The time before the first dose, or why it tells no level."""
    from proband.science.within_patient.baseline_period import baseline_period
    from proband.science.within_patient.own_control import plain_series

    try:
        plain = plain_series(one)
    except ValueError as e:
        return None, str(e)
    if log and any((v or 0.0) <= 0 for v in plain.values):
        return None, "values of 0 or less have no logarithm"
    made = baseline_period(plain, day, log)
    return made, made.reason


def _figure(one: Series, doses: tuple[Dose, ...]) -> Figure:
    words = {"measured": "measured", "below": "below limit", "above": "above limit"}
    rows = [{"day": p.day, "value": p.value, "row": words[p.bound.value]} for p in one.points]
    days = ", ".join(f"{d.day:g}" for d in doses)
    return Figure(
        name=f"baseline-{one.subject}",
        title=f"{one.parameter} of {one.subject}, doses on day {days}",
        alt=f"{one.n} values of {one.parameter} over time; doses on day {days}.",
        chart="points",
        encoding={"x": "day", "y": "value", "color": "row"},
        rows=tuple(rows),
        labels={"x": "day", "y": f"{one.parameter} ({one.unit})"},
    )
