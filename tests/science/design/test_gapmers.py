"""Gapmers: the table of allele selectivity by hand, both strands, refused sites, both alleles, spliced RNA."""

import oligo_cases as cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.science.design.gapmers import GapMismatch, design_gapmers
from proband.science.design.haplotype import Placed, haplotype_of
from proband.science.design.oligo_alleles import AlleleSite
from proband.science.design.oligo_chemistry import load_chemistry
from proband.science.design.oligo_motifs import dna_letters, load_motifs
from proband.science.sequence.alphabet import complement, reverse_complement
from proband.science.sequence.transcripts import Transcript

CLASSES = load_chemistry().classes
MOE, LNA = CLASSES["moe_ps_gapmer"], CLASSES["lna_ps_gapmer"]
MIXED = CLASSES["moe_mixed_gapmer"]
MOTIFS = load_motifs()
OTHER = AlleleSite(Placed(80, "T", "A"), "other")  # the target allele has the reference, as in the KIF1A case


def made(sites=(OTHER,), classes=(MIXED,), gene=cases.plus, selective=True, **more):
    carried = [s.placed for s in sites if s.allele in ("target", "both")]
    used = cases.mirrored_sites(sites) if gene is cases.minus else sites
    h, t = gene(carried)
    return design_gapmers(h, t, classes, selective=selective, sites=used, motifs=MOTIFS, **more)


def test_selectivity_by_hand():
    """5-10-5 over a base at 80 of a plus-strand gene: oligo position q pairs with end - q, the gap is q 6 to 15."""
    design = made()
    assert len(design.candidates) == 10
    table = {(c.start, c.end): c.detail.mismatches[0] for c in design.candidates}
    assert {place: m.gap_position for place, m in table.items()} == {
        (s, s + 20): s + 20 - 80 - 5 for s in range(66, 76)
    }
    assert {(m.oligo_base, m.other_base) for m in table.values()} == {("A", "A")}
    for (start, end), m in table.items():
        oligo = next(c.sequence for c in design.candidates if c.start == start)
        assert oligo == reverse_complement(cases.GENE[start:end])
        assert oligo[5 + m.gap_position - 1] == m.oligo_base
    assert [c.detail.mismatches[0].gap_position for c in design.candidates[:2]] in ([5, 6], [6, 5])
    away = [c.detail.from_middle for c in design.candidates]
    assert away == sorted(away) == [1, 1, 3, 3, 5, 5, 7, 7, 9, 9]
    assert "position 5 of 10 in the gap, 0.5 from its middle" in str([c.facts_for for c in design.candidates[:2]])


def test_minus_strand_and_mirror():
    sites = [OTHER, AlleleSite(Placed(85, "G", "A"), "target"), AlleleSite(Placed(100, "G", "C"), "both")]
    one, two = made(sites, (MOE, LNA)), made(sites, (MOE, LNA), cases.minus)
    assert one.candidates
    assert [c.sequence for c in one.candidates] == [c.sequence for c in two.candidates]
    assert [cases.unmirrored(c.start, c.end) for c in two.candidates] == [(c.start, c.end) for c in one.candidates]
    for a, b in zip(one.candidates, two.candidates, strict=True):
        assert [m.gap_position for m in a.detail.mismatches] == [m.gap_position for m in b.detail.mismatches]
        assert [m.other_base for m in a.detail.mismatches] == [m.other_base for m in b.detail.mismatches]
        assert a.covers == b.covers == ("intron 1",)


def test_several_sites_under_one_oligonucleotide():
    """80 (other allele) and 85 (target allele): five bases apart, so both lie in one gap of 10 at five places."""
    sites = [OTHER, AlleleSite(Placed(85, "G", "A"), "target")]
    design = made(sites)
    counts = [len(c.detail.mismatches) for c in design.candidates]
    assert counts == sorted(counts, reverse=True)
    assert (counts.count(2), counts.count(1)) == (5, 10)
    # of the ten with one in the gap, those whose other lies in a wing say so
    for c in design.candidates:
        under = sum(c.start <= p < c.end for p in (80, 85))
        assert len(c.detail.mismatches) + c.detail.wing_mismatches == under
    best = design.candidates[0]
    assert sum("in the gap" in x for x in best.facts_for) == 2
    assert best.sequence == reverse_complement(cases.plus([sites[1].placed])[0].sequence[best.start : best.end])


def test_wobble_counts_against():
    """The target allele's C where the other has T: the oligonucleotide's G can pair with U."""
    assert GapMismatch(OTHER, 1, "G", "T").wobble
    assert GapMismatch(OTHER, 1, "T", "G").wobble
    assert not GapMismatch(OTHER, 1, "G", "G").wobble
    wobble, clean = AlleleSite(Placed(82, "C", "T"), "other"), AlleleSite(Placed(82, "C", "A"), "other")
    for gene in (cases.plus, cases.minus):
        c = made([wobble], gene=gene).candidates[0]
        assert c.detail.mismatches[0].wobble
        assert any("G over U of the other allele can pair" in x for x in c.facts_against)
        assert not made([clean], gene=gene).candidates[0].detail.mismatches[0].wobble


def test_sites_that_can_not_select():
    sites = [
        AlleleSite(Placed(80, "T", "A"), "unphased"), AlleleSite(Placed(69, "T", "TCCAA"), "target"),
        AlleleSite(Placed(100, "G", "C"), "both"), AlleleSite(Placed(10, "G", "C"), "other"),
    ]  # fmt: skip
    design = made(sites)
    assert not design.candidates
    assert [(r.code, r.start) for r in design.rejected] == [
        ("unphased_site", 80), ("indel_site", 69), ("homozygous_site", 100), ("not_on_rna", 10),
    ]  # fmt: skip
    assert "81 T>A: it is not phased with the target allele" in design.why_not
    assert "11 G>C: it does not lie on this RNA as given" in design.why_not
    assert "bulge" in design.why_not
    same = [AlleleSite(Placed(80, "T", "A"), "target"), AlleleSite(Placed(80, "T", "A"), "other")]
    with pytest.raises(ValueError, match="does not agree"):
        made(same)


def test_alleles_with_the_same_base_at_a_site():
    """T>G at 80 is on both, as part of another record on the target allele: only 81 tells them apart."""
    sites = [AlleleSite(Placed(80, "TA", "GC"), "target"), AlleleSite(Placed(80, "T", "G"), "other")]
    assert cases.GENE[80:82] == "TA"
    design = made(sites)
    assert [r.code for r in design.rejected] == ["same_base"]
    assert {m.gap_position - (c.end - 81 - 5) for c in design.candidates for m in c.detail.mismatches} == {0}
    assert {len(c.detail.mismatches) for c in design.candidates} == {1}


def test_an_unphased_neighbour_is_refused_under_the_oligonucleotide():
    sites = [OTHER, AlleleSite(Placed(90, "G", "C"), "unphased")]
    design = made(sites)
    assert {c.end for c in design.candidates} == {86, 87, 88, 89, 90}
    codes = [r.code for r in design.rejected]
    assert codes.count("unphased_under") == 5
    assert all(r.sequence for r in design.rejected if r.code == "unphased_under")


def test_an_indel_in_phase_is_in_the_sequence():
    """The inserted bases of the target allele are under the oligonucleotide; they do not count as the site."""
    insertion, site = AlleleSite(Placed(69, "T", "TCCAA"), "target"), AlleleSite(Placed(75, "T", "A"), "other")
    design = made([site, insertion])
    h, _ = cases.plus([insertion.placed])
    over = [c for c in design.candidates if c.start < 70]
    assert len(over) == 5
    assert len(design.candidates) == 10
    for c in over:
        assert c.end - c.start == 16
        assert reverse_complement(c.sequence) in h.sequence
        assert any("covers 20 bases of this allele, where the reference has 16" in x for x in c.facts_for)
        assert [m.site for m in c.detail.mismatches] == [site]
    assert [r.code for r in design.rejected] == ["indel_site"]


def test_kif1a_geometry():
    """The published 5-10-5 sequence in a synthetic intron; the site's base is put into the middle of its gap."""
    letters = dna_letters(cases.KIF1A)
    site = reverse_complement(letters)
    h = haplotype_of("c1", 0, "C" * 30 + site + "C" * 30)
    t = Transcript("T", "G", "c1", "+", ((0, 20), (70, 80)), None, None, "C" * 30)
    at = 30 + 20 - 5 - 5  # position 5 of the gap
    base = h.sequence[at]
    other = next(b for b in "ACGT" if b not in (base, "T", "G"))
    design = design_gapmers(
        h, t, [CLASSES["moe_mixed_gapmer"]], selective=True, sites=[AlleleSite(Placed(at, base, other), "other")]
    )
    found = {c.sequence: c for c in design.candidates}
    assert found[letters].detail.mismatches[0].gap_position == 5
    assert found[letters].detail.mismatches[0].oligo_base == complement(base)
    assert found[letters].covers == ("intron 1",)
    assert any("palindrome" in x for x in found[letters].facts_against)
    assert not any("TGC" in x for x in found[letters].facts_against)
    assert "selectivity for the target allele at clinical exposure" in found[letters].missing


def test_both_alleles():
    """220 bases, layouts of 20 and 16: all placements but those over the heterozygous base."""
    design = made(selective=False, classes=(MOE,))
    assert len(design.candidates) == (201 - 20) + (205 - 16)
    assert not any(c.start <= 80 < c.end for c in design.candidates)
    assert {r.code for r in design.rejected} == {"heterozygous_under"}
    assert len(design.rejected) == 36
    assert {c.detail.layout for c in design.candidates} == {(5, 10, 5), (4, 8, 4)}
    against = [len(c.facts_against) for c in design.candidates]
    assert against == sorted(against)
    assert "selectivity for the target allele at clinical exposure" not in design.candidates[0].missing
    unphased = made([AlleleSite(OTHER.placed, "unphased")], selective=False, classes=(MOE,))
    assert {r.code for r in unphased.rejected} == {"unphased_under"}
    both = made([AlleleSite(OTHER.placed, "both")], selective=False, classes=(MOE,))
    assert len(both.candidates) == 201 + 205
    assert not both.rejected


def test_spliced_rna():
    design = made((), (LNA,), selective=False, molecule="mature")
    assert len(design.candidates) == 110 - 16 + 1
    for c in design.candidates:
        assert reverse_complement(c.sequence) in cases.spliced()
        assert not any("intron" in x for x in c.covers)
    over = [c for c in design.candidates if len(c.detail.blocks) > 1]
    assert len(over) == 30
    assert all(any("spans a splice junction" in x for x in c.facts_against) for c in over)
    assert ("exon 1", "exon 2") in {c.covers for c in over}
    assert design.notes
    assert [c.sequence for c in made((), (LNA,), cases.minus, False, molecule="mature").candidates] == [
        c.sequence for c in design.candidates
    ]
    intronic = made(molecule="mature")
    assert "does not lie on this RNA" in intronic.why_not


def test_a_region_limits_the_place():
    design = made((), (LNA,), selective=False, region=(120, 150))
    assert {(c.start, c.end) for c in design.candidates} == {(s, s + 16) for s in range(120, 135)}
    assert {c.covers for c in design.candidates} == {("exon 2",)}
    assert not any("only the unspliced RNA" in x for c in design.candidates for x in c.facts_against)
    assert "region does not lie" in made((), (LNA,), selective=False, region=(900, 950)).why_not
    assert "no layout fits" in made((), (LNA,), selective=False, region=(120, 130)).why_not
    assert "no phased heterozygous site" in made(region=(120, 150)).why_not


def test_ends_and_letters_are_rejected_with_a_reason():
    near = AlleleSite(Placed(23, "T", "A"), "other")
    assert cases.GENE[23] == "T"
    design = made([near])
    assert {r.code for r in design.rejected} == {"past_transcript_end"}
    assert len(design.candidates) + len(design.rejected) == 10
    assert all(c.start >= 20 for c in design.candidates)
    bases = cases.GENE[:75] + "R" + cases.GENE[76:]
    design = design_gapmers(haplotype_of("c1", 0, bases), cases.plus()[1], [MOE], selective=True, sites=[OTHER])
    assert {r.code for r in design.rejected} == {"ambiguous_base"}
    assert not any(c.start <= 75 < c.end for c in design.candidates)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_gapmer_meets_its_mismatch_in_the_gap(data):
    """For random sites: sequence, place and gap position agree with the two alleles written out."""
    gene = data.draw(st.sampled_from((cases.plus, cases.minus)))
    chemistry = data.draw(st.sampled_from((MOE, LNA)))
    places = data.draw(st.lists(st.integers(25, 235), min_size=1, max_size=4, unique=True))
    swap = {"A": "C", "C": "A", "G": "T", "T": "G"}
    alleles = [data.draw(st.sampled_from(("target", "other", "both", "unphased"))) for _ in places]
    sites = [AlleleSite(Placed(p, cases.GENE[p], swap[cases.GENE[p]]), a) for p, a in zip(places, alleles, strict=True)]
    design = made(sites, (chemistry,), gene)
    used = cases.mirrored_sites(sites) if gene is cases.minus else sites
    target, t = gene([s.placed for s in sites if s.allele in ("target", "both")])
    other, _ = gene([s.placed for s in sites if s.allele in ("other", "both")])
    unphased = {s.placed.position for s in used if s.allele == "unphased"}
    assert bool(design.candidates) or design.why_not
    for c in design.candidates:
        mine, theirs = (
            reverse_complement(h.sequence[c.start : c.end]) if t.strand == "+" else h.sequence[c.start : c.end]
            for h in (target, other)
        )
        assert c.sequence == mine
        assert not unphased & set(range(c.start, c.end))
        wing, gap, _ = c.detail.layout
        differ = [i for i in range(len(mine)) if mine[i] != theirs[i]]
        inside = [i - wing + 1 for i in differ if wing <= i < wing + gap]
        assert [m.gap_position for m in c.detail.mismatches] == inside
        assert inside
        assert c.detail.wing_mismatches == len(differ) - len(inside)
        assert all(complement(theirs[m.gap_position + wing - 1]) == m.other_base for m in c.detail.mismatches)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"classes": ()}, "rnase_h"),
        ({"classes": (CLASSES["pmo_steric"],)}, "rnase_h"),
        ({"molecule": "dna"}, "pre_mrna, mature"),
        ({"region": (9, 5)}, "in order"),
        ({"sites": ()}, "phased heterozygous variants"),
    ],
)
def test_choices_that_can_not_be_used(more, words):
    with pytest.raises(ProgramError, match=words):
        made(**more)
