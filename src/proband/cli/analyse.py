"""``proband analyse``: make the evidence."""

from __future__ import annotations

import click

from proband.cli.show import console, executor_option, format_option, print_json, program_argument, progress


@click.command("analyse")
@program_argument
@click.option("--only", multiple=True, metavar="KIND", help="Only this kind of evidence; may be repeated.")
@click.option("--fresh", is_flag=True, help="Compute all again, and compare with what was kept.")
@executor_option
@format_option
def command(program: str, only: tuple[str, ...], fresh: bool, where: str, form: str) -> int:
    """Make the evidence of a program (all, or named kinds), from the cache where nothing changed."""
    from proband import api
    from proband.core.errors import ProgramError
    from proband.core.kinds import kinds, nearest
    from proband.core.serial import evidence_to_json

    for kind in only:
        if kind not in kinds():
            raise ProgramError(f"no evidence kind {kind!r}: {nearest(kind, kinds())}")
    folder = api.read_program(program)
    with progress() as on_step:
        run = api.analyse(folder, only, where=where, fresh=fresh, on_step=on_step)
    if form == "json":
        print_json([evidence_to_json(e) for e in run.evidence])
    else:
        out = console()
        for e in run.evidence:
            out.print(f"{e.id[:12]}  {e.kind}  [{e.origin}]  {e.statement}")
        out.print(f"\n{len(run.evidence)} lines of evidence.")
    for f in run.failures:
        click.echo(f"{f.analysis} broke{' on ' + f.unit if f.unit else ''}: {f.message}", err=True)
    return 3 if run.failures else 0
