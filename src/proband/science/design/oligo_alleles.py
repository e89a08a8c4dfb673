"""Which variants lie on the allele that is to be hit, which on the other, and where each lies under an RNA.

A heterozygous variant can tell the alleles apart only where it is phased with the target allele. The other allele is
the reference but for variants that lie on it or on both. A difference in length has a place but no mismatched base.

Cannot see: variants that were not called, wrong phase, and copies of the gene elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from proband.core.errors import Problem, ProgramError
from proband.science.design.from_files import Call
from proband.science.design.haplotype import Haplotype, Placed, correction, haplotype_of
from proband.science.design.oligonucleotides import Template
from proband.science.design.strands import on_strand
from proband.science.sequence.genome import Genome
from proband.science.variant.change import Change, span

ALLELES = ("target", "other", "both", "unphased")


@dataclass(frozen=True, slots=True, order=True)
class AlleleSite:
    """A variant and the alleles that carry its alternate bases: ``target``, ``other``, ``both``, or ``unphased``.

    Raises ``ValueError`` for another word.

    >>> str(AlleleSite(Placed(99, "A", "G"), "other"))
    '100 A>G'
    """

    placed: Placed
    allele: str

    def __post_init__(self) -> None:
        if self.allele not in ALLELES:
            raise ValueError(f"allele {self.allele!r}: expected one of {', '.join(ALLELES)}")

    def __str__(self) -> str:
        v = self.placed
        return f"{v.position + 1} {v.ref or '-'}>{v.alt or '-'}"


@dataclass(frozen=True, slots=True)
class SitePlace:
    """A site on a template: template indices `first` to `last`, last included.

    `junction`: nothing of it is in this RNA but the two bases beside it. `differs` holds (template index, base of the
    other allele, in the sense of the RNA) for each base in which the alleles are known to differ.
    """

    site: AlleleSite
    first: int
    last: int
    junction: bool
    differs: tuple[tuple[int, str], ...]

    @property
    def is_indel(self) -> bool:
        """Whether the alternate allele has another length."""
        return len(self.site.placed.ref) != len(self.site.placed.alt)

    def under(self, low: int, high: int) -> bool:
        """Whether any of it lies within a template range; a junction, whether both bases beside it do."""
        if self.junction:
            return low <= self.first and self.last < high
        return self.first < high and self.last >= low

    def mismatches(self, low: int, high: int) -> int:
        """How many bases of a template range differ on the other allele; bulges are not counted."""
        return sum(low <= t < high for t, _ in self.differs)

    def tells_apart(self, low: int, high: int) -> bool:
        """Whether an oligonucleotide on a template range would meet another sequence on the other allele."""
        known = self.site.allele in ("target", "other")
        return known and self.under(low, high) and (self.is_indel or self.mismatches(low, high) > 0)


def allele_sites(genome: Genome, contig: str, calls: Sequence[Call], variant: Placed) -> tuple[AlleleSite, ...]:
    """The calls of one sample sorted to the allele of `variant`; the variant itself is placed as it was given.

    A heterozygous call is in phase where both are phased in one phase set. Raises ``ProgramError`` when none of the
    calls is the variant.

    >>> from proband.science.sequence.genome import genome_of
    >>> calls = [Call(Placed(1, "C", "T"), False, 0, "9"), Call(Placed(3, "T", "G"), False, 1, "9")]
    >>> [(str(s), s.allele) for s in allele_sites(genome_of({"c1": "ACGT"}), "c1", calls, Placed(1, "C", "T"))]
    [('2 C>T', 'target'), ('4 T>G', 'other')]
    """

    def leftmost(v: Placed) -> Change:
        return span(genome, Change(contig, v.position, v.ref, v.alt)).left

    wanted = leftmost(variant)
    mine = next((c for c in calls if leftmost(c.placed) == wanted), None)
    if mine is None:
        place = f"{contig}:{variant.position + 1} {variant.ref}>{variant.alt}"
        problem = Problem("VCF", place, "no call of the variant in this sample", "one", "check sample and build")
        raise ProgramError([problem])
    found = []
    for c in calls:
        placed = variant if c is mine else c.placed
        if c.homozygous:
            allele = "both"
        elif c is mine:
            allele = "target"
        elif c.side is None or mine.side is None or c.phase_set != mine.phase_set:
            allele = "unphased"
        else:
            allele = "target" if c.side == mine.side else "other"
        found.append(AlleleSite(placed, allele))
    return tuple(sorted(found))


def allele_haplotype(genome: Genome, contig: str, start: int, end: int, sites: Iterable[AlleleSite]) -> Haplotype:
    """The target allele between two reference positions: variants on it and on both, the reference elsewhere.

    Raises ``ProgramError`` for variants that do not fit the genome or overlap.

    >>> from proband.science.sequence.genome import genome_of
    >>> allele_haplotype(genome_of({"c1": "ACGT"}), "c1", 0, 4, [AlleleSite(Placed(1, "C", "T"), "target")]).sequence
    'ATGT'
    """
    mine = [s.placed for s in sites if s.allele in ("target", "both")]
    inside = [v for v in mine if start <= v.position and v.position + len(v.ref) <= end]
    try:
        return haplotype_of(contig, start, genome.fetch(contig, start, end), inside)
    except ValueError as e:
        problem = Problem("VCF", contig, str(e), "calls that fit the genome", "check the build of the VCF")
        raise ProgramError([problem]) from None


def place_sites(
    template: Template, sites: Iterable[AlleleSite]
) -> tuple[tuple[SitePlace, ...], tuple[AlleleSite, ...]]:
    """Where each site lies on an RNA, and the sites that this RNA does not hold.

    A site of the target allele or of both within the haplotype must be one of its variants: else ``ValueError``.

    >>> from proband.science.design.oligonucleotides import pre_mrna
    >>> from proband.science.sequence.transcripts import Transcript
    >>> h, t = haplotype_of("c1", 0, "ACGTA"), Transcript("T", "G", "c1", "-", ((0, 5),), None, None, "TACGT")
    >>> found, _ = place_sites(pre_mrna(h, t), [AlleleSite(Placed(1, "C", "T"), "other")])
    >>> [(p.first, p.last, p.differs) for p in found]
    [(3, 3, ((3, 'A'),))]
    """
    chosen = tuple(sites)
    h = template.haplotype
    end = h.start + len(h.sequence) - sum(len(v.alt) - len(v.ref) for v in h.variants)
    inside = [s for s in chosen if h.start <= s.placed.position and s.placed.position + len(s.placed.ref) <= end]
    for s in inside:
        if (s.allele in ("target", "both")) != (s.placed in template.haplotype.variants):
            raise ValueError(f"{s} is of the {s.allele} allele, which the haplotype does not agree with")
    other = _other_bases(chosen)
    placed = [(s, _place(template, s, other) if s in inside else None) for s in chosen]
    return tuple(p for _, p in placed if p), tuple(s for s, p in placed if not p)


def _other_bases(sites: Sequence[AlleleSite]) -> dict[int, str]:
    """Base of the other allele by reference position, wherever a substitution of either allele stands."""
    found: dict[int, str] = {}
    for allele in ("target", "other"):  # what the other allele carries overrides the reference
        for s in sites:
            v = s.placed
            if s.allele == allele and len(v.ref) == len(v.alt):
                found |= {v.position + k: (v.ref if allele == "target" else v.alt)[k] for k in range(len(v.ref))}
    return found


def _place(template: Template, site: AlleleSite, other: dict[int, str]) -> SitePlace | None:
    v = site.placed
    carried = site.placed in template.haplotype.variants
    change = Change("", v.position, v.ref, v.alt).trimmed()
    if len(v.ref) == len(v.alt):
        at = {p: template.at(p) for p in range(change.start, change.end)}
        there = {p: t for p, t in at.items() if t is not None}
        if not there:
            return None
        told = site.allele in ("target", "other")
        bases = {t: on_strand(other[p], template.strand) for p, t in there.items() if told}
        differs = tuple(sorted((t, b) for t, b in bases.items() if template.sense[t] != b))
        return SitePlace(site, min(there.values()), max(there.values()), False, differs)
    if carried:
        low = correction(template.haplotype, v).index + change.start - v.position
        count = len(change.inserted)
        there_is = [template.index_of.get(i) for i in (range(low, low + count) if count else (low - 1, low))]
    else:
        count = len(change.deleted)
        there_is = [
            template.at(p) for p in (range(change.start, change.end) if count else (change.start - 1, change.start))
        ]
    found = [t for t in there_is if t is not None]
    if not found or (not count and len(found) < 2):
        return None
    return SitePlace(site, min(found), max(found), not count, ())


def site_facts(
    places: Iterable[SitePlace], unstated: Iterable[SitePlace], low: int, high: int
) -> tuple[list[str], list[str], list[str]]:
    """Facts for, facts against and what is missing, from the variants that lie under a template range.

    `unstated` are variants of the haplotype whose zygosity was not given.
    """
    good, bad, missing = [], [], []
    for p in places:
        if not p.under(low, high):
            continue
        if p.site.allele == "both":
            good.append(f"{p.site} (homozygous) lies under it and is in its sequence: both alleles have it")
        elif p.site.allele == "unphased":
            bad.append(f"{p.site} (heterozygous, not phased) lies under it: the target allele may not match")
            missing.append(f"phase of {p.site}")
        elif p.is_indel:
            good.append(f"{p.site} (heterozygous, {p.site.allele} allele) lies under it: allele-specific by a bulge")
        elif p.mismatches(low, high):
            count = p.mismatches(low, high)
            words = "1 mismatch" if count == 1 else f"{count} mismatches"
            good.append(
                f"{p.site} (heterozygous, {p.site.allele} allele) lies under it: allele-specific, "
                f"{words} to the other allele"
            )
    for p in unstated:
        if p.under(low, high):
            missing.append(f"zygosity of {p.site}, which lies under it")
    return good, bad, missing


def unstated_places(template: Template, sites: Iterable[AlleleSite]) -> tuple[SitePlace, ...]:
    """Where the haplotype's variants lie that no site speaks of."""
    known = {s.placed for s in sites}
    left = [AlleleSite(v, "both") for v in template.haplotype.variants if v not in known]
    return place_sites(template, left)[0]
