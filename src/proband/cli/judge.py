"""``proband judge``: a person's judgement, bound to what was seen."""

from __future__ import annotations

from pathlib import Path

import click

from proband.cli.show import framework_option, program_argument

VERDICTS = ["supported", "contradicted", "insufficient", "not_applicable"]


@click.command("judge")
@program_argument
@click.argument("criterion")
@click.option("--verdict", type=click.Choice(VERDICTS), required=True)
@click.option("--name", required=True, help="Who judges.")
@click.option("--role", required=True, help="In which role.")
@click.option("--reason", required=True, help="The reasoning, in sentences.")
@click.option("--saw", multiple=True, metavar="FILE", help="A file of the program folder that was read; may be repeated.")
@click.option("--date", "signed_on", type=click.DateTime(["%Y-%m-%d"]), help="Day of the judgement; today if not given.")
@framework_option
def command(
    program: str,
    criterion: str,
    verdict: str,
    name: str,
    role: str,
    reason: str,
    saw: tuple[str, ...],
    signed_on: object,
    framework: str,
) -> int:
    """Write a named, dated judgement to statements/, bound to the digests of the evidence seen.

    It lapses when that evidence, a file that was seen, or the rule changes. A judgement of 'supported' or
    'contradicted' needs evidence or a file that a reader can open.
    """
    from proband import api
    from proband.assess.assess import relevant
    from proband.core.errors import ProgramError
    from proband.core.finding import Statement, Verdict
    from proband.core.kinds import nearest
    from proband.folder.statements import today, write_statement

    folder = api.read_program(program)
    rules = api.framework_of(folder, framework)
    if criterion not in rules:
        raise ProgramError(f"no criterion {criterion}: {nearest(criterion, tuple(c.id for c in rules.criteria))}")
    for what, text in (("--name", name), ("--role", role), ("--reason", reason)):
        if not text.strip():
            raise click.BadParameter("is empty", param_hint=what)
    by_path = {f.path: f for f in folder.program.inputs}
    unknown = [s for s in saw if s not in by_path]
    if unknown:
        raise ProgramError(
            f"--saw {unknown[0]}: not an input file of the folder; {nearest(unknown[0], by_path)} (put prose under text/)"
        )
    run = api.analyse(folder)
    rule = rules[criterion]
    lines = relevant(rule, run.evidence)
    if verdict in ("supported", "contradicted") and not lines and not saw:
        raise ProgramError(
            f"{criterion} has no evidence in this folder, so nothing could have been seen. "
            "Add evidence, or name the file you read with --saw."
        )
    day = signed_on.date() if hasattr(signed_on, "date") else today()
    statement = Statement(
        "",
        criterion,
        rule.stamp,
        rules.id,
        Verdict(verdict),
        reason,
        name,
        role,
        day,
        tuple(sorted(e.id for e in lines)),
        tuple(by_path[s] for s in sorted(set(saw))),
    )
    path = write_statement(Path(program), statement)
    click.echo(f"wrote {path}: {verdict}, bound to {len(lines)} lines of evidence and {len(set(saw))} files")
    return 0
