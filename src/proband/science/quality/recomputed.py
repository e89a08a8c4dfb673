"""One thing that was recomputed: what was typed, what comes out, whether they agree, and what would explain it.

Four words and no fifth: ``agrees``, ``disagrees``, ``not_checkable`` (typed, and what it takes to compute it is not
stated), ``computed`` (nothing was typed to compare with). A number that was not typed is never filled in.

Cannot see: whether what was computed from is true.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Status(StrEnum):
    """What came of a comparison."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    NOT_CHECKABLE = "not_checkable"
    COMPUTED = "computed"


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A quantity of a component: as typed and as computed, in words for people and as numbers where they are such.

    `difference` is computed less typed, `tolerance` how far they may lie apart, both in `unit`; `why` says what was
    computed from, or what is missing; `explained_by` names the simplest changes that would give the typed value.
    """

    component: str
    what: str
    status: Status
    typed: str = ""
    computed: str = ""
    unit: str = ""
    difference: float | None = None
    tolerance: float | None = None
    why: str = ""
    explained_by: tuple[str, ...] = ()
    value: float | None = None

    @property
    def sentence(self) -> str:
        """The comparison in one sentence.

        >>> Recomputed("guide", "length", Status.DISAGREES, "101", "100", "nt", -1.0).sentence
        'length: typed 101 nt, computed 100 nt: they disagree by -1 nt'
        """
        unit = f" {self.unit}" if self.unit else ""
        if self.status is Status.COMPUTED:
            return f"{self.what}: computed {self.computed}{unit}" + (f" ({self.why})" if self.why else "")
        if self.status is Status.NOT_CHECKABLE:
            said = f"typed {self.typed}{unit}, " if self.typed else ""
            return f"{self.what}: {said}could not be checked: {self.why}"
        both = f"{self.what}: typed {self.typed}{unit}, computed {self.computed}{unit}"
        if self.status is Status.AGREES:
            return f"{both}: they agree"
        return (
            both + ": they disagree" + (f" by {signed(self.difference)}{unit}" if self.difference is not None else "")
        )


def signed(x: float) -> str:
    """A difference with its sign, to two decimals below 100, without an exponent.

    >>> signed(16.714), signed(-1.0), signed(-0.5)
    ('+16.71', '-1', '-0.5')
    """
    return f"{x:+.2f}".rstrip("0").rstrip(".") if abs(x) >= 0.01 or x == 0 else f"{x:+.2g}"


def plain(x: float | Decimal, digits: int = 2) -> str:
    """A number without exponent, up to `digits` decimals, small ones to three significant digits.

    >>> plain(7086.714), plain(0.374), plain(100.0), plain(1605)
    ('7086.71', '0.374', '100', '1605')
    """
    value = float(x)
    if value and abs(value) < 1:
        return f"{value:.3g}"
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def compared(
    component: str, what: str, typed: float | None, computed: float | None, unit: str = "",
    *, tolerance: float = 0.0, why: str = "", missing: str = "",
) -> Recomputed | None:  # fmt: skip
    """The comparison of two numbers in one unit; None where there is neither.

    >>> compared("g", "length", 100, 100, "nt").status, compared("g", "length", 100, None, missing="a sequence").why
    (<Status.AGREES: 'agrees'>, 'not stated: a sequence')
    """
    if typed is None and computed is None:
        return None
    if computed is None:
        because = why or f"not stated: {missing}"
        return Recomputed(component, what, Status.NOT_CHECKABLE, plain(typed or 0), unit=unit, why=because)
    if typed is None:
        return Recomputed(component, what, Status.COMPUTED, "", plain(computed), unit, why=why, value=float(computed))
    gap = float(computed) - float(typed)
    status = Status.AGREES if abs(gap) <= tolerance * (1 + 1e-12) + 1e-12 else Status.DISAGREES
    return Recomputed(
        component, what, status, plain(typed), plain(computed), unit, gap, tolerance, why, value=float(computed)
    )


def worst(made: Iterable[Recomputed]) -> Status | None:
    """The status that a reader must know of first: a disagreement, then what could not be checked; None of nothing.

    >>> worst([Recomputed("g", "a", Status.AGREES), Recomputed("g", "b", Status.NOT_CHECKABLE)])
    <Status.NOT_CHECKABLE: 'not_checkable'>
    """
    there = {r.status for r in made}
    order = (Status.DISAGREES, Status.NOT_CHECKABLE, Status.AGREES, Status.COMPUTED)
    return next((s for s in order if s in there), None)
