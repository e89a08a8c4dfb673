"""Beta-binomial likelihood ratio and negative binomial regression: values of other programs, and a naive twin."""

import doctest

import numpy as np
import pytest
from scipy import optimize, stats

from proband.science.stats import overdispersion
from proband.science.stats.overdispersion import beta_binomial_log, beta_binomial_lrt, negative_binomial_groups

# treated counts and depths, control counts and depths; LR, its P, P of glm.nb in R (MASS) on counts plus one
DEMO = {
    "ON": ((75, 75, 73), (96, 87, 91), (0, 1, 1), (149, 117, 120), 24.58, "7.1e-07", "4.0e-20"),
    "OB2 site 2": ((29, 27, 36), (148, 121, 141), (1, 0, 0), (153, 149, 145), 20.13, "7.2e-06", "1.8e-10"),
    "OB2 site 3": ((1, 1, 4), (77, 88, 125), (1, 0, 1), (103, 81, 91), 1.91, "1.7e-01", "3.4e-01"),
    "OB2 site 1": ((0, 0, 1), (27, 32, 42), (0, 0, 0), (35, 34, 32), 1.39, "2.4e-01", "7.1e-01"),
}


def test_examples():
    assert doctest.testmod(overdispersion).failed == 0


@pytest.mark.parametrize("name", DEMO)
def test_likelihood_ratio_on_real_counts(name):
    *cells, ratio, p, _ = DEMO[name]
    made = beta_binomial_lrt(*cells)
    assert round(made.statistic, 2) == ratio
    assert f"{made.p:.1e}" == p


def test_ps_to_three_digits():
    assert [round(beta_binomial_lrt(*DEMO[n][:4]).p, 3) for n in ("OB2 site 3", "OB2 site 1")] == [0.167, 0.238]
    fits = [
        negative_binomial_groups([k + 1 for k in DEMO[n][0]], DEMO[n][1], [k + 1 for k in DEMO[n][2]], DEMO[n][3])
        for n in ("OB2 site 3", "OB2 site 1")
    ]
    assert [round(f.p, 3) for f in fits] == [0.338, 0.706]


@pytest.mark.parametrize("name", DEMO)
def test_negative_binomial_on_real_counts(name):
    kt, nt, kc, nc, *_, p = DEMO[name]
    assert f"{negative_binomial_groups([k + 1 for k in kt], nt, [k + 1 for k in kc], nc).p:.1e}" == p


def test_negative_binomial_as_in_r():
    first = negative_binomial_groups([6, 2, 11, 9], [200, 950, 1200, 1100], [1, 3, 21, 4], [980, 1050, 1500, 1150])
    assert [round(x, 5) for x in (first.log_ratio, first.error, first.p)] == [-0.65095, 0.59453, 0.27356]
    assert (round(first.z, 4), round(first.theta, 4)) == (-1.0949, 1.8163)
    second = negative_binomial_groups(
        [17289, 13278, 13631], [113499, 87435, 81144], [626, 111, 92], [80495, 99696, 54993]
    )
    assert [round(x, 4) for x in (second.log_ratio, second.error)] == [-3.7996, 0.4801]
    assert (f"{second.p:.1e}", round(second.theta, 3)) == ("2.5e-15", 2.908)


def test_theta_is_the_maximum_of_the_joint_likelihood():
    k1, k2 = np.array([6, 2, 11, 9]), np.array([1, 3, 21, 4])
    n1, n2 = np.array([200, 950, 1200, 1100]), np.array([980, 1050, 1500, 1150])

    def loss(v):
        theta = np.exp(v[2])
        made = 0.0
        for k, n, rate in ((k1, n1, v[0]), (k2, n2, v[1])):
            made -= stats.nbinom(theta, theta / (theta + np.exp(rate) * n)).logpmf(k).sum()
        return made

    fit = optimize.minimize(loss, [-4.5, -5.0, 0.5], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    made = negative_binomial_groups(k1, n1, k2, n2)
    assert made.theta == pytest.approx(np.exp(fit.x[2]), rel=1e-4)
    assert made.log_ratio == pytest.approx(fit.x[1] - fit.x[0], rel=1e-4)


def test_the_likelihood_is_that_of_scipy():
    k, n = np.array([0, 3, 7]), np.array([50, 60, 70])
    size = (1 - 0.02) / 0.02
    expected = stats.betabinom(n, 0.1 * size, 0.9 * size).logpmf(k).sum()
    assert beta_binomial_log(k, n, 0.1, 0.02) == pytest.approx(expected, rel=1e-9)


def test_the_ratio_is_bounded_where_counts_are_nearly_none():
    made = beta_binomial_lrt([0, 0, 0], [50_000] * 3, [0, 0, 0], [50_000] * 3)
    assert made.statistic == pytest.approx(0, abs=1e-6)
    assert beta_binomial_lrt([500] * 3, [1000] * 3, [500] * 3, [1000] * 3).statistic < 1e-6


def test_counts_that_can_not_be():
    with pytest.raises(ValueError, match="between 0"):
        beta_binomial_lrt([5], [4], [0], [4])
    with pytest.raises(ValueError, match="above 0"):
        negative_binomial_groups([0], [4], [1], [4])
