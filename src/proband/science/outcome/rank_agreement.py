"""Agreement in order of two measurements of the same patients, for three patients and more: tau-b, Somers' D, C.

- Kendall's tau-b (Biometrika 1938;30:81-93; 1945;33:239-251), Somers' D (Am Sociol Rev 1962;27:799-811) and C = (D +
  1) / 2, pairs tied in the second measurement left out and pairs tied in the first counting one half;
- P by permutation of one side: all orders up to 8 patients, else seeded draws;
- limits by inversion: the correlation of a normal copula at which an agreement as great (or as small) has a chance of
  half the risk. Ranks alone matter, so margins are free; at independence the limits are a permutation
  test, elsewhere they hold for the normal copula; where some patients follow exactly and others not at all they are far
  too narrow (coverage down to 0.67, docs/explanation/models-of-outcome.md);
- beside them limits that hold for any distribution, from Hoeffding's argument with the binomial's exponent (J Am Stat
  Assoc 1963;58:13-30), which are wide.

With three or four patients not even a perfect order reaches P = 0.05, and the result says so. Cannot see: dependence
between patients (relatives, one site), and errors of either measurement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from proband.core.errors import Problem
from proband.science.stats.estimate import Estimate
from proband.science.stats.model_input import Floats, numbers, raise_if_any

LEAST, ENUMERATED, MOST = 3, 8, 200
_DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of `n` patients: tau-b, Somers' D and C with limits; permutation P and its floor; or the reason.

    `any_distribution` are limits of C that hold whatever the distribution. `too_few` says why no P could be small.
    """

    n: int
    concordant: int
    discordant: int
    tau_b: Estimate
    somers_d: Estimate
    c: Estimate
    any_distribution: tuple[float, float] | None
    floor: float | None
    too_few: str = ""
    reason: str = ""

    def told(self) -> str:
        """C and tau-b in words, with what the number of patients allows."""
        if self.reason:
            return f"agreement not told: {self.reason}"
        tail = f"; {self.too_few}" if self.too_few else ""
        return f"n = {self.n}: {self.c.told()}; {self.tau_b.told()}{tail}"


def rank_agreement(first: Any, second: Any, *, level: float = 0.95, seed: int = 0, of: str = "patients") -> Agreement:
    """Agreement of `first` (such as engagement) with `second` (such as outcome), a number per patient (or `of`) each.

    Raises ``ProgramError`` for numbers that are not finite, lists that differ in length, and more than 200 patients.

    >>> made = rank_agreement([1, 2, 3, 4], [2, 5, 7, 9])
    >>> made.tau_b.value, round(made.tau_b.p, 4), made.too_few
    (1.0, 0.0833, 'with 4 patients no order gives P below 0.083')
    """
    problems: list[Problem] = []
    x = numbers("first", first, problems)
    y = numbers("second", second, problems, x.size)
    if x.size > MOST:
        problems.append(Problem("agreement", "rows", str(x.size), f"at most {MOST} patients", "use a model"))
    if not 0.5 < level < 1 or seed < 0:
        problems.append(Problem("agreement", "settings", f"{level}, {seed}", "0.5 < level < 1, seed from 0", "mend it"))
    raise_if_any(problems)
    reason = _refused(x, y, of)
    if reason:
        held = [Estimate(n, level=level, reason=reason) for n in ("tau-b", "Somers' D", "C")]
        return Agreement(int(x.size), 0, 0, held[0], held[1], held[2], None, None, reason=reason)
    return _agreement(_ranks(x), _ranks(y), level, seed, of)


def _refused(x: Floats, y: Floats, of: str) -> str:
    if x.size < LEAST:
        return f"{x.size} {of}, {LEAST} are the fewest of which an order can be told"
    for name, v in (("first", x), ("second", y)):
        if np.ptp(v) == 0:
            return f"the {name} measurement is the same in all {of}"
    return ""


def _ranks(v: Floats) -> Floats:
    """0, 1, ... by value, ties sharing one."""
    return np.unique(v, return_inverse=True)[1].astype(np.float64)


def _score(x: Floats, y: Floats) -> Floats:
    """Concordant less discordant pairs; `y` may have a row per draw."""
    made = np.zeros(y.shape[:-1])
    for i in range(x.size):
        for j in range(i):
            if x[i] != x[j]:
                made += (1.0 if x[i] > x[j] else -1.0) * np.sign(y[..., i] - y[..., j])
    return made


def _agreement(x: Floats, y: Floats, level: float, seed: int, of: str) -> Agreement:
    n = x.size
    i, j = np.tril_indices(n, -1)
    signs = np.sign(x[i] - x[j]) * np.sign(y[i] - y[j])
    concordant, discordant, score = int((signs > 0).sum()), int((signs < 0).sum()), float(signs.sum())
    free_x, free_y = float((x[i] != x[j]).sum()), float((y[i] != y[j]).sum())
    p, floor, how = _permutation(x, y, score, seed)
    scales = (math.sqrt(free_x * free_y), free_y)
    low, high = _inverted(x, y, score, (1 - level) / 2, seed)
    method = f"{how}; limits under a normal copula, too narrow for a mixture of patients"

    def told(name: str, scale: float, shift: bool) -> Estimate:
        ends = [min(1.0, max(-1.0, s / scale)) for s in (score, low, high)]
        value, a, b = ((e + 1) / 2 for e in ends) if shift else ends
        return Estimate(name, value, None, min(a, value), max(b, value), level, p, method)

    c = told("C", scales[1], True)
    few = f"with {n} {of} no order gives P below {floor:.2g}" if floor > 1 - level else ""
    return Agreement(
        n, concordant, discordant, told("tau-b", scales[0], False), told("Somers' D", scales[1], False), c,
        any_distribution_limits(c.value or 0.0, n, level) if free_y == i.size else None, floor, few,
    )  # fmt: skip


def _permutation(x: Floats, y: Floats, score: float, seed: int) -> tuple[float, float, str]:
    """Two-sided P, the least P of any order, and how they were found."""
    if x.size <= ENUMERATED:
        orders = np.array(list(permutations(range(x.size))), dtype=np.int64)
        size = np.abs(_score(x, y[orders]))
        return float((size >= abs(score) - 1e-9).mean()), float((size >= size.max() - 1e-9).mean()), "all orders"
    rng = np.random.default_rng(seed)
    size = np.abs(_score(x, rng.permuted(np.tile(y, (_DRAWS, 1)), axis=1)))
    p = float(((size >= abs(score) - 1e-9).sum() + 1) / (_DRAWS + 1))
    top = float(_score(np.sort(x), np.sort(y)))
    floor = float(((size >= top - 1e-9).sum() + 1) / (_DRAWS + 1))
    return p, floor, f"{_DRAWS:,} seeded permutations"


def _inverted(x: Floats, y: Floats, score: float, tail: float, seed: int) -> tuple[float, float]:
    """Expected scores at the correlations that bound the score seen: a test inverted with one set of draws."""
    rng = np.random.default_rng(seed + 1)
    z1, z2 = rng.standard_normal((2, _DRAWS, x.size))
    # the i-th smallest latent value takes the i-th smallest value seen, so that ties stay as they are
    order = np.argsort(z1, axis=1)
    z1, z2 = np.take_along_axis(z1, order, axis=1), np.take_along_axis(z2, order, axis=1)
    sorted_x, sorted_y = np.sort(x), np.sort(y)

    def scores(rho: float) -> Floats:
        latent = rho * z1 + math.sqrt(max(0.0, 1 - rho * rho)) * z2
        drawn = np.empty_like(latent)
        np.put_along_axis(drawn, np.argsort(latent, axis=1), np.broadcast_to(sorted_y, latent.shape), axis=1)
        return _score(sorted_x, drawn)

    def end(chance: Any) -> float:
        """Bisection over the correlation of a chance that rises with it."""
        low, high = -1.0, 1.0
        for _ in range(14):
            middle = (low + high) / 2
            low, high = (middle, high) if chance(scores(middle)) else (low, middle)
        return float(scores((low + high) / 2).mean()) if abs(low + high) < 1.9998 else math.copysign(math.inf, low)

    lower = end(lambda s: (s >= score - 1e-9).mean() < tail)
    upper = end(lambda s: (s <= score + 1e-9).mean() > tail)
    return lower, upper


def any_distribution_limits(c: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Limits of C without ties that hold for any distribution of independent patients.

    floor(n / 2) disjoint pairs are independent; by Hoeffding (1963) the mean over all pairs deviates no more readily:
    P(C - c >= t) <= exp(-floor(n/2) KL). Raises ``ValueError`` for numbers out of range.

    >>> [round(x, 3) for x in any_distribution_limits(1.0, 20)]
    [0.692, 1.0]
    """
    if not (0 <= c <= 1 and n >= 2 and 0 < level < 1):
        raise ValueError("C from 0 to 1, and two patients or more")
    most = math.log(2 / (1 - level)) / (n // 2)

    def divergence(q: float) -> float:
        if q <= 0 or q >= 1:
            return math.inf
        parts = (c * math.log(c / q) if c > 0 else 0.0, (1 - c) * math.log((1 - c) / (1 - q)) if c < 1 else 0.0)
        return sum(parts)

    def edge(inside: float, outside: float) -> float:
        if inside == outside:
            return inside
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if divergence(middle) <= most else (inside, middle)
        return float(inside)

    return edge(c, 0.0), edge(c, 1.0)
