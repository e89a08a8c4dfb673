"""How strong an unmeasured confounder would have to be: E-values, bounding factors, tipping points of its prevalence.

- E-value: RR + sqrt(RR (RR - 1)), of the estimate and of the limit nearer to no effect (VanderWeele and Ding, Ann
  Intern Med 2017;167:268-274); 1 where the interval holds no effect;
- common outcomes: an odds ratio counts as its square root; a hazard ratio as (1 - 0.5^sqrt(HR)) / (1 -
  0.5^sqrt(1/HR)); a standardised difference d as exp(0.91 d), its limits exp(0.91 d -+ 1.78 se) (same source);
- bounding factor of both associations, a b / (a + b - 1) (Ding and VanderWeele, Epidemiology 2016;27:368-377);
- bias of a binary confounder by its prevalences and its risk ratio (Bross, J Chronic Dis 1966;19:637-647).

A large E-value says that confounding alone would have to be strong, not that there is none. Cannot see: selection,
measurement, immortal time, chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from proband.core.evidence import Figure
from proband.science.stats.estimate import normal_quantile

MEASURES = ("risk ratio", "odds ratio", "hazard ratio", "standardised difference")


@dataclass(frozen=True, slots=True)
class EValue:
    """E-values of estimate and limit, and the risk ratios they were taken of (away from 1 by the estimate's side)."""

    estimate: float
    limit: float
    ratio: float
    limit_ratio: float
    conversion: str

    def told(self) -> str:
        """Both E-values in words.

        >>> e_value("risk ratio", 10.73, 8.02, 14.36, common=False).told()
        'E-value 20.9 of the estimate, 15.5 of the limit'
        """
        tail = "" if self.limit > 1 else " (the interval holds no effect)"
        return f"E-value {self.estimate:.3g} of the estimate, {self.limit:.3g} of the limit{tail}"


def e_value(
    measure: str, value: float, low: float | None, high: float | None, *, common: bool | None, se: float | None = None
) -> EValue:
    """E-values of an estimate and of its interval.

    `common`: whether more than 15 % have the outcome by the end; it must be said for odds and hazard ratios. For a
    standardised difference `se` takes the place of the limits. Raises ``ValueError`` for numbers that can not be.

    >>> made = e_value("hazard ratio", 0.08, 0.02, 0.23, common=False)
    >>> round(made.estimate, 1), round(made.limit, 1)
    (24.5, 8.2)
    """
    if measure not in MEASURES:
        raise ValueError(f"measure {measure!r} is none of {', '.join(MEASURES)}")
    ratio, ends, how = _as_risk_ratio(measure, value, low, high, common, se)
    nearer = ends[0] if ratio >= 1 else ends[1]
    crosses = nearer <= 1 if ratio >= 1 else nearer >= 1
    limit_ratio = 1.0 if crosses else nearer
    return EValue(_e(ratio), _e(limit_ratio), ratio, limit_ratio, how)


def _as_risk_ratio(
    measure: str, value: float, low: float | None, high: float | None, common: bool | None, se: float | None
) -> tuple[float, tuple[float, float], str]:
    if measure == "standardised difference":
        if se is None or not (math.isfinite(value) and se > 0 and math.isfinite(se)):
            raise ValueError("a standardised difference needs a finite value and a standard error above 0")
        ends = (math.exp(0.91 * value - 1.78 * se), math.exp(0.91 * value + 1.78 * se))
        return math.exp(0.91 * value), ends, "exp(0.91 d)"
    if low is None or high is None or not (0 <= low <= value <= high and 0 < value < math.inf):
        raise ValueError("a ratio above 0 inside its limits is needed")
    if measure == "risk ratio":
        return value, (low, high), "as given"
    if common is None:
        raise ValueError("say whether more than 15 % have the outcome by the end: `common`")
    if not common:
        return value, (low, high), f"{measure} of a rare outcome taken as risk ratio"
    turn = math.sqrt if measure == "odds ratio" else _hazard
    return turn(value), (turn(low), turn(high)), f"{measure} of a common outcome converted"


def _hazard(ratio: float) -> float:
    if ratio == 0:
        return 0.0
    if ratio == math.inf:
        return math.inf
    root = math.sqrt(ratio)
    return math.expm1(-math.log(2) * root) / math.expm1(-math.log(2) / root)


def _e(ratio: float) -> float:
    up = ratio if ratio >= 1 else (1 / ratio if ratio > 0 else math.inf)
    return up + math.sqrt(up * (up - 1)) if up < math.inf else math.inf


def bounding_factor(with_treatment: float, with_outcome: float) -> float:
    """The most by which a confounder with these two risk ratios (1 or more) can move a risk ratio.

    Raises ``ValueError`` for ratios below 1. Source: Ding and VanderWeele 2016.

    >>> bounding_factor(2.0, 2.0)
    1.3333333333333333
    """
    if not (1 <= with_treatment < math.inf and 1 <= with_outcome < math.inf):
        raise ValueError("both risk ratios are 1 or more")
    return with_treatment * with_outcome / (with_treatment + with_outcome - 1)


def confounder_bias(in_treated: float, in_control: float, with_outcome: float) -> float:
    """Factor by which an unmeasured binary factor multiplies the risk ratio: observed = true x this.

    `in_treated` and `in_control`: shares of patients with the factor; `with_outcome`: its risk ratio for the outcome.
    Raises ``ValueError`` for numbers out of range. Source: Bross 1966.

    >>> round(confounder_bias(0.6, 0.2, 3.0), 6)
    1.571429
    """
    if not (0 <= in_treated <= 1 and 0 <= in_control <= 1 and 0 < with_outcome < math.inf):
        raise ValueError("shares from 0 to 1 and a risk ratio above 0 are needed")
    return (1 + in_treated * (with_outcome - 1)) / (1 + in_control * (with_outcome - 1))


@dataclass(frozen=True, slots=True)
class TippingFactor:
    """The risk ratio with the outcome at which a factor of these prevalences explains the ratio away; or the reason."""

    in_treated: float
    in_control: float
    with_outcome: float | None
    reason: str


def tipping_confounder(ratio: float, in_treated: float, in_control: float) -> TippingFactor:
    """How strongly a factor with these prevalences must go with the outcome to turn `ratio` (a risk ratio) into 1.

    Give the limit nearer to 1 to ask about the interval. Raises ``ValueError`` for numbers out of range.

    >>> made = tipping_confounder(0.5, 0.2, 0.6)
    >>> round(made.with_outcome, 9), made.reason
    (6.0, '')
    >>> tipping_confounder(0.1, 0.2, 0.6).reason
    'no strength is enough: such prevalences move a ratio to 0.333 at most'
    """
    if not (0 < ratio < math.inf and 0 <= in_treated <= 1 and 0 <= in_control <= 1):
        raise ValueError("a ratio above 0 and shares from 0 to 1 are needed")
    if ratio == 1:
        return TippingFactor(in_treated, in_control, 1.0, "")
    # (1 + p1 (g - 1)) = ratio (1 + p0 (g - 1)), solved for g - 1
    slope = in_treated - ratio * in_control
    excess = (ratio - 1) / slope if slope != 0 else math.inf
    if math.isfinite(excess) and excess > -1:
        return TippingFactor(in_treated, in_control, 1 + excess, "")
    if in_treated == in_control:
        return TippingFactor(in_treated, in_control, None, "a factor as frequent in both groups moves nothing")
    furthest = _furthest(ratio, in_treated, in_control)
    reason = f"no strength is enough: such prevalences move a ratio to {furthest:.3g} at most"
    return TippingFactor(in_treated, in_control, None, reason)


def _furthest(ratio: float, p1: float, p0: float) -> float:
    """The most extreme bias on the side of the ratio: of an endless risk ratio, or of one near 0."""
    endless = p1 / p0 if p0 > 0 else math.inf
    none = (1 - p1) / (1 - p0) if p0 < 1 else math.inf
    return max(endless, none) if ratio > 1 else min(endless, none)


@dataclass(frozen=True, slots=True)
class TippingBias:
    """Additive bias in favour of treatment that undoes a result, in the units of the estimate.

    `of_estimate` moves it to no effect, `of_limit` moves its nearer limit there (0 or less: it is there already);
    `spread` is the standard deviation of an unknown bias around 0 at which the interval just holds no effect.
    """

    of_estimate: float
    of_limit: float
    spread: float | None

    def told(self) -> str:
        """The three in words."""
        if self.spread is None:
            return f"bias of {self.of_estimate:.3g} undoes the estimate; the interval holds no effect without any bias"
        return (
            f"bias of {self.of_limit:.3g} makes the interval hold no effect, {self.of_estimate:.3g} undoes the estimate"
            f", an unknown one of SD {self.spread:.3g} does the first"
        )


def tipping_bias(benefit: float, se: float, level: float = 0.95) -> TippingBias:
    """Bias b and its unknown spread tau that undo `benefit` (0 is no effect, above 0 is better) with error `se`.

    Raises ``ValueError`` for numbers out of range.

    >>> tipping_bias(3.0, 1.0).told()
    'bias of 1.04 makes the interval hold no effect, 3 undoes the estimate, an unknown one of SD 1.16 does the first'
    """
    if not (math.isfinite(benefit) and math.isfinite(se) and se > 0):
        raise ValueError("a finite benefit and a standard error above 0 are needed")
    z = normal_quantile(level)
    of_limit = benefit - z * se
    spread = math.sqrt((benefit / z) ** 2 - se**2) if of_limit > 0 else None
    return TippingBias(benefit, of_limit, spread)


def e_value_figure(made: EValue, title: str, strengths: Sequence[float] = ()) -> Figure:
    """The pairs of associations that would explain the estimate away, and those for its limit."""
    rows = []
    for label, ratio in (("estimate", made.ratio), ("limit", made.limit_ratio)):
        up = max(ratio, 1 / ratio) if ratio > 0 else math.inf
        if not 1 < up < math.inf:
            continue
        for a in strengths or _strengths(up):
            if a > up:
                rows.append({"with_treatment": a, "with_outcome": up * (a - 1) / (a - up), "of": label})
    return Figure(
        name="e-value-curve", title=title, chart="points", alt=f"{made.told()}. Points above a row explain it away.",
        encoding={"x": "with_treatment", "y": "with_outcome", "color": "of"}, rows=tuple(rows),
        labels={"x": "risk ratio of confounder and treatment", "y": "risk ratio of confounder and outcome"},
    )  # fmt: skip


def _strengths(up: float) -> list[float]:
    """Strengths on either side of the E-value, where the curve bends."""
    e = _e(up)
    return [up + (e - up) * 1.25**k for k in range(-10, 11)]
