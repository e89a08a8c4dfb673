"""Coverage of the intervals of transcript and engagement on simulated truth; run by the slow tests."""

import numpy as np

from proband.science.engagement.dose_response import fit_dose_response
from proband.science.engagement.surrogate import predict, relation
from proband.science.engagement.time_course import persistence
from proband.science.transcript.knockdown import LibraryCount, rna_seq
from proband.science.transcript.log_ratio import welch
from proband.science.transcript.protein_activity import fit_curve, read_sample
from proband.science.transcript.replicates import limits, shares_of
from proband.science.transcript.selectivity import AlleleReads, selectivity


def shares(runs, replicates, reads, p, rho, seed):
    """Coverage of each category's 95 % limits, depths varying threefold between replicates."""
    rng = np.random.default_rng(seed)
    p = np.asarray(p)
    hits = np.zeros(p.size)
    for _ in range(runs):
        depth = rng.integers(max(1, reads // 2), reads * 3 // 2 + 1, replicates)
        counts = [rng.multinomial(n, rng.dirichlet(p * (1 - rho) / rho) if rho else p) for n in depth]
        fit = shares_of(counts)
        for k in range(p.size):
            low, high = limits(fit.shares[k], fit.effective[k], fit.degrees, np.array([0.025, 0.975]))
            hits[k] += low[0] <= p[k] <= high[1]
    return hits / runs


def log_ratios(runs, treated, control, spreads, seed):
    """Coverage of Welch limits for normal logarithms."""
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(runs):
        a, b = rng.normal(-1, spreads[0], treated), rng.normal(0, spreads[1], control)
        low, high = welch(a, b).interval()
        hits += low <= np.exp(-1) <= high
    return hits / runs


def counts(runs, replicates, mean, left, dispersion, seed):
    """Coverage of the ratio of negative binomial counts."""
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(runs):
        arms = []
        for m in (mean * left, mean):
            size = rng.uniform(0.7, 1.3, replicates)
            rate = m * size * (rng.gamma(1 / dispersion, dispersion, replicates) if dispersion else 1.0)
            arms.append([LibraryCount(float(k), float(s)) for k, s in zip(rng.poisson(rate), size, strict=True)])
        low, high = rna_seq(*arms).interval()
        hits += low <= left <= high
    return hits / runs


def selectivities(runs, replicates, reads, rho, true, seed):
    """Coverage of the selectivity ratio, beta-binomial reads around one half in the control."""
    rng = np.random.default_rng(seed)
    hits = 0
    treated = 1 / (1 + true)
    for _ in range(runs):
        arms = []
        for f in (treated, 0.5):
            share = rng.beta(f * (1 - rho) / rho, (1 - f) * (1 - rho) / rho, replicates) if rho else [f] * replicates
            mutant = rng.binomial(reads, share)
            arms.append([AlleleReads(int(m), int(reads - m)) for m in mutant])
        low, high = selectivity(*arms).selectivity.interval(0.95)
        hits += low <= true <= high
    return hits / runs


def readings(runs, form, wells, seed):
    """Coverage of concentrations read from a fitted curve, with 5 % scatter of wells; share of runs quantified."""
    rng = np.random.default_rng(seed)
    levels = np.array([0.5, 1, 2, 4, 8, 16, 32])
    true, hits, made = 5.0, 0, 0

    def signal(x):
        mean = 0.05 + 0.4 * x if form == "linear" else 0.05 + 3.0 / (1 + (10 / x) ** 1.2)
        return mean * (1 + 0.05 * rng.normal(size=np.shape(x)))

    for _ in range(runs):
        curve = fit_curve([(x, float(signal(x))) for x in levels for _ in range(2)], "u", form)
        one = read_sample(curve, [float(signal(true)) for _ in range(wells)])
        span = one.quantity.interval(0.95)
        if span:
            made += 1
            hits += span[0] <= true <= span[1]
    return hits / made, made / runs


def doses(runs, form, each, spread, seed, top=30.0):
    """Coverage for Emax and ED50 (an open limit covers), and the share of runs that identify both."""
    rng = np.random.default_rng(seed)
    x = np.repeat([0, top / 100, top / 30, top / 10, top / 3, top], each)
    steep = 1.0 if form == "emax" else 1.5
    mean = 0.02 + 0.6 * x**steep / (3.0**steep + x**steep)
    hits, identified = np.zeros(2), 0
    for _ in range(runs):
        fit = fit_dose_response(x, mean + spread * rng.normal(size=x.size), form)
        for i, (limit, true) in enumerate(((fit.emax, 0.6), (fit.ed50, 3.0))):
            hits[i] += (limit.low is None or limit.low <= true) and (limit.high is None or true <= limit.high)
        identified += fit.emax.identified and fit.ed50.identified
    return hits / runs, identified / runs


def slopes(runs, points, seed):
    """Coverage of the slope of one subject."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 365, points)
    hits = 0
    for _ in range(runs):
        made = persistence(t, np.exp(-0.001 * t + 0.1 * rng.normal(size=points)), "d")
        low, high = made.slope().interval(0.95)
        hits += low <= -0.001 <= high
    return hits / runs


def predictions(runs, pairs, seed):
    """Coverage of a new subject's tissue value; surrogates of new subjects lie within the pairs."""
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(runs):
        x = rng.uniform(0, 5, pairs)
        y = 1 / (1 + np.exp(-(-2 + 0.6 * x + 0.4 * rng.normal(size=pairs))))
        new = rng.uniform(x.min(), x.max())
        true = 1 / (1 + np.exp(-(-2 + 0.6 * new + 0.4 * rng.normal())))
        low, high = predict(relation(x, y), new).interval(0.95)
        hits += low <= true <= high
    return hits / runs
