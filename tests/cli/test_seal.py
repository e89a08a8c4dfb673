"""``proband seal`` and the record of the seal: every state, the reasons that are asked for, tampering."""

import json
from datetime import date

import pytest

from proband import api
from proband.core.errors import ProgramError
from proband.core.plan_seal import SealState
from proband.folder import plan_seal
from proband.folder.plan_template import template

HEAD = "subject,day,parameter,value,unit,below_limit,source"


@pytest.fixture
def folder(tmp_path, proband, monkeypatch):
    """A new program with one patient and a plan, on a day that the test sets."""
    root = tmp_path / "p"
    proband("new", root, "--modality", "base_editor", code=0)
    path = root / "program.toml"
    path.write_text(path.read_text() + '\n[[patient]]\nid = "patient-1"\n')
    (root / "plan" / "analysis_plan.toml").write_text(template())
    on_day(monkeypatch, 1)
    return root


def on_day(monkeypatch, day):
    monkeypatch.setattr(plan_seal, "today", lambda: date(2026, 3, day))


def names(root):
    return [f.path for f in api.read_program(root).program.inputs]


def seal(root, reason=""):
    return plan_seal.seal_plan(root, names(root), "A. Author", "statistician", reason)


def state(root):
    return api.read_program(root).program.plan.state


def change(root, old="alpha = 0.025  ", new="alpha = 0.05  "):
    path = root / "plan" / "analysis_plan.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def treat(root, days=(30,), column="", unit="score"):
    """Dose on day 10, scores on `days`."""
    dose = f"{HEAD}\npatient-1,10,dose,1,mg/kg,,chart\n"
    (root / "clinical" / "dosing.csv").write_text(dose)
    extra = f",{column}" if column else ""
    rows = [f"patient-1,{d},motor_score,31,1,,visit" + (",2026-03-10" if column else "") for d in days]
    (root / "clinical" / "scales.csv").write_text("\n".join([HEAD + extra, *rows]) + "\n")


def test_from_no_plan_to_a_seal(folder, proband):
    assert state(folder) is SealState.UNSEALED
    made, record = seal(folder)
    assert record.state is state(folder) is SealState.SEALED
    assert record.fixed_before_outcomes is True
    assert made.plan_digest == record.plan_digest
    (folder / "plan" / "analysis_plan.toml").unlink()
    assert state(folder) is SealState.PLAN_MISSING
    (folder / "plan" / "seal.toml").unlink()
    assert state(folder) is SealState.NO_PLAN
    assert "without one" in api.read_program(folder).program.plan.sentences[0]


def test_a_comment_is_no_change_and_a_value_is(folder):
    seal(folder)
    change(folder, "# Every value below", "# Each value below")
    assert state(folder) is SealState.SEALED
    change(folder)
    record = api.read_program(folder).program.plan
    assert record.state is SealState.CHANGED_AFTER_SEAL
    assert record.changed == ("success.alpha: 0.025 became 0.05",)
    assert record.fixed_before_outcomes is False
    assert "success.alpha" in " ".join(record.sentences)


def test_a_change_needs_a_reason_and_the_history_stays(folder, monkeypatch):
    first, _ = seal(folder)
    change(folder)
    with pytest.raises(ProgramError, match=r"success\.alpha: 0\.025 became 0\.05[\s\S]*--reason"):
        seal(folder)
    on_day(monkeypatch, 2)
    _, record = seal(folder, "a reviewer's advice")
    assert record.state is state(folder) is SealState.RESEALED_WITH_REASON
    assert record.seals[0] == first
    assert record.fixed_before_outcomes is True
    assert "a reviewer's advice" in " ".join(record.sentences)
    with pytest.raises(ProgramError, match="sealed as it is"):
        seal(folder, "again")


def test_a_seal_after_the_first_outcome_needs_a_reason_and_says_so(folder):
    treat(folder, (5, 10, 30, 60))
    record = api.read_program(folder).program.plan
    assert (record.outcomes.rows, record.outcomes.day, record.outcomes.endpoint_rows) == (2, 30, 4)
    with pytest.raises(ProgramError, match="2 outcomes after treatment"):
        seal(folder)
    _, record = seal(folder, "the plan was on paper")
    assert record.state is state(folder) is SealState.SEALED_AFTER_FIRST_OUTCOME
    assert record.fixed_before_outcomes is False
    assert "2 rows of the endpoint after treatment" in " ".join(record.sentences)


def test_outcomes_after_the_seal_leave_it_sealed_and_a_change_then_shows(folder, monkeypatch):
    seal(folder)
    treat(folder)
    assert state(folder) is SealState.SEALED
    change(folder, 'better = "higher"', 'better = "lower"')
    on_day(monkeypatch, 5)
    _, record = seal(folder, "another direction")
    assert record.state is SealState.RESEALED_AFTER_FIRST_OUTCOME
    assert record.seals[1].treated_outcomes == 1


def test_the_date_of_an_outcome_counts_where_the_table_has_one(folder, monkeypatch):
    on_day(monkeypatch, 10)
    seal(folder)
    treat(folder, column="date")
    assert state(folder) is SealState.SEALED_AFTER_FIRST_OUTCOME


def test_a_dose_of_zero_and_values_before_the_dose_are_no_treated_outcome(folder):
    treat(folder, (5, 10))
    assert seal(folder)[1].state is SealState.SEALED
    (folder / "clinical" / "dosing.csv").write_text(f"{HEAD}\npatient-1,1,dose,0,mg/kg,,chart\n")
    assert api.read_program(folder).program.plan.outcomes.rows == 0


TAMPER = [
    ('name = "A. Author"', 'name = "B. Author"', "digest of its content"),
    ("date = 2026-03-01", "date = 2026-02-01", "digest of its content"),
    ("treated_outcomes = 0", "treated_outcomes = 1", "digest of its content"),
    ("number = 1", "number = 2", "number 2"),
    ('previous = ""', f'previous = "{"0" * 64}"', "does not follow"),
]


@pytest.mark.parametrize(("old", "new", "why"), TAMPER, ids=[t[0].split()[0] for t in TAMPER])
def test_tampering_is_told(folder, old, new, why):
    seal(folder)
    path = folder / "plan" / "seal.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    record = api.read_program(folder).program.plan
    assert record.state is SealState.TAMPERED
    assert why in record.fault
    assert record.fixed_before_outcomes is None
    change(folder)
    with pytest.raises(ProgramError, match="nothing was written"):
        seal(folder, "x")


def test_a_removed_seal_is_told(folder, monkeypatch):
    seal(folder)
    change(folder)
    on_day(monkeypatch, 3)
    seal(folder, "why")
    path = folder / "plan" / "seal.toml"
    head, one, two = path.read_text().split("[[seal]]")
    path.write_text(head + "[[seal]]" + two)
    assert state(folder) is SealState.TAMPERED
    path.write_text(head + "[[seal]]" + one)
    assert state(folder) is SealState.CHANGED_AFTER_SEAL


def test_a_seal_file_that_is_none_is_a_problem(folder, monkeypatch):
    path = folder / "plan" / "seal.toml"
    for text in ("format = 1\n", "format = 1\nseal = 3\n", "x = ", "format = 1\n[[seal]]\nnumber = 1\n"):
        path.write_text(text)
        with pytest.raises(ProgramError, match=r"seal\.toml"):
            api.read_program(folder)
    path.unlink()
    on_day(monkeypatch, 20)
    seal(folder)
    on_day(monkeypatch, 19)
    with pytest.raises(ProgramError, match="today or an earlier day"):
        api.read_program(folder)


def test_the_command(folder, proband):
    shown = proband("seal", folder, code=0)
    assert "not sealed" in shown.stdout
    assert not (folder / "plan" / "seal.toml").exists()
    proband("seal", folder, "--name", "A. Author", code=2)
    done = proband("seal", folder, "--name", 'A. "Author" \\ Ünal', "--role", "statistician", code=0)
    assert "sealed plan/analysis_plan.toml as number 1" in done.stdout
    made = json.loads(proband("seal", folder, "--format", "json", code=0).stdout)
    assert made["record"]["state"] == "sealed"
    assert made["record"]["seals"][0]["name"] == 'A. "Author" \\ Ünal'
    hidden = proband("seal", folder, "--name", "a\u202eb", "--role", "x", code=1)
    assert "sealed as it is" in hidden.stderr
    change(folder, 'author = "A. Author"', "autor = 1")
    done = proband("seal", folder, "--name", "a", "--role", "x", "--reason", "y", code=1)
    assert "key autor" in done.stderr
    proband("seal", folder / "nowhere", code=1)
