"""``proband quality``: what a product is made of, and its lots. A verb is a file ``quality_<verb>.py`` beside."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click


class _Verbs(click.Group):
    """Verbs are the files beside this one; a module is loaded when its verb is called or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(p.stem.removeprefix("quality_") for p in Path(__file__).parent.glob("quality_*.py"))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            return None
        return import_module(f"proband.cli.quality_{name}").command


@click.group("quality", cls=_Verbs)
def command() -> None:
    """Recompute what a product is said to be; judge its lots, methods, stability, changes; works without a program."""
