"""``proband simulate`` from the command line: files, a rerun from its own record, refusals in words."""

import json
import tomllib
from xml.etree import ElementTree

import pytest

from proband.folder.plan_template import COMMON, designs

FILES = ("operating_characteristics.tsv", "operating_characteristics.json", "plan_used.toml", "power.svg", "rerun.toml",
         "type_i_error.svg")  # fmt: skip


@pytest.fixture
def binary(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(COMMON.replace("# [feas", "[feas") + designs()["single_arm_binary"])
    text = path.read_text()
    start = text.index("[feasibility]")
    end = text.index("# --- ", start) if "# --- " in text[start:] else text.index("[design]")
    path.write_text(text[:start] + text[start:end].replace("\n# ", "\n") + text[end:])
    return path


def test_files_and_a_rerun_from_its_own_record(proband, binary, tmp_path):
    out, again = tmp_path / "out", tmp_path / "again"
    done = proband("simulate", binary, "--replicates", 100, "--out", out, code=0)
    assert "Type I error" in done.stdout
    assert "The probability to enrol" in " ".join(done.stdout.split())
    for name in (*FILES, "feasibility.md"):
        assert (out / name).stat().st_size, name
    for name in ("power.svg", "type_i_error.svg"):
        assert ElementTree.parse(out / name).getroot().tag.endswith("svg")
    record = tomllib.loads((out / "rerun.toml").read_text())
    proband("simulate", out / "plan_used.toml", "--replicates", record["replicates"], "--seed", record["seed"],
            "--out", again, code=0)  # fmt: skip
    for name in (*FILES, "feasibility.md"):
        assert (again / name).read_bytes() == (out / name).read_bytes(), name
    made = json.loads((out / "operating_characteristics.json").read_text())
    assert made["plan_digest"] == record["plan_digest"]


def test_refusals_are_told_at_once(proband, binary, tmp_path):
    binary.write_text(binary.read_text().replace('author = "A. Author"', "autor = 3"))
    done = proband("simulate", binary, "--replicates", 0, "--seed", -1, "--out", tmp_path / "out", code=1)
    for word in ("--replicates", "--seed", "key author", "key autor"):
        assert word in done.stderr
    assert not (tmp_path / "out").exists()
    proband("simulate", tmp_path / "nowhere.toml", "--out", tmp_path / "out", code=1)
