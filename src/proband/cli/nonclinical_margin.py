"""``proband nonclinical margin``: the margin of a human dose to animals, on every basis of scaling side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.nonclinical import folder_argument, product_option, read
from proband.cli.show import console, format_option, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from proband.science.nonclinical.folder import NonclinicalFolder
    from proband.science.nonclinical.margin_report import MarginReport
    from proband.science.nonclinical.study_table import Study


@click.command("margin")
@folder_argument
@product_option
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for margins.csv, multiples.csv, margins.json, margins.svg."
)
@format_option
def command(folder: Path, product: str, out: Path | None, form: str) -> int:
    """Margins between doses of animals without effect and the human dose, from the files in FOLDER.

    All bases of scaling stand side by side: per kg, per m2, per volume of cerebrospinal fluid, a stated factor,
    exposure. The declared basis gives the margin; nothing is averaged, and what is not stated gives none. It doses
    nobody.
    """
    from proband.science.nonclinical.margin_report import margin_report

    held = read(folder)
    made = margin_report(held, (product,) if product else (), held.plan.human.route, alone=not product)
    told = _told(made, held)
    if out is not None:
        _write(out, made, held, told)
    if form == "json":
        print_json(told)
        return 0
    _print(made, held)
    if out is not None:
        click.echo(f"wrote margins.csv, multiples.csv and margins.json{_drawn(out)} to {out}")
    return 0


def _told(made: MarginReport, held: NonclinicalFolder) -> dict[str, Any]:
    from proband.science.nonclinical.margin_report import (
        MARGIN_COLUMNS,
        MULTIPLE_COLUMNS,
        margin_rows,
        multiple_rows,
    )

    def record(m: Any) -> dict[str, Any]:
        return {name: getattr(m, name) for name in m.__slots__}

    return {
        "declared_basis": made.declared,
        "headline": None if made.headline is None else record(made.headline),
        "why_no_headline_or_what_is_missing": made.why,
        "bases_apart": made.spread(),
        "given": made.given,
        "studies_that_count": list(made.counted),
        "studies_left_out": dict(made.left_out),
        "margins": [record(m) for m in made.margins],
        "multiples": [record(m) for m in made.multiples],
        "columns": {"margins.csv": MARGIN_COLUMNS, "multiples.csv": MULTIPLE_COLUMNS},
        "rows": {"margins.csv": len(margin_rows(made, held)), "multiples.csv": len(multiple_rows(made, held))},
    }


def _write(out: Path, made: MarginReport, held: NonclinicalFolder, told: dict[str, Any]) -> None:
    import json

    from proband.core.provenance import plain
    from proband.dossier.charts import Undrawable, svg
    from proband.science.nonclinical.margin_report import (
        MARGIN_COLUMNS,
        MULTIPLE_COLUMNS,
        csv_text,
        margin_figure,
        margin_rows,
        multiple_rows,
    )
    from proband.writing import write_all

    text = json.dumps(plain(told), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    files = {
        out / "margins.csv": csv_text(MARGIN_COLUMNS, margin_rows(made, held)).encode(),
        out / "multiples.csv": csv_text(MULTIPLE_COLUMNS, multiple_rows(made, held)).encode(),
        out / "margins.json": text.encode(),
    }
    figure = margin_figure(made, held)
    if figure is not None:
        try:
            files[out / "margins.svg"] = svg(figure).encode()
        except Undrawable as e:
            click.echo(f"margins.svg was not drawn: {e}", err=True)
    out.mkdir(parents=True, exist_ok=True)
    write_all(files)
    if out / "margins.svg" not in files:
        (out / "margins.svg").unlink(missing_ok=True)


def _drawn(out: Path) -> str:
    return ", margins.svg" if (out / "margins.svg").exists() else " (no dose to draw)"


def _print(made: MarginReport, held: NonclinicalFolder) -> None:
    from proband.science.nonclinical.margin_report import figure, told

    shown = console()
    for s in held.studies:
        _print_study(made, s, shown)
    if not made.against:
        shown.print("No human dose is stated in plan.toml: there is nothing to hold the animals' doses against.")
    for name, why in made.left_out:
        shown.print(_plain(f"Not counted: {name}: {why}"))
    if made.headline is None:
        shown.print(_plain(f"No margin on a declared basis: {made.why}."))
        return
    spread = made.spread()
    apart = f" Bases lie apart by a factor of {figure(spread)}." if spread else ""
    shown.print(_plain(f"Declared (*): {made.declared}, study {made.headline.study}: {told(made.headline)}.{apart}"))
    if made.why:
        shown.print(_plain(f"Studies that count and give none: {made.why}."))
    for note in made.headline.notes:
        shown.print(_plain(f"Note: {note}."))
    missing = [n.replace("_", " ") for n in (*made.given.absent, *made.given.unknown)]
    if missing:
        shown.print(f"Not given: {', '.join(missing)}.")


def _plain(text: str) -> str:
    from proband.border import hidden

    return "".join("?" if hidden(c) else c for c in text)


def _print_study(made: MarginReport, study: Study, shown: Console) -> None:
    """The margins of a study by basis, then every dose group on the declared basis."""
    from proband.science.nonclinical.margin_report import figure, told
    from proband.science.nonclinical.margins import no_effect_point
    from proband.science.nonclinical.terms import BASES

    margins = [m for m in made.margins if m.study == study.id]
    point = no_effect_point(study)
    at = "" if point is None else f", margins at {point[0]:g} {study.dose_unit}"
    shown.print(_plain(f"\n{study.id}: {study.species}, {study.route.replace('_', ' ')}{at}"))
    reasons = list(dict.fromkeys(m.why for m in margins if m.value is None))
    heads = [f"{a.name}, {figure(a.value)} {a.unit}" for a in made.against]
    if margins and all(m.value is None for m in margins) and len(reasons) == 1:
        shown.print(_plain(f"No margin: {reasons[0]}."))
    elif margins:
        rows = []
        for basis in made.bases:
            of = [m for m in margins if m.basis == basis]
            cells = [told(m) if m.value is not None else f"none ({reasons.index(m.why) + 1})" for m in of]
            rows.append([BASES.get(basis, basis) + (" *" if basis == made.declared else ""), *cells])
        shown.print(_table("margin by basis", heads, rows))
        for n, why in enumerate(reasons, 1):
            shown.print(_plain(f"({n}) {why}"))
    if made.declared:
        groups = [m for m in made.multiples if m.study == study.id and m.basis == made.declared]
        rows = [
            [f"{d:g} {study.dose_unit}", *(figure(m.ratio) or "none" for m in groups if m.dose == d)]
            for d in study.given
        ]
        if any(m.ratio for m in groups):
            shown.print(_table(f"dose group as a multiple ({made.declared})", heads, rows))


def _table(first: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    from rich.table import Table

    table = Table()
    for column in (first, *heads):
        table.add_column(_plain(column), overflow="fold")
    for row in rows:
        table.add_row(*(_plain(c) for c in row))
    return table
