"""Which quality items of an initial IND are written for an oligonucleotide, from ``quality/dossier_items.toml``.

Asks: which of description, maker, method, characterisation, control, stability, composition and label have a document,
for drug substance and drug product as each is asked for?
Cannot see: what stands in a document, and whether a reviewer will find it enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Scope, Subject
from proband.core.program import Program


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the list of items."""
    from proband.science.quality.dossier_items import read_dossier_items

    problems: list[Problem] = []
    for file in inputs.files["items"]:
        read_dossier_items(file.path, problems, file.relative)
    return problems


@analysis(
    claims=("quality.dossier_items",),
    reads={"items": "quality/dossier_items.toml"},
    uses=("id",),
    version=1,
    border=border,
)
def dossier_items(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line on the items of the IND."""
    from proband.science.quality.dossier_items import LEVELS, read_dossier_items

    problems: list[Problem] = []
    for file in inputs.files["items"]:
        held = read_dossier_items(file.path, problems, file.relative)
        if held is None:
            raise ProgramError(problems)
        found = held.members
        reasons = "; ".join(f"{i.item}: {i.because}" for i in held.held if i.state == "not_there")
        yield Draft(
            kind="quality.dossier_items",
            statement=f"{len(found.present)} of {len(LEVELS)} items have a document at every level that asks for them; "
            f"said not to be there: {', '.join(found.absent) or 'none'}{f' ({reasons})' if reasons else ''}; "
            f"not known: {', '.join(found.unknown) or 'none'}.",
            subject=Subject("program", program.id),
            scope=Scope(
                where=file.relative,
                how="as stated for each item and level",
                denominator=f"{sum(len(x) for x in LEVELS.values())} items by level",
                not_covered="what stands in the documents",
            ),
            facts={"items": found},
            readout_definition="Present: written, with a named document, at each level that asks for the item.",
        )
