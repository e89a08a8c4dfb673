"""The tables of docs/explanation/own-control.md; run as a script, it prints all of them (minutes)."""

import sys
from pathlib import Path

import numpy as np

from proband.science.within_patient import autoregressive, baseline_period, censored_series, composites, event_counts
from proband.science.within_patient.autoregressive import NormalPrior, effect_posteriors
from proband.science.within_patient.dependence import dependence, fixed
from proband.science.within_patient.randomisation import randomisation_test, start_point_case

sys.path.insert(0, str(Path(__file__).parent))
import own_control_simulators as sim

ROWS = ((0.0, 24), (0.3, 24), (0.6, 24), (0.8, 24), (0.6, 52))


def error(p, n):
    return float(np.sqrt(p * (1 - p) / n))


def two_sided(p, alpha=0.05):
    return float(((p < alpha / 2) | (p > 1 - alpha / 2)).mean())


def step_errors(rho, weeks, replicates=4000, seed=11):
    """Two-sided rejection at 0.05 without an effect, by method."""
    y = sim.autoregressive(rho, weeks, replicates, np.random.default_rng(seed))
    days, design, contrast = sim.step(weeks)
    made = {
        "t-test": float((sim.t_test(y) < 0.05).mean()),
        "Newey-West": float((sim.newey_west(y) < 0.05).mean()),
        "fitted rho": float((sim.fitted_rho(y) < 0.05).mean()),
    }
    for prior in ("cautious", "moderate", "uniform"):
        for noise in (True, False):
            p = effect_posteriors(days, design, y, contrast, dependence(prior, noise)).below()
            made[f"{prior}, {'noise' if noise else 'no noise'}"] = two_sided(p)
    return made


def randomised_error(rho, replicates=2000, seed=12):
    """Rejection at 0.05 of a start drawn among 20 weeks."""
    rng = np.random.default_rng(seed)
    y = sim.autoregressive(rho, 30, replicates, rng)
    starts = list(range(5, 25))
    drawn = rng.choice(starts, replicates)
    hits = 0
    for j in range(replicates):
        case = start_point_case("x", y[:, j].tolist(), int(drawn[j]), starts)
        hits += randomisation_test([case], "randomised_start", "increase").p <= 0.05
    return hits / replicates


def step_power(rho, weeks, size, replicates=2000, seed=13):
    """Power of P of benefit above 0.975 for a fall of `size` deviations: default, without noise, with rho known."""
    days, design, contrast = sim.step(weeks)
    y = sim.autoregressive(rho, weeks, replicates, np.random.default_rng(seed)) - size * design[:, 1:]
    priors = (dependence(), dependence(noise=False), fixed(max(rho, 1e-9)))
    return tuple(float((effect_posteriors(days, design, y, contrast, p).below() > 0.975).mean()) for p in priors)


def drift_errors(replicates=2000, seed=14, slope=0.05):
    """Two-sided rejection where the series drifts by 0.05 deviations a week, rho 0.3, 12 + 12 weeks."""
    days, design, contrast = sim.step(24)
    y = sim.autoregressive(0.3, 24, replicates, np.random.default_rng(seed)) + slope * np.arange(24)[:, None]
    with_trend = np.column_stack([design, days / 7 - 12])
    wide = np.append(contrast, 0.0)
    prior = NormalPrior(np.zeros(3), np.array([np.inf, np.inf, 0.05]))
    right = NormalPrior(np.array([0, 0, slope]), np.array([np.inf, np.inf, 0.02]))
    y2 = y[:, :600]
    return {
        "no trend": two_sided(effect_posteriors(days, design, y, contrast).below()),
        "free trend": two_sided(effect_posteriors(days, with_trend, y, wide).below()),
        "prior N(0, 0.05)": two_sided(effect_posteriors(days, with_trend, y2, wide, None, prior).below()),
        "prior N(0.05, 0.02)": two_sided(effect_posteriors(days, with_trend, y2, wide, None, right).below()),
    }


def noise_errors(replicates=2000, seed=15, rho=0.8, share=0.3):
    """Two-sided rejection where 30 % of the variance is noise of measurement, without and with noise in the model."""
    rng = np.random.default_rng(seed)
    made = {}
    for weeks in (24, 52):
        days, design, contrast = sim.step(weeks)
        y = np.sqrt(1 - share) * sim.autoregressive(rho, weeks, replicates, rng)
        y += np.sqrt(share) * rng.standard_normal(y.shape)
        for noise in (False, True):
            p = effect_posteriors(days, design, y, contrast, dependence("cautious", noise)).below()
            made[f"{weeks} weeks, {'noise' if noise else 'no noise'} in the model"] = two_sided(p)
    return made


def irregular_errors(rho, replicates=1500, seed=16):
    """Two-sided rejection at days that are not weekly, a third of 32 visits missing."""
    rng = np.random.default_rng(seed)
    p = np.empty(replicates)
    for j in range(replicates):
        days = np.sort(rng.choice(np.arange(0, 168), 21, replace=False)).astype(float)
        y = np.empty(21)
        y[0] = rng.standard_normal()
        for t in range(1, 21):
            phi = rho ** ((days[t] - days[t - 1]) / 7)
            y[t] = phi * y[t - 1] + np.sqrt(1 - phi**2) * rng.standard_normal()
        design = np.column_stack([np.ones(21), days >= np.median(days)])
        p[j] = effect_posteriors(days, design, y[:, None], np.array([0.0, 1.0])).below()[0]
    return two_sided(p)


def censored_errors(replicates=400, seed=17, rho=0.5, limit=-0.5):
    """Two-sided rejection with about 31 % below the limit: integrated, and with the limit or half put in."""
    rng = np.random.default_rng(seed)
    days, design, contrast = sim.step(24)
    y = sim.autoregressive(rho, 24, replicates, rng)
    below = y < limit
    held = np.maximum(y, limit)
    p = np.full(replicates, np.nan)
    for j in range(replicates):
        try:
            made = censored_series.censored_posterior(days, design, held[:, j], below[:, j], contrast)
        except autoregressive.NoAnswer:
            continue
        p[j] = float(made.effect.below(0.0)) if made.at_limit is None else np.nan
    answered = p[~np.isnan(p)]
    return {
        "integrated": two_sided(answered),
        "answered": int(answered.size),
        "limit put in": two_sided(effect_posteriors(days, design, held, contrast).below()),
    }


def bound_coverage(replicates=150, seed=18, effect=-4.0):
    """How often the upper bound holds where every value after treatment is below the limit."""
    rng = np.random.default_rng(seed)
    days, design, contrast = sim.step(24)
    kept = hits = 0
    for _ in range(replicates):
        y = sim.autoregressive(0.5, 24, 1, rng)[:, 0] + effect * design[:, 1]
        below = y < -1.5
        if not below[12:].all():
            continue
        made = censored_series.censored_posterior(days, design, np.maximum(y, -1.5), below, contrast)
        kept += 1
        hits += made.effect.quantiles(np.array([0.975]))[0] >= effect
    return hits / kept, kept


def count_rates(mean, ratio, replicates, seed=19, weeks=16):
    """Share of series with P(rate ratio < 1) above 0.975 (a series that can not tell does not count as one)."""
    y = sim.negative_binomial(mean, ratio, weeks, replicates, np.random.default_rng(seed))
    days, design, _ = sim.step(weeks)
    p = event_counts.rate_decrease_probabilities(y, np.full(weeks, 7.0), design[:, 1], days)
    return float((np.nan_to_num(p, nan=0.5) > 0.975).mean())


def diary_rates(patients=2500, seed=20):
    """Diaries without an effect: halved by chance, exact Poisson at 2.5 %, ours at 2.5 %, dispersion, how many."""
    y = sim.diaries(patients, np.random.default_rng(seed))
    half = y.shape[1] // 2
    days, design, _ = sim.step(y.shape[1])
    before, after = y[:, :half].sum(axis=1), y[:, half:].sum(axis=1)
    p = event_counts.rate_decrease_probabilities(y, np.full(y.shape[1], 7.0), design[:, 1], days)
    dispersion = y[:, :half].var(axis=1, ddof=1) / y[:, :half].mean(axis=1)
    return {
        "halved by chance": float((after <= before / 2).mean()),
        "exact Poisson": float((sim.exact_poisson(y) <= 0.025).mean()),
        "ours": float((p > 0.975).mean()),
        "median dispersion": float(np.median(dispersion)),
        "diaries": len(y),
    }


def composite_error(rule, replicates=1000, seed=21, rho=0.6, carried=False):
    """Two-sided rejection of a composite of two independent series without an effect."""
    rng = np.random.default_rng(seed)
    days, design, contrast = sim.step(24)
    p = np.full(replicates, 0.5)
    for j in range(replicates):
        values = sim.autoregressive(rho, 24, 2, rng)
        if carried:
            start = int(rng.integers(4))
            values[:, 1] = np.repeat(rng.choice([-1.0, 0.0, 1.0], 7), 4)[start : start + 24]
        result = composites.pairwise(values, np.zeros((24, 2), bool), ["decrease"] * 2, [0.5, 0.5], rule)
        scores = result.sum(axis=1) / 23
        if np.ptp(scores) > 0:
            p[j] = effect_posteriors(days, design, scores[:, None], contrast).below()[0]
    return two_sided(p)


def steps():
    for rho, weeks in ROWS:
        print("step", rho, weeks, step_errors(rho, weeks), flush=True)
    for rho in (0.0, 0.3, 0.6, 0.8):
        print("randomised start", rho, randomised_error(rho), flush=True)


def powers():
    for weeks in (24, 52):
        for rho in (0.0, 0.3, 0.6, 0.8):
            print("power", rho, weeks, {s: step_power(rho, weeks, s) for s in (1, 1.5, 2, 3)}, flush=True)


def departures():
    print("drift", drift_errors(), flush=True)
    print("noise", noise_errors(), flush=True)
    print("irregular", {rho: irregular_errors(rho) for rho in (0.3, 0.6, 0.8)}, flush=True)
    for rule in composites.RULES:
        print("composite", rule, composite_error(rule), composite_error(rule, carried=True), flush=True)


def peaks():
    for rho in (0.0, 0.3, 0.6):
        made = {f"skip {k}": baseline_period.peak_start_rejection(rho, 12, 12, skipped=k, seed=22) for k in (0, 2, 4)}
        made["uniform"] = baseline_period.peak_start_rejection(rho, 12, 12, seed=22, prior="uniform")
        made["26 weeks"] = baseline_period.peak_start_rejection(rho, 26, 12, seed=22)
        print("peak", rho, made, flush=True)


def counts():
    print("diaries", diary_rates(), flush=True)
    for mean in (1.0, 3.0, 8.0):
        print("counts", mean, "no effect", count_rates(mean, 1.0, 2000), flush=True)
        print("counts power", mean, {r: count_rates(mean, r, 400) for r in (0.7, 0.5, 0.3, 0.1)}, flush=True)


def limits():
    print("censored", censored_errors(), flush=True)
    print("bound", bound_coverage(), flush=True)


if __name__ == "__main__":
    for part in sys.argv[1:] or ("steps", "powers", "departures", "peaks", "counts", "limits"):
        globals()[part]()
