"""``proband follow-up``: the calendar of follow-up as files."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.show import console, format_option, print_json, program_argument

if TYPE_CHECKING:
    from proband.core.errors import Problem
    from proband.core.program import Program
    from proband.science.follow_up.folder import FollowUpFolder, PatientCalendar
    from proband.science.follow_up.reports import Clock
    from proband.writing import Data


@click.group("follow-up")
def command() -> None:
    """The years after the dose: visits by date and age, blood volumes, reports that fall due."""


@command.command("calendar")
@program_argument
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the files.")
@click.option(
    "--dose-on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="For patients without a dose: as if it were given on this date.",
)
@format_option
def calendar(program: str, out: Path, dose_on: Any, form: str) -> int:
    """Write the calendar of plan/follow_up.toml: tables, an iCalendar file and a figure.

    Tables: visits (follow_up.tsv), years.tsv, durability and late events (tracking.tsv), blood.tsv, reports_due.tsv.
    Dates come from the doses in clinical/dosing.csv and from day_zero. The iCalendar file (RFC 5545) holds pseudonyms
    and no ages. Nothing is invented: where no weight is known, whether a draw keeps its limits can not be told.
    """
    from proband import api
    from proband.core.errors import ProgramError
    from proband.science.follow_up.folder import read_follow_up_folder

    folder = api.read_program(program)
    root, problems = Path(program), list["Problem"]()
    files = {f.path: root / f.path for f in folder.program.inputs}
    held = read_follow_up_folder(files, problems)
    if held is not None and held.plan is None:
        problems.append(
            _problem("plan/follow_up.toml", "no such file", "a plan of follow-up", "see docs/how-to/plan-follow-up.md")
        )
    if problems or held is None:
        raise ProgramError(problems)
    calendars = _calendars(folder.program, held, dose_on.date() if dose_on is not None else None)
    clocks = _clocks(files, folder.program.data_cut)
    made = _files(folder.program.id, held, calendars, clocks)
    out.mkdir(parents=True, exist_ok=True)
    _write(out, made)
    if form == "json":
        print_json({"patients": calendars, "wrote": sorted(made), "expedited": clocks})
    else:
        _print(held, calendars, sorted(made), out)
    return 0


def _problem(file: str, found: str, expected: str, remedy: str) -> Problem:
    from proband.core.errors import Problem

    return Problem(file, "", found, expected, remedy)


def _calendars(program: Program, held: FollowUpFolder, dose_on: date | None) -> list[PatientCalendar]:
    """The calendar of each patient; every patient without a date of a dose is a problem, unless one is stated."""
    from proband.core.errors import ProgramError
    from proband.science.follow_up.calendar_dates import FIRST, LAST
    from proband.science.follow_up.folder import dose_dates, patient_calendar

    own = [p.id for p in program.patients]
    dates = dose_dates(held, program.day_zero, own)
    problems = []
    if not own:
        problems.append(_problem("program.toml", "no [[patient]]", "at least one", "add it, with a pseudonym"))
    if dose_on is not None and not FIRST <= dose_on <= LAST:
        raise click.BadParameter(f"is no date from {FIRST} to {LAST}", param_hint="--dose-on")
    for subject in own:
        if subject in dates:
            continue
        if held.seen.dose_days(subject):
            remedy = "state day_zero: the date of day 0 of the tables in clinical/"
            problems.append(_problem("program.toml", f"no day_zero, and doses of {subject}", "day_zero", remedy))
        elif dose_on is not None:
            dates[subject] = (dose_on, dose_on)
        else:
            remedy = "enter the dose, or ask with --dose-on DATE"
            problems.append(_problem("clinical/dosing.csv", f"no dose of {subject}", "a dose", remedy))
    if problems:
        raise ProgramError(problems)
    zero = program.day_zero
    return [
        patient_calendar(held, s, d, zero if zero is not None else d[0], program.data_cut) for s, d in dates.items()
    ]


def _clocks(files: dict[str, Path], data_cut: date | None) -> tuple[Clock, ...]:
    from proband.core.errors import ProgramError
    from proband.science.follow_up.reports import FILE, clocks, read_reports
    from proband.science.safety.safety_tables import read_safety

    if FILE not in files:
        return ()
    problems: list[Problem] = []
    safety = read_safety(files, problems)
    events = safety.events if safety is not None and safety.written else None
    rows = read_reports(files[FILE], events, problems)
    if problems or rows is None:
        raise ProgramError(problems)
    return clocks(events or (), rows, data_cut)


def _files(
    program: str, held: FollowUpFolder, calendars: list[PatientCalendar], clocks: tuple[Clock, ...]
) -> dict[str, Data]:
    from proband.dossier.charts import Undrawable, svg
    from proband.science.follow_up import calendar_tables as tables
    from proband.science.follow_up import report_tables
    from proband.science.follow_up.icalendar import calendar as icalendar
    from proband.science.table_cells import tab_separated

    assert held.plan is not None
    plan = held.plan
    clock_rows = report_tables.clock_rows(clocks)
    rows = {
        "follow_up.tsv": (tables.VISITS, tables.visit_rows(plan, calendars)),
        "years.tsv": (tables.YEARS, tables.year_rows(plan, calendars)),
        "tracking.tsv": (tables.TRACKING, tables.tracking_rows(plan, calendars)),
        "blood.tsv": (tables.DRAWS, tables.draw_rows(calendars)),
        "reports_due.tsv": (report_tables.DUE, report_tables.due_rows(plan, calendars, clock_rows)),
    }
    made: dict[str, Data] = {n: tab_separated([c[0] for c in cols], r).encode() for n, (cols, r) in rows.items()}
    made["follow_up.ics"] = icalendar(f"Follow-up: {program}", tables.events(plan, program, calendars), plan.source.on)
    figure = tables.figure(calendars)
    with suppress(Undrawable):
        if figure is not None:
            drawn = svg(figure).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
            made["follow_up.svg"] = drawn.encode()
    return made


def _write(out: Path, made: dict[str, Data]) -> None:
    from proband.writing import write_all

    write_all({out / name: data for name, data in sorted(made.items())})


def _print(held: FollowUpFolder, calendars: list[PatientCalendar], names: list[str], out: Path) -> None:
    from proband.science.follow_up.schedule import calendar_members, years_planned

    assert held.plan is not None
    shown, doses = console(), [(c.first_dose, c.last_dose) for c in calendars]
    years = years_planned(held.plan, doses)
    for c in calendars:
        beyond = [d for d in c.draws if d.within is False]
        open_ = [d for d in c.draws if d.within is None]
        shown.print(f"{c.subject}: {len(c.visits)} visits from {c.last_dose} to {c.end}")
        if c.draws:
            shown.print(
                f"  {len(c.draws)} days with a draw: {len(beyond)} beyond a limit, {len(open_)} without a weight"
            )
    shown.print(f"Years from the last dose to the planned end: {years:.4g}" if years is not None else "Term not known")
    for text in calendar_members(held.plan, doses)[1].values():
        shown.print(f"  {text}")
    click.echo(f"wrote {', '.join(names)} to {out}")
