"""Probabilistic bias analysis of a two-by-two table: misclassified outcome, selection and confounding with priors.

Each draw takes risks from the Jeffreys posteriors of both arms, corrects them for sensitivity and specificity (Rogan
and Gladen, Am J Epidemiol 1978;107:71-76), for selection by outcome and arm, and divides the risk ratio by the bias
of an unmeasured factor (Bross 1966), in the reverse order in which they happened (Fox, MacLehose and Lash, Applying
Quantitative Bias Analysis to Epidemiologic Data, 2nd ed. 2021, recalled). Draws that give a risk outside 0 to 1
contradict the data; they are left out and counted. The Monte Carlo error of every quantile is told.

Cannot see: biases without a prior. The priors are the analyst's, and the result is theirs as much as the data's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from proband.core.errors import Problem
from proband.science.stats.model_input import Floats, raise_if_any

LEAST_DRAWS, MOST_DRAWS = 10_000, 5_000_000
MOST_CONTRADICTED = 0.5


@dataclass(frozen=True, slots=True)
class Prior:
    """A prior of a bias parameter: `fixed` (a), `uniform` (a to b), `triangular` (a, b, mode c), `beta` (a, b),
    or `lognormal` (a and b its 95 % limits).
    """

    shape: str
    a: float
    b: float = 0.0
    c: float = 0.0

    def draw(self, rng: Generator, size: int) -> Floats:
        """`size` independent draws."""
        if self.shape == "fixed":
            return np.full(size, float(self.a))
        if self.shape == "uniform":
            return rng.uniform(self.a, self.b, size)
        if self.shape == "triangular":
            return rng.triangular(self.a, self.c, self.b, size)
        if self.shape == "beta":
            return rng.beta(self.a, self.b, size)
        middle, half = math.log(self.a * self.b) / 2, math.log(self.b / self.a) / 2
        return np.exp(rng.normal(middle, half / 1.959963984540054, size))

    def fault(self, low: float, high: float) -> str:
        """What is wrong with it as a prior of a parameter from `low` to `high`, or an empty text."""
        numbers = (self.a, self.b, self.c)
        if not all(math.isfinite(x) for x in numbers):
            return "a number that is not finite"
        ok = {
            "fixed": low <= self.a <= high,
            "uniform": low <= self.a < self.b <= high,
            "triangular": low <= self.a <= self.c <= self.b <= high and self.a < self.b,
            "beta": self.a > 0 and self.b > 0 and high <= 1,
            "lognormal": 0 < self.a < self.b and high > 1,
        }
        if self.shape not in ok:
            return f"unknown shape {self.shape[:40]!r}"
        return "" if ok[self.shape] else f"{self.shape} {numbers} does not fit {low:g} to {high:g}"


ONE = Prior("fixed", 1.0)
HALF = Prior("fixed", 0.5)


@dataclass(frozen=True, slots=True)
class BiasPriors:
    """Priors of every bias parameter; as they stand they say that there is no bias.

    Sensitivity and specificity of the outcome by arm (`same_reader`: one draw for both arms, non-differential);
    selection ratio: (selected with outcome / selected without) in treated over the same in control, 1 is no bias, the
    risk of the control arm standing as it is;
    shares of an unmeasured factor in treated and control, and its risk ratio with the outcome.
    """

    sensitivity_treated: Prior = ONE
    sensitivity_control: Prior = ONE
    specificity_treated: Prior = ONE
    specificity_control: Prior = ONE
    same_reader: bool = False
    selection_ratio: Prior = ONE
    factor_in_treated: Prior = HALF
    factor_in_control: Prior = HALF
    factor_with_outcome: Prior = ONE


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of the draws and its Monte Carlo standard error."""

    p: float
    value: float
    error: float


@dataclass(frozen=True, slots=True)
class BiasDraws:
    """Risk ratio before and after correction, P(risk ratio < 1), draws kept and contradicted, seed; or the reason."""

    conventional: tuple[Quantile, ...]
    corrected: tuple[Quantile, ...]
    below_one: float | None
    below_one_error: float | None
    kept: int
    contradicted: int
    seed: int
    reason: str = ""

    def told(self) -> str:
        """Both medians with their 95 % limits, in words."""
        if self.reason:
            return f"risk ratio corrected for bias not told: {self.reason}"
        before, after = (_words(x) for x in (self.conventional, self.corrected))
        return f"risk ratio {before} as seen, {after} corrected; {self.contradicted} draws contradicted the data"


def _words(q: tuple[Quantile, ...]) -> str:
    low, middle, high = (f"{x.value:.3g}" for x in q)
    return f"{middle} ({low} to {high}, Monte Carlo error of the median {q[1].error:.2g})"


def probabilistic_bias(
    treated: tuple[int, int], control: tuple[int, int], priors: BiasPriors, *, seed: int, draws: int = 100_000
) -> BiasDraws:
    """Correct the risk ratio of (with outcome, patients) in treated against control by draws from `priors`.

    Raises ``ProgramError`` with every prior and count that can not be.

    >>> made = probabilistic_bias((2, 20), (30, 60), BiasPriors(), seed=1)
    >>> made.contradicted, round(made.conventional[1].value / made.corrected[1].value, 9)
    (0, 1.0)
    """
    _check(treated, control, priors, draws, seed)
    rng = np.random.default_rng(seed)
    seen1, seen0 = (_risks(rng, *arm, draws) for arm in (treated, control))
    risk1, risk0 = _classified(rng, seen1, seen0, priors, draws)
    ratio = priors.selection_ratio.draw(rng, draws)
    share1, share0 = priors.factor_in_treated.draw(rng, draws), priors.factor_in_control.draw(rng, draws)
    strength = priors.factor_with_outcome.draw(rng, draws)
    possible = (risk1 > 0) & (risk1 < 1) & (risk0 > 0) & (risk0 < 1)
    kept = int(possible.sum())
    if kept < (1 - MOST_CONTRADICTED) * draws:
        reason = f"{draws - kept} of {draws} draws of the priors contradict the data"
        return BiasDraws((), (), None, None, kept, draws - kept, seed, reason)
    # selection multiplies the odds of the outcome among the selected treated
    odds = np.where(possible, risk1 / np.where(possible, 1 - risk1, 1.0), 1.0) / ratio
    corrected = odds / (1 + odds) / np.where(possible, risk0, 1.0)
    corrected /= (1 + share1 * (strength - 1)) / (1 + share0 * (strength - 1))
    final = corrected[possible]
    below = float((final < 1).mean())
    return BiasDraws(
        _quantiles(seen1 / seen0), _quantiles(final), below, math.sqrt(below * (1 - below) / kept), kept, draws - kept,
        seed,
    )  # fmt: skip


def _risks(rng: Generator, k: int, n: int, draws: int) -> Floats:
    made: Floats = np.clip(rng.beta(k + 0.5, n - k + 0.5, draws), 1e-300, 1 - 1e-16)
    return made


def _classified(rng: Generator, seen1: Floats, seen0: Floats, priors: BiasPriors, draws: int) -> tuple[Floats, Floats]:
    """Risks corrected for sensitivity and specificity; outside 0 to 1 where a draw contradicts the data."""
    se1, sp1 = priors.sensitivity_treated.draw(rng, draws), priors.specificity_treated.draw(rng, draws)
    se0, sp0 = se1, sp1
    if not priors.same_reader:
        se0, sp0 = priors.sensitivity_control.draw(rng, draws), priors.specificity_control.draw(rng, draws)
    made = []
    for seen, se, sp in ((seen1, se1, sp1), (seen0, se0, sp0)):
        informed = se + sp > 1
        made.append(np.where(informed, (seen + sp - 1) / np.where(informed, se + sp - 1, 1.0), -1.0))
    return made[0], made[1]


def _quantiles(draws: Floats) -> tuple[Quantile, ...]:
    """2.5, 50 and 97.5 %, with errors from the order statistics one binomial error away."""
    ordered = np.sort(draws)
    made = []
    for p in (0.025, 0.5, 0.975):
        half = math.sqrt(p * (1 - p) / ordered.size)
        low, high = np.quantile(ordered, [max(0.0, p - half), min(1.0, p + half)])
        made.append(Quantile(p, float(np.quantile(ordered, p)), float(high - low) / 2))
    return tuple(made)


def _check(treated: tuple[int, int], control: tuple[int, int], priors: BiasPriors, draws: int, seed: int) -> None:
    problems: list[Problem] = []
    for name, (k, n) in (("treated", treated), ("control", control)):
        if not (n >= 1 and 0 <= k <= n and k == int(k) and n == int(n)):
            found = f"{k} of {n}"
            problems.append(Problem("bias", name, found, "whole numbers, 0 <= with outcome <= patients", "count"))
    if not LEAST_DRAWS <= draws <= MOST_DRAWS or seed < 0:
        found = f"{draws} draws, seed {seed}"
        expected = f"{LEAST_DRAWS:,} to {MOST_DRAWS:,} draws and a seed from 0"
        problems.append(Problem("bias", "draws", found, expected, "ask for more draws"))
    for name in BiasPriors.__slots__:
        prior = getattr(priors, name)
        if isinstance(prior, Prior):
            ratio = name in ("selection_ratio", "factor_with_outcome")
            fault = prior.fault(1e-9 if ratio else 0.0, 1e9 if ratio else 1.0)
            if fault:
                problems.append(Problem("bias", name, fault, "a prior over the parameter's range", "mend the prior"))
    raise_if_any(problems)


def conventional_ratio(treated: tuple[int, int], control: tuple[int, int]) -> float | None:
    """The plain risk ratio of the counts; None without an outcome in the control arm.

    >>> conventional_ratio((2, 20), (30, 60))
    0.2
    """
    return None if control[0] == 0 else (treated[0] / treated[1]) / (control[0] / control[1])
