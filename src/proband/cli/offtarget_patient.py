"""The patient's part of ``proband offtarget search``: both copies from a VCF, gains and losses, and the proof."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from proband.science.offtarget.guide import Guide, Limits
    from proband.science.offtarget.stored_bases import StoredBases


def contig_names(given: Iterable[str]) -> dict[str, str]:
    """Contig of the VCF to contig of the genome, from texts VCF=GENOME. Raises ``ProgramError`` with every fault.

    >>> contig_names(["20=chr20"])
    {'20': 'chr20'}
    """
    from proband.core.errors import Problem, ProgramError

    made: dict[str, str] = {}
    problems = []
    for text in given:
        name, sign, meant = text.partition("=")
        if not sign or not name or not meant or name in made:
            expected = "VCF=GENOME, each contig of the VCF once"
            problems.append(Problem("options", "--contig-name", repr(text[:60]), expected, "mend the option"))
        made[name] = meant
    if problems:
        raise ProgramError(problems)
    return made


def search_with_patient(
    genome: Path,
    store: Any,
    guides: list[Guide],
    limits: Limits,
    out: Path,
    vcf: Path,
    sample: str,
    names: Iterable[str] = (),
    callable_bed: Path | None = None,
    use_filtered: bool = False,
    k: int = 10,
    verify: bool = True,
    threads: int = 1,
) -> dict[str, Any]:
    """Search reference and patient, write the files of `patient_outputs`; the statement."""
    from proband.science.offtarget.callable_regions import read_callable
    from proband.science.offtarget.patient_outputs import Inputs, write_patient
    from proband.science.offtarget.patient_search import search_patient
    from proband.science.offtarget.patient_variants import read_patient
    from proband.science.offtarget.search import planes_of, search_planes
    from proband.science.offtarget.stored_bases import StoredBases

    bases, renamed = StoredBases.of_store(store), contig_names(names)
    regions = None if callable_bed is None else read_callable(callable_bed, bases, renamed)
    variants = read_patient(vcf, sample, bases, renamed, use_filtered)
    found = search_patient(
        bases,
        variants,
        guides,
        limits,
        reference=lambda contig: search_planes(bases.planes(contig), guides, limits, threads).hits,
        k=k,
        search=lambda codes, g, m: search_planes(planes_of(codes), g, m, threads).hits,
    )
    inputs = Inputs(vcf, renamed, store.digest, regions)
    return write_patient(found, bases, inputs, out, _letters(genome, bases), verify)


def _letters(genome: Path, bases: StoredBases) -> Callable[[str, int, int], str]:
    """Letters for the proof: from the FASTA itself, by other code than the search's; from the store for 2bit."""
    from proband.science.sequence.fasta import open_fasta

    if genome.suffix == ".2bit":
        return bases.letters
    opened = open_fasta(genome)

    def fetch(contig: str, start: int, end: int) -> str:
        return opened.fetch(contig, max(0, start), min(end, bases.length(contig)))

    return fetch


def print_patient(statement: dict[str, Any], out: Path) -> None:
    """The statement in words."""
    facts = statement["searched"]
    click.echo(
        f"Both copies of {facts['sample']}: {facts['edits']:,} edits ({facts['calls_phased']:,} phased and "
        f"{facts['calls_unphased']:,} unphased heterozygous calls); {facts['bases_added']:,} bases searched beyond the "
        f"reference ({facts['added_fraction']:.1%})."
    )
    click.echo(
        f"  {facts['gained']:,} rows gained ({facts['rows_created']:,} created, {facts['rows_pam_gained']:,} by a PAM), "
        f"{facts['lost']:,} lost ({facts['rows_destroyed']:,} destroyed, {facts['rows_pam_lost']:,} by the PAM), "
        f"{facts['rows_altered']:,} altered, {facts['rows_unchanged']:,} unchanged, "
        f"{facts['rows_undetermined']:,} undetermined"
    )
    left = {**statement["not_placed_by_reason"], "conflicting edits, searched in every reading": facts["conflicts"]}
    told = [f"{n:,} {why}" for why, n in left.items() if n]
    if facts["edits_not_completely_searched"]:
        told.append(f"{facts['edits_not_completely_searched']:,} edits with too many readings, NOT completely searched")
    if statement["contigs_without_records"]:
        told.append(f"{len(statement['contigs_without_records']):,} contigs without a record, searched as the reference")
    click.echo(f"Not searched, or not fully: {'; '.join(told) or 'nothing that the file names'}.")
    click.echo("A VCF says nothing of sequence that was not called; there the reference stands for the patient.")
    again = statement["rows_derived_again"]
    click.echo(f"{again:,} rows made again from genome and VCF." if again is not None else "Rows were not made again.")
    click.echo(f"wrote {out.name}, {out.stem}.not_searched.tsv and {out.stem}.statement.json")
