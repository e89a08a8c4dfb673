"""``proband quality trend``: how each attribute runs over lots, and what few lots can say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from proband.cli.quality_release import lots_of
from proband.cli.show import format_option, print_json

if TYPE_CHECKING:
    from proband.science.quality.trend import Trend


@click.command("trend")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--attribute", "only", default="", help="One specification alone.")
@click.option("--figures", type=click.Path(path_type=Path), help="Folder for one SVG for each attribute.")
@format_option
def command(folder: Path, only: str, figures: Path | None, form: str) -> int:
    """Print values, spread, drift and tolerance interval of each attribute over the lots of FOLDER.

    One lot gives no tolerance interval. Replicates of a lot are not lots. Lots of sibling products are marked.
    """
    from proband.core.errors import Problem, ProgramError
    from proband.science.quality.release import report
    from proband.science.quality.trend import trends

    held = lots_of(folder)
    if held.specifications is None:
        problem = Problem("quality/specifications.toml", "", "no file", "the limits of each attribute", "write it")
        raise ProgramError([problem])
    reports = report(held.specifications, held.results, held.by_id)
    made = trends(held.specifications, reports, held.by_id, held.results)
    made = tuple(t for t in made if only in ("", t.specification.id))
    if only and not made:
        raise ProgramError([Problem("--attribute", "", only[:60], "a specification with numbers", "name one of them")])
    if figures is not None:
        drawn = _draw(made, figures)
    if form == "json":
        print_json(
            [
                {
                    "specification": t.specification.id,
                    "unit": t.specification.unit,
                    "limits": t.specification.shown,
                    "points": t.points,
                    "tolerance": t.tolerance,
                    "slope_per_lot": t.slope,
                    "within_lot_sd": t.within_sd,
                    "words": t.words,
                }
                for t in made
            ]
        )
        return 0
    for t in made:
        click.echo(f"{t.specification.id} ({t.specification.shown})")
        for p in t.points:
            own = {True: "", False: " (another product)", None: ""}[p.own]
            replicates = f", {p.n} replicates" if p.n > 1 else ""
            click.echo(f"  {p.made_on or 'no date':10s}  {p.lot}{own}: {p.written} ({p.within}{replicates})")
        for w in t.words:
            click.echo(f"  {w}")
    if figures is not None:
        click.echo(f"wrote {drawn} figures to {figures}")
    return 0


def _draw(made: tuple[Trend, ...], folder: Path) -> int:
    from proband.dossier.charts import svg
    from proband.science.quality.trend_figure import trend_figure
    from proband.writing import write_all

    pages = {}
    for t in made:
        figure = trend_figure(t)
        if figure is not None:
            text = svg(figure).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
            pages[folder / f"{t.specification.id}.svg"] = text.encode()
    folder.mkdir(parents=True, exist_ok=True)
    write_all(pages)
    return len(pages)
