"""Standardised differences between treated and untreated, with intervals, and honest where patients are too few.

Continuous and binary: difference over the pooled standard deviation (Austin, Stat Med 2009;28:3083, recalled).
Categories: the Mahalanobis form (Yang and Dalton, SAS Global Forum 2012, paper 335, recalled). The interval is the one
of Hedges and Olkin (1985; recalled) for large samples, too narrow in few patients: below `FEW` in a group it is marked.
With one treated patient there is no difference of groups: see `proband.science.natural_history.matching`.

Cannot see: covariates that were not recorded, the ones that matter most.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from proband.science.natural_history.subject_table import Group

FEW = 10
"""Subjects in a group below which the interval is marked as rough."""
NORMAL_975 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Difference:
    """One row of the comparability table: numbers known in each group, summaries, the difference with its interval.

    `smd` is None where it can not be told; `lacking` says why. `rough`: few subjects in a group.
    """

    name: str
    kind: str
    treated_n: int
    untreated_n: int
    treated_missing: int
    untreated_missing: int
    treated: str
    untreated: str
    smd: float | None
    low: float | None
    high: float | None
    rough: bool
    lacking: str


def differences(
    treated: Group,
    untreated: Group,
    names: Sequence[str] = (),
    index: Mapping[tuple[str, str], float] | None = None,
) -> list[Difference]:
    """The comparability table of two groups; `names` of covariates, or all that either group has, and age.

    `index`: index day by group and subject (`IndexDates.first`): age is then that of this day, and subjects without an
    index day are left out. Without it, age is that at entry.
    """
    wanted = list(names) or ["age", *dict.fromkeys((*treated.covariates, *untreated.covariates))]
    return [_difference(n, _values(treated, n, index), _values(untreated, n, index)) for n in wanted]


def _values(group: Group, name: str, index: Mapping[tuple[str, str], float] | None) -> list[float | str | None]:
    days = {s.id: s.entry if index is None else index.get((group.name, s.id)) for s in group.subjects}
    kept = [(s, day) for s in group.subjects if (day := days[s.id]) is not None]
    return [s.age(day) if name == "age" else s.value(name) for s, day in kept]


def _difference(name: str, a: Sequence[float | str | None], b: Sequence[float | str | None]) -> Difference:
    known = [[x for x in side if x is not None] for side in (a, b)]
    n = [len(k) for k in known]
    every = [x for k in known for x in k]
    numeric = all(isinstance(x, float) for x in every)
    binary = len(set(every)) <= 2 and (not numeric or set(every) <= {0.0, 1.0})
    kind = "nothing known" if not every else "binary" if binary else "continuous" if numeric else "categorical"
    if every and not numeric and any(isinstance(x, float) for x in every):
        known = [[str(x) for x in k] for k in known]
    told = tuple(_told(k, kind) for k in known)
    smd, lacking = _smd(kind, known)
    low = high = None
    if smd is not None:
        half = NORMAL_975 * math.sqrt(sum(n) / (n[0] * n[1]) + smd**2 / (2 * sum(n)))
        low, high = (smd - half, smd + half) if kind != "categorical" else (None, None)
    return Difference(
        name, kind, n[0], n[1], len(a) - n[0], len(b) - n[1], told[0], told[1], smd, low, high, min(n) < FEW, lacking
    )


def _told(values: Sequence[float | str], kind: str) -> str:
    if not values:
        return "nothing known"
    if kind == "continuous":
        x = np.array(values, dtype=float)
        return f"{x.mean():.3g} (SD {x.std(ddof=1):.3g})" if len(x) > 1 else f"{x[0]:.3g}"
    counts = {v: sum(x == v for x in values) for v in sorted(set(values), key=str)}
    return ", ".join(f"{v:g}: {c}" if isinstance(v, float) else f"{v}: {c}" for v, c in counts.items())


def _smd(kind: str, known: Sequence[Sequence[float | str]]) -> tuple[float | None, str]:
    """The standardised difference, or None and why it can not be told."""
    a, b = known
    if not a or not b:
        return None, "nothing known in " + " and ".join(g for g, k in (("treated", a), ("untreated", b)) if not k)
    if min(len(a), len(b)) < 2:
        return None, "n too small: one subject is no group; see percentile and distance"
    if kind == "continuous":
        return continuous_smd([float(x) for x in a], [float(x) for x in b])
    if kind == "binary":
        first = sorted({*a, *b}, key=str)[-1]
        return binary_smd(sum(x == first for x in a), len(a), sum(x == first for x in b), len(b))
    return categorical_smd([str(x) for x in a], [str(x) for x in b])


def continuous_smd(a: Sequence[float], b: Sequence[float]) -> tuple[float | None, str]:
    """Difference of means over the root of the mean variance (Austin 2009), or None and the reason.

    >>> continuous_smd([1.0, 2.0, 3.0], [2.0, 3.0, 4.0])
    (-1.0, '')
    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    scale = math.sqrt((x.var(ddof=1) + y.var(ddof=1)) / 2)
    if scale <= 1e-12 * max(1.0, abs(float(x.mean())), abs(float(y.mean()))):
        same = float(x.mean()) == float(y.mean())
        return (0.0, "") if same else (None, "no spread in either group, and other values: no overlap")
    return float((x.mean() - y.mean()) / scale), ""


def binary_smd(k: int, n: int, j: int, m: int) -> tuple[float | None, str]:
    """Difference of shares k/n and j/m over the root of the mean variance (Austin 2009), or None and the reason.

    >>> round(binary_smd(5, 10, 2, 10)[0], 4)
    0.6626
    """
    p, q = k / n, j / m
    scale = math.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    if scale == 0:
        return (0.0, "") if p == q else (None, "all of one group and none of the other: no overlap")
    return (p - q) / scale, ""


def categorical_smd(a: Sequence[str], b: Sequence[str]) -> tuple[float | None, str]:
    """Mahalanobis distance of the shares of all categories but one (Yang and Dalton 2012), or None and the reason.

    >>> categorical_smd(["x", "y", "z"], ["z", "x", "y"])
    (0.0, '')
    """
    levels = sorted({*a, *b})
    p = np.array([list(a).count(v) for v in levels], dtype=float) / len(a)
    q = np.array([list(b).count(v) for v in levels], dtype=float) / len(b)
    if not np.any((p > 0) & (q > 0)):
        return None, "no category in common: no overlap"
    covariance = sum((np.diag(s) - np.outer(s, s)) for s in (p, q)) / 2
    gap, s = (p - q)[1:], np.asarray(covariance)[1:, 1:]
    if np.linalg.matrix_rank(s) < len(gap):
        return None, "a category is all of one group: the distance is not defined"
    return float(math.sqrt(max(0.0, gap @ np.linalg.solve(s, gap)))), ""
