"""Names and consequences typed by hand for one synthetic gene, written on either strand; decay; identifiers."""

import pytest
from synthetic_genes import CODON, Gene, random_gene

from proband.core.errors import ProgramError
from proband.science.sequence.annotation import TranscriptRecord
from proband.science.sequence.build import build_transcripts
from proband.science.sequence.genome import genome_of
from proband.science.variant.change import Change
from proband.science.variant.consequence import consequence
from proband.science.variant.hgvs import Nomenclature

# ATG GCT AAA AAA CAG | GGT CAT CAT CAT GAT TGC TGG | GGC GAA GAC TGC TAA, with UTRs of 5 and 13 bases
PARTS = [
    "GCACCATGGCTAAAAAACAG",
    "GTAAGT" + "TTTCTTCC" * 5 + "AG",
    "GGTCATCATCATGATTGCTGG",
    "GTATGT" + "CTCTTTCA" * 30 + "CAG",
    "GGCGAAGACTGCTAATTTGACCATAAGC",
]
EITHER = {s: Gene(PARTS, (5, 13), strand=s) for s in "+-"}
NAMES = {s: g.nomenclature() for s, g in EITHER.items()}

GOLDEN = [
    ("c.1A>G", "c.1A>G", "p.(Met1?)", "start_lost"),
    ("c.1_3del", "c.1_3del", "p.(Met1?)", "start_lost"),
    ("c.4G>T", "c.4G>T", "p.(Ala2Ser)", "missense"),
    ("c.6T>C", "c.6T>C", "p.(Ala2=)", "synonymous"),
    ("c.7A>T", "c.7A>T", "p.(Lys3Ter)", "stop_gained"),
    ("c.7_9delinsTAA", "c.7A>T", "p.(Lys3Ter)", "stop_gained"),
    ("c.4_5del", "c.4_5del", "p.(Ala2Ter)", "stop_gained"),
    ("c.7del", "c.12del", "p.(Lys4AsnfsTer?)", "frameshift"),
    ("c.7_8insT", "c.7_8insT", "p.(Lys3IlefsTer8)", "frameshift"),
    ("c.7_8insA", "c.12dup", "p.(Gln5ThrfsTer6)", "frameshift"),
    ("c.7_9del", "c.10_12del", "p.(Lys4del)", "inframe_deletion"),
    ("c.10_12dup", "c.10_12dup", "p.(Lys4dup)", "inframe_duplication"),
    ("c.9_10insAAA", "c.10_12dup", "p.(Lys4dup)", "inframe_duplication"),
    ("c.19_21CAT[5]", "c.22_27dup", "p.(His8_His9dup)", "inframe_duplication"),
    ("c.19_27CAT[2]", "c.25_27del", "p.(His9del)", "inframe_deletion"),
    ("c.22_23delinsTA", "c.22C>T", "p.(His8Tyr)", "missense"),
    ("c.16_17delinsCC", "c.16_17inv", "p.(Gly6Pro)", "missense"),
    ("c.40_45del", "c.40_45del", "p.(Glu14_Asp15del)", "inframe_deletion"),
    ("c.46_47insTAG", "c.46_47insTAG", "p.(Cys16delinsLeuGly)", "inframe_delins"),
    ("c.49T>C", "c.49T>C", "p.(Ter17GlnextTer?)", "stop_lost"),
    ("c.49delinsAA", "c.49delinsAA", "p.(Ter17LysextTer2)", "stop_lost"),
    ("c.50A>G", "c.50A>G", "p.(Ter17=)", "stop_retained"),
    ("c.-2C>T", "c.-2C>T", "p.?", "utr_5"),
    ("c.*1del", "c.*3del", "p.(=)", "utr_3"),
    ("c.15+1G>A", "c.15+1G>A", "p.?", "splice_donor"),
    ("c.16-1G>T", "c.16-1G>T", "p.?", "splice_acceptor"),
    ("c.16-2A>G", "c.16-2A>G", "p.?", "splice_acceptor"),
    ("c.15+5G>A", "c.15+5G>A", "p.?", "splice_region"),
    ("c.15+20T>C", "c.15+20T>C", "p.?", "intronic"),
    ("c.36+120T>C", "c.36+120T>C", "p.?", "deep_intronic"),
    ("c.15del", "c.15+1del", "p.?", "splice_donor"),
    ("c.10_15+3del", "c.11_15+4del", "p.?", "splice_donor"),
    ("c.35_37+1del", "", "", ""),
]


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(("written", "name", "protein", "term"), GOLDEN)
def test_golden_on_either_strand(strand, written, name, protein, term):
    names = NAMES[strand]
    if not name:
        with pytest.raises(ProgramError):
            names.read(f"T1:{written}")
        return
    assert names.normalise(f"T1:{written}") == f"T1:{name}"
    found = consequence(names, names.read(f"T1:{written}"), "T1")
    assert (found.hgvs, found.hgvs_p) == (f"T1:{name}", protein)
    assert term in found.terms
    assert found.is_certain == (protein != "p.?" and protein != "p.(Met1?)" and "splice_region" not in found.terms)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_distance_of_a_deep_intronic_change(strand):
    found = consequence(NAMES[strand], NAMES[strand].read("T1:c.36+120T>C"), "T1")
    assert found.splice_distance == -120
    assert found.protein is None
    assert found.decay.answer == "not_known"


@pytest.mark.parametrize("strand", ["+", "-"])
def test_one_change_written_two_ways_is_equal(strand):
    names = NAMES[strand]
    for one, other in [("15del", "15+1del"), ("7del", "12del"), ("19_21CAT[5]", "22_27dup"), ("7_8insA", "7dup")]:
        assert names.equal(f"T1:c.{one}", f"T1:c.{other}")
        assert names.vrs_id(f"T1:c.{one}") == names.vrs_id(f"T1:c.{other}")
    assert not names.equal("T1:c.4G>T", "T1:c.4G>A")
    assert names.equal("T1:p.Lys3Ter", "T1:p.(K3*)")
    with pytest.raises(ProgramError, match="DNA and protein"):
        names.equal("T1:p.Lys3Ter", "T1:c.7A>T")


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("seed", range(4))
def test_decay_by_the_50_nt_rule_of_nagy_and_maquat_1998(seed, strand):
    gene = random_gene(seed, strand, exons=3, codons=90)
    names = gene.nomenclature()
    junction = gene.spliced_at.index(gene.exons[-1][0])
    seen = set()
    for index, p in enumerate(gene.coding_at[3:-3], start=3):
        for base in "ACGT":
            text = gene.text[:p] + base + gene.text[p + 1 :]
            at = index - index % 3
            if CODON["".join(text[q] for q in gene.coding_at[at : at + 3])] != "Ter":
                continue
            change = Change("c1", gene.genomic(p), gene.base_on_genome(gene.text[p]), gene.base_on_genome(base))
            decay = consequence(names, change, "T1").decay
            distance = junction - (gene.spliced_at.index(gene.coding_at[at]) + 3)
            assert decay.distance == distance
            assert decay.answer == ("expected" if distance > 55 else "not_known" if distance > 50 else "escapes")
            seen.add(decay.answer)
    assert {"expected", "escapes"} <= seen


def test_decay_of_a_frameshift_is_judged_at_its_new_stop_and_one_exon_escapes():
    gene = Gene(["CC" + "ATG" + "GCC" * 30 + "GCTGAT" + "GCC" * 30 + "TAA" + "CC"], (2, 2))
    names = gene.nomenclature()
    found = consequence(names, names.read("T1:c.4_5insT"), "T1")
    assert found.decay.answer == "escapes"
    assert "one exon" in found.decay.reason


def test_a_non_coding_transcript_is_named_by_n():
    genome = genome_of({"c1": "TTACGTAACCGGATATCGGA"})
    names = Nomenclature(genome, build_transcripts([TranscriptRecord("R1", "c1", "-", ((2, 16),))], genome))
    assert names.normalise("R1:n.2T>A") == "R1:n.2T>A"
    found = consequence(names, names.read("R1:n.2T>A"), "R1")
    assert (found.hgvs, found.hgvs_p, found.terms) == ("R1:n.2T>A", "", ("non_coding",))
    with pytest.raises(ProgramError, match="no coding part"):
        names.read("R1:c.2T>A")


def test_another_genetic_code_gives_no_p_description_but_says_so():
    genome = genome_of({"chrM": "CCATGTGATGAAGATAACC"})
    record = TranscriptRecord("M1", "chrM", "+", ((0, 19),), ((2, 14, 0),))
    names = Nomenclature(genome, build_transcripts([record], genome))
    found = consequence(names, names.read("M1:c.6A>G"), "M1")
    assert found.hgvs_p == "p.?"
    assert "vertebrate mitochondrial" in found.reasons[-1]
    assert names.transcripts["M1"].protein() == "MWW"
