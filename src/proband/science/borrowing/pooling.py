"""A platform's variants pooled: the result of each, what it borrowed, and what a variant not yet treated may expect.

Built from a register of all versions: a `Pooled` result can not be made without saying what it leaves out and why, and
where data of a version that was left out exist, the prediction is computed again with them and stands beside.

Per variant: posterior, own estimate, shrinkage (the posterior mean of v / (v + tau^2), v the variance of its own
estimate on the link scale, times the probability that it is exchangeable), effective amount borrowed (size of the
posterior by moments less its own patients: Hobbs, Sargent and Carlin, Bayesian Anal 2012;7:639-674, recalled; negative
when the data conflict), the prediction of it from all others with its Box p value. For the whole: tau, the
prediction for a new variant, that prediction without each variant in turn, and under other scales of tau.

Cannot see: whether the versions are comparable in disease, dose and measurement: that is judged, not computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from proband.core.quantity import GRID, Quantity
from proband.science.borrowing.conflict import Conflict, conflict
from proband.science.borrowing.grids import Array
from proband.science.borrowing.hierarchy import Fit, fit
from proband.science.borrowing.quadrature import Prior
from proband.science.borrowing.register import Omission, Register
from proband.science.borrowing.units import Unit, estimate, natural

TAU_SCALES = (0.25, 0.5, 1.0)
"""Scales of the half-normal prior of tau that are always shown."""
FEW = 5
"""Below this many units the data hardly tell tau."""
SURPRISING = 0.05


@dataclass(frozen=True, slots=True)
class Variant:
    """One pooled variant; `predicted` and `conflict` rest on all others and are None where there is none."""

    name: str
    n: float
    own_estimate: float
    posterior: Quantity
    mean: float
    sd: float
    above: float | None
    shrinkage: float
    exchangeable: float
    borrowed: float
    predicted: Quantity | None
    conflict: Conflict | None


@dataclass(frozen=True, slots=True)
class Prediction:
    """A variant not yet treated, under one condition (`label`): centre, central interval, P(above the threshold).

    `centre` is the mean; for rates the median, because a mean need not exist.
    """

    label: str
    centre: float
    low: float
    high: float
    above: float | None


@dataclass(frozen=True, slots=True)
class Pooled:
    """A pooled result. Raises ``ValueError`` unless its variants and omissions are exactly those of the register."""

    register: Register
    variants: tuple[Variant, ...]
    omitted: tuple[Omission, ...]
    new: Quantity
    prediction: Prediction
    tau: Quantity
    without_each: tuple[Prediction, ...]
    sensitivity: tuple[Prediction, ...]
    with_left_out: Prediction | None
    prior: Prior
    link: str
    threshold: float | None
    concerns: tuple[str, ...]

    def __post_init__(self) -> None:
        shown = sorted([v.name for v in self.variants] + [o.name for o in self.omitted])
        if shown != sorted(e.name for e in self.register.entries):
            raise ValueError("a pooled result shows every version of the register, pooled or omitted with its reason")
        if any(o.has_data for o in self.omitted) != (self.with_left_out is not None):
            raise ValueError("data of versions that were left out exist: the prediction with them must stand beside")


def pool(
    units: Sequence[Unit],
    register: Register,
    prior: Prior,
    unit: str,
    threshold: float | None = None,
    level: float = 0.95,
    tau_scales: Sequence[float] = TAU_SCALES,
) -> Pooled:
    """Pool the variants that the register says to pool, and show the rest.

    `unit` is the unit of measurement, `threshold` a value that matters on the scale that people read, `level` that of
    central intervals. Raises ``ProgramError`` as `Register.split` and `hierarchy.fit` do, ``ValueError`` for a level
    outside 0 to 1. Source: module docstring.

    >>> from proband.science.borrowing.register import Entry
    >>> from proband.science.borrowing.units import binomial
    >>> seen = [binomial("A", 3, 4), binomial("B", 2, 2), binomial("C", 0, 3)]
    >>> register = Register((Entry("A", "pooled"), Entry("B", "pooled"), Entry("C", "left_out", "old formulation")))
    >>> got = pool(seen, register, Prior(0.0, 2.0, 0.5), "fraction")
    >>> [(o.name, o.reason) for o in got.omitted], got.prediction.centre > got.with_left_out.centre
    ([('C', 'old formulation')], True)
    """
    if not 0 < level < 1:
        raise ValueError("level lies between 0 and 1")
    pooled, omitted, with_data = register.split(units)
    fitted = fit(pooled, prior)

    def predicted(label: str, held: Fit, density: Array) -> Prediction:
        return _prediction(label, held, density, threshold, level)

    without = ()
    if len(pooled) > 1:
        without = tuple(predicted(f"without {u.name}", fitted, d) for u, d in zip(pooled, fitted.without, strict=True))
    refits = [(s, fit(pooled, replace(prior, tau_scale=s), without=False)) for s in tau_scales]
    sensitivity = tuple(predicted(f"tau half-normal({s:g})", f, f.new) for s, f in refits)
    together = None
    if with_data:
        other = fit((*pooled, *with_data), prior, without=False)
        together = predicted("with the versions that were left out", other, other.new)
    variants = tuple(_variant(fitted, j, unit, threshold) for j in range(len(pooled)))
    made = predicted("all pooled", fitted, fitted.new)
    tau = _tau(fitted)
    return Pooled(
        register, variants, omitted, fitted.quantity(fitted.new, unit), made, tau, without, sensitivity, together,
        prior, fitted.link, threshold, _concerns(variants, made, sensitivity, omitted),
    )  # fmt: skip


def _prediction(label: str, fitted: Fit, density: Array, threshold: float | None, level: float) -> Prediction:
    low, high = fitted.quantiles(density, [(1 - level) / 2, (1 + level) / 2]).tolist()
    above = None if threshold is None else fitted.above(density, threshold)
    return Prediction(label, fitted.centre(density), low, high, above)


def _tau(fitted: Fit) -> Quantity:
    q = np.maximum.accumulate(fitted.tau_quantiles(GRID))
    model = f"spread between units, prior half-normal({fitted.prior.tau_scale:g}), {fitted.link} scale"
    return Quantity.posterior(q.tolist(), "1", model=model, n=len(fitted.units), value=fitted.tau[0])


def _variant(fitted: Fit, j: int, unit: str, threshold: float | None) -> Variant:
    u, density = fitted.units[j], fitted.densities[j]
    mean, sd = fitted.mean_sd(density)
    variance = estimate(u)[1] ** 2
    belongs = float(fitted.exchangeable[j])
    pulled = float(fitted.weights.sum(1) @ (variance / (variance + fitted.nodes.tau**2)))
    others = len(fitted.units) > 1
    return Variant(
        u.name, u.n, _own(u), fitted.quantity(density, unit), mean, sd,
        None if threshold is None else fitted.above(density, threshold), belongs * pulled, belongs,
        _size(u, mean, sd) - u.n if sd > 0 else 0.0,
        fitted.quantity(fitted.without[j], unit) if others else None, conflict(fitted, j),
    )  # fmt: skip


def _own(unit: Unit) -> float:
    """The unit's own estimate as people read it, without any correction."""
    if unit.kind in ("binomial", "poisson"):
        return unit.values[0] / unit.values[1]
    return float(natural(unit.link, np.array(estimate(unit)[0])))


def _size(unit: Unit, mean: float, sd: float) -> float:
    """Patients (for rates: exposure, in patients where their number is known) that the posterior stands for."""
    if unit.kind == "binomial":
        return mean * (1 - mean) / sd**2 - 1
    if unit.kind == "poisson":
        return mean / sd**2 * unit.n / unit.values[1]
    return unit.n * estimate(unit)[1] ** 2 / sd**2


def _concerns(
    variants: tuple[Variant, ...], made: Prediction, sensitivity: tuple[Prediction, ...], omitted: tuple[Omission, ...]
) -> tuple[str, ...]:
    """What a reader of the pooled result should know."""
    said = []
    if len(variants) < FEW:
        said.append(f"{len(variants)} pooled: the data hardly tell how far variants differ; the prior of tau decides")
    for v in variants:
        if v.conflict is not None and v.conflict.box < SURPRISING:
            said.append(f"{v.name} is surprising in the light of the others (Box p = {v.conflict.box:.2g})")
    centres = [s.centre for s in sensitivity]
    if centres and max(abs(c - made.centre) for c in centres) > 0.25 * (made.high - made.low):
        said.append("the prediction moves by more than a quarter of its interval over the scales of tau")
    held = [o.name for o in omitted if o.has_data]
    if held:
        said.append(f"data of {', '.join(held)} are left out; the prediction with them stands beside")
    return tuple(said)


@dataclass(frozen=True, slots=True)
class WithoutPatient:
    """The prediction for a new variant without one patient; `patients` of this kind give the same answer."""

    variant: str
    patient: str
    patients: int
    prediction: Prediction


def leave_one_patient_out(
    units: Sequence[Unit], prior: Prior, threshold: float | None = None, level: float = 0.95
) -> tuple[WithoutPatient, ...]:
    """The prediction for a new variant without each patient in turn, where patients are known one by one.

    Patients of one variant with equal outcome are one row. Variants given as an estimate or as a rate do not tell
    their patients and give no row; a variant whose last patient leaves, leaves with it.

    >>> from proband.science.borrowing.units import binomial
    >>> rows = leave_one_patient_out([binomial("A", 2, 3), binomial("B", 1, 1)], Prior(0.0, 2.0, 0.5))
    >>> [(r.variant, r.patient, r.patients) for r in rows]
    [('A', 'with the event', 2), ('A', 'without the event', 1), ('B', 'with the event', 1)]
    """
    made = []
    for j, u in enumerate(units):
        for label, count, smaller in _smaller(u):
            rest = [*units[:j], *([smaller] if smaller else []), *units[j + 1 :]]
            if rest:
                fitted = fit(rest, prior, without=False)
                row = _prediction(f"without a patient of {u.name}", fitted, fitted.new, threshold, level)
                made.append(WithoutPatient(u.name, label, count, row))
    return tuple(made)


def _smaller(u: Unit) -> list[tuple[str, int, Unit | None]]:
    """The unit without one patient of each kind, how many such patients there are, and None where nobody is left."""
    if u.kind == "binomial":
        r, n = int(u.values[0]), int(u.values[1])
        parts = [("with the event", r, r - 1), ("without the event", n - r, r)]
        return [
            (label, count, replace(u, values=(float(left), n - 1.0), n=n - 1.0) if n > 1 else None)
            for label, count, left in parts
            if count
        ]
    if u.kind != "patients":
        return []
    made: list[tuple[str, int, Unit | None]] = []
    for i, value in enumerate(u.values):
        rest = u.values[:i] + u.values[i + 1 :]
        if len(set(rest)) > 1:
            made.append((f"patient {i + 1} ({value:g})", 1, replace(u, values=rest, n=u.n - 1)))
    return made
