"""Does a reported value lie in the validated range of its method? One answer for each value, never a silent use.

The value is converted to the unit of the range (UCUM). Outside: below the low end or above the high one, or below a
stated limit of quantitation. Not known: no method named, a method that the program does not describe or describes for
another attribute, a range without that end, units that do not convert. A censored value ("below 0.5") is held against
the limit of quantitation only.

Cannot see: whether the range was validated in the matrix of this product.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from proband.core.evidence import Members
from proband.core.units import UnitError, convert, why_different
from proband.science.quality.method_file import Method

WITHIN, OUTSIDE, NOT_KNOWN = "within", "outside", "not_known"


@dataclass(frozen=True, slots=True)
class Reported:
    """A value as a table of results holds it; `name` says which one it is; `censored` is "", "below" or "above"."""

    name: str
    attribute: str
    method: str
    value: float
    unit: str
    censored: str = ""


@dataclass(frozen=True, slots=True)
class Ranged:
    """A reported value with what the range of its method says of it."""

    reported: Reported
    state: str
    because: str


def in_range(r: Reported, methods: Mapping[str, Method]) -> Ranged:
    """What the validated range of its method says of a value.

    >>> from proband.science.quality.method_file import Range
    >>> held = {"m": Method(id="m", attribute="size", technique="DLS", range=Range(low=30.0, high=200.0, unit="nm"))}
    >>> in_range(Reported("lot A", "size", "m", 0.25, "um"), held).because
    '250 nm lies above 200 nm, the high end of what m was validated for'
    >>> in_range(Reported("lot A", "size", "m", 80.0, "nm"), held).state
    'within'
    """
    m = methods.get(r.method)
    if m is None:
        said = f"no method {r.method} is described" if r.method else "no method is named"
        return Ranged(r, NOT_KNOWN, said)
    names = {plain_name(n) for n in (m.attribute, *m.covers)}
    if plain_name(r.attribute) not in names:
        said = f"{m.id} states its range for {m.attribute}, not for {r.attribute}"
        return Ranged(r, NOT_KNOWN, said)
    if m.range is None:
        return Ranged(r, NOT_KNOWN, f"{m.id} states no validated range")
    low, high, unit = m.range.low, m.range.high, m.range.unit
    try:
        value = convert(r.value, r.unit, unit)
        least = None if m.quantitation_limit is None else convert(
            m.quantitation_limit.value, m.quantitation_limit.unit, unit
        )  # fmt: skip
    except UnitError as e:
        return Ranged(r, NOT_KNOWN, f"{r.unit} against {unit}: {e or why_different(r.unit, unit)}")
    shown = f"{value:.6g} {unit}"
    if r.censored:
        return _censored(r, value, least, low, high, unit, m.id)
    if least is not None and value < least:
        return Ranged(r, OUTSIDE, f"{shown} lies below the limit of quantitation of {m.id}, {least:.6g} {unit}")
    if low is not None and value < low:
        return Ranged(r, OUTSIDE, f"{shown} lies below {low:.6g} {unit}, the low end of what {m.id} was validated for")
    if high is not None and value > high:
        return Ranged(
            r, OUTSIDE, f"{shown} lies above {high:.6g} {unit}, the high end of what {m.id} was validated for"
        )
    if low is None or high is None:
        return Ranged(r, NOT_KNOWN, f"{m.id} states no {'low' if low is None else 'high'} end of its range")
    return Ranged(r, WITHIN, f"{shown} lies in {low:.6g} to {high:.6g} {unit}")


def plain_name(text: str) -> str:
    """An attribute's name without capitals, and with spaces for the signs that stand for them.

    >>> plain_name("RNA_Integrity"), plain_name("rna integrity")
    ('rna integrity', 'rna integrity')
    """
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def _censored(
    r: Reported, value: float, least: float | None, low: float | None, high: float | None, unit: str, method: str
) -> Ranged:
    """A censored value can not lie outside by its value; it is told whether its limit is one that the method has."""
    end = (least if least is not None else low) if r.censored == "below" else high
    shown = f"{r.censored} {value:.6g} {unit}"
    if end is None:
        return Ranged(r, NOT_KNOWN, f"{shown}: {method} states no such limit")
    if (r.censored == "below" and value < end) or (r.censored == "above" and value > end):
        said = f"{shown} claims more than {method} can tell: its limit is {end:.6g} {unit}"
        return Ranged(r, OUTSIDE, said)
    return Ranged(r, WITHIN, f"{shown}, which {method} can tell")


def members(checked: Iterable[Ranged]) -> Members:
    """Values by name: within (present), outside (absent), not known. A name that occurs twice is taken by its worst.

    >>> one = Reported("lot A size", "size", "", 80.0, "nm")
    >>> members([in_range(one, {})])
    Members(present=(), absent=(), unknown=('lot A size',))
    """
    order = (OUTSIDE, NOT_KNOWN, WITHIN)
    worst: dict[str, str] = {}
    for c in checked:
        held = worst.get(c.reported.name, WITHIN)
        worst[c.reported.name] = min(held, c.state, key=order.index)
    by = {state: tuple(n for n, s in worst.items() if s == state) for state in order}
    return Members(by[WITHIN], by[OUTSIDE], by[NOT_KNOWN])
