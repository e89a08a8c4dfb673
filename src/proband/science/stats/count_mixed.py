"""Counts of several patients, each with an own level: Poisson and NB2 regression with a normal random intercept.

The intercept is integrated out by `random_intercept`: one node is Laplace's approximation as common programs use it,
more nodes are the integral itself. Limits are Student's with between-within degrees (Li and Redden, BMC Med Res
Methodol 2015;15:38, recalled): a column that is the same within each patient has as many as there are patients, less
such columns. Below ten patients they are still too narrow; `count_regression` with clusters then holds better.

Cannot see: random slopes; a spread between patients when there are few of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proband.science.stats.count_models import (
    FAMILIES,
    CountFit,
    Counts,
    checked_counts,
    count_regression,
    nb_terms,
    nothing,
)
from proband.science.stats.estimate import Estimate, wald
from proband.science.stats.jackknife import student
from proband.science.stats.maximise import Maximum, maximise
from proband.science.stats.model_input import Codes, Floats, dependent
from proband.science.stats.random_intercept import Terms, marginal

LEAST_GROUPS = 3
NO_SPREAD = 1e-3


def count_mixed(
    counts: Any,
    columns: Mapping[str, Any],
    group: Sequence[object] | NDArray[Any],
    *,
    exposure: Any = None,
    family: str = "negative binomial",
    nodes: int = 15,
    level: float = 0.95,
) -> CountFit:
    """Fit log rates on `columns`, with a random intercept for each label of `group` (one per row).

    `nodes` = 1 is Laplace's approximation. Raises ``ProgramError`` with every fault of the input, ``ValueError`` for
    an unknown family or fewer than one node.

    >>> y = [2, 3, 1, 9, 7, 8, 4, 5, 3, 1, 0, 2]
    >>> fit = count_mixed(y, {}, ["a"] * 3 + ["b"] * 3 + ["c"] * 3 + ["d"] * 3, family="poisson")
    >>> round(fit.sd.value, 3)
    0.687
    """
    if family not in FAMILIES or nodes < 1:
        raise ValueError(f"the family is one of {', '.join(FAMILIES)}, with one node or more")
    data = checked_counts(counts, columns, exposure, group)
    method = f"{family}, random intercept, {'Laplace' if nodes == 1 else f'{nodes} nodes'}"
    reason = _refused(data)
    if reason:
        return nothing(data, method, level, reason)
    started = count_regression(counts, columns, exposure=exposure, family=family, level=level)
    if any(c.value is None for c in started.coefficients):
        return nothing(data, method, level, started.reason or "the fit without intercepts failed")
    b = np.array([c.value for c in started.coefficients], dtype=np.float64)
    negative = family != "poisson"
    if negative and (started.theta is None or started.theta.value is None):
        return nothing(data, method, level, "counts spread no more than Poisson: take the Poisson family")
    further = [math.log(2 * (started.theta.value or 1.0))] if negative and started.theta is not None else []
    terms = _nb(data.y) if negative else _poisson(data.y)
    width = data.x.shape[1]

    def units(at: NDArray[Any]) -> NDArray[Any]:
        eta = data.offset + data.x @ at[:width]
        return marginal(terms, eta, at[width], at[width + 1 :], data.group, nodes)

    begun = np.concatenate([b, [0.5], further])
    found = maximise(units, begun, data.inner(begun.size))
    return _result(data, found, width, negative, method, level)


def _refused(data: Counts) -> str:
    if not data.y.any():
        return "no event was counted"
    if data.groups < LEAST_GROUPS:
        return f"{data.groups} patients do not tell the spread between patients"
    if data.groups == data.y.size:
        return "one row per patient: the spread between patients can not be told from that within"
    reason = dependent(data.x, data.names)
    if reason:
        return reason
    signs = data.separated()
    if any(signs):
        bad = [n for n, s in zip(data.names, signs, strict=True) if s]
        return f"no finite maximum: no events on one side of {', '.join(bad)}"
    return ""


def _result(data: Counts, found: Maximum, width: int, negative: bool, method: str, level: float) -> CountFit:
    covariance = found.covariance()
    if not found.converged or covariance is None:
        why = "the fit did not converge"
        if negative and found.at[-1] > 12:
            why = "within patients the counts spread no more than Poisson: take the Poisson family"
        return nothing(data, method, level, why)
    errors = np.sqrt(np.diag(covariance))
    freedom = between_within(data.x, data.group)
    made = tuple(
        student(n, float(v), float(e), f, level, method)
        for n, v, e, f in zip(data.names, found.at, errors, freedom, strict=False)
    )
    theta = wald("theta", float(found.at[-1]), float(errors[-1]), level, "Wald on the log scale") if negative else None
    few = f"{data.groups} patients: these limits are too narrow; take `count_regression` with clusters beside them"
    concerns = (few,) if data.groups < 10 else ()
    return CountFit(
        made, theta.ratio() if theta is not None else None, spread("sd", float(found.at[width]), errors[width], level),
        found.loglik, None, None, data.y.size, int(data.y.sum()), data.groups, method, concerns=concerns,
    )  # fmt: skip


def between_within(x: Floats, group: Codes) -> list[float]:
    """Degrees of each column: groups less columns that do not vary within them, or rows less groups less the others.

    Never below 1.

    >>> between_within(np.array([[1.0, 0, 5], [1, 0, 6], [1, 1, 5], [1, 1, 7], [1, 1, 8]]), np.array([0, 0, 1, 1, 2]))
    [1.0, 1.0, 1.0]
    """
    groups = int(group.max()) + 1
    first = np.array([np.flatnonzero(group == g)[0] for g in range(groups)])
    between = [bool((x[:, k] == x[first[group], k]).all()) for k in range(x.shape[1])]
    outer = max(1.0, float(groups - sum(between)))
    inner = max(1.0, float(x.shape[0] - groups - (x.shape[1] - sum(between))))
    return [outer if b else inner for b in between]


def spread(name: str, signed: float, error: float, level: float) -> Estimate:
    """Standard deviation of the intercepts, limits on the log scale; without a lower limit where none was seen.

    >>> spread("sd", -0.5, 0.1, 0.95).value
    0.5
    """
    value = abs(signed)
    if value < NO_SPREAD:
        method = "no spread between groups was seen, which does not say there is none"
        return Estimate(name, 0.0, level=level, method=method)
    half = wald(name, math.log(value), float(error) / value, level, "Wald on the log scale").ratio()
    return Estimate(name, value, float(error), half.low, half.high, level, None, half.method)


def _poisson(y: Floats) -> Terms:
    base = special.gammaln(y + 1)

    def log_probability(eta: NDArray[Any], _: NDArray[Any]) -> NDArray[Any]:
        return y * eta - np.exp(eta) - base

    def slopes(eta: NDArray[Any], _: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        mu = np.exp(eta)
        return y - mu, -mu

    return Terms(log_probability, slopes)


def _nb(y: Floats) -> Terms:
    def log_probability(eta: NDArray[Any], further: NDArray[Any]) -> NDArray[Any]:
        return nb_terms(y, eta, further[0])

    def slopes(eta: NDArray[Any], further: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        theta = np.exp(further[0])
        share = 1 / (1 + np.exp(further[0] - eta))
        return y - (y + theta) * share, -(y + theta) * share * (1 - share)

    return Terms(log_probability, slopes)
