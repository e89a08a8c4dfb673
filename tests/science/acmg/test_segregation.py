"""Cosegregation: N by enumeration, a published LOD table, three ladders, and what stops the computation."""

import doctest
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.variant import segregation
from proband.science.variant.acmg import STRENGTHS, Strength
from proband.science.variant.segregation import Family, cosegregation

SUP, M, S = Strength.SUPPORTING, Strength.MODERATE, Strength.STRONG


def dominant(*meioses):
    made = [Family(name=str(i), meioses=m) for i, m in enumerate(meioses)]
    return cosegregation(made, recessive=False, full_penetrance=False)


@pytest.mark.parametrize(
    ("meioses", "strength"),
    [
        ((2,), None),
        ((3,), SUP),
        ((4,), M),
        ((5,), S),
        ((1, 1), SUP),
        ((2, 1), M),
        ((2, 2), S),
        ((1,), None),
    ],
)
def test_jarvik_browning_ladder(meioses, strength):
    """Jarvik and Browning 2016, AJHG 98:1077-1081: 1/8, 1/16, 1/32 in one family; 1/4, 1/8, 1/16 in more."""
    assert dominant(*meioses).strengths["jarvik_browning"] is strength


@pytest.mark.parametrize(
    ("meioses", "strength"), [((2,), None), ((3,), SUP), ((5,), M), ((7,), M), ((4, 3), S), ((7, 0), M)]
)
def test_expert_panel_ladder(meioses, strength):
    """3, 5, 7 informative meioses, strong from two families (expert-panel rules for CDH1 and APC as re-coded)."""
    assert dominant(*meioses).strengths["expert_panels"] is strength


def test_the_ladders_disagree_at_one_eighth_and_the_result_says_so():
    found = dominant(3)
    assert found.strengths == {"jarvik_browning": SUP, "expert_panels": SUP, "odds": M}
    assert not found.ladders_agree


@pytest.mark.parametrize(
    ("affected", "unaffected", "lod"),
    [(1, 0, 0.6), (0, 4, 0.5), (1, 1, 0.73), (2, 3, 1.58), (3, 0, 1.81), (5, 10, 4.26), (10, 10, 7.27)],
)
def test_recessive_lod_table(affected, unaffected, lod):
    """Oza et al. 2018, Hum Mutat 39:1593-1613, table 4b."""
    family = [Family(name="A", affected_sibs=affected, unaffected_sibs=unaffected)]
    assert cosegregation(family, recessive=True, full_penetrance=True).lod == pytest.approx(lod, abs=0.011)


@pytest.mark.parametrize("sibs", [1, 2, 3])
def test_n_by_enumeration_of_every_transmission(sibs):
    """All gametes of two carrier parents: share of sibships in which each affected sib has both variants by chance."""
    every = list(product(product((0, 1), repeat=2), repeat=sibs))
    chance = sum(all(a and b for a, b in sibship) for sibship in every) / len(every)
    found = cosegregation([Family(name="A", affected_sibs=sibs)], recessive=True, full_penetrance=False)
    assert found.n == pytest.approx(chance)


def test_affected_without_the_variant_stops_it():
    found = cosegregation([Family(name="A", meioses=6, affected_without=1)], recessive=False, full_penetrance=True)
    assert found.n is None
    assert set(found.strengths.values()) == {None}
    assert "BS4" in found.against[0]


def test_what_it_can_not_see_is_said():
    carriers = [Family(name="A", meioses=3, unaffected_carriers=2)]
    assert any(
        "penetrance may be reduced" in n for n in cosegregation(carriers, recessive=False, full_penetrance=False).notes
    )
    assert any("against the variant" in n for n in cosegregation(carriers, recessive=False, full_penetrance=True).notes)
    assert any("haplotype" in n for n in dominant(3).notes)
    said = " ".join(dominant(3).cannot_see)
    assert "phenocopies" in said
    assert "penetrance" in said


def test_unaffected_sibs_count_only_under_declared_full_penetrance():
    family = [Family(name="A", affected_sibs=1, unaffected_sibs=3)]
    assert cosegregation(family, recessive=True, full_penetrance=False).n == 0.25
    assert cosegregation(family, recessive=True, full_penetrance=True).n == pytest.approx(0.25 * 0.75**3)


@given(st.lists(st.integers(0, 8), min_size=1, max_size=4), st.integers(0, 3))
def test_one_more_meiosis_never_weakens(meioses, where):
    before = dominant(*meioses)
    more = list(meioses)
    more[where % len(more)] += 1
    after = dominant(*more)
    assert after.n == before.n / 2

    def rank(strength):
        return -1 if strength is None else STRENGTHS.index(strength)

    for ladder, strength in before.strengths.items():
        assert rank(after.strengths[ladder]) >= rank(strength)


@pytest.mark.parametrize(
    ("families", "recessive", "words"),
    [
        ([], False, "no family given"),
        ([Family(name="A"), Family(name="A")], False, "named twice"),
        ([Family(name="A", meioses=1)], True, "give sibs"),
        ([Family(name="A", affected_sibs=1)], False, "give meioses"),
    ],
)
def test_errors(families, recessive, words):
    with pytest.raises(ValueError, match=words):
        cosegregation(families, recessive=recessive, full_penetrance=False)
    with pytest.raises(ValueError, match="0 or more"):
        Family(name="A", meioses=-1)


def test_docstring_examples():
    assert doctest.testmod(segregation).failed == 0
