"""Splice-switching oligonucleotides: tiled over a gained site, a pseudoexon, an exon to skip or introns beside one.

Positions of a splice site are those of its exon's edge: an acceptor is the first exonic base, a donor the last, in
the direction of transcription. The branch-point region is positional, 18 to 44 bases upstream of an acceptor: Mercer
et al., Genome Research 2015;25:290-303 (recalled); no branch point is predicted. Intronic silencers beside an exon
whose inclusion is wanted are looked for by tiling: Singh et al., Mol Cell Biol 2006;26:1333-1346 (recalled).

Candidates are ordered by: the wanted sites covered whole (most first), other splice sites touched (fewest first),
facts against (fewest first), distance of its middle from the middle of the target, 5' place, length.

Cannot see: splicing enhancers and silencers, strength of sites, structure (see ``oligo_structure``), other
transcripts, whether blocking the site restores normal splicing. Whoever orders oligonucleotides tests many.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from proband.core.errors import Problem, ProgramError
from proband.science.design.haplotype import Haplotype
from proband.science.design.oligo_alleles import AlleleSite, SitePlace, place_sites, site_facts, unstated_places
from proband.science.design.oligo_chemistry import ChemistryClass
from proband.science.design.oligo_motifs import Motif, MotifFlag, load_motifs, motif_flags
from proband.science.design.oligo_skipping import SkipConsequence, exon_interval, skip_consequence
from proband.science.design.oligonucleotides import (
    MISSING,
    NO_STRUCTURE,
    OligoCandidate,
    OligoDesign,
    OligoRejection,
    Template,
    counted,
    length_problems,
    pre_mrna,
    tiles,
)
from proband.science.design.strands import gc_fraction
from proband.science.sequence.transcripts import Transcript

LENGTHS = (18, 19, 20, 21, 22)  # nt; nusinersen has 18, milasen 22
FLANK = 25  # bases on either side of what is targeted; project's choice
WINDOW = 60  # bases of each flanking intron tiled for an exon that is wanted; project's choice
BRANCH = (18, 44)  # bases upstream of an acceptor; Mercer et al. 2015 (recalled)
PURPOSES = ("gained_acceptor", "gained_donor", "pseudoexon", "skip", "include")


@dataclass(frozen=True, slots=True)
class SpliceTarget:
    """What is to be switched.

    `purpose`: ``gained_acceptor`` or ``gained_donor`` (`start` is the edge base of the gained exon), ``pseudoexon``
    (`start` to `end`, 0-based half-open), ``skip`` or ``include`` (`exon`, its number). `in_haplotype`: start and end
    are indices of the haplotype's own sequence, for sites in bases that the reference does not have.
    """

    purpose: str
    start: int = -1
    end: int = -1
    exon: int = 0
    in_haplotype: bool = False


@dataclass(frozen=True, slots=True)
class SpliceDetail:
    """More of one candidate: GC share, motif flags, variants under it, and the skipping of the exon where wanted."""

    gc: float
    flags: tuple[MotifFlag, ...]
    variants: tuple[str, ...]
    allele_specific: bool
    sites_covered: int
    other_sites: tuple[str, ...]
    skip: SkipConsequence | None
    structure: object | None = None


@dataclass(frozen=True, slots=True)
class _Feature:
    """A part of the template that an oligonucleotide may cover: by all its bases (`whole`) or by any."""

    name: str
    low: int
    high: int
    whole: bool
    role: str = ""

    def covered(self, low: int, high: int) -> bool:
        if self.whole:
            return low <= self.low and self.high <= high
        return self.low < high and low < self.high

    def touched(self, low: int, high: int) -> bool:
        return self.low < high and low < self.high


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where to tile, what lies there, and what to say of every candidate; `middle` is first plus last boundary."""

    regions: tuple[tuple[int, int], ...]
    features: tuple[_Feature, ...]
    middle: int
    skip: SkipConsequence | None
    notes: tuple[str, ...]


def design_splice_switching(
    haplotype: Haplotype,
    transcript: Transcript,
    target: SpliceTarget,
    *,
    sites: Iterable[AlleleSite] = (),
    lengths: Sequence[int] = LENGTHS,
    flank: int = FLANK,
    window: int = WINDOW,
    chemistry: ChemistryClass | None = None,
    motifs: tuple[Motif, ...] | None = None,
) -> OligoDesign:
    """Every oligonucleotide of the lengths over the target, on the patient's own sequence.

    `sites` says which variants lie on which allele; `flank` and `window` are in bases. Raises ``ProgramError`` for a
    target, lengths, flanks or a chemistry that can not be used; sources are with the module.

    >>> from proband.science.design.haplotype import haplotype_of
    >>> h = haplotype_of("c1", 0, "ATGGCT" + "GTAAGTACCTTTTCTCTCAG" + "GAT" + "GTAAGTTTTTTTCCTGACAG" + "TAA")
    >>> t = Transcript("T1", "G", "c1", "+", ((0, 6), (49, 52)), 0, 52, "ATGGCTTAA")
    >>> made = design_splice_switching(h, t, SpliceTarget("pseudoexon", 26, 29), lengths=(18,), flank=10)
    >>> [(c.start, c.end, c.sequence) for c in made.candidates][0]
    (18, 36, 'AACTTACATCCTGAGAGA')
    """
    _check(target, lengths, flank, window, chemistry)
    template = pre_mrna(haplotype, transcript)
    chosen = tuple(sites)
    plan = _plan(template, transcript, target, flank, window)
    title = _title(target)
    if isinstance(plan, str):
        return _design(template, transcript, title, (), (), plan, ())
    places, absent = place_sites(template, chosen)
    unstated = unstated_places(template, chosen)
    rules = load_motifs() if motifs is None else motifs
    found: list[tuple[tuple[int, ...], OligoCandidate]] = []
    rejected: list[OligoRejection] = []
    for low, high in _placements(plan, lengths):
        problem = template.problem(low, high)
        if problem:
            rejected.append(problem)
            continue
        flags = motif_flags(template.oligo(low, high), chemistry, rules)
        made = _candidate(template, transcript, plan, places, unstated, (low, high), flags, chemistry)
        found.append((_key(made, plan, low, high), made))
    found.sort(key=lambda f: f[0])
    notes = (*plan.notes, *(f"{s} does not lie on this RNA as given: not looked at" for s in absent))
    why_not = "" if found else counted(rejected) or "no oligonucleotide of the lengths fits into the region"
    return _design(template, transcript, title, tuple(c for _, c in found), tuple(rejected), why_not, notes)


def _check(
    target: SpliceTarget, lengths: Sequence[int], flank: int, window: int, chemistry: ChemistryClass | None
) -> None:
    problems = length_problems(lengths)
    if target.purpose not in PURPOSES:
        problems.append(
            Problem("design", "purpose", target.purpose[:40], f"one of {', '.join(PURPOSES)}", "choose one")
        )
    elif target.purpose == "pseudoexon" and not 0 <= target.start < target.end:
        found = f"{target.start + 1} to {target.end}"
        problems.append(Problem("design", "pseudoexon", found, "a first and a last base, in order", "give both"))
    elif target.purpose.startswith("gained") and target.start < 0:
        problems.append(Problem("design", target.purpose, "nothing", "the edge base of the gained exon", "give it"))
    for name, value in (("flank", flank), ("window", window)):
        if not 0 <= value <= 1000:
            problems.append(Problem("design", name, str(value), "0 to 1000 bases", "choose a smaller one"))
    if chemistry is not None and chemistry.mechanism != "steric_block":
        expected = "a chemistry that covers its target and does not have it cut (steric_block)"
        problems.append(Problem("design", "chemistry", chemistry.name, expected, "choose another class"))
    if problems:
        raise ProgramError(problems)


def _title(target: SpliceTarget) -> str:
    kind = target.purpose.replace("_", " ")
    if target.purpose in ("skip", "include"):
        return f"{kind} exon {target.exon}"
    last = f"-{target.end}" if target.purpose == "pseudoexon" else ""
    return f"{kind} at {target.start + 1}{last}" + (" of the haplotype" if target.in_haplotype else "")


def _design(
    template: Template, t: Transcript, title: str, candidates: tuple[OligoCandidate, ...],
    rejected: tuple[OligoRejection, ...], why_not: str, notes: tuple[str, ...],
) -> OligoDesign:  # fmt: skip
    contig = template.haplotype.contig
    return OligoDesign("splice_switching", title, contig, t.strand, t.id, candidates, rejected, why_not, notes)


# ---- where to tile


def _plan(template: Template, t: Transcript, target: SpliceTarget, flank: int, window: int) -> _Plan | str:
    """The regions and features of a target, or why it can not be designed for."""
    if target.purpose in ("skip", "include"):
        return _exon_plan(template, t, target, flank, window)
    edges = _edges(template, target)
    if isinstance(edges, str):
        return edges
    low, high = edges
    features: list[_Feature] = []
    if target.purpose != "gained_donor":
        features += _acceptor(low, "gained acceptor", "wanted")
    if target.purpose != "gained_acceptor":
        features += _donor(high, "gained donor", "wanted")
    if target.purpose == "pseudoexon":
        features.append(_Feature("pseudoexon interior", low, high, False))
    own = [f for f in _canonical(template, t) if not any((f.low, f.high) == (g.low, g.high) for g in features)]
    region = (low - flank, high + flank)
    return _Plan((region,), (*features, *own), low + high, None, ())


def _edges(template: Template, target: SpliceTarget) -> tuple[int, int] | str:
    """Template boundaries of the gained exon; equal where only one of them is asked for."""

    def index(position: int) -> int | None:
        return template.index_of.get(position) if target.in_haplotype else template.at(position)

    last = target.end - 1 if target.purpose == "pseudoexon" else target.start
    first_at, last_at = index(target.start), index(last)
    if first_at is None or last_at is None:
        return "the site does not lie on this RNA as given (outside of it, or in bases that the haplotype lacks)"
    low, high = min(first_at, last_at), max(first_at, last_at) + 1
    if target.purpose == "gained_acceptor":
        return low, low
    if target.purpose == "gained_donor":
        return high, high
    return low, high


def _acceptor(at: int, name: str, role: str) -> list[_Feature]:
    """The features of an acceptor whose first exonic base has the template index `at`."""
    before = "" if name == "acceptor" else f" of the {name}"
    return [
        _Feature(name, at - 2, at + 1, True, role),
        _Feature(f"branch-point region{before}", at - BRANCH[1], at - BRANCH[0] + 1, False),
    ]


def _donor(at: int, name: str, role: str) -> list[_Feature]:
    """The feature of a donor whose first intronic base has the template index `at`."""
    return [_Feature(name, at - 1, at + 2, True, role)]


def _canonical(template: Template, t: Transcript, skip: int = 0) -> list[_Feature]:
    """The annotated splice sites and exons that the template holds, but for exon number `skip`."""
    found = []
    count = len(t.exons)
    for number in range(1, count + 1):
        start, end = exon_interval(t, number)
        place = template.range_of(start, end)
        if place is None or number == skip:
            continue
        low, high = place
        edges = {template.at(start), template.at(end - 1)}
        found.append(_Feature(f"exon {number}", low, high, False))
        if number > 1 and low in edges:
            found.append(_Feature(f"acceptor of exon {number}", low - 2, low + 1, True, "own"))
        if number < count and high - 1 in edges:
            found.append(_Feature(f"donor of exon {number}", high - 1, high + 2, True, "own"))
    return found


def _exon_plan(template: Template, t: Transcript, target: SpliceTarget, flank: int, window: int) -> _Plan | str:
    number, count = target.exon, len(t.exons)
    start, end = exon_interval(t, number)
    if target.purpose == "skip" and number in (1, count):
        lacking = "acceptor" if number == 1 else "donor"
        return f"exon {number} of {count} has no {lacking}: it can not be skipped"
    left, right = template.at(start), template.at(end - 1)
    if left is None or right is None:
        return f"the sequence given does not hold both edges of exon {number}"
    low, high = min(left, right), max(left, right) + 1
    skipping = target.purpose == "skip"
    role = "wanted" if skipping else "own"
    features = [_Feature("exon interior", low, high, False)]
    features += _acceptor(low, "acceptor", role) if number > 1 else []
    features += _donor(high, "donor", role) if number < count else []
    others = _canonical(template, t, number)
    middle = low + high
    if skipping:
        skip, notes = _skip(template, t, number)
        return _Plan(((low - flank, high + flank),), (*features, *others), middle, skip, notes)
    regions, notes = _introns(others, number, (low, high), window, count)
    if not regions:
        return f"exon {number} has no flanking intron"
    return _Plan(regions, (*features, *others), middle, None, notes)


def _skip(template: Template, t: Transcript, number: int) -> tuple[SkipConsequence, tuple[str, ...]]:
    start, end = exon_interval(t, number)
    elsewhere = [v for v in template.haplotype.variants if v.position + len(v.ref) <= start or v.position >= end]
    indels = [v for v in elsewhere if len(v.ref) != len(v.alt) and t.exon_of(v.position) is not None]
    bases = {v.position + k: b for v in elsewhere if len(v.ref) == len(v.alt) for k, b in enumerate(v.alt)}
    skip = skip_consequence(t, number, bases)
    notes = (f"the frame is that of {t.id} with the patient's substitutions in the sequence given",)
    lacking = tuple(f"the frame with {v.position + 1} {v.ref}>{v.alt}, which changes the length" for v in indels)
    return replace(skip, missing=(*lacking, *skip.missing)), notes


def _introns(
    others: Sequence[_Feature], number: int, exon: tuple[int, int], window: int, count: int
) -> tuple[tuple[tuple[int, int], ...], tuple[str, ...]]:
    """The parts of the introns beside an exon that are tiled, ending where the next exon begins."""
    regions, notes = [], []
    ends = {f.name: (f.low, f.high) for f in others}
    if number > 1:
        before = ends.get(f"exon {number - 1}")
        low = max(exon[0] - window, before[1]) if before else exon[0] - window
        regions.append((low, exon[0]))
        if low > exon[0] - window:
            notes.append(f"intron {number - 1} has {exon[0] - low} bases, fewer than the {window} asked for")
    if number < count:
        after = ends.get(f"exon {number + 1}")
        high = min(exon[1] + window, after[0]) if after else exon[1] + window
        regions.append((exon[1], high))
        if high < exon[1] + window:
            notes.append(f"intron {number} has {high - exon[1]} bases, fewer than the {window} asked for")
    return tuple(regions), tuple(notes)


def _placements(plan: _Plan, lengths: Sequence[int]) -> list[tuple[int, int]]:
    return [tile for low, high in plan.regions for tile in tiles(low, high, lengths)]


# ---- one candidate


def _candidate(
    template: Template, t: Transcript, plan: _Plan, places: Sequence[SitePlace], unstated: Sequence[SitePlace],
    at: tuple[int, int], flags: tuple[MotifFlag, ...], chemistry: ChemistryClass | None,
) -> OligoCandidate:  # fmt: skip
    low, high = at
    wanted = [f for f in plan.features if f.role == "wanted"]
    whole = [f for f in wanted if f.covered(low, high)]
    other = [f for f in plan.features if f.role == "own" and f.touched(low, high)]
    good, bad, missing = site_facts(places, unstated, low, high)
    good = [f"covers the {f.name} whole" for f in whole] + good
    bad = [f"covers the {f.name} in part" for f in wanted if f.touched(low, high) and f not in whole] + bad
    bad += [f"touches the {f.name}, which is to stay in use" for f in other]
    bad += [f.text for f in flags if f.counts]
    if plan.skip:
        good += plan.skip.facts_for
        bad += plan.skip.facts_against
        missing += plan.skip.missing
    start, end = template.span(low, high)
    good += template.length_note(low, high)
    under = [p for p in (*places, *unstated) if p.under(low, high)]
    specific = any(p.tells_apart(low, high) for p in places)
    sequence = template.oligo(low, high)
    covers = tuple(f.name for f in plan.features if f.covered(low, high)) or ("intron",)
    if chemistry is None:
        missing.append("chemistry")
    elif not chemistry.lengths[0] <= len(sequence) <= chemistry.lengths[1]:
        bad.append(f"{len(sequence)} nt lies outside of {chemistry.lengths[0]} to {chemistry.lengths[1]} of its class")
    detail = SpliceDetail(
        round(gc_fraction(sequence), 3), flags, tuple(str(p.site) for p in under), specific, len(whole),
        tuple(f.name for f in other), plan.skip,
    )  # fmt: skip
    return OligoCandidate(
        "splice_switching", start, end, t.strand, sequence, chemistry.name if chemistry else "", covers,
        tuple(good), tuple(bad), (*missing, NO_STRUCTURE, *MISSING), detail,
    )  # fmt: skip


def _key(made: OligoCandidate, plan: _Plan, low: int, high: int) -> tuple[int, ...]:
    away = abs(low + high - plan.middle)
    detail: SpliceDetail = made.detail
    return (-detail.sites_covered, len(detail.other_sites), len(made.facts_against), away, low, high - low)
