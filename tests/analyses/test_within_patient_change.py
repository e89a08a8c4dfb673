"""One patient as own control, endpoints side by side, care and durability: from tables of a folder to lines."""

import math
import random

import platform_files as files
import pytest

from proband import api
from proband.core.evidence import Members
from proband.core.kinds import evidence_problems
from proband.core.quantity import QuantityKind

RULES = api.framework()
MAIN = 'format = 1\n[[endpoint]]\nparameter = "ammonia"\nbetter = "lower"\nrole = "main"\n'
DOMAINS = '[care_domains]\nscavenger = "rescue_drug"\ndiet = "diet"\n'


def noisy(level, n, seed, step=0.0):
    draw = random.Random(seed)
    return [level + draw.gauss(0, 3) + (step if i >= n // 2 else 0.0) for i in range(n)]


def folder(tmp_path, endpoints=MAIN, labs=None, care="", **tables):
    labs = files.weekly("P1", "ammonia", noisy(80, 40, 1, -20)) if labs is None else labs
    made = {"plan/endpoints.toml": endpoints, "clinical/labs.csv": files.LONG + labs}
    made["clinical/dosing.csv"] = files.doses(("P1", 140))
    if care:
        made["clinical/care.csv"] = files.LONG + care
    return files.write(tmp_path / "p", {**made, **tables})


@pytest.fixture
def lines(tmp_path):
    """The lines of one kind of a folder."""

    def of(kind, **parts):
        run = api.analyse(api.read_program(folder(tmp_path, **parts)))
        assert run.failures == ()
        made = run.of(kind)
        for e in made:
            assert evidence_problems(e, "x", "y") == []
        return made

    return of


def test_a_drop_of_a_marker_that_should_fall_is_a_change_toward_benefit(lines):
    (line,) = lines("clinical.own_control")
    size = line.quantities["change_in_spread"]
    assert size.interval(0.95)[0] > 3
    assert line.facts["design"] == "not_randomised"
    assert line.facts["plan"] == "no_plan"
    assert any("no sealed analysis plan" in c.because for c in line.concerns)
    assert [t.name for t in line.tables] == ["assumptions", "overlap"]
    assert "descriptive" in line.tables[1].title


def test_the_same_drop_where_higher_is_better_is_away_from_benefit(lines):
    (line,) = lines("clinical.own_control", endpoints=MAIN.replace("lower", "higher"))
    assert line.quantities["change_in_spread"].interval(0.95)[1] < -3


def test_without_declared_endpoints_or_values_there_is_no_line(lines, tmp_path):
    assert lines("clinical.own_control", labs=files.weekly("P1", "lactate", [1, 2, 3]), endpoints=MAIN.replace(
        "ammonia", "lactate"), **{"clinical/dosing.csv": files.doses(("P2", 140))}) == ()  # fmt: skip


def test_all_values_below_the_limit_give_a_line_without_a_number(lines):
    labs = files.weekly("P1", "ammonia", [20.0] * 40).replace(",no,", ",yes,")
    (line,) = lines("clinical.own_control", labs=labs)
    assert "change_in_spread" not in line.quantities
    assert "can not be told" in line.statement


def test_too_few_values_after_the_dose_say_so(lines):
    (line,) = lines("clinical.own_control", labs=files.weekly("P1", "ammonia", noisy(80, 22, 2)))
    assert not {"change_in_spread", "rate_ratio"} & set(line.quantities)
    assert "needed" in line.statement


def test_care_explains_a_change_that_the_dose_did_not_make(lines):
    care = "P1,0,scavenger,5,g/d,no,x\nP1,140,scavenger,10,g/d,no,x\nP1,0,diet,1,g/kg/d,no,x\n"
    with_care = MAIN + 'covariates = ["scavenger"]\n' + DOMAINS
    (line,) = lines("clinical.own_control", endpoints=with_care, care=care)
    assert "change_in_spread" not in line.quantities or line.quantities["change_in_spread"].interval(0.95)[0] < 0


def test_changed_domains_are_in_the_analysis_left_out_or_not_known(lines):
    care = (
        "P1,0,scavenger,5,g/d,no,x\nP1,200,scavenger,4,g/d,no,x\nP1,0,diet,1,g/kg/d,no,x\nP1,210,diet,2,g/kg/d,no,x\n"
        "P1,100,steroid,started,{text},,x\nP1,0,vitamin,1,mg/d,no,x\nP1,150,vitamin,2,mg/d,no,x\n"
    )
    declared = MAIN + 'covariates = ["scavenger", "steroid"]\n' + DOMAINS + 'steroid = "immunosuppression"\n'
    (line,) = lines("clinical.care", endpoints=declared, care=care)
    assert line.facts["care_in_analysis"] == Members(("rescue_drug",), ("diet",), ("immunosuppression", "other_drug"))
    assert line.quantities["care_changes"].value == 3
    assert any("vitamin" in c.because for c in line.concerns)
    assert any("not known on" in c.because for c in line.concerns)


def test_no_change_of_care_gives_no_empty_set(lines):
    (line,) = lines(
        "clinical.care", endpoints=MAIN + DOMAINS.replace('diet = "diet"\n', ""), care="P1,0,scavenger,5,g/d,no,x\n"
    )
    assert "care_in_analysis" not in line.facts
    assert line.quantities["care_changes"].value == 0


COUNTS = '[[endpoint]]\nparameter = "seizures"\nbetter = "lower"\nrole = "supporting"\nbin_days = 7.0\n'


def test_endpoints_side_by_side_and_one_alone_has_no_direction(lines, tmp_path):
    draw = random.Random(3)
    counts = [float(draw.randrange(6, 12)) for _ in range(20)] + [float(draw.randrange(0, 3)) for _ in range(20)]
    labs = files.weekly("P1", "ammonia", noisy(80, 40, 1, -20))
    both = labs + files.weekly("P1", "seizures", counts, "{seizures}")
    (line,) = lines("clinical.endpoints", endpoints=MAIN + COUNTS, labs=both)
    assert line.facts["toward_benefit"] == Members(("ammonia", "seizures"))
    opposite = MAIN.replace("lower", "higher") + COUNTS
    (line,) = lines("clinical.endpoints", endpoints=opposite, labs=both)
    assert line.facts["toward_benefit"] == Members(("seizures",), ("ammonia",))
    (line,) = lines("clinical.endpoints", endpoints=MAIN, labs=labs)
    assert "toward_benefit" not in line.facts


def test_a_count_as_main_endpoint_gives_a_rate_ratio(lines):
    counts = [9.0, 7, 8, 6, 10, 7, 8, 9, 6, 8, 7, 9, 8, 7, 6, 9, 8, 7, 8, 9] + [2.0, 1, 0, 2, 1, 3, 1, 0, 2, 1] * 2
    main = COUNTS.replace("supporting", "main")
    (line,) = lines("clinical.own_control", endpoints="format = 1\n" + main, labs=files.weekly(
        "P1", "seizures", counts, "{seizures}"))  # fmt: skip
    ratio = line.quantities["rate_ratio"]
    assert ratio.kind is QuantityKind.POSTERIOR
    assert ratio.interval(0.95)[1] < 0.6


COMPOSITE = """[[composite]]
name = "need"
rule = "dominance"
part = [ { parameter = "ammonia", better = "lower", margin = 10.0 },
  { parameter = "scavenger", better = "lower", margin = 0.1, in_care = true } ]
"""


def test_a_flat_marker_on_half_the_drug_is_a_benefit_of_the_composite(lines):
    care = "P1,0,scavenger,10,g/d,no,x\nP1,140,scavenger,5,g/d,no,x\n"
    labs = files.weekly("P1", "ammonia", noisy(80, 40, 4))
    made = {e.name: e for e in lines("clinical.own_control", endpoints=MAIN + COMPOSITE, labs=labs, care=care)}
    assert made["ammonia"].quantities["change_in_spread"].interval(0.95)[0] < 0
    assert "0 worse" in made["need"].statement
    (line,) = lines("clinical.endpoints", endpoints=MAIN + COMPOSITE, labs=labs, care=care)
    assert "need" in line.facts["toward_benefit"].present


LASTING = """[durability]
parameter = "ammonia"
value = 70.0
unit = "umol/L"
consecutive = 2
planned_days = [30, 90, 700]
because = "the upper limit of normal"
"""


def test_durability_counts_who_is_at_risk_and_who_lost_it(lines):
    p1 = files.weekly("P1", "ammonia", [90.0] * 21 + [60.0, 61, 95, 62, 60] + [60.0] * 10)
    p2 = files.weekly("P2", "ammonia", [90.0] * 21 + [60.0, 61, 95, 96, 60] + [60.0] * 10)
    dosing = {"clinical/dosing.csv": files.doses(("P1", 140), ("P2", 140))}
    (line,) = lines("clinical.durability", endpoints=MAIN + LASTING, labs=p1 + p2, **dosing)
    assert {k: line.quantities[k].value for k in ("patients", "losses")} == {"patients": 2, "losses": 1}
    assert line.quantities["longest_follow_up"].value == 14 * 7
    assert line.facts["shown"] == Members(("duration", "numbers_at_risk", "loss_of_effect"))
    assert "P2 after 14 days" in line.statement
    assert "1 at 30, 1 at 90, 0 at 700" in line.statement
    assert {f.chart for f in line.figures} == {"timeline", "steps"}


def test_nobody_with_benefit_has_no_duration(lines):
    (line,) = lines("clinical.durability", endpoints=MAIN + LASTING, labs=files.weekly("P1", "ammonia", [90.0] * 40))
    assert line.facts["shown"] == Members((), ("duration", "numbers_at_risk", "loss_of_effect"))
    assert line.quantities == {}


@pytest.mark.parametrize(
    "labs",
    [
        files.weekly("P1", "ammonia", [90.0] * 15),
        files.weekly("P1", "ammonia", [90.0] * 21 + [60.0]),
        files.weekly("P1", "ammonia", [90.0] * 40).replace(",no,", ",yes,"),
        files.weekly("P1", "ammonia", [90.0] * 40) + files.weekly("P2", "ammonia", [90.0] * 5),
    ],
    ids=["no value after the dose", "one value after", "below a limit above benefit", "two, one without data"],
)
def test_where_nobody_could_tell_duration_is_not_known(lines, labs):
    dosing = {"clinical/dosing.csv": files.doses(("P1", 140), ("P2", 140))}
    (line,) = lines("clinical.durability", endpoints=MAIN + LASTING, labs=labs, **dosing)
    assert line.facts["shown"] == Members((), (), ("duration", "numbers_at_risk", "loss_of_effect"))
    assert line.quantities == {}


@pytest.mark.parametrize(
    ("endpoints", "says"),
    [
        (
            'format = 1\n[[endpoint]]\nparameter = "ammonia"\nbetter = "lower"\nrole = "supporting"\n',
            "0 main endpoints",
        ),
        (MAIN + MAIN.partition("\n")[2], "2 main endpoints"),
        (MAIN.replace("ammonia", "amonia"), "did you mean ammonia"),
        (MAIN + LASTING.replace("umol/L", "mmol/L"), "umol/L"),
        (MAIN + LASTING.replace('"ammonia"', '"lactate"'), "durability"),
        (MAIN + "surprise = 1\n", "surprise"),
        (MAIN.replace('"lower"', '"down"'), "better"),
        (MAIN + 'bin_days = 7.0\nscale = "logarithm"\n', "counts with parts of a biomarker"),
    ],
)
def test_faults_of_the_declaration_are_told_by_check(tmp_path, endpoints, says):
    with pytest.raises(Exception, match=says):
        api.read_program(folder(tmp_path, endpoints=endpoints))


def test_a_drawn_start_gives_p_and_floor(lines, tmp_path):
    from proband.folder.plan_template import COMMON, designs

    plan = COMMON.replace('"motor_score"', '"ammonia"').replace('"{score}"', '"umol/L"').replace('"higher"', '"lower"')
    plan = plan.replace("alpha = 0.025", "alpha = 0.1") + designs()["multiple_baseline"].replace(
        'kind = "multiple_baseline"', 'kind = "randomised_start"').replace("patients = 3", "patients = 1").replace(
        "weeks = 24", "weeks = 40").replace("first_start = 7", "first_start = 11").replace(
        "last_start = 17", "last_start = 30").replace("patients = [2, 3]", "patients = [1]")  # fmt: skip
    made = lines("clinical.own_control", **{"plan/analysis_plan.toml": plan})
    (line,) = made
    assert line.facts["design"] == "randomised"
    assert line.facts["plan"] == "unsealed"
    assert math.isclose(line.quantities["randomisation_floor"].value, 1 / 20)
    assert line.quantities["randomisation_p"].value == 1 / 20


def test_a_sealed_plan_does_not_cover_what_the_declaration_adds():
    from proband.core.plan_seal import PlanRecord, SealState, TreatedOutcomes
    from proband.science.within_patient.own_control_report import plan_doubt

    record = PlanRecord(SealState.SEALED, "", (), TreatedOutcomes(), (), "", ())
    assert plan_doubt(record, ("plan/analysis_plan.toml",)) == ""
    assert "not under it" in plan_doubt(record, ("plan/endpoints.toml",))


def test_the_plan_and_the_declaration_must_name_one_main_endpoint(tmp_path):
    from proband.folder.plan_template import template

    with pytest.raises(Exception, match=r"that of plan/analysis_plan.toml"):
        api.read_program(folder(tmp_path, **{"plan/analysis_plan.toml": template()}))


def test_figures_draw_doses_care_and_numbers_at_risk(lines):
    from proband.dossier.charts import svg

    care = "P1,0,scavenger,5,g/d,no,x\nP1,200,scavenger,4,g/d,no,x\n"
    declared = MAIN + 'covariates = ["scavenger"]\n' + LASTING + '[care_domains]\nscavenger = "rescue_drug"\n'
    (own,) = lines("clinical.own_control", endpoints=declared, care=care)
    drawn = svg(own.figures[0])
    assert "scavenger" in drawn
    assert "dose" in drawn
    (kept,) = lines("clinical.durability", endpoints=declared, care=care)
    assert all("undefined" not in svg(f) for f in kept.figures)
    curve = next(f for f in kept.figures if f.chart == "steps")
    assert "at risk" in svg(curve).lower()
