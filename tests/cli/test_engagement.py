"""``proband engagement depth``: depth from a limit, a limit from a depth, both, and every refusal in words."""

import json
from xml.etree import ElementTree

import pytest


def test_a_depth_for_a_limit(proband, tmp_path):
    out = tmp_path / "plan"
    done = proband("engagement", "depth", "--lod", "0.1%", "--background", "0.01%", "--out", out, code=0)
    assert "3 replicates of 3,700 reads per arm are needed" in done.stdout
    made = json.loads((out / "depth_plan.json").read_text())
    assert made["answer"] == "depth"
    assert made["plan"]["lod"] <= 0.001
    assert (out / "depth_plan.md").read_text().strip() in done.stdout
    assert ElementTree.parse(out / "depth_plan.svg").getroot().tag.endswith("svg")
    again = tmp_path / "again"
    proband("engagement", "depth", "--lod", "0.001", "--background", "1e-4", "--out", again, code=0)
    for name in ("depth_plan.json", "depth_plan.md", "depth_plan.svg"):
        assert (again / name).read_bytes() == (out / name).read_bytes()


def test_a_limit_for_a_depth_and_both(proband):
    limit = json.loads(
        proband("engagement", "depth", "--depth", 20_000, "--background", "0.01%", "--format", "json", code=0).stdout
    )
    assert limit["answer"] == "limit"
    done = proband(
        "engagement", "depth", "--depth", 5_000, "--lod", "0.05%", "--background", "0.01%", "--dna-ng", 30,
        "--power", "0.9", "--format", "json", code=0,
    )  # fmt: skip
    both = json.loads(done.stdout)
    assert both["answer"] == "power"
    assert both["power"] < 0.9
    assert both["replicates_needed"] > 3
    assert both["assay"]["beta"] == pytest.approx(0.1)


def test_what_no_depth_reaches_is_an_answer(proband):
    done = proband("engagement", "depth", "--lod", "0.05%", "--background", "0.1%", "--dispersion", "0.001", code=0)
    assert "not reachable" in done.stdout
    assert "0.272 %" in done.stdout
    dna = proband("engagement", "depth", "--lod", "0.01%", "--background", "0.1%", "--dna-ng", 10, code=0)
    assert "at least 33 ng" in dna.stdout


def test_every_bad_option_at_once(proband, tmp_path):
    done = proband(
        "engagement", "depth", "--lod", "ten", "--background", "80%", "--power", "0.9", "--beta", "0.3",
        "--dna-ng", "-1", "--replicates", 0, "--control-depth", 0, "--alpha", "nan", "--out", tmp_path / "plan", code=1,
    )  # fmt: skip
    for name in ("--lod", "--background", "--power", "--dna-ng", "--replicates", "--control-depth", "--alpha"):
        assert name in done.stderr
    assert not (tmp_path / "plan").exists()
    none = proband("engagement", "depth", "--background", "0", code=1)
    assert "neither --lod nor --depth" in none.stderr


def test_help_names_the_command(proband):
    assert "depth" in proband("engagement", "--help", code=0).stdout
