"""The files of ``nonclinical/`` from strangers: what is sound, and every fault of all of them at once."""

import re
import tomllib

import pytest

from proband.core.errors import ProgramError
from proband.folder.nonclinical_template import NONCLINICAL, PLAN
from proband.science.nonclinical.folder import folder_or_problems, read_folder

STUDIES = "study,species,route,doses,dose_unit"
EXPOSURE = "study,dose,matrix,parameter,value,unit"
EXPOSED = """[[human_exposure]]
matrix = 'plasma'
parameter = 'AUC'
value = 1.0
unit = 'ng/mL'
how = 'measured'
"""
TISSUES = "study,tissue,day,analyte,value,unit"


@pytest.fixture
def read(tmp_path):
    """Reads tables written as text; gives the folder and the problems."""

    def do(studies=None, exposure=None, tissues=None, plan=None):
        texts = {"studies.csv": studies, "exposure.csv": exposure, "biodistribution.csv": tissues, "plan.toml": plan}
        files = {}
        for name, text in texts.items():
            if text is not None:
                path = tmp_path / name
                path.write_bytes(text if isinstance(text, bytes) else text.encode())
                files[f"nonclinical/{name}"] = path
        problems = []
        return read_folder(files, problems), problems

    return do


def told(problems):
    return "\n".join(str(p) for p in problems)


def test_the_templates_are_sound(read):
    texts = {k.split("_")[-1]: v for k, v in NONCLINICAL.items()}
    made, problems = read(texts["studies.csv"], texts["exposure.csv"], texts["biodistribution.csv"], texts["plan.toml"])
    assert problems == []
    assert len(made.studies) == len(made.exposure) == 1
    opened = re.sub(r"^# (?=\[|[a-z_]+ = )", "", PLAN, flags=re.M)
    for key in ("product", "name", "factor_because"):
        opened = opened.replace(f'{key} = ""', f'{key} = "x"')
    assert read(texts["studies.csv"], plan=opened)[1] == []
    assert tomllib.loads(opened)["item"][0]["item"] == "heart"


def test_the_least_that_is_a_study_leaves_all_else_unknown(read):
    made, problems = read("study,species,route\na,NHP,oral\n")
    assert problems == []
    (study,) = made.studies
    assert study.species == "monkey"
    assert (study.doses, study.no_effect, study.effect, study.weight_kg, study.glp) == ((), None, None, None, "unknown")
    assert (study.males, study.endpoints, study.in_life_days, study.number_of_doses) == ((), (), None, None)
    assert study.animals() is None
    assert study.looked_at("heart") is None


def test_empty_cells_are_unknown_and_zero_is_zero(read):
    header = f"{STUDIES},recovery_days,males,females,body_weight,body_weight_unit,no_effect_dose,effect_dose"
    made, problems = read(f"{header}\na,rat,oral,0 1 5,mg/kg,0,10,0 8 8,250,g,1,5\nb,rat,oral,1,mg/kg,,,,,,,\n")
    assert problems == []
    one, other = made.studies
    assert (one.recovery_days, one.males, one.females, one.weight_kg) == (0, (10, 10, 10), (0, 8, 8), 0.25)
    assert one.animals() == 46
    assert (other.recovery_days, other.males, other.weight_kg) == (None, (), None)


def test_columns_in_any_order_and_a_byte_order_mark(read):
    made, problems = read("﻿route,study,species\noral,a,rat\n")
    assert problems == []
    assert made.studies[0].route == "oral"


@pytest.mark.parametrize(
    ("cells", "says"),
    [("a,rat,oral,0 -1,mg/kg", "doses of 0 or more"),
     ("a,rat,oral,5 1,mg/kg", "doses that rise"),
     ("a,rat,oral,1 1,mg/kg", "doses that rise"),
     ("a,rat,oral,0,mg/kg", "one of them above 0"),
     ("a,rat,oral,1,", "both or none"),
     ("a,rat,oral,,mg", "both or none"),
     ("a,rat,oral,nan,mg", "doses of 0 or more"),
     ("a,rat,oral,inf,mg", "doses of 0 or more"),
     ("a,rat,oral,1e300,mg", "doses of 0 or more"),
     ("a,rat,oral,1_000,mg", "doses of 0 or more"),
     ("a,rat,oral,1,mL", "the unit of one dose"),
     ("a,rat,oral,1,mg/kg/d", "the unit of one dose"),
     ("a,rat,oral,1,mgkg", "did you mean mg/kg?"),
     ("a,rat,oral,1,vg/kg", "UCUM"),
     ("a,rta,oral,1,mg", "did you mean rat?"),
     ("a,cynomolgus monky,oral,1,mg", "did you mean cynomolgus monkey?"),
     ("a,rat,intratecal,1,mg", "did you mean intrathecal"),
     (",rat,oral,1,mg", "a name of at most 80 characters"),
     ("=cmd(),rat,oral,1,mg", "a spreadsheet formula"),
     ("a,rat,oral,1", "5 cells"),
     ("a\u202eb,rat,oral,1,mg", "hidden characters")],
)  # fmt: skip
def test_faults_of_a_study(read, cells, says):
    assert says in told(read(f"{STUDIES}\n{cells}\n")[1])


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [("no_effect_dose", "7", "7, above the highest dose 5"),
     ("no_effect_dose", "2", "a dose of the study: 0 1 5"),
     ("no_effect_dose", "0", "a dose of the study, none, or nothing"),
     ("no_effect_dose,effect_dose", "5,1", "a dose above no_effect_dose"),
     ("no_effect_dose,effect_dose", "1,1", "a dose above no_effect_dose"),
     ("no_effect_dose,effect_dose", "none,none", "not both"),
     ("no_effect_dose,effect_dose", "none,5", "the lowest dose above 0"),
     ("no_effect_dose,effect_dose", "1,none", "the highest dose, 5"),
     ("started_on,in_life_to", "2025-02-01,2025-01-01", "a later day"),
     ("started_on", "2999-01-01", "a past date"),
     ("started_on", "01.02.2025", "a past date"),
     ("in_life_to", "2025-01-01", "the first day"),
     ("started_on,in_life_to,in_life_days", "2025-01-01,2025-01-31,90", "30, the days from"),
     ("duration_days,in_life_days", "28,91", "at most the duration"),
     ("body_weight", "250", "both or none"),
     ("body_weight,body_weight_unit", "250,mL", "a unit of mass"),
     ("body_weight,body_weight_unit", "250,t", "the weight of an animal"),
     ("body_weight,body_weight_unit", "-1,g", "a number above 0"),
     ("males", "3 4", "one, or one for each of 3 doses"),
     ("males", "3.5", "whole numbers"),
     ("number_of_doses", "0", "a whole number above 0"),
     ("glp", "maybe", "yes, no or unknown"),
     ("endpoints", "hart", "did you mean heart?"),
     ("endpoints", "heart heart", "each once"),
     ("purpose", "toxicty", "did you mean toxicity?"),
     ("read_level", "Z", "P, A, T, S, D or R"),
     ("no_efect_dose", "1", "did you mean no_effect_dose")],
)  # fmt: skip
def test_faults_of_what_may_be_stated(read, column, cell, says):
    assert says in told(read(f"{STUDIES},{column}\na,rat,oral,0 1 5,mg/kg,{cell}\n")[1])


def test_a_fault_of_a_word_does_not_hide_those_of_numbers(read):
    row = "a,rta,intratecal,0 1,mg/kg,7,hart,2025-02-01,2025-01-01"
    text = f"{STUDIES},no_effect_dose,endpoints,started_on,in_life_to\n{row}\n"
    said = told(read(text)[1])
    for part in ("did you mean rat?", "intrathecal", "above the highest dose", "heart", "a later day"):
        assert part in said


@pytest.mark.parametrize(
    ("row", "says"),
    [("b,1,plasma,AUC,5,ng.h/mL", "use one of: a"),
     ("a,2,plasma,AUC,5,ng.h/mL", "a dose of the study: 1"),
     ("a,1,plasma,AUCC,5,ng.h/mL", "did you mean AUC?"),
     ("a,1,plasma,AUC,5,ng/mL", "concentration times time"),
     ("a,1,plasma,Cmax,5,ng.h/mL", "a concentration"),
     ("a,1,plasma,Cmax,5,mg/kg/d", "a concentration"),
     ("a,1,plasma,Cmax,0,ng/mL", "a value above 0"),
     ("a,1,plasma,Cmax,-5,ng/mL", "a number of 0 or more"),
     ("a,1,plasma,Cmax,5,ng/mL\na,1,plasma,Cmax,6,ng/mL", "the same study, dose, matrix")],
)  # fmt: skip
def test_faults_of_exposure(read, row, says):
    assert says in told(read(f"{STUDIES}\na,rat,oral,1,mg/kg\n", f"{EXPOSURE}\n{row}\n")[1])


@pytest.mark.parametrize(
    ("column", "row", "says"),
    [("below_limit", "a,liver,1,guide,,ng/g,yes", "the limit"),
     ("below_limit,detection_limit", "a,liver,1,guide,9,ng/g,yes,5", "9 above the limit 5"),
     ("below_limit,detection_limit", "a,liver,1,guide,3,ng/g,no,5", "below its detection limit 5"),
     ("below_limit,detection_limit", "a,liver,1,guide,,ng/g,no,5", "a number, or below_limit yes"),
     ("detection_limit", "a,liver,1,guide,0,ng/g,5", "what lies below a limit is not zero"),
     ("detection_limit", "a,liver,1,guide,3,ng/g,0", "a number above 0, unknown, or nothing"),
     ("source", "a,liver,1,edit_fraction,50,fraction,x", "at most 1, or 100 %"),
     ("source", "a,liver,1,edit_fraction,101,%,x", "at most 1, or 100 %"),
     ("source", "a,liver,1,edit_fraction,5,ng/g,x", "fraction or %"),
     ("source", "a,liver,1,guide,0.5,fraction,x", "an amount for each tissue"),
     ("source", "a,liver,-1,guide,5,ng/g,x", "days after the first dose"),
     ("source", "a,liver,1,giude,5,ng/g,x", "did you mean guide?"),
     ("source", "b,liver,1,guide,5,ng/g,x", "use one of: a"),
     ("dose", "a,liver,1,guide,5,ng/g,3", "a dose of the study: 1"),
     ("animals", "a,liver,1,guide,5,ng/g,0", "at least one"),
     ("animals,animals_detected", "a,liver,1,guide,5,ng/g,3,4", "at most animals"),
     ("animals,animals_detected", "a,liver,1,guide,5,ng/g,3,0", "at least one"),
     ("animals,animal", "a,liver,1,guide,5,ng/g,3,M1", "3 in a row of one animal"),
     ("below_limit,detection_limit,animals,animals_detected", "a,liver,1,guide,,ng/g,yes,5,3,1", "1 while below_limit"),
     ("source", "a,liver,1,guide,5,ng/g,x\na,liver,1,guide,6,ng/g,x", "the same study, dose, tissue")],
)  # fmt: skip
def test_faults_of_tissues(read, column, row, says):
    assert says in told(read(f"{STUDIES}\na,rat,oral,1,mg/kg\n", tissues=f"{TISSUES},{column}\n{row}\n")[1])


def test_a_limit_that_is_not_known_may_be_said(read):
    rows = "a,Spinal cord,1,guide,,ng/g,yes,unknown\na,liver,1,edit_fraction,5,%,no,0.1"
    text = f"{TISSUES},below_limit,detection_limit\n{rows}\n"
    made, problems = read(f"{STUDIES}\na,rat,oral,1,mg/kg\n", tissues=text)
    assert problems == []
    cord, liver = made.findings
    assert (cord.tissue, cord.value, cord.limit) == ("spinal_cord", None, None)
    assert (liver.value, liver.limit, liver.unit) == (0.05, 0.001, "fraction")


@pytest.mark.parametrize(
    ("text", "says"),
    [("[human]\n", "add format"),
     ("format = 2\n", "format"),
     ("format = 1\n[human]\nroute = 'intratecal'\n", "did you mean intrathecal"),
     ("format = 1\n[human]\ndoses = [1.0]\n", "both or none"),
     ("format = 1\n[human]\ndoses = [-1.0]\ndose_unit = 'mg'\n", "greater than 0"),
     ("format = 1\n[human]\ndoses = [nan]\ndose_unit = 'mg'\n", "finite number"),
     ("format = 1\n[human]\ndoses = [1.0]\ndose_unit = 'mL'\n", "the unit of one dose"),
     ("format = 1\n[human]\ndoses = [1.0]\ndose_unit = 'mgkg'\n", "did you mean"),
     ("format = 1\n[human]\nweight = { value = 7.0, unit = 'mL' }\n", "a unit such as kg"),
     ("format = 1\n[human]\nweight = { value = 7000.0, unit = 'kg' }\n", "0.2 to 500 kg"),
     ("format = 1\n[human]\nweight = { value = 7.0 }\n", "add unit"),
     ("format = 1\n[human]\nheight = { value = 0.66, unit = 'cm' }\n", "15 to 260 cm"),
     ("format = 1\n[human]\nfirst_dose_on = 2999-01-01\n", "today or an earlier day"),
     ("format = 1\n[human]\nwieght = 1\n", "an unknown key"),
     ("format = 1\n[margin]\nbasis = 'body_wieght'\n", "did you mean body_weight"),
     ("format = 1\n[margin]\nbasis = 'AUC in plasma'\n", "an exposure needs its"),
     ("format = 1\n[margin]\nbasis = 'stated_factor'\n", "the factor of basis stated_factor"),
     ("format = 1\n[margin]\nfactor = 500.0\n", "where the factor comes from"),
     ("format = 1\n[margin]\nstudy = 'zz'\n", "a study of nonclinical/studies.csv"),
     ("format = 1\n[margin]\njustification = 'x'\nnot_given = ['justification']\n", "remove it here or there"),
     ("format = 1\n[[item]]\nitem = 'hart'\nstatus = 'done'\n", "did you mean heart?"),
     ("format = 1\n[[item]]\nitem = 'heart'\nstatus = 'done'\nstudy = 'zz'\n", "a study of nonclinical/studies.csv"),
     ("format = 1\n[[item]]\nitem = 'heart'\nstatus = 'done'\nstudy = 'a'\n", "an endpoint of that study"),
     ("format = 1\n[[item]]\nitem = 'heart'\nstatus = 'planned'\nstudy = 'a'\n", "a study of status done alone"),
     ("format = 1\n[[item]]\nitem = 'heart'\nstatus = 'done'\ngrounds = 'x'\n", "grounds of an argument"),
     ("format = 1\n" + 2 * "[[item]]\nitem = 'heart'\nstatus = 'done'\n", "each once"),
     ("format = 1\n[[bridge]]\nproduct = 'x'\n[[bridge]]\nproduct = 'x'\n", "each once"),
     ("format = 1\n[delivery]\nnot_justified = ['reach']\n", "a point of delivery"),
     ("format = 1\n[delivery]\ncapacity = 'x'\nnot_justified = ['capacity']\n", "a point without a text"),
     (f"format = 1\n{EXPOSED}", "concentration times time"),
     ("format = 1\n[[reference_dose]]\nname = 'x'\nvalue = 1.0\nunit = 'furlong'\n", "UCUM"),
     ("format = 1\nformat = 1\n", "valid TOML")],
)  # fmt: skip
def test_faults_of_the_plan(read, text, says):
    assert says in told(read(f"{STUDIES},endpoints\na,rat,oral,1,mg/kg,nerve\n", plan=text)[1])


def test_everything_wrong_is_told_at_once(read):
    _, problems = read(
        f"{STUDIES}\na,rat,oral,-1,mg\na,rat,oral,1,mL\n",
        f"{EXPOSURE}\nzz,1,plasma,AUC,5,ng/mL\n",
        f"{TISSUES},below_limit\nzz,liver,1,guide,,ng/g,yes\n",
        "format = 1\n[margin]\nstudy = 'zz'\nbasis = 'x'\n",
    )
    assert {p.file for p in problems} == {
        "nonclinical/studies.csv",
        "nonclinical/exposure.csv",
        "nonclinical/biodistribution.csv",
        "nonclinical/plan.toml",
    }
    said = told(problems)
    for part in ("doses of 0 or more", "the unit of one dose", "the same study as row 2", "'zz'", "a basis of scaling"):
        assert part in said, part


def test_other_species_are_species_and_semicolons_are_told(read):
    for species in ("cat", "sheep", "pig", "axolotl"):
        assert read(f"{STUDIES}\na,{species},oral,1,mg\n")[1] == []
    assert "with commas" in told(read("study;species;route\na;rat;oral\n")[1])


@pytest.mark.parametrize(
    "text", ["", "\n", "study\n", STUDIES + "\n", b"\xff\xfe", 'study,species,route\n"a,rat,oral\n']
)
def test_files_that_are_no_tables(read, text):
    assert read(text)[1]


def test_tables_without_studies_are_refused_and_all_is_raised_once(tmp_path):
    path = tmp_path / "exposure.csv"
    path.write_text(f"{EXPOSURE}\na,1,plasma,Cmax,5,ng/mL\n")
    with pytest.raises(ProgramError, match="no table of studies"):
        folder_or_problems({"nonclinical/exposure.csv": path})


def test_many_faults_and_many_studies_are_bounded(read):
    rows = "".join(f"s{i},rat,oral,-1,mg\n" for i in range(500))
    problems = read(f"{STUDIES}\n{rows}")[1]
    assert len(problems) < 60
    assert "480 more problems" in told(problems)
    many = "".join(f"s{i},rat,oral,1,mg\n" for i in range(300))
    assert "at most 200" in told(read(f"{STUDIES}\n{many}")[1])
