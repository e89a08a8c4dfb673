"""``proband completion``: the completion script of a shell, made by click."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the completion script of a shell.

    \b
    bash:  proband completion bash > ~/.proband-complete.bash; source it from ~/.bashrc
    zsh:   proband completion zsh  > ~/.proband-complete.zsh;  source it from ~/.zshrc
    fish:  proband completion fish > ~/.config/fish/completions/proband.fish
    """
    from proband.cli import cli

    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(cli, {}, "proband", "_PROBAND_COMPLETE").source())
    return 0
