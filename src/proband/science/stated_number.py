"""A number with its limits in words, for the statement of a line of evidence; and a number that may not decide.

Cannot see: what the number is of.
"""

from __future__ import annotations

from proband.core.quantity import Quantity, QuantityKind

LEVEL = 0.95


def stated(q: Quantity, level: float = LEVEL) -> str:
    """The number with its interval, its one-sided limit, or the bracket that is none.

    >>> stated(Quantity.bound(0.0015, "fraction", side="upper", level=0.95))
    'at most 0.0015 (95 %, one-sided)'
    >>> stated(Quantity.point(0.4, "fraction", low=0.3, high=0.5))
    '0.4 (0.3 to 0.5 by counting alone, no interval)'
    """
    unit = "" if q.unit in ("fraction", "ratio", "count") else f" {q.unit}"
    if q.kind is QuantityKind.BOUND:
        word = "at most" if q.side == "upper" else "at least"
        return f"{word} {_digits(q.limit)}{unit} ({q.level or 0:.0%}, one-sided)".replace("%", " %")
    span = q.interval(level)
    if q.kind is QuantityKind.EXACT or (span is None and q.low is None):
        return f"{_digits(q.value)}{unit}"
    if span is None:
        return f"{_digits(q.value)}{unit} ({_digits(q.low)} to {_digits(q.high)} by counting alone, no interval)"
    return f"{_digits(q.value)}{unit} ({_digits(span[0])} to {_digits(span[1])} at {100 * level:g} %)"


def _digits(x: float | None) -> str:
    if x is None:
        return "not known"
    return f"{x:.0f}" if 100 <= abs(x) < 1e9 else f"{x:.3g}"


def undecided(q: Quantity) -> Quantity:
    """A number of one sample in an arm as a value with a bracket: its counts do not hold the spread between samples.

    >>> from proband.science.stats.posterior import proportion
    >>> undecided(proportion(40, 100)).kind
    <QuantityKind.POINT: 'point'>
    """
    span = q.interval(LEVEL)
    if q.kind is not QuantityKind.POSTERIOR or span is None or q.value is None:
        return q
    low, high = span
    return Quantity.point(q.value, q.unit, n=q.n, low=low, high=high)
