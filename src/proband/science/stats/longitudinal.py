"""Repeated measurements of many patients, and the form of a mixed model for them: what every mixed model here takes.

A form turns times and covariates into rows of the fixed design X (intercept, time as a line or a natural cubic spline,
covariates) and the random design Z (intercept, or intercept and slope).

Cannot see: whether times of different patients mean the same (age, time since onset, since first visit).

Source of the spline: truncated-power form of the natural cubic spline (Hastie, Tibshirani & Friedman, The Elements of
Statistical Learning, 2nd ed., eq. 5.4-5.5; recalled).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem, ProgramError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Form:
    """Form of a mixed model.

    `knots`: none for a line; three or more for a natural cubic spline in time. `random`: "intercept" or "slope" (with
    intercept). `correlated`: whether intercept and slope may be correlated. `residual`: "independent" or "car1".
    `covariates`: how many columns of covariates each row has. Raises ``ValueError`` for other values.

    >>> Form(random="slope").effects, Form(knots=(0.0, 1.0, 4.0), covariates=1).coefficients
    (2, 4)
    """

    random: str = "slope"
    correlated: bool = True
    residual: str = "independent"
    knots: tuple[float, ...] = ()
    covariates: int = 0

    def __post_init__(self) -> None:
        if self.random not in ("intercept", "slope") or self.residual not in ("independent", "car1"):
            raise ValueError("random must be intercept or slope, residual independent or car1")
        steps = [b - a for a, b in pairwise(self.knots)]
        if len(self.knots) in (1, 2) or not all(s > 0 and math.isfinite(s) for s in steps):
            raise ValueError("a spline needs three or more knots that increase")
        if self.covariates < 0:
            raise ValueError("covariates must be counted from 0")

    @property
    def effects(self) -> int:
        """Number of random effects of a patient."""
        return 2 if self.random == "slope" else 1

    @property
    def coefficients(self) -> int:
        """Number of fixed coefficients: intercept, time, covariates."""
        return 1 + max(1, len(self.knots) - 1) + self.covariates

    def rows(self, times: Sequence[float] | Floats, covariates: Floats | None = None) -> tuple[Floats, Floats]:
        """Rows X (visits, coefficients) and Z (visits, effects); `covariates` is (visits, count) or one row for all."""
        t = np.asarray(times, float).ravel()
        columns = [np.ones_like(t), *(natural_spline(t, self.knots).T if self.knots else [t])]
        if self.covariates:
            if covariates is None:
                raise ValueError(f"{self.covariates} covariates are expected")
            given = np.atleast_2d(np.asarray(covariates, float))
            columns += list(np.broadcast_to(given, (t.size, self.covariates)).T)
        z = np.column_stack([np.ones_like(t), t]) if self.random == "slope" else np.ones((t.size, 1))
        return np.column_stack(columns), np.ascontiguousarray(z)


def natural_spline(t: Floats, knots: Sequence[float]) -> Floats:
    """Columns of a natural cubic spline without intercept, (times, knots - 1); straight beyond the outer knots.

    >>> natural_spline(np.array([0.0, 1.0, 2.0, 10.0, 11.0]), (0.0, 1.0, 2.0))[:, 1].round(3).tolist()
    [0.0, 0.5, 3.0, 27.0, 30.0]
    """
    k = np.asarray(knots, float)

    def bend(j: int) -> Floats:
        return (np.maximum(t - k[j], 0.0) ** 3 - np.maximum(t - k[-1], 0.0) ** 3) / (k[-1] - k[j])

    last = bend(len(k) - 2)
    return np.column_stack([t] + [bend(j) - last for j in range(len(k) - 2)])


@dataclass(frozen=True, slots=True, eq=False)
class Longitudinal:
    """Measurements ordered by patient and time: `starts` (patients + 1) delimits the rows of each of `patients`."""

    patients: tuple[str, ...]
    starts: Ints
    times: Floats
    values: Floats
    covariates: Floats

    def of(self, i: int) -> tuple[Floats, Floats, Floats]:
        """Times, values and covariates of the patient at position `i`."""
        part = slice(self.starts[i], self.starts[i + 1])
        return self.times[part], self.values[part], self.covariates[part]

    def without(self, i: int) -> Longitudinal:
        """All patients but the one at position `i`."""
        return self.only([j for j in range(len(self.patients)) if j != i])

    def only(self, which: Sequence[int]) -> Longitudinal:
        """The patients at these positions, in this order."""
        rows = [np.arange(self.starts[j], self.starts[j + 1]) for j in which]
        index = np.concatenate(rows) if rows else np.zeros(0, np.int64)
        starts = np.cumsum([0, *(r.size for r in rows)]).astype(np.int64)
        names = tuple(self.patients[j] for j in which)
        return Longitudinal(names, starts, self.times[index], self.values[index], self.covariates[index])


def longitudinal(
    patients: Sequence[str],
    times: Sequence[float] | Floats,
    values: Sequence[float] | Floats,
    covariates: Floats | None = None,
) -> Longitudinal:
    """Check and order measurements: one entry per row of each argument; `covariates` is (rows, count) or None.

    Raises ``ProgramError`` with every row that is not a number and every patient with two rows at one time.

    >>> made = longitudinal(["b", "a", "a"], [0, 1, 0], [3.0, 2.0, 1.0])
    >>> made.patients, made.values.tolist(), made.starts.tolist()
    (('a', 'b'), [1.0, 2.0, 3.0], [0, 2, 3])
    """
    names = [str(p) for p in patients]
    t, y = np.asarray(times, float).ravel(), np.asarray(values, float).ravel()
    c = np.zeros((t.size, 0)) if covariates is None else np.asarray(covariates, float).reshape(t.size, -1)
    if not len(names) == t.size == y.size:
        found = f"{len(names)} patients, {t.size} times, {y.size} values"
        raise ProgramError([Problem("measurements", "", found, "one of each per row", "repeat the patient's name")])
    problems = [
        Problem("measurements", f"row {i + 1}, patient {names[i]}", "not a finite number", "time, value, covariates",
                "leave the row out, and say so")
        for i in np.flatnonzero(~(np.isfinite(t) & np.isfinite(y) & np.isfinite(c).all(axis=1)))
    ]  # fmt: skip
    order = sorted(range(t.size), key=lambda i: (names[i], t[i]))
    for a, b in pairwise(order):
        if names[a] == names[b] and t[a] == t[b]:
            remedy = "keep one, or their mean, by a rule stated beforehand"
            place = f"patient {names[a]}, time {t[a]:g}"
            problems.append(Problem("measurements", place, "two rows", "one row per patient and time", remedy))
    if problems:
        raise ProgramError(problems)
    who = tuple(sorted(set(names)))
    index = np.array(order, np.int64)
    return Longitudinal(who, np.array(_ends(names, who), np.int64), t[index], y[index], c[index])


def _ends(names: Sequence[str], who: Sequence[str]) -> list[int]:
    """Where the rows of each patient end, counted once."""
    counts = dict.fromkeys(who, 0)
    for name in names:
        counts[name] += 1
    return [0, *np.cumsum([counts[p] for p in who]).tolist()]
