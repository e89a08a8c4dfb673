"""Limits of blank and of detection of an assay from replicates, by reagent lot, with what they may and may not claim.

Classical approach of CLSI EP17-A2 (2012; recalled, formulas as in Linnet and Kondratovich, Clin Chem 2004;50:732-740):

- LoB by rank: the blank at rank 0.5 + 0.95 B, between neighbours linearly; needs 10 blanks;
- LoB of normal blanks: mean + c SD, c = 1.645 / (1 - 1 / (4 (B - K))) for B results of K blank samples;
- LoD = LoB + c SD of low samples, pooled within samples, c = 1.645 / (1 - 1 / (4 (L - J)));
- two or three reagent lots: each by itself, the greatest counts; four or more: all results together.

The limit of blank is an estimate of the 95 % point of blanks, so about half of such limits lie below it. By rank, the
expected share of blanks above it is 1 - (0.5 + 0.95 B) / (B + 1) whatever their distribution: 5.7 % at B = 60. For
normal blanks of one sample it is P(t_(B-1) > c / sqrt(1 + 1/B)): 5.3 % at B = 60. The limit's upper limit at 95 %
confidence is given beside it: from the non-central t of normal blanks (Krishnamoorthy and Mathew,
Statistical Tolerance Regions, 2009, sec. 2.2), or the order statistic that bounds it, which needs 59 blanks.

Cannot see: whether blanks are blank, whether they stand for the matrix of the product, whether runs were independent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from proband.science.stats.detection_limit import limit_of_blank_by_rank, limit_of_detection

LEAST_BLANKS = 10
"""Blanks of a reagent lot below which no limit is told: the rank of the 95 % point lies beyond them."""
ESTABLISHED_BLANKS = 60
ESTABLISHED_LOW = 60
"""Results of blanks and of low samples, for each reagent lot, from which EP17-A2 calls a limit established."""
POOLED_LOTS = 4
UNEQUAL = 0.01
"""Level of Bartlett's test below which the spread of low samples is told to be unequal."""
Z = float(special.ndtri(0.95))


@dataclass(frozen=True, slots=True)
class LotLimit:
    """The limit of one reagent lot (or of all together), the results it rests on, its upper limit where there is one.

    `value` is None where the lot has too few results; `because` says so.
    """

    lot: str
    value: float | None
    results: int
    samples: int
    upper: float | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class AssayLimit:
    """A limit over all reagent lots: the greatest of them, or None with a reason; `caveats` bound what it claims."""

    value: float | None
    lots: tuple[LotLimit, ...]
    established: bool
    caveats: tuple[str, ...]
    refusal: str = ""


Samples = Mapping[str, Mapping[str, Sequence[float]]]
"""Results by reagent lot and sample."""


def limit_of_blank(blanks: Samples, rule: str = "rank") -> AssayLimit:
    """The limit of blank over reagent lots; `rule` is "rank" or "normal".

    Raises ``ValueError`` for another rule or a result that is not finite. Source: module docstring.

    >>> made = limit_of_blank({"R1": {"b": [float(i) for i in range(1, 61)]}})
    >>> made.value, made.established, made.caveats
    (57.5, False, ('one reagent lot: nothing is known of the difference between lots',))
    """
    if rule not in ("rank", "normal"):
        raise ValueError(f"no rule {rule!r}")
    _finite(blanks)
    held = _together(blanks)
    lots = tuple(_blank(name, samples, rule) for name, samples in sorted(held.items()))
    return _over(lots, blanks, ESTABLISHED_BLANKS, "blanks")


def limit_of_detection_over(blank: AssayLimit, low: Samples) -> AssayLimit:
    """The limit of detection over reagent lots, from the limit of blank of each lot and its low samples.

    >>> blanks = {"R1": {"b": [float(i) for i in range(1, 61)]}}
    >>> made = limit_of_detection_over(limit_of_blank(blanks), {"R1": {"s": [57.0, 58.0, 59.0]}})
    >>> round(made.value, 2)
    59.38
    """
    _finite(low)
    held = _together(low)
    limits = {x.lot: x for x in blank.lots}
    lots, unequal = [], []
    for name, samples in sorted(held.items()):
        lots.append(_low(name, samples, limits.get(name)))
        p = _bartlett(samples)
        if p is not None and p < UNEQUAL:
            unequal.append(
                f"the spread of low samples is unequal (Bartlett P {p:.2g}): a precision profile fits better"
            )
    made = _over(tuple(lots), low, ESTABLISHED_LOW, "low results")
    caveats = tuple(dict.fromkeys((*blank.caveats, *made.caveats, *unequal)))
    refusal = made.refusal or blank.refusal
    absent = sorted(set(limits) - set(held))
    if absent and made.value is not None:
        caveats = (*caveats, f"no low sample with reagent lot {', '.join(absent)}")
    return AssayLimit(made.value, made.lots, made.established and blank.established, caveats, refusal)


def factor(results: int, samples: int) -> float:
    """c = 1.645 / (1 - 1 / (4 (results - samples))): the 95 % point, mended for the bias of a standard deviation.

    >>> round(factor(60, 5), 4)
    1.6524
    """
    if results <= samples:
        raise ValueError("a sample needs a second result")
    return Z / (1 - 1 / (4 * (results - samples)))


def upper_limit_of_point(values: Sequence[float], share: float = 0.95, level: float = 0.95) -> float:
    """The upper confidence limit of a quantile of a normal distribution: mean + k SD, k by the non-central t.

    >>> round(upper_limit_of_point([-1.0, 0.0, 1.0]), 3)
    7.656
    """
    x = np.asarray(values, float)
    n = x.size
    if n < 2:
        raise ValueError("at least two results are needed")
    away = float(special.ndtri(share)) * math.sqrt(n)
    low, high = away, 10.0 * away + 10.0
    while float(special.nctdtr(n - 1, away, high)) < level:
        high *= 2
    k = optimize.brentq(lambda t: float(special.nctdtr(n - 1, away, t)) - level, low, high) / math.sqrt(n)
    return float(x.mean() + k * x.std(ddof=1))


def upper_limit_by_rank(values: Sequence[float], share: float = 0.95, level: float = 0.95) -> float | None:
    """The smallest order statistic that lies above a quantile with confidence; None with too few values (below 59).

    >>> upper_limit_by_rank(range(1, 60)), upper_limit_by_rank(range(1, 59))
    (59.0, None)
    """
    x = np.sort(np.asarray(values, float))
    for rank in range(1, x.size + 1):
        if stats.binom.cdf(rank - 1, x.size, share) >= level:
            return float(x[rank - 1])
    return None


def _together(held: Samples) -> Samples:
    """Each lot by itself, or all results together from four lots on."""
    if len(held) < POOLED_LOTS:
        return held
    joined: dict[str, list[float]] = {}
    for lot, samples in held.items():
        for sample, values in samples.items():
            joined.setdefault(f"{sample} {lot}", []).extend(values)
    return {"all lots": joined}


def _blank(lot: str, samples: Mapping[str, Sequence[float]], rule: str) -> LotLimit:
    values = [v for group in samples.values() for v in group]
    if len(values) < LEAST_BLANKS or len(values) <= len(samples):
        because = f"{len(values)} blanks of reagent lot {lot}: at least {LEAST_BLANKS} are needed"
        return LotLimit(lot, None, len(values), len(samples), because=because)
    if rule == "rank":
        return LotLimit(
            lot, limit_of_blank_by_rank(values), len(values), len(samples), upper_limit_by_rank(values)
        )  # fmt: skip
    x = np.asarray(values, float)
    limit = float(x.mean() + factor(len(values), len(samples)) * x.std(ddof=1))
    return LotLimit(lot, limit, len(values), len(samples), upper_limit_of_point(values))


def _low(lot: str, samples: Mapping[str, Sequence[float]], blank: LotLimit | None) -> LotLimit:
    count = sum(len(v) for v in samples.values())
    if blank is None or blank.value is None:
        because = blank.because if blank is not None else f"no blanks of reagent lot {lot}"
        return LotLimit(lot, None, count, len(samples), because=because)
    if count - len(samples) < 1:
        return LotLimit(lot, None, count, len(samples), because=f"no low sample of reagent lot {lot} has two results")
    return LotLimit(lot, limit_of_detection(blank.value, list(samples.values())), count, len(samples))


def _over(lots: tuple[LotLimit, ...], held: Samples, wanted: int, what: str) -> AssayLimit:
    """The greatest limit over lots, with what it may not claim."""
    if not lots:
        return AssayLimit(None, (), False, (), f"no {what}")
    lost = [x.because for x in lots if x.value is None]
    if lost:
        return AssayLimit(None, lots, False, (), "; ".join(lost))
    caveats = []
    if len(held) == 1:
        caveats.append("one reagent lot: nothing is known of the difference between lots")
    short = [f"{x.results} of lot {x.lot}" for x in lots if x.results < wanted]
    if short:
        caveats.append(f"fewer than {wanted} {what} for a reagent lot ({', '.join(short)})")
    value = max(x.value for x in lots if x.value is not None)
    return AssayLimit(value, lots, not caveats, tuple(caveats))


def _bartlett(samples: Mapping[str, Sequence[float]]) -> float | None:
    groups = [g for v in samples.values() if len(g := list(v)) > 1 and float(np.std(g)) > 0]
    return float(stats.bartlett(*groups).pvalue) if len(groups) > 1 else None


def _finite(held: Samples) -> None:
    for lot, samples in held.items():
        if not all(math.isfinite(v) for values in samples.values() for v in values):
            raise ValueError(f"reagent lot {lot}: a result that is not a finite number")
