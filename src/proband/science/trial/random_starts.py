"""Exact randomisation tests for start weeks drawn at random, in one patient or across several (multiple baseline).

The statistic of a patient is the mean benefit from the start on less the mean before; over patients they are summed.
The reference set holds every assignment of start weeks with equal probability: p is the fraction with a sum at least as
large as that seen, so that P(p <= alpha) <= alpha whatever the autocorrelation and the distribution (Edgington, J
Psychol 1967;65:195-199; Bulte and Onghena, Behav Res Methods 2008;40:467-478, both recalled). The least p is one over
the number of assignments. Up to `MOST_ENUMERATED` assignments all are taken; beyond it `DRAWN` are drawn and the one
that was used is counted with them, which keeps the level exactly (Phipson and Smyth, Stat Appl Genet Mol Biol
2010;9:39, recalled).

`within_patient.randomisation` has the same test for data: any phases, other statistics, checks of each case. Here
thousands of series of one length go through arrays at once; a test holds the p of the two equal.

There is no interval: coverage is not given. A drift makes the estimate biased; the level of the test stands.
Cannot see: whether starts were drawn at random in truth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.science.trial.grid import Scenario
from proband.science.trial.measures import Trials
from proband.science.trial.own_control import ar1
from proband.science.trial.plan_designs import StartPlan

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MOST_ENUMERATED = 4000
DRAWN = 1999
TIE = 1e-9
"""Sums within this fraction of their spread count as equal, so that rounding does not break ties."""


def start_differences(y: Floats, first: int, last: int) -> Floats:
    """Mean from week s on less the mean before it, for every eligible s: [..., starts] of series [..., weeks].

    >>> start_differences(np.array([0.0, 0.0, 1.0, 1.0]), 1, 3).round(3).tolist()
    [0.667, 1.0, 0.667]
    """
    weeks = y.shape[-1]
    # From the first value on: a flat series gives exact zeros, so that its starts tie.
    running = np.cumsum(y - y[..., :1], axis=-1)
    starts = np.arange(first, last + 1)
    before = running[..., starts - 1]
    return np.asarray((running[..., -1:] - before) / (weeks - starts) - before / starts)


def exact_p(differences: Floats, used: Integers) -> Floats:
    """p of every trial from `differences` [trial, patient, start] and the starts `used` [trial, patient], enumerated.

    >>> exact_p(np.array([[[1.0, 5.0, 2.0, 0.0]]]), np.array([[1]])).tolist()
    [0.25]
    """
    trials, patients, _ = differences.shape
    sums = differences[:, 0, :]
    for i in range(1, patients):
        sums = (sums[:, :, None] + differences[:, i, None, :]).reshape(trials, -1)
    return _fraction_at_least(sums, _seen(differences, used))


def drawn_p(differences: Floats, used: Integers, generator: np.random.Generator) -> Floats:
    """p of every trial from assignments drawn at random, with the one used among them."""
    trials, patients, starts = differences.shape
    sums = np.zeros((trials, DRAWN))
    for i in range(patients):
        drawn = generator.integers(0, starts, size=(trials, DRAWN))
        sums += np.take_along_axis(differences[:, i, :], drawn, axis=1)
    seen = _seen(differences, used)
    return _fraction_at_least(np.column_stack([seen, sums]), seen)


def _seen(differences: Floats, used: Integers) -> Floats:
    return np.asarray(np.take_along_axis(differences, used[:, :, None], axis=2)[:, :, 0].sum(axis=1))


def _fraction_at_least(sums: Floats, seen: Floats) -> Floats:
    tie = TIE * np.ptp(sums, axis=1)
    return np.asarray((sums >= (seen - tie)[:, None]).mean(axis=1))


def simulate(plan: StartPlan, s: Scenario, generator: np.random.Generator, trials: int) -> Trials:
    """Trials of a design with randomised starts in one scenario."""
    d, patients = plan.design, int(s["patients"])
    starts = d.last_start - d.first_start + 1
    truth = np.full(trials, s["effect"])
    prior = plan.simulation.effect_prior
    if s.prior and prior is not None:
        truth = prior.mean + prior.sd * generator.standard_normal(trials)
    used = generator.integers(0, starts, size=(trials, patients))
    y = ar1(generator, (trials * patients, d.weeks), s["rho"]).reshape(trials, patients, d.weeks)
    week = np.arange(d.weeks)
    start = (used + d.first_start)[:, :, None]
    y += truth[:, None, None] * (week >= start + s["index_error"])
    y += s["drift"] * week + s["comedication_shift"] * (week >= start + (d.weeks - start) // 2)
    differences = start_differences(y, d.first_start, d.last_start)
    few = starts**patients <= MOST_ENUMERATED
    p = exact_p(differences, used) if few else drawn_p(differences, used, generator)
    estimate = _seen(differences, used) / patients
    return Trials(estimate, p, p, None, np.full(trials, float(patients)), truth)
