"""RNA of one haplotype: unspliced and spliced, both strands, indels, tiling, and where allele sites lie on it."""

import oligo_cases as cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.science.design.from_files import Call
from proband.science.design.haplotype import Placed, haplotype_of
from proband.science.design.oligo_alleles import AlleleSite, allele_haplotype, allele_sites, place_sites, site_facts
from proband.science.design.oligonucleotides import (
    Template,
    length_problems,
    mature_rna,
    parts_of,
    pre_mrna,
    reference_positions,
    tiles,
)
from proband.science.sequence.alphabet import reverse_complement
from proband.science.sequence.genome import genome_of

GENOME = genome_of({"c1": cases.GENE})
INSERTION = Placed(69, "T", "TCCAA")  # neither can be placed elsewhere
DELETION = Placed(133, "TCAA", "T")


def test_unspliced_and_spliced():
    for gene in (cases.plus, cases.minus):
        h, t = gene()
        assert pre_mrna(h, t).sense == cases.GENE[20:240]
        assert mature_rna(h, t)[0].sense == t.sequence == cases.spliced()


def test_blocks_on_both_strands():
    h, t = cases.plus()
    m, _ = mature_rna(h, t)
    assert m.blocks(35, 75) == ((55, 60), (120, 150), (200, 205))
    assert m.span(35, 75) == (55, 205)
    h, t = cases.minus()
    m, _ = mature_rna(h, t)
    assert m.blocks(35, 75) == ((55, 60), (110, 140), (200, 205))


def test_inserted_and_deleted_bases():
    h, t = cases.plus([INSERTION, DELETION])
    p = pre_mrna(h, t)
    assert len(p.sense) == 220 + 4 - 3
    assert [p.positions[i] for i in range(48, 56)] == [68, 69, None, None, None, None, 70, 71]
    assert p.span(49, 51) == (69, 70)
    assert p.span(50, 52) == (70, 70)  # inserted bases alone
    assert p.length_note(50, 52) == ["covers 2 bases of this allele, where the reference has 0"]
    assert p.length_note(0, 10) == []
    at = p.at(133)
    assert p.span(at, at + 2) == (133, 138)
    assert mature_rna(h, t)[0].sense == cases.spliced()[:54] + cases.spliced()[57:]


def test_reference_positions_mirror():
    for v in (INSERTION, DELETION, Placed(80, "T", "A")):
        one, two = cases.plus([v])[0], cases.minus([v])[0]
        mirrored = [None if p is None else 259 - p for p in reference_positions(two)][::-1]
        assert reference_positions(one) == mirrored


def test_limits_of_what_is_known():
    h, t = cases.plus()
    p = pre_mrna(cases.piece(h, 50, 130), t)
    assert p.ends == ("past_sequence_end", "past_sequence_end")
    assert pre_mrna(h, t).ends == ("past_transcript_end", "past_transcript_end")
    assert pre_mrna(cases.piece(h, 50, 250), t).ends == ("past_sequence_end", "past_transcript_end")
    assert pre_mrna(cases.piece(h, 20, 240), t).ends == ("past_transcript_end", "past_transcript_end")
    h2, t2 = cases.minus()
    assert pre_mrna(cases.piece(h2, 10, 210), t2).ends == ("past_sequence_end", "past_transcript_end")
    assert p.problem(-1, 10).code == "past_sequence_end"
    assert (p.problem(-1, 10).start, p.problem(-1, 10).end) == (50, 60)
    assert p.problem(75, 85)[2:] == (125, 130, "")
    assert (p.problem(-9, -2).start, p.problem(90, 95).end) == (50, 129)
    assert p.problem(0, 80) is None
    with pytest.raises(ProgramError, match="both of its ends"):
        mature_rna(cases.piece(h, 50, 130), t)
    with pytest.raises(ProgramError, match="overlaps the transcript"):
        pre_mrna(cases.piece(h, 245, 260), t)
    with pytest.raises(ProgramError, match="overlaps the transcript"):
        pre_mrna(haplotype_of("c2", 0, cases.GENE), t)


@pytest.mark.parametrize("letter", ["N", "R", "Y"])
def test_letters_that_are_not_known(letter):
    h, t = cases.plus()
    h = haplotype_of("c1", 0, cases.GENE[:70] + letter + cases.GENE[71:])
    p = pre_mrna(h, t)
    assert p.problem(40, 51).code == "ambiguous_base"
    assert letter in p.problem(40, 51).detail
    assert p.problem(40, 50) is None
    assert p.problem(51, 60) is None


def test_tiles_and_lengths():
    assert len(list(tiles(0, 50, range(18, 23)))) == 33 + 32 + 31 + 30 + 29
    assert list(tiles(0, 5, (6,))) == []
    assert list(tiles(3, 8, (5, 5))) == [(3, 8)]
    for bad in ((), (7,), (18, 41)):
        assert len(length_problems(bad)) == 1


def test_parts():
    for gene, shift in ((cases.plus, lambda p: p), (cases.minus, lambda p: 259 - p)):
        t = gene()[1]
        assert parts_of(t, [shift(59), shift(60)]) == ("exon 1", "intron 1")
        assert parts_of(t, [shift(199), shift(150), shift(210)]) == ("intron 2", "exon 3")
        assert parts_of(t, [shift(5), None]) == ()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_an_oligonucleotide_is_the_reverse_complement_of_what_it_covers(data):
    """For every range of an RNA without length changes, from the reference interval and the strand alone."""
    at = sorted(data.draw(st.sets(st.integers(0, 259), max_size=4)))
    swap = {"A": "C", "C": "T", "G": "A", "T": "G"}
    variants = [Placed(p, cases.GENE[p], swap[cases.GENE[p]]) for p in at]
    h, t = data.draw(st.sampled_from((cases.plus, cases.minus)))(variants)
    template = data.draw(st.sampled_from((pre_mrna(h, t), mature_rna(h, t)[0])))
    low = data.draw(st.integers(0, len(template.sense) - 1))
    high = data.draw(st.integers(low + 1, len(template.sense)))
    plus = "".join(h.sequence[a:b] for a, b in template.blocks(low, high))
    assert template.oligo(low, high) == (reverse_complement(plus) if t.strand == "+" else plus)
    assert len(template.oligo(low, high)) == high - low


# ---- alleles


def call(position, ref, alt, side=None, phase="1", homozygous=False):
    return Call(Placed(position, ref, alt), homozygous, side, phase)


def test_calls_are_sorted_to_alleles():
    v = Placed(70, "G", "C")
    calls = [
        call(70, "G", "C", 1), call(65, "T", "A", 1), call(80, "T", "C", 0), call(90, "G", "C", 1, "2"),
        call(100, "G", "C"), call(110, "T", "C", homozygous=True),
    ]  # fmt: skip
    found = {s.placed.position: s.allele for s in allele_sites(GENOME, "c1", calls, v)}
    assert found == {65: "target", 70: "target", 80: "other", 90: "unphased", 100: "unphased", 110: "both"}
    with pytest.raises(ProgramError, match="no call of the variant"):
        allele_sites(GENOME, "c1", calls[1:], v)
    unphased = [call(70, "G", "C"), *calls[1:]]
    assert {s.allele for s in allele_sites(GENOME, "c1", unphased, v)} == {"target", "unphased", "both"}


def test_one_insertion_written_in_two_ways():
    """Intron 1 has TTTTCC at 105-110: an inserted T is the same wherever in the run it is put."""
    start = cases.GENE.index("CATTTTCC")
    calls = [call(start + 1, "A", "AT", 0)]
    found = allele_sites(GENOME, "c1", calls, Placed(start + 5, "T", "TT"))
    assert [(s.allele, s.placed.position) for s in found] == [("target", start + 5)]


def test_haplotype_of_the_target_allele():
    sites = [
        AlleleSite(Placed(65, "T", "A"), "target"), AlleleSite(Placed(80, "T", "C"), "other"),
        AlleleSite(Placed(110, "T", "C"), "both"), AlleleSite(Placed(200, "C", "T"), "target"),
    ]  # fmt: skip
    h = allele_haplotype(GENOME, "c1", 50, 150, sites)
    assert [v.position for v in h.variants] == [65, 110]
    template = pre_mrna(h, cases.plus()[1])
    places, absent = place_sites(template, sites)
    assert [p.site.placed.position for p in places] == [65, 80, 110]
    assert [s.placed.position for s in absent] == [200]
    with pytest.raises(ProgramError, match="build of the VCF"):
        allele_haplotype(GENOME, "c1", 0, 260, [AlleleSite(Placed(65, "NN", "A"), "target")])
    with pytest.raises(ValueError, match="expected one of"):
        AlleleSite(Placed(1, "A", "C"), "mine")


def test_mismatches_to_the_other_allele():
    """By hand: the target allele has G at 80, the other the reference; both have changed 82, to different bases."""
    sites = [
        AlleleSite(Placed(80, "T", "G"), "target"), AlleleSite(Placed(82, "C", "A"), "target"),
        AlleleSite(Placed(82, "C", "T"), "other"), AlleleSite(Placed(85, "G", "A"), "both"),
    ]  # fmt: skip
    chosen = [s.placed for s in sites if s.allele in ("target", "both")]
    for gene, mirror in ((cases.plus, False), (cases.minus, True)):
        h, t = gene(chosen)
        used = cases.mirrored_sites(sites) if mirror else sites
        places, _ = place_sites(pre_mrna(h, t), used)
        assert sorted(d for p in places for d in p.differs) == [(60, "T"), (62, "T"), (62, "T")]
    with pytest.raises(ValueError, match="does not agree"):
        place_sites(pre_mrna(*cases.plus()), sites)


def test_places_of_length_changes():
    for gene, mirror in ((cases.plus, False), (cases.minus, True)):
        here = [AlleleSite(INSERTION, "target"), AlleleSite(DELETION, "target")]
        there = [AlleleSite(INSERTION, "other"), AlleleSite(DELETION, "other")]
        h, t = gene([INSERTION, DELETION])
        mine, _ = place_sites(pre_mrna(h, t), cases.mirrored_sites(here) if mirror else here)
        assert sorted((p.first, p.last, p.junction) for p in mine) == [(50, 53, False), (117, 118, True)]
        h, t = gene()
        others, _ = place_sites(pre_mrna(h, t), cases.mirrored_sites(there) if mirror else there)
        assert sorted((p.first, p.last, p.junction) for p in others) == [(49, 50, True), (114, 116, False)]
    junction = next(p for p in mine if p.junction)
    assert junction.under(112, 119)
    assert not junction.under(112, 118)
    assert not junction.under(118, 123)
    before = AlleleSite(Placed(19, "T", "TAA"), "other")  # between the last base before the transcript and its first
    assert place_sites(pre_mrna(*cases.plus()), [before]) == ((), (before,))


def test_words_on_variants():
    sites = [
        AlleleSite(Placed(80, "T", "G"), "unphased"), AlleleSite(INSERTION, "other"),
        AlleleSite(Placed(82, "C", "T"), "other"),
    ]  # fmt: skip
    places, _ = place_sites(pre_mrna(*cases.plus()), sites)
    good, bad, missing = site_facts(places, (), 48, 66)
    assert len(good) == 2
    assert any("bulge" in g for g in good)
    assert any("1 mismatch to the other allele" in g for g in good)
    assert bad == ["81 T>G (heterozygous, not phased) lies under it: the target allele may not match"]
    assert missing == ["phase of 81 T>G"]
    assert site_facts(places, (), 0, 20) == ([], [], [])


def test_a_template_can_be_made_by_hand():
    t = Template(haplotype_of("c1", 0, "ACGT"), "-", (3, 2, 1), ("", ""))
    assert (t.sense, t.oligo(0, 2), t.site_of("CG"), t.range_of(2, 9)) == ("ACG", "GT", (1,), (0, 2))
    assert t.range_of(7, 9) is None
