"""``proband design``: what could act on a variant, without a program folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from proband.cli.show import console, format_option, print_json

if TYPE_CHECKING:
    from proband.science.design.editors import Editor
    from proband.science.design.options import DesignOptions
    from proband.science.sequence.transcripts import Transcript


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
    "--out", required=True, type=click.Path(path_type=Path), help="Folder for candidates.tsv and options.json."
)
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
    out: Path,
    form: str,
) -> int:
    """Base editor guides, prime editing guides and nuclease cuts that reach a variant, and why the rest can not.

    Every option has its facts for and against; there is no composite score, and nothing is recommended.
    """
    from proband.science.design.from_files import design_variant
    from proband.science.design.tables import candidates_tsv, options_dict
    from proband.writing import write_all

    editors = _editors(names, table)
    made, judged_by, notes = design_variant(
        variant, fasta, gff, editors=editors.values(), transcript=transcript, build=build, vcf=vcf, sample=sample
    )
    out.mkdir(parents=True, exist_ok=True)
    options = {"variant": variant, "notes": list(notes), **options_dict(made, editors)}
    text = json.dumps(options, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    files = {out / "candidates.tsv": candidates_tsv(made), out / "options.json": text}
    write_all({path: text.encode("utf-8") for path, text in files.items()})
    if form == "json":
        print_json({"wrote": [str(p) for p in files], "options": len(made.options), "notes": notes})
    else:
        _print(made, judged_by, notes)
        click.echo("\n".join(f"wrote {path}" for path in files))
    return 0


def _editors(names: tuple[str, ...], table: Path | None) -> dict[str, Editor]:
    from proband.core.errors import ProgramError
    from proband.core.kinds import nearest
    from proband.science.design.editors import load_editors

    known = load_editors(table)
    for name in names:
        if name not in known:
            raise ProgramError(f"no editor {name!r}: {nearest(name, known)}")
    return {name: known[name] for name in names} or known


def _print(made: DesignOptions, judged_by: Transcript | None, notes: tuple[str, ...]) -> None:
    from rich.table import Table

    out = console()
    protein = f"proteins by {judged_by.id}" if judged_by else "no transcript covers it: proteins are not judged"
    out.print(f"{made.contig}:{made.position + 1} {made.present or '-'} to {made.wanted or '-'}; {protein}")
    for note in notes:
        out.print(f"note: {note}")
    shown = Table(box=None, pad_edge=False)
    for name in ("editor", "strand", "spacer", "PAM", "for", "against"):
        shown.add_column(name, overflow="fold")
    for o in made.options[:12]:
        shown.add_row(o.editor, o.strand, o.spacer, o.pam, "; ".join(o.facts_for), "; ".join(o.facts_against))
    out.print(shown)
    out.print(
        f"{len(made.options)} options; {len(made.why_not)} editors have none, each with its reason in options.json."
    )
