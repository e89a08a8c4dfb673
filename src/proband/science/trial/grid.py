"""The scenarios of a plan: which combinations of the assumptions are looked at, and which of them are declared.

Cannot see: what lies between the values of an axis.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from proband.core.provenance import digest
from proband.science.trial.plan_designs import Plan
from proband.science.trial.plan_file import NOT_ASSUMED, axes

MOST_SCENARIOS = 20_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """One combination: the value of every axis. `prior` is True where the effect is drawn from its prior instead."""

    values: tuple[tuple[str, float], ...]
    prior: bool = False

    def __getitem__(self, axis: str) -> float:
        """The value of an axis; raises ``KeyError`` for a name that is none."""
        return dict(self.values)[axis]

    @property
    def key(self) -> str:
        """A digest of the scenario: its seeds and the name of its stored result come from it."""
        return digest({"values": dict(self.values), "prior": self.prior})


def scenarios(plan: Plan) -> tuple[Scenario, ...]:
    """Every scenario of a plan, in a fixed order; those with an effect drawn from its prior come last."""
    chosen = {n: v for n, v in axes(plan).items() if n in NOT_ASSUMED}
    assumed = {n: v for n, v in axes(plan).items() if n not in NOT_ASSUMED}
    order = list(axes(plan))

    def made(asked: Mapping[str, float], told: Mapping[str, float], prior: bool = False) -> Scenario:
        both = {**asked, **told}
        return Scenario(tuple((n, both[n]) for n in order), prior)

    found = [made(a, t) for a in _product(chosen) for t in _assumptions(assumed, plan.simulation.vary)]
    if plan.simulation.effect_prior is not None:
        still = {n: [x for x in v if n != "active" or x] for n, v in chosen.items() if n != "effect"}
        told = list(_assumptions(assumed, plan.simulation.vary))
        found += [made({**a, "effect": 0.0}, t, True) for a in _product(still) for t in told]
    return tuple(found)


def count(plan: Plan) -> int:
    """How many scenarios a plan has, without making them."""
    known = axes(plan)
    asked = math.prod(len(v) for n, v in known.items() if n in NOT_ASSUMED)
    told = [len(v) for n, v in known.items() if n not in NOT_ASSUMED]
    if plan.simulation.vary == "full":
        each = math.prod(told)
    else:
        each = 1 + sum(n - 1 for n in told) + (sum(n > 1 for n in told) > 1)
    if plan.simulation.effect_prior is None:
        return asked * each
    drawn = math.prod(
        sum(1 for x in v if n != "active" or x) for n, v in known.items() if n in NOT_ASSUMED and n != "effect"
    )
    return (asked + drawn) * each


def declared(plan: Plan, scenario: Scenario) -> bool:
    """Whether a scenario lies in the set over which the worst case is taken: axes that are not named stay at base."""
    for name, values in axes(plan).items():
        if name in NOT_ASSUMED:
            continue
        allowed = plan.simulation.worst_case.get(name, values[:1])
        if scenario[name] not in allowed:
            return False
    return True


def _product(lists: Mapping[str, list[float]]) -> Iterator[dict[str, float]]:
    for values in product(*lists.values()):
        yield dict(zip(lists, values, strict=True))


def _assumptions(lists: Mapping[str, list[float]], vary: str) -> Iterator[dict[str, float]]:
    if vary == "full":
        yield from _product(lists)
        return
    base = {n: v[0] for n, v in lists.items()}
    yield base
    for name, values in lists.items():
        for value in values[1:]:
            yield {**base, name: value}
    if sum(len(v) > 1 for v in lists.values()) > 1:
        yield {n: v[-1] for n, v in lists.items()}
