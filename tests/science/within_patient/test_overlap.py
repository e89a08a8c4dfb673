"""Indices against worked examples: SingleCaseES 0.7.4 on Parker and others 2011, Tarlow 2017, scan exampleAB."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.within_patient.overlap import NAMES, nap_error, overlap_indices

A, B = [20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29]

VALUES = {
    "NAP": 0.9166666667,
    "Tau": 0.8333333333,
    "Tau-BC": 0.2857142857,
    "PND": 0.7142857143,
    "PEM": 1.0,
    "PAND": 0.8461538462,
    "IRD": 0.6904761905,
    "Tau-U": 0.7380952381,
    "SMD": 1.649931881,
    "SMD pooled": 1.876247411,
    "LRRi": 0.1953961657,
    "LRRd": -0.1953961657,
    "LRM": 0.218689201,
    "PoGO": 66.88311688,
}
ERRORS = {
    "NAP": 0.06900655593,
    "Tau": 0.1380131119,
    "Tau-BC": 0.3595159255,
    "SMD": 0.6340935086,
    "LRRi": 0.05557723213,
    "LRM": 0.07641543228,
}


@pytest.mark.parametrize("name", NAMES)
def test_published_values_and_errors(name):
    made = overlap_indices(A, B, "increase", goal=30)[name]
    assert made.value == pytest.approx(VALUES[name], abs=5e-9)
    if name in ERRORS:
        assert made.error == pytest.approx(ERRORS[name], abs=5e-10)
    assert "not a claim" in made.label


def test_other_errors_and_limits_of_nap():
    a, b = np.array(A, float), np.array(B, float)
    assert nap_error(a, b, "Hanley") == pytest.approx(0.07739185341, abs=5e-11)
    assert nap_error(a, b, "null") == pytest.approx(0.1666666667, abs=5e-11)
    low, high = overlap_indices(A, B, "increase")["NAP"].interval
    # The published limits, .5973406 and .9860176, are roots to within a tolerance of 1e-4; these are exact.
    assert (low, high) == (pytest.approx(0.59734, abs=1e-4), pytest.approx(0.98602, abs=1e-4))


def test_tarlow():
    made = overlap_indices([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], "increase")
    assert [made[k].value for k in ("Tau", "Tau-U", "Tau-BC")] == pytest.approx([1.0, 0.6, 0.0], abs=1e-12)


values = st.lists(st.integers(1, 40).map(float), min_size=3, max_size=9)


@given(values, values)
def test_turning_values_and_direction_changes_nothing(a, b):
    up = overlap_indices(a, b, "increase")
    down = overlap_indices([-x for x in a], [-x for x in b], "decrease")
    for name in ("NAP", "Tau", "Tau-BC", "Tau-U", "PND", "PEM", "PAND", "IRD", "SMD", "SMD pooled"):
        assert up[name].value == (None if down[name].value is None else pytest.approx(down[name].value))
    assert 0 <= up["NAP"].value <= 1
    assert max(len(a), len(b)) / (len(a) + len(b)) <= up["PAND"].value <= 1


def test_nothing_comes_from_nothing():
    assert all(i.value is None and i.reason for i in overlap_indices([], B, "increase").values())
    assert all(i.value is None and i.reason for i in overlap_indices(A, [math.nan], "increase").values())
    flat = overlap_indices([3, 3, 3], [3, 3, 3], "increase")
    assert flat["SMD"].value is None
    assert flat["NAP"].value == 0.5
    assert overlap_indices([0, 0, 0], [1, 2, 3], "increase")["LRRi"].value is None
    assert overlap_indices(A, B, "increase")["PoGO"].reason == "no goal was stated"
    one = overlap_indices([5], [7], "increase")
    assert one["NAP"].value == 1.0
    assert one["NAP"].error is None
    with pytest.raises(ValueError, match="increase or decrease"):
        overlap_indices(A, B, "better")
