"""The patient's part of ``proband offtarget search``: both copies from a VCF, gains and losses, and the proof."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from proband.science.offtarget.genome_store import GenomeStore
    from proband.science.offtarget.guide import Guide, Limits
    from proband.science.offtarget.patient_variants import PatientVariants
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


def check_patient(asked: dict[str, Any]) -> None:
    """Raise ``ProgramError`` for options that need a VCF."""
    from proband.core.errors import Problem, ProgramError

    given = {"--sample": asked["sample"], "--contig-name": asked["names"], "--callable": asked["callable_bed"],
             "--use-filtered": asked["use_filtered"]}  # fmt: skip
    problems = []
    if asked["vcf"] is None:
        problems = [Problem("options", n, "no --vcf", "--vcf with it", "give the VCF") for n, v in given.items() if v]
    if problems:
        raise ProgramError(problems)


def search_and_tell(
    genome: Path, store: GenomeStore, guides: list[Guide], limits: Limits, out: Path, bed: bool, threads: int,
    form: str, asked: dict[str, Any], progress: Any,
) -> int:  # fmt: skip
    """Search reference and patient contig by contig, write the files of `patient_outputs`, and tell what was found.

    An interrupted search goes on with the contigs that are left.
    """
    from proband.cli.show import print_json
    from proband.core.errors import AnalysisError
    from proband.science.offtarget.callable_regions import read_callable
    from proband.science.offtarget.completeness import added, recall_ceilings
    from proband.science.offtarget.patient_outputs import Inputs, file_digest, write_patient
    from proband.science.offtarget.patient_parts import question, search_in_parts
    from proband.science.offtarget.patient_variants import read_patient
    from proband.science.offtarget.stored_bases import StoredBases

    bases, renamed = StoredBases.of_store(store), contig_names(asked["names"])
    regions = None if asked["callable_bed"] is None else read_callable(asked["callable_bed"], bases, renamed)
    variants = read_patient(asked["vcf"], asked["sample"], bases, renamed, asked["use_filtered"])
    settings = {"genome": store.digest, "vcf": file_digest(asked["vcf"]), "sample": variants.sample, "names": renamed,
                "use_filtered": asked["use_filtered"], "k": asked["k"]}  # fmt: skip
    one = _searcher(bases, variants, guides, limits, threads, asked["k"])
    key = question(settings, guides, limits, store.contigs)
    with progress as told:
        found = search_in_parts(store.contigs, bases, variants, guides, limits, asked["k"], one, out, key, told)
    more = {"reference": added(found.coverage()), "recall_ceiling": recall_ceilings(guides, limits)}
    inputs = Inputs(asked["vcf"], renamed, store.digest, regions)
    try:
        statement = write_patient(found, inputs, out, letters_of(genome, bases), asked["verify"], more, bed)
    except AnalysisError:
        found.forget()  # a row that can not be made again may come from a part
        raise
    found.forget()
    if form == "json":
        print_json(statement)
    else:
        print_patient(statement, out, bed)
    return 0


def _searcher(
    bases: StoredBases, variants: PatientVariants, guides: list[Guide], limits: Limits, threads: int, k: int
) -> Any:
    """What searches one contig: its reference with what that covers, and its copies."""
    from proband.science.offtarget.completeness import contig_coverage
    from proband.science.offtarget.patient_search import search_contig
    from proband.science.offtarget.search import planes_of, search_planes

    def one(contig: str) -> Any:
        found = search_planes(bases.planes(contig), guides, limits, threads)
        covers = contig_coverage(bases.planes(contig), guides, limits, found.pam_sites.tolist())

        def copies(codes: Any, g: Any, m: Limits) -> Any:
            return search_planes(planes_of(codes), g, m, threads).hits

        made = search_contig(bases, variants, guides, limits, contig, lambda _: found.hits, k, copies)
        return made, covers

    return one


def letters_of(genome: Path, bases: StoredBases) -> Callable[[str, int, int], str]:
    """Letters for the proof: from the FASTA itself, by other code than the search's; from the store for 2bit."""
    from proband.science.sequence.fasta import open_fasta

    if genome.suffix == ".2bit":
        return bases.letters
    opened = open_fasta(genome)

    def fetch(contig: str, start: int, end: int) -> str:
        return opened.fetch(contig, max(0, start), min(end, bases.length(contig)))

    return fetch


def print_patient(statement: dict[str, Any], out: Path, bed: bool) -> None:
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
    more = f", {out.stem}.bed" if bed else ""
    click.echo(f"wrote {out.name}, {out.stem}.not_searched.tsv{more} and {out.stem}.statement.json")
