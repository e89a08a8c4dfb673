"""How the commands print: one console, options that several verbs share, and progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from rich.console import Console

SYMBOLS = {
    "supported": "●",
    "contradicted": "✕",
    "insufficient": "◐",
    "not_assessed": "○",
    "not_applicable": "–",
}


def _programs(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Folders for completion; the shell adds what lies inside."""
    return [CompletionItem(incomplete, type="dir")]


def _criteria(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Criteria ids of the framework in use, with their titles."""
    from proband import api

    rules = api.framework(ctx.params.get("framework") or api.DEFAULT_FRAMEWORK)
    return [CompletionItem(c.id, help=c.title) for c in rules.criteria if c.id.startswith(incomplete.upper())]


program_argument = click.argument("program", type=click.Path(path_type=str), shell_complete=_programs)
criterion_argument = click.argument("criterion", shell_complete=_criteria)
framework_option = click.option("--framework", default="", help="Rule set: an id, or the path of a file or folder.")
format_option = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
executor_option = click.option(
    "--executor", "where", default="serial", show_default=True, help="serial, processes, processes:N or dask:ADDRESS."
)


def console() -> Console:
    """The console for results; width follows the terminal, 100 columns where there is none."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 100, markup=False)


def print_json(value: Any) -> None:
    """A value as JSON on standard output."""
    from proband.core.provenance import plain

    click.echo(json.dumps(plain(value), indent=1, ensure_ascii=False, sort_keys=True))


def words(name: str) -> str:
    """A verdict or reason as people write it.

    >>> words("not_assessed")
    'not assessed'
    """
    return str(name).replace("_", " ")


def outcome(finding: Any) -> str:
    """Symbol, verdict and reason of a finding."""
    text = words(finding.verdict) + (f": {words(finding.reason)}" if finding.reason else "")
    return f"{SYMBOLS[finding.verdict]} {text}"


@contextmanager
def progress() -> Iterator[Callable[[str, bool], None]]:
    """A line that names the step that ended, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda name, cached: None
        return
    from rich.console import Console

    with Console(stderr=True).status("Making evidence") as status:
        yield lambda name, cached: status.update(f"{name}{' (kept)' if cached else ''}")
