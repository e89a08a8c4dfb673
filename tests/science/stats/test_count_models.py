"""Counts: published values on seizure counts, naive twins, an integral by brute force, zero events, refusals."""

import doctest
import math

import numpy as np
import pytest
from reference_tables import expected, table
from scipy import integrate, stats

from proband.core.errors import ProgramError
from proband.science.stats import count_mixed as mixed_module
from proband.science.stats import count_models, random_intercept
from proband.science.stats.count_mixed import count_mixed
from proband.science.stats.count_models import count_regression, nb_terms

ORDER = ["lbase", "trt", "lage", "V4", "lbase:trt"]


@pytest.mark.parametrize("module", [count_models, mixed_module, random_intercept])
def test_examples(module):
    assert doctest.testmod(module).failed == 0


def epil():
    """Progabide trial (Thall and Vail 1990): counts, columns in the order of the reference, subject."""
    rows = table("epil_progabide.csv")
    base = [math.log(float(r["base"]) / 4) for r in rows]
    treated = [float(r["trt"] == "progabide") for r in rows]
    columns = {
        "lbase": base, "trt": treated, "lage": [math.log(float(r["age"])) for r in rows],
        "V4": [float(r["V4"]) for r in rows], "lbase:trt": [a * b for a, b in zip(base, treated, strict=True)],
    }  # fmt: skip
    return [int(r["y"]) for r in rows], columns, [r["subject"] for r in rows]


def values(fit):
    return [c.value for c in fit.coefficients]


def test_poisson_and_negative_binomial_regression():
    held, (y, columns, subject) = expected("epil_progabide"), epil()
    poisson = count_regression(y, columns, family="poisson")
    assert values(poisson) == pytest.approx(held["poisson_glm"]["coef"], abs=5e-10)
    assert round(poisson.deviance, 7) == held["poisson_glm"]["dev"]
    assert any("too narrow" in c for c in poisson.concerns)
    negative = count_regression(y, columns)
    assert values(negative) == pytest.approx(held["glm.nb"]["coef"], abs=5e-9)
    assert negative.theta.value == pytest.approx(held["glm.nb"]["theta"], abs=5e-9)
    clustered = count_regression(y, columns, cluster=subject)
    assert clustered.coefficients[2].se > 1.3 * negative.coefficients[2].se


def test_negative_binomial_with_random_intercept():
    held, (y, columns, subject) = expected("epil_progabide", "glmmTMB_nb2_RI"), epil()
    fit = count_mixed(y, columns, subject, nodes=1)
    assert round(fit.loglik, 4) == held["logLik"]
    # the reference stopped at its tolerance: it agrees to that, and its likelihood is not above this one
    assert values(fit) == pytest.approx(held["coef"], abs=1e-5)
    assert fit.theta.value == pytest.approx(held["theta"], rel=1e-5)
    assert fit.sd.value == pytest.approx(held["sd"], abs=1e-5)


def laplace_twin(y, eta, sd, group):
    """Laplace's approximation of a Poisson random intercept, group by group, from scratch."""
    total = 0.0
    for g in dict.fromkeys(group):
        inside = [i for i, name in enumerate(group) if name == g]
        b = 0.0
        for _ in range(200):
            mu = [math.exp(eta[i] + sd * b) for i in inside]
            slope = sum(sd * (y[i] - m) for i, m in zip(inside, mu, strict=True)) - b
            bend = -sum(sd * sd * m for m in mu) - 1
            b -= slope / bend
        mu = [math.exp(eta[i] + sd * b) for i in inside]
        total += sum(y[i] * math.log(m) - m - math.lgamma(y[i] + 1) for i, m in zip(inside, mu, strict=True))
        total += -b * b / 2 - 0.5 * math.log(1 + sum(sd * sd * m for m in mu))
    return total


def test_poisson_with_random_intercept_is_above_the_reference_by_its_own_measure():
    """The reference's point has a lower likelihood, by a twin that shares no code; to four digits they agree."""
    held, (y, columns, subject) = expected("epil_progabide", "glmer_poisson_RI"), epil()
    fit = count_mixed(y, columns, subject, family="poisson", nodes=1)
    x = np.column_stack([np.ones(len(y)), *columns.values()])
    here = laplace_twin(y, x @ np.array(values(fit)), fit.sd.value, subject)
    there = laplace_twin(y, x @ np.array(held["coef"]), held["sd"], subject)
    assert fit.loglik == pytest.approx(here, abs=1e-8)
    assert here >= there
    assert fit.loglik == pytest.approx(held["logLik"], abs=5e-4)
    assert values(fit) == pytest.approx(held["coef"], abs=6e-4)
    assert fit.sd.value == pytest.approx(held["sd"], abs=5e-5)


@pytest.mark.parametrize("family", ["poisson", "negative binomial"])
def test_nodes_reach_the_integral(family):
    rng = np.random.default_rng(6)
    group = np.repeat(np.arange(6), 5)
    y = rng.negative_binomial(3, 3 / (3 + np.exp(0.8 + rng.normal(0, 0.8, 6)[group])))
    fit = count_mixed(y, {}, group, family=family, nodes=30)
    total = 0.0
    for g in range(6):

        def density(b, g=g):
            eta = fit.coefficients[0].value + fit.sd.value * b
            mine = y[group == g]
            if family == "poisson":
                logs = stats.poisson.logpmf(mine, math.exp(eta)).sum()
            else:
                t = fit.theta.value
                logs = stats.nbinom.logpmf(mine, t, t / (t + math.exp(eta))).sum()
            return math.exp(logs) * stats.norm.pdf(b)

        total += math.log(integrate.quad(density, -9, 9, epsabs=0, epsrel=1e-11)[0])
    assert fit.loglik == pytest.approx(total, abs=1e-7)


def test_negative_binomial_terms_are_the_law():
    y = np.arange(12.0)
    made = nb_terms(y, np.full(12, 1.1), math.log(2.5))
    assert made == pytest.approx(stats.nbinom.logpmf(y, 2.5, 2.5 / (2.5 + math.exp(1.1))))
    # at an endless theta it is Poisson, without a loss of digits
    assert nb_terms(y, np.full(12, 1.1), 18.0) == pytest.approx(stats.poisson.logpmf(y, math.exp(1.1)), abs=1e-5)


def test_offset_is_exposure():
    fit = count_regression([2, 4, 9, 3], {}, exposure=[1, 2, 3, 4], family="poisson")
    assert math.exp(fit.coefficients[0].value) == pytest.approx(18 / 10)


def test_an_arm_without_events_is_bounded_exactly():
    """Conditional on 10 events none is in the arm with chance (1 + r)^-10: Clopper and Pearson's limit."""
    fit = count_regression([4, 6, 0, 0], {"t": [0, 0, 1, 1]}, family="poisson")
    made = fit.rate_ratio("t")
    assert made.value is None
    assert made.high == pytest.approx(0.025 ** (-1 / 10) - 1, abs=1e-6)
    assert made.low is None
    up = count_regression([0, 0, 4, 6], {"t": [0, 0, 1, 1]}, family="poisson")
    assert up.rate_ratio("t").value is None
    negative = count_regression([4, 6, 0, 0], {"t": [0, 0, 1, 1]})
    assert negative.coefficients[1].value is None
    assert negative.coefficients[1].high is None


def test_no_events_no_rows_no_difference():
    assert count_regression([0, 0, 0], {}).reason == "no event was counted"
    assert "does not vary" in count_regression([1, 2, 3, 4], {"t": [0, 0, 0, 0]}).reason or "follows" in (
        count_regression([1, 2, 3, 4], {"t": [0, 0, 0, 0]}).reason
    )
    assert "follows from" in count_regression([1, 2, 3, 4], {"t": [1, 1, 1, 1]}).reason
    assert "do not tell" in count_regression([1, 5], {}).reason
    flat = count_regression([2, 2, 2, 2, 2, 2], {})
    assert flat.theta.reason
    assert any("Poisson" in c for c in flat.concerns)
    with pytest.raises(ProgramError) as caught:
        count_regression([1, -2, 2.5], {"x": [1, 2, None]}, exposure=[1, 0, 1])
    assert len(caught.value.problems) == 4
    with pytest.raises(ProgramError, match="no rows"):
        count_regression([], {})
    with pytest.raises(ValueError, match="family"):
        count_regression([1], {}, family="gamma")


def test_mixed_refuses_what_it_can_not_tell():
    assert "2 patients" in count_mixed([1, 2, 3, 4], {}, ["a", "a", "b", "b"], family="poisson").reason
    assert "one row per patient" in count_mixed([1, 2, 3], {}, ["a", "b", "c"], family="poisson").reason
    zero = count_mixed([3, 4, 0, 0, 2, 5], {"t": [0, 0, 1, 1, 0, 0]}, list("aabbcc"), family="poisson")
    assert "no events on one side" in zero.reason
    assert all(c.value is None for c in zero.coefficients)
    even = count_mixed([3, 4, 3, 4, 3, 4], {}, list("aabbcc"), family="poisson")
    assert even.sd.value == 0
    assert "does not say there is none" in even.sd.method


def test_a_cluster_that_carries_the_fit_is_named():
    y, t = [3, 4, 2, 5, 0, 0, 2, 1], [0, 0, 0, 0, 1, 1, 1, 1]
    fit = count_regression(y, {"t": t}, family="poisson", cluster=list("aabbccdd"))
    assert fit.coefficients[1].reason == "the fit rests on one cluster, that of row 7"


def test_left_out_clusters_equal_refits_by_hand():
    y, t, c = [3, 4, 2, 5, 1, 0, 2, 1, 6, 3], [0, 0, 0, 0, 1, 1, 1, 1, 0, 1], list("aabbccddee")
    fit = count_regression(y, {"t": t}, family="poisson", cluster=c)
    full, moved = fit.coefficients[1].value, []
    for gone in "abcde":
        kept = [i for i in range(10) if c[i] != gone]
        one = count_regression([y[i] for i in kept], {"t": [t[i] for i in kept]}, family="poisson")
        moved.append((one.coefficients[1].value - full) ** 2)
    assert fit.coefficients[1].se == pytest.approx(math.sqrt(sum(moved) * 4 / 5), abs=1e-8)
    assert "t on 4 degrees" in fit.coefficients[1].method
