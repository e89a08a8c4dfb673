"""How one attribute runs over lots: one reported value for each lot, their spread, a slope, a tolerance interval.

A lot is one value, the mean of its replicates; replicates tell the spread within a lot, and are told beside the spread
between lots, never as lots. A lot whose value is a bound has no number: then there is no interval, and that is said.
Lots of other products (siblings) are marked; they show how the process runs, and nothing of this version's own lots.

Cannot see: why lots differ; with fewer than three lots, whether they drift.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from proband.core.units import conversion
from proband.science.quality.lot_tables import Lot, Result
from proband.science.quality.release import LotReport, Within, resolved
from proband.science.quality.specifications import Specification, Specifications
from proband.science.quality.tolerance import (
    CONFIDENCE,
    SHARE,
    Tolerance,
    least_share_within,
    lots_needed,
    range_confidence,
    tolerance,
)


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One lot: its reported value (None where it is a bound), how it was written, day of making, own product or not."""

    lot: str
    value: float | None
    written: str
    made_on: str
    own: bool | None
    within: Within
    n: int


@dataclass(frozen=True, slots=True)
class Trend:
    """One attribute over lots, in the order of making; numbers in the unit of its specification."""

    specification: Specification
    attribute: str
    points: tuple[TrendPoint, ...]
    tolerance: Tolerance | None
    slope: tuple[float, float, float] | None
    within_sd: float | None
    words: tuple[str, ...]

    @property
    def numbers(self) -> tuple[float, ...]:
        """The values of the lots that have one."""
        return tuple(p.value for p in self.points if p.value is not None)


def trends(
    specifications: Specifications,
    reports: Iterable[LotReport],
    genealogy: Mapping[str, Lot],
    results: Iterable[Result],
) -> tuple[Trend, ...]:
    """A trend for each numeric specification in force that has a value of at least one lot."""
    held, rows, made = list(reports), list(results), []
    for s in specifications.in_force:
        if s.is_text:
            continue
        points = tuple(p for r in held for p in _points(r, s, genealogy, specifications.product))
        # Lots without a date keep the order in which the table names them, before those with one.
        ordered = tuple(sorted(points, key=lambda p: p.made_on))
        if any(p.n for p in ordered):
            made.append(
                _trend(
                    s,
                    specifications.attribute(s),
                    ordered,
                    _within_sd(s, [x for x in rows if resolved(x.attribute, specifications) == s.id], held),
                )
            )
    return tuple(made)


def _points(r: LotReport, s: Specification, genealogy: Mapping[str, Lot], product: str) -> Iterable[TrendPoint]:
    for j in r.judged:
        if j.specification is s and j.n:
            lot = genealogy.get(r.lot)
            own = None if lot is None or not lot.product else lot.product == product
            day = lot.made_on.isoformat() if lot is not None and lot.made_on is not None else ""
            value = float(j.value) if j.value is not None else None
            yield TrendPoint(r.lot, value, j.reported, day, own, j.within, j.n)


def _within_sd(s: Specification, rows: list[Result], held: list[LotReport]) -> float | None:
    """Pooled standard deviation of replicates within lots, in the unit of the specification; None without any."""
    squares, freedom = 0.0, 0
    for r in held:
        if not any(j.specification is s and j.value is not None and j.n > 1 for j in r.judged):
            continue
        same = [x for x in rows if x.lot == r.lot and x.measured and not x.left_out]
        values = [_number(x, s) for x in same if x.method.casefold() == s.method.casefold()]
        if len(values) > 1:
            mean = math.fsum(values) / len(values)
            squares += math.fsum((v - mean) ** 2 for v in values)
            freedom += len(values) - 1
    return math.sqrt(squares / freedom) if freedom else None


def _number(r: Result, s: Specification) -> float:
    slope, offset = conversion(r.unit, s.unit)
    return float((r.low or Fraction(0)) * slope + offset)


def _trend(s: Specification, attribute: str, points: tuple[TrendPoint, ...], within_sd: float | None) -> Trend:
    values = tuple(p.value for p in points if p.value is not None)
    whole = len(values) == len(points) and not _flat(values)
    sides = "both" if s.lower is not None and s.upper is not None else "lower" if s.lower is not None else "upper"
    sides = sides if s.has_limit else "both"
    made = tolerance(values, sides) if whole else None
    slope = _slope(values) if whole and all(p.made_on for p in points) else None
    return Trend(s, attribute, points, made, slope, within_sd, tuple(_words(s, points, values, made, slope, within_sd)))


def _slope(values: tuple[float, ...]) -> tuple[float, float, float] | None:
    """Change from lot to lot by least squares, with its 95 % interval; None below three lots and without spread."""
    n = len(values)
    if n < 3:
        return None
    from scipy import stats

    x = [i - (n - 1) / 2 for i in range(n)]
    square = math.fsum(a * a for a in x)
    mean = math.fsum(values) / n
    slope = math.fsum(a * v for a, v in zip(x, values, strict=True)) / square
    rest = math.fsum((v - mean - slope * a) ** 2 for a, v in zip(x, values, strict=True))
    if rest <= n * (1e-9 * max(abs(v) for v in values)) ** 2:
        return None  # exactly on a line: rounding may hide the spread, and there is no interval
    half = float(stats.t.ppf(0.975, n - 2)) * math.sqrt(rest / (n - 2) / square)
    return slope, slope - half, slope + half


def _flat(values: tuple[float, ...]) -> bool:
    """Whether several lots have one value but for rounding of the arithmetic: then their spread is not known.

    >>> _flat((0.1 + 0.2, 0.3)), _flat((73.0, 74.0)), _flat((73.0,))
    (True, False, False)
    """
    return len(values) > 1 and max(values) - min(values) <= 1e-9 * max(abs(v) for v in values)


def figure(x: float) -> str:
    """A number of a trend: four significant digits, without exponent.

    >>> figure(73.0), figure(0.071234), figure(12345.6)
    ('73', '0.07123', '12346')
    """
    if x == 0 or not math.isfinite(x):
        return "0" if x == 0 else str(x)
    digits = max(0, 3 - math.floor(math.log10(abs(x))))
    text = f"{x:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _words(
    s: Specification, points: tuple[TrendPoint, ...], values: tuple[float, ...], made: Tolerance | None,
    slope: tuple[float, float, float] | None, within_sd: float | None,
) -> Iterable[str]:  # fmt: skip
    n, unit = len(points), "" if s.unit == "1" else f" {s.unit}"
    if len(values) < n:
        bounds = ", ".join(p.lot for p in points if p.value is None)
        yield f"The value of {bounds} is a bound, not a number: no mean, spread or interval is given."
    elif n == 1:
        yield f"One lot gives no tolerance interval: nothing tells how lots differ. Its value is {points[0].written}."
    elif _flat(values):
        yield (
            f"{n} lots have one value, {figure(values[0])}{unit}: rounding may hide their spread, "
            "and no interval is given."
        )
    elif made is not None:
        yield f"{n} lots: mean {figure(made.mean)}{unit}, standard deviation between lots {figure(made.sd)}{unit}."
        yield _interval(s, made, unit)
    if within_sd is not None:
        yield (
            f"Replicates within a lot have a standard deviation of {figure(within_sd)}{unit}; "
            "they are not counted as lots."
        )
    if slope is not None:
        yield (
            f"From lot to lot it changes by {figure(slope[0])}{unit} "
            f"({figure(slope[1])} to {figure(slope[2])} at 95 %, least squares in the order of making)."
        )
    elif len(values) == n > 2 and not all(p.made_on for p in points):
        yield "The day of making of some lots is not stated: whether they drift is not told."
    elif len(values) == n == 2:
        yield "Two lots show no drift and no absence of it."
    siblings = [p.lot for p in points if p.own is False]
    if siblings:
        yield f"Lots of other products: {', '.join(siblings)}. They show the process, not this version."
    yield _without_distribution(points)


def _interval(s: Specification, made: Tolerance, unit: str) -> str:
    low = figure(made.low) if made.low is not None else ""
    high = figure(made.high) if made.high is not None else ""
    span = f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
    sided = "two-sided" if low and high else "one-sided"
    text = (
        f"The {sided} normal tolerance interval for {100 * made.share:g} % of lots at {100 * made.confidence:g} % "
        f"confidence is {span}{unit} (k = {made.k:.3f})"
    )
    if s.has_limit:
        beyond = (s.lower is not None and made.low is not None and made.low < s.lower) or (
            s.upper is not None and made.high is not None and made.high > s.upper
        )
        text += f"; it {'reaches beyond' if beyond else 'lies within'} the limits {s.shown}"
    if made.low is not None and made.low < 0 <= made.mean - made.sd:
        text += ". Its lower end lies below 0; where the quantity can not, so few lots do not carry a normal model"
    return text + "."


def _without_distribution(points: tuple[TrendPoint, ...]) -> str:
    n, inside = len(points), sum(p.within is Within.WITHIN for p in points)
    text = (
        f"Without a distribution, the range of {n} lot{'s' if n > 1 else ''} holds {SHARE:.0%} of lots with "
        f"{range_confidence(n):.1%} confidence; {CONFIDENCE:.0%} takes {lots_needed()} lots"
    )
    if n == inside:
        least = least_share_within(n, CONFIDENCE)
        text += f". {inside} of {n} within the limits shows that at least {least:.0%} of lots are, "
        text += f"at {CONFIDENCE:.0%} confidence"
    return text.replace("%", " %") + "."
