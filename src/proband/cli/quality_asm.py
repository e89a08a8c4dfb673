"""``proband quality asm``: results of an instrument from Allotrope JSON, as rows of lots.csv."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import click

from proband.cli.show import format_option, print_json


@click.command("asm")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--take", multiple=True, required=True, help="'NAME IN FILE=id of the specification'; may be repeated.")
@click.option("--method", required=True, help="Method of the specification that these results are by.")
@click.option("--lot-from", type=click.Choice(["batch identifier", "sample identifier"]), default="batch identifier")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="CSV to write, in the columns of lots.csv.")
@format_option
def command(
    file: Path, take: tuple[str, ...], method: str, lot_from: str, out: Path, form: str
) -> int:  # fmt: skip
    """Take named quantities of an Allotrope Simple Model FILE into a table of results, and tell what was left aside."""
    from proband.core.errors import Problem, ProgramError
    from proband.science.quality.asm import COLUMNS, read_asm
    from proband.writing import write_text

    problems: list[Problem] = []
    wanted: dict[str, str] = {}
    for text in take:
        name, mark, attribute = text.partition("=")
        if not (mark and name.strip() and attribute.strip()):
            problems.append(Problem("--take", "", text[:60], "NAME IN FILE=attribute", "write it so"))
        wanted[name.strip()] = attribute.strip()
    if problems:
        raise ProgramError(problems)
    made = read_asm(file, wanted, method, problems, lot_from)
    if problems:
        raise ProgramError(problems[:20])
    held = io.StringIO()
    rows = csv.writer(held, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(made.rows)
    write_text(out, held.getvalue())
    if form == "json":
        print_json({"rows": len(made.rows), "left_aside": made.left_aside, "out": str(out)})
        return 0
    click.echo(f"{len(made.rows)} results written to {out}")
    for name, count in sorted(made.left_aside.items()):
        click.echo(f"Left aside: {name} ({count})")
    return 0
