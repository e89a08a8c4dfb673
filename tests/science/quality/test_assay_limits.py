"""Limits of an assay: by hand, against scans that share no code, refusals, and what they hold in simulation."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from proband.science.quality.assay_limits import (
    LotLimit,
    factor,
    limit_of_blank,
    limit_of_detection_over,
    upper_limit_by_rank,
    upper_limit_of_point,
)
from proband.science.quality.precision_profile import Level, by_precision, by_total_error, level_of
from proband.science.quality.probit_detection import probit_detection

TEN = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


def test_factor_by_hand():
    # B = 60 results of K = 5 samples: 1.644854 / (1 - 1/220)
    assert factor(60, 5) == pytest.approx(1.6448536 * 220 / 219)
    with pytest.raises(ValueError, match="second result"):
        factor(5, 5)


def test_limit_of_blank_by_hand():
    # ten blanks of one sample, rank 0.5 + 9.5 = 10: the greatest
    assert limit_of_blank({"R1": {"b": TEN}}).value == 1.0
    # normal: mean 0.55, SD sqrt(0.825/9) = 0.302765; c = 1.644854 / (1 - 1/36) = 1.691850
    made = limit_of_blank({"R1": {"b": TEN}}, "normal")
    assert made.value == pytest.approx(0.55 + 1.6918494 * 0.3027650, abs=1e-6)
    # twenty blanks: rank 19.5 lies between the 19th and the 20th
    assert limit_of_blank({"R1": {"b": list(range(20))}}).value == 18.5


def test_lots_count_by_the_greatest_and_together_from_four():
    lots = {f"R{i}": {"b": [x + i for x in TEN]} for i in range(3)}
    assert limit_of_blank(lots).value == 3.0
    four = {**lots, "R3": {"b": TEN}}
    together = sorted(x for held in four.values() for x in held["b"])
    made = limit_of_blank(four)
    assert [x.lot for x in made.lots] == ["all lots"]
    assert made.value == pytest.approx(float(np.interp(38.5, range(1, 41), together)))


def test_limit_of_detection_by_hand():
    # samples 2, 3, 4 and 3, 4, 5: pooled variance 1, L - J = 4, c = 1.644854 / (1 - 1/16) = 1.754511
    blanks = limit_of_blank({"R1": {"b": TEN}})
    made = limit_of_detection_over(blanks, {"R1": {"s1": [2.0, 3.0, 4.0], "s2": [3.0, 4.0, 5.0]}})
    assert made.value == pytest.approx(1.0 + 1.7545106, abs=1e-6)
    assert not made.established
    assert "fewer than 60 blanks for a reagent lot (10 of lot R1)" in made.caveats
    assert "one reagent lot: nothing is known of the difference between lots" in made.caveats


def test_refusals_are_told():
    few = limit_of_blank({"R1": {"b": TEN[:9]}, "R2": {"b": TEN}})
    assert few.value is None
    assert few.refusal == "9 blanks of reagent lot R1: at least 10 are needed"
    after = limit_of_detection_over(few, {"R1": {"s": [1.0, 2.0]}, "R2": {"s": [1.0, 2.0]}})
    assert after.value is None
    assert "at least 10" in after.refusal
    single = limit_of_detection_over(limit_of_blank({"R1": {"b": TEN}}), {"R1": {"s": [1.0], "t": [2.0]}})
    assert "no low sample of reagent lot R1 has two results" in single.refusal
    other = limit_of_detection_over(limit_of_blank({"R1": {"b": TEN}}), {"R2": {"s": [1.0, 2.0]}})
    assert "no blanks of reagent lot R2" in other.refusal
    assert limit_of_blank({}).refusal == "no blanks"
    for bad in (math.nan, math.inf):
        with pytest.raises(ValueError, match="finite"):
            limit_of_blank({"R1": {"b": [*TEN, bad]}})
    with pytest.raises(ValueError, match="no rule"):
        limit_of_blank({"R1": {"b": TEN}}, "best")


def test_unequal_spread_is_told():
    rng = np.random.default_rng(1)
    low = {"R1": {"s": list(rng.normal(1, 0.1, 30)), "t": list(rng.normal(5, 2.0, 30))}}
    made = limit_of_detection_over(limit_of_blank({"R1": {"b": TEN}}), low)
    assert any("Bartlett" in c for c in made.caveats)


def test_upper_limits_of_the_point():
    # k of the one-sided tolerance limit, n = 10, 95/95: 2.911 (Hald 1952; ISO 16269-6)
    assert upper_limit_of_point(TEN) == pytest.approx(0.55 + 2.911 * np.std(TEN, ddof=1), abs=5e-4)
    assert upper_limit_by_rank(list(range(59))) == 58.0
    assert upper_limit_by_rank(list(range(58))) is None
    assert limit_of_blank({"R1": {"b": [float(i) for i in range(93)]}}).lots[0] == LotLimit("R1", 87.85, 93, 1, 91.0)
    # n = 93: P(Bin(93, 0.95) <= 91) = 0.9501, P(<= 90) = 0.8597
    assert stats.binom.cdf(91, 93, 0.95) >= 0.95 > stats.binom.cdf(90, 93, 0.95)


DOSES, HITS, RUNS = [1.0, 2.0, 4.0, 8.0], [2, 10, 17, 20], [20, 20, 20, 20]


def test_probit_against_a_scan_of_the_likelihood():
    x, k, n = np.log10(DOSES), np.array(HITS), np.array(RUNS)

    def log_likelihood(a, b):
        p = np.clip(stats.norm.cdf(a + b * x), 1e-300, 1 - 1e-16)
        return np.sum(k * np.log(p) + (n - k) * np.log1p(-p))

    best = optimize.minimize(lambda v: -log_likelihood(*v), [0.0, 2.0], method="Nelder-Mead", tol=1e-10)
    a, b = best.x
    made = probit_detection(DOSES, HITS, RUNS)
    assert made.value == pytest.approx(10 ** ((1.6448536 - a) / b), rel=1e-5)
    assert made.slope == pytest.approx(b, rel=1e-4)
    for end in (made.low, made.high):
        theta = np.log10(end)
        profile = max(log_likelihood(1.6448536 - s * theta, s) for s in np.linspace(0.5, 8, 2_001))
        assert 2 * (-best.fun - profile) == pytest.approx(3.8414588, abs=1e-3)
    p = stats.norm.cdf(a + b * x)
    assert made.p_fit == pytest.approx(stats.chi2.sf(np.sum((k - n * p) ** 2 / (n * p * (1 - p))), 2), rel=1e-3)


@pytest.mark.parametrize(
    ("hits", "said"),
    [
        ([0, 0, 20, 20], "hits separate the doses"),
        ([0, 10, 20, 20], "hits separate the doses"),
        ([0, 0, 0, 0], "no hit at any dose"),
        ([20, 20, 20, 20], "a hit in every run"),
        ([20, 20, 10, 0], "do not rise"),
        ([15, 12, 9, 5], "do not rise"),
    ],
)
def test_probit_refuses_without_an_interval(hits, said):
    made = probit_detection(DOSES, hits, RUNS)
    assert said in made.refusal
    assert (made.value, made.low, made.high) == (None, None, None)


def test_probit_edges():
    assert probit_detection([1.0, 2.0, 4.0], [0, 10, 20], [20] * 3).between == (2.0, 4.0)
    assert probit_detection([1.0, 2.0], [0, 10], [20] * 2).between == (2.0, math.inf)
    assert "two" in probit_detection([1.0], [10], [20]).refusal
    open_ended = probit_detection([1.0, 2.0, 4.0], [2, 2, 3], [4, 4, 4])
    assert open_ended.high is None
    assert any("open" in c for c in open_ended.caveats)
    split = probit_detection([*DOSES, 2.0], [2, 4, 17, 20, 6], [20, 10, 20, 20, 10])
    assert split.value == pytest.approx(probit_detection(DOSES, HITS, RUNS).value)
    for doses, hits, runs in (([0.0, 1.0], [0, 1], [2, 2]), ([1.0, 2.0], [3, 1], [2, 2]), ([1.0], [1, 2], [2])):
        with pytest.raises(ValueError, match=r"can not be|one length"):
            probit_detection(doses, hits, runs)


# Means and CVs (%) of two reagent lots: the worked example of CLSI EP17-A2, appendix D, as it is handed on in the
# documentation of the R package VFP (read there; the guideline itself was not).
MEANS = {
    1: [0.04, 0.053, 0.08, 0.111, 0.137, 0.164, 0.19, 0.214, 0.245],
    2: [0.041, 0.047, 0.077, 0.106, 0.136, 0.159, 0.182, 0.205, 0.234],
}
CVS = {
    1: [40.2, 29.6, 19.5, 15.1, 10.0, 7.4, 6.0, 7.5, 5.4],
    2: [44.1, 28.8, 15.1, 17.8, 11.4, 9.2, 8.4, 7.8, 6.2],
}


@pytest.mark.parametrize("lot", [1, 2])
def test_precision_profile_of_the_guidelines_data(lot):
    levels = [Level(str(m), m, m * c / 100, 39) for m, c in zip(MEANS[lot], CVS[lot], strict=True)]
    made = by_precision(levels, 0.2)
    slope, start = np.polyfit(np.log(MEANS[lot]), np.log(np.array(CVS[lot]) / 100), 1)
    assert (made.b, made.log_a) == (pytest.approx(slope), pytest.approx(start))
    assert made.value == pytest.approx(np.exp((np.log(0.2) - start) / slope))
    assert 0.07 < made.value < 0.09
    assert made.value < made.upper < 0.1


def test_quantitation_refuses_and_bounds():
    levels = [Level(str(m), m, 0.02, 39) for m in (0.05, 0.1, 0.2, 0.4)]
    assert by_precision(levels, 0.2, lod=0.15).value == 0.15
    assert "not met at the highest level" in by_precision(levels, 0.01).refusal
    least = by_precision(levels, 0.9)
    assert (least.value, len(least.caveats)) == (0.05, 1)
    assert "needs 3" in by_precision(levels[:2], 0.2).refusal
    rising = [Level(str(m), m, 0.1 * m * m, 9) for m in (1.0, 2.0, 4.0)]
    assert "does not fall" in by_precision(rising, 0.2).refusal
    with pytest.raises(ValueError, match="goal"):
        by_precision(levels, 0.0)
    with pytest.raises(ValueError, match="two finite"):
        level_of("x", [1.0])


def test_total_error_asks_for_every_level_above():
    levels = [
        Level("a", 1.0, 0.05, 9, 1.0),
        Level("b", 2.6, 0.1, 9, 2.0),
        Level("c", 4.0, 0.2, 9, 4.0),
        Level("d", 8.1, 0.4, 9, 8.0),
    ]
    # a: 0.1 of 0.3; b: 0.6 + 0.2 of 0.6 fails; c: 0.4 of 1.2; d: 0.9 of 2.4
    assert by_total_error(levels, 0.3).value == 4.0
    assert "not met" in by_total_error(levels, 0.05).refusal
    assert "no level" in by_total_error([Level("a", 1.0, 0.1, 9)], 0.3).refusal


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["rank", "normal"])
def test_what_limits_hold_in_simulation(rule):
    """Blanks above the limit: 5 % on average; a sample at the limit of detection: 95 % above the limit of blank."""
    rng = np.random.default_rng(6)
    above, seen, covered = [], [], 0
    for _ in range(2000):
        blanks = limit_of_blank({"R": {"b": list(rng.normal(0, 1, 60))}}, rule)
        low = {"R": {str(i): list(rng.normal(2 + i, 1, 12)) for i in range(5)}}
        lod = limit_of_detection_over(blanks, low).value
        above.append(stats.norm.sf(blanks.value))
        seen.append(stats.norm.cdf(lod - blanks.value))
        covered += blanks.lots[0].upper > 1.6448536
    # the expectation is exact: by rank 1 - 57.5 / 61, of normal blanks a tail of t with 59 degrees of freedom
    expected = {"rank": 1 - 57.5 / 61, "normal": stats.t.sf(factor(60, 1) / math.sqrt(1 + 1 / 60), 59)}
    assert np.mean(above) == pytest.approx(expected[rule], abs=0.003)
    assert np.mean(seen) == pytest.approx(0.95, abs=0.006)
    assert covered / 2000 > 0.94


@pytest.mark.slow
def test_coverage_of_the_probit_interval():
    rng = np.random.default_rng(8)
    doses, true = [1.0, 2.0, 4.0, 8.0, 16.0], 10 ** ((1.6448536 + 1.0) / 3.0)
    p = stats.norm.cdf(-1.0 + 3.0 * np.log10(doses))
    inside = told = 0
    for _ in range(400):
        made = probit_detection(doses, list(rng.binomial(24, p)), [24] * 5)
        if made.value is None:
            continue
        told += 1
        inside += (made.low or 0) <= true <= (made.high or math.inf)
    assert told > 390
    assert inside / told == pytest.approx(0.95, abs=0.035)
