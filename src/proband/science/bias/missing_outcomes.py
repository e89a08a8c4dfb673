"""Outcomes that are missing: how much worse the unseen would have to be to undo the result.

- continuous: unseen outcomes are taken as those seen in the same arm plus delta, or as those of the control arm (jump
  to reference; Carpenter, Roger and Kenward, J Biopharm Stat 2013;23:1352-1371); the tipping delta has a closed form;
  the error is that of the patients seen, which no imputation makes smaller (information-anchored; Cro, Carpenter and
  Kenward, J R Stat Soc A 2019;182:623-645);
- responses: every split of the unseen into success and failure in both arms, each with Fisher's exact P.

Cannot see: why outcomes are missing; that is what delta stands for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from proband.core.errors import Problem
from proband.science.stats.estimate import Estimate
from proband.science.stats.model_input import Floats, raise_if_any

MOST_MISSING = 200


@dataclass(frozen=True, slots=True)
class DeltaAdjusted:
    """Benefit as seen, with the unseen treated as control patients, and with delta; the tipping deltas.

    `tips_estimate` and `tips_interval`: the delta (worse is below 0) of unseen treated at which the benefit, or its
    lower limit, is 0; None where nothing is missing in the treated arm, or where it holds no effect already.
    """

    seen: Estimate
    reference_based: Estimate
    curve: tuple[tuple[float, Estimate], ...]
    tips_estimate: float | None
    tips_interval: float | None
    missing_treated: int
    missing_control: int
    reason: str = ""


def delta_adjusted(
    treated: Sequence[float | None],
    control: Sequence[float | None],
    *,
    higher_is_better: bool,
    deltas: Sequence[float] = (),
    level: float = 0.95,
) -> DeltaAdjusted:
    """Difference of means (in the direction of benefit) under assumptions about missing outcomes, given as None.

    `deltas` are shifts of the unseen treated in the direction of benefit. Welch's interval. Raises ``ProgramError``
    for values that are not finite and for empty arms.

    >>> made = delta_adjusted([5, 6, 7, None], [1, 2, 3, 2], higher_is_better=True)
    >>> made.seen.value, made.reference_based.value, made.tips_estimate
    (4.0, 3.0, -16.0)
    """
    problems: list[Problem] = []
    arms = [_arm(n, v, higher_is_better, problems) for n, v in (("treated", treated), ("control", control))]
    for d in deltas:
        if not math.isfinite(d):
            problems.append(Problem("missing outcomes", "deltas", str(d), "finite numbers", "mend it"))
    raise_if_any(problems)
    (t, lost_t), (c, lost_c) = arms
    if min(t.size, c.size) < 2 or t.var(ddof=1) + c.var(ddof=1) == 0:
        reason = "each arm needs two outcomes that were seen, and some spread"
        held = [Estimate(n, level=level, reason=reason) for n in ("benefit, as seen", "benefit, jump to reference")]
        return DeltaAdjusted(held[0], held[1], (), None, None, lost_t, lost_c, reason)
    seen = _welch("benefit, as seen", float(t.mean() - c.mean()), t, c, level)
    share = lost_t / (lost_t + t.size)
    value, low = seen.value or 0.0, seen.low or 0.0
    reference = _welch("benefit, jump to reference", (1 - share) * value, t, c, level)
    curve = tuple((d, _welch(f"benefit at delta {d:g}", value + share * d, t, c, level)) for d in deltas)
    tips = -value / share if share > 0 and value > 0 else None
    tips_interval = -low / share if share > 0 and low > 0 else None
    return DeltaAdjusted(seen, reference, curve, tips, tips_interval, lost_t, lost_c)


def _arm(name: str, values: Sequence[float | None], up: bool, problems: list[Problem]) -> tuple[Floats, int]:
    held = [float(v) for v in values if v is not None]
    if not values:
        problems.append(
            Problem("missing outcomes", name, "no patients", "at least one", "give each patient, None if unseen")
        )
    for v in held:
        if not math.isfinite(v):
            problems.append(Problem("missing outcomes", name, str(v), "a number, or None", "write None where unseen"))
    made = np.array(held, dtype=np.float64)
    return (made if up else -made), len(values) - len(held)


def _welch(name: str, value: float, t: Floats, c: Floats, level: float) -> Estimate:
    parts = np.array([t.var(ddof=1) / t.size, c.var(ddof=1) / c.size])
    se = math.sqrt(float(parts.sum()))
    freedom = float(parts.sum() ** 2 / (parts**2 / [t.size - 1, c.size - 1]).sum())
    half = float(special.stdtrit(freedom, (1 + level) / 2)) * se
    p = float(2 * special.stdtr(freedom, -abs(value) / se))
    return Estimate(name, value, se, value - half, value + half, level, p, "Welch, error of those seen")


@dataclass(frozen=True, slots=True)
class MissingResponses:
    """P of Fisher's exact test for every split of the unseen: `table[i][j]`, i successes in treated, j in control."""

    table: tuple[tuple[float, ...], ...]
    worst: float
    best: float
    tipping: tuple[tuple[int, int], ...]
    alpha: float

    def told(self) -> str:
        """Whether the result stands whatever the unseen were."""
        if self.worst <= self.alpha:
            return f"P is at most {self.worst:.2g} whatever the unseen outcomes were"
        if self.best > self.alpha:
            return f"P is at least {self.best:.2g} whatever the unseen outcomes were"
        splits, all_ = len(self.tipping), len(self.table) * len(self.table[0])
        return f"P lies between {self.best:.2g} and {self.worst:.2g}; {splits} of {all_} splits undo the result"


def missing_responses(
    treated: tuple[int, int, int], control: tuple[int, int, int], alpha: float = 0.025
) -> MissingResponses:
    """All splits of unseen responses; an arm is (successes, failures, unseen). One-sided: treated above control.

    Raises ``ProgramError`` for counts below 0, an arm without patients, and more than 200 unseen.

    >>> missing_responses((5, 0, 1), (1, 9, 0)).told()
    'P is at most 0.0076 whatever the unseen outcomes were'
    """
    from proband.science.stats.count_tests import fisher_greater

    problems: list[Problem] = []
    for name, arm in (("treated", treated), ("control", control)):
        if min(arm) < 0 or sum(arm) < 1 or arm[2] > MOST_MISSING or any(x != int(x) for x in arm):
            expected = f"counts from 0, some patient, at most {MOST_MISSING} unseen"
            problems.append(Problem("missing outcomes", name, str(arm), expected, "mend the counts"))
    raise_if_any(problems)
    n, m = sum(treated), sum(control)
    table = tuple(
        tuple(fisher_greater(treated[0] + i, n, control[0] + j, m) for j in range(control[2] + 1))
        for i in range(treated[2] + 1)
    )
    flat = [p for row in table for p in row]
    tipping = tuple((i, j) for i, row in enumerate(table) for j, p in enumerate(row) if p > alpha)
    return MissingResponses(table, max(flat), min(flat), tipping, alpha)
