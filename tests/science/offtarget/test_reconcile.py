"""Places of all kinds moved to one site: planted sites on both strands, both PAM sides, and what can not be aligned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import bases, turned, with_sites

from proband.science.offtarget.guide import Guide, Limits, guide_of
from proband.science.offtarget.liftover import Place
from proband.science.offtarget.reconcile import reconcile
from proband.science.sequence.genome import genome_of

SPACER = "GTCACCAATCCTGTCCCTAG"
NEAR = "GTCACCTATCCTGTCACTAG"  # two mismatches
GUIDE = guide_of(SPACER, "NGG", 3, "g")
LIMITS = Limits(4, 1, 1)  # with bulges: one mismatch
GENOME = genome_of({
    "c1": with_sites(900, 5, [(200, "+", NEAR + "TGG"), (500, "-", NEAR + "CAG")]),
    "c2": "N" * 40 + bases(10, 1) + "N" * 40,
})  # fmt: skip


def one(place, sequence="", guide=GUIDE, genome=GENOME, limits=LIMITS):
    return reconcile([(place, sequence)], guide, limits, genome)[0]


@given(st.integers(-9, 9), st.integers(1, 40), st.sampled_from(["", "+", "-"]))
def test_every_way_to_state_a_site_gives_the_same_site(move, size, strand):
    for start, true, pam_start in ((200, "+", 220), (500, "-", 500)):
        low = start + 11 - size // 2 + move
        if low + size <= start or low >= start + 23:
            continue
        found = one(Place("c1", low, low + size, strand))
        assert (found.start, found.end, found.strand, found.pam_start) == (start, start + 23, true, pam_start)
        assert (found.mismatches, found.placed_by) == (2, "genome")


def test_the_alignment_is_written_on_the_guides_strand():
    plus, minus = one(Place("c1", 200, 223, "+")), one(Place("c1", 517, 518))
    assert (plus.aligned_protospacer, plus.pam) == ("GTCACCtATCCTGTCaCTAG", "TGG")
    assert (minus.aligned_protospacer, minus.pam) == ("GTCACCtATCCTGTCaCTAG", "CAG")


def test_a_pam_on_the_5_side():
    guide = Guide("a", "CCTTGTCAAGGCTATTGGTC", "TTTV", 5)
    text = with_sites(400, 8, [(100, "+", "TTTG" + guide.spacer), (250, "-", "TTTC" + guide.spacer)])
    found = [one(Place("c", p, p + 1), guide=guide, genome=genome_of({"c": text})) for p in (118, 260)]
    assert [(f.start, f.end, f.strand, f.pam_start) for f in found] == [(100, 124, "+", 100), (250, 274, "-", 270)]


def test_bulges_only_where_no_alignment_without_lies_within_the_limits():
    bulged = SPACER[:9] + "T" + SPACER[9:]
    text = with_sites(300, 3, [(100, "+", bulged + "AGG")])
    found = one(Place("c", 100, 124, "+"), genome=genome_of({"c": text}))
    assert (found.dna_bulges, found.mismatches, found.end - found.start) == (1, 0, 24)
    loose = one(Place("c", 100, 124, "+"), genome=genome_of({"c": text}), limits=Limits(10, 1, 1))
    assert (loose.dna_bulges, loose.pam_start) == (0, found.pam_start)


def test_a_site_without_the_pam_is_found_at_the_price_of_its_letters():
    text = with_sites(300, 4, [(100, "+", NEAR + "TTT")])
    assert one(Place("c", 100, 123), genome=genome_of({"c": text})).pam == "TTT"


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (Place("c1", 350, 373, "+"), "no alignment of the spacer"),
        (Place("c2", 30, 53, "+"), "no alignment of the spacer"),
        (Place("c1", 890, 913, "+"), "beyond the end"),
        (Place("chrc1", 200, 223, "+"), "not in the genome"),
    ],
)
def test_what_has_no_site_is_kept_as_stated_with_its_reason(place, reason):
    found = one(place)
    assert (found.contig, found.start, found.end, found.placed_by) == (
        place.contig,
        place.start,
        place.end,
        "as_stated",
    )
    assert reason in found.reason
    assert found.pam_start == -1


def test_without_a_genome_the_bases_of_the_list_are_aligned():
    foot = NEAR + "TGG"
    for strand in "+-":
        found = one(Place("c", 300, 323, strand), foot, genome=None)
        assert (found.placed_by, found.start, found.mismatches) == ("sequence", 300, 2)
        assert found.pam_start == (320 if strand == "+" else 300)
    assert "no strand" in one(Place("c", 300, 323), foot, genome=None).reason
    assert "no bases" in one(Place("c", 300, 323, "+"), genome=None).reason
    assert "without its PAM" in one(Place("c", 300, 316, "+"), NEAR[:16], genome=None).reason
    assert "no alignment" in one(Place("c", 300, 323, "+"), turned(foot), genome=None).reason


def test_many_places_at_once_are_as_one_by_one(monkeypatch):
    monkeypatch.setattr("proband.science.offtarget.reconcile.BATCH", 3)
    places = [Place("c1", s, s + w, "") for s in (195, 205, 350, 498, 505, 860) for w in (1, 23)]
    assert reconcile([(p, "") for p in places], GUIDE, LIMITS, GENOME) == [one(p) for p in places]
