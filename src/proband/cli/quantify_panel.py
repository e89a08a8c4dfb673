"""``proband quantify-panel``: treated against control at many sites, from a sample sheet to calls and figures."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.show import console, format_option, print_json

if TYPE_CHECKING:
    from proband.core.errors import Problem
    from proband.science.amplicon.call_rule import RuleFile
    from proband.science.amplicon.panel import PanelResult

_path = click.Path(path_type=Path)
_DRAWN = ("replicates-*.svg", "sizes-*.svg", "quilt-*.svg")


@click.command("quantify-panel")
@click.argument("sheet", type=_path)
@click.option("--sites", type=_path, help="CSV of sites, where each file holds all of them.")
@click.option("--rule", "rule_file", type=_path, help="TOML with the rule that was fixed before the data.")
@click.option("--alpha", type=float, help="Risk of a false call.  [default: 0.05]")
@click.option("--beta", type=float, help="Risk of a miss at the limit of detection.  [default: 0.05]")
@click.option("--over", type=click.Choice(["site", "panel"]), help="What alpha is shared by.  [default: panel]")
@click.option("--wanted-lod", help="Limit of detection that the question needs: 0.1% or 0.001.")
@click.option("--vcf", type=_path, help="VCF of the patient: fills the column variants of sites with a place.")
@click.option("--sample", default="", help="The patient's name in the VCF.")
@click.option("--editor", default="", help="Editor of sites that name none, such as ABE8e/SpCas9.")
@click.option(
    "--min-mean-quality", type=click.FloatRange(0, 93), default=0.0, help="Least mean Phred quality of a read."
)
@click.option("--adapter", "adapters", multiple=True, help="A 3' adapter that is cut off; may be given again.")
@click.option("--umi-min-reads", type=click.IntRange(1, 1000), default=1, show_default=True, help="Reads of a family.")
@click.option(
    "--umi-join/--no-umi-join", default=True, show_default=True, help="Join UMIs that differ in one base, by counts."
)
@click.option("--reference", type=_path, help="FASTA that a CRAM file was made with.")
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--figures/--no-figures", default=True, show_default=True)
@click.option("--out", required=True, type=_path, help="Folder for tables, panel.json, panel.vcf and figures.")
@format_option
def command(
    sheet: Path, sites: Path | None, rule_file: Path | None, out: Path, editor: str, threads: int, figures: bool,
    form: str, min_mean_quality: float, adapters: tuple[str, ...], umi_min_reads: int, umi_join: bool,
    reference: Path | None, vcf: Path | None, sample: str, **asked: Any,
) -> int:  # fmt: skip
    """Call the sites of a treated-and-control panel from its SHEET of samples, by one rule.

    SHEET.csv has the columns sample, arm (treated or control), replicate, reads, and may have reads2, donor, place,
    tissue, day, dna_ng, umi (collapsed, header or prefix:N), failed. Sites stand in --sites, or in the same sheet
    where each file holds one site.
    A site that is not detected comes with its limit of detection; one without reads is unknown, never negative.
    """
    os.environ.setdefault("POLARS_MAX_THREADS", str(threads))
    from proband.core.errors import Problem, ProgramError
    from proband.science.amplicon import panel_outputs
    from proband.science.amplicon.fastq import Filters
    from proband.science.amplicon.panel import run_panel
    from proband.science.amplicon.quantify import Settings
    from proband.science.amplicon.sheet import read_sheet
    from proband.science.amplicon.umi import UmiRule
    from proband.writing import write_all

    problems: list[Problem] = []
    rule = call_rule(rule_file, asked, problems)
    for adapter in adapters:
        if set(adapter.upper()) - set("ACGT") or len(adapter) < 5:
            problems.append(Problem("--adapter", "", adapter[:60], "at least 5 bases of A, C, G, T", "correct it"))
    if sample and vcf is None:
        problems.append(Problem("--sample", "", "no --vcf", "both", "give the VCF too"))
    try:
        read = read_sheet(sheet, sites, editor, vcf, sample)
    except ProgramError as e:
        raise ProgramError([*problems, *e.problems]) from None
    if problems or rule is None:
        raise ProgramError(problems)
    filters = Filters(min_mean_quality, tuple(a.upper() for a in adapters))
    umi = UmiRule(min_reads=umi_min_reads, join=umi_join)
    made = run_panel(read, rule.rule(), Settings(filters=filters, threads=threads, umi=umi, reference=reference))
    parameters = {"editor": editor, "min_mean_quality": min_mean_quality, "adapters": list(filters.adapters)}
    if vcf is not None:
        parameters["sample"] = sample
    if any(s.umi for s in read.samples):
        parameters |= {"umi_min_reads": umi_min_reads, "umi_join": umi_join}
    written = panel_outputs.files(made, rule.told(), parameters)
    if figures:
        written |= _drawn(made)
    out.mkdir(parents=True, exist_ok=True)
    for old in [p for pattern in (*_DRAWN, "panel.vcf") for p in out.glob(pattern)]:
        if old.name not in written:
            old.unlink()
    write_all({out / name: data for name, data in written.items()})
    if form == "json":
        print_json(json.loads(written["panel.json"]))
    else:
        _print(made, out)
    return 0


def call_rule(file: Path | None, asked: dict[str, Any], problems: list[Problem]) -> RuleFile | None:
    """The rule of the file or of the options; problems are added where it can not be read."""
    from proband.core.errors import Problem
    from proband.science.amplicon.call_rule import read_rule, rule_of_options

    given = {k: v for k, v in asked.items() if v is not None}
    if file is None:
        return rule_of_options(given, problems)
    if given:
        names = ", ".join(f"--{k.replace('_', '-')}" for k in given)
        problems.append(Problem("--rule", "", f"{names} beside it", "the rule in one place", "leave one of them out"))
        return None
    return read_rule(file, file.name, problems)


def _drawn(made: PanelResult) -> dict[str, bytes]:
    """The figures as SVG; one that can not be drawn is left out, its data are in the tables."""
    import vl_convert

    from proband.science.amplicon.panel_figures import figures

    drawn = {}
    for name, spec in figures(made).items():
        try:
            drawn[f"{name}.svg"] = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]).encode("utf-8")
        except ValueError:
            continue
    return drawn


def _print(made: PanelResult, out: Path) -> None:
    from rich.table import Table

    shown = console()
    for sample, counts in zip(made.sheet.samples, made.samples, strict=True):
        r = counts.reads
        if r:
            what = made.counted((sample,))
            text = ", ".join(f"{r[k]} {k}" for k in ("assigned", "ambiguous", "unaligned", "filtered"))
            shown.print(f"{sample.name} ({sample.arm} {sample.replicate}): {r['in']} {what}: {text}")
    table = Table(box=None, pad_edge=False)
    for name in ("site", "event", "call", "reason"):
        table.add_column(name, overflow="fold")
    for result in made.panel.results:
        reason = result.reason.removeprefix(f"{result.call.replace('_', ' ')}: ")
        table.add_row(result.site, result.event, result.call.replace("_", " "), reason)
    shown.print(table)
    for c in made.carried:
        shown.print(f"{c.site} in {c.sample}: {c.sentence}")
    for flag in made.flags:
        shown.print(f"Note: {flag.flag}{f' ({flag.where})' if flag.where else ''}: {flag.reason}")
    for concern in made.panel.concerns:
        shown.print(f"Note: {concern}")
    click.echo(f"wrote panel_sites.tsv, panel.json, outcomes.tsv and figures to {out}")
