"""The analyses of natural history on raw series: what they say, what stays open, what is refused."""

import re

import pytest
from cohort_folders import PROGRAM, folder, put

from proband import api
from proband.core.errors import ProgramError
from proband.core.kinds import evidence_problems

RULES = api.framework()
COHORT = "natural_history/cohort.toml"
STATED = [f"natural_history.{k}" for k in ("records", "start", "provenance", "measurement", "adjudication", "care")]
SIDE = [f"natural_history.{k}" for k in ("attrition", "index_date", "balance", "missingness")]
COURSE = ["clinical.rarity", "natural_history.untreated_change", "natural_history.own_course", "natural_history.bias"]


@pytest.fixture
def run(tmp_path):
    """Lines by kind, and verdicts, of a folder."""

    def do(kinds, **more):
        program = api.read_program(folder(tmp_path / "p", **more))
        found = api.analyse(program, only=kinds)
        assert found.failures == ()
        for e in found.evidence:
            assert evidence_problems(e, "x", "y") == []
            assert e.statement.endswith(".")
        findings = api.assess_evidence(program, found, RULES)

        def says(criterion):
            f = findings[criterion].machine or findings[criterion]
            return f"{f.verdict}{': ' if f.reason else ''}{f.reason}"

        return found, says

    return do


@pytest.mark.parametrize(
    ("criterion", "edit", "expected"),
    [
        ("NH-02", {}, "supported"),
        ("NH-03", {}, "supported"),
        ("NH-03", {COHORT: put("on = 2012-03-01", "on = 2025-08-01")}, "contradicted"),
        ("NH-15", {}, "supported"),
        ("NH-15", {COHORT: put('version = "freeze of 2024-06-30 (invented)"\n', "")}, "insufficient: incomplete"),
        ("NH-15", {COHORT: put("freeze of 2024-06-30 (invented)", "not available")}, "contradicted"),
        ("NH-15", {"natural_history/events.csv": put("SYN-U01,6,", "SYN-U01,7,")}, "contradicted"),
        ("NH-09", {}, "contradicted"),
        ("NH-09", {COHORT: put("every_days = 7", "every_days = 28")}, "supported"),
        ("NH-09", {COHORT: put("every_days = 7\n", "")}, "insufficient: incomplete"),
        ("NH-10", {}, "contradicted"),
        ("NH-10", {COHORT: put('adjudication_treated = "open"\n', "")}, "insufficient: incomplete"),
        ("NH-10", {COHORT: lambda t: re.sub('(adjudication.*= )"[a-z_]+"', r'\1"blinded"', t)}, "supported"),
        ("NH-07", {}, "insufficient: incomplete"),
        ("NH-07", {COHORT: put('state = "not_known"', 'state = "comparable"')}, "supported"),
        ("NH-07", {COHORT: put('state = "not_known"', 'state = "different"')}, "contradicted"),
    ],
)
def test_what_the_file_states_reaches_the_verdict(run, criterion, edit, expected):
    assert run(STATED, edit=edit)[1](criterion) == expected


def test_without_records_the_comparator_is_a_summary(run):
    gone = [f"natural_history/{n}.csv" for n in ("subjects", "ammonia", "events")]
    summary = {COHORT: put("patient_level = true", "patient_level = false")}
    assert run(STATED, drop=gone, edit=summary)[1]("NH-02") == "contradicted"
    found, says = run([*STATED, "natural_history.cohort", *SIDE, *COURSE], drop=gone)
    # the file says that records are held: that they are not here does not make them a summary
    assert says("NH-02") not in ("supported", "contradicted")
    assert not found.of("natural_history.cohort")
    assert not [e for k in (*SIDE, *COURSE) for e in found.of(k)]
    assert says("NH-15") == "insufficient: incomplete"


def test_without_a_day_zero_the_first_dose_has_no_date(run):
    found, says = run(STATED, program=PROGRAM.replace("day_zero = 2024-11-14\n", ""))
    assert says("NH-03") == "insufficient: incomplete"
    assert "lead" not in found.of("natural_history.start")[0].quantities


@pytest.mark.parametrize(
    ("criterion", "more", "expected"),
    [
        ("NH-04", {}, "supported"),
        ("NH-04", {"edit": {COHORT: put('name = "scavenger_before"', 'name = "never_recorded"')}}, "contradicted"),
        ("NH-05", {}, "supported"),
        ("NH-05", {"edit": {COHORT: put('rule = "all_eligible"', 'rule = "first_eligible_visit"')}}, "contradicted"),
        ("NH-05", {"drop": ["clinical/subjects.csv"]}, "insufficient: incomplete"),
        ("NH-06", {}, "insufficient: imprecise"),
        ("NH-11", {}, "contradicted"),
        ("NH-11", {"edit": {COHORT: put('sensitivity = "not available"', 'sensitivity = "delta"')}}, "supported"),
        ("NH-11", {"edit": {COHORT: lambda t: re.sub("every_days = .*\n", "", t)}}, "contradicted"),
    ],
)  # fmt: skip
def test_both_groups_side_by_side(run, criterion, more, expected):
    assert run(SIDE, **more)[1](criterion) == expected


def test_missing_visits_are_not_zero_where_no_plan_of_visits_is_stated(run):
    found, _ = run(SIDE, edit={COHORT: lambda t: re.sub("every_days = .*\n", "", t)})
    line = found.of("natural_history.missingness")[0]
    assert "missing_visits_treated" not in line.quantities
    assert "visits_treated" in line.facts["counted"].unknown


def test_a_factor_that_the_patient_lacks_has_no_difference(run):
    found, says = run(SIDE, edit={"clinical/subjects.csv": put(",36,450,yes", ",,450,yes")})
    line = next(e for e in found.of("natural_history.balance") if e.subject.id == "age_at_onset")
    assert "standardised_difference" not in line.quantities
    assert says("NH-06") != "supported"


def test_the_course_of_the_example(run):
    found, says = run(COURSE)
    assert [says(c) for c in ("NH-12", "NH-13", "NH-14")] == ["supported"] * 3
    assert says("CB-04") == "insufficient: indirect"  # rare, but no plan was sealed
    line = found.of("clinical.rarity")[0]
    assert line.facts["plan"] == "no_plan"
    assert {c.word for c in line.concerns} >= {"selective", "inconsistent"}
    assert line.quantities["rank_floor"].value == pytest.approx(1 / 35)
    assert line.quantities["rank_p"].value >= line.quantities["rank_floor"].value
    assert line.quantities["rarity"].value > line.quantities["rarity_no_shift"].value
    assert {f.chart for f in line.figures} == {"fan", "lines"}
    from proband.dossier.charts import left_out, svg

    for figure in line.figures:
        assert left_out(figure) == 0
        assert svg(figure)
    fan = line.figures[0].rows
    assert {r["lane"] for r in fan if "lane" in r} == {"SYN-ABE-1", "dietary_protein", "immunosuppressant", "scavenger"}
    assert line.figures[1].rows[0]["tau_c"] == 0.0
    assert [r[0] for r in line.tables[0].rows] == ["0", "0.25", "0.5", "1"]


def test_an_untreated_course_is_not_rare(run):
    """The patient's values after treatment drawn as before it: nothing is claimed."""

    def untreated(text):
        rows = text.splitlines()
        before = [r.split(",")[3] for r in rows[1:] if float(r.split(",")[1]) < 200]
        made = [r.split(",") for r in rows[1:]]
        for i, r in enumerate(x for x in made if float(x[1]) >= 200):
            r[3] = before[i]
        return "\n".join([rows[0], *(",".join(r) for r in made)]) + "\n"

    found, says = run(COURSE, edit={"clinical/labs.csv": untreated})
    assert found.of("clinical.rarity")[0].quantities["rarity"].value > 0.2
    assert says("CB-04") == "insufficient: indirect"
    assert says("NH-13") != "supported"


def test_a_unit_of_the_patient_is_converted(run):
    def milli(text):
        rows = [r.split(",") for r in text.splitlines()]
        return "\n".join(
            ",".join(r if i == 0 else [*r[:3], f"{float(r[3]) / 1000:g}", "mmol/L", *r[5:]]) for i, r in enumerate(rows)
        ) + "\n"  # fmt: skip

    line = run(COURSE, edit={"clinical/labs.csv": milli})[0].of("clinical.rarity")[0]
    assert line.quantities["rarity"].value < 0.05
    assert "umol/L" in line.figures[0].labels["y"]
    days = [r for r in line.figures[0].rows if r.get("kind") == "baseline"]
    assert [r["value"] for r in days] == [56.0, 74.0, 41.0]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"people": 3}, "at least 5 are needed"),
        ({"edit": {"clinical/labs.csv": lambda t: re.sub(r",ammonia,\d+,", ",ammonia,400,", t)}}, "outside"),
        ({"edit": {"clinical/labs.csv": put("ammonia", "other")}}, "no values of ammonia"),
        ({"edit": {"clinical/subjects.csv": put("SYN-P1,-1100,", "SYN-P1,,")}}, "birth day"),
        ({"edit": {"clinical/subjects.csv": put("SYN-P1,-1100,", "SYN-P1,-9000,")}}, "outside"),
        ({"program": PROGRAM.replace('parameter = "ammonia"', 'parameter = "nothing"')}, "no eligible untreated"),
        ({"program": PROGRAM.replace('better = "lower"\n', "")}, "which direction is better"),
    ],
)
def test_no_number_from_nothing(run, more, reason):
    found, says = run(COURSE, **more)
    line = found.of("clinical.rarity")[0]
    assert reason in line.statement
    assert "rarity" not in line.quantities
    assert says("CB-04") not in ("supported", "contradicted")


def test_nothing_is_asked_where_nothing_is_named(run):
    found, _ = run(COURSE, program=PROGRAM.replace('parameter = "ammonia"\n', ""))
    assert not [e for k in COURSE for e in found.of(k)]


def test_a_proxy_decides_nothing(run):
    found, says = run([*COURSE, "clinical.effect"], edit={COHORT: put('match = "same_gene"', 'match = "proxy"')})
    assert says("CB-04") == "insufficient: indirect"
    assert says("CB-01") == "insufficient: indirect"
    assert says("NH-12") not in ("supported", "contradicted")
    assert says("NH-13") not in ("supported", "contradicted")
    assert all("indirect" in {c.word for c in e.concerns} for e in found.of("clinical.rarity"))


def test_events_against_untreated_people(run):
    found, says = run(["clinical.effect", "natural_history.cohort"])
    line = found.of("clinical.effect")[0]
    assert says("CB-01") == "supported"
    assert line.quantities["observed_events"].value == 1
    assert 5 < line.quantities["expected_events"].value < 12
    assert any("no sealed analysis plan" in c.because for c in line.concerns)
    assert says("NH-01") == "supported"


def test_a_patient_with_few_events_before_is_no_success(run):
    none = {
        "clinical/events.csv": lambda t: "".join(
            x for x in t.splitlines(True) if 'resolved",{text}' not in x or ",260," in x
        )
    }
    found, says = run(["clinical.effect"], edit=none)
    assert found.of("clinical.effect")[0].quantities["expected_events"].value < 5
    assert says("CB-01") == "insufficient: imprecise"


def test_an_event_that_nobody_looked_for_did_not_fail_to_come(run):
    other = {"clinical/events.csv": put("hyperammonemic_crisis", "infection")}
    found, says = run(["clinical.effect"], edit=other)
    line = found.of("clinical.effect")[0]
    assert "no treated person has a row of hyperammonemic_crisis" in line.statement
    assert not line.quantities
    assert says("CB-01").startswith(("insufficient", "not_assessed"))
    looked = {
        "clinical/events.csv": lambda t: (
            put("hyperammonemic_crisis", "infection")(t) + "SYN-P1,300,hyperammonemic_crisis,0,{count},,invented\n"
        )
    }
    line = run(["clinical.effect"], edit=looked)[0].of("clinical.effect")[0]
    assert line.quantities["observed_events"].value == 0


@pytest.mark.parametrize("table", ["natural_history/events.csv", "clinical/events.csv", "clinical/subjects.csv"])
def test_without_events_or_subjects_there_is_no_line_of_effect(run, table):
    assert not run(["clinical.effect"], drop=[table])[0].of("clinical.effect")


def test_few_untreated_people_give_no_ratio(run):
    line = run(["clinical.effect"], people=4)[0].of("clinical.effect")[0]
    assert "at least 5" in line.statement
    assert not line.quantities


def test_a_ratio_whose_calibration_can_not_be_judged_decides_nothing(run):
    found, says = run(["clinical.effect"], people=8)
    line = found.of("clinical.effect")[0]
    assert "calibration could not be judged" in line.scope.how
    assert says("CB-01") == "insufficient: imprecise"


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        ({COHORT: put("effect_low = -0.10\n", "")}, "a part of a bound"),
        ({COHORT: put("effect = 0.05", "effect = 0.50")}, "0.5 in -0.1 to 0.2"),
        ({COHORT: put('state = "different"', 'state = "comparable"')}, "an effect of care that is comparable"),
        ({COHORT: put('domain = "access_to_care"', 'domain = "era"')}, "era more than once"),
        ({COHORT: put("every_days = 28", "every_days = 0")}, "every_days"),
        ({COHORT: lambda t: re.sub('data_digest = "[0-9a-f]+"', 'data_digest = "abc"', t)}, "data_digest"),
        ({COHORT: put('unit = "umol/L"', 'unit = "kg"')}, "criterion ammonia"),
        ({"clinical/labs.csv": put("umol/L", "kg")}, "ammonia of the treated"),
        ({"clinical/labs.csv": put("SYN-P1,1,", "SYN-P1,999,")}, "999"),
        ({"natural_history/ammonia.csv": put("SYN-U01,29,", "SYN-U01,0,")}, "a second value"),
        ({"natural_history/ammonia.csv": put("SYN-U01,29,", "SYN-U99,29,")}, "SYN-U99"),
    ],
)
def test_faults_are_told_before_anything_is_computed(tmp_path, edit, found):
    root = folder(tmp_path / "p", edit=edit)
    with pytest.raises(ProgramError, match=re.escape(found)):
        api.read_program(root)


def test_nobody_is_observed_beyond_the_data_cut(tmp_path):
    root = folder(tmp_path / "p", program=PROGRAM.replace("data_cut = 2025-12-01", "data_cut = 2025-11-30"))
    with pytest.raises(ProgramError, match=r"day 381 \(2025-11-30\)"):
        api.read_program(root)


def test_equal_inputs_give_equal_lines(tmp_path):
    made = []
    for name in ("a", "b"):
        run = api.analyse(api.read_program(folder(tmp_path / name)), only=[*COURSE, "clinical.effect"])
        made.append([e.id for e in run.evidence])
    assert made[0] == made[1]
    assert made[0]


def test_a_failing_normal_model_makes_the_heavy_one_primary(monkeypatch, run):
    from dataclasses import replace

    from proband.science.natural_history import untreated_model

    true = untreated_model.leave_one_out

    def failing(post, schedule):
        made = true(post, schedule)
        return replace(made, verdict="fails", reasons=("made to fail",)) if post.patient_df is None else made

    monkeypatch.setattr(untreated_model, "leave_one_out", failing)
    line = run(COURSE)[0].of("clinical.rarity")[0]
    assert "t-tailed people" in line.scope.how
    assert "made to fail" in line.scope.how
    assert line.facts["calibration"] == "holds"


def test_too_few_points_before_treatment_are_no_forecast(run):
    def sparse(text):
        rows = text.splitlines(True)
        return "".join(r for r in rows if not r.startswith("SYN-P1") or float(r.split(",")[1]) > 130)

    found, says = run(COURSE, edit={"clinical/labs.csv": sparse})
    line = found.of("natural_history.own_course")[0]
    assert line.facts["points_are"] == "too_few"
    assert "own_course_p" not in line.quantities
    assert says("NH-14") not in ("supported", "contradicted")


def test_a_plan_answers_before_settings_do(run):
    from proband.folder.plan_template import template

    plan = template()
    for old, new in (("motor_score", "ammonia"), ("{score}", "umol/L"), ('better = "higher"', 'better = "lower"')):
        assert old in plan
        plan = plan.replace(old, new)
    plan = plan.replace("outcome_window = [700, 756]", "outcome_window = [28, 150]").replace(
        "tau_c = 0.25 ", "tau_c = 0.75 "
    )
    plan = plan.replace("baseline_window = [-28, 0]", "baseline_window = [-60, 0]")
    found, _ = run(["clinical.rarity"], edit={"plan/analysis_plan.toml": lambda _: plan})
    line = found.of("clinical.rarity")[0]
    assert "at tau_c 0.75" in line.statement
    assert "day 28 to 150" in line.facts["outcome"]
    assert "plan/analysis_plan.toml" in line.scope.how
    assert line.facts["plan"] == "unsealed"
    assert "0.75" in [r[0] for r in line.tables[0].rows]
