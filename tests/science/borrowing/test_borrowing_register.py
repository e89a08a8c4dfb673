"""Pooling from a register: nothing is left out unsaid, and what a variant borrowed is shown."""

import dataclasses

import pytest
from borrowing_cases import IMATINIB
from scipy import special

from proband.core.errors import ProgramError
from proband.science.borrowing.hierarchy import fit
from proband.science.borrowing.pooling import leave_one_patient_out, pool
from proband.science.borrowing.quadrature import Prior
from proband.science.borrowing.register import Entry, Register
from proband.science.borrowing.units import binomial, normal, patients, poisson

PRIOR = Prior(float(special.logit(0.2)), 10.0, 1.0)
SEEN = (binomial("A", 3, 4), binomial("B", 2, 2), binomial("C", 0, 3))
REGISTER = Register(
    (
        Entry("A", "pooled"),
        Entry("B", "pooled"),
        Entry("C", "left_out", "first formulation"),
        Entry("D", "no_outcome", "treated in May, first visit due"),
    )
)


def test_what_is_left_out_stands_in_the_result():
    got = pool(SEEN, REGISTER, PRIOR, "fraction", threshold=0.5)
    assert [(o.name, o.flag, o.has_data) for o in got.omitted] == [("C", "left_out", True), ("D", "no_outcome", False)]
    assert got.with_left_out.centre < got.prediction.centre
    assert any("C" in c and "left out" in c for c in got.concerns)
    everything = fit(SEEN, PRIOR)
    assert got.with_left_out.centre == pytest.approx(everything.mean_sd(everything.new)[0])


def test_a_result_can_not_hide_a_version():
    got = pool(SEEN, REGISTER, PRIOR, "fraction")
    with pytest.raises(ValueError, match="every version"):
        dataclasses.replace(got, omitted=())
    with pytest.raises(ValueError, match="every version"):
        dataclasses.replace(got, variants=got.variants[:1])
    with pytest.raises(ValueError, match="stand beside"):
        dataclasses.replace(got, with_left_out=None)


@pytest.mark.parametrize(
    "entries",
    [
        (),
        (Entry("A", "pooled"), Entry("A", "pooled")),
        (Entry("A", "left_out"),),
        (Entry("A", "left_out", "  "),),
        (Entry("A", "no_outcome"),),
        (Entry("A", "perhaps", "why"),),
        (Entry(" ", "pooled"),),
    ],
)
def test_registers_that_can_not_be(entries):
    with pytest.raises(ProgramError) as told:
        Register(entries)
    assert told.value.problems


def test_data_and_register_must_agree():
    register = Register((Entry("A", "pooled"), Entry("B", "no_outcome", "due"), Entry("E", "pooled")))
    with pytest.raises(ProgramError) as told:
        pool(SEEN, register, PRIOR, "fraction")
    # C is not listed, E has no data, B has an outcome after all
    assert [p.place for p in told.value.problems] == ["C", "B", "E"]


def test_the_baskets_pooled():
    got = pool(IMATINIB, Register.of_all(IMATINIB), PRIOR, "fraction", threshold=0.1)
    held = {v.name: v for v in got.variants}
    assert held["Liposarcoma"].mean == pytest.approx(0.1785, abs=1e-4)
    # few patients are pulled further, and every basket borrows
    assert held["Rhabdomyosarcoma"].shrinkage > held["Liposarcoma"].shrinkage
    assert all(0 < v.shrinkage < 1 and v.borrowed > 0 and v.exchangeable == 1 for v in got.variants)
    assert all(v.conflict.box > 0.05 for v in got.variants)
    assert [p.label for p in got.sensitivity] == [f"tau half-normal({s})" for s in ("0.25", "0.5", "1")]
    assert [p.low for p in got.sensitivity] == sorted((p.low for p in got.sensitivity), reverse=True)
    assert len(got.without_each) == 10
    assert held["Ewing"].own_estimate == 0.0
    assert got.omitted == ()
    assert got.with_left_out is None
    assert 0.5 < got.prediction.above < 1
    assert got.tau.quantile(0.5) == pytest.approx(0.2813, abs=1e-3)


def test_amount_borrowed_is_the_size_of_the_posterior_less_the_own_patients():
    got = pool(IMATINIB, Register.of_all(IMATINIB), PRIOR, "fraction")
    first = got.variants[0]
    assert first.borrowed == pytest.approx(first.mean * (1 - first.mean) / first.sd**2 - 1 - 15)
    rates = [poisson("a", 4, 10.0, patients=5), poisson("b", 9, 14.0, patients=7)]
    rate = pool(rates, Register.of_all(rates), Prior(-1.0, 1.0, 0.5), "/a").variants[0]
    assert rate.borrowed == pytest.approx(5 * (rate.mean / rate.sd**2 / 10.0 - 1))
    means = [normal("a", 1.0, 0.4, n=3), normal("b", 1.2, 0.4, n=3)]
    mean = pool(means, Register.of_all(means), Prior(0.0, 5.0, 0.5), "SD").variants[0]
    assert mean.borrowed == pytest.approx(3 * (0.16 / mean.sd**2 - 1))
    assert 0 < mean.borrowed < 3


def test_shrinkage_counts_the_chance_to_stand_apart():
    units = [normal("a", 1.0, 0.4), normal("b", 1.2, 0.5), normal("c", -4.0, 0.4)]
    prior = Prior(0.0, 5.0, 0.5, 0.5, 0.0, 4.0)
    fitted, got = fit(units, prior), pool(units, Register.of_all(units), prior, "SD")
    tau = fitted.nodes.tau
    for v, u, belongs in zip(got.variants, units, fitted.exchangeable, strict=True):
        pulled = float(fitted.weights.sum(1) @ (u.values[1] ** 2 / (u.values[1] ** 2 + tau**2)))
        assert v.exchangeable == pytest.approx(belongs)
        assert v.shrinkage == pytest.approx(belongs * pulled)
    assert got.variants[2].shrinkage < 0.1 < 0.3 < got.variants[0].shrinkage


def test_a_conflicting_variant_is_named():
    units = [normal(x, y, 0.4) for x, y in (("a", 1.0), ("b", 1.2), ("c", 0.9), ("d", -4.0))]
    got = pool(units, Register.of_all(units), Prior(0.0, 5.0, 0.5), "SD")
    assert [c.startswith("d is surprising") for c in got.concerns].count(True) == 1
    assert got.variants[3].conflict.low < 0.01 < got.variants[0].conflict.box


def test_one_variant_has_no_others():
    got = pool([SEEN[0]], Register.of_all([SEEN[0]]), PRIOR, "fraction")
    assert got.variants[0].predicted is None
    assert got.without_each == ()
    assert "1 pooled" in got.concerns[0]


def test_patients_are_left_out_one_by_one():
    rows = leave_one_patient_out([patients("P", [1.0, 2.0, 5.0]), patients("Q", [1.0, 2.0])], Prior(0.0, 5.0, 0.5))
    assert [(r.variant, r.patients) for r in rows] == [("P", 1)] * 3
    by_hand = fit([patients("P", [1.0, 2.0]), patients("Q", [1.0, 2.0])], Prior(0.0, 5.0, 0.5), without=False)
    assert rows[2].prediction.centre == pytest.approx(by_hand.mean_sd(by_hand.new)[0])
    rows = leave_one_patient_out([binomial("A", 1, 1), binomial("B", 3, 3)], PRIOR)
    assert [(r.variant, r.patient, r.patients) for r in rows] == [
        ("A", "with the event", 1),
        ("B", "with the event", 3),
    ]
    assert leave_one_patient_out([poisson("A", 1, 1.0)], PRIOR) == ()
    assert leave_one_patient_out([binomial("A", 1, 1)], PRIOR) == ()


def test_levels_that_can_not_be():
    with pytest.raises(ValueError, match="level"):
        pool(SEEN, REGISTER, PRIOR, "fraction", level=1.0)
