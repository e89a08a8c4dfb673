"""``proband nonclinical``, as a stranger would use it: without a program, on an example, and on faults."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
STUDIES = """study,species,route,purpose,doses,dose_unit,no_effect_dose,effect_dose
rat-it,rat,intrathecal,toxicity,0.06 0.25 1.0,mg,0.06,0.25
"""
PLAN = """format = 1
[human]
doses = [3.5]
dose_unit = "mg"
[[reference_dose]]
name = "usual nusinersen dose"
value = 12.0
unit = "mg"
[margin]
basis = "stated_factor"
factor = 500.0
factor_because = "published multiples"
"""


def folder(path):
    (path / "studies.csv").write_text(STUDIES)
    (path / "plan.toml").write_text(PLAN)
    return path


def test_margins_of_bare_files_without_a_program(proband, tmp_path):
    done = proband("nonclinical", "margin", folder(tmp_path), "--out", tmp_path / "out", code=0)
    for part in (
        "8.57",
        "2.5",
        "10.4",
        "41.7",
        "Declared (*): stated_factor, study rat-it: 8.57.",
        "Not given: justif",
    ):
        assert part in done.stdout
    header, *rows = (tmp_path / "out" / "margins.csv").read_text().splitlines()
    assert header.startswith("study,species,route,dose,unit,against,basis")
    assert "rat-it,rat,intrathecal,0.06,mg,usual nusinersen dose,stated_factor,equal,2.5,10.4,," in rows
    root = ElementTree.parse(tmp_path / "out" / "margins.svg").getroot()
    assert "multiples of the human dose" in next(e.text for e in root.iter() if e.tag.endswith("title"))
    assert json.loads((tmp_path / "out" / "margins.json").read_text())["declared_basis"] == "stated_factor"


def test_two_runs_write_the_same_bytes(proband, tmp_path):
    made = []
    for name in ("a", "b"):
        proband("nonclinical", "margin", EXAMPLES / "synthetic_abe", "--out", tmp_path / name, code=0)
        made.append({p.name: p.read_bytes() for p in sorted((tmp_path / name).iterdir())})
    assert made[0] == made[1]
    assert sorted(made[0]) == ["margins.csv", "margins.json", "margins.svg", "multiples.csv"]


def test_json_of_every_verb(proband):
    path = EXAMPLES / "synthetic_abe"
    margin = json.loads(
        proband("nonclinical", "margin", path, "--product", "syn-abe-1", "--format", "json", code=0).stdout
    )
    assert margin["headline"]["value"] == 3
    assert set(margin["studies_left_out"]) == {"SYN-M1", "SYN-N2"}
    tissues = json.loads(proband("nonclinical", "tissues", path, "--format", "json", code=0).stdout)
    lung = next(t for t in tissues["tissues"] if t["tissue"] == "lung")
    assert lung["state"] == "limit_not_known"
    assert tissues["gonads"][0]["animals"] == 6
    owed = json.loads(
        proband("nonclinical", "owed", path, "--trait", "genome_editing", "--product", "syn-abe-1", "--format", "json",
                code=0).stdout
    )  # fmt: skip
    assert {o["item"]: o["state"] for o in owed["owed"]}["immune_restored_protein"] == "not_known"


def test_owed_of_an_oligonucleotide(proband):
    done = proband(
        "nonclinical",
        "owed",
        EXAMPLES / "kif1a_gapmer",
        "--trait",
        "oligonucleotide",
        "--product",
        "nl-kif1-001",
        code=0,
    )
    assert "nerve: not known" in done.stdout
    assert "rat-it-monthly (own): 91 days in life in hand" in done.stdout


def test_without_a_human_dose_there_is_no_margin(proband, tmp_path):
    (tmp_path / "studies.csv").write_text(STUDIES)
    done = proband("nonclinical", "margin", tmp_path, "--out", tmp_path / "out", code=0)
    assert "there is nothing to hold the animals' doses against" in done.stdout
    assert "no dose to draw" in done.stdout
    assert not (tmp_path / "out" / "margins.svg").exists()


def test_faults_are_told_together_and_nothing_is_written(proband, tmp_path):
    folder(tmp_path)
    (tmp_path / "studies.csv").write_text(STUDIES.replace("0.06,0.25\n", "9,0.25\n"))
    (tmp_path / "plan.toml").write_text(PLAN.replace("stated_factor", "stated_facto"))
    done = proband("nonclinical", "margin", tmp_path, "--out", tmp_path / "out", code=1)
    assert "above the highest dose 1" in done.stderr
    assert "did you mean stated_factor?" in done.stderr
    assert not (tmp_path / "out").exists()
    for other in (tmp_path / "none", tmp_path / "studies.csv"):
        assert "no such folder" in proband("nonclinical", "tissues", other, code=1).stderr
    (tmp_path / "empty").mkdir()
    assert "none of the files" in proband("nonclinical", "margin", tmp_path / "empty", code=1).stderr
    proband("nonclinical", "nonsense", code=2)
