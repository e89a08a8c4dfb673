"""Lines on monitoring, gates, redosing, follow-up and growth of a program folder, and how rules read them."""

import platform_files as files
import pytest

from proband import api
from proband.core.evidence import Members
from proband.core.kinds import evidence_problems

PROGRAM = """format = 1
id = "t"
stage = "follow_up"
modality = "base_editor"
children = true
synthetic = true
day_zero = 2024-11-14
data_cut = 2025-12-01
[candidate]
id = "c"
delivery = "lnp"
[[patient]]
id = "P1"
sex = "male"
"""
DOSES = files.LONG + "P1,200,drug,0.1,mg/kg,no,x\nP1,228,drug,0.3,mg/kg,no,x\n"
PLAN = """format = 1
product_class = "genome_editing"
counts_from = "last_dose"
years = 15
[source]
document = "plan"
on = 2025-01-01
"""
MONITORING = """format = 1
source = "protocol"
[[test]]
id = "alt"
parameter = "alt"
toxicity = ["liver"]
days_from_each_dose = [1]
window = [0, 0]
who = "x"
no_limit_because = "x"
"""


@pytest.fixture
def made(tmp_path):
    """Lines by kind and findings of a folder of these files."""

    def of(**tables):
        root = files.write(tmp_path / "p", {"program.toml": PROGRAM, "clinical/dosing.csv": DOSES, **tables})
        folder = api.read_program(root)
        run = api.analyse(folder)
        assert run.failures == ()
        for e in run.evidence:
            assert evidence_problems(e, "x", "y") == []
        return run, api.assess_evidence(folder, run, api.framework_of(folder))

    return of


def test_nothing_stated_is_no_line_and_nothing_assessed(made):
    run, findings = made()
    kinds = {e.kind for e in run.evidence}
    assert not kinds & {"safety.monitoring", "safety.redose", "dosing.gates", "dosing.rationale", "follow_up.plan"}
    assert not kinds & {"follow_up.growth", "follow_up.source", "follow_up.systems", "safety.reports"}
    for criterion in ("SF-27", "SF-29", "PA-01", "PA-02", "PA-04", "PA-05", "PA-07"):
        assert findings[criterion].outcome == "not_assessed: no_data", criterion


def test_a_plan_of_a_term_alone(made):
    run, findings = made(**{"plan/follow_up.toml": PLAN})
    (line,) = run.of("follow_up.plan")
    assert line.quantities["years"].value == 15
    assert line.facts["custody"].unknown == ("holder_of_data", "funding", "successor")
    assert line.facts["shorter_term"] == "not_shorter"
    assert findings["PA-01"].outcome == "supported"
    assert findings["PA-02"].outcome == findings["PA-04"].outcome == "insufficient: incomplete"
    assert findings["PA-05"].outcome == "contradicted"  # the plan was read in full, and nothing of growth is in it


def test_a_shorter_term_is_judged_by_the_programs_own_number(made):
    short = PLAN.replace("years = 15", "years = 10\nshorter_because = 'adults'")
    _, findings = made(**{"plan/follow_up.toml": short})
    assert findings["PA-01"].outcome == "contradicted"
    threshold = """
[[threshold]]
criterion = "PA-01"
quantity = "years"
value = 10.0
unit = "a"
set_on = 2025-01-20
because = "agreed with the agency"
"""
    _, findings = made(**{"plan/follow_up.toml": short, "program.toml": PROGRAM + threshold})
    assert findings["PA-01"].outcome == "supported"


def test_without_day_zero_no_date_and_no_term(made):
    run, findings = made(
        **{"plan/follow_up.toml": PLAN, "program.toml": PROGRAM.replace("day_zero = 2024-11-14\n", "")}
    )
    (line,) = run.of("follow_up.plan")
    assert line.quantities == {}
    assert "shorter_term" not in line.facts
    assert line.facts["calendar"].present == line.facts["calendar"].absent == ()
    assert findings["PA-01"].outcome.startswith(("insufficient", "not_assessed"))


def test_monitoring_of_one_of_two_class_toxicities(made):
    run, findings = made(**{"plan/monitoring.toml": MONITORING})
    (line,) = run.of("safety.monitoring")
    assert line.facts["scheduled"] == Members(("liver",), ("infusion_reaction",))
    assert line.quantities["tests_missing"].value == 2
    assert line.facts["kept"].absent == ("P1: alt on day 201 (dose 1)", "P1: alt on day 229 (dose 2)")
    assert findings["SF-27"].outcome == "contradicted"


def test_monitoring_without_a_data_cut_counts_nothing(made):
    run, _ = made(
        **{"plan/monitoring.toml": MONITORING, "program.toml": PROGRAM.replace("data_cut = 2025-12-01\n", "")}
    )
    (line,) = run.of("safety.monitoring")
    assert line.quantities == {}
    assert len(line.facts["kept"].unknown) == 2


def test_a_route_that_is_not_stated_leaves_the_rule_open(made):
    program = PROGRAM.replace('delivery = "lnp"\n', "")
    _, findings = made(**{"plan/monitoring.toml": MONITORING, "program.toml": program})
    assert findings["SF-27"].outcome == "insufficient: incomplete"


REVIEW = "subject,dose,item,day,value,unit,finding,by,source\n"


def test_the_review_before_redosing(made):
    rows = "".join(
        f"P1,2,{i},226,9,%,reviewed,N,x\n" for i in ("immune_status", "cumulative_editing", "added_off_target_exposure")
    )
    _, findings = made(**{"safety/redose_review.csv": REVIEW + rows})
    assert findings["SF-29"].outcome == "not_assessed: needs_person"  # the rule holds; a person signs
    _, findings = made(**{"safety/redose_review.csv": REVIEW})
    assert findings["SF-29"].outcome == "insufficient: incomplete"
    _, findings = made(**{"safety/redose_review.csv": REVIEW + rows.replace("exposure,226", "exposure,229")})
    assert findings["SF-29"].outcome == "contradicted"
    single = files.LONG + "P1,200,drug,0.1,mg/kg,no,x\n"
    run, _ = made(**{"safety/redose_review.csv": REVIEW, "clinical/dosing.csv": single})
    assert run.of("safety.redose") == ()


def test_gates_are_a_written_rule_and_nothing_more(made):
    protocol = "[dosing]\nmaximum_doses = 3\nminimum_days_between_doses = 21\n"
    run, findings = made(**{"plan/protocol.toml": protocol})
    (line,) = run.of("dosing.rationale")
    assert line.facts["elements"].present == ("escalation_or_redosing_rule",)
    assert findings["TD-08"].outcome == "insufficient: incomplete"
    (gates,) = run.of("dosing.gates")
    assert gates.quantities["earliest_next_dose"].value == 249
    assert gates.facts["gates"].absent == ()
    run, _ = made(**{"plan/protocol.toml": protocol.replace("21", "35")})
    assert run.of("dosing.gates")[0].facts["gates"].absent == ("dose 2: minimum_days_between_doses",)


def test_reports_and_escalation(made):
    exposure = files.EXPOSURE + "P1,drug,LNP,200 228,382,visits,yes,same,x\n"
    events = files.EVENTS + "P1,210,sepsis,4,possible,yes,x\n"
    reports = (
        "subject,day,term,expected,fatal_or_life_threatening,received_on,determined_on,reported_on,source\n"
        "P1,210,sepsis,no,yes,2025-06-13,2025-06-14,2025-06-20,x\n"
    )
    tables = {"safety/exposure.csv": exposure, "safety/adverse_events.csv": events, "safety/reports.csv": reports}
    run, _ = made(**tables)
    (line,) = run.of("safety.reports")
    assert line.facts["in_time"].present == ("P1: sepsis on day 210",)
    escalation = """[escalation]
window_days = 28
sentinel_days = 14
level = [ { id = "1", value = 0.1, unit = "mg/kg" } ]
rule = [ { treated = 1, events = 0, decision = "escalate" }, { treated = 1, events = 1, decision = "stop" } ]
"""
    patients = "patient,level,dosed_day,observed_until,dose_limiting,source\nP9,1,0,28,no,x\n"
    run, _ = made(**{"plan/protocol.toml": escalation, "plan/escalation.csv": patients})
    (line,) = run.of("dosing.gates")
    assert line.facts["escalation"] == "escalate"


def test_growth_of_a_child_is_told_from_the_tables_alone(made):
    rows = "".join(f"P1,{d},weight_for_age,-1,{{score}},no,x\n" for d in (198, 300))
    run, findings = made(**{"clinical/growth.csv": files.LONG + rows})
    (line,) = run.of("follow_up.growth")
    assert line.facts["tracked"] == Members(("weight",), (), ("height", "milestones"))
    assert findings["PA-05"].outcome == "insufficient: incomplete"


def test_every_fault_of_all_files_is_told_at_once(tmp_path):
    tables = {
        "program.toml": PROGRAM, "plan/follow_up.toml": "format = 1\n", "plan/monitoring.toml": "format = 2\n",
        "plan/protocol.toml": "[dosing]\nmaximum_doses = -1\n", "plan/growth_reference.csv": "a,b\n1,2\n",
        "safety/redose_review.csv": "a\n", "clinical/dosing.csv": DOSES,
    }  # fmt: skip
    problems = api.check(files.write(tmp_path / "p", tables)).problems
    assert {p.file for p in problems} >= set(tables) - {"program.toml", "clinical/dosing.csv"}


def test_the_templates_are_sound_as_they_are(tmp_path):
    from proband.folder.follow_up_template import FILES

    wanted = ("plan/_monitoring.toml", "plan/_follow_up.toml", "safety/_redose_review.csv")
    tables = {name.replace("_", "", 1): FILES[name] for name in wanted}
    tables["plan/protocol.toml"] = FILES["plan/_protocol_gates.toml"]
    tables["program.toml"] = PROGRAM.replace('id = "P1"', 'id = "patient-1"')
    tables["clinical/dosing.csv"] = DOSES.replace("P1", "patient-1")
    assert api.check(files.write(tmp_path / "p", tables)).problems == ()


def test_no_template_hides_another():
    from proband.folder import follow_up_template, platform_template
    from proband.folder.outcome_template import FILES

    names = [*follow_up_template.FILES, *platform_template.FILES, *FILES]
    assert len(set(names)) == len(names)
