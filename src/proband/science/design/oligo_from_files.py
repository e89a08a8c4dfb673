"""From a variant that was read from files to its oligonucleotide designs, and to the facts that amenability rules ask.

Which splice-switching targets are taken up: skipping the exon that holds the variant, or that it lies beside, where
that keeps the reading frame; inclusion of the exon whose splice site lies within reach of the variant (3 bases of the
exon, 8 of the intron: Sequence Ontology SO:0001630); and a dinucleotide AG or GT that a single-base change makes in an
intron, as a possible gained site. Gapmers are taken within ``AROUND`` bases of the variant, against one allele where
the VCF says that the variant is heterozygous.

Cannot see: whether a site is used, whether splicing is changed at all, gained sites made by insertions or deletions or
within exons, other places of the RNA where both alleles could be lowered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from proband.core.errors import ProgramError
from proband.science.design.amenability import n1c
from proband.science.design.amenability_facts import AmenabilityFacts
from proband.science.design.amenability_kim import KimFacts, kim
from proband.science.design.comparison import Amenability
from proband.science.design.consequence import REGION_EXON, REGION_INTRON
from proband.science.design.from_files import VariantDesign
from proband.science.design.gapmers import design_gapmers
from proband.science.design.haplotype import Haplotype, Placed, haplotype_of
from proband.science.design.oligo_alleles import AlleleSite, allele_haplotype, allele_sites
from proband.science.design.oligo_chemistry import load_chemistry
from proband.science.design.oligo_skipping import exon_interval, skip_consequence
from proband.science.design.oligo_structure import rna_engine, with_structure
from proband.science.design.oligo_tables import COLUMNS, oligos_tsv
from proband.science.design.oligonucleotides import OligoDesign
from proband.science.design.splice_switching import SpliceTarget, design_splice_switching
from proband.science.sequence.alphabet import reverse_complement
from proband.science.sequence.genome import chromosome
from proband.science.sequence.transcripts import Transcript
from proband.science.variant.change import Change
from proband.science.variant.consequence import Consequence, consequence

AROUND = 100  # bases on either side of the variant in which gapmers are tiled; project's choice
BESIDE = 150  # bases of sequence beyond what is tiled: folding and long oligonucleotides need them
FOLDED = 10  # candidates of each design whose structure is computed where it is asked for: about 0.1 s each
SMALL = 50  # bases; longer changes are not called small indels (common usage)

_N1C = {
    "stop_gained": "nonsense",
    "frameshift": "frameshift",
    "missense": "missense",
    "synonymous": "synonymous",
    "stop_retained": "synonymous",
    "splice_donor": "splice_site",
    "splice_acceptor": "splice_site",
    "intronic": "noncoding",
    "deep_intronic": "noncoding",
    "utr_5": "noncoding",
    "utr_3": "noncoding",
}
_KIM = {**_N1C, "start_lost": "start_loss", "stop_lost": "stop_loss"}


@dataclass(frozen=True, slots=True)
class OligoResults:
    """Designs, and for each kind without one the reason why it was not examined."""

    designs: tuple[OligoDesign, ...]
    not_designed: dict[str, str]


def design_oligos(found: VariantDesign, *, structure: bool = False) -> OligoResults:
    """Splice-switching oligonucleotides and gapmers for a variant, on the patient's own sequence.

    With `structure` the first ``FOLDED`` candidates of each design are folded (ViennaRNA, optional); without, their
    structure is missing and says so. Raises ``ProgramError`` for calls that do not fit the genome.
    """
    t = found.transcript
    if t is None:
        reason = "no transcript covers the variant: there is no RNA to design for"
        return OligoResults((), {"splice_switching": reason, "gapmer": reason})
    if not t.start <= found.change.start < t.end:
        reason = f"the variant lies outside of {t.id}"
        return OligoResults((), {"splice_switching": reason, "gapmer": reason})
    targets, reason = splice_targets(t, found.change)
    targets += gained_sites(t, found.change, _around(found))
    haplotype, sites = _sequence(found, t, targets)
    made = [design_splice_switching(haplotype, t, target, sites=sites) for target in targets]
    classes = [c for c in load_chemistry().classes.values() if c.mechanism == "rnase_h"]
    low, high = max(haplotype.start, found.change.start - AROUND), found.change.end + AROUND
    region = max(low, t.start), min(high, t.end, _end(haplotype))
    selective = found.zygosity == "heterozygous"
    made.append(design_gapmers(haplotype, t, classes, selective=selective, sites=sites, region=region))
    if structure:
        engine = rna_engine()
        made = [with_structure(d, haplotype, t, engine=engine, most=FOLDED) for d in made]
    return OligoResults(tuple(made), {} if targets else {"splice_switching": reason})


def splice_targets(t: Transcript, change: Change) -> tuple[list[SpliceTarget], str]:
    """What splice-switching could aim at for a change, and if there is nothing, why.

    >>> t = Transcript("T1", "G", "c1", "+", ((0, 6), (20, 26), (40, 46)), 0, 46, "ATGGCTCAGCAGGCTTAA")
    >>> [(x.purpose, x.exon) for x in splice_targets(t, Change("c1", 19, "G", "A"))[0]]
    [('include', 2), ('skip', 2)]
    """
    distance = t.splice_distance(change.start)
    number = t.exon_of(change.start)
    if distance is None:
        return [], f"{t.id} has one exon: nothing is spliced"
    beside = -REGION_INTRON <= distance <= REGION_EXON
    if number is None and beside:
        number = _exon_beside(t, change.start, -distance)
    if number is None:
        return [], (
            "the variant lies in an intron, not near a splice site, and no gained site was stated: name it by what was "
            "seen in RNA"
        )
    made = [SpliceTarget("include", exon=number)] if beside else []
    if not 1 < number < len(t.exons):
        return made, f"exon {number} is the first or the last: it can not be skipped"
    skip = skip_consequence(t, number)
    if skip.frame_kept:
        made.append(SpliceTarget("skip", exon=number))
    elif t.is_coding and skip.frame_kept is not None:
        return made, f"skipping exon {number} ({skip.coding_length} coding bases) does not keep the reading frame"
    return made, f"exon {number}: what skipping does to the protein can not be told"


def gained_sites(t: Transcript, change: Change, around: str) -> list[SpliceTarget]:
    """AG and GT that a single-base change in an intron makes; `around` is the base before, the base, the base after.

    >>> t = Transcript("T1", "G", "c1", "+", ((0, 6), (200, 206)), 0, 206, "ATGGCTCAGTAA")
    >>> [(x.purpose, x.start) for x in gained_sites(t, Change("c1", 100, "T", "G"), "ATC")]
    [('gained_acceptor', 101)]
    """
    if len(change.deleted) != 1 or len(change.inserted) != 1 or len(around) != 3 or t.exon_of(change.start) is not None:
        return []
    now = around[0] + change.inserted + around[2]
    made = []
    for k in (0, 1):
        pair, was = now[k : k + 2], around[k : k + 2]
        if t.strand == "-":
            pair, was = reverse_complement(pair), reverse_complement(was)
        at = change.start - 1 + k
        after, before = (at + 2, at - 1) if t.strand == "+" else (at - 1, at + 2)
        if pair == "AG" != was:
            made.append(SpliceTarget("gained_acceptor", after))
        if pair == "GT" != was:
            made.append(SpliceTarget("gained_donor", before))
    return made


def _around(found: VariantDesign) -> str:
    """The base before, the base and the base after a single-base change; less at the end of what is known."""
    known = found.genome.known(found.change.contig, found.change.start) or (0, 0)
    low, high = max(known[0], found.change.start - 1), min(known[1], found.change.start + 2)
    return found.genome.fetch(found.change.contig, low, high) if high > low else ""


def _exon_beside(t: Transcript, position: int, depth: int) -> int | None:
    """Number of the exon at whose splice site an intronic position lies `depth` bases deep."""
    return t.exon_of(position - depth) or t.exon_of(position + depth)


def _end(haplotype: Haplotype) -> int:
    return haplotype.start + len(haplotype.sequence) - sum(len(v.alt) - len(v.ref) for v in haplotype.variants)


def _sequence(
    found: VariantDesign, t: Transcript, targets: Sequence[SpliceTarget]
) -> tuple[Haplotype, tuple[AlleleSite, ...]]:
    """The target allele over the variant and every exon aimed at, and the sites of both alleles."""
    exons = [exon_interval(t, x.exon) for x in targets if x.exon]
    low = min([found.change.start, *(s for s, _ in exons)]) - AROUND - BESIDE
    high = max([found.change.end, *(e for _, e in exons)]) + AROUND + BESIDE
    known = found.genome.known(found.change.contig, found.change.start) or (found.change.start, found.change.end)
    low, high = max(low, known[0]), min(high, known[1])
    target = Placed(found.change.start, found.change.deleted, found.change.inserted)
    calls = [c for c in found.calls(low, high) if c.placed.position + len(c.placed.ref) <= high]
    if not found.phased:
        bases = found.genome.fetch(found.change.contig, low, high)
        return haplotype_of(found.change.contig, low, bases, [target]), ()
    sites = allele_sites(found.genome, found.change.contig, calls, target)
    return allele_haplotype(found.genome, found.change.contig, low, high, sites), sites


# ---- amenability


def amenability_of(found: VariantDesign, name: str, mechanism: str = "") -> Amenability | None:
    """The published classes from what files alone can tell; every other fact stays missing. None without a transcript.

    Pathogenicity, evidence of splicing and precedents are not in the files: they are never assumed.
    """
    t = found.transcript
    if t is None or not t.start <= found.change.start < t.end:
        return None
    try:
        effect = consequence(found.names, found.change, t.id)
    except ProgramError:
        return None
    facts = AmenabilityFacts(
        name=name,
        variant_type=_type(found.change),
        consequence=_word(effect, _N1C),
        mechanism=mechanism or None,
        **_place(t, found.change, effect),
    )
    scores = KimFacts(name=name, consequence=None if effect.terms[:1] == ("splice_donor",) else _kim_word(effect))
    return Amenability(n1c(facts), kim(scores))


def _type(change: Change) -> str | None:
    if chromosome(change.contig) == "MT":
        return "mitochondrial"
    if len(change.deleted) == len(change.inserted) == 1:
        return "snv"
    return "small_indel" if max(len(change.deleted), len(change.inserted)) <= SMALL else None


def _word(effect: Consequence, words: dict[str, str]) -> str | None:
    for term in effect.terms:
        if term in words:
            return words[term]
        if term.startswith("inframe_"):
            return "inframe_indel"
    return None


def _kim_word(effect: Consequence) -> str | None:
    word = _word(effect, _KIM)
    return "noncoding" if word == "splice_site" else word


def _place(t: Transcript, change: Change, effect: Consequence) -> dict[str, Any]:
    """Where the change lies, as far as the annotation tells it."""
    facts: dict[str, Any] = {"coding_length": len(t.coding_sequence()) or None}
    number = t.exon_of(change.start)
    if number is None and len(change.deleted) == 1:
        facts |= {"region": "intron", "intronic_offset": t.position_n(change.start).offset}
    elif number is not None and len(change.deleted) == 1:
        distance = t.splice_distance(change.start)
        facts |= {"region": "exon", "site_distance": distance, "exon_place": _exon_place(t, number)}
        skip = skip_consequence(t, number)
        facts |= {"skip_length": skip.coding_length or None}
        if skip.frame_kept is not None:
            facts["skip_makes_stop"] = skip.stop is not None
    if effect.terms[:1] in (("splice_donor",), ("splice_acceptor",)):
        facts["canonical_site"] = "destroyed"
    return facts


def _exon_place(t: Transcript, number: int) -> str:
    if len(t.exons) == 1:
        return "only"
    return "first" if number == 1 else "last" if number == len(t.exons) else "inner"


# ---- tables


def oligos_table(designs: Sequence[OligoDesign]) -> str:
    """All designs as one TSV: the columns of ``oligo_tables`` behind the number of the design."""
    lines = ["\t".join(["design", *COLUMNS])]
    for number, design in enumerate(designs, 1):
        lines += [f"{number}\t{row}" for row in oligos_tsv(design).rstrip("\n").split("\n")[1:]]
    return "\n".join(lines) + "\n"


def oligos_summary(results: OligoResults) -> list[dict[str, object]]:
    """Each design without its candidates, which stand in the table."""
    return [
        {
            "design": number,
            "kind": d.kind,
            "target": d.target,
            "transcript": d.transcript,
            "candidates": len(d.candidates),
            "rejected": {c: sum(r.code == c for r in d.rejected) for c in sorted({r.code for r in d.rejected})},
            "why_not": d.why_not,
            "notes": list(d.notes),
        }
        for number, d in enumerate(results.designs, 1)
    ]
