"""``proband platform compare``: two versions, component by component and step by step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from proband.cli.show import console, format_option, print_json

if TYPE_CHECKING:
    from proband.core.errors import Problem
    from proband.core.program import Program
    from proband.science.platform.difference import PartDifference
    from proband.science.quality.component_model import Product

SYMBOLS = {"beyond_targeting": "✕", "not_known": "?", "targeting_only": "≠", "same": "="}


@dataclass(frozen=True)
class Side:
    """One side of the comparison: its name, its product where one is described, its candidate where it is a program."""

    name: str
    product: Product | None
    candidate: dict[str, str] | None


@click.command("compare")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder for difference.tsv and difference.json.")
@format_option
def command(first: Path, second: Path, out: Path | None, form: str) -> int:
    """What differs between two versions, and whether anything differs beyond the targeting sequence.

    FIRST and SECOND are program folders, components.toml files, or a version of a record as platform.toml#VERSION. What
    is not told on either side is not known, never the same. Whether a difference makes a new version, a manufacturing
    change or a new product is not settled; a person signs for it.
    """
    from proband.core.errors import ProgramError
    from proband.science.platform.difference import compare, compare_candidates
    from proband.science.platform.outputs import DIFFERENCE, difference_json, difference_rows, write_results

    problems: list[Problem] = []
    one, two = (_side(path, problems) for path in (first, second))
    if problems:
        raise ProgramError(dict.fromkeys(problems))
    parts: list[PartDifference] = []
    if one.candidate is not None and two.candidate is not None:
        parts.append(compare_candidates(one.candidate, two.candidate))
    parts += compare(*(s.product or _nothing(s.name) for s in (one, two)))
    made = difference_json(one.name, two.name, parts)
    if form == "json":
        print_json(made)
    else:
        _print(one.name, two.name, parts)
    if out:
        said = write_results(out, "difference", DIFFERENCE, difference_rows(parts), made)
        click.echo(said, err=form == "json")
    return 0


def _nothing(name: str) -> Product:
    from proband.science.quality.component_model import Product

    return Product(name, (), ())


def _side(path: Path, problems: list[Problem]) -> Side:
    from proband.core.errors import Problem

    text = str(path)
    if text.rpartition("#")[0].endswith("platform.toml"):
        return _version(*text.rsplit("#", 1), problems)
    if path.is_dir():
        return _program(path, problems)
    if not path.is_file():
        expected = "a program folder, a components file, or platform.toml#VERSION"
        problems.append(Problem(text, "", "no such file or folder", expected, "check the path"))
        return Side(text, None, None)
    if path.name == "platform.toml":
        return _version(text, "", problems)
    from proband.science.quality.components import read_components

    product = read_components(path, problems, text)
    return Side(product.name if product else text, product, None)


def _version(path: str, version: str, problems: list[Problem]) -> Side:
    """One version of a master record, or the platform itself."""
    from proband.core.errors import Problem
    from proband.core.kinds import nearest
    from proband.science.platform.inherit import inherit
    from proband.science.platform.record import read_record

    record = read_record(Path(path), path, problems)
    if record is None:
        return Side(path, None, None)
    if version and record.version(version) is None:
        known = tuple(v.id for v in record.versions)
        problems.append(Problem(path, "version", version, "a version of the record", nearest(version, known)))
        return Side(version, None, None)
    return Side(version or record.id, inherit(record, version, problems=problems).product, None)


def _program(path: Path, problems: list[Problem]) -> Side:
    """A program folder: what it inherits and has of its own, and its candidate."""
    from proband import api
    from proband.science.platform.folder_state import FILES, HERE, letters_of, read_state
    from proband.science.quality.component_model import COMPONENTS
    from proband.science.quality.components import read_components

    reading = api.check(path)
    problems += reading.problems
    program = reading.program
    if program is None or reading.problems:
        return Side(str(path), None, None)
    files = {f.path: path / f.path for f in program.inputs if f.path in FILES}
    product = None
    if program.platform is not None or HERE in files:
        state = read_state(files, program.platform, program.gene, letters_of(program.candidate), problems)
        product = state.mine.product if state else None
    elif COMPONENTS in files:
        product = read_components(files[COMPONENTS], problems)
    return Side(program.id, product, _candidate(program))


def _candidate(program: Program) -> dict[str, str]:
    c = program.candidate
    if c is None:
        return {}
    template = {None: "", True: "with a DNA template", False: "without a DNA template"}[c.dna_template]
    made = {
        "editor": c.editor, "pam": c.pam, "spacer": c.spacer, "sequence": c.sequence, "extension": c.extension,
        "delivery": c.delivery, "editing_site": c.editing_site, "dna_template": template,
    }  # fmt: skip
    if c.chemistry is not None:
        layout = "-".join(map(str, c.chemistry.layout))
        made |= {"sugar": c.chemistry.sugar, "gap_sugar": c.chemistry.gap_sugar, "layout": layout}
        made |= {"backbone": ", ".join(c.chemistry.backbone), "conjugate": c.chemistry.conjugate}
        made["base_modifications"] = ", ".join(c.chemistry.base_modifications)
    return made


def _print(first: str, second: str, parts: list[PartDifference]) -> None:
    from rich.table import Table

    from proband.science.platform.difference import UNSETTLED, summary

    out = console()
    table = Table(box=None, pad_edge=False, title=f"{first} / {second}", title_justify="left")
    table.add_column("part", overflow="fold", ratio=1)
    table.add_column("found", no_wrap=True)
    table.add_column("field: first / second", overflow="fold", ratio=3)
    for p in parts:
        table.add_row(p.part, f"{SYMBOLS[p.found]} {p.found.replace('_', ' ')}", p.said)
    out.print(table)
    out.print(f"\n{summary(parts)}\n{UNSETTLED}")
