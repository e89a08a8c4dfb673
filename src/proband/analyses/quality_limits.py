"""The limits themselves: stage, reason, date, plan to tighten; and the release panel of edited cells.

Asks: have the limits in force a stage, a written reason and a plan to tighten them; does release testing of cells
edited outside the body cover the listed risks with justified limits?
Cannot see: whether a limit is right for its stage, and whether a reason is a good one. Faults of the file are told with
those of the lots, by `batch_quality`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Scope, Subject

if TYPE_CHECKING:
    from proband.science.quality.specifications import Specifications


@analysis(
    claims=("quality.release", "quality.limits"),
    reads={"specifications": "quality/specifications.toml"},
    uses=("id",),
    version=1,
)
def quality_limits(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line on the limits in force, and one on the panel where the product is cells edited outside the body."""
    from proband.science.quality.specifications import read_specifications

    problems: list[Problem] = []
    for file in inputs.files["specifications"]:
        held = read_specifications(file.path, problems, file.relative)
        if held is None:
            raise ProgramError(problems)
        yield _limits(program.id, held)
        if held.family.id == "ex_vivo_cells":
            yield _panel(program.id, held)


def _limits(program_id: str, held: Specifications) -> Draft:
    from proband.science.quality.lot_facts import limit_facts, limit_sentence

    return Draft(
        kind="quality.limits",
        statement=limit_sentence(held),
        subject=Subject("program", program_id),
        scope=Scope("quality/specifications.toml", "as stated for each limit in force", f"{len(held.in_force)} limits"),
        facts={"limits": limit_facts(held)},
        readout_definition="Present where it is told for every limit in force. A plan to tighten is a written one, or "
        "a limit of a later stage; at the stage of the application none is owed.",
    )


def _panel(program_id: str, held: Specifications) -> Draft:
    from proband.science.quality.lot_facts import panel

    found = panel(held)
    return Draft(
        kind="quality.release",
        statement=f"Release testing of edited cells covers {', '.join(found.present) or 'none'} with justified limits; "
        f"said not to be tested: {', '.join(found.absent) or 'none'}; not known: {', '.join(found.unknown) or 'none'}.",
        subject=Subject("program", program_id),
        scope=Scope("quality/specifications.toml", "specifications in force", f"{len(held.in_force)} specifications"),
        facts={"panel": found},
        readout_definition="Covered: a specification with a method, a limit and a written reason for it.",
    )
