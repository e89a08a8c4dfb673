"""Search of a patient's own genome: the reference's sites, those of both copies, and what was and was not searched.

Contig by contig: sites of the reference (given), copies of the contig with the patient's edits, and the account of
gains and losses. Rows come in the order of guides, contigs, PAM start and strand, whatever the number of threads.

Cannot see: sequence that was not called (a VCF says nothing of it; with a callable BED the sites outside are counted),
structural variants (listed, not searched), and copies beyond those that the genotypes tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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


@dataclass(frozen=True, slots=True)
class PatientSearch:
    """The whole search of one patient, contigs in the genome's order."""

    variants: PatientVariants
    guides: tuple[Guide, ...]
    limits: Limits
    k: int
    contigs: tuple[ContigSearch, ...]

    def counts(self) -> dict[str, int]:
        """Rows by change, over all contigs."""
        made = dict.fromkeys(CHANGES, 0)
        for c in self.contigs:
            for change, n in (c.account.counts() if c.account else {UNCHANGED: len(c.reference)}).items():
                made[change] += n
        return made

    def facts(self) -> dict[str, int | float | bool | str]:
        """What was searched and found, in the words that the criteria on human variation ask for."""
        counts, v = self.counts(), self.variants
        reference = sum(c.length for c in self.contigs)
        added = sum(c.bases for c in self.contigs)
        incomplete = sum(len(c.unsearched) for c in self.contigs)
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
            "most_combinations": 1 << self.k,
            "edits_not_completely_searched": incomplete,
            "every_combination_searched": incomplete == 0,
            "bases_reference": reference,
            "bases_added": added,
            "added_fraction": added / reference if reference else 0.0,
            "bases_set_aside": sum(c.set_aside for c in self.contigs),
            **{f"rows_{change}": n for change, n in counts.items()},
            "gained": counts[CREATED] + counts[PAM_GAINED],
            "lost": counts[DESTROYED] + counts[PAM_LOST],
        }

    def sites(self, genome: Bases) -> Iterator[tuple[ContigSearch, PatientSite]]:
        """Every row, by guide, contig, PAM start, strand, change; `genome` as it was searched."""
        for number in range(len(self.guides)):
            for c in self.contigs:
                yield from ((c, site) for site in _of_guide(c, number, genome, self.guides))


def _of_guide(c: ContigSearch, number: int, genome: Bases, guides: Sequence[Guide]) -> list[PatientSite]:
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
        length = genome.length(contig)
        known = reference or (lambda name, size=length: search(genome.codes(name, 0, size), guides, limits))
        hits = known(contig)
        edits = variants.edits.get(contig)
        if edits is None or not len(edits):
            made.append(ContigSearch(contig, length, hits, None, None, 0, 0, ()))
            continue
        copies = search_copies(edits, genome, guides, limits, k, search)
        account = account_for(edits, copies, hits, genome, guides, limits, k)
        left = copies.pieces.unsearched
        made.append(ContigSearch(contig, length, hits, account, edits, copies.bases, copies.set_aside, left))
    return PatientSearch(variants, tuple(guides), limits, k, tuple(made))
