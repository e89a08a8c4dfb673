"""``proband platform versions``: all versions of a platform, and how complete the evidence of each one is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.show import SYMBOLS, console, format_option, framework_option, print_json, progress

if TYPE_CHECKING:
    from proband.science.platform.record import Record, Version

VERDICTS = ("supported", "contradicted", "insufficient", "not_assessed", "not_applicable")


@click.command("versions")
@click.argument("folder", type=click.Path(path_type=Path))
@framework_option
@format_option
def command(folder: Path, framework: str, form: str) -> int:
    """The register of a platform's versions, and for each child program how complete its evidence is, by element.

    FOLDER holds platform.toml. A version without a program folder is listed as such: of its evidence nothing is known.
    """
    from proband.core.errors import Problem, ProgramError
    from proband.science.platform.folder_state import register_said
    from proband.science.platform.record import FILE, read_record

    problems: list[Problem] = []
    path = folder / FILE
    record = read_record(path, FILE, problems)
    if record is None:
        raise ProgramError(problems)
    said = register_said(record)
    with progress() as on_step:
        rows = []
        for v in record.versions:
            rows.append(_row(folder, record, v, framework))
            on_step(v.id, False)
    if form == "json":
        print_json({"platform": record.id, "versions": rows, "register": said})
    else:
        _print(record, rows, said)
    return 0


def _row(folder: Path, record: Record, version: Version, framework: str) -> dict[str, Any]:
    """What the record says of a version, and what its folder holds."""
    row: dict[str, Any] = {
        "version": version.id,
        "gene": version.gene,
        "variant": version.variant,
        "state": version.state,
        "because": version.because,
        "like": version.like,
        "program": version.program,
        "elements": {},
        "amenable_in_vitro": {"state": "not_known", "lines": 0},
        "problems": [],
    }
    if not version.program:
        return row
    from proband import api
    from proband.core.errors import ProbandError

    try:
        read = api.read_program(folder / version.program)
        link = read.program.platform
        if link is None or link.version != version.id:
            row["problems"] = [f"{version.program}/program.toml does not say that it is version {version.id}"]
        run = api.analyse(read)
        findings = api.assess_evidence(read, run, api.framework_of(read, framework))
    except ProbandError as e:
        row["problems"] = [" ".join(str(p).split()) for p in e.problems] or [" ".join(str(e).split())[:300]]
        return row
    for f in findings:
        counts = row["elements"].setdefault(f.element, dict.fromkeys(VERDICTS, 0))
        counts[f.verdict.value] += 1
    row["amenable_in_vitro"] = _amenable(run, version.id)
    return row


def _amenable(run: Any, version: str) -> dict[str, Any]:
    """Lines on editing at the target in cells, made with this version: the gate in vitro is passed by a person."""
    cells = ("patient_cells", "engineered_cells")
    lines = [
        e
        for e in run.of("editing.on_target")
        if e.facts.get("place") in cells and e.scope.settings.get("version", version) == version
    ]
    return {"state": "looked_at" if lines else "not_known", "lines": len(lines)}


def _print(record: Record, rows: list[dict[str, Any]], said: list[str]) -> None:
    from rich.table import Table

    out = console()
    title = f"{record.id}: versions, and their criteria by verdict"
    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    for name in ("version", "gene", "state", "in vitro"):
        table.add_column(name, overflow="fold")
    for v in VERDICTS:
        table.add_column(SYMBOLS[v], justify="right", no_wrap=True)
    table.add_column("folder", overflow="fold", ratio=1)
    for r in rows:
        totals = {v: sum(e[v] for e in r["elements"].values()) for v in VERDICTS}
        counts = [str(totals[v]) if r["elements"] else "" for v in VERDICTS]
        gate = r["amenable_in_vitro"]
        looked = f"{gate['lines']} lines" if gate["lines"] else "not known"
        where = r["program"] or "no folder: nothing is known"
        where += "".join(f"\n{p}" for p in r["problems"][:5])
        table.add_row(r["version"], r["gene"] or "not stated", r["state"].replace("_", " "), looked, *counts, where)
    out.print(table)
    for sentence in said:
        out.print(sentence)
    for r in rows:
        if r["elements"]:
            _print_elements(r)


def _print_elements(row: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, title=f"\n{row['version']}, by element", title_justify="left")
    table.add_column("element", overflow="fold")
    for v in VERDICTS:
        table.add_column(f"{SYMBOLS[v]} {v.replace('_', ' ')}", justify="right")
    for element, counts in row["elements"].items():
        table.add_row(element.replace("_", " "), *(str(counts[v]) for v in VERDICTS))
    console().print(table)
