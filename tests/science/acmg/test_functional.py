"""OddsPath (Brnich et al. 2019, Genome Med 12:3): equation, bands, controls, and the limits' coverage."""

import doctest
import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binom

from proband.science.variant import functional
from proband.science.variant.acmg import Strength
from proband.science.variant.functional import Controls, odds_path, strength_of

COUNT = st.integers(0, 40)


def published(sick, well, pathogenic, benign, abnormal):
    """OddsPath = [P2 (1 - P1)] / [(1 - P2) P1] in exact fractions, with one control added where P2 would be 1 or 0."""
    p1 = Fraction(pathogenic, pathogenic + benign)
    if abnormal and well == 0:
        p2 = Fraction(sick, sick + 1)
    elif not abnormal and sick == 0:
        p2 = Fraction(1, well + 1)
    else:
        p2 = Fraction(sick, sick + well)
    return None if p2 == 1 else p2 * (1 - p1) / ((1 - p2) * p1)


@given(COUNT, COUNT, COUNT, COUNT, st.integers(0, 5), st.integers(0, 5), st.sampled_from(["abnormal", "normal"]))
def test_equation(pa, pn, ba, bn, pb, bb, readout):
    c = Controls(pa, pn, ba, bn, pb, bb)
    sick, well = (pa, ba) if readout == "abnormal" else (pn, bn)
    assume(c.pathogenic and c.benign and sick + well)
    expected = published(sick, well, c.pathogenic, c.benign, readout == "abnormal")
    found = odds_path(c, readout)
    assert found.odds == (math.inf if expected is None else pytest.approx(float(expected)))
    if not found.plus_one:
        assert found.low <= found.odds <= found.high


@pytest.mark.parametrize(
    ("odds", "strength"),
    [
        (350.1, Strength.VERY_STRONG),
        (350.0, Strength.STRONG),
        (18.8, Strength.STRONG),
        (4.4, Strength.MODERATE),
        (4.3, Strength.SUPPORTING),
        (2.2, Strength.SUPPORTING),
        (2.1, None),
        (1.0, None),
        (0.48, None),
        (0.47, Strength.SUPPORTING),
        (0.23, Strength.SUPPORTING),
        (0.22, Strength.MODERATE),
        (0.053, Strength.MODERATE),
        (0.052, Strength.STRONG),
    ],
)
def test_bands(odds, strength):
    """Bands of Brnich et al. 2019, table of evidence strength equivalents."""
    assert strength_of(odds) is strength


def test_eleven_controls():
    """With 11 controls read without error moderate is reached, with 10 no more than supporting is allowed."""
    eleven, ten = odds_path(Controls(5, 0, 0, 6), "abnormal"), odds_path(Controls(5, 0, 0, 5), "abnormal")
    assert (eleven.code, eleven.allowed) == ("PS3", Strength.MODERATE)
    assert (ten.strength, ten.allowed) == (Strength.MODERATE, Strength.SUPPORTING)
    assert "fewer than 11" in ten.caveats[0]
    assert odds_path(Controls(5, 0, 0, 6), "normal").code == "BS3"


def test_an_estimate_on_few_controls_is_not_supported_by_its_limit():
    found = odds_path(Controls(5, 0, 0, 6), "abnormal")
    assert found.plus_one
    assert found.at_limit is None
    assert any("limit nearer to 1" in c for c in found.caveats)
    many = odds_path(Controls(200, 5, 2, 198), "abnormal")
    assert many.at_limit is Strength.STRONG


def test_an_assay_against_its_own_labels_gives_no_code():
    found = odds_path(Controls(1, 20, 20, 1), "abnormal")
    assert (found.code, found.strength, found.allowed) == ("", None, None)
    assert any("other way" in c for c in found.caveats)


@pytest.mark.parametrize("sensitivity", [0.3, 0.9])
@pytest.mark.parametrize("false_rate", [0.05, 0.4])
def test_limits_cover_at_their_level_by_full_enumeration(sensitivity, false_rate):
    """Exact coverage of the likelihood ratio over all outcomes of 8 pathogenic and 7 benign controls, level 0.90."""
    covered = 0.0
    for k, j in product(range(9), range(8)):
        if k + j == 0:
            covered += binom.pmf(k, 8, sensitivity) * binom.pmf(j, 7, false_rate)
            continue
        r = odds_path(Controls(k, 8 - k, j, 7 - j), "abnormal", 0.90)
        if r.low <= sensitivity / false_rate <= r.high:
            covered += binom.pmf(k, 8, sensitivity) * binom.pmf(j, 7, false_rate)
    assert covered >= 0.90


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: odds_path(Controls(5, 0, 0, 0), "abnormal"), "needs both kinds"),
        (lambda: odds_path(Controls(0, 5, 0, 6), "abnormal"), "no control has the readout"),
        (lambda: odds_path(Controls(5, 0, 0, 6), "intermediate"), "expected 'abnormal' or 'normal'"),
        (lambda: odds_path(Controls(5, 0, 0, 6), "normal", 1.0), "between 0 and 1"),
        (lambda: Controls(-1, 0, 0, 6), "0 or more"),
    ],
)
def test_errors(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_docstring_examples():
    assert doctest.testmod(functional).failed == 0
