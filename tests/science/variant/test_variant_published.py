"""Published facts on real slices, and every refusal that must be clear.

Slices of GRCh38, plus strand: CPS1 chr2:210591846-210591926 (its 41st base is c.1003 of NM_001875.5, codon 335) and
SCN1A, 81 bases centred on chr2:166042334 (NM_001165963.4:c.2134C>T, p.Arg712Ter, gene on the minus strand), both as
captured in a public test of a guide designer. The transcripts here are partial: one exon, no splice sites.
"""

import pytest

from proband.core.errors import ProgramError
from proband.science.sequence.annotation import TranscriptRecord
from proband.science.sequence.build import build_transcripts
from proband.science.sequence.genome import SliceGenome, genome_of
from proband.science.variant.change import Change
from proband.science.variant.consequence import consequence
from proband.science.variant.hgvs import Nomenclature

CPS1 = "TGTTTTGAATATCACAAACAAACAGGCTTTCATTACTGCTCAGAATCATGGCTATGCCTTGGACAACACCCTCCCTGCTGG"
SCN1A = "TCTACTGTATTTGTTAGAATGCTGGCTATACTCATTGCTCGTTGCCTTTGGGAAGGATCTTCTAGAAAGTCCATGGAAACG"


def partial(name, gene, start, bases, strand, before):
    """A transcript of one exon whose first base is c.(before + 1)."""
    genome = SliceGenome({"chr2": (start, bases)}, build="GRCh38")
    end = start + len(bases)
    cds = ((start, end, -before % 3),)
    record = TranscriptRecord(
        name, "chr2", strand, ((start, end),), cds, gene=gene, coding_before=before, partial_stop=True
    )
    return Nomenclature(genome, build_transcripts([record], genome), {"NC_000002.12": "chr2"})


CPS1_NAMES = partial("NM_001875.5", "CPS1", 210591845, CPS1, "+", 962)
SCN1A_NAMES = partial("NM_001165963.4", "SCN1A", 166042293, SCN1A, "-", 2093)


def test_cps1_c1003_is_chr2_210591886_and_codon_335_becomes_a_stop():
    t = CPS1_NAMES.transcripts["NM_001875.5"]
    assert CPS1[40] == "C"
    assert t.position_g("c.1003") == 210591885
    assert t.coding_sequence()[40:43] == "CAG"
    assert CPS1_NAMES.to_genomic("NM_001875.5:c.1003C>T") == "chr2:g.210591886C>T"
    assert CPS1_NAMES.to_coding("NC_000002.12:g.210591886C>T", "NM_001875.5") == "NM_001875.5:c.1003C>T"
    assert CPS1_NAMES.spdi("GRCh38(chr2):g.210591886C>T") == "chr2:210591885:C:T"
    found = consequence(CPS1_NAMES, Change("chr2", 210591885, "C", "T"), "NM_001875.5")
    assert (found.hgvs_p, found.terms, found.new_stop) == ("p.(Gln335Ter)", ("stop_gained",), 335)
    assert found.decay.answer == "not_known"
    assert {"incomplete_start", "incomplete_stop"} <= {c.code for c in t.concerns}


def test_scn1a_c2134_on_the_minus_strand_is_arg712ter():
    assert SCN1A_NAMES.to_genomic("NM_001165963.4:c.2134C>T") == "chr2:g.166042334G>A"
    found = consequence(SCN1A_NAMES, Change("chr2", 166042333, "G", "A"), "NM_001165963.4")
    assert (found.hgvs, found.hgvs_p) == ("NM_001165963.4:c.2134C>T", "p.(Arg712Ter)")
    t = SCN1A_NAMES.transcripts["NM_001165963.4"]
    assert len(t.protein_with({166042333: "A"})) == 711 - (2093 + 1) // 3
    assert len(t.protein()) > 711 - (2093 + 1) // 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("NM_001875.5:c.1003A>T", "expected A, found C"),
        ("NM_001875.4:c.1003C>T", "NM_001875.5"),
        ("NM_999999.1:c.1003C>T", "NM_999999.1"),
        ("2:g.210591886C>T", "2 and chr2 are different names"),
        ("NC_000002.11:g.210591886C>T", "another version is another build"),
        ("GRCh37(chr2):g.210591886C>T", "build GRCh37"),
        ("chr2:g.5C>T", "within the known bases"),
        ("NM_001875.5(SCN1A):c.1003C>T", "gene SCN1A"),
        ("NM_001875.5:g.1003C>T", "transcript NM_001875.5 with g."),
        ("NM_001875.5:c.962A>T", "c.963 to c.1043"),
        ("NM_001875.5:c.-5A>T", "incomplete at its 5' end"),
        ("NM_001875.5:c.*5A>T", "incomplete at its 3' end"),
        ("NM_001875.5:c.1003+5A>G", "beside an intron"),
        ("NM_001875.5:c.[1003C>T;1004A>G]", "several changes"),
        ("NM_001875.5:c.[1003C>T];[1004A>G]", "one change"),
        ("NM_001875.5:c.(1000_1003)del", "uncertain"),
        ("NM_001875.5:c.1003C>N", "'N'"),
        ("NM_001875.5:c.1003c>t", "'c'"),
        ("NM_001875.5:c.1000_1003del4", "a length alone"),
        ("NM_001875.5:c.1000_1003insA", "between other bases"),
        ("NM_001875.5:c.1000_1001ins1010_1020", "one change"),
        ("NM_001875.5:c.1003_1002del", "backwards"),
        ("NM_001875.5:c.1000_1003[3]", "repeat"),
        ("NM_001875.5:r.1003c>u", "RNA"),
        ("NM_001875.5:p.Gln335Ter", "several can make one protein"),
        ("NM_001875.5:c.1043del", "end of the known bases"),
        ("c.1003C>T", "not an HGVS description"),
        ("NM_001875.5:c.1003C>T and more", "not an HGVS description"),
        ("", "not an HGVS description"),
    ],
)
def test_what_is_wrong_or_ambiguous_is_refused_with_its_reason(text, said):
    with pytest.raises(ProgramError) as caught:
        CPS1_NAMES.spdi(text)
    assert said in str(caught.value)
    assert all(p.found and p.expected and p.remedy for p in caught.value.problems)


def test_a_slice_has_no_vrs_identifier():
    with pytest.raises(ProgramError, match="a whole contig"):
        CPS1_NAMES.vrs_id("NM_001875.5:c.1003C>T")


def test_transcripts_of_another_build_are_refused():
    genome = SliceGenome({"chr2": (210591845, CPS1)}, build="GRCh37")
    mixed = Nomenclature(genome, CPS1_NAMES.transcripts)
    with pytest.raises(ProgramError, match="GRCh38"):
        mixed.read("NM_001875.5:c.1003C>T")


def test_offset_longer_than_its_intron_is_refused_though_the_bases_exist():
    genome = genome_of({"c1": "ATGAAG" + "GT" + "A" * 40 + "AG" + "CCCTAAGGGGGGGGGGGGGGG"})
    record = TranscriptRecord("T1", "c1", "+", ((0, 6), (50, 71)), ((0, 6, None), (50, 56, None)))
    names = Nomenclature(genome, build_transcripts([record], genome))
    assert names.to_genomic("T1:c.6+44G>A") == "c1:g.50G>A"
    with pytest.raises(ProgramError, match="offset of at most 44"):
        names.read("T1:c.6+45C>A")
    with pytest.raises(ProgramError, match=r"exon junction|neighbouring"):
        names.read("T1:c.6_7insA")


def test_iupac_in_the_reference_and_contig_ends():
    genome = genome_of({"c1": "ATGNARCCCTAACC"})
    record = TranscriptRecord("T1", "c1", "+", ((0, 14),), ((0, 12, 0),))
    names = Nomenclature(genome, build_transcripts([record], genome))
    with pytest.raises(ProgramError, match="reference does not say"):
        names.read("c1:g.4del")
    assert consequence(names, names.read("T1:c.7C>T"), "T1").hgvs_p == "p.?"
    assert names.normalise("c1:g.13del") == "c1:g.14del"
    with pytest.raises(ProgramError):
        names.read("c1:g.15del")
    with pytest.raises(ProgramError):
        names.read("c1:g.14_15insA")
    with pytest.raises(ProgramError, match="reference T"):
        consequence(names, Change("c1", 0, "T", "A"), "T1")
