"""What was seen in each unit of a hierarchy (a patient, a variant, a trial), and its likelihood on the link scale.

Four kinds: events among trials (logit), events in an exposure (log), an estimate with its standard error, and the
values of patients whose standard deviation is integrated out (`unknown_sigma`). All units of one hierarchy are of one
link.

Cannot see: dependence of trials within a unit, or a unit that is listed twice under two names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from proband.core.errors import Problem, ProgramError
from proband.science.borrowing.grids import Array
from proband.science.borrowing.unknown_sigma import student_likelihood

SPREAD_NODES = 16
"""Gauss-Legendre nodes of the spread between products of a class, up to five times its scale."""
LINKS = {"binomial": "logit", "poisson": "log", "gamma-poisson": "log", "normal": "identity", "patients": "identity"}


@dataclass(frozen=True, slots=True)
class Unit:
    """Data of one unit. Build it with `binomial`, `poisson`, `normal` or `patients`, which check it.

    `values` holds (events, trials), (events, exposure), (estimate, standard error) or the values of the patients;
    `n` is how many patients it rests on.
    """

    name: str
    kind: str
    values: tuple[float, ...]
    n: float

    @property
    def link(self) -> str:
        """``logit``, ``log`` or ``identity``."""
        return LINKS[self.kind]


def binomial(name: str, events: int, trials: int) -> Unit:
    """A unit with `events` among `trials`. Raises ``ProgramError`` unless 0 <= events <= trials and trials > 0.

    >>> binomial("c.1A>G", 1, 4).n
    4.0
    """
    if not (whole(events) and whole(trials) and events <= trials and trials > 0):
        raise _bad(name, f"{events} of {trials}", "whole numbers with 0 <= events <= trials and trials above 0")
    return Unit(name, "binomial", (float(events), float(trials)), float(trials))


def poisson(name: str, events: int, exposure: float, patients: int | None = None) -> Unit:
    """A unit with `events` in an `exposure` (person-time). Raises ``ProgramError`` for what can not be.

    >>> poisson("variant A", 0, 2.5).link
    'log'
    """
    if not (whole(events) and math.isfinite(exposure) and exposure > 0):
        raise _bad(name, f"{events} events in {exposure}", "whole events, not negative, in an exposure above 0")
    return Unit(name, "poisson", (float(events), float(exposure)), float(exposure if patients is None else patients))


def gamma_poisson(name: str, events: Sequence[int], exposures: Sequence[float], spread_scale: float) -> Unit:
    """A class of products, each with `events` in its exposure, around one class rate with gamma spread.

    Product rates are Gamma with the class rate as mean and a coefficient of variation that is half-normal of
    `spread_scale` and integrated out. Raises ``ProgramError`` for what can not be.

    >>> gamma_poisson("ASO", [0, 2], [3.0, 5.0], 0.5).n
    8.0
    """
    counted = all(whole(k) for k in events)
    timed = all(math.isfinite(e) and e > 0 for e in exposures)
    if not events or len(events) != len(exposures) or not counted or not timed or not spread_scale > 0:
        found = f"events {list(events)} in {list(exposures)}, spread {spread_scale}"
        raise _bad(name, found, "whole events, not negative, each in an exposure above 0, and a spread above 0")
    pairs = [float(x) for pair in zip(events, exposures, strict=True) for x in pair]
    return Unit(name, "gamma-poisson", (float(spread_scale), 0.0, *pairs), float(sum(exposures)))


def spread_nodes(scale: float) -> tuple[Array, Array]:
    """Shapes 1 / cv^2 and weights of the half-normal coefficient of variation between products of a class."""
    x, w = np.polynomial.legendre.leggauss(SPREAD_NODES)
    cv = 2.5 * scale * (x + 1)
    weights = w * np.exp(-0.5 * (cv / scale) ** 2)
    return cv**-2.0, weights / weights.sum()


def spread_log_likelihoods(unit: Unit, eta: Array) -> Array:
    """Log likelihood of a gamma-Poisson class at each rate and spread: shape (*eta.shape, SPREAD_NODES)."""
    shape, _ = spread_nodes(unit.values[0])
    k, e = np.array(unit.values[2::2])[:, None], np.array(unit.values[3::2])[:, None]
    mean = np.exp(np.minimum(eta, 300.0))[..., None, None] * e
    constant = special.gammaln(k + shape) - special.gammaln(shape) - special.gammaln(k + 1)
    return np.asarray((constant - shape * np.log1p(mean / shape) - k * np.log1p(shape / mean)).sum(-2))


def normal(name: str, estimate: float, standard_error: float, n: float = 1.0) -> Unit:
    """A unit with an `estimate` and its known `standard_error`. Raises ``ProgramError`` for what can not be.

    >>> normal("variant A", 1.2, 0.4, n=3).values
    (1.2, 0.4)
    """
    if not (math.isfinite(estimate) and math.isfinite(standard_error) and standard_error > 0):
        raise _bad(name, f"{estimate} with standard error {standard_error}", "a number, and an error above 0")
    return Unit(name, "normal", (float(estimate), float(standard_error)), float(n))


def patients(name: str, values: Sequence[float]) -> Unit:
    """A unit with one value per patient; their spread is integrated out. At least two values that differ.

    One patient has no spread: give it as `normal`, with a standard error from a stated source.

    >>> patients("variant A", [1.0, 2.0, 4.0]).n
    3.0
    """
    if len(values) < 2 or not all(math.isfinite(v) for v in values) or len(set(values)) < 2:
        raise _bad(name, f"values {list(values)}", "at least two finite values that differ")
    return Unit(name, "patients", tuple(float(v) for v in values), float(len(values)))


def whole(count: float) -> bool:
    """Whether a count is a whole number that is not negative; false for what is no number.

    >>> whole(3), whole(-1), whole(2.5), whole(math.inf), whole(math.nan)
    (True, False, False, False, False)
    """
    return math.isfinite(count) and count >= 0 and count == int(count)


def checked(units: Sequence[Unit]) -> str:
    """The link shared by all units. Raises ``ProgramError`` for none, for two of one name, and for two links."""
    problems = []
    if not units:
        problems.append(_problem("all units", "none", "at least one unit with data"))
    names = [u.name for u in units]
    twice = sorted({n for n in names if names.count(n) > 1})
    problems += [_problem(n, "listed twice", "once") for n in twice]
    links = sorted({u.link for u in units})
    if len(links) > 1:
        problems.append(_problem("all units", f"links {', '.join(links)}", "one link"))
    if problems:
        raise ProgramError(problems)
    return links[0]


def log_likelihood(unit: Unit, eta: Array) -> Array:
    """Log likelihood at each `eta` on the link scale, with the binomial or Poisson constant.

    >>> log_likelihood(binomial("a", 1, 2), np.array([0.0])).round(6).tolist()
    [-0.693147]
    """
    return log_likelihoods([unit], eta)[0]


def log_likelihoods(units: Sequence[Unit], eta: Array) -> Array:
    """Log likelihoods of several units, shape (units, *eta.shape); what they share is computed once.

    >>> log_likelihoods([binomial("a", 0, 2), binomial("b", 1, 2)], np.zeros(3)).shape
    (2, 3)
    """
    eta = np.asarray(eta, np.float64)
    out = np.empty((len(units), *eta.shape))
    kinds = {u.kind for u in units}
    softplus = np.maximum(eta, 0) + np.log1p(np.exp(-np.abs(eta))) if "binomial" in kinds else eta
    growth = np.exp(np.minimum(eta, 700.0)) if "poisson" in kinds else eta
    for j, unit in enumerate(units):
        a, b = unit.values[0], unit.values[1]
        if unit.kind == "binomial":
            choose = special.gammaln(b + 1) - special.gammaln(a + 1) - special.gammaln(b - a + 1)
            out[j] = choose + a * eta - b * softplus
        elif unit.kind == "poisson":
            out[j] = a * (eta + math.log(b)) - b * growth - special.gammaln(a + 1)
        elif unit.kind == "normal":
            out[j] = -0.5 * ((eta - a) / b) ** 2 - math.log(b * math.sqrt(2 * math.pi))
        elif unit.kind == "gamma-poisson":
            logs = spread_log_likelihoods(unit, eta)
            top = logs.max(-1, keepdims=True)
            out[j] = top[..., 0] + np.log(np.exp(logs - top) @ spread_nodes(a)[1])
        else:
            out[j] = student_likelihood(eta, unit.values)
    return out


def estimate(unit: Unit) -> tuple[float, float]:
    """The unit's own estimate on the link scale and its standard error; counts of 0 or all get half an event.

    >>> [round(x, 3) for x in estimate(binomial("a", 0, 10))]
    [-3.045, 1.447]
    """
    a, b = unit.values[0], unit.values[1]
    if unit.kind == "binomial":
        r, n = (a, b) if 0 < a < b else (a + 0.5, b + 1)
        return math.log(r / (n - r)), math.sqrt(1 / r + 1 / (n - r))
    if unit.kind == "poisson":
        r = a or 0.5
        return math.log(r / b), 1 / math.sqrt(r)
    if unit.kind == "normal":
        return a, b
    if unit.kind == "gamma-poisson":
        r = sum(unit.values[2::2]) or 0.5
        return math.log(r / unit.n), 1 / math.sqrt(r)
    values = np.array(unit.values)
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(values.size))


def natural(link: str, eta: Array) -> Array:
    """From the link scale to the one that people read: a proportion, a rate, or the value itself.

    >>> natural("logit", np.array([0.0])).tolist()
    [0.5]
    """
    if link == "logit":
        return np.asarray(special.expit(eta))
    return np.asarray(np.exp(eta) if link == "log" else eta)


def _problem(place: str, found: str, expected: str) -> Problem:
    return Problem("units", place, found, expected, "correct the unit, or leave it out with its reason")


def _bad(name: str, found: str, expected: str) -> ProgramError:
    return ProgramError([_problem(name, found, expected)])
