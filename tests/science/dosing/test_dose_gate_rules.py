"""Gates before doses: the published gates of the CPS1 protocol, three values, and what a stranger may write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.science.dosing.dose_folder import read_dose_folder
from proband.science.dosing.dose_gates import evaluate, next_dose
from proband.science.dosing.gate_checks import Said, together
from proband.science.dosing.gate_file import read_gates

LONG = "subject,day,parameter,value,unit,below_limit,source\n"
PROTOCOL = """[dosing]
maximum_doses = 3
minimum_days_between_doses = 21
dose_3_options_mg_per_kg = [0.3, 0.45]
earliest_day_of_dose_3 = 251
weight_parameter = "weight"
weight_at_most_days_old = 7
guide_to_messenger_mass_ratio = 1.1
"""
DOSES = LONG + "P1,208,k,0.1,mg/kg,,x\nP1,230,k,0.3,mg/kg,,x\n"


@pytest.fixture
def folder(tmp_path):
    """Reads a folder of these tables; problems are raised."""

    def make(**files):
        paths = {}
        for name, text in {"plan/protocol.toml": PROTOCOL, "clinical/dosing.csv": DOSES, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            paths[name] = path
        problems = []
        held = read_dose_folder(paths, problems)
        if problems:
            raise ProgramError(problems)
        return held

    return make


def gates(held, on=None, planned=None):
    """State of every gate before the last dose that is looked at."""
    return {g.id: g.said.state for g in evaluate(held.rules, held.sources, "P1", on, planned=planned)[-1].gates}


def test_the_published_gates_of_the_cps1_protocol(session_examples):
    root = session_examples / "cps1_kabe"
    files = {str(p.relative_to(root)): p for p in root.rglob("*") if p.suffix in (".csv", ".toml") and p.is_file()}
    held = read_dose_folder(files, [])
    first, second, third = evaluate(held.rules, held.sources, "patient-1", 251.0, planned=0.45)
    # 0.1 mg/kg times 7.14 kg; guide to messenger 1.1
    assert (first.mass.total, first.mass.guide, first.mass.messenger) == pytest.approx((0.714, 0.374, 0.340), abs=5e-4)
    assert second.mass.total is None  # the weight of day 207 is 23 days old
    assert [g.said.state for g in second.gates] == ["met", "met", "cannot_tell", "met"]
    assert third.earliest == 251.0
    assert "the same" in third.typed
    assert {g.id: g.said.state for g in third.gates} == {
        "maximum_doses": "met", "minimum_days_between_doses": "met", "dose_options": "met", "a": "cannot_tell",
        "b": "met",
    }  # fmt: skip
    assert third.state == "cannot_tell"  # nobody recorded that the dose before was tolerated
    assert next_dose(held.rules, held.sources, "patient-1") == ((3, 251.0, third.typed),)


@pytest.mark.parametrize(("day", "state"), [(250.0, "not_met"), (250.999, "not_met"), (251.0, "met"), (300.0, "met")])
def test_the_interval_is_at_least_21_days(folder, day, state):
    assert gates(folder(), day)["minimum_days_between_doses"] == state


@pytest.mark.parametrize(("dose", "state"), [(0.3, "met"), (0.45, "met"), (0.4, "not_met"), (None, "cannot_tell")])
def test_options_of_the_third_dose(folder, dose, state):
    assert gates(folder(), 260.0, dose)["dose_options"] == state


def test_a_fourth_dose_is_one_too_many(folder):
    held = folder(**{"clinical/dosing.csv": DOSES + "P1,251,k,300,ug/kg,,x\n"})
    third = evaluate(held.rules, held.sources, "P1", None)[-1]
    assert {g.id: g.said.state for g in third.gates}["dose_options"] == "met"  # 300 ug/kg is 0.3 mg/kg
    assert gates(held, 400.0)["maximum_doses"] == "not_met"
    assert next_dose(held.rules, held.sources, "P1") == ()


def test_a_typed_day_that_the_doses_do_not_give_is_told(folder):
    held = folder(**{"plan/protocol.toml": PROTOCOL.replace("251", "250")})
    assert "do not agree" in next_dose(held.rules, held.sources, "P1")[0][2]


def test_doses_are_counted_for_each_product_and_a_dose_of_zero_was_not_given(folder):
    held = folder(**{"clinical/dosing.csv": DOSES + "P1,240,other,5,mg,,x\nP1,235,k,0,mg/kg,,x\n"})
    made = evaluate(held.rules, held.sources, "P1", None)
    assert [(d.product, d.number) for d in made] == [("k", 1), ("k", 2), ("other", 1)]


CHECK = """
[[gate]]
id = "need"
condition = "the scavenger is needed"
check = [ { kind = "value", parameter = "scavenger", above = 0.0, unit = "mL/m2/d", within_days = 30 } ]
"""


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ("", "cannot_tell"),  # no value opens no gate
        ("P1,220,scavenger,8,mL/m2/d,,x\n", "met"),
        ("P1,220,scavenger,0,mL/m2/d,,x\n", "not_met"),
        ("P1,220,scavenger,,mL/m2/d,,x\n", "cannot_tell"),
        ("P1,199,scavenger,8,mL/m2/d,,x\n", "cannot_tell"),  # 31 days old
        ("P1,200,scavenger,8,mL/m2/d,,x\n", "met"),  # 30 days old
        ("P1,230,scavenger,8,mL/m2/d,,x\n", "cannot_tell"),  # of the day of the dose: which came first is not told
        ("P1,231,scavenger,8,mL/m2/d,,x\n", "cannot_tell"),  # after it
        ("P1,220,scavenger,8,mg/kg,,x\n", "cannot_tell"),  # does not convert
        ("P1,220,scavenger,stopped,{text},,x\n", "not_met"),  # care that was stopped
        ("P1,220,scavenger,started,{text},,x\n", "cannot_tell"),  # how much is not told
        ("P1,220,scavenger,8,L/m2/d,,x\n", "met"),
    ],
)
def test_a_value_before_the_dose(folder, rows, state):
    files = {"plan/protocol.toml": PROTOCOL + CHECK, "clinical/care.csv": LONG + rows}
    assert gates(folder(**files))["need"] == state


@pytest.mark.parametrize(
    ("word", "value", "bound", "state"),
    [
        ("below", "10", "yes", "met"), ("below", "25", "yes", "cannot_tell"), ("above", "10", "yes", "not_met"),
        ("above", "25", "yes", "cannot_tell"), ("at_most", "20", "no", "met"), ("at_least", "20", "no", "met"),
        ("below", "20", "no", "not_met"), ("above", "20", "no", "not_met"),
    ],
)  # fmt: skip
def test_values_below_the_limit_of_an_assay(folder, word, value, bound, state):
    gate = CHECK.replace("above = 0.0", f"{word} = 20.0").replace("mL/m2/d", "U/L")
    rows = f"P1,220,scavenger,{value},U/L,{bound},x\n"
    files = {"plan/protocol.toml": PROTOCOL + gate, "clinical/labs.csv": LONG + rows}
    assert gates(folder(**files))["need"] == state


NO_EVENT = """
[[gate]]
id = "safe"
condition = "no serious event"
check = [ { kind = "no_event", serious = true } ]
"""
EXPOSURE = "subject,product,platform_class,dose_days,last_day,events_sought,in_safety_set,reason,source\n"
EVENTS = "subject,day,term,grade,related,serious,source\n"
SOUGHT = EXPOSURE + "P1,k,LNP,208 230,400,visits,yes,same,x\n"


@pytest.mark.parametrize(
    ("exposure", "events", "state"),
    [
        (None, None, "cannot_tell"),
        (SOUGHT, None, "cannot_tell"),  # without a table nothing is said of harm
        (SOUGHT, "", "met"),
        (SOUGHT, "P1,215,sepsis,4,related,yes,x\n", "not_met"),
        (SOUGHT, "P1,215,sepsis,4,related,,x\n", "cannot_tell"),
        (SOUGHT, "P1,207,sepsis,4,related,yes,x\n", "met"),  # before the dose before
        (SOUGHT, "P1,231,sepsis,4,related,yes,x\n", "met"),  # after the dose
        (SOUGHT, "P1,230,sepsis,4,related,yes,x\n", "cannot_tell"),  # of its day: which came first is not told
        (SOUGHT.replace("visits", ""), "", "cannot_tell"),  # nobody says how events were sought
        (SOUGHT.replace("208 230,400", "208 230,"), "", "cannot_tell"),  # until when is not known
    ],
)
def test_no_event_since_the_dose_before(folder, exposure, events, state):
    files = {"plan/protocol.toml": PROTOCOL + NO_EVENT}
    files |= {"safety/exposure.csv": exposure} if exposure is not None else {}
    files |= {"safety/adverse_events.csv": EVENTS + events} if events is not None else {}
    assert gates(folder(**files))["safe"] == state


REVIEW = "subject,dose,item,day,value,unit,finding,by,source\n"
PERSON = '\n[[redosing_condition]]\nid = "a"\ncondition = "tolerated"\n'


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ("", "cannot_tell"), ("P1,2,a,229,,,met,board,x\n", "met"), ("P1,2,a,229,,,not_met,board,x\n", "not_met"),
        ("P1,2,a,231,,,met,board,x\n", "cannot_tell"), ("P1,2,a,230,,,met,board,x\n", "cannot_tell"),
        ("P1,2,a,,,,met,board,x\n", "cannot_tell"), ("P1,2,a,208,,,met,board,x\n", "cannot_tell"),
        ("P1,3,a,229,,,met,board,x\n", "cannot_tell"), ("P1,2,a,229,,,not_reviewed,board,x\n", "cannot_tell"),
    ],
)  # fmt: skip
def test_what_a_person_records_counts_before_the_dose_and_after_the_one_before(folder, row, state):
    files = {"plan/protocol.toml": PROTOCOL + PERSON, "safety/redose_review.csv": REVIEW + row}
    assert gates(folder(**files))["a"] == state


def test_what_is_known_on_the_day_counts_for_a_dose_that_is_not_given_yet(folder):
    files = {"plan/protocol.toml": PROTOCOL + CHECK, "clinical/care.csv": LONG + "P1,251,scavenger,8,mL/m2/d,,x\n"}
    assert gates(folder(**files), 251.0)["need"] == "met"
    assert gates(folder(**files), 250.0)["need"] == "cannot_tell"


def test_two_rows_of_one_day_that_disagree_open_nothing(folder):
    rows = "P1,220,scavenger,8,mL/m2/d,,x\nP1,220,scavenger,0,mL/m2/d,,y\n"
    assert (
        gates(folder(**{"plan/protocol.toml": PROTOCOL + CHECK, "clinical/care.csv": LONG + rows}))["need"]
        == "cannot_tell"
    )


@given(st.lists(st.sampled_from(["met", "not_met", "cannot_tell"]), max_size=6), st.sampled_from(["all", "any"]))
def test_what_can_not_be_told_never_opens_and_never_closes(states, need):
    made = together([Said(s, "x") for s in states], need).state
    open_, closed = [s for s in states if s == "met"], [s for s in states if s == "not_met"]
    if made == "met":
        assert len(open_) == len(states) if need == "all" else open_
        assert open_
    if made == "not_met":
        assert closed if need == "all" else len(closed) == len(states)
    if "cannot_tell" in states and need == "all" and not closed:
        assert made == "cannot_tell"


HOSTILE = """
[dosing]
maximum_doses = 0
minimum_days_between_doses = inf
dose_0_options_mg_per_kg = [0.3, -1]
dose_9_options_mg_per_kg = "all"
earliest_day_of_dose_3 = nan
maximum_dosis = 3

[[gate]]
id = "x"
condition = " "
check = [ { kind = "value", parameter = "a", above = 1.0, below = 2.0, unit = "furlong" } ]

[[gate]]
id = "x"
condition = "y"
before_dose = [0]
check = [ { kind = "no_event", unit = "d" }, { kind = "recorded" } ]
"""


def test_every_fault_of_a_hostile_protocol_is_told_at_once(tmp_path):
    path = tmp_path / "protocol.toml"
    path.write_text(HOSTILE)
    problems = []
    assert read_gates(path, "plan/protocol.toml", problems) is None
    told = "\n".join(f"{p.place} {p.found}" for p in problems)
    for wanted in (
        "maximum_doses", "minimum_days_between_doses", "dose_0_options", "dose_9_options", "earliest_day_of_dose_3",
        "maximum_dosis", "gate 1", "gate 2",
    ):  # fmt: skip
        assert wanted in told, wanted
    sound = (
        HOSTILE.replace(" = 0\n", " = 3\n").replace("inf", "21").replace("[0.3, -1]", "[0.3]").replace('"all"', "[1.0]")
    )
    sound = sound.replace("nan", "251").replace("maximum_dosis", "weight_at_most_days_old").replace('" "', '"z"')
    path.write_text(sound.replace("[0]", "[2]"))
    problems.clear()
    assert read_gates(path, "plan/protocol.toml", problems) is None
    told = "\n".join(f"{p.place} {p.found}" for p in problems)
    for wanted in ("used twice", "furlong", "within_days", "above, below", "key needs", "key unit", "weight_parameter"):
        assert wanted in told, wanted


def test_tables_of_others_and_files_without_gates_are_left_alone(tmp_path):
    path = tmp_path / "protocol.toml"
    path.write_text('final_on = 2025-01-01\n[umbrella]\nx = 1\n[[cohort]]\nid = "c"\n')
    rules = read_gates(path, "plan/protocol.toml", problems := [])
    assert problems == []
    assert not rules.any
    for bad in ("dosing = 3\n", "gate = 3\n", 'redosing_condition = "x"\n'):
        path.write_text(bad)
        assert read_gates(path, "plan/protocol.toml", []) is None


def test_an_item_of_the_review_is_no_id_of_a_gate(folder):
    with pytest.raises(ProgramError, match="immune_status"):
        folder(**{"plan/protocol.toml": PROTOCOL + PERSON.replace('"a"', '"immune_status"')})


def test_a_row_whose_day_is_not_certain_may_have_come_after_the_dose(folder):
    head = LONG.rstrip("\n") + ",day_latest\n"
    files = {"plan/protocol.toml": PROTOCOL + CHECK, "clinical/care.csv": head + "P1,220,scavenger,8,mL/m2/d,,x,235\n"}
    assert gates(folder(**files))["need"] == "cannot_tell"
    files["clinical/care.csv"] = head + "P1,220,scavenger,8,mL/m2/d,,x,229\n"
    assert gates(folder(**files))["need"] == "met"


def test_asked_about_a_day_in_the_past_it_is_answered_as_of_then(folder):
    (asked,) = [d for d in evaluate(folder().rules, folder().sources, "P1", 229.0) if not d.given]
    assert asked.number == 2
    assert {g.id: g.said.state for g in asked.gates}["minimum_days_between_doses"] == "met"  # day 229 is 21 days after
    (asked,) = [d for d in evaluate(folder().rules, folder().sources, "P1", 208.0) if not d.given]
    assert (asked.number, asked.earliest) == (1, None)


def test_a_gate_before_the_first_dose_can_be_asked_about(folder):
    first = CHECK.replace('condition = "the', 'before_dose = [1]\ncondition = "the')
    held = folder(**{"plan/protocol.toml": PROTOCOL + first, "clinical/dosing.csv": LONG})
    (asked,) = evaluate(held.rules, held.sources, "P1", 10.0)
    assert {g.id: g.said.state for g in asked.gates} == {"maximum_doses": "met", "need": "cannot_tell"}
    assert evaluate(held.rules, held.sources, "P1", None) == ()


def test_more_doses_than_anybody_gives_are_refused(folder):
    rows = "".join(f"P1,{d},k,1,mg/kg,,x\n" for d in range(1001))
    with pytest.raises(ProgramError, match="1,001 doses"):
        folder(**{"clinical/dosing.csv": LONG + rows})


EXPOSED = "subject,product,platform_class,dose_days,last_day,events_sought,in_safety_set,reason,source\n"
SERIOUS = '[[gate]]\nid = "a"\ncondition = "none"\n[[gate.check]]\nkind = "no_event"\nserious = true\n'


@pytest.mark.parametrize(
    ("sought", "state"),
    [("asked at each visit", "met"), ("unknown", "cannot_tell"), ("TBD", "cannot_tell"), ("not sought", "cannot_tell"),
     ("None", "cannot_tell"), ("-", "cannot_tell"), ("not done", "cannot_tell")],
)  # fmt: skip
def test_no_event_needs_somebody_who_looked(folder, sought, state):
    exposure = EXPOSED + f"P1,k,LNP,208 230,300,{sought},yes,,x\n"
    events = "subject,day,term,grade,related,serious,source\n"
    files = {"safety/exposure.csv": exposure, "safety/adverse_events.csv": events, "plan/protocol.toml": SERIOUS}
    assert gates(folder(**files), 260.0)["a"] == state


def test_a_weight_that_is_only_a_limit_gives_no_mass(folder):
    below = LONG + "P1,230,weight,8,kg,yes,x\n"
    assert evaluate(*_of(folder(**{"clinical/w.csv": below})))[1].mass.total is None
    measured = evaluate(*_of(folder(**{"clinical/w.csv": below.replace("yes", "no")})))[1].mass
    assert measured.total == pytest.approx(2.4)


def test_a_dose_that_was_not_given_is_none(folder):
    held = folder(**{"clinical/dosing.csv": DOSES + "P1,240,k,Not given,{text},,x\n"})
    assert held.sources.seen.dose_days("P1") == (208.0, 230.0)
    asked = folder(**{"clinical/dosing.csv": DOSES + "P1,240,k,unknown,{text},,x\n"})
    assert asked.sources.seen.dose_days("P1") == (208.0, 230.0, 240.0)


def _of(held):
    return held.rules, held.sources, "P1", None
