"""Whether the stated variants are what they say, and which alleles a patient carries: CA-01 and CA-08."""

from dataclasses import replace

import pytest

from proband.core.program import Genotype, Patient
from proband.testing import synthetic_gene as gene


def checks(made, variant="target"):
    line = next(e for e in made.of("variant.resolution") if e.subject.id == variant)
    members = line.facts["checks"]
    return set(members.present), set(members.absent), set(members.unknown)


@pytest.fixture
def changed(run, program):
    """The analysis after a change of the targeted variant, of the other one, or of the program."""

    def do(target=None, other=None, **more):
        first, second = program().variants
        return run(
            "causal_variant", variants=(replace(first, **(target or {})), replace(second, **(other or {}))), **more
        )

    return do


def test_the_example_holds(changed):
    made = changed()
    assert checks(made)[1:] == (set(), set())
    assert (made.says("CA-01"), made.says("CA-08")) == ("supported", "supported")
    (line,) = made.of("variant.resolution")
    assert line.facts["spdi"] == "synchr1:10610:G:A"
    assert "p.(Gly138Arg)" in line.facts["consequence"]
    assert line.scope.where == "reference/genome.fa.gz"


def test_the_mirror_image_of_the_gene_gives_the_same_verdicts(changed, program):
    first, second = ({"position": gene.mirrored(v.position), "ref": "C", "alt": "T"} for v in program().variants)
    made = changed(first, second, slices=gene.reference("-"))
    assert checks(made)[1:] == (set(), set())
    assert (made.says("CA-01"), made.says("CA-08")) == ("supported", "supported")


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        ({"ref": "T", "alt": "C"}, "contradicted"),
        ({"hgvs_c": "SYNG1_fictional:c.413G>A"}, "contradicted"),
        ({"zygosity": "homozygous"}, "contradicted"),
        ({"hgvs_c": "OTHER_1:c.412G>A"}, "insufficient: incomplete"),
        ({"position": 19_999, "hgvs_c": ""}, "insufficient: incomplete"),
        ({"zygosity": "", "genotype": None}, "insufficient: incomplete"),
        ({"build": ""}, "insufficient: incomplete"),
        ({"hgvs_p": "p.Gly138Ser"}, "supported"),  # shown, and does not decide
    ],
)
def test_one_check_decides(changed, target, verdict):
    made = changed(target)
    assert made.says("CA-01") == verdict, made.of("variant.resolution")[0].scope.how


def test_a_check_that_fails_is_told_in_words(changed):
    (line,) = changed({"ref": "T", "alt": "C"}).of("variant.resolution")
    assert "G stands at synchr1:10611, T is stated" in line.statement
    (line,) = changed({"hgvs_p": "p.Gly138Ser"}).of("variant.resolution")
    assert "p.Gly138Ser is stated, p.(Gly138Arg) follows" in line.statement


def test_without_a_reference_the_sequence_stays_not_known(changed):
    made = changed(slices=None)
    assert checks(made) == ({"build", "zygosity"}, set(), {"reference_base", "transcript_name"})
    assert made.says("CA-01") == "insufficient: incomplete"


def test_every_target_is_looked_at_and_the_worst_decides(changed):
    made = changed(other={"role": "target"})
    assert len(made.of("variant.resolution")) == 2
    assert made.says("CA-01") == "supported"
    assert changed(other={"role": "target", "alt": "C"}).says("CA-01") == "contradicted"


def test_without_a_target_there_is_no_line(run):
    made = run("causal_variant", variants=())
    assert made.lines == []
    assert (made.says("CA-01"), made.says("CA-08")) == ("silent", "silent")


# ---- the two alleles


def call(text, allele=1, phase_set="1", file="variants/patient.vcf"):
    return Genotype(text, "|" in text, phase_set, file, allele)


@pytest.mark.parametrize(
    ("first", "second", "verdict", "phase"),
    [
        (call("0|1"), call("1|0"), "supported", "in_trans"),
        (call("0|1"), call("0|1"), "contradicted", "in_cis"),
        (call("0|1"), call("0|2", 2), "contradicted", "in_cis"),
        (call("1|2"), call("1|2", 2), "supported", "in_trans"),
        (call("2|0", 2), call("0|1"), "supported", "in_trans"),
        (call("0|1"), call("1|0", phase_set="2"), "insufficient: incomplete", "not_determined"),
        (call("0|1"), call("1|0", file="variants/b.vcf"), "insufficient: incomplete", "not_determined"),
        (call("0/1"), call("1/0"), "insufficient: incomplete", "not_determined"),
        (call("0|1"), None, "insufficient: incomplete", "not_determined"),
        (None, None, "insufficient: incomplete", "not_determined"),
    ],
)
def test_phase_by_calls_where_none_is_stated(changed, first, second, verdict, phase):
    stated = {"in_trans_with": (), "phase_source": ""}
    made = changed({**stated, "genotype": first}, {**stated, "genotype": second})
    assert (made.says("CA-08"), made.of("variant.identity")[0].facts["phase"]) == (verdict, phase)


def test_a_stated_phase_needs_its_source_and_one_contig(changed):
    calls = {"genotype": None}
    assert changed(calls, calls).says("CA-08") == "supported"
    made = changed({**calls, "phase_source": ""}, {**calls, "phase_source": ""})
    assert made.says("CA-08") == "insufficient: incomplete"
    assert "without a source" in made.of("variant.identity")[0].statement
    apart = {"in_trans_with": (), "phase_source": ""}
    made = changed({**apart, "genotype": call("0|1")}, {**apart, "genotype": call("1|0"), "contig": "chr9"})
    assert made.says("CA-08") == "insufficient: incomplete"


@pytest.mark.parametrize(
    ("zygosity", "verdict"),
    [
        ("homozygous", "supported"),
        ("hemizygous", "supported"),
        ("heterozygous", "insufficient: incomplete"),
        ("", "insufficient: incomplete"),
    ],
)
def test_one_variant_is_both_alleles_only_where_it_is_not_heterozygous(run, program, zygosity, verdict):
    only = replace(program().variants[0], zygosity=zygosity, genotype=None, in_trans_with=())
    assert run("causal_variant", variants=(only,)).says("CA-08") == verdict


def test_two_variants_that_are_not_both_heterozygous_and_three_variants_are_not_told(changed, run, program):
    assert changed(other={"zygosity": "homozygous"}).says("CA-08") == "insufficient: incomplete"
    assert changed(other={"zygosity": ""}).says("CA-08") == "insufficient: incomplete"
    first, second = program().variants
    made = run("causal_variant", variants=(first, second, replace(second, id="third")))
    assert made.says("CA-08") == "insufficient: incomplete"
    assert made.of("variant.identity")[0].facts["alleles"].present == ()


def test_a_modifier_is_no_causal_allele(changed):
    made = changed(other={"role": "modifier"})
    assert made.says("CA-08") == "insufficient: incomplete"
    assert "second allele is not named" in made.of("variant.identity")[0].statement


def test_the_line_is_about_the_patient_where_there_is_one(changed):
    assert changed().of("variant.identity")[0].subject.type == "patient"
    made = changed(patients=(Patient("a"), Patient("b")))
    assert (made.of("variant.identity")[0].subject.type, made.of("variant.identity")[0].subject.id) == (
        "program",
        "SYNG1",
    )


def test_the_cps1_slice_holds_the_paternal_variant(run):
    made = run("causal_variant", example="cps1_kabe")
    present, absent, _ = checks(made, "paternal")
    assert {"build", "reference_base", "transcript_name", "zygosity", "protein_name"} == present
    assert absent == set()
