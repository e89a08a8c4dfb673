"""``proband platform``: compare, reuse, screen and versions, as a stranger calls them."""

import json

import pytest

from proband.testing.platform_record import RECORD, with_override


@pytest.fixture
def record(tmp_path):
    path = tmp_path / "platform.toml"
    path.write_text(with_override("component.ionizable.name", 'value = "lipid B"'), encoding="utf-8")
    return path


def test_versions_of_a_record_are_compared(proband, record, tmp_path):
    done = proband("platform", "compare", f"{record}#one", f"{record}#two", "--out", tmp_path / "o", code=0)
    assert "beyond targeting" in done.stdout
    assert "PR-10" in done.stdout
    made = json.loads((tmp_path / "o" / "difference.json").read_text(encoding="utf-8"))
    assert made["counts"] == {"beyond_targeting": 1, "not_known": 0, "targeting_only": 1, "same": 4}
    assert made["class_of_change"]["state"] == "unsettled"
    rows = (tmp_path / "o" / "difference.tsv").read_text(encoding="utf-8").splitlines()
    assert "component.ionizable\tbeyond_targeting\tname\tbeyond_targeting\tlipid A\tlipid B" in rows
    first = {p.name: p.read_bytes() for p in (tmp_path / "o").iterdir()}
    proband("platform", "compare", f"{record}#one", f"{record}#two", "--out", tmp_path / "o", code=0)
    assert {p.name: p.read_bytes() for p in (tmp_path / "o").iterdir()} == first


def test_program_folders_are_compared_by_candidate_and_parts(proband, fresh_example):
    fresh_example("cps1_kabe")
    child = fresh_example("ucd_umbrella/cps1")
    done = proband("platform", "compare", child, child.parents[1] / "cps1_kabe", "--format", "json", code=0)
    made = json.loads(done.stdout)
    assert {p["part"]: p["found"] for p in made["parts"]}["candidate"] == "same"


@pytest.mark.parametrize("wrong", ["nowhere", "platform.toml#nine", "platform.toml#", "empty.toml", ".."])
def test_a_side_that_is_none_is_told_in_words(proband, record, tmp_path, wrong):
    (tmp_path / "empty.toml").write_text("", encoding="utf-8")
    done = proband("platform", "compare", f"{record}#one", tmp_path / wrong)
    if wrong == "platform.toml#":
        assert done.returncode == 0  # the platform itself
    else:
        assert done.returncode == 1
        assert "remedy:" in done.stderr


def test_screen_writes_every_rule_and_is_the_same_twice(proband, fresh_example, tmp_path):
    folder = fresh_example("ucd_umbrella") / "plan"
    out = tmp_path / "o"
    call = ("platform", "screen", folder / "protocol.toml", folder / "applicants_invented.csv", "--out", out)
    done = proband(*call, code=0)
    assert "8 eligible, 6 not eligible, 6 cannot tell" in done.stdout
    assert "decided by its investigator" in " ".join(done.stdout.split())
    rows = (out / "screening.tsv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 20 * 11
    assert any("681.24 ug/dL = 400 umol/L is >= 400 umol/L" in r for r in rows)
    first = {p.name: p.read_bytes() for p in out.iterdir()}
    proband(*call, code=0)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == first
    assert len(json.loads(first["screening.json"])["sha256"]["protocol"]) == 64


def test_screen_names_fields_that_are_known_of_nobody(proband, fresh_example, tmp_path):
    folder = fresh_example("ucd_umbrella") / "plan"
    table = tmp_path / "a.csv"
    table.write_text("applicant,gene,weight,weight_unit\nA,CPS1,5,kg\n", encoding="utf-8")
    done = proband("platform", "screen", folder / "protocol.toml", table, code=0)
    assert "0 eligible, 0 not eligible, 1 cannot tell" in done.stdout
    assert "Known of nobody" in done.stdout
    assert "prior transplant" in done.stdout


def test_screen_refuses_a_protocol_without_rules_and_a_table_with_faults(proband, tmp_path):
    protocol, table = tmp_path / "p.toml", tmp_path / "a.csv"
    table.write_text("applicant\na\n", encoding="utf-8")
    protocol.write_text("[umbrella]\n", encoding="utf-8")
    assert "no [[entry_rule]]" in proband("platform", "screen", protocol, table, code=1).stderr
    protocol.write_text("final_on = 2025-01-01\n", encoding="utf-8")
    assert "no [umbrella]" in proband("platform", "screen", protocol, table, code=1).stderr
    assert "no such file" in proband("platform", "screen", tmp_path / "x", table, code=1).stderr.lower()


def test_reuse_prints_the_matrix_the_register_and_what_is_lacking(proband, fresh_example, tmp_path):
    child = fresh_example("ucd_umbrella/cps1")
    done = proband("platform", "reuse", child, "--out", tmp_path / "o", code=0)
    assert "primate-tolerability" in done.stdout
    assert "No failed or withdrawn version is in it; nobody states that it is whole." in " ".join(done.stdout.split())
    made = json.loads((tmp_path / "o" / "reuse.json").read_text(encoding="utf-8"))
    assert made["items"][0]["verdict"] == "open"
    assert {c["id"] for c in made["never_reusable"]} >= {"potency", "off_target_results", "genome_integrity"}
    assert "no [platform]" in proband("platform", "reuse", fresh_example("cps1_kabe"), code=1).stderr


def test_versions_lists_every_version_and_one_without_a_folder(proband, tmp_path):
    (tmp_path / "platform.toml").write_text(RECORD, encoding="utf-8")
    made = json.loads(proband("platform", "versions", tmp_path, "--format", "json", code=0).stdout)
    assert [v["version"] for v in made["versions"]] == ["one", "two", "three"]
    assert all(not v["elements"] for v in made["versions"])
    assert "three (failed: no editing in cells)" in " ".join(made["register"])
    assert "no folder" in proband("platform", "versions", tmp_path, code=0).stdout
    assert proband("platform", "versions", tmp_path / "x", code=1).stderr
