"""``proband quality stability``: shelf life of each attribute against the period of use, by own and platform lots."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.product_files import finite, place_of, write_made
from proband.cli.show import format_option, print_json

if TYPE_CHECKING:
    from proband.science.quality.stability_evaluation import Evaluated

FILE = "quality/stability.toml"
_path = click.Path(path_type=Path)
HEADER = (
    "attribute", "lots_are", "condition", "kind", "lots", "supporting", "values", "model", "p_slopes", "p_intercepts",
    "p_curvature", "shelf_life_mo", "limiting_lot", "proven_mo", "period_of_use_mo", "covered_share", "claimable_mo",
    "why_not", "cautions",
)  # fmt: skip


@click.command("stability")
@click.argument("path", type=_path)
@click.option("--table", type=_path, help="Table of values; stability.csv beside the plan if left out.")
@click.option("--out", type=_path, help="Folder for stability.json, stability.tsv and a figure for each attribute.")
@format_option
def command(path: Path, table: Path | None, out: Path | None, form: str) -> int:
    """For how long values show each attribute within its limits, against the period of use.

    PATH is a program folder, or a stability plan of its form. Regression, the test whether lots share a line and the
    limits of extrapolation are those of ICH Q1E; what is proven ends with the data. Two time points give no shelf life.
    """
    from proband.core.errors import ProgramError
    from proband.science.quality.stability_evaluation import evaluate, figure, paragraph
    from proband.science.quality.stability_file import read_stability

    plan, found, names = place_of(path, FILE, table)
    problems: list[Any] = []
    held = read_stability(plan, found, problems, names=names)
    if held is None:
        raise ProgramError(problems)
    made = evaluate(held)
    told = [{**dict(zip(HEADER, _row(e), strict=True)), "said": paragraph(e)} for e in made]
    written = []
    if out is not None:
        figures = [f for e in made if (f := figure(e)) is not None]
        written = write_made(out, "stability", told, HEADER, [_row(e) for e in made], figures)
    if form == "json":
        print_json(told)
        return 0
    if found is None:
        click.echo(f"No table of values: {names[1]} is not there.")
    for e in made:
        click.echo(paragraph(e))
    if out is not None:
        click.echo(f"wrote {', '.join(written)} to {out}")
    return 0


def _row(e: Evaluated) -> list[Any]:
    s = e.shelf
    numbers: list[Any] = [None, None, None, None, None]
    if s is not None:
        numbers = [s.model or None, s.p_slopes, s.p_intercepts, s.p_curvature, finite(s.time)]
    return [
        e.attribute.name, e.of, e.condition.name, e.condition.kind, " ".join(e.lots), " ".join(e.supporting),
        sum(len(x.times) for x in e.series), *numbers, s.lot if s is not None else None,
        *((e.proven, e.period, e.covered_share) if e.condition.kind == "real_time" else (None, e.period, None)),
        e.allowed, e.why or None, "; ".join(e.cautions) or None,
    ]  # fmt: skip
