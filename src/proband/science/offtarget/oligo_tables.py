"""Tables that a program supplies about off-target hits of an oligonucleotide: expression, and tests in cells.

- expression (any name): ``gene,tissue,tpm,source``. `gene` is a symbol or an id of the annotation; an empty `tpm` says
  that it was not measured. A gene that is not in the table is unknown, never low.
- ``offtarget/oligo_followup.csv``: ``hit,gene,tested_in,readout,on_target_ic50_nm,off_target_ic50_nm,highest_nm,
  exposure_nm,source``. One row for each hit (its id in the hit table) and cell system. An empty `tested_in` says that
  the hit was not tested. An empty `off_target_ic50_nm` says that half of the effect was not reached up to `highest_nm`:
  the margin is then a lower limit. `exposure_nm` is the concentration expected in the exposed tissue; empty where it is
  not known. All concentrations in nmol/L.

Every fault is told at once. Cannot see: whether TPM of two sources are comparable; whether cells stand for the tissue.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proband.border import hidden_characters, read_text, shown
from proband.core.errors import Problem

EXPRESSION_COLUMNS = ("gene", "tissue", "tpm", "source")
FOLLOWUP = "offtarget/oligo_followup.csv"
FOLLOWUP_COLUMNS = (
    "hit", "gene", "tested_in", "readout", "on_target_ic50_nm", "off_target_ic50_nm", "highest_nm", "exposure_nm",
    "source",
)  # fmt: skip
MOST_BYTES = 64_000_000
MOST_PROBLEMS = 20
_LONGEST = 200
EXPRESSED, LOW, UNKNOWN = "expressed", "low", "unknown"


@dataclass(frozen=True)
class Expression:
    """Transcripts per million by gene name, in one tissue; None was not measured. `least` counts as expressed."""

    tissue: str
    least: float
    tpm: Mapping[str, float | None]

    def of(self, names: Sequence[str]) -> tuple[str, float | None]:
        """Flag and the highest TPM of the genes named; unknown unless every one is measured, or one is expressed.

        >>> e = Expression("liver", 1.0, {"A": 0.2, "B": 3.0, "C": None})
        >>> e.of(["A"]), e.of(["A", "B"]), e.of(["A", "C"]), e.of(["D"])
        (('low', 0.2), ('expressed', 3.0), ('unknown', 0.2), ('unknown', None))
        """
        held = [self.tpm.get(n) for n in names]
        known = [v for v in held if v is not None]
        best = max(known, default=None)
        if best is not None and best >= self.least:
            return EXPRESSED, best
        return (LOW if known and len(known) == len(held) else UNKNOWN), best


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What was tested of one hit in one cell system; concentrations in nmol/L, None where there is none."""

    line: int
    hit: str
    gene: str
    tested_in: str
    readout: str
    on_target: float | None
    off_target: float | None
    highest: float | None
    exposure: float | None
    source: str

    @property
    def margin(self) -> tuple[float, bool] | None:
        """Off-target over on-target concentration, and whether it is a lower limit; None where it can not be told."""
        return _ratio(self.off_target, self.highest, self.on_target)

    @property
    def exposure_margin(self) -> tuple[float, bool] | None:
        """Off-target concentration over that expected in the exposed tissue, and whether it is a lower limit."""
        return _ratio(self.off_target, self.highest, self.exposure)


def _ratio(value: float | None, limit: float | None, under: float | None) -> tuple[float, bool] | None:
    if under is None or (value is None and limit is None):
        return None
    return (value / under, False) if value is not None else (float(limit or 0) / under, True)


def read_expression(path: Path, tissue: str, least: float, problems: list[Problem]) -> Expression | None:
    """The expression in one tissue of a table, or None with problems added under the file's name.

    `least` is the TPM from which a gene counts as expressed.
    """
    before, file = len(problems), path.name
    if not (math.isfinite(least) and least >= 0):
        problems.append(Problem("--expressed-from", "", f"{least}", "a number of 0 or more", "give a TPM"))
    rows = _rows(path, file, EXPRESSION_COLUMNS, problems)
    found: dict[str, float | None] = {}
    lines: dict[str, int] = {}
    for line, row in rows:
        value = _number(row, "tpm", file, line, problems, least=0.0)
        for column in ("gene", "tissue", "source"):
            _filled(row, column, file, line, problems)
        if row["tissue"] != tissue:
            continue
        if row["gene"] in found:
            at = f"line {line}, column gene"
            expected = f"each gene once in {tissue} (line {lines[row['gene']]} has it)"
            problems.append(Problem(file, at, shown(row["gene"]), expected, "keep one row"))
        found[row["gene"]], lines[row["gene"]] = value, line
    if rows and not found and len(problems) == before:
        known = sorted({row["tissue"] for _, row in rows})
        expected = ", ".join(shown(k) for k in known[:8])
        problems.append(
            Problem(file, "column tissue", f"no row of {shown(tissue)}", expected, "name one with --tissue")
        )
    return Expression(tissue, least, found) if len(problems) == before else None


def read_followup(path: Path, problems: list[Problem], hits: frozenset[str] | None = None) -> tuple[FollowUp, ...]:
    """The rows of ``offtarget/oligo_followup.csv``; every fault is added to `problems`.

    `hits` are ids of the hit table, to hold the rows against; None where there is no such table.
    """
    made: list[FollowUp] = []
    seen: dict[tuple[str, str], int] = {}
    for line, row in _rows(path, FOLLOWUP, FOLLOWUP_COLUMNS, problems):
        for column in ("hit", "source"):
            _filled(row, column, FOLLOWUP, line, problems)
        values = [
            _number(row, c, FOLLOWUP, line, problems, least=math.ulp(0.0))
            for c in ("on_target_ic50_nm", "off_target_ic50_nm", "highest_nm", "exposure_nm")
        ]
        one = FollowUp(line, row["hit"], row["gene"], row["tested_in"], row["readout"], *values, row["source"])
        problems.extend(_followup_problems(one, hits))
        key = one.hit, one.tested_in
        if key in seen:
            expected = f"each hit once for a cell system (line {seen[key]} has it)"
            problems.append(Problem(FOLLOWUP, f"line {line}, column hit", shown(one.hit), expected, "keep one row"))
        seen[key] = line
        made.append(one)
    return tuple(made)


def _followup_problems(one: FollowUp, hits: frozenset[str] | None) -> list[Problem]:
    at, problems = f"line {one.line}", []
    if hits is not None and one.hit not in hits:
        remedy = "take the id from the column hit of the hit table"
        problems.append(Problem(FOLLOWUP, f"{at}, column hit", shown(one.hit), "a hit of the hit table", remedy))
    numbers = (one.on_target, one.off_target, one.highest)
    if not one.tested_in and any(v is not None for v in numbers):
        expected = "where it was tested, beside its numbers"
        problems.append(Problem(FOLLOWUP, f"{at}, column tested_in", "nothing", expected, "name the cells"))
    if one.tested_in and one.off_target is None and one.highest is None:
        expected = "off_target_ic50_nm, or highest_nm where half of the effect was not reached"
        problems.append(Problem(FOLLOWUP, at, "neither of both", expected, "fill in what was measured"))
    if one.off_target is not None and one.highest is not None and one.off_target > one.highest:
        found = f"{one.off_target:g} above the highest concentration {one.highest:g}"
        expected = "at most the highest concentration tested"
        remedy = "leave it empty where it was not reached: an extrapolated value is none"
        problems.append(Problem(FOLLOWUP, f"{at}, column off_target_ic50_nm", found, expected, remedy))
    return problems


def _rows(path: Path, file: str, columns: tuple[str, ...], problems: list[Problem]) -> list[tuple[int, dict[str, str]]]:
    """Rows with their line numbers; none where a fault was told."""
    text = read_text(path, file, problems, limit=MOST_BYTES)
    if text is None:
        return []
    odd = hidden_characters(text, file)
    if odd:
        problems.extend(odd)
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    faults: list[Problem] = []
    try:
        for cells in reader:
            if reader.line_num == 1 or not any(cells):
                if reader.line_num == 1 and tuple(c.strip() for c in cells) != columns:
                    found = shown(",".join(cells))
                    problems.append(Problem(file, "header", found, ",".join(columns), "write these columns"))
                    return []
                continue
            if len(cells) != len(columns) or any(len(c) > _LONGEST for c in cells):
                found = f"{len(cells)} cells" if len(cells) != len(columns) else f"a cell of over {_LONGEST} characters"
                faults.append(Problem(file, f"line {reader.line_num}", found, f"{len(columns)} short cells", "mend it"))
            else:
                rows.append((reader.line_num, {c: v.strip() for c, v in zip(columns, cells, strict=True)}))
    except csv.Error as fault:
        faults.append(Problem(file, f"line {reader.line_num}", str(fault)[:100], "a CSV file", "mend the quotes"))
    if not rows and not faults:
        faults.append(Problem(file, "", "no rows", "one row at least", "fill it in, or leave the file out"))
    problems.extend(faults[:MOST_PROBLEMS])
    return [] if faults else rows


def _filled(row: Mapping[str, str], column: str, file: str, line: int, problems: list[Problem]) -> None:
    if not row[column]:
        problems.append(Problem(file, f"line {line}, column {column}", "nothing", "a name", "fill it in"))


def _number(
    row: Mapping[str, str], column: str, file: str, line: int, problems: list[Problem], least: float
) -> float | None:
    text, read = row[column], _plain
    if not text:
        return None
    value = read(text)
    if value is None or value < least:
        expected = "a number above 0" if least else "a number of 0 or more"
        problems.append(
            Problem(file, f"line {line}, column {column}", shown(text), f"{expected}, or nothing", "mend it")
        )
        return None
    return value


def _plain(text: str) -> float | None:
    convert: Callable[[str], float] = float
    try:
        value = convert(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None
