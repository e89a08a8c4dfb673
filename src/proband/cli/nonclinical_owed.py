"""``proband nonclinical owed``: which studies a modality and a route ask for, and what became of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from proband.cli.nonclinical import folder_argument, product_option, read
from proband.cli.show import console, format_option, print_json


@click.command("owed")
@folder_argument
@click.option(
    "--trait", required=True, type=click.Choice(["oligonucleotide", "genome_editing"]), help="What the product is."
)
@product_option
@format_option
def command(folder: Path, trait: str, product: str, form: str) -> int:
    """Studies owed by trait and by the route in plan.toml of FOLDER: done, argued away, not done, or not known.

    Planned is not done; an argument without grounds and a document is none. Without --product no study counts as one of
    this product.
    """
    from proband.border import hidden
    from proband.science.nonclinical.owed import served, toxicity_length
    from proband.science.nonclinical.route_table import route_table

    held, own = read(folder), (product,) if product else ()
    route, table = held.plan.human.route, route_table()
    at = table.class_of(route)
    rows = [r for r in table.rows if r.trait == trait and r.route_class in ("any", at)]
    told: list[dict[str, Any]] = [
        {"item": s.item, "state": s.state, "told": s.told, "source": r.source, "read_level": r.read_level}
        for r in rows
        for s in served(r.items, held, own, route)
    ]
    length = toxicity_length(held, own, route) if trait == "oligonucleotide" else None
    days = None
    if length is not None and length.study is not None:
        days = {
            "study": length.study.id, "product": length.standing, "days_in_hand": length.in_life,
            "days_owed": [length.least, length.most],
        }  # fmt: skip
    if form == "json":
        print_json({"route": route, "route_class": at, "owed": told, "toxicity_study": days})
        return 0
    shown = console()
    shown.print(f"Route: {route or 'not stated'}{f' ({table.titles[at]})' if at else ''}")
    for r in told:
        line = f"{r['item'].replace('_', ' ')}: {r['state'].replace('_', ' ')} ({r['told']})"
        shown.print("".join("?" if hidden(c) else c for c in line))
    if not told:
        known = any(r.route_class == at and not r.items for r in rows)
        shown.print("None owed by route." if known else "The table says nothing of this route.")
    if days is not None:
        least, most = days["days_owed"]
        owed = f"{most:g}" if least == most else f"{least:g} or {most:g}, by prognosis"
        hand = "not known" if days["days_in_hand"] is None else f"{days['days_in_hand']:g}"
        shown.print(f"Toxicity study {days['study']} ({days['product']}): {hand} days in life in hand, {owed} owed")
    return 0
