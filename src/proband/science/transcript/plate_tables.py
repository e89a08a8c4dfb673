"""A plate of protein or activity wells from CSV: standards and samples, checked row by row.

Header: well,kind,name,arm,replicate,concentration,dilution,signal. A row of kind ``standard`` has a concentration
(0 for a blank), one of kind ``sample`` a name, arm (treated or control), replicate and dilution.

Cannot see: edge effects and drift across a plate; units, which the caller states.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from proband.border import read_text, shown
from proband.core.errors import Problem, ProgramError

COLUMNS = ("well", "kind", "name", "arm", "replicate", "concentration", "dilution", "signal")
ARMS = ("treated", "control")


@dataclass(frozen=True, slots=True)
class PlateSample:
    """The wells of one biological replicate: signals, and the factor by which it was diluted."""

    name: str
    arm: str
    replicate: str
    dilution: float
    signals: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plate:
    """Standards as (concentration, signal), and samples in the order of the file."""

    standards: tuple[tuple[float, float], ...]
    samples: tuple[PlateSample, ...]


def read_plate(path: Path) -> Plate:
    """Read a plate. Raises ``ProgramError`` with every row that is wrong."""
    problems: list[Problem] = []
    text = read_text(path, path.name, problems)
    if text is None:
        raise ProgramError(problems)
    rows = list(csv.DictReader(text.splitlines()))
    found = tuple(next(csv.reader(text.splitlines()[:1]), ()))
    if found != COLUMNS:
        raise ProgramError(
            [Problem(path.name, "line 1", shown(",".join(found)), ",".join(COLUMNS), "write these column names")]
        )
    standards: list[tuple[float, float]] = []
    groups: dict[tuple[str, str, str, float], list[float]] = {}
    for number, row in enumerate(rows, start=2):
        row = {k: (row.get(k) or "").strip() for k in COLUMNS}
        wrong = _wrong(row)
        problems += [Problem(path.name, f"line {number}, {c}", shown(row[c]), e, "correct the row") for c, e in wrong]
        if wrong:
            continue
        if row["kind"] == "standard":
            standards.append((float(row["concentration"]), float(row["signal"])))
        else:
            key = (row["name"], row["arm"], row["replicate"], float(row["dilution"] or 1))
            groups.setdefault(key, []).append(float(row["signal"]))
    if problems:
        raise ProgramError(problems)
    return Plate(tuple(standards), tuple(PlateSample(*key, tuple(v)) for key, v in groups.items()))


def _wrong(row: Mapping[str, str]) -> list[tuple[str, str]]:
    """Columns of a row that can not be, with what was expected."""
    wrong = []
    if _number(row["signal"]) is None:
        wrong.append(("signal", "a number with a decimal point"))
    if row["kind"] == "standard":
        level = _number(row["concentration"])
        if level is None or level < 0:
            wrong.append(("concentration", "0 or more"))
    elif row["kind"] == "sample":
        factor = _number(row["dilution"] or "1")
        if factor is None or factor < 1:
            wrong.append(("dilution", "1 or more, or nothing"))
        if row["arm"] not in ARMS:
            wrong.append(("arm", "treated or control"))
        wrong += [(c, "a name") for c in ("name", "replicate") if not row[c]]
    else:
        wrong.append(("kind", "standard or sample"))
    return wrong


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
