"""Stability of a product: ``quality/stability.toml`` says what is stored how, ``quality/stability.csv`` what was found.

The plan names the period of use, storage conditions (real-time, accelerated, intermediate, stress), the lots and whose
they are (own: of this version; platform: of a sibling), and attributes with acceptance limits and the way they move.

Cannot see: whether a lot was made by the process that will be used, and results that nobody entered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.units import convert, relation, unit, why_different
from proband.science.quality.component_model import Above0, Id, Line, Number, Text, told
from proband.science.quality.plan_faults import other_version, twice
from proband.science.quality.quality_tables import STABILITY, Spoken, read_plan
from proband.science.quality.unit_codes import unit_problem
from proband.science.transcript.rna_tables import Row

PLAN = "quality/stability.toml"
TABLE = "quality/stability.csv"

Change = Literal["yes", "no", "not_stated"]


class Period(Strict):
    """The period of use: how long the product is kept before its last dose."""

    value: Above0
    unit: Literal["mo", "wk", "d", "h", "a"]
    because: Line


class Condition(Strict):
    """A storage condition; `kind` real_time is the condition in which the product is kept for use."""

    name: Line
    kind: Literal["real_time", "accelerated", "intermediate", "stress"]
    storage: Literal["room_temperature", "refrigerated", "frozen", "deep_frozen", "not_stated"] = "not_stated"
    significant_change: Change = "not_stated"
    title: Text = ""


class Lot(Strict):
    """A lot: of this version (own) or of a sibling (platform), primary or supporting, with a reason for the latter."""

    id: Line
    of: Literal["own", "platform"]
    product: Id
    role: Literal["primary", "supporting"] = "primary"
    because: Text = ""


class Attribute(Strict):
    """An attribute with its acceptance limits (in `unit`), and which way it moves over time."""

    name: Line
    unit: Line
    lower: Number | None = None
    upper: Number | None = None
    moves: Literal["falls", "rises", "either"]
    because: Text = ""
    potency: bool = False


class StabilityPlan(Strict):
    """The whole file; `product` is the id of this version, `product_class` decides what may be extrapolated."""

    format: Literal[1]
    product: Id
    product_class: Literal["biological", "chemical"]
    period_of_use: Period
    condition: Annotated[list[Condition], Field(min_length=1, max_length=50)]
    lot: Annotated[list[Lot], Field(min_length=1, max_length=500)]
    attribute: Annotated[list[Attribute], Field(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class Stability:
    """The plan with its rows."""

    plan: StabilityPlan
    rows: tuple[Row, ...]


def read_stability(
    plan: Path, table: Path | None, problems: list[Problem], product: str = "", names: tuple[str, str] = (PLAN, TABLE)
) -> Stability | None:
    """Plan and rows, or None; every fault of both is added to `problems`. A plan without a table has no rows."""
    kind = Spoken(StabilityPlan, STABILITY, _faults, _row_faults)
    read = read_plan(kind, plan, table, problems, product, names)
    return None if read is None else Stability(*read)


def months_of(period: Period) -> float:
    """The period of use in months (UCUM ``mo``).

    >>> months_of(Period(value=1.0, unit="a", because="last dose"))
    12.0
    """
    return convert(period.value, period.unit, "mo")


def _faults(f: StabilityPlan, product: str) -> Iterator[tuple[str, str, str, str]]:
    yield from other_version(f.product, product)
    for what, held in (("condition", f.condition), ("attribute", f.attribute)):
        yield from twice(what, (x.name for x in held))
    yield from twice("lot", (x.id for x in f.lot))
    real = sum(c.kind == "real_time" for c in f.condition)
    if real != 1:
        remedy = "the period of use has one storage condition: name it, and give the others another kind"
        yield "condition", f"{real} real-time conditions", "one", remedy
    for lot in f.lot:
        if (lot.of == "own") != (lot.product == f.product):
            expected = f"own for lots of {f.product}, platform for others"
            yield f"lot {lot.id}, key of", f"{lot.of}, of {lot.product}", expected, "correct one of them"
        if lot.role == "supporting" and not told(lot.because):
            yield (
                f"lot {lot.id}, key because",
                lot.because.strip()[:60] or "nothing",
                "why this lot is no primary lot",
                "write it",
            )
    for a in f.attribute:
        yield from _of_attribute(a)


def _of_attribute(a: Attribute) -> Iterator[tuple[str, str, str, str]]:
    place = f"attribute {a.name}"
    yield from unit_problem(a.unit, f"{place}, key unit")
    if a.lower is None and a.upper is None:
        yield place, "no limit", "lower, upper or both", "add the acceptance limit"
    if a.lower is not None and a.upper is not None and a.lower >= a.upper:
        yield place, f"{a.lower:g} to {a.upper:g}", "lower below upper", "correct the limits"
    lacks = {"falls": a.lower is None, "rises": a.upper is None, "either": False}[a.moves]
    if lacks and (a.lower is not None or a.upper is not None):
        found = f"{a.moves}, with no {'lower' if a.moves == 'falls' else 'upper'} limit"
        yield f"{place}, key moves", found, "a limit on that side", "add it, or correct which way the attribute moves"


def _row_faults(f: StabilityPlan, rows: Sequence[Row]) -> Iterator[tuple[str, str, str, str]]:
    known: Mapping[str, tuple[str, ...]] = {
        "lot": tuple(x.id for x in f.lot),
        "condition": tuple(x.name for x in f.condition),
        "attribute": tuple(x.name for x in f.attribute),
    }
    units = {a.name: a.unit for a in f.attribute}
    seen: set[tuple[str, str]] = set()
    for r in rows:
        for column, names in known.items():
            if r[column] not in names and (column, r[column]) not in seen:
                seen.add((column, r[column]))
                yield (
                    f"row {r.line}, column {column}",
                    r[column],
                    f"one of the plan's {column}s",
                    nearest(r[column], names),
                )
        wanted = units.get(r["attribute"])
        if wanted is not None and unit(wanted) and relation(r["unit"], wanted) not in ("same", "convertible"):
            why = why_different(r["unit"], wanted)
            yield f"row {r.line}, column unit", r["unit"], f"a unit that converts to {wanted}", why
    yield from _same_times(rows)


def _same_times(rows: Sequence[Row]) -> Iterator[tuple[str, str, str, str]]:
    """Two values of one time in two units of time: the table's own check sees equal numbers only."""
    seen: dict[tuple[object, ...], Row] = {}
    for r in rows:
        at = (r["lot"], r["condition"], r["attribute"], round(convert(r["time"], r["time_unit"], "d"), 6))
        first = seen.setdefault(at, r)
        if first is not r:
            remedy = "average replicates of one time to one reportable value"
            yield f"row {r.line}, column time", f"the same time as row {first.line}", "one value for each time", remedy
