"""Standardised differences against naive twins, what is too small or has no overlap, neighbours, effective number."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.clinical.records import ClinicalRecord
from proband.science.natural_history.differences import binary_smd, categorical_smd, continuous_smd, differences
from proband.science.natural_history.index_date import Clock, immortal_time
from proband.science.natural_history.matching import distance, kish, matched, neighbours, places
from proband.science.natural_history.subject_table import Group, Subject

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "reference" / "statistics"
NUMBERS = st.lists(st.floats(-100, 100), min_size=2, max_size=8)


def group(name, *values):
    subjects = (Subject(f"{name}{k}", 0, 365.25, covariates=dict(v)) for k, v in enumerate(values))
    return Group(name, tuple(subjects), ClinicalRecord({}))


def numbers(name, values, key="x"):
    return group(name, *({key: None if v is None else float(v)} for v in values))


@given(NUMBERS, NUMBERS)
def test_continuous_difference_against_a_naive_twin(a, b):
    made, lacking = continuous_smd(a, b)
    means = [math.fsum(v) / len(v) for v in (a, b)]
    variances = [math.fsum((x - m) ** 2 for x in v) / (len(v) - 1) for v, m in zip((a, b), means, strict=True)]
    scale = math.sqrt(sum(variances) / 2)
    if made is None:
        assert "no overlap" in lacking
        assert scale < 1e-9
    elif scale > 1e-6:
        assert made == pytest.approx((means[0] - means[1]) / scale, rel=1e-6, abs=1e-9)


@given(st.integers(1, 9), st.integers(1, 9))
def test_two_categories_give_the_binary_difference(k, j):
    a, b = ["x"] * k + ["y"] * (10 - k), ["x"] * j + ["y"] * (10 - j)
    assert categorical_smd(a, b)[0] == pytest.approx(abs(binary_smd(k, 10, j, 10)[0]))


def test_no_overlap_is_said_and_not_numbered():
    assert binary_smd(3, 3, 0, 5) == (None, "all of one group and none of the other: no overlap")
    assert binary_smd(0, 3, 0, 5) == (0.0, "")
    assert continuous_smd([1, 1], [2, 2])[0] is None
    assert "no overlap" in categorical_smd(["a", "a"], ["b", "c"])[1]


def test_one_treated_patient_has_no_standardised_difference():
    row = differences(numbers("t", [3]), numbers("u", [1, 2, 3, None]))[1]
    assert (row.name, row.smd, row.untreated_missing) == ("x", None, 1)
    assert "n too small" in row.lacking
    assert differences(numbers("t", [None]), numbers("u", [1]), ["x"])[0].lacking == "nothing known in treated"


def test_age_is_that_of_the_index_day_and_who_has_none_is_left_out():
    people = tuple(Subject(f"u{k}", 365.25 * k, 3652.5, birth=0.0) for k in range(4))
    one = Group("untreated", people, ClinicalRecord({}))
    at_entry = differences(one, one, ["age"])[0]
    index = {("untreated", p.id): 730.5 for p in people[:3]}
    at_index = differences(one, one, ["age"], index)[0]
    assert (at_entry.treated, at_entry.treated_n) == ("1.5 (SD 1.29)", 4)
    assert (at_index.treated, at_index.treated_n, at_index.smd) == ("2 (SD 0)", 3, 0.0)


def test_few_patients_carry_a_wide_and_marked_interval():
    row = differences(numbers("t", [3, 4, 5]), numbers("u", [1, 2, 3, 4]), ["x"])[0]
    assert row.rough
    assert row.high - row.low > 2.5
    d, n, m = row.smd, 3, 4  # Hedges and Olkin 1985, chapter 5: variance of a standardised difference
    assert row.high == pytest.approx(d + 1.959963984540054 * math.sqrt((n + m) / (n * m) + d * d / (2 * (n + m))))


def test_pbc_age_by_arm_as_published():
    if not (REFERENCE / "pbc.csv").exists():
        pytest.skip("reference data are absent")
    with (REFERENCE / "pbc.csv").open() as handle:
        rows = [r for r in csv.DictReader(handle) if r["trt"] in ("1", "2")]
    a, b = ([float(r["age"]) for r in rows if r["trt"] == t] for t in ("1", "2"))
    # Fleming and Harrington 1991 print ages of 51.4 (SD 11.0) and 48.6 (SD 10.0) years in 158 and 154 patients
    assert (len(a), len(b)) == (158, 154)
    assert continuous_smd(a, b)[0] == pytest.approx((51.4 - 48.6) / math.sqrt((11.0**2 + 10.0**2) / 2), abs=0.01)


def test_stanford_immortal_time_is_the_waiting_of_the_transplanted():
    if not (REFERENCE / "jasa_stanford.csv").exists():
        pytest.skip("reference data are absent")
    with (REFERENCE / "jasa_stanford.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    made = [
        Clock(str(k), 0, 0, float(r["futime"]), float(r["wait.time"]) if r["transplant"] == "1" else None)
        for k, r in enumerate(rows)
    ]
    treated = [c for c in made if c.treated_from is not None]
    found = immortal_time(treated, [c for c in made if c.treated_from is None])
    waits = [float(r["wait.time"]) for r in rows if r["transplant"] == "1"]
    assert (found.treated.n, found.treated.inside) == (69, sum(waits))
    assert found.inside_detected
    assert found.untreated.inside == 0


@pytest.mark.parametrize(
    "bad",
    [
        {"start": 5, "end": 4},
        {"start": -1, "end": 4},
        {"start": 0, "end": 4, "treated_from": 5},
        {"start": 0, "end": math.nan},
    ],
)
def test_clocks_that_can_not_be(bad):
    with pytest.raises(ValueError, match="a:"):
        Clock("a", 0, **bad)


def test_percentile_and_extrapolation_of_one_patient():
    untreated = numbers("u", [1, 2, 3, 4])
    inside, outside = (places(Subject("t", 0, 1, covariates={"x": v}), untreated, ["x"])[0] for v in (3.0, 9.0))
    assert (inside.below, inside.equal, inside.outside) == (0.5, 0.25, False)
    assert outside.outside
    assert places(Subject("t", 0, 1), untreated, ["x"])[0].lacking


def test_distance_is_that_of_mahalanobis_and_needs_enough_patients():
    rng = np.random.default_rng(7)
    x = rng.normal(size=(30, 2)) @ np.array([[1.0, 0.0], [3.0, 40.0]])
    untreated = group("u", *({"a": float(r[0]), "b": float(r[1])} for r in x))
    patient = Subject("t", 0, 1, covariates={"a": 4.0, "b": -10.0})
    found = distance(patient, untreated, ["a", "b"])
    gap = np.array([4.0, -10.0]) - x.mean(axis=0)
    assert found.distance == pytest.approx(math.sqrt(gap @ np.linalg.inv(np.cov(x.T)) @ gap))
    inverse, centre = np.linalg.inv(np.cov(x.T)), x.mean(axis=0)
    farther = sum(math.sqrt((r - centre) @ inverse @ (r - centre)) >= found.distance for r in x)
    assert found.rank == (farther + 1) / 31
    few = Group("u", untreated.subjects[:3], untreated.record)
    assert "n too small" in distance(patient, few, ["a", "b"]).lacking
    assert "linear" in distance(
        Subject("t", 0, 1, covariates={"a": 1.0, "c": 2.0}),
        group("u", *({"a": float(k), "c": 2.0 * k} for k in range(9))), ["a", "c"],
    ).lacking  # fmt: skip
    assert "does not vary" in distance(Subject("t", 0, 1, covariates={"x": 1.0}), numbers("u", [2] * 9), ["x"]).lacking


def test_neighbours_far_and_not_told():
    untreated = group("u", {"x": 1.0, "w": "a"}, {"x": 5.0, "w": "a"}, {"x": None, "w": "a"}, {"x": 1.2, "w": "b"})
    patient = Subject("t", 0, 1, covariates={"x": 1.1, "w": "a"})
    found = neighbours(patient, untreated, {"x": 0.5, "w": None})
    assert (found.near, found.far, found.not_told, found.share) == (("u0",), 2, 1, 1 / 3)
    assert neighbours(patient, untreated, {}).lacking
    assert neighbours(patient, group("u"), {"x": 1.0}).share is None
    with pytest.raises(ValueError, match="caliper"):
        neighbours(patient, untreated, {"x": 0.0})


@given(st.lists(st.floats(0, 10), max_size=10))
def test_kish_lies_between_one_and_the_number_of_weights(weights):
    n = kish(weights)
    positive = sum(w > 0 for w in weights)
    assert 0 <= n <= positive + 1e-9
    assert not positive or n >= 1 - 1e-9


def test_effective_number_falls_when_patients_share_their_controls():
    untreated = numbers("u", [0, 1, 10, 11])
    one = matched(numbers("t", [0.5]), untreated, {"x": 1.0})
    assert (one.effective_n, one.unmatched) == (2.0, ())
    shared = matched(numbers("t", [0.5, 0.6, 10]), untreated, {"x": 0.6})
    assert shared.effective_n < 4
    none = matched(numbers("t", [50]), untreated, {"x": 1.0})
    assert (none.effective_n, none.unmatched) == (0.0, ("t0",))
    assert "no untreated subject lies within" in none.lacking
    assert matched(numbers("t", []), untreated, {"x": 1.0}).lacking == "no treated patients"
