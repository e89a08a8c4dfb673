"""``proband gaps``: what is missing, the most decisive and cheapest first. Loads no numerics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from proband.cli.show import console, format_option, framework_option, print_json, program_argument, words

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from proband.assess.gaps import OpenItem
    from proband.core.criterion import Framework
    from proband.engine.run import Run

OWNERS = ["bioinformatics", "statistics", "clinic", "quality", "regulatory"]


@click.command("gaps")
@program_argument
@framework_option
@click.option("--owner", type=click.Choice(OWNERS), help="Only what this role owns.")
@click.option("--most", default=15, show_default=True, help="How many to list; 0 lists all.")
@click.option("--write", is_flag=True, help="Put a stub for each listed gap where its file would go.")
@format_option
def command(program: str, framework: str, owner: str | None, most: int, write: bool, form: str) -> int:
    """What is missing, the most decisive and cheapest first, with owner and the file that would answer it.

    Stubs have names that begin with an underscore: they are read only after a person fills and renames them. Where an
    analysis would make the evidence from a file of its own, the template of that file is put there too.
    """
    from proband import api
    from proband.assess.gaps import by_owner, open_items

    folder = api.read_program(program)
    rules = api.framework_of(folder, framework)
    run = api.analyse(folder, where="processes:1")
    traits = api.context_of(folder, run).facets.get("modality", ())
    items = open_items(api.assess_evidence(folder, run, rules), rules)
    chosen = [i for i in items if owner in (None, i.gap.owner)]
    listed = chosen[:most] if most > 0 else chosen
    written = _write(folder.root, listed, rules, run, traits) if write else []
    if form == "json":
        print_json(
            {"gaps": listed, "total": len(chosen), "by_owner": by_owner(items), "written": [str(p) for p in written]}
        )
    else:
        _print(listed, len(chosen), by_owner(items))
        for path in written:
            click.echo(f"wrote {path}")
    return 3 if run.failures else 0


def _write(root: Path, items: Sequence[OpenItem], rules: Framework, run: Run, traits: Collection[str]) -> list[Path]:
    from proband.assess.assess import relevant
    from proband.assess.gaps import deciding_kind
    from proband.folder.offtarget_template import template_of
    from proband.folder.stubs import evidence_stub, statement_stub, write_stub

    written = []
    for item in items:
        rule, file = rules[item.criterion], item.gap.file
        kind = deciding_kind(rule, traits)
        name = file.rpartition("/")[2]
        if file.startswith("statements/") or kind is None:
            text = statement_stub(rule, rules.id, [e.id for e in relevant(rule, rules, run.evidence)], name)
        else:
            text = evidence_stub(rule, kind, name, item.member)
        stubs = {file: text}
        if kind is not None and not file.startswith("statements/") and template_of(kind.file):
            stubs[kind.file] = template_of(kind.file)
        written += [path for name, text in stubs.items() if (path := write_stub(root, name, text))]
    return written


def _print(items: Sequence[OpenItem], total: int, owners: dict[str, int]) -> None:
    from rich.table import Table

    out = console()
    table = Table(box=None, pad_edge=False)
    table.add_column("criterion", no_wrap=True)
    table.add_column("what is missing", overflow="fold", ratio=3)
    table.add_column("takes, who, where", overflow="fold", ratio=1, min_width=26)
    for i in items:
        table.add_row(
            i.criterion,
            f"{i.gap.what} (now {words(i.outcome)})",
            f"{i.gap.cost}, {i.gap.owner}\n{i.gap.file}",
        )
    out.print(table)
    owned = ", ".join(f"{owner} {count}" for owner, count in owners.items())
    out.print(f"\n{len(items)} of {total} gaps, the most decisive and cheapest first. By owner: {owned}.")
    out.print("Evidence goes to the file named, or to the file that an analysis reads. --write puts stubs there.")
