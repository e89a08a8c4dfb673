"""``proband offtarget merge``: nominated sites of several methods as one list, with every row accounted for."""

from __future__ import annotations

import json
from pathlib import Path

import click

from proband.cli.show import format_option, print_json

_path = click.Path(path_type=Path)


@click.command("merge")
@click.argument("manifest", type=_path)
@click.option(
    "--out", required=True, type=_path, help="Folder for merged.tsv, merged.parquet, refused.tsv, merge.json."
)
@format_option
def command(manifest: Path, out: Path, form: str) -> int:
    """Merge the lists of nominated sites that MANIFEST.toml names, in one build, one row for each site.

    The union is kept: a site is left out of what follows only by a row of the table of dropped sites, with a reason.
    Rows that can not be read or lifted are listed in refused.tsv. Scores are columns and drop nothing.
    """
    from proband.science.offtarget.merge_manifest import read_manifest
    from proband.science.offtarget.merge_nominations import merge
    from proband.science.offtarget.merge_outputs import files
    from proband.science.sequence.fasta import open_fasta
    from proband.writing import write_all

    given = read_manifest(manifest)
    genome = open_fasta(given.genome, given.build) if given.genome else None
    made = merge(given, genome)
    inputs = [manifest, *dict.fromkeys(x.path for x in given.lists), *given.chains.values()]
    inputs += [p for p in (given.genome, given.dropped) if p is not None]
    written = files(made, given, inputs)
    out.mkdir(parents=True, exist_ok=True)
    write_all({out / name: data for name, data in written.items()})
    told = json.loads(written["merge.json"])
    if form == "json":
        print_json(told)
        return 0
    for x in told["lists"]:
        words = {"guide": "of other guides", "read": "not read", "lift": "not lifted"}
        lost = "".join(f", {x['refused'][step]:,} {word}" for step, word in words.items() if x["refused"][step])
        click.echo(f"{x['label']} ({x['method']}, {x['build']}): {x['rows']:,} rows, {x['merged']:,} merged{lost}")
    click.echo(
        f"{told['sites']:,} sites: {told['sites_aligned']:,} aligned to the spacer, {told['sites_as_stated']:,} kept "
        f"as stated, {told['sites_dropped_with_reason']:,} dropped with a written reason"
    )
    for note in told["notes"]:
        click.echo(f"Note: {note}")
    if genome is None:
        click.echo("Note: no genome was given; places were checked only against the bases that the lists give")
    click.echo(f"wrote merged.tsv, merged.parquet, nominations.tsv, refused.tsv and merge.json to {out}")
    return 0
