"""Need for treatment as one outcome: the biomarker together with rescue drugs and diet, by rules that the plan states.

A flat biomarker on half the rescue drug is a benefit that the biomarker alone can not show. Visits are compared in
pairs over all components, each with its direction and the margin within which two values count as equal:

- ``hierarchy``: the first component that differs by more than its margin decides (as win ratios do: Pocock and others,
  Eur Heart J 2012;33:176-182; Buyse, Stat Med 2010;29:3245-3257);
- ``dominance``: better on at least one component and worse on none;
- ``rank_sum``: the sum of the signs (O'Brien, Biometrics 1984;40:1079-1087), each component alike in weight.

A visit's score is its mean result against all other visits (-1 to 1). Inference is that of `autoregressive` on the
scores, because scores of neighbouring visits depend on each other as their values do, or a randomisation test. Wins and
losses of visits after against before are printed as a description. All components stand beside.

A rescue drug that is tapered in steps long after the dose looks like a wandering series: the plan's course (delay,
ramp) must give it time, and a plan that can not say how long had better draw the start by lot.

Cannot see: whether a rescue drug was cut because the biomarker allowed it or for another reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import Quantity
from proband.science.within_patient.autoregressive import NoAnswer, effect_posteriors
from proband.science.within_patient.biomarker import SeriesAnswer, SeriesPlan, biomarker_effect
from proband.science.within_patient.course import Course, Dose, Series, columns, readings
from proband.science.within_patient.dependence import dependence

Floats = NDArray[np.float64]

RULES = ("hierarchy", "dominance", "rank_sum")


@dataclass(frozen=True, slots=True)
class Component:
    """One part of the composite: its series, which direction is better, and the margin of equality.

    `carried`: the value holds until the next one (a dose in force), instead of only on its own day.
    """

    series: Series
    benefit: str
    margin: float = 0.0
    carried: bool = False


@dataclass(frozen=True, slots=True)
class CompositeAnswer:
    """Difference of scores after and before (P of benefit as in `biomarker`), wins, and each component alone."""

    reason: str
    score: Quantity | None = None
    benefit: float | None = None
    wins: int = 0
    losses: int = 0
    ties: int = 0
    net_benefit: float | None = None
    win_ratio: float | None = None
    scores: tuple[tuple[float, float], ...] = ()
    left_out: int = 0
    components: tuple[tuple[str, SeriesAnswer], ...] = ()
    model: str = ""
    label: str = "wins and losses are descriptive: they take visits as independent"


def composite_effect(
    components: Sequence[Component],
    doses: Sequence[Dose],
    rule: str,
    course: Course | None = None,
    prior: str = "cautious",
) -> CompositeAnswer:
    """The effect of doses on need for treatment. Visits are the days of the first component.

    Raises ``ProgramError`` for values that can not be, ``ValueError`` for an unknown rule or direction.

    >>> days = tuple(7.0 * w for w in range(24))
    >>> flat = Series("ammonia", "umol/L", days, tuple(60 + 5 * np.sin(2.1 * w) for w in range(24)))
    >>> drug = Series("scavenger", "g/d", (0.0, 84.0), (10.0, 5.0))
    >>> parts = [Component(flat, "decrease", margin=5), Component(drug, "decrease", carried=True)]
    >>> made = composite_effect(parts, [Dose(84)], "dominance")
    >>> made.benefit > 0.975, made.losses
    (True, 0)
    """
    _check(components, rule)
    course = course or Course()
    days, values, below, left_out = _visits(components)
    alone = tuple((c.series.name, _alone(c, doses, course, prior)) for c in components)
    try:
        made = columns(days, doses, course)
        results = pairwise(values, below, [c.benefit for c in components], [c.margin for c in components], rule)
        scores = results.sum(axis=1) / max(days.size - 1, 1)
        p = effect_posteriors(days, made.design, scores[:, None], made.contrast, dependence(prior))
    except NoAnswer as e:
        return CompositeAnswer(str(e), left_out=left_out, components=alone)
    model = f"{rule} of {', '.join(c.series.name for c in components)}; scores with autoregressive errors, integrated"
    after = made.design[:, made.effect] != 0
    against = results[np.ix_(after, ~after)]
    wins, losses = int((against > 0).sum()), int((against < 0).sum())
    return CompositeAnswer(
        "",
        p.of(0).quantity("score from -1 to 1", model, float(days.size)),
        1 - float(p.below()[0]),
        wins,
        losses,
        int((against == 0).sum()),
        (wins - losses) / against.size,
        wins / losses if losses else None,
        tuple((float(d), float(s)) for d, s in zip(days, scores, strict=True)),
        left_out,
        alone,
        model,
    )


def pairwise(
    values: Floats, below: NDArray[np.bool_], benefits: Sequence[str], margins: Sequence[float], rule: str
) -> Floats:
    """Result of each visit (row) against each other (column): 1 better, -1 worse, 0 equal or not known.

    `values` (visits, components); a value below a limit is worse or better only where the limit tells.

    >>> values, known = np.array([[60.0, 10], [62, 5]]), np.zeros((2, 2), bool)
    >>> pairwise(values, known, ["decrease"] * 2, [5, 0], "dominance").tolist()
    [[0.0, -1.0], [1.0, 0.0]]
    """
    signs = np.stack(
        [_compared(values[:, k], below[:, k], b, m) for k, (b, m) in enumerate(zip(benefits, margins, strict=True))]
    )
    if rule == "rank_sum":
        return np.asarray(signs.mean(axis=0))
    if rule == "dominance":
        return np.asarray((signs.max(axis=0) > 0) * (signs.min(axis=0) >= 0)) * 1.0 - (
            (signs.min(axis=0) < 0) & (signs.max(axis=0) <= 0)
        )
    made = np.zeros(signs.shape[1:])
    for one in signs:
        made = np.where(made == 0, one, made)
    return made


def _compared(values: Floats, below: NDArray[np.bool_], benefit: str, margin: float) -> Floats:
    """Sign of each value against each other, in the direction of benefit; 0 within the margin or not known."""
    less = values[None, :] - values[:, None]  # row less than column by this much
    lower = (less > margin) & ~below[None, :]
    lower |= below[:, None] & ~below[None, :] & (less >= margin)
    higher = lower.T
    sign = lower.astype(float) - higher.astype(float)
    return sign if benefit == "decrease" else -sign


def _visits(components: Sequence[Component]) -> tuple[Floats, Floats, NDArray[np.bool_], int]:
    """Days on which all components are known, their values, marks, and how many days of the first are left out."""
    held = [readings(c.series) for c in components]
    days = held[0].days
    values, below = np.full((days.size, len(held)), np.nan), np.zeros((days.size, len(held)), dtype=bool)
    for k, (component, r) in enumerate(zip(components, held, strict=True)):
        if not r.days.size:
            continue
        at = np.searchsorted(r.days, days, side="right") - 1
        known = at >= 0
        if not component.carried:
            known &= np.isclose(r.days[np.maximum(at, 0)], days)
        values[known, k] = r.values[at[known]]
        below[known, k] = r.below[at[known]]
    kept = ~np.isnan(values).any(axis=1)
    return days[kept], values[kept], below[kept], int((~kept).sum()) + held[0].missing


def _alone(component: Component, doses: Sequence[Dose], course: Course, prior: str) -> SeriesAnswer:
    """The component by itself; one that is carried forward has too few changes of its own for a model."""
    if component.carried:
        return SeriesAnswer("a value in force until it is changed: told by its table, not by a model of its own")
    return biomarker_effect(component.series, doses, SeriesPlan(component.benefit, course, prior=prior))


def _check(components: Sequence[Component], rule: str) -> None:
    if rule not in RULES or any(c.benefit not in ("increase", "decrease") for c in components):
        raise ValueError(f"rule is one of {', '.join(RULES)}; benefit is increase or decrease")
    problems = [
        Problem(c.series.name, "margin", f"{c.margin}", "a number of 0 or more", "state it in the plan")
        for c in components
        if not 0 <= c.margin < float("inf")
    ]
    names = [c.series.name for c in components]
    if not components or len(set(names)) < len(names):
        expected = "one component or more, each once"
        problems.append(Problem("composite", "components", f"{names}", expected, "mend the plan"))
    if problems:
        raise ProgramError(problems)
