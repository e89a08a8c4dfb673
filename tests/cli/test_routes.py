"""Routes and the facts sheet: tests with sources over one evidence set; blanks stay blank."""

import json
import tomllib
from pathlib import Path

import pytest

from proband import api
from proband.dossier.form_3926 import FILL, sheet

FORM = Path(api.__file__).parent / "reference" / "form_fda_3926.toml"


def test_routes_are_assessed_whether_or_not_they_are_claimed(proband, session_examples):
    out = json.loads(proband("routes", session_examples / "cps1_kabe", "--format", "json", code=0).stdout)
    by_id = {t["id"]: t for t in out["tests"]}
    assert by_id["RTA-02"]["verdict"] == "not_applicable"
    assert by_id["RTR-02"]["verdict"] == "not_assessed"
    assert {e["element"] for e in out["routes"]} == {
        "individualized_aso",
        "rdep",
        "expanded_access",
        "platform_designation",
    }
    text = proband("routes", session_examples / "cps1_kabe", code=0).stdout
    assert "fda-form-3926" in text
    assert "single patient expanded access" in text


@pytest.mark.parametrize("name", ["cps1_kabe", "synthetic_abe"])
def test_the_sheet_fills_what_the_folder_states_and_shows_blanks(name, proband, session_examples, tmp_path):
    file = tmp_path / "sheet.md"
    proband("routes", session_examples / name, "--sheet", file, code=0)
    text = file.read_text(encoding="utf-8")
    folder = api.read_program(session_examples / name)
    assert f"Indication: {folder.program.condition}" in text
    assert "Physician (sponsor): (blank)" in text
    assert "Age: (blank)" in text
    form = tomllib.loads(FORM.read_text(encoding="utf-8"))
    assert all(e["name"] in text for f in form["field"] for e in f["element"])
    assert f"{text.count(': (blank)')} elements are blank." in text
    assert ("Synthetic program" in text) == folder.program.synthetic


def test_every_rule_of_the_sheet_is_used_and_known():
    form = tomllib.loads(FORM.read_text(encoding="utf-8"))
    assert {e["from"] for f in form["field"] for e in f["element"] if "from" in e} == set(FILL)


def test_hostile_text_is_escaped(session_examples):
    from dataclasses import replace

    program = api.read_program(session_examples / "cps1_kabe").program
    text = sheet(replace(program, condition="<script>x</script>\n# head [l](javascript:x)"), ())
    assert "<script>" not in text
    assert "\n# head" not in text
    assert "[l](" not in text


def test_two_frameworks_in_one_command(proband, session_examples):
    out = json.loads(
        proband(
            "assess", session_examples / "cps1_kabe", "--framework", "fda-pmf-draft-2026-02",
            "--framework", "uk-mhra-draft-2026-05", "--format", "json", code=0,
        ).stdout
    )  # fmt: skip
    assert [o["framework"] for o in out] == ["fda-pmf-draft-2026-02", "uk-mhra-draft-2026-05"]
    assert len(out[0]["findings"]) == 139
    assert {f["id"] for f in out[1]["findings"]} >= {"UKE-01", "UKV-01", "UKV-02", "UKA-01", "UKA-02"}
    text = proband("assess", session_examples / "cps1_kabe", "--framework", "uk-mhra-draft-2026-05", code=0).stdout
    assert "United Kingdom" in text
