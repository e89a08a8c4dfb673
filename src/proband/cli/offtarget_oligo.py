"""``proband offtarget oligo``: places in transcripts that an antisense oligonucleotide could pair with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.show import console, format_option, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proband.science.offtarget.oligo_query import Oligo
    from proband.science.offtarget.oligo_ranking import RankedHit, Setting
    from proband.science.offtarget.oligo_tables import FollowUp

SHOWN = 12


@click.command("oligo")
@click.option("--sequence", required=True, help="Bases 5' to 3', A, C, G, T or U; no sugars or linkages.")
@click.option("--chemistry", default="", help="A class such as moe_ps_gapmer, or rnase_h or steric_block.")
@click.option("--layout", default="", help="Wing, gap, wing of a gapmer, such as 5-10-5.")
@click.option("--genome", type=click.Path(path_type=Path), help="FASTA or FASTA.gz.")
@click.option("--gff", type=click.Path(path_type=Path), help="Transcripts: GFF3 or GTF.")
@click.option("--reference", default="", help="Instead of both files: a name of `proband reference`.")
@click.option("--build", default="", help="What the FASTA is, such as GRCh38; or which build of the reference.")
@click.option("--mismatches", type=int, default=3, show_default=True)
@click.option("--target-bulges", type=int, default=0, show_default=True, help="Bulged bases of the RNA.")
@click.option("--oligo-bulges", type=int, default=0, show_default=True, help="Bulged bases of the oligonucleotide.")
@click.option(
    "--unpaired-ends", type=int, default=0, show_default=True, help="Bases left unpaired, both ends together."
)
@click.option("--target", default="", help="The gene that is meant, to mark its hits: symbol or id.")
@click.option("--expression", type=click.Path(path_type=Path), help="CSV: gene,tissue,tpm,source.")
@click.option("--tissue", default="", help="The exposed tissue, as the table writes it.")
@click.option("--expressed-from", type=float, default=1.0, show_default=True, help="TPM that counts as expressed.")
@click.option(
    "--followup", type=click.Path(path_type=Path), help="CSV of tests in cells: offtarget/oligo_followup.csv."
)
@click.option("--gap-run", type=int, default=5, show_default=True, help="Base pairs in a row of the gap to cut.")
@click.option("--near-splice", type=int, default=100, show_default=True, help="Bases, for a steric block.")
@click.option("--near-start", type=int, default=50, show_default=True, help="Bases, for a steric block.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for hits.tsv and summary.json.")
@format_option
def command(sequence: str, chemistry: str, layout: str, build: str, out: Path, form: str, **more: Any) -> int:
    """Every place in annotated transcripts, before and after splicing, that an oligonucleotide could pair with.

    Hits are ranked and never hidden: by mismatches, bulges and unpaired ends, longest paired stretch, and duplex energy
    (with proband[rna]). The mechanism of the chemistry and the expression in the exposed tissue are columns, not gates.
    """
    from proband.science.offtarget.oligo_ranking import rank_hits
    from proband.science.offtarget.oligo_report import hits_tsv, summary
    from proband.science.offtarget.oligo_search import search_oligo
    from proband.science.sequence.build import read_transcripts
    from proband.writing import write_all

    oligo, setting = _asked(sequence, chemistry, layout, more)
    genome, gff, build = _files(more["genome"], more["gff"], more["reference"], build)
    held, transcripts = read_transcripts(genome, gff, build=build)
    hits, searched = search_oligo(oligo, held, transcripts)
    ranked, no_energy = rank_hits(hits, oligo, transcripts, setting)
    followup = _followup(more["followup"], frozenset(h.id for h in hits))
    made = summary(ranked, oligo, searched, _databases(genome, gff, build), setting, no_energy, followup)
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    write_all({out / "hits.tsv": hits_tsv(ranked, oligo).encode(), out / "summary.json": text.encode()})
    if form == "json":
        print_json(made)
        return 0
    _print(made, ranked, oligo, out)
    return 0


def _asked(sequence: str, chemistry: str, layout: str, more: dict[str, Any]) -> tuple[Oligo, Setting]:
    """The oligonucleotide and the setting, or every problem of the options at once."""
    from proband.core.errors import Problem, ProgramError
    from proband.science.design.oligo_structure import rna_engine
    from proband.science.offtarget.oligo_mechanism import MechanismRule
    from proband.science.offtarget.oligo_query import OligoLimits, oligo_of
    from proband.science.offtarget.oligo_ranking import Setting
    from proband.science.offtarget.oligo_tables import read_expression

    problems: list[Problem] = []
    oligo, expression = None, None
    limits = OligoLimits(more["mismatches"], more["target_bulges"], more["oligo_bulges"], more["unpaired_ends"])
    try:
        oligo = oligo_of(sequence, chemistry, layout, limits)
    except ProgramError as fault:
        problems += fault.problems
    named = (("--gap-run", "gap_run", 1), ("--near-splice", "near_splice", 0), ("--near-start", "near_start", 0))
    for option, key, least in named:
        if more[key] < least:
            problems.append(Problem(option, "", str(more[key]), f"{least} or more bases", "correct it"))
    if bool(more["expression"]) != bool(more["tissue"]):
        found = "--expression without --tissue" if more["expression"] else "--tissue without --expression"
        problems.append(Problem("options", "", found, "both or none", "name the exposed tissue and its table"))
    elif more["expression"]:
        expression = read_expression(more["expression"], more["tissue"], more["expressed_from"], problems)
    if problems or oligo is None:
        raise ProgramError(problems)
    rule = MechanismRule(more["gap_run"], more["near_splice"], more["near_start"])
    return oligo, Setting(rule, expression, more["target"], rna_engine())


def _files(genome: Path | None, gff: Path | None, reference: str, build: str) -> tuple[Path, Path, str]:
    """Genome, annotation and build: the files given, or those of a registered reference."""
    from proband.core.errors import Problem, ProgramError
    from proband.local_references.register import find, home

    if bool(reference) == bool(genome or gff) or (not reference and not (genome and gff)):
        found = "both" if reference else "one file" if genome or gff else "neither"
        expected = "--genome and --gff, or --reference"
        raise ProgramError([Problem("options", "", found, expected, "give two files, or a name alone")])
    if genome and gff:
        return genome, gff, build
    record = find(reference, build or None, folder=home())
    if record.gff is None:
        remedy = f"proband reference add {record.name} --fasta FILE --gff FILE --replace"
        raise ProgramError([Problem("reference", record.title, "no annotation", "GFF3 or GTF", remedy)])
    return Path(record.fasta.path), Path(record.gff.path), record.build


def _followup(path: Path | None, hits: frozenset[str]) -> Sequence[FollowUp] | None:
    from proband.core.errors import Problem, ProgramError
    from proband.science.offtarget.oligo_tables import read_followup

    if path is None:
        return None
    problems: list[Problem] = []
    rows = read_followup(path, problems, hits)
    if problems:
        raise ProgramError(problems)
    return rows


def _databases(genome: Path, gff: Path, build: str) -> Any:
    import hashlib

    from proband.science.offtarget.oligo_report import Databases
    from proband.science.sequence.sequence_digest import sequence_digest

    with gff.open("rb") as handle:
        annotation = hashlib.file_digest(handle, "sha256").hexdigest()
    return Databases(build, genome.name, sequence_digest(genome).digest, gff.name, annotation)


def _print(made: dict[str, Any], ranked: Sequence[RankedHit], oligo: Oligo, out: Path) -> None:
    from proband.border import hidden

    shown = console()
    searched, hits = made["searched"], made["hits"]
    shown.print(f"{len(oligo.sequence)} bases, {made['rule']['pairing']}.")
    read = f"{searched['transcripts']} transcripts: {searched['spliced_bases']:,} bases after splicing, "
    shown.print(f"Searched {read}{searched['unspliced_bases']:,} before.")
    if searched["windows_set_aside"] or searched["not_searched"]:
        aside = f"{searched['windows_set_aside']:,} of {searched['windows']:,} windows hold unknown letters"
        shown.print(f"Not searched: {aside}; {len(searched['not_searched'])} transcripts (see summary.json).")
    shown.print(f"{hits['all']} hits, {hits['beside_a_better_one']} of them other alignments beside a better one.")
    shown.print("By edits: " + (", ".join(f"{n} with {e}" for e, n in hits["by_edits"].items()) or "none"))
    shown.print(f"{made['rule']['mechanism']}.")
    for r in ranked[:SHOWN]:
        above, below = r.hit.alignment.letters(oligo.sequence)
        genes = "".join("?" if hidden(c) else c for c in ", ".join(r.genes))[:40]
        words = [r.mechanism.name.replace("_", " "), r.expression, "intended" if r.intended == "yes" else ""]
        shown.print(f"\n{r.rank}. {r.hit.id}  {genes}  {r.hit.found_in}  {', '.join(w for w in words if w)}")
        shown.print(f"   5' {above} 3'\n   3' {below} 5'")
    if len(ranked) > SHOWN:
        shown.print(f"\n{len(ranked) - SHOWN} more hits in hits.tsv.")
    if made["duplex_energy"].startswith("not"):
        shown.print(f"\nDuplex energy {made['duplex_energy']}.")
    click.echo(f"wrote hits.tsv and summary.json to {out}")
