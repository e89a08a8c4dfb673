"""``proband quality limits``: limits of blank, detection and quantitation from a table of replicates or of hits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from proband.cli.product_files import write_made
from proband.cli.show import format_option, print_json

_path = click.Path(path_type=Path)
HEADER = ("limit", "reagent_lot", "value", "unit", "low_95", "high_95", "results", "said")


@click.command("limits")
@click.option("--replicates", type=_path, help="CSV of blanks and low samples by reagent lot.")
@click.option("--hits", type=_path, help="CSV of hits and runs by dose and reagent lot, for probit.")
@click.option(
    "--rule", type=click.Choice(["rank", "normal"]), default="rank", show_default=True, help="Limit of blank."
)
@click.option("--goal-cv", type=click.FloatRange(0, 200, min_open=True), help="CV in % for the limit of quantitation.")
@click.option("--out", type=_path, help="Folder for limits.json and limits.tsv.")
@format_option
def command(
    replicates: Path | None, hits: Path | None, rule: str, goal_cv: float | None, out: Path | None, form: str
) -> int:
    """Limits of an assay from its raw results, by CLSI EP17-A2, with what they may claim.

    Too few blanks, one reagent lot, hits that separate the doses: no limit, or no interval, and the reason is told.
    """
    from proband.core.errors import Problem, ProgramError
    from proband.science.quality.detection_study import Study, study
    from proband.science.quality.method_file import Method
    from proband.science.quality.method_words import study_words
    from proband.science.quality.quality_tables import HITS, REPLICATES, read_quality

    problems: list[Problem] = []
    if replicates is None and hits is None:
        problems.append(Problem("options", "", "neither --replicates nor --hits", "one of them, or both", "add one"))
    rows = read_quality(replicates, replicates.name, REPLICATES, problems) if replicates is not None else ()
    seen = read_quality(hits, hits.name, HITS, problems) if hits is not None else ()
    if problems:
        raise ProgramError(problems)
    m = Method.model_validate(
        {"id": "assay", "attribute": "any", "technique": "any", "blank_rule": rule, "goal_cv_percent": goal_cv}
    )
    halves: list[Study] = [study(m, rows, ())] if rows else []
    halves += [study(m, (), seen)] if seen else []
    said = [s for half in halves for s in study_words(half)]
    table = [r for half in halves for r in _rows(half)]
    told = {"limits": [dict(zip(HEADER, r, strict=True)) for r in table], "said": said, "studies": halves}
    written = write_made(out, "limits", told, HEADER, table) if out is not None else []
    if form == "json":
        print_json(told)
        return 0
    for s in said:
        click.echo(s)
    if out is not None:
        click.echo(f"wrote {', '.join(written)} to {out}")
    return 0


def _rows(made: Any) -> list[list[Any]]:
    """A row for each limit of each reagent lot, and one for the limit over all of them."""
    rows: list[list[Any]] = []
    for what, limit in (("blank", made.blank), ("detection", made.detection)):
        if limit is not None:
            rows += [[what, x.lot, x.value, made.unit, None, x.upper, x.results, x.because or None] for x in limit.lots]
            caveats = "; ".join(limit.caveats) or limit.refusal or None
            rows.append([what, "all", limit.value, made.unit, None, None, None, caveats])
    for lot, p in made.probit:
        said = p.refusal or "; ".join(p.caveats) or None
        rows.append(["detection by probit", lot, p.value, made.unit, p.low, p.high, None, said])
    q = made.quantitation
    if q is not None:
        said = q.refusal or "; ".join(q.caveats) or None
        rows.append(["quantitation", "all", q.value, made.unit, None, q.upper, None, said])
    return rows
