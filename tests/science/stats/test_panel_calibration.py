"""Calibration of calls, limits and intervals on simulated dilution panels with known truth.

The figures of the slow run are recorded in docs/explanation/detection-limits.md.
"""

import numpy as np
import pytest
from panel_simulator import BACKGROUND, EDIT, NULL, Setting, measure
from scipy import stats

from proband.kernels.beta_binomial import upper_tail
from proband.science.stats.predictive import blank, control_limits, lod
from proband.science.stats.proportions import combine_limits
from proband.science.stats.shared_dispersion import Arm, SiteSpread

CALM = SiteSpread(np.array([1e-7]), np.zeros(1), np.ones(1))
SETTINGS = {
    "binomial": Setting(),
    "rho 1e-5": Setting(rho=1e-5),
    "rho 1e-4": Setting(rho=1e-4),
    "rho 1e-3": Setting(rho=1e-3),
    "rho 1e-3, deep": Setting(rho=1e-3, depth=(20_000, 100_000)),
    "rho 1e-3, six controls": Setting(rho=1e-3, controls=6),
    "3,000 genomes": Setting(genomes=3_000),
    "rho 1e-4, 30,000 genomes": Setting(rho=1e-4, genomes=30_000),
    "rho 1e-3, 10,000 genomes": Setting(rho=1e-3, genomes=10_000),
    "3,000 genomes, not told": Setting(genomes=3_000, told=False),
    "30,000 genomes, edits vary by 10 %": Setting(genomes=30_000, relative=0.1),
    "two replicates, rho 1e-4": Setting(rho=1e-4, replicates=2),
    "one replicate": Setting(replicates=1),
}


def error(p, n):
    return 3 * np.sqrt(p * (1 - p) / n)


def check(made, ratio=1.5):
    """The bars, each within three standard errors of the simulation."""
    null = made.called[:, NULL]
    assert null.mean() <= 0.05 + error(0.05, null.size)
    assert made.found.mean() >= 0.95 - error(0.95, made.found.size)
    assert np.median(made.ratio) <= ratio
    for i in range(EDIT.size):
        assert made.covers[:, i].mean() >= 0.93 - error(0.93, len(made.covers)), (i, EDIT[i], BACKGROUND[i])
    many = made.covers[:, ~NULL][made.molecules[:, ~NULL] >= 10]
    assert 0.93 - error(0.93, many.size) <= many.mean() <= 0.97 + error(0.97, many.size)


@pytest.mark.parametrize("name", ["binomial", "rho 1e-4", "3,000 genomes"])
def test_a_few_panels(name):
    check(measure(SETTINGS[name], 4, 20), ratio=1.7)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_many_panels(name):
    made = measure(SETTINGS[name], 100, 1)
    many = made.covers[:, ~NULL][made.molecules[:, ~NULL] >= 10]
    print(
        f"\n| {name} | {made.called[:, NULL].mean():.3f} | {made.found.mean():.3f} | {np.median(made.ratio):.2f} "
        f"| {made.covers.mean(axis=0).min():.3f} | {many.mean():.3f} |"
    )
    # strong spread and no more controls than treated: missed, the reason is in docs/explanation/detection-limits.md
    missed = "1e-3" in name and not SETTINGS[name].controls
    check(made, ratio=1.7 if missed else 1.5)


def arm(total, depth):
    return Arm(np.array([total, 0, 0]), np.full(3, depth), np.zeros(3))


@pytest.fixture(scope="module")
def enumerated():
    """Critical counts, limits of detection and limits of one arm for every control count, 3 x 20,000 reads."""
    empty = arm(0, 20_000)
    critical, limit, own = [], [], []
    for y in range(60):
        control = arm(y, 20_000)
        made = blank(control, empty, CALM)
        critical.append(made.critical(0.05))
        limit.append(lod(made, critical[-1], empty, CALM, 0.05, False))
        own.append(control_limits(control, CALM, 0.95))
    return np.array(critical), np.array(limit), np.array(own)


@pytest.mark.parametrize("expected", [0.1, 0.3, 1, 2, 3, 5, 8, 12, 20])
def test_false_calls_and_power_at_fixed_backgrounds(enumerated, expected):
    """Without simulation, over every control and treated count: reads of background expected in the arm."""
    critical, limit, _ = enumerated
    counts = np.arange(critical.size)
    weight = stats.poisson(expected).pmf(counts)
    background = expected / 60_000
    false = sum(w * upper_tail(int(k) + 1, 60_000, background, 0.0) for w, k in zip(weight, critical, strict=True))
    power = sum(
        w * upper_tail(int(k) + 1, 60_000, background + e, 0.0) for w, k, e in zip(weight, critical, limit, strict=True)
    )
    assert false <= 0.05
    assert 0.945 <= power <= 0.965


@pytest.mark.parametrize(("background", "edit"), [(0.2, 0), (1, 0), (8, 0), (0.2, 3), (1, 3), (8, 5), (5, 12), (1, 15)])
def test_intervals_of_the_difference_cover(enumerated, background, edit):
    own = enumerated[2]
    counts = np.arange(len(own))
    wy, wx = stats.poisson(background).pmf(counts), stats.poisson(background + edit).pmf(counts)
    covered = 0.0
    for y in counts[wy > 1e-6]:
        for x in counts[wx > 1e-6]:
            low, high = combine_limits(x / 60_000, tuple(own[x]), y / 60_000, tuple(own[y]))
            covered += wy[y] * wx[x] * (low <= edit / 60_000 <= high)
    assert covered >= 0.95
