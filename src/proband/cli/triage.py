"""``proband triage``: which editors could reach each variant of a long list, without a program folder."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.show import console, executor_option, format_option, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from proband.science.design.editors import Editor
    from proband.science.design.triage_list import Listed, Row
    from proband.science.sequence.genome import Genome


@click.command("triage")
@click.argument("variants", type=click.Path(path_type=Path))
@click.option("--fasta", required=True, type=click.Path(path_type=Path), help="The genome, or a part of it.")
@click.option("--gff", type=click.Path(path_type=Path), help="Transcripts, where the list has c. or n. descriptions.")
@click.option("--build", default="", help="What the FASTA is, such as GRCh38.")
@click.option("--editors", "table", type=click.Path(path_type=Path), help="Your own editors.toml instead of ours.")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="Folder for the Parquet parts and the summary."
)
@executor_option
@format_option
def command(
    variants: Path, fasta: Path, gff: Path | None, build: str, table: Path | None, out: Path, where: str, form: str
) -> int:
    """Which editors could put the reference back at each variant of a VCF, or of a list of HGVS descriptions.

    Writes variants-00000.parquet and so on, editors.tsv (variants reached by each editor, and a greedy set cover by
    base and prime editors), and editors.svg. Variants that can not be read, or are no single-base change, keep their
    row with the reason.
    """
    from functools import partial

    from proband.engine.executor import executor
    from proband.science.design.editors import load_editors
    from proband.science.design.triage_list import pieces, read_list
    from proband.science.sequence.build import TranscriptSet, read_transcripts
    from proband.science.sequence.fasta import open_fasta
    from proband.science.variant.hgvs import Nomenclature

    editors = list(load_editors(table).values())
    if gff:
        genome, transcripts = read_transcripts(fasta, gff, build=build)
    else:
        genome, transcripts = open_fasta(fasta, build), TranscriptSet({}, {})
    listed = read_list(variants, Nomenclature(genome, transcripts))
    out.mkdir(parents=True, exist_ok=True)
    summary = _Summary([e.name for e in editors], {e.name for e in editors if e.kind != "nuclease"})
    with executor(where) as run:
        for group in batched(pieces(listed), 8):
            for rows in run.map(partial(_answer, genome=genome, editors=editors), group):
                summary.add(rows)
                _write_part(out / f"variants-{summary.parts - 1:05d}.parquet", rows, [e.name for e in editors])
    _finish(out, summary)
    if form == "json":
        print_json({"status": summary.status, "reached": summary.reached, "cover": summary.cover()})
    else:
        _print(summary, out)
    return 0


def batched(pieces: Iterator[list[Listed]], size: int) -> Iterator[list[list[Listed]]]:
    """Pieces in groups, so that an executor is busy and memory still follows the group."""
    while group := list(islice(pieces, size)):
        yield group


def _answer(piece: list[Listed], *, genome: Genome, editors: Sequence[Editor]) -> list[Row]:
    from proband.science.design.triage_list import answer

    return answer(piece, genome, editors)


class _Summary:
    """Counts over all pieces; its size follows the number of patterns of reach, not the list.

    The cover is over editors that put a base back by themselves: a nuclease cuts near it, and no more.
    """

    def __init__(self, editors: list[str], correcting: set[str]) -> None:
        self.editors = editors
        self.correcting = correcting
        self.parts = 0
        self.status: Counter[str] = Counter()
        self.reached: Counter[str] = Counter()
        self.clean: Counter[str] = Counter()
        self.patterns: Counter[frozenset[str]] = Counter()

    def add(self, rows: list[Row]) -> None:
        self.parts += 1
        for r in rows:
            self.status[r.status.partition(":")[0]] += 1
            self.patterns[frozenset(self.correcting & set(r.guides))] += 1
            self.reached.update(r.guides.keys())
            self.clean.update(r.clean.keys())

    def cover(self) -> list[tuple[str, int, int]]:
        from proband.science.design.triage_list import cover

        return cover(self.patterns)


def _write_part(path: Path, rows: list[Row], editors: list[str]) -> None:
    """One piece as Parquet: a row per variant, a column of guide counts per editor."""
    import io

    import polars

    from proband.writing import write_bytes

    columns: dict[str, Any] = {
        "name": [r.variant.name for r in rows],
        "contig": [r.variant.contig for r in rows],
        "position": [r.variant.position + 1 for r in rows],
        "ref": [r.variant.ref for r in rows],
        "alt": [r.variant.alt for r in rows],
        "status": [r.status for r in rows],
    }
    for e in editors:
        columns[f"guides:{e}"] = [r.guides.get(e, 0) if r.status == "ok" else None for r in rows]
    schema = {f"guides:{e}": polars.UInt8 for e in editors}
    buffer = io.BytesIO()
    polars.DataFrame(columns, schema_overrides=schema).write_parquet(buffer, compression="zstd")
    write_bytes(path, buffer.getvalue())


def _finish(out: Path, summary: _Summary) -> None:
    """The table of editors with the set cover, and its figure; parts of an earlier, longer run are removed."""
    from proband.core.evidence import Figure
    from proband.dossier.charts import Undrawable, svg
    from proband.writing import write_text

    for old in sorted(out.glob("variants-*.parquet"))[summary.parts :]:
        old.unlink()
    order = {editor: (n, added, total) for n, (editor, added, total) in enumerate(summary.cover(), start=1)}
    lines = ["editor\tvariants_reached\twith_a_guide_without_bystander\tcover_step\tadds\tcovered"]
    for e in sorted(summary.editors, key=lambda e: (-summary.reached[e], e)):
        step = "\t".join(map(str, order[e])) if e in order else "\t\t"
        lines.append(f"{e}\t{summary.reached[e]}\t{summary.clean[e]}\t{step}")
    write_text(out / "editors.tsv", "\n".join(lines) + "\n")
    rows = tuple({"editor": e, "variants": summary.reached[e]} for e in summary.editors if summary.reached[e])
    labels = {"x": "editor", "y": "variants reached"}
    figure = Figure(
        "reach", "Variants reached by each editor", "Bars of variants reached by editor.", "bars",
        {"x": "editor", "y": "variants"}, rows, labels,
    )  # fmt: skip
    try:
        write_text(out / "editors.svg", svg(figure).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))
    except Undrawable:
        (out / "editors.svg").unlink(missing_ok=True)


def _print(summary: _Summary, out: Path) -> None:
    from rich.table import Table

    shown = console()
    counts = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in sorted(summary.status.items()))
    shown.print(f"{sum(summary.status.values())} variants: {counts}")
    table = Table(
        box=None, pad_edge=False, title="\nA greedy set cover by base and prime editors", title_justify="left"
    )
    for name in ("editor", "adds", "covered"):
        table.add_column(name)
    for editor, added, total in summary.cover():
        table.add_row(editor, str(added), str(total))
    shown.print(table)
    shown.print("A base or prime editor reaches a variant when a guide could put the reference base back,")
    shown.print("a nuclease when it cuts near it. Nothing is said of efficiency, off-targets or proteins.")
    click.echo(f"wrote {summary.parts} parts, editors.tsv and editors.svg to {out}")
