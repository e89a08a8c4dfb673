"""Randomisation tests: the start, the withdrawal or the order of starts was drawn by lot, and the lot is the inference.

Valid whatever the dependence or the drift of the values, because only the drawing is random (Edgington, J Psychol
1975;90:57-68; multiple baselines: Wampold and Worsham, Behav Assess 1986;8:135-143; Marascuilo and Busk, Behav Assess
1988;10:1-28; all recalled). All assignments that could have been drawn are enumerated; beyond a bound they are drawn
with the observed one among them, so that P is never 0 and stays exact in the sense of Phipson and Smyth (Stat Appl
Genet Mol Biol 2010;9:39).

With k assignments no P can be below 1 / k: the floor is part of the result. A start that was not drawn by lot gives the
same number as a description; it makes no claim, and its `p` is None.

Cannot see: whether the lot was kept (a start moved because of a value), and carry-over into a withdrawal phase.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem, ProgramError
from proband.kernels.assignments import count_permutations, count_sums

Floats = NDArray[np.float64]

DESIGNS = ("randomised_start", "randomised_withdrawal", "multiple_baseline", "not_randomised")
STATISTICS = ("mean_difference", "median_difference", "nonoverlap")
MOST_ENUMERATED = 20_000_000
DRAWS = 99_999
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class RandomisedCase:
    """One patient: values in order, for each assignment that could be drawn the phase of each value, and the one drawn.

    `phases` has one row per assignment with 0 (baseline) or 1 (treatment); `drawn` is the row that was drawn.
    """

    name: str
    values: Floats
    phases: NDArray[np.int8]
    drawn: int


@dataclass(frozen=True, slots=True)
class RandomisationTest:
    """The statistic, its place among all assignments, and the floor; `p` is None where no lot was drawn.

    `share` is the same number as a description for any design; `z` places the statistic in the null distribution.
    """

    reason: str
    design: str
    claim: bool
    statistic: str = ""
    observed: float | None = None
    p: float | None = None
    share: float | None = None
    floor: float | None = None
    assignments: int = 0
    enumerated: bool = True
    p_error: float | None = None
    null_mean: float | None = None
    z: float | None = None
    sentence: str = ""


def start_point_case(name: str, values: Sequence[float], drawn: int, admissible: Sequence[int]) -> RandomisedCase:
    """A case whose first treated value (0-based position) was drawn among `admissible` positions.

    Raises ``ProgramError`` for positions that leave a phase empty, come twice, or do not hold the one drawn.

    >>> start_point_case("P1", [5, 4, 5, 2, 1, 2], drawn=3, admissible=[2, 3, 4]).phases.tolist()
    [[0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 1]]
    """
    n = len(values)
    problems = _value_problems(name, values)
    starts = [int(s) for s in admissible]
    if len(set(starts)) < len(starts) or any(not 1 <= s < n for s in starts):
        expected = f"different positions from 1 to {n - 1} that leave both phases a value"
        problems.append(Problem(name, "admissible starts", f"{list(admissible)}", expected, "take them from the plan"))
    if drawn not in starts:
        problems.append(Problem(name, "start", f"{drawn}", f"one of {starts}", "give the start that was drawn"))
    if problems:
        raise ProgramError(problems)
    phases = np.array([[int(t >= s) for t in range(n)] for s in starts], dtype=np.int8)
    return RandomisedCase(name, np.asarray(values, dtype=float), phases, starts.index(drawn))


def withdrawal_case(
    name: str, values: Sequence[float], drawn: Sequence[int], admissible: Sequence[Sequence[int]]
) -> RandomisedCase:
    """A case with changes of phase (start, withdrawal, restart, ...) drawn among lists of positions, one per change.

    Assignments are all increasing choices of one position per list. Raises ``ProgramError`` as `start_point_case`.

    >>> withdrawal_case("P1", [5, 4, 1, 2, 5, 4], [2, 4], [[1, 2], [3, 4]]).phases.shape
    (4, 6)
    """

    n = len(values)
    problems = _value_problems(name, values)
    chosen = [c for c in product(*admissible) if all(a < b for a, b in pairwise(c))]
    if not admissible or any(not 1 <= p < n for c in chosen for p in c) or len(set(chosen)) < len(chosen):
        expected = f"lists of different positions from 1 to {n - 1}"
        problems.append(Problem(name, "admissible changes", f"{admissible}", expected, "take them from the plan"))
    if tuple(drawn) not in chosen:
        expected = "one position from each list, increasing"
        problems.append(Problem(name, "changes", f"{list(drawn)}", expected, "give the changes that were drawn"))
    if problems:
        raise ProgramError(problems)
    phases = np.array([[sum(t >= p for p in c) % 2 for t in range(n)] for c in chosen], dtype=np.int8)
    return RandomisedCase(name, np.asarray(values, dtype=float), phases, chosen.index(tuple(drawn)))


def randomisation_test(
    cases: Sequence[RandomisedCase],
    design: str,
    benefit: str,
    statistic: str = "mean_difference",
    *,
    permuted: bool = False,
    seed: int = 0,
    most: int = MOST_ENUMERATED,
) -> RandomisationTest:
    """The mean over patients of a statistic, among all assignments that could have been drawn.

    `benefit` ("increase" or "decrease") fixes the one side that is tested. `permuted`: the same starts were dealt out
    among patients (each case then lists the same number of assignments, one per patient, and case i drew the one that
    was dealt to it) instead of drawn independently. Raises ``ValueError`` for unknown words, ``ProgramError`` for
    cases that do not fit the design. Source: module docstring.

    >>> values = [5, 6, 5, 6, 5, 1, 1, 2, 1, 1]
    >>> case = start_point_case("P1", values, drawn=5, admissible=[3, 4, 5, 6, 7])
    >>> made = randomisation_test([case], "randomised_start", "decrease")
    >>> made.p, made.floor
    (0.2, 0.2)
    >>> randomisation_test([case], "not_randomised", "decrease").p is None
    True
    """
    if design not in DESIGNS or benefit not in ("increase", "decrease") or statistic not in STATISTICS:
        raise ValueError(f"design is one of {DESIGNS}, benefit increase or decrease, statistic one of {STATISTICS}")
    if not cases:
        return RandomisationTest("no patient", design, False)
    if all(case.values.size and np.ptp(case.values) == 0 for case in cases):
        return RandomisationTest("the values do not vary", design, False)
    sign = 1.0 if benefit == "increase" else -1.0
    measure = _MEASURES[statistic]
    rows = [np.array([sign * measure(c.values, row) for row in c.phases]) for c in cases]
    drawn = [c.drawn for c in cases]
    observed = float(sum(row[j] for row, j in zip(rows, drawn, strict=True)))
    if permuted:
        _check_permuted(cases)
    count = math.factorial(len(rows)) if permuted else math.prod(r.size for r in rows)
    if count < 2:
        return RandomisationTest("a single assignment could be drawn: there was no lot", design, False)
    made = _enumerated(rows, observed, permuted) if count <= most else _sampled(rows, observed, permuted, seed)
    return _result(made, count, count <= most, observed, sign, design, statistic, len(cases))


def _result(
    made: tuple[int, int, float, float], count: int, enumerated: bool, observed: float, sign: float, design: str,
    statistic: str, patients: int,
) -> RandomisationTest:  # fmt: skip
    looked, reached, total, squares = made
    share = reached / looked
    mean = total / looked
    deviation = math.sqrt(squares / (looked - 1))
    claim = design != "not_randomised"
    error = None if enumerated else math.sqrt(share * (1 - share) / looked)
    floor = 1 / (count if enumerated else looked)
    told = f"{reached} of {looked} assignments give as much or more; the least P that can be is {floor:.3g}"
    if not claim:
        told = "descriptive, because no lot was drawn: " + told
    return RandomisationTest(
        "", design, claim, statistic, sign * observed / patients, share if claim else None, share, floor, count,
        enumerated, error, sign * mean / patients, (observed - mean) / deviation if deviation > 0 else None, told,
    )  # fmt: skip


def _enumerated(rows: Sequence[Floats], observed: float, permuted: bool) -> tuple[int, int, float, float]:
    tolerance = _TOLERANCE * max(1.0, max(float(np.abs(r).max()) for r in rows)) * len(rows)
    if permuted:
        return tuple(count_permutations(np.array(rows), observed, tolerance))  # type: ignore[return-value]
    sizes = np.array([r.size for r in rows], dtype=np.int64)
    table = np.zeros((len(rows), int(sizes.max())))
    for i, row in enumerate(rows):
        table[i, : row.size] = row
    return tuple(count_sums(table, sizes, observed, tolerance))  # type: ignore[return-value]


def _sampled(rows: Sequence[Floats], observed: float, permuted: bool, seed: int) -> tuple[int, int, float, float]:
    """Assignments drawn by a seed, with the observed one counted among them."""
    rng = np.random.default_rng(seed)
    if permuted:
        order = np.argsort(rng.random((DRAWS, len(rows))), axis=1)
        sums = np.array(rows)[np.arange(len(rows)), order].sum(axis=1)
    else:
        sums = np.sum([row[rng.integers(0, row.size, DRAWS)] for row in rows], axis=0)
    sums = np.append(sums, observed)
    tolerance = _TOLERANCE * max(1.0, max(float(np.abs(r).max()) for r in rows)) * len(rows)
    reached = int((sums >= observed - tolerance).sum())
    return sums.size, reached, float(sums.sum()), float(((sums - sums.mean()) ** 2).sum())


def _mean_difference(values: Floats, phase: NDArray[np.int8]) -> float:
    return float(values[phase == 1].mean() - values[phase == 0].mean())


def _median_difference(values: Floats, phase: NDArray[np.int8]) -> float:
    return float(np.median(values[phase == 1]) - np.median(values[phase == 0]))


def _nonoverlap(values: Floats, phase: NDArray[np.int8]) -> float:
    """Share of pairs in which the treated value is higher, less the share in which it is lower."""
    return float(np.sign(values[phase == 1][:, None] - values[phase == 0][None, :]).mean())


_MEASURES: dict[str, Callable[[Floats, NDArray[np.int8]], float]] = {
    "mean_difference": _mean_difference,
    "median_difference": _median_difference,
    "nonoverlap": _nonoverlap,
}


def _value_problems(name: str, values: Sequence[float]) -> list[Problem]:
    return [
        Problem(name, f"value {i}", f"{v}", "a finite number", "a missing value must be planned for: use its rank")
        for i, v in enumerate(values, start=1)
        if not math.isfinite(v)
    ]


def _check_permuted(cases: Sequence[RandomisedCase]) -> None:
    dealt = sorted(c.drawn for c in cases)
    if any(len(c.phases) != len(cases) for c in cases) or dealt != list(range(len(cases))):
        found = f"{len(cases)} patients, starts dealt {dealt}"
        expected = "as many starts as patients, each dealt once"
        raise ProgramError(
            [Problem("randomisation", "starts", found, expected, "list the same starts for each patient")]
        )
