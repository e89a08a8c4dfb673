"""Effect against dose: Emax and Hill curves with profile-likelihood limits, refused where doses can not tell.

    E(d) = E0 + Emax d^h / (ED50^h + d^h)          (Emax: h = 1; Hill: h is fitted)

(Hill, Journal of Physiology 1910;40:iv-vii; Holford and Sheiner, Clinical Pharmacokinetics 1981;6:429-453). Effects
are independent and normal with one spread. E0 and Emax enter linearly, so only ED50 and h are searched. The limits of
a parameter are where the residual sum of squares, minimised over the others, has risen by the factor 1 + F/(n - p)
(Bates and Watts, Nonlinear Regression Analysis, 1988, section 6.1). They are not symmetric, and open where the
data do not close them: then the parameter is not identified, which is said.

Cannot see: repeated measures of one animal (each point must be its own), time, toxicity, other shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import GRID, Quantity

Floats = NDArray[np.float64]
_P = np.array(GRID)

LEAST_DOSES = {"emax": 4, "hill": 5}
"""Distinct doses, 0 included, below which a curve is refused: one more than its parameters (project's choice)."""
REACH = 1000.0
"""Factor beyond the doses within which ED50 is looked for."""
STEEPEST = 8.0
MIDDLES = 121
STEEPNESSES = 25
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Limits:
    """A parameter with its limits; None is a limit that the data leave open."""

    value: float
    low: float | None
    high: float | None

    @property
    def identified(self) -> bool:
        """Whether the data close both limits."""
        return self.low is not None and self.high is not None

    def quantity(self, unit: str, n: int, level: float = LEVEL) -> Quantity:
        """A confidence interval, a one-sided bound where one side is open, or a point where both are."""
        if self.low is not None and self.high is not None:
            return Quantity.confidence(self.value, self.low, self.high, level, unit, n=n)
        one_sided = (1 + level) / 2
        model = "profile likelihood, other side open"
        for side, limit in (("lower", self.low), ("upper", self.high)):
            if limit is not None:
                return Quantity.bound(limit, unit, side=side, level=one_sided, value=self.value, n=n, model=model)
        return Quantity.point(self.value, unit, n=n)


@dataclass(frozen=True, slots=True)
class DoseResponse:
    """A fitted curve: parameters with limits, the spread of single effects, and what the doses leave open."""

    form: str
    baseline: Limits
    emax: Limits
    ed50: Limits
    hill: Limits
    spread: float
    points: int
    degrees: int
    doses: tuple[float, ...]
    effects: tuple[float, ...]

    @property
    def open(self) -> tuple[str, ...]:
        """Sentences on parameters that the data do not identify."""
        named = (("E0", self.baseline), ("Emax", self.emax), ("ED50", self.ed50), ("Hill exponent", self.hill))
        return tuple(
            f"{name} is not identified: its {'lower' if p.low is None else 'upper'} limit is open "
            f"with doses from {min(self.doses):g} to {max(self.doses):g}"
            for name, p in named
            if not p.identified
        )

    def effect(self, dose: float, level: float = LEVEL) -> Limits:
        """The mean effect at a dose within those given, with limits. Raises ``ProgramError`` outside of them."""
        if not min(self.doses) <= dose <= max(self.doses):
            found = f"dose {dose:g}"
            expected = f"a dose from {min(self.doses):g} to {max(self.doses):g}"
            raise ProgramError([Problem("", "", found, expected, "the curve says nothing beyond its doses")])
        search = _Search(np.array(self.doses), np.array(self.effects), self.form)
        return _limits(search, lambda s, mid, h, v: s.given_effect(mid, h, dose, v), search.at(dose), level)


class _Search:
    """Residual sums of squares with the linear parameters solved; shapes run over a table of ED50 and exponent."""

    def __init__(self, doses: Floats, effects: Floats, form: str) -> None:
        self.doses, self.effects, self.form = doses, effects, form
        positive = doses[doses > 0]
        self.range = (np.log(positive.min() / REACH), np.log(positive.max() * REACH))
        steep = np.geomspace(1 / STEEPEST, STEEPEST, STEEPNESSES) if form == "hill" else np.ones(1)
        middles = np.linspace(*self.range, MIDDLES)
        self.middles, self.steep = (x.ravel() for x in np.meshgrid(middles, steep, indexing="ij"))
        self.best, self.middle, self.exponent = self._lowest(lambda s, m, h: s.free(m, h))
        self.degrees = doses.size - (4 if form == "hill" else 3)

    def shape(self, middle: Floats, steep: Floats, dose: Floats) -> Floats:
        """d^h / (ED50^h + d^h), shapes x doses."""
        with np.errstate(divide="ignore"):
            logs = np.log(dose)
        found: Floats = special.expit(steep[:, None] * (logs[None, :] - middle[:, None]))
        return found

    def linear(self, middle: float, steep: float) -> tuple[float, float]:
        """E0 and Emax for one shape."""
        g = self.shape(np.array([middle]), np.array([steep]), self.doses)[0]
        dg = g - g.mean()
        slope = float(dg @ self.effects / max(dg @ dg, 1e-300))
        return float(self.effects.mean() - slope * g.mean()), slope

    def at(self, dose: float) -> float:
        """The fitted effect at a dose."""
        baseline, emax = self.linear(self.middle, self.exponent)
        g = self.shape(np.array([self.middle]), np.array([self.exponent]), np.array([dose]))[0, 0]
        return baseline + emax * float(g)

    def free(self, middle: Floats, steep: Floats) -> Floats:
        """E0 and Emax free."""
        g = self.shape(middle, steep, self.doses)
        return _left(g - g.mean(axis=1, keepdims=True), self.effects - self.effects.mean())

    def given_emax(self, middle: Floats, steep: Floats, value: float) -> Floats:
        """Emax fixed, E0 free."""
        rest = self.effects[None, :] - value * self.shape(middle, steep, self.doses)
        found: Floats = ((rest - rest.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        return found

    def given_effect(self, middle: Floats, steep: Floats, dose: float, value: float) -> Floats:
        """The effect at a dose fixed, Emax free."""
        g = self.shape(middle, steep, self.doses) - self.shape(middle, steep, np.array([dose]))
        return _left(g, self.effects - value)

    def lowest(self, of: Callable[[_Search, Floats, Floats], Floats]) -> float:
        """The least sum of squares over all shapes."""
        return self._lowest(of)[0]

    def _lowest(self, of: Callable[[_Search, Floats, Floats], Floats]) -> tuple[float, float, float]:
        table = of(self, self.middles, self.steep)
        first = int(np.argmin(table))
        start = np.array([self.middles[first], np.log(self.steep[first])])

        def one(at: Floats) -> float:
            middle = np.clip(at[0], *self.range)
            steep = np.clip(np.exp(at[1]), 1 / STEEPEST, STEEPEST) if self.form == "hill" else 1.0
            return float(of(self, np.array([middle]), np.array([steep]))[0])

        step = (self.range[1] - self.range[0]) / MIDDLES
        corners = start + np.array([[0.0, 0.0], [step, 0.0], [0.0, 0.2]])
        if self.form == "hill":
            options = {"initial_simplex": corners, "xatol": 1e-6, "fatol": 1e-14, "maxiter": 400}
            made = optimize.minimize(one, start, method="Nelder-Mead", options=options)
            value, at = float(made.fun), np.asarray(made.x)
        else:
            inner = optimize.minimize_scalar(
                lambda m: one(np.array([m, 0.0])), bounds=(start[0] - step, start[0] + step), method="bounded"
            )
            value, at = float(inner.fun), np.array([inner.x, 0.0])
        if value > table[first]:
            value, at = float(table[first]), start
        steep = float(np.clip(np.exp(at[1]), 1 / STEEPEST, STEEPEST)) if self.form == "hill" else 1.0
        return value, float(np.clip(at[0], *self.range)), steep


def _left(g: Floats, y: Floats) -> Floats:
    """Sum of squares left after regression of y on each row of g through the origin."""
    slope = (g @ y) / np.maximum((g * g).sum(axis=1), 1e-300)
    found: Floats = ((y[None, :] - slope[:, None] * g) ** 2).sum(axis=1)
    return found


def fit_dose_response(
    doses: Sequence[float], effects: Sequence[float], form: str = "emax", level: float = LEVEL, source: str = ""
) -> DoseResponse:
    """Fit independent (dose, effect) points; doses in one unit, 0 for untreated.

    Raises ``ProgramError`` when the doses are too few for the form, or all effects are equal; ``ValueError`` for
    another form or columns of unequal length.

    >>> made = fit_dose_response([0, 0, 1, 1, 3, 3, 10, 10, 30, 30], [0, .02, .21, .24, .4, .44, .6, .57, .7, .69])
    >>> round(made.ed50.value, 1), made.open
    (2.4, ())
    """
    if form not in LEAST_DOSES or len(doses) != len(effects):
        raise ValueError("form is emax or hill, and there is an effect for each dose")
    x, y = np.asarray(doses, dtype=np.float64), np.asarray(effects, dtype=np.float64)
    _check(x, y, form, source)
    search = _Search(x, y, form)
    baseline, emax = search.linear(search.middle, search.exponent)
    middles = _limits(search, lambda s, m, h, v: _at_middle(s, h, v), search.middle, level, search.range)
    steep = Limits(1.0, 1.0, 1.0)
    if form == "hill":
        ends = (-np.log(STEEPEST), np.log(STEEPEST))
        centre = float(np.log(search.exponent))
        logs = _limits(search, lambda s, m, h, v: s.free(m, np.full_like(m, np.exp(v))), centre, level, ends)
        steep = _exponentials(logs)
    return DoseResponse(
        form,
        _limits(search, lambda s, m, h, v: s.given_effect(m, h, 0.0, v), baseline, level),
        _limits(search, lambda s, m, h, v: s.given_emax(m, h, v), emax, level),
        _exponentials(middles),
        steep,
        float(np.sqrt(search.best / search.degrees)),
        x.size,
        search.degrees,
        tuple(x.tolist()),
        tuple(y.tolist()),
    )


def _at_middle(search: _Search, steep: Floats, middle: float) -> Floats:
    return search.free(np.full_like(steep, middle), steep)


def _exponentials(logs: Limits) -> Limits:
    low, high = (None if v is None else float(np.exp(v)) for v in (logs.low, logs.high))
    return Limits(float(np.exp(logs.value)), low, high)


_Given = Callable[[_Search, Floats, Floats, float], Floats]


def _limits(
    search: _Search, given: _Given, centre: float, level: float, ends: tuple[float, float] | None = None
) -> Limits:
    """Where the profile of a parameter crosses its threshold on either side; None where it does not within reach."""
    t = float(special.stdtrit(search.degrees, (1 + level) / 2))
    threshold = search.best * (1 + t * t / search.degrees)

    def excess(value: float) -> float:
        return search.lowest(lambda s, m, h: given(s, m, h, value)) - threshold

    scale = max(float(np.ptp(search.effects)), 1e-12)
    bounds = ends or (centre - 100 * scale, centre + 100 * scale)
    found: list[float | None] = []
    for end in bounds:
        step = (end - centre) / 4096
        while abs(step) < abs(end - centre) and excess(centre + step) < 0:
            step *= 2
        last = centre + step if abs(step) < abs(end - centre) else end
        if excess(last) < 0:
            found.append(None)
        else:
            found.append(float(optimize.brentq(excess, centre, last, xtol=1e-9 * scale + 1e-12, rtol=1e-7)))
    return Limits(float(centre), found[0], found[1])


def _check(x: Floats, y: Floats, form: str, source: str) -> None:
    problems = []
    if not (np.isfinite(x).all() and np.isfinite(y).all()) or (x < 0).any():
        problems.append(Problem(source, "", "a dose or effect that can not be", "doses of 0 or more", "correct it"))
    levels, least = np.unique(x).size, LEAST_DOSES[form]
    if levels < least or x.size < least + 1:
        found = f"{levels} distinct doses in {x.size} points"
        expected = f"at least {least} doses and {least + 1} points for the {form} curve"
        problems.append(Problem(source, "", found, expected, "add doses, or report the effects dose by dose"))
    elif np.ptp(y) == 0:
        problems.append(Problem(source, "", "effects that are all equal", "effects that vary", "report no response"))
    if problems:
        raise ProgramError(problems)
