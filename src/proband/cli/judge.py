"""``proband judge``: a person's judgement, bound to what was seen."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from proband.cli.show import criterion_argument, format_option, framework_option, print_json, program_argument

if TYPE_CHECKING:
    from proband.api import ProgramFolder
    from proband.core.criterion import Criterion, Framework
    from proband.core.provenance import InputFile

VERDICTS = ["supported", "contradicted", "insufficient", "not_applicable"]


@click.command("judge")
@program_argument
@criterion_argument
@click.option("--verdict", type=click.Choice(VERDICTS), required=True)
@click.option("--name", required=True, help="Who judges.")
@click.option("--role", required=True, help="In which role.")
@click.option("--reason", required=True, help="The reasoning, in sentences.")
@click.option(
    "--saw", multiple=True, metavar="FILE", help="A file of the program folder that was read; may be repeated."
)
@click.option(
    "--date", "signed_on", type=click.DateTime(["%Y-%m-%d"]), help="Day of the judgement; today if not given."
)
@framework_option
@format_option
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
    form: str,
) -> int:
    """Write a named, dated judgement to statements/, bound to the digests of the evidence seen.

    It lapses when that evidence, a file that was seen, or the rule changes. A judgement of 'supported' or
    'contradicted' needs evidence or a file that a reader can open.
    """
    from proband import api
    from proband.assess.assess import relevant
    from proband.core.errors import ProgramError
    from proband.core.finding import Statement, Verdict
    from proband.folder.statements import today, write_statement

    for what, text in (("--name", name), ("--role", role), ("--reason", reason)):
        if not text.strip():
            raise click.BadParameter("is empty", param_hint=what)
    if isinstance(signed_on, datetime) and signed_on.date() > today():
        raise click.BadParameter("lies in the future", param_hint="--date")
    folder = api.read_program(program)
    rules = api.framework_of(folder, framework)
    files = _files_seen(folder, saw)
    rule = _criterion(rules, criterion)
    lines = relevant(rule, rules, api.analyse(folder).evidence)
    if verdict in ("supported", "contradicted") and not lines and not files:
        raise ProgramError(
            f"{criterion} has no evidence in this folder, so nothing could have been seen. "
            "Add evidence, or name the file you read with --saw."
        )
    statement = Statement(
        file="",
        criterion=criterion,
        criterion_stamp=rule.stamp,
        framework=rules.id,
        verdict=Verdict(verdict),
        reasoning=reason,
        name=name,
        role=role,
        signed_on=signed_on.date() if isinstance(signed_on, datetime) else today(),
        sequence=1,
        seen_evidence=tuple(sorted(e.id for e in lines)),
        seen_files=files,
    )
    path = write_statement(Path(program), statement, folder.statements)
    if form == "json":
        print_json({"wrote": str(path), "statement": statement})
    else:
        click.echo(f"wrote {path}: {verdict}, bound to {len(lines)} lines of evidence and {len(files)} files")
    return 0


def _criterion(rules: Framework, criterion: str) -> Criterion:
    from proband.core.errors import ProgramError
    from proband.core.kinds import nearest

    if criterion not in rules:
        known = tuple(c.id for c in rules.criteria)
        raise ProgramError(f"no criterion {criterion} in {rules.id}: {nearest(criterion, known)}")
    return rules[criterion]


def _files_seen(folder: ProgramFolder, saw: tuple[str, ...]) -> tuple[InputFile, ...]:
    from proband.core.errors import ProgramError
    from proband.core.kinds import nearest

    by_path = {f.path: f for f in folder.program.inputs}
    for name in saw:
        if name not in by_path:
            raise ProgramError(
                f"--saw {name}: not an input file of the folder; {nearest(name, by_path)} (put prose under text/)"
            )
    return tuple(by_path[name] for name in sorted(set(saw)))
