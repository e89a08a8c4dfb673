"""``proband reference``: genomes and annotations of this machine, by name, build and digest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.show import console, format_option, print_json

if TYPE_CHECKING:
    from proband.local_references.register import Record

home_option = click.option(
    "--home",
    "given",
    type=click.Path(path_type=Path),
    help="Data folder instead of PROBAND_HOME or the platform's own.",
)
build_option = click.option("--build", default=None, help="The build, where a name has several.")


@click.group("reference")
def command() -> None:
    """Register genomes and annotations of this machine by digest. Only `get` uses a network."""


@command.command("add")
@click.argument("name")
@click.option("--fasta", required=True, type=click.Path(path_type=Path), help="FASTA or FASTA.gz.")
@click.option("--gff", type=click.Path(path_type=Path), help="Transcripts: GFF3 or GTF, .gz too.")
@click.option("--build", default="", help="What it is, such as GRCh38.p14.")
@click.option("--replace", is_flag=True, help="Let the name stand for other bytes than before.")
@home_option
@format_option
def add_command(
    name: str, fasta: Path, gff: Path | None, build: str, replace: bool, given: Path | None, form: str
) -> int:
    """Read local files once, and keep their digests under a name; the files stay where they are."""
    from proband.local_references.register import add, home

    record = add(name, fasta, gff, build, folder=home(given), replace=replace)
    return _shown(record, form)


@command.command("get")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Let the name stand for other bytes than before.")
@home_option
@format_option
def get_command(file: Path, replace: bool, given: Path | None, form: str) -> int:
    """Fetch the files that your own TOML FILE names, by address and SHA-256, and register them.

    A connection that was cut is taken up where it stopped. A file whose digest differs is removed.
    """
    from proband.local_references.download import get
    from proband.local_references.register import home

    record = get(file, folder=home(given), tell=lambda text: click.echo(text, err=True), replace=replace)
    return _shown(record, form)


@command.command("list")
@home_option
@format_option
def list_command(given: Path | None, form: str) -> int:
    """Show the references of this machine, and whether their files are where they were."""
    from proband.local_references.register import changed, home, records

    known = records(home(given))
    states = ["; ".join(p.found for p in changed(r, thorough=False)) or "there" for r in known]
    if form == "json":
        print_json([{**_plain(r), "state": s} for r, s in zip(known, states, strict=True)])
        return 0
    if not known:
        click.echo("No reference is registered.\n\nNext: proband reference add NAME --fasta FILE")
        return 0
    for record, state in zip(known, states, strict=True):
        _tell(record)
        console().print(f"  state     {state}\n", soft_wrap=True)
    return 0


@command.command("remove")
@click.argument("name")
@build_option
@home_option
def remove_command(name: str, build: str | None, given: Path | None) -> int:
    """Forget a reference. Its files stay where they are."""
    from proband.local_references.register import home, remove

    record = remove(name, build, folder=home(given))
    click.echo(f"forgot {record.title}; its files stay: {record.fasta.path}")
    return 0


@command.command("verify")
@click.argument("name", required=False)
@build_option
@home_option
def verify_command(name: str | None, build: str | None, given: Path | None) -> int:
    """Read every byte of one or all references, and say which files are missing or changed."""
    from proband.core.errors import ReferenceMissing
    from proband.local_references.register import home, one, records, verify

    folder = home(given)
    known = (one(name, build, folder=folder),) if name else records(folder)
    problems = [p for r in known for p in verify(r)]
    if problems:
        raise ReferenceMissing(problems)
    click.echo(f"{len(known)} reference{'s' if len(known) != 1 else ''} as registered")
    return 0


def _shown(record: Record, form: str) -> int:
    if form == "json":
        print_json(_plain(record))
    else:
        _tell(record)
    return 0


def _tell(record: Record) -> None:
    shown = console()
    total = sum(length for _, length, _ in record.contigs)
    shown.print(f"{record.title}: {len(record.contigs)} contigs, {total:,} bases")
    shown.print(f"  digest    {record.digest}", soft_wrap=True)
    shown.print(f"  fasta     {record.fasta.path}", soft_wrap=True)
    if record.gff:
        shown.print(f"  gff       {record.gff.path}", soft_wrap=True)


def _plain(record: Record) -> dict[str, Any]:
    from proband.core.provenance import plain

    made: dict[str, Any] = plain(record)
    return made
