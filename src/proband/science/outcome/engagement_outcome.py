"""Engagement against outcome, over patients and over the variants of one platform.

Do patients in whom the therapy engaged its target more fare better? Agreement in order over all patients, within the
variants (pairs of one variant alone, so that a difference between variants is not taken for one), over the variants'
means, and the slope. Engagement below a limit of detection is the lowest rank where the limit allows it, never 0.

Cannot see: that a milder disease engages more; dependence between patients; anything of patients without both
numbers, who are listed. Sources: `rank_agreement`, `theil_sen`; within variants the score is permuted within each
variant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from proband.core.errors import Problem
from proband.science.outcome.rank_agreement import Agreement, rank_agreement
from proband.science.outcome.theil_sen import theil_sen
from proband.science.stats.estimate import Estimate
from proband.science.stats.model_input import raise_if_any

_DRAWS = 20_000


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient: variant, engagement, outcome (None: not known); `below_limit`: engagement is only below that."""

    id: str
    variant: str
    engagement: float | None
    outcome: float | None
    below_limit: bool = False


@dataclass(frozen=True, slots=True)
class EngagementOutcome:
    """Agreement of engagement with benefit, over all and over variants' means; within variants; slope; who is left out.

    Agreement is in the direction of benefit: tau-b above 0 says that more engagement went with a better outcome.
    """

    overall: Agreement
    between_variants: Agreement
    within_variants: Estimate
    slope: Estimate
    used: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    variants: tuple[str, ...]
    concerns: tuple[str, ...]

    def told(self) -> str:
        """All of it in one sentence per part."""
        parts = [f"over patients, {self.overall.told()}", f"within variants, {self.within_variants.told()}"]
        parts.append(f"over variants' means, {self.between_variants.told()}")
        parts.append(self.slope.told())
        if self.left_out:
            parts.append("left out: " + ", ".join(f"{i} ({why})" for i, why in self.left_out))
        return "; ".join(parts)


def engagement_against_outcome(
    patients: Sequence[Patient], *, higher_is_better: bool, level: float = 0.95, seed: int = 0
) -> EngagementOutcome:
    """Compare engagement with outcome. Raises ``ProgramError`` with every patient named twice or with a wrong number.

    >>> patients = [Patient(str(i), "a" if i < 4 else "b", 0.1 * i, 2.0 * i) for i in range(1, 7)]
    >>> made = engagement_against_outcome(patients, higher_is_better=True)
    >>> made.overall.tau_b.value, made.within_variants.value, made.between_variants.reason
    (1.0, 1.0, '2 variants, 3 are the fewest of which an order can be told')
    """
    _check(patients)
    left_out, held = _sorted_out(patients)
    sign = 1.0 if higher_is_better else -1.0
    x = np.array([p.engagement for p in held], dtype=np.float64)
    y = np.array([p.outcome for p in held], dtype=np.float64) * sign
    lowest = np.array([p.below_limit for p in held], dtype=bool)
    # a value below the limit is the lowest rank: less than every measured one, and tied with others like it
    ranked = np.where(lowest, (x.min() if x.size else 0.0) - 1.0, x)
    variants = tuple(dict.fromkeys(p.variant for p in held))
    code = np.array([variants.index(p.variant) for p in held], dtype=np.int64)
    means = [(float(ranked[code == k].mean()), float(y[code == k].mean())) for k in range(len(variants))]
    concerns = []
    if lowest.any():
        concerns.append(
            f"{int(lowest.sum())} patients below the limit of detection count as the lowest rank, untold how low"
        )
        slope = Estimate("slope", level=level, reason="engagement of some patients is known only as below a limit")
        between = rank_agreement([], [], level=level, of="variants")
        concerns.append("variants' means are not compared, for some engagement is known only as below a limit")
    else:
        slope = theil_sen(x, y, level)
        between = rank_agreement([m[0] for m in means], [m[1] for m in means], level=level, seed=seed, of="variants")
    within = _within(ranked, y, code, level, seed)
    overall = rank_agreement(ranked, y, level=level, seed=seed)
    return EngagementOutcome(
        overall, between, within, slope, tuple(p.id for p in held), left_out, variants, tuple(concerns)
    )


def _check(patients: Sequence[Patient]) -> None:
    problems: list[Problem] = []
    seen: set[str] = set()
    for p in patients:
        if p.id in seen:
            problems.append(Problem("engagement and outcome", p.id[:80], "twice", "one row per patient", "keep one"))
        seen.add(p.id)
        for name, v in (("engagement", p.engagement), ("outcome", p.outcome)):
            if v is not None and not math.isfinite(v):
                remedy = "leave it empty where it is not known"
                problems.append(Problem("engagement and outcome", f"{p.id[:80]}, {name}", str(v), "a number", remedy))
        if p.below_limit and p.engagement is None:
            remedy = "give the limit as engagement"
            problems.append(Problem("engagement and outcome", p.id[:80], "below no limit", "the limit", remedy))
    raise_if_any(problems)


def _sorted_out(patients: Sequence[Patient]) -> tuple[tuple[tuple[str, str], ...], list[Patient]]:
    """Who is left out and why, and who is used."""
    measured = [p.engagement for p in patients if p.engagement is not None and not p.below_limit]
    least = min(measured, default=math.inf)
    out: list[tuple[str, str]] = []
    held = []
    for p in patients:
        if p.engagement is None or p.outcome is None:
            missing = " and ".join(n for n, v in (("engagement", p.engagement), ("outcome", p.outcome)) if v is None)
            out.append((p.id, f"{missing} not known"))
        elif p.below_limit and p.engagement > least:
            out.append((p.id, "below a limit that is above another patient's value: the order is not known"))
        else:
            held.append(p)
    return tuple(out), held


def _within(x: np.ndarray, y: np.ndarray, code: np.ndarray, level: float, seed: int) -> Estimate:
    """Share of concordant less discordant pairs of one variant, with P by permutation within variants."""
    name = "tau within variants"
    i, j = np.tril_indices(x.size, -1)
    same = (code[i] == code[j]) & (x[i] != x[j])
    i, j = i[same], j[same]
    untied = int((y[i] != y[j]).sum())
    if untied == 0:
        return Estimate(name, level=level, reason="no two patients of one variant differ in both")
    signs = np.sign(x[i] - x[j])
    score = float((signs * np.sign(y[i] - y[j])).sum())
    rng = np.random.default_rng(seed)
    reached = 0
    for _ in range(_DRAWS):
        drawn = y.copy()
        for k in range(int(code.max()) + 1):
            inside = code == k
            drawn[inside] = rng.permutation(drawn[inside])
        reached += abs(float((signs * np.sign(drawn[i] - drawn[j])).sum())) >= abs(score) - 1e-9
    p = (reached + 1) / (_DRAWS + 1)
    method = f"{untied} pairs; {_DRAWS:,} seeded permutations within variants; no limits"
    return Estimate(name, score / untied, None, level=level, p=p, method=method)
