"""Where a treated patient lies among the untreated: percentile, distance, neighbours, and what they are worth.

For one patient a standardised difference has no meaning: told are the share of the cohort below the patient in each
covariate, the distance from the cohort's centre with its rank, and how many untreated lie within a caliper in every
covariate at once. A covariate that a subject lacks makes that subject neither near nor far, but not told.

Kish's effective number of weights is (sum w)^2 / sum w^2 (Kish, Survey Sampling, 1965; recalled).

Cannot see: distance in what was not recorded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from proband.science.natural_history.subject_table import Group, Subject


@dataclass(frozen=True, slots=True)
class Place:
    """A patient's value of one covariate among the untreated: share below, equal or not; `lacking`: why not told."""

    name: str
    value: float | None
    below: float | None
    equal: float | None
    n: int
    lacking: str = ""

    @property
    def outside(self) -> bool:
        """Whether the value lies beyond every untreated one: what is said of it there is extrapolation."""
        return self.below is not None and self.equal == 0 and self.below in (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Distance:
    """Mahalanobis distance of a patient from the cohort's centre, and the rank (k + 1) / (n + 1) among the untreated.

    `rank` is the share, the patient included, that lies at least as far out.
    """

    distance: float | None
    rank: float | None
    n: int
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Untreated subjects near one treated patient in every covariate, those that are not, and those not told."""

    subject: str
    near: tuple[str, ...]
    far: int
    not_told: int
    lacking: str = ""

    @property
    def share(self) -> float | None:
        """Share of the untreated, of those that can be told, within the neighbourhood; None where none can."""
        told = len(self.near) + self.far
        return len(self.near) / told if told else None


@dataclass(frozen=True, slots=True)
class Matched:
    """Neighbours of every treated patient; weight of each untreated subject; Kish's effective number of them."""

    neighbours: tuple[Neighbours, ...]
    weights: Mapping[str, float]
    effective_n: float
    unmatched: tuple[str, ...]
    lacking: str = ""


def places(patient: Subject, untreated: Group, names: Sequence[str], day: float | None = None) -> list[Place]:
    """A patient's place among the untreated in each numeric covariate, and in age at entry (or at `day`)."""
    made = []
    for name in names:
        own = patient.age(patient.entry if day is None else day) if name == "age" else patient.value(name)
        values = [s.age(s.entry) if name == "age" else s.value(name) for s in untreated.subjects]
        known = [v for v in values if isinstance(v, float)]
        if not isinstance(own, float) or not known:
            why = "the patient's value is not a known number" if known else "no untreated value is a known number"
            made.append(Place(name, own if isinstance(own, float) else None, None, None, len(known), why))
            continue
        below, equal = sum(v < own for v in known) / len(known), sum(v == own for v in known) / len(known)
        made.append(Place(name, own, below, equal, len(known)))
    return made


def distance(patient: Subject, untreated: Group, names: Sequence[str]) -> Distance:
    """Mahalanobis distance of a patient from the untreated in numeric covariates, complete cases alone."""
    own = [_number(patient, n) for n in names]
    rows = [[_number(s, n) for n in names] for s in untreated.subjects]
    x = np.array([r for r in rows if None not in r], dtype=float).reshape(-1, len(names))
    if not names or None in own:
        return Distance(None, None, len(x), "the patient lacks a covariate" if names else "no covariate is named")
    if len(x) < len(names) + 2:
        return Distance(
            None, None, len(x), f"n too small: {len(x)} complete untreated subjects, {len(names)} covariates"
        )
    centre, covariance = x.mean(axis=0), np.atleast_2d(np.cov(x, rowvar=False))
    spread = np.sqrt(np.diag(covariance))
    if np.any(spread == 0):
        return Distance(None, None, len(x), f"{names[int(np.argmin(spread))]} does not vary among the untreated")
    correlation = covariance / np.outer(spread, spread)
    if np.linalg.matrix_rank(correlation, tol=1e-9) < len(names):
        return Distance(None, None, len(x), "the covariates are linear functions of each other")
    z = (np.vstack([x, np.array(own, dtype=float)]) - centre) / spread
    d = np.sqrt(np.maximum(np.einsum("ij,ij->i", z, np.linalg.solve(correlation, z.T).T), 0.0))
    farther = int(np.sum(d[:-1] >= d[-1]))
    return Distance(float(d[-1]), (farther + 1) / (len(x) + 1), len(x))


def _number(subject: Subject, name: str) -> float | None:
    value = subject.age(subject.entry) if name == "age" else subject.value(name)
    return value if isinstance(value, float) else None


def neighbours(patient: Subject, untreated: Group, calipers: Mapping[str, float | None]) -> Neighbours:
    """Untreated subjects within a caliper of the patient in every covariate.

    `calipers`: half-width by covariate in its own unit (age in years), or None: equal words. Raises ``ValueError`` for
    a caliper that is not above 0.
    """
    if any(c is not None and not c > 0 for c in calipers.values()):
        raise ValueError("a caliper is above 0, or None for equal words")
    near, far, not_told = [], 0, 0
    for s in untreated.subjects:
        said = [_near(patient, s, n, c) for n, c in calipers.items()]
        if False in said:
            far += 1
        elif None in said:
            not_told += 1
        else:
            near.append(s.id)
    lacking = "" if untreated.subjects else "no untreated patients"
    lacking = lacking or ("" if calipers else "no covariate is named: everybody would be near")
    return Neighbours(patient.id, tuple(near) if calipers else (), far, not_told, lacking)


def _near(a: Subject, b: Subject, name: str, caliper: float | None) -> bool | None:
    """Whether two subjects are near in one covariate; None where one of them is not known."""
    if caliper is None:
        x, y = a.value(name), b.value(name)
        return None if x is None or y is None else x == y
    p, q = _number(a, name), _number(b, name)
    return None if p is None or q is None else abs(p - q) <= caliper


def kish(weights: Sequence[float]) -> float:
    """Kish's effective number: (sum w)^2 / sum w^2; 0 for no weight. Raises ``ValueError`` for one below 0.

    >>> kish([1.0, 1.0, 1.0]), kish([1.0, 0.0]), kish([])
    (3.0, 1.0, 0.0)
    """
    if any(w < 0 or not math.isfinite(w) for w in weights):
        raise ValueError("weights are finite and not below 0")
    largest = max(weights, default=0.0)
    if largest == 0:
        return 0.0
    scaled = [w / largest for w in weights]  # so that the squares of small weights do not vanish
    return sum(scaled) ** 2 / sum(w * w for w in scaled)


def matched(treated: Group, untreated: Group, calipers: Mapping[str, float | None]) -> Matched:
    """Match by caliper: each treated patient shares a weight of 1 equally among its neighbours.

    An untreated subject that serves several patients weighs more, and the effective number falls: with one patient it
    is the number of neighbours. Patients without a neighbour are `unmatched`, and nothing is said of them.
    """
    found = tuple(neighbours(p, untreated, calipers) for p in treated.subjects)
    weights = dict.fromkeys((s.id for s in untreated.subjects), 0.0)
    for one in found:
        for s in one.near:
            weights[s] += 1 / len(one.near)
    lacking = "no treated patients" if not treated.subjects else next((f.lacking for f in found if f.lacking), "")
    unmatched = tuple(f.subject for f in found if not f.near)
    if not lacking and len(unmatched) == len(found):
        lacking = "no untreated subject lies within the calipers of any treated patient"
    return Matched(found, weights, kish(list(weights.values())), unmatched, lacking)
