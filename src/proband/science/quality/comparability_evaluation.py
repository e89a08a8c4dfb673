"""Comparability after a change, attribute by attribute: judged, not judged, or not to be told, and with what power.

An attribute is judged where its tier gives an answer, whichever it is. It is not judged (absent) where the program
says that it was not compared. Else it is unknown: one lot after the change, an interval across a margin, a margin fixed
after the results were known, values below a limit, nothing entered. A change that lists no potency attribute leaves
potency unknown.

The power told is that of the design, at the SD between lots that it states, or else that of the lots before; where no
SD is known there is none.

Cannot see: what is not listed, and whether margins are justified: a person must judge that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import stdev

from proband.core.evidence import Figure, Members
from proband.core.provenance import Json
from proband.core.units import convert
from proband.science.quality.comparability_file import Comparability, Compared, ProcessChange
from proband.science.quality.component_model import told
from proband.science.quality.equivalence import (
    COMPARABLE,
    NOT_TOLD,
    Equivalence,
    QualityRange,
    equivalence,
    lots_for_power,
    power_of_equivalence,
    quality_range,
    worst_error,
)
from proband.science.transcript.rna_tables import Row

ALPHA = 0.05
SHARE = 0.9
JUDGED, NOT_JUDGED, UNKNOWN = "judged", "not_judged", "unknown"
LIBERAL = 0.06
"""Type I error of a design from which a caution is told."""
NO_POTENCY = "no potency attribute listed"
"""Member of a change that lists none; no attribute has this name."""


@dataclass(frozen=True, slots=True)
class Design:
    """What the design could tell: power where nothing changed and half way to the margin, lots needed, worst error."""

    sd: float
    sd_from: str
    power: float
    power_half: float
    lots_needed: int | None
    error: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attribute after one change: its state, what was found (comparable, not_comparable, not_told), and why."""

    attribute: Compared
    change: ProcessChange
    state: str
    found: str
    because: str
    pre: tuple[float, ...] = ()
    post: tuple[float, ...] = ()
    test: Equivalence | None = None
    range: QualityRange | None = None
    design: Design | None = None
    cautions: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The attribute and its change, as a member."""
        return f"{self.attribute.name} ({self.change.id})"


def evaluate(c: Comparability) -> list[Outcome]:
    """Every attribute of every change, in the order of the file."""
    changes = {x.id: x for x in c.plan.change}
    return [_one(a, changes[a.change], c.rows) for a in c.plan.attribute]


def members(c: Comparability, outcomes: Sequence[Outcome]) -> Members:
    """Attributes: judged, not judged (absent), or unknown; potency is unknown for a change that lists none."""
    by = {state: [o.name for o in outcomes if o.state == state] for state in (JUDGED, NOT_JUDGED, UNKNOWN)}
    for change in c.plan.change:
        if not any(a.potency for a in c.plan.attribute if a.change == change.id):
            by[UNKNOWN].append(f"{NO_POTENCY} ({change.id})")
    return Members(tuple(by[JUDGED]), tuple(by[NOT_JUDGED]), tuple(by[UNKNOWN]))


def found(outcomes: Sequence[Outcome]) -> Members:
    """Attributes: comparable, not comparable (absent), or not told."""
    return Members(
        tuple(o.name for o in outcomes if o.found == COMPARABLE),
        tuple(o.name for o in outcomes if o.found == "not_comparable"),
        tuple(o.name for o in outcomes if o.found == NOT_TOLD),
    )


def _one(a: Compared, change: ProcessChange, rows: Sequence[Row]) -> Outcome:
    blank = Outcome(a, change, UNKNOWN, NOT_TOLD, "")
    if a.not_compared.strip() and not told(a.not_compared):
        return replace(blank, because=f"whether it was compared is not known ({a.not_compared.strip()})")
    if a.not_compared.strip():
        return replace(blank, state=NOT_JUDGED, because=f"not compared: {a.not_compared.strip().rstrip('.')}")
    if a.tier == "side_by_side":
        if a.judged is None:
            return replace(blank, because="side by side: nobody has signed what was found")
        j = a.judged
        said = f"{j.because.strip().rstrip('.')} ({j.by}, {j.on})"
        return replace(blank, state=JUDGED, found=j.verdict, because=said)
    mine = [r for r in rows if r["change"] == change.id and r["attribute"] == a.name]
    if not mine:
        return replace(blank, because="no values are entered")
    marked = sorted({r["lot"] for r in mine if r["censored"]})
    if marked:
        said = f"values of lot {', '.join(marked)} lie beyond a limit of their method: means and ranges have no value"
        return replace(blank, because=said)
    pre, post = (
        tuple(convert(r["value"], r["unit"], a.unit) for r in mine if r["side"] == side) for side in ("pre", "post")
    )
    held = replace(blank, pre=pre, post=post, cautions=tuple(_cautions(a, change)))
    return _equivalent(held) if a.tier == "equivalence" else _in_range(held)


def _cautions(a: Compared, change: ProcessChange) -> list[str]:
    made = []
    if a.criticality == "critical" and a.tier != "equivalence":
        made.append(f"critical, and compared by {a.tier.replace('_', ' ')} instead of equivalence")
    if a.set_on is None or change.first_result_on is None:
        made.append("whether the limits were fixed before the results can not be seen: a date is missing")
    return made


def _late(o: Outcome) -> bool:
    a, first = o.attribute, o.change.first_result_on
    return a.set_on is not None and first is not None and a.set_on > first


def _equivalent(o: Outcome) -> Outcome:
    a = o.attribute
    assert a.lower is not None
    assert a.upper is not None
    made = equivalence(o.pre, o.post, (a.lower, a.upper), alpha=ALPHA, ratio=a.scale == "ratio")
    o = replace(o, test=made, found=made.verdict, design=_design(o))
    if o.design is not None and o.design.error > LIBERAL:
        said = f"with so few lots the test errs in up to {100 * o.design.error:.2g} % where 5 % are meant"
        o = replace(o, cautions=(*o.cautions, said))
    if made.refusal:
        return replace(o, because=made.refusal)
    said = f"{_words(made, a)}, margins {a.lower:g} to {a.upper:g}"
    if _late(o):
        late = f"{said}; but the margins are dated {a.set_on}, after the first result of {o.change.first_result_on}"
        return replace(o, found=NOT_TOLD, because=late)
    return replace(o, state=UNKNOWN if made.verdict == NOT_TOLD else JUDGED, because=said)


def _words(made: Equivalence, a: Compared) -> str:
    what = "ratio of means" if a.scale == "ratio" else "difference of means"
    unit = "" if a.scale == "ratio" else f" {a.unit}"
    return f"{what} {made.estimate:.4g}{unit} (90 % interval {made.low:.4g} to {made.high:.4g})"


def _in_range(o: Outcome) -> Outcome:
    a = o.attribute
    assert a.k is not None
    made = quality_range(o.pre, o.post, a.k, a.share if a.share is not None else SHARE)
    o = replace(o, range=made, found=made.verdict)
    if made.refusal or made.low is None or made.high is None:
        return replace(o, because=made.refusal)
    said = f"{made.inside} of {made.n_post} lots after lie within {made.low:.4g} to {made.high:.4g} {a.unit}"
    if made.passes_unchanged is not None:
        said += f"; lots of an unchanged process would pass with probability {made.passes_unchanged:.3f}"
    if _late(o):
        late = f"{said}; but the range is dated {a.set_on}, after the first result of {o.change.first_result_on}"
        return replace(o, found=NOT_TOLD, because=late)
    return replace(o, state=JUDGED, because=said)


def _design(o: Outcome) -> Design | None:
    """Power of the two tests with the lots there are; None where an SD or a second lot is missing."""
    a, n, m = o.attribute, len(o.pre), len(o.post)
    assert a.lower is not None
    assert a.upper is not None
    if n < 2:
        return None
    log = a.scale == "ratio"
    values = [math.log(v) for v in o.pre] if log else list(o.pre)
    sd, where = (a.sd, "the plan") if a.sd is not None else (stdev(values), "the lots before the change")
    if not sd > 0:
        return None
    margins = (math.log(a.lower), math.log(a.upper)) if log else (a.lower, a.upper)
    needed = lots_for_power(n, sd, sd, margins)
    if m < 2:
        return Design(sd, where, 0.0, 0.0, needed, 0.0)
    half = max(margins, key=abs) / 2
    return Design(
        sd, where, power_of_equivalence(n, m, sd, sd, margins), power_of_equivalence(n, m, sd, sd, margins, half),
        needed, worst_error(n, m),
    )  # fmt: skip


def paragraph(o: Outcome) -> str:
    """What was found of one attribute, in sentences."""
    a = o.attribute
    states = {JUDGED: o.found.replace("_", " "), NOT_JUDGED: "not judged", UNKNOWN: "not to be told"}
    head = f"{a.name.replace('_', ' ')} ({a.criticality}, {a.tier.replace('_', ' ')}): {states[o.state]}."
    said = [head, f"{o.because[:1].upper()}{o.because[1:]}."]
    if o.design is not None:
        d = o.design
        need = f"{d.lots_needed} lots after the change" if d.lots_needed else "more than 200 lots after the change"
        said.append(
            f"Power with {len(o.pre)} lots before and {len(o.post)} after, at the SD of {d.sd:.3g} of {d.sd_from}: "
            f"{d.power:.2f} where nothing changed, {d.power_half:.2f} half way to the margin; 0.80 needs {need}."
        )
    said += [f"{c[:1].upper()}{c[1:]}." for c in o.cautions]
    return " ".join(said)


def figure(outcomes: Sequence[Outcome]) -> Figure | None:
    """Intervals of all tested attributes, each in units of its own margin: -1 and 1 are the margins."""
    rows: list[dict[str, Json]] = []
    for o in outcomes:
        t, a = o.test, o.attribute
        if t is None or t.low is None or t.high is None or t.estimate is None or a.lower is None or a.upper is None:
            continue
        log = math.log if a.scale == "ratio" else float
        low, high = log(a.lower), log(a.upper)
        middle, half = (low + high) / 2, (high - low) / 2
        made = {
            k: round((log(v) - middle) / half, 4) for k, v in (("low", t.low), ("at", t.estimate), ("high", t.high))
        }
        rows.append({**made, "attribute": o.name, "found": o.found.replace("_", " ")})
    if not rows:
        return None
    for row, limit in zip(rows, (-1.0, 1.0), strict=False):
        row["limit"] = limit
    if len(rows) == 1:
        rows.append({**rows[0], "limit": 1.0})
    return Figure(
        name="comparability",
        title="Difference after the change, in units of each attribute's margin",
        alt="For each attribute the difference of means with its 90 % interval; -1 and 1 are its margins: "
        + "; ".join(dict.fromkeys(f"{r['attribute']} {r['found']}" for r in rows))
        + ".",
        chart="intervals",
        encoding={"x": "at", "y": "attribute", "low": "low", "high": "high", "color": "found", "limit": "limit"},
        rows=tuple(rows),
        labels={"x": "difference / margin", "y": "attribute"},
    )
