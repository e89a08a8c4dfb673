"""``proband quality comparability``: each attribute before and after a change, and what the design could have told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.product_files import place_of, write_made
from proband.cli.show import format_option, print_json

if TYPE_CHECKING:
    from proband.science.quality.comparability_evaluation import Outcome

FILE = "quality/comparability.toml"
_path = click.Path(path_type=Path)
HEADER = (
    "change", "attribute", "unit", "criticality", "tier", "potency", "lots_before", "lots_after", "state", "found",
    "estimate", "low_90", "high_90", "margin_low", "margin_high", "p", "range_low", "range_high", "inside", "power",
    "power_half_way", "lots_for_power_80", "worst_type_1_error", "because", "cautions",
)  # fmt: skip


@click.command("comparability")
@click.argument("path", type=_path)
@click.option("--table", type=_path, help="Table of values; comparability.csv beside the plan if left out.")
@click.option("--out", type=_path, help="Folder for comparability.json, comparability.tsv and comparability.svg.")
@format_option
def command(path: Path, table: Path | None, out: Path | None, form: str) -> int:
    """What was compared before and after each change, attribute by attribute: judged, not judged, or not to be told.

    PATH is a program folder, or a comparability plan of its form. Means are compared by two one-sided Welch tests, lots
    by mean +- k SD of the lots before. One lot after a change allows no test. Power is that of the design, exact.
    """
    from proband.core.errors import ProgramError
    from proband.science.quality.comparability_evaluation import evaluate, figure, members, paragraph
    from proband.science.quality.comparability_file import read_comparability

    plan, found, names = place_of(path, FILE, table)
    problems: list[Any] = []
    held = read_comparability(plan, found, problems, names=names)
    if held is None:
        raise ProgramError(problems)
    made = evaluate(held)
    told = [{**dict(zip(HEADER, _row(o), strict=True)), "said": paragraph(o)} for o in made]
    judged = members(held, made)
    document = {"attributes": told, "judged": judged}
    written = []
    if out is not None:
        drawn = figure(made)
        figures = [drawn] if drawn is not None else []
        written = write_made(out, "comparability", document, HEADER, [_row(o) for o in made], figures)
    if form == "json":
        print_json(document)
        return 0
    if found is None:
        click.echo(f"No table of values: {names[1]} is not there.")
    for o in made:
        click.echo(f"{o.change.id}: {paragraph(o)}")
    total = len(judged.present) + len(judged.absent) + len(judged.unknown)
    click.echo(f"\nJudged: {len(judged.present)} of {total}" + _names("not compared", judged.absent)
               + _names("not to be told", judged.unknown))  # fmt: skip
    if out is not None:
        click.echo(f"wrote {', '.join(written)} to {out}")
    return 0


def _names(what: str, names: tuple[str, ...]) -> str:
    return f"; {what}: {', '.join(names)}" if names else ""


def _row(o: Outcome) -> list[Any]:
    a, t, r, d = o.attribute, o.test, o.range, o.design
    return [
        o.change.id, a.name, a.unit, a.criticality, a.tier, "yes" if a.potency else "no", len(o.pre), len(o.post),
        o.state, o.found,
        *((t.estimate, t.low, t.high) if t is not None else (None,) * 3), a.lower, a.upper,
        t.p if t is not None else None, *((r.low, r.high, r.inside) if r is not None else (None,) * 3),
        *((d.power, d.power_half, d.lots_needed, d.error) if d is not None else (None,) * 4), o.because,
        "; ".join(o.cautions) or None,
    ]  # fmt: skip
