"""``proband platform screen``: applicants against the entry rules of an umbrella protocol."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from proband.cli.show import console, format_option, print_json

if TYPE_CHECKING:
    from proband.science.platform.screening import Screened

NOTICE = "A screen by the rules as data. Who enters a trial is decided by its investigator with the protocol itself."
SYMBOLS = {"eligible": "●", "not_eligible": "✕", "cannot_tell": "◐"}


@click.command("screen")
@click.argument("protocol", type=click.Path(path_type=Path))
@click.argument("applicants", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder for screening.tsv and screening.json.")
@click.option("--all", "everything", is_flag=True, help="Print every rule of every applicant, also those that let in.")
@format_option
def command(protocol: Path, applicants: Path, out: Path | None, everything: bool, form: str) -> int:
    """Eligible, not eligible or cannot tell: each applicant of a CSV, rule by rule, with values and converted units.

    What is not known never becomes an answer. Boundaries are exact: 3.5 kg is not above 3.5 kg.
    """
    from hashlib import sha256

    from proband.core.errors import Problem, ProgramError
    from proband.science.platform.master_protocol import read_master_protocol
    from proband.science.platform.outputs import SCREENING, screening_json, screening_rows, write_results
    from proband.science.platform.screening import known_of_nobody, read_applicants, screen

    problems: list[Problem] = []
    read = read_master_protocol(protocol, protocol.name, problems)
    if read is None and not problems:
        remedy = "write the entry rules; see docs/how-to/screen-applicants.md"
        problems.append(Problem(protocol.name, "", "no [umbrella]", "the umbrella part of a protocol", remedy))
    if read is not None and not read.rules:
        problems.append(
            Problem(protocol.name, "", "no [[entry_rule]]", "entry rules", "add them: nothing was screened")
        )
    if problems or read is None:
        raise ProgramError(problems)
    rows = read_applicants(applicants, read, problems)
    if problems:
        raise ProgramError(problems)
    made = screen(read, rows)
    digests = {n: sha256(p.read_bytes()).hexdigest() for n, p in (("protocol", protocol), ("applicants", applicants))}
    nobody = known_of_nobody(read, rows)
    told = {"applicants": screening_json(made), "known_of_nobody": nobody, "sha256": digests, "notice": NOTICE}
    if form == "json":
        print_json(told)
    else:
        _print(made, everything, nobody)
    if out:
        said = write_results(out, "screening", SCREENING, screening_rows(made), told)
        click.echo(said, err=form == "json")
    return 0


def _print(made: tuple[Screened, ...], everything: bool, nobody: list[str]) -> None:
    from rich.table import Table

    out = console()
    table = Table(box=None, pad_edge=False)
    table.add_column("applicant", overflow="fold")
    table.add_column("by the rules", no_wrap=True)
    table.add_column("because", overflow="fold", ratio=1)
    for s in made:
        because = s.because
        if everything:
            because = "\n".join(f"{a.rule.id} ({a.rule.kind}): {a.answer}, {a.because}" for a in s.answers)
        table.add_row(s.applicant, f"{SYMBOLS[s.verdict]} {s.verdict.replace('_', ' ')}", because)
    out.print(table)
    counted = {v: sum(s.verdict == v for s in made) for v in SYMBOLS}
    out.print("\n" + ", ".join(f"{n} {v.replace('_', ' ')}" for v, n in counted.items()) + f". {NOTICE}")
    if nobody:
        out.print(f"Known of nobody, so no rule that needs it can be answered: {', '.join(nobody).replace('_', ' ')}.")
