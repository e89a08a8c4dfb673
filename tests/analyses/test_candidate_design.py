"""Does the candidate fit the patient's allele, and what does its edit make: TG-02, TG-03, CA-10, TG-08, and options."""

from dataclasses import replace

import pytest

from proband.analyses.candidate_design import candidate_design
from proband.core.analysis import Inputs, ProgramView
from proband.core.errors import ProgramError
from proband.core.program import Chemistry, ChemistryData, Variant
from proband.science.sequence.alphabet import reverse_complement
from proband.testing import synthetic_gene as gene

VCF = "variants/patient.vcf"
EDITOR = {"candidate_design": {"editor": "ABE8e/SpCas9"}}


@pytest.fixture
def changed(run, program):
    """The analysis after a change of the candidate or of the program; None removes the candidate."""

    def do(candidate=(), **more):
        own = program().candidate
        stated = None if candidate is None else replace(own, **dict(candidate))
        return run("candidate_design", candidate=stated, **more)

    return do


def elements(made):
    (line,) = made.of("targeting.match")
    found = line.facts["elements"]
    return set(found.present), set(found.absent), set(found.unknown)


def test_the_example_fits_and_its_product_is_right(changed):
    made = changed()
    assert elements(made) == ({"spacer", "pam", "patient_calls"}, set(), set())
    assert (made.says("TG-02"), made.says("TG-03")) == ("supported", "supported")
    (line,) = made.of("targeting.edit_product")
    assert line.facts["products"].present == ("intended", "A9")
    assert {row[0]: row[3:] for row in line.tables[0].rows} == {
        "A6": ("none", "yes"),
        "A9": ("G138R, S139G", "no"),
        "A6 A9": ("S139G", "no"),
    }
    assert line.quantities["exact_combinations"].value == 1
    match = made.of("targeting.match")[0]
    assert (match.quantities["mismatches"].value, match.quantities["variants_under_site"].value) == (0, 0)
    assert (match.facts["reached_alleles"].present, match.facts["reached_alleles"].absent) == (("target",), ("other",))


def test_the_mirror_image_gives_the_same_verdicts_and_products(changed, program):
    mirror = tuple(
        replace(v, position=gene.mirrored(v.position), ref="C", alt="T", genotype=None) for v in program().variants
    )
    for strand, variants in (("+", program().variants), ("-", mirror)):
        made = changed(variants=variants, slices=gene.reference(strand), without=(VCF,))
        assert elements(made) == ({"spacer", "pam"}, set(), {"patient_calls"})
        assert (made.says("TG-02"), made.says("TG-03")) == ("insufficient: incomplete", "supported")
        assert made.of("targeting.edit_product")[0].facts["products"].present == ("intended", "A9")
        assert f"({strand})" in made.of("targeting.match")[0].statement


def test_both_strands_have_the_same_options(changed, program):
    mirror = tuple(
        replace(v, position=gene.mirrored(v.position), ref="C", alt="T", genotype=None) for v in program().variants
    )
    counts = []
    for strand, variants in (("+", program().variants), ("-", mirror)):
        (line,) = changed(variants=variants, slices=gene.reference(strand), without=(VCF,)).of("design.options")
        counts.append({k: q.value for k, q in line.quantities.items()})
    assert counts[0] == counts[1]
    assert counts[0]["base_editor_options"] > 0


# ---- what is missing gives no answer


@pytest.mark.parametrize(
    "more",
    [
        {"slices": None},
        {"variants": ()},
        {"variants": (Variant("target", "target", hgvs_c="SYNG1_fictional:c.412G>A"),)},
        {"variants": (Variant("target", "target", "SYNTHETIC1", "chr9", 10_610, "G", "A"),)},
        {"variants": (Variant("target", "target", "SYNTHETIC1", "synchr1", 20_000, "G", "A"),)},
        {"variants": (Variant("target", "target", "SYNTHETIC1", "synchr1", 10_610, "T", "A"),)},
        {"variants": (Variant("target", "target", "SYNTHETIC1", "synchr1", 10_610, "G", "N"),)},
    ],
)
def test_without_sequence_or_place_there_is_no_line(changed, more):
    made = changed(**more)
    assert made.lines == []
    assert (made.says("TG-02"), made.says("TG-03")) == ("silent", "silent")


def test_without_a_candidate_there_are_options_alone(changed):
    made = changed(None)
    assert {e.kind for e in made.lines} == {"design.options"}
    assert (made.says("TG-02"), made.says("TG-03")) == ("silent", "silent")


def test_a_candidate_without_a_sequence_has_options_alone(changed):
    assert {e.kind for e in changed({"spacer": "", "pam": ""}).lines} == {"design.options"}


def test_without_calls_the_patients_own_sequence_stays_not_known(changed):
    made = changed(without=(VCF,))
    assert elements(made)[2] == {"patient_calls"}
    assert made.says("TG-02") == "insufficient: incomplete"
    assert "variants_under_site" not in made.of("targeting.match")[0].quantities


def test_without_an_editor_the_product_is_not_known(changed):
    made = changed(parameters={})
    assert made.says("TG-03") == "insufficient: incomplete"
    assert "set editor under [parameters.candidate_design]" in made.of("targeting.edit_product")[0].statement
    assert made.says("TG-02") == "supported"


def test_without_a_transcript_the_protein_is_not_known(changed):
    made = changed(slices=replace(gene.reference(), transcripts=()))
    assert made.says("TG-03") == "insufficient: incomplete"
    assert "no transcript" in made.of("targeting.edit_product")[0].statement


def test_an_editor_that_is_not_in_the_table_is_the_programs_fault(program):
    declared = candidate_design.__proband_analysis__
    files = dict.fromkeys(declared.reads, ())
    view = ProgramView(replace(program(), slices=gene.reference("+")), declared.uses)
    with pytest.raises(ProgramError, match="did you mean ABE8e/SpCas9") as told:
        list(declared.function(view, Inputs(files, (), 0), editor="ABE8e/SpCas"))
    assert told.value.problems[0].place == "[parameters.candidate_design], key editor"


# ---- what does not fit


def test_a_spacer_for_another_place_is_contradicted(changed):
    made = changed({"spacer": "AAAACCCCTTTTGGGGACGT"})
    assert elements(made)[1] == {"spacer"}
    assert made.says("TG-02") == "contradicted"
    assert made.of("targeting.match")[0].quantities == {}


def test_an_editor_of_another_conversion_has_no_product(changed):
    made = changed(parameters={"candidate_design": {"editor": "BE4max/SpCas9"}})
    assert made.says("TG-03") == "insufficient: incomplete"
    assert made.of("targeting.match")[0].facts["reached_alleles"].absent == ("other",)


def test_the_sets_of_converted_bases_are_counted(changed):
    (line,) = changed().of("targeting.edit_product")
    assert line.quantities["combinations"].value == 3
    assert "target A6 alone gives the exact protein; 1 of 3 sets are exact" in line.statement


# ---- several targets, and which is meant


def test_of_several_targets_the_candidate_names_one(changed, program):
    first, second = program().variants
    both = (first, replace(second, role="target"))
    assert changed(variants=both).of("targeting.match")[0].subject.id == "target"
    assert changed({"target_variant": ""}, variants=both).lines == []
    assert changed({"target_variant": "nobody"}).lines == []
    assert changed({"target_variant": ""}).of("targeting.match")[0].subject.id == "target"
    one = changed({"target_variant": ""}).of("targeting.match")[0]
    assert one.facts["reached_alleles"].present == ("target",)


def test_a_candidate_for_the_other_allele_is_held_against_that_and_not_against_the_target(changed):
    made = changed({"target_variant": "other"})
    assert made.of("targeting.match")[0].subject.id == "other"
    assert made.says("TG-02") == "contradicted"


# ---- prime editing

AFTER = gene.bases()[622:636]


def prime(changed, program, extension, **more):
    """A prime editing guide that puts the T of 10623 back; the patient has A there."""
    late = Variant("target", "target", "SYNTHETIC1", "synchr1", 10_622, "T", "A", zygosity="heterozygous")
    stated = {"spacer": "GCTTCGGGAGCTTCTGGACT", "extension": extension}
    parameters = {"candidate_design": {"editor": "PE2/SpCas9"}}
    return changed(
        stated, variants=(late,), modality="prime_editor", without=(VCF,), **{"parameters": parameters, **more}
    )


@pytest.mark.parametrize(
    ("primer", "template", "pbs", "intended"),
    [
        ("GGGAGCTTCTGG", AFTER[:12], "present", "present"),
        ("GGGAGCTTCTGG", "G" + AFTER[1:12], "present", "absent"),
        ("CTTCTGG", AFTER[:12], "absent", "unknown"),
        ("CCCCCTTTTTCC", AFTER[:12], "absent", "unknown"),
    ],
)
def test_the_extension_of_a_prime_editing_guide(changed, program, primer, template, pbs, intended):
    made = prime(changed, program, reverse_complement(primer + template))
    assert "primer_binding_site" in getattr(made.of("targeting.match")[0].facts["elements"], pbs)
    (line,) = made.of("targeting.edit_product")
    assert "intended" in getattr(line.facts["products"], intended)
    assert made.says("TG-03") == ("contradicted" if intended == "absent" else "insufficient: incomplete")
    told = {"present": "bases writes the wanted", "absent": "does not write", "unknown": "could not be read"}
    assert told[intended] in line.statement


@pytest.mark.parametrize("parameters", [{}, {"candidate_design": {"editor": "PE2/SpCas9"}}])
def test_a_prime_editing_guide_without_its_extension_stays_open(changed, program, parameters):
    made = prime(changed, program, "", parameters=parameters)
    assert "primer_binding_site" in elements(made)[2]
    assert made.says("TG-02") == "insufficient: incomplete"


# ---- antisense oligonucleotides


def aso(changed, sequence, **more):
    return changed({"spacer": "", "pam": "", "sequence": sequence}, modality="gapmer", **more)


def test_an_oligonucleotide_is_looked_for_on_the_strand_that_pairs(changed):
    over = reverse_complement("GCTTCAGGAGCTTCTGGT")
    made = aso(changed, f"5'-{'*'.join(over)}-3'")
    assert elements(made) == ({"oligonucleotide", "patient_calls"}, set(), set())
    assert made.of("targeting.edit_product") == []
    assert "1 mismatches to the allele without the variant" in made.of("targeting.match")[0].statement
    assert elements(aso(changed, "GCTTCAGGAGCTTCTGGT"))[2] == {"oligonucleotide"}
    assert elements(aso(changed, over[:4] + ("A" if over[4] != "A" else "C") + over[5:]))[1] == {"oligonucleotide"}


def test_a_notation_that_is_not_understood_stays_not_known(changed):
    made = aso(changed, "GalNAc-GCTTCAGG")
    assert elements(made)[2] == {"oligonucleotide"}
    assert made.says("TG-02") == "insufficient: incomplete"


# ---- options


def test_no_option_is_a_finding_only_where_enough_sequence_is_known(changed):
    whole = gene.reference()
    piece = replace(whole.slices[0], start=10_606, bases=gene.bases()[606:616])
    made = changed(None, slices=replace(whole, slices=(piece,), transcripts=()), without=(VCF,))
    (line,) = made.of("design.options")
    assert {q.value for q in line.quantities.values()} <= {0, *range(100)}
    assert line.facts["modalities"].absent == ()
    assert "base_editor" in line.facts["modalities"].unknown


def test_options_are_listed_without_a_choice(changed):
    (line,) = changed().of("design.options")
    assert set(line.facts["modalities"].present) <= {"base_editor", "prime_editor", "nuclease"}
    assert line.facts["modalities"].unknown == ("splice_switching", "gapmer")
    assert line.tables[0].title == "Options by stated columns, without a score"


# ---- the class of the candidate


@pytest.mark.parametrize(
    ("mechanism", "action", "verdict"),
    [
        ("loss_of_function", "restores_sequence", "supported"),
        ("loss_of_function", "lowers_both_alleles", "contradicted"),
        ("dominant_negative", "lowers_both_alleles", "insufficient: indirect"),
        ("gain_of_function", "raises_expression", "contradicted"),
        ("", "restores_sequence", "silent"),
        ("loss_of_function", "", "silent"),
    ],
)
def test_mechanism_and_action(run, program, mechanism, action, verdict):
    stated = replace(program().candidate, action=action)
    assert run("candidate_class", mechanism=mechanism, candidate=stated).says("CA-10") == verdict


@pytest.mark.parametrize(
    ("sugar", "backbone", "data", "verdict"),
    [
        ("MOE", ("phosphorothioate",), True, "supported"),
        ("MOE", ("phosphorothioate",), False, "insufficient: incomplete"),
        ("invented", ("phosphorothioate",), True, "insufficient: incomplete"),
        ("", (), True, "insufficient: incomplete"),
    ],
)
def test_chemistry(run, program, sugar, backbone, data, verdict):
    documents = (ChemistryData("d", "public"),) if data else ()
    stated = replace(program().candidate, chemistry=Chemistry(sugar=sugar, backbone=backbone, data=documents))
    assert run("candidate_class", candidate=stated).says("TG-08") == verdict


def test_without_candidate_or_chemistry_nothing_is_said(run, program):
    assert run("candidate_class", candidate=None).lines == []
    assert run("candidate_class").of("product.chemistry") == []


# ---- the real slice


def test_the_cps1_guide_on_its_real_slice(run):
    """Spacer on minus, PAM AGC, target A8, bystanders A3 and A9 silent; the maternal transversion out of reach."""
    made = run("candidate_design", example="cps1_kabe")
    assert elements(made) == ({"spacer", "pam"}, set(), {"patient_calls"})
    match, product = made.of("targeting.match")[0], made.of("targeting.edit_product")[0]
    assert "AGC stands at the PAM, NGC is asked for" in match.statement
    assert match.facts["reached_alleles"].absent == ("maternal",)
    assert set(product.facts["products"].present) == {"intended", "A3", "A9"}
    assert product.quantities["exact_combinations"].value == 4  # A8 with any of the two silent ones
    assert (made.says("TG-02"), made.says("TG-03")) == ("insufficient: incomplete", "supported")
