"""What a program says of its assays, from ``quality/methods.toml``: validation, potency, identity, siblings.

A method has the characteristics of ICH Q2(R2): accuracy, precision (repeatability, intermediate), specificity, range,
response (linearity), limits of detection and quantitation with how they were found, and its stage: qualified,
validated or compendial. What is not written stays unknown; ``not_done`` says that something was not looked at. A
potency method says which level it measures; a potency run says on which version of the product it was made.

Cannot see: whether what is written is true, and whether a validation was done on this product's matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.units import relation
from proband.science.quality.component_model import Above0, Id, Line, Name, Number, Text, told
from proband.science.quality.plan_faults import other_version, to_come, twice
from proband.science.quality.unit_codes import unit_problem

METHODS = "quality/methods.toml"
CHARACTERISTICS = (
    "accuracy", "repeatability", "intermediate_precision", "specificity", "range", "linearity", "detection_limit",
    "quantitation_limit",
)  # fmt: skip
"""Characteristics of ICH Q2(R2), in the order in which they are shown."""
LEVELS = ("sequence_change", "downstream_effect")
"""What a potency assay may measure: the change that the product makes, or what it does in the cell."""

Letters = Annotated[str, Field(pattern=r"^[ACGTUacgtu]*$", max_length=20_000)]
TableName = Annotated[str, Field(pattern=r"^(quality/[A-Za-z0-9._-]{1,80}\.csv)?$")]
Characteristic = Literal[
    "accuracy", "repeatability", "intermediate_precision", "specificity", "range", "linearity", "detection_limit",
    "quantitation_limit",
]  # fmt: skip


class Measured(Strict):
    """A number with its unit."""

    value: Number
    unit: Line


class Range(Strict):
    """The validated range; an end that is not written is open and not known."""

    low: Number | None = None
    high: Number | None = None
    unit: Line


class Found(Strict):
    """A limit with how it was found."""

    value: Above0
    unit: Line
    how: Literal["classical", "probit", "precision_profile", "total_error", "signal_to_noise", "other", "not_stated"]


class Potency(Strict):
    """Which level a potency assay measures, and the readout in words."""

    level: Literal["sequence_change", "downstream_effect"]
    readout: Line


class Identity(Strict):
    """What an identity test looks at.

    mass: an intact mass with accuracy, and acceptance window where it differs; sequence: letters read, all or a range
    (1-based, inclusive); length: with its resolution in nucleotides; hybridisation: mismatches that prevent a signal;
    shown: siblings that an experiment told apart or did not, with where.
    """

    by: Literal["mass", "sequence", "length", "hybridisation", "shown"]
    accuracy: Above0 | None = None
    window: Above0 | None = None
    unit: Literal["Da", "g/mol", "ppm", ""] = ""
    reads: Annotated[list[Annotated[int, Field(ge=1, le=20_000)]], Field(min_length=2, max_length=2)] | None = None
    resolution_nt: Annotated[int, Field(ge=0, le=20_000)] | None = None
    mismatches: Annotated[int, Field(ge=1, le=20_000)] | None = None
    told_apart: list[Id] = []
    not_told_apart: list[Id] = []
    source: Text = ""


class Method(Strict):
    """One assay as its program describes it; what is not written is None or empty.

    `attribute` and `covers`: the attributes, as tables of results name them, that the validated range is of.
    """

    id: Id
    attribute: Line
    covers: Annotated[list[Line], Field(max_length=50)] = []
    technique: Line
    stage: Literal["qualified", "validated", "compendial", "in_development", "not_stated"] = "not_stated"
    version: Text = ""
    on: date | None = None
    source: Text = ""
    range: Range | None = None
    repeatability: Measured | None = None
    intermediate_precision: Measured | None = None
    accuracy: Measured | None = None
    specificity: Text = ""
    linearity: Text = ""
    detection_limit: Found | None = None
    quantitation_limit: Found | None = None
    not_done: list[Characteristic] = []
    replicates: TableName = ""
    hits: TableName = ""
    blank_rule: Literal["rank", "normal"] = "rank"
    goal_cv_percent: Annotated[float, Field(allow_inf_nan=False, gt=0, le=200)] | None = None
    potency: Potency | None = None
    identity: Identity | None = None


class Sibling(Strict):
    """Another version of the platform: its letters, or its mass."""

    name: Id
    sequence: Letters = ""
    mass: Above0 | None = None
    source: Text = ""


class Own(Strict):
    """What identity is tested on: the letters (or mass) of this version, and the component they belong to."""

    component: Name = ""
    sequence: Letters = ""
    mass: Above0 | None = None


class PotencyRun(Strict):
    """One run of a potency assay, on a version of the product."""

    method: Id
    version: Id
    lot: Name = ""
    on: date | None = None
    value: Number | None = None
    unit: Text = ""
    source: Line


class MethodsFile(Strict):
    """The whole file; `product` is the id of this version."""

    format: Literal[1]
    product: Id
    method: Annotated[list[Method], Field(min_length=1, max_length=500)]
    own: Own | None = None
    sibling: Annotated[list[Sibling], Field(max_length=2000)] = []
    potency_run: Annotated[list[PotencyRun], Field(max_length=5000)] = []
    potency_not_measured: list[Literal["sequence_change", "downstream_effect"]] = []


@dataclass(frozen=True, slots=True)
class Stated:
    """The characteristics of a method: stated, said not to be done (absent), or not written."""

    present: tuple[str, ...]
    absent: tuple[str, ...]
    unknown: tuple[str, ...]


def stated(m: Method) -> Stated:
    """Which characteristics a method states.

    >>> one = Method(id="a", attribute="purity", technique="HPLC", specificity="no peak", not_done=["linearity"])
    >>> made = stated(one)
    >>> made.present, made.absent, len(made.unknown)
    (('specificity',), ('linearity',), 6)
    """
    absent = tuple(c for c in CHARACTERISTICS if c in m.not_done)
    present = tuple(c for c in CHARACTERISTICS if c not in absent and (x := getattr(m, c)) and _says(x))
    return Stated(present, absent, tuple(c for c in CHARACTERISTICS if c not in (*present, *absent)))


def _says(held: object) -> bool:
    """Whether a characteristic is more than a word that says nothing."""
    return told(held) if isinstance(held, str) else True


def read_methods(path: Path, problems: list[Problem], name: str = METHODS, product: str = "") -> MethodsFile | None:
    """The methods of a file, or None; every fault is added to `problems`. `product`: the program's own version."""
    before = len(problems)
    raw = read_toml(path, name, problems)
    made = None if raw is None else parse(MethodsFile, raw, name, "", problems)
    if made is None:
        return None
    problems.extend(Problem(name, *f) for f in _faults(made, product))
    return made if len(problems) == before else None


def _faults(f: MethodsFile, product: str) -> Iterator[tuple[str, str, str, str]]:
    yield from other_version(f.product, product)
    yield from twice("method", (m.id for m in f.method))
    yield from twice("sibling", (s.name for s in f.sibling))
    names = tuple(s.name for s in f.sibling)
    for m in f.method:
        yield from _of_method(m, names)
    for s in f.sibling:
        if s.name == f.product:
            yield f"sibling {s.name}", s.name, "another version", "a version is no sibling of itself: remove it"
    known = tuple(m.id for m in f.method if m.potency is not None)
    for i, run in enumerate(f.potency_run, start=1):
        place = f"potency_run {i}"
        if run.method not in known:
            remedy = nearest(run.method, known) if known else "give that method [method.potency]"
            yield f"{place}, key method", run.method, "a method with [method.potency]", remedy
        if (run.value is None) != (not run.unit):
            yield f"{place}, key unit", run.unit or "nothing", "value and unit together", "add the other one"
        elif run.unit:
            yield from unit_problem(run.unit, f"{place}, key unit")
        yield from to_come(f"{place}, key on", run.on)
        if not told(run.source):
            yield f"{place}, key source", run.source[:60], "where the run is written", "name the report"
    measured = {m.potency.level for m in f.method if m.potency is not None}
    for level in sorted(measured & set(f.potency_not_measured)):
        yield "key potency_not_measured", level, "a level that no method measures", "remove it, or the method's potency"


def _of_method(m: Method, siblings: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    place = f"method {m.id}"
    for key in (
        "range",
        "repeatability",
        "intermediate_precision",
        "accuracy",
        "detection_limit",
        "quantitation_limit",
    ):
        held = getattr(m, key)
        if held is not None:
            yield from unit_problem(held.unit, f"{place}, key {key}.unit")
        if held is not None and key in m.not_done:
            yield f"{place}, key not_done", key, "what was not looked at", "remove it here, or its number"
    for key in ("specificity", "linearity"):
        if getattr(m, key) and key in m.not_done:
            yield f"{place}, key not_done", key, "what was not looked at", "remove it here, or its text"
    yield from to_come(f"{place}, key on", m.on)
    r = m.range
    if r is not None and r.low is None and r.high is None:
        yield f"{place}, key range", "no end", "low, high or both", "add them"
    if r is not None and r.low is not None and r.high is not None and r.low >= r.high:
        yield f"{place}, key range", f"{r.low:g} to {r.high:g}", "low below high", "correct the ends"
    yield from _limits(m, place)
    if m.identity is not None:
        yield from _of_identity(m.identity, f"{place}, identity", siblings)


def _limits(m: Method, place: str) -> Iterator[tuple[str, str, str, str]]:
    d, q = m.detection_limit, m.quantitation_limit
    if d is None or q is None or any(True for x in (d, q) for _ in unit_problem(x.unit, "")):
        return
    if relation(d.unit, q.unit) not in ("same", "convertible"):
        yield f"{place}, key quantitation_limit.unit", q.unit, f"a unit that converts to {d.unit}", "give one unit"
    elif d.unit == q.unit and d.value > q.value:
        found = f"{q.value:g}, below the limit of detection {d.value:g}"
        yield f"{place}, key quantitation_limit", found, "at least the limit of detection", "correct one of them"


def _of_identity(x: Identity, place: str, siblings: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    if x.by == "mass" and (x.accuracy is not None) != bool(x.unit):
        yield f"{place}, key accuracy", "one of accuracy and unit", "both", 'write accuracy = 20, unit = "ppm"'
    if x.reads is not None and x.reads[0] > x.reads[1]:
        yield f"{place}, key reads", f"{x.reads[0]} to {x.reads[1]}", "first and last position", "turn them round"
    only = {
        "accuracy": "mass",
        "window": "mass",
        "reads": "sequence",
        "resolution_nt": "length",
        "mismatches": "hybridisation",
    }
    for key, by in only.items():
        if getattr(x, key) is not None and x.by != by and not (key == "reads" and x.by == "hybridisation"):
            yield f"{place}, key {key}", key, f"only with by = {by!r}", "remove it, or mend by"
    if (x.told_apart or x.not_told_apart) and (x.by != "shown" or not told(x.source)):
        yield f"{place}, key told_apart", x.by, "by = 'shown' with a source", "say where it was shown"
    for name in (*x.told_apart, *x.not_told_apart):
        if name not in siblings:
            remedy = nearest(name, tuple(siblings)) if siblings else "add [[sibling]]"
            yield f"{place}, key told_apart", name, "a sibling of this file", remedy
    both = sorted(set(x.told_apart) & set(x.not_told_apart))
    if both:
        yield f"{place}, key told_apart", ", ".join(both), "each sibling once", "remove one"
