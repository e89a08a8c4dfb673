"""Splice-switching designs: geometry by hand, both strands, the patient's alleles, and refusals with a reason."""

import oligo_cases as cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.science.design.haplotype import Placed, haplotype_of
from proband.science.design.oligo_alleles import AlleleSite
from proband.science.design.oligo_chemistry import load_chemistry
from proband.science.design.oligo_motifs import load_motifs
from proband.science.design.splice_switching import SpliceTarget, design_splice_switching
from proband.science.sequence.alphabet import reverse_complement
from proband.science.sequence.transcripts import Transcript

CLASSES = load_chemistry().classes
MOTIFS = load_motifs()
GAINED = Placed(89, "C", "A")  # intron 1: ..GATTCGG to ..GATTAGG, a gained acceptor AG whose exon begins at 91
SITE = AlleleSite(GAINED, "target")


def made(gene=cases.plus, target=None, variants=(GAINED,), **more):
    h, t = gene(variants)
    return design_splice_switching(h, t, target or SpliceTarget("gained_acceptor", 91), motifs=MOTIFS, **more)


def mirrored(p):
    return len(cases.GENE) - 1 - p


def test_the_case_is_what_it_says():
    h, _ = cases.plus([GAINED])
    assert (cases.GENE[84:92], h.sequence[84:92]) == ("TGATTCGG", "TGATTAGG")


def test_a_gained_acceptor_deep_in_an_intron():
    """Synthetic, with the geometry of the MFSD8 case: a cryptic acceptor in an intron, exons left alone."""
    design = made(sites=[SITE], chemistry=CLASSES["moe_ps_steric"])
    assert (design.kind, design.target, design.why_not) == ("splice_switching", "gained acceptor at 92", "")
    assert len(design.candidates) == 33 + 32 + 31 + 30 + 29
    assert {len(c.sequence) for c in design.candidates} == {18, 19, 20, 21, 22}
    assert min(c.start for c in design.candidates) == 66
    assert max(c.end for c in design.candidates) == 116
    best = design.candidates[0]
    assert best.start <= 89
    assert best.end >= 92
    assert best.chemistry_class == "moe_ps_steric"
    assert "gained acceptor" in best.covers
    assert "covers the gained acceptor whole" in best.facts_for
    assert best.detail.allele_specific
    assert any("allele-specific, 1 mismatch" in x for x in best.facts_for)
    assert {"potency", "tolerability", "off-targets", "delivery"} <= set(best.missing)
    assert not design.rejected


def test_order_is_by_the_stated_columns():
    design = made(sites=[SITE])
    keys = [
        (-c.detail.sites_covered, len(c.detail.other_sites), len(c.facts_against), abs(c.start + c.end - 182))
        for c in design.candidates
    ]
    assert keys == sorted(keys)
    assert {c.detail.sites_covered for c in design.candidates} == {0, 1}


def test_what_a_candidate_covers():
    """The gained acceptor at 91 has its branch-point region at 47 to 73; AG and first exonic base are 89 to 91."""
    found = {(c.start, c.end): c for c in made(sites=[SITE], lengths=(18,)).candidates}
    for (start, end), c in found.items():
        assert ("gained acceptor" in c.covers) == (start <= 89 and end >= 92)
        assert ("branch-point region of the gained acceptor" in c.covers) == (start < 74)
    assert any("covers the gained acceptor in part" in x for x in found[(73, 91)].facts_against)
    assert found[(92, 110)].covers == ("intron",)
    assert found[(98, 116)].detail.variants == ()
    assert found[(72, 90)].detail.variants == ("90 C>A",)


def test_the_mirrored_gene_gives_the_same_oligonucleotides():
    for target in (
        SpliceTarget("gained_acceptor", 91), SpliceTarget("gained_donor", 95), SpliceTarget("pseudoexon", 91, 96),
        SpliceTarget("skip", exon=2), SpliceTarget("include", exon=2),
    ):  # fmt: skip
        one = made(target=target, sites=[SITE])
        other = SpliceTarget(target.purpose, target.start, target.end, target.exon)
        if target.purpose.startswith("gained"):
            other = SpliceTarget(target.purpose, mirrored(target.start))
        elif target.purpose == "pseudoexon":
            other = SpliceTarget("pseudoexon", *cases.unmirrored(target.start, target.end))
        two = made(cases.minus, other, sites=cases.mirrored_sites([SITE]))
        assert one.candidates
        assert [c.sequence for c in one.candidates] == [c.sequence for c in two.candidates]
        assert [c.covers for c in one.candidates] == [c.covers for c in two.candidates]
        assert [len(c.facts_against) for c in one.candidates] == [len(c.facts_against) for c in two.candidates]
        assert [cases.unmirrored(c.start, c.end) for c in two.candidates] == [(c.start, c.end) for c in one.candidates]
        assert {c.strand for c in two.candidates} == {"-"}


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_every_candidate_is_the_reverse_complement_of_what_it_covers(data):
    gene = data.draw(st.sampled_from((cases.plus, cases.minus)))
    at = data.draw(st.integers(61, 118))
    purpose = data.draw(st.sampled_from(("gained_acceptor", "gained_donor")))
    lengths = tuple(data.draw(st.sets(st.integers(15, 25), min_size=1, max_size=3)))
    h, t = gene([GAINED])
    here = at if t.strand == "+" else mirrored(at)
    design = design_splice_switching(h, t, SpliceTarget(purpose, here), lengths=lengths, motifs=())
    for c in design.candidates:
        plus = h.sequence[c.start : c.end]
        assert c.sequence == (reverse_complement(plus) if t.strand == "+" else plus)
        assert len(c.sequence) in lengths


def test_published_oligonucleotides_are_among_the_tiles():
    """Golodirsen (25 nt) and viltolarsen (21 nt) cover one stretch of exon 53; the exon here is synthetic round it."""
    target = reverse_complement(cases.GOLODIRSEN)
    bases = "ATGGCC" + "GTAAGTTTTCTCTTTTACAG" + "ACGATT" + target + "CTGAAC" + "GTAAGTACCTTTTTTTACAG" + "TAA"
    h = haplotype_of("c1", 0, bases)
    exons = ((0, 6), (26, 63), (83, 86))
    t = Transcript("T", "G", "c1", "+", exons, None, None, "".join(bases[a:b] for a, b in exons))
    design = design_splice_switching(h, t, SpliceTarget("skip", exon=2), lengths=(21, 25), motifs=MOTIFS)
    found = {c.sequence: c for c in design.candidates}
    assert found[cases.GOLODIRSEN].covers == ("exon interior",)
    assert found[cases.VILTOLARSEN].covers == ("exon interior",)
    assert found[cases.VILTOLARSEN].start == found[cases.GOLODIRSEN].start
    assert any("the frame does not answer it" in m for m in design.candidates[0].missing)


def test_skipping_an_exon():
    design = made(target=SpliceTarget("skip", exon=2), variants=())
    best = design.candidates[0]
    assert {c.detail.sites_covered for c in design.candidates} == {0, 1}
    assert "exon 2 has 30 bases, a multiple of 3: the frame is kept" in best.facts_for
    assert (best.detail.skip.exon, best.detail.skip.stop) == (2, None)
    donor = [c for c in design.candidates if "donor" in c.covers]
    assert donor
    assert all(c.start <= 149 and c.end >= 152 for c in donor)
    branch = [c for c in design.candidates if "branch-point region" in c.covers]
    assert branch
    assert all(c.start < 103 for c in branch)


def test_skipping_what_can_not_be_skipped():
    for exon, lacking in ((1, "acceptor"), (3, "donor")):
        design = made(target=SpliceTarget("skip", exon=exon))
        assert not design.candidates
        assert lacking in design.why_not
    with pytest.raises(ProgramError, match="1 to 3"):
        made(target=SpliceTarget("skip", exon=4))


def test_an_exon_whose_frame_an_indel_changes():
    """An insertion in an exon that stays is told as missing; one in the exon that goes is not."""
    stays, goes = Placed(49, "C", "CGA"), Placed(133, "TCAA", "T")
    design = made(target=SpliceTarget("skip", exon=2), variants=(stays,), sites=[AlleleSite(stays, "target")])
    assert any("the frame with 50 C>CGA" in m for m in design.candidates[0].missing)
    design = made(target=SpliceTarget("skip", exon=2), variants=(goes,), sites=[AlleleSite(goes, "target")])
    assert not any("the frame with" in m for m in design.candidates[0].missing)
    under = [c for c in design.candidates if c.detail.variants]
    assert under
    assert all(c.end - c.start == len(c.sequence) + 3 and c.detail.allele_specific for c in under)


def test_an_exon_that_is_wanted():
    """Introns 60 and 50 long, window 55: the second is tiled whole and that is said."""
    design = made(target=SpliceTarget("include", exon=2), variants=(), window=55, lengths=(18,))
    assert {(c.start, c.end) for c in design.candidates} == {(s, s + 18) for s in (*range(65, 103), *range(150, 183))}
    assert design.notes == ("intron 2 has 50 bases, fewer than the 55 asked for",)
    touching = [c for c in design.candidates if c.detail.other_sites]
    # the last 2 bases of intron 1 and the first 2 of intron 2 belong to exon 2's own sites, as do those of exon 3
    assert {(c.start, c.end) for c in touching} == {
        (101, 119),
        (102, 120),
        (150, 168),
        (151, 169),
        (181, 199),
        (182, 200),
    }
    assert all(any("is to stay in use" in x for x in c.facts_against) for c in touching)
    assert design.candidates[0].detail.other_sites == ()
    first = made(target=SpliceTarget("include", exon=1), variants=(), lengths=(18,))
    assert min(c.start for c in first.candidates) == 60


def test_canonical_sites_count_against():
    """A gained donor at 53 in exon 1, 7 bases before the exon's own donor."""
    design = made(target=SpliceTarget("gained_donor", 53), variants=(), lengths=(20,))
    for c in design.candidates:
        assert ("donor of exon 1" in c.detail.other_sites) == (c.end > 59)
    best = design.candidates[0]
    assert best.detail.sites_covered == 1
    assert best.detail.other_sites == ()
    order = [(-c.detail.sites_covered, len(c.detail.other_sites)) for c in design.candidates]
    assert order == sorted(order)
    assert {(-1, 0), (-1, 1), (0, 0)} <= set(order)


def test_sites_in_bases_that_the_reference_lacks():
    insertion = Placed(69, "T", "T" + "ACCTTTTCCCCACAGGAACTGGTGAGT")
    h, t = cases.plus([insertion])
    design = design_splice_switching(h, t, SpliceTarget("pseudoexon", 85, 91, in_haplotype=True), lengths=(18,))
    assert h.sequence[83:93] == "AGGAACTGGT"
    assert design.target == "pseudoexon at 86-91 of the haplotype"
    best = design.candidates[0]
    assert {"gained acceptor", "gained donor", "pseudoexon interior"} <= set(best.covers)
    assert (best.start, best.end) == (70, 70)
    assert reverse_complement(best.sequence) in h.sequence[70:97]
    assert any("where the reference has 0" in x for x in best.facts_for)
    assert f"zygosity of 70 T>{insertion.alt}, which lies under it" in best.missing
    absent = design_splice_switching(h, t, SpliceTarget("gained_acceptor", 500))
    assert "does not lie on this RNA" in absent.why_not


def test_unphased_and_unknown_bases():
    design = made(sites=[SITE, AlleleSite(Placed(100, "G", "C"), "unphased")], lengths=(18,))
    over = [c for c in design.candidates if c.start <= 100 < c.end]
    assert over
    assert all("phase of 101 G>C" in c.missing for c in over)
    assert all(any("not phased" in x for x in c.facts_against) for c in over)
    both = made(sites=[AlleleSite(GAINED, "both")], lengths=(18,)).candidates[0]
    assert not both.detail.allele_specific
    assert any("both alleles have it" in x for x in both.facts_for)
    unstated = made(lengths=(18,)).candidates[0]
    assert "zygosity of 90 C>A, which lies under it" in unstated.missing
    assert not unstated.detail.allele_specific


def test_ends_and_letters_are_rejected_with_a_reason():
    h, t = cases.plus([GAINED])
    target = SpliceTarget("gained_acceptor", 91)
    short = design_splice_switching(haplotype_of("c1", 80, h.sequence[80:]), t, target, lengths=(18,))
    assert {r.code for r in short.rejected} == {"past_sequence_end"}
    assert len(short.rejected) == 80 - 66
    assert min(c.start for c in short.candidates) == 80
    unknown = haplotype_of("c1", 0, h.sequence[:100] + "N" + h.sequence[101:])
    design = design_splice_switching(unknown, t, target, lengths=(18,))
    assert {(r.code, r.start <= 100 < r.end) for r in design.rejected} == {("ambiguous_base", True)}
    assert not any(c.start <= 100 < c.end for c in design.candidates)
    blank = haplotype_of("c1", 0, h.sequence[:60] + "N" * 60 + h.sequence[120:])
    design = design_splice_switching(blank, t, target, lengths=(18,))
    assert not design.candidates
    assert design.why_not == "33 rejected: the sequence holds N: which base is there is not known"
    tiny = design_splice_switching(h, t, target, lengths=(18,), flank=8)
    assert (tiny.candidates, tiny.why_not) == ((), "no oligonucleotide of the lengths fits into the region")
    edges = design_splice_switching(haplotype_of("c1", 125, h.sequence[125:]), t, SpliceTarget("skip", exon=2))
    assert "both edges of exon 2" in edges.why_not
    start = design_splice_switching(h, t, SpliceTarget("gained_acceptor", 30), lengths=(18,))
    assert {r.code for r in start.rejected} == {"past_transcript_end"}


@pytest.mark.parametrize(
    ("target", "more", "words"),
    [
        (SpliceTarget("mend", 5), {}, "purpose"),
        (SpliceTarget("gained_acceptor"), {}, "edge base"),
        (SpliceTarget("pseudoexon", 9, 5), {}, "in order"),
        (SpliceTarget("gained_acceptor", 91), {"lengths": (5,)}, "lengths of 8 to 40"),
        (SpliceTarget("gained_acceptor", 91), {"lengths": ()}, "no length"),
        (SpliceTarget("gained_acceptor", 91), {"flank": -1}, "flank"),
        (SpliceTarget("include", exon=2), {"window": 9999}, "window"),
        (SpliceTarget("gained_acceptor", 91), {"chemistry": CLASSES["lna_ps_gapmer"]}, "steric_block"),
    ],
)
def test_choices_that_can_not_be_used(target, more, words):
    with pytest.raises(ProgramError, match=words):
        made(target=target, **more)


def test_all_choices_are_judged_at_once():
    with pytest.raises(ProgramError) as caught:
        made(target=SpliceTarget("mend"), lengths=(5,), flank=-1, chemistry=CLASSES["lna_ps_gapmer"])
    assert len(caught.value.problems) == 4


def test_lengths_outside_of_the_class():
    c = made(chemistry=CLASSES["pmo_steric"], lengths=(16,)).candidates[0]
    assert "16 nt lies outside of 18 to 30 of its class" in c.facts_against
    assert "chemistry" in made().candidates[0].missing
