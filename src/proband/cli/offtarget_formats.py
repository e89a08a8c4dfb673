"""``proband offtarget formats``: a table of sites as Parquet, BED and VCF, with a karyotype and alignment pictures."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proband.dossier.site_alignments import Panel
    from proband.science.offtarget.site_rows import SiteRow
    from proband.writing import Data

NAMES = ("sites.parquet", "sites.bed", "sites.vcf", "karyotype.svg", "alignments.svg", "alignments.txt")


@click.command("formats")
@click.argument("sites", type=click.Path(path_type=Path))
@click.option("--genome", required=True, type=click.Path(path_type=Path), help="FASTA that was searched: contigs, REF.")
@click.option("--pam", default="", help="PAM pattern that was asked for, shown over the sites; else N for each base.")
@click.option("--top", type=click.IntRange(1, 1000), default=40, show_default=True, help="Sites drawn for each guide.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the files.")
def command(sites: Path, genome: Path, pam: str, top: int, out: Path) -> int:
    """Write the sites of SITES (a table as `search` writes it) in other formats, and draw them.

    Pictures show the sites of each guide with the fewest edits; the other files hold all.
    """
    from proband.dossier.karyotype import karyotype_svg
    from proband.dossier.site_alignments import alignments_svg, alignments_text
    from proband.science.offtarget.site_formats import bed_text, parquet_bytes, vcf_text
    from proband.science.offtarget.site_rows import site_rows
    from proband.science.sequence.fasta import open_fasta
    from proband.writing import write_all

    rows = site_rows(read_rows(sites), sites.name)
    held = open_fasta(genome)
    panels = panels_of(rows, pam)
    places = [(r.contig, r.pam_start, r.strand, r.edits) for r in rows if r.edits is not None]
    lost = len(rows) - len(places)
    title = f"Sites of {sites.name}" + (
        f"; {lost} that the patient lost or may have lost are not drawn" if lost else ""
    )
    texts = (
        bed_text(rows),
        vcf_text(rows, held.contigs, lambda contig, at: held.fetch(contig, at, at + 1)),
        karyotype_svg(places, held.contigs, title),
        alignments_svg(panels, title, top),
        alignments_text(panels, top),
    )
    made: list[Data] = [parquet_bytes(rows), *(t.encode() for t in texts)]
    out.mkdir(parents=True, exist_ok=True)
    write_all({out / name: data for name, data in zip(NAMES, made, strict=True)})
    click.echo(f"{len(rows)} sites; wrote {', '.join(NAMES)} to {out}")
    return 0


def read_rows(path: Path) -> list[Mapping[str, object]]:
    """Rows of a site table: comments (#) before the header are left out. Raises ``ProgramError``."""
    from proband.border import read_text
    from proband.core.errors import Problem, ProgramError

    problems: list[Problem] = []
    text = read_text(path, path.name, problems, limit=4_000_000_000)
    lines = [] if text is None else [x for x in text.splitlines() if x.strip() and not x.startswith("# ")]
    if text is not None and not lines:
        problems.append(Problem(path.name, "", "no header", "a table of sites", "give sites.tsv as it was written"))
    made: list[Mapping[str, object]] = []
    if lines:
        head, *rest = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        head = [head[0].removeprefix("#"), *head[1:]]
        if len(set(head)) < len(head):
            problems.append(Problem(path.name, "header", "a column twice", "each column once", "mend the table"))
        short = [n for n, cells in enumerate(rest, start=1) if len(cells) != len(head)]
        if short:
            found = f"{len(short)} rows with other than {len(head)} cells, the first is row {short[0]}"
            problems.append(Problem(path.name, "", found, "whole rows", "copy the table again"))
        made = [dict(zip(head, cells, strict=False)) for cells in rest]
    if problems:
        raise ProgramError(problems)
    return made


def panels_of(rows: Sequence[SiteRow], pam: str) -> list[Panel]:
    """A panel for each guide in the order of the table, its sites by edits and then as they stand there."""
    from proband.dossier.site_alignments import Panel, SiteLine

    groups: dict[tuple[str, str], list[SiteRow]] = {}
    for r in rows:
        groups.setdefault((r.guide, r.spacer), []).append(r)
    made = []
    for (guide, spacer), held in groups.items():
        ranked = sorted((r for r in held if r.edits is not None), key=lambda r: r.edits or 0)
        size = max((len(r.pam) for r in ranked), default=len(pam))
        pattern = pam if len(pam) == size else "N" * size
        lines = tuple(SiteLine(r.aligned_spacer, r.aligned_protospacer, r.pam, words_of(r)) for r in ranked)
        title = guide if guide == spacer else f"{guide}  {spacer}"
        made.append(Panel(title, spacer, pattern, held[0].pam_first, lines))
    return made


def words_of(r: SiteRow) -> str:
    """What stands beside a site: counts, place, and what the patient's variants do."""
    bulges = (r.dna_bulges or 0) + (r.rna_bulges or 0)
    bulged = f" +{bulges} bulged" if bulges else ""
    place = f"{r.contig}:{r.start + 1:,}-{r.end:,} ({r.strand})"
    more = [r.more.get("gene", ""), r.patient.get("change", "").replace("_", " ")]
    return ", ".join(x for x in (f"{r.mismatches} mm{bulged}", place, *more) if x)
