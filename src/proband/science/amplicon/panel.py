"""A treated-and-control panel from its sheet: counts of every sample, calls of every site, carry-over, flags.

Every sample is counted by itself (`panel_counts`), its counts become `SiteCounts` by site and event with genomes from
the DNA input (3.3 pg each), and `treated_control.panel_calls` calls all of them by one rule fixed before the data. A
site without reads in an arm, or that is stated to have failed, stays unknown.

Carry-over is measured in each control sample from on-target alleles that errors hardly make (`panel_counts._marks`)
and that are frequent in treated; it is shown, never subtracted.

Cannot see: which sample contaminated which; labels exchanged between samples of one arm; events outside the windows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from proband.core.errors import ProgramError
from proband.science.amplicon.allele_balance import AlleleBalance, allele_balance
from proband.science.amplicon.amplicon import Amplicon
from proband.science.amplicon.panel_counts import BLURRED, SampleCounts, SiteSample, Unit, count_sample, events_for
from proband.science.amplicon.quantify import Settings
from proband.science.amplicon.sheet import Sample, Sheet
from proband.science.amplicon.sheet_sites import PanelTarget
from proband.science.stats.carry_over import CarryOver, carry_over
from proband.science.stats.detection_limit import genomes_in
from proband.science.stats.proportions import clopper_pearson
from proband.science.stats.treated_control import CallRule, Panel, SiteCounts, panel_calls

FEW_READS = 1000
"""Reads of a site in a sample below which a flag is raised; its limits say what that means."""
FREQUENT = 0.001
"""Share of the treated reads from which an allele is used to measure carry-over."""
ENOUGH = 0.01
"""Share of the treated reads that such alleles must hold together."""
UNCLEAR = 0.1
"""Share of a site's reads in a sample that fit two alleles or sites equally, from which a flag is raised."""
RUN = 6
"""Bases of a run of one base, touching the window, from which a site is marked as homopolymer."""


class Executor(Protocol):
    """Applies a function to pieces of work and yields results in their order."""

    def map(self, function: Callable[[Any], Any], pieces: Sequence[Any]) -> Iterable[Any]:
        """Results in the order of `pieces`."""
        ...


@dataclass(frozen=True, slots=True)
class Carried:
    """Carry-over of one on-target site into one control sample; `made` is None where it can not be measured."""

    site: str
    sample: str
    made: CarryOver | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Flag:
    """What a reader must know before using the result: what, where (sample, site, or nothing), and the numbers."""

    flag: str
    where: str
    reason: str


@dataclass(frozen=True)
class PanelResult:
    """A panel: the sheet, counts of each sample in its order, calls of each site and event, carry-over, and flags."""

    sheet: Sheet
    settings: Settings
    samples: tuple[SampleCounts, ...]
    panel: Panel
    carried: tuple[Carried, ...]
    flags: tuple[Flag, ...]
    balances: tuple[AlleleBalance, ...] = ()

    def site(self, number: int, name: str) -> SiteSample | None:
        """A site in the sample of a row of the sheet; None where it has no counts there."""
        return next((s for s in self.samples[number].sites if s.site == name), None)

    def counted(self, samples: Iterable[Sample]) -> str:
        """What the counts of these samples are of: reads, or UMI families."""
        kinds = {"UMI families" if s.collapsed else "reads" for s in samples}
        return " or ".join(sorted(kinds, reverse=True)) or "reads"

    def rows_of(self, name: str, arm: str) -> list[tuple[Sample, SiteSample | None]]:
        """The samples of one arm that should hold a site, in the order of the sheet, with their counts."""
        return [
            (s, self.site(i, name))
            for i, s in enumerate(self.sheet.samples)
            if s.arm == arm and name in s.sites
        ]  # fmt: skip


def run_panel(
    sheet: Sheet, rule: CallRule, settings: Settings | None = None, executor: Executor | None = None
) -> PanelResult:
    """Count all samples of a sheet and call every site.

    `settings` say how reads are counted (with them, threads within a sample); `executor` may spread samples. Neither
    changes a result. Raises one ``ProgramError`` with every file that can not be used.
    """
    settings = settings or Settings()
    units = [Unit(s, tuple(t for t in sheet.targets if t.name in s.sites), settings) for s in sheet.samples]
    counted = tuple(executor.map(count_sample, units) if executor is not None else map(count_sample, units))
    problems = [p for c in counted for p in c.problems]
    if problems:
        raise ProgramError(problems)
    made = PanelResult(sheet, settings, counted, panel_calls([], rule), (), ())
    counts = [site_counts(made, target, event) for target in sheet.targets for event in events_for(target)]
    made = replace(made, panel=panel_calls(counts, rule))
    made = replace(made, carried=tuple(c for t in sheet.targets if t.on_target for c in _carried(made, t, rule.level)))
    balances = tuple(_balance(made, t, rule.level) for t in sheet.targets if t.haplotypes and not t.blurred)
    made = replace(made, balances=balances)
    return replace(made, flags=tuple(_flags(made)))


def _balance(made: PanelResult, target: PanelTarget, level: float) -> AlleleBalance:
    """The share of the first haplotype of a site in both arms."""
    arms = [
        [h.haplotypes for _, h in made.rows_of(target.name, arm) if h is not None and h.haplotypes is not None]
        for arm in ("treated", "control")
    ]
    return allele_balance(target.name, arms[0], arms[1], level)


def site_counts(made: PanelResult, target: PanelTarget, event: str) -> SiteCounts:
    """The replicates of one site and event, in the order of the sheet; a sample without reads has depth 0."""
    arms = []
    for arm in ("treated", "control"):
        replicates = []
        for sample, held in made.rows_of(target.name, arm):
            genomes = None if sample.dna_ng is None or sample.collapsed else genomes_in(sample.dna_ng)
            edited, depth = held.counts[event] if held is not None else (0, 0)
            replicates.append((edited, depth, genomes))
        arms.append(tuple(replicates))
    expected = target.on_target
    return SiteCounts(
        target.name, event, arms[0], arms[1], expected, has_run(target.amplicons[0]), target.failed
    )  # fmt: skip


def has_run(amplicon: Amplicon, least: int = RUN) -> bool:
    """Whether a run of one base touches the deciding window.

    >>> has_run(Amplicon("a", "ACGTTTTTTTGCA", windows={"w": (4, 5)})), has_run(Amplicon("a", "ACGTACGTACG"))
    (True, False)
    """
    window, start = set(amplicon.window), 0
    for i in range(1, len(amplicon.sequence) + 1):
        if i == len(amplicon.sequence) or amplicon.sequence[i] != amplicon.sequence[start]:
            if i - start >= least and window.intersection(range(start, i)):
                return True
            start = i
    return False


def _carried(made: PanelResult, target: PanelTarget, level: float) -> list[Carried]:
    """Carry-over of an on-target site into each control sample that has reads of it."""
    treated = [held for _, held in made.rows_of(target.name, "treated") if held is not None]
    depth = sum(h.reads for h in treated)
    found: dict[Any, int] = {}
    for h in treated:
        for allele, n in h.marks.items():
            found[allele] = found.get(allele, 0) + n
    marks = {allele for allele, n in found.items() if n >= FREQUENT * depth}
    fraction = sum(found[m] for m in marks) / depth if depth else 0.0
    rows = []
    for sample, held in made.rows_of(target.name, "control"):
        if held is None or not held.reads:
            continue
        if fraction < ENOUGH:
            told = "carry-over is not measured: treated has too few alleles that errors do not make"
            rows.append(Carried(target.name, sample.name, None, told))
            continue
        seen = sum(n for allele, n in held.marks.items() if allele in marks)
        one = carry_over(fraction, seen, held.reads, level=level)
        rows.append(Carried(target.name, sample.name, one, one.sentence))
    return rows


def _flags(made: PanelResult) -> list[Flag]:
    """All flags: of samples, of sites in samples, of carry-over, of arms, of the whole sheet."""
    found = []
    for sample, counts in zip(made.sheet.samples, made.samples, strict=True):
        what = made.counted((sample,))
        found += [Flag(name, f"sample {sample.name}", reason) for name, reason in counts.flags]
        few = [f"{s.site} ({s.reads})" for s in counts.sites if s.reads < FEW_READS]
        if few:
            listed = ", ".join(few[:8]) + (f" and {len(few) - 8} more" if len(few) > 8 else "")
            found.append(Flag("few_reads", f"sample {sample.name}", f"fewer than {FEW_READS} {what}: {listed}"))
        for s in counts.sites:
            if s.ambiguous > UNCLEAR * (s.reads + s.ambiguous):
                told = (
                    f"{s.ambiguous} {what} fit two alleles or sites equally and are in no count, {s.reads} are counted"
                )
                found.append(Flag("ambiguous_site", f"sample {sample.name}, site {s.site}", told))
    for c in made.carried:
        if c.made is not None and c.made.flagged:
            found.append(Flag("index_hopped_mock", f"sample {c.sample}, site {c.site}", c.sentence))
    found += _haplotype_flags(made)
    for target in made.sheet.targets:
        if target.on_target:
            found += _arm_flags(made, target)
    for what in ("place", "tissue", "day"):
        values = {getattr(s, what) for s in made.sheet.samples} - {"", None}
        if len(values) > 1:
            told = f"samples of several values of {what} are read as replicates of one arm"
            found.append(Flag("mixed_samples", "", told))
    return found


def _haplotype_flags(made: PanelResult) -> list[Flag]:
    """Allele balance that shifts, and sites whose haplotypes no marker parts."""
    found = [
        Flag(f"allele_balance_{b.state}", f"site {b.site}", b.sentence)
        for b in made.balances
        if b.state in ("shifted", "unclear")
    ]
    blurred = [t for t in made.sheet.targets if t.blurred]
    return found + [Flag("haplotypes_not_told_apart", f"site {t.name}", BLURRED) for t in blurred]


def _arm_flags(made: PanelResult, target: PanelTarget) -> list[Flag]:
    """Control higher than treated at an on-target site, and control samples that look treated."""
    event, where, found = events_for(target)[0], f"site {target.name}", []
    sums = {}
    for arm in ("treated", "control"):
        held = [h.counts[event] for _, h in made.rows_of(target.name, arm) if h is not None]
        sums[arm] = (sum(k for k, _ in held), sum(n for _, n in held))
    (k1, n1), (k2, n2) = sums["treated"], sums["control"]
    if not n1 or not n2:
        return []
    if clopper_pearson(k2, n2)[0] > clopper_pearson(k1, n1)[1]:
        what = made.counted(made.sheet.samples)
        told = f"{event}: {k2} of {n2} {what} in control, {k1} of {n1} in treated: were the arms exchanged?"
        found.append(Flag("arms_swapped", where, told))
    for arm, own, other in (("treated", k1 / n1, k2 / n2), ("control", k2 / n2, k1 / n1)):
        for sample, one in made.rows_of(target.name, arm):
            if one is None or not one.counts[event][1] or abs(own - other) < ENOUGH:
                continue
            share = one.counts[event][0] / one.counts[event][1]
            if abs(share - other) < abs(share - own):
                told = f"{event}: {100 * share:.2g} % in this {arm} sample, nearer to the other arm: was it exchanged?"
                found.append(Flag("sample_unlike_its_arm", f"sample {sample.name}, site {target.name}", told))
    return found
