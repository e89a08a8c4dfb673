"""What the protocol of an umbrella trial holds, from ``[umbrella]`` of ``plan/protocol.toml``.

Asks: are cohort rules, shared endpoints, the procedure for adding a variant and a biological reason of every cohort
written?
Cannot see: the protocol itself, and whether a reason is a good one. What was not read stays not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Column, Scope, Subject, Table
from proband.core.program import Program
from proband.core.provenance import digest

FILE = "plan/protocol.toml"


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the umbrella part, without numerics."""
    from proband.science.platform.master_protocol import read_master_protocol

    problems: list[Problem] = []
    for file in inputs.files["protocol"]:
        read_master_protocol(file.path, file.relative, problems)
    return problems


@analysis(
    claims=("trial.master_protocol",),
    reads={"protocol": FILE},
    needs_files=("protocol",),
    uses=("id",),
    version=1,
    border=border,
)
def umbrella_protocol(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line, where the protocol has an umbrella part."""
    from proband.science.platform.master_protocol import read_master_protocol
    from proband.science.quality.component_model import told as stated

    problems: list[Problem] = []
    read = read_master_protocol(inputs.files["protocol"][0].path, FILE, problems)
    if problems:
        raise ProgramError(problems)
    if read is None:
        return
    made = read.written
    told = {"written": made.present, "looked for and not there": made.absent, "not known": made.unknown}
    said = "; ".join(f"{k}: {', '.join(v).replace('_', ' ')}" for k, v in told.items() if v)
    cells = tuple((r.id, r.kind, r.says, r.reading) for r in read.rules)
    columns = (
        Column("rule", "", "name of the rule"),
        Column("kind", "", "inclusion or exclusion"),
        Column("says", "", "what the protocol says, as read"),
        Column("reading", "", "how it was read into a condition"),
    )
    without = [c.id for c in read.cohorts if not stated(c.reason)]
    why = f" Cohorts without a written reason: {', '.join(without)}." if without else ""
    yield Draft(
        kind="trial.master_protocol",
        statement=f"A master protocol with {len(read.cohorts)} cohorts and {len(read.rules)} entry rules. {said}.{why}",
        subject=Subject("program", program.id),
        scope=Scope(
            where=FILE,
            how="parts of [umbrella], cohorts and entry rules as written",
            denominator=f"{len(read.cohorts)} cohorts, {len(read.rules)} rules",
            not_covered="what stands in the protocol and not in this file",
        ),
        facts={"written": made},
        readout_definition="A part is written where the file holds it; biological reason: of every cohort.",
        tables=(Table("entry_rules", "Entry rules", columns, len(cells), digest(cells), "", cells[:50]),),
    )
