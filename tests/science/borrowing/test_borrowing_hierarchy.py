"""Hierarchies: published figures, a brute-force twin, closed forms, EXNEX, limits, and what can not be."""

import itertools
import math

import numpy as np
import pytest
from borrowing_cases import AS, IMATINIB, reference
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from proband.core.errors import ProgramError
from proband.science.borrowing.conflict import conflict
from proband.science.borrowing.exnex import exchangeability, exnex_prior
from proband.science.borrowing.hierarchy import fit, normal_closed_form
from proband.science.borrowing.quadrature import Prior
from proband.science.borrowing.units import binomial, gamma_poisson, log_likelihood, natural, normal, patients, poisson

BASKETS = Prior(float(special.logit(0.2)), 10.0, 1.0)


def test_imatinib_baskets_to_the_printed_digits():
    want = reference("imatinib_sarcoma_BHM_exact")
    got = fit(IMATINIB, BASKETS)
    found = np.array([got.mean_sd(d) for d in got.densities])
    assert found[:, 0] == pytest.approx(want["p_mean"], abs=5.1e-5)
    assert found[:, 1] == pytest.approx(want["p_sd"], abs=5.1e-5)
    assert got.mu[0] == pytest.approx(want["mu"], abs=5.1e-5)
    assert got.tau == pytest.approx([want["tau_mean"], want["tau_sd"]], abs=5.1e-5)


@pytest.mark.parametrize(("scale", "key"), [(1.0, None), (0.5, "tau HN(0.5)")])
def test_predictive_distribution_of_historical_controls(scale, key):
    want = reference("rbest_AS_exact_quadrature")
    figures = want[key] if key else want["MAP"]
    got = fit(AS, Prior(0.0, 2.0, scale), without=False)
    mean, sd = got.mean_sd(got.new)
    assert [mean, sd] == pytest.approx([figures["mean"], figures["sd"]], abs=1e-4)
    expected = [figures[q] for q in ("q2.5", "q50", "q97.5")]
    assert got.quantiles(got.new, [0.025, 0.5, 0.975]) == pytest.approx(expected, abs=1e-4)
    if key is None:
        assert got.tau == pytest.approx([want["tau"]["mean"], want["tau"]["sd"]], abs=1e-4)


def test_published_map_within_its_monte_carlo_error():
    want = reference("rbest_AS_vignette")
    got = fit(AS, Prior(0.0, 2.0, 1.0), without=False)
    # four chains of 4,000 thinned draws: standard errors of mean 0.0007, of outer quantiles about 0.003 and 0.006
    assert got.mean_sd(got.new)[0] == pytest.approx(want["MAP"]["mean"], abs=0.002)
    assert got.quantiles(got.new, [0.025, 0.975]) == pytest.approx(
        [want["MAP"]["q2.5"], want["MAP"]["q97.5"]], abs=0.018
    )
    assert got.tau_quantiles([0.025, 0.5, 0.975]) == pytest.approx([0.0414, 0.346, 0.893], abs=0.025)


def brute_force(units, prior):
    """Mean, deviation, evidence by sums over plain grids of tau, mu and every effect."""
    count = 60 if units[0].kind == "gamma-poisson" else 120
    tau = np.linspace(0, 5 * prior.tau_scale, count + 1)[1:] - 2.5 * prior.tau_scale / count
    mu = np.linspace(prior.mu_mean - 6 * prior.mu_sd, prior.mu_mean + 6 * prior.mu_sd, count + 1)
    z = np.linspace(-7, 7, 85)
    phi = stats.norm.pdf(z) / stats.norm.pdf(z).sum()
    eta = mu[None, :, None] + tau[:, None, None] * z
    inside = [np.exp(log_likelihood(u, eta)) * phi for u in units]
    nex_eta = prior.nex_mean + (prior.nex_sd or 1.0) * z
    alone = [np.exp(log_likelihood(u, nex_eta)) * phi for u in units]
    w = stats.norm.pdf(mu, prior.mu_mean, prior.mu_sd) * stats.halfnorm.pdf(tau, scale=prior.tau_scale)[:, None]
    e = prior.exchangeable
    each = [np.maximum(e * i.sum(-1) + (1 - e) * a.sum(), 1e-250) for i, a in zip(inside, alone, strict=True)]
    joint = w * np.prod(each, axis=0)
    p, q = natural(units[0].link, eta), natural(units[0].link, nex_eta)
    made = []
    for j in range(len(units)):
        top = e * (inside[j] * p).sum(-1) + (1 - e) * (alone[j] * q).sum()
        made.append(float((joint / each[j] * top).sum() / joint.sum()))
    evidence = math.log(joint.sum() * (mu[1] - mu[0]) * (tau[1] - tau[0]))
    belongs = [float((joint * e * i.sum(-1) / x).sum() / joint.sum()) for i, x in zip(inside, each, strict=True)]
    return made, evidence, belongs


@pytest.mark.parametrize(
    ("units", "prior"),
    [
        ((binomial("a", 2, 10), binomial("b", 8, 10)), Prior(0.0, 2.0, 1.0)),
        ((binomial("a", 0, 3), binomial("b", 5, 5), binomial("c", 1, 2)), Prior(-1.0, 1.5, 0.5)),
        ((binomial("a", 0, 8), binomial("b", 1, 9), binomial("c", 9, 9)), Prior(-1.0, 1.5, 0.5, 0.6, 0.0, 2.0)),
        ((poisson("a", 0, 3.0), poisson("b", 6, 2.0)), Prior(0.0, 1.5, 0.7)),
        ((normal("a", 1.0, 0.5), normal("b", 2.0, 0.4), normal("c", -3.0, 0.5)), Prior(0.0, 2.0, 0.5, 0.5, 0.0, 3.0)),
        ((gamma_poisson("a", [0, 2], [1.0, 4.0], 0.5), gamma_poisson("b", [1], [9.0], 0.5)), Prior(-1.0, 1.5, 0.7)),
    ],
)
def test_against_brute_force(units, prior):
    got = fit(units, prior)
    means, evidence, belongs = brute_force(units, prior)
    assert [got.mean_sd(d)[0] for d in got.densities] == pytest.approx(means, rel=2e-3)
    assert got.log_evidence == pytest.approx(evidence, abs=2e-3)
    assert got.exchangeable == pytest.approx(belongs, abs=2e-3)


@settings(deadline=None, max_examples=25)
@given(
    data=st.lists(st.tuples(st.floats(-3, 3), st.floats(0.15, 1.5)), min_size=1, max_size=6),
    scale=st.sampled_from([0.25, 0.5, 1.0]),
)
def test_grid_equals_closed_form(data, scale):
    prior = Prior(0.3, 4.0, scale)
    got = fit([normal(str(i), y, s) for i, (y, s) in enumerate(data)], prior)
    want = normal_closed_form([[y for y, _ in data]], [[s for _, s in data]], prior, threshold=0.5)
    assert [got.mean_sd(d)[0] for d in got.densities] == pytest.approx(want.mean[0], abs=3e-4)
    assert [got.mean_sd(d)[1] for d in got.densities] == pytest.approx(want.sd[0], rel=1e-3)
    assert got.mean_sd(got.new) == pytest.approx((want.new_mean[0], want.new_sd[0]), rel=1e-3, abs=3e-4)
    assert [got.above(d, 0.5) for d in got.densities] == pytest.approx(want.above[0], abs=5e-4)


@pytest.mark.parametrize(
    ("y", "s", "scale"),
    [((4.33, 1.72, 2.84), (0.03, 0.05, 0.05), 2.0), ((4.2, 1.1, -1.4, -5.8, -3.9), (0.03, 0.1, 0.05, 0.03, 0.1), 2.0)],
)
def test_precise_units_that_differ_are_not_cut_off(y, s, scale):
    prior = Prior(0.0, 10.0, scale)
    got = fit([normal(str(i), a, b) for i, (a, b) in enumerate(zip(y, s, strict=True))], prior, without=False)
    want = normal_closed_form([y], [s], prior, panel=60)
    assert got.tau[0] == pytest.approx(want.tau_mean[0], rel=2e-3)
    assert got.mean_sd(got.new)[1] == pytest.approx(want.new_sd[0], rel=2e-3)


def test_without_a_unit_is_the_fit_to_the_others():
    got = fit(IMATINIB[:4], BASKETS)
    for j in range(4):
        rest = [u for i, u in enumerate(IMATINIB[:4]) if i != j]
        alone = fit(rest, BASKETS)
        assert got.mean_sd(got.without[j]) == pytest.approx(alone.mean_sd(alone.new), abs=2e-5)


COUNTS = st.integers(1, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None, max_examples=20)
@given(counts=st.lists(COUNTS, min_size=1, max_size=6))
def test_finer_nodes_change_nothing(counts):
    units = [binomial(str(i), r, n) for i, (r, n) in enumerate(counts)]
    prior = Prior(-1.0, 2.0, 0.5, 0.7, -1.0, 2.0)
    coarse, fine = fit(units, prior), fit(units, prior, panel=24, fineness=2.0)
    for a, b in zip(coarse.densities, fine.densities, strict=True):
        assert coarse.mean_sd(a) == pytest.approx(fine.mean_sd(b), abs=5e-5)
    assert coarse.exchangeable == pytest.approx(fine.exchangeable, abs=1e-5)
    assert coarse.tau == pytest.approx(fine.tau, abs=1e-4)
    assert (coarse.exchangeable >= 0).all()
    assert (coarse.exchangeable <= 1).all()


def test_order_of_units_does_not_matter():
    straight = fit(IMATINIB, BASKETS)
    want = {u.name: straight.mean_sd(d) for u, d in zip(straight.units, straight.densities, strict=True)}
    turned = fit(IMATINIB[::-1], BASKETS)
    for u, d in zip(turned.units, turned.densities, strict=True):
        assert turned.mean_sd(d) == pytest.approx(want[u.name], abs=1e-9)


def test_equal_inputs_give_equal_digits():
    one, two = fit(AS, BASKETS), fit(AS, BASKETS)
    assert one.densities.tobytes() == two.densities.tobytes()


def test_more_events_raise_every_unit():
    low = fit([binomial("a", 2, 10), binomial("b", 1, 10)], BASKETS)
    high = fit([binomial("a", 2, 10), binomial("b", 6, 10)], BASKETS)
    for a, b in zip(low.densities, high.densities, strict=True):
        assert low.mean_sd(a)[0] < high.mean_sd(b)[0]


def test_less_spread_borrows_more():
    gaps = []
    for scale in (0.1, 0.5, 2.0):
        got = fit([binomial("a", 2, 20), binomial("b", 12, 20)], Prior(0.0, 2.0, scale))
        gaps.append(got.mean_sd(got.densities[1])[0] - got.mean_sd(got.densities[0])[0])
    assert gaps == sorted(gaps)


def test_an_extreme_unit_leaves_the_hierarchy():
    units = [binomial(x, 1, 12) for x in "abcd"] + [binomial("odd", 12, 12)]
    table = {e.name: e for e in exchangeability(fit(units, exnex_prior("logit", 0.2, 0.5)))}
    assert table["odd"].after < 0.05 < 0.5 < table["a"].after
    assert table["odd"].bayes_factor < 0.1
    bound = fit(units, Prior(special.logit(0.2), 2.5, 0.5))
    free = fit(units, exnex_prior("logit", 0.2, 0.5))
    assert free.mean_sd(free.densities[0])[0] < bound.mean_sd(bound.densities[0])[0]


def test_always_exchangeable_has_no_bayes_factor():
    assert all(e.after == 1 and e.bayes_factor is None for e in exchangeability(fit(IMATINIB, BASKETS)))


def test_above_at_the_ends():
    got = fit(IMATINIB, BASKETS)
    assert got.above(got.new, 0.0) == got.above(got.new, -1.0) == 1.0
    assert got.above(got.new, 1.0) == 0.0
    assert 0.5 > got.above(got.new, 0.2) > got.above(got.new, 0.3) > 0


def test_quantities_hold_the_density():
    got = fit(IMATINIB, BASKETS)
    q = got.quantity(got.densities[3], "fraction")
    assert q.quantile(0.5) == pytest.approx(float(got.quantiles(got.densities[3], 0.5)))
    assert q.cdf(0.2)[0] == pytest.approx(1 - got.above(got.densities[3], 0.2), abs=2e-3)
    assert q.n == 179


def naive_conflict(unit, others, prior):
    """Predictive probabilities of each count from a fit of the others, by direct sums."""
    got = fit(others, prior)
    mass = got.new / got.new.sum()
    if unit.kind == "binomial":
        n, p = int(unit.values[1]), special.expit(got.nodes.eta)
        pmf = np.array([stats.binom.pmf(r, n, p) @ mass for r in range(n + 1)])
    else:
        rate = np.exp(np.minimum(got.nodes.eta, 12)) * unit.values[1]
        pmf = np.array([stats.poisson.pmf(r, rate) @ mass for r in range(900)])
    seen = int(unit.values[0])
    return pmf[: seen + 1].sum(), 1 - pmf[:seen].sum(), pmf[pmf <= pmf[seen] * (1 + 1e-9)].sum() + max(0, 1 - pmf.sum())


@pytest.mark.parametrize(
    "units",
    [
        IMATINIB[:4],
        (binomial("a", 0, 5), binomial("b", 5, 5)),
        (poisson("a", 9, 2.0), poisson("b", 1, 3.0), poisson("c", 0, 2.0)),
    ],
)
def test_box_p_values(units):
    prior = Prior(-1.0, 1.0, 0.4)
    got = fit(units, prior)
    for j, u in enumerate(units):
        found = conflict(got, j)
        want = naive_conflict(u, [v for v in units if v is not u], prior)
        assert [found.low, found.high, found.box] == pytest.approx(want, abs=5e-4)


def test_conflict_of_estimates_is_that_of_a_normal_when_the_spread_is_known():
    prior = Prior(0.0, 1.0, 1e-3)
    got = fit([normal("a", 0.0, 0.5), normal("b", 2.0, 0.5)], prior)
    centre, spread = 0.0, math.sqrt(1 / (1 + 4) + 0.25)
    z = (2.0 - centre) / spread
    found = conflict(got, 1)
    assert [found.high, found.box] == pytest.approx([stats.norm.sf(z), 2 * stats.norm.sf(z)], rel=2e-3)


def test_patients_with_unknown_spread_and_one_unit():
    got = fit([patients("a", [1.0, 2.0, 4.0, 3.0])], Prior(0.0, 50.0, 0.01))
    assert got.mean_sd(got.densities[0])[0] == pytest.approx(2.5, abs=0.01)
    assert conflict(got, 0) is None


def test_closed_form_of_many_data_sets_is_that_of_each():
    rng = np.random.default_rng(3)
    y, s = rng.normal(size=(5, 4)), rng.uniform(0.2, 1, (5, 4))
    both = normal_closed_form(y, s, Prior(0.0, 3.0, 0.5))
    for i in range(5):
        assert normal_closed_form(y[i], s[i], Prior(0.0, 3.0, 0.5)).mean[0] == pytest.approx(both.mean[i])
    assert both.new_above.shape == (5,)


@pytest.mark.parametrize(
    "make",
    [
        lambda: fit([], BASKETS),
        lambda: fit([binomial("a", 1, 2), binomial("a", 1, 3)], BASKETS),
        lambda: fit([binomial("a", 1, 2), normal("b", 1.0, 1.0)], BASKETS),
        lambda: binomial("a", 3, 2),
        lambda: binomial("a", 0, 0),
        lambda: binomial("a", 0, math.inf),
        lambda: binomial("a", math.nan, 2),
        lambda: poisson("a", math.inf, 2.0),
        lambda: binomial("a", -1, 2),
        lambda: poisson("a", 1, 0.0),
        lambda: poisson("a", 1, -3.0),
        lambda: poisson("a", 1, math.nan),
        lambda: normal("a", 1.0, 0.0),
        lambda: normal("a", math.inf, 1.0),
        lambda: patients("a", [1.0]),
        lambda: patients("a", [1.0, 1.0]),
        lambda: patients("a", []),
        lambda: gamma_poisson("a", [], [], 0.5),
        lambda: gamma_poisson("a", [1], [0.0], 0.5),
        lambda: gamma_poisson("a", [1], [1.0], 0.0),
    ],
)
def test_what_can_not_be_is_refused(make):
    with pytest.raises(ProgramError) as told:
        make()
    assert all(p.found and p.expected and p.remedy for p in told.value.problems)


def test_priors_and_grids_that_can_not_be():
    for bad in (
        lambda: Prior(0.0, 0.0, 1.0),
        lambda: Prior(0.0, 1.0, -1.0),
        lambda: Prior(0.0, 1.0, math.inf),
        lambda: Prior(0.0, 1.0, 1.0, 0.0),
        lambda: Prior(0.0, 1.0, 1.0, 0.5),
        lambda: exnex_prior("logit", 1.0, 1.0),
        lambda: exnex_prior("log", 0.0, 1.0),
        lambda: exnex_prior("identity", 0.0, 1.0),
        lambda: normal_closed_form([[]], 1.0, BASKETS),
        lambda: normal_closed_form([[1.0]], 0.0, BASKETS),
        lambda: normal_closed_form([[math.nan]], 1.0, BASKETS),
        lambda: fit([normal("a", 0.0, 1e-6), normal("b", 1.0, 1.0)], Prior(0.0, 10.0, 1.0)),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            bad()


def test_all_or_no_events_everywhere():
    for r in (0, 4):
        got = fit([binomial(x, r, 4) for x in "abc"], Prior(0.0, 2.0, 0.5))
        means = [got.mean_sd(d)[0] for d in got.densities]
        assert all(0 < m < 0.25 for m in means) if r == 0 else all(0.75 < m < 1 for m in means)


def test_posterior_weights_sum_to_one():
    for units, prior in itertools.product((AS, IMATINIB), (BASKETS, Prior(0.0, 2.0, 0.25, 0.5, 0.0, 2.0))):
        got = fit(units, prior)
        assert got.weights.sum() == pytest.approx(1)
        assert got.new.sum() == pytest.approx(1, abs=1e-6)
        assert got.densities.sum(1) == pytest.approx(1, abs=1e-6)
