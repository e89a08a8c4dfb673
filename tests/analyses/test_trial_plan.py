"""Plan, register, simulation and feasibility as lines of evidence: dates, seals, gaps, reruns, hostile files."""

import json
from datetime import date

import pytest

from proband import api
from proband.core.errors import ProgramError
from proband.core.kinds import evidence_problems
from proband.core.plan_seal import unchanged_since
from proband.engine import run as engine
from proband.engine.run import perform
from proband.folder import plan_seal
from proband.science.trial.operating_file import StoredMeasure
from proband.science.trial.rerun import as_quantity, error_control

PLAN, SEAL, REGISTER = "plan/analysis_plan.toml", "plan/seal.toml", "plan/register.csv"
STORED = "plan/operating_characteristics.json"
NAMES = ("analysis_plan", "trial_operation", "trial_register")
HEAD = "order,screened_on,patient,decision,reason,variant,enrolled_on,treated_on,outcome"
TREATED = "2,2025-02-03,SYN-P1,enrolled,,c.412G>A,2025-05-05,2025-06-02,in follow-up"


@pytest.fixture
def folder(fresh_example):
    """The synthetic example, without what these analyses do not read."""
    root = fresh_example("synthetic_abe")
    for name in ("sequencing", "rna", "engagement"):
        for file in sorted((root / name).rglob("*")):
            if file.is_file():
                file.unlink()
    (root / "plan" / "endpoints.toml").unlink()
    return root


def lines(root):
    """The lines of the three analyses by kind."""
    program = api.read_program(root).program
    made = {}
    for name in NAMES:
        declared = engine.analyses()[name]
        for task in engine._tasks(declared, program, root, ()):
            result = perform(task)
            assert not isinstance(result, engine.Failure), result.message
            for e in result:
                assert evidence_problems(e, "x", "y") == []
                assert e.scope.denominator
                made[e.kind] = e
    return made


def change(root, name, old, new):
    text = (root / name).read_text()
    assert old in text
    (root / name).write_text(text.replace(old, new))


def reseal(root, monkeypatch, day, reason="a change"):
    monkeypatch.setattr(plan_seal, "today", lambda: day)
    program = api.read_program(root).program
    plan_seal.seal_plan(root, [f.path for f in program.inputs], "A. Author", "statistician", reason, program.day_zero)


def refused(root, *words):
    with pytest.raises(ProgramError) as told:
        api.read_program(root)
    for word in words:
        assert word in str(told.value)


def test_dates_of_the_example(folder):
    facts = lines(folder)["plan.analysis"].facts
    assert facts["seal"] == "sealed"
    assert (
        facts["endpoint_fixed_on"] == facts["comparison_fixed_on"] == facts["documents_final_on"] == date(2025, 5, 20)
    )
    assert facts["first_dose_on"] == date(2025, 6, 2)
    assert facts["first_outcome_on"] == date(2025, 6, 6)


def test_without_day_zero_no_date_of_a_dose_is_told(folder):
    change(folder, "program.toml", "day_zero = 2024-11-14", "# day_zero")
    e = lines(folder)["plan.analysis"]
    assert not {"first_dose_on", "first_outcome_on"} & set(e.facts)
    assert "does not state day_zero" in e.statement


@pytest.mark.parametrize(
    ("old", "new", "endpoint", "comparison"),
    [
        ("alpha = 0.025\nrare", "alpha = 0.05\nrare", 20, None),
        ('better = "lower"', 'better = "higher"', None, None),
        ("rho = [0.2, 0, 0.4, 0.6]", "rho = [0.2, 0, 0.4]", 20, 20),
    ],
)
def test_a_change_without_a_seal_moves_what_it_changed(folder, old, new, endpoint, comparison):
    change(folder, PLAN, old, new)
    facts = lines(folder)["plan.analysis"].facts
    assert facts["seal"] == "changed_after_seal"
    assert facts.get("endpoint_fixed_on") == (endpoint and date(2025, 5, endpoint))
    assert facts.get("comparison_fixed_on") == (comparison and date(2025, 5, comparison))
    assert "documents_final_on" not in facts


def test_what_is_changed_and_changed_back_stands_since_then(folder, monkeypatch):
    change(folder, PLAN, 'better = "lower"', 'better = "higher"')
    reseal(folder, monkeypatch, date(2025, 7, 1))
    facts = lines(folder)["plan.analysis"].facts
    assert facts["seal"] == "resealed_after_outcome"
    assert facts["endpoint_fixed_on"] == date(2025, 7, 1)
    change(folder, PLAN, 'better = "higher"', 'better = "lower"')
    reseal(folder, monkeypatch, date(2025, 8, 1))
    record = api.read_program(folder).program.plan
    assert lines(folder)["plan.analysis"].facts["endpoint_fixed_on"] == date(2025, 8, 1)
    assert unchanged_since(record.seals, None, ("title",)) is None


def test_a_seal_that_was_edited_gives_no_date(folder):
    change(folder, SEAL, "treated_outcomes = 0", "treated_outcomes = 1")
    facts = lines(folder)["plan.analysis"].facts
    assert facts["seal"] == "does_not_match"
    assert not [n for n in facts if n.endswith("fixed_on") or n == "documents_final_on"]


def test_one_document_alone_is_final_only_where_it_came_too_late(folder):
    (folder / SEAL).unlink()
    assert "documents_final_on" not in lines(folder)["plan.analysis"].facts
    change(folder, "plan/protocol.toml", "2025-05-12", "2025-06-20")
    assert lines(folder)["plan.analysis"].facts["documents_final_on"] == date(2025, 6, 20)


def test_a_protocol_without_its_date_and_no_plan_is_no_line(folder):
    (folder / SEAL).unlink()
    (folder / PLAN).unlink()
    change(folder, "plan/protocol.toml", "final_on = 2025-05-12", "")
    assert "plan.analysis" not in lines(folder)


def test_what_a_plan_says_of_its_priors(folder):
    change(folder, PLAN, 'varied = ["rho from 0 to 0.8", "rho from 0.3 to 0.95"]', "varied = false")
    text = (folder / PLAN).read_text().split("\n")
    (folder / PLAN).write_text("\n".join(row for row in text if not row.startswith("unfavourable")))
    priors = lines(folder)["plan.analysis"].facts["priors"]
    assert priors.absent == ("prior_varied",)
    assert priors.unknown == ("unfavourable_data",)
    assert len(priors.present) == 3


def test_the_register_of_the_example(folder):
    e = lines(folder)["trial.register"]
    assert e.facts["accounted"].present == ("1", "2", "3", "4")
    assert [e.quantities[n].value for n in ("screened", "enrolled", "treated")] == [4, 1, 1]
    assert e.concerns == ()


@pytest.mark.parametrize(
    ("rows", "absent", "unknown"),
    [
        (["1,2025-01-14,X,screened_out,no adenine,,,,", TREATED], (), ()),
        (["1,2025-01-14,X,screened_out,,,,,", TREATED], (), ("1",)),
        ([TREATED.replace("in follow-up", "")], ("1",), ("2",)),
        ([TREATED.replace("2025-06-02", "")], ("1",), ("2",)),
        (["1,2025-01-14,X,,,,,,"], ("patient SYN-P1",), ("1",)),
        (["3,2025-01-14,X,withdrawn,moved,,,,", TREATED.replace("2,2025-02", "4,2025-02")], ("1", "2"), ()),
    ],
)
def test_places_of_the_register(folder, rows, absent, unknown):
    (folder / REGISTER).write_text("\n".join([HEAD, *rows]) + "\n")
    members = lines(folder)["trial.register"].facts["accounted"]
    assert members.absent == absent
    assert members.unknown == unknown


def test_a_register_that_does_not_fit_the_doses_says_so(folder):
    (folder / REGISTER).write_text(f"{HEAD}\n{TREATED.replace('2,', '1,', 1).replace('2025-06-02', '2025-06-09')}\n")
    (concern,) = lines(folder)["trial.register"].concerns
    assert "2025-06-02" in concern.because
    assert "2025-06-09" in concern.because


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([TREATED, TREATED.replace("SYN-P1", "X")], ["row 3", "row 2"]),
        ([TREATED, TREATED.replace("2,", "3,", 1)], ["SYN-P1, as in row 2"]),
        ([TREATED.replace("2025-05-05", "2025-07-05")], ["treated_on", "before enrolled_on"]),
        ([TREATED.replace("enrolled", "screened_out")], ["nothing for a patient who was screened out"]),
        (["1,2025-03-01,X,withdrawn,moved,,,,", TREATED], ["the order of screening"]),
        ([TREATED.replace("2025-02-03", "2999-01-01")], ["not in the future"]),
        ([TREATED.replace("2025-02-03", "03.02.2025")], ["column screened_on"]),
        ([TREATED.replace("enrolled", "maybe")], ["screened_out, enrolled, withdrawn"]),
        (["0,,X,,,,,,", "1.5,,Y,,,,,,", "99999,,Z,,,,,,"], ["row 2", "row 3", "row 4"]),
        ([TREATED.replace("in follow-up", "=cmd()")], ["formula"]),
        ([TREATED.replace("in follow-up", "a\u202eb")], ["register.csv"]),
        ([], ["register.csv"]),
    ],
)
def test_a_register_that_can_not_be_is_refused(folder, rows, words):
    (folder / REGISTER).write_text("\n".join([HEAD, *rows]) + "\n")
    refused(folder, "plan/register.csv", *words)


def test_the_simulation_of_the_example_is_repeated(folder):
    made = lines(folder)
    e = made["trial.operation"]
    assert set(e.facts["rerun"].present) == {"plan_digest", "seeds", "versions", "block_repeated"}
    assert e.facts["error_control"] == "worst_case_within_nominal"
    assert e.quantities["power"].n == 10_000
    assert e.quantities["power"].value > 0.99
    assert e.quantities["type_one_error"].value <= e.quantities["type_one_error_worst"].value
    assert made["trial.feasibility"].quantities["probability_to_enrol"].value < 0.001


def stored(root, edit):
    made = json.loads((root / STORED).read_text())
    edit(made)
    (root / STORED).write_text(json.dumps(made))


def at(made, effect):
    """The planned scenario of an effect."""
    base = {"patients": 1, "rho": 0.2, "drift": 0, "index_error": 0, "comedication_shift": 0, "dropout": 0}
    want = {**base, "effect": effect}
    return next(s for s in made["scenarios"] if {n: s["values"][n] for n in want} == want)


def test_a_block_that_does_not_repeat_is_told(folder):
    stored(folder, lambda made: at(made, 2)["first_block"].update(rare=at(made, 2)["first_block"]["rare"] - 1))
    e = lines(folder)["trial.operation"]
    assert e.facts["rerun"].absent == ("block_repeated",)
    assert "not equal" in e.statement
    # numbers that did not come out again decide nothing
    assert e.facts["error_control"] == "not_told"
    assert "inconsistent" in {c.word for c in e.concerns}


def test_a_stored_power_that_its_own_block_refutes_decides_nothing(folder):
    def edit(made):
        m = next(m for m in at(made, 2)["measures"] if m["metric"] == "power")
        m.update(value=0.5, mc_se=0.005)

    stored(folder, edit)
    e = lines(folder)["trial.operation"]
    assert e.facts["rerun"].absent == ("block_repeated",)
    assert e.facts["error_control"] == "not_told"


def test_a_seal_that_counted_outcomes_and_is_dated_before_them_gives_no_date(folder, monkeypatch):
    change(folder, "plan/analysis_plan.toml", 'better = "lower"', 'better = "higher"')
    reseal(folder, monkeypatch, date(2025, 7, 1))
    change(folder, "program.toml", "day_zero = 2024-11-14", "day_zero = 2025-03-14")
    change(folder, "program.toml", "data_cut = 2025-12-01", "data_cut = 2026-06-01")
    e = lines(folder)["plan.analysis"]
    assert e.facts["first_outcome_on"] > date(2025, 7, 1)
    assert not [n for n in e.facts if n.endswith("fixed_on") or n == "documents_final_on"]
    assert any("either date is wrong" in c.because for c in e.concerns)


def test_numbers_of_other_software_stay_open(folder):
    def edit(made):
        made["versions"]["numpy"] = "0.1"
        at(made, 0)["first_block"]["analysed"] = 1

    stored(folder, edit)
    rerun = lines(folder)["trial.operation"].facts["rerun"]
    assert rerun.unknown == ("block_repeated",)
    assert "versions" in rerun.present


def test_what_a_rerun_needs_and_is_not_there_is_unknown(folder):
    def edit(made):
        for key in ("seed", "versions"):
            made[key] = None
        for s in made["scenarios"]:
            s["first_block"] = None

    stored(folder, edit)
    e = lines(folder)["trial.operation"]
    assert e.facts["rerun"].unknown == ("seeds", "versions", "block_repeated")
    assert e.facts["error_control"] == "not_told"


def test_the_numbers_of_another_plan_are_not_those_of_this_one(folder):
    change(folder, PLAN, "weeks_after = 26", "weeks_after = 25")
    e = lines(folder)["trial.operation"]
    assert e.quantities == {}
    assert e.facts["rerun"].absent == ("plan_digest",)
    assert e.facts["error_control"] == "not_told"
    (folder / PLAN).unlink()
    (folder / SEAL).unlink()
    rerun = lines(folder)["trial.operation"].facts["rerun"]
    assert set(rerun.unknown) == {"plan_digest", "block_repeated"}


def test_without_a_planned_effect_no_power_is_told(folder, monkeypatch):
    change(folder, PLAN, "planned_effect = 2\n", "")
    digest = api.read_program(folder).program.plan.plan_digest
    stored(folder, lambda made: made.update(plan_digest=digest))
    e = lines(folder)["trial.operation"]
    assert "power" not in e.quantities
    assert "names no planned effect" in e.statement


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda m: m.pop("level"), ["level"]),
        (lambda m: m.update(extra=1), ["extra"]),
        (lambda m: m["scenarios"][0]["measures"][0].update(value=1.2), ["a probability from 0 to 1"]),
        (lambda m: m["scenarios"][0]["measures"][0].update(replicates=20_000), ["at most the 10,000"]),
        (lambda m: m["scenarios"][0]["measures"].append(m["scenarios"][0]["measures"][0]), ["a measure twice"]),
        (lambda m: m.update(replicates=0), ["replicates"]),
        (lambda m: m.update(plan_digest="x"), ["plan_digest"]),
    ],
)
def test_a_simulation_that_can_not_be_is_refused(folder, edit, words):
    stored(folder, edit)
    refused(folder, STORED, "simulate the plan again" if "twice" in words[0] else "", *words)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": NaN}', '{"format": 1, "format": 1}', "[" * 100_000])
def test_what_is_no_json_is_refused_in_words(folder, text):
    (folder / STORED).write_text(text)
    refused(folder, STORED)


@pytest.mark.parametrize("value", ['"2025-05-12"', "2999-01-01", "2025-05-12T10:00:00", "5"])
def test_a_date_of_the_protocol_that_can_not_be_is_refused(folder, value):
    change(folder, "plan/protocol.toml", "final_on = 2025-05-12", f"final_on = {value}")
    refused(folder, "plan/protocol.toml", "key final_on")


def test_day_zero_after_the_data_cut_is_refused(folder):
    change(folder, "program.toml", "day_zero = 2024-11-14", "day_zero = 2025-12-02")
    refused(folder, "key day_zero")


def simulated(value, replicates):
    return StoredMeasure(
        metric="type_i_error", value=value, mc_se=(value * (1 - value) / replicates) ** 0.5, replicates=replicates,
        exact=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "worst", "expected"),
    [
        (simulated(0.025, 40_000), simulated(0.025, 40_000), "worst_case_within_nominal"),
        (simulated(0.025, 40_000), simulated(0.09, 40_000), "within_nominal_as_planned_only"),
        (simulated(0.09, 40_000), simulated(0.09, 40_000), "above_nominal"),
        (simulated(0.025, 400), simulated(0.025, 400), "not_told"),
        (simulated(0.025, 40_000), None, "not_told"),
        (None, None, "not_told"),
    ],
)
def test_error_control(error, worst, expected):
    assert error_control(error, worst, 0.025) == expected


def test_more_replicates_never_turn_kept_into_broken():
    words = [error_control(simulated(0.028, n), simulated(0.028, n), 0.025) for n in (10**3, 10**5, 10**6)]
    assert words == ["not_told", "worst_case_within_nominal", "worst_case_within_nominal"]


def test_a_stored_proportion_has_exact_limits_and_a_mean_of_fractions_its_own():
    low, high = as_quantity(simulated(0.9, 1000)).interval(0.95)
    assert (low, high) == pytest.approx((0.8797, 0.9179), abs=2e-4)
    mean = as_quantity(replace_measure(simulated(0.9, 1000), mc_se=0.004))
    assert mean.low == pytest.approx(0.9 - 1.96 * 0.004, abs=1e-5)


def replace_measure(m, **changes):
    return m.model_copy(update=changes)
