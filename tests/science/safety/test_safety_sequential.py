"""Sequential tests and stopping rules: published values, enumeration and simulation, monotony, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from proband.science.borrowing.mixtures import beta_mixture, binomial_posterior, gamma_mixture, poisson_posterior
from proband.science.safety.conditional_maxsprt import (
    conditional_performance,
    conditional_ratio,
    conditional_test,
)
from proband.science.safety.maxsprt import (
    binomial_performance,
    binomial_test,
    falling_root,
    poisson_performance,
    poisson_ratio,
    poisson_test,
)
from proband.science.safety.stopping_rules import behaviour, patient_rule, rate_rule

# Kulldorff et al., Sequential Analysis 2011;30:58-78 (recalled), as another implementation prints: alpha 0.05, M = 1
PUBLISHED = {1: 2.853937, 1.5: 2.964972, 2: 3.046977, 3: 3.162106, 5: 3.297183, 10: 3.467952, 20: 3.628123}
JEFFREYS = beta_mixture([1], [0.5], [0.5])


@pytest.mark.parametrize(("limit", "critical"), PUBLISHED.items())
def test_published_critical_values(limit, critical):
    assert poisson_test(0.05, limit).critical == pytest.approx(critical, abs=1.0e-6)


def test_signals_that_need_more_events():
    found = [poisson_test(0.05, 10.0, m).critical for m in (1, 2, 3, 4)]
    assert found[3] == pytest.approx(2.921561, abs=6e-7)
    assert found == sorted(found, reverse=True)
    assert poisson_test(0.05, 1.0, 4) is None


def test_published_performance():
    got = poisson_performance(poisson_test(0.05, 10.0), 2.0)
    assert got.power == pytest.approx(0.685063, abs=5e-7)
    assert got.mean_signal_time == pytest.approx(4.130985, abs=1e-6)
    assert got.mean_length == pytest.approx(5.979354, abs=1e-6)


def test_the_boundary_is_where_the_ratio_reaches_the_critical_value():
    test = poisson_test(0.025, 6.0, 2)
    assert test.events[0] == 2
    for c, t in list(zip(test.events, test.times, strict=True))[:-1]:
        assert poisson_ratio(c, t) == pytest.approx(test.critical)
        assert poisson_ratio(c, t * 1.01) < test.critical < poisson_ratio(c, t * 0.99)
    assert list(test.spent) == sorted(test.spent)
    assert test.spent[-1] == pytest.approx(0.025, abs=1e-12)
    assert test.times[-1] == 6.0


def simulated(test, rate, seed, paths=40_000):
    """Share of Poisson paths that signal, event by event."""
    times = np.cumsum(np.random.default_rng(seed).exponential(1 / rate, (paths, test.events[-1] + 40)), axis=1)
    signal = np.zeros(paths, bool)
    for c in range(test.least, times.shape[1] + 1):
        t = times[:, c - 1]
        ratio = np.where(t < c, c * np.log(c / t) - c + t, 0.0)
        signal |= (t <= test.limit) & (ratio >= test.critical)
    return signal.mean()


@pytest.mark.parametrize(("rate", "least"), [(1.0, 1), (2.0, 3), (3.0, 1)])
def test_power_by_simulation(rate, least):
    test = poisson_test(0.05, 5.0, least)
    power = poisson_performance(test, rate).power
    assert abs(simulated(test, rate, 11) - power) < 4 * math.sqrt(power * (1 - power) / 40_000)


@settings(deadline=None, max_examples=25)
@given(alpha=st.floats(0.005, 0.2), limit=st.floats(0.5, 30), least=st.integers(1, 4))
def test_alpha_is_kept_and_power_rises(alpha, limit, least):
    test = poisson_test(alpha, limit, least)
    if test is None:
        assert stats.poisson.sf(least - 1, limit) < alpha * 1.001
        return
    found = [poisson_performance(test, r).power for r in (0.5, 1.0, 2.0, 5.0)]
    assert found[1] == pytest.approx(alpha, abs=1e-9)
    assert found == sorted(found)
    assert poisson_performance(test, 0.0).mean_length == limit
    assert poisson_performance(test, 0.0).mean_signal_time is None


def test_binomial_boundary_by_enumeration():
    test = binomial_test(0.05, 12, 2.0)
    shares = {}
    for n in range(1, 13):
        for c in range(n + 1):
            null = 1 / 3
            ratio = 0.0
            if c / n > null:
                ratio = c * math.log(c / n / null) + ((n - c) * math.log((n - c) / n / (1 - null)) if c < n else 0)
            shares[n, c] = ratio
            assert (ratio >= test.critical - 1e-9) == (test.boundary[n - 1] is not None and c >= test.boundary[n - 1])
    # the next lower level of the ratio would spend more than alpha
    lower = max(v for v in shares.values() if v < test.critical - 1e-6)

    def spent(critical):
        held, total = {0: 1.0}, 0.0
        for n in range(1, 13):
            new = {}
            for c, p in held.items():
                for step, chance in ((1, 1 / 3), (0, 2 / 3)):
                    if shares[n, c + step] >= critical - 1e-9:
                        total += p * chance
                    else:
                        new[c + step] = new.get(c + step, 0) + p * chance
            held = new
        return total

    assert spent(test.critical) == pytest.approx(test.reached)
    assert test.reached <= 0.05 < spent(lower)


def test_binomial_performance():
    test = binomial_test(0.05, 40, 1.0, least=3)
    found = [binomial_performance(test, r) for r in (1.0, 2.0, 4.0)]
    assert found[0].power == pytest.approx(test.reached)
    assert found[0].power < found[1].power < found[2].power
    assert found[1].mean_signal_time > found[2].mean_signal_time >= 3
    assert binomial_test(0.01, 3, 1.0) is None


def test_conditional_test_by_simulation():
    test = conditional_test(0.05, 8, 1.0)
    rng = np.random.default_rng(7)
    history = rng.gamma(8, size=30_000)
    ratios = np.cumsum(rng.exponential(1, (30_000, 60)), axis=1) / history[:, None]
    signal = np.zeros(30_000, bool)
    for k in range(1, 61):
        x = ratios[:, k - 1]
        both = 8 + k
        value = 8 * np.log(8 * (1 + x) / both) + k * np.log(k * (1 + x) / (x * both))
        signal |= (x <= 1.0) & (k > 8 * x) & (value >= test.critical)
    assert abs(signal.mean() - 0.05) < 4 * math.sqrt(0.05 * 0.95 / 30_000)
    assert conditional_performance(test, 1.0).power == pytest.approx(0.05, abs=1e-6)
    assert conditional_performance(test, 3.0).power > conditional_performance(test, 2.0).power > 0.05


def test_a_background_taken_as_known_signals_too_often():
    known, history = poisson_test(0.05, 10.0), stats.gamma(10)
    x, w = np.polynomial.legendre.leggauss(60)
    ratios = 30 * (x + 1) / 2
    # the true rate over the one that ten historical events gave is Gamma(10) / 10
    false = sum(
        15 * b * history.pdf(g) * poisson_performance(known, g / 10).power for g, b in zip(ratios, w, strict=True)
    )
    assert false == pytest.approx(0.0892, abs=2e-4)
    assert conditional_performance(conditional_test(0.05, 10, 1.0), 1.0).power == pytest.approx(0.05, abs=1e-6)


def test_conditional_test_tends_to_the_known_background():
    values = [conditional_test(0.05, h, 5.0 / h).critical for h in (10, 100, 1000)]
    assert values == sorted(values)
    assert abs(values[2] - poisson_test(0.05, 5.0).critical) < 2e-3
    assert conditional_ratio(10**7, 9, 5e-7) == pytest.approx(poisson_ratio(9, 5.0), rel=1e-4)


def test_long_surveillance():
    test = poisson_test(0.05, 300.0)
    # critical values rise slowly with the limit
    assert poisson_test(0.05, 100.0).critical < test.critical < poisson_test(0.05, 100.0).critical + 0.3
    assert poisson_performance(test, 1.0).power == pytest.approx(0.05, abs=1e-9)
    assert poisson_performance(test, 1.5).power > 0.99


def test_roots():
    assert falling_root(lambda c: 1e-5 - c) == pytest.approx(1e-5)
    assert falling_root(lambda c: 50.0 - c) == pytest.approx(50)


@settings(deadline=None, max_examples=40)
@given(limit=st.floats(0.05, 0.6), probability=st.floats(0.6, 0.99), patients=st.integers(1, 14))
def test_patient_rule_is_the_posterior(limit, probability, patients):
    rule = patient_rule(JEFFREYS, limit, probability, patients)
    for n, least in zip(rule.sizes, rule.least, strict=True):
        for r in range(int(n) + 1):
            stops = 1 - float(binomial_posterior(JEFFREYS, r, int(n)).cdf(limit)) > probability
            assert stops == (least is not None and r >= least)


@settings(deadline=None, max_examples=30)
@given(patients=st.integers(1, 9), first=st.integers(1, 3), every=st.integers(1, 3), rate=st.floats(0, 1))
def test_behaviour_is_the_sum_over_all_paths(patients, first, every, rate):
    first = min(first, patients)
    rule = patient_rule(JEFFREYS, 0.2, 0.8, patients, first, every)
    edge = dict(zip(rule.sizes, rule.least, strict=True))
    stop = size = events = 0.0
    for path in range(2**patients):
        r = n = 0
        while n < patients:
            r += path >> n & 1
            n += 1
            if edge.get(n) is not None and r >= edge[n]:
                break
        total = sum(path >> i & 1 for i in range(patients))
        chance = rate**total * (1 - rate) ** (patients - total)
        stop += chance * (edge.get(n) is not None and r >= edge[n])
        size += chance * n
        events += chance * r
    got = behaviour(rule, rate)
    assert [got.stops, got.mean_size, got.mean_events] == pytest.approx([stop, size, events], abs=1e-9)
    assert list(got.stopped_by) == sorted(got.stopped_by)


def test_rate_rule_is_the_posterior_and_its_behaviour_simulated():
    prior = gamma_mixture([0.8, 0.2], [2, 0.5], [10, 0.5])
    looks = [1.0, 2.0, 4.0, 8.0]
    rule = rate_rule(prior, 0.5, 0.9, looks)
    for t, least in zip(looks, rule.least, strict=True):
        for k, stops in ((least - 1, False), (least, True)):
            assert (1 - float(poisson_posterior(prior, k, t).cdf(0.5)) > 0.9) == stops
    rng = np.random.default_rng(4)
    counts = np.cumsum(rng.poisson(0.9 * np.diff([0.0, *looks]), (60_000, 4)), axis=1)
    crossed = counts >= np.array(rule.least)
    first = np.where(crossed.any(1), crossed.argmax(1), 3)
    got = behaviour(rule, 0.9)
    assert got.stops == pytest.approx(crossed.any(1).mean(), abs=4 * 0.002)
    assert got.mean_size == pytest.approx(np.array(looks)[first].mean(), abs=0.06)
    assert got.mean_events == pytest.approx(counts[np.arange(60_000), first].mean(), abs=0.06)


def test_rules_behave_with_the_rate():
    rule = patient_rule(JEFFREYS, 0.25, 0.9, 20, first=3)
    found = [behaviour(rule, p) for p in (0.0, 0.1, 0.25, 0.5, 1.0)]
    assert [b.stops for b in found] == sorted(b.stops for b in found)
    assert found[0].stops == 0
    assert found[-1].stops == 1
    assert found[-1].mean_size == 3
    assert [b.mean_size for b in found] == sorted((b.mean_size for b in found), reverse=True)


def test_what_can_not_be_is_refused():
    gamma = gamma_mixture([1], [1], [1])
    for bad in (
        lambda: poisson_test(0.0, 1.0),
        lambda: poisson_test(0.05, -1.0),
        lambda: poisson_test(0.05, math.nan),
        lambda: poisson_test(0.05, 1.0, 0),
        lambda: poisson_ratio(-1, 1.0),
        lambda: poisson_ratio(1, 0.0),
        lambda: poisson_performance(poisson_test(0.05, 1.0), -1.0),
        lambda: poisson_performance(poisson_test(0.05, 1.0), math.nan),
        lambda: binomial_test(0.05, 0, 1.0),
        lambda: binomial_test(0.05, 10, 0.0),
        lambda: binomial_performance(binomial_test(0.05, 20, 1.0), -1.0),
        lambda: conditional_test(0.05, 0, 1.0),
        lambda: conditional_test(0.05, 5, 0.0),
        lambda: conditional_performance(conditional_test(0.05, 5, 1.0), math.inf),
        lambda: conditional_ratio(0, 1, 1.0),
        lambda: patient_rule(JEFFREYS, 1.0, 0.9, 5),
        lambda: patient_rule(JEFFREYS, 0.2, 0.9, 0),
        lambda: patient_rule(JEFFREYS, 0.2, 0.9, 5, first=6),
        lambda: patient_rule(gamma, 0.2, 0.9, 5),
        lambda: rate_rule(gamma, 0.2, 0.9, []),
        lambda: rate_rule(gamma, 0.2, 0.9, [1.0, 1.0]),
        lambda: rate_rule(gamma, 0.2, 0.9, [-1.0]),
        lambda: rate_rule(JEFFREYS, 0.2, 0.9, [1.0]),
        lambda: behaviour(patient_rule(JEFFREYS, 0.2, 0.9, 5), 1.5),
        lambda: behaviour(patient_rule(JEFFREYS, 0.2, 0.9, 5), math.nan),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            bad()
