"""``proband import``: tables of a program folder from the files of other systems."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from proband.cli.show import format_option, print_json

if TYPE_CHECKING:
    from proband.core.errors import Problem
    from proband.science.clinical.imported import Asked, Collected

_path = click.Path(path_type=Path)
ENDINGS = (".xpt", ".json", ".ndjson")


@click.group("import")
def command() -> None:
    """Make tables of a program folder from the files of other systems."""


@command.command("clinical")
@click.argument("source", type=_path)
@click.option("--out", required=True, type=_path, help="Folder for the tables, such as clinical/.")
@click.option("--origin", required=True, help="Day 0: a date such as 2024-03-01, reference-start, or birth.")
@click.option("--unit", "units", multiple=True, help="NAME=CODE: the UCUM unit of a parameter; may be given again.")
@click.option("--subject", "subjects", multiple=True, help="NAME=PSEUDONYM of a subject; may be given again.")
@format_option
def clinical(source: Path, out: Path, origin: str, units: tuple[str, ...], subjects: tuple[str, ...], form: str) -> int:
    """Long tables from CDISC domains (SAS XPT version 5, Dataset-JSON 1.1) or FHIR bundles (R4, R5).

    SOURCE is a file, or a folder of files. LB, VS, QS, EX, CM, AE, CE and DM are mapped, and the FHIR resources
    Observation, MedicationAdministration and AdverseEvent. Every record is in a table, or in refused.csv with a reason.
    """
    from proband.core.errors import ProgramError
    from proband.science.clinical.imported import finished, tables
    from proband.writing import write_all

    problems: list[Problem] = []
    asked = _asked(origin, units, subjects, problems)
    found = _read(source, asked, problems) if asked else None
    if problems or found is None or asked is None:
        raise ProgramError(problems)
    made = finished(found, asked)
    texts = tables(made)
    _not_over_work(out, texts, problems)
    if problems:
        raise ProgramError(problems)
    out.mkdir(parents=True, exist_ok=True)
    write_all({out / name: text.encode("utf-8") for name, text in texts.items()})
    _print(made, sorted(texts), out, form)
    return 0


def _asked(origin: str, units: tuple[str, ...], subjects: tuple[str, ...], problems: list[Problem]) -> Asked | None:
    from proband.core.errors import Problem
    from proband.core.units import is_unit, nearest_unit
    from proband.science.clinical.imported import Asked

    day: date | str = origin
    if origin not in ("reference-start", "birth"):
        try:
            day = date.fromisoformat(origin)
        except ValueError:
            expected = "a date such as 2024-03-01, reference-start or birth"
            problems.append(Problem("options", "--origin", origin[:60], expected, "say which day is day 0"))
    pairs: dict[str, dict[str, str]] = {"--unit": {}, "--subject": {}}
    for option, texts in (("--unit", units), ("--subject", subjects)):
        for text in texts:
            name, mark, value = text.partition("=")
            if not (name and mark and value) or pairs[option].setdefault(name, value) != value:
                expected = "NAME=VALUE, each name once"
                problems.append(Problem("options", option, text[:60], expected, "correct it"))
    for name, code in pairs["--unit"].items():
        if not is_unit(code):
            problems.append(Problem("options", "--unit", f"{name}={code}"[:60], "a UCUM code", nearest_unit(code)))
    named = list(pairs["--subject"].values())
    if len(set(named)) < len(named):
        expected = "one subject for each pseudonym"
        problems.append(Problem("options", "--subject", "a pseudonym given twice", expected, "correct it"))
    return None if problems else Asked(day, pairs["--unit"], pairs["--subject"])  # type: ignore[arg-type]


def _read(source: Path, asked: Asked, problems: list[Problem]) -> Collected | None:
    from proband.core.errors import Problem
    from proband.science.clinical.dataset_json import datasets, load_file
    from proband.science.clinical.fhir import is_fhir, map_resources
    from proband.science.clinical.imported import Collected
    from proband.science.clinical.sdtm import map_domains
    from proband.science.clinical.xpt import Dataset, read_xpt

    files = [source] if source.is_file() else sorted(p for p in source.glob("*") if p.suffix.lower() in ENDINGS)
    if not files or not all(f.is_file() and f.suffix.lower() in ENDINGS for f in files):
        expected = f"a file, or a folder of files, that end in {', '.join(ENDINGS)}"
        problems.append(Problem(str(source), "", "nothing to import", expected, "check the path"))
        return None
    into, found = Collected(), list[Dataset]()
    for path in files:
        if path.suffix.lower() == ".xpt":
            found += read_xpt(path, path.name, problems)
            continue
        before = len(problems)
        values = load_file(path, path.name, problems)
        if values and all(is_fhir(v) for v in values):
            map_resources(values, path.name, asked, into)
        elif len(problems) == before:
            found += datasets(values, path.name, problems)
    names = [d.name.upper() for d in found]
    for name in sorted({n for n in names if names.count(n) > 1}):
        expected, remedy = "each domain once", "import one study at a time"
        problems.append(Problem(str(source), f"domain {name}", "more than one dataset", expected, remedy))
    if not problems:
        map_domains(found, asked, into)
    return into


def _not_over_work(out: Path, texts: dict[str, str], problems: list[Problem]) -> None:
    """Tables that hold rows are not written over: an import never replaces what a person entered."""
    from proband.core.errors import Problem

    if out.exists() and not out.is_dir():
        problems.append(Problem(str(out), "", "a file", "a folder", "choose another --out"))
        return
    for name in texts:
        path = out / name
        if name != "refused.csv" and path.exists() and path.read_bytes().count(b"\n") > 1:
            expected, remedy = "a new table, or one without rows", "choose another --out, or move the table away"
            problems.append(Problem(name, "", "a table with rows", expected, remedy))


def _print(made: Collected, names: list[str], out: Path, form: str) -> None:
    rows = len(made.cells) + len(made.subjects)
    if form == "json":
        refused = [{"file": r.file, "record": r.record, "reason": r.reason} for r in made.refused]
        notes = [{"note": n, "records": c} for n, c in sorted(made.notes.items())]
        print_json({"records": made.records, "rows": rows, "refused": refused, "notes": notes, "tables": names})
        return
    click.echo(f"{made.records} records in: {rows} rows written, {len(made.refused)} refused")
    for note, count in sorted(made.notes.items()):
        click.echo(f"Note: {note} ({count})")
    reasons: dict[str, int] = {}
    for r in made.refused:
        reasons[r.reason] = reasons.get(r.reason, 0) + 1
    for reason, count in sorted(reasons.items(), key=lambda x: (-x[1], x[0]))[:20]:
        click.echo(f"Refused: {reason} ({count})")
    click.echo(f"wrote {', '.join(names) or 'nothing'} to {out}")
