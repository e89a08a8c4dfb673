"""``proband assess``: the findings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from proband.cli.show import (
    console,
    executor_option,
    format_option,
    framework_option,
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
@framework_option
@executor_option
@format_option
@click.option("--all", "everything", is_flag=True, help="Every criterion, also those not assessed or not applicable.")
@click.option("--require", multiple=True, metavar="ID", help="Exit with code 4 unless this criterion is supported.")
@click.option("--strict", is_flag=True, help="Stop at the first analysis that breaks.")
def command(
    program: str, framework: str, where: str, form: str, everything: bool, require: tuple[str, ...], strict: bool
) -> int:
    """Make what evidence is needed, then print the findings under a framework."""
    from proband import api
    from proband.core.errors import AnalysisError, ProgramError
    from proband.core.kinds import nearest

    folder = api.read_program(program)
    rules = api.framework_of(folder, framework)
    for criterion in require:
        if criterion not in rules:
            raise ProgramError(f"no criterion {criterion}: {nearest(criterion, tuple(c.id for c in rules.criteria))}")
    with progress() as on_step:
        run = api.analyse(folder, where=where, on_step=on_step)
    if strict and run.failures:
        f = run.failures[0]
        raise AnalysisError(f"{f.analysis} broke on {f.unit or 'the program'}: {f.message}\n{f.traceback}")
    findings = api.assess_evidence(folder, run, rules)
    if form == "json":
        print_json({"framework": rules.id, "elements": findings.elements, "findings": list(findings)})
    else:
        _print(findings, rules, everything)
    for f in run.failures:
        click.echo(f"{f.analysis} broke{' on ' + f.unit if f.unit else ''}: {f.message}", err=True)
    unmet = [c for c in require if findings[c].verdict != "supported"]
    if unmet:
        click.echo(f"Required and not supported: {', '.join(unmet)}", err=True)
        return REQUIRE_UNMET
    return 3 if run.failures else 0


def _print(findings: Findings, rules: Framework, everything: bool) -> None:
    from rich.table import Table

    out = console()
    out.print(f"{rules.title} ({rules.status}, non-binding)\n")
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
