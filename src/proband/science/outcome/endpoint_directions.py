"""Do the endpoints of a patient or a trial point the same way? Sign and size of each, aligned to benefit.

Each endpoint is on the side of benefit, on the side of harm, or can not be told, by its interval against no effect.
All on one side is the same direction; one on either side is opposite; anything else can not be told, and an endpoint
that was not measured is never counted as agreeing. Cannot see: whether endpoints measure the same thing twice; which
one matters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from proband.core.errors import Problem
from proband.core.evidence import Figure
from proband.science.stats.model_input import raise_if_any

SAME_BENEFIT, SAME_HARM, OPPOSITE, UNTOLD = (
    "same direction: benefit",
    "same direction: harm",
    "opposite",
    "can not tell",
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint's effect with its interval (None where not measured), its value of no effect, and what is better.

    `higher_is_better` speaks of the effect itself: a rate ratio of seizures is better when lower. `unit` is carried
    along; `scale` (such as the standard deviation between untreated patients) makes sizes comparable where given.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    higher_is_better: bool
    ratio: bool = False
    unit: str = ""
    scale: float | None = None


@dataclass(frozen=True, slots=True)
class Aligned:
    """An endpoint in the direction of benefit (log scale for ratios): value, limits, size in scales, and its side."""

    name: str
    benefit: float | None
    low: float | None
    high: float | None
    size: float | None
    side: str


@dataclass(frozen=True, slots=True)
class Directions:
    """The aligned endpoints in the order given, and the verdict with its reason."""

    rows: tuple[Aligned, ...]
    verdict: str
    because: str


def directions(endpoints: Sequence[Endpoint]) -> Directions:
    """Align endpoints and say whether they agree. Raises ``ProgramError`` with every endpoint that can not be.

    >>> seizures = Endpoint("seizures", 0.5, 0.3, 0.8, False, ratio=True)
    >>> directions([Endpoint("motor score", 4.0, 1.0, 7.0, True), seizures]).verdict
    'same direction: benefit'
    >>> directions([Endpoint("motor score", 4.0, 1.0, 7.0, True), Endpoint("weight", 1.0, -2.0, 4.0, True)]).because
    'the interval of weight holds no effect'
    """
    _check(endpoints)
    rows = tuple(_aligned(e) for e in endpoints)
    sides = {s: [r.name for r in rows if r.side == s] for s in ("benefit", "harm", "unclear", "not measured")}
    if sides["benefit"] and sides["harm"]:
        because = f"benefit in {', '.join(sides['benefit'])}, harm in {', '.join(sides['harm'])}"
        return Directions(rows, OPPOSITE, because)
    reasons = []
    if len(rows) < 2:
        reasons.append("a direction is shared by two endpoints or more")
    if sides["unclear"]:
        verb = "the interval of" if len(sides["unclear"]) == 1 else "the intervals of"
        hold = "holds" if len(sides["unclear"]) == 1 else "hold"
        reasons.append(f"{verb} {', '.join(sides['unclear'])} {hold} no effect")
    if sides["not measured"]:
        reasons.append(f"not measured: {', '.join(sides['not measured'])}")
    if reasons:
        return Directions(rows, UNTOLD, "; ".join(reasons))
    verdict = SAME_BENEFIT if sides["benefit"] else SAME_HARM
    return Directions(rows, verdict, f"all {len(rows)} intervals lie on one side of no effect")


def _aligned(e: Endpoint) -> Aligned:
    if e.value is None or e.low is None or e.high is None:
        return Aligned(e.name, None, None, None, None, "not measured")
    ends = [_log(x) if e.ratio else x for x in (e.value, e.low, e.high)]
    if not e.higher_is_better:
        ends = [-ends[0], -ends[2], -ends[1]]
    value, low, high = (x + 0.0 for x in ends)
    side = "benefit" if low > 0 else "harm" if high < 0 else "unclear"
    size = value / e.scale if e.scale is not None else None
    return Aligned(e.name, value, low, high, size, side)


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


def _check(endpoints: Sequence[Endpoint]) -> None:
    problems: list[Problem] = []
    names = [e.name for e in endpoints]
    for name in sorted({n for n in names if names.count(n) > 1}):
        problems.append(Problem("endpoints", name[:80], "twice", "each endpoint once", "name each once"))
    for e in endpoints:
        given = (e.value, e.low, e.high)
        if all(v is None for v in given):
            continue
        held = [v for v in given if v is not None]
        floor = 0.0 if e.ratio else -math.inf
        ordered = (
            len(held) == 3 and held[1] <= held[0] <= held[2] and all(not math.isnan(v) and v >= floor for v in held)
        )
        if not ordered or not math.isfinite(held[0]) or (e.ratio and held[0] <= 0):
            found = f"{e.value} ({e.low} to {e.high})"
            remedy = "give value and both limits, or none of them"
            problems.append(Problem("endpoints", e.name[:80], found, "a value inside its limits", remedy))
        if e.scale is not None and not 0 < e.scale < math.inf:
            problems.append(Problem("endpoints", e.name[:80], str(e.scale), "a scale above 0", "leave it out"))
    raise_if_any(problems)


def directions_figure(made: Directions, title: str) -> Figure:
    """Aligned effects in scales (where given) with their intervals: a forest of endpoints."""
    rows = [
        {"endpoint": r.name, "benefit": r.benefit, "low": r.low, "high": r.high, "side": r.side}
        for r in made.rows
        if r.benefit is not None and math.isfinite(r.low or 0.0) and math.isfinite(r.high or 0.0)
    ]
    return Figure(
        name="endpoint-directions", title=title, chart="intervals", alt=f"{made.verdict}: {made.because}.",
        encoding={"x": "benefit", "y": "endpoint", "low": "low", "high": "high", "color": "side"}, rows=tuple(rows),
        labels={"x": "effect in the direction of benefit (log scale for ratios)", "y": "endpoint"},
    )  # fmt: skip
