"""``proband routes``: which tests of which regulatory route are documented as met."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from proband.cli.show import console, format_option, outcome, print_json, program_argument

if TYPE_CHECKING:
    from proband.core.criterion import Framework
    from proband.core.finding import Findings

ROUTES = "us-routes-2026-08"


@click.command("routes")
@program_argument
@click.option("--framework", default=ROUTES, show_default=True, help="Rule set of routes: an id, or a path.")
@click.option("--sheet", type=click.Path(path_type=Path), help="Also write the data elements of Form FDA 3926 here.")
@format_option
def command(program: str, framework: str, sheet: Path | None, form: str) -> int:
    """The tests of each route over this program, with their sources, whether or not it claims the route.

    It says what is documented as met. Which route to take is for people to decide.
    """
    from proband import api
    from proband.dossier.form_3926 import sheet as facts_sheet
    from proband.writing import write_text

    folder = api.read_program(program)
    rules = api.framework(framework)
    run = api.analyse(folder, where="processes:1")
    findings = api.assess_evidence(folder, run, rules)
    if form == "json":
        claimed = [*folder.program.routes, *folder.program.claims]
        print_json({"framework": rules.id, "claimed": claimed, "routes": findings.elements, "tests": list(findings)})
    else:
        _print(findings, rules, (*folder.program.routes, *folder.program.claims))
    if sheet:
        sheet.parent.mkdir(parents=True, exist_ok=True)
        write_text(sheet, facts_sheet(folder.program, run.evidence))
        click.echo(f"wrote {sheet}", err=form == "json")
    return 3 if run.failures else 0


def _print(findings: Findings, rules: Framework, claimed: tuple[str, ...]) -> None:
    from rich.table import Table

    out = console()
    out.print(f"{rules.title}\nThe program claims: {', '.join(claimed).replace('_', ' ') or 'no route'}")
    for e in findings.elements:
        table = Table(box=None, pad_edge=False, title=f"\n{e.title}", title_justify="left")
        table.add_column("test", no_wrap=True)
        table.add_column("finding", overflow="fold", ratio=1)
        table.add_column("what is asked", overflow="fold", ratio=2)
        table.add_column("source", overflow="fold", ratio=1)
        for f in (f for f in findings if f.element == e.element):
            source = rules[f.id].source
            table.add_row(f.id, outcome(f), f"{f.title}. {f.detail}", f"{source.document} ({source.status})")
        out.print(table)
    out.print(f"\n{rules.disclaimer.strip()}")
