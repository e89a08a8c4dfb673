"""Knock-down of a transcript: 1 - ratio of its normalised abundance, treated over control.

- RT-qPCR: ln of abundance is -Ct ln E for target and reference genes, normalised by their mean, so the ratio is
  E_target^dCt_target / E_reference^dCt_reference (Pfaffl, Nucleic Acids Research 2001;29:e45; with E = 2 it is
  2^-ddCt, Livak and Schmittgen, Methods 2001;25:402-408). Several reference genes: their geometric mean (Vandesompele
  et al. 2002, Genome Biology 3:research0034). Wells of one biological replicate are averaged first.
- digital PCR: copies per partition = -ln(1 - k/n) with the exact limits of k/n (Poisson; Dube et al. 2008, PLoS ONE
  3:e2876), ratios from both limits (`mover`).
- RNA-seq: counts over the size of the library, ln((k + 0.5) / size), spread at least that of counting.

Over biological replicates all three use `log_ratio`. Without them only counts have an interval, which says so.

Cannot see: whether reference genes are stable under treatment, transcripts of other length or allele, protein.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import Quantity
from proband.science.stats.posterior import proportion
from proband.science.transcript.log_ratio import LogRatio, paired, welch
from proband.science.transcript.mover import ratio

# ---- RT-qPCR


@dataclass(frozen=True, slots=True)
class Cts:
    """Threshold cycles of one biological replicate: wells of the target, and of each reference gene.

    None is a well that never crossed the threshold.
    """

    target: tuple[float | None, ...]
    references: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Efficiencies:
    """Amplification per cycle (1 to 2.2; 2 is doubling) and its standard error, for the target and each reference."""

    target: float = 2.0
    references: tuple[float, ...] = (2.0,)
    target_error: float = 0.0
    reference_errors: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not all(1 < e <= 2.2 for e in (self.target, *self.references)):
            raise ValueError("an efficiency lies above 1 and at most at 2.2 per cycle")
        if self.reference_errors and len(self.reference_errors) != len(self.references):
            raise ValueError("as many standard errors as reference genes")


def rt_qpcr(
    treated: Sequence[Cts],
    control: Sequence[Cts],
    efficiencies: Efficiencies | None = None,
    in_pairs: bool = False,
    source: str = "",
) -> LogRatio:
    """ln of treated over control from biological replicates; `in_pairs` when the two arms are the same donors.

    Raises ``ProgramError`` when a well never crossed the threshold (see `not_amplified`), a replicate has no wells,
    or there are too few replicates.

    >>> wells = lambda t, r: Cts((t, t + 0.1), ((r, r - 0.1),))
    >>> made = rt_qpcr([wells(26.0, 20), wells(26.3, 20.1)], [wells(24.0, 20), wells(23.9, 20)])
    >>> round(1 - math.exp(made.estimate), 3)
    0.775
    """
    e = efficiencies or Efficiencies()
    _check_wells(treated, control, e, source)
    x, y = ([_abundance(one, e) for one in arm] for arm in (treated, control))
    if in_pairs:
        return paired(x, y, source=source)
    return welch(x, y, further=_of_efficiencies(treated, control, e), source=source)


def not_amplified(
    treated: Sequence[Cts],
    control: Sequence[Cts],
    cycles: float,
    efficiencies: Efficiencies | None = None,
    level: float = 0.95,
    source: str = "",
) -> Quantity:
    """A lower limit of the knock-down when target wells of treated replicates never crossed the threshold.

    Such wells stand at the last cycle, so the ratio is at most what it then is; the treated arm's spread is taken as
    no less than the control's. Raises ``ProgramError`` when a control or reference well did not cross.

    >>> lost = Cts((None, None), ((20.0,),))
    >>> control = [Cts((24.0,), ((20.0,),)), Cts((24.4,), ((20.1,),)), Cts((23.9,), ((20.0,),))]
    >>> made = not_amplified([lost, lost, lost], control, cycles=40)
    >>> made.side, made.limit > 0.9999
    ('lower', True)
    """
    e = efficiencies or Efficiencies()
    filled = [Cts(tuple(cycles if ct is None else ct for ct in one.target), one.references) for one in treated]
    _check_wells(filled, control, e, source)
    x, y = ([_abundance(one, e) for one in arm] for arm in (filled, control))
    spread = float(np.var(y, ddof=1)) if len(y) > 1 else 0.0
    made = welch(x, y, (spread, 0.0), _of_efficiencies(filled, control, e), source)
    limit = 1 - made.interval(2 * level - 1)[1]
    model = f"target not amplified by cycle {cycles:g}: wells taken at that cycle; {made.model}"
    return Quantity.bound(limit, "fraction", side="lower", level=level, n=made.treated + made.control, model=model)


def _abundance(one: Cts, e: Efficiencies) -> float:
    target = -_mean(one.target) * math.log(e.target)
    references = [-_mean(w) * math.log(x) for w, x in zip(one.references, e.references, strict=True)]
    return target - math.fsum(references) / len(references)


def _mean(wells: Sequence[float | None]) -> float:
    return math.fsum(w for w in wells if w is not None) / len(wells)


def _of_efficiencies(treated: Sequence[Cts], control: Sequence[Cts], e: Efficiencies) -> float:
    """Variance of the difference through the standard errors of the efficiencies (delta method)."""

    def step(pick: int | None) -> float:
        arms = [
            np.mean([_mean(c.target if pick is None else c.references[pick]) for c in arm])
            for arm in (treated, control)
        ]
        return float(arms[0] - arms[1])

    total = (step(None) * e.target_error / e.target) ** 2
    errors = zip(e.reference_errors, e.references, strict=False)
    return total + sum((step(i) * s / x / len(e.references)) ** 2 for i, (s, x) in enumerate(errors))


def _check_wells(treated: Sequence[Cts], control: Sequence[Cts], e: Efficiencies, source: str) -> None:
    problems = []
    for arm, members in (("treated", treated), ("control", control)):
        for number, one in enumerate(members, start=1):
            place = f"{arm} replicate {number}"
            if len(one.references) != len(e.references):
                found = f"{len(one.references)} reference genes"
                expected = f"{len(e.references)}, one for each efficiency"
                problems.append(Problem(source, place, found, expected, "give the same genes in every replicate"))
            for gene, wells in (("target", one.target), *(("reference gene", w) for w in one.references)):
                problems.extend(_well_problems(source, place, gene, wells))
    if problems:
        raise ProgramError(problems)


def _well_problems(source: str, place: str, gene: str, wells: Sequence[float | None]) -> list[Problem]:
    if not wells:
        return [Problem(source, place, f"no well of the {gene}", "at least one", "give its threshold cycles")]
    if any(w is None for w in wells):
        expected = "a threshold cycle in every well"
        remedy = "repeat the well, or report a lower limit of the knock-down from the last cycle"
        return [Problem(source, place, f"a well of the {gene} that never crossed", expected, remedy)]
    if not all(w is not None and 0 < w <= 60 for w in wells):
        return [Problem(source, place, f"a threshold cycle of the {gene}", "0 to 60 cycles", "correct the value")]
    return []


# ---- digital PCR


@dataclass(frozen=True, slots=True)
class Partitions:
    """Positive partitions among all accepted ones (counts)."""

    positive: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.positive <= self.total or self.total < 1:
            raise ValueError("positive partitions must lie between 0 and all")


def copies(wells: Partitions, source: str = "") -> Quantity:
    """Copies per partition, -ln(1 - k/n), with the exact limits of k/n.

    Raises ``ProgramError`` when every partition is positive: the concentration then has no upper limit.

    >>> q = copies(Partitions(5000, 20_000))
    >>> round(q.value, 4), [round(x, 4) for x in q.interval(0.95)]
    (0.2877, [0.2797, 0.2958])
    """
    if wells.positive == wells.total:
        found = "every partition positive"
        raise ProgramError([Problem(source, "", found, "some negative partitions", "dilute and repeat")])
    share = proportion(wells.positive, wells.total)
    low, high = (-np.log1p(-np.array(q)) for q in (share.quantiles, share.upper_quantiles))
    return Quantity.posterior(
        low.tolist(),
        "copies per partition",
        upper=high.tolist(),
        model="Poisson copies in equal partitions, exact limits (Clopper-Pearson)",
        n=wells.total,
        value=-math.log1p(-wells.positive / wells.total),
    )


@dataclass(frozen=True, slots=True)
class DigitalSample:
    """Target and reference gene of one biological replicate."""

    target: Partitions
    reference: Partitions


def digital_ratio(sample: DigitalSample, source: str = "") -> Quantity:
    """Target over reference copies of one sample, from its counts alone."""
    target, reference = copies(sample.target, source), copies(sample.reference, source)
    _need_positive(sample.reference, "the reference gene", source)
    return ratio(target, reference)


def digital_pcr(treated: Sequence[DigitalSample], control: Sequence[DigitalSample], source: str = "") -> LogRatio:
    """ln of treated over control from biological replicates; spread at least that of counting partitions.

    A target without positive partitions is given half a partition. Raises ``ProgramError`` as `copies`, or for
    fewer than two replicates in an arm.
    """
    values, floors = [], []
    for arm in (treated, control):
        logs, parts = [], []
        for one in arm:
            _need_positive(one.reference, "the reference gene", source)
            (a, va), (b, vb) = (_log_copies(w, source) for w in (one.target, one.reference))
            logs.append(a - b)
            parts.append(va + vb)
        values.append(logs)
        floors.append(float(np.mean(parts)) if parts else 0.0)
    return welch(values[0], values[1], (floors[0], floors[1]), source=source)


def digital_fall(treated: DigitalSample, control: DigitalSample, source: str = "") -> Quantity:
    """Knock-down from one sample of each arm: counting error alone, which its model says.

    >>> q = digital_fall(DigitalSample(Partitions(800, 20_000), Partitions(9000, 20_000)),
    ...                  DigitalSample(Partitions(3000, 20_000), Partitions(9000, 20_000)))
    >>> round(q.value, 3), [round(x, 3) for x in q.interval(0.95)]
    (0.749, [0.727, 0.769])
    """
    _need_positive(control.target, "the target in the control", source)
    made = ratio(digital_ratio(treated, source), digital_ratio(control, source))
    assert made.value is not None
    return Quantity.posterior(
        [1 - x for x in reversed(made.quantiles)],
        "fraction",
        model=f"one sample of each arm, spread between samples not known; {made.model}",
        value=1 - made.value,
    )


def _need_positive(wells: Partitions, what: str, source: str) -> None:
    if not wells.positive:
        found = f"no positive partition of {what}"
        raise ProgramError([Problem(source, "", found, "some", "repeat with more input: the ratio is not known")])


def _log_copies(wells: Partitions, source: str) -> tuple[float, float]:
    """ln of copies per partition and its counting variance (delta method)."""
    copies(wells, source)
    k = max(wells.positive, 0.5)
    p = k / wells.total
    rate = -math.log1p(-p)
    return math.log(rate), p / (wells.total * (1 - p)) / rate**2


# ---- RNA-seq


@dataclass(frozen=True, slots=True)
class LibraryCount:
    """Reads of the transcript and the size of the library (reads, or a size factor) of one biological replicate."""

    reads: float
    size: float

    def __post_init__(self) -> None:
        if self.reads < 0 or self.size <= 0:
            raise ValueError("reads must not be negative, and the size of a library must be above 0")


def rna_seq(treated: Sequence[LibraryCount], control: Sequence[LibraryCount], source: str = "") -> LogRatio:
    """ln of treated over control; spread at least that of counting. Raises ``ProgramError`` for too few replicates.

    >>> control = [LibraryCount(400, 1e6), LibraryCount(500, 1.1e6)]
    >>> made = rna_seq([LibraryCount(90, 1e6), LibraryCount(80, 9e5)], control)
    >>> round(1 - math.exp(made.estimate), 2)
    0.79
    """
    logs = [[math.log((c.reads + 0.5) / c.size) for c in arm] for arm in (treated, control)]
    floors = [float(np.mean([1 / (c.reads + 0.5) for c in arm])) if arm else 0.0 for arm in (treated, control)]
    return welch(logs[0], logs[1], (floors[0], floors[1]), source=source)
