"""``proband offtarget panel``: amplicons, primers and pools to confirm nominated sites by sequencing."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import click

from proband.cli.show import format_option, print_json

_path = click.Path(path_type=Path)


@click.command("panel")
@click.argument("sites", type=_path)
@click.option("--genome", required=True, type=_path, help="FASTA (.gz too) in which the sites were found.")
@click.option("--out", required=True, type=_path, help="Folder for sites.csv, primers.csv, amplicons.tsv and the rest.")
@click.option("--least", type=click.IntRange(60, 2000), default=150, show_default=True, help="Bases of an amplicon.")
@click.option("--most", type=click.IntRange(80, 2000), default=250, show_default=True, help="Bases of an amplicon.")
@click.option(
    "--flank", type=click.IntRange(0, 500), default=20, show_default=True, help="Bases between site and primers."
)
@click.option("--coolest", type=click.FloatRange(40, 75), default=58.0, show_default=True, help="Least Tm, Celsius.")
@click.option("--warmest", type=click.FloatRange(40, 80), default=63.0, show_default=True, help="Highest Tm, Celsius.")
@click.option("--sodium", type=click.FloatRange(1, 1000), default=50.0, show_default=True, help="Monovalent salt, mM.")
@click.option("--magnesium", type=click.FloatRange(0, 20), default=1.5, show_default=True, help="Magnesium, mM.")
@click.option(
    "--most-ends", type=click.IntRange(2, 200), default=30, show_default=True,
    help="Matches of a primer's last 15 bases in the genome.",
)  # fmt: skip
@click.option("--pool-size", type=click.IntRange(0, 5000), default=0, help="Amplicons of a pool at most; 0 for any.")
@click.option("--editor", default="", help="Editor for the sheet, such as ABE8e/SpCas9.")
@click.option("--on-target", multiple=True, help="Name of an on-target site; may be given again.")
@click.option("--forward-tail", default="", help="Bases before each forward primer in the order.")
@click.option("--reverse-tail", default="", help="Bases before each reverse primer in the order.")
@format_option
def command(
    sites: Path, genome: Path, out: Path, editor: str, on_target: tuple[str, ...], forward_tail: str,
    reverse_tail: str, form: str, **asked: Any,
) -> int:  # fmt: skip
    """Plan the amplicons that confirm the SITES of a merge, a search or a BED file.

    Writes the sheet of sites for quantify-panel, the primers to order with their pools, and each site that can not be
    amplified with its reason. Primers are checked against the genome that is given: give the whole one.
    """
    from proband.core.errors import Problem, ProgramError
    from proband.science.design.editors import load_editors
    from proband.science.offtarget import panel_outputs
    from proband.science.offtarget.panel import plan_panel
    from proband.science.offtarget.panel_sites import check_genome, read_panel_sites
    from proband.science.sequence.fasta import open_fasta
    from proband.writing import write_all

    problems: list[Problem] = []
    rules = _rules(asked, problems)
    if editor and editor not in load_editors():
        problems.append(
            Problem("options", "--editor", editor[:60], "an editor that proband knows", "see proband design")
        )
    for name, tail in (("--forward-tail", forward_tail), ("--reverse-tail", reverse_tail)):
        if set(tail.upper()) - set("ACGTN") or len(tail) > 100:
            problems.append(Problem("options", name, tail[:60], "up to 100 bases", "correct it"))
    read = None
    try:
        read = read_panel_sites(sites)
    except ProgramError as e:
        problems += e.problems
    if read is not None:
        known = {s.name for s in read.sites}
        problems += [
            Problem("options", "--on-target", x[:80], "a site of the table", "name it as the table does")
            for x in on_target if x not in known
        ]  # fmt: skip
    if problems or read is None:
        raise ProgramError(problems)
    opened = open_fasta(genome)
    check_genome(read.sites, opened, sites.name)
    made = plan_panel(read.sites, opened, rules)
    inputs = {
        "files": {sites.name: _digest(sites), genome.name: _digest(genome)}, "dropped_in_table": read.dropped,
    }  # fmt: skip
    tails = (forward_tail.upper(), reverse_tail.upper())
    written = panel_outputs.files(made, rules, editor, on_target, tails, inputs)
    out.mkdir(parents=True, exist_ok=True)
    write_all({out / name: data for name, data in written.items()})
    if form == "json":
        import json

        print_json(json.loads(written["panel_plan.json"]))
        return 0
    click.echo(f"{len(read.sites):,} sites ({read.dropped:,} dropped in the table), {len(made.amplicons):,} amplicons")
    click.echo(f"{made.pools} pools; salt counts as {rules.primer.sodium:.0f} mM sodium")
    _print_missing(made.missing)
    click.echo(f"wrote sites.csv, primers.csv, amplicons.tsv, not_amplified.csv and panel_plan.json to {out}")
    return 0


def _print_missing(missing: Any) -> None:
    for m in missing[:20]:
        click.echo(f"Not amplified: {m.site.name}: {m.reason}")
    if len(missing) > 20:
        click.echo(f"Not amplified: {len(missing) - 20:,} more, see not_amplified.csv")


def _rules(asked: dict[str, Any], problems: list[Any]) -> Any:
    from proband.core.errors import Problem
    from proband.science.offtarget.panel import PanelRules
    from proband.science.offtarget.primers import PrimerRules

    for low, high in (("least", "most"), ("coolest", "warmest")):
        if asked[low] >= asked[high]:
            found = f"--{low} {asked[low]} and --{high} {asked[high]}"
            problems.append(Problem("options", f"--{low}", found, f"--{low} below --{high}", "choose another range"))
    primer = PrimerRules(
        coolest=asked["coolest"], warmest=asked["warmest"], best=(asked["coolest"] + asked["warmest"]) / 2,
        most_ends=asked["most_ends"], sodium_millimolar=asked["sodium"], magnesium_millimolar=asked["magnesium"],
    )  # fmt: skip
    return PanelRules(asked["least"], asked["most"], asked["flank"], asked["pool_size"], primer)


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
