"""Scores for age by L, M and S, and what counts as tracked."""

import pytest

from proband.science.clinical.long_table import LongRow
from proband.science.clinical.series import Bound
from proband.science.follow_up.growth import at_age, growth, read_reference, score
from proband.science.follow_up.observed import Observed
from proband.science.follow_up.plan_file import Growth

HEAD = "measure,sex,age_months,l,m,s,source\n"
# weight for age of boys at birth and at one month, WHO Child Growth Standards 2006 (recalled)
WHO = HEAD + "weight,male,0,0.3487,3.3464,0.14602,x\nweight,male,1,0.2297,4.4709,0.13395,x\n"


def reference(tmp_path, text=WHO):
    path = tmp_path / "growth_reference.csv"
    path.write_text(text)
    problems = []
    return read_reference(path, problems), problems


def row(day, value, parameter, unit="kg", text=""):
    return LongRow("clinical/growth.csv", 2, "P1", day, parameter, value, text, unit, Bound.MEASURED, "x")


def seen(*rows, birth=0.0):
    held = {}
    for r in rows:
        held.setdefault((r.subject, r.parameter), []).append(r)
    dose = LongRow("clinical/dosing.csv", 2, "P1", 10.0, "k", 1.0, "", "mg/kg", Bound.MEASURED, "x")
    births = {} if birth is None else {"P1": birth}
    return Observed({k: tuple(v) for k, v in held.items()}, {"P1": (dose,)}, births)


@pytest.mark.parametrize(("kg", "z"), [(2.1, -3), (2.5, -2), (2.9, -1), (3.3, 0), (3.9, 1), (4.4, 2), (5.0, 3)])
def test_published_weights_at_birth_by_standard_deviation(kg, z):
    """Weights of the published table at -3 to 3 standard deviations, boys at birth, printed to 0.1 kg (recalled)."""
    at = (0.3487, 3.3464, 0.14602)
    assert score(kg - 0.05, at) < z < score(kg + 0.05, at)


def test_a_power_of_zero_is_a_logarithm():
    near, limit = score(4.0, (1e-9, 3.0, 0.1)), score(4.0, (0.0, 3.0, 0.1))
    assert near == pytest.approx(limit, abs=1e-6)


def test_ages_between_two_rows_are_interpolated_and_beyond_them_there_is_none(tmp_path):
    rows, problems = reference(tmp_path)
    assert problems == []
    assert at_age(rows, "weight", "male", 0.5)[1] == pytest.approx((3.3464 + 4.4709) / 2)
    assert at_age(rows, "weight", "male", 1.01) is None
    assert at_age(rows, "weight", "female", 0.5) is None
    assert at_age(rows, "height", "male", 0.5) is None


def states(found):
    return {t.what: t.state for t in found}


def test_measured_weights_become_scores_where_sex_and_birth_are_known(tmp_path):
    rows, _ = reference(tmp_path)
    held = seen(row(0.0, 3346.4, "weight", "g"), row(20.0, 4.1, "weight"))
    (_, weight, _) = growth(None, held, "P1", "male", rows, None)
    assert weight.state is True
    assert weight.scores[0].value == pytest.approx(0.0, abs=1e-9)
    assert states(growth(None, held, "P1", "unknown", rows, None))["weight"] is None
    assert (
        states(growth(None, seen(*held.rows["P1", "weight"], birth=None), "P1", "male", rows, None))["weight"] is None
    )


@pytest.mark.parametrize(
    ("days", "state"), [((5.0, 20.0), True), ((15.0, 20.0), True), ((20.0,), None), ((1.0, 5.0), None), ((), None)]
)
def test_a_course_needs_two_values_and_one_of_them_after_the_dose(days, state):
    rows = [row(d, -1.0, "weight_for_age", "{score}") for d in days]
    assert states(growth(None, seen(*rows), "P1", "male", (), None))["weight"] is state


def test_what_the_plan_does_not_look_for_and_nobody_entered_is_not_tracked():
    found = states(growth(Growth(milestones=["sits"]), seen(), "P1", "male", (), ["weight", "milestones"]))
    assert found == {"height": False, "weight": None, "milestones": None}
    assert states(growth(None, seen(), "P1", "male", (), None)) == {"height": None, "weight": None, "milestones": None}


@pytest.mark.parametrize(("day", "state"), [(20.0, True), (10.0, None), (5.0, None)])
def test_milestones_count_after_the_dose(day, state):
    names = Growth(milestones=["sits"])
    held = seen(row(day, None, "sits", "{text}", "without help"))
    assert states(growth(names, held, "P1", "male", (), None))["milestones"] is state


@pytest.mark.parametrize(
    "rows",
    [
        "weight,boy,0,0.3,3.3,0.1,x\n", "mass,male,0,0.3,3.3,0.1,x\n", "weight,male,-1,0.3,3.3,0.1,x\n",
        "weight,male,0,nan,3.3,0.1,x\n", "weight,male,0,0.3,0,0.1,x\n", "weight,male,0,0.3,3.3,0,x\n",
        "weight,male,0,0.3,3.3,2,x\n", "weight,male,0,99,3.3,0.1,x\n",
        "weight,male,0,0.3,3.3,0.1,x\nweight,male,0,0.3,3.3,0.1,x\n", "",
    ],
)  # fmt: skip
def test_faults_of_the_reference(tmp_path, rows):
    made, problems = reference(tmp_path, HEAD + rows)
    assert made is None
    assert problems


@pytest.mark.parametrize(("text", "state"), [("sits alone", True), ("unknown", None), ("not done", None)])
def test_a_milestone_without_a_result_tells_nothing(text, state):
    names = Growth(milestones=["sits"])
    held = seen(row(20.0, None, "sits", "{text}", text))
    assert states(growth(names, held, "P1", "male", (), ["weight"]))["milestones"] is state
