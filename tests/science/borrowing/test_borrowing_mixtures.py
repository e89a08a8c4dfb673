"""Mixtures: published digits, conjugacy by direct integration, properties, and what can not be."""

import math

import numpy as np
import pytest
from borrowing_cases import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from proband.core.errors import ProgramError
from proband.science.borrowing.mixtures import (
    beta_mixture,
    binomial_posterior,
    binomial_posteriors,
    gamma_mixture,
    normal_mixture,
    normal_posterior,
    poisson_posterior,
    predictive_binomial,
    predictive_normal,
    predictive_poisson,
    robustify,
)
from proband.science.borrowing.unknown_sigma import mean_posterior

MAP = beta_mixture([0.62, 0.38], [19.2, 3.5], [57.8, 9.4])
ROBUST = robustify(MAP, 0.2, 0.5)
GAMMA = gamma_mixture([0.8, 0.2], [4, 1], [8, 1])


def test_fixed_mixture_to_all_printed_digits():
    want = reference("rbest_fixed_mixture_exact")
    assert binomial_posterior(ROBUST, 6, 6).weights == pytest.approx(want["post rob r=6 n=6 weights"], abs=5e-13)
    assert binomial_posterior(ROBUST, 1, 6).weights == pytest.approx(want["post rob r=1 n=6 weights"], abs=5e-12)
    assert predictive_binomial(ROBUST, 6) == pytest.approx(want["preddist_rob_n6"], abs=5e-11)
    after = poisson_posterior(GAMMA, 3, 2.5)
    gamma = want["gamma post m=1.2 n=2.5"]
    assert after.weights == pytest.approx(gamma["w"], abs=5e-9)
    assert (list(after.first), list(after.second)) == (gamma["a"], gamma["b"])
    normal = want["normal mix .8 N(-50,6) .2 N(-50,88) sigma 88 post m=-20 n=20"]
    got = normal_posterior(normal_mixture([0.8, 0.2], [-50, -50], [6, 88]), -20, 20, 88)
    for have, expected in zip(
        (got.weights, got.first, got.second), (normal["w"], normal["m"], normal["s"]), strict=True
    ):
        assert have == pytest.approx(expected, abs=6e-11)


def test_the_published_map_mixture():
    # mixture and summary of Schmidli et al.'s example as printed with the data set
    got = beta_mixture([0.6167463, 0.3832537], [19.1916387, 3.5278745], [57.7779318, 9.3735980])
    assert [got.mean, got.sd] == pytest.approx([0.25857963, 0.08423297], abs=1e-8)
    assert got.quantile([0.025, 0.5, 0.975]) == pytest.approx([0.1081, 0.2500, 0.4703], abs=1e-4)


two = st.floats(0.05, 0.95).map(lambda w: [w, 1 - w])
positive = st.floats(0.3, 60.0)


@settings(deadline=None, max_examples=40)
@given(w=two, a=st.tuples(positive, positive), b=st.tuples(positive, positive), n=st.integers(0, 30), data=st.data())
def test_posterior_of_proportions(w, a, b, n, data):
    r = data.draw(st.integers(0, n))
    prior = beta_mixture(w, a, b)
    after = binomial_posterior(prior, r, n)
    assert math.fsum(after.weights) == pytest.approx(1)
    x = np.array([0.07, 0.4, 0.81])
    chance = predictive_binomial(prior, n)
    assert chance.sum() == pytest.approx(1)
    # Bayes by hand: prior times likelihood over the predictive probability
    assert after.pdf(x) == pytest.approx(prior.pdf(x) * stats.binom.pmf(r, n, x) / chance[r], rel=1e-8)


@settings(deadline=None, max_examples=40)
@given(w=two, a=st.tuples(positive, positive), b=st.tuples(positive, positive), p=st.floats(0.001, 0.999))
def test_quantiles_invert_the_distribution_function(w, a, b, p):
    for made in (beta_mixture(w, a, b), gamma_mixture(w, a, b), normal_mixture(w, a, b)):
        assert float(made.cdf(made.quantile(p))) == pytest.approx(p, abs=1e-9)
        q = made.quantile([0.1, 0.5, 0.9])
        assert q[0] < q[1] < q[2]


def test_moments_and_density_by_integration():
    for made, ends in ((ROBUST, (0, 1)), (GAMMA, (0, 40)), (normal_mixture([0.3, 0.7], [0, 3], [1, 2]), (-30, 30))):
        assert integrate.quad(made.pdf, *ends, limit=200)[0] == pytest.approx(1)
        mean = integrate.quad(lambda x, m=made: x * float(m.pdf(x)), *ends, limit=200)[0]
        spread = integrate.quad(lambda x, m=made: (x - m.mean) ** 2 * float(m.pdf(x)), *ends, limit=200)[0]
        assert [mean, spread] == pytest.approx([made.mean, made.sd**2], abs=1e-7)


def test_many_replicates_equal_one_by_one():
    w, a, _ = binomial_posteriors(ROBUST, np.array([[0, 3], [6, 2]]), np.array([6, 9]))
    one = binomial_posterior(ROBUST, 2, 9)
    assert w.shape == (2, 2, 3)
    assert w[1, 1] == pytest.approx(one.weights)
    assert a[1, 1] == pytest.approx(one.first)


def test_predictive_distributions():
    assert predictive_poisson(GAMMA, 2.0, np.arange(300)).sum() == pytest.approx(1)
    assert predictive_poisson(GAMMA, 2.0, np.arange(300)) @ np.arange(300) == pytest.approx(2 * GAMMA.mean)
    assert predictive_normal(normal_mixture([1], [1], [3]), 4, 8.0).second == pytest.approx([5.0])


def test_conflict_moves_the_weight_to_the_vague_part():
    agree, conflict = binomial_posterior(ROBUST, 2, 8), binomial_posterior(ROBUST, 8, 8)
    assert agree.weights[2] < 0.2 < 0.9 < conflict.weights[2]


def test_unknown_sigma_is_student_under_a_flat_prior_and_known_sigma_with_many_degrees():
    values = [4.0, 5.0, 9.0, 6.5]
    flat = mean_posterior(normal_mixture([1], [0], [1e5]), values, "d")
    t = stats.t(3, np.mean(values), np.std(values, ddof=1) / 2)
    assert [flat.quantity.quantile(p) for p in (0.025, 0.5, 0.9)] == pytest.approx(t.ppf([0.025, 0.5, 0.9]), abs=5e-3)
    prior = normal_mixture([0.6, 0.4], [0, 8], [1, 3])
    known = normal_posterior(prior, float(np.mean(values)), 4, 2.0)
    got = mean_posterior(prior, values, "d", prior_df=1e7, prior_sd=2.0)
    assert [got.mean, got.sd] == pytest.approx([known.mean, known.sd], rel=1e-4)
    assert got.weights == pytest.approx(known.weights, abs=1e-4)


@pytest.mark.parametrize(
    "make",
    [
        lambda: beta_mixture([0.5, 0.4], [1, 1], [1, 1]),
        lambda: beta_mixture([1.0], [0.0], [1.0]),
        lambda: beta_mixture([], [], []),
        lambda: beta_mixture([1.0], [1.0, 2.0], [1.0]),
        lambda: normal_mixture([1.0], [0.0], [0.0]),
        lambda: normal_mixture([1.0], [math.nan], [1.0]),
        lambda: gamma_mixture([1.0], [math.inf], [1.0]),
        lambda: binomial_posterior(MAP, 7, 6),
        lambda: binomial_posterior(MAP, -1, 6),
        lambda: binomial_posterior(MAP, 1.5, 6),
        lambda: poisson_posterior(GAMMA, 1, -2.0),
        lambda: poisson_posterior(GAMMA, 1, 0.0),
        lambda: normal_posterior(normal_mixture([1], [0], [1]), 0.0, 3, 0.0),
        lambda: mean_posterior(normal_mixture([1], [0], [1]), [1.0], "d"),
        lambda: mean_posterior(normal_mixture([1], [0], [1]), [2.0, 2.0], "d"),
        lambda: mean_posterior(normal_mixture([1], [0], [1]), [], "d"),
    ],
)
def test_what_can_not_be_is_refused(make):
    with pytest.raises(ProgramError) as told:
        make()
    assert all(p.found and p.expected and p.remedy for p in told.value.problems)


def test_all_problems_at_once():
    with pytest.raises(ProgramError) as told:
        beta_mixture([0.5, 0.1], [0, 1], [1, -1])
    assert len(told.value.problems) == 3


def test_a_vague_normal_part_needs_sigma():
    with pytest.raises(ValueError, match="sigma"):
        robustify(normal_mixture([1], [0], [1]), 0.1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        robustify(MAP, 1.0)
