"""Shelf life: against hand computation, against an oracle that shares no code, at the edges, and its coverage."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from proband.science.quality.extrapolation import reach
from proband.science.quality.shelf_life import Acceptance, LotSeries, fit_lines, shelf_life

FALLS = Acceptance(90.0, None, "falls")
TIMES = (0.0, 3.0, 6.0, 9.0, 12.0)


def scanned(times, values, limit, level=0.95, sign=1.0):
    """The first time at which the limit of the textbook formula is met, by bisection of a scan; no code is shared."""
    t, y = np.asarray(times), np.asarray(values)
    n, tbar = len(t), np.mean(t)
    sxx = np.sum((t - tbar) ** 2)
    b = np.sum((t - tbar) * (y - y.mean())) / sxx
    a = y.mean() - b * tbar
    s = math.sqrt(np.sum((y - a - b * t) ** 2) / (n - 2))
    q = stats.t.ppf(level, n - 2)

    def slack(x):
        return sign * (a + b * x - limit) - q * s * math.sqrt(1 / n + (x - tbar) ** 2 / sxx)

    grid = np.linspace(0, 2000, 400_001)
    h = sign * (a + b * grid - limit) - q * s * np.sqrt(1 / n + (grid - tbar) ** 2 / sxx)
    below = np.flatnonzero(h < 0)
    if below.size == 0:
        return math.inf
    if below[0] == 0:
        return 0.0
    low, high = grid[below[0] - 1], grid[below[0]]
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if slack(middle) >= 0 else (low, middle)
    return low


def test_one_lot_by_hand():
    # t 0, 3, 6, 9, 12; y 100.2, 99.1, 98.3, 97.0, 96.2: mean t 6, mean y 98.16, Sxx 90
    # Sxy = -6*2.04 - 3*0.94 + 0*0.14 + 3*-1.16 + 6*-1.96 = -30.3; b = -0.336667; a = 98.16 + 2.02 = 100.18
    # residuals 0.02, -0.07, 0.14, -0.15, 0.06: sum of squares 0.051; s^2 = 0.017
    made = shelf_life([LotSeries("A", TIMES, (100.2, 99.1, 98.3, 97.0, 96.2))], FALLS)
    (line,) = made.lines
    assert line.slope == pytest.approx(-30.3 / 90)
    assert line.intercept == pytest.approx(100.18)
    assert line.sd**2 == pytest.approx(0.051 / 3)
    assert line.limit(6.0, "lower", 0.95) == pytest.approx(98.16 - 2.3533634 * math.sqrt(0.017 / 5), abs=1e-6)
    # the limit of the mean at the shelf life is the acceptance limit
    t = made.time
    spread = 2.3533634 * math.sqrt(0.017 * (1 / 5 + (t - 6) ** 2 / 90))
    assert 100.18 - 30.3 / 90 * t - spread == pytest.approx(90.0, abs=1e-6)
    assert (made.model, made.within_data) == ("one_lot", 12.0)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-3, 3), min_size=5, max_size=5),
    st.floats(-1.5, 0.5),
    st.sampled_from([("lower", "falls", 90.0, 1.0), ("upper", "rises", 110.0, -1.0)]),
)
def test_any_lot_agrees_with_the_scan(noise, slope, case):
    side, moves, limit, sign = case
    values = tuple(100 + sign * slope * t + e for t, e in zip(TIMES, noise, strict=True))
    if np.ptp(noise) < 1e-3:
        return
    accepted = Acceptance(limit if side == "lower" else None, limit if side == "upper" else None, moves)
    made = shelf_life([LotSeries("A", TIMES, values)], accepted)
    wanted = scanned(TIMES, values, limit, sign=sign)
    if wanted > 1900:
        assert made.time > 1800
    else:
        assert made.time == pytest.approx(wanted, rel=1e-5, abs=2e-3)


def test_a_limit_on_either_side_takes_the_stricter_level():
    lot = LotSeries("A", TIMES, (100.2, 99.1, 98.3, 97.0, 96.2))
    both = shelf_life([lot], Acceptance(90.0, 110.0, "either"))
    assert both.time == pytest.approx(scanned(lot.times, lot.values, 90.0, level=0.975), abs=1e-3)
    assert both.side == "lower"
    assert both.time < shelf_life([lot], FALLS).time


def three(slopes, starts, noise=0.2, seed=4):
    rng = np.random.default_rng(seed)
    return [
        LotSeries(name, TIMES, tuple(a + b * t + noise * e for t, e in zip(TIMES, rng.normal(size=5), strict=True)))
        for name, a, b in zip("ABC", starts, slopes, strict=True)
    ]


def nested_f(lots):
    """P of slopes and of intercepts from explicit designs: ordinary least squares without any code of ours."""
    t = np.concatenate([s.times for s in lots])
    y = np.concatenate([s.values for s in lots])
    g = np.repeat(np.arange(len(lots)), [len(s.times) for s in lots])
    dummies = np.eye(len(lots))[g]

    def rss(x):
        return float(np.sum((y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) ** 2))

    full = rss(np.column_stack([dummies, dummies * t[:, None]]))
    common, one = rss(np.column_stack([dummies, t])), rss(np.column_stack([np.ones_like(t), t]))
    k, df = len(lots) - 1, len(y) - 2 * len(lots)
    return [stats.f.sf((a / k) / (full / df), k, df) for a in (common - full, one - common)]


@pytest.mark.parametrize(
    ("slopes", "starts", "model"),
    [
        ((-0.3, -0.3, -0.3), (100, 100, 100), "one_line"),
        ((-0.3, -0.3, -0.3), (100, 98, 102), "common_slope"),
        ((-0.1, -0.3, -0.6), (100, 100, 100), "separate"),
    ],
)
def test_poolability(slopes, starts, model):
    lots = three(slopes, starts)
    made = shelf_life(lots, FALLS)
    p_slopes, p_intercepts = nested_f(lots)
    assert made.model == model
    assert made.p_slopes == pytest.approx(p_slopes, rel=1e-6)
    if model != "separate":
        assert made.p_intercepts == pytest.approx(p_intercepts, rel=1e-6)
    if model == "one_line":
        t, y = np.concatenate([s.times for s in lots]), np.concatenate([s.values for s in lots])
        assert made.time == pytest.approx(scanned(t, y, 90.0), abs=1e-3)
    else:
        assert made.lot == {"common_slope": "B", "separate": "C"}[model]


def test_separate_lines_use_the_mean_square_of_all_lots():
    lots = three((-0.1, -0.3, -0.6), (100, 100, 100))
    lines, rss, df = fit_lines(lots, "separate")
    assert df == 15 - 6
    for line, series in zip(lines, lots, strict=True):
        slope, start = np.polyfit(series.times, series.values, 1)
        assert (line.slope, line.intercept) == (pytest.approx(slope), pytest.approx(start))
        assert line.sd == pytest.approx(math.sqrt(rss / df))
        # variance of the mean at month 20 by the textbook formula, with the pooled mean square
        spread = rss / df * (1 / 5 + (20 - 6) ** 2 / 90)
        c0, c1, c2 = line.variance
        assert c0 + 20 * c1 + 400 * c2 == pytest.approx(spread)


def test_lots_whose_slopes_differ_at_one_in_four_are_kept_apart():
    # three lots whose slopes the test tells apart at a P between 0.05 and 0.25: not pooled, for the level is 0.25
    lots = three((-0.25, -0.3, -0.33), (100, 100, 100), noise=0.5, seed=0)
    made = shelf_life(lots, FALLS)
    assert 0.05 < made.p_slopes < 0.25, made.p_slopes
    assert made.model == "separate"


def test_data_end_where_the_first_lot_ends():
    lots = three((-0.3, -0.3, -0.3), (100, 100, 100))
    short = LotSeries("C", TIMES[:4], lots[2].values[:4])
    made = shelf_life([*lots[:2], short], FALLS)
    assert (made.last, made.within_data) == (9.0, 9.0)


def test_refusals_and_edges():
    two = shelf_life([LotSeries("A", (0.0, 0.0, 6.0, 6.0), (100.0, 100.1, 99.0, 99.2))], FALLS)
    assert (two.time, two.refusal) == (None, "2 different times: a shelf life needs at least 3")
    assert shelf_life([LotSeries("A", (0.0,), (100.0,))], FALLS).refusal.startswith("1 different time:")
    pair = [LotSeries("A", (0.0, 3.0), (100.0, 99.0)), LotSeries("B", (0.0, 6.0), (100.0, 98.0))]
    assert "too few values to test" in shelf_life(pair, FALLS).refusal
    more = [LotSeries("A", TIMES, (100.2, 99.1, 98.3, 97.0, 96.2)), LotSeries("NEW", (0.0,), (100.0,))]
    assert shelf_life(more, FALLS).left_out == ("NEW",)
    exact = shelf_life([LotSeries("A", TIMES, (95.0,) * 5)], FALLS)
    assert exact.time == math.inf
    assert exact.notes
    alike = [LotSeries(name, TIMES, tuple(99.0 - 0.3 * t for t in TIMES)) for name in "AB"]
    assert (shelf_life(alike, FALLS).model, shelf_life(alike, FALLS).p_slopes) == ("one_line", 1.0)
    outside = shelf_life([LotSeries("A", TIMES, (89.0, 88.9, 89.1, 88.8, 89.0))], FALLS)
    assert outside.time == 0.0
    with pytest.raises(ValueError, match="no acceptance limit"):
        shelf_life([LotSeries("A", TIMES, (95.0,) * 5)], Acceptance(90.0, None, "rises"))
    with pytest.raises(ValueError, match="finite"):
        shelf_life([LotSeries("A", TIMES, (95.0, 95.0, math.nan, 95.0, 95.0))], FALLS)


def test_curvature_is_told():
    bent = LotSeries("A", (0.0, 3.0, 6.0, 9.0, 12.0, 18.0), (100.0, 99.9, 99.3, 98.1, 96.9, 92.0))
    assert shelf_life([bent], FALLS).p_curvature < 0.01
    t, y = np.asarray(bent.times), np.asarray(bent.values)
    x = np.column_stack([np.ones_like(t), t, t**2])
    beta = np.linalg.solve(x.T @ x, x.T @ y)
    s2 = np.sum((y - x @ beta) ** 2) / 3
    p = 2 * stats.t.sf(abs(beta[2]) / math.sqrt(s2 * np.linalg.inv(x.T @ x)[2, 2]), 3)
    assert shelf_life([bent], FALLS).p_curvature == pytest.approx(p, rel=1e-6)


RISES = Acceptance(None, 2.0, "rises")


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 0.3), st.floats(0, 0.3), st.floats(0.31, 0.9))
def test_censored_values_bound_every_filling(first, second, third):
    marked = LotSeries("A", TIMES, (0.3, 0.3, third, 0.8, 1.0), ("below", "below", "", "", ""))
    bound = shelf_life([marked], RISES)
    filled = shelf_life([LotSeries("A", TIMES, (first, second, third, 0.8, 1.0))], RISES)
    assert bound.model == "worst_of_censored"
    assert bound.time <= filled.time + 1e-9


def test_censored_values_refused_where_nothing_bounds_them():
    above = LotSeries("A", TIMES, (1.0, 1.2, 1.4, 1.5, 1.6), ("", "", "", "", "above"))
    assert "no bound on how far above" in shelf_life([above], RISES).refusal
    times = tuple(float(t) for t in range(12))
    many = LotSeries("A", times, (0.3,) * 11 + (0.5,), ("below",) * 11 + ("",))
    assert "too many to bound" in shelf_life([many], RISES).refusal


def test_reach_of_a_shelf_life_beyond_data():
    assert reach(12, "room_temperature", "chemical", "no").months == 24
    assert reach(24, "room_temperature", "chemical", "no").months == 36
    assert reach(24, "room_temperature", "chemical", "yes", "no").months == 30
    assert reach(24, "room_temperature", "chemical", "yes", "yes").months == 24
    assert reach(24, "room_temperature", "chemical", "yes").months == 24
    assert reach(24, "refrigerated", "chemical", "no").months == 30
    assert reach(24, "refrigerated", "chemical", "yes", "no").months == 24
    assert reach(24, "room_temperature", "chemical", "not_stated").months == 24
    assert reach(24, "room_temperature", "biological", "no").months == 24
    with pytest.raises(ValueError, match="no rule"):
        reach(1, "warm", "chemical", "no")


@pytest.mark.slow
@pytest.mark.parametrize("lots", [1, 3])
def test_coverage_of_the_shelf_life(lots):
    """Poolable lots: the shelf life exceeds the true one in at most about 5 % of cases."""
    rng = np.random.default_rng(20)
    true, runs, over = (100 - 90) / 0.3, 2000, 0
    for _ in range(runs):
        held = [LotSeries(str(i), TIMES, tuple(100 - 0.3 * t + rng.normal(0, 0.5) for t in TIMES)) for i in range(lots)]
        over += shelf_life(held, FALLS).time > true
    assert over / runs < 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)
