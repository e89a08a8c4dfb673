"""Counts of events: Poisson and negative binomial regression with an offset, errors robust over subjects.

- Poisson: log mean = offset + x b;
- NB2: variance mu + mu^2 / theta, theta by maximum likelihood together with b (Lawless, Can J Stat 1987;15:209-225);
- robust covariance over clusters (Liang and Zeger, Biometrika 1986;73:13-22); up to 60 clusters by leaving each out in
  turn (`jackknife`), as the former is far too small then.

Events of one patient cluster, and seizure-like counts spread more than Poisson: the Poisson errors are then far too
small, so a Poisson fit tells its Pearson dispersion. An arm without events has no finite rate: the reason is told
with the limit that the likelihood bounds. Cannot see: time trends, and dependence between weeks of one patient,
unless clusters are named; random intercepts are in `count_mixed`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proband.core.errors import Problem
from proband.science.stats.estimate import Estimate, wald
from proband.science.stats.jackknife import MOST_CLUSTERS, leave_one_out, student
from proband.science.stats.maximise import Maximum, coordinates, maximise
from proband.science.stats.model_input import Codes, Floats, codes, dependent, design, numbers, raise_if_any, whole
from proband.science.stats.separation import unbounded

FAMILIES = ("poisson", "negative binomial")


@dataclass(frozen=True, slots=True)
class CountFit:
    """Log rate ratios by column, theta (NB), spread of groups (`sd`), log-likelihood, deviance, dispersion, counts.

    `reason` says why nothing was fitted; `theta` and `sd` are None where the model has none.
    """

    coefficients: tuple[Estimate, ...]
    theta: Estimate | None
    sd: Estimate | None
    loglik: float | None
    deviance: float | None
    dispersion: float | None
    rows: int
    events: int
    groups: int
    method: str
    reason: str = ""
    concerns: tuple[str, ...] = ()

    def rate_ratio(self, name: str) -> Estimate:
        """The rate ratio of one column. Raises ``KeyError`` for a name that is not there."""
        for one in self.coefficients:
            if one.name == name:
                return one.ratio()
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Counts:
    """Checked input of a model of counts."""

    y: Floats
    x: Floats
    names: list[str]
    offset: Floats
    group: Codes
    grouped: bool

    @property
    def groups(self) -> int:
        """Number of clusters."""
        return int(self.group.max()) + 1

    def only(self, kept: NDArray[np.bool_]) -> Counts:
        """The rows kept."""
        return Counts(self.y[kept], self.x[kept], self.names, self.offset[kept], self.group[kept], self.grouped)

    def inner(self, size: int) -> Floats:
        """Coordinates of standardised columns, for `size` parameters."""
        return coordinates(self.x[:, 1:], 1, size, -1.0)

    def separated(self) -> list[int]:
        """For each coefficient the side to which it has no finite maximum, or 0."""
        return unbounded(-self.x[self.y == 0], self.x[self.y > 0])


def checked_counts(
    counts: Any, columns: Mapping[str, Any], exposure: Any, cluster: Sequence[object] | NDArray[Any] | None
) -> Counts:
    """Check counts, columns, exposure (time at risk, above 0) and clusters; every fault is raised together."""
    problems: list[Problem] = []
    y = whole("counts", counts, problems)
    if not y.size and not problems:
        problems.append(Problem("model", "counts", "no rows", "at least one count", "nothing can be told from nothing"))
    x, names = design(columns, y.size, problems, intercept=True)
    time = np.ones(y.size) if exposure is None else numbers("exposure", exposure, problems, y.size)
    for i in np.flatnonzero(time <= 0)[:20]:
        remedy = "leave out rows without observation time"
        problems.append(Problem("model", f"exposure, row {i + 1}", f"{time[i]:g}", "a time above 0", remedy))
    group = codes("cluster", range(y.size) if cluster is None else cluster, y.size, problems)
    raise_if_any(problems)
    return Counts(y, x, names, np.log(time), group, cluster is not None)


def count_regression(
    counts: Any,
    columns: Mapping[str, Any],
    *,
    exposure: Any = None,
    family: str = "negative binomial",
    cluster: Sequence[object] | NDArray[Any] | None = None,
    level: float = 0.95,
) -> CountFit:
    """Fit log rates of `counts` on `columns` (name to a number per row), an intercept included.

    `exposure` is the time at risk of each row; with `cluster` (a label per row) errors are robust over clusters.
    Raises ``ProgramError`` with every fault of the input, ``ValueError`` for an unknown family.

    >>> fit = count_regression([4, 6, 1, 3], {"treated": [0, 0, 1, 1]}, family="poisson")
    >>> round(fit.rate_ratio("treated").value, 6)
    0.4
    >>> count_regression([4, 6, 0, 0], {"treated": [0, 0, 1, 1]}, family="poisson").coefficients[1].reason
    'no finite maximum: no events on one side of treated'
    """
    if family not in FAMILIES:
        raise ValueError(f"family {family!r} is none of {', '.join(FAMILIES)}")
    data = checked_counts(counts, columns, exposure, cluster)
    reason = dependent(data.x, data.names)
    if not reason and not data.y.any():
        reason = "no event was counted"
    if not reason and family != "poisson" and data.y.size <= data.x.shape[1] + 1:
        reason = f"{data.y.size} rows do not tell {data.x.shape[1] + 1} numbers"
    if reason:
        return nothing(data, family, level, reason)
    signs = data.separated()
    if any(signs):
        return _one_sided(data, family, level, signs)
    return _poisson(data, level) if family == "poisson" else _negative_binomial(data, level)


def nothing(data: Counts, method: str, level: float, reason: str) -> CountFit:
    """A result that holds the reason in place of every number."""
    held = tuple(Estimate(n, level=level, method=method, reason=reason) for n in data.names)
    size, events = data.y.size, int(data.y.sum())
    return CountFit(held, None, None, None, None, None, size, events, data.groups, method, reason)


def poisson_units(data: Counts) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Log-likelihood of each row by the coefficients."""
    base = special.gammaln(data.y + 1)

    def units(at: NDArray[Any]) -> NDArray[Any]:
        eta = data.offset + data.x @ at
        return data.y * eta - np.exp(eta) - base

    return units


def nb_terms(y: Floats, eta: NDArray[Any], log_theta: Any) -> NDArray[Any]:
    """Log probability of counts under NB2 with log mean `eta`; complex numbers are accepted.

    >>> bool(np.isclose(np.exp(nb_terms(np.arange(60.0), np.zeros(60), 0.3)).sum(), 1))
    True
    """
    theta = np.exp(log_theta)
    if np.iscomplexobj(theta) and np.imag(theta) == 0:
        theta = np.real(theta)  # the real function is much faster
    # log(mu + theta) is written so that a great theta does not cancel
    spread = np.log1p(np.exp(eta - log_theta))
    made: NDArray[Any] = (
        special.loggamma(y + theta) - special.loggamma(theta) - special.gammaln(y + 1)
        + y * (eta - log_theta - spread) - theta * spread
    )  # fmt: skip
    return made


def start_of(data: Counts) -> Floats:
    """The log of the overall rate, and 0 for each column."""
    start = np.zeros(data.x.shape[1])
    start[0] = math.log(float(data.y.sum()) / float(np.exp(data.offset).sum()))
    return start


def _poisson(data: Counts, level: float) -> CountFit:
    found = maximise(poisson_units(data), start_of(data), data.inner(data.x.shape[1]))
    if not found.converged:
        return nothing(data, "poisson", level, "the fit did not converge")
    mu = np.exp(data.offset + data.x @ found.at)
    deviance = 2 * float((special.xlogy(data.y, data.y / mu) - (data.y - mu)).sum())
    free = data.y.size - data.x.shape[1]
    dispersion = float(((data.y - mu) ** 2 / mu).sum()) / free if free > 0 else None
    made = _estimates(data, found, poisson_units, level, "poisson")
    concerns = list(_few(data))
    if dispersion is not None and dispersion > 1.5 and not data.grouped:
        concerns.append(f"counts spread {dispersion:.2g} times as much as Poisson: these limits are too narrow")
    return CountFit(
        made, None, None, found.loglik, deviance, dispersion, data.y.size, int(data.y.sum()), data.groups, "poisson",
        concerns=tuple(concerns),
    )  # fmt: skip


def negative_binomial_units(data: Counts) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Log-likelihood of each row by the coefficients and log theta."""

    def units(at: NDArray[Any]) -> NDArray[Any]:
        return nb_terms(data.y, data.offset + data.x @ at[:-1], at[-1])

    return units


def _negative_binomial(data: Counts, level: float) -> CountFit:
    first = maximise(poisson_units(data), start_of(data), data.inner(data.x.shape[1]))
    mu = np.exp(data.offset + data.x @ first.at)
    excess = float(((data.y - mu) ** 2 - data.y).sum())
    # the slope of the likelihood by 1 / theta at the Poisson limit has this sign
    if excess <= 0 or not first.converged:
        made = _poisson(data, level)
        unbounded_theta = Estimate(
            "theta", level=level, reason="counts spread no more than Poisson: theta has no limit"
        )
        concerns = (*made.concerns, "fitted as Poisson, for the counts spread no more than that")
        return CountFit(
            made.coefficients, unbounded_theta, None, made.loglik, made.deviance, made.dispersion, made.rows,
            made.events, made.groups, "negative binomial at its Poisson limit", made.reason, concerns,
        )  # fmt: skip
    guess = math.log(float((mu**2).sum()) / excess)
    found = maximise(negative_binomial_units(data), np.append(first.at, guess), data.inner(first.at.size + 1))
    plain = found.covariance()
    if not found.converged or plain is None:
        return nothing(data, "negative binomial", level, "the fit did not converge")
    theta = wald("theta", float(found.at[-1]), math.sqrt(plain[-1, -1]), level, "Wald on the log scale").ratio()
    made_b = _estimates(data, found, negative_binomial_units, level, "negative binomial")
    mu = np.exp(data.offset + data.x @ found.at[:-1])
    t, free = math.exp(found.at[-1]), data.y.size - data.x.shape[1]
    deviance = 2 * float((special.xlogy(data.y, data.y / mu) - (data.y + t) * np.log((data.y + t) / (mu + t))).sum())
    dispersion = float(((data.y - mu) ** 2 / (mu + mu**2 / t)).sum()) / free
    return CountFit(
        made_b, theta, None, found.loglik, deviance, dispersion, data.y.size, int(data.y.sum()), data.groups,
        "negative binomial", concerns=_few(data),
    )  # fmt: skip


def _estimates(
    data: Counts, found: Maximum, units: Callable[[Counts], Callable[[NDArray[Any]], NDArray[Any]]], level: float,
    family: str,
) -> tuple[Estimate, ...]:  # fmt: skip
    """Coefficients with errors by the information, or over clusters where those are named."""

    def refit(kept: NDArray[np.bool_]) -> Floats | None:
        rest = data.only(kept)
        if not rest.y.any() or dependent(rest.x, data.names) or any(rest.separated()):
            return None
        again = maximise(units(rest), found.at, rest.inner(found.at.size))
        return again.at if again.converged else None

    few = data.grouped and data.groups <= MOST_CLUSTERS
    method = f"robust over clusters, {family}" if data.grouped else f"Wald, {family}"
    covariance, breaks = found.covariance(), None
    if few:
        covariance, breaks = leave_one_out(refit, data.group, found.at)
    elif data.grouped:
        covariance = found.sandwich(data.group)
    made = []
    for k, name in enumerate(data.names):
        variance = 0.0 if covariance is None else float(covariance[k, k])
        if not variance > 0:
            row = 1 + int(np.flatnonzero(data.group == breaks)[0]) if breaks is not None else 0
            reason = f"the fit rests on one cluster, that of row {row}" if row else "its error can not be told"
            made.append(Estimate(name, level=level, method=method, reason=reason))
        elif few:
            made.append(student(name, float(found.at[k]), math.sqrt(variance), data.groups - 1, level, method))
        else:
            made.append(wald(name, float(found.at[k]), math.sqrt(variance), level, method))
    return tuple(made)


def _few(data: Counts) -> tuple[str, ...]:
    made = []
    if not data.grouped and data.y.size < 20:
        made.append(f"{data.y.size} rows: limits of large samples may not hold")
    return tuple(made)


def _one_sided(data: Counts, family: str, level: float, signs: Sequence[int]) -> CountFit:
    """Estimates withheld for a side without events; for Poisson the finite limit of a lone column."""
    reason = "no finite maximum: no events on one side of "
    bad = [n for n, s in zip(data.names, signs, strict=True) if s]
    held = []
    for k, name in enumerate(data.names):
        if not signs[k]:
            why = "held back: another column has no finite maximum"
            held.append(Estimate(name, level=level, method=family, reason=why))
            continue
        limit = _limit(data, k, signs[k], level) if family == "poisson" and not data.grouped else None
        ends = (None, None) if limit is None else ((limit, math.inf) if signs[k] > 0 else (-math.inf, limit))
        held.append(
            Estimate(name, None, None, *ends, level, None, f"chance of the split seen, {family}", reason + name)
        )
    concerns = () if family == "poisson" else ("a limit is told under Poisson alone, where counts do not spread more",)
    return CountFit(
        tuple(held), None, None, None, None, None, data.y.size, int(data.y.sum()), data.groups, family,
        reason + ", ".join(bad), concerns,
    )  # fmt: skip


def _limit(data: Counts, k: int, sign: int, level: float) -> float | None:
    """Where a coefficient that runs away to `sign` infinity gives what was seen a chance of half the risk.

    Given the total no split is more extreme: exp(l(b) - l(infinity)) is its chance, as in Clopper and Pearson's limit.
    """
    from scipy.optimize import brentq

    rest = np.delete(data.x, k, axis=1)
    if unbounded_without(data, rest):
        return None
    span = float(np.ptp(data.x[:, k])) or 1.0

    def top(b: float) -> float:
        fixed = Counts(data.y, rest, [], data.offset + b * data.x[:, k], data.group, data.grouped)
        return maximise(poisson_units(fixed), np.full(rest.shape[1], 0.0)).loglik

    far = sign * 30 / span
    target = top(far) + math.log((1 - level) / 2)
    near = far
    for _ in range(80):
        near -= sign / span
        if top(near) < target:
            return float(brentq(lambda b: top(b) - target, near, near + sign / span, xtol=1e-10))
    return None


def unbounded_without(data: Counts, rest: Floats) -> bool:
    """Whether another coefficient runs away too when this one is held."""
    return rest.shape[1] == 0 or any(unbounded(-rest[data.y == 0], rest[data.y > 0]))
