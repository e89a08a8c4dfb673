"""``reference/*.toml`` at the border: one based and inclusive as written, held against the program, all faults told."""

import shutil

import pytest

from proband import api
from proband.core.program import Program, Stage, Variant
from proband.folder.slices import read_slices
from proband.testing import synthetic_gene as gene

SLICES = """\
format = 1
build = "b1"
source = "invented"
[[slice]]
contig = "c1"
start = 101
bases = "ATGCAGTAGAAA"
"""
TRANSCRIPT = """
[[transcript]]
id = "T1"
gene = "G"
contig = "c1"
strand = "+"
exons = [[101, 105], [108, 112]]
coding = [[101, 105], [108, 109]]
"""


def program(build="b1"):
    variant = (
        Variant("v", "target", build, "c1", 103, "C", "T") if build else Variant("v", "target", hgvs_c="T1:c.4C>T")
    )
    return Program("p", "p", "", "", "", "", Stage.DESIGN, (variant,), (), None)


def read(tmp_path, text, build="b1"):
    """What is read of a text, and its problems."""
    (tmp_path / "reference").mkdir(exist_ok=True)
    (tmp_path / "reference" / "slices.toml").write_text(text)
    problems = []
    found = read_slices(tmp_path, "reference/slices.toml", program(build), problems)
    assert all(p.file == "reference/slices.toml" and p.found and p.expected and p.remedy for p in problems)
    return found, problems


def test_positions_become_zero_based_and_half_open(tmp_path):
    found, problems = read(tmp_path, SLICES + TRANSCRIPT)
    assert problems == []
    assert (found.build, found.source, found.file) == ("b1", "invented", "reference/slices.toml")
    (piece,), (t,) = found.slices, found.transcripts
    assert (piece.contig, piece.start, piece.bases) == ("c1", 100, "ATGCAGTAGAAA")
    assert (t.exons, t.coding) == (((100, 105), (107, 112)), ((100, 105), (107, 109)))
    assert (t.coding_before, t.partial_stop, t.strand, t.gene) == (0, False, "+", "G")


def test_a_variant_without_a_build_says_nothing_of_that_of_the_slices(tmp_path):
    assert read(tmp_path, SLICES, build="")[0].build == "b1"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('build = "b1"', 'build = "b2"', "the build of the variants, b1"),
        ('source = "invented"', "", "this key"),
        ("ATGCAGTAGAAA", "ATGCAGTAGAAZ", "ATGCAGTAGAAZ"),
        ("ATGCAGTAGAAA", "atgcagtagaaa", "atgcagtagaaa"),
        ("ATGCAGTAGAAA", "", "slice"),
        ("start = 101", "start = 0", "greater than or equal to 1"),
        ("start = 101", "start = 101.0", "valid integer"),
        ('contig = "c1"\nstrand', 'contig = "c2"\nstrand', "a contig of the slices"),
        ('strand = "+"', 'strand = "plus"', "'+' or '-'"),
        ("[[101, 105], [108, 112]]", "[[101, 105], [108, 113]]", "start to end within 101 to 112"),
        ("[[101, 105], [108, 112]]", "[[100, 105], [108, 112]]", "start to end within 101 to 112"),
        ("[[101, 105], [108, 112]]", "[[105, 101], [108, 112]]", "105 to 101"),
        ("[[101, 105], [108, 112]]", "[[108, 112], [101, 105]]", "genomic order"),
        ("[[101, 105], [108, 112]]", "[[101, 108], [108, 112]]", "genomic order"),
        ("[[101, 105], [108, 112]]", "[]", "exons"),
        ("[[101, 105], [108, 112]]", "[[101], [108, 112]]", "exons"),
        ("coding = [[101, 105], [108, 109]]", "coding = [[101, 106], [108, 109]]", "the exons from the first"),
        ("coding = [[101, 105], [108, 109]]", "coding = [[101, 104], [108, 109]]", "the exons from the first"),
        ("coding = [[101, 105], [108, 109]]", "coding = [[106, 107]]", "the exons from the first"),
        ("format = 1", "format = 2", "format"),
        ("format = 1", "format = 1\nlicence = 'x'", "a key that proband knows"),
    ],
)
def test_a_fault_is_told_once_with_what_was_expected(tmp_path, old, new, told):
    text = SLICES + TRANSCRIPT
    assert text.count(old) == 1
    found, problems = read(tmp_path, text.replace(old, new))
    assert found is None
    assert told in "\n".join(map(str, problems))
    assert len(problems) <= 2


def test_contigs_and_ids_given_twice(tmp_path):
    piece = SLICES[SLICES.index("[[slice]]") :]
    _, problems = read(tmp_path, SLICES + piece + TRANSCRIPT + TRANSCRIPT)
    assert [p.found for p in problems] == ["two slices of one contig", "an id used twice"]


def test_all_faults_are_told_at_once(tmp_path):
    wrong = SLICES.replace("b1", "b2") + TRANSCRIPT.replace("112", "113") + TRANSCRIPT.replace('"c1"', '"c9"')
    assert len(read(tmp_path, wrong)[1]) == 4


def test_text_that_is_no_toml(tmp_path):
    assert read(tmp_path, "format = = 1")[1][0].expected == "valid TOML"


# ---- in a folder


@pytest.mark.parametrize(
    ("name", "text", "found", "expected"),
    [
        ("b.fa", ">c1\nACGT\n", "reference/b.fa, reference/slices.toml", "one sequence"),
        ("more.toml", None, "reference/more.toml, reference/slices.toml", "one sequence"),
        ("a.gff3", "##gff-version 3\n", "reference/a.gff3", "none beside slices"),
    ],
)
def test_one_sequence_and_no_annotation_beside_slices(fresh_example, name, text, found, expected):
    root = fresh_example("cps1_kabe")
    assert api.check(root).problems == ()
    same = (root / "reference" / "slices.toml").read_text()
    (root / "reference" / name).write_text(text or same)
    (problem,) = api.check(root).problems
    assert (problem.found, problem.expected) == (found, expected)


def test_the_slices_of_the_generator_read_as_those_in_memory(fresh_example):
    root = fresh_example("synthetic_abe")
    for folder in ("reference", "offtarget"):
        shutil.rmtree(root / folder)
    (root / "reference").mkdir()
    (root / "reference" / "slices.toml").write_text(gene.slices_toml())
    read_back = api.read_program(root).program.slices
    made = gene.reference()
    assert (read_back.slices, read_back.transcripts, read_back.build) == (made.slices, made.transcripts, made.build)


def test_the_mirror_image_of_the_gene_makes_the_same_protein():
    from proband.science.sequence.slices import from_slices

    plus, minus = (from_slices(gene.reference(s))[1]["SYNG1_fictional"] for s in "+-")
    assert plus.protein() == minus.protein()
    assert len(plus.protein()) == gene.CODONS - 1
    assert (plus.concerns, minus.concerns) == ((), ())
    assert plus.protein()[137] == "G"
    assert [minus.coding_index(gene.mirrored(p)) for p in (10_610, 11_054)] == [411, 601]


def test_the_cps1_slice_is_that_of_its_own_names(session_examples):
    """81 bases; the 41st is c.1003, the C of the codon CAG that the variant makes TAG (Gln335Ter)."""
    from proband.science.sequence.slices import from_slices

    held = api.read_program(session_examples / "cps1_kabe").program.slices
    genome, transcripts = from_slices(held)
    t = transcripts["NM_001875.5"]
    assert len(held.slices[0].bases) == 81
    assert genome.fetch("chr2", 210_591_885, 210_591_886) == "C"
    assert str(t.position_c(210_591_885)) == "1003"
    assert "*" not in t.protein()
    assert (t.start_complete, t.stop_complete) == (False, False)
