"""``proband nonclinical tissues``: where product and edits were found in animals, how long, and what gonads bound."""

from __future__ import annotations

from pathlib import Path

import click

from proband.cli.nonclinical import folder_argument, read
from proband.cli.show import console, format_option, print_json


@click.command("tissues")
@folder_argument
@click.option("--out", type=click.Path(path_type=Path), help="Folder for tissues.csv.")
@format_option
def command(folder: Path, out: Path | None, form: str) -> int:
    """Tissues by analyte from biodistribution.csv in FOLDER: found, not found down to which limit, half-life, gonads.

    A tissue without a row was not looked at. Edits of gonads are bounded over animals, at 95 %.
    """
    from proband.border import hidden
    from proband.science.nonclinical.distribution import germline_bounds, tissue_states
    from proband.science.nonclinical.distribution_report import COLUMNS, state_rows, words
    from proband.science.nonclinical.margin_report import csv_text
    from proband.writing import write_all

    held = read(folder)
    states, bounds = tissue_states(held.findings), germline_bounds(held.findings)
    rows = state_rows(states)
    said = list(words(states, bounds)) if states else ["There is no biodistribution.csv: no tissue was looked at."]
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        write_all({out / "tissues.csv": csv_text(tuple(COLUMNS), rows).encode()})
    if form == "json":
        bound = [{n: getattr(b, n) for n in b.__slots__} for b in bounds]
        print_json({"tissues": [dict(zip(COLUMNS, r, strict=True)) for r in rows], "gonads": bound, "said": said})
        return 0
    shown = console()
    for sentence in said:
        shown.print("".join("?" if hidden(c) else c for c in sentence))
    if rows:
        shown.print(_table([dict(zip(COLUMNS, r, strict=True)) for r in rows]))
    if out is not None:
        click.echo(f"wrote tissues.csv to {out}")
    return 0


def _table(rows: list[dict[str, str]]):  # type: ignore[no-untyped-def]
    from rich.table import Table

    table = Table()
    for column in ("study", "tissue", "analyte", "state", "days", "last", "gone by", "half-life"):
        table.add_column(column, overflow="fold")
    for r in rows:
        level = {"detected": f"up to {r['highest']}", "not_detected": f"below {r['limit']}"}.get(r["state"], "")
        state = f"{r['state'].replace('_', ' ')}{': ' if level else ''}{level} {r['unit'] if level else ''}".strip()
        group = r["study"] + (f", {r['dose']}" if r["dose"] else "")
        table.add_row(
            group, r["tissue"].replace("_", " "), r["analyte"].replace("_", " "), state, r["days"], r["last_day"],
            r["gone_by"], r["half_life"],
        )  # fmt: skip
    return table
