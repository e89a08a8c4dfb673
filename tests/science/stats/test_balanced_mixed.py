"""The batch of balanced mixed models against a published-data case, a naive twin and calibration."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats

from proband.core.errors import ProgramError
from proband.kernels.student import beta_cdf, normal_cdf, student_cdf
from proband.science.stats.balanced_mixed import RatioPriors, fit_balanced_batch, predict_balanced_batch

SHARED = Path(__file__).resolve().parents[4] / "shared" / "reference" / "statistics"


def sleepstudy():
    path = SHARED / "sleepstudy.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the repository")
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    subjects = sorted({r["Subject"] for r in rows})
    return np.array([[float(r["Reaction"]) for r in rows if r["Subject"] == s] for s in subjects]), np.arange(10.0)


def dense(y, t, s0, s1, first=(), when=()):
    """Least squares with the whole covariance matrix written out: coefficients, their covariance, Q, log weight, df."""
    z = np.column_stack([np.ones_like(t), t])
    blocks = [(z, values) for values in y]
    if len(first):
        zb = np.column_stack([np.ones(len(when)), when])
        blocks.append((zb, np.asarray(first)))
    a, b, c, log = np.zeros((2, 2)), np.zeros(2), 0.0, 0.0
    for x, values in blocks:
        v = np.eye(len(values)) + x @ np.diag([s0**2, s1**2]) @ x.T
        a += x.T @ np.linalg.solve(v, x)
        b += x.T @ np.linalg.solve(v, values)
        c += values @ np.linalg.solve(v, values)
        log += np.linalg.slogdet(v)[1]
    beta = np.linalg.solve(a, b)
    q = c - b @ beta
    df = sum(len(values) for _, values in blocks) - 2
    return beta, np.linalg.inv(a), q, -0.5 * log - 0.5 * np.linalg.slogdet(a)[1] - 0.5 * df * np.log(q), df


def naive_rarity(y, t, first, when, at, observed, scales):
    """A rectangle of ratios with equal weights, dense matrices, and t tails from scipy."""
    tails, logs = [], []
    for a in np.linspace(0.01, 6, 41):
        for b in np.linspace(0.002, 1.5, 41):
            beta, cov, q, log, df = dense(y, t, a, b, first, when)
            d = np.diag([a * a, b * b])
            zb, xf = np.column_stack([np.ones(len(when)), when]), np.array([1.0, at])
            v = np.eye(len(when)) + zb @ d @ zb.T
            gain = xf @ d @ zb.T @ np.linalg.inv(v)
            mean = xf @ beta + gain @ (first - zb @ beta)
            rest = xf - gain @ zb
            var = 1 + xf @ d @ xf - gain @ zb @ d @ xf + rest @ cov @ rest
            tails.append(stats.t.sf((observed - mean) / np.sqrt(q / df * var), df))
            logs.append(log - 0.5 * (a / scales[0]) ** 2 - 0.5 * (b / scales[1]) ** 2)
    w = np.exp(np.array(logs) - max(logs))
    return float((w * np.array(tails)).sum() / w.sum())


@pytest.mark.parametrize("x", [-40.0, -3.2, -1.0, -1e-3, 0.0, 0.4, 2.5, 12.0])
@pytest.mark.parametrize("df", [1.0, 3.0, 7.5, 178.0, 4000.0])
def test_distribution_functions_are_those_of_scipy(x, df):
    assert student_cdf(x, df) == pytest.approx(special.stdtr(df, x), rel=1e-9)
    assert normal_cdf(x) == pytest.approx(special.ndtr(x), rel=1e-12)
    p = special.ndtr(x)
    assert beta_cdf(p, df, 2.0) == pytest.approx(special.betainc(df, 2.0, p), rel=1e-9, abs=1e-300)


def test_sleepstudy_posterior_to_the_printed_digits():
    y, t = sleepstudy()
    made = fit_balanced_batch(y[None], t)
    assert made.slope[0] == pytest.approx(10.467286, abs=5e-7)
    assert made.slope_sd[0] == pytest.approx(1.639408, abs=5e-7)
    assert made.ratio_intercept[0] == pytest.approx(0.997992, abs=1e-6)
    assert made.ratio_slope[0] == pytest.approx(0.242215, abs=1e-6)
    assert made.sigma[0] == pytest.approx(25.815839, abs=1e-6)


def test_rarity_is_that_of_dense_matrices():
    rng = np.random.default_rng(3)
    t, when = np.arange(5.0), np.array([0.0, 1.0])
    y = 4 + t + 1.2 * rng.normal(size=(6, 1)) + 0.4 * rng.normal(size=(6, 1)) * t + rng.normal(size=(6, 5))
    first = np.array([3.0, 5.5])
    got = predict_balanced_batch(y[None], t, first[None, None], when, np.array([[11.0]]), [4.0], [1.0])
    expected = naive_rarity(y, t, first, when, 4.0, 11.0, (1.0, 0.25))
    assert got[0, 0, 0] == pytest.approx(expected, rel=2e-3)


def test_shift_adds_its_variance_and_direction_turns_the_tail():
    rng = np.random.default_rng(4)
    t = np.arange(6.0)
    y = rng.normal(size=(1, 30, 1)) + rng.normal(size=(1, 30, 6))
    ask = (y, t, np.zeros((1, 1, 2)), [0.0, 1.0], np.array([[2.0]]), [4.0, 5.0], [0.5, 0.5])
    plain, shifted = predict_balanced_batch(*ask, shifts=(0.0, 1.0))[0, 0]
    z0, z1 = special.ndtri(plain), special.ndtri(shifted)
    assert z1 / z0 == pytest.approx(1 / np.sqrt(2), rel=0.03)
    assert predict_balanced_batch(*ask, higher_is_better=False)[0, 0, 0] == pytest.approx(1 - plain, abs=1e-12)


def test_chunks_do_not_change_a_digit():
    rng = np.random.default_rng(5)
    y = rng.normal(size=(7, 5, 4))
    whole, parts = fit_balanced_batch(y, np.arange(4.0)), fit_balanced_batch(y, np.arange(4.0), chunk=2)
    assert whole.slope_sd.tolist() == parts.slope_sd.tolist()


def test_strong_effects_far_beyond_the_prior_are_held():
    rng = np.random.default_rng(6)
    t = np.arange(5.0)
    y = 50 * rng.normal(size=(1, 40, 1)) + 20 * rng.normal(size=(1, 40, 1)) * t + 0.01 * rng.normal(size=(1, 40, 5))
    made = fit_balanced_batch(y, t, priors=RatioPriors(1e4, 1e4))
    assert made.sigma[0] == pytest.approx(0.01, rel=0.3)
    assert made.ratio_slope[0] == pytest.approx(2000, rel=0.5)


@pytest.mark.parametrize(
    ("y", "t"),
    [
        (np.full((1, 4, 5), 3.0), np.arange(5.0)),
        (np.full((1, 4, 5), np.nan), np.arange(5.0)),
        (np.random.default_rng(1).normal(size=(1, 1, 5)), np.arange(5.0)),
        (np.random.default_rng(1).normal(size=(1, 4, 2)), np.arange(2.0)),
        (np.random.default_rng(1).normal(size=(1, 0, 5)), np.arange(5.0)),
        (np.zeros((4, 5)), np.arange(5.0)),
    ],
)
def test_what_gives_no_answer_raises(y, t):
    with pytest.raises(ProgramError):
        fit_balanced_batch(y, t)


def test_rarity_is_uniform_for_untreated_patients():
    rng = np.random.default_rng(7)
    t, n = np.arange(6.0), 1500
    s0, s1 = np.abs(rng.normal(size=(2, n, 1, 1))) * np.array([1.0, 0.25]).reshape(2, 1, 1, 1)
    y = s0 * rng.normal(size=(n, 9, 1)) + s1 * rng.normal(size=(n, 9, 1)) * t + rng.normal(size=(n, 9, 6))
    p = predict_balanced_batch(y[:, 1:], t, y[:, :1, :2], t[:2], y[:, :1, 5], [5.0], [1.0])[:, 0, 0]
    assert stats.kstest(p, "uniform").pvalue > 0.001
