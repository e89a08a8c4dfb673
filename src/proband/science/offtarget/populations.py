"""Off-target sites over a panel of phased samples: every haplotype exactly, with frequencies by group.

The panel is streamed in pieces of whole groups of edits; each distinct local haplotype of a piece is searched once. The
pieces go through an executor (this process, a pool, or a cluster), a few at a time, so that memory does not grow with
the panel; the result does not depend on how it is cut. Sites of the reference that no edit of the panel is near are
counted, not listed: on every haplotype they are as in the reference.

With n haplotypes, a haplotype of frequency 1 - 0.05 ** (1 / n) is seen at least once with probability 0.95: that is
the detection limit of the group (the rule of three; Hanley and Lippman-Hand, JAMA 1983;249:1743, recalled).

Cannot see: variants that the panel lacks, people who are not like its samples, structural variants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import numpy as np

from proband.science.offtarget.edits import Bases
from proband.science.offtarget.guide import Guide, Limits, check_guides
from proband.science.offtarget.haplotypes import reach_of
from proband.science.offtarget.patient_table import NOTHING, alignment_text
from proband.science.offtarget.population_panel import Groups, Panel, PanelCounts, PanelEdits
from proband.science.offtarget.population_parts import KeptPieces
from proband.science.offtarget.population_windows import PanelPiece, PanelSite, PieceResult, search_panel_piece
from proband.science.offtarget.site_table import contig_class

SIZE = 1500
"""Edits of a piece, and a little more."""
AT_ONCE = 8
"""Pieces that wait at a time."""
COLUMNS = (
    "contig", "start", "end", "strand", "pam_start", "guide", "spacer", "aligned_spacer", "aligned_protospacer", "pam",
    "mismatches", "dna_bulges", "rna_bulges", "edits", "contig_class", "variants", "change",
    "reference_alignment", "inserted",
    "haplotypes", "haplotypes_known", "frequency",
)  # fmt: skip


class Executor(Protocol):
    """Applies a function to pieces of work and yields the results in the order of the pieces."""

    def map(self, function: Callable[[Any], Any], pieces: Sequence[Any]) -> Iterator[Any]:
        """Results in the order of `pieces`."""
        ...


@dataclass(frozen=True, slots=True)
class PopulationSearch:
    """The sites of a panel that an edit touches, and what was searched."""

    guides: tuple[Guide, ...]
    limits: Limits
    groups: Groups
    sites: tuple[tuple[str, PanelSite], ...]
    counts: PanelCounts
    local_haplotypes: int
    bases: int
    set_aside: int
    unknown: int
    excluded: int
    left_out: tuple[tuple[str, int], ...]
    """Edits around which some carriers were not searched, and how many."""

    def facts(self) -> dict[str, int | float | str]:
        """What was searched and whom the panel covers."""
        by_change: dict[str, int] = {}
        for _, site in self.sites:
            by_change[site.change] = by_change.get(site.change, 0) + 1
        g, c = self.groups, self.counts
        return {
            "samples": sum(g.samples.values()),
            **{f"samples_{name}": n for name, n in g.samples.items()},
            **{f"detection_limit_{name}": detection_limit(2 * n) for name, n in g.samples.items() if n},
            "samples_of_the_sheet_not_in_the_panel": g.not_in_panel,
            "records": c.records,
            "edits": c.edits,
            "not_placed": len(c.not_placed),
            "calls_unphased_not_searched": c.unphased,
            "alleles_missing": c.missing,
            "calls_of_one_allele": c.haploid,
            "duplicate_records": c.duplicates,
            "local_haplotypes_searched": self.local_haplotypes,
            "bases_searched": self.bases,
            "bases_set_aside": self.set_aside,
            "haplotypes_not_known_around_an_edit": self.unknown,
            "haplotypes_with_excluding_edits": self.excluded,
            **{f"rows_{change}": n for change, n in sorted(by_change.items())},
        }


def detection_limit(haplotypes: int) -> float:
    """Frequency that shows at least once among so many haplotypes with probability 0.95.

    >>> round(detection_limit(600), 5)
    0.00498
    """
    return float(1 - 0.05 ** (1 / haplotypes))


def search_population(
    panel: Panel,
    groups: Groups,
    genome: Bases,
    guides: Sequence[Guide],
    limits: Limits,
    executor: Executor,
    region: tuple[str, int, int] | None = None,
    size: int = SIZE,
    kept: KeptPieces | None = None,
) -> PopulationSearch:
    """Search every haplotype of a panel. `region`: contig and bases (0-based half-open) of the panel to take.

    `size`: edits of a piece; the result does not depend on it, nor on the executor. `kept`: pieces that were searched
    before are taken from there, and new ones are put there. Raises ``ProgramError`` for a panel
    that does not fit the genome, is not sorted, or is cut off.
    """
    check_guides(guides)
    if len(groups.of_haplotype) != 2 * len(panel.file.samples):
        raise ValueError("groups of another panel")
    reach = reach_of(guides, limits)
    make = _Maker(genome, reach, tuple(guides), limits, groups)
    waiting = (make(edits) for edits in panel.pieces(reach, size, region))
    sites: list[tuple[str, PanelSite]] = []
    left: list[tuple[str, int]] = []
    totals = np.zeros(5, np.int64)
    while some := list(islice(waiting, AT_ONCE)):
        for result in _searched(some, executor, kept):
            _add(result, sites, totals)
            left += result.left_out
    order = {name: n for n, name in enumerate(genome.names)}
    sites.sort(key=lambda x: (x[1].key[0], order[x[0]], *x[1].key[1:]))
    numbers = (int(n) for n in totals)
    return PopulationSearch(tuple(guides), limits, groups, tuple(sites), panel.counts, *numbers, tuple(left))


def _searched(pieces: Sequence[PanelPiece], executor: Executor, kept: KeptPieces | None) -> Sequence[PieceResult]:
    """Results of some pieces in their order; each new one is kept as soon as it is there."""
    if kept is None:
        return list(executor.map(search_panel_piece, pieces))
    made = {n: r for n, piece in enumerate(pieces) if (r := kept.load(piece)) is not None}
    open_ = [n for n in range(len(pieces)) if n not in made]
    for n, result in zip(open_, executor.map(search_panel_piece, [pieces[n] for n in open_]), strict=True):
        kept.keep(pieces[n], result)
        made[n] = result
    return [made[n] for n in range(len(pieces))]


def _add(result: PieceResult, sites: list[tuple[str, PanelSite]], totals: np.ndarray) -> None:
    sites += [(result.contig, site) for site in result.sites]
    totals += (result.haplotypes, result.bases, result.set_aside, result.unknown, result.excluded)


@dataclass(frozen=True, slots=True)
class _Maker:
    genome: Bases
    reach: int
    guides: tuple[Guide, ...]
    limits: Limits
    groups: Groups

    def __call__(self, edits: PanelEdits) -> PanelPiece:
        length = self.genome.length(edits.contig)
        low = max(0, min(edits.start) - 2 * self.reach)
        high = min(length, max(edits.end) + 2 * self.reach)
        codes = self.genome.codes(edits.contig, low, high)
        number = len(self.groups.names)
        return PanelPiece(
            edits, low, codes, length, self.reach, self.guides, self.limits, self.groups.of_haplotype, number
        )  # fmt: skip


def columns_of(groups: Groups) -> tuple[str, ...]:
    """The columns of the table, with three for each group."""
    more = (f"{what}:{name}" for name in groups.names for what in ("haplotypes", "haplotypes_known", "frequency"))
    return (*COLUMNS, *more)


def rows_of(found: PopulationSearch) -> Iterator[Mapping[str, str]]:
    """Every site as text by column, in the order of guides, contigs, PAM start and strand."""
    for contig, site in found.sites:
        yield _row(found, contig, site)


def _row(found: PopulationSearch, contig: str, site: PanelSite) -> dict[str, str]:
    guide = found.guides[site.key[0]]
    shown = site.copy or site.reference
    assert shown is not None
    row = dict.fromkeys(columns_of(found.groups), NOTHING)
    row |= {"contig": contig, "strand": "+" if shown.strand > 0 else "-", "guide": guide.name, "spacer": guide.spacer,
            "contig_class": contig_class(contig), "change": site.change,
            "variants": ",".join(site.variants) or NOTHING}  # fmt: skip
    if site.copy is not None:
        places = site.copy.start, site.copy.last, site.copy.pam_start
        row |= {n: str(p.reference + 1) for n, p in zip(("start", "end", "pam_start"), places, strict=True)}
        if any(p.inserted for p in places):
            row["inserted"] = "/".join(str(p.inserted) for p in places)
    elif site.reference is not None:
        r = site.reference
        row |= {"start": str(r.start + 1), "end": str(r.end), "pam_start": str(r.pam_start + 1)}
    if site.change != "lost":
        row |= {"aligned_spacer": shown.spacer, "aligned_protospacer": shown.protospacer, "pam": shown.pam}
        counts = shown.mismatches, shown.dna_bulges, shown.rna_bulges
        names = ("mismatches", "dna_bulges", "rna_bulges", "edits")
        row |= {n: str(x) for n, x in zip(names, (*counts, sum(counts)), strict=True)}
    if site.reference is not None:
        row["reference_alignment"] = alignment_text(site.reference)
    row |= _frequency("", sum(site.carriers), sum(site.known))
    for name, carriers, known in zip(found.groups.names, site.carriers, site.known, strict=True):
        row |= _frequency(f":{name}", carriers, known)
    return row


def _frequency(suffix: str, carriers: int, known: int) -> dict[str, str]:
    share = f"{carriers / known:.6f}" if known else NOTHING
    return {f"haplotypes{suffix}": str(carriers), f"haplotypes_known{suffix}": str(known), f"frequency{suffix}": share}
