"""``reported/*.toml``: results known only as numbers, each with source, locator, read level and definition.

A count may be taken from a table that lies beside the file: ``successes = { table = "alleles", sum = "reads",
where = { residue = "Gln" } }``. The number then has a trace to the rows, not to a person's addition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml, shown
from proband.core.errors import Problem
from proband.core.evidence import (
    TABLE_PREVIEW_ROWS,
    Citation,
    Column,
    Concern,
    ConcernWord,
    Figure,
    Members,
    ReadLevel,
    Scope,
    Subject,
    Table,
)
from proband.core.kinds import kinds, line_problems, nearest
from proband.core.number_spec import NumberSpec, parse_number, unit_fault
from proband.core.reported import Inconsistency, ReportedResult
from proband.folder.files import digest_file, inside
from proband.folder.program_file import PSEUDONYM
from proband.folder.tables import CsvRow, plain_number, read_csv

PLANNED = ("from_on",)
"""Date facts that may lie in the future: they are plans."""
Line = Annotated[str, Field(min_length=1, max_length=4000)]
Level = Literal["P", "A", "T", "S", "D", "R"]
Confidence = Literal["high", "medium", "low"]


class _Source(Strict):
    document: Line
    address: str = ""
    read_level: Level
    confidence: Confidence
    read_from: str = ""
    note: str = ""


class _Scope(Strict):
    where: Line
    how: Line
    denominator: str = ""
    detection_limit: str = ""
    not_covered: str = ""


class _Subject(Strict):
    type: Literal[
        "patient",
        "sample",
        "lot",
        "site",
        "variant",
        "cohort",
        "program",
        "animals",
        "factor",
        "endpoint",
        "attribute",
        "version",
    ]
    id: Annotated[str, Field(min_length=1, max_length=80)]


class _Concern(Strict):
    word: Literal["imprecise", "indirect", "inconsistent", "biased", "selective", "low_quality"]
    because: Line


class _Members(Strict):
    present: list[Line] = []
    absent: list[Line] = []
    unknown: list[Line] = []


class _Column(Strict):
    name: Line
    unit: str = ""
    meaning: Line


class _Table(Strict):
    name: Line
    title: Line
    file: Line
    column: list[_Column]


class _Figure(Strict):
    name: Line
    title: Line
    alt: Line
    chart: Literal["bars", "points", "intervals", "timeline"]
    encoding: dict[str, str]
    labels: dict[str, str] = {}
    table: str = ""
    rows: list[dict[str, str | int | float]] = []


class _Result(Strict):
    id: Annotated[str, Field(pattern=PSEUDONYM)]
    kind: Line
    statement: Line
    subject: _Subject
    locator: Line
    readout_definition: Line
    read_level: Level | None = None
    confidence: Confidence | None = None
    note: str = ""
    observed_on: date | None = None
    version: Annotated[str, Field(pattern=f"^$|{PSEUDONYM}")] = ""
    scope: _Scope
    quantity: dict[str, dict[str, Any]] = {}
    fact: dict[str, Line | date] = {}
    members: dict[str, _Members] = {}
    assumptions: list[Line] = []
    concern: list[_Concern] = []
    table: list[_Table] = []
    figure: list[_Figure] = []


class _Said(Strict):
    text: Line
    locator: Line


class _Inconsistency(Strict):
    what: Line
    says: Annotated[list[_Said], Field(min_length=2)]


class _File(Strict):
    source: _Source
    result: Annotated[list[_Result], Field(min_length=1)]
    inconsistency: list[_Inconsistency] = []


def read_reported(root: Path, name: str, problems: list[Problem]) -> tuple[list[ReportedResult], list[Inconsistency]]:
    """The results of one ``reported/*.toml``, and what its sources contradict themselves on.

    Faults are added to `problems`; an inconsistency of the sources is not a fault of the folder.
    """
    raw = read_toml(root / name, name, problems)
    block = parse(_File, raw, name, "", problems) if raw is not None else None
    if block is None:
        return [], []
    results = [r for b in block.result if (r := _result(root, name, block.source, b, problems))]
    stated = [Inconsistency(name, i.what, tuple((s.text, s.locator) for s in i.says)) for i in block.inconsistency]
    return results, stated


def _result(root: Path, name: str, source: _Source, b: _Result, problems: list[Problem]) -> ReportedResult | None:
    place = f"result {b.id}"
    before = len(problems)
    loaded = {t.name: _table(root, name, t, place, problems) for t in b.table}
    tables = {n: t for n, t in loaded.items() if t is not None}
    quantities: dict[str, NumberSpec] = {}
    for q, written in b.quantity.items():
        spec = _number(q, written, tables, name, place, problems)
        if spec is not None:
            quantities[q] = spec
    figures = tuple(f for g in b.figure if (f := _figure(g, tables, name, place, problems)))
    facts: dict[str, Any] = dict(b.fact)
    for fact, members in b.members.items():
        try:
            facts[fact] = Members(tuple(members.present), tuple(members.absent), tuple(members.unknown))
        except ValueError as e:
            problems.append(
                Problem(name, f"{place}, members {fact}", str(e), "each member once", "name it under one heading")
            )
    scope = Scope(**b.scope.model_dump(), settings={"version": b.version} if b.version else {})
    units = {q: s.unit for q, s in quantities.items()}
    problems.extend(line_problems(b.kind, units, facts, scope, name, place))
    problems.extend(_value_problems(b, quantities, name, place))
    if len(problems) > before:
        return None
    return ReportedResult(
        file=name,
        files=tuple(sorted({t.path for t, _ in tables.values()})),
        id=b.id,
        kind=b.kind,
        statement=b.statement,
        subject=Subject(b.subject.type, b.subject.id),
        readout_definition=b.readout_definition,
        citation=_citation(source, b),
        scope=scope,
        quantities=quantities,
        facts=facts,
        observed_on=b.observed_on,
        assumptions=tuple(b.assumptions),
        concerns=tuple(Concern(ConcernWord(c.word), c.because) for c in b.concern),
        tables=tuple(t for t, _ in tables.values()),
        figures=figures,
    )


def _value_problems(b: _Result, quantities: Mapping[str, NumberSpec], name: str, place: str) -> list[Problem]:
    """Numbers that can not have their unit, facts that say nothing, and dates that have not come yet."""
    found = []
    declared = kinds()[b.kind].quantities if b.kind in kinds() else {}
    for q, spec in quantities.items():
        d = declared.get(q)
        fault = unit_fault(spec, d.unit, exact=d.exact, signed=d.signed) if d and d.unit == spec.unit else ""
        if fault:
            expected = f"a number that can have the unit {spec.unit}"
            found.append(Problem(name, f"{place}, quantity {q}", fault, expected, "correct it"))
    dates = {"key observed_on": b.observed_on}
    for fact, value in b.fact.items():
        if isinstance(value, str) and not value.strip():
            found.append(Problem(name, f"{place}, fact {fact}", "nothing", "a value", "fill it in, or leave it out"))
        elif isinstance(value, date) and fact not in PLANNED:
            dates[f"fact {fact}"] = value
    for what, day in dates.items():
        if day and day > date.today():
            found.append(Problem(name, f"{place}, {what}", str(day), "today or an earlier day", "correct it"))
    return found


def _citation(source: _Source, b: _Result) -> Citation:
    level = ReadLevel(b.read_level or source.read_level)
    note = " ".join(x for x in (source.note, b.note) if x)
    return Citation(
        source.document, b.locator, source.address, level, b.confidence or source.confidence, source.read_from, note
    )


_Loaded = tuple[Table, list[CsvRow]]


def _table(root: Path, name: str, t: _Table, place: str, problems: list[Problem]) -> _Loaded | None:
    relative = f"reported/{t.file}"
    path = inside(root, relative)
    at = f"{place}, table {t.name}"
    if path is None or ".." in Path(t.file).parts or t.file.startswith("/"):
        problems.append(
            Problem(name, at, shown(t.file), "a file of reported/", "a path may not leave the program folder")
        )
        return None
    if not path.is_file():
        problems.append(
            Problem(name, at, f"no file {shown(t.file)}", "a CSV beside this file", "add it or correct its name")
        )
        return None
    faults: list[Problem] = []
    rows = read_csv(path, relative, faults)
    if faults:
        problems.extend(f for f in faults if f not in problems)
        return None
    columns = tuple(Column(c.name, c.unit, c.meaning) for c in t.column)
    present = list(rows[0].cells) if rows else []
    for wanted in (c.name for c in columns):
        if wanted not in present:
            problems.append(
                Problem(
                    name,
                    f"{at}, column {wanted}",
                    "no such column",
                    f"one of {', '.join(present) or 'none'}",
                    nearest(wanted, tuple(present) or ("none",)),
                )
            )
            return None
    preview = tuple(tuple(r.cells[c.name] for c in columns) for r in rows[:TABLE_PREVIEW_ROWS])
    return Table(t.name, t.title, columns, len(rows), digest_file(path), relative, preview), rows


def _number(
    quantity: str,
    written: Mapping[str, Any],
    tables: Mapping[str, _Loaded],
    name: str,
    place: str,
    problems: list[Problem],
) -> NumberSpec | None:
    at = f"{place}, quantity {quantity}"
    try:
        resolved = {k: _from_table(v, tables) if isinstance(v, dict) else v for k, v in written.items()}
        spec = parse_number(resolved)
    except ValueError as e:
        problems.append(
            Problem(
                name,
                at,
                shown(dict(written)),
                str(e),
                "write one of the number forms of docs/reference/program-folder.md",
            )
        )
        return None
    return _in_fractions(spec) if spec.unit == "percent" else spec


def _from_table(rule: Mapping[str, Any], tables: Mapping[str, _Loaded]) -> float:
    """A sum over the rows of a table in which all named columns have the named values."""
    if not {"table", "sum"} <= set(rule) <= {"table", "sum", "where"}:
        raise ValueError("a count from a table has the keys table, sum and, if wanted, where")
    if rule["table"] not in tables:
        raise ValueError(f"no table {rule['table']!r} in this result")
    rows = tables[rule["table"]][1]
    where: Mapping[str, str] = rule.get("where", {})
    for column in (rule["sum"], *where):
        if not rows or column not in rows[0].cells:
            raise ValueError(f"the table has no column {column!r}")
    chosen = [r for r in rows if all(r.cells[c] == str(v) for c, v in where.items())]
    if not chosen:
        raise ValueError(f"no row has {', '.join(f'{c} = {v}' for c, v in where.items())}")
    try:
        return float(sum(plain_number(r.cells[rule["sum"]]) for r in chosen))
    except ValueError:
        raise ValueError(f"column {rule['sum']!r} holds a cell that is not a number") from None


def _in_fractions(spec: NumberSpec) -> NumberSpec:
    """A number printed in percent, as a fraction; counts need no change."""
    scaled = {"value", "low", "high", "upper", "lower", "exact"}
    figures = {k: v / 100 if k in scaled else v for k, v in spec.figures.items()}
    replicates = tuple(x / 100 for x in spec.replicates)
    return replace(spec, figures=figures, replicates=replicates, unit="fraction")


def _figure(g: _Figure, tables: Mapping[str, _Loaded], name: str, place: str, problems: list[Problem]) -> Figure | None:
    at = f"{place}, figure {g.name}"
    if bool(g.table) == bool(g.rows) or (g.table and g.table not in tables):
        problems.append(
            Problem(
                name,
                at,
                "no rows, or both rows and a table",
                "either rows, or the name of a table of this result",
                "give one of the two",
            )
        )
        return None
    rows = [dict(r.cells) for r in tables[g.table][1]] if g.table else [dict(r) for r in g.rows]
    for channel, column in g.encoding.items():
        if any(column not in r for r in rows):
            problems.append(
                Problem(
                    name,
                    f"{at}, encoding {channel}",
                    f"no column {shown(column)}",
                    "a column of its rows",
                    "correct the name",
                )
            )
            return None
    return Figure(g.name, g.title, g.alt, g.chart, g.encoding, tuple(_typed(r) for r in rows), g.labels)


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Cells that are numbers as numbers; all others as text."""

    def value(cell: Any) -> Any:
        try:
            return plain_number(cell) if isinstance(cell, str) else cell
        except ValueError:
            return cell

    return {k: value(v) for k, v in row.items()}
