"""Growth and development of a treated child: which series are there, standardised for age.

A measured height or weight becomes a score by a table of L, M and S for sex and age that the program gives
(``plan/growth_reference.csv``): z = ((y / M)^L - 1) / (L S), and ln(y / M) / S at L = 0 (Cole and Green, Statistics in
Medicine 1992;11:1305-1319, recalled). Between two ages L, M and S are interpolated; beyond them there is no score. No
table of standards is shipped. Values that the folder already holds standardised (scores or percentiles for age) are
taken as they are.

Height and weight are tracked with two standardised values on different days, one of them after the first dose;
milestones with one entry after it. Cannot see: whether the table suits the child, and how it was measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from proband.core.errors import Problem
from proband.core.units import UnitError, convert
from proband.science.clinical.long_table import LongRow
from proband.science.clinical.series import Bound
from proband.science.follow_up.observed import Observed
from proband.science.follow_up.plan_file import Growth
from proband.science.told_words import result
from proband.science.transcript.rna_tables import Columns, Row, name, number, one_of, read_rows

FILE = "plan/growth_reference.csv"
DAYS_PER_MONTH = 365.25 / 12
UNITS = {"height": "cm", "weight": "kg"}
COLUMNS: Columns = {
    "measure": (one_of(*UNITS), "height or weight"),
    "sex": (one_of("female", "male"), "female or male"),
    "age_months": (number, "an age in months"),
    "l": (number, "a number"),
    "m": (number, "the median in cm or kg"),
    "s": (number, "a number above 0"),
    "source": (name, "a name of at most 80 characters"),
}
PLAIN = Growth(height="height", weight="weight", height_for_age="height_for_age", weight_for_age="weight_for_age")
"""Names that are looked for where the plan states none."""


@dataclass(frozen=True, slots=True)
class Score:
    """A value standardised for age; `unit` is that of the table where it was standardised elsewhere."""

    day: float
    value: float
    unit: str
    row: str


@dataclass(frozen=True, slots=True)
class Tracking:
    """One of height, weight and milestones: True, False (a plan that does not follow it), or None; and why."""

    what: str
    state: bool | None
    because: str
    scores: tuple[Score, ...] = ()


def read_reference(path: Path, problems: list[Problem]) -> tuple[Row, ...] | None:
    """The table of L, M and S, or None with every fault added."""
    before = len(problems)
    rows = read_rows(path, FILE, COLUMNS, ("measure", "sex", "age_months"), problems)
    for r in rows:
        for column, good, expected in (
            ("age_months", 0 <= r["age_months"] <= 1_200, "an age in months"),
            ("m", 0 < r["m"] < 1_000, "a median above 0"),
            ("s", 0 < r["s"] < 1, "a number between 0 and 1"),
            ("l", abs(r["l"]) <= 10, "a number between -10 and 10"),
        ):
            if not good:
                problems.append(
                    Problem(FILE, f"row {r.line}, column {column}", f"{r[column]:g}", expected, "correct it")
                )
    return rows if len(problems) == before else None


def score(value: float, at: tuple[float, float, float]) -> float:
    """The score of a value for L, M and S.

    >>> round(score(3.3464, (0.3487, 3.3464, 0.14602)), 6)
    0.0
    """
    power, median, spread = at
    ratio = value / median
    return math.log(ratio) / spread if power == 0 else (ratio**power - 1) / (power * spread)


def at_age(rows: Sequence[Row], measure: str, sex: str, months: float) -> tuple[float, float, float] | None:
    """L, M and S at an age, interpolated between two rows; None beyond them."""
    mine = sorted((r for r in rows if (r["measure"], r["sex"]) == (measure, sex)), key=lambda r: r["age_months"])
    for a, b in pairwise(mine):
        low, high = a["age_months"], b["age_months"]
        if low <= months <= high:
            share = (months - low) / (high - low)
            l_, m, s = (a[c] + share * (b[c] - a[c]) for c in ("l", "m", "s"))
            return l_, m, s
    if len(mine) == 1 and mine[0]["age_months"] == months:
        return mine[0]["l"], mine[0]["m"], mine[0]["s"]
    return None


def growth(
    names: Growth | None,
    seen: Observed,
    subject: str,
    sex: str,
    reference: Sequence[Row],
    planned: Sequence[str] | None,
) -> tuple[Tracking, ...]:
    """Height, weight and milestones of one dosed subject; `planned`: what the plan looks for, None without a plan."""
    held = names or PLAIN
    first = min(seen.dose_days(subject), default=None)
    made = []
    for what in UNITS:
        scores = tuple(sorted(_scores(held, seen, subject, sex, reference, what), key=lambda s: (s.day, s.row)))
        made.append(_series(what, first, scores, _raw(held, seen, subject, what), planned))
    rows = [r for m in held.milestones for r in seen.of(subject, m) if first is not None and r.day > first]
    after = [r for r in rows if r.value is not None or result(r.text)]
    if after:
        made.append(Tracking("milestones", True, f"{len(after)} entries after the first dose"))
    elif rows:
        made.append(Tracking("milestones", None, f"{len(rows)} entries after the first dose, none with a result"))
    else:
        made.append(_without("milestones", "no entry after the first dose", planned))
    return tuple(made)


def _raw(held: Growth, seen: Observed, subject: str, what: str) -> list[LongRow]:
    parameter = getattr(held, what)
    return [r for r in seen.of(subject, parameter) if r.value is not None] if parameter else []


def _scores(
    held: Growth, seen: Observed, subject: str, sex: str, reference: Sequence[Row], what: str
) -> Iterator[Score]:
    standardised = getattr(held, f"{what}_for_age")
    rows = [r for r in seen.of(subject, standardised) if r.value is not None] if standardised else []
    yield from (Score(r.day, r.value, r.unit, r.row) for r in rows if r.value is not None and r.bound is Bound.MEASURED)
    birth = seen.births.get(subject)
    if rows or birth is None:
        return
    for r in _raw(held, seen, subject, what):
        at = at_age(reference, what, sex, (r.day - birth) / DAYS_PER_MONTH)
        if at is None or r.value is None or r.bound is not Bound.MEASURED:
            continue
        try:
            value = convert(r.value, r.unit, UNITS[what])
        except UnitError:
            continue
        if value > 0:
            yield Score(r.day, score(value, at), "{score}", r.row)


def _series(
    what: str, first: float | None, scores: tuple[Score, ...], raw: Sequence[LongRow], planned: Sequence[str] | None
) -> Tracking:
    after = [s for s in scores if first is not None and s.day > first]
    if after and len({s.day for s in scores}) > 1:
        said = f"{len(scores)} values standardised for age, {len(after)} of them after the first dose"
        return Tracking(what, True, said, scores)
    if scores:
        return Tracking(what, None, f"{len(scores)} values standardised for age, no two of which tell a course", scores)
    if raw:
        return Tracking(what, None, f"{len(raw)} values, none standardised for age")
    return _without(what, "no value", planned)


def _without(what: str, why: str, planned: Sequence[str] | None) -> Tracking:
    if planned is not None and what not in planned:
        return Tracking(what, False, f"{why}, and no item of the plan looks for it")
    return Tracking(what, None, why)
