"""From the tables of an assay to one number, or to the reason why there is none.

Each assay gives an `Effect`: knock-down (`knockdown`), selectivity at a heterozygous site (`selectivity`), a change of
protein, activity or metabolite turned so that above 1 is the direction that was hoped for (`protein_activity`), a
dose-response curve (`engagement.dose_response`). Technical repeats of one sample count as one replicate. One sample in
an arm has no spread between samples; its limits hold counting error alone and are kept as a bracket that decides
nothing. Readings beyond the limits of quantification are censored: they give a one-sided limit or nothing.

Cannot see: whether samples are comparable, or stand for the tissue.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord
from proband.core.quantity import Quantity, QuantityKind
from proband.science.engagement.dose_response import DoseResponse, fit_dose_response
from proband.science.stated_number import LEVEL, undecided
from proband.science.transcript import rna_assays
from proband.science.transcript.knockdown import (
    Cts,
    DigitalSample,
    Efficiencies,
    LibraryCount,
    Partitions,
    digital_fall,
    digital_pcr,
    not_amplified,
    rna_seq,
    rt_qpcr,
)
from proband.science.transcript.log_ratio import LogRatio, welch
from proband.science.transcript.plate_tables import Plate
from proband.science.transcript.protein_activity import Reading, StandardCurve, fit_curve, read_sample
from proband.science.transcript.rna_tables import ARMS, Row
from proband.science.transcript.selectivity import AlleleReads, selectivity

Arms = Mapping[str, Mapping[str, list[Row]]]


@dataclass(frozen=True, slots=True)
class Effect:
    """A number with its model, or None with the reason.

    `replicates`: biological replicates, treated and control; `counted`: what the number rests on; `limit`: what could
    not be seen; `assumptions`: sentences; `curve`: a fitted dose response.
    """

    quantity: Quantity | None
    reason: str
    replicates: tuple[int, int]
    counted: str
    limit: str = ""
    assumptions: tuple[str, ...] = ()
    curve: DoseResponse | None = None

    @property
    def single(self) -> bool:
        """Whether an arm has one sample."""
        return min(self.replicates) == 1

    def sides(self, null: float, least: float) -> str:
        """``shown`` above `null`, ``not there`` below `least`, else ``open``, each at 95 % one-sided.

        >>> q = Quantity.bound(0.4, "fraction", side="lower", level=0.95)
        >>> Effect(q, "", (3, 3), "").sides(0.0, 0.01)
        'shown'
        """
        q = self.quantity
        low = high = None
        if q is not None and q.kind is QuantityKind.POSTERIOR:
            low, high = q.quantile(1 - LEVEL), q.quantile(LEVEL)
        elif q is not None and q.kind is QuantityKind.BOUND:
            low, high = (q.limit, None) if q.side == "lower" else (None, q.limit)
        elif q is not None and q.kind is QuantityKind.CONFIDENCE:
            low, high = q.low, q.high
        if low is not None and low > null:
            return "shown"
        return "not there" if high is not None and high < least else "open"


def assumptions_of(e: Effect) -> tuple[str, ...]:
    """The model behind the number, and what else was assumed."""
    model = (e.quantity.model,) if e.quantity is not None and e.quantity.model else ()
    return (*model, *e.assumptions)


def concerns_of(a: rna_assays.Assay, e: Effect) -> tuple[Concern, ...]:
    """Why an effect is trusted less: technical replicates, or one sample in an arm."""
    if not a.biological_replicates:
        return (Concern(ConcernWord.IMPRECISE, "replicates are technical: they count as one sample of each arm"),)
    if e.single:
        return (Concern(ConcernWord.IMPRECISE, "one sample in an arm: the spread between samples is not known"),)
    return ()


def why(error: ProgramError) -> str:
    """The problems of an error in one sentence."""
    said = (
        f"{''.join(f'{at}: ' for at in (p.file, p.place) if at)}{p.found}, asked for: {p.expected}"
        for p in error.problems
    )
    return "; ".join(dict.fromkeys(said))


def arms_of(rows: Sequence[Row], biological: bool) -> Arms:
    """Rows by arm and replicate; technical repeats are one replicate."""
    made: dict[str, dict[str, list[Row]]] = {arm: {} for arm in ARMS}
    for row in rows:
        made[row["arm"]].setdefault(row["replicate"] if biological else "all repeats", []).append(row)
    return made


def _sizes(arms: Arms) -> tuple[int, int]:
    return len(arms["treated"]), len(arms["control"])


def _measured(
    sizes: tuple[int, int], counted: str, make: Callable[[], Quantity], assumptions: tuple[str, ...] = ()
) -> Effect:
    """An effect from what `make` computes; an arm without samples and whatever is refused become the reason."""
    missing = [arm for arm, n in zip(ARMS, sizes, strict=True) if not n]
    if missing:
        return Effect(None, f"no {' and no '.join(missing)} sample", sizes, counted)
    try:
        found = make()
    except ProgramError as e:
        return Effect(None, why(e), sizes, counted)
    return Effect(undecided(found) if min(sizes) == 1 else found, "", sizes, counted, assumptions=assumptions)


# ---- knock-down


def knockdown_effect(a: rna_assays.Knockdown, rows: Sequence[Row]) -> Effect:
    """Knock-down (fraction) of an assay by its method; wells that never crossed give a lower limit."""
    genes = (a.target, *a.references)
    arms = arms_of([r for r in rows if r["gene"] in genes], a.biological_replicates)
    sizes = _sizes(arms)
    counted = f"{sizes[0]} treated and {sizes[1]} control replicates"
    if a.method == "rt_qpcr":
        return _ct_effect(a, arms, f"{counted}, {sum(len(r) for x in arms.values() for r in x.values())} wells")
    lacking = [
        f"{arm} replicate {name}: no {gene}"
        for arm in ARMS
        for name, held in arms[arm].items()
        for gene in genes
        if not any(r["gene"] == gene for r in held)
    ]
    if lacking:
        return Effect(None, "; ".join(lacking), sizes, counted)
    if a.method == "dpcr":
        digital = {arm: [_digital(held, genes) for held in arms[arm].values()] for arm in ARMS}
        total = sum(s.target.total for x in digital.values() for s in x)
        return _measured(sizes, f"{counted}, {total:,} partitions of the target", lambda: _of_digital(digital))
    libraries = {arm: [LibraryCount(r["reads"], r["library_size"]) for r in _all(arms[arm])] for arm in ARMS}
    if not a.biological_replicates:
        libraries = {arm: _one_library(x) for arm, x in libraries.items()}
    reads = sum(int(c.reads) for x in libraries.values() for c in x)
    return _measured(
        sizes,
        f"{counted}, {reads:,} reads of the transcript",
        lambda: rna_seq(libraries["treated"], libraries["control"]).fall(),
    )


def _all(arm: Mapping[str, list[Row]]) -> list[Row]:
    return [r for held in arm.values() for r in held]


def _one_library(libraries: list[LibraryCount]) -> list[LibraryCount]:
    return [LibraryCount(sum(x.reads for x in libraries), sum(x.size for x in libraries))] if libraries else []


def _ct_effect(a: rna_assays.Knockdown, arms: Arms, counted: str) -> Effect:
    def cts(held: Sequence[Row]) -> Cts:
        wells = {g: tuple(r["ct"] for r in held if r["gene"] == g) for g in (a.target, *a.references)}
        return Cts(wells[a.target], tuple(wells[g] for g in a.references))

    names = {arm: sorted(arms[arm]) if a.paired else list(arms[arm]) for arm in ARMS}
    treated, control = ([cts(arms[arm][n]) for n in names[arm]] for arm in ARMS)
    efficiencies = Efficiencies(
        a.efficiency[a.target],
        tuple(a.efficiency[g] for g in a.references),
        a.efficiency_error.get(a.target, 0.0),
        tuple(a.efficiency_error.get(g, 0.0) for g in a.references),
    )
    lost = any(well is None for one in treated for well in one.target)
    cycles = float(a.cycles or 0)

    def make() -> Quantity:
        if lost:
            return not_amplified(treated, control, cycles, efficiencies)
        return rt_qpcr(treated, control, efficiencies, a.paired).fall()

    unstated = [g for g in (a.target, *a.references) if g not in a.efficiency_error]
    told = (f"amplification per cycle taken as known for {', '.join(unstated)}",) if unstated else ()
    made = _measured(_sizes(arms), counted, make, told)
    limit = f"target wells that never crossed stand at the last cycle ({cycles:g})" if lost else ""
    return replace(made, limit=limit)


def _digital(held: Sequence[Row], genes: tuple[str, ...]) -> DigitalSample:
    """Target and reference of one replicate, its wells added up."""

    def wells(gene: str) -> Partitions:
        own = [r for r in held if r["gene"] == gene]
        return Partitions(sum(r["positive"] for r in own), sum(r["total"] for r in own))

    return DigitalSample(wells(genes[0]), wells(genes[1]))


def _of_digital(arms: Mapping[str, list[DigitalSample]]) -> Quantity:
    treated, control = (arms[arm] for arm in ARMS)
    if min(len(treated), len(control)) > 1:
        return digital_pcr(treated, control).fall()
    return digital_fall(_pooled(treated), _pooled(control))


def _pooled(samples: Sequence[DigitalSample]) -> DigitalSample:
    def add(pick: Callable[[DigitalSample], Partitions]) -> Partitions:
        return Partitions(sum(pick(s).positive for s in samples), sum(pick(s).total for s in samples))

    return DigitalSample(add(lambda s: s.target), add(lambda s: s.reference))


# ---- selectivity


def selectivity_effect(a: rna_assays.Allele, rows: Sequence[Row]) -> Effect:
    """What is left of the normal allele over what is left of the mutant one (ratio)."""
    arms = arms_of(rows, a.biological_replicates)
    reads = {
        arm: [AlleleReads(sum(r["mutant"] for r in h), sum(r["normal"] for r in h)) for h in arms[arm].values()]
        for arm in ARMS
    }
    total = sum(r.mutant + r.normal for x in reads.values() for r in x)
    sizes = _sizes(arms)
    counted = f"{total:,} reads of the site in {sizes[0]} treated and {sizes[1]} control replicates"
    return _measured(sizes, counted, lambda: selectivity(reads["treated"], reads["control"]).selectivity)


# ---- protein, activity, metabolite


def protein_effect(a: rna_assays.Protein, plate: Plate) -> Effect:
    """Treated over control, turned so that above 1 is the expected direction (ratio); one-sided where censored."""
    wells = sum(len(s.signals) for s in plate.samples)
    replicates = {
        arm: sorted({s.replicate for s in plate.samples if s.arm == arm} if a.biological_replicates else {"all"})
        if any(s.arm == arm for s in plate.samples)
        else []
        for arm in ARMS
    }
    sizes = (len(replicates["treated"]), len(replicates["control"]))
    counted = f"{wells} wells of {sizes[0]} treated and {sizes[1]} control replicates, {len(plate.standards)} standards"
    try:
        curve = fit_curve(plate.standards, a.unit, a.curve, a.spread == "proportional")
    except ProgramError as e:
        return Effect(None, why(e), sizes, counted)
    readings = {arm: [_reading(curve, plate, arm, r, a) for r in replicates[arm]] for arm in ARMS}
    limit = f"quantified from {curve.lowest:g} to {curve.highest:g} {a.unit} before dilution"
    made = _measured(sizes, counted, lambda: _oriented(readings["treated"], readings["control"], a.expected))
    outside = [r.state for arm in ARMS for r in readings[arm] if r.state != "quantified"]
    if outside:
        limit += f"; {len(outside)} of {sum(sizes)} replicates lie beyond and are censored"
    return replace(made, limit=limit)


def _reading(curve: StandardCurve, plate: Plate, arm: str, replicate: str, a: rna_assays.Protein) -> Reading:
    """One reading of a replicate: the geometric mean over its quantified dilutions, else its first bound."""
    held = [s for s in plate.samples if s.arm == arm and (s.replicate == replicate or not a.biological_replicates)]
    readings = [read_sample(curve, s.signals, s.dilution) for s in held]
    values = [r.value for r in readings if r.state == "quantified" and r.value is not None]
    if not values:
        return readings[0]
    middle = math.exp(math.fsum(math.log(v) for v in values) / len(values))
    return Reading("quantified", middle, readings[0].quantity)


def _oriented(treated: Sequence[Reading], control: Sequence[Reading], expected: str) -> Quantity:
    """The ratio in the expected direction. Readings beyond the limits stand at them, which gives a one-sided limit."""
    states = {arm: {r.state for r in x} - {"quantified"} for arm, x in (("treated", treated), ("control", control))}
    logs = [np.log([_value(r) for r in x]).tolist() for x in (treated, control)]
    variances = [float(np.var(x, ddof=1)) if len(x) > 1 else 0.0 for x in logs]
    # A censored arm is not less scattered than the other one: equal limits would look like agreement.
    floors = (variances[1] if states["treated"] else 0.0, variances[0] if states["control"] else 0.0)
    made = welch(logs[0], logs[1], floors)
    turn = expected == "fall"
    if turn:
        made = LogRatio(-made.estimate, made.error, made.degrees, made.treated, made.control)
    if not states["treated"] and not states["control"]:
        return made.ratio()
    # Which way the true ratio may lie from the one with the limits put in: a value below a limit is smaller.
    ways = {"below" if s == "below" else "above" for s in states["treated"]}
    ways |= {"above" if s == "below" else "below" for s in states["control"]}
    if len(ways) > 1:
        found = "readings beyond the limits of quantification on both sides"
        raise ProgramError([Problem("", "", found, "quantified readings of one arm", "dilute or concentrate")])
    way = ways.pop()
    side = "upper" if (way == "below") != turn else "lower"
    low, high = made.interval(2 * LEVEL - 1)
    model = f"readings beyond a limit of quantification stand at it; {made.model}"
    n = made.treated + made.control
    return Quantity.bound(low if side == "lower" else high, "ratio", side=side, level=LEVEL, n=n, model=model)


def _value(r: Reading) -> float:
    if r.value is not None:
        return r.value
    assert r.quantity.limit is not None
    return r.quantity.limit


# ---- dose response


def dose_effect(a: rna_assays.DoseResponse, rows: Sequence[Row]) -> Effect:
    """The greatest effect over that without a dose (Emax, fraction), with the fitted curve beside it."""
    doses, effects = [r["dose"] for r in rows], [r["effect"] for r in rows]
    levels = len(set(doses))
    counted = f"{len(rows)} cultures at {levels} doses"
    sizes = (min((doses.count(d) for d in set(doses) if d > 0), default=0), doses.count(0.0))
    if not a.biological_replicates:
        return Effect(None, "points that are technical repeats have no spread between cultures", sizes, counted)
    try:
        curve = fit_dose_response(doses, effects, a.curve)
    except ProgramError as e:
        return Effect(None, why(e), sizes, counted)
    return Effect(
        curve.emax.quantity("fraction", curve.points),
        "",
        sizes,
        counted,
        limit="; ".join(curve.open),
        assumptions=(f"{a.curve} curve, normal errors of one spread, limits by profile likelihood",),
        curve=curve,
    )
