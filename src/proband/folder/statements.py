"""Human judgements: reading and writing ``statements/*.toml``.

A judgement is named, dated and bound to the digests of the evidence and files that the person saw.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict, hidden_characters, parse, read_toml
from proband.core.errors import Problem, ProgramError
from proband.core.finding import Statement, Verdict
from proband.core.provenance import InputFile
from proband.writing import write_new

Line = Annotated[str, Field(min_length=1, max_length=10_000)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _SeenFile(Strict):
    path: Line
    digest: Digest


class _Statement(Strict):
    criterion: Annotated[str, Field(pattern=r"^[A-Z]{2,4}-\d{2,3}$")]
    criterion_stamp: Digest
    framework: Line
    verdict: Literal["supported", "contradicted", "insufficient", "not_applicable"]
    reasoning: Line
    name: Line
    role: Line
    date: date
    sequence: Annotated[int, Field(ge=1)] = 1
    seen_evidence: list[Digest] = []
    seen_file: list[_SeenFile] = []


def read_statements(root: Path, names: Sequence[str], problems: list[Problem]) -> list[Statement]:
    """All judgements of a folder, in order of date and sequence; faults are added to `problems`."""
    found = []
    for name in names:
        raw = read_toml(root / name, name, problems)
        block = parse(_Statement, raw, name, "", problems) if raw is not None else None
        if block is None:
            continue
        if block.date > today():
            problems.append(
                Problem(name, "key date", block.date.isoformat(), "today or an earlier day", "correct the date")
            )
            continue
        seen = tuple(InputFile(f.path, f.digest) for f in block.seen_file)
        found.append(
            Statement(
                name,
                block.criterion,
                block.criterion_stamp,
                block.framework,
                Verdict(block.verdict),
                block.reasoning,
                block.name,
                block.role,
                block.date,
                block.sequence,
                tuple(block.seen_evidence),
                seen,
            )
        )
    return sorted(found, key=lambda s: (s.signed_on, s.sequence, s.file))


def write_statement(root: Path, statement: Statement, before: Sequence[Statement] = ()) -> Path:
    """Write a new judgement; an existing file is never replaced, also when two people write at once.

    `before` are the judgements already in the folder: the new one is numbered after them. Raises `ProgramError`
    for text that could not be read back.
    """
    earlier = [s.sequence for s in before if s.criterion == statement.criterion]
    numbered = replace(statement, sequence=max(earlier, default=0) + 1)
    stem = f"{statement.signed_on.isoformat()}-{statement.criterion}"
    text = _toml(numbered)
    problems: list[Problem] = []
    try:
        text.encode("utf-8")
        parse(_Statement, tomllib.loads(text), "the judgement", "", problems)
    except ValueError as e:
        problems.append(Problem("the judgement", "", str(e)[:200], "UTF-8 text", "write it again"))
    problems += hidden_characters(text.replace("\n", " "), "the judgement")
    if problems:
        raise ProgramError(problems)
    folder = root / "statements"
    folder.mkdir(exist_ok=True)
    names = (f"{stem}.toml" if n == 1 else f"{stem}-{n}.toml" for n in count(1))
    return next(folder / name for name in names if write_new(folder / name, text))


def _toml(s: Statement) -> str:
    lines = [
        "# A signed judgement. It lapses when the evidence, a file or the rule that was seen changes.",
        f"criterion = {_string(s.criterion)}",
        f"criterion_stamp = {_string(s.criterion_stamp)}",
        f"framework = {_string(s.framework)}",
        f"verdict = {_string(s.verdict)}",
        f"reasoning = {_string(s.reasoning)}",
        f"name = {_string(s.name)}",
        f"role = {_string(s.role)}",
        f"date = {s.signed_on.isoformat()}",
        f"sequence = {s.sequence}",
        "seen_evidence = [",
        *(f"  {_string(e)}," for e in s.seen_evidence),
        "]",
    ]
    for f in s.seen_files:
        lines += ["", "[[seen_file]]", f"path = {_string(f.path)}", f"digest = {_string(f.digest)}"]
    return "\n".join(lines) + "\n"


def _string(text: str) -> str:
    """A TOML basic string: JSON escapes are valid TOML, but for DEL."""
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")


def today() -> date:
    """The date a judgement is signed: the one place where the clock is read, and it is data."""
    return date.today()
