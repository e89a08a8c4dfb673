"""Designs against published and exact numbers: the design note's tables, the exact test's level, published priors."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtr
from trial_cases import COUNTS, Z, plan

from proband.science.borrowing import hierarchy, units
from proband.science.borrowing.mixtures import beta_mixture, binomial_posterior, robustify
from proband.science.borrowing.quadrature import Prior
from proband.science.borrowing.two_sample import difference_above
from proband.science.trial import basket_hierarchy, binary_prior, external_control, own_control, random_starts
from proband.science.trial.binary_prior import binomial, decisions, tail_not_better
from proband.science.trial.grid import scenarios
from proband.science.trial.measures import Tally, harm_acceptable
from proband.science.trial.operating import collect
from proband.science.trial.weekly_counts import weekly_counts
from proband.science.within_patient.randomisation import randomisation_test, start_point_case

PATIENTS = (1, 2, 3, 5, 10, 20)
# Design note, 40 untreated patients, one-sided .025, unmodelled shift of SD tau; exact
SHIFT = {
    0: (0.025,) * 6,
    0.1: (0.0256, 0.0261, 0.0266, 0.0276, 0.0296, 0.0328),
    0.25: (0.0285, 0.032, 0.0353, 0.0415, 0.0548, 0.0739),
    0.5: (0.0394, 0.0534, 0.0663, 0.0887, 0.1289, 0.1732),
    1: (0.0816, 0.1251, 0.157, 0.2005, 0.2568, 0.3023),
}
BIAS = (0.048, 0.061, 0.072, 0.092, 0.133, 0.194)
POWER = (0.483, 0.742, 0.869, 0.962, 0.996, 1.0)


def values(made, metric, **where):
    """The values of a metric at a scenario."""
    return [
        r.measure.value
        for r in made.rows
        if r.measure.metric == metric and all(r.scenario[n] == v for n, v in where.items())
    ]


def z_plan(assumed_tau, **simulation):
    axes = {"vary": "full", "patients": list(PATIENTS), "effect": [0, 2], "dropout": [0], "drift": [0], "rho": [0]}
    more = {"tau_c": [0], "comedication_shift": [0], "index_error": [0], "course": None}
    model = {"kind": "z", "tau_c": assumed_tau}
    free = {"worst_case": {}, "effect_prior": None}
    return plan("external_control", **{**Z, "model": model, "simulation": {**axes, **more, **free, **simulation}})


@pytest.mark.parametrize("tau", SHIFT)
def test_the_exact_table_of_an_unmodelled_shift(tau):
    made = collect(z_plan(0.0, tau_c=[tau]), 1, ())
    assert [round(v, 4) for v in values(made, "type_i_error")] == pytest.approx(SHIFT[tau], abs=1e-9)


def test_a_fixed_bias_and_power_with_the_shift_modelled():
    made = collect(z_plan(0.0, comedication_shift=[0.3]), 1, ())
    assert [round(v, 3) for v in values(made, "type_i_error")] == pytest.approx(BIAS, abs=1e-9)
    made = collect(z_plan(0.25, tau_c=[0.25]), 1, ())
    assert [round(v, 3) for v in values(made, "power")] == pytest.approx(POWER, abs=1e-9)
    assert values(made, "coverage", effect=2) == pytest.approx([0.95] * 6)


def test_the_worst_case_is_over_the_declared_set_alone():
    made = collect(z_plan(0.0, tau_c=[0, 0.25, 1], worst_case={"tau_c": [0, 0.25]}), 1, ())
    worst = [r for r in made.worst if r.measure.metric == "type_i_error_worst"]
    assert [round(r.measure.value, 4) for r in worst] == pytest.approx(SHIFT[0.25])
    assert {r.scenario["tau_c"] for r in worst} == {0.25}


@given(st.integers(1, 30), st.integers(3, 100), st.floats(0, 1))
def test_the_t_analysis_keeps_its_level_where_its_tau_is_the_true_one(patients, cohort, tau):
    if patients + cohort < 4:
        return
    won = external_control.success_probability(patients, cohort, 0.0, tau, tau, 0.025, 0.0, "t")
    assert won == pytest.approx(0.025, abs=2e-6)


def test_losses_are_summed_over_the_binomial():
    made = collect(z_plan(0.0, patients=[3], dropout=[0.2], effect=[0, 2]), 1, ())
    by_hand = sum(
        math.comb(3, k) * 0.8**k * 0.2 ** (3 - k)
        * external_control.success_probability(k, 40, 2.0, 0.0, 0.0, 0.025, 0.0, "z")
        for k in (1, 2, 3)
    )  # fmt: skip
    assert values(made, "power") == pytest.approx([by_hand])
    assert values(made, "analysed", effect=2) == pytest.approx([1 - 0.2**3])


def test_assurance_is_power_averaged_over_the_prior():
    belief = {"mean": 1.5, "sd": 0.5, "source": "x"}
    made = collect(z_plan(0.0, patients=[3], effect=[0], effect_prior=belief), 1, ())
    draws = 1.5 + 0.5 * np.random.default_rng(1).standard_normal(4000)
    mean = np.mean([external_control.success_probability(3, 40, d, 0.0, 0.0, 0.025, 0.0, "z") for d in draws.tolist()])
    (found,) = [r.measure.value for r in made.rows if r.measure.metric == "assurance"]
    assert found == pytest.approx(mean, abs=3 * 0.27 / math.sqrt(4000))


def tally(made, scenario, trials, seed=1):
    module = external_control if made.design.kind == "external_control" else own_control
    return Tally.of(module.simulate(made, scenario, np.random.default_rng(seed), trials), 0.025, 0.05)


def test_the_mixed_model_holds_its_level_at_the_shift_it_allows_for():
    axes = {"patients": [3], "effect": [0], "tau_c": [0.25], "worst_case": {}, "effect_prior": None}
    made = plan("external_control", simulation=axes)
    t = tally(made, scenarios(made)[0], 4000)
    assert t.success / t.trials <= 0.025 + 3 * math.sqrt(0.025 * 0.975 / 4000)
    assert t.success / t.trials >= 0.012
    assert t.covered / t.trials == pytest.approx(0.95, abs=0.02)
    assert t.error / t.trials == pytest.approx(0.0, abs=4 * 0.7 / math.sqrt(4000))


def test_the_mixed_model_is_fooled_by_what_it_does_not_allow_for():
    axes = {"patients": [10], "effect": [0], "tau_c": [1.0], "worst_case": {}, "effect_prior": None}
    made = plan("external_control", design={"patients": 10}, model={"tau_c": 0.0}, simulation=axes)
    t = tally(made, scenarios(made)[0], 1000)
    assert t.success / t.trials > 0.15


# Design note, two-sided .05, 4,000 simulations: autocorrelation integrated
OWN = [((0, 12), 0.035), ((0.3, 12), 0.052), ((0.6, 12), 0.065), ((0.8, 12), 0.082), ((0.6, 26), 0.052)]


@pytest.mark.parametrize(("setting", "anchor"), OWN)
def test_one_patient_with_autocorrelation_rejects_no_more_than_the_anchor(setting, anchor):
    rho, weeks = setting
    y = own_control.ar1(np.random.default_rng(5), (6000, 2 * weeks), rho)
    below = own_control.posterior_of_step(y, weeks, False, False, 0.0, 0.95, np.zeros((6000, 1)))[2][:, 0]
    rejected = np.mean(2 * np.minimum(below, 1 - below) <= 0.05)
    assert rejected <= anchor + 3 * math.sqrt(anchor * (1 - anchor) / 6000)
    assert rejected > 0.004


def test_a_step_of_three_sd_is_seen():
    y = own_control.ar1(np.random.default_rng(6), (2000, 52), 0.6)
    y[:, 26:] += 3
    below = own_control.posterior_of_step(y, 26, False, False, 0.0, 0.95, np.zeros((2000, 1)))[2][:, 0]
    assert np.mean(below <= 0.025) >= 0.8


def dense_step(y, before, low, high, point):
    """The posterior of the step by definition: covariance matrices inverted on a fine grid of rho."""
    n, weights, below = len(y), [], []
    x = own_control.design(before, n - before, False, False)
    nodes, mass = np.polynomial.legendre.leggauss(60)
    for node, share in zip(nodes, mass, strict=True):
        rho = low + (high - low) * (node + 1) / 2
        v = rho ** np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
        i = np.linalg.inv(v)
        xvx = x.T @ i @ x
        b = np.linalg.solve(xvx, x.T @ i @ y)
        rss = (y - x @ b) @ i @ (y - x @ b)
        df = n - 2
        weights.append(
            math.log(share) - 0.5 * (np.linalg.slogdet(v)[1] + np.linalg.slogdet(xvx)[1] + df * math.log(rss))
        )
        below.append(float(stdtr(df, (point - b[1]) / math.sqrt(rss / df * np.linalg.inv(xvx)[1, 1]))))
    w = np.exp(np.array(weights) - max(weights))
    return float(w @ np.array(below) / w.sum())


@pytest.mark.parametrize(("seed", "low", "high"), [(0, 0.05, 0.9), (1, -0.4, 0.6), (2, 0.0, 0.99)])
def test_the_step_is_that_of_the_dense_twin(seed, low, high):
    y = own_control.ar1(np.random.default_rng(seed), (1, 15), 0.5) * 7 + 100
    made = own_control.posterior_of_step(y, 6, False, False, low, high, np.array([[1.5]]))[2][0, 0]
    assert made == pytest.approx(dense_step(y[0], 6, low, high, 1.5), rel=1e-6)


def test_a_flat_series_among_others_is_the_only_one_without_a_number():
    y = own_control.ar1(np.random.default_rng(7), (3, 20), 0.3)
    y[1] = 4.2
    points = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 2.0]])
    below = own_control.posterior_of_step(y, 10, True, True, 0.0, 0.9, points)[2]
    alone = own_control.posterior_of_step(y[2:], 10, True, True, 0.0, 0.9, points[2:])[2]
    assert np.isnan(below[1]).all()
    assert np.isfinite(below[[0, 2]]).all()
    assert below[2] == pytest.approx(alone[0], rel=1e-9)


@pytest.mark.parametrize("y", [np.ones((1, 10)), np.array([[0.0] * 5 + [1.0] * 5]), np.zeros((1, 10))])
def test_a_series_without_spread_gives_no_number(y):
    mean, sd, below = own_control.posterior_of_step(y, 5, False, False, 0.0, 0.9, np.zeros((1, 1)))
    assert np.isnan(mean).all()
    assert np.isnan(sd).all()
    assert np.isnan(below).all()


@pytest.mark.parametrize(("before", "weeks"), [(0, 10), (10, 10), (1, 2)])
def test_a_step_without_weeks_on_both_sides_gives_no_number(before, weeks):
    y = np.arange(float(weeks))[None, :] ** 2
    assert np.isnan(own_control.posterior_of_step(y, before, False, False, 0.0, 0.9, np.zeros((1, 1)))[2]).all()


def test_counts_hold_their_level_with_spread_and_memory():
    made = plan("own_control_biomarker", **COUNTS)
    null, real = [next(s for s in scenarios(made) if s["effect"] == e and s["patients"] == 1) for e in (0, 1)]
    t = tally(made, null, 4000)
    assert t.success / t.trials <= 0.025 + 3 * math.sqrt(0.025 * 0.975 / 4000)
    strong = tally(made, real, 1000)
    assert strong.success / strong.trials > 5 * t.success / t.trials
    assert abs(t.error / t.trials) < 0.06


def test_weeks_without_events_give_no_number_and_no_error():
    rng = np.random.default_rng(1)
    counts = weekly_counts(rng, np.full((4, 6), 1e-9), rng.standard_normal((4, 6)), 2.0)
    assert (counts == 0).all()
    made = own_control.posterior_of_step(np.sqrt(counts + 0.375), 3, False, False, 0.0, 0.9, np.zeros((4, 1)))
    assert np.isnan(made[2]).all()


@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_a_random_start_has_its_level_whatever_the_autocorrelation(rho):
    rng = np.random.default_rng(2)
    y = own_control.ar1(rng, (20_000, 24), rho)[:, None, :]
    differences = random_starts.start_differences(y, 2, 21)
    p = random_starts.exact_p(differences, rng.integers(0, 20, (20_000, 1)))
    assert np.mean(p <= 0.05 + 1e-12) == pytest.approx(0.05, abs=3 * math.sqrt(0.05 * 0.95 / 20_000))
    assert p.min() == pytest.approx(1 / 20)


def test_assignments_are_enumerated_as_by_hand():
    rng = np.random.default_rng(3)
    d, used = rng.normal(size=(6, 3, 4)), rng.integers(0, 4, (6, 3))
    for r in range(6):
        sums = [sum(d[r, i, k] for i, k in enumerate(ks)) for ks in product(range(4), repeat=3)]
        seen = sum(d[r, i, used[r, i]] for i in range(3))
        expected = sum(s >= seen - 1e-9 for s in sums) / 64
        assert random_starts.exact_p(d[r : r + 1], used[r : r + 1])[0] == pytest.approx(expected)


def test_drawn_assignments_agree_with_all_of_them():
    rng = np.random.default_rng(4)
    d, used = rng.normal(size=(40, 3, 8)), rng.integers(0, 8, (40, 3))
    drawn, full = random_starts.drawn_p(d, used, rng), random_starts.exact_p(d, used)
    assert np.abs(drawn - full).max() < 4 * 0.5 / math.sqrt(random_starts.DRAWN)


# Published values of a beta mixture and its robust form (24 treated, 6 controls, P > .95)
MAP = beta_mixture((0.62, 0.38), (19.2, 3.5), (57.8, 9.4))
TYPE_I = {
    "map": {0.2: 0.005056403979, 0.3: 0.05279831619, 0.4: 0.1900392166, 0.5: 0.3879460385},
    "robust": {0.2: 0.004851487595, 0.3: 0.04416950557, 0.4: 0.1252621377, 0.5: 0.1899199532},
    "uniform": {0.2: 0.003324733014, 0.3: 0.01907606751, 0.4: 0.03399293267, 0.5: 0.04149094969},
}


@pytest.mark.parametrize("name", TYPE_I)
def test_type_i_error_of_a_prior_made_of_betas(name):
    prior = {"map": MAP, "robust": robustify(MAP, 0.2, 0.5), "uniform": beta_mixture((1.0,), (1.0,), (1.0,))}[name]
    won = decisions((0.5, 1.0), prior, 24, 6, 0.0) < 0.05
    for rate, expected in TYPE_I[name].items():
        assert float(binomial(24, rate) @ won @ binomial(6, rate)) == pytest.approx(expected, rel=1e-9)


def test_the_published_posterior_of_a_trial():
    fitted = beta_mixture((0.6167463, 0.3832537), (19.1916387, 3.5278745), (57.7779318, 9.3735980))
    after = binomial_posterior(robustify(fitted, 0.2, 0.5), 1, 6)
    assert 1 - tail_not_better((14.5, 11.0), after, 0.0) == pytest.approx(0.9913233, abs=5e-8)


@pytest.mark.parametrize("margin", [-0.2, 0.0, 0.1, 1.0, -1.0])
def test_the_tail_is_that_of_the_general_form(margin):
    treated, control = beta_mixture([1.0], [0.5], [1.0]), robustify(MAP, 0.2, 0.5)
    made = decisions((0.5, 1.0), control, 12, 3, margin)
    assert made == pytest.approx(1 - difference_above(treated, 12, control, 3, margin), abs=1e-10)


def test_a_binary_design_is_enumerated_as_by_hand():
    made = plan("single_arm_binary", simulation={"patients": [10], "effect": [0, 0.4], "control_rate": [0.25],
                                                 "worst_case": {}})  # fmt: skip
    oc = collect(made, 1, ())
    prior = binary_prior.prior_of(made)
    wins = [y for y in range(11) if tail_not_better((0.5 + y, 1 + 10 - y), prior, 0.0) <= 0.025]
    power = sum(math.comb(10, y) * 0.65**y * 0.35 ** (10 - y) for y in wins)
    assert wins
    assert values(oc, "power") == pytest.approx([power])
    assert all(r.exact for r in oc.rows)


def test_equal_baskets_agree_with_the_general_hierarchy():
    made = basket_hierarchy.tables_of(5, 0.2, 0.2, 2.0, 1.0)
    tail, mean = basket_hierarchy.posterior(np.array([[0, 2, 4]]), made)
    general = hierarchy.fit(
        [units.binomial(str(r), r, 5) for r in (0, 2, 4)], Prior(math.log(0.25), 2.0, 1.0), without=False
    )
    for i, density in enumerate(general.densities):
        assert mean[0, i] == pytest.approx(general.mean_sd(density)[0], abs=2e-3)
        assert tail[0, i] == pytest.approx(1 - general.above(density, 0.2), abs=2e-3)


def test_a_random_start_has_the_p_of_the_test_for_data():
    rng = np.random.default_rng(8)
    y = own_control.ar1(rng, (3, 14), 0.4)
    used = np.array([[2, 0, 4]])
    p = random_starts.exact_p(random_starts.start_differences(y[None], 5, 9), used)[0]
    cases = [start_point_case(str(i), y[i], 5 + int(used[0, i]), range(5, 10)) for i in range(3)]
    assert p == pytest.approx(randomisation_test(cases, "multiple_baseline", "increase").p)


def test_active_baskets_raise_the_error_of_the_others():
    made = plan("basket", simulation={"effect": [0, 0.5], "active": [0, 5], "control_rate": [0.2],
                                      "worst_case": {}})  # fmt: skip
    found = {}
    for s in scenarios(made):
        t = Tally.of(basket_hierarchy.simulate(made, s, np.random.default_rng(1), 2000), 0.025, 0.05)
        found[s["effect"], s["active"]] = t.family / t.trials / (6 - s["active"] if s["effect"] else 6)
    assert found[0.5, 5] > 3 * found[0, 0]


@given(st.integers(1, 20), st.floats(0.01, 0.99))
def test_harm_is_acceptable_as_by_counting(patients, rate):
    made = harm_acceptable(patients, rate, (1.0, 1.0), 0.3, 0.8)
    from scipy.special import betainc

    good = [k for k in range(patients + 1) if betainc(1 + k, 1 + patients - k, 0.3) >= 0.8]
    assert made == pytest.approx(sum(binomial(patients, rate)[k] for k in good), abs=1e-12)


def test_a_series_without_differences_is_no_evidence():
    y = np.full((1, 1, 12), 3.3)
    p = random_starts.exact_p(random_starts.start_differences(y, 2, 9), np.array([[4]]))
    assert p.tolist() == [1.0]
