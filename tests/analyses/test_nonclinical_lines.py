"""Lines on nonclinical work of a folder: margins, length of a study, tissues, what is owed, what stays not known."""

import pytest

from proband import api
from proband.core.errors import ProgramError
from proband.core.evidence import Members
from proband.core.kinds import evidence_problems

PROGRAM = """format = 1
id = "p"
stage = "submitted"
modality = "{modality}"
[[patient]]
id = "P1"
sex = "male"
[candidate]
id = "mine"
name = "Mine (1)"
delivery = "{delivery}"
"""
ASO = PROGRAM.format(modality="gapmer", delivery="intrathecal")
EDITOR = PROGRAM.format(modality="base_editor", delivery="lnp")
HEADER = (
    "study,species,route,purpose,product,doses,dose_unit,in_life_days,no_effect_dose,effect_dose,determined_by,"
    "body_weight,body_weight_unit,endpoints\n"
)
RAT = "rat,rat,intrathecal,toxicity,mine,0 0.1 1,mg,91,0.1,1,report 1,250,g,nerve\n"
PLAN = """format = 1
[human]
route = "intrathecal"
doses = [2.0, 10.0]
dose_unit = "mg"
[margin]
basis = "csf_volume"
justification = "three times below"
"""
TISSUES = "study,tissue,day,analyte,value,unit,below_limit,detection_limit,animals\n"
FULL = """rat,liver,1,editor_mrna,900,ng/g,no,5,3
rat,liver,28,editor_mrna,,ng/g,yes,5,3
rat,liver,1,guide,900,ng/g,no,5,3
rat,liver,28,guide,,ng/g,yes,5,3
rat,testis,28,edit_fraction,,fraction,yes,0.001,8
"""


@pytest.fixture
def lines(tmp_path):
    """Lines of a folder by kind; `files` by path in it."""

    def make(program=ASO, **files):
        (tmp_path / "nonclinical").mkdir(exist_ok=True)
        (tmp_path / "program.toml").write_text(program)
        names = {"studies": "studies.csv", "tissues": "biodistribution.csv", "plan": "plan.toml"}
        for key, text in files.items():
            (tmp_path / "nonclinical" / names[key]).write_text(text)
        run = api.analyse(api.read_program(tmp_path))
        assert not run.failures
        made = {}
        for e in run.evidence:
            assert not evidence_problems(e, "x", "y")
            made.setdefault(e.kind, []).append(e)
        return made

    return make


def test_margin_length_and_pharmacology_of_an_oligonucleotide(lines):
    made = lines(studies=HEADER + RAT, plan=PLAN)
    (margin,) = made["nonclinical.margin"]
    assert margin.facts["given"] == Members(("margin", "scaling_basis", "justification"))
    assert margin.quantities["margin"].value == pytest.approx((0.1 / 0.25) / (2 / 130))
    assert margin.quantities["margin_at_highest_dose"].value == pytest.approx((0.1 / 0.25) / (10 / 130))
    assert margin.facts["bound"] == "equal"
    assert margin.tables[0].n_rows == 16
    assert "The margin of the starting dose is 26 " in margin.statement
    assert "csf volume other 23.3" in margin.statement
    (length,) = made["nonclinical.toxicity"]
    assert (length.quantities["in_life_days"].value, length.quantities["days_owed"].value) == (91, 90)
    assert length.facts["product"] == "own"
    (tests,) = made["nonclinical.pharmacology"]
    assert tests.facts["owed"] == Members(("nerve",))
    assert not {"safety.tumour", "safety.immune", "nonclinical.biodistribution", "product.delivery"} & set(made)


def test_without_files_nothing_is_said(lines):
    assert not [k for k in lines() if k.startswith(("nonclinical", "safety.tumour", "product.delivery"))]


def test_studies_alone_give_no_margin(lines):
    (margin,) = lines(studies=HEADER + RAT)["nonclinical.margin"]
    assert margin.facts["given"] == Members((), (), ("margin", "scaling_basis", "justification"))
    assert "no human dose is stated" in margin.statement
    assert margin.quantities == {}


def test_the_product_by_its_name_counts_and_another_does_not(lines):
    named = RAT.replace(",mine,", ",Mine (1),")
    assert "margin" in lines(studies=HEADER + named, plan=PLAN)["nonclinical.margin"][0].quantities
    other = lines(studies=HEADER + RAT.replace(",mine,", ",other,"), plan=PLAN)
    assert other["nonclinical.margin"][0].quantities == {}
    assert "product other is not bridged" in other["nonclinical.margin"][0].statement
    assert other["nonclinical.toxicity"][0].facts["product"] == "sibling"
    assert other["nonclinical.pharmacology"][0].facts["owed"].unknown == ("nerve",)
    bridge = '[[bridge]]\nproduct = "other"\nrationale = "r"\ndocument = "d"\n'
    bridged = lines(studies=HEADER + RAT.replace(",mine,", ",other,"), plan=PLAN + bridge)
    line = bridged["nonclinical.margin"][0]
    assert line.facts["product"] == "bridged"
    assert any("bridged" in c.because for c in line.concerns)
    assert bridged["nonclinical.toxicity"][0].facts["product"] == "bridged"


def test_the_lowest_margin_is_told_and_what_gives_none(lines):
    dog = "dog,dog,intrathecal,toxicity,mine,0 2 8,mg,91,2,8,,,,nerve\n"
    sheep = "sheep,sheep,intrathecal,toxicity,mine,1,mg,91,1,,,,,\n"
    (margin,) = lines(studies=HEADER + RAT + dog + sheep, plan=PLAN)["nonclinical.margin"]
    assert margin.quantities["margin"].value == pytest.approx((2 / 16) / (2 / 130))
    assert "dog study dog" in margin.statement
    said = " ".join(c.because for c in margin.concerns)
    assert "sheep: no volume of cerebrospinal fluid of the sheep" in said
    assert "Who held which dose to be without effect" in said


def test_a_study_whose_lowest_dose_had_an_effect_may_lie_lower(lines):
    dog = "dog,dog,intrathecal,toxicity,mine,8 16,mg,91,none,8,,,,nerve\n"
    (margin,) = lines(studies=HEADER + RAT + dog, plan=PLAN)["nonclinical.margin"]
    assert margin.quantities["margin"].value == pytest.approx(26)
    assert "The margin of dog may lie lower" in " ".join(c.because for c in margin.concerns)


def test_edits_found_in_gonads_of_one_dose_group_are_not_hidden_by_another(lines):
    head = "study,tissue,day,analyte,value,unit,dose,below_limit,detection_limit,animals,animals_detected\n"
    low = "rat,testis,28,edit_fraction,,fraction,1,yes,0.001,20,\n"
    high = "rat,testis,28,edit_fraction,0.02,fraction,5,no,0.001,4,2\n"
    study = HEADER + RAT.replace("0 0.1 1,mg,91,0.1,1", "0 1 5,mg,91,1,5")
    made = lines(EDITOR, studies=study, tissues=head + low + high)
    (line,) = made["nonclinical.biodistribution"]
    assert line.quantities["gonad_animals"].value == 4
    assert line.facts["covered"].absent == ("germline",)


def test_a_margin_below_one_is_told_in_words(lines):
    plan = PLAN.replace("doses = [2.0, 10.0]", "doses = [100.0]")
    (margin,) = lines(studies=HEADER + RAT, plan=plan)["nonclinical.margin"]
    assert "lies above the dose of animals on which the margin rests" in margin.statement


def test_a_study_without_days_keeps_a_short_one_from_contradicting(lines):
    short = RAT.replace("mg,91,", "mg,30,")
    silent = RAT.replace("rat,rat", "silent,rat").replace("mg,91,", "mg,,")
    plan = PLAN + "[prognosis]\ndeath_or_irreversible_harm_within_a_year = false\n"
    alone = lines(studies=HEADER + short, plan=plan)["nonclinical.toxicity"][0].quantities["in_life_days"]
    assert (alone.kind, alone.value) == ("exact", 30)
    both = lines(studies=HEADER + short + silent, plan=plan)["nonclinical.toxicity"][0]
    assert both.quantities["in_life_days"].kind == "point"
    assert "Days in life of silent are not stated and may be more." in [c.because for c in both.concerns]


def test_what_the_plan_says_is_not_given_is_absent(lines):
    plan = PLAN.replace('justification = "three times below"', 'not_given = ["justification"]')
    assert lines(studies=HEADER + RAT, plan=plan)["nonclinical.margin"][0].facts["given"].absent == ("justification",)


def test_route_apart_from_the_program_is_a_concern(lines):
    made = lines(studies=HEADER + RAT, plan=PLAN.replace("intrathecal", "intravenous"))
    assert any(
        "as intravenous, the program as intrathecal" in c.because for c in made["nonclinical.margin"][0].concerns
    )
    assert made["nonclinical.toxicity"][0].facts["product"] == "own_other_route"
    assert made["nonclinical.pharmacology"][0].facts["owed"].unknown == ("heart", "nerve", "breathing")


def test_an_eye_owes_none_and_a_route_without_list_nothing_known(lines):
    eye = lines(ASO.replace("intrathecal", "intravitreal"), studies=HEADER + RAT)["nonclinical.pharmacology"][0]
    assert eye.facts["owed"] == Members(("none_owed",))
    assert eye.facts["route"] == "local_eye"
    inhaled = lines(plan='format = 1\n[human]\nroute = "inhaled"\n')["nonclinical.pharmacology"][0]
    assert inhaled.facts["owed"] == Members(())
    assert inhaled.facts["route"] == "not_in_table"


def test_tissues_tumours_and_immune_response_of_an_editor(lines):
    studies = HEADER + RAT.replace(",nerve\n", ",immune_editor clonal_expansion\n").replace(
        "intrathecal", "intravenous"
    )
    plan = """format = 1
[[item]]
item = "tumour_risk"
status = "argued_away"
grounds = "no break"
document = "report 5"
[[item]]
item = "immune_before_dosing"
status = "planned"
[delivery]
target_tissue = "liver"
tissue_reach = "44 % in animals"
"""
    made = lines(EDITOR, studies=studies, tissues=TISSUES + FULL, plan=plan)
    (tissues,) = made["nonclinical.biodistribution"]
    assert tissues.facts["covered"] == Members(("tissues", "gonads", "components", "persistence", "germline"))
    assert tissues.facts["product"] == "own"
    assert any("rows without a dose" in c.because for c in tissues.concerns)
    assert tissues.quantities["gonads_above_limit"].limit == pytest.approx(1 - 0.05 ** (1 / 8))
    assert "edit fraction 0.001 fraction" in tissues.scope.detection_limit
    assert made["safety.tumour"][0].facts["assessed"] == Members(
        ("clonal_expansion", "tumour_risk"), (), ("abnormal_growth",)
    )
    assert made["safety.tumour"][0].facts["by_argument"] == Members(("tumour_risk",))
    assert made["safety.immune"][0].facts["assessed"] == Members(
        ("editor",), ("before_dosing",), ("carrier", "restored_protein")
    )
    assert made["product.delivery"][0].facts["justified"].present == ("tissue_reach",)
    assert "nonclinical.pharmacology" not in made


def test_animals_of_a_sibling_stand_on_a_line_of_their_own(lines):
    other = RAT.replace("rat,rat", "old,rat").replace(",mine,", ",other,")
    rows = FULL + "old,ovary,28,edit_fraction,0.2,fraction,no,0.001,3\n"
    made = lines(EDITOR, studies=HEADER + RAT + other, tissues=TISSUES + rows)["nonclinical.biodistribution"]
    assert {e.facts["product"]: e.facts["covered"].absent for e in made} == {"own": (), "sibling": ("germline",)}


def test_faults_are_told_once_though_three_analyses_read_the_files(tmp_path):
    (tmp_path / "nonclinical").mkdir()
    (tmp_path / "program.toml").write_text(ASO)
    (tmp_path / "nonclinical" / "studies.csv").write_text(HEADER + RAT.replace("0 0.1 1", "0 -0.1 1"))
    problems = api.check(tmp_path).problems
    assert [p.file for p in problems] == ["nonclinical/studies.csv"]
    with pytest.raises(ProgramError, match="doses of 0 or more"):
        api.analyse(api.read_program(tmp_path))
