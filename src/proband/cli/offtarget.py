"""``proband offtarget``: where else a guide could act. Each verb is a file ``offtarget_<verb>.py`` beside this."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click


class _Verbs(click.Group):
    """Verbs are the files beside this one; a module is loaded when its verb is called or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(p.stem.removeprefix("offtarget_") for p in Path(__file__).parent.glob("offtarget_*.py"))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            return None
        return import_module(f"proband.cli.offtarget_{name}").command


@click.group("offtarget", cls=_Verbs)
def command() -> None:
    """Find, merge and judge the places where a guide could act besides its target."""
