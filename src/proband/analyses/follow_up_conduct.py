"""The sources and systems of follow-up data, and expedited reports of adverse events.

Asks: how complete, linked and valid is each source, in counts; for which controls of the systems is there a document;
which clock runs for each adverse event, and was its report in time?
Cannot see: whether counts and documents are true, reports owed elsewhere, and events that nobody entered. Whether a
source is fit for the question, and whether evidence of validation convinces, is for a person to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.follow_up.plan_file import FollowUp
    from proband.science.follow_up.reports import Clock
    from proband.science.safety.safety_tables import SafetyTables
    from proband.science.transcript.rna_tables import Row


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of plan and tables, without numerics."""
    problems: list[Problem] = []
    _read(inputs, problems)
    return problems


def _read(
    inputs: Inputs, problems: list[Problem]
) -> tuple[FollowUp | None, SafetyTables | None, tuple[Row, ...] | None]:
    from proband.science.follow_up.plan_file import FILE, read_follow_up
    from proband.science.follow_up.reports import FILE as REPORTS
    from proband.science.follow_up.reports import read_reports
    from proband.science.safety.safety_tables import read_safety

    files = {f.relative: f.path for g in inputs.files.values() for f in g}
    plan = read_follow_up(files[FILE], FILE, problems) if FILE in files else None
    safety = read_safety(files, problems)
    events = safety.events if safety is not None and safety.written else None
    reports = read_reports(files[REPORTS], events, problems) if REPORTS in files else None
    return plan, safety, reports


@analysis(
    claims=("follow_up.source", "follow_up.systems", "safety.reports"),
    reads={"plan": "plan/follow_up.toml", "safety": "safety/*.csv", "doses": "clinical/dosing.csv"},
    uses=("id", "data_cut"),
    version=1,
    packages=("scipy",),
    border=border,
)
def follow_up_conduct(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line on sources and one on systems where the plan has them, one on reports where there is a table of them."""
    problems: list[Problem] = []
    plan, safety, reports = _read(inputs, problems)
    if problems:
        raise ProgramError(problems)
    if plan is not None and plan.data_source:
        yield _sources(program.id, plan)
    if plan is not None and plan.system:
        yield _systems(program.id, plan)
    if reports is not None and safety is not None:
        from proband.science.follow_up.reports import clocks

        yield _reports(program.id, clocks(safety.events, reports, program.data_cut))


def _sources(program: str, plan: FollowUp) -> Draft:
    from proband.science.follow_up.calendar_tables import table
    from proband.science.follow_up.custody import measured
    from proband.science.follow_up.plan_file import METRICS
    from proband.science.stats.proportions import clopper_pearson

    rows, worst = [], dict[str, Quantity]()
    for source in plan.data_source:
        for metric in METRICS:
            share = getattr(source, metric)
            if share is None or share.found is None:
                rows.append((source.name, metric, "not measured" if share is not None else "not stated", "", ""))
                continue
            low, high = clopper_pearson(share.found, share.of, 0.95)
            value = share.found / share.of
            rows.append(
                (
                    source.name,
                    metric,
                    f"{share.found} of {share.of}",
                    f"{value:.3f} ({low:.3f} to {high:.3f})",
                    share.how,
                )
            )
            if metric not in worst or value < (worst[metric].value or 0.0):
                worst[metric] = Quantity.confidence(value, low, high, 0.95, "fraction", n=share.of)
    members = measured(plan)
    words = (("measured", members.present), ("not measured", members.absent), ("not stated", members.unknown))
    said = "; ".join(f"{word}: {', '.join(names)}" for word, names in words if names)
    columns = (
        ("source", "", "As the plan names it"), ("metric", "", "What was counted"), ("count", "", "Found, of how many"),
        ("share", "", "With its exact 95 % interval"), ("how", "", "As the plan states it"),
    )  # fmt: skip
    return Draft(
        kind="follow_up.source",
        statement=f"Sources of follow-up data ({len(plan.data_source)}), over all of them {said}.",
        subject=Subject("program", program),
        name="sources of follow-up data",
        scope=Scope(
            "plan/follow_up.toml, [[data_source]]", "counts as stated, with exact intervals",
            f"{len(plan.data_source)} sources", "", "records that no count looked for",
        ),
        quantities={m: q for m, q in worst.items() if m in members.present},
        facts={"measured": members},
        readout_definition="Measured: counted for every source. Each number is that of the source where it is least.",
        tables=(table("sources", "What was measured of each source", columns, rows),),
    )  # fmt: skip


def _systems(program: str, plan: FollowUp) -> Draft:
    from proband.science.follow_up.calendar_tables import table
    from proband.science.follow_up.custody import controls
    from proband.science.follow_up.plan_file import CONTROLS

    members = controls(plan)
    rows = [(s.name, c.replace("_", " "), getattr(s, c) or "not stated") for s in plan.system for c in CONTROLS]
    words = (("documented", members.present), ("stated as none", members.absent), ("not stated", members.unknown))
    said = "; ".join(f"{word}: {', '.join(names).replace('_', ' ')}" for word, names in words if names)
    columns = (("system", "", "As the plan names it"), ("control", "", "Topic"), ("document", "", "What shows it"))
    return Draft(
        kind="follow_up.systems",
        statement=f"Systems that hold follow-up data ({len(plan.system)}), over all of them {said}.",
        subject=Subject("program", program),
        name="systems of follow-up data",
        scope=Scope(
            "plan/follow_up.toml, [[system]]", "documents as stated; topics after 21 CFR 11.10, recalled",
            f"{len(plan.system)} systems, {len(CONTROLS)} controls each", "", "what the documents say",
        ),
        facts={"controls": members},
        readout_definition="Documented: the plan names a document for every system.",
        tables=(table("systems", "Controls of each system", columns, rows),),
    )  # fmt: skip


def _reports(program: str, found: tuple[Clock, ...]) -> Draft:
    from proband.science.follow_up.report_tables import clock_table
    from proband.science.follow_up.reports import in_time

    running = [c for c in found if c.clock not in ("none", "cannot_tell")]
    said = [f"{c.event}: {c.clock}, {c.state.replace('_', ' ')} ({c.because})" for c in found if c.clock != "none"]
    return Draft(
        kind="safety.reports",
        statement=f"Of {len(found)} adverse events {len(running)} have a clock to report. {'; '.join(said)}".strip(),
        subject=Subject("program", program),
        name="expedited reports",
        scope=Scope(
            where="safety/adverse_events.csv, safety/reports.csv",
            how="21 CFR 312.32(c) as read in summaries: 7 days from receipt, 15 days from the sponsor's determination",
            denominator=f"{len(found)} events",
            not_covered="reports owed elsewhere, reports of findings over several patients",
        ),
        facts={"in_time": in_time(found)},
        readout_definition="In time: reported up to the last day of the clock. Not known where what starts the clock, "
        "or the day of the report, is not entered.",
        tables=(clock_table(found),),
    )
