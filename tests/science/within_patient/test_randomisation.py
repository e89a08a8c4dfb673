"""Randomisation tests: the published example to all digits, brute force, the floor, and no claim without a lot."""

import csv
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from proband.core.errors import ProgramError
from proband.science.within_patient.overlap import overlap_indices
from proband.science.within_patient.randomisation import (
    randomisation_test,
    start_point_case,
    withdrawal_case,
)

SHARED = next(
    (p / "shared/reference/statistics" for p in Path(__file__).resolve().parents if (p / "shared/reference").is_dir()),
    None,
)
JOHANNA = [54, 53, 56, 58, 52, 61, 62, 71, 66, 64, 78, 70, 74, 82, 77, 86, 68, 80, 86, 87]
KAROLINA = [41, 59, 56, 51, 52, 57, 56, 67, 75, 66, 69, 68, 73, 77, 79, 86, 82, 75, 83, 89]
ANJA = [55, 58, 53, 50, 52, 55, 68, 68, 81, 67, 78, 73, 72, 78, 81, 78, 71, 85, 80, 76]
STARTS = list(range(5, 16))


def cases():
    return [start_point_case(n, v, 5, STARTS) for n, v in (("J", JOHANNA), ("K", KAROLINA), ("A", ANJA))]


def test_three_patients_eleven_starts_to_all_digits():
    made = randomisation_test(cases(), "multiple_baseline", "increase")
    assert made.assignments == 1331
    assert made.enumerated
    assert made.observed == pytest.approx(20.5555555556, abs=5e-11)
    assert made.p == pytest.approx(0.03606311044, abs=5e-12)
    assert made.z == pytest.approx(1.7307484672, abs=2e-10)
    assert made.null_mean == pytest.approx(18.6088746271, abs=5e-11)
    assert made.floor == pytest.approx(1 / 1331)
    from scipy.special import ndtr

    assert made.observed + made.p + made.z + ndtr(-made.z) + made.null_mean == pytest.approx(40.97299008, abs=5e-9)


def test_single_patients():
    alone = [randomisation_test([c], "randomised_start", "increase").p for c in cases()]
    assert alone == pytest.approx([1 / 11, 4 / 11, 2 / 11])
    naps = [overlap_indices(v[:5], v[5:], "increase")["NAP"].value for v in (JOHANNA, KAROLINA, ANJA)]
    assert naps == pytest.approx([1.0, 0.9666666667, 0.98])


def test_typed_table_is_the_shared_file():
    if SHARED is None:
        pytest.skip("reference data are not beside the repository")
    held = {}
    with (SHARED / "scan_exampleAB.csv").open() as handle:
        for row in csv.DictReader(handle):
            held.setdefault(row["case"], []).append(float(row["values"]))
    assert list(held.values()) == [JOHANNA, KAROLINA, ANJA]
    expected = json.loads((SHARED / "expected_results.json").read_text())["scan_exampleAB_randtest"]
    assert randomisation_test(cases(), "multiple_baseline", "increase").p == pytest.approx(expected["p"], abs=5e-12)


def test_without_a_lot_there_is_no_p():
    made = randomisation_test(cases(), "not_randomised", "increase")
    assert made.p is None
    assert made.claim is False
    assert made.share == pytest.approx(0.03606311044, abs=5e-12)
    assert made.sentence.startswith("descriptive")


@pytest.mark.parametrize("statistic", ["mean_difference", "median_difference", "nonoverlap"])
@pytest.mark.parametrize("benefit", ["increase", "decrease"])
def test_against_brute_force(statistic, benefit):
    rng = np.random.default_rng(3)
    two = [start_point_case(n, rng.integers(0, 9, 10).astype(float), 4, [3, 4, 5, 7]) for n in "ab"]
    measure = {
        "mean_difference": lambda a, b: b.mean() - a.mean(),
        "median_difference": lambda a, b: np.median(b) - np.median(a),
        "nonoverlap": lambda a, b: np.mean([np.sign(y - x) for x in a for y in b]),
    }[statistic]
    sign = 1 if benefit == "increase" else -1
    rows = [[sign * measure(c.values[:s], c.values[s:]) for s in (3, 4, 5, 7)] for c in two]
    sums = [sum(x) for x in itertools.product(*rows)]
    observed = rows[0][1] + rows[1][1]
    made = randomisation_test(two, "multiple_baseline", benefit, statistic)
    assert made.p == pytest.approx(np.mean(np.array(sums) >= observed - 1e-9))
    assert made.observed == pytest.approx(sign * observed / 2)


def test_withdrawal_enumerates_increasing_changes():
    case = withdrawal_case("P1", [5, 4, 1, 2, 5, 4, 1, 1.0], [2, 4, 6], [[1, 2], [3, 4], [5, 6]])
    assert case.phases.shape == (8, 8)
    assert case.phases[case.drawn].tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    made = randomisation_test([case], "randomised_withdrawal", "decrease")
    assert (made.p, made.floor) == (1 / 8, 1 / 8)


def test_starts_dealt_among_patients():
    dealt = [4, 8, 12]
    made = randomisation_test(
        [start_point_case(n, v, s, dealt) for n, v, s in zip("JKA", (JOHANNA, KAROLINA, ANJA), dealt, strict=True)],
        "multiple_baseline",
        "increase",
        permuted=True,
    )
    assert made.assignments == 6
    assert made.p >= made.floor == pytest.approx(1 / 6)


def test_drawn_assignments_never_give_0_and_agree_with_enumeration():
    made = randomisation_test(cases(), "multiple_baseline", "increase", most=100, seed=3)
    again = randomisation_test(cases(), "multiple_baseline", "increase", most=100, seed=3)
    assert made == again
    assert not made.enumerated
    assert abs(made.p - 0.03606311) < 4 * made.p_error
    assert made.floor == pytest.approx(1e-5)


def test_no_number_from_nothing():
    assert randomisation_test([], "randomised_start", "increase").p is None
    flat = start_point_case("x", [3.0] * 10, 5, [4, 5])
    assert randomisation_test([flat], "randomised_start", "increase").reason == "the values do not vary"
    single = start_point_case("x", [3.0, 4, 5, 6], 2, [2])
    assert "no lot" in randomisation_test([single], "randomised_start", "increase").reason


@pytest.mark.parametrize(
    ("values", "drawn", "starts", "text"),
    [
        ([1.0, float("nan"), 2], 1, [1, 2], "value 2"),
        ([1.0, 2, 3], 1, [2], "start that was drawn"),
        ([1.0, 2, 3], 1, [0, 1], "both phases"),
        ([1.0, 2, 3], 1, [1, 1], "both phases"),
        ([1.0, 2, 3], 1, [1, 3], "both phases"),
    ],
)
def test_cases_that_can_not_be(values, drawn, starts, text):
    with pytest.raises(ProgramError, match=text):
        start_point_case("x", values, drawn, starts)


def test_more_that_can_not_be():
    with pytest.raises(ProgramError, match="dealt once"):
        randomisation_test(cases(), "multiple_baseline", "increase", permuted=True)
    with pytest.raises(ProgramError, match="one position from each list"):
        withdrawal_case("x", [1.0, 2, 3, 4], [3, 2], [[1, 2, 3], [2, 3]])
    with pytest.raises(ValueError, match="design is one of"):
        randomisation_test(cases(), "alternated", "increase")
