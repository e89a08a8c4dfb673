"""Designs of one and two arms, and MAP priors: published figures, enumeration by hand, properties, refusals."""

import math

import numpy as np
import pytest
from borrowing_cases import AS, reference
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from proband.core.errors import ProgramError
from proband.science.borrowing import one_sample, two_sample
from proband.science.borrowing.map_prior import map_prior
from proband.science.borrowing.mixture_fit import fit_mixture
from proband.science.borrowing.mixtures import (
    beta_mixture,
    binomial_posterior,
    gamma_mixture,
    normal_mixture,
    poisson_posterior,
    predictive_binomial,
    robustify,
)
from proband.science.borrowing.quadrature import Prior
from proband.science.borrowing.register import Entry, Register
from proband.science.borrowing.two_sample import Rule, difference_above
from proband.science.borrowing.units import normal, poisson

MAP = beta_mixture([0.62, 0.38], [19.2, 3.5], [57.8, 9.4])
ROBUST = robustify(MAP, 0.2, 0.5)
TREATED = beta_mixture([1], [0.5], [1])
FLAT = beta_mixture([1], [1], [1])
RULE = Rule((0.95,), (0.0,))


def test_type_one_error_to_all_printed_digits():
    want = reference("rbest_fixed_mixture_exact")["oc2S treat Beta(.5,1) n 24 vs 6, P>0.95"]
    for treated, control, key in ((TREATED, MAP, "map"), (TREATED, ROBUST, "rob"), (FLAT, FLAT, "unif")):
        design = two_sample.binomial_design(treated, 24, control, 6, RULE)
        assert design.probability(want["theta"], want["theta"]) == pytest.approx(want[f"typeI_{key}"], rel=5e-10)


def test_published_power_and_trial():
    # Schmidli et al.'s example: deltas of 80 % power at the mean of the MAP prior, and the trial's 14/24 against 1/6
    published = beta_mixture([0.6167463, 0.3832537], [19.1916387, 3.5278745], [57.7779318, 9.3735980])
    robust = robustify(published, 0.2, 0.5)
    designs = ((TREATED, published, 6), (FLAT, FLAT, 24), (TREATED, robust, 6), (FLAT, FLAT, 6))
    found = [two_sample.binomial_design(t, 24, c, n, RULE).difference_for_power(published.mean) for t, c, n in designs]
    assert found == pytest.approx([0.298, 0.341, 0.368, 0.529], abs=6e-4)
    assert difference_above(TREATED, 24, robust, 6, 0.0)[14, 1] == pytest.approx(0.9913233, abs=5e-8)


def test_one_arm_to_all_printed_digits():
    want = reference("rbest_fixed_mixture_exact")["oc1S uniform prior P(p>.3)>.975"]
    for i, n in enumerate(want["n"]):
        design = one_sample.binomial_design(FLAT, n, Rule((0.975,), (0.3,)))
        assert design.boundary == want["bound(success if y>bound)"][i]
        found = design.probability([0.3, 0.7])
        assert found == pytest.approx([want["typeI_at_.3"][i], want["power_at_.7"][i]], abs=5e-11)


@pytest.mark.parametrize("margin", [0.0, 0.1, -0.25, 0.6])
def test_difference_by_direct_integration(margin):
    got = difference_above(TREATED, 5, ROBUST, 4, margin)
    edges = [x for x in (max(0, -margin), min(1, 1 - margin)) if 0 < x < 1] or None
    for r1, r2 in ((0, 0), (5, 1), (2, 4)):
        one, two = binomial_posterior(TREATED, r1, 5), binomial_posterior(ROBUST, r2, 4)

        def integrand(y, one=one, two=two):
            return float(two.pdf(y)) * float(1 - one.cdf(min(max(y + margin, 0), 1)))

        assert got[r1, r2] == pytest.approx(integrate.quad(integrand, 0, 1, points=edges, limit=300)[0], abs=1e-7)


@settings(deadline=None, max_examples=20)
@given(n1=st.integers(0, 12), n2=st.integers(0, 12), p=st.floats(0, 1), q=st.floats(0, 1))
def test_enumeration_is_a_sum_over_outcomes(n1, n2, p, q):
    design = two_sample.binomial_design(FLAT, n1, ROBUST, n2, Rule((0.8, 0.4), (0.0, 0.1)))
    want = sum(
        math.comb(n1, i) * p**i * (1 - p) ** (n1 - i) * math.comb(n2, j) * q**j * (1 - q) ** (n2 - j)
        for i in range(n1 + 1)
        for j in range(n2 + 1)
        if design.success[i, j]
    )
    assert float(design.probability(p, q)) == pytest.approx(want, abs=1e-10)
    # more responders in arm 1 never undo a success
    assert (np.diff(design.success.astype(int), axis=0) >= 0).all()


def test_sides_of_a_rule_add_up():
    up = two_sample.binomial_design(FLAT, 6, FLAT, 6, Rule((0.9,), (0.0,)))
    down = two_sample.binomial_design(FLAT, 6, FLAT, 6, Rule((0.9,), (0.0,), lower=True))
    assert (up.success == down.success.T).all()
    assert float(up.probability(0.7, 0.2)) == pytest.approx(float(down.probability(0.2, 0.7)))
    assert down.difference_for_power(0.9, 0.5) < 0 < up.difference_for_power(0.1, 0.5)
    assert up.difference_for_power(0.99, 0.9) is None


def test_margins_out_of_reach():
    assert (difference_above(FLAT, 2, FLAT, 2, 1.0) == 0).all()
    assert (difference_above(FLAT, 2, FLAT, 2, -1.0) == 1).all()


def test_assurance_is_the_mean_power():
    design = two_sample.binomial_design(FLAT, 8, ROBUST, 4, RULE)
    x, w = np.polynomial.legendre.leggauss(60)
    p, w = (x + 1) / 2, w / 2
    power = design.probability(p[:, None], p)
    mean = float((w[:, None] * w * power * ROBUST.pdf(p)).sum())
    assert design.assurance() == pytest.approx(mean, abs=1e-6)
    one = one_sample.binomial_design(FLAT, 8, Rule((0.9,), (0.3,)))
    assert one.assurance(MAP) == pytest.approx(float(predictive_binomial(MAP, 8) @ one.success))


def test_normal_designs():
    wide = normal_mixture([1], [0], [1e5])
    rule = Rule((0.975,), (0.0,))
    found = two_sample.normal_probability(wide, 10, wide, 20, 2.0, rule, 1.5, 0.0)
    z = 1.5 / (2 * math.sqrt(1 / 10 + 1 / 20))
    assert found == pytest.approx(stats.norm.cdf(z - 1.959963985), abs=1e-6)
    assert one_sample.normal_probability(wide, 9, 3.0, rule, [0.0, 2.0]) == pytest.approx(
        [0.025, stats.norm.cdf(2 - 1.959963985)], abs=1e-6
    )
    mixed = normal_mixture([0.7, 0.3], [0, 0], [0.5, 5])
    rng = np.random.default_rng(5)
    y1, y2 = rng.normal(1.0, 2 / math.sqrt(10), 40_000), rng.normal(0.3, 2 / math.sqrt(6), 40_000)
    share = (two_sample.normal_difference_above(wide, mixed, y1, y2, (2 / 10**0.5, 2 / 6**0.5)) > 0.9).mean()
    exact = two_sample.normal_probability(wide, 10, mixed, 6, 2.0, Rule((0.9,), (0.0,)), 1.0, 0.3)
    assert abs(share - exact) < 4 * math.sqrt(exact * (1 - exact) / 40_000)
    low = two_sample.normal_probability(wide, 10, mixed, 6, 2.0, Rule((0.9,), (0.0,), lower=True), -1.0, -0.3)
    assert low == pytest.approx(exact, abs=1e-9)


def test_rate_design_is_enumerated():
    prior = gamma_mixture([1], [0.5], [0.5])
    design = one_sample.poisson_design(prior, 10.0, Rule((0.9,), (0.5,), lower=True), 60)
    for k in (design.boundary, design.boundary + 1):
        assert bool(design.success[k]) == (float(poisson_posterior(prior, k, 10.0).cdf(0.5)) > 0.9)
    assert design.probability([0.2])[0] == pytest.approx(stats.poisson.cdf(design.boundary, 2.0))
    above = one_sample.poisson_design(prior, 10.0, Rule((0.9,), (0.5,)), 60)
    assert above.probability([30.0])[0] == pytest.approx(1)


@pytest.mark.parametrize(("scale", "elir", "moment"), [(1.0, 36.7, 24.0), (0.5, 45.2, 31.2)])
def test_map_prior_of_historical_controls(scale, elir, moment):
    got = map_prior(AS, Register.of_all(AS), Prior(0.0, 2.0, scale), "fraction")
    assert got.mixture_fit.reached
    assert got.mixture_fit.divergence <= 1e-3
    assert len(got.mixture.weights) == 3
    # the mixture has the moments and quantiles of the exact distribution
    assert [got.mixture.mean, got.mixture.sd] == pytest.approx([got.mean, got.sd], abs=3e-4)
    exact = got.fit.quantiles(got.fit.new, [0.025, 0.5, 0.975])
    assert got.mixture.quantile([0.025, 0.5, 0.975]) == pytest.approx(exact, abs=3e-3)
    assert [s.method for s in got.effective_sizes] == ["elir", "moment", "morita"]
    assert [s.size for s in got.effective_sizes[:2]] == pytest.approx([elir, moment], abs=0.15)
    assert got.robust(0.2).weights[-1] == 0.2


def test_map_priors_of_rates_and_means():
    rates = [poisson("a", 4, 10.0), poisson("b", 9, 14.0), poisson("c", 3, 12.0)]
    got = map_prior(rates, Register.of_all(rates), Prior(-1.0, 1.0, 0.5), "/a")
    assert got.mean is None
    assert got.mixture.family == "gamma"
    assert got.mixture.quantile(0.5) == pytest.approx(got.quantity.quantile(0.5), rel=0.02)
    means = [normal("a", -48, 8.0), normal("b", -52, 9.0), normal("c", -45, 12.0)]
    got = map_prior(means, Register.of_all(means), Prior(-50.0, 100.0, 20.0), "m", sigma=88.0)
    assert got.mixture.family == "normal"
    assert got.mixture.mean == pytest.approx(got.mean, abs=0.2)
    assert got.effective_sizes[1].size == pytest.approx(88**2 / got.mixture.sd**2)
    assert map_prior(means, Register.of_all(means), Prior(-50.0, 100.0, 20.0), "m").effective_sizes == ()


def test_map_prior_says_what_it_leaves_out():
    register = Register((*(Entry(u.name, "pooled") for u in AS[:-1]), Entry(AS[-1].name, "left_out", "other endpoint")))
    assert map_prior(AS, register, Prior(0.0, 2.0, 1.0), "fraction").omitted[0].reason == "other endpoint"


@settings(deadline=None, max_examples=8)
@given(w=st.floats(0.25, 0.75), low=st.floats(3, 9), high=st.floats(3, 9))
def test_a_mixture_is_found_again(w, low, high):
    truth = beta_mixture([w, 1 - w], [low, 40.0], [40.0, high])
    x = special.expit(np.linspace(-8, 8, 300))
    got = fit_mixture("beta", x, truth.pdf(x), tolerance=1e-5)
    assert got.reached
    assert got.mixture.mean == pytest.approx(truth.mean, abs=1e-3)
    assert list(got.tried) == sorted(got.tried, reverse=True)


def test_a_fit_that_does_not_reach_says_so():
    x = np.linspace(-8, 8, 400)
    comb = sum(stats.norm.pdf(x, c, 0.2) for c in range(-6, 7, 2))
    got = fit_mixture("normal", x, comb, most=2)
    assert not got.reached
    assert got.divergence > 1e-3


def test_designs_that_can_not_be():
    for bad in (
        lambda: Rule((), ()),
        lambda: Rule((0.9,), (0.0, 0.1)),
        lambda: Rule((1.0,), (0.0,)),
        lambda: Rule((0.9,), (math.nan,)),
        lambda: two_sample.binomial_design(FLAT, -1, FLAT, 2, RULE),
        lambda: two_sample.binomial_design(normal_mixture([1], [0], [1]), 1, FLAT, 2, RULE),
        lambda: two_sample.binomial_design(FLAT, 1, FLAT, 2, RULE).probability(1.2, 0.1),
        lambda: one_sample.binomial_design(FLAT, -1, RULE),
        lambda: one_sample.binomial_design(FLAT, 3, RULE).probability([-0.1]),
        lambda: one_sample.poisson_design(gamma_mixture([1], [1], [1]), 0.0, RULE, 5),
        lambda: one_sample.normal_boundary(normal_mixture([1], [0], [1]), 0, 1.0, RULE),
        lambda: two_sample.normal_probability(FLAT, 1, FLAT, 1, 1.0, RULE, 0, 0),
        lambda: fit_mixture("beta", np.array([0.5, 1.5, 2.0]), np.ones(3)),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            bad()
    with pytest.raises(ProgramError):
        map_prior([], Register((Entry("a", "no_outcome", "not treated yet"),)), Prior(0, 1, 1), "fraction")
