"""Known class toxicities, the tests that look for them, and values against limits, from ``plan/monitoring.toml``.

Asks: which toxicities known of this modality and route does the plan look for on stated days after a dose; which tests
that were due have a value; which values lie beyond a limit, and what does the plan say is done then?
Cannot see: toxicities that the table of classes lacks, whether the tests are the right ones, values that nobody
entered, and whether anybody acted. A test that was due and has no value is missing, never normal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Members, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.follow_up.observed import Observed
    from proband.science.safety.monitoring_due import Due
    from proband.science.safety.monitoring_limits import TestState
    from proband.science.safety.monitoring_plan import Monitoring


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the plan, and units of values that do not convert to those of its limits; without numerics."""
    problems: list[Problem] = []
    _read(inputs, problems)
    return problems


def _read(inputs: Inputs, problems: list[Problem]) -> tuple[Monitoring, Observed] | None:
    from proband.science.follow_up.observed import read_observed
    from proband.science.safety.monitoring_limits import unit_problems
    from proband.science.safety.monitoring_plan import FILE, read_monitoring

    plan = read_monitoring(inputs.files["plan"][0].path, FILE, problems)
    seen = read_observed({f.relative: f.path for f in inputs.files["clinical"]}, problems)
    if plan is None or seen is None:
        return None
    faults = [Problem(*fault) for fault in unit_problems(plan, seen)]
    problems += faults[:20]
    return None if faults else (plan, seen)


@analysis(
    claims=("safety.monitoring",),
    reads={"plan": "plan/monitoring.toml", "clinical": "clinical/*.csv"},
    needs_files=("plan",),
    uses=("id", "modality", "candidate", "day_zero", "data_cut"),
    version=1,
    border=border,
)
def safety_monitoring(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line on the plan and what was made of it."""
    from proband.science.follow_up.observed import last_day
    from proband.science.safety.monitoring_due import due
    from proband.science.safety.monitoring_limits import states

    problems: list[Problem] = []
    read = _read(inputs, problems)
    if read is None:
        raise ProgramError(problems)
    plan, seen = read
    last = last_day(program.day_zero, program.data_cut)
    tests: list[Due] = []
    found: list[TestState] = []
    not_placed: list[str] = []
    for subject in sorted(seen.doses):
        mine, left = due(plan, seen, subject, last, program.day_zero)
        tests += mine
        not_placed += left
        found += states(plan, seen, subject, mine)
    yield _line(program, plan, seen, tests, found, list(dict.fromkeys(not_placed)))


def _line(
    program: ProgramView, plan: Monitoring, seen: Observed, tests: list[Due], found: list[TestState], left: list[str]
) -> Draft:
    from proband.science.follow_up.calendar_dates import dated
    from proband.science.safety import monitoring_report as report

    delivery = program.candidate.delivery if program.candidate else ""
    days = [seen.dose_days(s)[0] for s in seen.doses]
    first = dated(program.day_zero, max(days)) if days else None  # a date counts where it is after that of everybody
    members, why = report.scheduled(plan, program.modality, delivery, first)
    made, within = report.kept(tests), report.within(found)
    figure = report.figure(tests, {s: seen.dose_days(s) for s in seen.doses})
    crossed = [c for s in found for c in s.crossings]
    concerns = []
    if made.absent:
        concerns.append(Concern(ConcernWord.SELECTIVE, f"tests that were due and have no value: {len(made.absent)}"))
    if made.unknown:
        concerns.append(Concern(ConcernWord.IMPRECISE, "whether windows have closed is not told: no data cut or day 0"))
    tables = [report.plan_table(plan)] + ([report.due_table(tests)] if tests else [])
    tables += [report.crossings_table(found)] if crossed else []
    return Draft(
        kind="safety.monitoring",
        statement=" ".join(_said(members, why, made, found)),
        subject=Subject("program", program.id),
        name="class toxicities",
        scope=Scope(
            where="plan/monitoring.toml and clinical/*.csv",
            how="toxicities of modality and route by a table of classes, and those that the plan adds; values by UCUM "
            "against the limits of the plan, those below an assay's limit as below it",
            denominator=f"{len(why)} toxicities, {len(plan.test)} tests, {len(tests)} of them due or planned by day",
            detection_limit="one value for each due test: what happens between two of them is not seen",
            not_covered="; ".join(["toxicities that the table lacks", *left]),
            settings={"modality": program.modality, "delivery": delivery},
        ),
        quantities={
            "tests_missing": Quantity.exact(len(made.absent), "count"),
            "limits_crossed": Quantity.exact(len({c.row for c in crossed if c.certain}), "count"),
        } if seen.doses and not made.unknown else {},
        facts={"scheduled": members, "kept": made, "within_limits": within},
        readout_definition="Scheduled: a test of it has a day on or after a dose. Kept: a value in the window of every "
        "test that was due. Within limits: values are there, none is or may be beyond, none is missing.",
        assumptions=("The table of class toxicities is a floor; each row says how it was read.",),
        concerns=tuple(concerns),
        tables=tuple(tables),
        figures=(figure,) if figure is not None else (),
    )  # fmt: skip


def _said(members: Members, why: Mapping[str, str], made: Members, found: Sequence[TestState]) -> Iterator[str]:
    def listed(names: tuple[str, ...]) -> str:
        return ", ".join(f"{n.replace('_', ' ')} ({why[n]})" for n in names)

    for words, names in (("Scheduled", members.present), ("not scheduled", members.absent), ("open", members.unknown)):
        if names:
            yield f"{words[0].upper()}{words[1:]}: {listed(names)}."
    if made.present or made.absent or made.unknown:
        yield (
            f"Of tests that were due {len(made.present)} have a value in their window, {len(made.absent)} have none, "
            f"and of {len(made.unknown)} that is not told."
        )
    for one in found:
        certain = [c for c in one.crossings if c.certain]
        if certain:
            first = certain[0]
            stated = [f"{c.limit}: {c.action.strip().rstrip('.')}" for c in certain if c.row == first.row]
            rows = len({c.row for c in certain})
            yield (
                f"{one.subject}, {one.test}: {rows} value{'s' if rows > 1 else ''} beyond a limit, first {first.value} "
                f"on day {first.day:g}; the plan states for {'; for '.join(stated)}."
            )
        elif one.crossings:
            yield f"{one.subject}, {one.test}: {len(one.crossings)} values may lie beyond a limit."
