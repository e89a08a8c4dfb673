"""``proband dossier``: the documents."""

from __future__ import annotations

from pathlib import Path

import click

from proband.cli.show import (
    executor_option,
    format_option,
    framework_option,
    print_json,
    program_argument,
    progress,
)


@click.command("dossier")
@program_argument
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write to; PROGRAM/dossier if not given.")
@click.option("--formats", default="html,json,docx", show_default=True, help="Formats to write, with commas.")
@framework_option
@executor_option
@format_option
def command(program: str, out: Path | None, formats: str, framework: str, where: str, form: str) -> int:
    """Write the dossier: one HTML file, JSON with a published schema, and a plain DOCX.

    Beside them go evidence.json and lock.json, so that it can be assessed again without the raw data.
    """
    from proband import api

    folder = api.read_program(program)
    rules = api.framework_of(folder, framework)
    with progress() as on_step:
        run = api.analyse(folder, where=where, on_step=on_step)
        findings = api.assess_evidence(folder, run, rules)
        made = api.make_dossier(folder, run, findings, rules)
        paths = api.write_dossier(
            made, out or folder.root / "dossier", [f.strip() for f in formats.split(",") if f.strip()]
        )
    if form == "json":
        print_json({"wrote": [str(p) for p in paths]})
    else:
        click.echo("\n".join(f"wrote {p}" for p in paths))
    for f in run.failures:
        click.echo(f"{f.analysis} broke{' on ' + f.unit if f.unit else ''}: {f.message}", err=True)
    return 3 if run.failures else 0
