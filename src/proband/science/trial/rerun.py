"""Repeating a part of a stored simulation, and reading from it what the planned trial does.

Repeated are the planned number of patients without an effect and at the planned effect: the first block of 250 trials
of each (or all of it where it is computed exactly). Whole numbers have to be equal; sums of decimal numbers may differ
by one part in 10^9, for processors add in different order. The stored successes have to fit the repeated block.

Errors: a simulated error is never known exactly, so that it counts as kept up to `KEPT` times what is allowed: where
the value with three Monte Carlo standard errors added is at most that. It is above where the value less three of them
is more than that. Else it is not told: more replicates would tell. An exact error has no such margin.

Cannot see: the blocks that were not repeated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from proband.core.evidence import Figure
from proband.core.provenance import Json
from proband.core.quantity import Quantity
from proband.science.trial.grid import Scenario, declared, scenarios
from proband.science.trial.measures import Measure
from proband.science.trial.operating import BLOCK, Piece, has_closed_form, measured, no_effect, run_piece
from proband.science.trial.operating_file import StoredMeasure, StoredOperation, StoredScenario
from proband.science.trial.plan_designs import BasketPlan, Plan
from proband.science.trial.plan_file import NOT_ASSUMED, ReadPlan, axes

CLOSE = 1e-9
STANDARD_ERRORS = 3.0
FITTED = ("power", "type_i_error", "false_rare", "family_wise_error")
"""Measures that have to fit the repeated block."""
KEPT = 1.2
"""A simulated error counts as kept up to this times what is allowed: 0.03 for 0.025 (ours)."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """Whether the repeated part agreed (None: nothing could be repeated), and what was repeated, in words."""

    agrees: bool | None
    said: str


@dataclass(frozen=True, slots=True)
class PlannedOperation:
    """What the stored simulation says of the planned number of patients; None for what it does not hold.

    `power` and `assurance` as named; `error` and `worst` are of the family where the design tests several variants.
    """

    power: StoredMeasure | None
    error: StoredMeasure | None
    worst: StoredMeasure | None
    assurance: StoredMeasure | None
    control: str
    family: bool


def planned_scenarios(plan: Plan, effect: float) -> list[Scenario]:
    """The scenarios of the planned numbers at an effect, every assumption at its base."""
    return [s for s in scenarios(plan) if not s.prior and s["effect"] == effect and _planned(plan, s)]


def _planned(plan: Plan, s: Scenario) -> bool:
    fixed: dict[str, float] = {n: v[0] for n, v in axes(plan).items() if n not in NOT_ASSUMED}
    return _size(plan, s) and all(s[n] == v for n, v in fixed.items())


def _size(plan: Plan, s: Scenario) -> bool:
    cohort = getattr(plan.design, "cohort_patients", None)
    return s["patients"] == plan.design.patients and (cohort is None or s["cohort_patients"] == cohort)


def _stored(made: StoredOperation) -> Callable[[Scenario], StoredScenario | None]:
    def key(values: Mapping[str, float | None], prior: bool) -> tuple[object, ...]:
        return prior, tuple(sorted((n, v) for n, v in values.items() if not (prior and n == "effect")))

    held = {key(s.values, s.effect_from_prior): s for s in made.scenarios}
    return lambda s: held.get(key(dict(s.values), s.prior))


def repeat(read: ReadPlan, made: StoredOperation) -> Repeated:
    """Repeat the first block of the planned scenarios and compare it with what is stored."""
    plan = read.plan
    seed = made.seed if made.seed is not None else plan.seed
    seeded = ReadPlan(plan.model_copy(update={"seed": seed}), read.digest)
    find, said, agree = _stored(made), [], True
    for effect in dict.fromkeys((0.0, plan.simulation.planned_effect)):
        for s in planned_scenarios(plan, effect)[:1] if effect is not None else []:
            stored = find(s)
            if stored is None:
                continue
            same = _same(seeded, s, stored, made.replicates)
            if same is None:
                continue
            agree = agree and same
            what = "computed again" if has_closed_form(plan) else f"first {min(BLOCK, made.replicates)} trials repeated"
            said.append(f"effect {effect:g}: {what}, {'equal' if same else 'not equal'}")
    if not said:
        return Repeated(None, "the file holds no block of the planned scenarios to repeat")
    return Repeated(agree, "; ".join(said))


def _same(read: ReadPlan, s: Scenario, stored: StoredScenario, replicates: int) -> bool | None:
    if has_closed_form(read.plan):
        now = {m.metric: m.value for m in measured(read.plan, s, [])}
        then = {m.metric: m.value for m in stored.measures}
        return now.keys() == then.keys() and all(_close(now[n], then[n]) for n in now)
    if stored.first_block is None:
        return None
    (tally,) = run_piece(Piece(s, 0, 1, replicates), read)
    equal = all(_close(x, getattr(stored.first_block, n)) for n, x in asdict(tally).items())
    return equal and _fits(measured(read.plan, s, [tally]), stored)


def _fits(block: Sequence[Measure], stored: StoredScenario) -> bool:
    """Whether the stored successes can be those of a run that begins with this block: within six standard errors."""
    for m in block:
        whole = stored.get(m.metric) if m.metric in FITTED else None
        if whole is None or not m.replicates:
            continue
        error = math.sqrt(whole.value * (1 - whole.value) / m.replicates)
        if abs(m.value - whole.value) > 6 * error + 1.5 / m.replicates:
            return False
    return True


def _close(a: float, b: float) -> bool:
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    return math.isclose(a, b, rel_tol=CLOSE, abs_tol=CLOSE)


def planned_operation(plan: Plan, made: StoredOperation) -> PlannedOperation:
    """The power, the errors and the assurance of the planned number of patients, as stored.

    Where a basket design has several numbers of active variants, the least power counts.
    """
    find, family = _stored(made), isinstance(plan, BasketPlan)
    metric = "family_wise_error" if family else "type_i_error"
    held = [(s, x) for s in scenarios(plan) if _size(plan, s) and (x := find(s)) is not None]
    base = [(s, x) for s, x in held if _planned(plan, s)]
    wanted = plan.simulation.planned_effect
    power = [m for s, x in base if not s.prior and s["effect"] == wanted and (m := x.get("power"))]
    error = [m for s, x in base if no_effect(s) and (m := x.get(metric))]
    all_errors = [m for s, x in held if not s.prior and declared(plan, s) and (m := x.get(metric))]
    assurance = [m for s, x in base if s.prior and (m := x.get("assurance"))]
    first = max(error, key=lambda m: m.value, default=None)
    worst = max(all_errors, key=lambda m: m.value, default=None)
    return PlannedOperation(
        _least(power), first, worst, _least(assurance), error_control(first, worst, made.level), family
    )


def _least(measures: list[StoredMeasure]) -> StoredMeasure | None:
    return min(measures, key=lambda m: m.value, default=None)


def error_control(error: StoredMeasure | None, worst: StoredMeasure | None, allowed: float) -> str:
    """Whether the errors stay within what is allowed, in the words of the evidence kind.

    >>> exact = lambda p: StoredMeasure(metric="type_i_error", value=p, mc_se=0.0, replicates=0, exact=True)
    >>> error_control(exact(0.025), exact(0.025), 0.025), error_control(exact(0.025), exact(0.04), 0.025)
    ('worst_case_within_nominal', 'within_nominal_as_planned_only')
    """
    here, at_worst = _within(error, allowed), _within(worst, allowed)
    if here is False:
        return "above_nominal"
    if here is None or at_worst is None:
        return "not_told"
    return "worst_case_within_nominal" if at_worst else "within_nominal_as_planned_only"


def _within(m: StoredMeasure | None, allowed: float) -> bool | None:
    if m is None:
        return None
    if m.exact:
        return m.value <= allowed + CLOSE
    spread, most = STANDARD_ERRORS * m.mc_se, KEPT * allowed
    if m.value + spread <= most:
        return True
    return False if m.value - spread > most else None


def power_figure(plan: Plan, made: StoredOperation) -> Figure | None:
    """The probability of success by effect for the planned number of patients, all assumptions at base, as stored."""
    find = _stored(made)
    rows: list[dict[str, Json]] = []
    for s in scenarios(plan):
        stored = find(s) if not s.prior and _planned(plan, s) else None
        m = (stored.get("power") or stored.get("type_i_error")) if stored is not None else None
        if m is not None:
            low, high = max(0.0, m.value - 2 * m.mc_se), min(1.0, m.value + 2 * m.mc_se)
            active = f"{s['active']:g} active" if isinstance(plan, BasketPlan) else f"N = {s['patients']:g}"
            rows.append(
                {"at": s["effect"], "value": m.value, "low": low, "high": high, "of": active, "limit": made.level}
            )
    if len(rows) < 2:
        return None
    return Figure(
        "power",
        "Probability of success of the planned trial by effect",
        "A line over the effect with two Monte Carlo standard errors to each side; dashed: the error allowed.",
        "lines",
        {"x": "at", "y": "value", "low": "low", "high": "high", "color": "of", "limit": "limit"},
        tuple(rows),
        {"x": "true effect, in the unit of the plan", "y": "P(success)", "color": "patients"},
    )


def as_quantity(m: StoredMeasure) -> Quantity:
    """A stored probability as a number: exact, or successes of trials, or a mean of fractions with its interval."""
    if m.exact:
        return Quantity.exact(m.value, "fraction")
    successes = round(m.value * m.replicates)
    binomial = math.sqrt(m.value * (1 - m.value) / m.replicates)
    if abs(successes - m.value * m.replicates) < 1e-6 and (
        math.isclose(binomial, m.mc_se, rel_tol=1e-6) or not binomial
    ):
        from proband.science.stats.posterior import proportion

        return proportion(successes, m.replicates)
    half = 1.959963984540054 * m.mc_se
    return Quantity.confidence(
        m.value, max(0.0, m.value - half), min(1.0, m.value + half), 0.95, "fraction", n=m.replicates
    )
