"""Durability and directions of endpoints: twins, what is told of few, refusals; figures can be drawn."""

import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.dossier.charts import spec
from proband.science.bias.e_values import e_value, e_value_figure
from proband.science.outcome import durability as durability_module
from proband.science.outcome import endpoint_directions
from proband.science.outcome.durability import ENDS, Course, durability, durability_figure
from proband.science.outcome.endpoint_directions import (
    OPPOSITE,
    SAME_BENEFIT,
    SAME_HARM,
    UNTOLD,
    Endpoint,
    directions,
    directions_figure,
)
from proband.science.outcome.outcome_figures import forest_figure, survival_figure
from proband.science.stats.estimate import Estimate, wald
from proband.science.stats.event_times import event_times
from proband.science.stats.survival import kaplan_meier


@pytest.mark.parametrize("module", [durability_module, endpoint_directions])
def test_examples(module):
    assert doctest.testmod(module).failed == 0


def test_losses_numbers_at_risk_and_the_early_curve():
    made = durability(
        [Course("p1", 12, "lost", 6), Course("p2", 24, "still in effect"), Course("p3", 18, "died"),
         Course("p4", 24, "lost", 18), Course("p5", 9, "left")], [6, 12, 24, 30],
    )  # fmt: skip
    assert made.lost == (("p1", 12), ("p4", 24))
    assert [(p.at_risk, p.losses, p.competing) for p in made.planned] == [(5, 0, 0), (3, 1, 0), (1, 2, 1), (0, 2, 1)]
    assert made.planned[1].free.value == pytest.approx(3 / 4)
    # found at 12, but it may have come just after 6, when five were at risk
    assert made.planned[1].free_if_early.value == pytest.approx(4 / 5)
    # Aalen and Johansen: at 12 one of four, at 24 one of two, a death between them
    assert made.planned[2].lost_share == pytest.approx(1 / 4 + 3 / 4 * 2 / 3 * 1 / 2)
    assert made.planned[3].free.value is None
    assert made.planned[3].lost_share is None
    assert any("p5 left" in c for c in made.concerns)
    assert any("p3 (died)" in c for c in made.concerns)
    assert "p1 at 12" in made.told()


def test_no_loss_is_a_limit_and_not_forever():
    made = durability([Course(f"p{i}", 24, "still in effect") for i in range(4)], [24])
    free = made.planned[0].free
    assert (free.value, free.high) == (1, 1)
    assert free.low == pytest.approx(0.025 ** (1 / 4))
    assert made.median.value is None
    assert "lost the effect: none" in made.told()


def test_everybody_lost_is_zero_with_a_limit():
    made = durability([Course("a", 3, "lost"), Course("b", 6, "lost")], [6, 12])
    assert made.planned[0].free.value == 0
    assert made.planned[0].free.high < 1
    assert made.planned[1].free.value == 0
    assert made.concerns


courses = st.lists(st.tuples(st.integers(1, 20), st.sampled_from(ENDS)), min_size=1, max_size=10)


@given(courses, st.integers(0, 22))
def test_limits_hold_and_shares_add_up(given_courses, t):
    made = durability([Course(str(i), u, e) for i, (u, e) in enumerate(given_courses)], [t]).planned[0]
    assert made.at_risk == sum(u > t or (u == t and e != "lost") for u, e in given_courses)
    if made.free.value is not None:
        assert 0 <= made.free.low <= made.free.value <= made.free.high <= 1
        if made.lost_share is not None:
            assert made.lost_share <= 1 - made.free.value + 1e-9


def test_every_bad_course_is_told():
    with pytest.raises(ProgramError) as caught:
        durability(
            [Course("p", 0, "lost"), Course("p", 5, "cured"), Course("q", 5, "lost", 9), Course("r", 5, "lost", 5)],
            [math.nan],
        )
    assert len(caught.value.problems) == 6
    assert durability([], [6]).reason == "no patient was followed"


def test_directions():
    up, ratio = Endpoint("motor", 4, 1, 7, True), Endpoint("seizures", 0.5, 0.3, 0.8, False, True)
    assert directions([up, ratio]).verdict == SAME_BENEFIT
    assert directions([up, Endpoint("weight", -3, -5, -1, True)]).verdict == OPPOSITE
    assert directions([Endpoint("a", 3, 1, 5, False), Endpoint("b", -3, -5, -1, True)]).verdict == SAME_HARM
    assert directions([up]).verdict == UNTOLD
    missing = directions([up, ratio, Endpoint("quality of life", None, None, None, True)])
    assert missing.verdict == UNTOLD
    assert missing.because == "not measured: quality of life"
    assert directions([]).verdict == UNTOLD
    # harm and benefit are opposite whatever else can not be told
    assert directions([up, Endpoint("b", -3, -5, -1, True), Endpoint("c", 0, -1, 1, True)]).verdict == OPPOSITE
    touching = directions([up, Endpoint("b", 2, 0, 4, True)])
    assert touching.verdict == UNTOLD
    sized = directions([Endpoint("motor", 4, 1, 7, True, scale=2.0), ratio]).rows
    assert sized[0].size == 2
    assert sized[1].benefit == pytest.approx(math.log(2))


def test_bad_endpoints_are_told_together():
    with pytest.raises(ProgramError) as caught:
        directions(
            [Endpoint("a", 1, 2, 3, True), Endpoint("a", 1, None, 3, True), Endpoint("c", 0, 0, 1, True, True),
             Endpoint("d", 1, 0, math.nan, True), Endpoint("e", 1, 0, 2, True, scale=0)]
        )  # fmt: skip
    assert len(caught.value.problems) == 6


def test_figures_can_be_drawn():
    curve = kaplan_meier(event_times([2, 3, 5, 8], [1, 0, 1, 0]))
    made = survival_figure({"treated": curve}, [0, 4, 9], "Survival", "months")
    assert "treated: 4, 2, 0" in made.alt
    course = durability([Course("p1", 12, "lost", 6), Course("p2", 24, "still in effect")], [6, 12, 24])
    forest = forest_figure([wald("variant a", 1.0, 0.2), Estimate("variant b", reason="no event")], "Forest", "benefit")
    assert "variant b not told" in forest.alt
    shown = directions([Endpoint("motor", 4, 1, 7, True), Endpoint("seizures", 0.5, 0.3, 0.8, False, True)])
    curve_of_e = e_value_figure(e_value("risk ratio", 4.0, 2.0, 8.0, common=None), "E-value")
    for figure in (
        made,
        durability_figure(course, "Durability", "months"),
        forest,
        directions_figure(shown, "x"),
        curve_of_e,
    ):
        assert spec(figure)
        assert figure.rows
