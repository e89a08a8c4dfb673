"""One sample of a panel: its reads over all its sites, reduced to the counts that the panel needs.

Events that are counted, by class of editor (fixed by the site's description, never by the data):

- nuclease: ``indel``;
- base: ``intended_edit`` where one is expected, ``any_conversion`` in the wide window, ``indel``;
- prime and donor: ``intended_edit`` (the expected allele in the window, with or without more), and ``indel``.

Depth holds the reads whose state is known. Only these counts leave the worker, so that memory follows one sample.

Cannot see: whether a file with no read is a failed library or the wrong file; it gives no counts and a flag.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from proband.core.errors import Problem, ProgramError
from proband.science.amplicon.amplicon import Amplicon
from proband.science.amplicon.haplotypes import (
    FIRST,
    SECOND,
    UNDETERMINED,
    chosen_reads,
    haplotype_of_reads,
)
from proband.science.amplicon.locus_events import LocusEvents, Signature, changes_between, locus_events, repeat_length
from proband.science.amplicon.locus_reads import LocusReads, locus_reads
from proband.science.amplicon.outcome_tables import Outcomes, Unknown
from proband.science.amplicon.outcomes import editor_class, outcomes
from proband.science.amplicon.outcomes_base import BaseView, base_view
from proband.science.amplicon.outputs import flags
from proband.science.amplicon.quantify import Quantified, Settings, count_unique, quantify
from proband.science.amplicon.sheet import Sample
from proband.science.amplicon.sheet_sites import PanelTarget
from proband.science.amplicon.umi import UmiRule, umi_rule

EVENTS = {
    "nuclease": ("indel",),
    "base": ("any_conversion", "indel"),
    "prime": ("intended_edit", "indel"),
    "donor": ("intended_edit", "indel"),
}
"""Events by class; ``intended_edit`` comes first where an allele is expected."""


def events_for(target: PanelTarget) -> tuple[str, ...]:
    """The events that are counted at a site, the one that decides first."""
    kind = editor_class(target.target)
    if target.blurred:
        return ("indel",)
    expected = bool(target.target.expected or target.target.prime)
    listed = tuple(e for e in EVENTS[kind] if e != "intended_edit")
    return ("intended_edit", *listed) if expected else listed


@dataclass(frozen=True)
class SiteSample:
    """One site in one sample: assigned reads, (edited, depth) by event, reads by event signature, and outcomes.

    `marks` holds the reads of alleles that errors hardly make, from which carry-over is measured. `sizes` are reads
    by indel size; `bases` (6, amplicon) the nucleotides at each base of the reference amplicon, on-target sites only.
    `haplotypes` are reads of the first and the second haplotype and undetermined ones, on the first one's row alone.
    """

    site: str
    reads: int
    ambiguous: int
    unmodified: int
    counts: dict[str, tuple[int, int]]
    signatures: dict[Signature, int]
    marks: dict[tuple[Signature, ...], int]
    sizes: dict[int, int]
    outcomes: Outcomes
    bases: tuple[tuple[int, ...], ...] = ()
    haplotypes: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class SampleCounts:
    """One sample: where its reads went, its flags, and its sites; `problems` where its files can not be used.

    With `umi`, `reads` counts families, and `umi` says where the reads went.
    """

    sample: str
    reads: dict[str, int] = field(default_factory=dict)
    digests: tuple[str, ...] = ()
    flags: tuple[tuple[str, str], ...] = ()
    sites: tuple[SiteSample, ...] = ()
    problems: tuple[Problem, ...] = ()
    umi: dict[str, object] | None = None


@dataclass(frozen=True)
class Unit:
    """What a worker is given: a sample, the sites in its files, and how reads are counted."""

    sample: Sample
    targets: tuple[PanelTarget, ...]
    settings: Settings


def count_sample(unit: Unit) -> SampleCounts:
    """Count one sample; unusable files come back as problems, files without a read as a flag."""
    name, targets = unit.sample.name, [t for t in unit.targets if not t.failed]
    if not unit.sample.reads:
        return SampleCounts(name, flags=(("sample_failed", unit.sample.failed),))
    if not targets:
        return SampleCounts(name, flags=(("no_site", "every site of this sample is marked as failed"),))
    try:
        q = quantify(unit.sample.reads, amplicons_counted(targets), settings_for(unit))
    except ProgramError as e:
        if all(p.found == "no record" for p in e.problems):
            return SampleCounts(name, flags=(("no_reads", "the file holds no read"),))
        return SampleCounts(name, problems=tuple(replace(p, file=f"sample {name}: {p.file}") for p in e.problems))
    reads = {
        "in": q.reads_in, "filtered": q.filtered, "unaligned": q.unaligned, "ambiguous": q.ambiguous,
        "assigned": q.assigned,
    }  # fmt: skip
    raised = tuple((f["flag"], f["reason"]) for f in flags(q) if f["flag"] != "amplicon_without_reads")
    umi = q.reads.umi.told() if q.reads.umi else None
    made = tuple(s for t in targets if not t.haplotype_of for s in _sites(q, t, targets))
    return SampleCounts(name, reads, q.reads.digests, raised, made, umi=umi)


def amplicons_counted(targets: Sequence[PanelTarget]) -> list[Amplicon]:
    """The amplicons that reads are compared with: of two haplotypes the first one's, on which markers are read."""
    return [a for t in targets if not t.haplotype_of for a in t.amplicons]


def _sites(q: Quantified, target: PanelTarget, targets: Sequence[PanelTarget]) -> list[SiteSample]:
    """A site, or its two haplotypes, each counted by itself on its own sequence."""
    others = [t for t in targets if t.haplotype_of == target.name]
    if target.haplotypes is None or not others:
        return [_site(q, target)]
    reads = locus_reads(q, target.name)
    side = haplotype_of_reads(reads, target.haplotypes.markers)
    undetermined = reads.reads(side == UNDETERMINED)
    split, unknown = [], reads.unknown.ambiguous + undetermined
    for number, one in ((FIRST, target), (SECOND, others[0])):
        rows = reads.rows[side == number]
        alone = count_unique(chosen_reads(q, rows), one.amplicons, q.settings)
        lost = alone.reads_in - alone.assigned
        split.append(_with_unknown(_site(alone, one), unknown + lost))
    held = split[0].reads, split[1].reads, reads.total - split[0].reads - split[1].reads
    return [replace(split[0], haplotypes=held), split[1]]


def _with_unknown(site: SiteSample, unknown: int) -> SiteSample:
    """A site whose undetermined reads may be of either haplotype: bounds of outcomes count them."""
    rows = tuple(replace(r, unknown=Unknown(unknown, None)) for r in site.outcomes.rows)
    return replace(site, ambiguous=unknown, outcomes=replace(site.outcomes, rows=rows))


def settings_for(unit: Unit) -> Settings:
    """How the reads of a sample are counted: its sheet says where identifiers are, the settings what a family is."""
    if not unit.sample.umi:
        return replace(unit.settings, umi=None)
    rule = unit.settings.umi or UmiRule()
    return replace(unit.settings, umi=umi_rule(unit.sample.umi, rule.min_reads, rule.join))


def _site(q: Quantified, target: PanelTarget) -> SiteSample:
    reads = locus_reads(q, target.name)
    events = locus_events(reads)
    view = base_view(reads, target.target) if editor_class(target.target) == "base" else None
    kept = _signatures(reads, events, view)
    return SiteSample(
        target.name,
        reads.total,
        reads.unknown.ambiguous,
        reads.reads(reads.flags == 0),
        {event: _count(reads, view, event) for event in events_for(target)},
        kept,
        _marks(reads, events, view, target) if target.on_target else {},
        _sizes(reads),
        _told(outcomes(q, target.target, target.frame), target),
        _bases(reads) if target.on_target else (),
    )


BLURRED = (
    "the patient's other haplotype reads as a corrected one: no marker parts them, and only insertions and deletions "
    "are told"
)


NORMAL = "this haplotype makes the wanted protein without an edit: that is not counted as corrected"


def _told(made: Outcomes, target: PanelTarget) -> Outcomes:
    """Outcomes without those that an unedited read of the normal allele passes for."""
    frame = target.frame
    if target.haplotype_of and frame is not None and frame.present == frame.wanted:
        kept = tuple(r for r in made.rows if r.outcome not in ("exact_protein", "open_reading_frame"))
        return replace(made, rows=kept, missing=(*made.missing, NORMAL))
    if not target.blurred:
        return made
    kept = tuple(r for r in made.rows if r.outcome in ("indel", "insertion", "deletion", "indel_size"))
    return replace(made, rows=kept, missing=(*made.missing, BLURRED))


def _count(reads: LocusReads, view: BaseView | None, event: str) -> tuple[int, int]:
    """Reads with an event, and the reads whose state is known."""
    if event == "indel":
        return reads.reads(reads.indel()), reads.total
    if view is None:
        edited = reads.amplicon == reads.members[1]
        return reads.reads(edited), reads.total
    positions = view.intended if event == "intended_edit" else view.editable
    known, hit = view.read(positions), view.converted(positions)
    shown = hit.all(axis=1) if event == "intended_edit" else hit.any(axis=1)
    return reads.reads(shown & known), reads.reads(known)


def _signatures(reads: LocusReads, events: LocusEvents, view: BaseView | None) -> dict[Signature, int]:
    """Reads with each event of the reference amplicon that its editor could have made, the edit's own included."""
    first = reads.members[0]
    made: Counter[Signature] = Counter()
    weights = np.zeros(len(events.signatures), np.int64)
    np.add.at(weights, events.number, reads.weights[events.owner])
    for s, n in zip(events.signatures, weights.tolist(), strict=True):
        if s.amplicon == first and (s.kind != "substitution" or _is_conversion(reads, s, view)):
            made[replace(s, amplicon=0)] += n
    for k in reads.members[1:]:
        amplicon = reads.q.amplicons[k]
        if amplicon.parent:
            continue
        reference = reads.q.amplicons[first]
        n = reads.reads(reads.amplicon == k)
        for s in changes_between(0, reference, amplicon.sequence, reference.cuts):
            made[s] += n
    return {s: n for s, n in sorted(made.items()) if n}


def _is_conversion(reads: LocusReads, s: Signature, view: BaseView | None) -> bool:
    """Whether a substitution is the editor's conversion of a base of the wide window."""
    if view is None:
        return False
    site = reads.q.amplicons[reads.members[0]].sites[0]
    position = s.start - site.start + 1 if site.strand == "+" else site.end - s.start
    to = "ACGT".find(s.bases)
    gained = to if site.strand == "+" else 3 - to
    return position in view.editable and gained == view.conversion[1]


def _marks(
    reads: LocusReads, events: LocusEvents, view: BaseView | None, target: PanelTarget
) -> dict[tuple[Signature, ...], int]:
    """Reads of alleles that errors hardly make.

    They are: an indel of two bases or more that is no unit of a tandem repeat; two or more conversions of the editor;
    for prime and donor, the expected allele where it differs in two bases or more.
    """
    marked = [_is_mark(s, reads.q.amplicons[s.amplicon].sequence) for s in events.signatures]
    conversion = [s.kind == "substitution" and _is_conversion(reads, s, view) for s in events.signatures]
    made: Counter[tuple[Signature, ...]] = Counter()
    first = reads.members[0]
    held = [replace(s, amplicon=s.amplicon - first) for s in events.signatures]
    apart = {k: _apart(reads, k) for k in reads.members}
    for r, numbers in enumerate(events.alleles(len(reads.rows))):
        if any(marked[i] for i in numbers) or sum(conversion[i] for i in numbers) >= 2:
            made[tuple(held[i] for i in numbers)] += int(reads.weights[r])
        elif apart[int(reads.amplicon[r])] >= 2 and not numbers:
            made[(Signature(int(reads.amplicon[r]) - first, "allele", 0, 0, ""),)] += int(reads.weights[r])
    return dict(sorted(made.items()))


def _is_mark(s: Signature, sequence: str) -> bool:
    if s.kind == "substitution" or s.length < 2:
        return False
    if s.kind == "insertion":
        beside = sequence[s.start : s.start + s.length], sequence[max(s.start - s.length, 0) : s.start]
        return s.bases not in beside or len(set(s.bases)) > 1
    return repeat_length(sequence, s.start, s.length) < s.length


def _apart(reads: LocusReads, k: int) -> int:
    """In how many bases an allele of the locus differs from the reference amplicon."""
    first = reads.q.amplicons[reads.members[0]]
    if k == reads.members[0]:
        return 0
    return sum(s.length for s in changes_between(0, first, reads.q.amplicons[k].sequence, first.cuts))


def _sizes(reads: LocusReads) -> dict[int, int]:
    """Reads with an indel by inserted less deleted bases."""
    summed, indel = reads.q.classified.summary[reads.rows], reads.indel()
    sizes = summed[:, 2].astype(np.int64) - summed[:, 1]
    values, at = np.unique(sizes[indel], return_inverse=True)
    counts = np.bincount(at, weights=reads.weights[indel], minlength=len(values))
    return {int(v): int(n) for v, n in zip(values, counts, strict=True)}


def _bases(reads: LocusReads) -> tuple[tuple[int, ...], ...]:
    """Reads of the reference amplicon at each base as A, C, G, T, N, missing."""
    k = reads.members[0]
    low, high = reads.q.classified.offsets[k], reads.q.classified.offsets[k + 1]
    return tuple(tuple(row) for row in reads.q.classified.nucleotides[:, low:high].tolist())
