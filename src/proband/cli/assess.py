"""``proband assess``: the findings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from proband.cli.show import (
    console,
    executor_option,
    format_option,
    outcome,
    print_json,
    program_argument,
    progress,
    words,
)

if TYPE_CHECKING:
    from proband.core.criterion import Framework
    from proband.core.finding import Findings

REQUIRE_UNMET = 4


@click.command("assess")
@program_argument
@click.option("--framework", "frameworks", multiple=True, help="Rule set: an id or a path; may be repeated.")
@executor_option
@format_option
@click.option("--all", "everything", is_flag=True, help="Every criterion, also those not assessed or not applicable.")
@click.option("--require", multiple=True, metavar="ID", help="Exit with code 4 unless this criterion is supported.")
@click.option("--strict", is_flag=True, help="Stop at the first analysis that breaks.")
def command(
    program: str,
    frameworks: tuple[str, ...],
    where: str,
    form: str,
    everything: bool,
    require: tuple[str, ...],
    strict: bool,
) -> int:
    """Make what evidence is needed, then print the findings under one framework or several."""
    from proband import api
    from proband.core.errors import AnalysisError

    folder = api.read_program(program)
    sets = [api.framework_of(folder, name) for name in frameworks or ("",)]
    _known(require, sets)
    with progress() as on_step:
        run = api.analyse(folder, where=where, on_step=on_step)
    if strict and run.failures:
        f = run.failures[0]
        raise AnalysisError(f"{f.analysis} broke on {f.unit or 'the program'}: {f.message}\n{f.traceback}")
    made = [(rules, api.assess_evidence(folder, run, rules)) for rules in sets]
    if form == "json":
        listed = [{"framework": r.id, "elements": f.elements, "findings": list(f)} for r, f in made]
        print_json(listed if len(frameworks) > 1 else listed[0])
    else:
        for number, (rules, findings) in enumerate(made):
            _print(findings, rules, everything, again=number > 0)
    for f in run.failures:
        click.echo(f"{f.analysis} broke{' on ' + f.unit if f.unit else ''}: {f.message}", err=True)
    unmet = [c for c in require if not any(c in r and f[c].verdict == "supported" for r, f in made)]
    if unmet:
        click.echo(f"Required and not supported: {', '.join(unmet)}", err=True)
        return REQUIRE_UNMET
    return 3 if run.failures else 0


def _known(require: tuple[str, ...], sets: list[Framework]) -> None:
    from proband.core.errors import ProgramError
    from proband.core.kinds import nearest

    known = tuple(c.id for rules in sets for c in rules.criteria)
    for criterion in require:
        if criterion not in known:
            raise ProgramError(f"no criterion {criterion}: {nearest(criterion, known)}")


def _print(findings: Findings, rules: Framework, everything: bool, *, again: bool) -> None:
    from rich.table import Table

    out = console()
    if again:
        out.print("\n" + "=" * 40)
    out.print(f"{rules.title} ({rules.status}{', non-binding' if rules.status == 'draft' else ''})\n")
    for e in findings.elements:
        out.print(f"{e.title}: {e.state}. {e.detail}.")
    table = Table(box=None, pad_edge=False)
    for name in ("criterion", "finding", "why"):
        table.add_column(name, overflow="fold", no_wrap=name == "criterion")
    shown = [f for f in findings if everything or f.verdict in ("supported", "contradicted", "insufficient")]
    for f in shown:
        table.add_row(f.id, outcome(f), f"{f.title}. {f.detail}")
    out.print()
    out.print(table)
    rest = Counter(f"{words(f.verdict)}: {words(f.reason)}" for f in findings if f not in shown)
    if rest:
        out.print("\nNot shown (use --all): " + "; ".join(f"{n} {name}" for name, n in sorted(rest.items())))
    for d in findings.disagreements:
        out.print(f"\nDisagreement on {words(d.quantity)} of {d.subject}: {d.detail}")
    out.print("\nCounts, not a score. A supported criterion is not compliance and predicts no approval.")
