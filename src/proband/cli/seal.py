"""``proband seal``: fix the analysis plan of a program by digest and date."""

from __future__ import annotations

from pathlib import Path

import click

from proband.cli.show import format_option, print_json, program_argument


@click.command("seal")
@program_argument
@click.option(
    "--name", default="", help="Who seals. Without it, the state of the plan is shown and nothing is written."
)
@click.option("--role", default="", help="In which role.")
@click.option(
    "--reason", default="", help="Why the plan changed, or why it is sealed after an outcome; then it is needed."
)
@format_option
def command(program: str, name: str, role: str, reason: str, form: str) -> int:
    """Write digest, date and name of plan/analysis_plan.toml to plan/seal.toml, or show where the plan stands.

    A change after the seal is sealed again with a reason; what was sealed before stays in the file. The seal is neither
    an electronic signature nor a time stamp: to prove the date to others, give the digest to somebody who keeps it.
    """
    from proband import api
    from proband.core.errors import Problem, ProgramError
    from proband.folder.plan_seal import PLAN, read_plan_record, seal_plan
    from proband.science.trial.plan_file import plan_or_problems

    writes = bool(name or role or reason)
    for what, text in (("--name", name), ("--role", role)):
        if writes and not text.strip():
            raise click.BadParameter("is empty; a seal needs --name and --role", param_hint=what)
    root, problems = Path(program), list[Problem]()
    held = api.read_program(program).program
    names = [f.path for f in held.inputs]
    if PLAN in names:
        plan_or_problems(root / PLAN, PLAN, problems)
    if not writes:
        record = read_plan_record(root, names, problems, held.day_zero)
    if problems:
        raise ProgramError(problems)
    wrote = ""
    if writes:
        seal, record = seal_plan(root, names, name, role, reason, held.day_zero)
        wrote = f"sealed {PLAN} as number {seal.number}: {seal.plan_digest}"
    if form == "json":
        print_json({"wrote": wrote, "record": record})
        return 0
    for line in (wrote, *record.sentences):
        if line:
            click.echo(line)
    return 0
