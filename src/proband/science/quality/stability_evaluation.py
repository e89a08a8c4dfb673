"""How far stability data of a product carry, attribute by attribute, own lots and platform lots kept apart.

The proven period of an attribute is the shortest of: its shelf life by regression, the last time that every primary lot
of the regression reached, and the last time before a value that lay outside its limits. What lies beyond the data is
told beside it as what ICH Q1E would let be claimed, and is never part of the proven period.

Cannot see: attributes that were not tested, and lots that were never put on stability.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from proband.core.evidence import Figure
from proband.core.provenance import Json
from proband.core.units import convert
from proband.science.quality.extrapolation import Reach, reach
from proband.science.quality.shelf_life import CURVATURE_LEVEL, Acceptance, LotSeries, ShelfLife, shelf_life
from proband.science.quality.stability_file import Attribute, Condition, Stability, StabilityPlan, months_of
from proband.science.transcript.rna_tables import Row

FEW_LOTS = 3
"""Primary lots that ICH Q1A asks for."""
BAND_POINTS = 13


@dataclass(frozen=True, slots=True)
class Failed:
    """A value outside its acceptance limits: lot, months, value as written."""

    lot: str
    months: float
    value: str


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One attribute in one condition, of own or platform lots.

    `proven` in months, None where it can not be told (`why` says so); `observed` the last month with a value;
    `allowed` what ICH Q1E would let be claimed, in months.
    """

    attribute: Attribute
    of: str
    condition: Condition
    lots: tuple[str, ...]
    supporting: tuple[str, ...]
    period: float
    shelf: ShelfLife | None
    observed: float | None
    proven: float | None
    allowed: float | None
    reach: Reach | None
    failed: tuple[Failed, ...]
    series: tuple[LotSeries, ...]
    why: str
    cautions: tuple[str, ...]

    @property
    def covered_share(self) -> float | None:
        """Proven period over period of use; above 1 where the data go further."""
        return None if self.proven is None else self.proven / self.period


def evaluate(s: Stability) -> list[Evaluated]:
    """Every attribute in every condition, of own lots and of platform lots; own real-time data first.

    An attribute without rows of own lots in real time has a line that says so.
    """
    made = []
    real = [c for c in s.plan.condition if c.kind == "real_time"]
    for a in s.plan.attribute:
        for of in ("own", "platform"):
            for c in (*real, *(x for x in s.plan.condition if x.kind != "real_time")):
                rows = _rows(s, a, c, of)
                if rows or (of == "own" and c.kind == "real_time"):
                    made.append(_one(s.plan, a, of, c, rows))
    return made


def _rows(s: Stability, a: Attribute, c: Condition, of: str) -> list[Row]:
    lots = {x.id for x in s.plan.lot if x.of == of}
    return [r for r in s.rows if r["attribute"] == a.name and r["condition"] == c.name and r["lot"] in lots]


def _one(plan: StabilityPlan, a: Attribute, of: str, c: Condition, rows: Sequence[Row]) -> Evaluated:
    roles = {x.id: x.role for x in plan.lot}
    series = tuple(_series(lot, rows, a.unit) for lot in sorted({r["lot"] for r in rows}))
    primary = [x for x in series if roles[x.lot] == "primary"]
    blank = Evaluated(
        a, of, c, tuple(x.lot for x in primary), tuple(x.lot for x in series if x not in primary),
        months_of(plan.period_of_use), None, None, None, None, None, (), series, "", (),
    )  # fmt: skip
    if not primary:
        said = "no values of primary lots" if series else "no values"
        return replace(blank, why=said)
    failed = tuple(f for x in series for f in _failed(x, a))
    shelf = shelf_life(primary, Acceptance(a.lower, a.upper, a.moves))
    observed = shelf.last if shelf.points else min(max(x.times) for x in primary)
    before = _before_failure(primary, failed)
    proven = shelf.within_data
    why = shelf.refusal
    if before is not None and (proven is None or before < proven):
        proven, why = before, ""
    allowed = beyond = None
    if c.kind == "real_time" and shelf.time is not None and c.storage != "not_stated" and not failed:
        intermediate = next((x.significant_change for x in plan.condition if x.kind == "intermediate"), "not_stated")
        accelerated = next((x.significant_change for x in plan.condition if x.kind == "accelerated"), "not_stated")
        beyond = reach(shelf.last, c.storage, plan.product_class, accelerated, intermediate)
        allowed = min(beyond.months, shelf.time)
    cautions = tuple(_cautions(plan, c, of, shelf, primary, failed))
    return replace(
        blank, shelf=shelf, observed=observed, proven=proven, allowed=allowed, reach=beyond, failed=failed, why=why,
        cautions=cautions,
    )  # fmt: skip


def _series(lot: str, rows: Sequence[Row], unit: str) -> LotSeries:
    mine = sorted((convert(r["time"], r["time_unit"], "mo"), r.line, r) for r in rows if r["lot"] == lot)
    return LotSeries(
        lot,
        tuple(t for t, _, _ in mine),
        tuple(convert(r["value"], r["unit"], unit) for _, _, r in mine),
        tuple(r["censored"] for _, _, r in mine),
    )


def _failed(x: LotSeries, a: Attribute) -> list[Failed]:
    """Values that certainly lie outside: a censored one only where its limit does."""
    made = []
    for t, v, mark in zip(x.times, x.values, x.marks(), strict=True):
        low = a.lower is not None and mark != "above" and (v <= a.lower if mark == "below" else v < a.lower)
        high = a.upper is not None and mark != "below" and (v >= a.upper if mark == "above" else v > a.upper)
        if low or high:
            made.append(Failed(x.lot, t, f"{mark + ' ' if mark else ''}{v:g} {a.unit}"))
    return made


def _before_failure(primary: Sequence[LotSeries], failed: Sequence[Failed]) -> float | None:
    """The last time before the first failing value of a primary lot at which all was well; None without one."""
    lots = {x.lot for x in primary}
    first = min((f.months for f in failed if f.lot in lots), default=None)
    if first is None:
        return None
    earlier = [t for x in primary for t in x.times if t < first]
    return max(earlier, default=0.0)


def _cautions(
    plan: StabilityPlan,
    c: Condition,
    of: str,
    shelf: ShelfLife,
    primary: Sequence[LotSeries],
    failed: Sequence[Failed],
) -> list[str]:
    made = []
    if len(primary) < FEW_LOTS:
        count = f"{len(primary)} primary lot{'s' if len(primary) != 1 else ''}"
        more = "nothing is known of the spread between lots" if len(primary) == 1 else "three are asked for"
        made.append(f"{count}: {more}")
    silent = [x.id for x in plan.lot if x.of == of and x.role == "primary" and x.id not in {p.lot for p in primary}]
    if silent and c.kind == "real_time":
        made.append(f"no value of primary lot {', '.join(silent)}")
    if shelf.left_out:
        made.append(f"not in the regression, with one time only: lot {', '.join(shelf.left_out)}")
    if shelf.p_curvature is not None and shelf.p_curvature < CURVATURE_LEVEL:
        made.append(f"the values bend (P {shelf.p_curvature:.2g} of a quadratic term): a line may mislead")
    if shelf.model == "worst_of_censored":
        made.append("with censored values: the shortest shelf life over all values that they may have had")
    made += shelf.notes
    if failed:
        shown = ", ".join(f"{f.value} (lot {f.lot}, month {f.months:g})" for f in failed[:4])
        made.append(f"outside the limits: {shown}{' and more' if len(failed) > 4 else ''}")
    if c.kind == "accelerated" and failed and c.significant_change == "no":
        made.append("no significant change is stated, and values lie outside the limits")
    return made


def figure(e: Evaluated) -> Figure | None:
    """Values of each lot, the line that limits the shelf life with its confidence limits, and the acceptance limits."""
    if e.shelf is None or not e.series:
        return None
    rows: list[dict[str, Json]] = []
    limits = [x for x in (e.attribute.lower, e.attribute.upper) if x is not None]
    line = next((x for x in e.shelf.lines if x.lot == e.shelf.lot), e.shelf.lines[0] if e.shelf.lines else None)
    last = max(t for x in e.series for t in x.times)
    if line is not None:
        sides = Acceptance(e.attribute.lower, e.attribute.upper, e.attribute.moves).sides()
        level = sides[0][2]
        ends = min(max(last, e.period), 3 * last) if last > 0 else e.period
        name = "mean of all lots" if e.shelf.model == "one_line" else f"mean of lot {line.lot}"
        for i in range(BAND_POINTS):
            t = ends * i / (BAND_POINTS - 1)
            low, high = line.limit(t, "lower", level), line.limit(t, "upper", level)
            row = {"month": round(t, 3), "value": line.mean(t), "low": low, "high": high, "what": name}
            rows.append({k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in row.items()})
    for x in e.series:
        for t, v, mark in zip(x.times, x.values, x.marks(), strict=True):
            what = f"lot {x.lot}" + (f", {mark} its limit" if mark else "")
            rows.append({"month": round(t, 3), "value": float(f"{v:.6g}"), "what": what})
    for row, limit in zip(rows, limits, strict=False):
        row["limit"] = limit
    what = f"{e.attribute.name} at {e.condition.name}, {e.of} lots"
    return Figure(
        name=f"stability-{e.attribute.name}-{e.of}-{e.condition.name}",
        title=what,
        alt=f"{what}: values over months; the line that limits the shelf life with its confidence limits; acceptance "
        f"limits {' and '.join(f'{v:g}' for v in limits)} {e.attribute.unit}; period of use {e.period:g} months.",
        chart="lines",
        encoding={"x": "month", "y": "value", "color": "what", "low": "low", "high": "high", "limit": "limit"},
        rows=tuple(rows),
        labels={"x": "months", "y": f"{e.attribute.name} ({e.attribute.unit})"},
    )


def paragraph(e: Evaluated) -> str:
    """What was found of one attribute, in sentences."""
    lots = f"{'own' if e.of == 'own' else 'platform'} lot{'s' if len(e.lots) != 1 else ''} {', '.join(e.lots)}"
    head = f"{e.attribute.name.replace('_', ' ')}, {e.condition.name} ({e.condition.kind.replace('_', ' ')})"
    if e.shelf is None or e.observed is None:
        return f"{head}: {e.why} of {e.of} lots."
    count = e.shelf.points or sum(len(x.times) for x in e.series)
    said = [f"{head}, {lots}, {count} values; all lots reached month {e.observed:.4g}."]
    if e.shelf.time is None:
        said.append(f"No shelf life: {e.shelf.refusal}.")
    else:
        said.append(_shelf_words(e))
    if e.proven is not None and e.condition.kind == "real_time":
        word = "Proven" if e.of == "own" else "Shown for these lots, not for this version"
        said.append(f"{word}: {e.proven:.4g} months; the period of use is {e.period:.4g}.")
    if e.allowed is not None and e.reach is not None and e.proven is not None and e.allowed > e.proven:
        said.append(f"By ICH Q1E {e.allowed:.4g} months could be claimed ahead of data ({e.reach.because}).")
    said += [f"{c[0].upper()}{c[1:]}." for c in e.cautions]
    return " ".join(said)


def _shelf_words(e: Evaluated) -> str:
    assert e.shelf is not None
    model = {
        "one_lot": "the line of one lot", "one_line": "one line for all lots", "common_slope": "a common slope, the "
        "worst lot", "separate": "separate lines, the worst lot", "worst_of_censored": "the worst lot by itself",
    }[e.shelf.model]  # fmt: skip
    level = "97.5 % limits on both sides" if e.attribute.moves == "either" else "one-sided 95 % limit"
    tests = "".join(
        f", P of equal {what} {p:.2g}"
        for what, p in (("slopes", e.shelf.p_slopes), ("intercepts", e.shelf.p_intercepts))
        if p is not None
    )
    if e.shelf.time is None or math.isinf(e.shelf.time):
        return f"The {level} of {model} never meets the acceptance limit{tests}."
    who = f" (lot {e.shelf.lot})" if e.shelf.lot else ""
    return f"The {level} of {model}{who} meets the acceptance limit at month {e.shelf.time:.4g}{tests}."
