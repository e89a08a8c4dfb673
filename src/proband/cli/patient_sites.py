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


def check_patient(asked: dict[str, Any], bed: bool) -> None:
    """Raise ``ProgramError`` for options that need a VCF, or do not go with one."""
    from proband.core.errors import Problem, ProgramError

    given = {"--sample": asked["sample"], "--contig-name": asked["names"], "--callable": asked["callable_bed"],
             "--use-filtered": asked["use_filtered"]}  # fmt: skip
    problems = []
    if asked["vcf"] is None:
        problems = [Problem("options", n, "no --vcf", "--vcf with it", "give the VCF") for n, v in given.items() if v]
    elif bed:
        remedy = "leave one of them out; the table has the positions"
        problems = [Problem("options", "--bed", "--vcf", "--bed without a patient", remedy)]
    if problems:
        raise ProgramError(problems)


def search_and_tell(
    genome: Path, store: Any, guides: list[Guide], limits: Limits, out: Path, threads: int, form: str,
    asked: dict[str, Any],
) -> int:  # fmt: skip
    """Search reference and patient, write the files of `patient_outputs`, and tell what was found."""
    from proband.cli.show import print_json
    from proband.science.offtarget.callable_regions import read_callable
    from proband.science.offtarget.completeness import added, contig_coverage, recall_ceilings
    from proband.science.offtarget.patient_outputs import Inputs, write_patient
    from proband.science.offtarget.patient_search import search_patient
    from proband.science.offtarget.patient_variants import read_patient
    from proband.science.offtarget.search import planes_of, search_planes
    from proband.science.offtarget.stored_bases import StoredBases

    bases, renamed = StoredBases.of_store(store), contig_names(asked["names"])
    regions = None if asked["callable_bed"] is None else read_callable(asked["callable_bed"], bases, renamed)
    variants = read_patient(asked["vcf"], asked["sample"], bases, renamed, asked["use_filtered"])
    coverage = []

    def reference(contig: str) -> Any:
        found = search_planes(bases.planes(contig), guides, limits, threads)
        coverage.append(contig_coverage(bases.planes(contig), guides, limits, found.pam_sites.tolist()))
        return found.hits

    def copies(codes: Any, g: Any, m: Limits) -> Any:
        return search_planes(planes_of(codes), g, m, threads).hits

    found = search_patient(bases, variants, guides, limits, reference, asked["k"], copies)
    more = {"reference": added(coverage), "recall_ceiling": recall_ceilings(guides, limits)}
    inputs = Inputs(asked["vcf"], renamed, store.digest, regions)
    statement = write_patient(found, bases, inputs, out, _letters(genome, bases), asked["verify"], more)
    if form == "json":
        print_json(statement)
    else:
        print_patient(statement, out)
    return 0


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
        f"  {facts['gained']:,} rows gained ({facts['rows_created']:,} created, {facts['rows_pam_gained']:,} by PAM), "
        f"{facts['lost']:,} lost ({facts['rows_destroyed']:,} destroyed, {facts['rows_pam_lost']:,} by the PAM), "
        f"{facts['rows_altered']:,} altered, {facts['rows_unchanged']:,} unchanged, "
        f"{facts['rows_undetermined']:,} undetermined"
    )
    left = {**statement["not_placed_by_reason"], "conflicting edits, searched in every reading": facts["conflicts"]}
    told = [f"{n:,} {why}" for why, n in left.items() if n]
    if facts["edits_not_completely_searched"]:
        told.append(f"{facts['edits_not_completely_searched']:,} edits with too many readings, NOT completely searched")
    if statement["contigs_without_records"]:
        told.append(
            f"{len(statement['contigs_without_records']):,} contigs without a record, searched as the reference"
        )
    click.echo(f"Not searched, or not fully: {'; '.join(told) or 'nothing that the file names'}.")
    click.echo("A VCF says nothing of sequence that was not called; there the reference stands for the patient.")
    again = statement["rows_derived_again"]
    click.echo(f"{again:,} rows made again from genome and VCF." if again is not None else "Rows were not made again.")
    click.echo(f"wrote {out.name}, {out.stem}.not_searched.tsv and {out.stem}.statement.json")
