"""``proband offtarget annotate``: genes, elements and the consequence of this editor at each nominated site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from proband.core.errors import Problem

_path = click.Path(path_type=Path)
MOST = 500_000
"""Sites of a table at most."""


@click.command("annotate")
@click.argument("sites", type=_path)
@click.option("--out", required=True, type=_path, help="The table that is written (TSV).")
@click.option("--genome", type=_path, help="FASTA (.gz too); needed for the consequence of an edit.")
@click.option("--gff", type=_path, help="GFF3 or GTF with exons and coding parts.")
@click.option("--regions", multiple=True, help="A layer of regions as name=FILE.bed; may be given again.")
@click.option("--cancer-genes", type=_path, help="CSV with the columns gene and role, from a source you may use.")
@click.option("--expression", type=_path, help="TSV or CSV with a column gene and one for each tissue.")
@click.option("--tissue", default="", help="The exposed tissue: a column of the expression table.")
@click.option("--editor", default="", help="The editor, such as ABE8e/SpCas9 or SpCas9.")
def command(sites: Path, out: Path, editor: str, **asked: Any) -> int:
    """Say what lies at the SITES of a merge, a search or a BED file, and what this editor could make of it.

    Only files that are given are looked at; what was not given has no column. A layer that holds nothing at a site
    says "none" there. No site is left out.
    """
    from proband.core.errors import Problem, ProgramError
    from proband.science.design.editors import load_editors
    from proband.science.offtarget.annotation_table import Sources, annotated
    from proband.science.offtarget.merge_outputs import COORDINATES, tsv
    from proband.science.offtarget.panel_sites import read_panel_sites
    from proband.science.sequence.fasta import open_fasta
    from proband.writing import write_bytes

    problems: list[Problem] = []
    known = load_editors()
    if editor and editor not in known:
        problems.append(
            Problem("options", "--editor", editor[:60], "an editor that proband knows", "see proband design")
        )
    if bool(asked["expression"]) != bool(asked["tissue"]):
        problems.append(Problem("options", "--tissue", "one of two", "--expression and --tissue", "give both or none"))
    read = _collected(problems, lambda: read_panel_sites(sites, most=MOST))
    parts = _sources(asked, problems)
    genome = _collected(problems, lambda: open_fasta(asked["genome"])) if asked["genome"] else None
    if problems or read is None:
        raise ProgramError(problems)
    given = Sources(**parts, tissue=asked["tissue"], editor=known.get(editor))
    header, rows, notes = annotated(read.sites, genome, given)
    write_bytes(out, tsv(header, rows, COORDINATES))
    click.echo(f"{len(rows):,} sites ({read.dropped:,} dropped in the table)")
    for note in notes:
        click.echo(f"Note: {note}")
    click.echo(f"wrote {out}")
    return 0


def _collected(problems: list[Problem], read: Any) -> Any:
    """What a reader gives, or None with its problems added."""
    from proband.core.errors import ProgramError

    try:
        return read()
    except ProgramError as e:
        problems += e.problems
        return None


def _sources(asked: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    from proband.core.errors import Problem
    from proband.science.offtarget.annotation import read_expression, read_regions, read_roles
    from proband.science.sequence.annotation import read_annotation

    made: dict[str, Any] = {"regions": {}}
    for item in asked["regions"]:
        name, equals, path = item.partition("=")
        if not equals or not name.isidentifier() or name in made["regions"]:
            expected = "a new name, = and a BED file, such as repeats=rmsk.bed"
            problems.append(Problem("options", "--regions", item[:80], expected, "write name=FILE.bed"))
            continue
        made["regions"][name] = _collected(problems, lambda p=path: read_regions(Path(p)))
    if asked["gff"]:
        made["records"] = _collected(problems, lambda: read_annotation(asked["gff"]))
    if asked["cancer_genes"]:
        made["roles"] = _collected(problems, lambda: read_roles(asked["cancer_genes"]))
    if asked["expression"] and asked["tissue"]:
        made["expression"] = _collected(problems, lambda: read_expression(asked["expression"], asked["tissue"]))
    return made
