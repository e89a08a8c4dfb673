"""Error rates and power of single-patient methods: the bars, and the usual tests as anchors (minutes; marked slow)."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import own_control_calibration as c

ANCHORS = {
    (0.0, 24): (0.049, 0.066, 0.035),
    (0.3, 24): (0.142, 0.092, 0.052),
    (0.6, 24): (0.308, 0.126, 0.065),
    (0.8, 24): (0.492, 0.134, 0.082),
    (0.6, 52): (0.324, 0.084, 0.052),
}
"""Two-sided rejection at 0.05, 4,000 series: t-test, fitted rho, rho integrated (a bar: at most this)."""

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("row", c.ROWS)
def test_step_errors(row):
    made = c.step_errors(*row)
    t_test, fitted, bar = ANCHORS[row]
    both = 3 * 2**0.5
    assert abs(made["t-test"] - t_test) <= both * c.error(t_test, 4000)
    assert abs(made["fitted rho"] - fitted) <= both * c.error(fitted, 4000)
    for method in ("cautious, noise", "cautious, no noise", "moderate, noise", "moderate, no noise"):
        assert made[method] <= bar + 3 * c.error(bar, 4000)
    assert made["cautious, no noise"] <= 0.05 + 3 * c.error(0.05, 4000)


@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_a_randomised_start_holds_its_level(rho):
    assert abs(c.randomised_error(rho) - 0.05) <= 3 * c.error(0.05, 2000)


def test_power_of_a_step_of_three_deviations():
    assert c.step_power(0.6, 52, 3)[0] >= 0.8


def test_departures():
    assert c.drift_errors()["no trend"] <= 0.12
    noise = c.noise_errors()
    assert noise["52 weeks, noise in the model"] <= 0.05 + 3 * c.error(0.05, 2000)
    assert noise["52 weeks, no noise in the model"] > 0.07
    assert c.irregular_errors(0.6) <= 0.05 + 3 * c.error(0.05, 1500)


@pytest.mark.parametrize("mean", [1.0, 3.0, 8.0])
def test_counts_hold_one_sided_level_and_gain_power_with_the_effect(mean):
    assert c.count_rates(mean, 1.0, 2000) <= 0.025 + 3 * c.error(0.025, 2000)
    powers = [c.count_rates(mean, r, 200) for r in (0.7, 0.3, 0.1)]
    assert powers == sorted(powers)


def test_diaries():
    made = c.diary_rates(1500)
    assert made["ours"] <= 0.025 + 3 * c.error(0.025, made["diaries"])
    assert made["exact Poisson"] > 0.1
    assert 0.12 < made["halved by chance"] < 0.30


@pytest.mark.parametrize("rule", ["hierarchy", "dominance", "rank_sum"])
@pytest.mark.parametrize("carried", [False, True])
def test_composites(rule, carried):
    assert c.composite_error(rule, carried=carried) <= 0.05 + 3 * c.error(0.05, 1000)


def test_values_below_a_limit():
    made = c.censored_errors(300)
    assert made["answered"] >= 290
    assert made["integrated"] <= 0.05 + 3 * c.error(0.05, 300)
    covered, many = c.bound_coverage(80)
    assert many > 60
    assert covered >= 0.975 - 3 * c.error(0.975, many)
