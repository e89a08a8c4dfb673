"""How long and dense the observation before treatment was.

Asks: how many values of the main outcome lie before the first dose, and over how many days?
Cannot see: whether the level was stable, or whether the values are comparable; an outcome that is not named
under ``[parameters.clinical_baseline]`` is not counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.evidence import Figure, Scope, Subject
from proband.core.quantity import Quantity


@analysis(
    claims=("clinical.baseline",),
    reads={"measurements": "clinical/*.csv", "doses": "clinical/dosing.csv"},
    needs_files=("measurements", "doses"),
    version=1,
)
def clinical_baseline(program: ProgramView, inputs: Inputs, *, parameter: str = "") -> Iterator[Draft]:
    """One line per dosed subject with values of `parameter`."""
    if not parameter:
        return
    from proband.science.clinical_series import before, first_day, in_one_unit, read_long

    doses = read_long(inputs.files["doses"][0].path)
    others = ("clinical/dosing.csv", "clinical/subjects.csv")
    tables = [f for f in inputs.files["measurements"] if f.relative not in others]
    rows = in_one_unit([o for f in tables for o in read_long(f.path) if o.parameter == parameter])
    for subject in sorted({d.subject for d in doses}):
        day = first_day(doses, subject)
        series = sorted(
            (o for o in rows if o.subject == subject and o.parameter == parameter and o.value is not None),
            key=lambda o: o.day,
        )
        if day is None or not series:
            continue
        early = before(rows, subject, parameter, day)
        span = early[-1].day - early[0].day if early else 0.0
        yield Draft(
            kind="clinical.baseline",
            statement=f"{len(early)} values of {parameter} lie before the first dose of {subject}, over {span:g} days.",
            subject=Subject("patient", subject),
            scope=Scope(
                where=", ".join(f.relative for f in tables),
                how=f"rows of {parameter} with a day before the first dose (day {day:g})",
                denominator=f"{len(series)} values in all",
            ),
            quantities={
                "baseline_observations": Quantity.exact(len(early), "count"),
                "baseline_days": Quantity.exact(span, "d"),
            },
            facts={"parameter": parameter},
            readout_definition="Values with a day strictly before the first dose; values below the limit count.",
            figures=(_figure(subject, parameter, series, doses),),
        )


def _figure(subject: str, parameter: str, series: list, doses: list) -> Figure:  # type: ignore[type-arg]
    unit = series[0].unit
    rows = [{"day": o.day, "value": o.value, "row": "below limit" if o.below_limit else "measured"} for o in series]
    days = ", ".join(f"{d.day:g}" for d in doses if d.subject == subject and d.value)
    return Figure(
        name=f"baseline-{subject}",
        title=f"{parameter} of {subject}, doses on day {days}",
        alt=f"{len(series)} values of {parameter} over time; doses on day {days}.",
        chart="points",
        encoding={"x": "day", "y": "value", "color": "row"},
        rows=tuple(rows),
        labels={"x": "day", "y": f"{parameter} ({unit})"},
    )
