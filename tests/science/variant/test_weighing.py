"""From entered facts to criteria: assays, families, null variants and codes, each counted once and none made up."""

from dataclasses import replace

import pytest

from proband.core.causality import AppliedCode, Assay, CausalityRecord, FamilyCounts, NullFacts
from proband.science.variant.acmg import Status, Strength
from proband.science.variant.weighing import weigh, weigh_assay, weigh_families

CONTROLS = {"pathogenic_abnormal": 18, "pathogenic_normal": 1, "benign_abnormal": 1, "benign_normal": 19}


def code(name, status="met", strength="", variant="v", basis=()):
    return AppliedCode(variant, name, status, strength, "because", basis, "s", "text")


def assay(readout="abnormal", controls=CONTROLS, name="a", material="engineered_cells"):
    return Assay("v", name, readout, controls, material, "s", "text")


def family(name="F1", full=False, **counts):
    return FamilyCounts("v", name, counts, full, "s")


def record(**parts):
    return CausalityRecord("variants/causality.toml", **parts)


def test_an_assay_is_weighed_by_its_controls():
    """OddsPath of Brnich et al. 2019: P1 19/39, P2 18/19, so 18.9."""
    w = weigh_assay(assay())
    assert w.role == "shown"
    assert w.odds.odds == pytest.approx(18 / 1 / (19 / 20))
    assert w.odds.allowed is Strength.STRONG


def test_a_normal_readout_speaks_against():
    w = weigh_assay(assay("normal"))
    assert (w.role, w.odds.code) == ("spoken_against", "BS3")


@pytest.mark.parametrize(
    ("made", "word"),
    [
        (assay("between"), "between the bands"),
        (assay(controls={}), "no control variants"),
        (assay(controls={**CONTROLS, "benign_abnormal": 0, "benign_normal": 0}), "needs both kinds"),
        (assay(controls={**CONTROLS, "pathogenic_abnormal": 0, "benign_abnormal": 0}), "not defined"),
        (assay(controls=dict.fromkeys(CONTROLS, 10)), "reaches no strength"),
        (assay(controls={**CONTROLS, "pathogenic_abnormal": 1, "pathogenic_normal": 18}), "reaches no strength"),
    ],
)
def test_an_assay_that_tells_nothing_says_why(made, word):
    w = weigh_assay(made)
    assert w.role == "uninformative"
    assert word in w.because


def test_few_controls_give_no_more_than_supporting():
    """Fewer than 11 controls: Brnich et al. 2019."""
    few = {"pathogenic_abnormal": 5, "pathogenic_normal": 0, "benign_abnormal": 0, "benign_normal": 5}
    w = weigh(record(assays=(assay(controls=few),)), "v", True)
    assert [c.label for c in w.criteria] == ["PS3_supporting"]


def test_the_strongest_of_several_assays_is_taken_and_all_are_named():
    weak = {"pathogenic_abnormal": 8, "pathogenic_normal": 2, "benign_abnormal": 3, "benign_normal": 7}
    made = (assay(controls=weak, name="weak"), replace(assay(name="strong"), source="s2"))
    for assays in (made, made[::-1]):
        (ps3,) = weigh(record(assays=assays), "v", True).criteria
        assert (ps3.label, ps3.basis) == ("PS3", {"functional"})
        assert ps3.because.startswith("strong: ")
        assert sorted(ps3.evidence) == ["s", "s2"]


def test_assays_that_speak_both_ways_give_both_codes():
    w = weigh(record(assays=(assay(), assay("normal", name="b"))), "v", True)
    assert [c.code for c in w.criteria] == ["PS3", "BS3"]
    assert w.classification.conflicting == (("PS3",), ("BS3_moderate",))  # odds 0.055, above 0.053


def test_families_of_a_dominant_variant_take_the_weakest_ladder():
    """Seven meioses in two families: N 1/128; expert panels and both other ladders give strong."""
    w = weigh_families([family(meioses=4), family("F2", meioses=3)], recessive=False)
    assert (w.role, w.strength) == ("shown", Strength.STRONG)
    less = weigh_families([family(meioses=3), family("F2", meioses=2)], recessive=False)
    assert less.strength is Strength.MODERATE  # N 1/32 is strong by Jarvik and Browning, 5 meioses moderate by panels


def test_a_ladder_that_gives_nothing_counts_as_none():
    """Two meioses in two families: N 1/4 supports by two ladders, but expert panels ask for three."""
    w = weigh_families([family(meioses=1), family("F2", meioses=1)], recessive=False)
    assert (w.role, w.strength) == ("uninformative", None)
    assert not weigh(record(families=w.families), "v", False).criteria


def test_the_ladder_of_meioses_does_not_apply_to_recessive_disease():
    w = weigh_families([family(affected_sibs=2)], recessive=True)
    assert (w.role, w.strength) == ("shown", Strength.MODERATE)  # N 1/16, one family
    (pp1,) = weigh(record(families=w.families), "v", True).criteria
    assert (pp1.label, pp1.basis) == ("PP1_moderate", {"segregation"})


def test_unaffected_sibs_count_only_where_every_family_declares_full_penetrance():
    some = [family(affected_sibs=1, full=True, unaffected_sibs=3), family("F2", affected_sibs=1, full=False)]
    assert weigh_families(some, recessive=True).segregation.n == pytest.approx(1 / 16)
    every = [replace(f, full_penetrance=True) for f in some]
    assert weigh_families(every, recessive=True).segregation.n == pytest.approx((3 / 4) ** 3 / 16)


def test_an_affected_relative_without_the_variant_speaks_against():
    w = weigh(record(families=(family(meioses=6, affected_without=1),)), "v", False)
    assert (w.families.role, w.families.strength, w.criteria) == ("spoken_against", None, ())


def test_families_of_the_other_inheritance_are_a_programming_fault_here():
    with pytest.raises(ValueError, match="meioses are counted for dominant"):
        weigh(record(families=(family(meioses=2),)), "v", True)


def test_pvs1_is_computed_from_its_facts_and_what_is_left_out_is_not_known():
    facts = {"loss_is_mechanism": True, "nmd_predicted": True, "in_relevant_transcript": True}
    w = weigh(record(nulls=(NullFacts("v", "nonsense", facts, "s"),)), "v", True)
    assert [c.label for c in w.criteria] == ["PVS1"]
    for left_out in facts:
        rest = {k: x for k, x in facts.items() if k != left_out}
        (c,) = weigh(record(nulls=(NullFacts("v", "nonsense", rest, "s"),)), "v", True).criteria
        assert c.status is Status.NOT_EVALUATED, left_out
        assert weigh(record(nulls=(NullFacts("v", "nonsense", rest, "s"),)), "v", True).classification is None


def test_a_variant_of_which_nothing_is_said_has_no_class():
    w = weigh(record(codes=(code("PM2", variant="other"),), assays=(replace(assay(), variant="other"),)), "v", True)
    assert (w.criteria, w.classification, w.assays, w.families) == ((), None, (), None)


def test_codes_that_nobody_evaluated_give_no_class_and_those_not_met_give_one():
    assert weigh(record(codes=(code("PM2", "not_evaluated"),)), "v", True).classification is None
    seen = weigh(record(codes=(code("PM2", "not_met"),)), "v", True).classification
    assert (seen.by_points.value, seen.not_met) == ("uncertain", ("PM2",))


def test_applied_codes_keep_status_strength_basis_and_source():
    (c,) = weigh(record(codes=(code("PM2", strength="supporting", basis=("population",)),)), "v", True).criteria
    assert (c.label, c.basis, c.evidence, c.because) == ("PM2_supporting", {"population"}, ("s",), "because")


def test_rna_is_not_counted_twice():
    """PVS1(RNA) takes the RNA; PS3 on the same RNA is left out (Walker et al. 2023)."""
    facts = {
        "loss_is_mechanism": True,
        "rna_observed": True,
        "rna_incomplete": False,
        "frame_disrupted": True,
        "nmd_predicted": True,
        "in_relevant_transcript": True,
    }
    made = record(nulls=(NullFacts("v", "splice_site", facts, "s"),), codes=(code("PS3", basis=("rna",)),))
    found = weigh(made, "v", True).classification
    assert [c.label for c in found.counted] == ["PVS1"]
    assert [d.criterion.code for d in found.not_counted] == ["PS3"]


def test_the_computed_ones_are_named_apart_from_the_applied():
    made = record(codes=(code("PM2"),), assays=(assay(),), families=(family(meioses=5), family("F2", meioses=4)))
    w = weigh(made, "v", False)
    assert w.computed == ("PS3", "PP1_strong")
    assert [c.code for c in w.criteria] == ["PM2", "PS3", "PP1"]
