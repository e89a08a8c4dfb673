"""Blood that a plan draws from a child, against limits as a share of total blood volume.

Total blood volume is body weight times mL/kg by age (``reference/blood_volumes.toml``, low end of each range, or the
plan's own). A draw is all blood of one day; the window sums all draws of so many days that end with it. The weight
comes from values of the patient not older than the draw allows, or from weights that the plan expects at ages, between
two of which it is interpolated; beyond them it is not known, and nothing is made up. Beside every draw stands the
least weight at which it keeps the limits.

Cannot see: blood drawn for care, and whether the child's state allows less.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class BloodLimits:
    """Percent of total blood volume at one time, and in a window of days; where they were read."""

    title: str
    single_percent: float
    window_percent: float
    window_days: int
    paper: str
    read_as: str


@dataclass(frozen=True, slots=True)
class Weight:
    """A body weight in kg on a day, and where it comes from."""

    day: float
    kg: float
    source: str


@dataclass(frozen=True, slots=True)
class Draw:
    """Blood of one day: mL of the day and of the window, shares of total blood volume in percent, and the answer.

    `within` is None where the weight is not known. `least_kg`: the least weight that keeps both limits.
    """

    day: float
    what: tuple[str, ...]
    ml: float
    window_ml: float
    kg: float | None
    single_percent: float | None
    window_percent: float | None
    within: bool | None
    least_kg: float
    because: str


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("proband.reference") / "blood_volumes.toml").read_text(encoding="utf-8"))


@cache
def limits() -> Mapping[str, BloodLimits]:
    """Rows of the table of limits by name.

    >>> limits()["eu_paediatric"].window_percent
    3.0
    """
    return {name: BloodLimits(**row) for name, row in _table()["limits"].items()}


def ml_per_kg(age_days: float | None) -> float:
    """Blood volume by age, the low end; the lowest of all where the age is not known.

    >>> ml_per_kg(10), ml_per_kg(200), ml_per_kg(None)
    (80.0, 70.0, 70.0)
    """
    rows = _table()["volume"]
    if age_days is None:
        return float(min(r["low"] for r in rows))
    return float(next(r["low"] for r in rows if age_days <= r.get("until_days", float("inf"))))


def weight_on(day: float, known: Sequence[Weight], at_most_days_old: float) -> Weight | None:
    """The weight on a day: between two known days by a straight line, else the last one if it is fresh enough.

    >>> weight_on(15.0, [Weight(10.0, 7.0, "a"), Weight(20.0, 8.0, "b")], 0.0).kg
    7.5
    >>> weight_on(30.0, [Weight(10.0, 7.0, "a")], 14.0) is None
    True
    """
    held = sorted(known, key=lambda w: w.day)
    before = [w for w in held if w.day <= day]
    after = [w for w in held if w.day >= day]
    if before and after:
        a, b = before[-1], after[0]
        share = 0.0 if b.day == a.day else (day - a.day) / (b.day - a.day)
        source = a.source if a.source == b.source else f"{a.source}, {b.source}"
        return Weight(day, a.kg + share * (b.kg - a.kg), source)
    if before and day - before[-1].day <= at_most_days_old:
        return before[-1]
    return None


def draws(
    planned: Sequence[tuple[float, str, float]],
    rule: BloodLimits,
    weights: Sequence[Weight],
    birth: float | None,
    own_ml_per_kg: float | None = None,
    at_most_days_old: float = 28.0,
) -> tuple[Draw, ...]:
    """Every day with a planned draw (day, what, mL), against the limits.

    `birth`: the day of birth on the same axis, None where not known. `at_most_days_old`: how old a last weight may be
    beyond the known ones; four weeks, in which an older, lower weight of a growing child errs on the safe side.

    >>> rule = limits()["eu_paediatric"]
    >>> plan = [(0.0, "alt", 2.0), (0.0, "platelets", 4.0), (7.0, "alt", 2.0)]
    >>> got = draws(plan, rule, [Weight(0.0, 5.0, "x")], -200.0)
    >>> [(d.ml, d.window_ml, round(d.single_percent, 2), d.within) for d in got]
    [(6.0, 6.0, 1.71, False), (2.0, 8.0, 0.57, True)]
    """
    by_day: dict[float, list[tuple[str, float]]] = {}
    for day, what, ml in planned:
        by_day.setdefault(day, []).append((what, ml))
    days = sorted(by_day)
    totals = {d: sum(ml for _, ml in by_day[d]) for d in days}
    made = []
    for i, day in enumerate(days):
        window = sum(totals[d] for d in _ending(days, i, rule.window_days))
        age = None if birth is None else day - birth
        volume = own_ml_per_kg if own_ml_per_kg is not None else ml_per_kg(age)
        weight = weight_on(day, weights, at_most_days_old)
        least = max(100 * totals[day] / rule.single_percent, 100 * window / rule.window_percent) / volume
        what = tuple(w for w, _ in by_day[day])
        if weight is None:
            because = "no weight of this day is known or expected"
            made.append(Draw(day, what, totals[day], window, None, None, None, None, least, because))
            continue
        total = weight.kg * volume
        single, share = 100 * totals[day] / total, 100 * window / total
        within = single <= rule.single_percent + 1e-9 and share <= rule.window_percent + 1e-9
        because = f"{weight.kg:.3g} kg ({weight.source}), {volume:g} mL/kg"
        made.append(Draw(day, what, totals[day], window, weight.kg, single, share, within, least, because))
    return tuple(made)


def _ending(days: Sequence[float], last: int, window: int) -> list[float]:
    """Days of draws within the window that ends with one of them."""
    first = last
    while first > 0 and days[first - 1] > days[last] - window:
        first -= 1
    return list(days[first : last + 1])
