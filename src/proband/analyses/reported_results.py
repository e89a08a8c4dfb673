"""Results known only as reported numbers, passed on with their source.

Asks: what do others report, where does it stand, how was it read, and what does the readout mean?
Cannot see: the data behind the numbers. Every line says "reported, not recomputed"; counts that are summed
from a reported table trace to its rows. Counts, events and replicates get the distributions of
``science/stats/posterior.py``; a bracket of unknown kind gets no probability.
"""

from __future__ import annotations

from collections.abc import Iterator

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.evidence import Origin
from proband.core.number_spec import NumberSpec

ASSUMES = {
    "counts": "The counted reads or samples are treated as independent draws.",
    "ratio": "Events are treated as Poisson, and the expected number as known without error.",
    "rate": "Events are treated as Poisson at a constant rate.",
    "replicates": "Replicates are treated as independent and normal with one spread.",
    "confidence": "The writer declares that the confidence interval may be read as a distribution.",
}


@analysis(
    reports_any=True,
    reads={"reported": "reported/*.toml"},
    needs_files=("reported",),
    uses=("reported",),
    each="reported",
    version=1,
    packages=("numpy", "scipy"),
)
def reported_results(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line per reported result of one file."""
    from proband.science.stats.posterior import from_spec

    for r in program.reported:
        if r.file != inputs.unit:
            continue
        yield Draft(
            kind=r.kind,
            statement=r.statement,
            name=r.id,
            subject=r.subject,
            scope=r.scope,
            quantities={name: from_spec(spec, spec.unit) for name, spec in r.quantities.items()},
            facts=r.facts,
            origin=Origin.REPORTED,
            readout_definition=r.readout_definition,
            citation=r.citation,
            observed_on=r.observed_on,
            tables=r.tables,
            figures=r.figures,
            assumptions=(*r.assumptions, *_assumptions(tuple(r.quantities.values()))),
            concerns=r.concerns,
        )


def _assumptions(specs: tuple[NumberSpec, ...]) -> tuple[str, ...]:
    forms = {s.form for s in specs if s.form != "confidence" or s.posterior_under}
    return tuple(ASSUMES[form] for form in sorted(forms & set(ASSUMES)))
