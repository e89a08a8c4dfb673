"""Gapmers: wings that bind, a gap of DNA that lets RNase H cut the RNA; for both alleles, or for one in phase.

An oligonucleotide that spares the other allele must meet its differing base within the gap, where RNase H cuts; the
nearer to the middle the better, and a shorter gap discriminates more: Carroll et al., Mol Ther 2011;19:2178-2185, and
Østergaard et al., Nucleic Acids Res 2013;41:9634-9650 (both recalled). Position 1 of the gap is its 5' base. A
mismatch that pairs as G with U, or T with G, discriminates less (recalled). A difference in length bulges one strand:
its place in the gap is not defined by these sources, so it is not taken as the site that selects.

Candidates for one allele are ordered by: mismatches in the gap (most first), distance of the best from the middle of
the gap, whether all are wobble pairs, facts against (fewest first), order of classes and layouts given, 5' place.
Those for both alleles by: facts against, order of classes and layouts given, 5' place.

Cannot see: how selective a gapmer is (that is measured, at clinical exposure), RNase H at other sites, structure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from proband.core.errors import Problem, ProgramError
from proband.science.design.haplotype import Haplotype
from proband.science.design.oligo_alleles import AlleleSite, SitePlace, place_sites, site_facts, unstated_places
from proband.science.design.oligo_chemistry import ChemistryClass
from proband.science.design.oligo_motifs import Motif, MotifFlag, load_motifs, motif_flags
from proband.science.design.oligonucleotides import (
    MISSING,
    NO_STRUCTURE,
    OligoCandidate,
    OligoDesign,
    OligoRejection,
    Template,
    counted,
    mature_rna,
    parts_of,
    pre_mrna,
    tiles,
)
from proband.science.design.strands import gc_fraction
from proband.science.sequence.alphabet import complement
from proband.science.sequence.transcripts import Transcript

MOLECULES = ("pre_mrna", "mature")
_WOBBLE = (("G", "T"), ("T", "G"))  # base of the oligonucleotide, base of the other allele's RNA as DNA
_NO_SELECTION = {
    "both": ("homozygous_site", "both alleles have it: it selects nothing"),
    "unphased": ("unphased_site", "it is not phased with the target allele: which allele it would hit is not known"),
}


@dataclass(frozen=True, slots=True)
class GapMismatch:
    """One base in which the other allele differs: its site, and its position from 1 within the gap, 5' to 3'.

    `oligo_base` is that of the oligonucleotide, `other_base` the one it would meet (RNA as DNA).
    """

    site: AlleleSite
    gap_position: int
    oligo_base: str
    other_base: str

    @property
    def wobble(self) -> bool:
        """Whether the two can still pair, as G with U or T with G."""
        return (self.oligo_base, self.other_base) in _WOBBLE


@dataclass(frozen=True, slots=True)
class GapmerDetail:
    """More of one gapmer: layout in nucleotides, mismatches to the other allele, GC share, flags, intervals covered.

    `from_middle` is twice the distance of the best mismatch from the middle of the gap, in bases; None without one.
    """

    layout: tuple[int, int, int]
    molecule: str
    mismatches: tuple[GapMismatch, ...]
    wing_mismatches: int
    from_middle: int | None
    gc: float
    flags: tuple[MotifFlag, ...]
    blocks: tuple[tuple[int, int], ...]
    structure: object | None = None


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every candidate of one design shares."""

    template: Template
    transcript: Transcript
    molecule: str
    places: tuple[SitePlace, ...]
    unstated: tuple[SitePlace, ...]
    motifs: tuple[Motif, ...]
    selective: bool


_Made = list[tuple[tuple[int, ...], OligoCandidate]]


def design_gapmers(
    haplotype: Haplotype,
    transcript: Transcript,
    classes: Sequence[ChemistryClass],
    *,
    selective: bool,
    sites: Iterable[AlleleSite] = (),
    molecule: str = "pre_mrna",
    region: tuple[int, int] | None = None,
    motifs: tuple[Motif, ...] | None = None,
) -> OligoDesign:
    """Gapmers of every layout of the classes, against one allele (`selective`) or both.

    `haplotype` is the target allele; `molecule` is ``pre_mrna`` or ``mature``; `region` limits the place, as a
    reference interval, 0-based half-open. Raises ``ProgramError`` for choices that can not be used; sources are with
    the module.

    >>> from proband.science.design.haplotype import Placed, haplotype_of
    >>> from proband.science.design.oligo_chemistry import load_chemistry
    >>> bases = "ATGGCATCAGATTACAGCCATGATCAGTCAATGCATTA"
    >>> h, t = haplotype_of("c1", 0, bases), Transcript("T1", "G", "c1", "+", ((0, 38),), None, None, bases)
    >>> lna = load_chemistry().classes["lna_ps_gapmer"]
    >>> made = design_gapmers(h, t, [lna], selective=True, sites=[AlleleSite(Placed(19, "A", "C"), "other")])
    >>> best = made.candidates[0]
    >>> best.sequence, best.detail.mismatches[0].gap_position, len(made.candidates)
    ('CTGATCATGGCTGTAA', 5, 10)
    """
    chosen = tuple(sites)
    _check(classes, selective, chosen, molecule, region)
    template, notes = (
        mature_rna(haplotype, transcript) if molecule == "mature" else (pre_mrna(haplotype, transcript), ())
    )
    places, absent = place_sites(template, chosen)
    rules = load_motifs() if motifs is None else motifs
    scene = _Scene(template, transcript, molecule, places, unstated_places(template, chosen), rules, selective)
    within = (0, len(template.indices)) if region is None else template.range_of(*region)
    title = f"{'one allele' if selective else 'both alleles'}, {'spliced' if molecule == 'mature' else 'unspliced'} RNA"
    found: _Made = []
    rejected = _refused(places, absent) if selective else []
    if within is not None:
        for order, (chemistry, layout) in enumerate((c, x) for c in classes for x in c.layouts):
            made, refused = _layout(scene, chemistry, layout, within, order)
            found += made
            rejected += refused
    found.sort(key=lambda f: f[0])
    why_not = "" if found else _why_not(scene, rejected, within)
    return OligoDesign(
        "gapmer", title, haplotype.contig, transcript.strand, transcript.id,
        tuple(c for _, c in found), tuple(rejected), why_not, tuple(notes),
    )  # fmt: skip


def _check(
    classes: Sequence[ChemistryClass], selective: bool, sites: Sequence[AlleleSite], molecule: str,
    region: tuple[int, int] | None,
) -> None:  # fmt: skip
    problems = []
    if not classes or any(c.mechanism != "rnase_h" for c in classes):
        found = ", ".join(c.name for c in classes) or "none"
        expected = "chemistries with a gap (rnase_h)"
        problems.append(Problem("design", "chemistry", found, expected, "choose gapmer classes"))
    if molecule not in MOLECULES:
        problems.append(Problem("design", "molecule", molecule[:40], f"one of {', '.join(MOLECULES)}", "choose one"))
    if region is not None and not 0 <= region[0] < region[1]:
        found = f"{region[0] + 1} to {region[1]}"
        problems.append(Problem("design", "region", found, "a first and a last base, in order", "give both"))
    if selective and not sites:
        expected = "phased heterozygous variants that tell the alleles apart"
        problems.append(Problem("design", "sites", "none", expected, "give phased calls, or aim at both alleles"))
    if problems:
        raise ProgramError(problems)


def _refused(places: Sequence[SitePlace], absent: Sequence[AlleleSite]) -> list[OligoRejection]:
    """The sites that can not select one allele, each with the reason."""
    found = []
    for p in places:
        code, why = _NO_SELECTION.get(p.site.allele, ("", ""))
        if not code and p.is_indel:
            code = "indel_site"
            why = "the alleles differ in length there: where in the gap the bulge must lie is not known"
        elif not code and not p.differs:
            code, why = "same_base", "the alleles have the same base there"
        if code:
            found.append(_of_site(p.site, code, why))
    return found + [_of_site(s, "not_on_rna", "it does not lie on this RNA as given") for s in absent]


def _of_site(site: AlleleSite, code: str, why: str) -> OligoRejection:
    v = site.placed
    return OligoRejection(code, f"{site}: {why}", v.position, v.position + len(v.ref), "")


def _why_not(scene: _Scene, rejected: Sequence[OligoRejection], within: tuple[int, int] | None) -> str:
    if within is None:
        return "the region does not lie on this RNA as given"
    return counted(rejected) or (
        "no phased heterozygous site lies in the region" if scene.selective else "no layout fits into the region"
    )


def _layout(
    scene: _Scene, chemistry: ChemistryClass, layout: tuple[int, int, int], within: tuple[int, int], order: int
) -> tuple[_Made, list[OligoRejection]]:
    """All placements of one layout."""
    length = sum(layout)
    if scene.selective:
        wanted = {t for p in scene.places for t, _ in p.differs}
        gap = range(layout[2], layout[2] + layout[1])  # offsets of the gap's bases from the 5' end of the RNA's site
        starts = sorted({t - back for t in wanted for back in gap})
        placed = [(s, s + length) for s in starts if within[0] <= s and s + length <= within[1]]
        placed += [(s, s + length) for s in starts if s < 0 or s + length > len(scene.template.indices)]
    else:
        placed = list(tiles(*within, (length,)))
    made: _Made = []
    rejected: list[OligoRejection] = []
    for low, high in placed:
        problem = scene.template.problem(low, high) or _allele_problem(scene, low, high)
        if problem:
            rejected.append(problem)
            continue
        candidate = _candidate(scene, chemistry, layout, low, high)
        made.append((_key(scene, candidate, order, low), candidate))
    return made, rejected


def _allele_problem(scene: _Scene, low: int, high: int) -> OligoRejection | None:
    """Why the alleles speak against a placement, or None."""
    for p in scene.places:
        if not p.under(low, high) or p.site.allele == "both":
            continue
        if p.site.allele == "unphased":
            code, why = "unphased_under", f"{p.site} lies under it: which base the target allele has is not known"
        elif not scene.selective:
            code, why = "heterozygous_under", f"{p.site} lies under it: one of the alleles would not match"
        else:
            continue
        return OligoRejection(code, why, *scene.template.span(low, high), scene.template.oligo(low, high))
    return None


def _mismatches(scene: _Scene, layout: tuple[int, int, int], low: int, high: int) -> tuple[list[GapMismatch], int]:
    """Mismatches to the other allele in the gap, 5' to 3', and the number of those in the wings."""
    seen: dict[int, GapMismatch] = {}
    for p in scene.places:
        for t, other in p.differs:
            if low <= t < high:
                base = complement(scene.template.sense[t])
                seen.setdefault(t, GapMismatch(p.site, high - t - layout[0], base, other))
    inside = [m for m in seen.values() if 1 <= m.gap_position <= layout[1]]
    return sorted(inside, key=lambda m: m.gap_position), len(seen) - len(inside)


def _candidate(
    scene: _Scene, chemistry: ChemistryClass, layout: tuple[int, int, int], low: int, high: int
) -> OligoCandidate:
    template = scene.template
    sequence = template.oligo(low, high)
    start, end = template.span(low, high)
    blocks = template.blocks(low, high)
    flags = motif_flags(sequence, chemistry, scene.motifs)
    inside, wings = _mismatches(scene, layout, low, high)
    middle = min((abs(2 * m.gap_position - layout[1] - 1) for m in inside), default=None)
    good, bad, missing = site_facts(scene.places, scene.unstated, low, high)
    good = [_gap_words(m, layout) for m in inside] + good + template.length_note(low, high)
    bad += [
        f"{m.site}: {m.oligo_base} over {_rna(m.other_base)} of the other allele can pair" for m in inside if m.wobble
    ]
    bad += [f.text for f in flags if f.counts]
    covers = parts_of(scene.transcript, template.positions[low:high])
    if any(x.startswith("intron") for x in covers):
        bad.append("lies in an intron in part or whole: only the unspliced RNA has the site")
    if len(blocks) > 1:
        bad.append("spans a splice junction: only the spliced RNA has the site")
    if scene.selective:
        missing.append("selectivity for the target allele at clinical exposure")
    detail = GapmerDetail(
        layout, scene.molecule, tuple(inside), wings, middle, round(gc_fraction(sequence), 3), flags, blocks
    )
    return OligoCandidate(
        "gapmer", start, end, template.strand, sequence, chemistry.name, covers,
        tuple(good), tuple(bad), (*missing, NO_STRUCTURE, *MISSING), detail,
    )  # fmt: skip


def _gap_words(m: GapMismatch, layout: tuple[int, int, int]) -> str:
    away = abs(2 * m.gap_position - layout[1] - 1) / 2
    return f"{m.site}: position {m.gap_position} of {layout[1]} in the gap, {away:g} from its middle"


def _rna(base: str) -> str:
    return "U" if base == "T" else base


def _key(scene: _Scene, c: OligoCandidate, order: int, low: int) -> tuple[int, ...]:
    detail: GapmerDetail = c.detail
    if not scene.selective:
        return (len(c.facts_against), order, low)
    wobble = int(all(m.wobble for m in detail.mismatches))
    return (-len(detail.mismatches), detail.from_middle or 0, wobble, len(c.facts_against), order, low)
