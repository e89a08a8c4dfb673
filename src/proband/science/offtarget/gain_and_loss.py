"""What a person's variants do to sites of the reference: unchanged, altered, created, destroyed, PAM gained or lost.

A site of a copy and one of the reference are the same where guide, strand and the reference base of the PAM's first
forward base are the same. Then the change is *altered* where their alignments differ, else *unchanged*. A site of a
copy without its like in the reference is *PAM gained* where the reference has no admitted PAM at that base, else
*created*; one of the reference without its like on a copy is *PAM lost* where that copy has no admitted PAM there, else
*destroyed*. Where an indel lies in a repeat and its place is a convention, one site can seem lost at one base and
created at another, letter for letter the same: such pairs are one unchanged site.

`variants` of a row are the edits that its footprint touches, on the copy or (where they changed it) in the reference;
no others are credited. *Undetermined*: a site of the reference beside an edit around which not every reading of the
calls was searched.

Cannot see: whether a copy with a possible reading exists, and what a site does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from proband.science.offtarget.edits import ALWAYS, HEMIZYGOUS, Bases, Edits, exclude
from proband.science.offtarget.guide import Guide, Limits
from proband.science.offtarget.haplotypes import CopySearch, CopySite, longest_footprints, reach_of, shortest
from proband.science.offtarget.sites import Hits, footprint_codes, written
from proband.science.offtarget.variant_windows import Reading, groups_of

UNCHANGED, ALTERED, CREATED, DESTROYED = "unchanged", "altered", "created", "destroyed"
PAM_GAINED, PAM_LOST, UNDETERMINED = "pam_gained", "pam_lost", "undetermined"
CHANGES = (UNCHANGED, ALTERED, CREATED, PAM_GAINED, DESTROYED, PAM_LOST, UNDETERMINED)


@dataclass(frozen=True, slots=True)
class ReferenceSite:
    """A site of the reference with its canonical alignment; coordinates 0-based half-open."""

    guide: int
    contig: str
    strand: int
    pam_start: int
    start: int
    end: int
    spacer: str
    protospacer: str
    pam: str
    mismatches: int
    dna_bulges: int
    rna_bulges: int

    @property
    def alignment(self) -> tuple[str, str, str]:
        """Aligned spacer, aligned protospacer, PAM."""
        return self.spacer, self.protospacer, self.pam


def place_key(copy: CopySite | None, reference: ReferenceSite | None) -> tuple[int, int, int, int]:
    """The place in order of a site as a copy holds it, else as the reference does."""
    if copy is not None:
        return copy.guide, copy.pam_start.reference, copy.pam_start.inserted, -copy.strand
    assert reference is not None
    return reference.guide, reference.pam_start, 0, -reference.strand


@dataclass(frozen=True, slots=True)
class PatientSite:
    """One site in one state: what changed, on which copies (`readings`), by which edits."""

    change: str
    copy: CopySite | None
    """The site as the copy holds it; None where the copy is the reference there, or has no site."""
    reference: ReferenceSite | None
    edits: tuple[int, ...]
    readings: frozenset[Reading]

    @property
    def key(self) -> tuple[int, int, int, int]:
        """Guide, PAM start (reference base, inserted bases), strand turned for order."""
        return place_key(self.copy, self.reference)


@dataclass(frozen=True, slots=True)
class Account:
    """Rows of one contig, in the order of sites; and the sites of the reference that no edit is near, by index."""

    rows: tuple[PatientSite, ...]
    untouched: npt.NDArray[np.intp]

    def counts(self) -> dict[str, int]:
        """How many rows show each change; sites that no edit is near count as unchanged."""
        made = dict.fromkeys(CHANGES, 0)
        for row in self.rows:
            made[row.change] += 1
        made[UNCHANGED] += len(self.untouched)
        return made


def account_for(
    edits: Edits,
    copies: CopySearch,
    reference: Hits,
    genome: Bases,
    guides: Sequence[Guide],
    limits: Limits,
    k: int = 10,
) -> Account:
    """Hold the sites of the copies of one contig against the sites of the reference there.

    `reference`: sites of the whole contig, found with the same guides and limits. `k`: as in the search of copies.
    """
    low, high = longest_footprints(reference, guides, limits)
    near = _near_any(edits, low, high)
    at: dict[tuple[int, int, int], list[CopySite]] = {}
    for site in copies.sites:
        if not site.pam_start.inserted:
            at.setdefault((site.guide, site.strand, site.pam_start.reference), []).append(site)
    rows: list[PatientSite] = []
    met = set()
    group = groups_of(edits, reach_of(guides, limits))
    comparison = _Comparison(edits, group, genome, guides, {u.label for u in copies.pieces.unsearched}, 1 << k)
    for h in np.flatnonzero(near).tolist():
        site = reference_site(reference, h, edits.contig, genome, guides)
        key = (site.guide, site.strand, site.pam_start)
        met.add(key)
        rows += comparison.rows(site, int(low[h]), int(high[h]), at.get(key, []))
    for site in copies.sites:
        if site.pam_start.inserted or (site.guide, site.strand, site.pam_start.reference) not in met:
            rows.append(PatientSite(comparison.gain(site), site, None, site.edits, site.readings))
    rows = _same_elsewhere(rows, edits)
    rows.sort(key=lambda r: (*r.key, CHANGES.index(r.change), r.edits, sorted(r.readings)))
    return Account(tuple(rows), np.flatnonzero(~near))


def reference_site(hits: Hits, h: int, contig: str, genome: Bases, guides: Sequence[Guide]) -> ReferenceSite:
    """Site h of a search of the reference, with its alignment in letters."""
    start, end, strand, number = (int(x[h]) for x in (hits.start, hits.end, hits.strand, hits.guide))
    text = written(guides[number], footprint_codes(genome.codes(contig, start, end), 0, end - start, strand),
                   hits.columns[h])  # fmt: skip
    counts = int(hits.mismatches[h]), int(hits.dna_bulges[h]), int(hits.rna_bulges[h])
    words = text.spacer, text.protospacer, text.pam
    return ReferenceSite(number, contig, strand, int(hits.pam_start[h]), start, end, *words, *counts)


def _near_any(edits: Edits, low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether an edit changes what lies in [low, high): its bases overlap, or it is an insertion inside."""
    if not len(edits):
        return np.zeros(len(low), np.bool_)
    before = np.searchsorted(edits.start, high, "left")
    reach = np.maximum.accumulate(edits.end)
    return (before > 0) & (reach[np.maximum(before, 1) - 1] > low)


def near_edits(edits: Edits, reach: npt.NDArray[np.int64], low: int, high: int) -> list[int]:
    """Edits that change what lies in [low, high); `reach`: the largest end of the edits up to each."""
    last = int(np.searchsorted(edits.start, high, "left"))
    first = int(np.searchsorted(reach[:last], low, "right"))
    return [i for i in range(first, last) if int(edits.end[i]) > low]


class _Comparison:
    """Sites of the reference beside edits, held against the sites of the copies at the same base."""

    def __init__(
        self,
        edits: Edits,
        group: npt.NDArray[np.int64],
        genome: Bases,
        guides: Sequence[Guide],
        unsearched: set[str],
        most: int,
    ) -> None:
        self.group = group
        self.edits, self.genome, self.guides, self.most = edits, genome, guides, most
        self.reach = np.maximum.accumulate(edits.end) if len(edits) else edits.end
        self.unsearched = unsearched

    def near(self, low: int, high: int) -> list[int]:
        """Edits that change what lies in [low, high)."""
        return near_edits(self.edits, self.reach, low, high)

    def rows(self, site: ReferenceSite, low: int, high: int, there: list[CopySite]) -> Iterator[PatientSite]:
        """The states of one site of the reference on the copies."""
        near = self.near(low, high)
        units = sorted({int(self.edits.unit[i]) for i in near} - {ALWAYS})
        states: dict[tuple[str, tuple[int, ...]], set[Reading]] = {}
        altered: list[CopySite] = []
        for copy in there:
            if copy.alignment == site.alignment:
                states.setdefault((UNCHANGED, ()), set()).update(copy.readings)
            else:
                altered.append(copy)
        if self._number(units) > self.most:
            yield PatientSite(UNDETERMINED, None, site, tuple(near), frozenset())
        else:
            for reading in self._readings(units, near):
                for change, edits, whole in self._states(site, near, there, reading):
                    states.setdefault((change, edits), set()).add(whole)
        for copy in altered:
            touched = set(copy.edits)
            for reading in copy.readings:
                touched |= set(self._applied(self.near(site.start, site.end), dict(reading)))
            yield PatientSite(ALTERED, copy, site, tuple(sorted(touched)), copy.readings)
        for (change, edits), readings in states.items():
            yield PatientSite(change, None, site, edits, shortest(readings, self.edits.options))

    def _states(
        self, site: ReferenceSite, near: list[int], there: list[CopySite], reading: dict[int, int]
    ) -> Iterator[tuple[str, tuple[int, ...], Reading]]:
        """What becomes of the site by one reading, where no site of a copy tells it."""
        applied = self._applied(near, reading)
        whole = tuple(sorted(reading.items()))
        fitting = [r for copy in there for r in copy.readings if _agree(reading, r)]
        if not fitting:
            yield (*self._loss(site, applied, reading), whole) if applied else (UNCHANGED, (), whole)
            return
        more = sorted({unit for r in fitting for unit, _ in r} - set(reading))
        if not more or self._number(more) > self.most:
            return
        # Which of these readings a copy has room for is told by the whole group: no footprint touches two.
        group = self.group[near[0]]
        first, last = np.searchsorted(self.group, [group, group + 1]).tolist()
        for longer in self._readings(more, list(range(first, last)), reading):
            if not any(_agree(longer, r) for r in fitting):
                yield *self._loss(site, applied, longer), tuple(sorted(longer.items()))

    def _number(self, units: list[int]) -> int:
        made = 1
        for unit in units:
            made = min(made * int(self.edits.options[unit]), self.most + 1)
        return made

    def _readings(
        self, units: list[int], near: list[int], taken: Mapping[int, int] = MappingProxyType({})
    ) -> Iterator[dict[int, int]]:
        """Readings of `taken` and more units by which no two edits exclude each other."""
        for options in product(*(range(int(self.edits.options[u])) for u in units)):
            reading = {**taken, **dict(zip(units, options, strict=True))}
            applied = self._applied(near, reading)
            e = self.edits
            if not any(
                exclude(int(e.start[a]), int(e.end[a]), int(e.start[b]), int(e.end[b]))
                for n, a in enumerate(applied)
                for b in applied[n + 1 :]
            ):
                yield reading

    def _applied(self, near: list[int], reading: Mapping[int, int]) -> list[int]:
        e = self.edits
        return [
            i
            for i in near
            if e.unit[i] == ALWAYS or (int(e.unit[i]) in reading and int(e.mask[i]) >> reading[int(e.unit[i])] & 1)
        ]

    def _loss(self, site: ReferenceSite, applied: list[int], reading: Mapping[int, int]) -> tuple[str, tuple[int, ...]]:
        within = tuple(i for i in applied if self.edits.start[i] < site.end and self.edits.end[i] > site.start)
        if any(self.edits.label[i] in self.unsearched for i in applied):
            return UNDETERMINED, tuple(applied)
        guide = self.guides[site.guide]
        pam = self._bases_from(site.pam_start, len(guide.pam), reading)
        change = DESTROYED if admitted(guide, pam, site.strand) else PAM_LOST
        return change, within or tuple(applied)

    def _bases_from(self, base: int, count: int, reading: Mapping[int, int]) -> list[int]:
        """Codes of a copy from one of its reference bases on; none where the copy lacks it."""
        e, made, at = self.edits, [], base
        length = self.genome.length(e.contig)
        for i in self._applied(self.near(base, min(length, base + count + SPREAD)), reading):
            start, end = int(e.start[i]), int(e.end[i])
            new = e.new_bases(i).tolist()
            if start < base:  # its first new bases stand for the bases before this one
                if base - start >= len(new):
                    return []
                made, at = new[base - start :], end
                continue
            made += self.genome.codes(e.contig, at, max(at, start)).tolist()
            if at == base and start == base < end and not new:
                return []
            made, at = made + new, end
            if len(made) >= count:
                break
        made += self.genome.codes(e.contig, at, min(length, at + count)).tolist()
        return made[:count]

    def gain(self, site: CopySite) -> str:
        """How a site came to be that the reference lacks."""
        guide, base = self.guides[site.guide], site.pam_start.reference
        if site.pam_start.inserted:
            return CREATED
        end = min(self.genome.length(site.contig), base + len(guide.pam))
        held = self.genome.codes(site.contig, base, end).tolist()
        return CREATED if admitted(guide, held, site.strand) else PAM_GAINED


SPREAD = 64
"""Bases beyond a PAM in which edits of the same copy are looked for; deletions behind them do not shift its letters."""


def admitted(guide: Guide, forward: Sequence[int], strand: int) -> bool:
    """Whether codes of the forward strand are a PAM that the guide's pattern admits."""
    codes = list(forward) if strand > 0 else [3 - c if c < 4 else c for c in reversed(forward)]
    return len(codes) == len(guide.pam) and all(
        c < 4 and int(bits) >> c & 1 for c, bits in zip(codes, guide.pam_bits, strict=True)
    )


def _agree(reading: Mapping[int, int], other: Reading) -> bool:
    return all(reading.get(unit, option) == option for unit, option in other)


def _same_elsewhere(rows: list[PatientSite], edits: Edits) -> list[PatientSite]:
    """Rows in which a site lost at one base and created at another with the same letters is one unchanged site."""
    gained: dict[tuple[object, ...], list[int]] = {}
    for n, row in enumerate(rows):
        if row.copy is not None and row.reference is None:
            key = (row.copy.guide, row.copy.strand, row.copy.alignment, row.readings)
            gained.setdefault(key, []).append(n)
    dropped: set[int] = set()
    made = list(rows)
    for n, row in enumerate(rows):
        if row.change not in (DESTROYED, PAM_LOST) or row.reference is None:
            continue
        site = row.reference
        for m in gained.get((site.guide, site.strand, site.alignment, row.readings), []):
            if m not in dropped and set(rows[m].edits) & set(row.edits):
                dropped.add(m)
                made[n] = replace(row, change=UNCHANGED, copy=rows[m].copy, edits=())
                break
    return [row for n, row in enumerate(made) if n not in dropped]


def haplotype_words(readings: frozenset[Reading], edits: Edits, touched: Sequence[int]) -> tuple[str, str]:
    """The copies that hold a state, and its zygosity, in words.

    Haplotypes are counted from 1 in the order of the genotype, with their phase set where a contig has several.
    ``one``: on one copy, and the file does not tell which; ``possible``: on a copy if alleles of several units lie
    together.
    """
    if not readings:
        return ".", "unknown"
    if readings == {()}:
        single = len(touched) > 0 and all(edits.zygosity[i] == HEMIZYGOUS for i in touched)
        return ("1", "hemizygous") if single else ("1|2", "homozygous")
    units = {unit for reading in readings for unit, _ in reading}
    if len(units) > 1:
        return "possible", "possible"
    phase = edits.phase[units.pop()]
    if phase is None:
        return "one", "heterozygous"
    several = len({p for p in edits.phase if p is not None}) > 1
    names = sorted(str(option + 1) + (f"@{phase or 'contig'}" if several else "") for ((_, option),) in readings)
    return "|".join(names), "heterozygous"
