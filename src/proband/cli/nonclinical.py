"""``proband nonclinical``: what animals tell. Each verb is a file ``nonclinical_<verb>.py`` beside this."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from proband.science.nonclinical.folder import NonclinicalFolder


class _Verbs(click.Group):
    """Verbs are the files beside this one; a module is loaded when its verb is called or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(p.stem.removeprefix("nonclinical_") for p in Path(__file__).parent.glob("nonclinical_*.py"))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            return None
        return import_module(f"proband.cli.nonclinical_{name}").command


folder_argument = click.argument("folder", type=click.Path(path_type=Path))
product_option = click.option(
    "--product", default="", help="This product, as studies.csv writes it; without it every study counts."
)


def read(folder: Path) -> NonclinicalFolder:
    """The nonclinical files of a program folder, or of a folder that holds them itself; every problem at once."""
    from proband.core.errors import Problem, ProgramError
    from proband.science.nonclinical.files import READS
    from proband.science.nonclinical.folder import folder_or_problems

    if not folder.is_dir():
        expected = "a program folder, or a folder with studies.csv"
        raise ProgramError([Problem(str(folder), "", "no such folder", expected, "correct the path")])
    places = {p: next((x for x in (folder / p, folder / Path(p).name) if x.is_file()), None) for p in READS.values()}
    files = {p: x for p, x in places.items() if x is not None}
    if not files:
        names = ", ".join(Path(p).name for p in READS.values())
        remedy = "see docs/how-to/record-nonclinical-studies.md"
        raise ProgramError([Problem(str(folder), "", "none of the files", names, remedy)])
    return folder_or_problems(files)


@click.group("nonclinical", cls=_Verbs)
def command() -> None:
    """What animals tell: margins of the human dose, product and edits in tissues, which studies are owed."""
