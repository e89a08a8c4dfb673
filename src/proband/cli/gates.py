"""``proband gates``: the protocol's gates before each dose, and before the next one on a day."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.show import console, format_option, print_json, program_argument

if TYPE_CHECKING:
    from proband.science.dosing.dose_folder import DoseFolder
    from proband.science.dosing.dose_gates import DoseGates
    from proband.science.dosing.escalation import LevelState

SIGNS = {"met": "\u25cf", "not_met": "\u2715", "cannot_tell": "\u25cb"}


@click.command("gates")
@program_argument
@click.option("--on", type=float, help="Day of the tables on which a next dose is asked about.")
@click.option("--date", "on_date", type=click.DateTime(["%Y-%m-%d"]), help="The same as a date; needs day_zero.")
@click.option("--dose", type=float, help="Its amount in mg/kg, for gates on amounts.")
@format_option
def command(program: str, on: float | None, on_date: Any, dose: float | None, form: str) -> int:
    """Each gate of plan/protocol.toml before each dose, with values, days and rows.

    Gates are met, not met, or can not be told; what can not be told never opens a gate. Without --on, the doses that
    were given are looked at, and the earliest day of the next one is told. It recommends nothing: whether a dose is
    given is for the people who treat.
    """
    from proband import api
    from proband.core.errors import ProgramError
    from proband.science.dosing.dose_folder import read_dose_folder
    from proband.science.dosing.dose_gates import evaluate, next_dose
    from proband.science.dosing.escalation import decide

    folder = api.read_program(program)
    day = _day(on, on_date, dose, folder.program.day_zero)
    problems: list[Any] = []
    root = Path(program)
    held = read_dose_folder({f.path: root / f.path for f in folder.program.inputs}, problems)
    if problems or held is None:
        raise ProgramError(problems)
    if held.rules is None or not (held.rules.any or held.escalation):
        raise ProgramError(_nothing())
    rules, sources = held.rules, held.sources
    subjects = sorted({p.id for p in folder.program.patients} | set(sources.seen.doses))
    found = [d for s in subjects for d in evaluate(rules, sources, s, day, planned=dose)]
    further = {s: next_dose(rules, sources, s) for s in subjects}
    levels = decide(held.escalation, held.patients) if held.escalation is not None else ()
    if form == "json":
        states = [{"state": d.state, "dose": d} for d in found]
        earliest = {s: [{"dose": n, "day": x, "protocol": t} for n, x, t in v] for s, v in further.items()}
        print_json({"doses": states, "earliest_next_dose": earliest, "escalation": levels})
    else:
        _print(found, further, levels, held, day is not None)
    return 0


def _nothing() -> list[Any]:
    from proband.core.errors import Problem

    remedy = "state [dosing], [[redosing_condition]] or [[gate]]; see docs/how-to/plan-follow-up.md"
    return [Problem("plan/protocol.toml", "", "no gates", "gates as data", remedy)]


def _day(on: float | None, on_date: Any, dose: float | None, day_zero: Any) -> float | None:
    """The day asked about; every fault of the options is told as one of usage."""
    import math

    if on is not None and not (math.isfinite(on) and abs(on) < 73_200):
        raise click.BadParameter("is no day within 200 years", param_hint="--on")
    if dose is not None and not (math.isfinite(dose) and 0 < dose < 1e6):
        raise click.BadParameter("is no dose above 0 in mg/kg", param_hint="--dose")
    if dose is not None and on is None and on_date is None:
        raise click.BadParameter("needs --on or --date", param_hint="--dose")
    if on_date is None:
        return on
    if on is not None:
        raise click.BadParameter("not together with --on", param_hint="--date")
    if day_zero is None:
        raise click.BadParameter("needs day_zero in program.toml", param_hint="--date")
    return float((on_date.date() - day_zero).days)


def _print(
    found: list[DoseGates],
    further: dict[str, tuple[tuple[int, float, str], ...]],
    levels: tuple[LevelState, ...],
    held: DoseFolder,
    asked: bool,
) -> None:
    out = console()
    if not held.sources.seen.doses:
        out.print("No dose stands in clinical/dosing.csv.")
    for d in found:
        given = d.dose if d.given else "not given"
        which = f"dose {d.number}{f' of {d.product}' if d.product else ''}"
        out.print(f"\n{d.subject}, {which}, day {d.day:g} ({given}): {_words(d.state)}")
        for g in d.gates:
            out.print(f"  {SIGNS[g.said.state]} {_words(g.said.state)}: {g.asks}")
            out.print(f"      {g.said.because}{f' [{chr(59).join(g.said.rows)}]' if g.said.rows else ''}")
        if not d.gates:
            out.print("  no gate stands before it")
        if d.mass is not None and d.mass.total is not None:
            parts = f", {d.mass.guide:.3f} guide, {d.mass.messenger:.3f} messenger" if d.mass.guide else ""
            out.print(f"  nominal mass: {d.mass.total:.3f} mg{parts} ({d.mass.because})")
        elif d.mass is not None:
            out.print(f"  nominal mass: not told, {d.mass.because}")
    for subject, rows in further.items():
        for number, day, typed in rows:
            out.print(
                f"\n{subject}: dose {number} would be day {day:g} at the earliest{f' ({typed})' if typed else ''}."
            )
    for x in levels:
        out.print(f"\nLevel {x.level}: {x.because}. By the protocol's table: {_words(x.decision)}.")
        if x.next_patient_from is not None:
            out.print(f"  The next patient of this level from day {x.next_patient_from:g} on.")
    if not asked:
        out.print("\nWith --on DAY the gates before a next dose are looked at.")


def _words(state: str) -> str:
    return state.replace("_", " ")
