"""Differences between rule sets and runs: all that changed, and only what truly moved."""

import json
import re
import shutil

import pytest

from proband import api
from proband.assess.compare import framework_changes, moves, only_in, snapshot
from proband.engine import registry

DRAFT = registry.framework_path("fda-pmf-draft-2026-02")
TEN = ("CA-03", "TG-04", "NH-01", "TE-05", "TE-06", "CB-06", "SF-06", "PQ-06", "TD-08", "DS-01")


@pytest.fixture
def final(tmp_path):
    """An invented final version: ten changed criteria, of which one limit moves a verdict on purpose."""
    copy = tmp_path / "fda_pmf_final_2027_01"
    shutil.copytree(DRAFT, copy)
    shutil.copy(registry.sources_path(), tmp_path / "sources.toml")
    head = copy / "framework.toml"
    head.write_text(
        head.read_text()
        .replace("fda-pmf-draft-2026-02", "fda-pmf-final-2027-01")
        .replace('status = "draft"', 'status = "final"', 1)
    )
    for file in copy.glob("*.toml"):
        blocks = re.split(r"(?m)^(?=\[\[criterion\]\]$)", file.read_text())
        for i, block in enumerate(blocks):
            found = re.search(r'^id = "([A-Z]+-\d+)"', block, re.M)
            if found and found.group(1) in TEN:
                block = re.sub(r'^title = "', 'title = "Revised: ', block, count=1, flags=re.M)
                if found.group(1) == "CB-06":
                    block = block.replace("threshold = 8", "threshold = 40")
                blocks[i] = block
        file.write_text("".join(blocks))
    text = (copy / "clinical_benefit.toml").read_text()
    text = re.sub(
        r"(baseline_observations = \{ exact = )(\d+)",
        lambda m: f"{m.group(1)}{int(m.group(2)) * 40}" if int(m.group(2)) >= 8 else m.group(0),
        text,
    )
    (copy / "clinical_benefit.toml").write_text(text)
    return copy


def under(path, rules):
    folder = api.read_program(path)
    return snapshot(str(path), api.assess_evidence(folder, api.analyse(folder), rules))


def test_an_invented_final_version_names_the_ten_and_only_what_moves(final, session_examples):
    old, new = api.framework(), api.framework(str(final))
    changes = framework_changes(old, new)
    assert {c.criterion for c in changes} == set(TEN)
    assert all("title" in [f.field for f in c.fields] for c in changes)
    path = session_examples / "synthetic_abe"
    moved = moves(under(path, old), under(path, new))
    assert [(m.criterion, m.before, m.after) for m in moved] == [("CB-06", "supported", "contradicted")]
    assert any("was 8" in reason and "is 40" in reason for reason in moved[0].because)


def test_the_command_says_the_same(final, proband, session_examples):
    old = "fda-pmf-draft-2026-02"
    program = session_examples / "synthetic_abe"
    out = json.loads(proband("diff", old, final, "--program", program, "--format", "json", code=0).stdout)
    assert {c["criterion"] for c in out["changes"]} == set(TEN)
    assert [m["criterion"] for m in out["moves"]] == ["CB-06"]
    text = proband("diff", old, final, code=0).stdout
    assert "10 criteria differ" in text
    assert "Revised: " in text


def test_a_judgement_of_an_unchanged_criterion_counts_under_the_new_version(final, fresh_example, proband):
    path = fresh_example()
    for criterion in ("TG-01", "CA-03"):
        proband(
            "judge", path, criterion, "--verdict", "supported", "--name", "n", "--role", "r", "--reason", "x", code=0
        )
    moved = {m.criterion: m.after for m in moves(under(path, api.framework()), under(path, api.framework(str(final))))}
    assert "TG-01" not in moved
    assert moved["CA-03"] == "not_assessed: stale_statement"


def test_two_runs_of_a_program(warm_example, proband, tmp_path):
    path = warm_example("synthetic_abe")
    proband("dossier", path, "--out", tmp_path / "before", "--formats", "json", code=0)
    assert "0 verdicts moved" in proband("diff", tmp_path / "before", path, code=0).stdout
    labs = path / "clinical" / "labs.csv"
    kept = labs.read_text().splitlines()[:4]
    labs.write_text("\n".join(kept) + "\n")
    out = json.loads(proband("diff", tmp_path / "before", path, "--format", "json", code=0).stdout)
    moved = {m["criterion"]: m["because"] for m in out["moves"]}
    near = ("clinical.", "natural_history.", "plan.", "trial.")
    rests_on_values = {c.id for c in api.framework().criteria if any(k.startswith(near) for k in c.needs)}
    assert "CB-06" in moved
    assert set(moved) <= rests_on_values
    assert all(any("evidence" in b for b in because) for because in moved.values())
    assert "not a dossier.json" in _wrong(proband, tmp_path)


def _wrong(proband, tmp_path):
    (tmp_path / "x.json").write_text("[]")
    return proband("diff", tmp_path / "x.json", tmp_path / "before", code=1).stderr


def test_overrides_of_a_program_are_disputes_with_a_reason(warm_example, proband):
    path = warm_example("synthetic_abe")
    program = path / "program.toml"
    text = program.read_text()
    over = (
        '\n[[override]]\ncriterion = "CB-06"\nargument = "threshold"\nvalue = 40\nbecause = "adviser asks for more"\n'
    )
    head, _, tail = text.partition("\n[parameters")
    program.write_text(head + over + ("\n[parameters" + tail if tail else ""))
    out = json.loads(proband("diff", path, "--format", "json", code=0).stdout)
    assert [c["criterion"] for c in out["changes"]] == [m["criterion"] for m in out["moves"]] == ["CB-06"]
    program.write_text(program.read_text().replace('"threshold"', '"treshold"'))
    assert "did you mean threshold" in proband("diff", path, code=1).stderr


def test_criteria_of_one_side_only_are_named(session_examples):
    old = api.framework()
    from dataclasses import replace

    fewer = replace(old, criteria=old.criteria[1:])
    a, b = under(session_examples / "cps1_kabe", old), under(session_examples / "cps1_kabe", fewer)
    assert only_in(a, b) == ["CA-01"]
    assert [c.change for c in framework_changes(old, fewer)] == ["removed"]


@pytest.mark.parametrize(
    ("argument", "value", "told"),
    [
        ("confidence", "0.99999", "a grid point"),
        ("threshold", '"many"', "a finite number"),
        ("quantity", '"baseline_obs"', "can be disputed"),
        ("because", '"x"', "can be disputed"),
        ("threshold", "nan", "a finite number"),
    ],
)
def test_an_override_is_checked_like_any_rule(warm_example, proband, argument, value, told):
    path = warm_example("synthetic_abe")
    program = path / "program.toml"
    head, found, tail = program.read_text().partition("\n[parameters")
    over = f'\n[[override]]\ncriterion = "CB-06"\nargument = "{argument}"\nvalue = {value}\nbecause = "x"\n'
    program.write_text(head + over + found + tail)
    assert told in proband("assess", path, code=1).stderr


def test_the_why_of_a_move_names_what_differs(fresh_example, proband, tmp_path):
    path = fresh_example()
    proband("dossier", path, "--out", tmp_path / "before", "--formats", "json", code=0)
    flags = ["--verdict", "insufficient", "--name", "n", "--role", "r", "--reason", "x"]
    proband("judge", path, "TG-01", *flags, code=0)
    moved = json.loads(proband("diff", tmp_path / "before", path, "--format", "json", code=0).stdout)["moves"]
    assert [m["criterion"] for m in moved] == ["TG-01"]
    assert any("judgement" in b for b in moved[0]["because"])
    assert not any("evidence" in b for b in moved[0]["because"])


def test_a_rule_that_no_longer_applies_has_lost_no_evidence(session_examples):
    from dataclasses import replace

    old = api.framework()
    changed = replace(old["CB-06"], applies_to={"modality": ("gapmer",)})
    new = replace(old, criteria=tuple(changed if c.id == "CB-06" else c for c in old.criteria))
    path = session_examples / "synthetic_abe"
    moved = moves(under(path, old), under(path, new))
    assert [m.criterion for m in moved] == ["CB-06"]
    assert not any("evidence" in b for b in moved[0].because)
