"""Ordinal scales: proportional odds, with a random intercept per patient, and as a chain of states from visit to visit.

P(score <= j) = F(t_j - x b), F logistic (McCullagh, J R Stat Soc B 1980;42:109-142): a coefficient above 0 moves
scores up, exp(b) is one odds ratio for every cut. The random intercept is integrated out by `random_intercept`. A
chain puts the last state among the columns, so that a stable patient visited often does not count as much evidence
(first-order Markov model; Diggle, Heagerty, Liang and Zeger, Analysis of Longitudinal Data, 2002, ch. 10, recalled).

Cannot see: whether one odds ratio holds at every cut; dependence that reaches back beyond the last visit, unless a
random intercept or clusters are asked for.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem
from proband.science.stats.count_mixed import between_within, spread
from proband.science.stats.estimate import Estimate, wald
from proband.science.stats.jackknife import MOST_CLUSTERS, leave_one_out, student
from proband.science.stats.maximise import Maximum, coordinates, maximise
from proband.science.stats.model_input import Codes, Floats, codes, dependent, design, numbers, raise_if_any
from proband.science.stats.random_intercept import Terms, marginal
from proband.science.stats.separation import unbounded

MOST_LEVELS = 60
LEAST_GROUPS = 3


@dataclass(frozen=True, slots=True)
class OrdinalFit:
    """Log odds ratios, thresholds between levels seen, spread between groups, log-likelihood; or the `reason`."""

    coefficients: tuple[Estimate, ...]
    thresholds: tuple[Estimate, ...]
    sd: Estimate | None
    loglik: float | None
    rows: int
    groups: int
    levels: tuple[float, ...]
    method: str
    reason: str = ""
    concerns: tuple[str, ...] = ()

    def odds_ratio(self, name: str) -> Estimate:
        """The odds ratio of a higher score, of one column. Raises ``KeyError`` for a name that is not there."""
        for one in self.coefficients:
            if one.name == name:
                return one.ratio()
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class _Data:
    """Levels as ranks, columns, groups."""

    rank: Codes
    x: Floats
    names: list[str]
    levels: Floats
    group: Codes
    grouped: bool
    confidence: float

    @property
    def groups(self) -> int:
        return int(self.group.max()) + 1

    @property
    def cuts(self) -> int:
        return self.levels.size - 1

    def inner(self, size: int) -> Floats:
        """Coordinates of standardised columns, for `size` parameters."""
        return coordinates(self.x, self.cuts, size, 1.0)

    def thresholds(self, at: NDArray[Any]) -> NDArray[Any]:
        """First threshold and logs of the steps to thresholds, with an infinite one at either end."""
        inner = at[0] + np.concatenate([[0.0], np.cumsum(np.exp(at[1 : self.cuts]))])
        return np.concatenate([[-np.inf], inner, [np.inf]])


def proportional_odds(
    scores: Any,
    columns: Mapping[str, Any],
    *,
    cluster: Sequence[object] | NDArray[Any] | None = None,
    level: float = 0.95,
) -> OrdinalFit:
    """Fit log odds ratios of a higher score (numbers whose order alone counts) on `columns`.

    With `cluster` errors are robust over clusters. Raises ``ProgramError`` with every fault of the input.

    >>> fit = proportional_odds([1, 2, 2, 3, 1, 3, 3, 2], {"treated": [0, 0, 0, 0, 1, 1, 1, 1]})
    >>> round(fit.odds_ratio("treated").value, 3)
    1.921
    """
    data = _checked(scores, columns, cluster, level)
    method = "proportional odds"
    reason = _refused(data)
    if reason:
        return _nothing(data, method, reason)
    terms = _terms(data)

    def units(at: NDArray[Any]) -> NDArray[Any]:
        return terms.log_probability(data.x @ at[data.cuts :], at[: data.cuts])

    found = maximise(units, _start(data), data.inner(_start(data).size))
    if not found.converged:
        return _nothing(data, method, "the fit did not converge")
    if not data.grouped:
        return _told(data, found, found.covariance(), f"Wald, {method}", None)
    label = f"robust over clusters, {method}"
    if data.groups > MOST_CLUSTERS:
        return _told(data, found, found.sandwich(data.group), label, None)
    covariance, breaks = leave_one_out(lambda kept: _refit(data, kept, found.at), data.group, found.at)
    if breaks is not None:
        row = 1 + int(np.flatnonzero(data.group == breaks)[0])
        return _nothing(data, label, f"the fit rests on one cluster, that of row {row}")
    return _told(data, found, covariance, label, [float(data.groups - 1)] * data.x.shape[1])


def _refit(data: _Data, kept: NDArray[np.bool_], at: Floats) -> Floats | None:
    """The fit to the rows kept; None where a level is lost or there is no finite maximum."""
    rest = _Data(data.rank[kept], data.x[kept], data.names, data.levels, data.group[kept], True, data.confidence)
    if np.unique(rest.rank).size < data.levels.size or _refused(rest):
        return None
    terms = _terms(rest)
    found = maximise(lambda q: terms.log_probability(rest.x @ q[rest.cuts :], q[: rest.cuts]), at, rest.inner(at.size))
    return found.at if found.converged else None


def ordinal_mixed(
    scores: Any,
    columns: Mapping[str, Any],
    group: Sequence[object] | NDArray[Any],
    *,
    nodes: int = 15,
    level: float = 0.95,
) -> OrdinalFit:
    """Proportional odds with a normal random intercept for each label of `group`; 1 node is Laplace's approximation.

    Raises ``ProgramError`` with every fault of the input, ``ValueError`` for fewer than one node.

    >>> scores = [1, 1, 2, 3, 3, 2, 2, 1, 1, 3, 3, 3]
    >>> fit = ordinal_mixed(scores, {"day": [0, 1, 2] * 4}, ["a"] * 3 + ["b"] * 3 + ["c"] * 3 + ["d"] * 3)
    >>> fit.groups, fit.sd.value > 1
    (4, True)
    """
    if nodes < 1:
        raise ValueError("at least one node is needed")
    data = _checked(scores, columns, group, level)
    method = f"proportional odds, random intercept, {'Laplace' if nodes == 1 else f'{nodes} nodes'}"
    reason = _refused(data)
    if not reason and data.groups < LEAST_GROUPS:
        reason = f"{data.groups} patients do not tell the spread between patients"
    if not reason and data.groups == data.rank.size:
        reason = "one score per patient: the spread between patients can not be told from that within"
    if reason:
        return _nothing(data, method, reason)
    terms, cuts, width = _terms(data), data.cuts, data.x.shape[1]

    def units(at: NDArray[Any]) -> NDArray[Any]:
        return marginal(terms, data.x @ at[cuts : cuts + width], at[-1], at[:cuts], data.group, nodes)

    begun = np.append(_start(data), 0.5)
    found = maximise(units, begun, data.inner(begun.size))
    if not found.converged or found.covariance() is None:
        return _nothing(data, method, "the fit did not converge")
    return _told(data, found, found.covariance(), method, between_within(data.x, data.group), mixed=True)


def state_chain(
    subject: Sequence[object],
    day: Any,
    scores: Any,
    columns: Mapping[str, Any],
    *,
    level: float = 0.95,
) -> OrdinalFit:
    """Odds of a higher score given the score of the visit before, which enters as "last score"; errors over subjects.

    `columns` are read at the later visit of each pair. Raises ``ProgramError`` for two visits of a subject on one day.

    >>> fit = state_chain(list("aaaabbbb"), [0, 1, 2, 3] * 2, [1, 2, 1, 2, 2, 1, 2, 2], {})
    >>> fit.rows, [c.name for c in fit.coefficients]
    (6, ['last score'])
    """
    problems: list[Problem] = []
    score = numbers("scores", scores, problems)
    days = numbers("day", day, problems, score.size)
    code = codes("subject", subject, score.size, problems)
    x, names = design(columns, score.size, problems, intercept=False)
    if "last score" in names:
        problems.append(Problem("model", "columns", "last score", "another name", "it is made by the chain"))
    order = np.lexsort((days, code))
    for before, after in itertools.pairwise(order):
        if code[before] == code[after] and days[before] == days[after] and not problems:
            place = f"subject {subject[before]}, day {days[before]:g}"
            problems.append(Problem("model", place, "two visits", "one score a day", "keep one, and say which"))
    raise_if_any(problems)
    follows = code[order[1:]] == code[order[:-1]]
    later, earlier = order[1:][follows], order[:-1][follows]
    if not later.size:
        held = tuple(Estimate(n, level=level, reason="no subject has two visits") for n in [*names, "last score"])
        return OrdinalFit(held, (), None, None, 0, 0, (), "state chain", "no subject has two visits")
    moved = {**{n: x[later, j] for j, n in enumerate(names)}, "last score": score[earlier]}
    return proportional_odds(score[later], moved, cluster=[str(subject[i]) for i in later], level=level)


def _checked(scores: Any, columns: Mapping[str, Any], group: Any, level: float) -> _Data:
    problems: list[Problem] = []
    score = numbers("scores", scores, problems)
    if not score.size and not problems:
        problems.append(Problem("model", "scores", "no rows", "at least one score", "nothing can be told from nothing"))
    x, names = design(columns, score.size, problems, intercept=False)
    code = codes("group", range(score.size) if group is None else group, score.size, problems)
    levels, rank = np.unique(score, return_inverse=True)
    if levels.size > MOST_LEVELS:
        found = f"{levels.size} levels"
        remedy = "use a model for measurements, or rank concordance"
        problems.append(Problem("model", "scores", found, f"at most {MOST_LEVELS}", remedy))
    raise_if_any(problems)
    return _Data(rank.astype(np.int64), x, names, levels, code, group is not None, level)


def _refused(data: _Data) -> str:
    """Why nothing can be fitted, or an empty text."""
    if data.cuts < 1:
        return f"every score is {data.levels[0]:g}: no difference can be told"
    reason = dependent(data.x, data.names, varying=True)
    if reason:
        return reason
    size = data.rank.size
    if size <= data.cuts + data.x.shape[1]:
        return f"{size} scores do not tell {data.cuts + data.x.shape[1]} numbers"
    # t_rank - x b may only grow, and x b - t_(rank - 1) too
    above, below = np.zeros((size, data.cuts)), np.zeros((size, data.cuts))
    has_above, has_below = data.rank < data.cuts, data.rank > 0
    above[has_above, data.rank[has_above]] = 1
    below[has_below, data.rank[has_below] - 1] = -1
    gain = np.vstack([np.hstack([above, -data.x])[has_above], np.hstack([below, data.x])[has_below]])
    signs = unbounded(gain, np.zeros((0, gain.shape[1])))[data.cuts :]
    if any(signs):
        bad = [n for n, s in zip(data.names, signs, strict=True) if s]
        return f"no finite maximum: {', '.join(bad)} orders the scores completely"
    return ""


def _nothing(data: _Data, method: str, reason: str) -> OrdinalFit:
    held = tuple(Estimate(n, level=data.confidence, method=method, reason=reason) for n in data.names)
    levels = tuple(data.levels.tolist())
    return OrdinalFit(held, (), None, None, data.rank.size, data.groups, levels, method, reason)


def _start(data: _Data) -> Floats:
    share = np.bincount(data.rank, minlength=data.levels.size) / data.rank.size
    cut = np.cumsum(share)[:-1]
    logit = np.log(cut / (1 - cut))
    return np.concatenate([logit[:1], np.log(np.diff(logit)), np.zeros(data.x.shape[1])])


def _log_logistic(a: NDArray[Any]) -> NDArray[Any]:
    """log F(a), without overflow, for complex numbers too."""
    positive = np.real(a) > 0
    small = np.where(positive, -a, a)
    return np.where(positive, 0.0, a) - np.log1p(np.exp(small))


def _terms(data: _Data) -> Terms:
    """log (F(a) - F(b)) = log F(a) + log F(-b) + log(1 - exp(b - a)), with a and b the thresholds about the score."""
    low, high = data.rank > 0, data.rank < data.cuts

    def ends(eta: NDArray[Any], further: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        cut = data.thresholds(further)
        return np.where(high, cut[data.rank + 1], 0.0) - eta, np.where(low, cut[data.rank], 0.0) - eta

    def log_probability(eta: NDArray[Any], further: NDArray[Any]) -> NDArray[Any]:
        a, b = ends(eta, further)
        width = np.where(low & high, a - b, 1.0)
        made: NDArray[Any] = np.where(high, _log_logistic(a), 0.0) + np.where(low, _log_logistic(-b), 0.0)
        return made + np.where(low & high, np.log1p(-np.exp(-width)), 0.0)

    def slopes(eta: NDArray[Any], further: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        a, b = ends(eta, further)
        below_a = np.where(high, np.exp(_log_logistic(a)), 1.0)
        below_b = np.where(low, np.exp(_log_logistic(b)), 0.0)
        return below_a + below_b - 1, -(below_a * (1 - below_a) + below_b * (1 - below_b))

    return Terms(log_probability, slopes)


def _told(
    data: _Data, found: Maximum, covariance: Floats | None, method: str, freedom: list[float] | None,
    mixed: bool = False,
) -> OrdinalFit:  # fmt: skip
    cuts, level = data.cuts, data.confidence
    if covariance is None:
        return _nothing(data, method, "the errors can not be told")
    made = []
    for k, name in enumerate(data.names, start=cuts):
        variance = float(covariance[k, k])
        if variance > 0 and freedom is not None:
            degrees = freedom[k - cuts]
            made.append(student(name, float(found.at[k]), math.sqrt(variance), degrees, level, method))
        elif variance > 0:
            made.append(wald(name, float(found.at[k]), math.sqrt(variance), level, method))
        else:
            made.append(Estimate(name, level=level, method=method, reason="its error can not be told"))
    inner = np.real(data.thresholds(found.at[:cuts]))[1:-1]
    thresholds = []
    for j, value in enumerate(inner):
        gradient = np.zeros(found.at.size)
        gradient[0] = 1
        gradient[1 : j + 1] = np.exp(found.at[1 : j + 1])
        name = f"{data.levels[j]:g}|{data.levels[j + 1]:g}"
        error = math.sqrt(max(float(gradient @ covariance @ gradient), 1e-300))
        thresholds.append(wald(name, float(value), error, level, method))
    sd = spread("sd", float(found.at[-1]), math.sqrt(max(covariance[-1, -1], 0.0)), level) if mixed else None
    few = data.groups if data.grouped else data.rank.size
    concerns = (f"{few} patients or rows: limits of large samples may not hold",) if few < 20 else ()
    levels = tuple(data.levels.tolist())
    return OrdinalFit(
        tuple(made), tuple(thresholds), sd, found.loglik, data.rank.size, data.groups, levels, method, "", concerns
    )
