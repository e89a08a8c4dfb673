"""``proband offtarget search``: every site of guides in a genome within mismatches and bulges, and what was covered."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.patient_sites import check_patient, search_and_tell
from proband.cli.show import format_option, print_json

if TYPE_CHECKING:
    from proband.science.offtarget.genome_store import GenomeStore
    from proband.science.offtarget.guide import Guide, Limits

_path = click.Path(path_type=Path)


@click.command("search")
@click.option("--genome", required=True, type=_path, help="FASTA, FASTA.gz (gzip or BGZF) or .2bit.")
@click.option("--spacer", "spacers", multiple=True, help="A spacer of 17 to 25 bases, 5' to 3'; may be given again.")
@click.option("--guides", "table", type=_path, help="TSV or CSV: name, spacer, and if wanted pam, pam_side.")
@click.option("--pam", default="NRG", show_default=True, help="IUPAC letters, 5' to 3' on the guide's strand.")
@click.option("--pam-side", type=click.Choice(["3", "5"]), default="3", show_default=True, help="3: Cas9, 5: Cas12.")
@click.option("--mismatches", type=click.IntRange(0), default=6, show_default=True, help="In the protospacer, at most.")
@click.option("--dna-bulges", type=click.IntRange(0), default=0, show_default=True, help="Genomic bases more, at most.")
@click.option("--rna-bulges", type=click.IntRange(0), default=0, show_default=True, help="Spacer bases more, at most.")
@click.option("--out", required=True, type=_path, help="Table of sites (TSV).")
@click.option("--bed", is_flag=True, help="A BED file beside the table, too.")
@click.option("--threads", type=click.IntRange(1, 256), default=1, show_default=True)
@click.option("--store", type=_path, help="Folder of packed genomes; the user's cache folder if left out.")
@click.option(
    "--check-source", is_flag=True, help="Read the genome file again even if its size and time are as before."
)
@click.option("--vcf", type=_path, help="The patient's variants (VCF, VCF.gz, BCF): both copies are searched.")
@click.option("--sample", default="", help="The patient's sample in the VCF; not needed where it has one.")
@click.option("--contig-name", "names", multiple=True, help="VCF=GENOME where the names of a contig differ.")
@click.option("--callable", "callable_bed", type=_path, help="BED of regions where genotypes could be told.")
@click.option("--use-filtered", is_flag=True, help="Use records of the VCF that a filter marks, too.")
@click.option("--most-combinations", "k", type=click.IntRange(0, 16), default=10, show_default=True,
              help="Unphased alleles near one variant: 2 to this power of combinations are searched.")  # fmt: skip
@click.option("--verify/--no-verify", default=True, show_default=True, help="Make every row again from genome and VCF.")
@format_option
def command(genome: Path, out: Path, bed: bool, threads: int, form: str, **asked: Any) -> int:
    """Every site of the guides, both strands, all contigs, with one canonical alignment per site.

    The search is exhaustive within PAM, mismatches and bulges; what a site is stands in
    docs/explanation/off-target-semantics.md. Beside the table a statement of completeness is written: bases, windows
    set aside for N, settings, digests, and which share of known off-target sites the settings could reach at all.
    An interrupted search goes on with the contigs that are left when the same command is given again.

    With --vcf both copies of the patient's genome are searched, and each row says what the patient's variants do to the
    site.
    """
    from proband.science.offtarget.genome_search import search_genome
    from proband.science.offtarget.genome_store import default_store, open_genome

    guides, limits = asked_guides(asked)
    writable(out)
    check_patient(asked)
    store = open_genome(genome, asked["store"] or default_store(), asked["check_source"])
    click.echo(_estimate(store, guides, limits, threads), err=True)
    if asked["vcf"] is not None:
        progress = _progress(store.bases)
        return search_and_tell(genome, store, guides, limits, out, bed, threads, form, asked, progress)
    bed_path = out.with_name(out.stem + ".bed") if bed else None
    with _progress(store.bases) as told:
        made = search_genome(store, guides, limits, out, bed=bed_path, threads=threads, told=told)
    if form == "json":
        print_json(made)
        return 0
    _print(made, out, bed_path)
    return 0


def asked_guides(asked: dict[str, Any]) -> tuple[list[Guide], Limits]:
    """Guides and limits, or every problem of the options at once."""
    from proband.core.errors import Problem, ProgramError
    from proband.science.offtarget.guide import Limits, check_guides, read_guide
    from proband.science.offtarget.guide_file import read_guides

    side, problems = int(asked["pam_side"]), []
    guides = []
    for spacer in asked["spacers"]:
        guide, wrong = read_guide(spacer, asked["pam"], side, "", "options")
        guides.append(guide)
        problems += wrong
    if asked["table"] is not None:
        try:
            guides += read_guides(asked["table"], asked["pam"], side)
        except ProgramError as e:
            problems += e.problems
    if not guides and not problems:
        problems.append(Problem("options", "", "no guide", "--spacer or --guides", "give one"))
    if problems:
        raise ProgramError(problems)
    check_guides(guides, "options")
    return guides, Limits(asked["mismatches"], asked["dna_bulges"], asked["rna_bulges"])


def writable(out: Path) -> None:
    """Raise ``ProgramError`` where a file can not be made."""
    from proband.core.errors import Problem, ProgramError

    if out.is_dir() or not out.parent.is_dir():
        found = "a folder" if out.is_dir() else f"no folder {out.parent.name!r}"
        raise ProgramError(
            [Problem("options", "--out", found, "a file in a folder that exists", "make the folder first")]
        )


def _estimate(store: GenomeStore, guides: list[Guide], limits: Limits, threads: int) -> str:
    """Time, memory and disk that the search will need, from a sample of the genome that is searched now."""
    import shutil

    from proband.science.offtarget.search import PIECE, Planes, search_planes

    longest = max(store.contigs, key=lambda c: c.length)
    planes = store.planes(longest)
    low = max(0, (len(planes.high) - PIECE) // 2)
    cut = slice(low, low + PIECE)
    length = min(planes.length - low * 64, PIECE * 64)
    part = Planes(planes.high[cut].copy(), planes.low[cut].copy(), planes.other[cut].copy(), length)
    search_planes(part, guides, limits)  # loads compiled code
    start = time.perf_counter()
    sites = len(search_planes(part, guides, limits).hits)
    seconds = (time.perf_counter() - start) * store.bases / max(1, length)
    rows = sites * store.bases / max(1, length)
    memory = 0.2 + threads * 0.03 + rows * 300 * longest.length / store.bases / 1e9
    free = shutil.disk_usage(store.folder).free / 1e9
    return (
        f"Estimate from {length:,} bases of {longest.name}: about {seconds / threads:,.1f} s with {threads} "
        f"thread{'s' if threads > 1 else ''}, {rows:,.0f} sites, {memory:.1f} GB of memory, {rows * 3e-7:.2f} GB of "
        f"disk for results ({free:.0f} GB free where the packed genome lies, which takes {store.bases * 0.375e-9:.2f} "
        "GB). A sample can mislead."
    )


class _progress:
    """A bar on standard error where that is a terminal; contigs taken up from before are told."""

    def __init__(self, bases: int) -> None:
        self._bases = bases

    def __enter__(self) -> Any:
        from rich.console import Console
        from rich.progress import Progress

        self._bar = Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
        self._bar.start()
        task = self._bar.add_task("searching", total=self._bases)
        taken = 0

        def told(contig: Any, before: bool) -> None:
            nonlocal taken
            taken += before
            self._bar.update(task, advance=contig.length, description=contig.name[:20])
            if before and taken == 1:
                click.echo("Going on after an interrupted search: its finished contigs are kept.", err=True)

        return told

    def __exit__(self, *error: object) -> None:
        self._bar.stop()


def _print(made: dict[str, Any], out: Path, bed: Path | None) -> None:
    """The statement of completeness in words."""
    limits = made["limits"]
    click.echo(
        f"{made['bases']:,} bases in {made['contigs']:,} contigs, both strands; {made['other_letters']:,} bases are "
        f"not A, C, G or T. At most {limits['mismatches']} mismatches, {limits['dna_bulges']} DNA and "
        f"{limits['rna_bulges']} RNA bulge bases."
    )
    for guide in made["guides"][:30]:
        click.echo(
            f"  {guide['name']}  {guide['pam']}: {guide['sites']:,} sites; {guide['pam_sites_compared']:,} PAM "
            f"sites compared, {guide['windows_set_aside']:,} of {guide['windows']:,} windows set aside for other "
            "letters"
        )
    if len(made["guides"]) > 30:
        click.echo(f"  and {len(made['guides']) - 30} guides more, see the statement")
    for pam, ceiling in made["recall_ceiling"].items():
        if pam in ("source", "meaning"):
            continue
        if isinstance(ceiling, str):
            click.echo(f"Recall ceiling, {pam}: {ceiling}.")
            continue
        told = ", ".join(
            f"{assay} {ceiling[assay][0]:.1%} of sites ({ceiling[assay][1]:.1%} of reads)"
            for assay in ("GUIDE-seq", "CHANGE-seq")
        )
        click.echo(f"Recall ceiling for SpCas9, {pam} and {ceiling['mismatches']} mismatches: {told}.")
    names = [out.name, f"{out.name}.completeness.json", *([bed.name] if bed else [])]
    click.echo(f"wrote {', '.join(names)}")
