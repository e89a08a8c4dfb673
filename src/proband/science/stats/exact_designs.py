"""Exact designs and tests for one to twenty patients: rank floors, single-stage binomial designs, rank sums.

Also the price of a cohort that differs: the true error rate of a test against an external control when the cohorts
differ by a shift of standard deviation tau that the test does not know. Sources: enumeration; Fisher 1935; the shift
is Phi(-z / sqrt(1 + tau^2 / (1/N + 1/M))). Cannot see: anything but the sampling these formulas assume; controls that
were chosen after their outcome was known void every one of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import special

MOST_ASSIGNMENTS = 500_000
MOST_PATIENTS = 1000


def rank_floor(treated: int, controls: int) -> float:
    """The least one-sided P that ranks can give: every treated patient better than every control, 1 / C(n + k, k).

    Raises ``ValueError`` unless both are at least 1.

    >>> rank_floor(1, 19), rank_floor(1, 39), round(rank_floor(2, 8), 4)
    (0.05, 0.025, 0.0222)
    """
    if treated < 1 or controls < 1:
        raise ValueError("at least one treated and one control are needed")
    return 1 / math.comb(treated + controls, treated)


@dataclass(frozen=True, slots=True)
class SingleStage:
    """A design: `n` patients, success with `r` responses or more, and its exact error rate and power."""

    p0: float
    p1: float
    n: int
    r: int
    alpha: float
    power: float


def binomial_tail(r: int, n: int, p: float) -> float:
    """P(at least `r` of `n`), each with probability `p`.

    >>> binomial_tail(2, 5, 0.5)
    0.8125
    """
    if not (0 <= p <= 1 and r >= 0 and n >= 0):
        raise ValueError("counts from 0, and a probability from 0 to 1")
    return 1.0 if r == 0 else 0.0 if r > n else float(special.betainc(r, n - r + 1, p))


def single_stage(p0: float, p1: float, alpha: float = 0.025, power: float = 0.8, most: int = 200) -> SingleStage | None:
    """The smallest design with exact error rate at most `alpha` at `p0`, and at least `power` at `p1`.

    None where `most` patients are not enough. Raises ``ValueError`` unless 0 <= p0 < p1 <= 1.

    >>> made = single_stage(0.05, 0.5)
    >>> made.n, made.r, round(made.alpha, 4), made.power
    (5, 2, 0.0226, 0.8125)
    """
    if not 0 <= p0 < p1 <= 1 or not 0 < alpha < 1 or not 0 < power < 1 or not 0 < most <= MOST_PATIENTS:
        raise ValueError(f"0 <= p0 < p1 <= 1, risks between 0 and 1, and at most {MOST_PATIENTS} patients are needed")
    for n in range(1, most + 1):
        made = design_of(n, p0, p1, alpha)
        if made is not None and made.power >= power:
            return made
    return None


def design_of(n: int, p0: float, p1: float, alpha: float = 0.025) -> SingleStage | None:
    """The design with `n` patients and the least number of responses that keeps to `alpha`; None where no number does.

    >>> made = design_of(10, 0.1, 0.5)
    >>> made.r, round(made.alpha, 10), made.power
    (4, 0.0127951984, 0.828125)
    """
    for r in range(n + 1):
        error = binomial_tail(r, n, p0)
        if error <= alpha:
            return SingleStage(p0, p1, n, r, error, binomial_tail(r, n, p1))
    return None


@dataclass(frozen=True, slots=True)
class ExactTest:
    """One-sided and two-sided exact P, the least P the design can give, and how many assignments there were."""

    one_sided: float
    two_sided: float
    floor: float
    assignments: int


def rank_sum(treated: Sequence[float], controls: Sequence[float], higher_is_better: bool) -> ExactTest:
    """Exact rank-sum test, ties by mid-ranks: are the treated better than the controls?

    Exchangeable patients are assumed. Raises ``ValueError`` for empty arms, values that are not finite, and more than
    500,000 assignments.

    >>> rank_sum([9.0], [1.0, 2.0, 3.0, 4.0], higher_is_better=True).one_sided
    0.2
    """
    values = np.array([*treated, *controls], dtype=np.float64)
    if not len(treated) or not len(controls) or not np.isfinite(values).all():
        raise ValueError("both arms need finite values")
    ways = math.comb(values.size, len(treated))
    if ways > MOST_ASSIGNMENTS:
        raise ValueError(f"{ways} assignments are more than can be enumerated")
    ranks = _mid_ranks(values if higher_is_better else -values)
    chosen = np.array(list(combinations(range(values.size), len(treated))), dtype=np.int64)
    sums = ranks[chosen].sum(axis=1)
    seen, middle = float(ranks[: len(treated)].sum()), len(treated) * (values.size + 1) / 2
    one = float((sums >= seen - 1e-9).mean())
    two = float((np.abs(sums - middle) >= abs(seen - middle) - 1e-9).mean())
    return ExactTest(one, two, 1 / ways, ways)


def _mid_ranks(values: np.ndarray) -> np.ndarray:
    _, code, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mid: np.ndarray = (last - (counts - 1) / 2)[code]
    return mid


def cohort_shift_error(treated: int, controls: int, tau: float, alpha: float = 0.025) -> float:
    """True one-sided error rate of a z test of `treated` against `controls` when cohorts differ by N(0, tau^2).

    `tau` is in standard deviations between patients. More treated patients make it worse, not better.
    Raises ``ValueError`` for numbers out of range.

    >>> [round(cohort_shift_error(n, 40, 0.5), 4) for n in (1, 5, 20)]
    [0.0394, 0.0887, 0.1732]
    """
    if treated < 1 or controls < 1 or tau < 0 or not 0 < alpha < 0.5:
        raise ValueError("patients from 1, tau from 0, alpha between 0 and 0.5")
    z = float(special.ndtri(alpha))
    return float(special.ndtr(z / math.sqrt(1 + tau**2 / (1 / treated + 1 / controls))))
