"""``proband portfolio``: many programs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from proband.cli.portfolio_index import SORTS, VERDICTS
from proband.cli.show import SYMBOLS, console, format_option, framework_option, print_json, progress

if TYPE_CHECKING:
    from proband.cli.portfolio_index import Row


@click.command("portfolio")
@click.argument("folder", type=click.Path(path_type=Path))
@framework_option
@click.option("--sort", "by", type=click.Choice(SORTS), default="path", show_default=True, help="Order of the rows.")
@click.option("--out", type=click.Path(path_type=Path), help="Write a page (HTML, one file, no script) here.")
@click.option("--fresh", is_flag=True, help="Do not use the index: assess every program again.")
@format_option
def command(folder: Path, framework: str, by: str, out: Path | None, fresh: bool, form: str) -> int:
    """Every program below a folder: gene, modality, stage, verdicts counted, open gaps, next item of each owner.

    There is no score: counts of different programs are not of the same questions. The index under .proband is rebuilt
    out of the folders; a program with problems is listed with them, and does not stop the others.
    """
    from proband.cli.portfolio_index import rows_of, sorted_rows
    from proband.core.errors import Problem, ProgramError

    if not folder.is_dir():
        remedy = "check the path"
        raise ProgramError([Problem(str(folder), "", "no such folder", "a folder of program folders", remedy)])
    with progress() as on_step:
        rows, made = rows_of(folder, framework, fresh=fresh, on_step=on_step)
    rows = sorted_rows(rows, by)
    if form == "json":
        print_json({"programs": rows, "assessed_now": made})
    else:
        _print(rows, made)
    if out:
        from proband.dossier.portfolio_page import page
        from proband.writing import write_bytes

        out.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(out, page([{**r, "dossier": _dossier(folder, r, out)} for r in rows], by))
        click.echo(f"wrote {out}", err=form == "json")
    return 3 if any(r["broken"] for r in rows) else 0


def _dossier(folder: Path, row: Row, out: Path) -> str:
    """The address of a program's dossier from where the page lies, where one was written."""
    import os
    from urllib.parse import quote

    file = folder / row["path"] / "dossier" / "dossier.html"
    return quote(Path(os.path.relpath(file, out.parent)).as_posix()) if file.is_file() else ""


def _print(rows: list[Row], made: int) -> None:
    from rich.table import Table

    out = console()
    table = Table(box=None, pad_edge=False)
    for name, ratio in (("program", 3), ("gene", 1), ("modality", 2), ("stage", 2)):
        table.add_column(name, overflow="fold", ratio=ratio)
    for v in VERDICTS:
        table.add_column(SYMBOLS[v], justify="right", no_wrap=True)
    table.add_column("gaps", justify="right", no_wrap=True)
    table.add_column("next, by owner", overflow="fold", ratio=4)
    for r in rows:
        table.add_row(*_cells(r))
    out.print(table)
    legend = ", ".join(f"{SYMBOLS[v]} {v.replace('_', ' ')}" for v in VERDICTS)
    out.print(f"\n{legend}. Counts of criteria; they are no score, and programs are not ranked by them.")
    left = sum(not r["framework"] for r in rows)
    kept = len(rows) - made - left
    out.print(f"{len(rows)} programs: {made} assessed now, {kept} as in the index, {left} not assessed.")
    for r in (r for r in rows if r["problems"] or r["broken"]):
        out.print(f"\n{r['path']}:")
        for told in [*r["problems"][:5], *r["broken"][:5]]:
            out.print(f"  {told}")
        rest = max(0, len(r["problems"]) - 5)
        if rest:
            out.print(f"  and {rest} more: proband check {r['path']}")


def _cells(r: Row) -> tuple[str, ...]:
    name = r["program"] or r["path"]
    shown = f"{name}\n({r['path']})" if r["path"] not in (name, ".") else name
    shown += "\nsynthetic" if r["synthetic"] else ""
    head = (shown, r["gene"], r["modality"].replace("_", " "), r["stage"].replace("_", " "))
    if r["problems"]:
        count = len(r["problems"])
        return (*head, *("" for _ in VERDICTS), "", f"{count} problem{'s' if count != 1 else ''}: not assessed")
    if r["broken"] and not r["framework"]:
        return (*head, *("" for _ in VERDICTS), "", "broke: not assessed")
    following = "\n".join(f"{owner}: {i['criterion']}" for owner, i in r["next"].items())
    broken = f"\n{len(r['broken'])} analyses broke" if r["broken"] else ""
    return (*head, *(str(r["verdicts"][v]) for v in VERDICTS), str(r["gaps"]), following + broken)
