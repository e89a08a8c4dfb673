"""A stated variant against the invented gene: holds, does not hold, or could not be looked at, on both strands."""

from dataclasses import replace

import pytest

from proband.core.program import Genotype, Variant
from proband.core.slices import ReferenceSlices
from proband.science.sequence.slices import from_folder, from_slices, known_bases
from proband.science.variant.hgvs import Nomenclature
from proband.science.variant.resolve import resolve, reversal, transcript_of
from proband.testing import synthetic_gene as gene

NAME = "SYNG1_fictional:c.412G>A"
CALLED = Genotype("0|1", True, "10203", "variants/patient.vcf")


def names(strand="+", **changes):
    """The nomenclature of the gene, with parts of its slices or its transcript changed."""
    held = gene.reference(strand)
    return Nomenclature(*from_slices(replace(held, **changes)))


def altered(position, letter):
    """The slice with one letter replaced."""
    piece = gene.reference().slices[0]
    at = position - piece.start
    return {"slices": (replace(piece, bases=piece.bases[:at] + letter + piece.bases[at + 1 :]),)}


def variant(strand="+", **changes):
    """The targeted variant of the example, or its mirror image."""
    place = (10_610, "G", "A") if strand == "+" else (gene.mirrored(10_610), "C", "T")
    stated = Variant("v", "target", "SYNTHETIC1", gene.CONTIG, *place, "", NAME, "p.Gly138Arg", "heterozygous")
    return replace(stated, **changes)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_the_example_holds_on_both_strands(strand):
    found = resolve(variant(strand), names(strand))
    assert set(found.checks.values()) == {True}, found.because
    assert list(found.checks) == ["build", "reference_base", "transcript_name", "zygosity", "protein_name"]
    assert found.consequence == "SYNG1_fictional:c.412G>A p.(Gly138Arg) (missense)"
    place = 10_610 if strand == "+" else gene.mirrored(10_610)
    assert found.spdi == f"synchr1:{place}:{'G:A' if strand == '+' else 'C:T'}"
    assert found.vrs_id == ""  # needs the whole contig


@pytest.mark.parametrize("strand", ["+", "-"])
def test_another_base_than_that_of_the_reference_is_a_contradiction_and_no_exception(strand):
    wrong = variant(strand, ref="T", alt="C", hgvs_c="SYNG1_fictional:c.412C>A")
    found = resolve(wrong, names(strand))
    assert found.checks["reference_base"] is False
    assert found.checks["transcript_name"] is False
    assert found.consequence == ""
    assert f"{'G' if strand == '+' else 'C'} stands at" in found.because["reference_base"]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"hgvs_c": "SYNG1_fictional:c.413G>A", "position": 10_611}, {"transcript_name": True, "reference_base": True}),
        ({"hgvs_c": "SYNG1_fictional:c.413G>A"}, {"transcript_name": False, "reference_base": True}),
        ({"hgvs_c": "SYNG1_fictional:c.412G>C"}, {"transcript_name": False}),
        ({"hgvs_c": "SYNG1_fictional:c.foo"}, {"transcript_name": False}),
        ({"hgvs_c": "OTHER_1:c.412G>A"}, {"transcript_name": None}),
        ({"hgvs_c": "SYNG1_fictional(SYNG1):c.412G>A"}, {"transcript_name": True}),
        ({"hgvs_c": "synchr1(SYNG1_fictional):c.412G>A"}, {"transcript_name": True}),
        ({"hgvs_c": ""}, {"transcript_name": None}),
        ({"hgvs_c": "SYNG1_fictional:c.412+5G>A"}, {"transcript_name": False}),
        ({"hgvs_c": "SYNG1_fictional:c.9999G>A"}, {"transcript_name": None}),
        ({"position": 12_000}, {"reference_base": None, "transcript_name": False}),
        ({"position": 9_999}, {"reference_base": None, "transcript_name": False}),
        ({"position": 11_999, "ref": "TG"}, {"reference_base": None}),
        ({"contig": "chrsynchr1"}, {"reference_base": None, "transcript_name": None}),
        ({"contig": "chr9"}, {"reference_base": None, "transcript_name": False}),
        ({"build": ""}, {"build": None}),
        ({"ref": "N"}, {"reference_base": None}),
        ({"ref": "GN", "alt": "A"}, {"reference_base": None}),
        ({"zygosity": ""}, {"zygosity": None}),
    ],
)
def test_each_check_holds_does_not_hold_or_could_not_be_made(changes, state):
    found = resolve(variant(**changes), names())
    assert {k: found.checks[k] for k in state} == state, found.because
    assert all(found.because[k] for k in found.checks)


def test_without_a_sequence_nothing_but_the_stated_is_known():
    found = resolve(variant(), None)
    assert found.checks == {"build": True, "reference_base": None, "transcript_name": None, "zygosity": True}


def test_a_variant_known_by_its_name_alone_is_placed_by_it_and_not_called_right():
    bare = Variant("v", "target", hgvs_c=NAME, hgvs_p="p.(Gly138Arg)")
    found = resolve(bare, names())
    assert found.checks["transcript_name"] is None
    assert found.checks["reference_base"] is None
    assert str(found.change) == "synchr1:10610:G:A"
    assert found.checks["protein_name"] is True


@pytest.mark.parametrize(("letter", "base"), [("N", None), ("R", None), ("K", None), ("Y", False), ("C", False)])
def test_a_base_that_the_reference_does_not_tell_decides_only_where_it_can(letter, base):
    found = resolve(variant(), names(**altered(10_610, letter)))
    assert found.checks["reference_base"] is base
    assert found.checks["transcript_name"] is (False if letter == "C" else None)


def test_an_unknown_base_is_no_match_for_a_stated_unknown_base():
    found = resolve(variant(ref="N"), names(**altered(10_610, "N")))
    assert found.checks["reference_base"] is None


def test_an_indel_written_at_two_ends_of_a_repeat_is_one_change():
    sequence = gene.bases()
    at = next(i for i in range(150, 250) if sequence[i : i + 3] in ("AAA", "CCC", "GGG", "TTT"))
    base, position = sequence[at], gene.START + at
    left = Variant("v", "target", "SYNTHETIC1", gene.CONTIG, position, base * 2, base)
    right = replace(left, position=position + 1)
    named = resolve(left, names()).consequence.partition(" ")[0]
    for v in (left, right):
        assert resolve(replace(v, hgvs_c=named), names()).checks["transcript_name"] is True


def test_positions_beyond_a_partial_transcript_are_not_known():
    low, high = 10_400, 10_690
    whole = gene.reference()
    sequence = gene.bases()[low - gene.START : high - gene.START]
    before = gene.coding_positions().index(low)
    part = replace(
        whole.transcripts[0], exons=((low, high),), coding=((low, high),), coding_before=before, partial_stop=True
    )
    held = ReferenceSlices("f", "SYNTHETIC1", "s", (replace(whole.slices[0], start=low, bases=sequence),), (part,))
    n = Nomenclature(*from_slices(held))
    assert resolve(variant(), n).checks["transcript_name"] is True
    for beyond in ("c.9999G>A", "c.5G>A", "c.*5G>A", "c.-5G>A", "c.412+3G>A"):
        found = resolve(variant(hgvs_c=f"SYNG1_fictional:{beyond}"), n)
        assert found.checks["transcript_name"] is None, beyond


def test_a_transcript_that_its_bases_do_not_bear_out_says_nothing_of_the_variant():
    whole = gene.reference()
    broken = replace(whole.transcripts[0], coding=whole.transcripts[0].coding[::2])
    found = resolve(variant(), names(transcripts=(broken,)))
    assert found.checks["transcript_name"] is None
    assert "can not be used" in found.because["transcript_name"]


@pytest.mark.parametrize(
    ("call", "allele", "zygosity", "holds"),
    [
        ("0|1", 1, "heterozygous", True),
        ("1/2", 2, "heterozygous", True),
        ("0/2", 2, "heterozygous", True),
        ("1/1", 1, "heterozygous", False),
        ("1/1", 1, "homozygous", True),
        ("2/2", 1, "homozygous", False),
        ("0/1", 1, "homozygous", False),
        ("1", 1, "hemizygous", True),
        ("0/1", 1, "hemizygous", False),
        ("0/0", 1, "heterozygous", False),
        ("./1", 1, "heterozygous", None),
    ],
)
def test_zygosity_is_held_against_the_call(call, allele, zygosity, holds):
    called = Genotype(call, "|" in call, "", "a.vcf", allele)
    assert resolve(variant(zygosity=zygosity, genotype=called), None).checks["zygosity"] is holds


@pytest.mark.parametrize(
    ("call", "allele", "side"),
    [("0|1", 1, 1), ("1|0", 1, 0), ("1|2", 1, 0), ("1|2", 2, 1), ("1|1", 1, None), ("0|0", 1, None)],
)
def test_the_side_of_a_phased_call_is_that_of_the_variants_own_allele(call, allele, side):
    assert Genotype(call, True, "", "a.vcf", allele).side == side


def test_a_call_that_is_not_phased_has_no_side():
    assert Genotype("0/1", False, "", "a.vcf").side is None


@pytest.mark.parametrize(
    ("stated", "holds"),
    [
        ("p.Gly138Arg", True),
        ("p.(Gly138Arg)", True),
        ("SYNG1_fictional:p.(Gly138Arg)", True),
        ("p.G138R", True),
        ("p.Gly138Ser", False),
        ("p.G138S", False),
        ("p.Gly139Arg", False),
        ("p.?", None),
        ("G138R", None),
    ],
)
def test_protein_names_in_their_usual_forms(stated, holds):
    found = resolve(variant(hgvs_p=stated), names())
    assert found.checks["protein_name"] is holds, found.because


@pytest.mark.parametrize("stated", ["p.Trp201Ter", "p.Trp201*", "p.(Trp201*)", "p.W201*", "p.W201X", "p.Trp201X"])
def test_a_stop_in_its_usual_forms(stated):
    stop = variant(position=11_054, hgvs_c="SYNG1_fictional:c.602G>A", hgvs_p=stated)
    assert resolve(stop, names()).checks["protein_name"] is True


def test_a_frameshift_may_be_named_without_its_new_stop():
    base = gene.bases()[10_610 - gene.START]
    deleted = variant(ref=base + gene.bases()[10_611 - gene.START], alt=base, hgvs_c="")
    full = resolve(replace(deleted, hgvs_p="p.?"), names()).consequence
    assert "fsTer" in full
    residue = full.partition("p.(")[2][:6]
    short = resolve(replace(deleted, hgvs_p=f"p.{residue}fs"), names())
    other = resolve(replace(deleted, hgvs_p="p.Gly12fs"), names())
    assert short.checks["protein_name"] is True
    assert other.checks["protein_name"] is False


@pytest.mark.parametrize(
    ("stated", "back"),
    [
        ({"hgvs_c": "NM_1.1:c.2140G>T"}, ("T", "G")),
        ({"hgvs_c": "NM_1.1:c.100+5A>G"}, ("G", "A")),
        ({"hgvs_c": "NM_1.1:c.-4C>T", "ref": "G", "alt": "A"}, ("T", "C")),
        ({"ref": "G", "alt": "A"}, ("A", "G")),
        ({"hgvs_c": "NM_1.1:c.4del"}, None),
        ({"ref": "GA", "alt": "G"}, None),
    ],
)
def test_what_would_put_a_base_back(stated, back):
    assert reversal(Variant("v", "other_allele", **stated)) == back


def test_the_transcript_of_a_name():
    held = names().transcripts
    assert transcript_of("SYNG1_fictional:c.1A>G", held) == "SYNG1_fictional"
    assert transcript_of("NM_9.1(GENE):c.1A>G", held) == "NM_9.1"
    assert transcript_of("", held) == ""


def test_bases_beyond_what_is_known_are_none():
    genome = from_slices(gene.reference())[0]
    assert known_bases(genome, gene.CONTIG, 10_000, 10_004) == gene.bases()[:4]
    assert known_bases(genome, gene.CONTIG, 11_996, 12_000) == gene.bases()[-4:]
    assert known_bases(genome, gene.CONTIG, 11_996, 12_001) is None
    assert known_bases(genome, gene.CONTIG, 9_999, 10_004) is None
    assert known_bases(genome, "chr1", 0, 1) is None


def test_the_reference_of_a_folder_is_slices_or_fasta_or_none(tmp_path):
    assert from_folder(None, None, None, "b") is None
    fasta = tmp_path / "a.fa"
    fasta.write_text(">c1\nATGCAGTAG\n")
    genome, transcripts = from_folder(None, fasta, None, "b1")
    assert (genome.build, genome.fetch("c1", 0, 3), len(transcripts)) == ("b1", "ATG", 0)
    held = from_folder(gene.reference(), fasta, None, "b1")
    assert held[0].build == "SYNTHETIC1"


@pytest.mark.parametrize("strand", ["+", "-"])
def test_the_missing_coding_bases_set_the_frame_at_the_right_end(strand):
    whole = gene.reference(strand)
    t = whole.transcripts[0]
    parts = t.coding[1:] if strand == "+" else t.coding[:-1]  # the first coding part is cut away
    cut = replace(t, exons=parts, coding=parts, coding_before=180)
    transcript = from_slices(replace(whole, transcripts=(cut,)))[1]["SYNG1_fictional"]
    full = from_slices(whole)[1]["SYNG1_fictional"]
    assert transcript.protein() == full.protein()[60:]
