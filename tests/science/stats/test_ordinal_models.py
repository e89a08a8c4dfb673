"""Ordinal scales: published values on wine ratings, naive twins, separation, chains of states, refusals."""

import doctest
import math

import numpy as np
import pytest
from reference_tables import expected, table
from scipy import integrate

from proband.core.errors import ProgramError
from proband.science.stats import ordinal_models
from proband.science.stats.ordinal_models import ordinal_mixed, proportional_odds, state_chain


def test_examples():
    assert doctest.testmod(ordinal_models).failed == 0


def wine():
    """Bitterness of wine (Randall 1989), 9 judges."""
    rows = table("wine_ordinal.csv")
    columns = {"temp": [r["temp"] == "warm" for r in rows], "contact": [r["contact"] == "yes" for r in rows]}
    return [int(r["rating"]) for r in rows], columns, [r["judge"] for r in rows]


def test_wine_without_and_with_judges():
    held, (rating, columns, judge) = expected("wine_ordinal"), wine()
    plain = proportional_odds(rating, columns)
    assert plain.loglik == pytest.approx(held["clm"]["ll"], abs=5e-7)
    assert [round(c.value, 6) for c in plain.coefficients] == [
        held["clm"]["temp"], pytest.approx(held["clm"]["contact"], abs=5e-7)
    ]  # fmt: skip
    made = ordinal_mixed(rating, columns, judge, nodes=10)
    assert made.loglik == pytest.approx(held["clmm_nAGQ10"]["ll"], abs=5e-7)
    # the reference stopped at its tolerance, with the same likelihood to all printed digits
    assert made.coefficients[0].value == pytest.approx(held["clmm_nAGQ10"]["temp"], abs=1e-5)
    assert made.coefficients[1].value == pytest.approx(held["clmm_nAGQ10"]["contact"], abs=1e-5)
    assert made.sd.value == pytest.approx(held["clmm_nAGQ10"]["sd"], abs=1e-5)


def logistic(x):
    return 1 / (1 + math.exp(-x))


def naive(scores, eta, cuts):
    total = 0.0
    for s, e in zip(scores, eta, strict=True):
        above = 1.0 if s == len(cuts) else logistic(cuts[s] - e)
        below = 0.0 if s == 0 else logistic(cuts[s - 1] - e)
        total += math.log(above - below)
    return total


def test_likelihood_equals_its_twin_and_is_a_maximum():
    scores, x = [0, 1, 1, 2, 3, 3, 0, 2, 1, 3, 2, 0], [0, 1, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1]
    fit = proportional_odds(scores, {"x": x})
    b, cuts = fit.coefficients[0].value, [t.value for t in fit.thresholds]
    top = naive(scores, [b * v for v in x], cuts)
    assert fit.loglik == pytest.approx(top)
    for h in (-0.01, 0.01):
        assert naive(scores, [(b + h) * v for v in x], cuts) < top
        assert naive(scores, [b * v for v in x], [cuts[0] + h, *cuts[1:]]) < top


def test_nodes_reach_the_integral():
    rng = np.random.default_rng(12)
    group = np.repeat(np.arange(6), 5)
    latent = rng.logistic(size=30) + rng.normal(0, 1.5, 6)[group]
    scores = np.digitize(latent, [-1, 1])
    fit = ordinal_mixed(scores, {}, group, nodes=30)
    cuts = [t.value for t in fit.thresholds]
    total = 0.0
    for g in range(6):

        def density(u, g=g):
            mine = scores[group == g].tolist()
            return math.exp(naive(mine, [fit.sd.value * u] * len(mine), cuts) - u * u / 2) / math.sqrt(2 * math.pi)

        total += math.log(integrate.quad(density, -9, 9, epsrel=1e-11)[0])
    assert fit.loglik == pytest.approx(total, abs=1e-7)


def test_only_the_order_of_scores_counts():
    x = [0, 0, 1, 0, 1, 1, 0, 1]
    one = proportional_odds([1, 2, 2, 3, 3, 1, 2, 3], {"x": x}).coefficients[0]
    other = proportional_odds([-5, 0.1, 0.1, 900, 900, -5, 0.1, 900], {"x": x}).coefficients[0]
    assert one.value == pytest.approx(other.value)


def test_refusals():
    assert "orders the scores" in proportional_odds([1, 1, 2, 2, 3, 3], {"x": [0, 0, 0, 1, 1, 1]}).reason
    assert "no difference" in proportional_odds([2, 2, 2], {"x": [0, 1, 0]}).reason
    assert "does not vary" in proportional_odds([1, 2, 1, 2], {"x": [1, 1, 1, 1]}).reason
    assert "do not tell" in proportional_odds([1, 2, 3], {"x": [1, 2, 1]}).reason
    assert "2 patients" in ordinal_mixed([1, 2, 1, 2, 1, 2], {}, list("aaabbb")).reason
    assert "one score per patient" in ordinal_mixed([1, 2, 1, 2], {}, list("abcd")).reason
    with pytest.raises(ProgramError, match="no rows"):
        proportional_odds([], {})
    with pytest.raises(ProgramError, match="at most 60"):
        proportional_odds(list(range(70)), {})
    with pytest.raises(ProgramError, match="two visits"):
        state_chain(["a", "a"], [3, 3], [1, 2], {})
    assert state_chain(["a", "b"], [0, 0], [1, 2], {"t": [0, 1]}).reason == "no subject has two visits"


def test_a_chain_takes_the_visit_before_whatever_the_order_of_rows():
    subject, day = list("aaaabbbbccccdddd"), [0, 1, 2, 3] * 4
    scores, t = [1, 2, 2, 3, 2, 1, 2, 2, 3, 3, 2, 3, 1, 1, 2, 1], [0, 0, 1, 1] * 4
    one = state_chain(subject, day, scores, {"t": t})
    order = np.random.default_rng(1).permutation(16)
    other = state_chain([subject[i] for i in order], [day[i] for i in order], [scores[i] for i in order],
                        {"t": [t[i] for i in order]})  # fmt: skip
    assert one.loglik == pytest.approx(other.loglik)
    by_hand = proportional_odds(
        [s for i, s in enumerate(scores) if day[i]],
        {"t": [v for i, v in enumerate(t) if day[i]], "last": [scores[i - 1] for i in range(16) if day[i]]},
    )
    assert one.coefficients[0].value == pytest.approx(by_hand.coefficients[0].value)
