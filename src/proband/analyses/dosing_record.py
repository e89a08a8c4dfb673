"""Doses as given, from ``clinical/dosing.csv``.

Asks: how many doses, how far apart, how much in sum?
Cannot see: what was prepared but not given, and interrupted infusions that the table does not tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.evidence import Scope, Subject
from proband.core.quantity import Quantity


@analysis(
    claims=("dosing.record",),
    reads={"doses": "clinical/dosing.csv"},
    needs_files=("doses",),
    version=1,
)
def dosing_record(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line per dosed subject and product; the sum is given only where all doses are in mg/kg."""
    from proband.science.clinical_series import read_long

    rows = [d for d in read_long(inputs.files["doses"][0].path) if d.value is not None and d.value > 0]
    for subject, product in sorted({(d.subject, d.parameter) for d in rows}):
        given = sorted((d for d in rows if (d.subject, d.parameter) == (subject, product)), key=lambda d: d.day)
        quantities = {"doses": Quantity.exact(len(given), "count")}
        gaps = [b.day - a.day for a, b in pairwise(given)]
        if gaps:
            quantities["dose_interval"] = Quantity.exact(min(gaps), "d")
        if all(d.unit == "mg/kg" for d in given):
            total = sum(d.value for d in given if d.value is not None)
            quantities["cumulative_dose"] = Quantity.exact(total, "mg/kg")
        listed = "; ".join(f"day {d.day:g}: {d.value:g} {d.unit}" for d in given)
        yield Draft(
            kind="dosing.record",
            statement=f"{subject} was given {len(given)} dose{'s' if len(given) != 1 else ''} of {product} ({listed}).",
            subject=Subject("patient", subject),
            scope=Scope(where="clinical/dosing.csv", how=f"rows of {product} with a value above 0"),
            quantities=quantities,
            readout_definition="Doses given, shortest interval in days, sum of the doses.",
        )
