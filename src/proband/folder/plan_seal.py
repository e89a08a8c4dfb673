"""``plan/analysis_plan.toml`` and ``plan/seal.toml`` of a folder: the record of the seal, and writing another one.

The plan is read here as a document alone; whether it is a sound plan is asked where it is sealed and where it is run.
A column `date` (ISO) of a clinical table, where there is one, gives outcomes and doses their calendar date; else the
date of day 0 does, where ``program.toml`` states it.

Cannot see: outcomes that are not in the folder.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.border import Strict, hidden, parse, read_toml
from proband.core.errors import Problem, ProgramError
from proband.core.plan_seal import PlanRecord, Seal, TreatedOutcomes, chain_fault, plan_record
from proband.core.provenance import canonical_json, digest
from proband.folder.statements import today
from proband.writing import write_text

PLAN, SEAL, DOSES = "plan/analysis_plan.toml", "plan/seal.toml", "clinical/dosing.csv"
Said = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
HEAD = """\
# Written by `proband seal`; each seal holds the digest of the one before it. This is no electronic signature and no
# time stamp: it shows what changed. To prove the date to others, give plan_digest to somebody who keeps it.

format = 1
"""


class _Seal(Strict):
    number: Annotated[int, Field(ge=1, le=10_000)]
    date: date
    name: Said
    role: Said
    reason: Annotated[str, Field(max_length=10_000)]
    plan_digest: Digest
    content: Annotated[str, Field(max_length=1_000_000)]
    treated_outcomes: Annotated[int, Field(ge=0, le=10_000_000)]
    previous: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    digest: Digest


class _SealFile(Strict):
    format: Literal[1]
    seal: Annotated[list[_Seal], Field(min_length=1, max_length=1000)]


def read_plan_record(
    root: Path, names: Sequence[str], problems: list[Problem], day_zero: date | None = None
) -> PlanRecord:
    """The record of a folder's plan. `names` are its files; faults of the plan or seal as documents are added.

    `day_zero`: the date of day 0 of the clinical tables, where it is known.
    """
    plan = read_toml(root / PLAN, PLAN, problems) if PLAN in names else None
    seals: tuple[Seal, ...] = ()
    if SEAL in names:
        raw = read_toml(root / SEAL, SEAL, problems)
        block = parse(_SealFile, raw, SEAL, "", problems) if raw is not None else None
        seals = tuple(_seal(s) for s in block.seal) if block is not None else ()
        for seal in seals:
            if seal.sealed_on > today():
                found = seal.sealed_on.isoformat()
                problems.append(
                    Problem(SEAL, f"seal {seal.number}, key date", found, "today or an earlier day", "correct the date")
                )
    if plan is not None and not _canonical(plan, problems):
        plan = None
    endpoints = {e for e in (_endpoint(plan), *(_endpoint(_loaded(s)) for s in seals)) if e}
    return plan_record(plan, seals, treated_outcomes(root, names, endpoints, day_zero))


def _canonical(plan: Mapping[str, Any], problems: list[Problem]) -> bool:
    try:
        canonical_json(plan)
    except (TypeError, ValueError) as e:
        problems.append(Problem(PLAN, "", str(e)[:200], "numbers, texts and dates", "write it in another form"))
        return False
    return True


def _seal(s: _Seal) -> Seal:
    return Seal(
        s.number, s.date, s.name, s.role, s.reason, s.plan_digest, s.content, s.treated_outcomes, s.previous, s.digest
    )  # fmt: skip


def _loaded(seal: Seal) -> Any:
    try:
        return json.loads(seal.content)
    except (ValueError, RecursionError):
        return None


def _endpoint(plan: Any) -> str:
    """The parameter of a plan's endpoint, or nothing where the document holds none."""
    for key in ("estimand", "endpoint", "parameter"):
        plan = plan.get(key) if isinstance(plan, Mapping) else None
    return plan.strip() if isinstance(plan, str) else ""


def treated_outcomes(
    root: Path, names: Sequence[str], endpoints: set[str], day_zero: date | None = None
) -> TreatedOutcomes:
    """Rows of any of the endpoints after a subject's first dose. A row on the day of the dose counts as before it.

    `endpoints` are those of the plan and of every seal: another endpoint does not hide what was seen of the first.
    """
    if DOSES not in names:
        return TreatedOutcomes()
    first: dict[str, tuple[float, date | None]] = {}
    for row in _rows(root / DOSES):
        day, dose = _number(row.get("day", "")), _number(row.get("value", ""))
        if day is not None and dose is not None and dose > 0:
            subject = row.get("subject", "")
            if subject not in first or day < first[subject][0]:
                first[subject] = day, _dated(row, day, day_zero)
    found: list[tuple[float, str, str, date | None]] = []
    ever = 0
    for name in names:
        if not name.startswith("clinical/") or name == DOSES:
            continue
        for row in _rows(root / name):
            day, subject = _number(row.get("day", "")), row.get("subject", "")
            counts = row.get("parameter") in endpoints and row.get("value", "") != ""
            ever += counts
            if counts and day is not None and subject in first and day > first[subject][0]:
                found.append((day - first[subject][0], subject, name, _dated(row, day, day_zero)))
    doses = [on for _, on in first.values()]
    dosed = min((on for on in doses if on is not None), default=None) if None not in doses else None
    if not found:
        return TreatedOutcomes(doses=bool(first), endpoint_rows=ever, first_dose_on=dosed)
    after, subject, name, _ = min(found, key=lambda f: f[:3])
    dates = [on for *_, on in found if on is not None]
    day = after + first[subject][0]
    undated = len(found) - len(dates)
    return TreatedOutcomes(len(found), subject, day, name, min(dates, default=None), True, ever, undated, dosed)


def _dated(row: Mapping[str, str], day: float, day_zero: date | None) -> date | None:
    """The calendar date of a row: its own, else from the date of day 0."""
    on = _date(row.get("date", ""))
    if on is not None or day_zero is None:
        return on
    try:
        return day_zero + timedelta(days=math.floor(day))
    except OverflowError:
        return None


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a table as far as they can be read: the faults of tables are told elsewhere."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle)
            columns = [c.strip() for c in next(reader, [])]
            for row in reader:
                yield dict(zip(columns, (c.strip() for c in row), strict=False))
    except (OSError, UnicodeDecodeError, csv.Error):
        return


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e15 else None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def seal_plan(
    root: Path, names: Sequence[str], name: str, role: str, reason: str, day_zero: date | None = None
) -> tuple[Seal, PlanRecord]:
    """Add a seal of the plan as it is: the seal, and the record with it. Earlier seals stay.

    Raises `ProgramError` where there is no plan, where nothing changed since the last seal, where a change or an
    outcome after treatment asks for a reason and none is given, and where the history of seals does not hold together.
    """
    problems: list[Problem] = []
    before = read_plan_record(root, names, problems, day_zero)
    fault = _refusal(before, reason) if not problems else ""
    if fault:
        raise ProgramError(fault)
    for what, text in (("--name", name), ("--role", role), ("--reason", reason)):
        if hidden(text.replace("\n", "\x00") if what != "--reason" else text):
            problems.append(Problem(what, "", "hidden characters or line ends", "plain text", "write it again"))
    plan = read_toml(root / PLAN, PLAN, problems)
    if problems or plan is None:
        raise ProgramError(problems)
    content = canonical_json(plan)
    made = Seal(
        len(before.seals) + 1, today(), name.strip(), role.strip(), reason.strip(), digest(plan), content,
        before.outcomes.rows, before.seals[-1].digest if before.seals else "",
    )  # fmt: skip
    made = replace(made, digest=made.made)
    seals = (*before.seals, made)
    text = HEAD + "".join(_toml(s) for s in seals)
    write_text(root / SEAL, text)
    return made, plan_record(plan, seals, before.outcomes)


def _refusal(before: PlanRecord, reason: str) -> str:
    if not before.plan_digest:
        return f"there is no plan to seal: write {PLAN}, or copy plan/_analysis_plan.toml of a new folder to it"
    fault = chain_fault(before.seals)
    if fault:
        return f"{SEAL}: {fault}. Bring back the file as it was, from a copy; nothing was written"
    if before.seals and before.seals[-1].plan_digest == before.plan_digest:
        return f"the plan is sealed as it is, since {before.seals[-1].sealed_on.isoformat()}: nothing was written"
    if before.seals and not reason.strip():
        changes = "\n".join(f"  {c}" for c in before.changed)
        return f"the plan changed since its seal:\n{changes}\nSay why with --reason; nothing was written"
    if before.outcomes.rows and not reason.strip():
        o = before.outcomes
        first = f"{o.subject}, day {o.day:g}, {o.file}"
        return (
            f"{o.rows} outcomes after treatment are in the folder already (the first: {first}); the record "
            "will say that the plan was sealed after them. Say why with --reason; nothing was written"
        )
    return ""


def _toml(s: Seal) -> str:
    def text(value: str) -> str:
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

    lines = [
        "",
        "[[seal]]",
        f"number = {s.number}",
        f"date = {s.sealed_on.isoformat()}",
        f"name = {text(s.name)}",
        f"role = {text(s.role)}",
        f"reason = {text(s.reason)}",
        f'plan_digest = "{s.plan_digest}"',
        f"treated_outcomes = {s.treated_outcomes}",
        f"content = {text(s.content)}",
        f'previous = "{s.previous}"',
        f'digest = "{s.digest}"',
    ]
    return "\n".join(lines) + "\n"
