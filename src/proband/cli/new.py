"""``proband new``: a commented program folder."""

from __future__ import annotations

from pathlib import Path

import click

from proband.cli.show import format_option, print_json


@click.command("new")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--modality", default="", help="base_editor, prime_editor, nuclease, gapmer or splice_switching.")
@format_option
def command(folder: Path, modality: str, form: str) -> None:
    """Write a commented program folder. Nothing that exists is touched.

    \b
    Example: proband new my_program --modality base_editor
    """
    from proband.core.errors import ProgramError
    from proband.core.kinds import nearest
    from proband.engine.registry import modalities
    from proband.folder.scaffold import write_skeleton

    if modality and modality not in modalities():
        raise ProgramError(f"no modality {modality!r}: {nearest(modality, modalities())}")
    paths = write_skeleton(folder, modality)
    if form == "json":
        print_json({"wrote": [str(p) for p in paths]})
        return
    for path in paths:
        click.echo(f"wrote {path}")
    click.echo(f"\nNext: fill in {folder / 'program.toml'}, then run: proband check {folder}")
