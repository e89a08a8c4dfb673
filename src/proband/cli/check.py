"""``proband check``: what is there, what is wrong, what is missing. Computes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from proband.cli.show import console, format_option, print_json, program_argument

if TYPE_CHECKING:
    from pathlib import Path

    from proband.core.program import Program
    from proband.folder.read import Reading


@click.command("check")
@program_argument
@format_option
def command(program: str, form: str) -> int:
    """Read a program folder; list every problem at once, and every input that is missing.

    Each problem names the file, the key or row, what was found, what was expected and the remedy.
    """
    from proband import api

    reading = api.check(program)
    missing = _missing(reading.program, reading.root) if reading.program else []
    if form == "json":
        print_json(_report(reading, missing))
    else:
        _print(reading, missing)
    return 1 if reading.problems else 0


def _report(reading: Reading, missing: list[dict[str, str]]) -> dict[str, Any]:
    files = reading.program.inputs if reading.program else ()
    return {
        "problems": list(reading.problems),
        "inputs": list(files),
        "not_recognised": list(reading.unknown_files),
        "missing": missing,
        "inconsistencies": list(reading.program.inconsistencies) if reading.program else [],
        "statements": [s.file for s in reading.statements],
        "references_missing": _references_missing(reading.program),
    }


def _references_missing(program: Program | None) -> list[str]:
    """Genomes that the program names by digest and this machine does not have, with the reason."""
    from proband import api

    held = api.references_here(program) if program is not None else ()
    return [f"{r.title}: {r.missing}" for r in held if r.fasta is None]


def _missing(program: Program, root: Path) -> list[dict[str, str]]:
    """Kinds of evidence for which the folder holds nothing, with the file that would hold it and its owner."""
    from fnmatch import fnmatch

    from proband.core.kinds import kinds
    from proband.engine.registry import analyses

    paths = [f.path for f in program.inputs if not _header_only(root / f.path)]
    reported = {r.kind for r in program.reported}

    def here(pattern: str) -> bool:
        return any(fnmatch(p, pattern) for p in paths)

    def file_of(kind: str) -> str:
        # A reference is a file of slices or a FASTA with its annotation: one stands for the other.
        file = kinds()[kind].file
        return "reference/*" if file.startswith("reference/") else file

    ready = {
        k
        for d in analyses().values()
        if all(here(d.reads[n]) for n in d.needs_files)
        for k in d.claims
        if d.needs_files or not d.reads or here(file_of(k))
    }
    if not program.thresholds:
        ready.discard("engagement.threshold")
    return [
        {"kind": k.name, "meaning": k.meaning, "file": k.file, "owner": k.owner}
        for k in kinds().values()
        if k.name not in reported | ready and not k.file.startswith("(")
    ]


def _header_only(path: Path) -> bool:
    """Whether a table holds nothing but its column names."""
    if path.suffix != ".csv":
        return False
    with path.open("rb") as handle:
        return sum(1 for line, _ in zip(handle, range(2), strict=False) if line.strip()) < 2


def _templates(root: Path) -> list[str]:
    """Files that are not read because their name begins with an underscore."""
    found = [p for pattern in ("_*", "*/_*") for p in root.glob(pattern) if p.is_file()]
    return sorted(p.relative_to(root).as_posix() for p in found)


def _print(reading: Reading, missing: list[dict[str, str]]) -> None:
    from proband.folder.files import inner_programs

    out = console()
    program = reading.program
    for problem in reading.problems:
        out.print(str(problem) + "\n")
    if reading.problems:
        out.print(f"{len(reading.problems)} problem{'s' if len(reading.problems) != 1 else ''}.")
        return
    assert program is not None
    out.print(f"{program.id}: no problems.")
    counts = f"{len(program.inputs)} input files, {len(program.reported)} reported results"
    out.print(f"  {counts}, {len(reading.statements)} judgements")
    for v in program.variants:
        call = f", genotype {v.genotype.call} in {v.genotype.file}" if v.genotype else ""
        out.print(f"  variant {v.id}: {v.shown}{call}")
    for p in program.patients:
        out.print(f"  patient {p.id}: {len(p.phenotypes)} phenotype terms")
    for told in _references_missing(program):
        out.print(f"  genome {told}")
    for i in program.inconsistencies:
        out.print(f"\nThe sources disagree with themselves on {i.what} ({i.file}):")
        for text, locator in i.says:
            out.print(f"  {text}  [{locator}]")
    templates = _templates(reading.root)
    if templates:
        out.print(f"\nTemplates, not read until renamed: {', '.join(templates)}")
    inner = inner_programs(reading.root)
    if inner:
        out.print(f"\nPrograms of their own, read by themselves: {', '.join(inner)}")
    if reading.unknown_files:
        out.print(f"\nNot recognised, so not read: {', '.join(reading.unknown_files)}")
    _print_missing(missing)


def _print_missing(missing: list[dict[str, str]]) -> None:
    from rich.table import Table

    if not missing:
        return
    table = Table(title="Nothing in the folder yet for", title_justify="left", box=None, pad_edge=False)
    for column in ("what", "where it goes", "who"):
        table.add_column(column, overflow="fold")
    for row in missing:
        table.add_row(row["meaning"], row["file"], row["owner"])
    out = console()
    out.print()
    out.print(table)
    out.print("\nWhat is absent is not assessed; it never counts as zero or as no.")
