"""``plan/endpoints.toml``: main and supporting endpoints, composites, what counts as benefit, domains of care.

The main endpoint of a plan (``plan/analysis_plan.toml``) stands here too, with what the plan leaves open: scale, how an
effect follows a dose, covariates. Where both name one, they must agree. Without this file the plan's endpoint stands
alone, as a step at the first dose on the plain scale.

Cannot see: when it was written. The seal covers the plan and not this file; lines that rest on it say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem
from proband.core.kinds import nearest

if TYPE_CHECKING:
    from proband.science.clinical.records import ClinicalRecord
    from proband.science.trial.plan_designs import Plan

FILE, PLAN = "plan/endpoints.toml", "plan/analysis_plan.toml"
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"\S")]
Days = Annotated[float, Field(ge=0, le=36_600, allow_inf_nan=False)]
Number = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
Domain = Literal["diet", "rescue_drug", "immunosuppression", "transplant", "other_drug"]


class Endpoint(Strict):
    """An endpoint: its parameter in the clinical tables, which way is better, and how an effect would show in it.

    `bin_days`: each value counts events over so many days from its day on; leave it out for measured values.
    """

    parameter: Name
    better: Literal["lower", "higher"]
    role: Literal["main", "supporting"]
    scale: Literal["linear", "logarithm"] = "linear"
    delay_days: Days = 0.0
    ramp_days: Days = 0.0
    trend: bool = False
    covariates: Annotated[list[Name], Field(max_length=20)] = []
    bin_days: Annotated[float, Field(gt=0, le=366)] | None = None


class Part(Strict):
    """One component of a composite; with `in_care` its values are levels of care, in force until the next one."""

    parameter: Name
    better: Literal["lower", "higher"]
    margin: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
    in_care: bool = False


class Composite(Strict):
    """Several components as one endpoint, by a rule of `within_patient.composites`."""

    name: Name
    rule: Literal["hierarchy", "dominance", "rank_sum"]
    part: Annotated[list[Part], Field(min_length=2, max_length=10)]


class Benefit(Strict):
    """When a patient has benefit: values of an endpoint at or beyond `value`; lost after so many others in a row."""

    parameter: Name
    value: Number
    unit: Name
    consecutive: Annotated[int, Field(ge=1, le=20)]
    planned_days: Annotated[list[Annotated[float, Field(gt=0, le=36_600)]], Field(min_length=1, max_length=20)]
    because: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]


class _File(Strict):
    format: Literal[1]
    endpoint: Annotated[list[Endpoint], Field(min_length=1, max_length=30)]
    composite: Annotated[list[Composite], Field(max_length=10)] = []
    durability: Benefit | None = None
    care_domains: dict[Name, Domain] = {}


@dataclass(frozen=True, slots=True)
class Declared:
    """What a folder declares of its endpoints, main one first; `plan` where there is one; `files` it was read from."""

    endpoints: tuple[Endpoint, ...]
    composites: tuple[Composite, ...]
    benefit: Benefit | None
    care_domains: Mapping[str, str]
    plan: Plan | None
    files: tuple[str, ...]

    @property
    def main(self) -> Endpoint:
        """The main endpoint."""
        return self.endpoints[0]


def read_declared(files: Mapping[str, Path], problems: list[Problem], plan_too: bool = True) -> Declared | None:
    """What the folder's files (path in the folder to path) declare, or None: nothing declared, or problems added.

    With `plan_too` false faults of the plan itself are not told again: the analyses of the plan tell them.
    """
    from proband.science.trial.plan_file import plan_or_problems

    before, in_plan = len(problems), list[Problem]()
    read = plan_or_problems(files[PLAN], PLAN, in_plan) if PLAN in files else None
    if plan_too:
        problems += in_plan
    plan = read.plan if read is not None else None
    if FILE not in files:
        alone = _of_plan(plan) if plan is not None else None
        return Declared((alone,), (), None, {}, plan, (PLAN,)) if alone is not None else None
    raw = read_toml(files[FILE], FILE, problems)
    made = parse(_File, raw, FILE, "", problems) if raw is not None else None
    if made is None:
        return None
    problems += _faults(made, plan)
    if len(problems) > before:
        return None
    ordered = sorted(made.endpoint, key=lambda e: e.role)
    used = (FILE, PLAN) if plan is not None else (FILE,)
    return Declared(tuple(ordered), tuple(made.composite), made.durability, dict(made.care_domains), plan, used)


def _of_plan(plan: Plan) -> Endpoint:
    held = plan.estimand.endpoint
    names = [c.name for c in plan.covariates]
    return Endpoint(parameter=held.parameter, better=held.better, role="main", covariates=names)


def _faults(made: _File, plan: Plan | None) -> Iterator[Problem]:
    mains = [e for e in made.endpoint if e.role == "main"]
    if len(mains) != 1:
        found = f"{len(mains)} main endpoints"
        yield Problem(FILE, "endpoint", found, "one, the others supporting", "say which one the claim rests on")
    names = [*(e.parameter for e in made.endpoint), *(c.name for c in made.composite)]
    for twice in sorted({n for n in names if names.count(n) > 1}):
        yield Problem(FILE, f"endpoint {twice}", "named twice", "each once", "remove or rename one")
    for e in made.endpoint:
        if e.bin_days is not None and (e.scale == "logarithm" or e.covariates or e.trend or e.ramp_days):
            remedy = "leave scale, covariates, trend and ramp_days out, or bin_days"
            yield Problem(FILE, f"endpoint {e.parameter}", "counts with parts of a biomarker", "one of both", remedy)
    for c in made.composite:
        parts = [p.parameter for p in c.part]
        if len(set(parts)) < len(parts):
            yield Problem(FILE, f"composite {c.name}", "a component twice", "each once", "remove one")
        if c.part[0].in_care:
            remedy = "let the first component be one that is measured: its days are the visits"
            yield Problem(FILE, f"composite {c.name}", "care as the first component", "a measured one", remedy)
    if made.durability is not None:
        known = [e.parameter for e in made.endpoint if e.bin_days is None]
        if made.durability.parameter not in known:
            found, expected = made.durability.parameter, "a measured endpoint of this file"
            yield Problem(FILE, "durability, key parameter", found, expected, nearest(found, tuple(known)))
    if plan is not None and len(mains) == 1:
        held, mine = plan.estimand.endpoint, mains[0]
        if (held.parameter, held.better) != (mine.parameter, mine.better):
            found, expected = f"{mine.parameter}, {mine.better} is better", f"{held.parameter}, {held.better}"
            yield Problem(FILE, "main endpoint", found, f"that of {PLAN}: {expected}", "let both say the same")


def names_missing(declared: Declared, record: ClinicalRecord) -> Iterator[Problem]:
    """Declared names that no table has although such tables have rows: a typing error would read as silence."""
    measured = {p for _, p in record.series} | {m.parameter for m in record.missed}
    cared = {n for _, n in record.care}
    asked = [(e.parameter, "endpoint", measured) for e in declared.endpoints]
    parts = [p for c in declared.composites for p in c.part]
    asked += [(p.parameter, "component", cared if p.in_care else measured) for p in parts]
    if FILE in declared.files:
        asked += [(c, "covariate", cared) for e in declared.endpoints for c in e.covariates]
    asked += [(n, "name under care_domains", cared) for n in declared.care_domains]
    for name, what, known in dict.fromkeys((n, w, frozenset(k)) for n, w, k in asked):
        if known and name not in known:
            table = "clinical/care.csv" if known == cared else "the clinical tables"
            place = declared.files[0]
            yield Problem(place, f"{what} {name}", name, f"a name in {table}", nearest(name, tuple(sorted(known))))
    benefit = declared.benefit
    units = {s.unit for (_, p), s in record.series.items() if benefit is not None and p == benefit.parameter}
    if benefit is not None and units and benefit.unit not in units:
        remedy = "give value and unit as in the tables"
        yield Problem(FILE, "durability, key unit", benefit.unit, f"{', '.join(sorted(units))}", remedy)


def read_with_record(
    files: Mapping[str, Path], problems: list[Problem], plan_too: bool = True
) -> tuple[Declared, ClinicalRecord] | None:
    """What is declared, and the clinical record, read together; None where nothing is declared, or problems added.

    `files`: path in the folder to path. Loads no numerical library.
    """
    from proband.science.clinical.read import read_clinical

    before = len(problems)
    declared = read_declared(files, problems, plan_too)
    if declared is None:
        return None
    tables = {n: p for n, p in files.items() if n.startswith("clinical/") and n.endswith(".csv")}
    record = read_clinical(tables, problems)
    if record is None:
        return None
    problems += names_missing(declared, record)
    return (declared, record) if len(problems) == before else None
