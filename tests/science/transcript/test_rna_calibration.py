"""Intervals cover what they say, in short runs here and in long ones marked slow (figures in the documentation)."""

import numpy as np
import pytest
import rna_calibration as runs


def at_least(covered, level, count):
    assert np.min(covered) >= level - 3 * np.sqrt(level * (1 - level) / count), covered


def test_shares_over_three_replicates():
    at_least(runs.shares(300, 3, 300, (0.7, 0.2, 0.1), 0.02, 1), 0.95, 300)


def test_counts_and_selectivity_over_three_replicates():
    at_least(runs.counts(400, 3, 300, 0.3, 0.1, 2), 0.95, 400)
    at_least(runs.selectivities(60, 3, 300, 0.01, 4.0, 3), 0.95, 60)


def test_readings_from_a_curve():
    covered, quantified = runs.readings(60, "4pl", 2, 4)
    at_least(covered, 0.95, 60)
    assert quantified > 0.95


def test_slopes_and_predictions():
    at_least(runs.slopes(400, 4, 6), 0.95, 400)
    at_least(runs.predictions(400, 6, 7), 0.95, 400)


@pytest.mark.slow
def test_shares_over_the_whole_grid():
    covered = {}
    for replicates in (2, 3, 5):
        for reads in (30, 200, 2000):
            for rho in (0.0, 0.005, 0.02, 0.1):
                for p in (0.02, 0.1, 0.3, 0.5, 0.9):
                    made = runs.shares(1000, replicates, reads, (p, 1 - p), rho, 11)
                    covered[replicates, reads, rho, p] = float(made[0])
    rare = {k: v for k, v in covered.items() if k[2] == 0.1 and k[3] == 0.02}
    usual = {k: v for k, v in covered.items() if k not in rare}
    print("least", min(usual.values()), "least where replicates are mostly without the form", min(rare.values()))
    assert min(usual.values()) >= 0.92


@pytest.mark.slow
def test_dose_response_over_many_runs():
    for form, count, top in (("emax", 600, 30.0), ("emax", 200, 4.0), ("hill", 100, 30.0)):
        covered, identified = runs.doses(count, form, 2, 0.05, 5, top)
        print(form, top, covered, identified)
        at_least(covered, 0.95, count)


@pytest.mark.slow
def test_ratios_over_many_runs():
    for n in (2, 3):
        for spreads in ((0.3, 0.3), (0.5, 0.1)):
            at_least(runs.log_ratios(4000, n, n, spreads, 1), 0.945, 4000)
        for mean in (10, 100, 1000):
            for dispersion in (0.0, 0.05, 0.3):
                at_least(runs.counts(2000, n, mean, 0.3, dispersion, 2), 0.95, 2000)
