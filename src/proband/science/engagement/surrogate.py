"""From a surrogate readout to the tissue: their correlation, and a prediction with its interval.

Correlation: Pearson's r, limits by Fisher's z, atanh r with standard error 1 / sqrt(n - 3) (Fisher, Metron
1921;1:3-32), for pairs that are jointly normal on the scale chosen. Prediction: a line fitted to earlier pairs, and the
prediction interval of one new subject with t on n - 2 degrees of freedom (Draper and Smith, Applied Regression
Analysis, 3rd ed., section 3.1).

What was read in the tissue itself is ``shown``. What follows from a surrogate is ``inferred``, however good the
relation; without either it is ``unknown``.

Cannot see: whether the relation holds for this patient, product and dose; a common cause that treatment breaks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import GRID, Quantity

_P = np.array(GRID)
Floats = NDArray[np.float64]

LEAST_PAIRS = 4
"""Pairs below which Fisher's z has no standard error."""

SCALES: dict[str, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]] = {
    "identity": (lambda x: x, lambda x: x),
    "log": (np.log, lambda x: np.exp(np.clip(x, -690.0, 690.0))),
    "logit": (special.logit, special.expit),
}
"""Scales on which the relation is a line, each with its inverse."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A line through earlier pairs, on a stated scale of either, with what its limits need."""

    slope: float
    intercept: float
    spread: float
    mean: float
    moment: float
    pairs: int
    lowest: float
    highest: float
    r: float
    scales: tuple[str, str]

    def correlation(self) -> Quantity:
        """Pearson's r with Fisher's limits."""
        z = math.atanh(self.r) + special.ndtri(_P) / math.sqrt(self.pairs - 3)
        model = f"pairs jointly normal on the {self.scales[0]} and {self.scales[1]} scale, Fisher's z"
        return Quantity.posterior(np.tanh(z).tolist(), "ratio", model=model, n=self.pairs, value=self.r)


@dataclass(frozen=True, slots=True)
class Engagement:
    """What is known of the tissue: the word ``shown``, ``inferred`` or ``unknown``, the number if any, and why."""

    word: str
    quantity: Quantity | None
    reason: str


def relation(
    surrogate: Sequence[float],
    tissue: Sequence[float],
    scales: tuple[str, str] = ("identity", "logit"),
    source: str = "",
) -> Relation:
    """Fit pairs of surrogate and tissue readouts, one per earlier subject.

    Raises ``ProgramError`` for fewer than four pairs, values outside of a scale, a surrogate that does not vary, or
    pairs that lie on the line exactly; ``ValueError`` for another scale or columns of unequal length.

    >>> made = relation([1, 2, 3, 4, 5], [0.1, 0.24, 0.31, 0.52, 0.58])
    >>> round(made.r, 3), [round(x, 2) for x in made.correlation().interval(0.95)]
    (0.98, [0.72, 1.0])
    """
    if len(surrogate) != len(tissue) or not set(scales) <= set(SCALES):
        raise ValueError(f"pairs, on scales of {', '.join(SCALES)}")
    if len(surrogate) < LEAST_PAIRS:
        raise _refused(source, f"{len(surrogate)} pairs", f"at least {LEAST_PAIRS}", "give more, or make no inference")
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = (SCALES[s][0](np.asarray(v, dtype=np.float64)) for s, v in zip(scales, (surrogate, tissue), strict=True))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise _refused(source, "a value outside of its scale", f"values for {' and '.join(scales)}", "choose another")
    dx, dy = x - x.mean(), y - y.mean()
    moment = float(dx @ dx)
    if moment == 0 or float(dy @ dy) == 0:
        raise _refused(source, "a readout that does not vary", "pairs that differ", "give subjects of other levels")
    slope = float(dx @ dy) / moment
    left = float(((dy - slope * dx) ** 2).sum())
    r = float(dx @ dy) / math.sqrt(moment * float(dy @ dy))
    if left <= 1e-20 * float(dy @ dy):
        raise _refused(source, "pairs that lie on a line exactly", "pairs that scatter", "give measured values")
    spread = math.sqrt(left / (x.size - 2))
    ends = float(min(surrogate)), float(max(surrogate))
    return Relation(
        slope, float(y.mean() - slope * x.mean()), spread, float(x.mean()), moment, x.size, *ends, r, scales
    )


def _refused(source: str, found: str, expected: str, remedy: str) -> ProgramError:
    return ProgramError([Problem(source, "", found, expected, remedy)])


def predict(link: Relation, surrogate: float, unit: str = "fraction", source: str = "") -> Quantity:
    """The tissue readout of one new subject from its surrogate, with its prediction interval.

    Raises ``ProgramError`` for a surrogate outside of the range of the pairs: the relation is not known there.

    >>> made = predict(relation([1, 2, 3, 4, 5], [0.1, 0.24, 0.31, 0.52, 0.58]), 3)
    >>> round(made.value, 2), [round(x, 2) for x in made.interval(0.95)]
    (0.32, [0.17, 0.52])
    """
    if not link.lowest <= surrogate <= link.highest:
        expected = f"{link.lowest:g} to {link.highest:g}, the range of the pairs"
        raise _refused(source, f"a surrogate of {surrogate:g}", expected, "make no inference beyond it")
    forward, back = SCALES[link.scales[0]][0], SCALES[link.scales[1]][1]
    x = float(forward(np.array([float(surrogate)]))[0])
    middle = link.intercept + link.slope * x
    error = link.spread * math.sqrt(1 + 1 / link.pairs + (x - link.mean) ** 2 / link.moment)
    q = back(middle + error * special.stdtrit(link.pairs - 2, _P))
    model = f"line through {link.pairs} pairs, prediction of one subject, t with {link.pairs - 2} degrees of freedom"
    value = float(back(np.array([middle]))[0])
    return Quantity.posterior(q.tolist(), unit, model=model, n=link.pairs, value=value)


def engagement(tissue: Quantity | None, inferred: Quantity | None) -> Engagement:
    """What may be said of the tissue: its own reading is shown; a prediction is inferred; neither is unknown.

    >>> engagement(None, None).word
    'unknown'
    """
    if tissue is not None:
        return Engagement("shown", tissue, "read in the tissue itself")
    if inferred is not None:
        return Engagement("inferred", inferred, f"no tissue was read; predicted from a surrogate: {inferred.model}")
    return Engagement("unknown", None, "neither tissue nor a surrogate with a known relation was read")
