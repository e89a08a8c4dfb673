"""``proband platform``: versions of one platform. Each verb is a file ``platform_<verb>.py`` beside this."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click


class _Verbs(click.Group):
    """Verbs are the files beside this one; a module is loaded when its verb is called or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(p.stem.removeprefix("platform_") for p in Path(__file__).parent.glob("platform_*.py"))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            return None
        return import_module(f"proband.cli.platform_{name}").command


@click.group("platform", cls=_Verbs)
def command() -> None:
    """Compare versions of a platform, see what each may lean on, and screen applicants of an umbrella trial."""
