"""Operating characteristics of a plan: pieces of work that do not depend on how they are cut, and their collection.

A scenario with a closed form is computed exactly; any other is simulated in blocks of `BLOCK` trials. The seed of a
block is a digest of the plan, the scenario and the block's number, so that results are the same whoever runs which
block, and more replicates keep the blocks that are there. Of a block only sums are kept: memory does not grow with
replicates.

The worst case is the largest type I error over the scenarios of the declared set that are on the grid, for each number
of patients and cohort size. The largest of several noisy values lies a little above the truth: it errs on
the safe side.

Cannot see: scenarios that were not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from proband.core.provenance import digest
from proband.science.trial import (
    basket_hierarchy,
    binary_prior,
    external_control,
    own_control,
    random_starts,
)
from proband.science.trial.grid import Scenario, declared, scenarios
from proband.science.trial.measures import Measure, Tally, Trials, harm_acceptable, measures
from proband.science.trial.plan_designs import BasketPlan, BinaryPlan, ExternalPlan, OwnPlan, Plan
from proband.science.trial.plan_file import ReadPlan, level

VERSION = 2
"""Raised whenever a result for equal inputs could change."""
BLOCK = 250
BLOCKS = 20
"""Blocks of one piece: 5,000 trials, a second or so."""
MOST_REPLICATES = 10_000_000
ERRORS = ("type_i_error", "false_rare", "family_wise_error")
SUCCESSES = ("type_i_error", "power", "assurance")


@dataclass(frozen=True, slots=True)
class Piece:
    """Blocks `first` up to `last` (without it) of one scenario, out of `replicates` trials in all."""

    scenario: Scenario
    first: int
    last: int
    replicates: int

    @property
    def name(self) -> str:
        """A file name for the stored sums: what they hold, whatever the whole run is."""
        trials = min(self.replicates, self.last * BLOCK) - self.first * BLOCK
        return f"{self.scenario.key[:32]}-{self.first}-{trials}.json"


@dataclass(frozen=True, slots=True)
class Row:
    """One measure of one scenario."""

    scenario: Scenario
    measure: Measure

    @property
    def exact(self) -> bool:
        """Whether it was computed rather than simulated."""
        return self.measure.replicates == 0


@dataclass(frozen=True, slots=True)
class OperatingCharacteristics:
    """All measures of all scenarios, and the worst cases over the declared set with where each was found.

    `first_blocks`: the sums of the first block of every simulated scenario, by its key, for whoever repeats it.
    """

    plan: Plan
    replicates: int
    rows: tuple[Row, ...]
    worst: tuple[Row, ...]
    first_blocks: Mapping[str, Tally]


def pieces(plan: Plan, replicates: int) -> list[Piece]:
    """The work of a plan: nothing for scenarios with a closed form.

    Raises ``ValueError`` where `replicates` is not a number of trials that is simulated.
    """
    if not 1 <= replicates <= MOST_REPLICATES:
        raise ValueError(f"{replicates} replicates: 1 to {MOST_REPLICATES:,} are simulated")
    blocks = -(-replicates // BLOCK)
    return [
        Piece(s, first, min(first + BLOCKS, blocks), replicates)
        for s in scenarios(plan)
        if not has_closed_form(plan)
        for first in range(0, blocks, BLOCKS)
    ]


def has_closed_form(plan: Plan) -> bool:
    """Whether every measure of the design is computed exactly."""
    return isinstance(plan, BinaryPlan) or (isinstance(plan, ExternalPlan) and plan.model.kind != "mixed_model")


def run_piece(piece: Piece, read: ReadPlan) -> list[Tally]:
    """The sums of the blocks of a piece, in order."""
    at, rare = level(read.plan), read.plan.success.rare
    made = []
    for block in range(piece.first, piece.last):
        trials = min(BLOCK, piece.replicates - block * BLOCK)
        generator = _generator(read, piece.scenario, block)
        made.append(Tally.of(_trials(read.plan, piece.scenario, generator, trials), at, rare))
    return made


def _generator(read: ReadPlan, s: Scenario, block: int) -> np.random.Generator:
    key = digest({"version": VERSION, "plan": read.digest, "scenario": s.key, "block": block, "seed": read.plan.seed})
    return np.random.default_rng(int(key[:32], 16))


def _trials(plan: Plan, s: Scenario, generator: np.random.Generator, trials: int) -> Trials:
    if isinstance(plan, ExternalPlan):
        return external_control.simulate(plan, s, generator, trials)
    if isinstance(plan, OwnPlan):
        return own_control.simulate(plan, s, generator, trials)
    if isinstance(plan, BasketPlan):
        return basket_hierarchy.simulate(plan, s, generator, trials)
    if isinstance(plan, BinaryPlan):
        raise ValueError("a binary design is enumerated, not simulated")
    return random_starts.simulate(plan, s, generator, trials)


def collect(plan: Plan, replicates: int, done: Iterable[tuple[Piece, Sequence[Tally]]]) -> OperatingCharacteristics:
    """Everything from the sums of all pieces; scenarios with a closed form are computed here."""
    blocks: dict[str, list[Tally]] = {}
    for piece, tallies in done:
        blocks.setdefault(piece.scenario.key, []).extend(tallies)
    rows = [Row(s, m) for s in scenarios(plan) for m in measured(plan, s, blocks.get(s.key, []))]
    first = {key: held[0] for key, held in blocks.items() if held}
    return OperatingCharacteristics(plan, replicates, tuple(rows), tuple(_worst(plan, rows)), first)


def measured(plan: Plan, s: Scenario, blocks: list[Tally]) -> list[Measure]:
    """The measures of a scenario: from the sums of its blocks, or computed where it has a closed form."""
    made: list[Measure] | None = None
    if isinstance(plan, BinaryPlan):
        made = binary_prior.exact(plan, s)
    elif isinstance(plan, ExternalPlan):
        made = external_control.exact(plan, s)
    if made is None:
        if not blocks:
            return []
        made = measures(Tally.total(blocks), no_effect(s), s.prior, isinstance(plan, BasketPlan))
    harm = _harm(plan, s)
    return [m.times(harm) if m.metric in SUCCESSES else m for m in made]


def no_effect(s: Scenario) -> bool:
    """Whether nobody benefits in a scenario."""
    values = dict(s.values)
    return not s.prior and (values["effect"] == 0 or values.get("active") == 0)


def _harm(plan: Plan, s: Scenario) -> float:
    """P(the harm part of a benefit-risk rule holds): independent of benefit here; 1 for other rules."""
    rule = plan.success
    if rule.kind != "benefit_risk" or not rule.harm_prior or rule.harm_limit is None or rule.harm_threshold is None:
        return 1.0
    treated = int(s["patients"]) * (plan.design.baskets if isinstance(plan, BasketPlan) else 1)
    prior = (rule.harm_prior[0], rule.harm_prior[1])
    return harm_acceptable(treated, s["harm_rate"], prior, rule.harm_limit, rule.harm_threshold)


def _worst(plan: Plan, rows: Sequence[Row]) -> Iterator[Row]:
    """The largest of each error by patients and cohort, over the declared set; family-wise also with effects."""
    best: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        if row.measure.metric not in ERRORS or not declared(plan, row.scenario):
            continue
        values = dict(row.scenario.values)
        key = (row.measure.metric, values["patients"], values.get("cohort_patients", 0))
        if key not in best or row.measure.value > best[key].measure.value:
            best[key] = row
    for key in sorted(best):
        row = best[key]
        yield Row(row.scenario, row.measure.named(f"{row.measure.metric}_worst"))
