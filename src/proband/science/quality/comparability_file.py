"""A change of the process and what was compared: ``quality/comparability.toml`` and ``quality/comparability.csv``.

Each change lists the attributes that matter to it, each with its criticality, its tier and the reason: equivalence (two
one-sided tests against margins), quality_range (lots within mean +- k SD), or side_by_side (a person looks, and signs
here what was found). Margins carry the day they were fixed on, and a change the day its first result was known.

Cannot see: attributes that nobody listed, and whether a margin is small enough for the patient.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.units import relation, why_different
from proband.science.quality.component_model import Above0, Id, Line, Number, Text, told
from proband.science.quality.plan_faults import other_version, to_come, twice
from proband.science.quality.quality_tables import COMPARABILITY, Spoken, read_plan
from proband.science.quality.unit_codes import unit_problem
from proband.science.transcript.rna_tables import Row

PLAN = "quality/comparability.toml"
TABLE = "quality/comparability.csv"


class ProcessChange(Strict):
    """A change, with its own day and the day on which the first result after it was known."""

    id: Id
    title: Line
    on: date | None = None
    first_result_on: date | None = None
    because: Text = ""


class Judged(Strict):
    """What a person found side by side, signed."""

    verdict: Literal["comparable", "not_comparable"]
    by: Line
    on: date
    because: Line


class Compared(Strict):
    """An attribute compared after a change.

    `lower` and `upper`: margins of the difference after less before, in `unit`; ratios with scale = "ratio". `sd`: the
    SD between lots that the design was made for, on that scale.
    """

    change: Id
    name: Line
    unit: Line
    criticality: Literal["critical", "key", "other"]
    tier: Literal["equivalence", "quality_range", "side_by_side"]
    potency: bool = False
    scale: Literal["difference", "ratio"] = "difference"
    lower: Number | None = None
    upper: Number | None = None
    k: Annotated[float, Field(allow_inf_nan=False, gt=0, le=10)] | None = None
    share: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1)] | None = None
    sd: Above0 | None = None
    set_on: date | None = None
    because: Line
    not_compared: Text = ""
    judged: Judged | None = None


class ComparabilityPlan(Strict):
    """The whole file; `product` is the id of this version."""

    format: Literal[1]
    product: Id
    change: Annotated[list[ProcessChange], Field(min_length=1, max_length=50)]
    attribute: Annotated[list[Compared], Field(min_length=1, max_length=500)]


@dataclass(frozen=True, slots=True)
class Comparability:
    """The plan with its rows."""

    plan: ComparabilityPlan
    rows: tuple[Row, ...]


def read_comparability(
    plan: Path, table: Path | None, problems: list[Problem], product: str = "", names: tuple[str, str] = (PLAN, TABLE)
) -> Comparability | None:
    """Plan and rows, or None; every fault of both is added to `problems`. A plan without a table has no rows."""
    kind = Spoken(ComparabilityPlan, COMPARABILITY, _faults, _row_faults)
    read = read_plan(kind, plan, table, problems, product, names)
    return None if read is None else Comparability(*read)


def _faults(f: ComparabilityPlan, product: str) -> Iterator[tuple[str, str, str, str]]:
    yield from other_version(f.product, product)
    yield from twice("change", (c.id for c in f.change))
    yield from twice("attribute", (f"{a.name} of {a.change}" for a in f.attribute))
    changes = {c.id: c for c in f.change}
    for c in f.change:
        for key in ("on", "first_result_on"):
            yield from to_come(f"change {c.id}, key {key}", getattr(c, key))
        if not any(a.change == c.id for a in f.attribute):
            yield f"change {c.id}", "no attribute", "the attributes that matter to it", "add [[attribute]] with change"
    for a in f.attribute:
        if a.name == "no potency attribute listed":
            yield f"attribute {a.name}", a.name, "a name of an attribute", "rename it"
        if a.change not in changes:
            yield f"attribute {a.name}, key change", a.change, "a change of this file", nearest(a.change, changes)
        yield from ((f"attribute {a.name}{at}", *rest) for at, *rest in _of_attribute(a))


def _of_attribute(a: Compared) -> Iterator[tuple[str, str, str, str]]:
    yield from unit_problem(a.unit, ", key unit")
    nothing = 1.0 if a.scale == "ratio" else 0.0
    if a.tier == "equivalence":
        if a.lower is None or a.upper is None:
            yield ", key lower", "a margin that is not written", "lower and upper", "equivalence needs both margins"
        elif not a.lower < nothing < a.upper or (a.scale == "ratio" and a.lower <= 0):
            expected = f"lower below {nothing:g}, upper above it{', both above 0' if a.scale == 'ratio' else ''}"
            yield (
                ", key lower",
                f"{a.lower:g} to {a.upper:g}",
                expected,
                "margins are of the difference, after less before",
            )
    elif a.lower is not None or a.upper is not None or a.scale == "ratio":
        yield ", key tier", a.tier, "margins and scale only with equivalence", "remove them, or mend the tier"
    if a.tier == "quality_range" and a.k is None:
        yield ", key k", "nothing", "how many SDs the range reaches", "write k = 3.0"
    if a.tier != "quality_range" and (a.k is not None or a.share is not None):
        yield ", key k", "k or share", "only with quality_range", "remove them, or mend the tier"
    if a.judged is not None and a.tier != "side_by_side":
        yield ", key judged", a.tier, "a person's finding only with side_by_side", "data decide here: remove it"
    for key in ("by", "because") if a.judged is not None else ():
        if not told(said := getattr(a.judged, key)):
            yield (
                f", key judged.{key}",
                said[:60],
                "who signs and why",
                "write it, or leave out judged: nobody has signed",
            )
    yield from to_come(", key judged.on", a.judged.on if a.judged is not None else None)
    yield from to_come(", key set_on", a.set_on)


def _row_faults(f: ComparabilityPlan, rows: Sequence[Row]) -> Iterator[tuple[str, str, str, str]]:
    held = {(a.change, a.name): a for a in f.attribute}
    changes = tuple(c.id for c in f.change)
    seen: set[tuple[str, str]] = set()
    sides: dict[tuple[str, str], Row] = {}
    for r in rows:
        if r["change"] not in changes:
            if ("change", r["change"]) not in seen:
                yield f"row {r.line}, column change", r["change"], "a change of the plan", nearest(r["change"], changes)
            seen.add(("change", r["change"]))
            continue
        a = held.get((r["change"], r["attribute"]))
        if a is None:
            if (r["change"], r["attribute"]) not in seen:
                names = tuple(n for c, n in held if c == r["change"])
                expected = f"an attribute of {r['change']}"
                yield f"row {r.line}, column attribute", r["attribute"], expected, nearest(r["attribute"], names)
            seen.add((r["change"], r["attribute"]))
            continue
        first = sides.setdefault((r["change"], r["lot"]), r)
        if first["side"] != r["side"]:
            found = f"lot {r['lot']} {r['side']}, and {first['side']} in row {first.line}"
            yield f"row {r.line}, column side", found, "each lot on one side of a change", "correct one of them"
        if relation(r["unit"], a.unit) not in ("same", "convertible"):
            why = why_different(r["unit"], a.unit)
            yield f"row {r.line}, column unit", r["unit"], f"a unit that converts to {a.unit}", why
        if a.not_compared:
            yield f"row {r.line}, column attribute", r["attribute"], "no values: not_compared is written", "remove one"
        if a.scale == "ratio" and r["value"] <= 0:
            yield f"row {r.line}, column value", f"{r['value']:g}", "above 0, for a ratio", "correct it, or the scale"
