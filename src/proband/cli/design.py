"""``proband design``: what could act on a variant, without a program folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from proband.cli.show import console, format_option, print_json, words

if TYPE_CHECKING:
    from proband.science.design.comparison import Comparison
    from proband.science.design.editors import Editor
    from proband.science.design.from_files import VariantDesign
    from proband.science.design.oligo_from_files import OligoResults
    from proband.science.design.predictions import Prediction


@click.command("design")
@click.option("--variant", required=True, help="HGVS: c., n. or g., such as NM_000000.0:c.88G>A.")
@click.option("--fasta", required=True, type=click.Path(path_type=Path), help="The genome, or a part of it.")
@click.option("--gff", required=True, type=click.Path(path_type=Path), help="Transcripts: GFF3 or GTF.")
@click.option("--transcript", default="", help="The transcript to judge proteins by, where the variant names none.")
@click.option("--build", default="", help="What the FASTA is, such as GRCh38; a variant on another build is refused.")
@click.option("--editor", "names", multiple=True, help="Only this editor; may be repeated.")
@click.option("--editors", "table", type=click.Path(path_type=Path), help="Your own editors.toml instead of ours.")
@click.option("--vcf", type=click.Path(path_type=Path), help="The patient's calls near the variant.")
@click.option("--sample", default="", help="The sample in the VCF.")
@click.option(
    "--mechanism",
    type=click.Choice(["loss", "gain", "dominant_negative", "complex"]),
    help="Of the disease; taken as you state it.",
)
@click.option(
    "--predictions", type=click.Path(path_type=Path), help="Numbers of other tools, TOML or CSV; shown as data."
)
@click.option("--structure", is_flag=True, help="Fold the first oligonucleotides of each design; needs proband[rna].")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the tables and options.json.")
@format_option
def command(
    variant: str,
    fasta: Path,
    gff: Path,
    transcript: str,
    build: str,
    names: tuple[str, ...],
    table: Path | None,
    vcf: Path | None,
    sample: str,
    mechanism: str | None,
    predictions: Path | None,
    structure: bool,
    out: Path,
    form: str,
) -> int:
    """What could act on a variant: modalities side by side, and every guide, cut and oligonucleotide that reaches it.

    Writes comparison.tsv, candidates.tsv, oligos.tsv and options.json. Every option has its facts for and against;
    there is no composite score, and nothing is recommended.
    """
    from proband.science.design.comparison import compare_modalities
    from proband.science.design.direction import direction_of
    from proband.science.design.from_files import design_variant
    from proband.science.design.oligo_from_files import amenability_of, design_oligos
    from proband.science.design.predictions import read_predictions

    if sample and vcf is None:
        raise click.UsageError("--sample names a sample of a VCF: give --vcf too, or leave it out")
    editors = _editors(names, table)
    given: tuple[Prediction, ...] = read_predictions(predictions) if predictions else ()
    found = design_variant(
        variant, fasta, gff, editors=editors.values(), transcript=transcript, build=build, vcf=vcf, sample=sample
    )
    oligos = design_oligos(found, structure=structure)
    compared = compare_modalities(
        found.options,
        oligos=oligos.designs,
        not_designed=oligos.not_designed,
        amenability=amenability_of(found, variant, mechanism or ""),
        mechanism=mechanism or "",
        direction=direction_of(mechanism or ""),
        zygosity=found.zygosity,
        predictions=given,
        variants=found.spellings(variant),
    )
    files = _write(out, variant, found, compared, oligos, editors)
    if form == "json":
        print_json(_counts(found, compared, files))
    else:
        _print(found, compared)
        click.echo("\n".join(f"wrote {path}" for path in files))
    return 0


def _write(
    out: Path,
    variant: str,
    found: VariantDesign,
    compared: Comparison,
    oligos: OligoResults,
    editors: dict[str, Editor],
) -> list[Path]:
    """All four files, or none."""
    from proband.science.design.comparison_tables import comparison_dict, comparison_tsv
    from proband.science.design.oligo_from_files import oligos_summary, oligos_table
    from proband.science.design.tables import candidates_tsv, options_dict
    from proband.writing import write_all

    options = {"variant": variant, "notes": list(found.notes), **options_dict(found.options, editors)}
    options |= {"comparison": comparison_dict(compared), "oligonucleotides": oligos_summary(oligos)}
    files = {
        out / "comparison.tsv": comparison_tsv(compared),
        out / "candidates.tsv": candidates_tsv(found.options),
        out / "oligos.tsv": oligos_table(oligos.designs),
        out / "options.json": json.dumps(options, indent=1, ensure_ascii=False, sort_keys=True) + "\n",
    }
    out.mkdir(parents=True, exist_ok=True)
    write_all({path: text.encode("utf-8") for path, text in files.items()})
    return list(files)


def _counts(found: VariantDesign, compared: Comparison, files: list[Path]) -> dict[str, object]:
    return {
        "wrote": [str(p) for p in files],
        "options": len(found.options.options),
        "modalities": {r.modality: r.feasibility for r in compared.rows},
        "predictions_unused": len(compared.attached.unused),
        "notes": found.notes,
    }


def _editors(names: tuple[str, ...], table: Path | None) -> dict[str, Editor]:
    from proband.core.errors import ProgramError
    from proband.core.kinds import nearest
    from proband.science.design.editors import load_editors

    known = load_editors(table)
    for name in names:
        if name not in known:
            raise ProgramError(f"no editor {name!r}: {nearest(name, known)}")
    return {name: known[name] for name in names} or known


def _print(found: VariantDesign, compared: Comparison) -> None:
    from rich.table import Table

    out = console()
    made, judged_by = found.options, found.transcript
    protein = f"proteins by {judged_by.id}" if judged_by else "no transcript covers it: proteins are not judged"
    out.print(f"{made.contig}:{made.position + 1} {made.present or '-'} to {made.wanted or '-'}; {protein}")
    for note in found.notes:
        out.print(f"note: {note}")
    _print_comparison(compared)
    shown = Table(box=None, pad_edge=False, title="\nGuides and cuts", title_justify="left")
    for name in ("editor", "strand", "spacer", "PAM", "for", "against"):
        shown.add_column(name, overflow="fold")
    for o in made.options[:12]:
        shown.add_row(o.editor, o.strand, o.spacer, o.pam, "; ".join(o.facts_for), "; ".join(o.facts_against))
    out.print(shown)
    out.print(
        f"{len(made.options)} options; {len(made.why_not)} editors have none, each with its reason in options.json."
    )


def _print_comparison(compared: Comparison) -> None:
    """Modalities side by side; the whole of each cell stands in comparison.tsv."""
    from rich.table import Table

    out = console()
    shown = Table(box=None, pad_edge=False, title="\nModalities, in no order of merit", title_justify="left")
    for name in ("modality", "looked for", "options", "for", "against", "why not"):
        shown.add_column(name, overflow="fold")
    for r in compared.rows:
        count = "" if r.feasibility == "not_examined" else str(r.count)
        cells = ("; ".join(x[:2]) for x in (r.facts_for, r.facts_against, r.why_not))
        shown.add_row(words(r.modality), words(r.feasibility), count, *(clipped(x) for x in cells))
    out.print(shown)
    numbers = compared.attached
    for p in numbers.variant:
        out.print(f"prediction for the variant: {p}")
    for p in numbers.unused:
        out.print(f"prediction not used, fits nothing here: {p.candidate}: {p}")
    shown_at = len(numbers.options) + len(numbers.oligos)
    if shown_at:
        out.print(f"predictions stand at {shown_at} options; they order nothing.")


def clipped(text: str, most: int = 120) -> str:
    """A text of at most `most` letters.

    >>> clipped("abcdef", 5)
    'ab...'
    """
    return text if len(text) <= most else text[: most - 3] + "..."
