"""Monitoring of class toxicities: what a plan schedules, which tests were made, which values lie beyond limits."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.science.clinical.long_table import LongRow
from proband.science.clinical.series import Bound
from proband.science.follow_up.observed import Observed, read_observed
from proband.science.safety.class_toxicities import known_of, table
from proband.science.safety.monitoring_due import Made, due, made_of
from proband.science.safety.monitoring_limits import beyond, states
from proband.science.safety.monitoring_plan import Monitoring, read_monitoring
from proband.science.safety.monitoring_report import kept, scheduled, within

PLAN = """format = 1
source = "protocol 1"
[[test]]
id = "alt"
parameter = "alt"
toxicity = ["liver"]
days_from_each_dose = [-1, 7, 28]
window = [0, 2]
who = "site"
limit = [ { above = 120.0, unit = "U/L", action = "stop" }, { above_times_baseline = 3.0, action = "call" } ]
"""


def plan(tmp_path, text=PLAN):
    path = tmp_path / "monitoring.toml"
    path.write_text(text)
    problems = []
    return read_monitoring(path, "plan/monitoring.toml", problems), problems


def row(day, value, unit="U/L", bound=Bound.MEASURED, parameter="alt", line=2):
    return LongRow("clinical/labs.csv", line, "P1", day, parameter, value, "", unit, bound, "x")


def seen(*rows, doses=(100.0,)):
    held = {}
    for r in rows:
        held.setdefault((r.subject, r.parameter), []).append(r)
    given_ = tuple(
        LongRow("clinical/dosing.csv", 2, "P1", d, "k", 1.0, "", "mg/kg", Bound.MEASURED, "x") for d in doses
    )
    ordered = {k: tuple(sorted(v, key=lambda r: r.day)) for k, v in held.items()}
    return Observed(ordered, {"P1": given_} if doses else {}, {})


@pytest.mark.parametrize(
    ("modality", "delivery", "wanted"),
    [
        ("base_editor", "lnp", ["infusion_reaction", "liver"]),
        ("gapmer", "intrathecal", ["platelets", "kidney", "liver", "cns_inflammation"]),
        ("splice_switching", "intravenous_free", ["platelets", "kidney", "liver"]),
        ("splice_switching", "intravitreal", ["ocular_inflammation"]),
        ("nuclease", "aav", ["liver", "thrombotic_microangiopathy", "heart", "dorsal_root_ganglia"]),
        ("nuclease", "ex_vivo_electroporation", ["delayed_blood_counts", "infusion_reaction", "blood_cancer"]),
        ("base_editor", "intrathecal", []),
        ("", "", []),
    ],
)
def test_the_table_of_classes(modality, delivery, wanted):
    assert [t.id for t in known_of(modality, delivery)] == wanted


def test_every_row_of_the_table_says_how_it_was_read():
    assert all(t.paper and t.what and t.read_as in ("text", "abstract", "criterion", "recalled") for t in table())


@pytest.mark.parametrize(
    ("change", "group", "toxicity"),
    [
        ("", "present", "liver"),
        ("", "absent", "infusion_reaction"),  # no test of it in the whole plan
        ("days_from_each_dose = [-7, -1]", "absent", "liver"),  # before the dose alone
        ("days_from_each_dose = []", "unknown", "liver"),  # a test without a day
        ("every = { days = 90, from_day = 0, until_day = 700 }", "present", "liver"),
        ("on = [2030-02-28]", "present", "liver"),
        ("on = [2030-01-31]", "absent", "liver"),  # a date before the dose
    ],
)
def test_what_a_plan_schedules(tmp_path, change, group, toxicity):
    made, problems = plan(tmp_path, PLAN.replace("days_from_each_dose = [-1, 7, 28]", change) if change else PLAN)
    assert problems == []
    assert toxicity in getattr(scheduled(made, "base_editor", "lnp", date(2030, 2, 1))[0], group)


def test_dates_alone_are_after_a_dose_only_where_a_dose_has_a_date(tmp_path):
    made, _ = plan(tmp_path, PLAN.replace("days_from_each_dose = [-1, 7, 28]", "on = [2030-02-28]"))
    assert scheduled(made, "base_editor", "lnp")[0].unknown == ("liver",)


def test_a_class_of_which_the_table_knows_nothing_stays_open(tmp_path):
    made, _ = plan(tmp_path, PLAN + '[[toxicity]]\nid = "pancreas"\nbecause = "seen in mice"\n')
    assert scheduled(made, "base_editor", "intrathecal")[0].unknown == ("those_of_a_class_that_the_table_lacks",)


@pytest.mark.parametrize("text", ["", "unknown", "not done", "Pending.", "NA", "-"])
def test_a_row_that_says_that_there_is_no_result_is_no_value(text):
    row = LongRow("clinical/x.csv", 2, "P1", 10.0, "walk", None, text, "{text}", Bound.MEASURED, "x")
    assert made_of([row], 9.0, 11.0, 20.0) is Made.MISSING
    assert made_of([replace(row, text="walks alone")], 9.0, 11.0, 20.0) is Made.DONE


def test_a_route_that_is_not_stated_stays_open_and_own_toxicities_count(tmp_path):
    text = PLAN + '[[toxicity]]\nid = "pancreas"\nbecause = "seen in mice"\n'
    made, problems = plan(tmp_path, text)
    assert problems == []
    members, why = scheduled(made, "base_editor", "")
    assert members.absent == ("pancreas",)
    assert members.unknown == ("those_of_a_route_that_is_not_stated",)
    assert "route" in why[members.unknown[0]]


def test_a_test_that_was_due_and_has_no_value_is_missing_never_normal(tmp_path):
    made, _ = plan(tmp_path)
    held = seen(row(99, 20.0), row(108, 30.0))
    tests, _ = due(made, held, "P1", 131.0, None)
    assert [(d.day, d.made) for d in tests] == [(99.0, Made.DONE), (107.0, Made.DONE), (128.0, Made.MISSING)]
    assert kept(tests).absent == ("P1: alt on day 128 (dose 1)",)
    (state,) = states(made, held, "P1", tests)
    assert state.crossings == ()
    assert state.within is None  # no crossing, and one test missing: not within
    assert within([state]).unknown == ("P1: alt",)


@pytest.mark.parametrize(
    ("last", "made_"),
    [(127.0, Made.TO_COME), (128.0, Made.OPEN), (129.0, Made.OPEN), (130.0, Made.MISSING), (None, Made.NOT_TOLD)],
)
def test_whether_a_window_has_closed_is_told_by_the_data_cut(tmp_path, last, made_):
    tests, _ = due(plan(tmp_path)[0], seen(), "P1", last, None)
    assert tests[-1].made is made_


def test_a_row_without_a_number_is_no_result(tmp_path):
    made, _ = plan(tmp_path)
    held = seen(row(99, 20.0), row(107, None), row(128, 22.0))
    tests, _ = due(made, held, "P1", 400.0, None)
    assert [d.made for d in tests] == [Made.DONE, Made.MISSING, Made.DONE]
    assert states(made, held, "P1", tests)[0].within is None


def test_a_day_on_or_after_the_next_dose_belongs_to_it(tmp_path):
    tests, _ = due(plan(tmp_path)[0], seen(doses=(100.0, 128.0)), "P1", None, None)
    assert [(d.after, d.day, d.high) for d in tests] == [
        ("dose 1", 99.0, 100.0), ("dose 1", 107.0, 109.0), ("dose 2", 127.0, 128.0), ("dose 2", 135.0, 137.0),
        ("dose 2", 156.0, 158.0),
    ]  # fmt: skip
    tests, _ = due(plan(tmp_path)[0], seen(doses=(100.0, 108.0)), "P1", None, None)
    assert [(d.after, d.day, d.high) for d in tests][:2] == [("dose 1", 99.0, 100.0), ("dose 1", 107.0, 108.0)]


def test_dates_need_day_zero(tmp_path):
    made, _ = plan(tmp_path, PLAN.replace("[-1, 7, 28]", "[7]\non = [2024-02-29]"))
    tests, left = due(made, seen(), "P1", None, None)
    assert [d.day for d in tests] == [107.0]
    assert "day_zero" in left[0]
    tests, left = due(made, seen(), "P1", None, date(2024, 2, 1))
    assert [d.day for d in tests] == [28.0, 107.0]
    assert left == ()


@pytest.mark.parametrize(
    ("value", "bound", "unit", "certain", "possible"),
    [
        (121.0, Bound.MEASURED, "U/L", 2, 0), (120.0, Bound.MEASURED, "U/L", 1, 0), (60.0, Bound.MEASURED, "U/L", 0, 0),
        (61.0, Bound.MEASURED, "U/L", 1, 0), (0.121, Bound.MEASURED, "kU/L", 2, 0), (10.0, Bound.BELOW, "U/L", 0, 0),
        (200.0, Bound.BELOW, "U/L", 0, 2), (200.0, Bound.ABOVE, "U/L", 2, 0), (100.0, Bound.ABOVE, "U/L", 1, 1),
    ],
)  # fmt: skip
def test_values_against_limits(tmp_path, value, bound, unit, certain, possible):
    """Limits: above 120 U/L, and above 3 times a baseline of 20 U/L."""
    made, _ = plan(tmp_path)
    (state,) = states(made, seen(row(99, 20.0), row(107, value, unit, bound)), "P1", ())
    assert (sum(c.certain for c in state.crossings), sum(not c.certain for c in state.crossings)) == (certain, possible)
    assert state.within is (False if certain else None if possible else True)


def test_a_multiple_of_a_baseline_that_is_not_there_can_not_be_told(tmp_path):
    (state,) = states(plan(tmp_path)[0], seen(row(107, 30.0)), "P1", ())
    (crossing,) = state.crossings
    assert not crossing.certain
    assert crossing.because == "no value before the first dose"
    assert state.within is None


@pytest.mark.parametrize(
    ("base", "value", "certain"),
    [(20.0, 61.0, True), (20.0, 60.0, None), (20.0, 10.0, None)],  # a baseline below 20: its multiple lies below 60
)
def test_a_baseline_below_its_assays_limit(tmp_path, base, value, certain):
    (state,) = states(plan(tmp_path)[0], seen(row(99, base, bound=Bound.BELOW), row(107, value)), "P1", ())
    said = [c.certain for c in state.crossings]
    assert said == ([True] if certain else [False])


def test_values_before_the_first_dose_and_of_patients_without_one_are_not_compared(tmp_path):
    made, _ = plan(tmp_path)
    assert states(made, seen(row(99, 900.0)), "P1", ())[0].crossings == ()
    assert states(made, seen(row(99, 900.0), doses=()), "P1", ()) == ()


@given(
    st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6), st.booleans(), st.sampled_from([Bound.BELOW, Bound.ABOVE])
)
def test_an_answer_on_a_censored_value_holds_for_every_value_that_it_may_be(limit, shown, share, above, bound):
    said = beyond(shown, bound, limit, above=above)
    true = shown * (share / 1e6) if bound is Bound.BELOW else shown + share
    if bound is Bound.BELOW and true == shown:
        return  # below the limit means less than it
    if said is not None:
        assert said == beyond(true, Bound.MEASURED, limit, above=above) or (bound is Bound.ABOVE and true == limit)


HOSTILE = """format = 1
source = "x"
[[toxicity]]
id = "liver"
because = "x"
[[test]]
id = "a"
parameter = "alt"
toxicity = ["livr"]
days_from_each_dose = [7, 7]
window = [1, 2]
who = "x"
blood = { value = 1.0, unit = "kg" }
[[test]]
id = "a"
parameter = "alt"
toxicity = ["liver"]
days_from_each_dose = [7, 9]
window = [-1, 1]
every = { days = 1, from_day = 9, until_day = 3 }
on = [2030-01-02, 2030-01-01, 1700-01-01]
who = "x"
limit = [ { action = "x" }, { above = 1.0, below = 2.0, unit = "U/L", action = "x" }, { above = 1.0, action = "x" },
  { above_times_baseline = 2.0, unit = "U/L", action = "x" }, { below = 1.0, unit = "furlong", action = "x" },
  { below = 1.0, unit = "kg", action = "x" } ]
"""


def test_every_fault_of_a_hostile_plan_is_told_at_once(tmp_path):
    made, problems = plan(tmp_path, HOSTILE)
    assert made is None
    told = "\n".join(f"{p.place} | {p.found} | {p.expected}" for p in problems)
    for wanted in (
        "used twice", "two tests", "livr", "that it lacks", "[1, 2]", "key blood", "until_day 3",
        "windows that do not meet",
        "dates that rise", "none | exactly one", "above, below", "key unit", "a multiple has no unit", "furlong",
        "converts to", "no_limit_because",
    ):  # fmt: skip
        assert wanted in told, wanted


@pytest.mark.parametrize(
    "change",
    [
        'format = 1\nsource = "protocol 1"\n', "window = [0, 2]", "days_from_each_dose = [-1, 7, 28]", "120.0",
    ],
)  # fmt: skip
@pytest.mark.parametrize("bad", ["inf", "nan", '"x"', "1e999", "[[[", "-99999999999", "2025-01-01T00:00:00Z", "\u202e"])
def test_values_that_can_not_be(tmp_path, change, bad):
    key = change.split(" = ")[0]
    made, problems = plan(tmp_path, PLAN.replace(change, f"{key} = {bad}" if key != change else bad))
    assert made is None
    assert problems


def test_a_million_visits_are_refused(tmp_path):
    made, problems = plan(tmp_path, PLAN.replace("[-1, 7, 28]", str(list(range(1000)))))
    assert made is None
    text = PLAN.replace("window = [0, 2]", "window = [0, 0]\nevery = { days = 1, from_day = 0, until_day = 40000 }")
    made, problems = plan(tmp_path, text)
    assert "more than 1000" in problems[0].found
    made, _ = plan(tmp_path, PLAN.replace("[-1, 7, 28]", str(list(range(0, 600, 3)))))
    doses = tuple(1000.0 * i for i in range(101))
    with pytest.raises(ProgramError, match="more than 20,000"):
        due(made, seen(doses=doses), "P1", None, None)


def test_units_of_values_that_do_not_convert_are_problems(tmp_path):
    from proband.science.safety.monitoring_limits import unit_problems

    path = tmp_path / "labs.csv"
    path.write_text("subject,day,parameter,value,unit,below_limit,source\nP1,1,alt,5,kg,no,x\nP1,2,alt,5,U/L,no,x\n")
    held = read_observed({"clinical/labs.csv": path}, [])
    (fault,) = unit_problems(plan(tmp_path)[0], held)
    assert fault[:2] == ("clinical/labs.csv", "row 2, column unit")
    assert isinstance(plan(tmp_path)[0], Monitoring)


def test_a_value_in_the_evening_of_a_day_is_of_that_day(tmp_path):
    made, _ = plan(tmp_path, PLAN.replace("days_from_each_dose = [-1, 7, 28]", "days_from_each_dose = [0]"))
    test = made.test[0].model_copy(update={"window": [0, 0]})
    made = made.model_copy(update={"test": [test]})

    def row(day, parameter=test.parameter):
        return LongRow("clinical/x.csv", 2, "P1", day, parameter, 1.0, "", "U/L", Bound.MEASURED, "x")

    for day, state in ((10.6, Made.DONE), (11.0, Made.MISSING), (9.9, Made.MISSING)):
        seen = Observed({("P1", test.parameter): (row(day),)}, {"P1": (row(10.0, "drug"),)}, {})
        assert due(made, seen, "P1", 40.0, None)[0][0].made is state
