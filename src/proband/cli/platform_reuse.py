"""``proband platform reuse``: the reuse matrix of a program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from proband.cli.show import console, format_option, print_json, program_argument

if TYPE_CHECKING:
    from proband.science.platform.folder_state import FolderState
    from proband.science.platform.matrix import Row


@click.command("reuse")
@program_argument
@click.option("--out", type=click.Path(path_type=Path), help="Folder for reuse.tsv and reuse.json.")
@format_option
def command(program: str, out: Path | None, form: str) -> int:
    """Every item that a program leans on: what differs, what bridges it, by what right, and what is lacking.

    What is product-specific by its nature (identity, potency, own lots, off-target results, genome integrity) is never
    carried over from a sibling.
    """
    from proband import api
    from proband.core.errors import Problem, ProgramError
    from proband.science.platform.folder_state import FILES, letters_of, read_state, register_said
    from proband.science.platform.outputs import REUSE, reuse_json, reuse_rows, write_results

    folder = api.read_program(program)
    files = {f.path: folder.root / f.path for f in folder.program.inputs if f.path in FILES}
    problems: list[Problem] = []
    program_ = folder.program
    state = read_state(files, program_.platform, program_.gene, letters_of(program_.candidate), problems)
    if state is None and not problems:
        remedy = 'write [platform] file = "../platform.toml"; see docs/how-to/share-a-platform.md'
        problems.append(Problem("program.toml", "", "no [platform]", "the master record of a platform", remedy))
    if problems or state is None:
        raise ProgramError(dict.fromkeys(problems))
    rows = state.rows(folder.program.data_cut)
    made = reuse_json(rows, register_said(state.record, state.pooled))
    if form == "json":
        print_json(made)
    else:
        _print(state, rows)
    if out:
        said = write_results(out, "reuse", REUSE, reuse_rows(rows), made)
        click.echo(said, err=form == "json")
    return 0


def _print(state: FolderState, rows: tuple[Row, ...]) -> None:
    from rich.table import Table

    from proband.science.platform.folder_state import register_said
    from proband.science.platform.knowledge import categories

    out = console()
    title = f"{state.record.id}, version {state.version or 'not stated'}: items that are leaned on"
    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    for name, ratio in (
        ("item", 2),
        ("made with", 1),
        ("verdict", 1),
        ("right", 1),
        ("difference, and what is lacking", 5),
    ):
        table.add_column(name, overflow="fold", ratio=ratio)
    for r in rows:
        lacks = "".join(f"\n- {x}" for x in r.lacks)
        name = f"{r.item.id}\n({categories()[r.item.category].title})"
        table.add_row(
            name, r.item.from_version or "not stated", r.verdict, r.right_kind or "not stated", r.difference + lacks
        )
    if rows:
        out.print(table)
        out.print(
            "\ncomplete: all is written, and a person judges it; open: something is lacking; never: product-specific."
        )
    else:
        out.print("Nothing is listed in platform/reuse.toml: what is leaned on is not known.")
    for said in register_said(state.record, state.pooled):
        out.print(said)
