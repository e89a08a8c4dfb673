"""``proband`` alone: where you are, and what is next."""

from __future__ import annotations

from pathlib import Path

import click


def say_where() -> None:
    """Say what the current folder is to proband, and name the next command."""
    here = Path.cwd()
    if (here / "program.toml").is_file():
        _program(here)
        return
    inside = sorted(p.name for p in here.iterdir() if (p / "program.toml").is_file())
    if inside:
        click.echo(f"{len(inside)} program folder{'s' if len(inside) != 1 else ''} here: {', '.join(inside)}")
        click.echo(f"\nNext: proband check {inside[0]}")
    else:
        click.echo("No program folder here.")
        click.echo("\nNext: proband new my_program --modality base_editor\n      proband --help")


def _program(here: Path) -> None:
    from proband import api

    reading = api.check(here)
    if reading.problems or reading.program is None:
        count = len(reading.problems)
        click.echo(f"This is a program folder with {count} problem{'s' if count != 1 else ''}.")
        click.echo("\nNext: proband check .")
        return
    program = reading.program
    click.echo(f"This is the program {program.id}, at the stage '{program.stage.replace('_', ' ')}'.")
    counts = f"{len(program.inputs)} input files, {len(program.reported)} reported results"
    click.echo(f"{counts}, {len(reading.statements)} judgements.")
    written = (here / "dossier" / "dossier.html").is_file()
    click.echo("A dossier was written." if written else "No dossier was written yet.")
    click.echo("\nNext: proband assess .          the findings")
    click.echo("      proband gaps .            what is missing")
    if written:
        click.echo("      proband diff dossier .    what moved since the dossier")
    else:
        click.echo("      proband dossier .         write the dossier")
