"""Immortal time: Stanford's three ratios together, and no way to the naive one alone."""

import copy
import csv
import doctest
import inspect
import math
from pathlib import Path

import numpy as np
import pytest

from proband.core.errors import ProgramError
from proband.science.bias import immortal_time as module
from proband.science.bias.immortal_time import ImmortalTime, immortal_time
from proband.science.stats.cox import cox
from proband.science.stats.estimate import Estimate
from proband.science.stats.event_times import event_times

TABLE = Path(__file__).resolve().parents[4] / "shared" / "reference" / "statistics" / "jasa_stanford.csv"


def test_examples():
    assert doctest.testmod(module).failed == 0


def stanford():
    """Stanford heart transplants (Crowley and Hu, J Am Stat Assoc 1977;72:27-36)."""
    if not TABLE.is_file():
        pytest.skip(f"{TABLE} is not there")
    with TABLE.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    waits = [float(r["wait.time"]) if r["wait.time"] else None for r in rows]
    return waits, [float(r["futime"]) for r in rows], [int(r["fustat"]) for r in rows]


def test_stanford_three_ratios_printed_together():
    made = immortal_time(*stanford(), landmark=30)
    assert [line.split("\t")[1] for line in made.together.table().splitlines()[1:]] == [
        "0.266217", "0.915046", "1.13558"
    ]  # fmt: skip
    assert made.landmark.value == pytest.approx(0.91504587, abs=1e-8)
    assert made.time_varying.value == pytest.approx(1.1355773, abs=1e-7)
    assert made.landmark_n == 78
    for text in (str(made), repr(made), f"{made}", str(made.together), repr(made.together), f"{made.together:>9}"):
        assert all(number in text for number in ("0.266", "0.915", "1.14"))
    figure = made.together.figure("Heart transplant")
    assert [round(r["ratio"], 5) for r in figure.rows] == [0.26622, 0.91505, 1.13558]


def numbers_in(value):
    """Every number that a public value holds by itself."""
    if isinstance(value, Estimate):
        return [x for x in (value.value, value.low, value.high) if x is not None]
    if isinstance(value, (int, float)):
        return [value]
    if isinstance(value, (tuple, list)):
        return [x for v in value for x in numbers_in(v)]
    return []


def naive_numbers():
    waits, last, event = stanford()
    naive = cox(event_times([d + 1 for d in last], event), {"t": [w is not None for w in waits]}).hazard_ratio("t")
    return naive.value, naive.low, naive.high


def test_no_public_way_to_the_naive_ratio_alone():
    made, naive = immortal_time(*stanford(), landmark=30), naive_numbers()
    assert naive[0] == pytest.approx(0.26621664, abs=1e-8)
    for held in (made, made.together):
        for name in dir(held):
            if name.startswith("_"):
                continue
            value = getattr(held, name)
            found = numbers_in(value)
            assert not any(math.isclose(x, n) for x in found for n in naive), name
            if callable(value):
                # what a method gives is text or a figure that holds all three
                given = value("title") if name == "figure" else value()
                assert not numbers_in(given), name
                text = str(given)
                assert all(f"{x:.5g}"[:5] in text for x in (0.26622, 0.91505, 1.13558)), name
    for act in (lambda: made.together[0], lambda: list(made.together), lambda: iter(made.together), lambda: made[0]):
        with pytest.raises(TypeError):
            act()
    assert str(copy.deepcopy(made)) == str(made)


def test_no_public_function_of_the_module_returns_an_estimate_by_itself():
    own = [
        (n, f) for n, f in inspect.getmembers(module, inspect.isfunction)
        if f.__module__ == module.__name__ and not n.startswith("_")
    ]  # fmt: skip
    assert [n for n, _ in own] == ["immortal_time"]
    assert inspect.signature(immortal_time).return_annotation == "ImmortalTime"
    assert set(ImmortalTime.__slots__) >= {"landmark", "time_varying", "together"}
    assert "naive" not in ImmortalTime.__slots__


def test_the_naive_ratio_is_not_told_where_the_others_can_not_be():
    made = immortal_time([5, None, 6, None], [9, 2, 12, 3], [1, 1, 0, 1], landmark=20)
    assert "not told without" in str(made.together)
    assert made.reason
    assert all(not line.split("\t")[1] for line in made.together.table().splitlines()[1:2])
    assert made.together.figure("x").rows == ()


def test_time_varying_equals_the_rows_written_by_hand():
    made = immortal_time([2, None, 4, None, 1], [8, 3, 4, 9, 6], [1, 1, 1, 0, 1], landmark=2)
    times = event_times(
        [3, 9, 4, 4.5, 5, 10, 2, 7], [0, 1, 1, 0, 1, 0, 0, 1], [0, 3, 0, 0, 4.5, 0, 0, 2], list("aabccdee")
    )
    by_hand = cox(times, {"t": [0, 1, 0, 0, 1, 0, 0, 1]}).hazard_ratio("t")
    assert made.time_varying.value == pytest.approx(by_hand.value)


def test_no_effect_and_waiting_makes_the_naive_ratio_a_miracle_and_the_others_not():
    rng = np.random.default_rng(4)
    death, wait = rng.exponential(100, 1500).round(), rng.exponential(100, 1500).round()
    treated = [float(w) if w <= d else None for w, d in zip(wait, death, strict=True)]
    made = immortal_time(treated, death, np.ones(1500), landmark=50)
    naive = float(made.together.table().splitlines()[1].split("\t")[1])
    assert naive < 0.6
    assert made.time_varying.low < 1 < made.time_varying.high
    assert made.landmark.low < 1 < made.landmark.high


def test_hostile_input():
    with pytest.raises(ProgramError) as caught:
        immortal_time([9, None, -1], [5, -2, 4], [1, 0, 3], landmark=-1)
    assert len(caught.value.problems) == 5
    with pytest.raises(ProgramError):
        immortal_time([], [], [], landmark=3)
    with pytest.raises(ProgramError):
        immortal_time([1, float("nan")], [5, 6], [1, 1], landmark=3)
    with pytest.raises(ProgramError):
        immortal_time([1], [5, 6], [1, 1], landmark=3)
    nobody = immortal_time([None, None], [5, 6], [1, 1], landmark=3)
    assert nobody.time_varying.value is None
    assert "0.266" not in str(nobody)
