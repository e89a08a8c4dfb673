"""Whether each lot lies within its limits, recomputed from the results; and what a stated decision says beside that.

**Rounding.** A result is converted to the unit of the limit, replicates are made one reportable value, and only then it
is rounded, half up, to the decimals of the limit as it is written; a value equal to a limit is permitted (USP General
Notices 7.10 and 7.20, read in the stored text of USP 32). The European Pharmacopoeia rounds to significant figures
instead; where the two would differ, both results stand in the reason.

**Below and above.** ``<0.05`` is within a limit of at most 0.1, open against at most 0.03, and never 0.

**Replicates.** The specification says whether their mean is compared or each of them. Where it does not, each is, and
where mean and each differ the result is not known.

**What does not count.** A result by another method than that of the specification; a result left out with a reason,
which is told; a result to come. Nothing of these is "within".

Cannot see: whether the limit is right, whether the laboratory was, results that were never written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from proband.core.units import UnitError, conversion
from proband.science.quality.component_model import told
from proband.science.quality.lot_tables import BELOW_WORDS, Lot, Result, number
from proband.science.quality.specifications import Specification, Specifications


class Within(StrEnum):
    """What is known of one attribute of one lot."""

    WITHIN = "within"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


class Decision(StrEnum):
    """What the results of a lot say against all specifications in force."""

    MEETS = "meets"
    FAILS = "fails"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Judged:
    """One specification of one lot: reported value in words, whether it is within, why, and the number in its unit."""

    lot: str
    specification: Specification
    attribute: str
    within: Within
    reported: str
    why: str
    value: Fraction | None = None
    n: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LotReport:
    """One lot: every specification judged, results that no specification asks for, decision here and as stated."""

    lot: str
    judged: tuple[Judged, ...]
    without_specification: tuple[str, ...]
    decision: Decision
    stated: str
    disagreement: str
    left_out: tuple[str, ...]

    @property
    def outside(self) -> tuple[Judged, ...]:
        """What is out of specification."""
        return tuple(j for j in self.judged if j.within is Within.OUTSIDE)

    @property
    def open(self) -> tuple[Judged, ...]:
        """What is not known."""
        return tuple(j for j in self.judged if j.within is Within.UNKNOWN)


def rounded(value: Fraction, limit: Decimal) -> Fraction:
    """A value at the decimals of a limit as written, half up (away from zero), exactly.

    >>> str(rounded(Fraction("0.205"), Decimal("0.20"))), str(rounded(Fraction("0.2049"), Decimal("0.20")))
    ('21/100', '1/5')
    """
    scale = 10 ** decimals(limit)
    whole = abs(value) * scale
    up = (whole.numerator * 2 + whole.denominator) // (2 * whole.denominator)
    return Fraction(up if value >= 0 else -up, scale)


def decimals(limit: Decimal) -> int:
    """Decimals of a limit as it is written.

    >>> decimals(Decimal("0.20")), decimals(Decimal("60")), decimals(Decimal("1E+2"))
    (2, 0, 0)
    """
    return max(0, -int(limit.as_tuple().exponent))


def significant(value: Fraction, limit: Decimal) -> Fraction:
    """A value at the significant figures of a limit as written, half up: the other rule.

    >>> str(significant(Fraction("98.28568"), Decimal("100.0"))), str(significant(Fraction("0.0204"), Decimal("0.020")))
    ('9829/100', '1/50')
    """
    if value == 0 or limit == 0:
        return rounded(value, limit)
    figures = len(limit.as_tuple().digits)
    places, size = figures - 1, abs(value)
    while size >= 10:
        size, places = size / 10, places - 1
    while size < 1:
        size, places = size * 10, places + 1
    step = Fraction(10) ** -places
    up = (abs(value) / step + Fraction(1, 2)) // 1
    return (up if value > 0 else -up) * step


def compare(low: Fraction | None, high: Fraction | None, s: Specification, round_to=rounded) -> Within:  # type: ignore[no-untyped-def]
    """Whether a value between `low` and `high` (None: open) lies within the limits, at their decimals.

    >>> s = Specification(id="a", method="m", unit="%", lower=90)
    >>> [str(compare(Fraction(x), Fraction(x), s)) for x in ("89.5", "89.49")], str(compare(None, Fraction(95), s))
    (['within', 'outside'], 'unknown')
    """
    sides = []
    if (least := s.lower) is not None:
        reached = low is not None and round_to(low, least) >= least
        sides.append((reached, high is not None and round_to(high, least) < least))
    if (most := s.upper) is not None:
        kept = high is not None and round_to(high, most) <= most
        sides.append((kept, low is not None and round_to(low, most) > most))
    if not sides:
        return Within.UNKNOWN
    if any(out for _, out in sides):
        return Within.OUTSIDE
    return Within.WITHIN if all(yes for yes, _ in sides) else Within.UNKNOWN


def shown_value(value: Fraction, digits: int = 12) -> str:
    """A number as a decimal, exact where it ends within `digits` decimals.

    >>> shown_value(Fraction(1, 5)), shown_value(Fraction(1, 3), 3)
    ('0.2', '0.333')
    """
    text = f"{Decimal(value.numerator) / Decimal(value.denominator):.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def judge(lot: str, s: Specification, attribute: str, results: Iterable[Result]) -> Judged:
    """One specification of one lot, from its raw results."""
    rows = list(results)
    counted = [r for r in rows if not r.left_out.strip() and r.method.casefold() == s.method.casefold()]
    notes = _notes(s, rows)

    def unknown(why: str, reported: str = "") -> Judged:
        return Judged(lot, s, attribute, Within.UNKNOWN, reported, why, None, 0, notes)

    if not rows:
        return unknown("no result")
    if not counted:
        others = sorted({r.method for r in rows if not r.left_out.strip()})
        why = f"by {', '.join(others)}, not by {s.method} as specified" if others else "every result was left out"
        return unknown(why, ", ".join(r.written for r in rows if r.written))
    if any(r.pending for r in counted):
        return unknown("a result is still to come", ", ".join(r.written for r in counted if r.written))
    if s.is_text:
        return _judge_texts(lot, s, attribute, counted, notes)
    return _judge_numbers(lot, s, attribute, counted, notes)


def _notes(s: Specification, rows: list[Result]) -> tuple[str, ...]:
    made = []
    for r in rows:
        row = f"row {r.row} ({r.written or 'no value'})"
        if r.left_out.strip():
            made.append(f"{row} was left out: {r.left_out.strip()}")
        elif r.method.casefold() != s.method.casefold():
            made.append(f"{row} is by {r.method}, not by {s.method}: it does not count")
    return tuple(made)


def _judge_texts(lot: str, s: Specification, attribute: str, rows: list[Result], notes: tuple[str, ...]) -> Judged:
    reported = "; ".join(dict.fromkeys(r.text for r in rows))
    if not s.accepted:
        return Judged(
            lot, s, attribute, Within.UNKNOWN, reported, "no accepted text is written", None, len(rows), notes
        )
    accepted = {a.strip().casefold() for a in s.accepted}
    open_ = [r.text for r in rows if not told(r.text)]
    out = [r.text for r in rows if r.text.strip().casefold() not in accepted and told(r.text)]
    within = Within.OUTSIDE if out else Within.UNKNOWN if open_ else Within.WITHIN
    why = f"{out[0]!r} is not {s.shown}" if out else f"{open_[0]!r} says nothing" if open_ else f"is {s.shown}"
    return Judged(lot, s, attribute, within, reported, why, None, len(rows), notes)


def _judge_numbers(lot: str, s: Specification, attribute: str, rows: list[Result], notes: tuple[str, ...]) -> Judged:
    spans = [(_in_unit(r.low, r.unit, s.unit), _in_unit(r.high, r.unit, s.unit)) for r in rows]
    lows, highs = [a for a, _ in spans], [b for _, b in spans]
    mean_low = sum(x for x in lows if x is not None) / Fraction(len(lows)) if None not in lows else None
    mean_high = sum(x for x in highs if x is not None) / Fraction(len(highs)) if None not in highs else None
    value = mean_low if mean_low is not None and mean_low == mean_high else None
    each = [compare(a, b, s) for a, b in spans]
    by_each = Within.OUTSIDE if Within.OUTSIDE in each else Within.UNKNOWN if Within.UNKNOWN in each else Within.WITHIN
    by_mean = compare(mean_low, mean_high, s)
    within = by_mean if s.reportable == "mean" else by_each
    reported = _reported(s, rows, value)
    why = f"{reported} against {s.shown}"
    if not s.has_limit:
        why = "no limit is written"
    elif len(rows) > 1 and s.reportable is None and by_mean is not by_each:
        within, why = Within.UNKNOWN, f"{why}: the mean is {by_mean}, each is {by_each}, and which counts is not stated"
    elif within is Within.UNKNOWN:
        why = f"{why}: a bound does not tell on which side of the limit it lies"
    why += _other_rule(s, value, within) if value is not None else ""
    return Judged(lot, s, attribute, within, reported, why, value, len(rows), notes)


def _other_rule(s: Specification, value: Fraction, within: Within) -> str:
    """Where rounding to significant figures, or no rounding, would decide otherwise."""
    if not s.has_limit or within is Within.UNKNOWN:
        return ""
    told_of = []
    if (other := compare(value, value, s, significant)) is not within:
        told_of.append(f"rounded to significant figures it would be {other}")
    if (other := compare(value, value, s, lambda v, _: v)) is not within:
        told_of.append(f"without rounding it would be {other}")
    return f" ({'; '.join(told_of)})" if told_of else ""


def _in_unit(value: Fraction | None, first: str, second: str) -> Fraction | None:
    if value is None:
        return None
    try:
        slope, offset = conversion(first, second)
    except UnitError as e:
        raise ValueError(str(e)) from None
    return value * slope + offset


def _as_bound(r: Result) -> str:
    """A value as written; a word such as nd, or a number below its own limit, as the bound that it stands for."""
    if r.low is None and r.high is not None and (r.written.casefold() in BELOW_WORDS or number(r.written) is not None):
        return f"<{shown_value(r.high)} ({r.written})"
    return r.written


def _reported(s: Specification, rows: list[Result], value: Fraction | None) -> str:
    unit = "" if s.unit == "1" else f" {s.unit}"
    if value is None:
        return ", ".join(f"{_as_bound(r)}{'' if r.unit == '1' else f' {r.unit}'}" for r in rows)
    limits = [x for x in (s.lower, s.upper) if x is not None]
    digits = max(max((decimals(x) for x in limits), default=0) + 2, 2)
    text = shown_value(value, digits if len(rows) > 1 else 12)
    return f"{text}{unit}" + (f" (mean of {len(rows)})" if len(rows) > 1 else "")


def report(
    specifications: Specifications, results: Iterable[Result], genealogy: Mapping[str, Lot]
) -> tuple[LotReport, ...]:
    """Every lot that has a result, in order of first mention; then, beside results, lots of this product without any
    that are stated to have served toxicology, clinic or stability: nothing is known of them."""
    rows = list(results)
    lots = dict.fromkeys(r.lot for r in rows)
    if rows:
        mine = (x for x in genealogy.values() if x.product in ("", specifications.product))
        lots |= dict.fromkeys(x.id for x in mine if {*x.served} & {"toxicology", "clinic", "stability"})
    return tuple(_lot(name, specifications, [r for r in rows if r.lot == name], genealogy.get(name)) for name in lots)


def _lot(name: str, specifications: Specifications, rows: list[Result], lot: Lot | None) -> LotReport:
    held = specifications.in_force
    judged = []
    taken: set[int] = set()
    for s in held:
        mine = [r for r in rows if resolved(r.attribute, specifications) == s.id]
        taken |= {r.row for r in mine}
        judged.append(judge(name, s, specifications.attribute(s), mine))
    extra = tuple(dict.fromkeys(r.attribute for r in rows if r.row not in taken))
    decision = Decision.MEETS
    if any(j.within is Within.OUTSIDE for j in judged):
        decision = Decision.FAILS
    elif any(j.within is Within.UNKNOWN for j in judged):
        decision = Decision.OPEN
    stated = lot.decision if lot is not None else ""
    left_out = tuple(n for j in judged for n in j.notes if "left out" in n)
    return LotReport(name, tuple(judged), extra, decision, stated, _disagreement(decision, stated, judged), left_out)


def resolved(attribute: str, specifications: Specifications) -> str:
    """The id of the specification that a result belongs to: by id, else by attribute of the family; "" for none."""
    held = specifications.in_force
    if any(s.id == attribute for s in held):
        return attribute
    known = specifications.family.known(attribute)
    same = [s.id for s in held if known and specifications.attribute(s) == known]
    return same[0] if len(same) == 1 else ""


def _disagreement(decision: Decision, stated: str, judged: list[Judged]) -> str:
    """Where the stated decision is not what the results say; "" where it is, or none is stated."""
    out = ", ".join(j.specification.id for j in judged if j.within is Within.OUTSIDE)
    unknown = ", ".join(j.specification.id for j in judged if j.within is Within.UNKNOWN)
    if stated == "released" and decision is Decision.FAILS:
        return f"stated as released, but out of specification for {out}"
    if stated == "released" and decision is Decision.OPEN:
        return f"stated as released, but not known to meet {unknown}"
    if stated == "rejected" and decision is Decision.MEETS:
        return "stated as rejected, but every result lies within its limits"
    return ""


def justified(s: Specification) -> bool:
    """Whether a limit has a written justification; words that say nothing are none."""
    return s.has_limit and told(s.justification)
