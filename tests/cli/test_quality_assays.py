"""``proband quality`` for assays, stability, comparability, limits and power: folders, lone files, and bad ones."""

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from proband.cli import main

EXAMPLE = Path(__file__).parents[2] / "examples" / "synthetic_abe"
QUALITY = EXAMPLE / "quality"


@pytest.fixture
def proband(monkeypatch, capsys):
    """The command line called in this process, which many short calls need."""

    def call(*args, code=0, cwd=None):
        if cwd is not None:
            monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["proband", *map(str, args)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        assert (left.value.code or 0) == code, said.err
        return SimpleNamespace(stdout=said.out, stderr=said.err)

    return call


@pytest.mark.parametrize("verb", ["stability", "comparability", "methods"])
def test_a_folder_and_a_lone_file_say_the_same(proband, tmp_path, verb):
    alone = tmp_path / "alone"
    shutil.copytree(QUALITY, alone)
    whole = proband("quality", verb, EXAMPLE, "--format", "json", code=0).stdout
    part = proband("quality", verb, alone / f"{verb}.toml", "--format", "json", code=0).stdout
    assert json.loads(whole) == json.loads(part)
    one, two = tmp_path / "one", tmp_path / "two"
    for out in (one, two):
        proband("quality", verb, EXAMPLE, "--out", out, code=0)
    names = sorted(p.name for p in one.iterdir())
    assert {f"{verb}.json", f"{verb}.tsv"} <= set(names)
    for name in names:
        assert (one / name).read_bytes() == (two / name).read_bytes()
        if name.endswith(".svg"):
            assert ElementTree.parse(one / name).getroot().tag.endswith("svg")
    figures = {"stability": 7, "comparability": 1, "methods": 0}
    assert sum(n.endswith(".svg") for n in names) == figures[verb]


def test_what_stability_says(proband):
    said = proband("quality", "stability", EXAMPLE, code=0).stdout
    assert "Proven: 6 months; the period of use is 12." in said
    assert "No shelf life: 2 different times: a shelf life needs at least 3." in said
    assert "Shown for these lots, not for this version: 24 months" in said


def test_what_comparability_says(proband):
    said = proband("quality", "comparability", EXAMPLE, code=0).stdout
    assert "1 lot after the change: no test is possible." in said
    assert "Judged: 3 of 6; not to be told: rna_integrity (mixer), size (mixer), enzyme_activity (mixer)" in said


def test_a_plan_without_its_table(proband, tmp_path):
    for verb in ("stability", "comparability"):
        shutil.copy(QUALITY / f"{verb}.toml", tmp_path)
        said = proband("quality", verb, tmp_path / f"{verb}.toml", code=0).stdout
        assert f"{verb}.csv is not there" in said
        given = proband("quality", verb, tmp_path / f"{verb}.toml", "--table", QUALITY / f"{verb}.csv", code=0).stdout
        assert "is not there" not in given


def test_limits_of_lone_tables(proband, tmp_path):
    replicates, hits = QUALITY / "edit_ngs_replicates.csv", QUALITY / "template_hits.csv"
    args = ("quality", "limits", "--replicates", replicates, "--hits", hits, "--goal-cv", "20")
    told = json.loads(proband(*args, "--format", "json", code=0).stdout)
    names = [(r["limit"], r["reagent_lot"]) for r in told["limits"]]
    assert names[:3] == [("blank", "R1"), ("blank", "R2"), ("blank", "all")]
    assert ("detection by probit", "R2") in names
    assert "not established" in proband(*args, "--rule", "normal", "--out", tmp_path / "out", code=0).stdout
    assert (tmp_path / "out" / "limits.tsv").read_text().startswith("limit\t")


def test_power(proband):
    told = json.loads(
        proband(
            "quality", "power", "--pre", 6, "--post", 6, "--sd", 1, "--margin", 2, "--format", "json", code=0
        ).stdout
    )
    assert told["power"][0]["power"] == pytest.approx(0.876, abs=5e-4)
    assert told["power"][-1]["power"] < 0.05
    assert told["lots_after_for_power"] == 5
    alone = proband("quality", "power", "--pre", 6, "--post", 1, "--sd", 1, "--margin", 2, code=0).stdout
    assert "no test is possible" in alone
    wrong = proband("quality", "power", "--pre", 1, "--post", 0, "--sd", -1, "--margin", "nan", "--power", 2, code=1)
    assert "5 problems" in wrong.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("stability", "nowhere"), "no such file"),
        (("methods", "nowhere.toml"), "no such file"),
        (("limits",), "neither --replicates nor --hits"),
        (("limits", "--hits", "nowhere.csv"), "no such file"),
        (("comparability", EXAMPLE, "--table", "nowhere.csv"), "no such file"),
        (("comparability", QUALITY / "stability.toml"), "unknown key"),
    ],
)
def test_faults_without_a_traceback(proband, tmp_path, args, said):
    done = proband("quality", *args, cwd=tmp_path, code=1)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
