"""Fisher's test and its power, the two-hypothesis threshold, corrections over sites: values and naive twins."""

import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.stats import count_tests
from proband.science.stats.count_tests import (
    benjamini_hochberg,
    fisher_greater,
    fisher_power,
    holm,
    smallest_called,
    welch,
)

# Modified reads of the CTLA4 demonstration of an amplicon panel, three treated and three control samples
DEMO = [
    ("ON", (75, 75, 73), (96, 87, 91), (0, 1, 1), (149, 117, 120), "2.6e-122", "7.8e-04"),
    ("OB2 site 2", (29, 27, 36), (148, 121, 141), (1, 0, 0), (153, 149, 145), "4.7e-31", "5.3e-03"),
    ("OB2 site 3", (1, 1, 4), (77, 88, 125), (1, 0, 1), (103, 81, 91), "1.6e-01", "2.1e-01"),
    ("OB2 site 1", (0, 0, 1), (27, 32, 42), (0, 0, 0), (35, 34, 32), "5.0e-01", "4.2e-01"),
]

values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_examples():
    assert doctest.testmod(count_tests).failed == 0


@pytest.mark.parametrize("row", DEMO, ids=lambda r: r[0])
def test_pooled_fisher_and_welch_on_real_counts(row):
    _, kt, nt, kc, nc, fisher, t = row
    assert f"{fisher_greater(sum(kt), sum(nt), sum(kc), sum(nc)):.1e}" == fisher
    fractions = [[k / n for k, n in zip(*arm, strict=True)] for arm in ((kt, nt), (kc, nc))]
    assert f"{welch(*fractions):.1e}" == t


def test_site_3_to_three_digits():
    assert round(fisher_greater(6, 290, 2, 275), 3) == 0.161
    assert round(welch([1 / 77, 1 / 88, 4 / 125], [1 / 103, 0, 1 / 91]), 3) == 0.210


@given(st.integers(1, 15), st.integers(1, 15), st.data())
def test_fisher_is_the_sum_over_tables(n1, n2, data):
    x, y = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    total = x + y
    tables = [math.comb(n1, t) * math.comb(n2, total - t) for t in range(max(0, total - n2), min(n1, total) + 1)]
    above = [math.comb(n1, t) * math.comb(n2, total - t) for t in range(x, min(n1, total) + 1)]
    assert fisher_greater(x, n1, y, n2) == pytest.approx(sum(above) / sum(tables), rel=1e-9)


@pytest.mark.parametrize(
    ("control", "treated", "powers"),
    [
        (0, 0.001, (0.560, 0.971, 1, 1)),
        (1e-4, 0.0011, (0.494, 0.891, 0.997, 1)),
        (5e-4, 0.0015, (0.347, 0.672, 0.930, 1)),
        (1e-3, 0.002, (0.276, 0.513, 0.801, 0.992)),
    ],
)
def test_exact_power_of_fisher(control, treated, powers):
    depths = (5000, 10_000, 20_000, 50_000)
    assert [round(fisher_power(treated, control, n, n), 3) for n in depths] == pytest.approx(list(powers), abs=1e-9)


@pytest.mark.parametrize(
    ("prior", "counts"),
    [
        (0.5, [1, 4, 7, 10, 13, 16]),
        (0.1, [4, 7, 10, 14, 17, 20]),
        (1e-3, [12, 15, 18, 21, 24, 27]),
        (1e-4, [15, 18, 22, 25, 28, 31]),
    ],
)
def test_a_two_hypothesis_threshold_is_a_count_not_a_rate(prior, counts):
    assert [smallest_called(m, 5000, 5000, 0.93, prior) for m in range(6)] == counts
    deeper = [smallest_called(m, 50_000, 50_000, 0.93, prior) for m in range(6)]
    assert deeper == ([15, 19, 22, 25, 28, 31] if prior == 1e-4 else counts)


@given(values)
def test_holm_is_the_step_down_by_hand(p):
    order = sorted(range(len(p)), key=lambda i: p[i])
    made, worst = {}, 0.0
    for rank, i in enumerate(order):
        worst = max(worst, p[i] * (len(p) - rank))
        made[i] = min(1.0, worst)
    assert holm(p) == pytest.approx([made[i] for i in range(len(p))])


@given(values)
def test_discovery_rates_are_the_least_over_larger_ranks(p):
    ordered = sorted(p)
    expected = [
        min(1.0, min(ordered[k] * len(p) / (k + 1) for k in range(len(p)) if ordered[k] >= value)) for value in p
    ]
    made = benjamini_hochberg(p)
    assert made == pytest.approx(expected)
    assert all(q >= v - 1e-12 for q, v in zip(made, p, strict=True))


def test_nothing_to_correct_and_nothing_to_test():
    assert holm([]) == benjamini_hochberg([]) == []
    with pytest.raises(ValueError, match="two replicates"):
        welch([0.1], [0.2, 0.3])
    with pytest.raises(ValueError, match="spread"):
        welch([0.1, 0.1], [0.2, 0.2])
    with pytest.raises(ValueError, match="count"):
        fisher_greater(3, 2, 0, 5)
