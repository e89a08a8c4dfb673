"""The changes that the program fixed beforehand as enough.

Asks: is a required change in alleles or transcripts stated, with its tissue, its date and its reason?
Cannot see: whether the reason is a good one. That is a person's judgement.
"""

from __future__ import annotations

from collections.abc import Iterator

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.evidence import Scope, Subject
from proband.core.quantity import Quantity

ENGAGEMENT = ("corrected_alleles", "corrected_transcripts", "knockdown")


@analysis(claims=("engagement.threshold",), uses=("id", "thresholds"), version=1)
def declared_thresholds(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line per threshold on engagement that ``program.toml`` fixes."""
    for t in program.thresholds:
        if t.quantity not in ENGAGEMENT:
            continue
        what = t.quantity.replace("_", " ")
        yield Draft(
            kind="engagement.threshold",
            statement=f"The program fixed {what} of at least {t.value:g} as enough, on {t.set_on}.",
            subject=Subject("program", program.id),
            scope=Scope(where="program.toml", how="read from the thresholds fixed beforehand"),
            quantities={"threshold": Quantity.exact(t.value, t.unit)},
            facts={
                "justification": t.because,
                "set_on": t.set_on,
                **({"tissue": t.tissue} if t.tissue else {}),
            },
            readout_definition=f"Required {what}",
        )
