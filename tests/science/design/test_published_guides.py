"""Published guides found again: positions, bystanders and proteins.

Case numbers are those of the project's list of design cases; sources of the sequences are in `design_cases`.
"""

import design_cases as cases
import pytest

from proband.science.design.bystanders import bystander_table
from proband.science.design.consequence import protein_effect
from proband.science.design.editors import load_editors
from proband.science.design.haplotype import change_at, haplotype_of
from proband.science.design.spacers import enumerate_guides

EDITORS = load_editors()


def guide_with(spacer, h, change, editor):
    return next(g for g in enumerate_guides(h, change, EDITORS[editor]).guides if g.spacer == spacer)


def positions(guide, *, in_window=None):
    return [e.position for e in guide.bystanders if in_window is None or e.in_window is in_window]


class TestCPS1:
    """D9: Musunuru et al., N Engl J Med 2025;392:2235-2243, as transcribed; GRCh38 slice captured by a public test."""

    def test_the_clinical_guide(self):
        h, change, _ = cases.cps1()
        assert h.sequence[40:43] == "TAG"  # codon 335
        g = guide_with("TGATTCTAAGCAGTAATGAA", h, change, "ABE8e-V106W/SpCas9-NGC")
        assert (g.pam, g.strand, g.target) == ("AGC", "-", "A8")
        assert positions(g) == [3, 9]
        assert (g.start, g.end) == (210591873, 210591893)

    def test_both_bystanders_are_silent_and_every_set_with_the_target_is_exact(self):
        h, change, t = cases.cps1()
        g = guide_with("TGATTCTAAGCAGTAATGAA", h, change, "ABE8e-V106W/SpCas9-NGC")
        table = bystander_table(h, change, g, t)
        assert table.complete
        assert table.target_alone_suffices is True
        assert table.harmless == (3, 9)
        assert set(table.exact) == {(8,), (3, 8), (8, 9), (3, 8, 9)}
        assert {c.effect for c in table.combinations if not c.has_target} == {"stop_gained"}
        assert [t.coding_index(e.reference_position) + 963 for e in g.editable] == [1008, 1003, 1002]

    def test_no_ngg_guide_has_the_base_in_the_window(self):
        h, change, _ = cases.cps1()
        found = enumerate_guides(h, change, EDITORS["ABE8e/SpCas9"])
        assert not found.guides
        assert {r.code for r in found.rejected} <= {"no_pam", "outside_window"}
        assert [r.position for r in found.rejected if r.code == "no_pam"] == [4, 5, 6, 7, 8]

    @pytest.mark.parametrize("name", [n for n, e in EDITORS.items() if e.kind == "base"])
    def test_the_maternal_allele_is_a_transversion_and_out_of_reach(self, name):
        """c.2140G>T, GAA to TAA; its surroundings are synthetic, the slice does not hold it."""
        h = haplotype_of("c1", 0, "CCTACCATGCATGGCATTAA" * 4)
        at = h.sequence.index("TAA")
        found = enumerate_guides(h, change_at(h, at, "T", "G"), EDITORS[name])
        assert not found.guides
        assert [r.code for r in found.rejected] == ["conversion"]
        assert "transversion" in found.rejected[0].detail


def test_scn1a_has_an_adenine_guide_on_the_plus_strand():
    """NM_001165963.4:c.2134C>T (gene on the minus strand): the adenine lies on the plus strand, unlike CPS1's."""
    h, change, t = cases.scn1a()
    assert (h.sequence[40], change.wanted, cases.SCN1A[40]) == ("A", "G", "G")
    by_editor = {n: enumerate_guides(h, change, e).guides for n, e in EDITORS.items() if n.startswith("ABE8e/")}
    found = [g for guides in by_editor.values() for g in guides]
    assert found
    assert {g.strand for g in found} == {"+"}
    ngg = by_editor["ABE8e/SpCas9"]
    assert [(g.spacer, g.pam, g.target) for g in ngg] == [("ATTGCTCATTGCCTTTGGGA", "AGG", "A8")]
    for g in found:
        assert g.spacer[g.position - 1] == "A"
        table = bystander_table(h, change, g, t)
        assert (g.position,) in table.exact


def test_the_slices_and_lengths_of_the_cases():
    """The slices are 81 nt on both strands, and the protein changes are those published."""
    for (h, _, t), change in ((cases.cps1(), "Q335*"), (cases.scn1a(), "R712*")):
        assert len(h.sequence) == 81
        effect = protein_effect(t.protein(), t.protein_with(h.substitutions()))
        first = (t.coding_before + 2) // 3 + 1  # number of the first whole codon
        found = effect.changes[-1]
        assert effect.kind == "stop_gained"
        assert f"{found[0]}{int(found[1:-1]) + first - 1}*" == change


def test_pah_p281l_target_5_and_the_donor_bystander_3():
    """D1: PAH c.842C>T; guide and amplicon of a public amplicon pipeline's tests."""
    h, change, t = cases.pah()
    g = guide_with("TCACAGTTCGGGGGTATACA", h, change, "ABE8e/SpCas9")
    assert (g.pam, g.strand, g.target) == ("TGG", "+", "A5")
    assert [i for i, base in enumerate(g.spacer, 1) if base == "A"] == [3, 5, 16, 18, 20]
    assert positions(g) == [3]
    table = bystander_table(h, change, g, t)
    assert table.exact == ((5,),)
    assert table.harmless == ()
    both = next(c for c in table.combinations if c.positions == (3, 5))
    assert [(f.site, f.offset, f.essential) for f in both.splice] == [("donor", 2, True)]
    before = t.protein_with(h.substitutions())
    assert [(a, b) for a, b in zip(t.protein(), before, strict=True) if a != b] == [("P", "L")]


def test_humanised_r186w_positions():
    """D2: two published designs; positions of the adenines in the first spacer (intended 9, tolerated 13)."""
    spacer = "CAGCAGCCACTCAGAGTCTC"
    assert [i for i, base in enumerate(spacer, 1) if base == "A"] == [2, 5, 9, 13, 15]


def test_serpina1_piz_target_7_with_bystanders_5_and_8():
    """D3: SERPINA1 E342K on NGC; consequences of A5 (D341G) and A8 (wrong residue at 342)."""
    h, change, t = cases.serpina1()
    g = guide_with("ATCGACAAGAAAGGGACTGA", h, change, "ABE8e/SpCas9-NGC")
    assert (g.pam, g.target) == ("AGC", "A7")
    assert positions(g, in_window=True) == [5, 8]
    table = bystander_table(h, change, g, t)
    by = {c.positions: c for c in table.combinations}
    assert by[(7,)].restores
    assert by[(5, 7)].changes == ("D3G",)  # D341G
    assert by[(7, 8)].changes == ("E4G",)  # residue 342
    assert by[(8,)].changes == ("E4R",)
    assert not by[(5, 7)].restores
    assert not by[(7, 8)].restores


def test_sickle_to_makassar_target_7_and_silent_9():
    """D4: ABE8e on NRCH; A7 makes V6A (numbered without Met), A9 is silent."""
    h, change, t = cases.makassar()
    g = guide_with("TTCTCCACAGGAGTCAGATG", h, change, "ABE8e/SpCas9-NRCH")
    assert (g.pam, g.strand, g.target) == ("CACC", "-", "A7")
    assert positions(g) == [9]
    table = bystander_table(h, change, g, t)
    assert set(table.exact) == {(7,), (7, 9)}
    alone = next(c for c in table.combinations if c.positions == (9,))
    assert alone.changes == ("A7V",)  # held against the protein that is wanted: still sickle
    assert t.protein()[6] == "V"


def test_pcsk9_donor_has_no_bystander():
    """D5: A6 is the only adenine of 4 to 8; the edit takes the donor's second base."""
    h, change, t = cases.pcsk9()
    g = guide_with("CCCGCACCTTGGCGCAGCGG", h, change, "ABE8e/SpCas9")
    assert (g.pam, g.target, g.bystanders) == ("TGG", "A6", ())
    assert bystander_table(h, change, g, t).exact == ((6,),)
