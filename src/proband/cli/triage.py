"""``proband triage``: which editors could reach each variant of a long list, without a program folder."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from proband.cli.show import console, executor_option, format_option, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from proband.cli.triage_files import Counts, Summary
    from proband.science.design.editors import Editor
    from proband.science.design.triage_consequence import Chosen
    from proband.science.design.triage_list import Listed
    from proband.science.sequence.genome import Genome


@click.command("triage")
@click.argument("variants", type=click.Path(path_type=Path))
@click.option("--fasta", required=True, type=click.Path(path_type=Path), help="The genome, or a part of it.")
@click.option("--gff", type=click.Path(path_type=Path), help="Transcripts: for c. and n. names, effects, clean guides.")
@click.option("--transcript", default="", help="Judge by this transcript alone, instead of one for each variant.")
@click.option("--build", default="", help="What the FASTA is, such as GRCh38.")
@click.option("--editors", "table", type=click.Path(path_type=Path), help="Your own editors.toml instead of ours.")
@click.option(
    "--cover",
    "covering",
    type=click.Choice(["any", "clean"]),
    default="any",
    show_default=True,
    help="Set cover by any guide, or by guides without a bystander that changes the protein (with --gff).",
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="Folder for the Parquet parts and the summary."
)
@executor_option
@format_option
def command(
    variants: Path,
    fasta: Path,
    gff: Path | None,
    transcript: str,
    build: str,
    table: Path | None,
    covering: str,
    out: Path,
    where: str,
    form: str,
) -> int:
    """Which editors could put the reference back at each variant of a VCF, or of a list of HGVS descriptions.

    Writes variants-00000.parquet and so on, editors.tsv (variants reached by each editor, and a greedy set cover by
    base and prime editors), and editors.svg. With --gff each row has its transcript, c. name and protein effect, and
    the guides of each base editor without a bystander that changes the protein. Variants that can not be read, or are
    no single-base change, keep their row with the reason.
    """
    from functools import partial

    from proband.cli.triage_files import Summary, finish
    from proband.core.errors import ProgramError
    from proband.engine.executor import executor
    from proband.science.design.editors import load_editors
    from proband.science.design.triage_consequence import read_index
    from proband.science.design.triage_list import pieces, read_list
    from proband.science.sequence.build import TranscriptSet
    from proband.science.sequence.fasta import open_fasta
    from proband.science.variant.hgvs import Nomenclature
    from proband.writing import write_bytes

    if not gff and (covering == "clean" or transcript):
        raise ProgramError(f"{'--transcript' if transcript else '--cover clean'} needs transcripts: give --gff")
    editors = list(load_editors(table).values())
    index, unread = None, 0
    if gff:
        genome, transcripts, index = read_index(fasta, gff, build=build, only=transcript)
        unread = len(transcripts.unusable)
    else:
        genome, transcripts = open_fasta(fasta, build), TranscriptSet({}, {})
    listed = read_list(variants, Nomenclature(genome, transcripts))
    out.mkdir(parents=True, exist_ok=True)
    summary = Summary(editors, covering, judged=index is not None, unread=unread)
    with executor(where) as run:
        for group in batched(pieces(listed), 8):
            work = [
                (piece, index.choose([(v.contig, v.position) for v in piece]) if index else None) for piece in group
            ]
            ask = partial(_answer, genome=genome, editors=editors, judged=summary.judged)
            for part, counts in run.map(ask, work):
                write_bytes(out / f"variants-{summary.parts:05d}.parquet", part)
                summary.merge(counts)
    finish(out, summary)
    if form == "json":
        print_json(summary.as_dict())
    else:
        _print(summary, out)
    return 0


def batched(pieces: Iterator[list[Listed]], size: int) -> Iterator[list[list[Listed]]]:
    """Pieces in groups, so that an executor is busy and memory still follows the group."""
    while group := list(islice(pieces, size)):
        yield group


def _answer(
    work: tuple[list[Listed], Chosen | None], *, genome: Genome, editors: Sequence[Editor], judged: bool
) -> tuple[bytes, Counts]:
    """One piece where the executor runs it: only bytes and counts travel back."""
    from proband.cli.triage_files import Counts, part_bytes
    from proband.science.design.triage_list import answer

    rows = answer(work[0], genome, editors, work[1])
    return part_bytes(rows, [e.name for e in editors], judged), Counts.of(rows, editors)


def _print(summary: Summary, out: Path) -> None:
    from rich.table import Table

    from proband.science.design.triage_consequence import RULE

    shown = console()
    counts = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in sorted(summary.counts.status.items()))
    shown.print(f"{sum(summary.counts.status.values())} variants: {counts}")
    if summary.judged:
        shown.print(
            "Effects: " + ", ".join(f"{n} {t.replace('_', ' ')}" for t, n in summary.counts.terms.most_common())
        )
        shown.print(f"Transcript: {RULE}.")
    if summary.unread:
        shown.print(f"{summary.unread} transcripts can not be used: variants there alone are not judged.")
    words = "any guide" if summary.covering == "any" else "guides without a bystander that changes the protein"
    table = Table(box=None, pad_edge=False, title_justify="left")
    table.title = f"\nA greedy set cover by base and prime editors, by {words}"
    for name in ("editor", "adds", "covered"):
        table.add_column(name)
    for editor, added, total in summary.cover():
        table.add_row(editor, str(added), str(total))
    shown.print(table)
    reached, clean = summary.covered("any"), summary.covered("clean")
    shown.print(
        f"By any guide {reached} variants can be reached" + (f", by clean ones {clean}." if summary.judged else ".")
    )
    shown.print("A base or prime editor reaches a variant when a guide could put the reference base back,")
    shown.print("a nuclease when it cuts near it. Nothing is said of efficiency or off-targets.")
    click.echo(f"wrote {summary.parts} parts, editors.tsv and editors.svg to {out}")
