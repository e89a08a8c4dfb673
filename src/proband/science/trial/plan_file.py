"""Reading ``plan/analysis_plan.toml`` strictly: every fault at once, each with its remedy.

Beside unknown keys, missing keys and types: windows in order, a success rule with all it needs and nothing it does not
use, a declared set that lies on the grid, rates that are probabilities, a randomisation test that can reach its alpha.

Cannot see: whether the plan was followed, or is any good.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from proband.border import parse, read_toml, shown
from proband.core.errors import Problem, ProgramError
from proband.core.kinds import nearest
from proband.core.provenance import digest
from proband.science.trial.plan_designs import (
    DESIGNS,
    NOT_AXES,
    BasketPlan,
    BinaryPlan,
    ExternalPlan,
    OwnPlan,
    Plan,
    StartPlan,
)

FILE = "plan/analysis_plan.toml"
NOT_ASSUMED = ("patients", "cohort_patients", "effect", "active")
"""Axes that are chosen or asked about, not assumed: no part of the declared set."""
Fault = tuple[str, str, str, str]
"""Place, found, expected, remedy."""


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """A plan with the digest of its canonical content; comments and layout of the file are no part of that."""

    plan: Plan
    digest: str


def read_plan(path: Path, name: str = FILE) -> ReadPlan:
    """The plan of a file. Raises `ProgramError` with every problem of it.

    >>> read_plan(Path("nowhere.toml"))
    Traceback (most recent call last):
    proband.core.errors.ProgramError: plan/analysis_plan.toml
      found:    no such file or directory
      expected: a readable file
      remedy:   check its name and rights
    """
    problems: list[Problem] = []
    made = plan_or_problems(path, name, problems)
    if problems or made is None:
        raise ProgramError(problems)
    return made


def plan_or_problems(path: Path, name: str, problems: list[Problem]) -> ReadPlan | None:
    """The plan of a file, or None with its problems added: for a border that collects those of other files too."""
    before = len(problems)
    raw = read_toml(path, name, problems)
    if raw is None or len(problems) > before:
        return None
    plan = plan_of(raw, name, problems)
    if plan is None or len(problems) > before:
        return None
    return ReadPlan(plan, digest(raw))


def plan_of(raw: dict[str, Any], name: str, problems: list[Problem]) -> Plan | None:
    """The plan of a TOML document, or None with problems added."""
    design = raw.get("design")
    kind = design.get("kind") if isinstance(design, dict) else None
    if not isinstance(kind, str) or kind not in DESIGNS:
        remedy = nearest(kind, tuple(DESIGNS)) if isinstance(kind, str) else f"one of {', '.join(DESIGNS)}"
        found = shown(kind) if kind is not None else "nothing"
        problems.append(Problem(name, "key design.kind", found, "a design that proband knows", remedy))
        return None
    plan = parse(DESIGNS[kind], raw, name, "", problems)
    if plan is not None:
        problems.extend(Problem(name, *fault) for fault in _faults(plan))
    return plan


def axes(plan: Plan) -> dict[str, list[float]]:
    """The axes of a plan's simulation by name, in the order in which the model states them."""
    dumped = {n: getattr(plan.simulation, n) for n in type(plan.simulation).model_fields if n not in NOT_AXES}
    unused = () if plan.success.kind == "benefit_risk" else ("harm_rate",)
    return {n: list(v) for n, v in dumped.items() if v is not None and n not in unused}


def level(plan: Plan) -> float:
    """The largest tail at which the primary test succeeds, after multiplicity.

    Bonferroni and Holm leave the primary test alpha over the number of tests (for Holm the least it can get); a fixed
    sequence and no multiplicity leave it all. For a posterior rule it is one less the threshold.
    """
    rule, shared = plan.success, plan.multiplicity
    whole = rule.alpha if rule.kind == "error_calibrated" else 1 - (rule.threshold or 1.0)
    parts = shared.tests if shared.method in ("bonferroni", "holm") else 1
    return (whole or 0.0) / parts


def _faults(plan: Plan) -> Iterator[Fault]:
    yield from _success(plan)
    for window in ("baseline_window", "outcome_window"):
        low, high = getattr(plan.data, window)
        if low > high:
            yield (f"key data.{window}", f"{low:g} to {high:g}", "the first day before the last", "exchange them")
    if plan.multiplicity.method == "none" and plan.multiplicity.tests != 1:
        yield ("key multiplicity.tests", str(plan.multiplicity.tests), "1 where nothing is shared", "name a method")
    for part, names in (("sensitivity", [s.name for s in plan.sensitivity]), ("covariates", _names(plan))):
        for twice in sorted({n for n in names if names.count(n) > 1}):
            yield (f"{part} {twice}", "a name used twice", "each name once", "rename one")
    if plan.feasibility is not None:
        for key in ("prevalent", "incident_per_year"):
            most, low, high = getattr(plan.feasibility, key)
            if not low <= most <= high:
                yield (f"key feasibility.{key}", f"{most:g}, {low:g}, {high:g}", "value, lower, upper", "reorder them")
    yield from _grid(plan)
    yield from _design(plan)


def _names(plan: Plan) -> list[str]:
    return [c.name for c in plan.covariates]


NEEDS = {
    "error_calibrated": ("alpha",),
    "posterior_probability": ("threshold",),
    "benefit_risk": ("threshold", "harm_limit", "harm_threshold", "harm_prior"),
}


def _success(plan: Plan) -> Iterator[Fault]:
    rule = plan.success
    for key in ("alpha", "threshold", "harm_limit", "harm_threshold", "harm_prior"):
        given, needed = getattr(rule, key) is not None, key in NEEDS[rule.kind]
        if needed and not given:
            yield (f"key success.{key}", "nothing", f"this key for {rule.kind}", f"add {key}")
        if given and not needed:
            yield (f"key success.{key}", "a value", f"none: {rule.kind} does not use it", "remove it")
    if rule.kind == "error_calibrated" and rule.margin:
        yield ("key success.margin", f"{rule.margin:g}", "none: error_calibrated tests against 0", "remove it")
    if rule.kind != "benefit_risk" and plan.simulation.harm_rate != [0.0]:
        yield ("key simulation.harm_rate", "values", "none: only benefit_risk uses them", "remove it")


def _grid(plan: Plan) -> Iterator[Fault]:
    from proband.science.trial.grid import MOST_SCENARIOS, count

    known = axes(plan)
    for name, values in known.items():
        if len(set(values)) < len(values):
            yield (f"key simulation.{name}", shown(values), "each value once", "remove what stands twice")
    if 0 not in plan.simulation.effect:
        yield ("key simulation.effect", shown(plan.simulation.effect), "0 among the effects", "add 0")
    wanted = plan.simulation.planned_effect
    if wanted is not None and (wanted == 0 or wanted not in plan.simulation.effect):
        yield ("key simulation.planned_effect", f"{wanted:g}", "one of simulation.effect, not 0", "add it to effect")
    if plan.design.patients not in plan.simulation.patients:
        yield ("key simulation.patients", shown(plan.simulation.patients), "the planned number among them", "add it")
    assumed = tuple(n for n in known if n not in NOT_ASSUMED)
    for name, values in plan.simulation.worst_case.items():
        if name not in assumed:
            yield (f"key simulation.worst_case.{name}", "this name", "an assumption", nearest(name, assumed))
            continue
        off = [v for v in values if v not in known[name]]
        if off or not values:
            expected = f"values of simulation.{name}"
            yield (f"key simulation.worst_case.{name}", shown(off or values), expected, "add them to the axis")
    number = count(plan)
    if number > MOST_SCENARIOS:
        expected = f"at most {MOST_SCENARIOS:,} scenarios"
        yield ("key simulation", f"{number:,} scenarios", expected, 'shorten axes, or vary = "one_at_a_time"')


def _design(plan: Plan) -> Iterator[Fault]:
    if isinstance(plan, ExternalPlan):
        yield from _external(plan)
    elif isinstance(plan, OwnPlan):
        yield from _own(plan)
    elif isinstance(plan, StartPlan):
        yield from _starts(plan)
    else:
        yield from _rates(plan)


def _external(plan: ExternalPlan) -> Iterator[Fault]:
    days = plan.design.schedule
    if days[0] != 0 or any(b <= a for a, b in pairwise(days)):
        yield ("key design.schedule", shown(days), "0 and then later times", "order it, beginning with 0")
    if plan.design.cohort_patients not in plan.simulation.cohort_patients:
        found = shown(plan.simulation.cohort_patients)
        yield ("key simulation.cohort_patients", found, "the planned number among them", "add it")
    mixed = plan.model.kind == "mixed_model"
    if mixed and plan.priors is None:
        yield ("key priors", "nothing", "a table for mixed_model", "add [priors]")
    if not mixed and plan.priors is not None:
        yield ("key priors", "a table", f"none: {plan.model.kind} does not use it", "remove it")
    if plan.simulation.course is None and (mixed or any(plan.simulation.index_error)):
        yield ("key simulation.course", "nothing", "the assumed untreated course", "add [simulation.course]")
    if not mixed and any(plan.simulation.rho):
        expected = f"0 alone: {plan.model.kind} takes one change a patient"
        yield ("key simulation.rho", shown(plan.simulation.rho), expected, 'remove it, or kind = "mixed_model"')


def _own(plan: OwnPlan) -> Iterator[Fault]:
    if plan.priors.rho_low >= plan.priors.rho_high:
        yield ("key priors.rho_low", f"{plan.priors.rho_low:g}", "below rho_high", "exchange them")
    counts = plan.design.kind == "own_control_counts"
    for key in ("rate", "dispersion"):
        given = getattr(plan.simulation, key) is not None
        if counts and not given:
            yield (f"key simulation.{key}", "nothing", "this key for counts", f"add {key}")
        if given and not counts:
            yield (f"key simulation.{key}", "a value", "none: only counts use it", "remove it")
    late = [e for e in plan.simulation.index_error if not -plan.design.weeks_before < e < plan.design.weeks_after]
    if late:
        yield ("key simulation.index_error", shown(late), "weeks within the series", "shorten it")
    if plan.model.comedication and plan.design.weeks_after < 4:
        yield ("key design.weeks_after", str(plan.design.weeks_after), "at least 4 with comedication", "observe longer")


def _starts(plan: StartPlan) -> Iterator[Fault]:
    d = plan.design
    if not d.first_start <= d.last_start < d.weeks:
        found = f"{d.first_start} to {d.last_start} of {d.weeks} weeks"
        yield ("key design.first_start", found, "first <= last < weeks", "correct the weeks")
        return
    if d.kind == "multiple_baseline" and d.patients < 2:
        yield ("key design.patients", str(d.patients), "at least 2", 'or kind = "randomised_start"')
    if plan.success.kind != "error_calibrated":
        yield ("key success.kind", plan.success.kind, "error_calibrated for a randomisation test", "change it")
        return
    floor = (d.last_start - d.first_start + 1.0) ** -d.patients
    if floor > level(plan) * (1 + 1e-12):
        expected = f"at most {level(plan):g}, or no result can succeed"
        yield ("key design.last_start", f"a least p of {floor:.3g}", expected, "offer more start weeks or patients")
    late = [e for e in plan.simulation.index_error if not -d.first_start < e < d.weeks - d.last_start]
    if late:
        yield ("key simulation.index_error", shown(late), "weeks within the series", "shorten it")


def _rates(plan: BinaryPlan | BasketPlan) -> Iterator[Fault]:
    s = plan.simulation
    bases = s.control_rate if isinstance(plan, BinaryPlan) else [plan.design.null_rate]
    off = [(b, e) for b in bases for e in s.effect if not 0 <= b + e <= 1]
    if off:
        base, effect = off[0]
        yield ("key simulation.effect", f"{effect:g} on a rate of {base:g}", "a probability", "shorten the axis")
    if isinstance(plan, BinaryPlan):
        total = math.fsum(c.weight for c in plan.priors.control)
        if abs(total - 1) > 1e-6:
            yield ("key priors.control", f"weights that sum to {total:g}", "a sum of 1", "correct the weights")
        return
    if max(s.active) > plan.design.baskets:
        yield ("key simulation.active", str(max(s.active)), f"at most {plan.design.baskets}", "correct it")
    high = [r for r in s.control_rate if r > plan.design.null_rate]
    if high:
        expected = f"at most the null rate {plan.design.null_rate:g}: else an inactive basket is not null"
        yield ("key simulation.control_rate", shown(high), expected, "lower it, or raise the null rate")
