"""The plan: the template is sound, and every fault is told at once with its remedy."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trial_cases import COUNTS, Z, faults, plan, raw_plan

from proband.core.errors import ProgramError
from proband.core.provenance import digest
from proband.folder.plan_template import COMMON, OTHERS, designs, template
from proband.science.trial.grid import count, declared, scenarios
from proband.science.trial.plan_file import level, plan_of, read_plan


@pytest.mark.parametrize("kind", sorted(designs()))
def test_every_design_of_the_template_is_sound(kind):
    made = plan(kind)
    assert made.design.kind == kind
    assert count(made) == len(scenarios(made)) == len({s.key for s in scenarios(made)})


def test_the_template_is_a_plan_and_its_comments_are_the_other_designs():
    assert plan_of(tomllib.loads(template()), "plan", []) is not None
    commented = template().split("from [design] on.\n\n")[1]
    assert "".join(line[2:] if line.startswith("# ") else line for line in commented.splitlines(True)) == OTHERS[1:]


def test_the_further_kinds_named_in_the_template_are_sound():
    assert plan("own_control_biomarker", **COUNTS).design.kind == "own_control_counts"
    assert plan("external_control", **Z).model.kind == "z"
    one = {"kind": "randomised_start", "patients": 1, "weeks": 60, "first_start": 10, "last_start": 49}
    assert plan("multiple_baseline", design=one, simulation={"patients": [1]}).design.kind == "randomised_start"


def test_comments_do_not_change_the_digest_and_values_do(tmp_path):
    path = tmp_path / "plan.toml"
    text = COMMON + designs()["basket"]
    path.write_text(text)
    first = read_plan(path)
    path.write_text("# more\n" + text)
    assert read_plan(path).digest == first.digest == digest(tomllib.loads(text))
    path.write_text(text.replace("alpha = 0.025  ", "alpha = 0.05  "))
    assert read_plan(path).digest != first.digest


def test_all_faults_are_told_at_once():
    told = faults(
        "external_control",
        title="  ", seed=-1, estimand={"endpoint": {"better": "smaller"}}, success={"alpha": None, "rare": 2.0},
        simulation={"patients": [0], "surprise": 1}, multiplicity=None,
    )  # fmt: skip
    for key in (
        "title", "seed", "estimand.endpoint.better", "success.rare", "simulation.patients.0", "simulation.surprise",
        "multiplicity",
    ):  # fmt: skip
        assert f"key {key}" in told, key
    assert all(p.remedy and p.expected for p in told.values())


POSTERIOR = {"kind": "posterior_probability", "alpha": None, "threshold": 0.9}
PARTS = ["design", "simulation", "priors", "success", "data", "estimand", "feasibility", "covariates"]
CROSSED = [
    ("external_control", {"success": {"alpha": None}}, "key success.alpha"),
    ("external_control", {"success": {"threshold": 0.9}}, "key success.threshold"),
    ("external_control", {"success": {"margin": 0.1}}, "key success.margin"),
    ("external_control", {"success": POSTERIOR | {"kind": "benefit_risk"}}, "key success.harm_limit"),
    ("external_control", {"simulation": {"harm_rate": [0.1]}}, "key simulation.harm_rate"),
    ("external_control", {"data": {"outcome_window": [5, 1]}}, "key data.outcome_window"),
    ("external_control", {"multiplicity": {"tests": 3}}, "key multiplicity.tests"),
    ("external_control", {"simulation": {"effect": [1, 2]}}, "key simulation.effect"),
    ("external_control", {"simulation": {"effect": [0, 1, 1]}}, "key simulation.effect"),
    ("external_control", {"simulation": {"patients": [1]}}, "key simulation.patients"),
    ("external_control", {"simulation": {"cohort_patients": [10]}}, "key simulation.cohort_patients"),
    ("external_control", {"simulation": {"worst_case": {"tau_c": [0.3]}}}, "key simulation.worst_case.tau_c"),
    ("external_control", {"simulation": {"worst_case": {"patients": [3]}}}, "key simulation.worst_case.patients"),
    ("external_control", {"design": {"schedule": [0, 5, 5]}}, "key design.schedule"),
    ("external_control", {"priors": None}, "key priors"),
    ("external_control", {"simulation": {"course": None}}, "key simulation.course"),
    ("external_control", {**Z, "simulation": {"rho": [0.3]}}, "key simulation.rho"),
    ("own_control_biomarker", {"priors": {"rho_low": 0.9, "rho_high": 0.5}}, "key priors.rho_low"),
    ("own_control_biomarker", {"simulation": {"rate": 2.0}}, "key simulation.rate"),
    ("own_control_biomarker", {"design": {"kind": "own_control_counts"}}, "key simulation.dispersion"),
    ("own_control_biomarker", {"simulation": {"index_error": [0, 26]}}, "key simulation.index_error"),
    ("multiple_baseline", {"design": {"last_start": 24}}, "key design.first_start"),
    ("multiple_baseline", {"design": {"last_start": 8}}, "key design.last_start"),
    ("multiple_baseline", {"design": {"patients": 1}, "simulation": {"patients": [1]}}, "key design.patients"),
    ("multiple_baseline", {"success": POSTERIOR}, "key success.kind"),
    ("single_arm_binary", {"simulation": {"effect": [0, 0.7]}}, "key simulation.effect"),
    ("single_arm_binary", {"priors": {"control": [{"weight": 0.5, "a": 1.0, "b": 1.0}]}}, "key priors.control"),
    ("basket", {"simulation": {"active": [0, 7]}}, "key simulation.active"),
    ("basket", {"simulation": {"control_rate": [0.3]}}, "key simulation.control_rate"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes", "place"), CROSSED, ids=[f"{k}-{p[4:]}" for k, _, p in CROSSED])
def test_parts_that_do_not_fit_each_other(kind, changes, place):
    assert place in faults(kind, **changes)


@pytest.mark.parametrize("kind", [None, "baskets", 3, ["basket"]])
def test_an_unknown_design_is_told(kind):
    assert "key design.kind" in faults("basket", design={"kind": kind})


def test_files_that_are_no_plan(tmp_path):
    path = tmp_path / "plan.toml"
    for text in (b"", b"\xff\xfe", b"a = ", b'format = 1\ntitle = "a\\u202eb"\n', b"design = 3\n"):
        path.write_bytes(text)
        with pytest.raises(ProgramError) as e:
            read_plan(path)
        assert e.value.problems


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3), max_leaves=5,
), st.sampled_from(PARTS))  # fmt: skip
def test_any_value_in_any_part_is_a_problem_or_a_plan(value, part):
    raw = {**raw_plan("basket"), part: value}
    problems = []
    made = plan_of(raw, "plan", problems)
    assert (made is not None) or problems


def test_too_many_scenarios_are_refused():
    many = {"vary": "full", "effect": list(range(30)), "drift": list(range(30)), "rho": [0, 0.1, 0.2, 0.3, 0.4]}
    assert "key simulation" in faults("external_control", simulation=many)


def test_the_level_after_multiplicity():
    assert level(plan("basket")) == 0.025
    shared = {"method": "bonferroni", "tests": 5}
    assert level(plan("basket", multiplicity=shared)) == pytest.approx(0.005)
    assert level(plan("basket", multiplicity=shared | {"method": "fixed_sequence"})) == 0.025
    assert level(plan("basket", success=POSTERIOR)) == pytest.approx(0.1)


def test_one_at_a_time_and_the_declared_set():
    made = plan("external_control", simulation={"patients": [3], "effect": [0], "effect_prior": None})
    found = scenarios(made)
    # base, 3 + 1 + 1 + 1 + 1 + 1 departures, and all last values together
    assert len(found) == 1 + 8 + 1
    inside = [s for s in found if declared(made, s)]
    assert sorted(s["tau_c"] for s in inside) == [0, 0.25]
    assert all(s["drift"] == 0 and s["rho"] == 0 for s in inside)
    full = plan("external_control", simulation={"vary": "full", "patients": [3], "effect": [0], "effect_prior": None})
    assert len(scenarios(full)) == 4 * 2**5
