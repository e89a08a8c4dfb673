"""The pooled effect over patients with each left out in turn, and what one version borrows from the others.

Pooled effect: the mean mu of a normal hierarchy over patients (`hierarchy`), read on its grid. Leaving each patient
out in turn, the effect whose lower tail reaches lowest is told, because a consistent effect survives the worst of them.

Cannot see: patients of one version who share more than that (the hierarchy has one level here), and how effects were
estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from proband.core.evidence import Figure
from proband.core.quantity import GRID, Quantity
from proband.science.borrowing.grids import even_quantity
from proband.science.borrowing.hierarchy import Fit, fit
from proband.science.borrowing.platform_tables import Platform, Pooling
from proband.science.borrowing.pooling import Pooled, Variant, pool
from proband.science.borrowing.quadrature import Prior
from proband.science.borrowing.register import Entry, Register
from proband.science.borrowing.units import Unit, normal

LEAST = 3
"""Patients from which one can be left out and two remain to differ."""


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Pooled effect, the least of it over leaving each patient out and who that is, spread, and a new patient.

    `rows`: patient, own effect with limits, pooled effect without the patient with limits; or `reason`.
    """

    reason: str
    patients: int = 0
    effect: Quantity | None = None
    least: Quantity | None = None
    without: str = ""
    spread: Quantity | None = None
    new: Quantity | None = None
    rows: tuple[tuple[str, tuple[float, float, float], tuple[float, float, float]], ...] = ()


def prior_of(p: Pooling) -> Prior:
    """The priors as the hierarchy takes them."""
    return Prior(p.mu_mean, p.mu_sd, p.tau_scale, p.exchangeable, p.nex_mean, p.nex_sd or 0.0)


def heterogeneity(platform: Platform) -> Heterogeneity:
    """The hierarchy over patients. Fewer than three with an effect give the reason; none is left out by its version."""
    rows = [r for r in platform.patients if r["effect"] is not None]
    if len(rows) < LEAST:
        return Heterogeneity(f"{len(rows)} patients with an effect, {LEAST} are needed to leave one out", len(rows))
    prior = prior_of(platform.pooling)
    units = [normal(r["patient"], r["effect"], r["standard_error"]) for r in rows]
    whole = fit(units, prior)
    without = [_mean(fit([*units[:i], *units[i + 1 :]], prior, without=False)) for i in range(len(units))]
    lows = [q.quantile(0.05) for q in without]
    worst = int(np.argmin(lows))
    return Heterogeneity(
        "", len(units), _mean(whole), without[worst], units[worst].name, _spread(whole),
        whole.quantity(whole.new, "ratio"), tuple(_row(u, q) for u, q in zip(units, without, strict=True)),
    )  # fmt: skip


def _row(u: Unit, q: Quantity) -> tuple[str, tuple[float, float, float], tuple[float, float, float]]:
    value, error = u.values
    own = (value, value - 1.959964 * error, value + 1.959964 * error)
    return u.name, own, (q.quantile(0.5), q.quantile(0.025), q.quantile(0.975))


def _mean(fitted: Fit) -> Quantity:
    """The posterior of mu, on the even grid of means."""
    model = f"mean of a normal hierarchy of {len(fitted.units)} patients, tau half-normal({fitted.prior.tau_scale:g})"
    return even_quantity(fitted.nodes.mu, fitted.weights.sum(0), "ratio", model, len(fitted.units), fitted.mu[0])


def _spread(fitted: Fit) -> Quantity:
    held = np.maximum.accumulate(fitted.tau_quantiles(GRID))
    model = f"spread between patients, prior half-normal({fitted.prior.tau_scale:g})"
    return Quantity.posterior(held.tolist(), "ratio", model=model, n=len(fitted.units))


def forest(made: Heterogeneity) -> Figure:
    """Each patient's own effect, and the pooled effect without that patient."""
    rows = [
        {"patient": n, "value": v[0], "low": v[1], "high": v[2], "row": word}
        for n, own, rest in made.rows
        for word, v in (("own effect", own), ("pooled without this patient", rest))
    ]
    return Figure(
        name="forest", title="Effects by patient, and the pooled effect without each", chart="intervals",
        alt=f"{made.patients} patients; least pooled effect without {made.without}.",
        encoding={"x": "value", "y": "patient", "low": "low", "high": "high", "color": "row"},
        rows=tuple(rows), labels={"x": "standard deviations, above 0 is better", "y": ""},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Borrowed:
    """What is pooled over versions; `own` is this program's version where it is pooled; or `reason`.

    `least_conflict`: version and Box's p of the one that the others make most surprising.
    """

    reason: str
    pooled: Pooled | None = None
    own: Variant | None = None
    least_conflict: tuple[str, float] | None = None


def borrowed(platform: Platform) -> Borrowed:
    """Pool the versions that the register says to pool; one alone borrows from nobody."""
    entries = tuple(Entry(r["version"], r["flag"], r["reason"]) for r in platform.versions)
    units = [
        normal(r["version"], r["effect"], r["standard_error"], r["patients"])
        for r in platform.versions
        if r["effect"] is not None
    ]
    held = [r for r in platform.versions if r["flag"] == "pooled"]
    if len(held) < 2:
        return Borrowed(f"{len(held)} versions are pooled: there is nobody to borrow from")
    made = pool(units, Register(entries, platform.pooling.closed_by), prior_of(platform.pooling), "ratio")
    own = next((v for v in made.variants if v.name == platform.pooling.version), None)
    boxes = [(v.name, v.conflict.box) for v in made.variants if v.conflict is not None]
    return Borrowed("", made, own, min(boxes, key=lambda x: x[1], default=None))


def told_borrowed(made: Borrowed, version: str) -> str:
    """Borrowing in words, without an end: with and without it, how much, what conflicts, what is left out."""
    if made.pooled is None:
        return f"nothing is borrowed: {made.reason}"
    parts = []
    if made.own is not None:
        low, high = made.own.posterior.interval(0.95) or (0.0, 0.0)
        parts.append(
            f"{version} has {made.own.mean:.2f} ({low:.2f} to {high:.2f} at 95 %) standard deviations with borrowing, "
            f"{made.own.own_estimate:.2f} without; {made.own.borrowed:.1f} patients' worth is borrowed"
        )
    else:
        parts.append(
            f"{version} has no outcome; predicted from the others {made.pooled.prediction.centre:.2f} "
            f"({made.pooled.prediction.low:.2f} to {made.pooled.prediction.high:.2f} at 95 %)"
        )
    if made.least_conflict is not None:
        parts.append("most surprising in the light of the others: {} (p = {:.2g})".format(*made.least_conflict))
    parts += [f"{o.name} is not in it ({o.flag.replace('_', ' ')}: {o.reason})" for o in made.pooled.omitted]
    other = made.pooled.with_left_out
    if other is not None:
        centre = made.pooled.prediction.centre
        parts.append(f"a new version is predicted at {centre:.2f}, with those left out at {other.centre:.2f}")
    return "; ".join(parts)


def left(versions: Sequence[str], flags: Sequence[str], word: str) -> tuple[str, ...]:
    """Versions of one flag.

    >>> left(("a", "b"), ("pooled", "left_out"), "left_out")
    ('b',)
    """
    return tuple(v for v, f in zip(versions, flags, strict=True) if f == word)
