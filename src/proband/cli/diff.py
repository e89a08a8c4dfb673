"""``proband diff``: two runs, two frameworks, or a program with and without its overrides. Loads no numerics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from proband.cli.show import console, format_option, print_json, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proband.assess.compare import Move, Snapshot, TextChange
    from proband.core.criterion import Framework


@click.command("diff")
@click.argument("a")
@click.argument("b", required=False)
@click.option("--program", help="With two frameworks: the program whose verdicts are compared.")
@format_option
def command(a: str, b: str | None, program: str | None, form: str) -> int:
    """Which texts changed, which verdicts moved, and why.

    A and B are two frameworks (ids or paths), or two runs (program folders, dossier folders or dossier.json
    files). With A alone, a program folder: its verdicts without and with its overrides.
    """
    from proband.assess.compare import framework_changes, moves, only_in

    changes: Sequence[TextChange] = ()
    if b is None:
        before, after, changes = _overrides(a)
    elif _is_run(a) or _is_run(b):
        before, after = _run(a), _run(b)
    else:
        old, new = _framework(a), _framework(b)
        changes = framework_changes(old, new)
        before, after = (_under(program, old), _under(program, new)) if program else (None, None)
    moved = moves(before, after) if before and after else ()
    lost = list(only_in(before, after)) if before and after else []
    gained = list(only_in(after, before)) if before and after else []
    if form == "json":
        print_json({"changes": changes, "moves": moved, "only_in_a": lost, "only_in_b": gained})
    else:
        _print(changes, moved, lost, gained, compared=before is not None)
    return 0


def _is_run(token: str) -> bool:
    path = Path(token)
    return (path / "program.toml").is_file() or (path / "dossier.json").is_file() or path.suffix == ".json"


def _framework(token: str) -> Framework:
    from proband import api

    return api.framework(token)


def _run(token: str) -> Snapshot:
    from proband.assess.compare import snapshot_of_file
    from proband.core.errors import Problem, ProgramError

    path = Path(token)
    if (path / "program.toml").is_file():
        return _under(token, None)
    file = path if path.suffix == ".json" else path / "dossier.json"
    try:
        return snapshot_of_file(token, json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as e:
        expected = "a program folder, a dossier folder or a dossier.json"
        raise ProgramError([Problem(token, "", str(e)[:200], expected, "check the path")]) from None


def _under(program: str, rules: Framework | None) -> Snapshot:
    from proband import api
    from proband.assess.compare import snapshot

    folder = api.read_program(program)
    run = api.analyse(folder, where="processes:1")
    used = api.overridden(folder, rules) if rules else api.framework_of(folder)
    return snapshot(program, api.assess_evidence(folder, run, used))


def _overrides(program: str) -> tuple[Snapshot, Snapshot, Sequence[TextChange]]:
    from proband import api
    from proband.assess.compare import framework_changes, snapshot

    folder = api.read_program(program)
    run = api.analyse(folder, where="processes:1")
    mine = api.framework_of(folder)
    plain = api.framework(folder.program.framework or api.DEFAULT_FRAMEWORK)
    before = snapshot(f"{program}, rules as shipped", api.assess_evidence(folder, run, plain))
    after = snapshot(f"{program}, with its overrides", api.assess_evidence(folder, run, mine))
    return before, after, framework_changes(plain, mine)


def _print(
    changes: Sequence[TextChange], moved: Sequence[Move], lost: list[str], gained: list[str], *, compared: bool
) -> None:
    out = console()
    if changes:
        out.print(f"{len(changes)} criteria differ:")
    for c in changes:
        out.print(f"\n{c.criterion}  {c.title}  [{c.change}]")
        for f in c.fields:
            out.print(f"  {f.field}\n    was: {f.before}\n    is:  {f.after}")
    if not compared:
        if not changes:
            out.print("No criterion differs.")
        return
    out.print(f"\n{len(moved)} verdict{'s' if len(moved) != 1 else ''} moved" + (":" if moved else "."))
    for m in moved:
        out.print(f"\n{m.criterion}  {m.title}\n  was: {words(m.before)}\n  is:  {words(m.after)}")
        out.print(f"  why: {'; '.join(m.because)}")
    for title, names in (("Only before", lost), ("Only after", gained)):
        if names:
            out.print(f"\n{title}: {', '.join(names)}")
