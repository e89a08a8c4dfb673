"""A long-read study from its sheet: every sample read once per target, events and junctions called against control.

Counts per target and event (or pair of places) become `SiteCounts` with genomes from the DNA input, and
`treated_control.panel_calls` calls all of them by one rule fixed before the data, with limits of blank and detection.
A target without control has no answer: its background is not known.

Libraries: ``amplicon`` and ``whole`` tell large events, ``anchored`` and ``whole`` junctions. Events and junctions are
two panels, because their backgrounds have nothing in common.

Cannot see: which of the events of one read came first; molecules behind amplified reads, but through DNA input,
identifiers or ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from proband.core.errors import Problem, ProgramError
from proband.science.stats.detection_limit import genomes_in
from proband.science.stats.treated_control import CallRule, Panel, SiteCounts, panel_calls
from proband.science.structural.events import Classified, EventRow, EventRules, classify, event_rows
from proband.science.structural.junctions import Joined, JunctionRules, junctions
from proband.science.structural.locus import Locus
from proband.science.structural.sheet import LongSample, LongSheet
from proband.science.structural.sizes import SizeLimit, size_limits
from proband.science.structural.traces import ReadRules, read_traces

EVENTS = ("any_large_event", "deletion_up_to_1000", "deletion_above_1000", "insertion", "inversion", "complex")
"""Events that are called at each target, the one that decides first; 1,000 bases part small from large deletions."""
UNRESOLVED, PARTIAL = 0.2, 0.5
"""Shares of a sample's placed reads from which a flag is raised."""
FEW_READS = 1000


@dataclass(frozen=True)
class SampleAtTarget:
    """One sample at one target: its events (None where its library tells none), and junctions (likewise)."""

    sample: LongSample
    target: Locus
    classified: Classified | None
    rows: tuple[EventRow, ...]
    joined: Joined | None
    digest: str
    source: str
    left_out: dict[str, int]
    filtered: dict[str, int]


@dataclass(frozen=True, slots=True)
class Flag:
    """What a reader must know before using the result: what, where, and the numbers."""

    flag: str
    where: str
    reason: str


@dataclass(frozen=True)
class Study:
    """A study: its sheet and rules, each sample at each target, the two panels, limits by size and target, flags."""

    sheet: LongSheet
    events: EventRules
    reads: ReadRules
    held: tuple[SampleAtTarget, ...]
    event_panel: Panel
    junction_panel: Panel
    sizes: dict[str, tuple[SizeLimit, ...]]
    flags: tuple[Flag, ...]

    def of(self, target: str, arm: str) -> list[SampleAtTarget]:
        """The samples of an arm at a target, in the order of the sheet."""
        return [h for h in self.held if h.target.name == target and h.sample.arm == arm]


def run_study(
    sheet: LongSheet, rule: CallRule, events: EventRules | None = None, reads: ReadRules | None = None
) -> Study:
    """Read every sample and call every target and pair.

    Raises one ``ProgramError`` with every file that can not be used, and for a panel without any sample that tells
    something.
    """
    events, reads = events or EventRules(), reads or ReadRules()
    held: list[SampleAtTarget] = []
    problems: list[Problem] = []
    for sample in sheet.samples:
        for target in sheet.targets:
            try:
                held.append(_sample(sample, target, sheet, events, reads))
            except ProgramError as e:
                problems += [replace(p, file=f"sample {sample.name}: {p.file}") for p in e.problems]
    if problems:
        raise ProgramError(list(dict.fromkeys(problems)))
    nothing = panel_calls([], rule)
    made = Study(sheet, events, reads, tuple(held), nothing, nothing, {}, ())
    event_counts = [_counts(made, t, e) for t in sheet.targets for e in EVENTS if _tells(made, t, False)]
    pair_counts = [_pair(made, t, s) for t in sheet.targets for s in sheet.sites if _tells(made, t, True)]
    made = replace(
        made, event_panel=panel_calls(event_counts, rule), junction_panel=panel_calls(pair_counts, rule)
    )  # fmt: skip
    sizes = {t.name: _sizes(made, t) for t in sheet.targets if _tells(made, t, False)}
    return replace(made, sizes=sizes, flags=tuple(_flags(made)))


def _sample(
    sample: LongSample, target: Locus, sheet: LongSheet, events: EventRules, reads: ReadRules
) -> SampleAtTarget:
    nothing = SampleAtTarget(sample, target, None, (), None, "", "", {}, {})
    if sample.reads is None:
        return nothing
    classified, rows, joined, told = None, (), None, None
    try:
        if sample.library != "anchored":
            told = read_traces(sample.reads, [target], reads)
            classified = classify(told, target, events)
            rows = event_rows(classified)
        if sample.library != "amplicon" and sheet.sites:
            molecules = "reads" if sample.molecules == "collapsed" else sample.molecules
            loci = [target, *sheet.sites]
            told = read_traces(sample.reads, loci, replace(reads, umi=molecules == "umi"))
            rules = JunctionRules(anchored=sample.library == "anchored", molecules=molecules)
            joined = junctions(told, loci, rules)
    except ProgramError as e:
        if all(p.found == "no record" for p in e.problems):
            return nothing
        raise
    if told is None:
        return nothing
    return SampleAtTarget(
        sample, target, classified, rows, joined, told.digest, told.source, told.left_out, told.filtered
    )  # fmt: skip


def event_count(made: Classified, event: str) -> int:
    """Reads of an event of `EVENTS`; raises ``ValueError`` for another."""
    if event == "any_large_event":
        return sum(bool(held) for held in made.events)
    if event == "deletion_up_to_1000":
        return made.count("deletion", most=1000)
    if event == "deletion_above_1000":
        return made.count("deletion", least=1001)
    if event not in EVENTS:
        raise ValueError(f"{event!r} is not one of {', '.join(EVENTS)}")
    return made.count(event)


def _tells(made: Study, target: Locus, of_junctions: bool) -> bool:
    """Whether any sample has events (or junctions) of a target."""
    wanted = ("anchored", "whole") if of_junctions else ("amplicon", "whole")
    return any(h.sample.library in wanted for h in made.held if h.target.name == target.name)


def _genomes(s: LongSample, molecules: tuple[str, ...]) -> float | None:
    """Genomes put in, where known and where what is counted are not molecules already."""
    return None if s.dna_ng is None or s.molecules in molecules else genomes_in(s.dna_ng)


def _counts(made: Study, target: Locus, event: str) -> SiteCounts:
    arms = []
    for arm in ("treated", "control"):
        held = [h for h in made.of(target.name, arm) if h.sample.library != "anchored"]
        arms.append(
            tuple(
                (event_count(h.classified, event) if h.classified else 0, h.classified.depth if h.classified else 0,
                 _genomes(h.sample, ("collapsed",)))
                for h in held
            )
        )  # fmt: skip
    return SiteCounts(target.name, event, arms[0], arms[1])


def pair_name(target: str, site: str) -> str:
    """How a pair of places is called.

    >>> pair_name("CPS1", "OT1")
    'CPS1 with OT1'
    """
    return f"{target} with {site}"


def _pair(made: Study, target: Locus, site: Locus) -> SiteCounts:
    number = 1 + [s.name for s in made.sheet.sites].index(site.name)
    arms = []
    for arm in ("treated", "control"):
        held = [h for h in made.of(target.name, arm) if h.sample.library != "amplicon"]
        arms.append(
            tuple(
                (
                    h.joined.of_site(number) if h.joined else 0,
                    h.joined.depth if h.joined else 0,
                    _genomes(h.sample, ("collapsed", "umi", "ends")),
                )
                for h in held
            )
        )
    return SiteCounts(pair_name(target.name, site.name), "junction", arms[0], arms[1])


def _sizes(made: Study, target: Locus) -> tuple[SizeLimit, ...]:
    """Limits by size at a target, for the treated samples."""
    held = [h for h in made.of(target.name, "treated") if h.classified]
    limits = {r.event: r.lod for r in made.event_panel.results if r.site == target.name}
    amplified = any(h.sample.library == "amplicon" for h in held)
    lengths = [h.classified.lengths for h in held if h.classified]
    return size_limits(target, lengths, amplified, made.events.flank, limits)


def _flags(made: Study) -> list[Flag]:
    found = []
    for h in made.held:
        where = f"sample {h.sample.name}, {h.target.name}"
        if h.sample.failed:
            found.append(Flag("sample_failed", where, h.sample.failed))
        elif h.classified is None and h.joined is None:
            if h.sample.library == "anchored" and not made.sheet.sites:
                found.append(Flag("no_site", where, "the table of loci names no nominated site"))
            else:
                found.append(Flag("no_reads", where, "the file holds no read"))
        counted = h.classified or h.joined
        if counted is not None and counted.reads_in and counted.classes["filtered"] == counted.reads_in:
            told = ", ".join(f"{n} {k.replace('_', ' ')}" for k, n in h.filtered.items())
            found.append(Flag("all_filtered", where, f"no read passes the filters: {told}"))
        if h.classified is not None:
            found += _event_flags(h, h.classified, where)
        if h.joined is not None and h.joined.depth < FEW_READS:
            told = f"{h.joined.depth} molecules reach the cut"
            found.append(Flag("few_molecules", where, told))
        if h.joined is not None and h.sample.molecules == "reads":
            told = "every read counts: copies of one molecule count again; give identifiers or count ends"
            found.append(Flag("reads_not_molecules", where, told))
    return found


def _event_flags(h: SampleAtTarget, made: Classified, where: str) -> list[Flag]:
    found = []
    if made.depth < FEW_READS:
        found.append(Flag("few_reads", where, f"{made.depth} reads have an answer"))
    placed = made.depth + made.classes["partial"] + made.classes["unresolved"]
    for name, share in (("unresolved", UNRESOLVED), ("partial", PARTIAL)):
        if placed and made.classes[name] > share * placed:
            told = f"{made.classes[name]} of {placed} placed reads are {name}: what they carry is not known"
            found.append(Flag(f"many_{name}", where, told))
    if h.sample.library == "amplicon" and made.depth and 2 * float(np.median(made.lengths)) < h.target.length:
        told = f"half of the reads with an answer are shorter than half of the amplicon ({h.target.length} bases)"
        found.append(Flag("short_reads", where, told))
    total = made.reads_in - made.classes["filtered"]
    if total and made.classes["unaligned"] > 0.5 * total:
        told = f"{made.classes['unaligned']} of {total} reads fit nowhere on the locus: is it the right one?"
        found.append(Flag("wrong_locus", where, told))
    return found


def worst(results: Sequence[float | None]) -> float | None:
    """The greatest of some limits; None where one is not known.

    >>> worst([0.1, 0.2]), worst([0.1, None]), worst([])
    (0.2, None, None)
    """
    known = [x for x in results if x is not None]
    return max(known) if known and len(known) == len(results) else None
