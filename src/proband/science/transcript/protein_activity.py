"""Protein or enzyme activity read from a standard curve, with limits by inverting the curve's prediction band.

    linear: y = a + b x          4PL: y = d + (a - d) / (1 + (x / c)^b)

(four-parameter logistic: Findlay and Dillard, AAPS Journal 2007;9:E260-E267). Wells scatter with a standard
deviation that is constant, or proportional to the signal. A concentration x is within the limits of a mean signal of
m wells while

    |mean - f(x)| <= t sqrt(s^2 v(x) / m + g(x)' C g(x))

with g the gradient of the curve and C the covariance of its parameters; for a line these are the limits of Fieller
(as in Draper and Smith, Applied Regression Analysis, 3rd ed., section 3.2).

Limits of quantification: the lowest and highest standard whose mean reads back within 25 % of its true value, with
all standards between them (project's choice; ICH M10, 2022, section 4.2, allows 25 % at the lower limit and 20 %
elsewhere). Below them a value is censored: an upper limit, never 0. Above, it asks for dilution.

Cannot see: matrix effects, whether standard and sample behave alike on dilution, plates that differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import GRID, Quantity
from proband.science.transcript.log_ratio import LogRatio, welch

Floats = NDArray[np.float64]
_P = np.array(GRID)

LEAST_LEVELS = {"linear": 3, "4pl": 5}
"""Distinct concentrations, 0 included, below which a form of curve is refused (project's choice; one more than
its parameters)."""
READ_BACK = 0.25
STEPS = 4000
REACH = 1000.0
"""Factor beyond the standards up to which the band is followed before a limit counts as open."""


@dataclass(frozen=True, slots=True)
class StandardCurve:
    """A fitted curve: its parameters and their covariance, the spread of wells, limits of quantification.

    `proportional`: the standard deviation of a well is `spread` times the signal, otherwise `spread` itself.
    """

    form: str
    parameters: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    spread: float
    degrees: int
    proportional: bool
    lowest: float
    highest: float
    unit: str

    def signal(self, x: Floats | float) -> Floats:
        """The expected signal at concentrations."""
        return _curve(self.form, np.asarray(x, dtype=np.float64), np.array(self.parameters))

    def error(self, x: Floats, wells: int) -> Floats:
        """Standard error of the difference between the mean signal of some wells and the curve."""
        at = np.array(self.parameters)
        steps = np.maximum(np.abs(at), 1e-8) * 1e-6
        slopes = []
        for i, step in enumerate(steps):
            up, down = at.copy(), at.copy()
            up[i], down[i] = at[i] + step, at[i] - step
            slopes.append((_curve(self.form, x, up) - _curve(self.form, x, down)) / (2 * step))
        g = np.stack(slopes)
        of_curve = np.einsum("ix,ij,jx->x", g, np.array(self.covariance), g)
        scale = np.abs(self.signal(x)) if self.proportional else 1.0
        found: Floats = np.sqrt((self.spread * scale) ** 2 / wells + np.maximum(of_curve, 0.0))
        return found


@dataclass(frozen=True, slots=True)
class Reading:
    """A sample's concentration: `state` is ``quantified``, ``below`` or ``above`` the limits, with its quantity.

    Below, the quantity is an upper bound; above, a lower one. `value` is None unless quantified.
    """

    state: str
    value: float | None
    quantity: Quantity


def _curve(form: str, x: Floats, at: Floats) -> Floats:
    if form == "linear":
        line: Floats = at[0] + at[1] * x
        return line
    bottom, top, log_middle, steepness = at
    with np.errstate(divide="ignore", over="ignore"):
        part = special.expit(steepness * (np.log(x) - log_middle))
    found: Floats = bottom + (top - bottom) * part
    return found


def fit_curve(
    standards: Sequence[tuple[float, float]],
    unit: str,
    form: str = "4pl",
    proportional: bool = True,
    source: str = "",
) -> StandardCurve:
    """Fit wells of known concentration (0 for blanks) and signal.

    Raises ``ProgramError`` for too few levels, a curve that does not rise or fall, or when no range reads back;
    ``ValueError`` for another form.

    >>> wells = [(x, 0.1 + 2.0 * x + e) for x in (0, 1, 2, 4, 8, 16) for e in (-0.02, 0.02)]
    >>> curve = fit_curve(wells, "ng/mL", "linear", proportional=False)
    >>> [round(p, 3) for p in curve.parameters], curve.lowest, curve.highest
    ([0.1, 2.0], 1.0, 16.0)
    """
    if form not in LEAST_LEVELS:
        raise ValueError(f"form {form!r} is neither linear nor 4pl")
    x, y = (
        (np.array(column, dtype=np.float64) for column in zip(*standards, strict=True)) if standards else (_P[:0],) * 2
    )
    _check(x, y, form, proportional, source)
    weight = 1 / np.abs(y) if proportional else np.ones_like(y)
    made = optimize.least_squares(
        lambda at: (y - _curve(form, x, at)) * weight, _start(x, y, form), x_scale="jac", max_nfev=2000
    )
    degrees = x.size - made.x.size
    spread = float(np.sqrt(2 * made.cost / degrees))
    information = made.jac.T @ made.jac
    if not made.success or np.linalg.cond(information) > 1e14:
        raise _refused(source, "standards that do not determine the curve", "levels on both sides of its bend")
    covariance = np.linalg.inv(information) * max(spread, 1e-12) ** 2
    curve = StandardCurve(
        form, tuple(made.x.tolist()), tuple(map(tuple, covariance.tolist())), spread, degrees, proportional, 0, 0, unit
    )
    lowest, highest = _range(curve, x, y, source)
    return StandardCurve(form, curve.parameters, curve.covariance, spread, degrees, proportional, lowest, highest, unit)


def _refused(source: str, found: str, expected: str) -> ProgramError:
    return ProgramError([Problem(source, "standard curve", found, expected, "add or repeat standards")])


def _check(x: Floats, y: Floats, form: str, proportional: bool, source: str) -> None:
    levels = np.unique(x).size
    least = LEAST_LEVELS[form]
    if not (np.isfinite(x).all() and np.isfinite(y).all()) or (x < 0).any():
        raise _refused(source, "a concentration or signal that is not a number", "finite signals, 0 or more")
    if levels < least or x.size < least + 1:
        raise _refused(source, f"{levels} levels in {x.size} wells", f"at least {least} levels and {least + 1} wells")
    if proportional and (y <= 0).any():
        raise _refused(source, "a signal of 0 or less", "signals above 0, or a constant spread")


def _start(x: Floats, y: Floats, form: str) -> Floats:
    levels = np.unique(x)
    means = np.array([y[x == level].mean() for level in levels])
    if form == "linear":
        slope, intercept = np.polyfit(x, y, 1)
        return np.array([intercept, slope])
    half = (means[0] + means[-1]) / 2
    above = levels[np.argmin(np.abs(means - half))]
    return np.array([means[0], means[-1], np.log(above if above > 0 else levels[1]), 1.0])


def _range(curve: StandardCurve, x: Floats, y: Floats, source: str) -> tuple[float, float]:
    """The longest run of standards that read back, by their means."""
    levels = np.unique(x[x > 0])
    good = []
    for level in levels:
        back = _invert(curve, float(y[x == level].mean()))
        good.append(back is not None and abs(back / level - 1) <= READ_BACK)
    best, begin = (0, 0), 0
    for i in range(len(good) + 1):
        if i == len(good) or not good[i]:
            best = max(best, (begin, i), key=lambda run: run[1] - run[0])
            begin = i + 1
    if best[1] - best[0] < 2:
        raise _refused(source, "fewer than two neighbouring standards that read back within 25 %", "a range that does")
    return float(levels[best[0]]), float(levels[best[1] - 1])


def _invert(curve: StandardCurve, signal: float) -> float | None:
    a, b, *rest = curve.parameters
    if curve.form == "linear":
        return (signal - a) / b if b else None
    share = (signal - a) / (b - a) if b != a else 0.0
    return float(np.exp(rest[0] + special.logit(share) / rest[1])) if 0 < share < 1 and rest[1] else None


def read_sample(curve: StandardCurve, signals: Sequence[float], dilution: float = 1.0, level: float = 0.95) -> Reading:
    """The concentration of a sample from the signals of its wells, times its dilution factor.

    Raises ``ValueError`` without signals or for a dilution below 1.

    >>> wells = [(x, 0.1 + 2.0 * x + e) for x in (0, 1, 2, 4, 8, 16) for e in (-0.02, 0.02)]
    >>> curve = fit_curve(wells, "ng/mL", "linear", proportional=False)
    >>> made = read_sample(curve, [10.1, 10.14])
    >>> made.state, round(made.value, 3), [round(v, 2) for v in made.quantity.interval(0.95)]
    ('quantified', 5.01, [4.99, 5.03])
    >>> read_sample(curve, [0.1, 0.1]).quantity.side
    'upper'
    """
    if not signals or not np.isfinite(signals).all() or dilution < 1:
        raise ValueError("finite signals and a dilution of at least 1 are needed")
    mean = float(np.mean(signals))
    value = _invert(curve, mean)
    q = _quantiles(curve, mean, len(signals)) * dilution
    model = f"{curve.form} standard curve, prediction band inverted, t with {curve.degrees} degrees of freedom"
    ends = curve.signal(np.array([curve.lowest, curve.highest]))
    rising = ends[1] > ends[0]
    if mean < ends[0] if rising else mean > ends[0]:
        limit = max(_at(q, level), curve.lowest * dilution)
        if not np.isfinite(limit):
            limit = curve.highest * dilution
        return Reading("below", None, Quantity.bound(limit, curve.unit, side="upper", level=level, model=model))
    if value is None or value > curve.highest:
        limit = min(_at(q, 1 - level), curve.highest * dilution)
        return Reading("above", None, Quantity.bound(limit, curve.unit, side="lower", level=level, model=model))
    if not np.isfinite(q).all():
        limit = _at(q, 1 - level)
        bound = Quantity.bound(limit, curve.unit, side="lower", level=level, value=value * dilution, model=model)
        return Reading("quantified", value * dilution, bound)
    n = len(signals)
    made = Quantity.posterior(q.tolist(), curve.unit, model=model, n=n, value=value * dilution)
    return Reading("quantified", value * dilution, made)


def _at(q: Floats, p: float) -> float:
    """The quantile at the grid point nearest to p; interpolation would fail beside an infinite one."""
    return float(q[np.argmin(np.abs(_P - p))])


def _quantiles(curve: StandardCurve, mean: float, wells: int) -> Floats:
    """Concentrations at the grid: 0 where the band is still open at the lower end, infinite at the upper end."""
    x = np.geomspace(curve.lowest / REACH, curve.highest * REACH, STEPS)
    f = curve.signal(x)
    sign = 1.0 if f[-1] > f[0] else -1.0
    t = np.maximum.accumulate(sign * (f - mean) / curve.error(x, wells))
    wanted = special.stdtrit(curve.degrees, _P)
    # Interpolated in t, which is nearly straight between two concentrations of the table; probability is not.
    i = np.clip(np.searchsorted(t, wanted), 1, x.size - 1)
    share = np.clip((wanted - t[i - 1]) / np.maximum(t[i] - t[i - 1], 1e-300), 0, 1)
    between = x[i - 1] + (x[i] - x[i - 1]) * share
    found: Floats = np.where(wanted < t[0], 0.0, np.where(wanted > t[-1], np.inf, between))
    ordered: Floats = np.maximum.accumulate(found)
    return ordered


def activity_ratio(treated: Sequence[Reading], control: Sequence[Reading], source: str = "") -> LogRatio:
    """ln of treated over control activity, one reading per biological replicate.

    Raises ``ProgramError`` for readings outside of the limits, or too few.
    """
    outside = [
        Problem(source, f"{arm} replicate {i}", f"{r.state} the limits of quantification", "a quantified reading",
                "dilute or concentrate, or report the bound of that reading")
        for arm, members in (("treated", treated), ("control", control))
        for i, r in enumerate(members, start=1)
        if r.value is None
    ]  # fmt: skip
    if outside:
        raise ProgramError(outside)
    x, y = ([float(np.log(r.value)) for r in arm if r.value is not None] for arm in (treated, control))
    return welch(x, y, source=source)
