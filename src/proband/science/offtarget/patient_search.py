"""Search of a patient's own genome: the reference's sites, those of both copies, and what was and was not searched.

Contig by contig: sites of the reference (given), copies of the contig with the patient's edits, and the account of
gains and losses. Rows come in the order of guides, contigs, PAM start and strand, whatever the number of threads.

Cannot see: sequence that was not called (a VCF says nothing of it; with a callable BED the sites outside are counted),
structural variants (listed, not searched), and copies beyond those that the genotypes tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from proband.science.offtarget.edits import Bases, Edits
from proband.science.offtarget.gain_and_loss import (
    CHANGES,
    CREATED,
    DESTROYED,
    PAM_GAINED,
    PAM_LOST,
    UNCHANGED,
    Account,
    PatientSite,
    account_for,
    reference_site,
)
from proband.science.offtarget.guide import Guide, Limits, check_guides
from proband.science.offtarget.haplotypes import Search, search_copies
from proband.science.offtarget.patient_variants import PatientVariants
from proband.science.offtarget.search import search_codes
from proband.science.offtarget.sites import Hits
from proband.science.offtarget.variant_windows import Reading, Unsearched

EVERY_COPY: frozenset[Reading] = frozenset({()})
Facts = dict[str, int | float | bool | str]


@dataclass(frozen=True, slots=True)
class ContigSearch:
    """One contig: sites of the reference, the account of the copies, bases searched beyond the reference."""

    contig: str
    length: int
    reference: Hits
    account: Account | None
    """None where the VCF has no edit on the contig."""
    edits: Edits | None
    bases: int
    set_aside: int
    unsearched: tuple[Unsearched, ...]

    def tally(self) -> ContigTally:
        """What is counted of the contig."""
        counts = self.account.counts() if self.account else {UNCHANGED: len(self.reference)}
        whole = dict.fromkeys(CHANGES, 0) | counts
        return ContigTally(self.contig, self.length, whole, self.bases, self.set_aside, len(self.unsearched))


@dataclass(frozen=True, slots=True)
class ContigTally:
    """What is counted of one contig: rows by change, bases beyond the reference, edits with too many readings."""

    contig: str
    length: int
    counts: Mapping[str, int]
    bases: int
    set_aside: int
    unsearched: int


@dataclass(frozen=True, slots=True)
class PatientSearch:
    """The whole search of one patient, contigs in the genome's order."""

    variants: PatientVariants
    guides: tuple[Guide, ...]
    limits: Limits
    k: int
    contigs: tuple[ContigSearch, ...]

    def facts(self) -> Facts:
        """What was searched and found, in the words that the criteria on human variation ask for."""
        return facts_of(self.variants, self.k, [c.tally() for c in self.contigs])

    def sites(self, genome: Bases) -> Iterator[tuple[ContigSearch, PatientSite]]:
        """Every row, by guide, contig, PAM start, strand, change; `genome` as it was searched."""
        for number in range(len(self.guides)):
            for c in self.contigs:
                yield from ((c, site) for site in sites_of_guide(c, number, genome, self.guides))


def facts_of(variants: PatientVariants, k: int, contigs: Sequence[ContigTally]) -> Facts:
    """What was searched and found over all contigs; `k`: at most 2 ** k readings around one edit."""
    v = variants
    counts = {change: sum(c.counts[change] for c in contigs) for change in CHANGES}
    reference, added = sum(c.length for c in contigs), sum(c.bases for c in contigs)
    incomplete = sum(c.unsearched for c in contigs)
    return {
        "sample": v.sample,
        "records": v.records,
        "edits": sum(v.placed.values()),
        **{f"edits_{kind.replace(' ', '_')}": n for kind, n in v.placed.items()},
        "calls_phased": v.phased,
        "calls_unphased": v.unphased,
        "not_placed": len(v.unplaced),
        "conflicts": len(v.conflicts),
        "duplicate_records": v.duplicates,
        "contigs_without_records": len(v.contigs_without_records),
        "most_combinations": 1 << k,
        "edits_not_completely_searched": incomplete,
        "every_combination_searched": incomplete == 0,
        "bases_reference": reference,
        "bases_added": added,
        "added_fraction": added / reference if reference else 0.0,
        "bases_set_aside": sum(c.set_aside for c in contigs),
        **{f"rows_{change}": n for change, n in counts.items()},
        "gained": counts[CREATED] + counts[PAM_GAINED],
        "lost": counts[DESTROYED] + counts[PAM_LOST],
    }


def sites_of_guide(c: ContigSearch, number: int, genome: Bases, guides: Sequence[Guide]) -> list[PatientSite]:
    """Every row of one guide on a contig, by PAM start, strand, change."""
    untouched = c.account.untouched if c.account else np.arange(len(c.reference))
    own = untouched[c.reference.guide[untouched] == number]
    rows = [r for r in c.account.rows if r.key[0] == number] if c.account else []
    rows += [
        PatientSite(UNCHANGED, None, reference_site(c.reference, h, c.contig, genome, guides), (), EVERY_COPY)
        for h in own.tolist()
    ]
    return sorted(rows, key=lambda r: (*r.key, CHANGES.index(r.change), r.edits, sorted(r.readings)))


def search_patient(
    genome: Bases,
    variants: PatientVariants,
    guides: Sequence[Guide],
    limits: Limits,
    reference: Callable[[str], Hits] | None = None,
    k: int = 10,
    search: Search = search_codes,
) -> PatientSearch:
    """Search reference and copies, contig by contig.

    `reference`: the sites of a contig's reference where they are known already; else they are searched here. `k`: at
    most 2 ** k readings around one edit. Raises ``ProgramError`` for guides that were not checked.
    """
    check_guides(guides)
    made = []
    for contig in genome.names:
        made.append(search_contig(genome, variants, guides, limits, contig, reference, k, search))
    return PatientSearch(variants, tuple(guides), limits, k, tuple(made))


def search_contig(
    genome: Bases, variants: PatientVariants, guides: Sequence[Guide], limits: Limits, contig: str,
    reference: Callable[[str], Hits] | None = None, k: int = 10, search: Search = search_codes,
) -> ContigSearch:  # fmt: skip
    """One contig of `search_patient`."""
    length = genome.length(contig)
    hits = reference(contig) if reference else search(genome.codes(contig, 0, length), guides, limits)
    edits = variants.edits.get(contig)
    if edits is None or not len(edits):
        return ContigSearch(contig, length, hits, None, None, 0, 0, ())
    copies = search_copies(edits, genome, guides, limits, k, search)
    account = account_for(edits, copies, hits, genome, guides, limits, k)
    left = copies.pieces.unsearched
    return ContigSearch(contig, length, hits, account, edits, copies.bases, copies.set_aside, left)
