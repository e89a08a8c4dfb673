"""Escalation between patients: the 3 + 3 table as a protocol may write it, open answers counted both ways."""

from itertools import product

import pytest

from proband.science.dosing.escalation import TABLE, Escalation, decide, read_escalation, read_patients
from proband.science.transcript.rna_tables import Row

# the table of the 3 + 3 design: Storer, Biometrics 1989;45:925-937 (recalled)
THREE = {(3, 0): "escalate", (3, 1): "expand", (3, 2): "stop", (3, 3): "stop"}
SIX = {(6, e): "escalate" if e <= 1 else "stop" for e in range(7)}
RULE = "\n".join(
    f'[[escalation.rule]]\ntreated = {t}\nevents = {e}\ndecision = "{d}"' for (t, e), d in (THREE | SIX).items()
)
TEXT = f"""[escalation]
window_days = 28
sentinel_days = 14
level = [ {{ id = "1", value = 0.1, unit = "mg/kg" }}, {{ id = "2", value = 0.3, unit = "mg/kg" }} ]
{RULE}
"""


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "protocol.toml"
    path.write_text(TEXT)
    made = read_escalation(path, "plan/protocol.toml", problems := [])
    assert problems == []
    return made


def patient(name, level="1", day=0.0, until=100.0, event="no"):
    cells = {
        "patient": name,
        "level": level,
        "dosed_day": day,
        "observed_until": until,
        "dose_limiting": event,
        "source": "x",
    }
    return Row(2, cells)


@pytest.mark.parametrize(("events", "decision"), [(0, "escalate"), (1, "expand"), (2, "stop"), (3, "stop")])
def test_three_patients(rules, events, decision):
    rows = [patient(f"P{i}", day=i, event="yes" if i < events else "no") for i in range(3)]
    (level,) = decide(rules, rows)
    assert (level.decision, level.least, level.most) == (decision, events, events)


@pytest.mark.parametrize(("events", "decision"), [(1, "escalate"), (2, "stop")])
def test_six_patients(rules, events, decision):
    rows = [patient(f"P{i}", event="yes" if i < events else "no") for i in range(6)]
    assert decide(rules, rows)[0].decision == decision


def test_the_sentinel_waits_and_numbers_between_those_of_the_table_wait(rules):
    (level,) = decide(rules, [patient("P1", day=10.0)])
    assert (level.decision, level.next_patient_from) == ("wait", 24.0)
    (level,) = decide(rules, [patient("P1"), patient("P2", event=None)])
    assert (level.decision, level.next_patient_from) == ("wait", None)


@pytest.mark.parametrize(
    ("last", "decision"),
    [
        ({"event": None}, "cannot_tell"),  # 0 of 3 or 1 of 3: escalate or expand
        ({"until": 27.0}, "wait"),  # 27 of 28 days observed
        ({"until": 28.0}, "escalate"),
        ({"until": None}, "wait"),  # no end is no whole window
        ({"event": "yes", "until": 3.0}, "expand"),  # an event is one before the window is over
    ],
)
def test_what_is_open_is_counted_both_ways(rules, last, decision):
    rows = [patient("P1"), patient("P2"), patient("P3", **last)]
    assert decide(rules, rows)[0].decision == decision


def test_a_decision_that_every_way_gives_is_told(rules):
    rows = [patient("P1", event="yes"), patient("P2", event="yes"), patient("P3", event=None)]
    (level,) = decide(rules, rows)
    assert (level.decision, level.least, level.most) == ("stop", 2, 3)


def test_open_answers_never_decide_alone(rules):
    """Whatever is told with open answers is what every completion of them gives."""
    for answers in product(["yes", "no", None], repeat=3):
        told = decide(rules, [patient(f"P{i}", event=a) for i, a in enumerate(answers)])[0].decision
        ways = set()
        for full in product(["yes", "no"], repeat=3):
            if all(a in (None, f) for a, f in zip(answers, full, strict=True)):
                ways.add(decide(rules, [patient(f"P{i}", event=f) for i, f in enumerate(full)])[0].decision)
        assert told == (ways.pop() if len(ways) == 1 else "cannot_tell")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("treated = 3\nevents = 1", "treated = 3\nevents = 0", "decided twice"),
        ("treated = 3\nevents = 3", "treated = 3\nevents = 4", "at most 3"),
        ("treated = 6\nevents = 6", "treated = 5\nevents = 5", "no decision for 6"),
        ('"escalate"', '"go"', "escalate"),
        ("value = 0.3", "value = 0.1", "doses that rise"),
        ('value = 0.3, unit = "mg/kg"', 'value = 0.3, unit = "mg"', "one unit"),
        ('id = "2"', 'id = "1"', "each id once"),
        ("window_days = 28", "window_days = -1", "window_days"),
        ("sentinel_days = 14", "", "sentinel_days"),
    ],
)
def test_faults_of_the_table(tmp_path, old, new, told):
    path = tmp_path / "protocol.toml"
    path.write_text(TEXT.replace(old, new, 1))
    assert read_escalation(path, "plan/protocol.toml", problems := []) is None
    assert any(told in f"{p.place} {p.found} {p.expected}" for p in problems), problems


def test_faults_of_patients(rules, tmp_path):
    path = tmp_path / "escalation.csv"
    head = "patient,level,dosed_day,observed_until,dose_limiting,source\n"
    path.write_text(head + "P1,9,0,30,no,x\nP1,1,0,30,no,x\nP2,1,10,5,no,x\nP3,1,nan,,maybe,x\n")
    assert read_patients(path, rules, problems := []) is None
    assert {p.file for p in problems} == {TABLE}
    assert len(problems) >= 4


def test_no_rules_without_the_table(tmp_path):
    path = tmp_path / "protocol.toml"
    path.write_text("final_on = 2025-01-01\n")
    assert read_escalation(path, "p", problems := []) is None
    assert problems == []
    assert Escalation.model_fields
