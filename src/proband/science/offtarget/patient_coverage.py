"""What a search of a patient's genome covered, said so that nothing that was not looked at counts as searched.

Calls of a kind that the file does not hold may not have been made at all: without one indel it is not known whether
indels were called. A call that is missing is searched as the reference, which is an assumption. A reference is a whole
genome only where its owner says so, and then the calls must reach every large contig (the Y chromosome apart).

Cannot see: sequence that was not called, which a VCF does not tell; structural variants; whether calls are right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proband.core.evidence import Members
from proband.science.offtarget.gain_and_loss import (
    CREATED,
    DESTROYED,
    PAM_GAINED,
    PAM_LOST,
    PatientSite,
    haplotype_words,
)
from proband.science.offtarget.patient_search import EVERY_COPY, ContigSearch, PatientSearch
from proband.science.sequence.genome import chromosome

LARGE = 0.01
"""Share of the genome's bases from which a contig without a call leaves the whole genome unknown; project's choice."""
PARTS = (
    "single_nucleotide_variants", "insertions_and_deletions", "both_haplotypes", "every_combination", "whole_genome",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PatientCoverage:
    """Parts searched or not known, why a part is not known, and sites made and lost by the patient's alleles.

    `created` are sites that some copy has and the reference lacks; `lost` those of the reference that no copy has.
    """

    searched: Members
    because: Mapping[str, str]
    created: tuple[tuple[str, ...], ...]
    lost: int


def coverage_of(search: PatientSearch, whole_genome: bool) -> PatientCoverage:
    """What a search covered; `whole_genome`: its owner says that the reference is one."""
    because = dict[str, str]()
    v = search.variants
    indels = sum(n for kind, n in v.placed.items() if "insertion" in kind or "deletion" in kind)
    if not indels:
        because["insertions_and_deletions"] = "the calls hold none: whether they were looked for is not known"
    if not v.placed.get("SNV"):
        because["single_nucleotide_variants"] = "the calls hold none: whether they were looked for is not known"
    missing = sum(n for why, n in v.reasons.items() if "missing" in why)
    if missing:
        because["both_haplotypes"] = f"{missing:,} calls are missing or half missing"
    capped = sum(len(c.unsearched) for c in search.contigs)
    if capped:
        because["every_combination"] = f"around {capped:,} variants not every combination was searched"
    whole = _whole(search, whole_genome)
    if whole:
        because["whole_genome"] = whole
    made = Members(tuple(p for p in PARTS if p not in because), (), tuple(p for p in PARTS if p in because))
    return PatientCoverage(made, because, _created(search), _lost(search))


def _whole(search: PatientSearch, stated: bool) -> str:
    """Why the whole genome is not known to be searched, or ""."""
    if not stated:
        return "that the reference is a whole genome is not stated"
    total = sum(c.length for c in search.contigs)
    bare = set(search.variants.contigs_without_records)
    left = [
        c.contig for c in search.contigs
        if c.contig in bare and c.length >= LARGE * total and chromosome(c.contig).upper() != "Y"
    ]  # fmt: skip
    return f"no call on {', '.join(left[:10])}" if left else ""


def _created(search: PatientSearch) -> tuple[tuple[str, ...], ...]:
    rows: dict[tuple[object, ...], tuple[str, ...]] = {}
    for c in search.contigs:
        for r in c.account.rows if c.account else ():
            if r.change in (CREATED, PAM_GAINED):
                rows.setdefault((c.contig, *r.key), _told(c, r))
    return tuple(rows.values())


def _lost(search: PatientSearch) -> int:
    return sum(_lost_of(c) for c in search.contigs)


def _lost_of(c: ContigSearch) -> int:
    rows = c.account.rows if c.account else ()
    return len({r.key for r in rows if r.change in (DESTROYED, PAM_LOST) and r.readings == EVERY_COPY})


def _told(c: ContigSearch, r: PatientSite) -> tuple[str, ...]:
    """Place of the PAM (from 1), strand, protospacer, PAM, mismatches and bulges, copies, alleles."""
    site = r.copy
    assert site is not None
    assert c.edits is not None
    counts = site.mismatches + site.dna_bulges + site.rna_bulges
    copies, zygosity = haplotype_words(r.readings, c.edits, r.edits)
    alleles = ", ".join(c.edits.label[i] for i in r.edits)
    place, strand = f"{c.contig}:{site.pam_start.reference + 1}", "+" if site.strand > 0 else "-"
    return place, strand, site.protospacer, site.pam, str(counts), f"{copies} ({zygosity})", alleles[:200]
