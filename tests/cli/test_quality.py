"""``proband quality``: components, release and trend from folders and files, with every refusal in words."""

import json
import shutil
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_printed_mass_that_does_not_agree_is_told_with_its_size(proband):
    done = proband("quality", "components", EXAMPLES / "kif1a_gapmer", code=0)
    assert "typed 7070 Da, computed 7086.715 Da: they disagree by +16.71 Da" in done.stdout
    assert "1 phosphodiester (PO) in place of 1 phosphorothioate (PS): 7070.654 Da, a shift of -16.06 Da" in done.stdout
    file = EXAMPLES / "kif1a_gapmer" / "quality" / "components.toml"
    made = json.loads(proband("quality", "components", file, "--format", "json", code=0).stdout)
    (mass,) = [r for r in made["recomputed"] if r["what"] == "mass (average)"]
    assert mass["status"] == "disagrees"
    assert mass["difference"] == pytest.approx(16.715)
    assert made["agreement"]["absent"] == ["oligonucleotide: mass (average)"]


def test_release_tells_what_is_outside_and_what_was_stated(proband):
    done = proband("quality", "release", EXAMPLES / "synthetic_abe", code=0)
    assert "✕ polydispersity: outside; 0.27 against at most 0.20" in done.stdout
    assert "stated as released, but out of specification for polydispersity" in done.stdout
    assert "toxicology and clinic used the same lot" in done.stdout
    made = json.loads(
        proband("quality", "release", EXAMPLES / "synthetic_abe", "--lot", "SYN-02", "--format", "json", code=0).stdout
    )
    (lot,) = made["lots"]
    assert (lot["decision"], lot["without_specification"]) == ("fails", ["particle_concentration"])
    assert "potency" in made["attributes_without_specification"]


def test_trend_writes_figures_that_are_equal_again(proband, tmp_path):
    for name in ("a", "b"):
        proband("quality", "trend", EXAMPLES / "synthetic_abe", "--figures", tmp_path / name, code=0)
    names = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert "size.svg" in names
    assert all((tmp_path / "a" / n).read_bytes() == (tmp_path / "b" / n).read_bytes() for n in names)


def test_one_lot_has_no_interval(proband, tmp_path):
    shutil.copy(EXAMPLES / "synthetic_abe" / "quality" / "specifications.toml", tmp_path)
    (tmp_path / "lots.csv").write_text("lot,attribute,value,unit,method\nL1,size,73,nm,DLS-01\n")
    done = proband("quality", "trend", tmp_path, code=0)
    assert "One lot gives no tolerance interval" in done.stdout
    made = json.loads(proband("quality", "trend", tmp_path, "--format", "json", code=0).stdout)
    assert made[0]["tolerance"] is None


@pytest.mark.parametrize("verb", ["components", "release", "trend"])
def test_nothing_there(verb, proband, tmp_path):
    done = proband("quality", verb, tmp_path, code=1)
    assert "Traceback" not in done.stderr
    assert "found:" in done.stderr
    missing = proband("quality", verb, tmp_path / "nowhere", code=1)
    assert "Traceback" not in missing.stderr


def test_all_faults_at_once(proband, tmp_path):
    (tmp_path / "specifications.toml").write_text(
        'format = 1\nproduct = "p"\nfamily = "aav"\n[[specification]]\nid = "a"\nupper = 3\n', encoding="utf-8"
    )
    (tmp_path / "lots.csv").write_text("lot,attribute,value,unit,method\nL1,a,1,zz,M\n", encoding="utf-8")
    (tmp_path / "genealogy.csv").write_text("lot,made_from\nL1,L2\nL2,L1\n", encoding="utf-8")
    done = proband("quality", "release", tmp_path, code=1)
    for words in ("the limit at most 3 without a unit", "the method by which it is tested", "zz", "L1 from L2 from L1"):
        assert words in done.stderr


def test_unknown_lot_and_attribute(proband):
    done = proband("quality", "release", EXAMPLES / "synthetic_abe", "--lot", "NO", code=1)
    assert "a lot that has results" in done.stderr
    assert "Traceback" not in proband("quality", "trend", EXAMPLES / "synthetic_abe", "--attribute", "x", code=1).stderr


def test_results_of_an_instrument(proband, tmp_path):
    (tmp_path / "asm.json").write_text(
        '{"x": {"measurement document": [{"sample document": {"batch identifier": "L1"}, '
        '"z average": {"value": 78.1, "unit": "nm"}, "other": {"value": 1, "unit": "nm"}}]}}'
    )
    out = tmp_path / "lots.csv"
    done = proband(
        "quality", "asm", tmp_path / "asm.json", "--take", "z average=size", "--method", "DLS-01", "--out", out, code=0
    )
    assert "Left aside: other (1)" in done.stdout
    assert out.read_text().splitlines()[1] == "L1,size,78.1,nm,DLS-01,1,"
    shutil.copy(EXAMPLES / "synthetic_abe" / "quality" / "specifications.toml", tmp_path)
    assert "size: within; 78.1 nm" in proband("quality", "release", tmp_path, code=0).stdout
    bad = proband("quality", "asm", tmp_path / "asm.json", "--take", "nothing", "--method", "m", "--out", out, code=1)
    assert "NAME IN FILE=attribute" in bad.stderr
