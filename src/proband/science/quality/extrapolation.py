"""How far a shelf life may reach beyond the period that long-term data cover: the limits of ICH Q1E and Q5C.

With X the time that long-term data cover and a statistical analysis of them (Q1E, 2.4 and 2.5, and its decision tree):

===================  ================================================================  ==========================
storage              significant change                                                at most
===================  ================================================================  ==========================
room temperature     none at the accelerated condition within 6 months                 2 X, and X + 12 months
room temperature     at the accelerated condition, none at the intermediate one        1.5 X, and X + 6 months
room temperature     at the intermediate condition, or that is not known               X
refrigerated         none at the accelerated condition within 6 months                 1.5 X, and X + 6 months
refrigerated         at the accelerated condition                                      X
frozen, deep frozen  (no accelerated condition counts)                                 X
===================  ================================================================  ==========================

Biological products are under Q5C, which rests a shelf life on real-time data: X, whatever the storage. Without a
statement on significant change nothing is extrapolated. Beyond X a shelf life is a claim that later data must bear out.

Source: ICH Q1E (2003), Q5C (1995), recalled; the table of Q1E was compared with two published summaries.
Cannot see: whether the change pattern goes on beyond the data.
"""

from __future__ import annotations

from dataclasses import dataclass

STORAGES = ("room_temperature", "refrigerated", "frozen", "deep_frozen")
CLASSES = ("biological", "chemical")


@dataclass(frozen=True, slots=True)
class Reach:
    """The longest shelf life that the rule allows, in months, and why."""

    months: float
    because: str


def reach(
    covered: float, storage: str, product_class: str, accelerated: str, intermediate: str = "not_stated"
) -> Reach:
    """The longest shelf life that the rule allows from `covered` months of long-term data.

    `accelerated` and `intermediate`: whether a significant change was seen there, yes, no or not_stated.

    >>> reach(12, "room_temperature", "chemical", "no").months, reach(18, "room_temperature", "chemical", "no").months
    (24.0, 30.0)
    >>> reach(12, "refrigerated", "chemical", "no").months, reach(6, "refrigerated", "chemical", "no").months
    (18.0, 9.0)
    >>> reach(12, "deep_frozen", "chemical", "no").months, reach(12, "refrigerated", "biological", "no").months
    (12.0, 12.0)
    """
    if product_class not in CLASSES or storage not in STORAGES:
        raise ValueError(f"no rule for {product_class!r} stored {storage!r}")
    if product_class == "biological":
        return Reach(float(covered), "a biological product: real-time data alone (ICH Q5C)")
    if storage in ("frozen", "deep_frozen"):
        return Reach(float(covered), "stored in a freezer: long-term data alone (ICH Q1E, 2.5)")
    if accelerated == "no":
        if storage == "room_temperature":
            return Reach(float(min(2 * covered, covered + 12)), "no significant change at the accelerated condition")
        return _half(covered, "no significant change at the accelerated condition")
    if accelerated == "yes" and storage == "room_temperature" and intermediate == "no":
        return _half(covered, "significant change at the accelerated condition, none at the intermediate one")
    said = {"yes": "significant change", "not_stated": "it is not stated whether there was significant change"}
    return Reach(float(covered), f"{said[accelerated]} at the accelerated condition")


def _half(covered: float, because: str) -> Reach:
    return Reach(float(min(1.5 * covered, covered + 6)), because)
