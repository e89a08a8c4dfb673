"""``proband quality components``: the tree of a product, and what can be recomputed of it beside what was typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from proband.cli.show import format_option, print_json

if TYPE_CHECKING:
    from proband.science.quality.component_model import Component, Product
    from proband.science.quality.recomputed import Recomputed

FILE = "quality/components.toml"


@click.command("components")
@click.argument("path", type=click.Path(path_type=Path))
@format_option
def command(path: Path, form: str) -> int:
    """Print the components of a product as a tree, recompute what can be, and tell what disagrees with what was typed.

    PATH is a program folder, or a components file of its form. Every disagreement is told with its size and with the
    simplest changes that would explain it. The exit code is 0 also where something disagrees: it is a finding, not a
    fault of the file.
    """
    from proband.core.errors import ProgramError
    from proband.science.quality.components import read_components
    from proband.science.quality.recompute import agreement, described, recompute

    file, problems = (path / FILE if path.is_dir() else path), []
    product = read_components(file, problems, FILE if path.is_dir() else path.name)
    if product is None:
        raise ProgramError(problems)
    made = recompute(product)
    if form == "json":
        print_json(_json(product, made))
        return 0
    click.echo(f"{product.name}: {_n(len(product.components), 'component')}, {_n(len(product.steps), 'process step')}")
    for depth, c in product.tree():
        _tell_component(c, depth, [r for r in made if r.component == c.id])
    for n in range(1, len(product.doses) + 1):
        click.echo(f"dose {n}")
        for r in made:
            if r.component == f"dose {n}":
                _tell(r, "    ")
    for number, s in enumerate(product.steps, start=1):
        click.echo(f"step {number} {s.id}: {s.title or s.unit_operation or 'no title'}")
    told, agreed = described(product.components), agreement(made)
    click.echo(
        f"\nDescribed with source, grade and role: {len(told.present)} of {len(product.components)}"
        + (f"; not told for {', '.join(told.unknown)}" if told.unknown else "")
        + (f"; said to have none: {', '.join(told.absent)}" if told.absent else "")
    )
    click.echo(
        f"Typed against computed: {len(agreed.present)} agree, {len(agreed.absent)} disagree, "
        f"{len(agreed.unknown)} could not be checked"
    )
    return 0


def _n(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _tell_component(c: Component, depth: int, made: list[Recomputed]) -> None:
    pad = "  " * depth
    words = [c.kind.replace("_", " ")]
    words += [c.role] if c.role else []
    words += [f"source {c.source}"] if c.source else ["source not stated"]
    words += [f"grade {c.grade}"] if c.grade else ["grade not stated"]
    words += {True: [], False: ["not in the final product"], None: ["in the final product: not stated"]}[
        c.in_final_product
    ]
    click.echo(f"{pad}{c.id}{f' ({c.name})' if c.name else ''}: {'; '.join(words)}")
    if c.cite is not None:
        click.echo(f"{pad}    from {c.cite.document} (read level {c.cite.read_level}, confidence {c.cite.confidence})")
    for r in made:
        _tell(r, pad + "    ")


def _tell(r: Recomputed, pad: str) -> None:
    from proband.science.quality.recomputed import Status

    sign = {Status.DISAGREES: "✕ ", Status.NOT_CHECKABLE: "○ ", Status.AGREES: "● "}.get(r.status, "  ")
    click.echo(f"{pad}{sign}{r.sentence}")
    if r.status in (Status.AGREES, Status.DISAGREES) and r.why:
        click.echo(f"{pad}    {r.why}")
    for x in r.explained_by:
        click.echo(f"{pad}    would be explained by: {x}" if not x.startswith("none ") else f"{pad}    {x}")


def _json(product: Product, made: tuple[Recomputed, ...]) -> dict[str, object]:
    from proband.science.quality.recompute import agreement, described

    return {
        "product": product.name,
        "components": [
            {"depth": depth, **c.model_dump(mode="json", exclude_defaults=True), "id": c.id, "kind": c.kind}
            for depth, c in product.tree()
        ],
        "steps": [s.model_dump(mode="json", exclude_defaults=True) for s in product.steps],
        "recomputed": made,
        "described": described(product.components),
        "agreement": agreement(made),
    }
