"""Limits, exposure, adverse events and rates by class: exact figures, unknowns that stay unknown, refusals."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from proband.core.errors import ProgramError
from proband.science.borrowing.quadrature import Prior
from proband.science.borrowing.register import Entry, Register
from proband.science.safety.adverse_events import AdverseEvent, Selection, check_events, incidence, window_rates
from proband.science.safety.exposure import Exposed, ExposureRegister, denominators
from proband.science.safety.limits import patients_limits, patients_to_exclude, rate_limits
from proband.science.safety.platform_classes import ProductCount, pool_by_class

REGISTER = ExposureRegister(
    (
        Exposed("P1", "x1", "AAV", (0.0,), 400.0),
        Exposed("P2", "x1", "AAV", (0.0,), 90.0),
        Exposed("P3", "o1", "ASO", (0.0, 30.0, 60.0), 1000.0),
        Exposed("P4", "o2", "ASO", (0.0,), None, "moved abroad after the first dose"),
    )
)
EVENTS = (
    AdverseEvent("P1", "fever", 3.0, 2, "related", False),
    AdverseEvent("P1", "fever", 9.0, None, "related", False),
    AdverseEvent("P2", "ALT raised", 20.0, 3, "possible", True),
    AdverseEvent("P3", "fever", 700.0, None, "not_assessed", None),
    AdverseEvent("P4", "death", 5.0, 5, "not_assessed", True),
)


def test_zero_events_exact():
    # 1 - 0.05^(1/n), and Garwood's one-sided limits of 0, 1, 2 and 3 events
    upper = {1: 0.95, 5: 0.4507, 10: 0.2589, 20: 0.1391, 30: 0.095, 100: 0.0295}
    for n, want in upper.items():
        assert patients_limits(0, n).upper == pytest.approx(want, abs=5e-5)
    found = [rate_limits(k, 1.0, "a").upper for k in range(4)]
    assert found == pytest.approx([2.9957, 4.7439, 6.2958, 7.7537], abs=5e-5)


def test_one_patient_gives_no_safety_information():
    got = patients_limits(0, 1)
    assert not got.informative
    assert got.text.endswith("no safety information")
    assert "95 %" in got.text
    assert patients_limits(0, 5).informative
    assert "no safety information" not in patients_limits(0, 5).text


@given(n=st.integers(1, 400), data=st.data(), level=st.sampled_from([0.8, 0.95, 0.975]))
def test_limits_hold_what_they_say(n, data, level):
    k = data.draw(st.integers(0, n))
    got = patients_limits(k, n, level)
    assert got.low <= got.estimate <= got.high
    assert got.upper <= got.high
    if k < n:
        assert stats.binom.cdf(k, n, got.upper) == pytest.approx(1 - level, abs=1e-9)
    rate = rate_limits(k, float(n), "a", level)
    assert stats.poisson.cdf(k, rate.upper * n) == pytest.approx(1 - level, abs=1e-9)
    assert rate.low <= rate.estimate <= rate.high


@given(p=st.floats(0.001, 0.9))
def test_patients_to_exclude(p):
    n = patients_to_exclude(p)
    assert patients_limits(0, n).upper <= p + 1e-9
    assert n == 1 or patients_limits(0, n - 1).upper > p


@pytest.mark.parametrize(
    "make",
    [
        lambda: patients_limits(0, 0),
        lambda: patients_limits(3, 2),
        lambda: patients_limits(-1, 2),
        lambda: patients_limits(0, math.inf),
        lambda: rate_limits(math.inf, 1.0, "a"),
        lambda: rate_limits(0, 0.0, "a"),
        lambda: rate_limits(0, -1.0, "a"),
        lambda: rate_limits(-1, 1.0, "a"),
        lambda: rate_limits(1, math.nan, "a"),
        lambda: ExposureRegister(()),
        lambda: ExposureRegister((Exposed("P", "x", "AAV", (0.0,), 1.0), Exposed("P", "x", "AAV", (0.0,), 1.0))),
        lambda: ExposureRegister((Exposed("P", "x", "AAV", (0.0,), None),)),
        lambda: ExposureRegister((Exposed("P", "x", "AAV", (0.0,), -1.0),)),
        lambda: ExposureRegister((Exposed("P", "x", "AAV", (), 1.0),)),
        lambda: ExposureRegister((Exposed("P", "x", "AAV", (0.0, 5.0), 1.0),)),
        lambda: ExposureRegister((Exposed("P", "x", "AAV", (0.0, 5.0, 2.0), 9.0),)),
        lambda: ExposureRegister((Exposed("P", "", " ", (0.0,), 9.0),)),
        lambda: check_events(REGISTER, [AdverseEvent("nobody", "fever", 1.0, 2, "related", False)]),
        lambda: check_events(REGISTER, [AdverseEvent("P2", "fever", 91.0, 2, "related", False)]),
        lambda: check_events(REGISTER, [AdverseEvent("P2", "fever", math.nan, 2, "related", False)]),
        lambda: check_events(REGISTER, [AdverseEvent("P2", "", 1.0, 2, "related", False)]),
        lambda: check_events(REGISTER, [AdverseEvent("P2", "fever", 1.0, 6, "related", False)]),
        lambda: check_events(REGISTER, [AdverseEvent("P2", "fever", 1.0, 2, "maybe", False)]),
    ],
)
def test_what_can_not_be_is_refused(make):
    with pytest.raises(ProgramError) as told:
        make()
    assert all(p.found and p.expected and p.remedy for p in told.value.problems)


def test_all_problems_at_once():
    with pytest.raises(ProgramError) as told:
        check_events(REGISTER, [AdverseEvent("nobody", " ", 1.0, 9, "maybe", None)] * 2)
    assert len(told.value.problems) == 8


def test_denominators_with_a_lag():
    aav, aso = denominators(REGISTER, lag=180.0)
    assert (aav.patients, aav.doses, aav.days, aav.past_lag, aav.days_past_lag) == (2, 2, 490.0, 1, 220.0)
    assert (aso.patients, aso.doses, aso.years_past_lag) == (1, 3, pytest.approx(820 / 365.25))
    assert aso.left_out[0].reason == "moved abroad after the first dose"
    assert [d.group for d in denominators(REGISTER, "product")] == ["x1", "o1", "o2"]
    assert denominators(REGISTER, "product")[2].patients == 0
    assert denominators(REGISTER, "all")[0].days == 1490.0
    for bad in ({"by": "sponsor"}, {"lag": -1.0}, {"lag": math.inf}):
        with pytest.raises(ValueError, match=r"\w"):
            denominators(REGISTER, **bad)


def test_unknown_grades_are_neither_counted_nor_dropped():
    table = incidence(REGISTER, EVENTS, Selection(least_grade=3), by="all")
    fever = next(r for r in table.rows if r.term == "fever")
    assert (fever.patients_with, fever.patients_possible, fever.events, fever.events_possible) == (0, 2, 0, 2)
    assert fever.proportion.upper == pytest.approx(1 - 0.05 ** (1 / 3))
    assert fever.upper_proportion == pytest.approx(patients_limits(2, 3).upper)
    assert "2 more may count" in fever.text
    raised = next(r for r in table.rows if r.term == "ALT raised")
    assert (raised.patients_with, raised.patients_possible, raised.worst_grade) == (1, 0, 3)


def test_patients_count_in_proportions_and_events_in_rates():
    row = next(r for r in incidence(REGISTER, EVENTS).rows if (r.group, r.term) == ("AAV", "fever"))
    assert (row.patients, row.patients_with, row.events, row.worst_grade) == (2, 1, 2, 2)
    assert row.rate.estimate == pytest.approx(2 / (490 / 365.25))


def test_nobody_had_it_is_a_row_with_its_limit():
    table = incidence(REGISTER, EVENTS, asked=["thrombosis"])
    rows = {r.group: r for r in table.rows if r.term == "thrombosis"}
    assert rows["AAV"].upper_proportion == pytest.approx(1 - 0.05**0.5)
    assert rows["ASO"].text.endswith("no safety information")


def test_no_event_is_lost():
    table = incidence(REGISTER, EVENTS, lag=180.0, by="all")
    reasons = {(e.subject, e.term): why for e, why in table.uncounted}
    assert "moved abroad" in reasons["P4", "death"]
    assert "before the lag" in reasons["P1", "fever"]
    counted = sum(r.events + r.events_possible for r in table.rows)
    assert counted + len(table.uncounted) == len(EVENTS)
    assert all(r.patients == 2 for r in table.rows)
    assert table.left_out[0].subject == "P4"
    before = incidence(REGISTER, [AdverseEvent("P1", "rash", -2.0, 1, "unrelated", False)])
    assert before.uncounted[0][1] == "before the first dose"


@pytest.mark.parametrize(
    ("selection", "event", "holds"),
    [
        (Selection(), AdverseEvent("P", "x", 1, None, "not_assessed", None), True),
        (Selection(least_grade=3), AdverseEvent("P", "x", 1, 2, "related", True), False),
        (Selection(serious=True), AdverseEvent("P", "x", 1, 2, "related", None), None),
        (Selection(serious=True, related=True), AdverseEvent("P", "x", 1, 2, "unrelated", None), False),
        (Selection(related=True), AdverseEvent("P", "x", 1, 2, "possible", None), True),
    ],
)
def test_selections(selection, event, holds):
    assert selection.holds(event) is holds


def test_a_group_without_follow_up_is_unknown():
    row = next(r for r in incidence(REGISTER, EVENTS, by="product").rows if r.group == "o2")
    assert row.proportion is row.rate is row.upper_proportion is row.upper_rate is None
    assert row.text == "nobody was followed: nothing is known"


def test_windows():
    first, second, third, last = window_rates(REGISTER, EVENTS, [0.0, 30.0, 365.0, 2000.0, 3000.0])
    assert (first.patients_at_risk, first.events, first.years) == (3, 3, pytest.approx(90 / 365.25))
    assert second.years == pytest.approx((335 + 60 + 335) / 365.25)
    assert (third.events, third.patients_at_risk) == (1, 2)
    assert last.rate is last.upper_rate is None
    assert first.rate.low <= 3 / first.years <= first.rate.high
    unknown = window_rates(REGISTER, EVENTS, [0.0, 30.0], Selection(least_grade=3))[0]
    assert (unknown.events, unknown.events_possible) == (1, 1)
    assert unknown.upper_rate > unknown.rate.upper
    with pytest.raises(ValueError, match="edges"):
        window_rates(REGISTER, EVENTS, [30.0, 30.0])


COUNTS = (
    ProductCount("x1", "AAV", 2, 4.0, 3),
    ProductCount("x2", "AAV", 0, 1.0, 1),
    ProductCount("o1", "ASO", 1, 30.0, 9),
)
PRIOR = Prior(-1.0, 1.5, 1.0)


def test_rates_by_class_against_importance_sampling():
    got = pool_by_class(COUNTS, Register.of_all(COUNTS), PRIOR, 0.5, "a")
    rng = np.random.default_rng(1)
    n = 400_000
    tau, mu = np.abs(rng.normal(size=n)), rng.normal(-1.0, 1.5, n)
    log_weight, drawn = np.zeros(n), {}
    for name in ("AAV", "ASO"):
        centre = np.exp(rng.normal(mu, tau))
        shape = np.abs(rng.normal(0, 0.5, n)) ** -2
        drawn[name] = centre
        for c in COUNTS:
            if c.platform_class == name:
                drawn[c.name] = rng.gamma(shape, centre / shape)
                log_weight += stats.poisson.logpmf(c.events, drawn[c.name] * c.person_time)
        drawn[f"new {name}"] = rng.gamma(shape, centre / shape)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    found = {c.name: c.posterior for c in got.classes}
    found |= {p.name: p.posterior for c in got.classes for p in c.products}
    found |= {f"new {c.name}": c.new_product for c in got.classes}
    for name, values in drawn.items():
        for p in (0.05, 0.5, 0.95):
            share = float(weight[values <= found[name].quantile(p)].sum())
            assert share == pytest.approx(p, abs=0.008)


def test_little_exposure_borrows_from_the_class():
    got = pool_by_class(COUNTS, Register.of_all(COUNTS), PRIOR, 0.5, "a")
    x1, x2 = got.classes[0].products
    assert x2.from_class > x1.from_class > got.classes[1].products[0].from_class
    assert x2.own.estimate == 0.0 < x2.posterior.quantile(0.05)
    assert got.classes[0].own.events == 2
    assert [s.tau_scale for s in got.sensitivity] == [0.5, 1.0, 2.0]
    gaps = [math.log(s.rates[0][1] / s.rates[1][1]) for s in got.sensitivity]
    assert gaps == sorted(gaps)


def test_products_left_out_stand_in_the_result():
    register = Register((Entry("x1", "pooled"), Entry("x2", "left_out", "other capsid"), Entry("o1", "pooled")))
    got = pool_by_class(COUNTS, register, PRIOR, 0.5, "a")
    assert [(o.name, o.has_data) for o in got.omitted] == [("x2", True)]
    # without x2, which has no event, the class rate is higher than with it
    assert got.with_left_out.rates[0][1] < got.classes[0].posterior.quantile(0.5)
    with pytest.raises(ValueError, match="stand beside"):
        dataclasses.replace(got, with_left_out=None)
    with pytest.raises(ValueError, match="every product"):
        dataclasses.replace(got, omitted=())


def test_counts_by_class_that_can_not_be():
    bad = (
        ProductCount("a", " ", 0, 1.0, 1),
        ProductCount("b", "AAV", 0, 0.0, 1),
        ProductCount("c", "AAV", 0, 1.0, 0),
        ProductCount("d", "AAV", -1, 1.0, 1),
    )
    with pytest.raises(ProgramError) as told:
        pool_by_class(bad, Register.of_all(bad), PRIOR, 0.5, "a")
    assert [p.place for p in told.value.problems] == ["a", "b", "c", "d"]
    with pytest.raises(ProgramError):
        pool_by_class([], Register((Entry("a", "no_outcome", "due"),)), PRIOR, 0.5, "a")


def test_a_class_without_events():
    quiet = [ProductCount("o1", "ASO", 0, 5.0, 4), ProductCount("o2", "ASO", 0, 2.0, 1)]
    got = pool_by_class(quiet, Register.of_all(quiet), PRIOR, 0.5, "a")
    assert 0 < got.classes[0].posterior.quantile(0.5) < got.classes[0].own.upper
    assert got.classes[0].new_product.quantile(0.95) > got.classes[0].posterior.quantile(0.95)
