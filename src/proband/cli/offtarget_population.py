"""``proband offtarget population``: sites of guides on every haplotype of a panel, with frequencies by group."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.offtarget_search import asked_guides, writable
from proband.cli.patient_sites import contig_names, letters_of
from proband.cli.show import format_option, print_json

if TYPE_CHECKING:
    from proband.science.offtarget.populations import PopulationSearch

_path = click.Path(path_type=Path)


@click.command("population")
@click.option("--genome", required=True, type=_path, help="FASTA, FASTA.gz (gzip or BGZF) or .2bit.")
@click.option("--vcf", required=True, type=_path, help="Phased panel: VCF, VCF.gz or BCF, sorted.")
@click.option("--samples", type=_path, help="CSV with columns sample and group; without it, one group.")
@click.option("--region", default="", help="Contig and bases from 1, such as chr20:1000001-2000000; all if left out.")
@click.option("--contig-name", "names", multiple=True, help="VCF=GENOME where the names of a contig differ.")
@click.option("--spacer", "spacers", multiple=True, help="A spacer of 17 to 25 bases, 5' to 3'; may be given again.")
@click.option("--guides", "table", type=_path, help="TSV or CSV: name, spacer, and if wanted pam, pam_side.")
@click.option("--pam", default="NRG", show_default=True, help="IUPAC letters, 5' to 3' on the guide's strand.")
@click.option("--pam-side", type=click.Choice(["3", "5"]), default="3", show_default=True, help="3: Cas9, 5: Cas12.")
@click.option("--mismatches", type=click.IntRange(0), default=6, show_default=True, help="In the protospacer, at most.")
@click.option("--dna-bulges", type=click.IntRange(0), default=0, show_default=True, help="Genomic bases more, at most.")
@click.option("--rna-bulges", type=click.IntRange(0), default=0, show_default=True, help="Spacer bases more, at most.")
@click.option("--out", required=True, type=_path, help="Table of sites (TSV).")
@click.option("--executor", "where", default="serial", show_default=True, help="serial, processes[:N] or dask:ADDRESS.")
@click.option("--store", type=_path, help="Folder of packed genomes; the user's cache folder if left out.")
@click.option("--verify/--no-verify", default=True, show_default=True, help="Make every row again from genome and VCF.")
@format_option
def command(
    genome: Path, vcf: Path, samples: Path | None, region: str, out: Path, verify: bool, form: str, **asked: Any
) -> int:
    """Every site that a variant of the panel creates, changes or takes away, on every haplotype exactly.

    Each row is one site in one state with the haplotypes that have it, by group. Sites that no variant is near are as
    in the reference on every haplotype; `proband offtarget search` lists them. Beside the table a statement says whom
    the panel covers, the frequency that each group's size could still miss, and what was not searched. An interrupted
    search goes on with the pieces that are left when the same command is given again.
    """
    from proband.engine.executor import executor
    from proband.science.offtarget.genome_store import default_store, open_genome
    from proband.science.offtarget.population_outputs import write_population
    from proband.science.offtarget.population_panel import Panel, one_group, read_groups
    from proband.science.offtarget.population_parts import KeptPieces
    from proband.science.offtarget.populations import search_population
    from proband.science.offtarget.stored_bases import StoredBases

    guides, limits = asked_guides(asked)
    writable(out)
    names = contig_names(asked["names"])
    store = open_genome(genome, asked["store"] or default_store())
    bases = StoredBases.of_store(store)
    panel = Panel(vcf, bases, names)
    groups = one_group(panel.file.samples) if samples is None else read_groups(samples, panel.file.samples)
    part = _region(region, bases) if region else None
    kept = KeptPieces(out.parent / f".{out.name}.pieces")
    if kept.folder.is_dir():
        click.echo("Going on after an interrupted search: pieces that are as before are kept.", err=True)
    with executor(asked["where"]) as here:
        found = search_population(panel, groups, bases, guides, limits, here, part, kept=kept)
    statement = write_population(found, vcf, store.digest, region, out, letters_of(genome, bases) if verify else None)
    kept.forget()
    if form == "json":
        print_json(statement)
        return 0
    _print(found, out)
    return 0


def _region(text: str, bases: Any) -> tuple[str, int, int]:
    from proband.core.errors import Problem, ProgramError

    contig, _, span = text.rpartition(":")
    low, _, high = span.replace(",", "").partition("-")
    if contig in bases.names and low.isdecimal() and high.isdecimal() and 1 <= int(low) <= int(high):
        return contig, int(low) - 1, min(int(high), bases.length(contig))
    expected = "a contig of the genome and bases from 1, such as chr20:1000001-2000000"
    raise ProgramError([Problem("options", "--region", repr(text[:60]), expected, "mend the region")])


def _print(found: PopulationSearch, out: Path) -> None:
    facts, groups = found.facts(), found.groups
    click.echo(
        f"{facts['samples']:,} samples, {facts['records']:,} records, {facts['edits']:,} edits; "
        f"{facts['local_haplotypes_searched']:,} distinct local haplotypes searched."
    )
    for name, n in groups.samples.items():
        if n:
            limit = facts[f"detection_limit_{name}"]
            click.echo(f"  {name}: {n:,} samples; a haplotype of frequency {limit:.2%} is seen with probability 0.95")
    rows = {k.removeprefix("rows_"): v for k, v in facts.items() if k.startswith("rows_")}
    click.echo(f"Rows: {', '.join(f'{n:,} {change}' for change, n in rows.items()) or 'none'}.")
    left = {
        "alleles not placed": facts["not_placed"],
        "unphased calls not searched": facts["calls_unphased_not_searched"],
        "missing alleles": facts["alleles_missing"],
        "haplotypes whose edits exclude each other": facts["haplotypes_with_excluding_edits"],
    }
    told = [f"{n:,} {what}" for what, n in left.items() if n]
    click.echo(f"Not searched: {'; '.join(told) or 'nothing'}.")
    click.echo(f"wrote {out.name}, {out.stem}.not_searched.tsv and {out.stem}.statement.json")
