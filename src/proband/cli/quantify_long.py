"""``proband quantify-long``: large events at a target and junctions with other places, from long or split reads."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.show import console, format_option, print_json

if TYPE_CHECKING:
    from proband.core.errors import Problem
    from proband.science.structural.sheet import LongSheet
    from proband.science.structural.study import Study

_path = click.Path(path_type=Path)


@click.command("quantify-long")
@click.argument("sheet", type=_path, required=False)
@click.option("--loci", type=_path, help="CSV of loci: targets and nominated sites, with a SHEET.")
@click.option("--reads", "reads", multiple=True, type=_path, help="FASTQ or BAM of one treated replicate; repeatable.")
@click.option("--control", "control", multiple=True, type=_path, help="The same of one control replicate.")
@click.option("--locus", "fasta", type=_path, help="FASTA of the target's sequence, with --reads.")
@click.option("--cut", default="", help="First base right of the cut, from 1; several parted by semicolons.")
@click.option("--region", default="", help="Place of the locus such as chr5:1000-7000, for aligned reads.")
@click.option(
    "--library", type=click.Choice(["amplicon", "whole"]), default="amplicon", show_default=True,
    help="Were both ends primed?",
)  # fmt: skip
@click.option("--rule", "rule_file", type=_path, help="TOML with the rule that was fixed before the data.")
@click.option("--alpha", type=float, help="Risk of a false call.  [default: 0.05]")
@click.option("--beta", type=float, help="Risk of a miss at the limit of detection.  [default: 0.05]")
@click.option("--over", type=click.Choice(["site", "panel"]), help="What alpha is shared by.  [default: panel]")
@click.option("--wanted-lod", type=float, help="Limit of detection that the question needs, as a fraction.")
@click.option("--least-size", type=click.IntRange(30, 10_000), default=50, show_default=True, help="Bases of an event.")
@click.option("--near", type=click.IntRange(0, 10_000), default=50, show_default=True, help="Bases from the cut.")
@click.option("--flank", type=click.IntRange(30, 10_000), default=100, show_default=True, help="Bases beside the cut.")
@click.option("--min-length", type=click.IntRange(50, 1_000_000), default=200, show_default=True, help="Of a read.")
@click.option("--min-mean-quality", type=click.FloatRange(0, 93), default=0.0, help="Least mean Phred quality.")
@click.option("--min-mapping-quality", type=click.IntRange(0, 60), default=20, show_default=True, help="Aligned reads.")
@click.option("--reference", type=_path, help="FASTA that a CRAM file was made with.")
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--figures/--no-figures", default=True, show_default=True)
@click.option("--out", required=True, type=_path, help="Folder for tables, long_reads.json and figures.")
@format_option
def command(sheet: Path | None, out: Path, threads: int, form: str, figures: bool, **asked: Any) -> int:
    """Count large deletions, insertions and inversions at a target, and its junctions with nominated sites.

    Give a SHEET of samples with --loci, or one target with --reads, --control, --locus and --cut. Reads are FASTQ or
    BAM without alignments (placed here), or BAM and CRAM that were aligned, sorted and indexed. Every read ends in one
    class. Without a control nothing is called: the background is then not known.
    """
    os.environ.setdefault("POLARS_MAX_THREADS", str(threads))
    from proband.cli.quantify_panel import call_rule
    from proband.core.errors import ProgramError
    from proband.science.structural import outputs
    from proband.science.structural.events import EventRules
    from proband.science.structural.study import run_study
    from proband.science.structural.traces import ReadRules
    from proband.writing import write_all

    problems: list[Problem] = []
    rule = call_rule(asked["rule_file"], {k: asked[k] for k in ("alpha", "beta", "over", "wanted_lod")}, problems)
    read = _sheet(sheet, asked, problems)
    if problems or rule is None or read is None:
        raise ProgramError(problems)
    events = EventRules(asked["least_size"], asked["near"], asked["flank"])
    reads = ReadRules(
        asked["min_length"], asked["min_mean_quality"], asked["min_mapping_quality"], threads=threads,
        reference=asked["reference"],
    )  # fmt: skip
    made = run_study(read, rule.rule(), events, reads)
    names = ("library", "min_length", "min_mean_quality", "min_mapping_quality")
    written = outputs.files(made, rule.told(), {k: asked[k] for k in names if sheet is None or k != "library"})
    if figures:
        written |= _drawn(made)
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("event-sizes-*.svg"):
        if old.name not in written:
            old.unlink()
    write_all({out / name: data for name, data in written.items()})
    if form == "json":
        print_json(json.loads(written["long_reads.json"]))
    else:
        _print(made, out)
    return 0


def _sheet(sheet: Path | None, asked: dict[str, Any], problems: list[Problem]) -> LongSheet | None:
    """The study that was asked for, by a sheet or by options; problems are added."""
    from proband.core.errors import Problem, ProgramError
    from proband.science.structural.sheet import one_target, read_long_sheet

    alone = [f"--{k}" for k in ("reads", "control", "cut", "region") if asked[k]] + ["--locus"] * bool(asked["fasta"])
    try:
        if sheet is None:
            if asked["loci"] is not None:
                problems.append(Problem("--loci", "", "no sheet of samples", "both", "give SHEET.csv before it"))
                return None
            return one_target(
                asked["reads"], asked["control"], asked["fasta"], asked["cut"], asked["region"], asked["library"]
            )
        if alone or asked["loci"] is None:
            found = f"{', '.join(alone)} beside a sheet" if alone else "a sheet without --loci"
            remedy = "give the loci as a CSV, and leave the options of one target out"
            problems.append(Problem("--loci", "", found, "a sheet with --loci alone", remedy))
            return None
        return read_long_sheet(sheet, asked["loci"])
    except ProgramError as e:
        problems += e.problems
        return None


def _drawn(made: Study) -> dict[str, bytes]:
    """The figures as SVG; one that can not be drawn is left out, its data are in the tables."""
    from proband.dossier.charts import Undrawable, svg
    from proband.science.structural.outputs import figures

    drawn = {}
    for figure in figures(made):
        try:
            text = svg(figure).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        except Undrawable:
            continue
        drawn[f"{figure.name}.svg"] = text.encode("utf-8")
    return drawn


def _print(made: Study, out: Path) -> None:
    from rich.table import Table

    shown = console()
    for h in made.held:
        name = f"{h.sample.name} ({h.sample.arm} {h.sample.replicate}), {h.target.name}"
        for counted in (h.classified, h.joined):
            if counted is not None:
                text = ", ".join(f"{n} {k.replace('_', ' ')}" for k, n in counted.classes.items() if n)
                shown.print(f"{name}: {counted.reads_in} reads: {text}")
    table = Table(box=None, pad_edge=False)
    for column in ("place", "event", "call", "reason"):
        table.add_column(column, overflow="fold")
    for r in (*made.event_panel.results, *made.junction_panel.results):
        reason = r.reason.removeprefix(f"{r.call.replace('_', ' ')}: ")
        table.add_row(r.site, r.event.replace("_", " "), r.call.replace("_", " "), reason)
    shown.print(table)
    for name, limits in made.sizes.items():
        seen = [s for s in limits if s.lod is not None]
        told = "; ".join(f"{s.kind} of {s.size}: {100 * s.lod:.2g} %" for s in seen if s.lod is not None)
        shown.print(f"{name}, limits of detection by size: {told or 'none'}")
    for flag in made.flags:
        shown.print(f"Note: {flag.flag} ({flag.where}): {flag.reason}")
    for concern in dict.fromkeys((*made.event_panel.concerns, *made.junction_panel.concerns)):
        shown.print(f"Note: {concern}")
    click.echo(f"wrote large_events.tsv, junctions.tsv, calls.tsv, size_limits.tsv and long_reads.json to {out}")
