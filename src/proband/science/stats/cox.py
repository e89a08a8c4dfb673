"""Cox's proportional hazards: ties, late entry, covariates that change, strata, robust errors, and no false infinity.

- partial likelihood (Cox, J R Stat Soc B 1972;34:187-220), ties by Efron (J Am Stat Assoc 1977;72:557-565) or
  Breslow, rows as intervals (start, stop] (Andersen and Gill, Ann Stat 1982;10:1100-1120);
- robust covariance from score residuals summed over subjects (Lin and Wei, J Am Stat Assoc 1989;84:1074-1078), and
  for up to 60 subjects by leaving each out (`jackknife`), as the former is far too small then;
- Firth's penalty with profile limits (Heinze and Schemper, Biometrics 2001;57:114-119), which is always finite.

Where the likelihood has no maximum (an arm without events, complete order), the estimate is withheld and the reason
told. No order of events is then more extreme: exp(l(b) - l(infinity)) is its chance at b given who was at risk, and the
limit is where that chance is half the risk, as in Clopper and Pearson's limit of no events. Half of 3.84 in place of
its logarithm was below the truth in up to 4 % of trials where 2.5 % were promised. Firth's estimate is given only where
asked for. Cannot see: whether hazards are proportional; immortal time, for which `bias.immortal_time` exists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proband.core.errors import Problem
from proband.science.stats.cox_likelihood import CoxRows, cox_rows, newton
from proband.science.stats.estimate import Estimate, wald
from proband.science.stats.event_times import EventTimes
from proband.science.stats.jackknife import MOST_CLUSTERS, leave_one_out, student
from proband.science.stats.model_input import Floats, codes, dependent, design, raise_if_any
from proband.science.stats.separation import unbounded

LEAST_EVENTS_PER_COLUMN = 10


@dataclass(frozen=True, slots=True)
class CoxFit:
    """Log hazard ratios by column, log-likelihoods, likelihood-ratio P, counts, method; `risk` is the linear predictor.

    `loglik` and `risk` are None where nothing was fitted; `reason` then says why.
    """

    coefficients: tuple[Estimate, ...]
    loglik_null: float
    loglik: float | None
    p: float | None
    rows: int
    subjects: int
    events: int
    method: str
    risk: Floats | None = None
    reason: str = ""
    concerns: tuple[str, ...] = ()

    def hazard_ratio(self, name: str) -> Estimate:
        """The hazard ratio of one column. Raises ``KeyError`` for a name that is not there."""
        for one in self.coefficients:
            if one.name == name:
                return one.ratio()
        raise KeyError(name)


def cox(
    times: EventTimes,
    columns: Mapping[str, Any],
    *,
    ties: str = "efron",
    strata: Sequence[object] | NDArray[Any] | None = None,
    robust: bool = False,
    penalty: str = "none",
    level: float = 0.95,
) -> CoxFit:
    """Fit log hazard ratios of `columns` (name to a number per row of `times`).

    `robust` sums score residuals over subjects, and is needed where a subject has several events; `penalty` is
    "none" or "firth". Raises ``ProgramError`` for columns that do not fit the rows, ``ValueError`` for settings.

    >>> from proband.science.stats.event_times import event_times
    >>> fit = cox(event_times([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 1, 0]), {"treated": [0, 1, 0, 0, 1, 1]})
    >>> round(fit.coefficients[0].value, 4)
    -1.0731
    >>> cox(event_times([1, 2, 3, 4], [1, 1, 0, 0]), {"treated": [0, 0, 1, 1]}).coefficients[0].reason
    'no finite maximum: the events order treated completely'
    """
    if ties not in ("efron", "breslow") or penalty not in ("none", "firth"):
        raise ValueError("ties are efron or breslow, the penalty none or firth")
    if robust and penalty == "firth":
        raise ValueError("robust errors are not defined for the penalised likelihood")
    problems: list[Problem] = []
    x, names = design(columns, times.size, problems, intercept=False)
    if not names:
        problems.append(Problem("model", "columns", "none", "at least one column", "name what is compared"))
    stratum = codes("strata", [0] * times.size if strata is None else strata, times.size, problems)
    raise_if_any(problems)
    told = _Told(times, names, f"{ties} ties{', Firth' if penalty == 'firth' else ''}", level)
    if not times.event.any():
        return told.nothing("no event was seen")
    rows = cox_rows(times, x, stratum, ties)
    reason = dependent(x - _stratum_means(x, stratum), names, varying=True)
    if not reason:
        reason = rows.flat(names)
    if reason:
        return told.nothing(reason, rows)
    return _fit(told, rows, times, robust, penalty == "firth")


def _stratum_means(x: Floats, stratum: NDArray[np.int64]) -> Floats:
    counts = np.bincount(stratum).astype(np.float64)
    sums = np.zeros((counts.size, x.shape[1]))
    np.add.at(sums, stratum, x)
    means: Floats = (sums / counts[:, None])[stratum]
    return means


@dataclass(frozen=True, slots=True)
class _Told:
    """What every result of one fit says."""

    times: EventTimes
    names: list[str]
    method: str
    level: float

    def result(
        self, coefficients: Sequence[Estimate], null: float, loglik: float | None = None, p: float | None = None,
        risk: Floats | None = None, reason: str = "", concerns: Sequence[str] = (),
    ) -> CoxFit:  # fmt: skip
        t = self.times
        return CoxFit(
            tuple(coefficients), null, loglik, p, t.size, t.subjects, int(t.event.sum()), self.method, risk, reason,
            tuple(concerns),
        )  # fmt: skip

    def nothing(self, reason: str, rows: CoxRows | None = None) -> CoxFit:
        null = 0.0 if rows is None else rows.value(np.zeros(len(self.names)))
        held = [Estimate(n, level=self.level, method=self.method, reason=reason) for n in self.names]
        return self.result(held, null, reason=reason)


def _fit(told: _Told, rows: CoxRows, times: EventTimes, robust: bool, firth: bool) -> CoxFit:
    size = len(told.names)
    null = rows.value(np.zeros(size))
    found = newton(rows, np.zeros(size), np.ones(size, dtype=bool), firth)
    if not firth and _suspect(rows, found.at, found.converged):
        signs = unbounded(*rows.differences())
        if any(signs):
            return _monotone(told, rows, signs, null)
    if not found.converged:
        return told.nothing("the fit did not converge", rows)
    covariance = np.linalg.inv(rows.information(found.at))
    if robust:
        made = _robust(told, rows, times, found.at, covariance)
    else:
        errors = np.sqrt(np.diag(covariance))
        made = [
            _profiled(told, rows, found.at, found.value, k, float(errors[k]))
            if firth
            else wald(name, float(found.at[k]), float(errors[k]), told.level, f"Wald, {told.method}")
            for k, name in enumerate(told.names)
        ]
    ratio = max(0.0, 2 * (found.value - null))
    p = None if firth else float(special.gammaincc(size / 2, ratio / 2))
    return told.result(made, null, found.value, p, rows.x @ found.at, "", _concerns(times, size, robust))


def _robust(told: _Told, rows: CoxRows, times: EventTimes, at: Floats, bread: Floats) -> list[Estimate]:
    """Coefficients with errors over subjects: each left out in turn, or score residuals where there are many."""
    method, few = f"robust over subjects, {told.method}", times.subjects <= MOST_CLUSTERS
    covariance: Floats | None
    breaks: int | None = None
    if few:
        covariance, breaks = leave_one_out(lambda kept: _without(rows, kept, at), times.subject, at)
    else:
        summed = np.zeros((int(times.subject.max()) + 1, at.size))
        np.add.at(summed, times.subject, rows.score_residuals(at))
        covariance = bread @ (summed.T @ summed) @ bread
    made = []
    for k, name in enumerate(told.names):
        if covariance is None or not covariance[k, k] > 0:
            row = 1 + int(np.flatnonzero(times.subject == breaks)[0]) if breaks is not None else 0
            reason = f"it rests on one subject, that of row {row}" if row else "its error can not be told"
            made.append(Estimate(name, level=told.level, method=method, reason=reason))
            continue
        value, se = float(at[k]), float(np.sqrt(covariance[k, k]))
        if few:
            made.append(student(name, value, se, times.subjects - 1, told.level, method))
        else:
            made.append(wald(name, value, se, told.level, method))
    return made


def _without(rows: CoxRows, kept: NDArray[np.bool_], at: Floats) -> Floats | None:
    """The fit to the rows kept; None where it has no maximum that can be trusted."""
    rest = rows.without(kept)
    if not rest.event.size or rest.flat([str(k) for k in range(at.size)]):
        return None
    found = newton(rest, at, np.ones(at.size, dtype=bool), False)
    if _suspect(rest, found.at, found.converged) and (not found.converged or any(unbounded(*rest.differences()))):
        return None
    return found.at


def _concerns(times: EventTimes, size: int, robust: bool) -> list[str]:
    events = int(times.event.sum())
    made = []
    if events < LEAST_EVENTS_PER_COLUMN * size:
        made.append(f"{events} events for {size} columns: limits of large samples may not hold")
    if not robust and np.bincount(times.subject[times.event]).max() > 1:
        made.append("several events of one subject are taken as independent: ask for robust errors")
    return made


def _suspect(rows: CoxRows, at: Floats, converged: bool) -> bool:
    """Whether a maximum may not exist: a fit that did not settle, or coefficients or errors out of all proportion."""
    spans = np.ptp(rows.x, axis=0)
    if not converged or bool((np.abs(at) * spans > 8).any()):
        return True
    information = rows.information(at)
    if np.linalg.cond(information) > 1e12:
        return True
    return bool((np.sqrt(np.diag(np.linalg.inv(information))) * spans > 8).any())


def _monotone(told: _Told, rows: CoxRows, signs: Sequence[int], null: float) -> CoxFit:
    """Withheld estimates, with the one limit that the order seen gives."""
    made = []
    for k, (name, sign) in enumerate(zip(told.names, signs, strict=True)):
        if sign == 0:
            reason = "held back: another column has no finite maximum; leave that out, or ask for Firth's penalty"
            made.append(Estimate(name, level=told.level, method=told.method, reason=reason))
            continue
        reason = f"no finite maximum: the events order {name} completely"
        limit = _one_limit(rows, k, sign, told.level)
        ends = (None, None) if limit is None else ((limit, np.inf) if sign > 0 else (-np.inf, limit))
        made.append(
            Estimate(name, None, None, *ends, told.level, None, f"chance of the order seen, {told.method}", reason)
        )
    return told.result(made, null, reason="no finite maximum: " + ", ".join(e.name for e in made))


def _profile(rows: CoxRows, k: int, start: Floats, firth: bool) -> Callable[[float], float]:
    """The greatest log-likelihood with coefficient `k` fixed."""
    free = np.ones(start.size, dtype=bool)
    free[k] = False
    held = start.copy()

    def value(b: float) -> float:
        at = held.copy()
        at[k] = b
        return newton(rows, at, free, firth).value if free.any() else rows.value(at, firth)

    return value


def _one_limit(rows: CoxRows, k: int, sign: int, level: float) -> float | None:
    """Where a coefficient that runs away to `sign` infinity gives the order seen a chance of half the risk."""
    span = float(np.ptp(rows.x[:, k]))
    value = _profile(rows, k, np.zeros(rows.x.shape[1]), False)
    # so far out the likelihood has reached its supremum, and the least weight is still a number
    top = value(sign * 600 / span)
    target = top + np.log((1 - level) / 2)
    return _crossing(value, sign * 30 / span, -sign / span, target)


def _crossing(value: Callable[[float], float], inside: float, step: float, target: float) -> float | None:
    """Where a profile that lies above `target` at `inside` falls to it, going by `step`."""
    from scipy.optimize import brentq

    here, there = inside, inside + step
    for _ in range(60):
        if value(there) < target:
            return float(brentq(lambda b: value(b) - target, here, there, xtol=1e-10))
        here, there = there, there + step
    return None


def _profiled(told: _Told, rows: CoxRows, at: Floats, top: float, k: int, se: float) -> Estimate:
    """Limits and P of one coefficient by the penalised profile likelihood."""
    value = _profile(rows, k, at, True)
    target = top - special.chdtri(1, 1 - told.level) / 2
    low, high = (_crossing(value, float(at[k]), sign * se, target) for sign in (-1, 1))
    p = float(special.chdtrc(1, max(0.0, 2 * (top - value(0.0)))))
    ends = (-np.inf if low is None else low, np.inf if high is None else high)
    method = f"penalised profile likelihood, {told.method}"
    return Estimate(told.names[k], float(at[k]), se, *ends, told.level, p, method)
