"""Knock-down by three assays and allele selectivity: hand calculations, published formulas, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from proband.core.errors import ProgramError
from proband.science.stats.posterior import proportion, rate
from proband.science.transcript.knockdown import (
    Cts,
    DigitalSample,
    Efficiencies,
    LibraryCount,
    Partitions,
    copies,
    digital_fall,
    digital_pcr,
    digital_ratio,
    not_amplified,
    rna_seq,
    rt_qpcr,
)
from proband.science.transcript.log_ratio import paired, welch
from proband.science.transcript.mover import difference, odds_ratio, ratio
from proband.science.transcript.selectivity import AlleleReads, selectivity


def cts(target, *references):
    return Cts((target,), tuple((r,) for r in references))


def test_doubling_gives_two_to_the_minus_ddct():
    made = rt_qpcr([cts(27, 20), cts(27.4, 20.2)], [cts(24, 20), cts(24.2, 20.2)])
    # ddCt = (7 + 7.2)/2 - (4 + 4)/2 = 3.1
    assert math.exp(made.estimate) == pytest.approx(2**-3.1)


def test_efficiencies_as_in_the_relative_quantification_formula():
    e = Efficiencies(1.9, (1.8,))
    treated, control = [cts(27, 20), cts(27.4, 20.2)], [cts(24, 19), cts(24.2, 19.2)]
    made = rt_qpcr(treated, control, e)
    # Ratio = E_target^(Ct control - treated) / E_reference^(Ct control - treated), of mean Ct.
    assert math.exp(made.estimate) == pytest.approx(1.9 ** (24.1 - 27.2) / 1.8 ** (19.1 - 20.1))
    wider = rt_qpcr(treated, control, Efficiencies(1.9, (1.8,), 0.05, (0.04,)))
    further = (3.1 * 0.05 / 1.9) ** 2 + (1.0 * 0.04 / 1.8) ** 2
    assert wider.error**2 == pytest.approx(made.error**2 + further)


def test_wells_are_averaged_first_and_do_not_count_as_replicates():
    few = [Cts((26.0, 26.2), ((20.0,),)), Cts((26.4, 26.6), ((20.0,),))]
    many = [Cts((26.0, 26.2) * 4, ((20.0,) * 8,)), Cts((26.4, 26.6) * 4, ((20.0,) * 8,))]
    control = [cts(24, 20), cts(24.5, 20)]
    a, b = rt_qpcr(few, control), rt_qpcr(many, control)
    assert b.error == pytest.approx(a.error)
    assert (b.degrees, b.treated) == (pytest.approx(a.degrees), 2)


def test_several_reference_genes_are_their_geometric_mean():
    e = Efficiencies(2.0, (2.0, 2.0))
    made = rt_qpcr([cts(27, 20, 22), cts(27.5, 20, 22)], [cts(24, 20, 20), cts(24.5, 20, 20)], e)
    assert made.estimate == pytest.approx(-(3 - 1) * math.log(2))


def test_pairs_take_out_the_donor():
    treated = [cts(27, 20), cts(29, 20.1), cts(31, 20)]
    control = [cts(24, 20), cts(26.1, 20), cts(28, 20.1)]
    assert rt_qpcr(treated, control, in_pairs=True).error < rt_qpcr(treated, control).error / 5


def test_wells_that_never_crossed_are_not_numbers():
    lost, control = Cts((None,), ((20.0,),)), [cts(24, 20), cts(24.3, 20)]
    with pytest.raises(ProgramError, match="never crossed") as e:
        rt_qpcr([lost, cts(70, 20)], control, source="ct.csv")
    assert [p.place for p in e.value.problems] == ["treated replicate 1", "treated replicate 2"]
    made = not_amplified([lost, lost], control, cycles=40)
    assert made.side == "lower"
    # Both arms get the control's spread: 0.3 / sqrt(2) cycles, so t on 2 degrees of freedom with error 0.3 / sqrt(2).
    assert made.limit == pytest.approx(1 - 2 ** (-15.85 + stats.t(2).ppf(0.95) * 0.3 / math.sqrt(2)))
    with pytest.raises(ProgramError, match="control replicate 1"):
        not_amplified([lost, lost], [lost, lost], cycles=40)
    with pytest.raises(ProgramError, match=r"no well.*reference|reference genes"):
        rt_qpcr([Cts((20.0,), ((),))], [Cts((20.0,), ())])
    with pytest.raises(ValueError, match="efficiency"):
        Efficiencies(1.0)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=6), st.lists(st.floats(-3, 3), min_size=2, max_size=6))
def test_welch_equals_scipy(x, y):
    if min(np.var(x), np.var(y)) < 1e-6:
        return
    made = welch(x, y)
    other = stats.ttest_ind(x, y, equal_var=False).confidence_interval(0.95)
    assert made.interval() == pytest.approx((math.exp(other.low), math.exp(other.high)), rel=1e-6)


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=2, max_size=6))
def test_pairs_equal_scipy(pairs):
    x, y = np.array(pairs).T
    if np.var(x - y) < 1e-6:
        return
    other = stats.ttest_rel(x, y).confidence_interval(0.95)
    assert paired(x, y).interval() == pytest.approx((math.exp(other.low), math.exp(other.high)), rel=1e-6)


def test_fall_is_one_less_the_ratio_with_its_limits_turned():
    made = welch([-1.0, -1.3, -0.9], [0.0, 0.2, 0.1])
    low, high = made.interval()
    assert made.ratio().interval(0.95) == pytest.approx((low, high))
    assert made.fall().interval(0.95) == pytest.approx((1 - high, 1 - low))
    assert made.fall().value == pytest.approx(1 - made.ratio().value)


def test_too_few_or_equal_replicates_are_refused():
    with pytest.raises(ProgramError, match="fewer than two biological replicates in treated and control"):
        welch([1.0], [2.0])
    with pytest.raises(ProgramError, match="all replicates of each arm are equal"):
        welch([1.0, 1.0], [2.0, 2.0])
    with pytest.raises(ProgramError, match="two pairs"):
        paired([1.0], [2.0])
    assert welch([1.0, 1.0], [2.0, 2.0], (0.1, 0.1)).error == pytest.approx(math.sqrt(0.1))
    assert all(math.isfinite(q) for q in welch([900.0, -900.0], [0.0, 1.0]).ratio().quantiles)


@given(st.integers(0, 19_999))
def test_copies_are_the_poisson_of_the_share(positive):
    q = copies(Partitions(positive, 20_000))
    assert q.value == pytest.approx(-math.log(1 - positive / 20_000), abs=1e-12)
    low, high = q.interval(0.95)
    exact = stats.binomtest(positive, 20_000).proportion_ci(0.95, "exact")
    assert (low, high) == pytest.approx((-math.log(1 - exact.low), -math.log(1 - exact.high)), rel=1e-6, abs=1e-12)


def test_digital_pcr_from_counts_and_over_replicates():
    full = Partitions(100, 100)
    with pytest.raises(ProgramError, match="dilute"):
        copies(full)
    with pytest.raises(ProgramError, match="reference gene"):
        digital_ratio(DigitalSample(Partitions(5, 100), Partitions(0, 100)))
    one, other = (DigitalSample(Partitions(k, 20_000), Partitions(9000, 20_000)) for k in (800, 3000))
    fall = digital_fall(one, other)
    assert fall.value == pytest.approx(1 - math.log(1 - 0.04) / math.log(1 - 0.15))
    assert "spread between samples not known" in fall.model
    none = digital_fall(DigitalSample(Partitions(0, 20_000), Partitions(9000, 20_000)), other)
    assert none.value == 1
    assert 0.99 < none.interval(0.95)[0] < 1
    # Equal replicates: the spread is that of counting, 1/k nearly, for target and reference.
    made = digital_pcr([one, one], [other, other])
    low, high = made.interval()
    assert low < 1 - fall.value < high
    assert made.error**2 == pytest.approx((1 / 800 + 1 / 3000) / 2 + 1 / 9000 * 1.35, rel=0.25)


def test_rna_seq_counts_are_normalised_and_floored():
    made = rna_seq([LibraryCount(100, 2.0), LibraryCount(100, 2.0)], [LibraryCount(200, 1.0), LibraryCount(200, 1.0)])
    assert math.exp(made.estimate) == pytest.approx(100.5 / 2 / 200.5)
    assert made.error**2 == pytest.approx((1 / 100.5 + 1 / 200.5) / 2)
    none = rna_seq([LibraryCount(0, 1.0)] * 3, [LibraryCount(200, 1.0)] * 3)
    assert 0 < none.interval()[0] < none.interval()[1] < 0.1


def test_selectivity_by_hand():
    made = selectivity([AlleleReads(100, 300)], [AlleleReads(200, 200)])
    assert made.selectivity.value == pytest.approx(3.0)
    assert "spread between samples not known" in made.selectivity.model
    low, high = made.selectivity.interval(0.95)
    other = stats.contingency.odds_ratio([[300, 100], [200, 200]]).confidence_interval(0.95)
    assert (low, high) == pytest.approx((other.low, other.high), rel=0.04)
    over = selectivity([AlleleReads(100, 300), AlleleReads(90, 310)], [AlleleReads(200, 200), AlleleReads(205, 195)])
    assert over.selectivity.value == pytest.approx(math.sqrt(3 * 310 / 90 * 205 / 195), rel=0.02)
    assert over.treated.value == pytest.approx(190 / 800)


def test_selectivity_without_mutant_reads_stays_finite_and_bounded_below():
    made = selectivity([AlleleReads(0, 300)], [AlleleReads(150, 150)]).selectivity
    assert 50 < made.interval(0.95)[0] < 300


def test_a_site_that_is_not_heterozygous_is_refused():
    with pytest.raises(ProgramError, match="no read of the mutant allele in the control"):
        selectivity([AlleleReads(1, 5)], [AlleleReads(0, 50)])
    with pytest.raises(ProgramError, match="treated replicate 2"):
        selectivity([AlleleReads(1, 5), AlleleReads(0, 0)], [AlleleReads(5, 5)])
    with pytest.raises(ProgramError, match="no sample"):
        selectivity([], [AlleleReads(5, 5)])


@given(st.integers(1, 60), st.integers(1, 60))
def test_ratios_are_close_to_the_exact_ones_of_poisson_counts(a, b):
    low, high = ratio(rate(a, 1, "r"), rate(b, 1, "r")).interval(0.95)
    exact = stats.binomtest(a, a + b).proportion_ci(0.95, "exact")
    low_exact, high_exact = exact.low / (1 - exact.low), exact.high / (1 - exact.high)
    assert math.log(high / low) == pytest.approx(math.log(high_exact / low_exact), rel=0.2)
    assert low <= a / b <= high


def test_differences_and_odds_turn_over_with_their_arguments():
    a, b = proportion(40, 100), proportion(12, 90)
    forward, back = difference(a, b, "fraction").interval(0.95), difference(b, a, "fraction").interval(0.95)
    assert forward == pytest.approx((-back[1], -back[0]))
    odds, inverse = odds_ratio(a, b).interval(0.95), odds_ratio(b, a).interval(0.95)
    assert odds == pytest.approx((1 / inverse[1], 1 / inverse[0]))
    with pytest.raises(ValueError, match="may be 0"):
        ratio(a, proportion(0, 10))
