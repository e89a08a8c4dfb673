"""Calibration of hierarchies: truths drawn from the prior, and a table of coverage when one variant is different.

The table of docs/explanation/borrowing.md is printed by

    python -m pytest -m slow -s tests/science/borrowing/test_borrowing_calibration.py
"""

import numpy as np
import pytest
from scipy import special, stats

from proband.science.borrowing.grids import even_cdf
from proband.science.borrowing.hierarchy import fit
from proband.science.borrowing.quadrature import Prior
from proband.science.borrowing.units import binomial

PATIENTS = (1, 2, 3, 4, 6, 10)


def ranks(prior, replicates, seed):
    """Posterior distribution function at the true effect of each unit, and of a new one, truths from the prior."""
    rng = np.random.default_rng(seed)
    found, new = [], []
    for _ in range(replicates):
        mu, tau = rng.normal(prior.mu_mean, prior.mu_sd), abs(rng.normal(0, prior.tau_scale))
        inside = rng.random(len(PATIENTS) + 1) < prior.exchangeable
        theta = np.where(
            inside, rng.normal(mu, tau, inside.size), rng.normal(prior.nex_mean, prior.nex_sd, inside.size)
        )
        seen = rng.binomial(PATIENTS, special.expit(theta[:-1]))
        got = fit([binomial(str(i), int(r), n) for i, (r, n) in enumerate(zip(seen, PATIENTS, strict=True))], prior)
        for j, truth in enumerate(theta):
            x, c = even_cdf(got.nodes.eta, got.densities[j] if j < len(PATIENTS) else got.new)
            (found if j < len(PATIENTS) else new).append(float(np.interp(truth, x, c)))
    return np.array(found).reshape(replicates, -1), np.array(new)


@pytest.mark.parametrize("prior", [Prior(0.0, 1.5, 0.5), Prior(0.0, 1.0, 0.5, 0.6, 0.0, 2.0)])
def test_truths_from_the_prior_have_uniform_ranks(prior):
    found, new = ranks(prior, 150, 20)
    for values in (*found.T, new):
        assert stats.kstest(values, "uniform").pvalue > 1e-4
    assert abs(np.mean((found > 0.05) & (found < 0.95)) - 0.90) < 4 * np.sqrt(0.09 / 150)


def coverage(truths, patients, prior, replicates=400, seed=1):
    """Share of 95 % intervals that hold the truth, bias and root mean squared error, of each variant."""
    rng = np.random.default_rng(seed)
    held, gap = np.zeros(len(truths)), []
    for _ in range(replicates):
        seen = rng.binomial(patients, truths)
        got = fit([binomial(str(i), int(r), n) for i, (r, n) in enumerate(zip(seen, patients, strict=True))], prior,
                  without=False)  # fmt: skip
        ends = np.array([got.quantiles(d, [0.025, 0.975]) for d in got.densities])
        held += (ends[:, 0] <= truths) & (truths <= ends[:, 1])
        gap.append([got.mean_sd(d)[0] - t for d, t in zip(got.densities, truths, strict=True)])
    errors = np.array(gap)
    return held / replicates, errors.mean(0), np.sqrt((errors**2).mean(0))


@pytest.mark.slow
def test_one_variant_is_different():
    """Six variants of four patients; the last one responds in 0.7 (as all do) or in 0.1."""
    patients = np.full(6, 4)
    rows = {}
    for label, odd in (("all alike", 0.7), ("one differs", 0.1)):
        truths = np.array([0.7] * 5 + [odd])
        for name, prior in (
            ("exchangeable", Prior(0.0, 2.0, 0.5)),
            ("EXNEX 0.5", Prior(0.0, 2.0, 0.5, 0.5, 0.0, 2.0)),
            ("each alone", Prior(0.0, 2.0, 0.5, 1e-6, 0.0, 2.0)),
        ):
            cover, bias, error = coverage(truths, patients, prior)
            rows[label, name] = (cover[-1], bias[-1], error[-1], cover[:5].mean())
            print(f"{label:<12} {name:<13}" + "".join(f"{v:8.3f}" for v in rows[label, name]))
    slack = 3 * np.sqrt(0.05 * 0.95 / 400)
    assert rows["all alike", "exchangeable"][0] > 0.95 - slack
    assert rows["one differs", "EXNEX 0.5"][1] < rows["one differs", "exchangeable"][1]
    assert rows["all alike", "exchangeable"][2] < rows["all alike", "each alone"][2]
