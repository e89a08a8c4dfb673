"""Event rates by platform class: what oligonucleotides, nanoparticles or vectors did so far, product by product.

Events of product i are Poisson; its rate is Gamma around the rate of its class with a coefficient of variation that is
integrated out; class rates are lognormal around one another (`borrowing.hierarchy`). So a product with little exposure
borrows from its class, and a class from the others, as far as their rates agree (gamma-Poisson shrinkage: Clayton and
Kaldor, Biometrics 1987;43:671-681). All by quadrature.

The counts come with a register of all products of the classes: what is left out is in the result with its reason, and a
result without that list can not be made.

Cannot see: whether events were sought with the same care in each product, and doses that differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import Quantity
from proband.science.borrowing.grids import Array, even_quantity
from proband.science.borrowing.hierarchy import Fit, fit
from proband.science.borrowing.quadrature import Prior
from proband.science.borrowing.register import Omission, Register
from proband.science.borrowing.units import Unit, gamma_poisson, spread_log_likelihoods, spread_nodes
from proband.science.safety.limits import ExactLimits, rate_limits

POINTS = 801
FINENESS = 3.0
"""Finer grid of class rates than usual: product rates of a class that hardly differ follow it closely."""
TAU_SCALES = (0.5, 1.0, 2.0)
"""Scales of the half-normal prior of the spread between classes (log scale) that are always shown."""


@dataclass(frozen=True, slots=True)
class ProductCount:
    """Events of one kind in the person-time of one product of a platform class."""

    name: str
    platform_class: str
    events: int
    person_time: float
    patients: int


@dataclass(frozen=True, slots=True)
class ProductRate:
    """A product: its own exact limits, its posterior rate, and the share of it that comes from its class."""

    name: str
    own: ExactLimits
    posterior: Quantity
    from_class: float


@dataclass(frozen=True, slots=True)
class ClassRate:
    """A class: its own exact limits (products added up), its posterior rate, its products, and a product to come."""

    name: str
    own: ExactLimits
    posterior: Quantity
    products: tuple[ProductRate, ...]
    new_product: Quantity


@dataclass(frozen=True, slots=True)
class ClassSensitivity:
    """The median and central 95 % interval of each class rate under another prior scale of tau."""

    tau_scale: float
    rates: tuple[tuple[str, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class PlatformRates:
    """Rates by class. Raises ``ValueError`` unless products and omissions are exactly those of the register.

    `with_left_out` holds the class rates with the products that were left out, where counts of such exist.
    """

    register: Register
    classes: tuple[ClassRate, ...]
    new_class: Quantity
    tau: tuple[float, float]
    sensitivity: tuple[ClassSensitivity, ...]
    with_left_out: ClassSensitivity | None
    omitted: tuple[Omission, ...]
    unit: str

    def __post_init__(self) -> None:
        shown = sorted([p.name for c in self.classes for p in c.products] + [o.name for o in self.omitted])
        if shown != sorted(e.name for e in self.register.entries):
            raise ValueError("rates show every product of the register, pooled or omitted with its reason")
        if any(o.has_data for o in self.omitted) != (self.with_left_out is not None):
            raise ValueError("counts of products that were left out exist: the rates with them must stand beside")


def pool_by_class(
    counts: Sequence[ProductCount], register: Register, prior: Prior, spread_scale: float, time_unit: str
) -> PlatformRates:
    """Pool event counts of products by platform class.

    `prior` is on the log of the rate per `time_unit`; `spread_scale` that of the coefficient of variation between
    products of a class. Raises ``ProgramError`` for counts that can not be and as `Register.split` does.

    >>> from proband.science.borrowing.register import Register
    >>> seen = [ProductCount("x1", "AAV", 2, 4.0, 3), ProductCount("x2", "AAV", 0, 1.0, 1),
    ...         ProductCount("o1", "ASO", 1, 30.0, 9)]
    >>> got = pool_by_class(seen, Register.of_all(seen), Prior(-1.0, 1.5, 1.0), 0.5, "a")
    >>> [(c.name, round(c.own.estimate, 2)) for c in got.classes], 0.0 < got.classes[0].products[1].posterior.value
    ([('AAV', 0.4), ('ASO', 0.03)], True)
    """
    _check(counts)
    pooled, omitted, with_data = register.split(counts)
    members, units = _members(pooled, spread_scale)
    fitted = fit(units, prior, fineness=FINENESS, without=False)
    unit = f"/{time_unit}"
    classes = tuple(
        _class_rate(n, m, units[j], fitted.densities[j], fitted, unit, time_unit)
        for j, (n, m) in enumerate(members.items())
    )
    together = _sensitivity(_members([*pooled, *with_data], spread_scale)[1], prior) if with_data else None
    sensitivity = tuple(_sensitivity(units, replace(prior, tau_scale=s)) for s in TAU_SCALES)
    return PlatformRates(
        register, classes, fitted.quantity(fitted.new, unit), fitted.tau, sensitivity, together, omitted, unit
    )  # fmt: skip


def _members(counts: Sequence[ProductCount], spread_scale: float) -> tuple[dict[str, list[ProductCount]], list[Unit]]:
    """Products of each class in order of first appearance, and the class as a unit of the hierarchy."""
    members: dict[str, list[ProductCount]] = {}
    for c in counts:
        members.setdefault(c.platform_class, []).append(c)
    return members, [
        gamma_poisson(n, [c.events for c in m], [c.person_time for c in m], spread_scale) for n, m in members.items()
    ]


def _check(counts: Sequence[ProductCount]) -> None:
    problems = []
    if not counts:
        problems.append(Problem("products", "counts", "none", "at least one product with exposure", "give its counts"))
    for c in counts:
        if not c.platform_class.strip():
            remedy = "name the class: it says from whom the product borrows"
            problems.append(Problem("products", c.name, "no platform class", "its class", remedy))
        if c.patients < 1:
            remedy = "leave it out in the register with the reason"
            problems.append(Problem("products", c.name, f"{c.patients} patients", "at least one", remedy))
        try:
            rate_limits(c.events, c.person_time, "")
        except ProgramError as e:
            problems += [replace(p, place=c.name) for p in e.problems]
    if problems:
        raise ProgramError(problems)


def _class_rate(
    name: str, members: list[ProductCount], unit: Unit, density: Array, fitted: Fit, shown: str, time_unit: str
) -> ClassRate:
    """The class's own limits, its posterior and its products, averaged over class rate and spread."""
    chosen = np.flatnonzero(density > 1e-8 * density.max())
    width = 0.8 * fitted.nodes.spacing
    eta = fitted.nodes.eta[chosen]
    shape, weights = spread_nodes(unit.values[0])
    logs = spread_log_likelihoods(unit, eta)
    share = np.exp(logs - logs.max(-1, keepdims=True)) * weights
    joint = share / share.sum(-1, keepdims=True) * (density[chosen] / density[chosen].sum())[:, None]
    rate = shape / np.exp(eta)[:, None]
    products = []
    for c in members:
        posterior = _gamma_mixture(joint, shape + c.events, rate + c.person_time, width, shown, c.patients)
        from_class = float((joint * rate / (rate + c.person_time)).sum())
        own = rate_limits(c.events, c.person_time, time_unit)
        products.append(ProductRate(c.name, own, posterior, from_class))
    events, exposure = sum(c.events for c in members), sum(c.person_time for c in members)
    new = _gamma_mixture(joint, shape, rate, width, shown, sum(c.patients for c in members))
    return ClassRate(
        name, rate_limits(events, exposure, time_unit), fitted.quantity(density, shown), tuple(products), new
    )


def _gamma_mixture(weights: Array, shape: Array, rate: Array, width: float, unit: str, n: float) -> Quantity:
    """Quantiles of a mixture of many gammas on an even grid of the logarithm.

    Components narrower than `width` on that scale are widened to it: they stand at class rates that far apart, and
    would leave gaps between them. That adds width squared to the variance of the logarithm.
    """
    keep = weights > 1e-8 * weights.max()
    w, a, b = weights[keep], np.broadcast_to(shape, weights.shape)[keep], rate[keep]
    w = w / w.sum()
    wide = np.minimum(a, 1 / width**2)
    b = b * wide / a
    ends = [_log_quantile(w, wide, b, p) for p in (2e-5, 1 - 1e-6)]
    grid = np.linspace(ends[0], ends[1], POINTS)
    density = np.zeros(POINTS)
    constant = np.log(w) + wide * np.log(b) - special.gammaln(wide)
    for part in np.array_split(np.arange(w.size), max(1, w.size // 500)):
        density += np.exp(constant[part, None] + wide[part, None] * grid - b[part, None] * np.exp(grid)).sum(0)
    logarithm = even_quantity(grid, density, unit, "-", None, 0.0)
    q = np.exp(np.array(logarithm.quantiles))
    model = "gamma-Poisson: product within class, classes lognormal"
    return Quantity.posterior(q.tolist(), unit, model=model, n=n)


def _log_quantile(w: Array, a: Array, b: Array, p: float) -> float:
    """A quantile of the logarithm, to a hundredth: for the ends of a grid."""
    low, high = -250.0, 50.0
    while high - low > 0.01:
        middle = 0.5 * (low + high)
        if float(w @ special.gammainc(a, b * np.exp(middle))) < p:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _sensitivity(units: Sequence[Unit], prior: Prior) -> ClassSensitivity:
    fitted = fit(units, prior, without=False)
    rows = []
    for u, density in zip(units, fitted.densities, strict=True):
        low, middle, high = fitted.quantiles(density, [0.025, 0.5, 0.975]).tolist()
        rows.append((u.name, middle, low, high))
    return ClassSensitivity(prior.tau_scale, tuple(rows))
