"""``proband simulate``: how an analysis plan would behave, over the assumptions that it declares."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.show import console, executor_option, format_option, print_json

if TYPE_CHECKING:
    from proband.cli.simulate_files import Store
    from proband.engine.executor import Executor
    from proband.science.trial.measures import Tally
    from proband.science.trial.operating import Piece
    from proband.science.trial.plan_file import ReadPlan


@click.command("simulate")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--replicates", type=int, default=10_000, show_default=True, help="Simulated trials in each scenario.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for tables, figures and pieces.")
@click.option("--seed", type=int, help="Another seed than the plan's.")
@executor_option
@format_option
def command(plan: Path, replicates: int, out: Path, seed: int | None, where: str, form: str) -> int:
    """Operating characteristics of a plan: type I error with its worst case, power, bias, coverage, assurance.

    Writes operating_characteristics.tsv and .json, figures, feasibility.md where the plan asks for it, and rerun.toml.
    What has a closed form is computed exactly; the rest is simulated, with its Monte Carlo error. A run that was
    stopped goes on from its finished pieces.
    """
    from proband.cli.simulate_files import Store, write_results
    from proband.engine.executor import executor
    from proband.science.trial.operating import collect, pieces

    read, source = _read(plan, replicates, seed)
    work = pieces(read.plan, replicates)
    store = Store.opened(out, read)
    with executor(where) as run:
        finish(store, work, read, run)
    made = write_results(out, source, read, collect(read.plan, replicates, store.all(work)))
    if form == "json":
        print_json(made)
    else:
        _print(made, out)
    return 0


def _read(plan: Path, replicates: int, seed: int | None) -> tuple[ReadPlan, bytes]:
    """The plan with the seed to use, and the bytes of its file; every problem of the options and the plan at once."""
    from dataclasses import replace

    from proband.core.errors import Problem, ProgramError
    from proband.science.trial.operating import MOST_REPLICATES
    from proband.science.trial.plan_file import plan_or_problems

    problems: list[Problem] = []
    if not 1 <= replicates <= MOST_REPLICATES:
        expected = f"1 to {MOST_REPLICATES:,}"
        problems.append(Problem("options", "--replicates", str(replicates), expected, "10000 for type I errors"))
    if seed is not None and not 0 <= seed < 2**63:
        problems.append(Problem("options", "--seed", str(seed), "0 to 9223372036854775807", "choose another"))
    read = plan_or_problems(plan, plan.name, problems)
    if problems or read is None:
        raise ProgramError(problems)
    if seed is not None:
        read = replace(read, plan=read.plan.model_copy(update={"seed": seed}))
    return read, plan.read_bytes()


def finish(store: Store, work: list[Piece], read: ReadPlan, run: Executor) -> None:
    """Do what is missing and store each piece as it comes."""
    from functools import partial

    missing = store.missing(work)
    with _progress(len(work), len(work) - len(missing)) as step:
        for piece, tallies in zip(missing, run.map(partial(_piece, read=read), missing), strict=True):
            store.put(piece, tallies)
            step()


def _piece(piece: Piece, read: ReadPlan) -> list[Tally]:
    """One piece where the executor runs it. A worker leaves Ctrl-C to the process that started it."""
    import multiprocessing
    import signal
    import threading

    from proband.science.trial.operating import run_piece

    if multiprocessing.parent_process() is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return run_piece(piece, read)


@contextmanager
def _progress(total: int, done: int) -> Iterator[Callable[[], Any]]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty() or done == total:
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Simulating"), BarColumn(), MofNCompleteColumn(), TextColumn("pieces"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, completed=done)
        yield lambda: bar.advance(task)


def _print(made: dict[str, Any], out: Path) -> None:
    shown = console()
    scenarios = len(made["scenarios"])
    shown.print(f"{made['title']}: {made['design'].replace('_', ' ')}, {scenarios} scenarios")
    for sentence in made["sentences"]:
        shown.print(sentence)
    if "feasibility_paragraph" in made:
        shown.print(made["feasibility_paragraph"])
    click.echo(f"wrote operating_characteristics.tsv and .json, figures and rerun.toml to {out}")
