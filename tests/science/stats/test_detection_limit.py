"""Limits of blank and detection: tabulated values, definitions checked by brute force, and what they refuse."""

import doctest
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from proband.science.stats import detection_limit
from proband.science.stats.detection_limit import (
    consensus_error,
    count_limit,
    count_limit_from_control,
    critical_count,
    effective_depth,
    genomes_in,
    limit_of_blank,
    limit_of_blank_by_rank,
    limit_of_detection,
    molecule_limit,
    probit_limit,
)

BACKGROUNDS = (0, 1e-5, 1e-4, 5e-4, 1e-3, 5e-3)
# depth: (critical count, LoD in percent) at each background, alpha = beta = 0.05
TABLE = {
    1_000: ((0, 0.2991), (0, 0.2981), (1, 0.4635), (2, 0.5782), (3, 0.6735), (9, 1.0653)),
    5_000: ((0, 0.0599), (0, 0.0589), (2, 0.1159), (5, 0.1601), (9, 0.2139), (33, 0.3815)),
    10_000: ((0, 0.0300), (1, 0.0464), (3, 0.0675), (9, 0.1070), (15, 0.1309), (62, 0.2654)),
    50_000: ((0, 0.0060), (2, 0.0116), (9, 0.0214), (33, 0.0382), (62, 0.0532), (276, 0.1097)),
    100_000: ((0, 0.0030), (3, 0.0068), (15, 0.0131), (62, 0.0266), (117, 0.0364), (537, 0.0766)),
}


def test_examples():
    assert doctest.testmod(detection_limit).failed == 0


@pytest.mark.parametrize("depth", TABLE)
def test_the_count_form(depth):
    made = [count_limit(depth, b) for b in BACKGROUNDS]
    assert [(m.critical, round(100 * m.lod, 4)) for m in made] == list(TABLE[depth])
    assert all(m.lob == m.critical / depth for m in made)


# (control, depth): LoD in percent to three decimals; the critical count where it was tabulated
@pytest.mark.parametrize(
    ("control", "depth", "critical", "lod"),
    [
        (0, 5_000, 6, 0.177),
        (0, 10_000, None, 0.088),
        (1, 10_000, None, 0.110),
        (5, 10_000, None, 0.138),
        (0, 50_000, None, 0.018),
        (15, 50_000, None, 0.0375),
        (0, 100_000, None, 0.009),
    ],
)
def test_the_count_form_with_the_background_at_its_upper_bound(control, depth, critical, lod):
    made = count_limit_from_control(depth, control, depth)
    assert round(100 * made.lod, 4 if lod == 0.0375 else 3) == lod
    assert critical in (None, made.critical)


def test_family_wise():
    made = [count_limit(50_000, 1e-4, sites=s) for s in (1, 10, 100, 1000)]
    assert [m.critical for m in made] == [9, 12, 14, 16]
    assert [round(100 * m.lod, 4) for m in made] == [0.0214, 0.0289, 0.0338, 0.0386]


@pytest.mark.parametrize(
    ("rho", "digits", "limits"),
    [(1e-5, 3, (0.147, 0.067, 0.052)), (1e-4, 3, (0.204, 0.146, 0.138)), (1e-3, 2, (0.61, 0.57, 0.56))],
)
def test_overdispersion_sets_a_floor(rho, digits, limits):
    made = [100 * count_limit(n, 1e-3, rho=rho).lod for n in (10_000, 50_000, 100_000)]
    assert [round(x, digits) for x in made] == list(limits)


def test_molecules():
    assert round(genomes_in(10)) == 3030
    printed = [round(100 * molecule_limit(genomes_in(ng)), 4) for ng in (33, 100, 1000)]
    assert printed == [0.03, 0.0099, 0.001]
    assert round(100 * molecule_limit(genomes_in(10)), 3) == 0.099
    assert effective_depth(50_000, genomes_in(10)) == 3030
    assert effective_depth(2_000, genomes_in(10)) == effective_depth(2_000, None) == 2_000


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 400),
    st.one_of(st.just(0.0), st.floats(1e-9, 0.3)),
    st.sampled_from([0.01, 0.05, 0.2]),
    st.sampled_from([0.0, 1e-4, 1e-2]),
)
def test_definitions_by_brute_force(n, b, alpha, rho):
    k = critical_count(n, b, alpha, rho)
    counts = np.arange(n + 1)

    def law(p):
        size = (1 - rho) / rho if rho else 0
        made = stats.betabinom(n, p * size, (1 - p) * size) if rho and 0 < p < 1 else stats.binom(n, p)
        return made.pmf(counts)

    assert law(b)[counts > k].sum() <= alpha + 1e-9
    assert k == 0 or law(b)[counts > k - 1].sum() > alpha - 1e-9
    lod = count_limit(n, b, alpha, 0.05, rho=rho).lod
    if b + lod < 1 - 1e-9:
        assert law(b + lod)[counts > k].sum() == pytest.approx(0.95, abs=1e-6)


def test_classical_limits_by_hand():
    blanks = [0.1, 0.3, 0.2, 0.0, 0.4]
    assert limit_of_blank(blanks) == pytest.approx(np.mean(blanks) + 1.6448536 * np.std(blanks, ddof=1))
    low = [[1.0, 1.4, 1.2], [0.8, 1.1]]
    pooled = math.sqrt((0.08 + 0.045) / 3)
    assert limit_of_detection(0.5, low) == pytest.approx(0.5 + 1.6448536 / (1 - 1 / 12) * pooled)
    # 60 blanks: rank 0.5 + 57 = 57.5, between the 57th and the 58th
    assert limit_of_blank_by_rank(sorted(range(60), reverse=True)) == 56.5


def test_the_probit_line_finds_its_dose():
    doses = np.geomspace(1, 16, 9)
    hits = stats.norm.cdf(-1.0 + 2.5 * np.log10(doses)) * 1e6
    expected = 10 ** ((stats.norm.ppf(0.95) + 1.0) / 2.5)
    assert probit_limit(doses, np.round(hits).astype(int), [1_000_000] * 9) == pytest.approx(expected, rel=1e-3)


def test_what_is_not_identified_is_refused():
    with pytest.raises(ValueError, match="not identified"):
        probit_limit([1, 2, 4], [0, 20, 20], [20, 20, 20])
    with pytest.raises(ValueError, match="not identified"):
        probit_limit([1, 2, 4], [15, 10, 5], [20, 20, 20])
    with pytest.raises(ValueError, match="too few"):
        limit_of_blank_by_rank([1.0] * 9)
    with pytest.raises(ValueError, match="two results"):
        limit_of_detection(1.0, [[2.0], [3.0]])
    with pytest.raises(ValueError, match="needs"):
        count_limit(0, 0.1)
    with pytest.raises(ValueError, match="ng"):
        genomes_in(0)


def test_a_depth_that_never_reaches_the_power_says_so():
    assert count_limit(1, 0.2).lod == pytest.approx(0.8)


def test_consensus_by_enumeration():
    # three members, one of three wrong bases: two or three of them share it
    e = 0.003 / 3
    assert consensus_error(0.003, 3) == pytest.approx(3 * (3 * e**2 * (1 - e) + e**3))
    assert consensus_error(0.003, 1) == 0.003
