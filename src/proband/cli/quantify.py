"""``proband quantify``: what the reads of an amplicon show, from FASTQ to counts, tables and figures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.show import console, format_option, print_json

if TYPE_CHECKING:
    from proband.science.amplicon.targets import Target
    from proband.science.amplicon.umi import UmiRule
    from proband.writing import Data

_path = click.Path(path_type=Path)


@click.command("quantify")
@click.option("--reads", required=True, type=_path, help="FASTQ of reads, or of read 1; or one BAM or CRAM.")
@click.option("--reads2", type=_path, help="FASTQ of read 2; pairs are merged where they overlap.")
@click.option("--amplicon", required=True, help="The amplicon's sequence, 5' to 3'.")
@click.option("--guide", "guides", multiple=True, help="A spacer without PAM, 5' to 3'; may be given again.")
@click.option("--name", default="Reference", show_default=True, help="What the amplicon is called in the results.")
@click.option("--profile", type=click.Choice(["proband", "compatible"]), default="proband", show_default=True)
@click.option("--editor", default="", help="An editor such as SpCas9 or ABE8e/SpCas9: sets the cut and the window.")
@click.option("--expected", default="", help="The expected allele, such as after homology-directed repair.")
@click.option("--variant", "variants", multiple=True, help="A variant of another haplotype, such as 45C>T; 1-based.")
@click.option("--prime-spacer", default="", help="Spacer of a pegRNA.")
@click.option("--prime-extension", default="", help="Extension of the pegRNA, 5' to 3'.")
@click.option("--prime-scaffold", default="", help="Scaffold of the pegRNA.")
@click.option("--prime-nick", default="", help="Spacer of the guide for the second nick.")
@click.option("--window-size", type=click.IntRange(0, 500), help="Bases on each side of a cut that count.")
@click.option("--window-centre", type=click.IntRange(-60, 60), help="The cut, in bases from the guide's 3' end.")
@click.option("--window-coordinates", default="", help="Bases that count, such as 20-30_45-50: 0-based, ends included.")
@click.option(
    "--min-mean-quality", type=click.FloatRange(0, 93), default=0.0, help="Least mean Phred quality of a read."
)
@click.option("--min-identity", type=click.FloatRange(0, 100), default=60.0, show_default=True, help="Per cent.")
@click.option("--adapter", "adapters", multiple=True, help="A 3' adapter that is cut off; may be given again.")
@click.option("--umi", default="", help="UMI: header (end of name, or tag RX) or prefix:N (first N bases of read 1).")
@click.option("--umi-min-reads", type=click.IntRange(1, 1000), default=1, show_default=True, help="Reads of a family.")
@click.option(
    "--umi-join/--no-umi-join", default=True, show_default=True, help="Join UMIs that differ in one base, by counts."
)
@click.option("--reference", type=_path, help="FASTA that a CRAM file was made with.")
@click.option("--ignore-substitutions", is_flag=True, help="Substitutions do not make a read modified.")
@click.option("--ignore-insertions", is_flag=True, help="Insertions do not make a read modified.")
@click.option("--ignore-deletions", is_flag=True, help="Deletions do not make a read modified.")
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--figures/--no-figures", default=True, show_default=True)
@click.option("--out", required=True, type=_path, help="Folder for summary.json, tables and figures.")
@format_option
def command(
    reads: Path, reads2: Path | None, out: Path, threads: int, form: str, figures: bool, reference: Path | None,
    **asked: Any,
) -> int:  # fmt: skip
    """Count what the reads of an amplicon show: unmodified, insertions, deletions, substitutions.

    Every read ends in one class: filtered, unaligned, ambiguous or assigned. Profile ``compatible`` counts as the
    published tools do; ``proband`` has a window that follows the editor, places an indel of a repeat next to the cut,
    and does not count what a read does not reach. With --umi, reads of one molecule become one consensus read first.
    """
    os.environ.setdefault("POLARS_MAX_THREADS", str(threads))
    from proband.science.amplicon import outputs
    from proband.science.amplicon.figures import figures as drawable
    from proband.science.amplicon.quantify import quantify
    from proband.writing import write_all

    amplicons, settings, parameters = _asked(asked)
    files = [reads] if reads2 is None else [reads, reads2]
    made = quantify(files, amplicons, replace(settings, threads=threads, reference=reference))
    told = outputs.summary(made, parameters)
    tables, shapes = outputs.files(made, told), drawable(made) if figures else {}
    # the tables alone hold the reads from here on, and let go of them before the figures are drawn
    del made
    out.mkdir(parents=True, exist_ok=True)
    names: set[str] = set()
    write_all(_written(out, tables, shapes, names))
    for old in out.glob("*.svg"):
        if old.name not in names:
            old.unlink()
    if form == "json":
        print_json(told)
    else:
        _print(told, out)
    return 0


def _written(
    out: Path, tables: Iterator[tuple[str, Data]], shapes: dict[str, dict[str, Any]], names: set[str]
) -> Iterator[tuple[Path, Data]]:
    """The files one after the other, figures as SVG last; `names` gets those that could be drawn.

    The data of a figure that can not be drawn are in the tables.
    """
    yield from ((out / name, data) for name, data in tables)
    if not shapes:
        return
    import vl_convert

    for name, shape in shapes.items():
        try:
            text = vl_convert.vegalite_to_svg(shape, allowed_base_urls=[])
        except ValueError:
            continue
        names.add(f"{name}.svg")
        yield out / f"{name}.svg", text.encode("utf-8")


def _asked(asked: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """Amplicons, settings, and the parameters as they stand in the summary; raises ``ProgramError``."""
    from proband.science.amplicon.fastq import Filters
    from proband.science.amplicon.quantify import Settings
    from proband.science.amplicon.targets import amplicons_of

    target, umi = _target(asked)
    profile = asked["profile"]
    amplicons = amplicons_of([target], profile, asked["variants"])
    ignored = {kind for kind in ("insertions", "deletions", "substitutions") if asked[f"ignore_{kind}"]}
    nuclease = target.editor is None or target.editor.kind == "nuclease"
    if profile == "proband" and nuclease and not target.prime and not target.expected:
        ignored.add("substitutions")
    adapters = tuple(a.upper() for a in asked["adapters"])
    filters = Filters(asked["min_mean_quality"], adapters)
    ours = profile == "proband"
    settings = Settings(anchored=ours, covering=ours, ignore=frozenset(ignored), filters=filters, umi=umi)
    parameters = {k: list(v) if isinstance(v, tuple) else v for k, v in sorted(asked.items())}
    parameters["ignored"] = sorted(ignored)
    return amplicons, settings, parameters


def _target(asked: dict[str, Any]) -> tuple[Target, UmiRule | None]:
    from proband.core.errors import Problem, ProgramError
    from proband.science.amplicon.prime import PrimeEdit
    from proband.science.amplicon.targets import Target, Window
    from proband.science.amplicon.umi import umi_rule
    from proband.science.design.editors import load_editors

    problems, prime, editor, umi = [], None, None, None
    if asked["umi"]:
        try:
            umi = umi_rule(asked["umi"], asked["umi_min_reads"], asked["umi_join"])
        except ValueError as e:
            problems.append(Problem("--umi", "", asked["umi"][:60], str(e), "say where the UMI stands"))
    if asked["editor"]:
        known = load_editors()
        editor = known.get(asked["editor"])
        if editor is None:
            problems.append(
                Problem("--editor", "", asked["editor"], "an editor that proband knows", "one of " + ", ".join(known))
            )
    parts = [asked[f"prime_{part}"] for part in ("spacer", "extension", "scaffold", "nick")]
    if any(parts):
        prime = PrimeEdit(*parts)
        if not (parts[0] and parts[1]):
            problems.append(
                Problem("--prime-spacer", "", "a part of a pegRNA", "spacer and extension", "give both of them")
            )
    for adapter in asked["adapters"]:
        if set(adapter.upper()) - set("ACGT") or len(adapter) < 5:
            problems.append(Problem("--adapter", "", adapter[:60], "at least 5 bases of A, C, G, T", "correct it"))
    if problems:
        raise ProgramError(problems)
    window = Window(asked["window_size"], asked["window_centre"], asked["window_coordinates"])
    target = Target(
        asked["name"], asked["amplicon"], tuple(asked["guides"]), asked["expected"], prime, editor, window,
        asked["min_identity"],
    )  # fmt: skip
    return target, umi


def _print(told: dict[str, Any], out: Path) -> None:
    from rich.table import Table

    shown = console()
    umi, reads = told["umi"], told["reads"]
    if umi:
        r = umi["reads"]
        shown.print(
            f"{r['in']} reads: {r['filtered']} filtered, {r['umi_unusable']} with a UMI that was not read, "
            f"{r['in_families']} in families"
        )
    what = "UMI families" if umi else "reads"
    classes = ", ".join(f"{reads[k]} {k}" for k in ("filtered", "unaligned", "ambiguous", "assigned"))
    shown.print(f"{reads['in']} {what}: {classes}")
    table = Table(box=None, pad_edge=False)
    table.add_column("amplicon")
    kinds = ("insertions", "deletions", "substitutions")
    for name in ("families" if umi else "reads", "unmodified", "modified", *kinds):
        table.add_column(name, justify="right")
    ignored = told["parameters"]["ignored"]
    for a in told["amplicons"]:
        values = [str(a[k]) if k not in ignored else "not counted" for k in kinds]
        table.add_row(a["name"], str(a["reads"]), str(a["unmodified"]), str(a["modified"]), *values)
    shown.print(table)
    if "substitutions" in ignored:
        shown.print("Note: substitutions do not make a read modified here; for base editing give --editor")
    for b in told["loci"]:
        if b["ambiguous"]:
            shown.print(
                f"{b['locus']}: of {b['reads']} {what} with the ambiguous ones, {b['modified_least']} to "
                f"{b['modified_most']} are modified"
            )
    for flag in told["flags"]:
        shown.print(f"Note: {flag['reason']}")
    click.echo(f"wrote summary.json, tables and figures to {out}")
